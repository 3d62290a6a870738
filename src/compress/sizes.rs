//! Sizes that decide which bytes come out.

use super::codec::Codec;
use super::gzip;

/// The data of a member, or for gzip of some. It decides the bytes that come out, so it never changes.
pub(super) fn block(codec: Codec) -> usize {
    match codec {
        Codec::Gzip => 4 * gzip::MEMBER,
        Codec::Zstd | Codec::Lz4 => 512 << 10,
        // One block of the largest size.
        Codec::Bzip2 => 900_000,
        Codec::Xz => 1 << 20,
    }
}
