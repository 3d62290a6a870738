//! Expressions: the text in the first line, the fields `a`, `b` and `c` in the next ones.

use pagemill::expr::{Expression, Place, text_value};
use pagemill::record::{Arena, Schema, Value};

use crate::shared::LONGEST;

/// The longest text that an expression may make.
const LONGEST_TEXT: usize = 10_000;

pub fn target(data: &[u8]) {
    if data.len() > LONGEST {
        return;
    }
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let Some(text) = parts.next().and_then(|text| std::str::from_utf8(text).ok()) else { return };
    let fields: Vec<&[u8]> = parts.collect();
    // What is refused is refused in words.
    if let Err(error) = Expression::condition(text) {
        assert!(error.to_string().contains('^'), "{error}");
    }
    let Ok(expression) = Expression::value(text) else { return };
    let values: Vec<Value<'_>> = fields
        .iter()
        .map(|field| match field {
            [] => Value::Null,
            [b'"', text @ ..] => Value::Text(text),
            text => Value::Untyped(text),
        })
        .collect();
    let schema = Schema::new(&["a", "b", "c"][..values.len()]);
    let outcome = || {
        let arena = Arena::new(1 << 14, 1 << 20);
        let mut running = expression.begin(&arena, Some(&schema), LONGEST_TEXT).unwrap();
        let place = Place { source: b"x", record: 3, line: 4 };
        match running.columns(&values, place, 5) {
            Ok(scalar) => {
                let value = text_value(scalar, &arena, 5).unwrap();
                if let Some(Value::Number(digits)) = value {
                    assert!(pagemill::scan::number::is_json_number(digits), "{digits:?}");
                }
                if let Some(Value::Text(text)) = value {
                    assert!(text.len() <= LONGEST_TEXT.max(data.len() * 4));
                }
                format!("{value:?}")
            }
            Err(error) => {
                assert_eq!(error.offset, 5);
                error.message().to_string()
            }
        }
    };
    assert_eq!(outcome(), outcome(), "{text}");
}
