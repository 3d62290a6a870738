//! Which vector kernels run on this machine.

use std::sync::OnceLock;

/// A family of kernels. Values come only from [`get`](Kernel::get) and [`available`](Kernel::available), so holding one
/// proves that the processor can run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
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
            let best = Kernel::best();
            let wanted = match std::env::var_os("PAGEMILL_KERNEL").as_ref().and_then(|name| name.to_str()) {
                Some("portable") => Kernel::Portable,
                Some("avx2") => Kernel::Avx2,
                _ => best,
            };
            wanted.min(best)
        })
    }

    /// Every family this processor has, slowest first.
    pub fn available() -> impl Iterator<Item = Kernel> {
        let best = Kernel::best();
        Kernel::OF_THIS_TARGET.iter().copied().filter(move |kernel| *kernel <= best)
    }

    #[cfg(target_arch = "x86_64")]
    const OF_THIS_TARGET: &[Kernel] = &[Kernel::Portable, Kernel::Avx2, Kernel::Avx512];
    #[cfg(target_arch = "aarch64")]
    const OF_THIS_TARGET: &[Kernel] = &[Kernel::Portable, Kernel::Neon];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    const OF_THIS_TARGET: &[Kernel] = &[Kernel::Portable];

    #[cfg(target_arch = "x86_64")]
    fn best() -> Kernel {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1");
        let avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
        match (avx2 && is_x86_feature_detected!("popcnt"), avx512) {
            (true, true) => Kernel::Avx512,
            (true, false) => Kernel::Avx2,
            _ => Kernel::Portable,
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn best() -> Kernel {
        Kernel::Neon
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn best() -> Kernel {
        Kernel::Portable
    }
}
