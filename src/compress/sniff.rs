//! Recognising compressed data by its first bytes, and what it takes to read it.

use super::codec::Codec;
use super::{gzip, lz4, zstd};

/// This many bytes are enough to recognise a codec and what it takes to read it.
pub const MAGIC: usize = 64;

/// What the first bytes of compressed data say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// How it was compressed.
    pub codec: Codec,
    /// What the first member asks a reader to keep, in bytes. Later ones may ask for more.
    pub window: usize,
    /// The data has small members whose length is known: a block of this many bytes holds one.
    pub pieces: Option<usize>,
}

/// Looks at the first [`MAGIC`] bytes, or fewer when there are no more; none: they are not compressed.
pub fn sniff(start: &[u8]) -> Option<Packed> {
    Codec::ALL.into_iter().find(|codec| begins(*codec, start)).map(|codec| Packed::new(codec, start))
}

/// Whether compressed data may begin like this, as far as these bytes show.
pub fn may_begin(start: &[u8]) -> bool {
    const MAGICS: [&[u8]; 5] =
        [&[0x1f, 0x8b, 8], &[0x28, 0xb5, 0x2f, 0xfd], b"BZh", b"\xfd7zXZ\0", &[0x04, 0x22, 0x4d, 0x18]];
    let agree = |magic: &[u8]| start.iter().zip(magic).all(|(byte, magic)| byte == magic);
    // User data before frames of Zstandard: the first byte has sixteen values.
    let skipped = start.first().is_some_and(|first| first & 0xf0 == 0x50) && agree(&[start[0], 0x2a, 0x4d, 0x18]);
    skipped || MAGICS.into_iter().any(agree)
}

fn begins(codec: Codec, start: &[u8]) -> bool {
    match codec {
        // Of the flags three are reserved.
        Codec::Gzip => start.starts_with(&[0x1f, 0x8b, 8]) && start.get(3).is_some_and(|flags| flags & 0xe0 == 0),
        // An LZ4 file may begin with a frame of user data as well; then its name decides.
        Codec::Zstd => {
            zstd::header(start).is_some() || zstd::skipped(start).is_some_and(|len| frame_behind(start, len))
        }
        Codec::Bzip2 => {
            start.starts_with(b"BZh")
                && start.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
                // The digits of pi begin a block, those of its square root end a stream.
                && (start[4..].starts_with(b"1AY&SY") || start[4..].starts_with(b"\x17\x72\x45\x38\x50\x90"))
        }
        Codec::Xz => start.starts_with(b"\xfd7zXZ\0"),
        Codec::Lz4 => start.starts_with(&[0x04, 0x22, 0x4d, 0x18]),
    }
}

fn frame_behind(start: &[u8], len: usize) -> bool {
    start.get(len..).is_some_and(|rest| zstd::header(rest).is_some())
}

impl Packed {
    /// What these first bytes say if they are of a codec.
    pub fn new(codec: Codec, start: &[u8]) -> Packed {
        let none = Packed { codec, window: 0, pieces: None };
        match codec {
            Codec::Gzip => {
                let pieces = gzip::bgzf_length(start).map(|_| 4 << 16);
                Packed { window: 64 << 10, pieces, ..none }
            }
            Codec::Zstd => of_zstd(start),
            // The manual says 3.5 MB with the largest blocks.
            Codec::Bzip2 => Packed { window: 4 << 20, ..none },
            Codec::Xz => Packed { window: dictionary(start).unwrap_or(8 << 20), ..none },
            Codec::Lz4 => Packed { window: lz4::buffers(start).unwrap_or(0), ..none },
        }
    }
}

fn of_zstd(start: &[u8]) -> Packed {
    // pzstd says in a frame of user data how long the next frame is, which holds four windows' data.
    let behind = zstd::skipped(start).filter(|len| *len < start.len());
    let header = zstd::header(&start[behind.unwrap_or(0)..]);
    // No memory is set aside for a window that no zstd reads: decoding says what is wrong with it.
    let window = header.map_or(0, |header| if header.window > zstd::WINDOW_MAX { 0 } else { header.window as usize });
    let content = match header.and_then(|header| header.content) {
        None if behind == Some(12) => window.saturating_mul(4),
        None => usize::MAX,
        Some(content) => usize::try_from(content).unwrap_or(usize::MAX),
    };
    let window = window.max(1 << 10).next_power_of_two();
    let pieces = (content <= 16 << 20).then(|| content.max(512 << 10));
    Packed { codec: Codec::Zstd, window, pieces }
}

/// The size of the dictionary in the first block's header (the .xz file format, sections 3.1 and 5.3.1).
fn dictionary(start: &[u8]) -> Option<usize> {
    const STREAM_HEADER: usize = 12;
    const LZMA2: u8 = 0x21;
    let flags = *start.get(STREAM_HEADER + 1)?;
    let mut rest = start.get(STREAM_HEADER + 2..)?;
    let number = |rest: &mut &[u8]| {
        let len = rest.iter().position(|byte| byte & 0x80 == 0)? + 1;
        *rest = &rest[len..];
        Some(())
    };
    for present in [0x40, 0x80] {
        if flags & present != 0 {
            number(&mut rest)?;
        }
    }
    loop {
        let [id, size, ..] = *rest else { return None };
        if id == LZMA2 {
            let bits = usize::from(*rest.get(2)? & 63);
            return Some(match bits {
                0..40 => (2 | bits & 1) << (bits / 2 + 11),
                _ => u32::MAX as usize,
            });
        }
        // A filter before it; its number is a single byte in every filter there is.
        rest = rest.get(2 + usize::from(size)..)?;
    }
}
