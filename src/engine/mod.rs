//! The one way through: source, cut, decode, ops, encode, commit, target.

mod behind;
mod builder;
mod checkpoint;
mod commit;
mod count;
mod feed;
mod gate;
mod governor;
mod header;
mod job;
mod keys;
mod large;
mod many;
mod open;
mod opened;
mod pass;
mod phases;
mod place;
mod plan;
mod policy;
mod quarantine;
mod route;
mod run;
mod settings;
mod sum;
mod totals;
mod window;
mod wordcount;
mod worker;

pub use count::{Counted, Counting, What, count, count_records};
pub use job::Job;
pub use many::{Each, Many, places};
pub use quarantine::{MaxErrors, Replay, Section, usual_place};
pub use settings::{CHECKPOINT_EVERY, Checkpoint, ColumnsFrom, InvalidUtf8, Io, MEMORY_LIMIT, OnError, Settings};
pub use settings::{SourceSpec, TargetSpec};
