//! Which records stay of those that are equal: `--dedupe`.
//!
//! ```text
//! batch ──key──▶ table: key → the place of the first record, or of the last one ──▶ places in order
//!                  │ full                                                              ▲
//!                  ╰──▶ run, in the order of keys ──▶ merged, one place a key ──▶ sorted ╯
//! ```
//!
//! Each worker has a table of its own. A key knows where its record is, so tables and runs can be merged in any order, and
//! the same records stay however many workers there are and however much memory.

mod key;
mod merged;
mod near;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::flow::located::{Place, Places};
use crate::flow::sort::SHARE;
use crate::fold::Fold;
use crate::fold::groups::held::Held;
use crate::fold::groups::keys::{Keys, hash};
use crate::memory::{Budget, Reservation};
use crate::metrics::{Progress, Spilled};
use crate::plan::sizes::FEW;
use crate::record::{Batch, EncodeError};
use crate::spill::{ITEM, List, Run, RunWriter, SpillFile, block_size, prefix};
use crate::sys::Stop;
use crate::wording::megabytes;
use key::Writer;
pub(crate) use key::{All, Fields, Named};
use near::Near;

/// The least memory for keys, which the plan has.
pub(crate) const LEAST: usize = 2 * SHARE;

/// Of the memory that is left, this share is for keys.
const PART: usize = 5;
const OF: usize = 8;

/// What is done about records that are equal.
pub(crate) struct Wish {
    /// The last one stays, and not the first.
    pub last: bool,
    /// Where what does not fit into memory goes.
    pub folder: PathBuf,
    pub stop: Option<Stop>,
    /// Who wants to know how many entries of runs were merged.
    pub progress: Option<Progress>,
}

/// The keys of a worker, and then all of them.
pub(crate) struct Doubles {
    wish: Arc<Wish>,
    /// What is compared of the source.
    fields: Arc<Fields>,
    budget: Budget,
    /// What all workers may take together, and what this one may.
    memory: usize,
    share: usize,
    /// What they take beyond the plan.
    reserved: Option<Reservation>,
    keys: Keys,
    held: Held,
    near: Near,
    writer: Writer,
    places: Places,
    runs: Vec<Run>,
    out: Option<RunWriter>,
    spilled: Spilled,
    /// Which of the named fields have a value in any record.
    pub met: Vec<bool>,
    /// Why tables could not be merged.
    failed: Option<Error>,
}

/// Which records stay.
pub(crate) struct Stays {
    pub places: List,
    pub spilled: Spilled,
}

impl Doubles {
    /// No records yet. `fields`: how many were named.
    pub fn new(wish: Wish, fields: usize) -> Doubles {
        let budget = Budget::new(LEAST);
        Doubles::empty(Arc::new(wish), Arc::default(), &budget, LEAST, LEAST, fields)
    }

    fn empty(
        wish: Arc<Wish>,
        fields: Arc<Fields>,
        budget: &Budget,
        memory: usize,
        share: usize,
        named: usize,
    ) -> Doubles {
        Doubles {
            wish,
            fields,
            budget: budget.clone(),
            memory,
            share,
            reserved: None,
            keys: Keys::new(),
            held: table(share),
            near: Near::new(),
            writer: Writer::new(budget),
            places: Places::default(),
            runs: Vec::new(),
            out: None,
            spilled: Spilled::default(),
            met: vec![false; named],
            failed: None,
        }
    }

    /// What is compared of the source before; none if there was none.
    pub fn all(&self) -> Option<&All> {
        self.fields.all.as_ref()
    }

    /// Goes on with another source, which has a budget of its own.
    ///
    /// # Errors
    /// Memory: there is none for it. Io: what does not fit can't be written.
    pub fn go_on(&mut self, fields: Fields, budget: &Budget, workers: usize) -> Result<()> {
        let left = budget.limit().saturating_sub(budget.reserved());
        let mut reserved = budget.open("compared fields", "compare fewer or shorter fields");
        reserved.try_grow(left / OF * PART)?;
        (self.fields, self.budget, self.places) = (Arc::new(fields), budget.clone(), Places::default());
        self.memory = LEAST + reserved.bytes();
        (self.reserved, self.share) = (Some(reserved), self.memory / workers.max(1));
        self.writer.go_on(budget)?;
        if self.held.go_on(&Budget::new(limit(self.share))).is_err() {
            self.spill()?;
        }
        Ok(())
    }

    /// Takes a record in.
    #[inline]
    fn take(keys: &mut Keys, held: &mut Held, last: bool, hash: u64, key: &[u8], place: &[u8]) -> Result<()> {
        match keys.find(hash, key) {
            Some(number) => {
                Doubles::meet(keys, last, number, place);
                Ok(())
            }
            None => keys.add(hash, key, place, held).map(drop),
        }
    }

    /// A key that is in the table is met at another place.
    #[inline]
    fn meet(keys: &mut Keys, last: bool, number: u32, place: &[u8]) {
        let other = keys.more(number);
        if if last { place > other } else { place < other } {
            keys.set_more(number, place);
        }
    }

    /// Takes in the records whose keys wait.
    fn take_near(&mut self) -> Result<()> {
        let (count, last, mut found) = (self.near.find(&self.keys), self.wish.last, true);
        for index in 0..count {
            let (key, waiting) = self.near.get(index);
            match waiting.number.filter(|_| found) {
                Some(number) => Doubles::meet(&mut self.keys, last, number, &waiting.place),
                None => {
                    let (hash, place) = (waiting.hash, &waiting.place);
                    if Doubles::take(&mut self.keys, &mut self.held, last, hash, key, place).is_err() {
                        // The numbers of the others were those of this table.
                        self.spill()?;
                        found = false;
                        let (key, _) = self.near.get(index);
                        Doubles::take(&mut self.keys, &mut self.held, last, hash, key, place)
                            .map_err(|_| self.too_large(key.len()))?;
                    }
                }
            }
        }
        self.near.clear();
        Ok(())
    }

    /// Takes in a record with a key of any length.
    #[cold]
    fn take_long(&mut self, batch: &Batch<'_>, record: usize, fields: &Fields, place: &[u8]) -> Result<()> {
        let last = self.wish.last;
        let key = self.writer.key(batch, record, fields, &mut self.met)?;
        if Doubles::take(&mut self.keys, &mut self.held, last, hash(key), key, place).is_ok() {
            return Ok(());
        }
        let len = key.len();
        self.spill()?;
        let key = self.writer.key(batch, record, fields, &mut self.met)?;
        let taken = Doubles::take(&mut self.keys, &mut self.held, last, hash(key), key, place);
        taken.map_err(|_| self.too_large(len))
    }

    /// Writes the table as a run, and begins another one.
    #[cold]
    fn spill(&mut self) -> Result<()> {
        let mut order: Vec<(u64, u32)> =
            (0..self.keys.len() as u32).map(|number| (prefix(self.keys.key(number)), number)).collect();
        let keys = &self.keys;
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| keys.whole(a.1).cmp(keys.whole(b.1))));
        let out = match &mut self.out {
            Some(out) => out,
            none => none.insert(RunWriter::new(SpillFile::create(&self.wish.folder)?, block_size(self.share))),
        };
        for (_, number) in &order {
            out.begin(&[keys.whole(*number)], 0)?;
        }
        let run = out.end()?;
        self.spilled.bytes += run.bytes();
        self.spilled.runs += 1;
        self.runs.push(run);
        (self.keys, self.held) = (Keys::new(), table(self.share));
        Ok(())
    }

    #[cold]
    fn too_large(&self, key: usize) -> Error {
        Error::memory(format!(
            "the compared fields of a record take {}, which do not fit into the {} that a worker has for them\n  Raise ⟨memory_limit⟩, lower ⟨workers⟩, or compare fewer fields.",
            megabytes(key),
            megabytes(self.share)
        ))
    }

    /// Takes in the table of another worker.
    fn try_merge(&mut self, mut other: Doubles) -> Result<()> {
        if let Some(error) = self.failed.take().or(other.failed.take()) {
            return Err(error);
        }
        self.met.iter_mut().zip(other.met).for_each(|(met, other)| *met |= other);
        self.runs.append(&mut other.runs);
        self.spilled = self.spilled.and(other.spilled);
        let last = self.wish.last;
        for number in 0..other.keys.len() as u32 {
            let (hash, key, place) = (other.keys.hash_of(number), other.keys.key(number), other.keys.more(number));
            if Doubles::take(&mut self.keys, &mut self.held, last, hash, key, place).is_err() {
                self.spill()?;
                let again = Doubles::take(&mut self.keys, &mut self.held, last, hash, key, place);
                again.map_err(|_| self.too_large(key.len()))?;
            }
        }
        Ok(())
    }
}

/// The part of a share that a table may take: the rest is for sorting it, and for a block of a run.
fn limit(share: usize) -> usize {
    (share.saturating_sub(RunWriter::memory(block_size(share))) / 4 * 3).saturating_sub(FEW)
}

/// The memory of a table with this share.
fn table(share: usize) -> Held {
    Held::new(&Budget::new(limit(share)), 0)
}

impl Fold for Doubles {
    /// Which records stay; the error that was met when tables were merged.
    type Result = Result<Stays>;

    fn another(&self) -> Doubles {
        let Doubles { wish, fields, budget, memory, share, met, .. } = self;
        Doubles::empty(Arc::clone(wish), Arc::clone(fields), budget, *memory, *share, met.len())
    }

    fn add(&mut self, _: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        let fields = Arc::clone(&self.fields);
        for record in records {
            let place = self.places.of(batch, record).bytes();
            let key = self.writer.key(batch, record, &fields, &mut self.met)?;
            if !self.near.push(key, place) {
                self.take_long(batch, record, &fields, &place)?;
            } else if self.near.is_full() {
                self.take_near()?;
            }
        }
        self.take_near()?;
        Ok(())
    }

    fn merge(&mut self, other: Doubles) {
        if let Err(error) = self.try_merge(other) {
            self.failed = Some(error);
        }
    }

    fn finish(mut self) -> Result<Stays> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.stays(),
        }
    }
}

const _: () = assert!(Place::BYTES == ITEM);
