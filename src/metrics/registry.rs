//! The registry: everything a job counts, whether it has one source or many.
//!
//! The cells belong to the current [`Pass`]; what earlier passes counted is added up here. The lock is taken when a
//! pass begins or ends and by readers, never by workers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::counted::Metrics;
use super::pass::{Begin, Pass};
use crate::memory::audit;

/// What a job counts, for those who look at it. A clone is the same registry.
#[derive(Clone, Debug)]
pub(crate) struct Registry(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What the sources that are done have together.
    done: Metrics,
    /// The last pass that began.
    pass: Option<Arc<Pass>>,
    /// It is included in `done`.
    ended: bool,
    /// Blocks that the process had allocated when the job began, or the last pass ended.
    blocks: u64,
    /// The largest groups so far, if somebody looks at them; none: nobody does.
    groups: Option<Vec<String>>,
}

impl Registry {
    pub fn new() -> Registry {
        let blocks = audit::counts().blocks;
        Registry(Arc::new(Mutex::new(State { done: Metrics::none(), pass: None, ended: false, blocks, groups: None })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pass begins. What the one before counted is forgotten, unless that one was [ended](Self::end).
    pub fn begin(&self, begin: Begin<'_>) -> Arc<Pass> {
        let pass = Arc::new(Pass::new(begin));
        let mut state = self.lock();
        (state.pass, state.ended, state.done.merged_entries) = (Some(Arc::clone(&pass)), false, 0);
        pass
    }

    /// The pass went well: what it counted counts, and the source is done.
    pub fn end(&self) {
        if self.pause() {
            self.lock().done.sources_done += 1;
        }
    }

    /// The pass went well, and another one goes on with its source. Whether it had not ended before.
    pub fn pause(&self) -> bool {
        let state = &mut *self.lock();
        if let (Some(pass), false) = (&state.pass, state.ended) {
            pass.add_to(&mut state.done);
            state.done.start_blocks += pass.start_blocks(state.blocks);
            state.blocks = audit::counts().blocks;
            state.ended = true;
            return true;
        }
        false
    }

    /// The pass failed, and the job goes on without its source: what it counted is taken back.
    pub fn forget(&self) {
        self.lock().ended = true;
    }

    /// The last bytes of a compressed target were written, so that this many were in all.
    pub fn flushed(&self, written: u64) {
        self.lock().done.written_bytes = written;
    }

    /// So many records were counted without being read one by one.
    pub fn counted(&self, records: u64) {
        self.lock().done.records_read += records;
    }

    /// Somebody looks at the largest groups from now on.
    pub fn watch_groups(&self) {
        self.lock().groups.get_or_insert_with(Vec::new);
    }

    /// Whether somebody looks at the largest groups.
    pub fn are_groups_watched(&self) -> bool {
        self.lock().groups.is_some()
    }

    /// These are the largest groups so far.
    pub fn show_groups(&self, groups: Vec<String>) {
        self.lock().groups = Some(groups);
    }

    /// The largest groups so far, in lines of text.
    pub fn groups(&self) -> Vec<String> {
        self.lock().groups.clone().unwrap_or_default()
    }

    /// This many more entries of sorted runs on disk were merged.
    pub fn merged(&self, entries: u64) {
        self.lock().done.merged_entries += entries;
    }

    /// A result was written in place of records: this many bytes, and this many records of its own.
    pub fn result(&self, written: u64, records: u64) {
        let done = &mut self.lock().done;
        (done.written_bytes, done.records_written) = (written, records);
    }

    /// A look at what the sources that are done have together.
    pub fn with_done<T>(&self, look: impl FnOnce(&Metrics) -> T) -> T {
        look(&self.lock().done)
    }

    /// What was counted until now.
    pub fn snapshot(&self) -> Metrics {
        let state = self.lock();
        let mut metrics = state.done.clone();
        let (pass, blocks) = (state.pass.clone().filter(|_| !state.ended), state.blocks);
        drop(state);
        if let Some(pass) = pass {
            pass.add_to(&mut metrics);
            metrics.start_blocks += pass.start_blocks(blocks);
            pass.describe(&mut metrics);
        }
        metrics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Committed;

    fn pass(registry: &Registry, records: u64) -> Arc<Pass> {
        let pass = registry.begin(Begin {
            input_size: Some(100),
            workers: 2,
            buffers: 3,
            written_before: 50,
            read_before: 0,
            buffer_bytes: 99,
            codec: 7,
            ..Begin::default()
        });
        pass.read_to(100, 1);
        pass.buffer_taken();
        let mut meter = pass.meter(1);
        meter.begin_slice();
        meter.end_slice(100, 30, 4096);
        pass.committed(&Committed { written: 80, records_read: records, ..Committed::default() });
        pass.took(std::time::Duration::from_micros(5), records);
        pass
    }

    #[test]
    fn passes_that_went_well_add_up() {
        let registry = Registry::new();
        pass(&registry, 10);
        let now = registry.snapshot();
        assert_eq!((now.records_read, now.read_bytes, now.written_bytes, now.encoded_bytes), (10, 100, 30, 30));
        assert_eq!((now.pool.used, now.pool.idle, now.arena_bytes, now.codec_bytes), (1, 2, 4096, 7));
        assert_eq!((now.workers.converting, now.sources_done, now.input_size_bytes), (1, 0, Some(100)));
        assert_eq!((now.buffer_bytes, now.checkpoints, now.checkpoint_position_bytes), (99, 0, None));
        registry.end();
        registry.end();
        // This one is begun anew, and the next one fails.
        pass(&registry, 1_000);
        pass(&registry, 5);
        registry.end();
        pass(&registry, 1_000);
        assert_eq!(registry.snapshot().records_read, 1_015);
        registry.forget();
        let now = registry.snapshot();
        assert_eq!((now.records_read, now.record_latency.count(), now.sources_done), (15, 15, 2));
        assert_eq!((now.slices_processed, now.workers.converting), (2, 0));
        assert_eq!(registry.with_done(|done| done.records_read), 15);
    }
}
