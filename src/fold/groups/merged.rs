//! Groups whose parts are in several runs: they are put together one by one, and their records are put in order.

use std::sync::Arc;

use crate::error::Result;
use crate::flow::sort::{append_key, longest};
use crate::fold::groups::at::{At, SLICES};
use crate::fold::groups::column::Accumulate;
use crate::fold::groups::held::Held;
use crate::fold::groups::joined::Joined;
use crate::fold::groups::kept::{common, parts};
use crate::fold::groups::rows::{Results, append, put_row, row_len};
use crate::fold::groups::saved::Saved;
use crate::fold::groups::spec::Aggregate;
use crate::fold::groups::spilling::{HEAD, NUMBER, Spilling};
use crate::fold::pen::memory;
use crate::memory::{ARENA_INSTEAD, Arena, Budget, Reservation};
use crate::record::digits::DigitRoom;
use crate::spill::{MERGED, Merge, RunReader, SpillFile, reduce};
use crate::sys::memory::trim_heap;

/// How much of an arena a record of the result usually fills, in bytes.
const ARENA: usize = 64 << 10;

/// What else to do where there is no memory for merging.
pub(super) const INSTEAD: &str = "group by shorter values";

/// Of the memory, this many parts are for merging runs, and for what comes of it; the rest is for single groups.
const WINDOWS: usize = 4;
const RESULTS: usize = 3;
const OF: usize = 8;

/// The records of all groups.
pub(super) struct Merged {
    pub results: Results,
    /// How many runs of groups there were, and the bytes that were written.
    pub runs: u64,
    pub bytes: u64,
    /// What merging the records may take, in bytes.
    pub memory: usize,
    /// That is reserved here.
    pub reserved: Reservation,
}

/// A group that is being put together.
struct Group<'s> {
    spec: &'s Aggregate,
    functions: Vec<Box<dyn Joined>>,
    /// What it begins with in the keys of all its entries; empty before the first.
    key: Vec<u8>,
    kinds: Vec<u8>,
    first: At,
    /// The record that comes of it, as bytes, and its key.
    body: Vec<u8>,
    order: Vec<u8>,
}

/// Merges all runs; `check` is asked now and then whether to go on. No more than the first `most` records are wanted.
///
/// # Errors
/// Io: they can't be read or written. Memory.
pub(super) fn merged(
    spilling: Spilling,
    spec: &Aggregate,
    columns: &[Box<dyn Accumulate>],
    budget: &Budget,
    most: Option<u64>,
    check: &dyn Fn() -> Result<()>,
) -> Result<Merged> {
    trim_heap();
    let Spilling { folder, block, room, runs, bytes, .. } = spilling;
    let memory = room.min(budget.limit().saturating_sub(budget.reserved()));
    let mut reserved = budget.open("merged groups", INSTEAD);
    reserved.try_grow(memory / OF * (WINDOWS + RESULTS))?;
    let create = || SpillFile::create(&folder);
    let count = runs.len() as u64;
    let (runs, more) = reduce(runs, memory / OF * WINDOWS, budget, &create, block, check, INSTEAD)?;
    let inputs = runs.into_iter().map(RunReader::new).collect::<Result<Vec<_>>>()?;
    let mut merge = Merge::new(inputs);
    let mut results = Results::new(memory / OF * RESULTS, Arc::clone(&folder), block, most)?;
    let mut held = Held::new(budget, 0);
    let mut arena = Arena::asking(ARENA, usize::MAX / 2, budget.open("large results", ARENA_INSTEAD));
    let functions = columns.iter().map(|column| column.joined()).collect();
    let (first, key, kinds) = (At::default(), Vec::new(), Vec::new());
    let mut group = Group { spec, functions, key, kinds, first, body: Vec::new(), order: Vec::new() };
    let (mut key, mut body, mut read) = (Vec::new(), Vec::new(), 0u64);
    while let Some(input) = merge.first() {
        if read.is_multiple_of(MERGED) {
            check()?;
        }
        read += 1;
        key.clear();
        body.clear();
        append(input.key(), &mut key, &mut held)?;
        input.take(&mut |piece| append(piece, &mut body, &mut held))?;
        merge.next();
        let (own, rest) = key.split_at(group_len(&key));
        if group.key != own {
            group.end(&mut results, &mut arena, &mut held)?;
            // What single groups took is given back; these stay.
            held.keep([&key, &body, &group.key, &group.body, &group.order].map(Vec::capacity).iter().sum());
            group.key.clear();
            append(own, &mut group.key, &mut held)?;
        }
        group.take(rest, Saved(&body), &mut held)?;
    }
    group.end(&mut results, &mut arena, &mut held)?;
    drop(merge);
    results.end()?;
    Ok(Merged { results, runs: count, bytes: bytes + more, memory: memory / OF * (WINDOWS + RESULTS), reserved })
}

/// How long the part of a key is that belongs to the group.
fn group_len(key: &[u8]) -> usize {
    let len = key.get(HEAD - 4..HEAD).and_then(|len| len.try_into().ok()).map_or(0, u32::from_be_bytes);
    (HEAD + len as usize).min(key.len())
}

impl Group<'_> {
    /// Takes in an entry; `rest`: what follows the group's part of its key.
    #[inline]
    fn take(&mut self, rest: &[u8], mut body: Saved<'_>, held: &mut Held) -> Result<()> {
        if let Some((number, rest)) = rest.split_at_checked(NUMBER) {
            let number = number.try_into().map_or(0, u32::from_be_bytes) as usize;
            return match self.functions.get_mut(number) {
                Some(function) => function.entry(rest, &mut body, held),
                None => Ok(()),
            };
        }
        let at = body.at()?;
        let kinds = body.bytes(self.spec.common().len())?;
        if self.kinds.is_empty() || at < self.first {
            self.first = at;
            self.kinds.clear();
            // One more, so that there always are some.
            self.kinds.push(0);
            self.kinds.extend_from_slice(kinds);
        }
        self.functions.iter_mut().try_for_each(|function| function.head(&mut body, held))
    }

    /// All of it is known, if there was one.
    fn end(&mut self, results: &mut Results, arena: &mut Arena, held: &mut Held) -> Result<()> {
        if self.key.is_empty() {
            return Ok(());
        }
        arena.clear();
        let mut row = Vec::with_capacity(self.spec.names().count());
        let Group { spec, functions, key, kinds, first, body, order } = self;
        common(&key[HEAD..], &kinds[1..], |value| {
            row.push(value);
            Ok(())
        })
        .map_err(memory)?;
        for function in functions {
            row.push(function.result(arena, held)?);
        }
        kinds.clear();
        order.clear();
        for (field, key) in spec.sorted_columns() {
            let mut room = DigitRoom::default();
            let text = parts(row[field], &mut room).1;
            let needed = longest(text, key);
            let more = needed.saturating_sub(order.capacity() - order.len());
            if more > 0 {
                held.take(more)?;
                order.reserve_exact(needed);
            }
            append_key(order, row[field], text, key);
        }
        put_place(*first, order);
        body.clear();
        let more = row_len(&row).saturating_sub(body.capacity());
        if more > 0 {
            held.take(more)?;
            body.reserve_exact(row_len(&row));
        }
        put_row(&row, body);
        results.add(order, body)
    }
}

/// Appends where a record is, in the order of records; for most in less than eight bytes.
fn put_place(at: At, key: &mut Vec<u8>) {
    for number in [at.slice >> SLICES, at.slice & ((1 << SLICES) - 1), at.record] {
        let bytes = number.to_be_bytes();
        let zeros = number.leading_zeros() as usize / 8;
        key.push((bytes.len() - zeros) as u8);
        key.extend_from_slice(&bytes[zeros..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_the_order_of_records() {
        let (mut places, mut keys) = (Vec::new(), Vec::new());
        for source in [0, 1, 300] {
            for slice in [0, 1, 255, 256, 70_000, 1 << 39] {
                for record in [0, 1, 255, 256, 65_535, 65_536, u64::MAX] {
                    places.push(At { slice: source << SLICES | slice, record });
                }
            }
        }
        assert!(places.is_sorted());
        for place in places {
            let mut key = Vec::new();
            put_place(place, &mut key);
            keys.push(key);
        }
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1] && !pair[1].starts_with(&pair[0])));
        assert_eq!(keys[1], [0, 0, 1, 1]);
    }
}
