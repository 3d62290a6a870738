//! The bytes of MessagePack.

use super::head::{Head, single};
use super::skim::{Skim, Skimmed, Steps, more_of};
use super::{Flaw, Item, Of, Wire, chunk, run};
use crate::record::to_number::widen;

/// MessagePack.
pub struct MessagePack;

const STEPS: Steps = steps();

const fn steps() -> Steps {
    let (mut len, mut more) = ([0; 256], [0; 256]);
    let mut byte = 0;
    while byte < 256 {
        (len[byte], more[byte]) = match byte {
            0x80..=0x8f => (1, 2 * (byte as u8 & 15)),
            0x90..=0x9f => (1, byte as u8 & 15),
            0xa0..=0xbf => (1 + (byte as u8 & 31), 0),
            0xc1 | 0xc4..=0xc9 | 0xd9..=0xdf => (0, 0),
            0xcc | 0xd0 => (2, 0),
            0xcd | 0xd1 => (3, 0),
            0xca | 0xce | 0xd2 => (5, 0),
            0xcb | 0xcf | 0xd3 => (9, 0),
            0xd4..=0xd8 => (2 + (1 << (byte - 0xd4)), 0),
            _ => (1, 0),
        };
        byte += 1;
    }
    Steps { len, more }
}

/// The length at `at`, of `width` bytes.
#[inline(always)]
fn length(data: &[u8], at: usize, width: usize) -> Result<u64, Flaw> {
    Ok(match width {
        1 => chunk::<1>(data, at)?[0].into(),
        2 => u16::from_be_bytes(chunk(data, at)?).into(),
        _ => u32::from_be_bytes(chunk(data, at)?).into(),
    })
}

#[inline(always)]
fn signed(number: i64) -> Item<'static> {
    if number < 0 { Item::Negative(!number as u64) } else { Item::UInt(number as u64) }
}

impl Wire for MessagePack {
    const TITLE: &'static str = "MessagePack";
    const MARK: &'static [u8] = b"";
    const DECIMALS: bool = false;
    const NULL: u8 = 0xc0;
    const BOOLS: [u8; 2] = [0xc2, 0xc3];

    #[inline(always)]
    fn item(data: &[u8], at: usize) -> Result<(Item<'_>, usize), Flaw> {
        let first = *data.get(at).ok_or(Flaw::Cut)?;
        let at = at + 1;
        let text = |from: usize, len: u64| run(data, from, len).map(|(text, end)| (Item::Text(text), end));
        let bytes = |from: usize, len: u64| run(data, from, len).map(|(bytes, end)| (Item::Bytes(bytes), end));
        let extension = |from: usize, len: u64| {
            let kind = chunk::<1>(data, from)?[0] as i8;
            run(data, from + 1, len).map(|(bytes, end)| (Item::Extension(kind, bytes), end))
        };
        Ok(match first {
            0..=0x7f => (Item::UInt(first.into()), at),
            0x80..=0x8f => (Item::Map(Some((first & 15).into())), at),
            0x90..=0x9f => (Item::List(Some((first & 15).into())), at),
            0xa0..=0xbf => text(at, (first & 31).into())?,
            0xc0 => (Item::Null, at),
            0xc1 => return Err(Flaw::Byte(first)),
            0xc2 => (Item::Bool(false), at),
            0xc3 => (Item::Bool(true), at),
            0xc4..=0xc6 => {
                let width = 1 << (first - 0xc4);
                bytes(at + width, length(data, at, width)?)?
            }
            0xc7..=0xc9 => {
                let width = 1 << (first - 0xc7);
                extension(at + width, length(data, at, width)?)?
            }
            0xca => (Item::Float(widen(f32::from_be_bytes(chunk(data, at)?))), at + 4),
            0xcb => (Item::Float(f64::from_be_bytes(chunk(data, at)?)), at + 8),
            0xcc => (Item::UInt(chunk::<1>(data, at)?[0].into()), at + 1),
            0xcd => (Item::UInt(u16::from_be_bytes(chunk(data, at)?).into()), at + 2),
            0xce => (Item::UInt(u32::from_be_bytes(chunk(data, at)?).into()), at + 4),
            0xcf => (Item::UInt(u64::from_be_bytes(chunk(data, at)?)), at + 8),
            0xd0 => (signed(i8::from_be_bytes(chunk(data, at)?).into()), at + 1),
            0xd1 => (signed(i16::from_be_bytes(chunk(data, at)?).into()), at + 2),
            0xd2 => (signed(i32::from_be_bytes(chunk(data, at)?).into()), at + 4),
            0xd3 => (signed(i64::from_be_bytes(chunk(data, at)?)), at + 8),
            0xd4..=0xd8 => extension(at, 1 << (first - 0xd4))?,
            0xd9..=0xdb => {
                let width = 1 << (first - 0xd9);
                text(at + width, length(data, at, width)?)?
            }
            0xdc | 0xdd => {
                let width = 2 << (first - 0xdc);
                (Item::List(Some(length(data, at, width)?)), at + width)
            }
            0xde | 0xdf => {
                let width = 2 << (first - 0xde);
                (Item::Map(Some(length(data, at, width)?)), at + width)
            }
            0xe0..=0xff => (signed((first as i8).into()), at),
        })
    }

    #[inline(always)]
    fn ends(_: &[u8], _: usize) -> bool {
        false
    }

    #[inline]
    fn skim(skim: &mut Skim, data: &[u8], mut at: usize) -> Skimmed {
        let mut left = skim.left;
        while left > 0 {
            let Some(first) = data.get(at) else { break };
            let first = usize::from(*first);
            let len = usize::from(STEPS.len[first]);
            if len > 0 {
                left = left - 1 + u64::from(STEPS.more[first]);
                at += len;
                continue;
            }
            let (width, kind) = match first {
                0xc4..=0xc6 => (1 << (first - 0xc4), 0),
                0xc7..=0xc9 => (1 << (first - 0xc7), 1),
                0xd9..=0xdb => (1 << (first - 0xd9), 0),
                0xdc | 0xdd => (2 << (first - 0xdc), 2),
                0xde | 0xdf => (2 << (first - 0xde), 3),
                _ => {
                    skim.left = left;
                    return Skimmed::Broken(at);
                }
            };
            let Ok(len) = length(data, at + 1, width) else { break };
            at += 1 + width;
            left -= 1;
            match kind {
                2 => left = more_of(left, len),
                3 => left = more_of(left, 2 * len),
                more => at = at.saturating_add(len as usize + more),
            }
        }
        skim.left = left;
        if left == 0 && at <= data.len() { Skimmed::Ends(at) } else { Skimmed::Goes(at) }
    }

    #[inline(always)]
    fn head(of: Of) -> Option<Head> {
        let sized = |len: usize, first: u8, short: Option<u8>| {
            Some(match (len, short) {
                (..0x100, Some(short)) => Head::with(short, [len as u8]),
                (..0x1_0000, _) => Head::with(first, (len as u16).to_be_bytes()),
                _ => Head::with(first + 1, u32::try_from(len).ok()?.to_be_bytes()),
            })
        };
        Some(match of {
            Of::UInt(number) => match number {
                0..=0x7f => Head::one(number as u8),
                0x80..=0xff => Head::with(0xcc, [number as u8]),
                0x100..=0xffff => Head::with(0xcd, (number as u16).to_be_bytes()),
                0x1_0000..=0xffff_ffff => Head::with(0xce, (number as u32).to_be_bytes()),
                _ => Head::with(0xcf, number.to_be_bytes()),
            },
            Of::Negative(less) => match !(i64::try_from(less).ok()?) {
                number @ -32..=-1 => Head::one(number as u8),
                number @ -0x80..=-33 => Head::with(0xd0, [number as u8]),
                number @ -0x8000..=-0x81 => Head::with(0xd1, (number as i16).to_be_bytes()),
                number @ -0x8000_0000..=-0x8001 => Head::with(0xd2, (number as i32).to_be_bytes()),
                number => Head::with(0xd3, number.to_be_bytes()),
            },
            Of::Float(number) => match single(number) {
                Some(single) => Head::with(0xca, single.to_bits().to_be_bytes()),
                None => Head::with(0xcb, number.to_bits().to_be_bytes()),
            },
            Of::Text(len @ ..32) => Head::one(0xa0 | len as u8),
            Of::Text(len) => sized(len, 0xda, Some(0xd9))?,
            Of::Bytes(len) => sized(len, 0xc5, Some(0xc4))?,
            Of::List(len @ ..16) => Head::one(0x90 | len as u8),
            Of::List(len) => sized(len, 0xdc, None)?,
            Of::Map(len @ ..16) => Head::one(0x80 | len as u8),
            Of::Map(len) => sized(len, 0xde, None)?,
            Of::Tag(_) => return None,
        })
    }
}
