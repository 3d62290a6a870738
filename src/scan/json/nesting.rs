//! Finding the places where a text of many JSON values can be cut.

use super::Strings;
use crate::scan::vector::{Unit, Vector, Work};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    /// In the items of an array: commas between them, and the bracket after them.
    Items,
    /// In concatenated lists and maps: the ends of values.
    Closed,
    /// In concatenated scalars: white space outside strings.
    White,
}

/// What was found, and the offset of the byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A place to cut after.
    Between(usize),
    /// The bracket that ends the array.
    End(usize),
    /// A line feed inside a string, which no string can have, in a list or map.
    Text(usize),
    /// The same outside of all lists and maps.
    Loose(usize),
    /// In a list or map, a bracket as far from its line's beginning as those that begin records, or as the one that
    /// ends the array. It only seems so: what is before it in its line was not looked at.
    Bracket(usize),
    /// Among the items of an array, the bracket that opens a list, if lists are looked for.
    List(usize),
}

impl Hit {
    /// Its offset.
    pub fn at(self) -> usize {
        match self {
            Hit::Between(at) | Hit::End(at) | Hit::Text(at) => at,
            Hit::Loose(at) | Hit::Bracket(at) | Hit::List(at) => at,
        }
    }
}

/// How far the brackets that begin records, and the one that ends the array, are from the line feed before them; 0 for
/// those that do not begin a line. Less than 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Of the brackets that begin records.
    pub open: u32,
    /// Of the bracket that ends the array.
    pub close: u32,
}

/// A walk through a text. It does not tell the two kinds of brackets apart, and it says where a text looks broken; the
/// decoder finds what else is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Nesting {
    seek: Seek,
    unit: Unit,
    columns: Columns,
    /// Lists among the items of an array are looked for.
    lists: bool,
    /// The end of a block from which a bracket of the next one may have its distance.
    reach: u64,
    /// Where it began.
    from: usize,
    strings: Strings,
    /// The line feeds of the block before from which a bracket of this one may have its distance.
    lines: u64,
    depth: i64,
    /// Offset of the next block.
    next: usize,
    /// The offset up to which boundaries were looked for already.
    seen: usize,
    /// The offset up to which what looks broken was already reported.
    told: usize,
}

impl Nesting {
    /// A walk from offset `from`, which is outside of all values.
    pub fn new(unit: Unit, seek: Seek, columns: Columns, from: usize) -> Nesting {
        let strings = Strings::default();
        let reach = !(u64::MAX >> columns.open.max(columns.close));
        Nesting {
            seek,
            unit,
            columns,
            lists: false,
            reach,
            from,
            strings,
            lines: 0,
            depth: 0,
            next: from,
            seen: 0,
            told: 0,
        }
    }

    /// The same walk from another place, which is outside of all values.
    pub fn again(&self, from: usize) -> Nesting {
        Nesting::new(self.unit, self.seek, self.columns, from).with_lists(self.lists)
    }

    /// Looks for lists among the items of an array, too.
    pub fn with_lists(self, lists: bool) -> Nesting {
        Nesting { lists, ..self }
    }

    /// Where it began.
    pub fn from(&self) -> usize {
        self.from
    }

    /// The first hit at or after `least`, or the first of the others, wherever it is. None: not in `text`; then the
    /// walk can go on when more of the same text is there.
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
            if let Some(hit) = n.block::<V, SEEK>(v, v.load(block), block, self.least) {
                // The block is walked again from the place after the hit.
                *self.nesting = n;
                return Some(hit);
            }
            n.next += 64;
        }
        *self.nesting = n;
        if rest.is_empty() {
            return None;
        }
        // The rest is looked at without moving on: more may follow it.
        let mut end = n;
        let hit = end.block::<V, SEEK>(v, v.load_part(rest), rest, self.least);
        if hit.is_some() {
            *self.nesting = end;
        }
        hit
    }
}

impl Nesting {
    /// Looks at one block. A hit leaves the state as it was before the block, but for what was seen or told of it.
    #[inline(always)]
    fn block<V: Vector, const SEEK: u8>(&mut self, v: V, block: V::Block, bytes: &[u8], least: usize) -> Option<Hit> {
        let part = u64::MAX >> (64 - bytes.len());
        let mut strings = self.strings;
        let found = strings.next(v, v.equal(block, b'"'), v.equal(block, b'\\'));
        let outside = !found.inside & part;
        let lines = v.equal(block, b'\n') & part;
        let mut marks = Marks::default();
        if SEEK == 2 {
            marks.others = v.white(block) & outside;
            marks.broken = lines & found.inside;
        } else {
            let curly = v.set_bit_5(block);
            marks.opens = v.equal(curly, b'{') & outside;
            marks.closes = v.equal(curly, b'}') & outside;
            if lines | self.lines == 0 {
                // Seldom does a value end in a block that is far inside of it.
                let ends = i64::from(marks.closes.count_ones());
                if self.depth > ends {
                    self.depth += i64::from(marks.opens.count_ones()) - ends;
                    self.strings = strings;
                    return None;
                }
            } else {
                marks.broken = lines & found.inside;
                marks.first = self.line(lines, self.columns.open) & marks.opens;
                let last = self.line(lines, self.columns.close) & marks.closes;
                if last != 0 {
                    marks.first |= last & v.equal(block, b']');
                }
            }
        }
        let ends = i64::from(marks.closes.count_ones());
        let far = SEEK != 2 && self.depth > ends;
        let depth = if far && marks.broken | marks.first == 0 {
            Ok(self.depth + i64::from(marks.opens.count_ones()) - ends)
        } else if SEEK == 2 && self.next + 64 <= least && marks.broken == 0 {
            Ok(self.depth)
        } else {
            if SEEK == 0 && self.next + 64 > least {
                marks.others = v.equal(block, b',') & outside;
            }
            match marks.broken | marks.first {
                0 => self.exact::<SEEK, false>(marks, bytes, least),
                _ => self.exact::<SEEK, true>(marks, bytes, least),
            }
        };
        match depth {
            Ok(depth) => {
                (self.depth, self.strings, self.lines) = (depth, strings, lines & self.reach);
                None
            }
            Err(hit) => {
                match hit {
                    Hit::Between(at) | Hit::End(at) => self.seen = at + 1,
                    _ => self.told = hit.at() + 1,
                }
                Some(hit)
            }
        }
    }

    /// The bytes that are `column` bytes after a line feed of this block or the one before.
    #[inline(always)]
    fn line(&self, lines: u64, column: u32) -> u64 {
        // Twice, because a shift by 64 is none.
        if column == 0 { 0 } else { lines << column | self.lines >> 1 >> (63 - column) }
    }

    /// The first hit of a block, bit by bit, or else the depth at its end; `ODD` is whether something in it may be
    /// broken.
    #[inline(always)]
    fn exact<const SEEK: u8, const ODD: bool>(&self, marks: Marks, bytes: &[u8], least: usize) -> Result<i64, Hit> {
        let Marks { opens, closes, others, broken, first } = marks;
        let (mut bits, mut depth) = (opens | closes | others | broken, self.depth);
        while bits != 0 {
            let bit = bits & bits.wrapping_neg();
            let index = bits.trailing_zeros();
            bits ^= bit;
            let at = self.next + index as usize;
            let new = at >= self.seen;
            if ODD && first & bit != 0 && depth > 0 && at >= self.told {
                return Err(Hit::Bracket(at));
            }
            if opens & bit != 0 {
                if SEEK == 0 && self.lists && depth == 0 && at >= self.told && bytes[index as usize] == b'[' {
                    return Err(Hit::List(at));
                }
                depth += 1;
            } else if closes & bit != 0 {
                depth -= 1;
                if SEEK == 0 && depth < 0 && new {
                    return Err(Hit::End(at));
                }
                if SEEK == 1 && depth <= 0 {
                    depth = 0;
                    if new && at >= least {
                        return Err(Hit::Between(at));
                    }
                }
            } else if ODD && broken & bit != 0 {
                if at >= self.told {
                    return Err(if depth > 0 { Hit::Text(at) } else { Hit::Loose(at) });
                }
            } else if depth == 0 && new && at >= least {
                return Err(Hit::Between(at));
            }
        }
        Ok(depth)
    }
}

/// Where something is in a block, a bit for each byte.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// Brackets outside of strings.
    opens: u64,
    closes: u64,
    /// What values may end with, beside brackets.
    others: u64,
    /// Line feeds inside of strings.
    broken: u64,
    /// Brackets that are as far from a line feed as those that begin records or end the array.
    first: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;

    /// The definition, byte by byte: every hit.
    fn expected(text: &[u8], seek: Seek, columns: Columns, lists: bool) -> Vec<Hit> {
        let (mut hits, mut inside, mut escaped, mut depth) = (Vec::new(), false, false, 0i64);
        for (at, &byte) in text.iter().enumerate() {
            let quote = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            inside ^= quote;
            if inside || quote {
                if inside && byte == b'\n' {
                    hits.push(if depth > 0 { Hit::Text(at) } else { Hit::Loose(at) });
                }
                continue;
            }
            let behind_line =
                |column: u32| column > 0 && at.checked_sub(column as usize).is_some_and(|lf| text[lf] == b'\n');
            let first = match byte {
                b'{' | b'[' => behind_line(columns.open),
                b']' => behind_line(columns.close),
                _ => false,
            };
            if first && depth > 0 && seek != Seek::White {
                hits.push(Hit::Bracket(at));
            }
            if lists && byte == b'[' && depth == 0 && seek == Seek::Items {
                hits.push(Hit::List(at));
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

    /// Whether a hit is found though it is before `least`.
    fn always(hit: &Hit) -> bool {
        !matches!(hit, Hit::Between(_))
    }

    #[test]
    fn finds_what_the_definition_says_from_any_place_and_in_any_pieces() {
        let columns = [(0, 0), (1, 1), (2, 1), (5, 3), (63, 40)].map(|(open, close)| Columns { open, close });
        for seed in 0..120 {
            let (columns, lists) = (columns[seed as usize % columns.len()], seed % 3 == 0);
            let mut text = noise(seed, 600);
            if seed % 2 == 0 {
                text.iter_mut().filter(|b| **b == b'"' || **b == b'\\').for_each(|b| *b = b'[');
            }
            for seek in [Seek::Items, Seek::Closed, Seek::White] {
                let all = expected(&text, seek, columns, lists);
                for unit in Unit::available() {
                    let start = || Nesting::new(unit, seek, columns, 0).with_lists(lists);
                    for least in [0, 1, 63, 64, 65, 200, 599, 700] {
                        let first = all.iter().find(|hit| hit.at() >= least || always(hit));
                        assert_eq!(start().find(&text, least), first.copied(), "{unit:?} {seed} {seek:?} {least}");
                        // The same text arriving in pieces.
                        let mut nesting = start();
                        let hit = [1, 60, 64, 130, 131, 400, 600].iter().find_map(|n| nesting.find(&text[..*n], least));
                        assert_eq!(hit, first.copied(), "{unit:?} {seed} {seek:?} {least} in pieces");
                    }
                    // One after another.
                    let (mut nesting, mut least, mut found) = (start(), 0, Vec::new());
                    while let Some(hit) = nesting.find(&text, least) {
                        found.push(hit);
                        if matches!(hit, Hit::Between(_)) {
                            least = hit.at() + 1;
                        }
                        if matches!(hit, Hit::End(_)) {
                            break;
                        }
                    }
                    assert_eq!(found, all, "{unit:?} {seed} {seek:?} {columns:?}");
                }
            }
        }
    }
}
