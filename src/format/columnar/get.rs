//! From columns to the data of records.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
    IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{AnyDictionaryArray, Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_buffer::{NullBuffer, i256};
use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::shape::{has_text_keys, plain};
use crate::format::avro::rows::{push_long, push_run};

/// Why a value is not written.
pub(super) type Wrong = String;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A column that is read.
pub(super) struct Column<'c> {
    /// Whether the schema says that there may be nulls, and where they are.
    nullable: bool,
    nulls: Option<NullBuffer>,
    kind: Kind<'c>,
}

enum Kind<'c> {
    Null,
    /// The same bytes for every record: nobody looks at it.
    Nothing(Vec<u8>),
    Bool(&'c BooleanArray),
    /// Whole numbers.
    Int8(&'c [i8]),
    Int16(&'c [i16]),
    Int32(&'c [i32]),
    Int64(&'c [i64]),
    UInt8(&'c [u8]),
    UInt16(&'c [u16]),
    UInt32(&'c [u32]),
    UInt64(&'c [u64]),
    Float16(&'c arrow_array::Float16Array),
    Float32(&'c [f32]),
    Float64(&'c [f64]),
    /// Decimal numbers, and how many zeros follow the digits.
    Decimal32(&'c [i32], u32),
    Decimal64(&'c [i64], u32),
    Decimal128(&'c [i128], u32),
    Decimal256(&'c [i256], u32),
    /// Days in milliseconds, and what is counted in seconds.
    Date64(&'c [i64]),
    Seconds32(&'c [i32]),
    Seconds64(&'c [i64]),
    /// Texts and bytes.
    Bytes(Box<dyn Fn(usize) -> &'c [u8] + Send + 'c>),
    Fixed(&'c arrow_array::FixedSizeBinaryArray),
    /// Texts that are made of a value.
    Told(Box<dyn Fn(usize) -> String + Send + 'c>),
    List(Box<dyn Fn(usize) -> (usize, usize) + Send + 'c>, Box<Column<'c>>),
    /// A map, whose keys are texts.
    Map(&'c [i32], Box<Column<'c>>, Box<Column<'c>>),
    Record(Vec<Column<'c>>),
    /// The numbers of values, and these.
    Dictionary(Vec<usize>, Box<Column<'c>>),
}

/// The columns of these fields, of a batch that has all of them or only those that are wanted. The values of others are
/// the least that their types allow.
///
/// # Errors
/// A type that [`rows`](super::rows) does not know.
pub(super) fn columns<'c>(
    fields: &Fields,
    batch: &'c RecordBatch,
    is_wanted: impl Fn(usize) -> bool,
) -> Result<Vec<Column<'c>>, Wrong> {
    let has_all = batch.num_columns() == fields.len();
    let mut given = batch.columns().iter();
    let mut columns = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let is_wanted = is_wanted(index);
        let array = if has_all || is_wanted { given.next() } else { None };
        columns.push(match array.filter(|_| is_wanted) {
            Some(array) => Column::new(field, array)?,
            None => {
                let mut least = Vec::new();
                nothing(field, &mut least);
                Column { nullable: false, nulls: None, kind: Kind::Nothing(least) }
            }
        });
    }
    Ok(columns)
}

/// Appends the shortest value of a type.
fn nothing(field: &Field, out: &mut Vec<u8>) {
    let zeros = match plain(field.data_type()) {
        DataType::Null => 0,
        // Null.
        _ if field.is_nullable() => 1,
        DataType::Float16 | DataType::Float32 => 4,
        DataType::Float64 => 8,
        DataType::FixedSizeBinary(size) => *size as usize,
        DataType::Struct(parts) => return parts.iter().for_each(|part| nothing(part, out)),
        // The number zero, or nothing of what has a length.
        _ => 1,
    };
    out.resize(out.len() + zeros, 0);
}

/// Appends a record.
///
/// # Errors
/// A value that no record can have.
#[inline]
pub(super) fn record(columns: &[Column<'_>], row: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    columns.iter().try_for_each(|column| column.put(row, out))
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef) -> &[T::Native] {
    array.as_primitive::<T>().values()
}

impl<'c> Column<'c> {
    fn new(field: &Field, array: &'c ArrayRef) -> Result<Column<'c>, Wrong> {
        let kind = Kind::new(field, array)?;
        Ok(Column { nullable: field.is_nullable(), nulls: array.logical_nulls(), kind })
    }

    /// Appends a value.
    #[inline]
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
        if matches!(self.kind, Kind::Null) {
            return Ok(());
        }
        let is_null = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        match (self.nullable, is_null) {
            (true, true) => {
                out.push(0);
                return Ok(());
            }
            // The second type of the union.
            (true, false) => out.push(2),
            (false, true) => return Err("a null where the schema says that there is none".to_owned()),
            (false, false) => {}
        }
        self.kind.put(row, out)
    }
}

fn zeros(scale: i8) -> u32 {
    if scale < 0 { u32::from(scale.unsigned_abs()) } else { 0 }
}

impl<'c> Kind<'c> {
    fn new(field: &Field, array: &'c ArrayRef) -> Result<Kind<'c>, Wrong> {
        Ok(match array.data_type() {
            DataType::Null => Kind::Null,
            DataType::Boolean => Kind::Bool(array.as_boolean()),
            DataType::Int8 => Kind::Int8(numbers::<Int8Type>(array)),
            DataType::Int16 => Kind::Int16(numbers::<Int16Type>(array)),
            DataType::Int32 => Kind::Int32(numbers::<Int32Type>(array)),
            DataType::Int64 => Kind::Int64(numbers::<Int64Type>(array)),
            DataType::UInt8 => Kind::UInt8(numbers::<UInt8Type>(array)),
            DataType::UInt16 => Kind::UInt16(numbers::<UInt16Type>(array)),
            DataType::UInt32 => Kind::UInt32(numbers::<UInt32Type>(array)),
            DataType::UInt64 => Kind::UInt64(numbers::<UInt64Type>(array)),
            DataType::Float16 => Kind::Float16(array.as_primitive::<Float16Type>()),
            DataType::Float32 => Kind::Float32(numbers::<Float32Type>(array)),
            DataType::Float64 => Kind::Float64(numbers::<Float64Type>(array)),
            DataType::Decimal32(_, scale) => Kind::Decimal32(numbers::<Decimal32Type>(array), zeros(*scale)),
            DataType::Decimal64(_, scale) => Kind::Decimal64(numbers::<Decimal64Type>(array), zeros(*scale)),
            DataType::Decimal128(_, scale) => Kind::Decimal128(numbers::<Decimal128Type>(array), zeros(*scale)),
            DataType::Decimal256(_, scale) => Kind::Decimal256(numbers::<Decimal256Type>(array), zeros(*scale)),
            DataType::Date32 => Kind::Int32(numbers::<Date32Type>(array)),
            DataType::Date64 => Kind::Date64(numbers::<Date64Type>(array)),
            DataType::Time32(TimeUnit::Second) => Kind::Seconds32(numbers::<Time32SecondType>(array)),
            DataType::Time32(_) => Kind::Int32(numbers::<Time32MillisecondType>(array)),
            DataType::Time64(TimeUnit::Nanosecond) => Kind::Int64(numbers::<Time64NanosecondType>(array)),
            DataType::Time64(_) => Kind::Int64(numbers::<Time64MicrosecondType>(array)),
            DataType::Timestamp(unit, _) => match unit {
                TimeUnit::Second => Kind::Seconds64(numbers::<TimestampSecondType>(array)),
                TimeUnit::Millisecond => Kind::Int64(numbers::<TimestampMillisecondType>(array)),
                TimeUnit::Microsecond => Kind::Int64(numbers::<TimestampMicrosecondType>(array)),
                TimeUnit::Nanosecond => Kind::Int64(numbers::<TimestampNanosecondType>(array)),
            },
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                Kind::Bytes(Box::new(|row| texts.value(row).as_bytes()))
            }
            DataType::LargeUtf8 => {
                let texts = array.as_string::<i64>();
                Kind::Bytes(Box::new(|row| texts.value(row).as_bytes()))
            }
            DataType::Utf8View => {
                let texts = array.as_string_view();
                Kind::Bytes(Box::new(|row| texts.value(row).as_bytes()))
            }
            DataType::Binary => {
                let bytes = array.as_binary::<i32>();
                Kind::Bytes(Box::new(|row| bytes.value(row)))
            }
            DataType::LargeBinary => {
                let bytes = array.as_binary::<i64>();
                Kind::Bytes(Box::new(|row| bytes.value(row)))
            }
            DataType::BinaryView => {
                let bytes = array.as_binary_view();
                Kind::Bytes(Box::new(|row| bytes.value(row)))
            }
            DataType::FixedSizeBinary(_) => Kind::Fixed(array.as_fixed_size_binary()),
            DataType::Interval(unit) => Kind::interval(*unit, array),
            DataType::Duration(unit) => Kind::duration(*unit, array),
            DataType::List(items) => {
                let list = array.as_list::<i32>();
                let offsets = list.value_offsets();
                let part = |row: usize| (offsets[row] as usize, offsets[row + 1] as usize);
                Kind::List(Box::new(part), Box::new(Column::new(items, list.values())?))
            }
            DataType::LargeList(items) => {
                let list = array.as_list::<i64>();
                let offsets = list.value_offsets();
                let part = |row: usize| (offsets[row] as usize, offsets[row + 1] as usize);
                Kind::List(Box::new(part), Box::new(Column::new(items, list.values())?))
            }
            DataType::FixedSizeList(items, _) => {
                let list = array.as_fixed_size_list();
                let part = |row: usize| {
                    let from = list.value_offset_at(row);
                    (from, from + list.value_length() as usize)
                };
                Kind::List(Box::new(part), Box::new(Column::new(items, list.values())?))
            }
            DataType::Map(entries, _) => {
                let map = array.as_map();
                let DataType::Struct(parts) = entries.data_type() else { return Err(unknown(field)) };
                let offsets = map.value_offsets();
                let part = |number: usize| Column::new(&parts[number], map.entries().column(number));
                match has_text_keys(parts) {
                    true => {
                        // In a map, keys have no union before them.
                        let keys = Column { nullable: false, ..part(0)? };
                        Kind::Map(offsets, Box::new(keys), Box::new(part(1)?))
                    }
                    false => {
                        let parts = (0..parts.len()).map(part).collect::<Result<_, _>>()?;
                        let record = Column { nullable: false, nulls: None, kind: Kind::Record(parts) };
                        let part = |row: usize| (offsets[row] as usize, offsets[row + 1] as usize);
                        Kind::List(Box::new(part), Box::new(record))
                    }
                }
            }
            DataType::Struct(fields) => {
                let parts = fields.iter().zip(array.as_struct().columns());
                Kind::Record(parts.map(|(field, part)| Column::new(field, part)).collect::<Result<_, _>>()?)
            }
            DataType::Dictionary(..) => {
                let all = array.as_any_dictionary();
                // Whether a value is null was asked before.
                let values = Column { nullable: false, nulls: None, kind: Kind::new(field, all.values())? };
                Kind::Dictionary(numbers_of(all), Box::new(values))
            }
            _ => return Err(unknown(field)),
        })
    }

    fn interval(unit: IntervalUnit, array: &'c ArrayRef) -> Kind<'c> {
        Kind::Told(match unit {
            IntervalUnit::YearMonth => {
                let months = numbers::<IntervalYearMonthType>(array);
                Box::new(|row| period(months[row], 0, 0))
            }
            IntervalUnit::DayTime => {
                let parts = numbers::<IntervalDayTimeType>(array);
                Box::new(|row| period(0, parts[row].days, i128::from(parts[row].milliseconds) * 1_000_000))
            }
            IntervalUnit::MonthDayNano => {
                let parts = numbers::<IntervalMonthDayNanoType>(array);
                Box::new(|row| period(parts[row].months, parts[row].days, parts[row].nanoseconds.into()))
            }
        })
    }

    fn duration(unit: TimeUnit, array: &'c ArrayRef) -> Kind<'c> {
        let (counted, each) = match unit {
            TimeUnit::Second => (numbers::<DurationSecondType>(array), 1_000_000_000),
            TimeUnit::Millisecond => (numbers::<DurationMillisecondType>(array), 1_000_000),
            TimeUnit::Microsecond => (numbers::<DurationMicrosecondType>(array), 1_000),
            TimeUnit::Nanosecond => (numbers::<DurationNanosecondType>(array), 1),
        };
        Kind::Told(Box::new(move |row| period(0, 0, i128::from(counted[row]) * each)))
    }

    #[inline]
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
        match self {
            Kind::Null => {}
            Kind::Nothing(bytes) => out.extend_from_slice(bytes),
            Kind::Bool(column) => out.push(u8::from(column.value(row))),
            Kind::Int8(column) => push_long(column[row].into(), out),
            Kind::Int16(column) => push_long(column[row].into(), out),
            Kind::Int32(column) => push_long(column[row].into(), out),
            Kind::Int64(column) => push_long(column[row], out),
            Kind::UInt8(column) => push_long(column[row].into(), out),
            Kind::UInt16(column) => push_long(column[row].into(), out),
            Kind::UInt32(column) => push_long(column[row].into(), out),
            Kind::UInt64(column) => push_decimal(&i128::from(column[row]).to_be_bytes(), out),
            Kind::Float16(column) => out.extend_from_slice(&column.value(row).to_f32().to_le_bytes()),
            Kind::Float32(column) => out.extend_from_slice(&column[row].to_le_bytes()),
            Kind::Float64(column) => out.extend_from_slice(&column[row].to_le_bytes()),
            Kind::Decimal32(column, zeros) => decimal(column[row].into(), *zeros, out)?,
            Kind::Decimal64(column, zeros) => decimal(column[row].into(), *zeros, out)?,
            Kind::Decimal128(column, zeros) => decimal(column[row], *zeros, out)?,
            Kind::Decimal256(column, 0) => push_decimal(&column[row].to_be_bytes(), out),
            Kind::Decimal256(column, zeros) => wide(column[row], *zeros, out)?,
            Kind::Date64(column) => match (column[row] % DAY, i32::try_from(column[row] / DAY)) {
                (0, Ok(day)) => push_long(day.into(), out),
                _ => return Err(format!("a date of {} milliseconds, which is not a day", column[row])),
            },
            Kind::Seconds32(column) => push_long(i64::from(column[row]) * 1000, out),
            Kind::Seconds64(column) => match column[row].checked_mul(1000) {
                Some(millis) => push_long(millis, out),
                None => return Err(format!("a moment of {} seconds, which is too far away", column[row])),
            },
            Kind::Bytes(bytes) => push_run(bytes(row), out),
            Kind::Fixed(column) => out.extend_from_slice(column.value(row)),
            Kind::Told(told) => push_run(told(row).as_bytes(), out),
            Kind::List(part, items) => {
                let (from, to) = part(row);
                if from < to {
                    push_long((to - from) as i64, out);
                    (from..to).try_for_each(|row| items.put(row, out))?;
                }
                out.push(0);
            }
            Kind::Map(offsets, keys, values) => {
                let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
                if from < to {
                    push_long((to - from) as i64, out);
                    for row in from..to {
                        keys.put(row, out)?;
                        values.put(row, out)?;
                    }
                }
                out.push(0);
            }
            Kind::Record(parts) => parts.iter().try_for_each(|part| part.put(row, out))?,
            Kind::Dictionary(numbers, values) => values.kind.put(numbers[row], out)?,
        }
        Ok(())
    }
}

#[cold]
fn unknown(field: &Field) -> Wrong {
    format!("the column `{}` has the type {}, which records can't have", field.name(), field.data_type())
}

fn numbers_of(all: &dyn AnyDictionaryArray) -> Vec<usize> {
    // Without values, all are null.
    if all.values().is_empty() { vec![0; all.len()] } else { all.normalized_keys() }
}

/// Appends a number of many bytes, without those at its front that say nothing.
fn push_decimal(bytes: &[u8], out: &mut Vec<u8>) {
    let filled = if bytes[0] >= 0x80 { 0xff } else { 0 };
    let same = bytes.iter().take_while(|byte| **byte == filled).count();
    // The first bit that is left has to be the sign.
    let keeps = same == bytes.len() || (bytes[same] >= 0x80) != (filled == 0xff);
    push_run(&bytes[same - usize::from(keeps && same > 0)..], out);
}

fn decimal(number: i128, zeros: u32, out: &mut Vec<u8>) -> Result<(), Wrong> {
    match zeros {
        0 => push_decimal(&number.to_be_bytes(), out),
        zeros => wide(i256::from_i128(number), zeros, out)?,
    }
    Ok(())
}

/// A number with zeros after it.
#[cold]
fn wide(number: i256, zeros: u32, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let number = i256::from_i128(10).checked_pow(zeros).and_then(|power| number.checked_mul(power));
    let number = number.ok_or("a decimal number of more than 256 bits")?;
    push_decimal(&number.to_be_bytes(), out);
    Ok(())
}

/// A stretch of time (ISO 8601); each part has a sign of its own.
fn period(months: i32, days: i32, nanos: i128) -> String {
    let mut text = "P".to_owned();
    if months != 0 {
        text += &format!("{months}M");
    }
    if days != 0 {
        text += &format!("{days}D");
    }
    if nanos != 0 || text.len() == 1 {
        let sign = if nanos < 0 { "-" } else { "" };
        let (seconds, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
        let fraction = format!("{rest:09}");
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        text += &format!("T{sign}{seconds}{point}{fraction}S");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_have_no_more_bytes_than_they_need() {
        for (number, wanted) in [
            (0i128, &[0u8][..]),
            (-1, &[0xff]),
            (127, &[0x7f]),
            (128, &[0, 0x80]),
            (-128, &[0x80]),
            (-129, &[0xff, 0x7f]),
            (256, &[1, 0]),
        ] {
            let mut out = Vec::new();
            push_decimal(&number.to_be_bytes(), &mut out);
            assert_eq!(&out[1..], wanted, "{number}");
        }
    }

    #[test]
    fn stretches_of_time() {
        assert_eq!(period(0, 0, 0), "PT0S");
        assert_eq!(period(14, -3, 0), "P14M-3D");
        assert_eq!(period(0, 1, -1_500_000_000), "P1DT-1.5S");
        assert_eq!(period(0, 0, 1), "PT0.000000001S");
    }
}
