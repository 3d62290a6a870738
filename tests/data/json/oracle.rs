//! One value: accepted and understood as serde_json and simd-json do.

use pagemill::format::{Detail, Format, Options};
use pagemill::memory::Arena;
use pagemill::record::Batch;
use pagemill::record::json::Reader;
use pagemill::scan::vector::Unit;
use serde_json::Value as Json;

use super::generate::{Random, mutate, value};
use super::read::{Arrival, from_serde, read, tree, want};

/// What one reader makes of a text.
fn ours(reader: &mut Reader, text: &[u8], detail: Detail) -> Result<Json, String> {
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, text, None, 1 << 20);
    reader.only_value(text, 0..text.len(), detail, &mut batch).map_err(|error| {
        assert!(error.offset <= text.len());
        error.message().to_string()
    })?;
    batch.end_record(0, text.len()).unwrap();
    std::str::from_utf8(text).map_err(|error| error.to_string())?;
    Ok(tree(batch.tree(0)))
}

/// Whether serde_json refuses a text only because a number is too large for it.
fn too_large(text: &[u8]) -> bool {
    serde_json::from_slice::<Json>(text).is_err_and(|error| error.to_string().contains("out of range"))
}

#[test]
fn agrees_with_serde_json_and_simd_json() {
    let mut random = Random::new(1);
    let (mut good, mut bad) = (0, 0);
    let mut readers: Vec<Reader> = Unit::available().into_iter().map(|unit| Reader::on(unit, 100, 0)).collect();
    for round in 0..60_000 {
        let mut text = String::new();
        value(&mut random, 4, &mut text);
        let mut text = text.into_bytes();
        if round % 4 != 0 {
            mutate(&mut random, &mut text);
        }
        if too_large(&text) {
            continue;
        }
        let expected = from_serde(&text);
        if let Ok(other) = simd_json::to_owned_value(&mut text.clone()) {
            // simd-json accepts some of what RFC 8259 does not; what it reads has to be the same.
            if let Some(expected) = &expected {
                // It has no minus zero.
                let text =
                    |value: &Json| value.to_string().replace("number -0.000000000000e0", "number 0.000000000000e0");
                let other = from_serde(simd_json::to_string(&other).unwrap().as_bytes()).unwrap();
                assert_eq!(text(&other), text(expected));
            }
        }
        for reader in &mut readers {
            for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
                let found = ours(reader, &text, detail);
                let shown = String::from_utf8_lossy(&text);
                assert_eq!(found.as_ref().ok(), expected.as_ref(), "{shown:?} {detail:?} {found:?}");
            }
        }
        if expected.is_some() { good += 1 } else { bad += 1 }
    }
    assert!(good > 10_000 && bad > 10_000, "{good} {bad}");
}

#[test]
fn numbers_of_any_size_keep_their_text() {
    let digits = "9".repeat(5000);
    for number in ["1e400", "-0", "1.10", "12345678901234567890123", "0.10e-999", &digits] {
        let arena = Arena::new(1 << 12, 1 << 20);
        let text = format!("{{\"n\" : {number} }}");
        let mut batch = Batch::new(&arena, text.as_bytes(), None, 1 << 20);
        Reader::new(5, 0).only_value(text.as_bytes(), 0..text.len(), Detail::All, &mut batch).unwrap();
        batch.end_record(0, text.len()).unwrap();
        let child = batch.tree(0).children().next().unwrap();
        assert_eq!(child.value(), pagemill::record::Value::Number(number.as_bytes()));
    }
}

#[test]
fn text_without_escapes_is_borrowed_from_the_slice() {
    let text = br#"{"plain":"text","esc\u0061ped":"a\tb"}"#;
    let arena = Arena::new(1 << 12, 1 << 20);
    let mut batch = Batch::new(&arena, text, None, 1 << 20);
    Reader::new(5, 0).only_value(text, 0..text.len(), Detail::All, &mut batch).unwrap();
    batch.end_record(0, text.len()).unwrap();
    let children: Vec<_> = batch.tree(0).children().collect();
    let pagemill::record::Value::Text(plain) = children[0].value() else { panic!() };
    assert!(text.as_ptr_range().contains(&plain.as_ptr()) && text.as_ptr_range().contains(&children[0].key().as_ptr()));
    assert_eq!(children[1].key(), b"escaped");
    assert_eq!(children[1].value(), pagemill::record::Value::Text(b"a\tb"));
}

#[test]
fn depth_is_limited_and_not_by_the_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes();
            for limit in [1, 63, 64, 65, 200, 1024] {
                let mut reader = Reader::new(limit, 0);
                let arena = Arena::new(1 << 12, 1 << 24);
                let ok = |text: &[u8], reader: &mut Reader| {
                    let mut batch = Batch::new(&arena, &[], None, 1 << 20);
                    // The text does not outlive the batch in this test's eyes, so it is leaked.
                    let text: &'static [u8] = Box::leak(text.to_vec().into_boxed_slice());
                    reader.only_value(text, 0..text.len(), detail, &mut batch).is_ok()
                };
                assert!(ok(&nested(limit), &mut reader), "{limit}");
                assert!(!ok(&nested(limit + 1), &mut reader), "{limit}");
                assert!(ok(&nested(limit), &mut reader), "{limit} again");
            }
        }
    }
    let deep = "[".repeat(1_000_000);
    let found = read(Format::Ndjson, &Options::default(), deep.as_bytes(), 1, &want(Detail::All), Arrival::Whole);
    assert!(found.errors[0].1.contains("more than 1024 deep"), "{found:?}");
    // The array around the records counts too.
    let options = Options::default().with(|own| own.max_depth = 2);
    for (text, good) in [("[[1]]", true), ("[[[1]]]", false), ("{\"a\":{}}", true), ("{\"a\":{\"b\":[]}}", false)] {
        let found = read(Format::Json, &options, text.as_bytes(), 9, &want(Detail::All), Arrival::Whole);
        assert_eq!(found.is_ok(), good, "{text}");
    }
}

#[test]
fn errors_tell_the_place() {
    for (text, offset, phrase) in [
        (&b"{\"a\":\"b\tc\"}"[..], 7, "control character (0x09)"),
        (b"{\"a\":\"b\\x\"}", 7, "escape"),
        (b"{\"a\":\"\\ud800\"}", 6, "surrogate"),
        (b"{\"a\":\"\\ud800\\u0041\"}", 6, "surrogate"),
        (b"{\"a\":\"\\udc00\"}", 6, "surrogate"),
        (b"{\"a\":\"\\ud83d\\uZ\"}", 12, "hexadecimal"),
        (b"{\"a\":01}", 5, "`01` is not a JSON number"),
        (b"{\"a\":nul}", 5, "`nul` is not a JSON value"),
        (b"{\"a\" 1}", 5, "colon"),
        (b"{\"a\":1,}", 7, "key"),
        (b"[1,]", 3, "a value"),
        (b"[1 2]", 3, "`,` or `]`"),
        (b"{'a':1}", 1, "single quote"),
        (b"{\"a\":\"bc", 5, "closing quote"),
        (b"{\"a\":1", 6, "too early"),
        (b"1 2", 2, "the end"),
        (b"", 0, "too early"),
    ] {
        let arena = Arena::new(1 << 12, 1 << 20);
        let mut batch = Batch::new(&arena, text, None, 1 << 20);
        let error = Reader::new(9, 0).only_value(text, 0..text.len(), Detail::All, &mut batch).unwrap_err();
        let shown = String::from_utf8_lossy(text);
        assert_eq!(error.offset, offset, "{shown} {error:?}");
        assert!(error.message().to_string().contains(phrase), "{shown} {error:?}");
    }
}
