//! Sizes that the memory plan counts with, and that others keep to.

/// Code, stacks, tables, and what the process needs before any slice (measured: 4 to 5 MB resident).
pub(crate) const BASE: usize = 6 << 20;
/// A table up to this size is within that.
pub(crate) const FEW: usize = 64 << 10;
/// The default size of slices.
pub(crate) const SLICE: usize = 512 << 10;
/// The smallest slice a limit may shrink to, unless the user asks for less.
pub(crate) const SLICE_MIN: usize = 16 << 10;
/// How much more than was asked for a window gets that grows beyond the plan, as a part of that: so its bytes are
/// rarely moved to its front.
pub(crate) const SLACK: usize = 16;
/// How much of a stream's beginning is looked at for keys, in bytes. A fixed part of the memory plan: the
/// header may not depend on the size of slices or the memory limit.
pub(crate) const HEAD: usize = 1 << 20;
/// How many bytes are noted of a slice before they have to be entered.
pub(crate) const NOTED: usize = 128 << 10;

/// The largest piece, and the smallest.
pub(crate) const PIECE: usize = 4 << 20;
pub(crate) const PIECE_MIN: usize = 64 << 10;

/// How many bytes are done before their pages are given back, with slices of such a size. Those of full size mean that
/// there is plenty of memory: pieces of eight slices instead of four save a job that selects columns 2 to 4 % of its time
/// (sixteen no more than that).
pub(crate) fn piece(slice_size: usize) -> usize {
    let slices = if slice_size >= SLICE { 8 } else { 4 };
    slice_size.saturating_mul(slices).clamp(PIECE_MIN, PIECE)
}

/// The most that is done and not given back, but for the slices that are being worked on.
pub(crate) fn most(slice_size: usize) -> usize {
    piece(slice_size) / 2 * 3
}
