//! Lines: how they end, and counting them to give the number of a line.

use super::vector::{Unit, Vector, Work};

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// A line feed.
    Feeds,
    /// A line feed, a carriage return, or both together: what ends a record of CSV.
    Breaks,
}

impl Lines {
    /// How many lines end in `text`; `before` is the byte before it. A line feed right after a carriage return ends no
    /// line of its own.
    pub fn count(self, text: &[u8], before: u8) -> u64 {
        Unit::get().run(Count { text, before, lines: self })
    }

    /// Whether a line ends with this byte.
    pub fn ends_with(self, byte: u8) -> bool {
        byte == b'\n' || byte == b'\r' && self == Lines::Breaks
    }
}

/// The terminator at the end of a line's bytes.
#[inline(always)]
pub fn terminator(line: &[u8]) -> &[u8] {
    match line {
        [.., b'\r', b'\n'] => &line[line.len() - 2..],
        [.., b'\n'] => &line[line.len() - 1..],
        _ => &[],
    }
}

struct Count<'t> {
    text: &'t [u8],
    before: u8,
    lines: Lines,
}

impl Work for Count<'_> {
    type Out = u64;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> u64 {
        let (blocks, rest) = self.text.as_chunks::<64>();
        let mut after_return = u64::from(self.before == b'\r' && self.lines == Lines::Breaks);
        let mut count = 0;
        // A closure would not be inlined here: it would be compiled, like everything in it, without the vector
        // instructions.
        for block in blocks {
            count += self.lines.ends(v, v.load(block), &mut after_return);
        }
        if !rest.is_empty() {
            count += self.lines.ends(v, v.load_part(rest), &mut after_return);
        }
        count
    }
}

impl Lines {
    /// How many lines end in a block; `after_return` is whether it follows a carriage return.
    #[inline(always)]
    fn ends<V: Vector>(self, v: V, block: V::Block, after_return: &mut u64) -> u64 {
        let feeds = v.equal(block, b'\n');
        let returns = if self == Lines::Breaks { v.equal(block, b'\r') } else { 0 };
        let ends = returns | feeds & !(returns << 1 | *after_return);
        *after_return = if self == Lines::Breaks { returns >> 63 } else { 0 };
        ends.count_ones().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::{every, noise};

    #[test]
    fn every_unit_counts_alike() {
        for len in (0..200).chain([1000, 4096]).step_by(every(29)) {
            let text = noise(len as u64, len);
            let feeds = text.iter().filter(|byte| **byte == b'\n').count() as u64;
            let pairs = text.windows(2).filter(|pair| *pair == b"\r\n").count() as u64;
            let breaks = text.iter().filter(|byte| b"\r\n".contains(byte)).count() as u64 - pairs;
            let first = u64::from(text.first() == Some(&b'\n'));
            for unit in Unit::available() {
                let count = |lines, before| unit.run(Count { text: &text, before, lines });
                assert_eq!([count(Lines::Feeds, b'x'), count(Lines::Feeds, b'\r')], [feeds; 2], "{len}");
                assert_eq!(count(Lines::Breaks, b'x'), breaks, "{len}");
                assert_eq!(count(Lines::Breaks, b'\r'), breaks - first, "{len}");
            }
        }
    }
}
