//! Inputs that nobody would write.

/// A small generator, so that a failure can be had again by its seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }
}

/// Bytes that mean something to one format or another.
pub const TOKENS: [&[u8]; 34] = [
    b"\"",
    b"\"\"",
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"null",
    b"-",
    b"1e",
    b"0",
    b"\\u",
    b"\\ud800",
    b"\xff",
    b"\xe2\x82",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\xef\xbb\xbf",
    b" ",
    b"true",
    b"{\"a\":",
    b"//",
    b"/*",
    b"*/",
    b"'",
    b"[[[[[[[[[[[[[[[[",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
];

/// Changes some bytes.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        let len = random.below(40).min(bytes.len() - at);
        match random.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..at + len)),
            3 => {
                let part = bytes[at..at + len].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
            4 if at < bytes.len() => bytes[at] = random.next() as u8,
            _ => {
                let token = random.one(&TOKENS);
                let times = if random.below(20) == 0 { 1 + random.below(2000) } else { 1 };
                bytes.splice(at..at, token.repeat(times));
            }
        }
    }
}
