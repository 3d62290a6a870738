//! Blocks of runs are compressed by LZ4 where that is faster than writing them as they are.
//!
//! Whether it is, is measured. The system takes what is written into its own memory as long as there is room, several
//! gigabytes a second; then it takes it as fast as the disk does. So each writer adds up how long its writes take, and
//! now and then compresses a block on trial to see how long that takes and how much shorter blocks become. A block is
//! compressed if what that saves of the writing is more than what it costs, with the unpacking that follows. The bytes
//! of the output don't depend on it, only how much is on the disk.
//!
//! Measured in processor time (LZ4 alone, 64 MiB of the numeric CSV of `scripts/gen_data.py`, blocks of 16, 64 and 256 KiB):
//! blocks become 66, 63 and 62 per cent of their size; packing takes 235 MB/s, unpacking 1,400 MB/s. So it is worthwhile
//! there where a writer gets less than some 75 MB/s: never while the system's memory takes what is written, always on a
//! slow disk. `scripts/bench_spill.py` times whole sorts in both ways.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

/// What comes before the bytes of a block: their number and their checksum.
pub(super) const HEAD: usize = 8;

/// When blocks are compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    /// When that is faster.
    Auto,
    Always,
    Never,
}

impl Packing {
    /// What tests and measurements wish, by `PAGEMILL_SPILL` in the environment; `Auto` otherwise.
    pub fn wished() -> Packing {
        static WISHED: OnceLock<Packing> = OnceLock::new();
        *WISHED.get_or_init(|| match std::env::var("PAGEMILL_SPILL").as_deref() {
            Ok("packed") => Packing::Always,
            Ok("plain") => Packing::Never,
            _ => Packing::Auto,
        })
    }
}

/// While blocks are written as they are, one of this many is compressed on trial.
const TRIAL: u32 = 32;

/// Blocks that do not become shorter by this part are written as they are.
const LEAST_SAVED: usize = 8;

/// Unpacking takes about this part of the time of packing.
const UNPACKING: u64 = 3;

/// Compresses the blocks of one writer.
pub(super) struct Packer {
    packing: Packing,
    table: CompressTable,
    /// A compressed block, with room for its head.
    room: Vec<u8>,
    /// How many blocks are written before the next trial.
    trial_in: u32,
    /// What compressing took, for each byte of a block, and what writing took, for each byte on the disk.
    packed: Rate,
    written: Rate,
    /// How many bytes were saved of those that were compressed.
    saved: Rate,
}

/// A sum over the last few megabytes.
#[derive(Default)]
struct Rate {
    bytes: u64,
    sum: u64,
}

impl Rate {
    /// What is older counts less and less.
    const SPAN: u64 = 16 << 20;

    fn add(&mut self, bytes: usize, more: u64) {
        if self.bytes > Rate::SPAN {
            (self.bytes, self.sum) = (self.bytes / 2, self.sum / 2);
        }
        self.bytes += bytes as u64;
        self.sum = self.sum.saturating_add(more);
    }

    /// What this many bytes are likely to add.
    fn of(&self, bytes: u64) -> u64 {
        (u128::from(self.sum) * u128::from(bytes) / u128::from(self.bytes.max(1))) as u64
    }
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// A block as it goes to the disk.
pub(super) struct Packed<'b> {
    /// With room for its head.
    pub block: &'b mut [u8],
    pub is_packed: bool,
}

impl Packer {
    /// For blocks of `size` bytes.
    pub fn new(packing: Packing, size: usize) -> Packer {
        let room = match packing {
            Packing::Never => Vec::new(),
            _ => vec![0; HEAD + get_maximum_output_size(size)],
        };
        let table = if size < usize::from(u16::MAX) { CompressTable::small() } else { CompressTable::large() };
        let (packed, written, saved) = (Rate::default(), Rate::default(), Rate::default());
        Packer { packing, table, room, trial_in: 0, packed, written, saved }
    }

    /// What one takes of the memory, in bytes: the room, and the table of LZ4.
    pub fn memory(size: usize) -> usize {
        HEAD + get_maximum_output_size(size) + (16 << 10)
    }

    /// Compresses a block, which begins with room for its head, if that is worthwhile.
    pub fn pack<'b>(&'b mut self, block: &'b mut [u8]) -> Packed<'b> {
        if !self.is_worthwhile(block.len() - HEAD) {
            return Packed { block, is_packed: false };
        }
        let (bytes, began) = (&block[HEAD..], Instant::now());
        let packed = compress_into_with_table(bytes, &mut self.room[HEAD..], &mut self.table);
        let packed = packed.unwrap_or(bytes.len()).min(bytes.len());
        self.packed.add(bytes.len(), nanos(began.elapsed()));
        self.saved.add(bytes.len(), (bytes.len() - packed) as u64);
        match packed >= bytes.len() - bytes.len() / LEAST_SAVED {
            true => Packed { block, is_packed: false },
            false => Packed { block: &mut self.room[..HEAD + packed], is_packed: true },
        }
    }

    fn is_worthwhile(&mut self, len: usize) -> bool {
        match self.packing {
            Packing::Never => return false,
            Packing::Always => return true,
            Packing::Auto => {}
        }
        let (len, is_trial) = (len as u64, self.trial_in == 0);
        let gained = self.written.of(self.saved.of(len));
        let cost = self.packed.of(len);
        if gained > cost + cost / UNPACKING && self.packed.bytes > 0 {
            return true;
        }
        self.trial_in = if is_trial { TRIAL } else { self.trial_in - 1 };
        is_trial
    }

    /// So many bytes were written.
    pub fn wrote(&mut self, bytes: usize, took: Duration) {
        self.written.add(bytes, nanos(took));
    }
}

/// Unpacks a block into the front of `room`, and gives its length; none if it is none that was packed, or is longer
/// than the room.
pub(super) fn unpack(packed: &[u8], room: &mut [u8]) -> Option<usize> {
    decompress_into(packed, room).ok().filter(|len| *len > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 16 << 10;

    fn block(content: impl Fn(usize) -> u8) -> Vec<u8> {
        (0..HEAD + SIZE).map(content).collect()
    }

    /// Bytes without any order.
    fn noise() -> Vec<u8> {
        let mut state = 7u64;
        block(|_| 0)
            .iter()
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect()
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        for size in [64, SIZE, 200_000] {
            let mut packer = Packer::new(Packing::Always, size);
            let mut block: Vec<u8> = (0..HEAD + size).map(|at| (at / 7 % 5) as u8).collect();
            let content = block[HEAD..].to_vec();
            let packed = packer.pack(&mut block);
            assert!(packed.is_packed && packed.block.len() < HEAD + size);
            let mut room = vec![1; size];
            assert_eq!(unpack(&packed.block[HEAD..], &mut room), Some(size));
            assert_eq!(room, content);
            // A block that claims more than there is room for is none.
            assert_eq!(unpack(&packed.block[HEAD..], &mut room[..size - 1]), None);
            assert!(packer.room.capacity() <= Packer::memory(size));
        }
        assert_eq!(unpack(&[], &mut [0; 10]), None);
        let packed = Packer::new(Packing::Always, SIZE).pack(&mut noise()).is_packed;
        assert!(!packed, "what does not become shorter stays as it is");
    }

    /// The last block of a run may be the end of an entry.
    #[test]
    fn the_shortest_blocks_come_back() {
        let mut packer = Packer::new(Packing::Always, 64);
        for len in 1..40 {
            let mut block = vec![b'x'; HEAD + len];
            let content = block[HEAD..].to_vec();
            let packed = packer.pack(&mut block);
            let mut room = [0; 64];
            let found = match packed.is_packed {
                true => unpack(&packed.block[HEAD..], &mut room).map(|len| &room[..len]),
                false => Some(&packed.block[HEAD..]),
            };
            assert_eq!(found, Some(&*content), "{len}");
        }
    }

    #[test]
    fn any_bytes_unpack_to_something_or_nothing() {
        let bytes = noise();
        let mut room = [0; 512];
        for len in 0..300 {
            for from in (0..3000).step_by(300) {
                let _ = unpack(&bytes[from..from + len], &mut room);
            }
        }
    }

    /// How many of 100 blocks are packed if writing takes so long, and what packing is told to take.
    fn packed(mut block: Vec<u8>, write: Duration) -> usize {
        let mut packer = Packer::new(Packing::Auto, SIZE);
        let mut count = 0;
        for _ in 0..100 {
            let packed = packer.pack(&mut block);
            let (len, is_packed) = (packed.block.len(), packed.is_packed);
            count += usize::from(is_packed);
            // By the byte, as a disk does.
            packer.wrote(len, write * len as u32 / (HEAD + SIZE) as u32);
        }
        count
    }

    #[test]
    fn blocks_are_packed_where_the_disk_is_slow() {
        let text = || block(|at| (at / 7 % 5) as u8);
        // The first one is a trial, before anything is known of the disk.
        assert_eq!(packed(text(), Duration::from_secs(60)), 100);
        assert_eq!(packed(text(), Duration::ZERO), 4, "trials");
        assert_eq!(packed(noise(), Duration::from_secs(60)), 0);
    }
}
