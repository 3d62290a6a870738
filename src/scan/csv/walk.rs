//! The cutter's walk over quotes: where do records end?

use super::{Carry, Marks, block_at, understand};
use crate::scan::vector::{Unit, Vector, Work};

/// What a walk found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The last line break outside quotes before `target`, or the first one behind it.
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

impl Work for Walker<'_> {
    type Out = Walk;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Walk {
        let Walker { data, target, marks } = self;
        let (mut carry, mut found, mut at) = (Carry::START, Walk::default(), 0);
        while at < data.len() {
            let (block, valid) = block_at(v, data, at);
            let masks = marks.masks(v, block, valid);
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

    #[test]
    fn kernels_agree() {
        let mut state = 99u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        for _ in 0..2000 {
            let len = random() % 300;
            let data: Vec<u8> = (0..len).map(|_| b"abcdefgh,,\"\n\r"[random() % 13]).collect();
            let target = random() % (len + 10);
            let expected = Unit::available()[0].run(Walker { data: &data, target, marks: MARKS });
            for unit in Unit::available() {
                let walked = unit.run(Walker { data: &data, target, marks: MARKS });
                assert_eq!(walked, expected, "{unit:?} {target}");
            }
        }
    }
}
