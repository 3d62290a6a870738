//! Slices to batches.

use std::ops::Range;

use super::lines::{Lines, Stop, check};
use super::seek::{End, Seeker};
use super::text::{Read, Strings, Syntax, scalar, skip, wrong};
use super::walk::{Between, Layout};
use crate::error::{Cause, Fault, RecordError};
use crate::format::json::pieces::{has_neighbours, may_hold_others, repaired, swallows_values};
use crate::format::json::resync::holds_items;
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
    /// How the lines of records begin, if that tells.
    pub lines: Option<Lines>,
    /// How many lists and maps are around a record.
    pub around: usize,
    pub max_depth: usize,
    pub max_fields: usize,
}

impl Rules {
    /// What finds the ends of records.
    pub fn seeker(&self) -> Seeker {
        Seeker::new(self.syntax, self.layout, self.lines.clone(), self.max_depth.saturating_sub(self.around))
    }
}

/// What may come next among values with commas between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    /// A comma, or the closing bracket.
    Separator,
    /// After a bad record: both.
    Either,
}

/// A bad record, and where reading goes on.
#[derive(Clone, Debug)]
struct Bad {
    bytes: Range<usize>,
    next: usize,
    expect: Expect,
    /// The array ended with it.
    closed: bool,
}

/// The field that the value of a key in a map of records becomes, if it is no object.
const VALUE: &[u8] = b"value";

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
    expect: Expect,
    seeker: Seeker,
    bad: Option<Bad>,
    done: bool,
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
            seeker: rules.seeker(),
            rules,
            replace,
            places,
            width,
            open,
            reader: None,
            valid: true,
            at: 0,
            record: 0,
            expect: Expect::Value,
            bad: None,
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
        self.record = self.at;
        let mut at = self.skip(slice, self.at).inspect_err(|error| self.record = error.offset)?;
        self.record = at;
        let commas = self.rules.layout.between() == Between::Commas;
        if commas && self.expect != Expect::Value && slice.get(at) == Some(&b',') {
            self.expect = Expect::Value;
            at = self.skip(slice, at + 1)?;
            self.record = at;
        }
        match slice.get(at) {
            None if self.expect == Expect::Separator => {
                self.bad = Some(Bad { bytes: at..at, next: at, expect: Expect::Either, closed: true });
                return Err(RecordError::new(at, "the array or map of records is not closed"));
            }
            None => return Ok(false),
            Some(byte) if commas && *byte == self.rules.layout.closing() => {
                self.close(slice, at + 1)?;
                return Ok(false);
            }
            Some(b']' | b'}') if commas => {
                self.bad = Some(Bad { bytes: at..at + 1, next: at + 1, expect: Expect::Either, closed: false });
                return Err(wrong(slice, at, "a record"));
            }
            Some(byte) if self.expect == Expect::Separator => {
                if matches!(byte, b'"' | b'\'') {
                    return Err(wrong(slice, at, "a comma or the closing bracket"));
                }
                // Only the comma is missing, or it is none of a record.
                let next = if matches!(byte, b'{' | b'[') { at } else { self.run_end(slice, at) };
                self.bad = Some(Bad { bytes: at..next, next, expect: Expect::Either, closed: false });
                return Err(wrong(slice, at, "a comma or the closing bracket"));
            }
            Some(_) => {}
        }
        let end = self.record(slice, at, batch)?;
        let next = self.skip(slice, end)?;
        match (commas, slice.get(next)) {
            // What is a list or a map is a record, whatever follows.
            (false, Some(b':')) if !matches!(slice[at], b'{' | b'[') => {
                return Err(RecordError::new(at, "a key where a record was expected"));
            }
            (false, _) => self.at = end,
            (true, Some(b',')) => {
                let behind = self.skip(slice, next + 1)?;
                if slice.get(behind) == Some(&self.rules.layout.closing()) && self.rules.syntax == Syntax::Json {
                    return Err(RecordError::new(next, "a comma before the closing bracket"));
                }
                // A slice that ends with a comma goes on in the next one.
                (self.at, self.expect) = (next + 1, Expect::Value);
            }
            (true, Some(byte)) if *byte == self.rules.layout.closing() => {
                if let Err(error) = self.close(slice, next + 1) {
                    batch.end_record(at, end)?;
                    return Err(error);
                }
            }
            // The value is good, whatever is wrong after it.
            (true, behind) if behind.is_none() || matches!(slice[at], b'{' | b'[') => {
                self.refuse_swallowed(slice, at..end, next)?;
                (self.at, self.expect) = (next, Expect::Separator);
            }
            (true, _) => return Err(wrong(slice, next, "a comma or the closing bracket")),
        }
        batch.end_record(at, end)?;
        Ok(true)
    }

    /// The list or map of records ended before `at`; slices end there, too.
    fn close(&mut self, slice: &[u8], at: usize) -> Result<(), RecordError> {
        (self.at, self.done) = (at, true);
        if at == slice.len() {
            return Ok(());
        }
        let expect = Expect::Either;
        self.bad = Some(Bad { bytes: at..slice.len(), next: slice.len(), expect, closed: true });
        Err(RecordError::new(at, "text after the end of the records").fault(Fault::Lost))
    }

    /// Refuses a record of an inner array that may have swallowed others and the end of the document: a list in it is not
    /// closed and took the array's own bracket, so neither comma nor bracket follows.
    #[cold]
    fn refuse_swallowed(&mut self, slice: &[u8], record: Range<usize>, next: usize) -> Result<(), RecordError> {
        let behind = slice[next..].iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b'}');
        let brace_too_many = matches!(behind, Some(b',' | b']'));
        if self.rules.around < 2 || brace_too_many || !slice[record.clone()].contains(&b'[') {
            return Ok(());
        }
        self.bad =
            Some(Bad { bytes: record.start..slice.len(), next: slice.len(), expect: Expect::Either, closed: true });
        Err(may_hold_others(record.start, record.len()))
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
                let reason = "the value is no object and would become the field `value`, which has the key of its map";
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

    /// Where something ends that is neither list nor map, at `from` among others with commas between them.
    fn run_end(&self, slice: &[u8], from: usize) -> usize {
        let ends = |byte: &u8| matches!(byte, b'\n' | b',' | b'{' | b'[' | b'}' | b']');
        from + slice[from..].iter().position(ends).unwrap_or(slice.len() - from).max(1)
    }

    /// Finds where the bad record ends, and notes it. If nothing tells, the run ends there.
    #[cold]
    fn find_end<'a>(&mut self, slice: &'a [u8], error: RecordError, batch: &mut Batch<'a>) -> RecordError {
        if self.bad.is_some() {
            return error;
        }
        let start = self.record;
        let commas = self.rules.layout.between() == Between::Commas;
        self.seeker.begin(start);
        // A string behind a value may be the end of another one.
        let odd = self.expect == Expect::Separator;
        let end = if odd { self.seeker.line(slice, start, true) } else { self.seeker.next(slice, true) };
        let found = match end {
            Some(End::Comma(at)) => Some((at, at + 1, false)),
            Some(End::Close(at)) => Some((at, at + 1, true)),
            Some(End::At(at)) => Some((at, at, false)),
            Some(End::Anew(at)) => self.is_alone(slice, start, at).then_some((at, at, false)),
            Some(End::Lost(_)) => None,
            None => self.is_cut_off(slice, start).then_some((slice.len(), slice.len(), true)),
        };
        let (end, next, closed) = found.unwrap_or((slice.len(), slice.len(), true));
        let mut bytes = start..start + slice[start..end].trim_ascii_end().len();
        // The comma after it is none of it.
        if commas && bytes.len() > 1 && slice[bytes.end - 1] == b',' {
            bytes.end = start + slice[start..bytes.end - 1].trim_ascii_end().len();
        }
        bytes.end = bytes.end.max(start + 1).min(slice.len());
        let expect = if next > end { Expect::Value } else { Expect::Either };
        self.bad = Some(Bad { bytes, next: next.max(start + 1).min(slice.len()), expect, closed });
        match found {
            None if error.fault == Fault::Record => error.fault(Fault::Lost),
            // In a smaller slice, what follows would not be there.
            Some((end, ..)) if error.fault == Fault::Record && error.offset >= end && start < end => {
                let again = self.record(&slice[..end], start, batch);
                batch.abandon();
                again.err().unwrap_or(error)
            }
            _ => error,
        }
    }

    fn is_alone(&self, slice: &[u8], start: usize, end: usize) -> bool {
        let Some(lines) = &self.rules.lines else { return true };
        let record = &slice[start..end];
        let others = match self.rules.layout {
            Layout::Values => has_neighbours(record),
            // It shares its line with others.
            _ => !lines.begins(slice, start) && holds_items(record),
        };
        lines.is_alone(record) && !others
    }

    /// Whether the end of the slice cuts off the record at `start`.
    fn is_cut_off(&self, slice: &[u8], start: usize) -> bool {
        let Rules { syntax, max_depth, .. } = self.rules;
        match slice.get(start) {
            _ if self.rules.lines.is_some() => self.is_alone(slice, start, slice.len()),
            Some(b'{' | b'[') => {
                let quotes: &[u8] = if syntax == Syntax::Five { b"\"'" } else { b"\"" };
                check(slice, start, syntax, max_depth, &mut Vec::new()) == Err(Stop::End)
                    && !swallows_values(&slice[start..], quotes)
            }
            // It may be the end of another string.
            Some(b'"' | b'\'') => !slice[start..].contains(&b','),
            // A comment has no end.
            Some(b'/') => self.skip(slice, start).is_ok(),
            first => self.rules.layout != Layout::Members || first.is_none(),
        }
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
        (self.at, self.record, self.done) = (0, 0, false);
        (self.expect, self.bad) = (Expect::Value, None);
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
                    return Err(self.find_end(slice, error, batch));
                }
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let Some(bad) = self.bad.take() else { return 0..slice.len() };
        (self.at, self.expect) = (bad.next, bad.expect);
        self.done |= bad.closed || self.at == slice.len();
        bad.bytes
    }
}
