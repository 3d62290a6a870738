//! Results over all records: each worker gathers its own, and they are merged when all slices are done.

pub(crate) mod doubles;
pub(crate) mod draw;
pub(crate) mod ending;
pub(crate) mod groups;
pub(crate) mod infer;
pub(crate) mod keys;
pub(crate) mod pen;
pub(crate) mod records;
pub(crate) mod registers;
pub(crate) mod rounded;
pub(crate) mod so_far;
pub(crate) mod stats;
pub(crate) mod windows;
pub(crate) mod words;

use std::ops::Range;

use crate::error::{Error, Result};
use crate::format::{self, Format, Given, Gives, Options, Shape};
use crate::memory::Arena;
use crate::op::Folding;
use crate::record::{Batch, Drain, EncodeError, Output, Schema, Value};
use crate::sink::Target;

/// A result over all records: one worker's part of it while a run goes on, and then the whole.
///
/// A worker meets its slices in input order, but slices of other workers lie between them. A fold for which order
/// matters has to remember the slice of each thing it keeps, and merge by that. Memory that may grow with the input is
/// reserved from the [`Budget`](crate::memory::Budget).
pub(crate) trait Fold: Send {
    /// The type of the result.
    type Result
    where
        Self: Sized;

    /// An empty part, for another worker.
    fn another(&self) -> Self
    where
        Self: Sized;

    /// Takes in these records of a batch of slice `slice`.
    ///
    /// # Errors
    /// A record is bad, and the records before it were taken in; or the run can't go on.
    fn add(&mut self, slice: u64, batch: &Batch<'_>, records: Range<usize>) -> Result<(), EncodeError>;

    /// Meets a record that would be taken in, but can't be written.
    fn add_refused(&mut self, slice: u64, batch: &Batch<'_>, record: usize) -> Result<()> {
        let _ = (slice, batch, record);
        Ok(())
    }

    /// Whether only the keys of the records matter, as they are in the source; see
    /// [`ReadFormat::key_decoder`](crate::format::ReadFormat::key_decoder).
    fn takes_only_keys(&self) -> bool {
        false
    }

    /// No more records come, and only the first `slices` slices count: an error may have ended the run in the last of
    /// them. A fold whose result is not used after an error need not forget the others.
    fn ended(&mut self, slices: u64) {
        let _ = slices;
    }

    /// Takes in the part of another worker. Parts are merged in the order of the workers.
    fn merge(&mut self, other: Self)
    where
        Self: Sized;

    /// The result, after all parts were merged.
    fn finish(self) -> Self::Result
    where
        Self: Sized;
}

impl Folding {
    /// The format in which its result is written. A target has it unless the settings name another, whatever its
    /// extension.
    pub fn format(self) -> Format {
        match self {
            Folding::WordCount => Format::PLAIN,
            Folding::Stats => Format::ANSWER,
            // Its text is no record: what writes it does not ask.
            Folding::Schema => Format::PLAIN,
        }
    }
}

/// Writes a result, which is lines of text, as the only content of a target. Returns its length in bytes.
///
/// # Errors
/// The target can't be written.
pub(crate) fn write(lines: &[String], target: &Target) -> Result<u64> {
    let bytes = encoded(lines)?;
    target.write(&bytes, 0)?;
    Ok(bytes.len() as u64)
}

/// These lines as the text encoder writes them.
///
/// # Errors
/// Memory: the lines do not fit into an arena.
fn encoded(lines: &[String]) -> Result<Vec<u8>> {
    let schema = Schema::new(["line"]);
    let size = lines.iter().map(|line| line.len()).sum::<usize>();
    let arena = Arena::new(ARENA, ARENA + 2 * size);
    let mut batch = Batch::new(&arena, b"", Some(&schema), size);
    for line in lines {
        let room = batch.reserve(1, 0).map(|()| batch.push(Value::Text(line.as_bytes())));
        room.and_then(|()| batch.end_record(0, 0)).map_err(|error| Error::memory(error.reason))?;
    }
    let shape = Shape::Columns(schema.clone());
    let writing = format::create(Format::PLAIN, &Options::default(), Given::new(&shape, Gives::default()))?;
    let (mut buffer, mut collect) = ([0; 4 << 10], Collect(Vec::new()));
    let mut output = Output::new(&mut buffer, &mut collect, false);
    match writing.encoder().encode(&batch, 0..batch.len(), &mut output) {
        Ok(()) => output.flush()?,
        Err(EncodeError::Stop(error)) => return Err(error),
        Err(EncodeError::Record { error, .. }) => return Err(Error::refused(error.reason)),
    }
    Ok(collect.0)
}

/// Size of the arena, in bytes: more than the first values of a batch take.
const ARENA: usize = 256 << 10;

/// Keeps what an encoder writes.
struct Collect(Vec<u8>);

impl Drain for Collect {
    fn drain(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}
