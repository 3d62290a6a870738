//! Plain values: from bytes to a value of a batch.

use super::digits;
use super::moments::{self, clock_text, date_text, duration_text, stamp_text};
use super::plan::Plain;
use super::wire::{self, Flaw};
use crate::error::{Cause, RecordError};
use crate::record::to_number::widen;
use crate::record::{Batch, Value, utf8};

/// Reads the plain value at `at`; gives it, and the place after it.
#[inline(always)]
pub(super) fn read<'a>(
    plain: Plain,
    data: &'a [u8],
    at: usize,
    replace: bool,
    batch: &mut Batch<'a>,
) -> Result<(Value<'a>, usize), Flaw> {
    Ok(match plain {
        Plain::Long => {
            let (number, end) = wire::long(data, at)?;
            (Value::Int(number), end)
        }
        Plain::Text | Plain::BytesAsText => {
            let (text, end) = wire::bytes(data, at)?;
            (Value::Text(checked(text, end, replace, batch)?), end)
        }
        Plain::Double => {
            let (bytes, end) = array(data, at)?;
            (Value::Float(f64::from_le_bytes(bytes)), end)
        }
        Plain::Int => {
            let (number, end) = int(data, at)?;
            (Value::Int(number.into()), end)
        }
        Plain::Null => (Value::Null, at),
        Plain::Bool => match data.get(at) {
            Some(byte @ (0 | 1)) => (Value::Bool(*byte == 1), at + 1),
            Some(byte) => return Err(no_truth(at, *byte)),
            None => return Err(Flaw::Cut),
        },
        other => return read_other(other, data, at, batch),
    })
}

#[inline(never)]
fn read_other<'a>(plain: Plain, data: &'a [u8], at: usize, batch: &mut Batch<'a>) -> Result<(Value<'a>, usize), Flaw> {
    let mut room = [0; moments::LONGEST];
    let (len, end) = match plain {
        Plain::Float => {
            let (bytes, end) = array(data, at)?;
            return Ok((Value::Float(widen(f32::from_le_bytes(bytes))), end));
        }
        Plain::IntAsFloat(narrow) => {
            let (number, end) = wire::long(data, at)?;
            // As a conversion of the number does it: the nearest one.
            return Ok((Value::Float(if narrow { f64::from(number as f32) } else { number as f64 }), end));
        }
        Plain::Bytes | Plain::TextAsBytes => {
            let (bytes, end) = wire::bytes(data, at)?;
            return Ok((Value::Bytes(bytes), end));
        }
        Plain::Fixed(size) => {
            let (bytes, end) = wire::run(data, at, size)?;
            return Ok((Value::Bytes(bytes), end));
        }
        Plain::Decimal(scale) => {
            let (bytes, end) = wire::bytes(data, at)?;
            return Ok((decimal(bytes, scale, at, batch)?, end));
        }
        Plain::FixedDecimal(size, scale) => {
            let (bytes, end) = wire::run(data, at, size)?;
            return Ok((decimal(bytes, scale, at, batch)?, end));
        }
        Plain::Date => {
            let (day, end) = int(data, at)?;
            (date_text(day.into(), &mut room), end)
        }
        Plain::Time(unit) => {
            let (time, end) = wire::long(data, at)?;
            match clock_text(time, unit, &mut room) {
                Some(len) => (len, end),
                None => return Err(no_time(at)),
            }
        }
        Plain::Stamp(unit, utc) => {
            let (stamp, end) = wire::long(data, at)?;
            (stamp_text(stamp, unit, utc, &mut room), end)
        }
        Plain::Uuid => {
            let (bytes, end) = array::<16>(data, at)?;
            let mut len = 0;
            for (place, byte) in bytes.iter().enumerate() {
                if matches!(place, 4 | 6 | 8 | 10) {
                    room[len] = b'-';
                    len += 1;
                }
                room[len] = HEX[usize::from(byte >> 4)];
                room[len + 1] = HEX[usize::from(byte & 15)];
                len += 2;
            }
            (len, end)
        }
        Plain::Duration => {
            let (bytes, end) = array::<12>(data, at)?;
            let part = |place: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| bytes[4 * place + byte]));
            (duration_text([part(0), part(1), part(2)], &mut room), end)
        }
        // These are read above.
        Plain::Null | Plain::Bool | Plain::Int | Plain::Long | Plain::Double | Plain::Text | Plain::BytesAsText => {
            return Ok((Value::Null, at));
        }
    };
    let place = batch.arena().bytes(len, at)?;
    place.copy_from_slice(&room[..len]);
    Ok((Value::Text(place), end))
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The text that ends at `end`.
#[inline(always)]
pub(super) fn checked<'a>(text: &'a [u8], end: usize, replace: bool, batch: &mut Batch<'a>) -> Result<&'a [u8], Flaw> {
    utf8::checked(text, replace, end - text.len(), batch).map_err(|error| Flaw::Bad(utf8::without_encoding(error)))
}

#[inline(always)]
fn array<const N: usize>(data: &[u8], at: usize) -> Result<([u8; N], usize), Flaw> {
    let found = data.get(at..).and_then(|rest| rest.first_chunk()).copied();
    found.map(|bytes| (bytes, at + N)).ok_or(Flaw::Cut)
}

#[inline(always)]
fn int(data: &[u8], at: usize) -> Result<(i32, usize), Flaw> {
    let (number, end) = wire::long(data, at)?;
    match i32::try_from(number) {
        Ok(number) => Ok((number, end)),
        Err(_) => Err(RecordError::new(at, "an int that does not fit into 32 bits").cause(Cause::Value).into()),
    }
}

fn decimal<'a>(bytes: &[u8], scale: usize, at: usize, batch: &Batch<'a>) -> Result<Value<'a>, Flaw> {
    let mut room = [0; digits::TEXT];
    let Some(from) = digits::text_of(bytes, scale, &mut room) else {
        let error =
            RecordError::with_numbers(at, "a decimal of {} bytes; at most {} are read", [bytes.len(), digits::LONGEST]);
        return Err(error.cause(Cause::Value).into());
    };
    let text = &room[from..];
    let place = batch.arena().bytes(text.len(), at)?;
    place.copy_from_slice(text);
    Ok(Value::Number(place))
}

#[cold]
fn no_truth(at: usize, byte: u8) -> Flaw {
    RecordError::with_numbers(at, "a boolean is {}, not 0 or 1", [byte.into(), 0]).cause(Cause::Value).into()
}

#[cold]
fn no_time(at: usize) -> Flaw {
    RecordError::new(at, "a time of day that no day has").cause(Cause::Value).into()
}
