//! The one target of many sources.

use crate::error::Result;
use crate::format::{self, Format};
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::sink::TargetSpec;

/// The one format of the target.
pub(super) fn target_format(settings: &Settings, first: &SourceSpec, target: &TargetSpec) -> Result<Format> {
    let path = target.path();
    match (settings.to, path) {
        (None, None) => format_of(settings, first),
        // A file does not ask for the source's format.
        _ => {
            let from = format_of(settings, first).unwrap_or(Format::PLAIN);
            format::target_format(settings.to, path, from, &settings.extensions)
        }
    }
}

pub(super) fn format_of(settings: &Settings, source: &SourceSpec) -> Result<Format> {
    match source.section() {
        Some(section) => Ok(section.format()),
        None => format::source_format(settings.from, source.path(), &settings.extensions),
    }
}
