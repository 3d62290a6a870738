//! Compressed data: which codecs there are, how they are recognised, and how members of them are read and written.
//!
//! A compressed file is a run of independent *members* (gzip calls them so; zstd and LZ4 frames, xz and bzip2
//! streams). What is written here are members of a fixed size, so that the bytes depend on nothing but the data, and
//! so that members can be compressed, and those of gzip and zstd decompressed, in parallel.

mod block_codec;
mod blocks;
mod bzip2;
mod choice;
mod codec;
mod gzip;
mod input;
mod lz4;
mod pieces;
mod plan;
mod sizes;
mod sniff;
mod split;
mod unpackers;
mod xz;
mod zstd;

pub use block_codec::{BlockCodec, BlockCompression};
pub(crate) use blocks::{Begun, Blocking, Blocks, Join, PackBlock, Part};
pub use choice::{Compress, Compression, Decompress};
pub use codec::Codec;
#[doc(hidden)]
pub use codec::{Pack, inner_path};
#[doc(hidden)]
pub use plan::{Packing, Unpacking};
#[doc(hidden)]
pub use sniff::{MAGIC, Packed, may_begin, sniff};
#[doc(hidden)]
pub use split::{Claim, Opener, Piece, Splitter};

pub(crate) use zstd::BlockPacker as ZstdPacker;

#[cfg(test)]
mod tests;
