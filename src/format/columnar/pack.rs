//! Blocks of records as row groups of Parquet.
//!
//! Each thread makes the columns of a block and encodes them; then the row groups are put together in their order, and the
//! end says where they are.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

use super::build::{self, told, unexpected};
use super::chunk::{Chunk, Chunks, Leaf};
use super::leaves::{Node, Nodes};
use super::shape::{has_metadata, without_fields};
use crate::compress::{Begun, BlockCodec, Blocks, Codec, Compress, Join, PackBlock, Part};
use crate::error::{Error, Result};
use crate::format::Options;
use crate::format::avro::rows::Data;

/// How many bytes of records a row group has, before they are encoded and compressed.
const SIZE: usize = 4 << 20;
/// The largest block: texts of a column are counted in 31 bits.
const MOST: usize = 1 << 30;
/// What is made of a block takes at most this many times its size, beside itself: the columns, and their pages.
const PARTS: usize = 3;
/// What encoders of columns take for themselves.
const OWN: usize = 4 << 20;
/// Who wrote the file. Readers that know of faults of some writers look for a name and a version; this is the version of
/// how we write, so that the same records stay the same bytes.
const WRITER: &str = "pagemill version 2";

/// How row groups are made.
struct Packing {
    size: usize,
    compression: Compression,
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
        .build();
    Ok(Arc::new(Packing { size: size(options, SIZE)?, compression, properties: Arc::new(properties) }))
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
        let mut file = file(&schema, &self.properties)?;
        file.flush().map_err(unexpected)?;
        let header = std::mem::take(file.inner_mut());
        Ok(Begun { header, known: prefix.into(), join: Some(Box::new(RowGroups { file })) })
    }

    fn packer(&self) -> Result<Box<dyn PackBlock>> {
        Ok(Box::new(Packer { compression: self.compression, made: None }))
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
fn file(schema: &SchemaRef, properties: &WriterPropertiesPtr) -> Result<SerializedFileWriter<Vec<u8>>> {
    let of = columns(schema)?;
    let mut properties = Arc::clone(properties);
    if has_metadata(schema.fields()) {
        add_encoded_arrow_schema_to_metadata(schema, Arc::make_mut(&mut properties));
    }
    SerializedFileWriter::new(Vec::new(), of.root_schema_ptr(), properties).map_err(unexpected)
}

fn columns(schema: &SchemaRef) -> Result<SchemaDescriptor> {
    ArrowSchemaConverter::new().convert(schema).map_err(unexpected)
}

struct Packer {
    compression: Compression,
    made: Option<Made>,
}

/// What makes the columns of row groups.
struct Made {
    schema: SchemaRef,
    columns: SchemaDescriptor,
    nodes: Nodes,
    chunks: Chunks,
}

impl Made {
    fn new(known: &[u8], compression: Compression) -> Result<Made> {
        let schema = build::read(known)?;
        let columns = columns(&schema)?;
        let nodes = Node::of(schema.fields().iter().map(Arc::as_ref), &columns)?;
        Ok(Made { schema, columns, nodes, chunks: Chunks::new(compression)? })
    }
}

/// The columns of a row group.
type RowGroup = Vec<Chunk>;

impl PackBlock for Packer {
    fn pack(&mut self, known: &[u8], records: u64, data: &[u8], _: &mut Vec<u8>) -> Result<Option<Part>> {
        let Made { schema, columns, nodes: Nodes { nodes, leaves }, chunks } = match &mut self.made {
            Some(made) => made,
            None => self.made.insert(Made::new(known, self.compression)?),
        };
        if u32::try_from(data.len()).is_err() {
            return Err(unexpected("a block has 4 GiB or more"));
        }
        leaves.iter_mut().for_each(Leaf::clear);
        let mut data = Data::new(data);
        for _ in 0..records {
            for (node, field) in nodes.iter().zip(schema.fields()) {
                node.add(&mut data, leaves).map_err(|wrong| told(wrong, field))?;
            }
        }
        let group = leaves.iter().zip(columns.columns()).map(|(leaf, column)| chunks.write(column, leaf));
        Ok(Some(Box::new(group.collect::<Result<RowGroup>>()?)))
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
            writer.append_column(&column.bytes, column.told).map_err(unexpected)?;
        }
        writer.close().map_err(unexpected)?;
        self.written(output)
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<()> {
        self.file.finish().map_err(unexpected)?;
        self.written(output)
    }
}
