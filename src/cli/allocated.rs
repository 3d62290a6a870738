//! What a run allocated, as a table for people.

use std::collections::BTreeMap;

use pagemill::metrics::{self, Allocated, Report, StageAllocations};
use pagemill::sys::sites::{Site, sites};
use pagemill::wording::counted;

/// As many call sites are shown for each stage.
const SHOWN: usize = 8;

/// What a run allocated: by stage, at the start, and where.
pub fn table(report: &Report) -> String {
    let mut text = stages(report);
    text += &call_sites(&report.stages, sites());
    text
}

fn stages(report: &Report) -> String {
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

/// The call sites of each stage, those of the steady state first, then those with the most bytes.
fn call_sites(stages: &[StageAllocations], sites: Vec<Site>) -> String {
    let mut by_place: BTreeMap<(u8, bool, String), Allocated> = BTreeMap::new();
    for site in sites {
        let Some((stage, steady)) = site.stage() else { continue };
        let place = by_place.entry((stage, !steady, site.frames.culprit())).or_default();
        *place += Allocated { blocks: site.blocks, bytes: site.bytes };
    }
    let mut all: Vec<_> = by_place.into_iter().collect();
    all.sort_by_key(|((stage, warmup, _), found)| (*stage, *warmup, std::cmp::Reverse(found.bytes)));
    let mut text = String::new();
    for (number, stage) in stages.iter().enumerate() {
        let own: Vec<_> = all.iter().filter(|((of, ..), _)| usize::from(*of) == number).collect();
        if own.is_empty() {
            continue;
        }
        text += &format!("\ncall sites in {}\n", stage.stage);
        for ((_, warmup, place), found) in own.iter().take(SHOWN) {
            let (blocks, bytes) = (metrics::count(found.blocks), metrics::count(found.bytes));
            let steady = if *warmup { "" } else { "in steady state: " };
            text += &format!("{blocks:>8}{bytes:>14}  {steady}{place}\n");
        }
        if own.len() > SHOWN {
            text += &format!("{:>24}and {} more\n", "", own.len() - SHOWN);
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n{:>8}{:>14}\n{}", "blocks", "bytes", text.trim_start()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(blocks: u64, bytes: u64) -> Allocated {
        Allocated { blocks, bytes }
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
        assert_eq!(stages(&report), expected);
    }
}
