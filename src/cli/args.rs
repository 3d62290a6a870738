//! Groups of flags that several subcommands share, and how they become [`Raw`] settings.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use pagemill::config::{Choice, Raw, choice, parse_count};
use pagemill::format::Format;

/// The texts that a flag may have.
fn one_of<T: Copy + PartialEq>(choice: &'static Choice<T>) -> PossibleValuesParser {
    PossibleValuesParser::new(choice.names())
}

/// The names of formats.
pub fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(Format::ALL.map(|format| PossibleValue::new(format.name()).aliases(format.aliases())))
}

/// What the bytes of an input are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Input and output")]
pub struct Source {
    /// Format of the input [default: from its extension]
    #[arg(short, long, value_name = "FORMAT", value_parser = format_names(), ignore_case = true)]
    from: Option<String>,
    /// How the input is compressed: auto (by its first bytes, or its extension), none, gzip, zstd, bzip2, xz or lz4
    /// [default: auto]
    #[arg(long, value_name = "CODEC")]
    decompress: Option<String>,
    /// Encoding of text, CSV, TSV, JSON and NDJSON, such as utf-16, windows-1252, cp850, shift_jis [default: utf-8, or UTF-16
    /// by its byte order mark]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
}

impl Source {
    pub fn fill(self, raw: &mut Raw) {
        raw.from = self.from;
        raw.decompress = self.decompress;
        raw.encoding = self.encoding;
    }
}

/// A count that fits the machine.
pub fn number(text: &str) -> Result<usize, String> {
    parse_count(text)?.try_into().map_err(|_| "the number is too large".to_owned())
}

/// How sources are read: CSV and TSV.
#[derive(Args, Debug)]
#[command(next_help_heading = "CSV")]
pub struct CsvIn {
    /// Character between fields of the input: `;`, tab, '\t', pipe, '\x1f' [default: comma, or tab for TSV]
    #[arg(short, long, value_name = "BYTE", allow_hyphen_values = true)]
    delimiter: Option<String>,
    /// Quote character around fields of the input [default: "]
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    quote: Option<String>,
    /// Character that escapes a quote inside quotes in the input [default: quotes are doubled]
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    escape: Option<String>,
    /// Treat quotes in the input as ordinary characters
    #[arg(long)]
    no_quoting: bool,
    /// Ignore lines that start with this character
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    comment: Option<String>,
    /// Names for the columns of an input without a header: its first record is data, and the output has these names as
    /// its header (comma-separated)
    #[arg(long, value_name = "NAMES")]
    names: Vec<String>,
    /// What to do with a record that has too few fields: fail, or pad it with nulls [default: fail]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::RAGGED), ignore_case = true)]
    ragged: Option<String>,
}

impl CsvIn {
    pub fn fill(self, raw: &mut Raw) {
        raw.delimiter = self.delimiter;
        raw.quote = self.quote;
        raw.escape = self.escape;
        raw.no_quoting = self.no_quoting;
        raw.comment = self.comment;
        raw.names = self.names;
        raw.ragged = self.ragged;
    }
}

/// What input and output have in common: CSV and TSV.
#[derive(Args, Debug)]
#[command(next_help_heading = "CSV")]
pub struct CsvBoth {
    /// The input has no header (its first record is data), and none is written
    #[arg(short, long)]
    no_headers: bool,
    /// TSV with \t \n \r \\ instead of quotes, and \N for null, in input and output
    #[arg(long)]
    tsv_escapes: bool,
}

impl CsvBoth {
    pub fn fill(self, raw: &mut Raw) {
        raw.no_headers = self.no_headers;
        raw.tsv_escapes = self.tsv_escapes;
    }
}

/// How targets are written: CSV and TSV.
#[derive(Args, Debug)]
#[command(next_help_heading = "CSV")]
pub struct CsvOut {
    /// Character between fields of the output [default: comma, or tab for TSV]
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    out_delimiter: Option<String>,
    /// Quote character around fields of the output [default: "]
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    out_quote: Option<String>,
    /// Character that escapes a quote inside quotes in the output [default: quotes are doubled]
    #[arg(long, value_name = "BYTE", allow_hyphen_values = true)]
    out_escape: Option<String>,
    /// Put nothing in quotes; a record that needs quotes is a bad record
    #[arg(long)]
    out_no_quoting: bool,
    /// Write no header
    #[arg(long)]
    out_no_headers: bool,
    /// Put every field of the output in quotes, except nulls
    #[arg(long)]
    quote_all: bool,
    /// End records of CSV and TSV, and lines of text, with CRLF
    #[arg(long)]
    crlf: bool,
}

impl CsvOut {
    pub fn fill(self, raw: &mut Raw) {
        raw.out_delimiter = self.out_delimiter;
        raw.out_quote = self.out_quote;
        raw.out_escape = self.out_escape;
        raw.out_no_quoting = self.out_no_quoting;
        raw.out_no_headers = self.out_no_headers;
        raw.quote_all = self.quote_all;
        raw.crlf = self.crlf;
    }
}

/// Which columns are written.
#[derive(Args, Debug)]
#[command(next_help_heading = "CSV")]
pub struct Columns {
    /// The columns of the output: exactly these, such as a,b,c; those of all records and inputs (union); or those of the
    /// first record or input (first) [default: all keys of JSON; inputs in CSV must all have the same columns]
    #[arg(long, value_name = "union|first|LIST")]
    columns: Vec<String>,
}

impl Columns {
    pub fn fill(self, raw: &mut Raw) {
        raw.columns = self.columns;
    }
}

/// How sources are read: JSON and NDJSON.
#[derive(Args, Debug)]
#[command(next_help_heading = "JSON")]
pub struct JsonIn {
    /// Where the array of records is in a JSON document, as a JSON pointer (RFC 6901) such as /data/items
    #[arg(long, value_name = "POINTER")]
    records_at: Option<String>,
}

impl JsonIn {
    pub fn fill(self, raw: &mut Raw) {
        raw.records_at = self.records_at;
    }
}

/// How targets are written: JSON and NDJSON, and nested values elsewhere.
#[derive(Args, Debug)]
#[command(next_help_heading = "JSON")]
pub struct JsonOut {
    /// Nested maps in a table: columns a.b.c (dot) or JSON text in one cell (json) [default: dot]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::NESTED), ignore_case = true)]
    nested: Option<String>,
    /// Turn columns a.b.c and JSON text in cells back into nested values
    #[arg(long)]
    unflatten: bool,
    /// Write JSON with line breaks and indentation
    #[arg(long)]
    pretty: bool,
}

impl JsonOut {
    pub fn fill(self, raw: &mut Raw) {
        raw.nested = self.nested;
        raw.unflatten = self.unflatten;
        raw.pretty = self.pretty;
    }
}

/// Fixed records and frames.
#[derive(Args, Debug)]
#[command(next_help_heading = "Typed formats")]
pub struct Binary {
    /// Fields of a fixed record, such as "id:u64le,price:f64be,name:text16,flag:bool,raw:bytes8,pad:skip4"
    #[arg(long, value_name = "FIELDS")]
    layout: Option<String>,
    /// Length prefix of frames [default: u32le]
    #[arg(long, value_name = "PREFIX", value_parser = one_of(&choice::FRAME), ignore_case = true)]
    frame: Option<String>,
    /// What a frame holds [default: bytes]
    #[arg(long, value_name = "WHAT", value_parser = one_of(&choice::PAYLOAD), ignore_case = true)]
    payload: Option<String>,
}

impl Binary {
    pub fn fill(self, raw: &mut Raw) {
        raw.layout = self.layout;
        raw.frame = self.frame;
        raw.payload = self.payload;
    }
}

/// What values are.
#[derive(Args, Debug)]
#[command(next_help_heading = "Values")]
pub struct Values {
    /// How unquoted CSV fields are read: exact JSON numbers as numbers and empty fields as null (auto), or all as text
    /// (text) [default: auto]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::TYPES), ignore_case = true)]
    types: Option<String>,
    /// Change text with these ops, from left to right: upper, lower, upper-ascii, lower-ascii, trim, reverse,
    /// reverse-chars. upper:name+city changes only these fields. wordcount, which has to be the last, prints the
    /// number of lines, words, characters and bytes in all texts, and of records, instead of writing them
    #[arg(long, alias = "processor", value_name = "NAME[:FIELDS]")]
    op: Vec<String>,
    /// How binary data is written and read in CSV, TSV, NDJSON and JSON [default: base64]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::BYTES), ignore_case = true)]
    bytes: Option<String>,
    #[command(flatten)]
    encoded: Encoded,
}

impl Values {
    pub fn fill(self, raw: &mut Raw) {
        raw.types = self.types;
        raw.op = self.op;
        raw.bytes = self.bytes;
        self.encoded.fill(raw);
    }
}

/// What text is.
#[derive(Args, Debug)]
#[command(next_help_heading = "Values")]
pub struct Encoded {
    /// What to do with invalid UTF-8 where UTF-8 is needed, and with text that is not valid in its encoding: fail, or
    /// replace it with U+FFFD [default: fail]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::INVALID_UTF8), ignore_case = true)]
    invalid_utf8: Option<String>,
}

impl Encoded {
    pub fn fill(self, raw: &mut Raw) {
        raw.invalid_utf8 = self.invalid_utf8;
    }
}

/// Which fields a record has.
#[derive(Args, Debug)]
#[command(next_help_heading = "Fields")]
pub struct Fields {
    /// Keep only these fields, in this order (comma-separated, nested ones as a.b)
    #[arg(short, long, value_name = "FIELDS")]
    select: Vec<String>,
    /// Leave out these fields (comma-separated)
    #[arg(long, value_name = "FIELDS")]
    drop: Vec<String>,
    /// Rename fields (comma-separated); this comes after all other changes except --columns
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,
}

impl Fields {
    pub fn fill(self, raw: &mut Raw) {
        raw.select = self.select;
        raw.drop = self.drop;
        raw.rename = self.rename;
    }
}

/// How a job runs.
#[derive(Args, Debug)]
#[command(next_help_heading = "Run & memory")]
pub struct Run {
    /// Number of workers; 0 means one for each processor [default: 0]
    #[arg(short = 'j', long, value_name = "N", value_parser = number)]
    workers: Option<usize>,
    /// About how much input a worker takes at a time [default: 512KiB]
    #[arg(long, alias = "chunk-size", value_name = "SIZE")]
    slice_size: Option<String>,
    /// Memory limit for the whole process: a size, auto (half of what the machine or the control group has available),
    /// or a percentage of what is available, such as 25% [default: 100MB]
    #[arg(long, value_name = "SIZE|auto|N%")]
    memory_limit: Option<String>,
    /// End with code 4 if the process ever used more memory than the limit; the output is still complete
    #[arg(long)]
    strict_memory: bool,
    /// How files are read: mapped where possible, always mapped, or never [default: auto]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::IO), ignore_case = true)]
    io: Option<String>,
}

impl Run {
    /// Whether a peak over the memory limit is an error.
    pub fn strict_memory(&self) -> bool {
        self.strict_memory
    }

    pub fn fill(self, raw: &mut Raw) {
        // Hidden: levels of memory pressure for tests.
        raw.pressure = std::env::var("PAGEMILL_PRESSURE").ok();
        raw.workers = self.workers;
        raw.slice_size = self.slice_size;
        raw.memory_limit = self.memory_limit;
        raw.io = self.io;
    }
}

/// What is done about bad records.
#[derive(Args, Debug)]
#[command(next_help_heading = "Errors")]
pub struct Errors {
    /// What happens at a bad record: the job ends (fail), the record is left out and counted (skip), or it is also put
    /// into a quarantine file, from which `replay` converts it once it is repaired [default: fail]
    #[arg(long, value_name = "HOW", value_parser = one_of(&choice::ON_ERROR), ignore_case = true)]
    on_error: Option<String>,
    /// The file for bad records; implies --on-error quarantine [default: OUTPUT.quarantine.ndjson]
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
    /// End the job with code 1 if more records than this are bad: a number, checked at every bad record, or a percentage
    /// such as 0.5%, which is checked only at the end, after all records are read [default: no limit]
    #[arg(long, value_name = "N|P%")]
    max_errors: Option<String>,
    /// Treat warnings about the data, and values that the output can't hold exactly, as errors
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    limits: Limits,
}

impl Errors {
    pub fn fill(self, raw: &mut Raw) {
        raw.on_error = self.on_error;
        raw.quarantine = self.quarantine;
        raw.max_errors = self.max_errors;
        raw.strict = self.strict;
        self.limits.fill(raw);
    }
}

/// What hostile input is held to.
#[derive(Args, Debug)]
#[command(next_help_heading = "Errors")]
struct Limits {
    /// The largest record [default: 64MiB]
    #[arg(long, value_name = "SIZE")]
    max_record_size: Option<String>,
    /// The deepest nesting of JSON values [default: 1024]
    #[arg(long, value_name = "N", value_parser = number)]
    max_depth: Option<usize>,
    /// The most fields in a record of CSV, TSV or JSON [default: 100000]
    #[arg(long, value_name = "N", value_parser = number)]
    max_fields: Option<usize>,
    /// The longest column name, including names made of nested keys [default: 64KiB]
    #[arg(long, value_name = "SIZE")]
    max_key_length: Option<String>,
    /// The most different keys that a header can have [default: 100000]
    #[arg(long, value_name = "N", value_parser = number)]
    max_keys: Option<usize>,
}

impl Limits {
    fn fill(self, raw: &mut Raw) {
        raw.max_record_size = self.max_record_size;
        raw.max_depth = self.max_depth;
        raw.max_fields = self.max_fields;
        raw.max_key_length = self.max_key_length;
        raw.max_keys = self.max_keys;
    }
}

/// How much is said.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "See")]
pub struct Say {
    /// Print no warnings
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print a summary of the run at the end
    #[arg(short, long)]
    pub verbose: bool,
}

/// What is said about a run.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "See")]
pub struct See {
    #[command(flatten)]
    pub say: Say,
    /// Print how the job would run, without running it
    #[arg(long)]
    pub explain: bool,
    /// Write a report of the run to this file, as one JSON object; - is standard output
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
