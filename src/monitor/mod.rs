//! Views of a run while it goes on: progress, a block in the terminal, the text of a metrics endpoint.
//!
//! A thread of its own looks at the [metrics](crate::metrics) twice a second and leaves a [`Sample`] where every view
//! finds the latest one. Each [`View`] has a thread of its own too: a slow one misses samples and holds nobody up, least
//! of all the run, whose workers share no lock with any of them.

mod block;
mod exposition;
pub(crate) mod families;
mod latency;
mod left;
mod line;
mod memory;
mod metrics_file;
mod plain;
mod sample;
mod sampler;
#[cfg(feature = "cli")]
mod screen;
mod series;
mod tally;
mod words;

pub use block::Block;
pub use exposition::Exposition;
pub use line::{bar, line};
pub use metrics_file::{MetricsFile, may_hold_metrics};
pub use plain::Plain;
pub use sample::{
    About, Checkpoints, Episode, LATENCY_BOUNDS, Left, Memory, Met, Moment, Pressure, Rates, Sample, Show, Standing,
    State, TargetSpace,
};
pub use sampler::{Judge, Monitor, Starter, Subject, View};
#[cfg(feature = "cli")]
pub use screen::{BarView, BlockView, Screen};
pub use series::{Column, Series};
