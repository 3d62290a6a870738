//! A sample: which records are drawn.
//!
//! Every record has a rank, which looks random: a hash of the seed and of the record's place in the input. Those with
//! the lowest ranks are drawn. Whoever reads the records, in whatever order, finds the same ones.

use twox_hash::XxHash3_64;

use crate::record::Batch;

/// The rank of a record. No two records have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    hash: u64,
    place: Place,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The number of its source.
    source: u32,
    /// Where in the source it begins.
    offset: u64,
    /// Its number among those that a step made of one.
    part: u32,
}

/// Which records are drawn: those with at most this rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub seed: u64,
    /// The highest rank; none: there is no record.
    pub most: Option<Rank>,
}

/// Ranks the records of a batch, one after the other.
pub(crate) struct Ranks {
    seed: u64,
    last: Option<Place>,
}

impl Ranks {
    /// The ranks for a seed.
    pub fn new(seed: u64) -> Ranks {
        Ranks { seed, last: None }
    }

    /// The rank of a record; those before it in the batch come first.
    pub fn of(&mut self, batch: &Batch<'_>, record: usize) -> Rank {
        let before = batch.before();
        let (source, offset) = (before.number, before.offset + batch.span(record).start as u64);
        let part = match self.last {
            Some(last) if (last.source, last.offset) == (source, offset) => last.part + 1,
            _ => 0,
        };
        let place = Place { source, offset, part };
        self.last = Some(place);
        Rank { hash: place.hash(self.seed), place }
    }
}

impl Place {
    fn hash(self, seed: u64) -> u64 {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.source.to_le_bytes());
        bytes[12..].copy_from_slice(&self.part.to_le_bytes());
        XxHash3_64::oneshot_with_seed(seed, &bytes)
    }
}

impl Drawn {
    /// Keeps the records that are drawn.
    pub fn keep(self, batch: &mut Batch<'_>) {
        let mut ranks = Ranks::new(self.seed);
        batch.retain(|record| {
            let (batch, index) = record.place();
            Some(ranks.of(batch, index)) <= self.most
        });
    }
}
