//! The line before the bad records of a source: how they are read.

use std::sync::Arc;

use base64::engine::{Engine, general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::format::csv::{CleanNames, Dialect};
use crate::format::frames::{Payload, Prefix};
use crate::format::{BytesAs, Format, OpenError, Opening, Options, Ragged, ReadFormat, Types};
use crate::op::{FieldKind, Op, PinSchema, TypeFields};

/// The version of quarantines.
const VERSION: u32 = 1;

/// What says how the records of a source are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The version.
    quarantine: u32,
    pub from: Format,
    /// What comes before the first record, in base64: the header of CSV.
    header: String,
    reading: Reading,
}

/// The options that say how records are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    dialect: Dialect,
    no_headers: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nulls: Vec<String>,
    #[serde(default, skip_serializing_if = "CleanNames::is_no")]
    clean_names: CleanNames,
    #[serde(default, skip_serializing_if = "is_false")]
    at_header: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_column: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    names_in_first_row: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    utf8: bool,
    ragged: Ragged,
    types: Types,
    max_depth: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layout: Option<String>,
    frame: Prefix,
    payload: Payload,
    bytes: BytesAs,
    /// Not about reading, but the records that were good were written so.
    #[serde(default, skip_serializing_if = "is_false")]
    unflatten: bool,
    /// The kinds that the values of some fields were said to have, which only ops look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kinds: Vec<(String, FieldKind)>,
    /// The text of the schema whose types the values got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
}

impl Head {
    /// For a source of this format with this beginning: what comes before its first record.
    pub fn new(from: Format, options: &Options, ops: &[Arc<dyn Op>], reading: &dyn ReadFormat, before: &[u8]) -> Head {
        let header = from.header(options, reading, before);
        let reading = Reading {
            dialect: options.dialect,
            no_headers: options.no_headers,
            names: options.names.clone(),
            nulls: options.nulls.clone(),
            clean_names: options.clean_names,
            at_header: options.at_header,
            key_column: options.key_column.clone(),
            names_in_first_row: options.names_in_first_row,
            utf8: options.utf8,
            ragged: options.ragged,
            types: options.types,
            max_depth: options.max_depth,
            layout: options.layout.clone(),
            frame: options.frame,
            payload: options.payload,
            bytes: options.bytes_as,
            unflatten: options.unflatten,
            kinds: kinds(ops).collect(),
            schema: ops.iter().find_map(|op| op.pins()).map(str::to_owned),
        };
        Head { quarantine: VERSION, from, header: STANDARD.encode(header), reading }
    }

    /// A line that is a head.
    pub fn read(line: &[u8]) -> Option<Head> {
        serde_json::from_slice(line).ok().filter(|head: &Head| head.quarantine == VERSION)
    }

    /// The line.
    pub fn line(&self) -> Vec<u8> {
        // These types have nothing that JSON can't hold.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }

    /// What comes before the first record.
    pub fn header(&self) -> Vec<u8> {
        STANDARD.decode(&self.header).unwrap_or_default()
    }

    /// The options that say how its records are read.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        self.fill(&mut options);
        options
    }

    /// Whether the records of both are read alike, apart from format and header.
    pub fn reads_as(&self, other: &Head) -> bool {
        self.reading == other.reading
    }

    /// The records were said to be UTF-8.
    pub fn says_utf8(&self) -> bool {
        self.reading.utf8
    }

    /// Gives values their kinds again, before all other ops, unless these say some themselves.
    ///
    /// # Errors
    /// Usage: the schema is none that is supported.
    pub fn type_fields(&self, ops: &mut Vec<Arc<dyn Op>>) -> Result<()> {
        let Reading { kinds: known, schema, bytes, max_depth, .. } = &self.reading;
        if kinds(ops).next().is_some() || ops.iter().any(|op| op.pins().is_some()) {
            return Ok(());
        }
        if !known.is_empty() {
            ops.insert(0, Arc::new(TypeFields::new(known.iter().map(|(name, kind)| (name.as_str(), *kind)))));
        }
        if let Some(schema) = schema {
            ops.insert(0, Arc::new(PinSchema::of_text(schema, *bytes, *max_depth)?));
        }
        Ok(())
    }

    /// Sets the options that were not set to anything else.
    pub fn fill(&self, options: &mut Options) {
        let (default, reading) = (Options::default(), self.reading.clone());
        fill(&mut options.dialect.delimiter, reading.dialect.delimiter, default.dialect.delimiter);
        fill(&mut options.dialect.quote, reading.dialect.quote, default.dialect.quote);
        fill(&mut options.dialect.escape, reading.dialect.escape, default.dialect.escape);
        fill(&mut options.dialect.quoting, reading.dialect.quoting, default.dialect.quoting);
        fill(&mut options.dialect.comment, reading.dialect.comment, default.dialect.comment);
        fill(&mut options.dialect.tsv_escapes, reading.dialect.tsv_escapes, default.dialect.tsv_escapes);
        fill(&mut options.dialect.skip_space, reading.dialect.skip_space, default.dialect.skip_space);
        fill(&mut options.dialect.known, reading.dialect.known, default.dialect.known);
        fill(&mut options.no_headers, reading.no_headers, default.no_headers);
        fill(&mut options.names, reading.names, default.names);
        fill(&mut options.nulls, reading.nulls, default.nulls);
        fill(&mut options.clean_names, reading.clean_names, default.clean_names);
        fill(&mut options.at_header, reading.at_header, default.at_header);
        fill(&mut options.key_column, reading.key_column, default.key_column);
        fill(&mut options.names_in_first_row, reading.names_in_first_row, default.names_in_first_row);
        fill(&mut options.ragged, reading.ragged, default.ragged);
        fill(&mut options.types, reading.types, default.types);
        fill(&mut options.max_depth, reading.max_depth, default.max_depth);
        fill(&mut options.layout, reading.layout, default.layout);
        fill(&mut options.frame, reading.frame, default.frame);
        fill(&mut options.payload, reading.payload, default.payload);
        fill(&mut options.bytes_as, reading.bytes, default.bytes_as);
        fill(&mut options.unflatten, reading.unflatten, default.unflatten);
    }

    /// What reads the records.
    pub fn open(&self, options: &Options) -> std::result::Result<Opening, OpenError> {
        let options = Options { records_at: None, strict: false, ..options.clone() };
        self.from.reopen(&options, &self.header())
    }
}

/// The fields whose values get a kind, with that kind.
fn kinds(ops: &[Arc<dyn Op>]) -> impl Iterator<Item = (String, FieldKind)> + '_ {
    let named = |op: &'_ Arc<dyn Op>| -> Vec<(String, FieldKind)> {
        let names = op.fields().iter().map(|name| String::from_utf8_lossy(name).into_owned());
        names.zip(op.kinds().iter().copied()).collect()
    };
    ops.iter().flat_map(named)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference.
fn is_false(value: &bool) -> bool {
    !value
}

fn fill<T: PartialEq>(mine: &mut T, theirs: T, default: T) {
    if *mine == default {
        *mine = theirs;
    }
}
