//! Length-prefixed binary records: a length, so many bytes of payload, the next length.

mod cut;
mod decode;
mod encode;
mod frame;
mod json;
#[cfg(test)]
mod json_tests;
mod prefix;
#[cfg(test)]
mod tests;

pub(crate) use prefix::LONGEST;
pub use prefix::{FIELD, Payload, Prefix};

use super::{Cut, Decode, Encode, Error, Format, Frame, OpenError, Opening, Options};
use super::{ReadFormat, Shape, Want, WriteFormat, text_holds_base64};
use crate::record::Schema;
use crate::record::json::unflatten::{self, Step};

/// Opens frames.
pub fn open(options: &Options) -> Result<Opening, OpenError> {
    let schema = (options.payload != Payload::Json).then(|| Schema::new([FIELD]));
    let rule = frame::Rule { prefix: options.frame, max_record: options.max_record };
    let Options { payload, max_depth, max_fields, .. } = *options;
    Ok(Opening::Ready(Box::new(Source { schema, rule, payload, max_depth, max_fields })))
}

/// Prepares frames.
pub fn create(options: &Options, shape: &Shape, from: Format) -> Result<Box<dyn WriteFormat>, Error> {
    let groups = match shape {
        Shape::Columns(schema) if options.unflatten && options.payload == Payload::Json => {
            Some(unflatten::nested(schema, options.max_depth)?)
        }
        _ => None,
    };
    let style = encode::Style {
        prefix: options.frame,
        payload: options.payload,
        base64_is_bytes: text_holds_base64(options, from),
        bytes_are_base64: options.bytes_as == super::BytesAs::Base64,
        nameless: from == Format::Text,
    };
    Ok(Box::new(Target { style, groups, max_depth: options.max_depth }))
}

struct Source {
    schema: Option<Schema>,
    rule: frame::Rule,
    payload: Payload,
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
        match self.payload {
            Payload::Json => Box::new(json::Decoder::new(self.rule, want, (self.max_depth, self.max_fields))),
            payload => Box::new(decode::Decoder::new(self.rule, payload, want)),
        }
    }
}

struct Target {
    style: encode::Style,
    /// How dotted names become maps again.
    groups: Option<Vec<Step>>,
    max_depth: usize,
}

impl WriteFormat for Target {
    fn frame(&self) -> Frame {
        Frame::default()
    }
    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(encode::Encoder::new(self.style, self.groups.clone(), self.max_depth))
    }
}
