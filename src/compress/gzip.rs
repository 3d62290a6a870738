//! gzip (RFC 1952), and BGZF: gzip members of at most 64 KiB that say in an extra field how long they are
//! (SAM/BAM specification, section 4.1). Every gzip reads BGZF.

use std::io;

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::codec::{Codec, Pack, Step, Unpack, corrupt_because, cut_off, no_member, step};
use super::input::Input;
use crate::error::{BadStream, RecordError, Result};

/// What bgzip puts into one block, so that it fits even when it can't be compressed.
pub(super) const MEMBER: usize = 0xff00;
/// The end of a BGZF file: an empty member.
pub(super) const ENDING: [u8; 28] =
    [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// Header of a BGZF member; the length of the member less one belongs at [`LENGTH_AT`].
const HEADER: [u8; 18] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, b'B', b'C', 2, 0, 0, 0];
const LENGTH_AT: usize = 16;
/// Checksum and size after the data.
const TRAILER: usize = 8;

/// Flags of a header.
const HAS_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// Every gzip reads such a file, but not in parallel; and what it makes may not depend on the number of threads.
const OTHER_LENGTH: &str = "a BGZF block does not have the length it says";

pub(super) struct Unpacker {
    inflate: Decompress,
    /// Where the member begins.
    start: u64,
    crc: Crc,
    inside: bool,
    /// Where the trailer of the member has to be, if it says how long it is.
    bgzf: Option<u64>,
}

impl Unpacker {
    pub fn new() -> Unpacker {
        Unpacker { inflate: Decompress::new(false), start: 0, crc: Crc::new(), inside: false, bgzf: None }
    }

    fn trailer(&mut self, input: &mut Input) -> io::Result<()> {
        let offset = input.offset();
        let Ok(trailer) = <[u8; TRAILER]>::try_from(input.peek(TRAILER)?) else {
            let missing = input.peek(TRAILER)?.len();
            return Err(cut_off(Codec::Gzip, offset + missing as u64));
        };
        input.consume(TRAILER);
        check(&self.crc, trailer).map_err(|error| BadStream::at(offset, error))
    }
}

impl Unpack for Unpacker {
    fn unpack(&mut self, input: &mut Input, output: &mut [u8]) -> io::Result<Option<usize>> {
        if !self.inside {
            if input.offset() > 0 && input.is_at_end()? {
                // BGZF has an empty member at its end, which shows whether a file was cut between members.
                return if input.promised { Err(cut_off(Codec::Gzip, input.offset())) } else { Ok(None) };
            }
            self.start = input.offset();
            let len = bgzf_length(input.peek(HEADER.len())?);
            // A length that is shorter than header and trailer is wrong, too.
            self.bgzf = len.map(|len| (self.start + len as u64).saturating_sub(TRAILER as u64));
            header(input)?;
            self.inflate.reset(false);
            self.crc.reset();
            self.inside = true;
        }
        let inflate = &mut self.inflate;
        let done = step(Codec::Gzip, input, |bytes, _| inflated(inflate, bytes, output, FlushDecompress::None))?;
        self.crc.update(&output[..done.written]);
        if done.ended {
            self.inside = false;
            if self.bgzf.is_some_and(|end| end != input.offset()) {
                return Err(BadStream::at(self.start, corrupt_because(Codec::Gzip, OTHER_LENGTH)));
            }
            self.trailer(input)?;
            input.promised = self.bgzf.is_some() && self.crc.amount() > 0;
        }
        Ok(Some(done.written))
    }

    fn is_between(&self) -> bool {
        !self.inside
    }
}

fn inflated(
    inflate: &mut Decompress,
    bytes: &[u8],
    output: &mut [u8],
    flush: FlushDecompress,
) -> Result<Step, RecordError> {
    let (read, written) = (inflate.total_in(), inflate.total_out());
    let status = inflate
        .decompress(bytes, output, flush)
        .map_err(|error| corrupt_because(Codec::Gzip, error.message().unwrap_or("it is malformed")))?;
    Ok(Step {
        read: (inflate.total_in() - read) as usize,
        written: (inflate.total_out() - written) as usize,
        ended: status == Status::StreamEnd,
    })
}

fn check(crc: &Crc, trailer: [u8; TRAILER]) -> Result<(), RecordError> {
    let [a, b, c, d, e, f, g, h] = trailer;
    if u32::from_le_bytes([a, b, c, d]) != crc.sum() {
        return Err(corrupt_because(Codec::Gzip, "the checksum of a member is wrong"));
    }
    match u32::from_le_bytes([e, f, g, h]) == crc.amount() {
        true => Ok(()),
        false => Err(corrupt_because(Codec::Gzip, "the size of a member is wrong")),
    }
}

/// Reads a header.
fn header(input: &mut Input) -> io::Result<()> {
    let start = input.offset();
    let fixed = input.peek(10)?;
    let (len, known) = (fixed.len(), fixed.len().min(3));
    if fixed[..known] != [0x1f, 0x8b, 8][..known] {
        return Err(no_member(Codec::Gzip, start));
    }
    if len < 10 {
        return Err(cut_off(Codec::Gzip, start + len as u64));
    }
    let flags = fixed[3];
    if flags & RESERVED != 0 {
        return Err(BadStream::at(start + 3, corrupt_because(Codec::Gzip, "a header has unknown flags")));
    }
    input.consume(10);
    let next = |input: &mut Input| input.byte()?.ok_or_else(|| cut_off(Codec::Gzip, input.offset()));
    if flags & HAS_EXTRA != 0 {
        let len = u16::from_le_bytes([next(input)?, next(input)?]);
        for _ in 0..len {
            next(input)?;
        }
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            while next(input)? != 0 {}
        }
    }
    if flags & HAS_CRC != 0 {
        next(input)?;
        next(input)?;
    }
    Ok(())
}

/// The length of the BGZF member that begins here and what it says to hold; none: it is no whole BGZF member.
pub(super) fn known(input: &mut Input) -> io::Result<Option<(usize, usize)>> {
    let Some(len) = bgzf_length(input.peek(HEADER.len())?) else { return Ok(None) };
    let member = input.peek(len)?;
    if member.len() < len || len < HEADER.len() + TRAILER {
        return Ok(None);
    }
    let size = u32::from_le_bytes([member[len - 4], member[len - 3], member[len - 2], member[len - 1]]);
    Ok((size <= 1 << 16).then_some((len, size as usize)))
}

/// The length of a BGZF member that begins with `start`; none: it begins otherwise.
pub(super) fn bgzf_length(start: &[u8]) -> Option<usize> {
    let start: &[u8; HEADER.len()] = start.get(..HEADER.len())?.try_into().ok()?;
    // Time, operating system and extra flags (4 to 9) may be anything.
    let same = start[..4] == HEADER[..4] && start[10..LENGTH_AT] == HEADER[10..LENGTH_AT];
    same.then(|| usize::from(u16::from_le_bytes([start[16], start[17]])) + 1)
}

/// Decodes BGZF members that follow each other.
pub(super) struct Members {
    inflate: Decompress,
    crc: Crc,
}

impl Members {
    pub fn new() -> Members {
        Members { inflate: Decompress::new(false), crc: Crc::new() }
    }

    /// The number of bytes, or an error at an offset of `members`.
    pub fn unpack(&mut self, members: &[u8], output: &mut [u8]) -> Result<usize, (usize, RecordError)> {
        let (mut at, mut written) = (0, 0);
        while let Some(len) = bgzf_length(&members[at..]) {
            let data = at + HEADER.len();
            let trailer_at = at + len - TRAILER;
            self.inflate.reset(false);
            self.crc.reset();
            let done = inflated(
                &mut self.inflate,
                &members[data..trailer_at],
                &mut output[written..],
                FlushDecompress::Finish,
            )
            .map_err(|error| (data, error))?;
            if !done.ended || data + done.read != trailer_at {
                return Err((at, corrupt_because(Codec::Gzip, OTHER_LENGTH)));
            }
            self.crc.update(&output[written..written + done.written]);
            written += done.written;
            let trailer = members[trailer_at..at + len].try_into().unwrap_or_default();
            check(&self.crc, trailer).map_err(|error| (trailer_at, error))?;
            at += len;
        }
        Ok(written)
    }
}

pub(super) struct Packer {
    deflate: Compress,
    stored: Option<Compress>,
    level: u32,
    crc: Crc,
}

impl Packer {
    pub fn new(level: u32) -> Packer {
        Packer { deflate: Compress::new(Compression::new(level), false), stored: None, level, crc: Crc::new() }
    }

    fn member(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<()> {
        let start = output.len();
        self.deflate.reset();
        if !deflated(&mut self.deflate, data, output)? {
            // Stored, it fits: five bytes for every 64 KiB.
            output.truncate(start);
            let stored = self.stored.get_or_insert_with(|| Compress::new(Compression::none(), false));
            stored.reset();
            if !deflated(stored, data, output)? {
                return Err(super::codec::failed(Codec::Gzip, self.level, "a member is too long"));
            }
        }
        self.crc.reset();
        self.crc.update(data);
        output.extend_from_slice(&self.crc.sum().to_le_bytes());
        output.extend_from_slice(&self.crc.amount().to_le_bytes());
        let len = (output.len() - start - 1) as u16;
        output[start + LENGTH_AT..start + HEADER.len()].copy_from_slice(&len.to_le_bytes());
        Ok(())
    }
}

/// Writes header and data of a member; false: it would be too long for BGZF.
fn deflated(deflate: &mut Compress, data: &[u8], output: &mut Vec<u8>) -> Result<bool> {
    const ROOM: usize = (1 << 16) - HEADER.len() - TRAILER;
    output.extend_from_slice(&HEADER);
    let start = output.len();
    output.resize(start + ROOM, 0);
    let status = deflate
        .compress(data, &mut output[start..], FlushCompress::Finish)
        .map_err(|error| super::codec::failed(Codec::Gzip, 0, &error.to_string()))?;
    output.truncate(start + deflate.total_out() as usize);
    Ok(status == Status::StreamEnd)
}

impl Pack for Packer {
    fn pack(&mut self, block: &[u8], output: &mut Vec<u8>) -> Result<()> {
        block.chunks(MEMBER).try_for_each(|data| self.member(data, output))
    }
}
