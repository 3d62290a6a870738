//! A stream of the positions that matter to a decoder.

use super::{Carry, Marks, block_at, understand};
use crate::scan::vector::{Unit, Vector, Work};

/// How many positions are found ahead; the list stays in the first-level cache.
const AHEAD: usize = 2048;

/// Finds, one after another, the positions of separators outside quotes, of the second quotes of doubled
/// ones, and of irregular bytes (see the [module](super)).
pub struct Separators {
    marks: Marks,
    unit: Unit,
    found: Box<[u32; AHEAD]>,
    /// The next position to hand out, and how many there are.
    head: usize,
    len: usize,
    /// Which of the positions found hold no delimiter: their indexes. So a record's length is known
    /// without a look at its bytes.
    special: Box<[u16; AHEAD]>,
    special_head: usize,
    special_len: usize,
    /// Where the next block starts.
    at: usize,
    carry: Carry,
}

impl Separators {
    /// A scanner for these marks.
    pub fn new(marks: Marks) -> Separators {
        Separators::on(marks, Unit::get())
    }

    fn on(marks: Marks, unit: Unit) -> Separators {
        Separators {
            marks,
            unit,
            found: Box::new([0; AHEAD]),
            head: 0,
            len: 0,
            special: Box::new([0; AHEAD]),
            special_head: 0,
            special_len: 0,
            at: 0,
            carry: Carry::START,
        }
    }

    /// Starts over at `at`, the start of a record.
    pub fn restart(&mut self, at: usize) {
        (self.head, self.len, self.at, self.carry) = (0, 0, at, Carry::START);
        (self.special_head, self.special_len) = (0, 0);
    }

    /// The positions of the separators of the next record, and where it ends, if it has exactly `fields`
    /// fields, ends with a line break, and has no doubled quote or irregular byte. Otherwise nothing is
    /// handed out, and [`next`](Self::next) has to be asked position by position. `start` is the record's
    /// first byte.
    #[inline(always)]
    pub fn record(&mut self, data: &[u8], start: usize, fields: usize) -> Option<(&[u32], usize)> {
        // One more, for the LF of a CRLF.
        if self.len - self.head <= fields && !self.find_more(data, fields) {
            return None;
        }
        let last = *self.special[..self.special_len].get(self.special_head)? as usize;
        let head = self.head;
        if last + 1 != head + fields {
            return None;
        }
        let positions = self.found.get(head..last + 1)?;
        let place = positions[fields - 1] as usize;
        let mut taken = 1;
        match data[place] {
            b'\n' => {}
            b'\r' if data.get(place + 1) == Some(&b'\n') => taken = 2,
            b'\r' => {}
            _ => return None,
        }
        // A blank line is no record.
        if place == start {
            return None;
        }
        self.special_head += taken;
        self.head = last + taken;
        Some((positions, place + taken))
    }

    /// Looks for more positions behind those that are left; false if there may be too few for a record.
    #[cold]
    #[inline(never)]
    fn find_more(&mut self, data: &[u8], fields: usize) -> bool {
        if fields + 128 > AHEAD || self.at >= data.len() {
            return self.len - self.head >= fields && fields > 0;
        }
        let head = self.head;
        self.found.copy_within(head..self.len, 0);
        self.special.copy_within(self.special_head..self.special_len, 0);
        self.special_len -= self.special_head;
        self.special[..self.special_len].iter_mut().for_each(|index| *index -= head as u16);
        (self.head, self.len, self.special_head) = (0, self.len - head, 0);
        self.classify(data);
        self.len >= fields && fields > 0
    }

    /// The next position; none at the end of the data, which must be the same in every call since
    /// [`restart`](Self::restart).
    #[inline(always)]
    pub fn next(&mut self, data: &[u8]) -> Option<usize> {
        if self.head == self.len && !self.refill(data) {
            return None;
        }
        let position = self.found[self.head % AHEAD];
        if self.special_head < self.special_len && self.special[self.special_head % AHEAD] as usize == self.head {
            self.special_head += 1;
        }
        self.head += 1;
        Some(position as usize)
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, data: &[u8]) -> bool {
        (self.head, self.len, self.special_head, self.special_len) = (0, 0, 0, 0);
        self.classify(data);
        self.len > 0
    }

    /// Finds positions until the list is full or the data ends.
    fn classify(&mut self, data: &[u8]) {
        // Positions are 32 bits wide. A slice is at most a record and a slice's target long, both far below.
        assert!(data.len() <= u32::MAX as usize);
        self.unit.run(Fill { separators: self, data });
    }
}

/// Fills the list of positions.
struct Fill<'s, 'd> {
    separators: &'s mut Separators,
    data: &'d [u8],
}

impl Work for Fill<'_, '_> {
    type Out = ();

    #[inline(always)]
    fn run<V: Vector>(self, v: V) {
        let Fill { separators, data } = self;
        let Separators { marks, found, special, .. } = separators;
        let (mut len, mut at, mut carry) = (separators.len, separators.at, separators.carry);
        let mut special_len = separators.special_len;
        while at < data.len() && len + 64 <= AHEAD {
            let (block, valid) = block_at(v, data, at);
            let masks = marks.masks(v, block, valid);
            let meaning = understand(v, masks, &mut carry);
            let bits = (meaning.separators | meaning.doubled | meaning.irregular) & valid;
            let mut no_delimiter = bits & !masks.delimiters;
            while no_delimiter != 0 {
                let before = (1u64 << no_delimiter.trailing_zeros()) - 1;
                special[special_len] = (len as u32 + (bits & before).count_ones()) as u16;
                special_len += 1;
                no_delimiter &= no_delimiter - 1;
            }
            if let Some(into) = found[len..].first_chunk_mut() {
                v.positions(bits, at as u32, into);
            }
            len += bits.count_ones() as usize;
            at += 64;
        }
        (separators.len, separators.at, separators.carry) = (len, at.min(data.len()), carry);
        separators.special_len = special_len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(unit: Unit, data: &[u8]) -> Vec<usize> {
        let mut scanner = Separators::on(Marks { delimiter: b',', quote: Some(b'"') }, unit);
        scanner.restart(0);
        std::iter::from_fn(|| scanner.next(data)).collect()
    }

    #[test]
    fn separators_doubled_quotes_and_irregular_bytes() {
        //                      0123456789012345678
        assert_eq!(all(Unit::available()[0], b"ab,\"c,\"\"\nd\",e\n"), [2, 7, 11, 13]);
        // A quote inside an unquoted field, and a byte behind a closing quote.
        assert_eq!(all(Unit::available()[0], b"a\"b,c"), [1]);
        assert_eq!(all(Unit::available()[0], b"\"a\"b,c"), [3, 4]);
    }

    #[test]
    fn kernels_agree_on_every_alignment_and_tail() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        for round in 0..300 {
            let len = random() % 400;
            let alphabet: &[u8] = if round % 2 == 0 { b"ab,\"\n\r" } else { b"abcdefgh,\n\0\"" };
            let data: Vec<u8> = (0..len + 64).map(|_| alphabet[random() % alphabet.len()]).collect();
            for start in 0..8 {
                let data = &data[start..start + len];
                let expected = all(Unit::available()[0], data);
                for unit in Unit::available() {
                    assert_eq!(all(unit, data), expected, "{unit:?} {:?}", String::from_utf8_lossy(data));
                }
            }
        }
    }
}
