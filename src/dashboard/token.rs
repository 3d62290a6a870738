//! The secret without which nobody elsewhere may look.

use std::fmt;
use std::hint::black_box;

/// A secret of 32 bytes or more.
#[derive(Clone)]
pub struct Token(String);

/// How long one has to be.
const LEAST: usize = 32;

impl Token {
    /// A token, without the white space around it; none: it is too short, or can't stand in a header.
    pub fn new(text: &str) -> Option<Token> {
        let text = text.trim();
        let is_good = text.len() >= LEAST && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_good.then(|| Token(text.to_owned()))
    }

    /// Whether this is the token. The time it takes says nothing about how much of it is right.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        same(self.0.as_bytes(), other)
    }
}

/// The secret is never shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Compares in a time that depends on the length of `other` alone.
pub(super) fn same(secret: &[u8], other: &[u8]) -> bool {
    let mut differ = u8::from(secret.len() != other.len());
    for (index, byte) in other.iter().enumerate() {
        let own = secret.get(index % secret.len().max(1)).copied().unwrap_or(0);
        differ |= black_box(own ^ byte);
    }
    black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long() {
        assert!(Token::new(&"x".repeat(31)).is_none());
        assert!(Token::new(&format!("{}ä", "x".repeat(40))).is_none());
        let token = Token::new(&format!(" {}\n", "x".repeat(32))).expect("long enough");
        assert!(token.is(&[b'x'; 32]) && !token.is(&[b'x'; 33]) && !token.is(&[b'x'; 31]) && !token.is(b""));
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn every_byte_counts() {
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"xbc") && !same(b"", b"a"));
        assert!(same(b"", b""));
    }
}
