//! `pagemill config`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use pagemill::config::file::{File, NAME, Section, load, schema};
use pagemill::config::flags::{Changes, Commands, Flag, Said, Takes, all};
use pagemill::error::Error;
use pagemill::job::Settings;
use pagemill::wording::counted;
use serde_json::Value;

use super::configured::configuration;
use super::console;
use super::exit::Exit;
use super::parser::Typed;
use super::worded::worded;

/// The file that `config init` writes. Each line that is commented out is valid.
const BEGINNING: &str = include_str!("beginning.toml");

/// The JSON Schema of what `--report` writes.
const REPORT: &str = include_str!("../docs/report.schema.json");

/// Checks, shows or begins a configuration.
pub fn run(typed: &Typed, off: &[String]) -> Result<Exit, Error> {
    let action = typed.operands.first().map(|action| action.to_string_lossy().to_ascii_lowercase());
    let said = &typed.said;
    match action.as_deref() {
        Some("check") => check(said),
        Some("init") => begin(),
        Some("schema") => {
            console::print(&format!("{:#}\n", schema()))?;
            Ok(Exit::Done)
        }
        Some("report-schema") => {
            console::print(REPORT)?;
            Ok(Exit::Done)
        }
        _ => show(said, off),
    }
}

/// Says everything that is wrong.
fn check(said: &Said) -> Result<Exit, Error> {
    let loaded = load(said.path("config"))?;
    loaded.configuration.warnings.iter().for_each(console::warning);
    for fault in &loaded.faults {
        console::error(worded(&Error::usage(fault.to_string())));
    }
    if !loaded.faults.is_empty() {
        return Ok(Exit::Usage);
    }
    // A profile that does not exist is a fault too.
    let profile = said.text("profile")?;
    loaded.configuration.fill(&mut Said::new(Commands::CONVERT), &[], profile, None)?;
    if !said.has("quiet") {
        console::print(&checked(&loaded.configuration.files))?;
    }
    Ok(Exit::Done)
}

fn checked(files: &[File]) -> String {
    if files.is_empty() {
        return "there is no configuration file\n".to_owned();
    }
    let line = |file: &File| {
        let (profiles, jobs) = (counted(file.profiles.len() as u64, "profile"), counted(file.jobs.len() as u64, "job"));
        format!(
            "{}: no fault, {profiles}, {jobs}, {}\n",
            file.path.display(),
            counted(file.alerts.len() as u64, "alert")
        )
    };
    files.iter().map(line).collect()
}

/// Writes a file to begin with.
fn begin() -> Result<Exit, Error> {
    let file = OpenOptions::new().write(true).create_new(true).open(NAME);
    let mut file = file.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::usage(format!("{NAME} exists already\n  `pagemill config check` checks it."))
        }
        _ => Error::io("create", Path::new(NAME), e),
    })?;
    file.write_all(BEGINNING.as_bytes()).map_err(|e| Error::io("write", Path::new(NAME), e))?;
    Ok(Exit::Done)
}

/// Prints what holds here for `convert`, and where each value comes from.
fn show(typed: &Said, off: &[String]) -> Result<Exit, Error> {
    let configuration = configuration(typed)?;
    let mut said = Said::new(Commands::CONVERT);
    configuration.fill(&mut said, off, typed.text("profile")?, None)?;
    let origin = typed.has("origin");
    let mut lines: Vec<(String, String)> = Vec::new();
    let shown = |flag: &&Flag| flag.is_in(Commands::CONVERT) && flag.changes != Changes::Settings;
    for flag in all().filter(shown) {
        let (value, by) = match said.by(flag.name) {
            Some(by) => (Some(set(flag, &said)), by.to_string()),
            None => (built_in(flag), "built in".to_owned()),
        };
        lines.extend(value.map(|value| (format!("{} = {value}", flag.name), by)));
    }
    if let Some(meant) = said.extensions() {
        let pairs = meant.extensions.iter().map(|(extension, format)| format!("{extension} = \"{format}\""));
        let pairs: Vec<String> = pairs.collect();
        lines.push((format!("extensions = {{ {} }}", pairs.join(", ")), meant.by.to_string()));
    }
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (line, by) in lines {
        text += &if origin { format!("{line:width$}  # {by}\n") } else { format!("{line}\n") };
    }
    if let (true, Some(name)) = (origin, typed.text("profile")?) {
        let all = configuration.profiles_named(name);
        if let [chosen, others @ ..] = &all[..] {
            let line = |other: &&Section| {
                format!("# the profile `{name}` of {} takes the place of that of {}\n", chosen.place, other.place)
            };
            text += &others.iter().map(line).collect::<String>();
        }
    }
    console::print(&text)?;
    Ok(Exit::Done)
}

/// The value of a flag that was set, as in a file: texts, numbers and lists of JSON are those of TOML.
fn set(flag: &Flag, said: &Said) -> String {
    let texts: Vec<Value> = said.values(flag.name).map(|text| text.to_string_lossy().into()).collect();
    match flag.takes {
        Takes::Nothing => "true".to_owned(),
        Takes::List(_) | Takes::Expression(_) | Takes::Paths(_) => Value::Array(texts).to_string(),
        Takes::Count(_) => {
            said.value(flag.name).map(|number| number.to_string_lossy().into_owned()).unwrap_or_default()
        }
        _ => texts.first().map(Value::to_string).unwrap_or_default(),
    }
}

/// The value of a flag that nobody has set, if it has one: switches are off, and there are no lists.
fn built_in(flag: &Flag) -> Option<String> {
    match flag.takes {
        Takes::Nothing => Some("false".to_owned()),
        Takes::List(_) | Takes::Expression(_) | Takes::Paths(_) => None,
        _ => flag.value_in(&Settings::default()).map(|value| value.to_string()),
    }
}
