//! Object container files of Avro (specification 1.12).

mod block;
mod codec;
mod columns;
mod cut;
mod decode;
mod default;
mod digits;
mod encode;
mod header;
mod items;
mod moments;
mod out;
mod pack;
mod parse;
mod plain;
mod plan;
mod put;
mod quick;
mod read;
mod resolve;
#[cfg(test)]
mod resolve_tests;
#[cfg_attr(not(feature = "columnar"), allow(dead_code, unused_imports))]
pub(super) mod rows;
mod scalar;
mod skip;
mod tally;
mod target;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod unpack;
mod wire;
#[cfg(test)]
mod write_tests;
mod wrong;

use std::sync::Arc;

use super::entry::{self, Ends, Entry, Gives, JsonText, Straight, Takes};
use super::{Cut, Decode, Detail, OpenError, Opening, Options, ReadFormat, Tally, Want};
use crate::error::{Error, Fault, RecordError};
use crate::record::Schema;
use block::Rule;
use columns::Columns;
use decode::Shared;
use header::{Header, MAGIC, Wrong};
use plan::Plan;

/// Object container files of Avro.
pub(super) static AVRO: Entry = Entry {
    name: "avro",
    title: "Avro",
    aliases: &[],
    extensions: &["avro"],
    text: false,
    any_bytes: false,
    needs_utf8: true,
    lines: None,
    ends: Ends::Length,
    tabular: false,
    table: false,
    nested: true,
    payload: false,
    open,
    create: target::create,
    gives: |_| Gives { whole_records: true, ..Gives::default() },
    takes: |_| Takes {
        detail: Detail::All,
        untyped: false,
        typed: false,
        types: true,
        lone: false,
        json: JsonText::Never,
        straight: Straight::Never,
        whole_record: 0,
    },
    blocks: Some(pack::make),
    unroll: None,
    // Records are in blocks, which are made anew.
    copies: |_| None,
    header: entry::header_before,
    reopen,
    begin_record: entry::no_text,
};

/// Reads the beginning.
fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    opened(options, head, end, false, None)
}

/// Reads the beginning that a quarantine has kept.
fn reopen(options: &Options, head: &[u8]) -> Result<Opening, OpenError> {
    opened(options, head, true, true, None)
}

/// `told`: what the records were made from says their types.
fn opened(
    options: &Options,
    head: &[u8],
    end: bool,
    singly: bool,
    told: Option<types::TypesOf>,
) -> Result<Opening, OpenError> {
    let header = match Header::read(head) {
        Ok(header) => header,
        Err(Wrong::Cut) if !end => return Ok(Opening::More),
        Err(Wrong::Cut) if head.is_empty() => return Err(empty().into()),
        Err(Wrong::Cut) => return Err(cut_off(head.len()).into()),
        Err(Wrong::Bad(error)) => return Err(error.into()),
    };
    let tree = parse::parse(header.schema, options.max_fields).map_err(|what| {
        RecordError::new(MAGIC.len(), format!("the schema of the file makes no sense: {what}")).hint(
            match what == parse::TOO_MANY {
                true => "Raise ⟨max_fields⟩ (and ⟨memory_limit⟩ with it).",
                false => "The file is damaged, or was written by a program with a bug.",
            },
        )
    })?;
    let read_as = match options.schema.as_deref().filter(|text| told.is_none() && crate::schema::is_avro(text)) {
        None => None,
        Some(text) => Some(
            parse::parse(text.as_bytes(), options.max_fields)
                .map_err(|what| OpenError::Usage(Error::usage(format!("⟨schema⟩: {what}"))))?,
        ),
    };
    let plan = match &read_as {
        None => Plan::of(&tree),
        Some(reader) => resolve::resolve(&tree, reader).map_err(|what| {
            Error::usage(format!(
                "the schema can't be that of the records: {what}\n  Correct the schema, or leave ⟨schema⟩ out: an Avro file has its own."
            ))
        })?,
    };
    let resolves = read_as.is_some();
    let text = match &options.schema {
        _ if told.is_some() => None,
        Some(text) if resolves => Some(text.to_string()),
        _ => Some(String::from_utf8_lossy(header.schema).into_owned()),
    };
    let tree = read_as.unwrap_or(tree);
    let columns = told.zip(header.columns).and_then(|(told, columns)| told(columns));
    let types = columns.or_else(|| types::schema(&tree));
    let (schema, is_plain) = match &tree.node(tree.root).kind {
        tree::Kind::Record(fields) => (types.clone(), fields.iter().all(|field| tree.is_plain(field.of))),
        _ => (Some(Schema::typed([(types::VALUE, types::root(&tree))])), tree.is_plain(tree.root)),
    };
    // Too many names are refused where they would become a header.
    let fits = |schema: &Schema| {
        let are_short = schema.names().all(|name| name.len() <= options.max_key_length);
        !schema.is_empty() && schema.len() <= options.max_keys && are_short
    };
    let columns = schema.filter(|schema| is_plain && fits(schema)).map(|schema| Columns::new(&plan, schema));
    let shared = Shared {
        plan,
        rule: Rule { sync: header.sync, most: options.max_record },
        codec: header.codec,
        columns,
        max_depth: options.max_depth,
        max_fields: options.max_fields,
        budget: options.budget.clone(),
        singly,
    };
    Ok(Opening::Ready(Box::new(Source { start: header.end, shared: Arc::new(shared), types, text, resolves })))
}

#[cold]
fn cut_off(len: usize) -> RecordError {
    RecordError::new(len, "the input ends inside the header of the Avro file")
        .hint("The input was cut off.")
        .fault(Fault::Lost)
}

#[cold]
fn empty() -> RecordError {
    RecordError::new(0, "an Avro file without records has a header too, and this input is empty")
        .hint("Was it written to the end?")
        .fault(Fault::Lost)
}

struct Source {
    start: usize,
    shared: Arc<Shared>,
    /// The types of the records, if they are records.
    types: Option<Schema>,
    /// The schema as it is written, if it is the source's own.
    text: Option<String>,
    /// It is the one that was given.
    resolves: bool,
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        self.shared.columns.as_ref().map(|columns| &columns.schema)
    }

    fn types(&self) -> Option<Schema> {
        self.types.clone()
    }

    fn schema_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn resolves(&self) -> bool {
        self.resolves
    }

    fn cutter(&self) -> Box<dyn Cut> {
        Box::new(cut::Cutter::new(self.shared.rule))
    }

    fn tally(&self) -> Option<Box<dyn Tally>> {
        Some(Box::new(tally::Counter { rule: self.shared.rule }))
    }

    fn decoder(&self, want: &Want) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.shared, want))
    }
}
