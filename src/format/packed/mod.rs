//! Formats of values that state their own length, MessagePack and CBOR: a sequence of values, or one array that holds all
//! records.

#[cfg(test)]
mod cbor_tests;
mod cut;
mod decode;
mod encode;
#[cfg(test)]
mod msgpack_tests;

use std::marker::PhantomData;

use super::entry::{self, Created, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::sniff;
use super::{
    Copies, Cut, Decode, Detail, Encode, Frame, OpenError, Opening, Options, ReadFormat, Shape, Want, WriteFormat,
};
use crate::record::Schema;
use crate::record::binary::{Cbor, Flaw, Item, MessagePack, Skim, Skimmed, Wire};
use crate::record::json::Step;
use crate::record::json::unflatten;
use cut::{Cutter, Within};

/// MessagePack.
pub(super) static MSGPACK: Entry =
    entry::<MessagePack>("msgpack", "MessagePack", &["messagepack", "mpk"], &["msgpack", "mpk"]);

/// CBOR (RFC 8949), in sequences (RFC 8742).
pub(super) static CBOR: Entry = entry::<Cbor>("cbor", "CBOR", &[], &["cbor", "cborseq"]);

/// What is true of all of them.
const fn entry<W: Wire>(
    name: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    extensions: &'static [&'static str],
) -> Entry {
    Entry {
        name,
        title,
        aliases,
        extensions,
        text: false,
        any_bytes: false,
        needs_utf8: true,
        lines: None,
        ends: Ends::Length,
        tabular: false,
        table: false,
        nested: true,
        payload: false,
        open: open::<W>,
        create: create::<W>,
        gives: |_| Gives { whole_records: true, ..Gives::default() },
        takes: |_| Takes {
            detail: Detail::All,
            untyped: false,
            typed: true,
            types: false,
            lone: false,
            json: JsonText::Never,
            straight: Straight::Never,
            whole_record: 0,
        },
        copies: |options| (!options.canonical).then_some(Copies::All),
        // Whatever is around the records, they are read as a sequence.
        header: |_, _, _| Vec::new(),
        reopen: |options, _| Ok(Opening::Ready(Box::new(Source::<W>::new(0, Within::Nothing, options)))),
        blocks: None,
        unroll: None,
        begin_record: entry::no_text,
    }
}

/// How much is looked at to tell a list that holds all records from a sequence of records that are lists.
const LOOK: usize = 64 << 10;

/// How much of the beginning is looked at for marks.
const MARKED: usize = 64;

/// How many bytes at the beginning are looked at to tell text, and how many there have to be.
const TEXT: usize = 64;
const LEAST_TEXT: usize = 4;

/// How much of this is text: UTF-8 without the control characters that text does not have.
fn text_len(head: &[u8], end: bool) -> usize {
    let near = &head[..head.len().min(TEXT)];
    let whole = match std::str::from_utf8(near) {
        // A character may go on.
        Err(error) if error.error_len().is_some() || end && near.len() == head.len() => error.valid_up_to(),
        _ => near.len(),
    };
    let is_text = |byte: &&u8| !byte.is_ascii_control() || matches!(**byte, b'\t' | b'\n' | b'\r');
    near[..whole].iter().take_while(is_text).count()
}

/// Reads the beginning: a list is taken for the one that holds all records if nothing follows it, or if it is so long
/// that this can't be told.
fn open<W: Wire>(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let mut start = 0;
    // It may be said twice.
    while start < MARKED && !W::MARK.is_empty() && head[start..].starts_with(W::MARK) {
        start += W::MARK.len();
    }
    let begins = |mark: &[u8]| head.len() - start < mark.len() && mark.starts_with(&head[start..]);
    if begins(W::MARK) && !W::MARK.is_empty() && !end {
        return Ok(Opening::More);
    }
    // A schema says that these are values.
    if options.schema.is_none() {
        let texts = text_len(head, end);
        if texts == head.len() && texts < TEXT && !end {
            return Ok(Opening::More);
        }
        if texts >= LEAST_TEXT && texts == head.len().min(TEXT) {
            return Err(sniff::text_in_place_of(W::TITLE, head).into());
        }
    }
    let ready =
        |start, within| Ok(Opening::Ready(Box::new(Source::<W>::new(start, within, options)) as Box<dyn ReadFormat>));
    let (count, inside) = match W::item(head, start) {
        Ok((Item::List(count), inside)) => (count, inside),
        Err(Flaw::Cut) if !end => return Ok(Opening::More),
        _ => return ready(start, Within::Nothing),
    };
    let seen = &head[..head.len().min(start + LOOK)];
    let is_all = match Skim::new(options.max_depth).value::<W>(seen, start) {
        Skimmed::Ends(to) if to < head.len() => false,
        Skimmed::Ends(_) if end => true,
        Skimmed::Goes(_) if end || seen.len() < head.len() || seen.len() == start + LOOK => true,
        Skimmed::Ends(_) | Skimmed::Goes(_) => return Ok(Opening::More),
        Skimmed::Broken(_) | Skimmed::Deep(_) => true,
    };
    if !is_all {
        return ready(start, Within::Nothing);
    }
    let within = count.map_or(Within::Open, Within::Count);
    // The cutter gets no empty data, so this end has to be noticed here.
    if end && inside == head.len() && within != Within::Count(0) {
        return Err(cut::not_closed(inside, within).into());
    }
    ready(inside, within)
}

/// Prepares a target.
fn create<W: Wire>(options: &Options, given: Given<'_>) -> Created {
    let steps = match given.shape {
        Shape::Columns(schema) if options.unflatten => Some(unflatten::nested(schema, options.max_depth)?),
        _ => None,
    };
    let Options { canonical, max_depth, .. } = *options;
    Ok(Box::new(Target::<W> { shape: given.shape.clone(), steps, canonical, max_depth, wire: PhantomData }))
}

struct Source<W> {
    start: usize,
    within: Within,
    max_depth: usize,
    max_fields: usize,
    max_record: usize,
    wire: PhantomData<W>,
}

impl<W> Source<W> {
    fn new(start: usize, within: Within, options: &Options) -> Source<W> {
        let Options { max_depth, max_fields, max_record, .. } = *options;
        Source { start, within, max_depth, max_fields, max_record, wire: PhantomData }
    }
}

impl<W: Wire> ReadFormat for Source<W> {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        None
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(Cutter::<W>::new(self.within, self.max_depth, self.max_record))
    }

    fn cutter_behind(&self) -> Box<dyn Cut> {
        Box::new(Cutter::<W>::new(self.within.behind(), self.max_depth, self.max_record))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        let around = usize::from(self.within != Within::Nothing);
        Box::new(decode::Decoder::<W>::new(want, self.max_depth, around, self.max_fields))
    }
}

struct Target<W> {
    shape: Shape,
    /// How dotted names are turned back into maps.
    steps: Option<Vec<Step>>,
    canonical: bool,
    max_depth: usize,
    wire: PhantomData<W>,
}

impl<W: Wire> WriteFormat for Target<W> {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn may_refuse(&self) -> bool {
        // A keyed record may be a list.
        self.steps.is_some() || matches!(self.shape, Shape::Keyed)
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(encode::Encoder::<W>::new(&self.shape, self.steps.clone(), self.canonical, self.max_depth))
    }
}
