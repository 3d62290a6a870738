//! What is shown while a command runs.

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use pagemill::Progress;
use pagemill::alerts::{Notified, built_in};
use pagemill::compress::Compress;
use pagemill::config::flags::{Said, progress};
use pagemill::error::Error;
use pagemill::job::{OnError, Settings};
use pagemill::monitor::{
    About, BarView, BlockView, MetricsFile, Monitor, Plain, Sample, Screen, Series, Show, State, Subject, View,
    may_hold_metrics,
};
use pagemill::wording::counted;

use super::alerting;
use super::console;
use super::dashboard::{self, Port, Wanted};
use super::otlp::{self, Collector};
use super::paths::{file, name};
use super::{screen, signals};

/// Whether this build can keep a history.
const HAS_HISTORY: bool = cfg!(feature = "history");

/// The sizes of more inputs than these are not summed: their list would be held twice.
const SUMMED: usize = 2_000;

/// What is to be shown.
pub struct Live {
    /// As a bar or in lines.
    progress: Show,
    /// As a block.
    monitor: bool,
    /// As a file.
    pub metrics_file: Option<PathBuf>,
    /// The run goes into the history if it takes long enough.
    history: bool,
    /// The run goes into the history however short it is: somebody said so.
    always: bool,
    /// What is configured to be watched for.
    alerts: Vec<Notified>,
    /// As a page.
    dashboard: Option<Wanted>,
    /// As messages to a collector.
    otlp: Option<Collector>,
    /// Nothing is said unless it has to be.
    quiet: bool,
    /// The name of a configured job.
    job: Option<String>,
}

/// What is shown of a job: how its ends are called.
pub struct Shown {
    source: String,
    pub target: Option<String>,
    /// Where that is, if it is a file or a folder.
    place: Option<PathBuf>,
    /// Nothing is read.
    makes: bool,
    sources: u64,
    /// Those whose sizes are summed.
    inputs: Vec<PathBuf>,
}

impl Shown {
    /// A job with one source.
    pub fn new(source: String, target: Option<String>) -> Shown {
        Shown { source, target, place: None, makes: false, sources: 1, inputs: Vec::new() }
    }

    /// Work that only writes.
    pub fn making(target: String) -> Shown {
        Shown { makes: true, ..Shown::new(String::new(), Some(target)) }
    }

    /// Its output is written there.
    pub fn at(self, place: Option<&Path>) -> Shown {
        Shown { place: place.map(Path::to_path_buf), ..self }
    }

    /// A job with any number of them.
    pub fn all<'p>(sources: impl ExactSizeIterator<Item = &'p Path> + Clone, target: Option<String>) -> Shown {
        let count = sources.len();
        if let (1, Some(only)) = (count, sources.clone().next()) {
            return Shown::new(name(only), target);
        }
        let inputs = if count <= SUMMED { sources.map(Path::to_path_buf).collect() } else { Vec::new() };
        let source = counted(count as u64, "input");
        Shown { source, target, place: None, makes: false, sources: count as u64, inputs }
    }
}

impl Live {
    /// What the flags say. `--quiet` silences what nobody has named.
    ///
    /// # Errors
    /// Usage: a text that has no meaning.
    pub fn of(said: &Said) -> Result<Live, Error> {
        let quiet = said.has("quiet");
        let history = HAS_HISTORY && !said.has("no-history");
        let always = HAS_HISTORY && keeps_short_runs(said);
        let unsaid = if quiet { Show::Nothing } else { Show::Auto };
        let metrics_file = said.path("metrics-file").map(Path::to_path_buf);
        if metrics_file.as_deref().is_some_and(|path| file(path).is_none()) {
            return Err(Error::usage(
                "--metrics-file: metrics can't go to standard output\n  Name a file; ./- is one whose name is a hyphen.",
            ));
        }
        let (progress, monitor) = (progress(said)?.unwrap_or(unsaid), said.has("monitor"));
        let dashboard = dashboard::wanted(said)?;
        let job = said.job().map(str::to_owned);
        let otlp = otlp::wanted(said)?;
        let mut live =
            Live { progress, monitor, metrics_file, dashboard, otlp, history, always, alerts: Vec::new(), quiet, job };
        // Whoever watches a run sees what is usually worth knowing.
        if live.is_watched() {
            let seen = |rule| Notified { rule, command: Vec::new(), webhook: None };
            live.alerts.extend(built_in().into_iter().map(seen));
        }
        live.alerts.extend_from_slice(said.alerts());
        Ok(live)
    }

    /// Whether somebody wants to know of the run, however short it is.
    pub fn is_wanted(&self) -> bool {
        self.is_watched() || self.always
    }

    /// Whether somebody looks at it while it runs.
    fn is_watched(&self) -> bool {
        let is_named = matches!(self.progress, Show::Bar | Show::Plain);
        self.is_urgent() || is_named || !self.alerts.is_empty()
    }

    /// Whether something has to be shown of the shortest run.
    fn is_urgent(&self) -> bool {
        self.monitor || self.metrics_file.is_some() || self.dashboard.is_some() || self.otlp.is_some()
    }

    /// The same for a command that makes data: it is in no history.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub fn of_making(said: &Said) -> Result<Live, Error> {
        Ok(Live { history: false, ..Live::of(said)? })
    }

    /// Makes sure that the run can be shown, before anything is written: takes the port of the page.
    ///
    /// # Errors
    /// The port can't be had, or the file of metrics holds something else.
    pub fn prepare(&self) -> Result<Port, Error> {
        self.check()?;
        self.dashboard.as_ref().map_or(Ok(Port::NONE), Wanted::port)
    }

    /// Refuses to replace a file that does not hold metrics with metrics.
    ///
    /// # Errors
    /// Usage: there is one.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(path) = self.metrics_file.as_deref().filter(|path| !may_hold_metrics(path)) {
            return Err(Error::usage(format!(
                "--metrics-file: {} exists, and does not hold metrics\n  Name another file.",
                path.display()
            )));
        }
        Ok(())
    }

    /// Begins to show a run that begins now. `taken`: something else goes to standard output.
    pub fn start(&self, shown: Shown, settings: &Settings, taken: bool, port: Port) -> Watching {
        let cursor = console::has_cursor() && !(taken && io::stdout().is_terminal());
        let mut views: Vec<Box<dyn View>> = match self.progress {
            Show::Plain => vec![Box::new(Plain::new(Stderr))],
            _ if self.monitor && cursor => vec![Box::new(BlockView::new(screen::of(Screen::for_block), is_utf8()))],
            _ if self.monitor => vec![Box::new(Plain::new(Stderr))],
            Show::Auto | Show::Bar if cursor => vec![Box::new(BarView(screen::of(Screen::for_bar)))],
            Show::Bar => vec![Box::new(Plain::new(Stderr))],
            Show::Auto | Show::Nothing => Vec::new(),
        };
        let starts_late = self.progress != Show::Plain && !self.is_urgent() && !self.always;
        views.extend(
            self.metrics_file.clone().map(|path| -> Box<dyn View> { Box::new(MetricsFile::new(path, unwritten)) }),
        );
        views.extend(self.otlp.as_ref().map(Collector::view));
        let (judge, notifies) = alerting::watch(&self.alerts, self.quiet).unzip();
        views.extend(notifies);
        if views.is_empty() && self.dashboard.is_none() && !self.history {
            return Watching(None);
        }
        let Some(progress) = &settings.progress else { return Watching(None) };
        let mut subject = subject(shown, settings, progress);
        subject.about.job.clone_from(&self.job);
        if self.monitor {
            subject.watch_groups();
        }
        views.extend(port.open(&mut subject, settings, self.quiet));
        if self.history {
            subject.series.get_or_insert_default();
        }
        let (monitor, starter) = Monitor::new(subject, views, judge);
        match signals::watch() {
            // A bar would only flicker in a short run.
            Some(watch) if starts_late => watch.later.start(starter),
            // Without threads there is nothing to see; the run goes on.
            _ => _ = starter.start(),
        }
        Watching(Some(monitor))
    }
}

/// A run does not fail for its metrics.
fn unwritten(path: &Path, error: io::Error) {
    console::warning(format_args!("--metrics-file: can't write {}: {error}", path.display()));
}

fn subject(shown: Shown, settings: &Settings, progress: &Progress) -> Subject {
    let Shown { source, target, place, makes, sources, inputs } = shown;
    let about = About {
        source,
        target,
        from: settings.from.map(|from| from.name()),
        to: settings.to.map(|to| to.name()),
        makes,
        sources,
        memory_limit: settings.memory_limit as u64,
        place,
        bad: if settings.on_error == OnError::Quarantine { "in quarantine" } else { "left out" },
        ..About::default()
    };
    Subject { about, progress: progress.clone(), size: sum, inputs, series: None }
}

/// How many bytes these files have together; none if one is no regular file, or will have more when it is unpacked.
fn sum(paths: &[PathBuf]) -> Option<u64> {
    paths.iter().try_fold(0, |sum: u64, path| {
        let found = fs::metadata(path).ok().filter(|found| found.is_file() && Compress::Auto.of(Some(path)).is_none());
        Some(sum + found?.len())
    })
}

/// Whether text on the terminal may have any character.
fn is_utf8() -> bool {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Whether the shortest run is kept too. It takes a while, so somebody has to ask for it.
pub fn keeps_short_runs(said: &Said) -> bool {
    said.is_off("no-history")
}

/// What was seen of a run.
#[cfg_attr(not(feature = "history"), allow(dead_code))]
pub struct Seen {
    pub about: About,
    pub sample: Sample,
    pub series: Series,
}

/// A run that is shown, perhaps.
pub struct Watching(Option<Monitor>);

impl Watching {
    /// The run is over. What is drawn is gone when this returns. Gives what was seen of the run, for the history.
    pub fn end(self, error: Option<&Error>) -> Option<Seen> {
        let monitor = self.0?;
        monitor.end(State::of_end(error.map(Error::class)));
        // Nobody looked at a short run.
        let (_, sample) = monitor.latest()?;
        Some(Seen { about: monitor.about().clone(), sample, series: monitor.series()? })
    }
}

/// Standard error, on which a line of this is never mixed with one of another thread.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        pagemill::sys::check_stderr()?;
        io::stderr().lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
