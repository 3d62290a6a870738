//! Files of Avro: the records that JSON has, each in a block of its own, so that any number of them is a file.

use super::make::{Draw, Make};
use super::pen::{Pen, Text, longest};
use super::pools::{self, Pools};
use crate::record::varint;

/// The schema of the records.
const SCHEMA: &str = r#"{"type":"record","name":"Record","fields":[{"name":"id","type":"long"},{"name":"time","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":7,"scale":2}},{"name":"quantity","type":"int"},{"name":"rate","type":"double"},{"name":"active","type":"boolean"},{"name":"name","type":["null","string"]},{"name":"address","type":{"type":"record","name":"Address","fields":[{"name":"city","type":["null","string"]},{"name":"zip","type":"string"}]}},{"name":"tags","type":{"type":"array","items":"string"}},{"name":"note","type":["null","string"]}]}"#;

/// What ends the header and each block.
const MARKER: &[u8; 16] = b"pagemill samples";

pub(super) struct Avro {
    pools: Pools,
    /// The lists of `tags`, already written.
    tags: Vec<Text>,
}

/// Bytes with their length before them.
fn run(bytes: &[u8]) -> Vec<u8> {
    let mut room = [0; 10];
    let len = varint::put_signed(bytes.len() as i64, &mut room);
    [&room[..len], bytes].concat()
}

/// A text, or null.
fn text(text: Option<&str>) -> Vec<u8> {
    match text {
        None => vec![0],
        Some(text) => [&[2][..], &run(text.as_bytes())].concat(),
    }
}

impl Avro {
    pub(super) fn new(seed: u64) -> Avro {
        let list = |tags: Vec<&str>| {
            let mut list = Vec::new();
            if !tags.is_empty() {
                list.push(2 * tags.len() as u8);
                list.extend(tags.iter().flat_map(|tag| run(tag.as_bytes())));
            }
            list.push(0);
            list
        };
        let tags = pools::tags(seed).into_iter().map(|tags| Text::new(&list(tags))).collect();
        Avro { pools: Pools::new(seed, text), tags }
    }

    /// What a file begins with.
    pub(super) fn head() -> Vec<u8> {
        [&b"Obj\x01\x02"[..], &run(b"avro.schema"), &run(SCHEMA.as_bytes()), &[0], MARKER].concat()
    }
}

impl Make for Avro {
    fn longest(&self) -> usize {
        let pools = &self.pools;
        256 + longest(&pools.names) + longest(&pools.cities) + longest(&pools.notes) + longest(&self.tags)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        // One record, and most often two bytes for its length.
        const HEAD: usize = 3;
        let start = pen.at();
        pen.leave(HEAD);
        let mut room = [0; 10];
        let mut number = |number: i64, pen: &mut Pen<'_>| {
            let len = varint::put_signed(number, &mut room);
            pen.part(&room, len);
        };
        let bits = draw.random.next();
        number(draw.id() as i64, pen);
        number(draw.time() as i64, pen);
        pen.put(&[8]);
        pen.put(&(bits as u32 % 100_000).to_be_bytes());
        number((bits >> 32 & 63) as i64, pen);
        let rate = f64::from(draw.random.below(1_000_000)) / 1e6;
        pen.put(&(if bits >> 40 & 1 == 1 { -rate } else { rate }).to_le_bytes());
        pen.put(&[(bits >> 41 & 1) as u8]);
        pen.text(draw.random.one(&self.pools.names));
        pen.text(draw.random.one(&self.pools.cities));
        pen.put(&[10]);
        super::digits::push_zip(pen, draw.random.below(100_000));
        pen.text(draw.random.one(&self.tags));
        pen.text(draw.random.one(&self.pools.notes));
        let len = pen.at() - start - HEAD;
        let mut head = [0; 11];
        head[0] = 2;
        let mut room = [0; 10];
        let width = 1 + varint::put_signed(len as i64, &mut room);
        head[1..].copy_from_slice(&room);
        if width != HEAD {
            pen.shift(start + HEAD, start + width);
        }
        pen.write_at(start, &head[..width]);
        pen.put(MARKER);
    }
}
