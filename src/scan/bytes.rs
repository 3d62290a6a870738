//! Short texts: comparing them, and what they begin with.

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

#[cfg(test)]
mod tests {
    use super::same;

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
