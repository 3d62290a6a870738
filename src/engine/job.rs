//! A job: a source, settings, a target.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::commit::{Committer, Place};
use super::feed::{Feed, Input, read_head};
use super::open::{open_target, open_text};
use super::pass::PassThrough;
use super::phases::Phases;
use super::plan::{Plan, Wishes};
use super::route::Route;
use super::settings::{OnError, Settings, SourceSpec, TargetSpec};
use super::sum::Sum;
use super::totals::Totals;
use super::wordcount::WordCount;
use super::worker::{Shared, Worker};
use crate::error::{Error, Position, Result};
use crate::format::{self, Columns, Format, Frame, OpenError, Opening, ReadFormat, UnknownKey, WriteFormat};
use crate::memory::{Arena, Budget, audit};
use crate::metrics::{FileReport, Report};
use crate::record::LossyKind;
use crate::source::{Bytes, Decoded, Source};
use crate::sys::Map;
use crate::target::Target;

/// A conversion that is ready to run.
pub struct Job {
    /// Where bytes come from.
    pub source: SourceSpec,
    /// Where bytes go.
    pub target: TargetSpec,
    /// Everything else.
    pub settings: Settings,
}

impl Job {
    /// Says how the job would run, without running it: the memory plan and the concrete choices.
    pub fn explain(self) -> Result<String> {
        let opened = Opened::new(self.source, &self.target, &self.settings)?;
        let route = &opened.route;
        let mut text = format!("source           {}\n", opened.source.path.display());
        text += &format!("formats          {} to {}\n", route.from, route.to);
        text += &format!("read by          {}\n", if opened.plan.streamed { "reading" } else { "mapping" });
        if let Some(decoded) = &opened.source.decoded {
            text += &format!("decoded from     {}\n", decoded.encoding.name());
        }
        text += &format!(
            "records          {}\n",
            if route.pass_through { "passed through" } else { "decoded and encoded" }
        );
        let ops: Vec<_> = route.ops.iter().map(|op| op.name()).collect();
        text += &format!("ops              {}\n", if ops.is_empty() { "none".into() } else { ops.join(", ") });
        text += &opened.plan.explain();
        Ok(text)
    }

    /// Runs the job.
    ///
    /// # Errors
    /// See [`ErrorClass`](crate::error::ErrorClass). After an error there is no file under the target's name.
    pub fn run(self) -> Result<Report> {
        let started = Instant::now();
        let mut sum = Sum::new();
        let memory_limit = self.settings.memory_limit;
        let (done, output) = self.run_into(&mut sum)?;
        let stream = |path: &PathBuf| path.as_os_str() != "-";
        let (source, target) = (Some(done.source).filter(stream), done.target);
        Ok(Report { source, target, output, elapsed: started.elapsed(), ..sum.report(memory_limit) })
    }

    /// Runs the job and adds what it did to `sum`. Gives the bytes of a memory target too.
    pub(super) fn run_into(self, sum: &mut Sum) -> Result<(FileReport, Vec<u8>)> {
        let before = audit::counts();
        let settings = self.settings;
        let mut opened = Opened::new(self.source, &self.target, &settings)?;
        let target = open_target(self.target, [&*opened.source.path], &settings)?;
        let plan = opened.plan.clone();
        let budget = Budget::new(plan.memory_limit);
        let _reserved = plan.reserve(&budget)?;
        let phases = Phases::new(plan.workers);
        let place = target.file_path().map(Into::into);
        let run = opened.convert(&target, &phases)?;
        let output = target.finish()?;
        sum.add(&opened, &run, &phases, &before);
        sum.warnings.extend_from_slice(opened.reading.warnings());
        sum.bytes_out += run.bytes_out;
        Ok((run.file(&opened.source.path, place), output))
    }
}

/// A source that was looked at, and how it will be converted.
pub(super) struct Opened<'s> {
    pub settings: &'s Settings,
    pub source: Source,
    /// What was read of a stream to look at it.
    pub head: Vec<u8>,
    pub reading: Box<dyn ReadFormat>,
    pub route: Route,
    pub plan: Plan,
}

/// What a run came to.
pub(super) struct Run {
    pub totals: Totals,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How far the output is, without what comes behind the records.
    pub place: Place,
    /// The heap just before the first slice.
    pub ready: audit::Counts,
}

impl Run {
    /// What is reported of the source by itself.
    pub fn file(&self, source: &Path, target: Option<PathBuf>) -> FileReport {
        FileReport {
            source: source.to_path_buf(),
            target,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            records_in: self.totals.records_in,
            records_out: self.totals.records_out,
            records_failed: self.totals.records_failed,
            error: None,
        }
    }
}

impl<'s> Opened<'s> {
    pub fn new(source: SourceSpec, target: &TargetSpec, settings: &'s Settings) -> Result<Opened<'s>> {
        let path = match &source {
            SourceSpec::Path(path) => Some(path.as_path()),
            _ => None,
        };
        let from = format::source_format(settings.from, path)?;
        let path = match target {
            TargetSpec::Path(path) => Some(path.as_path()),
            _ => None,
        };
        let to = format::target_format(settings.to, path, from)?;
        let mut source = open_text(source, from, settings)?;
        let (streamed, input) = match &source.bytes {
            Bytes::Mapped(map) => (false, Some(map.bytes().len() as u64)),
            Bytes::Stream(_) => (true, None),
        };
        let plan = Plan::new(&Wishes {
            workers: settings.workers,
            slice_size: settings.slice_size,
            memory_limit: settings.memory_limit,
            max_record: settings.max_record_size,
            streamed,
            input,
            buffer_min: format::whole_record(to, &settings.options),
        })?;
        let mut options = settings.options.clone();
        options.max_record = plan.max_record;
        options.strict = settings.strict;
        let path = source.path.clone();
        let look = |head: &[u8], end: bool| match format::open(from, &options, head, end) {
            Ok(Opening::Ready(reading)) => Ok(Some(reading)),
            Ok(Opening::More) => Ok(None),
            Err(OpenError::Usage(error)) => Err(error),
            Err(OpenError::Data(error)) => {
                Err(Error::data(Position { file: path.clone(), record: 0, offset: error.offset as u64 }, error))
            }
        };
        let (head, reading) = match &mut source.bytes {
            Bytes::Mapped(map) => {
                let reading = look(map.bytes(), true)?.ok_or_else(|| Error::usage("the source has no beginning"))?;
                (Vec::new(), reading)
            }
            Bytes::Stream(stream) => {
                read_head(stream, &source.path, plan.max_record, look).map_err(|error| tell(error, &source.decoded))?
            }
        };
        let route = Route::new(settings, from, to, &*reading)?;
        Ok(Opened { settings, source, head, reading, route, plan })
    }

    /// Converts everything; starts over when a header that was taken from the beginning turns out to lack a key.
    fn convert(&mut self, target: &Target, phases: &Phases) -> Result<Run> {
        let (header, certain) = self.header(target)?;
        let writing = self.writing(header)?;
        match self.pass(&*writing, target, phases) {
            Err(error) if error.is_unknown_key() && !certain => {
                let keys = Columns { schema: self.all_keys()?, unknown: UnknownKey::Refuse };
                target.restart()?;
                let writing = self.writing(Some(keys))?;
                self.pass(&*writing, target, phases)
            }
            outcome => outcome,
        }
    }

    pub(super) fn writing(&self, header: Option<Columns>) -> Result<Box<dyn WriteFormat>> {
        let route = &self.route;
        if self.settings.word_count {
            return Ok(Box::new(WordCount::new(route.from == Format::Text)));
        }
        if route.pass_through {
            let start = self.reading.start();
            let prefix = match &self.source.bytes {
                Bytes::Mapped(map) => &map.bytes()[..start],
                Bytes::Stream(_) => &self.head[..start],
            };
            return Ok(Box::new(PassThrough { prefix: prefix.to_vec() }));
        }
        let mut options = self.settings.options.clone();
        options.strict = self.settings.strict;
        options.max_record = self.plan.max_record;
        format::create(route.to, &options, &route.shape(), header, route.from)
    }

    fn worker(&self, writing: &dyn WriteFormat) -> Worker {
        Worker {
            decoder: self.reading.decoder(&self.route.want),
            encoder: writing.encoder(),
            arena: Arena::new(self.plan.arena, self.plan.arena_limit),
            window: Vec::new(),
        }
    }

    /// One pass over the input.
    pub(super) fn pass(&mut self, writing: &dyn WriteFormat, target: &Target, phases: &Phases) -> Result<Run> {
        self.pass_by(self.settings.on_error, writing, target, phases)
    }

    /// One pass over the input, with a policy of its own for bad records.
    pub(super) fn pass_by(
        &mut self,
        on_error: OnError,
        writing: &dyn WriteFormat,
        target: &Target,
        phases: &Phases,
    ) -> Result<Run> {
        let frame = writing.frame();
        target.write(&frame.prefix, 0)?;
        let place = Place::behind(frame.prefix.len());
        let mut run = self.records(on_error, writing, target, phases, (place, frame.first_skips))?;
        run.bytes_out = write_end(&frame, writing, run.totals.records_out, target, run.place)?;
        Ok(run)
    }

    /// Writes the records of the source, from a place of the output on.
    pub(super) fn records(
        &mut self,
        on_error: OnError,
        writing: &dyn WriteFormat,
        target: &Target,
        phases: &Phases,
        (begin, first_skips): (Place, usize),
    ) -> Result<Run> {
        let plan = &self.plan;
        let buffers = (0..plan.workers + plan.ring).map(|_| vec![0; plan.buffer].into_boxed_slice()).collect();
        let committer = Committer::new(target, begin, first_skips, buffers, Totals::new());
        let workers: Vec<_> = (0..plan.workers)
            .map(|_| {
                let mut worker = self.worker(writing);
                if plan.streamed {
                    worker.window.reserve_exact(plan.slice_size + plan.slice_size / 4);
                }
                Mutex::new(worker)
            })
            .collect();
        let (feed, map) = feed(&mut self.source.bytes, &mut self.head, &*self.reading, plan);
        let shared = Shared {
            feed: Mutex::new(feed),
            committer,
            source: &self.source.path,
            map,
            schema: self.route.schema.as_ref(),
            ops: &self.route.ops,
            on_error,
            strict: self.settings.strict,
            max_record: plan.max_record,
            phases,
        };
        let ready = run_workers(&workers, &shared)?;
        let bytes_in = shared.feed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).offset();
        let about = &self.source.decoded;
        let (mut totals, place) = shared.committer.finish().map_err(|error| tell(error, about))?;
        if let Some(decoded) = about {
            totals.lossy.count_many(LossyKind::InvalidUtf8Replaced, decoded.replaced.load(Relaxed));
        }
        Ok(Run { totals, bytes_in, bytes_out: place.offset - begin.offset, place, ready })
    }
}

/// Writes what comes behind the last record. Gives the length of the whole output.
pub(super) fn write_end(
    frame: &Frame,
    writing: &dyn WriteFormat,
    records: u64,
    target: &Target,
    place: Place,
) -> Result<u64> {
    let suffix = if records == 0 && !frame.empty.is_empty() { &frame.empty } else { &frame.suffix };
    let mut len = place.offset;
    for end in [suffix, &writing.ending()] {
        target.write(end, len)?;
        len += end.len() as u64;
    }
    Ok(len)
}

/// Places in decoded text are not those of the source.
fn tell(error: Error, decoded: &Option<Decoded>) -> Error {
    match decoded {
        Some(decoded) => error.in_decoded(decoded.encoding.name()),
        None => error,
    }
}

/// The cursor of a run, and what is mapped.
pub(super) fn feed<'f>(
    bytes: &'f mut Bytes,
    head: &mut Vec<u8>,
    reading: &dyn ReadFormat,
    plan: &Plan,
) -> (Feed<'f>, Option<&'f Map>) {
    let (start, slice_size) = (reading.start(), plan.slice_size);
    let (input, map) = match bytes {
        Bytes::Mapped(map) => (Input::Mapped(map), Some(&*map)),
        Bytes::Stream(stream) => {
            let mut carry = std::mem::take(head);
            carry.drain(..start);
            carry.reserve_exact((slice_size + slice_size / 4).saturating_sub(carry.len()));
            (Input::Stream(stream, carry), None)
        }
    };
    (Feed::new(input, start, reading.cutter(), slice_size, plan.max_record), map)
}

/// Runs every worker until the input ends. One broadcast; a single worker needs no thread.
fn run_workers(workers: &[Mutex<Worker>], shared: &Shared<'_>) -> Result<audit::Counts> {
    let run = |index: usize| {
        workers[index].lock().unwrap_or_else(|poisoned| poisoned.into_inner()).run(shared);
    };
    if workers.len() == 1 {
        let ready = audit::counts();
        run(0);
        return Ok(ready);
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers.len())
        .thread_name(|index| format!("pagemill-{index}"))
        .build()
        .map_err(|e| Error::usage(format!("can't start {} workers: {e}", workers.len())))?;
    let ready = audit::counts();
    pool.broadcast(|context| run(context.index()));
    Ok(ready)
}
