//! Lines of text.
use super::{Error, Opening, Options, Shape, WriteFormat};

/// Opens text.
pub fn open() -> Opening {
    unimplemented!()
}
/// Prepares text.
pub fn create(_options: &Options, _shape: &Shape) -> Result<Box<dyn WriteFormat>, Error> {
    unimplemented!()
}
