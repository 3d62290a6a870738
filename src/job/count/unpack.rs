//! Decompressing a source whose text is counted.

use crate::compress::Unpacking;
use crate::error::Result;
use crate::job::opened::ceiling;
use crate::job::settings::Settings;
use crate::source::Source;

/// Begins to decompress a source that is compressed. Returns how.
pub(crate) fn unpack(source: &mut Source, settings: &Settings) -> Result<Option<Unpacking>> {
    let Some(packed) = source.packed() else { return Ok(None) };
    let unpacking = Unpacking::within(packed, settings.workers, ceiling(settings))?;
    source.unpack(unpacking)?;
    Ok(Some(unpacking))
}
