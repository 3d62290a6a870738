//! Where strings, numbers and white space end, found from where they begin: for readers that need no index of positions
//! because they mostly know what comes next.

use crate::scan::number;
use crate::scan::vector::Vector;

/// The byte at a place; after the end zero, which is not part of JSON.
#[inline(always)]
pub fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(0)
}

/// 32 bytes from a place on; zeros follow the end.
#[inline(always)]
fn window<V: Vector>(v: V, text: &[u8], at: usize) -> V::Short {
    match text.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => v.short_load(bytes),
        None => v.short_load(&end_of(text, at)),
    }
}

#[cold]
#[inline(never)]
fn end_of(text: &[u8], at: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    let rest = text.get(at..).unwrap_or(&[]);
    bytes[..rest.len()].copy_from_slice(rest);
    bytes
}

/// The first place from `at` on where a string has something other than text: a quote, a backslash, or a control
/// character. The end of the text counts as one.
#[inline(always)]
pub fn text_end<V: Vector>(v: V, text: &[u8], mut at: usize) -> usize {
    loop {
        let specials = v.short_specials(window(v, text, at));
        if specials != 0 {
            return at + specials.trailing_zeros() as usize;
        }
        at += 32;
    }
}

/// The place after the number that begins at `at`; none if there is no number. What follows a number without an
/// exponent may be anything but what would make it longer.
#[inline(always)]
pub fn number_end<V: Vector>(v: V, text: &[u8], at: usize) -> Option<usize> {
    match text.get(at..).and_then(<[u8]>::first_chunk).map(|bytes| short_number(v, bytes)) {
        Some(len @ 1..) => Some(at + len),
        _ => any_number_end(text, at),
    }
}

/// The length of the number that these bytes begin with; 0 if it is long, or has an exponent, or there is none.
#[inline(always)]
fn short_number<V: Vector>(v: V, bytes: &[u8; 32]) -> usize {
    let digits = v.short_digits(v.short_load(bytes));
    let sign = u32::from(bytes[0] == b'-');
    let whole = (!(digits >> sign)).trailing_zeros();
    let mut len = sign + whole;
    let leading_zero = (whole > 1) & (bytes[sign as usize] == b'0');
    if (whole == 0) | leading_zero | (len > 30) {
        return 0;
    }
    let mut next = bytes[len as usize];
    if next == b'.' {
        let fraction = (!(digits >> (len + 1))).trailing_zeros();
        len += 1 + fraction;
        if (fraction == 0) | (len > 31) {
            return 0;
        }
        next = bytes[len as usize];
    }
    if next | 0x20 == b'e' { 0 } else { len as usize }
}

#[inline(never)]
fn any_number_end(text: &[u8], at: usize) -> Option<usize> {
    match number::prefix(&text[at..]) {
        0 => None,
        len => Some(at + len),
    }
}

/// The first place from `at` on that is no white space. Where lines count, a line feed is none.
#[inline(always)]
pub fn white_end<V: Vector>(v: V, text: &[u8], mut at: usize, lines: bool) -> usize {
    loop {
        let Some(bytes) = text.get(at..).and_then(<[u8]>::first_chunk) else {
            return last_white_end(text, at, lines);
        };
        let block = v.load(bytes);
        let mut white = v.white(block);
        if lines {
            white &= !v.equal(block, b'\n');
        }
        if white != !0 {
            return at + (!white).trailing_zeros() as usize;
        }
        at += 64;
    }
}

#[cold]
#[inline(never)]
fn last_white_end(text: &[u8], at: usize, lines: bool) -> usize {
    let is_white = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r') || **byte == b'\n' && !lines;
    at + text.get(at..).unwrap_or(&[]).iter().take_while(is_white).count()
}

/// Text that is likely to come next: a key with its quotes, the colon and the white space after it, or what was between
/// two values of an earlier record.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    bytes: [u8; 32],
    /// A bit for each byte that counts.
    mask: u32,
    /// How long it is.
    len: u32,
    /// The length of the key, without quotes.
    key: u32,
}

impl Guess {
    /// Nothing is likely. No text that is UTF-8 has this byte.
    pub const NONE: Guess = Guess { bytes: [0xff; 32], mask: 1, len: 0, key: 0 };

    /// `text` is a key of `key` bytes, from its opening quote to the value, or other text (then `key` means nothing).
    /// Text of more than 32 bytes can't be guessed.
    pub fn new(text: &[u8], key: usize) -> Guess {
        let mut guess = Guess { len: text.len() as u32, key: key as u32, ..Guess::NONE };
        match guess.bytes.get_mut(..text.len()) {
            Some(bytes) => bytes.copy_from_slice(text),
            None => return Guess::NONE,
        }
        guess.mask = ((1u64 << text.len()) - 1) as u32;
        guess
    }

    /// Whether these bytes begin with it.
    #[inline(always)]
    pub fn begins<V: Vector>(&self, v: V, bytes: &[u8; 32]) -> bool {
        !v.short_same(v.short_load(bytes), v.short_load(&self.bytes)) & self.mask == 0
    }

    /// How long it is; at most 32.
    #[inline(always)]
    pub fn size(&self) -> usize {
        self.len as usize & 63
    }

    /// If it is at a place: where its key ends, and where the value begins.
    #[inline(always)]
    pub fn stands<V: Vector>(&self, v: V, text: &[u8], at: usize) -> Option<(usize, usize)> {
        let same = v.short_same(window(v, text, at), v.short_load(&self.bytes));
        (!same & self.mask == 0).then_some((at + 1 + self.key as usize, at + self.len as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;
    use crate::scan::vector::{Unit, Work};

    /// What the routines answer about a place of a text.
    struct Ask<'t>(&'t [u8], usize);

    impl Work for Ask<'_> {
        type Out = (usize, Option<usize>, [usize; 2]);
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Self::Out {
            let Ask(text, at) = self;
            let white = [false, true].map(|lines| white_end(v, text, at, lines));
            (text_end(v, text, at), number_end(v, text, at), white)
        }
    }

    /// The definitions, byte by byte.
    fn expected(text: &[u8], at: usize) -> (usize, Option<usize>, [usize; 2]) {
        let rest = &text[at..];
        let count = |is: &dyn Fn(u8) -> bool| at + rest.iter().take_while(|byte| is(**byte)).count();
        let text_end = count(&|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        let white = [false, true].map(|lines| count(&|byte| b" \t\r\n".contains(&byte) && (byte != b'\n' || !lines)));
        let longest = (1..=rest.len()).take_while(|len| b"0123456789+-.eE".contains(&rest[len - 1])).last();
        let number = longest.filter(|len| number::is_json_number(&rest[..*len])).map(|len| at + len);
        (text_end, number, white)
    }

    fn check(text: &[u8], at: usize) {
        let wanted = expected(text, at);
        for unit in Unit::available() {
            let found = unit.run(Ask(text, at));
            let shown = String::from_utf8_lossy(&text[at..]);
            assert_eq!((found.0, found.2), (wanted.0, wanted.2), "{unit:?} {at} {shown:?}");
            // What would make a number longer may stand after its end: that is nothing that may follow a value.
            match (found.1, wanted.1) {
                (Some(end), None) => assert!(b"0123456789+-.eE".contains(&text[end]), "{unit:?} {at} {shown:?}"),
                (found, wanted) => assert_eq!(found, wanted, "{unit:?} {at} {shown:?}"),
            }
        }
    }

    #[test]
    fn every_family_finds_what_the_definition_says() {
        for seed in 0..200 {
            let len = 1 + seed as usize * 7 % 200;
            let text = noise(seed, len);
            let quiet: Vec<u8> = text.iter().map(|byte| if byte % 61 == 0 { *byte } else { b'x' }).collect();
            let blank: Vec<u8> = text.iter().map(|byte| b" \t\r \n  x"[usize::from(*byte % 67).min(7)]).collect();
            for text in [&text, &quiet, &blank] {
                (0..=len).for_each(|at| check(text, at));
            }
        }
    }

    #[test]
    fn every_number_of_a_few_characters_and_long_ones() {
        let letters = b"019.-e+";
        for code in 0..7usize.pow(5) {
            let five: Vec<u8> = (0..5).map(|place| letters[code / 7usize.pow(place) % 7]).collect();
            check(&[&five[..], b",\"a key\":\"and more text than 32 bytes\""].concat(), 0);
            check(&five, 0);
        }
        for len in 1..70 {
            for number in ["1".repeat(len), format!("-{}", "2".repeat(len)), format!("{}.5", "3".repeat(len))] {
                for behind in ["", ",", "}", " \"..................................\""] {
                    check(format!("{number}{behind}").as_bytes(), 0);
                }
                check(format!("0.{number}e5,..............................").as_bytes(), 0);
            }
        }
    }

    #[test]
    fn a_guess_stands_only_where_all_of_it_does() {
        struct Stands<'t>(Guess, &'t [u8], usize);
        impl Work for Stands<'_> {
            type Out = Option<(usize, usize)>;
            #[inline(always)]
            fn run<V: Vector>(self, v: V) -> Self::Out {
                self.0.stands(v, self.1, self.2)
            }
        }
        for len in 0..30 {
            let key = "k".repeat(len);
            let guess = Guess::new(format!("\"{key}\":").as_bytes(), len);
            let mut text = format!("{{\"{key}\":1").into_bytes();
            for unit in Unit::available() {
                let wanted = (len < 30).then_some((2 + len, 4 + len));
                assert_eq!(unit.run(Stands(guess, &text, 1)), wanted, "{unit:?} {len}");
                assert_eq!(unit.run(Stands(Guess::NONE, &text, 1)), None);
                for at in 1..4 + len {
                    text[at] ^= 1;
                    assert_eq!(unit.run(Stands(guess, &text, 1)), None, "{unit:?} {len} {at}");
                    assert_eq!(unit.run(Stands(guess, &text[..at], 1)), None, "{unit:?} {len} {at}");
                    text[at] ^= 1;
                }
            }
        }
        assert_eq!(Guess::new(&[b'"'; 33], 31).mask, Guess::NONE.mask);
    }
}
