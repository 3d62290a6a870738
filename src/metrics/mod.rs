//! Counters, latency, and the report of a run with its views.
//!
//! A job counts in a registry: cells that its workers own and nobody locks. [`Progress::metrics`] reads them at any
//! moment of the run; the [`Report`], the line of [`Progress`] and the stages of an audit are views of them too.

mod bad;
mod cell;
mod counted;
mod event;
mod json;
mod latency;
mod pass;
mod progress;
mod registry;
mod report;
mod stage;
mod units;
mod warning;
mod writing;

pub use crate::error::Cause;
pub use crate::memory::pressure::{GroupUse, Level, Reading, Response};
pub(crate) use bad::BadNotes;
pub use bad::{BadRecord, BadTotals, Places};
pub use counted::{Metrics, Planned, PoolUse, Workers};
pub use event::{Event, Events};
pub use json::{Ran, json};
pub use latency::LatencyRecorder;
pub(crate) use pass::{Begin, Committed, Counted, Doing, Meter, Pass};
pub use progress::{Progress, Snapshot, status};
pub(crate) use registry::Registry;
pub use report::{
    Allocated, Allocations, BoundReport, FileReport, Latency, PartReport, Report, SourceIdentity, Spilled,
    StageAllocations, WindowReport,
};
pub use stage::STAGES;
pub(crate) use stage::Stage;
#[doc(hidden)]
pub use units::size;
pub use units::size_rounded;
pub(crate) use units::{duration, micros};
pub(crate) use warning::is_regex;
pub(crate) use warning::strictly;
pub use warning::{NeverSeen, Warning, WarningKind};
pub use writing::Writing;

#[doc(hidden)]
pub use crate::wording::count;
