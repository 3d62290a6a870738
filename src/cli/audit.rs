//! `pagemill audit`.

use std::io;
use std::path::Path;

use clap::Args;
use pagemill::engine::TargetSpec;
use pagemill::error::Error;
use pagemill::metrics::{self, Report};

use super::console;
use super::convert::Convert;
use super::exit::Exit;

pub const EXAMPLES: &str = "\
Examples:
  pagemill audit trips.csv -t ndjson
  pagemill audit big.json -t csv -j 4 --memory-limit 32MB
  pagemill audit log.txt --op upper,trim

Without -o the output is thrown away. The exit code is 1 if the steady state allocated anything.";

/// The arguments of `audit`.
#[derive(Args, Debug)]
pub struct Audit {
    #[command(flatten)]
    convert: Convert,
}

impl Audit {
    /// Runs the job and shows what it allocated.
    pub fn run(self) -> Result<Exit, Error> {
        let mut request = self.convert.request()?;
        request.resolve_formats()?;
        let discard = request.target.is_none().then(|| TargetSpec::Writer(Box::new(io::sink())));
        let report = request.run(discard)?;
        let text = table(&report);
        // Standard output is the job's when it was asked for.
        match request.target.as_deref() {
            Some(path) if path == Path::new("-") => console::note(&text),
            _ => console::print(&text)?,
        }
        Ok(if report.allocations.steady.0 == 0 { Exit::Done } else { Exit::BadData })
    }
}

fn table(report: &Report) -> String {
    let a = &report.allocations;
    let mut text = format!("{:<14}{:>14}{:>18}\n", "stage", "blocks", "bytes");
    for (stage, (blocks, bytes)) in [("start", a.start), ("warm-up", a.warmup), ("steady state", a.steady)] {
        text += &format!("{stage:<14}{:>14}{:>18}\n", metrics::count(blocks), metrics::count(bytes));
    }
    text += &format!("{:<14}{:>14}{:>18}\n", "heap peak", "", metrics::count(report.peak_heap_bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::metrics::Allocations;

    #[test]
    fn the_table_is_aligned() {
        let report = Report {
            allocations: Allocations { start: (1_234, 5_678_901), warmup: (2, 64), steady: (0, 0) },
            peak_heap_bytes: 6_000_000,
            ..Report::default()
        };
        let expected = "\
stage                 blocks             bytes
start                  1,234         5,678,901
warm-up                    2                64
steady state               0                 0
heap peak                            6,000,000
";
        assert_eq!(table(&report), expected);
    }
}
