//! Decompressing a source whose text is counted.

use crate::compress::Unpacking;
use crate::error::{Error, Result};
use crate::job::opened::ceiling;
use crate::job::settings::Settings;
use crate::source::{Bytes, Source};

/// Begins to decompress a source that is compressed. Returns how.
pub(crate) fn unpack(source: &mut Source, settings: &Settings) -> Result<Option<Unpacking>> {
    let (Some(packed), Bytes::Stream(stream)) = (source.packed(), &mut source.bytes) else { return Ok(None) };
    let unpacking = Unpacking::within(packed, settings.workers, ceiling(settings))?;
    stream.unpack(unpacking).map_err(|e| Error::io("decompress", &source.path, e))?;
    Ok(Some(unpacking))
}
