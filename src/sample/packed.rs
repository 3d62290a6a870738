//! MessagePack, CBOR, and the payload of frames of these: the records that JSON has.

use std::marker::PhantomData;

use super::make::{Draw, Make};
use super::pen::{Pen, Text, longest};
use super::pools::{self, Pools};
use crate::record::binary::{Of, Wire};

pub(super) struct Packed<W> {
    pools: Pools,
    /// The lists of `tags`, already written.
    tags: Vec<Text>,
    wire: PhantomData<W>,
}

impl<W: Wire> Packed<W> {
    pub(super) fn new(seed: u64) -> Packed<W> {
        let list = |tags: Vec<&str>| {
            let items = tags.iter().flat_map(|tag| text::<W>(Some(tag)));
            W::head(Of::List(tags.len()))
                .iter()
                .flat_map(|head| head.bytes().to_vec())
                .chain(items)
                .collect::<Vec<u8>>()
        };
        let tags = pools::tags(seed).into_iter().map(|tags| Text::new(&list(tags))).collect();
        Packed { pools: Pools::new(seed, text::<W>), tags, wire: PhantomData }
    }

    /// Appends one map.
    #[inline]
    pub(super) fn map(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        let bits = draw.random.next();
        head::<W>(Of::Map(10), pen);
        key::<W>("id", pen);
        head::<W>(Of::UInt(draw.id()), pen);
        key::<W>("time", pen);
        // A time of RFC 3339 with milliseconds.
        head::<W>(Of::Text(24), pen);
        draw.push_time(pen);
        key::<W>("price", pen);
        let cents = bits as u32 % 100_000;
        // As JSON is converted: 1.25 is a binary number, 1.10 has a zero to keep.
        match W::DECIMALS && cents.is_multiple_of(10) {
            true => {
                head::<W>(Of::Tag(4), pen);
                head::<W>(Of::List(2), pen);
                head::<W>(Of::Negative(1), pen);
                head::<W>(Of::UInt(cents.into()), pen);
            }
            false => head::<W>(Of::Float(f64::from(cents) / 100.0), pen),
        }
        key::<W>("quantity", pen);
        head::<W>(Of::UInt(bits >> 32 & 63), pen);
        key::<W>("rate", pen);
        let rate = f64::from(draw.random.below(1_000_000)) / 1e6;
        head::<W>(Of::Float(if bits >> 40 & 1 == 1 { -rate } else { rate }), pen);
        key::<W>("active", pen);
        pen.put(&[W::BOOLS[(bits >> 41 & 1) as usize]]);
        key::<W>("name", pen);
        pen.text(draw.random.one(&self.pools.names));
        key::<W>("address", pen);
        head::<W>(Of::Map(2), pen);
        key::<W>("city", pen);
        pen.text(draw.random.one(&self.pools.cities));
        key::<W>("zip", pen);
        head::<W>(Of::Text(5), pen);
        super::digits::push_zip(pen, draw.random.below(100_000));
        key::<W>("tags", pen);
        pen.text(draw.random.one(&self.tags));
        key::<W>("note", pen);
        pen.text(draw.random.one(&self.pools.notes));
    }
}

impl<W: Wire> Make for Packed<W> {
    fn longest(&self) -> usize {
        let pools = &self.pools;
        256 + longest(&pools.names) + longest(&pools.cities) + longest(&pools.notes) + longest(&self.tags)
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        self.map(draw, pen);
    }
}

#[inline]
fn head<W: Wire>(of: Of, pen: &mut Pen<'_>) {
    if let Some(head) = W::head(of) {
        pen.part(head.room(), head.size());
    }
}

#[inline]
fn key<W: Wire>(key: &str, pen: &mut Pen<'_>) {
    head::<W>(Of::Text(key.len()), pen);
    pen.bytes(key.as_bytes());
}

/// A text, or null.
fn text<W: Wire>(text: Option<&str>) -> Vec<u8> {
    let Some(text) = text else { return vec![W::NULL] };
    let head = W::head(Of::Text(text.len()));
    head.iter().flat_map(|head| head.bytes()).chain(text.as_bytes()).copied().collect()
}
