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

/// Where the next record is, for somebody who takes in the records of one slice after the other.
#[derive(Clone)]
pub(crate) struct Place {
    /// In the first bits of the numbers of slices.
    source: u64,
    /// The slice of the last records, and how many of its records were taken in.
    slice: Option<u64>,
    taken: u64,
}

impl Place {
    /// Before the first record of the source of this number among those of the job.
    pub fn of(source: u32) -> Place {
        Place { source: u64::from(source) << SLICES, slice: None, taken: 0 }
    }

    /// The number of the source.
    pub fn source(&self) -> u32 {
        (self.source >> SLICES) as u32
    }

    /// Where the first record of the source is.
    pub fn first(&self) -> At {
        At { slice: self.source, record: 0 }
    }

    /// Where the next record is, which is one of this slice.
    #[inline]
    pub fn next(&mut self, slice: u64) -> At {
        if self.slice != Some(slice) {
            (self.slice, self.taken) = (Some(slice), 0);
        }
        At { slice: self.source | slice, record: self.taken }
    }

    /// So many records of the slice were taken in.
    #[inline]
    pub fn took(&mut self, records: u64) {
        self.taken += records;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_each_slice() {
        let mut place = Place::of(3);
        let at = |slice: u64, record| At { slice: 3 << SLICES | slice, record };
        assert_eq!((place.source(), place.next(7), place.next(7)), (3, at(7, 0), at(7, 0)));
        place.took(2);
        assert_eq!(place.next(7), at(7, 2));
        place.took(5);
        assert_eq!([place.next(9), place.next(7)], [at(9, 0), at(7, 0)]);
    }
}
