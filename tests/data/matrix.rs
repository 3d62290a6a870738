//! One expectation, every path: the bytes, the counts and the errors of a job do not depend on how its
//! source is read, how many workers there are, how large slices are, and how much memory there is.

use crate::support;
use crate::support::inputs::{ODD_LAYOUT, flags_for, has_layout, odd, sample, schemaless};
use crate::support::paths::{Case, Input, Kind, Way, some_ways, ways};
use crate::support::raw::Raw;
use pagemill::format::Format;

fn some(text: &str) -> Option<String> {
    Some(text.to_string())
}

fn list(text: &str) -> Vec<String> {
    vec![text.to_string()]
}

fn samples_from(from: Format) {
    for to in Format::ALL.into_iter().filter(|to| has_layout(from, *to)) {
        let flags = flags_for(from, to);
        let case = Case::new("sample", from, to, sample(from, &flags, 40), flags);
        assert!(case.check().bytes().len() > 500, "{}", case.name);
    }
}

#[test]
fn samples_of_csv() {
    samples_from(Format::Csv);
}

#[test]
fn samples_of_tsv() {
    samples_from(Format::Tsv);
}

#[test]
fn samples_of_ndjson() {
    samples_from(Format::Ndjson);
}

#[test]
fn samples_of_json() {
    samples_from(Format::Json);
}

#[test]
fn samples_of_text() {
    samples_from(Format::Text);
}

#[test]
fn samples_of_fixed() {
    samples_from(Format::Fixed);
}

#[test]
fn samples_of_fixed_width_text() {
    samples_from(Format::Fwf);
}

#[test]
fn samples_of_messagepack() {
    samples_from(Format::Msgpack);
}

#[test]
fn samples_of_cbor() {
    samples_from(Format::Cbor);
}

#[test]
fn samples_of_frames() {
    samples_from(Format::Frames);
    for payload in ["text", "json", "msgpack", "cbor"] {
        for to in schemaless() {
            let flags = Raw { payload: some(payload), frame: some("varint"), ..Raw::default() };
            let flags = match to {
                Format::Fwf if payload == "text" => Raw { layout: some("payload:300"), ..flags },
                Format::Fwf => Raw { layout: some("id:20,price:30,name:60b"), select: list("id,price,name"), ..flags },
                Format::Fixed if payload == "text" => Raw { layout: some("payload:text300"), ..flags },
                Format::Fixed => {
                    Raw { layout: some("id:u8,price:f32be,name:text60"), select: list("id,price,name"), ..flags }
                }
                _ => flags,
            };
            let case = Case::new(payload, Format::Frames, to, sample(Format::Frames, &flags, 40), flags);
            assert!(case.check().bytes().len() > 500, "{}", case.name);
        }
    }
}

/// Everything odd to every format, with both policies. Errors have to be the same too.
fn odd_to(to: Format) {
    for (from, name, input) in odd() {
        for policy in ["fail", "skip"] {
            let flags = Raw { layout: some(ODD_LAYOUT), on_error: some(policy), ..Raw::default() };
            let case = Case::new(&format!("{name}, {policy}"), from, to, input.clone(), flags);
            case.check_by(some_ways());
        }
    }
}

#[test]
fn odd_to_csv() {
    odd_to(Format::Csv);
}

#[test]
fn odd_to_tsv() {
    odd_to(Format::Tsv);
}

#[test]
fn odd_to_ndjson() {
    odd_to(Format::Ndjson);
}

#[test]
fn odd_to_json() {
    odd_to(Format::Json);
}

#[test]
fn odd_to_text() {
    odd_to(Format::Text);
}

#[test]
fn odd_to_fixed() {
    odd_to(Format::Fixed);
}

#[test]
fn odd_to_messagepack() {
    odd_to(Format::Msgpack);
}

#[test]
fn odd_to_cbor() {
    odd_to(Format::Cbor);
}

#[test]
fn odd_to_frames() {
    odd_to(Format::Frames);
}

fn flags(change: impl FnOnce(&mut Raw)) -> Raw {
    let mut flags = Raw::default();
    change(&mut flags);
    flags
}

#[test]
fn flags_of_every_kind() {
    let cases: Vec<(Format, Format, Raw)> = vec![
        (Format::Csv, Format::Csv, flags(|f| f.select = list("name,id"))),
        (Format::Csv, Format::Ndjson, flags(|f| f.drop = list("name,note"))),
        (Format::Csv, Format::Tsv, flags(|f| f.rename = list("id=number,note=id"))),
        (Format::Csv, Format::Json, flags(|f| f.pretty = true)),
        (Format::Csv, Format::Csv, flags(|f| f.quote_all = true)),
        (Format::Csv, Format::Csv, flags(|f| (f.crlf, f.out_delimiter) = (true, some(";")))),
        (Format::Csv, Format::Ndjson, flags(|f| f.types = some("text"))),
        (Format::Csv, Format::Ndjson, flags(|f| f.no_headers = true)),
        (Format::Csv, Format::Ndjson, flags(|f| (f.delimiter, f.quote) = (some(";"), some("'")))),
        (Format::Csv, Format::Ndjson, flags(|f| f.escape = some("\\"))),
        (Format::Csv, Format::Csv, flags(|f| f.no_quoting = true)),
        (Format::Csv, Format::Csv, flags(|f| (f.comment, f.on_error) = (some("2"), some("skip")))),
        (Format::Tsv, Format::Csv, flags(|f| f.tsv_escapes = true)),
        (Format::Tsv, Format::Tsv, flags(|f| f.tsv_escapes = true)),
        (Format::Ndjson, Format::Csv, flags(|f| f.columns = vec!["first".into()])),
        (Format::Ndjson, Format::Csv, flags(|f| f.columns = vec!["name,address.city,nobody".into()])),
        (Format::Ndjson, Format::Csv, flags(|f| f.select = list("tags,address.city"))),
        (Format::Ndjson, Format::Tsv, flags(|f| f.drop = list("address.city,name"))),
        (Format::Ndjson, Format::Ndjson, flags(|f| f.rename = list("address.city=address.town,id=number"))),
        (Format::Ndjson, Format::Csv, flags(|f| f.nested = some("json"))),
        (Format::Ndjson, Format::Json, flags(|f| f.pretty = true)),
        (Format::Ndjson, Format::Csv, flags(|f| f.strict = true)),
        (Format::Json, Format::Tsv, flags(|f| f.tsv_escapes = true)),
        (Format::Json, Format::Ndjson, flags(|f| f.select = list("address,name"))),
        (Format::Text, Format::Frames, flags(|f| (f.payload, f.frame) = (some("text"), some("u16be")))),
        (Format::Csv, Format::Frames, flags(|f| (f.payload, f.frame) = (some("json"), some("u64le")))),
        (Format::Csv, Format::Frames, flags(|f| (f.payload, f.frame) = (some("cbor"), some("varint")))),
        (Format::Ndjson, Format::Frames, flags(|f| (f.payload, f.frame) = (some("msgpack"), some("u16be")))),
        (Format::Msgpack, Format::Csv, flags(|f| f.select = list("tags,address.city"))),
        (Format::Cbor, Format::Cbor, flags(|f| f.canonical = true)),
        (Format::Ndjson, Format::Cbor, flags(|f| (f.canonical, f.drop) = (true, list("address.city,name")))),
        (Format::Csv, Format::Msgpack, flags(|f| (f.unflatten, f.canonical) = (true, true))),
        (Format::Cbor, Format::Msgpack, flags(|f| f.rename = list("address.city=address.town,id=number"))),
    ];
    for (index, (from, to, flags)) in cases.into_iter().enumerate() {
        let input = sample(from, &flags, 30);
        Case::new(&format!("flags {index}"), from, to, input, flags).check_by(some_ways());
    }
}

#[test]
fn every_op() {
    for op in pagemill::op::NAMES.into_iter().chain(["upper:name,trim,reverse:name", "lower,wordcount"]) {
        for from in [Format::Csv, Format::Ndjson, Format::Text, Format::Fixed] {
            if from == Format::Text && op.contains(':') {
                continue;
            }
            for to in [from, Format::Ndjson, Format::Csv] {
                let to = if op.contains("wordcount") { Format::Text } else { to };
                let flags = Raw { op: list(op), ..flags_for(from, to) };
                let case = Case::new(op, from, to, sample(from, &flags, 25), flags);
                assert!(!case.check_by(some_ways()).bytes().is_empty(), "{}", case.name);
            }
        }
    }
}

#[test]
fn bad_records_anywhere_are_left_out() {
    let good: Vec<String> = (0..24).map(|id| format!("{{\"id\":{id},\"t\":\"{}\"}}\n", "x".repeat(id % 7))).collect();
    let bad = ["{\"id\":}\n", "nope\n", "{\"id\":1,\"t\":\"\\ud800\"}\n", "[1,2\n", "\"\n"];
    for places in [&[0][..], &[24], &[12], &[0, 1, 2], &[22, 23, 24], &[0, 5, 6, 12, 13, 14, 24]] {
        let (mut input, mut expected) = (String::new(), String::new());
        for (index, line) in good.iter().enumerate() {
            for place in places.iter().filter(|place| **place == index) {
                input += bad[place % bad.len()];
            }
            input += line;
            expected += line;
        }
        places.iter().filter(|place| **place == 24).for_each(|_| input += "nope");
        let skip = flags(|f| f.on_error = some("skip"));
        let case = Case::new("bad lines", Format::Ndjson, Format::Ndjson, input.clone(), skip.clone());
        assert_eq!(String::from_utf8_lossy(case.check_by(some_ways()).bytes()), expected);
        let case = Case::new("bad lines", Format::Ndjson, Format::Csv, input.clone(), skip);
        let rows = support::values::rows(case.check_by(some_ways()).bytes(), b',');
        assert_eq!(rows.len(), 25);
        let case = Case::new("the first bad line", Format::Ndjson, Format::Json, input, Raw::default());
        let message = case.check_by(some_ways()).message().to_string();
        assert!(message.starts_with(&format!(": record {0}, line {0}, ", places[0] + 1)), "{message}");
    }
}

#[test]
fn the_error_is_that_of_the_first_bad_record() {
    // One bad record in each slice and a file as the target, where slices are written beside each other:
    // workers after the first bad record meet one too, and hand it in while the first is being written.
    let (line, good) = ("1,2\n", 20_000);
    let mut input = String::from("a,b\n");
    for _ in 0..12 {
        input += &line.repeat(good);
        input += "1\n";
    }
    let case = Case::new("many bad records", Format::Csv, Format::Ndjson, input, Raw::default());
    let folder = tempfile::tempdir().unwrap();
    let (slice, place) = (line.len() * good + 2, 4 + line.len() * good);
    for turn in 0..150 {
        let way = Way { input: Input::Mapped, workers: 2 + turn % 6, slice, small: false, target: Kind::File };
        let message = case.run(&way, folder.path()).message().to_string();
        assert!(
            message.starts_with(&format!(": record {}, line {}, byte {place}: ", good + 1, good + 2)),
            "turn {turn}: {message}"
        );
    }
}

#[test]
fn a_key_that_appears_late() {
    let mut input = String::new();
    for id in 0..20_000 {
        input += &format!("{{\"id\":{id},\"name\":\"somebody\"}}\n");
    }
    input += "{\"id\":1,\"late\":{\"deep\":[1]}}\n";
    let case = Case::new("late", Format::Ndjson, Format::Csv, input.clone(), Raw::default());
    let few = || ways().into_iter().filter(|way| way.slice == 0 || way.slice == 4096);
    // From a file the whole input is looked at.
    let rows = support::values::rows(case.check_by(few().filter(|way| way.input == Input::Mapped)).bytes(), b',');
    assert_eq!((rows.len(), &rows[0][..]), (20_002, &["id", "name", "late.deep"].map(String::from)[..]));
    assert_eq!(rows[20_001], ["1", "", "[1]"]);
    // A file that is read can be read twice; of another stream the beginning is looked at, for every size of slices.
    let folder = tempfile::tempdir().unwrap();
    for way in few().filter(|way| way.input != Input::Mapped) {
        let outcome = case.run(&way, folder.path());
        assert!(support::values::rows(outcome.bytes(), b',') == rows, "{way:?}");
    }
    let more = input.repeat(3) + "{\"very\":\"late\"}\n";
    let case = Case::new("very late", Format::Ndjson, Format::Csv, more, Raw::default());
    let folder = tempfile::tempdir().unwrap();
    for way in few().filter(|way| way.input != Input::Mapped) {
        let outcome = case.run(&way, folder.path());
        match way.input {
            Input::ShortReads => assert!(
                outcome.message().contains("`very`") && outcome.message().contains("`columns: "),
                "{way:?}: {outcome:?}"
            ),
            _ => assert!(outcome.bytes().starts_with(b"id,name,late.deep,very\n"), "{way:?}: {outcome:?}"),
        }
    }
}

#[test]
fn a_key_of_the_last_record_without_a_line_feed() {
    for input in ["{\"a\":1}\n{\"b\":2}", "{\"a\":1}\nbad\n{\"a\":1,\"b\":2}", "{\"a\":1}\n\n{\"b\":{\"c\":2}}  "] {
        let skip = flags(|f| f.on_error = some("skip"));
        let case = Case::new("no line feed", Format::Ndjson, Format::Csv, input, skip);
        assert_eq!(support::values::rows(case.check().bytes(), b',')[0].len(), 2, "{input}");
    }
}

#[test]
fn plain_values_between_empty_objects() {
    // An empty object has no field; a plain value is the field `value`.
    for (input, expected) in [
        ("1\n{}\n2\n{}\n", ["1", "", "2", ""]),
        ("{}\n1\n{}\n\"x\"\n", ["", "1", "", "x"]),
        ("[]\n{}\n1\n[]\n", ["[]", "", "1", "[]"]),
    ] {
        let case = Case::new("plain values", Format::Ndjson, Format::Csv, input, Raw::default());
        let rows = support::values::rows(case.check().bytes(), b',');
        assert_eq!(rows.concat(), [&["value"][..], &expected].concat(), "{input}");
    }
}

#[test]
fn records_inside_a_document() {
    let inner = String::from_utf8(sample(Format::Json, &Raw::default(), 30)).unwrap();
    let input =
        format!("{{\"meta\": {{\"items\": [0]}}, \"data\": {{\"items\": {inner}, \"n\": [1]}}, \"end\": \"]\"}}\n");
    let flags = flags(|f| f.records_at = some("/data/items"));
    for to in [Format::Ndjson, Format::Csv, Format::Json] {
        let found = Case::new("inner", Format::Json, to, input.clone(), flags.clone()).check_by(some_ways());
        let plain = Case::new("plain", Format::Json, to, inner.clone(), Raw::default()).reference();
        assert_eq!(found.bytes(), plain.bytes());
    }
}

#[test]
fn the_first_refused_record_is_the_one_told() {
    let strict = flags(|f| f.strict = true);
    let filler = "{\"a\":1}\n".repeat(300);
    let first = ": record 1, line 1, byte 0: the output can't hold this record as it is: 1 missing field written as an empty cell (absent_as_null)";
    for (input, told) in [
        (format!("{filler}{{\"a\":[1]}}\n{filler}{{\"a\":1,\"z\":2}}\n"), first),
        (format!("{filler}nonsense\n{filler}{{\"a\":1,\"z\":2}}\n"), first),
        (format!("{filler}{{\"a\":[1]}}\nnonsense\n"), ": record 301, line 301, byte 2400: the output can't hold"),
        (
            format!("{filler}nonsense\n{{\"a\":[1]}}\n"),
            ": record 301, line 301, byte 2400: `nonsense` is not a JSON value",
        ),
    ] {
        for to in [Format::Csv, Format::Tsv] {
            let outcome = Case::new("strict", Format::Ndjson, to, input.clone(), strict.clone()).check();
            assert!(outcome.message().starts_with(told), "{outcome:?}");
        }
    }
    // What no cutter gets over ends the key pass, and the run unless a record is refused before.
    let input = format!("[{}{{\"a\":1}}", "{\"a\":1},".repeat(300));
    let outcome = Case::new("strict", Format::Json, Format::Csv, input, strict).check();
    assert!(outcome.message().contains("the array is not closed"), "{outcome:?}");
}

#[test]
fn payloads_of_json_are_unflattened() {
    let large = "x".repeat(200_000);
    let csv = format!("id,a.b,a.c.d,x\n1,2,\"\"\"\",\"[1, {{\"\"k\"\":2}}]\"\n2,,\"{{}}\",{large}\n");
    let records = [
        r#"{"id":1,"a":{"b":2,"c":{"d":"\""}},"x":[1,{"k":2}]}"#.to_string(),
        format!(r#"{{"id":2,"a":{{"b":null,"c":{{"d":{{}}}}}},"x":"{large}"}}"#),
    ];
    let expected: Vec<u8> =
        records.iter().flat_map(|record| [&(record.len() as u32).to_le_bytes(), record.as_bytes()].concat()).collect();
    let json = flags(|f| (f.unflatten, f.payload) = (true, Some("json".into())));
    let frames = Case::new("unflatten", Format::Csv, Format::Frames, csv.clone(), json).check_by(some_ways());
    assert!(frames.bytes() == expected, "{frames:?}");
    let lines = Case::new("unflatten", Format::Csv, Format::Ndjson, csv, flags(|f| f.unflatten = true)).reference();
    assert!(lines.bytes() == (records.join("\n") + "\n").as_bytes(), "{lines:?}");
}

#[test]
fn what_was_flattened_is_unflattened() {
    let ndjson = sample(Format::Ndjson, &Raw::default(), 30);
    let csv = Case::new("flatten", Format::Ndjson, Format::Csv, ndjson.clone(), Raw::default()).reference();
    let unflatten = flags(|f| f.unflatten = true);
    let back = Case::new("unflatten", Format::Csv, Format::Ndjson, csv.bytes(), unflatten).check_by(some_ways());
    // Only truth values come back as text: CSV has none.
    let expected = String::from_utf8(ndjson).unwrap();
    let expected = expected.replace(":true,", ":\"true\",").replace(":false,", ":\"false\",");
    assert_eq!(String::from_utf8_lossy(back.bytes()), expected);
}
