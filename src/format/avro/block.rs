//! One block of a file. Cutter, decoder and counter all ask here, so they agree.

use memchr::memmem;

use super::header::SYNC;
use super::wire::{self, Flaw};
use crate::error::RecordError;

/// How blocks are recognised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub sync: [u8; SYNC],
    /// The largest block, without what is around its data.
    pub most: usize,
}

/// What is found where a block should begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A block: its data is from `from` to `to`, and the next one begins after that and the marker.
    Whole { records: u64, from: usize, to: usize },
    /// The data ends inside the block, or before the next marker.
    Cut,
    /// It is larger than blocks may be, by the length that it states.
    Large,
    /// No block; the next one begins there, or the data ends.
    Broken { to: usize },
}

impl Rule {
    /// Looks at the block at `at`. `end`: nothing follows the data.
    pub fn look(&self, data: &[u8], at: usize, end: bool) -> Found {
        let head = wire::long(data, at).and_then(|(records, next)| {
            let (len, from) = wire::long(data, next)?;
            Ok((records, len, from))
        });
        let (records, len, from) = match head {
            Ok(head) => head,
            Err(Flaw::Cut) if !end => return Found::Cut,
            Err(_) => return self.broken(data, at, end),
        };
        let (Ok(records), Ok(len)) = (u64::try_from(records), usize::try_from(len)) else {
            return self.broken(data, at, end);
        };
        let marker = from.checked_add(len).and_then(|to| Some((to, data.get(to..)?)));
        match marker {
            // A length that lies is known for what it is only by what follows.
            _ if len > self.most => match self.broken(data, at, end) {
                Found::Broken { to } if to - at <= self.most => Found::Broken { to },
                _ if !end && data.len() - at <= self.most => Found::Cut,
                _ => Found::Large,
            },
            Some((to, rest)) if rest.len() >= SYNC => match rest.starts_with(&self.sync) {
                true => Found::Whole { records, from, to },
                false => self.broken(data, at, end),
            },
            _ if !end => Found::Cut,
            _ => self.broken(data, at, end),
        }
    }

    /// What reaches up to the next marker.
    fn broken(&self, data: &[u8], at: usize, end: bool) -> Found {
        match memmem::find(&data[at..], &self.sync) {
            Some(found) => Found::Broken { to: at + found + SYNC },
            None if end => Found::Broken { to: data.len() },
            None => Found::Cut,
        }
    }

    /// What is wrong with the bytes at `at`, which are no block and end at `to`.
    #[cold]
    pub fn error(&self, data: &[u8], at: usize, to: usize) -> RecordError {
        let is_last = !data[at..to].ends_with(&self.sync);
        let what = match is_last {
            true => "the input ends inside a block",
            false => "a block is damaged: no sync marker follows its data",
        };
        let error = RecordError::new(at, what);
        match is_last {
            true => error.hint("The input was cut off, or a length in it is wrong."),
            false => {
                error.hint("All of its records are lost. Leave it out with ⟨on_error skip⟩, or get the file again.")
            }
        }
    }
}
