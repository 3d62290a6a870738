//! Short texts: comparing them, what they begin with, and whether a few bytes are in them.

/// Whether two texts are equal; for keys, which are short, so that a call of memcmp costs more than the bytes.
#[inline(always)]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 16 {
        return a == b;
    }
    if let (Some(first), Some(other)) = (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        let ends = u64::from_le_bytes(*first) ^ u64::from_le_bytes(*other);
        return ends == 0 && a.last_chunk::<8>() == b.last_chunk();
    }
    if let (Some(first), Some(other)) = (a.first_chunk::<4>(), b.first_chunk::<4>()) {
        return first == other && a.last_chunk::<4>() == b.last_chunk();
    }
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// Whether a field at the start of a file would be taken for a byte order mark.
#[inline]
pub fn may_be_mark(field: &[u8]) -> bool {
    [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| field.starts_with(mark))
}

/// Five bytes that are looked for in short texts, eight bytes at a time: a call of memchr costs more than most of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyOf([u64; 5]);

impl AnyOf {
    /// These bytes, of which some may be the same.
    pub fn new(bytes: [u8; 5]) -> AnyOf {
        AnyOf(bytes.map(each))
    }

    /// Whether one of them is in a text.
    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        let (eights, tail) = text.as_chunks::<8>();
        if eights.iter().any(|eight| self.is_one(u64::from_le_bytes(*eight))) {
            return true;
        }
        match (tail, text.last_chunk::<8>()) {
            ([], _) => false,
            (_, Some(last)) => self.is_one(u64::from_le_bytes(*last)),
            ([first, ..], None) => {
                let mut last = [*first; 8];
                match (tail.first_chunk::<4>(), tail.last_chunk::<4>()) {
                    (Some(first), Some(end)) => {
                        last[..4].copy_from_slice(first);
                        last[4..].copy_from_slice(end);
                    }
                    _ => (last[1], last[2]) = (tail[tail.len() / 2], tail[tail.len() - 1]),
                }
                self.is_one(u64::from_le_bytes(last))
            }
        }
    }

    /// Whether one of eight bytes is one of them: the least byte that is zero is found without fail by borrowing.
    #[inline(always)]
    fn is_one(&self, eight: u64) -> bool {
        let mut found = 0;
        for byte in self.0 {
            let other = eight ^ byte;
            found |= other.wrapping_sub(each(1)) & !other;
        }
        found & each(0x80) != 0
    }
}

/// Eight times this byte.
pub(super) const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

#[cfg(test)]
mod tests {
    use super::{AnyOf, same};

    #[test]
    fn five_bytes_are_found_wherever_they_are() {
        let any = AnyOf::new([b',', b'\n', b'\r', b'"', 0xff]);
        for len in 0..40 {
            for other in [0, 1, b'+', b'-', b'!', b'#', 0x80, 0xfe, 0x0b] {
                let mut text = vec![other; len];
                assert!(!any.is_in(&text), "{len} {other}");
                for at in 0..len {
                    for byte in [b',', b'\n', b'\r', b'"', 0xff] {
                        text[at] = byte;
                        assert!(any.is_in(&text), "{len} {at} {byte}");
                    }
                    text[at] = other;
                }
            }
        }
    }

    #[test]
    fn sees_every_byte() {
        let text: Vec<u8> = (0..40).collect();
        for len in 0..40 {
            let mut other = text[..len].to_vec();
            assert!(same(&text[..len], &other));
            assert!(!same(&text[..len + 1], &other));
            for at in 0..len {
                other[at] ^= 1;
                assert!(!same(&text[..len], &other), "{len} {at}");
                other[at] ^= 1;
            }
        }
    }
}
