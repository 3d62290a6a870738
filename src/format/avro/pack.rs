//! Blocks: records together, compressed, with the marker after them.

use std::io::Read;
use std::sync::Arc;

use bzip2::read::BzEncoder;
use flate2::{Compress as Deflater, FlushCompress, Status};
use liblzma::read::XzEncoder;
use liblzma::stream::{Check, Filters, LzmaOptions, Stream};

use super::codec::Codec;
use super::header::{MAGIC, SYNC};
use super::wire::{push_long as long, push_run as run};
use crate::compress::{Begun, BlockCodec, Blocks, Codec as FileCodec, Compress, PackBlock, Part, ZstdPacker};
use crate::error::{Error, Result};
use crate::format::Options;

/// How blocks are made.
pub(super) struct Packing {
    codec: Codec,
    level: u32,
    size: usize,
}

/// How many bytes of records a block has, before they are compressed.
const SIZE: usize = 64 << 10;

/// Makes blocks that are compressed in this way.
pub(super) fn make(options: &Options, compress: Compress) -> Result<Arc<dyn Blocks>> {
    let of = |codec: FileCodec| match codec {
        FileCodec::Zstd => Some(Codec::Zstandard),
        FileCodec::Bzip2 => Some(Codec::Bzip2),
        FileCodec::Xz => Some(Codec::Xz),
        _ => None,
    };
    let (codec, level, name) = match compress {
        Compress::Auto | Compress::None => (Some(Codec::Null), None, ""),
        Compress::As(of_file) => (of(of_file.codec), Some(of_file.level), of_file.codec.name()),
        Compress::Blocks(of_blocks) => {
            let codec = match of_blocks.codec {
                BlockCodec::None => Some(Codec::Null),
                BlockCodec::Deflate => Some(Codec::Deflate),
                BlockCodec::Snappy => Some(Codec::Snappy),
                BlockCodec::Of(codec) => of(codec),
            };
            (codec, of_blocks.level, of_blocks.codec.name())
        }
    };
    let Some(codec) = codec else {
        return Err(Error::usage(format!(
            "⟨compress⟩: blocks of Avro can't be compressed with {name}\n  They can with deflate, snappy, zstd, bzip2 and xz; the whole file is compressed if its name says so: `a.avro.gz`."
        )));
    };
    let usual = match codec {
        Codec::Deflate | Codec::Xz => 6,
        Codec::Zstandard => 3,
        Codec::Bzip2 => 9,
        Codec::Null | Codec::Snappy => 0,
    };
    let size = if options.block_size > 0 { options.block_size } else { SIZE };
    Ok(Arc::new(Packing::new(codec, level.unwrap_or(usual), size)))
}

impl Packing {
    pub fn new(codec: Codec, level: u32, size: usize) -> Packing {
        Packing { codec, level, size }
    }

    /// The marker depends on the schema and on how blocks are made, and on nothing else: the same job writes the same file.
    fn sync(&self, schema: &[u8]) -> [u8; SYNC] {
        let of = [format!("{}:{}:{}\n", self.codec.name(), self.level, self.size).as_bytes(), schema].concat();
        let half = |seed| twox_hash::XxHash3_64::oneshot_with_seed(seed, &of).to_le_bytes();
        let mut sync = [0; SYNC];
        sync[..8].copy_from_slice(&half(0));
        sync[8..].copy_from_slice(&half(1));
        sync
    }

    /// The dictionary of xz: no larger than a block.
    fn dictionary(&self) -> u32 {
        (self.size.clamp(4096, 8 << 20) as u32).next_power_of_two()
    }
}

impl Blocks for Packing {
    fn size(&self) -> usize {
        self.size
    }

    fn coder(&self) -> usize {
        match self.codec {
            Codec::Null | Codec::Snappy => 64 << 10,
            Codec::Deflate => 320 << 10,
            Codec::Zstandard if self.level > 9 => 8 << 20,
            Codec::Zstandard => 2 << 20,
            Codec::Bzip2 => 8 << 20,
            Codec::Xz => 12 * self.dictionary() as usize + (2 << 20),
        }
    }

    fn begin(&self, schema: &[u8]) -> Result<Begun> {
        let sync = self.sync(schema);
        let properties = [(&b"avro.schema"[..], schema), (b"avro.codec", self.codec.name().as_bytes())];
        Ok(Begun { header: header(&properties, &sync), known: Arc::new(sync), join: None })
    }

    fn packer(&self) -> Result<Box<dyn PackBlock>> {
        let zstd = (self.codec == Codec::Zstandard).then(|| ZstdPacker::new(self.level as i32));
        let zstd = zstd.transpose().map_err(failed)?;
        Ok(Box::new(Packer {
            codec: self.codec,
            level: self.level,
            dictionary: self.dictionary(),
            packed: Vec::new(),
            deflate: (self.codec == Codec::Deflate).then(|| Deflater::new(flate2::Compression::new(self.level), false)),
            snappy: snap::raw::Encoder::new(),
            zstd,
        }))
    }
}

#[cold]
fn failed(reason: &str) -> Error {
    Error::memory(format!("a block of Avro can't be compressed: {reason}"))
}

struct Packer {
    codec: Codec,
    level: u32,
    dictionary: u32,
    /// The data of a block.
    packed: Vec<u8>,
    deflate: Option<Deflater>,
    snappy: snap::raw::Encoder,
    zstd: Option<ZstdPacker>,
}

impl PackBlock for Packer {
    fn pack(&mut self, sync: &[u8], records: u64, data: &[u8], output: &mut Vec<u8>) -> Result<Option<Part>> {
        self.packed.clear();
        let packed = match self.codec {
            Codec::Null => data,
            _ => {
                self.compress(data)?;
                &self.packed
            }
        };
        long(i64::try_from(records).map_err(|_| failed("it has too many records"))?, output);
        run(packed, output);
        output.extend_from_slice(sync);
        Ok(None)
    }
}

/// What a file begins with.
pub(super) fn header(properties: &[(&[u8], &[u8])], sync: &[u8; SYNC]) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    long(properties.len() as i64, &mut header);
    for (name, value) in properties {
        run(name, &mut header);
        run(value, &mut header);
    }
    long(0, &mut header);
    header.extend_from_slice(sync);
    header
}

impl Packer {
    /// Compresses the data of a block.
    fn compress(&mut self, data: &[u8]) -> Result<()> {
        let packed = &mut self.packed;
        let io = |error: std::io::Error| failed(&error.to_string());
        match self.codec {
            Codec::Null => {}
            Codec::Deflate => {
                let Some(deflate) = &mut self.deflate else { return Ok(()) };
                deflate.reset();
                // Data that can't be compressed becomes a little longer.
                packed.reserve(data.len() + data.len() / 1000 + 64);
                loop {
                    let read = deflate.total_in() as usize;
                    let status = deflate.compress_vec(&data[read..], packed, FlushCompress::Finish);
                    match status.map_err(|error| failed(&error.to_string()))? {
                        Status::StreamEnd => break,
                        _ => packed.reserve(data.len() / 4 + 1024),
                    }
                }
            }
            Codec::Snappy => {
                packed.resize(snap::raw::max_compress_len(data.len()), 0);
                let len = self.snappy.compress(data, packed).map_err(|error| failed(&error.to_string()))?;
                packed.truncate(len);
                packed.extend_from_slice(&crc32fast::hash(data).to_be_bytes());
            }
            Codec::Zstandard => {
                let Some(zstd) = &mut self.zstd else { return Ok(()) };
                zstd.pack(data, packed).map_err(failed)?;
            }
            Codec::Bzip2 => {
                BzEncoder::new(data, bzip2::Compression::new(self.level)).read_to_end(packed).map_err(io)?;
            }
            Codec::Xz => {
                let no = |error: liblzma::stream::Error| failed(&error.to_string());
                let mut options = LzmaOptions::new_preset(self.level).map_err(no)?;
                options.dict_size(self.dictionary);
                let stream = Stream::new_stream_encoder(Filters::new().lzma2(&options), Check::Crc64).map_err(no)?;
                XzEncoder::new_stream(data, stream).read_to_end(packed).map_err(io)?;
            }
        }
        Ok(())
    }
}
