//! Finding settings for an input: what differs from the usual is tried, one setting after the other, beside what was best
//! before. Only what is faster beyond the noise of the machine is taken.

mod once;
mod sample;
mod save;
mod search;
mod space;

pub use once::{Ran, once};
pub use sample::copy_beginning;
pub use save::{New, Profiles, Saved};
pub use search::{Choice, Found, Measure, Outcome, Step, Times, Tried, runs, search};
pub use space::{Setting, settings};
