//! The case of many lines in one go.
//!
//! Nothing that decides what a character becomes reaches beyond a line: a line break has no case and is not
//! case-ignorable, so a sigma before it is as final as one at the end of a text.

use bumpalo::collections::Vec as ArenaVec;

use super::{Case, Mapper, Two, index, is_caseless, is_inner, map};
use crate::error::RecordError;
use crate::op::fields::reject_invalid;
use crate::record::Batch;
use crate::scan::kernel::Kernel;
use crate::scan::vector::{Unit, Vector, Work};

/// Changes all records of a batch, if they are [lines](Batch::lines). False: nothing was changed, and each text has
/// to be looked at by itself.
pub(super) fn change(batch: &mut Batch<'_>, case: Case, two: Option<&Two>) -> bool {
    let (Some(from), arena) = (batch.lines(), batch.arena()) else { return false };
    let mut longer = ArenaVec::new_in(arena.bump());
    if let Ok(to) = arena.bytes(from.len(), 0) {
        match Unit::get().run(Change { case, two, from, to, longer: &mut longer }) {
            Ok(()) => {
                batch.change_lines(to);
                if let Some(two) = two {
                    let mapper = Mapper { kernel: Kernel::get(), case, two };
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
    // Where there is no room for all of it there may be for one after the other.
    if two.is_some() {
        reject_invalid(batch);
    }
    false
}

/// Changes the line around `at`, which gets another length.
fn change_longer(batch: &mut Batch<'_>, mapper: &Mapper<'_>, from: &[u8], at: usize) {
    let record = batch.record_at(at);
    let (line, len) = batch.line(record);
    let offset = batch.span(record).start;
    let changed = simdutf8::basic::from_utf8(&from[line][..len])
        .map_err(|_| RecordError::new(offset, "the text is not valid UTF-8"))
        .and_then(|text| {
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
    /// None for ASCII only.
    two: Option<&'t Two>,
    from: &'t [u8],
    /// As long as `from`.
    to: &'t mut [u8],
    /// Gets a place in each line that becomes longer or shorter.
    longer: &'l mut ArenaVec<'a, usize>,
}

impl Work for Change<'_, '_, '_> {
    type Out = Result<(), Stop>;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Result<(), Stop> {
        let Change { case, two, from, to, longer } = self;
        let first = case.first();
        let Some(two) = two else {
            for at in (0..from.len()).step_by(64) {
                let block = load(vector, from, at);
                store(vector, vector.other_case(block, first), at, to);
            }
            return Ok(());
        };
        let mut others = Others { case, two, from, checked: None, claimed: 0, longer, behind: 0 };
        let (mut leads, mut inner) = (0u64, 0);
        for at in (0..from.len()).step_by(64) {
            let block = load(vector, from, at);
            store(vector, vector.other_case(block, first), at, to);
            let high = !vector.below(block, 0x80);
            if high | leads != 0 {
                // One block behind: a character's bytes in the next block must have been copied before it is changed.
                others.change(leads, at.wrapping_sub(64), to)?;
                leads = high & !vector.below(block, 0xc0);
                inner += (high & !leads).count_ones() as usize;
            }
        }
        let last = from.len().saturating_sub(1) / 64 * 64;
        others.change(leads, last, to)?;
        // All leads were followed by what belongs to them. Is there anything else?
        match others.checked.is_none() && others.claimed != inner {
            true => Err(Stop::Invalid),
            false => Ok(()),
        }
    }
}

/// The block at `at`, with zeros behind the end.
#[inline(always)]
fn load<V: Vector>(vector: V, from: &[u8], at: usize) -> V::Block {
    match from[at..].first_chunk() {
        Some(block) => vector.load(block),
        None => vector.load_part(&from[at..]),
    }
}

/// Writes a block to `at`, as far as there is room.
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
    two: &'t Two,
    from: &'t [u8],
    /// All of `from`, once it was checked.
    checked: Option<&'t str>,
    /// How many bytes inside of characters belong to a lead that was seen.
    claimed: usize,
    longer: &'l mut ArenaVec<'a, usize>,
    /// Behind the last line of those.
    behind: usize,
}

impl Others<'_, '_, '_> {
    /// Changes the characters that begin where `leads` says, counted from `start`.
    #[inline(always)]
    fn change(&mut self, mut leads: u64, start: usize, to: &mut [u8]) -> Result<(), Stop> {
        while leads != 0 {
            let at = start.wrapping_add(leads.trailing_zeros() as usize);
            leads &= leads - 1;
            match self.from[at..] {
                [a @ 0xc0..=0xdf, b, ..] => {
                    let entry = self.two[index([a, b])];
                    if entry != [0; 2] {
                        to[at..at + 2].copy_from_slice(&entry);
                        self.claimed += 1;
                        continue;
                    }
                }
                [a @ 0xe0..=0xef, b, c, ..] if is_caseless(a, b) && is_inner(c) => {
                    self.claimed += 2;
                    continue;
                }
                [a @ 0xf0..=0xff, b, c, d, ..] if is_caseless(a, b) && is_inner(c) && is_inner(d) => {
                    self.claimed += 3;
                    continue;
                }
                _ => {}
            }
            self.change_rare(at, to)?;
        }
        Ok(())
    }

    /// A character that is in no table; the whole text is checked before the first of them.
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

    /// The character at `at` changes its length: its line is changed by itself when the others are done.
    fn change_later(&mut self, at: usize) -> Result<(), Stop> {
        if at >= self.behind {
            self.longer.try_reserve(1).map_err(|_| Stop::NoRoom)?;
            self.longer.push(at);
            self.behind = memchr::memchr(b'\n', &self.from[at..]).map_or(self.from.len(), |found| at + found);
        }
        Ok(())
    }
}
