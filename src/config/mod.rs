//! From what a user wrote to validated settings.
//!
//! Two layers: [`Raw`] holds the text of flags as it was given; [`Raw::validate`] turns it into
//! [`Settings`](crate::job::Settings) or says what is wrong, before any file is opened.

mod byte;
pub mod choice;
mod count;
mod limit;
mod list;
mod ops;
mod raw;
mod size;
mod view;

pub use byte::parse_byte;
pub use choice::Choice;
pub use count::parse_count;
pub use limit::parse_limit;
pub use ops::parse_ops;
pub use raw::Raw;
pub use size::parse_size;
pub use view::View;
