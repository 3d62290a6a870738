//! The values of a column, without its nulls.

use std::ops::Range;

/// Values of one physical type.
#[derive(Debug)]
pub(in crate::format::columnar) enum Values {
    Bool(Vec<bool>),
    /// The bits of INT32 and FLOAT.
    Narrow(Vec<u32>),
    /// The bits of INT64 and DOUBLE.
    Wide(Vec<u64>),
    /// FIXED_LEN_BYTE_ARRAY.
    Fixed(Fixed),
    /// BYTE_ARRAY.
    Bytes(Texts),
}

/// Runs of bytes, all of them equally long.
#[derive(Debug, Default)]
pub(in crate::format::columnar) struct Fixed {
    size: usize,
    bytes: Vec<u8>,
}

impl Fixed {
    pub fn new(size: usize) -> Fixed {
        Fixed { size, bytes: Vec::new() }
    }

    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        debug_assert_eq!(bytes.len(), self.size);
        self.bytes.extend_from_slice(bytes);
    }

    pub fn len(&self) -> usize {
        self.bytes.len() / self.size
    }

    /// How long each of them is.
    pub fn size(&self) -> usize {
        self.size
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[index * self.size..][..self.size]
    }

    pub fn iter(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        self.bytes[range.start * self.size..range.end * self.size].chunks_exact(self.size)
    }
}

/// Runs of bytes.
#[derive(Debug, Default)]
pub(in crate::format::columnar) struct Texts {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl Texts {
    /// Adds one. All of them together have less than 4 GiB, as blocks have.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    pub fn iter(&self, range: Range<usize>) -> impl Iterator<Item = &[u8]> {
        let mut start = range.start.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.ends[range].iter().map(move |end| {
            let text = &self.bytes[start..*end as usize];
            start = *end as usize;
            text
        })
    }

    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().map_or(0, |end| *end as usize));
    }
}

impl Values {
    pub fn len(&self) -> usize {
        match self {
            Values::Bool(values) => values.len(),
            Values::Narrow(values) => values.len(),
            Values::Wide(values) => values.len(),
            Values::Fixed(values) => values.len(),
            Values::Bytes(values) => values.len(),
        }
    }

    /// How many bytes these values take in the encoding PLAIN.
    pub fn plain_size(&self, range: Range<usize>) -> usize {
        match self {
            Values::Bool(_) => range.len().div_ceil(8),
            Values::Narrow(_) => 4 * range.len(),
            Values::Wide(_) => 8 * range.len(),
            Values::Fixed(values) => values.size * range.len(),
            Values::Bytes(values) => {
                let place = |index: usize| index.checked_sub(1).map_or(0, |before| values.ends[before] as usize);
                4 * range.len() + place(range.end) - place(range.start)
            }
        }
    }

    /// Appends them in the encoding PLAIN.
    pub fn plain(&self, range: Range<usize>, out: &mut Vec<u8>) {
        match self {
            Values::Bool(values) => out.extend(values[range].chunks(8).map(|eight| {
                eight.iter().enumerate().fold(0, |byte, (place, is_true)| byte | u8::from(*is_true) << place)
            })),
            Values::Narrow(values) => out.extend(values[range].iter().flat_map(|value| value.to_le_bytes())),
            Values::Wide(values) => out.extend(values[range].iter().flat_map(|value| value.to_le_bytes())),
            Values::Fixed(values) => {
                out.extend_from_slice(&values.bytes[range.start * values.size..][..range.len() * values.size])
            }
            Values::Bytes(values) => {
                for value in values.iter(range) {
                    out.extend_from_slice(&(value.len() as u32).to_le_bytes());
                    out.extend_from_slice(value);
                }
            }
        }
    }

    /// Forgets them, and keeps some of their room.
    pub fn clear(&mut self) {
        match self {
            Values::Bool(values) => values.clear(),
            Values::Narrow(values) => values.clear(),
            Values::Wide(values) => values.clear(),
            Values::Fixed(values) => values.bytes.clear(),
            Values::Bytes(values) => values.truncate(0),
        }
    }
}
