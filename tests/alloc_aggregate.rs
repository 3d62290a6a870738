//! Groups, descriptions of columns and records that are compared take nothing from the heap in the steady state: with the
//! same groups and values, four times the input takes as many blocks, but for those of longer results.
//!
//! One test in this file, and no harness: dhat counts for the whole process, the harness's thread included.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use pagemill::format::Format;
use pagemill::job::{Aggregate, Job, TargetSpec};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The blocks of a run over this many rounds of the same records.
fn blocks(from: Format, path: &Path, rounds: usize, asked: &dyn Fn(Job) -> Job) -> u64 {
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
    let job =
        Job::new(path.to_path_buf(), TargetSpec::Memory).from(from).to(Format::Csv).workers(1).slice_size(8 << 10);
    let report = asked(job).run().expect("a run that ends well");
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
                let asked = Aggregate::new().by(by).and_then(|asked| asked.function(&format!("x={call}")));
                let asked = asked.expect("a run that ends well");
                // Windows of time that overlap, and stay open.
                let windows = asked.clone().window(Duration::from_secs(60)).slide(Duration::from_secs(20));
                let windows = windows.time_field("at").expect("a run that ends well");
                // Results with more digits take a few more blocks in the end; there are three windows.
                for (asked, more) in [(asked, 80), (windows, 240)] {
                    let aggregate = |job: Job| job.aggregate(asked.clone());
                    let [_, small, large] = [8, 8, 32].map(|rounds| blocks(from, &path, rounds, &aggregate));
                    assert!(large < small + more, "{from} by {by}: {call}: {small}, {large}, at most {more} more");
                }
            }
        }
    }
    for from in [Format::Csv, Format::Ndjson] {
        for fields in [&["city"][..], &["user", "fare"], &[]] {
            let dedupe = |job: Job| {
                let counted = Aggregate::new().by("city").and_then(|asked| asked.function("x=count()"));
                let names = fields.iter().map(|&field| field.into()).collect();
                job.aggregate(counted.expect("a run that ends well")).with(|own| own.rows.dedupe = Some(names))
            };
            let [_, small, large] = [8, 8, 32].map(|rounds| blocks(from, &path, rounds, &dedupe));
            assert!(large < small + 80, "{from} by {fields:?}: {small}, {large}");
        }
        let [_, small, large] = [16, 16, 64].map(|rounds| blocks(from, &path, rounds, &Job::stats));
        assert!(large < small + 80, "{from}: {small}, {large}");
    }
    println!("test result: ok");
}
