//! Where the processor's time goes: samples of all threads, counted by stack, and written for `pprof` or as a flame graph.
//!
//! The crate `pprof` does the same, but its tables take some 70 MB, which a memory limit has no room for, its handler writes
//! to a file, and it drops samples that two threads take at the same time.

mod flame;
mod names;
mod pprof;
mod recorded;
mod recorder;
mod stacks;
mod wire;
mod write;

pub use recorded::Profile;
pub use recorder::Recorder;
pub use write::write;
