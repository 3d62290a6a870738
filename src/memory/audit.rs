//! Counting allocations.
