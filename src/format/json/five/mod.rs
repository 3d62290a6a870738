//! A plain reader, one token after the other: for JSON5, for maps of records, and for lists as records.
//!
//! The other reader of JSON is many times as fast. It does not read these, which are rare, and small as a rule.

mod cut;
mod decode;
mod text;
mod tokens;
mod walk;

#[cfg(test)]
mod tests;

use super::check::{self, Located, tokens_of};
use super::layout::behind_mark;
use crate::error::{Error, RecordError};
use crate::format::{Cut, Decode, OpenError, Opening, Options, ReadFormat, Want};
use crate::memory::Arena;
use crate::record::json::json_text;
use crate::record::{Schema, Value};
use decode::{FOLLOWS, Rows, Rules};
use text::{Strings, Syntax, scalar, skip, wrong};
use walk::{Between, Found, Layout, Walk};

/// A source whose beginning has been read.
struct Source {
    start: usize,
    open: Vec<bool>,
    tokens: Vec<String>,
    rules: Rules,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        self.rules.rows.as_ref().map(|rows| &rows.schema)
    }

    fn cutter(&self) -> Box<dyn Cut> {
        let Rules { syntax, layout, max_depth, .. } = self.rules;
        Box::new(cut::Cutter::new(syntax, layout, self.open.clone(), self.tokens.clone(), max_depth))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(self.rules.clone(), want))
    }
}

/// Whether these options ask for something that only this reader reads.
pub fn is_asked(options: &Options) -> bool {
    options.key_column.is_some() || options.names_rows()
}

/// Opens JSON5.
pub fn open_five(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    open(Syntax::Five, options, head, end)
}

/// Opens JSON with a map of records, or with lists as records.
pub fn open_json(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    open(Syntax::Json, options, head, end)
}

/// Opens NDJSON whose lines are lists.
pub fn open_lines(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let Some(start) = behind_mark(head, end) else { return Ok(Opening::More) };
    if options.records_at.is_some() {
        return Err(Error::usage("⟨names⟩ and ⟨records_at⟩ can't be given together for NDJSON").into());
    }
    let source =
        Source { start, open: Vec::new(), tokens: Vec::new(), rules: rules(Syntax::Json, Layout::Values, 0, options) };
    rows(source, options, head, end)
}

/// What is written before records that are read apart from their document: enough to read them by [`reopen`].
pub fn header(options: &Options, reading: &dyn ReadFormat) -> Vec<u8> {
    match reading.schema().filter(|_| options.names_in_first_row) {
        Some(names) => {
            let names: Vec<Vec<u8>> = names.names().map(json_text).collect();
            [&b"[["[..], &names.join(&b','), b"],"].concat()
        }
        None if options.key_column.is_some() => b"{".to_vec(),
        None => b"[".to_vec(),
    }
}

/// Reads what [`header`] wrote.
pub fn reopen(five: bool, options: &Options, header: &[u8]) -> Result<Opening, OpenError> {
    let syntax = if five { Syntax::Five } else { Syntax::Json };
    open(syntax, options, &[header, b"\"\":0"].concat(), true)
}

fn rules(syntax: Syntax, layout: Layout, around: usize, options: &Options) -> Rules {
    Rules {
        syntax,
        layout,
        key: options.key_column.as_deref().map(|key| key.as_bytes().into()),
        rows: None,
        around,
        max_depth: options.max_depth,
        max_fields: options.max_fields,
    }
}

fn open(syntax: Syntax, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let Some(start) = behind_mark(head, end) else { return Ok(Opening::More) };
    // A comment may go on.
    let first = match skip(head, start, syntax) {
        Ok(at) if at + 1 < head.len() || end => at,
        Err(error) if end => return Err(error.into()),
        _ => return Ok(Opening::More),
    };
    if first == head.len() {
        return Err(RecordError::new(first, "the input has no JSON value").into());
    }
    let members = options.key_column.is_some();
    let wanted = if members { Layout::Members } else { Layout::Items };
    let tokens = options.records_at.as_deref().map(tokens_of).transpose()?;
    let (at, open) = match (&tokens, syntax) {
        (None, _) => (first, Vec::new()),
        (Some(tokens), Syntax::Json) => {
            match check::locate(head, first, tokens, options.max_depth, end, wanted.bracket())? {
                Located::At(start, open, _) => (start - 1, open),
                Located::More => return Ok(Opening::More),
            }
        }
        (Some(tokens), Syntax::Five) => match locate(head, first, tokens)? {
            Some(found) => found,
            None if !end => return Ok(Opening::More),
            None => return Err(RecordError::new(head.len(), "the document ends too early").into()),
        },
    };
    let layout = match head[at] {
        byte if byte == wanted.bracket() => wanted,
        _ if members => {
            let at_all = RecordError::new(at, "the records are not in a map")
                .hint("Leave out ⟨key_column⟩, or say with ⟨records_at⟩ where the map is.");
            return Err(at_all.into());
        }
        b'{' if tokens.as_ref().is_some_and(|tokens| !tokens.is_empty()) => {
            let reason = check::no_array(&tokens.unwrap_or_default()) + ": a map is there";
            return Err(RecordError::new(at, reason).hint(check::KEY_COLUMN).into());
        }
        _ if tokens.is_some() => return Err(RecordError::new(at, check::no_array(&tokens.unwrap_or_default())).into()),
        _ => Layout::Values,
    };
    let start = if layout == Layout::Values { at } else { at + 1 };
    if end && layout != Layout::Values && start == head.len() {
        return Err(RecordError::new(start, "the array or map of records is not closed").into());
    }
    let around = open.len() + usize::from(layout != Layout::Values);
    let rules = rules(syntax, layout, around, options);
    let source = Source { start, open, tokens: tokens.unwrap_or_default(), rules };
    // What is not taken apart has to be JSON.
    match options.names_rows() && syntax == Syntax::Json {
        false => Ok(Opening::Ready(Box::new(source))),
        true => rows(source, options, head, end),
    }
}

/// Reads the names of the columns, if they are in the first record.
fn rows(source: Source, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    let other = match options.names_in_first_row {
        true => "{} item{s} where the first record has {}",
        false => "{} item{s} where the list of names has {}",
    };
    let ready = |source: Source, start: usize, schema: Schema| {
        let rules = Rules { rows: Some(Rows { schema, other }), ..source.rules };
        Ok(Opening::Ready(Box::new(Source { start, rules, ..source })))
    };
    if !options.names_in_first_row {
        let start = source.start;
        return ready(source, start, Schema::new(&options.names));
    }
    let Rules { layout, syntax, .. } = source.rules;
    let first = skip(head, source.start, syntax)?;
    let between = layout.between();
    let found = Walk::new(first, 0).next(head, between, syntax);
    let (row, mut start) = match found {
        Some(Found::Comma(at)) => (&head[first..at], at + 1),
        // No record follows it.
        Some(Found::Close(at)) => (&head[first..at], at),
        Some(Found::End(at)) => (&head[first..at], at),
        Some(Found::Next(at)) if between == Between::Commas => return Err(wrong(head, at, FOLLOWS).into()),
        Some(Found::Next(at)) => (&head[first..at], at),
        None if end => (&head[first..], head.len()),
        None => return Ok(Opening::More),
    };
    if row.trim_ascii().is_empty() {
        start = source.start;
        return ready(source, start, Schema::default());
    }
    let names = names(row, syntax).map_err(|error| RecordError { offset: first + error.offset, ..error })?;
    if names.len() > options.max_fields {
        return Err(crate::record::too_many_fields(first, options.max_fields).into());
    }
    ready(source, start, Schema::new(&names))
}

/// The names in a list of texts.
fn names(row: &[u8], syntax: Syntax) -> Result<Vec<Vec<u8>>, RecordError> {
    let arena = Arena::new(row.len() + 1024, 2 * row.len() + 65_536);
    let strings = Strings { syntax, replace: false, arena: &arena };
    let text = || {
        RecordError::new(0, "the first record is not a list of names")
            .hint("With ⟨names first⟩ it is a list of strings, such as [\"id\",\"name\"].")
    };
    if row.first() != Some(&b'[') {
        return Err(text());
    }
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut at = skip(row, 1, syntax)?;
    while row.get(at) != Some(&b']') {
        let name = match row.get(at) {
            Some(b'"') => {
                let read = strings.string(row, at)?;
                at = read.end;
                read.text.to_vec()
            }
            _ => match scalar(row, at, syntax, &arena)? {
                (Value::Number(digits), end) => {
                    at = end;
                    digits.to_vec()
                }
                _ => return Err(text()),
            },
        };
        if names.contains(&name) {
            let name = String::from_utf8_lossy(&name).into_owned();
            return Err(RecordError::new(at, format!("the first record has the name `{name}` twice")));
        }
        names.push(name);
        at = skip(row, at, syntax)?;
        match row.get(at) {
            Some(b',') => at = skip(row, at + 1, syntax)?,
            Some(b']') => {}
            _ => return Err(wrong(row, at, "`,` or `]`")),
        }
    }
    Ok(names)
}

/// Finds what is at a pointer in JSON5: where it begins, and what is open around it. None: further on.
fn locate(head: &[u8], from: usize, tokens: &[String]) -> Result<Option<(usize, Vec<bool>)>, RecordError> {
    let arena = Arena::new(4096, usize::MAX);
    let strings = Strings { syntax: Syntax::Five, replace: true, arena: &arena };
    let (mut at, mut open) = (from, Vec::new());
    for (level, token) in tokens.iter().enumerate() {
        let nothing = || {
            let reason = format!("the document has nothing at `/{}`", tokens[..=level].join("/"));
            RecordError::new(at, reason).hint("⟨records_at⟩ takes the RFC 6901 pointer of an array.")
        };
        let Some(first) = head.get(at) else { return Ok(None) };
        let is_map = match first {
            b'{' => true,
            b'[' => false,
            _ => return Err(nothing()),
        };
        open.push(is_map);
        let (mut place, mut index) = (at + 1, 0usize);
        at = loop {
            let begins = skip(head, place, Syntax::Five)?;
            let Some(byte) = head.get(begins) else { return Ok(None) };
            if matches!(byte, b'}' | b']') {
                return Err(nothing());
            }
            let (is_it, value) = match is_map {
                false => (token.parse() == Ok(index), begins),
                true => {
                    let Ok(read) = strings.key(head, begins) else {
                        return if begins + 4096 > head.len() { Ok(None) } else { Err(wrong(head, begins, "a key")) };
                    };
                    let colon = skip(head, read.end, Syntax::Five)?;
                    match head.get(colon) {
                        Some(b':') => (read.text == token.as_bytes(), skip(head, colon + 1, Syntax::Five)?),
                        Some(_) => return Err(wrong(head, colon, "`:`")),
                        None => return Ok(None),
                    }
                }
            };
            if is_it {
                break value;
            }
            index += 1;
            match Walk::new(value, 0).next(head, Between::Commas, Syntax::Five) {
                Some(Found::Comma(at)) => place = at + 1,
                Some(_) => return Err(nothing()),
                None => return Ok(None),
            }
        };
    }
    Ok((at < head.len()).then_some((at, open)))
}
