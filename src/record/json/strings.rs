//! Strings with escapes.

use super::build::{Fault, fault};
use crate::error::{Cause, RecordError};
use crate::memory::Arena;
use crate::scan::json::Positions;
use crate::scan::vector::{Unit, Vector, Work};

/// Checks a string that contains more than plain text. `quote` is its opening quote, and `at`, the next position of the
/// stream, is the first one inside. Returns the closing quote, and the place after it.
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
                Escape::Bad(offset, LONE) => {
                    const REPLACE: &str = "⟨invalid_utf8 replace⟩ puts U+FFFD in its place.";
                    return Err(RecordError::new(offset, LONE).cause(Cause::Text).hint(REPLACE).into());
                }
                Escape::Bad(offset, reason) => return Err(fault(offset, reason)),
            },
            Some(b'\n' | b'\r') if ends_line(text, place) => {
                const CLOSE: &str = "Close it with `\"`, or write a line feed in it as \\n.";
                return Err(RecordError::new(quote, "a text that is not closed in its line").hint(CLOSE).into());
            }
            Some(_) => {
                let error =
                    RecordError::with_byte(place, "a control character ({}) inside a string{}", text[place], "");
                return Err(error.hint("Write it as an escape, such as \\n.").into());
            }
            None => return Err(fault(quote, "a string without a closing quote")),
        }
    }
}

/// Whether this line feed or carriage return ends a line.
fn ends_line(text: &[u8], at: usize) -> bool {
    text[at] == b'\n' || text[at..].starts_with(b"\r\n")
}

/// What a backslash begins.
enum Escape {
    /// A byte, written as two.
    Plain(u8),
    /// A character, written as 6 or 12 bytes.
    Code(char, usize),
    /// Neither: where and why.
    Bad(usize, &'static str),
}

/// The byte that a backslash and the byte of this number mean; zero: none.
const PLAIN: [u8; 256] = {
    let mut plain = [0; 256];
    let pairs = *b"\"\"\\\\//n\nt\tr\rb\x08f\x0c";
    let mut at = 0;
    while at < pairs.len() {
        plain[pairs[at] as usize] = pairs[at + 1];
        at += 2;
    }
    plain
};

#[inline(always)]
fn escape_at(text: &[u8], at: usize) -> Escape {
    match text.get(at + 1) {
        Some(b'u') => match code_at(text, at) {
            Ok((character, len)) => Escape::Code(character, len),
            Err((place, reason)) => Escape::Bad(place, reason),
        },
        Some(&byte) if PLAIN[usize::from(byte)] != 0 => Escape::Plain(PLAIN[usize::from(byte)]),
        _ => Escape::Bad(at, "an escape that is not valid in JSON"),
    }
}

/// The length of the escape at a backslash; `None` if it is not a valid one.
#[inline(always)]
pub fn escape_len(text: &[u8], at: usize) -> Option<usize> {
    match escape_at(text, at) {
        Escape::Plain(_) => Some(2),
        Escape::Code(_, len) => Some(len),
        Escape::Bad(..) => None,
    }
}

/// Why an escape is refused that U+FFFD could replace.
pub const LONE: &str = "half of a surrogate pair, which is not a character";

/// Copies JSON text with U+FFFD in place of lone surrogates; returns the length of the copy, which is never longer.
pub fn replace_halves(text: &[u8], to: &mut [u8]) -> usize {
    let (mut at, mut len) = (0, 0);
    while at < text.len() {
        let (copy, size) = match text[at] {
            b'\\' => match escape_at(text, at) {
                Escape::Plain(_) => (&text[at..at + 2], 2),
                Escape::Code(_, size) => (&text[at..at + size], size),
                Escape::Bad(place, LONE) if place == at => ("\u{fffd}".as_bytes(), 6),
                Escape::Bad(..) => (&text[at..at + 1], 1),
            },
            _ => (&text[at..at + 1], 1),
        };
        to[len..len + copy.len()].copy_from_slice(copy);
        (at, len) = (at + size, len + copy.len());
    }
    len
}

/// The character of the escape `\u` at a backslash, perhaps with the other half of a pair, and how many bytes that takes.
///
/// # Errors
/// Where it is wrong, and why.
pub fn code_at(text: &[u8], at: usize) -> Result<(char, usize), (usize, &'static str)> {
    const BAD: &str = "\\u without four hexadecimal digits";
    let first = hex(text, at + 2).ok_or((at, BAD))?;
    if let Some(character) = char::from_u32(first) {
        return Ok((character, 6));
    }
    if first >= 0xdc00 || text.get(at + 6..at + 8) != Some(b"\\u") {
        return Err((at, LONE));
    }
    match hex(text, at + 8).ok_or((at + 6, BAD))? {
        second @ 0xdc00..=0xdfff => {
            let code = 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
            char::from_u32(code).map(|character| (character, 12)).ok_or((at, LONE))
        }
        _ => Err((at, LONE)),
    }
}

/// The value of a hexadecimal digit; 255 if it is not one.
const DIGITS: [u8; 256] = {
    let mut digits = [255; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

fn hex(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..)?.first_chunk::<4>()?.map(|byte| DIGITS[usize::from(byte)]);
    let known = digits.iter().fold(0, |all, digit| all | digit) < 16;
    known.then(|| digits.iter().fold(0, |sum, digit| sum << 4 | u32::from(*digit)))
}

/// A string's content without its escapes, in the arena. `text` has been checked, and may be part of `source`; `offset`
/// is its place.
pub fn unescape<'a>(text: &[u8], source: &[u8], arena: &'a Arena, offset: usize) -> Result<&'a [u8], Fault> {
    let to = arena.bytes(text.len() + PIECE, offset)?;
    let len = Unit::get().run(Unescape { text, source, to: &mut *to });
    len.map(|len| &to[..len]).map_err(|(at, reason)| fault(offset + at, reason))
}

/// The same for a text that is all there is.
pub fn unescaped<'a>(text: &[u8], arena: &'a Arena, offset: usize) -> Result<&'a [u8], RecordError> {
    unescape(text, text, arena, offset).map_err(|fault| RecordError { offset, ..fault.into_error() })
}

/// How many bytes are copied at once; what follows an escape may be among them.
const PIECE: usize = 32;

struct Unescape<'t> {
    text: &'t [u8],
    /// See [`Vector::short_near`].
    source: &'t [u8],
    /// It has room for the text and one more piece.
    to: &'t mut [u8],
}

impl Work for Unescape<'_> {
    type Out = Result<usize, (usize, &'static str)>;

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Self::Out {
        let Unescape { text, source, to } = self;
        let (mut at, mut len) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let piece = rest.first_chunk().map_or_else(|| v.short_near(rest, source), |piece| v.short_load(piece));
            if let Some(into) = to[len..].first_chunk_mut() {
                v.short_store(piece, into);
            }
            // After a piece of less than 32 bytes there can be anything.
            let plain = (v.short_equal(piece, b'\\').trailing_zeros() as usize).min(rest.len());
            (at, len) = (at + plain, len + plain);
            if plain == rest.len().min(PIECE) {
                continue;
            }
            match escape_at(text, at) {
                Escape::Plain(byte) => {
                    to[len] = byte;
                    (len, at) = (len + 1, at + 2);
                }
                Escape::Code(character, size) => {
                    len += character.encode_utf8(&mut to[len..]).len();
                    at += size;
                }
                Escape::Bad(at, reason) => return Err((at, reason)),
            }
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same result as serde_json, with every kernel, at the end of the source and before more of it.
    #[test]
    fn escapes_at_every_place() {
        let escapes = [r"\n", r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\u00e9", r"\uD83D\uDE00", r"\u0000", "é"];
        for before in 0..70 {
            for pair in escapes.iter().flat_map(|first| escapes.map(|second| [*first, second])) {
                let text = format!("{}{}ab{}{}", "x".repeat(before), pair[0], pair[1], "y".repeat(before % 35));
                let expected: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
                for source in [format!("\"{text}"), format!("\"{text}\",{}", r"\n".repeat(20))] {
                    let text = &source.as_bytes()[1..text.len() + 1];
                    for unit in Unit::available() {
                        let mut to = vec![b'#'; text.len() + PIECE];
                        let len = unit.run(Unescape { text, source: source.as_bytes(), to: &mut to }).unwrap();
                        assert_eq!(&to[..len], expected.as_bytes(), "{unit:?} {source}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_escape() {
        let digits: Vec<u8> = (0..=255).filter(u8::is_ascii_hexdigit).collect();
        for byte in 0..=255u8 {
            let text = [b'\\', byte, b'0', b'0', b'4', b'1'];
            assert_eq!(escape_len(&text, 0).is_some(), b"\"\\/bfnrtu".contains(&byte), "{byte}");
            for place in 2..6 {
                let mut text = *b"\\u0041";
                text[place] = byte;
                assert_eq!(escape_len(&text, 0), digits.contains(&byte).then_some(6), "{byte} {place}");
            }
        }
        for bad in [r"\u004", r"\ud800", r"\udc00\ud800", r"\ud800\u0041", r"\ud800\udc0", r"\"] {
            assert_eq!(escape_len(bad.as_bytes(), 0), None, "{bad}");
        }
    }
}
