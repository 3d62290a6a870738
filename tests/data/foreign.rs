//! What other programs write: delimiters of several bytes, spaces after delimiters, dumps of MySQL and PostgreSQL, texts
//! for null, records of another width. The inputs are written here by the rules of those programs; what has to come out
//! is known before they are written.

use crate::support::paths::{Case, some_ways};
use crate::support::raw::Raw;
use pagemill::format::Format;
use serde_json::{Value, json};

/// A small random number generator.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// A text of some of these pieces.
    fn text(&mut self, pieces: &[&str]) -> String {
        (0..self.below(4)).map(|_| pieces[self.below(pieces.len())]).collect()
    }
}

fn more(flags: &[(&'static str, &str)]) -> Raw {
    Raw { more: flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(), ..Raw::default() }
}

/// A line of NDJSON.
fn line(record: &[Value]) -> String {
    let fields = record.iter().enumerate().map(|(index, value)| format!("\"c{index}\":{value}"));
    format!("{{{}}}\n", fields.collect::<Vec<_>>().join(","))
}

/// The input has to become these records, by every way.
fn becomes(name: &str, from: Format, input: String, flags: Raw, records: &[Vec<Value>]) {
    let expected: String = records.iter().map(|record| line(record)).collect();
    let case = Case::new(name, from, Format::Ndjson, input.clone().into_bytes(), flags);
    let outcome = case.check_by(some_ways());
    assert_eq!(String::from_utf8_lossy(outcome.bytes()), expected, "{name}: {input:?}");
}

/// A field as it is written, and its value. A text without quotes is a number if it looks like one.
fn field(random: &mut Random, pieces: &[&str], delimiter: &str) -> (String, Value) {
    match random.below(4) {
        0 => (String::new(), Value::Null),
        1 => ("12".to_owned(), json!(12)),
        kind => {
            let text = random.text(pieces);
            let odd = text.contains(['"', '\n', '\r', ' ']) || text.is_empty() || text.parse::<f64>().is_ok();
            // The last byte of the text and the first of the delimiter must not be one.
            if kind == 2 || odd || format!("{text}{delimiter}").find(delimiter) != Some(text.len()) {
                return (format!("\"{}\"", text.replace('"', "\"\"")), json!(text));
            }
            (text.clone(), json!(text))
        }
    }
}

#[test]
fn delimiters_of_several_bytes_and_spaces() {
    let mut random = Random(1);
    for (delimiter, pieces) in [
        ("||", &["|", "||", "a", "\"", "\n", "é", "\r\n", "|a"][..]),
        ("\t|\t", &["\t", "|", "\t|", "x", "\"", "|\t"]),
        ("~~|", &["~", "~~", "|", "\"", "\n"]),
        ("¦", &["é", "¦", "x", "\"", "\r"]),
        (",", &[",", " ", "x", "\"", "\n"]),
    ] {
        for round in 0..12 {
            let spaces = delimiter == "," || round % 3 == 0;
            let mut input = (0..3).map(|index| format!("c{index}")).collect::<Vec<_>>().join(delimiter) + "\n";
            let mut records = Vec::new();
            for _ in 0..random.below(12) + 1 {
                let fields: Vec<(String, Value)> = (0..3).map(|_| field(&mut random, pieces, delimiter)).collect();
                let spaced: Vec<String> = fields
                    .iter()
                    .map(|(text, _)| format!("{}{text}", " ".repeat(if spaces { random.below(3) } else { 0 })))
                    .collect();
                input += &spaced.join(delimiter);
                input += ["\n", "\r\n", "\n\n"][random.below(3)];
                records.push(fields.into_iter().map(|(_, value)| value).collect());
            }
            let mut flags = more(&[("delimiter", delimiter)]);
            if spaces {
                flags.more.push(("skip-space", String::new()));
            }
            becomes(&format!("{delimiter} {round}"), Format::Csv, input, flags, &records);
        }
    }
}

/// What is hard to write, for databases.
const HARD: &[&str] =
    &["\t", "\n", "\\", "N", "a", "\"", ",", "\r", "\0", "\u{1a}", "é", "n", "7", "\\N", "\\.", "NULL"];

/// The records of a dump, and texts for it; empty text is no null.
fn dump(random: &mut Random) -> Vec<Vec<Option<String>>> {
    let cell = |random: &mut Random| (random.below(4) > 0).then(|| random.text(HARD));
    (0..random.below(9) + 1).map(|_| (0..3).map(|_| cell(random)).collect()).collect()
}

/// What the cells are when they are read: numbers if they look so and nothing says otherwise.
fn values(dump: &[Vec<Option<String>>], quoted: bool) -> Vec<Vec<Value>> {
    let value = |cell: &Option<String>| match cell {
        None => Value::Null,
        Some(text) if !quoted && !text.is_empty() && text.bytes().all(|byte| byte == b'7') => {
            serde_json::from_str(text).unwrap()
        }
        Some(text) => json!(text),
    };
    dump.iter().map(|record| record.iter().map(value).collect()).collect()
}

fn written(dump: &[Vec<Option<String>>], delimiter: &str, cell: impl Fn(&str) -> String) -> String {
    let cell = |text: &Option<String>| text.as_ref().map_or("\\N".to_owned(), |text| cell(text));
    dump.iter().map(|record| record.iter().map(cell).collect::<Vec<_>>().join(delimiter) + "\n").collect()
}

/// `SELECT … INTO OUTFILE` puts a backslash before what has a meaning: the bytes themselves stay.
fn by_mysql(text: &str, special: &[char]) -> String {
    text.chars()
        .map(|c| match c {
            '\0' => "\\0".to_owned(),
            c if special.contains(&c) => format!("\\{c}"),
            c => c.to_string(),
        })
        .collect()
}

/// `COPY … TO` in text format.
fn by_postgres(text: &str) -> String {
    let escaped = |c: char| match c {
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

#[test]
fn dumps_of_databases() {
    let mut random = Random(2);
    for round in 0..40 {
        let dump = dump(&mut random);
        let named = |dialect: &str| Raw { names: vec!["c0,c1,c2".to_owned()], ..more(&[("dialect", dialect)]) };
        let text = written(&dump, "\t", |text| by_mysql(text, &['\\', '\t', '\n']));
        // An empty record would be an empty line, which is none.
        becomes(&format!("mysql {round}"), Format::Tsv, text, named("mysql"), &values(&dump, false));
        let text = written(&dump, ",", |text| format!("\"{}\"", by_mysql(text, &['\\', '"'])));
        becomes(&format!("mysql, quoted {round}"), Format::Csv, text, named("mysql"), &values(&dump, true));
        let without_nul: Vec<Vec<Option<String>>> =
            dump.iter().map(|r| r.iter().map(|c| c.as_ref().map(|c| c.replace('\0', ""))).collect()).collect();
        let text = written(&without_nul, "\t", by_postgres) + "\\.\n";
        becomes(&format!("postgres {round}"), Format::Tsv, text, named("postgres"), &values(&without_nul, false));
    }
}

#[test]
fn what_is_written_for_others_is_read_back() {
    let mut random = Random(3);
    type Flags = &'static [(&'static str, &'static str)];
    let ways: &[(Format, Flags, Flags)] = &[
        (Format::Csv, &[("out-dialect", "mysql")], &[("dialect", "mysql")]),
        (Format::Tsv, &[("out-dialect", "mysql")], &[("dialect", "mysql")]),
        (Format::Csv, &[("out-dialect", "postgres")], &[("dialect", "postgres")]),
        (Format::Tsv, &[("out-dialect", "postgres")], &[("dialect", "postgres")]),
        (Format::Csv, &[("out-dialect", "excel")], &[("dialect", "excel")]),
        (Format::Csv, &[("out-dialect", "unix")], &[("dialect", "unix")]),
        (Format::Csv, &[("out-delimiter", "\\x5c\\x5c")], &[("delimiter", "\\x5c\\x5c")]),
        (Format::Csv, &[("out-delimiter", "\\t|")], &[("delimiter", "\\t|")]),
        (Format::Csv, &[("out-null", "NULL")], &[("null", "NULL")]),
        (Format::Csv, &[("out-null", "a"), ("out-delimiter", "N,N")], &[("null", "x,a"), ("delimiter", "N,N")]),
    ];
    for round in 0..20 {
        // Empty text without quotes is null in some dialects, and so is a record of empty fields; here is none.
        let records: Vec<Vec<Value>> = values(&dump(&mut random), true);
        let input: String = records.iter().map(|record| line(record)).collect();
        for (format, out, back) in ways {
            let write = |flags: &[(&'static str, &str)]| more(flags);
            let out: Vec<(&'static str, &str)> = out.to_vec();
            let back: Vec<(&'static str, &str)> = back.to_vec();
            let case = Case::new("written", Format::Ndjson, *format, input.clone().into_bytes(), write(&out));
            let outcome = case.check_by(some_ways());
            let text = String::from_utf8(outcome.bytes().to_vec()).unwrap();
            let texts = |record: &Vec<Value>| {
                let value = |value: &Value| match (value, *format) {
                    // Without quotes, what looks like a number is one.
                    (Value::String(text), Format::Tsv) if !text.is_empty() && text.bytes().all(|b| b == b'7') => {
                        serde_json::from_str(text).unwrap()
                    }
                    (value, _) => value.clone(),
                };
                record.iter().map(value).collect::<Vec<_>>()
            };
            let expected: Vec<Vec<Value>> = records.iter().map(texts).collect();
            becomes(&format!("{out:?} {round}"), *format, text, more(&back), &expected);
        }
    }
}

#[test]
fn records_of_another_width() {
    let input = "c0,c1\n1,2\n3\n4,5,,\n6,7,8,\"x, y\"\n9,10,\"\"\n";
    let full = |extra: &[&str]| -> Vec<Vec<Value>> {
        let rows = [json!([1, 2]), json!([3, null]), json!([4, 5]), json!([6, 7]), json!([9, 10])];
        let mut rows: Vec<Vec<Value>> = rows.iter().map(|row| row.as_array().unwrap().clone()).collect();
        for (row, extra) in rows.iter_mut().zip(extra) {
            row.push(if extra.is_empty() { Value::Null } else { json!(extra) });
        }
        rows
    };
    let skip = |how: &str| Raw { on_error: Some("skip".to_owned()), ..more(&[("ragged", how)]) };
    let only = |numbers: &[usize]| -> Vec<Vec<Value>> { numbers.iter().map(|&row| full(&[])[row].clone()).collect() };
    let cases = [
        ("fail", only(&[0])),
        ("pad", only(&[0, 1])),
        ("trailing", only(&[0, 2])),
        ("truncate", only(&[0, 2, 3, 4])),
        ("pad,truncate", full(&[])),
        ("pad,trailing,truncate", full(&[])),
    ];
    for (how, records) in cases {
        becomes(how, Format::Csv, input.to_owned(), skip(how), &records);
    }
    for (how, extra) in
        [("pad,extra", ["", "", ",", "8,\"x, y\"", "\"\""]), ("extra,pad,trailing", ["", "", "", "8,\"x, y\"", "\"\""])]
    {
        let expected: String = full(&extra).iter().map(|record| line(record).replace("c2", "extra")).collect();
        let case = Case::new(how, Format::Csv, Format::Ndjson, input.as_bytes().to_vec(), skip(how));
        assert_eq!(String::from_utf8_lossy(case.check_by(some_ways()).bytes()), expected, "{how}");
    }
    // Many even records in a row.
    let even: String = (0..300).map(|n| format!("{n},\"x\"\"{n}\"\n")).collect();
    let expected: String = (0..300).map(|n| format!("{{\"c0\":{n},\"c1\":\"x\\\"{n}\",\"extra\":null}}\n")).collect();
    for input in [format!("c0,c1\n{even}"), format!("c0,c1\n{even}").replace('\n', "\r\n")] {
        let case = Case::new("even", Format::Csv, Format::Ndjson, input.into_bytes(), skip("extra"));
        assert_eq!(String::from_utf8_lossy(case.check_by(some_ways()).bytes()), expected);
    }
    let selected = Raw { select: vec!["extra,c1".to_owned()], ..skip("pad,extra") };
    let case = Case::new("selected", Format::Csv, Format::Csv, input.as_bytes().to_vec(), selected);
    assert_eq!(
        String::from_utf8_lossy(case.check_by(some_ways()).bytes()),
        "extra,c1\n,2\n,\n\",\",5\n\"8,\"\"x, y\"\"\",7\n\"\"\"\"\"\",10\n"
    );
}

#[test]
fn nulls_and_a_delimiter_that_is_found() {
    let input = "c0;c1;c2\nNA;\"NA\";-\n;\"\";7\n\\N;x;\"\\N\"\n";
    let flags = more(&[("delimiter", "auto"), ("null", "NA,\\N,-")]);
    let records = [json!([null, "NA", null]), json!([null, "", 7]), json!([null, "x", "\\N"])];
    let records: Vec<Vec<Value>> = records.iter().map(|row| row.as_array().unwrap().clone()).collect();
    becomes("nulls", Format::Csv, input.to_owned(), flags.clone(), &records);
    // As text everything is one, apart from what means null.
    let text = Raw { types: Some("text".to_owned()), ..flags.clone() };
    let records = [json!([null, "NA", null]), json!(["", "", "7"]), json!([null, "x", "\\N"])];
    let records: Vec<Vec<Value>> = records.iter().map(|row| row.as_array().unwrap().clone()).collect();
    becomes("nulls, text", Format::Csv, input.to_owned(), text, &records);
    let case = Case::new("nulls to CSV", Format::Csv, Format::Csv, input.as_bytes().to_vec(), flags);
    assert_eq!(
        String::from_utf8_lossy(case.check_by(some_ways()).bytes()),
        "c0,c1,c2\n,\"NA\",\n,\"\",7\n,x,\"\\N\"\n".replace("\"NA\"", "NA").replace("\"\\N\"", "\\N")
    );
}

#[test]
fn text_of_fixed_widths_there_and_back() {
    let mut random = Random(4);
    let pieces = ["a", "é", "\"", ",", "7", "x y", "€", "\t"];
    for round in 0..12 {
        let records: Vec<Vec<Value>> = (0..random.below(9) + 1)
            .map(|_| {
                let value = |random: &mut Random| match random.text(&pieces) {
                    text if text.trim_matches(' ').is_empty() => Value::Null,
                    text if text.bytes().all(|byte| byte == b'7') => serde_json::from_str(&text).unwrap(),
                    text => json!(text),
                };
                (0..3).map(|_| value(&mut random)).collect()
            })
            .collect();
        let input: String = records.iter().map(|record| line(record)).collect();
        let flags = Raw { layout: Some("c0:9,c1:18b,c2:12".to_owned()), ..Raw::default() };
        let case = Case::new("fwf", Format::Ndjson, Format::Fwf, input.into_bytes(), flags.clone());
        let outcome = case.check_by(some_ways());
        let text = String::from_utf8(outcome.bytes().to_vec()).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 39 && line.chars().count() >= 21), "{text}");
        becomes(&format!("fwf {round}"), Format::Fwf, text.clone(), flags.clone(), &records);
        // Editors cut spaces at the ends of lines, and put line breaks of their own.
        let cut: String = text.lines().map(|line| line.trim_end_matches(' ').to_owned() + "\r\n").collect();
        let kept = records.iter().filter(|record| record.iter().any(|value| !value.is_null())).cloned();
        becomes(&format!("fwf, cut {round}"), Format::Fwf, cut, flags, &kept.collect::<Vec<_>>());
    }
}
