//! The block of `--monitor`: a run in some lines of text.

use std::collections::VecDeque;
use std::time::Duration;

use super::line::hashes;
use super::sample::{About, Met, Moment, Sample, State};
use super::words::{Unit, bytes_tenth, bytes_unit, count_short, count_unit, percent};
use crate::metrics::{Latency, Level};
use crate::wording::{clock, count, counted};

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

    /// The lines at a sample that comes after all others, in at most this number of columns.
    pub fn lines(&mut self, about: &About, moment: &Moment, columns: usize) -> Vec<String> {
        let sample = &moment.sample;
        let now = [sample.rate.read, sample.rate.written, sample.rate.records, sample.memory.resident() as f64];
        if self.past.len() == KEPT {
            self.past.pop_front();
        }
        self.past.push_back((sample.t.as_secs_f64(), now));
        // The last column stays free: some terminals go to the next line when it is filled.
        let width = columns.saturating_sub(1).min(WIDTH);
        let mut lines = vec![self.title(about, sample, width)];
        lines.extend(progress(sample, width));
        lines.extend(self.table(about, sample, width));
        lines.extend(latency(sample, width.saturating_sub(INDENT)).map(|text| named("latency", &text)));
        lines.extend(workers(sample).map(|text| named("workers", &text)));
        lines.extend(pool(sample).map(|text| named("pool", &text)));
        lines.extend(groups(moment, self.utf8));
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
        lines.extend(alerts(moment, self.utf8));
        let room = columns.saturating_sub(1);
        lines.iter_mut().for_each(|line| *line = line.chars().take(room).collect());
        lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
        lines
    }

    /// The names, the state and the time.
    fn title(&self, about: &About, sample: &Sample, width: usize) -> String {
        let arrow = if self.utf8 { "→" } else { "->" };
        let names = match &about.target {
            Some(target) if about.makes => target.clone(),
            Some(target) => format!("{} {arrow} {target}", about.source),
            None => about.source.clone(),
        };
        // Names may have any characters, and those of a terminal's own language are not meant for it.
        let ascii = |c: char| if c.is_control() || !self.utf8 && !c.is_ascii() { '?' } else { c };
        let names: String = names.chars().map(ascii).collect();
        let state = match sample.merges() {
            true => format!("merging, {} entries", count_short(sample.merged)),
            false => sample.state.name().to_owned(),
        };
        let right = format!("{state} {:>8}", clock(sample.t));
        spread(&shortened(&names, width.saturating_sub(right.len() + 1), self.utf8), &right, width)
    }

    /// What was read, written, and so on: now, on the average, in the last minute, and in all.
    fn table(&self, about: &About, sample: &Sample, width: usize) -> Vec<String> {
        let curves = self.utf8 && width >= WIDTH;
        let right = width >= WIDTH - CURVE - 2;
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
            true if curves => spread(&format!("{heading}  {head}"), "so far", WIDTH),
            true => spread(&heading, "so far", WIDTH - CURVE - 2),
            false => heading,
        });
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
        bytes(if about.makes { "written" } else { "read" }, now.read, mean.read, 0, read);
        if about.target.is_some() && !about.makes {
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
        let numbers = rates(unit, memory.resident() as f64, sample.resident_mean);
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

fn rates(unit: Unit, now: f64, mean: f64) -> [String; 2] {
    [unit.three(now), unit.three(mean)]
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

/// The latency of the last ten seconds, and of the whole run, in one unit. No number is cut: where they need more room than
/// there is, they move together, and then those of the whole run go.
fn latency(sample: &Sample, room: usize) -> Option<String> {
    let run = sample.latency_run?;
    let now = sample.latency.unwrap_or(run);
    let (unit, name) = match now.max.max(run.max) {
        0..10_000 => (1.0, "us"),
        10_000..100_000_000 => (1e3, "ms"),
        _ => (1e6, "s"),
    };
    let number = |micros: f64| match micros / unit {
        v if unit > 1.0 && v < 0.095 => format!("{v:.2}"),
        v if unit > 1.0 && v < 9.95 => format!("{v:.1}"),
        v => count(v.round() as u64),
    };
    let Latency { p50, p99, max, mean, .. } = now;
    let mean = if unit > 1.0 { format!("{:.1}", mean / unit) } else { format!("{mean:.0}") };
    let [p50, p99, max] = [p50, p99, max].map(|micros| number(micros as f64));
    let whole = [run.p50, run.p99, run.max].map(|micros| number(micros as f64)).join(", ");
    let now = [format!("p50 {p50}"), format!("p99 {p99}"), format!("max {max}"), format!("mean {mean} {name}")];
    let whole = format!(" whole run {whole}");
    let mut texts = [&*whole, ""].into_iter().flat_map(|run| ["   ", "  ", " "].map(|gap| now.join(gap) + run));
    texts.find(|text| text.chars().count() <= room).or_else(|| Some(now.join(" ")))
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
    Some(text + &format!("; {} open", counted(sample.slices_open, "slice")))
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

/// The alerts that are raised: when, which, and why.
/// The largest groups so far.
fn groups(moment: &Moment, utf8: bool) -> impl Iterator<Item = String> {
    moment.groups.iter().enumerate().map(move |(index, line)| {
        // Values may have any characters.
        let line = line.replace(char::is_control, "?");
        let line = if utf8 { line } else { line.replace(|c: char| !c.is_ascii(), "?") };
        named(if index == 0 { "groups" } else { "" }, &line)
    })
}

fn alerts(moment: &Moment, utf8: bool) -> impl Iterator<Item = String> {
    let mark = if utf8 { '◆' } else { '!' };
    let raised = moment.alerts.iter().filter(|alert| alert.state == Met::Active);
    raised.map(move |alert| {
        let since = clock(alert.since.unwrap_or_default());
        let name = alert.rule.replace('_', " ");
        // A configuration may give any name.
        let text = format!("{name}: {}", alert.text).replace(char::is_control, "?");
        let text = if utf8 { text } else { text.replace(|c: char| !c.is_ascii(), "?") };
        format!("{:INDENT$}{text}", format!("{mark} {since}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{PoolUse, Workers};
    use crate::monitor::line::tests::example;
    use crate::monitor::sample::{Checkpoints, Episode, Left};

    const S: fn(u64) -> Duration = Duration::from_secs;

    /// The run of the design, as far as it is a run.
    fn full() -> (About, Sample) {
        let (about, mut sample) = example();
        let memory = &mut sample.memory;
        (memory.heap, memory.buffers, memory.arenas) = (20_100_000, 14_600_000, 3_100_000);
        sample.resident_mean = 40.9e6;
        let latency = |mean, p50, p99, max| {
            let mut latency = Latency::default();
            (latency.mean, latency.p50, latency.p99, latency.max) = (mean, p50, p99, max);
            Some(latency)
        };
        sample.latency = latency(11_400.0, 9_200, 41_000, 188_000);
        sample.latency_run = latency(11_300.0, 8_900, 46_000, 4_100_000);
        let mut workers = Workers::default();
        (workers.converting, workers.waiting_target) = (4, 4);
        let mut pool = PoolUse::default();
        (pool.used, pool.idle) = (31, 3);
        (sample.workers, sample.pool, sample.slices_open) = (workers, pool, 16);
        sample.pressure.episodes = 1;
        sample.pressure.last = Some(Episode { level: Level::High, since: S(372), until: Some(S(424)) });
        sample.checkpoints = Some(Checkpoints { count: 18, position: 309_237_645_312, at: S(751) });
        (about, sample)
    }

    /// A block that has seen the same rates for a minute.
    fn seen(utf8: bool, sample: &Sample) -> Block {
        let mut block = Block::new(utf8);
        let rates = &sample.rate;
        let now = [rates.read, rates.written, rates.records, sample.memory.resident() as f64];
        for half in 1..120 {
            block.past.push_back((sample.t.as_secs_f64() - 60.0 + f64::from(half) / 2.0, now));
        }
        block
    }

    #[test]
    fn the_block_of_the_design() {
        let (about, sample) = full();
        let expected = "\
trips-2025.csv → trips-2025.ndjson                             running    12:32
[###############################-------------------]   62.0 %   about 7:54 left
              now     mean         last 60 s, from 0                     so far
read          398      412  MB/s   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇       310.0 of 500.0 GB
written       667      691  MB/s   ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇                519.9 GB
records      3.14     3.25  M/s    ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇           2,445,008,214
memory       41.2     40.9  MB     ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇   peak 57.3, ceiling 64
             anonymous 22.0, file 19.2; heap 20.1: buffers 14.6, arenas 3.1
latency      p50 9.2   p99 41   max 188   mean 11.4 ms whole run 8.9, 46, 4,100
workers      4 converting, 4 wait for the target, 0 for input; 16 slices open
pool         31 of 34 buffers in use, no codec
bad          1,482 records, 0.61 per million, in quarantine
pressure     normal; high once, 6:12 to 7:04
checkpoint   18, 1 s ago: can resume from 309.2 GB";
        for columns in [80, 200] {
            assert_eq!(seen(true, &sample).lines(&about, &sample.into(), columns).join("\n"), expected);
        }
    }

    #[test]
    fn narrower_and_ascii() {
        let (about, mut sample) = full();
        sample.stalled = Some(S(11));
        let lines = seen(false, &sample).lines(&about, &sample.into(), 67);
        assert_eq!(lines[0].len(), 66);
        assert_eq!(lines[1], "[######################--------------]   62.0 %   about 7:54 left");
        assert_eq!(lines[2], format!("              now     mean{:>31}", "so far"));
        assert_eq!(lines[3], format!("read          398      412  MB/s{:>25}", "310.0 of 500.0 GB"));
        assert_eq!(lines.last().map(String::as_str), Some("! 12:21      nothing was read or written for 0:11"));
        assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 66), "{lines:#?}");
        // Narrower still: the right column goes too.
        let lines = seen(true, &sample).lines(&about, &sample.into(), 50);
        assert_eq!(lines[0], "…ps-2025.csv → trips-2025.ndjson running    12:32");
        assert_eq!(lines[2..4], ["              now     mean", "read          398      412  MB/s"]);
        assert_eq!(lines[8], "latency      p50 9.2 p99 41 max 188 mean 11.4 ms");
        assert!(lines.iter().all(|line| line.chars().count() <= 49), "{lines:#?}");
        for columns in 0..90 {
            let lines = seen(columns % 2 == 0, &sample).lines(&about, &sample.into(), columns);
            let widest = lines.iter().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|widest| widest < columns.max(1)), "{columns}: {lines:#?}");
        }
    }

    #[test]
    fn what_does_not_apply_is_left_out() {
        let about = About { source: "standard input".into(), ..About::default() };
        let mut sample = Sample { t: S(3), state: State::Running, read: 2_000_000, ..Sample::default() };
        sample.rate.read = 1e6;
        let lines = Block::new(true).lines(&about, &sample.into(), 80);
        assert_eq!(lines.len(), 3, "{lines:#?}");
        assert_eq!(lines[0], format!("standard input{:49}running     0:03", ""));
        // One sample makes the end of a curve.
        assert_eq!(lines[2], format!("read         1.00        0  MB/s   {:19}▇{:18}2.0 MB", "", ""));
        // Names can't command the terminal.
        let about = About { source: "a\x1b[2J\n".into(), target: Some("é".into()), ..about };
        assert!(Block::new(false).lines(&about, &sample.into(), 80)[0].starts_with("a?[2J? -> ? "));
    }

    #[test]
    fn groups_are_in_lines_of_their_own() {
        let about = About { source: "a".into(), ..About::default() };
        let groups = ["from 1 to 2", "Zürich   n 3", "a\x1b[2J   n 1"].map(str::to_owned).to_vec();
        let moment = Moment { groups, ..Moment::default() };
        let lines = Block::new(false).lines(&about, &moment, 80);
        assert_eq!(
            lines[lines.len() - 3..],
            ["groups       from 1 to 2", "             Z?rich   n 3", "             a?[2J   n 1"]
        );
    }

    #[test]
    fn curves_begin_at_zero() {
        let mut block = Block::new(true);
        for half in 1..=120 {
            let rate = if half <= 60 { 100.0 } else { 50.0 };
            block.past.push_back((f64::from(half) / 2.0, [rate, 0.0, 1.0, 1.0]));
        }
        let now = Sample { t: S(60), ..Sample::default() };
        assert_eq!(block.curve(0, &now), "▇▇▇▇▇▇▇▇▇▇▄▄▄▄▄▄▄▄▄▄");
        assert_eq!(block.curve(1, &now), "▁".repeat(20));
        let later = Sample { t: S(90), ..Sample::default() };
        assert_eq!(block.curve(0, &later), format!("▇▇▇▇▇▇▇▇▇▇{:10}", ""));
    }

    #[test]
    fn latencies_have_one_unit() {
        let (_, mut sample) = full();
        for latency in [&mut sample.latency, &mut sample.latency_run].into_iter().flatten() {
            (latency.mean, latency.p50, latency.p99, latency.max) = (350.4, 300, 900, 1_500);
        }
        for (room, text) in [
            (69, "p50 300   p99 900   max 1,500   mean 350 us whole run 300, 900, 1,500"),
            (68, "p50 300  p99 900  max 1,500  mean 350 us whole run 300, 900, 1,500"),
            (63, "p50 300 p99 900 max 1,500 mean 350 us whole run 300, 900, 1,500"),
            (62, "p50 300   p99 900   max 1,500   mean 350 us"),
            (40, "p50 300  p99 900  max 1,500  mean 350 us"),
            (9, "p50 300 p99 900 max 1,500 mean 350 us"),
        ] {
            assert_eq!(latency(&sample, room).as_deref(), Some(text));
        }
        sample.latency_run = None;
        assert_eq!(latency(&sample, 80), None);
    }

    #[test]
    fn the_time_left_is_a_range_where_it_is_not_sure() {
        let (_, mut sample) = full();
        let mut line = |low, high| {
            sample.left = Some(Left { mid: S(474), range: Some([S(low), S(high)]) });
            progress(&sample, 79).unwrap_or_default().split_off(61)
        };
        assert_eq!((line(440, 520), line(300, 520)), ("   about 7:54 left".into(), "   5:00 to 8:40 left".into()));
    }
}
