//! From CSV to values: positions of separators by vector kernels, everything odd by csv-core.

use std::ops::Range;

use super::Resolved;
use super::spec::{Ending, Spec};
use crate::error::RecordError;
use crate::format::{Decode, Ragged, Types, Want};
use crate::memory::Arena;
use crate::record::{Batch, Schema, Value, utf8};
use crate::scan::csv::{Row, Separators};

/// A column that nobody wants.
const UNWANTED: u32 = u32::MAX;

/// What becomes of the fields of a record.
struct Fields {
    /// How many a record of the source has.
    width: usize,
    /// For each column of the source its place among the selected ones; none: all, in order.
    places: Option<Box<[u32]>>,
    /// The columns of the selected fields, in the order they are wanted.
    order: Option<Box<[u32]>>,
    /// Some selected field is none of the source's.
    gaps: bool,
    selected: usize,
    ragged: Ragged,
    types: Types,
}

pub(super) struct CsvDecode {
    dialect: Resolved,
    fields: Fields,
    utf8: bool,
    replace: bool,
    separators: Separators,
    /// Records may be of the usual kind: in a plain dialect, without escapes, and typed by what they look like.
    usual: bool,
    spec: Spec,
    /// Where the next record starts.
    at: usize,
    /// The whole slice is known to be UTF-8 (or nobody needs it to be).
    valid: bool,
}

/// How reading a record by positions ended.
enum Found {
    /// Behind its terminator.
    End(usize),
    /// A blank line, which is no record; the next one starts here.
    Blank(usize),
    /// Quotes are irregular: csv-core has to read it.
    Irregular,
    /// The slice has ended.
    Nothing,
}

impl Fields {
    /// The value of a field that was not in quotes.
    #[inline(always)]
    fn plain<'a>(&self, text: &'a [u8]) -> Value<'a> {
        match self.types {
            Types::Text => Value::Text(text),
            Types::Auto if text.is_empty() => Value::Null,
            Types::Auto => Value::Untyped(text),
        }
    }

    /// Puts the value of the source's `column` into the record being built.
    #[inline(always)]
    fn put<'a>(&self, batch: &mut Batch<'a>, column: usize, value: Value<'a>) {
        match &self.places {
            None => batch.push(value),
            Some(places) => {
                let place = places[column];
                if place != UNWANTED {
                    batch.open_values()[place as usize] = value;
                }
            }
        }
    }

    /// Makes room for a record; selected fields are absent until they are found.
    #[inline(always)]
    fn start_record(&self, batch: &mut Batch<'_>, offset: usize) -> Result<(), RecordError> {
        match &self.places {
            None => batch.reserve(self.selected, offset),
            Some(_) => batch.push_row(self.selected, offset).map(|_| ()),
        }
    }

    /// Makes quotes single in the fields of `row`, a record from `start` on whose values begin with value `first`.
    fn undouble(
        &self,
        slice: &[u8],
        (row, start): (&Row<'_>, usize),
        first: usize,
        batch: &mut Batch<'_>,
    ) -> Result<(), RecordError> {
        let (mut column, mut rest) = (0, row.doubled);
        while let Some(&position) = rest.first() {
            while row.separators[column] < position {
                column += 1;
            }
            let end = row.separators[column];
            let here = rest.iter().take_while(|&&position| position < end).count();
            let (second, behind) = rest.split_at(here);
            rest = behind;
            let place = match &self.places {
                None => column,
                Some(places) if places[column] == UNWANTED => continue,
                Some(places) => places[column] as usize,
            };
            let arena = batch.arena();
            let value = &mut batch.values_mut()[first + place];
            if let Value::Text(text) = *value {
                // Behind the quote that opens the field.
                let from = 1 + if column == 0 { start } else { row.separators[column - 1] as usize + 1 };
                *value = Value::Text(without(slice, from..from + text.len(), second, arena)?);
            }
        }
        Ok(())
    }

    /// A record with fewer fields than the header.
    #[cold]
    fn pad(&self, batch: &mut Batch<'_>, columns: usize, start: usize) -> Result<(), RecordError> {
        if self.ragged == Ragged::Fail {
            return Err(ragged(start, columns, self.width));
        }
        (columns..self.width).for_each(|column| self.put(batch, column, Value::Null));
        Ok(())
    }
}

impl CsvDecode {
    pub fn new(dialect: Resolved, schema: &Schema, ragged: Ragged, want: &Want) -> CsvDecode {
        let places = want.select.as_ref().map(|names| {
            let mut places = vec![UNWANTED; schema.len()];
            for (place, name) in names.iter().enumerate() {
                if let Some(column) = schema.position(name) {
                    places[column] = place as u32;
                }
            }
            places.into_boxed_slice()
        });
        let order = want.select.as_ref().map(|names| {
            names.iter().map(|name| schema.position(name).map_or(UNWANTED, |at| at as u32)).collect::<Box<[u32]>>()
        });
        let gaps = order.as_ref().is_some_and(|order| order.contains(&UNWANTED));
        let selected = want.select.as_ref().map_or(schema.len(), Vec::len);
        let usual = dialect.is_plain() && want.types == Types::Auto && !dialect.tsv_escapes;
        CsvDecode {
            dialect,
            fields: Fields { width: schema.len(), places, order, gaps, selected, ragged, types: want.types },
            utf8: want.utf8,
            replace: want.replace_invalid_utf8,
            separators: Separators::new(dialect.marks(), want.typed && usual),
            usual,
            spec: Spec::new(dialect),
            at: 0,
            valid: true,
        }
    }

    /// Reads the record at `self.at` if it is the usual kind: of the right length, and regular.
    ///
    /// Measured without gain: values that are stored once (not absent at first), no look at the arena where nothing was
    /// taken from it, batches of 256 records, 1024 positions ahead.
    #[inline(always)]
    fn usual<'a, const TYPED: bool>(
        &mut self,
        slice: &'a [u8],
        batch: &mut Batch<'a>,
    ) -> Result<Option<usize>, RecordError> {
        let (start, fields) = (self.at, &self.fields);
        let Some(row) = self.separators.record::<TYPED>(slice, start, fields.width) else { return Ok(None) };
        // Without a quote in the dialect, a line break does as well: no field starts with one.
        let quote = self.dialect.quote.unwrap_or(b'\n');
        let first = batch.next_node();
        let values = batch.push_row(fields.selected, start)?;
        match &fields.order {
            None if TYPED => {
                let mut from = start;
                for ((value, &position), &number) in values.iter_mut().zip(row.separators).zip(row.numbers) {
                    *value = typed_field(&slice[from..position as usize], quote, number);
                    from = position as usize + 1;
                }
            }
            None => {
                let mut from = start;
                for (value, &position) in values.iter_mut().zip(row.separators) {
                    *value = field(&slice[from..position as usize], quote);
                    from = position as usize + 1;
                }
            }
            Some(order) => {
                for (value, &column) in values.iter_mut().zip(order) {
                    // What the source does not have stays absent.
                    if fields.gaps && column == UNWANTED {
                        continue;
                    }
                    let column = column as usize;
                    let from = if column == 0 { start } else { row.separators[column - 1] as usize + 1 };
                    let text = &slice[from..row.separators[column] as usize];
                    *value = if TYPED { typed_field(text, quote, row.numbers[column]) } else { field(text, quote) };
                }
            }
        }
        if !row.doubled.is_empty() {
            fields.undouble(slice, (&row, start), first, batch)?;
        }
        Ok(Some(row.end))
    }

    /// Reads the record at `self.at` by the positions of its separators, one after another.
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
                return Ok(Found::Irregular);
            }
            let value = match text.first() {
                Some(first) if Some(*first) == quote => {
                    // An odd quote at the very end of the input is not closed.
                    if text.len() < 2 || text[text.len() - 1] != *first || (position == slice.len() && !closed(text)) {
                        return Ok(Found::Irregular);
                    }
                    let inner = &text[1..text.len() - 1];
                    let inner = if doubled { undouble(inner, *first, batch.arena(), field)? } else { inner };
                    Value::Text(inner)
                }
                _ if self.dialect.tsv_escapes && memchr::memchr(b'\\', text).is_some() => {
                    let room = batch.arena().bytes(text.len(), field)?;
                    let len = unescape_tsv(text, room);
                    Value::Text(&room[..len])
                }
                _ => self.fields.plain(text),
            };
            self.fields.put(batch, column, value);
            column += 1;
            field = position + 1;
            if is_break {
                if column < self.fields.width {
                    self.fields.pad(batch, column, start)?;
                }
                if byte == b'\r' && slice.get(field) == Some(&b'\n') {
                    self.separators.next(slice);
                    field += 1;
                }
                return Ok(Found::End(field.min(slice.len())));
            }
        }
    }

    /// Reads the record at `self.at` as csv-core does.
    #[cold]
    fn by_spec<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<Found, RecordError> {
        let (start, fields, escapes) = (self.at, &self.fields, self.dialect.tsv_escapes);
        batch.abandon();
        fields.start_record(batch, start)?;
        let mut column = 0;
        let ending = self.spec.record(slice, start, |field| {
            if column < fields.width {
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
                let value = if field.quoted || escaped { Value::Text(text) } else { fields.plain(text) };
                fields.put(batch, column, value);
            }
            column += 1;
            Ok(())
        })?;
        let Ending::At(end) = ending else {
            batch.abandon();
            return Ok(Found::Nothing);
        };
        if column > fields.width {
            return Err(ragged(start, column, fields.width));
        }
        if column < fields.width {
            fields.pad(batch, column, start)?;
        }
        self.separators.restart(end);
        Ok(Found::End(end))
    }

    /// Checks, or repairs, the text of a record of a slice that is not all UTF-8.
    #[cold]
    fn check_utf8<'a>(&self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        for index in 0..batch.open_values().len() {
            let (Value::Text(text) | Value::Untyped(text)) = batch.open_values()[index] else { continue };
            // Text that was unescaped lies in the arena: then the record's start has to do.
            let place = (text.as_ptr() as usize).wrapping_sub(slice.as_ptr() as usize);
            let offset = if place < slice.len() { place } else { self.at };
            let good = utf8::checked(text, self.replace, offset, batch)?;
            if good != text {
                batch.open_values()[index] = Value::Text(good);
            }
        }
        Ok(())
    }

    /// Reads records until the batch is full or the slice ends; with `TYPED` the positions tell numbers from text.
    #[inline(never)]
    fn records<'a, const TYPED: bool>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let plain = self.dialect.is_plain();
        while !batch.is_full() {
            if self.usual
                && let Some(end) = self.usual::<TYPED>(slice, batch)?
            {
                if !self.valid {
                    self.check_utf8(slice, batch)?;
                }
                batch.end_record(self.at, end)?;
                self.at = end;
                continue;
            }
            let mut found = if plain { self.by_positions(slice, batch)? } else { Found::Irregular };
            if matches!(found, Found::Irregular) {
                found = self.by_spec(slice, batch)?;
            }
            match found {
                Found::End(end) => {
                    if !self.valid {
                        self.check_utf8(slice, batch)?;
                    }
                    batch.end_record(self.at, end)?;
                    self.at = end;
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
        self.separators.begin();
        self.valid = !self.utf8 || simdutf8::basic::from_utf8(slice).is_ok();
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if self.at >= slice.len() {
            return Ok(false);
        }
        match self.separators.tells_numbers() {
            false => self.records::<false>(slice, batch)?,
            true => self.records::<true>(slice, batch)?,
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let start = self.at;
        self.at = match self.spec.record_end(slice, self.at, true) {
            Ending::At(end) => end,
            Ending::NoRecord | Ending::More => slice.len(),
        };
        self.separators.restart(self.at);
        start..self.at
    }
}

/// The value of a field that is not in quotes, or is in quotes with no quote inside.
#[inline(always)]
fn field(text: &[u8], quote: u8) -> Value<'_> {
    match text {
        [] => Value::Null,
        [first, inner @ .., _] if *first == quote => Value::Text(inner),
        _ => Value::Untyped(text),
    }
}

/// [`field`], where it is known whether the field is a number: 1 or 0.
#[inline(always)]
fn typed_field(text: &[u8], quote: u8, number: u8) -> Value<'_> {
    match text {
        [] => Value::Null,
        [first, inner @ .., _] if *first == quote => Value::Text(inner),
        _ if number != 0 => Value::Number(text),
        _ => Value::Text(text),
    }
}

#[cold]
fn ragged(start: usize, columns: usize, width: usize) -> RecordError {
    let error = RecordError::new(start, format!("{columns} fields where the header has {width}"));
    match columns < width {
        true => error
            .hint("Give --ragged pad to fill missing fields with null, or --on-error skip to leave such records out."),
        false => error.hint("Check the delimiter and the quotes, or give --on-error skip to leave such records out."),
    }
}

/// Whether a text of quotes at the end of the input closes what it opens.
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

/// The text at `range` of the slice, without the bytes at the places `left_out`.
fn without<'a>(slice: &[u8], range: Range<usize>, left_out: &[u32], arena: &'a Arena) -> Result<&'a [u8], RecordError> {
    let room = arena.bytes(range.len() + PIECE, range.start)?;
    let (mut from, mut len) = (range.start, 0);
    for end in left_out.iter().map(|&place| place as usize).chain([range.end]) {
        copy_piece(slice, from..end, &mut room[len..]);
        len += end - from;
        from = end + 1;
    }
    Ok(&room[..len])
}

/// Between two quotes there are few bytes, as a rule: so many are copied at once, rather than by a call of memcpy.
const PIECE: usize = 32;

#[inline(always)]
fn copy_piece(from: &[u8], piece: Range<usize>, to: &mut [u8]) {
    match (from[piece.start..].first_chunk::<PIECE>(), to.first_chunk_mut::<PIECE>()) {
        (Some(from), Some(to)) if piece.len() <= PIECE => *to = *from,
        _ => to[..piece.len()].copy_from_slice(&from[piece]),
    }
}

/// Makes doubled quotes single.
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

/// Resolves `\t`, `\n`, `\r` and `\\`; other backslashes stay. Returns the length of the result.
pub(super) fn unescape_tsv(text: &[u8], room: &mut [u8]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < text.len() {
        let (byte, read) = match (text[at], text.get(at + 1)) {
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b'\\')) => (b'\\', 2),
            (byte, _) => (byte, 1),
        };
        room[len] = byte;
        len += 1;
        at += read;
    }
    len
}
