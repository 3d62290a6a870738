//! Length-prefixed binary records: a length, that many bytes of payload, the next length.

mod cut;
mod decode;
mod encode;
mod frame;
mod json;
#[cfg(test)]
mod json_tests;
mod packed;
mod prefix;
mod protobuf;
#[cfg(test)]
mod tests;

use decode::{Decoder, Plain};
use json::Json;
use packed::Packed;
use prefix::FIELD;
pub(crate) use prefix::LONGEST;
pub use prefix::{Payload, Prefix};

use super::entry::{self, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
use super::{BytesAs, Copies, Cut, Decode, Detail, Encode, Frame, OpenError, Opening, Options};
use super::{ReadFormat, Shape, Want, WriteFormat};
use crate::error::Error;
use crate::record::binary::{Cbor, MessagePack};
use crate::record::json::unflatten::{self, Step};
use crate::record::proto::{Reader, Root, Writing};
use crate::record::{Kind, Schema};

/// Frames.
pub(super) static FRAMES: Entry = Entry {
    name: "frames",
    title: "frames",
    aliases: &[],
    extensions: &["frames"],
    text: false,
    any_bytes: false,
    needs_utf8: false,
    lines: None,
    ends: Ends::Length,
    tabular: false,
    table: false,
    nested: false,
    payload: true,
    open: |options, _, _| open(options),
    create,
    gives: |options| Gives {
        base64: options.payload == Payload::Json && options.bytes_as == BytesAs::Base64,
        whole_records: options.payload.is_binary(),
        ..Gives::default()
    },
    takes: |options| match options.payload {
        Payload::Json => takes(Detail::Record, JsonText::Always, Straight::Flat),
        Payload::Msgpack | Payload::Cbor => {
            // Like JSON text it is UTF-8.
            Takes { typed: true, ..takes(Detail::All, JsonText::Always, Straight::Never) }
        }
        Payload::Protobuf => takes(Detail::All, JsonText::Always, Straight::Never),
        Payload::Bytes | Payload::Text => takes(Detail::Fields, JsonText::Others, Straight::Lone),
    },
    copies: |options| (!(options.canonical && options.payload.is_packed())).then_some(Copies::All),
    header: entry::header_before,
    reopen: |options, _| open(options),
    blocks: None,
    unroll: None,
    begin_record,
};

fn takes(detail: Detail, json: JsonText, straight: Straight) -> Takes {
    let lone = matches!(straight, Straight::Lone);
    Takes { detail, untyped: false, typed: false, types: false, lone, json, straight, whole_record: 0 }
}

/// Writes the length of a record, to go before it.
fn begin_record(options: &Options, len: usize, room: &mut Vec<u8>) -> Result<(), String> {
    if options.payload.is_binary() {
        return entry::no_text(options, len, room);
    }
    let (prefix, mut place) = (options.frame, [0; LONGEST]);
    let len = prefix.write(len as u64, &mut place);
    let Some(len) = len else { return Err(format!("`text` is too long for a frame with the prefix {prefix}")) };
    room.extend_from_slice(&place[..len]);
    Ok(())
}

/// Opens frames.
fn open(options: &Options) -> Result<Opening, OpenError> {
    let schema = match options.payload {
        Payload::Bytes => Some(Schema::typed([(FIELD, Kind::Bytes(None).into())])),
        Payload::Text => Some(Schema::typed([(FIELD, Kind::Text.into())])),
        Payload::Json | Payload::Msgpack | Payload::Cbor | Payload::Protobuf => None,
    };
    let message = message(options)?;
    let rule = frame::Rule { prefix: options.frame, max_record: options.max_record };
    let Options { payload, max_depth, max_fields, .. } = *options;
    Ok(Opening::Ready(Box::new(Source { schema, rule, payload, message, max_depth, max_fields })))
}

/// The message that frames of Protobuf hold, and whether it has the names of JSON.
fn message(options: &Options) -> Result<Option<(Root, bool)>, Error> {
    match (options.payload, &options.message) {
        (Payload::Protobuf, Some(root)) => Ok(Some((root.clone(), options.proto_json))),
        (Payload::Protobuf, None) => Err(Error::usage(
            "Protobuf says nothing of its fields: it needs ⟨schema⟩, a .proto file or a descriptor set",
        )),
        _ => Ok(None),
    }
}

/// Prepares frames.
fn create(options: &Options, given: Given<'_>) -> Result<Box<dyn WriteFormat>, Error> {
    if options.frame == Prefix::None {
        return Err(Error::usage(
            "⟨frame none⟩ is only for reading: nothing would tell where the next record begins\n  Write with a prefix, such as ⟨frame varint⟩.",
        ));
    }
    let groups = match given.shape {
        Shape::Columns(schema) if options.unflatten && options.payload.is_nested() => {
            Some(unflatten::nested(schema, options.max_depth)?)
        }
        _ => None,
    };
    let packed = match options.payload {
        payload if payload.is_packed() => Some((given.shape.clone(), options.canonical)),
        _ => None,
    };
    let style = encode::Style {
        prefix: options.frame,
        payload: options.payload,
        base64_is_bytes: given.gives.base64,
        bytes_are_base64: options.bytes_as == BytesAs::Base64,
        nameless: given.gives.lines,
    };
    let Options { bytes_as, max_depth, .. } = *options;
    let (columns, cells) = (given.shape.columns().cloned(), given.gives.cells);
    let message = message(options)?.map(|(root, json)| Writing { root, json, bytes_as, max_depth, columns, cells });
    let message = message.map(Writing::checked).transpose()?;
    Ok(Box::new(Target { style, groups, packed, message, max_depth }))
}

struct Source {
    schema: Option<Schema>,
    rule: frame::Rule,
    payload: Payload,
    message: Option<(Root, bool)>,
    max_depth: usize,
    max_fields: usize,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        0
    }
    fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }
    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::Cutter::new(self.rule))
    }
    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        let Source { rule, max_depth, max_fields, .. } = *self;
        if let Some((root, json)) = &self.message {
            let (replace, counts) = (want.replace_invalid_utf8, !want.copied);
            let reader = Reader::new(root.clone(), *json, max_depth, max_fields, replace, counts);
            return Box::new(Decoder::new(rule, protobuf::Message(reader)));
        }
        match self.payload {
            Payload::Json => Box::new(Decoder::new(rule, Json::new(want, max_depth, max_fields))),
            Payload::Msgpack => Box::new(Decoder::new(rule, Packed::<MessagePack>::new(want, max_depth, max_fields))),
            Payload::Cbor => Box::new(Decoder::new(rule, Packed::<Cbor>::new(want, max_depth, max_fields))),
            payload => Box::new(Decoder::new(rule, Plain::new(payload, want))),
        }
    }
}

struct Target {
    style: encode::Style,
    /// How dotted names are turned back into maps.
    groups: Option<Vec<Step>>,
    /// The shape of records that become MessagePack or CBOR, and whether that is canonical.
    packed: Option<(Shape, bool)>,
    /// How records become messages.
    message: Option<Writing>,
    max_depth: usize,
}

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        Frame::default()
    }
    fn encoder(&self) -> Box<dyn Encode> {
        let (style, groups, max_depth) = (self.style, self.groups.clone(), self.max_depth);
        if let Some(message) = &self.message {
            return Box::new(protobuf::Encoder { prefix: style.prefix, writer: message.writer() });
        }
        match &self.packed {
            None => Box::new(encode::Encoder::new(style, groups, max_depth)),
            Some((shape, canonical)) => match style.payload {
                Payload::Msgpack => packed::encoder::<MessagePack>(style.prefix, shape, groups, *canonical, max_depth),
                _ => packed::encoder::<Cbor>(style.prefix, shape, groups, *canonical, max_depth),
            },
        }
    }
}
