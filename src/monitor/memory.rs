//! Resident memory by what it is for.

use super::sample::Memory;
use crate::metrics::Metrics;
use crate::sys::usage::Usage;

/// What is read of the process, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub usage: Usage,
    /// Resident pages of the program and its libraries.
    pub program: u64,
    /// What the heap holds; 0 where nothing counts it.
    pub heap: u64,
    pub peak: u64,
    /// The memory limit of the run.
    pub limit: u64,
    /// What is free on the target's file system; none: nobody knows.
    pub free: Option<u64>,
}

/// Divides what is resident.
pub(super) fn split(seen: &Seen, metrics: Option<&Metrics>) -> Memory {
    let Seen { usage, program, heap, peak, limit, free: _ } = *seen;
    let (arenas, codec, buffers) =
        metrics.map_or((0, 0, 0), |metrics| (metrics.arena_bytes, metrics.codec_bytes, metrics.buffer_bytes));
    let other = heap.saturating_sub(arenas + codec + buffers);
    let program = program.min(usage.file);
    let mut left = usage.anonymous;
    let mut take = |bytes: u64| {
        let taken = bytes.min(left);
        left -= taken;
        taken
    };
    let (heap_other, arenas, codec, buffers) = (take(other), take(arenas), take(codec), take(buffers));
    Memory {
        code_stacks: program + left,
        heap_other,
        buffers,
        arenas,
        codec,
        mapped: usage.file - program,
        anonymous: usage.anonymous,
        file: usage.file,
        heap,
        peak: peak.max(usage.anonymous + usage.file),
        limit: usage.group.map_or(limit, |(_, group)| if limit == 0 { group } else { limit.min(group) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Progress;

    fn metrics() -> Metrics {
        let progress = Progress::new();
        progress.begin(None);
        let mut metrics = progress.metrics().expect("a job has begun");
        (metrics.arena_bytes, metrics.codec_bytes, metrics.buffer_bytes) = (3, 5, 16);
        metrics
    }

    #[test]
    fn kinds_add_up_to_what_is_resident() {
        let usage = |anonymous, file| Usage { anonymous, file, ..Usage::default() };
        let seen = Seen { usage: usage(40, 20), program: 4, heap: 30, peak: 70, limit: 100, free: None };
        let memory = split(&seen, Some(&metrics()));
        let kinds = |memory: &Memory| memory.kinds().map(|(_, bytes)| bytes);
        // 30 of the heap: 3 + 5 + 16 are known, 6 are other; 10 of the 40 are no heap.
        assert_eq!(kinds(&memory), [14, 6, 16, 3, 5, 16]);
        assert_eq!((memory.resident(), memory.peak, memory.limit), (60, 70, 100));
        // Buffers that nobody has touched are not resident.
        let memory = split(&Seen { usage: usage(20, 2), ..seen }, Some(&metrics()));
        assert_eq!(kinds(&memory), [2, 6, 6, 3, 5, 0]);
        for anonymous in 0..50 {
            let memory = split(&Seen { usage: usage(anonymous, 7), ..seen }, Some(&metrics()));
            assert_eq!(kinds(&memory).iter().sum::<u64>(), anonymous + 7);
        }
        // Nothing is known of a run that has not begun; the nearest limit counts.
        let grouped = Usage { group: Some((1, 50)), ..usage(9, 9) };
        let memory = split(&Seen { usage: grouped, heap: 0, ..seen }, None);
        assert_eq!((kinds(&memory), memory.limit), ([13, 0, 0, 0, 0, 5], 50));
    }
}
