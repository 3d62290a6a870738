//! NDJSON and JSON to batches.

mod ends;

use std::ops::Range;

use super::layout::{Layout, SEPARATOR, is_between, is_white};
use super::pieces::{
    another_array, has_list, is_another_array, lacks_comma, may_hold_others, repaired, run_end, string_end,
};
use super::resync::Resync;
use crate::error::{Cause, Fault, RecordError};
use crate::format::{Decode, Want};
use crate::record::json::{LONE, Quick, Reader, Selection, replace_halves};
use crate::record::{Batch, Detail, LossyKind, utf8::NOT_UTF8};
use crate::scan::json::{Columns, Hit, Nesting, Seek};
use crate::scan::vector::Unit;

/// Decodes slices of one layout.
pub struct Decoder {
    pub(super) layout: Layout,
    pub(super) quick: Quick,
    reader: Reader,
    /// Reads records that had to be repaired.
    repair: Option<Box<Reader>>,
    selection: Option<Selection>,
    pub(super) detail: Detail,
    replace: bool,
    max_depth: usize,
    max_fields: usize,
    around: usize,
    /// The whole slice is valid UTF-8.
    valid: bool,
    /// Records are read without an index while they are well formed.
    quickly: bool,
    /// Offset of the record being read.
    pub(super) record: usize,
    /// Where [`quick`](Self::quick) continues.
    pub(super) at: usize,
    /// Nothing of the slice has been read yet.
    pub(super) fresh: bool,
    /// The array's closing bracket has been read.
    pub(super) closed: bool,
    /// What may come next in an array.
    expect: Expect,
    resync: Resync,
    /// Record separators are between records, and never inside one.
    separated: bool,
    /// The first record of the array is a map.
    maps: bool,
    /// What the last error is about.
    bad: Bad,
    /// There is nothing left to read.
    done: bool,
    /// Why the slice can't be read at all.
    refused: Option<RecordError>,
}

/// Why a run of records ended.
pub(super) enum Met {
    /// The batch is full.
    Full,
    /// The slice has ended.
    End,
    /// The bytes at [`Decoder::at`] need more care.
    Odd,
}

/// What may come next in an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    /// A comma, or the closing bracket.
    Separator,
    /// After a bad record: both.
    Either,
}

/// What an error is about, and where reading continues.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bad {
    /// The value at [`Decoder::record`].
    Value,
    /// These bytes; an array continues with what is expected.
    Bytes(Range<usize>, Expect),
}

impl Decoder {
    /// A decoder for records inside `around` lists and maps, with limits on their depth and number of fields.
    pub fn new(layout: Layout, want: &Want, around: usize, depth: usize, fields: usize, resync: Resync) -> Decoder {
        Decoder {
            layout,
            quick: Quick::new(layout == Layout::Lines, around, depth, fields),
            reader: Reader::new(depth, around).with_fields(fields),
            repair: None,
            selection: want.select.as_ref().map(|paths| Selection::new(paths, &want.chosen)),
            detail: want.detail,
            replace: want.replace_invalid_utf8,
            max_depth: depth,
            max_fields: fields,
            around,
            valid: true,
            quickly: false,
            record: 0,
            at: 0,
            fresh: true,
            closed: false,
            expect: Expect::Value,
            resync,
            separated: false,
            maps: false,
            bad: Bad::Value,
            done: false,
            refused: None,
        }
    }

    /// Records begin with separators (RFC 7464): a bad one ends at the next separator.
    pub fn separated(self, separated: bool) -> Decoder {
        Decoder { separated, ..self }
    }

    /// Records are maps: a list of maps among them may be another array.
    pub fn of_maps(self, maps: bool) -> Decoder {
        Decoder { maps, ..self }
    }

    /// Reads one record; false at the end of the slice.
    #[inline(always)]
    fn next<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let first = loop {
            let first = self.reader.peek(slice);
            match slice.get(first) {
                Some(b'\n') => self.reader.pass(),
                Some(&SEPARATOR) if self.layout != Layout::Items => {
                    self.reader.start(first + 1, slice.len(), self.layout == Layout::Lines)?;
                }
                Some(byte) if self.layout == Layout::Items && self.is_odd(*byte) => {
                    self.record = first;
                    self.separator(slice, *byte)?;
                }
                Some(byte) => {
                    self.record = first;
                    break *byte;
                }
                None => return self.end(slice, first),
            }
        };
        self.bad = Bad::Value;
        match self.layout {
            Layout::Lines | Layout::Items => {}
            Layout::Maps if first == b'{' => {}
            Layout::Scalars if !matches!(first, b'{' | b'[') => {}
            Layout::Maps if first == b'[' => return Err(self.list_among_maps(slice)),
            Layout::Maps => return Err(self.mixed("something else among concatenated maps", first)),
            Layout::Scalars => return Err(self.mixed("something else among concatenated scalars", first)),
        }
        self.fresh = false;
        let start = self.record;
        let end = self.value(slice, batch).map_err(|error| perhaps_five(error, slice))?;
        let end = self.behind(slice, end)?;
        batch.end_record(start, end)?;
        if let Some(selection) = self.selection.as_mut().filter(|selection| selection.has_more())
            && let Some(error) = selection.settle()
        {
            batch.reject_with(batch.len() - 1, error);
        }
        Ok(true)
    }

    #[cold]
    fn mixed(&self, what: &'static str, first: u8) -> RecordError {
        if first == b',' {
            return RecordError::new(self.record, "a comma between values that are not in an array")
                .hint("Records follow each other without commas, or are in an array: `[`, `,`, `]`.");
        }
        RecordError::new(self.record, what).hint(match first {
            b'/' => PERHAPS_FIVE,
            _ => "A JSON source is one array, or maps one after another, or scalars one after another.",
        })
    }

    /// The error for a list among maps. If it is valid and does not begin with a map, it is a bad record; otherwise it
    /// is an array that may hold records.
    #[cold]
    fn list_among_maps(&mut self, slice: &[u8]) -> RecordError {
        let start = self.record;
        let map = slice[start + 1..].iter().find(|byte| !is_white(**byte)) == Some(&b'{');
        if !map && self.reader.start(start, slice.len(), false).and_then(|()| self.reader.check(slice)).is_ok() {
            return self.mixed("something else among concatenated maps", b'[');
        }
        self.mixed("an array of records after a record that is in none", b'[').fault(Fault::Lost)
    }

    /// The slice ends.
    #[cold]
    #[inline(never)]
    fn end(&mut self, slice: &[u8], at: usize) -> Result<bool, RecordError> {
        if self.layout == Layout::Items && self.closed {
            return self.end_closed(slice);
        }
        if self.layout != Layout::Items || self.expect != Expect::Separator {
            return Ok(false);
        }
        // Other slices end with a comma, or with a bad record.
        self.bad = Bad::Bytes(at..at, Expect::Either);
        Err(RecordError::new(at, "the array is not closed"))
    }

    /// The slice ends after the array's bracket. White space remains after it only if the next record follows.
    #[cold]
    #[inline(never)]
    fn end_closed(&mut self, slice: &[u8]) -> Result<bool, RecordError> {
        match slice.iter().rposition(|byte| !is_between(*byte)) {
            Some(bracket) if bracket + 1 < slice.len() => {
                self.bad = Bad::Bytes(bracket..slice.len(), Expect::Either);
                Err(RecordError::new(bracket, "a closing bracket before the end of the array")
                    .hint("Records follow it. Delete it, or put it after the last of them."))
            }
            _ => Ok(false),
        }
    }

    /// Whether this can't begin a value of an array, or is here in place of something else.
    #[inline(always)]
    fn is_odd(&self, byte: u8) -> bool {
        matches!(byte, b',' | b']') || self.closed || self.expect == Expect::Separator
    }

    /// A comma or bracket that does not come right after a good value, or anything found in its place.
    #[cold]
    fn separator(&mut self, slice: &[u8], first: u8) -> Result<(), RecordError> {
        let at = self.record;
        if self.closed {
            self.bad = Bad::Bytes(at..slice.len(), Expect::Either);
            return Err(RecordError::new(at, "text after the end of the array").hint("Only another array may follow."));
        }
        let fresh = std::mem::take(&mut self.fresh);
        let expected = if self.expect == Expect::Separator { "`,` or `]`" } else { "a value" };
        let bad = match (first, self.expect) {
            (b']', Expect::Value) if !fresh => at..at,
            (b',', Expect::Value) => at..at + 1,
            (b',' | b']', _) => {
                self.reader.pass();
                self.closed = first == b']';
                self.expect = Expect::Value;
                return Ok(());
            }
            (b'[', Expect::Separator) if is_another_array(slice, at) => {
                self.bad = Bad::Bytes(at..slice.len(), Expect::Either);
                return Err(another_array(at));
            }
            _ if lacks_comma(slice, at) => at..at,
            _ => {
                let end = run_end(self.layout, slice, at, self.maps).or_else(|| self.resync.end_of_lines(slice, at));
                let Some(end) = end else {
                    self.bad = Bad::Bytes(at..slice.len(), Expect::Either);
                    return Err(self.reader.wrong(slice, at, expected).fault(Fault::Lost));
                };
                at..end
            }
        };
        let next = if first == b',' { Expect::Value } else { Expect::Either };
        self.bad = Bad::Bytes(bad, next);
        Err(self.reader.wrong(slice, at, expected))
    }

    /// Checks what follows a value; returns the end of the record.
    #[inline(always)]
    fn behind(&mut self, slice: &[u8], end: usize) -> Result<usize, RecordError> {
        let next = self.reader.peek(slice);
        let wrong = |expected| Err(self.reader.wrong(slice, next, expected));
        match (self.layout, slice.get(next)) {
            (Layout::Lines, None) => return Ok(slice.len()),
            (Layout::Lines, Some(b'\n')) => {
                self.reader.pass();
                return Ok(next + 1);
            }
            (Layout::Lines, Some(&SEPARATOR)) => return Ok(next),
            (Layout::Items, Some(b',')) => self.expect = Expect::Value,
            (Layout::Lines, Some(b'{' | b'[' | b'"')) => {
                const HINT: &str = "NDJSON has one value a line; ⟨from json⟩ reads values that follow each other.";
                return wrong("the end of the line").map_err(|error: RecordError| error.hint(HINT));
            }
            (Layout::Lines, Some(b',')) => {
                const HINT: &str =
                    "NDJSON has no commas between records; ⟨from json⟩ with ⟨on_error skip⟩ leaves them out.";
                return wrong("the end of the line").map_err(|error: RecordError| error.hint(HINT));
            }
            (Layout::Lines, _) => return wrong("the end of the line"),
            (Layout::Items, Some(b']')) => self.closed = true,
            // The value is good, whatever is wrong after it.
            (Layout::Items, _) => {
                self.refuse_swallowed(slice, end, next)?;
                self.expect = Expect::Separator;
                return Ok(end);
            }
            (Layout::Scalars, Some(_)) if end == next => return wrong("white space"),
            (Layout::Maps | Layout::Scalars, _) => return Ok(end),
        }
        // What separates values of an array does not belong to them.
        self.reader.pass();
        Ok(end)
    }

    /// The text at [`record`](Self::record) is a key, so it is not a record: the array is not closed before it, or its
    /// record lacks the opening brace.
    #[cold]
    #[inline(never)]
    fn key(&mut self, slice: &[u8]) -> RecordError {
        let start = self.record;
        let end = if self.around == 1 { self.resync.end_of_lines(slice, start) } else { None };
        self.bad = Bad::Bytes(start..end.unwrap_or(slice.len()), Expect::Either);
        let error = RecordError::new(start, "a key where a record was expected")
            .hint("The array of records is not closed before it, or its record does not begin with `{`.");
        if end.is_some() { error } else { error.fault(Fault::Lost) }
    }

    /// Refuses a key, and a record of an inner array that may have swallowed other records and the end of the document:
    /// a list in it is not closed and took the array's own bracket, so neither comma nor bracket follows.
    #[cold]
    fn refuse_swallowed(&mut self, slice: &[u8], end: usize, next: usize) -> Result<(), RecordError> {
        let start = self.record;
        if slice.get(next) == Some(&b':') && slice[start] == b'"' {
            return Err(self.key(slice));
        }
        let behind = slice[next..].iter().find(|byte| !is_white(**byte) && **byte != b'}');
        let brace_too_many = matches!(behind, Some(b',' | b']'));
        if self.around == 1 || brace_too_many || !has_list(&slice[start..end]) {
            return Ok(());
        }
        self.bad = Bad::Bytes(start..slice.len(), Expect::Either);
        Err(may_hold_others(start, end - start))
    }

    /// Reads a value; returns its end.
    #[inline(always)]
    fn value<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<usize, RecordError> {
        let (start, end) = match &mut self.selection {
            Some(selection) => match self.reader.select(slice, selection, batch) {
                Ok(found) => found,
                Err(error) => self.unselected(slice, error, batch)?,
            },
            None => self.reader.value(slice, self.detail, batch)?,
        };
        if !self.valid {
            self.check_utf8(slice, start, end, batch)?;
        }
        Ok(end)
    }

    /// The record's fields could not be selected while reading it, so it is read again whole: then errors, and the
    /// record's end, are the same as when fields are selected afterwards.
    #[cold]
    #[inline(never)]
    fn unselected<'a>(
        &mut self,
        slice: &'a [u8],
        error: RecordError,
        batch: &mut Batch<'a>,
    ) -> Result<(usize, usize), RecordError> {
        batch.abandon();
        if error.reason == LONE {
            return Err(error);
        }
        self.reader.start(self.record, slice.len(), self.layout == Layout::Lines)?;
        let (start, end) = self.reader.check(slice)?;
        match &mut self.selection {
            Some(selection) if error.fault == Fault::Record => selection.unfit(batch, start, error)?,
            // It has to be read another way, unless it is bad.
            _ => {
                let text = simdutf8::compat::from_utf8(&slice[start..end]);
                let invalid =
                    |at: usize| RecordError::new(start + at, "invalid UTF-8").cause(Cause::Text).hint(NOT_UTF8);
                let invalid = text.err().filter(|_| !self.replace).map(|error| invalid(error.valid_up_to()));
                return Err(invalid.or_else(|| self.behind(slice, end).err()).unwrap_or(error));
            }
        }
        Ok((start, end))
    }

    /// Reads a record of a slice that is not all UTF-8.
    #[cold]
    fn check_utf8<'a>(
        &mut self,
        slice: &'a [u8],
        start: usize,
        end: usize,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        let Err(error) = simdutf8::compat::from_utf8(&slice[start..end]) else {
            return Ok(());
        };
        if !self.replace {
            return Err(RecordError::new(start + error.valid_up_to(), "invalid UTF-8")
                .cause(Cause::Text)
                .hint(NOT_UTF8));
        }
        batch.abandon();
        batch.lose(LossyKind::InvalidUtf8Replaced, 1);
        let text = repaired(&slice[start..end], start, batch)?;
        self.read_repaired(text, batch)
    }

    /// Reads a record that was repaired.
    fn read_repaired<'a>(&mut self, text: &'a [u8], batch: &mut Batch<'a>) -> Result<(), RecordError> {
        let Decoder { max_depth, max_fields, around, .. } = *self;
        let reader = || Box::new(Reader::new(max_depth, around).with_fields(max_fields));
        let reader = self.repair.get_or_insert_with(reader);
        reader.start(0, text.len(), false)?;
        match &mut self.selection {
            Some(selection) => reader.select(text, selection, batch)?,
            None => reader.value(text, self.detail, batch)?,
        };
        Ok(())
    }
}

impl Decode for Decoder {
    fn begin(&mut self, slice: &[u8]) {
        self.valid = simdutf8::basic::from_utf8(slice).is_ok();
        let apart = self.selection.is_none() && self.detail != Detail::Record;
        self.quickly = self.valid && apart && self.layout != Layout::Scalars && self.quick.begin();
        self.begin_part(0..slice.len());
    }

    fn fill<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        if let Some(error) = self.refused.take() {
            self.done = true;
            self.bad = Bad::Bytes(0..slice.len(), Expect::Either);
            return Err(error);
        }
        if self.done {
            return Ok(false);
        }
        let before = batch.len();
        while !batch.is_full() {
            if self.quickly && self.expect != Expect::Separator {
                let begun = batch.len();
                let met = self.fill_quickly(slice, batch);
                if batch.len() > begun {
                    self.expect = Expect::Value;
                }
                match met {
                    Met::Full => return Ok(true),
                    Met::End if self.closed => return Ok(self.end_closed(slice)? || batch.len() > before),
                    Met::End => return Ok(batch.len() > before),
                    Met::Odd => self.reader.start(self.at, slice.len(), self.layout == Layout::Lines)?,
                }
            }
            match self.next(slice, batch) {
                Ok(true) => self.at = self.reader.peek(slice),
                Ok(false) => return Ok(batch.len() > before),
                Err(error) => {
                    batch.abandon();
                    let replaced = match self.replace && error.reason == LONE {
                        true => self.replace_halves(slice, batch),
                        false => Ok(false),
                    };
                    match replaced {
                        Ok(true) => {
                            _ = self.selection.as_mut().and_then(Selection::settle);
                            self.at = self.reader.peek(slice);
                        }
                        other => {
                            batch.abandon();
                            self.selection.iter_mut().for_each(Selection::forget);
                            return Err(self.find_end(slice, other.err().unwrap_or(error)));
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    fn skip_record(&mut self, slice: &[u8]) -> Range<usize> {
        let Bad::Bytes(bad, expect) = std::mem::replace(&mut self.bad, Bad::Value) else { return 0..slice.len() };
        let to = bad.end;
        self.expect = expect;
        (self.record, self.at) = (to, to);
        self.done |= to == slice.len() || self.reader.start(to, slice.len(), self.layout == Layout::Lines).is_err();
        // White space after a value does not belong to it, nor does the comma between two values of an array.
        let white = |bad: &Range<usize>| slice[bad.clone()].iter().rev().take_while(|b| is_between(**b)).count();
        let mut end = bad.end - if self.layout == Layout::Lines { 0 } else { white(&bad) };
        if self.layout == Layout::Items && end > bad.start + 1 && slice[end - 1] == b',' {
            end -= 1;
            end -= white(&(bad.start..end));
        }
        bad.start..end
    }
}

impl Decoder {
    /// Begins with a part of the slice; until the next call, what is returned ends within that part.
    pub(super) fn begin_part(&mut self, part: Range<usize>) {
        (self.record, self.at) = (part.start, part.start);
        (self.fresh, self.closed, self.done) = (true, false, false);
        self.expect = Expect::Value;
        self.resync.begin();
        self.refused = self.reader.start(part.start, part.end, self.layout == Layout::Lines).err();
    }

    /// The bad record that was read last ends here, and others follow.
    pub(super) fn bad_until(&mut self, end: usize) {
        self.bad = Bad::Bytes(self.record..end, Expect::Either);
    }

    /// Where the last record read is.
    pub(super) fn record(&self) -> usize {
        self.record
    }

    /// Reads the record with U+FFFD in place of lone surrogates; false if more is wrong with it.
    ///
    /// # Errors
    /// The record has to be read another way.
    #[cold]
    fn replace_halves<'a>(&mut self, slice: &'a [u8], batch: &mut Batch<'a>) -> Result<bool, RecordError> {
        let start = self.record;
        let end = match slice[start] {
            b'"' => string_end(slice, start),
            _ => match Nesting::new(Unit::get(), Seek::Closed, Columns::default(), start).find(slice, start) {
                Some(Hit::Between(at)) => Some(at + 1),
                _ => None,
            },
        };
        let Some(end) = end else { return Ok(false) };
        batch.lose(LossyKind::InvalidUtf8Replaced, 1);
        let read = repaired(&slice[start..end], start, batch).and_then(|text| {
            let copy = batch.arena().bytes(text.len(), start)?;
            let len = replace_halves(text, copy);
            self.read_repaired(&copy[..len], batch)?;
            self.reader.start(end, slice.len(), self.layout == Layout::Lines)?;
            let end = self.behind(slice, end)?;
            batch.end_record(start, end)
        });
        match read {
            Ok(()) => Ok(true),
            Err(error) if error.fault == Fault::UnknownKey => Err(error),
            Err(_) => {
                // What else is wrong with it is found later.
                self.bad = Bad::Value;
                Ok(false)
            }
        }
    }
}

/// What is said of text that JSON5 has and JSON does not.
const PERHAPS_FIVE: &str = "JSON5 has comments, single quotes, names without quotes and a comma after the last value: if that is what it is, give ⟨from json5⟩.";

/// Names JSON5 where it would have taken the text.
#[cold]
#[inline(never)]
fn perhaps_five(error: RecordError, slice: &[u8]) -> RecordError {
    let (before, text) = slice.split_at(error.offset.min(slice.len()));
    let follows = || before.iter().rev().find(|byte| !is_white(**byte));
    let name = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(*byte)).count();
    let five = match text {
        [b'/', b'/' | b'*', ..] | [b'\'', ..] => true,
        [b'}' | b']', ..] => follows() == Some(&b','),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$', ..] => {
            let named = text[name..].iter().find(|byte| !is_white(**byte)) == Some(&b':');
            named && matches!(follows(), Some(b'{' | b',')) || [&b"NaN"[..], b"Infinity"].contains(&&text[..name])
        }
        _ => false,
    };
    if five { error.hint(PERHAPS_FIVE) } else { error }
}
