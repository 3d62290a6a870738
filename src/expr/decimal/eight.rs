//! Numbers of at most eight bytes, without a loop over them.

/// Eight times the digit zero.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// What is left of a point when the bits of a zero are taken from it.
const POINT: u64 = (b'.' ^ b'0') as u64;

/// The number that one to eight bytes are, digits with perhaps a point between them: without the point, and how many digits
/// come after that. No zero may come before other digits.
#[inline(always)]
pub(super) fn read(text: &[u8]) -> Option<(i64, u32)> {
    let len = text.len() as u32;
    // The first byte is the lowest. Zeros come before it, so that the last one is the highest.
    let digits = (word(text) << (64 - 8 * len) | (ZEROS >> 1) >> (8 * len - 1)) ^ ZEROS;
    // The highest bit of each byte that is no digit.
    let others = (((digits & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
    let (digits, scale) = match others {
        0 => (digits, 0),
        _ => {
            let at = others.trailing_zeros() & !7;
            // One point, with a digit before it and one after it.
            if others & (others - 1) != 0 || digits >> at & 0xff != POINT || at <= 64 - 8 * len || at == 56 {
                return None;
            }
            let before = digits & ((1 << at) - 1);
            (digits >> (at + 8) << (at + 8) | before << 8, (56 - at) / 8)
        }
    };
    if text[0] == b'0' && len > 1 && text[1] != b'.' {
        return None;
    }
    Some((value(digits), scale))
}

/// Up to eight bytes, the first one lowest.
#[inline(always)]
fn word(text: &[u8]) -> u64 {
    let half = |at: usize| u64::from(u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]));
    let len = text.len();
    match len {
        // Bytes that are in both halves are the same.
        4.. => half(0) | half(len - 4) << (8 * (len - 4)),
        _ => [0, len / 2, len - 1].iter().fold(0, |word, at| word | u64::from(text[*at]) << (8 * at)),
    }
}

/// The number of eight digits, the first one in the lowest byte: pairs, then fours, then all are put together.
#[inline(always)]
fn value(digits: u64) -> i64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let second = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    (first.wrapping_add(second) >> 32) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::number::is_json_number;

    /// Of all texts of up to six of these bytes, those are numbers that JSON's grammar has without an exponent.
    #[test]
    fn all_short_texts() {
        const BYTES: &[u8] = b"0159./:e\x80";
        for len in 1..=6 {
            let mut places = vec![0; len];
            'next: loop {
                let text: Vec<u8> = places.iter().map(|place| BYTES[*place]).collect();
                let digits: String = text.iter().filter(|byte| **byte != b'.').map(|byte| char::from(*byte)).collect();
                let scale = text.iter().position(|byte| *byte == b'.').map_or(0, |point| len - 1 - point);
                let wanted =
                    (is_json_number(&text) && !text.contains(&b'e')).then(|| (digits.parse().unwrap(), scale as u32));
                assert_eq!(read(&text), wanted, "{:?}", String::from_utf8_lossy(&text));
                for place in &mut places {
                    *place += 1;
                    if *place < BYTES.len() {
                        continue 'next;
                    }
                    *place = 0;
                }
                break;
            }
        }
    }

    #[test]
    fn eight_bytes() {
        for (text, wanted) in [
            ("12345678", Some((12_345_678, 0))),
            ("1234.567", Some((1_234_567, 3))),
            ("0.000001", Some((1, 6))),
            ("99999999", Some((99_999_999, 0))),
            ("123456.7", Some((1_234_567, 1))),
            ("1234567.", None),
            (".1234567", None),
            ("01234567", None),
            ("1.23.456", None),
            ("1234567-", None),
        ] {
            assert_eq!(read(text.as_bytes()), wanted, "{text}");
        }
    }
}
