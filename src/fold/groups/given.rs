//! What functions are given: the values of their arguments for some records.

use std::ops::Range;
use std::sync::Arc;

use crate::error::RecordError;
use crate::expr::decimal::{Decimal, Small};
use crate::expr::{Expression, NOT_A_NUMBER, Scalar, text_value};
use crate::memory::Arena;
use crate::op::Evaluation;
use crate::record::digits::{DigitRoom, float_text};
use crate::record::{Batch, Seen, Value};

/// The most digits of a number before the point, and the most after it: sums stay of a size that is known.
pub(crate) const PLACES: i64 = 150;

/// A number that was given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Number<'a> {
    #[default]
    Null,
    /// At most 18 digits: the mantissa and how many of them come after the point. It is written in exactly these digits.
    Short(i64, u32),
    /// Any other, as it is written.
    Long(&'a [u8]),
}

impl Number<'_> {
    /// Its value.
    pub fn decimal(self) -> Decimal {
        match self {
            Number::Short(mantissa, scale) => Decimal::Small(Small { mantissa: mantissa.into(), scale }),
            Number::Long(text) => decimal(text),
            Number::Null => Decimal::Small(Small::ZERO),
        }
    }
}

/// The value of a number that was checked.
pub(crate) fn decimal(text: &[u8]) -> Decimal {
    Decimal::parse(text).and_then(Result::ok).unwrap_or(Decimal::Small(Small::ZERO))
}

/// What a function takes for a record.
pub(crate) trait Item<'a>: Copy {
    /// Those of an argument.
    fn all<'g>(given: &'g Given<'a>) -> &'g [Self];

    fn is_null(&self) -> bool;
}

impl<'a> Item<'a> for Number<'a> {
    fn all<'g>(given: &'g Given<'a>) -> &'g [Self] {
        &given.numbers
    }

    #[inline(always)]
    fn is_null(&self) -> bool {
        matches!(self, Number::Null)
    }
}

impl<'a> Item<'a> for Value<'a> {
    fn all<'g>(given: &'g Given<'a>) -> &'g [Self] {
        &given.values
    }

    #[inline(always)]
    fn is_null(&self) -> bool {
        matches!(self, Value::Null | Value::Absent)
    }
}

/// The values of an argument for some records: numbers if its function calculates, else any values.
#[derive(Default)]
pub(crate) struct Given<'a> {
    pub numbers: Vec<Number<'a>>,
    pub values: Vec<Value<'a>>,
}

impl Given<'_> {
    /// The room of it, for the values of another batch.
    pub fn recycled<'b>(mut self) -> Given<'b> {
        self.numbers.clear();
        self.values.clear();
        Given {
            numbers: self.numbers.into_iter().map(|_| Number::Null).collect(),
            values: self.values.into_iter().map(|_| Value::Null).collect(),
        }
    }
}

/// An argument of functions.
#[derive(Clone)]
pub(crate) struct Argument {
    pub expression: Arc<Expression>,
    /// It has to be a number.
    pub is_number: bool,
    /// The function that compares its numbers and would compare texts and dates too; none if one doesn't.
    pub compared_by: Option<&'static str>,
    /// The number of its first field among all names that were given.
    pub names: usize,
}

/// The values of all arguments for some records, in `room`; where the first bad record is, if there is one, else the end
/// of the records; and why it is bad. Of the records before it all values are there.
pub(crate) fn give_all<'e, 'a>(
    arguments: &'e [Argument],
    batch: &Batch<'a>,
    records: Range<usize>,
    seen: Option<&'e (Arc<Seen>, usize)>,
    room: Vec<Given<'static>>,
) -> (Vec<Given<'a>>, usize, Option<RecordError>) {
    let mut all: Vec<Given<'a>> = room.into_iter().map(Given::recycled).collect();
    let (mut end, mut bad) = (records.end, None);
    for (argument, given) in arguments.iter().zip(&mut all) {
        if let Some((record, error)) = argument.give(batch, records.start..end, seen, given) {
            (end, bad) = (record, Some(error));
        }
    }
    (all, end, bad)
}

impl Argument {
    /// Finds its values for these records. Returns the first record that is bad, if there is one; the values are those of
    /// the records before it.
    pub fn give<'e, 'a>(
        &'e self,
        batch: &Batch<'a>,
        records: Range<usize>,
        seen: Option<&'e (Arc<Seen>, usize)>,
        given: &mut Given<'a>,
    ) -> Option<(usize, RecordError)> {
        let first = records.start;
        let begun = Evaluation::begin(&self.expression, batch, seen.map(|(seen, first)| (&**seen, first + self.names)));
        let mut evaluation = match begun {
            Ok(evaluation) => evaluation,
            Err(error) => return Some((first, error)),
        };
        let column = match batch.schema() {
            Some(schema) if self.expression.is_field() => schema.position(&self.expression.fields()[0]),
            _ => None,
        };
        if let Some(column) = column.filter(|_| !self.is_number) {
            given.values.extend(records.clone().map(|record| batch.columns(record)[column]));
            let whole = |value: &Value<'_>| matches!(value, Value::Raw(_) | Value::List(_) | Value::Map(_));
            if !given.values.iter().any(whole) {
                evaluation.end();
                return None;
            }
            given.values.clear();
        }
        let (arena, mut failed) = (batch.arena(), None);
        for record in records {
            let field = column.map(|column| batch.columns(record)[column]);
            let offset = batch.span(record).start;
            let outcome = match field {
                Some(Value::Null | Value::Absent) => {
                    given.numbers.push(Number::Null);
                    continue;
                }
                Some(Value::Untyped(text) | Value::Number(text) | Value::Text(text)) => match short(text) {
                    Some(short) => {
                        given.numbers.push(short);
                        continue;
                    }
                    None => evaluation.of(batch, record, record == first),
                },
                _ => evaluation.of(batch, record, record == first),
            };
            let pushed = match outcome {
                Ok(scalar) if self.is_number => {
                    self.number(scalar, arena, offset).map(|number| given.numbers.push(number))
                }
                Ok(scalar) => self.value(scalar, arena, offset).map(|value| given.values.push(value)),
                Err(error) => Err(self.advised(*error)),
            };
            if let Err(error) = pushed {
                failed = Some((record, error));
                break;
            }
        }
        evaluation.end();
        failed
    }

    /// A value that is neither a list nor a map.
    fn value<'a>(&self, scalar: Scalar<'a>, arena: &'a Arena, offset: usize) -> Result<Value<'a>, RecordError> {
        match text_value(scalar, arena, offset)? {
            Some(value) if !matches!(value, Value::Raw(_)) => Ok(value),
            _ => Err(self.bad(offset, "is a list or map, where a single value is needed")),
        }
    }

    /// A number.
    fn number<'a>(&self, scalar: Scalar<'a>, arena: &'a Arena, offset: usize) -> Result<Number<'a>, RecordError> {
        if scalar.is_null() {
            return Ok(Number::Null);
        }
        if let Scalar::Number(small) = scalar
            && let Some(mantissa) = i64::try_from(small.mantissa).ok().filter(|m| m.unsigned_abs() < MOST)
            && small.scale <= 18
        {
            return Ok(Number::Short(mantissa, small.scale));
        }
        let text = match text_value(scalar, arena, offset)? {
            Some(Value::Number(text) | Value::Untyped(text) | Value::Text(text)) => text,
            Some(Value::Int(number)) => return self.written(number, arena, offset),
            Some(Value::UInt(number)) => return self.written(number, arena, offset),
            Some(Value::Float(number)) if number.is_finite() => {
                let mut room: DigitRoom = [0; 32];
                let text = float_text(number, &mut room);
                let copy = arena.bytes(text.len(), offset)?;
                copy.copy_from_slice(text);
                copy
            }
            _ => return Err(self.bad(offset, "is not a number")),
        };
        self.checked(text, offset)
    }

    fn written<'a>(&self, number: impl Into<i128>, arena: &'a Arena, offset: usize) -> Result<Number<'a>, RecordError> {
        let number: i128 = number.into();
        if let Some(short) = i64::try_from(number).ok().filter(|number| number.unsigned_abs() < MOST) {
            return Ok(Number::Short(short, 0));
        }
        let text = number.to_string();
        let copy = arena.bytes(text.len(), offset)?;
        copy.copy_from_slice(text.as_bytes());
        Ok(Number::Long(copy))
    }

    /// The number that a text is; it has to be of a size that sums are made for.
    fn checked<'a>(&self, text: &'a [u8], offset: usize) -> Result<Number<'a>, RecordError> {
        if let Some(short) = short(text) {
            return Ok(short);
        }
        let fits = match Decimal::parse(text) {
            None => return Err(self.bad(offset, "is not a number")),
            Some(Err(_)) => false,
            Some(Ok(number)) => number.is_within(PLACES),
        };
        match fits {
            true => Ok(Number::Long(text)),
            false => Err(self.bad(
                offset,
                &format!("has more than {PLACES} digits before or after the point, and can't be added up exactly"),
            )),
        }
    }

    /// Says how texts and times are compared, where one was taken for a number.
    #[cold]
    fn advised(&self, error: RecordError) -> RecordError {
        match self.compared_by {
            Some(function) if error.hint.as_deref() == Some(NOT_A_NUMBER) => {
                let of = self.expression.text();
                error.hint(format!(
                    "{function}(cast({of} AS text)) compares texts, {function}(cast({of} AS date)) dates; ⟨on_error skip⟩ leaves out such records."
                ))
            }
            _ => error,
        }
    }

    #[cold]
    fn bad(&self, offset: usize, what: &str) -> RecordError {
        let reason = match (self.expression.is_field(), self.expression.fields()) {
            (true, [field]) => format!("the field `{}` {what}", String::from_utf8_lossy(field)),
            _ => format!("`{}` {what}", self.expression.text()),
        };
        RecordError::new(offset, reason)
    }
}

/// Short numbers are less than this, without their point.
pub(crate) const MOST: u64 = 1_000_000_000_000_000_000;

/// A text that is a short number, if it is one that is written in exactly these digits.
#[inline(always)]
pub(crate) fn short<'a>(text: &[u8]) -> Option<Number<'a>> {
    let (mantissa, scale) = Small::quick(text)?;
    // Zero has no sign here.
    if mantissa == 0 && text[0] == b'-' {
        return None;
    }
    Some(Number::Short(mantissa, scale))
}
