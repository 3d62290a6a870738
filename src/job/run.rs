//! A pass over a source: workers, the committer, and what comes before and after the records.

use std::mem::take;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use crate::error::{Error, Result};
use crate::flow::decoders::Decoders;
use crate::flow::end::End;
use crate::flow::feed::gate::Gate;
use crate::flow::feed::head::Beginning;
use crate::flow::feed::room::Room;
use crate::flow::feed::{Feed, Input};
use crate::flow::governor::Governor;
use crate::flow::order::commit::{Begin, Committer};
use crate::flow::order::reached::Place;
use crate::flow::sayable::Narrow;
use crate::flow::shared::{Shared, Tested};
use crate::flow::skip::SkipRecords;
use crate::flow::sort::Sorter;
use crate::flow::split::{PartOf, Split};
use crate::flow::totals::Totals;
use crate::flow::trial::Trial;
use crate::flow::wanted::Wanted;
use crate::flow::worker::Worker;
use crate::fold::Fold;
use crate::fold::so_far::{Adding, SoFar};
use crate::fold::windows::TimeWindows;
use crate::format::{Format, Frame, ReadFormat, Types, UnknownKey, WriteFormat};
use crate::job::opened::Opened;
use crate::job::pass::{How, Run, Stretch};
use crate::job::settings::{OnError, Settings};
use crate::memory::{ARENA_INSTEAD, Arena, Pool, audit};
use crate::metrics::{self, Pass, Registry};
use crate::plan::memory::Plan;
use crate::plan::route::{self, Header, Route};
use crate::plan::sizes;
use crate::quarantine::Ledger;
use crate::record::{LossyKind, RECORDS};
use crate::resume::{Entry, Tracker};
use crate::sink::Target;
use crate::source::{Bytes, Part, Reach};
use crate::sys::{self, Done};
use crate::wording::{counted, input};

impl Opened<'_> {
    /// A worker; this many records were converted before.
    fn worker<'e>(&self, index: usize, records: u64, end: End<'e>, trial: Option<Trial>) -> Worker<'e> {
        let Route { want, ops, .. } = &self.route;
        // An op may make a key of a value.
        let keys = end.takes_only_keys() && ops.is_empty() && !self.wanted.chooses();
        let whole = if keys { self.reading.key_decoder(want) } else { self.reading.decoder(want) };
        // What is put into quarantine has all fields.
        self.source.want(want.select.as_deref().filter(|_| self.settings.on_error != OnError::Quarantine));
        let tested = tested_of(&self.route, self.settings).map(|tested| self.reading.decoder(&tested.want));
        let (decoders, arena, wanted) = (Decoders::new(whole, tested), self.arena(), self.wanted);
        let keeper = self.keeper();
        Worker { index, decoders, end, arena, most: RECORDS, record: Vec::new(), records, wanted, trial, keeper }
    }

    /// An arena that asks for what it takes beyond the plan.
    pub(crate) fn arena(&self) -> Arena {
        let Plan { arena, share, .. } = self.plan;
        Arena::asking(arena, arena + share, self.budget.open("large records in arenas", ARENA_INSTEAD))
    }

    /// The target for a trial of records that are not written; none if there are none, or if nothing is written at all.
    pub(crate) fn tried(&self, tries: Tries) -> Result<Option<Box<dyn WriteFormat>>> {
        let Wanted { skip, left, reads_on, .. } = self.wanted;
        let makes_several = self.route.ops.iter().any(|op| op.makes_batches());
        let any = match tries {
            Tries::None => false,
            Tries::All => true,
            Tries::Others => self.wanted.chooses() || skip > 0 || reads_on || left < u64::MAX && makes_several,
        };
        if !any || self.settings.folds() {
            return Ok(None);
        }
        let columns = match &self.route.header {
            Header::Given => None,
            Header::List(schema) => Some(self.route.columns_of(schema.clone(), UnknownKey::Count)),
            Header::Find(_) => {
                let known = self.lacking.clone().filter(|_| tries == Tries::All);
                Some(self.route.columns_of(known.unwrap_or_default(), UnknownKey::Own))
            }
        };
        self.writing(columns).map(Some)
    }

    /// A trial for a worker, if the target may refuse any record.
    pub(crate) fn trial(&self, writing: &dyn WriteFormat, all: bool) -> Option<Trial> {
        let by = self.by.as_ref().map(|field| PartOf {
            field: field.clone(),
            column: self.route.names.as_ref().and_then(|names| names.position(field.as_bytes())),
        });
        Trial::of(writing, self.settings.strict && self.settings.on_error != OnError::Fail, all, by)
    }

    /// Begins a file that is read anew.
    pub(crate) fn rewind(&mut self) -> Result<()> {
        if self.source.map().is_some() {
            return Ok(());
        }
        let (start, skipped) = (self.reading.start(), self.part.begin.bytes as u64);
        self.head = Beginning::default();
        self.source.rewind()?;
        self.source.pass_over(skipped)?;
        self.source.append_to(&mut self.head.bytes, start)?;
        match self.head.bytes.len() < start {
            true => Err(Error::usage(format!("{} became shorter while it was read", input(&self.source.path)))),
            false => Ok(()),
        }
    }

    /// One pass over the input that ends in a fold; `target` is where its result will be written. Gives the fold of all
    /// workers too, as far as the run came.
    pub(crate) fn fold_by<F: Fold>(
        &mut self,
        How { on_error, strict, tries, ledger, .. }: How<'_>,
        mut fold: F,
        target: &Target,
        registry: &Registry,
    ) -> (Result<Run>, F) {
        let mut others: Vec<F> = (1..self.plan.workers).map(|_| fold.another()).collect();
        let place = Place::after(0);
        let begin = Begin { place, first_skips: 0, totals: Totals::default(), ledger, checkpoints: None };
        let onto = Onto::new(target, begin);
        let ends = std::iter::once(&mut fold).chain(&mut others).map(|fold| End::Fold(fold));
        let rules = Rules { on_error, strict, tries: if tries { Tries::All } else { Tries::None } };
        let run = self.source.undamaged().and_then(|()| self.records_from(rules, ends, onto, registry));
        others.into_iter().for_each(|other| fold.merge(other));
        (run, fold)
    }

    /// One pass over the input, with a policy of its own for bad records, and from where another run stopped.
    pub(crate) fn pass_by(
        &mut self,
        How { on_error, strict, ledger, resumable, .. }: How<'_>,
        writing: &dyn WriteFormat,
        target: &Target,
        registry: &Registry,
    ) -> Result<Run> {
        let frame = writing.frame();
        self.source.undamaged()?;
        let from = resumable.and_then(|resumable| resumable.from.as_ref());
        if from.is_none() {
            target.write(&frame.prefix, 0)?;
        }
        let (every, workers) = (self.settings.checkpoint_every, self.plan.workers);
        let begin = Begin {
            place: from.map_or(Place::after(frame.prefix.len()), Entry::place),
            first_skips: frame.first_skips,
            totals: from.map_or_else(Totals::default, Entry::totals),
            ledger,
            checkpoints: resumable.map(|resumable| {
                (&resumable.journal, Tracker::new(every, from, &frame.prefix, workers, self.route.seen.clone()))
            }),
        };
        let start = from.map(|entry| entry.input as usize);
        let place = Onto { start, ..Onto::new(target, begin) };
        let rules = Rules { on_error, strict, tries: Tries::Others };
        let mut run = self.records_from(rules, encoders(writing), place, registry)?;
        run.bytes_out = write_end(&frame, run.totals.records_out, target, run.place)?;
        Ok(run)
    }

    /// Writes the records of the source, from a place of the output on.
    pub(crate) fn records(
        &mut self,
        writing: &dyn WriteFormat,
        target: &Target,
        registry: &Registry,
        place: Place,
        first_skips: usize,
        ledger: &mut Ledger,
    ) -> Result<Run> {
        let ledger = Some(ledger);
        let begin = Begin { place, first_skips, totals: Totals::default(), ledger, checkpoints: None };
        let written_before = registry.with_done(|done| done.written_bytes);
        let onto = Onto { written_before, ..Onto::new(target, begin) };
        self.records_from(self.rules(), encoders(writing), onto, registry)
    }

    /// Writes the records of the source to the parts of an output that is split.
    pub(crate) fn split(&mut self, split: &mut Split, registry: &Registry, ledger: &mut Ledger) -> Result<Run> {
        self.without_target(std::iter::once(End::Split(split)), registry, ledger)
    }

    /// Takes the records of a part of the source to those who sort them.
    pub(crate) fn sort(
        &mut self,
        sorters: &mut [Sorter],
        stretch: Stretch,
        registry: &Registry,
        ledger: &mut Ledger,
    ) -> Result<Run> {
        let Stretch { from, totals, counted, until, done } = stretch;
        let (target, place, ledger) = (Target::memory(), Place::after(0), Some(ledger));
        let begin = Begin { place, first_skips: 0, totals, ledger, checkpoints: None };
        let (start, line) = (from.map(|from| from.at as usize), from.map_or(0, |from| from.line));
        let onto = Onto { start, line, until, counted, done, ..Onto::new(&target, begin) };
        let run = self.records_from(self.rules(), sorters.iter_mut().map(End::Sort), onto, registry)?;
        // A small source has fewer workers. The others number the slices of the next one alike.
        let before = sorters.iter().map(|sorter| sorter.before).max().unwrap_or_default();
        sorters.iter_mut().for_each(|sorter| sorter.before = before);
        Ok(run)
    }

    /// Takes the records of the source to windows, which write records of their own from a place of the output on.
    pub(crate) fn time_windows(
        &mut self,
        windows: &mut TimeWindows,
        target: &Target,
        registry: &Registry,
        place: Place,
        ledger: &mut Ledger,
    ) -> Result<Run> {
        let (first_skips, ledger) = (windows.frame().first_skips, Some(ledger));
        let begin = Begin { place, first_skips, totals: Totals::default(), ledger, checkpoints: None };
        let written_before = registry.with_done(|done| done.written_bytes);
        let onto = Onto { written_before, ..Onto::new(target, begin) };
        let rules = Rules { tries: Tries::None, ..self.rules() };
        self.records_from(rules, std::iter::once(End::TimeWindows(windows)), onto, registry)
    }

    /// Adds the records of the source to totals that are written while they come.
    pub(crate) fn totals_so_far(&mut self, so_far: &SoFar, registry: &Registry, ledger: &mut Ledger) -> Result<Run> {
        self.without_target(std::iter::once(End::Fold(&mut Adding(so_far))), registry, ledger)
    }

    /// Takes the records of the source to the ends of the workers, which write them elsewhere or later.
    fn without_target<'e>(
        &mut self,
        ends: impl Iterator<Item = End<'e>>,
        registry: &Registry,
        ledger: &mut Ledger,
    ) -> Result<Run> {
        let target = Target::memory();
        let ledger = Some(ledger);
        let begin =
            Begin { place: Place::after(0), first_skips: 0, totals: Totals::default(), ledger, checkpoints: None };
        let onto = Onto::new(&target, begin);
        self.records_from(self.rules(), ends, onto, registry)
    }

    /// How records are written.
    fn rules(&self) -> Rules {
        Rules { on_error: self.settings.on_error, strict: self.settings.strict, tries: Tries::Others }
    }

    /// A pass over the source begins to be counted and shown.
    fn begin_pass(&self, registry: &Registry, buffers: usize, onto: &Onto<'_>) -> Arc<Pass> {
        let plan = &self.plan;
        let pass = registry.begin(metrics::Begin {
            input_size: self.source.known_len(),
            workers: plan.workers,
            buffers,
            written_before: onto.written_before,
            read_before: onto.start.unwrap_or(0) as u64,
            counted: onto.counted,
            buffer_bytes: plan.buffers(),
            codec: plan.codec(),
            makes: false,
            planned: Some(plan.planned()),
            source: Some(&*self.source.path).filter(|path| path.as_os_str() != "-"),
        });
        if let Some(progress) = &self.settings.progress {
            progress.begin_pass(&pass);
        }
        pass
    }

    /// Counts what is lost in every record alike, and what is known only at the end; `whole`: no other pass follows.
    fn count_lost(&self, totals: &mut Totals, whole: bool) {
        if whole {
            totals.lossy.count_many(LossyKind::InvalidUtf8Replaced, self.reading.replaced());
            totals.lossy.count_many(LossyKind::DuplicateKey, self.reading.doubled());
            totals.lossy.count_many(LossyKind::UnknownKey, self.route.left_out * totals.records_out);
            totals.lossy.count_many(LossyKind::FieldNotInSchema, self.route.not_in_schema * totals.records_in);
        }
        if let Some(decoded) = &self.source.decoded {
            totals.lossy.count_many(LossyKind::InvalidUtf8Replaced, decoded.replaced.load(Relaxed));
        }
    }

    /// Takes the records of the source to the ends of the workers, perhaps from one on that is not the first.
    fn records_from<'e>(
        &mut self,
        Rules { on_error, strict, tries }: Rules,
        ends: impl Iterator<Item = End<'e>>,
        onto: Onto<'_>,
        registry: &Registry,
    ) -> Result<Run> {
        if std::mem::replace(&mut self.begun, true) {
            self.rewind()?;
        }
        let kept_end = self.end_of_kept()?;
        let plan = &self.plan;
        let (mut pool, buffers) = (Pool::new(), plan.workers + plan.ring);
        pool.stock(plan.buffer, buffers)?;
        let pass = self.begin_pass(registry, buffers, &onto);
        let Onto { target, mut begin, start, line, until, done, .. } = onto;
        begin.totals.skipped = self.skipped_records();
        let (began, before) = (begin.place.offset, begin.totals.before());
        let keeps = begin.ledger.as_ref().is_some_and(|ledger| ledger.quarantine.is_some());
        let committer = Committer::new(target, begin, &pass, pool, buffers);
        // One worker after the other: parts of different workers that lie side by side would share cache lines, which
        // costs two workers a tenth of their speed.
        let ends = (0..plan.workers).zip(ends);
        let tried = self.tried(tries)?;
        let trial = || self.trial(tried.as_deref()?, tries == Tries::All);
        let workers: Vec<_> = ends.map(|(index, end)| Mutex::new(self.worker(index, before, end, trial()))).collect();
        let room = Room::new(plan, &self.budget);
        let first_line = match line {
            0 if keeps || self.route.is_ordered() => self.line_of(start),
            0 => self.first_line(),
            line => line,
        };
        let (marked, len) = (self.source.marked(), self.source.known_len());
        let narrow = narrow(self.settings, self.route.to);
        let Reach { path: source, bytes } = self.source.reach();
        let map = bytes.map();
        let begin = From { start, part: self.part, records: self.settings.skip.records };
        let feed = feed(bytes, take(&mut self.head), &*self.reading, plan, &room, begin)?;
        let feed = match &self.replay {
            Some(section) => feed.within(section.end(), section.longest_line(plan.max_record)),
            None => feed.lenient(on_error != OnError::Fail),
        };
        let lines = self.route.from.lines();
        let feed = feed
            .enough(kept_end.map_or(u64::MAX, |(end, _)| end))
            .until(until)
            .in_lines(lines, first_line)
            .controlled(self.settings.stop.as_ref(), Some(pass.clone()));
        let ops: Vec<_> = self.route.ops.iter().cloned().zip(self.route.op_numbers()).collect();
        if plan.memory_limit < sizes::TIGHT || len.is_none_or(|len| len > LARGE) {
            sys::forget_code(Done::Planned);
        }
        let shared = Shared {
            feed: Gate::new(feed, plan, room),
            committer,
            governor: Governor::new(plan, &pass, &self.budget, self.settings.pressure.as_ref()),
            source,
            number: self.number,
            map,
            len,
            lines,
            schema: self.route.schema.as_ref(),
            tested: tested_of(&self.route, self.settings).and_then(|tested| {
                let (schema, made, utf8) = (&tested.schema, tested.made.len(), tested.want.utf8);
                Some(Tested { schema, made, copies: self.route.pass_through?, utf8 })
            }),
            renamed: self.route.schema.as_ref().and(self.route.names.as_ref()),
            ops: &ops,
            seen: &self.route.seen,
            untyped_is_text: self.settings.options.types == Types::Text,
            on_error,
            replay: self.replay.as_ref(),
            narrow,
            strict,
            lenient: self.settings.strict && self.settings.on_error == OnError::Fail && !self.settings.rows.are_all(),
            max_record: plan.max_record,
            marked,
            pass: &pass,
        };
        let ready = run_workers(&workers, &shared)?;
        let (feed, events) = (shared.feed.into_inner(), shared.governor.into_events());
        let (mut bytes_in, paused) = (feed.offset(), feed.paused());
        drop(feed);
        let (slices, outcome) = shared.committer.finish();
        for worker in workers {
            let worker = worker.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
            self.still_wanted = worker.wanted;
            worker.end.ended(slices);
        }
        let (mut totals, place) = outcome.map_err(|error| match error.is_unknown_key() {
            // The run may begin anew: the line is looked for where the error is the last word.
            true => error,
            false => self.tell(error),
        })?;
        if let Some((_, read)) = kept_end {
            read.add_rest(&mut totals);
            bytes_in = read.bytes;
            pass.read_all(bytes_in);
        }
        // Behind the last read, and before the output looks like a whole one.
        self.source.unchanged()?;
        self.refuse_unfinished()?;
        self.count_lost(&mut totals, paused.is_none() && !done);
        pass.committed(&totals.committed(target.left(place.offset)));
        let bytes_in = self.source.read_to(bytes_in);
        Ok(Run { written: None, totals, bytes_in, bytes_out: place.offset - began, place, ready, events, paused })
    }
}

/// The fields that are enough for conditions and the keys of sorted records; none where another one may name the part of a
/// record.
fn tested_of<'r>(route: &'r Route, settings: &Settings) -> Option<&'r route::Tested> {
    route.tested.as_ref().filter(|_| !settings.split || settings.sorted > 0)
}

/// Which records are bad, and what is done about them.
struct Rules {
    on_error: OnError,
    /// Records that lose something are bad.
    strict: bool,
    tries: Tries,
}

/// Which records are encoded on trial.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tries {
    None,
    /// Those that are not written.
    Others,
    All,
}

/// Where records go, and from which one on.
struct Onto<'t> {
    target: &'t Target,
    begin: Begin<'t>,
    /// Where in the source the first one begins, if another run wrote those before it.
    start: Option<usize>,
    /// Its line, if that is known; else 0.
    line: u64,
    /// Records from here on are left for another pass.
    until: Option<u64>,
    /// What other sources wrote to the target.
    written_before: u64,
    /// What an earlier pass of this run has counted.
    counted: metrics::Counted,
    /// An earlier run has read the source to its end.
    done: bool,
}

impl<'t> Onto<'t> {
    /// From the first record on.
    fn new(target: &'t Target, begin: Begin<'t>) -> Onto<'t> {
        let counted = metrics::Counted::default();
        Onto { target, begin, start: None, line: 0, until: None, written_before: 0, counted, done: false }
    }
}

/// Writes what comes after the last record. Gives the length of the whole output.
pub(crate) fn write_end(frame: &Frame, records: u64, target: &Target, place: Place) -> Result<u64> {
    let suffix = if records == 0 && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
    target.write(suffix, place.offset)?;
    Ok(place.offset + suffix.len() as u64)
}

/// The encoding of the output, if it does not have every character.
pub(crate) fn narrow(settings: &Settings, to: Format) -> Option<Narrow> {
    let encoding = settings.out_encoding.filter(|encoding| !encoding.has_all());
    encoding.map(|encoding| Narrow {
        characters: encoding.characters(),
        has_ascii: encoding.has_ascii(),
        keys: !to.is_tabular(),
    })
}

/// A larger source takes so long to read that fetching code again costs nothing beside it, in bytes.
const LARGE: u64 = 16 << 20;

/// Where a run begins.
pub(crate) struct From {
    /// Where a record begins, if it is not the first one.
    pub start: Option<usize>,
    /// The part of the source that is read.
    pub part: Part,
    /// How many records after the header are passed over.
    pub records: u64,
}

/// The cursor of a run.
pub(crate) fn feed<'f>(
    bytes: Bytes<'f>,
    head: Beginning,
    reading: &dyn ReadFormat,
    plan: &Plan,
    room: &Room,
    begin: From,
) -> Result<Feed<'f>> {
    let From { start, part, records } = begin;
    // What was passed over of a stream is not in its head.
    let skipped = part.begin.bytes;
    let at = start.unwrap_or(skipped + reading.start());
    let input = Input::new(bytes, head, at - skipped, plan)?;
    let cutter = match (start, records) {
        (None, 1..) => SkipRecords::before(reading, records)?,
        (None, 0) => reading.cutter(),
        (Some(_), _) => reading.cutter_behind(),
    };
    let feed = Feed::new(input, at, cutter, plan, room.clone());
    Ok(match part.end {
        Some(end) => feed.within(end.max(at), plan.max_record),
        None => feed,
    })
}

/// An encoder for each worker that asks for one.
fn encoders<'e>(writing: &dyn WriteFormat) -> impl Iterator<Item = End<'e>> {
    std::iter::repeat_with(|| End::Encode(writing.encoder()))
}

/// Runs every worker until the input ends. One broadcast; a single worker needs no thread.
fn run_workers(workers: &[Mutex<Worker<'_>>], shared: &Shared<'_>) -> Result<audit::Counts> {
    let run = |index: usize| {
        workers[index].lock().unwrap_or_else(|poisoned| poisoned.into_inner()).run(shared);
    };
    if workers.len() == 1 {
        let ready = audit::counts();
        shared.pass.ready(ready.blocks);
        run(0);
        return Ok(ready);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers.len())
        .thread_name(|index| format!("pagemill-{index}"))
        .build()
        .map_err(|e| {
            Error::memory(format!("can't start {}: {e}\n  Lower ⟨workers⟩.", counted(workers.len() as u64, "worker")))
        })?;
    let ready = audit::counts();
    shared.pass.ready(ready.blocks);
    pool.broadcast(|context| run(context.index()));
    Ok(ready)
}
