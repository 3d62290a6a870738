//! What happens to the fields of a CSV record.

use std::ops::Range;

use super::reading::Reading;
use super::resolved::Resolved;
use crate::error::{Cause, RecordError};
use crate::format::{Ragged, Surplus, Types, Want};
use crate::memory::Arena;
use crate::record::{Batch, LossyKind, Nulls, Value, utf8};
use crate::scan::csv::Rows;

/// A column that was not selected.
const UNWANTED: u32 = u32::MAX;

/// What happens to the fields of a record.
pub(super) struct Fields {
    /// How many fields a record of the source has.
    pub width: usize,
    /// For each column of the source, its place among the selected ones; `None`: all, in order.
    places: Option<Box<[u32]>>,
    /// The columns of the selected fields, in the order asked for.
    order: Option<Box<[u32]>>,
    /// The source does not have all selected fields.
    gaps: bool,
    /// How many values a record of the batch has.
    pub selected: usize,
    pub ragged: Ragged,
    /// The place, among the selected fields, of the column for fields that are too many; none of the places if it was
    /// not selected.
    extra: Option<usize>,
    /// The error text for a record with another number of fields.
    other: &'static str,
    plain: Plain,
    /// Texts that mean null.
    nulls: Nulls,
    /// The header begins like a comment.
    commented: bool,
}

/// What a field is that was not in quotes.
#[derive(Clone, Copy)]
enum Plain {
    /// Null if it is empty; else a number or text.
    Auto,
    /// Empty text if it is empty: null is written in another way.
    SaysNull,
    /// Text.
    Text,
    /// Text that is written as it was read, even if it is empty: nothing else is.
    Kept,
}

impl Plain {
    fn new(want: &Want, says_null: bool, nulls: &Nulls) -> Plain {
        match want.types {
            Types::Auto if says_null => Plain::SaysNull,
            Types::Auto => Plain::Auto,
            Types::Text if !want.untyped => Plain::Text,
            // Null is empty in most targets, so an empty text has to differ from it.
            Types::Text if says_null || !nulls.is_empty() => Plain::SaysNull,
            Types::Text => Plain::Kept,
        }
    }

    #[inline(always)]
    fn value(self, text: &[u8]) -> Value<'_> {
        match self {
            Plain::Text => Value::Text(text),
            Plain::SaysNull if text.is_empty() => Value::Text(text),
            Plain::Auto if text.is_empty() => Value::Null,
            Plain::Auto | Plain::SaysNull | Plain::Kept => Value::Untyped(text),
        }
    }
}

/// The hint where the header may not be a header at all.
const OR_A_COMMENT: &str = "If the first line is a comment, give ⟨dialect.comment '#'⟩; otherwise check the delimiter and the quotes, or give ⟨on_error skip⟩ to leave out such records.";

impl Fields {
    pub fn new(reading: &Reading, want: &Want) -> Fields {
        let Reading { ragged, other_width: other, .. } = *reading;
        let (schema, says_null) = (&reading.header.schema, reading.dialect.says_null());
        let extra = reading.has_extra();
        let width = schema.len() - usize::from(extra);
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
        let selected = want.select.as_ref().map_or(schema.len(), Vec::len);
        let commented = schema.names().next().is_some_and(|name| name.starts_with(b"#"));
        let plain = Plain::new(want, says_null, &reading.nulls);
        let nulls = reading.nulls.clone();
        // No record has that column.
        let order = order.map(|mut order: Box<[u32]>| {
            order.iter_mut().filter(|column| extra && **column as usize == width).for_each(|column| *column = UNWANTED);
            order
        });
        let gaps = order.as_ref().is_some_and(|order| order.contains(&UNWANTED));
        let extra = extra.then(|| places.as_deref().map_or(width, |places: &[u32]| places[width] as usize));
        Fields { width, places, order, gaps, extra, selected, ragged, other, plain, nulls, commented }
    }

    /// The value of a field that was not in quotes.
    #[inline(always)]
    pub fn plain<'a>(&self, text: &'a [u8]) -> Value<'a> {
        if self.is_marked() { self.marked(text) } else { self.plain.value(text) }
    }

    /// The same in a dialect that csv-core does not know.
    #[inline]
    pub fn plain_or_null<'a>(&self, text: &'a [u8], dialect: Resolved) -> Value<'a> {
        if dialect.is_word_null(text) { Value::Null } else { self.plain(text) }
    }

    /// The same where some texts mean null.
    #[inline(never)]
    fn marked<'a>(&self, text: &'a [u8]) -> Value<'a> {
        if self.nulls.has(text) { Value::Null } else { self.plain.value(text) }
    }

    /// Whether a field's text decides if it is null.
    pub fn is_marked(&self) -> bool {
        !self.nulls.is_empty()
    }

    /// Whether the values of records have to be [finished](Self::finish).
    #[inline(always)]
    pub fn is_to_finish(&self) -> bool {
        self.is_marked() || self.extra.is_some()
    }

    /// Finishes the values of records that have as many fields as the header: texts that mean null become null, and the
    /// column for surplus fields is null.
    #[inline(never)]
    pub fn finish(&self, values: &mut [Value<'_>]) {
        if let Some(place) = self.extra.filter(|place| *place < self.selected) {
            values.iter_mut().skip(place).step_by(self.selected).for_each(|value| *value = Value::Null);
        }
        for value in values {
            if !self.is_marked() {
                break;
            }
            if let Value::Untyped(text) = value
                && self.nulls.has(text)
            {
                *value = Value::Null;
            }
        }
    }

    /// Puts the value of the source's `column` into the record being built.
    #[inline(always)]
    pub fn put<'a>(&self, batch: &mut Batch<'a>, column: usize, value: Value<'a>) {
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
    pub fn start_record(&self, batch: &mut Batch<'_>, offset: usize) -> Result<(), RecordError> {
        match &self.places {
            None => batch.reserve(self.selected, offset),
            Some(_) => batch.push_row(self.selected, offset).map(|_| ()),
        }
    }

    /// The values of `rows`, all absent at first. With `TYPED` the rows tell numbers from text.
    ///
    /// Measured, no gain: storing each value once (not absent first). Selecting row by row takes 3 % more.
    #[inline(always)]
    pub fn fill<'a, const TYPED: bool>(&self, slice: &'a [u8], rows: &Rows<'_>, quote: u8, values: &mut [Value<'a>]) {
        let Some(order) = &self.order else {
            // A column that no record has comes between the values of two records.
            let width = if self.has_extra() { 0 } else { self.width };
            return fill_all::<TYPED>(slice, &rows.joined(width), quote, values);
        };
        for (place, &column) in order.iter().enumerate() {
            // Columns that the source lacks stay absent.
            if self.gaps && column == UNWANTED {
                continue;
            }
            let column = column as usize;
            let mut numbers = rows.numbers().map(|numbers| numbers[column]);
            for (row, range) in values.chunks_exact_mut(self.selected).zip(rows.fields(column)) {
                let text = &slice[range];
                let number = if TYPED { numbers.next().unwrap_or_default() } else { 0 };
                row[place] = if TYPED { typed_field(text, quote, number) } else { field(text, quote) };
            }
        }
    }

    /// Undoubles the quotes in the fields of `rows`, whose values begin at value `first`.
    pub fn undouble<'a>(
        &self,
        slice: &[u8],
        rows: &Rows<'_>,
        mut first: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let mut rest = rows.doubled;
        let mut room = Room { free: &mut [], arena: batch.arena(), end: rows.end() };
        for (start, separators) in rows.separators() {
            let Some(&next) = rest.first() else { break };
            if next < separators[separators.len() - 1] {
                let values = &mut batch.values_mut()[first..];
                rest = self.undouble_row(slice, start, separators, rest, values, &mut room)?;
            }
            first += self.selected;
        }
        Ok(())
    }

    /// The same for one record; returns the positions after it.
    fn undouble_row<'a, 'd>(
        &self,
        slice: &[u8],
        start: usize,
        separators: &[u32],
        mut rest: &'d [u32],
        values: &mut [Value<'a>],
        room: &mut Room<'a>,
    ) -> Result<&'d [u32], RecordError> {
        let (mut column, last) = (0, separators[separators.len() - 1]);
        while let Some(&position) = rest.first()
            && position < last
        {
            while separators[column] < position {
                column += 1;
            }
            let end = separators[column];
            let here = rest.iter().take_while(|&&position| position < end).count();
            let (second, behind) = rest.split_at(here);
            rest = behind;
            let place = match &self.places {
                None => column,
                Some(places) if places[column] == UNWANTED => continue,
                Some(places) => places[column] as usize,
            };
            if let Value::Text(text) = values[place] {
                // After the quote that opens the field.
                let from = 1 + if column == 0 { start } else { separators[column - 1] as usize + 1 };
                values[place] = Value::Text(room.without(slice, from..from + text.len(), second)?);
            }
        }
        Ok(rest)
    }

    /// Fills up a record that has fewer fields than the header.
    #[cold]
    pub fn pad(&self, batch: &mut Batch<'_>, columns: usize, start: usize) -> Result<(), RecordError> {
        if !self.ragged.pad {
            return Err(self.other_width(start, columns));
        }
        (columns..self.width).for_each(|column| self.put(batch, column, Value::Null));
        Ok(())
    }

    /// What becomes of the fields that a record has more than the header; without them, the column for them is null.
    #[cold]
    pub fn settle<'a>(
        &self,
        batch: &mut Batch<'a>,
        start: usize,
        surplus: Option<Rest<'a>>,
    ) -> Result<(), RecordError> {
        let mut kept = Value::Null;
        if let Some(rest) = surplus.filter(|rest| rest.fields(self.ragged) > 0) {
            match self.ragged.surplus {
                Surplus::Fail => return Err(self.other_width(start, self.width + rest.all)),
                Surplus::Truncate => batch.lose(LossyKind::SurplusFields, rest.fields(self.ragged) as u64),
                Surplus::Extra => kept = Value::Text(rest.text),
            }
        }
        if self.extra.is_some() {
            self.put(batch, self.width, kept);
        }
        Ok(())
    }

    /// Whether every record has a column for fields that are too many.
    #[inline(always)]
    pub fn has_extra(&self) -> bool {
        self.extra.is_some()
    }

    /// The error for a record with another number of fields.
    #[cold]
    pub fn other_width(&self, start: usize, columns: usize) -> RecordError {
        let width = self.width;
        RecordError::with_numbers(start, self.other, [columns, width]).cause(Cause::Fields).hint(
            match columns < width {
                _ if self.commented => OR_A_COMMENT,
                true if columns == 1 => {
                    "Check the delimiter, or give ⟨ragged pad⟩ to fill missing fields with null, or ⟨on_error skip⟩ to leave out such records."
                }
                true => {
                    "Give ⟨ragged pad⟩ to fill missing fields with null, or ⟨on_error skip⟩ to leave out such records."
                }
                false => {
                    "Check the delimiter and the quotes, or give ⟨ragged extra⟩ to keep surplus fields in a column, or ⟨on_error skip⟩ to leave out such records."
                }
            },
        )
    }

    /// Checks, or repairs, the text of the records being built, which begin at `start`, if the slice is not all UTF-8.
    #[cold]
    pub fn check_utf8<'a>(
        &self,
        slice: &'a [u8],
        start: usize,
        replace: bool,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        for index in 0..batch.open_values().len() {
            let (Value::Text(text) | Value::Untyped(text)) = batch.open_values()[index] else { continue };
            // Unescaped text is in the arena: then the record's start has to do.
            let place = (text.as_ptr() as usize).wrapping_sub(slice.as_ptr() as usize);
            let offset = if place < slice.len() { place } else { start };
            let good = utf8::checked(text, replace, offset, batch)?;
            if good != text {
                batch.open_values()[index] = Value::Text(good);
            }
        }
        Ok(())
    }
}

/// The fields that a record has more than the header.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    /// How many there are.
    pub all: usize,
    /// The same without empty ones at the end that are not in quotes.
    pub filled: usize,
    /// They and what is between them, as they are in the source.
    pub text: &'a [u8],
}

impl Rest<'_> {
    /// How many of them count.
    fn fields(&self, ragged: Ragged) -> usize {
        if ragged.trailing { self.filled } else { self.all }
    }
}

/// The values of all fields. A separate function, so that the loop keeps what it needs in registers.
#[inline(never)]
fn fill_all<'a, const TYPED: bool>(slice: &'a [u8], rows: &Rows<'_>, quote: u8, values: &mut [Value<'a>]) {
    let mut numbers = rows.numbers();
    for (row, (mut from, separators)) in values.chunks_exact_mut(values.len() / rows.count()).zip(rows.separators()) {
        let texts = separators.iter().map(|&position| {
            let end = position as usize;
            &slice[std::mem::replace(&mut from, end + 1)..end]
        });
        if TYPED {
            let numbers = numbers.next().unwrap_or_default();
            for ((value, text), &number) in row.iter_mut().zip(texts).zip(numbers) {
                *value = typed_field(text, quote, number);
            }
        } else {
            row.iter_mut().zip(texts).for_each(|(value, text)| *value = field(text, quote));
        }
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

/// [`field`], when it is already known whether the field is a number: 1 or 0.
#[inline(always)]
fn typed_field(text: &[u8], quote: u8, number: u8) -> Value<'_> {
    match text {
        [] => Value::Null,
        [first, inner @ .., _] if *first == quote => Value::Text(inner),
        _ if number != 0 => Value::Number(text),
        _ => Value::Text(text),
    }
}

/// Room for texts whose doubled quotes become single.
struct Room<'a> {
    free: &'a mut [u8],
    arena: &'a Arena,
    /// Where the last text ends in the slice, at the latest.
    end: usize,
}

/// How much room is reserved for several texts at once.
const TEXTS: usize = 1024;

impl<'a> Room<'a> {
    /// The text at `range` of the slice, without the bytes at the positions `left_out`.
    fn without(&mut self, slice: &[u8], range: Range<usize>, left_out: &[u32]) -> Result<&'a [u8], RecordError> {
        // Copying a piece may write beyond its end.
        let most = range.len() + PIECE;
        if self.free.len() < most {
            self.free = self.arena.bytes(most.max(TEXTS.min(self.end - range.start)), range.start)?;
        }
        let (mut from, mut len) = (range.start, 0);
        for end in left_out.iter().map(|&place| place as usize).chain([range.end]) {
            copy_piece(slice, from..end, &mut self.free[len..]);
            len += end - from;
            from = end + 1;
        }
        let (text, free) = std::mem::take(&mut self.free).split_at_mut(len);
        self.free = free;
        Ok(text)
    }
}

/// There are usually few bytes between two quotes: this many are copied at once, without calling memcpy.
const PIECE: usize = 32;

#[inline(always)]
fn copy_piece(from: &[u8], piece: Range<usize>, to: &mut [u8]) {
    match (from[piece.start..].first_chunk::<PIECE>(), to.first_chunk_mut::<PIECE>()) {
        (Some(from), Some(to)) if piece.len() <= PIECE => *to = *from,
        _ => to[..piece.len()].copy_from_slice(&from[piece]),
    }
}
