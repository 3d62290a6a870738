//! Records that are made of a file which can't be read from front to back.

use std::io::Read;
use std::sync::{Arc, PoisonError, RwLock};

/// The records of a file, as a stream.
pub(crate) struct Unrolled {
    pub reader: Box<dyn Read + Send>,
    /// What it takes, in bytes.
    pub memory: usize,
    /// How many records there are, if the file says so.
    pub records: Option<u64>,
    pub wanted: Wanted,
}

/// Which fields of records are wanted, for those who make them.
#[derive(Clone, Default)]
pub(crate) struct Wanted(Arc<RwLock<Option<Names>>>);

type Names = Arc<[Box<[u8]>]>;

impl Wanted {
    /// Says it.
    pub fn set(&self, fields: Option<&[Box<[u8]>]>) {
        // Who asks sees that it is the same.
        if self.get().as_deref() != fields {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = fields.map(Into::into);
        }
    }

    /// Their names, each maybe with a path after it; none: all.
    pub fn get(&self) -> Option<Names> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
