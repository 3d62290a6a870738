//! Flags as text, and what they mean together.

use std::path::PathBuf;

use super::list::{parse_names, parse_pairs};
use super::{choice, parse_byte, parse_limit, parse_ops, parse_size};
use crate::error::Error;
use crate::format::csv::{Dialect, OutDialect};
use crate::format::{Format, Options};
use crate::job::{CHECKPOINT_EVERY, Checkpoint, ColumnsFrom, InvalidUtf8, OnError, Settings};

/// What a user wrote, flag by flag; none: not given.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// `--from`.
    pub from: Option<String>,
    /// `--to`.
    pub to: Option<String>,
    /// `--delimiter`.
    pub delimiter: Option<String>,
    /// `--quote`.
    pub quote: Option<String>,
    /// `--escape`.
    pub escape: Option<String>,
    /// `--no-quoting`.
    pub no_quoting: bool,
    /// `--comment`.
    pub comment: Option<String>,
    /// `--no-headers`.
    pub no_headers: bool,
    /// `--names`, as often as it was given.
    pub names: Vec<String>,
    /// `--out-delimiter`.
    pub out_delimiter: Option<String>,
    /// `--out-quote`.
    pub out_quote: Option<String>,
    /// `--out-escape`.
    pub out_escape: Option<String>,
    /// `--out-no-quoting`.
    pub out_no_quoting: bool,
    /// `--out-no-headers`.
    pub out_no_headers: bool,
    /// `--quote-all`.
    pub quote_all: bool,
    /// `--crlf`.
    pub crlf: bool,
    /// `--ragged`.
    pub ragged: Option<String>,
    /// `--tsv-escapes`.
    pub tsv_escapes: bool,
    /// `--types`.
    pub types: Option<String>,
    /// `--columns`, as often as it was given.
    pub columns: Vec<String>,
    /// `--nested`.
    pub nested: Option<String>,
    /// `--unflatten`.
    pub unflatten: bool,
    /// `--max-depth`.
    pub max_depth: Option<usize>,
    /// `--max-fields`.
    pub max_fields: Option<usize>,
    /// `--max-key-length`.
    pub max_key_length: Option<String>,
    /// `--max-keys`.
    pub max_keys: Option<usize>,
    /// `--records-at`.
    pub records_at: Option<String>,
    /// `--pretty`.
    pub pretty: bool,
    /// `--layout`.
    pub layout: Option<String>,
    /// `--frame`.
    pub frame: Option<String>,
    /// `--payload`.
    pub payload: Option<String>,
    /// `--bytes`.
    pub bytes: Option<String>,
    /// `--invalid-utf8`.
    pub invalid_utf8: Option<String>,
    /// `--encoding`.
    pub encoding: Option<String>,
    /// `--op`, as often as it was given.
    pub op: Vec<String>,
    /// `--select`, as often as it was given.
    pub select: Vec<String>,
    /// `--drop`, as often as it was given.
    pub drop: Vec<String>,
    /// `--rename`, as often as it was given.
    pub rename: Vec<String>,
    /// `--workers`; 0: one for each processor.
    pub workers: Option<usize>,
    /// `--slice-size`.
    pub slice_size: Option<String>,
    /// `--memory-limit`.
    pub memory_limit: Option<String>,
    /// `--max-record-size`.
    pub max_record_size: Option<String>,
    /// `--io`.
    pub io: Option<String>,
    /// `--decompress`.
    pub decompress: Option<String>,
    /// `--compress`.
    pub compress: Option<String>,
    /// `--on-error`.
    pub on_error: Option<String>,
    /// `--quarantine`.
    pub quarantine: Option<PathBuf>,
    /// `--max-errors`.
    pub max_errors: Option<String>,
    /// `--force`.
    pub force: bool,
    /// `--strict`.
    pub strict: bool,
    /// `--checkpoint` and `--no-checkpoint`; none: by the size of the input.
    pub checkpoint: Option<bool>,
    /// `--checkpoint-every`.
    pub checkpoint_every: Option<String>,
    /// `--resume`.
    pub resume: bool,
    /// `--durable`.
    pub durable: bool,
    /// Levels of memory pressure in place of what is read: for tests.
    pub pressure: Option<String>,
}

impl Raw {
    /// The settings that the flags mean.
    ///
    /// # Errors
    /// Usage: a text that means nothing, or flags that contradict each other.
    pub fn validate(&self) -> Result<Settings, Error> {
        let defaults = Settings::default();
        let ops = parse_ops(&self.op)?;
        let options = self.options()?;
        let max_record_size = bytes("--max-record-size", &self.max_record_size, defaults.max_record_size)?;
        Ok(Settings {
            from: format(&self.from)?,
            to: format(&self.to)?,
            options: Options {
                max_record: if max_record_size > 0 { max_record_size } else { options.max_record },
                ..options
            },
            select: parse_names("--select", &self.select, &[])?,
            drop: parse_names("--drop", &self.drop, &[])?,
            rename: parse_pairs("--rename", &self.rename)?,
            ops: ops.ops,
            word_count: ops.word_count,
            columns: self.columns()?,
            workers: self.workers.unwrap_or(defaults.workers),
            slice_size: bytes("--slice-size", &self.slice_size, defaults.slice_size)?,
            memory_limit: self.memory_limit.as_deref().map_or(Ok(defaults.memory_limit), parse_limit)?,
            max_record_size,
            io: one_of(&choice::IO, &self.io)?,
            decompress: self.decompress.as_deref().map_or(Ok(defaults.decompress), str::parse)?,
            compress: self.compress.as_deref().map_or(Ok(defaults.compress), str::parse)?,
            on_error: self.on_error()?,
            quarantine: self.quarantine.clone(),
            max_errors: self.max_errors.as_deref().map(str::parse).transpose()?,
            invalid_utf8: one_of(&choice::INVALID_UTF8, &self.invalid_utf8)?,
            encoding: self.encoding.as_deref().map(str::parse).transpose()?,
            force: self.force,
            strict: self.strict,
            checkpoint: match self.checkpoint {
                None if self.durable => Checkpoint::On,
                None => Checkpoint::Auto,
                Some(true) => Checkpoint::On,
                Some(false) => Checkpoint::Off,
            },
            checkpoint_every: bytes("--checkpoint-every", &self.checkpoint_every, CHECKPOINT_EVERY as usize)? as u64,
            resume: self.resume,
            durable: self.durable,
            pressure: self.pressure.as_deref().map(str::parse).transpose().map_err(Error::usage)?,
            ..defaults
        })
    }

    /// What the flags say about formats.
    ///
    /// # Errors
    /// As [`validate`](Self::validate).
    pub fn options(&self) -> Result<Options, Error> {
        let defaults = Options::default();
        Ok(Options {
            dialect: self.dialect()?,
            out_dialect: self.out_dialect()?,
            no_headers: self.no_headers,
            names: parse_names("--names", &self.names, &[])?,
            ragged: one_of(&choice::RAGGED, &self.ragged)?,
            strict: self.strict,
            replace_invalid_utf8: one_of(&choice::INVALID_UTF8, &self.invalid_utf8)? == InvalidUtf8::Replace,
            utf8: defaults.utf8,
            types: one_of(&choice::TYPES, &self.types)?,
            nested: one_of(&choice::NESTED, &self.nested)?,
            unflatten: self.unflatten,
            max_depth: at_least_one("--max-depth", self.max_depth, defaults.max_depth)?,
            max_fields: at_least_one("--max-fields", self.max_fields, defaults.max_fields)?,
            max_key_length: bytes("--max-key-length", &self.max_key_length, defaults.max_key_length)?,
            max_keys: at_least_one("--max-keys", self.max_keys, defaults.max_keys)?,
            records_at: self.records_at()?,
            pretty: self.pretty,
            layout: self.layout.clone(),
            frame: one_of(&choice::FRAME, &self.frame)?,
            payload: one_of(&choice::PAYLOAD, &self.payload)?,
            bytes_as: one_of(&choice::BYTES, &self.bytes)?,
            max_record: defaults.max_record,
            max_names: defaults.max_names,
        })
    }

    fn dialect(&self) -> Result<Dialect, Error> {
        let quote = byte("--quote", &self.quote)?.unwrap_or(b'"');
        let dialect = Dialect {
            delimiter: byte("--delimiter", &self.delimiter)?,
            quote,
            // The quote as its own escape is what doubling is.
            escape: byte("--escape", &self.escape)?.filter(|escape| *escape != quote),
            quoting: !self.no_quoting,
            comment: byte("--comment", &self.comment)?,
            tsv_escapes: self.tsv_escapes,
        };
        all_differ(&[
            ("--delimiter", dialect.delimiter),
            ("--quote", dialect.quoting.then_some(quote)),
            ("--escape", dialect.escape),
            ("--comment", dialect.comment),
        ])?;
        Ok(dialect)
    }

    fn out_dialect(&self) -> Result<OutDialect, Error> {
        let quote = byte("--out-quote", &self.out_quote)?.unwrap_or(b'"');
        let dialect = OutDialect {
            delimiter: byte("--out-delimiter", &self.out_delimiter)?,
            quote,
            escape: byte("--out-escape", &self.out_escape)?.filter(|escape| *escape != quote),
            quoting: !self.out_no_quoting,
            quote_all: self.quote_all,
            crlf: self.crlf,
            no_headers: self.out_no_headers,
        };
        all_differ(&[
            ("--out-delimiter", dialect.delimiter),
            ("--out-quote", dialect.quoting.then_some(quote)),
            ("--out-escape", dialect.escape),
        ])?;
        Ok(dialect)
    }

    fn columns(&self) -> Result<ColumnsFrom, Error> {
        match &self.columns[..] {
            [] => Ok(ColumnsFrom::Auto),
            [word] if word.eq_ignore_ascii_case("union") => Ok(ColumnsFrom::Union),
            [word] if word.eq_ignore_ascii_case("first") => Ok(ColumnsFrom::First),
            lists => Ok(ColumnsFrom::List(parse_names("--columns", lists, &["union", "first"])?)),
        }
    }

    /// A file for bad records says what to do with them.
    fn on_error(&self) -> Result<OnError, Error> {
        let said = self.on_error.as_deref().map(|text| choice::ON_ERROR.parse(text)).transpose()?;
        match (said, &self.quarantine) {
            (_, Some(path)) if path.as_os_str() == "-" => Err(Error::usage(
                "--quarantine: bad records can't go to standard output\n  Name a file; ./- is one whose name is a hyphen.",
            )),
            (Some(OnError::Fail | OnError::Skip), Some(path)) => Err(Error::usage(format!(
                "--quarantine {} needs --on-error quarantine\n  Leave out --on-error: --quarantine already means --on-error quarantine.",
                path.display()
            ))),
            (None, Some(_)) => Ok(OnError::Quarantine),
            (said, _) => Ok(said.unwrap_or_default()),
        }
    }

    fn records_at(&self) -> Result<Option<String>, Error> {
        match self.records_at.as_deref() {
            Some(pointer) if !pointer.is_empty() && !pointer.starts_with('/') => Err(Error::usage(format!(
                "--records-at: `{pointer}` is not a JSON pointer (RFC 6901)\n  It starts with a slash, such as /data/items."
            ))),
            pointer => Ok(pointer.map(str::to_owned)),
        }
    }
}

fn format(text: &Option<String>) -> Result<Option<Format>, Error> {
    text.as_deref().map(str::parse).transpose()
}

fn byte(flag: &str, text: &Option<String>) -> Result<Option<u8>, Error> {
    text.as_deref().map(|text| parse_byte(flag, text)).transpose()
}

fn bytes(flag: &str, text: &Option<String>, default: usize) -> Result<usize, Error> {
    match text {
        // The size fits: `parse_size` looked.
        Some(text) => Ok(parse_size(flag, text)? as usize),
        None => Ok(default),
    }
}

fn at_least_one(flag: &str, number: Option<usize>, default: usize) -> Result<usize, Error> {
    match number {
        Some(0) => Err(Error::usage(format!("{flag}: 0 leaves no room for anything; the least is 1"))),
        number => Ok(number.unwrap_or(default)),
    }
}

fn one_of<T: Copy + PartialEq + Default>(choice: &choice::Choice<T>, text: &Option<String>) -> Result<T, Error> {
    text.as_deref().map_or(Ok(T::default()), |text| choice.parse(text))
}

fn all_differ(bytes: &[(&str, Option<u8>)]) -> Result<(), Error> {
    for (index, &(flag, byte)) in bytes.iter().enumerate() {
        let Some(byte) = byte else { continue };
        if let Some((other, _)) = bytes[..index].iter().find(|(_, earlier)| *earlier == Some(byte)) {
            let shown = char::from(byte).escape_default();
            return Err(Error::usage(format!(
                "{other} and {flag} are both `{shown}`; each needs a character of its own"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Ragged;
    use crate::job::{Io, MEMORY_LIMIT};

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn nothing_given_is_the_default() {
        let settings = Raw::default().validate().unwrap();
        assert_eq!((settings.memory_limit, settings.workers, settings.slice_size), (100_000_000, 0, 0));
        assert_eq!(settings.memory_limit, MEMORY_LIMIT);
        assert_eq!(settings.options.dialect, Dialect::default());
        assert_eq!(settings.options.max_depth, 1024);
        assert_eq!(settings.columns, ColumnsFrom::Auto);
    }

    #[test]
    fn flags_arrive() {
        let raw = Raw {
            from: text("jsonl"),
            to: text("CSV"),
            delimiter: text("tab"),
            escape: text("\\"),
            out_delimiter: text(";"),
            ragged: text("pad"),
            out_quote: text("'"),
            out_escape: text("\\"),
            names: vec!["x,y".into(), "z".into()],
            columns: vec!["a,b".into()],
            rename: vec!["a=b,c=d".into(), "e=f".into()],
            select: vec!["a,c".into(), "e".into()],
            slice_size: text("1KiB"),
            memory_limit: text("16MB"),
            max_record_size: text("2MiB"),
            io: text("read"),
            on_error: text("skip"),
            workers: Some(3),
            strict: true,
            ..Raw::default()
        };
        let s = raw.validate().unwrap();
        assert_eq!((s.from, s.to), (Some(Format::Ndjson), Some(Format::Csv)));
        assert_eq!((s.options.dialect.delimiter, s.options.dialect.escape), (Some(b'\t'), Some(b'\\')));
        assert_eq!((s.options.out_dialect.delimiter, s.options.ragged), (Some(b';'), Ragged::Pad));
        assert_eq!((s.options.out_dialect.quote, s.options.out_dialect.escape), (b'\'', Some(b'\\')));
        assert_eq!(s.options.names, ["x", "y", "z"]);
        assert_eq!(s.columns, ColumnsFrom::List(vec!["a".into(), "b".into()]));
        assert_eq!((s.select.join("|"), s.rename.len()), ("a|c|e".to_owned(), 3));
        assert_eq!((s.slice_size, s.memory_limit, s.workers), (1_024, 16_000_000, 3));
        assert_eq!((s.max_record_size, s.options.max_record), (2 << 20, 2 << 20));
        assert_eq!((s.io, s.on_error, s.strict, s.options.strict), (Io::Read, OnError::Skip, true, true));
    }

    #[test]
    fn a_quarantine_says_what_a_bad_record_does() {
        let policy = |on_error: Option<&str>| {
            let raw = Raw { quarantine: Some("q".into()), on_error: on_error.map(str::to_owned), ..Raw::default() };
            raw.validate().map(|settings| settings.on_error).map_err(|error| error.to_string())
        };
        assert_eq!([policy(None), policy(Some("quarantine"))], [Ok(OnError::Quarantine), Ok(OnError::Quarantine)]);
        for other in ["fail", "skip"] {
            let error = policy(Some(other)).expect_err("a contradiction");
            assert!(error.contains("--quarantine already means --on-error quarantine"), "{error}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = |raw: Raw, part: &str| match raw.validate() {
            Ok(_) => panic!("{part}: nothing was refused"),
            Err(error) => assert!(error.to_string().contains(part), "{error}"),
        };
        refused(Raw { delimiter: text("\""), ..Raw::default() }, "--delimiter and --quote are both");
        refused(Raw { delimiter: text("#"), comment: text("#"), ..Raw::default() }, "--delimiter and --comment");
        refused(Raw { quote: text("'"), escape: text("|"), comment: text("|"), ..Raw::default() }, "--escape and");
        refused(Raw { out_delimiter: text("\""), ..Raw::default() }, "--out-delimiter and --out-quote");
        refused(
            Raw { out_quote: text("|"), out_escape: text("|"), out_delimiter: text("|"), ..Raw::default() },
            "are both",
        );
        refused(Raw { out_delimiter: text("\\"), out_escape: text("\\"), ..Raw::default() }, "and --out-escape");
        refused(Raw { names: vec!["a,b".into(), "c,a".into()], ..Raw::default() }, "`a` is named twice");
        refused(Raw { names: vec!["a,,b".into()], ..Raw::default() }, "--names: there is an empty name");
        refused(Raw { from: text("xml"), ..Raw::default() }, "csv, tsv, ndjson, json, text, fixed, frames");
        refused(Raw { max_depth: Some(0), ..Raw::default() }, "--max-depth");
        refused(Raw { max_fields: Some(0), ..Raw::default() }, "--max-fields");
        refused(Raw { max_keys: Some(0), ..Raw::default() }, "--max-keys");
        refused(Raw { records_at: text("data"), ..Raw::default() }, "/data/items");
        refused(Raw { memory_limit: text("lots"), ..Raw::default() }, "--memory-limit");
        // Without quoting the quote is a character like any other, and a doubled quote is no escape.
        assert!(Raw { delimiter: text("\""), no_quoting: true, ..Raw::default() }.validate().is_ok());
        let doubled = Raw { escape: text("\""), ..Raw::default() }.validate().unwrap();
        assert_eq!(doubled.options.dialect.escape, None);
    }
}
