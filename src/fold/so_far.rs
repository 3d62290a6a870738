//! The totals so far, again and again: `pagemill aggregate --emit`.
//!
//! The worker adds records, and a thread of its own writes the totals so far every so often, also while no records come.
//! Both hold a lock for as long as that takes.

use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::fold::groups::{Aggregate, Groups, Held, Leading};
use crate::fold::pen::{AtPlace, BUFFER, Onto, Pen, Written};
use crate::memory::Budget;
use crate::metrics::Registry;
use crate::record::{Batch, EncodeError, Lossy, Output, Seen};

/// Totals that are written while records come.
pub(crate) struct SoFar {
    every: Duration,
    state: Mutex<State>,
    /// No more records come, for now or at all.
    ended: Condvar,
}

struct State {
    spec: Arc<Aggregate>,
    groups: Groups,
    pen: Pen,
    /// What writing takes.
    held: Held,
    /// When totals are written next.
    next: Instant,
    /// Records came since they were.
    changed: bool,
    /// The records of a source are being read.
    reads: bool,
    /// Where in the target the next ones go; the first record leaves out its separator.
    at: u64,
    first: bool,
    lossy: Lossy,
    /// Who looks at the largest groups, if somebody does.
    leading: Option<Leading>,
    buffer: Vec<u8>,
    /// Why totals could not be written.
    failed: Option<Error>,
}

impl SoFar {
    /// No records yet. What comes before the records of the result is written.
    ///
    /// # Errors
    /// Usage: the format can't have such records; memory; the target can't be written.
    pub fn new(spec: Arc<Aggregate>, every: Duration, onto: &Onto<'_>, budget: &Budget) -> Result<SoFar> {
        let groups = Groups::new(Arc::clone(&spec), budget, 0, None);
        let mut held = Held::new(budget, 0);
        held.take(2 * BUFFER)?;
        let pen = Pen::new(spec.schema(), onto.format, onto.options, onto.narrow.clone(), budget)?;
        let prefix = pen.frame().prefix;
        onto.target.write(&prefix, 0)?;
        let state = State {
            groups,
            pen,
            held,
            next: Instant::now() + every,
            changed: false,
            reads: false,
            at: prefix.len() as u64,
            first: true,
            lossy: Lossy::default(),
            leading: None,
            buffer: vec![0; BUFFER.max(onto.format.takes(onto.options).whole_record)],
            failed: None,
            spec,
        };
        Ok(SoFar { every, state: Mutex::new(state), ended: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with source number `source`, as [`Groups::begin`].
    ///
    /// # Errors
    /// Memory: there is none for the groups so far.
    pub fn go_on(
        &self,
        budget: &Budget,
        source: u32,
        seen: Option<(Arc<Seen>, usize)>,
        registry: &Registry,
    ) -> Result<()> {
        let mut state = self.lock();
        state.leading = Leading::new(registry, budget);
        state.reads = true;
        state.pen.go_on(budget);
        state.held.go_on(budget)?;
        state.groups.begin(budget, source, seen)
    }

    /// Writes the totals so far every so often, until the source [has ended](Self::ended). An error ends the run with the
    /// next record.
    pub fn write_often(&self, onto: &Onto<'_>) {
        let mut state = self.lock();
        while state.reads && state.failed.is_none() {
            let now = Instant::now();
            if now < state.next {
                let wait = state.next - now;
                state = self.ended.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            // Of a pause that was too long, one is left.
            while state.next <= now {
                state.next += self.every;
            }
            if std::mem::take(&mut state.changed) {
                state.failed = state.write(onto).err();
            }
        }
    }

    /// The source has no more records.
    pub fn ended(&self) {
        self.lock().reads = false;
        self.ended.notify_all();
    }

    /// No more records come: writes the totals of all, and what follows the records.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn finish(self, onto: &Onto<'_>) -> Result<Written> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        state.write(onto)?;
        let (frame, records) = (state.pen.frame(), state.pen.written);
        let suffix = if records == 0 && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
        onto.target.write(suffix, state.at)?;
        let bytes = state.at + suffix.len() as u64;
        Ok(Written { bytes, records, lossy: state.lossy, bounds: state.spec.bounds(), ..Written::default() })
    }
}

impl State {
    /// Writes the totals so far.
    fn write(&mut self, onto: &Onto<'_>) -> Result<()> {
        let skip = if self.first { self.pen.frame().first_skips } else { 0 };
        let mut drain = AtPlace { target: onto.target, offset: self.at, skip };
        let mut output = Output::new(&mut self.buffer, &mut drain, onto.strict);
        self.groups.write_so_far(onto, &mut self.pen, &mut output)?;
        output.flush()?;
        self.lossy.add(&output.lossy);
        self.at = drain.offset;
        self.first &= self.pen.written == 0;
        Ok(())
    }
}

/// The end of the worker that adds records.
pub(crate) struct Adding<'f>(pub &'f SoFar);

impl Fold for Adding<'_> {
    type Result = ();

    fn another(&self) -> Self {
        Adding(self.0)
    }

    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError> {
        let mut state = self.0.lock();
        if let Some(error) = state.failed.take() {
            return Err(EncodeError::Stop(error));
        }
        state.changed |= !records.is_empty();
        state.groups.add(slice, batch, records)?;
        let State { leading, groups, .. } = &mut *state;
        leading.as_mut().map_or(Ok(()), |leading| leading.show(None, groups)).map_err(EncodeError::Stop)
    }

    fn merge(&mut self, _: Self) {}

    fn finish(self) {}
}
