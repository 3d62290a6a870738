//! Recording a profile while something runs.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use super::recorded::Profile;
use super::stacks::Stacks;
use crate::sys::sampling::Sampling;

/// Samples for each second of processor time: no round number, so that they don't fall in step with something else.
const HERTZ: u32 = 199;

/// How often samples are collected.
const COLLECT: Duration = Duration::from_millis(100);

/// The collector's thread does little.
const STACK: usize = 128 << 10;

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
