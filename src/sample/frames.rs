//! Frames of bytes, text, JSON, MessagePack or CBOR.

use super::json::Json;
use super::make::{Draw, Make};
use super::packed::Packed;
use super::pen::Pen;
use super::pools;
use super::text::Text;
use crate::error::Error;
use crate::format::Options;
use crate::format::frames::{LONGEST, Payload, Prefix};
use crate::record::binary::{Cbor, MessagePack};

pub(super) struct Frames {
    prefix: Prefix,
    payload: Holds,
}

/// Payloads of bytes are shorter than this.
const MOST_BYTES: usize = 256;

enum Holds {
    /// Payloads are parts of these bytes.
    Bytes(Vec<u8>),
    Text(Text),
    Json(Json),
    Msgpack(Packed<MessagePack>),
    Cbor(Packed<Cbor>),
}

impl Frames {
    pub(super) fn new(options: &Options, seed: u64) -> Result<Frames, Error> {
        if options.frame == Prefix::None {
            return Err(Error::usage("frames without a prefix are only read: ⟨frame⟩ names one"));
        }
        let payload = match options.payload {
            Payload::Bytes => {
                let mut random = pools::pool_random(seed);
                Holds::Bytes((0..1024).flat_map(|_| random.next().to_le_bytes()).collect())
            }
            Payload::Text => Holds::Text(Text::new(seed, false)),
            Payload::Json => Holds::Json(Json::new(false, seed)),
            Payload::Msgpack => Holds::Msgpack(Packed::new(seed)),
            Payload::Cbor => Holds::Cbor(Packed::new(seed)),
            Payload::Protobuf => return Err(no_protobuf()),
        };
        Ok(Frames { prefix: options.frame, payload })
    }
}

/// Its records are what a schema says.
pub(super) fn no_protobuf() -> Error {
    Error::usage(
        "there is no sample of Protobuf, whose records are what a schema says\n  Make one of another format, such as ndjson, and convert it.",
    )
}

impl Make for Frames {
    fn longest(&self) -> usize {
        LONGEST
            + match &self.payload {
                Holds::Bytes(_) => MOST_BYTES,
                Holds::Text(text) => text.longest(),
                Holds::Json(json) => json.longest(),
                Holds::Msgpack(packed) => packed.longest(),
                Holds::Cbor(packed) => packed.longest(),
            }
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        // No payload's length needs more than 16 bits; if a varint turns out longer, the payload is moved.
        let (start, guess) = (pen.at(), self.prefix.width_of(200));
        pen.leave(guess);
        match &self.payload {
            Holds::Bytes(bytes) => {
                let len = draw.random.below(MOST_BYTES as u32) as usize;
                let from = draw.random.below((bytes.len() - MOST_BYTES) as u32) as usize;
                pen.bytes(&bytes[from..from + len]);
            }
            Holds::Text(text) => text.line(draw, pen),
            Holds::Json(json) => json.object(draw, pen),
            Holds::Msgpack(packed) => packed.map(draw, pen),
            Holds::Cbor(packed) => packed.map(draw, pen),
        }
        let mut prefix = [0; LONGEST];
        let len = pen.at() - start - guess;
        let Some(head) = self.prefix.write(len as u64, &mut prefix) else { return };
        if head != guess {
            pen.shift(start + guess, start + head);
        }
        pen.write_at(start, &prefix[..head]);
    }
}
