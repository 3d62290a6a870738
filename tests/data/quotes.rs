//! Quotes that are wrong: one bad line each, found by every path, and nothing else is lost.

use crate::support::paths::{Case, Outcome, some_ways};
use crate::support::raw::Raw;
use crate::support::{feed, folder, run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pagemill::error::ErrorClass;
use pagemill::format::Format;
use pagemill::job::{OnError, Settings, SourceSpec, count_records};

/// The example of a quote that nobody closes: it opens at byte 10.
const OPEN: &str = "id,note\n1,\"open never closed\n2,b\n3,c\n";

fn skip() -> Raw {
    Raw { on_error: Some("skip".into()), ..Raw::default() }
}

/// Converts CSV to NDJSON by every path; gives what comes out, and how many records were read, written and bad.
#[track_caller]
fn ndjson(name: &str, input: impl Into<Vec<u8>>, flags: Raw) -> (String, (u64, u64, u64)) {
    match Case::new(name, Format::Csv, Format::Ndjson, input, flags).check_by(some_ways()) {
        Outcome::Done { bytes, records, .. } => (String::from_utf8(bytes).unwrap(), records),
        failed => panic!("{name}: {failed:?}"),
    }
}

/// The same where the job fails: its message.
#[track_caller]
fn refused(name: &str, input: impl Into<Vec<u8>>, flags: Raw) -> String {
    match Case::new(name, Format::Csv, Format::Ndjson, input, flags).check_by(some_ways()) {
        Outcome::Failed { class: ErrorClass::Data, message } => message,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_quote_that_is_never_closed() {
    let message = refused("fail", OPEN, Raw::default());
    assert!(message.contains("record 1") && message.contains("byte 10"), "{message}");
    assert!(message.contains("the quote opened here is never closed"), "{message}");
    let strict = Raw { strict: true, ..Raw::default() };
    assert_eq!(refused("strict", OPEN, strict), message);
    let (bytes, records) = ndjson("skip", OPEN, skip());
    assert_eq!(bytes, "{\"id\":2,\"note\":\"b\"}\n{\"id\":3,\"note\":\"c\"}\n");
    assert_eq!(records, (3, 2, 1));
    // Without a line break after it.
    assert_eq!(ndjson("last", "id,note\n1,a\n2,\"b", skip()).1, (2, 1, 1));
    assert_eq!(ndjson("last", "id,note\n1,a\n2,\"b\"\"", skip()).1, (2, 1, 1));
    assert_eq!(ndjson("closed", "id,note\n1,a\n2,\"b\"\"\"", skip()).1, (2, 2, 0));
}

/// A thousand rows, one of which opens a quote that stays open.
#[test]
fn one_line_of_a_thousand() {
    for line_break in ["\n", "\r\n", "\r"] {
        let (mut input, mut expected) = (format!("id,name{line_break}"), String::new());
        for id in 0..1000 {
            if id == 499 {
                input += &format!("{id},\"no end{line_break}");
            } else {
                input += &format!("{id},name of {id}{line_break}");
                expected += &format!("{{\"id\":{id},\"name\":\"name of {id}\"}}\n");
            }
        }
        let (bytes, records) = ndjson("one open quote", input, skip());
        assert_eq!(records, (1000, 999, 1));
        assert!(bytes == expected);
    }
}

/// Two quotes by mistake, 890 rows apart: the second one closes the first, and text follows it.
#[test]
fn two_quotes_far_apart() {
    let (mut input, mut expected) = ("id,name\n".to_owned(), String::new());
    for id in 1..=1000 {
        if id == 11 || id == 901 {
            input += &format!("{id},\"Bob\n");
        } else {
            input += &format!("{id},Ann\n");
            expected += &format!("{{\"id\":{id},\"name\":\"Ann\"}}\n");
        }
    }
    let (bytes, records) = ndjson("Bob", input.as_str(), skip());
    assert_eq!(records, (1000, 998, 2));
    assert!(bytes == expected);
    // "id,name\n", nine lines of six bytes, one of seven, and "11,".
    let message = refused("Bob", input, Raw::default());
    assert!(message.contains("record 11") && message.contains(&format!("byte {}", 8 + 9 * 6 + 7 + 3)), "{message}");
}

#[test]
fn records_of_several_lines_that_are_right_stay_so() {
    let input = "a,b\n\"1\n2\",\"x\"\"\r\n\"\"y\"\n\"\n\",\"\"\n3,\"4\"";
    let (bytes, records) = ndjson("right", input, skip());
    assert_eq!(
        bytes,
        "{\"a\":\"1\\n2\",\"b\":\"x\\\"\\r\\n\\\"y\"}\n{\"a\":\"\\n\",\"b\":\"\"}\n{\"a\":3,\"b\":\"4\"}\n"
    );
    assert_eq!(records, (3, 3, 0));
}

#[test]
fn text_after_a_closing_quote() {
    let input = "size,name\n\"19\" screen,x\n1,\"JOHN \"SAM\"\"\n2,\"y\"\n";
    let case = Case::new("odd", Format::Csv, Format::Ndjson, input, Raw::default());
    let outcome = case.check_by(some_ways());
    let expected = "{\"size\":\"19 screen\",\"name\":\"x\"}\n{\"size\":1,\"name\":\"JOHN SAM\\\"\\\"\"}\n{\"size\":2,\"name\":\"y\"}\n";
    assert_eq!(String::from_utf8_lossy(outcome.bytes()), expected);
    let Outcome::Done { lossy, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(lossy, [("text_after_quote", 2)]);
    // In every direction, and refused where nothing may be lost. The space is byte 14.
    for to in [Format::Csv, Format::Tsv, Format::Json, Format::Text, Format::Frames] {
        let outcome = Case::new("odd", Format::Csv, to, input, Raw::default()).check_by(some_ways());
        let Outcome::Done { lossy, .. } = outcome else { panic!("{outcome:?}") };
        assert!(lossy.contains(&("text_after_quote", 2)), "{to}: {lossy:?}");
        let strict = Raw { strict: true, ..Raw::default() };
        let outcome = Case::new("odd", Format::Csv, to, input, strict).check_by(some_ways());
        let message = outcome.message();
        assert!(
            message.contains("record 1") && message.contains("byte 14") && message.contains("`strict`"),
            "{message}"
        );
    }
    let strict = Raw { strict: true, ..skip() };
    assert_eq!(ndjson("strict", input, strict), ("{\"size\":2,\"name\":\"y\"}\n".into(), (3, 1, 2)));
    let here = folder();
    std::fs::write(here.path().join("a.csv"), input).unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "csv"]).ends(0);
    ran.says(&[
        "2 records with text after a closing quote",
        "The first is a.csv: record 1, line 2, byte 14",
        "--strict",
    ]);
    // A quote inside of a field without quotes is text, and no loss.
    let outcome =
        Case::new("inch", Format::Csv, Format::Ndjson, "a,b\n5\" pipe,6\"\"\n", Raw::default()).check_by(some_ways());
    let Outcome::Done { bytes, lossy, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((&*bytes, lossy), (&b"{\"a\":\"5\\\" pipe\",\"b\":\"6\\\"\\\"\"}\n"[..], vec![]));
}

#[test]
fn a_header_swallows_nothing() {
    let message = refused("header", "a,\"b\n1,2\n3,4\n", Raw::default());
    assert!(message.contains("byte 2") && message.contains("never closed"), "{message}");
    let message = refused("header", "\"a\"b,\"c\n1\",2\n", skip());
    assert!(message.contains("byte 5"), "{message}");
    // Without a header it is a bad record like others, and the next one tells how many fields there are.
    let nameless = || Raw { no_headers: true, ..skip() };
    let (text, records) = ndjson("first", "\"open,1\n2,b\n3,c\n", nameless());
    assert_eq!((&*text, records.2), ("{\"column_1\":2,\"column_2\":\"b\"}\n{\"column_1\":3,\"column_2\":\"c\"}\n", 1));
    let message = refused("first", "\"open,1\n2,b\n3,c\n", Raw { no_headers: true, ..Raw::default() });
    assert!(message.contains("record 1, line 1, byte 0"), "{message}");
    // A name of several lines is one.
    assert_eq!(ndjson("header", "\"a\nb\",c\n1,2\n", Raw::default()).0, "{\"a\\nb\":1,\"c\":2}\n");
    // Longer than a name may be: found early, whatever follows.
    let long = format!("a,\"{}", "b\n".repeat(200_000));
    let message = refused("header", long.as_str(), Raw::default());
    assert!(message.contains("byte 2") && message.contains("max_key_length"), "{message}");
    assert_eq!(refused("header", format!("{long}\",c\n1,2,3\n"), Raw::default()), message);
}

/// What a record may have at most tells when a quote is not closed, not what memory there is.
#[test]
fn a_quote_that_is_open_for_longer_than_a_record_may_be() {
    let lines = "1,x\n".repeat(100);
    let input = format!("a,b\n{lines}2,\"y\n{lines}3,z\"\n{lines}");
    let flags = |size: &str| Raw { max_record_size: Some(size.into()), ..skip() };
    // Within the quotes there are 400 bytes, and `2,"y\n` and `3,z"\n` around them.
    assert_eq!(ndjson("large enough", input.as_str(), flags("410")).1, (201, 201, 0));
    // Then `3,z"` is a line with a quote in it.
    assert_eq!(ndjson("too small", input.as_str(), flags("409")).1, (302, 301, 1));
    let message = refused("too small", input, Raw { max_record_size: Some("100".into()), ..Raw::default() });
    assert!(message.contains("record 101") && message.contains("byte 406"), "{message}");
    // A line that is too long is left out as it is, inside quotes or not.
    for line in [
        format!("4,{}\n", "z".repeat(500)),
        format!("4,\"{}\"\n", "z".repeat(500)),
        format!("4,\"{}\n", "z".repeat(500)),
    ] {
        let (bytes, records) = ndjson("long line", format!("a,b\n5,6\n{line}7,8\n"), flags("100"));
        assert_eq!((&*bytes, records), ("{\"a\":5,\"b\":6}\n{\"a\":7,\"b\":8}\n", (3, 2, 1)));
    }
}

/// A quarantine has the one line, which can be repaired and read again.
#[test]
fn the_bad_line_can_be_repaired() {
    let here = folder();
    let here = here.path();
    std::fs::write(here.join("a.csv"), OPEN).unwrap();
    run(here, ["convert", "a.csv", "-o", "a.ndjson", "--on-error", "quarantine"]).ends(0);
    let name = here.join("a.ndjson.quarantine.ndjson");
    let text = std::fs::read_to_string(&name).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    assert_eq!(STANDARD.decode(line["raw"].as_str().unwrap()).unwrap(), b"1,\"open never closed\n");
    assert_eq!((&line["record"], &line["start"], &line["end"]), (&1.into(), &8.into(), &29.into()));
    assert_eq!(text.lines().count(), 2);
    run(here, ["replay", "a.ndjson.quarantine.ndjson", "-o", "b.ndjson"])
        .ends(1)
        .says(&["a.csv: record 1, line 2, byte 10"]);
    std::fs::write(&name, text.replace("\"raw\"", "\"text\":\"1,open no longer\",\"raw\"")).unwrap();
    run(here, ["replay", "a.ndjson.quarantine.ndjson", "-o", "b.ndjson"]).ends(0);
    assert_eq!(std::fs::read_to_string(here.join("b.ndjson")).unwrap(), "{\"id\":1,\"note\":\"open no longer\"}\n");
}

fn count(input: &[u8], on_error: OnError, slice_size: usize, workers: usize, max: usize) -> Result<u64, String> {
    let settings = Settings::default().with(|own| {
        own.from = Some(Format::Csv);
        own.on_error = on_error;
        own.slice_size = slice_size;
        own.workers = workers;
        own.max_record_size = max;
    });
    let source = SourceSpec::Reader(Box::new(std::io::Cursor::new(input.to_vec())));
    let streamed = count_records(source, &settings).map_err(|error| error.to_string());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let mapped = count_records(SourceSpec::Path(file.path().to_path_buf()), &settings);
    let name = file.path().display().to_string();
    let mapped = mapped.map_err(|error| error.to_string().replacen(&name, "standard input", 1));
    assert_eq!(mapped, streamed);
    mapped
}

#[test]
fn counts_agree() {
    let far = format!("a,b\n{}2,\"y\n{}3,\"z\n4,5\n", "1,x\n".repeat(100), "1,x\n".repeat(100));
    for workers in [1, 2, 7] {
        for slice in [1, 64, 0] {
            assert_eq!(count(OPEN.as_bytes(), OnError::Skip, slice, workers, 0), Ok(2));
            let error = count(OPEN.as_bytes(), OnError::Fail, slice, workers, 0).unwrap_err();
            assert!(error.contains("record 1, line 2, byte 10"), "{error}");
            assert_eq!(count(far.as_bytes(), OnError::Skip, slice, workers, 1 << 20), Ok(201));
            let error = count(far.as_bytes(), OnError::Fail, slice, workers, 1 << 20).unwrap_err();
            assert!(error.contains("record 101, line 102, byte 406"), "{error}");
            assert_eq!(count(b"a\n1\nlonglonglong\n2\n", OnError::Skip, slice, workers, 8), Ok(2));
        }
    }
}

#[test]
fn compressed_and_piped() {
    let here = folder();
    let here = here.path();
    std::fs::write(here.join("a.csv"), OPEN).unwrap();
    run(here, ["convert", "a.csv", "-o", "a.csv.gz", "-t", "text", "-f", "text"]).ends(0);
    let skip = ["-f", "csv", "-t", "csv", "--on-error", "skip"];
    for ran in [
        run(here, ["convert", "a.csv.gz"].iter().chain(&skip)),
        run(here, ["convert", "a.csv"].iter().chain(&skip)),
        run(here, ["convert", "a.csv", "--io", "read"].iter().chain(&skip)),
        feed(here, ["convert", "-"].iter().chain(&skip), OPEN.as_bytes()),
    ] {
        assert_eq!(ran.ends(0).says(&["1 bad record"]).stdout, "id,note\n2,b\n3,c\n");
    }
}

/// Every line opens a quote that is inside out until the end: looking at the rest again for each would take for ever.
#[test]
fn many_open_quotes_take_no_longer_than_they_are_many() {
    const LINES: usize = 10_000;
    for (line, bad) in [("x\",\"y\n", LINES), ("\"a\"b,\"c\n", LINES), ("1,\"\n2,\"z\"\n", LINES)] {
        let input = format!("a,b\n1,2\n{}", line.repeat(LINES));
        for target in [Format::Ndjson, Format::Csv] {
            let mut settings = skip().validate().unwrap();
            (settings.from, settings.to, settings.slice_size) = (Some(Format::Csv), Some(target), 16 << 10);
            let source = SourceSpec::Reader(Box::new(std::io::Cursor::new(input.clone().into_bytes())));
            let mut job = pagemill::Job::new(source, pagemill::TargetSpec::Memory);
            job.settings = settings;
            let report = job.run().unwrap();
            assert_eq!(report.records_failed, bad as u64, "{line:?}");
        }
        assert_eq!(count(input.as_bytes(), OnError::Skip, 0, 2, 0), Ok((input.lines().count() - 1 - bad) as u64));
    }
}

/// One record of a slow reader that is obviously right.
#[derive(Debug, PartialEq)]
enum Slow {
    Good(Vec<String>),
    Bad,
}

/// Reads what begins with a record and is not blank: the record, and how much of the text it is.
fn slow(text: &[char]) -> (Slow, usize) {
    let is_break = |at: usize| matches!(text.get(at), Some('\n' | '\r'));
    let behind = |at: usize| at + if text[at..].starts_with(&['\r', '\n']) { 2 } else { 1 };
    let line = (0..text.len()).find(|&at| is_break(at)).map_or(text.len(), behind);
    let (mut fields, mut field, mut at, mut lines, mut odd) = (Vec::new(), String::new(), 0, false, false);
    loop {
        if field.is_empty() && text.get(at) == Some(&'"') {
            at += 1;
            loop {
                match (text.get(at), text.get(at + 1)) {
                    (None, _) => return (Slow::Bad, line),
                    (Some('"'), Some('"')) => {
                        field.push('"');
                        at += 2;
                    }
                    (Some('"'), _) => break,
                    (Some(other), _) => {
                        lines |= is_break(at);
                        field.push(*other);
                        at += 1;
                    }
                }
            }
            at += 1;
            odd |= !matches!(text.get(at), None | Some(',' | '\n' | '\r'));
        }
        while let Some(other) = text.get(at).filter(|other| !matches!(other, ',' | '\n' | '\r')) {
            field.push(*other);
            at += 1;
        }
        fields.push(std::mem::take(&mut field));
        match text.get(at) {
            Some(',') => at += 1,
            _ if lines && odd => return (Slow::Bad, line),
            Some(_) => return (Slow::Good(fields), behind(at)),
            None => return (Slow::Good(fields), at),
        }
    }
}

/// The records of a text, without blank lines.
fn slow_records(text: &[char]) -> Vec<Slow> {
    let (mut records, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if matches!(text[at], '\n' | '\r') {
            at += 1;
            continue;
        }
        let (record, len) = slow(&text[at..]);
        records.push(record);
        at += len;
    }
    records
}

#[test]
fn any_text_is_read_as_a_slow_reader_reads_it() {
    let mut state = 3u64;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % bound
    };
    for round in 0..60 {
        let alphabet: Vec<char> = ["a,\"\n", "a,,\"\n\r", "aa,\"\"\n\n", "a\"\n"][round % 4].chars().collect();
        let text: Vec<char> = (0..random(60)).map(|_| alphabet[random(alphabet.len())]).collect();
        let records = slow_records(&text);
        let mut expected = String::new();
        let mut bad = 0;
        for record in &records {
            match record {
                Slow::Good(fields) if fields.len() == 2 => {
                    let value = |text: &String| serde_json::to_string(text).unwrap();
                    expected += &format!("{{\"x\":{},\"y\":{}}}\n", value(&fields[0]), value(&fields[1]));
                }
                _ => bad += 1,
            }
        }
        let input: String = "x,y\n".chars().chain(text.iter().copied()).collect();
        let flags = Raw { types: Some("text".into()), ..skip() };
        if expected.is_empty() && bad > 0 {
            assert!(refused(&format!("{input:?}"), input.as_str(), flags).contains("bad"), "{input:?}");
            continue;
        }
        let (bytes, (all, _, failed)) = ndjson(&format!("{input:?}"), input.as_str(), flags);
        assert_eq!((&bytes, all, failed), (&expected, records.len() as u64, bad), "{input:?}");
        let (slice, workers) = (1 + random(40), 1 + round % 3);
        let good = expected.lines().count() as u64;
        assert_eq!(count(input.as_bytes(), OnError::Skip, slice, workers, 0), Ok(good), "{input:?}");
        // Whatever their number of fields, where a bad record ends the count.
        let all = records.iter().all(|record| matches!(record, Slow::Good(_))).then_some(records.len() as u64);
        assert_eq!(count(input.as_bytes(), OnError::Fail, slice, workers, 0).ok(), all, "{input:?}");
    }
}
