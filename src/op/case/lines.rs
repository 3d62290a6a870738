//! Changes the case of many lines at once.
//!
//! Nothing that decides what a character becomes reaches beyond its line: a line break has no case and is not
//! case-ignorable, so a sigma before it is as final as one at the end of a text.

use bumpalo::collections::Vec as ArenaVec;

use super::map::{Mapper, Starts, index, map};
use crate::op::fields::reject_invalid;
use crate::record::Batch;
use crate::record::utf8::invalid;
use crate::scan::ascii::Case;
use crate::scan::vector::{Unit, Vector, Work};

/// Changes all records of a batch, if they are [lines](Batch::lines). False: nothing was changed, and each text has to
/// be handled separately.
pub(super) fn change(batch: &mut Batch<'_>, case: Case, starts: Option<&Starts>) -> bool {
    let (Some(from), arena) = (batch.lines(), batch.arena()) else { return false };
    let mut longer = ArenaVec::new_in(arena.bump());
    if let (Ok(to), true) = (arena.bytes(from.len(), 0), from.len() < u32::MAX as usize) {
        match Unit::get().run(Change { case, starts, from, to, longer: &mut longer }) {
            Ok(()) => {
                batch.change_lines(to);
                if let Some(starts) = starts {
                    let mapper = Mapper { unit: Unit::get(), case, starts };
                    longer.iter().for_each(|at| change_longer(batch, &mapper, from, *at));
                }
                return true;
            }
            Err(Stop::NoRoom) => {}
            Err(Stop::Invalid) => {
                reject_invalid(batch);
                return false;
            }
        }
    }
    // If there is no room for all of it, there may be for one line at a time.
    if starts.is_some() {
        reject_invalid(batch);
    }
    false
}

/// Changes the line around `at`, whose length changes.
fn change_longer(batch: &mut Batch<'_>, mapper: &Mapper<'_>, from: &[u8], at: usize) {
    let record = batch.record_at(at);
    let (line, len) = batch.line(record);
    let offset = batch.span(record).start;
    let changed = simdutf8::basic::from_utf8(&from[line][..len]).map_err(|_| invalid(offset)).and_then(|text| {
        let to = batch.arena().bytes(mapper.mapped_len(text, 0), offset)?;
        mapper.write(text, to);
        batch.change_odd_line(record, to)
    });
    if let Err(error) = changed {
        batch.reject_with(record, error);
    }
}

/// Why the lines can't be changed together.
enum Stop {
    /// Not UTF-8.
    Invalid,
    NoRoom,
}

struct Change<'t, 'l, 'a> {
    case: Case,
    /// `None` for ASCII only.
    starts: Option<&'t Starts>,
    from: &'t [u8],
    /// As long as `from`.
    to: &'t mut [u8],
    /// Collects a place in each line whose length changes.
    longer: &'l mut ArenaVec<'a, usize>,
}

impl Work for Change<'_, '_, '_> {
    type Out = Result<(), Stop>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<(), Stop> {
        let Change { case, starts, from, to, longer } = self;
        let first = case.first();
        let Some(starts) = starts else {
            for at in (0..from.len()).step_by(64) {
                let block = load(vector, from, at);
                store(vector, vector.other_case(block, first), at, to);
            }
            return Ok(());
        };
        let mut others = Others { case, starts, from, checked: None, claimed: 0, longer, behind: 0 };
        let (mut leads, mut count, mut inner) = ([0u32; AHEAD + 64], 0, 0);
        for piece in (0..from.len()).step_by(AHEAD - 64) {
            let end = from.len().min(piece + AHEAD - 64);
            for at in (piece..end).step_by(64) {
                let block = load(vector, from, at);
                store(vector, vector.other_case(block, first), at, to);
                let high = !vector.below(block, 0x80);
                let found = high & !vector.below(block, 0xc0);
                if let Some(into) = leads[count..].first_chunk_mut() {
                    vector.positions(found, at as u32, into);
                }
                count += found.count_ones() as usize;
                inner += (high & !found).count_ones() as usize;
            }
            // Before a character is changed, its bytes in the next piece must have been copied.
            let late = leads[..count].iter().rev().take_while(|at| **at as usize + 4 > end && end < from.len()).count();
            others.change(&leads[..count - late], to)?;
            leads.copy_within(count - late..count, 0);
            count = late;
        }
        others.change(&leads[..count], to)?;
        // Every lead was followed by the right bytes. Is there anything else?
        match others.checked.is_none() && others.claimed != inner {
            true => Err(Stop::Invalid),
            false => Ok(()),
        }
    }
}

/// How many characters are collected before they are changed: this makes the ends of loops predictable.
const AHEAD: usize = 1024 + 64;

/// The block at `at`, with zeros after the end.
#[inline(always)]
fn load<V: Vector>(vector: V, from: &[u8], at: usize) -> V::Block {
    match from[at..].first_chunk() {
        Some(block) => vector.load(block),
        None => vector.load_part(&from[at..]),
    }
}

/// Writes a block at `at`, as far as it fits.
#[inline(always)]
fn store<V: Vector>(vector: V, block: V::Block, at: usize, to: &mut [u8]) {
    if let Some(into) = to[at..].first_chunk_mut() {
        return vector.store(block, into);
    }
    let mut whole = [0; 64];
    vector.store(block, &mut whole);
    let rest = to.len() - at;
    to[at..].copy_from_slice(&whole[..rest]);
}

/// The characters that are not ASCII.
struct Others<'t, 'l, 'a> {
    case: Case,
    starts: &'t Starts,
    from: &'t [u8],
    /// All of `from`, once it has been checked.
    checked: Option<&'t str>,
    /// How many inner bytes of characters belong to a lead that was found.
    claimed: usize,
    longer: &'l mut ArenaVec<'a, usize>,
    /// The end of the last of those lines.
    behind: usize,
}

impl Others<'_, '_, '_> {
    /// Changes the characters that begin at these places.
    #[inline(always)]
    fn change(&mut self, leads: &[u32], to: &mut [u8]) -> Result<(), Stop> {
        // Tables by the number of bytes, to avoid branches: which bytes of a character after the second must be inner
        // ones, and how many there are.
        const MASK: [u32; 4] = [0, 0, 0x00c0_0000, 0xc0c0_0000];
        const INNER: [u32; 4] = [0, 0, 0x0080_0000, 0x8080_0000];
        const COUNT: [u8; 4] = [1, 1, 2, 3];
        for at in leads.iter().map(|at| *at as usize) {
            let bytes = match self.from[at..].first_chunk::<4>() {
                Some(bytes) => *bytes,
                None => self.last(at),
            };
            let (entry, kind) = (self.starts[index([bytes[0], bytes[1]])], bytes[0] as usize >> 4 & 3);
            if entry == [0; 2] || u32::from_le_bytes(bytes) & MASK[kind] != INNER[kind] {
                self.change_rare(at, to)?;
                continue;
            }
            to[at..at + 2].copy_from_slice(&entry);
            self.claimed += COUNT[kind] as usize;
        }
        Ok(())
    }

    /// The last bytes, from `at` on, followed by zeros.
    #[cold]
    fn last(&self, at: usize) -> [u8; 4] {
        let (mut bytes, rest) = ([0; 4], &self.from[at..]);
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    }

    /// Changes a character that is in no table; before the first of them, the whole text is checked.
    #[cold]
    #[inline(never)]
    fn change_rare(&mut self, at: usize, to: &mut [u8]) -> Result<(), Stop> {
        let text = match self.checked {
            Some(text) => text,
            None => simdutf8::basic::from_utf8(self.from).map_err(|_| Stop::Invalid)?,
        };
        self.checked = Some(text);
        let (len, mapped) = map(self.case, text, at);
        if mapped.len != len {
            return self.change_later(at);
        }
        to[at..at + len].copy_from_slice(mapped.bytes());
        Ok(())
    }

    /// Notes that the character at `at` changes its length: its line is changed separately, after the others.
    fn change_later(&mut self, at: usize) -> Result<(), Stop> {
        if at >= self.behind {
            self.longer.try_reserve(1).map_err(|_| Stop::NoRoom)?;
            self.longer.push(at);
            self.behind = memchr::memchr(b'\n', &self.from[at..]).map_or(self.from.len(), |found| at + found);
        }
        Ok(())
    }
}
