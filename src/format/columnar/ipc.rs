//! Blocks of records as record batches of Arrow, in a file or in a stream.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;

use super::build::{self, Columns, unexpected};
use super::pack;
use crate::compress::{Begun, BlockCodec, Blocks, Codec, Compress, Join, PackBlock, Part};
use crate::error::{Error, Result};
use crate::format::Options;

/// How many bytes of records a record batch has.
const SIZE: usize = 1 << 20;

/// How record batches are made.
struct Packing {
    size: usize,
    compression: Option<CompressionType>,
    /// Of Zstandard, which alone has levels here.
    level: Option<i32>,
    /// They are in a file, whose end says where they are; else in a stream.
    in_file: bool,
}

/// Makes a file of record batches that are compressed in this way.
pub(super) fn file(options: &Options, compress: Compress) -> Result<Arc<dyn Blocks>> {
    make(options, compress, true)
}

/// Makes a stream of them.
pub(super) fn stream(options: &Options, compress: Compress) -> Result<Arc<dyn Blocks>> {
    make(options, compress, false)
}

fn make(options: &Options, compress: Compress, in_file: bool) -> Result<Arc<dyn Blocks>> {
    let (compression, level) = match compress.of_blocks() {
        None => (None, None),
        Some(of) => match of.codec {
            BlockCodec::None => (None, None),
            BlockCodec::Of(Codec::Zstd) => (Some(CompressionType::ZSTD), of.level.map(|level| level as i32)),
            BlockCodec::Of(Codec::Lz4) => (Some(CompressionType::LZ4_FRAME), None),
            other => {
                return Err(Error::usage(format!(
                    "⟨compress⟩: record batches of Arrow can't be compressed with {}\n  They can with zstd and lz4.",
                    other.name()
                )));
            }
        },
    };
    Ok(Arc::new(Packing { size: pack::size(options, SIZE)?, compression, level, in_file }))
}

impl Blocks for Packing {
    fn size(&self) -> usize {
        self.size
    }

    fn coder(&self) -> usize {
        2 * self.size + (1 << 20)
    }

    fn begin(&self, prefix: &[u8]) -> Result<Begun> {
        let schema = build::read(prefix)?;
        pack::check(&schema)?;
        let options = IpcWriteOptions::default().try_with_compression(self.compression).map_err(unexpected)?;
        let options = options.try_with_compression_level(self.level).map_err(unexpected)?;
        let mut batches = Batches(match self.in_file {
            true => Writer::File(FileWriter::try_new_with_options(Vec::new(), &schema, options).map_err(unexpected)?),
            false => {
                Writer::Stream(StreamWriter::try_new_with_options(Vec::new(), &schema, options).map_err(unexpected)?)
            }
        });
        let header = std::mem::take(batches.0.written());
        Ok(Begun { header, known: prefix.into(), join: Some(Box::new(batches)) })
    }

    fn packer(&self) -> Result<Box<dyn PackBlock>> {
        Ok(Box::new(Packer(None)))
    }
}

struct Packer(Option<Columns>);

impl PackBlock for Packer {
    fn pack(&mut self, known: &[u8], records: u64, data: &[u8], _: &mut Vec<u8>) -> Result<Option<Part>> {
        let columns = match &mut self.0 {
            Some(columns) => columns,
            None => self.0.insert(Columns::new(&build::read(known)?)?),
        };
        Ok(Some(Box::new(columns.batch(records, data)?)))
    }
}

enum Writer {
    File(FileWriter<Vec<u8>>),
    Stream(StreamWriter<Vec<u8>>),
}

impl Writer {
    fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), ArrowError> {
        match self {
            Writer::File(writer) => writer.write(batch),
            Writer::Stream(writer) => writer.write(batch),
        }
    }

    fn finish(&mut self) -> std::result::Result<(), ArrowError> {
        match self {
            Writer::File(writer) => writer.finish(),
            Writer::Stream(writer) => writer.finish(),
        }
    }

    fn written(&mut self) -> &mut Vec<u8> {
        match self {
            Writer::File(writer) => writer.get_mut(),
            Writer::Stream(writer) => writer.get_mut(),
        }
    }
}

/// What was written so far.
struct Batches(Writer);

impl Join for Batches {
    fn add(&mut self, part: Part, output: &mut Vec<u8>) -> Result<()> {
        let batch = part.downcast::<RecordBatch>().map_err(|_| unexpected("a block is none"))?;
        self.0.write(&batch).map_err(unexpected)?;
        output.append(self.0.written());
        Ok(())
    }

    fn end(&mut self, output: &mut Vec<u8>) -> Result<()> {
        self.0.finish().map_err(unexpected)?;
        output.append(self.0.written());
        Ok(())
    }
}
