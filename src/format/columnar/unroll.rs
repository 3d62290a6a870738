//! Reading columns: threads of their own make blocks of records of them.
//!
//! Row groups are read in parallel, each by one thread, and leave in their order. What a thread has made waits until it is
//! asked for, so no more than a few blocks are held for each.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::reader::{ChunkReader, Length};

use super::{build, get, rows};
use crate::error::{BadStream, Error, Fault, RecordError, Result};
use crate::format::avro::rows as data;
use crate::format::entry::Unrolled;
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

/// What a file is read from, at any place.
#[derive(Clone)]
struct Input {
    file: Arc<File>,
    len: u64,
}

impl Input {
    fn new(file: File) -> io::Result<Input> {
        let len = file.metadata()?.len();
        Ok(Input { file: Arc::new(file), len })
    }
}

impl Length for Input {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Input {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> ParquetResult<BufReader<At>> {
        Ok(BufReader::new(At { input: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if length as u64 > self.len.saturating_sub(start) {
            return Err(ParquetError::EOF(format!("{length} bytes at byte {start} are not there")));
        }
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// A file that is read from a place on.
struct At {
    input: Input,
    at: u64,
}

impl Read for At {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = (self.input.len.saturating_sub(self.at)).min(bytes.len() as u64) as usize;
        read_exact_at(&self.input.file, &mut bytes[..count], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.input.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

/// Reads Parquet.
pub(super) fn parquet(file: File, workers: usize, memory: usize) -> Result<Unrolled> {
    let input = Input::new(file).map_err(|e| Error::io("read", "the source", e))?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip);
    let metadata = safely(|| ArrowReaderMetadata::load(&input, options))?;
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
    let open = move |Group { number, rows, .. }| {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input.clone(), metadata.clone());
        let reader = builder.with_row_groups(vec![number]).with_batch_size(rows).build()?;
        Ok(Box::new(reader) as Batches)
    };
    unrolled(&schema, groups, threads, each, open)
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
    let largest = safely(|| largest(&input, if is_file { FILE_HEAD } else { 0 }))?;
    let reader = BufReader::with_capacity(BLOCK, At { input, at: 0 });
    let (schema, batches): (SchemaRef, Batches) = if is_file {
        let reader = safely(|| FileReader::try_new(reader, None))?;
        (reader.schema(), Box::new(reader))
    } else {
        let reader = safely(|| StreamReader::try_new(reader, None))?;
        (reader.schema(), Box::new(reader))
    };
    let batches = Mutex::new(Some(batches));
    let open = move |_| {
        let batches = batches.lock().unwrap_or_else(PoisonError::into_inner).take();
        batches.ok_or_else(|| ArrowError::IpcError("it was read already".to_owned()))
    };
    // As it is in the file, and decompressed.
    unrolled(&schema, vec![Group { number: 0, at: 0, rows: 0 }], 1, 2 * largest + BLOCKS, open)
}

/// What comes before the first message of a file.
const FILE_HEAD: u64 = 8;

/// How many bytes the largest message has, with its body. The reader makes room for as many as a message claims, so all
/// of them have to be there.
///
/// # Errors
/// They are not, or there is something else.
fn largest(input: &Input, start: u64) -> std::result::Result<usize, String> {
    /// Comes before the length of a message, but not in files that were written before 2019.
    const GOES_ON: u32 = u32::MAX;
    let (mut at, mut largest) = (start, 0);
    let number = |at: u64| {
        let mut bytes = [0; 4];
        let is_there = at + 4 <= input.len && read_exact_at(&input.file, &mut bytes, at).is_ok();
        is_there.then(|| u32::from_le_bytes(bytes))
    };
    // A stream may end without a word.
    while let Some(first) = number(at) {
        let head = if first == GOES_ON { 8 } else { 4 };
        let Some(len) = (if first == GOES_ON { number(at + 4) } else { Some(first) }) else { break };
        if len == 0 {
            break;
        }
        let left = input.len - at - head;
        let cut = || format!("the message at byte {at} is not there to its end");
        if u64::from(len) > left {
            return Err(cut());
        }
        let mut message = vec![0; len as usize];
        read_exact_at(&input.file, &mut message, at + head).map_err(|error| error.to_string())?;
        let body = arrow_ipc::root_as_message(&message).map_err(|error| error.to_string())?.bodyLength();
        let body = u64::try_from(body).ok().filter(|body| *body <= left - u64::from(len)).ok_or_else(cut)?;
        largest = largest.max(len as usize + body as usize);
        at += head + u64::from(len) + body;
    }
    Ok(largest)
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
    schema: &SchemaRef,
    groups: Vec<Group>,
    threads: usize,
    each: usize,
    open: impl Fn(Group) -> std::result::Result<Batches, ArrowError> + Send + Sync + 'static,
) -> Result<Unrolled> {
    let text = rows::schema(schema.fields()).map_err(|unknown| {
        Error::refused(format!(
            "the column `{}` has the type {}, which records can't have\n  Leave it out in the program that wrote the file.",
            unknown.field, unknown.of
        ))
    })?;
    let head = data::header(&text.to_string(), &build::written(schema));
    let (wanted, jobs) = channel::<Job>();
    let (jobs, open) = (Arc::new(Mutex::new(jobs)), Arc::new(open));
    for number in 0..threads {
        let (jobs, open) = (Arc::clone(&jobs), Arc::clone(&open));
        let work = move || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { group, blocks }) = job else { return };
                // After the last one comes an empty one. Nobody may want it any more.
                let end = caught(|| read(open(group), &blocks)).unwrap_or_else(Err).map(|()| Vec::new());
                let _ = blocks.send(end.map_err(|error| bad(group, &error)));
            }
        };
        let thread = thread::Builder::new().name(format!("columns-{number}")).spawn(work);
        if let (0, Err(error)) = (number, thread) {
            return Err(Error::memory(format!("can't start a thread that reads columns: {error}")));
        }
    }
    let reader = Reader { block: head, at: 0, groups: groups.into(), wanted, coming: VecDeque::new(), ahead: threads };
    Ok(Unrolled { reader: Box::new(reader), memory: threads * each })
}

/// A row group to read, and where its blocks go.
struct Job {
    group: Group,
    blocks: SyncSender<io::Result<Vec<u8>>>,
}

/// Reads all batches. What nobody wants any more is no error.
fn read(
    batches: std::result::Result<Batches, ArrowError>,
    blocks: &SyncSender<io::Result<Vec<u8>>>,
) -> std::result::Result<(), String> {
    let (mut rows, mut count) = (Vec::with_capacity(BLOCK + BLOCK / 4), 0);
    let flush = |rows: &mut Vec<u8>, count: &mut u64| {
        let mut block = Vec::with_capacity(rows.len() + 64);
        data::push_block(*count, rows, &mut block);
        rows.clear();
        *count = 0;
        blocks.send(Ok(block)).is_ok()
    };
    for batch in batches.map_err(|error| error.to_string())? {
        let batch = batch.map_err(|error| error.to_string())?;
        let columns = get::columns(&batch)?;
        for row in 0..batch.num_rows() {
            get::record(&columns, row, &mut rows)?;
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
