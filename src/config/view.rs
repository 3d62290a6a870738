//! Settings as a report shows them.

use serde::Serialize;

use super::choice;
use crate::format::Options;
use crate::job::{ColumnsFrom, Settings};

/// Settings with the words of the flags, to be written into a report. What was left to pagemill is null;
/// the report says elsewhere what it chose.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    from: Option<&'static str>,
    to: Option<&'static str>,
    csv: Csv,
    json: Json,
    binary: Binary,
    types: &'static str,
    bytes: &'static str,
    invalid_utf8: &'static str,
    encoding: Option<&'static str>,
    ops: Vec<String>,
    select: Vec<String>,
    drop: Vec<String>,
    rename: Vec<(String, String)>,
    workers: Option<usize>,
    slice_size: Option<usize>,
    memory_limit: usize,
    max_record_size: Option<usize>,
    io: &'static str,
    decompress: String,
    compress: String,
    on_error: &'static str,
    quarantine: Option<String>,
    max_errors: Option<String>,
    force: bool,
    strict: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Csv {
    delimiter: Option<char>,
    quote: Option<char>,
    escape: Option<char>,
    comment: Option<char>,
    headers: bool,
    names: Vec<String>,
    ragged: &'static str,
    tsv_escapes: bool,
    out_delimiter: Option<char>,
    out_quote: Option<char>,
    out_escape: Option<char>,
    out_headers: bool,
    quote_all: bool,
    crlf: bool,
    columns: Columns,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Columns {
    From(&'static str),
    List(Vec<String>),
}

#[derive(Clone, Debug, Serialize)]
struct Json {
    nested: &'static str,
    unflatten: bool,
    max_depth: usize,
    max_fields: usize,
    max_key_length: usize,
    max_keys: usize,
    records_at: Option<String>,
    pretty: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Binary {
    layout: Option<String>,
    frame: &'static str,
    payload: &'static str,
}

impl From<&Settings> for View {
    fn from(s: &Settings) -> View {
        let mut ops: Vec<String> = s.ops.iter().map(|op| op.name().to_owned()).collect();
        ops.extend(s.word_count.then(|| "wordcount".to_owned()));
        View {
            from: s.from.map(|format| format.name()),
            to: s.to.map(|format| format.name()),
            csv: csv(s),
            json: json(&s.options),
            binary: Binary {
                layout: s.options.layout.clone(),
                frame: choice::FRAME.name(s.options.frame),
                payload: choice::PAYLOAD.name(s.options.payload),
            },
            types: choice::TYPES.name(s.options.types),
            bytes: choice::BYTES.name(s.options.bytes_as),
            invalid_utf8: choice::INVALID_UTF8.name(s.invalid_utf8),
            encoding: s.encoding.map(|encoding| encoding.name()),
            ops,
            select: s.select.clone(),
            drop: s.drop.clone(),
            rename: s.rename.clone(),
            workers: given(s.workers),
            slice_size: given(s.slice_size),
            memory_limit: s.memory_limit,
            max_record_size: given(s.max_record_size),
            io: choice::IO.name(s.io),
            decompress: s.decompress.to_string(),
            compress: s.compress.to_string(),
            on_error: choice::ON_ERROR.name(s.on_error),
            quarantine: s.quarantine.as_ref().map(|path| path.to_string_lossy().into_owned()),
            max_errors: s.max_errors.map(|most| most.to_string()),
            force: s.force,
            strict: s.strict,
        }
    }
}

/// Zero stands for a choice of pagemill's own.
fn given(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

fn csv(s: &Settings) -> Csv {
    let (dialect, out) = (&s.options.dialect, &s.options.out_dialect);
    Csv {
        delimiter: dialect.delimiter.map(char::from),
        quote: dialect.quoting.then_some(char::from(dialect.quote)),
        escape: dialect.escape.map(char::from),
        comment: dialect.comment.map(char::from),
        headers: s.options.reads_header(),
        names: s.options.names.clone(),
        ragged: choice::RAGGED.name(s.options.ragged),
        tsv_escapes: dialect.tsv_escapes,
        out_delimiter: out.delimiter.map(char::from),
        out_quote: out.quoting.then_some(char::from(out.quote)),
        out_escape: out.escape.map(char::from),
        out_headers: s.options.writes_header(),
        quote_all: out.quote_all,
        crlf: out.crlf,
        columns: match &s.columns {
            ColumnsFrom::Auto => Columns::From("auto"),
            ColumnsFrom::Union => Columns::From("union"),
            ColumnsFrom::First => Columns::From("first"),
            ColumnsFrom::List(names) => Columns::List(names.clone()),
        },
    }
}

fn json(options: &Options) -> Json {
    Json {
        nested: choice::NESTED.name(options.nested),
        unflatten: options.unflatten,
        max_depth: options.max_depth,
        max_fields: options.max_fields,
        max_key_length: options.max_key_length,
        max_keys: options.max_keys,
        records_at: options.records_at.clone(),
        pretty: options.pretty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Raw;

    #[test]
    fn settings_have_the_words_of_the_flags() {
        let raw = Raw {
            to: Some("JSONL".into()),
            delimiter: Some("tab".into()),
            columns: vec!["a,b".into()],
            op: vec!["trim,wordcount".into()],
            workers: Some(3),
            frame: Some("varint".into()),
            ..Raw::default()
        };
        let view = serde_json::to_value(View::from(&raw.validate().unwrap())).unwrap();
        assert_eq!((&view["from"], &view["to"]), (&serde_json::Value::Null, &"ndjson".into()));
        assert_eq!((&view["csv"]["delimiter"], &view["csv"]["headers"]), (&"\t".into(), &true.into()));
        assert_eq!(
            (&view["csv"]["columns"], &view["ops"]),
            (&serde_json::json!(["a", "b"]), &serde_json::json!(["trim", "wordcount"]))
        );
        assert_eq!((&view["workers"], &view["slice_size"]), (&3.into(), &serde_json::Value::Null));
        assert_eq!((&view["binary"]["frame"], &view["memory_limit"]), (&"varint".into(), &100_000_000.into()));
    }
}
