//! The operations that algorithms over blocks of bytes need, as a trait with an implementation for each processor
//! family.
//!
//! An algorithm is written once, as safe code over [`Vector`], and is put into a [`Work`]. [`Unit::run`]
//! compiles it once for each processor family and runs the one that fits. Everything between a `Work`
//! and the operations of the trait has to be `#[inline(always)]`: a function that is not inlined there
//! would be compiled without the vector instructions.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
mod portable;
mod work;

use std::sync::OnceLock;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::kernel::Family;
use super::kernel::Kernel;
pub use work::{Vector, Work};

/// How far ahead of a first look at data [`prefetch`] asks for it. Measured: 2 to 4 KiB are a little better than less.
pub const PREFETCH: usize = 2048;

/// Asks for the bytes at `data[at..]` to be brought near. On its own, the processor does so only within a
/// page of 4 KiB. There may be no such bytes.
#[inline(always)]
pub fn prefetch(data: &[u8], at: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is there on every x86-64 processor, and an address that is not mapped does no harm.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(data.as_ptr().wrapping_add(at).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, at);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A processor family that this processor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit(Choice);

impl Unit {
    /// The fastest one, unless the environment chooses a slower one: see [`Kernel::get`].
    pub fn get() -> Unit {
        static CHOSEN: OnceLock<Unit> = OnceLock::new();
        *CHOSEN.get_or_init(|| Unit::of(Kernel::get()))
    }

    /// Whether one instruction turns a comparison of 32 bytes into a mask. Only then do algorithms that need a mask for
    /// each step pay off.
    pub fn has_masks(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2 | Choice::Avx512 => true,
            _ => false,
        }
    }

    /// All that can run here, slowest first.
    pub fn available() -> Vec<Unit> {
        let mut units: Vec<Unit> = Kernel::available().map(Unit::of).collect();
        units.dedup();
        units
    }

    #[cfg(target_arch = "x86_64")]
    fn of(kernel: Kernel) -> Unit {
        let avx2 = kernel.family() >= Family::Avx2 && avx2::Avx2::new().is_some();
        let avx512 = kernel.family() >= Family::Avx512 && avx512::Avx512::new().is_some();
        Unit(match (avx2, avx512) {
            (true, true) => Choice::Avx512,
            (true, false) => Choice::Avx2,
            _ => Choice::Portable,
        })
    }

    #[cfg(target_arch = "aarch64")]
    fn of(kernel: Kernel) -> Unit {
        Unit(if kernel.family() == Family::Neon { Choice::Neon } else { Choice::Portable })
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn of(_kernel: Kernel) -> Unit {
        Unit(Choice::Portable)
    }

    /// Runs an algorithm compiled for this family.
    #[inline]
    pub fn run<W: Work>(self, work: W) -> W::Out {
        match self.0 {
            Choice::Portable => work.run(portable::Portable),
            // SAFETY: `of` yields these choices only where the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2 => unsafe { avx2::run(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Choice::Avx512 => unsafe { avx512::run(work) },
            #[cfg(target_arch = "aarch64")]
            Choice::Neon => neon::run(work),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
