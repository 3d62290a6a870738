//! The smallest and the largest text.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// In place of what is left out.
const REST: &str = "…";

/// Longer texts are cut to this many bytes where they are kept.
pub(crate) const CUT: usize = 256;

/// The smallest and the largest text, by bytes; only the beginnings of long ones are kept.
#[derive(Default)]
pub(crate) struct Texts {
    kept: Option<[Beginning; 2]>,
    /// The first bytes of both.
    low: u64,
    high: u64,
}

/// What is kept of a text, in place: in a sorted column each text is a new end. Whoever is shorter comes first, so one
/// that was cut comes after one that was not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Beginning {
    /// Zeros follow the text.
    bytes: [u8; CUT],
    len: usize,
    pub is_cut: bool,
}

impl Beginning {
    fn of(text: &[u8]) -> Beginning {
        let mut own = Beginning { bytes: [0; CUT], len: text.len().min(CUT), is_cut: text.len() > CUT };
        own.bytes[..own.len].copy_from_slice(&text[..own.len]);
        own
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The text, up to the last whole character, and `…` where the rest is left out.
    pub fn text(&self) -> Vec<u8> {
        let mut text = self.bytes().to_vec();
        if self.is_cut {
            if let Err(error) = std::str::from_utf8(&text)
                && error.error_len().is_none()
            {
                text.truncate(error.valid_up_to());
            }
            text.extend_from_slice(REST.as_bytes());
        }
        text
    }

    /// The Base64 of bytes, and `…` where the rest is left out.
    pub fn encoded(&self) -> String {
        STANDARD.encode(self.bytes()) + if self.is_cut { REST } else { "" }
    }
}

/// The first eight bytes of a text as an integer of the same order.
#[inline(always)]
fn first(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut first = [0; 8];
            first[..text.len()].copy_from_slice(text);
            u64::from_be_bytes(first)
        }
    }
}

impl Texts {
    #[inline(always)]
    pub fn add(&mut self, text: &[u8]) {
        let first = first(text);
        if first <= self.low || first >= self.high {
            self.compare(text);
        }
    }

    #[inline(never)]
    fn compare(&mut self, text: &[u8]) {
        let start = &text[..text.len().min(CUT)];
        let order = |kept: &Beginning| start.cmp(kept.bytes()).then((text.len() > CUT).cmp(&kept.is_cut));
        let (below, above) = match &self.kept {
            None => (true, true),
            Some([min, max]) => (order(min) == Ordering::Less, order(max) == Ordering::Greater),
        };
        if below || above {
            let own = Beginning::of(text);
            let kept = self.kept.get_or_insert_with(|| [own.clone(), own.clone()]);
            if below {
                kept[0] = own.clone();
            }
            if above {
                kept[1] = own;
            }
            (self.low, self.high) = (first(kept[0].bytes()), first(kept[1].bytes()));
        }
    }

    pub fn merge(&mut self, other: Texts) {
        let Some([min, max]) = other.kept else { return };
        let kept = match self.kept.take() {
            None => [min, max],
            Some([own_min, own_max]) => [own_min.min(min), own_max.max(max)],
        };
        (self.low, self.high) = (first(kept[0].bytes()), first(kept[1].bytes()));
        self.kept = Some(kept);
    }

    pub fn min(&self) -> Option<&Beginning> {
        self.kept.as_ref().map(|[min, _]| min)
    }

    pub fn max(&self) -> Option<&Beginning> {
        self.kept.as_ref().map(|[_, max]| max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(texts: &[&[u8]]) -> [Vec<u8>; 2] {
        let mut all = Texts::default();
        texts.iter().for_each(|text| all.add(text));
        [all.min().unwrap().text(), all.max().unwrap().text()]
    }

    #[test]
    fn texts_are_in_the_order_of_their_bytes() {
        assert_eq!(ends(&[b"b"]), [b"b", b"b"]);
        assert_eq!(ends(&[b"abcdefghi", b"abcdefgh", b"", b"z", b"abcdefgh"]), [b"".to_vec(), b"z".to_vec()]);
        assert_eq!(ends(&[b"abcdefghij", b"abcdefghi", b"abcdefghj"]), [b"abcdefghi".to_vec(), b"abcdefghj".to_vec()]);
        assert_eq!(ends(&[b"a\0", b"a"]), [b"a".to_vec(), b"a\0".to_vec()]);
        assert_eq!(ends(&[b"a", b"a\0"]), [b"a".to_vec(), b"a\0".to_vec()]);
    }

    #[test]
    fn long_texts_are_cut_in_any_order() {
        let long = "ü".repeat(200);
        let (whole, more) = (&long.as_bytes()[..CUT], long.as_bytes());
        for texts in [[whole, more], [more, whole]] {
            let [min, max] = ends(&texts);
            assert_eq!(min, whole);
            assert_eq!(max, ["ü".repeat(128), "…".into()].concat().as_bytes());
        }
    }
}
