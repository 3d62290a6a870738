//! The record model: what every decoder produces and every encoder consumes.

mod batch;
mod columns;
pub mod json;
mod lossy;
mod output;
mod schema;
mod value;

pub use batch::{Batch, Span, Tree};
pub use columns::{Binder, Slot};
pub use json::{BytesAs, Detail};
pub use lossy::{Lossy, LossyKind};
pub use output::{Drain, EncodeError, Mark, Output};
pub use schema::Schema;
pub use value::Value;
