//! Values that are known before the run.

use super::decimal::{Decimal, ROOM};
use super::moment::Moment;
use super::scalar::Scalar;
use crate::error::RecordError;
use crate::memory::{Arena, no_memory};
use crate::record::Value;

/// A value that is known before the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Absent,
    Null,
    Bool(bool),
    Number(Decimal),
    /// The digits of a number that is not calculated with.
    Digits(Box<[u8]>),
    Text(Box<[u8]>),
    Time(Moment),
}

impl Constant {
    /// A text.
    pub fn text(&self) -> Option<&[u8]> {
        if let Constant::Text(text) = self { Some(text) } else { None }
    }

    /// The value of a number.
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Constant::Number(number) => Some(*number),
            Constant::Digits(digits) => Decimal::of_digits(digits).ok(),
            _ => None,
        }
    }

    /// An integer, unless it is no number at all.
    ///
    /// # Errors
    /// It is a number, but no integer.
    pub fn integer(&self) -> Result<Option<i64>, String> {
        let integer = |number: Decimal| number.to_i64().ok_or_else(|| "an integer is needed here".to_owned());
        self.decimal().map(integer).transpose()
    }
}

/// Constants, in the arena of a batch.
pub fn constants<'a>(constants: &[Constant], arena: &'a Arena, offset: usize) -> Result<&'a [Scalar<'a>], RecordError> {
    let scalars = slots(arena, constants.len(), offset)?;
    for (place, constant) in scalars.iter_mut().zip(constants) {
        let copy = |text: &[u8]| -> Result<&'a [u8], RecordError> {
            let room = arena.bytes(text.len(), offset)?;
            room.copy_from_slice(text);
            Ok(room)
        };
        *place = match constant {
            Constant::Absent => Scalar::Absent,
            Constant::Null => Scalar::Null,
            Constant::Bool(truth) => Scalar::Bool(*truth),
            Constant::Number(Decimal::Small(small)) => Scalar::Number(*small),
            Constant::Number(number) => {
                let mut room = [0; ROOM];
                Scalar::Field(Value::Number(copy(number.text(&mut room))?))
            }
            Constant::Digits(digits) => Scalar::Field(Value::Number(copy(digits)?)),
            Constant::Text(text) => Scalar::Text(copy(text)?),
            Constant::Time(moment) => Scalar::Time(*moment),
        };
    }
    Ok(scalars)
}

/// Room for scalars in the arena.
pub fn slots(arena: &Arena, len: usize, offset: usize) -> Result<&mut [Scalar<'_>], RecordError> {
    let take = || arena.bump().try_alloc_slice_fill_copy(len, Scalar::Null);
    arena
        .with_room(len * size_of::<Scalar<'_>>() + 16, take)
        .map_err(|why| no_memory(offset, "an expression does not fit into a worker's arena".to_owned(), why))
}
