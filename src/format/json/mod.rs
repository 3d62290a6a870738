//! NDJSON and JSON (RFC 8259), and JSON5.

mod check;
mod columns;
mod cut;
mod decode;
mod documents;
mod encode;
mod find;
mod five;
mod keys;
mod layout;
mod pieces;
mod quick;
mod rest;
mod resync;

use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::{BytesAs, Copies, Cut, Decode, Detail, Encode, Frame, Nonfinite, OpenError, Opening, Options};
use super::{ReadFormat, Shape, Want, WriteFormat};
use crate::error::{Error, RecordError};
use crate::record::json::unflatten::{self, Step};
use crate::scan::lines::Lines as LineEnds;
use check::{Located, Stop, tokens_of};
use find::Finder;
use layout::{Layout, SEPARATOR, behind_mark, is_between};
use pieces::text_before_array;
use rest::Around;
use resync::{Beginnings, LOOK, Lines, Resync};
use std::sync::Arc;

/// NDJSON.
pub(super) static NDJSON: Entry = Entry {
    name: "ndjson",
    title: "NDJSON",
    aliases: &["jsonl"],
    extensions: &["ndjson", "jsonl"],
    text: true,
    any_bytes: false,
    needs_utf8: true,
    lines: Some(LineEnds::Feeds),
    ends: Ends::Break,
    tabular: false,
    table: false,
    nested: true,
    payload: false,
    open: open_lines,
    create: |options, given| create(true, options, &given),
    gives,
    // What is to be left out can be inside of anything.
    takes: |options| if options.omit_null { Takes { detail: Detail::All, ..TAKES } } else { TAKES },
    copies: |options| {
        let as_it_is = options.records_at.is_none() && !options.omit_null && !options.names_rows();
        as_it_is.then_some(Copies::Values)
    },
    header: entry::header_before,
    reopen: |options, header| open_lines(options, header, true),
    blocks: None,
    unroll: None,
    begin_record: entry::nothing_before,
};

/// JSON.
pub(super) static JSON: Entry = Entry {
    name: "json",
    title: "JSON",
    aliases: &[],
    extensions: &["json", "geojson"],
    ends: Ends::Comma,
    open,
    create: |options, given| create(false, options, &given),
    // JSON targets have a style of their own: compact or pretty.
    copies: |_| None,
    // Whatever is around the records, they are read as items of an array.
    header: |options, reading, _| five::header(options, reading),
    // An array whose records are not here.
    reopen: |options, header| match five::is_asked(options) {
        true => five::reopen(false, options, header),
        false => open(options, b"[0", true),
    },
    ..NDJSON
};

/// JSON5, with comments, trailing commas and other liberties; it is written as JSON.
pub(super) static JSON5: Entry = Entry {
    name: "json5",
    title: "JSON5",
    aliases: &["jsonc"],
    extensions: &["json5", "jsonc"],
    open: five::open_five,
    gives: |options| Gives { whole_records: true, ..gives(options) },
    header: |options, reading, _| five::header(options, reading),
    reopen: |options, header| five::reopen(true, options, header),
    ..JSON
};

fn gives(options: &Options) -> Gives {
    let base64 = options.bytes_as == BytesAs::Base64;
    Gives { base64, whole_records: options.key_column.is_some(), ..Gives::default() }
}

const TAKES: Takes = Takes {
    detail: Detail::Record,
    untyped: false,
    typed: true,
    types: false,
    lone: false,
    json: JsonText::Never,
    straight: Straight::Never,
    whole_record: 0,
};

/// A source whose beginning has been read.
struct Source {
    start: usize,
    layout: Layout,
    /// What is around the array of records.
    around: Around,
    lines: Option<Lines>,
    /// The first record of the array is a map.
    maps: bool,
    /// Record separators are between records (RFC 7464).
    separated: bool,
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

    fn doubled(&self) -> u64 {
        self.around.doubled()
    }

    fn cutter(&self) -> Box<dyn Cut> {
        match self.layout {
            Layout::Lines => Box::new(cut::LineCut),
            layout => {
                let values = cut::ValueCut::new(layout, self.around.clone(), self.maps, self.max_depth, self.resync());
                if self.separated { Box::new(cut::SeparatorCut(values)) } else { Box::new(values) }
            }
        }
    }

    fn look_ahead(&self, looking: bool) -> bool {
        self.around.known.notes().set(looking);
        !self.around.open.is_empty()
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
    /// How many lists and maps are around a record.
    fn depth(&self) -> usize {
        self.around.open.len() + usize::from(self.layout == Layout::Items)
    }

    fn resync(&self) -> Resync {
        Resync::new(self.lines.clone(), self.depth(), self.max_depth)
    }

    fn decoder_for(&self, want: &Want) -> decode::Decoder {
        let (depth, resync) = (self.depth(), self.resync());
        let decoder = decode::Decoder::new(self.layout, want, depth, self.max_depth, self.max_fields, resync);
        decoder.separated(self.separated).of_maps(self.maps)
    }
}

/// A source with this layout, whose records begin at or after `start`.
fn ready(start: usize, layout: Layout, options: &Options) -> Source {
    let Options { max_depth, max_fields, .. } = *options;
    let (around, lines, maps, separated) = (Around::default(), None, false, false);
    Source { start, layout, around, lines, maps, separated, max_depth, max_fields }
}

impl Source {
    fn opening(self) -> Result<Opening, OpenError> {
        Ok(Opening::Ready(Box::new(self)))
    }

    /// Looks at how the lines of the first records begin. One record is at `first`, inside an array or not.
    fn with_lines(self, head: &[u8], first: usize, array: Option<usize>, end: bool) -> Result<Opening, OpenError> {
        match Lines::find(head, first, array, end) {
            Beginnings::Known(lines) => Source { lines, ..self }.opening(),
            Beginnings::More => Ok(Opening::More),
        }
    }
}

/// Opens NDJSON.
fn open_lines(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    if options.names_rows() {
        return five::open_lines(options, head, end);
    }
    let Some(start) = behind_mark(head, end) else { return Ok(Opening::More) };
    match &options.records_at {
        Some(pointer) => Ok(Opening::Ready(Box::new(documents::Source::new(start, tokens_of(pointer)?, options)))),
        None => ready(start, Layout::Lines, options).opening(),
    }
}

/// Opens JSON.
fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    if five::is_asked(options) {
        return five::open_json(options, head, end);
    }
    let Some(start) = behind_mark(head, end) else { return Ok(Opening::More) };
    let Some(first) = first_byte(head, start) else {
        return match end {
            true => Err(RecordError::new(head.len(), "the input has no JSON value").into()),
            false => Ok(Opening::More),
        };
    };
    if let Some(pointer) = &options.records_at {
        return open_at(pointer, options, head, first, end);
    }
    match head[first] {
        b'[' => open_items(ready(first + 1, Layout::Items, options), head, end),
        b'{' => {
            let separated = head[start..first].contains(&SEPARATOR);
            Source { separated, ..ready(first, Layout::Maps, options) }.with_lines(head, first, None, end)
        }
        _ => open_others(first, options, head, end),
    }
}

fn first_byte(head: &[u8], from: usize) -> Option<usize> {
    head[from..].iter().position(|byte| !is_between(*byte)).map(|white| from + white)
}

/// Opens what begins with neither list nor map: values on one line, or text before the first map.
fn open_others(first: usize, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let seen = &head[..head.len().min(first + LOOK)];
    let whole = end || seen.len() < head.len();
    let line = match memchr::memchr(b'\n', &seen[first..]) {
        Some(len) => &seen[first..first + len],
        None if whole => &seen[first..],
        None => return Ok(Opening::More),
    };
    let (scalars, maps) = (ready(first, Layout::Scalars, options), ready(first, Layout::Maps, options));
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<serde::de::IgnoredAny>();
    if values.next().is_some_and(|value| value.is_ok()) {
        let second = first_byte(seen, first + values.byte_offset());
        match second {
            // Text before maps is not one of them.
            Some(second) if seen[second] == b'{' => return maps.with_lines(head, second, None, end),
            None if !whole => return Ok(Opening::More),
            _ if values.all(|value| value.is_ok()) => return scalars.opening(),
            _ => {}
        }
    }
    let begins = |line: usize| first_byte(seen, line + 1).filter(|at| matches!(seen[*at], b'{' | b'['));
    let map = memchr::memchr_iter(b'\n', seen).filter(|line| *line > first).find_map(begins);
    match map {
        Some(at) if seen[at] == b'[' => Err(text_before_array(first).into()),
        Some(at) => maps.with_lines(head, at, None, end),
        None if whole => match map_in(line) {
            Some(at) => maps.with_lines(head, first + at, None, end),
            None => scalars.opening(),
        },
        None => Ok(Opening::More),
    }
}

/// Where a valid map begins in a line that begins otherwise: the beginning of what is before it may be missing.
fn map_in(line: &[u8]) -> Option<usize> {
    let is_map = |at: &usize| {
        let mut values = serde_json::Deserializer::from_slice(&line[*at..]).into_iter::<serde::de::IgnoredAny>();
        values.next().is_some_and(|value| value.is_ok())
    };
    memchr::memchr_iter(b'{', line).take(MOST_MAPS).find(is_map)
}

/// How many maps of a line are looked at.
const MOST_MAPS: usize = 100;

fn open_at(pointer: &str, options: &Options, head: &[u8], first: usize, end: bool) -> Result<Opening, OpenError> {
    let tokens = tokens_of(pointer)?;
    // The last array at the pointer counts. Only the beginning is searched, and always the same amount of it.
    let seen = &head[..head.len().min(first + LOOK)];
    let mut finder = Finder::new(tokens.clone(), options.max_depth);
    let looked = finder.find(seen, first);
    if matches!(looked, Err(Stop::End)) && seen.len() < first + LOOK && !end {
        return Ok(Opening::More);
    }
    if finder.doubled() > 0 && options.strict {
        return Err(documents::twice(first).into());
    }
    let located = match (finder.found, looked) {
        (Some(found), _) => Located::At(found.start, finder.open, finder.met),
        (None, Ok(_)) => return Err(documents::nothing(seen, first, &tokens, options.max_depth).into()),
        (None, Err(_)) => find::first(head, first, &tokens, options.max_depth, end)?,
    };
    let Located::At(start, open, met) = located else { return Ok(Opening::More) };
    if options.strict && rest::again(&met) > 0 {
        return Err(documents::twice(first).into());
    }
    let around = Around { open, tokens, met, known: Arc::default() };
    open_items(Source { around, ..ready(start, Layout::Items, options) }, head, end)
}

/// Opens an array whose opening bracket ends at the source's start.
fn open_items(source: Source, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let start = source.start;
    // The cutter gets no empty data, so this end has to be noticed here.
    if end && start == head.len() {
        return Err(RecordError::new(start, "the array is not closed").into());
    }
    let first = first_byte(head, start).unwrap_or(head.len());
    let maps = head.get(first) == Some(&b'{');
    Source { maps, ..source }.with_lines(head, first, Some(start - 1), end)
}

/// A target that is ready to be written.
struct Target {
    /// NDJSON, not JSON.
    lines: bool,
    pretty: bool,
    options: Options,
    shape: Shape,
    /// How dotted names are turned back into maps.
    groups: Option<Vec<Step>>,
}

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        if self.lines {
            return Frame::default();
        }
        Frame { prefix: b"[".into(), first_skips: 1, suffix: b"\n]\n".into(), empty: b"]\n".into() }
    }

    fn may_refuse(&self) -> bool {
        let Options { nonfinite, bytes_as, .. } = self.options;
        self.groups.is_some() || nonfinite == Nonfinite::Fail || bytes_as == BytesAs::Text
    }

    fn encoder(&self) -> Box<dyn Encode> {
        let style = encode::Style {
            separator: if self.lines { b"" } else { b",\n" },
            end: if self.lines { b"\n" } else { b"" },
            pretty: self.pretty,
            forms: self.options.json_forms(),
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
fn create(lines: bool, options: &Options, given: &Given<'_>) -> Result<Box<dyn WriteFormat>, Error> {
    let pretty = options.pretty && !lines;
    let groups = match given.shape {
        Shape::Columns(schema) if options.unflatten => Some(unflatten::nested(schema, options.max_depth)?),
        Shape::Columns(schema) if pretty => Some(unflatten::flat(schema)),
        _ => None,
    };
    Ok(Box::new(Target { lines, pretty, options: options.clone(), shape: given.shape.clone(), groups }))
}

#[cfg(test)]
mod quick_tests;
#[cfg(test)]
mod tests;
