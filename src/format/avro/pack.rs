//! Blocks: records together, compressed, with the marker behind them.

use std::io::Read;

use bzip2::read::BzEncoder;
use flate2::{Compress, FlushCompress, Status};
use liblzma::read::XzEncoder;
use zstd_safe::{CCtx, CParameter, compress_bound, get_error_name};

use super::codec::Codec;
use super::header::{MAGIC, SYNC};
use super::wire::put_long;
use crate::error::{Error, Result};
use crate::format::{Blocks, PackBlock};

/// How blocks are made.
pub(super) struct Packing {
    pub codec: Codec,
    pub level: u32,
    /// The schema as it is written.
    pub schema: String,
    sync: [u8; SYNC],
}

fn long(number: i64, out: &mut Vec<u8>) {
    let mut room = [0; 10];
    let len = put_long(number, &mut room);
    out.extend_from_slice(&room[..len]);
}

fn run(bytes: &[u8], out: &mut Vec<u8>) {
    long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

impl Packing {
    /// The marker depends on the schema and on how blocks are made, and on nothing else: the same job writes the same file.
    pub fn new(schema: String, codec: Codec, level: u32, block_size: usize) -> Packing {
        let of = format!("{}:{level}:{block_size}\n{schema}", codec.name());
        let half = |seed| twox_hash::XxHash3_64::oneshot_with_seed(seed, of.as_bytes()).to_le_bytes();
        let mut sync = [0; SYNC];
        sync[..8].copy_from_slice(&half(0));
        sync[8..].copy_from_slice(&half(1));
        Packing { codec, level, schema, sync }
    }
}

impl Blocks for Packing {
    fn header(&self) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        long(2, &mut header);
        run(b"avro.schema", &mut header);
        run(self.schema.as_bytes(), &mut header);
        run(b"avro.codec", &mut header);
        run(self.codec.name().as_bytes(), &mut header);
        long(0, &mut header);
        header.extend_from_slice(&self.sync);
        header
    }

    fn packer(&self) -> Result<Box<dyn PackBlock>> {
        let mut zstd = None;
        if self.codec == Codec::Zstandard {
            let mut context = CCtx::try_create().ok_or_else(|| failed("there is no memory"))?;
            let level = CParameter::CompressionLevel(self.level as i32);
            context.set_parameter(level).map_err(|code| failed(get_error_name(code)))?;
            zstd = Some(context);
        }
        Ok(Box::new(Packer {
            codec: self.codec,
            level: self.level,
            sync: self.sync,
            packed: Vec::new(),
            deflate: (self.codec == Codec::Deflate).then(|| Compress::new(flate2::Compression::new(self.level), false)),
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
    sync: [u8; SYNC],
    /// The data of a block.
    packed: Vec<u8>,
    deflate: Option<Compress>,
    snappy: snap::raw::Encoder,
    zstd: Option<CCtx<'static>>,
}

impl PackBlock for Packer {
    fn pack(&mut self, records: u64, data: &[u8], output: &mut Vec<u8>) -> Result<()> {
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
        output.extend_from_slice(&self.sync);
        Ok(())
    }
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
                packed.resize(compress_bound(data.len()), 0);
                let len = zstd.compress2(&mut packed[..], data).map_err(|code| failed(get_error_name(code)))?;
                packed.truncate(len);
            }
            Codec::Bzip2 => {
                BzEncoder::new(data, bzip2::Compression::new(self.level)).read_to_end(packed).map_err(io)?;
            }
            Codec::Xz => {
                XzEncoder::new(data, self.level).read_to_end(packed).map_err(io)?;
            }
        }
        Ok(())
    }
}
