//! NDJSON and JSON (RFC 8259).

mod check;
mod columns;
mod cut;
mod decode;
mod encode;
mod keys;
mod quick;

use super::{
    Cut, Decode, Encode, Error, Format, Frame, OpenError, Opening, Options, ReadFormat, Shape, Want, WriteFormat,
};
use crate::error::RecordError;
use crate::record::json::unflatten::{self, Step};
use check::Located;

/// How records stand in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// One a line.
    Lines,
    /// In an array.
    Items,
    /// Lists and maps one after another.
    Maps,
    /// Numbers, strings and literals one after another, with white space between them.
    Scalars,
}

/// A source whose beginning was read.
struct Source {
    start: usize,
    layout: Layout,
    /// The lists and maps around the array of records, outermost first: whether each is a map.
    open: Vec<bool>,
    max_depth: usize,
    max_fields: usize,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&crate::record::Schema> {
        None
    }

    fn cutter(&self) -> Box<dyn Cut> {
        match self.layout {
            Layout::Lines => Box::new(cut::LineCut),
            layout => Box::new(cut::ValueCut::new(layout, self.open.clone(), self.max_depth)),
        }
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(self.decoder_for(want))
    }

    fn key_decoder(&self, want: &Want) -> Box<dyn Decode> {
        let decoder = self.decoder_for(want);
        match keys::among(self.layout).filter(|_| want.select.is_none()) {
            Some(among) => Box::new(keys::KeyDecoder::new(decoder, among, want.detail)),
            None => Box::new(decoder),
        }
    }
}

impl Source {
    fn decoder_for(&self, want: &Want) -> decode::Decoder {
        let around = self.open.len() + usize::from(self.layout == Layout::Items);
        decode::Decoder::new(self.layout, want, around, (self.max_depth, self.max_fields))
    }
}

fn ready(start: usize, layout: Layout, open: Vec<bool>, options: &Options) -> Result<Opening, OpenError> {
    let Options { max_depth, max_fields, .. } = *options;
    Ok(Opening::Ready(Box::new(Source { start, layout, open, max_depth, max_fields })))
}

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The offset behind a byte order mark; none: more of the input is needed to know.
fn behind_mark(head: &[u8], end: bool) -> Option<usize> {
    if head.starts_with(MARK) {
        return Some(MARK.len());
    }
    if !end && MARK.starts_with(head) { None } else { Some(0) }
}

/// Opens NDJSON.
pub fn open_lines(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    match behind_mark(head, end) {
        Some(start) => ready(start, Layout::Lines, Vec::new(), options),
        None => Ok(Opening::More),
    }
}

/// Opens JSON.
pub fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let Some(start) = behind_mark(head, end) else { return Ok(Opening::More) };
    let white = head[start..].iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    let Some(first) = white.map(|white| start + white) else {
        return match end {
            true => Err(RecordError::new(head.len(), "the input holds no JSON value").into()),
            false => Ok(Opening::More),
        };
    };
    if let Some(pointer) = &options.records_at {
        return open_at(pointer, options, head, first, end);
    }
    match head[first] {
        b'[' => open_items(first + 1, Vec::new(), options, head, end),
        b'{' => ready(first, Layout::Maps, Vec::new(), options),
        _ => ready(first, Layout::Scalars, Vec::new(), options),
    }
}

fn open_at(pointer: &str, options: &Options, head: &[u8], first: usize, end: bool) -> Result<Opening, OpenError> {
    let Some(tokens) = check::parse_pointer(pointer) else {
        let message = format!("`{pointer}` is no JSON pointer: it begins with a slash (RFC 6901), as in /data/items");
        return Err(Error::usage(message).into());
    };
    match check::locate(head, first, &tokens, options.max_depth, end)? {
        Located::At(start, open) => open_items(start, open, options, head, end),
        Located::More => Ok(Opening::More),
    }
}

fn open_items(start: usize, open: Vec<bool>, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    // The cutter sees no empty data, so this end has to be seen here.
    if end && start == head.len() {
        return Err(RecordError::new(start, "the array is not closed").into());
    }
    ready(start, Layout::Items, open, options)
}

/// A target that is ready to be written.
struct Target {
    /// NDJSON, not JSON.
    lines: bool,
    pretty: bool,
    options: Options,
    shape: Shape,
    /// How dotted names become maps again.
    groups: Option<Vec<Step>>,
}

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        if self.lines {
            return Frame::default();
        }
        Frame { prefix: b"[".into(), first_skips: 1, suffix: b"\n]\n".into(), empty: b"]\n".into() }
    }

    fn encoder(&self) -> Box<dyn Encode> {
        let style = encode::Style {
            separator: if self.lines { b"" } else { b",\n" },
            end: if self.lines { b"\n" } else { b"" },
            pretty: self.pretty,
            bytes_as: self.options.bytes_as,
        };
        match (&self.shape, &self.groups) {
            (Shape::Keyed, _) => Box::new(encode::Keyed::new(style)),
            (Shape::Columns(_), Some(steps)) => {
                let parse = self.options.unflatten.then_some(self.options.max_depth);
                Box::new(columns::Any::new(style, steps.clone(), parse))
            }
            (Shape::Columns(schema), None) => Box::new(columns::Flat::new(style, schema)),
        }
    }
}

/// Prepares NDJSON or JSON.
pub fn create(format: Format, options: &Options, shape: &Shape) -> Result<Box<dyn WriteFormat>, Error> {
    let lines = format == Format::Ndjson;
    let pretty = options.pretty && !lines;
    let groups = match shape {
        Shape::Columns(schema) if options.unflatten => Some(unflatten::nested(schema, options.max_depth)?),
        Shape::Columns(schema) if pretty => Some(unflatten::flat(schema)),
        _ => None,
    };
    Ok(Box::new(Target { lines, pretty, options: options.clone(), shape: shape.clone(), groups }))
}

#[cfg(test)]
mod quick_tests;
#[cfg(test)]
mod tests;
