//! What is compressed comes back; cut off or changed it is an error, or it comes back.

use pagemill::compress::{Codec, Compression, Packed, Unpacking};

use crate::shared::{Choices, LONGEST, shown};
use crate::unpack::unpack;

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut choices = Choices::new(data);
    let codec = choices.of(&Codec::ALL);
    let (cut, flip) = (choices.byte(), choices.byte());
    let (place, other) = (usize::from(choices.byte()) << 8 | usize::from(choices.byte()), choices.byte());
    let reads = choices.of(&[1 << 20, 1, 300]);
    let content = choices.rest();
    let compression = Compression::from(codec);
    let mut packed = Vec::new();
    let mut packer = compression.packer().unwrap();
    // Members of any size.
    let (one, two) = content.split_at(content.len().min(usize::from(other) * 16));
    packer.pack(one, &mut packed).unwrap();
    if !two.is_empty() {
        packer.pack(two, &mut packed).unwrap();
    }
    packed.extend_from_slice(compression.ending());
    let check = |bytes: &[u8], whole: bool| {
        for threads in [1, 2] {
            let Ok(plan) = Unpacking::within(Packed::new(codec, bytes), threads, 64 << 20) else {
                assert!(!whole);
                continue;
            };
            let (found, outcome) = unpack(bytes, &plan, reads);
            match outcome {
                Ok(()) => assert!(found == content, "{codec:?} {threads}: {}", shown(bytes)),
                Err(error) => assert!(!whole, "{error}: {}", shown(bytes)),
            }
        }
    };
    check(&packed, true);
    if cut > 0x80 {
        let len = place % packed.len();
        // Members are independent: a cut between them can't be seen, except that gzip's end is marked.
        let plan = Unpacking::within(Packed::new(codec, &packed[..len]), 1, 64 << 20);
        if let Ok(plan) = plan {
            let (found, outcome) = unpack(&packed[..len], &plan, reads);
            assert!(content.starts_with(&found), "{codec:?} cut at {len}");
            assert!(
                outcome.is_err() || (found == one && codec != Codec::Gzip),
                "{codec:?} cut at {len} is not an error"
            );
        }
    } else if flip > 0 {
        let at = place % packed.len();
        packed[at] ^= flip;
        check(&packed, false);
    }
}
