//! The parts of a record as readers hand them out, and where a record begins.

use super::resolved::Resolved;

/// One field, as it was read.
pub(super) struct SpecField<'t> {
    /// Its text, without quotes.
    pub text: &'t [u8],
    pub kind: FieldKind,
    /// Where it begins.
    pub start: usize,
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// Its text is what it is.
    Plain,
    /// It was in quotes.
    Quoted,
    /// It had escapes outside of quotes.
    Escaped,
    /// It is null, whatever its text is.
    Null,
}

/// How reading a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Before this offset, line break included.
    At(usize),
    /// There were no more records.
    NoRecord,
}

/// The first byte of the record, after blank lines and comments.
///
/// A comment ends where a record would. csv-core ends it only at a line feed, so in a file whose lines end with single
/// carriage returns everything after the first comment would be skipped silently.
///
/// csv-core makes an empty record of a comment line that is cut off by the end of the input, contrary to its
/// documentation ("that line is ignored"): <https://github.com/BurntSushi/rust-csv/issues/363>, with a fix proposed in
/// pull request 396. We follow the documentation.
pub(super) fn first_byte(dialect: Resolved, data: &[u8], from: usize) -> usize {
    let mut at = from;
    loop {
        match data.get(at) {
            Some(b'\n') => at += 1,
            Some(b'\r') if dialect.break_len(data, at) > 0 => at += 1,
            Some(b'\\') if dialect.is_end_mark(data, at) => at += 2,
            Some(_) if dialect.comment.is_some_and(|comment| comment.begins(&data[at..])) => {
                at += memchr::memchr2(b'\n', b'\r', &data[at..]).map_or(data.len() - at, |found| found + 1);
            }
            _ => return at,
        }
    }
}
