//! Text as a JSON string.

use crate::scan::number::{is_json_number, may_be_number, short_is_number};
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

/// Whether a JSON string has to escape something in a text of at most 32 bytes, which is in `short`.
#[inline(always)]
pub fn short_special<V: Vector>(v: V, short: V::Short, len: usize) -> bool {
    v.short_specials(short) & (((1u64 << len) - 1) as u32) != 0
}

/// Writes `text` as a JSON string with its quotes at `to[at..]`, where there must be room for
/// `6 * text.len() + 40` bytes; gives the place after it.
#[inline(always)]
pub fn write_text<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    to[at] = b'"';
    let at = write_escaped(v, text, to, at + 1);
    to[at] = b'"';
    at + 1
}

/// Writes the inside of a JSON string to the front of `to`, where there must be room for
/// `6 * text.len() + 40` bytes; gives its length.
pub fn escape_into(unit: Unit, text: &[u8], to: &mut [u8]) -> usize {
    struct Escape<'t, 'o>(&'t [u8], &'o mut [u8]);
    impl Work for Escape<'_, '_> {
        type Out = usize;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> usize {
            write_escaped(v, self.0, self.1, 0)
        }
    }
    unit.run(Escape(text, to))
}

#[inline(always)]
fn write_escaped<V: Vector>(v: V, text: &[u8], to: &mut [u8], mut at: usize) -> usize {
    if text.len() <= 32 {
        return write_short(v, text, to, at);
    }
    let (blocks, rest) = text.as_chunks::<32>();
    for block in blocks {
        let short = v.short(block);
        if let Some(into) = to[at..].first_chunk_mut::<32>() {
            v.short_store(short, into);
        }
        at = match v.short_specials(short) {
            0 => at + 32,
            bits => escape(v, block, bits, to, at),
        };
    }
    write_short(v, rest, to, at)
}

/// At most 32 bytes.
#[inline(always)]
fn write_short<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    let short = v.short(text);
    if let Some(into) = to[at..].first_chunk_mut::<32>() {
        v.short_store(short, into);
    }
    match v.short_specials(short) & (((1u64 << text.len()) - 1) as u32) {
        0 => at + text.len(),
        bits => escape(v, text, bits, to, at),
    }
}

/// Writes text whose type is not known at `to[at..]`, where there must be room for `6 * text.len() + 40`
/// bytes: as it is if it is exactly a JSON number, else as a string. Gives the place after it.
#[inline(always)]
pub fn write_untyped<V: Vector>(v: V, text: &[u8], to: &mut [u8], at: usize) -> usize {
    // Decided by branches, not masks: the fields of a column are mostly of one kind, so branches are predicted.
    if text.len() > 32 {
        if is_json_number(text) {
            return copy(text, to, at);
        }
    } else if may_be_number(text) {
        let short = v.short(text);
        if short_is_number(v, short, text) {
            if let Some(into) = to[at..].first_chunk_mut::<32>() {
                v.short_store(short, into);
            }
            return at + text.len();
        }
    }
    write_text(v, text, to, at)
}

/// Escapes the bytes that `bits` marks among at most 32 bytes that are already at `to[at..]`. After each, the rest is
/// moved on with a single store.
#[inline(always)]
fn escape<V: Vector>(v: V, text: &[u8], mut bits: u32, to: &mut [u8], mut at: usize) -> usize {
    let mut from = 0;
    while bits != 0 {
        let next = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        at += next - from;
        let (escaped, len) = escape_of(text[next]);
        to[at..at + 6].copy_from_slice(&escaped);
        (at, from) = (at + len, next + 1);
        if let Some(into) = to[at..].first_chunk_mut::<32>() {
            v.short_store(v.short(&text[from..]), into);
        }
    }
    at + text.len() - from
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

    struct Untyped<'t>(&'t [u8]);
    impl Work for Untyped<'_> {
        type Out = Vec<u8>;
        #[inline(always)]
        fn run<V: Vector>(self, v: V) -> Vec<u8> {
            let mut to = vec![b'#'; self.0.len() * 6 + 43];
            let end = write_untyped(v, self.0, &mut to, 3);
            to[3..end].to_vec()
        }
    }

    #[test]
    fn untyped_text_is_a_number_only_if_it_is_exactly_one() {
        for unit in Unit::available() {
            for number in ["0", "-0", "1.10", "1e400", "-12.5E-7", "9", "12345678901234567890123456789012"] {
                assert_eq!(unit.run(Untyped(number.as_bytes())), number.as_bytes());
                let long = format!("{number}.{}", "0".repeat(40));
                let wanted = if number.contains(['.', 'e']) { expected(long.as_bytes()) } else { long.clone().into() };
                assert_eq!(unit.run(Untyped(long.as_bytes())), wanted, "{long}");
            }
            for text in ["", "007", "1.", "+5", "true", "1e", "e", "a e9", "1+1", "-", "--1", "1 ", "\"", "1\n", "1é"]
            {
                assert_eq!(unit.run(Untyped(text.as_bytes())), expected(text.as_bytes()), "{text}");
            }
            for seed in 0..2000 {
                let text = noise(seed, seed as usize % 50);
                let digits: Vec<u8> = text.iter().map(|b| b"0123456789.-e+"[usize::from(*b) % 14]).collect();
                for text in [&text, &digits] {
                    let wanted = if is_json_number(text) { text.clone() } else { expected(text) };
                    assert_eq!(unit.run(Untyped(text)), wanted, "{unit:?} {text:?}");
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
