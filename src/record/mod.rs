//! The record model: what every decoder produces and every encoder consumes.

mod batch;
#[doc(hidden)]
pub mod binary;
pub(crate) mod calendar;
pub(crate) mod canonical;
mod columns;
#[doc(hidden)]
pub mod decimal;
#[doc(hidden)]
pub mod digits;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod line_form;
mod lookup;
mod lossy;
mod nulls;
mod output;
mod paths;
#[doc(hidden)]
pub mod proto;
mod schema;
mod seen;
mod span;
mod stack_text;
#[doc(hidden)]
pub mod to_number;
mod tree;
mod unrolled;
#[doc(hidden)]
pub mod utf8;
mod value;
pub(crate) mod varint;

pub use crate::memory::Arena;
pub(crate) use batch::Before;
pub(crate) use batch::RECORDS;
pub use batch::{Batch, Record};
pub(crate) use batch::{record_too_large, too_many_fields};
#[doc(hidden)]
pub use columns::{Binder, Bound, NONE};
pub use json::{BytesAs, Nonfinite};
#[doc(hidden)]
pub use json::{Chosen, Detail};
pub(crate) use lookup::{Spot, each as each_node, find, find_inside, find_item, spot, value_at};
pub(crate) use lossy::lossy_error;
pub use lossy::{Lossy, LossyKind};
pub(crate) use nulls::Nulls;
#[doc(hidden)]
pub use output::{Drain, EncodeError, Mark, Output};
pub(crate) use paths::is_within;
#[doc(hidden)]
pub use paths::{Apart, Paths, with_key};
pub use schema::{Kind, Schema, Type, Unit};
#[doc(hidden)]
pub use seen::Seen;
#[doc(hidden)]
pub use span::Span;
#[doc(hidden)]
pub use stack_text::StackText;
pub use tree::Tree;
pub(crate) use unrolled::{Unrolled, Wanted};
pub use value::Value;
