//! The bad records of a job in input order.

use std::path::{Path, PathBuf};

use super::target::Written;
use crate::error::{Error, Fault, Position, RecordError, Result};
use crate::flow::place::After;
use crate::quarantine::{Bad, BadRecords, Head, MaxErrors, Quarantine};
use crate::scan::lines::Lines;
use crate::wording::counted;

/// Counts bad records against the limit, and writes them into the quarantine if there is one.
pub(crate) struct Ledger {
    limit: Option<MaxErrors>,
    pub quarantine: Option<Quarantine>,
    /// The present source.
    source: PathBuf,
    count: u64,
    /// Those of the present slice.
    slice: Until,
    /// The last one: where it is bad, and why.
    last: Option<Last>,
}

/// A bad record: where and why, and what is there in a stream.
#[derive(Clone)]
struct Last {
    position: Position,
    error: RecordError,
    text: After,
    lines: Option<Lines>,
}

impl Last {
    /// The room for the name of the file is that of the one `before`.
    fn new(before: Option<Last>, file: &Path, record: u64, bad: &Bad) -> Last {
        let known = before.map(|last| last.position).filter(|place| place.file == file);
        let place = known.unwrap_or_else(|| Position::new(file, 0, 0));
        let position = Position { record, line: bad.line, offset: bad.offset, ..place };
        Last { position, error: bad.error.clone(), text: bad.text, lines: bad.lines }
    }
}

/// What was read of a slice up to a bad record, with that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Until {
    /// How many records come before the slice.
    before: u64,
    pub records: u64,
    /// The bad ones among them, and how many bytes those have.
    pub bad: u64,
    pub bytes: u64,
}

/// Why the job ends with a bad record.
pub(crate) struct Over {
    pub error: Error,
    /// What of the slice counts; none: nothing that is known.
    pub until: Option<Until>,
    /// How much of the slice's output comes before that record; none: nothing is to be written any more.
    pub output: Option<u64>,
}

/// The state of a ledger, to go back to.
pub(crate) struct Mark {
    count: u64,
    last: Option<Last>,
    quarantine: Option<Written>,
}

impl Ledger {
    /// An empty ledger, or one that goes on after `count` bad records.
    pub fn new(limit: Option<MaxErrors>, quarantine: Option<Quarantine>, count: u64) -> Ledger {
        Ledger { limit, quarantine, source: PathBuf::new(), count, slice: Until::default(), last: None }
    }

    /// Whether anything has to be entered at all.
    pub fn is_needed(&self) -> bool {
        self.limit.is_some() || self.quarantine.is_some()
    }

    /// The bad records of a source follow, which are read as `head` says.
    pub fn begin(&mut self, source: &Path, head: impl FnOnce() -> Head) {
        (self.source, self.slice) = (source.to_path_buf(), Until::default());
        if let Some(quarantine) = &mut self.quarantine {
            quarantine.begin(&head());
        }
    }

    /// Enters the bad records of a slice that `before` records come before.
    pub fn enter(&mut self, before: u64, bad: &BadRecords) -> Result<(), Over> {
        for (bad, raw) in bad.iter() {
            self.add(before, bad, raw)?;
        }
        self.write()
    }

    /// Enters one.
    pub fn enter_one(&mut self, before: u64, bad: &Bad, raw: Option<&[u8]>) -> Result<(), Over> {
        self.add(before, bad, raw)?;
        self.write()
    }

    fn add(&mut self, before: u64, bad: &Bad, raw: Option<&[u8]>) -> Result<(), Over> {
        let (file, record) = match &bad.file {
            Some(file) => (&**file, bad.record),
            None => (&*self.source, before + bad.record + 1),
        };
        self.count += 1;
        if self.slice.before != before {
            self.slice = Until { before, ..Until::default() };
        }
        let Until { bad: others, bytes, .. } = self.slice;
        let bytes = bytes + bad.end.saturating_sub(bad.start);
        self.slice = Until { before, records: bad.record + 1, bad: others + 1, bytes };
        if let Some(quarantine) = &mut self.quarantine {
            quarantine.add(bad, file, record, raw).map_err(failed)?;
        }
        match self.limit {
            Some(limit @ MaxErrors::Records(most)) if limit.is_below(self.count, 0) => {
                let hint = match most {
                    0 => "⟨max_errors⟩ 0 allows no bad records.".to_owned(),
                    _ => format!("That is bad record {}, and ⟨max_errors⟩ allows {most}.", self.count),
                };
                let error = too_many(Last::new(None, file, record, bad), hint);
                self.write()?;
                // What is replayed has the numbers of another file.
                let until = bad.file.is_none().then_some(self.slice);
                return Err(Over { error, until, output: Some(bad.output) });
            }
            Some(MaxErrors::PerMillion(_)) => {
                self.last = Some(Last::new(self.last.take(), file, record, bad));
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Over> {
        self.quarantine.as_mut().map_or(Ok(()), Quarantine::flush).map_err(failed)
    }

    /// Whether the share of bad records among all is allowed.
    pub fn judge(&self, records: u64) -> Result<()> {
        let Some(limit @ MaxErrors::PerMillion(_)) = self.limit else { return Ok(()) };
        if !limit.is_below(self.count, records) {
            return Ok(());
        }
        let (count, allowed) = (self.count, limit);
        Err(match self.last.clone() {
            Some(last) => {
                let (are, shown) = if count == 1 { ("is", "") } else { ("are", " The last one is shown here.") };
                let all = counted(records, "record");
                let hint = format!("{count} of {all} {are} bad, and ⟨max_errors⟩ allows {allowed}.{shown}");
                too_many(last, hint)
            }
            // All of them were met by the run that this one goes on with.
            None => {
                let position = Position::new(&self.source, 0, 0);
                let error =
                    RecordError::new(0, format!("{} in {}", counted(count, "bad record"), counted(records, "record")));
                let last = Last { position, error, text: After::default(), lines: None };
                too_many(last, format!("⟨max_errors⟩ allows {allowed}."))
            }
        })
    }

    /// Starts from the beginning: what was entered is void.
    pub fn restart(&mut self) -> Result<()> {
        (self.count, self.slice, self.last) = (0, Until::default(), None);
        self.quarantine.as_mut().map_or(Ok(()), Quarantine::restart)
    }

    /// Whether it can start from the beginning.
    pub fn is_restartable(&self) -> bool {
        self.quarantine.as_ref().is_none_or(|quarantine| quarantine.target().can().restart)
    }

    /// The job ends with `error`. If that is because of bad records, the quarantine stays as the proof of it.
    pub fn convict(&mut self, error: Error) -> Error {
        if !error.is_about_bad_records() {
            return error;
        }
        match self.quarantine.take().map(Quarantine::finish) {
            Some(Ok(Some(path))) => error.note(format!("The bad records are in {}.", path.display()), false),
            _ => error,
        }
    }

    /// The job is done: the quarantine gets its name, which is given if anything is in it.
    pub fn finish(self) -> Result<Option<PathBuf>> {
        self.quarantine.map_or(Ok(None), Quarantine::finish)
    }

    /// How long the quarantine is, and its checksum.
    pub fn written(&self) -> (u64, u32) {
        self.quarantine.as_ref().map_or((0, 0), Quarantine::state)
    }

    /// Its state now.
    pub fn mark(&self) -> Mark {
        let quarantine = self.quarantine.as_ref().map(Quarantine::mark);
        Mark { count: self.count, last: self.last.clone(), quarantine }
    }

    /// Takes back what was entered since. No worker may be at work.
    pub fn back(&mut self, mark: Mark) -> Result<()> {
        (self.count, self.last) = (mark.count, mark.last);
        match (&mut self.quarantine, mark.quarantine) {
            (Some(quarantine), Some(mark)) => quarantine.back(mark),
            _ => Ok(()),
        }
    }
}

fn failed(error: Error) -> Over {
    Over { error, until: None, output: None }
}

fn too_many(Last { position, error, text, lines }: Last, hint: String) -> Error {
    let error = RecordError { hint: Some(hint.into()), ..error };
    text.tell(lines, Error::data(position, error.fault(Fault::TooMany)))
}
