//! The one way through: source, cut, decode, ops, encode, commit, target.

mod job;
mod settings;

pub use job::Job;
pub use settings::{ColumnsFrom, InvalidUtf8, Io, MEMORY_LIMIT, OnError, Settings, SourceSpec, TargetSpec};
