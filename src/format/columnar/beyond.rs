//! Values of Parquet that the types of Arrow can't hold, which the reader would change without a word: moments in 96 bits
//! (the oldest kind of timestamp, which has no more than its place in the file to say so) far from today, and intervals with
//! months.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::basic::{ConvertedType, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{DataType as Physical, FixedLenByteArrayType, Int96, Int96Type};
use parquet::errors::Result;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::input::Input;

/// How many values are looked at together.
const VALUES: usize = 1024;
/// The number of 1970-01-01 among the days that are counted by astronomers.
const EPOCH: i128 = 2_440_588;
/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// The schema by which all values can be read; none: that of the file does it.
///
/// # Errors
/// There is none, and why; or a column can't be read.
pub(super) fn schema(
    input: &Input,
    metadata: &ParquetMetaData,
    found: &SchemaRef,
) -> std::result::Result<Option<SchemaRef>, String> {
    let columns = metadata.file_metadata().schema_descr();
    let mut fields: Vec<Arc<Field>> = found.fields().iter().cloned().collect();
    for (leaf, column) in columns.columns().iter().enumerate() {
        let (root, name) = (columns.get_column_root_idx(leaf), column.path().string());
        match (column.physical_type(), column.converted_type()) {
            (Type::INT96, _) => {
                let moments = moments(input, metadata, leaf).map_err(|error| error.to_string())?;
                if !moments.is_far || !holds_nanos(fields[root].data_type()) {
                    continue;
                }
                let is_plain = matches!(fields[root].data_type(), DataType::Timestamp(TimeUnit::Nanosecond, _));
                if moments.is_fine || !is_plain {
                    return Err(format!("the column `{name}` has moments that no timestamp in nanoseconds can hold"));
                }
                let zone = match fields[root].data_type() {
                    DataType::Timestamp(_, zone) => zone.clone(),
                    _ => None,
                };
                let coarse =
                    fields[root].as_ref().clone().with_data_type(DataType::Timestamp(TimeUnit::Microsecond, zone));
                fields[root] = Arc::new(coarse);
            }
            (Type::FIXED_LEN_BYTE_ARRAY, ConvertedType::INTERVAL)
                if has_months(input, metadata, leaf).map_err(|error| error.to_string())? =>
            {
                return Err(format!("the column `{name}` has intervals with months, which are not supported"));
            }
            _ => {}
        }
    }
    let is_same = fields.iter().zip(found.fields()).all(|(one, other)| Arc::ptr_eq(one, other));
    Ok((!is_same).then(|| Arc::new(Schema::new_with_metadata(fields, found.metadata().clone()))))
}

fn holds_nanos(of: &DataType) -> bool {
    match of {
        DataType::Timestamp(unit, _) => *unit == TimeUnit::Nanosecond,
        DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            holds_nanos(inner.data_type())
        }
        DataType::Map(inner, _) => holds_nanos(inner.data_type()),
        DataType::Struct(parts) => parts.iter().any(|part| holds_nanos(part.data_type())),
        _ => false,
    }
}

/// What is known of the moments of a column.
#[derive(Default)]
struct Moments {
    /// One is outside of what 64 bits can count in nanoseconds.
    is_far: bool,
    /// One is no whole number of microseconds.
    is_fine: bool,
}

fn moments(input: &Input, metadata: &ParquetMetaData, leaf: usize) -> Result<Moments> {
    let mut found = Moments::default();
    let mut look = |moment: &Int96| {
        let [low, high, day] = moment.data() else { return };
        let nanos = u64::from(*high) << 32 | u64::from(*low);
        let all = (i128::from(*day as i32) - EPOCH) * DAY + i128::from(nanos);
        found.is_far |= i64::try_from(all).is_err();
        found.is_fine |= nanos % 1000 != 0;
    };
    each(input, metadata, leaf, |reader| match reader {
        ColumnReader::Int96ColumnReader(mut reader) => values::<Int96Type>(&mut reader, &mut look),
        _ => Ok(()),
    })?;
    Ok(found)
}

fn has_months(input: &Input, metadata: &ParquetMetaData, leaf: usize) -> Result<bool> {
    let mut found = false;
    each(input, metadata, leaf, |reader| match reader {
        ColumnReader::FixedLenByteArrayColumnReader(mut reader) => {
            values::<FixedLenByteArrayType>(&mut reader, &mut |interval| {
                found |= interval.data().iter().take(4).any(|byte| *byte != 0);
            })
        }
        _ => Ok(()),
    })?;
    Ok(found)
}

/// Reads a column of all row groups.
fn each(
    input: &Input,
    metadata: &ParquetMetaData,
    leaf: usize,
    mut read: impl FnMut(ColumnReader) -> Result<()>,
) -> Result<()> {
    for group in metadata.row_groups() {
        let column = group.column(leaf);
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = SerializedPageReader::new(Arc::new(input.clone()), column, rows, None)?;
        read(get_column_reader(column.column_descr_ptr(), Box::new(pages)))?;
    }
    Ok(())
}

fn values<T: Physical>(reader: &mut ColumnReaderImpl<T>, look: &mut impl FnMut(&T::T)) -> Result<()> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        values.clear();
        defined.clear();
        repeated.clear();
        let (records, ..) = reader.read_records(VALUES, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            return Ok(());
        }
        values.iter().for_each(&mut *look);
    }
}
