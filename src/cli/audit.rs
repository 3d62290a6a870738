//! `pagemill audit`.

use std::path::Path;

use pagemill::config::flags::Commands;
use pagemill::config::parse_count;
use pagemill::error::Error;
use pagemill::metrics::{self, Allocated, Report};
use pagemill::wording::counted;

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

fn table(report: &Report) -> String {
    let mut text = String::new();
    text += &row("", &["blocks", "bytes", "blocks", "bytes"].map(str::to_owned));
    let head = format!("{:<8}{:>30}{:>30}\n", "", "in warm-up", "in steady state");
    text.insert_str(0, &head);
    let both = |warmup: Allocated, steady: Allocated| {
        [warmup.blocks, warmup.bytes, steady.blocks, steady.bytes].map(metrics::count)
    };
    for stage in &report.stages {
        text += &row(stage.stage, &both(stage.warmup, stage.steady));
    }
    let a = &report.allocations;
    text += &row("all", &both(a.warmup, a.steady));
    let (blocks, bytes) = (counted(a.start.blocks, "block"), counted(a.start.bytes, "byte"));
    text += &format!("\nat the start, before the first slice: {blocks}, {bytes}\n");
    text += &format!("heap at its peak: {}\n", counted(report.peak_heap_bytes, "byte"));
    text
}

fn row(name: &str, numbers: &[String; 4]) -> String {
    let [a, b, c, d] = numbers;
    format!("{name:<8}{a:>12}{b:>18}{c:>12}{d:>18}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::metrics::StageAllocations;

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

    #[test]
    fn the_table_is_aligned() {
        let stage = |name, warmup| {
            let mut stage = StageAllocations::default();
            (stage.stage, stage.warmup) = (name, warmup);
            stage
        };
        let mut report = Report::default();
        report.allocations.start = some(1_234, 5_678_901);
        report.allocations.warmup = some(5, 1_088);
        report.stages = vec![stage("decode", some(3, 1_024)), stage("commit", some(2, 64))];
        report.peak_heap_bytes = 6_000_000;
        let expected = "                            in warm-up               in steady state
              blocks             bytes      blocks             bytes
decode             3             1,024           0                 0
commit             2                64           0                 0
all                5             1,088           0                 0

at the start, before the first slice: 1,234 blocks, 5,678,901 bytes
heap at its peak: 6,000,000 bytes
";
        assert_eq!(table(&report), expected);
    }
}
