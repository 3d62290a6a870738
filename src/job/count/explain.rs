//! How a source would be counted.

use std::path::Path;

use crate::compress::Unpacking;
use crate::error::Result;
use crate::format::source_format;
use crate::job::count::claims::Pace;
use crate::job::count::counted::What;
use crate::job::count::unpack::unpack;
use crate::job::doubles;
use crate::job::open::{as_text, open_source};
use crate::job::opened::Opened;
use crate::job::settings::{OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::quarantine::place_for;
use crate::sink::TargetSpec;
use crate::source::Source;
use crate::wording::input;

/// Says how a source would be counted, without counting it.
///
/// # Errors
/// The source can't be read, or is not of its format; settings about bad records that contradict each other.
pub fn explain_count(source: SourceSpec, what: What, settings: &Settings) -> Result<String> {
    let place = place_for(settings, &TargetSpec::Memory)?;
    match (what, settings.from) {
        (What::Text, None) => explain_text(source, settings),
        _ => explain_records(source, what, place.as_deref(), settings),
    }
}

const TEXT: &str = "lines, words, characters, bytes";

fn explain_text(source: SourceSpec, settings: &Settings) -> Result<String> {
    let mut source = open_source(source, None, settings)?;
    let unpacking = unpack(&mut source, settings)?;
    let source = as_text(source, None, settings)?;
    let mut text = head(&source.path, TEXT, source.map().is_some());
    text += &unpacked(unpacking);
    text += &decoded(&source);
    let workers = if source.map().is_some() { Pace::of(settings).workers } else { 1 };
    text += &format!("workers          up to {workers}\nmemory limit     {} bytes\n", settings.memory_limit);
    if settings.dashboard > 0 {
        text += &format!("  {:>12}  dashboard\n", settings.dashboard);
    }
    Ok(text)
}

fn explain_records(source: SourceSpec, what: What, place: Option<&Path>, settings: &Settings) -> Result<String> {
    let from = source_format(settings.from, source.path(), &settings.extensions)?;
    let settings = &Settings { from: Some(from), to: Some(from), ..settings.clone() };
    let opened = Opened::only_read(source, settings)?;
    let what = match what {
        What::Text => format!("{TEXT}, and records of {from}"),
        What::Records => format!("records of {from}"),
    };
    let mut text = head(&opened.source.path, &what, !opened.plan.streamed);
    text += &unpacked(opened.plan.unpacking);
    text += &decoded(&opened.source);
    text += &opened.found();
    let bad = match settings.on_error {
        OnError::Fail => "end the count of their input".into(),
        OnError::Skip => "left out".into(),
        OnError::Quarantine => place.map(|place| format!("put into {}", place.display())).unwrap_or_default(),
    };
    if !settings.rows.are_all() {
        text += &format!("rows             {}\n", settings.rows.explain());
    }
    text += &doubles::explain(settings, None)?;
    text += &format!("bad records      {bad}\n");
    text += &opened.plan.explain();
    Ok(text)
}

fn head(path: &Path, what: &str, mapped: bool) -> String {
    let read = if mapped { "mapping" } else { "reading" };
    format!("source           {}\ncounted          {what}\nread by          {read}\n", input(path))
}

fn unpacked(unpacking: Option<Unpacking>) -> String {
    unpacking.map_or_else(String::new, |unpacking| format!("decompressed     {unpacking}\n"))
}

fn decoded(source: &Source) -> String {
    let decoded = source.decoded.as_ref();
    decoded.map_or_else(String::new, |decoded| format!("decoded from     {}\n", decoded.encoding.name()))
}
