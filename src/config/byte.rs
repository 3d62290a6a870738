//! Single bytes such as a delimiter.

use crate::error::Error;
use crate::format::csv::Delimiter;

const NAMES: [(&str, u8); 13] = [
    ("tab", b'\t'),
    ("comma", b','),
    ("semicolon", b';'),
    ("colon", b':'),
    ("pipe", b'|'),
    ("space", b' '),
    ("quote", b'"'),
    ("apostrophe", b'\''),
    ("backslash", b'\\'),
    ("hash", b'#'),
    ("\\t", b'\t'),
    ("\\\\", b'\\'),
    ("\\0", 0),
];

/// The byte that `text` gives: itself (`;`), a name (`tab`, `comma`, `semicolon`, `pipe`, `space`, …) or an escape
/// (`\t`, `\\`, `\0`, `\x1f`). `flag` names the flag in errors.
///
/// # Errors
/// Usage: the text is not one ASCII byte, or it is a line break.
pub fn parse_byte(flag: &str, text: &str) -> Result<u8, Error> {
    let byte = match text.as_bytes() {
        [byte] => Some(*byte),
        _ => {
            NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, byte)| *byte).or_else(|| hex(text))
        }
    };
    match byte {
        Some(b'\n' | b'\r') => Err(Error::usage(format!("{flag}: a line break can't be used; it ends records"))),
        Some(byte) if byte.is_ascii() => Ok(byte),
        _ => Err(Error::usage(format!(
            "{flag}: `{text}` is not one ASCII character\n  Write the character itself, a name (tab, comma, semicolon, pipe, space) or an escape (\\t, \\x1f)."
        ))),
    }
}

/// The delimiter that `text` gives: as [`parse_byte`], or several bytes with the same escapes in them (`||`, `\t|\t`).
///
/// # Errors
/// Usage: the text is empty or too long, has only letters and digits, or a line break is in it.
pub fn parse_delimiter(flag: &str, text: &str) -> Result<Delimiter, Error> {
    let byte = parse_byte(flag, text);
    let several = unescape(text).filter(|bytes| text.len() > 1 && bytes.len() > 1);
    let bytes = match (byte, several) {
        (Err(_), Some(bytes)) => bytes,
        (byte, _) => return byte.map(Delimiter::from),
    };
    match bytes {
        // More likely a name that is wrong.
        bytes if bytes.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Err(Error::usage(format!(
            "{flag}: `{text}` is not the name of a character, and a delimiter is not letters and digits only\n  Write the characters themselves (up to {MOST} bytes), a name (tab, comma, semicolon, pipe, space) or an escape (\\t, \\x1f)."
        ))),
        bytes if bytes.contains(['\n', '\r']) => {
            Err(Error::usage(format!("{flag}: a line break can't be used; it ends records")))
        }
        bytes if bytes.len() > MOST => {
            Err(Error::usage(format!("{flag}: `{text}` has {} bytes; {MOST} are the most", bytes.len())))
        }
        bytes => Ok(bytes.as_str().into()),
    }
}

/// The text between joined items that `text` gives: a name that [`parse_byte`] knows, or any text, with the same escapes
/// in it, and `\n` and `\r`.
///
/// # Errors
/// Usage: the text is empty, or an escape is no ASCII character.
pub fn parse_joiner(flag: &str, text: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::usage(format!("{flag}: without a text between them, items can't be told apart")));
    }
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    named.map(|(_, byte)| char::from(*byte).to_string()).or_else(|| unescape(text)).ok_or_else(|| {
        Error::usage(format!(
            "{flag}: an escape in `{text}` is not an ASCII character\n  The escapes are \\t, \\n, \\r, \\\\, \\0 and \\x1f."
        ))
    })
}

/// The longest delimiter.
const MOST: usize = 7;

/// A text with its escapes resolved; none if one of them is no ASCII character.
fn unescape(text: &str) -> Option<String> {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escape = |len: usize| rest.get(at..at + len);
        let (len, byte) = match escape(2) {
            Some("\\t") => (2, b'\t'),
            Some("\\n") => (2, b'\n'),
            Some("\\r") => (2, b'\r'),
            Some("\\\\") => (2, b'\\'),
            Some("\\0") => (2, 0),
            Some("\\x") => (4, hex(escape(4)?).filter(u8::is_ascii)?),
            // A backslash is itself.
            _ => (1, b'\\'),
        };
        plain.push(byte.into());
        rest = &rest[at + len..];
    }
    Some(plain + rest)
}

fn hex(text: &str) -> Option<u8> {
    let digits = text.strip_prefix("\\x")?;
    if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_by_hand() {
        let table = [
            (";", b';'),
            ("\t", 9),
            ("\\t", 9),
            ("tab", 9),
            ("TAB", 9),
            ("comma", b','),
            ("pipe", b'|'),
            ("\\x1f", 31),
            ("\\\\", b'\\'),
            ("\\", b'\\'),
            ("\\0", 0),
        ];
        for (text, byte) in table {
            assert_eq!(parse_byte("--delimiter", text).ok(), Some(byte), "{text}");
        }
        for (text, bytes) in
            [(";", ";"), ("||", "||"), ("\\t|\\t", "\t|\t"), ("~\\x1f", "~\x1f"), ("tab", "\t"), ("a\\b", "a\\b")]
        {
            assert_eq!(parse_delimiter("--delimiter", text).ok(), Some(bytes.into()), "{text}");
        }
        assert_eq!(parse_delimiter("--delimiter", "¦").ok(), Some("¦".into()));
        for text in ["", "tabs", "\n", "|\n", "\\x0a|", "||||||||", "\\xff|"] {
            let error = parse_delimiter("--delimiter", text).expect_err(text).to_string();
            assert!(error.starts_with("--delimiter: "), "{error}");
        }
        for text in ["", ",,", "é", "\\x", "\\xfff", "\\x+1", "\\xff", "\n", "\\x0a", "tabs"] {
            let error = parse_byte("--delimiter", text).expect_err(text).to_string();
            assert!(error.starts_with("--delimiter: "), "{error}");
        }
    }
}
