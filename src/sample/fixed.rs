//! Fixed records of any layout.

use super::make::{Draw, Make};
use super::pools::Pools;
use crate::error::Error;
use crate::format::Options;
use crate::format::fixed::{Kind, Layout, Order, Pad};

/// The layout when none is given.
pub const LAYOUT: &str = "id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3";

pub(super) struct Fixed {
    layout: Layout,
    /// What each item holds.
    holds: Vec<Holds>,
    /// For each item, text that fits; empty for those that hold none.
    texts: Vec<Vec<Vec<u8>>>,
}

/// What an item of the layout holds, as far as its name and type tell.
#[derive(Clone, Copy)]
enum Holds {
    Id,
    Time,
    Any,
}

impl Fixed {
    pub(super) fn new(options: &Options, seed: u64) -> Result<Fixed, Error> {
        let layout = Layout::parse(options.layout.as_deref().unwrap_or(LAYOUT))?;
        let pools = Pools::new(seed, |text| text.unwrap_or_default().as_bytes().to_vec());
        let holds = |name: &str| match name {
            "id" => Holds::Id,
            "time" => Holds::Time,
            _ => Holds::Any,
        };
        let texts = layout.fields().iter().map(|field| match field.kind {
            Kind::Text(pad) => pools.names.iter().map(|name| padded(name, field.width, pad)).collect(),
            _ => Vec::new(),
        });
        Ok(Fixed {
            holds: layout.fields().iter().map(|field| holds(&field.name)).collect(),
            texts: texts.collect(),
            layout,
        })
    }

    pub(super) fn width(&self) -> usize {
        self.layout.width()
    }
}

/// The longest start of a name that fits, with what stands behind it.
fn padded(name: &[u8], width: usize, pad: Pad) -> Vec<u8> {
    let mut len = name.len().min(width);
    while len > 0 && (name.get(len).is_some_and(|byte| byte & 0xc0 == 0x80) || name[len - 1] == b' ') {
        len -= 1;
    }
    let mut text = name[..len].to_vec();
    // Few columns are wider than this many bytes; the rest is filled in for each record.
    text.resize(width.min(64), if pad == Pad::Space { b' ' } else { 0 });
    text
}

impl Make for Fixed {
    #[inline]
    fn record(&self, draw: &mut Draw, out: &mut Vec<u8>) {
        for (index, field) in self.layout.fields().iter().enumerate() {
            match field.kind {
                Kind::Text(pad) => {
                    let end = out.len() + field.width;
                    out.extend_from_slice(draw.random.text(&self.texts[index]));
                    out.resize(end, if pad == Pad::Space { b' ' } else { 0 });
                }
                Kind::Bytes => bytes(field.width, draw, out),
                Kind::Skip => out.resize(out.len() + field.width, 0),
                Kind::Bool => out.push(draw.random.next() as u8 & 1),
                kind => number(kind, self.holds[index], draw, out),
            }
        }
    }
}

#[inline]
fn bytes(mut width: usize, draw: &mut Draw, out: &mut Vec<u8>) {
    while width > 0 {
        let part = width.min(8);
        out.extend_from_slice(&draw.random.next().to_le_bytes()[..part]);
        width -= part;
    }
}

#[inline]
fn number(kind: Kind, holds: Holds, draw: &mut Draw, out: &mut Vec<u8>) {
    let mut put = |order: Order, little: &[u8]| match order {
        Order::Little => out.extend_from_slice(little),
        Order::Big => out.extend(little.iter().rev()),
    };
    match kind {
        Kind::F32(order) => return put(order, &(draw.random.below(100_000) as f32 / 100.0).to_le_bytes()),
        Kind::F64(order) => return put(order, &(f64::from(draw.random.below(100_000)) / 100.0).to_le_bytes()),
        _ => {}
    }
    let bits = match holds {
        Holds::Id => draw.id(),
        Holds::Time => draw.time(),
        // Mostly small numbers, some of them negative where the type allows it.
        Holds::Any => (draw.random.next() as i64 >> 32 >> (draw.index % 32)) as u64,
    };
    let bits = bits.to_le_bytes();
    match kind {
        Kind::U16(order) | Kind::I16(order) => put(order, &bits[..2]),
        Kind::U32(order) | Kind::I32(order) => put(order, &bits[..4]),
        Kind::U64(order) | Kind::I64(order) => put(order, &bits),
        _ => put(Order::Little, &bits[..1]),
    }
}
