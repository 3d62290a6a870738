//! Decimal numbers as Avro has them, whole numbers of any size in two's complement, and their text.

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

#[cfg(test)]
mod tests {
    use super::*;

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
