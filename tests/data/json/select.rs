//! Some fields, straight into columns.

use pagemill::format::{Detail, Format, Options, Want};
use pagemill::record::LossyKind;
use serde_json::Value as Json;

use super::generate::{Random, map};
use super::read::{Arrival, Read, from_serde, read, want};

fn select(paths: &[&str], text: &[u8]) -> Read {
    let want = Want { select: Some(paths.iter().map(|p| p.as_bytes().into()).collect()), ..want(Detail::Fields) };
    let whole = read(Format::Ndjson, &Options::default(), text, 1 << 19, &want, Arrival::Whole);
    let lines = read(Format::Ndjson, &Options::default(), text, 1, &want, Arrival::Whole);
    assert_eq!((&whole.records, whole.lossy), (&lines.records, lines.lossy));
    assert!(whole.is_ok(), "{whole:?}");
    whole
}

fn records(texts: &[&str]) -> Vec<Json> {
    texts.iter().filter_map(|text| from_serde(text.as_bytes())).collect()
}

#[test]
fn paths_through_maps_and_keys_with_dots() {
    let text = br#"{"id":1,"actor":{"login":"x","id":5},"list":[1, {"id":2}],"id2":null}
{"list":"no","id2":true,"actor":{"id":6,"login":"\u0041"},"id":2}
{"actor.login":"dotted","actor":7}
{"actor":{"login":{"deep":[1]}},"id":{}}
"#;
    let found = select(&["actor.login", "id", "list"], text);
    let expected = records(&[
        r#"{"actor.login":"x","id":1,"list":[1,{"id":2}]}"#,
        r#"{"actor.login":"A","id":2,"list":"no"}"#,
        r#"{"actor.login":"dotted"}"#,
        r#"{"actor.login":{"deep":[1]},"id":{}}"#,
    ]);
    assert_eq!(found.records, expected);
    assert_eq!(found.lossy.total(), 0);
}

#[test]
fn a_map_and_its_inside_and_the_same_path_twice() {
    let found = select(&["a", "a.b", "a.b", "x.y.z"], br#"{"a":{"b":1,"c":2},"x.y":{"z":3}}"#);
    assert_eq!(found.records, records(&[r#"{"a":{"b":1,"c":2},"a.b":1,"x.y.z":3}"#]));
    let found = select(&["x.y.z"], b"{\"x\":{\"y.z\":4}}\n{\"x\":{\"y\":{\"z\":5}}}\n{\"x.y.z\":6}\n");
    assert_eq!(found.records, records(&[r#"{"x.y.z":4}"#, r#"{"x.y.z":5}"#, r#"{"x.y.z":6}"#]));
}

#[test]
fn of_the_same_key_the_last_one_wins() {
    let found = select(&["a", "m.x", "m.y"], br#"{"a":1,"a":2,"b":1,"b":2,"m":{"x":1},"m":{"y":2}}"#);
    assert_eq!(found.records, records(&[r#"{"a":2,"m.y":2}"#]));
    assert_eq!(found.lossy.of(LossyKind::DuplicateKey), 2);
    let found = select(&["m.x"], br#"{"m":{"x":1},"m":3}"#);
    assert_eq!(found.records, records(&["{}"]));
    assert_eq!(found.lossy.of(LossyKind::DuplicateKey), 1);
}

#[test]
fn a_record_that_is_no_map_is_the_field_value() {
    let want = Want { select: Some(vec![b"id"[..].into()]), ..want(Detail::Fields) };
    for record in ["7", "\"t\"", "[1]", "null"] {
        let found = select(&["value"], record.as_bytes());
        assert_eq!(found.records, records(&[&format!("{{\"value\":{record}}}")]));
        let found = read(Format::Ndjson, &Options::default(), record.as_bytes(), 1, &want, Arrival::Whole);
        assert!(!found.is_ok() && found.records.is_empty(), "{record}: {found:?}");
    }
    let found = select(&["value"], b"{\"value\":8}\n{\"v\":9}\n");
    assert_eq!(found.records, records(&[r#"{"value":8}"#, "{}"]));
}

/// Against a plain look-up in what serde_json read.
#[test]
fn agrees_with_a_look_up() {
    let mut random = Random::new(21);
    let (mut text, mut expected) = (String::new(), Vec::new());
    for _ in 0..2000 {
        let mut line = String::new();
        map(&mut random, 3, &mut line);
        let Some(value) = from_serde(line.as_bytes()) else { panic!("{line}") };
        let mut fields = serde_json::Map::new();
        for key in ["id", "", "name", "a"] {
            fields.extend(value.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        let inner = value.get("é").and_then(|map| map.get("id")).or(value.get("é.id"));
        fields.extend(inner.map(|value| ("é.id".to_owned(), value.clone())));
        expected.push(Json::Object(fields));
        text.push_str(&line);
        text.push('\n');
    }
    let found = select(&["id", "", "name", "é.id", "a"], text.as_bytes());
    assert_eq!(found.records, expected);
}
