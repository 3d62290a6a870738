//! Groups in windows of time: `pagemill aggregate --window`.
//!
//! ```text
//! batch ──arguments──▶ times ──▶ the open windows of each record, a table of groups for each ──ended──▶ records of the result
//! ```
//!
//! Which records are late, and when a window is written, depends on the records in their order and on nothing else, so
//! there is one worker. A window is written into the output of the slice that ends it: its place there is that of any
//! record, and a pipe has it as soon as the slice is done.

pub(crate) mod spans;
mod times;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, RecordError, Result};
use crate::flow::sayable::Narrow;
use crate::fold::groups::{Aggregate, At, Given, Groups, Held, Leading, Place, give_all};
use crate::fold::pen::{AtPlace, BUFFER, Onto, Pen, Written};
use crate::format::{Format, Frame, Options};
use crate::memory::Budget;
use crate::metrics::{Registry, WindowReport};
use crate::record::{Batch, EncodeError, Output, Seen};
use crate::wording::counted;
use spans::{Spans, text};
use times::No;

/// What a window takes beside its groups, in bytes.
const WINDOW: usize = 1 << 10;

/// How windows are written, and which of their records.
pub(crate) struct How<'h> {
    pub format: Format,
    pub options: &'h Options,
    /// The encoding of the target, if it does not have every character.
    pub narrow: Option<Arc<Narrow>>,
    /// How many records of the result are passed over, and the most that are written.
    pub offset: u64,
    pub limit: Option<u64>,
    /// A late record is bad; else it is only counted.
    pub refuses_late: bool,
}

/// The windows of a run.
pub(crate) struct TimeWindows {
    spec: Arc<Aggregate>,
    spans: Spans,
    /// The number of the argument that is the time.
    time: usize,
    budget: Budget,
    pen: Pen,
    /// The windows that have records and have not ended, in their order.
    open: VecDeque<Window>,
    held: Held,
    /// The newest time so far.
    newest: Option<i64>,
    /// The number of the last window that has ended.
    ended: i64,
    /// How many records of the result are still passed over, and how many are still wanted.
    skip: u64,
    left: u64,
    refuses_late: bool,
    late: u64,
    /// How many records of this source are bad because they are late.
    late_here: u64,
    most_open: usize,
    /// The place in the last batch of the record after which nothing more was wanted.
    enough: Option<usize>,
    /// Which of the names that were given occur, and the number of the first that is read here.
    seen: Option<(Arc<Seen>, usize)>,
    place: Place,
    /// Who looks at the largest groups, if somebody does.
    leading: Option<Leading>,
    /// Room for the records of a batch.
    given: Vec<Given<'static>>,
    times: Vec<i64>,
}

/// A window that is open.
struct Window {
    number: i64,
    groups: Groups,
}

/// Records one after another that are in the same windows.
struct Run {
    records: Range<usize>,
    windows: (i64, i64),
}

impl TimeWindows {
    /// No windows yet.
    ///
    /// # Errors
    /// Usage: the format can't have such records; or memory.
    pub fn new(spec: Arc<Aggregate>, how: &How<'_>, budget: &Budget) -> Result<TimeWindows> {
        let (spans, time) = spec.windows().ok_or_else(|| Error::usage("⟨window⟩ needs ⟨time_field⟩"))?;
        let mut held = Held::new(budget, 0);
        // For the end, and for the values of results.
        held.take(2 * BUFFER)?;
        Ok(TimeWindows {
            pen: Pen::new(spec.schema(), how.format, how.options, how.narrow.clone(), budget)?,
            spans,
            time,
            budget: budget.clone(),
            open: VecDeque::new(),
            held,
            newest: None,
            ended: i64::MIN,
            skip: how.offset,
            left: how.limit.unwrap_or(u64::MAX),
            refuses_late: how.refuses_late,
            late: 0,
            late_here: 0,
            most_open: 0,
            enough: None,
            seen: None,
            place: Place::of(0),
            leading: None,
            given: spec.arguments().iter().map(|_| Given::default()).collect(),
            times: Vec::new(),
            spec,
        })
    }

    /// What is written around the records.
    pub fn frame(&self) -> Frame {
        self.pen.frame()
    }

    /// Goes on with source number `source`, which has a budget of its own. `seen`: which names occur in it, and the number
    /// of the first that is read here.
    ///
    /// # Errors
    /// Memory: there is none for the windows so far.
    pub fn go_on(
        &mut self,
        budget: &Budget,
        source: u32,
        seen: Option<(Arc<Seen>, usize)>,
        registry: &Registry,
    ) -> Result<()> {
        self.leading = Leading::new(registry, budget);
        self.budget = budget.clone();
        self.pen.go_on(budget);
        self.held.go_on(budget)?;
        self.open.iter_mut().try_for_each(|window| window.groups.go_on(budget))?;
        (self.place, self.seen) = (Place::of(source), seen);
        self.late_here = 0;
        Ok(())
    }

    /// The place in the last batch of the record after which nothing more was wanted, if that was reached.
    pub fn enough(&self) -> Option<usize> {
        self.enough
    }

    /// Whether records of this source are bad because they are late.
    pub fn refused_late(&self) -> bool {
        self.late_here > 0
    }

    /// Takes in these records of a batch, and writes the windows that end.
    ///
    /// # Errors
    /// A record is bad, and the records before it were taken in; or the run can't go on.
    pub fn take(
        &mut self,
        slice: u64,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        let at = self.place.next(slice);
        let (spec, seen, start) = (Arc::clone(&self.spec), self.seen.clone(), records.start);
        let room = std::mem::take(&mut self.given);
        let (given, mut end, mut bad) = give_all(spec.arguments(), batch, records.clone(), seen.as_ref(), room);
        let mut times = std::mem::take(&mut self.times);
        times.clear();
        for (index, value) in given[self.time].values.iter().take(end - start).enumerate() {
            match times::of(*value) {
                Ok(time) => times.push(time),
                Err(no) => {
                    (end, bad) = (start + index, Some(self.no_time(batch, start + index, no)));
                    break;
                }
            }
        }
        // Those that were made of one are good or bad together.
        if batch.is_parts(records.clone()) {
            if let (None, Some(late)) = (&bad, self.first_late(&times).filter(|_| self.refuses_late)) {
                (end, bad) = (start + late, Some(self.too_late(batch, start + late, times[late])));
            }
            if bad.is_some() {
                times.clear();
            }
        }
        let taken = self.take_times(&given, &times, at, output);
        let outcome = match (taken, bad) {
            (Err(error), _) => Err(EncodeError::Stop(self.lacking(error))),
            (Ok(Some(late)), _) => {
                let error = self.too_late(batch, start + late, times[late]);
                Err(EncodeError::Record { index: start + late, error })
            }
            (Ok(None), Some(error)) if self.enough.is_none() => Err(EncodeError::Record { index: end, error }),
            (Ok(None), _) => Ok(()),
        };
        self.enough = self.enough.map(|index| start + index);
        if outcome.is_ok() {
            self.show().map_err(EncodeError::Stop)?;
        }
        self.given = given.into_iter().map(Given::recycled).collect();
        self.times = times;
        outcome
    }

    /// Takes in records with these times. Gives the place of the first late one, if it is bad: those before it were taken
    /// in.
    fn take_times(
        &mut self,
        given: &[Given<'_>],
        times: &[i64],
        at: At,
        output: &mut Output<'_>,
    ) -> Result<Option<usize>> {
        let mut run = Run { records: 0..0, windows: (0, 0) };
        let mut late = None;
        for (index, time) in times.iter().enumerate() {
            let windows = self.open_of(*time);
            if windows.0 > windows.1 {
                if self.refuses_late {
                    late = Some(index);
                    break;
                }
                self.late += 1;
                continue;
            }
            if run.records.end != index || run.windows != windows {
                self.flush(given, &run, at)?;
                run = Run { records: index..index, windows };
            }
            run.records.end = index + 1;
            if self.newest.is_none_or(|newest| *time > newest) {
                self.newest = Some(*time);
                let ended = self.spans.ended(*time);
                if ended > self.ended {
                    self.flush(given, &run, at)?;
                    run = Run { records: index + 1..index + 1, windows: (0, 0) };
                    self.ended = ended;
                    self.write_ended(output)?;
                    if self.left == 0 {
                        self.enough = Some(index);
                        return Ok(None);
                    }
                }
            }
        }
        self.flush(given, &run, at)?;
        self.place.took(times.len() as u64);
        Ok(late)
    }

    /// The open windows of a time; none of them: the last one comes before the first.
    fn open_of(&self, time: i64) -> (i64, i64) {
        let (first, last) = self.spans.of(time);
        (first.max(self.ended.saturating_add(1)), last)
    }

    /// The first of some times that is late.
    fn first_late(&self, times: &[i64]) -> Option<usize> {
        let (mut newest, mut ended) = (self.newest, self.ended);
        times.iter().position(|time| {
            let is_late = self.spans.of(*time).1 <= ended;
            if newest.is_none_or(|newest| *time > newest) {
                newest = Some(*time);
                ended = ended.max(self.spans.ended(*time));
            }
            is_late
        })
    }

    /// Takes records into their windows.
    fn flush(&mut self, given: &[Given<'_>], run: &Run, at: At) -> Result<()> {
        if run.records.is_empty() {
            return Ok(());
        }
        let (first, last) = run.windows;
        let place = self.open.partition_point(|window| window.number < first);
        for (place, number) in (place..).zip(first..=last) {
            if self.open.get(place).is_none_or(|window| window.number != number) {
                self.held.take(WINDOW)?;
                let groups = Groups::one_of_many(Arc::clone(&self.spec), &self.budget);
                self.open.insert(place, Window { number, groups });
                self.most_open = self.most_open.max(self.open.len());
            }
            self.open[place].groups.take(given, run.records.clone(), at)?;
        }
        Ok(())
    }

    /// Shows the largest groups of the newest window to those who look.
    fn show(&mut self) -> Result<()> {
        let (Some(leading), Some(newest)) = (&mut self.leading, self.open.back_mut()) else { return Ok(()) };
        let [start, end] = self.spans.bounds(newest.number).map(text);
        leading.show(Some(format!("from {start} to {end}")), &mut newest.groups)
    }

    /// Writes the windows that have ended.
    fn write_ended(&mut self, output: &mut Output<'_>) -> Result<()> {
        while let Some(window) = self.open.front().filter(|window| window.number <= self.ended) {
            let bounds = self.spans.bounds(window.number).map(text);
            let Some(mut window) = self.open.pop_front() else { break };
            let mut order = window.groups.ordered()?;
            let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(order.len());
            order.drain(..passed);
            order.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.pen.write(&mut window.groups.rows(&order), &bounds, output)?;
            self.skip -= passed as u64;
            if self.left < u64::MAX {
                self.left -= order.len() as u64;
            }
            self.held.give(WINDOW);
        }
        Ok(())
    }

    /// No more records come: writes all windows that are open, after `at` bytes of the target, which has its last record
    /// there or nothing (`first`). What follows the records is not written.
    ///
    /// # Errors
    /// A value that the target can't hold; memory; the target can't be written.
    pub fn finish(mut self, onto: &Onto<'_>, at: u64, first: bool) -> Result<Written> {
        let skip = if first { self.pen.frame().first_skips } else { 0 };
        let mut drain = AtPlace { target: onto.target, offset: at, skip };
        let mut buffer = vec![0; BUFFER.max(onto.format.takes(onto.options).whole_record)];
        let mut output = Output::new(&mut buffer, &mut drain, onto.strict);
        self.ended = i64::MAX;
        if self.left > 0 {
            self.write_ended(&mut output).map_err(|error| self.lacking(error))?;
        }
        output.flush()?;
        let lossy = output.lossy;
        let report = WindowReport::new(self.late, self.most_open as u64, self.newest.map(text), self.refuses_late);
        Ok(Written {
            bytes: drain.offset,
            records: self.pen.written,
            lossy,
            bounds: self.spec.bounds(),
            windows: Some(report),
            ..Written::default()
        })
    }

    /// The error for windows that don't fit.
    fn lacking(&self, error: Error) -> Error {
        let Some(needed) = error.needed_memory() else { return error };
        let windows = counted(self.open.len() as u64, "open window");
        let groups = self.open.iter().map(|window| window.groups.len() as u64).sum();
        let groups = counted(groups, "group");
        Error::needs_memory(
            needed,
            format!(
                "{windows} with {groups} are kept so far, and there is no memory for more of them; a shorter ⟨window⟩ or ⟨lateness⟩, or a longer ⟨slide⟩, keeps fewer\n  {}",
                error.marked()
            ),
        )
    }

    /// The error for a late record.
    #[cold]
    fn too_late(&mut self, batch: &Batch<'_>, record: usize, time: i64) -> RecordError {
        (self.late, self.late_here) = (self.late + 1, self.late_here + 1);
        let newest = self.newest.map_or_else(String::new, text);
        RecordError::new(
            batch.span(record).start,
            format!(
                "the record is late: the windows with its time, {}, have ended, since there was a record of {newest} before it",
                text(time)
            ),
        )
        .hint("A longer ⟨lateness⟩ waits for such records.")
    }

    /// The error for a record without a time.
    #[cold]
    fn no_time(&self, batch: &Batch<'_>, record: usize, no: No) -> RecordError {
        let field = self.spec.time().unwrap_or_default();
        let reason = match no {
            No::Null => format!("the field `{field}` is null, where the time of the record is needed"),
            No::Other => format!("the field `{field}` is not a time"),
            No::Range => format!("the field `{field}` is not between the years 1 and 9899"),
        };
        let hint = match no {
            No::Null => "Leave such records out with ⟨where⟩, or with ⟨on_error skip⟩.",
            No::Other => {
                "Times are ISO 8601, in UTC unless they have an offset, or seconds since 1970. Others: ⟨set⟩ 'at=to_timestamp(…)' and ⟨time_field⟩ at."
            }
            No::Range => "Numbers are seconds since 1970. From milliseconds: ⟨set⟩ 'at=ms/1000' and ⟨time_field⟩ at.",
        };
        RecordError::new(batch.span(record).start, reason).hint(hint)
    }
}
