//! Sorted runs on disk: what does not fit into memory is written in order, and merged when it is read again.
//!
//! A run is a sequence of entries in the order of their keys. An entry is a key, which is compared byte by byte, and a
//! body, which is carried along. Runs are written in blocks, each with a checksum, into files without a name: nothing of
//! them is left when the program ends, however it ends. Only those of a sort that can be resumed have names
//! ([`SpillNames`]): another run opens them as it opens all that a run left, and [`SavedRun`] says what is in them.
//!
//! ```text
//! run    = block …
//! block  = length of the rest (u31) and whether it is compressed (a bit) · checksum of both (u32) · part of the entries
//! entry  = length of the key (u32) · length of the body (u32) · key · body
//! ```
//!
//! A [`List`] has items of one size in order, of which any block can be read: whether an item is there is asked again and
//! again. Its blocks are never compressed: they are read by their place.

mod file;
mod list;
mod merge;
mod pack;
mod run;

pub(crate) use file::{SpillFile, SpillFolder, SpillNames, block_size};
pub(crate) use list::{ITEM, List, ListReader, ListWriter};
pub(crate) use merge::{MERGED, Merge, Sorted, reduce};
pub(crate) use run::{ENTRY, Run, RunReader, RunWriter, SavedRun, lengths, prefix};
