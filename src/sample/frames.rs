//! Frames of bytes, text or JSON.

use super::json::Json;
use super::make::{Draw, Make};
use super::random::Random;
use super::text::Text;
use crate::format::Options;
use crate::format::frames::{LONGEST, Payload, Prefix};

pub(super) struct Frames {
    prefix: Prefix,
    payload: Holds,
}

enum Holds {
    /// Parts of these.
    Bytes(Vec<u8>),
    Text(Text),
    Json(Json),
}

impl Frames {
    pub(super) fn new(options: &Options, seed: u64) -> Frames {
        let payload = match options.payload {
            Payload::Bytes => {
                let mut random = Random::new(seed, u64::MAX);
                Holds::Bytes((0..1024).flat_map(|_| random.next().to_le_bytes()).collect())
            }
            Payload::Text => Holds::Text(Text::new(seed)),
            Payload::Json => Holds::Json(Json::new(false, seed)),
        };
        Frames { prefix: options.frame, payload }
    }
}

impl Make for Frames {
    #[inline]
    fn record(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        // No payload has more than 16 bits of length; a varint that turns out longer moves the payload.
        let start = out.len();
        let mut head = self.prefix.width_of(200);
        out.resize(start + head, 0);
        match &self.payload {
            Holds::Bytes(bytes) => {
                let len = draw.random.below(256) as usize;
                let from = draw.random.below((bytes.len() - 256) as u32) as usize;
                out.extend_from_slice(&bytes[from..from + len]);
            }
            Holds::Text(text) => text.line(draw, out),
            Holds::Json(json) => json.object(draw, out),
        }
        let len = out.len() - start - head;
        let width = self.prefix.width_of(len as u64);
        if width != head {
            out.resize(out.len().max(start + width + len), 0);
            out.copy_within(start + head..start + head + len, start + width);
            out.truncate(start + width + len);
            head = width;
        }
        let mut prefix = [0; LONGEST];
        if self.prefix.write(len as u64, &mut prefix) == Some(head) {
            out[start..start + head].copy_from_slice(&prefix[..head]);
        }
    }
}
