//! CAST and TRY_CAST.

use super::ast::Target;
use super::decimal::Decimal;
use super::moment::Moment;
use super::scalar::Scalar;
use super::scope::{Outcome, Scope};

/// Converts a value that is not null. What can't be converted makes the record bad, or gives null.
pub fn cast<'a>(value: Scalar<'a>, to: Target, or_null: bool, origin: u16, scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    scope.origin = origin;
    let made = match to {
        Target::Text => scope.text_of(value).map(|text| Some(Scalar::Text(text)))?,
        Target::Boolean => boolean(value).map(Scalar::Bool),
        Target::Decimal | Target::Integer => match number(value).transpose() {
            Ok(number) => match number.filter(|number| to == Target::Decimal || number.is_integer()) {
                Some(number) if to == Target::Integer => {
                    Some(scope.number(number.round(0, super::decimal::Rounding::Down))?)
                }
                Some(number) => Some(scope.number(Ok(number))?),
                None => None,
            },
            Err(_) if or_null => None,
            Err(trouble) => Some(scope.number(Err(trouble))?),
        },
        Target::Date => time(value).map(|moment| Scalar::Time(moment.to_day())),
        Target::Timestamp => time(value).map(|moment| Scalar::Time(moment.to_time())),
    };
    match made {
        Some(made) => Ok(made),
        None if or_null => Ok(Scalar::Null),
        None => Err(scope.needs(to.noun(), value)),
    }
}

/// A number as people write it: spaces around it, a plus sign, zeros before it, no digit before or after the point.
fn number(value: Scalar<'_>) -> Option<Result<Decimal, super::decimal::Trouble>> {
    if let Scalar::Bool(truth) = value {
        return Some(Ok(Decimal::integer(truth.into())));
    }
    value.decimal().or_else(|| {
        let text = value.own_text()?.trim_ascii();
        is_loose_number(text).then(|| Decimal::of_digits(text))
    })
}

/// Whether a text is a sign, digits with at most one point, and an exponent, of which only some digits are needed.
pub fn is_loose_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (digits, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let only = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    digits.len() > points
        && points <= 1
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && exponent.is_none_or(|text| only(text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text)))
}

fn boolean(value: Scalar<'_>) -> Option<bool> {
    const TRUE: [&[u8]; 6] = [b"true", b"t", b"yes", b"y", b"on", b"1"];
    const FALSE: [&[u8]; 6] = [b"false", b"f", b"no", b"n", b"off", b"0"];
    if let Scalar::Bool(truth) = value {
        return Some(truth);
    }
    if let Some(number) = value.decimal().and_then(Result::ok) {
        return number.to_i64().and_then(|number| match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        });
    }
    let text = value.own_text()?.trim_ascii();
    let is_in = |words: [&[u8]; 6]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_in(TRUE) { Some(true) } else { is_in(FALSE).then_some(false) }
}

fn time(value: Scalar<'_>) -> Option<Moment> {
    match value {
        Scalar::Time(moment) => Some(moment),
        value => Moment::parse(value.own_text()?.trim_ascii()),
    }
}
