//! Numbers of variable length: seven bits a byte, the lowest first (LEB128, as Protobuf and Avro have it).

/// The most bytes of a number.
pub(crate) const LONGEST: usize = 10;

/// Puts a number at the beginning of `room`; returns how many bytes it takes.
#[inline]
pub(crate) fn put(mut number: u64, room: &mut [u8; LONGEST]) -> usize {
    if number < 0x80 {
        room[0] = number as u8;
        return 1;
    }
    let mut at = 0;
    while number >= 0x80 && at < LONGEST - 1 {
        room[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    room[at] = number as u8;
    at + 1
}

/// The same for a number with a sign, which goes into the lowest bit.
#[inline]
pub(crate) fn put_signed(number: i64, room: &mut [u8; LONGEST]) -> usize {
    put((number << 1 ^ number >> 63) as u64, room)
}
