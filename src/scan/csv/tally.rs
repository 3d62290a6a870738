//! Counting records of a piece of delimited text that was cut anywhere.
//!
//! Whether a piece begins inside quotes is known only when everything before it was read, so that it is
//! counted for both cases and the right one is chosen later (Ge, Li, Eilebrecht, Chandramouli and Kossmann,
//! "Speculative Distributed CSV Data Parsing for Big Data Analytics", SIGMOD 2019). The wrong one ends at
//! once, as a rule: quotes stand there where none may be.

use std::ops::Range;

use super::{Carry, Marks, block_at, understand};
use crate::scan::vector::{PREFETCH, Unit, Vector, Work, prefetch};

/// What a piece holds if it begins in a certain state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many records end in it; blank lines are none.
    pub records: u64,
    /// It ends inside quotes.
    pub inside: bool,
}

/// Counts the ends of records in `data[range]`, which begins inside quotes or outside. Beside these bytes
/// it looks at the one before them. None where quotes are irregular: only csv-core can tell then.
pub fn tally(data: &[u8], range: Range<usize>, inside: bool, marks: Marks) -> Option<Tally> {
    Unit::get().run(Tallier { data, range, inside, marks })
}

struct Tallier<'d> {
    data: &'d [u8],
    range: Range<usize>,
    inside: bool,
    marks: Marks,
}

impl Tallier<'_> {
    /// What is carried into the piece, and whether a record begins there.
    fn start(&self) -> (Carry, bool) {
        let before = self.range.start.checked_sub(1).map(|at| self.data[at]);
        match before {
            _ if self.inside => (Carry { inside: u64::MAX, may_open: 0, closed: 0 }, false),
            None => (Carry::START, true),
            Some(byte) => {
                let closed = u64::from(Some(byte) == self.marks.quote);
                let may_open = u64::from(self.marks.is_separator(byte)) | closed;
                (Carry { inside: 0, may_open, closed }, byte == b'\n' || byte == b'\r')
            }
        }
    }
}

impl Work for Tallier<'_> {
    type Out = Option<Tally>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Tally> {
        let (mut carry, fresh) = self.start();
        let Tallier { data, range, marks, .. } = self;
        let (mut at, mut records, mut ended, mut skipped) = (range.start, 0, u64::from(fresh), false);
        let data = &data[..range.end];
        while at < data.len() {
            prefetch(data, at + PREFETCH);
            let (block, valid) = block_at(v, data, at);
            let quotes = marks.quotes(v, block) & valid;
            let mut ends = 0;
            if quotes | carry.closed != 0 {
                if std::mem::take(&mut skipped) {
                    carry.may_open = u64::from(marks.is_separator(data[at - 1])) & !carry.inside;
                }
                let masks = marks.masks(v, block, quotes, valid);
                let meaning = understand(v, masks, &mut carry);
                if meaning.irregular & valid != 0 {
                    return None;
                }
                ends = masks.breaks & meaning.separators;
            } else {
                // Whether a quote may open behind this block is found out when there is one.
                skipped = true;
                if carry.inside == 0 {
                    ends = (v.equal(block, b'\n') | v.equal(block, b'\r')) & valid;
                }
            }
            // A line break behind another one ends no record.
            records += u64::from((ends & !(ends << 1 | ended)).count_ones());
            ended = ends >> 63;
            at += 64;
        }
        Some(Tally { records, inside: carry.inside != 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks { delimiter: b',', quote: Some(b'"') };

    fn all(data: &[u8], inside: bool) -> Option<Tally> {
        let mut found = None;
        for unit in Unit::available() {
            let tally = unit.run(Tallier { data, range: 0..data.len(), inside, marks: MARKS });
            assert!(found.is_none_or(|other| other == tally), "{unit:?}");
            found = Some(tally);
        }
        found?
    }

    #[test]
    fn ends_of_records() {
        assert_eq!(all(b"a,b\nc\r\n\r\n\n\"x\n\"\"\n\"\rd", false), Some(Tally { records: 3, inside: false }));
        assert_eq!(all(b"a\n\"b\n", false), Some(Tally { records: 1, inside: true }));
        assert_eq!(all(b"a\nb\",c\nd", true), Some(Tally { records: 1, inside: false }));
        assert_eq!(all(b"a\"b\n", false), None);
        assert_eq!(all(b"", true), Some(Tally { records: 0, inside: true }));
    }

    /// Pieces cut anywhere, each with the state that the ones before it leave, add up to the whole.
    #[test]
    fn pieces_add_up() {
        let mut state = 3u64;
        let mut random = move |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        let (mut regular, mut irregular) = (0, 0);
        for round in 0..3000 {
            let mut data = Vec::new();
            while data.len() < 400 {
                let text = vec![b'x'; random(if round % 2 == 0 { 5 } else { 150 })];
                match random(3) {
                    0 => data.extend_from_slice(&text),
                    1 => data.extend([b"\"".as_slice(), &text, b"\"\"\n,", &text, b"\""].concat()),
                    _ => data.extend([b"\"".as_slice(), &text, b"\""].concat()),
                }
                let between: [&[u8]; 6] = [b",", b"\n", b"\r\n", b",,", b"\n\n", b""];
                data.extend_from_slice(between[random(if round % 8 > 0 { 5 } else { 6 })]);
            }
            let whole = all(&data, false);
            *(if whole.is_some() { &mut regular } else { &mut irregular }) += 1;
            let (mut at, mut sum) = (0, Some(Tally::default()));
            while at < data.len() {
                let end = data.len().min(at + 1 + random(200));
                sum = sum.and_then(|sum: Tally| {
                    let next = tally(&data, at..end, sum.inside, MARKS)?;
                    Some(Tally { records: sum.records + next.records, ..next })
                });
                at = end;
            }
            assert_eq!(sum, whole, "{}", String::from_utf8_lossy(&data));
        }
        assert!(regular > 2000 && irregular > 100, "{regular} {irregular}");
    }
}
