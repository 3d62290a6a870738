//! Settings that are not on the command line.

use std::path::Path;

use pagemill::config::file::{Configuration, load};
use pagemill::config::flags::Said;
use pagemill::error::Error;

use super::console;

/// All that is configured.
///
/// # Errors
/// Usage: something is wrong with a configuration, or `--config` names no file.
pub fn configuration(said: &Said) -> Result<Configuration, Error> {
    let configuration = load(said.path("config"))?.sound()?;
    if !said.has("quiet") {
        configuration.warnings.iter().for_each(console::warning);
    }
    Ok(configuration)
}

/// Adds what is configured to what was typed. `off`: switches that were switched off.
///
/// # Errors
/// As [`configuration`]; and there is no such profile.
pub fn fill(said: &mut Said, off: &[String]) -> Result<(), Error> {
    let configuration = configuration(said)?;
    let profile = said.text("profile")?.map(str::to_owned);
    configuration.fill(said, off, profile.as_deref(), None)
}

/// Where the formats of these files come from, for `--explain`, if a configuration says what their extensions mean.
pub fn decided<'p>(said: &Said, files: impl Iterator<Item = &'p Path>) -> String {
    let Some(meant) = said.extensions() else { return String::new() };
    let mut lines: Vec<String> = files
        .filter_map(|file| meant.extensions.own(file))
        .map(|(extension, format)| format!("extension        .{extension} means {format} ({})\n", meant.by))
        .collect();
    lines.dedup();
    lines.concat()
}

/// What was passed over, for `--explain`.
pub fn passed_over(said: &Said) -> String {
    let lines = said
        .passed()
        .iter()
        .map(|passed| format!("passed over      {} ({}): {}\n", passed.name, passed.by, passed.why));
    lines.collect()
}
