//! Sorting records: each gets a key whose bytes are in the order that was asked for.

mod buffer;
mod key;
mod merged;
mod sorter;

pub(crate) use buffer::SHARE;
pub use key::{KeyKind, SortKey};
pub(crate) use merged::{Emitted, Emitter};
pub(crate) use sorter::{Order, Sorter, Writing};
