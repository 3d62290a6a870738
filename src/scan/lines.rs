//! Counting lines, to say in which one a place is.

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
    /// How many lines end in `text`, which follows the byte `before`. A line feed that follows a carriage return ends
    /// no line of its own.
    pub fn count(self, text: &[u8], before: u8) -> u64 {
        Unit::get().run(Count { text, before, lines: self })
    }

    /// Whether a line ends with this byte.
    pub fn ends_with(self, byte: u8) -> bool {
        byte == b'\n' || byte == b'\r' && self == Lines::Breaks
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
        let mut count = 0;
        let mut after_return = u64::from(self.before == b'\r');
        let mut look = |block| {
            let feeds = v.equal(block, b'\n');
            let ends = match self.lines {
                Lines::Feeds => feeds,
                Lines::Breaks => {
                    let returns = v.equal(block, b'\r');
                    let ends = returns | feeds & !(returns << 1 | after_return);
                    after_return = returns >> 63;
                    ends
                }
            };
            count += u64::from(ends.count_ones());
        };
        blocks.iter().for_each(|block| look(v.load(block)));
        if !rest.is_empty() {
            look(v.load_part(rest));
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;

    #[test]
    fn every_unit_counts_alike() {
        for len in (0..200).chain([1000, 4096]) {
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
