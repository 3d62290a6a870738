//! Measuring programs beside each other: one does some work, others do the same, and what they write is compared.
//!
//! All of them run in turn, again and again, and each run of one is compared with the run of the other in the same round:
//! what slows the machine for a while slows both. The first program runs twice in each round. What its own two runs differ
//! by is the noise, and a difference that is not larger than that is none.

mod data;
mod draw;
mod machine;
mod measure;
mod read;
mod records;
mod saved;
mod shell;
mod stats;

pub use data::{Data, generate};
pub use draw::{Row, html, svg};
pub use machine::Machine;
pub use measure::{Bench, Files, Other, Outcome, Plan, Program, Series};
pub use records::{Compared, Writes, compare};
pub use saved::{Kept, Session, check_name, load, names, save};
pub use shell::{filled, has};
#[cfg(feature = "cli")]
pub(crate) use stats::{CONFIDENCE, MATTERS};
pub use stats::{Interval, Sessions, Verdict, between_sessions, noise_of, pairs, typical, verdict};
