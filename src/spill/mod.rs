//! Sorted runs on disk: what does not fit into memory is written in order, and merged when it is read again.
//!
//! A run is a sequence of entries in the order of their keys. An entry is a key, which is compared byte by byte, and a
//! body, which is carried along. Runs are written in blocks, each with a checksum, into files without a name: nothing of
//! them is left when the program ends, however it ends.
//!
//! ```text
//! run    = block …
//! block  = length of the rest (u32) · checksum of the rest (u32) · part of the entries
//! entry  = length of the key (u32) · length of the body (u32) · key · body
//! ```
//!
//! A [`List`] has items of one size in order, of which any block can be read: whether an item is there is asked again and
//! again.

mod file;
mod list;
mod merge;
mod run;

pub(crate) use file::{SpillFile, block_size};
pub(crate) use list::{ITEM, List, ListReader, ListWriter};
pub(crate) use merge::{MERGED, Merge, Sorted, reduce};
pub(crate) use run::{ENTRY, Run, RunReader, RunWriter, lengths, prefix};
