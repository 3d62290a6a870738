//! Removing the white space of a valid JSON text.

use super::Strings;
use crate::scan::vector::{Unit, Vector, Work};

/// Copies JSON text piece by piece, without the white space outside strings.
pub struct Compactor {
    strings: Strings,
}

impl Compactor {
    /// At the start of a value.
    pub fn new() -> Compactor {
        Compactor { strings: Strings::default() }
    }

    /// Copies from the front of `text` into `to` as far as it fits; gives how many bytes were read and
    /// written. Reading stops between blocks of 64 bytes, and a block needs room for 64.
    pub fn copy(&mut self, unit: Unit, text: &[u8], to: &mut [u8]) -> (usize, usize) {
        unit.run(Copy { strings: &mut self.strings, text, to })
    }

    /// The same, from within a [`Work`].
    #[inline(always)]
    pub fn copy_with<V: Vector>(&mut self, v: V, text: &[u8], to: &mut [u8]) -> (usize, usize) {
        Copy { strings: &mut self.strings, text, to }.run(v)
    }
}

impl Default for Compactor {
    fn default() -> Compactor {
        Compactor::new()
    }
}

struct Copy<'c> {
    strings: &'c mut Strings,
    text: &'c [u8],
    to: &'c mut [u8],
}

impl Work for Copy<'_> {
    type Out = (usize, usize);

    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> (usize, usize) {
        let mut strings = *self.strings;
        let (mut read, mut written) = (0, 0);
        let (blocks, rest) = self.text.as_chunks::<64>();
        for block in blocks {
            let Some(into) = self.to[written..].first_chunk_mut() else { break };
            written += one(v, &mut strings, v.load(block), !0, into);
            read += 64;
        }
        if read == self.text.len() - rest.len()
            && let Some(into) = self.to[written..].first_chunk_mut()
        {
            written += one(v, &mut strings, v.load_part(rest), (1 << rest.len()) - 1, into);
            read += rest.len();
        }
        *self.strings = strings;
        (read, written)
    }
}

/// Writes what remains of a block; gives its length.
#[inline(always)]
fn one<V: Vector>(v: V, strings: &mut Strings, block: V::Block, part: u64, into: &mut [u8; 64]) -> usize {
    let found = strings.next(v, v.equal(block, b'"'), v.equal(block, b'\\'));
    let dropped = v.white(block) & !found.inside;
    let keep = !dropped & part;
    if dropped == 0 {
        v.store(block, into);
    } else {
        v.pack(block, keep, into);
    }
    keep.count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(text: &[u8]) -> Vec<u8> {
        let (mut out, mut inside, mut escaped) = (Vec::new(), false, false);
        for &byte in text {
            let quote = byte == b'"' && !escaped;
            if inside || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                out.push(byte);
            }
            inside ^= quote;
            escaped = byte == b'\\' && !escaped;
        }
        out
    }

    #[test]
    fn leaves_out_white_space_outside_strings_only() {
        let text: Vec<u8> = (0..60)
            .map(|n| format!("{{ \"k {n}\" :\t[ {n} ,\r\n\"a \\\" b \\\\\" , \" \\\\\\\" \"], \"e\":{{}} }}\n"))
            .collect::<String>()
            .into_bytes();
        for unit in Unit::available() {
            for start in 0..70 {
                // Any line start is outside strings; cutting the end anywhere is allowed.
                let line = text.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(start).map_or(0, |(at, _)| at + 1);
                let text = &text[line..text.len() - start];
                for size in [64, 65, 100, 1000, 10_000] {
                    let (mut compactor, mut out, mut read, mut to) = (Compactor::new(), vec![], 0, vec![0u8; size]);
                    while read < text.len() {
                        let (r, w) = compactor.copy(unit, &text[read..], &mut to);
                        assert!(r > 0);
                        out.extend_from_slice(&to[..w]);
                        read += r;
                    }
                    assert_eq!(out, expected(text), "{unit:?} {start} {size}");
                }
            }
        }
    }
}
