//! Blocks that a run takes from the heap, as dhat counts them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::support::raw::Raw;
use pagemill::format::Format;
use pagemill::job::{Job, SourceSpec, TargetSpec};

use super::support::inputs::{flags_for, sample};

/// Slices are this large, so that a small input has many.
const SLICE: &str = "8KiB";

/// Throws bytes away and notes when the heap last gave out a block.
struct Watch {
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    writes: AtomicU64,
    /// The blocks at the last write.
    blocks: AtomicU64,
    /// How many of the last writes saw no new block.
    quiet: AtomicU64,
}

impl Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let seen = &self.seen;
        seen.writes.fetch_add(1, Relaxed);
        let blocks = dhat::HeapStats::get().total_blocks;
        if seen.blocks.swap(blocks, Relaxed) == blocks {
            seen.quiet.fetch_add(1, Relaxed);
        } else {
            seen.quiet.store(0, Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a run took.
#[derive(Debug)]
pub struct Took {
    /// All blocks.
    pub blocks: u64,
    /// How many writes there were.
    pub writes: u64,
    /// How many of the last ones saw no new block.
    pub quiet: u64,
}

fn run(from: Format, to: Format, path: &Path, flags: &Raw, workers: usize) -> Took {
    let seen = Arc::new(Seen::default());
    let mut settings = flags.validate().expect("flags that mean something");
    (settings.from, settings.to, settings.workers) = (Some(from), Some(to), workers);
    others_end();
    let before = dhat::HeapStats::get().total_blocks;
    let target = TargetSpec::Writer(Box::new(Watch { seen: seen.clone() }));
    let report = Job::new(SourceSpec::Path(path.to_path_buf()), target)
        .with(|own| *own = settings)
        .run()
        .unwrap_or_else(|e| panic!("{from} to {to}: {e}"));
    let blocks = dhat::HeapStats::get().total_blocks - before;
    assert!(report.records_out > 100 || report.to == "text", "{report:?}");
    Took { blocks, writes: seen.writes.load(Relaxed), quiet: seen.quiet.load(Relaxed) }
}

/// Checks that each conversion takes blocks only at its beginning, and as many for four times the input.
pub fn check(cases: &[(Format, Format, Raw)], folder: &Path) {
    let paths = [folder.join("small"), folder.join("large")];
    for (from, to, flags) in cases {
        for io in ["map", "read"] {
            let flags = Raw { slice_size: Some(SLICE.into()), io: Some(io.into()), ..flags.clone() };
            write(*from, &flags, &paths);
            // A thread may keep something for its next run.
            run(*from, *to, &paths[0], &flags, 1);
            let [small, large] = paths.each_ref().map(|path| run(*from, *to, path, &flags, 1));
            let said = (&flags.op, &flags.steps, &flags.types, &flags.join_lists, flags.omit_null);
            let what = format!("{from} to {to}, {io}, {said:?}: {small:?}, {large:?}");
            assert!(large.writes > 40 || !flags.op.is_empty(), "too few writes to prove anything: {what}");
            // The first slices may find that a scratch buffer is too small.
            assert!(large.quiet + 8 >= large.writes, "blocks in the steady state: {what}");
            assert_eq!(small.blocks, large.blocks, "more blocks for more input: {what}");
        }
    }
    // With two workers it is not certain when each gets its first slice, and threads that end take blocks
    // of their own: last, and by the great difference.
    for (from, to, flags) in cases {
        let flags = Raw { slice_size: Some(SLICE.into()), ..flags.clone() };
        write(*from, &flags, &paths);
        let [small, large] = paths.each_ref().map(|path| run(*from, *to, path, &flags, 2));
        let what = format!("{from} to {to}, two workers: {small:?}, {large:?}");
        // One that gets none of the small input takes what is its own with the large one; a regex takes 150 blocks.
        let own = if flags.steps.is_empty() { 100 } else { 250 };
        assert!(large.blocks < small.blocks + own, "more blocks for more input: {what}");
    }
}

fn write(from: Format, flags: &Raw, paths: &[PathBuf; 2]) {
    for (path, records) in paths.iter().zip([1500, 6000]) {
        std::fs::write(path, sample(from, flags, records)).expect("a file");
    }
    others_end();
}

/// Waits for the threads of earlier runs: a thread takes blocks of its own when it ends.
fn others_end() {
    for _ in 0..1000 {
        if std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Flags for a pair of formats, with ops.
pub fn flags(from: Format, to: Format, op: &str) -> Raw {
    let mut flags = Raw { op: if op.is_empty() { Vec::new() } else { vec![op.to_string()] }, ..flags_for(from, to) };
    if to == Format::Avro {
        // Many blocks, as with slices.
        flags.more.push(("block-size", "1KiB".into()));
    }
    flags
}
