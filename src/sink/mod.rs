//! Where bytes go: a file under a temporary name, a pipe, memory; compressed, if that is wanted.

mod encoded;
mod file;
mod fill;
mod memory;
mod names;
mod outlet;
mod pack;
mod part_names;
mod parts;
mod pipe;
mod seam;
mod spec;
mod target;
mod writer;

pub(crate) use encoded::{Encode, Recode};
pub use file::open_left;
pub use names::{beside, whole_path};
pub use outlet::ends_amid_line;
pub(crate) use part_names::{PartNames, numbered};
pub(crate) use parts::{Parts, Wrap};
pub use seam::{Can, Sink};
pub use spec::TargetSpec;
pub(crate) use spec::from_paths;
pub use target::Target;
pub use writer::Forwards;
