//! The records of columns as data of Avro: how they travel to the threads that make columns, and from those that read
//! them. What Avro has no type for is written as one that holds all its values.

use std::collections::HashSet;
use std::fmt;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use serde_json::{Value, json};

use super::shape::{digits, has_text_keys, is_in_seconds, is_uuid, plain};
use crate::schema::UNIT;

/// Why columns can't be fields of records.
pub(super) enum Refused {
    /// A field has a type that no schema can say.
    Type { field: String, of: String },
    /// Two have this name.
    Twice { field: String },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Type { field, of } => {
                write!(f, "the column `{field}` has the type {of}, which records can't have")
            }
            Refused::Twice { field } => {
                write!(f, "two columns have the name `{field}`, and fields of records have different ones")
            }
        }
    }
}

/// The schema of these fields.
///
/// # Errors
/// A type that records can't have, or a name that two fields have.
pub(super) fn schema(fields: &Fields) -> Result<Value, Refused> {
    let mut named = 0;
    record(fields, &mut named, "")
}

fn name(named: &mut u64) -> String {
    *named += 1;
    format!("r{named}")
}

fn record(fields: &Fields, named: &mut u64, path: &str) -> Result<Value, Refused> {
    let own = name(named);
    let (mut made, mut known) = (Vec::with_capacity(fields.len()), HashSet::new());
    for field in fields {
        let path = if path.is_empty() { field.name().clone() } else { format!("{path}.{}", field.name()) };
        if !known.insert(field.name()) {
            return Err(Refused::Twice { field: path });
        }
        let mut one = json!({ "name": field.name(), "type": nullable(field, named, &path)? });
        if field.is_nullable() {
            one["default"] = Value::Null;
        }
        made.push(one);
    }
    Ok(json!({ "type": "record", "name": own, "fields": made }))
}

/// A type, in a union with null if it may be null.
fn nullable(field: &Field, named: &mut u64, path: &str) -> Result<Value, Refused> {
    let of = of(field, named, path)?;
    Ok(if field.is_nullable() && of != "null" { json!(["null", of]) } else { of })
}

fn logical(of: &str, name: &str) -> Value {
    json!({ "type": of, "logicalType": name })
}

fn seconds(mut of: Value, field: &Field) -> Value {
    if is_in_seconds(field) {
        of[UNIT] = json!("s");
    }
    of
}

fn decimal(precision: u8, scale: i8) -> Value {
    let (precision, scale) = digits(precision, scale);
    json!({ "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale })
}

fn of(field: &Field, named: &mut u64, path: &str) -> Result<Value, Refused> {
    let array = |items: Value| json!({ "type": "array", "items": items });
    Ok(match plain(field.data_type()) {
        DataType::Null => json!("null"),
        DataType::Boolean => json!("boolean"),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => json!("int"),
        DataType::Int64 | DataType::UInt32 => json!("long"),
        DataType::UInt64 => decimal(20, 0),
        DataType::Float16 | DataType::Float32 => json!("float"),
        DataType::Float64 => json!("double"),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => decimal(*precision, *scale),
        DataType::Date32 | DataType::Date64 => logical("int", "date"),
        DataType::Time32(_) => seconds(logical("int", "time-millis"), field),
        DataType::Time64(TimeUnit::Nanosecond) => logical("long", crate::schema::TIME_NANOS),
        DataType::Time64(_) => logical("long", "time-micros"),
        DataType::Timestamp(unit, zone) => {
            let name = match unit {
                TimeUnit::Second | TimeUnit::Millisecond => "millis",
                TimeUnit::Microsecond => "micros",
                TimeUnit::Nanosecond => "nanos",
            };
            let local = if zone.is_some() { "" } else { "local-" };
            seconds(logical("long", &format!("{local}timestamp-{name}")), field)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => json!("string"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => json!("bytes"),
        DataType::FixedSizeBinary(size) => {
            let mut made = json!({ "type": "fixed", "name": name(named), "size": size });
            if is_uuid(field) {
                made["logicalType"] = json!("uuid");
            }
            made
        }
        DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano)
        | DataType::Duration(_) => json!("string"),
        DataType::List(items) | DataType::LargeList(items) | DataType::FixedSizeList(items, _) => {
            array(nullable(items, named, &format!("{path}[]"))?)
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(parts) if has_text_keys(parts) => {
                json!({ "type": "map", "values": nullable(&parts[1], named, path)? })
            }
            DataType::Struct(parts) => array(record(parts, named, path)?),
            other => return Err(Refused::Type { field: path.to_owned(), of: other.to_string() }),
        },
        DataType::Struct(fields) => record(fields, named, path)?,
        other => return Err(Refused::Type { field: path.to_owned(), of: other.to_string() }),
    })
}
