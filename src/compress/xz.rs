//! xz. A stream is a member.

use std::io;

use liblzma::stream::{Action, CONCATENATED, Check, Error, Filters, LzmaOptions, Status, Stream};

use super::codec::{Codec, Pack, Step, Unpack, corrupt_because, cut_off, no_member, step};
use super::input::Input;
use crate::error::{Fault, MORE_MEMORY, RecordError, Result};

const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

/// What a decoder takes beside the dictionary (measured: 75 KB), and what its tables need.
pub(super) const BESIDE: usize = 256 << 10;

pub(super) struct Unpacker {
    stream: Stream,
    window: usize,
    ended: bool,
}

impl Unpacker {
    /// Reads all streams; `window`: the largest dictionary.
    pub fn new(window: usize) -> io::Result<Unpacker> {
        // The library knows of streams that follow each other, with the padding between them that is allowed.
        let stream = Stream::new_stream_decoder((window + BESIDE) as u64, CONCATENATED)?;
        Ok(Unpacker { stream, window, ended: false })
    }
}

impl Unpack for Unpacker {
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>> {
        if self.ended {
            return Ok(None);
        }
        let start = input.offset();
        if start == 0 {
            let magic = input.peek(MAGIC.len())?;
            let len = magic.len();
            if *magic != MAGIC[..len] {
                return Err(no_member(Codec::Xz, 0));
            }
            if len < MAGIC.len() {
                return Err(cut_off(Codec::Xz, len as u64));
            }
        }
        let (stream, window) = (&mut self.stream, self.window);
        let mut trailing = false;
        let outcome = step(Codec::Xz, input, |bytes, end| {
            let (read, written) = (stream.total_in(), stream.total_out());
            let action = if end { Action::Finish } else { Action::Run };
            let status = stream.process(bytes, output, action);
            let ended = match status {
                Ok(status) => status == Status::StreamEnd,
                Err(Error::Format) => {
                    trailing = true;
                    false
                }
                Err(Error::MemLimit) => return Err(too_large(window)),
                Err(Error::Mem) => return Err(corrupt_because(Codec::Xz, "there is no memory to read it")),
                Err(_) => return Err(corrupt_because(Codec::Xz, "it is malformed, or a checksum is wrong")),
            };
            Ok(Step {
                read: (stream.total_in() - read) as usize,
                written: (stream.total_out() - written) as usize,
                ended,
            })
        });
        if trailing {
            return Err(no_member(Codec::Xz, start.max(1)));
        }
        let done = outcome?;
        self.ended = done.ended;
        Ok(Some(done.written))
    }

    fn is_between(&self) -> bool {
        self.ended
    }
}

fn too_large(window: usize) -> RecordError {
    RecordError::new(
        0,
        format!("reading this xz data needs a dictionary of more than the {window} bytes that the memory limit leaves"),
    )
    .hint(MORE_MEMORY)
    .fault(Fault::NoMemory)
}

pub(super) struct Packer {
    level: u32,
}

impl Packer {
    pub fn new(level: u32) -> Packer {
        Packer { level }
    }
}

impl Pack for Packer {
    fn pack(&mut self, block: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let failed = |error: &dyn ToString| super::codec::failed(Codec::Xz, self.level, &error.to_string());
        let mut options = LzmaOptions::new_preset(self.level).map_err(|error| failed(&error))?;
        // A larger dictionary finds nothing more in a member.
        options.dict_size(super::sizes::block(Codec::Xz) as u32);
        let mut filters = Filters::new();
        filters.lzma2(&options);
        let mut stream = Stream::new_stream_encoder(&filters, Check::Crc64).map_err(|error| failed(&error))?;
        output.reserve(block.len() + block.len() / 1000 + 1024);
        let mut rest = block;
        loop {
            let read = stream.total_in();
            let status = stream.process_vec(rest, output, Action::Finish).map_err(|error| failed(&error))?;
            rest = &rest[(stream.total_in() - read) as usize..];
            match status {
                Status::StreamEnd => return Ok(()),
                _ => output.reserve(4096),
            }
        }
    }
}
