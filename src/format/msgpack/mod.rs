//! MessagePack: a sequence of values, or one list that holds the records.

#[cfg(test)]
mod tests;

use super::entry::Entry;
use super::packed;
use crate::record::binary::MessagePack;

/// MessagePack.
pub(super) static MSGPACK: Entry =
    packed::entry::<MessagePack>("msgpack", "MessagePack", &["messagepack", "mpk"], &["msgpack", "mpk"]);
