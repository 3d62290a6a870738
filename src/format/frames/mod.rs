//! Length-prefixed binary records.
use super::{Error, Format, OpenError, Opening, Options, Shape, WriteFormat};

/// The length prefix of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefix {
    /// 16 bits, little endian.
    U16Le,
    /// 16 bits, big endian.
    U16Be,
    /// 32 bits, little endian.
    #[default]
    U32Le,
    /// 32 bits, big endian.
    U32Be,
    /// 64 bits, little endian.
    U64Le,
    /// LEB128, as Protocol Buffers write it.
    Varint,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payload {
    /// Bytes, in the field `payload`.
    #[default]
    Bytes,
    /// Text, in the field `payload`.
    Text,
    /// One JSON value.
    Json,
}

/// Opens frames.
pub fn open(_options: &Options) -> Result<Opening, OpenError> {
    unimplemented!()
}
/// Prepares frames.
pub fn create(_options: &Options, _shape: &Shape, _from: Format) -> Result<Box<dyn WriteFormat>, Error> {
    unimplemented!()
}
