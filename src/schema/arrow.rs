//! Schemas of Arrow, in the JSON form that its implementations exchange for tests (`arrow_json` in its documentation).

use serde_json::{Value, json};

use crate::record::{Kind, Schema, Type, Unit};

/// A schema.
pub(super) fn write(schema: &Schema) -> Value {
    json!({ "schema": { "fields": fields(schema), "metadata": [] } })
}

fn fields(schema: &Schema) -> Vec<Value> {
    let field = |index| written(&String::from_utf8_lossy(schema.name(index)), schema.type_of(index));
    (0..schema.len()).map(field).collect()
}

fn written(name: &str, of: &Type) -> Value {
    let (kind, children) = kind(&of.kind);
    json!({ "name": name, "nullable": of.nullable, "type": kind, "children": children })
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "SECOND",
        Unit::Milli => "MILLISECOND",
        Unit::Micro => "MICROSECOND",
        Unit::Nano => "NANOSECOND",
    }
}

/// A type, and the fields inside it.
fn kind(of: &Kind) -> (Value, Vec<Value>) {
    let integer = |bits: u8, signed: bool| json!({ "name": "int", "bitWidth": bits, "isSigned": signed });
    let plain = match of {
        Kind::Bool => json!({ "name": "bool" }),
        Kind::Int(bits) => integer(*bits, true),
        Kind::UInt(bits) => integer(*bits, false),
        Kind::Float(bits) => {
            let precision = match bits {
                16 => "HALF",
                32 => "SINGLE",
                _ => "DOUBLE",
            };
            json!({ "name": "floatingpoint", "precision": precision })
        }
        Kind::Decimal { precision: precision @ ..=76, scale } => {
            let bits = if *precision <= 38 { 128 } else { 256 };
            json!({ "name": "decimal", "precision": precision, "scale": scale, "bitWidth": bits })
        }
        Kind::Date => json!({ "name": "date", "unit": "DAY" }),
        Kind::Time(unit) => {
            let bits = if matches!(unit, Unit::Second | Unit::Milli) { 32 } else { 64 };
            json!({ "name": "time", "unit": unit_name(*unit), "bitWidth": bits })
        }
        Kind::Timestamp { unit, utc: true } => {
            json!({ "name": "timestamp", "unit": unit_name(*unit), "timezone": "UTC" })
        }
        Kind::Timestamp { unit, utc: false } => json!({ "name": "timestamp", "unit": unit_name(*unit) }),
        Kind::Bytes(None) => json!({ "name": "binary" }),
        Kind::Bytes(Some(size)) => json!({ "name": "fixedsizebinary", "byteWidth": size }),
        Kind::List(items) => return (json!({ "name": "list" }), vec![written("item", items)]),
        Kind::Map(values) => {
            let key = written("key", &Kind::Text.into());
            let children = [key, written("value", values)];
            let entries =
                json!({ "name": "entries", "nullable": false, "type": { "name": "struct" }, "children": children });
            return (json!({ "name": "map", "keysSorted": false }), vec![entries]);
        }
        Kind::Record(schema) => return (json!({ "name": "struct" }), fields(schema)),
        Kind::Union(types) => {
            let ids: Vec<usize> = (0..types.len()).collect();
            let children = types.iter().enumerate().map(|(id, of)| written(&id.to_string(), of));
            return (json!({ "name": "union", "mode": "DENSE", "typeIds": ids }), children.collect());
        }
        Kind::Any | Kind::Text | Kind::Enum(_) | Kind::Decimal { .. } => json!({ "name": "utf8" }),
    };
    (plain, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn types_of_arrow() {
        let stamp = Kind::Timestamp { unit: Unit::Milli, utc: true };
        let schema = Schema::typed([
            ("id", Kind::UInt(64).into()),
            ("l", Type { kind: Kind::List(Arc::new(stamp.into())), nullable: true }),
        ]);
        let stamp = json!({ "name": "timestamp", "unit": "MILLISECOND", "timezone": "UTC" });
        let item = json!({ "name": "item", "nullable": false, "type": stamp, "children": [] });
        let wanted = json!({ "schema": { "metadata": [], "fields": [
            { "name": "id", "nullable": false, "children": [],
              "type": { "name": "int", "bitWidth": 64, "isSigned": false } },
            { "name": "l", "nullable": true, "type": { "name": "list" }, "children": [item] },
        ] } });
        assert_eq!(write(&schema), wanted);
    }
}
