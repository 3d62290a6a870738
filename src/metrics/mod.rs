//! Counters, latency, and the report of a run with its views.

mod event;
mod human;
mod json;
mod latency;
mod progress;
mod report;
mod units;

pub use event::{Event, Events};
pub use human::human;
pub use json::json;
pub use latency::LatencyRecorder;
pub use progress::{Progress, Snapshot, status};
pub use report::{Allocations, FileReport, Latency, NeverSeen, Report, StageAllocations};
pub use units::size;

pub use crate::wording::count;
