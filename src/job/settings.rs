//! The settings of a job.

use std::path::PathBuf;
use std::sync::Arc;

use crate::compress::{Compress, Decompress};
use crate::flow::sort::SortKey;
use crate::fold::groups::Aggregate;
use crate::fold::keys::Limits;
use crate::format::{Extensions, Format, Options};
use crate::job::rows::Rows;
use crate::memory::pressure::Script;
use crate::metrics::Progress;
use crate::op::{Folding, Op, Rename};
use crate::plan::outside::Outside;
use crate::quarantine::MaxErrors;
use crate::source::{Encoding, Skip};
use crate::sys::{Stop, processors};

/// How a source file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Io {
    /// Mapped where that is possible, else read.
    #[default]
    Auto,
    /// Mapped; an error where that is not possible.
    Map,
    /// Read into pooled buffers.
    Read,
}

/// What a bad record does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// It ends the job.
    #[default]
    Fail,
    /// It is counted and left out.
    Skip,
    /// It is counted, left out, and written into a file of its own, from which it can be repaired and converted: see
    /// [`Settings::quarantine`] and [`Replay`](crate::job::Replay).
    Quarantine,
}

/// What invalid UTF-8 does where the target needs UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidUtf8 {
    /// The record is bad.
    #[default]
    Fail,
    /// It becomes U+FFFD, and the value is counted as lossy.
    Replace,
}

/// Where the header of a tabular target comes from when the source is nested, and the columns of many sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnsFrom {
    /// As [`Union`](Self::Union) for nested sources; many sources in columns must all have the same ones.
    #[default]
    Auto,
    /// All keys, or all columns, of the whole input, in order of first appearance.
    Union,
    /// The keys of the first record, or the columns of the first source; others are counted as lossy.
    First,
    /// These; others are counted as lossy.
    List(Vec<String>),
}

/// Whether a run writes checkpoints, from which another one can go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checkpoint {
    /// From a file of at least 2 GiB into a file.
    #[default]
    Auto,
    /// Yes; an error where that is not possible.
    On,
    /// No.
    Off,
}

/// All settings of a job, apart from its source and target.
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The source's format; none: from the extension.
    pub from: Option<Format>,
    /// The target's format; none: from the extension.
    pub to: Option<Format>,
    /// What extensions of file names mean, beyond those of the formats.
    pub extensions: Extensions,
    /// Options of the formats.
    pub options: Options,
    /// Only these fields, in this order; empty: all.
    pub select: Vec<String>,
    /// Without these fields.
    pub drop: Vec<String>,
    /// Fields to rename. Applied after everything else but `columns`: ops, `select` and `drop` use
    /// the names that the source has.
    pub rename: Vec<Rename>,
    /// The ops, applied in this order.
    pub ops: Vec<Arc<dyn Op>>,
    /// Which records are written, by their place among those that the ops leave.
    pub rows: Rows,
    /// The fields by which records are sorted, the most important first; empty: they stay in the order of the sources.
    /// Names are those of the output. Records with equal fields keep their order, and those without a value come last.
    /// `rows` applies to the sorted records, apart from `dedupe` and `sample`.
    pub sort: Vec<SortKey>,
    /// The folder for sorted records or groups that do not fit into memory; none: that of the target, or that for temporary files.
    pub spill_dir: Option<PathBuf>,
    /// A result over all records, which is written instead of them; none: records are written.
    pub fold: Option<Folding>,
    /// Totals over all records or those of each group, which are written instead of records. `rows` then chooses among
    /// the groups; only `dedupe` and `sample` are about records.
    pub aggregate: Option<Aggregate>,
    /// Where the header of a tabular target comes from; a list applies to every target.
    pub columns: ColumnsFrom,
    /// How many workers; 0: one for each processor.
    pub workers: usize,
    /// About how many bytes of input a worker takes at a time; 0: 512 KiB.
    pub slice_size: usize,
    /// The ceiling for the whole process, in bytes: for what the system counts as resident, that is the heap (buffers,
    /// arenas, tables, codecs), stacks, the program's text, and pages of mapped sources while they are mapped in. Page
    /// tables, buffers of the kernel and the page cache do not count, nor does what the process held before the run
    /// beyond what a run plans for code and tables.
    pub memory_limit: usize,
    /// The longest record in bytes; 0: 64 MiB. A longer one is bad. One within the limit that does not fit into memory
    /// ends the job.
    pub max_record_size: usize,
    /// How a source file is read.
    pub io: Io,
    /// Whether the source is compressed.
    pub decompress: Decompress,
    /// Whether the target is to be compressed.
    pub compress: Compress,
    /// What a bad record does.
    pub on_error: OnError,
    /// The file for bad records, with [`OnError::Quarantine`]; none: beside a target file, with the target's name
    /// followed by `.quarantine.ndjson`.
    pub quarantine: Option<PathBuf>,
    /// The most bad records that may be left out; more end the job; none: any number.
    pub max_errors: Option<MaxErrors>,
    /// What invalid UTF-8 does, and malformed text in another encoding.
    pub invalid_utf8: InvalidUtf8,
    /// How text, CSV, TSV, JSON, JSON5, NDJSON and fixed-width text are encoded; none: UTF-8, or UTF-16 with a byte order
    /// mark; text is kept as it is.
    pub encoding: Option<Encoding>,
    /// The encoding of the target; none: UTF-8. A record with a character that it does not have is bad.
    pub out_encoding: Option<Encoding>,
    /// Each source file is read up to the length that it has when the job starts: it may grow meanwhile. Of lines, a
    /// last one without a line break is left out, with a warning: it may be written right now.
    pub snapshot: bool,
    /// What is left out at the beginning and the end of each source.
    pub skip: Skip,
    /// Overwrite an existing target.
    pub force: bool,
    /// Refuse what would otherwise be a warning or counted as lossy.
    pub strict: bool,
    /// The whole source is looked at before its records are read: a run before this one read records that don't count.
    pub(crate) looks_ahead: bool,
    /// Whether checkpoints are written beside the target.
    pub checkpoint: Checkpoint,
    /// How much of the input lies between two checkpoints, in bytes.
    pub checkpoint_every: u64,
    /// Continue where an earlier run stopped, if there was one.
    pub resume: bool,
    /// Sync data to the disk before a checkpoint refers to it, so that a power failure does no harm either.
    pub durable: bool,
    /// Ends the job early; none: it can't be stopped.
    pub stop: Option<Stop>,
    /// Reports how far the job is.
    pub progress: Option<Progress>,
    /// Records are not written by the run itself, which needs no buffers for them then.
    #[doc(hidden)]
    pub split: bool,
    /// What sorted records take of the memory, in bytes.
    #[doc(hidden)]
    pub sorted: usize,
    /// What else the process takes of the memory while the job runs, in bytes: a dashboard.
    #[doc(hidden)]
    pub dashboard: usize,
    /// The same for a profile that is recorded.
    #[doc(hidden)]
    pub profile: usize,
    /// What of the memory limit others take already.
    pub(crate) outside: Outside,
    /// Levels of memory pressure in place of what is read, one for each slice. For tests.
    #[doc(hidden)]
    pub pressure: Option<Script>,
}

impl Settings {
    /// The same settings with changes. (A non-exhaustive struct can't be built with a struct expression outside its
    /// crate.)
    pub fn with(mut self, change: impl FnOnce(&mut Settings)) -> Settings {
        change(&mut self);
        self
    }

    /// How many workers are asked for: those that were said, or one for each processor.
    pub(crate) fn all_workers(&self) -> usize {
        match self.workers {
            0 => processors(),
            workers => workers,
        }
    }

    /// Whether invalid UTF-8 is replaced. What is strict loses nothing: then it is refused.
    pub(crate) fn replaces_invalid_utf8(&self) -> bool {
        self.invalid_utf8 == InvalidUtf8::Replace && !self.strict
    }

    /// The source is declared to be UTF-8: its text is checked, and a byte order mark is not part of it.
    pub(crate) fn says_utf8(&self) -> bool {
        self.encoding.is_some_and(Encoding::is_utf8)
    }

    /// The encoding of the target, if that is not UTF-8.
    pub(crate) fn other_encoding(&self) -> Option<Encoding> {
        self.out_encoding.map(Encoding::written).filter(|encoding| !encoding.is_utf8())
    }

    /// Whether a result over all records is written, and no records.
    pub(crate) fn folds(&self) -> bool {
        self.fold.is_some() || self.aggregate.is_some()
    }

    /// Which of the records are taken, where `rows` may be about the records of a result.
    pub(crate) fn source_rows(&self) -> Rows {
        match self.aggregate {
            None => self.rows.clone(),
            Some(_) => self.rows.of_sources(),
        }
    }

    /// The limits for the keys that are remembered.
    pub(crate) fn key_limits(&self) -> Limits {
        Limits { keys: self.options.max_keys, length: self.options.max_key_length }
    }
}

/// How much of the input lies between two checkpoints by default, in bytes.
pub const CHECKPOINT_EVERY: u64 = 64 << 20;

/// The memory ceiling by default, in bytes.
pub const MEMORY_LIMIT: usize = 100_000_000;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            from: None,
            to: None,
            extensions: Extensions::default(),
            options: Options::default(),
            select: Vec::new(),
            drop: Vec::new(),
            rename: Vec::new(),
            ops: Vec::new(),
            rows: Rows::default(),
            sort: Vec::new(),
            spill_dir: None,
            fold: None,
            aggregate: None,
            columns: ColumnsFrom::Auto,
            workers: 0,
            slice_size: 0,
            memory_limit: MEMORY_LIMIT,
            max_record_size: 0,
            io: Io::Auto,
            decompress: Decompress::Auto,
            compress: Compress::Auto,
            on_error: OnError::Fail,
            quarantine: None,
            max_errors: None,
            invalid_utf8: InvalidUtf8::Fail,
            encoding: None,
            out_encoding: None,
            snapshot: false,
            skip: Skip::default(),
            force: false,
            strict: false,
            looks_ahead: false,
            checkpoint: Checkpoint::Auto,
            checkpoint_every: CHECKPOINT_EVERY,
            resume: false,
            durable: false,
            stop: None,
            progress: None,
            split: false,
            sorted: 0,
            dashboard: 0,
            profile: 0,
            outside: Outside::default(),
            pressure: None,
        }
    }
}
