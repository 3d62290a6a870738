//! A stream of the positions that matter to a decoder.

use super::{Carry, Marks, Room, Rows, block_at, numbers, understand};
use crate::scan::vector::{Unit, Vector, Work};

/// How many positions are found ahead; the list stays in the first-level cache.
const AHEAD: usize = 2048;
/// So many where it starts over within a slice, and four times as many each time after that: where every other record is
/// bad, most of what is found is thrown away. (With the whole list each time, a bad record cost 12 µs.)
const FIRST: usize = 128;
/// How many positions a block of 64 bytes may have.
const BLOCK: usize = 64;
/// Up to this mean length of a field with its separator, it is faster to recognise the numbers of a block all at once
/// than one by one. Measured from numeric CSV to NDJSON (8 bytes): 7 to 20 % less time, a half without vector
/// instructions; from long texts (40 bytes): 6 to 10 % more.
const SHORT: usize = 16;

/// Finds, one after another, the positions of separators outside quotes; beside them those of doubled
/// quotes. It stops at a byte that is irregular (see the [module](super)).
pub struct Separators {
    marks: Marks,
    unit: Unit,
    found: Box<[u32; AHEAD]>,
    /// The next position to hand out, and how many there are.
    head: usize,
    len: usize,
    /// Which of the positions found are line breaks: their indexes. So a record's length is known
    /// without a look at its bytes.
    breaks: Box<[u16; AHEAD]>,
    breaks_head: usize,
    breaks_len: usize,
    /// For each position found, whether the field before it is exactly a number; none if that is not wanted.
    numbers: Option<Box<[u8; AHEAD]>>,
    /// Numbers are recognised in this slice, since its fields are short.
    tells: bool,
    /// How many bytes of this slice were looked at, and how many fields they have.
    seen: (usize, usize),
    /// Where second quotes of doubled ones are.
    doubled: Box<[u32; AHEAD]>,
    doubled_head: usize,
    doubled_len: usize,
    /// Some doubled quotes were never asked for and had to make room for others.
    forgotten: bool,
    /// Where parity and csv-core disagree; nothing after it is found.
    irregular: Option<usize>,
    /// How many positions to find at the next look.
    ahead: usize,
    /// Where the next block starts.
    at: usize,
    carry: Carry,
    number: numbers::Carry,
}

impl Separators {
    /// A scanner for these marks; with `numbers` it tells numbers from other fields.
    pub fn new(marks: Marks, numbers: bool) -> Separators {
        Separators::on(marks, numbers, Unit::get())
    }

    fn on(marks: Marks, numbers: bool, unit: Unit) -> Separators {
        Separators {
            marks,
            unit,
            found: Box::new([0; AHEAD]),
            head: 0,
            len: 0,
            breaks: Box::new([0; AHEAD]),
            breaks_head: 0,
            breaks_len: 0,
            numbers: numbers.then(|| Box::new([0; AHEAD])),
            tells: numbers,
            seen: (0, 0),
            doubled: Box::new([0; AHEAD]),
            doubled_head: 0,
            doubled_len: 0,
            forgotten: false,
            irregular: None,
            ahead: AHEAD,
            at: 0,
            carry: Carry::START,
            number: numbers::Carry::START,
        }
    }

    /// Starts with a new slice, whose fields are taken to be about as long as those of the last one.
    pub fn begin(&mut self) {
        let (bytes, fields) = std::mem::take(&mut self.seen);
        self.tells = self.numbers.is_some() && bytes <= fields * SHORT;
        self.restart(0);
        self.ahead = AHEAD;
    }

    /// Whether records of this slice can be asked for with their numbers.
    pub fn tells_numbers(&self) -> bool {
        self.tells
    }

    /// Starts over at `at`, the start of a record.
    pub fn restart(&mut self, at: usize) {
        (self.at, self.carry, self.irregular, self.forgotten) = (at, Carry::START, None, false);
        self.number = numbers::Carry::START;
        self.ahead = FIRST;
        self.forget();
    }

    fn forget(&mut self) {
        (self.head, self.len, self.breaks_head, self.breaks_len) = (0, 0, 0, 0);
        (self.doubled_head, self.doubled_len) = (0, 0);
    }

    /// The next records, at least one, as long as each has exactly `fields` fields, ends with a line break, has no
    /// irregular byte, and there is `room` for it (but for the first one, of any length). Otherwise nothing is handed
    /// out, and [`next`](Self::next) has to be asked position by position. `start` is the first byte. With `NUMBERS`
    /// the scanner has to [tell them](Self::tells_numbers).
    #[inline(always)]
    pub fn rows<const NUMBERS: bool>(
        &mut self,
        data: &[u8],
        start: usize,
        fields: usize,
        room: Room,
    ) -> Option<Rows<'_>> {
        // One more, for the LF of a CRLF.
        if self.len - self.head <= fields && !self.find_more(data, fields) {
            return None;
        }
        let (len, stride) = self.usual(data, start, fields, room)?;
        let (head, behind) = (self.head, self.head + len * stride);
        let end = self.found[behind - 1];
        self.head = behind;
        self.breaks_head += len * (stride - fields + 1);
        let doubled = self.doubled_head;
        while self.doubled_head < self.doubled_len && self.doubled[self.doubled_head % AHEAD] < end {
            self.doubled_head += 1;
        }
        let numbers = match &self.numbers {
            Some(numbers) if NUMBERS => numbers.get(head..behind)?,
            _ => &[],
        };
        let doubled = self.doubled.get(doubled..self.doubled_head)?;
        Some(Rows { start, separators: self.found.get(head..behind)?, stride, numbers, doubled })
    }

    /// How many records with this many fields are next, all with LF or all with CRLF, and how many positions each has.
    #[inline(always)]
    fn usual(&self, data: &[u8], start: usize, fields: usize, room: Room) -> Option<(usize, usize)> {
        let breaks = self.breaks.get(self.breaks_head..self.breaks_len)?;
        let positions = self.found.get(self.head..self.len)?;
        let is_break = |at: usize, index: usize| breaks.get(at).is_some_and(|&at| at as usize == self.head + index);
        let is_crlf = |place: usize| data[place] == b'\r' && data.get(place + 1) == Some(&b'\n');
        let place = *positions.get(fields - 1)? as usize;
        // A blank line is no record.
        if !is_break(0, fields - 1) || place == start {
            return None;
        }
        let (mut len, crlf) = (1, is_crlf(place));
        let stride = fields + usize::from(crlf);
        // Where a record has one field, a blank line has as many positions.
        let is_blank = |len: usize| fields == 1 && positions[len * stride] == positions[len * stride - 1] + 1;
        // The list may end between CR and LF.
        positions.get(stride - 1)?;
        let near = |last: usize| (positions[last] as usize) < start.saturating_add(room.bytes);
        if crlf {
            // A blank line after an LF looks like the LF after a CR.
            while len < room.records
                && is_break(2 * len, (len + 1) * stride - 2)
                && is_break(2 * len + 1, (len + 1) * stride - 1)
                && near((len + 1) * stride - 1)
                && !is_blank(len)
                && is_crlf(positions[(len + 1) * stride - 2] as usize)
            {
                len += 1;
            }
        } else {
            // Where each line break ends a record, none of them is the LF of a CRLF; but what follows the last?
            let ends = |len: usize, last: usize| is_break(len, last) && near(last) && !is_blank(len);
            while len < room.records && ends(len, (len + 1) * stride - 1) {
                len += 1;
            }
            if len > 1 && is_crlf(positions[len * stride - 1] as usize) {
                len -= 1;
            }
        }
        Some((len, stride))
    }

    /// Looks for more positions after those that are left; false if there may be too few for a record.
    #[cold]
    #[inline(never)]
    fn find_more(&mut self, data: &[u8], fields: usize) -> bool {
        if fields + 2 * BLOCK <= AHEAD && self.at < data.len() {
            let head = self.head;
            self.found.copy_within(head..self.len, 0);
            if let Some(numbers) = &mut self.numbers {
                numbers.copy_within(head..self.len, 0);
            }
            self.breaks.copy_within(self.breaks_head..self.breaks_len, 0);
            self.doubled.copy_within(self.doubled_head..self.doubled_len, 0);
            (self.head, self.len) = (0, self.len - head);
            (self.breaks_head, self.breaks_len) = (0, self.breaks_len - self.breaks_head);
            (self.doubled_head, self.doubled_len) = (0, self.doubled_len - self.doubled_head);
            self.breaks[..self.breaks_len].iter_mut().for_each(|index| *index -= head as u16);
            self.classify(data, fields + 2 * BLOCK);
        }
        self.len - self.head >= fields && fields > 0
    }

    /// The next position: of a separator, or of the byte that is irregular. None at the end of the data,
    /// which must be the same in every call since [`restart`](Self::restart).
    #[inline(always)]
    pub fn next(&mut self, data: &[u8]) -> Option<usize> {
        if self.head == self.len && !self.refill(data) {
            return self.irregular;
        }
        let position = self.found[self.head % AHEAD];
        if self.breaks_head < self.breaks_len && self.breaks[self.breaks_head % AHEAD] as usize == self.head {
            self.breaks_head += 1;
        }
        self.head += 1;
        Some(position as usize)
    }

    /// Whether there may be doubled quotes before `position` that were not asked for yet.
    #[inline(always)]
    pub fn doubled_before(&mut self, position: usize) -> bool {
        let first = self.doubled_head;
        while self.doubled_head < self.doubled_len && (self.doubled[self.doubled_head % AHEAD] as usize) < position {
            self.doubled_head += 1;
        }
        std::mem::take(&mut self.forgotten) | (self.doubled_head > first)
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, data: &[u8]) -> bool {
        loop {
            self.forgotten |= self.doubled_head < self.doubled_len;
            self.forget();
            self.classify(data, BLOCK);
            // A long field may hold more doubled quotes than the list.
            if self.len > 0 || self.at >= data.len() {
                return self.len > 0;
            }
        }
    }

    /// Finds positions until there are enough, and at least `least`, or a list is full, the data ends, or a byte is
    /// irregular.
    fn classify(&mut self, data: &[u8], least: usize) {
        // Positions are 32 bits wide. A slice is at most a record and a slice's target long, both far below.
        assert!(data.len() <= u32::MAX as usize);
        let (from, left) = (self.at, self.len);
        let most = (left + self.ahead).max(least).min(AHEAD);
        self.ahead = (self.ahead * 4).min(AHEAD);
        match self.tells {
            false => self.unit.run(Fill::<false> { separators: self, data, most }),
            true => self.unit.run(Fill::<true> { separators: self, data, most }),
        }
        self.seen.0 += self.at - from;
        self.seen.1 += self.len - left;
    }
}

/// Fills the list of positions, and that of numbers.
struct Fill<'s, 'd, const NUMBERS: bool> {
    separators: &'s mut Separators,
    data: &'d [u8],
    /// How many positions there may be.
    most: usize,
}

impl<const NUMBERS: bool> Work for Fill<'_, '_, NUMBERS> {
    type Out = ();

    #[inline(always)]
    fn run<V: Vector>(self, v: V) {
        let Fill { separators: to, data, most } = self;
        let Separators { marks, found, breaks, doubled, numbers: flags, .. } = to;
        let mut flags = flags.as_deref_mut();
        // Copies, which the stores below can't change.
        let (marks, mut carry, mut number) = (*marks, to.carry, to.number);
        let (mut len, mut at, mut breaks_len, mut doubled_len) = (to.len, to.at, to.breaks_len, to.doubled_len);
        while at < data.len() && len + BLOCK <= most && doubled_len + 32 <= AHEAD {
            let (block, valid) = block_at(v, data, at);
            let quotes = marks.quotes(v, block) & valid;
            if quotes | carry.closed == 0 && carry.inside != 0 {
                // Text inside quotes, and nothing else.
                carry.may_open = 0;
                at += 64;
                continue;
            }
            let masks = marks.masks(v, block, quotes, valid);
            let meaning = understand(v, masks, &mut carry);
            let (mut bits, mut second, mut behind) = (meaning.separators, meaning.doubled, at + 64);
            let irregular = meaning.irregular & valid;
            if irregular != 0 {
                let before = (1 << irregular.trailing_zeros()) - 1;
                (bits, second, behind) = (bits & before, second & before, data.len());
                to.irregular = Some(at + irregular.trailing_zeros() as usize);
            }
            while second != 0 {
                doubled[doubled_len % AHEAD] = at as u32 + second.trailing_zeros();
                doubled_len += 1;
                second &= second - 1;
            }
            // Most blocks have no line break, or one: no branch tells these two apart.
            let ends = bits & masks.breaks;
            let index = |rest: u64| (len as u32 + (bits & !rest & rest.wrapping_sub(1)).count_ones()) as u16;
            breaks[breaks_len % AHEAD] = index(ends);
            breaks_len += usize::from(ends != 0);
            let mut more = ends & ends.wrapping_sub(1);
            while more != 0 {
                breaks[breaks_len % AHEAD] = index(more);
                breaks_len += 1;
                more &= more - 1;
            }
            if NUMBERS && let Some(into) = flags.as_mut().and_then(|flags| flags[len..].first_chunk_mut()) {
                let before = numbers::numbers(v, block, meaning.separators, &mut number);
                v.flags(bits, before, into);
            }
            if let Some(into) = found[len..].first_chunk_mut() {
                v.positions(bits, at as u32, into);
            }
            len += bits.count_ones() as usize;
            at = behind;
        }
        (to.len, to.at, to.carry, to.number) = (len, at.min(data.len()), carry, number);
        (to.breaks_len, to.doubled_len) = (breaks_len, doubled_len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::every;

    /// The separators, those before which doubled quotes were found, and the irregular byte.
    fn all(unit: Unit, data: &[u8]) -> (Vec<usize>, Vec<usize>, Option<usize>) {
        let mut scanner = Separators::on(Marks { delimiter: b',', quote: Some(b'"') }, true, unit);
        scanner.restart(0);
        let (mut separators, mut doubled) = (Vec::new(), Vec::new());
        while let Some(position) = scanner.next(data) {
            if scanner.irregular == Some(position) {
                return (separators, doubled, Some(position));
            }
            separators.push(position);
            if scanner.doubled_before(position) {
                doubled.push(position);
            }
        }
        (separators, doubled, None)
    }

    #[test]
    fn separators_doubled_quotes_and_irregular_bytes() {
        let unit = Unit::available()[0];
        //                      0123456789012345678
        assert_eq!(all(unit, b"ab,\"c,\"\"\nd\",e\n"), (vec![2, 11, 13], vec![11], None));
        // A quote inside an unquoted field, and a byte after a closing quote.
        assert_eq!(all(unit, b"x,a\"b,c"), (vec![1], vec![], Some(3)));
        assert_eq!(all(unit, b"\"a\"b,c"), (vec![], vec![], Some(3)));
    }

    #[test]
    fn a_field_may_have_more_doubled_quotes_than_the_list() {
        for doubled in [AHEAD - 1, AHEAD, 5 * AHEAD + 3] {
            let data = [b"x,\"".as_slice(), &b"\"\"".repeat(doubled), b"\"\ny\n"].concat();
            let end = 2 * doubled + 4;
            for unit in Unit::available() {
                assert_eq!(all(unit, &data), (vec![1, end, end + 2], vec![end], None));
            }
        }
    }

    type Found = (usize, Vec<u32>);

    /// What [`Separators::rows`] hands out from `start` on: the records, and the doubled quotes that are theirs.
    fn rows(
        scanner: &mut Separators,
        data: &[u8],
        start: usize,
        fields: usize,
        room: Room,
    ) -> Option<(Vec<Found>, Vec<u32>)> {
        scanner.rows::<true>(data, start, fields, room).map(|rows| {
            let found: Vec<Found> = rows.separators().map(|(start, record)| (start, record.to_vec())).collect();
            assert_eq!((found.len(), rows.numbers().count()), (rows.count(), rows.count()));
            (found, rows.doubled.to_vec())
        })
    }

    /// Records are handed out whole as long as they are usual, with the doubled quotes that are theirs.
    #[test]
    fn usual_records() {
        const ALL: Room = Room { records: usize::MAX, bytes: 1 << 20 };
        //           0    4          12        20     25   29
        let data = b"a,b\n\"c\"\"\",d\ne,\"\"\"\"\r\nf,g\r\nh,i\nj\n";
        for unit in Unit::available() {
            let mut scanner = Separators::on(Marks { delimiter: b',', quote: Some(b'"') }, true, unit);
            scanner.restart(0);
            let mut next = |start| rows(&mut scanner, data, start, 2, ALL);
            // Lines that end otherwise are not handed out with these.
            assert_eq!(next(0), Some((vec![(0, vec![1, 3]), (4, vec![9, 11])], vec![7])));
            assert_eq!(next(12), Some((vec![(12, vec![13, 18, 19]), (20, vec![21, 23, 24])], vec![16])));
            assert_eq!(next(25), Some((vec![(25, vec![26, 28])], vec![])));
            assert_eq!(next(29), None);
            // As many as there is room for, but at least one.
            for (records, bytes, expected) in [(1, 1 << 20, 1), (2, 0, 1), (2, 11, 1), (2, 12, 2)] {
                scanner.restart(0);
                assert_eq!(
                    rows(&mut scanner, data, 0, 2, Room { records, bytes }).map(|(found, _)| found.len()),
                    Some(expected)
                );
            }
        }
    }

    /// Records of any number of fields, lines that end in any way, and blank lines: against a reader of single bytes.
    #[test]
    fn records_together_are_those_one_by_one() {
        let mut state = 11u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % below
        };
        for round in (0..400).step_by(every(67)) {
            let (fields, kinds) = (1 + random(4), 1 + random(4));
            let mut data = Vec::new();
            for _ in 0..random(1500) {
                let count = if random(50) == 0 { 1 + random(6) } else { fields };
                for field in 0..count {
                    data.extend_from_slice(&b","[..usize::from(field > 0)]);
                    data.extend_from_slice([b"".as_slice(), b"ab", b"x"][random(3)]);
                }
                data.extend_from_slice([b"\n".as_slice(), b"\r\n", b"\r", b"\n"][random(kinds)]);
            }
            let mut expected: Vec<Found> = Vec::new();
            let (mut start, mut found) = (0, Vec::new());
            for (at, &byte) in data.iter().enumerate() {
                found.extend([b',', b'\n', b'\r'].contains(&byte).then_some(at as u32));
                if byte == b'\n' || byte == b'\r' && data.get(at + 1) != Some(&b'\n') {
                    let record = (std::mem::replace(&mut start, at + 1), std::mem::take(&mut found));
                    let crlf = byte == b'\n' && at > 0 && data[at - 1] == b'\r';
                    let blank = record.1[0] as usize == record.0;
                    expected.extend(
                        (record.1.len() == fields + usize::from(crlf) && (fields > 1 || !blank)).then_some(record),
                    );
                }
            }
            let unit = Unit::available()[round % Unit::available().len()];
            let mut scanner = Separators::on(Marks { delimiter: b',', quote: Some(b'"') }, true, unit);
            scanner.restart(0);
            let (mut at, mut found) = (0, Vec::new());
            while at < data.len() {
                let room = Room { records: 1 + random(300), bytes: random(3000) };
                match rows(&mut scanner, &data, at, fields, room) {
                    Some((rows, _)) => {
                        assert!(rows.len() <= room.records);
                        at = rows.last().map_or(at, |(_, record)| record[record.len() - 1] as usize + 1);
                        found.extend(rows);
                    }
                    None => {
                        at += 1 + data[at..].iter().position(|&byte| byte == b'\n' || byte == b'\r').unwrap();
                        at += usize::from(data[at - 1] == b'\r' && data.get(at) == Some(&b'\n'));
                        scanner.restart(at);
                    }
                }
            }
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn kernels_agree_on_every_alignment_and_tail() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        for round in (0..300).step_by(every(61)) {
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
