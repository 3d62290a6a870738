//! The first bytes of a value, ready to be written.

/// The first bytes of a value: what it is, and its length or the number itself.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    bytes: [u8; 16],
    len: u8,
}

impl Head {
    /// One byte.
    #[inline(always)]
    pub fn one(byte: u8) -> Head {
        let mut bytes = [0; 16];
        bytes[0] = byte;
        Head { bytes, len: 1 }
    }

    /// A byte and a number of `N` bytes, big endian.
    #[inline(always)]
    pub fn with<const N: usize>(byte: u8, number: [u8; N]) -> Head {
        let mut bytes = [0; 16];
        bytes[0] = byte;
        bytes[1..=N].copy_from_slice(&number);
        Head { bytes, len: 1 + N as u8 }
    }

    /// The bytes.
    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Room for more than the longest head, of which the first [`size`](Self::size) bytes count.
    #[inline(always)]
    pub fn room(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// How many bytes it has.
    #[inline(always)]
    pub fn size(&self) -> usize {
        usize::from(self.len)
    }
}

/// The 32-bit number that has the same value and, if it is not a number, the same bits.
#[inline]
pub fn single(number: f64) -> Option<f32> {
    if number.is_nan() {
        let bits = number.to_bits();
        let fits = bits & 0x1fff_ffff == 0;
        return fits.then(|| f32::from_bits((bits >> 63 << 31) as u32 | 0xff << 23 | (bits >> 29) as u32 & 0x7f_ffff));
    }
    let near = number as f32;
    (f64::from(near) == number).then_some(near)
}

/// The bits of the 16-bit number with the same value.
#[inline]
pub fn half(number: f32) -> Option<u16> {
    let bits = number.to_bits();
    let (sign, exponent, fraction) = ((bits >> 31 << 15) as u16, (bits >> 23 & 0xff) as i32, bits & 0x7f_ffff);
    match exponent {
        0 if fraction == 0 => Some(sign),
        255 if fraction & 0x1fff == 0 => Some(sign | 0x7c00 | (fraction >> 13) as u16),
        113..=142 if fraction & 0x1fff == 0 => Some(sign | ((exponent - 112) << 10) as u16 | (fraction >> 13) as u16),
        // A number below the normal ones: the hidden bit is shifted in.
        103..=112 => {
            let (shift, whole) = (126 - exponent, fraction | 0x80_0000);
            (whole & ((1 << shift) - 1) == 0).then_some(sign | (whole >> shift) as u16)
        }
        _ => None,
    }
}

/// The number that these 16 bits are.
pub fn of_half(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (u64::from(bits >> 15), bits >> 10 & 31, bits & 0x3ff);
    match exponent {
        0 => f64::from(fraction) * 2f64.powi(-24) * if sign == 1 { -1.0 } else { 1.0 },
        31 => f64::from_bits(sign << 63 | 0x7ff << 52 | u64::from(fraction) << 42),
        _ => f64::from_bits(sign << 63 | (u64::from(exponent) + 1008) << 52 | u64::from(fraction) << 42),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_there_and_back() {
        for bits in 0..=u16::MAX {
            let number = of_half(bits);
            let single = single(number).unwrap();
            assert_eq!(half(single), Some(bits), "{bits:x} {number}");
        }
    }

    #[test]
    fn what_does_not_fit() {
        assert_eq!(half(65504.0), Some(0x7bff));
        assert_eq!(half(65520.0), None);
        assert_eq!(half(2f32.powi(-25)), None);
        assert_eq!(half(2f32.powi(-24)), Some(1));
        assert_eq!(half(0.1), None);
        assert_eq!(single(0.1), None);
        assert_eq!(single(1e39), None);
        assert_eq!(single(f64::from_bits(0x7ff0_0000_0000_0001)), None);
    }
}
