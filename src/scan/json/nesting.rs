//! Finding the places where a text of many JSON values can be cut.

use super::Strings;
use crate::scan::vector::{Unit, Vector, Work};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// In the items of an array: commas between them, and the bracket behind them.
    Items,
    /// In concatenated lists and maps: the ends of values.
    Closed,
    /// In concatenated scalars: white space outside strings.
    White,
}

/// What was found, and the offset of the byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A place to cut behind.
    Between(usize),
    /// The bracket that ends the array.
    End(usize),
}

/// A walk through a text, as far as it was looked at. It counts brackets of both kinds alike; what else
/// is wrong with a text is the decoder's business.
#[derive(Clone, Copy, Debug)]
pub struct Nesting {
    seek: Seek,
    unit: Unit,
    strings: Strings,
    depth: i64,
    /// Offset of the next block.
    next: usize,
    /// Bytes of that block that were looked at already.
    seen: u32,
}

impl Nesting {
    /// A walk from offset `from`, which is outside of all values.
    pub fn new(unit: Unit, seek: Seek, from: usize) -> Nesting {
        Nesting { seek, unit, strings: Strings::default(), depth: 0, next: from, seen: 0 }
    }

    /// The first hit at or after `least`, or the end of the array wherever it is. None: not in `text`;
    /// then the walk can go on when more of the same text is there.
    pub fn find(&mut self, text: &[u8], least: usize) -> Option<Hit> {
        self.unit.run(Find { nesting: self, text, least })
    }
}

struct Find<'n> {
    nesting: &'n mut Nesting,
    text: &'n [u8],
    least: usize,
}

impl Work for Find<'_> {
    type Out = Option<Hit>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Option<Hit> {
        match self.nesting.seek {
            Seek::Items => self.walk::<V, 0>(v),
            Seek::Closed => self.walk::<V, 1>(v),
            Seek::White => self.walk::<V, 2>(v),
        }
    }
}

impl Find<'_> {
    #[inline(always)]
    fn walk<V: Vector, const SEEK: u8>(self, v: V) -> Option<Hit> {
        let mut n = *self.nesting;
        let (blocks, rest) = self.text[n.next..].as_chunks::<64>();
        for block in blocks {
            if let Some(hit) = n.block::<V, SEEK>(v, v.load(block), !0, self.least) {
                // The block is walked again from behind the hit.
                *self.nesting = n;
                return Some(hit);
            }
            n.next += 64;
            n.seen = 0;
        }
        *self.nesting = n;
        // The rest is looked at without moving on: more may follow it.
        let mut end = n;
        let hit = end.block::<V, SEEK>(v, v.load_part(rest), (1 << rest.len()) - 1, self.least);
        if hit.is_some() {
            *self.nesting = end;
        }
        hit
    }
}

impl Nesting {
    /// Looks at one block. After a hit the state is that before the block, with `seen` behind the hit.
    #[inline(always)]
    fn block<V: Vector, const SEEK: u8>(&mut self, v: V, block: V::Block, part: u64, least: usize) -> Option<Hit> {
        let before = *self;
        let found = self.strings.next(v, v.equal(block, b'"'), v.equal(block, b'\\'));
        let outside = !found.inside & part;
        let (mut opens, mut closes, mut others) = (0, 0, 0);
        if SEEK == 2 {
            others = v.white(block) & outside;
        } else {
            opens = (v.equal(block, b'{') | v.equal(block, b'[')) & outside;
            closes = (v.equal(block, b'}') | v.equal(block, b']')) & outside;
        }
        // Seldom does a value end in a block that is far inside of it.
        let far = SEEK != 2 && self.depth > i64::from(closes.count_ones());
        if far {
            self.depth += i64::from(opens.count_ones()) - i64::from(closes.count_ones());
            return None;
        }
        if SEEK == 2 && self.next + 64 <= least {
            return None;
        }
        if SEEK == 0 && self.next + 64 > least {
            others = v.equal(block, b',') & outside;
        }
        let hit = self.exact::<SEEK>(opens, closes, others, least)?;
        let (Hit::Between(at) | Hit::End(at)) = hit;
        let seen = (at + 1 - self.next) as u32;
        *self = Nesting { seen, ..before };
        Some(hit)
    }

    #[inline(always)]
    fn exact<const SEEK: u8>(&mut self, opens: u64, closes: u64, others: u64, least: usize) -> Option<Hit> {
        let mut bits = opens | closes | others;
        while bits != 0 {
            let bit = bits & bits.wrapping_neg();
            let index = bits.trailing_zeros();
            bits ^= bit;
            let (at, new) = (self.next + index as usize, index >= self.seen);
            if opens & bit != 0 {
                self.depth += 1;
            } else if closes & bit != 0 {
                self.depth -= 1;
                if SEEK == 0 && self.depth < 0 && new {
                    return Some(Hit::End(at));
                }
                if SEEK == 1 && self.depth <= 0 {
                    self.depth = 0;
                    if new && at >= least {
                        return Some(Hit::Between(at));
                    }
                }
            } else if self.depth == 0 && new && at >= least {
                return Some(Hit::Between(at));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;

    /// The definition, byte by byte: every hit.
    fn expected(text: &[u8], seek: Seek) -> Vec<Hit> {
        let (mut hits, mut inside, mut escaped, mut depth) = (Vec::new(), false, false, 0i64);
        for (at, &byte) in text.iter().enumerate() {
            let quote = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            inside ^= quote;
            if inside || quote {
                continue;
            }
            match (byte, seek) {
                (b' ' | b'\t' | b'\n' | b'\r', Seek::White) => hits.push(Hit::Between(at)),
                (_, Seek::White) => {}
                (b'{' | b'[', _) => depth += 1,
                (b'}' | b']', Seek::Items) => {
                    depth -= 1;
                    if depth < 0 {
                        hits.push(Hit::End(at));
                        return hits;
                    }
                }
                (b'}' | b']', Seek::Closed) => {
                    depth = (depth - 1).max(0);
                    if depth == 0 {
                        hits.push(Hit::Between(at));
                    }
                }
                (b',', Seek::Items) if depth == 0 => hits.push(Hit::Between(at)),
                _ => {}
            }
        }
        hits
    }

    fn offset(hit: &Hit) -> usize {
        let (Hit::Between(at) | Hit::End(at)) = hit;
        *at
    }

    #[test]
    fn finds_what_the_definition_says_from_any_place_and_in_any_pieces() {
        for seed in 0..120 {
            let mut text = noise(seed, 600);
            if seed % 2 == 0 {
                text.iter_mut().filter(|b| **b == b'"' || **b == b'\\').for_each(|b| *b = b'[');
            }
            for seek in [Seek::Items, Seek::Closed, Seek::White] {
                let all = expected(&text, seek);
                for unit in Unit::available() {
                    for least in [0, 1, 63, 64, 65, 200, 599, 700] {
                        let first = all.iter().find(|hit| offset(hit) >= least || matches!(hit, Hit::End(_)));
                        let mut nesting = Nesting::new(unit, seek, 0);
                        assert_eq!(nesting.find(&text, least), first.copied(), "{unit:?} {seed} {seek:?} {least}");
                        // The same text arriving in pieces.
                        let mut nesting = Nesting::new(unit, seek, 0);
                        let hit = [1, 60, 64, 130, 131, 400, 600].iter().find_map(|n| nesting.find(&text[..*n], least));
                        assert_eq!(hit, first.copied(), "{unit:?} {seed} {seek:?} {least} in pieces");
                    }
                    // One after another.
                    let (mut nesting, mut least, mut found) = (Nesting::new(unit, seek, 0), 0, Vec::new());
                    while let Some(hit) = nesting.find(&text, least) {
                        found.push(hit);
                        least = offset(&hit) + 1;
                        if matches!(hit, Hit::End(_)) {
                            break;
                        }
                    }
                    assert_eq!(found, all, "{unit:?} {seed} {seek:?}");
                }
            }
        }
    }
}
