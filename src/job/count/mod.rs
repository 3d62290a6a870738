//! Counting a whole source: lines, words, characters, bytes, and records of a format.

mod claims;
mod counted;
mod explain;
mod parts;
mod records;
mod sources;
mod text;
mod unpack;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::compress::Decompress;
use crate::error::{Error, Result};
use crate::job::again;
use crate::job::doubles::Deduping;
use crate::job::open::tell_again;
use crate::job::open::{as_text, open_source, refuse_source};
use crate::job::opened::Opened;
use crate::job::settings::{Io, OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::job::sum::Sum;
use crate::metrics::{Registry, Report};
use crate::plan::memory::limit_too_low;
use crate::plan::sizes::{BASE, PIECE_MIN};
use crate::quarantine::{Ledger, Quarantine, place_for};
use crate::scan::count::{Counter, Counts};
use crate::sink::TargetSpec;
use crate::source::Stream;
pub use counted::{Counted, What};
pub use explain::explain_count;
use sources::Sources;

/// Counts a source. With an encoding in the settings, the text is counted after it was decoded to UTF-8.
///
/// # Errors
/// Reading fails, or the source is not of its format.
pub fn count(source: SourceSpec, settings: &Settings) -> Result<Counted> {
    counted(source, What::Text, settings)
}

/// Counts the records of a source, of the format that the settings or its extension name.
///
/// CSV records are counted whatever their number of fields, as csv-core would. With `settings.strict`, and where the
/// settings say what a bad record does, records are checked as in a conversion. JSON is always read in full, so
/// malformed JSON is an error.
///
/// # Errors
/// Reading fails, or the source is not of its format.
pub fn count_records(source: SourceSpec, settings: &Settings) -> Result<u64> {
    Ok(counted(source, What::Records, settings)?.records.unwrap_or_default())
}

fn counted(source: SourceSpec, what: What, settings: &Settings) -> Result<Counted> {
    let mut counting = Counting::new(settings, [])?;
    let counted = counting.count(source, what)?;
    counting.finish()?;
    Ok(counted)
}

/// Counts sources one after another. Their bad records share one limit and one quarantine.
pub struct Counting {
    settings: Settings,
    ledger: Ledger,
    /// All records, good and bad.
    records: u64,
    /// Records are checked as in a conversion.
    checks: bool,
    sources: Sources,
}

impl Counting {
    /// Begins to count; none of `sources` may be the quarantine.
    ///
    /// # Errors
    /// Usage: settings about bad records that contradict each other. The quarantine can't be made. Memory: the limit is
    /// lower than what the least count needs.
    pub fn new<'p>(settings: &Settings, sources: impl IntoIterator<Item = &'p SourceSpec>) -> Result<Counting> {
        check_limit(settings)?;
        let place = place_for(settings, &TargetSpec::Memory)?;
        if let Some(place) = &place {
            refuse_source(&place.clone().into(), sources)?;
        }
        let quarantine = place.map(|place| Quarantine::create(place, settings.force, settings.stop.as_ref()));
        let ledger = Ledger::new(settings.max_errors, quarantine.transpose()?, 0);
        if let Some(progress) = &settings.progress {
            progress.begin_job(&Registry::new());
        }
        Ok(Counting { settings: settings.clone(), ledger, records: 0, checks: false, sources: Sources::new() })
    }

    /// Checks records even if no other setting asks for it: the first bad record ends the count of its source. A record
    /// with another number of fields than the header is then bad.
    #[must_use]
    pub fn checking(self, checks: bool) -> Counting {
        Counting { checks, ..self }
    }

    /// Counts a source. After an error, nothing of it is in the quarantine, and other sources can still be counted.
    ///
    /// # Errors
    /// Reading fails, the source is not of its format, or more records are bad than may be.
    pub fn count(&mut self, source: SourceSpec, what: What) -> Result<Counted> {
        let mark = self.ledger.mark();
        // What the source before it counted counts.
        if let Some(progress) = &self.settings.progress {
            progress.job().end();
        }
        let path = source.path().unwrap_or(Path::new("-")).to_path_buf();
        let again = again::settings(&self.settings).zip(source.again()).zip(Some(self.ledger.mark()));
        let counted = match (self.one(source, what), again) {
            (Err(error), Some(((settings, again), before))) if error.is_superseded() => {
                self.ledger.back(before)?;
                let own = std::mem::replace(&mut self.settings, settings);
                let counted = self.one(again, what);
                self.settings = own;
                counted
            }
            (counted, _) => counted,
        };
        match counted {
            Ok(counted) => {
                self.records += counted.records.unwrap_or_default() + counted.failed;
                self.sources.add(path, what, &counted);
                Ok(counted)
            }
            Err(error) if error.is_too_many() => Err(self.ledger.convict(error)),
            Err(error) => self.ledger.back(mark).and(Err(error)),
        }
    }

    /// Adds a source that could not be counted to the report.
    pub fn fail(&mut self, source: PathBuf, error: Error) {
        self.sources.fail(source, error);
    }

    /// Gives the quarantine its final name, if anything is in it, and reports what was counted.
    ///
    /// # Errors
    /// The quarantine can't be written, too large a share of the records was bad, or, if the settings are strict, no record has
    /// a field that they name.
    pub fn finish(mut self) -> Result<Report> {
        let judged = self.ledger.judge(self.records).map_err(|error| tell_again(error, &self.settings));
        if let Err(error) = judged.and_then(|()| self.sources.refuse_names(self.settings.strict)) {
            return Err(self.ledger.convict(error));
        }
        let quarantine = self.ledger.finish()?;
        if let Some(progress) = &self.settings.progress {
            // Records that were decoded went nowhere.
            let job = progress.job();
            job.end();
            job.result(0, 0);
        }
        Ok(self.sources.report(self.settings.memory_limit, quarantine))
    }

    fn one(&mut self, source: SourceSpec, what: What) -> Result<Counted> {
        if what == What::Records {
            return Ok(self.records(source, false)?.0);
        }
        if self.settings.from.is_none() {
            let text = text::count(source, &self.settings, &mut self.sources)?;
            return Ok(Counted { text, bytes_in: text.bytes, ..Counted::default() });
        }
        if source.section().is_some() {
            return Err(Error::usage("the records of a quarantine can only be converted"));
        }
        let Some(path) = source.path().map(Path::to_path_buf) else {
            // What can be read once only is counted on its way to the job.
            return self.streamed(source);
        };
        let (counted, counts) = self.records(source, !self.settings.says_utf8())?;
        let text = match counts {
            Some(counts) => counts,
            None => text::count(path.into(), &self.settings, &mut self.sources)?,
        };
        Ok(Counted { text, bytes_in: text.bytes, ..counted })
    }

    /// Counts the records, and also the text if it is wanted and can be counted in the same pass.
    fn records(&mut self, source: SourceSpec, with_text: bool) -> Result<(Counted, Option<Counts>)> {
        let from = crate::format::source_format(self.settings.from, source.path(), &self.settings.extensions)?;
        let settings = Settings { from: Some(from), to: Some(from), ..self.settings.clone() };
        let is_plain = settings.ops.is_empty() && settings.rows.are_all();
        let mut opened = Opened::only_read(source, &settings)?;
        self.sources.opened(&opened.source);
        self.sources.run_by(from, opened.plan.workers, opened.plan.slice_size);
        self.sources.warn(&opened.source.path, opened.warnings());
        if let Some(deduping) = Deduping::asked(&settings, None)? {
            let mut sum = Sum::new(None);
            opened.choose(Some(deduping), &mut sum).map_err(|error| opened.source.blame(error))?;
            self.sources.spilled = self.sources.spilled.and(sum.spilled);
            self.sources.warn(&opened.source.path, sum.warnings.into_iter());
        }
        // To leave out bad records, whole records have to be looked at.
        if !settings.strict && settings.on_error == OnError::Fail && !self.checks && is_plain {
            if let Some(found) = parts::count(&opened, &settings, with_text) {
                let (records, counts) = found?;
                self.show(records);
                let bytes_in = opened.source.known_len().unwrap_or_default();
                return Ok((Counted { records: Some(records), bytes_in, ..Counted::default() }, counts));
            }
            if let Some(records) = opened.source.records() {
                opened.source.unchanged()?;
                self.show(records);
                let bytes_in = opened.source.read_to(0);
                return Ok((Counted { records: Some(records), bytes_in, ..Counted::default() }, None));
            }
            if let Some(found) = records::tally(&mut opened) {
                let counted = found?;
                self.show(counted.records.unwrap_or_default());
                return Ok((counted, None));
            }
        }
        let seen = opened.route.seen.clone();
        let counted = records::decode(opened, &mut self.ledger)?;
        self.sources.saw(seen);
        Ok((counted, None))
    }

    /// Shows those who watch how many records a source has that were only counted.
    fn show(&self, records: u64) {
        if let Some(progress) = &self.settings.progress {
            progress.job().counted(records);
        }
    }

    fn streamed(&mut self, source: SourceSpec) -> Result<Counted> {
        let settings = &self.settings;
        // What is counted is what the source holds.
        let mut source = open_source(source, None, settings)?;
        let memory = unpack::unpack(&mut source, settings)?.map_or(0, |unpacking| unpacking.bytes());
        // Without an encoding, bytes are counted as they are, whatever the records are decoded from.
        let from = if settings.encoding.is_some() { settings.from } else { None };
        let source = as_text(source, from, settings)?;
        let Some(reader) = source.into_stream().map(Stream::into_reader) else {
            return Err(Error::usage("a source that is mapped has a path"));
        };
        let inner = Settings {
            decompress: Decompress::None,
            encoding: None,
            io: Io::Auto,
            memory_limit: settings.memory_limit.saturating_sub(memory),
            ..settings.clone()
        };
        let tee = Arc::new(Mutex::new(Tee { reader, counter: Counter::new() }));
        let outer = std::mem::replace(&mut self.settings, inner);
        let counted = self.records(SourceSpec::Reader(Box::new(Shared(Arc::clone(&tee)))), false);
        self.settings = outer;
        let (counted, _) = counted?;
        // The job stops reading after the last record.
        io::copy(&mut Shared(Arc::clone(&tee)), &mut io::sink()).map_err(|e| Error::read("-", e))?;
        let text = lock(&tee).counter.counts();
        Ok(Counted { text, bytes_in: text.bytes, ..counted })
    }
}

/// Refuses a memory limit that not even one worker can keep.
fn check_limit(settings: &Settings) -> Result<()> {
    let least = BASE + PIECE_MIN + settings.dashboard;
    if settings.memory_limit < least {
        return Err(limit_too_low(settings.memory_limit, least, ""));
    }
    Ok(())
}

/// Counts what is read through it.
struct Tee {
    reader: Box<dyn Read + Send>,
    counter: Counter,
}

struct Shared(Arc<Mutex<Tee>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tee = lock(&self.0);
        let count = tee.reader.read(buffer)?;
        tee.counter.feed(&buffer[..count]);
        Ok(count)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
