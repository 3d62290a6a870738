//! Schemas as files: read for `--schema`, and written by `pagemill schema` in the forms that other programs read.

mod arrow;
mod avro;
mod avsc;
pub(crate) mod file;
mod form;
mod json_schema;
mod limits;
mod names;
mod proto;
mod read;
mod sql;
mod table;

pub(crate) use avro::{NAME, UNIT, write as write_avro};
pub use file::{Facts, File, Node};
pub use form::Form;
pub(crate) use limits::LEVELS;
pub(crate) use names::is_word;
pub(crate) use read::{is_avro, of_text, read, shown};
