//! From the data of records to columns.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, NullBufferBuilder, PrimitiveBuilder, StringBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, RecordBatchOptions, StringArray, StructArray};
use arrow_buffer::{OffsetBuffer, ScalarBuffer, i256};
use arrow_ipc::convert::IpcSchemaEncoder;
use arrow_ipc::writer::DictionaryTracker;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::error::{Error, Result};
use crate::format::avro::rows::{Data, Flaw};

/// Makes columns of records.
pub(super) struct Columns {
    schema: SchemaRef,
    columns: Vec<Column>,
}

/// A column that is being made.
struct Column {
    nullable: bool,
    kind: Kind,
}

enum Kind {
    Bool(BooleanBuilder),
    Int8(PrimitiveBuilder<Int8Type>),
    Int16(PrimitiveBuilder<Int16Type>),
    Int32(PrimitiveBuilder<Int32Type>),
    Int64(PrimitiveBuilder<Int64Type>),
    UInt8(PrimitiveBuilder<UInt8Type>),
    UInt16(PrimitiveBuilder<UInt16Type>),
    UInt32(PrimitiveBuilder<UInt32Type>),
    UInt64(PrimitiveBuilder<UInt64Type>),
    Float32(PrimitiveBuilder<Float32Type>),
    Float64(PrimitiveBuilder<Float64Type>),
    Decimal128(PrimitiveBuilder<Decimal128Type>),
    Decimal256(PrimitiveBuilder<Decimal256Type>),
    Date(PrimitiveBuilder<Date32Type>),
    TimeMilli(PrimitiveBuilder<Time32MillisecondType>),
    TimeMicro(PrimitiveBuilder<Time64MicrosecondType>),
    TimeNano(PrimitiveBuilder<Time64NanosecondType>),
    StampMilli(PrimitiveBuilder<TimestampMillisecondType>),
    StampMicro(PrimitiveBuilder<TimestampMicrosecondType>),
    StampNano(PrimitiveBuilder<TimestampNanosecondType>),
    /// Texts; that they are valid is checked of all at once.
    Text(BinaryBuilder),
    Bytes(BinaryBuilder),
    Fixed(FixedSizeBinaryBuilder, usize),
    List(Box<List>),
    Map(Box<Map>),
    Record(Box<Record>),
}

struct List {
    field: Arc<Field>,
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
    items: Column,
}

struct Map {
    entries: Arc<Field>,
    parts: Fields,
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
    keys: StringBuilder,
    values: Column,
}

struct Record {
    fields: Fields,
    valid: NullBufferBuilder,
    len: usize,
    parts: Vec<Column>,
}

/// Why there are no columns.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The data is not what the schema says.
    Data,
    /// A number does not fit into the type.
    Beyond(&'static str),
}

impl From<Flaw> for Wrong {
    fn from(_: Flaw) -> Wrong {
        Wrong::Data
    }
}

/// The list of a column has more than this many items in one block.
const ITEMS: Wrong = Wrong::Beyond("a block: it has too many items of lists");

impl Columns {
    /// For the types of [`shape`](super::shape).
    ///
    /// # Errors
    /// A type that is none of those.
    pub fn new(schema: &SchemaRef) -> Result<Columns> {
        let columns = schema.fields().iter().map(|field| Column::new(field)).collect::<Result<_>>()?;
        Ok(Columns { schema: Arc::clone(schema), columns })
    }

    /// Takes in records that follow each other.
    ///
    /// # Errors
    /// They are not of these types.
    pub fn batch(&mut self, records: u64, data: &[u8]) -> Result<RecordBatch> {
        let mut data = Data::new(data);
        for _ in 0..records {
            for (column, field) in self.columns.iter_mut().zip(self.schema.fields()) {
                column.add(&mut data).map_err(|wrong| told(wrong, field))?;
            }
        }
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<std::result::Result<Vec<_>, _>>();
        // Without columns, somebody has to say how many records there are.
        let count = RecordBatchOptions::new().with_row_count(Some(records as usize));
        arrays
            .and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &count))
            .map_err(unexpected)
    }
}

#[cold]
pub(super) fn told(wrong: Wrong, field: &Field) -> Error {
    let name = field.name();
    match wrong {
        Wrong::Data => Error::memory(format!("the field `{name}` was not written as its type says")),
        Wrong::Beyond(of) => Error::refused(format!(
            "the field `{name}` has a value that does not fit into {of}\n  Give it a wider type with ⟨schema⟩."
        )),
    }
}

#[cold]
pub(super) fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::memory(format!("columns could not be made: {error}"))
}

fn primitive<T: ArrowPrimitiveType>(of: &DataType) -> PrimitiveBuilder<T> {
    PrimitiveBuilder::new().with_data_type(of.clone())
}

impl Column {
    fn new(field: &Field) -> Result<Column> {
        let of = field.data_type();
        let kind = match of {
            DataType::Boolean => Kind::Bool(BooleanBuilder::new()),
            DataType::Int8 => Kind::Int8(primitive(of)),
            DataType::Int16 => Kind::Int16(primitive(of)),
            DataType::Int32 => Kind::Int32(primitive(of)),
            DataType::Int64 => Kind::Int64(primitive(of)),
            DataType::UInt8 => Kind::UInt8(primitive(of)),
            DataType::UInt16 => Kind::UInt16(primitive(of)),
            DataType::UInt32 => Kind::UInt32(primitive(of)),
            DataType::UInt64 => Kind::UInt64(primitive(of)),
            DataType::Float32 => Kind::Float32(primitive(of)),
            DataType::Float64 => Kind::Float64(primitive(of)),
            DataType::Decimal128(..) => Kind::Decimal128(primitive(of)),
            DataType::Decimal256(..) => Kind::Decimal256(primitive(of)),
            DataType::Date32 => Kind::Date(primitive(of)),
            DataType::Time32(_) => Kind::TimeMilli(primitive(of)),
            DataType::Time64(TimeUnit::Microsecond) => Kind::TimeMicro(primitive(of)),
            DataType::Time64(_) => Kind::TimeNano(primitive(of)),
            DataType::Timestamp(TimeUnit::Millisecond, _) => Kind::StampMilli(primitive(of)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Kind::StampMicro(primitive(of)),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Kind::StampNano(primitive(of)),
            DataType::Utf8 => Kind::Text(BinaryBuilder::new()),
            DataType::Binary => Kind::Bytes(BinaryBuilder::new()),
            DataType::FixedSizeBinary(size) => Kind::Fixed(FixedSizeBinaryBuilder::new(*size), *size as usize),
            DataType::List(items) => Kind::List(Box::new(List {
                field: Arc::clone(items),
                offsets: vec![0],
                valid: NullBufferBuilder::new(0),
                items: Column::new(items)?,
            })),
            DataType::Map(entries, _) => {
                let DataType::Struct(parts) = entries.data_type() else { return Err(unexpected(of)) };
                Kind::Map(Box::new(Map {
                    entries: Arc::clone(entries),
                    parts: parts.clone(),
                    offsets: vec![0],
                    valid: NullBufferBuilder::new(0),
                    keys: StringBuilder::new(),
                    values: Column::new(&parts[1])?,
                }))
            }
            DataType::Struct(fields) => Kind::Record(Box::new(Record {
                fields: fields.clone(),
                valid: NullBufferBuilder::new(0),
                len: 0,
                parts: fields.iter().map(|field| Column::new(field)).collect::<Result<_>>()?,
            })),
            other => return Err(unexpected(other)),
        };
        Ok(Column { nullable: field.is_nullable(), kind })
    }

    /// Takes in a value.
    #[inline]
    fn add(&mut self, data: &mut Data<'_>) -> std::result::Result<(), Wrong> {
        if self.nullable && data.long()? == 0 {
            self.add_nothing();
            return Ok(());
        }
        match &mut self.kind {
            Kind::Bool(column) => column.append_value(data.fixed(1)?[0] != 0),
            Kind::Int8(column) => column.append_value(narrow(data.long()?, "8 bits")?),
            Kind::Int16(column) => column.append_value(narrow(data.long()?, "16 bits")?),
            Kind::Int32(column) => column.append_value(narrow(data.long()?, "32 bits")?),
            Kind::Int64(column) => column.append_value(data.long()?),
            Kind::UInt8(column) => column.append_value(narrow(data.long()?, "8 bits without a sign")?),
            Kind::UInt16(column) => column.append_value(narrow(data.long()?, "16 bits without a sign")?),
            Kind::UInt32(column) => column.append_value(narrow(data.long()?, "32 bits without a sign")?),
            Kind::UInt64(column) => {
                let number = i128::from_be_bytes(extended(data.bytes()?).ok_or(Wrong::Beyond("64 bits"))?);
                let number = u64::try_from(number).map_err(|_| Wrong::Beyond("64 bits without a sign"))?;
                column.append_value(number);
            }
            Kind::Float32(column) => column.append_value(f32::from_le_bytes(data.array()?)),
            Kind::Float64(column) => column.append_value(f64::from_le_bytes(data.array()?)),
            Kind::Decimal128(column) => {
                let bytes = extended(data.bytes()?).ok_or(Wrong::Beyond("128 bits"))?;
                column.append_value(i128::from_be_bytes(bytes));
            }
            Kind::Decimal256(column) => {
                let bytes = extended(data.bytes()?).ok_or(Wrong::Beyond("256 bits"))?;
                column.append_value(i256::from_be_bytes(bytes));
            }
            Kind::Date(column) => column.append_value(narrow(data.long()?, "32 bits")?),
            Kind::TimeMilli(column) => column.append_value(narrow(data.long()?, "32 bits")?),
            Kind::TimeMicro(column) => column.append_value(data.long()?),
            Kind::TimeNano(column) => column.append_value(data.long()?),
            Kind::StampMilli(column) => column.append_value(data.long()?),
            Kind::StampMicro(column) => column.append_value(data.long()?),
            Kind::StampNano(column) => column.append_value(data.long()?),
            Kind::Text(column) => column.append_value(data.bytes()?),
            Kind::Bytes(column) => column.append_value(data.bytes()?),
            Kind::Fixed(column, size) => column.append_value(data.fixed(*size)?).map_err(|_| Wrong::Data)?,
            Kind::List(list) => {
                let items = &mut list.items;
                let count = each(data, |data| items.add(data))?;
                list.offsets.push(next(&list.offsets, count)?);
                list.valid.append_non_null();
            }
            Kind::Map(map) => {
                let Map { keys, values, .. } = &mut **map;
                let count = each(data, |data| {
                    keys.append_value(text(data.bytes()?)?);
                    values.add(data)
                })?;
                map.offsets.push(next(&map.offsets, count)?);
                map.valid.append_non_null();
            }
            Kind::Record(record) => {
                record.parts.iter_mut().try_for_each(|part| part.add(data))?;
                record.valid.append_non_null();
                record.len += 1;
            }
        }
        Ok(())
    }

    /// Takes in null; what is inside it is nothing.
    fn add_nothing(&mut self) {
        match &mut self.kind {
            Kind::Bool(column) => column.append_null(),
            Kind::Int8(column) => column.append_null(),
            Kind::Int16(column) => column.append_null(),
            Kind::Int32(column) => column.append_null(),
            Kind::Int64(column) => column.append_null(),
            Kind::UInt8(column) => column.append_null(),
            Kind::UInt16(column) => column.append_null(),
            Kind::UInt32(column) => column.append_null(),
            Kind::UInt64(column) => column.append_null(),
            Kind::Float32(column) => column.append_null(),
            Kind::Float64(column) => column.append_null(),
            Kind::Decimal128(column) => column.append_null(),
            Kind::Decimal256(column) => column.append_null(),
            Kind::Date(column) => column.append_null(),
            Kind::TimeMilli(column) => column.append_null(),
            Kind::TimeMicro(column) => column.append_null(),
            Kind::TimeNano(column) => column.append_null(),
            Kind::StampMilli(column) => column.append_null(),
            Kind::StampMicro(column) => column.append_null(),
            Kind::StampNano(column) => column.append_null(),
            Kind::Text(column) => column.append_null(),
            Kind::Bytes(column) => column.append_null(),
            Kind::Fixed(column, _) => column.append_null(),
            Kind::List(list) => {
                list.offsets.push(list.offsets.last().copied().unwrap_or(0));
                list.valid.append_null();
            }
            Kind::Map(map) => {
                map.offsets.push(map.offsets.last().copied().unwrap_or(0));
                map.valid.append_null();
            }
            Kind::Record(record) => {
                record.parts.iter_mut().for_each(Column::add_nothing);
                record.valid.append_null();
                record.len += 1;
            }
        }
    }

    /// The column; another one begins.
    fn finish(&mut self) -> std::result::Result<ArrayRef, arrow_schema::ArrowError> {
        Ok(match &mut self.kind {
            Kind::Bool(column) => Arc::new(column.finish()),
            Kind::Int8(column) => Arc::new(column.finish()),
            Kind::Int16(column) => Arc::new(column.finish()),
            Kind::Int32(column) => Arc::new(column.finish()),
            Kind::Int64(column) => Arc::new(column.finish()),
            Kind::UInt8(column) => Arc::new(column.finish()),
            Kind::UInt16(column) => Arc::new(column.finish()),
            Kind::UInt32(column) => Arc::new(column.finish()),
            Kind::UInt64(column) => Arc::new(column.finish()),
            Kind::Float32(column) => Arc::new(column.finish()),
            Kind::Float64(column) => Arc::new(column.finish()),
            Kind::Decimal128(column) => Arc::new(column.finish()),
            Kind::Decimal256(column) => Arc::new(column.finish()),
            Kind::Date(column) => Arc::new(column.finish()),
            Kind::TimeMilli(column) => Arc::new(column.finish()),
            Kind::TimeMicro(column) => Arc::new(column.finish()),
            Kind::TimeNano(column) => Arc::new(column.finish()),
            Kind::StampMilli(column) => Arc::new(column.finish()),
            Kind::StampMicro(column) => Arc::new(column.finish()),
            Kind::StampNano(column) => Arc::new(column.finish()),
            Kind::Text(column) => Arc::new(StringArray::try_from_binary(column.finish())?),
            Kind::Bytes(column) => Arc::new(column.finish()),
            Kind::Fixed(column, _) => Arc::new(column.finish()),
            Kind::List(list) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut list.offsets, vec![0])));
                let items = list.items.finish()?;
                Arc::new(ListArray::try_new(Arc::clone(&list.field), offsets, items, list.valid.finish())?)
            }
            Kind::Map(map) => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut map.offsets, vec![0])));
                let parts: Vec<ArrayRef> = vec![Arc::new(map.keys.finish()), map.values.finish()?];
                let entries = StructArray::try_new(map.parts.clone(), parts, None)?;
                Arc::new(MapArray::try_new(Arc::clone(&map.entries), offsets, entries, map.valid.finish(), false)?)
            }
            Kind::Record(record) => {
                let parts = record.parts.iter_mut().map(Column::finish).collect::<std::result::Result<Vec<_>, _>>()?;
                let (valid, len) = (record.valid.finish(), std::mem::take(&mut record.len));
                debug_assert!(parts.iter().all(|part| part.len() == len));
                Arc::new(StructArray::try_new(record.fields.clone(), parts, valid)?)
            }
        })
    }
}

fn narrow<T: TryFrom<i64>>(number: i64, of: &'static str) -> std::result::Result<T, Wrong> {
    T::try_from(number).map_err(|_| Wrong::Beyond(of))
}

fn text(bytes: &[u8]) -> std::result::Result<&str, Wrong> {
    std::str::from_utf8(bytes).map_err(|_| Wrong::Data)
}

/// The items of a list or map, which are in runs; returns how many there are.
pub(super) fn each<'d>(
    data: &mut Data<'d>,
    mut item: impl FnMut(&mut Data<'d>) -> std::result::Result<(), Wrong>,
) -> std::result::Result<usize, Wrong> {
    let mut all = 0;
    loop {
        let count = usize::try_from(data.long()?).map_err(|_| Wrong::Data)?;
        if count == 0 {
            return Ok(all);
        }
        (0..count).try_for_each(|_| item(data))?;
        all += count;
    }
}

fn next(offsets: &[i32], count: usize) -> std::result::Result<i32, Wrong> {
    let last = offsets.last().copied().unwrap_or(0);
    i32::try_from(count).ok().and_then(|count| last.checked_add(count)).ok_or(ITEMS)
}

/// A number of many bytes, the first one with its sign, with as many bytes as a type has.
pub(super) fn extended<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let rest = N.checked_sub(bytes.len())?;
    let filled = if bytes.first().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut wide = [filled; N];
    wide[rest..].copy_from_slice(bytes);
    Some(wide)
}

/// The schema of columns, as bytes.
pub(super) fn written(schema: &Schema) -> Vec<u8> {
    let mut dictionaries = DictionaryTracker::new(false);
    let mut encoder = IpcSchemaEncoder::new().with_dictionary_tracker(&mut dictionaries);
    encoder.schema_to_fb(schema).finished_data().to_vec()
}

/// The schema of such bytes.
///
/// # Errors
/// They are none.
pub(super) fn read(bytes: &[u8]) -> Result<SchemaRef> {
    let schema = arrow_ipc::root_as_schema(bytes).map_err(unexpected)?;
    arrow_ipc::convert::try_fb_to_schema(schema).map(Arc::new).map_err(unexpected)
}
