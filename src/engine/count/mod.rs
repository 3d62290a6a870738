//! Counting a whole source: lines, words, characters, bytes, and records of a format.

mod claims;
mod parts;
mod records;
mod text;

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard};

use super::open::{as_text, open_source};
use super::opened::Opened;
use super::{Settings, SourceSpec, TargetSpec};
use crate::compress::Decompress;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::scan::count::{Counter, Counts};
use crate::source::Bytes;

/// What a source has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Lines, words, characters and bytes, as GNU `wc` counts them in a UTF-8 locale.
    pub text: Counts,
    /// Records of the format that the settings name; none if they name none.
    pub records: Option<u64>,
}

/// Counts a source; its records too, when the settings name its format (see [`count_records`]). With an encoding in the
/// settings it is the UTF-8 text that is counted which it becomes.
///
/// # Errors
/// Reading fails, or the source is not of its format.
pub fn count(source: SourceSpec, settings: &Settings) -> Result<Counted> {
    if settings.from.is_none() {
        return Ok(Counted { text: text::count(source, settings)?, records: None });
    }
    match source {
        SourceSpec::Path(path) => {
            let (records, counts) = count_both(SourceSpec::Path(path.clone()), settings, true)?;
            let text = match counts {
                Some(counts) => counts,
                None => text::count(SourceSpec::Path(path), settings)?,
            };
            Ok(Counted { text, records: Some(records) })
        }
        // What can be read once only is counted on its way to the job.
        SourceSpec::Stdin => streamed(crate::source::stdin(settings.stop.as_ref())?, settings),
        SourceSpec::Reader(reader) => streamed(reader, settings),
        SourceSpec::Quarantined(_) => Err(Error::usage("the records of a quarantine can only be converted")),
    }
}

/// Counts the records of a source, of the format that the settings or its extension name.
///
/// CSV records are counted whatever their number of fields, as the specification (csv-core) has it; with
/// `settings.strict` another number than the header's is an error. JSON is read in full: what is no JSON
/// has no records.
///
/// # Errors
/// Reading fails, or the source is not of its format.
pub fn count_records(source: SourceSpec, settings: &Settings) -> Result<u64> {
    Ok(count_both(source, settings, false)?.0)
}

/// The records, and on the way the text if it is wanted and nothing more has to be read for it.
fn count_both(source: SourceSpec, settings: &Settings, with_text: bool) -> Result<(u64, Option<Counts>)> {
    let path = match &source {
        SourceSpec::Path(path) => Some(path.as_path()),
        _ => None,
    };
    let from = crate::format::source_format(settings.from, path)?;
    let settings = Settings { from: Some(from), to: Some(from), ..settings.clone() };
    let mut opened = Opened::new(source, &TargetSpec::Memory, &settings)?;
    if !settings.strict {
        if let Some(found) = parts::count(&opened, &settings, with_text) {
            return found;
        }
        if let Some(found) = records::tally(&mut opened) {
            return Ok((found?, None));
        }
    }
    Ok((records::decode(opened)?, None))
}

fn streamed(reader: Box<dyn Read + Send>, settings: &Settings) -> Result<Counted> {
    // What is counted is what the source holds.
    let mut source = open_source(SourceSpec::Reader(reader), settings)?;
    let memory = text::unpack(&mut source, settings)?;
    // Without an encoding its bytes are counted as they are, whatever its records are decoded from.
    let from = if settings.encoding.is_some() { settings.from } else { None };
    let source = as_text(source, from.unwrap_or(Format::Text), settings)?;
    let Bytes::Stream(stream) = source.bytes else { return Err(Error::usage("a stream can't be mapped")) };
    let reader = stream.into_reader();
    let settings = &Settings {
        decompress: Decompress::None,
        encoding: None,
        memory_limit: settings.memory_limit.saturating_sub(memory),
        ..settings.clone()
    };
    let tee = Arc::new(Mutex::new(Tee { reader, counter: Counter::new() }));
    let records = count_records(SourceSpec::Reader(Box::new(Shared(Arc::clone(&tee)))), settings)?;
    // The job reads as far as there are records.
    io::copy(&mut Shared(Arc::clone(&tee)), &mut io::sink()).map_err(|e| Error::read("-", e))?;
    Ok(Counted { text: lock(&tee).counter.counts(), records: Some(records) })
}

/// Counts what is read through it.
struct Tee {
    reader: Box<dyn Read + Send>,
    counter: Counter,
}

struct Shared(Arc<Mutex<Tee>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tee = lock(&self.0);
        let count = tee.reader.read(buffer)?;
        tee.counter.feed(&buffer[..count]);
        Ok(count)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
