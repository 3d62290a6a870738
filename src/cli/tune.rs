//! `pagemill tune`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use pagemill::config::file::{is_name, own_file};
use pagemill::config::flags::{Commands, Said, SetBy, Takes, find};
use pagemill::error::Error;
use pagemill::job::{OnError, whole_records};
use pagemill::metrics::{size, size_rounded};
use pagemill::sys::processors;
use pagemill::tune::{
    Choice, Found, Measure, New, Profiles, Ran, Saved, Setting, Times, copy_beginning, once, runs, search, settings,
};
use tempfile::TempDir;

use super::children::without_settings;
use super::console;
use super::convert;
use super::exit::Exit;
use super::measuring::{Progress, time_limit};
use super::parser::Typed;
use super::paths::{file, name, source};
use super::request::Request;
use super::signals;
use super::tips::quoted;
use super::tuned::{Tuned, explain};

/// A smaller input is converted in an instant, whatever the settings.
const LEAST: u64 = 8 << 20;
/// As much is measured of a larger one.
const SAMPLE: u64 = 256 << 20;
/// How long a search takes unless it is said.
const LIMIT: Duration = Duration::from_secs(120);
/// With fewer rounds, nothing is sure; more don't make it much surer.
const ROUNDS: std::ops::RangeInclusive<u32> = 6..=15;

/// Looks for settings.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let asked = Asked::of(&typed.said)?;
    let mut request = convert::request(typed, Commands::TUNE, false)?;
    input(&request)?;
    // Runs are given them: what a configuration says of extensions is not known to them.
    request.resolve_formats()?;
    let (path, bytes) = input(&request)?;
    if bytes < LEAST {
        return nothing(&format!(
            "{} has {}: the start of the program takes most of the time then, and no setting can be judged below {}",
            name(path),
            size_rounded(bytes),
            size(LEAST)
        ));
    }
    let space = asked.space(&request.said);
    if space.is_empty() {
        return nothing("every setting that could be tried was given");
    }
    let trial = match Trial::prepare(&request, path, &asked, &space) {
        Ok(Prepared::Trial(trial)) => trial,
        Ok(Prepared::Nothing(why)) => return nothing(&why),
        Ok(Prepared::Failed(exit)) => return Ok(exit),
        Err(error) => return Err(error),
    };
    let mut trial = *trial;
    let found = search(&space, &mut trial)?;
    let tuned = Tuned { input: name(path), bytes, sample: trial.sample_bytes, rounds: trial.rounds };
    console::print(&explain(&tuned, &found))?;
    trial.end()?;
    asked.finish(path, &request, &found)
}

/// Says why no setting can be judged. Nothing is saved.
fn nothing(why: &str) -> Result<Exit, Error> {
    console::print(&format!("no recommendation: {why}\n"))?;
    Ok(Exit::Done)
}

/// The file to measure.
fn input(request: &Request) -> Result<(&Path, u64), Error> {
    let instead = "it is measured again and again\n  Name a file.";
    if request.batch.is_some() || request.list.is_some() {
        return Err(Error::usage("tune takes one input\n  Name the one that is most like the others."));
    }
    let Some(path) = file(&request.source) else {
        return Err(Error::usage(format!("standard input can be read only once, and {instead}")));
    };
    let found = fs::metadata(path).map_err(|e| Error::io("open", path, e))?;
    match found.is_file() {
        true => Ok((path, found.len())),
        false => Err(Error::usage(format!("{} is not a regular file, and {instead}", path.display()))),
    }
}

/// What was asked for, apart from the conversion.
struct Asked {
    limit: Duration,
    save: Option<Save>,
    quiet: bool,
}

/// A profile that is asked for.
struct Save {
    profiles: Profiles,
    name: String,
    force: bool,
}

impl Save {
    fn exists(&self) -> Error {
        Error::usage(format!(
            "--save: {} has a profile `{}`\n  Give --force to replace it.",
            self.profiles.path().display(),
            self.name
        ))
    }
}

impl Asked {
    fn of(said: &Said) -> Result<Asked, Error> {
        let limit = time_limit(said, LIMIT)?;
        let save = match said.text("save")? {
            Some(name) if !is_name(name) => {
                return Err(Error::usage(format!("--save: `{name}` can't be the name of a profile")));
            }
            Some(name) => {
                let path = own_file().ok_or_else(|| {
                    Error::usage(
                        "--save: there is no place for a configuration: neither XDG_CONFIG_HOME nor HOME is set",
                    )
                })?;
                let save = Save { profiles: Profiles::of(&path), name: name.to_owned(), force: said.has("force") };
                // Before anything is measured. It may come to be until then.
                if !save.force && save.profiles.has(name)? {
                    return Err(save.exists());
                }
                Some(save)
            }
            None if said.is_typed("force") => {
                return Err(Error::usage(
                    "`--force` has no effect: no profile is saved\n  Name one with --save, or leave it out.",
                ));
            }
            None => None,
        };
        Ok(Asked { limit, save, quiet: said.has("quiet") })
    }

    /// What is tried: settings that were given stay as they are.
    fn space(&self, said: &Said) -> Vec<Setting> {
        let processors = processors();
        let mut space = settings(processors);
        space.retain(|setting| !said.has(setting.key));
        space
    }

    /// Says how to use what was found, and saves it.
    fn finish(self, path: &Path, request: &Request, found: &Found) -> Result<Exit, Error> {
        if found.best.is_usual() {
            if self.save.is_some() && !self.quiet {
                console::note("pagemill: no profile was saved: there is nothing to put into it\n");
            }
            return Ok(Exit::Done);
        }
        let Some(save) = self.save else {
            let found = found.best.values().map(|(key, value)| format!("--{key}={value}").into());
            let line = line(path, words(request, |_| true).into_iter().chain(found));
            console::print(&format!("\n  {line}\n"))?;
            return Ok(Exit::Done);
        };
        let gain = found.confirmed.map_or(1.0, |(ratio, _)| ratio.median);
        let why = format!(
            "Found by `pagemill tune` for {} with {}: {gain:.2} times as fast as the usual settings.",
            super::paths::name(path),
            env!("CARGO_PKG_VERSION")
        );
        // A profile of another file is not taken over: its paths are relative to that one.
        let like = request.said.text("profile")?.filter(|name| is_in(&request.said, name, save.profiles.path()));
        let new = New { name: &save.name, like, choice: &found.best, why: &why, force: save.force };
        if save.profiles.save(&new)? == Saved::Exists {
            return Err(save.exists());
        }
        console::print(&format!("\nsaved as profile {} in {}\n", save.name, save.profiles.path().display()))?;
        // What is in no profile is said anew.
        let is_said = |by: &SetBy| match by {
            SetBy::Profile(..) => like.is_none(),
            by => *by == SetBy::Flag,
        };
        let profile = [OsString::from("--profile"), OsString::from(&save.name)];
        console::print(&format!("  {}\n", line(path, words(request, is_said).into_iter().chain(profile))))?;
        Ok(Exit::Done)
    }
}

/// Whether all that comes from a profile was set in this file.
fn is_in(said: &Said, profile: &str, file: &Path) -> bool {
    let mut places = said.origins().map(|(_, by)| by).chain(said.extensions().map(|meant| &meant.by));
    places.all(|by| match by {
        SetBy::Profile(name, place) if name == profile => {
            fs::canonicalize(&place.file).is_ok_and(|place| place == file)
        }
        _ => true,
    })
}

/// The command line of a conversion.
fn line(path: &Path, words: impl Iterator<Item = OsString>) -> String {
    let mut line = format!("pagemill convert {}", quoted(&path.to_string_lossy()));
    words.for_each(|word| line += &format!(" {}", quoted(&word.to_string_lossy())));
    line
}

/// Flags that are no part of the conversion, or are given to it anyway.
const APART: [&str; 9] = ["save", "time-limit", "force", "quiet", "verbose", "config", "profile", "from", "to"];

/// The conversion as words: its formats, and those of its other flags that were set as `which` says.
fn words(request: &Request, which: impl Fn(&SetBy) -> bool) -> Vec<OsString> {
    let (said, settings) = (&request.said, &request.settings);
    let mut words = Vec::new();
    let to = settings.to.filter(|_| settings.fold.is_none() || said.has("to"));
    for (name, format) in [("from", settings.from), ("to", to)] {
        words.extend(format.map(|format| format!("--{name}={format}").into()));
    }
    for (name, _) in said.origins().filter(|(name, by)| !APART.contains(name) && which(by)) {
        let Some(flag) = find(said.command(), name) else { continue };
        if matches!(flag.takes, Takes::Nothing) {
            words.push(format!("--{name}").into());
        }
        for value in said.values(name) {
            let mut word = OsString::from(format!("--{name}="));
            word.push(value);
            words.push(word);
        }
    }
    words
}

/// Whether a word says where to write, which is somewhere else in a run.
fn is_place(word: &OsString) -> bool {
    ["--output=", "--quarantine="].iter().any(|flag| word.as_encoded_bytes().starts_with(flag.as_bytes()))
}

/// What comes of a preparation.
enum Prepared {
    /// It can be measured.
    Trial(Box<Trial>),
    /// It can't: why.
    Nothing(String),
    /// The conversion itself fails, and has said why.
    Failed(Exit),
}

/// Runs of the conversion, in other processes.
struct Trial {
    folder: TempDir,
    program: PathBuf,
    /// The file that is read.
    sample: PathBuf,
    sample_bytes: u64,
    /// The words of the conversion, without its input and output.
    words: Vec<OsString>,
    /// Where the output goes; none: nowhere.
    output: Option<PathBuf>,
    rounds: u32,
    /// What a run takes.
    once: Duration,
    until: Instant,
    progress: Progress,
}

impl Trial {
    /// Finds out what a run takes, and how much of the input can be measured in the time.
    fn prepare(request: &Request, path: &Path, asked: &Asked, space: &[Setting]) -> Result<Prepared, Error> {
        let until = Instant::now() + asked.limit;
        // Beside the output, if there is one: what is measured is also how fast it can be written there.
        let target = request.target.as_deref().and_then(file);
        let beside =
            target.and_then(Path::parent).map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
        let parent = beside.map_or_else(env::temp_dir, Path::to_path_buf);
        let folder = tempfile::Builder::new().prefix(".pagemill-tune-").tempdir_in(&parent);
        let folder = folder.map_err(|e| Error::io("make a folder in", &parent, e))?;
        let mut words = words(request, |_| true);
        words.retain(|word| !is_place(word));
        if request.settings.on_error == OnError::Quarantine {
            let mut word = OsString::from("--quarantine=");
            word.push(folder.path().join("quarantine"));
            words.push(word);
        }
        let output = target
            .and_then(Path::file_name)
            .map(|name| folder.path().join("output").with_file_name(format!("to-{}", name.to_string_lossy())));
        let mut trial = Trial {
            program: env::current_exe().map_err(|e| Error::io("find", "the program itself", e))?,
            sample: path.to_path_buf(),
            sample_bytes: fs::metadata(path).map_err(|e| Error::io("open", path, e))?.len(),
            words,
            output,
            rounds: 0,
            once: Duration::ZERO,
            until,
            progress: Progress::new(false, asked.quiet),
            folder,
        };
        let all = runs(space) as u32;
        let mut about = SAMPLE;
        loop {
            let is_smaller = trial.take_sample(request, path, about)?;
            trial.progress.say("first run");
            // Once for the caches, and once to be counted.
            for _ in 0..2 {
                match trial.run(&Choice::default())? {
                    Ran::Took(time) => trial.once = time,
                    Ran::TooLong => break,
                    Ran::Failed { code, said } => {
                        trial.progress.clear();
                        console::note(&said);
                        return Ok(Prepared::Failed(exit(code)));
                    }
                }
            }
            let left = until.saturating_duration_since(Instant::now()).mul_f64(0.9);
            let rounds = (left.as_secs_f64() / (trial.once.as_secs_f64() * f64::from(all)).max(1e-6)) as u32;
            trial.rounds = rounds.min(*ROUNDS.end());
            if trial.once > Duration::ZERO && rounds >= *ROUNDS.start() {
                return Ok(Prepared::Trial(Box::new(trial)));
            }
            // A part of it may do.
            let part =
                (about.min(trial.sample_bytes) as f64 * f64::from(rounds) / f64::from(*ROUNDS.start()) * 0.8) as u64;
            if !is_smaller || part < LEAST || left.is_zero() {
                trial.progress.clear();
                let (least, once) = (*ROUNDS.start() * all, trial.once.as_secs_f64());
                return Ok(Prepared::Nothing(match once > 0.0 {
                    true => format!(
                        "a run takes {once:.2} s, and at least {least} are needed: more than the time limit of {} s",
                        asked.limit.as_secs_f64()
                    ),
                    false => format!("one run takes longer than the time limit of {} s", asked.limit.as_secs_f64()),
                }));
            }
            about = part;
        }
    }

    /// Takes the beginning of the input for a sample, if it is larger. Whether a smaller sample can be had too.
    fn take_sample(&mut self, request: &Request, path: &Path, about: u64) -> Result<bool, Error> {
        self.progress.say("taking a sample");
        let Some(bytes) = whole_records(source(path), &request.settings, about)? else {
            return Ok(self.sample_bytes > about);
        };
        // Of the same name, which may say the format.
        let sample = self.folder.path().join(path.file_name().unwrap_or_default());
        copy_beginning(path, bytes, &sample, signals::watch().map(|watch| &watch.stop))?;
        (self.sample, self.sample_bytes) = (sample, bytes);
        Ok(true)
    }

    /// Runs the conversion once.
    fn run(&self, choice: &Choice) -> Result<Ran, Error> {
        let stop = signals::watch().map(|watch| &watch.stop);
        let stderr = self.folder.path().join("stderr");
        let mut command = Command::new(&self.program);
        command.arg("convert").arg(&self.sample).args(&self.words);
        command.args(choice.values().map(|(key, value)| format!("--{key}={value}")));
        command.args(["--config=none", "--no-history", "--progress=none", "--quiet"]);
        if let Some(output) = &self.output {
            command.arg("--force").arg("-o").arg(output);
        }
        without_settings(&mut command);
        let left = self.until.saturating_duration_since(Instant::now());
        once(&mut command, &stderr, left, stop)
    }

    /// Removes what was written.
    fn end(self) -> Result<(), Error> {
        let path = self.folder.path().to_path_buf();
        self.folder.close().map_err(|e| Error::io("remove", path, e))
    }
}

impl Measure for Trial {
    fn has_time(&self, choices: usize) -> bool {
        let needed = self.once * self.rounds * choices as u32;
        Instant::now() + needed <= self.until
    }

    fn measure(&mut self, choices: &[&Choice]) -> Result<Vec<Times>, Error> {
        let mut times: Vec<Times> = choices.iter().map(|_| Times::Seconds(Vec::new())).collect();
        for round in 0..self.rounds {
            for turn in 0..choices.len() {
                // In turn, so that what slows the machine for a while slows all; and in every other round backwards.
                let place = if round % 2 == 0 { turn } else { choices.len() - 1 - turn };
                let Times::Seconds(seconds) = &mut times[place] else { continue };
                let words: Vec<String> = choices[place].values().map(|(key, value)| format!("{key} {value}")).collect();
                let words = if words.is_empty() { "usual settings".to_owned() } else { words.join(", ") };
                self.progress.say(&format!("round {} of {}: {words}", round + 1, self.rounds));
                match self.run(choices[place])? {
                    Ran::Took(time) => seconds.push(time.as_secs_f64()),
                    Ran::TooLong => times[place] = Times::Failed("it took too long".to_owned()),
                    Ran::Failed { said, .. } => {
                        let why = said.lines().next().unwrap_or("it failed").trim_start_matches("pagemill: ");
                        times[place] = Times::Failed(why.to_owned());
                    }
                }
            }
        }
        self.progress.clear();
        Ok(times)
    }
}

/// How the command ends when a conversion ended so.
fn exit(code: Option<i32>) -> Exit {
    match code {
        Some(1) => Exit::BadData,
        Some(2) => Exit::Usage,
        Some(4) => Exit::MemoryCeiling,
        _ => Exit::InputOutput,
    }
}
