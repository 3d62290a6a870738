//! Any way of cutting gives what the whole gives.

use pagemill::format::{Detail, Format, Options};
use pagemill::record::LossyKind;
use serde_json::Value as Json;

use super::generate::{Random, map, mutate, value};
use super::read::{Arrival, Read, from_serde, read, want};

const WAYS: [(usize, Arrival); 7] = [
    (1, Arrival::Whole),
    (2, Arrival::By(1)),
    (40, Arrival::Whole),
    (40, Arrival::By(3)),
    (100, Arrival::By(70)),
    (300, Arrival::Whole),
    (1 << 19, Arrival::By(100)),
];

fn one_way(format: Format, input: &[u8], target: usize, arrival: Arrival) -> Read {
    read(format, &Options::default(), input, target, &want(Detail::All), arrival)
}

/// Slices come in order, with nothing but white space between them, or what begins another array.
#[track_caller]
fn slices_are_the_input(slices: &[Vec<u8>], input: &[u8]) {
    let (mut rest, mut first) = (input, true);
    for slice in slices {
        let at = rest.windows(slice.len()).position(|part| part == slice).expect("a slice that is in the input");
        // Or the bracket of another array.
        assert!(first || matches!(rest[..at].trim_ascii(), b"" | b"["), "{:?}", String::from_utf8_lossy(input));
        (rest, first) = (&rest[at + slice.len()..], false);
    }
}

/// All ways of cutting give the same records and errors; slices are the input, in order.
fn agree(format: Format, input: &[u8]) -> Read {
    let whole = one_way(format, input, 1 << 19, Arrival::Whole);
    for (target, arrival) in WAYS {
        let cut = one_way(format, input, target, arrival);
        let shown = String::from_utf8_lossy(input);
        assert_eq!(cut.records, whole.records, "{shown:?} {target} {arrival:?} {:?} {:?}", cut.errors, whole.errors);
        assert_eq!(cut.errors, whole.errors, "{shown:?} {target} {arrival:?} {:?}", cut.slices);
        if cut.is_ok() {
            slices_are_the_input(&cut.slices, input);
        }
    }
    whole
}

#[test]
fn ndjson_lines() {
    let mut random = Random::new(11);
    for round in 0..400 {
        let (mut text, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..random.below(12) {
            let mut line = String::new();
            value(&mut random, 3, &mut line);
            let mut line = line.into_bytes();
            if round % 2 == 1 && random.below(4) == 0 {
                mutate(&mut random, &mut line);
            }
            let blank = line.iter().all(|b| b" \t\r".contains(b));
            if !blank {
                expected.push(from_serde(&line));
            }
            text.extend(line);
            text.extend(random.pick(&["\n", "\r\n", "\n\n", "\n \t\r\n"]).bytes());
        }
        if random.below(2) == 0 {
            text.truncate(text.trim_ascii_end().len());
        }
        let found = agree(Format::Ndjson, &text);
        let good: Vec<Json> = expected.iter().flatten().cloned().collect();
        assert_eq!(found.records, good, "{:?} {:?}", String::from_utf8_lossy(&text), found.errors);
        assert_eq!(found.errors.len(), expected.iter().filter(|e| e.is_none()).count());
    }
}

#[test]
fn ndjson_is_one_value_a_line() {
    for (text, records, offsets) in [
        ("{\"a\":\n1}\n2\n", vec!["2"], vec![5, 7]),
        ("1 2\n3\n", vec!["3"], vec![2]),
        ("{}{}\n3", vec!["3"], vec![2]),
        ("\"a\n\"\n3", vec!["3"], vec![0, 3]),
        ("\u{feff}1\n", vec!["1"], vec![]),
        ("", vec![], vec![]),
        ("\n \r\n", vec![], vec![]),
    ] {
        let found = agree(Format::Ndjson, text.as_bytes());
        let expected: Vec<Json> = records.iter().filter_map(|text| from_serde(text.as_bytes())).collect();
        assert_eq!(found.records, expected, "{text:?}");
        assert_eq!(found.errors.iter().map(|error| error.0).collect::<Vec<_>>(), offsets, "{text:?} {found:?}");
    }
}

fn pretty(random: &mut Random, text: &str) -> String {
    match serde_json::from_str::<Json>(text) {
        Ok(value) if random.below(2) == 0 => serde_json::to_string_pretty(&value).unwrap(),
        _ => text.to_owned(),
    }
}

#[test]
fn json_arrays() {
    let mut random = Random::new(12);
    for round in 0..600 {
        let mut items = Vec::new();
        for _ in 0..random.below(12) {
            let mut item = String::new();
            value(&mut random, 3, &mut item);
            items.push(pretty(&mut random, &item));
        }
        let text = format!(" [{}{}] \n", items.join(","), random.pick(&["", " \n "]));
        let found = agree(Format::Json, text.as_bytes());
        assert!(found.is_ok(), "{text:?} {found:?}");
        assert_eq!(Some(Json::Array(found.records)), from_serde(text.as_bytes()), "{text:?}");
        let mut broken = text.into_bytes();
        mutate(&mut random, &mut broken);
        broken.resize(broken.len().max(2), b' ');
        broken[1] = b'[';
        if round % 2 == 0 {
            let found = agree(Format::Json, &broken);
            if let Some(expected) = from_serde(&broken) {
                assert_eq!(Json::Array(found.records), expected);
            } else if !serde_json::from_slice::<Json>(&broken).is_err_and(|e| e.to_string().contains("out of range")) {
                assert!(!found.is_ok(), "{:?}", String::from_utf8_lossy(&broken));
            }
        }
    }
}

#[test]
fn concatenated_values() {
    let mut random = Random::new(13);
    for _ in 0..400 {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for _ in 0..1 + random.below(8) {
            let mut item = String::new();
            map(&mut random, 3, &mut item);
            expected.push(from_serde(item.as_bytes()).unwrap());
            text.push_str(&pretty(&mut random, &item));
            text.push_str(random.pick(&["", "\n", " ", "\n\n\t"]));
        }
        let found = agree(Format::Json, text.as_bytes());
        assert!(found.is_ok(), "{text:?} {found:?}");
        assert_eq!(found.records, expected, "{text:?}");
        let mut broken = text.into_bytes();
        mutate(&mut random, &mut broken);
        broken[0] = b'{';
        agree(Format::Json, &broken);
    }
    let found = agree(Format::Json, b"1 \"a b\"\n null  \"\\\" \" 2");
    let expected: Vec<Json> =
        [&b"1"[..], b"\"a b\"", b"null", b"\"\\\" \"", b"2"].iter().filter_map(|text| from_serde(text)).collect();
    assert_eq!(found.records, expected);
    assert!(found.is_ok());
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        " ",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[1]]",
        "[1],",
        "[1] 2",
        "[}",
        "{]",
        "{",
        "{\"a\":1}}",
        "{} 1",
        "1 {}",
        "1 []",
        "\"a\"\"b\"",
        "{}[]",
        "1,2",
        "{},{}",
        "[1}",
        "]",
        "}",
        "[\"a",
        "[\"a\"",
        "[1,2}",
        "[{\"a\":1],2]",
    ] {
        assert!(!agree(Format::Json, text.as_bytes()).is_ok(), "{text:?}");
    }
    for text in
        ["[]", "[ ]", " [\n]\n", "\u{feff}[]", "{}", "1", "\"\"", "null", "{}{}", "{} {}", "1 2", "[][]", "[1]\n[2] "]
    {
        assert!(agree(Format::Json, text.as_bytes()).is_ok(), "{text:?}");
    }
}

#[test]
fn inner_arrays() {
    let document = br#" {"x":[1,{"y":"\ud83d\ude00"}],"a/b~":{"n":[0,[{"id":1},{"id":2} , 3 ],4e1]},"z":[null,true,"\u00e9\n",-0.5e-7]} "#;
    let options = |pointer: &str| Options::default().with(|own| own.records_at = Some(pointer.into()));
    let everywhere = |pointer: &str, text: &[u8]| {
        let whole = read(Format::Json, &options(pointer), text, 1 << 19, &want(Detail::All), Arrival::Whole);
        for (target, arrival) in WAYS {
            let found = read(Format::Json, &options(pointer), text, target, &want(Detail::All), arrival);
            assert_eq!(
                (&found.records, &found.errors),
                (&whole.records, &whole.errors),
                "{pointer} {target} {arrival:?}"
            );
        }
        whole
    };
    let found = everywhere("/a~1b~0/n/1", document);
    assert!(found.is_ok(), "{found:?}");
    let expected = from_serde(br#"[{"id":1},{"id":2},3]"#);
    assert_eq!(Some(Json::Array(found.records)), expected);
    assert_eq!(everywhere("/x", document).records.len(), 2);
    assert_eq!(everywhere("", b" [1, 2]").records.len(), 2);
    for (pointer, phrase) in
        [("/none", "nothing at"), ("/x/7", "nothing at"), ("/x/0", "no array"), ("/x/01", "nothing")]
    {
        let found = everywhere(pointer, document);
        assert!(found.errors[0].1.contains(phrase), "{pointer} {found:?}");
    }
    // Everything before and after the array is checked.
    for cut in 0..document.len() - 1 {
        assert!(!everywhere("/a~1b~0/n/1", &document[..cut]).is_ok(), "{cut}");
    }
    for at in [1, 2, 6, 9, 24, 30, 60, 92, 96, 100, 104, 110, 112] {
        let mut broken = document.to_vec();
        broken[at] = 1;
        assert!(!everywhere("/a~1b~0/n/1", &broken).is_ok(), "{at}");
    }
}

#[test]
fn invalid_utf8_is_refused_or_replaced() {
    let text = b"{\"a\":\"ok\"}\n{\"a\":\"\xff\xe2\x82\"}\n{\"\x80b\":\"\xc3\xa9\"}\n{\"a\":1}\n";
    let found = agree(Format::Ndjson, text);
    assert_eq!(found.errors.iter().map(|error| error.0).collect::<Vec<_>>(), [17, 25]);
    assert_eq!(found.records.len(), 2);
    for detail in [Detail::Record, Detail::Fields, Detail::All] {
        let replace = pagemill::format::Want { replace_invalid_utf8: true, ..want(detail) };
        let found = read(Format::Ndjson, &Options::default(), text, 1 << 19, &replace, Arrival::Whole);
        let expected: Vec<Json> =
            String::from_utf8_lossy(text).lines().filter_map(|line| from_serde(line.as_bytes())).collect();
        assert_eq!(found.records, expected);
        assert_eq!(found.lossy.of(LossyKind::InvalidUtf8Replaced), 2);
        assert!(found.is_ok());
    }
}

/// What stands around an inner array is read by other code than records are: it has to be as strict.
#[test]
fn around_an_inner_array_everything_is_checked_as_serde_json_does() {
    let mut random = Random::new(14);
    let options = Options::default().with(|own| own.records_at = Some("/x".into()));
    let (mut good, mut bad) = (0, 0);
    for round in 0..20_000 {
        let mut text = String::new();
        value(&mut random, 3, &mut text);
        let mut text = text.into_bytes();
        if round % 3 != 0 {
            mutate(&mut random, &mut text);
        }
        for document in
            [[b"{\"x\":[1],\"t\":", &text[..], b"}"].concat(), [b"{\"t\":", &text[..], b",\"x\":[1]}"].concat()]
        {
            let outcome = serde_json::from_slice::<Json>(&document);
            if outcome.as_ref().is_err_and(|error| error.to_string().contains("out of range")) {
                continue;
            }
            let (target, arrival) = WAYS[random.below(WAYS.len())];
            let found = read(Format::Json, &options, &document, target, &want(Detail::All), arrival);
            let shown = String::from_utf8_lossy(&document);
            assert_eq!(found.is_ok(), outcome.is_ok(), "{shown:?} {found:?} {outcome:?}");
            if outcome.is_ok() { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 5000 && bad > 5000, "{good} {bad}");
}
