//! Which values of a record an op changes.

use crate::error::{Cause, RecordError};
use crate::memory::Arena;
use crate::record::utf8::invalid;
use crate::record::{Batch, Seen, Value};
use crate::scan::number::is_json_number;

/// The fields that an op changes: all of them, or those named.
///
/// A name is a path with dots: in columns it is the name of a column, in keyed records it leads through maps. Lists are
/// transparent: the path of a list is the path of its items. A record that is not a map is the field `value`. A key that contains dots matches as it is written. The
/// name of a map or list means everything inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    names: Vec<Box<[u8]>>,
}

/// Where a text op finds room for new texts while it changes values.
pub(super) struct Scope<'a> {
    arena: &'a Arena,
    /// A piece of the arena not used yet, so that not every value has to ask the arena.
    spare: &'a mut [u8],
    /// An untyped value is text, whatever it looks like.
    untyped_is_text: bool,
    /// Where to note the names that are found, and the number of the first one there.
    seen: Option<(&'a Seen, usize)>,
    /// The offset of the record in its slice.
    pub offset: usize,
}

/// What a record is called that is not a map.
const VALUE: &[u8] = b"value";

/// How much is taken from the arena at once.
const PIECE: usize = 4 << 10;

impl<'a> Scope<'a> {
    /// Room for `len` bytes. It is reused unless it is [kept](Self::keep).
    #[inline]
    pub fn room(&mut self, len: usize) -> Result<&mut [u8], RecordError> {
        if self.spare.len() < len {
            self.more(len)?;
        }
        Ok(&mut self.spare[..len])
    }

    /// Notes that a name was found.
    fn mark(&self, number: usize) {
        if let Some((seen, first)) = self.seen {
            seen.mark(first + number);
        }
    }

    #[cold]
    fn more(&mut self, len: usize) -> Result<(), RecordError> {
        let piece = self.arena.bytes(len.max(PIECE), self.offset);
        self.spare = piece.or_else(|_| self.arena.bytes(len, self.offset))?;
        Ok(())
    }

    /// The first `len` bytes of the last room returned, for the rest of the batch's life.
    #[inline]
    pub fn keep(&mut self, len: usize) -> &'a [u8] {
        let (kept, spare) = std::mem::take(&mut self.spare).split_at_mut(len);
        self.spare = spare;
        kept
    }
}

/// The text of a record at `offset` as UTF-8, or the error that refuses the record.
#[inline(never)]
pub(super) fn utf8(text: &[u8], offset: usize) -> Result<&str, RecordError> {
    simdutf8::basic::from_utf8(text).map_err(|_| {
        RecordError::new(offset, "a text that an op has to change is not valid UTF-8")
            .cause(Cause::Text)
            .hint("Name the encoding with ⟨encoding⟩ (often it is windows-1252), use ⟨invalid_utf8 replace⟩, or an op on bytes such as upper-ascii.")
    })
}

/// Refuses the [lines](Batch::lines) that are not valid UTF-8, just like a decoder: at their first bad byte.
#[cold]
pub(super) fn reject_invalid(batch: &mut Batch<'_>) {
    let Some(lines) = batch.lines() else { return };
    for record in 0..batch.len() {
        let (range, text) = batch.line(record);
        if let Err(error) = simdutf8::compat::from_utf8(&lines[range][..text]) {
            let offset = batch.span(record).start + error.valid_up_to();
            batch.reject_with(record, invalid(offset));
        }
    }
}

impl Fields {
    /// All fields.
    pub fn all() -> Fields {
        Fields::default()
    }

    /// The named fields.
    pub fn named<N: Into<Box<[u8]>>>(names: impl IntoIterator<Item = N>) -> Fields {
        let mut fields = Fields::default();
        for name in names.into_iter().map(Into::into) {
            if !fields.names.contains(&name) {
                fields.names.push(name);
            }
        }
        fields
    }

    /// The names; if there are none, all fields.
    pub fn names(&self) -> &[Box<[u8]>] {
        &self.names
    }

    /// Looks up the child `key` of the map at `prefix` (a path with a dot at its end, or empty): which name it has, if
    /// any; and, if something inside it is named, the path of the child, dot included.
    fn find(&self, prefix: &[u8], key: &[u8]) -> (Option<usize>, Option<&[u8]>) {
        let (mut here, mut deeper) = (None, None);
        for (number, name) in self.names.iter().enumerate() {
            let Some(rest) = name.strip_prefix(prefix) else { continue };
            match rest.strip_prefix(key) {
                Some([]) => here = Some(number),
                Some([b'.', _, ..]) => deeper = Some(&name[..prefix.len() + key.len() + 1]),
                _ => {}
            }
        }
        (here, deeper)
    }

    /// Calls `change` for each value of these fields in all records, in columns and in nested records alike. What it
    /// returns replaces the value; if it fails, the record is refused. A CSV field without quotes is a number or text.
    /// Of lists and maps, it is called for the values inside.
    ///
    /// ```
    /// use pagemill::op::{Fields, Op};
    /// use pagemill::record::{Batch, Value};
    /// use pagemill::{Format, Job, SourceSpec, TargetSpec};
    ///
    /// /// `n/a` becomes null.
    /// struct NoAnswer(Fields);
    ///
    /// impl Op for NoAnswer {
    ///     fn name(&self) -> &str {
    ///         "no-answer"
    ///     }
    ///     fn fields(&self) -> &[Box<[u8]>] {
    ///         self.0.names()
    ///     }
    ///     fn apply(&self, batch: &mut Batch<'_>) {
    ///         self.0.each_value(batch, |value| match value {
    ///             Value::Text(b"n/a") => Ok(Value::Null),
    ///             value => Ok(value),
    ///         });
    ///     }
    /// }
    ///
    /// let csv = SourceSpec::bytes("id,fare\nn/a,1.10\n2,n/a\n");
    /// let json = SourceSpec::bytes("{\"id\":\"n/a\",\"fare\":1.10}\n{\"id\":2,\"fare\":\"n/a\"}\n");
    /// for (source, format) in [(csv, Format::Csv), (json, Format::Ndjson)] {
    ///     let job = Job::new(source, TargetSpec::Memory).from(format).to(Format::Csv);
    ///     let report = job.op(NoAnswer(Fields::named([*b"fare"]))).run()?;
    ///     assert_eq!(report.output, b"id,fare\nn/a,1.10\n2,\n");
    /// }
    /// # Ok::<(), pagemill::Error>(())
    /// ```
    pub fn each_value<'a>(
        &self,
        batch: &mut Batch<'a>,
        mut change: impl FnMut(Value<'a>) -> Result<Value<'a>, RecordError>,
    ) {
        self.each_run(batch, |values, scope| {
            for value in values.iter_mut().filter(|value| !matches!(value, Value::List(_) | Value::Map(_))) {
                let seen = match *value {
                    Value::Untyped(text) if scope.untyped_is_text => Value::Text(text),
                    value => value.typed(),
                };
                match change(seen)? {
                    Value::List(_) | Value::Map(_) => {
                        return Err(RecordError::new(scope.offset, "a value can't become a list or map of nodes"));
                    }
                    changed if changed != seen => *value = changed,
                    _ => {}
                }
            }
            Ok(())
        });
    }

    /// Calls `change` once for each text value of all records. What it returns replaces the value; if it fails, the
    /// record is refused.
    pub(super) fn each_text<'a>(
        &self,
        batch: &mut Batch<'a>,
        mut change: impl FnMut(&'a [u8], &mut Scope<'a>) -> Changed<'a>,
    ) {
        self.each_run(batch, |values, scope| change_all(values, scope, &mut change));
    }

    /// Calls `change` for each run of nodes that belong to these fields.
    fn each_run<'a>(
        &self,
        batch: &mut Batch<'a>,
        mut change: impl FnMut(&mut [Value<'a>], &mut Scope<'a>) -> Result<(), RecordError>,
    ) {
        if self.names.is_empty() {
            return each_record(batch, |_, values, scope| change(values, scope));
        }
        let Some(schema) = batch.schema() else {
            let value = self.names.iter().position(|name| **name == *VALUE);
            return each_record(batch, |keys, values, scope| match value {
                Some(number) if !matches!(values, [Value::Map(_), ..]) => {
                    scope.mark(number);
                    change(values, scope)
                }
                _ => self.inside(b"", keys, values, scope, &mut change),
            });
        };
        for column in self.names.iter().filter_map(|name| schema.position(name)) {
            each_record(batch, |_, values, scope| change(&mut values[column..=column], scope));
        }
    }

    /// Changes the named fields in `values`, a run of nodes at `prefix`.
    fn inside<'a>(
        &self,
        prefix: &[u8],
        keys: &[&'a [u8]],
        values: &mut [Value<'a>],
        scope: &mut Scope<'a>,
        change: &mut impl FnMut(&mut [Value<'a>], &mut Scope<'a>) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let mut node = 0;
        while node < values.len() {
            let behind = node + 1 + values[node].nodes_inside();
            if let Value::Map(_) = values[node] {
                self.inside_map(prefix, &keys[node + 1..behind], &mut values[node + 1..behind], scope, change)?;
                node = behind;
            } else {
                // The items of a list follow it.
                node += 1;
            }
        }
        Ok(())
    }

    /// The same for the fields of a map.
    fn inside_map<'a>(
        &self,
        prefix: &[u8],
        keys: &[&'a [u8]],
        values: &mut [Value<'a>],
        scope: &mut Scope<'a>,
        change: &mut impl FnMut(&mut [Value<'a>], &mut Scope<'a>) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let mut node = 0;
        while node < values.len() {
            let behind = node + 1 + values[node].nodes_inside();
            let (here, deeper) = self.find(prefix, keys[node]);
            if let Some(number) = here {
                scope.mark(number);
            }
            match (here, deeper) {
                (Some(_), _) => change(&mut values[node..behind], scope)?,
                // Every step down uses up part of the path, so this ends however deep the record is.
                (None, Some(prefix)) => {
                    self.inside(prefix, &keys[node..behind], &mut values[node..behind], scope, change)?
                }
                (None, None) => {}
            }
            node = behind;
        }
        Ok(())
    }
}

/// The outcome for a text: unchanged, or a new text.
pub(super) type Changed<'a> = Result<Option<&'a [u8]>, RecordError>;

#[inline]
fn each_record<'a>(
    batch: &mut Batch<'a>,
    mut visit: impl FnMut(&[&'a [u8]], &mut [Value<'a>], &mut Scope<'a>) -> Result<(), RecordError>,
) {
    let (untyped_is_text, seen) = (batch.untyped_is_text(), batch.seen());
    let mut scope = Scope { arena: batch.arena(), spare: &mut [], untyped_is_text, seen, offset: 0 };
    for record in 0..batch.len() {
        scope.offset = batch.span(record).start;
        let (keys, values) = batch.nodes_mut(record);
        if let Err(error) = visit(keys, values, &mut scope) {
            batch.reject_with(record, error);
        }
    }
}

#[inline]
fn change_all<'a>(
    values: &mut [Value<'a>],
    scope: &mut Scope<'a>,
    change: &mut impl FnMut(&'a [u8], &mut Scope<'a>) -> Changed<'a>,
) -> Result<(), RecordError> {
    for value in values {
        let text = match *value {
            Value::Text(text) => text,
            Value::Untyped(text) if scope.untyped_is_text || !is_json_number(text) => text,
            _ => continue,
        };
        if let Some(text) = change(text, scope)? {
            *value = Value::Text(text);
        }
    }
    Ok(())
}
