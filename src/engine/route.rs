//! From settings to the concrete way of a job's records: what is decoded, changed, and into which shape.

use std::sync::Arc;

use super::settings::{ColumnsFrom, InvalidUtf8, Settings};
use crate::error::{Error, Result};
use crate::format::frames::Payload;
use crate::format::{Detail, Format, Nested, Options, ReadFormat, Shape, Types, UnknownKey, Want};
use crate::op::{KeyedFilter, Op, project};
use crate::record::Schema;
use crate::record::line_form::may_be_json;

/// The way of a job's records.
#[derive(Clone)]
pub(super) struct Route {
    pub from: Format,
    pub to: Format,
    /// What the decoder is asked for.
    pub want: Want,
    /// The fields of batches in columns; none: batches are keyed.
    pub schema: Option<Schema>,
    pub ops: Vec<Arc<dyn Op>>,
    /// Where the columns of a tabular target come from, when batches are keyed.
    pub header: Header,
    /// Records pass as the source has them.
    pub pass_through: bool,
}

/// Where the header of a tabular target comes from.
#[derive(Clone)]
pub(super) enum Header {
    /// Batches are in columns, or the target has no header.
    Given,
    /// This list.
    List(Schema, UnknownKey),
    /// It has to be found in the data.
    Find(ColumnsFrom),
}

impl Route {
    /// Decides the way.
    pub fn new(settings: &Settings, from: Format, to: Format, reading: &dyn ReadFormat) -> Result<Route> {
        let options = &settings.options;
        let tabular = matches!(to, Format::Csv | Format::Tsv) && !settings.word_count;
        let utf8 = to.needs_utf8() || settings.ops.iter().any(|op| op.needs_utf8());
        let mut route = Route {
            from,
            to,
            want: Want {
                select: None,
                utf8,
                replace_invalid_utf8: settings.invalid_utf8 == InvalidUtf8::Replace,
                detail: detail(settings, to),
                // Only a target that tells numbers from text needs to know.
                types: if tabular { Types::Auto } else { options.types },
                // Ops see what the source has.
                typed: matches!(to, Format::Json | Format::Ndjson) && settings.ops.is_empty() && !settings.word_count,
            },
            schema: reading.schema().cloned(),
            ops: settings.ops.clone(),
            header: Header::Given,
            pass_through: false,
        };
        let projected = !(settings.select.is_empty() && settings.drop.is_empty() && settings.rename.is_empty());
        match reading.schema() {
            Some(schema) => {
                check_fields(&route.ops, schema)?;
                if projected {
                    let projection = project(schema, &settings.select, &settings.drop, &settings.rename)?;
                    route.want.select =
                        Some(projection.source.iter().map(|&column| schema.name(column).into()).collect());
                    route.schema = Some(projection.names);
                }
            }
            None => route.keyed(settings, projected, tabular)?,
        }
        let lines = from == Format::Text && to == Format::Text && !settings.word_count && !projected;
        if lines && settings.invalid_utf8 == InvalidUtf8::Fail && route.ops.first().is_some_and(|op| op.checks_utf8()) {
            route.want.utf8 = false;
        }
        route.want.utf8 |= route.may_write_json(options);
        route.check_names()?;
        let unchanged = !projected && settings.ops.is_empty() && !settings.word_count;
        route.pass_through = unchanged && from == to && same_dialect(settings, from);
        Ok(route)
    }

    /// The source is keyed: fields are chosen in the decoder, or by an op.
    fn keyed(&mut self, settings: &Settings, projected: bool, tabular: bool) -> Result<()> {
        let in_columns = self.to != Format::Json && self.to != Format::Ndjson;
        if in_columns && !settings.select.is_empty() && self.ops.is_empty() {
            // Only the selected fields are decoded, straight into columns.
            let schema = Schema::new(&settings.select);
            let projection = project(&schema, &[], &settings.drop, &settings.rename)?;
            self.want.select = Some(projection.source.iter().map(|&column| schema.name(column).into()).collect());
            self.want.detail = Detail::Maps;
            self.schema = Some(projection.names);
            return Ok(());
        }
        if projected {
            let filter = KeyedFilter::new(&settings.select, &settings.drop, &settings.rename)?;
            self.ops.insert(0, Arc::new(filter));
            self.want.detail = Detail::All;
        }
        if tabular {
            self.header = match &settings.columns {
                ColumnsFrom::List(names) => {
                    let schema = Schema::new(names);
                    Header::List(schema, UnknownKey::Count)
                }
                found => Header::Find(found.clone()),
            };
        }
        Ok(())
    }

    /// Names become keys, which have to be UTF-8 where text has to.
    fn check_names(&self) -> Result<()> {
        let Some(schema) = self.schema.as_ref().filter(|_| self.want.utf8) else { return Ok(()) };
        match schema.names().find(|name| std::str::from_utf8(name).is_err()) {
            None => Ok(()),
            Some(name) => Err(Error::usage(format!(
                "the field name `{}` is not valid UTF-8, as {} needs it\n  Rename the field in the source, or leave it out with --select.",
                String::from_utf8_lossy(name),
                self.to
            ))),
        }
    }

    /// Whether a target of lines or frames may get a record as JSON text.
    fn may_write_json(&self, options: &Options) -> bool {
        match self.to {
            Format::Frames if options.payload == Payload::Json => true,
            Format::Frames | Format::Text => may_be_json(self.schema.as_ref()),
            _ => false,
        }
    }

    /// What becomes of a key that no column has.
    pub fn unknown_key(&self) -> UnknownKey {
        match &self.header {
            Header::List(_, unknown) => *unknown,
            Header::Find(ColumnsFrom::First) => UnknownKey::Count,
            Header::Given | Header::Find(_) => UnknownKey::Refuse,
        }
    }

    /// The shape of the batches that reach the encoder.
    pub fn shape(&self) -> Shape {
        match &self.schema {
            Some(schema) => Shape::Columns(schema.clone()),
            None => Shape::Keyed,
        }
    }
}

/// How far records are taken apart for these ops and this target.
fn detail(settings: &Settings, to: Format) -> Detail {
    if !settings.ops.is_empty() || settings.word_count {
        return Detail::All;
    }
    match to {
        Format::Json | Format::Ndjson => Detail::Record,
        Format::Csv | Format::Tsv if settings.options.nested == Nested::Json => Detail::Fields,
        Format::Csv | Format::Tsv | Format::Fixed => Detail::Maps,
        Format::Frames if settings.options.payload == Payload::Json => Detail::Record,
        Format::Text | Format::Frames => Detail::Fields,
    }
}

/// An op that names a field which no record has is a mistake.
fn check_fields(ops: &[Arc<dyn Op>], schema: &Schema) -> Result<()> {
    for op in ops {
        for field in op.fields() {
            if schema.position(field).is_none() {
                let names: Vec<_> = schema.names().map(String::from_utf8_lossy).collect();
                return Err(Error::usage(format!(
                    "the op {} names the field `{}`, which the source does not have\n  Its fields are {}",
                    op.name(),
                    String::from_utf8_lossy(field),
                    names.join(", ")
                )));
            }
        }
    }
    Ok(())
}

/// Whether what is written looks as what is read.
fn same_dialect(settings: &Settings, format: Format) -> bool {
    let options = &settings.options;
    match format {
        Format::Csv | Format::Tsv => {
            let (dialect, out) = (&options.dialect, &options.out_dialect);
            !out.quote_all
                && !out.crlf
                && options.reads_header() == options.writes_header()
                && (out.delimiter, out.quote, out.quoting) == (dialect.delimiter, dialect.quote, dialect.quoting)
                && dialect.escape.or(out.escape).or(dialect.comment).is_none()
                && options.ragged == crate::format::Ragged::Fail
                && settings.invalid_utf8 == InvalidUtf8::Fail
        }
        // JSON has a style of its own: compact or pretty.
        Format::Json => false,
        Format::Ndjson => settings.invalid_utf8 == InvalidUtf8::Fail,
        Format::Text | Format::Fixed | Format::Frames => true,
    }
}
