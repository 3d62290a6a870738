//! What other processes get of this one's environment.

use std::env;
use std::process::Command;

/// Secrets that are nobody else's.
const SECRETS: [&str; 2] = ["PAGEMILL_DASHBOARD_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS"];

/// A program of somebody else gets no secrets.
pub fn without_secrets(command: &mut Command) {
    SECRETS.iter().for_each(|name| _ = command.env_remove(name));
}

/// Runs of pagemill itself get no settings from the environment: what it says was taken into account before, and is the
/// same for all of them.
pub fn without_settings(command: &mut Command) {
    without_secrets(command);
    let names = env::vars_os().map(|(name, _)| name);
    let ours = names.filter(|name| name.to_string_lossy().starts_with("PAGEMILL_") && name != "PAGEMILL_KERNEL");
    ours.for_each(|name| _ = command.env_remove(name));
}
