//! Adding runs to the history.

use pagemill::config::flags::Said;
#[cfg(feature = "dashboard")]
use pagemill::dashboard::Past;
use pagemill::error::Error;
use pagemill::job::Settings;
use pagemill::metrics::Report;
#[cfg(feature = "dashboard")]
use pagemill::monitor::About;

use super::live::Seen;

/// Adds a run that is over. It does not fail because of that.
#[cfg(feature = "history")]
pub fn keep(seen: Option<Seen>, outcome: Result<&Report, &Error>, settings: &Settings, said: &Said) {
    use std::time::Duration;

    use pagemill::config::flags::{shown, with_origins};
    use pagemill::history::{History, Outcome, Run, points, usual_place};
    use pagemill::metrics::json;
    use pagemill::monitor::State;

    use super::console;
    use super::exit::Exit;
    use super::report_file::Ended;
    use super::worded::{flag, worded};

    /// Runs that take less time are many, and say little.
    const SHORT: Duration = Duration::from_secs(1);
    /// The history is read at a width of a page, not more.
    const POINTS: usize = 120;

    let Some(seen) = seen.filter(|seen| seen.sample.t >= SHORT) else { return };
    let Some(place) = usual_place() else { return };
    let version = env!("CARGO_PKG_VERSION");
    let outcome = Outcome {
        state: State::of_end(outcome.err().map(Error::class)),
        settings: serde_json::to_string(&shown(settings)).unwrap_or_default(),
        version: version.to_owned(),
        error: outcome.err().map(|error| worded(error).to_string()),
        report: outcome.ok().map(|report| {
            let ran = Ended::Well(Exit::Done).of(said);
            json(report, &ran, &with_origins(settings, said.origins()), &flag)
        }),
        job: said.job().map(str::to_owned),
    };
    let run = Run { series: Some(points(&seen.series, POINTS)), ..Run::new(&seen.about, &seen.sample, outcome) };
    if let Err(error) = History::create(&place).and_then(|history| history.add(&run))
        && !said.has("quiet")
    {
        console::warning(format_args!(
            "this run is not in the history: {}\n  --no-history does without one.",
            worded(&error)
        ));
    }
}

/// This build has no history.
#[cfg(not(feature = "history"))]
pub fn keep(_seen: Option<Seen>, _outcome: Result<&Report, &Error>, _settings: &Settings, _said: &Said) {}

/// Earlier runs of the job that begins, for the dashboard. They are compared with those before them as the history does.
#[cfg(all(feature = "history", feature = "dashboard"))]
pub fn earlier(about: &About, settings: &Settings) -> Option<Past> {
    use pagemill::config::flags::shown;
    use pagemill::dashboard::{Earlier, Usual as Shown, date};
    use pagemill::history::{Figure, History, Outcome, Run, Usual, judged, like, usual_place};
    use pagemill::monitor::Sample;

    /// As many runs are shown.
    const SHOWN: usize = 10;
    /// Each is compared with as many before it.
    const COMPARED: usize = 20;

    let outcome = Outcome {
        settings: serde_json::to_string(&shown(settings)).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        job: about.job.clone(),
        ..Outcome::default()
    };
    let now = Run::new(about, &Sample::default(), outcome);
    // A history that can't be read is none; the end of the run says so.
    let runs = History::open(&usual_place()?).ok()??.latest(Some(&now.job), SHOWN + COMPARED).ok()?;
    let alike = like(&now, &runs);
    let usual = Usual::of(Figure::Rate, &alike).map(|Usual { median, low, high, .. }| Shown {
        median,
        low,
        high,
        runs: alike.len().min(COMPARED) as u64,
    });
    let one = |index: usize| {
        let run = &runs[index];
        let before = like(run, &runs[..index]);
        let usual = Usual::of(Figure::Rate, &before).filter(|_| run.is_done());
        let worse: Vec<&str> = match run.is_done() {
            true => judged(run, &before).iter().map(|verdict| verdict.figure.worse()).collect(),
            false => Vec::new(),
        };
        let slower = usual.map(|usual| 1.0 - run.rate() / usual.median);
        let text = match slower.filter(|_| worse.contains(&Figure::Rate.worse())) {
            Some(share) => Some(format!("{:.0} % slower than usual", share * 100.0)),
            None => (!worse.is_empty()).then(|| worse.join(", ")),
        };
        Earlier {
            id: run.id,
            started: date(run.started),
            outcome: run.state.clone(),
            bytes: run.read,
            seconds: run.seconds,
            mean: run.rate(),
            peak: run.peak,
            bad: run.bad,
            records: run.records,
            spark: spark(run),
            z: usual.map(|usual| usual.z(run.rate())),
            slower,
            flagged: worse.contains(&Figure::Rate.worse()),
            text,
        }
    };
    let first = runs.len().saturating_sub(SHOWN);
    Some(Past { usual, runs: (first..runs.len()).rev().map(one).collect() })
}

/// Bytes read per second over time.
#[cfg(all(feature = "history", feature = "dashboard"))]
fn spark(run: &pagemill::history::Run) -> Vec<f64> {
    let series = run.series.as_deref().and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok());
    let rates = series.as_ref().and_then(|series| series["read"].as_array());
    rates.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
}

/// This build has no history.
#[cfg(all(not(feature = "history"), feature = "dashboard"))]
pub fn earlier(_about: &About, _settings: &Settings) -> Option<Past> {
    None
}
