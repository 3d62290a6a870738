//! Options of formats.

use std::sync::Arc;

use super::csv::{CleanNames, Dialect, OutDialect};
use super::frames::{Payload, Prefix};
use super::ragged::Ragged;
use crate::error::RecordError;
use crate::memory::Budget;
use crate::record::json::Forms;
use crate::record::proto::Root;
use crate::record::{BytesAs, Nonfinite};

/// What an unquoted CSV field is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Types {
    /// A number if it is exactly an RFC 8259 number; null if it is empty; else text.
    #[default]
    Auto,
    /// Text, always.
    Text,
}

/// How nested values are written to a tabular target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nested {
    /// Maps become fields `a.b.c`, lists become JSON text.
    #[default]
    Dot,
    /// Lists and maps become JSON text.
    Json,
}

/// All the options of formats; each format takes those that concern it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// CSV and TSV as they are read.
    pub dialect: Dialect,
    /// CSV and TSV as they are written.
    pub out_dialect: OutDialect,
    /// The first record is data, and no header is written.
    pub no_headers: bool,
    /// Names for the columns of CSV and TSV without a header; then the first record is data. If empty, the source has a
    /// header, or its columns are numbered.
    pub names: Vec<String>,
    /// How the names of a header of CSV and TSV are tidied.
    pub clean_names: CleanNames,
    /// The source begins with its header, even if that looks like a comment. A job sets this where it has looked for the
    /// header.
    #[doc(hidden)]
    pub at_header: bool,
    /// Texts that mean null where a field of a table without quotes is exactly one of them; an empty field is null
    /// anyway.
    pub nulls: Vec<String>,
    /// How null is written to a table; empty: as an empty field.
    pub out_null: String,
    /// What happens to records with too few or too many fields.
    pub ragged: Ragged,
    /// Refuse what would otherwise be a warning or counted as lossy. A job sets this.
    #[doc(hidden)]
    pub strict: bool,
    /// In names, invalid UTF-8 becomes U+FFFD. A job sets this.
    #[doc(hidden)]
    pub replace_invalid_utf8: bool,
    /// A byte order mark of UTF-8 is not part of the text, in formats that otherwise keep all bytes. A job sets this
    /// from its encoding.
    #[doc(hidden)]
    pub utf8: bool,
    /// What an unquoted CSV field is.
    pub types: Types,
    /// How nested values become columns.
    pub nested: Nested,
    /// What goes between the items of a list of plain values in a cell; none: lists become JSON text.
    pub join_lists: Option<String>,
    /// Turn dotted names and JSON text in cells back into maps and lists.
    pub unflatten: bool,
    /// The deepest nesting of JSON that is accepted.
    pub max_depth: usize,
    /// The most fields of a record: columns of CSV and TSV, and fields of JSON that are taken apart.
    pub max_fields: usize,
    /// The longest column name, and the longest dotted path of keys that becomes one, in bytes.
    pub max_key_length: usize,
    /// The most different keys that a header may have.
    pub max_keys: usize,
    /// RFC 6901 pointer to the array that holds the records.
    pub records_at: Option<String>,
    /// The records are the values of a map, not the items of an array: the field that gets their keys.
    pub key_column: Option<String>,
    /// Records of JSON are lists, and the first one has the names of their items; see [`names`](Self::names) for names
    /// that are given.
    pub names_in_first_row: bool,
    /// Write JSON with line breaks and indentation.
    pub pretty: bool,
    /// Leave keys whose value is null out of JSON.
    pub omit_null: bool,
    /// What infinite numbers and NaN become in JSON.
    pub nonfinite: Nonfinite,
    /// Write MessagePack and CBOR in their canonical form: no array without a length, and keys are sorted.
    pub canonical: bool,
    /// The message of Protobuf that records are.
    pub message: Option<Root>,
    /// Protobuf has the names, and JSON the texts, of the canonical mapping between the two.
    pub proto_json: bool,
    /// The layout of fixed records, or of fixed-width text.
    pub layout: Option<String>,
    /// The length prefix of frames.
    pub frame: Prefix,
    /// What a frame holds.
    pub payload: Payload,
    /// How bytes are written in text.
    pub bytes_as: BytesAs,
    /// How many bytes of records end a block of a container, before it is compressed; 0: what is usual for its format.
    pub block_size: usize,
    /// The longest record, in bytes. A job sets this.
    #[doc(hidden)]
    pub max_record: usize,
    /// The most memory that column names may take while a header is read, in bytes. A job sets this.
    #[doc(hidden)]
    pub max_names: usize,
    /// What decoders ask for room beyond that of their worker. A job sets this.
    #[doc(hidden)]
    pub budget: Option<Budget>,
    /// The text of the schema that was given, for formats that have schemas of their own. A job sets this.
    #[doc(hidden)]
    pub schema: Option<Arc<str>>,
}

/// The longest record, in bytes, by default.
pub const MAX_RECORD: usize = 64 << 20;
/// The deepest nesting of JSON, by default.
pub const MAX_DEPTH: usize = 1024;
/// The most fields of a record, by default.
pub const MAX_FIELDS: usize = 100_000;
/// The longest key, in bytes, by default.
pub const MAX_KEY_LENGTH: usize = 64 << 10;
/// The most different keys, by default.
pub const MAX_KEYS: usize = 100_000;

/// The error for a column name, or a path of keys, that is too long.
pub(crate) fn key_too_long(offset: usize, len: usize, max: usize) -> RecordError {
    RecordError::new(offset, format!("a key of {len} bytes is longer than the limit of {max}"))
        .hint("Raise ⟨max_key_length⟩ (and ⟨memory_limit⟩ with it).")
}

impl Options {
    /// The same with changes. (A struct that may grow can't be written field by field elsewhere.)
    pub fn with(mut self, change: impl FnOnce(&mut Options)) -> Options {
        change(&mut self);
        self
    }

    /// How values become JSON.
    pub(crate) fn json_forms(&self) -> Forms {
        Forms { bytes_as: self.bytes_as, nonfinite: self.nonfinite, omit_null: self.omit_null }
    }

    /// Whether records of JSON are lists, whose items have names.
    pub(crate) fn names_rows(&self) -> bool {
        self.names_in_first_row || !self.names.is_empty()
    }

    /// Whether the first record of CSV and TSV holds the column names.
    pub fn reads_header(&self) -> bool {
        !self.no_headers && self.names.is_empty()
    }

    /// Whether CSV and TSV are written with a header.
    pub fn writes_header(&self) -> bool {
        !self.no_headers && !self.out_dialect.no_headers
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            dialect: Dialect::default(),
            out_dialect: OutDialect::default(),
            no_headers: false,
            names: Vec::new(),
            clean_names: CleanNames::No,
            at_header: false,
            nulls: Vec::new(),
            out_null: String::new(),
            ragged: Ragged::FAIL,
            strict: false,
            replace_invalid_utf8: false,
            utf8: false,
            types: Types::Auto,
            nested: Nested::Dot,
            join_lists: None,
            unflatten: false,
            max_depth: MAX_DEPTH,
            max_fields: MAX_FIELDS,
            max_key_length: MAX_KEY_LENGTH,
            max_keys: MAX_KEYS,
            records_at: None,
            key_column: None,
            names_in_first_row: false,
            pretty: false,
            omit_null: false,
            nonfinite: Nonfinite::Null,
            canonical: false,
            message: None,
            proto_json: false,
            layout: None,
            frame: Prefix::default(),
            payload: Payload::default(),
            bytes_as: BytesAs::Base64,
            block_size: 0,
            max_record: MAX_RECORD,
            max_names: usize::MAX,
            budget: None,
            schema: None,
        }
    }
}
