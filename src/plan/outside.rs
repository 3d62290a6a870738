//! What of a memory limit the plan of a source does not have, because others take it.

use crate::compress::Packing;

/// What the limit was lowered by before it was planned with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outside {
    /// The names of many sources, in bytes.
    pub names: usize,
    /// How the one target of all sources would be compressed with enough memory, and what that takes as it is, in bytes.
    pub packing: Option<(Packing, usize)>,
}

/// What reading is left of a low limit, in bytes: most jobs need less.
const READING: usize = 14 << 20;

impl Outside {
    /// How compression is done below a limit: it takes no more than half of it, unless one thread does.
    pub fn packing_below(most: Packing, limit: usize) -> Packing {
        most.at_most((limit / 2).min(limit.saturating_sub(READING)))
    }

    /// All of it, in bytes.
    pub fn bytes(&self) -> usize {
        self.names + self.packing.map_or(0, |(_, bytes)| bytes)
    }

    /// The lowest limit that leaves `least` for the plan. With a higher limit, compression takes more too.
    pub fn limit(&self, least: usize) -> usize {
        let least = least.saturating_add(self.names);
        let Some((most, _)) = self.packing else { return least };
        let mut limit = rounded_up(least);
        loop {
            let needed = rounded_up(least.saturating_add(Outside::packing_below(most, limit).bytes()));
            if needed <= limit {
                return limit;
            }
            limit = needed;
        }
    }
}

/// As it is written in messages, in bytes.
fn rounded_up(bytes: usize) -> usize {
    bytes.div_ceil(100_000).saturating_mul(100_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::{Codec, Compression};

    #[test]
    fn the_limit_suffices() {
        for (codec, level) in [(Codec::Gzip, 6), (Codec::Zstd, 19), (Codec::Xz, 9)] {
            for threads in [1, 2, 4, 16] {
                let most = Compression { codec, level }.packing(threads);
                for least in [0, 1, 8 << 20, 64 << 20, 1 << 30] {
                    let limit = Outside { names: 1000, packing: Some((most, 0)) }.limit(least);
                    assert!(
                        limit >= Outside::packing_below(most, limit).bytes() + 1000 + least,
                        "{most:?} {least} {limit}"
                    );
                }
            }
        }
        assert_eq!(Outside { names: 7, packing: None }.limit(100), 107);
    }
}
