//! Groups take nothing from the heap in the steady state: with the same groups and values, four times the input takes as
//! many blocks, but for those of longer results.
//!
//! One test in this file, and no harness: dhat counts for the whole process, the harness's thread included.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use pagemill::format::Format;
use pagemill::job::{Aggregate, Job, TargetSpec};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The blocks of a run over so many rounds of the same records; `windows`: in windows of time that overlap, and stay open.
fn blocks(from: Format, path: &Path, rounds: usize, by: &str, call: &str, windows: bool) -> u64 {
    let mut text = String::new();
    if from == Format::Csv {
        text += "city,fare,user,at\n";
    }
    for number in 0..rounds * 500 {
        let number = number % 500;
        let (city, user) = (number % 11, number % 7);
        // Some numbers are longer than an integer.
        let fare = if number % 10 == 0 { "1.1e30".to_owned() } else { format!("{number}.{:02}", number % 100) };
        let written = match from {
            Format::Csv => writeln!(text, "city {city},{fare},u{user},2024-06-01T12:00:{user:02}Z"),
            _ => writeln!(text, "{{\"city\":\"city {city}\",\"fare\":{fare},\"user\":\"u{user}\",\"at\":{user}}}"),
        };
        written.expect("a run that ends well");
    }
    std::fs::write(path, text).expect("a run that ends well");
    let before = dhat::HeapStats::get().total_blocks;
    let asked = Aggregate::new()
        .by(by)
        .expect("a run that ends well")
        .function(&format!("x={call}"))
        .expect("a run that ends well");
    let asked = match windows {
        true => asked
            .window(Duration::from_secs(60))
            .slide(Duration::from_secs(20))
            .time_field("at")
            .expect("a run that ends well"),
        false => asked,
    };
    let job =
        Job::new(path.to_path_buf(), TargetSpec::Memory).from(from).to(Format::Csv).workers(1).slice_size(8 << 10);
    let report = job.aggregate(asked).run().expect("a run that ends well");
    assert!(report.records_in == rounds as u64 * 500 && report.records_out > 1);
    dhat::HeapStats::get().total_blocks - before
}

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let folder = tempfile::tempdir().expect("a run that ends well");
    let path = folder.path().join("records");
    let calls = [
        "count()",
        "count(user)",
        "sum(fare)",
        "sum(fare * 1.1)",
        "mean(fare)",
        "stddev(fare)",
        "min(fare)",
        "max(fare)",
        "max(upper(user))",
        "first(user)",
        "last(user)",
        "any(user)",
        "quantile(fare, 0.95)",
        "median(fare)",
        "distinct(user)",
        "mode(user)",
        "top(user, 3)",
        "approx_distinct(user)",
        "approx_quantile(fare, 0.5)",
    ];
    for from in [Format::Csv, Format::Ndjson] {
        for by in ["city", "city,user", "k=city || user"] {
            for call in calls {
                for windows in [false, true] {
                    let [_, small, large] = [8, 8, 32].map(|rounds| blocks(from, &path, rounds, by, call, windows));
                    // Results with more digits take a few more blocks in the end; there are three windows.
                    let more = if windows { 240 } else { 80 };
                    assert!(large < small + more, "{from} by {by}: {call}: {small}, {large}, windows: {windows}");
                }
            }
        }
    }
    println!("test result: ok");
}
