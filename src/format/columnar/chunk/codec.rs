//! How pages are compressed.

use std::io::Write;

use flate2::write::GzEncoder;
use parquet::basic::Compression;
use zstd_safe::{CCtx, CParameter, compress_bound, get_error_name};

use crate::error::{Error, Result};

/// Compresses pages, one after another.
pub(super) enum Codec {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Gzip(u32),
    Zstd(CCtx<'static>),
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
            Compression::ZSTD(level) => {
                let mut context = CCtx::try_create().ok_or_else(|| failed("there is no memory"))?;
                let level = CParameter::CompressionLevel(level.compression_level());
                context.set_parameter(level).map_err(|code| failed(get_error_name(code)))?;
                Codec::Zstd(context)
            }
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
            Codec::Zstd(context) => {
                let mut packed = vec![0; compress_bound(page.len())];
                let len = context.compress2(&mut packed[..], page).map_err(|code| failed(get_error_name(code)))?;
                packed.truncate(len);
                packed
            }
            Codec::Lz4 => lz4_flex::block::compress(page),
        })
    }
}
