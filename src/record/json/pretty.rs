//! Line breaks and indentation, as in the output of `jq .`.

use super::sink::Sink;
use crate::error::Error;

/// The level of indentation; two spaces each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pretty {
    pub level: usize,
    /// The level of a record.
    pub first: usize,
}

const SPACES: &[u8; 64] = &[b' '; 64];

impl Pretty {
    pub fn new(level: usize) -> Pretty {
        Pretty { level, first: level }
    }

    /// A line break and the indentation of the next line.
    pub fn line<S: Sink>(&self, sink: &mut S) -> Result<(), Error> {
        sink.put(b"\n")?;
        self.indent(sink)
    }

    pub fn indent<S: Sink>(&self, sink: &mut S) -> Result<(), Error> {
        let mut left = self.level * 2;
        while left > 0 {
            let count = left.min(SPACES.len());
            sink.put(&SPACES[..count])?;
            left -= count;
        }
        Ok(())
    }

    /// Writes valid JSON text with this white space instead of its own.
    pub fn raw<S: Sink>(&mut self, raw: &[u8], sink: &mut S) -> Result<(), Error> {
        let mut at = 0;
        // Whether the last part was an opening bracket: empty lists and maps stay on one line.
        let mut opened = false;
        while at < raw.len() {
            let len = part(&raw[at..]);
            let (text, first) = (&raw[at..at + len], raw[at]);
            at += len;
            if first.is_ascii_whitespace() {
                continue;
            }
            let closes = matches!(first, b'}' | b']');
            if closes {
                self.level -= 1;
            }
            if opened != closes {
                self.line(sink)?;
            }
            sink.put(text)?;
            opened = matches!(first, b'{' | b'[');
            match first {
                b'{' | b'[' => self.level += 1,
                b',' => self.line(sink)?,
                b':' => sink.put(b" ")?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The length of the first part: a string, an operator, a run of white space, a number or literal.
pub(super) fn part(text: &[u8]) -> usize {
    match text[0] {
        b'"' => string(text),
        b'{' | b'}' | b'[' | b']' | b':' | b',' => 1,
        white if white.is_ascii_whitespace() => {
            text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len())
        }
        _ => {
            let ends = |b: &u8| b.is_ascii_whitespace() || b"{}[]:,\"".contains(b);
            text.iter().position(ends).unwrap_or(text.len())
        }
    }
}

fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(next) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += next + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}
