//! Past runs: each one's report and what its metrics were over time, in a database of SQLite.
//!
//! Several processes may write at a time. Whatever goes wrong here is for the caller to say and to forget: no run fails
//! for its history.

mod draw;
mod replay;
mod run;
mod store;
mod trend;

pub use draw::{html, spark, svg};
pub use replay::{RECORDED, samples};
pub use run::{Outcome, Run, points};
pub use store::{History, usual_place};
pub use trend::{COMPARED, Compared, Figure, Usual, Verdict};
