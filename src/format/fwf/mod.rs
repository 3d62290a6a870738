//! Fixed-width text: each line is a record, and its fields are where a layout says, padded with spaces.
//!
//! A line may end early: what is missing is as if it were spaces. What goes on after the last field may be spaces only.
//! Spaces around a field are padding; a field of spaces is null.

mod cell;
mod decode;
mod encode;
mod fit;
mod layout;

use std::sync::Arc;

use super::comment::Comment;
use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::line_cut::LineCut;
use super::{BytesAs, Cut, Decode, Detail, Encode, Frame, OpenError, Opening, Options, ReadFormat};
use super::{Shape, Tallied, Tally, Want, WriteFormat};
use crate::error::{Error, Result};
use crate::record::{Nulls, Schema};
use crate::scan::lines::Lines;
use decode::is_record;
use encode::Style;
use layout::Names;
pub(crate) use layout::{Field, Layout, Unit};

/// Fixed-width text.
pub(super) static FWF: Entry = Entry {
    name: "fwf",
    title: "fixed-width text",
    aliases: &[],
    extensions: &["fwf"],
    text: true,
    any_bytes: false,
    needs_utf8: false,
    lines: Some(Lines::Feeds),
    ends: Ends::Break,
    tabular: false,
    table: true,
    nested: false,
    payload: false,
    open,
    create,
    gives: |options| Gives { base64: options.bytes_as == BytesAs::Base64, cells: true, ..Gives::default() },
    takes,
    copies: |_| None,
    header: entry::header_before,
    reopen: |options, header| open(options, header, true),
    blocks: None,
    unroll: None,
    begin_record: entry::nothing_before,
};

fn takes(options: &Options) -> Takes {
    let layout = options.layout.as_deref().and_then(|layout| Layout::parse(layout, names(options)).ok());
    Takes {
        detail: Detail::Maps,
        untyped: true,
        typed: false,
        types: false,
        lone: false,
        json: JsonText::Never,
        straight: layout.as_ref().map_or(Straight::Never, |layout| Straight::All(layout.schema())),
        whole_record: 0,
    }
}

/// Whether some field of a layout has no name: then names that are given, or numbers, are its names.
pub(crate) fn takes_names(layout: &str) -> bool {
    layout::is_nameless(layout)
}

/// Refuses widths in bytes where the text is in another encoding than UTF-8: they are counted in UTF-8.
///
/// # Errors
/// Usage: the layout has such a width.
pub(crate) fn refuse_bytes(options: &Options, side: &str, encoding: &str) -> Result<()> {
    let layout = options.layout.as_deref().and_then(|layout| Layout::parse(layout, names(options)).ok());
    let Some(layout) = layout else { return Ok(()) };
    let Some(field) = layout.fields.iter().find(|field| field.unit == Unit::Bytes) else { return Ok(()) };
    let width = field.width;
    Err(Error::usage(format!(
        "⟨layout⟩ has the width {width}b, in bytes of UTF-8, but the {side} is in {encoding}\n  Give the widths in characters: {width} in place of {width}b where each character is one byte there."
    )))
}

/// The names of fields that have none in the layout.
fn names(options: &Options) -> Names<'_> {
    match options.names.as_slice() {
        [] if options.no_headers => Names::Numbers,
        [] => Names::Missing,
        names => Names::Given(names),
    }
}

/// The layout of the options, or this one.
///
/// # Errors
/// Usage: it can't be understood.
pub(crate) fn layout_or(options: &Options, other: &str) -> Result<Layout> {
    Layout::parse(options.layout.as_deref().unwrap_or(other), names(options))
}

fn layout(options: &Options) -> Result<Layout> {
    let Some(text) = &options.layout else {
        return Err(Error::usage(
            "fixed-width text needs a layout\n  Say how wide the fields are: ⟨layout \"id:8,name:22\"⟩ (in characters; 8b: in bytes).",
        ));
    };
    let layout = Layout::parse(text, names(options))?;
    if layout.width() > options.max_record {
        return Err(Error::usage(format!(
            "a line of this layout has {} characters, more than the limit of {} bytes for a record\n  Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it).",
            layout.width(),
            options.max_record
        )));
    }
    Ok(layout)
}

/// Opens fixed-width text; a byte order mark is no part of it.
fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let layout = Arc::new(layout(options)?);
    if !options.names.is_empty() && !options.layout.as_deref().is_some_and(takes_names) {
        return Err(
            Error::usage("⟨names⟩ has no effect: ⟨layout⟩ names the fields\n  Leave out one of the two.").into()
        );
    }
    let comment = options.dialect.comment;
    if let Some(comment) = comment {
        comment.check("input")?;
    }
    if !end && head.len() < MARK.len() && MARK.starts_with(head) {
        return Ok(Opening::More);
    }
    let start = if head.starts_with(MARK) { MARK.len() } else { 0 };
    let (schema, nulls) = (layout.schema(), Nulls::new(&options.nulls));
    Ok(Opening::Ready(Box::new(Reading { schema, layout, nulls, comment, start })))
}

struct Reading {
    layout: Arc<Layout>,
    schema: Schema,
    nulls: Nulls,
    comment: Option<Comment>,
    start: usize,
}

impl ReadFormat for Reading {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        Some(&self.schema)
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(LineCut)
    }

    fn tally(&self) -> Option<Box<dyn Tally>> {
        Some(Box::new(LineTally { comment: self.comment }))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.layout, &self.nulls, self.comment, want))
    }
}

/// Counts lines that are records.
struct LineTally {
    comment: Option<Comment>,
}

impl Tally for LineTally {
    fn records(&mut self, slice: &[u8]) -> Tallied {
        let lines = slice.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        Tallied::good(lines.filter(|line| is_record(line, self.comment)).count() as u64)
    }
}

/// Prepares fixed-width text. It is a usage error if the layout needs a field that a tabular source does not have.
fn create(options: &Options, given: Given<'_>) -> Result<Box<dyn WriteFormat>, Error> {
    let layout = Arc::new(layout(options)?);
    let is_nameless = options.layout.as_deref().is_some_and(takes_names);
    if is_nameless && options.names.is_empty() && matches!(given.shape, Shape::Keyed) {
        return Err(Error::usage(
            "⟨layout⟩ has widths without names, but the fields of the records have names\n  Name the fields that are to be written: ⟨layout \"id:8,name:22\"⟩.",
        ));
    }
    if let Shape::Columns(schema) = given.shape {
        check_columns(&layout, schema)?;
    }
    if options.out_null.trim() != options.out_null || options.out_null.contains(['\n', '\r']) {
        return Err(Error::usage(
            "null can't be written with spaces around it or a line break in it\n  Give ⟨out_null⟩ another text.",
        ));
    }
    Ok(Box::new(Writing { layout, shape: given.shape.clone(), options: options.clone() }))
}

fn check_columns(layout: &Layout, schema: &Schema) -> Result<(), Error> {
    let missing = layout.names().filter(|name| schema.position(name.as_bytes()).is_none());
    let missing: Vec<String> = missing.map(|name| format!("`{name}`")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = schema.names().map(|name| format!("`{}`", String::from_utf8_lossy(name))).collect();
    Err(Error::usage(format!(
        "the layout names fields that the source does not have: {}\n  The fields of the source are {}.",
        missing.join(", "),
        names.join(", ")
    )))
}

struct Writing {
    layout: Arc<Layout>,
    shape: Shape,
    options: Options,
}

impl WriteFormat for Writing {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(encode::Encoder::new(self.layout.clone(), &self.shape, Style::of(&self.options)))
    }
}
