//! Counting records without decoding or cutting them.

use super::{Carry, Marks, block_at, understand};
use crate::scan::vector::{PREFETCH, Unit, Vector, Work, prefetch};

/// Counts the records of a slice, which begins with a record; blank lines do not count. None if quotes are irregular,
/// or open at the end: then each record has to be looked at.
pub fn tally(slice: &[u8], marks: Marks) -> Option<u64> {
    let all = Part::START.and(tally_part(slice, false, marks)?, marks)?;
    (!all.inside).then(|| all.all())
}

/// What a part of a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Records that end in it; a line break at its very beginning is taken for the end of one.
    pub records: u64,
    /// It ends inside quotes.
    pub inside: bool,
    /// The first and the last byte, if there are any.
    edges: Option<(u8, u8)>,
}

impl Part {
    /// What comes before the first record: as if it were the end of a line.
    pub const START: Part = Part { records: 0, inside: false, edges: Some((b'\n', b'\n')) };

    /// This part joined with the next one, which was counted as starting the way this one ends (inside or outside
    /// quotes). None if quotes are irregular where they meet.
    pub fn and(self, next: Part, marks: Marks) -> Option<Part> {
        let (Some((first, before)), Some((behind, last))) = (self.edges, next.edges) else {
            return Some(if next.edges.is_none() { self } else { next });
        };
        let (mut records, is_quote) = (self.records + next.records, |byte| marks.quote == Some(byte));
        if !self.inside {
            // Outside, a quote can only be one that closes.
            let closed = is_quote(before);
            let may_open = closed || marks.is_separator(before);
            if closed && !is_quote(behind) && !marks.is_separator(behind) || is_quote(behind) && !may_open {
                return None;
            }
            // A line break after another one ends no record.
            records -= u64::from(is_break(before) && is_break(behind));
        }
        Some(Part { records, inside: next.inside, edges: Some((first, last)) })
    }

    /// All records, if the text ends here: that ends a record as well.
    pub fn all(self) -> u64 {
        self.records + u64::from(self.edges.is_some_and(|(_, last)| self.inside || !is_break(last)))
    }
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Counts the records that end in a part of a text; it begins `inside` quotes or outside. None if quotes are irregular
/// in that case.
pub fn tally_part(part: &[u8], inside: bool, marks: Marks) -> Option<Part> {
    Unit::get().run(Tally { part, inside, marks })
}

struct Tally<'t> {
    part: &'t [u8],
    inside: bool,
    marks: Marks,
}

impl Work for Tally<'_> {
    type Out = Option<Part>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Part> {
        let Tally { part: text, inside, marks } = self;
        let (mut at, mut records, mut ended, mut skipped) = (0, 0, 0, false);
        // What comes before is looked at where parts are joined.
        let mut carry = if inside { Carry { inside: u64::MAX, ..Carry::START } } else { Carry::START };
        while at < text.len() {
            prefetch(text, at + PREFETCH);
            let (block, valid) = block_at(v, text, at);
            let quotes = marks.quotes(v, block) & valid;
            let mut ends = 0;
            if quotes | carry.closed != 0 {
                if std::mem::take(&mut skipped) {
                    carry.may_open = u64::from(marks.is_separator(text[at - 1])) & !carry.inside;
                }
                let masks = marks.masks(v, block, quotes, valid);
                let meaning = understand(v, masks, &mut carry);
                if meaning.irregular & valid != 0 {
                    return None;
                }
                ends = masks.breaks & meaning.separators;
            } else {
                // Whether a quote may open after this block is found out when there is one.
                skipped = true;
                if carry.inside == 0 {
                    ends = (v.equal(block, b'\n') | v.equal(block, b'\r')) & valid;
                }
            }
            // A line break after another one ends no record.
            records += u64::from((ends & !(ends << 1 | ended)).count_ones());
            ended = ends >> 63;
            at += 64;
        }
        let edges = text.first().copied().zip(text.last().copied());
        Some(Part { records, inside: carry.inside != 0, edges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::every;

    fn count(slice: &[u8]) -> Option<u64> {
        let marks = Marks { delimiter: b',', quote: Some(b'"') };
        let of = |part, inside| {
            let tally = || Tally { part, inside, marks };
            let found: Vec<_> = Unit::available().into_iter().map(|unit| unit.run(tally())).collect();
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
            found[0]
        };
        let whole = Part::START.and(of(slice, false)?, marks).map(Part::all);
        // The same in two parts.
        for cut in (0..=slice.len()).step_by(every(17)) {
            let (first, second) = slice.split_at(cut);
            let first = of(first, false).and_then(|first| Part::START.and(first, marks));
            let both = first.and_then(|first| first.and(of(second, first.inside)?, marks));
            assert_eq!(both.map(Part::all), whole, "cut at {cut}");
        }
        whole
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
        for len in (0..200).step_by(every(29)) {
            let text = "x".repeat(len);
            let data = format!("{text},1\r\n\"{text}\n\"\"\",{text}\n\n\"\"\n{text}y");
            assert_eq!(count(data.as_bytes()), Some(4), "{len}");
            assert_eq!(count(format!("{data}\"").as_bytes()), None, "{len}");
        }
    }
}
