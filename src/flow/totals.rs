//! What slices add up to.

use std::path::Path;

use crate::error::{Cause, Error, Fault, Position, RecordError, Result};
use crate::flow::place::{After, Place};
use crate::metrics::{BadNotes, Committed};
use crate::quarantine::NOT_REPAIRED;
use crate::record::Lossy;
use crate::scan::lines::Lines;
use crate::wording::counted;

/// The first bad record.
pub(crate) struct FirstBad {
    /// Its number: from 0 in its slice, from 1 in its source.
    pub record: u64,
    /// Where in the source it is bad; the line only if the source can't be read again.
    pub offset: u64,
    pub line: u64,
    /// What is there, in a stream.
    pub text: After,
    /// Where it was originally, if it is from a quarantine.
    pub origin: Option<Box<Position>>,
    pub error: RecordError,
}

/// What happened in one slice.
#[derive(Default)]
pub(crate) struct SliceTotals {
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    /// Those that ops dropped.
    pub records_filtered: u64,
    /// How many bytes the bad records have.
    pub bytes_failed: u64,
    pub first_bad: Option<FirstBad>,
    /// What of them is shown to those who watch the run.
    pub bad: BadNotes,
    pub lossy: Lossy,
    /// Where text first follows a closing quote: the index of the record, and the offset in the source.
    pub odd_quote: Option<(u64, u64)>,
    /// What is there, in a stream.
    pub odd_place: Place,
}

/// What happened in all committed slices.
#[derive(Default)]
pub(crate) struct Totals {
    /// How many records of the source come before the first one that is read.
    pub skipped: u64,
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    /// Those that ops dropped.
    pub records_filtered: u64,
    /// How many bytes the bad records have.
    pub bytes_failed: u64,
    /// The first of them; none where another run met it.
    pub first_bad: Option<FirstBad>,
    pub lossy: Lossy,
    /// Where text first follows a closing quote: the number of the record, from 1, and the offset.
    pub odd_quote: Option<(u64, u64)>,
    /// What is there, in a stream.
    pub odd_place: Place,
}

impl Totals {
    pub fn add(&mut self, slice: &mut SliceTotals) {
        if let (None, Some((index, offset))) = (self.odd_quote, slice.odd_quote) {
            self.odd_quote = Some((self.before() + index + 1, offset));
            self.odd_place = std::mem::take(&mut slice.odd_place);
        }
        if let (None, Some(first)) = (&self.first_bad, slice.first_bad.take()) {
            self.first_bad = Some(FirstBad { record: self.before() + first.record + 1, ..first });
        }
        self.records_in += slice.records_in;
        self.records_out += slice.records_out;
        self.records_failed += slice.records_failed;
        self.records_filtered += slice.records_filtered;
        self.bytes_failed += slice.bytes_failed;
        self.lossy.add(&slice.lossy);
    }

    /// How many records of the source come before the next slice.
    pub fn before(&self) -> u64 {
        self.skipped + self.records_in
    }

    /// The totals as the registry counts them; the target has `written` bytes.
    pub fn committed(&self, written: u64) -> Committed {
        Committed {
            written,
            records_read: self.records_in,
            records_written: self.records_out,
            records_bad: self.records_failed,
            records_filtered: self.records_filtered,
            bytes_bad: self.bytes_failed,
            lossy: self.lossy,
        }
    }

    /// Refuses an input in which all records are bad; `replayed`: it is a quarantine.
    ///
    /// # Errors
    /// There were records in `source`, and all were bad.
    pub fn judge(&self, source: &Path, lines: Option<Lines>, replayed: bool) -> Result<()> {
        if self.records_failed == 0 || self.records_failed < self.records_in {
            return Ok(());
        }
        let (all, bytes) = (self.records_failed, counted(self.bytes_failed, "byte"));
        let are = match all {
            1 => format!("The only record is bad ({bytes})."),
            _ => format!("All {} are bad ({bytes}).", counted(all, "record")),
        };
        let hint = match replayed {
            true => NOT_REPAIRED,
            false => "Is the input in another format (⟨from⟩) or another dialect?",
        };
        let file = source.to_path_buf();
        let Some(FirstBad { record, line, offset, text, origin, error }) = &self.first_bad else {
            let error = RecordError::new(0, are).hint(hint).fault(Fault::All);
            return Err(Error::data(Position { file, ..Position::default() }, error));
        };
        let here = Position { file, record: *record, line: *line, offset: *offset };
        let position = origin.as_deref().cloned().unwrap_or(here);
        let hint = match (error.hint.as_deref(), error.cause) {
            // They are records of the format: another reason than that has its own advice.
            (Some(own), Cause::Text | Cause::Value | Cause::Op | Cause::Target) if !replayed => {
                format!("{are}\n  {own}")
            }
            _ if replayed => format!("{are}\n  {hint}"),
            _ => format!("{are} {hint}"),
        };
        Err(text.tell(lines, Error::data(position, error.clone().hint(hint).fault(Fault::All))))
    }
}
