//! The columns of JSON and NDJSON that become CSV: those of every good record, however little of it is looked at.

use std::fmt;

use crate::json::generate::{Random, mutate};
use crate::support::drive::{self, Arrival, Event, How, want};
use crate::support::paths::{Case, Input, Kind, Outcome, Way};
use crate::support::raw::Raw;
use crate::support::{folder, run};
use pagemill::format::{Cut, Decode, Detail, Format, Options, ReadFormat, Want};
use pagemill::record::{Schema, Tree, Value};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Keys that are easily taken for each other.
const KEYS: [&str; 20] = [
    "a",
    "b",
    "a.b",
    "",
    "id",
    "\\u0061",
    "\\\"a",
    "x\\\"a",
    "a\\\\",
    "\\\\",
    "{",
    "}",
    ":",
    "\\\":",
    "é",
    "value",
    "thirteen byte",
    "fourteen bytes",
    "some key of more than sixteen bytes",
    "that key of more than sixteen bytes",
];
const WHITE: [&str; 8] = ["", "", "", "", "", " ", "\t", "  "];
const VALUES: [&str; 10] =
    ["0", "-1.50", "true", "null", "\"\"", "\"x\"", "\"{\\\"a\\\":1}\"", "\"\\\\\"", "[]", "1e3"];

/// What records are made of.
struct Maker {
    random: Random,
    keys: usize,
    white: bool,
    /// One in this many records or maps is another than those before.
    odd: usize,
}

impl Maker {
    fn new(seed: u64) -> Maker {
        let mut random = Random::new(seed);
        let (keys, white, odd) = (2 + random.below(KEYS.len() - 1), random.below(3) == 0, 2 + random.below(40));
        Maker { random, keys, white, odd }
    }

    fn white(&mut self, out: &mut String) {
        if self.white {
            out.push_str(self.random.pick(&WHITE));
        }
    }

    fn value(&mut self, depth: usize, out: &mut String) {
        match self.random.below(12) {
            0 | 1 if depth > 0 => self.map(depth - 1, out),
            2 if depth > 0 => {
                out.push('[');
                for item in 0..self.random.below(3) {
                    out.push_str(if item > 0 { "," } else { "" });
                    self.value(depth - 1, out);
                }
                out.push(']');
            }
            3 => out.push_str("{}"),
            _ => out.push_str(self.random.pick(&VALUES)),
        }
    }

    fn map(&mut self, depth: usize, out: &mut String) {
        out.push('{');
        let fields = self.random.below(6);
        for field in 0..fields {
            out.push_str(if field > 0 { "," } else { "" });
            self.white(out);
            out.push('"');
            let key = self.random.below(self.keys);
            out.push_str(KEYS[key]);
            out.push('"');
            self.white(out);
            out.push(':');
            self.white(out);
            self.value(depth, out);
            self.white(out);
        }
        out.push('}');
    }

    /// Records, most of which are like others.
    fn records(&mut self) -> Vec<String> {
        let mut kinds: Vec<String> = Vec::new();
        let count = 1 + self.random.below(60);
        (0..count)
            .map(|_| {
                if kinds.is_empty() || self.random.below(self.odd) == 0 {
                    let mut record = String::new();
                    match self.random.below(12) {
                        0 => self.value(2, &mut record),
                        _ => self.map(3, &mut record),
                    }
                    kinds.push(record);
                }
                kinds[self.random.below(kinds.len())].clone()
            })
            .collect()
    }

    /// Records as a text.
    fn text(&mut self, among: Among) -> Vec<u8> {
        let mut records = self.records();
        if among == Among::Maps {
            records.retain(|record| record.starts_with('{'));
        }
        let between: &[&str] = match among {
            Among::Lines => &["\n", "\n", "\n", "\r\n", " \n", "\n\n", "\n \n"],
            Among::Items => &[",", ",\n", " , ", "\n,"],
            Among::Maps => &["", "\n", " "],
        };
        let mut text = String::new();
        for (index, record) in records.iter().enumerate() {
            text += if index > 0 { self.random.pick(between) } else { "" };
            text += record;
        }
        match among {
            Among::Lines if self.random.below(2) == 0 => text += "\n",
            Among::Items => text = format!("[{text}]"),
            _ => {}
        }
        text.into_bytes()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Among {
    Lines,
    Items,
    Maps,
}

impl Among {
    fn format(self) -> Format {
        if self == Among::Lines { Format::Ndjson } else { Format::Json }
    }
}

/// A source whose decoder is that of a pass for keys.
struct OnlyKeys(Box<dyn ReadFormat>);

impl ReadFormat for OnlyKeys {
    fn start(&self) -> usize {
        self.0.start()
    }
    fn schema(&self) -> Option<&Schema> {
        self.0.schema()
    }
    fn cutter(&self) -> Box<dyn Cut> {
        self.0.cutter()
    }
    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        self.0.key_decoder(want)
    }
}

/// The leaves of a record in their order.
fn leaves(tree: Tree<'_, '_>, path: &str, apart: bool, found: &mut Vec<String>) {
    for child in tree.children() {
        let path = format!("{path}{}", String::from_utf8_lossy(child.key()));
        match child.value() {
            Value::Map(inside) if apart && inside > 0 => leaves(child, &format!("{path}."), apart, found),
            _ => found.push(path),
        }
    }
}

/// Each column once, in the order of first appearance, and how many records told of them.
/// The columns, how many records were decoded, and whether any was bad.
fn columns(source: &dyn ReadFormat, input: &[u8], target: usize, detail: Detail) -> (Vec<String>, usize, bool) {
    let (mut found, mut records, mut bad, want) = (Vec::new(), 0, false, want(detail));
    let how = How { target, arrival: Arrival::Whole, want: &want, max_record: 1 << 20 };
    drive::drive(source, input, how, &mut |event| {
        if let Event::Record(batch, record) = event {
            records += 1;
            let tree = batch.tree(record);
            match tree.value() {
                Value::Map(_) => leaves(tree, "", detail == Detail::Maps, &mut found),
                _ => found.push("value".into()),
            }
        } else {
            bad = true;
        }
    });
    (each_once(found), records, bad)
}

fn each_once(mut found: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}

#[test]
fn a_light_look_finds_the_columns_that_decoding_finds() {
    let (mut all, mut few) = (0, 0);
    for seed in 0..6000 {
        let among = [Among::Lines, Among::Items, Among::Maps][seed as usize % 3];
        let mut maker = Maker::new(seed);
        let mut input = maker.text(among);
        for _ in 0..seed / 3 % 4 {
            mutate(&mut maker.random, &mut input);
        }
        for detail in [Detail::Maps, Detail::Fields] {
            for target in [1, 30, 300, 1 << 19] {
                let open = || drive::open(among.format(), &Options::default(), &input, Arrival::Whole);
                let Ok(source) = open() else { continue };
                let (expected, records, bad) = columns(&*source, &input, target, detail);
                let (found, told, _) = columns(&OnlyKeys(source), &input, target, detail);
                (all, few) = (all + records, few + told);
                // A run ends where nothing tells where the next record begins, so what is found after it does not matter.
                if bad && found.starts_with(&expected) {
                    continue;
                }
                assert_eq!(found, expected, "{seed} {detail:?} {target} {}", String::from_utf8_lossy(&input));
            }
        }
    }
    assert!(few < all * 2 / 3, "{few} of {all} records were decoded");
}

/// The leaves of a JSON text as serde_json sees them; none if it refuses it.
fn oracle(text: &str, path: &str, found: &mut Vec<String>) -> Option<()> {
    struct Fields;
    impl<'d> Visitor<'d> for Fields {
        type Value = Vec<(String, &'d RawValue)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }
        fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some(field) = map.next_entry()? {
                fields.push(field);
            }
            Ok(fields)
        }
    }
    let value: &RawValue = serde_json::from_str(text).ok()?;
    if !value.get().starts_with('{') {
        found.push(if path.is_empty() { "value".into() } else { path.trim_end_matches('\0').into() });
        return Some(());
    }
    let fields = serde_json::Deserializer::from_str(value.get()).deserialize_map(Fields).ok()?;
    // A path ends in a mark where it could be that of a record.
    if fields.is_empty() && !path.is_empty() {
        found.push(path.trim_end_matches('\0').into());
    }
    for (key, value) in fields {
        let path = if path.is_empty() { key } else { format!("{}.{key}", path.trim_end_matches('\0')) };
        oracle(value.get(), &format!("{path}\0"), found)?;
    }
    Some(())
}

/// The header that a pipe gets, as names.
fn header(bytes: &[u8]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let first = reader.records().next();
    first.map_or(Vec::new(), |record| record.unwrap().iter().map(String::from).collect())
}

#[test]
fn the_header_in_a_pipe_has_the_columns_of_all_good_records() {
    for seed in 0..300 {
        let mut maker = Maker::new(seed);
        let mut input = maker.text(Among::Lines);
        for _ in 0..seed % 4 {
            mutate(&mut maker.random, &mut input);
        }
        let mut expected = Vec::new();
        for line in input.split(|byte| *byte == b'\n') {
            let mut found = Vec::new();
            if std::str::from_utf8(line).ok().and_then(|line| oracle(line, "", &mut found)).is_some() {
                expected.extend(found);
            }
        }
        let flags = Raw { on_error: Some("skip".into()), ..Raw::default() };
        let case = Case::new(&format!("{seed}"), Format::Ndjson, Format::Csv, input, flags);
        let ways = [(1, 1), (2, 40), (3, 200), (1, 0)].map(|(workers, slice)| Way {
            input: Input::Mapped,
            workers,
            slice,
            small: false,
            target: Kind::Pipe,
        });
        let outcome = case.check_by(ways);
        if let Outcome::Failed { message, .. } = &outcome {
            // Nothing in it is good.
            assert!(expected.is_empty() && message.contains("bad"), "{seed} {outcome:?}");
            continue;
        }
        assert_eq!(header(outcome.bytes()), each_once(expected), "{seed} {outcome:?}");
    }
}

/// Many records of two kinds of keys, and one that is not like them.
fn with_one(odd: &str) -> String {
    let lines = |from: usize| (from..from + 400).map(|id| format!("{{\"id\":{id},\"name\":\"n{id}\"}}\n"));
    let mut text: String = lines(0).collect();
    text += odd;
    text.extend(lines(400));
    text
}

#[test]
fn a_bad_record_ends_a_pipe_where_it_stands() {
    let here = folder();
    let bad = "{\"id\":1,\"name\":\"\\q\"}\n";
    std::fs::write(here.path().join("a.ndjson"), with_one(bad) + "{\"late\":1}\n").unwrap();
    let rows: String = (0..400).map(|id| format!("{id},n{id},\n")).collect();
    for (workers, slice) in [("1", "4MB"), ("1", "100"), ("2", "1"), ("3", "1000")] {
        let flags = ["convert", "a.ndjson", "-t", "csv", "-j", workers, "--slice-size", slice];
        let ran = run(here.path(), flags).ends(1).says(&["record 401", "an escape"]);
        assert_eq!(ran.stdout, format!("id,name,late\n{rows}"), "{workers} {slice}");
    }
}

#[test]
fn what_leaves_no_header_is_told_before_anything_is_written() {
    let here = folder();
    let long = format!("{{\"{}\":1}}\n", "k".repeat(70));
    let deep = "{\"id\":{\"id\":{\"id\":{\"id\":{\"id\":1}}}}}\n".to_string();
    let large = format!("{{\"id\":\"{}\"}}\n", "x".repeat(300));
    let at: usize = with_one("").lines().take(400).map(|line| line.len() + 1).sum();
    let place = |says| format!("record 401, line 401, byte {at}: {says}");
    for (odd, flag, limit, says) in [
        (long, "--max-key-length", "64", place("a key of 70 bytes")),
        (deep, "--max-key-length", "13", place("a key of 14 bytes")),
        ("{\"a\":1}\n{\"b\":1}\n".into(), "--max-keys", "3", "more than 3 different keys".into()),
        (large, "--max-record-size", "256", place("the record is larger than 256 bytes")),
    ] {
        std::fs::write(here.path().join("a.ndjson"), with_one(&odd)).unwrap();
        for (workers, slice) in [("1", "4MB"), ("1", "100"), ("2", "1"), ("3", "1000")] {
            for policy in ["fail", "skip"] {
                let flags = ["convert", "a.ndjson", "-t", "csv", "-j", workers, "--slice-size", slice, flag, limit];
                let ran = run(here.path(), flags.into_iter().chain(["--on-error", policy]));
                if flag == "--max-record-size" {
                    // That is a bad record like others.
                    let (code, says) = if policy == "skip" { (0, "1 bad record") } else { (1, &*says) };
                    assert!(ran.ends(code).says(&[says]).stdout.starts_with("id,name\n0,n0\n"));
                    continue;
                }
                assert_eq!(ran.ends(1).says(&[&says, flag]).stdout, "", "{flag} {workers} {slice}");
            }
        }
    }
}

#[test]
fn a_source_that_is_left_out_has_no_columns() {
    let here = folder();
    for (name, text) in [
        ("a.ndjson", "{\"id\":1}\n"),
        ("b.ndjson", "{\"id\":2,\"extra\":1}\n{\"id\"\n{\"id\":3,\"late\":1}\n"),
        ("c.ndjson", "{\"id\":4,\"more\":1}\n"),
    ] {
        std::fs::write(here.path().join(name), text).unwrap();
    }
    let flags = ["convert", "a.ndjson", "b.ndjson", "c.ndjson", "-t", "csv"];
    let ran = run(here.path(), flags).ends(1).says(&["b.ndjson: record 2"]);
    assert_eq!(ran.stdout, "id,extra,late,more\n1,,,\n2,1,,\n");
    let ran = run(here.path(), flags.into_iter().chain(["--keep-going", "-o", "all.csv"]));
    ran.ends(1).says(&["b.ndjson: record 2"]);
    assert_eq!(std::fs::read_to_string(here.path().join("all.csv")).unwrap(), "id,more\n1,\n4,1\n");
}
