//! Earlier runs of a job, for the dashboard.

use pagemill::dashboard::Past;
use pagemill::job::Settings;
use pagemill::monitor::About;

/// Earlier runs of the job that begins, for the dashboard. They are compared with those before them as the history does.
#[cfg(feature = "history")]
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
#[cfg(feature = "history")]
fn spark(run: &pagemill::history::Run) -> Vec<f64> {
    let series = run.series.as_deref().and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok());
    let rates = series.as_ref().and_then(|series| series["read"].as_array());
    rates.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
}

/// This build has no history.
#[cfg(not(feature = "history"))]
pub fn earlier(_about: &About, _settings: &Settings) -> Option<Past> {
    None
}
