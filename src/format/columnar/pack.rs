//! Blocks of records as row groups of Parquet.
//!
//! Each thread makes the columns of a block and encodes them; then the row groups are put together in their order, and the
//! end says where they are.

use std::io;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;

use super::build::{self, Columns, unexpected};
use super::shape::{has_metadata, without_fields};
use crate::compress::{Begun, BlockCodec, Blocks, Codec, Compress, Join, PackBlock, Part};
use crate::error::{Error, Result};
use crate::format::Options;

/// How many bytes of records a row group has, before they are encoded and compressed.
const SIZE: usize = 4 << 20;
/// The largest block: texts of a column are counted in 31 bits.
const MOST: usize = 1 << 30;
/// What is made of a block takes at most so many times its size, beside itself: the columns, and their pages.
const PARTS: usize = 3;
/// What encoders of columns take for themselves.
const OWN: usize = 4 << 20;
/// Who wrote the file. Readers that know of faults of some writers look for a name and a version; this is the version of
/// how we write, so that the same records stay the same bytes.
const WRITER: &str = "pagemill version 1";

/// How row groups are made.
struct Packing {
    size: usize,
    properties: WriterPropertiesPtr,
}

/// The size of a block that was asked for, or the usual one.
///
/// # Errors
/// Usage: it is too large.
pub(super) fn size(options: &Options, usual: usize) -> Result<usize> {
    match options.block_size {
        0 => Ok(usual),
        size if size <= MOST => Ok(size),
        size => Err(Error::usage(format!(
            "⟨block_size⟩: a block of columns has at most {MOST} bytes of records, not {size}"
        ))),
    }
}

/// Makes row groups that are compressed in this way.
pub(super) fn make(options: &Options, compress: Compress) -> Result<Arc<dyn Blocks>> {
    let compression = compression(compress)?;
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_created_by(WRITER.to_owned())
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(None)
        .build();
    Ok(Arc::new(Packing { size: size(options, SIZE)?, properties: Arc::new(properties) }))
}

fn compression(compress: Compress) -> Result<Compression> {
    let Some(of) = compress.of_blocks() else { return Ok(Compression::SNAPPY) };
    let refused = |_| Error::usage(format!("⟨compress⟩: {of} has no such level in Parquet"));
    Ok(match of.codec {
        BlockCodec::None => Compression::UNCOMPRESSED,
        BlockCodec::Snappy => Compression::SNAPPY,
        BlockCodec::Of(Codec::Gzip) => {
            Compression::GZIP(of.level.map_or(Ok(GzipLevel::default()), GzipLevel::try_new).map_err(refused)?)
        }
        BlockCodec::Of(Codec::Zstd) => {
            let level = of.level.map_or(Ok(ZstdLevel::default()), |level| ZstdLevel::try_new(level as i32));
            Compression::ZSTD(level.map_err(refused)?)
        }
        BlockCodec::Of(Codec::Lz4) => Compression::LZ4_RAW,
        other => {
            return Err(Error::usage(format!(
                "⟨compress⟩: columns of Parquet can't be compressed with {}\n  They can with snappy, zstd, gzip and lz4.",
                other.name()
            )));
        }
    })
}

impl Blocks for Packing {
    fn size(&self) -> usize {
        self.size
    }

    fn coder(&self) -> usize {
        PARTS * self.size + OWN
    }

    fn begin(&self, prefix: &[u8]) -> Result<Begun> {
        let schema = build::read(prefix)?;
        check(&schema)?;
        let mut file = file(&schema, &self.properties, Vec::new())?;
        file.flush().map_err(unexpected)?;
        let header = std::mem::take(file.inner_mut());
        Ok(Begun { header, known: prefix.into(), join: Some(Box::new(RowGroups { file })) })
    }

    fn packer(&self) -> Result<Box<dyn PackBlock>> {
        Ok(Box::new(Packer { properties: Arc::clone(&self.properties), made: None }))
    }
}

/// Refuses records without fields.
///
/// # Errors
/// Usage: there is one.
pub(super) fn check(schema: &SchemaRef) -> Result<()> {
    let Some(path) = without_fields(schema.fields(), "") else { return Ok(()) };
    let whose = if path.is_empty() { "the output".to_owned() } else { format!("the record `{path}`") };
    Err(Error::usage(format!(
        "{whose} has no fields, and columns need one\n  Leave it out with ⟨drop⟩, or write another format."
    )))
}

/// A file that is begun.
fn file<W: io::Write + Send>(
    schema: &SchemaRef,
    properties: &WriterPropertiesPtr,
    target: W,
) -> Result<SerializedFileWriter<W>> {
    let of = ArrowSchemaConverter::new().convert(schema).map_err(unexpected)?;
    let mut properties = Arc::clone(properties);
    if has_metadata(schema.fields()) {
        add_encoded_arrow_schema_to_metadata(schema, Arc::make_mut(&mut properties));
    }
    SerializedFileWriter::new(target, of.root_schema_ptr(), properties).map_err(unexpected)
}

struct Packer {
    properties: WriterPropertiesPtr,
    /// What makes columns, and what makes the encoders of a row group.
    made: Option<(Columns, SchemaRef, ArrowRowGroupWriterFactory)>,
}

/// The columns of a row group, encoded.
type RowGroup = Vec<ArrowColumnChunk>;

impl PackBlock for Packer {
    fn pack(&mut self, known: &[u8], records: u64, data: &[u8], _: &mut Vec<u8>) -> Result<Option<Part>> {
        let (columns, schema, encoders) = match &mut self.made {
            Some(made) => made,
            None => {
                let schema = build::read(known)?;
                let encoders =
                    ArrowRowGroupWriterFactory::new(&file(&schema, &self.properties, io::sink())?, Arc::clone(&schema));
                self.made.insert((Columns::new(&schema)?, schema, encoders))
            }
        };
        let (_, made, _) = columns.batch(records, data)?.into_parts();
        let mut encoders = encoders.create_column_writers(0).map_err(unexpected)?.into_iter();
        let mut group = RowGroup::with_capacity(encoders.len());
        // What a column and its encoder take is given back before the next one.
        for (field, column) in schema.fields().iter().zip(made) {
            for leaf in compute_leaves(field, &column).map_err(unexpected)? {
                let mut encoder = encoders.next().ok_or_else(|| unexpected("there are more columns than fields"))?;
                encoder.write(&leaf).map_err(unexpected)?;
                group.push(encoder.close().map_err(unexpected)?);
            }
        }
        Ok(Some(Box::new(group)))
    }
}

/// The file as far as it was written. What is known of its row groups is kept until its end.
struct RowGroups {
    file: SerializedFileWriter<Vec<u8>>,
}

impl RowGroups {
    fn written(&mut self, output: &mut Vec<u8>) -> Result<()> {
        self.file.flush().map_err(unexpected)?;
        output.append(self.file.inner_mut());
        Ok(())
    }
}

impl Join for RowGroups {
    fn add(&mut self, part: Part, output: &mut Vec<u8>) -> Result<()> {
        let group = part.downcast::<RowGroup>().map_err(|_| unexpected("a block is none"))?;
        let mut writer = self.file.next_row_group().map_err(unexpected)?;
        for column in *group {
            column.append_to_row_group(&mut writer).map_err(unexpected)?;
        }
        writer.close().map_err(unexpected)?;
        self.written(output)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<()> {
        self.file.finish().map_err(unexpected)?;
        self.written(output)
    }
}
