//! Schemas as files: read for `--schema`, and written by `pagemill schema` in the forms that other programs read.

mod arrow;
mod avro;
mod avsc;
pub(crate) mod file;
mod form;
mod json_schema;
mod limits;
mod messages;
mod names;
mod proto;
#[cfg(feature = "protobuf")]
pub mod protobuf;
mod read;
mod sql;
mod table;

pub(crate) use avro::{NAME, TIME_NANOS, UNIT, write as write_avro};
pub(crate) use file::Decimal;
pub use file::{Facts, File, Node};
pub use form::Form;
pub(crate) use limits::LEVELS;
pub(crate) use messages::of_message;
pub(crate) use names::is_word;
#[cfg(feature = "protobuf")]
pub(crate) use read::is_protobuf;
pub(crate) use read::{is_avro, of_text, read, shown};
