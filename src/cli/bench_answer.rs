//! What `bench` answers.

use pagemill::bench::{
    Compared, Interval, Outcome, Row, Series, Session, Verdict, between_sessions, html, pairs, svg, typical, verdict,
};
use pagemill::error::Error;
use pagemill::metrics::{count, size_rounded};
use serde_json::{Value, json};

use super::answer::{Cell, Out, To, number, object, text, written};
use super::console;
use super::workloads;

/// Noise from which on it is worth a note.
const LOUD: f64 = 1.1;

/// A workload that was measured.
pub struct Done {
    pub workload: &'static str,
    /// What was read.
    pub data: String,
    pub bytes: u64,
    pub outcome: Outcome,
}

/// The workloads there are.
pub fn listed(to: To) -> Result<String, Error> {
    let row = |one: &workloads::Workload| {
        vec![
            text("workload", one.name),
            text("reads", one.from),
            text("writes", one.to().unwrap_or("numbers")),
            text("about", one.about),
        ]
    };
    let rows: Vec<Vec<Cell>> = workloads::ALL.iter().map(row).collect();
    written(&rows, to)
}

/// What was measured, in the format of the answer; notes that it has no place for go to standard error. `then`: the saved
/// result to compare with, and its name.
pub fn answer(
    out: &Out,
    done: &[Done],
    now: &Session,
    then: Option<(&Session, &str)>,
    quiet: bool,
) -> Result<String, Error> {
    let lines: Vec<Line<'_>> = done.iter().flat_map(|done| lines(done, now, then)).collect();
    let rows: Vec<Vec<Cell>> = lines.iter().map(Line::cells).collect();
    let notes = notes(done, now, then);
    let apart = || {
        if !quiet {
            notes.iter().for_each(|note| console::note(&format!("{note}\n")));
        }
    };
    let drawn: Vec<Row<'_>> = lines.iter().map(Line::row).collect();
    Ok(match out.to {
        To::Table => {
            let shown: Vec<Vec<Cell>> = without_empty(lines.iter().map(Line::shown).collect());
            format!("{}\n{}\n", written(&shown, To::Table)?, notes.join("\n"))
        }
        To::Html => {
            let shown = without_empty(lines.iter().map(Line::shown).collect());
            let names = shown.first().map(|row| row.iter().map(|cell| cell.name.replace('_', " ")).collect());
            let cells = shown.iter().map(|row| row.iter().map(|cell| cell.shown.clone()).collect());
            html(&drawn, &notes, &names.into_iter().chain(cells).collect::<Vec<_>>())
        }
        To::Svg => {
            apart();
            svg(&drawn)
        }
        // The whole of what is known.
        To::Json => {
            let results: Vec<Value> = lines.iter().zip(&rows).map(|(line, row)| line.json(row)).collect();
            let whole = json!({
                "version": now.program,
                "machine": now.machine,
                "settings": now.settings,
                "notes": notes,
                "results": results,
            });
            format!("{whole}\n")
        }
        to => {
            apart();
            written(&rows, to)?
        }
    })
}

/// A program that did a workload, or a saved result of it.
struct Line<'l> {
    done: &'l Done,
    program: &'l str,
    seconds: Vec<f64>,
    /// Of a series that is not saved.
    series: Option<&'l Series>,
    kind: Kind<'l>,
}

enum Kind<'l> {
    Ours,
    Other {
        ratio: Interval,
        verdict: Verdict,
        output: Option<&'l Compared>,
        failed: Option<&'l str>,
    },
    /// Saved; none if it can't be compared.
    Saved(Option<(Interval, Verdict)>),
}

fn lines<'l>(done: &'l Done, now: &'l Session, then: Option<(&'l Session, &'l str)>) -> Vec<Line<'l>> {
    let outcome = &done.outcome;
    let ours =
        Line { done, program: "pagemill", seconds: outcome.all(), series: Some(&outcome.ours), kind: Kind::Ours };
    let saved = then.and_then(|(then, name)| {
        let kept = then.workloads.get(done.workload)?;
        let comparable = kept.data == done.data && then.machine.differences(&now.machine).is_empty();
        let compared = comparable.then(|| {
            let noises = [outcome.noise(), kept.outcome.noise()];
            let found = between_sessions(&kept.outcome.all(), &outcome.all(), noises, drift(outcome, &kept.outcome));
            (found.ratio, found.verdict)
        });
        Some(Line { done, program: name, seconds: kept.outcome.all(), series: None, kind: Kind::Saved(compared) })
    });
    let others = outcome.others.iter().map(|other| {
        let ratio = pairs(&other.series.seconds, &outcome.ours.seconds);
        let kind = Kind::Other {
            ratio,
            verdict: verdict(ratio, outcome.noise()),
            output: other.output.as_ref(),
            failed: other.failed.as_deref(),
        };
        Line { done, program: &other.name, seconds: other.series.seconds.clone(), series: Some(&other.series), kind }
    });
    [ours].into_iter().chain(saved).chain(others).collect()
}

/// By which factor the machine was faster or slower then, at least 1.
fn drift(now: &Outcome, then: &Outcome) -> f64 {
    let ratio = typical(&then.reference).median / typical(&now.reference).median;
    if ratio.is_finite() && ratio > 0.0 { ratio.max(1.0 / ratio) } else { 1.0 }
}

impl Line<'_> {
    fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Ours)
    }

    fn ratio(&self) -> Option<Interval> {
        match self.kind {
            Kind::Ours => None,
            Kind::Other { ratio, .. } => Some(ratio).filter(|ratio| ratio.median > 0.0),
            Kind::Saved(compared) => compared.map(|(ratio, _)| ratio),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.kind {
            Kind::Ours => "",
            Kind::Other { verdict, .. } => match self.ratio() {
                Some(_) => verdict.words(),
                None => "",
            },
            Kind::Saved(Some((_, verdict))) => verdict.words(),
            Kind::Saved(None) => "not compared",
        }
    }

    /// What became of its output.
    fn output(&self) -> String {
        match self.kind {
            Kind::Other { failed: Some(why), .. } => format!("failed: {why}"),
            Kind::Other { output: Some(output), .. } => output.words(),
            _ => String::new(),
        }
    }

    fn peak(&self) -> Option<u64> {
        match self.kind {
            Kind::Ours => self.done.outcome.peak_bytes(),
            _ => self.series.and_then(|series| series.peak_bytes),
        }
    }

    /// All figures.
    fn cells(&self) -> Vec<Cell> {
        let plain = |name, value: Option<f64>| {
            number(name, value.map(|value| value.to_string()).unwrap_or_default(), String::new())
        };
        let time = (!self.seconds.is_empty()).then(|| typical(&self.seconds));
        let reported = self.series.and_then(|series| series.reported);
        let latency = reported.filter(|all| all.records.is_some());
        let records =
            self.done.outcome.ours.reported.and_then(|reported| reported.records).map(|records| records as f64);
        let rate = |amount: Option<f64>| Some((amount? / time?.median).round());
        let cpu = self.series.map(|series| &series.cpu_seconds).filter(|seconds| !seconds.is_empty());
        let ratio = self.ratio();
        vec![
            text("workload", self.done.workload),
            text("program", self.program),
            plain("runs", Some(self.seconds.len() as f64)),
            plain("seconds", time.map(|time| time.median)),
            plain("seconds_low", time.map(|time| time.low)),
            plain("seconds_high", time.map(|time| time.high)),
            plain("cpu_seconds", cpu.map(|seconds| typical(seconds).median)),
            plain("read_bytes", Some(self.done.bytes as f64)),
            plain("read_bytes_rate", rate(Some(self.done.bytes as f64))),
            plain("records", records),
            plain("records_rate", rate(records)),
            plain("record_latency_p50_us", latency.map(|all| all.latency_p50 as f64)),
            plain("record_latency_p99_us", latency.map(|all| all.latency_p99 as f64)),
            plain("memory_peak_bytes", self.peak().map(|bytes| bytes as f64)),
            plain("allocations_start", reported.map(|all| all.start_blocks as f64)),
            plain("allocations_steady", reported.map(|all| all.steady_blocks as f64)),
            plain("noise", self.is_ours().then(|| self.done.outcome.noise() - 1.0).filter(|noise| noise.is_finite())),
            plain("ratio", ratio.map(|ratio| ratio.median)),
            plain("ratio_low", ratio.map(|ratio| ratio.low)),
            plain("ratio_high", ratio.map(|ratio| ratio.high)),
            text("verdict", self.verdict()),
            text("output", &self.output()),
        ]
    }

    /// What people want to see.
    fn shown(&self) -> Vec<Cell> {
        let shown = |name, value: Option<String>| number(name, "", value.unwrap_or_default());
        let time = (!self.seconds.is_empty()).then(|| typical(&self.seconds));
        let reported = self.series.and_then(|series| series.reported);
        let records = self.done.outcome.ours.reported.and_then(|reported| reported.records);
        // Where no records are read, none has a latency.
        let latency = reported.filter(|all| all.records.is_some());
        vec![
            text("workload", if self.is_ours() { self.done.workload } else { "" }),
            text("program", self.program),
            shown("time", time.map(|time| seconds(time.median))),
            shown("time between", time.map(|time| format!("{} – {}", seconds(time.low), seconds(time.high)))),
            shown("noise", self.is_ours().then(|| format!("± {:.1} %", (self.done.outcome.noise() - 1.0) * 100.0))),
            shown(
                "bytes/s",
                time.map(|time| format!("{}/s", size_rounded((self.done.bytes as f64 / time.median) as u64))),
            ),
            shown("records/s", time.zip(records).map(|(time, records)| count((records as f64 / time.median) as u64))),
            shown("p50", latency.map(|all| micros(all.latency_p50 as f64))),
            shown("p99", latency.map(|all| micros(all.latency_p99 as f64))),
            shown("peak", self.peak().map(size_rounded)),
            shown(
                "allocations",
                reported.map(|all| format!("{} + {}", count(all.start_blocks), count(all.steady_blocks))),
            ),
            shown("ratio", self.ratio().map(|ratio| format!("{} ×", digits(ratio.median)))),
            shown("ratio between", self.ratio().map(|ratio| format!("{} – {}", digits(ratio.low), digits(ratio.high)))),
            text("pagemill is", self.verdict()),
            text("output", &self.output()),
        ]
    }

    fn row(&self) -> Row<'_> {
        Row { workload: self.done.workload, program: self.program, ours: self.is_ours(), seconds: &self.seconds }
    }

    fn json(&self, cells: &[Cell]) -> Value {
        let mut object = object(cells);
        object.insert("data".to_owned(), self.done.data.clone().into());
        object.insert("seconds_each".to_owned(), json!(self.seconds));
        Value::Object(object)
    }
}

/// What there is to know about all of it, in sentences.
fn notes(done: &[Done], now: &Session, then: Option<(&Session, &str)>) -> Vec<String> {
    let rounds = done.first().map_or(0, |done| done.outcome.ours.seconds.len());
    let sure = typical(&vec![1.0; rounds]).confidence.min(typical(&vec![1.0; 2 * rounds]).confidence);
    let mut notes = vec![
        format!("pagemill {} on {}", now.program, now.machine.line()),
        format!(
            "Medians of {}; each is between the two values beside it with a confidence of {:.1} % or more.{}",
            pagemill::wording::counted(rounds as u64, "round"),
            sure * 100.0,
            if now.settings.is_empty() { String::new() } else { format!(" Settings: {}.", now.settings) }
        ),
        "Noise: how far apart two runs of pagemill may be that follow each other. Allocations: blocks at the start and in the steady state.".to_owned(),
    ];
    let noise = done.iter().map(|done| done.outcome.noise()).filter(|noise| noise.is_finite()).fold(1.0, f64::max);
    if noise > LOUD {
        notes.push(format!(
            "The machine is not quiet: two runs of the same may differ by {:.0} %, and smaller differences are not shown. Close other programs, or take more of --runs.",
            (noise - 1.0) * 100.0
        ));
    }
    if done.iter().any(|done| !done.outcome.others.is_empty()) || then.is_some() {
        notes.push(
            "Ratio: how many times as long as pagemill it took, the median of all rounds; above 1 pagemill is faster."
                .to_owned(),
        );
    }
    let others = done.iter().flat_map(|done| &done.outcome.others);
    if others.filter_map(|other| other.output.as_ref()).any(|output| *output != Compared::Same) {
        notes.push("Where the output is not the same, the programs did not do the same work.".to_owned());
    }
    let Some((then, name)) = then else { return notes };
    notes.push(format!(
        "`{name}` was measured by pagemill {}, {}. Those times include whatever else the machine was doing; for a safer comparison, run that version beside this one: --against '/path/to/pagemill convert {{in}} -o {{out}} --force'.",
        then.program,
        ago(now.at.saturating_sub(then.at))
    ));
    let differences = now.machine.differences(&then.machine);
    if !differences.is_empty() {
        notes.push(format!("`{name}` is not compared: it is from another machine ({}).", differences.join("; ")));
    }
    if then.settings != now.settings {
        let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
        notes.push(format!("Settings differ: {} then, {} now.", or_none(&then.settings), or_none(&now.settings)));
    }
    for done in done {
        match then.workloads.get(done.workload) {
            None => notes.push(format!("`{name}` has no times of {}.", done.workload)),
            Some(kept) if kept.data != done.data => notes.push(format!(
                "{} is not compared: the data differ ({} then, {} now).",
                done.workload, kept.data, done.data
            )),
            Some(kept) => {
                let drift = drift(&done.outcome, &kept.outcome);
                if drift > 1.03 {
                    notes.push(format!(
                        "{}: a fixed piece of work took {:.0} % more or less time then; that much more is asked of a difference.",
                        done.workload,
                        (drift - 1.0) * 100.0
                    ));
                }
            }
        }
    }
    notes
}

fn ago(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => return "just now".to_owned(),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", pagemill::wording::counted(number, unit))
}

/// Without the columns in which nothing is.
fn without_empty(rows: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    let columns = rows.first().map_or(0, Vec::len);
    let kept: Vec<bool> = (0..columns).map(|column| rows.iter().any(|row| !row[column].shown.is_empty())).collect();
    rows.into_iter()
        .map(|row| row.into_iter().zip(&kept).filter(|(_, kept)| **kept).map(|(cell, _)| cell).collect())
        .collect()
}

/// Three significant digits.
fn digits(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => format!("{v:.0}"),
    }
}

fn seconds(value: f64) -> String {
    if value < 1.0 { format!("{} ms", digits(value * 1e3)) } else { format!("{} s", digits(value)) }
}

fn micros(value: f64) -> String {
    if value < 1e3 { format!("{} µs", digits(value)) } else { format!("{} ms", digits(value / 1e3)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_people() {
        assert_eq!([0.0123, 0.999, 1.0, 123.4].map(seconds), ["12.3 ms", "999 ms", "1.00 s", "123 s"]);
        assert_eq!([7.0, 1234.0].map(micros), ["7.00 µs", "1.23 ms"]);
        assert_eq!([0, 600, 7_200, 200_000].map(ago), ["just now", "10 minutes ago", "2 hours ago", "2 days ago"]);
    }

    #[test]
    fn the_machine_may_have_changed() {
        let outcome = |reference| Outcome { reference, ..Outcome::default() };
        assert_eq!(drift(&outcome(vec![2.0]), &outcome(vec![1.0])), 2.0);
        assert_eq!(drift(&outcome(vec![1.0]), &outcome(vec![2.0])), 2.0);
        assert_eq!(drift(&outcome(vec![1.0]), &outcome(vec![])), 1.0);
    }
}
