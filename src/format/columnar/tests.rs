//! What we write as Parquet is read by the parquet crate, and compared with arrays that were made of the same data.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Encoding;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::build::{self, Columns};
use super::pack;
use crate::compress::{BlockCodec, BlockCompression, Codec, Compress};
use crate::format::Options;
use crate::format::avro::rows::{push_long, push_run};

/// Pseudo-random numbers (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn types() -> Vec<DataType> {
    use DataType::*;
    vec![
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float32,
        Float64,
        Decimal128(7, 2),
        Decimal128(18, 0),
        Decimal128(38, 9),
        Decimal256(70, 4),
        Date32,
        Time32(TimeUnit::Millisecond),
        Time64(TimeUnit::Microsecond),
        Time64(TimeUnit::Nanosecond),
        Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Timestamp(TimeUnit::Nanosecond, None),
        Utf8,
        Binary,
        FixedSizeBinary(5),
    ]
}

fn any_type(random: &mut Random, depth: usize) -> DataType {
    let plain = types();
    let kinds = if depth < 4 { plain.len() as u64 + 6 } else { plain.len() as u64 };
    let kind = random.below(kinds) as usize;
    let field = |name: &str, random: &mut Random| any_field(name, random, depth + 1);
    match kind.checked_sub(plain.len()) {
        None => plain[kind].clone(),
        Some(0 | 1) => DataType::List(Arc::new(field("element", random))),
        Some(2 | 3) => {
            let value = field("value", random);
            let parts = Fields::from(vec![Field::new("key", DataType::Utf8, false), value]);
            DataType::Map(Arc::new(Field::new("key_value", DataType::Struct(parts), false)), false)
        }
        Some(_) => DataType::Struct((0..1 + random.below(3)).map(|n| field(&format!("f{n}"), random)).collect()),
    }
}

fn any_field(name: &str, random: &mut Random, depth: usize) -> Field {
    let of = any_type(random, depth);
    Field::new(name, of, random.below(2) == 0)
}

/// Appends data of a type; `variety`: about how many different values there are.
fn push(field: &Field, random: &mut Random, variety: u64, out: &mut Vec<u8>) {
    if field.is_nullable() {
        let is_null = random.below(3) == 0;
        push_long(i64::from(!is_null), out);
        if is_null {
            return;
        }
    }
    // Numbers below zero and above.
    let number = |random: &mut Random| random.below(variety) as i64 - variety as i64 / 3;
    match field.data_type() {
        DataType::Boolean => out.push(random.below(2) as u8),
        DataType::Int8 => push_long(number(random) % 128, out),
        DataType::Int16 => push_long(number(random) % (1 << 15), out),
        DataType::Int32 | DataType::Date32 | DataType::Time32(_) => push_long(number(random) % (1 << 31), out),
        DataType::Int64 | DataType::Time64(_) | DataType::Timestamp(..) => {
            push_long(number(random).wrapping_mul(1 << 40 | 1), out);
        }
        DataType::UInt8 => push_long(random.below(variety.min(256)) as i64, out),
        DataType::UInt16 => push_long(random.below(variety.min(1 << 16)) as i64, out),
        DataType::UInt32 => push_long((u32::MAX - random.below(variety) as u32).into(), out),
        DataType::UInt64 => push_run(&i128::from(u64::MAX - random.below(variety)).to_be_bytes(), out),
        DataType::Float32 => {
            let float = [f32::NAN, -0.0, number(random) as f32 / 8.0][random.below(3) as usize];
            out.extend_from_slice(&float.to_le_bytes());
        }
        DataType::Float64 => {
            let float = [-f64::NAN, 0.0, number(random) as f64 / 8.0][random.below(3) as usize];
            out.extend_from_slice(&float.to_le_bytes());
        }
        DataType::Decimal128(precision, _) | DataType::Decimal256(precision, _) => {
            let most = 10i128.pow((*precision).min(38).into()) - 1;
            let number = (i128::from(number(random)) * 0x1_0000_0001_0000_0001) % most;
            let bytes = number.to_be_bytes();
            // As few bytes as hold it.
            let needless = |at: &usize| {
                let filled = if number < 0 { 0xff } else { 0 };
                bytes[..*at].iter().all(|byte| *byte == filled) && (bytes[*at] >= 0x80) == (number < 0)
            };
            push_run(&bytes[(0..16).rev().find(needless).unwrap_or(0)..], out);
        }
        DataType::Utf8 | DataType::Binary => {
            let text = "ä".repeat(random.below(variety.min(60)) as usize) + &random.below(variety).to_string();
            push_run(text.as_bytes(), out);
        }
        DataType::FixedSizeBinary(size) => {
            let bytes = random.below(variety).to_be_bytes();
            out.extend_from_slice(&bytes[8 - *size as usize..]);
        }
        DataType::List(items) => many(random, out, |random, out| push(items, random, variety, out)),
        DataType::Map(entries, _) => {
            let DataType::Struct(parts) = entries.data_type() else { panic!("no entries") };
            many(random, out, |random, out| {
                parts.iter().for_each(|part| push(part, random, variety, out));
            });
        }
        DataType::Struct(fields) => fields.iter().for_each(|field| push(field, random, variety, out)),
        other => panic!("{other}"),
    }
}

/// Some items in one run or in two.
fn many(random: &mut Random, out: &mut Vec<u8>, mut item: impl FnMut(&mut Random, &mut Vec<u8>)) {
    for _ in 0..random.below(3) {
        let count = 1 + random.below(3);
        push_long(count as i64, out);
        (0..count).for_each(|_| item(random, out));
    }
    push_long(0, out);
}

/// A file of these blocks, each of this many records.
fn file(schema: &SchemaRef, compress: Compress, blocks: &[(u64, Vec<u8>)]) -> Bytes {
    let blocking = pack::make(&Options::default(), compress).unwrap();
    let begun = blocking.begin(&build::written(schema)).unwrap();
    let (mut out, mut join) = (begun.header, begun.join.unwrap());
    let mut packer = blocking.packer().unwrap();
    for (records, data) in blocks {
        let part = packer.pack(&begun.known, *records, data, &mut Vec::new()).unwrap().unwrap();
        join.add(part, &mut out).unwrap();
    }
    join.end(&mut out).unwrap();
    out.into()
}

fn read(file: &Bytes, schema: &SchemaRef) -> (Arc<ParquetMetaData>, Vec<RecordBatch>) {
    let options =
        ArrowReaderOptions::new().with_schema(Arc::clone(schema)).with_page_index_policy(PageIndexPolicy::Required);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).unwrap();
    let metadata = Arc::clone(reader.metadata());
    let batches = (0..metadata.num_row_groups()).map(|group| {
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(
            file.clone(),
            ArrowReaderOptions::new().with_schema(Arc::clone(schema)),
        );
        let mut batches = reader.unwrap().with_row_groups(vec![group]).with_batch_size(1 << 20).build().unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert!(batches.next().is_none());
        batch
    });
    let batches = batches.collect();
    (metadata, batches)
}

fn ways() -> [Compress; 5] {
    let of = |codec, level| Compress::Blocks(BlockCompression { codec, level });
    [
        Compress::Auto,
        of(BlockCodec::None, None),
        of(BlockCodec::Of(Codec::Gzip), Some(1)),
        of(BlockCodec::Of(Codec::Zstd), Some(3)),
        of(BlockCodec::Of(Codec::Lz4), None),
    ]
}

#[test]
fn any_columns_are_read_as_they_were_written() {
    for seed in 1..300u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let fields: Fields = (0..1 + random.below(5)).map(|n| any_field(&format!("c{n}"), &mut random, 0)).collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let variety = [2, 30, 1 << 40][random.below(3) as usize];
        let blocks: Vec<(u64, Vec<u8>)> = (0..1 + random.below(3))
            .map(|_| {
                let records = 1 + random.below(300);
                let mut data = Vec::new();
                for _ in 0..records {
                    schema.fields().iter().for_each(|field| push(field, &mut random, variety, &mut data));
                }
                (records, data)
            })
            .collect();
        let way = ways()[random.below(5) as usize];
        let (_, batches) = read(&file(&schema, way, &blocks), &schema);
        assert_eq!(batches.len(), blocks.len());
        for (batch, (records, data)) in batches.iter().zip(&blocks) {
            let wanted = Columns::new(&schema).unwrap().batch(*records, data).unwrap();
            for (column, wanted) in batch.columns().iter().zip(wanted.columns()) {
                assert_eq!(column.to_data(), wanted.to_data(), "seed {seed}: {schema}");
            }
        }
    }
}

/// Many rows: more than one page.
#[test]
fn pages_end_with_rows_and_bytes() {
    let list = DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)));
    let fields = vec![
        Field::new("few", DataType::Utf8, false),
        Field::new("all", DataType::Int64, true),
        Field::new("long", list, true),
    ];
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let mut data = Vec::new();
    let rows = 50_000;
    for row in 0..rows {
        push_run(format!("city {}", row % 100).as_bytes(), &mut data);
        push_long(1, &mut data);
        push_long(row as i64, &mut data);
        push_long(1, &mut data);
        push_long(2, &mut data);
        for item in 0..2 {
            push_long(1, &mut data);
            push_run(format!("a long text, which is not in this column again: {row} {item}").as_bytes(), &mut data);
        }
        push_long(0, &mut data);
    }
    let blocks = [(rows, data)];
    let (metadata, batches) = read(&file(&schema, Compress::Auto, &blocks), &schema);
    let wanted = Columns::new(&schema).unwrap().batch(rows, &blocks[0].1).unwrap();
    let columns: Vec<ArrayRef> = batches[0].columns().to_vec();
    assert!(columns.iter().zip(wanted.columns()).all(|(column, wanted)| column.to_data() == wanted.to_data()));

    let group = metadata.row_group(0);
    let encodings = |column: usize| group.column(column).encodings().collect::<Vec<_>>();
    assert!(encodings(0).contains(&Encoding::RLE_DICTIONARY));
    assert!(!encodings(1).contains(&Encoding::RLE_DICTIONARY) && !encodings(2).contains(&Encoding::RLE_DICTIONARY));
    let firsts = |column: usize| -> Vec<i64> {
        let index = metadata.page_index_for_row_group(0);
        let places = index.offset_index(column).unwrap().page_locations();
        places.iter().map(|place| place.first_row_index).collect()
    };
    assert_eq!(firsts(0), [0, 20_000, 40_000]);
    // 1 MiB is 8 bytes of 131,072 values.
    assert_eq!(firsts(1), [0, 20_000, 40_000]);
    // Of the third, a row has from 2 × (4 + 50) bytes on, so that fewer than 1 MiB / 108 = 9709 rows make a page.
    let firsts = firsts(2);
    assert!(firsts.len() > 5 && firsts.windows(2).all(|two| (8500..9709).contains(&(two[1] - two[0]))), "{firsts:?}");
    let of = group.column(1).statistics().unwrap();
    assert_eq!(of.min_bytes_opt(), Some(&0i64.to_le_bytes()[..]));
    assert_eq!(of.max_bytes_opt(), Some(&(rows as i64 - 1).to_le_bytes()[..]));
    assert_eq!(of.null_count_opt(), Some(0));
}

/// Nothing that is short is above a long run of the highest byte: then there are no bounds, and no copy of it in the footer.
#[test]
fn values_without_a_short_bound_have_none() {
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("b", DataType::Binary, false)]));
    let value = vec![0xff; 100_000];
    let mut data = Vec::new();
    (0..20).for_each(|_| push_run(&value, &mut data));
    let blocks = [(20, data)];
    let file = file(&schema, Compress::Auto, &blocks);
    let (metadata, batches) = read(&file, &schema);
    let wanted = Columns::new(&schema).unwrap().batch(20, &blocks[0].1).unwrap();
    assert_eq!(batches[0].column(0).to_data(), wanted.column(0).to_data());
    let of = metadata.row_group(0).column(0).statistics().unwrap();
    assert_eq!((of.max_bytes_opt(), of.null_count_opt()), (None, Some(0)));
    assert!(metadata.page_index_for_row_group(0).column_index(0).is_none());
    assert!(file.len() < 100_000, "{}", file.len());
}
