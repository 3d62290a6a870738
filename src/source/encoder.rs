//! Text in other encodings than UTF-8, on its way out.

use encoding_rs::{EncoderResult, UTF_16BE, UTF_16LE};

use super::encoding::{Encoding, Inner};

/// Makes bytes of an encoding out of UTF-8.
pub struct Encoder {
    way: Way,
}

enum Way {
    Utf16 {
        big: bool,
    },
    Standard(encoding_rs::Encoder),
    /// The characters of a code page, sorted, with their bytes.
    Page(Box<[(char, u8)]>),
}

/// How much is encoded at once, in bytes.
const PIECE: usize = 256;

impl Encoding {
    /// An encoder that begins a text.
    pub(crate) fn encoder(self) -> Encoder {
        let way = match self.written().inner() {
            Inner::Standard(encoding) if encoding == UTF_16LE => Way::Utf16 { big: false },
            Inner::Standard(encoding) if encoding == UTF_16BE => Way::Utf16 { big: true },
            Inner::Standard(encoding) => Way::Standard(encoding.new_encoder()),
            Inner::Page(page) => {
                let characters = page.characters().into_vec().into_iter().zip(0..=u8::MAX);
                let mut bytes: Vec<(char, u8)> =
                    characters.filter_map(|(character, byte)| Some((character?, byte))).collect();
                bytes.sort_unstable();
                Way::Page(bytes.into())
            }
        };
        Encoder { way }
    }

    /// The characters that it has.
    pub(crate) fn characters(self) -> Characters {
        let encoding = self.written();
        let page = match encoding.inner() {
            Inner::Standard(_) => None,
            Inner::Page(_) => Some(encoding.encoder()),
        };
        Characters { encoding, page }
    }

    /// Whether it has every character.
    pub(crate) fn has_all(self) -> bool {
        self.is_utf8()
            || matches!(self.inner(), Inner::Standard(encoding) if encoding == UTF_16LE || encoding == UTF_16BE)
    }
}

/// The characters that an encoding has.
pub struct Characters {
    encoding: Encoding,
    /// A code page has a table, which is made once.
    page: Option<Encoder>,
}

impl Characters {
    /// The encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The first character of a text that it does not have.
    pub fn first_missing(&self, text: &str) -> Option<char> {
        match &self.page {
            Some(Encoder { way: Way::Page(bytes) }) => {
                text.chars().find(|character| byte_of(bytes, *character).is_none())
            }
            _ if self.encoding.has_all() => None,
            _ => self.encoding.encoder().pieces(text, |_| {}).err(),
        }
    }
}

/// The byte of a character in the table of a code page.
fn byte_of(bytes: &[(char, u8)], character: char) -> Option<u8> {
    let place = bytes.binary_search_by_key(&character, |(character, _)| *character);
    place.ok().map(|place| bytes[place].1)
}

impl Encoder {
    /// Appends a text; the last one ends the encoding.
    ///
    /// # Errors
    /// A character that the encoding does not have.
    pub fn encode(&mut self, text: &str, last: bool, out: &mut Vec<u8>) -> Result<(), char> {
        self.pieces(text, |bytes| out.extend_from_slice(bytes))?;
        if let (true, Way::Standard(encoder)) = (last, &mut self.way) {
            let mut room = [0; PIECE];
            let (.., written) = encoder.encode_from_utf8_without_replacement("", &mut room, true);
            out.extend_from_slice(&room[..written]);
        }
        Ok(())
    }

    fn pieces(&mut self, text: &str, mut put: impl FnMut(&[u8])) -> Result<(), char> {
        match &mut self.way {
            Way::Utf16 { big } => {
                let (mut room, mut len) = ([0; PIECE], 0);
                for unit in text.encode_utf16() {
                    room[len..len + 2].copy_from_slice(&if *big { unit.to_be_bytes() } else { unit.to_le_bytes() });
                    len += 2;
                    if len == PIECE {
                        put(&room);
                        len = 0;
                    }
                }
                put(&room[..len]);
                Ok(())
            }
            Way::Standard(encoder) => {
                let (mut room, mut rest) = ([0; PIECE], text);
                loop {
                    let (result, read, written) = encoder.encode_from_utf8_without_replacement(rest, &mut room, false);
                    put(&room[..written]);
                    rest = &rest[read..];
                    match result {
                        EncoderResult::InputEmpty => return Ok(()),
                        EncoderResult::OutputFull => {}
                        EncoderResult::Unmappable(character) => return Err(character),
                    }
                }
            }
            Way::Page(bytes) => {
                for character in text.chars() {
                    put(&[byte_of(bytes, character).ok_or(character)?]);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(name: &str, text: &str) -> Result<Vec<u8>, char> {
        let mut out = Vec::new();
        let encoding: Encoding = name.parse().unwrap();
        assert_eq!(
            encoding.characters().first_missing(text),
            encoding.encoder().encode(text, true, &mut Vec::new()).err()
        );
        encoding.encoder().encode(text, true, &mut out).map(|()| out)
    }

    /// The bytes are those of Python's `str.encode`.
    #[test]
    fn texts_by_hand() {
        assert_eq!(encoded("utf-16le", "aé\u{1f600}"), Ok(b"a\0\xe9\0\x3d\xd8\x00\xde".to_vec()));
        assert_eq!(encoded("utf-16be", "é"), Ok(b"\0\xe9".to_vec()));
        assert_eq!(encoded("windows-1252", "é€"), Ok(b"\xe9\x80".to_vec()));
        assert_eq!(encoded("windows-1252", "aΩ"), Err('Ω'));
        assert_eq!(encoded("cp850", "é░"), Ok(b"\x82\xb0".to_vec()));
        assert_eq!(encoded("cp437", "Ā"), Err('Ā'));
        assert_eq!(encoded("shift_jis", "あ"), Ok(b"\x82\xa0".to_vec()));
        assert_eq!(encoded("iso-2022-jp", "あ"), Ok(b"\x1b$B$\"\x1b(B".to_vec()));
        assert_eq!(encoded("cp932", "あ①"), Ok(b"\x82\xa0\x87\x40".to_vec()));
        let long = "é".repeat(1_000);
        assert_eq!(encoded("windows-1252", &long), Ok(vec![0xe9; 1_000]));
        assert_eq!(encoded("utf-16le", &long), Ok(b"\xe9\0".repeat(1_000)));
    }

    /// What Python's `str.encode` gives and refuses.
    #[test]
    fn ascii_and_iso_8859_have_their_own_characters_only() {
        assert_eq!(encoded("us-ascii", "a~\u{7f}"), Ok(b"a~\x7f".to_vec()));
        assert_eq!(encoded(" ASCII", "aé"), Err('é'));
        assert_eq!(encoded("latin1", "é\u{85}ÿ"), Ok(b"\xe9\x85\xff".to_vec()));
        assert_eq!(encoded("ISO-8859-1", "é€"), Err('€'));
        assert_eq!(encoded("iso-8859-9", "Ğé"), Ok(b"\xd0\xe9".to_vec()));
        assert_eq!(encoded("iso-8859-9", "Ğ€"), Err('€'));
        assert_eq!(encoded("iso-8859-11", "ก"), Ok(b"\xa1".to_vec()));
        assert_eq!(encoded("iso-8859-11", "\u{2026}"), Err('\u{2026}'));
        // The Encoding Standard takes them for these, which have more.
        assert_eq!(encoded("windows-1252", "€"), Ok(b"\x80".to_vec()));
        assert_eq!(encoded("cp1254", "€"), Ok(b"\x80".to_vec()));
        assert_eq!(encoded("dos-874", "\u{2026}"), Ok(b"\x85".to_vec()));
    }

    /// The bytes are those of Python's `str.encode`.
    #[test]
    fn code_pages_of_windows_have_their_numbers() {
        assert_eq!(encoded("cp936", "中"), Ok(b"\xd6\xd0".to_vec()));
        assert_eq!(encoded("CP949", "한"), Ok(b"\xc7\xd1".to_vec()));
        assert_eq!(encoded("cp950", "中"), Ok(b"\xa4\xa4".to_vec()));
        assert_eq!(encoded("cp65001", "é"), Ok(b"\xc3\xa9".to_vec()));
    }
}
