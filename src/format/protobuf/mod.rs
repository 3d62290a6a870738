//! Protobuf: messages, each after its length.

mod cut;
mod decode;
mod encode;
#[cfg(test)]
mod tests;

use super::entry::{self, Created, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::{Copies, Cut, Decode, Detail, Encode, Frame, OpenError, Opening, Options, ReadFormat, Want, WriteFormat};
use crate::error::{Error, Result};
use crate::record::Schema;
use crate::record::proto::{Reader, Root, Writing};

/// Messages of Protobuf, each after its length, as a varint.
pub(super) static PROTOBUF: Entry = Entry {
    name: "protobuf",
    title: "Protobuf",
    aliases: &["proto", "pb"],
    extensions: &["pb", "binpb"],
    text: false,
    any_bytes: false,
    needs_utf8: true,
    lines: None,
    ends: Ends::Length,
    tabular: false,
    table: false,
    nested: true,
    payload: false,
    open: |options, _, _| open(options),
    create,
    gives: |_| Gives { whole_records: true, ..Gives::default() },
    takes: |_| Takes {
        detail: Detail::All,
        untyped: false,
        typed: false,
        types: false,
        lone: false,
        json: JsonText::Never,
        straight: Straight::Never,
        whole_record: 0,
    },
    copies: |_| Some(Copies::All),
    header: |_, _, _| Vec::new(),
    reopen: |options, _| open(options),
    blocks: None,
    unroll: None,
    begin_record: entry::no_text,
};

/// The message that records are.
fn root(options: &Options) -> Result<Root> {
    options.message.clone().ok_or_else(|| {
        Error::usage("Protobuf says nothing of its fields: it needs ⟨schema⟩, a .proto file or a descriptor set")
    })
}

fn open(options: &Options) -> std::result::Result<Opening, OpenError> {
    let Options { max_depth, max_fields, max_record, proto_json, .. } = *options;
    Ok(Opening::Ready(Box::new(Source { root: root(options)?, proto_json, max_depth, max_fields, max_record })))
}

fn create(options: &Options, given: Given<'_>) -> Created {
    let Options { max_depth, proto_json: json, bytes_as, .. } = *options;
    let (columns, cells) = (given.shape.columns().cloned(), given.gives.cells);
    let writing = Writing { root: root(options)?, json, bytes_as, max_depth, columns, cells };
    Ok(Box::new(Target(writing.checked()?)))
}

struct Source {
    root: Root,
    proto_json: bool,
    max_depth: usize,
    max_fields: usize,
    max_record: usize,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        0
    }

    fn schema(&self) -> Option<&Schema> {
        None
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::Cutter::new(self.max_record))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        let Source { proto_json, max_depth, max_fields, .. } = *self;
        let (replace, counts) = (want.replace_invalid_utf8, !want.copied);
        let reader = Reader::new(self.root.clone(), proto_json, max_depth, max_fields, replace, counts);
        Box::new(decode::Decoder::new(reader, self.max_record))
    }
}

struct Target(Writing);

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(encode::Encoder::new(self.0.writer()))
    }
}
