//! Numbers as text.

use super::{Decimal, ROOM, SHORT, Small, Wide, power};

impl Decimal {
    /// The text of a short number, in less room than [`text`](Self::text) needs.
    #[inline]
    pub fn short_text(self, room: &mut [u8; SHORT]) -> Option<&[u8]> {
        let Decimal::Small(Small { mantissa, scale }) = self else { return None };
        let mut left = u64::try_from(mantissa.unsigned_abs()).ok().filter(|_| scale < 20)?;
        let mut at = SHORT;
        if scale > 0 {
            for _ in 0..scale {
                at -= 1;
                room[at] = b'0' + (left % 10) as u8;
                left /= 10;
            }
            at -= 1;
            room[at] = b'.';
        }
        // At least one digit before the point.
        loop {
            at -= 1;
            room[at] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        if mantissa < 0 {
            at -= 1;
            room[at] = b'-';
        }
        Some(&room[at..])
    }

    /// The number in plain digits: a minus sign, digits, and if its scale is not zero a point and as many digits.
    pub fn text(self, room: &mut [u8; ROOM]) -> &[u8] {
        let (negative, mut at, scale) = match self {
            Decimal::Small(Small { mantissa, scale }) => {
                (mantissa < 0, put_digits(mantissa.unsigned_abs(), 0, room, ROOM), scale as usize)
            }
            Decimal::Big(big) => {
                let (mut rest, mut at) = (big.coefficient, ROOM);
                let divisor = power(38);
                while rest > Wide::from(u128::MAX) {
                    let (next, piece) = rest.div_rem(divisor);
                    at = put_digits(piece.wrapping_to::<u128>(), 38, room, at);
                    rest = next;
                }
                at = put_digits(rest.wrapping_to::<u128>(), 0, room, at);
                (big.negative, at, big.scale as usize)
            }
        };
        // At least one digit before the point.
        while ROOM - at <= scale {
            at -= 1;
            room[at] = b'0';
        }
        if scale > 0 {
            let point = ROOM - scale;
            room.copy_within(at..point, at - 1);
            at -= 1;
            room[point - 1] = b'.';
        }
        if negative {
            at -= 1;
            room[at] = b'-';
        }
        &room[at..]
    }
}

/// Writes an integer before `end`, in at least `least` digits and at least one; returns where it begins.
fn put_digits(mut number: u128, least: usize, room: &mut [u8; ROOM], end: usize) -> usize {
    let mut at = end;
    let mut put = |digit: u8| {
        at -= 1;
        room[at] = b'0' + digit;
        at
    };
    let mut from = end;
    while number > u128::from(u64::MAX) {
        from = put((number % 10) as u8);
        number /= 10;
    }
    // In 64 bits it is much faster.
    let mut short = number as u64;
    while short > 0 || end - from < least.max(1) {
        from = put((short % 10) as u8);
        short /= 10;
    }
    from
}
