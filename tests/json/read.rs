//! Open, cut, decode, as the engine does, but on bytes in memory.

use pagemill::error::RecordError;
use pagemill::format::{self, Boundary, Detail, Format, OpenError, Opening, Options, Types, Want};
use pagemill::memory::Arena;
use pagemill::record::{Batch, Lossy, Schema, Tree, Value};
use serde_json::Value as Json;

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

pub fn want(detail: Detail) -> Want {
    Want { select: None, utf8: true, replace_invalid_utf8: false, detail, types: Types::Auto }
}

/// How the input arrives: all at once, or growing by so many bytes whenever more is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    Whole,
    By(usize),
}

pub fn read(format: Format, options: &Options, input: &[u8], target: usize, want: &Want, arrival: Arrival) -> Read {
    let mut read = Read::default();
    let step = match arrival {
        Arrival::Whole => input.len(),
        Arrival::By(step) => step,
    };
    let mut have = step.min(input.len());
    let source = loop {
        match format::open(format, options, &input[..have], have == input.len()) {
            Ok(Opening::Ready(source)) => break source,
            Ok(Opening::More) => {
                assert!(have < input.len(), "asked for more behind the end");
                have = (have + step).min(input.len());
            }
            Err(OpenError::Data(error)) => {
                read.errors.push((error.offset, error.reason.into_owned()));
                return read;
            }
            Err(OpenError::Usage(error)) => panic!("{error}"),
        }
    };
    let (mut cutter, mut decoder) = (source.cutter(), source.decoder(want));
    let mut at = source.start();
    while at < input.len() {
        have = have.max((at + 1).min(input.len()));
        match cutter.cut(&input[at..have], target, have == input.len()) {
            Ok(Boundary::More) => {
                assert!(have < input.len(), "asked for more behind the end");
                have = (have + step).min(input.len());
            }
            Ok(Boundary::Skip(len)) => {
                assert!(len > 0);
                at += len;
            }
            Ok(Boundary::At(len)) => {
                assert!(len > 0 && at + len <= have);
                slice(&input[at..at + len], at, &mut *decoder, want, &mut read);
                read.slices.push(input[at..at + len].to_vec());
                at += len;
            }
            Err(error) => {
                read.errors.push((at + error.offset, error.reason.into_owned()));
                break;
            }
        }
    }
    read
}

fn slice(slice: &[u8], at: usize, decoder: &mut dyn format::Decode, want: &Want, read: &mut Read) {
    let mut arena = Arena::new(1 << 16, 1 << 24);
    let schema = want.select.as_ref().map(|paths| Schema::new(paths.iter().cloned()));
    decoder.begin(slice);
    let (mut more, mut last) = (true, 0);
    while more {
        arena.reset();
        let mut batch = Batch::new(&arena, slice, schema.as_ref(), 1 << 20);
        let outcome = decoder.fill(slice, &mut batch);
        for record in 0..batch.len() {
            let span = batch.span(record);
            assert!(span.start >= last && span.end > span.start && span.end <= slice.len());
            last = span.end;
            read.records.push(match &schema {
                Some(schema) => columns(schema, batch.columns(record)),
                None => tree(batch.tree(record)),
            });
        }
        read.lossy.add(&batch.lossy);
        match outcome {
            Ok(filled) => {
                assert!(filled != batch.is_empty(), "told {filled} with {} records", batch.len());
                more = filled;
            }
            Err(RecordError { offset, reason, .. }) => {
                assert!(offset <= slice.len());
                read.errors.push((at + offset, reason.into_owned()));
                assert!(read.errors.len() <= 2 * slice.len() + 100, "errors without end");
                decoder.skip_record(slice);
            }
        }
    }
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
