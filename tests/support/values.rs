//! Values as serde_json and the csv crate read them: what a conversion is compared with.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value of JSON; numbers as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// One JSON text.
#[track_caller]
pub fn json(text: &str) -> Json {
    try_json(text).unwrap_or_else(|error| panic!("serde_json refuses {text:?}: {error}"))
}

/// One JSON text, or what serde_json says against it.
pub fn try_json(text: &str) -> serde_json::Result<Json> {
    let raw: &RawValue = serde_json::from_str(text)?;
    let text = raw.get();
    Ok(match text.as_bytes()[0] {
        b'n' => Json::Null,
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'"' => Json::Text(serde_json::from_str(text)?),
        b'[' => Json::List(serde_json::from_str::<Items>(text)?.0),
        b'{' => Json::Map(serde_json::from_str::<Members>(text)?.0),
        _ => Json::Number(text.to_string()),
    })
}

/// The values of NDJSON.
#[track_caller]
pub fn lines(bytes: &[u8]) -> Vec<Json> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.lines().filter(|line| !line.trim().is_empty()).map(json).collect()
}

/// The records of a JSON document: the items of an array.
#[track_caller]
pub fn items(bytes: &[u8]) -> Vec<Json> {
    match json(std::str::from_utf8(bytes).expect("UTF-8")) {
        Json::List(items) => items,
        other => panic!("no array but {other:?}"),
    }
}

/// The rows of CSV or TSV, header first.
#[track_caller]
pub fn rows(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(bytes);
    let rows: Result<Vec<Vec<String>>, _> =
        reader.records().map(|record| Ok::<_, csv::Error>(record?.iter().map(str::to_owned).collect())).collect();
    rows.expect("CSV that the csv crate reads")
}

/// Whether a CSV field may have become this value. The csv crate does not tell whether a field was
/// quoted: of the two meanings either will do.
pub fn may_be(field: &str, value: &Json) -> bool {
    match value {
        Json::Null => field.is_empty(),
        Json::Number(text) => field == text && matches!(try_json(field), Ok(Json::Number(_))),
        Json::Text(text) => field == text,
        _ => false,
    }
}

struct Items(Vec<Json>);
struct Members(Vec<(String, Json)>);

fn inner<E: serde::de::Error>(raw: &RawValue) -> Result<Json, E> {
    try_json(raw.get()).map_err(E::custom)
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Items, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Items;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items, A::Error> {
                let mut items = Vec::new();
                while let Some(raw) = seq.next_element::<&RawValue>()? {
                    items.push(inner(raw)?);
                }
                Ok(Items(items))
            }
        }
        deserializer.deserialize_seq(All)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((key, raw)) = map.next_entry::<String, &RawValue>()? {
                    members.push((key, inner(raw)?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}
