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
mod neon;
mod portable;
mod work;

use std::sync::OnceLock;

pub use work::{Pairs, Vector, Work};

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

/// Slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Choice {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A token: this processor belongs to a family, and may run what is compiled for it. There are none but those that
/// [`get`](Unit::get) and [`available`](Unit::available) give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit(Choice);

impl Unit {
    /// The fastest one; it is detected once. `PAGEMILL_KERNEL=portable|neon|avx2|avx512` in the environment chooses a
    /// slower one.
    pub fn get() -> Unit {
        static CHOSEN: OnceLock<Unit> = OnceLock::new();
        *CHOSEN.get_or_init(|| {
            let name = std::env::var_os("PAGEMILL_KERNEL");
            let wanted = match name.as_ref().and_then(|name| name.to_str()) {
                Some("portable") => Choice::Portable,
                #[cfg(target_arch = "x86_64")]
                Some("avx2") => Choice::Avx2,
                _ => best(),
            };
            Unit(wanted.min(best()))
        })
    }

    /// All that can run here, slowest first.
    pub fn available() -> Vec<Unit> {
        OF_THIS_TARGET.iter().copied().filter(|choice| *choice <= best()).map(Unit).collect()
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

    /// Whether a part of a block is read and written without being copied.
    pub fn reads_parts(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Choice::Avx512 => true,
            _ => false,
        }
    }

    /// Runs an algorithm compiled for this family.
    #[inline]
    pub fn run<W: Work>(self, work: W) -> W::Out {
        match self.0 {
            Choice::Portable => work.run(portable::Portable),
            // SAFETY: `best` yields these choices only where the processor has the instructions.
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

#[cfg(target_arch = "x86_64")]
const OF_THIS_TARGET: &[Choice] = &[Choice::Portable, Choice::Avx2, Choice::Avx512];
#[cfg(target_arch = "aarch64")]
const OF_THIS_TARGET: &[Choice] = &[Choice::Portable, Choice::Neon];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const OF_THIS_TARGET: &[Choice] = &[Choice::Portable];

/// The fastest family that this processor belongs to.
#[cfg(target_arch = "x86_64")]
fn best() -> Choice {
    match (avx2::Avx2::new(), avx512::Avx512::new()) {
        (_, Some(_)) => Choice::Avx512,
        (Some(_), _) => Choice::Avx2,
        _ => Choice::Portable,
    }
}

#[cfg(target_arch = "aarch64")]
fn best() -> Choice {
    Choice::Neon
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn best() -> Choice {
    Choice::Portable
}

#[cfg(test)]
pub(crate) mod tests;
