//! The table of formats.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use super::entry::{Created, Ends, Entry, Given, Gives, Takes, Unroll};
use super::marked::Marked;
use super::{Copies, OpenError, Opening, Options, ReadFormat};
use super::{avro, columnar, csv, fixed, frames, fwf, json, packed, protobuf, sniff, text};
use crate::compress::{Blocks, Compress};
use crate::error::{Error, RecordError};
use crate::scan::lines::Lines;

/// Makes the type of formats, and the table that has an entry for each.
macro_rules! table {
    ($(#[$about:meta])* pub enum Format { $($(#[$what:meta])* $name:ident = $entry:path,)* }) => {
        $(#[$about])*
        pub enum Format { $($(#[$what])* $name,)* }

        const FORMATS: [Format; [$(stringify!($name)),*].len()] = [$(Format::$name),*];

        impl Format {
            const fn entry(self) -> &'static Entry {
                match self { $(Format::$name => &$entry,)* }
            }
        }
    };
}

// A format is its room, which has the entry, and a line here.
table! {
    /// The formats, by name.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[non_exhaustive]
    pub enum Format {
        /// Comma-separated values, RFC 4180 and dialects.
        Csv = csv::CSV,
        /// Tab-separated values, quoted or with backslash escapes.
        Tsv = csv::TSV,
        /// One JSON value a line.
        Ndjson = json::NDJSON,
        /// A JSON array, one object, or concatenated values.
        Json = json::JSON,
        /// JSON with comments, trailing commas, keys without quotes; also JSONC.
        Json5 = json::JSON5,
        /// Lines.
        Text = text::TEXT,
        /// Binary records of a fixed layout.
        Fixed = fixed::FIXED,
        /// Length-prefixed binary records.
        Frames = frames::FRAMES,
        /// Lines of text whose fields have fixed widths.
        Fwf = fwf::FWF,
        /// MessagePack: values, or one array of them.
        Msgpack = packed::MSGPACK,
        /// CBOR, RFC 8949: values (RFC 8742), or one array of them.
        Cbor = packed::CBOR,
        /// Object container files of Avro.
        Avro = avro::AVRO,
        /// Protobuf: messages, each after its length.
        Protobuf = protobuf::PROTOBUF,
        /// Parquet: columns in row groups.
        Parquet = columnar::PARQUET,
        /// Files of Arrow: columns in record batches. Also Feather, version 2.
        Arrow = columnar::ARROW,
        /// Streams of Arrow.
        #[serde(rename = "arrows")]
        ArrowStream = columnar::ARROW_STREAM,
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Format; FORMATS.len()] = FORMATS;

    /// Lines of text: the format of reports, which can be written whatever the source is.
    #[doc(hidden)]
    pub const PLAIN: Format = Format::Text;

    /// Records for programs: the format of answers, unless another one is named.
    #[doc(hidden)]
    pub const ANSWER: Format = Format::Csv;

    /// The name in flags and reports.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The name in sentences.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// Other accepted names.
    pub const fn aliases(self) -> &'static [&'static str] {
        self.entry().aliases
    }

    /// File name extensions, without the dot, in lower case.
    pub const fn extensions(self) -> &'static [&'static str] {
        self.entry().extensions
    }

    /// The format that a path's extension names.
    pub fn from_path(path: &Path) -> Option<Format> {
        // The format of `trips.csv.gz` is that of `trips.csv`.
        let path = crate::compress::inner_path(path);
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Format::ALL.into_iter().find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// Whether its bytes are text, in some encoding.
    pub const fn is_text(self) -> bool {
        self.entry().text
    }

    /// Whether its text may contain any bytes, and keeps them unless an encoding is given.
    pub(crate) fn has_any_bytes(self) -> bool {
        self.entry().any_bytes
    }

    /// Whether the text in this format is always UTF-8.
    pub const fn needs_utf8(self) -> bool {
        self.entry().needs_utf8
    }

    /// What ends a line of this format, if it has lines.
    #[doc(hidden)]
    pub const fn lines(self) -> Option<Lines> {
        self.entry().lines
    }

    /// What ends a record if another one follows.
    pub(crate) fn ends(self) -> Ends {
        self.entry().ends
    }

    /// Whether all records have the same columns, which a target has to know before the first record.
    pub const fn is_tabular(self) -> bool {
        self.entry().tabular
    }

    /// Whether it is a table in text, such as CSV or fixed-width text.
    pub(crate) const fn is_table(self) -> bool {
        self.entry().table
    }

    /// Whether its columns have places in a line, which a layout says.
    pub(crate) const fn has_widths(self) -> bool {
        self.entry().table && !self.entry().tabular
    }

    /// Whether records are values as JSON has them: lists and maps inside each other.
    pub const fn is_nested(self) -> bool {
        self.entry().nested
    }

    /// Whether what a record holds is set by an option, [`Options::payload`].
    pub const fn has_payload(self) -> bool {
        self.entry().payload
    }

    /// What a source provides when read with these options.
    #[doc(hidden)]
    pub fn gives(self, options: &Options) -> Gives {
        (self.entry().gives)(options)
    }

    /// What a target needs when written with these options.
    pub(crate) fn takes(self, options: &Options) -> Takes {
        (self.entry().takes)(options)
    }

    /// Whether it is a container that groups its records in blocks, each of which is compressed by itself.
    pub(crate) const fn has_blocks(self) -> bool {
        self.entry().blocks.is_some()
    }

    /// What puts the records of a target into blocks, if it is such a container.
    ///
    /// # Errors
    /// Usage: its blocks can't be compressed so.
    pub(crate) fn blocks(self, options: &Options, compress: Compress) -> Result<Option<Arc<dyn Blocks>>, Error> {
        self.entry().blocks.map(|make| make(options, compress)).transpose()
    }

    /// What makes a stream of its records, if a source of this format can't be read from front to back.
    pub(crate) const fn unroll(self) -> Option<Unroll> {
        self.entry().unroll
    }

    /// Which records of this format can be copied to the same format, because reading and writing them with these
    /// options would change nothing.
    pub(crate) fn copies(self, options: &Options) -> Option<Copies> {
        (self.entry().copies)(options)
    }

    /// What has to be read first when only some of the records are read; `before` is what comes before the first
    /// record.
    pub(crate) fn header(self, options: &Options, reading: &dyn ReadFormat, before: &[u8]) -> Vec<u8> {
        (self.entry().header)(options, reading, before)
    }

    /// Reads such a header, with no record after it.
    pub(crate) fn reopen(self, options: &Options, header: &[u8]) -> Result<Opening, OpenError> {
        (self.entry().reopen)(options, header)
    }

    /// Writes what comes before a record of `len` bytes into `room`, or says why it can't.
    pub(crate) fn begin_record(self, options: &Options, len: usize, room: &mut Vec<u8>) -> Result<(), String> {
        (self.entry().begin_record)(options, len, room)
    }

    /// The error for a source with this beginning, if it can't be of this format.
    pub(crate) fn other(self, options: &Options, start: &[u8]) -> Option<RecordError> {
        sniff::other(self.entry(), options, start)
    }

    /// What is odd about a source with this beginning, although it may be of this format.
    pub(crate) fn suspicion(self, start: &[u8]) -> Option<&'static str> {
        sniff::suspicion(self.entry().looks(), start)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;
    fn from_str(name: &str) -> Result<Format, Error> {
        let lower = name.to_ascii_lowercase();
        let is_it = |format: &Format| format.name() == lower || format.aliases().contains(&lower.as_str());
        Format::ALL.into_iter().find(is_it).ok_or_else(|| {
            let names: Vec<_> = Format::ALL.iter().map(|f| f.name()).collect();
            Error::usage(format!("unknown format `{name}`; the formats are {}", names.join(", ")))
        })
    }
}

/// Reads the beginning of a source. `end`: `head` is the whole source.
pub fn open(format: Format, options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    (format.entry().open)(options, head, end)
}

/// Prepares a target.
pub fn create(format: Format, options: &Options, given: Given<'_>) -> Created {
    let entry = format.entry();
    let target = (entry.create)(options, given)?;
    match options.out_dialect.bom {
        false => Ok(target),
        true if entry.text && !entry.nested => Ok(Box::new(Marked(target))),
        true => Err(Error::usage(format!("⟨out_dialect.bom⟩ is for CSV, TSV and text, not for {format}"))),
    }
}

impl OpenError {
    /// Adds what is odd about the beginning of the source.
    pub fn suspect(self, format: Format, start: &[u8]) -> OpenError {
        match (self, format.suspicion(start)) {
            (OpenError::Data(error), Some(suspicion)) => OpenError::Data(error.suspect(suspicion)),
            (error, _) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert_eq!(serde_json::to_string(&format).unwrap(), format!("\"{}\"", format.name()));
            for alias in format.aliases() {
                assert_eq!(alias.parse::<Format>().unwrap(), format);
            }
            for extension in format.extensions() {
                let path = Path::new("a").with_extension(extension);
                assert_eq!(Format::from_path(&path), Some(format));
            }
        }
    }

    #[test]
    fn facts_agree() {
        for format in Format::ALL {
            assert!(format.is_text() || format.lines().is_none(), "{format}");
            assert!(!(format.is_tabular() && format.is_nested()), "{format}");
            assert_eq!(format.ends() == Ends::Length, !format.is_text(), "{format}");
        }
    }
}
