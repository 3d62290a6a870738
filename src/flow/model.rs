//! Runs the committer and the feed in many of the orders in which workers can be scheduled: in each of them the output
//! is the input, and nobody waits for ever. `scripts/test_model.sh` runs these tests; no others run with the feature
//! `model`.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

use crate::error::Error;
use crate::flow::feed::gate::Gate;
use crate::flow::feed::room::Room;
use crate::flow::feed::window::Windows;
use crate::flow::feed::{Feed, Input};
use crate::flow::order::commit::{Begin, Committer, Done, Restriction, SliceDrain};
use crate::flow::order::reached::Place;
use crate::flow::totals::{SliceTotals, Totals};
use crate::format::{self, Format, Opening, Options};
use crate::memory::{Budget, Pool};
use crate::metrics::{self, Pass};
use crate::plan::memory::{Plan, Wishes};
use crate::record::Drain;
use crate::sink::Target;
use crate::source::{Access, Reader, Source};
use crate::sys::Map;

const WORKERS: usize = 3;
const BUFFERS: usize = WORKERS + 1;
/// How many bytes of an output buffer are used. The first part of a longer line is written while its slice goes on.
const BUFFER: usize = 32;
/// Each of them is a slice.
const LINES: usize = 9;
/// This line is longer than what is planned for a slice.
const LARGE: usize = 4;

#[derive(Clone, Copy, Default)]
struct Model {
    /// Output is written at offsets, into a file; else one part after the other.
    positional: bool,
    /// The source is read into windows; else it is mapped.
    streamed: bool,
    /// One slice has to be alone.
    large: bool,
    /// Fewer workers are active.
    pressure: bool,
    /// This slice ends the run.
    fails: Option<u64>,
}

fn text(large: bool) -> Vec<u8> {
    let len = |line| if large && line == LARGE { (64 << 10) + 1000 } else { [5, 80, 9][line % 3] };
    (0..LINES).flat_map(|line| format!("{line}{}\n", "-".repeat(len(line))).into_bytes()).collect()
}

fn map(large: bool) -> Map {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&text(large)).unwrap();
    Map::new(file).unwrap()
}

static SMALL_MAP: LazyLock<Map> = LazyLock::new(|| map(false));
static LARGE_MAP: LazyLock<Map> = LazyLock::new(|| map(true));

/// What a worker does, without records.
fn work(worker: usize, model: Model, gate: &Gate<'_>, committer: &Committer<'_>) {
    while let Some((mut buffer, bad)) = committer.buffer(worker) {
        let Some((slice, cut)) = gate.next(None) else { return committer.end(buffer) };
        assert!(cut.is_ok());
        let (index, offset, bad) = (slice.index, slice.offset, RefCell::new(bad));
        let mut drain = SliceDrain::new(committer, &slice, Path::new("source"), None, &bad);
        let (first, rest) = slice.bytes().split_at(slice.bytes().len().saturating_sub(BUFFER));
        let fails = model.fails == Some(index);
        let mut failed: Option<Box<dyn FnOnce(u64) -> Error + Send>> = None;
        if fails {
            failed = Some(Box::new(|before| Error::usage(format!("{before} before"))));
        } else if !first.is_empty()
            && let Err(error) = drain.drain(first)
        {
            failed = Some(Box::new(|_| error));
        }
        let (len, drained) = if failed.is_none() { (rest.len(), first.len() as u64) } else { (0, 0) };
        buffer[..len].copy_from_slice(&rest[..len]);
        gate.finished(slice.bytes().len(), drained as usize + len, BUFFER, failed.is_some());
        gate.release(&slice);
        let (claimed, bad) = (Instant::now(), bad.into_inner());
        let totals = SliceTotals { records_in: 1, records_out: 1, ..SliceTotals::default() };
        committer.commit(index, Done { offset, buffer, len, drained, bad, totals, claimed, failed });
        gate.done(slice, None, false);
    }
}

fn restrict(gate: &Gate<'_>, committer: &Committer<'_>) {
    // After the last of these, only the end of the run wakes parked workers.
    for active in [1, WORKERS, 2, 1] {
        committer.restrict(Restriction { active, in_flight: active, lean: false, idle: BUFFERS, room: BUFFER });
        gate.restrict(1, false, BUFFERS);
    }
}

fn run(model: Model) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let target = if model.positional { Target::open(&path, false, None).unwrap() } else { Target::memory() };
    let mut pool = Pool::new();
    pool.stock(BUFFER, BUFFERS).unwrap();
    let (place, totals) = (Place::after(0), Totals::default());
    let begin = Begin { place, first_skips: 0, totals, ledger: None, checkpoints: None };
    let pass = Pass::new(metrics::Begin { workers: WORKERS, buffers: BUFFERS, ..metrics::Begin::default() });
    let committer = Committer::new(&target, begin, &pass, pool, BUFFERS);

    let (streamed, memory_limit) = (model.streamed, 64 << 20);
    let plan = Plan::new(&Wishes { workers: WORKERS, slice_size: 1, memory_limit, streamed, ..Wishes::default() });
    let plan = plan.unwrap();
    let mut room = Room::new(&plan, &Budget::new(plan.memory_limit));
    if model.large {
        room.share = 400;
    }
    let Ok(Opening::Ready(reading)) = format::open(Format::Text, &Options::default(), b"", true) else {
        panic!("text needs no look")
    };
    let pipe = Box::new(Cursor::new(text(model.large)));
    let Some(mut stream) = Source::open(Box::new(Reader::new(pipe)), Access::default()).unwrap().into_stream() else {
        panic!("a stream is not a map")
    };
    let input = match model {
        Model { streamed: true, .. } => Input::Stream(Windows::new(&mut stream, &plan).unwrap()),
        Model { large: true, .. } => Input::Mapped(&LARGE_MAP),
        _ => Input::Mapped(&SMALL_MAP),
    };
    let gate = Gate::new(Feed::new(input, 0, reading.cutter(), &plan, room.clone()), &plan, room);

    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (gate, committer) = (&gate, &committer);
            scope.spawn(move || work(worker, model, gate, committer));
        }
        if model.pressure {
            scope.spawn(|| restrict(&gate, &committer));
        }
    });

    let text = text(model.large);
    let (_, outcome) = committer.finish();
    let Some(fails) = model.fails else {
        let (totals, place) = outcome.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((totals.records_in, place.offset), (LINES as u64, text.len() as u64));
        let bytes = target.finish().unwrap();
        let bytes = if model.positional { std::fs::read(&path).unwrap() } else { bytes };
        assert!(bytes == text, "{}", String::from_utf8_lossy(&bytes));
        return;
    };
    let error = outcome.err().expect("the slice that ends the run").to_string();
    assert_eq!(error, format!("{fails} before"));
    let before: usize = text.split_inclusive(|byte| *byte == b'\n').take(fails as usize).map(<[u8]>::len).sum();
    assert!(model.positional || target.finish().unwrap() == text[..before]);
}

/// Runs a model in many orders: random ones, and ones in which a worker is delayed at a few moments.
fn in_many_orders(model: Model) {
    fn each(scheduler: impl Scheduler + 'static, model: Model) {
        let mut config = Config::new();
        config.stack_size = 256 << 10;
        Runner::new(scheduler, config).run(move || run(model));
    }
    each(RandomScheduler::new(1000), model);
    each(PctScheduler::new(3, 1000), model);
}

#[test]
fn one_part_after_the_other() {
    in_many_orders(Model::default());
}

#[test]
fn at_offsets() {
    in_many_orders(Model { positional: true, ..Model::default() });
}

#[test]
fn from_windows() {
    in_many_orders(Model { streamed: true, ..Model::default() });
}

#[test]
fn a_slice_that_has_to_be_alone() {
    in_many_orders(Model { large: true, ..Model::default() });
}

#[test]
fn fewer_workers() {
    in_many_orders(Model { pressure: true, ..Model::default() });
    in_many_orders(Model { pressure: true, streamed: true, positional: true, ..Model::default() });
}

#[test]
fn a_slice_that_ends_the_run() {
    for (fails, positional) in [(0, false), (4, false), (4, true), (LINES as u64 - 1, true)] {
        in_many_orders(Model { fails: Some(fails), positional, pressure: fails == 4, ..Model::default() });
    }
}
