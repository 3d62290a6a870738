//! What a library user holds: a job and its settings, for one input or for many. Here a job is prepared and run.

mod builder;
mod count;
pub(crate) mod header;
mod many;
pub(crate) mod open;
pub(crate) mod opened;
pub(crate) mod pass;
mod replay;
pub(crate) mod run;
pub(crate) mod settings;
mod single;
mod sum;

pub use crate::quarantine::{MaxErrors, Section, usual_place};
pub use count::{Counted, Counting, What, count, count_records, explain_count};
pub use many::{Each, Many, places};
pub use replay::Replay;
pub use settings::{CHECKPOINT_EVERY, Checkpoint, ColumnsFrom, InvalidUtf8, Io, MEMORY_LIMIT, OnError, Settings};
pub use settings::{SourceSpec, TargetSpec};
pub use single::Job;
