//! Whole numbers of more than 64 bits, and their digits.

/// How many bytes a whole number may have, and how many digits: longer ones would take too long, since that grows with
/// the square of their length.
pub const MOST_BYTES: usize = 512;
pub const MOST_DIGITS: usize = 1024;

/// A whole number, in parts that are digits of a large base, the lowest first. Its memory is reused.
#[derive(Default)]
pub struct Big {
    parts: Vec<u32>,
    bytes: Vec<u8>,
}

/// Nine decimal digits.
const NINE: u64 = 1_000_000_000;
const BITS: u64 = 1 << 32;

impl Big {
    /// Room for all that is not refused, so that nothing is allocated later.
    pub fn new() -> Big {
        Big { parts: Vec::with_capacity(256), bytes: Vec::with_capacity(2 * MOST_DIGITS) }
    }

    fn clear(&mut self) {
        self.parts.clear();
        self.bytes.clear();
    }

    /// Multiplies by a number and adds another, in this base.
    fn grow(&mut self, by: u32, add: u32, base: u64) {
        let mut carry = u64::from(add);
        for part in &mut self.parts {
            let sum = u64::from(*part) * u64::from(by) + carry;
            (*part, carry) = ((sum % base) as u32, sum / base);
        }
        while carry > 0 {
            self.parts.push((carry % base) as u32);
            carry /= base;
        }
    }

    /// Takes the number with these bytes, the highest first.
    pub fn set_bytes(&mut self, bytes: &[u8]) {
        self.clear();
        self.more_bytes(bytes);
    }

    /// These bytes follow.
    pub fn more_bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.grow(256, (*byte).into(), NINE));
    }

    /// Adds one.
    pub fn add_one(&mut self) {
        self.grow(1, 1, NINE);
    }

    /// Multiplies by a power of a small number.
    pub fn times(&mut self, factor: u32, power: u32) {
        (0..power).for_each(|_| self.grow(factor, 0, NINE));
    }

    /// Its decimal digits.
    pub fn digits(&mut self) -> &[u8] {
        self.bytes.clear();
        for part in &self.parts {
            let mut part = *part;
            for _ in 0..9 {
                self.bytes.push(b'0' + (part % 10) as u8);
                part /= 10;
            }
        }
        while self.bytes.last() == Some(&b'0') {
            self.bytes.pop();
        }
        if self.bytes.is_empty() {
            self.bytes.push(b'0');
        }
        self.bytes.reverse();
        &self.bytes
    }

    /// The bytes of the number with these decimal digits, the highest first; one less if `less`.
    pub fn bytes_of(&mut self, digits: impl Iterator<Item = u8>, less: bool) -> &[u8] {
        self.clear();
        digits.for_each(|digit| self.grow(10, (digit - b'0').into(), BITS));
        if less {
            // It is not zero.
            for part in &mut self.parts {
                let (smaller, borrowed) = part.overflowing_sub(1);
                *part = smaller;
                if !borrowed {
                    break;
                }
            }
        }
        self.parts.iter().for_each(|part| self.bytes.extend_from_slice(&part.to_le_bytes()));
        while self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        self.bytes.reverse();
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::Big;

    #[test]
    fn there_and_back() {
        let mut big = Big::new();
        for (digits, bytes) in [
            // 2^64, and 10^22 as Python's int.to_bytes gives it.
            ("18446744073709551616", &[1, 0, 0, 0, 0, 0, 0, 0, 0][..]),
            ("10000000000000000000000", &[0x02, 0x1e, 0x19, 0xe0, 0xc9, 0xba, 0xb2, 0x40, 0x00, 0x00]),
            ("255", &[255]),
        ] {
            assert_eq!(big.bytes_of(digits.bytes(), false), bytes);
            big.set_bytes(bytes);
            assert_eq!(big.digits(), digits.as_bytes());
        }
        assert_eq!(big.bytes_of("18446744073709551616".bytes(), true), [255; 8]);
        big.set_bytes(&[255; 8]);
        big.add_one();
        assert_eq!(big.digits(), b"18446744073709551616");
        big.set_bytes(&[]);
        assert_eq!(big.digits(), b"0");
        big.set_bytes(&[3]);
        big.times(5, 20);
        assert_eq!(big.digits(), b"286102294921875");
    }
}
