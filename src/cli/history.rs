//! `pagemill history`.

use std::fmt::Write as _;

use pagemill::config::flags::Said;
use pagemill::config::flags::SetBy;
use pagemill::config::parse_count;
use pagemill::error::Error;
use pagemill::history::{COMPARED, Compared, Figure, History, Run, html, spark, svg, usual_place};
use pagemill::metrics::{count, size_rounded};
use pagemill::wording::counted;

use super::answer::{Cell, Out, To, number, object, table, text, written};
use super::console;
use super::exit::Exit;
use super::parser::Typed;

/// The number of runs that are listed and drawn when nothing else is said.
const SHOWN: usize = 100;
/// The number of runs that stay when nothing else is said.
const KEPT: u64 = 1_000;

/// Lists runs, or shows, draws or removes some.
pub fn run(Typed { said, operands }: Typed) -> Result<Exit, Error> {
    let operands: Vec<String> = operands.iter().map(|operand| operand.to_string_lossy().into_owned()).collect();
    let out = Out::of(&said)?;
    let words: Vec<&str> = operands.iter().map(String::as_str).collect();
    let is_picture = matches!(out.to, To::Html | To::Svg);
    if is_picture && words.first() != Some(&"trend") {
        return Err(Error::usage("a picture shows a trend\n  pagemill history trend -o trend.svg"));
    }
    let place = usual_place().ok_or_else(|| {
        Error::usage("there is no folder for a history: neither XDG_STATE_HOME nor HOME is set\n  Set one of them.")
    })?;
    if let Some(flag) = typed_names(&said).find(|flag| *flag == "verbose") {
        return Err(Error::usage(format!("`--{flag}` has no effect: past runs are shown whole\n  Leave it out.")));
    }
    let history = History::open(&place)?;
    let last = last(&said, words.first().copied())?;
    match words[..] {
        [] => list(last, history.as_ref(), &out)?,
        ["show", id] => show(id, history.as_ref(), &out)?,
        ["show"] => return Err(Error::usage("which run?\n  pagemill history show ID; pagemill history lists them.")),
        ["trend"] => {
            let latest = history.as_ref().map_or(Ok(Vec::new()), |history| history.finished(None, 1))?;
            trend(latest.first().map(|run| &*run.job), last, history.as_ref(), &out)?;
        }
        ["trend", job] => trend(Some(job), last, history.as_ref(), &out)?,
        ["prune"] => prune(KEPT, history.as_ref(), &said)?,
        ["prune", kept] => {
            let kept = parse_count(kept).map_err(|why| Error::usage(format!("history prune: {kept}: {why}")))?;
            prune(kept, history.as_ref(), &said)?;
        }
        [other, ..] if !["show", "trend", "prune"].contains(&other) => {
            return Err(Error::usage(format!(
                "history has no part `{other}`\n  There are: pagemill history, history show ID, history trend [JOB], history prune [KEEP]."
            )));
        }
        _ => return Err(Error::usage("too many words\n  A job whose name has blanks needs quotes around it.")),
    }
    let damaged = history.as_ref().map_or(0, History::damaged);
    if damaged > 0 && !said.has("quiet") {
        let were = if damaged == 1 { "is damaged, and was left out" } else { "are damaged, and were left out" };
        console::warning(format_args!("{} of the history {were}", counted(damaged as u64, "run")));
    }
    Ok(Exit::Done)
}

/// The flags of the command line that are about this command.
fn typed_names(said: &Said) -> impl Iterator<Item = &str> {
    let common = ["config", "profile", "quiet"];
    said.origins().filter(move |(flag, by)| **by == SetBy::Flag && !common.contains(flag)).map(|(flag, _)| flag)
}

/// How many runs are to be shown.
fn last(said: &Said, part: Option<&str>) -> Result<usize, Error> {
    let Some(text) = said.text("last")? else { return Ok(SHOWN) };
    if let Some(part @ "show") = part {
        return Err(Error::usage(format!("`--last` has no effect: {part} shows one run\n  Leave it out.")));
    }
    match parse_count(text).map(usize::try_from) {
        Ok(Ok(number)) if number > 0 => Ok(number),
        _ => Err(Error::usage(format!("--last: `{text}` is not a number of runs"))),
    }
}

/// A run as a row. `worse`: what it is worse in than those before it.
fn cells(run: &Run, worse: &str, history: &History) -> Result<Vec<Cell>, Error> {
    Ok(vec![
        number("id", run.id, run.id.to_string()),
        text("started", &history.local_time(run.started)?),
        text("job", &run.job),
        text("state", &run.state),
        number("seconds", run.seconds, format!("{:.1}", run.seconds)),
        number("read_bytes", run.read, size_rounded(run.read)),
        number("read_bytes_rate", run.rate().round(), format!("{}/s", size_rounded(run.rate() as u64))),
        number("records", run.records, count(run.records)),
        number("records_bad", run.bad, count(run.bad)),
        number("memory_peak_bytes", run.peak, size_rounded(run.peak)),
        text("verdict", worse),
    ])
}

/// What a run is worse in than those before it, in words.
fn worse(one: &Compared) -> String {
    let words: Vec<&str> = one.verdicts().iter().map(|verdict| verdict.figure.worse()).collect();
    words.join(", ")
}

/// Each run with those that it is compared with.
fn compared(runs: Vec<Run>, history: &History) -> Result<Vec<Compared>, Error> {
    runs.into_iter().map(|run| Ok(Compared { before: history.before(&run, COMPARED)?, run })).collect()
}

fn rows(runs: &[Compared], history: &History) -> Result<Vec<Vec<Cell>>, Error> {
    runs.iter().map(|one| cells(&one.run, &worse(one), history)).collect()
}

fn list(last: usize, history: Option<&History>, out: &Out) -> Result<(), Error> {
    let rows = match history {
        Some(history) => rows(&compared(history.latest(last)?, history)?, history)?,
        None => Vec::new(),
    };
    if rows.is_empty() && out.to == To::Table {
        return out.write("No run is in the history yet: those that take longer than a second will be.\n");
    }
    out.write(&written(&rows, out.to)?)
}

fn show(id: &str, history: Option<&History>, out: &Out) -> Result<(), Error> {
    let number: i64 = id.parse().map_err(|_| Error::usage(format!("history show: `{id}` is not a number of a run")))?;
    let found = history.map_or(Ok(None), |history| history.run(number))?;
    let (Some(run), Some(history)) = (found, history) else {
        return Err(Error::usage(format!(
            "there is no run {id} in the history\n  pagemill history lists those that are."
        )));
    };
    let one = Compared { before: history.before(&run, COMPARED)?, run };
    let cells = cells(&one.run, &worse(&one), history)?;
    let run = one.run;
    match out.to {
        To::Table => out.write(&described(&run, &cells)),
        // The whole of what is known.
        To::Json | To::Ndjson => {
            let mut object = object(&cells);
            for (name, json) in
                [("report", &run.report), ("series", &run.series), ("settings", &Some(run.settings.clone()))]
            {
                let value = json.as_ref().and_then(|json| serde_json::from_str(json).ok());
                object.insert(name.to_owned(), value.unwrap_or(serde_json::Value::Null));
            }
            object.insert("version".to_owned(), run.version.clone().into());
            object.insert("error".to_owned(), run.error.clone().into());
            out.write(&format!("{}\n", serde_json::Value::Object(object)))
        }
        to => out.write(&written(&[cells], to)?),
    }
}

/// A run for people: its figures, and what they were over time.
fn described(run: &Run, cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a text can't fail.
            let _ = writeln!(text, "{name:<18} {value}");
        }
    };
    cells.iter().for_each(|cell| line(&cell.name.replace('_', " "), &cell.shown));
    line("version", &run.version);
    line("error", run.error.as_deref().unwrap_or_default());
    let series = run.series.as_deref().and_then(|json| serde_json::from_str::<serde_json::Value>(json).ok());
    for (name, key) in [("read over time", "read"), ("written over time", "written"), ("records over time", "records")]
    {
        let values = series.as_ref().and_then(|series| series[key].as_array());
        let values: Vec<f64> = values.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect();
        let most = values.iter().copied().fold(0.0, f64::max);
        if !values.is_empty() {
            let unit = if key == "records" {
                format!("{}/s", count(most as u64))
            } else {
                format!("{}/s", size_rounded(most as u64))
            };
            line(name, &format!("{}  at most {unit}", spark(&values)));
        }
    }
    text
}

fn trend(job: Option<&str>, last: usize, history: Option<&History>, out: &Out) -> Result<(), Error> {
    let (Some(job), Some(history)) = (job, history) else {
        return Err(Error::usage(
            "no finished run is in the history yet: those that take longer than a second will be",
        ));
    };
    let runs = compared(history.finished(Some(job), last)?, history)?;
    if runs.is_empty() {
        return Err(Error::usage(format!(
            "no finished run of `{job}` is in the history\n  pagemill history lists what is there."
        )));
    }
    let time = |run: &Run| history.local_time(run.started).unwrap_or_default();
    match out.to {
        To::Svg => out.write(&svg(&runs, time)),
        To::Html => out.write(&html(&runs, time)),
        To::Table => out.write(&trend_text(job, &runs, history)?),
        to => out.write(&written(&rows(&runs, history)?, to)?),
    }
}

fn trend_text(job: &str, runs: &[Compared], history: &History) -> Result<String, Error> {
    let name = job.replace(char::is_control, "\u{fffd}");
    let mut text = format!("{name}: {} finished runs\n\n", runs.len());
    let shown = |figure: Figure, value: f64| match figure {
        Figure::Rate => format!("{}/s", size_rounded(value as u64)),
        Figure::Peak => size_rounded(value as u64),
        Figure::BadShare => format!("{:.3} %", value * 100.0),
    };
    let latest = &runs[runs.len() - 1];
    for (figure, name) in [(Figure::Rate, "read"), (Figure::Peak, "memory"), (Figure::BadShare, "bad records")] {
        let values: Vec<f64> = runs.iter().rev().take(60).rev().map(|one| figure.of(&one.run)).collect();
        let last = shown(figure, values[values.len() - 1]);
        let usual = match latest.usual(figure) {
            Some(usual) => format!("usual {} to {}", shown(figure, usual.low), shown(figure, usual.high)),
            None => "too few runs to say what is usual".to_owned(),
        };
        // Writing to a text can't fail.
        let _ = writeln!(text, "{name:<12} {}  {last}  ({usual})", spark(&values));
    }
    let odd: Vec<&Compared> = runs.iter().filter(|one| !one.verdicts().is_empty()).collect();
    if !odd.is_empty() {
        text += "\nWorse than usual (over 3.5 robust deviations from the median of up to 20 runs before, and 5 %):\n";
        let rows = odd.iter().map(|one| cells(&one.run, &worse(one), history));
        text += &table(&rows.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(text)
}

fn prune(kept: u64, history: Option<&History>, said: &Said) -> Result<(), Error> {
    if let Some(flag) = typed_names(said).next() {
        return Err(Error::usage(format!(
            "`--{flag}` has no effect: prune removes runs, and writes nothing\n  Leave it out."
        )));
    }
    let gone = history.map_or(Ok(0), |history| history.prune(kept))?;
    console::print(&format!("removed {}\n", counted(gone, "run")))
}
