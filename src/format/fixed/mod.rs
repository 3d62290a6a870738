//! Binary records of a fixed layout: no header, no separators, every record has the same width.

mod cut;
mod decode;
mod encode;
mod field;
mod layout;
#[cfg(test)]
mod tests;

pub use field::{Kind, Order, Pad};
pub use layout::{Field, Layout};

use std::sync::Arc;

use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::{Copies, Cut, Decode, Detail, Encode, Frame, OpenError, Opening, Options};
use super::{ReadFormat, Shape, Want, WriteFormat};
use crate::error::Error;
use crate::record::Schema;

/// Fixed records.
pub(super) static FIXED: Entry = Entry {
    name: "fixed",
    title: "fixed records",
    aliases: &[],
    extensions: &["fixed"],
    text: false,
    any_bytes: false,
    needs_utf8: false,
    lines: None,
    ends: Ends::Length,
    tabular: false,
    table: false,
    nested: false,
    payload: false,
    open: |options, _, _| open(options),
    create,
    gives: |_| Gives::default(),
    takes,
    copies: |_| Some(Copies::All),
    header: entry::header_before,
    reopen: |options, _| open(options),
    blocks: None,
    unroll: None,
    begin_record: entry::nothing_before,
};

fn takes(options: &Options) -> Takes {
    let layout = options.layout.as_deref().and_then(|layout| Layout::parse(layout).ok());
    Takes {
        detail: Detail::Maps,
        untyped: false,
        typed: false,
        types: false,
        lone: false,
        json: JsonText::Never,
        straight: layout.as_ref().map_or(Straight::Never, |layout| Straight::All(layout.schema())),
        whole_record: layout.map_or(0, |layout| layout.width()),
    }
}

fn layout(options: &Options) -> Result<Layout, Error> {
    let Some(text) = &options.layout else {
        return Err(Error::usage(
            "fixed records need a layout\n  Say which fields a record has: ⟨layout \"id:u64le,price:f64be,name:text16\"⟩.",
        ));
    };
    let layout = Layout::parse(text)?;
    if layout.width() > options.max_record {
        return Err(Error::usage(format!(
            "a record of this layout has {} bytes, more than the limit of {} for a record\n  Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it).",
            layout.width(),
            options.max_record
        )));
    }
    Ok(layout)
}

/// Opens fixed records. It is a usage error if the layout is missing or can't be understood.
fn open(options: &Options) -> Result<Opening, OpenError> {
    let layout = Arc::new(layout(options)?);
    Ok(Opening::Ready(Box::new(Source { schema: layout.schema(), layout })))
}

/// Prepares fixed records. It is a usage error if the layout needs a field that a tabular source does not have.
fn create(options: &Options, given: Given<'_>) -> Result<Box<dyn WriteFormat>, Error> {
    let layout = Arc::new(layout(options)?);
    if let Shape::Columns(schema) = given.shape {
        check_columns(&layout, schema)?;
    }
    let (shape, base64) = (given.shape.clone(), given.gives.base64);
    Ok(Box::new(Target { layout, shape, base64, bytes_as: options.bytes_as }))
}

fn check_columns(layout: &Layout, schema: &Schema) -> Result<(), Error> {
    let missing: Vec<String> = layout
        .named()
        .filter(|field| schema.position(field.name.as_bytes()).is_none())
        .map(|field| format!("`{}`", field.name))
        .collect();
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

struct Source {
    layout: Arc<Layout>,
    schema: Schema,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        0
    }
    fn schema(&self) -> Option<&Schema> {
        Some(&self.schema)
    }
    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::Cutter { width: self.layout.width() })
    }
    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.layout, want))
    }
}

struct Target {
    layout: Arc<Layout>,
    shape: Shape,
    base64: bool,
    bytes_as: super::BytesAs,
}

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        Frame::default()
    }
    fn encoder(&self) -> Box<dyn Encode> {
        let text =
            field::TextRule { base64_is_bytes: self.base64, bytes_are_base64: self.bytes_as == super::BytesAs::Base64 };
        Box::new(encode::Encoder::new(self.layout.clone(), &self.shape, text))
    }
}
