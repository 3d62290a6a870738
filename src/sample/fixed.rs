//! Fixed records of any layout.

use super::make::{Draw, Make};
use super::pen::{Pen, Text};
use super::pools;
use crate::error::Error;
use crate::format::Options;
use crate::format::fixed::{Kind, Layout, Order, Pad};

/// The layout when none is given.
pub const LAYOUT: &str = "id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3";

pub(super) struct Fixed {
    layout: Layout,
    /// The content of each item.
    holds: Vec<Holds>,
    /// For each item, texts that fit; none for items that are not text.
    texts: Vec<Vec<Text>>,
}

/// The content of an item, judging by its name and type.
#[derive(Clone, Copy)]
enum Holds {
    Id,
    Time,
    Any,
}

impl Fixed {
    pub(super) fn new(options: &Options) -> Result<Fixed, Error> {
        let layout = Layout::parse(options.layout.as_deref().unwrap_or(LAYOUT))?;
        let holds = |name: &str| match name {
            "id" => Holds::Id,
            "time" => Holds::Time,
            _ => Holds::Any,
        };
        let texts = layout.fields().iter().map(|field| match field.kind {
            Kind::Text(pad) => pools::names().map(|name| padded(name.as_bytes(), field.width, pad)).collect(),
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

/// Texts are stored with padding up to this width; the rest of a wider field is filled.
const READY: usize = 256;

/// The longest start of a name that fits, with its padding.
fn padded(name: &[u8], width: usize, pad: Pad) -> Text {
    let mut len = name.len().min(width);
    while len > 0 && (name.get(len).is_some_and(|byte| byte & 0xc0 == 0x80) || name[len - 1] == b' ') {
        len -= 1;
    }
    let mut text = name[..len].to_vec();
    text.resize(width.min(READY), byte(pad));
    Text::new(&text)
}

fn byte(pad: Pad) -> u8 {
    if pad == Pad::Space { b' ' } else { 0 }
}

impl Make for Fixed {
    fn longest(&self) -> usize {
        self.layout.width()
    }

    #[inline]
    fn record(&self, draw: &mut Draw, pen: &mut Pen<'_>) {
        for (index, field) in self.layout.fields().iter().enumerate() {
            match field.kind {
                Kind::Text(pad) => {
                    pen.text(draw.random.one(&self.texts[index]));
                    if field.width > READY {
                        pen.fill(byte(pad), field.width - READY);
                    }
                }
                Kind::Bytes => bytes(field.width, draw, pen),
                Kind::Skip if field.width <= 8 => pen.part(&[0; 8], field.width),
                Kind::Skip => pen.fill(0, field.width),
                kind => number(kind, field.width, self.holds[index], draw, pen),
            }
        }
    }
}

#[inline]
fn bytes(mut width: usize, draw: &mut Draw, pen: &mut Pen<'_>) {
    while width > 0 {
        let part = width.min(8);
        pen.part(&draw.random.next().to_le_bytes(), part);
        width -= part;
    }
}

#[inline]
fn number(kind: Kind, width: usize, holds: Holds, draw: &mut Draw, pen: &mut Pen<'_>) {
    let bits = match (kind, holds) {
        (Kind::F32(_), _) => u64::from((draw.random.below(100_000) as f32 / 100.0).to_bits()),
        (Kind::F64(_), _) => (f64::from(draw.random.below(100_000)) / 100.0).to_bits(),
        (Kind::Bool, _) => draw.random.next() & 1,
        (_, Holds::Id) => draw.id(),
        (_, Holds::Time) => draw.time(),
        // Mostly small numbers, some of them negative if the type allows it.
        (_, Holds::Any) => (draw.random.next() as i64 >> 32 >> (draw.index % 32)) as u64,
    };
    let big = matches!(
        kind,
        Kind::U16(Order::Big)
            | Kind::U32(Order::Big)
            | Kind::U64(Order::Big)
            | Kind::I16(Order::Big)
            | Kind::I32(Order::Big)
            | Kind::I64(Order::Big)
            | Kind::F32(Order::Big)
            | Kind::F64(Order::Big)
    );
    // The copy takes eight bytes; those after the number are overwritten.
    match big {
        true => pen.part(&(bits << (64 - 8 * width)).to_be_bytes(), width),
        false => pen.part(&bits.to_le_bytes(), width),
    }
}
