//! Protobuf: messages to batches and back, by tables that are made from descriptors. For formats, and for payloads of
//! frames.
//!
//! A message is read in two steps. The first goes over its bytes and notes for each field where its values are; the
//! second adds them to the batch in the order of the fields. So it does not matter in which order they come, and what is
//! there several times is merged as the specification says.

mod any;
mod column_tree;
mod convert;
mod fault;
mod known;
mod names;
mod opened;
mod pen;
mod read;
mod root;
mod scan;
mod sink;
mod special;
mod table;
mod tape;
mod times;
mod wire;
mod write;

pub use names::Names;
pub use read::Reader;
pub use root::Root;
pub use table::{Builder, Enum, Field, Known, Message, Messages, Of, Shape};
pub use wire::{varint, width_of};
pub use write::{Writer, Writing};
