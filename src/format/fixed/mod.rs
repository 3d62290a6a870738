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

use super::{Cut, Decode, Encode, Error, Format, Frame, OpenError, Opening, Options};
use super::{ReadFormat, Shape, Want, WriteFormat, text_holds_base64};
use crate::record::Schema;

fn layout(options: &Options) -> Result<Layout, Error> {
    let Some(text) = &options.layout else {
        return Err(Error::usage(
            "fixed records need a layout\n  Say which fields a record has: --layout \"id:u64le,price:f64be,name:text16\".",
        ));
    };
    let layout = Layout::parse(text)?;
    if layout.width() > options.max_record {
        return Err(Error::usage(format!(
            "a record of this layout has {} bytes, more than the limit of {} for a record\n  Raise --max-record-size (and --memory-limit with it).",
            layout.width(),
            options.max_record
        )));
    }
    Ok(layout)
}

/// The width of a record, if the layout can be understood.
pub(super) fn width(options: &Options) -> Option<usize> {
    Layout::parse(options.layout.as_deref()?).ok().map(|layout| layout.width())
}

/// Opens fixed records. A usage error without a layout, or with one that can't be understood.
pub fn open(options: &Options) -> Result<Opening, OpenError> {
    let layout = Arc::new(layout(options)?);
    Ok(Opening::Ready(Box::new(Source { schema: layout.schema(), layout })))
}

/// Prepares fixed records. A usage error when the layout needs a field that a tabular source has not.
pub fn create(options: &Options, shape: &Shape, from: Format) -> Result<Box<dyn WriteFormat>, Error> {
    let layout = Arc::new(layout(options)?);
    if let Shape::Columns(schema) = shape {
        check_columns(&layout, schema)?;
    }
    let base64 = text_holds_base64(options, from);
    Ok(Box::new(Target { layout, shape: shape.clone(), base64, bytes_as: options.bytes_as }))
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
