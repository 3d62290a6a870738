//! The end of a worker whose records are sorted: each is encoded, and kept with its key until all were read.

use std::ops::Range;
use std::sync::Arc;

use super::buffer::{Buffer, Entries};
use super::by::SortKey;
use super::key::{NoKey, Pen};
use crate::error::{Cause, Error, RecordError, Result};
use crate::format::Encode;
use crate::record::{Batch, Drain, EncodeError, Lossy, Output, Value, value_at};
use crate::spill::{ENTRY, Run, RunWriter, SpillFolder};
use crate::wording::megabytes;

/// The number of a record at the end of its key: its slice among those of all sources, and its place there. It makes
/// the order stable.
const NUMBER: usize = 5 + 4;

/// What all workers sort by, and where what does not fit is written.
pub(crate) struct Order {
    pub by: Vec<SortKey>,
    /// No more records than these are wanted.
    pub most: Option<u64>,
    pub folder: SpillFolder,
    /// The size of blocks there.
    pub block: usize,
    pub strict: bool,
    /// Unquoted fields of tables are text.
    pub untyped_is_text: bool,
}

/// How records of a source are written.
pub(crate) struct Writing {
    pub encoder: Box<dyn Encode>,
    /// The columns of the fields in a table, where it has them.
    pub columns: Option<Vec<Option<usize>>>,
    /// The same where only these fields are decoded.
    pub tested: Vec<Option<usize>>,
    /// How much room an encoder needs at least.
    pub least: usize,
}

/// The records of one worker.
pub(crate) struct Sorter {
    order: Arc<Order>,
    share: usize,
    buffer: Buffer,
    writing: Option<Writing>,
    writer: Option<RunWriter>,
    pub runs: Vec<Run>,
    /// How many bytes were written to disk.
    pub spilled: u64,
    /// How many records were taken.
    pub records: u64,
    /// Which of the fields had a value.
    pub met: Vec<bool>,
    /// Keys from this one on are not wanted.
    from: Vec<u8>,
    /// What the record that is being taken lost.
    lost: Option<Lossy>,
    /// How many slices the sources before had, and the passes before over this one.
    pub before: u64,
    slice: u64,
    /// The number of the next record in its slice.
    number: u32,
}

/// What became of a record.
enum Tried {
    Taken,
    /// There is no room for it.
    Full,
}

impl Sorter {
    /// No records yet; they may take `share` bytes.
    ///
    /// # Errors
    /// Memory: the system has none.
    pub fn new(order: Arc<Order>, share: usize) -> Result<Sorter> {
        let room = share.saturating_sub(RunWriter::memory(order.block));
        Ok(Sorter {
            share,
            buffer: Buffer::new(room)?,
            writing: None,
            writer: None,
            runs: Vec::new(),
            spilled: 0,
            records: 0,
            met: vec![false; order.by.len()],
            from: Vec::new(),
            lost: None,
            before: 0,
            slice: u64::MAX,
            number: 0,
            order,
        })
    }

    /// Goes on with another source.
    pub fn go_on(&mut self, writing: Writing) {
        (self.writing, self.slice) = (Some(writing), u64::MAX);
    }

    /// The pass had this many slices.
    pub fn ended(&mut self, slices: u64) {
        self.before += slices;
    }

    /// Takes these records of a batch of a slice.
    pub fn take(
        &mut self,
        slice: u64,
        batch: &Batch<'_>,
        records: Range<usize>,
        output: &mut Output<'_>,
    ) -> Result<(), EncodeError> {
        if slice != self.slice {
            (self.slice, self.number) = (slice, 0);
        }
        if batch.is_parts(records.clone()) {
            return self.one(batch, records, output);
        }
        records.into_iter().try_for_each(|record| self.one(batch, record..record + 1, output))
    }

    /// Takes one record, or all that were made of one.
    fn one(&mut self, batch: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        let (mut mark, number) = (self.buffer.mark(), self.number);
        loop {
            let tried = self.try_all(batch, records.clone());
            if let Ok(Tried::Taken) = tried {
                if let Some(lost) = self.lost.take() {
                    output.lossy.add(&lost);
                }
                output.records += records.len() as u64;
                self.records += records.len() as u64;
                return Ok(());
            }
            self.buffer.back(mark);
            (self.number, self.lost) = (number, None);
            tried?;
            if self.buffer.grow()? {
                continue;
            }
            if self.buffer.records() == 0 {
                if self.buffer.widen()? {
                    continue;
                }
                return Err(self.too_large(batch, records.start).into());
            }
            self.make_room()?;
            mark = self.buffer.mark();
        }
    }

    #[inline]
    fn try_all(&mut self, batch: &Batch<'_>, records: Range<usize>) -> Result<Tried, EncodeError> {
        for record in records {
            if let Tried::Full = self.try_one(batch, record)? {
                return Ok(Tried::Full);
            }
        }
        Ok(Tried::Taken)
    }

    #[inline]
    fn try_one(&mut self, batch: &Batch<'_>, record: usize) -> Result<Tried, EncodeError> {
        let Some(writing) = &mut self.writing else { return Err(Error::mistake("it sorts without a source").into()) };
        let room = self.buffer.room();
        if room.len() < ENTRY {
            return Ok(Tried::Full);
        }
        let (_, room) = room.split_at_mut(ENTRY);
        let mut pen = Pen::new(room);
        for (place, by) in self.order.by.iter().enumerate() {
            let columns = if batch.is_tested() { Some(&writing.tested) } else { writing.columns.as_ref() };
            let value = value(batch, record, columns.map(|columns| columns[place]), by.field());
            self.met[place] |= !matches!(value, Value::Absent | Value::Null);
            match pen.value(value, by, self.order.untyped_is_text) {
                Ok(()) => {}
                Err(NoKey::Full) => return Ok(Tried::Full),
                Err(NoKey::NotA(what)) => {
                    return Err(EncodeError::Record { index: record, error: no_key(batch, record, by, what) });
                }
            }
        }
        let slice = (self.before + self.slice).to_be_bytes();
        if pen.put(&slice[3..]).and_then(|()| pen.put(&self.number.to_be_bytes())).is_err() {
            return Ok(Tried::Full);
        }
        let key = pen.len();
        let (own, room) = room.split_at_mut(key);
        if room.len() < writing.least {
            return Ok(Tried::Full);
        }
        let mut nowhere = Nowhere { full: false };
        let mut output = Output::new(room, &mut nowhere, self.order.strict);
        output.set_careful(true);
        let tried = writing.encoder.encode(batch, record..record + 1, &mut output);
        let (stuck, body) = (output.is_stuck(), output.len());
        let lost = (output.lossy != Lossy::default()).then_some(output.lossy);
        match tried {
            Err(_) if stuck || nowhere.full => return Ok(Tried::Full),
            tried => tried?,
        }
        if let Some(lost) = lost {
            self.lost.get_or_insert_default().add(&lost);
        }
        self.number = self.number.checked_add(1).ok_or_else(too_many)?;
        if self.from.is_empty() || *own < *self.from {
            self.buffer.push(key, NUMBER, body);
        }
        Ok(Tried::Taken)
    }

    /// Makes room for more records: those that are not wanted go, or all go to disk.
    #[cold]
    fn make_room(&mut self) -> Result<()> {
        self.buffer.sort();
        if let Some(most) = self.order.most.and_then(|most| usize::try_from(most).ok()) {
            let (made_room, last) = self.buffer.keep_first(most);
            if made_room {
                if let Some(last) = last {
                    self.from.clear();
                    self.from.extend_from_slice(last);
                }
                return Ok(());
            }
        }
        self.write()
    }

    /// Writes the records, which are in order, to disk.
    fn write(&mut self) -> Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => none.insert(RunWriter::new(self.order.folder.create()?, self.order.block)),
        };
        self.buffer.write(writer)?;
        let run = writer.end()?;
        self.spilled += run.bytes();
        self.runs.push(run);
        Ok(())
    }

    /// All records were read: puts what is in memory in order.
    pub fn finish(&mut self) {
        self.writing = None;
        self.buffer.sort();
    }

    /// What is in memory goes to disk too.
    pub fn write_all(&mut self) -> Result<()> {
        if self.buffer.records() == 0 {
            return Ok(());
        }
        self.buffer.sort();
        self.write()
    }

    /// The same, after all records were read: the memory is given back.
    pub fn finish_runs(&mut self) -> Result<()> {
        self.write_all()?;
        self.writer = None;
        self.buffer.release()
    }

    /// The records in memory, in order.
    pub fn entries(&self) -> Entries<'_> {
        self.buffer.entries()
    }

    #[cold]
    fn too_large(&self, batch: &Batch<'_>, record: usize) -> Error {
        let bytes = batch.span(record).end - batch.span(record).start;
        Error::memory(format!(
            "a record of {} and its key do not fit into the {} that a worker has for sorting\n  Raise ⟨memory_limit⟩, or lower ⟨workers⟩.",
            megabytes(bytes),
            megabytes(self.share)
        ))
    }
}

/// The value of a field; `column`: that of a table.
#[inline]
fn value<'a>(batch: &Batch<'a>, record: usize, column: Option<Option<usize>>, field: &str) -> Value<'a> {
    match (column, batch.schema()) {
        (Some(Some(column)), Some(_)) => batch.columns(record).get(column).copied().unwrap_or_default(),
        (_, Some(_)) => Value::Absent,
        (_, None) => value_at(batch.tree(record), field.as_bytes()),
    }
}

#[cold]
fn no_key(batch: &Batch<'_>, record: usize, by: &SortKey, what: &str) -> RecordError {
    let reason = format!("the field `{}`, which is sorted by, is not {what}", by.field());
    RecordError::new(batch.span(record).start, reason).cause(Cause::Target)
}

#[cold]
fn too_many() -> Error {
    Error::usage("a slice has more than four billion records\n  Lower ⟨slice_size⟩.")
}

/// Nothing is written: what does not fit has to wait.
struct Nowhere {
    full: bool,
}

impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        self.full = true;
        Err(Error::ended())
    }
}
