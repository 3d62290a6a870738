//! MessagePack and CBOR (RFC 8949): values that state their own length, to batches and back. For formats, and for
//! payloads of frames.
//!
//! What both have is written once, over a [`Wire`]: where the bytes of a value mean what.

mod big;
mod cbor;
mod dates;
mod head;
mod msgpack;
mod number;
mod odd;
mod read;
mod skim;
mod steps;
mod write;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

pub use cbor::Cbor;
pub use head::Head;
pub use msgpack::MessagePack;
pub use read::{Reader, fields};
pub use skim::{Skim, Skimmed};
pub use steps::Columns;
pub use write::{Direct, Out, Writer};

/// How the bytes of values are laid out.
pub trait Wire: Send + Sync + 'static {
    /// The name in sentences.
    const TITLE: &'static str;
    /// What a file may begin with to say what it is.
    const MARK: &'static [u8];
    /// It has whole numbers and decimal fractions of any size.
    const DECIMALS: bool;

    /// The item that begins at `at`, and the place after it, or after the beginning of a list or map.
    fn item(data: &[u8], at: usize) -> Result<(Item<'_>, usize), Flaw>;

    /// Whether a list or map of unknown length ends at `at`, with one byte.
    fn ends(data: &[u8], at: usize) -> bool;

    /// Goes over heads of values from `at` on; see [`Skim`].
    fn skim(skim: &mut Skim, data: &[u8], at: usize) -> Skimmed;

    /// Null.
    const NULL: u8;
    /// False and true.
    const BOOLS: [u8; 2];
    /// The head of a value.
    fn head(of: Of) -> Option<Head>;
}

/// What begins with a head.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// The number itself.
    UInt(u64),
    /// The number `-1 - n`.
    Negative(u64),
    /// The number itself.
    Float(f64),
    /// This many bytes of text.
    Text(usize),
    /// This many bytes.
    Bytes(usize),
    /// This many items.
    List(usize),
    /// This many pairs.
    Map(usize),
    /// A tag of the next value.
    Tag(u64),
}

/// What is found where a value should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// Null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    UInt(u64),
    /// A whole number below zero: `-1 - n`.
    Negative(u64),
    /// A number.
    Float(f64),
    /// Text, not checked.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Parts of text or bytes follow, up to the end.
    Parts {
        /// Of text.
        text: bool,
    },
    /// The beginning of a list, and how many items follow; none: up to the end.
    List(Option<u64>),
    /// The beginning of a map, and how many pairs follow; none: up to the end.
    Map(Option<u64>),
    /// A tag; the value follows.
    Tag(u64),
    /// A value of an extension type.
    Extension(i8, &'a [u8]),
    /// A value that is only a number that means something.
    Simple(u8),
    /// The end of a list or map of unknown length.
    End,
}

/// What is wrong with the bytes where a value should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They end inside of it.
    Cut,
    /// No value begins with this byte, or none may here.
    Byte(u8),
}

/// Bytes of a slice from `at` on.
#[inline(always)]
fn chunk<const N: usize>(data: &[u8], at: usize) -> Result<[u8; N], Flaw> {
    data.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or(Flaw::Cut)
}

/// So many bytes from `at` on.
#[inline(always)]
fn run(data: &[u8], at: usize, len: u64) -> Result<(&[u8], usize), Flaw> {
    let rest = data.get(at..).ok_or(Flaw::Cut)?;
    // A length that does not fit is a lie too.
    let len = usize::try_from(len).map_err(|_| Flaw::Cut)?;
    Ok((rest.get(..len).ok_or(Flaw::Cut)?, at + len))
}
