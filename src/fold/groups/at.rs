//! Where records are.

/// Where a record is among all records: they are in this order, whoever takes them in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    /// The number of its slice; the number of the source is in the first bits.
    pub slice: u64,
    /// Its number among those of the slice.
    pub record: u64,
}

/// How many bits of the number of a slice are its own.
pub(crate) const SLICES: u32 = 40;
