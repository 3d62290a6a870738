//! Sorting records: each gets a key whose bytes are in the order that was asked for.

mod buffer;
mod by;
mod collate;
mod key;
mod list;
mod merged;
mod sorter;

pub(crate) use buffer::{Buffer, Entries, SHARE};
pub use by::{KeyKind, SortKey};
pub use collate::Collation;
pub(crate) use key::{NoKey, Pen, append_key, longest};
pub(crate) use list::{add_keys, instead};
pub(crate) use merged::{Emitted, Emitter};
pub(crate) use sorter::{Order, Sorter, Writing};
