//! Zstandard (RFC 8878). A frame is a member.

use std::io;

use zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, compress_bound, get_error_name};

use super::codec::{Codec, Pack, Step, Unpack, corrupt_because, cut_off, no_member, step};
use super::input::Input;
use crate::error::{BadStream, Fault, MORE_MEMORY, RecordError, Result};

const MAGIC: u32 = 0xfd2f_b528;
/// Frames with user data have one of sixteen numbers.
const SKIPPED: u32 = 0x184d_2a50;
/// The longest header of a frame, magic number included.
const HEADER: usize = 18;
/// The largest window that zstd reads (`ZSTD_WINDOWLOG_MAX` of zstd.h); a header may claim more.
pub(super) const WINDOW_MAX: u64 = 1 << 31;
/// A block never holds more (section 3.1.1.2.4).
const BLOCK_MAX: usize = 128 << 10;
/// The most that is looked at to find the end of a small frame with user data.
const SKIPPED_MAX: usize = 4096;

fn failed_with(code: usize) -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, format!("zstd can't be set up: {}", get_error_name(code)))
}

fn context(window: usize) -> io::Result<DCtx<'static>> {
    let mut context = DCtx::try_create().ok_or(io::ErrorKind::OutOfMemory)?;
    let log = window.max(1 << 10).ilog2().min(31);
    context.set_parameter(DParameter::WindowLogMax(log)).map_err(failed_with)?;
    Ok(context)
}

fn wrong(code: usize, window: usize) -> RecordError {
    let name = get_error_name(code);
    if name.contains("too much memory") {
        return RecordError::new(
            0,
            format!(
                "reading this zstd data needs a window of more than the {window} bytes that the memory limit leaves"
            ),
        )
        .hint(MORE_MEMORY)
        .fault(Fault::NoMemory);
    }
    corrupt_because(Codec::Zstd, name)
}

pub(super) struct Unpacker {
    context: DCtx<'static>,
    window: usize,
    inside: bool,
    /// Where the frame begins, how much it says to hold, and how much came of it.
    start: u64,
    content: Option<u64>,
    came: u64,
}

impl Unpacker {
    /// `window`: the largest window.
    pub fn new(window: usize) -> io::Result<Unpacker> {
        Ok(Unpacker { context: context(window)?, window, inside: false, start: 0, content: None, came: 0 })
    }
}

impl Unpack for Unpacker {
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>> {
        if !self.inside {
            let start = input.offset();
            let magic = input.peek(4)?;
            match magic.len() {
                0 if start > 0 => return Ok(None),
                4 => {
                    let number = u32::from_le_bytes([magic[0], magic[1], magic[2], magic[3]]);
                    if number != MAGIC && number & !15 != SKIPPED {
                        return Err(no_member(Codec::Zstd, start));
                    }
                }
                len if *magic == MAGIC.to_le_bytes()[..len] || is_part(magic) => {
                    return Err(cut_off(Codec::Zstd, start + len as u64));
                }
                _ => return Err(no_member(Codec::Zstd, start)),
            }
            (self.start, self.came) = (start, 0);
            let header = header(input.peek(HEADER)?);
            if let Some(window) = header.map(|header| header.window).filter(|window| *window > WINDOW_MAX) {
                let reason = format!("a frame says that it needs a window of {window} bytes, more than zstd allows");
                return Err(BadStream::at(start, corrupt_because(Codec::Zstd, &reason)));
            }
            self.content = header.and_then(|header| header.content);
            self.inside = true;
        }
        let (context, window) = (&mut self.context, self.window);
        let done = step(Codec::Zstd, input, |bytes, _| {
            let mut from = InBuffer::around(bytes);
            let mut to = OutBuffer::around(output);
            let rest = context.decompress_stream(&mut to, &mut from).map_err(|code| wrong(code, window))?;
            Ok(Step { read: from.pos(), written: to.pos(), ended: rest == 0 })
        })?;
        self.inside = !done.ended;
        self.came += done.written as u64;
        // After an empty last block zstd does not look further, unless it has the whole frame at one time.
        if done.ended && self.content.is_some_and(|content| content != self.came) {
            let error = corrupt_because(Codec::Zstd, "a frame has less data than it says");
            return Err(BadStream::at(self.start, error));
        }
        Ok(Some(done.written))
    }

    fn is_between(&self) -> bool {
        !self.inside
    }
}

/// Whether this is the beginning of the number of a frame with user data.
fn is_part(magic: &[u8]) -> bool {
    let number = SKIPPED.to_le_bytes();
    magic
        .iter()
        .zip(number)
        .enumerate()
        .all(|(at, (found, byte))| if at == 0 { found & !15 == byte } else { *found == byte })
}

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How long the header is.
    pub len: usize,
    /// How far back the frame's data may point.
    pub window: u64,
    /// How much data the frame holds.
    pub content: Option<u64>,
    /// Whether a checksum follows.
    checksum: bool,
}

/// Reads a header (RFC 8878, section 3.1.1.1); none: it is not whole, or of another kind.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    if bytes.get(..4)? != MAGIC.to_le_bytes() {
        return None;
    }
    let descriptor = *bytes.get(4)?;
    let single = descriptor & 0x20 != 0;
    let mut at = 5;
    let mut window = 0;
    if !single {
        let byte = *bytes.get(at)?;
        let base = 1u64 << (10 + (byte >> 3));
        window = base + base / 8 * u64::from(byte & 7);
        at += 1;
    }
    at += [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = match descriptor >> 6 {
        0 => usize::from(single),
        other => 1 << other,
    };
    let mut field = [0; 8];
    field[..size].copy_from_slice(bytes.get(at..at + size)?);
    let value = u64::from_le_bytes(field) + if size == 2 { 256 } else { 0 };
    let content = (size > 0).then_some(value);
    if single {
        window = value;
    }
    Some(Header { len: at + size, window, content, checksum: descriptor & 4 != 0 })
}

/// The length of a frame with user data that begins with these bytes.
pub(super) fn skipped(bytes: &[u8]) -> Option<usize> {
    let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<8>()?;
    let len = u32::from_le_bytes([e, f, g, h]) as usize;
    (u32::from_le_bytes([a, b, c, d]) & !15 == SKIPPED).then(|| len.saturating_add(8))
}

/// The length of the whole frame that begins here and the most that it can hold, if that is at most `most`; none: it
/// is no such frame.
pub(super) fn known(input: &mut Input, most: usize) -> io::Result<Option<(usize, usize)>> {
    let start = input.peek(HEADER)?;
    if let Some(len) = skipped(start) {
        let whole = len <= SKIPPED_MAX && input.peek(len)?.len() == len;
        return Ok(whole.then_some((len, 0)));
    }
    let Some(header) = header(start) else { return Ok(None) };
    let (mut len, mut blocks) = (header.len, 0);
    // The blocks (section 3.1.1.2).
    loop {
        let Some(&[a, b, c]) = input.peek(len + 3)?.get(len..).and_then(|rest| rest.first_chunk::<3>()) else {
            return Ok(None);
        };
        let block = u32::from_le_bytes([a, b, c, 0]);
        let (kind, size) = (block >> 1 & 3, (block >> 3) as usize);
        len += 3 + if kind == 1 { 1 } else { size };
        blocks += if kind == 2 { BLOCK_MAX } else { size };
        if block & 1 == 1 {
            break;
        }
        if blocks > most && header.content.is_none() {
            return Ok(None);
        }
    }
    len += if header.checksum { 4 } else { 0 };
    let content = header.content.map_or(blocks, |content| content.try_into().unwrap_or(usize::MAX));
    let whole = content <= most && input.peek(len)?.len() == len;
    Ok(whole.then_some((len, content)))
}

/// Decodes whole frames that follow each other.
pub(super) struct Frames {
    context: DCtx<'static>,
}

impl Frames {
    pub fn new() -> io::Result<Frames> {
        Ok(Frames { context: context(1 << 31)? })
    }

    /// The number of bytes, or an error at an offset of `frames`.
    pub fn unpack(&mut self, frames: &[u8], output: &mut [u8]) -> Result<usize, (usize, RecordError)> {
        let whole = self.context.decompress(output, frames);
        whole.map_err(|code| (0, corrupt_because(Codec::Zstd, get_error_name(code))))
    }
}

/// Compresses blocks of containers, each to one frame without a checksum.
pub(crate) struct BlockPacker(CCtx<'static>);

impl BlockPacker {
    /// # Errors
    /// Why the codec can't be set up.
    pub fn new(level: i32) -> std::result::Result<BlockPacker, &'static str> {
        let mut context = CCtx::try_create().ok_or("there is no memory")?;
        context.set_parameter(CParameter::CompressionLevel(level)).map_err(get_error_name)?;
        Ok(BlockPacker(context))
    }

    /// Puts the frame of a block into `packed`, in place of what is there.
    ///
    /// # Errors
    /// Why it can't be compressed.
    pub fn pack(&mut self, block: &[u8], packed: &mut Vec<u8>) -> std::result::Result<(), &'static str> {
        packed.resize(compress_bound(block.len()), 0);
        let len = self.0.compress2(&mut packed[..], block).map_err(get_error_name)?;
        packed.truncate(len);
        Ok(())
    }
}

pub(super) struct Packer {
    context: CCtx<'static>,
    level: u32,
}

impl Packer {
    pub fn new(level: u32) -> Result<Packer> {
        let failed = |reason: &str| super::codec::failed(Codec::Zstd, level, reason);
        let mut context = CCtx::try_create().ok_or_else(|| failed("there is no memory for it"))?;
        for parameter in [CParameter::CompressionLevel(level as i32), CParameter::ChecksumFlag(true)] {
            context.set_parameter(parameter).map_err(|code| failed(get_error_name(code)))?;
        }
        Ok(Packer { context, level })
    }

    #[cfg(test)]
    pub fn memory(&self) -> usize {
        self.context.sizeof()
    }
}

impl Pack for Packer {
    fn pack(&mut self, block: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let start = output.len();
        output.reserve(compress_bound(block.len()));
        let mut to = OutBuffer::around_pos(output, start);
        let mut from = InBuffer::around(block);
        // With all of the data in one call its size gets into the header, and the output depends on nothing else.
        let rest = self
            .context
            .compress_stream2(&mut to, &mut from, zstd_safe::zstd_sys::ZSTD_EndDirective::ZSTD_e_end)
            .map_err(|code| super::codec::failed(Codec::Zstd, self.level, get_error_name(code)))?;
        match rest {
            0 => Ok(()),
            _ => Err(super::codec::failed(Codec::Zstd, self.level, "a frame is longer than it can be")),
        }
    }
}
