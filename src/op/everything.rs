//! Seeing every value.

use super::Op;
use crate::record::Batch;

/// Changes nothing, but sees everything as an op does: values are decoded as a whole, as UTF-8, and none is copied as it
/// was. For targets that have to look at every character.
pub(crate) struct Everything;

impl Everything {
    /// Its name. It is no op that anybody asked for.
    pub const NAME: &str = "everything";
}

impl Op for Everything {
    fn name(&self) -> &str {
        Everything::NAME
    }

    fn apply(&self, _batch: &mut Batch<'_>) {}

    fn fingerprint(&self) -> Option<String> {
        Some(self.name().to_owned())
    }
}
