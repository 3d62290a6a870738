//! Earlier runs of a job, for the dashboard.

use pagemill::dashboard::Past;
use pagemill::job::Settings;
use pagemill::monitor::About;

/// Earlier runs of the job that begins, for the dashboard. They are compared with those before them as the history does.
#[cfg(feature = "history")]
pub fn earlier(about: &About, settings: &Settings) -> Option<Past> {
    use pagemill::config::flags::shown;
    use pagemill::dashboard::{Earlier, Usual as Shown, date};
    use pagemill::history::{COMPARED, Compared, Figure, History, Outcome, Run, Usual, usual_place};
    use pagemill::monitor::Sample;

    /// As many runs are shown.
    const SHOWN: usize = 10;

    let outcome = Outcome {
        settings: serde_json::to_string(&shown(settings)).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        job: about.job.clone(),
        ..Outcome::default()
    };
    let now = Run::new(about, &Sample::default(), outcome);
    // A history that can't be read is none; the end of the run says so.
    let history = History::open(&usual_place()?).ok()??;
    let runs = history.of_job(&now.job, SHOWN).ok()?;
    let alike = history.before(&now, COMPARED).ok()?;
    let usual = Usual::of(Figure::Rate, &alike).map(|Usual { median, low, high, .. }| Shown {
        median,
        low,
        high,
        runs: alike.len() as u64,
    });
    let one = |run: Run| {
        let before = history.before(&run, COMPARED).unwrap_or_default();
        // Those of a list have no series.
        let series = history.run(run.id).ok().flatten().and_then(|run| run.series);
        let compared = Compared { run, before };
        let worse: Vec<&str> = compared.verdicts().iter().map(|verdict| verdict.figure.worse()).collect();
        let usual = compared.usual(Figure::Rate).filter(|_| compared.run.is_done());
        let run = &compared.run;
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
            spark: spark(series.as_deref()),
            z: usual.map(|usual| usual.z(run.rate())),
            slower,
            flagged: worse.contains(&Figure::Rate.worse()),
            text,
        }
    };
    Some(Past { usual, runs: runs.into_iter().rev().map(one).collect() })
}

/// Bytes read per second over time.
#[cfg(feature = "history")]
fn spark(series: Option<&str>) -> Vec<f64> {
    let series = series.and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok());
    let rates = series.as_ref().and_then(|series| series["read"].as_array());
    rates.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
}

/// This build has no history.
#[cfg(not(feature = "history"))]
pub fn earlier(_about: &About, _settings: &Settings) -> Option<Past> {
    None
}
