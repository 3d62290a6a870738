//! What algorithms need of a processor family, and what an algorithm is.

/// Which pairs of a byte and the byte after it are looked for, in tables for half bytes: a pair is found if
/// `low[row]` for the low half and `high[row]` for the high half of the first byte have a bit in common, in one of the
/// two rows, with `next` for the high half of the second byte.
pub struct Pairs {
    pub low: [[u8; 16]; 2],
    pub high: [[u8; 16]; 2],
    pub next: [u8; 16],
}

/// The operations of one processor family. Holding a value proves that this processor has them.
///
/// Masks have a bit for each byte of a block, the lowest one for its first byte.
pub trait Vector: Copy {
    /// 64 bytes.
    type Block: Copy;
    /// 32 bytes.
    type Short: Copy;

    /// Reads 64 bytes.
    fn load(self, bytes: &[u8; 64]) -> Self::Block;
    /// Reads at most 64 bytes; zeros follow them.
    fn load_part(self, bytes: &[u8]) -> Self::Block;
    /// Writes 64 bytes.
    fn store(self, block: Self::Block, into: &mut [u8; 64]);
    /// Writes the first bytes, at most 64.
    #[inline(always)]
    fn store_part(self, block: Self::Block, into: &mut [u8]) {
        let mut whole = [0; 64];
        self.store(block, &mut whole);
        into.copy_from_slice(&whole[..into.len()]);
    }
    /// Where `byte` is.
    fn equal(self, block: Self::Block, byte: u8) -> u64;
    /// Where one of `bytes` is.
    #[inline(always)]
    fn one_of(self, block: Self::Block, [a, b, c]: [u8; 3]) -> u64 {
        self.equal(block, a) | self.equal(block, b) | self.equal(block, c)
    }
    /// Where bytes less than `byte` are.
    fn below(self, block: Self::Block, byte: u8) -> u64;
    /// Where one of the `count` bytes from `first` on is.
    fn within(self, block: Self::Block, first: u8, count: u8) -> u64;
    /// Where one of `0` to `9` is.
    #[inline(always)]
    fn digits(self, block: Self::Block) -> u64 {
        self.within(block, b'0', 10)
    }
    /// Where bytes from 0x80 on are.
    fn high(self, block: Self::Block) -> u64;
    /// Where a byte is that is looked for together with the byte at the same place in `next`.
    fn pairs(self, block: Self::Block, next: Self::Block, pairs: &Pairs) -> u64;
    /// The bytes with bit 5 set: `[` and `]` become `{` and `}`, which no other byte does.
    fn set_bit_5(self, block: Self::Block) -> Self::Block;
    /// Where one of `{ } [ ] : ,` is.
    fn operators(self, block: Self::Block) -> u64;
    /// Where a space, tab, line feed or carriage return is.
    fn white(self, block: Self::Block) -> u64;
    /// Bit *i* of the answer: whether the number of ones in bits 0 to *i* is odd.
    fn parity(self, bits: u64) -> u64;
    /// Writes `base` + the number of each set bit, in order. What follows them in `into` is overwritten too.
    fn positions(self, bits: u64, base: u32, into: &mut [u32; 64]);
    /// Writes for each set bit, in order, a byte that says whether it is set in `ones` too: 1 or 0. What follows
    /// them in `into` is overwritten too.
    fn flags(self, bits: u64, ones: u64, into: &mut [u8; 64]);
    /// Writes the bytes whose bit is set, without gaps. What follows them in `into` is overwritten too.
    fn pack(self, block: Self::Block, keep: u64, into: &mut [u8; 64]);

    /// The 26 ASCII letters from `first` on (`a` or `A`) in the other case, all other bytes as they are.
    fn other_case(self, block: Self::Block, first: u8) -> Self::Block;

    /// The bytes in reverse order.
    fn reverse(self, block: Self::Block) -> Self::Block;

    /// Reads at most 32 bytes; zeros follow them.
    fn short(self, bytes: &[u8]) -> Self::Short;
    /// Reads a text of at most 32 bytes that may be a part of `source`. What follows it is anything: to read on where
    /// the source goes on can take less than to read no more than the text.
    #[inline(always)]
    fn short_near(self, text: &[u8], _source: &[u8]) -> Self::Short {
        self.short(text)
    }
    /// Reads 32 bytes.
    fn short_load(self, bytes: &[u8; 32]) -> Self::Short;
    /// Writes 32 bytes.
    fn short_store(self, short: Self::Short, into: &mut [u8; 32]);
    /// Where `byte` is.
    fn short_equal(self, short: Self::Short, byte: u8) -> u32;
    /// Where one of `bytes` is.
    #[inline(always)]
    fn short_one_of(self, short: Self::Short, [a, b, c]: [u8; 3]) -> u32 {
        self.short_equal(short, a) | self.short_equal(short, b) | self.short_equal(short, c)
    }
    /// Where bytes less than `byte` are.
    fn short_below(self, short: Self::Short, byte: u8) -> u32;

    /// Where both have the same byte.
    fn short_same(self, short: Self::Short, other: Self::Short) -> u32;
    /// Where one of `0` to `9` is.
    #[inline(always)]
    fn short_digits(self, short: Self::Short) -> u32 {
        self.short_below(short, b'9' + 1) & !self.short_below(short, b'0')
    }
    /// Where a JSON string has something other than text: a quote, a backslash, or a byte below 0x20.
    #[inline(always)]
    fn short_specials(self, short: Self::Short) -> u32 {
        self.short_equal(short, b'"') | self.short_equal(short, b'\\') | self.short_below(short, b' ')
    }

    /// Writes at most 32 bytes with each `byte` among them doubled, and gives their number. What follows them in
    /// `into` is overwritten too. After each doubled byte, the rest is moved on with a single store.
    #[inline(always)]
    fn double(self, bytes: &[u8], byte: u8, into: &mut [u8; 96]) -> usize {
        let mut short = self.short(bytes);
        let mut bits = self.short_equal(short, byte) & ((1u64 << bytes.len()) - 1) as u32;
        let (mut from, mut at) = (0, 0);
        loop {
            if let Some(into) = into[at..].first_chunk_mut() {
                self.short_store(short, into);
            }
            if bits == 0 {
                return at + bytes.len() - from;
            }
            let next = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            at += next + 1 - from;
            into[at] = byte;
            (at, from) = (at + 1, next + 1);
            short = self.short(&bytes[from..]);
        }
    }
}

/// `N` bytes from the beginning of `text` on, read on in the `source` that it is a part of; none if there are not that
/// many.
#[inline(always)]
pub(super) fn goes_on<'s, const N: usize>(text: &[u8], source: &'s [u8]) -> Option<&'s [u8; N]> {
    let place = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
    // One comparison for each text: what it is compared with is the same for all texts of a source.
    if place >= (source.len() + 1).saturating_sub(N) {
        return None;
    }
    // SAFETY: `place` is less than `source.len() + 1 - N`, which is not negative, so N bytes of the source begin there.
    Some(unsafe { &*source.as_ptr().add(place).cast() })
}

/// An algorithm over a [`Vector`].
pub trait Work {
    /// What it yields.
    type Out;
    /// Runs it. Implementations are `#[inline(always)]`.
    fn run<V: Vector>(self, vector: V) -> Self::Out;
}
