//! Object container files of Avro (specification 1.12).

mod block;
mod codec;
mod columns;
mod cut;
mod decode;
mod digits;
mod header;
mod moments;
mod parse;
mod plain;
mod plan;
mod read;
mod skip;
mod tally;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod unpack;
mod wire;

use std::sync::Arc;

use super::entry::{self, Created, Ends, Entry, Given, Gives, JsonText, Straight, Takes};
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
    create,
    gives: |_| Gives { whole_records: true, ..Gives::default() },
    takes: |_| Takes {
        detail: Detail::All,
        untyped: false,
        typed: true,
        types: true,
        lone: false,
        json: JsonText::Never,
        straight: Straight::Never,
        whole_record: 0,
    },
    // Records are in blocks, which are made anew.
    copies: |_| None,
    header: entry::header_before,
    reopen,
    begin_record: entry::no_text,
};

/// Reads the beginning.
fn open(options: &Options, head: &[u8], end: bool) -> Result<Opening, OpenError> {
    opened(options, head, end, false)
}

/// Reads the beginning that a quarantine has kept.
fn reopen(options: &Options, head: &[u8]) -> Result<Opening, OpenError> {
    opened(options, head, true, true)
}

fn opened(options: &Options, head: &[u8], end: bool, singly: bool) -> Result<Opening, OpenError> {
    let header = match Header::read(head) {
        Ok(header) => header,
        Err(Wrong::Cut) if !end => return Ok(Opening::More),
        Err(Wrong::Cut) if head.is_empty() => return Err(empty().into()),
        Err(Wrong::Cut) => return Err(cut_off(head.len()).into()),
        Err(Wrong::Bad(error)) => return Err(error.into()),
    };
    let tree = parse::parse(header.schema, options.max_fields).map_err(|what| {
        RecordError::new(MAGIC.len(), format!("the schema of the file makes no sense: {what}"))
            .hint("The file is damaged, or was written by a program with a bug.")
    })?;
    let plan = Plan::of(&tree);
    let (schema, is_plain) = match &tree.node(tree.root).kind {
        tree::Kind::Record(fields) => (types::schema(&tree), fields.iter().all(|field| tree.is_plain(field.of))),
        _ => (Some(Schema::typed([(types::VALUE, types::root(&tree))])), tree.is_plain(tree.root)),
    };
    let columns = schema.filter(|schema| is_plain && !schema.is_empty()).map(|schema| Columns::new(&plan, schema));
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
    Ok(Opening::Ready(Box::new(Source { start: header.end, shared: Arc::new(shared) })))
}

#[cold]
fn cut_off(len: usize) -> RecordError {
    RecordError::new(len, "the input ends inside the header of the Avro file").hint("The input was cut off.").fault(Fault::Lost)
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
}

impl ReadFormat for Source {
    fn start(&self) -> usize {
        self.start
    }

    fn schema(&self) -> Option<&Schema> {
        self.shared.columns.as_ref().map(|columns| &columns.schema)
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

/// Prepares a target.
fn create(_: &Options, _: Given<'_>) -> Created {
    Err(Error::usage("Avro can't be written yet"))
}
