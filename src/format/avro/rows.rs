//! Records as data of Avro, for formats whose records travel so between threads.

use std::sync::Arc;

use super::header::{COLUMNS, SYNC};
use super::pack;
use super::parse;
use super::put::Target;
use super::target::Writing;
pub(in crate::format) use super::target::known_types;
use super::types::TypesOf;
pub(in crate::format) use super::wire::Flaw;
pub(in crate::format) use super::wire::{push_long, push_run};
use super::{opened, wire};
use crate::error::Error;
use crate::format::entry::{Created, Given};
use crate::format::{OpenError, Opening, Options};

/// The marker between blocks: nobody looks for one that is lost.
const MARKER: [u8; SYNC] = *b"pagemill columns";

/// Prepares a target whose records are data of this schema; `prefix` is what makes its blocks told of them.
pub(in crate::format) fn create(options: &Options, given: &Given<'_>, schema: &str, prefix: &[u8]) -> Created {
    let tree = parse::parse(schema.as_bytes(), usize::MAX)
        .map_err(|what| Error::usage(format!("the types of the fields can't be those of columns: {what}")))?;
    let target = Arc::new(Target::new(tree, options, given));
    Ok(Box::new(Writing::new(target, given, prefix, options.bytes_as)))
}

/// Reads the beginning of records that were made from columns.
pub(in crate::format) fn open(options: &Options, head: &[u8], end: bool, told: TypesOf) -> Result<Opening, OpenError> {
    opened(options, head, end, false, Some(told))
}

/// Reads the beginning that a quarantine has kept.
pub(in crate::format) fn reopen(options: &Options, head: &[u8], told: TypesOf) -> Result<Opening, OpenError> {
    opened(options, head, true, true, Some(told))
}

/// What comes before records of this schema that were made from these columns.
pub(in crate::format) fn header(schema: &str, columns: &[u8]) -> Vec<u8> {
    pack::header(&[(b"avro.schema", schema.as_bytes()), (COLUMNS, columns)], &MARKER)
}

/// Appends a block of records.
pub(in crate::format) fn push_block(records: u64, data: &[u8], out: &mut Vec<u8>) {
    push_long(records as i64, out);
    push_run(data, out);
    out.extend_from_slice(&MARKER);
}

/// Data that is read from front to back.
pub(in crate::format) struct Data<'d> {
    data: &'d [u8],
    at: usize,
}

impl<'d> Data<'d> {
    pub fn new(data: &'d [u8]) -> Data<'d> {
        Data { data, at: 0 }
    }

    /// A number.
    #[inline(always)]
    pub fn long(&mut self) -> Result<i64, Flaw> {
        let (number, next) = wire::long(self.data, self.at)?;
        self.at = next;
        Ok(number)
    }

    /// Bytes with their length before them.
    #[inline(always)]
    pub fn bytes(&mut self) -> Result<&'d [u8], Flaw> {
        let (bytes, next) = wire::bytes(self.data, self.at)?;
        self.at = next;
        Ok(bytes)
    }

    /// So many bytes.
    #[inline(always)]
    pub fn fixed(&mut self, len: usize) -> Result<&'d [u8], Flaw> {
        let (bytes, next) = wire::run(self.data, self.at, len)?;
        self.at = next;
        Ok(bytes)
    }

    /// The same, where their number is always the same.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        self.fixed(N)?.try_into().map_err(|_| Flaw::Cut)
    }
}
