//! Strings with escapes.

use super::read::{Fault, fault, unexpected};
use crate::memory::Arena;
use crate::scan::json::Positions;

/// Checks a string that has more in it than text. `quote` is its opening quote, and the next position
/// of the stream, `at`, is the first one inside. Gives the closing quote, and the place behind it.
#[cold]
#[inline(never)]
pub fn check(positions: &mut Positions, text: &[u8], quote: usize, mut at: usize) -> Result<(usize, usize), Fault> {
    loop {
        at = positions.ensure(text, at);
        let place = positions.get(at);
        at += 1;
        match text.get(place) {
            Some(b'"') => return Ok((place, at)),
            Some(b'\\') => match escape_at(text, place) {
                Escape::Plain(_) | Escape::Code(_, 6) => {}
                // The low surrogate's backslash is a position too.
                Escape::Code(..) => at += 1,
                Escape::Bad(offset, reason) => return Err(fault(offset, reason)),
            },
            Some(_) => {
                let reason = format!("a control character (0x{:02x}) inside a string", text[place]);
                return Err(unexpected(place, reason).hinted("Write it as an escape, \\n for example."));
            }
            None => return Err(fault(quote, "a string without a closing quote")),
        }
    }
}

/// What stands at a backslash.
enum Escape {
    /// A byte, escaped by two.
    Plain(u8),
    /// A character, escaped by 6 or 12 bytes.
    Code(char, usize),
    /// Neither: where and why.
    Bad(usize, &'static str),
}

fn escape_at(text: &[u8], at: usize) -> Escape {
    let plain = match text.get(at + 1) {
        Some(b @ (b'"' | b'\\' | b'/')) => *b,
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'u') => return code_at(text, at),
        _ => return Escape::Bad(at, "an escape that JSON does not have"),
    };
    Escape::Plain(plain)
}

/// The length of the escape at a backslash; none if it is no escape.
#[inline(always)]
pub fn escape_len(text: &[u8], at: usize) -> Option<usize> {
    match escape_at(text, at) {
        Escape::Plain(_) => Some(2),
        Escape::Code(_, len) => Some(len),
        Escape::Bad(..) => None,
    }
}

fn code_at(text: &[u8], at: usize) -> Escape {
    const BAD: &str = "\\u without four hexadecimal digits";
    let Some(first) = hex(text, at + 2) else { return Escape::Bad(at, BAD) };
    if let Some(character) = char::from_u32(first) {
        return Escape::Code(character, 6);
    }
    const LONE: &str = "half of a surrogate pair, which is no character";
    if first >= 0xdc00 || text.get(at + 6..at + 8) != Some(b"\\u") {
        return Escape::Bad(at, LONE);
    }
    let Some(second) = hex(text, at + 8) else { return Escape::Bad(at + 6, BAD) };
    match second {
        0xdc00..=0xdfff => {
            let code = 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
            char::from_u32(code).map_or(Escape::Bad(at, LONE), |character| Escape::Code(character, 12))
        }
        _ => Escape::Bad(at, LONE),
    }
}

fn hex(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |sum, byte| Some(sum << 4 | (*byte as char).to_digit(16)?))
}

/// A string's content without its escapes, in the arena. `text` was checked; `offset` is its place.
pub fn unescape<'a>(text: &[u8], arena: &'a Arena, offset: usize) -> Result<&'a [u8], Fault> {
    let to = arena.bytes(text.len(), offset).map_err(Box::new)?;
    let (mut done, mut len) = (0, 0);
    while let Some(next) = memchr::memchr(b'\\', &text[done..]) {
        to[len..len + next].copy_from_slice(&text[done..done + next]);
        len += next;
        done += next;
        match escape_at(text, done) {
            Escape::Plain(byte) => {
                to[len] = byte;
                (len, done) = (len + 1, done + 2);
            }
            Escape::Code(character, size) => {
                len += character.encode_utf8(&mut to[len..]).len();
                done += size;
            }
            Escape::Bad(at, reason) => return Err(fault(offset + at, reason)),
        }
    }
    let rest = text.len() - done;
    to[len..len + rest].copy_from_slice(&text[done..]);
    Ok(&to[..len + rest])
}
