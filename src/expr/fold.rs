//! Parts of an expression that have the same value for every record.

use super::ast::{Kind, Node};
use super::code::Program;
use super::constant::{Constant, constants, slots};
use super::decimal::Decimal;
use super::eval;
use super::fault::Fault;
use super::scalar::Scalar;
use super::scope::{Place, Scope, Scratch, View};
use crate::memory::Arena;
use crate::record::Value;

/// The longest text that a constant part may make, in bytes.
const LONGEST: usize = 1 << 20;

/// The value of a literal.
pub fn literal(node: &Node) -> Option<Constant> {
    Some(match &node.kind {
        Kind::Null => Constant::Null,
        Kind::Absent => Constant::Absent,
        Kind::Bool(truth) => Constant::Bool(*truth),
        Kind::Number(digits) => match Decimal::of_digits(digits.as_bytes()) {
            Ok(number @ Decimal::Small(_)) => Constant::Number(number),
            Ok(number) => Constant::Digits(number.text(&mut [0; super::decimal::ROOM]).into()),
            // It is only compared.
            Err(_) => Constant::Digits(digits.as_bytes().into()),
        },
        Kind::Text(text) => Constant::Text(text.as_bytes().into()),
        _ => return None,
    })
}

/// The number of a constant.
pub fn number(constant: &Constant) -> Scalar<'_> {
    match constant {
        Constant::Number(Decimal::Small(small)) => Scalar::Number(*small),
        Constant::Digits(digits) => Scalar::Field(Value::Number(digits)),
        _ => Scalar::Null,
    }
}

/// The value of a program that reads no fields.
///
/// # Errors
/// It has none, because a part is not of the kind that is needed, say.
pub fn evaluate(program: &Program, node: &Node) -> Result<Constant, Fault> {
    let arena = Arena::new(4 << 10, 8 << 20);
    let mut scratch = Scratch::new(&program.regexes, program.replacings.iter().map(|replacing| replacing.regex));
    let fault = |error: crate::error::RecordError| Fault::new(node.span.start, error.message().to_string());
    let constants = constants(&program.constants, &arena, 0).map_err(fault)?;
    let stack = slots(&arena, program.stack, 0).map_err(fault)?;
    let mut scope = Scope {
        arena: &arena,
        view: View::Columns { values: &[], columns: &[] },
        scratch: &mut scratch,
        place: Place::default(),
        offset: 0,
        max_text: LONGEST,
        origins: &program.origins,
        origin: u16::MAX,
        spare: &mut [],
    };
    let value = eval::run(program, constants, stack, &mut scope).map_err(|error| fault(*error))?;
    Ok(match value {
        Scalar::Absent => Constant::Absent,
        Scalar::Bool(truth) => Constant::Bool(truth),
        Scalar::Number(small) => Constant::Number(Decimal::Small(small)),
        Scalar::Big(big) => {
            let mut room = [0; super::decimal::ROOM];
            Constant::Digits(Decimal::Big(*big).text(&mut room).into())
        }
        Scalar::Text(text) | Scalar::Field(Value::Text(text)) => Constant::Text(text.into()),
        Scalar::Field(Value::Number(digits)) => Constant::Digits(digits.into()),
        Scalar::Time(moment) => Constant::Time(moment),
        Scalar::Null | Scalar::Field(_) | Scalar::Inside(_) => Constant::Null,
    })
}
