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
        let schema = file.schema().map_err(Error::refused)?;
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
