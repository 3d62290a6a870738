//! CSV that is ready to be written: the header, and the encoders.

use super::alone::AloneEncoder;
use super::append::Append;
use super::encode::{ColumnsEncoder, KeyedEncoder, Style};
use super::escapes::escaped;
use super::null::Null;
use super::resolved::Resolved;
use super::row::RowStyle;
use crate::error::Error;
use crate::format::joined::Joiner;
use crate::format::{BytesAs, Columns, Encode, Frame, Given, Options, Shape, UnknownKey, WriteFormat};
use crate::record::json::Writer;
use crate::record::{Apart, Binder, Schema};
use crate::scan::bytes::may_be_mark;
use crate::scan::vector::Unit;

/// CSV that is ready to be written.
pub(super) struct Writing {
    pub dialect: Resolved,
    crlf: bool,
    quote_all: bool,
    pub null: Null,
    /// An untyped field of the source needs no quotes here.
    same: bool,
    /// See [`ColumnsEncoder`].
    typed: bool,
    bytes_as: BytesAs,
    schema: Schema,
    header: bool,
    /// For keyed records: their columns.
    keyed: Option<Columns>,
    longest: usize,
    /// What goes between the items of a list; none: lists become JSON text.
    join_lists: Option<String>,
    /// See [`Style`].
    blank_records: bool,
}

impl Writing {
    pub fn new(dialect: Resolved, options: &Options, given: Given<'_>) -> Writing {
        let (schema, keyed) = match (given.shape, given.columns) {
            (Shape::Columns(schema), _) => (schema.clone(), None),
            (Shape::Keyed, Some(columns)) => (columns.schema.clone(), Some(columns)),
            (Shape::Keyed, None) => {
                let (schema, unknown) = (Schema::default(), UnknownKey::Own);
                (schema.clone(), Some(Columns { schema, unknown, apart: Apart::All, seen: None }))
            }
        };
        Writing {
            dialect,
            crlf: options.out_dialect.crlf,
            quote_all: options.out_dialect.quote_all && dialect.quote.is_some(),
            null: Null::new(&dialect, options.out_dialect.known, schema.len(), &options.out_null),
            same: given.gives.untyped == Some(dialect),
            typed: schema.has_numbers_or_bytes(),
            bytes_as: options.bytes_as,
            schema,
            header: options.writes_header(),
            keyed,
            longest: options.max_key_length,
            join_lists: options.join_lists.clone(),
            blank_records: options.out_dialect.known.is_some() || dialect.tsv_escapes,
        }
    }

    fn style(&self) -> Style {
        let dialect = self.dialect;
        Style {
            unit: Unit::get(),
            row: RowStyle::new(dialect, self.crlf, self.quote_all, self.same, self.bytes_as == BytesAs::Base64)
                .guarding_null(self.null.guarded),
            dialect,
            specials: dialect.specials(),
            null: self.null.clone(),
            json: Writer::new(self.bytes_as),
            joiner: self.join_lists.as_deref().map(|between| Joiner::new(between, self.bytes_as == BytesAs::Base64)),
            marks: !self.header && dialect.quote.is_some(),
            first: false,
            blank_records: self.blank_records,
        }
    }

    /// Refuses names that need quotes, in a dialect without them.
    ///
    /// # Errors
    /// Usage: the name.
    pub fn check_names(&self) -> Result<(), Error> {
        let dialect = &self.dialect;
        if !self.header || dialect.quote.is_some() {
            return Ok(());
        }
        let blank = self.schema.len() == 1;
        let bad = |(index, name): &(usize, &[u8])| {
            dialect.lost_in(name).is_some() || (*index == 0 && may_be_mark(name)) || (blank && name.is_empty())
        };
        match self.schema.names().enumerate().find(bad) {
            None => Ok(()),
            Some((_, name)) => Err(Error::usage(format!(
                "the column name `{}` can't be written without quotes\n  Rename the column (⟨rename⟩), leave out ⟨out_dialect.quoting false⟩ or ⟨dialect.tsv_escapes⟩, or write no header (⟨out_dialect.no_headers⟩).",
                String::from_utf8_lossy(name).escape_debug()
            ))),
        }
    }

    /// The header, written as a record.
    fn header(&self) -> Vec<u8> {
        let dialect = &self.dialect;
        let mut line = Vec::new();
        for (index, name) in self.schema.names().enumerate() {
            if index > 0 {
                line.extend_from_slice(dialect.delimiter_bytes());
            }
            let blank = self.schema.len() == 1 && name.is_empty();
            match dialect.quote {
                Some(quote)
                    if self.quote_all
                        || blank
                        || (index == 0 && may_be_mark(name))
                        || dialect.divides(name)
                        || name.iter().any(|byte| dialect.is_special(*byte)) =>
                {
                    line.push(quote);
                    for &byte in name {
                        if byte == quote || Some(byte) == dialect.escape {
                            line.push(dialect.escape.unwrap_or(quote));
                        }
                        line.push(byte);
                    }
                    line.push(quote);
                }
                _ if dialect.tsv_escapes => name.iter().for_each(|&byte| line.extend_from_slice(escaped(&byte))),
                _ => line.extend_from_slice(name),
            }
        }
        if !self.schema.is_empty() {
            line.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
        }
        line
    }
}

impl WriteFormat for Writing {
    fn frame(&self) -> Frame {
        Frame { prefix: if self.header { self.header() } else { Vec::new() }, ..Frame::default() }
    }

    fn encoder(&self) -> Box<dyn Encode> {
        match &self.keyed {
            None => Box::new(ColumnsEncoder { style: self.style(), typed: self.typed }),
            Some(Columns { unknown: UnknownKey::Own, apart, schema, .. }) => {
                Box::new(AloneEncoder::new(self.style(), apart.clone(), schema, self.longest))
            }
            Some(Columns { schema, unknown, apart, seen }) => {
                let binder = Binder::new(schema.clone(), apart.clone()).watched(seen.clone());
                Box::new(KeyedEncoder { style: self.style(), binder, unknown: *unknown, longest: self.longest })
            }
        }
    }

    /// With quotes, a field can hold anything.
    fn may_refuse(&self) -> bool {
        let longest = self.keyed.as_ref().is_some_and(|columns| columns.unknown != UnknownKey::Count);
        self.dialect.quote.is_none() || self.join_lists.is_some() || self.bytes_as == BytesAs::Text || longest
    }

    fn appender(&self) -> Option<Box<dyn Encode>> {
        Some(Box::new(Append { style: self.style(), fields: self.schema.len() }))
    }
}
