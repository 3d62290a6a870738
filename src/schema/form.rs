//! The forms in which a schema is written.

use super::{File, arrow, avro, json_schema, proto, sql, table};
use crate::error::{Error, Result};

/// A form of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A table for people.
    Table,
    /// Pagemill's own, which `--schema` reads.
    Json,
    /// An Avro schema, which `--schema` reads too.
    Avro,
    /// A JSON Schema (2020-12) of each record as JSON.
    JsonSchema,
    /// A message of Protocol Buffers (proto3).
    Proto,
    /// A schema of Arrow, as JSON.
    Arrow,
    /// A table of PostgreSQL.
    Postgres,
    /// A table of DuckDB.
    Duckdb,
}

/// The forms with their names.
const FORMS: [(&str, Form); 8] = [
    ("table", Form::Table),
    ("json", Form::Json),
    ("avro", Form::Avro),
    ("json-schema", Form::JsonSchema),
    ("proto", Form::Proto),
    ("arrow", Form::Arrow),
    ("postgres", Form::Postgres),
    ("duckdb", Form::Duckdb),
];

impl Form {
    /// The names of all forms.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FORMS.iter().map(|(name, _)| *name)
    }

    /// The form of this name, in any case.
    pub fn named(name: &str) -> Option<Form> {
        FORMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, form)| *form)
    }

    /// The form that files with this extension have, if there is only one.
    pub fn of_extension(extension: &str) -> Option<Form> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "json" => Form::Json,
            "avsc" => Form::Avro,
            "proto" => Form::Proto,
            "txt" => Form::Table,
            _ => return None,
        })
    }

    /// A schema in this form; `name`: what is described, for forms that give it a name. A table for people is
    /// made of [its rows](Form::rows).
    ///
    /// # Errors
    /// The form has no such schema.
    pub fn write(self, file: &File, name: &str) -> Result<String> {
        if self == Form::Json {
            return Ok(file.text());
        }
        let schema = match self {
            // These count nanoseconds in 64 bits, which do not hold every year.
            Form::Avro | Form::Arrow => file.within_nanoseconds().schema(),
            _ => file.schema(),
        };
        let schema = schema.map_err(Error::refused)?;
        let in_lines = |value: serde_json::Value| serde_json::to_string_pretty(&value).unwrap_or_default() + "\n";
        match self {
            Form::Table | Form::Json => Ok(file.text()),
            Form::Avro => Ok(in_lines(avro::write(&schema, name))),
            Form::JsonSchema => Ok(in_lines(json_schema::write(&schema, name))),
            Form::Proto => Ok(proto::write(&schema, name)),
            Form::Arrow => Ok(in_lines(arrow::write(&schema))),
            Form::Postgres => sql::write(&schema, name, sql::System::Postgres),
            Form::Duckdb => sql::write(&schema, name, sql::System::Duckdb),
        }
    }

    /// The rows of a table for people, with a header.
    pub fn rows(file: &File) -> Vec<Vec<String>> {
        table::rows(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_that_64_bits_do_not_hold_are_text() {
        let field = |min: &str, max: &str| {
            let text = format!(
                r#"{{"schema":1,"fields":[{{"name":"l","kind":"list","items":{{"kind":"timestamp","unit":"ns","utc":true,
                "seen":{{"values":2,"nulls":0,"absent":0,"min":"{min}","max":"{max}"}}}}}}]}}"#
            );
            let file = File::read(text.as_bytes()).unwrap();
            [Form::Avro, Form::Arrow].map(|form| form.write(&file, "t").unwrap())
        };
        let [avro, arrow] = field("1678-01-01T00:00:00.000000000Z", "2261-12-31T23:59:59.999999999Z");
        assert!(avro.contains("timestamp-nanos") && arrow.contains("NANOSECOND"), "{avro} {arrow}");
        for (min, max) in [
            ("1601-01-01T00:00:00.000000000Z", "2024-01-01T00:00:00.000000000Z"),
            ("2024-01-01T00:00:00.000000000Z", "9999-12-31T00:00:00.000000000Z"),
        ] {
            let [avro, arrow] = field(min, max);
            assert!(avro.contains("\"string\"") && !avro.contains("nanos"), "{avro}");
            assert!(arrow.contains("utf8") && !arrow.contains("NANOSECOND"), "{arrow}");
        }
    }
}
