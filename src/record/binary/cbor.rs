//! The bytes of CBOR (RFC 8949).

use super::head::{Head, half, of_half, single};
use super::skim::{Skim, Skimmed, Steps, more_of};
use super::{Flaw, Item, Of, Wire, chunk, run};
use crate::record::to_number::widen;

/// CBOR.
pub struct Cbor;

/// Ends what has no length of its own.
const BREAK: u8 = 0xff;

const STEPS: Steps = steps();

const fn steps() -> Steps {
    let (mut len, mut more) = ([0; 256], [0; 256]);
    let mut byte = 0;
    while byte < 256 {
        let (major, info) = (byte >> 5, byte as u8 & 31);
        // The bytes of the number in the head.
        let head = match info {
            ..24 => 1,
            24 => 2,
            25 => 3,
            26 => 5,
            27 => 9,
            _ => 0,
        };
        (len[byte], more[byte]) = match major {
            0 | 1 | 7 => (head, 0),
            2 | 3 if info < 24 => (1 + info, 0),
            4 if info < 24 => (1, info),
            5 if info < 24 => (1, 2 * info),
            6 if head > 0 => (head, 1),
            _ => (0, 0),
        };
        byte += 1;
    }
    Steps { len, more }
}

/// The number in the head whose first byte is before `at`, and the place after it.
#[inline(always)]
fn number(data: &[u8], at: usize, first: u8) -> Result<(u64, usize), Flaw> {
    Ok(match first & 31 {
        info @ ..24 => (info.into(), at),
        24 => (chunk::<1>(data, at)?[0].into(), at + 1),
        25 => (u16::from_be_bytes(chunk(data, at)?).into(), at + 2),
        26 => (u32::from_be_bytes(chunk(data, at)?).into(), at + 4),
        27 => (u64::from_be_bytes(chunk(data, at)?), at + 8),
        _ => return Err(Flaw::Byte(first)),
    })
}

/// A head of this type, as short as possible.
#[inline(always)]
fn head(major: u8, number: u64) -> Head {
    let first = major << 5;
    match number {
        0..=23 => Head::one(first | number as u8),
        24..=0xff => Head::with(first | 24, [number as u8]),
        0x100..=0xffff => Head::with(first | 25, (number as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => Head::with(first | 26, (number as u32).to_be_bytes()),
        _ => Head::with(first | 27, number.to_be_bytes()),
    }
}

/// The item of type 7 whose first byte is before `at`.
#[inline]
fn simple(data: &[u8], at: usize, first: u8) -> Result<(Item<'static>, usize), Flaw> {
    Ok(match first & 31 {
        20 => (Item::Bool(false), at),
        21 => (Item::Bool(true), at),
        22 => (Item::Null, at),
        info @ (..20 | 23) => (Item::Simple(info), at),
        24 => match chunk::<1>(data, at)?[0] {
            // RFC 8949, 3.3: those have one byte, or none.
            byte @ ..32 => return Err(Flaw::Byte(byte)),
            byte => (Item::Simple(byte), at + 1),
        },
        25 => (Item::Float(of_half(u16::from_be_bytes(chunk(data, at)?))), at + 2),
        26 => (Item::Float(widen(f32::from_be_bytes(chunk(data, at)?))), at + 4),
        27 => (Item::Float(f64::from_be_bytes(chunk(data, at)?)), at + 8),
        31 => (Item::End, at),
        _ => return Err(Flaw::Byte(first)),
    })
}

impl Wire for Cbor {
    const TITLE: &'static str = "CBOR";
    // Tag 55799: self-described CBOR.
    const MARK: &'static [u8] = b"\xd9\xd9\xf7";
    const DECIMALS: bool = true;
    const NULL: u8 = 0xf6;
    const BOOLS: [u8; 2] = [0xf4, 0xf5];

    #[inline(always)]
    fn item(data: &[u8], at: usize) -> Result<(Item<'_>, usize), Flaw> {
        let first = *data.get(at).ok_or(Flaw::Cut)?;
        let at = at + 1;
        if first >> 5 == 7 {
            return simple(data, at, first);
        }
        if first & 31 == 31 {
            return Ok(match first >> 5 {
                2 => (Item::Parts { text: false }, at),
                3 => (Item::Parts { text: true }, at),
                4 => (Item::List(None), at),
                5 => (Item::Map(None), at),
                _ => return Err(Flaw::Byte(first)),
            });
        }
        let (number, at) = number(data, at, first)?;
        Ok(match first >> 5 {
            0 => (Item::UInt(number), at),
            1 => (Item::Negative(number), at),
            2 => run(data, at, number).map(|(bytes, end)| (Item::Bytes(bytes), end))?,
            3 => run(data, at, number).map(|(text, end)| (Item::Text(text), end))?,
            4 => (Item::List(Some(number)), at),
            5 => (Item::Map(Some(number)), at),
            _ => (Item::Tag(number), at),
        })
    }

    #[inline(always)]
    fn ends(data: &[u8], at: usize) -> bool {
        data.get(at) == Some(&BREAK)
    }

    #[inline]
    fn skim(skim: &mut Skim, data: &[u8], mut at: usize) -> Skimmed {
        loop {
            let mut left = skim.left;
            while left > 0 {
                let Some(first) = data.get(at).copied() else { break };
                let len = usize::from(STEPS.len[usize::from(first)]);
                if len > 0 {
                    left = left - 1 + u64::from(STEPS.more[usize::from(first)]);
                    at += len;
                    continue;
                }
                skim.left = left;
                match first {
                    0x5f | 0x7f | 0x9f | 0xbf => {
                        if !skim.open() {
                            return Skimmed::Deep(at);
                        }
                        (left, at) = (0, at + 1);
                        break;
                    }
                    _ if (0x58..=0xbb).contains(&first) => {}
                    _ => return Skimmed::Broken(at),
                }
                let (len, next) = match number(data, at + 1, first) {
                    Ok(found) => found,
                    Err(Flaw::Cut) => break,
                    Err(_) => return Skimmed::Broken(at),
                };
                left -= 1;
                at = next;
                match first >> 5 {
                    4 => left = more_of(left, len),
                    5 => left = more_of(left, len.saturating_mul(2)),
                    _ => at = at.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)),
                }
            }
            skim.left = left;
            if left > 0 || at > data.len() {
                return Skimmed::Goes(at);
            }
            if skim.outer.is_empty() {
                return Skimmed::Ends(at);
            }
            match data.get(at) {
                None => return Skimmed::Goes(at),
                Some(&BREAK) => {
                    at += 1;
                    skim.left = skim.outer.pop().unwrap_or(0);
                }
                Some(_) => skim.left = 1,
            }
        }
    }

    #[inline(always)]
    fn head(of: Of) -> Option<Head> {
        Some(match of {
            Of::UInt(number) => head(0, number),
            Of::Negative(less) => head(1, less),
            Of::Bytes(len) => head(2, len as u64),
            Of::Text(len) => head(3, len as u64),
            Of::List(len) => head(4, len as u64),
            Of::Map(len) => head(5, len as u64),
            Of::Tag(tag) => head(6, tag),
            Of::Float(number) => match single(number) {
                None => Head::with(0xfb, number.to_bits().to_be_bytes()),
                Some(single) => match half(single) {
                    None => Head::with(0xfa, single.to_bits().to_be_bytes()),
                    Some(half) => Head::with(0xf9, half.to_be_bytes()),
                },
            },
        })
    }
}
