//! Counters, latency, and the report of a run.

mod report;

pub use report::{Allocations, Latency, Report, StageAllocations};
