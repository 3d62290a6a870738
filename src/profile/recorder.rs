//! Recording a profile while something runs.

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use super::names::Names;
use super::stacks::Stacks;
use super::{flame, pprof};
use crate::sys::sampling::Sampling;

/// Samples for each second of processor time: no round number, so that they don't fall in step with something else.
const HERTZ: u32 = 199;

/// How often samples are collected.
const COLLECT: Duration = Duration::from_millis(100);

/// The collector's thread does little.
const STACK: usize = 128 << 10;

/// What was recorded.
#[derive(Debug)]
pub struct Profile {
    pub(super) stacks: Stacks,
    pub(super) started: SystemTime,
    pub(super) took: Duration,
    /// The processor time between two samples.
    pub(super) period_nanos: u64,
    pub(super) lost: u64,
}

/// Records a profile of the whole process, until [`Recorder::end`]. A thread of its own collects samples: nothing is
/// allocated in the threads that work.
#[derive(Debug)]
pub struct Recorder {
    collector: JoinHandle<(Stacks, u64)>,
    stop: Sender<()>,
    started: SystemTime,
    since: Instant,
}

impl Recorder {
    /// Begins.
    ///
    /// # Errors
    /// The system has no timer or no thread for it; or a profile is recorded already.
    pub fn start() -> io::Result<Recorder> {
        let sampling = Sampling::start(HERTZ)?;
        let (stop, stopped) = channel::<()>();
        let collect = move || {
            let mut stacks = Stacks::default();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(COLLECT) {
                sampling.collect(|stack| stacks.add(stack));
            }
            sampling.pause();
            sampling.collect(|stack| stacks.add(stack));
            (stacks, sampling.lost())
        };
        let collector = thread::Builder::new().name("profile".into()).stack_size(STACK).spawn(collect)?;
        Ok(Recorder { collector, stop, started: SystemTime::now(), since: Instant::now() })
    }

    /// Ends, and gives what was recorded.
    ///
    /// # Errors
    /// The collecting thread failed.
    pub fn end(self) -> io::Result<Profile> {
        let took = self.since.elapsed();
        drop(self.stop);
        let (stacks, lost) = self.collector.join().map_err(|_| io::Error::other("the collector of samples failed"))?;
        let period_nanos = u64::from(1_000_000 / HERTZ) * 1000;
        Ok(Profile { stacks, started: self.started, took, period_nanos, lost })
    }
}

impl Profile {
    /// How many samples were taken.
    pub fn samples(&self) -> u64 {
        self.stacks.sorted().iter().map(|(_, count)| count).sum()
    }

    /// Writes it for `pprof`, or with `drawn` as a flame graph. Reading the names of functions takes memory and time.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&self, to: impl Write, drawn: bool) -> io::Result<()> {
        let names = Names::of(self.stacks.sorted().iter().flat_map(|(stack, _)| stack.iter().copied()));
        if drawn { flame::write(self, &names, to) } else { pprof::write(self, &names, to) }
    }
}
