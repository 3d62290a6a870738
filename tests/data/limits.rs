//! Large records by every path: what fits goes through, what does not is the same error, and no limit of
//! memory ever makes a record one that is left out.

use crate::support::paths::{Case, Outcome, Way, some_ways};
use crate::support::raw::Raw;
use pagemill::error::ErrorClass;
use pagemill::format::Format;

fn policy(policy: &str) -> Raw {
    Raw { on_error: Some(policy.into()), ..Raw::default() }
}

/// A record of some size in a format, between two small ones.
fn around(format: Format, large: &str) -> Vec<u8> {
    let json = large.replace('"', "\\\"");
    let csv = large.replace('"', "\"\"");
    let frame = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    match format {
        Format::Csv => format!("a,b\n1,x\n2,\"{csv}\"\n3,y\n").into_bytes(),
        Format::Tsv => format!("a\tb\n1\tx\n2\t\"{csv}\"\n3\ty\n").into_bytes(),
        Format::Ndjson => format!("{{\"a\":1,\"b\":\"x\"}}\n{{\"a\":2,\"b\":\"{json}\"}}\n{{\"a\":3}}\n").into_bytes(),
        Format::Json => format!("[{{\"a\":1,\"b\":\"x\"}},{{\"a\":2,\"b\":\"{json}\"}},{{\"a\":3}}]").into_bytes(),
        Format::Text | Format::Fixed => format!("x\n{large}\ny\n").into_bytes(),
        Format::Frames => [frame("x"), frame(large), frame("y")].concat(),
        _ => unreachable!("{format} has no record here"),
    }
}

#[test]
fn records_larger_than_any_buffer() {
    // Quotes, so that every format has to change the text.
    let large = "twelve \"bytes".repeat(25_000);
    for from in [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json, Format::Text, Format::Frames] {
        for to in [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json, Format::Text, Format::Frames] {
            for on_error in ["fail", "skip"] {
                let flags = Raw { payload: Some("text".into()), ..policy(on_error) };
                let case = Case::new(&format!("large, {on_error}"), from, to, around(from, &large), flags);
                let expected = case.check_by(some_ways().into_iter().filter(|way| !way.small));
                assert!(expected.bytes().len() > large.len(), "{}", case.name);
                let folder = tempfile::tempdir().unwrap();
                for way in some_ways().into_iter().filter(|way| way.small) {
                    let found = case.run(&way, folder.path());
                    let refused = matches!(&found, Outcome::Failed { class: ErrorClass::Memory, .. });
                    assert!(refused || found == expected, "{} by {way:?}: {found:?}", case.name);
                }
            }
        }
    }
}

#[test]
fn records_over_the_limit() {
    for from in [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json, Format::Text, Format::Frames] {
        for len in [40, 60, 64, 70, 100, 200, 5000] {
            for on_error in ["fail", "skip"] {
                let flags = Raw { max_record_size: Some("64".into()), ..policy(on_error) };
                let input = around(from, &"z".repeat(len));
                let case = Case::new(&format!("{len}, {on_error}"), from, Format::Text, input, flags);
                let outcome = case.check_by(some_ways());
                let fits = matches!(&outcome, Outcome::Done { records: (3, 3, 0), .. });
                assert!(if len <= 40 { fits } else { len < 64 || !fits }, "{}: {outcome:?}", case.name);
            }
        }
    }
}

#[test]
fn malformed_records_over_the_limit_are_too_large() {
    let frame = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    for len in [20, 64, 66, 100, 200, 5000] {
        let text = "z".repeat(len);
        let white = " ".repeat(45);
        for (from, input) in [
            (Format::Csv, format!("a,b\n1,x\n2,{text},3\n3,y\n").into_bytes()),
            (Format::Csv, format!("a,b\n1,x\n2,\"{text}\",3\n3,y\n").into_bytes()),
            (Format::Ndjson, format!("{{\"a\":1}}\n  {white}{{\"a\":\"{text}\"]\n{{\"a\":3}}\n").into_bytes()),
            (Format::Json, format!("[{{\"a\":1}},{white}\n{{\"a\":{text}}}\n,{{\"a\":3}}]").into_bytes()),
            (Format::Json, format!("{{\"a\":1}}{white}\n{{\"a\":{text}}} {{\"a\":3}}\n").into_bytes()),
            (Format::Text, format!("x\n\u{e9}{text}\ny\n").into_bytes().into_iter().filter(|b| *b != 0xc3).collect()),
            (Format::Frames, [frame("1"), frame(&format!("{{{text}")), frame("3")].concat()),
        ] {
            for on_error in ["fail", "skip"] {
                let flags = Raw {
                    max_record_size: Some("64".into()),
                    payload: (from == Format::Frames).then(|| "json".into()),
                    ..policy(on_error)
                };
                let case = Case::new(&format!("{len}, {on_error}"), from, Format::Ndjson, input.clone(), flags);
                let other =
                    some_ways().into_iter().flat_map(|way| [30, 70, 300, 4096].map(|slice| Way { slice, ..way }));
                match case.check_by(some_ways().into_iter().chain(other)) {
                    Outcome::Failed { message, .. } if len >= 64 && on_error == "fail" => {
                        assert!(message.contains(" 64 ") && message.contains("max_record_size"), "{message}");
                    }
                    Outcome::Failed { message, .. } => {
                        assert!(on_error == "fail" && !message.contains("64"), "{message}")
                    }
                    done => assert!(matches!(done, Outcome::Done { records: (3, 2, 1), .. }), "{done:?}"),
                }
            }
        }
    }
}

#[test]
fn large_records_that_are_bad_at_their_end() {
    // Larger than the smallest output buffer. The first record lacks a field.
    let large = "x".repeat(300_000);
    let input = format!("{{\"a\":\"1\"}}\n{{\"a\":\"{large}\",\"b\":[1]}}\n{{\"a\":\"3\",\"b\":\"4\"}}\n");
    for to in [Format::Csv, Format::Tsv] {
        let flags = Raw { strict: true, ..policy("skip") };
        let case = Case::new("strict", Format::Ndjson, to, input.as_bytes(), flags);
        let outcome = case.check_by(some_ways());
        assert!(matches!(outcome, Outcome::Done { records: (3, 1, 2), .. }), "{outcome:?}");
    }
    let input = [b"a,b\n1,2\n3,".as_slice(), large.as_bytes(), b"\xff\n5,6\n"].concat();
    for to in [Format::Ndjson, Format::Json, Format::Text, Format::Frames] {
        let flags = Raw { payload: Some("json".into()), ..policy("skip") };
        let outcome = Case::new("not UTF-8", Format::Csv, to, input.clone(), flags).check_by(some_ways());
        assert!(matches!(outcome, Outcome::Done { records: (3, 2, 1), .. }), "{outcome:?}");
    }
}

#[test]
fn records_that_fit_a_buffer_can_be_left_out() {
    // Not larger than the smallest output buffer, but together larger: the buffer is full in the middle of one.
    let mut input = String::new();
    for id in 0..40 {
        let list = if id % 3 == 0 { "[1]" } else { "\"\"" };
        input += &format!("{{\"id\":{id},\"a\":\"{}\",\"b\":{list}}}\n", "x".repeat(10_000 + 777 * id));
    }
    let flags = Raw { strict: true, ..policy("skip") };
    let outcome = Case::new("strict", Format::Ndjson, Format::Csv, input, flags).check_by(some_ways());
    assert!(matches!(outcome, Outcome::Done { records: (40, 26, 14), .. }), "{outcome:?}");
}

/// A record that becomes more than an output buffer ever holds.
const HUGE: usize = 3_000_000;

#[test]
fn fixed_records_wider_than_any_buffer() {
    let text = "x".repeat(HUGE - 1);
    let input = format!("a,b\n1,{text}\n2,\"\"\n3,{text}y\n");
    let number = |n: u8| [n, 0, 0, 0];
    let expected =
        [&number(1)[..], text.as_bytes(), &[0], &number(2), &[0; HUGE], &number(3), text.as_bytes(), b"y"].concat();
    let flags =
        Raw { layout: Some(format!("a:u32le,b:text{HUGE}")), max_record_size: Some("4MB".into()), ..Raw::default() };
    let outcome = Case::new("wide", Format::Csv, Format::Fixed, input, flags.clone()).check_by(some_ways());
    assert!(outcome.bytes() == expected, "{outcome:?}");
    let outcome = Case::new("wide", Format::Fixed, Format::Text, outcome.bytes(), flags.clone()).check_by(some_ways());
    assert_eq!(outcome.bytes().len(), 2 * HUGE + 3 * "{\"a\":1,\"b\":\"\"}\n".len() - 1);
    // A width that no memory has.
    let flags = Raw { layout: Some("a:u32le,b:text99999999999999999".into()), ..flags };
    let outcome = Case::new("too wide", Format::Csv, Format::Fixed, "a,b\n", flags).check_by(some_ways());
    assert!(outcome.message().contains("more than the limit of 4000000 for a record"), "{outcome:?}");
}

#[test]
fn records_larger_than_any_buffer_can_be_left_out() {
    let huge = "x".repeat(HUGE);
    let rows = [
        ("1", "small", "\"\""),
        ("2", &huge, "[1]"),
        ("3", &huge, "\"y\""),
        ("4", &huge, "{\"k\":2}"),
        ("5", "small", "[5]"),
        ("6", &huge, "6"),
        ("7", "small", "\"z\""),
    ];
    let input: String = rows.iter().map(|(a, b, c)| format!("{{\"a\":{a},\"b\":\"{b}\",\"c\":{c}}}\n")).collect();
    let good = |row: &&(&str, &str, &str)| !row.2.contains(['[', '{']);
    let expected: String =
        rows.iter().filter(good).map(|(a, b, c)| format!("{a},{b},{c}\n").replace("\"y\"", "y")).collect();
    let expected = format!("a,b,c\n{expected}").replace("\"z\"", "z");
    let flags =
        Raw { strict: true, max_record_size: Some("4MB".into()), nested: Some("json".into()), ..policy("skip") };
    let outcome = Case::new("huge", Format::Ndjson, Format::Csv, input, flags).check_by(some_ways());
    assert!(matches!(outcome, Outcome::Done { records: (7, 4, 3), .. }), "{outcome:?}");
    assert!(outcome.bytes() == expected.as_bytes());

    // A value that can't be written, after lossy ones that are counted if the record is.
    let input = format!(
        "{{\"a\":true,\"b\":\"{huge}\",\"c\":\"p,q\"}}\n{{\"a\":true,\"b\":\"{huge}\",\"c\":\"r\"}}\n{{\"a\":1,\"b\":2,\"c\":\"s,\"}}\n"
    );
    let flags = Raw { out_no_quoting: true, max_record_size: Some("4MB".into()), ..policy("skip") };
    let outcome = Case::new("huge", Format::Ndjson, Format::Csv, input, flags).check_by(some_ways());
    let expected = format!("a,b,c\ntrue,{huge},r\n");
    let Outcome::Done { bytes, records, lossy } = outcome else { panic!("{outcome:?}") };
    assert!(bytes == expected.as_bytes());
    assert_eq!((records, lossy), ((3, 1, 2), vec![("bool_as_text", 1)]));
}

#[test]
fn large_records_look_the_same_after_a_trial() {
    let large = format!("{{\"m\":{{\"l\":[{}1]}}}}\n", "[1,{\"a\":2}],".repeat(30_000));
    let input = format!("{{\"a\":{{\"b\":[1]}}}}\n{large}{{\"a\":{{\"b\":[2]}}}}\n{large}[[3]]\n");
    for to in [Format::Json, Format::Ndjson, Format::Text, Format::Csv, Format::Frames] {
        let [fail, skip] = ["fail", "skip"].map(|on_error| {
            let flags = Raw { pretty: true, ..policy(on_error) };
            Case::new(on_error, Format::Ndjson, to, input.clone(), flags).check_by(some_ways())
        });
        assert!(fail == skip && fail.bytes().len() > large.len(), "{to}");
    }
}

/// A limit at its value and one below: what fits is converted, what does not names the limit and its flag.
#[track_caller]
fn at_the_limit(from: Format, to: Format, input: &str, flags: impl Fn(usize) -> Raw, most: usize, says: [&str; 2]) {
    let case = |limit| Case::new(&format!("{limit} of {most}"), from, to, input, flags(limit));
    assert!(!case(most).check_by(some_ways()).bytes().is_empty());
    let outcome = case(most - 1).check_by(some_ways());
    let message = outcome.message();
    assert!(says.iter().all(|part| message.contains(part)) && message.contains(&format!("{}", most - 1)), "{message}");
}

#[test]
fn nesting() {
    let flags = |max_depth| Raw { max_depth: Some(max_depth), ..Raw::default() };
    let says = ["nested", "max_depth"];
    for to in [Format::Ndjson, Format::Csv, Format::Text] {
        at_the_limit(Format::Ndjson, to, "{\"a\":{\"b\":[1]}}\n", flags, 3, says);
        at_the_limit(Format::Json, to, "[{\"a\":{\"b\":[1]}}]", flags, 4, says);
    }
    // Around the array of the records, before and after it.
    let inside = |max_depth| Raw { records_at: Some("/x".into()), ..flags(max_depth) };
    at_the_limit(Format::Json, Format::Ndjson, "{\"w\":[[[[0]]]],\"x\":[{\"a\":1}]}", inside, 5, says);
    at_the_limit(Format::Json, Format::Ndjson, "{\"x\":[{\"a\":1}],\"y\":[[[[0]]]]}", inside, 5, says);
    let unflatten = |max_depth| Raw { unflatten: true, ..flags(max_depth) };
    at_the_limit(Format::Csv, Format::Ndjson, "a.b.c,d\n1,2\n", unflatten, 3, ["deep", "max_depth"]);
}

#[test]
fn fields_of_a_record() {
    let flags = |max_fields| Raw { max_fields: Some(max_fields), ..Raw::default() };
    let says = ["fields", "max_fields"];
    for input in ["a,b,c\n1,2,3\n", "\"a\",b,c\n1,2,3\n"] {
        at_the_limit(Format::Csv, Format::Ndjson, input, flags, 3, says);
        let nameless = |max_fields| Raw { no_headers: true, ..flags(max_fields) };
        at_the_limit(Format::Csv, Format::Csv, input, nameless, 3, says);
    }
    at_the_limit(Format::Tsv, Format::Csv, "a\tb\tc\n1\t2\t3\n", flags, 3, says);
    // What is inside of lists is no field; maps are not fields, but what is in them.
    let nested = "{\"a\":1}\n{\"a\":{\"b\":[1,2,3,4,5,6],\"c\":{\"d\":{}}},\"e\":null,\"f\":[{\"g\":1,\"h\":2}]}\n";
    at_the_limit(Format::Ndjson, Format::Csv, nested, flags, 4, says);
    let upper = |max_fields| Raw { op: vec!["upper".into()], ..flags(max_fields) };
    at_the_limit(Format::Ndjson, Format::Ndjson, nested, upper, 4, says);
    let array = format!("[{}]", nested.trim().replace('\n', ","));
    at_the_limit(Format::Json, Format::Csv, &array, flags, 4, says);
    let frame = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let frames = String::from_utf8(frame("{\"a\":1,\"b\":[2,3]}")).unwrap();
    let json = |max_fields| Raw { payload: Some("json".into()), ..flags(max_fields) };
    at_the_limit(Format::Frames, Format::Csv, &frames, json, 2, says);
    // Such a record is bad by itself: it can be left out.
    let skip = Raw { on_error: Some("skip".into()), max_fields: Some(3), ..Raw::default() };
    let outcome = Case::new("skip", Format::Ndjson, Format::Csv, nested, skip).check_by(some_ways());
    assert_eq!(outcome.bytes(), b"a\n1\n");
}

#[test]
fn length_of_keys() {
    let flags = |length: usize| Raw { max_key_length: Some(length.to_string()), ..Raw::default() };
    let says = ["a key of 7 bytes", "max_key_length"];
    at_the_limit(Format::Csv, Format::Ndjson, "a,seven77\n1,2\n", flags, 7, says);
    at_the_limit(Format::Csv, Format::Ndjson, "a,\"seven77\"\n1,2\n", flags, 7, says);
    at_the_limit(Format::Ndjson, Format::Csv, "{\"a\":1}\n{\"seven77\":2}\n", flags, 7, says);
    at_the_limit(Format::Ndjson, Format::Tsv, "{\"a\":1}\n{\"a\":{\"b\":{\"777\":2}}}\n", flags, 7, says);
    // Where no key becomes a column, none is too long.
    let outcome = Case::new("json", Format::Ndjson, Format::Json, "{\"seven77\":2}\n", flags(1)).check_by(some_ways());
    assert_eq!(outcome.bytes(), b"[\n{\"seven77\":2}\n]\n");
}

#[test]
fn different_keys() {
    let flags = |max_keys| Raw { max_keys: Some(max_keys), ..Raw::default() };
    let says = ["different keys", "max_keys"];
    let input = "{\"a\":1}\n{\"b\":{\"x\":1,\"y\":2}}\n{\"a\":[],\"c\":0}\n{\"b\":{\"y\":1}}\n";
    let case = |limit| Case::new("keys", Format::Ndjson, Format::Csv, input, flags(limit));
    assert!(!case(4).check_by(some_ways()).bytes().is_empty());
    // Which line it is nobody counts of a stream whose keys are looked for.
    let folder = tempfile::tempdir().unwrap();
    for way in some_ways() {
        let outcome = case(3).run(&way, folder.path());
        let message = outcome.message();
        assert!(message.contains("record 3,") && message.contains("byte 28: "), "{way:?}: {message}");
        assert!(says.iter().all(|part| message.contains(part)), "{way:?}: {message}");
    }
}
