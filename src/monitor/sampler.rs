//! The thread that looks, and the slot in which it leaves what it saw.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::memory::Seen;
use super::sample::{About, Moment, Sample, Standing, State};
use super::series::Series;
use super::space::Space;
use super::tally::Tally;
use crate::memory::audit;
use crate::metrics::Progress;
use crate::sys::usage::{self, Probe};
use crate::sys::{free_bytes, peak_rss_bytes};

/// The time between two samples.
const STEP: Duration = Duration::from_millis(500);
/// What the program takes of memory changes slowly, and takes long to ask for: it is asked once in this number of samples.
const PROGRAM: u32 = 20;
/// The file system of the target is asked once in this number of samples.
const SPACE: u32 = 4;
/// At first it changes faster.
const EARLY: u32 = 4;
/// Threads that draw and write text need no more.
const STACK: usize = 128 << 10;
/// How long the end of a run waits for its views.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that shows samples. It runs on a thread of its own, so it may take its time: it gets the latest sample when
/// it is done with the one before.
pub trait View: Send {
    /// Shows a moment.
    fn show(&mut self, about: &About, moment: &Moment);

    /// Shows the last one.
    fn end(&mut self, about: &About, moment: &Moment);
}

/// Says of each sample which rules the run breaks. It must not wait for anything: it is asked by the thread that looks.
pub trait Judge: Send {
    /// Judges the sample that comes after all others.
    fn judge(&mut self, sample: &Sample) -> Vec<Standing>;
}

/// What is looked at.
pub struct Subject {
    /// What does not change.
    pub about: About,
    /// The job.
    pub progress: Progress,
    /// How many bytes several inputs have together, if that can be known. Asked when the run is looked at.
    pub size: fn(&[PathBuf]) -> Option<u64>,
    /// The inputs that are asked about.
    pub inputs: Vec<PathBuf>,
    /// The samples are added to this series too.
    pub series: Option<Arc<Mutex<Series>>>,
}

impl Subject {
    /// The largest groups of a job that writes groups while records come are seen too.
    pub fn watch_groups(&self) {
        self.progress.watch_groups();
    }
}

/// A run that is looked at. Dropping it ends the run as failed.
pub struct Monitor(Arc<Shared>);

/// Starts the thread of a [`Monitor`].
pub struct Starter {
    shared: Arc<Shared>,
    views: Vec<Box<dyn View>>,
    judge: Option<Box<dyn Judge>>,
}

struct Shared {
    subject: Subject,
    started: Instant,
    slot: Mutex<Slot>,
    /// A sample came, the run ended, or a view ended.
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    /// The number of samples.
    seq: u64,
    moment: Arc<Moment>,
    /// How the run ended.
    end: Option<State>,
    /// That the run ended is in the sample.
    complete: bool,
    /// Threads that go on: the sampler and the views.
    threads: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Monitor {
    /// A run that begins now. Nothing looks at it before the starter is [used](Starter::start).
    pub fn new(subject: Subject, views: Vec<Box<dyn View>>, judge: Option<Box<dyn Judge>>) -> (Monitor, Starter) {
        let shared =
            Arc::new(Shared { subject, started: Instant::now(), slot: Mutex::default(), changed: Condvar::new() });
        (Monitor(Arc::clone(&shared)), Starter { shared, views, judge })
    }

    /// The latest sample and its number, from 1; none before the first one.
    pub fn latest(&self) -> Option<(u64, Sample)> {
        let slot = self.0.lock();
        (slot.seq > 0).then_some((slot.seq, slot.moment.sample))
    }

    /// A copy of the series, if one is kept.
    pub fn series(&self) -> Option<Series> {
        self.0.subject.series.as_ref().map(|series| series.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What does not change.
    pub fn about(&self) -> &About {
        &self.0.subject.about
    }

    /// The run is over. Waits until all views have shown that, but not for long.
    pub fn end(&self, how: State) {
        let mut slot = self.0.lock();
        slot.end.get_or_insert(how);
        self.0.changed.notify_all();
        let until = Instant::now() + PATIENCE;
        while slot.threads > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            slot = self.0.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.end(State::Failed);
    }
}

impl Starter {
    /// Looks from now on, unless the run is over.
    ///
    /// # Errors
    /// The system has no threads left; then nothing is shown.
    pub fn start(self) -> io::Result<()> {
        let Starter { shared, views, judge } = self;
        if shared.lock().end.is_some() {
            return Ok(());
        }
        spawn("views", &shared, move |shared| sample(shared, judge))?;
        for mut view in views {
            spawn("view", &shared, move |shared| follow(shared, &mut *view))?;
        }
        Ok(())
    }
}

/// Starts a thread that is counted.
fn spawn(name: &str, shared: &Arc<Shared>, run: impl FnOnce(&Shared) + Send + 'static) -> io::Result<()> {
    /// Counts a thread, however it ends.
    struct Counted(Arc<Shared>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.lock().threads -= 1;
            self.0.changed.notify_all();
        }
    }

    shared.lock().threads += 1;
    let counted = Counted(Arc::clone(shared));
    thread::Builder::new().name(name.into()).stack_size(STACK).spawn(move || run(&counted.0))?;
    Ok(())
}

/// Looks, again and again.
fn sample(shared: &Shared, mut judge: Option<Box<dyn Judge>>) {
    let Subject { about, progress, inputs, .. } = &shared.subject;
    let size = if inputs.is_empty() { None } else { (shared.subject.size)(inputs) };
    let (mut tally, probe) = (Tally::new(size), Probe::open());
    let mut space = about.place.clone().and_then(|place| Space::of(place, free_bytes));
    let (mut program, mut free, mut count, mut planned) = (0, None, 0u32, None);
    let mut next = Instant::now();
    let mut end = None;
    loop {
        if count < EARLY || count.is_multiple_of(PROGRAM) || end.is_some() {
            program = usage::program_bytes();
        }
        if count.is_multiple_of(SPACE) || end.is_some() {
            free = space.as_mut().and_then(Space::free);
        }
        count = count.wrapping_add(1);
        let seen = Seen {
            usage: probe.read(),
            program,
            heap: audit::counts().current,
            peak: peak_rss_bytes(),
            limit: about.memory_limit,
            free,
        };
        let metrics = progress.metrics();
        let sample = tally.next(about, shared.started.elapsed(), metrics.as_ref(), &seen, end);
        if let Some(series) = &shared.subject.series {
            let latency = metrics.as_ref().map(|metrics| &metrics.record_latency);
            series.lock().unwrap_or_else(PoisonError::into_inner).add(&sample, latency);
        }
        // What was planned last stays when the run is over.
        planned = metrics.as_ref().and_then(|metrics| metrics.planned).or(planned);
        let bad = metrics.map(|metrics| metrics.bad).unwrap_or_default();
        let alerts = judge.as_mut().map(|judge| judge.judge(&sample)).unwrap_or_default();
        let groups = shared.subject.progress.groups();
        let moment = Arc::new(Moment { sample, bad, planned, alerts, groups });
        let mut slot = shared.lock();
        (slot.moment, slot.complete) = (moment, end.is_some());
        slot.seq += 1;
        shared.changed.notify_all();
        if end.is_some() {
            return;
        }
        // What was missed is not made up for.
        let now = Instant::now();
        while next <= now {
            next += STEP;
        }
        while slot.end.is_none() {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            slot = shared.changed.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        end = slot.end;
    }
}

/// Shows the latest sample to a view, again and again.
fn follow(shared: &Shared, view: &mut dyn View) {
    let mut shown = 0;
    loop {
        let mut slot = shared.lock();
        while slot.seq == shown {
            slot = shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        shown = slot.seq;
        let (moment, complete) = (Arc::clone(&slot.moment), slot.complete);
        drop(slot);
        if complete {
            return view.end(&shared.subject.about, &moment);
        }
        view.show(&shared.subject.about, &moment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Sends what it is shown; waits each time until it may go on.
    struct Sends(mpsc::Sender<State>, Option<mpsc::Receiver<()>>);

    impl View for Sends {
        fn show(&mut self, _: &About, moment: &Moment) {
            let _ = self.0.send(moment.sample.state);
            if let Some(gate) = &self.1 {
                let _ = gate.recv();
            }
        }

        fn end(&mut self, about: &About, moment: &Moment) {
            self.show(about, moment);
        }
    }

    fn subject(progress: &Progress) -> Subject {
        Subject {
            about: About::default(),
            progress: progress.clone(),
            size: |_| None,
            inputs: Vec::new(),
            series: Some(Arc::default()),
        }
    }

    #[test]
    fn every_view_sees_the_end_and_a_slow_one_holds_nobody_up() {
        let progress = Progress::new();
        let pass = progress.begin(Some(10));
        let (fast, seen) = mpsc::channel();
        let (slow, slowly) = mpsc::channel();
        let (open, gate) = mpsc::channel();
        let views: Vec<Box<dyn View>> = vec![Box::new(Sends(fast, None)), Box::new(Sends(slow, Some(gate)))];
        let (monitor, starter) = Monitor::new(subject(&progress), views, None);
        assert!(monitor.latest().is_none());
        starter.start().expect("threads");
        assert_eq!((seen.recv(), slowly.recv()), (Ok(State::Starting), Ok(State::Starting)));
        pass.read_to(10, 1);
        // The slow view is stuck; the fast one goes on.
        while seen.recv() != Ok(State::Finishing) {}
        assert!(slowly.try_recv().is_err());
        open.send(()).expect("it waits");
        open.send(()).expect("it will wait");
        drop(open);
        monitor.end(State::Done);
        assert_eq!(seen.iter().last(), Some(State::Done));
        assert_eq!(slowly.iter().last(), Some(State::Done));
    }

    #[test]
    fn a_run_that_is_over_starts_no_thread() {
        let (sender, seen) = mpsc::channel();
        let (monitor, starter) = Monitor::new(subject(&Progress::new()), vec![Box::new(Sends(sender, None))], None);
        monitor.end(State::Done);
        starter.start().expect("nothing to do");
        assert!(seen.recv().is_err());
    }

    #[test]
    fn the_latest_sample_and_the_series_can_be_had() {
        let progress = Progress::new();
        progress.begin(Some(10)).read_to(5, 1);
        let (sender, seen) = mpsc::channel();
        let (monitor, starter) = Monitor::new(subject(&progress), vec![Box::new(Sends(sender, None))], None);
        starter.start().expect("threads");
        seen.recv().expect("a sample");
        let (seq, sample) = monitor.latest().expect("a sample");
        assert!(seq >= 1);
        assert_eq!((sample.read, sample.state), (5, State::Running));
        assert!(monitor.series().is_some());
        drop(monitor);
        assert_eq!(seen.iter().last(), Some(State::Failed));
    }
}
