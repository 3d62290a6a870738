//! The record model: what every decoder produces and every encoder consumes.

mod batch;
mod columns;
mod lossy;
mod output;
mod schema;
mod value;

pub(crate) use batch::record_too_large;
pub use batch::{Batch, Span, Tree};
pub use columns::{Binder, Slot};
pub use lossy::{Lossy, LossyKind};
pub use output::{Drain, EncodeError, Mark, Output};
pub use schema::Schema;
pub use value::Value;
