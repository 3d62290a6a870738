//! `pagemill audit`.

use std::path::Path;

use pagemill::config::flags::Commands;
use pagemill::config::parse_count;
use pagemill::error::Error;
use pagemill::metrics::Report;
use pagemill::sys::sites;
use pagemill::wording::counted;

use super::allocated::table;
use super::console;
use super::convert;
use super::exit::Exit;
use super::parser::Typed;

/// Runs the job and shows what it allocated.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let most = match typed.said.text("max-steady-allocations")? {
        Some(text) => {
            parse_count(text).map_err(|why| Error::usage(format!("--max-steady-allocations {text}: {why}")))?
        }
        None => 0,
    };
    let mut request = convert::request(typed, Commands::AUDIT, false)?;
    if request.see.explain {
        return request.convert();
    }
    request.most_steady = Some(most);
    let to_files = request.target.is_some() || request.batch.as_ref().is_some_and(|batch| batch.out_dir.is_some());
    sites::want_sites();
    let (report, exit) = request.run(!to_files)?;
    let text = table(&report);
    // Standard output belongs to the job, or to the report if that was asked for.
    match [&request.target, &request.see.report].into_iter().flatten().any(|path| path == Path::new("-")) {
        true => console::note(&text),
        false => console::print(&text)?,
    }
    let found = report.allocations.steady.blocks;
    if found > most && std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        console::note(&annotation(&report, most));
    }
    Ok(exit)
}

/// A line that GitHub shows beside the changes: its "workflow commands".
fn annotation(report: &Report, most: u64) -> String {
    let stages = report.stages.iter().filter(|stage| stage.steady.blocks > 0);
    let stages: Vec<String> = stages.map(|stage| format!("{} in {}", stage.steady.blocks, stage.stage)).collect();
    let found = counted(report.allocations.steady.blocks, "block");
    format!(
        "::error title=pagemill audit::{found} allocated in the steady state, where at most {most} may be: {}\n",
        stages.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::metrics::{Allocated, StageAllocations};

    fn some(blocks: u64, bytes: u64) -> Allocated {
        Allocated { blocks, bytes }
    }

    #[test]
    fn an_annotation_is_one_line() {
        let mut report = Report::default();
        report.allocations.steady = some(3, 99);
        let mut stage = StageAllocations::default();
        (stage.stage, stage.steady) = ("ops", some(3, 99));
        report.stages = vec![StageAllocations::default(), stage];
        assert_eq!(
            annotation(&report, 2),
            "::error title=pagemill audit::3 blocks allocated in the steady state, where at most 2 may be: 3 in ops\n"
        );
    }
}
