//! Functions of any values, and of places.

use twox_hash::XxHash3_64;

use super::function::{Function, MANY, PLAIN};
use crate::expr::decimal::Decimal;
use crate::expr::scalar::Scalar;
use crate::expr::scope::{Outcome, Scope};
use crate::expr::types::Type::{Any, Number, Text};

pub static FUNCTIONS: [Function; 6] = [
    // The compiler makes jumps of these two.
    Function { name: "coalesce", usage: "coalesce(value, …)", takes: &[Any], count: (1, MANY), nulls: true, ..PLAIN },
    Function { name: "nullif", usage: "nullif(value, other)", takes: &[Any, Any], count: (2, 2), nulls: true, ..PLAIN },
    Function { name: "hash", usage: "hash(value)", takes: &[Text], count: (1, 1), gives: Number, run: hash, ..PLAIN },
    Function {
        name: "record_number",
        usage: "record_number()",
        gives: Number,
        places: true,
        ordered: true,
        run: |_, scope| scope.number(Ok(Decimal::integer(scope.place.record.into()))),
        ..PLAIN
    },
    Function {
        name: "line_number",
        usage: "line_number()",
        gives: Number,
        places: true,
        ordered: true,
        run: |_, scope| match scope.place.line {
            0 => Ok(Scalar::Null),
            line => scope.number(Ok(Decimal::integer(line.into()))),
        },
        ..PLAIN
    },
    Function {
        name: "source_name",
        usage: "source_name()",
        gives: Text,
        places: true,
        run: |_, scope| Ok(Scalar::Text(scope.place.source)),
        ..PLAIN
    },
];

/// XXH3 of the bytes of a text, in 64 bits, without a seed.
fn hash<'a>(args: &[Scalar<'a>], scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    let text = scope.text_of(args[0])?;
    scope.number(Ok(Decimal::integer(XxHash3_64::oneshot(text).into())))
}
