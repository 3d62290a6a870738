//! What all workers of a run share, and how a slice may end.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, RecordError};
use crate::flow::feed::gate::Gate;
use crate::flow::governor::Governor;
use crate::flow::order::commit::Committer;
use crate::flow::sayable::Narrow;
use crate::format::Copies;
use crate::job::settings::OnError;
use crate::metrics::Pass;
use crate::op::Op;
use crate::quarantine::Section;
use crate::record::{Schema, Seen};
use crate::scan::lines::Lines;
use crate::source::{Encoding, damage};
use crate::sys::Map;

/// What all workers of a run share.
pub(crate) struct Shared<'r> {
    pub feed: Gate<'r>,
    pub committer: Committer<'r>,
    pub governor: Governor<'r>,
    pub source: &'r Path,
    /// The number of the source among those of the job.
    pub number: u32,
    pub map: Option<&'r Map>,
    /// How long the source is, where that is known.
    pub len: Option<u64>,
    /// What ends a line of the source.
    pub lines: Option<Lines>,
    /// The fields of batches in columns.
    pub schema: Option<&'r Schema>,
    /// What is decoded where only conditions are tested and records are copied.
    pub tested: Option<Tested<'r>>,
    /// After the ops, fields get these names.
    pub renamed: Option<&'r Schema>,
    /// The ops, each with the number of its first field name among all names that were given.
    pub ops: &'r [(Arc<dyn Op>, usize)],
    /// Records which of the given names occur.
    pub seen: &'r Seen,
    /// Ops see unquoted fields as text.
    pub untyped_is_text: bool,
    pub on_error: OnError,
    /// The slices are lines of a quarantine.
    pub replay: Option<&'r Section>,
    /// The encoding of the output, if it does not have every character.
    pub narrow: Option<Narrow>,
    pub strict: bool,
    /// In a strict run that ends with a bad record, what is lost does no harm in records that are not written.
    pub lenient: bool,
    pub max_record: usize,
    /// The source was decoded from this encoding, and marked where it is malformed.
    pub marked: Option<Encoding>,
    /// Where everything is counted.
    pub pass: &'r Pass,
}

/// What conditions look at.
pub(crate) struct Tested<'r> {
    /// The fields: those that are made come first.
    pub schema: &'r Schema,
    /// How many are made.
    pub made: usize,
    /// How records are copied; those that are not have to be decoded whole.
    pub copies: Copies,
    /// Text has to be UTF-8.
    pub utf8: bool,
}

impl Shared<'_> {
    /// An error if one of the first `end` bytes of a mapped source is not the file's any more.
    pub fn damage(&self, end: u64) -> Option<Error> {
        damage(self.map?, self.source, end)
    }
}

/// Why a slice ended early.
pub(crate) enum Stop {
    /// A bad record: its index in the slice, and why.
    Record(u64, RecordError),
    Run(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Run(error)
    }
}
