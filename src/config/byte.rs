//! Single bytes such as a delimiter.

use crate::error::Error;

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
        for text in ["", ",,", "é", "\\x", "\\xfff", "\\x+1", "\\xff", "\n", "\\x0a", "tabs"] {
            let error = parse_byte("--delimiter", text).expect_err(text).to_string();
            assert!(error.starts_with("--delimiter: "), "{error}");
        }
    }
}
