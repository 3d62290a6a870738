//! Stage 1 of reading: the stream of positions that stage 2 has to look at.

use super::Strings;
use crate::scan::vector::{Unit, Vector, Work};

/// How many positions can be looked at after [`Positions::ensure`].
pub const AHEAD: usize = 8;
/// How many positions are held at one time: 16 KiB, which stays in the first cache.
const HELD: usize = 4096;

/// The positions in a text, in order and found as they are needed, of
///
/// * outside strings: `{ } [ ] : ,`, the first byte of each run of other bytes that are not white
///   space (numbers, literals, garbage), and where lines count, line feeds;
/// * both quotes of a string;
/// * inside strings: backslashes that escape, and control characters (below 0x20).
///
/// So whatever lies between two positions outside strings is white space or the rest of a run, and
/// what lies between two positions inside strings is text. After the last one, the end of the text
/// comes at least [`AHEAD`] times.
///
/// A place in the stream is an index (`at`) that the caller keeps, so that it can stay in a register.
pub struct Positions {
    held: Box<[u32; HELD]>,
    /// Where `ensure` has to act.
    len: usize,
    unit: Unit,
    state: State,
}

#[derive(Clone, Copy, Default)]
struct State {
    strings: Strings,
    /// One when the byte before was part of a run.
    run: u64,
    /// All ones where lines count.
    lines: u64,
    next: usize,
    end: usize,
}

impl Positions {
    /// An empty stream.
    pub fn new(unit: Unit) -> Positions {
        Positions { held: Box::new([0; HELD]), len: 0, unit, state: State::default() }
    }

    /// Begins anew with `from..to` of a text shorter than 4 GiB; gives the place to begin at.
    /// With `lines`, line feeds outside strings are positions too.
    pub fn start(&mut self, from: usize, to: usize, lines: bool) -> usize {
        debug_assert!(from <= to && u32::try_from(to).is_ok());
        self.state = State { next: from, end: to, lines: if lines { !0 } else { 0 }, ..State::default() };
        self.len = 0;
        0
    }

    /// Makes the positions `at .. at + AHEAD` ready; gives their new place.
    #[inline(always)]
    pub fn ensure(&mut self, text: &[u8], at: usize) -> usize {
        if at + AHEAD > self.len { self.refill(text, at) } else { at }
    }

    /// The position at a place.
    #[inline(always)]
    pub fn get(&self, at: usize) -> usize {
        self.held[at & (HELD - 1)] as usize
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, text: &[u8], at: usize) -> usize {
        let kept = self.len.saturating_sub(at);
        self.held.copy_within(at.min(self.len)..self.len, 0);
        self.len = kept;
        while self.len < AHEAD && self.state.next < self.state.end {
            self.len = self.unit.run(Fill { state: &mut self.state, text, held: &mut self.held, len: self.len });
        }
        if self.state.next >= self.state.end {
            self.held[self.len..self.len + 2 * AHEAD].fill(self.state.end as u32);
            self.len += AHEAD;
        }
        0
    }
}

struct Fill<'p> {
    state: &'p mut State,
    text: &'p [u8],
    held: &'p mut [u32; HELD],
    len: usize,
}

impl Work for Fill<'_> {
    type Out = usize;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> usize {
        let Fill { state: kept, text, held, mut len } = self;
        let mut state = *kept;
        let (blocks, rest) = text[state.next..state.end].as_chunks::<64>();
        for block in blocks {
            let Some(into) = room(held, len) else {
                *kept = state;
                return len;
            };
            let bits = state.classify(v, v.load(block));
            v.positions(bits, state.next as u32, into);
            len += bits.count_ones() as usize;
            state.next += 64;
        }
        if let Some(into) = room(held, len) {
            let bits = state.classify(v, v.load_part(rest)) & ((1 << rest.len()) - 1);
            v.positions(bits, state.next as u32, into);
            len += bits.count_ones() as usize;
            state.next = state.end;
        }
        *kept = state;
        len
    }
}

/// Room for a block's positions, with the ends that follow the last one.
#[inline(always)]
fn room(held: &mut [u32; HELD], len: usize) -> Option<&mut [u32; 64]> {
    if len > HELD - 64 - 2 * AHEAD {
        return None;
    }
    held[len..].first_chunk_mut()
}

impl State {
    #[inline(always)]
    fn classify<V: Vector>(&mut self, v: V, block: V::Block) -> u64 {
        let found = self.strings.next(v, v.equal(block, b'"'), v.equal(block, b'\\'));
        let operators = v.operators(block);
        let run = !(operators | v.white(block) | found.quotes);
        let begins = run & !(run << 1 | self.run);
        self.run = run >> 63;
        let outside = operators | begins | (v.equal(block, b'\n') & self.lines);
        let inside = found.escapes | v.below(block, b' ');
        found.quotes | (outside & !found.inside) | (inside & found.inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;

    /// The definition, byte by byte.
    fn expected(text: &[u8], lines: bool) -> Vec<usize> {
        let (mut found, mut inside, mut escaped, mut run) = (Vec::new(), false, false, false);
        for (at, &byte) in text.iter().enumerate() {
            let quote = byte == b'"' && !escaped;
            let escapes = byte == b'\\' && !escaped;
            let operator = matches!(byte, b'{' | b'}' | b'[' | b']' | b':' | b',');
            let white = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            let in_run = !operator && !white && !quote;
            let wanted = quote
                || if inside {
                    escapes || byte < 0x20
                } else {
                    operator || (in_run && !run) || (lines && byte == b'\n')
                };
            if wanted {
                found.push(at);
            }
            inside ^= quote;
            escaped = escapes;
            run = in_run;
        }
        found
    }

    fn all(unit: Unit, text: &[u8], from: usize, lines: bool) -> Vec<usize> {
        let mut positions = Positions::new(unit);
        let (mut at, mut found) = (positions.start(from, text.len(), lines), Vec::new());
        loop {
            at = positions.ensure(text, at);
            let position = positions.get(at);
            if position == text.len() {
                assert!((at..at + AHEAD).all(|at| positions.get(at) == text.len()));
                return found;
            }
            found.push(position);
            at += 1;
        }
    }

    #[test]
    fn every_family_finds_what_the_definition_says() {
        for unit in Unit::available() {
            for seed in 0..300 {
                let text = noise(seed, 1 + seed as usize * 5 % 700);
                for lines in [false, true] {
                    assert_eq!(all(unit, &text, 0, lines), expected(&text, lines), "{unit:?} seed {seed}");
                }
                let from = seed as usize % text.len();
                let tail: Vec<usize> = expected(&text[from..], true).iter().map(|p| p + from).collect();
                assert_eq!(all(unit, &text, from, true), tail, "{unit:?} seed {seed} from {from}");
            }
        }
    }

    #[test]
    fn many_more_positions_than_are_held() {
        for unit in Unit::available() {
            for len in [4000, 4016, 4017, 4032, 4096, 20_000] {
                assert_eq!(all(unit, &vec![b','; len], 0, false), (0..len).collect::<Vec<_>>(), "{unit:?} {len}");
            }
            let text = noise(7, 100_000);
            assert_eq!(all(unit, &text, 0, false), expected(&text, false), "{unit:?}");
            let mut blank = vec![b' '; 100_000];
            blank.push(b'1');
            assert_eq!(all(unit, &blank, 0, false), [100_000], "{unit:?}");
        }
    }
}
