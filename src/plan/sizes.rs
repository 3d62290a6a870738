//! Sizes that the memory plan relies on, and that others have to respect.

/// Code, stacks, tables, and what the process needs before any slice. With the least limit, a whole process has 6.5 to 9.2 MB
/// resident, most of it pages of code: a conversion asks for 9.4 MB then.
pub(crate) const BASE: usize = (8 << 20) + (256 << 10);
/// With a lower memory limit, the code that has done its work gives its memory back.
pub(crate) const TIGHT: usize = 64 << 20;
/// What a dashboard takes at most: its series, a snapshot for each stream, what 64 connections read and write, stacks and
/// code.
pub(crate) const DASHBOARD: usize = 4 << 20;
/// What recording a profile of the processor's time takes at most: its stacks, twice while their table grows, and the samples
/// on the way there.
pub(crate) const PROFILE: usize = 5 << 20;
/// What groups have at least, whatever the memory limit: for merging runs of them, and for writing the result.
pub(crate) const GROUPS: usize = 2 << 20;
/// What the files of an output that is split take at least besides a buffer for a piece of it: the buffers of those that are
/// not whole, and one for records.
pub(crate) const FILES: usize = 384 << 10;
/// A table up to this size is included in that.
pub(crate) const FEW: usize = 64 << 10;
/// The default size of slices.
pub(crate) const SLICE: usize = 512 << 10;
/// The smallest slice that a limit may shrink to, unless the user asks for less.
pub(crate) const SLICE_MIN: usize = 16 << 10;
/// A window that grows beyond the plan gets this fraction more than was asked for (one part in 16), so that its bytes
/// are rarely moved to its front.
pub(crate) const SLACK: usize = 16;
/// How much of a stream's beginning is searched for keys, in bytes. A fixed part of the memory plan: the header must
/// not depend on the size of slices or the memory limit.
pub(crate) const HEAD: usize = 1 << 20;
/// How many bytes may be noted about a slice before they have to be entered.
pub(crate) const NOTED: usize = 128 << 10;

/// The largest piece, and the smallest.
pub(crate) const PIECE: usize = 4 << 20;
pub(crate) const PIECE_MIN: usize = 64 << 10;

/// How many bytes are finished before their pages are released, with slices of this size. Slices of full size mean
/// plenty of memory: pieces of eight slices instead of four save a job that selects columns 2 to 4 % of its time
/// (sixteen save no more).
pub(crate) fn piece(slice_size: usize) -> usize {
    let slices = if slice_size >= SLICE { 8 } else { 4 };
    slice_size.saturating_mul(slices).clamp(PIECE_MIN, PIECE)
}

/// The most that is finished but not released, apart from the slices being worked on.
pub(crate) fn most(slice_size: usize) -> usize {
    piece(slice_size) / 2 * 3
}
