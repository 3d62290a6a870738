//! What a library user works with: jobs and their settings, for one input or many. A job is prepared and run here.

mod again;
mod beginning;
mod builder;
mod choose;
mod count;
pub(crate) mod doubles;
mod folded;
pub(crate) mod header;
mod human;
mod kept;
mod look;
mod many;
pub(crate) mod open;
pub(crate) mod opened;
pub(crate) mod pass;
mod replay;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod settings;
mod single;
pub(crate) mod sort;
pub(crate) mod spec;
mod split;
mod sum;
mod types;
mod write;

pub use crate::flow::sort::{Collation, KeyKind, SortKey};
pub use crate::flow::split::By;
pub use crate::fold::groups::Aggregate;
pub use crate::quarantine::MaxErrors;
#[doc(hidden)]
pub use crate::quarantine::{Section, usual_place};
pub use crate::scan::count::Counts;
pub use crate::sink::TargetSpec;
pub use crate::source::{Encoding, Skip};
#[doc(hidden)]
pub use beginning::whole_records;
pub use count::{Counted, What, count, count_records};
#[doc(hidden)]
pub use count::{Counting, explain_count};
#[doc(hidden)]
pub use many::places;
pub use many::{Each, Many};
pub use replay::Replay;
pub use rows::{Keep, Rows};
pub use settings::{CHECKPOINT_EVERY, Checkpoint, ColumnsFrom, InvalidUtf8, Io, MEMORY_LIMIT, OnError, Settings};
pub use single::Job;
pub use spec::SourceSpec;
pub use split::Split;
