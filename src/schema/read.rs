//! Reading a schema of any form that is read.

use std::io::Read;
use std::path::Path;

use super::avsc;
use super::file::{File, Node};
use super::limits::{LONGEST, placed};
use crate::error::{Error, Result};
use crate::record::{Kind, Schema, Type};

/// Reads a schema, and gives its text too: pagemill's own, or one of Avro.
///
/// # Errors
/// Usage: it can't be read, is no schema, or has something that is not supported here, and where.
pub(crate) fn read(path: &Path) -> Result<(Schema, String)> {
    let wrong = |what: String| Error::usage(format!("⟨schema⟩ {}: {what}", path.display()));
    let mut text = Vec::new();
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text));
    read.map_err(|error| wrong(error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(wrong(format!("it is longer than the {} MiB that a schema may have", LONGEST >> 20)));
    }
    let schema = of_text(&text).map_err(wrong)?;
    let text = String::from_utf8(text).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    Ok((schema, text))
}

/// Whether a file is a schema of Protobuf.
///
/// # Errors
/// Usage: it can't be read.
#[cfg(feature = "protobuf")]
pub(crate) fn is_protobuf(path: &Path) -> Result<bool> {
    let wrong = |error: std::io::Error| Error::usage(format!("⟨schema⟩ {}: {error}", path.display()));
    let mut start = Vec::new();
    std::fs::File::open(path).map_err(wrong)?.take(64 << 10).read_to_end(&mut start).map_err(wrong)?;
    Ok(super::protobuf::is_one(path, &start))
}

/// What a text is: an object with `fields` and without `type` is pagemill's own.
pub(crate) fn of_text(text: &[u8]) -> std::result::Result<Schema, String> {
    #[derive(serde::Deserialize)]
    struct Look {
        #[serde(rename = "type")]
        of: Option<serde::de::IgnoredAny>,
        schema: Option<serde::de::IgnoredAny>,
    }
    let begin = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match begin {
        Some(b'{') => {
            let look: Look = serde_json::from_slice(text).map_err(|error| placed(&error))?;
            match (look.schema, look.of) {
                (Some(_), _) => File::read(text)?.schema(),
                (None, Some(_)) => avsc::read(text),
                (None, None) => Err(format!("it is neither a schema of pagemill nor one of Avro\n  {INSTEAD}")),
            }
        }
        Some(b'[' | b'"') => avsc::read(text),
        None => Err(format!("it is empty\n  {INSTEAD}")),
        Some(_) => match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
            Ok(_) => Err(format!("it is not an object, and a schema is one\n  {INSTEAD}")),
            Err(_) => Err(format!("it is not JSON\n  {INSTEAD}")),
        },
    }
}

/// Whether the text of a schema is one of Avro.
pub(crate) fn is_avro(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Look {
        schema: Option<serde::de::IgnoredAny>,
    }
    match text.trim_start().as_bytes().first() {
        Some(b'{') => serde_json::from_str(text).is_ok_and(|look: Look| look.schema.is_none()),
        Some(b'[' | b'"') => true,
        _ => false,
    }
}

/// A type in short, for people.
pub(crate) fn shown(of: &Type) -> String {
    match &of.kind {
        // What is inside it would make the text long.
        Kind::Record(_) => "a record".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Union(types) => types.iter().map(shown).collect::<Vec<_>>().join(" or "),
        kind => Node::of(kind).shown(),
    }
}

const INSTEAD: &str = "`pagemill schema INPUT` makes one; an Avro schema (.avsc) is one too.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unit;
    use crate::schema::limits::FIELDS;

    fn of(text: &str) -> std::result::Result<Schema, String> {
        of_text(text.as_bytes())
    }

    #[test]
    fn own_schemas_are_read() {
        let schema = of(r#"{"schema":1,"fields":[
            {"name":"a","kind":"int16"},
            {"name":"b","kind":"decimal","precision":5,"scale":2,"nullable":true},
            {"name":"c","kind":"timestamp","unit":"ms","utc":true},
            {"name":"d","kind":"list","items":{"kind":"text","nullable":true}},
            {"name":"e","kind":"union","of":[{"kind":"int64"},{"kind":"text"}]},
            {"name":"f","kind":"enum","symbols":["x","y"]}]}"#)
        .unwrap();
        assert_eq!(schema.type_of(0).kind, Kind::Int(16));
        assert_eq!(schema.type_of(1).kind, Kind::Decimal { precision: 5, scale: 2 });
        assert!(schema.type_of(1).nullable && !schema.type_of(0).nullable);
        assert_eq!(schema.type_of(2).kind, Kind::Timestamp { unit: Unit::Milli, utc: true });
        assert_eq!(schema.names().last(), Some(&b"f"[..]));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, wanted) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("null", "it is not an object"),
            ("1", "it is not an object"),
            ("id,fare", "it is not JSON"),
            (
                r#"{"schema":1,"fields":[{"name":"a","kind":"decimal","precision":39}]}"#,
                "the field `a`: a decimal has at most 38 digits",
            ),
            (
                r#"{"schema":1,"fields":[{"name":"a","kind":"decimal","precision":2,"scale":3}]}"#,
                "the field `a`: `scale` is 3, and `precision`, the number of all digits, only 2",
            ),
            (
                r#"{"schema":1,"fields":[{"name":"a","kind":"enum","symbols":["x","y","x"]}]}"#,
                "the field `a`: the symbol `x` is there twice",
            ),
            ("{\"schema\":1,\n \"fields\":[}", "line 2, column 12"),
            (r#"{"fields":[]}"#, "neither a schema of pagemill nor one of Avro"),
            (r#"{"schema":2,"fields":[]}"#, "version 2"),
            (r#"{"schema":1,"fields":[{"name":"a","kind":"int63"}]}"#, "the field `a`: there is no kind `int63`"),
            (r#"{"schema":1,"fields":[{"name":"a","kind":"list"}]}"#, "the field `a`: a list needs `items`"),
            (
                r#"{"schema":1,"fields":[{"name":"a","kind":"text","scale":1}]}"#,
                "the field `a`: `scale` is not for text",
            ),
            (r#"{"schema":1,"fields":[{"name":"a","kind":"text"},{"name":"a","kind":"text"}]}"#, "two fields `a`"),
            (r#"{"schema":1,"fields":[{"name":"a","kind":"text","nulable":true}]}"#, "unknown field `nulable`"),
            (r#"{"schema":1,"fields":[{"kind":"text"}]}"#, "a field has no name"),
            (
                r#"{"schema":1,"fields":[{"name":"r","kind":"record","fields":[{"name":"x","kind":"decimal"}]}]}"#,
                "the field `r.x`: a decimal needs `precision`",
            ),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn too_much_is_refused() {
        let deep =
            (0..40).fold(r#"{"kind":"text"}"#.to_owned(), |inner, _| format!(r#"{{"kind":"list","items":{inner}}}"#));
        let deep = format!(r#"{{"schema":1,"fields":[{{"name":"a","kind":"list","items":{deep}}}]}}"#);
        assert!(of(&deep).unwrap_err().contains("more than 32 deep"));
        let many: Vec<String> = (0..=FIELDS).map(|n| format!(r#"{{"name":"{n}","kind":"text"}}"#)).collect();
        let many = format!(r#"{{"schema":1,"fields":[{}]}}"#, many.join(","));
        assert!(of(&many).unwrap_err().contains("more than 100000 fields"));
        let brackets = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(of(&brackets).is_err());
    }
}
