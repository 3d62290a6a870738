//! From CSV to values: vector kernels find the separators, csv-core reads everything odd.

use std::ops::Range;

use super::escapes::{TSV_NULL, unescape_tsv};
use super::fields::{Fields, Rest};
use super::parts::{Ending, FieldKind, first_byte};
use super::quotes::{Quotes, Record, open_quote, text_after_quote};
use super::reading::Reading;
use super::resolved::Resolved;
use super::spec::Spec;
use crate::error::{Fault, RecordError};
use crate::format::{Decode, Types, Want};
use crate::memory::Arena;
use crate::record::{Batch, Value, utf8};
use crate::scan::csv::{Room, Separators};

pub(super) struct CsvDecode {
    dialect: Resolved,
    fields: Fields,
    utf8: bool,
    replace: bool,
    separators: Separators,
    /// Records may be of the usual kind: a plain dialect, no escapes, types judged by how fields look.
    usual: bool,
    /// Several of them may be read at once.
    together: bool,
    spec: Spec,
    quotes: Quotes,
    /// Text after a closing quote makes a record bad.
    strict: bool,
    max_record: usize,
    /// Where the next record starts.
    at: usize,
    /// The last record is not written the way an encoder would.
    irregular: bool,
    /// The whole slice is known to be UTF-8 (or it does not matter).
    valid: bool,
}

/// The outcome of reading a record by the positions of its separators.
enum Found {
    /// It ends here, line break included.
    End(usize),
    /// The same; and text follows a closing quote, at the second offset.
    Odd(usize, usize),
    /// A blank line, not a record; the next one starts here.
    Blank(usize),
    /// Its quotes are irregular: csv-core has to read it.
    Irregular,
    /// The slice has ended.
    Nothing,
}

impl CsvDecode {
    pub fn new(reading: &Reading, want: &Want) -> CsvDecode {
        let Reading { dialect, strict, max_record, .. } = *reading;
        let usual = dialect.is_plain() && want.types == Types::Auto && !dialect.tsv_escapes;
        let fields = Fields::new(reading, want);
        let typed = want.typed && usual && !fields.is_marked();
        CsvDecode {
            dialect,
            fields,
            utf8: want.utf8,
            replace: want.replace_invalid_utf8,
            separators: Separators::new(dialect.marks(), typed),
            usual,
            together: true,
            spec: Spec::new(dialect),
            quotes: Quotes::new(dialect),
            strict,
            max_record,
            at: 0,
            irregular: false,
            valid: true,
        }
    }

    /// Reads records from `self.at` on while they are of the usual kind: regular, with the right number of fields.
    /// False if there is none.
    #[inline(always)]
    fn usual<'a, const TYPED: bool>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let (records, bytes) = batch.room(self.fields.selected);
        let room = match (self.together, self.valid) {
            (false, _) => Room { records: 1, bytes: 0 },
            (true, true) => Room { records, bytes },
            // Text may be copied twice: without its doubled quotes, and with U+FFFD for each of its bytes.
            (true, false) => Room { records, bytes: bytes / 4 },
        };
        match self.rows::<TYPED>(slice, batch, room) {
            // Reading them one by one shows which record it is.
            Err(_) if self.together => {
                batch.abandon();
                self.separators.restart(self.at);
                self.together = false;
                Ok(true)
            }
            read => read,
        }
    }

    /// Reads records as [`usual`](Self::usual) does, but no more than there is `room` for.
    #[inline(always)]
    fn rows<'a, const TYPED: bool>(
        &mut self,
        slice: &'a [u8],
        batch: &mut Batch<'a>,
        room: Room,
    ) -> Result<bool, RecordError> {
        let (start, fields) = (self.at, &self.fields);
        let Some(rows) = self.separators.rows::<TYPED>(slice, start, fields.width, room) else { return Ok(false) };
        // If the dialect has no quote, a line break does as well: no field starts with one.
        let quote = self.dialect.quote.unwrap_or(b'\n');
        let first = batch.next_node();
        let values = batch.push_row(fields.selected * rows.count(), start)?;
        fields.fill::<TYPED>(slice, &rows, quote, values);
        if !rows.doubled.is_empty() {
            fields.undouble(slice, &rows, first, batch)?;
        }
        if fields.is_to_finish() {
            fields.finish(&mut batch.values_mut()[first..]);
        }
        if !self.valid {
            fields.check_utf8(slice, start, self.replace, batch)?;
        }
        self.at = batch.end_rows(fields.selected, start, rows.ends())?;
        Ok(true)
    }

    /// Reads the record at `self.at` by the positions of its separators, one by one.
    fn by_positions<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<Found, RecordError> {
        let start = self.at;
        if start >= slice.len() {
            return Ok(Found::Nothing);
        }
        self.fields.start_record(batch, start)?;
        let quote = self.dialect.quote;
        let delimiter = self.dialect.delimiter;
        let (mut field, mut column) = (start, 0);
        loop {
            // The end of the slice ends the last record too.
            let (position, byte) = match self.separators.next(slice) {
                Some(position) => (position, slice[position]),
                None => (slice.len(), b'\n'),
            };
            let is_break = byte == b'\n' || byte == b'\r';
            if byte != delimiter && !is_break {
                return Ok(Found::Irregular);
            }
            let doubled = self.separators.doubled_before(position);
            let text = &slice[field..position];
            if is_break && column == 0 && text.is_empty() {
                batch.abandon();
                return Ok(Found::Blank((position + 1).min(slice.len())));
            }
            if column >= self.fields.width {
                if !(self.fields.ragged.trailing && text.is_empty()) {
                    return Ok(Found::Irregular);
                }
                // A delimiter at the end.
                self.irregular = true;
            } else {
                let value = match text.first() {
                    Some(first) if Some(*first) == quote => {
                        // An odd number of quotes at the very end of the input leaves one open.
                        if text.len() < 2
                            || text[text.len() - 1] != *first
                            || (position == slice.len() && !closed(text))
                        {
                            return Ok(Found::Irregular);
                        }
                        let inner = &text[1..text.len() - 1];
                        let inner = if doubled { undouble(inner, *first, batch.arena(), field)? } else { inner };
                        Value::Text(inner)
                    }
                    _ if self.dialect.tsv_escapes && text == TSV_NULL => {
                        self.irregular = true;
                        Value::Null
                    }
                    _ if self.dialect.tsv_escapes && memchr::memchr(b'\\', text).is_some() => {
                        let room = batch.arena().bytes(text.len(), field)?;
                        let len = unescape_tsv(text, room);
                        // Readers disagree about a backslash before any other byte.
                        self.irregular = true;
                        Value::Text(&room[..len])
                    }
                    _ => self.fields.plain(text),
                };
                self.fields.put(batch, column, value);
            }
            column += 1;
            field = position + 1;
            if is_break {
                if column < self.fields.width {
                    self.irregular = true;
                    self.fields.pad(batch, column, start)?;
                }
                if self.fields.has_extra() {
                    self.fields.settle(batch, start, None)?;
                }
                if byte == b'\r' && slice.get(field) == Some(&b'\n') {
                    self.separators.next(slice);
                    field += 1;
                }
                return Ok(Found::End(field.min(slice.len())));
            }
        }
    }

    /// Reads the record at `self.at` in a dialect that csv-core does not know, if there is neither quote nor escape in
    /// its line: then its fields are what is between delimiters.
    fn by_line<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<Found, RecordError> {
        let dialect = self.dialect;
        let start = first_byte(dialect, slice, self.at);
        let mut end = slice.len();
        if let Some(at) = line_end(dialect, slice, start) {
            end = at;
        }
        let line = &slice[start..end];
        let has = |byte: Option<u8>| byte.is_some_and(|byte| memchr::memchr(byte, line).is_some());
        if line.is_empty() || has(dialect.quote) || has(dialect.escape) {
            return Ok(Found::Irregular);
        }
        self.at = start;
        let fields = &self.fields;
        fields.start_record(batch, start)?;
        let (mut from, mut column) = (0, 0);
        loop {
            let found = next_delimiter(dialect, line, from);
            let mut text = &line[from..found.unwrap_or(line.len())];
            if dialect.skip_space {
                text = &text[text.iter().take_while(|byte| **byte == b' ').count()..];
            }
            if column < fields.width {
                fields.put(batch, column, fields.plain_or_null(text, dialect));
            } else if !(fields.ragged.trailing && text.is_empty()) {
                return Ok(Found::Irregular);
            }
            column += 1;
            match found {
                Some(at) => from = at + dialect.delimiter_len(line, at),
                None => break,
            }
        }
        if column < fields.width {
            fields.pad(batch, column, start)?;
        }
        if fields.has_extra() {
            fields.settle(batch, start, None)?;
        }
        Ok(Found::End(end + dialect.break_len(slice, end)))
    }

    /// Reads the record at `self.at` as csv-core does, unless its quotes make it bad.
    #[cold]
    fn by_spec<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<Found, RecordError> {
        let marks = [self.dialect.quote, self.dialect.escape];
        self.irregular = true;
        batch.abandon();
        self.at = first_byte(self.dialect, slice, self.at);
        let (start, fields, escapes) = (self.at, &self.fields, self.dialect.tsv_escapes);
        let odd = match self.quotes.record(slice, start, true, self.max_record) {
            Record::Open { quote, .. } => return Err(open_quote(quote)),
            Record::Whole { odd: Some(odd), .. } if self.strict && !batch.is_lenient() => {
                return Err(text_after_quote(odd));
            }
            Record::Whole { odd, .. } => odd,
            Record::Nothing | Record::More { .. } => return Ok(Found::Nothing),
        };
        fields.start_record(batch, start)?;
        let checks = Checks { utf8: self.utf8, replace: self.replace };
        let (mut column, mut surplus, mut filled) = (0, None, 0);
        let ending = self.spec.record(slice, start, |field| {
            if column >= fields.width {
                surplus.get_or_insert(field.start);
                if field.kind != FieldKind::Plain || !field.text.is_empty() {
                    filled = column + 1 - fields.width;
                }
            } else {
                let room = batch.arena().bytes(field.text.len(), start)?;
                let escaped = escapes && memchr::memchr(b'\\', field.text).is_some();
                let len = match escaped {
                    true => unescape_tsv(field.text, room),
                    false => {
                        room.copy_from_slice(field.text);
                        room.len()
                    }
                };
                let text: &'a [u8] = &room[..len];
                let value = match field.kind {
                    FieldKind::Null => Value::Null,
                    FieldKind::Plain if escaped && field.text == TSV_NULL => Value::Null,
                    FieldKind::Escaped => Value::Text(checks.unescaped(text, start, batch)?),
                    _ if field.kind == FieldKind::Quoted || escaped => Value::Text(text),
                    // A quote where none belongs: the text needs quotes in any target.
                    _ if text.iter().any(|byte| marks.contains(&Some(*byte))) => fields.plain(text).typed(),
                    _ => fields.plain(text),
                };
                fields.put(batch, column, value);
            }
            column += 1;
            Ok(())
        })?;
        let Ending::At(end) = ending else {
            batch.abandon();
            return Ok(Found::Nothing);
        };
        if column < fields.width {
            fields.pad(batch, column, start)?;
        }
        let rest =
            surplus.map(|from| Rest { all: column - fields.width, filled, text: without_break(&slice[from..end]) });
        if rest.is_some() || fields.has_extra() {
            fields.settle(batch, start, rest)?;
        }
        self.separators.restart(end);
        Ok(odd.map_or(Found::End(end), |odd| Found::Odd(end, odd)))
    }

    /// Ends the record that was built; it ends before `end`.
    #[inline(always)]
    fn end_record<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>, end: usize) -> Result<(), RecordError> {
        if !self.valid {
            self.fields.check_utf8(slice, self.at, self.replace, batch)?;
        }
        batch.end_record(self.at, end)?;
        if self.irregular {
            batch.mark_irregular();
        }
        self.at = end;
        Ok(())
    }

    /// Reads records until the batch is full or the slice ends; with `TYPED`, the positions tell numbers from text.
    #[inline(never)]
    fn records<'a, const TYPED: bool>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let (plain, own) = (self.dialect.is_plain(), self.dialect.is_own());
        while !batch.is_full() {
            if self.usual && self.usual::<TYPED>(slice, batch)? {
                continue;
            }
            self.irregular = false;
            let mut found = match plain {
                true => self.by_positions(slice, batch)?,
                false if own => self.by_line(slice, batch)?,
                false => Found::Irregular,
            };
            if matches!(found, Found::Irregular) {
                found = self.by_spec(slice, batch)?;
            }
            match found {
                Found::End(end) => self.end_record(slice, batch, end)?,
                Found::Odd(end, odd) => {
                    self.end_record(slice, batch, end)?;
                    batch.note_odd_quote(odd);
                }
                Found::Blank(next) => self.at = next,
                Found::Nothing | Found::Irregular => {
                    self.at = slice.len();
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Decode for CsvDecode {
    fn begin(&mut self, slice: &[u8]) {
        self.at = 0;
        self.quotes.begin();
        self.separators.begin();
        self.valid = !self.utf8 || simdutf8::basic::from_utf8(slice).is_ok();
        self.together = true;
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        let read = match self.separators.tells_numbers() {
            false => self.records::<false>(slice, batch),
            true => self.records::<true>(slice, batch),
        };
        match read {
            Ok(()) => Ok(true),
            // If the record has several lines, only the first one is bad.
            Err(error) if error.fault == Fault::Oversized => {
                match self.quotes.record(slice, self.at, true, self.max_record) {
                    Record::Open { quote, .. } => Err(open_quote(quote)),
                    _ => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = match self.quotes.record(slice, self.at, true, self.max_record) {
            Record::Whole { end, .. } | Record::Open { end, .. } => end,
            Record::Nothing | Record::More { .. } => slice.len(),
        };
        self.separators.restart(self.at);
        start..self.at
    }
}

/// Whether a text of quotes at the end of the input closes the quote it opens.
fn closed(text: &[u8]) -> bool {
    let quote = text[0];
    let mut rest = &text[1..];
    while let Some(at) = memchr::memchr(quote, rest) {
        match rest.get(at + 1) {
            Some(next) if *next == quote => rest = &rest[at + 2..],
            _ => return at + 1 == rest.len(),
        }
    }
    false
}

/// How text is checked that did not come from the slice as it is.
#[derive(Clone, Copy)]
struct Checks {
    utf8: bool,
    replace: bool,
}

impl Checks {
    /// A text with escapes: they can mean any bytes.
    fn unescaped<'a>(self, text: &'a [u8], offset: usize, batch: &mut Batch<'a>) -> Result<&'a [u8], RecordError> {
        if self.utf8 { utf8::checked(text, self.replace, offset, batch) } else { Ok(text) }
    }
}

/// Where the line that begins at `start` ends.
fn line_end(dialect: Resolved, slice: &[u8], start: usize) -> Option<usize> {
    let mut from = start;
    loop {
        let at = from + memchr::memchr2(b'\n', b'\r', &slice[from..])?;
        if dialect.break_len(slice, at) > 0 {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The next delimiter in a line.
#[inline]
fn next_delimiter(dialect: Resolved, line: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr::memchr(dialect.delimiter, &line[from..])?;
        if dialect.delimiter_len(line, at) > 0 {
            return Some(at);
        }
        from = at + 1;
    }
}

/// A text without the line break at its end.
fn without_break(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Turns doubled quotes into single ones.
fn undouble<'a>(text: &[u8], quote: u8, arena: &'a Arena, offset: usize) -> Result<&'a [u8], RecordError> {
    let room = arena.bytes(text.len(), offset)?;
    let (mut len, mut rest) = (0, text);
    while let Some(at) = memchr::memchr(quote, rest) {
        let piece = at + 1;
        room[len..len + piece].copy_from_slice(&rest[..piece]);
        len += piece;
        rest = &rest[(at + 2).min(rest.len())..];
    }
    room[len..len + rest.len()].copy_from_slice(rest);
    Ok(&room[..len + rest.len()])
}
