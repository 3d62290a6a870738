//! Small numbers as runs of equal ones, or packed in as few bits as they need: "RLE / Bit-Packing Hybrid" of Parquet's
//! specification of encodings.

use crate::record::varint;

/// So many equal numbers make a run.
const RUN: usize = 8;

/// How many bits numbers up to this one need.
pub(super) fn width(most: u32) -> u32 {
    32 - most.leading_zeros()
}

/// Appends numbers of `width` bits each.
pub(super) fn encode<T: Copy + PartialEq + Into<u32>>(numbers: &[T], width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        // All are 0.
        return run(numbers.len(), 0, width, out);
    }
    // Where the numbers begin that are not written yet.
    let (mut from, mut at) = (0, 0);
    while let Some(eight) = numbers.get(at..at + RUN) {
        if eight.iter().any(|number| *number != eight[0]) {
            at += RUN;
            continue;
        }
        let len = RUN + numbers[at + RUN..].iter().take_while(|number| **number == eight[0]).count();
        packed(&numbers[from..at], width, out);
        run(len, eight[0].into(), width, out);
        at += len;
        from = at;
    }
    packed(&numbers[from..], width, out);
}

/// A number that follows itself this many times.
fn run(len: usize, number: u32, width: u32, out: &mut Vec<u8>) {
    if len > 0 {
        header((len as u64) << 1, out);
        out.extend_from_slice(&number.to_le_bytes()[..width.div_ceil(8) as usize]);
    }
}

/// Numbers that are packed, lowest bits first. Zeros fill up to eight of them, which only the last ones need.
fn packed<T: Copy + Into<u32>>(numbers: &[T], width: u32, out: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let groups = numbers.len().div_ceil(RUN);
    header((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * width as usize;
    let (mut bits, mut len) = (0u64, 0);
    for number in numbers {
        bits |= u64::from((*number).into()) << len;
        len += width;
        if len >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            len -= 32;
        }
    }
    out.extend_from_slice(&(bits as u32).to_le_bytes());
    out.resize(end, 0);
}

fn header(number: u64, out: &mut Vec<u8>) {
    let mut room = [0; varint::LONGEST];
    let len = varint::put(number, &mut room);
    out.extend_from_slice(&room[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `count` numbers as the specification says, one bit after another.
    fn decode(mut data: &[u8], width: u32, count: usize) -> Vec<u32> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            let (mut header, mut shift) = (0u64, 0);
            loop {
                let byte = data[0];
                data = &data[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let (value, rest) = data.split_at(width.div_ceil(8) as usize);
                let number = value.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
                numbers.extend(std::iter::repeat_n(number, (header >> 1) as usize));
                data = rest;
            } else {
                let bits = (header >> 1) as usize * 8 * width as usize;
                let bit = |at: usize| u32::from(data[at / 8] >> (at % 8) & 1);
                numbers.extend(
                    (0..bits)
                        .step_by(width as usize)
                        .map(|at| (0..width as usize).rev().fold(0, |number, place| number << 1 | bit(at + place))),
                );
                data = &data[bits / 8..];
            }
        }
        // Only the last run of packed numbers has more than were asked for.
        assert!(data.is_empty() && numbers[count..].iter().all(|number| *number == 0) && numbers.len() < count + 8);
        numbers.truncate(count);
        numbers
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for width in 1..=32 {
            let most = u32::MAX >> (32 - width);
            let mut seed = 7u32;
            let mut next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 7
            };
            for len in (0..40).chain([500, 1000]) {
                let mut numbers = Vec::new();
                while numbers.len() < len {
                    let (number, times) = (next() & most, [1, 1, 1, 7, 8, 9, 40][next() as usize % 7]);
                    numbers.extend(std::iter::repeat_n(number, times));
                }
                numbers.truncate(len);
                let mut out = Vec::new();
                encode(&numbers, width, &mut out);
                assert_eq!(decode(&out, width, len), numbers, "{width} bits");
            }
        }
    }

    #[test]
    fn runs_and_packed_numbers_of_the_specification() {
        // "1-bit packed 0..7" of the specification: 0 to 7 in 3 bits each.
        let mut out = Vec::new();
        encode(&[0u32, 1, 2, 3, 4, 5, 6, 7], 3, &mut out);
        assert_eq!(out, [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        out.clear();
        encode(&[1u8; 100], 1, &mut out);
        assert_eq!(out, [0xc8, 0x01, 1]);
        out.clear();
        encode(&[0u32; 3], 0, &mut out);
        assert_eq!(out, [6]);
        assert_eq!([0, 1, 2, 255, 256].map(width), [0, 1, 2, 8, 9]);
    }
}
