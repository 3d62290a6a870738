//! What of a memory limit the plan of a source does not have, because others take it.

use crate::compress::{Blocking, Packing};

/// What the limit was lowered by before it was planned with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outside {
    /// The names of many sources, in bytes.
    pub names: usize,
    /// How the one target of all sources would be written with enough memory.
    pub target: Coders,
    /// What that takes as it is, in bytes.
    pub taken: usize,
}

/// How a target is compressed, and put into blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coders {
    pub packing: Option<Packing>,
    pub blocking: Option<Blocking>,
}

/// What reading is left of a low limit, in bytes: most jobs need less.
const READING: usize = 14 << 20;

impl Coders {
    /// How it is done below a limit: each takes no more than half of it, unless one thread does.
    pub fn below(self, limit: usize) -> Coders {
        let most = (limit / 2).min(limit.saturating_sub(READING));
        let blocking = self.blocking.map(|blocking| blocking.at_most(limit, most));
        Coders { packing: self.packing.map(|packing| packing.at_most(most)), blocking }
    }

    /// The memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        let packing = self.packing.map_or(0, |packing| packing.bytes());
        packing.saturating_add(self.blocking.map_or(0, |blocking| blocking.bytes()))
    }
}

impl Outside {
    /// All of it, in bytes.
    pub fn bytes(&self) -> usize {
        self.names + self.taken
    }

    /// The lowest limit that leaves `least` for the plan. With a higher limit, the target takes more too.
    pub fn limit(&self, least: usize) -> usize {
        let least = least.saturating_add(self.names);
        if self.target.bytes() == 0 {
            return least;
        }
        let mut limit = rounded_up(least);
        loop {
            let needed = rounded_up(least.saturating_add(self.target.below(limit).bytes()));
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
                    let target = Coders { packing: Some(most), blocking: None };
                    let limit = Outside { names: 1000, target, taken: 0 }.limit(least);
                    assert!(limit >= target.below(limit).bytes() + 1000 + least, "{most:?} {least} {limit}");
                }
            }
        }
        assert_eq!(Outside { names: 7, ..Outside::default() }.limit(100), 107);
    }
}
