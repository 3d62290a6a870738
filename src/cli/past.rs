//! Adding runs to the history.

use pagemill::config::flags::Said;
use pagemill::error::Error;
use pagemill::job::Settings;
use pagemill::metrics::Report;

use super::live::Seen;

/// Adds a run that is over. It does not fail because of that. Says whether the history was touched.
#[cfg(feature = "history")]
pub fn keep(seen: Option<Seen>, outcome: Result<&Report, &Error>, settings: &Settings, said: &Said) -> bool {
    use std::time::Duration;

    use pagemill::config::flags::{shown, with_origins};
    use pagemill::history::{History, Outcome, Run, points, usual_place};
    use pagemill::metrics::{json, size};
    use pagemill::monitor::State;
    use pagemill::sys;

    use super::console;
    use super::exit::Exit;
    use super::live::keeps_short_runs;
    use super::report_file::Ended;
    use super::worded::{flag, worded};

    /// Runs that take less time are many, and say little.
    const SHORT: Duration = Duration::from_secs(1);
    /// The history is read at a width of a page, not more.
    const POINTS: usize = 120;
    /// A larger report, of very many inputs, is left out: the history is not to need more memory than the run did.
    const LARGEST: usize = 256 << 10;
    /// What adding a run takes at most, in bytes: the program's pages of SQLite, its own limit, and the texts of the run.
    const ROOM: u64 = 2 << 20;

    let Some(seen) = seen.filter(|seen| seen.sample.t >= SHORT || keeps_short_runs(said)) else {
        return false;
    };
    let Some(place) = usual_place() else { return false };
    let missed = |why: &dyn std::fmt::Display| {
        if !said.has("quiet") {
            console::warning(format_args!("this run is not in the history: {why}\n  --no-history does without one."));
        }
    };
    if (settings.memory_limit as u64).saturating_sub(sys::resident_bytes()) < ROOM {
        missed(&format_args!(
            "that would take more memory than the limit of {} leaves",
            size(settings.memory_limit as u64)
        ));
        return false;
    }
    let version = env!("CARGO_PKG_VERSION");
    let outcome = Outcome {
        state: State::of_end(outcome.err().map(Error::class)),
        settings: serde_json::to_string(&shown(settings)).unwrap_or_default(),
        version: version.to_owned(),
        error: outcome.err().map(|error| worded(error).to_string()),
        report: outcome
            .ok()
            .map(|report| {
                let ran = Ended::Well(Exit::Done).of(said);
                json(report, &ran, &with_origins(settings, said.origins()), &flag)
            })
            .filter(|report| report.len() <= LARGEST),
        job: said.job().map(str::to_owned),
    };
    let run = Run { series: Some(points(&seen.series, POINTS)), ..Run::new(&seen.about, &seen.sample, outcome) };
    if let Err(error) = History::create(&place).and_then(|history| history.add(&run)) {
        missed(&worded(&error));
    }
    true
}

/// This build has no history.
#[cfg(not(feature = "history"))]
pub fn keep(_seen: Option<Seen>, _outcome: Result<&Report, &Error>, _settings: &Settings, _said: &Said) -> bool {
    false
}
