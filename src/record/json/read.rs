//! Stage 2 of reading: the grammar of RFC 8259 over the stream of positions.
//!
//! Tried for selections, and dropped: checking with masks which token may follow which, 64 tokens at a time, so that
//! only brackets, numbers and escapes are looked at one by one, and then jumping from key to key over lists and maps.
//! With AVX-512 this takes 40 % fewer instructions but only 3 to 7 % less time (nested records of 700 bytes, 512 to
//! 4096 tokens at a time): packing tokens keeps the vector units as busy as the saved branches, which are well
//! predicted if records are alike. Without AVX-512 it is slower.

use super::build::{Build, Fault};
use super::nodes::{Nodes, Skip};
use super::select::Selection;
use super::{Detail, strings};
use crate::error::{RecordError, Short};
use crate::record::{Batch, Value, too_many_fields};
use crate::scan::json::Positions;
use crate::scan::number;
use crate::scan::vector::Unit;

/// Reads JSON values, one after another, from part of a text. Everything is checked except that the text is UTF-8: the
/// caller does that.
pub struct Reader {
    positions: Positions,
    at: usize,
    end: usize,
    lines: bool,
    /// How many lists and maps may be open at once.
    max_depth: usize,
    /// How many fields a record may have.
    max_fields: usize,
    /// How many are open around the value being read.
    around: usize,
    /// For every 64 open lists and maps, which of them are maps.
    outer: Vec<u64>,
    nodes: Vec<u32>,
}

impl Reader {
    /// A reader of values inside `around` lists and maps, which count towards `max_depth`.
    pub fn new(max_depth: usize, around: usize) -> Reader {
        Reader::on(Unit::get(), max_depth, around)
    }

    /// The same, with the kernels for one kind of processor.
    pub fn on(unit: Unit, max_depth: usize, around: usize) -> Reader {
        let (outer, nodes) = (Vec::with_capacity(16), Vec::with_capacity(64));
        let (positions, max_fields) = (Positions::new(unit), usize::MAX);
        Reader { positions, at: 0, end: 0, lines: false, max_depth, max_fields, around, outer, nodes }
    }

    /// The same, for records with at most this many fields (items of lists do not count).
    pub fn with_fields(self, max_fields: usize) -> Reader {
        Reader { max_fields, ..self }
    }

    /// Begins with `from..to` of a text; it must be the same text in every call until the next start. With `lines`, a
    /// line feed is not white space but ends a record.
    pub fn start(&mut self, from: usize, to: usize, lines: bool) -> Result<(), RecordError> {
        if u32::try_from(to).is_err() {
            return Err(RecordError::new(from, "a slice of 4 GiB or more")
                // This is not about bad records, so none are skipped.
                .hint("Lower ⟨slice_size⟩.")
                .fault(crate::error::Fault::TooLarge));
        }
        Fault::make_room();
        self.at = self.positions.start(from, to, lines);
        self.end = to;
        self.lines = lines;
        // An error may have left something behind.
        self.outer.clear();
        Ok(())
    }

    /// The offset of the next byte that is not white space, or of the end. If lines matter, a line feed is not white
    /// space.
    #[inline(always)]
    pub fn peek(&mut self, text: &[u8]) -> usize {
        self.at = self.positions.ensure(text, self.at);
        self.positions.get(self.at)
    }

    /// Skips the byte that [`peek`](Self::peek) found.
    #[inline(always)]
    pub fn pass(&mut self) {
        self.at += 1;
    }

    /// Adds the nodes of the next value to a keyed batch, in the given `detail`; returns the value's first byte and the
    /// place after it.
    #[inline]
    pub fn value<'a>(
        &mut self,
        text: &'a [u8],
        detail: Detail,
        batch: &mut Batch<'a>,
    ) -> Result<(usize, usize), RecordError> {
        let text = &text[..self.end];
        let start = self.peek(text);
        let container = matches!(text.get(start), Some(b'{' | b'['));
        let end = match detail {
            Detail::Record if container => self.walk(text, &mut Skip).and_then(|end| {
                batch.push_keyed(b"", Value::Raw(&text[start..end]), start)?;
                Ok(end)
            }),
            Detail::Record | Detail::Fields => self.walk_nodes::<0>(text, batch),
            Detail::Maps => self.walk_nodes::<1>(text, batch),
            Detail::All => self.walk_nodes::<2>(text, batch),
        };
        let end = end.map_err(Fault::into_error)?;
        if batch.open_values().len() > self.max_fields {
            self.count_fields(start, batch)?;
        }
        Ok((start, end))
    }

    /// There may be more nodes than fields: lists have nodes too.
    #[cold]
    fn count_fields(&self, start: usize, batch: &mut Batch<'_>) -> Result<(), RecordError> {
        let (nodes, mut node, mut fields) = (batch.open_values(), 1, 0);
        while let Some(value) = nodes.get(node) {
            let inside = if let Value::List(inside) = value { *inside as usize } else { 0 };
            fields += usize::from(!matches!(value, Value::Map(inside) if *inside > 0));
            node += 1 + inside;
        }
        let is_map = matches!(nodes.first(), Some(Value::Map(_)));
        if is_map && fields > self.max_fields { Err(too_many_fields(start, self.max_fields)) } else { Ok(()) }
    }

    #[inline(always)]
    fn walk_nodes<'a, const DEEP: u8>(&mut self, text: &'a [u8], batch: &mut Batch<'a>) -> Result<usize, Fault> {
        let mut nodes = Nodes::<DEEP>::new(batch, std::mem::take(&mut self.nodes));
        let end = self.walk(text, &mut nodes);
        self.nodes = nodes.into_scratch();
        end
    }

    /// Adds the selected fields of the next value to a batch with the selection's columns.
    #[inline]
    pub fn select<'a>(
        &mut self,
        text: &'a [u8],
        selection: &mut Selection,
        batch: &mut Batch<'a>,
    ) -> Result<(usize, usize), RecordError> {
        let text = &text[..self.end];
        let start = self.peek(text);
        let mut columns = selection.record(text, batch, start)?;
        let end = self.walk(text, &mut columns).map_err(Fault::into_error)?;
        columns.finish();
        Ok((start, end))
    }

    /// Checks the next value; returns its first byte and the place after it.
    pub fn check(&mut self, text: &[u8]) -> Result<(usize, usize), RecordError> {
        let text = &text[..self.end];
        let start = self.peek(text);
        self.walk(text, &mut Skip).map(|end| (start, end)).map_err(Fault::into_error)
    }

    /// Adds the nodes of the only value in `from..to` of the text; white space around it is allowed.
    pub fn only_value<'a>(
        &mut self,
        text: &'a [u8],
        range: std::ops::Range<usize>,
        detail: Detail,
        batch: &mut Batch<'a>,
    ) -> Result<(), RecordError> {
        self.start(range.start, range.end, false)?;
        self.value(text, detail, batch)?;
        match self.peek(text) {
            rest if rest < range.end => Err(self.wrong(text, rest, "the end")),
            _ => Ok(()),
        }
    }

    /// Says what is at `place` instead of what was expected.
    #[cold]
    #[inline(never)]
    pub(crate) fn wrong(&self, text: &[u8], place: usize, expected: &'static str) -> RecordError {
        let byte = text[..self.end].get(place).copied();
        let error = |reason| RecordError::with_byte(place, reason, byte.unwrap_or_default(), expected);
        match byte {
            None => error("the value ends too early: expected {}"),
            Some(b'\n') if self.lines => error("the line ends inside a value: expected {}")
                .hint("In NDJSON each value is on one line. If values here span several lines, give ⟨from json⟩"),
            Some(b'\'') => error("a single quote: expected {}").hint("JSON strings are in double quotes."),
            Some(b' '..=b'~') => error("`{}`: expected {}"),
            Some(_) => error("the byte {}: expected {}"),
        }
    }

    #[cold]
    #[inline(never)]
    fn unexpected(&self, text: &[u8], place: usize, expected: &'static str) -> Fault {
        self.wrong(text, place, expected).into()
    }

    #[cold]
    #[inline(never)]
    fn too_deep(&self, place: usize) -> Fault {
        too_deep(place, self.max_depth).into()
    }

    /// The length of the number or literal at `place`, and its value.
    #[inline(always)]
    fn scalar<'a>(&self, text: &'a [u8], place: usize, next: usize) -> Result<(usize, Value<'a>), Fault> {
        let rest = &text[place.min(text.len())..];
        let first = rest.first().copied().unwrap_or(0);
        let (len, value) = if first.is_ascii_digit() || first == b'-' {
            let len = number::prefix(rest);
            (len, Value::Number(&rest[..len]))
        } else if rest.starts_with(b"true") {
            (4, Value::Bool(true))
        } else if rest.starts_with(b"false") {
            (5, Value::Bool(false))
        } else if rest.starts_with(b"null") {
            (4, Value::Null)
        } else {
            (0, Value::Absent)
        };
        let end = place + len;
        // A run of other bytes ends at the next position, or at white space.
        if len > 0 && (end == next || is_white(text[end])) {
            return Ok((len, value));
        }
        Err(self.bad_scalar(text, place))
    }

    #[cold]
    #[inline(never)]
    fn bad_scalar(&self, text: &[u8], place: usize) -> Fault {
        let rest = &text[place.min(text.len())..];
        let run = rest.iter().position(|b| is_white(*b) || b"{}[]:,\"".contains(b)).unwrap_or(rest.len());
        let shown = || Short::new(String::from_utf8_lossy(&rest[..run.min(Short::MOST)]));
        let error = match rest.first() {
            Some(b'0'..=b'9' | b'-') => RecordError::showing(place, "`{}` is not a JSON number", shown()),
            Some(b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z') => {
                RecordError::showing(place, "`{}` is not a JSON value", shown()).hint(instead(&rest[..run]))
            }
            _ => self.wrong(text, place, "a value"),
        };
        error.into()
    }

    /// Goes through the next value; returns the offset after it.
    fn walk<'a, B: Build<'a>>(&mut self, text: &'a [u8], build: &mut B) -> Result<usize, Fault> {
        let mut at = self.at;
        // Which of the innermost 64 lists and maps are maps; the lowest bit is the innermost.
        let (mut maps, mut depth) = (0u64, 0usize);

        macro_rules! next {
            () => {{
                let place = self.positions.get(at);
                at += 1;
                place
            }};
        }
        macro_rules! byte {
            ($place:expr) => {
                if $place < text.len() { text[$place] } else { 0 }
            };
        }
        macro_rules! string {
            ($open:expr) => {{
                let close = next!();
                if byte!(close) == b'"' {
                    (close, false)
                } else {
                    let (close, after) = strings::check(&mut self.positions, text, $open, at - 1)?;
                    at = self.positions.ensure(text, after);
                    (close, true)
                }
            }};
        }
        // Reads a key whose opening quote is at `$open`, and the colon; goes to the value.
        macro_rules! key {
            ($open:expr) => {{
                let (close, escaped) = string!($open);
                let colon = next!();
                if byte!(colon) != b':' {
                    return Err(self.unexpected(text, colon, "a colon after the key"));
                }
                build.key(&text[$open + 1..close], escaped, $open)?;
                next!()
            }};
        }

        at = self.positions.ensure(text, at);
        let mut place = next!();
        'value: loop {
            let mut end;
            let first = byte!(place);
            if first == b'"' {
                let (close, escaped) = string!(place);
                build.text(&text[place + 1..close], escaped, place)?;
                end = close + 1;
            } else if (first | 0x20) == b'{' {
                let is_map = first == b'{';
                if !B::SKIP && !build.open(is_map, place)? {
                    self.at = at - 1;
                    end = self.skip(text, depth)?;
                    at = self.positions.ensure(text, self.at);
                    build.raw(&text[place..end], place)?;
                } else {
                    if depth + self.around >= self.max_depth {
                        return Err(self.too_deep(place));
                    }
                    if depth % 64 == 0 {
                        self.outer.push(maps);
                    }
                    depth += 1;
                    maps = maps << 1 | u64::from(is_map);
                    at = self.positions.ensure(text, at);
                    place = next!();
                    match byte!(place) {
                        b'"' if is_map => {
                            place = key!(place);
                            continue 'value;
                        }
                        b'}' if is_map => {}
                        b']' if !is_map => {}
                        _ if is_map => return Err(self.unexpected(text, place, "a key or `}`")),
                        _ => {
                            build.item();
                            continue 'value;
                        }
                    }
                    build.close(is_map, place + 1);
                    depth -= 1;
                    maps >>= 1;
                    if depth % 64 == 0 {
                        maps = self.outer.pop().unwrap_or(0);
                    }
                    end = place + 1;
                }
            } else {
                let (len, value) = self.scalar(text, place, self.positions.get(at))?;
                build.scalar(value, place)?;
                end = place + len;
            }
            // After a value.
            loop {
                at = self.positions.ensure(text, at);
                if depth == 0 {
                    self.at = at;
                    return Ok(end);
                }
                place = next!();
                let is_map = maps & 1 == 1;
                match byte!(place) {
                    b',' if is_map => {
                        place = next!();
                        if byte!(place) != b'"' {
                            return Err(self.unexpected(text, place, "a key"));
                        }
                        place = key!(place);
                        continue 'value;
                    }
                    b',' => {
                        place = next!();
                        build.item();
                        continue 'value;
                    }
                    b'}' if is_map => {}
                    b']' if !is_map => {}
                    _ => return Err(self.unexpected(text, place, if is_map { "`,` or `}`" } else { "`,` or `]`" })),
                }
                build.close(is_map, place + 1);
                depth -= 1;
                maps >>= 1;
                if depth % 64 == 0 {
                    maps = self.outer.pop().unwrap_or(0);
                }
                end = place + 1;
            }
        }
    }

    /// Walks through the list or map here, `depth` lists and maps inside the record.
    #[inline(never)]
    fn skip(&mut self, text: &[u8], depth: usize) -> Result<usize, Fault> {
        self.around += depth;
        let end = self.walk(text, &mut Skip);
        self.around -= depth;
        end
    }
}

/// The error for one list or map too many inside others.
#[cold]
pub(crate) fn too_deep(offset: usize, max_depth: usize) -> RecordError {
    RecordError::with_numbers(offset, "lists and maps are nested more than {} deep", [max_depth, 0])
        .hint("Raise ⟨max_depth⟩ if that is intended.")
}

#[inline(always)]
fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// What to do about a word that JSON does not have.
fn instead(word: &[u8]) -> &'static str {
    let is = |other: &&str| word.eq_ignore_ascii_case(other.as_bytes());
    match word {
        [b'+' | b'.', ..] => "A number in JSON begins with a digit or a minus sign.",
        _ if ["true", "false"].iter().any(is) => "JSON has `true` and `false`, in small letters.",
        _ if ["null", "none", "nil", "undefined"].iter().any(is) => "JSON has `null` for that.",
        _ if ["nan", "inf", "infinity"].iter().any(is) => {
            "JSON has neither NaN nor infinity; `null` is usual in their place."
        }
        _ => "A text needs double quotes around it; ⟨on_error skip⟩ leaves out such records.",
    }
}
