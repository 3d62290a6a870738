//! From bytes to nodes of a keyed batch.

use std::marker::PhantomData;

use super::big::Big;
use super::{Flaw, Item, Skim, Skimmed, Wire};
use crate::error::{Fault, RecordError};
use crate::record::json::too_deep;
use crate::record::{Batch, LossyKind, Value, too_many_fields, utf8};

/// Reads values, one after another. Everything is checked.
pub struct Reader<W> {
    /// How many lists and maps may be open at once.
    max_depth: usize,
    /// How many of them are around a record.
    around: usize,
    /// How many fields a record may have.
    max_fields: usize,
    /// Invalid UTF-8 becomes U+FFFD.
    replace: bool,
    /// What records have no place for is counted: tags, extension types, keys that are not text.
    counts: bool,
    /// The lists and maps that are open.
    open: Vec<Open>,
    pub(super) big: Big,
    skim: Skim,
    wire: PhantomData<W>,
}

struct Open {
    node: u32,
    is_map: bool,
    /// How many items or pairs are still to come.
    left: u64,
}

/// No number of items is known.
const UNKNOWN: u64 = u64::MAX;

impl<W: Wire> Reader<W> {
    /// A reader of values inside `around` lists and maps, which count towards `max_depth`. With `counts`, what records
    /// have no place for is counted as lost.
    pub fn new(max_depth: usize, around: usize, max_fields: usize, replace: bool, counts: bool) -> Reader<W> {
        let (open, big, skim) = (Vec::with_capacity(64), Big::new(), Skim::new(max_depth));
        Reader { max_depth, around, max_fields, replace, counts, open, big, skim, wire: PhantomData }
    }

    /// Adds the value at `at`, a record, to a keyed batch; returns the place after it.
    pub fn value<'a>(&mut self, data: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        self.open.clear();
        let end = self.walk(data, at, batch)?;
        if batch.open_values().len() > self.max_fields && fields(batch.open_values()) > self.max_fields {
            return Err(too_many_fields(at, self.max_fields));
        }
        Ok(end)
    }

    /// Where the value at `at` ends, whatever is in it; none if that can't be known.
    pub fn end_of(&mut self, data: &[u8], at: usize) -> Option<usize> {
        match self.skim.value::<W>(data, at) {
            Skimmed::Ends(end) => Some(end),
            _ => None,
        }
    }

    fn walk<'a>(&mut self, data: &'a [u8], mut at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let mut key: &'a [u8] = b"";
        loop {
            let begins = at;
            let (item, next) = W::item(data, at).map_err(|flaw| flawed::<W>(flaw, at))?;
            at = next;
            let value = match item {
                Item::Text(text) => self.text(text, next, batch)?,
                Item::UInt(number) => Value::UInt(number),
                Item::Negative(less) => self.negative(less, begins, batch)?,
                Item::Float(number) => Value::Float(number),
                Item::Null => Value::Null,
                Item::Bool(truth) => Value::Bool(truth),
                Item::Bytes(bytes) => Value::Bytes(bytes),
                Item::List(count) | Item::Map(count) => {
                    let is_map = matches!(item, Item::Map(_));
                    if self.around + self.open.len() >= self.max_depth {
                        return Err(too_deep(begins, self.max_depth));
                    }
                    // Every item takes a byte: a count that lies is found out at once.
                    if count.is_some_and(|count| count > (data.len() - at) as u64) {
                        return Err(too_many_items(begins, is_map));
                    }
                    self.open.push(Open { node: batch.next_node() as u32, is_map, left: count.unwrap_or(UNKNOWN) });
                    if is_map { Value::Map(0) } else { Value::List(0) }
                }
                Item::Tag(tag) => match self.tagged(tag, data, at, batch)? {
                    Some((value, end)) => {
                        at = end;
                        value
                    }
                    // The tag is left out; its value has the same key.
                    None => continue,
                },
                Item::Parts { text } => {
                    let (parts, end) = self.parts(data, at, text, batch)?;
                    at = end;
                    if text { Value::Text(parts) } else { Value::Bytes(parts) }
                }
                Item::Extension(kind, bytes) => self.extension(kind, bytes, begins, batch)?,
                Item::Simple(number) => self.simple(number, batch),
                Item::End => return Err(flawed::<W>(Flaw::Byte(data[begins]), begins)),
            };
            batch.push_keyed(key, value, begins)?;
            // After a value, or inside a list or map that begins.
            loop {
                let Some(open) = self.open.last_mut() else { return Ok(at) };
                let ends = match open.left {
                    0 => true,
                    UNKNOWN if W::ends(data, at) => {
                        at += 1;
                        true
                    }
                    UNKNOWN => false,
                    left => {
                        open.left = left - 1;
                        false
                    }
                };
                let Open { node, is_map, .. } = *open;
                if !ends {
                    key = b"";
                    if is_map {
                        (key, at) = self.key(data, at, batch)?;
                    }
                    break;
                }
                self.open.pop();
                match is_map {
                    true => batch.close_map(node as usize),
                    false => batch.close_list(node as usize),
                }
            }
        }
    }

    /// The text that ends at `end`.
    #[inline(always)]
    pub(super) fn text<'a>(&self, text: &'a [u8], end: usize, batch: &mut Batch<'a>) -> Result<Value<'a>, RecordError> {
        self.checked(text, end, batch).map(Value::Text)
    }

    #[inline(always)]
    fn checked<'a>(&self, text: &'a [u8], end: usize, batch: &mut Batch<'a>) -> Result<&'a [u8], RecordError> {
        utf8::checked(text, self.replace, end - text.len(), batch).map_err(utf8::without_encoding)
    }

    #[inline(always)]
    fn key<'a>(&mut self, data: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<(&'a [u8], usize), RecordError> {
        match W::item(data, at).map_err(|flaw| flawed::<W>(flaw, at))? {
            (Item::Text(text), end) => Ok((self.checked(text, end, batch)?, end)),
            _ => self.odd_key(data, at, batch),
        }
    }

    /// A key that is not plain text: its text.
    #[cold]
    #[inline(never)]
    fn odd_key<'a>(
        &mut self,
        data: &'a [u8],
        mut at: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(&'a [u8], usize), RecordError> {
        loop {
            let begins = at;
            let (item, next) = W::item(data, at).map_err(|flaw| flawed::<W>(flaw, at))?;
            at = next;
            let value = match item {
                Item::Text(text) => return Ok((self.checked(text, next, batch)?, next)),
                Item::Parts { text: true } => return self.parts(data, at, true, batch),
                Item::UInt(number) => Value::UInt(number),
                Item::Negative(less) => self.negative(less, begins, batch)?,
                Item::Float(number) => Value::Float(number),
                Item::Null => Value::Null,
                Item::Bool(truth) => Value::Bool(truth),
                Item::Bytes(bytes) => Value::Bytes(bytes),
                Item::Parts { text: false } => {
                    let (parts, end) = self.parts(data, at, false, batch)?;
                    at = end;
                    Value::Bytes(parts)
                }
                Item::Tag(tag) => match self.tagged(tag, data, at, batch)? {
                    Some((value, end)) => {
                        at = end;
                        value
                    }
                    None => continue,
                },
                Item::Extension(kind, bytes) => self.extension(kind, bytes, begins, batch)?,
                Item::Simple(number) => self.simple(number, batch),
                Item::List(_) | Item::Map(_) => {
                    return Err(RecordError::new(begins, "a key that is a list or map")
                        .hint("Records have texts as keys; numbers and other plain values become texts."));
                }
                Item::End => return Err(flawed::<W>(Flaw::Byte(data[begins]), begins)),
            };
            self.lose(LossyKind::KeyAsText, batch);
            return Ok((key_text(value, begins, batch)?, at));
        }
    }

    #[inline(always)]
    pub(super) fn lose(&self, kind: LossyKind, batch: &mut Batch<'_>) {
        if self.counts {
            batch.lose(kind, 1);
        }
    }

    /// Text or bytes in parts, joined; they begin at `at`.
    #[cold]
    #[inline(never)]
    fn parts<'a>(
        &self,
        data: &'a [u8],
        at: usize,
        text: bool,
        batch: &mut Batch<'a>,
    ) -> Result<(&'a [u8], usize), RecordError> {
        // Once for the length, and once for the bytes.
        let (mut end, mut len) = (at, 0);
        while !W::ends(data, end) {
            let (item, next) = W::item(data, end).map_err(|flaw| flawed::<W>(flaw, end))?;
            len += match (item, text) {
                // Each part is text of its own, so no character is divided.
                (Item::Text(part), true) if self.replace => part.len(),
                (Item::Text(part), true) => self.checked(part, next, batch)?.len(),
                (Item::Bytes(part), false) => part.len(),
                _ => return Err(RecordError::new(end, "a part of a text or of bytes that is something else")),
            };
            end = next;
        }
        let place = batch.arena().bytes(len, at)?;
        let (mut from, mut filled) = (at, 0);
        while from < end {
            let Ok((Item::Text(part) | Item::Bytes(part), next)) = W::item(data, from) else { break };
            place[filled..filled + part.len()].copy_from_slice(part);
            (from, filled) = (next, filled + part.len());
        }
        let joined: &'a [u8] = place;
        let joined = match text && self.replace {
            true => utf8::checked(joined, true, at, batch).map_err(utf8::without_encoding)?,
            false => joined,
        };
        Ok((joined, end + 1))
    }
}

/// The text of a plain value.
fn key_text<'a>(value: Value<'a>, at: usize, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
    use crate::record::digits::{float_text, int_text, uint_text};
    use base64::Engine;
    let mut room = [0; 32];
    let text: &[u8] = match value {
        Value::Text(text) | Value::Number(text) => return Ok(text),
        Value::UInt(number) => uint_text(number, &mut room),
        Value::Int(number) => int_text(number, &mut room),
        Value::Float(number) => float_text(number, &mut room),
        Value::Bool(true) => return Ok(b"true"),
        Value::Bool(false) => return Ok(b"false"),
        Value::Bytes(bytes) => {
            let place = batch.arena().bytes(bytes.len().div_ceil(3) * 4, at)?;
            // The place is as long as the text, so this can't fail.
            let _ = base64::engine::general_purpose::STANDARD.encode_slice(bytes, place);
            return Ok(place);
        }
        _ => return Ok(b"null"),
    };
    let place = batch.arena().bytes(text.len(), at)?;
    place.copy_from_slice(text);
    Ok(place)
}

/// How many fields a record has: items of lists do not count.
pub fn fields(nodes: &[Value<'_>]) -> usize {
    if !matches!(nodes.first(), Some(Value::Map(_))) {
        return 0;
    }
    let (mut node, mut fields) = (1, 0);
    while let Some(value) = nodes.get(node) {
        let inside = if let Value::List(inside) = value { *inside as usize } else { 0 };
        fields += usize::from(!matches!(value, Value::Map(inside) if *inside > 0));
        node += 1 + inside;
    }
    fields
}

/// The error for bytes at `at` that are no value.
#[cold]
#[inline(never)]
pub(super) fn flawed<W: Wire>(flaw: Flaw, at: usize) -> RecordError {
    match flaw {
        Flaw::Cut => RecordError::new(at, "the input ends inside a value")
            .hint("The input was cut off, or a length in it is wrong."),
        Flaw::Byte(byte) => {
            let error = |reason| RecordError::with_byte(at, reason, byte, W::TITLE);
            error("the byte {} where a value of {} was expected").fault(Fault::Lost)
        }
    }
}

#[cold]
#[inline(never)]
fn too_many_items(at: usize, is_map: bool) -> RecordError {
    let reason = match is_map {
        true => "a map says that it has more pairs than there are bytes left",
        false => "a list says that it has more items than there are bytes left",
    };
    RecordError::new(at, reason).hint("The input was cut off, or a length in it is wrong.")
}
