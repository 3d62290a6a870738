//! Texts that mean null.

/// Texts that mean null where a field is exactly one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nulls {
    texts: Box<[Box<[u8]>]>,
    /// Bit `n`: one of them has `n` bytes; the last bit is for all longer ones.
    lens: u64,
}

impl Nulls {
    pub fn new(texts: &[String]) -> Nulls {
        let lens = texts.iter().fold(0, |lens, text| lens | bit(text.len()));
        Nulls { texts: texts.iter().map(|text| text.as_bytes().into()).collect(), lens }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a text is one of them.
    #[inline]
    pub fn has(&self, text: &[u8]) -> bool {
        self.lens & bit(text.len()) != 0 && self.texts.iter().any(|null| **null == *text)
    }
}

fn bit(len: usize) -> u64 {
    1 << len.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_exactly_one_of_them() {
        let long = "x".repeat(100);
        let nulls = Nulls::new(&["NA".into(), "\\N".into(), "".into(), long.clone()]);
        for null in ["NA", "\\N", "", &long] {
            assert!(nulls.has(null.as_bytes()), "{null}");
        }
        for text in ["N", "na", "NA ", "\\n", &long[1..], "xxx"] {
            assert!(!nulls.has(text.as_bytes()), "{text}");
        }
        assert!(!Nulls::default().has(b"") && Nulls::default().is_empty() && !nulls.is_empty());
    }
}
