//! One frame. Cutter and decoder both ask here, so they agree.

use super::prefix::{Length, Prefix};
use crate::error::{Fault, RecordError};
use crate::wording::counted;

/// How frames are recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub prefix: Prefix,
    pub max_record: usize,
}

/// What is found where a frame should start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A frame: its payload is from `head` to `end`, counted from the frame's start.
    Whole { head: usize, end: usize },
    /// The data ends inside the frame.
    Cut,
    /// Not a frame, and no way to find the next one.
    Broken,
}

impl Rule {
    /// Looks at the frame at the start of `data`.
    #[inline]
    pub(super) fn look(self, data: &[u8]) -> Frame {
        match self.prefix.read(data) {
            Length::Is { head, len } => match usize::try_from(len).ok().and_then(|len| len.checked_add(head)) {
                Some(end) if end <= self.max_record => match end <= data.len() {
                    true => Frame::Whole { head, end },
                    false => Frame::Cut,
                },
                _ => Frame::Broken,
            },
            Length::Cut => Frame::Cut,
            Length::Bad(_) => Frame::Broken,
        }
    }

    /// The length that the frame at the start of `data` states, if it is too large.
    pub(super) fn oversized(self, data: &[u8]) -> Option<u64> {
        match self.prefix.read(data) {
            Length::Is { head, len } => len.checked_add(head as u64).filter(|all| *all > self.max_record as u64),
            _ => None,
        }
    }

    /// What is wrong with the frame at `at`, which is not whole.
    #[cold]
    pub(super) fn error(self, data: &[u8], at: usize) -> RecordError {
        let data = &data[at..];
        match self.prefix.read(data) {
            Length::Bad(reason) => RecordError::new(at, reason).hint(self.other_prefix()),
            Length::Cut => RecordError::new(
                at,
                format!(
                    "the input ends inside the length of a frame ({}); left: {}",
                    self.prefix,
                    counted(data.len() as u64, "byte")
                ),
            )
            .hint("The input was cut off, or ⟨frame⟩ is not its prefix."),
            Length::Is { head, len } if self.look(data) == Frame::Broken => RecordError::new(
                at,
                format!("a frame says that it has {len} bytes: with its prefix of {head} that is more than the limit of {} for a record", self.max_record),
            )
            .hint(format!("Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it), or: {}", self.other_prefix()))
            .fault(Fault::Oversized),
            Length::Is { head, len } => RecordError::new(
                at,
                format!(
                    "a frame says that it has {}, but only {} {} left",
                    counted(len, "byte"),
                    data.len() - head,
                    if data.len() - head == 1 { "is" } else { "are" }
                ),
            )
            .hint("The input was cut off, or ⟨frame⟩ is not its prefix."),
        }
    }

    fn other_prefix(self) -> String {
        format!("The length was read as {}; ⟨frame⟩ names another prefix.", self.prefix)
    }
}
