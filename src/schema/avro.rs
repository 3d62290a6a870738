//! Schemas of Avro (specification 1.12).
//!
//! Names that Avro does not allow are made valid; a property says the name in the source, which
//! [reading](super::avsc) takes.

use serde_json::{Map, Value, json};

use super::names::{Names, is_word};
use crate::record::{Kind, Schema, Type, Unit};

/// The property of a field that has another name in the source.
pub(crate) const NAME: &str = "pagemill.name";
/// A logical type that only pagemill knows: Avro has no time of day in nanoseconds.
pub(crate) const TIME_NANOS: &str = "pagemill.time-nanos";
/// The property of a time that is counted in seconds, which Avro does not.
pub(crate) const UNIT: &str = "pagemill.unit";

/// A schema as one of Avro.
pub(crate) fn write(schema: &Schema, name: &str) -> Value {
    let mut names = Names::new();
    let name = names.word(name);
    record(schema, name, &mut names)
}

/// A record; `names`: those of all records, enums and fixed bytes.
fn record(schema: &Schema, name: String, names: &mut Names) -> Value {
    let mut own = Names::new();
    let mut fields = Vec::new();
    for index in 0..schema.len() {
        let source = String::from_utf8_lossy(schema.name(index));
        let (field, of) = (own.word(&source), schema.type_of(index));
        let mut made = Map::new();
        made.insert("name".into(), json!(field));
        made.insert("type".into(), nullable(of, &format!("{name}_{field}"), names));
        if of.nullable {
            made.insert("default".into(), Value::Null);
        }
        if field != source {
            made.insert(NAME.into(), json!(source));
        }
        fields.push(Value::Object(made));
    }
    json!({ "type": "record", "name": name, "fields": fields })
}

/// A type, in a union with null if it may be null.
fn nullable(of: &Type, name: &str, names: &mut Names) -> Value {
    let kinds = match &of.kind {
        Kind::Union(types) => union(types, name, names),
        kind => vec![written(kind, name, names)],
    };
    let nulls = of.nullable || matches!(&of.kind, Kind::Union(types) if types.iter().any(|of| of.nullable));
    match <[Value; 1]>::try_from(kinds) {
        Ok([kind]) if !nulls => kind,
        Ok([kind]) => json!(["null", kind]),
        Err(kinds) if nulls => Value::Array(std::iter::once(json!("null")).chain(kinds).collect()),
        Err(kinds) => Value::Array(kinds),
    }
}

/// The kinds of a union. Avro tells them apart by what they are written as: where two are written alike, the later one is
/// text.
fn union(types: &[Type], name: &str, names: &mut Names) -> Vec<Value> {
    let mut kinds: Vec<Value> = Vec::new();
    for of in types {
        let kind = match &of.kind {
            // A union has no unions.
            Kind::Union(_) => json!("string"),
            kind => written(kind, name, names),
        };
        let is_taken = |kind: &Value| kinds.iter().any(|known| branch(known) == branch(kind));
        let kind = if is_taken(&kind) { json!("string") } else { kind };
        if !is_taken(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// What Avro tells a kind of a union by.
fn branch(kind: &Value) -> &Value {
    let of = kind.get("type").unwrap_or(kind);
    match of.as_str() {
        Some("record" | "enum" | "fixed") => &kind["name"],
        _ => of,
    }
}

fn logical(of: &str, name: &str) -> Value {
    json!({ "type": of, "logicalType": name })
}

fn decimal(precision: u32, scale: u32) -> Value {
    json!({ "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale })
}

fn written(kind: &Kind, name: &str, names: &mut Names) -> Value {
    match kind {
        Kind::Bool => json!("boolean"),
        Kind::Int(64) | Kind::UInt(32) => json!("long"),
        Kind::Int(_) | Kind::UInt(8 | 16) => json!("int"),
        Kind::UInt(_) => decimal(20, 0),
        Kind::Float(64) => json!("double"),
        Kind::Float(_) => json!("float"),
        Kind::Decimal { precision, scale } => match u32::try_from(*scale) {
            Ok(scale) => decimal(u32::from(*precision).max(scale), scale),
            // With zeros after the digits.
            Err(_) => decimal(u32::from(*precision) + u32::from(scale.unsigned_abs()), 0),
        },
        Kind::Date => logical("int", "date"),
        Kind::Time(Unit::Second) => seconds(logical("int", "time-millis")),
        Kind::Time(Unit::Milli) => logical("int", "time-millis"),
        Kind::Time(Unit::Micro) => logical("long", "time-micros"),
        // There is no time of nanoseconds.
        Kind::Time(Unit::Nano) => json!("string"),
        Kind::Timestamp { unit, utc } => {
            let unit = match unit {
                Unit::Second | Unit::Milli => "millis",
                Unit::Micro => "micros",
                Unit::Nano => "nanos",
            };
            let made = logical("long", &format!("{}timestamp-{unit}", if *utc { "" } else { "local-" }));
            if matches!(kind, Kind::Timestamp { unit: Unit::Second, .. }) { seconds(made) } else { made }
        }
        Kind::Any | Kind::Text => json!("string"),
        Kind::Bytes(None) => json!("bytes"),
        Kind::Bytes(Some(size)) => json!({ "type": "fixed", "name": names.word(name), "size": size }),
        Kind::Enum(symbols) if symbols.iter().all(|symbol| is_word(symbol)) => {
            let symbols: Vec<&str> = symbols.iter().map(|symbol| &**symbol).collect();
            json!({ "type": "enum", "name": names.word(name), "symbols": symbols })
        }
        Kind::Enum(_) => json!("string"),
        Kind::List(items) => json!({ "type": "array", "items": nullable(items, &format!("{name}_item"), names) }),
        Kind::Map(values) => json!({ "type": "map", "values": nullable(values, &format!("{name}_value"), names) }),
        Kind::Record(schema) => {
            let name = names.word(name);
            record(schema, name, names)
        }
        // It is not alone: its kinds are those of the union around it.
        Kind::Union(_) => json!("string"),
    }
}

fn seconds(mut made: Value) -> Value {
    made[UNIT] = json!("s");
    made
}
