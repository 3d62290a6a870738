//! What is done about a bad record.

use std::cell::RefCell;
use std::ops::Range;

use crate::error::{Cause, Error, Fault, Position, RecordError};
use crate::flow::feed::Slice;
use crate::flow::order::commit::Notes;
use crate::flow::place::{After, Place};
use crate::flow::shared::{Shared, Stop};
use crate::flow::totals::{FirstBad, SliceTotals};
use crate::job::settings::OnError;
use crate::memory::Arena;
use crate::plan::sizes::NOTED;
use crate::quarantine::{Bad, BadRecords, NOT_REPAIRED, Origin};
use crate::record::{Batch, Before, Output, record_too_large};
use crate::source::{Encoding, MARK, OTHER_ENCODING};
use crate::wording::counted;

/// The bytes that are converted, and what is done about bad records in them.
pub(crate) struct Policy<'p, 'r> {
    pub shared: &'p Shared<'r>,
    /// The number of the slice.
    pub index: u64,
    /// The bytes.
    pub bytes: &'p [u8],
    /// Where they are.
    pub at: At<'p>,
    /// The line that they begin in; 0 if that is not known.
    pub line: u64,
    /// What follows them in a stream.
    pub after: &'p After,
    /// How many records come before them; known if there is one worker.
    pub records: u64,
    /// What is bad so far.
    pub bad: &'p RefCell<BadRecords>,
}

/// Where bytes come from.
#[derive(Clone, Copy)]
pub(crate) enum At<'p> {
    /// They are a slice of the source, from this offset on.
    Source(u64),
    /// They are a record of a quarantine; this many records of the slice come before it.
    Origin(&'p Origin, u64),
}

impl<'p, 'r> Policy<'p, 'r> {
    /// A policy for a whole slice.
    pub fn new(
        shared: &'p Shared<'r>,
        slice: &'p Slice<'_>,
        records: u64,
        bad: &'p RefCell<BadRecords>,
    ) -> Policy<'p, 'r> {
        let (index, bytes, at) = (slice.index, slice.bytes(), At::Source(slice.offset));
        Policy { shared, index, bytes, at, line: slice.line, after: &slice.after, records, bad }
    }

    /// An empty batch for records of the bytes, which `most` records fill; `tests`: only the fields that conditions look
    /// at are decoded.
    pub fn batch(&self, arena: &'p Arena, totals: &SliceTotals, most: usize, tests: bool) -> Batch<'p> {
        let shared = self.shared;
        let tested = shared.tested.as_ref().filter(|_| tests).map(|tested| tested.schema);
        let mut batch = Batch::new(arena, self.bytes, tested.or(shared.schema), shared.max_record);
        batch.set_most(most);
        batch.set_tested(tested.is_some());
        batch.set_untyped_is_text(shared.untyped_is_text);
        batch.set_strict(shared.strict);
        batch.set_before(match self.at {
            At::Source(offset) => {
                let source = shared.source.as_os_str().as_encoded_bytes();
                let records = self.records + totals.records_in;
                Before { source, number: shared.number, offset, records, line: self.line, lines: shared.lines }
            }
            At::Origin(origin, _) => Before {
                source: origin.file.as_os_str().as_encoded_bytes(),
                number: shared.number,
                offset: origin.start,
                records: origin.record,
                line: origin.line,
                lines: None,
            },
        });
        batch
    }

    /// Leaves out record `index` of the slice, which lies in `record`, or ends the slice with it.
    #[cold]
    pub fn bad_record(
        &self,
        error: RecordError,
        index: u64,
        record: Range<usize>,
        output: &mut Output<'_>,
        totals: &mut SliceTotals,
    ) -> Result<(), Stop> {
        let record = match self.at {
            At::Source(_) => record,
            // The line end that was added to it does not belong to it.
            At::Origin(origin, _) => record.start.min(origin.len)..record.end.min(origin.len),
        };
        let marked = self.shared.marked.filter(|_| matches!(error.fault, Fault::Record | Fault::Document));
        let malformed = marked.and_then(|encoding| malformed(&self.bytes[record.clone()], record.start, encoding));
        let error = malformed.unwrap_or(error);
        let error = if self.shared.strict { strictly(error) } else { error };
        // An error that is not the record's own fault ends the run: leaving the record out would lose data.
        let own = match self.at {
            At::Source(_) => matches!(error.fault, Fault::Record | Fault::Document | Fault::Oversized),
            // It is alone: nothing follows it that could be lost.
            At::Origin(..) => {
                matches!(error.fault, Fault::Record | Fault::Document | Fault::Oversized | Fault::Lost)
            }
        };
        if self.shared.on_error == OnError::Fail || !own {
            return Err(match self.at {
                At::Source(offset) if self.shared.on_error != OnError::Fail => {
                    Stop::Record(index, unread(error, offset + record.start as u64, self.shared.len))
                }
                At::Source(_) => Stop::Record(index, error),
                At::Origin(origin, _) => {
                    let place = Place::new(self.bytes, error.offset, self.shared.lines, origin.line);
                    // In a repaired record, offsets are no longer those of the original file: only its first line is
                    // known.
                    let place = if origin.exact { place } else { place.in_line(origin.line) };
                    let error = if own { in_quarantine(error, origin.exact) } else { error };
                    Stop::Run(place.tell(Error::data(origin.position(error.offset), error)))
                }
            });
        }
        totals.records_failed += 1;
        totals.bytes_failed += record.len() as u64;
        if totals.first_bad.is_none() {
            let start = if let At::Source(start) = self.at { start } else { 0 };
            let offset = start + error.offset as u64;
            let origin = match self.at {
                At::Source(_) => None,
                At::Origin(origin, _) => {
                    let place = Place::new(self.bytes, error.offset, self.shared.lines, origin.line);
                    let place = if origin.exact { place } else { place.in_line(origin.line) };
                    Some(Box::new(Position { line: place.line(), ..origin.position(error.offset) }))
                }
            };
            let text = After::from(self.bytes, error.offset, self.after);
            let (line, error) = (self.line_for_good(error.offset), error.clone());
            totals.first_bad = Some(FirstBad { record: index, line, offset, text, origin, error });
        }
        let at = match self.at {
            At::Source(offset) => offset + record.start as u64,
            At::Origin(origin, _) => origin.start,
        };
        // What was skipped is not there any more.
        let bytes = self.bytes.get(record.clone()).filter(|_| error.fault != Fault::Oversized);
        totals.bad.add(index, at, &error, bytes.unwrap_or_default());
        let raw = match self.shared.committer.notes() {
            Notes::Nothing => return Ok(()),
            Notes::Places => None,
            // It was skipped, and its bytes were not kept.
            Notes::Bytes if error.fault == Fault::Oversized => None,
            Notes::Bytes => Some(&self.bytes[record.clone()]),
        };
        let len = raw.map_or(0, <[u8]>::len);
        let bad = self.describe(error, index, record, output.drained() + output.len() as u64);
        if !self.bad.borrow().has_room(&bad, len) {
            output.flush().map_err(Stop::Run)?;
            if len >= NOTED / 2 {
                // After the flush it is this slice's turn, so the record is written from where it is.
                return self.shared.committer.enter_one(self.index, &bad, raw).map_err(Stop::Run);
            }
        }
        self.bad.borrow_mut().push(bad, raw);
        Ok(())
    }

    /// The bytes of the line of a quarantine that is being converted, if record `index` of the slice is its first one.
    /// If that is bad, the line stays as it is, and nothing else of it is read.
    pub fn whole(&self, index: u64) -> Option<Range<usize>> {
        match self.at {
            At::Origin(origin, first) if index == first => Some(0..origin.len),
            _ => None,
        }
    }

    /// The line at `offset` if the source can't be read again; else 0.
    fn line_for_good(&self, offset: usize) -> u64 {
        if self.shared.map.is_some() { 0 } else { self.line_at(offset) }
    }

    /// The line at `offset`; 0 if that is not known.
    fn line_at(&self, offset: usize) -> u64 {
        match self.shared.lines {
            Some(lines) if self.line > 0 => self.line + self.bad.borrow_mut().lines_before(self.bytes, offset, lines),
            _ => 0,
        }
    }

    fn describe(&self, error: RecordError, index: u64, record: Range<usize>, output: u64) -> Bad {
        match self.at {
            At::Source(offset) => {
                // For a mapped source, the line of the error is found later, together with the text to show.
                let (first, line) = (self.line_at(record.start), self.line_for_good(error.offset));
                let [start, end, bad] = [record.start, record.end, error.offset].map(|at| offset + at as u64);
                let text = After::from(self.bytes, error.offset, self.after);
                let lines = self.shared.lines;
                Bad { file: None, record: index, start, end, offset: bad, first, line, text, lines, error, output }
            }
            At::Origin(origin, _) => {
                let Position { offset, .. } = origin.position(error.offset);
                let Origin { file, record, line: first, start, end, .. } = origin.clone();
                let (text, lines) = (After::default(), None);
                Bad { file: Some(file), record, start, end, offset, first, line: 0, text, lines, error, output }
            }
        }
    }
}

/// The error for a record of a quarantine. Settings about reading can't be changed there, so advice to do so is
/// replaced.
fn in_quarantine(error: RecordError, unrepaired: bool) -> RecordError {
    let about_reading =
        |hint: &str| ["⟨ragged ", "delimiter", "⟨dialect.quoting "].iter().any(|word| hint.contains(word));
    match &error.hint {
        _ if unrepaired => error.hint(NOT_REPAIRED),
        Some(hint) if about_reading(hint) => error.hint("Correct its `text`, or delete the line."),
        _ => error,
    }
}

/// Where the advice is to replace invalid text, `strict` has to be left out too.
fn strictly(mut error: RecordError) -> RecordError {
    const ADVICE: &str = "⟨invalid_utf8 replace⟩";
    if let Some(hint) = error.hint.take() {
        let more =
            if hint.contains(ADVICE) { " With ⟨strict⟩ that is an error too: leave ⟨strict⟩ out." } else { "" };
        error.hint = Some(if more.is_empty() { hint } else { format!("{hint}{more}").into() });
    }
    error
}

/// The error for a record that begins at `start`, if some of its text was malformed in its encoding.
pub(crate) fn malformed(record: &[u8], start: usize, encoding: Encoding) -> Option<RecordError> {
    let at = memchr::memchr(MARK, record)?;
    let reason = format!("the text is not valid {}", encoding.name());
    Some(RecordError::new(start + at, reason).cause(Cause::Text).hint(OTHER_ENCODING))
}

/// Says that nothing from byte `start` on was read, if the source is longer than that.
pub(crate) fn unread(mut error: RecordError, start: u64, len: Option<u64>) -> RecordError {
    if error.fault == Fault::Lost {
        let bytes = len.map(|len| format!(" ({})", counted(len.saturating_sub(start), "byte")));
        let bytes = bytes.unwrap_or_default();
        let more = format!(
            "; nothing shows where the next record begins, so everything from byte {start} on{bytes} was not read"
        );
        error.reason = (error.reason.into_owned() + &more).into();
    }
    error
}

/// The error for a record that is too large says only that, whatever else is wrong with it: with smaller slices,
/// nothing else would have been found.
pub(crate) fn too_large(error: RecordError, record: &Range<usize>, max: usize) -> RecordError {
    match error.fault {
        Fault::TooLarge | Fault::Oversized => error,
        // Nothing shows where it ends, however large it is.
        Fault::Lost if record.len() > max => record_too_large(record.start, max).fault(Fault::Lost),
        _ if record.len() > max => record_too_large(record.start, max),
        _ => error,
    }
}
