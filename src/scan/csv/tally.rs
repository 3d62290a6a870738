//! Counting the records of a slice without decoding them.

use super::{Carry, Marks, block_at, understand};
use crate::scan::vector::{PREFETCH, Unit, Vector, Work, prefetch};

/// Counts the records of a slice, which begins with a record; blank lines are none. None where quotes are
/// irregular: only csv-core can tell then.
pub fn tally(slice: &[u8], marks: Marks) -> Option<u64> {
    Unit::get().run(Tally { slice, marks })
}

struct Tally<'s> {
    slice: &'s [u8],
    marks: Marks,
}

impl Work for Tally<'_> {
    type Out = Option<u64>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<u64> {
        let Tally { slice, marks } = self;
        let (mut at, mut records, mut ended, mut skipped, mut carry) = (0, 0, 1, false, Carry::START);
        while at < slice.len() {
            prefetch(slice, at + PREFETCH);
            let (block, valid) = block_at(v, slice, at);
            let quotes = marks.quotes(v, block) & valid;
            let mut ends = 0;
            if quotes | carry.closed != 0 {
                if std::mem::take(&mut skipped) {
                    carry.may_open = u64::from(marks.is_separator(slice[at - 1])) & !carry.inside;
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
        // The end of the input ends a record as well.
        let open = slice.last().is_some_and(|last| carry.inside != 0 || (*last != b'\n' && *last != b'\r'));
        Some(records + u64::from(open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(slice: &[u8]) -> Option<u64> {
        let marks = Marks { delimiter: b',', quote: Some(b'"') };
        let found: Vec<_> = Unit::available().into_iter().map(|unit| unit.run(Tally { slice, marks })).collect();
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
        found[0]
    }

    #[test]
    fn records_by_hand() {
        assert_eq!(count(b"a,b\nc\r\n\r\n\n\"x\n\"\"\n\"\rd"), Some(4));
        assert_eq!(count(b"a\n\"b\n"), Some(2));
        assert_eq!(count(b"\n\r\n"), Some(0));
        assert_eq!(count(b"a\"b\n"), None);
        assert_eq!(count(b"a\n\"b\"c\n"), None);
    }

    /// Fields of all lengths, so that quotes and line breaks come to lie at every place of a block.
    #[test]
    fn records_at_every_place() {
        for len in 0..200 {
            let text = "x".repeat(len);
            let data = format!("{text},1\r\n\"{text}\n\"\"\",{text}\n\n\"\"\n{text}y");
            assert_eq!(count(data.as_bytes()), Some(4), "{len}");
            assert_eq!(count(format!("{data}\"").as_bytes()), None, "{len}");
        }
    }
}
