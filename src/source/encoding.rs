//! Text in other encodings than UTF-8, decoded on its way in.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use encoding_rs::{DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use super::code_page::{CodePage, PageDecoder};
use crate::error::Error;

/// How much is decoded at a time, in bytes. Output is UTF-8, up to three times as long as input.
const INPUT: usize = 32 << 10;
const OUTPUT: usize = 64 << 10;

/// What malformed text becomes.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// What is said of a source in UTF-32; FILE is its path.
pub(crate) const UTF_32: &str = "the source begins with the byte order mark of UTF-32, which pagemill does not read\n  Convert it to UTF-8 first: iconv -f utf-32 -t utf-8 FILE";

/// What becomes of text that is malformed in its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malform {
    /// Reading ends there.
    Fail,
    /// It becomes U+FFFD.
    Replace,
    /// It becomes a [mark](MARK), so that the record that holds it can be left out.
    Mark,
    /// The same, so that it is replaced, and counted, in the records that hold it.
    Leave,
}

/// Put where text was malformed: a byte that no UTF-8 has, and no ASCII, so that no format takes it for anything but
/// text.
pub const MARK: u8 = 0xff;

/// How characters become bytes, by the names and rules of the [Encoding Standard](https://encoding.spec.whatwg.org):
/// `latin1` is windows-1252 there. The code pages of DOS have the names `cp437`, `cp850` and so on. ASCII has no bytes above
/// 127. Text that is written in ISO 8859 has only its characters, not those of the larger encodings that it is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    inner: Inner,
    /// The same where text is written; a smaller one for ISO 8859.
    written: Inner,
    /// UTF-16 whose byte order mark says which one; without one it is little-endian.
    by_mark: bool,
}

/// Who knows an encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    Standard(&'static encoding_rs::Encoding),
    Page(CodePage),
}

impl FromStr for Encoding {
    type Err = Error;
    fn from_str(label: &str) -> Result<Encoding, Error> {
        Encoding::named(label, "⟨encoding⟩")
    }
}

impl Encoding {
    /// The encoding of an output with this name.
    ///
    /// # Errors
    /// Usage: there is none.
    pub(crate) fn of_output(label: &str) -> Result<Encoding, Error> {
        Encoding::named(label, "⟨out_encoding⟩")
    }

    fn named(label: &str, setting: &str) -> Result<Encoding, Error> {
        let standard =
            encoding_rs::Encoding::for_label_no_replacement(standard_label(label).as_bytes()).map(Inner::Standard);
        let inner = standard.or_else(|| CodePage::of(label).map(Inner::Page)).ok_or_else(|| {
            Error::usage(format!(
                "{setting}: `{label}` is not the name of an encoding\n  Give a name from the Encoding Standard or a DOS code page, such as utf-8, utf-16, utf-16be, windows-1252, iso-8859-15, shift_jis, gb18030, koi8-r, cp437, cp850."
            ))
        })?;
        let iso = CodePage::of_iso(label);
        let written = iso.map_or(inner, Inner::Page);
        // The standard reads ASCII as windows-1252, for the sake of web pages.
        let inner = iso.filter(|page| page.is_ascii()).map_or(inner, Inner::Page);
        Ok(Encoding { inner, written, by_mark: label.trim().eq_ignore_ascii_case("utf-16") })
    }

    fn of(inner: Inner) -> Encoding {
        Encoding { inner, written: inner, by_mark: false }
    }

    /// The encoding that text is written in.
    pub(crate) fn written(self) -> Encoding {
        Encoding { inner: self.written, ..self }
    }
}

/// The Encoding Standard's label for a code page of Windows that it has under another name only.
fn standard_label(label: &str) -> &str {
    const PAGES: [(&str, &str); 5] =
        [("cp932", "shift_jis"), ("cp936", "gbk"), ("cp949", "windows-949"), ("cp950", "big5"), ("cp65001", "utf-8")];
    let page = PAGES.into_iter().find(|(page, _)| label.trim().eq_ignore_ascii_case(page));
    page.map_or(label, |(_, standard)| standard)
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Encoding {
    /// The encoding that the byte order mark at the beginning of a source means, if it has to be decoded.
    ///
    /// # Errors
    /// The mark of UTF-32, which nothing here decodes.
    #[doc(hidden)]
    pub fn detect(beginning: &[u8]) -> Result<Option<Encoding>, Error> {
        let inner = match beginning {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
                return Err(Error::usage(UTF_32));
            }
            [0xff, 0xfe, ..] => UTF_16LE,
            [0xfe, 0xff, ..] => UTF_16BE,
            _ => return Ok(None),
        };
        Ok(Some(Encoding::of(Inner::Standard(inner))))
    }

    /// UTF-8.
    pub fn utf8() -> Encoding {
        Encoding::of(Inner::Standard(UTF_8))
    }

    /// The encoding itself, where a byte order mark may still say which one it is.
    #[doc(hidden)]
    pub fn by_mark(self, beginning: &[u8]) -> Encoding {
        match (self.by_mark, beginning) {
            (true, [0xfe, 0xff, ..]) => Encoding::of(Inner::Standard(UTF_16BE)),
            _ => Encoding { by_mark: false, ..self },
        }
    }

    /// The name in the standard, or that of the code page.
    pub fn name(self) -> &'static str {
        match self.inner {
            _ if self.by_mark => "UTF-16",
            Inner::Standard(encoding) => encoding.name(),
            Inner::Page(page) => page.name(),
        }
    }

    /// Nothing has to be decoded.
    pub fn is_utf8(self) -> bool {
        self.inner == Inner::Standard(UTF_8)
    }

    pub(super) fn inner(self) -> Inner {
        self.inner
    }

    /// Whether characters of ASCII are what they are in ASCII.
    pub(crate) fn has_ascii(self) -> bool {
        match self.inner {
            Inner::Standard(encoding) => encoding.is_ascii_compatible(),
            Inner::Page(page) => page.has_ascii(),
        }
    }

    fn decoder(self) -> Decoder {
        match self.inner {
            Inner::Standard(encoding) => Decoder::Standard(encoding.new_decoder_with_bom_removal()),
            Inner::Page(page) => Decoder::Page(PageDecoder::new(page)),
        }
    }
}

/// What makes UTF-8.
enum Decoder {
    Standard(encoding_rs::Decoder),
    Page(PageDecoder),
}

impl Decoder {
    /// Decodes what fits into `output`; `last`: no input follows. Says how that ended, and what was read and written.
    fn decode(&mut self, input: &[u8], output: &mut [u8], last: bool) -> (DecoderResult, usize, usize) {
        match self {
            Decoder::Standard(decoder) => decoder.decode_to_utf8_without_replacement(input, output, last),
            Decoder::Page(decoder) => decoder.decode(input, output),
        }
    }
}

/// What a decoded source says of itself.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The encoding.
    pub encoding: Encoding,
    /// What becomes of malformed text.
    pub malformed: Malform,
    /// How many malformed sequences became U+FFFD until now.
    pub replaced: Arc<AtomicU64>,
}

/// Bytes that are no text in their encoding.
#[derive(Clone, Copy, Debug)]
pub struct Malformed {
    /// Where, from the start of the source as it is.
    pub offset: u64,
    encoding: Encoding,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} of the source is not valid {}", self.offset, self.encoding.name())
    }
}

impl std::error::Error for Malformed {}

/// Decodes what is read through it to UTF-8, without its byte order mark.
pub(super) struct Decoding {
    reader: Box<dyn Read + Send>,
    decoder: Decoder,
    about: Decoded,
    input: Box<[u8]>,
    /// What is in the input and not decoded.
    waiting: (usize, usize),
    output: Box<[u8]>,
    /// What is in the output and not read.
    ready: (usize, usize),
    /// How many bytes were decoded.
    consumed: u64,
    ended: bool,
    /// It goes no further.
    failed: Option<Malformed>,
}

impl Decoding {
    pub fn new(reader: Box<dyn Read + Send>, about: Decoded) -> Decoding {
        Decoding {
            reader,
            decoder: about.encoding.decoder(),
            about,
            input: vec![0; INPUT].into(),
            waiting: (0, 0),
            // Room for a replacement after a full output.
            output: vec![0; OUTPUT + REPLACEMENT.len()].into(),
            ready: (0, 0),
            consumed: 0,
            ended: false,
            failed: None,
        }
    }

    /// Fills the output, of which everything was read. It stays empty at the end only.
    fn refill(&mut self) -> io::Result<()> {
        self.ready = (0, 0);
        while self.ready.1 == 0 {
            if let Some(malformed) = self.failed {
                return Err(io::Error::new(io::ErrorKind::InvalidData, malformed));
            }
            if self.ended {
                return Ok(());
            }
            let last = self.waiting.0 == self.waiting.1 && self.read_input()? == 0;
            let input = &self.input[self.waiting.0..self.waiting.1];
            let (result, read, written) = self.decoder.decode(input, &mut self.output[..OUTPUT], last);
            self.waiting.0 += read;
            self.consumed += read as u64;
            self.ready.1 = written;
            match result {
                DecoderResult::InputEmpty => self.ended = last,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(len, behind) => self.malformed(len, behind),
            }
        }
        Ok(())
    }

    fn read_input(&mut self) -> io::Result<usize> {
        loop {
            match self.reader.read(&mut self.input) {
                Ok(count) => {
                    self.waiting = (0, count);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    #[cold]
    fn malformed(&mut self, len: u8, behind: u8) {
        let offset = self.consumed.saturating_sub(u64::from(len) + u64::from(behind));
        match self.about.malformed {
            Malform::Fail => self.failed = Some(Malformed { offset, encoding: self.about.encoding }),
            Malform::Replace => {
                self.append(REPLACEMENT);
                self.about.replaced.fetch_add(1, Relaxed);
            }
            Malform::Mark | Malform::Leave => self.append(&[MARK]),
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let at = self.ready.1;
        self.ready.1 = at + bytes.len();
        self.output[at..self.ready.1].copy_from_slice(bytes);
    }
}

impl Read for Decoding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.0 == self.ready.1 {
            self.refill()?;
        }
        let count = buffer.len().min(self.ready.1 - self.ready.0);
        buffer[..count].copy_from_slice(&self.output[self.ready.0..self.ready.0 + count]);
        self.ready.0 += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Drip(Vec<u8>, usize, usize);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.2).min(self.0.len() - self.1);
            buffer[..count].copy_from_slice(&self.0[self.1..self.1 + count]);
            self.1 += count;
            Ok(count)
        }
    }

    fn decode(label: &str, bytes: &[u8], step: usize, replace: bool) -> (Vec<u8>, u64, Option<io::Error>) {
        decode_by(label, bytes, step, if replace { Malform::Replace } else { Malform::Fail })
    }

    fn decode_by(label: &str, bytes: &[u8], step: usize, malformed: Malform) -> (Vec<u8>, u64, Option<io::Error>) {
        let encoding: Encoding = label.parse().unwrap();
        let about = Decoded { encoding: encoding.by_mark(bytes), malformed, replaced: Arc::default() };
        let mut reader = Decoding::new(Box::new(Drip(bytes.to_vec(), 0, step)), about.clone());
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).err();
        (text, about.replaced.load(Relaxed), error)
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn text_arrives_whole_in_pieces_of_any_size() {
        let text = "aé€\u{1f600}\n".repeat(20_000);
        for step in [1, 2, 3, 7, 4096, usize::MAX] {
            assert!(decode("utf-16le", &utf16(&text, false), step, false).0 == text.as_bytes(), "{step}");
            assert!(decode("UTF-16BE", &utf16(&text, true), step, false).0 == text.as_bytes(), "{step}");
        }
        let latin: Vec<u8> = (0xa0..=0xff).collect();
        let expected: String = ('\u{a0}'..='\u{ff}').collect();
        assert_eq!(decode("latin1", &latin, 5, false).0, expected.as_bytes());
        assert_eq!(decode("windows-1252", b"\x80", 5, false).0, "€".as_bytes());
    }

    #[test]
    fn marks_say_which_and_go_away() {
        assert_eq!(decode("utf-16", &utf16("\u{feff}x", true), 9, false).0, b"x");
        assert_eq!(decode("utf-16", &utf16("\u{feff}x", false), 9, false).0, b"x");
        assert_eq!(decode("utf-16", &utf16("x", false), 9, false).0, b"x");
        let name = |bytes: &[u8]| Encoding::detect(bytes).unwrap().map(Encoding::name);
        assert_eq!(name(b"\xff\xfea\0"), Some("UTF-16LE"));
        assert_eq!(name(b"\xfe\xff\0a"), Some("UTF-16BE"));
        assert_eq!([name(b"\xef\xbb\xbfa"), name(b"\xff"), name(b"")], [None; 3]);
        assert!(Encoding::detect(b"\xff\xfe\0\0").is_err());
        assert!("utf-17".parse::<Encoding>().is_err() && "replacement".parse::<Encoding>().is_err());
    }

    #[test]
    fn malformed_text_has_a_place() {
        // A surrogate without its other half, at byte 4; then an odd byte at the end.
        let mut bytes = utf16("ab", false);
        bytes.extend_from_slice(b"\x00\xd8c\0\x41");
        for step in [1, 2, 5, 100] {
            let (text, _, error) = decode("utf-16le", &bytes, step, false);
            assert_eq!(text, b"ab");
            let malformed = error.unwrap().into_inner().unwrap().downcast::<Malformed>().unwrap();
            assert_eq!(malformed.offset, 4, "{step}");
            let (text, replaced, error) = decode("utf-16le", &bytes, step, true);
            assert_eq!((String::from_utf8(text).unwrap().as_str(), replaced), ("ab\u{fffd}c\u{fffd}", 2), "{step}");
            assert!(error.is_none());
            let (text, replaced, error) = decode_by("utf-16le", &bytes, step, Malform::Mark);
            assert_eq!((&*text, replaced), (&b"ab\xffc\xff"[..], 0));
            assert!(error.is_none());
        }
        // Wherever the output buffer ends.
        for len in OUTPUT - 8..OUTPUT + 2 {
            let bytes = [&vec![b'x'; len][..], b"\xff", b"yz"].concat();
            let (text, replaced, _) = decode("utf-8", &bytes, 1 << 20, true);
            assert!(text.len() == len + 5 && text.ends_with("x\u{fffd}yz".as_bytes()) && replaced == 1, "{len}");
        }
    }
}
