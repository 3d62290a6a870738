//! The block of `--monitor`: a run in some lines of text.

use std::collections::VecDeque;
use std::time::Duration;

use super::line::hashes;
use super::sample::{About, Sample, State};
use super::words::{Unit, bytes_tenth, bytes_unit, clock, count_unit, percent};
use crate::metrics::{Latency, Level};
use crate::wording::count;

/// How wide the block is.
const WIDTH: usize = 79;
/// Where the part after the names begins.
const INDENT: usize = 13;
/// The columns of a curve.
const CURVE: usize = 20;
/// What a curve shows, in seconds.
const SPAN: f64 = 60.0;
/// Samples that are kept for the curves.
const KEPT: usize = 121;

/// Draws the block; remembers what its curves need.
pub struct Block {
    utf8: bool,
    /// When, and read, written, records per second, resident bytes.
    past: VecDeque<(f64, [f64; 4])>,
}

impl Block {
    /// Nothing was shown yet. Without `utf8` it is ASCII, and has no curves.
    pub fn new(utf8: bool) -> Block {
        Block { utf8, past: VecDeque::with_capacity(KEPT) }
    }

    /// The lines at a sample that comes after all others, in at most so many columns.
    pub fn lines(&mut self, about: &About, sample: &Sample, columns: usize) -> Vec<String> {
        let now = [sample.rate.read, sample.rate.written, sample.rate.records, sample.memory.resident() as f64];
        if self.past.len() == KEPT {
            self.past.pop_front();
        }
        self.past.push_back((sample.t.as_secs_f64(), now));
        // The last column stays free: some terminals go to the next line when it is filled.
        let width = columns.saturating_sub(1).min(WIDTH);
        let wide = width >= WIDTH;
        let mut lines = vec![self.title(about, sample, width)];
        lines.extend(progress(sample, width));
        lines.extend(self.table(about, sample, width));
        lines.extend(latency(sample).map(|text| named("latency", &text)));
        lines.extend(workers(sample).map(|text| named("workers", &text)));
        lines.extend(pool(sample).map(|text| named("pool", &text)));
        lines.extend(bad(about, sample).map(|text| named("bad", &text)));
        lines.extend(pressure(sample).map(|text| named("pressure", &text)));
        lines.extend(checkpoints(sample).map(|text| named("checkpoint", &text)));
        if let Some(stalled) = sample.stalled {
            let mark = if self.utf8 { '■' } else { '!' };
            let since = clock(sample.t.saturating_sub(stalled));
            lines.push(format!(
                "{:INDENT$}nothing was read or written for {}",
                format!("{mark} {since}"),
                clock(stalled)
            ));
        }
        if !wide || !self.utf8 {
            lines.iter_mut().for_each(|line| *line = line.chars().take(width).collect());
        }
        lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
        lines
    }

    /// The names, the state and the time.
    fn title(&self, about: &About, sample: &Sample, width: usize) -> String {
        let arrow = if self.utf8 { "→" } else { "->" };
        let names = match &about.target {
            Some(target) => format!("{} {arrow} {target}", about.source),
            None => about.source.clone(),
        };
        // Names may have any characters, and those of a terminal's own language are not meant for it.
        let ascii = |c: char| if c.is_control() || !self.utf8 && !c.is_ascii() { '?' } else { c };
        let names: String = names.chars().map(ascii).collect();
        let right = format!("{} {:>8}", sample.state.name(), clock(sample.t));
        spread(&shortened(&names, width.saturating_sub(right.len() + 1), self.utf8), &right, width)
    }

    /// What was read, written, and so on: now, on the average, in the last minute, and in all.
    fn table(&self, about: &About, sample: &Sample, width: usize) -> Vec<String> {
        let curves = self.utf8 && width >= WIDTH;
        let right = width >= WIDTH - CURVE - 3;
        let head = if curves { "last 60 s, from 0" } else { "" };
        let row = |name: &str, now: [String; 2], unit: &str, curve: usize, far: String| {
            let [now, mean] = now;
            let mut text = format!("{name:INDENT$}{now:>4} {mean:>8}  {unit:<4} ");
            if curves {
                text += &format!("  {:CURVE$}", if curve < 4 { self.curve(curve, sample) } else { String::new() });
            }
            if right { spread(&text, &far, if curves { WIDTH } else { WIDTH - CURVE - 2 }) } else { text }
        };
        let mut lines = Vec::new();
        let heading = format!("{:INDENT$}{:>4} {:>8}  {:<4} ", "", "now", "mean", "");
        lines.push(match right {
            true if curves => spread(&format!("{heading}       {head}"), "so far", WIDTH),
            true => spread(&heading, "so far", WIDTH - CURVE - 2),
            false => heading,
        });
        let rates = |unit: Unit, now: f64, mean: f64| [unit.three(now), unit.three(mean)];
        let (now, mean) = (&sample.rate, &sample.mean);
        let mut bytes = |name: &str, now: f64, mean: f64, curve: usize, far: String| {
            let unit = bytes_unit(now.max(mean));
            lines.push(row(name, rates(unit, now, mean), &format!("{}/s", unit.name), curve, far));
        };
        let read = match sample.size.filter(|_| !sample.state.is_end()) {
            Some(size) => {
                let unit = bytes_unit(size as f64);
                format!("{} of {} {}", unit.tenth(sample.read as f64), unit.tenth(size as f64), unit.name)
            }
            None => bytes_tenth(sample.read),
        };
        bytes("read", now.read, mean.read, 0, read);
        if about.target.is_some() {
            bytes("written", now.written, mean.written, 1, bytes_tenth(sample.written));
        }
        if sample.records_read > 0 {
            let unit = count_unit(now.records.max(mean.records));
            let numbers = rates(unit, now.records, mean.records);
            lines.push(row("records", numbers, &format!("{}/s", unit.name), 2, count(sample.records_read)));
        }
        lines.extend(self.memory(sample, row).into_iter().flatten());
        lines
    }

    fn memory(
        &self,
        sample: &Sample,
        row: impl Fn(&str, [String; 2], &str, usize, String) -> String,
    ) -> Option<[String; 2]> {
        let memory = &sample.memory;
        if memory.resident() == 0 {
            return None;
        }
        let unit = bytes_unit(memory.limit.max(memory.peak) as f64);
        let far = match memory.limit {
            0 => format!("peak {}", unit.tenth(memory.peak as f64)),
            limit => format!("peak {}, ceiling {}", unit.tenth(memory.peak as f64), unit.trimmed(limit as f64)),
        };
        let numbers = [unit.tenth(memory.resident() as f64), unit.tenth(sample.resident_mean)];
        let first = row("memory", numbers, unit.name, 3, far);
        let tenth = |bytes: u64| unit.tenth(bytes as f64);
        let mut second = format!("anonymous {}, file {}", tenth(memory.anonymous), tenth(memory.file));
        if memory.heap > 0 {
            let parts = [("buffers", memory.buffers), ("arenas", memory.arenas), ("codec", memory.codec)];
            let parts = parts.iter().filter(|(_, bytes)| *bytes > 0);
            let parts: Vec<String> = parts.map(|(name, bytes)| format!("{name} {}", tenth(*bytes))).collect();
            second += &format!("; heap {}", tenth(memory.heap));
            if !parts.is_empty() {
                second += &format!(": {}", parts.join(", "));
            }
        }
        Some([first, named("", &second)])
    }

    /// The last minute as a curve from zero.
    fn curve(&self, value: usize, sample: &Sample) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let now = sample.t.as_secs_f64();
        let mut sums = [(0.0, 0.0); CURVE];
        for (t, values) in &self.past {
            let place = (now - t) / SPAN * CURVE as f64;
            if (0.0..CURVE as f64).contains(&place) {
                let sum = &mut sums[CURVE - 1 - place as usize];
                *sum = (sum.0 + values[value], sum.1 + 1.0);
            }
        }
        let means = sums.map(|(sum, count)| if count > 0.0 { Some(sum / count) } else { None });
        let most = means.iter().flatten().copied().fold(0.0, f64::max);
        let bar = |mean: Option<f64>| match mean {
            None => ' ',
            Some(_) if most <= 0.0 => BARS[0],
            // The highest has room above it.
            Some(mean) => BARS[((mean / most * 7.0).round() as usize).clamp(1, 7) - 1],
        };
        means.map(bar).iter().collect()
    }
}

/// The bar, the share and the time left; nothing for a pipe.
fn progress(sample: &Sample, width: usize) -> Option<String> {
    let share = sample.share()?;
    let bar = hashes(share, if width >= WIDTH { 50 } else { width.saturating_sub(30).clamp(5, 50) });
    let mut text = format!("{bar}  {:>5} %", percent(share));
    if let Some(left) = sample.left {
        text += &format!("   about {} left", clock(left.mid));
        if let Some([low, high]) = left.range.filter(|[low, high]| high.as_secs() > low.as_secs() * 3 / 2 + 1) {
            text = format!("{bar}  {:>5} %   {} to {} left", percent(share), clock(low), clock(high));
        }
    }
    Some(text)
}

fn named(name: &str, text: &str) -> String {
    format!("{name:INDENT$}{text}")
}

/// A text on the left and one on the right.
fn spread(left: &str, right: &str, width: usize) -> String {
    let used = left.trim_end().chars().count() + right.chars().count();
    format!("{}{}{right}", left.trim_end(), " ".repeat(width.saturating_sub(used).max(1)))
}

/// The end of a text that is too long.
fn shortened(text: &str, room: usize, utf8: bool) -> String {
    let len = text.chars().count();
    if len <= room {
        return text.to_owned();
    }
    let mark = if utf8 { "…" } else { ".." };
    let keep = room.saturating_sub(mark.chars().count());
    format!("{mark}{}", text.chars().skip(len - keep).collect::<String>())
}

/// The latency of the last ten seconds, and of the whole run, in one unit.
fn latency(sample: &Sample) -> Option<String> {
    let run = sample.latency_run?;
    let now = sample.latency.unwrap_or(run);
    let (unit, name) = match now.max.max(run.max) {
        0..10_000 => (1.0, "us"),
        10_000..100_000_000 => (1e3, "ms"),
        _ => (1e6, "s"),
    };
    let number = |micros: f64| match micros / unit {
        v if unit > 1.0 && v < 9.95 => format!("{v:.1}"),
        v => count(v.round() as u64),
    };
    let Latency { p50, p99, max, mean, .. } = now;
    let mean = if unit > 1.0 { format!("{:.1}", mean / unit) } else { format!("{mean:.0}") };
    let [p50, p99, max] = [p50, p99, max].map(|micros| number(micros as f64));
    let whole = [run.p50, run.p99, run.max].map(|micros| number(micros as f64)).join(", ");
    Some(format!("p50 {p50}   p99 {p99}   max {max}   mean {mean} {name} whole run {whole}"))
}

fn workers(sample: &Sample) -> Option<String> {
    let workers = &sample.workers;
    if sample.all_workers() == 0 {
        return None;
    }
    let mut text = format!(
        "{} converting, {} wait for the target, {} for input",
        workers.converting, workers.waiting_target, workers.waiting_input
    );
    if workers.held_back > 0 {
        text += &format!(", {} held back", workers.held_back);
    }
    Some(text + &format!("; {} slices open", sample.slices_open))
}

fn pool(sample: &Sample) -> Option<String> {
    let all = sample.pool.used + sample.pool.idle;
    let codec = match sample.memory.codec {
        0 => "no codec".to_owned(),
        codec => format!("codec {}", bytes_tenth(codec)),
    };
    (all > 0).then(|| format!("{} of {all} buffers in use, {codec}", sample.pool.used))
}

fn bad(about: &About, sample: &Sample) -> Option<String> {
    let (bad, all) = (sample.records_bad, sample.records_read.max(1));
    let per_million = bad as f64 * 1e6 / all as f64;
    let share = match per_million {
        v if v < 0.995 => format!("{v:.2} per million"),
        v if v < 9_999.5 => format!("{v:.0} per million"),
        v => format!("{:.1} %", v / 1e4),
    };
    let records = if bad == 1 { "record" } else { "records" };
    (bad > 0).then(|| format!("{} {records}, {share}, {}", count(bad), about.bad))
}

fn pressure(sample: &Sample) -> Option<String> {
    let last = sample.pressure.last?;
    let Some(until) = last.until else {
        return Some(format!("{} since {}", sample.pressure.level, clock(last.since)));
    };
    let (from, to) = (clock(last.since), clock(until));
    Some(match sample.pressure.episodes {
        1 => format!("{}; {} once, {from} to {to}", Level::Normal, last.level),
        times => format!("{}; {} {times} times, last {from} to {to}", Level::Normal, last.level),
    })
}

fn checkpoints(sample: &Sample) -> Option<String> {
    let checkpoints = sample.checkpoints?;
    let ago = match sample.t.saturating_sub(checkpoints.at) {
        short if short < Duration::from_secs(60) => format!("{} s", short.as_secs()),
        long => clock(long),
    };
    // Where a run ended well, there is nothing to resume.
    let from = match sample.state {
        State::Done => String::new(),
        _ => format!(": can resume from {}", bytes_tenth(checkpoints.position)),
    };
    Some(format!("{}, {ago} ago{from}", checkpoints.count))
}
