//! The order of the result.

use std::cmp::Ordering;

use crate::error::{Error, Result};
use crate::expr::Moment;
use crate::expr::decimal::Decimal;
use crate::op::{split, unescape};

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// As numbers if they are, else as texts; numbers come before texts.
    Usual,
    Text,
    Number,
    Date,
}

/// A field that the result is sorted by.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub name: String,
    pub descending: bool,
    pub how: How,
}

/// The fields of a list: each may be followed by `:desc` or `:asc`, and by how it is compared.
///
/// # Errors
/// Usage: an empty name, or an unknown word.
pub(super) fn keys(text: &str) -> Result<Vec<Key>> {
    split(text, ',')?.into_iter().map(key).collect()
}

fn key(item: &str) -> Result<Key> {
    let parts = split(item.trim(), ':')?;
    let mut key = Key { name: unescape(parts[0]), descending: false, how: How::Usual };
    if key.name.is_empty() {
        return Err(Error::usage(format!("⟨sort⟩ {}: there is an empty field name", item.trim())));
    }
    for word in &parts[1..] {
        match word.to_ascii_lowercase().as_str() {
            "desc" => key.descending = true,
            "asc" => key.descending = false,
            "text" => key.how = How::Text,
            "number" => key.how = How::Number,
            "date" => key.how = How::Date,
            _ => {
                return Err(Error::usage(format!(
                    "⟨sort⟩ {}: `{word}` is not understood\n  Write FIELD, FIELD:desc, or FIELD:desc:number; also :text and :date. A colon in a name is written as \\:.",
                    item.trim()
                )));
            }
        }
    }
    Ok(key)
}

impl Key {
    /// The order of two values; null is the last in any case. What is not of the kind that is compared comes after what is.
    pub fn order(&self, one: Option<&[u8]>, two: Option<&[u8]>) -> Ordering {
        let (one, two) = match (one, two) {
            (Some(one), Some(two)) => (one, two),
            (one, two) => return one.is_none().cmp(&two.is_none()),
        };
        let order = match self.how {
            How::Text => one.cmp(two),
            How::Date => {
                let (a, b) = (Moment::parse(one), Moment::parse(two));
                match (a, b) {
                    (Some(a), Some(b)) => a.at.cmp(&b.at),
                    (None, None) => one.cmp(two),
                    _ => return a.is_none().cmp(&b.is_none()),
                }
            }
            How::Usual | How::Number => {
                let (a, b) = (number(one), number(two));
                match (a, b) {
                    (Some(a), Some(b)) => a.compare(b),
                    (None, None) => one.cmp(two),
                    (a, b) if self.how == How::Number => return a.is_none().cmp(&b.is_none()),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            }
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// The value of a number that is not too long.
fn number(text: &[u8]) -> Option<Decimal> {
    Decimal::parse(text)?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_how_they_are_compared() {
        let order = |key: &str, one: &str, two: &str| {
            let value = |text: &'static str| (text != "null").then_some(text.as_bytes());
            let (one, two): (&'static str, &'static str) = (one.to_owned().leak(), two.to_owned().leak());
            keys(key).unwrap()[0].order(value(one), value(two))
        };
        assert_eq!(order("a", "9", "10"), Ordering::Less);
        assert_eq!(order("a:text", "9", "10"), Ordering::Greater);
        assert_eq!(order("a:desc", "9", "10"), Ordering::Greater);
        assert_eq!(order("a", "1.0", "1"), Ordering::Equal);
        assert_eq!(order("a", "9", "x"), Ordering::Less);
        assert_eq!(order("a:desc", "9", "null"), Ordering::Less);
        assert_eq!(order("a:date", "2024-01-02", "2024-01-01T10:00"), Ordering::Greater);
        assert!(keys("a:up").is_err() && keys("a,").is_err());
        assert_eq!(keys("a\\:b:desc").unwrap()[0].name, "a:b");
    }
}
