//! The settings of a run: from the flags, and, for tests, from the environment.

use pagemill::config::flags::{self, Said};
use pagemill::error::Error;
use pagemill::job::Settings;

/// The settings that flags mean.
///
/// # Errors
/// Usage: flags that make no sense, or contradict each other.
pub fn settings(said: &Said) -> Result<Settings, Error> {
    let mut settings = flags::settings(said)?;
    // Hidden: levels of memory pressure, for tests.
    if let Ok(script) = std::env::var("PAGEMILL_PRESSURE") {
        settings.pressure = Some(script.parse().map_err(Error::usage)?);
    }
    Ok(settings)
}
