//! Decimal numbers as Avro has them, whole numbers of any size in two's complement, and their text.

use crate::record::canonical::{DIGITS, Digits};
use crate::record::decimal::Decimal;

/// The longest number, in bytes.
pub(super) const LONGEST: usize = 512;

/// The most digits of the text, with a sign, a point and zeros.
pub(super) const TEXT: usize = LONGEST * 5 / 2 + 1010;

/// Writes the text of a number with `scale` digits after its point at the end of `room`; returns where it begins. None:
/// it is longer than [`LONGEST`].
pub(super) fn text_of(bytes: &[u8], scale: usize, room: &mut [u8; TEXT]) -> Option<usize> {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let mut at = TEXT;
    let mut after = 0;
    let mut put = |digit: u8| {
        if after == scale && scale > 0 {
            at -= 1;
            room[at] = b'.';
        }
        at -= 1;
        room[at] = b'0' + digit;
        after += 1;
    };
    if bytes.len() <= 16 {
        let filled = if negative { 0xff } else { 0 };
        let mut whole = [filled; 16];
        whole[16 - bytes.len()..].copy_from_slice(bytes);
        let mut rest = i128::from_be_bytes(whole).unsigned_abs();
        while rest > u128::from(u64::MAX) {
            put((rest % 10) as u8);
            rest /= 10;
        }
        let mut rest = rest as u64;
        while rest > 0 {
            put((rest % 10) as u8);
            rest /= 10;
        }
    } else {
        // Limbs of 32 bits, the least one first.
        let mut limbs = [0u32; LONGEST / 4 + 1];
        if bytes.len() > LONGEST {
            return None;
        }
        let filled = if negative { 0xff } else { 0 };
        let count = bytes.len().div_ceil(4);
        for (place, limb) in limbs[..count].iter_mut().enumerate() {
            for byte in 0..4 {
                let from_end = place * 4 + byte;
                let found = bytes.len().checked_sub(from_end + 1).map_or(filled, |at| bytes[at]);
                *limb |= u32::from(found) << (8 * byte);
            }
        }
        if negative {
            let mut carry = true;
            for limb in &mut limbs[..count] {
                let (next, over) = (!*limb).overflowing_add(u32::from(carry));
                (*limb, carry) = (next, over);
            }
        }
        let mut count = count;
        while count > 0 && limbs[count - 1] == 0 {
            count -= 1;
        }
        while count > 0 {
            let mut rest = 0u64;
            for limb in limbs[..count].iter_mut().rev() {
                let both = rest << 32 | u64::from(*limb);
                *limb = (both / 1_000_000_000) as u32;
                rest = both % 1_000_000_000;
            }
            while count > 0 && limbs[count - 1] == 0 {
                count -= 1;
            }
            // Zeros are left out before the first digit only.
            for _ in 0..9 {
                if count == 0 && rest == 0 {
                    break;
                }
                put((rest % 10) as u8);
                rest /= 10;
            }
        }
    }
    // A zero before the point, and all those after it.
    while after <= scale {
        if after == scale && scale > 0 {
            at -= 1;
            room[at] = b'.';
        }
        at -= 1;
        room[at] = b'0';
        after += 1;
    }
    if negative {
        at -= 1;
        room[at] = b'-';
    }
    Some(at)
}

/// A number as it is written: this many of the last bytes of the room.
pub(super) type Whole = [u8; LONGEST];

/// Writes a number with `scale` digits after its point, of at most `precision` digits in all, at the end of `room`; gives
/// how many bytes it has at least, and whether the text has just these digits. None: it is no number, or does not fit.
pub(super) fn bytes_of(text: &[u8], precision: usize, scale: usize, room: &mut Whole) -> Option<(usize, bool)> {
    if let Some(Digits { mantissa, whole, scale: own }) = Digits::of(text)
        && own as usize <= scale
        && whole as usize + scale <= precision.min(DIGITS as usize)
    {
        let bytes = (mantissa * 10i128.pow((scale - own as usize) as u32)).to_be_bytes();
        room[LONGEST - 16..].copy_from_slice(&bytes);
        return Some((needed(&bytes), own as usize == scale));
    }
    let number = Decimal::loose(text)?;
    // The digits of `0.d₁d₂…` times a power of ten: how many come before the point, and how many after it.
    let (len, before) = (number.len() as i64, number.scale);
    let (most, after) = (i64::try_from(precision).ok()?, i64::try_from(scale).ok()?);
    if number.is_zero() {
        room[LONGEST - 1] = 0;
        return Some((1, false));
    }
    if before > most - after || len.checked_sub(before)? > after {
        return None;
    }
    room.fill(0);
    let mut used = 1;
    let zeros = usize::try_from(after - (len - before)).ok()?;
    for digit in number.digits().chain(std::iter::repeat_n(0, zeros)) {
        let mut carry = u32::from(digit);
        for byte in room[LONGEST - used..].iter_mut().rev() {
            carry += u32::from(*byte) * 10;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            used += 1;
            *room.get_mut(LONGEST.checked_sub(used)?)? = carry as u8;
        }
    }
    if number.negative {
        let mut carry = true;
        for byte in room.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let needed = needed(room);
    // With a sign, half as many numbers fit.
    let fits = number.negative == (room[0] >= 0x80);
    fits.then_some((needed, false))
}

/// How many of the last bytes say the same number.
fn needed(bytes: &[u8]) -> usize {
    let filled = if bytes[0] >= 0x80 { 0xff } else { 0 };
    let spare = bytes.windows(2).take_while(|pair| pair[0] == filled && (pair[1] ^ filled) < 0x80).count();
    bytes.len() - spare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_from_text() {
        let made = |text: &str, precision, scale| {
            let mut room = [0x55; LONGEST];
            let (len, same) = bytes_of(text.as_bytes(), precision, scale, &mut room)?;
            Some((room[LONGEST - len..].to_vec(), same))
        };
        for (text, precision, scale, wanted) in [
            ("0", 1, 0, Some((vec![0], true))),
            ("-1", 1, 0, Some((vec![0xff], true))),
            ("127", 3, 0, Some((vec![0x7f], true))),
            ("128", 3, 0, Some((vec![0, 0x80], true))),
            ("-128", 3, 0, Some((vec![0x80], true))),
            ("-129", 3, 0, Some((vec![0xff, 0x7f], true))),
            ("12.34", 4, 2, Some((vec![0x04, 0xd2], true))),
            ("12.3", 4, 2, Some((vec![0x04, 0xce], false))),
            ("12.340", 4, 2, Some((vec![0x04, 0xd2], false))),
            ("1234e-2", 4, 2, Some((vec![0x04, 0xd2], false))),
            ("-0.01", 4, 2, Some((vec![0xff], true))),
            ("12.345", 5, 2, None),
            ("123.45", 4, 2, None),
            ("x", 4, 2, None),
            ("0.00", 4, 2, Some((vec![0], true))),
            ("0e99", 4, 2, Some((vec![0], false))),
        ] {
            assert_eq!(made(text, precision, scale), wanted, "{text} {precision} {scale}");
        }
        // From Python's int.to_bytes.
        let ten = "2cd76fe086b93ce2f768a00b22a00000000000";
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (bytes, _) = made(&format!("1{}", "0".repeat(45)), 46, 0).unwrap();
        assert_eq!(hex(&bytes), ten);
        let (bytes, _) = made(&format!("-1{}", "0".repeat(45)), 46, 0).unwrap();
        assert_eq!(hex(&bytes), "d328901f7946c31d08975ff4dd600000000000");
        assert_eq!(made(&"9".repeat(1240), 2000, 0), None);
        assert!(made(&"9".repeat(1200), 2000, 0).is_some());
    }

    fn text(bytes: &[u8], scale: usize) -> String {
        let mut room = [0; TEXT];
        let at = text_of(bytes, scale, &mut room).unwrap();
        String::from_utf8(room[at..].to_vec()).unwrap()
    }

    #[test]
    fn numbers() {
        // From Python's int.from_bytes.
        for (bytes, scale, wanted) in [
            (&[][..], 0, "0"),
            (&[], 2, "0.00"),
            (&[0], 0, "0"),
            (&[5], 3, "0.005"),
            (&[0xff], 0, "-1"),
            (&[0xff], 2, "-0.01"),
            (&[0x00, 0xff], 1, "25.5"),
            (&[0x80], 0, "-128"),
            (&[0x04, 0xd2], 2, "12.34"),
            (&[0x7f; 16], 0, "169473963133173273960190490760135540607"),
            (&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, "-170141183460469231731687303715884105728"),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 5, "3402823669209384634633746074317682.11456"),
            (&[0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, "-340282366920938463463374607431768211456"),
            (&[0xff; 20], 0, "-1"),
            (&[0; 20], 1, "0.0"),
        ] {
            assert_eq!(text(bytes, scale), wanted, "{bytes:x?}");
        }
        // 10 to the power of 45, whose last digits are all zero.
        let ten = [0x2c, 0xd7, 0x6f, 0xe0, 0x86, 0xb9, 0x3c, 0xe2, 0xf7, 0x68, 0xa0, 0x0b, 0x22, 0xa0, 0, 0, 0, 0, 0];
        assert_eq!(text(&ten, 0), format!("1{}", "0".repeat(45)));
        let longest = [0x80; LONGEST];
        assert!(text(&longest, 1000).len() < TEXT);
        assert_eq!(text_of(&[0; LONGEST + 1], 0, &mut [0; TEXT]), None);
    }
}
