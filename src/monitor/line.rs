//! A run in one line: plain, or with a bar.

use super::sample::{About, Sample, State};
use super::words::{bytes, bytes_tenth, bytes_unit, count_short, percent};
use crate::metrics::Level;
use crate::wording::{clock, count};

/// The line for logs and pipes, without a line break.
pub fn line(about: &About, sample: &Sample) -> String {
    let mut text = clock(sample.t);
    let done = if about.makes { "written" } else { "read" };
    match sample.share().filter(|_| !sample.state.is_end()) {
        _ if sample.merges() => text += &format!("  merging, {} entries so far", count(sample.merged)),
        Some(share) => text += &format!("  {} %", percent(share)),
        None if sample.state == State::Running => {}
        None => text += &format!("  {}", sample.state.name()),
    }
    match sample.size.filter(|_| !sample.state.is_end()) {
        Some(size) => {
            let unit = bytes_unit(size as f64);
            let (read, size) = (unit.tenth(sample.read as f64), unit.tenth(size as f64));
            text += &format!("  {read} of {size} {} {done}", unit.name);
        }
        None => text += &format!("  {} {done}", bytes_tenth(sample.read)),
    }
    if about.target.is_some() && !about.makes {
        text += &format!(", {} written", bytes_tenth(sample.written));
    }
    if sample.records_read > 0 {
        text += &format!(", {} records", count(sample.records_read));
    }
    if sample.records_bad > 0 {
        text += &format!(" ({} bad)", count(sample.records_bad));
    }
    let rate = if sample.state.is_end() { sample.mean.read } else { sample.rate.read };
    text += &format!(", {}/s", bytes(rate));
    let memory = &sample.memory;
    if memory.resident() > 0 {
        let used = if sample.state.is_end() { memory.peak } else { memory.resident() };
        let unit = bytes_unit(memory.limit.max(used) as f64);
        let at_most = if sample.state.is_end() { "at most " } else { "" };
        text += &format!(", memory {at_most}{}", unit.tenth(used as f64));
        if memory.limit > 0 {
            text += &format!(" of {}", unit.trimmed(memory.limit as f64));
        }
        text += &format!(" {}", unit.name);
    }
    if let Some(left) = sample.left {
        text += &format!(", about {} left", clock(left.mid));
    }
    if sample.pressure.level > Level::Normal && !sample.state.is_end() {
        text += &format!(", memory pressure {}", sample.pressure.level);
    }
    if let Some(stalled) = sample.stalled {
        text += &format!(", {} {}", nothing_moves(sample), clock(stalled));
    }
    text
}

/// Why a run makes no progress, as far as its workers tell.
fn nothing_moves(sample: &Sample) -> &'static str {
    let workers = &sample.workers;
    match sample.all_workers() {
        0 => "nothing was read or written for",
        all if workers.waiting_target > 0 && workers.waiting_target + 1 >= all => "waiting for the target for",
        all if workers.waiting_input > 0 && workers.waiting_input + 1 >= all => "waiting for input for",
        _ => "nothing was read or written for",
    }
}

/// A bar of `#` and `-`.
pub(super) fn hashes(share: f64, width: usize) -> String {
    let full = ((share * width as f64).round() as usize).min(width);
    format!("[{}{}]", "#".repeat(full), "-".repeat(width - full))
}

/// The line with a bar, in at most `width` columns: what does not fit is left out.
pub fn bar(sample: &Sample, width: usize) -> String {
    let wide = [Part::Records, Part::Rate, Part::Memory, Part::Bad, Part::Left];
    // The columns from which on a form is used, so that it doesn't change with every number; its bar; its parts.
    let forms: [(usize, usize, &[Part]); 8] = [
        (80, 10, &wide),
        (70, 10, &[Part::Records, Part::Rate, Part::Memory, Part::Left]),
        (60, 10, &[Part::Rate, Part::Memory, Part::Left]),
        (0, 8, &[Part::Rate, Part::Left]),
        (0, 0, &[Part::Rate, Part::Left]),
        (0, 0, &[Part::Left]),
        (0, 0, &[Part::Rate]),
        (0, 0, &[]),
    ];
    // The last column stays free: some terminals go to the next line when it is filled.
    let room = width.saturating_sub(1);
    let texts = forms.iter().filter(|(from, ..)| width >= *from).map(|(_, bar, parts)| draw(sample, *bar, parts));
    let mut last = String::new();
    for text in texts {
        last = text;
        if last.chars().count() <= room {
            break;
        }
    }
    last.chars().take(room).collect()
}

#[derive(Clone, Copy)]
enum Part {
    Records,
    Rate,
    Memory,
    Bad,
    Left,
}

fn draw(sample: &Sample, bar: usize, parts: &[Part]) -> String {
    let mut text = String::new();
    match (sample.share(), sample.size) {
        (Some(share), Some(size)) => {
            text += &format!("{:.0}% ", (share * 100.0).floor());
            if bar > 0 {
                text += &format!("{} ", hashes(share, bar));
            }
            let unit = bytes_unit(size as f64);
            let (read, size) = (unit.short(sample.read as f64), unit.short(size as f64));
            text += &format!("{read}/{size} {}", unit.name);
        }
        _ => {
            let unit = bytes_unit(sample.read as f64);
            text += &format!("{} {}", unit.short(sample.read as f64), unit.name);
        }
    }
    if sample.merges() {
        return text + &format!("  merging, {} entries", count_short(sample.merged));
    }
    for part in parts {
        match part {
            Part::Records if sample.records_read == 0 => {}
            Part::Records => text += &format!(" {} rec", count_short(sample.records_read)),
            Part::Rate => text += &format!("  {}/s", bytes(sample.rate.read)),
            Part::Memory if sample.memory.resident() == 0 => {}
            Part::Memory => {
                let (used, limit) = (sample.memory.resident() as f64, sample.memory.limit as f64);
                let unit = bytes_unit(limit.max(used));
                let limit = if limit > 0.0 { format!("/{}", unit.short(limit)) } else { String::new() };
                text += &format!("  {}{limit} {}", unit.short(used), unit.name);
            }
            Part::Bad if sample.records_bad == 0 => {}
            Part::Bad => text += &format!("  {} bad", count_short(sample.records_bad)),
            Part::Left => {
                if let Some(left) = sample.left {
                    text += &format!("  {} left", clock(left.mid));
                }
            }
        }
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::metrics::Workers;
    use crate::monitor::sample::{Left, Rates};
    use std::time::Duration;

    /// The run of the design.
    pub fn example() -> (About, Sample) {
        let about = About {
            source: "trips-2025.csv".into(),
            target: Some("trips-2025.ndjson".into()),
            memory_limit: 64_000_000,
            bad: "in quarantine",
            ..About::default()
        };
        let mut sample = Sample {
            t: Duration::from_secs(752),
            state: State::Running,
            size: Some(500_000_000_000),
            read: 310_000_000_000,
            written: 519_900_000_000,
            records_read: 2_445_008_214,
            records_bad: 1_482,
            rate: Rates { read: 398e6, written: 667e6, records: 3.14e6 },
            mean: Rates { read: 412e6, written: 691e6, records: 3.25e6 },
            left: Some(Left { mid: Duration::from_secs(474), range: None }),
            ..Sample::default()
        };
        (sample.memory.anonymous, sample.memory.file, sample.memory.limit) = (22_000_000, 19_200_000, 64_000_000);
        sample.memory.peak = 57_300_000;
        (about, sample)
    }

    #[test]
    fn the_plain_line() {
        let (about, mut sample) = example();
        assert_eq!(
            line(&about, &sample),
            "12:32  62.0 %  310.0 of 500.0 GB read, 519.9 GB written, 2,445,008,214 records (1,482 bad), 398 MB/s, memory 41.2 of 64 MB, about 7:54 left"
        );
        // A pipe has neither share nor time left.
        (sample.size, sample.left, sample.records_bad) = (None, None, 0);
        sample.pressure.level = Level::High;
        sample.stalled = Some(Duration::from_secs(11));
        let mut workers = Workers::default();
        (workers.waiting_target, workers.converting) = (3, 1);
        sample.workers = workers;
        assert_eq!(
            line(&about, &sample),
            "12:32  310.0 GB read, 519.9 GB written, 2,445,008,214 records, 398 MB/s, memory 41.2 of 64 MB, memory pressure high, waiting for the target for 0:11"
        );
        (sample.stalled, sample.merged) = (None, 12_345_678);
        // Not while something is read.
        assert!(!line(&about, &sample).contains("merging"));
        let merging = Sample { state: State::Finishing, workers: Workers::default(), ..sample };
        assert!(line(&about, &merging).starts_with("12:32  merging, 12,345,678 entries so far  310.0 GB read"));
        assert_eq!(bar(&merging, 80), "310 GB  merging, 12 M entries");
        (sample.state, sample.stalled) = (State::Done, None);
        assert_eq!(
            line(&about, &sample),
            "12:32  done  310.0 GB read, 519.9 GB written, 2,445,008,214 records, 412 MB/s, memory at most 57.3 of 64 MB"
        );
        // What only counts writes nothing.
        let about = About { target: None, ..about };
        assert_eq!(line(&about, &Sample::default()), "0:00  starting  0 B read, 0 B/s");
    }

    #[test]
    fn bars_at_80_and_50_columns_and_less() {
        let (_, mut sample) = example();
        let wide = "62% [######----] 310/500 GB 2445 M rec  398 MB/s  41/64 MB  1482 bad  7:54 left";
        assert_eq!((bar(&sample, 80), bar(&sample, 200)), (wide.into(), wide.into()));
        assert_eq!(bar(&sample, 79), "62% [######----] 310/500 GB 2445 M rec  398 MB/s  41/64 MB  7:54 left");
        assert_eq!(bar(&sample, 50), "62% [#####---] 310/500 GB  398 MB/s  7:54 left");
        assert_eq!(bar(&sample, 69), "62% [######----] 310/500 GB  398 MB/s  41/64 MB  7:54 left");
        assert_eq!(bar(&sample, 40), "62% 310/500 GB  398 MB/s  7:54 left");
        assert_eq!(bar(&sample, 30), "62% 310/500 GB  7:54 left");
        assert_eq!(bar(&sample, 10), "62% 310/5");
        for width in 0..100 {
            assert!(bar(&sample, width).len() < width.max(1), "{width}");
        }
        (sample.size, sample.left, sample.records_bad) = (None, None, 0);
        assert_eq!(bar(&sample, 80), "310 GB 2445 M rec  398 MB/s  41/64 MB");
        assert_eq!(bar(&sample, 50), "310 GB  398 MB/s");
    }
}
