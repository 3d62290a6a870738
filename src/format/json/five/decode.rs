//! Slices to batches.

use std::ops::Range;

use super::text::{Read, Strings, Syntax, scalar, skip, wrong};
use super::walk::{Between, Found, Layout, Walk};
use crate::error::{Cause, Fault, RecordError};
use crate::format::json::pieces::repaired;
use crate::format::{Decode, Want};
use crate::record::json::{Reader, too_deep};
use crate::record::utf8::NOT_UTF8;
use crate::record::{Batch, LossyKind, Schema, Value, too_many_fields};

/// Records that are lists.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The names of their items.
    pub schema: Schema,
    /// The error text for a record with another number of items.
    pub other: &'static str,
}

/// What the records of a source have in common.
#[derive(Clone)]
pub struct Rules {
    pub syntax: Syntax,
    pub layout: Layout,
    /// The name of the field for the keys of a map of records.
    pub key: Option<Box<[u8]>>,
    /// Records are lists, whose items are columns.
    pub rows: Option<Rows>,
    /// How many lists and maps are around a record.
    pub around: usize,
    pub max_depth: usize,
    pub max_fields: usize,
}

/// The field that the value of a key in a map of records becomes, if it is no object.
const VALUE: &[u8] = b"value";

/// What follows a record of an array or map.
pub const FOLLOWS: &str = "a comma or the closing bracket";

/// Decodes slices of one source.
pub struct Decoder {
    rules: Rules,
    replace: bool,
    /// For each column of a record that is a list, its place among the columns that are wanted.
    places: Vec<Option<usize>>,
    /// How many columns are wanted.
    width: usize,
    /// The open lists and maps: the node, and whether it is a map.
    open: Vec<(u32, bool)>,
    /// Checks lists and maps that stay text.
    reader: Option<Box<Reader>>,
    valid: bool,
    at: usize,
    /// Where the record being read begins.
    record: usize,
    /// A value was read, and neither comma nor bracket followed it.
    unclosed: bool,
    /// A value was read, and another one follows without a comma.
    no_comma: bool,
    done: bool,
}

/// Where a bad record ends, and where the next one begins.
struct Bad {
    end: usize,
    next: usize,
    /// There is no next one.
    is_last: bool,
    /// Another one begins before it has ended.
    is_cut: bool,
    /// Nothing tells where it ends.
    is_lost: bool,
}

impl Decoder {
    pub fn new(rules: Rules, want: &Want) -> Decoder {
        let names = rules.rows.as_ref().map(|rows| &rows.schema);
        let wanted = |name: &[u8]| match &want.select {
            None => names.and_then(|names| names.position(name)),
            Some(select) => select.iter().position(|wanted| **wanted == *name),
        };
        let places: Vec<_> = names.map(|names| names.names().map(wanted).collect()).unwrap_or_default();
        let width = want.select.as_ref().map_or(places.len(), Vec::len);
        let (replace, open) = (want.replace_invalid_utf8, Vec::with_capacity(64));
        Decoder {
            rules,
            replace,
            places,
            width,
            open,
            reader: None,
            valid: true,
            at: 0,
            record: 0,
            unclosed: false,
            no_comma: false,
            done: false,
        }
    }

    fn strings<'a>(&self, batch: &Batch<'a>) -> Strings<'a> {
        Strings { syntax: self.rules.syntax, replace: self.replace, arena: batch.arena() }
    }

    fn skip(&self, text: &[u8], at: usize) -> Result<usize, RecordError> {
        skip(text, at, self.rules.syntax)
    }

    /// Reads the next record; false at the end of the slice.
    fn next<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let at = self.skip(slice, self.at).inspect_err(|error| self.record = error.offset)?;
        self.record = at;
        let commas = self.rules.layout.between() == Between::Commas;
        match slice.get(at) {
            _ if self.no_comma => return Err(wrong(slice, at, FOLLOWS)),
            None if self.unclosed => return Err(RecordError::new(at, "the array or map of records is not closed")),
            None => return Ok(false),
            Some(b']' | b'}') if commas => {
                if slice[at] != self.rules.layout.closing() {
                    return Err(wrong(slice, at, "a record"));
                }
                self.done = true;
                return Ok(false);
            }
            Some(_) => {}
        }
        let end = self.record(slice, at, batch)?;
        let next = self.skip(slice, end)?;
        match (commas, slice.get(next)) {
            (false, _) => self.at = end,
            (true, None) => (self.at, self.unclosed) = (next, true),
            (true, Some(b',')) => {
                let behind = self.skip(slice, next + 1)?;
                if slice.get(behind) == Some(&self.rules.layout.closing()) && self.rules.syntax == Syntax::Json {
                    return Err(RecordError::new(next, "a comma before the closing bracket"));
                }
                // A slice that ends with a comma goes on in the next one.
                self.at = next + 1;
            }
            (true, Some(byte)) if *byte == self.rules.layout.closing() => (self.at, self.done) = (next + 1, true),
            (true, Some(byte)) if self.may_begin(*byte) => (self.at, self.no_comma) = (next, true),
            (true, Some(_)) => return Err(wrong(slice, next, FOLLOWS)),
        }
        batch.end_record(at, end)?;
        Ok(true)
    }

    /// Adds the record at `at`; returns its end.
    fn record<'a>(&mut self, slice: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let end = self.parse(slice, at, batch)?;
        if self.valid {
            return Ok(end);
        }
        let Err(error) = simdutf8::compat::from_utf8(&slice[at..end]) else { return Ok(end) };
        if !self.replace {
            let invalid = RecordError::new(at + error.valid_up_to(), "invalid UTF-8");
            return Err(invalid.cause(Cause::Text).hint(NOT_UTF8));
        }
        batch.abandon();
        batch.lose(LossyKind::InvalidUtf8Replaced, 1);
        let text = repaired(&slice[at..end], at, batch)?;
        self.parse(text, 0, batch).map_err(|error| RecordError { offset: at, ..error })?;
        Ok(end)
    }

    fn parse<'a>(&mut self, text: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let end = match (&self.rules.key, self.rules.rows.is_some()) {
            (_, true) => return self.row(text, at, batch),
            (None, _) => self.value(text, at, b"", batch)?,
            (Some(_), _) => self.member(text, at, batch)?,
        };
        let nodes = batch.open_values();
        if nodes.len() > self.rules.max_fields && fields(nodes) > self.rules.max_fields {
            return Err(too_many_fields(at, self.rules.max_fields));
        }
        Ok(end)
    }

    /// Adds a record of a map: its key, and the fields of its value.
    fn member<'a>(&mut self, text: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let read = self.strings(batch).key(text, at)?;
        let value = self.colon(text, read.end)?;
        self.lose(&read, batch);
        let own = self.rules.key.as_deref().unwrap_or_default();
        let name = batch.arena().bytes(own.len(), at)?;
        name.copy_from_slice(own);
        let name: &'a [u8] = name;
        let first = batch.next_node();
        if !matches!(text.get(value), Some(b'{')) {
            if name == VALUE {
                let reason =
                    "the value is not an object and would become the field `value`, which has the key of its map";
                return Err(RecordError::new(value, reason).hint("Choose another name with ⟨key_column⟩."));
            }
            batch.push_keyed(b"", Value::Map(0), at)?;
            batch.push_keyed(name, Value::Text(read.text), at)?;
            let end = self.value(text, value, VALUE, batch)?;
            batch.close_map(first);
            return Ok(end);
        }
        let end = self.value(text, value, b"", batch)?;
        if batch.has_key(name) {
            let name = String::from_utf8_lossy(name).into_owned();
            let reason = format!("the record has a field `{name}` of its own, so the key of its map has no place");
            return Err(RecordError::new(value, reason).hint("Choose another name with ⟨key_column⟩."));
        }
        batch.push_keyed(name, Value::Text(read.text), at)?;
        batch.close_map(first);
        batch.last_node_first();
        Ok(end)
    }

    /// Goes from the end of a key to its value.
    fn colon(&self, text: &[u8], end: usize) -> Result<usize, RecordError> {
        let at = self.skip(text, end)?;
        if text.get(at) != Some(&b':') {
            return Err(wrong(text, at, "`:`"));
        }
        self.skip(text, at + 1)
    }

    fn lose(&self, read: &Read<'_>, batch: &mut Batch<'_>) {
        if read.replaced > 0 {
            batch.lose(LossyKind::InvalidUtf8Replaced, 1);
        }
    }

    /// Adds the nodes of the value at `at`, under a key; returns its end.
    fn value<'a>(
        &mut self,
        text: &'a [u8],
        mut at: usize,
        mut key: &'a [u8],
        batch: &mut Batch<'a>,
    ) -> Result<usize, RecordError> {
        self.open.clear();
        loop {
            match text.get(at) {
                Some(first @ (b'{' | b'[')) => {
                    if self.rules.around + self.open.len() >= self.rules.max_depth {
                        return Err(too_deep(at, self.rules.max_depth));
                    }
                    let is_map = *first == b'{';
                    self.open.push((batch.next_node() as u32, is_map));
                    batch.push_keyed(key, if is_map { Value::Map(0) } else { Value::List(0) }, at)?;
                    at = self.skip(text, at + 1)?;
                    if text.get(at) != Some(&closing(is_map)) {
                        (key, at) = self.key(is_map, text, at, batch)?;
                        continue;
                    }
                }
                Some(b'"') => at = self.text(key, text, at, batch)?,
                Some(b'\'') if self.rules.syntax == Syntax::Five => at = self.text(key, text, at, batch)?,
                _ => {
                    let (value, end) = scalar(text, at, self.rules.syntax, batch.arena())?;
                    batch.push_keyed(key, value, at)?;
                    at = end;
                }
            }
            // After a value, or at the bracket of an empty list or map.
            loop {
                let Some((node, is_map)) = self.open.last().copied() else { return Ok(at) };
                at = self.skip(text, at)?;
                match text.get(at) {
                    Some(byte) if *byte == closing(is_map) => {
                        self.open.pop();
                        if is_map {
                            batch.close_map(node as usize)
                        } else {
                            batch.close_list(node as usize)
                        }
                        at += 1;
                    }
                    Some(b',') => {
                        let next = self.skip(text, at + 1)?;
                        if text.get(next) != Some(&closing(is_map)) {
                            (key, at) = self.key(is_map, text, next, batch)?;
                            break;
                        }
                        if self.rules.syntax == Syntax::Json {
                            return Err(RecordError::new(at, "a comma before the closing bracket"));
                        }
                        at = next;
                    }
                    _ => return Err(wrong(text, at, if is_map { "`,` or `}`" } else { "`,` or `]`" })),
                }
            }
        }
    }

    /// The key of the next value, and where that begins.
    fn key<'a>(
        &self,
        is_map: bool,
        text: &'a [u8],
        at: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(&'a [u8], usize), RecordError> {
        if !is_map {
            return Ok((b"", at));
        }
        let read = self.strings(batch).key(text, at)?;
        self.lose(&read, batch);
        Ok((read.text, self.colon(text, read.end)?))
    }

    fn text<'a>(&self, key: &'a [u8], text: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let read = self.strings(batch).string(text, at)?;
        self.lose(&read, batch);
        batch.push_keyed(key, Value::Text(read.text), at)?;
        Ok(read.end)
    }

    /// Adds a list as a record in columns.
    fn row<'a>(&mut self, text: &'a [u8], start: usize, batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        if text.get(start) != Some(&b'[') {
            return Err(wrong(text, start, "a list").hint("With ⟨names⟩, every record is a list of values."));
        }
        let columns = self.places.len();
        batch.push_row(self.width, start)?;
        let (mut at, mut column) = (self.skip(text, start + 1)?, 0);
        while text.get(at) != Some(&b']') {
            let value = at;
            let found = match text.get(at) {
                Some(b'{' | b'[') => {
                    at = self.nested(text, at)?;
                    Value::Raw(&text[value..at])
                }
                Some(b'"') => {
                    let read = self.strings(batch).string(text, at)?;
                    self.lose(&read, batch);
                    at = read.end;
                    Value::Text(read.text)
                }
                _ => {
                    let (found, end) = scalar(text, at, self.rules.syntax, batch.arena())?;
                    at = end;
                    found
                }
            };
            if let Some(Some(place)) = self.places.get(column) {
                batch.open_values()[*place] = found;
            }
            column += 1;
            at = self.skip(text, at)?;
            match text.get(at) {
                Some(b',') => {
                    at = self.skip(text, at + 1)?;
                    if text.get(at) == Some(&b']') {
                        return Err(RecordError::new(at, "a comma before the closing bracket"));
                    }
                }
                Some(b']') => {}
                _ => return Err(wrong(text, at, "`,` or `]`")),
            }
        }
        if let Some(rows) = self.rules.rows.as_ref().filter(|_| column != columns) {
            let error = RecordError::with_numbers(start, rows.other, [column, columns]);
            return Err(error.cause(Cause::Fields));
        }
        Ok(at + 1)
    }

    /// The end of a list or map inside a row, which is checked.
    fn nested(&mut self, text: &[u8], at: usize) -> Result<usize, RecordError> {
        let depth = self.rules.max_depth.saturating_sub(self.rules.around + 1);
        let reader = self.reader.get_or_insert_with(|| Box::new(Reader::new(depth, 0)));
        reader.start(at, text.len(), false)?;
        reader.check(text).map(|(_, end)| end)
    }

    /// Whether this is the first byte of a record, where a comma or bracket was expected.
    fn may_begin(&self, byte: u8) -> bool {
        let is_key = self.rules.layout == Layout::Members && !matches!(byte, b'}' | b']' | b':');
        is_key || matches!(byte, b'{' | b'[' | b'"' | b'\'')
    }

    /// The error for the record that was read last, which is none of what follows it: that may be in another slice.
    fn failed<'a>(&mut self, error: RecordError, slice: &'a [u8], batch: &mut Batch<'a>) -> RecordError {
        if error.fault != Fault::Record {
            return error;
        }
        let Bad { end, is_cut, is_lost, .. } = self.bad(slice);
        let own = if is_cut { self.parse(&slice[..end], self.record, batch).err() } else { None };
        batch.abandon();
        let error = own.unwrap_or(error);
        if is_lost { error.fault(Fault::Lost) } else { error }
    }

    /// Where the bad record that was read last ends.
    fn bad(&self, slice: &[u8]) -> Bad {
        let start = self.record;
        // Only something is missing.
        if (self.unclosed || self.no_comma) && self.at == start {
            return Bad { end: start, next: start, is_last: start == slice.len(), is_cut: false, is_lost: false };
        }
        let (between, mut walk) = (self.rules.layout.between(), Walk::new(start, 0));
        let found = walk.next(slice, between, self.rules.syntax);
        let (end, next) = match found {
            Some(Found::Comma(at) | Found::Close(at)) => (at, at + 1),
            Some(Found::End(at) | Found::Next(at)) => (at, at.max(start + 1)),
            None => (slice.len(), slice.len()),
        };
        let is_last = next >= slice.len() || matches!(found, Some(Found::Close(_)));
        let is_cut = matches!(found, Some(Found::Next(_)));
        Bad { end, next, is_last, is_cut, is_lost: walk.hides_records(found, between) }
    }
}

fn closing(is_map: bool) -> u8 {
    if is_map { b'}' } else { b']' }
}

/// How many fields a record has: items of lists do not count.
fn fields(nodes: &[Value<'_>]) -> usize {
    let (mut node, mut fields) = (1, 0);
    while let Some(value) = nodes.get(node) {
        let inside = if let Value::List(inside) = value { *inside as usize } else { 0 };
        fields += usize::from(!matches!(value, Value::Map(inside) if *inside > 0));
        node += 1 + inside;
    }
    fields
}

impl Decode for Decoder {
    fn begin(&mut self, slice: &[u8]) {
        self.valid = simdutf8::basic::from_utf8(slice).is_ok();
        (self.at, self.record, self.unclosed, self.no_comma, self.done) = (0, 0, false, false, false);
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let before = batch.len();
        while !batch.is_full() {
            if self.done {
                return Ok(batch.len() > before);
            }
            match self.next(slice, batch) {
                Ok(true) => {}
                Ok(false) => {
                    self.done = true;
                    return Ok(batch.len() > before);
                }
                Err(error) => {
                    batch.abandon();
                    return Err(self.failed(error, slice, batch));
                }
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.record;
        let Bad { end, next, is_last, .. } = self.bad(slice);
        (self.at, self.done, self.no_comma) = (next, is_last, false);
        let len = slice[start..end].trim_ascii_end().len();
        start..start + len.max(usize::from(next > start))
    }
}
