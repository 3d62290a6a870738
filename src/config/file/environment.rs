//! Variables of the environment.

use std::ffi::OsString;

use super::fault::Fault;
use super::section::Entry;
use super::value::of_variable;
use crate::config::flags::{Changes, Commands, Flag, SetBy, all};
use crate::op::nearest;
use crate::scan::vector::{FAMILIES, VARIABLE as KERNEL};
use crate::sys::variables;

const PREFIX: &str = "PAGEMILL_";

/// Variables that are no flags: a secret, and what tests and scripts need. Some are the beginnings of several names.
const OTHERS: [&str; 15] = [
    "PAGEMILL_DASHBOARD_TOKEN",
    // A program that gets an alert may run pagemill too.
    "PAGEMILL_ALERT",
    "PAGEMILL_BENCH_",
    "PAGEMILL_BINARY",
    "PAGEMILL_CORPORA",
    "PAGEMILL_FLAG",
    "PAGEMILL_HOSTILE_",
    KERNEL,
    "PAGEMILL_KILLS",
    "PAGEMILL_MAY_LACK",
    "PAGEMILL_PRESSURE",
    "PAGEMILL_PYTHON",
    "PAGEMILL_RENEW_API",
    "PAGEMILL_REQUIRE_ALL",
    "PAGEMILL_SPILL",
];

/// What the environment says.
#[derive(Default)]
pub struct Environment {
    pub entries: Vec<Entry>,
    /// The file that `PAGEMILL_CONFIG` names.
    pub config: Option<OsString>,
    pub warnings: Vec<String>,
    pub faults: Vec<Fault>,
}

/// The variable of a flag.
pub fn variable(flag: &Flag) -> String {
    format!("{PREFIX}{}", flag.name.replace('-', "_").to_ascii_uppercase())
}

/// The flags that a variable may set.
pub fn flags() -> impl Iterator<Item = &'static Flag> {
    all().filter(|flag| flag.is_in(Commands::CONVERT) && (flag.changes == Changes::Manner || flag.name == "config"))
}

/// Reads the environment. Empty variables do not count.
pub fn environment() -> Environment {
    let mut read = Environment::default();
    for (name, value) in variables(PREFIX).into_iter().filter(|(_, value)| !value.is_empty()) {
        let name = name.to_string_lossy().into_owned();
        if OTHERS.iter().any(|other| name == *other || other.ends_with('_') && name.starts_with(other)) {
            if name == KERNEL && !FAMILIES.iter().any(|family| value == *family) {
                let families = FAMILIES.join(", ");
                read.warnings.push(format!("{name} is `{}`, which is not one of {families}", value.to_string_lossy()));
            }
            continue;
        }
        match flags().find(|flag| variable(flag) == name) {
            Some(flag) if flag.name == "config" => read.config = Some(value),
            Some(flag) => match of_variable(flag, value) {
                Ok(values) => read.entries.push(Entry { flag, values, by: SetBy::Variable(name) }),
                Err(what) => read.faults.push(Fault::whole(format!("{name}: {what}"))),
            },
            None => match all().find(|flag| variable(flag) == name) {
                Some(flag) => read.faults.push(Fault::whole(refusal(&name, flag))),
                None => read.warnings.push(unknown(&name)),
            },
        }
    }
    read
}

/// Why a flag is not taken from the environment.
fn refusal(name: &str, flag: &Flag) -> String {
    let said = flag.name;
    if said == "profile" {
        return format!(
            "{name}: profiles are not named by the environment, because they change the output\n  Give --profile NAME."
        );
    }
    let or = if flag.is_in(Commands::CONVERT) { ", or in a profile that --profile names" } else { "" };
    format!(
        "{name}: --{said} is not taken from the environment, because it changes what a run does\n  Give it on the command line{or}."
    )
}

fn unknown(name: &str) -> String {
    let names: Vec<String> = flags().map(variable).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let like = nearest(&names, name).map(|like| format!("; did you mean {like}?")).unwrap_or_default();
    format!("{name} is set, but there is no such setting{like}")
}
