//! Numbers of typed sources as text: the shortest that reads back as the same number.

use crate::scan::number::decimal;

/// Room for the text of any number: 20 bytes for an integer, 24 for a floating-point number.
pub type DigitRoom = [u8; 32];

/// An integer in decimal digits.
#[inline]
pub fn int_text(number: i64, room: &mut DigitRoom) -> &[u8] {
    let len = uint_text(number.unsigned_abs(), room).len();
    let start = room.len() - len - usize::from(number < 0);
    if number < 0 {
        room[start] = b'-';
    }
    &room[start..]
}

/// An integer in decimal digits.
#[inline]
pub fn uint_text(number: u64, room: &mut DigitRoom) -> &[u8] {
    match room.last_chunk_mut() {
        Some(room) => decimal(number, room),
        None => &[],
    }
}

/// A floating-point number the way Rust's `{:?}` writes it: with a point or an exponent, in the fewest digits that read
/// back as the same number.
#[inline]
pub fn float_text(number: f64, room: &mut DigitRoom) -> &[u8] {
    // In this range neither writes an exponent.
    if (1e-4..1e16).contains(&number.abs()) {
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(number).as_bytes();
        // No other decimal of up to 15 digits reads back as the same number. With more digits there can be two, equally
        // near.
        if text.len() <= 15 + 1 + usize::from(number < 0.0) {
            let room = &mut room[..text.len()];
            room.copy_from_slice(text);
            return room;
        }
    }
    any_float_text(number, room)
}

/// The same of a number of 32 bits, whose texts are shorter.
#[inline(never)]
pub fn short_float(number: f32, room: &mut DigitRoom) -> &[u8] {
    use std::io::Write;
    let mut rest = &mut room[..];
    let written = write!(rest, "{number:?}");
    debug_assert!(written.is_ok(), "it always fits");
    let left = rest.len();
    &room[..room.len() - left]
}

#[inline(never)]
fn any_float_text(number: f64, room: &mut DigitRoom) -> &[u8] {
    use std::io::Write;
    let mut rest = &mut room[..];
    let written = write!(rest, "{number:?}");
    debug_assert!(written.is_ok(), "it always fits");
    let left = rest.len();
    &room[..room.len() - left]
}

/// Whether a number is a NaN with more than `NaN` says: a sign, or a payload.
#[inline]
pub fn is_odd_nan(number: f64) -> bool {
    number.is_nan() && number.to_bits() != f64::NAN.to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn same(number: f64) {
        let mut room = [0; 32];
        assert_eq!(std::str::from_utf8(float_text(number, &mut room)).unwrap(), format!("{number:?}"));
    }

    #[test]
    fn integers() {
        for number in [0, 1, -1, 9, 10, -10, i64::MAX, i64::MIN] {
            assert_eq!(int_text(number, &mut [0; 32]), number.to_string().as_bytes());
        }
        assert_eq!(uint_text(u64::MAX, &mut [0; 32]), b"18446744073709551615");
        assert_eq!(uint_text(0, &mut [0; 32]), b"0");
    }

    #[test]
    fn floats_that_are_odd_and_the_edges_of_the_range() {
        let edges = [1e-4_f64, 1e-5, 1e15, 1e16, 1e17, 0.1, 1.0, 9007199254740993.0];
        let near = |edge: f64| [edge, edge.next_up(), edge.next_down()];
        edges.into_iter().flat_map(near).flat_map(|n| [n, -n]).for_each(same);
        let odd = [0.0, -0.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        odd.into_iter().for_each(same);
        // Halfway between two shortest texts: an integer and a power of two that add up to the number exactly.
        let ties = [(2_127_531_558_209_856_u64, 0.25), (1 << 46, 0.125), (1 << 36, 0.015625), (1 << 49, 0.25)];
        let ties = ties.map(|(whole, part)| whole as f64 + part);
        ties.into_iter().flat_map(|n| [n, -n]).for_each(same);
        (0..=100_000).for_each(|cents| same(f64::from(cents) / 100.0));
    }

    proptest! {
        #[test]
        fn floats(bits in any::<u64>(), near in -1e17..1e17, digits in 0_u64..10_000_000_000_000_000, scale in 0..20) {
            same(digits as f64 / 10_f64.powi(scale));
            same(f64::from_bits(bits));
            same(near);
            same(near / 1e20);
        }
    }
}
