//! Conversions against readers nobody here wrote (the csv crate, serde_json), and there and back again.

use crate::support;
use crate::support::inputs::{flags_for, sample};
use crate::support::paths::Case;
use crate::support::raw::Raw;
use crate::support::values::{Json, items, lines, may_be, rows};
use pagemill::format::Format;

/// Converts by the reference path.
#[track_caller]
fn convert(from: Format, to: Format, input: &[u8], flags: &Raw) -> Vec<u8> {
    Case::new("oracle", from, to, input, flags.clone()).reference().bytes().to_vec()
}

#[track_caller]
fn plain(from: Format, to: Format, input: &[u8]) -> Vec<u8> {
    convert(from, to, input, &Raw::default())
}

/// Records of JSON against the rows of CSV that they were made from.
#[track_caller]
fn agree(rows: &[Vec<String>], records: &[Json]) {
    let header = &rows[0];
    assert_eq!(rows.len() - 1, records.len());
    for (row, record) in rows[1..].iter().zip(records) {
        let Json::Map(members) = record else { panic!("{record:?}") };
        let keys: Vec<&String> = members.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, header.iter().collect::<Vec<_>>());
        for (field, (key, value)) in row.iter().zip(members) {
            assert!(may_be(field, value), "{key}: {field:?} became {value:?}");
        }
    }
}

fn tables() -> Vec<Vec<u8>> {
    let fixture = |name| std::fs::read(support::fixture(name)).expect("a fixture");
    vec![fixture("trips.csv"), fixture("values.csv"), sample(Format::Csv, &Raw::default(), 1000)]
}

#[test]
fn csv_to_json() {
    for table in tables() {
        let rows = rows(&table, b',');
        agree(&rows, &lines(&plain(Format::Csv, Format::Ndjson, &table)));
        agree(&rows, &items(&plain(Format::Csv, Format::Json, &table)));
        let pretty = Raw { pretty: true, ..Raw::default() };
        agree(&rows, &items(&convert(Format::Csv, Format::Json, &table, &pretty)));
        let text = Raw { types: Some("text".into()), ..Raw::default() };
        for record in lines(&convert(Format::Csv, Format::Ndjson, &table, &text)) {
            let Json::Map(members) = record else { panic!("{record:?}") };
            assert!(members.iter().all(|(_, value)| matches!(value, Json::Text(_))), "{members:?}");
        }
    }
}

#[test]
fn csv_to_tsv_keeps_every_field() {
    for table in tables() {
        let tsv = plain(Format::Csv, Format::Tsv, &table);
        assert_eq!(rows(&table, b','), rows(&tsv, b'\t'));
    }
}

#[test]
fn json_to_json() {
    let ndjson = sample(Format::Ndjson, &Raw::default(), 1000);
    let array = sample(Format::Json, &Raw::default(), 1000);
    assert_eq!(lines(&ndjson), items(&plain(Format::Ndjson, Format::Json, &ndjson)));
    assert_eq!(items(&array), lines(&plain(Format::Json, Format::Ndjson, &array)));
    let pretty = Raw { pretty: true, ..Raw::default() };
    let shown = convert(Format::Json, Format::Json, &array, &pretty);
    assert!(shown.len() > array.len() && items(&shown) == items(&array));
    assert_eq!(items(&plain(Format::Json, Format::Json, &shown)), items(&array));
}

#[test]
fn csv_there_and_back() {
    let payload = |frame: &str| Raw { payload: Some("json".into()), frame: Some(frame.into()), ..Raw::default() };
    let pretty = Raw { pretty: true, ..Raw::default() };
    let none = Raw::default();
    let ways: [(Format, &Raw); 8] = [
        (Format::Csv, &Raw { quote_all: false, crlf: true, ..Raw::default() }),
        (Format::Tsv, &none),
        (Format::Ndjson, &none),
        (Format::Json, &none),
        (Format::Json, &pretty),
        (Format::Frames, &payload("u32le")),
        (Format::Frames, &payload("varint")),
        (Format::Frames, &payload("u64le")),
    ];
    for table in tables() {
        let typed = lines(&plain(Format::Csv, Format::Ndjson, &table));
        for (to, flags) in ways {
            let there = convert(Format::Csv, to, &table, flags);
            let back = convert(to, Format::Csv, &there, flags);
            assert_eq!(rows(&back, b','), rows(&table, b','), "{to}");
            // The csv crate does not tell null from empty text, nor a number from text.
            assert_eq!(lines(&plain(Format::Csv, Format::Ndjson, &back)), typed, "{to}");
        }
        // Lines of text hold each record as JSON.
        let text = plain(Format::Csv, Format::Text, &table);
        assert_eq!(lines(&text), typed);
        // ... which may itself be a value.
        let wrapped = plain(Format::Text, Format::Ndjson, &text);
        assert_eq!(plain(Format::Ndjson, Format::Text, &wrapped), text);
    }
}

#[test]
fn ndjson_there_and_back() {
    let ndjson = sample(Format::Ndjson, &Raw::default(), 500);
    let payload = Raw { payload: Some("json".into()), ..Raw::default() };
    for (to, flags) in [(Format::Json, &Raw::default()), (Format::Frames, &payload)] {
        let there = convert(Format::Ndjson, to, &ndjson, flags);
        assert_eq!(convert(to, Format::Ndjson, &there, flags), ndjson, "{to}");
    }
    // Text holds the same lines.
    assert_eq!(plain(Format::Ndjson, Format::Text, &ndjson), ndjson);
}

#[test]
fn binary_and_text_there_and_back() {
    let text = b"one\n\n  two\t\"quoted\", and more\n{\"a\":1}\n007\n\xe2\x82\xac\nnull\n[\n".to_vec();
    let kept = [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json];
    for to in kept {
        assert_eq!(plain(to, Format::Text, &plain(Format::Text, to, &text)), text, "{to}");
        let frames = sample(Format::Frames, &Raw::default(), 300);
        assert_eq!(plain(to, Format::Frames, &plain(Format::Frames, to, &frames)), frames, "{to}");
        let flags = flags_for(Format::Fixed, to);
        let fixed = sample(Format::Fixed, &flags, 300);
        assert_eq!(convert(to, Format::Fixed, &convert(Format::Fixed, to, &fixed, &flags), &flags), fixed, "{to}");
    }
    for to in [Format::Csv, Format::Tsv] {
        // Any bytes, also where they begin as UTF-16 would.
        let raw = b"\xff\xfe\nal\xc3so\n\0\n".to_vec();
        assert_eq!(plain(to, Format::Text, &plain(Format::Text, to, &raw)), raw, "{to}");
    }
    let frames = Raw { payload: Some("text".into()), ..Raw::default() };
    let there = convert(Format::Text, Format::Frames, &text, &frames);
    assert_eq!(convert(Format::Frames, Format::Text, &there, &frames), text);
}

/// A small generator, so that a failure can be had again by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % bound as u64) as usize
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 26] = [
            "",
            "a",
            "\"",
            "\"\"",
            ",",
            "\n",
            "\r",
            "\r\n",
            "\t",
            "\\",
            "'",
            ";",
            " ",
            "é",
            "🚲",
            "\u{feff}",
            "0",
            "1.10",
            "-",
            "e5",
            "null",
            "true",
            "#",
            "\u{0}",
            "\u{2028}",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ];
        (0..self.below(5)).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }

    fn number(&mut self) -> &'static str {
        ["0", "-0", "1.10", "1e400", "-1E-5", "123456789012345678901234567890", "0.000", "7"][self.below(8)]
    }
}

#[test]
fn any_table_of_the_csv_crate() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let delimiter = [b',', b';', b'\t', b'|'][random.below(4)];
        let style = [csv::QuoteStyle::Necessary, csv::QuoteStyle::Always, csv::QuoteStyle::NonNumeric][random.below(3)];
        let end = [csv::Terminator::Any(b'\n'), csv::Terminator::CRLF][random.below(2)];
        let mut writer =
            csv::WriterBuilder::new().delimiter(delimiter).quote_style(style).terminator(end).from_writer(Vec::new());
        let width = 1 + random.below(5);
        let header: Vec<String> = (0..width).map(|column| format!("c{column}{}", random.text())).collect();
        writer.write_record(&header).unwrap();
        let mut table = vec![header];
        for _ in 0..random.below(30) {
            let row: Vec<String> = (0..width).map(|_| random.text()).collect();
            writer.write_record(&row).unwrap();
            table.push(row);
        }
        let bytes = writer.into_inner().unwrap();
        assert_eq!(rows(&bytes, delimiter), table, "seed {seed}: the oracle itself");
        let flags = Raw { delimiter: Some(char::from(delimiter).to_string()), ..Raw::default() };
        agree(&table, &lines(&convert(Format::Csv, Format::Ndjson, &bytes, &flags)));
        let mut written = convert(Format::Csv, Format::Tsv, &bytes, &flags);
        assert_eq!(rows(&written, b'\t'), table, "seed {seed}");
        written = convert(Format::Csv, Format::Csv, &bytes, &Raw { out_delimiter: Some("|".into()), ..flags });
        assert_eq!(rows(&written, b'|'), table, "seed {seed}");
    }
}

#[test]
fn any_flat_records_of_serde_json() {
    for seed in 0..300 {
        let mut random = Random(seed);
        // A column of its own can't hold null, which is counted: an empty line is no record.
        let width = 2 + random.below(5);
        let header: Vec<String> = (0..width).map(|column| format!("{column}{}", random.text())).collect();
        let (mut ndjson, mut table) = (String::new(), vec![header.clone()]);
        for _ in 0..1 + random.below(30) {
            let (mut members, mut row) = (Vec::new(), Vec::new());
            for key in &header {
                let (field, value) = match random.below(4) {
                    0 => (String::new(), "null".to_string()),
                    1 => (random.number().to_string(), String::new()),
                    _ => {
                        let text = random.text();
                        (text.clone(), serde_json::to_string(&text).unwrap())
                    }
                };
                let value = if value.is_empty() { field.clone() } else { value };
                members.push(format!("{}: {value}", serde_json::to_string(key).unwrap()));
                row.push(field);
            }
            ndjson += &format!("{{{}}}\n", members.join(" , "));
            table.push(row);
        }
        let csv = plain(Format::Ndjson, Format::Csv, ndjson.as_bytes());
        assert_eq!(rows(&csv, b','), table, "seed {seed}");
        // And back: the same values, null and empty text, numbers and text told apart.
        let back = plain(Format::Csv, Format::Ndjson, &csv);
        assert_eq!(lines(&back), lines(ndjson.as_bytes()), "seed {seed}");
        let escapes = Raw { tsv_escapes: true, ..Raw::default() };
        let tsv = convert(Format::Ndjson, Format::Tsv, ndjson.as_bytes(), &escapes);
        let read = lines(&convert(Format::Tsv, Format::Ndjson, &tsv, &escapes));
        agree(&table, &read);
    }
}
