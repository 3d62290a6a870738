//! What is around an inner array: found by its pointer, and checked to the end of the document.
//!
//! The document may come piece by piece, so this reader takes one byte at a time. It reads only what is not records,
//! which is little.

use super::layout::is_white;
use crate::error::{Error, RecordError};
use crate::record::json::too_deep;

/// A reader of one JSON document, one byte at a time.
#[derive(Clone, Debug)]
pub struct Checker {
    state: State,
    /// The open lists and maps, outermost first: true for a map.
    pub open: Vec<bool>,
    max_depth: usize,
    /// Strings may contain what can be replaced: invalid UTF-8, and lone surrogates.
    lenient: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Value,
    ItemOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    Behind,
    Text {
        key: bool,
    },
    Escape {
        key: bool,
        low: bool,
    },
    Hex {
        key: bool,
        low: bool,
        digits: u8,
        code: u16,
    },
    /// A backslash has to follow, for the second half of a surrogate pair.
    Half {
        key: bool,
    },
    /// This many bytes of a character have to follow, the next one within a range.
    Utf8 {
        key: bool,
        more: u8,
        from: u8,
        to: u8,
    },
    Literal(&'static [u8]),
    Minus,
    Zero,
    Int,
    Dot,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

/// Why a byte can't be here.
pub enum Refused {
    Because(&'static str),
    /// It opens more lists and maps than allowed.
    TooDeep,
}

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Refused {
        Refused::Because(reason)
    }
}

impl Checker {
    /// Ready for a value inside `open`.
    pub fn before_value(open: Vec<bool>, max_depth: usize) -> Checker {
        Checker { state: State::Value, open, max_depth, lenient: false }
    }

    /// The same, when the characters of strings do not matter.
    pub fn lenient(open: Vec<bool>, max_depth: usize) -> Checker {
        Checker { lenient: true, ..Checker::before_value(open, max_depth) }
    }

    /// Ready for another value, inside the first `depth` of the lists and maps.
    pub fn again(&mut self, depth: usize) {
        self.state = State::Value;
        self.open.truncate(depth);
    }

    /// After a value inside `open`.
    pub fn behind_value(open: Vec<bool>, max_depth: usize) -> Checker {
        Checker { state: State::Behind, open, max_depth, lenient: false }
    }

    /// How many lists and maps are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether the next byte that is not white space begins a value, or ends a list.
    pub fn awaits_value(&self) -> bool {
        matches!(self.state, State::Value | State::ItemOrEnd)
    }

    /// Whether a value has ended with `depth` lists and maps open. A number at the end may still continue.
    pub fn is_behind(&self, depth: usize) -> bool {
        self.state == State::Behind && self.open.len() == depth
    }

    /// Skips the value that begins at `start`; returns its end. A number may end with the text.
    pub fn value_end(&mut self, text: &[u8], start: usize) -> Result<usize, Stop> {
        let depth = self.open.len();
        self.state = State::Value;
        for (at, byte) in (start..).zip(&text[start..]) {
            let number = self.number_may_end() && self.open.len() == depth;
            if number && !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') {
                return Ok(at);
            }
            self.take(*byte).map_err(|reason| Stop::Bad(self.error(at, reason)))?;
            if self.is_behind(depth) {
                return Ok(at + 1);
            }
        }
        Err(Stop::End)
    }

    /// The error for a byte that was refused at `at` in the slice.
    pub fn error(&self, at: usize, refused: Refused) -> RecordError {
        match refused {
            Refused::Because(reason) => RecordError::new(at, reason),
            Refused::TooDeep => too_deep(at, self.max_depth),
        }
    }

    pub fn is_in_key(&self) -> bool {
        matches!(
            self.state,
            State::Text { key: true }
                | State::Escape { key: true, .. }
                | State::Hex { key: true, .. }
                | State::Half { key: true }
                | State::Utf8 { key: true, .. }
        )
    }

    fn number_may_end(&self) -> bool {
        matches!(self.state, State::Zero | State::Int | State::Fraction | State::ExponentDigits)
    }

    /// Takes a byte, or says why it can't be here.
    pub fn take(&mut self, byte: u8) -> Result<(), Refused> {
        if let Some(next) = self.number(byte)? {
            self.state = next;
            return Ok(());
        }
        self.state = match self.state {
            State::Text { key } if self.lenient && byte >= 0x80 => State::Text { key },
            State::Text { key } => in_text(byte, key)?,
            State::Escape { key, low } => match byte {
                b'u' => State::Hex { key, low, digits: 0, code: 0 },
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' if !low => State::Text { key },
                _ => return Err("an escape that JSON does not have".into()),
            },
            State::Hex { key, low, digits, code } => match hex(byte, key, low, digits, code) {
                Ok(State::Half { .. }) | Err(LONE) if self.lenient => State::Text { key },
                next => next?,
            },
            State::Half { key } if byte == b'\\' => State::Escape { key, low: true },
            State::Half { .. } => return Err(LONE.into()),
            State::Utf8 { key, more, from, to } if (from..=to).contains(&byte) => match more {
                1 => State::Text { key },
                _ => State::Utf8 { key, more: more - 1, from: 0x80, to: 0xbf },
            },
            State::Utf8 { .. } => return Err("invalid UTF-8".into()),
            State::Literal([expected, rest @ ..]) if *expected == byte => match rest {
                [] => State::Behind,
                _ => State::Literal(rest),
            },
            State::Literal(_) => return Err("not a JSON value".into()),
            other if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => other,
            other => self.structure(other, byte)?,
        };
        Ok(())
    }

    /// The next state within a number; `None` if this byte is not part of it (the number has ended).
    fn number(&mut self, byte: u8) -> Result<Option<State>, &'static str> {
        let digit = byte.is_ascii_digit();
        let next = match self.state {
            State::Minus if byte == b'0' => State::Zero,
            State::Minus | State::Int if digit => State::Int,
            State::Zero if digit => return Err("a number with a leading zero"),
            State::Zero | State::Int if byte == b'.' => State::Dot,
            State::Dot | State::Fraction if digit => State::Fraction,
            State::Zero | State::Int | State::Fraction if matches!(byte, b'e' | b'E') => State::Exponent,
            State::Exponent if matches!(byte, b'+' | b'-') => State::ExponentSign,
            State::Exponent | State::ExponentSign | State::ExponentDigits if digit => State::ExponentDigits,
            State::Minus | State::Dot | State::Exponent | State::ExponentSign => return Err("not a JSON number"),
            _ => {
                if self.number_may_end() {
                    self.state = State::Behind;
                }
                return Ok(None);
            }
        };
        Ok(Some(next))
    }

    fn structure(&mut self, state: State, byte: u8) -> Result<State, Refused> {
        let in_map = self.open.last() == Some(&true);
        Ok(match (state, byte) {
            (State::KeyOrEnd | State::Key, b'"') => State::Text { key: true },
            (State::KeyOrEnd, b'}') | (State::ItemOrEnd, b']') => self.close(),
            (State::KeyOrEnd | State::Key, _) => return Err("something else where a key was expected".into()),
            (State::Colon, b':') => State::Value,
            (State::Colon, _) => return Err("something else where a colon was expected".into()),
            (State::Behind, b',') if in_map => State::Key,
            (State::Behind, b',') if !self.open.is_empty() => State::Value,
            (State::Behind, b'}') if in_map => self.close(),
            (State::Behind, b']') if !in_map && !self.open.is_empty() => self.close(),
            (State::Behind, _) if self.open.is_empty() => return Err("text after the end of the document".into()),
            (State::Behind, _) => return Err("something else where a comma or closing bracket was expected".into()),
            (_, b'"') => State::Text { key: false },
            (_, b'{') => self.deeper(true)?,
            (_, b'[') => self.deeper(false)?,
            (_, b'-') => State::Minus,
            (_, b'0') => State::Zero,
            (_, b'1'..=b'9') => State::Int,
            (_, b't') => State::Literal(b"rue"),
            (_, b'f') => State::Literal(b"alse"),
            (_, b'n') => State::Literal(b"ull"),
            _ => return Err("something else where a value was expected".into()),
        })
    }

    fn close(&mut self) -> State {
        self.open.pop();
        State::Behind
    }

    fn deeper(&mut self, is_map: bool) -> Result<State, Refused> {
        if self.open.len() >= self.max_depth {
            return Err(Refused::TooDeep);
        }
        self.open.push(is_map);
        Ok(if is_map { State::KeyOrEnd } else { State::ItemOrEnd })
    }
}

const LONE: &str = "half of a surrogate pair, which is not a character";

fn in_text(byte: u8, key: bool) -> Result<State, &'static str> {
    let utf8 = |more, from, to| Ok(State::Utf8 { key, more, from, to });
    match byte {
        b'"' => Ok(if key { State::Colon } else { State::Behind }),
        b'\\' => Ok(State::Escape { key, low: false }),
        b'\n' => Err("a text that is not closed in its line"),
        0..0x20 => Err("a control character inside a string"),
        0x20..0x80 => Ok(State::Text { key }),
        0xc2..=0xdf => utf8(1, 0x80, 0xbf),
        0xe0 => utf8(2, 0xa0, 0xbf),
        0xed => utf8(2, 0x80, 0x9f),
        0xe1..=0xef => utf8(2, 0x80, 0xbf),
        0xf0 => utf8(3, 0x90, 0xbf),
        0xf1..=0xf3 => utf8(3, 0x80, 0xbf),
        0xf4 => utf8(3, 0x80, 0x8f),
        _ => Err("invalid UTF-8"),
    }
}

fn hex(byte: u8, key: bool, low: bool, digits: u8, code: u16) -> Result<State, &'static str> {
    let Some(digit) = (byte as char).to_digit(16) else { return Err("\\u without four hexadecimal digits") };
    let code = code << 4 | digit as u16;
    if digits < 3 {
        return Ok(State::Hex { key, low, digits: digits + 1, code });
    }
    match (code, low) {
        (0xd800..=0xdbff, false) => Ok(State::Half { key }),
        (0xdc00..=0xdfff, true) => Ok(State::Text { key }),
        (0xdc00..=0xdfff, false) | (_, true) => Err(LONE),
        _ => Ok(State::Text { key }),
    }
}

/// Where the records of a document are.
pub enum Located {
    /// Offset after the bracket that opens the array, what is open around it (not counting the array), and how often the key of the pointer
    /// occurred in each of those so far.
    At(usize, Vec<bool>, Vec<u64>),
    /// Further on.
    More,
}

/// The tokens of an RFC 6901 pointer; `None` if it is not a valid one.
pub fn parse_pointer(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    pointer.strip_prefix('/')?.split('/').map(unescape_token).collect()
}

/// The same, or the error for one that is not valid.
pub fn tokens_of(pointer: &str) -> Result<Vec<String>, Error> {
    parse_pointer(pointer).ok_or_else(|| {
        Error::usage(format!(
            "`{pointer}` is not a JSON pointer, which begins with a slash (RFC 6901), as in /data/items"
        ))
    })
}

/// What to do where a map is in place of an array.
pub const KEY_COLUMN: &str = "If its values are the records, give ⟨key_column NAME⟩ too: that field gets their keys.";

/// Says that there is no array at the pointer.
pub fn no_array(tokens: &[String]) -> String {
    match tokens {
        [] => "the document is not an array".to_owned(),
        _ => format!("no array at `/{}`", tokens.join("/")),
    }
}

/// `~1` is a slash, `~0` a tilde.
fn unescape_token(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part.chars();
        out.push(match rest.next()? {
            '0' => '~',
            '1' => '/',
            _ => return None,
        });
        out.push_str(rest.as_str());
    }
    Some(out)
}

/// Finds the array at the pointer (or, with another bracket, the map), and checks everything before it. If a key occurs twice, this is the first one, since
/// the second may be gigabytes away: [`Rest`] refuses that one.
pub fn locate(
    head: &[u8],
    from: usize,
    tokens: &[String],
    depth: usize,
    end: bool,
    bracket: u8,
) -> Result<Located, RecordError> {
    let mut walk = Walk { head, at: from, open: Vec::new(), max_depth: depth, bracket };
    match walk.down(tokens) {
        Ok(()) => {
            let met = vec![1; walk.open.len()];
            Ok(Located::At(walk.at, walk.open, met))
        }
        Err(Stop::End) if end => Err(RecordError::new(head.len(), "the document ends too early")),
        Err(Stop::End) => Ok(Located::More),
        Err(Stop::Bad(error)) => Err(error),
    }
}

struct Walk<'h> {
    head: &'h [u8],
    at: usize,
    open: Vec<bool>,
    max_depth: usize,
    /// What opens the records.
    bracket: u8,
}

/// How many keys to list when one is missing.
const SHOWN: usize = 12;

/// Why reading a document stops.
pub enum Stop {
    /// The text ends.
    End,
    Bad(RecordError),
}

/// The first place from `at` on that is not white space.
pub fn skip_white(text: &[u8], at: usize) -> Result<usize, Stop> {
    let white = text[at..].iter().position(|byte| !is_white(*byte));
    white.map(|white| at + white).ok_or(Stop::End)
}

impl Walk<'_> {
    fn down(&mut self, tokens: &[String]) -> Result<(), Stop> {
        for (level, token) in tokens.iter().enumerate() {
            let mut others = Vec::new();
            let found = match self.peek()? {
                b'{' => self.member(token, &mut others)?,
                b'[' => self.item(token)?,
                _ => false,
            };
            if !found {
                let reason = format!("the document has nothing at `/{}`", tokens[..=level].join("/"));
                return Err(self.bad(reason, &others));
            }
        }
        match self.peek()? {
            byte if byte == self.bracket => self.at += 1,
            _ if self.bracket == b'{' => {
                return Err(self.bad(no_array(tokens).replace("array", "map"), &[]));
            }
            b'{' if !tokens.is_empty() => {
                let reason = no_array(tokens) + ": a map is there";
                return Err(Stop::Bad(RecordError::new(self.at, reason).hint(KEY_COLUMN)));
            }
            _ => return Err(self.bad(no_array(tokens), &[])),
        }
        Ok(())
    }

    /// The error for a missing key, listing the keys found instead.
    fn bad(&self, reason: String, others: &[String]) -> Stop {
        let what = if self.bracket == b'{' { "a map" } else { "an array" };
        let mut hint = format!("⟨records_at⟩ takes the RFC 6901 pointer of {what}.");
        if !others.is_empty() {
            let shown: Vec<String> = others.iter().take(SHOWN).map(|key| format!("`{key}`")).collect();
            let more = if others.len() > SHOWN { ", …" } else { "" };
            hint = format!("The keys there are {}{more}. {hint}", shown.join(", "));
        }
        Stop::Bad(RecordError::new(self.at, reason).hint(hint))
    }

    fn peek(&mut self) -> Result<u8, Stop> {
        self.at = skip_white(self.head, self.at)?;
        Ok(self.head[self.at])
    }

    fn expect(&mut self, byte: u8, reason: &'static str) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Bad(RecordError::new(self.at, reason)));
        }
        self.at += 1;
        Ok(())
    }

    /// Skips a value; returns its text.
    fn skip(&mut self) -> Result<&[u8], Stop> {
        self.peek()?;
        let start = self.at;
        self.at = Checker::before_value(self.open.clone(), self.max_depth).value_end(self.head, start)?;
        Ok(&self.head[start..self.at])
    }

    /// Goes to the value of a key; collects some of the other keys.
    fn member(&mut self, name: &str, others: &mut Vec<String>) -> Result<bool, Stop> {
        self.at += 1;
        self.open.push(true);
        if self.peek()? == b'}' {
            return Ok(false);
        }
        loop {
            if self.peek()? != b'"' {
                return Err(Stop::Bad(RecordError::new(self.at, "something else where a key was expected")));
            }
            let key = self.skip()?;
            let key = serde_json::from_slice::<String>(key).unwrap_or_default();
            self.expect(b':', "something else where a colon was expected")?;
            if key == name {
                return Ok(true);
            }
            if others.len() <= SHOWN {
                others.push(key);
            }
            self.skip()?;
            if self.peek()? == b'}' {
                return Ok(false);
            }
            self.expect(b',', "something else where a comma or closing bracket was expected")?;
        }
    }

    fn item(&mut self, token: &str) -> Result<bool, Stop> {
        let canonical = token == "0" || !token.starts_with('0');
        let Some(index) = token.parse::<u64>().ok().filter(|_| canonical && !token.starts_with('+')) else {
            return Ok(false);
        };
        self.at += 1;
        self.open.push(false);
        if self.peek()? == b']' {
            return Ok(false);
        }
        for _ in 0..index {
            self.skip()?;
            if self.peek()? == b']' {
                return Ok(false);
            }
            self.expect(b',', "something else where a comma or closing bracket was expected")?;
        }
        Ok(true)
    }
}
