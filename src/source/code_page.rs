//! Encodings of one byte a character that the Encoding Standard does not have: the code pages of DOS, by the tables of
//! `oem_cp`; ASCII and the parts of ISO 8859 that the standard takes for the larger code pages of Windows.

use encoding_rs::DecoderResult;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;
use oem_cp::code_table_type::TableType;

/// The pages and their names. 866 is in the standard, too.
const PAGES: [(u16, &str); 18] = [
    (437, "cp437"),
    (720, "cp720"),
    (737, "cp737"),
    (775, "cp775"),
    (850, "cp850"),
    (852, "cp852"),
    (855, "cp855"),
    (857, "cp857"),
    (858, "cp858"),
    (860, "cp860"),
    (861, "cp861"),
    (862, "cp862"),
    (863, "cp863"),
    (864, "cp864"),
    (865, "cp865"),
    (866, "cp866"),
    (869, "cp869"),
    (874, "cp874"),
];

/// ASCII and the parts of ISO 8859 that the Encoding Standard takes for larger encodings: the number that Windows has for
/// one, its name, and the larger encoding, whose last 96 characters are the same.
struct Iso {
    number: u16,
    name: &'static str,
    larger: Option<&'static encoding_rs::Encoding>,
}

const ASCII: Iso = Iso { number: 20127, name: "us-ascii", larger: None };
const ISO: [Iso; 3] = [
    Iso { number: 28591, name: "iso-8859-1", larger: Some(encoding_rs::WINDOWS_1252) },
    Iso { number: 28599, name: "iso-8859-9", larger: Some(encoding_rs::WINDOWS_1254) },
    Iso { number: 28601, name: "iso-8859-11", larger: Some(encoding_rs::WINDOWS_874) },
];

impl Iso {
    /// The characters of the upper 128 bytes: 32 control characters, then 96 of the larger encoding.
    fn upper(&self) -> Vec<Option<char>> {
        let Some(larger) = self.larger else { return vec![None; 128] };
        let controls = (0x80..0xa0u8).map(|byte| Some(char::from(byte)));
        let characters = (0xa0..=0xffu8).map(|byte| {
            let text = larger.decode_without_bom_handling_and_without_replacement(&[byte])?.into_owned();
            text.chars().next()
        });
        controls.chain(characters).collect()
    }
}

/// A code page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CodePage {
    number: u16,
    name: &'static str,
}

impl CodePage {
    /// The page of a label: `cp850`, `ibm850` or `850`.
    pub fn of(label: &str) -> Option<CodePage> {
        let label = label.trim().to_ascii_lowercase();
        let digits = label.strip_prefix("cp").or(label.strip_prefix("ibm")).unwrap_or(&label);
        let (number, name) = PAGES.into_iter().find(|(_, name)| &name[2..] == digits)?;
        Some(CodePage { number, name })
    }

    /// ASCII or the part of ISO 8859 that a label means, with its own characters only. Those that the Encoding Standard
    /// takes for a code page of Windows have labels without the page's number.
    pub fn of_iso(label: &str) -> Option<CodePage> {
        let label = label.trim().to_ascii_lowercase();
        let iso = match &*label {
            "us-ascii" | "ascii" | "ansi_x3.4-1968" => ASCII,
            _ => {
                let larger = encoding_rs::Encoding::for_label(label.as_bytes())?;
                let iso = ISO.into_iter().find(|iso| iso.larger == Some(larger))?;
                let (_, number) = larger.name().split_once('-')?;
                Some(iso).filter(|_| !label.ends_with(number))?
            }
        };
        Some(CodePage { number: iso.number, name: iso.name })
    }

    /// Whether it is ASCII.
    pub fn is_ascii(self) -> bool {
        self.number == ASCII.number
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Whether characters of ASCII are what they are in ASCII.
    pub fn has_ascii(self) -> bool {
        self.number != 864
    }

    /// The character of each byte.
    pub fn characters(self) -> Box<[Option<char>]> {
        let mut characters: Box<[Option<char>]> = (0..=127u8).map(|byte| Some(char::from(byte))).collect();
        if self.number == 864 {
            // The percent sign of Arabic has its place.
            characters[usize::from(b'%')] = Some('\u{66a}');
        }
        if let Some(iso) = ISO.into_iter().chain([ASCII]).find(|iso| iso.number == self.number) {
            return characters.into_iter().chain(iso.upper()).collect();
        }
        let upper: Vec<Option<char>> = match DECODING_TABLE_CP_MAP.get(&self.number) {
            Some(TableType::Complete(table)) => table.iter().copied().map(Some).collect(),
            Some(TableType::Incomplete(table)) => table.to_vec(),
            None => vec![None; 128],
        };
        // Windows puts control characters in places where a page has nothing.
        let defined = upper.into_iter().map(|found| found.filter(|found| !found.is_control()));
        characters.into_iter().chain(defined).collect()
    }
}

/// Decodes a code page.
pub(super) struct PageDecoder {
    characters: Box<[Option<char>]>,
    /// Text of ASCII is what it is.
    ascii: bool,
}

impl PageDecoder {
    pub fn new(page: CodePage) -> PageDecoder {
        let characters = page.characters();
        let ascii = (0..128u8).all(|byte| characters[usize::from(byte)] == Some(char::from(byte)));
        PageDecoder { characters, ascii }
    }

    /// As [`encoding_rs::Decoder::decode_to_utf8_without_replacement`].
    pub fn decode(&self, input: &[u8], output: &mut [u8]) -> (DecoderResult, usize, usize) {
        /// The longest character of these pages in UTF-8.
        const LONGEST: usize = 3;
        let (mut read, mut written) = (0, 0);
        while read < input.len() {
            if self.ascii {
                let room = input.len().min(read + output.len() - written);
                let run = encoding_rs::Encoding::ascii_valid_up_to(&input[read..room]);
                output[written..written + run].copy_from_slice(&input[read..read + run]);
                (read, written) = (read + run, written + run);
            }
            let Some(byte) = input.get(read) else { break };
            let Some(room) = output.get_mut(written..).filter(|room| room.len() >= LONGEST) else {
                return (DecoderResult::OutputFull, read, written);
            };
            read += 1;
            match self.characters[usize::from(*byte)] {
                Some(character) => written += character.encode_utf8(room).len(),
                None => return (DecoderResult::Malformed(1, 0), read, written),
            }
        }
        (DecoderResult::InputEmpty, read, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper halves as Python 3 decodes them (`bytes([n]).decode("cp437")`); U+FFFD is what it refuses.
    const PYTHON: [(&str, &str); PYTHON_PAGES] = include!("code_page_tests.in");
    const PYTHON_PAGES: usize = 16;

    #[test]
    fn every_character_is_that_of_python() {
        for (name, upper) in PYTHON {
            let characters = CodePage::of(name).unwrap().characters();
            assert_eq!((characters.len(), upper.chars().count()), (256, 128), "{name}");
            for (byte, expected) in upper.chars().enumerate() {
                let expected = Some(expected).filter(|expected| *expected != '\u{fffd}');
                assert_eq!(characters[128 + byte], expected, "{name}, byte {:#x}", 128 + byte);
            }
            let percent = if name == "cp864" { '\u{66a}' } else { '%' };
            for byte in 0..128u8 {
                let expected = if byte == b'%' { percent } else { char::from(byte) };
                assert_eq!(characters[usize::from(byte)], Some(expected), "{name}");
            }
        }
    }

    #[test]
    fn labels() {
        let name = |label| CodePage::of(label).map(CodePage::name);
        assert_eq!([name("CP850"), name(" ibm437 "), name("865")], [Some("cp850"), Some("cp437"), Some("cp865")]);
        assert_eq!([name("cp"), name("cp1252"), name("cpcp850"), name("")], [None; 4]);
    }

    #[test]
    fn any_room_is_enough() {
        let decoder = PageDecoder::new(CodePage::of("cp437").unwrap());
        let input = b"ab\x82c\xb0\xb0d";
        for room in 3..12 {
            let (mut at, mut text) = (0, Vec::new());
            loop {
                let mut output = vec![0; room];
                let (result, read, written) = decoder.decode(&input[at..], &mut output);
                at += read;
                text.extend_from_slice(&output[..written]);
                if result == DecoderResult::InputEmpty {
                    break;
                }
                assert!(result == DecoderResult::OutputFull && written > 0);
            }
            assert_eq!(String::from_utf8(text).unwrap(), "abéc░░d", "{room}");
        }
        let decoder = PageDecoder::new(CodePage::of("cp857").unwrap());
        assert_eq!(decoder.decode(b"a\xd5b", &mut [0; 9]), (DecoderResult::Malformed(1, 0), 2, 1));
    }
}
