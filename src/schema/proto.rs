//! Messages of Protocol Buffers (proto3).
//!
//! What Protocol Buffers don't have is a string: decimals, dates, times without a zone. A list of lists, and a list or a map in
//! a union, gets a message of its own around it.

use super::names::{Names, word};
use crate::record::{Kind, Schema, Type};

/// Numbers of fields that are not for users.
const RESERVED: std::ops::RangeInclusive<usize> = 19_000..=19_999;

/// A file with one message.
pub(super) fn write(schema: &Schema, name: &str) -> String {
    let mut made = Made { text: String::new(), moments: false };
    made.message(schema, &capitals(name), 0);
    let import = if made.moments { "import \"google/protobuf/timestamp.proto\";\n\n" } else { "" };
    format!("syntax = \"proto3\";\n\n{import}{}", made.text)
}

/// A name in capitals: `TripPrices`.
fn capitals(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let joined: String = parts.map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect();
    word(&joined)
}

/// The name that a field has in JSON unless it says another one.
fn json_name(name: &str) -> String {
    let (mut made, mut up) = (String::new(), false);
    for c in name.chars() {
        match c {
            '_' => up = true,
            c => {
                made.push(if up { c.to_ascii_uppercase() } else { c });
                up = false;
            }
        }
    }
    made
}

/// A text as a literal.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        c if c.is_control() && u32::from(c) < 128 => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

struct Made {
    text: String,
    /// A field is a moment.
    moments: bool,
}

/// Names of what is declared in a message: nested types, fields and oneofs share them.
struct Scope {
    names: Names,
    number: usize,
}

impl Scope {
    fn number(&mut self) -> usize {
        self.number += 1;
        if RESERVED.contains(&self.number) {
            self.number = RESERVED.end() + 1;
        }
        self.number
    }
}

impl Made {
    fn line(&mut self, level: usize, line: &str) {
        self.text += &format!("{}{line}\n", "  ".repeat(level));
    }

    fn message(&mut self, schema: &Schema, name: &str, level: usize) {
        self.line(level, &format!("message {name} {{"));
        let mut scope = Scope { names: Names::folding(), number: 0 };
        for index in 0..schema.len() {
            let source = String::from_utf8_lossy(schema.name(index)).into_owned();
            self.field(&source, schema.type_of(index), &mut scope, level + 1);
        }
        self.line(level, "}");
    }

    fn field(&mut self, source: &str, of: &Type, scope: &mut Scope, level: usize) {
        let name = scope.names.word(source);
        // The compiler keeps names in brackets to itself, and has no texts with a zero.
        let can_say = !(source.contains('\0') || source.starts_with('[') && source.ends_with(']'));
        let option = match json_name(&name) == source || !can_say {
            true => String::new(),
            false => format!(" [json_name = {}]", quoted(source)),
        };
        match &of.kind {
            Kind::List(items) => {
                let inner = self.single(items, &name, scope, level);
                let number = scope.number();
                self.line(level, &format!("repeated {inner} {name} = {number}{option};"));
            }
            Kind::Map(values) => {
                let inner = self.single(values, &name, scope, level);
                let number = scope.number();
                self.line(level, &format!("map<string, {inner}> {name} = {number}{option};"));
            }
            Kind::Union(types) => self.oneof(types, &name, scope, level),
            _ => {
                let inner = self.single(of, &name, scope, level);
                let number = scope.number();
                // Then it shows whether there is a value.
                let optional = if of.nullable && !matches!(of.kind, Kind::Record(_)) { "optional " } else { "" };
                self.line(level, &format!("{optional}{inner} {name} = {number}{option};"));
            }
        }
    }

    fn oneof(&mut self, types: &[Type], name: &str, scope: &mut Scope, level: usize) {
        let kinds: Vec<(String, String)> = types
            .iter()
            .map(|of| {
                let field = scope.names.word(&format!("{name}_{}", short(&of.kind)));
                (self.single(of, &field, scope, level), field)
            })
            .collect();
        self.line(level, &format!("oneof {name} {{"));
        for (kind, field) in kinds {
            let number = scope.number();
            self.line(level + 1, &format!("{kind} {field} = {number};"));
        }
        self.line(level, "}");
    }

    /// The type of one value; a message that it needs is declared before.
    fn single(&mut self, of: &Type, name: &str, scope: &mut Scope, level: usize) -> String {
        let plain = match &of.kind {
            Kind::Bool => "bool",
            Kind::Int(64) => "int64",
            Kind::Int(_) => "int32",
            Kind::UInt(64) => "uint64",
            Kind::UInt(_) => "uint32",
            Kind::Float(64) => "double",
            Kind::Float(_) => "float",
            Kind::Bytes(_) => "bytes",
            Kind::Timestamp { utc: true, .. } => {
                self.moments = true;
                "google.protobuf.Timestamp"
            }
            Kind::Record(schema) => {
                let name = scope.names.word(&capitals(name));
                self.message(schema, &name, level);
                return name;
            }
            Kind::List(_) | Kind::Map(_) | Kind::Union(_) => {
                let name = scope.names.word(&capitals(name));
                self.line(level, &format!("message {name} {{"));
                let mut inner = Scope { names: Names::folding(), number: 0 };
                self.field("value", of, &mut inner, level + 1);
                self.line(level, "}");
                return name;
            }
            Kind::Any
            | Kind::Text
            | Kind::Enum(_)
            | Kind::Decimal { .. }
            | Kind::Date
            | Kind::Time(_)
            | Kind::Timestamp { .. } => "string",
        };
        plain.to_owned()
    }
}

/// A word for a kind.
fn short(kind: &Kind) -> &'static str {
    match kind {
        Kind::Any => "any",
        Kind::Bool => "bool",
        Kind::Int(_) | Kind::UInt(_) => "int",
        Kind::Float(_) => "float",
        Kind::Decimal { .. } => "decimal",
        Kind::Date => "date",
        Kind::Time(_) => "time",
        Kind::Timestamp { .. } => "timestamp",
        Kind::Text => "text",
        Kind::Bytes(_) => "bytes",
        Kind::List(_) => "list",
        Kind::Map(_) => "map",
        Kind::Record(_) => "record",
        Kind::Enum(_) => "enum",
        Kind::Union(_) => "union",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unit;
    use std::sync::Arc;

    #[test]
    fn a_message_with_what_it_needs() {
        let inner = Schema::typed([("x", Kind::Bool.into())]);
        let list = Kind::List(Arc::new(Kind::Text.into()));
        let schema = Schema::typed([
            ("id", Kind::Int(64).into()),
            ("from_station", Type { kind: Kind::Text, nullable: true }),
            ("at", Kind::Timestamp { unit: Unit::Second, utc: true }.into()),
            ("tags", list.clone().into()),
            ("rows", Kind::List(Arc::new(list.into())).into()),
            ("r", Kind::Record(Arc::new(inner)).into()),
            ("u", Kind::Union([Kind::Int(8).into(), Kind::Text.into()].into()).into()),
        ]);
        let wanted = r#"syntax = "proto3";

import "google/protobuf/timestamp.proto";

message BikeTrips {
  int64 id = 1;
  optional string from_station = 2 [json_name = "from_station"];
  google.protobuf.Timestamp at = 3;
  repeated string tags = 4;
  message Rows_2 {
    repeated string value = 1;
  }
  repeated Rows_2 rows = 5;
  message R_2 {
    bool x = 1;
  }
  R_2 r = 6;
  oneof u {
    int32 u_int = 7;
    string u_text = 8;
  }
}
"#;
        assert_eq!(write(&schema, "bike-trips"), wanted);
    }
}
