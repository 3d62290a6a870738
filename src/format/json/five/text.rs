//! The tokens of JSON and JSON5.

use crate::error::{Cause, RecordError};
use crate::memory::Arena;
use crate::record::Value;
use crate::record::json::{LONE, code_at};
use crate::scan::number::is_json_number;

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// RFC 8259.
    Json,
    /// <https://spec.json5.org>, which JSONC is part of.
    Five,
}

type Result<T> = std::result::Result<T, RecordError>;

/// The first place from `at` on that is neither white space nor a comment; the end of the text if there is none.
#[inline]
pub fn skip(text: &[u8], mut at: usize, syntax: Syntax) -> Result<usize> {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(0x0b | 0x0c | b'/' | 0x80..) if syntax == Syntax::Five => match more(text, at)? {
                0 => return Ok(at),
                len => at += len,
            },
            _ => return Ok(at),
        }
    }
}

/// The length of the comment or white space at `at`.
#[cold]
fn more(text: &[u8], at: usize) -> Result<usize> {
    let rest = &text[at..];
    Ok(match rest {
        [0x0b | 0x0c, ..] => 1,
        [b'/', b'/', ..] => line_end(rest),
        [b'/', b'*', inner @ ..] => match memchr::memmem::find(inner, b"*/") {
            Some(end) => end + 4,
            None => return Err(RecordError::new(at, "a comment that is not closed").hint("Close it with */")),
        },
        [b'/', ..] => 0,
        _ => space_len(rest),
    })
}

/// Where the line of a comment ends.
fn line_end(text: &[u8]) -> usize {
    let end = memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
    ["\u{2028}", "\u{2029}"]
        .iter()
        .filter_map(|mark| memchr::memmem::find(&text[..end], mark.as_bytes()))
        .min()
        .unwrap_or(end)
}

/// The length of a character that is white space beyond ASCII.
fn space_len(text: &[u8]) -> usize {
    match text {
        [0xc2, 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..] | [0xe2, 0x81, 0x9f, ..] | [0xe3, 0x80, 0x80, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..] => 3,
        _ => 0,
    }
}

/// Says what is at `at` instead of what was expected.
#[cold]
pub fn wrong(text: &[u8], at: usize, expected: &'static str) -> RecordError {
    let byte = text.get(at).copied();
    let error = |reason| RecordError::with_byte(at, reason, byte.unwrap_or_default(), expected);
    match byte {
        None => error("the value ends too early: expected {}"),
        Some(b' '..=b'~') => error("`{}`: expected {}"),
        Some(_) => error("the byte {}: expected {}"),
    }
}

/// How texts are read.
#[derive(Clone, Copy)]
pub struct Strings<'a> {
    pub syntax: Syntax,
    /// Half of a surrogate pair becomes U+FFFD.
    pub replace: bool,
    pub arena: &'a Arena,
}

/// A text that was read, and where it ended.
pub struct Read<'a> {
    pub text: &'a [u8],
    pub end: usize,
    /// How many halves of surrogate pairs were replaced.
    pub replaced: u64,
}

impl<'a> Strings<'a> {
    /// The string whose quote is at `at`.
    pub fn string(self, text: &'a [u8], at: usize) -> Result<Read<'a>> {
        let quote = text[at];
        let (start, mut end, mut plain) = (at + 1, at + 1, true);
        loop {
            match text.get(end) {
                None => return Err(RecordError::new(at, "a string without a closing quote")),
                Some(byte) if *byte == quote => break,
                Some(b'\\') => {
                    plain = false;
                    end += 2;
                    // A line feed after an escaped carriage return belongs to it.
                    end += usize::from(text.get(end - 1..=end) == Some(b"\r\n"));
                }
                Some(b'\n' | b'\r') => {
                    return Err(RecordError::new(at, "a text that is not closed in its line")
                        .hint("Close it, or write a line feed in it as \\n."));
                }
                Some(byte @ ..0x20) if self.syntax == Syntax::Json => {
                    return Err(RecordError::with_byte(end, "a control character ({}) inside a string{}", *byte, "")
                        .hint("Write it as an escape, such as \\n."));
                }
                Some(_) => end += 1,
            }
        }
        let inner = &text[start..end];
        match (plain, self.syntax) {
            (true, _) => Ok(Read { text: inner, end: end + 1, replaced: 0 }),
            (false, syntax) => self.unescape(inner, start, syntax, end + 1),
        }
    }

    /// The key at `at`: a string, or in JSON5 a name without quotes.
    pub fn key(self, text: &'a [u8], at: usize) -> Result<Read<'a>> {
        match text.get(at) {
            Some(b'"') => self.string(text, at),
            Some(b'\'') if self.syntax == Syntax::Five => self.string(text, at),
            Some(byte) if self.syntax == Syntax::Five && is_name(*byte) && !byte.is_ascii_digit() => {
                let rest = &text[at..];
                let ends = |place: &usize| !is_name(rest[*place]) || space_len(&rest[*place..]) > 0;
                let end = at + (0..rest.len()).find(ends).unwrap_or(rest.len());
                let name = &text[at..end];
                match name.contains(&b'\\') {
                    false => Ok(Read { text: name, end, replaced: 0 }),
                    true => self.unescape(name, at, Syntax::Five, end),
                }
            }
            _ => Err(wrong(text, at, "a key")),
        }
    }

    /// The content of a string without its escapes; `start` is its place.
    #[cold]
    fn unescape(self, inner: &[u8], start: usize, syntax: Syntax, end: usize) -> Result<Read<'a>> {
        // Nothing that is written with an escape is longer than that.
        let to = self.arena.bytes(inner.len() + 4, start)?;
        let (mut at, mut len, mut replaced) = (0, 0, 0);
        while at < inner.len() {
            let plain = memchr::memchr(b'\\', &inner[at..]).unwrap_or(inner.len() - at);
            to[len..len + plain].copy_from_slice(&inner[at..at + plain]);
            (at, len) = (at + plain, len + plain);
            if at == inner.len() {
                break;
            }
            let bad = |reason| Err(RecordError::new(start + at, reason));
            let five = syntax == Syntax::Five;
            let (byte, size) = match inner[at + 1..] {
                [b'u', ..] => {
                    let (character, size) = match code_at(inner, at) {
                        Ok(found) => found,
                        Err((_, LONE)) if self.replace => {
                            replaced += 1;
                            ('\u{fffd}', 6)
                        }
                        Err((_, LONE)) => {
                            const REPLACE: &str = "⟨invalid_utf8 replace⟩ puts U+FFFD in its place.";
                            return bad(LONE).map_err(|error: RecordError| error.cause(Cause::Text).hint(REPLACE));
                        }
                        Err((place, reason)) => return Err(RecordError::new(start + place, reason)),
                    };
                    len += character.encode_utf8(&mut to[len..]).len();
                    at += size;
                    continue;
                }
                [b'x', ref digits @ ..] if five => {
                    let Some(code) = digits.get(..2).and_then(hexadecimal).and_then(char::from_u32) else {
                        return bad("\\x without two hexadecimal digits");
                    };
                    len += code.encode_utf8(&mut to[len..]).len();
                    at += 4;
                    continue;
                }
                // A line that goes on.
                [b'\r', b'\n', ..] if five => (None, 3),
                [b'\n' | b'\r', ..] if five => (None, 2),
                [0xe2, 0x80, 0xa8 | 0xa9, ..] if five => (None, 4),
                [b'"', ..] => (Some(b'"'), 2),
                [b'\\', ..] => (Some(b'\\'), 2),
                [b'/', ..] => (Some(b'/'), 2),
                [b'n', ..] => (Some(b'\n'), 2),
                [b't', ..] => (Some(b'\t'), 2),
                [b'r', ..] => (Some(b'\r'), 2),
                [b'b', ..] => (Some(8), 2),
                [b'f', ..] => (Some(12), 2),
                [b'v', ..] if five => (Some(11), 2),
                [b'0', ref rest @ ..] if five && !rest.first().is_some_and(u8::is_ascii_digit) => (Some(0), 2),
                [b'0'..=b'9', ..] if five => return bad("an escape that is not valid in JSON5"),
                [byte, ..] if five => (Some(byte), 2),
                _ => return bad("an escape that is not valid in JSON"),
            };
            if let Some(byte) = byte {
                to[len] = byte;
                len += 1;
            }
            at += size;
        }
        Ok(Read { text: &to[..len], end, replaced })
    }
}

/// The value of a few hexadecimal digits.
fn hexadecimal(digits: impl AsRef<[u8]>) -> Option<u32> {
    digits.as_ref().iter().try_fold(0, |sum, digit| Some(sum << 4 | (*digit as char).to_digit(16)?))
}

/// Whether a byte can be part of a name without quotes.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\\' | 0x80..)
}

/// The number or literal at `at`, and where it ends.
pub fn scalar<'a>(text: &'a [u8], at: usize, syntax: Syntax, arena: &'a Arena) -> Result<(Value<'a>, usize)> {
    let rest = &text[at.min(text.len())..];
    let ends = |place: &usize| match rest[*place] {
        b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'/' | ..=b' ' => true,
        0x80.. => space_len(&rest[*place..]) > 0,
        _ => false,
    };
    let run = &rest[..(0..rest.len()).find(ends).unwrap_or(rest.len())];
    let end = at + run.len();
    let value = match run {
        [] => return Err(wrong(text, at, "a value")),
        b"null" => Value::Null,
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        run if is_json_number(run) => Value::Number(run),
        run if syntax == Syntax::Five => match number(run, at, arena)? {
            Some(value) => value,
            None => return Err(no_value(run, at, "a JSON5 value")),
        },
        run => return Err(no_value(run, at, "a JSON value")),
    };
    Ok((value, end))
}

#[cold]
fn no_value(run: &[u8], at: usize, what: &'static str) -> RecordError {
    let shown: String = String::from_utf8_lossy(run).chars().take(22).collect();
    RecordError::new(at, format!("`{shown}` is not {what}"))
}

/// The most digits of a hexadecimal number.
const HEX: usize = 256;

/// A number that JSON does not have: with a plus sign, without digits on one side of the point, hexadecimal, or not
/// finite. Decimal digits stay as they are.
#[cold]
fn number<'a>(run: &'a [u8], at: usize, arena: &'a Arena) -> Result<Option<Value<'a>>> {
    let (minus, rest) = match run {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let digits = match rest {
        [b'+' | b'-', ..] => return Ok(None),
        b"Infinity" => return Ok(Some(Value::Float(if minus { f64::NEG_INFINITY } else { f64::INFINITY }))),
        b"NaN" => return Ok(Some(Value::Float(f64::NAN))),
        [b'0', b'x' | b'X', digits @ ..] => {
            if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
                return Ok(None);
            }
            if digits.len() > HEX {
                return Err(RecordError::new(at, format!("a hexadecimal number of more than {HEX} digits")));
            }
            decimal(digits, at, arena)?
        }
        rest if is_json_number(rest) => rest,
        rest => {
            let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
                Some(place) => rest.split_at(place),
                None => (rest, &[][..]),
            };
            let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
                Some(place) => (&mantissa[..place], &mantissa[place + 1..]),
                None => (mantissa, &[][..]),
            };
            if whole.len() + fraction.len() == 0 {
                return Ok(None);
            }
            let parts = [
                if whole.is_empty() { b"0" } else { whole },
                if fraction.is_empty() { b"" } else { b"." },
                fraction,
                exponent,
            ];
            let made = joined(&parts, at, arena)?;
            if !is_json_number(made) {
                return Ok(None);
            }
            made
        }
    };
    let text = if minus { joined(&[b"-", digits], at, arena)? } else { digits };
    Ok(Some(Value::Number(text)))
}

fn joined<'a>(parts: &[&[u8]], at: usize, arena: &'a Arena) -> Result<&'a [u8]> {
    let to = arena.bytes(parts.iter().map(|part| part.len()).sum(), at)?;
    let mut len = 0;
    for part in parts {
        to[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    Ok(to)
}

/// Hexadecimal digits as decimal ones.
fn decimal<'a>(digits: &[u8], at: usize, arena: &'a Arena) -> Result<&'a [u8]> {
    // The last digit first; a hexadecimal digit is less than two decimal ones.
    let to = arena.bytes(2 * digits.len(), at)?;
    let mut len = 1;
    for digit in digits {
        let mut carry = (*digit as char).to_digit(16).unwrap_or_default();
        for place in &mut to[..len] {
            carry += u32::from(*place) * 16;
            *place = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            to[len] = (carry % 10) as u8;
            carry /= 10;
            len += 1;
        }
    }
    to[..len].iter_mut().for_each(|digit| *digit += b'0');
    to[..len].reverse();
    Ok(&to[..len])
}
