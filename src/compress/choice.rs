//! What was asked for: how a source is to be read, and how a target is to be written.

use std::path::Path;
use std::str::FromStr;

use super::block_codec::{BlockCodec, BlockCompression};
use super::codec::{Codec, Pack};
use super::{bzip2, gzip, lz4, xz, zstd};
use crate::error::{Error, Result};

/// Whether a source is decompressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decompress {
    /// When it looks compressed, or its extension says that it is.
    #[default]
    Auto,
    /// Never.
    None,
    /// It is of this codec.
    As(Codec),
}

/// Whether a target is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compress {
    /// When its extension says so.
    #[default]
    Auto,
    /// Never.
    None,
    /// Always, in this way.
    As(Compression),
    /// In this way, which only containers know: their blocks are compressed.
    Blocks(BlockCompression),
}

impl Compress {
    /// How a target at `path`, or without one, is compressed; none if it is not.
    pub fn of(self, path: Option<&Path>) -> Option<Compression> {
        match self {
            Compress::Auto => path.and_then(Codec::from_path).map(Compression::from),
            Compress::None | Compress::Blocks(_) => None,
            Compress::As(compression) => Some(compression),
        }
    }

    /// How the blocks of a container are compressed; none: as its format does where nothing is said.
    pub fn of_blocks(self) -> Option<BlockCompression> {
        let of = |codec, level| Some(BlockCompression { codec, level });
        match self {
            Compress::Auto => None,
            Compress::None => of(BlockCodec::None, None),
            Compress::As(Compression { codec, level }) => of(BlockCodec::Of(codec), Some(level)),
            Compress::Blocks(compression) => Some(compression),
        }
    }
}

/// A codec and its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compression {
    /// The codec.
    pub codec: Codec,
    /// One of the codec's levels; 0 where it has none.
    pub level: u32,
}

impl From<Codec> for Compression {
    fn from(codec: Codec) -> Compression {
        Compression { codec, level: codec.default_level() }
    }
}

impl Compression {
    /// An encoder.
    ///
    /// # Errors
    /// There is no memory for it.
    #[doc(hidden)]
    pub fn packer(self) -> Result<Box<dyn Pack>> {
        Ok(match self.codec {
            Codec::Gzip => Box::new(gzip::Packer::new(self.level)),
            Codec::Zstd => Box::new(zstd::Packer::new(self.level)?),
            Codec::Bzip2 => Box::new(bzip2::Packer::new(self.level)),
            Codec::Xz => Box::new(xz::Packer::new(self.level)),
            Codec::Lz4 => Box::new(lz4::Packer::default()),
        })
    }

    /// What follows all members.
    #[doc(hidden)]
    pub fn ending(self) -> &'static [u8] {
        match self.codec {
            Codec::Gzip => &gzip::ENDING,
            _ => &[],
        }
    }
}

fn codec(text: &str) -> Option<Codec> {
    let named = |codec: &Codec| {
        codec.name().eq_ignore_ascii_case(text) || codec.extensions().iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    Codec::ALL.into_iter().find(named)
}

fn names() -> String {
    Codec::ALL.map(Codec::name).join(", ")
}

impl FromStr for Decompress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Decompress> {
        match codec(text) {
            Some(codec) => Ok(Decompress::As(codec)),
            None if text.eq_ignore_ascii_case("auto") => Ok(Decompress::Auto),
            None if text.eq_ignore_ascii_case("none") => Ok(Decompress::None),
            None => Err(Error::usage(format!("⟨decompress⟩: `{text}` is not one of auto, none, {}", names()))),
        }
    }
}

impl FromStr for Compress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Compress> {
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level)),
            None => (text, None),
        };
        let named = codec(name).map(BlockCodec::Of).or_else(|| name.parse().ok());
        let Some(codec) = named else {
            return match (name.to_ascii_lowercase().as_str(), level) {
                ("auto", None) => Ok(Compress::Auto),
                ("none" | "null", None) => Ok(Compress::None),
                _ => Err(Error::usage(format!(
                    "⟨compress⟩: `{text}` is not one of auto, none, {}; or, for Avro, deflate, snappy\n  A level may follow: zstd:9.",
                    names()
                ))),
            };
        };
        let level = level.map(|level| level_of(codec, level)).transpose()?;
        Ok(match codec {
            BlockCodec::Of(codec) => {
                let usual = Compression::from(codec);
                Compress::As(Compression { level: level.unwrap_or(usual.level), ..usual })
            }
            codec => Compress::Blocks(BlockCompression { codec, level }),
        })
    }
}

/// A level of a codec.
fn level_of(codec: BlockCodec, level: &str) -> Result<u32> {
    let name = codec.name();
    let Some(levels) = codec.levels() else {
        return Err(Error::usage(format!("⟨compress⟩: {name} has no levels; leave out `:{level}`")));
    };
    level.parse().ok().filter(|level| levels.contains(level)).ok_or_else(|| {
        let (from, to) = (levels.start(), levels.end());
        Error::usage(format!("⟨compress⟩: `{level}` is not a level of {name}; its levels are {from} to {to}"))
    })
}

impl std::fmt::Display for Decompress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Decompress::Auto => f.write_str("auto"),
            Decompress::None => f.write_str("none"),
            Decompress::As(codec) => f.write_str(codec.name()),
        }
    }
}

impl std::fmt::Display for Compress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Compress::Auto => f.write_str("auto"),
            Compress::None => f.write_str("none"),
            Compress::As(compression) => compression.fmt(f),
            Compress::Blocks(compression) => compression.fmt(f),
        }
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.codec.levels() {
            Some(_) => write!(f, "{}:{}", self.codec.name(), self.level),
            None => f.write_str(self.codec.name()),
        }
    }
}
