//! How pages are compressed.

use std::io::Write;

use flate2::write::GzEncoder;
use parquet::basic::Compression;

use crate::compress::ZstdPacker;
use crate::error::{Error, Result};

/// Compresses pages, one after another.
pub(super) enum Codec {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Gzip(u32),
    Zstd(ZstdPacker),
    Lz4,
}

#[cold]
fn failed(reason: &str) -> Error {
    Error::memory(format!("a page of Parquet can't be compressed: {reason}"))
}

impl Codec {
    /// # Errors
    /// There is no memory, or it is a way to compress that nobody can ask for.
    pub fn new(compression: Compression) -> Result<Codec> {
        Ok(match compression {
            Compression::UNCOMPRESSED => Codec::None,
            Compression::SNAPPY => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::GZIP(level) => Codec::Gzip(level.compression_level()),
            Compression::ZSTD(level) => Codec::Zstd(ZstdPacker::new(level.compression_level()).map_err(failed)?),
            Compression::LZ4_RAW => Codec::Lz4,
            other => return Err(failed(&format!("it can't be done with {other}"))),
        })
    }

    /// The page, compressed.
    pub fn compress(&mut self, page: &[u8]) -> Result<Vec<u8>> {
        let said = |error: &dyn std::fmt::Display| failed(&error.to_string());
        Ok(match self {
            Codec::None => page.to_vec(),
            Codec::Snappy(encoder) => encoder.compress_vec(page).map_err(|error| said(&error))?,
            Codec::Gzip(level) => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(*level));
                encoder.write_all(page).and_then(|()| encoder.finish()).map_err(|error| said(&error))?
            }
            Codec::Zstd(packer) => {
                let mut packed = Vec::new();
                packer.pack(page, &mut packed).map_err(failed)?;
                packed
            }
            Codec::Lz4 => lz4_flex::block::compress(page),
        })
    }
}
