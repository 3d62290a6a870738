//! Messages that have a form of their own in JSON, as they are read.

use super::names::Names;
use super::opened::Opened;
use super::read::{Reader, kept};
use super::scan::{Begun, Found};
use super::table::{Known, Messages, Of};
use super::times::{LONGEST, duration_text, moment_text};
use crate::error::RecordError;
use crate::record::{Batch, Value, utf8};

impl Reader {
    #[allow(clippy::too_many_arguments)]
    #[inline(never)]
    pub(super) fn special<'a>(
        &mut self,
        messages: &Messages,
        of: u32,
        key: &'a [u8],
        number: u32,
        all: bool,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let at = self.scan.found(number).from as usize;
        let message = messages.at(of);
        let begun = self.scan.message(messages, of, data, number, all)?;
        let raw = |reader: &Reader, place: usize| match reader.scan.slot(begun, place).first {
            0 => 0,
            number => reader.scan.found(number).from,
        };
        let value = match message.known {
            Known::Timestamp | Known::Duration => {
                let (seconds, nanos) = (raw(self, 0) as i64, raw(self, 1) as i32);
                let mut room = [0; LONGEST];
                let text = match message.known {
                    Known::Timestamp => moment_text(seconds, nanos, &mut room),
                    _ => duration_text(seconds, nanos, &mut room),
                };
                let Some(len) = text else { return Err(out_of_range(at, message.known)) };
                Value::Text(kept(batch, &room[..len], at)?)
            }
            Known::FieldMask => self.mask(begun, at, data, batch)?,
            Known::Wrapper => {
                let found = match self.scan.slot(begun, 0).first {
                    0 => Found { next: 0, ranged: false, from: 0, to: 0 },
                    number => self.scan.found(number),
                };
                self.value(messages, &message.fields[0], found, data, names, batch)?.unwrap_or(Value::Null)
            }
            Known::Value => return self.any_value(messages, of, begun, key, at, data, names, batch),
            Known::Struct | Known::ListValue => {
                let node = batch.next_node();
                let is_map = message.known == Known::Struct;
                batch.push_keyed(key, if is_map { Value::Map(0) } else { Value::List(0) }, at)?;
                let next = self.scan.slot(begun, 0).first;
                let open = Opened {
                    message: of,
                    begun,
                    end: begun,
                    node,
                    field: 0,
                    next,
                    inside: true,
                    list: node,
                    only: true,
                };
                self.open.push(open);
                return Ok(());
            }
            Known::Any => return self.any(messages, of, begun, key, at, data, names, batch),
            Known::No => Value::Null,
        };
        self.scan.end(begun);
        batch.push_keyed(key, value, at)
    }

    /// A value of any kind.
    #[allow(clippy::too_many_arguments)]
    fn any_value<'a>(
        &mut self,
        messages: &Messages,
        of: u32,
        begun: Begun,
        key: &'a [u8],
        at: usize,
        data: &'a [u8],
        names: &mut Names<'a>,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let fields = &messages.at(of).fields;
        let set = fields.iter().enumerate().find_map(|(place, field)| {
            let number = self.scan.slot(begun, place).first;
            (number != 0).then_some((field, number))
        });
        let value = match set {
            Some((field, number)) => match field.of {
                Of::Message { of, .. } => {
                    return self.enter_within(begun, messages, of, key, number, data, names, batch);
                }
                _ => self.value(messages, field, self.scan.found(number), data, names, batch)?.unwrap_or(Value::Null),
            },
            None if self.json => return Err(RecordError::new(at, "a google.protobuf.Value has no value")),
            None => Value::Null,
        };
        self.scan.end(begun);
        batch.push_keyed(key, value, at)
    }

    /// The paths of a mask as one text.
    fn mask<'a>(
        &mut self,
        begun: Begun,
        at: usize,
        data: &'a [u8],
        batch: &mut Batch<'a>,
    ) -> Result<Value<'a>, RecordError> {
        self.joined.clear();
        let mut number = self.scan.slot(begun, 0).first;
        while number != 0 {
            let found = self.scan.found(number);
            number = found.next;
            let place = found.from as usize;
            let path = utf8::checked(&data[place..found.to], false, place, batch).map_err(utf8::without_encoding)?;
            if !self.joined.is_empty() {
                self.joined.push(b',');
            }
            match self.json {
                false => self.joined.extend_from_slice(path),
                true if camel_path(path, &mut self.joined) => {}
                true => {
                    let reason = format!("the path `{}` of a field mask has no form in JSON", path.escape_ascii());
                    return Err(RecordError::new(place, reason));
                }
            }
        }
        kept(batch, &self.joined, at).map(Value::Text)
    }
}

/// Adds a path as JSON has it: `a_b.c` is `aB.c`. False: there is no way back.
fn camel_path(path: &[u8], into: &mut Vec<u8>) -> bool {
    let mut up = false;
    for byte in path {
        match byte {
            b'A'..=b'Z' => return false,
            b'_' if up => return false,
            b'_' => up = true,
            b'a'..=b'z' if up => {
                into.push(byte.to_ascii_uppercase());
                up = false;
            }
            _ if up => return false,
            other => into.push(*other),
        }
    }
    !up
}

#[cold]
fn out_of_range(at: usize, known: Known) -> RecordError {
    RecordError::new(
        at,
        match known {
            Known::Timestamp => "a timestamp is outside of the years 1 to 9999, or its nanoseconds are none",
            _ => "a duration is longer than 10,000 years, or its nanoseconds are none",
        },
    )
}
