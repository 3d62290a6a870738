//! Finds the moments at which a run is between two slices.
//!
//! Slices take their places in the output in order, but are written in parallel. So the state between two
//! slices is noted when the second one's turn comes, and becomes a checkpoint when everything before it is written.

use std::sync::Arc;

use crc32fast::Hasher;

use crate::flow::totals::Totals;
use crate::record::Seen;
use crate::resume::Entry;
use crate::resume::memory::Remembered;

pub(crate) struct Tracker {
    /// How much of the input lies between two checkpoints, in bytes.
    every: u64,
    /// Where the next one is due.
    due: u64,
    /// The checksum of the output that has its place.
    crc: Hasher,
    /// The state after a slice; that another one follows is not known yet.
    pending: Option<Entry>,
    /// The state before a slice, whose number this is, that waits for writes.
    waiting: Option<(u64, Entry)>,
    /// The slices that are being written.
    writing: Vec<u64>,
    /// Which names of fields were met.
    seen: Arc<Seen>,
}

/// How far a run is.
pub(crate) struct Reached<'t> {
    /// Where the slice begins whose output is in its place.
    pub input: u64,
    /// The length of the output.
    pub output: u64,
    /// Whether the output has a record.
    pub started: bool,
    pub totals: &'t Totals,
    /// The length of the quarantine, and its checksum.
    pub quarantine: (u64, u32),
}

impl Tracker {
    /// Goes on after an entry, or begins with a prefix of the output. At most `workers` slices are written at one time.
    pub fn new(every: u64, from: Option<&Entry>, prefix: &[u8], workers: usize, seen: Arc<Seen>) -> Tracker {
        if let Some(entry) = from {
            (&*seen).recall(&entry.seen);
        }
        let crc = match from {
            Some(entry) => Hasher::new_with_initial_len(entry.crc, entry.output),
            None => hash(prefix),
        };
        let due = from.map_or(0, |entry| entry.input) + every;
        Tracker { every, due, crc, pending: None, waiting: None, writing: Vec::with_capacity(workers), seen }
    }

    /// Output took its place.
    pub fn add(&mut self, hash: &Hasher) {
        self.crc.combine(hash);
    }

    /// The turn of a slice has come, which begins at `input`.
    pub fn turn(&mut self, slice: u64, input: u64) {
        if let Some(entry) = self.pending.take() {
            self.waiting = Some((slice, Entry { input, ..entry }));
        }
    }

    /// All output of a slice is in its place.
    pub fn advanced(&mut self, reached: Reached<'_>) {
        let Reached { input, output, started, totals, quarantine } = reached;
        if input >= self.due {
            self.due = input + self.every;
            let entry = Entry::new(output, self.crc.clone().finalize(), started, totals);
            // Workers have reported their names before their slices came here.
            self.pending = Some(Entry { quarantine, seen: (&*self.seen).state(), ..entry });
        }
    }

    /// Output of a slice is going to be written.
    pub fn begin_write(&mut self, slice: u64) {
        self.writing.push(slice);
    }

    /// It is written. Gives a checkpoint that this makes true.
    pub fn end_write(&mut self, slice: u64) -> Option<Entry> {
        if let Some(place) = self.writing.iter().position(|other| *other == slice) {
            self.writing.swap_remove(place);
        }
        let (before, _) = self.waiting.as_ref()?;
        if self.writing.iter().any(|other| other < before) {
            return None;
        }
        self.waiting.take().map(|(_, entry)| entry)
    }
}

/// The checksum of a part of the output.
pub(crate) fn hash(bytes: &[u8]) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(input: u64, output: u64, totals: &Totals) -> Reached<'_> {
        Reached { input, output, started: true, totals, quarantine: (0, 0) }
    }

    #[test]
    fn a_checkpoint_waits_for_all_writes_before_it() {
        let totals = Totals::default();
        let mut tracker = Tracker::new(10, None, b"head", 2, Arc::default());
        tracker.add(&hash(b"one"));
        tracker.begin_write(0);
        tracker.advanced(reached(10, 7, &totals));
        assert_eq!(tracker.end_write(5), None, "no slice follows yet");
        tracker.turn(1, 25);
        tracker.begin_write(1);
        tracker.begin_write(0);
        assert_eq!(tracker.end_write(0), None, "slice 0 is still written");
        assert_eq!(tracker.end_write(1), None);
        let entry = tracker.end_write(0).unwrap();
        assert_eq!((entry.input, entry.output, entry.crc), (25, 7, crc32fast::hash(b"headone")));
        tracker.advanced(reached(19, 9, &totals));
        tracker.turn(2, 30);
        assert_eq!(tracker.end_write(1), None, "none is due");
    }

    #[test]
    fn it_goes_on_where_another_stopped() {
        let mut entry = Entry::new(7, crc32fast::hash(b"headone"), true, &Totals::default());
        (entry.input, entry.seen) = (25, vec![1]);
        let seen = Arc::new(Seen::new(["a", "b", "c"].map(|name| ("drop", name.as_bytes()))));
        let mut tracker = Tracker::new(10, Some(&entry), b"ignored", 2, seen.clone());
        assert_eq!(seen.unseen().map(|(_, name)| name).collect::<Vec<_>>(), [b"a", b"c"]);
        seen.mark(2);
        tracker.add(&hash(b"two"));
        tracker.advanced(reached(34, 10, &Totals::default()));
        tracker.turn(1, 40);
        assert_eq!(tracker.end_write(0), None);
        tracker.advanced(reached(35, 10, &Totals::default()));
        tracker.turn(2, 40);
        let entry = tracker.end_write(1).unwrap();
        assert_eq!((entry.crc, entry.seen), (crc32fast::hash(b"headonetwo"), vec![1, 2]));
    }
}
