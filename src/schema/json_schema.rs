//! JSON Schemas (2020-12) of records as JSON has them.

use serde_json::{Map, Value, json};

use crate::record::{Kind, Schema, Type, Unit};

/// A schema of one record.
pub(super) fn write(schema: &Schema, name: &str) -> Value {
    let mut made = object(schema);
    let mut first = Map::new();
    first.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    first.insert("title".into(), json!(name));
    first.append(&mut made);
    Value::Object(first)
}

fn object(schema: &Schema) -> Map<String, Value> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for index in 0..schema.len() {
        let (name, of) = (String::from_utf8_lossy(schema.name(index)).into_owned(), schema.type_of(index));
        if !of.nullable {
            required.push(json!(name));
        }
        properties.insert(name, written(of));
    }
    let mut made = Map::new();
    made.insert("type".into(), json!("object"));
    made.insert("properties".into(), Value::Object(properties));
    made.insert("required".into(), Value::Array(required));
    made
}

fn written(of: &Type) -> Value {
    let mut made = kind(&of.kind);
    if !of.nullable {
        return made;
    }
    if let Some(any) = made.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.push(json!({ "type": "null" }));
    } else if let Some(texts) = made.get_mut("enum").and_then(Value::as_array_mut) {
        texts.push(Value::Null);
    } else if let Some(own) = made.get_mut("type") {
        *own = json!([own.clone(), "null"]);
    }
    made
}

/// Digits after the point of seconds.
fn fraction(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "",
        Unit::Milli => r"\.[0-9]{3}",
        Unit::Micro => r"\.[0-9]{6}",
        Unit::Nano => r"\.[0-9]{9}",
    }
}

const CLOCK: &str = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]";
const DAY: &str = "[0-9]{4}-[0-1][0-9]-[0-3][0-9]";

fn kind(of: &Kind) -> Value {
    let integer = |low: i128, high: i128| {
        let number = |number: i128| number.to_string().parse::<serde_json::Number>().ok();
        json!({ "type": "integer", "minimum": number(low), "maximum": number(high) })
    };
    match of {
        Kind::Any => json!({}),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int(bits) => integer(-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        Kind::UInt(bits) => integer(0, (1i128 << bits) - 1),
        Kind::Float(_) => json!({ "type": "number" }),
        Kind::Decimal { scale: ..=0, .. } => json!({ "type": "integer" }),
        Kind::Decimal { .. } => json!({ "type": "number" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Time(unit) => json!({ "type": "string", "pattern": format!("^{CLOCK}{}$", fraction(*unit)) }),
        Kind::Timestamp { unit, utc } => {
            let zone = if *utc { "Z" } else { "" };
            let pattern = format!("^{DAY}T{CLOCK}{}{zone}$", fraction(*unit));
            match utc {
                true => json!({ "type": "string", "format": "date-time", "pattern": pattern }),
                false => json!({ "type": "string", "pattern": pattern }),
            }
        }
        Kind::Text => json!({ "type": "string" }),
        Kind::Bytes(_) => json!({ "type": "string", "contentEncoding": "base64" }),
        Kind::List(items) => json!({ "type": "array", "items": written(items) }),
        Kind::Map(values) => json!({ "type": "object", "additionalProperties": written(values) }),
        Kind::Record(schema) => Value::Object(object(schema)),
        Kind::Enum(symbols) => json!({ "enum": symbols.iter().map(|symbol| &**symbol).collect::<Vec<_>>() }),
        Kind::Union(types) => json!({ "anyOf": types.iter().map(written).collect::<Vec<_>>() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_schema_of_records() {
        let schema = Schema::typed([
            ("id", Kind::Int(8).into()),
            ("t", Type { kind: Kind::Text, nullable: true }),
            ("l", Kind::List(Arc::new(Kind::Date.into())).into()),
            ("u", Type { kind: Kind::Union([Kind::Bool.into(), Kind::Text.into()].into()), nullable: true }),
        ]);
        let wanted = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "trips",
            "type": "object",
            "properties": {
                "id": { "type": "integer", "minimum": -128, "maximum": 127 },
                "t": { "type": ["string", "null"] },
                "l": { "type": "array", "items": { "type": "string", "format": "date" } },
                "u": { "anyOf": [{ "type": "boolean" }, { "type": "string" }, { "type": "null" }] },
            },
            "required": ["id", "l"],
        });
        assert_eq!(write(&schema, "trips"), wanted);
    }
}
