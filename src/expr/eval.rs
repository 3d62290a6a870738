//! The machine that runs compiled expressions.

use std::cmp::Ordering;

use super::ast::{Binary, Relation, State};
use super::code::{Code, Program};
use super::decimal::{POWERS, Small};
use super::moment::Moment;
use super::scalar::Scalar;
use super::{cast, compare, replacement};
use crate::record::Value;

use super::scope::{Bad, Outcome, Scope};

/// Calculates the value of an expression for a record. `stack` has room for what the program needs.
///
/// # Errors
/// The record is bad: a value is not of the kind that the expression needs, or there is no result.
pub fn run<'a>(
    program: &Program,
    constants: &[Scalar<'a>],
    stack: &mut [Scalar<'a>],
    scope: &mut Scope<'_, 'a>,
) -> Outcome<'a> {
    let mut machine = Machine { program, constants, stack, top: 0 };
    let mut at = 0;
    while let Some(code) = program.code.get(at) {
        at = machine.step(*code, at, scope)?;
    }
    Ok(machine.pop())
}

struct Machine<'m, 'a> {
    program: &'m Program,
    constants: &'m [Scalar<'a>],
    stack: &'m mut [Scalar<'a>],
    /// How many values are on the stack.
    top: usize,
}

impl<'a> Machine<'_, 'a> {
    #[inline(always)]
    fn push(&mut self, scalar: Scalar<'a>) {
        self.stack[self.top] = scalar;
        self.top += 1;
    }

    #[inline(always)]
    fn pop(&mut self) -> Scalar<'a> {
        self.top -= 1;
        self.stack[self.top]
    }

    #[inline(always)]
    fn peek(&self) -> Scalar<'a> {
        self.stack[self.top - 1]
    }

    #[inline(always)]
    fn replace(&mut self, scalar: Scalar<'a>) {
        self.stack[self.top - 1] = scalar;
    }

    /// Replaces the two operands on top by what is calculated from them, or by null if one of them is null.
    #[inline(always)]
    fn two(&mut self, calculate: impl FnOnce(Scalar<'a>, Scalar<'a>) -> bool) {
        let (two, one) = (self.pop(), self.peek());
        let null = one.is_null() || two.is_null();
        self.replace(if null { Scalar::Null } else { Scalar::Bool(calculate(one, two)) });
    }

    /// Runs an instruction; returns where the next one is.
    #[inline(always)]
    fn step(&mut self, code: Code, at: usize, scope: &mut Scope<'_, 'a>) -> Result<usize, Bad> {
        match code {
            Code::Constant(number) => self.push(self.constants[usize::from(number)]),
            Code::Field(field) => self.push(scope.view.field(field)),
            Code::FieldNumber(field, relation, constant, origin) => {
                let value = scope.view.field(field);
                let number = self.constants[usize::from(constant)];
                let result = field_number(value, relation, number, origin, scope)?;
                self.push(result);
            }
            Code::FieldText(field, relation, constant, origin) => {
                let value = scope.view.field(field);
                let text = self.constants[usize::from(constant)];
                let result = match (value.own_text(), text) {
                    (Some(value), Scalar::Text(text)) => Scalar::Bool(text_holds(value, relation, text)),
                    _ if value.is_null() => Scalar::Null,
                    _ => {
                        check_text(value, origin, scope)?;
                        Scalar::Bool(relation.holds(compare::texts(value, text)))
                    }
                };
                self.push(result);
            }
            Code::ToNumber(origin) => {
                let value = self.peek();
                match value.small() {
                    // A zero keeps its sign.
                    Some(small) if small.mantissa != 0 => self.replace(Scalar::Number(small)),
                    Some(_) => {}
                    None if value.is_null() || value.is_number() => {}
                    None => return Err(needs("a number", value, origin, scope)),
                }
            }
            Code::ToBool(origin) => {
                let value = self.peek();
                match (value, value.own_text()) {
                    (Scalar::Bool(_) | Scalar::Null | Scalar::Absent, _) => {}
                    (_, Some(b"true")) => self.replace(Scalar::Bool(true)),
                    (_, Some(b"false")) => self.replace(Scalar::Bool(false)),
                    _ => return Err(needs("true or false", value, origin, scope)),
                }
            }
            Code::ToTime(origin) => {
                let value = self.peek();
                if !value.is_null() && !matches!(value, Scalar::Time(_)) {
                    match value.own_text().and_then(Moment::parse) {
                        Some(moment) => self.replace(Scalar::Time(moment)),
                        None => return Err(needs("a time", value, origin, scope)),
                    }
                }
            }
            Code::ToText(origin) => check_text(self.peek(), origin, scope)?,
            Code::Not => match self.peek() {
                Scalar::Bool(truth) => self.replace(Scalar::Bool(!truth)),
                _ => self.replace(Scalar::Null),
            },
            Code::Negate => {
                let value = self.peek();
                if !value.is_null() {
                    let number = scope.number(Ok(scope.decimal_of(value)?.negated()))?;
                    self.replace(number);
                }
            }
            Code::Calculate(how, origin) => {
                let (two, one) = (self.pop(), self.peek());
                let result = match one.is_null() || two.is_null() {
                    true => Scalar::Null,
                    false => calculate(how, one, two, origin, scope)?,
                };
                self.replace(result);
            }
            Code::FieldCalculate(field, how, constant, origin) => {
                let value = scope.view.field(field);
                let number = self.constants[usize::from(constant)];
                let result = field_calculate(value, how, number, origin, scope)?;
                self.push(result);
            }
            Code::Join(origin) => {
                let (two, one) = (self.pop(), self.peek());
                let result = match one.is_null() || two.is_null() {
                    true => Scalar::Null,
                    false => join(one, two, origin, scope)?,
                };
                self.replace(result);
            }
            Code::CompareNumbers(relation) => self.two(|one, two| relation.holds(compare::numbers(one, two))),
            Code::CompareTexts(relation) => self.two(|one, two| relation.holds(compare::texts(one, two))),
            Code::CompareTimes(relation) => self.two(|one, two| match (one, two) {
                (Scalar::Time(one), Scalar::Time(two)) => relation.holds(one.at.cmp(&two.at)),
                _ => false,
            }),
            Code::CompareBools(relation) => self.two(|one, two| match (one, two) {
                (Scalar::Bool(one), Scalar::Bool(two)) => relation.holds(one.cmp(&two)),
                _ => false,
            }),
            Code::CompareFields(relation, origin) => {
                let (two, one) = (self.stack[self.top - 1], self.stack[self.top - 2]);
                for value in [one, two] {
                    check_text(value, origin, scope)?;
                }
                self.two(|one, two| relation.holds(compare::fields(one, two)));
            }
            Code::Is(state) => {
                let value = self.peek();
                let is = match state {
                    State::Null => value.is_null(),
                    State::Absent => matches!(value, Scalar::Absent),
                    State::Bool(truth) => matches!(value, Scalar::Bool(found) if found == truth),
                };
                self.replace(Scalar::Bool(is));
            }
            Code::InNumbers(list) => {
                let (value, list) = (self.peek(), &self.program.numbers[usize::from(list)]);
                if !value.is_null() {
                    let order = |number: &u16| compare::numbers(self.constants[usize::from(*number)], value);
                    let found = list.binary_search_by(order).is_ok();
                    self.replace(Scalar::Bool(found));
                }
            }
            Code::InTexts(list) => {
                let (value, list) = (self.peek(), &self.program.texts[usize::from(list)]);
                if !value.is_null() {
                    let text = scope.text_of(value)?;
                    let found = list.binary_search_by(|item| (**item).cmp(text)).is_ok();
                    self.replace(Scalar::Bool(found));
                }
            }
            Code::Like(number) => {
                let value = self.peek();
                if !value.is_null() {
                    let text = scope.text_of(value)?;
                    self.replace(Scalar::Bool(self.program.likes[usize::from(number)].matches(text)));
                }
            }
            Code::Matches(number) => {
                let value = self.peek();
                if !value.is_null() {
                    let text = scope.text_of(value)?;
                    self.replace(Scalar::Bool(scope.scratch.regexes[usize::from(number)].is_match(text)));
                }
            }
            Code::Replace(number) => {
                let value = self.peek();
                if !value.is_null() {
                    let text = scope.text_of(value)?;
                    let replaced =
                        replacement::replace(&self.program.replacings[usize::from(number)], number, text, scope)?;
                    self.replace(Scalar::Text(replaced));
                }
            }
            Code::UnlessFalse(target) => {
                if let Scalar::Bool(false) = self.peek() {
                    return Ok(usize::from(target));
                }
            }
            Code::UnlessTrue(target) => {
                if let Scalar::Bool(true) = self.peek() {
                    return Ok(usize::from(target));
                }
            }
            Code::And => {
                let (two, one) = (self.pop(), self.peek());
                self.replace(match (one, two) {
                    (Scalar::Bool(false), _) | (_, Scalar::Bool(false)) => Scalar::Bool(false),
                    (Scalar::Bool(true), Scalar::Bool(true)) => Scalar::Bool(true),
                    _ => Scalar::Null,
                });
            }
            Code::Or => {
                let (two, one) = (self.pop(), self.peek());
                self.replace(match (one, two) {
                    (Scalar::Bool(true), _) | (_, Scalar::Bool(true)) => Scalar::Bool(true),
                    (Scalar::Bool(false), Scalar::Bool(false)) => Scalar::Bool(false),
                    _ => Scalar::Null,
                });
            }
            Code::SkipUnlessTrue(target) => {
                if !matches!(self.pop(), Scalar::Bool(true)) {
                    return Ok(usize::from(target));
                }
            }
            Code::TakeNull(target) => {
                if !self.peek().is_null() {
                    return Ok(usize::from(target));
                }
                self.pop();
            }
            Code::Jump(target) => return Ok(usize::from(target)),
            Code::NullIf => {
                if let Scalar::Bool(true) = self.pop() {
                    self.replace(Scalar::Null);
                }
            }
            Code::Cast(to, or_null, origin) => {
                let value = self.peek();
                if !value.is_null() {
                    let cast = cast::cast(value, to, or_null, origin, scope)?;
                    self.replace(cast);
                }
            }
            Code::Call(function, count, origin) => {
                let first = self.top - usize::from(count);
                let arguments = &self.stack[first..self.top];
                let result = match !function.nulls && arguments.iter().any(|value| value.is_null()) {
                    true => Scalar::Null,
                    false => {
                        scope.origin = origin;
                        (function.run)(arguments, scope)?
                    }
                };
                self.top = first;
                self.push(result);
            }
        }
        Ok(at + 1)
    }
}

#[cold]
fn needs(wanted: &str, value: Scalar<'_>, origin: u16, scope: &mut Scope<'_, '_>) -> Bad {
    scope.origin = origin;
    scope.needs(wanted, value)
}

/// Makes sure that a value is null or has a text. Bytes can be compared.
#[inline(always)]
fn check_text(value: Scalar<'_>, origin: u16, scope: &mut Scope<'_, '_>) -> Result<(), Bad> {
    match value {
        Scalar::Inside(_) | Scalar::Field(Value::Raw(_) | Value::List(_) | Value::Map(_)) => {
            Err(needs("a text", value, origin, scope))
        }
        _ => Ok(()),
    }
}

/// Compares a field with a number.
#[inline(always)]
fn field_number<'a>(
    value: Scalar<'a>,
    relation: Relation,
    number: Scalar<'a>,
    origin: u16,
    scope: &mut Scope<'_, 'a>,
) -> Outcome<'a> {
    if let (Scalar::Field(Value::Untyped(text) | Value::Number(text)), Scalar::Number(small)) = (value, number)
        && let Some((mantissa, scale)) = Small::quick(text)
        && let Some(order) = order(mantissa, scale, small)
    {
        return Ok(Scalar::Bool(relation.holds(order)));
    }
    if value.is_null() {
        return Ok(Scalar::Null);
    }
    if !value.is_number() {
        return Err(needs("a number", value, origin, scope));
    }
    Ok(Scalar::Bool(relation.holds(compare::numbers(value, number))))
}

/// The order of a short number and another.
#[inline(always)]
pub fn order(mantissa: i64, scale: u32, other: Small) -> Option<Ordering> {
    let (one, two) = (i128::from(mantissa), other.mantissa);
    if scale == other.scale {
        return Some(one.cmp(&two));
    }
    if scale < other.scale {
        return Some(one.checked_mul(*POWERS.get((other.scale - scale) as usize)?)?.cmp(&two));
    }
    Some(one.cmp(&two.checked_mul(POWERS[(scale - other.scale) as usize])?))
}

/// Whether two texts are in a relation.
#[inline(always)]
pub fn text_holds(one: &[u8], relation: Relation, two: &[u8]) -> bool {
    match relation {
        Relation::Equal => are_equal(one, two),
        Relation::Unequal => !are_equal(one, two),
        relation => relation.holds(one.cmp(two)),
    }
}

/// Keys differ in their last bytes, as a rule: most need no more than that.
#[inline(always)]
fn are_equal(one: &[u8], two: &[u8]) -> bool {
    one.len() == two.len() && one.last() == two.last() && one == two
}

#[inline(always)]
fn calculate<'a>(how: Binary, one: Scalar<'a>, two: Scalar<'a>, origin: u16, scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    if let (Scalar::Number(a), Scalar::Number(b)) = (one, two)
        && let Some(short) = short(how, a, b)
    {
        return Ok(Scalar::Number(short));
    }
    calculate_long(how, one, two, origin, scope)
}

/// The result of a calculation with short numbers, if it is one.
#[inline(always)]
pub fn short(how: Binary, one: Small, two: Small) -> Option<Small> {
    match how {
        Binary::Add => one.sum(two),
        Binary::Subtract => one.difference(two),
        Binary::Multiply => one.product(two),
        _ => None,
    }
}

/// Calculates with a field and a number.
#[inline(always)]
fn field_calculate<'a>(
    value: Scalar<'a>,
    how: Binary,
    number: Scalar<'a>,
    origin: u16,
    scope: &mut Scope<'_, 'a>,
) -> Outcome<'a> {
    if let (Scalar::Field(Value::Untyped(text) | Value::Number(text)), Scalar::Number(two)) = (value, number)
        && let Some((mantissa, scale)) = Small::quick(text)
        && let Some(short) = short(how, Small { mantissa: mantissa.into(), scale }, two)
    {
        return Ok(Scalar::Number(short));
    }
    if value.is_null() {
        return Ok(Scalar::Null);
    }
    if !value.is_number() {
        return Err(needs("a number", value, origin, scope));
    }
    calculate_long(how, value, number, origin + 1, scope)
}

/// The same for numbers of any length.
#[inline(never)]
fn calculate_long<'a>(
    how: Binary,
    one: Scalar<'a>,
    two: Scalar<'a>,
    origin: u16,
    scope: &mut Scope<'_, 'a>,
) -> Outcome<'a> {
    scope.origin = origin;
    let (one, two) = (scope.decimal_of(one)?, scope.decimal_of(two)?);
    let result = match how {
        Binary::Add => one.sum(two),
        Binary::Subtract => one.subtract(two),
        Binary::Multiply => one.multiply(two),
        Binary::Divide => one.divide(two),
        _ => one.remainder(two),
    };
    scope.number(result)
}

fn join<'a>(one: Scalar<'a>, two: Scalar<'a>, origin: u16, scope: &mut Scope<'_, 'a>) -> Outcome<'a> {
    scope.origin = origin;
    let (one, two) = (scope.text_of(one)?, scope.text_of(two)?);
    let room = scope.room(one.len() + two.len())?;
    room[..one.len()].copy_from_slice(one);
    room[one.len()..].copy_from_slice(two);
    Ok(Scalar::Text(room))
}
