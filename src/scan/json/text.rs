//! Text as a JSON string.

use crate::scan::vector::{Unit, Vector, Work};

/// The offset of the first byte that a JSON string has to escape (`"`, `\`, below 0x20), or the length.
pub fn find_special(unit: Unit, text: &[u8]) -> usize {
    unit.run(Find(text))
}

struct Find<'t>(&'t [u8]);

impl Work for Find<'_> {
    type Out = usize;
    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> usize {
        let (blocks, rest) = self.0.as_chunks::<64>();
        for (index, block) in blocks.iter().enumerate() {
            let bits = special(v, v.load(block));
            if bits != 0 {
                return index * 64 + bits.trailing_zeros() as usize;
            }
        }
        let bits = special(v, v.load_part(rest)) & ((1 << rest.len()) - 1);
        self.0.len() - rest.len() + (bits.trailing_zeros() as usize).min(rest.len())
    }
}

#[inline(always)]
fn special<V: Vector>(v: V, block: V::Block) -> u64 {
    v.equal(block, b'"') | v.equal(block, b'\\') | v.below(block, b' ')
}

#[inline(always)]
fn short_special<V: Vector>(v: V, short: V::Short) -> u32 {
    v.short_equal(short, b'"') | v.short_equal(short, b'\\') | v.short_below(short, b' ')
}

/// Writes `text` as a JSON string with its quotes at `to[at..]`, where there must be room for
/// `6 * text.len() + 40` bytes; gives the place behind it.
#[inline(always)]
pub fn write_text<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    to[at] = b'"';
    let mut at = at + 1;
    let (blocks, rest) = text.as_chunks::<32>();
    for block in blocks {
        let short = v.short(block);
        if let Some(into) = to[at..].first_chunk_mut::<32>() {
            v.short_store(short, into);
        }
        at = match short_special(v, short) {
            0 => at + 32,
            bits => escape(block, bits, to, at),
        };
    }
    let short = v.short(rest);
    if let Some(into) = to[at..].first_chunk_mut::<32>() {
        v.short_store(short, into);
    }
    at = match short_special(v, short) & ((1 << rest.len()) - 1) {
        0 => at + rest.len(),
        bits => escape(rest, bits, to, at),
    };
    to[at] = b'"';
    at + 1
}

/// Writes at most 32 bytes whose `bits` say what has to be escaped.
#[inline(never)]
fn escape(text: &[u8], mut bits: u32, to: &mut [u8], mut at: usize) -> usize {
    let mut done = 0;
    while bits != 0 {
        let next = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        at = copy(&text[done..next], to, at);
        let (escaped, len) = escape_of(text[next]);
        at = copy(&escaped[..len], to, at);
        done = next + 1;
    }
    copy(&text[done..], to, at)
}

#[inline(always)]
fn copy(bytes: &[u8], to: &mut [u8], at: usize) -> usize {
    to[at..at + bytes.len()].copy_from_slice(bytes);
    at + bytes.len()
}

/// How a byte is escaped, and the length of that.
#[inline]
pub fn escape_of(byte: u8) -> ([u8; 6], usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => return ([b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]], 6),
    };
    ([b'\\', short, 0, 0, 0, 0], 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::vector::tests::noise;

    struct Write<'t>(&'t [u8]);
    impl Work for Write<'_> {
        type Out = Vec<u8>;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Vec<u8> {
            let mut to = vec![b'#'; self.0.len() * 6 + 43];
            let end = write_text(v, self.0, &mut to, 3);
            to[3..end].to_vec()
        }
    }

    fn expected(text: &[u8]) -> Vec<u8> {
        let mut out = vec![b'"'];
        for &byte in text {
            match byte {
                b'"' => out.extend(b"\\\""),
                b'\\' => out.extend(b"\\\\"),
                b'\n' => out.extend(b"\\n"),
                b'\r' => out.extend(b"\\r"),
                b'\t' => out.extend(b"\\t"),
                8 => out.extend(b"\\b"),
                12 => out.extend(b"\\f"),
                0..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
                _ => out.push(byte),
            }
        }
        out.push(b'"');
        out
    }

    #[test]
    fn writes_and_finds_at_every_alignment_and_length() {
        let bytes = noise(3, 300);
        let mut plain = vec![b'x'; 300];
        for unit in Unit::available() {
            for len in 0..150 {
                for start in [0, 1, 7, 33] {
                    let text = &bytes[start..start + len];
                    assert_eq!(unit.run(Write(text)), expected(text), "{unit:?} {start} {len}");
                    assert_eq!(unit.run(Write(&plain[..len])), expected(&plain[..len]), "{unit:?} {len}");
                }
                for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
                    plain[len] = special;
                    assert_eq!(find_special(unit, &plain[..len]), len);
                    assert_eq!(find_special(unit, &plain), len);
                    plain[len] = b'x';
                }
            }
        }
    }

    #[test]
    fn every_byte_alone() {
        for byte in 0..=255u8 {
            for unit in Unit::available() {
                assert_eq!(unit.run(Write(&[b'a', byte])), expected(&[b'a', byte]));
            }
        }
    }
}
