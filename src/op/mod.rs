//! Ops: the steps between decoding and encoding. They know no format.

pub mod select;

use crate::record::Batch;

/// One step between decoding and encoding.
///
/// An op is shared by all workers, so it keeps no state of its own between batches; memory it needs
/// comes from the batch's arena. It changes values in place, or replaces the batch by one that it
/// builds with [`Batch::rebuild`].
pub trait Op: Send + Sync {
    /// The name in reports and errors.
    fn name(&self) -> &str;

    /// Whether text has to be valid UTF-8 before this op sees it.
    fn needs_utf8(&self) -> bool {
        false
    }

    /// The fields it is limited to (dotted paths); none: all.
    fn fields(&self) -> &[Box<[u8]>] {
        &[]
    }

    /// Changes the records of a batch. A record that can't be changed is refused with [`Batch::reject`].
    fn apply(&self, batch: &mut Batch<'_>);
}
