//! Columns: Parquet and Arrow.
//!
//! ```text
//! source ──▶ threads that read columns ──▶ a stream of records ──▶ slices, decoders, …
//! … encoders ──▶ blocks of records ──▶ threads that make columns of each ──▶ row groups, in order ──▶ target
//! ```
//!
//! Between both, records are data of Avro.

#[cfg(feature = "columnar")]
mod beyond;
#[cfg(feature = "columnar")]
mod build;
#[cfg(feature = "columnar")]
mod chunk;
#[cfg(feature = "columnar")]
mod get;
#[cfg(feature = "columnar")]
mod input;
#[cfg(feature = "columnar")]
mod ipc;
#[cfg(not(feature = "columnar"))]
mod lacking;
#[cfg(feature = "columnar")]
mod leaves;
#[cfg(feature = "columnar")]
mod messages;
#[cfg(feature = "columnar")]
mod pack;
#[cfg(feature = "columnar")]
mod room;
#[cfg(feature = "columnar")]
mod rows;
#[cfg(feature = "columnar")]
mod shape;
#[cfg(feature = "columnar")]
#[cfg(test)]
mod tests;
#[cfg(feature = "columnar")]
mod unroll;

use super::entry::{self, Ends, Entry, Gives, JsonText, Straight, Takes};
use super::{Detail, Options};
#[cfg(not(feature = "columnar"))]
use lacking::{self as ipc, self as pack, self as room, self as unroll};

/// Parquet.
pub(super) static PARQUET: Entry = Entry {
    name: "parquet",
    title: "Parquet",
    extensions: &["parquet"],
    blocks: Some(pack::make),
    unroll: Some(unroll::parquet),
    ..COLUMNS
};

/// Files of Arrow.
pub(super) static ARROW: Entry = Entry {
    name: "arrow",
    title: "Arrow",
    aliases: &["feather"],
    extensions: &["arrow", "feather"],
    blocks: Some(ipc::file),
    unroll: Some(unroll::arrow),
    ..COLUMNS
};

/// Streams of Arrow.
pub(super) static ARROW_STREAM: Entry = Entry {
    name: "arrows",
    title: "Arrow streams",
    extensions: &["arrows"],
    blocks: Some(ipc::stream),
    unroll: Some(unroll::arrow),
    ..COLUMNS
};

/// What they have in common.
const COLUMNS: Entry = Entry {
    name: "",
    title: "",
    aliases: &[],
    extensions: &[],
    text: false,
    any_bytes: false,
    needs_utf8: true,
    lines: None,
    ends: Ends::Length,
    tabular: false,
    table: false,
    nested: true,
    payload: false,
    open: room::open,
    create: room::create,
    gives: |_| Gives { whole_records: true, ..Gives::default() },
    takes,
    blocks: None,
    unroll: None,
    copies: |_| None,
    header: entry::header_before,
    reopen: room::reopen,
    begin_record: entry::no_text,
};

fn takes(_: &Options) -> Takes {
    Takes {
        detail: Detail::All,
        untyped: false,
        typed: false,
        types: true,
        lone: false,
        json: JsonText::Never,
        straight: Straight::Never,
        whole_record: 0,
    }
}
