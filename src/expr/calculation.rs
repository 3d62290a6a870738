//! Calculations that need no machine, as most are: a field with a number.

use super::ast::Binary;
use super::code::{Code, Program};
use super::decimal::Small;
use super::eval::short;
use super::scalar::Scalar;
use crate::record::Value;

/// A calculation with a column and a number.
#[derive(Clone, Copy)]
pub struct Calculation {
    column: usize,
    how: Binary,
    number: Small,
}

impl Calculation {
    /// That of a program, if it is one; `column` gives the column of a field.
    pub fn of(program: &Program, constants: &[Scalar<'_>], column: impl Fn(u16) -> usize) -> Option<Calculation> {
        match program.code[..] {
            [Code::FieldCalculate(field, how, constant, _)] => match constants[usize::from(constant)] {
                Scalar::Number(number) => Some(Calculation { column: column(field), how, number }),
                _ => None,
            },
            _ => None,
        }
    }

    /// The result for a record; `None`: only the machine can tell.
    #[inline(always)]
    pub fn result(&self, values: &[Value<'_>]) -> Option<Small> {
        match *values.get(self.column)? {
            Value::Untyped(text) | Value::Number(text) => {
                let (mantissa, scale) = Small::quick(text)?;
                short(self.how, Small { mantissa: mantissa.into(), scale }, self.number)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::expr::{Expression, Place, text_value};
    use crate::memory::Arena;
    use crate::record::{Schema, Value};

    /// The same with and without the machine, which a second step needs.
    #[test]
    fn the_machine_calculates_the_same() {
        let cells = [
            Value::Null,
            Value::Absent,
            Value::Untyped(b"0"),
            Value::Untyped(b"-0.50"),
            Value::Untyped(b"13.98"),
            Value::Untyped(b"1e2"),
            Value::Untyped(b"999999999999999999"),
            Value::Untyped(b"12345678901234567890123"),
            Value::Untyped(b"007"),
            Value::Text(b"7"),
            Value::Number(b"0.000000000000000001"),
            Value::Bool(true),
        ];
        let schema = Schema::new(["a"]);
        let value = |text: &str, cell: Value<'static>| {
            let arena = Arena::new(1 << 12, 1 << 16);
            let expression = Expression::value(text).unwrap();
            let mut running = expression.begin(&arena, Some(&schema), 1000).unwrap();
            let outcome = running.columns(&[cell], Place::default(), 0);
            match outcome.and_then(|scalar| Ok(text_value(scalar, &arena, 0)?)) {
                Ok(value) => format!("{value:?}"),
                Err(error) => error.message().to_string(),
            }
        };
        for cell in cells {
            for one in ["a * 1.1", "a + 0.01", "a - 5", "1.10 * a", "3 + a", "a * 99999999999999999999999999999999999"]
            {
                assert_eq!(value(one, cell), value(&format!("coalesce({one})"), cell), "{one} {cell:?}");
            }
        }
        assert_eq!(value("a * 1.1", Value::Untyped(b"13.98")), format!("{:?}", Some(Value::Number(b"15.378"))));
    }
}
