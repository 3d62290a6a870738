//! Recording a profile while something runs.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use super::recorded::Profile;
use super::stacks::Stacks;
use crate::sys::processors;
use crate::sys::sampling::Sampling;

/// Samples for each second of processor time: no round number, so that they don't fall in step with something else.
const HERTZ: u32 = 199;

/// How often samples are collected on a machine with up to [`FEW`] processors. They fill half of the places then.
const COLLECT: Duration = Duration::from_millis(100);
/// Each processor takes samples; on more of them they are collected more often.
const FEW: usize = 8;

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
            let pause = pause(processors());
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
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

/// How long samples of this number of processors may wait.
fn pause(processors: usize) -> Duration {
    COLLECT / processors.div_ceil(FEW).max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::sampling::SLOTS;

    #[test]
    fn there_is_room_for_the_samples_of_all_processors() {
        for processors in [1, 8, 9, 15, 16, 64, 192] {
            let waiting = f64::from(HERTZ) * processors as f64 * pause(processors).as_secs_f64();
            assert!(waiting <= SLOTS as f64 * 2.0 / 3.0, "{processors}: {waiting}");
        }
    }
}
