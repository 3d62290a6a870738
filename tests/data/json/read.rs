//! What a format makes of bytes in memory, as serde_json has values.

use pagemill::format::{Format, Options, Want};
use pagemill::record::{Lossy, Schema, Tree, Value};
use serde_json::Value as Json;

use crate::support::drive::{self, Event, How};
pub use crate::support::drive::{Arrival, want};

/// What came out: records, and errors with their offset in the whole input.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    pub records: Vec<Json>,
    pub errors: Vec<(usize, String)>,
    pub slices: Vec<Vec<u8>>,
    pub lossy: Lossy,
}

impl Read {
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty()
    }
}

pub fn read(format: Format, options: &Options, input: &[u8], target: usize, want: &Want, arrival: Arrival) -> Read {
    let mut read = Read::default();
    let source = match drive::open(format, options, input, arrival) {
        Ok(source) => source,
        Err(error) => {
            read.errors.push((error.offset, error.message().to_string()));
            return read;
        }
    };
    let schema = want.select.as_ref().map(|paths| Schema::new(paths.iter().cloned()));
    let how = How { target, arrival, want, max_record: 1 << 20 };
    let driven = drive::drive(&*source, input, how, &mut |event| match event {
        Event::Record(batch, record) => read.records.push(match &schema {
            Some(schema) => columns(schema, batch.columns(record)),
            None => tree(batch.tree(record)),
        }),
        Event::Bad(offset, reason) => read.errors.push((offset, reason.to_owned())),
    });
    read.slices = driven.slices.into_iter().map(|range| input[range].to_vec()).collect();
    read.lossy = driven.lossy;
    read
}

fn columns(schema: &Schema, values: &[Value<'_>]) -> Json {
    let fields = schema.names().zip(values).filter(|(_, value)| !matches!(value, Value::Absent));
    Json::Object(fields.map(|(name, value)| (text(name), scalar(*value))).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text is UTF-8")
}

/// A value of the batch as serde_json has it. Numbers are kept as text, tagged, so that their digits are compared.
pub fn tree(tree: Tree<'_, '_>) -> Json {
    match tree.value() {
        Value::List(_) => Json::Array(tree.children().map(self::tree).collect()),
        Value::Map(_) => Json::Object(tree.children().map(|child| (text(child.key()), self::tree(child))).collect()),
        value => scalar(value),
    }
}

fn scalar(value: Value<'_>) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(truth),
        Value::Number(digits) => number(&text(digits)),
        Value::Text(bytes) => Json::String(text(bytes)),
        Value::Raw(raw) => from_serde(raw).unwrap_or_else(|| Json::String(format!("serde_json refuses {}", text(raw)))),
        other => panic!("{other:?} from JSON"),
    }
}

fn number(digits: &str) -> Json {
    let value: f64 = digits.parse().expect("a number");
    Json::String(format!("number {value:.12e}"))
}

/// What serde_json makes of a text, its numbers as [`number`] has them. None: refused.
pub fn from_serde(text: &[u8]) -> Option<Json> {
    match serde_json::from_slice::<Json>(text) {
        Ok(value) => Some(tagged(value)),
        Err(_) => None,
    }
}

fn tagged(value: Json) -> Json {
    match value {
        Json::Number(digits) => number(&digits.to_string()),
        Json::Array(items) => Json::Array(items.into_iter().map(tagged).collect()),
        Json::Object(fields) => Json::Object(fields.into_iter().map(|(key, value)| (key, tagged(value))).collect()),
        other => other,
    }
}
