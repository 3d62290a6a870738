//! Binary records of a fixed layout.
use super::{Error, Format, OpenError, Opening, Options, Shape, WriteFormat};

/// Opens fixed records.
pub fn open(_options: &Options) -> Result<Opening, OpenError> {
    unimplemented!()
}
/// Prepares fixed records.
pub fn create(_options: &Options, _shape: &Shape, _from: Format) -> Result<Box<dyn WriteFormat>, Error> {
    unimplemented!()
}
