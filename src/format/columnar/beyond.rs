//! Values of Parquet that the types of Arrow can't hold. The reader would change them without a word.
//!
//! These are timestamps of 96 bits, of which no metadata says how far from today they are and how fine, and intervals with
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

/// A column whose values no type holds.
pub(super) struct Unheld {
    pub column: String,
    /// What it has.
    pub of: &'static str,
}

/// The schema by which all values can be read; none: that of the file does it.
///
/// # Errors
/// A column can't be read.
pub(super) fn schema(
    input: &Input,
    metadata: &ParquetMetaData,
    found: &SchemaRef,
) -> Result<std::result::Result<Option<SchemaRef>, Unheld>> {
    let columns = metadata.file_metadata().schema_descr();
    let mut fields: Vec<Arc<Field>> = found.fields().iter().cloned().collect();
    let mut is_same = true;
    for (leaf, column) in columns.columns().iter().enumerate() {
        let unheld = |of| Ok(Err(Unheld { column: column.path().string(), of }));
        match (column.physical_type(), column.converted_type()) {
            (Type::INT96, _) => {
                let seen = moments(input, metadata, leaf)?;
                let field = &mut fields[columns.get_column_root_idx(leaf)];
                if seen.fit(field.data_type()) {
                    continue;
                }
                // Inside of lists and records no other unit can be chosen.
                let other = match field.data_type() {
                    DataType::Timestamp(unit, zone) => {
                        seen.unit(*unit).map(|best| DataType::Timestamp(best, zone.clone()))
                    }
                    _ => None,
                };
                let Some(other) = other else {
                    return unheld("timestamps that are too fine, or too far from today");
                };
                *field = Arc::new(field.as_ref().clone().with_data_type(other));
                is_same = false;
            }
            (Type::FIXED_LEN_BYTE_ARRAY, ConvertedType::INTERVAL) if has_months(input, metadata, leaf)? => {
                return unheld("intervals with months");
            }
            _ => {}
        }
    }
    let metadata = || found.metadata().clone();
    Ok(Ok((!is_same).then(|| Arc::new(Schema::new_with_metadata(fields, metadata())))))
}

/// The units, each with its nanoseconds.
const UNITS: [(TimeUnit, i128); 4] = [
    (TimeUnit::Second, 1_000_000_000),
    (TimeUnit::Millisecond, 1_000_000),
    (TimeUnit::Microsecond, 1_000),
    (TimeUnit::Nanosecond, 1),
];

/// What is known of the timestamps of a column.
struct Moments {
    /// The coarsest unit that has all their digits.
    coarsest: TimeUnit,
    /// The finest unit of which 64 bits can count them.
    finest: TimeUnit,
}

impl Moments {
    fn see(&mut self, nanos: i128) {
        let coarsest = UNITS.iter().find(|(_, each)| nanos % each == 0);
        let finest = UNITS.iter().rev().find(|(_, each)| i64::try_from(nanos / each).is_ok());
        self.coarsest = self.coarsest.max(coarsest.map_or(TimeUnit::Nanosecond, |(unit, _)| *unit));
        self.finest = self.finest.min(finest.map_or(TimeUnit::Second, |(unit, _)| *unit));
    }

    /// The unit in which all can be read: the wanted one, or the next one that does it.
    fn unit(&self, wanted: TimeUnit) -> Option<TimeUnit> {
        (self.coarsest <= self.finest).then(|| wanted.clamp(self.coarsest, self.finest))
    }

    /// Whether all timestamps inside of a type are read as they are.
    fn fit(&self, of: &DataType) -> bool {
        match of {
            DataType::Timestamp(unit, _) => self.unit(*unit) == Some(*unit),
            DataType::List(inner)
            | DataType::LargeList(inner)
            | DataType::FixedSizeList(inner, _)
            | DataType::Map(inner, _) => self.fit(inner.data_type()),
            DataType::Struct(parts) => parts.iter().all(|part| self.fit(part.data_type())),
            _ => true,
        }
    }
}

fn moments(input: &Input, metadata: &ParquetMetaData, leaf: usize) -> Result<Moments> {
    let mut found = Moments { coarsest: TimeUnit::Second, finest: TimeUnit::Nanosecond };
    let mut look = |moment: &Int96| {
        let [low, high, day] = moment.data() else { return };
        let nanos = u64::from(*high) << 32 | u64::from(*low);
        found.see((i128::from(*day as i32) - EPOCH) * DAY + i128::from(nanos));
    };
    each(input, metadata, leaf, |reader| match reader {
        ColumnReader::Int96ColumnReader(mut reader) => values::<Int96Type>(&mut reader, &mut look),
        _ => Ok(()),
    })?;
    Ok(found)
}

/// Whether an interval has months: its first four bytes.
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

/// Looks at all values that are left.
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use parquet::arrow::parquet_to_arrow_schema;
    use parquet::data_type::FixedLenByteArray;
    use parquet::file::metadata::ParquetMetaDataReader;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// What is found of a file with one column of these values.
    fn looked<T: Physical>(message: &str, values: &[T::T]) -> std::result::Result<Option<TimeUnit>, &'static str> {
        let schema = Arc::new(parse_message_type(message).unwrap());
        let mut file = tempfile::tempfile().unwrap();
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(&mut file, schema, properties).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<T>().write_batch(values, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file.flush().unwrap();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        let of = metadata.file_metadata();
        let found = Arc::new(parquet_to_arrow_schema(of.schema_descr(), of.key_value_metadata()).unwrap());
        let input = Input::new(File::try_clone(&file).unwrap()).unwrap();
        let better = schema_of(&input, &metadata, &found)?;
        Ok(better.map(|schema| match schema.field(0).data_type() {
            DataType::Timestamp(unit, _) => *unit,
            other => panic!("{other}"),
        }))
    }

    fn schema_of(
        input: &Input,
        metadata: &ParquetMetaData,
        found: &SchemaRef,
    ) -> std::result::Result<Option<SchemaRef>, &'static str> {
        schema(input, metadata, found).unwrap().map_err(|unheld| unheld.of)
    }

    fn moment(day: u32, nanos: u64) -> Int96 {
        let mut moment = Int96::new();
        moment.set_data(nanos as u32, (nanos >> 32) as u32, day);
        moment
    }

    #[test]
    fn timestamps_of_96_bits_get_a_unit_that_holds_them() {
        let looked = |moments: &[Int96]| looked::<Int96Type>("message m { required int96 a; }", moments);
        // 1970-01-01, 2024-01-01 and a nanosecond.
        assert_eq!(looked(&[moment(2_440_588, 0), moment(2_460_311, 1)]), Ok(None));
        // 0001-01-01 and 9999-12-31T23:59:59.999999: more nanoseconds from 1970 than 64 bits count.
        assert_eq!(looked(&[moment(1_721_426, 0)]), Ok(Some(TimeUnit::Microsecond)));
        assert_eq!(looked(&[moment(5_373_484, 86_399_999_999_000)]), Ok(Some(TimeUnit::Microsecond)));
        // The last whole day before 2262-04-11T23:47:16.854775807, and the next one.
        assert_eq!(looked(&[moment(2_440_588 + 106_750, 0)]), Ok(None));
        assert_eq!(looked(&[moment(2_440_588 + 106_752, 0)]), Ok(Some(TimeUnit::Microsecond)));
        let refused = Err("timestamps that are too fine, or too far from today");
        assert_eq!(looked(&[moment(5_373_484, 1)]), refused);
        assert_eq!(looked(&[moment(5_373_484, 0), moment(2_460_311, 1)]), refused);
    }

    #[test]
    fn intervals_with_months_are_refused() {
        let looked = |interval: [u8; 12]| {
            let message = "message m { required fixed_len_byte_array(12) a (INTERVAL); }";
            looked::<FixedLenByteArrayType>(message, &[FixedLenByteArray::from(interval.to_vec())])
        };
        assert_eq!(looked([0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0]), Ok(None));
        assert_eq!(looked([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Err("intervals with months"));
    }
}
