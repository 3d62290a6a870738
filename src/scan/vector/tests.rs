use super::portable::Portable;
use super::*;

/// Pseudo-random bytes (xorshift), many of them special to JSON.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let special = b"{}[]:,\"\\ \t\n\r\0\x0c\x1a0123456789.-+eEtruefalsn\x1f\x20\x7f\x80\xff";
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    (0..len)
        .map(|_| {
            let r = next();
            if r & 7 == 0 { (r >> 8) as u8 } else { special[(r >> 8) as usize % special.len()] }
        })
        .collect()
}

/// The step of a loop over many cases: all of them, or one in `step` where Miri, which takes a thousand times as long, runs it.
pub(crate) const fn every(step: usize) -> usize {
    if cfg!(miri) { step } else { 1 }
}

/// Everything that a family's operations answer about a block of at most 64 bytes, and what it is a part of.
struct Ask<'t>(&'t [u8], &'t [u8]);

/// A letter, then a digit or a letter from `p` on; a byte from 0xe0 to 0xef, then one from 0x90 to 0x9f.
const PAIRS: Pairs = Pairs {
    low: [[1; 16], [2; 16]],
    high: [[0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]],
    next: [0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0],
};

#[derive(Debug, PartialEq)]
struct Answers {
    masks: Vec<u64>,
    positions: Vec<u32>,
    flags: Vec<u8>,
    packed: Vec<u8>,
    stored: Vec<u8>,
    turned: Vec<u8>,
}

impl Work for Ask<'_> {
    type Out = Answers;
    #[inline(always)]
    fn run<V: Vector>(self, v: V) -> Answers {
        let bytes = self.0;
        let block = v.load_part(bytes);
        let mut masks = vec![v.operators(block), v.white(block), v.digits(block), v.parity(v.operators(block))];
        for byte in 0..=255 {
            masks.push(v.equal(block, byte));
            masks.push(v.below(block, byte));
        }
        masks.extend(
            [(0, 1), (b'0', 10), (9, 5), (b'a', 26), (0x80, 0x40), (200, 100)]
                .map(|(first, count)| v.within(block, first, count)),
        );
        masks.extend([v.high(block), v.pairs(block, v.load_part(bytes.get(1..).unwrap_or_default()), &PAIRS)]);
        let short_text = &bytes[..bytes.len().min(32)];
        let short = v.short(short_text);
        for byte in 0..=255 {
            masks.push(v.short_equal(short, byte).into());
            masks.push(v.short_below(short, byte).into());
        }
        masks.extend([v.short_digits(short), v.short_specials(short)].map(u64::from));
        masks.push(v.short_same(short, v.short_load(&[b','; 32])).into());
        masks.push(v.short_same(short, v.short(&short_text[..short_text.len() / 2])).into());
        // The text is somewhere in a source, and in none.
        let valid = ((1u64 << short_text.len()) - 1) as u32;
        for source in [self.1, &[]] {
            let near = v.short_near(short_text, source);
            masks.push((v.short_equal(near, b',') & valid).into());
            masks.push((v.short_below(near, b',') & valid).into());
        }
        for set in [[b',', b'\n', b'\r'], [0, 255, b'"'], [b'a'; 3]] {
            masks.push(v.one_of(block, set));
            masks.push(v.short_one_of(short, set).into());
        }
        let mut doubled = [0; 96];
        for byte in [b'"', b'a', 0, 255] {
            let len = v.double(short_text, byte, &mut doubled);
            masks.extend([len as u64].into_iter().chain(doubled[..len].iter().map(|byte| u64::from(*byte))));
        }
        let keep = !v.white(block);
        let (mut positions, mut packed, mut stored) = ([0; 64], [0; 64], [0; 96]);
        v.positions(keep, 1000, &mut positions);
        let mut flags = [0; 64];
        v.flags(keep, v.operators(block), &mut flags);
        v.pack(block, keep, &mut packed);
        let (first, rest) = stored.split_first_chunk_mut::<64>().unwrap();
        v.store(block, first);
        v.store_part(block, &mut rest[..bytes.len().min(32)]);
        masks.extend(rest[..32].iter().map(|byte| u64::from(*byte)));
        v.short_store(short, rest.first_chunk_mut().unwrap());
        if let Some(full) = bytes.first_chunk() {
            masks.push(v.operators(v.load(full)));
        }
        let mut turned = [0; 192];
        let blocks = [v.other_case(block, b'a'), v.other_case(block, b'A'), v.reverse(block)];
        turned.as_chunks_mut().0.iter_mut().zip(blocks).for_each(|(into, block)| v.store(block, into));
        let count = keep.count_ones() as usize;
        Answers {
            turned: turned.into(),
            masks,
            positions: positions[..count].into(),
            flags: flags[..count].into(),
            packed: packed[..count].into(),
            stored: stored.into(),
        }
    }
}

#[test]
fn all_families_agree_at_every_alignment_and_length() {
    for seed in (0..40).step_by(every(13)) {
        let mut bytes = noise(seed, 160);
        // Letters, and what is beside them in the table.
        bytes.iter_mut().skip(seed as usize % 7).step_by(7).zip(0x3e..).for_each(|(byte, letter)| *byte = letter);
        for start in (0..64).step_by(every(11)) {
            for len in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64] {
                let part = &bytes[start..start + len];
                let expected = Ask(part, &bytes).run(Portable);
                for unit in Unit::available() {
                    assert!(unit.run(Ask(part, &bytes)) == expected, "{unit:?} {part:?}");
                }
            }
        }
    }
}

#[test]
fn portable_operations_mean_what_they_say() {
    let block = Portable.load_part(b"a{b}[c]:, \t\n\r\x0c\x1a\x00\xff");
    assert_eq!(Portable.operators(block), 0b1_1101_1010);
    assert_eq!(Portable.white(block), 0b1_1110_0000_0000);
    assert_eq!(Portable.parity(0b10010), 0b01110);
    assert_eq!(Portable.below(block, b' ') & 0x1ffff, 0b0_1111_1100_0000_0000);
    let all: Vec<u8> = (0..=255).collect();
    for block in all.as_chunks::<64>().0 {
        assert!(Portable.reverse(*block).iter().eq(block.iter().rev()));
        assert_eq!(Portable.other_case(*block, b'a')[..], block.to_ascii_uppercase());
        assert_eq!(Portable.other_case(*block, b'A')[..], block.to_ascii_lowercase());
    }
    for (text, doubled) in
        [(&b""[..], &b""[..]), (b"\"", b"\"\""), (b"ab\"\"c\"", b"ab\"\"\"\"c\"\""), (&[b'"'; 32], &[b'"'; 64])]
    {
        let mut into = [0; 96];
        let len = Portable.double(text, b'"', &mut into);
        assert_eq!(&into[..len], doubled);
    }
    assert_eq!(Portable.one_of(block, [b'a', b'c', 0xff]) & 0x1ffff, 0b1_0000_0000_0010_0001);
    assert_eq!(Portable.digits(Portable.load_part(b"/09:5\0\xb0")), 0b1_0110);
    assert_eq!(Portable.within(Portable.load_part(b"`az{"), b'a', 26) & 0xf, 0b0110);
    assert_eq!(Portable.high(Portable.load_part(b"\x7f\x80\xffa")), 0b0110);
    let text = b"a1@p q9\xe3\x91\xe3\xa1\xd3\x91";
    assert_eq!(Portable.pairs(Portable.load_part(text), Portable.load_part(&text[1..]), &PAIRS), 0b1010_0101);
    let mut part = [7; 3];
    Portable.store_part(block, &mut part);
    assert_eq!(&part, b"a{b");
    let short = Portable.short(b"0\"9\\/:\x1f ~");
    assert_eq!(Portable.short_digits(short), 0b0101);
    assert_eq!(Portable.short_specials(short) & 0x1ff, 0b0_0100_1010);
    assert_eq!(Portable.short_same(short, Portable.short(b"1\"9\\/:\x1f ~a")), !0b10_0000_0001);
    let (mut positions, mut flags) = ([0; 64], [7; 64]);
    Portable.positions(0b1001 | 1 << 63, 7, &mut positions);
    Portable.flags(0b1001 | 1 << 63, 0b1011, &mut flags);
    assert_eq!(flags[..3], [1, 1, 0]);
    assert_eq!(positions[..3], [7, 10, 70]);
    let mut packed = [0; 64];
    Portable.pack(block, 0b1011, &mut packed);
    assert_eq!(&packed[..3], b"a{}");
}

#[test]
fn families_have_names() {
    for name in FAMILIES {
        assert!(Unit::named(name).0 <= best(), "{name}");
    }
    assert_eq!(Unit::named("portable").0, Choice::Portable);
    for unknown in ["", "avx3", "AVX2"] {
        assert_eq!(Unit::named(unknown).0, best());
    }
    #[cfg(target_arch = "x86_64")]
    {
        assert_eq!(Unit::named("avx2").0, Choice::Avx2.min(best()));
        assert_eq!(Unit::named("avx512").0, Choice::Avx512.min(best()));
        assert_eq!(Unit::named("neon").0, Choice::Portable);
    }
    #[cfg(target_arch = "aarch64")]
    {
        assert_eq!(Unit::named("neon").0, Choice::Neon);
        assert_eq!(Unit::named("avx512").0, Choice::Portable);
    }
}
