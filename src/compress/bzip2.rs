//! bzip2. A stream is a member.

use std::io;

use bzip2::{Action, Compress, Compression, Decompress, Status};

use super::codec::{Codec, Pack, Step, Unpack, corrupt_because, cut_off, no_member, step};
use super::input::Input;
use crate::error::Result;

pub(super) struct Unpacker {
    /// The stream that is being read.
    stream: Option<Decompress>,
}

impl Unpacker {
    pub fn new() -> Unpacker {
        Unpacker { stream: None }
    }
}

impl Unpack for Unpacker {
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>> {
        if self.stream.is_none() {
            let start = input.offset();
            let magic = input.peek(3)?;
            match magic.len() {
                0 if start > 0 => return Ok(None),
                len if *magic != b"BZh"[..len] => return Err(no_member(Codec::Bzip2, start)),
                len if len < 3 => return Err(cut_off(Codec::Bzip2, start + len as u64)),
                _ => {}
            }
        }
        let stream = self.stream.get_or_insert_with(|| Decompress::new(false));
        let done = step(Codec::Bzip2, input, |bytes, _| {
            let (read, written) = (stream.total_in(), stream.total_out());
            let status =
                stream.decompress(bytes, output).map_err(|error| corrupt_because(Codec::Bzip2, &error.to_string()))?;
            Ok(Step {
                read: (stream.total_in() - read) as usize,
                written: (stream.total_out() - written) as usize,
                ended: status == Status::StreamEnd,
            })
        })?;
        if done.ended {
            self.stream = None;
        }
        Ok(Some(done.written))
    }

    fn is_between(&self) -> bool {
        self.stream.is_none()
    }
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
        let failed = |error: &dyn ToString| super::codec::failed(Codec::Bzip2, self.level, &error.to_string());
        let mut stream = Compress::new(Compression::new(self.level), 0);
        // The bound of bzip2's manual.
        output.reserve(block.len() + block.len() / 100 + 600);
        let mut rest = block;
        loop {
            let read = stream.total_in();
            let action = if rest.is_empty() { Action::Finish } else { Action::Run };
            let status = stream.compress_vec(rest, output, action).map_err(|error| failed(&error))?;
            rest = &rest[(stream.total_in() - read) as usize..];
            match status {
                Status::StreamEnd => return Ok(()),
                _ => output.reserve(4096),
            }
        }
    }
}
