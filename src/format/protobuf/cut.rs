//! Boundaries by going from length to length.

use crate::error::{Fault, RecordError};
use crate::format::{Boundary, Cut, Passed};
use crate::record::proto::varint;
use crate::record::record_too_large;
use crate::wording::counted;

/// What is found where a record should begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A message, from the first place to the second.
    Whole(usize, usize),
    /// The data ends inside its length, or inside the message: where that would end.
    Cut(Option<u64>),
    /// There is no length.
    Broken,
}

/// Looks at the record at `at`.
#[inline]
pub(super) fn look(data: &[u8], at: usize) -> Found {
    match varint(data, at) {
        Some((len, from)) => match usize::try_from(len).ok().and_then(|len| from.checked_add(len)) {
            Some(end) if end <= data.len() => Found::Whole(from, end),
            _ => Found::Cut(Some(len.saturating_add(from as u64))),
        },
        None if data.len() - at >= 10 => Found::Broken,
        None => Found::Cut(None),
    }
}

/// What is wrong with the record at `at`, which is not whole.
#[cold]
pub(super) fn error(data: &[u8], at: usize, max_record: usize) -> RecordError {
    match look(data, at) {
        Found::Cut(Some(end)) if end - at as u64 > max_record as u64 => record_too_large(at, max_record),
        Found::Cut(Some(end)) => {
            let more = counted(end - data.len() as u64, "byte");
            RecordError::new(at, format!("the input ends {more} before a message does")).hint(OTHER)
        }
        Found::Cut(None) => RecordError::new(at, "the input ends inside the length of a message").hint(OTHER),
        _ => RecordError::new(at, "there is no length where a message should begin").hint(OTHER).fault(Fault::Lost),
    }
}

const OTHER: &str = "The input was cut off, or its messages have other lengths before them or none: ⟨from frames⟩ ⟨payload protobuf⟩ with ⟨frame⟩ reads those.";

pub(super) struct Cutter {
    max_record: usize,
    /// How much is left of a record that is being skipped.
    left: Option<u64>,
}

impl Cutter {
    pub(super) fn new(max_record: usize) -> Cutter {
        Cutter { max_record, left: None }
    }
}

impl Cut for Cutter {
    /// A record that is cut off by the end of the input becomes a slice, and the decoder reports it.
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let mut at = 0;
        while at < target.max(1) && at < data.len() {
            match look(data, at) {
                Found::Whole(_, to) if at > 0 && to > target => break,
                Found::Whole(_, to) if to - at > self.max_record && at == 0 => {
                    return Err(record_too_large(0, self.max_record));
                }
                Found::Whole(_, to) if to - at > self.max_record => break,
                Found::Whole(_, to) => at = to,
                _ if at > 0 => break,
                Found::Cut(Some(to)) if to > self.max_record as u64 => return Err(error(data, 0, self.max_record)),
                Found::Cut(_) if end => return Ok(Boundary::At(data.len())),
                Found::Cut(_) => return Ok(Boundary::More),
                Found::Broken => return Err(error(data, 0, self.max_record)),
            }
        }
        Ok(Boundary::At(at))
    }

    /// Skips as much as the length states. If the input ends before that, it can't be right.
    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let stated = || match look(data, 0) {
            Found::Whole(_, to) => to as u64,
            Found::Cut(Some(to)) => to,
            _ => 0,
        };
        let left = self.left.unwrap_or_else(stated);
        let after = left.saturating_sub(data.len() as u64);
        if after > 0 && end {
            let reason =
                format!("a message says that it goes on for {} after the end of the input", counted(after, "byte"));
            return Err(RecordError::new(0, reason).hint(OTHER).fault(Fault::Lost));
        }
        self.left = Some(after).filter(|after| *after > 0);
        Ok(if after > 0 { Passed::All } else { Passed::End(left as usize, 0) })
    }
}
