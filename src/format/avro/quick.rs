//! Values as most of them are written, in few steps. Whatever needs more than that is left to [`scalar`](super::scalar),
//! with the same result.

use super::moments::{plain_date, plain_stamp};
use super::out::Out;
use super::tree::{Kind, Logical, Node};
use crate::error::Error;
use crate::record::{Unit, Value};
use crate::scan::short;

/// What a text has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quick {
    /// Nothing is written in few steps.
    Never,
    Text,
    /// A whole number.
    Whole {
        least: i64,
        most: i64,
    },
    /// A number with this many digits after its point, and at most this many before it.
    Decimal {
        before: usize,
        after: u32,
    },
    Date,
    Stamp {
        unit: Unit,
        utc: bool,
    },
}

impl Quick {
    pub fn of(node: &Node) -> Quick {
        match (&node.kind, node.logical) {
            (Kind::Bytes, Some(Logical::Decimal { precision, scale })) => match precision.checked_sub(scale) {
                Some(before) => Quick::Decimal { before: before as usize, after: scale },
                None => Quick::Never,
            },
            (Kind::Int, Some(Logical::Date)) => Quick::Date,
            (Kind::Long, Some(Logical::Timestamp { unit, utc })) => Quick::Stamp { unit, utc },
            (_, Some(_)) => Quick::Never,
            (Kind::Int, None) => Quick::Whole { least: i32::MIN.into(), most: i32::MAX.into() },
            (Kind::Long, None) => Quick::Whole { least: i64::MIN, most: i64::MAX },
            (Kind::String, None) => Quick::Text,
            _ => Quick::Never,
        }
    }

    /// Writes a value, or nothing if it takes more than few steps.
    #[inline(always)]
    pub fn put<O: Out>(self, value: Value<'_>, out: &mut O) -> Option<Result<(), Error>> {
        let text = match (self, value) {
            (Quick::Text, Value::Text(text) | Value::Untyped(text)) => return Some(out.run(text)),
            (Quick::Whole { .. } | Quick::Decimal { .. }, Value::Number(text)) => text,
            (Quick::Never | Quick::Text, _) => return None,
            (_, Value::Untyped(text) | Value::Text(text)) => text,
            _ => return None,
        };
        match self {
            Quick::Whole { least, most } => {
                let (number, 0) = number(text)? else { return None };
                (number >= least && number <= most).then(|| out.long(number))
            }
            Quick::Decimal { before, after } => {
                let (number, scale) = number(text)?;
                if scale != after || digits_before(text, scale) > before {
                    return None;
                }
                let bytes = number.to_be_bytes();
                let spare = (number ^ number >> 63).leading_zeros().saturating_sub(1) as usize / 8;
                Some(out.run(&bytes[spare.min(7)..]))
            }
            Quick::Date => plain_date(text).map(|day| out.long(day)),
            Quick::Stamp { unit, utc } => plain_stamp(text, unit, utc).map(|stamp| out.long(stamp)),
            Quick::Never | Quick::Text => None,
        }
    }
}

/// The digits of a number without a negative zero, and how many of them come after the point.
#[inline(always)]
fn number(text: &[u8]) -> Option<(i64, u32)> {
    let (number, scale) = short::of_words(short::words(text)?, text.len())?;
    (number != 0 || text[0] != b'-').then_some((number, scale))
}

/// How many digits come before the point, without a zero that is alone there.
#[inline(always)]
fn digits_before(text: &[u8], scale: u32) -> usize {
    let sign = usize::from(text[0] == b'-');
    let after = if scale > 0 { scale as usize + 1 } else { 0 };
    if text[sign] == b'0' { 0 } else { text.len() - sign - after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::format::avro::parse::parse;
    use crate::format::avro::scalar;
    use crate::record::LossyKind;

    #[derive(Default)]
    struct Written(Vec<u8>, usize);

    impl Out for Written {
        fn put(&mut self, bytes: &[u8]) -> Result<()> {
            self.0.extend_from_slice(bytes);
            Ok(())
        }
        fn lose(&mut self, _: LossyKind) {
            self.1 += 1;
        }
    }

    #[test]
    fn what_is_written_in_few_steps_is_what_is_written_in_many() {
        let types = [
            r#""int""#,
            r#""long""#,
            r#""string""#,
            r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#,
            r#"{"type":"bytes","logicalType":"decimal","precision":18,"scale":0}"#,
            r#"{"type":"bytes","logicalType":"decimal","precision":6,"scale":6}"#,
            r#"{"type":"int","logicalType":"date"}"#,
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            r#"{"type":"long","logicalType":"timestamp-micros"}"#,
            r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
            r#"{"type":"long","logicalType":"local-timestamp-millis"}"#,
        ];
        let mut texts: Vec<String> = [
            "",
            "0",
            "-0",
            "7",
            "-7",
            "007",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "1e3",
            "1.0",
            "12.34",
            "-12.34",
            "123.45",
            "0.05",
            "-0.05",
            "00.05",
            ".05",
            "5.",
            "0.00",
            "-0.00",
            "99.99",
            "-1.28",
            "1.27",
            "1.28",
            "-1.29",
            "0.123456",
            "-0.999999",
            "1.000000",
            "9999999999999999",
            "99999999999999999",
            "2024-02-29",
            "2023-02-29",
            "1900-02-29",
            "2000-02-29",
            "0000-01-01",
            "0001-01-01",
            "9999-12-31",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-1-01",
            "2024/02/03",
            "+2024-02-29",
            "1969-12-31",
            "2024-06-01T06:19:16Z",
            "2024-06-01T06:19:16",
            "2024-06-01T06:19:16.500Z",
            "2024-06-01T06:19:16.500",
            "2024-06-01T06:19:16.500000Z",
            "2024-06-01T06:19:16.123456Z",
            "2024-06-01T06:19:16.123456789Z",
            "1969-12-31T23:59:59.999Z",
            "2024-06-01t06:19:16.500Z",
            "2024-06-01 06:19:16.500Z",
            "2024-06-01T24:00:00.000Z",
            "2024-06-01T06:60:00.000Z",
            "2024-06-01T06:19:60.000Z",
            "2024-06-01T06:19:16.500+01:00",
            "2024-06-01T06:19:16,500Z",
            "2024-06-01T06:19:16.5Z",
            "text",
            "ä",
            "2024-06-31T06:19:16.500Z",
            "2024-06-01T06:19:16.50xZ",
            "2024-06-01T0x:19:16.500Z",
        ]
        .map(String::from)
        .into();
        for number in -300..300 {
            texts.extend([format!("{number}"), format!("{:.2}", f64::from(number) / 100.0)]);
        }
        let mut quickly = 0;
        for of in types {
            let tree = parse(of.as_bytes(), usize::MAX).unwrap();
            let node = tree.node(tree.root);
            for text in &texts {
                for value in
                    [Value::Untyped(text.as_bytes()), Value::Text(text.as_bytes()), Value::Number(text.as_bytes())]
                {
                    let (mut few, mut many) = (Written::default(), Written::default());
                    let Some(written) = Quick::of(node).put(value, &mut few) else { continue };
                    written.unwrap();
                    assert!(scalar::put(node, value, true, &mut many).is_ok(), "{of} {value:?}");
                    assert_eq!((few.0, few.1), (many.0, many.1), "{of} {text}");
                    quickly += 1;
                }
            }
        }
        assert!(quickly > 5000, "{quickly}");
        let quick = |of: &str, text: &str| {
            let tree = parse(of.as_bytes(), usize::MAX).unwrap();
            Quick::of(tree.node(tree.root)).put(Value::Untyped(text.as_bytes()), &mut Written::default()).is_some()
        };
        assert!(quick(types[0], "-2147483648") && !quick(types[0], "2147483648"));
        assert!(quick(types[3], "-12.34") && !quick(types[3], "123.45") && !quick(types[3], "12.3"));
        assert!(quick(types[6], "2024-02-29") && !quick(types[6], "2023-02-29"));
        assert!(quick(types[7], "2024-06-01T06:19:16.500Z") && !quick(types[7], "2024-06-01T06:19:16.500"));
        assert!(quick(types[10], "2024-06-01T06:19:16.500") && !quick(types[10], "2024-06-01T06:19:16.500Z"));
    }
}
