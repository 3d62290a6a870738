//! Decompressors on anything: they end, without a panic, and piece by piece as from one end to the other.

use std::io::{self, Read};

use pagemill::compress::{Claim, Codec, Opener, Packed, Piece, Splitter, Unpacking, sniff};

use crate::shared::{Choices, LONGEST, shown};

/// More than this is not waited for.
const ENOUGH: usize = 4 << 20;

struct Short(io::Cursor<Vec<u8>>, usize);

impl Read for Short {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let count = output.len().min(self.1);
        self.0.read(&mut output[..count])
    }
}

/// The data, and whether it ended well.
pub(crate) fn unpack(bytes: &[u8], unpacking: &Unpacking, reads: usize) -> (Vec<u8>, Result<(), String>) {
    let reader = Short(io::Cursor::new(bytes.to_vec()), reads);
    let mut output = Vec::new();
    let go = || -> io::Result<()> {
        let mut splitter = Splitter::new(Box::new(reader), unpacking)?;
        let mut opener = Opener::new(unpacking)?;
        let (mut piece, mut block) = (Piece::new(unpacking), vec![0; unpacking.block]);
        let mut turns = 0;
        while output.len() < ENOUGH {
            let len = match splitter.next(&mut piece, &mut block)? {
                Claim::End => {
                    assert_eq!(splitter.offset(), bytes.len() as u64, "bytes were left over");
                    return Ok(());
                }
                Claim::Block(len) => len,
                Claim::Piece => opener.open(&piece, &mut block)?,
            };
            output.extend_from_slice(&block[..len]);
            turns += 1;
            assert!(turns < 100_000, "it does not end");
        }
        Ok(())
    };
    let outcome = go().map_err(|error| error.to_string());
    (output, outcome)
}

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let codec = choices.byte();
    let reads = choices.of(&[1 << 20, 1, 7, 300]);
    let bytes = choices.rest();
    let packed = match codec as usize {
        forced @ 0..5 => Some(Packed::new(Codec::ALL[forced], bytes)),
        _ => sniff(&bytes[..bytes.len().min(pagemill::compress::MAGIC)]),
    };
    // What needs too much memory is refused before.
    let plan = |threads| Unpacking::within(packed?, threads, 64 << 20).ok();
    let (Some(one), Some(two)) = (plan(1), plan(2)) else { return };
    let (whole, ended) = unpack(bytes, &one, reads);
    let (pieces, also) = unpack(bytes, &two, 1 << 20);
    if whole.len() >= ENOUGH || pieces.len() >= ENOUGH {
        return;
    }
    assert_eq!(ended.is_ok(), also.is_ok(), "{ended:?} {also:?} {}", shown(bytes));
    if ended.is_ok() {
        assert!(whole == pieces, "{}", shown(bytes));
    }
}
