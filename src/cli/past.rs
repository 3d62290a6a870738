//! Adding runs to the history.

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::job::Settings;
use pagemill::metrics::Report;

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
