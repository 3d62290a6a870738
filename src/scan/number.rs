//! Is this text exactly a number of RFC 8259, section 6?

use super::vector::Vector;

/// Whether a text can be a number, judging by its first byte. Most other text is ruled out by that.
#[inline(always)]
pub fn may_be_number(text: &[u8]) -> bool {
    text.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-')
}

/// [`may_be_number`] with fewer instructions: true for `.` and `/` too.
#[inline(always)]
pub fn begins_like_number(text: &[u8]) -> bool {
    text.first().is_some_and(|first| first.wrapping_sub(b'-') <= b'9' - b'-')
}

/// [`is_json_number`] for a text of at most 32 bytes, which is at the start of `short`; anything may follow it there.
///
/// It branches on what the fields of a column have in common, such as a digit in front or a dot in the middle, and not
/// on what varies at random, such as whether the first digit is zero.
#[inline(always)]
pub fn short_is_number<V: Vector>(v: V, short: V::Short, text: &[u8]) -> bool {
    let all = below(text.len() as u32);
    let foreign = (v.short_below(short, b'0') | !v.short_below(short, b'9' + 1)) & all;
    if foreign == 0 {
        return !matches!(text, [] | [b'0', _, ..]);
    }
    let sign = u32::from(text.first() == Some(&b'-'));
    // After the sign, the dot may be the only byte that is not a digit.
    let others = foreign - sign;
    let begins = foreign & 1 == sign;
    if begins & (others & others.wrapping_sub(1) == 0) {
        let dots = (v.short_equal(short, b'.') & all) ^ others;
        // The first byte after the sign is a digit, but not a zero before another digit; the last byte is a digit too.
        let zeros = v.short_equal(short, b'0') & (all & !foreign) >> 1;
        let edges = (foreign | zeros) & (sign + 1) | foreign >> (text.len() - 1);
        if dots | edges == 0 {
            return true;
        }
    }
    let exponents = v.short_equal(short, b'e') | v.short_equal(short, b'E');
    // With a dot and the exponent's sign.
    begins & (exponents != 0) & (others.count_ones() <= 3) && is_json_number(text)
}

/// Whether `text` is exactly `[ minus ] int [ frac ] [ exp ]`, of any length.
#[inline]
pub fn is_json_number(text: &[u8]) -> bool {
    if !may_be_number(text) {
        return false;
    }
    #[cfg(target_arch = "x86_64")]
    if text.len() <= 16 {
        let masks = x86::masks(x86::padded(text));
        if masks.others(text.len() as u32) == 0 {
            return masks.plain(text.len() as u32);
        }
    }
    number_len(text) == text.len()
}

/// Whether a text of at most 16 bytes, which are these, followed by zeros, has no byte but those that numbers are made of.
#[inline(always)]
pub fn is_of_numbers(words: [u64; 2], len: usize) -> bool {
    let bytes = (u128::from(words[0]) | u128::from(words[1]) << 64).to_le_bytes();
    #[cfg(target_arch = "x86_64")]
    {
        let Masks { digits, dots, minus, exponents, .. } = x86::masks(x86::load(&bytes));
        !(digits | dots | minus | exponents) & below(len as u32) == 0
    }
    #[cfg(not(target_arch = "x86_64"))]
    bytes[..len].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// The length of the number at the front of `text`; 0 if there is none, or if what follows it could
/// belong to a number (a digit, `+ - . e E`).
#[inline]
pub fn prefix(text: &[u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(sixteen) = text.first_chunk::<16>() {
        let masks = x86::masks(x86::load(sixteen));
        let len = (!(masks.digits | masks.dots | masks.minus | masks.exponents)).trailing_zeros();
        if len < 16 && masks.others(len) == 0 {
            return if masks.plain(len) { len as usize } else { 0 };
        }
    }
    prefix_of_any_length(text)
}

#[inline(never)]
fn prefix_of_any_length(text: &[u8]) -> usize {
    let len = number_len(text);
    match text.get(len) {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') => 0,
        _ => len,
    }
}

/// The length of the longest number at the front of `text`, 0 if there is none; byte by byte.
fn number_len(text: &[u8]) -> usize {
    let digits = |from: usize| text[from.min(text.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match (text.get(at), digits(at)) {
        (_, 0) => return 0,
        (Some(b'0'), _) => 1,
        (_, count) => count,
    };
    if text.get(at) == Some(&b'.') {
        match digits(at + 1) {
            0 => return at,
            count => at += 1 + count,
        }
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        match digits(at + 1 + sign) {
            0 => return at,
            count => at += 1 + sign + count,
        }
    }
    at
}

/// The numbers from 00 to 99.
pub const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Writes an integer in decimal digits to the end of `into`.
#[inline]
pub fn decimal(mut value: u64, into: &mut [u8; 20]) -> &[u8] {
    let mut at = into.len();
    while value >= 10 {
        at -= 2;
        into[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    // One digit is left, or none, or the number is 0.
    if value > 0 || at == into.len() {
        at -= 1;
        into[at] = b'0' + value as u8;
    }
    &into[at..]
}

/// Where the characters of a number are in a text of at most 32 bytes; the lowest bit is for the first byte.
#[derive(Clone, Copy, Debug)]
pub struct Masks {
    /// `0` to `9`.
    pub digits: u32,
    /// `0`.
    pub zeros: u32,
    /// `.`
    pub dots: u32,
    /// `-`
    pub minus: u32,
    /// `e`, `E` and `+`.
    pub exponents: u32,
}

impl Masks {
    /// Where the first `len` bytes have characters that only numbers with exponents have.
    #[inline(always)]
    pub fn others(&self, len: u32) -> u32 {
        self.exponents & below(len)
    }

    /// Whether the first `len` bytes are exactly a number without exponent.
    #[inline(always)]
    pub fn plain(&self, len: u32) -> bool {
        let all = below(len);
        let (digits, dots, sign) = (self.digits & all, self.dots & all, self.minus & 1);
        let known = (digits | dots | sign) == all;
        let one_dot = dots & dots.wrapping_sub(1) == 0 && dots & digits << 1 & digits >> 1 == dots;
        let starts = digits >> sign & 1 == 1;
        let leading_zero = self.zeros >> sign & digits >> (sign + 1) & 1 == 1;
        known & one_dot & starts & !leading_zero
    }
}

/// The bits below that of `len`, which is at most 32.
#[inline(always)]
pub fn below(len: u32) -> u32 {
    ((1u64 << len) - 1) as u32
}

/// SSE2, which every x86-64 processor has.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Masks;

    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: SSE2 is part of x86-64; the load is of the 16 bytes and needs no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    /// At most 16 bytes, followed by zeros.
    #[inline(always)]
    pub fn padded(text: &[u8]) -> __m128i {
        let len = text.len();
        let wide = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (len - 8))
        } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (len - 4))
        } else if let [first, .., last] = text {
            let middle = u128::from(text[len / 2]) << (8 * (len / 2));
            u128::from(*first) | middle | u128::from(*last) << (8 * (len - 1))
        } else {
            text.first().copied().unwrap_or(0).into()
        };
        load(&wide.to_le_bytes())
    }

    #[inline(always)]
    pub fn masks(bytes: __m128i) -> Masks {
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let equal = |byte: u8| _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte as i8));
            let mask = |vector| _mm_movemask_epi8(vector) as u32;
            let value = _mm_sub_epi8(bytes, _mm_set1_epi8(b'0' as i8));
            let digits = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
            // Bit 5 turns `E` into `e`.
            let folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
            let exponents = _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8(b'e' as i8)), equal(b'+'));
            Masks {
                digits: mask(digits),
                zeros: mask(equal(b'0')),
                dots: mask(equal(b'.')),
                minus: mask(equal(b'-')),
                exponents: mask(exponents),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::{Unit, Work};
    use super::*;

    const YES: [&str; 16] = [
        "0",
        "-0",
        "1.10",
        "1e400",
        "12345678901234567890123456789012",
        "0.0",
        "1E+2",
        "1e-2",
        "-1.5e3",
        "0e1",
        "-0.5",
        "1234567890.12345",
        "12345678901234567",
        "123456789012345.6E7",
        "7",
        "-9",
    ];

    #[test]
    fn follows_rfc_8259() {
        for yes in YES {
            assert!(is_json_number(yes.as_bytes()), "{yes}");
        }
        for no in [
            "",
            "-",
            "+5",
            "007",
            "1.",
            ".5",
            "1e",
            "1e+",
            "NaN",
            "Infinity",
            "0x1",
            "1 ",
            " 1",
            "1.5.2",
            "--1",
            "1_000",
            "true",
            "-a",
            "00",
            "-01",
            "-.5",
            "1.e5",
            "1-2",
            "1+2",
            "1e5.5",
            "0.1234567890123456.",
        ] {
            assert!(!is_json_number(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn bytes_of_numbers() {
        for byte in 0..=u8::MAX {
            let mut text = *b"1234567890.e+-E5";
            text[7] = byte;
            let words = [0, 8].map(|at| u64::from_le_bytes(*text[at..].first_chunk().unwrap()));
            let is = matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
            assert_eq!((is_of_numbers(words, 16), is_of_numbers([words[0], 0], 8)), (is, is), "{byte}");
            assert!(is_of_numbers([words[0], 0], 7));
        }
    }

    #[test]
    fn prefix_ends_where_the_number_ends() {
        for yes in YES {
            for behind in ["", ",", "}", " ", "\n", "\"", "x", "                    ", ",12345678901234567890"] {
                let text = format!("{yes}{behind}");
                assert_eq!(prefix(text.as_bytes()), yes.len(), "{text}");
            }
            for behind in [".", "-", "+", "e", "E5.", ".5.5,", "e5e5          "] {
                let text = format!("{yes}{behind}");
                assert_eq!(prefix(text.as_bytes()), 0, "{text}");
            }
        }
    }

    #[test]
    fn decimal_writes_what_display_does() {
        for value in [0, 7, 10, 99, 100, 12_345, u64::MAX] {
            assert_eq!(decimal(value, &mut [0; 20]), value.to_string().as_bytes());
        }
    }

    /// Every text of up to six of the characters that matter, at every place of the vector.
    #[test]
    fn the_vector_way_agrees_with_the_bytes() {
        let letters = b"01.-e+x";
        for code in 0..7usize.pow(6) {
            let six: Vec<u8> = (0..6).map(|place| letters[code / 7usize.pow(place) % 7]).collect();
            for len in 0..=6 {
                let text = &six[..len];
                assert_eq!(is_json_number(text), len > 0 && number_len(text) == len, "{text:?}");
            }
            let long = [&six[..], b"                "].concat();
            assert_eq!(prefix(&long), prefix_of_any_length(&long), "{long:?}");
            let long = [b"123456789", &six[..], b",,,,,,,,,,,,"].concat();
            assert_eq!(prefix(&long), prefix_of_any_length(&long), "{long:?}");
            assert_eq!(is_json_number(&long[..15]), number_len(&long[..15]) == 15, "{long:?}");
        }
    }

    /// The same for the check inside of a longer algorithm, on every processor family.
    #[test]
    fn the_short_way_agrees_with_the_bytes() {
        struct Check<'t>(&'t [u8]);
        impl Work for Check<'_> {
            type Out = bool;
            #[inline(always)]
            fn run<V: Vector>(self, v: V) -> bool {
                short_is_number(v, v.short(self.0), self.0)
            }
        }
        let letters = b"019.-e+Ex";
        for code in 0..9usize.pow(5) {
            let five: Vec<u8> = (0..5).map(|place| letters[code / 9usize.pow(place) % 9]).collect();
            let long = [b"-1234567890123456789012345", &five[..]].concat();
            for text in [&five[..], &five[..code % 5], &long[1..], &long[..], &long[20..]] {
                let expected = !text.is_empty() && number_len(text) == text.len();
                for unit in Unit::available() {
                    assert_eq!(unit.run(Check(text)), expected, "{unit:?} {:?}", String::from_utf8_lossy(text));
                }
            }
        }
    }
}
