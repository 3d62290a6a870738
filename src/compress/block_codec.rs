//! Codecs of the blocks of a container.

use std::str::FromStr;

use super::codec::Codec;

/// How blocks are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockCompression {
    /// The codec.
    pub codec: BlockCodec,
    /// One of the codec's levels, if it was said.
    pub level: Option<u32>,
}

/// A codec of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockCodec {
    /// They are not compressed.
    None,
    /// DEFLATE (RFC 1951), without anything around it.
    Deflate,
    /// Snappy.
    Snappy,
    /// A codec that files are compressed with too.
    Of(Codec),
}

impl BlockCodec {
    /// Those that are no codecs of files.
    const OWN: [BlockCodec; 2] = [BlockCodec::Deflate, BlockCodec::Snappy];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BlockCodec::None => "none",
            BlockCodec::Deflate => "deflate",
            BlockCodec::Snappy => "snappy",
            BlockCodec::Of(codec) => codec.name(),
        }
    }

    /// The levels that can be asked for; none: it has no levels.
    pub fn levels(self) -> Option<std::ops::RangeInclusive<u32>> {
        match self {
            BlockCodec::None | BlockCodec::Snappy => None,
            BlockCodec::Deflate => Some(1..=9),
            BlockCodec::Of(codec) => codec.levels(),
        }
    }
}

impl FromStr for BlockCodec {
    type Err = ();

    /// Only those that are no codecs of files.
    fn from_str(text: &str) -> Result<BlockCodec, ()> {
        BlockCodec::OWN.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(text)).ok_or(())
    }
}

impl std::fmt::Display for BlockCompression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.codec.name())?;
        self.level.map_or(Ok(()), |level| write!(f, ":{level}"))
    }
}
