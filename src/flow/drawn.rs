//! A sample: which records are drawn.
//!
//! Every record has a rank, which looks random: a hash of the seed and of the record's place in the input. Those with
//! the lowest ranks are drawn. Whoever reads the records, in whatever order, finds the same ones.

use twox_hash::XxHash3_64;

use crate::flow::located::{Place, Places};
use crate::record::Batch;

/// The rank of a record. No two records have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    hash: u64,
    place: Place,
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
    places: Places,
}

impl Ranks {
    /// The ranks for a seed.
    pub fn new(seed: u64) -> Ranks {
        Ranks { seed, places: Places::default() }
    }

    /// The rank of a record; those before it in the batch come first.
    pub fn of(&mut self, batch: &Batch<'_>, record: usize) -> Rank {
        let place = self.places.of(batch, record);
        Rank { hash: hash(place, self.seed), place }
    }
}

fn hash(place: Place, seed: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place.offset.to_le_bytes());
    bytes[8..12].copy_from_slice(&place.source.to_le_bytes());
    bytes[12..].copy_from_slice(&place.part.to_le_bytes());
    XxHash3_64::oneshot_with_seed(seed, &bytes)
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
