//! How blocks are filled.

use std::sync::Arc;

use crate::compress::{Begun, Blocking, Blocks};
use crate::error::{Error, Result};
use crate::memory::Buffer;

/// Data that something is made of.
pub(super) struct Block {
    pub buffer: Buffer,
    /// How much data there is.
    len: usize,
    /// How many records that is, where they are known.
    pub records: u64,
    /// It is larger than usual.
    pub is_large: bool,
}

/// Where blocks end.
pub(super) enum Fill {
    /// When they are full.
    Bytes,
    /// With the record that reaches their size.
    Records(Records),
}

/// What came of an attempt to fill a block.
pub(super) enum Filled {
    /// There is room for more.
    Part,
    /// It is whole.
    Whole,
    /// The record does not fit into it: it has to have this size.
    Narrow { needed: usize },
    /// The record fits into no block.
    TooLarge(Error),
}

/// Records that each follow their length, after a prefix that follows its own.
pub(super) struct Records {
    blocks: Arc<dyn Blocks>,
    blocking: Blocking,
    /// The prefix as far as it is known; none once it was whole.
    prefix: Option<Vec<u8>>,
    /// What is known of the next length.
    head: [u8; 4],
    known: usize,
    /// How much of the record is still to come, once its length is known.
    left: Option<usize>,
}

impl Block {
    pub fn new(buffer: Buffer) -> Block {
        Block { buffer, len: 0, records: 0, is_large: false }
    }

    /// The data.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Makes it large enough for this many bytes.
    pub fn widen(&mut self, needed: usize) -> Result<()> {
        self.is_large = true;
        self.buffer
            .try_grow(needed)
            .map_err(|error| Error::memory(format!("there is no memory for a large record: {error}")))
    }

    /// Takes up to `most` bytes off the front, as far as they fit.
    fn take(&mut self, bytes: &mut &[u8], most: usize) -> usize {
        let room = &mut self.buffer[self.len..];
        let count = most.min(bytes.len()).min(room.len());
        room[..count].copy_from_slice(&bytes[..count]);
        self.len += count;
        *bytes = &bytes[count..];
        count
    }
}

impl Fill {
    /// Blocks of records.
    pub fn records(blocks: &Arc<dyn Blocks>, blocking: &Blocking) -> Fill {
        Fill::Records(Records {
            blocks: Arc::clone(blocks),
            blocking: *blocking,
            prefix: Some(Vec::new()),
            head: [0; 4],
            known: 0,
            left: None,
        })
    }

    /// Whether there is a block even if nothing was written.
    pub fn is_never_empty(&self) -> bool {
        matches!(self, Fill::Bytes)
    }

    /// Whether the prefix comes next.
    pub fn is_at_header(&self) -> bool {
        matches!(self, Fill::Records(Records { prefix: Some(_), .. }))
    }

    /// Reads the prefix. Begins the container, once it is whole.
    pub fn begin(&mut self, bytes: &mut &[u8]) -> Result<Option<Begun>> {
        let Fill::Records(records) = self else { return Ok(None) };
        let Some(left) = records.length(bytes) else { return Ok(None) };
        let count = left.min(bytes.len());
        let prefix = records.prefix.get_or_insert_default();
        prefix.extend_from_slice(&bytes[..count]);
        *bytes = &bytes[count..];
        records.left = Some(left - count);
        if count < left {
            return Ok(None);
        }
        records.left = None;
        let prefix = records.prefix.take().unwrap_or_default();
        records.blocks.begin(&prefix).map(Some)
    }

    /// Moves bytes into a block.
    pub fn fill(&mut self, block: &mut Block, bytes: &mut &[u8]) -> Filled {
        match self {
            Fill::Bytes => {
                block.take(bytes, usize::MAX);
                if block.len < block.buffer.len() { Filled::Part } else { Filled::Whole }
            }
            Fill::Records(records) => records.fill(block, bytes),
        }
    }

    /// Begins anew.
    pub fn restart(&mut self) {
        if let Fill::Records(records) = self {
            (records.prefix, records.known, records.left) = (Some(Vec::new()), 0, None);
        }
    }
}

impl Records {
    /// How much of the record, or of the prefix, is still to come, once its length is known.
    #[inline]
    fn length(&mut self, bytes: &mut &[u8]) -> Option<usize> {
        if self.left.is_none() {
            let count = (self.head.len() - self.known).min(bytes.len());
            self.head[self.known..self.known + count].copy_from_slice(&bytes[..count]);
            self.known += count;
            *bytes = &bytes[count..];
            if self.known < self.head.len() {
                return None;
            }
            self.known = 0;
            self.left = Some(u32::from_le_bytes(self.head) as usize);
        }
        self.left
    }

    fn fill(&mut self, block: &mut Block, bytes: &mut &[u8]) -> Filled {
        while let Some(left) = self.length(bytes) {
            let needed = block.len.saturating_add(left);
            if needed > block.buffer.len() {
                return match needed <= self.blocking.most() {
                    true => Filled::Narrow { needed },
                    false => Filled::TooLarge(self.blocking.too_large(left)),
                };
            }
            let count = block.take(bytes, left);
            self.left = Some(left - count);
            if count < left {
                break;
            }
            self.left = None;
            block.records += 1;
            if block.len >= self.blocking.size {
                return Filled::Whole;
            }
        }
        Filled::Part
    }
}

#[cfg(test)]
mod tests {
    use super::super::Target;
    use super::*;
    use crate::compress::{PackBlock, Part};

    /// A container that shows its blocks.
    struct Shown {
        size: usize,
    }

    impl Blocks for Shown {
        fn size(&self) -> usize {
            self.size
        }

        fn coder(&self) -> usize {
            0
        }

        fn begin(&self, prefix: &[u8]) -> Result<Begun> {
            Ok(Begun { header: [b"<", prefix, b">"].concat(), known: prefix.into(), join: None })
        }

        fn packer(&self) -> Result<Box<dyn PackBlock>> {
            Ok(Box::new(Show))
        }
    }

    struct Show;

    impl PackBlock for Show {
        fn pack(&mut self, known: &[u8], records: u64, data: &[u8], output: &mut Vec<u8>) -> Result<Option<Part>> {
            assert_eq!(known, b"ab");
            output.extend_from_slice(format!("[{records}:").as_bytes());
            output.extend_from_slice(data);
            output.push(b']');
            Ok(None)
        }
    }

    fn after_length(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
    }

    fn written(size: usize, threads: usize, limit: usize, pieces: &[&[u8]]) -> Result<String> {
        let blocks: Arc<dyn Blocks> = Arc::new(Shown { size });
        let blocking = Blocking::new(&*blocks, threads, limit);
        let target = Target::memory().in_blocks(blocks, &blocking)?;
        let mut at = 0;
        for piece in pieces {
            target.write(piece, at)?;
            at += piece.len() as u64;
        }
        Ok(String::from_utf8(target.finish()?).unwrap())
    }

    #[test]
    fn a_block_ends_with_the_record_that_reaches_its_size() {
        let records: [&[u8]; 7] = [b"ab", b"1", b"22", b"", b"4444", b"55555555", b"6"];
        let stream = records.map(after_length).concat();
        for threads in [1, 3] {
            for step in [1, 2, 3, 5, 100] {
                let pieces: Vec<&[u8]> = stream.chunks(step).collect();
                assert_eq!(
                    written(4, threads, 1 << 20, &pieces).unwrap(),
                    "<ab>[4:1224444][1:55555555][1:6]",
                    "{step}"
                );
            }
        }
        assert_eq!(written(100, 1, 1 << 20, &[&stream]).unwrap(), "<ab>[6:1224444555555556]");
        assert_eq!(written(1, 2, 1 << 20, &[&stream]).unwrap(), "<ab>[1:1][1:22][2:4444][1:55555555][1:6]");
        assert_eq!(written(4, 1, 1 << 20, &[&after_length(b"ab")]).unwrap(), "<ab>");
    }

    #[test]
    fn large_records_have_room_within_the_limit() {
        let large = "x".repeat(200_000);
        let records = [b"ab", large.as_bytes(), large.as_bytes(), large.as_bytes(), b"y"];
        let stream = records.map(after_length).concat();
        let pieces: Vec<&[u8]> = stream.chunks(70_001).collect();
        let expected = format!("<ab>[1:{large}][1:{large}][1:{large}][1:y]");
        assert!(written(4, 2, 16 * 200_000, &pieces).unwrap() == expected);
        let error = written(4, 2, 16 * 100_000, &pieces).unwrap_err();
        assert!(error.to_string().contains("a record of 200000 bytes is too large"), "{error}");
    }
}
