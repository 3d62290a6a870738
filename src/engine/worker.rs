//! The worker loop: the program on one screen.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use super::commit::{Committer, Done, SliceDrain};
use super::feed::Slice;
use super::gate::Gate;
use super::governor::Governor;
use super::large;
use super::phases::{Lap, Phases, Stage};
use super::settings::OnError;
use super::totals::SliceTotals;
use crate::error::{Error, Fault, Position, RecordError};
use crate::format::{Decode, Encode};
use crate::memory::Arena;
use crate::op::Op;
use crate::record::{Batch, EncodeError, Output, Schema, record_too_large};
use crate::source::damage;
use crate::sys::Map;

/// What all workers of a run share.
pub(super) struct Shared<'r> {
    pub feed: Gate<'r>,
    pub committer: Committer<'r>,
    pub governor: Governor<'r>,
    pub source: &'r Path,
    pub map: Option<&'r Map>,
    /// The fields of batches in columns.
    pub schema: Option<&'r Schema>,
    pub ops: &'r [std::sync::Arc<dyn Op>],
    pub on_error: OnError,
    pub strict: bool,
    pub max_record: usize,
    pub phases: &'r Phases,
}

impl Shared<'_> {
    /// An error if one of the first `end` bytes of a mapped source is not the file's any more.
    fn damage(&self, end: u64) -> Option<Error> {
        damage(self.map?, self.source, end)
    }
}

/// What one worker owns; all of it is reused from slice to slice.
pub(super) struct Worker {
    /// Its number, from 0.
    pub index: usize,
    pub decoder: Box<dyn Decode>,
    pub encoder: Box<dyn Encode>,
    pub arena: Arena,
    /// The bytes of a slice of a stream.
    pub window: Vec<u8>,
}

/// Why a slice ended early.
enum Stop {
    /// A bad record: its index in the slice, and why.
    Record(u64, RecordError),
    Run(Error),
}

impl Worker {
    /// Converts slices until there are no more.
    pub fn run(&mut self, shared: &Shared<'_>) {
        let mut lap = shared.phases.lap();
        let mut warm = false;
        while let Some(mut buffer) = shared.committer.buffer(self.index) {
            let Some((slice, cut)) = shared.feed.next(&mut self.window, Some(&mut self.arena)) else {
                shared.committer.end(buffer);
                break;
            };
            shared.phases.book(&mut lap, Stage::Cut);
            let claimed = Instant::now();
            let bytes = slice.mapped.unwrap_or(&self.window);
            let (start, end) = (slice.offset, slice.offset + bytes.len() as u64);
            let mapped = shared.map.map(|map| (map, shared.source, end));
            let mut drain = SliceDrain { committer: &shared.committer, index: slice.index, offset: start, mapped };
            let mut output = Output::new(&mut buffer, &mut drain, shared.strict);
            output.set_careful(shared.on_error == OnError::Skip);
            let mut totals = SliceTotals::default();
            let parts = (&mut *self.decoder, &mut *self.encoder, &mut self.arena);
            let stop = convert(shared, bytes, parts, &mut output, &mut totals, &mut lap).err();
            totals.records_out = output.records;
            totals.lossy.add(&output.lossy);
            let (mut len, written) = (output.len(), output.drained() as usize + output.len());
            let mut failed = failure(shared, &slice, cut.err(), stop);
            // Behind the last look at the slice's bytes and before they become a part of the output. An error may
            // come from zeros that the cutter saw further on.
            if let Some(error) = shared.damage(if failed.is_some() { u64::MAX } else { end }) {
                len = 0;
                failed = Some(Box::new(|_| error));
            }
            shared.feed.lock().finished(bytes.len(), written, buffer.len(), failed.is_some());
            let index = slice.index;
            shared.committer.commit(index, Done { offset: start, buffer, len, totals, claimed, failed });
            if let Some(map) = shared.map {
                release(map, start, end);
            }
            shared.feed.done(slice, &mut self.window, Some(&mut self.arena), shared.governor.lean());
            shared.governor.look(index, &shared.feed, &shared.committer, shared.map);
            shared.phases.book(&mut lap, Stage::Commit);
            if !std::mem::replace(&mut warm, true) {
                shared.phases.warmed_up();
            }
        }
    }
}

/// The parts of a worker that a slice goes through.
type Parts<'w> = (&'w mut (dyn Decode + 'static), &'w mut (dyn Encode + 'static), &'w mut Arena);

/// One slice: decode → ops → encode, batch by batch.
fn convert(
    shared: &Shared<'_>,
    bytes: &[u8],
    (decoder, encoder, arena): Parts<'_>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    lap: &mut Lap,
) -> Result<(), Stop> {
    decoder.begin(bytes);
    loop {
        arena.reset();
        let mut batch = Batch::new(arena, bytes, shared.schema, shared.max_record);
        let filled = decoder.fill(bytes, &mut batch);
        batch.abandon();
        shared.phases.book(lap, Stage::Decode);
        for op in shared.ops {
            op.apply(&mut batch);
        }
        shared.phases.book(lap, Stage::Ops);
        encode(encoder, &mut batch, output, totals, shared.on_error)?;
        shared.phases.book(lap, Stage::Encode);
        totals.records_in += batch.len() as u64;
        totals.lossy.add(&batch.lossy);
        match filled {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                let record = decoder.skip_record(bytes);
                let error = too_large(error, record, shared.max_record);
                bad_record(error, totals.records_in, totals, shared.on_error)?;
                totals.records_in += 1;
            }
        }
    }
}

/// Encodes a batch; bad records end the slice or are left out.
fn encode(
    encoder: &mut dyn Encode,
    batch: &mut Batch<'_>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    on_error: OnError,
) -> Result<(), Stop> {
    let mut from = 0;
    for (index, error) in batch.take_rejected() {
        encode_range(encoder, batch, from..index, output, totals, on_error)?;
        bad_record(error, totals.records_in + index as u64, totals, on_error)?;
        from = index + 1;
    }
    encode_range(encoder, batch, from..batch.len(), output, totals, on_error)
}

fn encode_range(
    encoder: &mut dyn Encode,
    batch: &Batch<'_>,
    mut records: Range<usize>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    on_error: OnError,
) -> Result<(), Stop> {
    while !records.is_empty() {
        let (index, error) = match large::encode(encoder, batch, records.clone(), output) {
            Ok(()) => return Ok(()),
            Err(EncodeError::Record { index, error }) => (index, error),
            Err(EncodeError::Stop(error)) => return Err(Stop::Run(error)),
        };
        bad_record(error, totals.records_in + index as u64, totals, on_error)?;
        records.start = index + 1;
    }
    Ok(())
}

/// A record that is too large is just that, whatever else is wrong with it: in smaller slices its end is not even
/// looked for.
fn too_large(error: RecordError, record: Range<usize>, max: usize) -> RecordError {
    match error.fault {
        Fault::TooLarge => error,
        _ if record.len() > max => record_too_large(record.start, max),
        _ => error,
    }
}

fn bad_record(error: RecordError, index: u64, totals: &mut SliceTotals, on_error: OnError) -> Result<(), Stop> {
    // What is no fault of the record's own ends the run: leaving it out would lose data.
    if on_error == OnError::Fail || error.fault != Fault::Record {
        return Err(Stop::Record(index, error));
    }
    totals.records_failed += 1;
    Ok(())
}

type Failure = Box<dyn FnOnce(u64) -> Error + Send>;

/// How the run ends, if this slice ends it; told once the number of records before the slice is known.
fn failure(
    shared: &Shared<'_>,
    slice: &Slice<'_>,
    cut: Option<super::feed::FeedError>,
    stop: Option<Stop>,
) -> Option<Failure> {
    if cut.is_none() && stop.is_none() {
        return None;
    }
    let (source, offset) = (shared.source.to_path_buf(), slice.offset);
    if let Some(error) = cut {
        return Some(Box::new(move |records| error.at(&source, records, offset)));
    }
    match stop? {
        Stop::Run(error) => Some(Box::new(|_| error)),
        Stop::Record(index, error) => Some(Box::new(move |records| {
            let position = Position { file: source, record: records + index + 1, offset: offset + error.offset as u64 };
            Error::data(position, error)
        })),
    }
}

/// Gives back the pages of a finished slice, and the page tables of every finished stretch.
pub(super) fn release(map: &Map, start: u64, end: u64) {
    const STRETCH: u64 = 64 << 20;
    map.release(start as usize..end as usize);
    let (before, now) = (start / STRETCH, end / STRETCH);
    if now > before && now >= 2 {
        // The stretch before the last one: slices in flight do not reach back so far.
        map.release_tables(((now - 2) * STRETCH) as usize..((now - 1) * STRETCH) as usize);
    }
}
