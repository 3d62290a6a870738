//! The smallest pieces of data: numbers of variable length, and runs of bytes.

use crate::error::RecordError;
use crate::record::varint;

/// Why a value was not read.
#[derive(Debug)]
pub(in crate::format) enum Flaw {
    /// The data ends inside of it.
    Cut,
    /// It is wrong.
    Bad(RecordError),
}

impl From<RecordError> for Flaw {
    fn from(error: RecordError) -> Flaw {
        Flaw::Bad(error)
    }
}

/// The number at `at`, and the place after it.
#[inline(always)]
pub(super) fn long(data: &[u8], at: usize) -> Result<(i64, usize), Flaw> {
    match data.get(at) {
        Some(byte) if *byte < 0x80 => Ok((unzigzag(u64::from(*byte)), at + 1)),
        _ => long_slowly(data, at),
    }
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[inline(never)]
fn long_slowly(data: &[u8], at: usize) -> Result<(i64, usize), Flaw> {
    let mut number = 0u64;
    for place in 0..10 {
        let byte = *data.get(at + place).ok_or(Flaw::Cut)?;
        if place == 9 && byte > 1 {
            break;
        }
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok((unzigzag(number), at + place + 1));
        }
    }
    Err(RecordError::new(at, "a number that is longer than 64 bits").into())
}

/// Appends a number.
pub(in crate::format) fn push_long(number: i64, out: &mut Vec<u8>) {
    let mut room = [0; varint::LONGEST];
    let len = varint::put_signed(number, &mut room);
    out.extend_from_slice(&room[..len]);
}

/// Appends bytes with their length before them.
pub(in crate::format) fn push_run(bytes: &[u8], out: &mut Vec<u8>) {
    push_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// So many bytes at `at`, and the place after them.
#[inline(always)]
pub(super) fn run(data: &[u8], at: usize, len: usize) -> Result<(&[u8], usize), Flaw> {
    let rest = data.get(at..).ok_or(Flaw::Cut)?;
    Ok((rest.get(..len).ok_or(Flaw::Cut)?, at + len))
}

/// Bytes with their length before them, and the place after them.
#[inline(always)]
pub(super) fn bytes(data: &[u8], at: usize) -> Result<(&[u8], usize), Flaw> {
    let (len, from) = long(data, at)?;
    match usize::try_from(len) {
        Ok(len) => run(data, from, len),
        Err(_) => Err(RecordError::new(at, "a length below zero").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_specification() {
        for (number, wanted) in [
            (0i64, &[0x00][..]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (-2, &[0x03]),
            (2, &[0x04]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (i64::MAX, &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            (i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] {
            let mut room = [0; 10];
            let len = varint::put_signed(number, &mut room);
            assert_eq!(&room[..len], wanted);
            assert_eq!(long(wanted, 0).unwrap(), (number, wanted.len()));
            for cut in 0..len {
                assert!(matches!(long(&wanted[..cut], 0), Err(Flaw::Cut)));
            }
        }
        assert!(matches!(long(&[0xff; 10], 0), Err(Flaw::Bad(_))));
        assert!(matches!(bytes(&[0x01, 0x00], 0), Err(Flaw::Bad(_))));
    }
}
