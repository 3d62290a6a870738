//! Codecs on their own: there and back, cut, flipped, and what they take.

use std::io::{self, Cursor, Read};
use std::path::Path;

use super::plan::encoder;
use super::sizes::block;
use super::*;
use crate::error::{Error, ErrorClass};

/// Data that is neither too easy nor too hard.
fn data(len: usize) -> Vec<u8> {
    let mut state = 11u64;
    let mut text = Vec::with_capacity(len + 64);
    while text.len() < len {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        text.extend_from_slice(format!("{},{:x},station {}\n", text.len(), state >> 20, state >> 61).as_bytes());
    }
    text.truncate(len);
    text
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 7u64;
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// All members of the data, as a target writes them.
fn pack(compression: Compression, data: &[u8]) -> Vec<u8> {
    let mut packer = compression.packer().unwrap();
    let mut output = Vec::new();
    if data.is_empty() {
        packer.pack(data, &mut output).unwrap();
    }
    for block in data.chunks(block(compression.codec)) {
        packer.pack(block, &mut output).unwrap();
    }
    output.extend_from_slice(compression.ending());
    output
}

/// Reads in pieces of a few bytes, or in large ones.
struct Short(Cursor<Vec<u8>>, usize);

impl Read for Short {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let count = output.len().min(self.1);
        self.0.read(&mut output[..count])
    }
}

fn unpack_by(bytes: &[u8], unpacking: &Unpacking, read: usize) -> io::Result<Vec<u8>> {
    let mut splitter = Splitter::new(Box::new(Short(Cursor::new(bytes.to_vec()), read)), unpacking)?;
    let mut opener = Opener::new(unpacking)?;
    let (mut piece, mut block, mut output) = (Piece::new(unpacking), vec![0; unpacking.block], Vec::new());
    loop {
        let len = match splitter.next(&mut piece, &mut block)? {
            Claim::End => return Ok(output),
            Claim::Block(len) => len,
            Claim::Piece => opener.open(&piece, &mut block)?,
        };
        output.extend_from_slice(&block[..len]);
    }
}

fn unpacking(codec: Codec, bytes: &[u8], threads: usize) -> Unpacking {
    Unpacking::new(Packed::new(codec, bytes), threads, 100_000_000)
}

fn unpack(codec: Codec, bytes: &[u8]) -> io::Result<Vec<u8>> {
    unpack_by(bytes, &unpacking(codec, bytes, 1), 1 << 20)
}

#[test]
fn there_and_back() {
    for codec in Codec::ALL {
        let size = block(codec);
        for content in [vec![], b"x".to_vec(), data(size), data(2 * size + 1), noise(size + 1), vec![0; size]] {
            let packed = pack(codec.into(), &content);
            assert_eq!(sniff(&packed).map(|packed| packed.codec), Some(codec));
            assert!((0..packed.len().min(MAGIC)).all(|len| may_begin(&packed[..len])), "{codec:?}");
            for threads in [1, 2] {
                let unpacking = unpacking(codec, &packed, threads);
                let members = matches!(codec, Codec::Gzip | Codec::Zstd) && threads > 1;
                assert_eq!(unpacking.pieces, members, "{codec:?}");
                for read in [1 << 20, 7] {
                    assert_eq!(unpack_by(&packed, &unpacking, read).unwrap(), content, "{codec:?} {}", content.len());
                }
            }
        }
    }
}

#[test]
fn members_follow_each_other() {
    for codec in Codec::ALL {
        let (one, other) = (data(100_000), noise(3000));
        let both = [pack(codec.into(), &one), pack(codec.into(), b""), pack(codec.into(), &other)].concat();
        for threads in [1, 3] {
            let found = unpack_by(&both, &unpacking(codec, &both, threads), 999).unwrap();
            assert!(found == [one.clone(), other.clone()].concat(), "{codec:?}");
        }
    }
}

/// No beginning of a file is taken for the whole.
#[test]
fn every_cut_is_an_error() {
    for codec in Codec::ALL {
        let content = data(700);
        // Of gzip two members, the last one empty.
        let packed = pack(codec.into(), &content);
        for len in 0..packed.len() {
            for threads in [1, 2] {
                let plan = unpacking(codec, &packed, threads);
                let error = unpack_by(&packed[..len], &plan, 1 << 20).expect_err("cut off");
                let error = Error::read("file", error);
                let text = error.to_string();
                assert!(text.contains("is cut off"), "{codec:?} {len}: {text}");
                assert_eq!(error.class(), ErrorClass::Data);
                assert!(error.position().unwrap().offset <= len as u64, "{codec:?} {len}: {text}");
            }
        }
    }
}

/// A wrong bit is an error, or it changes nothing (a file's name, its time, a flag that means nothing).
#[test]
fn flipped_bits_change_nothing_silently() {
    for codec in Codec::ALL {
        let content = data(300);
        let packed = pack(codec.into(), &content);
        let mut errors = 0;
        for at in 0..packed.len() * 8 {
            let mut flipped = packed.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            for threads in [1, 2] {
                match unpack_by(&flipped, &unpacking(codec, &flipped, threads), 1 << 20) {
                    Ok(found) => assert!(found == content, "{codec:?}: bit {at} changed the data"),
                    Err(_) => errors += 1,
                }
            }
        }
        assert!(errors > packed.len() * 8, "{codec:?}: {errors} errors in {} bytes", packed.len());
    }
}

#[test]
fn what_follows_a_member_is_a_member() {
    for codec in Codec::ALL {
        let packed = pack(codec.into(), b"some text");
        for garbage in [&b"x"[..], b"\0", b"garbage that is longer than any header"] {
            for threads in [1, 2] {
                let both = [&packed, garbage].concat();
                let outcome = unpack_by(&both, &unpacking(codec, &both, threads), 1 << 20);
                let error = Error::read("file", outcome.expect_err("garbage"));
                let text = error.to_string();
                // xz allows zeros in fours.
                assert!(text.contains("what follows the last") || codec == Codec::Xz, "{codec:?}: {text}");
            }
        }
        let error = Error::read("file", unpack(codec, b"plain text").expect_err("plain text"));
        assert!(error.to_string().contains(&format!("this is not {} data", codec.name())), "{error}");
    }
}

/// The same data always gives the same members: a reader gets 64 KiB of gzip at most, and a whole frame of zstd.
#[test]
fn members_say_how_long_they_are() {
    let packed = pack(Codec::Gzip.into(), &noise(3 * gzip::MEMBER));
    let mut at = 0;
    let mut members = 0;
    while at < packed.len() {
        let len = gzip::bgzf_length(&packed[at..]).unwrap();
        assert!(packed[at..].starts_with(&[0x1f, 0x8b, 8, 4]) && len <= 1 << 16);
        at += len;
        members += 1;
    }
    assert_eq!((at, members, &packed[at - 28..]), (packed.len(), 4, &gzip::ENDING[..]));
    let packed = pack(Codec::Zstd.into(), &data(block(Codec::Zstd) + 5));
    let header = zstd::header(&packed).unwrap();
    assert_eq!((header.content, header.window), (Some(512 << 10), 512 << 10));
}

#[test]
fn headers_by_hand() {
    // From the RFC: a window of 1 KiB and 3/8 of it, four bytes of a dictionary's number, two of a size.
    let bytes = [0x28, 0xb5, 0x2f, 0xfd, 0x43, 0x03, 9, 9, 9, 9, 0x10, 0x00];
    let header = zstd::header(&bytes).unwrap();
    assert_eq!((header.len, header.window, header.content), (12, 1024 + 3 * 128, Some(256 + 16)));
    assert_eq!(zstd::header(&bytes[..11]), None);
    assert_eq!(zstd::skipped(&[0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Some(12));
    assert_eq!(sniff(b"PK\x03\x04"), None);
    assert_eq!(sniff(b"BZh91AY is no bzip2"), None);
    assert_eq!(sniff(b"\x1f\x8b"), None);
    assert_eq!(sniff(b""), None);
    assert!((0..8).all(|len| may_begin(&[0x5f, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..len])));
    // It shows early that text is none: a slow source must not be waited for.
    for text in ["i", "{", "\"", "7", "(a", "BZ2", "PK", "\u{4}{"] {
        assert!(!may_begin(text.as_bytes()), "{text}");
    }
}

/// A frame that wants more memory than there is.
#[test]
fn windows_are_limited() {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x98];
    frame.extend_from_slice(&[1, 0, 0]);
    assert_eq!(Packed::new(Codec::Zstd, &frame).window, 1 << 29);
    let plan = Unpacking::new(Packed { window: 1 << 20, ..Packed::new(Codec::Zstd, &frame) }, 1, 16_000_000);
    let error = Error::read("file", unpack_by(&frame, &plan, 1 << 20).expect_err("too large"));
    assert_eq!(error.class(), ErrorClass::Memory);
    assert!(error.to_string().contains("memory_limit"), "{error}");
    assert!(Unpacking::within(Packed::new(Codec::Zstd, &frame), 1, 100_000_000).is_err());
}

/// A frame that claims a window of 16 EB asks for no memory; the error says what is wrong with it.
#[test]
fn windows_that_no_zstd_reads() {
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0], &[0xff; 8][..], &[1, 0, 0]].concat();
    let packed = Packed::new(Codec::Zstd, &frame);
    assert_eq!((packed.window, packed.pieces), (1 << 10, None));
    let plan = Unpacking::within(packed, 2, 100_000_000).unwrap();
    let error = Error::read("file", unpack_by(&frame, &plan, 1 << 20).expect_err("too large"));
    assert_eq!(error.class(), ErrorClass::Data);
    assert!(error.to_string().contains("window of 18446744073709551615 bytes"), "{error}");
}

#[test]
fn encoders_take_no_more_than_planned() {
    for level in 1..=22 {
        let compression = Compression { codec: Codec::Zstd, level };
        let mut packer = zstd::Packer::new(level).unwrap();
        packer.pack(&data(block(Codec::Zstd)), &mut Vec::new()).unwrap();
        let (found, planned) = (packer.memory(), encoder(compression));
        assert!(found <= planned, "level {level} takes {found} bytes, not {planned}");
    }
}

#[test]
fn plans_shrink_as_far_as_they_can() {
    let packed = pack(Codec::Zstd.into(), &data(600_000));
    let mut plan = unpacking(Codec::Zstd, &packed, 4);
    let mut before = usize::MAX;
    assert!(plan.pieces && plan.threads == 4);
    loop {
        assert!(plan.bytes() < before);
        before = plan.bytes();
        assert!(unpack_by(&packed, &plan, 1 << 20).is_ok());
        let Some(less) = plan.less() else { break };
        plan = less;
    }
    assert!(before < 3 << 20, "{before}");
}

#[test]
fn what_the_flags_say() {
    let of = |codec, level| Some(Compress::As(Compression { codec, level }));
    assert_eq!("zstd:19".parse().ok(), of(Codec::Zstd, 19));
    assert_eq!("GZ".parse().ok(), of(Codec::Gzip, 6));
    assert_eq!(("none".parse().ok(), "auto".parse().ok()), (Some(Compress::None), Some(Compress::Auto)));
    for (text, part) in
        [("zip", "gzip, zstd, bzip2, xz, lz4"), ("gzip:0", "1 to 9"), ("lz4:1", "no levels"), ("none:1", "none")]
    {
        let error = text.parse::<Compress>().expect_err(text).to_string();
        assert!(error.starts_with("`compress`: ") && error.contains(part), "{error}");
    }
    assert_eq!("xz".parse().ok(), Some(Decompress::As(Codec::Xz)));
    assert!("xz:3".parse::<Decompress>().is_err());
    assert_eq!(inner_path(Path::new("a/b.csv.GZ")), Path::new("a/b.csv"));
    assert_eq!(inner_path(Path::new("a/b.csv")), Path::new("a/b.csv"));
}

/// A member does not depend on those that were packed before it, whatever their length.
#[test]
fn members_are_those_of_a_new_encoder() {
    let (data, noise) = (data(300_000), noise(70_000));
    let blocks =
        [&data[..100_000], &data[100_000..200_000], &noise[..], &data[..100_000], b"", &noise[..100], b"", &data];
    for codec in Codec::ALL {
        let compression = Compression::from(codec);
        let mut packer = compression.packer().unwrap();
        for (index, block) in blocks.iter().enumerate() {
            let (mut one, mut other) = (Vec::new(), b"before".to_vec());
            compression.packer().unwrap().pack(block, &mut one).unwrap();
            packer.pack(block, &mut other).unwrap();
            assert!(other == [b"before", &one[..]].concat(), "{codec:?} {index}");
        }
    }
}
