//! Messages that have a form of their own in JSON, as they are written.

use super::any::{TYPE, VALUE, kind};
use super::convert::{no_value, shown};
use super::fault::Fail;
use super::pen::{Pen, Scratch, Written, plain, tag};
use super::sink::Sink;
use super::table::{Known, Messages, Of};
use super::tape::Tape;
use super::times::{LONGEST, duration, duration_text, moment, moment_text};
use super::wire::{BYTES, VARINT};
use crate::record::{LossyKind, Value};

/// A path of JSON as the schema has it: `aB.c` is `a_b.c`.
fn snake(path: &[u8], mut put: impl FnMut(&[u8]) -> Written) -> Written {
    for byte in path {
        match byte {
            b'A'..=b'Z' => put(&[b'_', byte.to_ascii_lowercase()])?,
            byte => put(&[*byte])?,
        }
    }
    Ok(())
}

impl Pen {
    /// Writes the content of such a message.
    #[allow(clippy::too_many_arguments)]
    #[inline(never)]
    pub fn special<'a, S: Sink>(
        &mut self,
        known: Known,
        messages: &Messages,
        of: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let value = tape.value(node);
        match (known, value) {
            (Known::Timestamp | Known::Duration, Value::Text(text) | Value::Untyped(text)) => {
                self.moment(known, text, value, sink)
            }
            (Known::FieldMask, Value::Text(text) | Value::Untyped(text)) => self.mask(text, sink),
            (Known::Struct, Value::Map(_)) | (Known::ListValue, Value::List(_)) => {
                self.values(messages, of, tape, node, depth, scratch, sink)
            }
            (Known::Value, _) => self.any_value(messages, of, tape, node, depth, scratch, sink),
            (Known::Any, Value::Map(_)) => self.any(messages, tape, node, depth, scratch, sink),
            // As it would be written without a form of its own.
            (Known::Timestamp | Known::Duration | Known::FieldMask | Known::Wrapper, Value::Map(_))
                if !self.how.json =>
            {
                self.fields(messages, of, tape, node, depth, b"", scratch, sink)
            }
            (Known::Wrapper, _) => {
                let field = &messages.at(of).fields[0];
                self.one(messages, field.number, field.of, true, tape, node, depth, scratch, sink)
            }
            (known, value) => Err(Fail::wrong(format!(
                "is {}, which is not {}",
                shown(value),
                match known {
                    Known::Timestamp => "text of a moment, such as 2024-05-01T12:00:00Z",
                    Known::Duration => "text of a duration, such as 1.5s",
                    Known::FieldMask => "text of paths of fields",
                    Known::ListValue => "a list",
                    _ => "an object",
                }
            ))),
        }
    }

    fn moment<S: Sink>(&mut self, known: Known, text: &[u8], value: Value<'_>, sink: &mut S) -> Written {
        let of = Of::Message { of: 0, group: false };
        let mut room = [0; LONGEST];
        let (found, written) = match known {
            Known::Timestamp => {
                let found = moment(text)
                    .ok_or_else(|| no_value(of, value, ": it is not a moment such as 2024-05-01T12:00:00Z"))?;
                (found, moment_text(found.0, found.1, &mut room))
            }
            _ => {
                let found = duration(text).ok_or_else(|| no_value(of, value, ": it is not a duration such as 1.5s"))?;
                (found, duration_text(found.0, found.1, &mut room))
            }
        };
        if !self.how.json && written.is_none_or(|len| room[..len] != *text) {
            self.lost.push(LossyKind::SpellingChanged);
        }
        let (seconds, nanos) = found;
        for (number, raw) in [(1, seconds as u64), (2, i64::from(nanos) as u64)] {
            if raw != 0 {
                tag(number, VARINT, sink)?;
                plain(Of::Int64, raw, sink)?;
            }
        }
        Ok(())
    }

    fn mask<S: Sink>(&mut self, text: &[u8], sink: &mut S) -> Written {
        for path in text.split(|byte| *byte == b',').filter(|_| !text.is_empty()) {
            tag(1, BYTES, sink)?;
            let begun = sink.begin()?;
            match self.how.json {
                false => sink.put(path)?,
                true if path.contains(&b'_') => {
                    return Err(Fail::wrong(format!("has the path `{}`, which is none of JSON", path.escape_ascii())));
                }
                true => snake(path, |piece| sink.put(piece))?,
            }
            sink.end(begun)?;
        }
        Ok(())
    }

    /// Writes the pairs of a `Struct`, or the items of a `ListValue`.
    #[allow(clippy::too_many_arguments)]
    fn values<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        of: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let field = &messages.at(of).fields[0];
        self.field(messages, field, tape, node, depth, scratch, sink)
    }

    #[allow(clippy::too_many_arguments)]
    fn any_value<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        of: u32,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let value = tape.value(node);
        // The fields of a value have these places.
        let place = match value.typed() {
            Value::Null | Value::Absent => 0,
            Value::Number(_) | Value::Int(_) | Value::UInt(_) => 1,
            Value::Float(number) if !number.is_finite() => {
                return Err(Fail::wrong(format!("is {}, which a Value can't hold", shown(value))));
            }
            Value::Float(_) => 1,
            Value::Text(_) | Value::Untyped(_) => 2,
            Value::Bool(_) => 3,
            Value::Map(_) => 4,
            Value::List(_) => 5,
            value => return Err(no_value(Of::Message { of, group: false }, value, "")),
        };
        let field = &messages.at(of).fields[place];
        self.one(messages, field.number, field.of, false, tape, node, depth, scratch, sink)
    }

    /// Writes a message of any kind, whose name is one of its fields.
    fn any<'a, S: Sink>(
        &mut self,
        messages: &Messages,
        tape: Tape<'_, 'a>,
        node: usize,
        depth: usize,
        scratch: Scratch<'_, 'a>,
        sink: &mut S,
    ) -> Written {
        let (mut at, end) = (node + 1, tape.behind(node));
        if at == end {
            return Ok(());
        }
        let (mut address, mut content) = (None, None);
        while at < end {
            match (tape.key(at), tape.value(at)) {
                (TYPE, Value::Text(text) | Value::Untyped(text)) => address = Some(text),
                (VALUE, _) => content = Some(at),
                _ => {}
            }
            at = tape.behind(at);
        }
        let Some(address) = address else { return Err(Fail::wrong("has no `@type`, which names its kind")) };
        tag(1, BYTES, sink)?;
        sink.varint(address.len() as u64)?;
        sink.put(address)?;
        match (kind(messages, address), content) {
            (Some(of), _) if messages.at(of).known == Known::No => {
                tag(2, BYTES, sink)?;
                let begun = sink.begin()?;
                if depth + 1 >= super::pen::DEEPEST {
                    return Err(Fail::wrong("has too many messages in each other"));
                }
                self.fields(messages, of, tape, node, depth + 1, TYPE, scratch, sink)?;
                sink.end(begun)
            }
            (Some(of), Some(content)) => {
                tag(2, BYTES, sink)?;
                let begun = sink.begin()?;
                self.message(messages, of, tape, content, depth + 1, scratch, sink)
                    .map_err(|fail| fail.inside(VALUE))?;
                sink.end(begun)
            }
            (Some(_), None) => Err(Fail::wrong("has no `value`, and its kind needs one")),
            (None, Some(content)) if !self.how.json => {
                self.bytes(2, true, tape.value(content), sink).map_err(|fail| fail.inside(VALUE))
            }
            (None, None) if !self.how.json => Ok(()),
            (None, _) => {
                Err(Fail::wrong(format!("has the `@type` `{}`, which the schema lacks", address.escape_ascii())))
            }
        }
    }
}
