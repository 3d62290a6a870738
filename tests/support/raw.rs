//! Flags as the fields of a struct.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;

use pagemill::config::flags::{Commands, Said, settings};
use pagemill::error::Error;
use pagemill::format::Options;
use pagemill::job::Settings;

/// What a user wrote, flag by flag; none: not given.
#[derive(Clone, Debug, Default)]
#[allow(dead_code)] // Not every test binary gives every flag.
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
    /// `--join-lists`.
    pub join_lists: Option<String>,
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
    /// `--key-column`.
    pub key_column: Option<String>,
    /// `--pretty`.
    pub pretty: bool,
    /// `--omit-null`.
    pub omit_null: bool,
    /// `--nonfinite`.
    pub nonfinite: Option<String>,
    /// `--layout`.
    pub layout: Option<String>,
    /// `--frame`.
    pub frame: Option<String>,
    /// `--payload`.
    pub payload: Option<String>,
    /// `--canonical`.
    pub canonical: bool,
    /// `--bytes`.
    pub bytes: Option<String>,
    /// `--invalid-utf8`.
    pub invalid_utf8: Option<String>,
    /// `--encoding`.
    pub encoding: Option<String>,
    /// `--where` and `--set` in their order: the flag, and its text.
    pub steps: Vec<(String, String)>,
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
    /// Other flags, each with its text; a switch has an empty one.
    pub more: Vec<(&'static str, String)>,
    /// Levels of memory pressure in place of what is read: for tests.
    pub pressure: Option<String>,
}

impl Raw {
    /// The settings that the flags mean.
    pub fn validate(&self) -> Result<Settings, Error> {
        let mut settings = settings(&self.said())?;
        settings.pressure = self.pressure.as_deref().map(str::parse).transpose().map_err(Error::usage)?;
        Ok(settings)
    }

    /// What they say about formats.
    #[allow(dead_code)]
    pub fn options(&self) -> Result<Options, Error> {
        Ok(self.validate()?.options)
    }

    fn said(&self) -> Said {
        let said = RefCell::new(Said::new(Commands::CONVERT));
        let switch = |name: &str, on: bool| {
            if on {
                said.borrow_mut().add(name, None)
            }
        };
        let give = |name: &str, values: Vec<OsString>| {
            if !values.is_empty() {
                said.borrow_mut().add(name, values)
            }
        };
        give("from", self.from.iter().map(OsString::from).collect());
        give("to", self.to.iter().map(OsString::from).collect());
        give("delimiter", self.delimiter.iter().map(OsString::from).collect());
        give("quote", self.quote.iter().map(OsString::from).collect());
        give("escape", self.escape.iter().map(OsString::from).collect());
        switch("no-quoting", self.no_quoting);
        give("comment", self.comment.iter().map(OsString::from).collect());
        switch("no-headers", self.no_headers);
        give("names", self.names.iter().map(OsString::from).collect());
        give("out-delimiter", self.out_delimiter.iter().map(OsString::from).collect());
        give("out-quote", self.out_quote.iter().map(OsString::from).collect());
        give("out-escape", self.out_escape.iter().map(OsString::from).collect());
        switch("out-no-quoting", self.out_no_quoting);
        switch("out-no-headers", self.out_no_headers);
        switch("quote-all", self.quote_all);
        switch("crlf", self.crlf);
        give("ragged", self.ragged.iter().map(OsString::from).collect());
        switch("tsv-escapes", self.tsv_escapes);
        give("types", self.types.iter().map(OsString::from).collect());
        give("columns", self.columns.iter().map(OsString::from).collect());
        give("nested", self.nested.iter().map(OsString::from).collect());
        give("join-lists", self.join_lists.iter().map(OsString::from).collect());
        switch("unflatten", self.unflatten);
        give("max-depth", self.max_depth.iter().map(|number| number.to_string().into()).collect());
        give("max-fields", self.max_fields.iter().map(|number| number.to_string().into()).collect());
        give("max-key-length", self.max_key_length.iter().map(OsString::from).collect());
        give("max-keys", self.max_keys.iter().map(|number| number.to_string().into()).collect());
        give("records-at", self.records_at.iter().map(OsString::from).collect());
        give("key-column", self.key_column.iter().map(OsString::from).collect());
        switch("pretty", self.pretty);
        switch("omit-null", self.omit_null);
        give("nonfinite", self.nonfinite.iter().map(OsString::from).collect());
        give("layout", self.layout.iter().map(OsString::from).collect());
        give("frame", self.frame.iter().map(OsString::from).collect());
        give("payload", self.payload.iter().map(OsString::from).collect());
        switch("canonical", self.canonical);
        give("bytes", self.bytes.iter().map(OsString::from).collect());
        give("invalid-utf8", self.invalid_utf8.iter().map(OsString::from).collect());
        give("encoding", self.encoding.iter().map(OsString::from).collect());
        self.steps.iter().for_each(|(name, text)| give(name, vec![text.into()]));
        give("op", self.op.iter().map(OsString::from).collect());
        give("select", self.select.iter().map(OsString::from).collect());
        give("drop", self.drop.iter().map(OsString::from).collect());
        give("rename", self.rename.iter().map(OsString::from).collect());
        give("workers", self.workers.iter().map(|number| number.to_string().into()).collect());
        give("slice-size", self.slice_size.iter().map(OsString::from).collect());
        give("memory-limit", self.memory_limit.iter().map(OsString::from).collect());
        give("max-record-size", self.max_record_size.iter().map(OsString::from).collect());
        give("io", self.io.iter().map(OsString::from).collect());
        give("decompress", self.decompress.iter().map(OsString::from).collect());
        give("compress", self.compress.iter().map(OsString::from).collect());
        give("on-error", self.on_error.iter().map(OsString::from).collect());
        give("quarantine", self.quarantine.iter().map(OsString::from).collect());
        give("max-errors", self.max_errors.iter().map(OsString::from).collect());
        self.more.iter().for_each(|(name, text)| match text.is_empty() {
            true => switch(name, true),
            false => give(name, vec![text.into()]),
        });
        switch("force", self.force);
        switch("strict", self.strict);
        give("checkpoint-every", self.checkpoint_every.iter().map(OsString::from).collect());
        switch("resume", self.resume);
        switch("durable", self.durable);
        switch("checkpoint", self.checkpoint == Some(true));
        switch("no-checkpoint", self.checkpoint == Some(false));
        said.into_inner()
    }
}
