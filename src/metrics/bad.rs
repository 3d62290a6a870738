//! Bad records: how many for which reason, where in the input, and the latest ones.
//!
//! A worker notes those of its slice ([`BadNotes`]): counts, and the last few. When the slice has its turn they are put
//! into cells ([`BadCells`]), which have one writer at a time and which nobody locks: readers look again if the writer was
//! at work meanwhile (a sequence lock: H.-J. Boehm, "Can seqlocks get along with programming language memory models?",
//! MSPC 2012).

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::cell::Cell;
use crate::error::{Cause, RecordError, as_settings, named};

/// So many of the latest ones are kept.
const LATEST: usize = 6;
/// So many bytes of a bad record are kept.
const BEGINS: usize = 40;
/// So many bytes of the reason.
const TEXT: usize = 96;
/// So many places of the input are told apart.
const PLACES: usize = 100;
/// How often a reader looks before it goes without.
const TRIES: usize = 1_000;

/// Counts in the order of [`Cause::ALL`].
pub(crate) type ByCause = [u64; Cause::ALL.len()];

/// Bad records of a run.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BadTotals {
    /// How many there are for each reason, in the order of [`Cause::ALL`]. A run before this one, which it goes on with, is
    /// not included.
    pub by_cause: [u64; Cause::ALL.len()],
    /// How many there are in each part of the input; all sources count as one, one after another.
    pub places: Places,
    /// The latest ones, the newest first: at most six.
    pub latest: Vec<BadRecord>,
}

/// Counts for parts of the input that have the same length: at most a hundred.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Places {
    /// The length of a part, in bytes; 0: there is none.
    pub step: u64,
    /// How many are in each.
    pub counts: Vec<u64>,
}

/// One bad record.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BadRecord {
    /// The name of the file that it is from; empty for a stream.
    pub source: String,
    /// Its number, from 1.
    pub record: u64,
    /// Where it begins in its source, in bytes.
    pub at: u64,
    /// What kind of reason there is.
    pub cause: Cause,
    /// The reason. It may show something of the record.
    pub text: String,
    /// Whether it does.
    pub shows_data: bool,
    /// What the record begins with: 40 bytes at most. What is no text of them is replaced.
    pub begins: String,
}

impl BadTotals {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_cause.iter().all(|count| *count == 0)
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.by_cause.iter().sum()
    }
}

impl Places {
    /// Adds some at a place.
    fn add(&mut self, at: u64, count: u64, step: u64) {
        if count == 0 {
            return;
        }
        while self.step < step {
            self.coarser(step);
        }
        while at / self.step >= PLACES as u64 {
            self.coarser(self.step * 2);
        }
        let index = (at / self.step) as usize;
        if self.counts.len() <= index {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += count;
    }

    /// Longer parts. What was in one is where its beginning is now.
    fn coarser(&mut self, step: u64) {
        let (before, counts) = (self.step, std::mem::take(&mut self.counts));
        self.step = step.max(1);
        for (index, count) in counts.into_iter().enumerate() {
            let now = (index as u64 * before / self.step) as usize;
            if self.counts.len() <= now {
                self.counts.resize(now + 1, 0);
            }
            self.counts[now] += count;
        }
    }
}

/// What a worker notes of the bad records of a slice. Nothing is allocated for it.
#[derive(Default)]
pub(crate) struct BadNotes {
    pub by_cause: ByCause,
    latest: [Option<Noted>; LATEST],
    /// How many were noted.
    count: usize,
}

struct Noted {
    /// The number in the slice, from 0.
    record: u64,
    at: u64,
    error: RecordError,
    begins: [u8; BEGINS],
    len: usize,
}

impl BadNotes {
    /// Notes one: its number in the slice from 0, where it begins in the source, why it is bad, and its bytes.
    pub fn add(&mut self, record: u64, at: u64, error: &RecordError, bytes: &[u8]) {
        self.by_cause[error.cause as usize] += 1;
        let len = bytes.len().min(BEGINS);
        let mut begins = [0; BEGINS];
        begins[..len].copy_from_slice(&bytes[..len]);
        self.latest[self.count % LATEST] = Some(Noted { record, at, error: error.clone(), begins, len });
        self.count += 1;
    }

    /// The last few, the oldest first.
    fn latest(&self) -> impl Iterator<Item = &Noted> {
        (0..LATEST).filter_map(move |index| self.latest[(self.count + index) % LATEST].as_ref())
    }
}

/// The cells of a pass.
#[derive(Debug, Default)]
pub(super) struct BadCells {
    /// Odd while they are written.
    sequence: AtomicU64,
    by_cause: [Cell; Cause::ALL.len()],
    step: Cell,
    places: Block<PLACES>,
    latest: [Entry; LATEST],
    /// How many were ever put there.
    count: Cell,
}

#[derive(Debug)]
struct Block<const N: usize>([Cell; N]);

impl<const N: usize> Default for Block<N> {
    fn default() -> Block<N> {
        Block(std::array::from_fn(|_| Cell::default()))
    }
}

impl<const N: usize> Block<N> {
    /// Puts bytes there, eight in a cell.
    fn put(&self, bytes: &[u8]) {
        for (cell, part) in self.0.iter().zip(bytes.chunks(8)) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            cell.set(u64::from_le_bytes(word));
        }
    }

    fn text(&self, len: u64) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|cell| cell.get().to_le_bytes()).take(len as usize).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[derive(Debug, Default)]
struct Entry {
    record: Cell,
    at: Cell,
    cause: Cell,
    shows_data: Cell,
    text: Block<{ TEXT / 8 }>,
    text_len: Cell,
    begins: Block<{ BEGINS / 8 }>,
    begins_len: Cell,
}

/// A text that ends where there is no more room.
struct Room {
    bytes: [u8; TEXT],
    len: usize,
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = text.len().min(TEXT - self.len);
        let fits = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.bytes[self.len..self.len + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl BadCells {
    /// Adds those of a slice that begins at `offset` of the source, after `before` records. Places are at least `step`
    /// bytes long.
    #[cold]
    pub fn add(&self, notes: &BadNotes, before: u64, offset: u64, step: u64) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.by_cause.iter().zip(notes.by_cause).for_each(|(cell, count)| cell.add(count));
        self.place(offset, notes.by_cause.iter().sum(), step);
        notes.latest().for_each(|noted| self.put(noted, before));
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    fn place(&self, at: u64, count: u64, step: u64) {
        let cells = &self.places.0;
        if self.step.get() == 0 {
            self.step.set(step.max(1));
        }
        while at / self.step.get() >= PLACES as u64 {
            for index in 0..PLACES {
                let both = |index: usize| cells.get(index).map_or(0, Cell::get);
                cells[index].set(both(2 * index) + both(2 * index + 1));
            }
            self.step.set(self.step.get() * 2);
        }
        cells[(at / self.step.get()) as usize].add(count);
    }

    fn put(&self, noted: &Noted, before: u64) {
        let entry = &self.latest[self.count.get() as usize % LATEST];
        let mut room = Room { bytes: [0; TEXT], len: 0 };
        // What does not fit is left out.
        let _ = write!(room, "{}", noted.error.message());
        entry.record.set(before + noted.record + 1);
        entry.at.set(noted.at);
        entry.cause.set(noted.error.cause as u64);
        entry.shows_data.set(u64::from(noted.error.shows_data()));
        entry.text.put(&room.bytes[..room.len]);
        entry.text_len.set(room.len as u64);
        entry.begins.put(&noted.begins[..noted.len]);
        entry.begins_len.set(noted.len as u64);
        self.count.add(1);
    }

    /// Adds what is there to `all`, for a source with this name that begins after `before` bytes of others.
    pub fn add_to(&self, all: &mut BadTotals, source: &str, before: u64) {
        if self.by_cause.iter().all(|cell| cell.get() == 0) {
            return;
        }
        for _ in 0..TRIES {
            let first = self.sequence.load(Ordering::Acquire);
            if first.is_multiple_of(2) {
                let own = self.read(source);
                fence(Ordering::Acquire);
                if self.sequence.load(Ordering::Relaxed) == first {
                    return merge(all, own, before);
                }
            }
            std::thread::yield_now();
        }
        // Counts are right at any time.
        all.by_cause.iter_mut().zip(&self.by_cause).for_each(|(sum, cell)| *sum += cell.get());
    }

    fn read(&self, source: &str) -> BadTotals {
        let count = self.count.get() as usize;
        let kept = count.min(LATEST);
        let latest = (1..=kept).map(|back| self.latest[(count - back) % LATEST].read(source)).collect();
        let mut counts: Vec<u64> = self.places.0.iter().map(Cell::get).collect();
        let len = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        counts.truncate(len);
        let mut by_cause = ByCause::default();
        by_cause.iter_mut().zip(&self.by_cause).for_each(|(count, cell)| *count = cell.get());
        BadTotals { by_cause, places: Places { step: self.step.get(), counts }, latest }
    }
}

impl Entry {
    fn read(&self, source: &str) -> BadRecord {
        let cause = self.cause.get();
        BadRecord {
            source: source.to_owned(),
            record: self.record.get(),
            at: self.at.get(),
            cause: Cause::ALL.into_iter().find(|known| *known as u64 == cause).unwrap_or_default(),
            text: named(&self.text.text(self.text_len.get()), &as_settings),
            shows_data: self.shows_data.get() != 0,
            begins: self.begins.text(self.begins_len.get()),
        }
    }
}

fn merge(all: &mut BadTotals, own: BadTotals, before: u64) {
    all.by_cause.iter_mut().zip(own.by_cause).for_each(|(sum, count)| *sum += count);
    for (index, count) in own.places.counts.into_iter().enumerate() {
        all.places.add(before + index as u64 * own.places.step, count, own.places.step);
    }
    let earlier = std::mem::replace(&mut all.latest, own.latest);
    all.latest.extend(earlier);
    all.latest.truncate(LATEST);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(records: &[u64]) -> BadNotes {
        let mut notes = BadNotes::default();
        for record in records {
            let error = RecordError::with_numbers(0, "{} field{s}, not {}", [1, 2]).cause(Cause::Fields);
            notes.add(*record, record * 10, &error, format!("{record},\u{e9}{}", "x".repeat(60)).as_bytes());
        }
        notes
    }

    fn seen(cells: &BadCells) -> BadTotals {
        let mut all = BadTotals::default();
        cells.add_to(&mut all, "a.csv", 0);
        all
    }

    #[test]
    fn the_latest_are_kept_in_order() {
        let cells = BadCells::default();
        assert!(seen(&cells).is_empty());
        cells.add(&notes(&[0, 1, 2, 3, 4, 5, 6, 7]), 100, 0, 1_000);
        let all = seen(&cells);
        assert_eq!((all.by_cause, all.count()), ([8, 0, 0, 0, 0, 0], 8));
        assert_eq!(all.latest.iter().map(|bad| bad.record).collect::<Vec<_>>(), [108, 107, 106, 105, 104, 103]);
        let BadRecord { at, text, begins, source, .. } = &all.latest[0];
        assert_eq!((*at, &**text, &**source), (70, "1 field, not 2", "a.csv"));
        // 40 bytes: the character takes two.
        assert_eq!(*begins, format!("7,\u{e9}{}", "x".repeat(36)));
        cells.add(&notes(&[9]), 200, 5_000, 1_000);
        assert_eq!(seen(&cells).latest.iter().map(|bad| bad.record).take(2).collect::<Vec<_>>(), [210, 108]);
    }

    #[test]
    fn places_get_longer() {
        let cells = BadCells::default();
        cells.add(&notes(&[0]), 0, 0, 10);
        cells.add(&notes(&[0, 1]), 0, 995, 10);
        let places = seen(&cells).places;
        assert_eq!((places.step, places.counts.len(), places.counts[0], places.counts[99]), (10, 100, 1, 2));
        cells.add(&notes(&[0, 1, 2]), 0, 1_000, 10);
        let places = seen(&cells).places;
        assert_eq!((places.step, places.counts[0], places.counts[49], places.counts[50]), (20, 1, 2, 3));
    }

    #[test]
    fn sources_follow_each_other() {
        let (one, other) = (BadCells::default(), BadCells::default());
        one.add(&notes(&[0]), 0, 50, 10);
        other.add(&notes(&[5, 6]), 0, 0, 40);
        let mut all = BadTotals::default();
        one.add_to(&mut all, "one", 0);
        other.add_to(&mut all, "other", 100);
        // 50 of the first and 0 of the second, which is 100, in parts of 40.
        assert_eq!(all.places, Places { step: 40, counts: vec![0, 1, 2] });
        let latest: Vec<(&str, u64)> = all.latest.iter().map(|bad| (&*bad.source, bad.record)).collect();
        assert_eq!(latest, [("other", 7), ("other", 6), ("one", 1)]);
    }

    #[test]
    fn a_reader_sees_whole_entries() {
        let cells = BadCells::default();
        std::thread::scope(|scope| {
            scope.spawn(|| (0..20_000).for_each(|record| cells.add(&notes(&[record]), 0, record, 1)));
            for _ in 0..2_000 {
                for bad in seen(&cells).latest {
                    assert_eq!(bad.at, (bad.record - 1) * 10);
                    assert!(bad.begins.starts_with(&format!("{},", bad.record - 1)), "{bad:?}");
                }
            }
        });
        assert_eq!(seen(&cells).count(), 20_000);
    }

    #[test]
    fn long_reasons_are_cut() {
        let mut notes = BadNotes::default();
        notes.add(0, 0, &RecordError::new(0, "\u{20ac}".repeat(50)), b"\xff");
        let cells = BadCells::default();
        cells.add(&notes, 0, 0, 1);
        let bad = seen(&cells).latest.remove(0);
        assert_eq!((bad.text, bad.begins, bad.shows_data), ("\u{20ac}".repeat(32), "\u{fffd}".to_owned(), true));
    }
}
