//! Reading columns: threads of their own make blocks of records of them.
//!
//! Row groups are read in parallel, each by one thread, and leave in their order. What a thread has made waits until it is
//! asked for, so no more than a few blocks are held for each.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::beyond::Unheld;
use super::input::{At, Input};
use super::messages::{self, Messages};
use super::rows::Refused;
use super::{beyond, build, get, rows};
use crate::error::{BadStream, Error, Fault, RecordError, Result};
use crate::format::avro::rows as data;
use crate::record::{Unrolled, Wanted, is_within};
use crate::sys::{caught, read_exact_at};

/// How many bytes of records a block has, at least.
const BLOCK: usize = 128 << 10;
/// How many blocks wait, of each row group that is read.
const AHEAD: usize = 2;
/// What the blocks of a row group take, in bytes.
const BLOCKS: usize = (AHEAD + 2) * (BLOCK + BLOCK / 2);
/// How many rows are read at a time, at most.
const ROWS: usize = 1024;
/// How many bytes these should take.
const BATCH: usize = 512 << 10;
/// What reading a column takes at most, unless it is smaller: a page, what it is decompressed from, and a dictionary, of
/// the sizes that are usual.
const COLUMN: usize = 3 << 20;

/// Reads Parquet.
pub(super) fn parquet(file: File, workers: usize, memory: usize) -> Result<Unrolled> {
    let input = Input::new(file).map_err(|e| Error::io("read", "the source", e))?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip);
    let mut metadata = safely(|| ArrowReaderMetadata::load(&input, options.clone()))?;
    let better = safely(|| beyond::schema(&input, metadata.metadata(), metadata.schema()))?;
    let better = better.map_err(|Unheld { column, of }| {
        Error::refused(format!(
            "the column `{column}` has {of}, which can't be read exactly\n  Write it as text in the program that wrote the file."
        ))
    })?;
    if let Some(schema) = better {
        let options = options.with_schema(schema);
        metadata = safely(|| ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options))?;
    }
    let (all, each) = (metadata.metadata().num_row_groups(), group_memory(metadata.metadata()));
    let threads = workers.min(all).min(memory / each.max(1)).max(1);
    let schema = Arc::clone(metadata.schema());
    let mut groups = Vec::with_capacity(all);
    for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let size = usize::try_from(group.total_byte_size()).unwrap_or(0);
        let at = group.columns().first().map_or(0, |column| u64::try_from(column.data_page_offset()).unwrap_or(0));
        groups.push(Group { number, at, rows: (BATCH / (size / rows.max(1)).max(1)).clamp(1, ROWS) });
    }
    let records = u64::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    let open = move |Part { group, done, only }: Part<'_>| {
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input.clone(), metadata.clone());
        if let Some(only) = only {
            let roots = only.iter().enumerate().filter(|(_, is_wanted)| **is_wanted).map(|(index, _)| index);
            builder = builder.with_projection(ProjectionMask::roots(metadata.parquet_schema(), roots));
        }
        let builder = builder.with_row_groups(vec![group.number]).with_batch_size(group.rows);
        Ok(Box::new(builder.with_offset(done).build()?) as Batches)
    };
    let columns = Columns { schema, wanted: Wanted::default(), skips: true, open: Box::new(open) };
    unrolled(columns, groups, threads, each, records)
}

/// What reading a row group takes, in bytes.
fn group_memory(metadata: &ParquetMetaData) -> usize {
    let of_group = |group: &parquet::file::metadata::RowGroupMetaData| {
        let columns = group.columns().iter().map(|column| {
            let size = column.uncompressed_size().saturating_add(column.compressed_size());
            usize::try_from(size).unwrap_or(0).min(COLUMN)
        });
        columns.sum::<usize>()
    };
    metadata.row_groups().iter().map(of_group).max().unwrap_or(0) + 2 * BATCH + BLOCKS
}

/// Reads a file or a stream of Arrow; which of both it is, its beginning says.
pub(super) fn arrow(file: File, _: usize, _: usize) -> Result<Unrolled> {
    const MAGIC: &[u8; 6] = b"ARROW1";
    let input = Input::new(file).map_err(|e| Error::io("read", "the source", e))?;
    let mut start = [0; MAGIC.len()];
    let is_file =
        input.len >= start.len() as u64 && read_exact_at(&input.file, &mut start, 0).is_ok() && start == *MAGIC;
    let Messages { largest, records } =
        safely(|| if is_file { messages::of_file(&input) } else { messages::of_stream(&input) })?;
    let reader = BufReader::with_capacity(BLOCK, At { input, at: 0 });
    let (schema, batches): (SchemaRef, Batches) = if is_file {
        let reader = safely(|| FileReader::try_new(reader, None))?;
        (reader.schema(), Box::new(reader))
    } else {
        let reader = safely(|| StreamReader::try_new(reader, None))?;
        (reader.schema(), Box::new(reader))
    };
    let batches = Mutex::new(Some(batches));
    let open = move |_: Part<'_>| {
        let batches = batches.lock().unwrap_or_else(PoisonError::into_inner).take();
        batches.ok_or_else(|| ArrowError::IpcError("it was read already".to_owned()))
    };
    let columns = Columns { schema, wanted: Wanted::default(), skips: false, open: Box::new(open) };
    // As it is in the file, and decompressed.
    unrolled(columns, vec![Group { number: 0, at: 0, rows: 0 }], 1, 2 * largest + BLOCKS, Some(records))
}

/// What the beginning or the end of a file says, if it makes sense.
fn safely<T, E: std::fmt::Display>(read: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    match caught(read) {
        Ok(Ok(made)) => Ok(made),
        Ok(Err(error)) => Err(damaged(&error)),
        Err(panic) => Err(damaged(&panic)),
    }
}

#[cold]
fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::refused(format!(
        "the columns can't be read: {error}\n  The file is damaged, was cut off, or has another format (⟨from⟩)."
    ))
}

/// Record batches, one after another.
type Batches = Box<dyn Iterator<Item = std::result::Result<RecordBatch, ArrowError>> + Send>;

/// A row group to read.
#[derive(Clone, Copy)]
struct Group {
    number: usize,
    /// Where it begins in the file.
    at: u64,
    /// How many rows are read at a time.
    rows: usize,
}

/// What is left of a row group.
#[derive(Clone, Copy)]
struct Part<'p> {
    group: Group,
    /// How many rows were read.
    done: usize,
    /// Which columns are wanted; none: all.
    only: Option<&'p [bool]>,
}

/// The columns of a file.
struct Columns {
    schema: SchemaRef,
    wanted: Wanted,
    /// Columns that are not wanted are left out of the batches of a part.
    skips: bool,
    open: Open,
}

/// Begins to read what is left of a row group.
type Open = Box<dyn Fn(Part<'_>) -> std::result::Result<Batches, ArrowError> + Send + Sync>;

impl Columns {
    /// Which columns are wanted: those whose names begin the paths of fields.
    fn only(&self, fields: &[Box<[u8]>]) -> Vec<bool> {
        let is_wanted = |column: &str| fields.iter().any(|field| is_within(field, column.as_bytes()));
        self.schema.fields().iter().map(|field| is_wanted(field.name())).collect()
    }
}

/// The error for a row group that makes no sense.
#[cold]
fn bad(Group { number, at, .. }: Group, error: &str) -> io::Error {
    let error = RecordError::new(0, format!("the columns of row group {} can't be read: {error}", number + 1))
        .hint("The file is damaged. Get it again.")
        .fault(Fault::Lost);
    BadStream::at(at, error)
}

/// Starts the threads, which take `each` bytes.
fn unrolled(
    columns: Columns,
    groups: Vec<Group>,
    threads: usize,
    each: usize,
    records: Option<u64>,
) -> Result<Unrolled> {
    let text = rows::schema(columns.schema.fields()).map_err(|refused| {
        let instead = match refused {
            Refused::Type { .. } => "Leave it out",
            Refused::Twice { .. } => "Rename one",
        };
        Error::refused(format!("{refused}\n  {instead} in the program that wrote the file."))
    })?;
    let head = data::header(&text.to_string(), &build::written(&columns.schema));
    let (wanted, jobs) = channel::<Job>();
    let fields = columns.wanted.clone();
    let (jobs, columns) = (Arc::new(Mutex::new(jobs)), Arc::new(columns));
    for number in 0..threads {
        let (jobs, columns) = (Arc::clone(&jobs), Arc::clone(&columns));
        let work = move || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { group, blocks }) = job else { return };
                // After the last one comes an empty one. Nobody may want it any more.
                let end = caught(|| read(&columns, group, &blocks)).unwrap_or_else(Err).map(|()| Vec::new());
                let _ = blocks.send(end.map_err(|error| bad(group, &error)));
            }
        };
        let thread = thread::Builder::new().name(format!("columns-{number}")).spawn(work);
        if let (0, Err(error)) = (number, thread) {
            return Err(Error::memory(format!("can't start a thread that reads columns: {error}")));
        }
    }
    let reader = Reader { block: head, at: 0, groups: groups.into(), wanted, coming: VecDeque::new(), ahead: threads };
    Ok(Unrolled { reader: Box::new(reader), memory: threads * each, records, wanted: fields })
}

/// A row group to read, and where its blocks go.
struct Job {
    group: Group,
    blocks: SyncSender<io::Result<Vec<u8>>>,
}

/// Reads all batches of a row group. What nobody wants any more is no error.
fn read(columns: &Columns, group: Group, blocks: &SyncSender<io::Result<Vec<u8>>>) -> std::result::Result<(), String> {
    let (mut rows, mut count) = (Vec::with_capacity(BLOCK + BLOCK / 4), 0);
    let open = |done, only: &Option<Vec<bool>>| {
        (columns.open)(Part { group, done, only: only.as_deref() }).map_err(|error| error.to_string())
    };
    let (mut fields, mut done) = (columns.wanted.get(), 0);
    let mut only = fields.as_ref().map(|fields| columns.only(fields));
    let mut batches = open(done, &only)?;
    let flush = |rows: &mut Vec<u8>, count: &mut u64| {
        let mut block = Vec::with_capacity(rows.len() + 64);
        data::push_block(*count, rows, &mut block);
        rows.clear();
        *count = 0;
        blocks.send(Ok(block)).is_ok()
    };
    loop {
        // What is wanted may be known by now.
        let now = columns.wanted.get();
        if now.as_ref().map(Arc::as_ptr) != fields.as_ref().map(Arc::as_ptr) {
            only = now.as_ref().map(|fields| columns.only(fields));
            fields = now;
            if columns.skips {
                batches = open(done, &only)?;
            }
        }
        let Some(batch) = batches.next() else { break };
        let batch = batch.map_err(|error| error.to_string())?;
        done += batch.num_rows();
        let is_wanted = |index: usize| only.as_ref().is_none_or(|only| only[index]);
        let values = get::columns(columns.schema.fields(), &batch, is_wanted)?;
        for row in 0..batch.num_rows() {
            get::record(&values, row, &mut rows)?;
            count += 1;
            if rows.len() >= BLOCK && !flush(&mut rows, &mut count) {
                return Ok(());
            }
        }
    }
    if count > 0 {
        flush(&mut rows, &mut count);
    }
    Ok(())
}

/// The blocks of all row groups in order.
struct Reader {
    block: Vec<u8>,
    at: usize,
    /// Row groups nobody reads yet.
    groups: VecDeque<Group>,
    wanted: Sender<Job>,
    /// The blocks of those that are read.
    coming: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    ahead: usize,
}

impl Read for Reader {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            while self.coming.len() < self.ahead
                && let Some(group) = self.groups.pop_front()
            {
                let (blocks, coming) = sync_channel(AHEAD);
                self.wanted.send(Job { group, blocks }).map_err(io::Error::other)?;
                self.coming.push_back(coming);
            }
            let Some(first) = self.coming.front() else { return Ok(0) };
            let gone = || io::Error::other("a thread that read columns has ended");
            (self.block, self.at) = (first.recv().map_err(|_| gone())??, 0);
            if self.block.is_empty() {
                self.coming.pop_front();
            }
        }
        let rest = &self.block[self.at..];
        let count = rest.len().min(output.len());
        output[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
