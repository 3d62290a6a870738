//! Who reads members of which codec.

use std::io;

use super::codec::{Codec, Unpack};
use super::{bzip2, gzip, lz4, xz, zstd};

/// Reads members one after another. `window`: the most that they may ask a reader to keep, in bytes.
pub(super) fn unpacker(codec: Codec, window: usize) -> io::Result<Box<dyn Unpack>> {
    Ok(match codec {
        Codec::Gzip => Box::new(gzip::Unpacker::new()),
        Codec::Zstd => Box::new(zstd::Unpacker::new(window)?),
        Codec::Bzip2 => Box::new(bzip2::Unpacker::new()),
        Codec::Xz => Box::new(xz::Unpacker::new(window)?),
        Codec::Lz4 => Box::new(lz4::Unpacker::new(window)),
    })
}
