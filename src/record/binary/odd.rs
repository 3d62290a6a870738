//! Values that records have no type for: tags of CBOR, extensions of MessagePack.

use super::big::MOST_BYTES;
use super::dates::{LONGEST, moment};
use super::number::decimal_text;
use super::{Flaw, Item, Reader, Wire, chunk};
use crate::error::RecordError;
use crate::record::digits::uint_text;
use crate::record::{Batch, LossyKind, Value};

/// A value, and the place after it.
type Found<'a> = Option<(Value<'a>, usize)>;

/// The most that a power of two may be.
const MOST_POWER: u64 = 1100;

/// A text in the arena.
fn copied<'a>(text: &[u8], at: usize, batch: &Batch<'a>) -> Result<&'a [u8], RecordError> {
    let place = batch.arena().bytes(text.len(), at)?;
    place.copy_from_slice(text);
    Ok(place)
}

/// The tag that only says that this is CBOR.
const SELF_DESCRIBED: u64 = 55_799;

/// The item at `at`, without tags that say nothing.
fn plain<W: Wire>(data: &[u8], mut at: usize) -> Result<(Item<'_>, usize), Flaw> {
    loop {
        match W::item(data, at)? {
            (Item::Tag(SELF_DESCRIBED), inside) => at = inside,
            found => return Ok(found),
        }
    }
}

impl<W: Wire> Reader<W> {
    /// A whole number below zero: `-1 - less`.
    #[inline(always)]
    pub(super) fn negative<'a>(&mut self, less: u64, at: usize, batch: &Batch<'a>) -> Result<Value<'a>, RecordError> {
        match i64::try_from(less) {
            Ok(less) => Ok(Value::Int(!less)),
            Err(_) => {
                self.big.set_bytes(&less.to_be_bytes());
                self.big.add_one();
                self.decimal(true, 0, at, batch)
            }
        }
    }

    /// The number in `big` times a power of ten.
    #[cold]
    fn decimal<'a>(
        &mut self,
        negative: bool,
        power: i64,
        at: usize,
        batch: &Batch<'a>,
    ) -> Result<Value<'a>, RecordError> {
        let digits = self.big.digits();
        let mut len = 0;
        decimal_text(negative, digits, power, |piece| len += piece.len());
        let place = batch.arena().bytes(len, at)?;
        let mut filled = 0;
        decimal_text(negative, digits, power, |piece| {
            place[filled..filled + piece.len()].copy_from_slice(piece);
            filled += piece.len();
        });
        Ok(Value::Number(place))
    }

    /// The value at `at` that has this tag, if the tag says more than records can do without. None: the value counts as
    /// it is, and a tag that means something is counted as lost.
    #[cold]
    #[inline(never)]
    pub(super) fn tagged<'a>(
        &mut self,
        tag: u64,
        data: &'a [u8],
        at: usize,
        batch: &mut Batch<'a>,
    ) -> Result<Found<'a>, RecordError> {
        let found = match tag {
            1 => self.seconds(data, at, batch)?,
            2 | 3 => match self.whole(data, at, Some(tag)) {
                Some((negative, end)) => Some((self.decimal(negative, 0, at, batch)?, end)),
                None => None,
            },
            4 | 5 => self.fraction(tag == 4, data, at, batch)?,
            _ => None,
        };
        // Numbers are whole without their tags.
        if tag != SELF_DESCRIBED && (found.is_none() || tag == 1) {
            self.lose(LossyKind::TypeDropped, batch);
        }
        Ok(found)
    }

    /// Takes a whole number of any size into `big`; tells whether it is below zero, and the place after it. `tag`: the
    /// tag that has been read.
    fn whole(&mut self, data: &[u8], at: usize, tag: Option<u64>) -> Option<(bool, usize)> {
        let (item, end) = plain::<W>(data, at).ok()?;
        match (item, tag) {
            (Item::Tag(tag @ (2 | 3)), None) => self.whole(data, end, Some(tag)),
            (Item::Bytes(bytes), Some(tag)) if bytes.len() <= MOST_BYTES => {
                self.big.set_bytes(bytes);
                if tag == 3 {
                    self.big.add_one();
                }
                Some((tag == 3, end))
            }
            (Item::Parts { text: false }, Some(tag)) => {
                self.big.set_bytes(b"");
                let (mut from, mut len) = (end, 0);
                while !W::ends(data, from) {
                    let Ok((Item::Bytes(part), next)) = W::item(data, from) else { return None };
                    len += part.len();
                    if len > MOST_BYTES {
                        return None;
                    }
                    self.big.more_bytes(part);
                    from = next;
                }
                if tag == 3 {
                    self.big.add_one();
                }
                Some((tag == 3, from + 1))
            }
            (Item::UInt(number), None) => {
                self.big.set_bytes(&number.to_be_bytes());
                Some((false, end))
            }
            (Item::Negative(less), None) => {
                self.big.set_bytes(&less.to_be_bytes());
                self.big.add_one();
                Some((true, end))
            }
            _ => None,
        }
    }

    /// A whole number times a power of ten, or of two.
    fn fraction<'a>(
        &mut self,
        ten: bool,
        data: &'a [u8],
        at: usize,
        batch: &Batch<'a>,
    ) -> Result<Found<'a>, RecordError> {
        let Ok((Item::List(Some(2)), inside)) = plain::<W>(data, at) else { return Ok(None) };
        let power = match plain::<W>(data, inside) {
            Ok((Item::UInt(power), end)) => i64::try_from(power).ok().map(|power| (power, end)),
            Ok((Item::Negative(less), end)) => i64::try_from(less).ok().map(|less| (!less, end)),
            _ => None,
        };
        let Some((power, next)) = power else { return Ok(None) };
        let Some((negative, end)) = self.whole(data, next, None) else { return Ok(None) };
        if ten {
            return Ok(Some((self.decimal(negative, power, at, batch)?, end)));
        }
        if power.unsigned_abs() > MOST_POWER {
            return Ok(None);
        }
        // A half is five tenths.
        let count = power.unsigned_abs() as u32;
        self.big.times(if power < 0 { 5 } else { 2 }, count);
        let zeros = self.big.digits().iter().rev().take_while(|digit| **digit == b'0').count() as i64;
        let power = power.min(0);
        if power < 0 && zeros > 0 {
            // Exact, without zeros at the end of the fraction.
            return Ok(Some((self.shortened(negative, power, zeros, at, batch)?, end)));
        }
        Ok(Some((self.decimal(negative, power, at, batch)?, end)))
    }

    /// The number in `big` times a power of ten below one, without this many zeros at its end.
    fn shortened<'a>(
        &mut self,
        negative: bool,
        power: i64,
        zeros: i64,
        at: usize,
        batch: &Batch<'a>,
    ) -> Result<Value<'a>, RecordError> {
        let fewer = zeros.min(-power);
        let digits = self.big.digits();
        let digits = if digits == b"0" { digits } else { &digits[..digits.len() - fewer as usize] };
        let power = if digits == b"0" { 0 } else { power + fewer };
        let mut len = 0;
        decimal_text(negative, digits, power, |piece| len += piece.len());
        let place = batch.arena().bytes(len, at)?;
        let mut filled = 0;
        decimal_text(negative, digits, power, |piece| {
            place[filled..filled + piece.len()].copy_from_slice(piece);
            filled += piece.len();
        });
        Ok(Value::Number(place))
    }

    /// A number of seconds since 1970 began, as text.
    fn seconds<'a>(&self, data: &'a [u8], at: usize, batch: &Batch<'a>) -> Result<Found<'a>, RecordError> {
        let (mut room, mut digits) = ([0; LONGEST], [0; LONGEST]);
        let (seconds, fraction, end) = match plain::<W>(data, at) {
            Ok((Item::UInt(number), end)) => (i64::try_from(number).ok(), &b""[..], end),
            Ok((Item::Negative(less), end)) => (i64::try_from(less).ok().map(|less| !less), &b""[..], end),
            Ok((Item::Float(number), end)) if number.abs() < 1e15 => match seconds_and_digits(number, &mut digits) {
                Some((seconds, fraction)) => (Some(seconds), fraction, end),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        match seconds.and_then(|seconds| moment(seconds, fraction, &mut room)) {
            Some(len) => Ok(Some((Value::Text(copied(&room[..len], at, batch)?), end))),
            None => Ok(None),
        }
    }

    /// A value of an extension type: a moment as text, or bytes without their type.
    #[cold]
    #[inline(never)]
    pub(super) fn extension<'a>(
        &self,
        kind: i8,
        bytes: &'a [u8],
        at: usize,
        batch: &mut Batch<'a>,
    ) -> Result<Value<'a>, RecordError> {
        /// The type of moments.
        const MOMENT: i8 = -1;
        self.lose(LossyKind::TypeDropped, batch);
        if kind == MOMENT
            && let Ok(Some((seconds, nanos))) = seconds_of(bytes)
        {
            let (mut room, mut digits) = ([0; LONGEST], [0; 32]);
            // Nine digits, with those zeros in front that the number lacks, and none at the end.
            let text = uint_text(1_000_000_000 + u64::from(nanos), &mut digits);
            let zeros = text.iter().rev().take_while(|digit| **digit == b'0').count();
            let fraction = text.get(1..text.len() - zeros).unwrap_or_default();
            if let Some(len) = moment(seconds, fraction, &mut room) {
                return Ok(Value::Text(copied(&room[..len], at, batch)?));
            }
        }
        Ok(Value::Bytes(bytes))
    }

    /// A value that is a number which means something: `undefined` is null, others are their number.
    #[cold]
    pub(super) fn simple<'a>(&self, number: u8, batch: &mut Batch<'a>) -> Value<'a> {
        const UNDEFINED: u8 = 23;
        self.lose(LossyKind::TypeDropped, batch);
        if number == UNDEFINED { Value::Null } else { Value::UInt(number.into()) }
    }
}

/// The whole seconds before or at a number of them, and the digits of the rest, those of the shortest decimal that reads
/// back as the number. None: there are too many.
fn seconds_and_digits(number: f64, room: &mut [u8; LONGEST]) -> Option<(i64, &[u8])> {
    use std::io::Write;
    let mut rest = &mut room[..];
    // Never with an exponent.
    write!(rest, "{}", number.abs()).ok()?;
    let len = LONGEST - rest.len();
    let point = room[..len].iter().position(|byte| *byte == b'.').map_or(len, |point| point + 1);
    let (whole, digits) = (number.abs() as i64, &mut room[point..len]);
    if number >= 0.0 {
        return Some((whole, digits));
    }
    // What is missing to the second below: the last digit is no zero.
    let Some(last) = digits.len().checked_sub(1) else { return Some((-whole, digits)) };
    for (place, digit) in digits.iter_mut().enumerate() {
        let nine_or_ten = b'9' + u8::from(place == last);
        *digit = nine_or_ten - *digit + b'0';
    }
    Some((-whole - 1, digits))
}

/// The seconds and the billionths of a moment.
fn seconds_of(bytes: &[u8]) -> Result<Option<(i64, u32)>, Flaw> {
    let (seconds, nanos) = match bytes.len() {
        4 => (u32::from_be_bytes(chunk(bytes, 0)?).into(), 0),
        8 => {
            let both = u64::from_be_bytes(chunk(bytes, 0)?);
            ((both & ((1 << 34) - 1)) as i64, (both >> 34) as u32)
        }
        12 => (i64::from_be_bytes(chunk(bytes, 4)?), u32::from_be_bytes(chunk(bytes, 0)?)),
        _ => return Ok(None),
    };
    Ok((nanos < 1_000_000_000).then_some((seconds, nanos)))
}
