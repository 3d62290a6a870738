//! NDJSON, JSON, and the payload of frames of JSON.

use super::digits::{push_cents, push_rate, push_zip};
use super::make::{Draw, Make};
use super::pen::{Pen, Text, longest};
use super::pools::{self, Pools};
use crate::scan::json::escape_of;

pub(super) struct Json {
    pools: Pools,
    /// The members of `"tags"`, already written.
    tags: Vec<Text>,
    array: bool,
}

/// What comes before the first record of an array, and after the last.
pub(super) const ARRAY: (&[u8], &[u8]) = (b"[\n", b"\n]\n");

impl Json {
    /// Records followed by line feeds; in an `array`, separated by commas.
    pub(super) fn new(array: bool, seed: u64) -> Json {
        let list = |tags: Vec<&str>| tags.iter().map(|tag| text(Some(tag))).collect::<Vec<_>>().join(&b',');
        let tags = pools::tags(seed).into_iter().map(|tags| Text::new(&list(tags))).collect();
        Json { pools: Pools::new(seed, text), tags, array }
    }

    /// Appends one object.
    #[inline]
    pub(super) fn object(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        let bits = draw.random.next();
        pen.put(b"{\"id\":");
        pen.number(draw.id());
        pen.put(b",\"time\":\"");
        draw.push_time(pen);
        pen.put(b"\",\"price\":");
        push_cents(pen, bits as u32 % 100_000);
        pen.put(b",\"quantity\":");
        pen.number(bits >> 32 & 63);
        pen.put(b",\"rate\":");
        push_rate(pen, draw.random.below(1_000_000), bits >> 40 & 1 == 1);
        match bits >> 41 & 1 == 1 {
            true => pen.put(b",\"active\":true"),
            false => pen.put(b",\"active\":false"),
        }
        pen.put(b",\"name\":");
        pen.text(draw.random.one(&self.pools.names));
        pen.put(b",\"address\":{\"city\":");
        pen.text(draw.random.one(&self.pools.cities));
        pen.put(b",\"zip\":\"");
        push_zip(pen, draw.random.below(100_000));
        pen.put(b"\"},\"tags\":[");
        pen.text(draw.random.one(&self.tags));
        pen.put(b"],\"note\":");
        pen.text(draw.random.one(&self.pools.notes));
        pen.put(b"}");
    }
}

impl Make for Json {
    fn longest(&self) -> usize {
        let pools = &self.pools;
        256 + longest(&pools.names) + longest(&pools.cities) + longest(&pools.notes) + longest(&self.tags)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        if self.array && draw.index > 0 {
            pen.put(b",\n");
        }
        self.object(draw, pen);
        if !self.array {
            pen.put(b"\n");
        }
    }
}

/// A JSON string, or null.
fn text(text: Option<&str>) -> Vec<u8> {
    let Some(text) = text else { return b"null".to_vec() };
    let mut out = vec![b'"'];
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..0x20 => {
                let (escaped, len) = escape_of(byte);
                out.extend_from_slice(&escaped[..len]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}
