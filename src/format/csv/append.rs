//! Records of the source with new fields after them.

use std::ops::Range;

use super::encode::Style;
use super::row::{Row, RowLossy, RowStyle};
use crate::format::Encode;
use crate::format::joined::At;
use crate::record::{Batch, EncodeError, Output, Value};
use crate::scan::vector::{Vector, Work};

/// Copies each record from the source, and writes the last fields of the batch after it. The records have the dialect and
/// the line breaks of the target.
pub(super) struct Append {
    pub style: Style,
    /// How many fields are written.
    pub fields: usize,
}

/// The last values of a record.
#[inline(always)]
fn last<'b, 'a>(batch: &'b Batch<'a>, record: usize, fields: usize) -> &'b [Value<'a>] {
    let values = batch.columns(record);
    &values[values.len() - fields..]
}

impl Encode for Append {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        self.style.row.lenient = !output.is_strict();
        let mut next = records.start;
        while next < records.end {
            let (style, left, to) = (self.style.row, next..records.end, output.room(1)?);
            let rows = self.style.unit.run(Rows { style, fields: self.fields, batch, records: left, to });
            output.advance(rows.len);
            rows.lossy.count(&mut output.lossy);
            output.records += (rows.behind - next) as u64;
            next = rows.behind;
            if next < records.end {
                // No room, or something odd.
                let fields = last(batch, next, self.fields).iter().map(|value| (*value, None));
                let before = text(batch, next, style.line_break());
                let mark = output.mark();
                self.style.fields_behind(before, fields, next, At::of(batch, next), output, mark)?;
                next += 1;
            }
        }
        Ok(())
    }
}

/// A record of the source, without its line break.
#[inline(always)]
fn text<'a>(batch: &Batch<'a>, record: usize, line_break: &[u8]) -> &'a [u8] {
    let source = batch.source(record);
    &source[..source.len() - line_break.len()]
}

/// Writes records while they are plain and fit.
struct Rows<'o, 'b, 'a> {
    style: RowStyle,
    fields: usize,
    batch: &'b Batch<'a>,
    records: Range<usize>,
    to: &'o mut [u8],
}

/// The outcome; `behind` is the first record that was not written.
struct Written {
    behind: usize,
    len: usize,
    lossy: RowLossy,
}

impl Work for Rows<'_, '_, '_> {
    type Out = Written;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Written {
        let mut rows = Written { behind: self.records.end, len: 0, lossy: RowLossy::default() };
        let source = self.batch.slice();
        for index in self.records {
            let text = text(self.batch, index, self.style.line_break());
            let fields = last(self.batch, index, self.fields);
            match row(self.style, v, source, text, fields, &mut self.to[rows.len..]) {
                Some((len, lossy)) => {
                    rows.len += len;
                    rows.lossy.add(lossy);
                }
                None => {
                    rows.behind = index;
                    break;
                }
            }
        }
        rows
    }
}

/// Writes a record and the fields after it; returns how many bytes that are. None if there is no room, or a field needs
/// more care.
#[inline(always)]
fn row<V: Vector>(
    style: RowStyle,
    v: V,
    source: &[u8],
    text: &[u8],
    fields: &[Value<'_>],
    to: &mut [u8],
) -> Option<(usize, RowLossy)> {
    to.get_mut(..text.len())?.copy_from_slice(text);
    *to.get_mut(text.len())? = style.dialect.delimiter;
    let behind = &mut to[text.len() + 1..];
    let row = match fields {
        // Alone, it would be an empty line.
        [Value::Null] if !style.says_null => {
            let line_break = style.line_break();
            behind.get_mut(..line_break.len())?.copy_from_slice(line_break);
            Row { len: line_break.len(), lossy: RowLossy::default() }
        }
        fields => style.row::<false, false, V>(v, source, fields.iter().copied(), behind)?,
    };
    Some((text.len() + 1 + row.len, row.lossy))
}
