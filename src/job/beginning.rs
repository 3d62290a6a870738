//! Where a part of a source may end: after a whole record.

use crate::error::Result;
use crate::format::Boundary;
use crate::job::opened::Opened;
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;

/// How much is cut at a time, in bytes.
const STEP: usize = 512 << 10;

/// How many bytes a beginning of the source has that is about this long and ends with a record; none if the source is
/// shorter, or is no file that can be mapped, or records are not found without reading all of it.
///
/// # Errors
/// The source can't be opened, or its beginning makes no sense.
pub fn whole_records(source: SourceSpec, settings: &Settings, about: u64) -> Result<Option<u64>> {
    let opened = Opened::only_read(source, settings)?;
    let Some(map) = opened.source.map() else { return Ok(None) };
    let bytes = &map.bytes()[..opened.part.end.unwrap_or(map.bytes().len())];
    let mut cutter = opened.reading.cutter();
    let mut at = opened.start();
    while at < bytes.len() {
        if at as u64 >= about {
            return Ok(Some(at as u64));
        }
        match cutter.cut(&bytes[at..], STEP, true) {
            Ok(Boundary::At(len)) if len > 0 => at += len,
            _ => return Ok(None),
        }
    }
    Ok(None)
}
