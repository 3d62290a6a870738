//! Decompressing the data of blocks.
//!
//! How much comes out is never taken from what the data claims: room is made as it is filled, and asked for from what
//! the run may have.

use bzip2::Decompress as Bunzip2;
use flate2::{Decompress as Inflate, FlushDecompress, Status};
use liblzma::stream::{Action, Status as XzStatus, Stream};
use zstd_safe::{DCtx, get_error_name};

use super::codec::Codec;
use crate::error::{Fault, MORE_MEMORY, RecordError};
use crate::memory::{Budget, Reservation};

/// The room that a block gets first.
const FIRST: usize = 64 << 10;
/// How much a decompressor of xz may take, if there is no ceiling.
const XZ_MOST: usize = 80 << 20;
/// The most that one byte of Snappy becomes: a copy has three bytes and gives 64.
const SNAPPY_MOST: usize = 22;

/// Decompresses blocks, one after another, into room of its own.
pub(super) struct Unpacker {
    codec: Codec,
    /// The most that a block may become.
    most: usize,
    room: Vec<u8>,
    reserved: Option<Reservation>,
    inflate: Option<Inflate>,
    zstd: Option<DCtx<'static>>,
    snappy: snap::raw::Decoder,
    xz_most: u64,
}

/// Why there is no data.
enum Failed {
    /// More room is needed.
    Full,
    /// It is damaged, and how.
    Corrupt(String),
    /// There is no memory.
    Memory,
    Error(RecordError),
}

fn corrupt(reason: impl Into<String>) -> Failed {
    Failed::Corrupt(reason.into())
}

impl Unpacker {
    /// `most`: the most that a block may become; `budget`: what it asks for room.
    pub fn new(codec: Codec, most: usize, budget: Option<&Budget>) -> Unpacker {
        let reserved = budget.map(|budget| budget.open("blocks of Avro", "lower ⟨workers⟩"));
        let xz_most = budget.map_or(XZ_MOST, |budget| (budget.limit() / 4).min(XZ_MOST)) as u64;
        let snappy = snap::raw::Decoder::new();
        Unpacker { codec, most, room: Vec::new(), reserved, inflate: None, zstd: None, snappy, xz_most }
    }

    /// The data of a block, which is at `offset` of the slice.
    pub fn unpack(&mut self, packed: &[u8], offset: usize) -> Result<&[u8], RecordError> {
        let len = loop {
            let tried = match self.codec {
                Codec::Null => Err(corrupt("it is not compressed")),
                Codec::Deflate => self.deflate(packed),
                Codec::Snappy => self.snappy(packed),
                Codec::Zstandard => self.zstandard(packed),
                Codec::Bzip2 => self.bzip2(packed),
                Codec::Xz => self.xz(packed),
            };
            match tried {
                Ok(len) => break len,
                Err(Failed::Full) => self.grow(2 * self.room.len().max(FIRST / 2), offset)?,
                Err(failed) => return Err(self.failed(failed, offset)),
            }
        };
        Ok(&self.room[..len])
    }

    /// What was unpacked last.
    pub fn data(&self) -> &[u8] {
        &self.room
    }

    /// Makes room for this many bytes.
    fn grow(&mut self, len: usize, offset: usize) -> Result<(), RecordError> {
        let held = self.room.len();
        if held >= self.most {
            let most = self.most;
            let error =
                RecordError::with_numbers(offset, "a block has more than {} bytes when it is decompressed", [most, 0]);
            return Err(error.hint("Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it)."));
        }
        let len = len.min(self.most);
        if let Some(reserved) = &mut self.reserved {
            reserved.try_grow(len - held).map_err(|error| {
                RecordError::new(offset, format!("a block does not fit into memory: {error}")).fault(Fault::NoMemory)
            })?;
        }
        let more = len - held;
        if self.room.try_reserve_exact(more).is_err() {
            return Err(RecordError::new(offset, "the system has no memory for a block")
                .hint(MORE_MEMORY)
                .fault(Fault::NoMemory));
        }
        self.room.resize(len, 0);
        Ok(())
    }

    #[cold]
    fn failed(&self, failed: Failed, offset: usize) -> RecordError {
        let name = self.codec.name();
        match failed {
            Failed::Error(error) => RecordError { offset, ..error },
            Failed::Memory | Failed::Full => {
                RecordError::new(offset, format!("there is no memory to decompress a block ({name})"))
                    .hint(MORE_MEMORY)
                    .fault(Fault::NoMemory)
            }
            Failed::Corrupt(reason) => {
                RecordError::new(offset, format!("a block can't be decompressed ({name}): {reason}"))
                    .hint("All of its records are lost. Leave it out with ⟨on_error skip⟩, or get the file again.")
            }
        }
    }

    fn deflate(&mut self, packed: &[u8]) -> Result<usize, Failed> {
        let inflate = self.inflate.get_or_insert_with(|| Inflate::new(false));
        inflate.reset(false);
        loop {
            let (read, written) = (inflate.total_in() as usize, inflate.total_out() as usize);
            if written == self.room.len() {
                // What fits exactly ends only with one more look.
                let mut one = [0];
                let status = inflate.decompress(&packed[read..], &mut one, FlushDecompress::Finish);
                return match status {
                    Ok(Status::StreamEnd) if inflate.total_out() as usize == written => Ok(written),
                    Err(error) => Err(corrupt(error.to_string())),
                    Ok(_) if inflate.total_out() as usize == written => Err(corrupt("it ends too early")),
                    Ok(_) => Err(Failed::Full),
                };
            }
            let status = inflate.decompress(&packed[read..], &mut self.room[written..], FlushDecompress::Finish);
            match status {
                // Java writes nothing after it, and others are not asked for it either.
                Ok(Status::StreamEnd) => return Ok(inflate.total_out() as usize),
                Ok(_) if inflate.total_in() as usize == read && inflate.total_out() as usize == written => {
                    return Err(corrupt("it ends too early"));
                }
                Ok(_) => {}
                Err(error) => return Err(corrupt(error.to_string())),
            }
        }
    }

    fn snappy(&mut self, packed: &[u8]) -> Result<usize, Failed> {
        let Some((packed, sum)) = packed.split_last_chunk() else { return Err(corrupt("it has no checksum")) };
        let len = snap::raw::decompress_len(packed).map_err(|error| corrupt(error.to_string()))?;
        // A length that no data of this size has is a lie.
        if len > packed.len().saturating_mul(SNAPPY_MOST) {
            return Err(corrupt("it says that it has more bytes than it can have"));
        }
        if len > self.room.len() {
            return Err(Failed::Full);
        }
        let len = self.snappy.decompress(packed, &mut self.room).map_err(|error| corrupt(error.to_string()))?;
        match crc32fast::hash(&self.room[..len]) == u32::from_be_bytes(*sum) {
            true => Ok(len),
            false => Err(corrupt("its checksum is wrong")),
        }
    }

    fn zstandard(&mut self, packed: &[u8]) -> Result<usize, Failed> {
        if self.zstd.is_none() {
            self.zstd = DCtx::try_create();
        }
        let Some(zstd) = &mut self.zstd else { return Err(Failed::Memory) };
        // In one piece, so that it takes no window besides.
        zstd.decompress(&mut self.room[..], packed).map_err(|code| match get_error_name(code) {
            "Destination buffer is too small" => Failed::Full,
            name if name.contains("memory") || name.contains("Allocation") => Failed::Memory,
            name => corrupt(name),
        })
    }

    fn bzip2(&mut self, packed: &[u8]) -> Result<usize, Failed> {
        let mut stream = Bunzip2::new(false);
        loop {
            let (read, written) = (stream.total_in() as usize, stream.total_out() as usize);
            if written == self.room.len() {
                let mut one = [0];
                let status =
                    stream.decompress(&packed[read..], &mut one).map_err(|error| corrupt(error.to_string()))?;
                return match (status, stream.total_out() as usize == written) {
                    (bzip2::Status::StreamEnd, true) => Ok(written),
                    (_, true) if stream.total_in() as usize == packed.len() => Err(corrupt("it ends too early")),
                    _ => Err(Failed::Full),
                };
            }
            let status = stream
                .decompress(&packed[read..], &mut self.room[written..])
                .map_err(|error| corrupt(error.to_string()))?;
            let moved = stream.total_in() as usize > read || stream.total_out() as usize > written;
            match status {
                bzip2::Status::StreamEnd => return Ok(stream.total_out() as usize),
                bzip2::Status::MemNeeded => return Err(Failed::Memory),
                _ if !moved => return Err(corrupt("it ends too early")),
                _ => {}
            }
        }
    }

    fn xz(&mut self, packed: &[u8]) -> Result<usize, Failed> {
        let mut stream = Stream::new_stream_decoder(self.xz_most, 0).map_err(|_| Failed::Memory)?;
        loop {
            let (read, written) = (stream.total_in() as usize, stream.total_out() as usize);
            let mut one = [0];
            let full = written == self.room.len();
            let place = if full { &mut one[..] } else { &mut self.room[written..] };
            let status = stream.process(&packed[read..], place, Action::Finish).map_err(|error| match error {
                liblzma::stream::Error::MemLimit => Failed::Error(
                    RecordError::new(0, "a block of xz needs more memory to be read than there is")
                        .hint(MORE_MEMORY)
                        .fault(Fault::NoMemory),
                ),
                liblzma::stream::Error::Mem => Failed::Memory,
                error => corrupt(error.to_string()),
            })?;
            let moved = stream.total_in() as usize > read || stream.total_out() as usize > written;
            match status {
                _ if full && stream.total_out() as usize > written => return Err(Failed::Full),
                XzStatus::StreamEnd => return Ok(stream.total_out() as usize),
                _ if !moved => return Err(corrupt("it ends too early")),
                _ => {}
            }
        }
    }
}
