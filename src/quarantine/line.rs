//! One line of a quarantine: a bad record.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use base64::engine::{Engine, general_purpose::STANDARD};
use serde::Deserialize;

use crate::error::{Fault, Position};
use crate::quarantine::Bad;

/// How many bytes become base64 at a time; a multiple of three, so that the pieces fit together.
const PIECE: usize = 3 << 10;

/// Writes a line: record `record` of `file`; without `raw` if its bytes are not kept.
pub(crate) fn write(bad: &Bad, file: &Path, record: u64, raw: Option<&[u8]>, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"{\"file\":")?;
    serde_json::to_writer(&mut *to, &file.to_string_lossy())?;
    write!(to, ",\"record\":{record}")?;
    if bad.first > 0 {
        write!(to, ",\"line\":{}", bad.first)?;
    }
    write!(to, ",\"start\":{},\"end\":{},\"reason\":\"", bad.start, bad.end)?;
    write!(Escaped(to), "{}", bad.error.message())?;
    let Some(raw) = raw else { return to.write_all(b"\"}\n") };
    if bad.error.fault == Fault::Document {
        to.write_all(b"\",\"document\":true,\"raw\":\"")?;
    } else {
        to.write_all(b"\",\"raw\":\"")?;
    }
    // The bytes of the record follow in pieces, however many they are.
    let mut base64 = [0; PIECE / 3 * 4];
    for piece in raw.chunks(PIECE) {
        let len = STANDARD.encode_slice(piece, &mut base64).map_err(io::Error::other)?;
        to.write_all(&base64[..len])?;
    }
    to.write_all(b"\"}\n")
}

/// Writes text as it is inside of a JSON string. Nothing is allocated for that.
struct Escaped<'w, W>(&'w mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for byte in text {
            match byte {
                b'"' | b'\\' => self.0.write_all(&[b'\\', *byte])?,
                0..0x20 => write!(self.0, "\\u{byte:04x}")?,
                _ => self.0.write_all(&[*byte])?,
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Where a record came from in the first place.
#[derive(Clone)]
pub(crate) struct Origin {
    pub file: Arc<Path>,
    pub record: u64,
    /// The line that it begins in; 0 if that is not known.
    pub line: u64,
    pub start: u64,
    pub end: u64,
    /// Its bytes are those of the file, as far as that can be seen.
    pub exact: bool,
    /// It is no record but a document in which none were found.
    pub document: bool,
    /// How many bytes it has, without what was added to end it.
    pub len: usize,
}

impl Origin {
    /// A place in the record; where it was repaired, its beginning has to do.
    pub fn position(&self, offset: usize) -> Position {
        let offset = if self.exact { offset as u64 } else { 0 };
        Position::new(&*self.file, self.record, self.start + offset)
    }
}

/// A line as it is read: what was repaired, and whatever else somebody may have put there.
#[derive(Deserialize)]
pub(crate) struct Line<'l> {
    #[serde(borrow)]
    pub file: Cow<'l, str>,
    pub record: u64,
    #[serde(default)]
    pub line: u64,
    pub start: u64,
    pub end: u64,
    /// It is a document in which no records were found.
    #[serde(default)]
    pub document: bool,
    /// The record in base64, as it was or repaired.
    #[serde(borrow, default)]
    pub raw: Option<Cow<'l, str>>,
    /// The repaired record; it counts more than `raw`.
    #[serde(borrow, default)]
    pub text: Option<Cow<'l, str>>,
}

/// Appends the bytes that base64 encodes.
pub(crate) fn decode(base64: &str, to: &mut Vec<u8>) -> Result<(), base64::DecodeError> {
    STANDARD.decode_vec(base64, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RecordError;

    #[test]
    fn there_and_back() {
        for len in [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let raw: Vec<u8> = (0..len).map(|at| (at * 7 % 256) as u8).collect();
            let error = RecordError::new(0, "a \"reason\"\n");
            let (text, lines) = (crate::flow::place::After::default(), None);
            let bad = Bad {
                file: None,
                record: 0,
                start: 5,
                end: 9,
                offset: 6,
                first: 3,
                line: 0,
                text,
                lines,
                error,
                output: 0,
            };
            let mut text = Vec::new();
            write(&bad, Path::new("dir/ä\"b"), 7, Some(&raw), &mut text).unwrap();
            assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1);
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!((&value["reason"], &value["file"]), (&"a \"reason\"\n".into(), &"dir/ä\"b".into()));
            let line: Line<'_> = serde_json::from_slice(&text).unwrap();
            assert_eq!((&*line.file, line.record, line.line, line.start, line.end), ("dir/ä\"b", 7, 3, 5, 9));
            let mut back = Vec::new();
            decode(&line.raw.unwrap(), &mut back).unwrap();
            assert!(back == raw && line.text.is_none());
        }
    }
}
