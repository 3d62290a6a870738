//! `pagemill bench`.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pagemill::bench::{self, Bench, Data, Machine, Outcome, Plan, Program, Session, Writes};
use pagemill::config::flags::{self, Said};
use pagemill::config::{parse_count, parse_size};
use pagemill::error::Error;
use pagemill::format::{Extensions, Format, source_format};
use pagemill::metrics::size;
use pagemill::sys::free_bytes;

use super::answer::Out;
use super::bench_answer::{Done, answer, listed};
use super::children::{without_secrets, without_settings};
use super::console;
use super::exit::Exit;
use super::measuring::{Progress, time_limit};
use super::parser::Typed;
use super::signals;
use super::workloads::{self, CHOOSING, Own, Workload};

/// What holds when nothing is said.
const RUNS: usize = 10;
const MOST_RUNS: usize = 1_000;
const SIZE: usize = 256_000_000;
const LIMIT: Duration = Duration::from_secs(600);

/// Measures workloads.
pub fn run(Typed { said, operands }: Typed) -> Result<Exit, Error> {
    let out = Out::of(&said)?;
    if said.has("list") {
        out.write(&listed(out.to)?)?;
        return Ok(Exit::Done);
    }
    let asked = Asked::of(&said, &operands)?;
    out.check()?;
    let then = asked.compare.as_deref().map(bench::load).transpose()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut session = Session::new(env!("CARGO_PKG_VERSION"), now, Machine::this(), asked.settings());
    let done = asked.measure()?;
    for done in &done {
        let kept = bench::Kept { data: done.data.clone(), outcome: done.outcome.clone() };
        session.workloads.insert(done.workload.to_owned(), kept);
    }
    out.write(&answer(&out, &done, &session, then.as_ref().zip(asked.compare.as_deref()), said.has("quiet"))?)?;
    if let Some(name) = &asked.save {
        let path = bench::save(name, &session)?;
        if !said.has("quiet") {
            console::note(&format!("pagemill: the result is saved as {name} ({})\n", path.display()));
        }
    }
    let mut failed = done
        .iter()
        .flat_map(|done| &done.outcome.others)
        .filter_map(|other| other.failed.as_ref().map(|why| format!("{}: {why}", other.name)));
    Ok(match failed.next() {
        Some(first) => {
            console::error(format_args!("a program could not be measured\n  {first}"));
            Exit::InputOutput
        }
        None => Exit::Done,
    })
}

/// What was asked for.
struct Asked<'s> {
    said: &'s Said,
    workloads: Vec<&'static Workload>,
    input: Option<PathBuf>,
    own: Own,
    size: u64,
    runs: usize,
    limit: Duration,
    against: Vec<Against>,
    save: Option<String>,
    compare: Option<String>,
}

/// A command to compare with.
struct Against {
    name: String,
    template: String,
}

impl Asked<'_> {
    fn of<'s>(said: &'s Said, operands: &[std::ffi::OsString]) -> Result<Asked<'s>, Error> {
        flags::settings(said)?;
        let input = said.path("input").map(Path::to_path_buf);
        let own = own(said)?;
        if let (Some(flag), None) = (own.keys().next(), &input) {
            return Err(Error::usage(format!(
                "`--{flag}` has no effect: the data is generated\n  It is for --input: leave it out."
            )));
        }
        let extensions = said.extensions().map(|meant| meant.extensions.clone()).unwrap_or_default();
        let format = input.as_deref().map(|input| input_format(input, &extensions)).transpose()?;
        let workloads = chosen(operands, format, &own)?;
        let used = |flag: &str| workloads.iter().any(|workload| workload.chooses().any(|one| one == flag));
        if let Some((flag, _, what)) = CHOOSING.iter().find(|(flag, ..)| own.contains_key(flag) && !used(flag)) {
            let all = workloads::ALL.iter().filter(|workload| workload.chooses().any(|one| one == *flag));
            let names: Vec<&str> = all.map(|workload| workload.name).collect();
            return Err(Error::usage(format!(
                "`--{flag}` has no effect: no workload chooses {what}\n  It is for {}.",
                names.join(" and ")
            )));
        }
        let size = said.text("size")?.map_or(Ok(SIZE as u64), |text| parse_size("--size", text))?;
        let runs = said.text("runs")?.map_or(Ok(RUNS as u64), |text| parse_count(text).map_err(Error::usage))?;
        let runs = usize::try_from(runs).ok().filter(|runs| (1..=MOST_RUNS).contains(runs));
        let runs = runs.ok_or_else(|| Error::usage(format!("--runs: there can be 1 to {MOST_RUNS}")))?;
        let limit = time_limit(said, LIMIT)?;
        let name = |flag: &str| -> Result<Option<String>, Error> {
            let name = said.text(flag)?.map(str::to_owned);
            name.iter().try_for_each(|name| bench::check_name(name))?;
            Ok(name)
        };
        let asked = Asked {
            said,
            workloads,
            input,
            own,
            size,
            runs,
            limit,
            against: against(said)?,
            save: name("save")?,
            compare: name("compare")?,
        };
        if said.has("discard") && !asked.against.iter().any(|against| bench::has(&against.template).output) {
            return Err(Error::usage(
                "`--discard` has no effect: no command of --against has {out}, so nothing is written to files\n  Leave it out.",
            ));
        }
        Ok(asked)
    }

    /// Whether measured runs write files.
    fn to_files(&self) -> bool {
        !self.said.has("discard") && self.against.iter().any(|against| bench::has(&against.template).output)
    }

    /// What is not as usual, in words.
    fn settings(&self) -> String {
        let mut words: Vec<String> = RUN_FLAGS
            .iter()
            .filter_map(|flag| Some(format!("--{flag} {}", self.said.value(flag)?.to_string_lossy())))
            .collect();
        words.extend(self.own.iter().map(|(flag, value)| format!("--{flag} {value}")));
        words.extend(self.said.has("cold").then(|| "--cold".to_owned()));
        words.extend(self.to_files().then(|| "outputs in files".to_owned()));
        words.join(", ")
    }

    /// Measures all workloads, in a folder that goes away.
    fn measure(&self) -> Result<Vec<Done>, Error> {
        let stop = signals::watch().map(|watch| &watch.stop);
        let parent = self.said.path("dir").map_or_else(env::temp_dir, Path::to_path_buf);
        self.check_room(&parent)?;
        let folder = tempfile::Builder::new()
            .prefix("pagemill-bench-")
            .tempdir_in(&parent)
            .map_err(|e| Error::io("make a folder in", &parent, e))?;
        let own = env::current_exe().map_err(|e| Error::io("find", "the program itself", e))?;
        let progress = Progress::new(self.said.has("verbose"), self.said.has("quiet"));
        let mut data: HashMap<PathBuf, Data> = HashMap::new();
        let mut done = Vec::new();
        for workload in &self.workloads {
            let path = match &self.input {
                Some(path) => path.clone(),
                None => {
                    let kind = if workload.size().is_some() { "small" } else { "data" };
                    folder.path().join(format!("{kind}.{}", workload.from))
                }
            };
            let data = match data.entry(path.clone()) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    progress.say(&format!("making {}", workload.from));
                    if self.input.is_none() {
                        bench::generate(&path, workload.from.parse()?, workload.size().unwrap_or(self.size), stop)?;
                    }
                    entry.insert(Data::of(&path, stop)?)
                }
            };
            let bench = Bench {
                input: &path,
                writes: match workload.to() {
                    Some(to) => Writes::Records(to.parse()?),
                    None => Writes::Numbers,
                },
                extension: workload.to().unwrap_or("txt"),
                ours: self.ours(workload, &own),
                others: self.against.iter().map(other).collect(),
            };
            let plan = Plan {
                runs: self.runs,
                limit: self.limit,
                cold: self.said.has("cold"),
                to_files: self.to_files(),
                folder: folder.path(),
                stop,
                tell: &|what| progress.say(&format!("{}: {what}", workload.name)),
            };
            let outcome = bench.run(&plan);
            progress.clear();
            let outcome: Outcome = outcome?;
            done.push(Done { workload: workload.name, data: data.is.clone(), bytes: data.bytes, outcome });
        }
        folder.close().map_err(|e| Error::io("remove", &parent, e))?;
        Ok(done)
    }

    /// Refuses to begin where there is too little room.
    fn check_room(&self, folder: &Path) -> Result<(), Error> {
        /// An output may be this many times as large as the input: CSV of short numbers as NDJSON.
        const GROWS: u64 = 4;
        let mut made: Vec<(&str, u64)> = Vec::new();
        let mut largest = 0;
        for workload in &self.workloads {
            let size = match &self.input {
                Some(path) => fs::metadata(path).map_err(|e| Error::io("read", path, e))?.len(),
                None => workload.size().unwrap_or(self.size),
            };
            largest = largest.max(size);
            if self.input.is_none() && !made.contains(&(workload.from, size)) {
                made.push((workload.from, size));
            }
        }
        // Ours and that of another program, at the same time.
        let outputs = if self.against.is_empty() { 0 } else { largest.saturating_mul(2 * GROWS) };
        let needed = made.iter().map(|(_, size)| *size).fold(outputs, u64::saturating_add);
        match free_bytes(folder) {
            Some(free) if free < needed => Err(Error::io(
                "use",
                folder,
                std::io::Error::other(format!(
                    "up to {} are needed for data and outputs, and {} are free\n  Name another folder with --dir, or give a smaller --size.",
                    size(needed),
                    size(free)
                )),
            )),
            _ => Ok(()),
        }
    }

    /// What pagemill is to do: the program itself, in another process.
    fn ours<'p>(&'p self, workload: &'static Workload, own: &'p Path) -> Program<'p> {
        Program {
            name: "pagemill".to_owned(),
            writes: workload.to().is_some(),
            reads: true,
            reports: true,
            start: Box::new(move |files| {
                let mut command = Command::new(own);
                command.args(workload.arguments(files.input, files.output, &self.own));
                for flag in RUN_FLAGS {
                    if let Some(value) = self.said.value(flag) {
                        command.arg(format!("--{flag}")).arg(value);
                    }
                }
                command.args(["--config", "none", "--no-history", "--progress", "none", "--quiet"]);
                // There is something to replace.
                if files.report.is_some() || workload.to().is_some() {
                    command.arg("--force");
                }
                files.report.iter().for_each(|place| {
                    command.arg("--report").arg(place);
                });
                without_settings(&mut command);
                command
            }),
        }
    }
}

/// The flags of a run that are passed on to it.
const RUN_FLAGS: [&str; 4] = ["workers", "memory-limit", "slice-size", "io"];

/// The format of the input, by its name.
fn input_format(path: &Path, extensions: &Extensions) -> Result<Format, Error> {
    source_format(None, Some(path), extensions).map_err(|_| {
        Error::usage(format!(
            "--input {}: the extension does not say the format\n  Copy or link it under a name such as data.csv.",
            path.display()
        ))
    })
}

/// The workloads that were named, or all that can be run.
fn chosen(operands: &[std::ffi::OsString], input: Option<Format>, own: &Own) -> Result<Vec<&'static Workload>, Error> {
    let names = || workloads::ALL.iter().map(|workload| workload.name);
    let takes = |workload: &&Workload| input.is_none_or(|format| workload.takes(format.name()));
    let lacking = |workload: &Workload| workload.chooses().find(|flag| input.is_some() && !own.contains_key(flag));
    let knows = |workload: &&Workload| lacking(workload).is_none();
    if operands.is_empty() {
        let all: Vec<&Workload> = workloads::ALL.iter().collect();
        return Ok(all
            .into_iter()
            .filter(|one| takes(one) && knows(one) && (input.is_none() || one.size().is_none()))
            .collect());
    }
    let mut found: Vec<&'static Workload> = Vec::new();
    for name in operands.iter().map(|operand| operand.to_string_lossy()) {
        let Some(workload) = workloads::named(&name) else {
            let all: Vec<&str> = names().collect();
            let like =
                pagemill::op::nearest(&all, &name).map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            return Err(Error::usage(format!("there is no workload `{name}`{like}\n  There are: {}.", all.join(", "))));
        };
        if !takes(&workload) {
            let format = input.map(|format| format.name()).unwrap_or_default();
            return Err(Error::usage(format!(
                "the workload {} reads {}, and the input is {format}\n  Leave out --input, or name another workload.",
                workload.name, workload.from
            )));
        }
        if let Some(flag) = lacking(workload) {
            let value = CHOOSING.iter().find(|(name, ..)| *name == flag).map_or("", |(_, value, _)| *value);
            return Err(Error::usage(format!(
                "the workload {} does not know your data\n  Give --{flag} {value}.",
                workload.name
            )));
        }
        if !found.iter().any(|other| other.name == workload.name) {
            found.push(workload);
        }
    }
    Ok(found)
}

/// What is chosen in data of one's own.
fn own(said: &Said) -> Result<Own, Error> {
    let mut own = Own::new();
    for (flag, value, _) in CHOOSING {
        let texts = said.texts(flag)?;
        let value = match &texts[..] {
            texts if value.ends_with("EXPR") && texts.len() > 1 => {
                return Err(Error::usage(format!("--{flag} is given twice\n  Give one expression.")));
            }
            texts => texts.join(","),
        };
        if !value.is_empty() {
            own.insert(flag, value);
        }
    }
    Ok(own)
}

/// The commands to compare with.
fn against(said: &Said) -> Result<Vec<Against>, Error> {
    let templates = said.texts("against")?;
    let labels: Vec<String> = said.texts("label")?.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect();
    if labels.len() > templates.len() || labels.iter().any(String::is_empty) {
        return Err(Error::usage(format!(
            "--label: {} for {}\n  Give one for each --against, in their order.",
            pagemill::wording::counted(labels.len() as u64, "name"),
            pagemill::wording::counted(templates.len() as u64, "command")
        )));
    }
    let names = labels.into_iter().map(Some).chain(std::iter::repeat(None));
    let pairs = templates.into_iter().zip(names);
    pairs
        .map(|(template, name)| {
            if template.trim().is_empty() {
                return Err(Error::usage("--against: the command is empty"));
            }
            Ok(Against { name: name.unwrap_or_else(|| template.trim().to_owned()), template })
        })
        .collect()
}

/// Another program, run by a shell.
fn other(against: &Against) -> Program<'_> {
    let has = bench::has(&against.template);
    Program {
        name: against.name.clone(),
        writes: has.output,
        reads: has.input,
        reports: false,
        start: Box::new(move |files| {
            let line = bench::filled(&against.template, files.input, files.output);
            let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
            let mut command = Command::new(shell[0]);
            command.args([shell[1], &line]);
            without_secrets(&mut command);
            command
        }),
    }
}
