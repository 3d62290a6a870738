//! The report for people.

use std::fmt;
use std::path::Path;

use super::units::{micros, size, size_rounded};
use super::{FileReport, Report};
use crate::scan::count::Counts;
use crate::wording::{count, counted, input};

impl fmt::Display for Report {
    /// The report for people, in aligned lines with human units.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(self).iter().try_for_each(|(name, text)| writeln!(f, "  {name:<11}  {text}"))
    }
}

/// The lines of the report: a name and a text.
fn lines(report: &Report) -> Vec<(&'static str, String)> {
    let mut lines = Vec::with_capacity(10 + report.files.len());
    // A job that only counts writes nothing, and one that generates data reads nothing.
    let reads = !report.from.is_empty() || report.counts.is_some() || !report.files.is_empty();
    let writes = !report.to.is_empty();
    match report.files.len() {
        _ if !reads => {}
        0 => lines.push(("source", end(report.source.as_deref(), report.from))),
        many => lines.push(("sources", format!("{}{}", count(many as u64), format(report.from)))),
    }
    lines.extend(report.files.iter().map(|file| ("", one_of_many(file, report.from))));
    match report.files.iter().filter(|file| file.target.is_some()).count() {
        _ if !writes => {}
        0 => lines.push(("target", end(report.target.as_deref(), report.to))),
        many => lines.push(("targets", format!("{} ({})", count(many as u64), report.to))),
    }
    lines.extend(reads.then(|| ("read", amount(report.bytes_in, report.records_in, report.from))));
    lines.extend(report.counts.map(|counts| ("counted", text(&counts))));
    lines.extend(writes.then(|| ("written", amount(report.bytes_out, report.records_out, report.to))));
    match &report.quarantine {
        _ if report.records_failed == 0 => {}
        None => lines.push(("left out", format!("{} bad", count(report.records_failed)))),
        Some(path) => lines.push(("quarantine", format!("{} in {}", count(report.records_failed), path.display()))),
    }
    if report.records_filtered > 0 {
        lines.push(("filtered", counted(report.records_filtered, "record")));
    }
    lines.extend((reads && writes).then(|| ("losses", lossy(report))));
    lines.push(("time", time(report)));
    lines.extend((reads && writes).then(|| ("latency", latency(report))));
    lines.push(("memory", memory(report)));
    lines.extend(pressure(report).into_iter().map(|text| ("pressure", text)));
    if report.allocations.start.blocks > 0 {
        lines.push(("allocations", allocations(report)));
    }
    lines
}

fn end(path: Option<&Path>, name: &str) -> String {
    match path {
        Some(path) => format!("{}{}", path.display(), format(name)),
        None => format!("stream{}", format(name)),
    }
}

/// A format in brackets; nothing if there is none.
fn format(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

fn one_of_many(file: &FileReport, from: &str) -> String {
    match &file.error {
        Some(_) => format!("{}: failed", input(&file.source)),
        None => format!("{}: {}", input(&file.source), amount(file.bytes_in, file.records_in, from)),
    }
}

/// How much; without a format there are no records.
fn amount(bytes: u64, records: u64, format: &str) -> String {
    match format {
        "" => size(bytes),
        _ => format!("{} in {}", size(bytes), counted(records, "record")),
    }
}

fn text(counts: &Counts) -> String {
    let Counts { lines, words, chars, .. } = *counts;
    format!("{}, {}, {}", counted(lines, "line"), counted(words, "word"), counted(chars, "character"))
}

fn lossy(report: &Report) -> String {
    let kinds: Vec<String> = report.lossy.iter().map(|(kind, n)| format!("{} {}", kind.name(), count(n))).collect();
    if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") }
}

fn time(report: &Report) -> String {
    let seconds = report.elapsed.as_secs_f64();
    let mut text = format!("{} with {}", micros(seconds * 1e6), counted(report.workers as u64, "worker"));
    // Below a millisecond, the rate would say more about the clock than about the work.
    if seconds >= 0.001 {
        let per_second = |amount: u64| (amount as f64 / seconds) as u64;
        // A job that generates data has read nothing.
        let (bytes, records) = match report.from {
            "" if report.counts.is_none() => (report.bytes_out, report.records_out),
            _ => (report.bytes_in, report.records_in),
        };
        text += &format!(": {}/s", size_rounded(per_second(bytes)));
        if !report.from.is_empty() || !report.to.is_empty() {
            text += &format!(", {} records/s", count(per_second(records)));
        }
    }
    text
}

fn latency(report: &Report) -> String {
    let l = &report.record_latency;
    let (p50, p99, max) = (micros(l.p50 as f64), micros(l.p99 as f64), micros(l.max as f64));
    format!("mean {}, p50 {p50}, p99 {p99}, max {max} (a record's slice, from claim to commit)", micros(l.mean))
}

fn memory(report: &Report) -> String {
    let limit = size(report.memory_limit as u64);
    let peak = match report.peak_rss_bytes {
        0 => format!("peak unknown on this system, limit {limit}"),
        peak if report.memory_limit == 0 => format!("{} resident at the peak", size_rounded(peak)),
        peak => {
            let share = peak as f64 * 100.0 / (report.memory_limit.max(1) as f64);
            let over = if peak > report.memory_limit as u64 { ", over it" } else { "" };
            format!("{} resident at the peak, limit {limit} ({share:.0} % of it){over}", size_rounded(peak))
        }
    };
    match report.peak_heap_bytes {
        0 => peak,
        heap => format!("{peak}; heap {} at the peak", size_rounded(heap)),
    }
}

/// What was done because memory was scarce; nothing if it never was.
fn pressure(report: &Report) -> Option<String> {
    let events = &report.events;
    let worst = events.list.iter().max_by_key(|event| (event.level, event.now))?;
    let changes = counted(events.list.len() as u64 + events.left_out, "change");
    let read = &worst.reading;
    Some(format!(
        "{} at the most, {changes}; at {} {} (resident {}, limit {})",
        worst.level,
        micros(worst.at.as_secs_f64() * 1e6),
        worst.done(),
        size_rounded(read.resident()),
        size(read.limit),
    ))
}

fn allocations(report: &Report) -> String {
    let a = &report.allocations;
    let (start, warmup, steady) = (counted(a.start.blocks, "block"), count(a.warmup.blocks), count(a.steady.blocks));
    format!(
        "{start} at the start, {warmup} in warm-up, {steady} in steady state; slices of {}",
        size(report.slice_size as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LossyKind;
    use std::time::Duration;

    #[test]
    fn shows_the_peak_beside_the_limit() {
        let mut report = Report {
            source: Some("trips.csv".into()),
            from: "csv",
            to: "ndjson",
            bytes_in: 2_000_000_001,
            records_in: 4_000_000,
            elapsed: Duration::from_secs(2),
            workers: 2,
            slice_size: 512 << 10,
            memory_limit: 100_000_000,
            peak_rss_bytes: 13_000_000,
            ..Report::default()
        };
        report.lossy.count(LossyKind::ListAsText);
        let text = report.to_string();
        for part in [
            "  source       trips.csv (csv)\n",
            "  target       stream (ndjson)\n",
            "2.00 GB in 4,000,000 records",
            "2 s with 2 workers: 1.00 GB/s, 2,000,000 records/s",
            "13.0 MB resident at the peak, limit 100 MB (13 % of it)",
            "list_as_text 1",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
        assert!(!text.contains("left out") && !text.contains("allocations") && !text.contains("filtered"));
        report.records_filtered = 1_500;
        assert!(report.to_string().contains("  filtered     1,500 records\n"));
    }
}
