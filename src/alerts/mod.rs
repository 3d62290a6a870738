//! Alerts: rules about the metrics of a run, each raised and resolved once.

mod metric;
mod rule;
mod watch;

pub use metric::{METRICS, Metric, Unit, Whole, metric};
pub use rule::{Limit, Rule, Severity, Told, built_in};
pub use watch::{Change, Watch};
