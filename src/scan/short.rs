//! Short numbers and pairs of digits in a few steps: eight characters at a time.

/// The bytes of a text of at most 16, the first in the lowest place, and zeros after them.
#[inline(always)]
pub fn words(text: &[u8]) -> Option<[u64; 2]> {
    let len = text.len();
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        if len > 16 {
            return None;
        }
        // What both have is the same.
        let rest = (u128::from(u64::from_le_bytes(*last)) << (8 * (len - 8))) | u128::from(u64::from_le_bytes(*first));
        return Some([rest as u64, (rest >> 64) as u64]);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (len - 4));
        return Some([last | u64::from(u32::from_le_bytes(*first)), 0]);
    }
    Some(match *text {
        [] => [0, 0],
        [a] => [u64::from(a), 0],
        [a, b, ref rest @ ..] => {
            let last = rest.first().map_or(0, |last| u64::from(*last) << 16);
            [u64::from(a) | u64::from(b) << 8 | last, 0]
        }
    })
}

const ZEROS: u64 = 0x3030_3030_3030_3030;
const POINTS: u64 = 0x2e2e_2e2e_2e2e_2e2e;
const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// The number that a text of this many bytes is, in [`words`]: the digits, and how many of them come after the point.
#[inline(always)]
pub fn of_words([low, high]: [u64; 2], len: usize) -> Option<(i64, u32)> {
    let negative = low as u8 == b'-';
    let (low, high, len) = match negative {
        true => (low >> 8 | high << 56, high >> 8, len - 1),
        false => (low, high, len),
    };
    let (size, scale) = match len {
        0 => return None,
        1..=8 => eight(low, len)?,
        _ => sixteen(low, high, len)?,
    };
    Some((if negative { -(size as i64) } else { size as i64 }, scale))
}

/// Whether a zero is before other digits, which makes a text of a number. `point`: the place of the point.
#[inline(always)]
fn is_padded(first: u8, len: usize, point: Option<usize>) -> bool {
    first == b'0' && len > 1 && point != Some(1)
}

#[inline(always)]
fn eight(word: u64, len: usize) -> Option<(u64, u32)> {
    // The last character comes to the highest place, and zeros before the first one.
    let empty = 8 - len;
    let mut digits = word << (8 * empty);
    if empty > 0 {
        digits |= ZEROS >> (8 * len);
    }
    let (mut scale, mut point) = (0, None);
    let found = points(digits);
    if found != 0 {
        let place = (found.trailing_zeros() / 8) as usize;
        if place == empty || place == 7 {
            return None;
        }
        let before = digits & ((1 << (8 * place)) - 1);
        let after = digits & !((1 << (8 * (place + 1))) - 1);
        digits = before << 8 | u64::from(b'0') | after;
        (scale, point) = (7 - place, Some(place - empty));
    }
    if !are_digits(digits) || is_padded(word as u8, len, point) {
        return None;
    }
    Some((value(digits), scale as u32))
}

#[inline(always)]
fn sixteen(low: u64, high: u64, len: usize) -> Option<(u64, u32)> {
    let empty = 16 - len;
    let mut digits = (u128::from(low) | u128::from(high) << 64) << (8 * empty);
    if empty > 0 {
        digits |= u128::from(ZEROS >> (8 * (len - 8)));
    }
    let (mut scale, mut point) = (0, None);
    let found = [points(digits as u64), points((digits >> 64) as u64)];
    if found != [0, 0] {
        let place = match found[0] {
            0 => 8 + (found[1].trailing_zeros() / 8) as usize,
            found => (found.trailing_zeros() / 8) as usize,
        };
        if place == empty || place == 15 {
            return None;
        }
        let before = digits & ((1 << (8 * place)) - 1);
        let after = digits & !((1 << (8 * (place + 1))) - 1);
        digits = before << 8 | u128::from(b'0') | after;
        (scale, point) = (15 - place, Some(place - empty));
    }
    let (first, last) = (digits as u64, (digits >> 64) as u64);
    if !(are_digits(first) && are_digits(last)) || is_padded(low as u8, len, point) {
        return None;
    }
    Some((value(first) * 100_000_000 + value(last), scale as u32))
}

/// The places of points have their highest bit set; the lowest of these is right.
#[inline(always)]
fn points(word: u64) -> u64 {
    let others = word ^ POINTS;
    others.wrapping_sub(ONES) & !others & TOPS
}

#[inline(always)]
fn are_digits(word: u64) -> bool {
    const HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    word & HALVES == ZEROS && word.wrapping_add(0x0606_0606_0606_0606) & HALVES == ZEROS
}

/// The numbers of four pairs of digits.
#[inline(always)]
pub fn two_digits_each(digits: [u8; 8]) -> Option<[u8; 4]> {
    of_pairs(u64::from_le_bytes(digits)).map(|pairs| [0, 16, 32, 48].map(|place| (pairs >> place) as u8))
}

/// The same, each in 16 bits, the first in the lowest.
#[inline(always)]
fn of_pairs(digits: u64) -> Option<u64> {
    are_digits(digits).then(|| pairs(digits))
}

#[inline(always)]
fn pairs(digits: u64) -> u64 {
    ((digits & 0x0f0f_0f0f_0f0f_0f0f).wrapping_mul(2561) >> 8) & 0x00ff_00ff_00ff_00ff
}

/// The value of eight digits.
#[inline(always)]
fn value(digits: u64) -> u64 {
    let fours = pairs(digits).wrapping_mul(6_553_601) >> 16;
    (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32
}

#[cfg(test)]
mod tests {
    use super::super::number::is_json_number;
    use super::*;

    /// The same, one character after the other.
    fn one_by_one(text: &str) -> Option<(i64, u32)> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (before, after) = digits.split_once('.').map_or((digits, None), |(before, after)| (before, Some(after)));
        let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all(before) || !after.is_none_or(all) || before.len() > 1 && before.starts_with('0') {
            return None;
        }
        let after = after.unwrap_or("");
        let size: i64 = format!("{before}{after}").parse().ok()?;
        Some((if negative { -size } else { size }, after.len() as u32))
    }

    #[test]
    fn words_have_all_bytes() {
        for len in 0..=16 {
            let text: Vec<u8> = (1..=len).collect();
            let mut padded = [0; 16];
            padded[..text.len()].copy_from_slice(&text);
            let wanted = u128::from_le_bytes(padded);
            assert_eq!(words(&text), Some([wanted as u64, (wanted >> 64) as u64]));
        }
        assert_eq!(words(&[1; 17]), None);
    }

    /// Of all texts of up to six of these bytes, those are numbers that are numbers in JSON.
    #[test]
    fn all_short_texts() {
        const BYTES: &[u8] = b"0159./:-\x80";
        for len in 1..=6 {
            let mut places = vec![0; len];
            'next: loop {
                let text: Vec<u8> = places.iter().map(|place| BYTES[*place]).collect();
                let digits: String = text.iter().filter(|byte| **byte != b'.').map(|byte| char::from(*byte)).collect();
                let scale = text.iter().position(|byte| *byte == b'.').map_or(0, |point| len - 1 - point);
                let wanted = is_json_number(&text).then(|| (digits.parse().unwrap(), scale as u32));
                assert_eq!(
                    words(&text).and_then(|words| of_words(words, text.len())),
                    wanted,
                    "{:?}",
                    String::from_utf8_lossy(&text)
                );
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
    fn numbers_are_those_of_a_slow_way() {
        let mut seed = 1u64;
        let mut draw = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200_000 {
            let letters: &[u8] = if draw(2) == 0 { b"0123456789" } else { b"0123456789.-/:e+ \x80" };
            let mut text: Vec<u8> = (0..draw(17)).map(|_| letters[draw(letters.len() as u64) as usize]).collect();
            if !text.is_empty() {
                let place = draw(text.len() as u64) as usize;
                match draw(4) {
                    0 => text[place] = b'.',
                    1 => text[0] = b'-',
                    2 => (text[0], text[place]) = (b'-', b'.'),
                    _ => {}
                }
            }
            let found = words(&text).and_then(|words| of_words(words, text.len()));
            let wanted = std::str::from_utf8(&text).ok().and_then(one_by_one);
            assert_eq!(found, wanted, "{:?}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn pairs_of_digits() {
        assert_eq!(of_pairs(u64::from_le_bytes(*b"20240619")), Some(20 | 24 << 16 | 6 << 32 | 19 << 48));
        assert_eq!(of_pairs(u64::from_le_bytes(*b"00999900")), Some(99 << 16 | 99 << 32));
        for place in 0..8 {
            for byte in (0..=255u8).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = *b"12345678";
                text[place] = byte;
                assert_eq!(of_pairs(u64::from_le_bytes(text)), None);
            }
        }
    }
}
