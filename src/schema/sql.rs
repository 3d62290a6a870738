//! Tables of SQL.

use super::names::Names;
use crate::error::{Error, Result};
use crate::record::{Kind, Schema, Type, Unit};

/// A system with tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Postgres,
    Duckdb,
}

/// The statement that makes a table for such records.
///
/// # Errors
/// There are no fields.
pub(super) fn write(schema: &Schema, name: &str, system: System) -> Result<String> {
    if schema.is_empty() {
        return Err(Error::refused("there are no fields, so there is no table"));
    }
    let mut names = system.names();
    let mut columns = Vec::new();
    for index in 0..schema.len() {
        let source = String::from_utf8_lossy(schema.name(index));
        let (name, of) = (quoted(&names.unique(&named(&source))), schema.type_of(index));
        let column = match system {
            System::Postgres => postgres(&of.kind),
            System::Duckdb => duckdb(&of.kind),
        };
        let not_null = if of.nullable { "" } else { " NOT NULL" };
        let check = match &of.kind {
            Kind::Enum(symbols) if system == System::Postgres => format!(" CHECK ({name} IN ({}))", texts(symbols)),
            _ => String::new(),
        };
        columns.push(format!("    {name} {column}{not_null}{check}"));
    }
    Ok(format!("CREATE TABLE {} (\n{}\n);\n", quoted(&named(name)), columns.join(",\n")))
}

impl System {
    /// DuckDB does not tell capital and small letters apart, not even in quotes.
    fn names(self) -> Names {
        match self {
            System::Postgres => Names::new(),
            System::Duckdb => Names::folding(),
        }
    }
}

/// A name that is one: not empty, and without zeros.
fn named(name: &str) -> String {
    match name.replace('\0', "\u{fffd}") {
        name if name.is_empty() => "_".to_owned(),
        name => name,
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn texts(symbols: &[Box<str>]) -> String {
    let text = |symbol: &str| format!("'{}'", named(symbol).replace('\'', "''"));
    symbols.iter().map(|symbol| text(symbol)).collect::<Vec<_>>().join(", ")
}

fn postgres(kind: &Kind) -> String {
    let digits = |unit: Unit| match unit {
        Unit::Second => Some(0),
        Unit::Milli => Some(3),
        Unit::Micro => Some(6),
        // Its clock has no nanoseconds.
        Unit::Nano => None,
    };
    match kind {
        Kind::Bool => "boolean".into(),
        Kind::Int(8 | 16) | Kind::UInt(8) => "smallint".into(),
        Kind::Int(32) | Kind::UInt(16) => "integer".into(),
        Kind::Int(_) | Kind::UInt(32) => "bigint".into(),
        Kind::UInt(_) => "numeric(20,0)".into(),
        Kind::Float(64) => "double precision".into(),
        Kind::Float(_) => "real".into(),
        Kind::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        Kind::Date => "date".into(),
        Kind::Time(unit) => digits(*unit).map_or_else(|| "text".into(), |digits| format!("time({digits})")),
        Kind::Timestamp { unit, utc } => {
            let zone = if *utc { " with time zone" } else { "" };
            digits(*unit).map_or_else(|| "text".into(), |digits| format!("timestamp({digits}){zone}"))
        }
        Kind::Text | Kind::Enum(_) => "text".into(),
        Kind::Bytes(_) => "bytea".into(),
        Kind::List(items) if !is_inside(&items.kind) => format!("{}[]", postgres(&items.kind)),
        Kind::Any | Kind::List(_) | Kind::Map(_) | Kind::Record(_) | Kind::Union(_) => "jsonb".into(),
    }
}

/// Whether PostgreSQL has no array of such values.
fn is_inside(kind: &Kind) -> bool {
    matches!(kind, Kind::Any | Kind::List(_) | Kind::Map(_) | Kind::Record(_) | Kind::Union(_))
}

fn duckdb(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "BOOLEAN".into(),
        Kind::Int(8) => "TINYINT".into(),
        Kind::Int(16) => "SMALLINT".into(),
        Kind::Int(32) => "INTEGER".into(),
        Kind::Int(_) => "BIGINT".into(),
        Kind::UInt(8) => "UTINYINT".into(),
        Kind::UInt(16) => "USMALLINT".into(),
        Kind::UInt(32) => "UINTEGER".into(),
        Kind::UInt(_) => "UBIGINT".into(),
        Kind::Float(64) => "DOUBLE".into(),
        Kind::Float(_) => "FLOAT".into(),
        Kind::Decimal { precision: precision @ ..=38, scale: scale @ 0.. } if *scale as u8 <= *precision => {
            format!("DECIMAL({precision},{scale})")
        }
        Kind::Date => "DATE".into(),
        Kind::Time(Unit::Nano) => "VARCHAR".into(),
        Kind::Time(_) => "TIME".into(),
        // The one with a time zone counts microseconds.
        Kind::Timestamp { unit: Unit::Nano, utc: true } => "VARCHAR".into(),
        Kind::Timestamp { utc: true, .. } => "TIMESTAMP WITH TIME ZONE".into(),
        Kind::Timestamp { unit, utc: false } => match unit {
            Unit::Second => "TIMESTAMP_S".into(),
            Unit::Milli => "TIMESTAMP_MS".into(),
            Unit::Micro => "TIMESTAMP".into(),
            Unit::Nano => "TIMESTAMP_NS".into(),
        },
        Kind::Bytes(_) => "BLOB".into(),
        Kind::List(items) => format!("{}[]", duckdb(&items.kind)),
        Kind::Map(values) => format!("MAP(VARCHAR, {})", duckdb(&values.kind)),
        Kind::Record(schema) if !schema.is_empty() => format!("STRUCT({})", members(schema)),
        Kind::Enum(symbols) => format!("ENUM({})", texts(symbols)),
        Kind::Union(types) => {
            let mut names = System::Duckdb.names();
            let member = |of: &Type| {
                let kind = duckdb(&of.kind);
                let name: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
                format!("{} {kind}", quoted(&names.unique(&name.to_lowercase())))
            };
            format!("UNION({})", types.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Kind::Any | Kind::Record(_) => "JSON".into(),
        Kind::Text | Kind::Decimal { .. } => "VARCHAR".into(),
    }
}

fn members(schema: &Schema) -> String {
    let mut names = System::Duckdb.names();
    let member = |index| {
        let name = names.unique(&named(&String::from_utf8_lossy(schema.name(index))));
        format!("{} {}", quoted(&name), duckdb(&schema.type_of(index).kind))
    };
    (0..schema.len()).map(member).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn tables_with_names_in_quotes() {
        let inner = Schema::typed([("x", Kind::Date.into()), ("X", Kind::Text.into())]);
        let schema = Schema::typed([
            ("id", Kind::Int(64).into()),
            ("say \"hi\"", Type { kind: Kind::Decimal { precision: 5, scale: 2 }, nullable: true }),
            ("at", Kind::Timestamp { unit: Unit::Milli, utc: true }.into()),
            ("tags", Kind::List(Arc::new(Kind::Text.into())).into()),
            ("r", Kind::Record(Arc::new(inner)).into()),
            ("e", Kind::Enum(["it's".into()].into()).into()),
        ]);
        let postgres = "CREATE TABLE \"my \"\"trips\" (\n    \"id\" bigint NOT NULL,\n    \"say \"\"hi\"\"\" numeric(5,2),\n    \"at\" timestamp(3) with time zone NOT NULL,\n    \"tags\" text[] NOT NULL,\n    \"r\" jsonb NOT NULL,\n    \"e\" text NOT NULL CHECK (\"e\" IN ('it''s'))\n);\n";
        assert_eq!(write(&schema, "my \"trips", System::Postgres).unwrap(), postgres);
        let duckdb = "CREATE TABLE \"t\" (\n    \"id\" BIGINT NOT NULL,\n    \"say \"\"hi\"\"\" DECIMAL(5,2),\n    \"at\" TIMESTAMP WITH TIME ZONE NOT NULL,\n    \"tags\" VARCHAR[] NOT NULL,\n    \"r\" STRUCT(\"x\" DATE, \"X_2\" VARCHAR) NOT NULL,\n    \"e\" ENUM('it''s') NOT NULL\n);\n";
        assert_eq!(write(&schema, "t", System::Duckdb).unwrap(), duckdb);
        assert!(write(&Schema::default(), "t", System::Duckdb).is_err());
    }
}
