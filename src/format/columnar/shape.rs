//! The types of fields as Arrow has them, and back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema as Arrow, TimeUnit};

use crate::record::{Kind, Schema, Type, Unit};
use crate::schema::UNIT;

/// What Arrow calls the zone of moments that are the same everywhere.
const UTC: &str = "UTC";
/// The most digits of a decimal number of 128 bits, and of one of 256.
const DIGITS: [u8; 2] = [38, 76];
/// What the metadata of a field says that is shown in seconds.
const SECONDS: &str = "s";
/// How deep types are told.
const LEVELS: usize = 64;

/// The types of fields as columns.
pub(super) fn arrow(schema: &Schema) -> Arrow {
    Arrow::new(fields(schema))
}

fn fields(schema: &Schema) -> Fields {
    (0..schema.len()).map(|index| named(&String::from_utf8_lossy(schema.name(index)), schema.type_of(index))).collect()
}

/// The first record without fields among these, or inside them.
pub(super) fn without_fields(fields: &Fields, path: &str) -> Option<String> {
    if fields.is_empty() {
        return Some(path.to_owned());
    }
    fields.iter().find_map(|field| {
        let path = if path.is_empty() { field.name().clone() } else { format!("{path}.{}", field.name()) };
        match field.data_type() {
            DataType::List(inner) | DataType::Map(inner, _) => {
                without_fields(&Fields::from(vec![inner.clone()]), &path)
            }
            DataType::Struct(fields) => without_fields(fields, &path),
            _ => None,
        }
    })
}

fn named(name: &str, of: &Type) -> Field {
    let field = Field::new(name, kind(&of.kind), of.nullable);
    match of.kind {
        Kind::Time(Unit::Second) | Kind::Timestamp { unit: Unit::Second, .. } => {
            field.with_metadata(HashMap::from([(UNIT.to_owned(), SECONDS.to_owned())]))
        }
        _ => field,
    }
}

/// Whether what a field counts in thousandths of a second is shown in seconds, where it is whole.
pub(super) fn is_in_seconds(field: &Field) -> bool {
    field.metadata().get(UNIT).is_some_and(|unit| unit == SECONDS)
        || matches!(
            plain(field.data_type()),
            DataType::Timestamp(TimeUnit::Second, _) | DataType::Time32(TimeUnit::Second)
        )
}

/// Whether a field has metadata, or one inside it.
pub(super) fn has_metadata(fields: &Fields) -> bool {
    fields.iter().any(|field| {
        !field.metadata().is_empty()
            || match field.data_type() {
                DataType::List(inner) | DataType::Map(inner, _) => has_metadata(&Fields::from(vec![inner.clone()])),
                DataType::Struct(fields) => has_metadata(fields),
                _ => false,
            }
    })
}

fn kind(of: &Kind) -> DataType {
    match of {
        Kind::Bool => DataType::Boolean,
        Kind::Int(8) => DataType::Int8,
        Kind::Int(16) => DataType::Int16,
        Kind::Int(32) => DataType::Int32,
        Kind::Int(_) => DataType::Int64,
        Kind::UInt(8) => DataType::UInt8,
        Kind::UInt(16) => DataType::UInt16,
        Kind::UInt(32) => DataType::UInt32,
        Kind::UInt(_) => DataType::UInt64,
        Kind::Float(64) => DataType::Float64,
        Kind::Float(_) => DataType::Float32,
        Kind::Decimal { precision, scale } => decimal(*precision, *scale),
        Kind::Date => DataType::Date32,
        Kind::Time(Unit::Second | Unit::Milli) => DataType::Time32(TimeUnit::Millisecond),
        Kind::Time(unit) => DataType::Time64(time_unit(*unit)),
        Kind::Timestamp { unit, utc } => DataType::Timestamp(time_unit(*unit), utc.then(|| UTC.into())),
        Kind::Bytes(Some(size @ 1..)) if i32::try_from(*size).is_ok() => DataType::FixedSizeBinary(*size as i32),
        Kind::Bytes(_) => DataType::Binary,
        Kind::List(items) => DataType::List(Arc::new(named("element", items))),
        Kind::Map(values) => {
            let key = Field::new("key", DataType::Utf8, false);
            let value = named("value", values);
            let entries = DataType::Struct(Fields::from(vec![key, value]));
            DataType::Map(Arc::new(Field::new("key_value", entries, false)), false)
        }
        Kind::Record(schema) => DataType::Struct(fields(schema)),
        Kind::Any | Kind::Text | Kind::Enum(_) | Kind::Union(_) => DataType::Utf8,
    }
}

/// How many digits a decimal number has, and how many of them are after the point. With a scale below zero, zeros follow
/// the digits.
pub(super) fn digits(precision: u8, scale: i8) -> (u8, i8) {
    match scale {
        ..0 => (precision.saturating_add(scale.unsigned_abs()), 0),
        _ => (precision.max(scale.unsigned_abs()), scale),
    }
}

fn decimal(precision: u8, scale: i8) -> DataType {
    let (precision, scale) = digits(precision, scale);
    match precision {
        precision if precision <= DIGITS[0] => DataType::Decimal128(precision.max(1), scale),
        precision if precision <= DIGITS[1] => DataType::Decimal256(precision, scale),
        _ => DataType::Utf8,
    }
}

/// The unit that moments are counted in: seconds may have parts, and are counted in thousandths.
fn time_unit(unit: Unit) -> TimeUnit {
    match unit {
        Unit::Second | Unit::Milli => TimeUnit::Millisecond,
        Unit::Micro => TimeUnit::Microsecond,
        Unit::Nano => TimeUnit::Nanosecond,
    }
}

/// The types of columns as those of fields.
pub(super) fn types(fields: &Fields) -> Schema {
    of_fields(fields, 0)
}

fn of_fields(fields: &Fields, level: usize) -> Schema {
    Schema::typed(fields.iter().map(|field| (field.name().as_bytes(), of_field(field, level))))
}

fn of_field(field: &Field, level: usize) -> Type {
    Type { kind: told(field, level), nullable: field.is_nullable() }
}

fn unit(of: TimeUnit, field: &Field) -> Unit {
    match of {
        TimeUnit::Second | TimeUnit::Millisecond if is_in_seconds(field) => Unit::Second,
        TimeUnit::Second | TimeUnit::Millisecond => Unit::Milli,
        TimeUnit::Microsecond => Unit::Micro,
        TimeUnit::Nanosecond => Unit::Nano,
    }
}

fn told(field: &Field, level: usize) -> Kind {
    if level > LEVELS {
        return Kind::Any;
    }
    match plain(field.data_type()) {
        DataType::Boolean => Kind::Bool,
        DataType::Int8 => Kind::Int(8),
        DataType::Int16 => Kind::Int(16),
        DataType::Int32 => Kind::Int(32),
        DataType::Int64 => Kind::Int(64),
        DataType::UInt8 => Kind::UInt(8),
        DataType::UInt16 => Kind::UInt(16),
        DataType::UInt32 => Kind::UInt(32),
        DataType::UInt64 => Kind::UInt(64),
        DataType::Float16 | DataType::Float32 => Kind::Float(32),
        DataType::Float64 => Kind::Float(64),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => Kind::Decimal { precision: *precision, scale: *scale },
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Time32(of) | DataType::Time64(of) => Kind::Time(unit(*of, field)),
        DataType::Timestamp(of, zone) => Kind::Timestamp { unit: unit(*of, field), utc: zone.is_some() },
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::FixedSizeBinary(16) if is_uuid(field) => Kind::Text,
        DataType::FixedSizeBinary(size) => Kind::Bytes(usize::try_from(*size).ok()),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Kind::Bytes(None),
        DataType::List(items) | DataType::LargeList(items) | DataType::FixedSizeList(items, _) => {
            Kind::List(Arc::new(of_field(items, level + 1)))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(parts) if has_text_keys(parts) => Kind::Map(Arc::new(of_field(&parts[1], level + 1))),
            _ => Kind::List(Arc::new(of_field(entries, level + 1))),
        },
        DataType::Struct(fields) => Kind::Record(Arc::new(of_fields(fields, level + 1))),
        _ => Kind::Any,
    }
}

/// The type of the values themselves, where they are kept in a dictionary.
pub(super) fn plain(of: &DataType) -> &DataType {
    match of {
        DataType::Dictionary(_, values) => plain(values),
        of => of,
    }
}

/// Whether the entries of a map have texts for keys.
pub(super) fn has_text_keys(entries: &Fields) -> bool {
    let is_text = |of: &DataType| matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    entries.len() == 2 && is_text(plain(entries[0].data_type()))
}

/// Whether 16 bytes are a UUID.
pub(super) fn is_uuid(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.uuid")
}
