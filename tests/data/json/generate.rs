//! JSON texts made at random, well formed and otherwise.

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    pub fn pick<'p>(&mut self, from: &[&'p str]) -> &'p str {
        from[self.below(from.len())]
    }
}

const STRINGS: &[&str] = &[
    "",
    "a",
    "id",
    "name",
    "a b",
    "\\\"",
    "\\\\",
    "x\\n\\t\\r\\b\\f\\/",
    "\\u0041",
    "\\ud83d\\ude00",
    "é",
    "日本",
    "😀",
    "{}[]:,",
    "\\\\\\\"",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
    "\\u0000",
    "a.b",
];
const SCALARS: &[&str] = &[
    "0",
    "-0",
    "1.10",
    "1e3",
    "-12.5E-7",
    "123456789012",
    "0.000000000000000000001",
    "true",
    "false",
    "null",
    "7",
    "1E+2",
    "1234567.1234567",
];
const WHITE: &[&str] = &["", "", "", "", " ", "  ", "\t", "\r"];

/// A value, `depth` levels deep at most; with white space of one line.
pub fn value(random: &mut Random, depth: usize, out: &mut String) {
    out.push_str(random.pick(WHITE));
    match random.below(if depth == 0 { 5 } else { 9 }) {
        0..=2 => out.push_str(random.pick(SCALARS)),
        3..=4 => string(random, out),
        5..=6 => map(random, depth, out),
        _ => list(random, depth, out),
    }
    out.push_str(random.pick(WHITE));
}

fn string(random: &mut Random, out: &mut String) {
    out.push('"');
    for _ in 0..random.below(3) {
        out.push_str(random.pick(STRINGS));
    }
    out.push('"');
}

fn list(random: &mut Random, depth: usize, out: &mut String) {
    out.push('[');
    for item in 0..random.below(4) {
        if item > 0 {
            out.push(',');
        }
        value(random, depth - 1, out);
    }
    out.push_str(random.pick(WHITE));
    out.push(']');
}

pub fn map(random: &mut Random, depth: usize, out: &mut String) {
    out.push('{');
    for field in 0..random.below(5) {
        if field > 0 {
            out.push(',');
        }
        out.push_str(random.pick(WHITE));
        string(random, out);
        out.push_str(random.pick(WHITE));
        out.push(':');
        value(random, depth - 1, out);
    }
    out.push_str(random.pick(WHITE));
    out.push('}');
}

/// Changes a few bytes.
pub fn mutate(random: &mut Random, text: &mut Vec<u8>) {
    const BYTES: &[u8] = b"{}[]:,\"\\ \t\r0123456789.-+eEtrufalsn\x00\x0c\x1a\x1f\x7f\x80\xff\xc3\xa9'/";
    for _ in 0..1 + random.below(2) {
        let at = random.below(text.len() + 1);
        let byte = BYTES[random.below(BYTES.len())];
        match random.below(4) {
            0 => text.insert(at, byte),
            1 if at < text.len() => text[at] = byte,
            2 if at < text.len() => drop(text.remove(at)),
            _ => text.truncate(at.max(1)),
        }
    }
}
