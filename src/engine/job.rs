//! A job: a source, settings, a target.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use super::checkpoint::{Entry, Resumable, Tracker};
use super::commit::{Begin, Committer, Place};
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
use crate::compress::{Codec, Compress, Compression};
use crate::error::{Error, Position, Result};
use crate::format::{self, Columns, Format, Frame, OpenError, Opening, ReadFormat, UnknownKey, WriteFormat};
use crate::memory::{Arena, Budget, audit};
use crate::metrics::{FileReport, Report};
use crate::record::{LossyKind, Schema};
use crate::source::{Bytes, Decoded, Source, damage};
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
        if let Some(unpacking) = &opened.plan.unpacking {
            text += &format!("decompressed     {unpacking}\n");
        }
        if let Some(packing) = &opened.plan.packing {
            text += &format!("compressed       {packing}\n");
        }
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
        if let Some(stop) = &settings.stop {
            stop.check().map_err(|e| Error::io("start", "the job", e))?;
        }
        let mut opened = Opened::new(self.source, &self.target, &settings)?;
        let mut resumable = Resumable::open(&opened, &self.target, &settings)?;
        let mut target = match &resumable {
            Some(resumable) => resumable.target(settings.force).inspect_err(|_| resumable.give_up())?,
            None => open_target(self.target, [&*opened.source.path], &settings)?,
        };
        let plan = opened.plan.clone();
        if let Some(packing) = &plan.packing {
            target = target.packed(packing)?;
        }
        let budget = Budget::new(plan.memory_limit);
        let _reserved = plan.reserve(&budget)?;
        let phases = Phases::new(plan.workers);
        let place = target.file_path().map(Into::into);
        sum.resumed_from = resumable.as_ref().and_then(|resumable| resumable.from.as_ref()).map(|entry| entry.input);
        let run = opened.convert(&target, &phases, resumable.as_mut()).map_err(|error| opened.source.blame(error));
        let (run, output) = match (run, resumable.take()) {
            (Ok(mut run), resumable) => {
                run.bytes_out = target.flush()?.unwrap_or(run.bytes_out);
                let output = target.finish()?;
                resumable.map_or(Ok(()), |resumable| resumable.remove())?;
                (run, output)
            }
            (Err(error), None) => return Err(error),
            (Err(error), Some(resumable)) => return Err(resumable.fail(target, error)),
        };
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
    /// Something of a stream was handed out.
    begun: bool,
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
        let source = open_text(source, from, settings)?;
        let compression = match settings.compress {
            Compress::Auto => path.and_then(Codec::from_path).map(Compression::from),
            Compress::None => None,
            Compress::As(compression) => Some(compression),
        };
        Opened::look(source, (from, to), compression, settings)
    }

    /// Looks at the beginning of a source.
    fn look(
        mut source: Source,
        (from, to): (Format, Format),
        compression: Option<Compression>,
        settings: &'s Settings,
    ) -> Result<Opened<'s>> {
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
            packed: source.packed(),
            compression,
        })?;
        if let (Bytes::Stream(stream), Some(unpacking)) = (&mut source.bytes, plan.unpacking) {
            stream.unpack(unpacking).map_err(|e| Error::io("decompress", &source.path, e))?;
        }
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
                let found = look(map.bytes(), true).map_err(|e| damage(map, &source.path, u64::MAX).unwrap_or(e))?;
                (Vec::new(), found.ok_or_else(|| Error::usage("the source has no beginning"))?)
            }
            Bytes::Stream(stream) => {
                read_head(stream, &source.path, plan.max_record, look).map_err(|error| tell(error, &source.decoded))?
            }
        };
        let route = Route::new(settings, from, to, &*reading)?;
        Ok(Opened { settings, source, head, reading, route, plan, begun: false })
    }

    /// Converts everything; starts over when a header that was taken from the beginning turns out to lack a key.
    fn convert(&mut self, target: &Target, phases: &Phases, mut resumable: Option<&mut Resumable>) -> Result<Run> {
        let on_error = self.settings.on_error;
        let (header, certain) = match resumable.as_mut().and_then(|resumable| resumable.columns.take()) {
            Some(names) => (Some(Columns { schema: Schema::new(names), unknown: self.route.unknown_key() }), false),
            None => self.header(target)?,
        };
        if let Some(resumable) = resumable.as_deref_mut() {
            resumable.start(header.as_ref().map(names))?;
        }
        let writing = self.writing(header)?;
        match self.pass_by(How { on_error, resumable: resumable.as_deref() }, &*writing, target, phases) {
            Err(error) if error.is_unknown_key() && !certain => {
                let keys = self.all_columns()?;
                target.restart()?;
                if let Some(resumable) = resumable.as_deref_mut() {
                    resumable.restart(names(&keys))?;
                }
                let writing = self.writing(Some(keys))?;
                self.pass_by(How { on_error, resumable: resumable.as_deref() }, &*writing, target, phases)
            }
            outcome => outcome,
        }
    }

    /// The keys of the whole input as columns.
    fn all_columns(&mut self) -> Result<Columns> {
        Ok(Columns { schema: self.all_keys()?, unknown: UnknownKey::Refuse })
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
        self.pass_by(How { on_error: self.settings.on_error, resumable: None }, writing, target, phases)
    }

    /// Begins a compressed file anew.
    fn rewind(&mut self) -> Result<()> {
        let Bytes::Stream(stream) = &mut self.source.bytes else { return Ok(()) };
        let start = self.reading.start();
        self.head.clear();
        let again = stream.rewind().and_then(|()| stream.read_to(&mut self.head, start));
        again.map_err(|e| Error::read(&self.source.path, e))?;
        match self.head.len() < start {
            true => Err(Error::usage(format!("{} became shorter while it was read", self.source.path.display()))),
            false => Ok(()),
        }
    }

    /// One pass over the input, with a policy of its own for bad records, and from where another run stopped.
    pub(super) fn pass_by(
        &mut self,
        How { on_error, resumable }: How<'_>,
        writing: &dyn WriteFormat,
        target: &Target,
        phases: &Phases,
    ) -> Result<Run> {
        let frame = writing.frame();
        if let Bytes::Mapped(map) = &self.source.bytes
            && let Some(error) = damage(map, &self.source.path, u64::MAX)
        {
            // What was found in the beginning may come from zeros.
            return Err(error);
        }
        let from = resumable.and_then(|resumable| resumable.from.as_ref());
        if from.is_none() {
            target.write(&frame.prefix, 0)?;
        }
        let every = self.settings.checkpoint_every;
        let begin = Begin {
            place: from.map_or(Place::behind(frame.prefix.len()), Entry::place),
            first_skips: frame.first_skips,
            totals: from.map_or_else(Totals::new, Entry::totals),
            checkpoints: resumable.map(|resumable| (&resumable.journal, Tracker::new(every, from, &frame.prefix))),
            progress: self.settings.progress.as_ref(),
        };
        let start = from.map(|entry| entry.input as usize);
        let mut run = self.records_from(on_error, writing, target, phases, (begin, start))?;
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
        (place, first_skips): (Place, usize),
    ) -> Result<Run> {
        let progress = self.settings.progress.as_ref();
        let begin = Begin { place, first_skips, totals: Totals::new(), checkpoints: None, progress };
        self.records_from(on_error, writing, target, phases, (begin, None))
    }

    /// The same, from a record of the source on that is not the first one.
    fn records_from(
        &mut self,
        on_error: OnError,
        writing: &dyn WriteFormat,
        target: &Target,
        phases: &Phases,
        (begin, start): (Begin<'_>, Option<usize>),
    ) -> Result<Run> {
        if std::mem::replace(&mut self.begun, true) {
            self.rewind()?;
        }
        let plan = &self.plan;
        let began = begin.place.offset;
        let buffers = (0..plan.workers + plan.ring).map(|_| vec![0; plan.buffer].into_boxed_slice()).collect();
        let committer = Committer::new(target, begin, buffers);
        let workers: Vec<_> = (0..plan.workers)
            .map(|_| {
                let mut worker = self.worker(writing);
                if plan.streamed {
                    worker.window.reserve_exact(plan.slice_size + plan.slice_size / 4);
                }
                Mutex::new(worker)
            })
            .collect();
        let (feed, map) = feed(&mut self.source.bytes, &mut self.head, &*self.reading, plan, start);
        let feed = feed.controlled(self.settings.stop.as_ref(), self.settings.progress.as_ref());
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
        // Behind the last read, and before the output looks like a whole one.
        self.source.unchanged()?;
        if let Some(decoded) = about {
            totals.lossy.count_many(LossyKind::InvalidUtf8Replaced, decoded.replaced.load(Relaxed));
        }
        Ok(Run { totals, bytes_in, bytes_out: place.offset - began, place, ready })
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

/// How a pass is made.
pub(super) struct How<'h> {
    /// What a bad record does.
    pub on_error: OnError,
    /// Checkpoints are written, and perhaps there are some.
    pub resumable: Option<&'h Resumable>,
}

/// The names of columns; keys of JSON are text.
fn names(columns: &Columns) -> Vec<String> {
    columns.schema.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// The cursor of a run, and what is mapped. `start` is where a record begins, if it is not the first one.
pub(super) fn feed<'f>(
    bytes: &'f mut Bytes,
    head: &mut Vec<u8>,
    reading: &dyn ReadFormat,
    plan: &Plan,
    start: Option<usize>,
) -> (Feed<'f>, Option<&'f Map>) {
    let (start, slice_size) = (start.unwrap_or(reading.start()), plan.slice_size);
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
