//! The record model: what every decoder produces and every encoder consumes.

mod batch;
mod columns;
pub mod decimal;
pub mod digits;
pub mod json;
pub mod line_form;
mod lossy;
mod output;
mod paths;
mod schema;
mod seen;
mod span;
mod stack_text;
pub mod to_number;
mod tree;
pub mod utf8;
mod value;

pub use batch::{Batch, Record};
pub(crate) use batch::{record_too_large, too_many_fields};
pub use columns::{Binder, Bound, NONE};
pub use json::{BytesAs, Chosen, Detail};
pub use lossy::{Lossy, LossyKind};
pub use output::{Drain, EncodeError, Mark, Output};
pub use paths::{Apart, Paths, with_key};
pub use schema::{Kind, Schema, Type, Unit};
pub use seen::Seen;
pub use span::Span;
pub use stack_text::StackText;
pub use tree::Tree;
pub use value::Value;
