//! From what a user wrote to checked settings.
//!
//! [`flags`] is the table of flags: what each is called, what it is for, and what it means. `file` reads configuration
//! files and the environment. The other functions parse single values.

mod byte;
mod count;
mod duration;
#[cfg(feature = "cli")]
pub mod file;
pub mod flags;
mod limit;
mod list;
mod ops;
mod size;

pub use byte::parse_byte;
pub(crate) use byte::{parse_delimiter, parse_joiner};
pub use count::parse_count;
pub use duration::parse_duration;
pub use limit::parse_limit;
pub use ops::parse_ops;
pub use size::parse_size;
