//! The codecs, and what those who read and write their members have in common.

use std::io;
use std::path::{Path, PathBuf};

use super::input::Input;
use crate::error::{BadStream, Error, RecordError, Result};

/// A way of compressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// RFC 1952; written as BGZF, which every gzip reads.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// bzip2.
    Bzip2,
    /// The .xz format with LZMA2.
    Xz,
    /// The LZ4 frame format.
    Lz4,
}

impl Codec {
    /// All of them.
    pub const ALL: [Codec; 5] = [Codec::Gzip, Codec::Zstd, Codec::Bzip2, Codec::Xz, Codec::Lz4];

    /// Its name in flags and messages.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Gzip => "gzip",
            Codec::Zstd => "zstd",
            Codec::Bzip2 => "bzip2",
            Codec::Xz => "xz",
            Codec::Lz4 => "lz4",
        }
    }

    /// The extensions of its files, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Codec::Gzip => &["gz", "gzip", "bgz"],
            Codec::Zstd => &["zst", "zstd"],
            Codec::Bzip2 => &["bz2", "bzip2"],
            Codec::Xz => &["xz"],
            Codec::Lz4 => &["lz4"],
        }
    }

    /// The codec that a path's extension names.
    pub fn from_path(path: &Path) -> Option<Codec> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Codec::ALL.into_iter().find(|codec| codec.extensions().contains(&extension.as_str()))
    }

    /// The levels that can be asked for; none: it has no levels.
    pub fn levels(self) -> Option<std::ops::RangeInclusive<u32>> {
        match self {
            Codec::Gzip | Codec::Bzip2 => Some(1..=9),
            Codec::Zstd => Some(1..=22),
            Codec::Xz => Some(0..=9),
            Codec::Lz4 => None,
        }
    }

    /// The default level: that of the codec's own command.
    pub fn default_level(self) -> u32 {
        match self {
            Codec::Gzip | Codec::Xz => 6,
            Codec::Zstd => 3,
            Codec::Bzip2 => 9,
            Codec::Lz4 => 0,
        }
    }
}

/// The path without an extension that names a codec: what is inside of `trips.csv.gz` is `trips.csv`.
pub fn inner_path(path: &Path) -> PathBuf {
    match Codec::from_path(path) {
        Some(_) => path.with_extension(""),
        None => path.to_path_buf(),
    }
}

/// Reads members one after another.
pub(super) trait Unpack: Send {
    /// Decodes into `output`, which is not empty, and says how many bytes: it may be none although more come. No
    /// number at all: the input ended after a whole member.
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>>;

    /// Whether nothing of a member was read, or a member was read to its end.
    fn is_between(&self) -> bool;
}

/// Writes members.
pub trait Pack: Send {
    /// Appends members that hold `block`, which is at most [`Packing::block`](super::Packing::block) bytes long, to
    /// `output`.
    ///
    /// # Errors
    /// The codec can't be set up, most of all for want of memory.
    fn pack(&mut self, block: &[u8], output: &mut Vec<u8>) -> Result<()>;
}

/// A codec's progress by one call: bytes taken and given, and whether the member ended.
pub(super) struct Step {
    pub read: usize,
    pub written: usize,
    pub ended: bool,
}

/// Lets a codec make one step. No progress is an error: the data is cut off, or makes no sense.
pub(super) fn step(
    codec: Codec,
    input: &mut Input,
    decode: impl FnOnce(&[u8], bool) -> Result<Step, RecordError>,
) -> io::Result<Step> {
    let offset = input.offset();
    let (bytes, end) = input.fill()?;
    let (is_empty, len) = (bytes.is_empty(), bytes.len());
    let step = decode(bytes, end).map_err(|error| BadStream::at(offset, error))?;
    input.consume(step.read.min(len));
    match (step.read, step.written, step.ended) {
        (0, 0, false) if is_empty => Err(cut_off(codec, offset)),
        (0, 0, false) => Err(BadStream::at(offset, corrupt(codec))),
        _ => Ok(step),
    }
}

/// The data ends inside of a member, or where another one has to follow.
pub(super) fn cut_off(codec: Codec, offset: u64) -> io::Error {
    let error = RecordError::new(0, format!("the {} data is cut off", codec.name()))
        .hint("Get the whole file again: what was cut off is missing from it.");
    BadStream::at(offset, error)
}

/// The data is no member of the codec.
pub(super) fn corrupt(codec: Codec) -> RecordError {
    RecordError::new(0, format!("the {} data is corrupt", codec.name())).hint(HINT)
}

pub(super) fn corrupt_because(codec: Codec, reason: &str) -> RecordError {
    RecordError::new(0, format!("the {} data is corrupt: {reason}", codec.name())).hint(HINT)
}

const HINT: &str = "Get the file again; if it is not compressed at all, give ⟨decompress none⟩";

/// No member begins where one should.
pub(super) fn no_member(codec: Codec, offset: u64) -> io::Error {
    let name = codec.name();
    let reason = match offset {
        0 => format!("this is not {name} data, although its name or ⟨decompress⟩ says so"),
        _ => format!("what follows the last {name} member is not {name} data"),
    };
    BadStream::at(offset, RecordError::new(0, reason).hint(HINT))
}

/// A codec failed to compress: its library has no memory, or a bug.
pub(super) fn failed(codec: Codec, level: u32, reason: &str) -> Error {
    Error::memory(format!("{}:{level} can't compress: {reason}", codec.name()))
}
