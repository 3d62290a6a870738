//! Many sources: one target for all of them ([`Many`]), or one for each ([`Each`]).
//!
//! The sources are converted one after another, each as in a job of its own; only the place in the output is passed on
//! from one to the next. Only one source is open at a time: if the header depends on all of them, a look before the run
//! opens every file one more time.

mod asked;
mod columns;
mod each;
mod fields;
mod live;
mod look;
mod names;
mod one;
mod parts;
mod places;
mod rest;
mod target;
mod types;
mod whole;

pub use asked::Many;
pub use each::Each;
pub use places::places;
