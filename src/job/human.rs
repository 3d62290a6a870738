//! The report for people.

use std::fmt;
use std::time::Duration;

use crate::format::Format;
use crate::metrics::{Events, FileReport, Report, Response, Spilled, duration, micros, size, size_rounded};
use crate::scan::count::Counts;
use crate::wording::{clock, count, counted, input};

impl fmt::Display for Report {
    /// The report for people, in aligned lines with human units. What says nothing is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(self).iter().try_for_each(|(name, text)| writeln!(f, "  {name:<9}  {text}"))
    }
}

/// The lines of the report: a name and a text.
fn lines(report: &Report) -> Vec<(&'static str, String)> {
    let mut lines = Vec::with_capacity(9 + report.files.len());
    // A job that only counts writes nothing, and one that generates data reads nothing.
    let reads = !report.from.is_empty() || report.counts.is_some() || !report.files.is_empty();
    let writes = !report.to.is_empty();
    let took = duration(report.elapsed);
    let from = of(report.bytes_in, report.from);
    let from = match report.files.len() {
        0 => from,
        inputs => format!("{}, {from},", counted(inputs as u64, "input")),
    };
    lines.push(match (reads, writes) {
        (true, true) => ("converted", format!("{from} to {} in {took}", of(report.bytes_out, report.to))),
        (true, false) => ("counted", format!("{} in {took}", from.trim_end_matches(','))),
        _ => ("generated", format!("{} in {took}", of(report.bytes_out, report.to))),
    });
    lines.extend(report.files.iter().map(|file| ("", one_of_many(file, report.from))));
    lines.extend(report.counts.map(|counts| ("found", text(&counts))));
    if !report.from.is_empty() || !reads {
        lines.push(("records", records(report, reads, writes)));
    }
    lines.extend(report.delimiter.map(|found| ("delimiter", found_in(found))));
    lines.extend((reads && writes).then(|| ("values", values(report))));
    lines.push(("speed", speed(report)));
    lines.extend(latency(report).map(|text| ("latency", text)));
    lines.extend(memory(report).map(|text| ("memory", text)));
    lines.extend(spilled(report).map(|text| ("spilled", text)));
    lines.extend(pressure(report).map(|text| ("pressure", text)));
    lines.extend(heap(report).map(|text| ("heap", text)));
    lines
}

/// An amount of data in a format, if that is known.
fn of(bytes: u64, format: &str) -> String {
    if format.is_empty() { size(bytes) } else { format!("{} of {}", size(bytes), title(format)) }
}

/// The name of a format in a sentence; as it is, if there are several.
fn title(format: &str) -> &str {
    format.parse().map_or(format, |known: Format| known.title())
}

fn one_of_many(file: &FileReport, from: &str) -> String {
    let amount = || match from {
        "" => size(file.bytes_in),
        _ => format!("{} in {}", size(file.bytes_in), counted(file.records_in, "record")),
    };
    match &file.error {
        Some(_) => format!("{}: failed", input(&file.source)),
        None => {
            let found = file.delimiter.map_or_else(String::new, |found| format!(", delimiter {}", found_in(found)));
            format!("{}: {}{found}", input(&file.source), amount())
        }
    }
}

fn found_in(delimiter: char) -> String {
    format!("`{}`, found in the first bytes", delimiter.escape_default())
}

fn text(counts: &Counts) -> String {
    let Counts { lines, words, chars, .. } = *counts;
    format!("{}, {}, {}", counted(lines, "line"), counted(words, "word"), counted(chars, "character"))
}

fn records(report: &Report, reads: bool, writes: bool) -> String {
    let mut text = match (reads, writes) {
        (true, true) if report.records_in == report.records_out => {
            format!("{} read and written", count(report.records_in))
        }
        (true, true) => format!("{} read, {} written", count(report.records_in), count(report.records_out)),
        (true, false) => format!("{} read", count(report.records_in)),
        _ => format!("{} written", count(report.records_out)),
    };
    if report.records_filtered > 0 {
        text += &format!(", {} filtered out", count(report.records_filtered));
    }
    if let Some(late) = report.windows.as_ref().map(|windows| windows.records_late).filter(|late| *late > 0) {
        text += &format!(", {} late", count(late));
    }
    if report.records_failed > 0 {
        let bad = counted(report.records_failed, "bad one");
        let verb = |one, many| if report.records_failed == 1 { one } else { many };
        let own = report.files.iter().filter_map(|file| file.quarantine.as_ref());
        let place = report.quarantine.as_ref().or(own.clone().next());
        text += &match (place, own.count().saturating_sub(1)) {
            (None, _) => format!("; {bad} {} left out", verb("was", "were")),
            (Some(path), 0) => format!("; {bad} {} in {}", verb("is", "are"), path.display()),
            (Some(path), more) => {
                let more = counted(more as u64, "other file");
                format!("; {bad} {} in {} and {more}", verb("is", "are"), path.display())
            }
        };
    }
    text
}

fn values(report: &Report) -> String {
    let kinds: Vec<String> = report.lossy.iter().map(|(kind, n)| format!("{} {}", kind.name(), count(n))).collect();
    match kinds.is_empty() {
        true => "all kept as they were".to_owned(),
        false => format!("all kept as they were but for {}", kinds.join(", ")),
    }
}

fn speed(report: &Report) -> String {
    let seconds = report.elapsed.as_secs_f64();
    let mut text = String::new();
    // Below a millisecond, the rate would say more about the clock than about the work.
    if seconds >= 0.001 {
        let per_second = |amount: u64| (amount as f64 / seconds) as u64;
        // A job that generates data has read nothing.
        let (bytes, records) = match report.from {
            "" if report.counts.is_none() => (report.bytes_out, report.records_out),
            _ => (report.bytes_in, report.records_in),
        };
        text += &format!("{}/s", size_rounded(per_second(bytes)));
        if !report.from.is_empty() || !report.to.is_empty() {
            text += &match per_second(records) {
                many @ 1_000_000.. => format!(" and {:.2} million records/s", many as f64 / 1e6),
                few => format!(" and {} records/s", count(few)),
            };
        }
        text += ", ";
    }
    text += &counted(report.workers as u64, "worker");
    if report.slice_size > 0 {
        text += &format!(", slices of {}", size(report.slice_size as u64));
    }
    text
}

fn latency(report: &Report) -> Option<String> {
    let latency = &report.record_latency;
    let [p50, p99, max] = [latency.p50, latency.p99, latency.max].map(|time| trimmed(&micros(time as f64)));
    let half = "half of the records took at most";
    (latency.max > 0)
        .then(|| format!("{half} {p50} from being read to being written, 99 of 100 at most {p99}, the slowest {max}"))
}

/// A number and its unit without zeros that say nothing.
fn trimmed(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text.to_owned(),
    }
}

fn memory(report: &Report) -> Option<String> {
    let (peak, limit) = (report.peak_rss_bytes, report.memory_limit as u64);
    if peak == 0 {
        return None;
    }
    let mut text = format!("at most {}", size_rounded(peak));
    if limit > 0 {
        let share = peak as f64 * 100.0 / limit as f64;
        let over = if peak > limit { ", over it" } else { "" };
        text += &format!(", {share:.0} % of the limit of {}{over}", size(limit));
    }
    Some(text)
}

/// What did not fit into memory.
fn spilled(report: &Report) -> Option<String> {
    let Spilled { bytes, runs } = report.spilled;
    (runs > 0).then(|| format!("{} to disk in {}", size_rounded(bytes), counted(runs, "sorted run")))
}

/// When memory was scarce and what was done about it; nothing if it never was.
fn pressure(report: &Report) -> Option<String> {
    let Events { list, .. } = &report.events;
    let worst = list.iter().map(|event| event.level).max()?;
    let strongest = list.iter().filter_map(|event| event.now).max()?;
    let begun = list.iter().filter(|event| event.before.is_none()).count();
    let mut text = worst.to_string();
    // The times of several inputs begin anew with each.
    if report.files.is_empty() {
        let from = list.first().map_or(Duration::ZERO, |event| event.at);
        text += &match list.last().filter(|event| event.now.is_none()) {
            Some(last) => format!(" from {} to {}", clock(from), clock(last.at)),
            None => format!(" from {} to the end", clock(from)),
        };
    }
    if begun > 1 {
        text += &format!(", {begun} times");
    }
    Some(format!("{text}: {}; the output is the same", responses(strongest, report.workers)))
}

/// What was done, up to the strongest response.
fn responses(strongest: Response, workers: usize) -> String {
    let pages = "released pages";
    let idle = workers - (workers / 2).max(1).min(workers);
    match strongest {
        Response::ReleaseBehind => pages.to_owned(),
        Response::TrimPool => format!("{pages}, shrank buffers"),
        Response::FewerSlices => format!("{pages}, shrank buffers, took fewer slices at a time"),
        Response::SmallerSlices => format!("{pages}, shrank buffers and slices"),
        Response::FewerWorkers => {
            format!("{pages}, shrank buffers and slices, let {idle} of {} wait", counted(workers as u64, "worker"))
        }
        Response::Emergency => format!("{pages}, shrank buffers and slices, let all workers but one wait"),
    }
}

fn heap(report: &Report) -> Option<String> {
    let a = &report.allocations;
    let before = a.start.blocks + a.warmup.blocks;
    let during = match a.steady.blocks {
        0 => "no allocations".to_owned(),
        blocks => counted(blocks, "allocation"),
    };
    (a.start.blocks > 0).then(|| format!("{during} while converting, {} before", count(before)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Allocated, Event, Latency, Level, Reading};
    use crate::record::LossyKind;

    /// The run of the design.
    fn example() -> Report {
        let mut report = Report {
            from: "csv",
            to: "ndjson",
            bytes_in: 500_000_000_001,
            bytes_out: 838_400_000_001,
            records_in: 3_943_218_400,
            records_out: 3_943_216_012,
            records_failed: 2_388,
            quarantine: Some("trips-2025.ndjson.quarantine.ndjson".into()),
            elapsed: Duration::from_secs(1226),
            workers: 8,
            slice_size: 512 << 10,
            memory_limit: 64_000_000,
            peak_rss_bytes: 57_300_000,
            record_latency: Latency { mean: 11_300.0, p50: 8_900, p99: 46_000, max: 4_100_000 },
            ..Report::default()
        };
        report.allocations.start = Allocated { blocks: 200, bytes: 1 };
        report.allocations.warmup = Allocated { blocks: 71, bytes: 1 };
        let mut event = |at, before, now, level| {
            let (at, reading) = (Duration::from_secs(at), Reading::default());
            report.events.add(Event { at, slice: 0, level, reading, before, now });
        };
        event(372, None, Some(Response::ReleaseBehind), Level::High);
        event(373, Some(Response::ReleaseBehind), Some(Response::FewerWorkers), Level::High);
        event(424, Some(Response::ReleaseBehind), None, Level::Normal);
        report
    }

    #[test]
    fn the_summary_of_the_design() {
        let expected = "\
\x20 converted  500 GB of CSV to 838 GB of NDJSON in 20 min 26 s
  records    3,943,218,400 read, 3,943,216,012 written; 2,388 bad ones are in trips-2025.ndjson.quarantine.ndjson
  values     all kept as they were
  speed      408 MB/s and 3.22 million records/s, 8 workers, slices of 512 KiB
  latency    half of the records took at most 8.9 ms from being read to being written, 99 of 100 at most 46 ms, the slowest 4.1 s
  memory     at most 57.3 MB, 90 % of the limit of 64 MB
  pressure   high from 6:12 to 7:04: released pages, shrank buffers and slices, let 4 of 8 workers wait; the output is the same
  heap       no allocations while converting, 271 before
";
        assert_eq!(example().to_string(), expected);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let mut report = Report {
            from: "csv",
            to: "text",
            bytes_in: 1_500,
            bytes_out: 999,
            records_in: 3,
            records_out: 3,
            elapsed: Duration::from_micros(900),
            workers: 1,
            ..Report::default()
        };
        let expected = "\
\x20 converted  1.50 kB of CSV to 999 B of text in 900 µs
\x20 records    3 read and written
\x20 values     all kept as they were
\x20 speed      1 worker
";
        assert_eq!(report.to_string(), expected);
        (report.records_in, report.records_failed, report.records_filtered) = (1_504, 1, 1_500);
        report.lossy.count(LossyKind::ListAsText);
        report.allocations.start.blocks = 4;
        report.allocations.steady.blocks = 1;
        let text = report.to_string();
        for line in [
            "  records    1,504 read, 3 written, 1,500 filtered out; 1 bad one was left out\n",
            "  values     all kept as they were but for list_as_text 1\n",
            "  heap       1 allocation while converting, 4 before\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in:\n{text}");
        }
    }

    #[test]
    fn many_inputs_counts_and_samples() {
        let file = |name: &str, quarantine: Option<&str>| FileReport {
            source: name.into(),
            bytes_in: 10,
            records_in: 2,
            quarantine: quarantine.map(Into::into),
            ..FileReport::default()
        };
        let mut report = Report { from: "several formats", to: "fixed", bytes_in: 20, records_failed: 2, ..example() };
        report.files = vec![file("a.csv", Some("a.q")), file("-", Some("b.q"))];
        report.quarantine = None;
        report.spilled = Spilled { bytes: 61_776_113, runs: 10 };
        let text = report.to_string();
        for part in [
            "  converted  2 inputs, 20 B of several formats, to 838 GB of fixed records in 20 min 26 s\n",
            "             a.csv: 10 B in 2 records\n             standard input: 10 B in 2 records\n",
            "; 2 bad ones are in a.q and 1 other file\n",
            "  spilled    61.8 MB to disk in 10 sorted runs\n",
            "  pressure   high: released pages,",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
        let counts = Counts { lines: 3, words: 4, chars: 14, bytes: 14 };
        let counted = Report { counts: Some(counts), bytes_in: 14, workers: 1, ..Report::default() };
        assert_eq!(
            counted.to_string(),
            "  counted    14 B in 0 µs\n  found      3 lines, 4 words, 14 characters\n  speed      1 worker\n"
        );
        let made = Report { to: "csv", bytes_out: 14, records_out: 1, workers: 1, ..Report::default() };
        assert_eq!(
            made.to_string(),
            "  generated  14 B of CSV in 0 µs\n  records    1 written\n  speed      1 worker\n"
        );
    }

    #[test]
    fn pressure_in_words() {
        let mut report = example();
        report.events.list.truncate(2);
        let line = |report: &Report| pressure(report).unwrap_or_default();
        assert!(line(&report).starts_with("high from 6:12 to the end: "), "{}", line(&report));
        assert_eq!(
            responses(Response::FewerWorkers, 3),
            "released pages, shrank buffers and slices, let 2 of 3 workers wait"
        );
        assert_eq!(responses(Response::SmallerSlices, 3), "released pages, shrank buffers and slices");
        report.peak_rss_bytes = 64_000_001;
        assert!(report.to_string().contains("100 % of the limit of 64 MB, over it\n"));
    }
}
