//! LZ4 frames. (The legacy frames of old kernels are not read.)

use std::io::{self, Read, Write};

use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use super::codec::{Codec, Pack, Unpack, corrupt_because, cut_off, no_member};
use super::input::Input;
use crate::error::{BadStream, Fault, MORE_MEMORY, RecordError, Result};

const MAGIC: u32 = 0x184d_2204;
/// Frames with user data have one of sixteen numbers.
const SKIPPED: u32 = 0x184d_2a50;

pub(super) struct Unpacker {
    /// It wants to own its input, so it is lent for each call.
    decoder: FrameDecoder<Lent>,
    inside: bool,
    window: usize,
    /// What the buffers of the decoder were made for.
    buffers: usize,
}

/// What the buffers for a frame take that begins with these bytes.
pub(super) fn buffers(start: &[u8]) -> Option<usize> {
    let block = match start.get(5)? >> 4 & 7 {
        4 => 64 << 10,
        5 => 256 << 10,
        6 => 1 << 20,
        _ => 4 << 20,
    };
    // Blocks that point back into those before them are kept twice, with a window.
    let linked = start.get(4)? & 0x20 == 0;
    Some(if linked { 3 * block + (64 << 10) } else { 2 * block })
}

/// An input that remembers whether more was asked of it than there was, and why it could not be read.
struct Lent {
    input: Input,
    missed: bool,
    failed: Option<io::Error>,
}

impl Read for Lent {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        match self.input.read(output) {
            Ok(count) => {
                self.missed |= count == 0 && !output.is_empty();
                Ok(count)
            }
            Err(error) => {
                // The decoder wraps what it is given, so that it would look like an error of its own.
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl Unpacker {
    /// `window`: the most that a frame's buffers may take.
    pub fn new(window: usize) -> Unpacker {
        let lent = Lent { input: Input::none(), missed: false, failed: None };
        Unpacker { decoder: FrameDecoder::new(lent), inside: false, window, buffers: 0 }
    }

    /// Passes over frames with user data; false at the end.
    fn begin(&mut self, input: &mut Input) -> io::Result<bool> {
        loop {
            let start = input.offset();
            let magic = input.peek(8)?;
            if magic.is_empty() && start > 0 {
                return Ok(false);
            }
            let len = magic.len();
            if len < 4 {
                let whole = MAGIC.to_le_bytes();
                return Err(if *magic == whole[..len] {
                    cut_off(Codec::Lz4, start + len as u64)
                } else {
                    no_member(Codec::Lz4, start)
                });
            }
            let number = u32::from_le_bytes([magic[0], magic[1], magic[2], magic[3]]);
            if number == MAGIC {
                let Some(bytes) = buffers(magic) else { return Err(cut_off(Codec::Lz4, start + len as u64)) };
                if bytes > self.window {
                    return Err(BadStream::at(start, too_large(bytes, self.window)));
                }
                // A decoder with larger buffers than a frame asks for goes wrong.
                if bytes != self.buffers {
                    *self = Unpacker { buffers: bytes, ..Unpacker::new(self.window) };
                }
                return Ok(true);
            }
            if number & !15 != SKIPPED {
                return Err(no_member(Codec::Lz4, start));
            }
            if len < 8 {
                return Err(cut_off(Codec::Lz4, start + len as u64));
            }
            let mut rest = u64::from(u32::from_le_bytes([magic[4], magic[5], magic[6], magic[7]]));
            input.consume(8);
            while rest > 0 {
                let (bytes, _) = input.fill()?;
                let count = rest.min(bytes.len() as u64);
                if count == 0 {
                    return Err(cut_off(Codec::Lz4, input.offset()));
                }
                input.consume(count as usize);
                rest -= count;
            }
        }
    }
}

fn too_large(bytes: usize, window: usize) -> RecordError {
    let reason = format!("reading this LZ4 frame needs {bytes} bytes, but the memory limit leaves {window}");
    RecordError::new(0, reason).hint(MORE_MEMORY).fault(Fault::NoMemory)
}

impl Unpack for Unpacker {
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>> {
        if !self.inside && !self.begin(input)? {
            return Ok(None);
        }
        self.inside = true;
        std::mem::swap(&mut self.decoder.get_mut().input, input);
        let outcome = self.decoder.read(output);
        let lent = self.decoder.get_mut();
        std::mem::swap(&mut lent.input, input);
        // The decoder takes a frame that is cut off between two blocks for one that ended.
        let missed = std::mem::take(&mut lent.missed);
        if let Some(error) = lent.failed.take() {
            return Err(error);
        }
        match outcome {
            _ if missed => Err(cut_off(Codec::Lz4, input.offset())),
            Ok(count) => {
                self.inside = count > 0;
                Ok(Some(count))
            }
            Err(error) if error.get_ref().is_some() => {
                let reason = error.to_string();
                Err(BadStream::at(input.offset(), corrupt_because(Codec::Lz4, &reason)))
            }
            Err(error) => Err(error),
        }
    }

    fn is_between(&self) -> bool {
        !self.inside
    }
}

/// Writes frames. Those of equal length are written by one encoder, so that its buffers are made once.
#[derive(Default)]
pub(super) struct Packer {
    /// The encoder of the last frame, and the length of what that held.
    encoder: Option<(usize, FrameEncoder<Vec<u8>>)>,
}

impl Pack for Packer {
    fn pack(&mut self, block: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let kept = self.encoder.take().filter(|(len, _)| *len == block.len());
        let mut encoder = kept.map_or_else(|| encoder(block.len()), |(_, encoder)| encoder);
        std::mem::swap(encoder.get_mut(), output);
        let written = encoder.write_all(block).and_then(|()| encoder.try_finish().map_err(io::Error::from));
        std::mem::swap(encoder.get_mut(), output);
        written.map_err(|error| super::codec::failed(Codec::Lz4, 0, &error.to_string()))?;
        self.encoder = Some((block.len(), encoder));
        Ok(())
    }
}

/// An encoder for frames of `len` bytes. What it writes does not depend on frames before.
fn encoder(len: usize) -> FrameEncoder<Vec<u8>> {
    let info = FrameInfo::new()
        .block_size(BlockSize::Max256KB)
        .block_mode(BlockMode::Independent)
        .content_checksum(true)
        .content_size(Some(len as u64));
    FrameEncoder::with_frame_info(info, Vec::new())
}
