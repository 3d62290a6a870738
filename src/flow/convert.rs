//! The parts of the worker loop that a batch goes through.

use std::convert::Infallible;
use std::ops::Range;

use crate::error::{Cause, Fault, RecordError};
use crate::flow::decoders::Decoders;
use crate::flow::end::End;
use crate::flow::kept::Keeper;
use crate::flow::pass::may_copy_all;
use crate::flow::place::Place;
use crate::flow::policy::{At, Policy, too_large};
use crate::flow::shared::{Shared, Stop};
use crate::flow::totals::SliceTotals;
use crate::flow::trial::Trial;
use crate::flow::wanted::Wanted;
use crate::format::Decode;
use crate::job::settings::OnError;
use crate::memory::Arena;
use crate::metrics::{Meter, Stage};
use crate::plan::named::names_of;
use crate::record::{Apart, Batch, Drain, EncodeError, Output, Paths, RECORDS, Seen, find_item, lossy_error, with_key};
use crate::source::MARK;

/// A slice while it is converted: its output and what happened so far.
pub(crate) struct Conversion<'c, 'p> {
    pub output: Output<'c>,
    pub totals: SliceTotals,
    /// Which records are still wanted.
    pub wanted: Wanted,
    meter: &'c mut Meter<'p>,
    /// Keeps the records that stay of those that are equal.
    keeper: Option<&'c mut Keeper>,
    /// How many records of the batch were decoded. Ops may have dropped some of them since.
    decoded: usize,
    /// How many records are decoded together at least, where ops drop most of them.
    least: u64,
    /// The last record of the batch that was asked for, where that is not all.
    last: Option<usize>,
}

/// How many records are decoded together at least, after some were dropped.
const LEAST: u64 = 16;

/// How a batch has to be decoded again.
pub(crate) struct Again {
    /// With this many records at most.
    pub most: Option<usize>,
    /// This once with this many.
    pub once: Option<usize>,
    /// Whole records.
    pub whole: bool,
}

impl<'c, 'p> Conversion<'c, 'p> {
    pub fn new(
        shared: &Shared<'_>,
        buffer: &'c mut [u8],
        drain: &'c mut dyn Drain,
        meter: &'c mut Meter<'p>,
        keeper: Option<&'c mut Keeper>,
        wanted: Wanted,
    ) -> Conversion<'c, 'p> {
        let mut output = Output::new(buffer, drain, shared.strict);
        output.set_careful(shared.on_error != OnError::Fail);
        Conversion { output, totals: SliceTotals::default(), wanted, meter, keeper, decoded: 0, least: 0, last: None }
    }

    /// Bytes of output left in the buffer, bytes drained before, and what happened.
    pub fn finish(mut self) -> (usize, u64, SliceTotals) {
        self.totals.records_out = self.output.records;
        self.totals.lossy.add(&self.output.lossy);
        (self.output.len(), self.output.drained(), self.totals)
    }

    /// An empty batch, which `most` records fill.
    pub fn batch<'a>(&self, arena: &'a Arena, most: usize, tests: bool, policy: &Policy<'a, '_>) -> Batch<'a>
    where
        'p: 'a,
    {
        let mut batch = policy.batch(arena, &self.totals, most, tests);
        if self.wanted.counts() {
            policy.shared.seen.begin_step();
        }
        if policy.shared.lenient && !(policy.shared.strict && self.wanted.are_next()) {
            batch.set_lenient();
        }
        batch
    }

    /// Fills a batch. Returns whether more records follow, or why the next one is bad.
    pub fn decode<'a>(
        &mut self,
        decoder: &mut dyn Decode,
        batch: &mut Batch<'a>,
        policy: &Policy<'a, '_>,
    ) -> Result<bool, RecordError> {
        let filled = decoder.fill(policy.bytes, batch);
        batch.abandon();
        self.decoded = batch.len();
        if policy.index == 0 && self.totals.records_in == 0 {
            learn(batch, policy.shared.seen);
        }
        self.meter.end(Stage::Decode);
        filled
    }

    /// Lets the ops change a batch. `tests`: they only look at the fields that were decoded, and records are copied. What
    /// can't be written is refused where records are counted that will not be.
    pub fn apply_ops<'a>(
        &mut self,
        batch: &mut Batch<'a>,
        trial: &mut Option<Trial>,
        policy: &Policy<'a, '_>,
        tests: bool,
    ) -> Result<(), Stop> {
        let shared = policy.shared;
        for (op, number) in shared.ops {
            batch.set_seen(Some((shared.seen, *number)));
            if !batch.is_empty() {
                shared.seen.want(*number..*number + names_of(&**op).len());
            }
            if op.only_drops() {
                meet(batch, shared.seen);
            }
            op.apply(batch);
        }
        if !batch.is_empty() {
            shared.seen.want(0..usize::MAX);
        }
        batch.settle_parts();
        if shared.marked.is_some() {
            refuse_marked(batch);
        }
        match &shared.tested {
            Some(tested) if tests && tested.made > 0 => batch.narrow(tested.made),
            _ => {}
        }
        if let Some(names) = shared.renamed.filter(|_| !tests) {
            if batch.schema().is_some_and(|schema| schema.len() > names.len()) {
                batch.narrow(names.len());
            }
            batch.rename(names);
        }
        if let Some(narrow) = &shared.narrow {
            narrow.refuse(batch);
        }
        if let Some(trial) = trial {
            trial.forget();
            // Of several that are made of one, perhaps only the first ones are written.
            if trial.all || !self.wanted.are_next() || batch.grown() > 0 {
                trial.refuse(batch, &mut self.output)?;
            }
        }
        batch.settle_parts();
        if let Some(keeper) = &mut self.keeper {
            keeper.keep(batch)?;
        }
        if let Some(drawn) = self.wanted.drawn {
            drawn.keep(batch);
        }
        self.meter.end(Stage::Ops);
        Ok(())
    }

    /// How the batch has to be decoded again, if it has to be: there was not enough memory for all of it at once, some of
    /// its records can't be copied and only conditions were tested, or it has more records than are wanted. `fresh`: the
    /// arena held nothing else.
    pub fn again(
        &self,
        batch: &mut Batch<'_>,
        filled: &Result<bool, RecordError>,
        policy: &Policy<'_, '_>,
        tests: bool,
        fresh: bool,
    ) -> Option<Again> {
        let decoder_lacks_memory = matches!(filled, Err(error) if error.fault == Fault::NoMemory);
        let lacks_memory = decoder_lacks_memory || batch.lacks_memory();
        let fewer = match self.decoded {
            0 | 1 if lacks_memory && !fresh => Some(1),
            0 => None,
            // The next one gets the whole arena.
            all if decoder_lacks_memory => Some(all),
            all if all > 1 && lacks_memory => Some(all / 2),
            // What is lost counts for the records that are drawn, so each is looked at alone.
            all if all > 1 && self.wanted.chooses() && batch.lossy().total() > 0 => Some(1),
            _ => None,
        };
        let tested = policy.shared.tested.as_ref().filter(|_| tests);
        let whole = tested.is_some_and(|tested| !may_copy_all(tested.copies, batch));
        let once = if fewer.is_none() { self.surplus(batch) } else { None };
        let again = (fewer.is_some() || once.is_some() || whole).then_some(Again { most: fewer, once, whole });
        if again.is_some() && self.wanted.counts() {
            policy.shared.seen.undo_step();
        }
        again
    }

    /// How many records the batch should have had, if the last one that is wanted, or passed over, is in the middle of
    /// it. What others lose must not count.
    fn surplus(&self, batch: &mut Batch<'_>) -> Option<usize> {
        if !self.wanted.counts() {
            return None;
        }
        let most = usize::try_from(self.wanted.most()).ok().filter(|most| (1..=batch.len()).contains(most))?;
        let last = batch.good(most - 1)?;
        let number = batch.number(last);
        // Of a record that several were made of, perhaps only the first ones are passed over: it comes alone.
        let is_cut = self.wanted.skip > 0 && batch.len() > last + 1 && batch.number(last + 1) == number;
        let fewer = if is_cut && number > 0 { number } else { number + 1 };
        Some(fewer).filter(|fewer| *fewer < self.decoded)
    }

    /// How many records are to be decoded together: no more than are wanted, unless most are dropped.
    pub fn most(&self) -> usize {
        self.wanted.most().max(self.least).try_into().unwrap_or(usize::MAX)
    }

    /// Has the decoder begin again and go on to the record after those that are finished, as if the last batch had not
    /// been. The bytes begin with record `first` of the slice.
    #[cold]
    pub fn go_back(
        &self,
        first: u64,
        decoders: &mut Decoders,
        arena: &mut Arena,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        // Records that were not decoded together before may be too large together.
        for most in [RECORDS, 1] {
            decoders.current().begin(policy.bytes);
            match self.pass_over(first, most, decoders, arena, policy) {
                Err(_) if most > 1 => {}
                Err((record, error)) => return Err(Stop::Record(record, error)),
                Ok(()) => break,
            }
        }
        Ok(())
    }

    /// Decodes the records that are finished, and forgets them. An error is about the one with this number.
    fn pass_over(
        &self,
        first: u64,
        most: usize,
        decoders: &mut Decoders,
        arena: &mut Arena,
        policy: &Policy<'_, '_>,
    ) -> Result<(), (u64, RecordError)> {
        let tests = decoders.tests();
        let decoder = decoders.current();
        let mut left = self.totals.records_in - first;
        while left > 0 {
            arena.clear();
            let most = usize::try_from(left).map_or(most, |left| left.min(most));
            let mut batch = self.batch(arena, most, tests, policy);
            let filled = decoder.fill(policy.bytes, &mut batch);
            left = left.saturating_sub(batch.len() as u64);
            match filled {
                Ok(false) if batch.is_empty() => break,
                Ok(_) => {}
                Err(error) if error.fault == Fault::NoMemory && left > 0 => {
                    return Err((self.totals.records_in - left, error));
                }
                Err(_) if left > 0 => {
                    decoder.skip_record(policy.bytes);
                    left -= 1;
                }
                Err(_) => {}
            }
        }
        arena.clear();
        Ok(())
    }

    /// Encodes or folds a batch; bad records end the slice or are left out.
    pub fn encode(
        &mut self,
        end: &mut End<'_>,
        batch: &mut Batch<'_>,
        trial: Option<&Trial>,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        let (mut from, before, written) = (0, self.wanted, self.output.records);
        for (index, error) in batch.take_rejected() {
            self.encode_range(end, batch, from..index, policy)?;
            if self.wanted.is_over() {
                break;
            }
            if self.wanted.are_next() && trial.is_some_and(|trial| trial.has_refused(batch.number(index))) {
                end.take_refused(policy.index, batch, index).map_err(Stop::Run)?;
            }
            self.bad_record(batch, index, error, policy)?;
            from = index + 1;
        }
        self.encode_range(end, batch, from..batch.len(), policy)?;
        self.meter.end(Stage::Encode);
        let may_count = before.skip == 0 && before.left > 0 && (!before.chooses() || !batch.is_empty());
        let counts = may_count || self.output.records > written;
        self.count(batch, before.skip - self.wanted.skip, counts, policy);
        Ok(())
    }

    fn encode_range(
        &mut self,
        end: &mut End<'_>,
        batch: &Batch<'_>,
        records: Range<usize>,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        // Where bad records are left out, those that were made of one are left out together.
        let apart = policy.shared.on_error != OnError::Fail;
        let mut records = self.wanted.pass_over(records);
        self.refuse_lossy(batch, self.wanted.first(records.clone()), policy)?;
        while !self.wanted.first(records.clone()).is_empty() {
            let first = self.wanted.first(records.clone());
            let next = if apart { batch.parts(first) } else { first };
            let (index, error) = match end.take(policy.index, batch, next.clone(), &mut self.output) {
                Ok(()) => {
                    self.wanted.took(next.len());
                    records.start = next.end;
                    if let Some(last) = end.enough() {
                        // What follows was not asked for, however many records were decoded together.
                        (self.wanted.left, self.decoded, self.last) = (0, batch.number(last) + 1, Some(last));
                    }
                    continue;
                }
                Err(EncodeError::Record { index, error }) => (index, error.or_cause(Cause::Target)),
                Err(EncodeError::Stop(error)) => return Err(Stop::Run(error)),
            };
            self.wanted.took(if batch.is_parts(next.clone()) { 0 } else { index - next.start });
            self.bad_record(batch, index, error, policy)?;
            records.start = if batch.is_parts(next.clone()) { next.end } else { index + 1 };
        }
        Ok(())
    }

    /// Refuses the first of some records that are to be written, if it was not known whether they are and something was
    /// lost. That was looked at for one record at a time.
    fn refuse_lossy(&mut self, batch: &Batch<'_>, records: Range<usize>, policy: &Policy<'_, '_>) -> Result<(), Stop> {
        if records.is_empty() || !(policy.shared.strict && batch.is_lenient()) {
            return Ok(());
        }
        match batch.lossy().iter().next() {
            Some((kind, _)) => {
                let error = lossy_error(batch.span(records.start).start, kind);
                self.bad_record(batch, records.start, error, policy)
            }
            None => Ok(()),
        }
    }

    /// Handles a bad record of the batch.
    #[cold]
    fn bad_record(
        &mut self,
        batch: &Batch<'_>,
        index: usize,
        error: RecordError,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        let span = batch.span(index);
        let number = self.totals.records_in + batch.number(index) as u64;
        policy.bad_record(error, number, span.start..span.end, &mut self.output, &mut self.totals)
    }

    /// Adds a finished batch to the totals; this many of its records were passed over. What was lost counts unless none of
    /// them was to be written.
    fn count(&mut self, batch: &Batch<'_>, passed: u64, counts: bool, policy: &Policy<'_, '_>) {
        let totals = &mut self.totals;
        let len = self.last.map_or(batch.len(), |last| last + 1);
        let filtered = (self.decoded + batch.grown()).saturating_sub(len) as u64;
        if counts {
            if let (Some((record, place)), None) = (batch.odd_quote(), totals.odd_quote) {
                let start = if let At::Source(start) = policy.at { start } else { 0 };
                totals.odd_quote = Some((totals.records_in + record as u64, start + place as u64));
                totals.odd_place = odd_place(policy, place);
            }
            totals.lossy.add(batch.lossy());
        }
        totals.records_in += self.decoded as u64;
        totals.records_filtered += filtered + passed;
        self.least = if filtered > 0 { self.least.saturating_mul(2).max(LEAST) } else { 0 };
    }

    /// Record `bad` of the slice has ended the run: counts those before it in its batch, which are decoded again, so that
    /// the report does not depend on the size of batches. The bytes begin with record `first`; `before` is what was
    /// wanted when the batch began.
    #[cold]
    pub fn count_before(
        &mut self,
        bad: u64,
        first: u64,
        before: Wanted,
        decoders: &mut Decoders,
        arena: &mut Arena,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        if bad <= self.totals.records_in {
            return Ok(());
        }
        let mut passed = before.skip - self.wanted.skip;
        self.go_back(first, decoders, arena, policy)?;
        while self.totals.records_in < bad {
            arena.clear();
            let most = usize::try_from(bad - self.totals.records_in).unwrap_or(usize::MAX);
            let tests = decoders.tests();
            let mut batch = self.batch(arena, most.min(RECORDS), tests, policy);
            let filled = self.decode(decoders.current(), &mut batch, policy);
            self.apply_ops(&mut batch, &mut None, policy, tests)?;
            if self.decoded == 0 || filled.is_err() {
                break;
            }
            self.count(&batch, passed.min(batch.len() as u64), before.chooses() || before.are_next(), policy);
            passed = passed.saturating_sub(batch.len() as u64);
        }
        Ok(())
    }

    /// Leaves out the bad record that the decoder stopped at. Returns whether more records follow.
    #[cold]
    pub fn leave_out(
        &mut self,
        error: RecordError,
        decoder: &mut dyn Decode,
        policy: &Policy<'_, '_>,
    ) -> Result<bool, Stop> {
        let record = decoder.skip_record(policy.bytes);
        let whole = policy.whole(self.totals.records_in);
        let goes_on = whole.is_none();
        let record = whole.unwrap_or(record);
        let error = too_large(error, &record, policy.shared.max_record);
        self.next_is_bad(error, record, policy)?;
        Ok(goes_on)
    }

    /// Leaves out an oversized record that was skipped; it is the only one of its slice.
    #[cold]
    pub fn leave_out_oversized(&mut self, error: &RecordError, len: u64, policy: &Policy<'_, '_>) -> Result<(), Stop> {
        self.next_is_bad(error.clone(), 0..len as usize, policy)
    }

    /// Handles a bad record that comes right after those that were decoded.
    pub fn next_is_bad(
        &mut self,
        error: RecordError,
        record: Range<usize>,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        policy.bad_record(error, self.totals.records_in, record, &mut self.output, &mut self.totals)?;
        self.totals.records_in += 1;
        Ok(())
    }
}

/// The text after a closing quote. It is kept for a stream, because that can't be read again. For a record of a
/// quarantine, the place in its original file counts.
#[cold]
fn odd_place(policy: &Policy<'_, '_>, offset: usize) -> Place {
    match (policy.shared.map, policy.at) {
        (_, At::Origin(origin, _)) => {
            let place = Place::new(policy.bytes, offset, policy.shared.lines, origin.line);
            let place = if origin.exact { place } else { place.in_line(origin.line) };
            place.from(origin.position(offset))
        }
        (Some(_), _) => Place::default(),
        (None, _) => Place::before(policy.bytes, offset, policy.shared.lines, policy.line, policy.after),
    }
}

/// Looks for the names that have not been found yet, before an op drops records: later ops don't see what it drops.
fn meet(batch: &Batch<'_>, seen: &Seen) {
    if batch.schema().is_some() {
        return;
    }
    for (number, name) in seen.missing() {
        if (0..batch.len()).any(|record| find_item(batch.tree(record), name).is_some()) {
            seen.mark(number);
        }
    }
}

/// Collects names from the first batch, to suggest one if a name the user gave never occurs.
#[cold]
fn learn(batch: &Batch<'_>, seen: &Seen) {
    if seen.is_empty() || batch.schema().is_some() {
        return;
    }
    let mut paths = Paths::default();
    for record in 0..batch.len() {
        let (values, keys) = batch.tree(record).nodes();
        let walked = paths.walk(values, keys, &Apart::All, |path, key, _| {
            with_key(path, key, |path| seen.learn(path));
            Ok::<(), Infallible>(())
        });
        let Ok(()) = walked;
    }
}

/// Refuses records that were malformed in the encoding of the source, even if the bad fields would not be written.
#[cold]
fn refuse_marked(batch: &mut Batch<'_>) {
    for record in 0..batch.len() {
        if memchr::memchr(MARK, batch.source(record)).is_some() {
            batch.reject(record, "the record is malformed");
        }
    }
}
