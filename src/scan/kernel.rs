//! Which vector kernels run on this machine.

use std::sync::OnceLock;

/// A token: this processor can run the kernels of a [`Family`]. There are none but those that [`get`](Kernel::get) and
/// [`available`](Kernel::available) give, so whoever is given one may run its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kernel(Family);

/// A family of kernels, slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Plain Rust, on any processor.
    Portable,
    /// 16 bytes at a time (64-bit ARM).
    Neon,
    /// 32 bytes at a time.
    Avx2,
    /// 64 bytes at a time (AVX-512 F, BW and VL).
    Avx512,
}

impl Kernel {
    /// The fastest family this processor has; it is detected once. `PAGEMILL_KERNEL=portable|neon|avx2|avx512` in the
    /// environment chooses a slower one.
    pub fn get() -> Kernel {
        static CHOSEN: OnceLock<Kernel> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let best = best();
            let wanted = match std::env::var_os("PAGEMILL_KERNEL").as_ref().and_then(|name| name.to_str()) {
                Some("portable") => Family::Portable,
                Some("avx2") => Family::Avx2,
                _ => best,
            };
            Kernel(wanted.min(best))
        })
    }

    /// Every family this processor has, slowest first.
    pub fn available() -> impl Iterator<Item = Kernel> {
        let best = best();
        OF_THIS_TARGET.iter().copied().filter(move |family| *family <= best).map(Kernel)
    }

    /// What may be run.
    #[inline]
    pub fn family(self) -> Family {
        self.0
    }
}

#[cfg(target_arch = "x86_64")]
const OF_THIS_TARGET: &[Family] = &[Family::Portable, Family::Avx2, Family::Avx512];
#[cfg(target_arch = "aarch64")]
const OF_THIS_TARGET: &[Family] = &[Family::Portable, Family::Neon];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const OF_THIS_TARGET: &[Family] = &[Family::Portable];

#[cfg(target_arch = "x86_64")]
fn best() -> Family {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1");
    let avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
    match (avx2 && is_x86_feature_detected!("popcnt"), avx512) {
        (true, true) => Family::Avx512,
        (true, false) => Family::Avx2,
        _ => Family::Portable,
    }
}

#[cfg(target_arch = "aarch64")]
fn best() -> Family {
    Family::Neon
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn best() -> Family {
    Family::Portable
}
