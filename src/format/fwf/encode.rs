//! From values to lines: what does not fit is an error, never cut off.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use super::cell;
use super::fit::{Bad, spaces, too_wide};
use super::layout::{Field, Layout, Unit};
use crate::error::{Error, RecordError};
use crate::format::joined::{At, Joiner};
use crate::format::{BytesAs, Encode, Nested, Options, Shape};
use crate::record::json::Writer;
use crate::record::line_form::{ScalarRoom, ScalarText, base64_pieces};
use crate::record::{Apart, Batch, Binder, EncodeError, LossyKind, NONE, Output, Tree, Value};
use crate::scan::number::is_json_number;

/// Where the values of the layout's fields come from.
enum From {
    /// For each field, its column in the source; and the columns that have no field.
    Columns { of_field: Vec<usize>, unknown: Vec<usize> },
    /// Keyed records, bound to the layout's names.
    Keyed(Box<Binder>),
}

pub(super) struct Encoder {
    layout: Arc<Layout>,
    from: From,
    style: Style,
}

/// How fields are written.
pub(super) struct Style {
    base64: bool,
    null: Box<[u8]>,
    json: Writer,
    /// Joins the items of lists.
    joiner: Option<Joiner>,
    /// Maps are written as JSON text.
    maps: bool,
}

impl Style {
    pub fn of(options: &Options) -> Style {
        let base64 = options.bytes_as == BytesAs::Base64;
        Style {
            base64,
            null: options.out_null.as_bytes().into(),
            json: Writer::new(options.bytes_as),
            joiner: options.join_lists.as_deref().map(|between| Joiner::new(between, base64)),
            maps: options.nested == Nested::Json,
        }
    }
}

impl Encoder {
    pub fn new(layout: Arc<Layout>, shape: &Shape, style: Style) -> Encoder {
        let from = match shape {
            Shape::Keyed => {
                let schema = layout.schema();
                let apart = Apart::along(schema.names());
                From::Keyed(Box::new(Binder::new(schema, apart)))
            }
            Shape::Columns(schema) => {
                let of_field: Vec<usize> = layout.names().filter_map(|name| schema.position(name.as_bytes())).collect();
                let unknown = (0..schema.len()).filter(|column| !of_field.contains(column)).collect();
                From::Columns { of_field, unknown }
            }
        };
        Encoder { layout, from, style }
    }
}

impl Encode for Encoder {
    fn encode(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let Encoder { layout, from, style } = self;
        for index in records {
            match from {
                From::Columns { of_field, unknown } => {
                    let values = batch.columns(index);
                    let unknown = unknown.iter().filter(|column| values[**column] != Value::Absent).count() as u64;
                    let value = |named: usize| (values[of_field[named]], None);
                    style.record(layout, batch, index, output, [unknown, 0], value)?;
                }
                From::Keyed(binder) => {
                    let tree = batch.tree(index);
                    // Nothing is refused here: values without a place are counted.
                    let Ok(bound) = binder.bind(tree, |_| Ok::<(), Infallible>(()));
                    let lost = [bound.unknown as u64, bound.doubled as u64];
                    let (values, _) = tree.nodes();
                    let value = |named: usize| match bound.nodes[named] {
                        NONE => (Value::Absent, None),
                        node => (values[node as usize], Some(tree.node(node as usize))),
                    };
                    style.record(layout, batch, index, output, lost, value)?;
                }
            }
        }
        Ok(())
    }
}

impl Style {
    /// Writes one record, or nothing of it. `lost`: keys without a place in the layout, and keys that occur twice.
    fn record<'b, 'a: 'b>(
        &mut self,
        layout: &Layout,
        batch: &Batch<'a>,
        index: usize,
        output: &mut Output<'_>,
        lost: [u64; 2],
        value: impl Fn(usize) -> (Value<'a>, Option<Tree<'b, 'a>>),
    ) -> Result<(), EncodeError> {
        let (mark, at) = (output.mark(), At::of(batch, index));
        (0..lost[0]).for_each(|_| output.lose(LossyKind::UnknownKey));
        (0..lost[1]).for_each(|_| output.lose(LossyKind::DuplicateKey));
        let mut named = 0;
        for field in &layout.fields {
            let written = match &field.name {
                None => spaces(field.width, output).map_err(Bad::from),
                Some(_) => {
                    let (value, node) = value(named);
                    self.field(field, value, node, at, output)
                }
            };
            match written {
                Ok(()) => {}
                Err(Bad::Stop(error)) => return Err(error.into()),
                Err(Bad::Misfit(why)) => {
                    let name = field.name.as_deref().unwrap_or_default();
                    let error = RecordError::new(at.offset, format!("field `{name}` {why}"));
                    return Err(output.refuse(mark, index, error));
                }
                Err(Bad::Record(error)) => return Err(output.refuse(mark, index, error)),
            }
            named += usize::from(field.name.is_some());
        }
        output.put(b"\n")?;
        output.end_record(at.offset).map_err(|error| output.refuse(mark, index, error))
    }

    fn field<'a>(
        &mut self,
        field: &Field,
        value: Value<'a>,
        node: Option<Tree<'_, 'a>>,
        at: At<'a>,
        output: &mut Output<'_>,
    ) -> Result<(), Bad> {
        let mut room = ScalarRoom::default();
        let text = match value {
            Value::Null => ScalarText::Plain(&self.null),
            Value::Absent => {
                output.lose(LossyKind::AbsentAsNull);
                ScalarText::Plain(&self.null)
            }
            Value::Raw([b'[', ..]) | Value::List(_) => {
                let joined = self.joiner.as_ref().map_or(Ok(None), |joiner| joiner.join(value, node, at));
                let Some(joined) = joined.map_err(Bad::Record)? else {
                    output.lose(LossyKind::ListAsText);
                    return cell::json(&mut self.json, field, value, node, output);
                };
                output.lose(LossyKind::ListJoined);
                (0..joined.nulls).for_each(|_| output.lose(LossyKind::NullAsText));
                return self.field(field, Value::Text(joined.text), None, at, output);
            }
            Value::Raw(_) | Value::Map(_) if self.maps => {
                output.lose(LossyKind::MapAsText);
                return cell::json(&mut self.json, field, value, node, output);
            }
            Value::Raw(_) | Value::Map(_) => return Err(map(field, at.offset)),
            value => {
                let text = ScalarText::of(value, self.base64, &mut room, |kind| {
                    // A number is one when it is read back.
                    if kind != LossyKind::NumberAsText {
                        output.lose(kind);
                    }
                });
                match text {
                    ScalarText::Plain(plain) => self.check(value, plain, output)?,
                    ScalarText::Base64(bytes) if text.len() == self.null.len() && self.is_null(bytes)? => {
                        output.lose(LossyKind::TextAsNull);
                    }
                    ScalarText::Base64(_) => {}
                }
                text
            }
        };
        let len = match (&text, field.unit) {
            (ScalarText::Plain(plain), Unit::Characters) if !plain.is_ascii() => {
                plain.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count()
            }
            (text, _) => text.len(),
        };
        let Some(left) = field.width.checked_sub(len) else { return Err(too_wide(field, len)) };
        text.write(output)?;
        Ok(spaces(left, output)?)
    }

    /// Whether the Base64 of bytes, which is as long, is the text for null.
    #[cold]
    fn is_null(&self, bytes: &[u8]) -> Result<bool, Error> {
        let (mut rest, mut same) = (&*self.null, true);
        base64_pieces(bytes, |piece| {
            same &= rest.starts_with(piece);
            rest = rest.get(piece.len()..).unwrap_or_default();
            Ok::<(), Error>(())
        })?;
        Ok(same)
    }

    /// Counts what a text would read back as.
    fn check(&self, value: Value<'_>, text: &[u8], output: &mut Output<'_>) -> Result<(), Bad> {
        if memchr::memchr2(b'\n', b'\r', text).is_some() {
            return Err(Bad::Misfit("has a line break, which would end the line".to_owned()));
        }
        let is_null = !self.null.is_empty() && *text == *self.null;
        let is_text = matches!(value, Value::Text(_));
        match text {
            _ if is_null => output.lose(LossyKind::TextAsNull),
            // A field of a table that is left as it was read.
            [] if !is_text => {}
            [] => output.lose(LossyKind::EmptyTextAsNull),
            [b' ', ..] | [.., b' '] => output.lose(LossyKind::SpacesAsPadding),
            _ if is_text && is_json_number(text) => output.lose(LossyKind::TextAsNumber),
            _ => {}
        }
        Ok(())
    }
}

/// A map where the layout has one field.
#[cold]
fn map(field: &Field, offset: usize) -> Bad {
    let name = field.name.as_deref().unwrap_or_default();
    Bad::Record(RecordError::new(offset, format!("field `{name}` can't hold a map")).hint(format!(
        "Name a field inside of it in ⟨layout⟩, such as {name}.id:8, or write it as JSON text (⟨nested json⟩)."
    )))
}
