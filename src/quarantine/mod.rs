//! Bad records that are kept: a second target, a line for each, in input order.
//!
//! A worker notes the bad records of a slice ([`BadRecords`]) and leaves them out. When the slice's turn comes the
//! committer enters them into the [`Ledger`]: only then are the numbers of the records known. The ledger counts them
//! against the limit and writes them into the [`Quarantine`], so that neither depends on workers and slices. What a
//! worker notes is bounded; at the bound it waits for its turn, as it does for output.
//!
//! A quarantine begins with a line that says how the records of a source are read ([`Head`]). With it, repaired records
//! can be read again ([`Section`], [`Replay`](crate::job::Replay)).

mod bad;
mod head;
mod ledger;
mod limit;
mod line;
mod section;
mod target;

pub(crate) use bad::{Bad, BadRecords};
pub(crate) use head::Head;
pub(crate) use ledger::{Ledger, Over};
pub use limit::MaxErrors;
pub(crate) use line::Origin;

/// What to do about a record of a quarantine that is as bad as it was.
pub(crate) const NOT_REPAIRED: &str = "This has not been repaired yet: put the repaired record into `text`, or its bytes as base64 into `raw`, or delete the line.";
pub use section::Section;
pub use target::usual_place;
pub(crate) use target::{Quarantine, place_for};
