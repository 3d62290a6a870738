//! The cutter's walk over quotes: where do records end?

use super::{Carry, Marks, block_at, follow, understand};
use crate::scan::vector::{PREFETCH, Unit, Vector, Work, prefetch};

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The last line break outside quotes before `target`, or the first one after it; the latter also
    /// where the former is far away.
    pub line_break: Option<usize>,
    /// Where the walk ended because quotes are irregular there; the line break before it is exact.
    pub irregular: Option<usize>,
}

/// Walks from the start of a record to `target`, and on to the first line break outside quotes if there
/// was none.
pub fn walk(data: &[u8], target: usize, marks: Marks) -> Walk {
    Unit::get().run(Walker { data, target, marks })
}

struct Walker<'d> {
    data: &'d [u8],
    target: usize,
    marks: Marks,
}

/// A place in the data and what is known about it.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    carry: Carry,
}

const START: Place = Place { at: 0, carry: Carry::START };

/// How many bytes before the target are searched first for the last line break.
const NEAR: usize = 4096;

/// If this many of the blocks up to the next look have quotes, a branch for each is mispredicted too often.
const MANY: usize = NEAR / 64 / 5;

impl Work for Walker<'_> {
    type Out = Walk;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Walk {
        let near = self.skim(v);
        let found = self.line_break(v, near);
        match found.line_break {
            // The data ends inside a record that is longer than what was looked at.
            None if near.at > 0 => self.line_break(v, START),
            _ => found,
        }
    }
}

impl Walker<'_> {
    /// Follows the quotes, and nothing else, up to the target or the first irregular byte. Gives a place
    /// that is a little before that.
    #[inline(always)]
    fn skim<V: Vector>(&self, v: V) -> Place {
        let Walker { data, target, marks } = *self;
        let Some(quote) = marks.quote else { return START };
        let (mut place, mut last, mut near) = (START, START, START);
        let mut many = false;
        for stretch in data[..target.min(data.len())].chunks(NEAR) {
            let blocks = stretch.as_chunks().0;
            let quoted = if many {
                self.all_blocks(v, blocks, quote, &mut place)
            } else {
                self.quoted_blocks(v, blocks, quote, &mut place)
            };
            match quoted {
                None => break,
                Some(quoted) => many = quoted > MANY,
            }
            if stretch.len() == NEAR {
                (near, last) = (last, place);
            }
        }
        near
    }

    /// Follows the quotes through blocks, of which few have any. Gives how many have; none if one is irregular.
    #[inline(always)]
    fn quoted_blocks<V: Vector>(&self, v: V, blocks: &[[u8; 64]], quote: u8, place: &mut Place) -> Option<usize> {
        let Walker { data, marks, .. } = *self;
        let (mut quoted, mut skipped) = (0, false);
        let may_open = |place: &Place| u64::from(marks.is_separator(data[place.at - 1])) & !place.carry.inside;
        for bytes in blocks {
            prefetch(data, place.at + PREFETCH);
            let block = v.load(bytes);
            let quotes = v.equal(block, quote);
            if quotes | place.carry.closed == 0 {
                // What comes before the next quote is found out when there is one.
                skipped = true;
            } else {
                quoted += 1;
                if std::mem::take(&mut skipped) {
                    place.carry.may_open = may_open(place);
                }
                let meaning = follow(v, marks.masks(v, block, quotes, u64::MAX), &mut place.carry);
                if meaning.irregular != 0 {
                    return None;
                }
            }
            place.at += 64;
        }
        if skipped {
            place.carry.may_open = may_open(place);
        }
        Some(quoted)
    }

    /// The same where many blocks have quotes: no branch depends on which.
    #[inline(always)]
    fn all_blocks<V: Vector>(&self, v: V, blocks: &[[u8; 64]], quote: u8, place: &mut Place) -> Option<usize> {
        let Walker { data, marks, .. } = *self;
        let (mut quoted, mut irregular) = (0, 0);
        for bytes in blocks {
            prefetch(data, place.at + PREFETCH);
            let block = v.load(bytes);
            let quotes = v.equal(block, quote);
            irregular |= follow(v, marks.masks(v, block, quotes, u64::MAX), &mut place.carry).irregular;
            quoted += usize::from(quotes != 0);
            place.at += 64;
        }
        (irregular == 0).then_some(quoted)
    }

    /// Looks for the line break, and for irregular bytes, from a place on.
    #[inline(always)]
    fn line_break<V: Vector>(&self, v: V, from: Place) -> Walk {
        let Walker { data, target, marks } = *self;
        let (Place { mut at, mut carry }, mut found) = (from, Walk::default());
        while at < data.len() {
            let (block, valid) = block_at(v, data, at);
            let masks = marks.masks(v, block, marks.quotes(v, block) & valid, valid);
            let meaning = understand(v, masks, &mut carry);
            let irregular = meaning.irregular & valid;
            let before = if irregular == 0 { u64::MAX } else { (1 << irregular.trailing_zeros()) - 1 };
            let breaks = masks.breaks & meaning.separators & before;
            if breaks != 0 {
                let in_target =
                    if target >= at + 64 { breaks } else { breaks & ((1 << target.saturating_sub(at)) - 1) };
                if in_target != 0 {
                    found.line_break = Some(at + 63 - in_target.leading_zeros() as usize);
                } else if found.line_break.is_none() {
                    found.line_break = Some(at + breaks.trailing_zeros() as usize);
                }
            }
            at += 64;
            if at >= target && found.line_break.is_some() {
                return found;
            }
            if irregular != 0 {
                found.irregular = Some(at - 64 + irregular.trailing_zeros() as usize);
                return found;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::every;

    const MARKS: Marks = Marks { delimiter: b',', quote: Some(b'"') };

    #[test]
    fn last_break_before_the_target_or_first_behind() {
        //           0123 45678 9012
        let data = b"a,\"\n\",b\nc,d\ne";
        let found = |target| walk(data, target, MARKS);
        assert_eq!(found(14), Walk { line_break: Some(11), irregular: None });
        assert_eq!(found(9), Walk { line_break: Some(7), irregular: None });
        assert_eq!(found(1), Walk { line_break: Some(7), irregular: None });
        assert_eq!(walk(b"a\nb\"c\n", 100, MARKS), Walk { line_break: Some(1), irregular: Some(3) });
        assert_eq!(walk(b"\"a\nb", 4, MARKS), Walk::default());
    }

    /// Every kernel finds what a plain look at all blocks finds.
    fn agree(data: &[u8], target: usize) {
        struct Plain<'d>(Walker<'d>);
        impl Work for Plain<'_> {
            type Out = Walk;
            #[inline(always)]
            fn run<V: Vector>(self, v: V) -> Walk {
                self.0.line_break(v, START)
            }
        }
        let expected = Unit::available()[0].run(Plain(Walker { data, target, marks: MARKS }));
        for unit in Unit::available() {
            let walked = unit.run(Walker { data, target, marks: MARKS });
            if walked == expected {
                continue;
            }
            // Where a long record lies across the target, the line break after it does as well.
            let before = expected.line_break.unwrap();
            assert!(before + NEAR < target, "{unit:?} {target}");
            let mut inside = false;
            let end = (before + 1..data.len()).find(|&at| {
                inside ^= data[at] == b'"';
                at >= target && !inside && (data[at] == b'\n' || data[at] == b'\r')
            });
            assert_eq!(walked, Walk { line_break: end, irregular: None }, "{unit:?} {target}");
        }
    }

    /// Records of all lengths around the distance that is looked at first.
    #[test]
    fn records_near_and_far() {
        let mut state = 5u64;
        let mut random = move |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        for round in (0..400).step_by(every(67)) {
            let mut data = Vec::new();
            while data.len() < 5 * NEAR {
                let text = vec![b'x'; random(if round % 2 == 0 { 200 } else { 3 * NEAR })];
                match random(5) {
                    0 => data.extend_from_slice(&text),
                    1 => data.extend([b"\"".as_slice(), &text, b"\"\"\n,", &text, b"\""].concat()),
                    _ => data.extend([b"\"".as_slice(), &text, b"\""].concat()),
                }
                // Now and then nothing separates two fields, which is irregular.
                let between: [&[u8]; 6] = [b",", b"\n", b"\r\n", b",,", b"\n\n", b""];
                data.extend_from_slice(between[random(if round % 4 < 2 { 5 } else { 6 })]);
            }
            agree(&data, random(data.len() + 100));
        }
    }

    #[test]
    fn kernels_agree() {
        let mut state = 99u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        for _ in (0..2000).step_by(every(211)) {
            let len = random() % 300;
            let data: Vec<u8> = (0..len).map(|_| b"abcdefgh,,\"\n\r"[random() % 13]).collect();
            agree(&data, random() % (len + 10));
        }
    }
}
