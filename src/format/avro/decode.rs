//! From blocks to batches.
//!
//! What is not compressed is read where it is. What is decompressed is in a buffer of the decoder, which the records of a
//! batch can't borrow: they are read from a copy of its next part, in the arena of the batch.

use std::ops::Range;
use std::sync::Arc;

use super::block::{Found, Rule};
use super::codec::Codec;
use super::columns::Columns;
use super::header::SYNC;
use super::plan::Plan;
use super::read::{Data, Reader};
use super::unpack::Unpacker;
use super::wire::Flaw;
use crate::error::{Fault, RecordError};
use crate::format::{Decode, Want};
use crate::memory::Budget;
use crate::record::Batch;

/// What all decoders of a file have in common.
pub(super) struct Shared {
    pub plan: Plan,
    pub rule: Rule,
    pub codec: Codec,
    pub columns: Option<Columns>,
    pub max_depth: usize,
    pub max_fields: usize,
    pub budget: Option<Budget>,
    /// Slices are single records, or the blocks of a quarantine.
    pub singly: bool,
}

pub(super) struct Decoder {
    shared: Arc<Shared>,
    /// The columns that are wanted, in a record of columns.
    columns: Option<Columns>,
    reader: Reader,
    unpacker: Unpacker,
    /// Where the next block begins.
    at: usize,
    block: Option<Block>,
    /// What is bad: the place where it begins and where it ends.
    bad: Range<usize>,
}

/// The block that is read.
#[derive(Clone, Copy)]
struct Block {
    /// Where it is in the slice, and where its data is.
    start: usize,
    from: usize,
    to: usize,
    /// Its data is decompressed; it has this many bytes.
    unpacked: Option<usize>,
    /// Where the next record begins in the data: of the slice, or of what was decompressed.
    at: usize,
    left: u64,
}

/// How much of what was decompressed is copied at once.
const PIECE: usize = 32 << 10;

/// How many records that have no bytes a block may have.
const WITHOUT_BYTES: u64 = 1 << 20;

impl Decoder {
    pub fn new(shared: &Arc<Shared>, want: &Want) -> Decoder {
        let columns = shared.columns.as_ref().map(|columns| columns.only(want.select.as_deref()));
        Decoder {
            columns,
            reader: Reader::new(shared.max_depth, shared.max_fields, want.replace_invalid_utf8),
            unpacker: Unpacker::new(shared.codec, shared.rule.most, shared.budget.as_ref()),
            shared: shared.clone(),
            at: 0,
            block: None,
            bad: 0..0,
        }
    }

    /// Goes to the next block; none: the slice ends.
    fn next_block(&mut self, slice: &[u8]) -> Result<Option<Block>, RecordError> {
        let start = self.at;
        if start >= slice.len() {
            return Ok(None);
        }
        let found = self.shared.rule.look(slice, start, true);
        let (records, from, to) = match found {
            Found::Whole { records, from, to } => (records, from, to),
            _ if self.shared.singly => (1, start, slice.len()),
            Found::Broken { to } => {
                (self.bad, self.at) = (start..to, to);
                return Err(self.shared.rule.error(slice, start, to));
            }
            Found::Cut | Found::Large => {
                (self.bad, self.at) = (start..slice.len(), slice.len());
                return Err(self.shared.rule.error(slice, start, slice.len()));
            }
        };
        let is_single = self.shared.singly && !matches!(found, Found::Whole { .. });
        self.at = if is_single { to } else { to + SYNC };
        self.bad = start..self.at;
        let mut block = Block { start, from, to, unpacked: None, at: from, left: records };
        if self.shared.codec != Codec::Null {
            if is_single {
                return Err(not_kept(start));
            }
            let len = self.unpacker.unpack(&slice[from..to], start)?.len();
            (block.unpacked, block.at) = (Some(len), 0);
        }
        let len = block.unpacked.unwrap_or(to - from) as u64;
        let least = u64::from(self.shared.plan.least[self.shared.plan.root as usize]);
        if records.saturating_mul(least) > len || least == 0 && records > WITHOUT_BYTES.max(len) {
            return Err(too_many(start));
        }
        Ok(Some(block))
    }

    /// Reads records of a block until the batch is full, or until the data at hand ends inside one.
    ///
    /// `data` is the part that begins with the next record, at `offset` of the slice if that is where it is; `whole`: it is
    /// all that is left of the block.
    fn records<'a>(
        &mut self,
        data: &'a [u8],
        whole: bool,
        words: &'a [u8],
        block: &mut Block,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let shared = self.shared.clone();
        let in_slice = block.unpacked.is_none();
        let (base, data) = (block.at, Data { bytes: data, words });
        // In what is not decompressed, places are those of the slice.
        let mut at = if in_slice { base } else { 0 };
        // Names or a part of the data alone may fill it.
        while block.left > 0 && (batch.is_empty() || !batch.is_full()) {
            let read = match &self.columns {
                Some(columns) => columns.record(&shared.plan, data, at, &mut self.reader, batch),
                None => self.reader.value(&shared.plan, data, at, batch),
            };
            let ended = read.and_then(|end| {
                // The bytes of a compressed record are nowhere in the slice.
                let span = if in_slice { at..end } else { block.start..block.from };
                batch.end_record(span.start, span.end).map(|()| end).map_err(Flaw::Bad)
            });
            match ended {
                Ok(end) => at = end,
                Err(Flaw::Cut) if !whole => {
                    batch.abandon();
                    break;
                }
                Err(flaw) => {
                    batch.abandon();
                    let error = match flaw {
                        Flaw::Bad(error) => error,
                        Flaw::Cut => ends_early(at),
                    };
                    block.at = if in_slice { at } else { base + at };
                    return Err(self.judged(&shared, data.bytes, at, error, block));
                }
            }
            block.left -= 1;
        }
        block.at = if in_slice { at } else { base + at };
        Ok(())
    }

    /// A record whose end is known is a bad one; else all that is left of the block is.
    #[cold]
    fn judged(
        &mut self,
        shared: &Shared,
        data: &[u8],
        at: usize,
        error: RecordError,
        block: &mut Block,
    ) -> RecordError {
        let in_slice = block.unpacked.is_none();
        let end = match error.fault {
            Fault::NoMemory => None,
            _ => self.reader.skipper.end_of(&shared.plan, shared.plan.root, data, at).ok(),
        };
        self.bad = match (in_slice, end) {
            (true, Some(end)) => at..end,
            (true, None) => at..self.at,
            // There, all of the block is the place.
            (false, Some(_)) => block.start..block.from,
            (false, None) => block.start..self.at,
        };
        match end {
            Some(end) => {
                block.left -= 1;
                block.at = if in_slice { end } else { block.at + end - at };
            }
            None => block.left = 0,
        }
        self.block = Some(*block).filter(|_| end.is_some());
        let error = if in_slice { error } else { RecordError { offset: block.start, ..error } };
        match error.fault {
            Fault::Lost => error.fault(Fault::Record),
            _ => error,
        }
    }
}

impl Decode for Decoder {
    fn begin(&mut self, _slice: &[u8]) {
        (self.at, self.block) = (0, None);
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.block.is_none() && self.at >= slice.len() {
            return Ok(false);
        }
        // Names of fields and symbols of enums, for this batch.
        let words = self.words(batch)?;
        while batch.is_empty() || !batch.is_full() {
            let mut block = match self.block.take() {
                Some(block) => block,
                None => match self.next_block(slice)? {
                    Some(block) => block,
                    None => break,
                },
            };
            let end = block.unpacked.unwrap_or(block.to);
            if block.left > 0 {
                match block.unpacked {
                    None => self.records(&slice[..block.to], true, words, &mut block, batch)?,
                    Some(len) => {
                        if !self.pieces(len, words, &mut block, batch)? {
                            self.block = Some(block);
                            return Ok(true);
                        }
                    }
                }
            }
            if block.left > 0 {
                self.block = Some(block);
            } else if block.at < end {
                let from = if block.unpacked.is_none() { block.at } else { block.start };
                self.bad = from..self.at;
                return Err(left_over(from, end - block.at));
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        self.bad.start.min(slice.len())..self.bad.end.min(slice.len())
    }
}

impl Decoder {
    /// The words of the plan in the arena of a batch.
    fn words<'a>(&self, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
        let words = &self.shared.plan.words;
        let place = batch.arena().bytes(words.len(), self.at)?;
        place.copy_from_slice(words);
        Ok(place)
    }

    /// Reads records of what was decompressed; says whether the batch has room for more.
    fn pieces<'a>(
        &mut self,
        len: usize,
        words: &'a [u8],
        block: &mut Block,
        batch: &mut Batch<'a>,
    ) -> Result<bool, RecordError> {
        let mut piece = PIECE;
        loop {
            let (from, left) = (block.at, block.left);
            let to = len.min(from.saturating_add(piece));
            let place = batch.arena().bytes(to - from, block.start)?;
            place.copy_from_slice(&self.unpacker.data()[from..to]);
            self.records(place, to == len, words, block, batch)?;
            if block.left == 0 {
                return Ok(true);
            }
            // The next part would fill the batch anyway.
            if block.left < left || !batch.is_empty() {
                return Ok(false);
            }
            // A record is larger than the part.
            piece = piece.saturating_mul(2);
        }
    }
}

#[cold]
fn ends_early(at: usize) -> RecordError {
    RecordError::new(at, "a block ends inside a record")
        .hint("It is damaged, or its records are not of the schema of the file.")
}

#[cold]
fn left_over(at: usize, bytes: usize) -> RecordError {
    RecordError::with_numbers(at, "a block goes on for {} byte{s} after its last record", [bytes, 0])
        .hint("The block is damaged, or its records are not of the schema of the file.")
}

#[cold]
fn too_many(at: usize) -> RecordError {
    RecordError::new(at, "a block says that it has more records than it can have").hint("It is damaged.")
}

#[cold]
fn not_kept(at: usize) -> RecordError {
    RecordError::new(at, "the bytes of a record from a compressed block are not kept")
        .hint("Convert the file itself again, once its records are accepted.")
}
