//! The worker loop: the program on one screen.

use std::cell::RefCell;
use std::time::Instant;

use crate::flow::convert::Conversion;
use crate::flow::decoders::Decoders;
use crate::flow::end::End;
use crate::flow::failure::failure;
use crate::flow::feed::Slice;
use crate::flow::kept::Keeper;
use crate::flow::order::commit::{Done, SliceDrain};
use crate::flow::policy::Policy;
use crate::flow::replay;
use crate::flow::shared::{Shared, Stop};
use crate::flow::trial::Trial;
use crate::flow::wanted::Wanted;
use crate::memory::Arena;
use crate::record::RECORDS;

/// What one worker owns; all of it is reused from slice to slice.
pub(crate) struct Worker<'e> {
    /// Its number, from 0.
    pub index: usize,
    pub decoders: Decoders,
    pub end: End<'e>,
    pub arena: Arena,
    /// How many records fill a batch: fewer than usual where ops need much memory.
    pub most: usize,
    /// A record of a quarantine.
    pub record: Vec<u8>,
    /// How many records it had, and those of an earlier run: the number of records so far if it is the only worker.
    pub records: u64,
    /// Which records are still wanted. If they are counted, it is the only worker.
    pub wanted: Wanted,
    /// Finds out what the target refuses of those that are not written.
    pub trial: Option<Trial>,
    /// Keeps the records that stay of those that are equal.
    pub keeper: Option<Keeper>,
}

impl Worker<'_> {
    /// Converts slices until there are no more.
    pub fn run(&mut self, shared: &Shared<'_>) {
        let mut meter = shared.pass.meter(self.index);
        while let Some((mut buffer, notes)) = shared.committer.buffer(self.index) {
            meter.begin_cut();
            let more = !self.wanted.is_over();
            let Some((slice, cut)) = more.then(|| shared.feed.next(Some(&mut self.arena))).flatten() else {
                shared.committer.end(buffer);
                break;
            };
            meter.begin_slice();
            let (claimed, bad) = (Instant::now(), RefCell::new(notes));
            let mut drain = SliceDrain::new(&shared.committer, &slice, shared.source, shared.map, &bad);
            let mut keeper = self.keeper.take();
            let mut work = Conversion::new(shared, &mut buffer, &mut drain, &mut meter, keeper.as_mut(), self.wanted);
            let stop = self.convert_slice(&slice, &mut work, &Policy::new(shared, &slice, self.records, &bad)).err();
            self.wanted = work.wanted;
            let (len, drained, totals) = work.finish();
            self.keeper = keeper;
            self.records += totals.records_in;
            meter.end_conversion();
            let failed = failure(shared, &slice, cut.err(), stop);
            let bad = bad.into_inner();
            let mut done = Done { offset: slice.offset, buffer, len, drained, bad, totals, claimed, failed };
            // Checked after the slice's bytes were last read and before the output is committed. An error may come
            // from zeros that the cutter saw further on.
            if let Some(error) = shared.damage(if done.failed.is_some() { u64::MAX } else { slice.end() }) {
                done.void(error);
            }
            let (index, read, written) = (slice.index, slice.bytes().len(), done.written());
            shared.feed.finished(read, written, done.buffer.len(), done.failed.is_some());
            shared.feed.release(&slice);
            shared.committer.commit(index, done);
            shared.feed.done(slice, Some(&mut self.arena), shared.governor.lean());
            shared.governor.look(index, &shared.feed, &shared.committer, shared.map);
            if let Some(written) = self.end.written_elsewhere() {
                shared.pass.written_elsewhere(written);
            }
            meter.end_slice(read, written, self.arena.held());
        }
        meter.end_run();
    }

    /// Converts one slice; of a quarantine, each of the records that its lines hold.
    fn convert_slice(
        &mut self,
        slice: &Slice<'_>,
        work: &mut Conversion<'_, '_>,
        policy: &Policy<'_, '_>,
    ) -> Result<(), Stop> {
        match (slice.passed(), policy.shared.replay) {
            (Some((error, len)), _) => work.leave_out_oversized(error, len, policy),
            (None, None) => self.convert(work, policy),
            (None, Some(section)) => {
                let mut room = std::mem::take(&mut self.record);
                let outcome = replay::each(section, &mut room, work, policy, |work, policy| self.convert(work, policy));
                self.record = room;
                outcome
            }
        }
    }

    /// Records: decode → ops → encode or fold, batch by batch.
    fn convert(&mut self, work: &mut Conversion<'_, '_>, policy: &Policy<'_, '_>) -> Result<(), Stop> {
        self.decoders.begin(policy.bytes, policy.shared);
        let first = work.totals.records_in;
        self.most = RECORDS.min(2 * self.most);
        let (mut fresh, mut once) = (false, None);
        loop {
            self.arena.reset();
            let tests = self.decoders.tests();
            let most = once.take().unwrap_or(self.most.min(work.most()));
            let mut batch = work.batch(&self.arena, most, tests, policy);
            let filled = work.decode(self.decoders.current(), &mut batch, policy);
            work.apply_ops(&mut batch, &mut self.trial, policy, tests)?;
            if let Some(again) = work.again(&mut batch, &filled, policy, tests, fresh) {
                drop(batch);
                (self.most, once) = (again.most.unwrap_or(self.most), again.once);
                self.decoders.decode_whole(again.whole);
                work.go_back(first, &mut self.decoders, &mut self.arena, policy)?;
                fresh = true;
                continue;
            }
            fresh = false;
            let before = work.wanted;
            if let Err(stop) = work.encode(&mut self.end, &mut batch, self.trial.as_ref(), policy) {
                drop(batch);
                if let Stop::Record(bad, _) = stop {
                    work.count_before(bad, first, before, &mut self.decoders, &mut self.arena, policy)?;
                }
                return Err(stop);
            }
            if work.wanted.is_over() {
                return Ok(());
            }
            let goes_on = match filled {
                Ok(goes_on) => goes_on,
                Err(error) => work.leave_out(error, self.decoders.current(), policy)?,
            };
            if !goes_on {
                return Ok(());
            }
        }
    }
}
