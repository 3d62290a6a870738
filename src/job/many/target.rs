//! The one target of many sources.

use crate::error::{Error, Result};
use crate::format::{self, Format};
use crate::job::open::{encoded, in_blocks};
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::plan::outside::Coders;
use crate::quarantine::Quarantine;
use crate::sink::{Target, TargetSpec};

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

/// Refuses outputs from which nothing can be taken back, where an input that fails is to be left out.
///
/// # Errors
/// Usage: one is such an output.
pub(super) fn refuse_what_stays(target: &Target, quarantine: Option<&Quarantine>, settings: &Settings) -> Result<()> {
    if !target.can().truncate && !settings.folds() {
        return Err(Error::usage(format!(
            "⟨keep_going⟩: if an input fails partway, part of it would stay in {}\n  Use ⟨target⟩ to write to a file that is not compressed, in UTF-8, and no container such as Avro, or ⟨Each⟩ to write one output for each input.",
            target.path().display()
        )));
    }
    if let Some(quarantine) = quarantine.filter(|quarantine| !quarantine.target().can().truncate) {
        return Err(Error::usage(format!(
            "⟨keep_going⟩: the bad records of an input that fails later would stay in {}\n  Give ⟨quarantine⟩ a file.",
            quarantine.path().display()
        )));
    }
    Ok(())
}

/// Opens the target: compressed, in blocks and encoded as was asked for; without `coders` its parts are that, not the
/// target.
pub(super) fn open_target(
    target: TargetSpec,
    to: Format,
    coders: Option<Coders>,
    settings: &Settings,
) -> Result<Target> {
    let mut target = target.open(settings.force, settings.stop.as_ref())?;
    let Some(Coders { packing, blocking }) = coders else { return Ok(target) };
    if let Some(packing) = &packing {
        target = target.packed(packing)?;
    }
    encoded(in_blocks(target, to, blocking.as_ref(), settings)?, to, settings)
}
