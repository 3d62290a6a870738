//! Tokens, and the same records whatever the slices.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::text::{Strings, Syntax, scalar, skip};
use crate::format::harness::{Ran, Run, cut_all, ready, run, want};
use crate::format::{Format, Given, Options, Shape, create, open};
use crate::memory::Arena;
use crate::record::Value;

fn number(text: &str) -> Option<String> {
    let arena = Arena::new(1 << 12, 1 << 16);
    match scalar(text.as_bytes(), 0, Syntax::Five, &arena) {
        Ok((Value::Number(digits), end)) if end == text.len() => Some(String::from_utf8_lossy(digits).into_owned()),
        Ok((Value::Float(number), _)) => Some(format!("float {number}")),
        _ => None,
    }
}

#[test]
fn numbers() {
    for (text, wanted) in [
        ("1.10", Some("1.10")),
        ("-0", Some("-0")),
        ("+1", Some("1")),
        (".5", Some("0.5")),
        ("-.5E+3", Some("-0.5E+3")),
        ("5.", Some("5")),
        ("5.e3", Some("5e3")),
        ("+5.25", Some("5.25")),
        ("0x0", Some("0")),
        ("0XfF", Some("255")),
        ("-0x10", Some("-16")),
        ("+0x00ff", Some("255")),
        ("0xffffffffffffffffffffffffffffffffff", Some("87112285931760246646623899502532662132735")),
        ("Infinity", Some("float inf")),
        ("-Infinity", Some("float -inf")),
        ("+NaN", Some("float NaN")),
        (".", None),
        ("+", None),
        ("-", None),
        ("00", None),
        ("01.5", None),
        ("1e", None),
        ("0x", None),
        ("0xg", None),
        ("--1", None),
        ("1_000", None),
        ("infinity", None),
        ("-null", None),
        ("1.2.3", None),
    ] {
        assert_eq!(number(text).as_deref(), wanted, "{text}");
    }
    assert!(number(&format!("0x{}", "f".repeat(256))).is_some() && number(&format!("0x{}", "f".repeat(257))).is_none());
}

#[test]
fn hexadecimal_numbers_are_exact() {
    for number in [0u128, 9, 10, 15, 16, 99, 100, 255, 1 << 64, u128::MAX, 10u128.pow(38), 123_456_789_012_345_678_901]
    {
        assert_eq!(super::tests::number(&format!("0x{number:x}")), Some(number.to_string()));
        assert_eq!(super::tests::number(&format!("-0X{number:X}")), Some(format!("-{number}")));
    }
}

#[test]
fn texts_and_keys() {
    let arena = Arena::new(1 << 12, 1 << 16);
    let strings = Strings { syntax: Syntax::Five, replace: false, arena: &arena };
    let text = |text: &'static str| {
        strings.string(text.as_bytes(), 0).ok().map(|read| String::from_utf8_lossy(read.text).into_owned())
    };
    for (written, wanted) in [
        ("'a\"b'", Some("a\"b")),
        ("\"a'b\"", Some("a'b")),
        ("'it\\'s'", Some("it's")),
        ("'\\x41\\u00e9\\ud83d\\ude00'", Some("A\u{e9}\u{1f600}")),
        ("'a\\\nb\\\r\nc\\\u{2028}d'", Some("abcd")),
        ("'\\0\\v\\b\\q\\/'", Some("\0\u{b}\u{8}q/")),
        ("'\u{2028}\t'", Some("\u{2028}\t")),
        ("'\\00'", None),
        ("'\\1'", None),
        ("'\\x4'", None),
        ("'\\ud83d'", None),
        ("'a\nb'", None),
        ("'a", None),
        ("'a\\", None),
    ] {
        assert_eq!(text(written).as_deref(), wanted, "{written:?}");
    }
    let key = |text: &'static str| {
        strings.key(text.as_bytes(), 0).ok().map(|read| (String::from_utf8_lossy(read.text).into_owned(), read.end))
    };
    assert_eq!(key("$a_1:2"), Some(("$a_1".to_owned(), 4)));
    assert_eq!(key("\u{fc}n\\u0069 :"), Some(("\u{fc}ni".to_owned(), 9)));
    assert_eq!(key("a\u{a0}:"), Some(("a".to_owned(), 1)));
    assert_eq!(key("'x y':"), Some(("x y".to_owned(), 5)));
    assert_eq!((key("1a:"), key("-:"), key("")), (None, None, None));
    let space = "\u{feff} \u{a0}\u{2003}\u{3000}\u{b}\u{c}// x\r/* * / */\u{2028}// y\u{2029}z";
    assert_eq!(skip(space.as_bytes(), 0, Syntax::Five).ok(), Some(space.len() - 1));
    assert!(skip(b" /* ", 0, Syntax::Five).is_err());
    assert_eq!(skip(b" // x", 0, Syntax::Json).ok(), Some(1));
}

/// Runs a text with slices of about `target` bytes, seen through a window.
fn ran(format: Format, options: &Options, text: &[u8], target: usize, window: usize) -> Option<Ran> {
    let source = match open(format, options, text, true) {
        Ok(crate::format::Opening::Ready(source)) => source,
        _ => return None,
    };
    let shape = source.schema().map_or(Shape::Keyed, |schema| Shape::Columns(schema.clone()));
    let target_format = create(Format::Ndjson, &Options::default(), Given::new(&shape, format.gives(options))).ok()?;
    let (data, max_record) = (&text[source.start()..], 1 << 20);
    let how = Run { want: want(), target, window, buffer: 1 << 16, strict: false, max_record, look: &mut |_| {} };
    Some(run(&*source, Some(&*target_format), data, how))
}

fn same_in_every_way(format: Format, options: &Options, text: &[u8]) {
    let Some(whole) = ran(format, options, text, 1 << 19, 1 << 20) else { return };
    for (target, window) in [(1, 1), (1, 1 << 20), (7, 3), (40, 16)] {
        let other = ran(format, options, text, target, window).expect("it was opened before");
        assert_eq!(String::from_utf8_lossy(&other.bytes), String::from_utf8_lossy(&whole.bytes), "{target} {window}");
        // What follows a document that is broken may be called another fault.
        let first = |ran: &Ran| ran.errors.first().map(|error| (error.offset, error.message().to_string()));
        assert_eq!(first(&other), first(&whole), "{target} {window} {:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn slices_end_between_records() {
    let text = b"{a:1}, // ,\n {b:[2,3],}, 'x,', /* , */ 4, ] // ]";
    let source = ready(open(Format::Json5, &Options::default(), b"[0]", true));
    let (slices, error) = cut_all(&mut *source.cutter(), text, 1, 1);
    let slices: Vec<_> = slices.into_iter().map(|range| String::from_utf8_lossy(&text[range]).into_owned()).collect();
    // What comes before a record belongs to no slice; the last slice has all that is left before the end of the list.
    assert_eq!(slices, ["{a:1},", "{b:[2,3],},", "'x,',", " /* , */ 4, ]"]);
    assert_eq!(error, None);
}

/// Pieces of JSON5, well formed or not.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{a:1}",
        "{\"b\":[1,2,]}",
        "'x\\'y'",
        "\"z\"",
        "[[]]",
        "{}",
        "007",
        "0xF",
        ".5",
        "null",
        "NaN",
        ",",
        ", ",
        ",\n",
        " ",
        "\n",
        "// c\n",
        "/* , */",
        "/*",
        "*/",
        "/",
        "'",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        "a",
        "\u{2028}",
        "\u{fc}",
        "\r\n",
        "*",
        "\n{a:2",
        "\n[3",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(19),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_the_same_in_every_way(inner in pieces(), wrapped in any::<bool>()) {
        let text = if wrapped { [b"[", &inner[..], b"]"].concat() } else { inner };
        same_in_every_way(Format::Json5, &Options::default(), &text);
    }

    #[test]
    fn so_is_any_map_of_records(inner in pieces()) {
        let options = Options { key_column: Some("k".into()), ..Options::default() };
        let text = [b"{", &inner[..], b"}"].concat();
        same_in_every_way(Format::Json5, &options, &text);
        same_in_every_way(Format::Json, &options, &text);
        let deep = Options { records_at: Some("/d".into()), ..options };
        let text = [b"{\"x\":[1],\"d\":{", &inner[..], b"},\"y\":2}"].concat();
        same_in_every_way(Format::Json5, &deep, &text);
        same_in_every_way(Format::Json, &deep, &text);
    }

    #[test]
    fn and_lists_as_records(inner in pieces()) {
        let options = Options { names_in_first_row: true, ..Options::default() };
        let text = [b"[[\"a\"],[1],", &inner[..], b",[2]]"].concat();
        same_in_every_way(Format::Json, &options, &text);
        let text = [b"[\"a\"]\n[1]\n", &inner[..], b"\n[2]"].concat();
        same_in_every_way(Format::Ndjson, &options, &text);
    }

    /// What is JSON means the same in JSON5.
    #[test]
    fn json_is_json5(items in prop::collection::vec(any::<(i64, String, f64, Option<bool>)>(), 1..8)) {
        let text = serde_json::to_vec(&items).unwrap_or_default();
        let json = ran(Format::Json, &Options::default(), &text, 64, 1 << 20).expect("JSON");
        let five = ran(Format::Json5, &Options::default(), &text, 64, 1 << 20).expect("JSON5");
        prop_assert_eq!(String::from_utf8_lossy(&json.bytes), String::from_utf8_lossy(&five.bytes));
        prop_assert!(five.errors.is_empty() && five.records == items.len() as u64);
    }
}
