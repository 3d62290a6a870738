//! The end of a worker whose output is split: each record goes to a part.

use std::ops::Range;

use hashbrown::HashMap;

use crate::error::{Cause, Error, RecordError, Result};
use crate::flow::large;
use crate::format::{Detail, Encode, Ends, Frame, WriteFormat};
use crate::memory::Budget;
use crate::metrics::{PartReport, Warning, WarningKind};
use crate::record::{Batch, Drain, EncodeError, Output, Schema, Tree, Value, find_item};
use crate::sink::{PartNames, Parts, numbered};

/// What decides which part a record goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// A part has this many records, the last one perhaps fewer.
    Records(u64),
    /// A part has at most this many bytes, unless it has only one record.
    Size(u64),
    /// All records with the same value of a field are in one part, which has the value as its name.
    Field(String),
}

/// An output that is split. There is one worker, so that records come in their order.
pub(crate) struct Split {
    by: By,
    parts: Parts,
    names: PartNames,
    /// The parts of values.
    known: HashMap<Box<[u8]>, usize>,
    /// The part for records without a value.
    null: Option<usize>,
    /// The last bytes of parts, where a record may end without a line break.
    open_ends: Vec<bool>,
    /// The part of the last record, where parts come one after the other.
    current: Option<usize>,
    writing: Option<Writing>,
    buffer: Vec<u8>,
    strict: bool,
    careful: bool,
    /// What was written of the sources before this one.
    before: u64,
    /// Some record had the field.
    pub is_met: bool,
}

/// How records of the source are written.
struct Writing {
    encoder: Box<dyn Encode>,
    frame: Frame,
    /// The column of the field, in a table.
    column: Option<usize>,
}

/// What a split takes: the largest part of a record that is written at once, in bytes.
const BUFFER: usize = 256 << 10;

impl Split {
    /// No parts yet.
    pub fn new(by: By, parts: Parts, strict: bool, careful: bool) -> Split {
        Split {
            by,
            parts,
            names: PartNames::default(),
            known: HashMap::new(),
            null: None,
            open_ends: Vec::new(),
            current: None,
            writing: None,
            buffer: Vec::new(),
            strict,
            careful,
            before: 0,
            is_met: false,
        }
    }

    /// Goes on with another source.
    ///
    /// # Errors
    /// Usage: a table has no such field. Memory: there is none for the parts so far.
    pub fn go_on(
        &mut self,
        writing: &dyn WriteFormat,
        names: Option<&Schema>,
        ends: Ends,
        least: usize,
        budget: &Budget,
    ) -> Result<()> {
        self.before = self.parts.appended();
        let buffer = self.buffer.len().max(BUFFER).max(least);
        self.parts.go_on(budget, buffer)?;
        self.buffer.resize(buffer, 0);
        if ends == Ends::Break {
            for part in self.parts.unfinished() {
                if std::mem::take(&mut self.open_ends[part]) {
                    self.parts.append(part, b"\n")?;
                }
            }
        }
        let column = match (&self.by, names) {
            (By::Field(field), Some(names)) if !names.is_empty() => {
                let column = names.position(field.as_bytes());
                Some(column.ok_or_else(|| no_field(field, names))?)
            }
            _ => None,
        };
        self.writing = Some(Writing { encoder: writing.encoder(), frame: writing.frame(), column });
        Ok(())
    }

    /// How many bytes were written of this source.
    pub fn written(&self) -> u64 {
        self.parts.appended() - self.before
    }

    /// How far nested values have to be taken apart.
    pub fn detail(&self) -> Option<Detail> {
        match &self.by {
            By::Field(field) if field.contains('.') => Some(Detail::All),
            By::Field(_) => Some(Detail::Fields),
            By::Records(_) | By::Size(_) => None,
        }
    }

    /// The field whose value names the part of a record, if one does.
    pub fn field(&self) -> Option<String> {
        match &self.by {
            By::Field(field) => Some(field.clone()),
            By::Records(_) | By::Size(_) => None,
        }
    }

    /// The warning that no record had the field.
    pub fn warning(&self) -> Option<Warning> {
        match &self.by {
            By::Field(field) if !self.is_met => Some(Warning::new(
                WarningKind::NoField,
                format!("no record has a value in the field `{field}`, which ⟨by⟩ names: all are in one part"),
            )),
            _ => None,
        }
    }

    /// Writes records of a batch; `output` counts them, and what they lose.
    pub fn take(
        &mut self,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        let by = std::mem::replace(&mut self.by, By::Records(0));
        let taken = self.take_by(&by, batch, records, output);
        self.by = by;
        taken
    }

    fn take_by(
        &mut self,
        by: &By,
        batch: &Batch<'_>,
        mut records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        while !records.is_empty() {
            let first = records.start;
            records.start = match by {
                By::Size(size) => {
                    self.measured(*size, batch, first, output)?;
                    first + 1
                }
                By::Records(most) => {
                    let (part, left) = self.counted(*most)?;
                    let end = first + records.len().min(left.try_into().unwrap_or(usize::MAX));
                    self.encode(part, batch, first..end, output)?;
                    end
                }
                By::Field(field) => {
                    let part = self.of_value(field, batch, first)?;
                    let same = |record: &usize| self.known_part(field, batch, *record) == Some(part);
                    let end = first + 1 + (first + 1..records.end).take_while(same).count();
                    self.encode(part, batch, first..end, output)?;
                    end
                }
            };
        }
        Ok(())
    }

    /// Writes some records to a part.
    fn encode(
        &mut self,
        part: usize,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        let Some(Writing { encoder, frame, .. }) = &mut self.writing else { return Ok(()) };
        let skip = if self.parts.size(part).1 == 0 { frame.first_skips } else { 0 };
        let mut into = Into { parts: &mut self.parts, part, skip, last: None };
        let mut own = Output::new(&mut self.buffer, &mut into, self.strict);
        own.set_careful(self.careful);
        let outcome = large::encode(&mut **encoder, batch, records, &mut own);
        let (count, lossy) = (own.records, own.lossy);
        own.flush()?;
        let last = into.last;
        self.note(part, count, last);
        output.records += count;
        output.lossy.add(&lossy);
        outcome
    }

    /// Takes in what was written to a part.
    fn note(&mut self, part: usize, records: u64, last: Option<u8>) {
        self.parts.count(part, records);
        if let Some(last) = last {
            self.open_ends[part] = last != b'\n';
        }
    }

    /// The part for the next records, and how many there is room for in it.
    fn counted(&mut self, most: u64) -> Result<(usize, u64)> {
        let records = self.current.map_or(most, |part| self.parts.size(part).1);
        let part = match self.current {
            Some(part) if records < most => part,
            _ => self.next()?,
        };
        Ok((part, most - self.parts.size(part).1))
    }

    /// Ends the current part, and begins the next one.
    fn next(&mut self) -> Result<usize> {
        let Some(Writing { frame, .. }) = &self.writing else {
            return Err(Error::mistake("it splits without a source"));
        };
        if let Some(part) = self.current {
            self.parts.finish(part, &frame.suffix)?;
        }
        let name = numbered(self.current.map_or(1, |part| part as u64 + 2));
        let part = self.parts.add(&name, &frame.prefix)?;
        self.open_ends.push(false);
        self.current = Some(part);
        Ok(part)
    }

    /// Writes a record to the current part, or to the next one if it would be too large with it.
    fn measured(
        &mut self,
        size: u64,
        batch: &Batch<'_>,
        record: usize,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        let Some(Writing { encoder, frame, .. }) = &mut self.writing else { return Ok(()) };
        let (skips, suffix) = (frame.first_skips, frame.suffix.len() as u64);
        let mut nowhere = Nowhere;
        let mut own = Output::new(&mut self.buffer, &mut nowhere, self.strict);
        own.set_careful(true);
        let tried = encoder.encode(batch, record..record + 1, &mut own);
        let (len, is_large);
        if own.is_stuck() {
            let trial = own.begin_trial()?;
            let tried = encoder.encode(batch, record..record + 1, &mut own);
            (len, is_large) = (own.drained() + own.len() as u64, true);
            own.end_trial(trial);
            tried?;
        } else {
            tried?;
            // Some encoders can refuse nothing, and let go of what they have written.
            (len, is_large) = (own.drained() + own.len() as u64, own.drained() > 0);
        }
        let lossy = own.lossy;
        let part = match self.current {
            Some(part) if self.parts.size(part).0 + len + suffix <= size || self.parts.size(part).1 == 0 => part,
            _ => self.next()?,
        };
        if is_large {
            return self.encode(part, batch, record..record + 1, output);
        }
        let skip = if self.parts.size(part).1 == 0 { skips } else { 0 };
        let bytes = &self.buffer[skip..len as usize];
        self.parts.append(part, bytes)?;
        let last = bytes.last().copied();
        self.note(part, 1, last);
        output.records += 1;
        output.lossy.add(&lossy);
        Ok(())
    }

    /// The part for the value of a record.
    fn of_value(&mut self, field: &str, batch: &Batch<'_>, record: usize) -> Result<usize, EncodeError> {
        let Some(Writing { column, frame, .. }) = &self.writing else {
            return Err(EncodeError::Stop(Error::mistake("it splits without a source")));
        };
        let mut room = [0; NUMBER];
        let value = text(value(batch, record, *column, field), &mut room)
            .map_err(|what| EncodeError::Record { index: record, error: no_name(field, what, batch, record) })?;
        self.is_met |= value.is_some();
        let known = match value {
            None => self.null,
            Some(value) => self.known.get(value).copied(),
        };
        if let Some(part) = known {
            return Ok(part);
        }
        let part = self.parts.add(&self.names.of(value), &frame.prefix)?;
        self.open_ends.push(false);
        match value {
            None => self.null = Some(part),
            Some(value) => _ = self.known.insert(value.into(), part),
        }
        Ok(part)
    }

    /// The part for the value of a record, if it has one already.
    fn known_part(&self, field: &str, batch: &Batch<'_>, record: usize) -> Option<usize> {
        let mut room = [0; NUMBER];
        match text(value(batch, record, self.writing.as_ref()?.column, field), &mut room).ok()? {
            None => self.null,
            Some(value) => self.known.get(value).copied(),
        }
    }

    /// Ends all parts. What was written.
    pub fn finish(self) -> Result<Vec<PartReport>> {
        let suffix = self.writing.map(|writing| writing.frame.suffix).unwrap_or_default();
        let written = self.parts.finish_all(&suffix)?;
        Ok(written.into_iter().map(|part| PartReport::new(part.path, part.records, part.bytes)).collect())
    }
}

/// The field whose value names the part of a record.
#[derive(Clone, Debug)]
pub(crate) struct PartOf {
    pub field: String,
    /// Its column, in a table.
    pub column: Option<usize>,
}

impl PartOf {
    /// Refuses a record whose value can't name a part.
    pub fn check(&self, batch: &Batch<'_>, record: usize) -> Result<(), RecordError> {
        match text(value(batch, record, self.column, &self.field), &mut [0; NUMBER]) {
            Ok(_) => Ok(()),
            Err(what) => Err(no_name(&self.field, what, batch, record)),
        }
    }
}

#[cold]
fn no_name(field: &str, what: &str, batch: &Batch<'_>, record: usize) -> RecordError {
    let reason = format!("the field `{field}` is {what}, which can't name a part");
    RecordError::new(batch.span(record).start, reason).cause(Cause::Target)
}

fn no_field(field: &str, names: &Schema) -> Error {
    Error::usage(format!(
        "⟨by⟩ names the field `{field}`, which the output does not have{}",
        crate::nearest::instead_of(names.names(), field.as_bytes())
    ))
}

/// The value of a field of a record.
fn value<'a>(batch: &Batch<'a>, record: usize, column: Option<usize>, field: &str) -> Value<'a> {
    match (column, batch.schema()) {
        (Some(column), Some(_)) => batch.columns(record).get(column).copied().unwrap_or_default(),
        (_, Some(_)) => Value::Absent,
        (_, None) => of_tree(batch.tree(record), field.as_bytes()),
    }
}

/// The value of a field of a nested record, which is the field `value` itself if it is no map.
fn of_tree<'a>(tree: Tree<'_, 'a>, path: &[u8]) -> Value<'a> {
    match tree.value() {
        Value::Map(_) => match at(tree, path) {
            Value::Absent => find_item(tree, path).map_or(Value::Absent, |node| tree.nodes().0[node as usize]),
            value => value,
        },
        value if path == b"value" => value,
        _ => Value::Absent,
    }
}

/// The value at a path inside a map. A key that is the whole path comes first.
fn at<'a>(tree: Tree<'_, 'a>, path: &[u8]) -> Value<'a> {
    if !matches!(tree.value(), Value::Map(_)) {
        return Value::Absent;
    }
    if let Some(child) = tree.children().find(|child| child.key() == path) {
        return child.value();
    }
    let inside = |child: Tree<'_, 'a>| match path.strip_prefix(child.key())?.strip_prefix(b".") {
        Some(rest) => Some(at(child, rest)).filter(|value| *value != Value::Absent),
        None => None,
    };
    tree.children().find_map(inside).unwrap_or_default()
}

/// How long the text of a number can be.
const NUMBER: usize = 32;

/// The text of a value; none for null.
fn text<'t>(value: Value<'t>, room: &'t mut [u8; NUMBER]) -> Result<Option<&'t [u8]>, &'static str> {
    use std::io::Write;
    let mut rest = &mut room[..];
    let written = match value {
        Value::Absent | Value::Null => return Ok(None),
        Value::Text(text) | Value::Number(text) | Value::Untyped(text) | Value::Bytes(text) => return Ok(Some(text)),
        Value::Bool(value) => write!(rest, "{value}"),
        Value::Int(value) => write!(rest, "{value}"),
        Value::UInt(value) => write!(rest, "{value}"),
        Value::Float(value) => write!(rest, "{value:?}"),
        Value::Raw(_) | Value::List(_) | Value::Map(_) => return Err("a list or map"),
    };
    let left = rest.len();
    match written {
        Ok(()) => Ok(Some(&room[..NUMBER - left])),
        Err(_) => Err("too long"),
    }
}

/// Writes to a part.
struct Into<'p> {
    parts: &'p mut Parts,
    part: usize,
    /// How many bytes of the first record are left out.
    skip: usize,
    last: Option<u8>,
}

impl Drain for Into<'_> {
    fn drain(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let skip = self.skip.min(bytes.len());
        self.skip -= skip;
        self.last = bytes.last().copied().or(self.last);
        self.parts.append(self.part, &bytes[skip..])
    }
}

/// Nothing is written.
struct Nowhere;

impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}
