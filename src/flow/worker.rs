//! The worker loop: the program on one screen.

use std::cell::RefCell;
use std::convert::Infallible;
use std::ops::Range;
use std::time::Instant;

use crate::error::{Error, Fault, Position, RecordError};
use crate::flow::feed::Slice;
use crate::flow::feed::failed::FeedError;
use crate::flow::large;
use crate::flow::order::commit::{Done, SliceDrain};
use crate::flow::phases::{Lap, Stage};
use crate::flow::place::Place;
use crate::flow::policy::{At, Policy, too_large, unread};
use crate::flow::shared::{Shared, Stop};
use crate::flow::totals::SliceTotals;
use crate::format::{Decode, Encode};
use crate::job::settings::OnError;
use crate::memory::Arena;
use crate::record::{Apart, Batch, EncodeError, Output, Paths, Seen, with_key};
use crate::source::MARK;

/// What one worker owns; all of it is reused from slice to slice.
pub(crate) struct Worker {
    /// Its number, from 0.
    pub index: usize,
    pub decoder: Box<dyn Decode>,
    pub encoder: Box<dyn Encode>,
    pub arena: Arena,
    /// A record of a quarantine.
    pub record: Vec<u8>,
}

impl Worker {
    /// Converts slices until there are no more.
    pub fn run(&mut self, shared: &Shared<'_>) {
        let mut lap = shared.phases.lap();
        let mut warm = false;
        while let Some((mut buffer, notes)) = shared.committer.buffer(self.index) {
            let Some((slice, cut)) = shared.feed.next(Some(&mut self.arena)) else {
                shared.committer.end(buffer);
                break;
            };
            shared.phases.book(&mut lap, Stage::Cut);
            let claimed = Instant::now();
            let bytes = slice.bytes();
            let (start, end) = (slice.offset, slice.offset + slice.len());
            let mapped = shared.map.map(|map| (map, shared.source, end));
            let bad = RefCell::new(notes);
            let (index, committer) = (slice.index, &shared.committer);
            let mut drain = SliceDrain { committer, index, offset: start, bad: &bad, drained: 0, mapped };
            let mut output = Output::new(&mut buffer, &mut drain, shared.strict);
            output.set_careful(shared.on_error != OnError::Fail);
            let mut totals = SliceTotals::default();
            let parts = (&mut *self.decoder, &mut *self.encoder, &mut self.arena);
            let policy = Policy {
                shared,
                index,
                bytes,
                at: At::Source(start),
                line: slice.line,
                after: &slice.after,
                bad: &bad,
            };
            let stop = match slice.passed() {
                None => records(&policy, &mut self.record, parts, &mut output, &mut totals, &mut lap).err(),
                Some((error, len)) => oversized(&policy, error, len, &mut output, &mut totals).err(),
            };
            totals.records_out = output.records;
            totals.lossy.add(&output.lossy);
            let (mut len, drained) = (output.len(), output.drained());
            let written = drained as usize + len;
            let mut failed = failure(shared, &slice, cut.err(), stop);
            // Behind the last look at the slice's bytes and before they become a part of the output. An error may
            // come from zeros that the cutter saw further on.
            if let Some(error) = shared.damage(if failed.is_some() { u64::MAX } else { end }) {
                len = 0;
                bad.borrow_mut().clear();
                failed = Some(Box::new(|_| error));
            }
            shared.feed.finished(bytes.len(), written, buffer.len(), failed.is_some());
            shared.feed.release(&slice);
            let bad = bad.into_inner();
            committer.commit(index, Done { offset: start, buffer, len, drained, bad, totals, claimed, failed });
            shared.feed.done(slice, Some(&mut self.arena), shared.governor.lean());
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

/// One slice, or each of the records that the lines of a quarantine hold.
fn records(
    policy: &Policy<'_, '_>,
    room: &mut Vec<u8>,
    (decoder, encoder, arena): Parts<'_>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    lap: &mut Lap,
) -> Result<(), Stop> {
    match (policy.shared.replay, policy.at) {
        (Some(section), At::Source(offset)) => section.each(policy.bytes, offset, room, |origin, bytes| {
            let before = totals.records_in;
            let policy = Policy { bytes, at: At::Origin(origin, before), ..*policy };
            if !origin.document {
                convert(&policy, (&mut *decoder, &mut *encoder, &mut *arena), output, totals, lap)?;
            }
            if totals.records_in > before {
                return Ok(());
            }
            // A blank line, for example. What somebody repaired must not get lost.
            let error = RecordError::new(0, "this line of the quarantine has no record")
                .hint("Put a record into `text`, or delete the whole line.");
            let error = if origin.document { error.fault(Fault::Document) } else { error };
            policy.bad_record(error, (before, 0..bytes.len()), output, totals)?;
            totals.records_in += 1;
            Ok(())
        }),
        _ => convert(policy, (decoder, encoder, arena), output, totals, lap),
    }
}

/// A record that was passed over.
#[cold]
fn oversized(
    policy: &Policy<'_, '_>,
    error: &RecordError,
    len: u64,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
) -> Result<(), Stop> {
    policy.bad_record(error.clone(), (0, 0..len as usize), output, totals)?;
    totals.records_in += 1;
    Ok(())
}

/// One slice: decode → ops → encode, batch by batch.
fn convert(
    policy: &Policy<'_, '_>,
    (decoder, encoder, arena): Parts<'_>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    lap: &mut Lap,
) -> Result<(), Stop> {
    let (shared, bytes) = (policy.shared, policy.bytes);
    decoder.begin(bytes);
    loop {
        arena.reset();
        let mut batch = Batch::new(arena, bytes, shared.schema, shared.max_record);
        batch.set_untyped_is_text(shared.untyped_is_text);
        batch.set_strict(shared.strict);
        let filled = decoder.fill(bytes, &mut batch);
        batch.abandon();
        if policy.index == 0 && totals.records_in == 0 {
            learn(&batch, shared.seen);
        }
        shared.phases.book(lap, Stage::Decode);
        for (op, number) in shared.ops {
            batch.set_seen(Some((shared.seen, *number)));
            op.apply(&mut batch);
        }
        if let Some(names) = shared.renamed {
            batch.rename(names);
        }
        if shared.marked.is_some() {
            refuse_marked(&mut batch);
        }
        shared.phases.book(lap, Stage::Ops);
        encode(encoder, &mut batch, output, totals, policy)?;
        shared.phases.book(lap, Stage::Encode);
        if let (Some((record, place)), None) = (batch.odd_quote(), totals.odd_quote) {
            let start = if let At::Source(start) = policy.at { start } else { 0 };
            totals.odd_quote = Some((totals.records_in + record as u64, start + place as u64));
            totals.odd_place = odd_place(policy, place);
        }
        totals.records_in += batch.len() as u64;
        totals.lossy.add(batch.lossy());
        match filled {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                let record = decoder.skip_record(bytes);
                let whole = policy.whole(totals.records_in);
                let over = whole.is_some();
                let record = whole.unwrap_or(record);
                let error = too_large(error, &record, shared.max_record);
                policy.bad_record(error, (totals.records_in, record), output, totals)?;
                totals.records_in += 1;
                if over {
                    return Ok(());
                }
            }
        }
    }
}

/// What is in a stream where text follows a closing quote: nobody can look at it again. Of a record from elsewhere it
/// is there that matters.
#[cold]
fn odd_place(policy: &Policy<'_, '_>, offset: usize) -> Place {
    match (policy.shared.map, policy.at) {
        (_, At::Origin(origin, _)) => {
            let place = Place::new(policy.bytes, offset, policy.shared.lines, origin.line);
            let place = if origin.exact { place } else { place.in_line(origin.line) };
            place.from(origin.position(offset))
        }
        (Some(_), _) => Place::default(),
        (None, _) => Place::before(policy.bytes, offset, policy.shared.lines, (policy.line, policy.after)),
    }
}

/// Names that records have, from the first batch: if one that was given never comes, one of them may be meant.
#[cold]
fn learn(batch: &Batch<'_>, seen: &Seen) {
    if seen.is_empty() || batch.schema().is_some() {
        return;
    }
    let mut paths = Paths::default();
    for record in 0..batch.len() {
        let (values, keys) = batch.tree(record).nodes();
        let walked = paths.walk(values, keys, &Apart::All, |path, key, _| {
            with_key(path, key, |path| seen.learn(path));
            Ok::<(), Infallible>(())
        });
        let Ok(()) = walked;
    }
}

/// Refuses the records that are malformed in the encoding of the source, whatever becomes of their fields.
#[cold]
fn refuse_marked(batch: &mut Batch<'_>) {
    for record in 0..batch.len() {
        if memchr::memchr(MARK, batch.source(record)).is_some() {
            batch.reject(record, "the record is malformed");
        }
    }
}

/// Encodes a batch; bad records end the slice or are left out.
fn encode(
    encoder: &mut dyn Encode,
    batch: &mut Batch<'_>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    policy: &Policy<'_, '_>,
) -> Result<(), Stop> {
    let mut from = 0;
    for (index, error) in batch.take_rejected() {
        encode_range(encoder, batch, from..index, output, totals, policy)?;
        policy.bad_record(error, place(batch, index, totals), output, totals)?;
        from = index + 1;
    }
    encode_range(encoder, batch, from..batch.len(), output, totals, policy)
}

/// The number of a record in the slice, and where it lies.
fn place(batch: &Batch<'_>, index: usize, totals: &SliceTotals) -> (u64, Range<usize>) {
    let span = batch.span(index);
    (totals.records_in + index as u64, span.start..span.end)
}

fn encode_range(
    encoder: &mut dyn Encode,
    batch: &Batch<'_>,
    mut records: Range<usize>,
    output: &mut Output<'_>,
    totals: &mut SliceTotals,
    policy: &Policy<'_, '_>,
) -> Result<(), Stop> {
    while !records.is_empty() {
        let (index, error) = match large::encode(encoder, batch, records.clone(), output) {
            Ok(()) => return Ok(()),
            Err(EncodeError::Record { index, error }) => (index, error),
            Err(EncodeError::Stop(error)) => return Err(Stop::Run(error)),
        };
        policy.bad_record(error, place(batch, index, totals), output, totals)?;
        records.start = index + 1;
    }
    Ok(())
}

type Failure = Box<dyn FnOnce(u64) -> Error + Send>;

/// How the run ends, if this slice ends it; told once the number of records before the slice is known.
fn failure(shared: &Shared<'_>, slice: &Slice<'_>, cut: Option<FeedError>, stop: Option<Stop>) -> Option<Failure> {
    if cut.is_none() && stop.is_none() {
        return None;
    }
    // The line of a mapped source is looked for with what is there.
    let line = if shared.map.is_some() { 0 } else { slice.line };
    let (source, offset) = (shared.source.to_path_buf(), slice.offset);
    if let Some(mut error) = cut {
        if let FeedError::Cut(bad, place) = error {
            let lost = shared.on_error != OnError::Fail;
            let start = offset + bad.offset as u64;
            error = FeedError::Cut(if lost { unread(bad, start, shared.len) } else { bad }, place);
        }
        return Some(Box::new(move |records| error.at(&source, records, (offset, line))));
    }
    match stop? {
        Stop::Run(error) => Some(Box::new(|_| error)),
        Stop::Record(index, error) => {
            let place = Place::before(slice.bytes(), error.offset, shared.lines, (line, &slice.after));
            Some(Box::new(move |records| {
                let position = Position::new(source, records + index + 1, offset + error.offset as u64);
                place.tell(Error::data(position, error))
            }))
        }
    }
}
