//! In place of the rest, where the program was built without columns.

use std::fs::File;
use std::sync::Arc;

use crate::compress::{Blocks, Compress};
use crate::error::Error;
use crate::format::entry::{Created, Given};
use crate::format::{OpenError, Opening, Options};
use crate::record::Unrolled;

fn lacking() -> Error {
    Error::usage("this build has no Parquet and no Arrow\n  Build it with the feature `columnar`.")
}

pub(super) fn open(_: &Options, _: &[u8], _: bool) -> Result<Opening, OpenError> {
    Err(lacking().into())
}

pub(super) fn reopen(_: &Options, _: &[u8]) -> Result<Opening, OpenError> {
    Err(lacking().into())
}

pub(super) fn create(_: &Options, _: Given<'_>) -> Created {
    Err(lacking())
}

pub(super) fn make(_: &Options, _: Compress) -> Result<Arc<dyn Blocks>, Error> {
    Err(lacking())
}

pub(super) fn parquet(_: File, _: usize, _: usize) -> Result<Unrolled, Error> {
    Err(lacking())
}

pub(super) use {make as file, make as stream, parquet as arrow};
