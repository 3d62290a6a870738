use super::*;
use crate::format::{self, Format, harness};
use crate::memory::Arena;
use crate::record::{Batch, BytesAs, Drain, EncodeError, LossyKind, Output, Schema, Value};

struct Kept(Vec<u8>);
impl Drain for Kept {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

struct Written {
    text: String,
    lossy: crate::record::Lossy,
    outcome: Result<(), EncodeError>,
}

/// Rows written the way the engine does: with the frame, and no separator before the first record.
fn write(format: Format, options: &Options, names: &[&str], rows: &[Vec<Value<'static>>], capacity: usize) -> Written {
    let schema = Schema::new(names.iter().map(|name| name.as_bytes()));
    let shape = Shape::Columns(schema.clone());
    let target = format::create(format, options, Given::new(&shape, format.gives(options))).unwrap();
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, b"0123456789", Some(&schema), 1 << 20);
    for row in rows {
        batch.reserve(names.len(), 0).unwrap();
        row.iter().for_each(|value| batch.push(*value));
        batch.end_record(0, 1).unwrap();
    }
    let (mut buffer, mut kept) = (vec![0; capacity], Kept(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut kept, options.strict);
    let outcome = target.encoder().encode(&batch, 0..rows.len(), &mut output);
    if outcome.is_ok() {
        assert_eq!(output.records, rows.len() as u64);
    }
    let (len, lossy) = (output.len(), output.lossy);
    kept.0.extend_from_slice(&buffer[..len]);
    let frame = target.frame();
    let records = &kept.0[frame.first_skips.min(kept.0.len())..];
    let end = if rows.is_empty() && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
    let text = String::from_utf8([&frame.prefix, records, end].concat()).unwrap();
    Written { text, lossy, outcome }
}

fn everywhere(format: Format, options: &Options, names: &[&str], rows: &[Vec<Value<'static>>]) -> String {
    let mut texts: Vec<String> =
        [1, 30, 100, 200, 300, 1000, 100_000].map(|size| write(format, options, names, rows, size).text).into();
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    texts.remove(0)
}

fn rows() -> Vec<Vec<Value<'static>>> {
    vec![
        vec![Value::Untyped(b"1.10"), Value::Untyped(b"007"), Value::Text(b"say \"hi\"\n")],
        vec![Value::Absent, Value::Null, Value::Bool(true)],
        vec![Value::Absent, Value::Absent, Value::Absent],
        vec![Value::Int(-7), Value::Float(0.5), Value::UInt(7)],
        vec![Value::Number(b"1e400"), Value::Bool(false), Value::Raw(b"[1, {\"x y\" : 2}]")],
        vec![
            Value::Text(b"a text that is a good deal longer than thirty-two bytes, so it takes more than one step");
            3
        ],
    ]
}

const LINES: &str = r#"{"a":1.10,"b\"c":"007","name":"say \"hi\"\n"}
{"b\"c":null,"name":true}
{}
{"a":-7,"b\"c":0.5,"name":7}
{"a":1e400,"b\"c":false,"name":[1,{"x y":2}]}
{"a":"a text that is a good deal longer than thirty-two bytes, so it takes more than one step","b\"c":"a text that is a good deal longer than thirty-two bytes, so it takes more than one step","name":"a text that is a good deal longer than thirty-two bytes, so it takes more than one step"}
"#;
const NAMES: [&str; 3] = ["a", "b\"c", "name"];

#[test]
fn columns_become_lines() {
    assert_eq!(everywhere(Format::Ndjson, &Options::default(), &NAMES, &rows()), LINES);
    assert_eq!(everywhere(Format::Ndjson, &Options::default(), &NAMES, &[]), "");
    let long = "x".repeat(100);
    let row = vec![Value::Untyped(b"1")];
    let expected = format!("{{\"{long}\":1}}\n").repeat(3);
    assert_eq!(everywhere(Format::Ndjson, &Options::default(), &[&long], &[row.clone(), row.clone(), row]), expected);
}

#[test]
fn columns_become_an_array() {
    let array = format!("[\n{}\n]\n", LINES.trim_end().replace('\n', ",\n"));
    assert_eq!(everywhere(Format::Json, &Options::default(), &NAMES, &rows()), array);
    assert_eq!(everywhere(Format::Json, &Options::default(), &NAMES, &[]), "[]\n");
    let pretty = Options { pretty: true, ..Options::default() };
    let text = everywhere(Format::Json, &pretty, &NAMES, &rows()[..5]);
    let expected = r#"[
  {
    "a": 1.10,
    "b\"c": "007",
    "name": "say \"hi\"\n"
  },
  {
    "b\"c": null,
    "name": true
  },
  {},
  {
    "a": -7,
    "b\"c": 0.5,
    "name": 7
  },
  {
    "a": 1e400,
    "b\"c": false,
    "name": [
      1,
      {
        "x y": 2
      }
    ]
  }
]
"#;
    assert_eq!(text, expected);
}

#[test]
fn what_json_can_not_hold_is_counted_or_refused() {
    let row = vec![vec![Value::Text(b"a")], vec![Value::Float(f64::NAN)], vec![Value::Bytes(b"\xff")]];
    let written = write(Format::Ndjson, &Options::default(), &["x"], &row, 1000);
    assert_eq!(written.text, "{\"x\":\"a\"}\n{\"x\":null}\n{\"x\":\"/w==\"}\n");
    assert_eq!((written.lossy.of(LossyKind::NotFiniteAsNull), written.lossy.of(LossyKind::BytesAsText)), (1, 1));
    let strict = Options { strict: true, ..Options::default() };
    let written = write(Format::Ndjson, &strict, &["x"], &row, 1000);
    assert!(matches!(written.outcome, Err(EncodeError::Record { index: 1, .. })));
    assert_eq!((written.text.as_str(), written.lossy.total()), ("{\"x\":\"a\"}\n", 0));
    let text = Options { bytes_as: crate::record::BytesAs::Text, ..Options::default() };
    let written = write(Format::Ndjson, &text, &["x"], &row, 1000);
    assert!(matches!(written.outcome, Err(EncodeError::Record { index: 2, .. })));
    assert_eq!(written.text, "{\"x\":\"a\"}\n{\"x\":null}\n");
}

#[test]
fn dotted_names_become_maps() {
    let options = Options { unflatten: true, ..Options::default() };
    let names = ["id", "a.b", "x", "a.c.d", "a.c.e", "y.z"];
    let text = |bytes| Value::Text(bytes);
    let rows = [
        vec![Value::Untyped(b"1"), text(b"[1, 2]"), text(b"{\"k\":[]}"), text(b"[1"), Value::Null, Value::Absent],
        vec![Value::Absent, Value::Absent, text(b" []"), Value::Absent, text(b"{}"), Value::Bool(true)],
        vec![Value::Absent; 6],
    ];
    let expected = r#"{"id":1,"a":{"b":[1,2],"c":{"d":"[1","e":null}},"x":{"k":[]}}
{"a":{"c":{"e":{}}},"x":" []","y":{"z":true}}
{}
"#;
    assert_eq!(everywhere(Format::Ndjson, &options, &names, &rows), expected);
}

/// A column `a` next to columns `a.…`: the map if it has any content, else the value of the column itself. (Worked out
/// by hand.)
#[test]
fn a_field_may_be_a_value_or_a_map() {
    let options = Options { unflatten: true, ..Options::default() };
    let names = ["r.x", "id", "r", "r.y.z", "r.y"];
    let [one, two, null, absent] = [Value::Untyped(b"1"), Value::Text(b"2"), Value::Null, Value::Absent];
    let rows = [
        vec![null, one, null, null, null],
        vec![one, one, null, null, null],
        vec![null, one, two, null, null],
        vec![null, one, null, two, null],
        vec![null, one, null, null, two],
        vec![absent, one, null, absent, absent],
        vec![null, one, absent, absent, null],
        vec![absent, one, absent, absent, absent],
        vec![Value::Text(b""), one, null, null, null],
    ];
    let expected = r#"{"r":null,"id":1}
{"r":{"x":1,"y":null},"id":1}
{"r":"2","id":1}
{"r":{"x":null,"y":{"z":"2"}},"id":1}
{"r":{"x":null,"y":"2"},"id":1}
{"r":null,"id":1}
{"r":{"x":null,"y":null},"id":1}
{"id":1}
{"r":{"x":"","y":null},"id":1}
"#;
    assert_eq!(everywhere(Format::Ndjson, &options, &names, &rows), expected);
    // A record with both can't be written as either.
    let both = [vec![null, one, two, one, null], vec![null, one, null, one, two]];
    for (record, key) in both.iter().zip(["\"r\"", "\"y\""]) {
        let written = write(Format::Ndjson, &options, &names, std::slice::from_ref(record), 1000);
        let Err(EncodeError::Record { index: 0, error }) = written.outcome else { panic!("{key}") };
        assert!(error.reason.contains(&format!("{key} has both a value")), "{}", error.reason);
    }
}

/// A resumed run begins where a slice does, with a cutter that knows nothing of what came before. It has to cut the
/// same slices, whatever is between two arrays.
#[test]
fn another_run_can_go_on_at_every_slice() {
    let many: String = (0..20).map(|n| format!("{{\"a\":[{n},{{\"b\":\"]\"}}]}},\n")).collect();
    let inner = format!("{{\"n\":[9],\"d\":[{many}7],\"m\":[[5]]}}\n");
    for (text, records_at) in [
        ("[1,2]\n[3]".to_owned(), None),
        ("[1,2][]\n[\n[3], [4,5]] [6]\n".to_owned(), None),
        ("[1,2],\n[3]]\n[4]\n".to_owned(), None),
        (format!("[{many}1]\n[{many}2,[3]]\n").repeat(2), None),
        (inner.repeat(3), Some("/d")),
        (inner.repeat(3) + "{\"d\":[]}{\"d\":[[1],2]}", Some("/d")),
    ] {
        let options = Options { records_at: records_at.map(str::to_owned), ..Options::default() };
        let source = harness::ready(open(&options, text.as_bytes(), true));
        let cut = |from: usize, target: usize, window: usize| {
            let (slices, stop) = harness::cut_all(&mut *source.cutter(), &text.as_bytes()[from..], target, window);
            (slices.iter().map(|slice| from + slice.start..from + slice.end).collect::<Vec<_>>(), stop.is_some())
        };
        for target in [1, 7, 60, 300, 100_000] {
            for window in [1, 50, 100_000] {
                let (slices, stopped) = cut(source.start(), target, window);
                assert!(!stopped && slices.len() > 1, "{text:?}");
                for (index, slice) in slices.iter().enumerate() {
                    assert_eq!(
                        cut(slice.start, target, window),
                        (slices[index..].to_vec(), false),
                        "{text:?} {slice:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn pointers_are_those_of_rfc_6901() {
    let parts = |pointer| check::parse_pointer(pointer);
    assert_eq!(parts(""), Some(vec![]));
    assert_eq!(parts("/"), Some(vec![String::new()]));
    assert_eq!(parts("/a~1b/~01/0"), Some(vec!["a/b".into(), "~1".into(), "0".into()]));
    for bad in ["a", "a/b", "/~", "/~2"] {
        assert_eq!(parts(bad), None, "{bad}");
    }
}

#[test]
fn typed_values_are_written_the_same_on_every_way() {
    let value = |text: &str| text.to_string();
    let rows = vec![
        vec![Value::Bytes(b""), Value::Int(i64::MIN), Value::Bytes(b"\"\\\n")],
        vec![Value::Float(-0.0), Value::Float(1e16), Value::Float(9.5e-5)],
        vec![Value::UInt(u64::MAX), Value::Float(123.25), Value::Bytes(&[b'x'; 200])],
        vec![Value::Int(100), Value::Float(f64::NAN), Value::Bytes(b"ab")],
    ];
    let x = "x".repeat(200);
    let lines = |odd: &str, long: &str, two: &str| {
        [
            value("{\"a\":\"\",\"b\\\"c\":-9223372036854775808,\"name\":\"") + odd + "\"}\n",
            value("{\"a\":-0.0,\"b\\\"c\":1e16,\"name\":9.5e-5}\n"),
            value("{\"a\":18446744073709551615,\"b\\\"c\":123.25,\"name\":\"") + long + "\"}\n",
            value("{\"a\":100,\"b\\\"c\":null,\"name\":\"") + two + "\"}\n",
        ]
    };
    let base64 = "eHh4".repeat(66) + "eHg=";
    for (bytes_as, expected) in
        [(BytesAs::Base64, lines("IlwK", &base64, "YWI=")), (BytesAs::Text, lines("\\\"\\\\\\n", &x, "ab"))]
    {
        let options = Options { bytes_as, ..Options::default() };
        assert_eq!(everywhere(Format::Ndjson, &options, &NAMES, &rows), expected.concat());
        for capacity in [1, 100, 5000] {
            let written = write(Format::Ndjson, &options, &NAMES, &rows, capacity);
            let lossy: Vec<_> = written.lossy.iter().collect();
            assert_eq!(lossy, [(LossyKind::BytesAsText, 4), (LossyKind::NotFiniteAsNull, 1)], "{capacity}");
            let strict = Options { strict: true, ..options.clone() };
            let written = write(Format::Ndjson, &strict, &NAMES, &rows[1..], capacity);
            assert!(matches!(written.outcome, Err(EncodeError::Record { index: 1, .. })), "{capacity}");
            assert_eq!(written.lossy.total(), 0);
            // If a record fits into the buffer, nothing of it is left.
            if capacity > 1000 {
                assert_eq!(written.text, expected[1]);
            }
        }
    }
    let text = Options { bytes_as: BytesAs::Text, ..Options::default() };
    let rows = [vec![Value::Bytes(b"ok"), Value::Null, Value::Bytes(b"\xff")]];
    let written = write(Format::Ndjson, &text, &NAMES, &rows, 1000);
    assert!(matches!(written.outcome, Err(EncodeError::Record { index: 0, .. })));
    assert_eq!((written.text.as_str(), written.lossy.total()), ("", 0));
}
