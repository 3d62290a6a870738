//! How values are laid out in bytes.

use crate::error::RecordError;

/// A number of 64 bits at `at`, and the place after it; none if the bytes end inside it, or it goes on for too long.
#[inline(always)]
pub fn varint(data: &[u8], at: usize) -> Option<(u64, usize)> {
    match data.get(at..) {
        Some([one, ..]) if *one < 0x80 => Some((u64::from(*one), at + 1)),
        Some([one, two, ..]) if *two < 0x80 => Some((u64::from(*one & 0x7f) | u64::from(*two) << 7, at + 2)),
        Some(rest) => long(rest, at),
        None => None,
    }
}

#[inline(never)]
fn long(rest: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for (place, byte) in rest.iter().take(10).enumerate() {
        // The last byte has one bit of 64; parsers leave the others out.
        number |= u64::from(byte & 0x7f) << (7 * place as u32);
        if *byte < 0x80 {
            return Some((number, at + place + 1));
        }
    }
    None
}

/// How many bytes a number takes.
#[inline]
pub fn width_of(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// Kinds of layouts.
pub const VARINT: u8 = 0;
pub const FIXED64: u8 = 1;
pub const BYTES: u8 = 2;
pub const BEGIN_GROUP: u8 = 3;
pub const END_GROUP: u8 = 4;
pub const FIXED32: u8 = 5;

/// How deep groups may be in each other. To find the end of one, all inside is gone over.
const GROUPS: usize = 100;

/// The number and the layout of the field at `at`, and the place after its tag.
#[inline(always)]
pub fn tag(data: &[u8], at: usize) -> Result<(u32, u8, usize), RecordError> {
    match varint(data, at) {
        Some((tag, next)) if tag >> 3 != 0 && tag >> 32 == 0 => Ok(((tag >> 3) as u32, (tag & 7) as u8, next)),
        Some(_) => Err(no_field(at)),
        None => Err(cut(at, data.len())),
    }
}

/// A number of 8 bytes.
#[inline(always)]
pub fn fixed64(data: &[u8], at: usize) -> Option<(u64, usize)> {
    Some((u64::from_le_bytes(*data.get(at..)?.first_chunk()?), at + 8))
}

/// A number of 4 bytes.
#[inline(always)]
pub fn fixed32(data: &[u8], at: usize) -> Option<(u64, usize)> {
    Some((u64::from(u32::from_le_bytes(*data.get(at..)?.first_chunk()?)), at + 4))
}

/// Bytes with their length: where they begin and end.
#[inline(always)]
pub fn run(data: &[u8], at: usize) -> Result<(usize, usize), RecordError> {
    let Some((len, from)) = varint(data, at) else { return Err(cut(at, data.len())) };
    match usize::try_from(len).ok().and_then(|len| from.checked_add(len)) {
        Some(end) if end <= data.len() => Ok((from, end)),
        _ => Err(too_long(at, len, data.len() - from)),
    }
}

/// The place after the value at `at` of a field, for values that are passed over.
#[inline]
pub fn skip(data: &[u8], at: usize, number: u32, layout: u8) -> Result<usize, RecordError> {
    match layout {
        VARINT => varint(data, at).map(|(_, end)| end).ok_or_else(|| cut(at, data.len())),
        FIXED64 => fixed64(data, at).map(|(_, end)| end).ok_or_else(|| cut(at, data.len())),
        FIXED32 => fixed32(data, at).map(|(_, end)| end).ok_or_else(|| cut(at, data.len())),
        BYTES => run(data, at).map(|(_, end)| end),
        BEGIN_GROUP => group(data, at, number).map(|(_, end)| end),
        _ => Err(no_layout(at, layout)),
    }
}

/// The end of what is inside a group that begins at `at`, and the place after the group.
pub fn group(data: &[u8], mut at: usize, number: u32) -> Result<(usize, usize), RecordError> {
    let mut open = [0u32; GROUPS];
    open[0] = number;
    let mut depth = 1;
    while at < data.len() {
        let (number, layout, next) = tag(data, at)?;
        match layout {
            BEGIN_GROUP if depth == GROUPS => return Err(too_many_groups(at)),
            BEGIN_GROUP => {
                open[depth] = number;
                depth += 1;
                at = next;
            }
            END_GROUP if open[depth - 1] != number => return Err(other_group(at)),
            END_GROUP if depth == 1 => return Ok((at, next)),
            END_GROUP => {
                depth -= 1;
                at = next;
            }
            _ => at = skip(data, next, number, layout)?,
        }
    }
    Err(cut(at, data.len()))
}

/// The error for a message whose bytes end too early.
#[cold]
#[inline(never)]
pub fn cut(at: usize, end: usize) -> RecordError {
    let reason = match end.saturating_sub(at) {
        10.. => "a number goes on for more than ten bytes",
        _ => "the message ends inside a field",
    };
    RecordError::new(at, reason).hint(DAMAGED)
}

#[cold]
#[inline(never)]
fn too_long(at: usize, len: u64, left: usize) -> RecordError {
    RecordError::new(at, format!("a field says that it has {len} bytes, but the message has only {left} more"))
        .hint(DAMAGED)
}

#[cold]
#[inline(never)]
fn no_field(at: usize) -> RecordError {
    RecordError::new(at, "there is no field where one was expected").hint(DAMAGED)
}

#[cold]
#[inline(never)]
pub fn no_layout(at: usize, layout: u8) -> RecordError {
    let reason = match layout {
        END_GROUP => "a group ends that did not begin",
        _ => "a field has a layout that Protobuf does not have",
    };
    RecordError::new(at, reason).hint(DAMAGED)
}

#[cold]
fn other_group(at: usize) -> RecordError {
    RecordError::new(at, "another group ends than the one that began last").hint(DAMAGED)
}

#[cold]
fn too_many_groups(at: usize) -> RecordError {
    RecordError::new(at, format!("groups are in each other more than {GROUPS} deep"))
}

pub const DAMAGED: &str = "The input is damaged there, or it is not a message of this kind: ⟨message⟩ names another.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::varint::put;

    #[test]
    fn numbers_there_and_back() {
        for (number, bytes) in [
            (0, &[0u8][..]),
            (1, &[1]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (150, &[0x96, 1]),
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 1]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut room = [0; 10];
            let len = put(number, &mut room);
            assert_eq!((&room[..len], len), (bytes, width_of(number)));
            assert_eq!(varint(bytes, 0), Some((number, len)));
            for cut in 0..len {
                assert_eq!(varint(&bytes[..cut], 0), None);
            }
        }
        // More bytes than needed are read all the same, but not more than ten.
        assert_eq!(varint(&[0x81, 0x80, 0], 0), Some((1, 3)));
        assert_eq!(varint(&[0x80; 11], 0), None);
    }

    #[test]
    fn groups_end_where_they_began() {
        // Field 1 as a group with field 2 = 5 inside, and a group inside.
        assert_eq!(group(b"\x10\x05\x1b\x1c\x0c\x08", 0, 1), Ok((4, 5)));
        assert!(group(b"\x10\x05\x14", 0, 1).unwrap_err().reason.contains("another group"));
        assert!(group(b"\x10\x05", 0, 1).unwrap_err().reason.contains("ends inside"));
        let deep = [0x0b].repeat(200);
        assert!(group(&deep, 0, 1).unwrap_err().reason.contains("100 deep"));
        assert!(tag(b"\x00", 0).is_err() && tag(b"\x80\x80\x80\x80\x10", 0).is_err());
        assert_eq!(tag(b"\xfa\xff\xff\xff\x0f", 0), Ok(((1 << 29) - 1, 2, 5)));
        assert!(run(b"\x05abc", 0).unwrap_err().reason.contains("says that it has 5 bytes"));
        assert!(run(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0).is_err());
    }
}
