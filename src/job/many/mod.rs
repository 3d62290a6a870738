//! Many sources: one target for all of them ([`Many`]), or one for each ([`Each`]).
//!
//! A source after another goes the one way through that a job's source goes; what goes on from one to the
//! next is the place in the output. Only one source is open at a time, whatever their number: a header that needs all
//! of them is found in a look before the run, which opens every file once more.

mod columns;
mod each;
mod one;
mod places;

pub use each::Each;
pub use one::Many;
pub use places::places;
