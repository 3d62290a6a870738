//! Functions of numbers.

use super::function::{Function, Known, PLAIN};
use crate::expr::cast::is_loose_number;
use crate::expr::decimal::{Decimal, MAX_DIGITS, Rounding};
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Outcome, Scope};
use crate::expr::types::Type::{Number, Text};

const NUMBER: Function = Function { takes: &[Number], count: (1, 1), gives: Number, ..PLAIN };

pub static FUNCTIONS: [Function; 6] = [
    Function {
        name: "round",
        usage: "round(number[, places])",
        takes: &[Number, Number],
        count: (1, 2),
        check: check_places,
        run: |args, scope| round(args, scope, Rounding::HalfUp),
        ..NUMBER
    },
    Function {
        name: "trunc",
        usage: "trunc(number[, places])",
        takes: &[Number, Number],
        count: (1, 2),
        check: check_places,
        run: |args, scope| round(args, scope, Rounding::Down),
        ..NUMBER
    },
    Function {
        name: "floor",
        usage: "floor(number)",
        run: |args, scope| round(args, scope, Rounding::Floor),
        ..NUMBER
    },
    Function {
        name: "ceil",
        usage: "ceil(number)",
        run: |args, scope| round(args, scope, Rounding::Ceiling),
        ..NUMBER
    },
    Function {
        name: "abs",
        usage: "abs(number)",
        run: |args, scope| scope.number(Ok(scope.decimal_of(args[0])?.absolute())),
        ..NUMBER
    },
    Function {
        name: "to_number",
        usage: "to_number(text[, decimal mark[, mark of thousands]])",
        takes: &[Text, Text, Text],
        count: (1, 3),
        check: check_marks,
        run: to_number,
        ..NUMBER
    },
];

fn round<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>, rounding: Rounding) -> Outcome<'a> {
    let number = scope.decimal_of(args[0])?;
    let places = match args.get(1) {
        None => 0,
        Some(places) => scope.decimal_of(*places)?.to_i64().ok_or_else(|| scope.needs("an integer", *places))?,
    };
    scope.number(number.round(places, rounding))
}

/// Places after the point are an integer. A number does not have more of them than digits.
fn check_places(known: Known<'_>) -> Result<(), String> {
    if known.index == 0 {
        return Ok(());
    }
    match known.value.integer()? {
        Some(places) if places > MAX_DIGITS as i64 => Err(format!("a number has at most {MAX_DIGITS} digits")),
        _ => Ok(()),
    }
}

fn check_marks(Known { index, value, before }: Known<'_>) -> Result<(), String> {
    let (1.., Some(mark)) = (index, value.text()) else { return Ok(()) };
    check_mark(mark)?;
    match before.get(1) {
        Some(Some(point)) if point.text() == Some(mark) => {
            Err("the mark of thousands is the decimal mark too".to_owned())
        }
        _ => Ok(()),
    }
}

/// A decimal mark, or a mark of thousands, is one character that can't be part of a number otherwise.
fn check_mark(mark: &[u8]) -> Result<(), String> {
    let mut characters = std::str::from_utf8(mark).unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) if !c.is_ascii_digit() && !matches!(c, '-' | '+' | 'e' | 'E') => Ok(()),
        _ => Err("a mark is one character that is not a digit or sign".to_owned()),
    }
}

/// A number as people write it in their country. Marks of thousands are left out where three digits follow.
fn to_number<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let text = scope.text_of(args[0])?.trim_ascii();
    let point = args.get(1).map_or(Ok(&b"."[..]), |mark| scope.text_of(*mark))?;
    let thousands = args.get(2).map_or(Ok(&b""[..]), |mark| scope.text_of(*mark))?;
    if point == thousands || [point, thousands].iter().any(|mark| check_mark(mark).is_err() && !mark.is_empty()) {
        return Err(scope.bad("needs a decimal mark, and another mark of thousands, of one character each"));
    }
    let room = scope.room(text.len())?;
    let (mut rest, mut len, mut after_point) = (text, 0, false);
    let mut grouped = true;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(point).filter(|_| !after_point) {
            (rest, after_point) = (after, true);
            room[len] = b'.';
        } else if let Some(after) = rest.strip_prefix(thousands).filter(|_| !thousands.is_empty()) {
            let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let before = len > 0 && room[len - 1].is_ascii_digit();
            grouped &= before && !after_point && digits == 3;
            rest = after;
            continue;
        } else {
            grouped &= *first != b'.';
            room[len] = *first;
            rest = &rest[1..];
        }
        len += 1;
    }
    let digits = &room[..len];
    if !grouped || !is_loose_number(digits) {
        return Err(scope.needs("a number", args[0]));
    }
    scope.number(Decimal::of_digits(digits))
}
