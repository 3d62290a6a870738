//! Where values end, without a look at what they are.
//!
//! The cutter does this under its lock, so it has to be fast: it goes from head to head, with one load and two tables
//! for each, and counts how many values are still to come. Only what has no length of its own (in CBOR) needs a stack.

/// Goes over one value, in one piece or in several.
#[derive(Debug, Default)]
pub struct Skim {
    /// How many values are still to come before the innermost list or map of unknown length ends, or the whole value.
    pub(super) left: u64,
    /// The same around each list or map of unknown length.
    pub(super) outer: Vec<u64>,
    /// How many of those there may be inside each other.
    most: usize,
    /// How many bytes belong to the last value and were not there.
    jump: u64,
    /// The head that was cut off by the end of a piece.
    held: [u8; HEAD],
    held_len: usize,
}

/// The longest head.
const HEAD: usize = 9;

/// Where going over a value led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skimmed {
    /// The value ends here.
    Ends(usize),
    /// It goes on after the data. This is the place of the next head; it may be beyond the end of the data, or shortly
    /// before that.
    Goes(usize),
    /// At this place something is that no value begins with.
    Broken(usize),
    /// Lists and maps of unknown length are nested too deep.
    Deep(usize),
}

impl Skim {
    /// For values with at most this many lists and maps of unknown length inside each other.
    pub fn new(most: usize) -> Skim {
        Skim { most, ..Skim::default() }
    }

    /// Goes over the value that begins at `at`.
    #[inline]
    pub fn value<W: super::Wire>(&mut self, data: &[u8], at: usize) -> Skimmed {
        self.begin();
        W::skim(self, data, at)
    }

    /// Begins with a value.
    pub fn begin(&mut self) {
        (self.left, self.jump, self.held_len) = (1, 0, 0);
        self.outer.clear();
    }

    /// The fewest bytes that are still to come, in addition to what was gone over.
    pub fn least(&self) -> u64 {
        self.outer.iter().fold(self.left, |sum, left| sum.saturating_add(*left).saturating_add(1))
    }

    /// Goes on with the next piece: all of it, unless the value ends there.
    pub fn piece<W: super::Wire>(&mut self, data: &[u8]) -> Skimmed {
        let mut at = 0;
        if self.held_len > 0 {
            let mut joined = [0; 2 * HEAD];
            let (held, more) = (self.held_len, data.len().min(HEAD));
            joined[..held].copy_from_slice(&self.held[..held]);
            joined[held..held + more].copy_from_slice(&data[..more]);
            // One head only: what follows it is read from the piece.
            let (left, outer) = (self.left, self.outer.len());
            let mut to = held + 1;
            loop {
                match W::skim(self, &joined[..to], 0) {
                    // The head is whole.
                    Skimmed::Goes(next) if next > 0 => {
                        at = next - held;
                        self.held_len = 0;
                        break;
                    }
                    Skimmed::Goes(_) if to < held + more => {
                        self.left = left;
                        self.outer.truncate(outer);
                        to += 1;
                    }
                    Skimmed::Goes(_) => {
                        self.held[..to].copy_from_slice(&joined[..to]);
                        self.held_len = to;
                        return Skimmed::Goes(data.len());
                    }
                    Skimmed::Ends(next) => return Skimmed::Ends(next - held),
                    other => return other,
                }
            }
        }
        let skip = usize::try_from(self.jump).unwrap_or(usize::MAX);
        at = at.saturating_add(skip);
        self.jump = 0;
        if at >= data.len() && (self.left > 0 || !self.outer.is_empty() || at > data.len()) {
            self.jump = (at - data.len()) as u64;
            return Skimmed::Goes(data.len());
        }
        match W::skim(self, data, at) {
            Skimmed::Goes(next) if next < data.len() => {
                let rest = &data[next..];
                self.held[..rest.len()].copy_from_slice(rest);
                self.held_len = rest.len();
                Skimmed::Goes(data.len())
            }
            Skimmed::Goes(next) => {
                self.jump = (next - data.len()) as u64;
                Skimmed::Goes(data.len())
            }
            other => other,
        }
    }

    /// A list or map of unknown length begins; false if there are too many.
    #[cold]
    pub(super) fn open(&mut self) -> bool {
        if self.outer.len() >= self.most {
            return false;
        }
        self.outer.push(self.left - 1);
        self.left = 0;
        true
    }
}

/// For each first byte, how long the value or the head of the list or map is, and how many values follow. No length:
/// that takes a closer look.
pub(super) struct Steps {
    pub len: [u8; 256],
    pub more: [u8; 256],
}

/// So many more values follow: whatever a head claims, what single bytes add later does not overflow.
#[inline(always)]
pub(super) fn more_of(left: u64, more: u64) -> u64 {
    left.saturating_add(more).min(1 << 62)
}
