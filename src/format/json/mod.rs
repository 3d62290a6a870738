//! NDJSON and JSON (RFC 8259).
use super::{Error, Format, OpenError, Opening, Options, Shape, WriteFormat};

/// Opens NDJSON.
pub fn open_lines(_options: &Options, _head: &[u8], _end: bool) -> Result<Opening, OpenError> {
    unimplemented!()
}
/// Opens JSON.
pub fn open(_options: &Options, _head: &[u8], _end: bool) -> Result<Opening, OpenError> {
    unimplemented!()
}
/// Prepares NDJSON or JSON.
pub fn create(_format: Format, _options: &Options, _shape: &Shape) -> Result<Box<dyn WriteFormat>, Error> {
    unimplemented!()
}
