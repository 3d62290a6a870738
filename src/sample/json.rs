//! NDJSON, JSON, and the payload of frames of JSON.

use super::csv::push_zip;
use super::digits::{push, push_cents, push_rate};
use super::make::{Draw, Make};
use super::pools::Pools;

pub(super) struct Json {
    pools: Pools,
    /// The members of `"tags"` ready written.
    tags: Vec<Vec<u8>>,
    array: bool,
}

/// The records of one array: what is before the first, and behind the last.
pub(super) const ARRAY: (&[u8], &[u8]) = (b"[\n", b"\n]\n");

impl Json {
    /// Records with line feeds behind them; of an `array`, with commas between them.
    pub(super) fn new(array: bool, seed: u64) -> Json {
        let pools = Pools::new(seed, text);
        let list = |tags: &Vec<&str>| tags.iter().map(|tag| text(Some(tag))).collect::<Vec<_>>().join(&b',');
        let tags = pools.tags.iter().map(list).collect();
        Json { pools, tags, array }
    }

    /// Appends one object.
    #[inline]
    pub(super) fn object(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        let bits = draw.random.next();
        out.extend_from_slice(b"{\"id\":");
        push(out, draw.id());
        out.extend_from_slice(b",\"time\":\"");
        draw.push_time(out);
        out.extend_from_slice(b"\",\"price\":");
        push_cents(out, bits as u32 % 100_000);
        out.extend_from_slice(b",\"quantity\":");
        push(out, bits >> 32 & 63);
        out.extend_from_slice(b",\"rate\":");
        push_rate(out, draw.random.below(1_000_000), bits >> 40 & 1 == 1);
        out.extend_from_slice(if bits >> 41 & 1 == 1 { b",\"active\":true" } else { b",\"active\":false" });
        out.extend_from_slice(b",\"name\":");
        out.extend_from_slice(draw.random.text(&self.pools.names));
        out.extend_from_slice(b",\"address\":{\"city\":");
        out.extend_from_slice(draw.random.text(&self.pools.cities));
        out.extend_from_slice(b",\"zip\":\"");
        push_zip(out, draw.random.below(100_000));
        out.extend_from_slice(b"\"},\"tags\":[");
        out.extend_from_slice(draw.random.text(&self.tags));
        out.extend_from_slice(b"],\"note\":");
        out.extend_from_slice(draw.random.text(&self.pools.notes));
        out.push(b'}');
    }
}

impl Make for Json {
    #[inline]
    fn record(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        if self.array && draw.index > 0 {
            out.extend_from_slice(b",\n");
        }
        self.object(draw, out);
        if !self.array {
            out.push(b'\n');
        }
    }
}

/// A JSON string, or null.
fn text(text: Option<&str>) -> Vec<u8> {
    let Some(text) = text else { return b"null".to_vec() };
    let mut out = vec![b'"'];
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}
