//! Conditions that need no machine, as most are: a field is compared with a literal, or several are, joined by AND or by OR.

use super::ast::{Relation, State};
use super::code::{Code, Program};
use super::decimal::Small;
use super::eval::{order, text_holds};
use super::scalar::Scalar;
use crate::record::Value;

/// How many tests a condition has here at most.
const MOST: usize = 8;

/// A condition over the columns of a record.
#[derive(Clone, Copy)]
pub struct Simple<'a> {
    tests: [Test<'a>; MOST],
    len: usize,
    /// One true test is enough; otherwise all have to be.
    any: bool,
}

#[derive(Clone, Copy)]
struct Test<'a> {
    column: usize,
    how: How<'a>,
    negated: bool,
}

/// What a field is tested for.
#[derive(Clone, Copy)]
enum How<'a> {
    Number(Relation, Small),
    Text(Relation, &'a [u8]),
    /// The number of a pattern.
    Like(u16),
    /// The number of a list of texts.
    In(u16),
    Null,
}

/// What a test gives; none of these: null.
type Truth = Option<bool>;

impl<'a> Simple<'a> {
    /// The condition of a program, if it is so simple; `column` gives the column of a field.
    pub fn of(program: &Program, constants: &[Scalar<'a>], column: impl Fn(u16) -> usize) -> Option<Simple<'a>> {
        let code = &program.code;
        let mut at = 0;
        let first = Test::read(code, &mut at, constants, &column)?;
        let any = matches!(code.get(at), Some(Code::UnlessTrue(_)));
        let mut simple = Simple { tests: [first; MOST], len: 1, any };
        while at < code.len() {
            match code[at] {
                Code::UnlessFalse(_) if !any => {}
                Code::UnlessTrue(_) if any => {}
                _ => return None,
            }
            at += 1;
            *simple.tests.get_mut(simple.len)? = Test::read(code, &mut at, constants, &column)?;
            simple.len += 1;
            match code.get(at)? {
                Code::And if !any => {}
                Code::Or if any => {}
                _ => return None,
            }
            at += 1;
        }
        Some(simple)
    }

    /// Whether it is true for a record; `None`: only the machine can tell.
    #[inline(always)]
    pub fn is_true(&self, values: &[Value<'a>], program: &Program) -> Option<bool> {
        let [first, rest @ ..] = &self.tests[..self.len] else { return None };
        let truth = first.of(values, program)?;
        if rest.is_empty() {
            return Some(truth == Some(true));
        }
        if truth? == self.any {
            return Some(self.any);
        }
        for test in rest {
            // What comes after a null may be bad.
            if test.of(values, program)?? == self.any {
                return Some(self.any);
            }
        }
        Some(!self.any)
    }
}

impl<'a> Test<'a> {
    /// The test at a place of the code, which moves after it.
    fn read(
        code: &[Code],
        at: &mut usize,
        constants: &[Scalar<'a>],
        column: &impl Fn(u16) -> usize,
    ) -> Option<Test<'a>> {
        let (field, how, len) = match code.get(*at..)? {
            [Code::FieldNumber(field, relation, constant, _), ..] => match constants[usize::from(*constant)] {
                Scalar::Number(number) => (field, How::Number(*relation, number), 1),
                _ => return None,
            },
            [Code::FieldText(field, relation, constant, _), ..] => match constants[usize::from(*constant)] {
                Scalar::Text(text) => (field, How::Text(*relation, text), 1),
                _ => return None,
            },
            [Code::Field(field), Code::ToText(_), Code::Like(pattern), ..] => (field, How::Like(*pattern), 3),
            [Code::Field(field), Code::ToText(_), Code::InTexts(list), ..] => (field, How::In(*list), 3),
            [Code::Field(field), Code::Is(State::Null), ..] => (field, How::Null, 2),
            _ => return None,
        };
        *at += len;
        let negated = matches!(code.get(*at), Some(Code::Not));
        *at += usize::from(negated);
        Some(Test { column: column(*field), how, negated })
    }

    /// What it gives for a record; `None`: only the machine can tell.
    #[inline(always)]
    fn of(&self, values: &[Value<'a>], program: &Program) -> Option<Truth> {
        let value = *values.get(self.column)?;
        let null = matches!(value, Value::Null | Value::Absent);
        let is = match (self.how, value) {
            (How::Null, _) => null,
            (_, _) if null => return Some(None),
            (How::Number(relation, number), Value::Untyped(text) | Value::Number(text)) => {
                let (mantissa, scale) = Small::quick(text)?;
                relation.holds(order(mantissa, scale, number)?)
            }
            (How::Text(relation, wanted), Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                text_holds(text, relation, wanted)
            }
            (How::Like(pattern), Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                program.likes[usize::from(pattern)].matches(text)
            }
            (How::In(list), Value::Untyped(text) | Value::Text(text) | Value::Number(text)) => {
                program.texts[usize::from(list)].binary_search_by(|item| (**item).cmp(text)).is_ok()
            }
            _ => return None,
        };
        Some(Some(is != self.negated))
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::{Expression, Place, Scalar};
    use crate::memory::Arena;
    use crate::record::{Schema, Value};

    /// The same with and without the machine, which every condition needs that is joined with `TRUE`.
    #[test]
    fn the_machine_says_the_same() {
        let cells = [
            Value::Null,
            Value::Untyped(b"5"),
            Value::Untyped(b"-0.50"),
            Value::Untyped(b"1e2"),
            Value::Untyped(b"12345678901234567890123"),
            Value::Untyped(b"x"),
            Value::Text(b"7"),
            Value::Text(b"abc"),
            Value::Bool(true),
        ];
        let tests = [
            "a > 5",
            "a <> 5",
            "b <= 100.0",
            "a = 'x'",
            "b <> 'abc'",
            "b LIKE 'a%'",
            "a NOT LIKE '%x'",
            "a IN ('x', '5')",
            "b NOT IN ('7', 'y')",
            "a IS NULL",
            "b IS NOT NULL",
            "NOT a > 5",
        ];
        let schema = Schema::new(["a", "b"]);
        let value = |text: &str, values: &[Value<'static>]| {
            let arena = Arena::new(1 << 12, 1 << 16);
            let expression = Expression::condition(text).unwrap();
            let mut running = expression.begin(&arena, Some(&schema), 1000).unwrap();
            match running.columns(values, Place::default(), 0) {
                Ok(value) => format!("{}", matches!(value, Scalar::Bool(true))),
                Err(error) => error.message().to_string(),
            }
        };
        let mut bad = 0;
        for one in tests {
            let conditions =
                tests.iter().flat_map(|two| ["AND", "OR"].map(|word| format!("{one} {word} {two} {word} a = 'x'")));
            for condition in conditions.chain([one.to_owned()]) {
                for (a, b) in cells.iter().flat_map(|a| cells.iter().map(move |b| (*a, *b))) {
                    let (simple, machine) =
                        (value(&condition, &[a, b]), value(&format!("TRUE AND ({condition})"), &[a, b]));
                    assert_eq!(simple, machine, "{condition} {a:?} {b:?}");
                    bad += usize::from(simple.contains("is needed"));
                }
            }
        }
        assert!(bad > 1000, "{bad}");
    }
}
