//! Sorting takes nothing from the heap for a record: four times the input takes as many blocks, but for a few for each
//! run that goes to disk.
//!
//! One test in this file, and no harness: dhat counts for the whole process, the harness's thread included.

use std::fmt::Write;
use std::path::Path;

use pagemill::format::Format;
use pagemill::job::{Job, SortKey, TargetSpec};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What a run over this many records took.
struct Took {
    blocks: u64,
    runs: u64,
}

fn took(from: Format, path: &Path, records: usize, by: &[&str], limit: usize) -> Took {
    let mut text = String::new();
    if from == Format::Csv {
        text += "city,fare,user\n";
    }
    for number in 0..records {
        let (city, fare, user) = (number * 7919 % 10_007, number * 31 % 997, number % 7);
        let written = match from {
            Format::Csv => writeln!(text, "city {city},{fare}.5,u{user}"),
            _ => writeln!(text, "{{\"city\":\"city {city}\",\"fare\":{fare}.5,\"user\":\"u{user}\"}}"),
        };
        written.expect("a run that ends well");
    }
    std::fs::write(path, text).expect("a run that ends well");
    let target = path.with_extension("sorted");
    let before = dhat::HeapStats::get().total_blocks;
    let job = Job::new(path.to_path_buf(), TargetSpec::from(target.clone())).from(from).to(from).workers(1);
    let job = job.slice_size(64 << 10).with(|settings| {
        settings.sort = by.iter().map(|field| SortKey::new(*field)).collect();
        (settings.memory_limit, settings.force) = (limit, true);
    });
    let report = job.run().expect("a run that ends well");
    assert!(report.records_out == records as u64);
    Took { blocks: dhat::HeapStats::get().total_blocks - before, runs: report.spilled.runs }
}

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let folder = tempfile::tempdir().expect("a run that ends well");
    let path = folder.path().join("records");
    for from in [Format::Csv, Format::Ndjson] {
        for by in [&["city"][..], &["fare", "city"]] {
            for limit in [100_000_000, 14_000_000] {
                let [_, small, large] = [20_000, 20_000, 80_000].map(|records| took(from, &path, records, by, limit));
                assert!(limit > 20_000_000 || large.runs > small.runs, "{}", large.runs);
                let most = small.blocks + 100 + 20 * (large.runs - small.runs);
                assert!(large.blocks < most, "{from} by {by:?}, {limit}: {}, {}", small.blocks, large.blocks);
            }
        }
    }
    println!("test result: ok");
}
