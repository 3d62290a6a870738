//! How counts and names are worded for people.

use std::fmt;
use std::path::Path;

/// A count with its thousands apart: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted: `1 record`, `2,000 records`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {}", count(number), nouns(number, noun))
}

/// A noun as it follows this number.
pub fn nouns(number: u64, noun: &str) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// An input as messages name it: `-` is standard input. (A file of that name is `./-`.)
pub fn input(path: &Path) -> impl fmt::Display + '_ {
    if path.as_os_str() == "-" { Path::new("standard input").display() } else { path.display() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_readable() {
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(0, "byte"), counted(1, "byte")], ["0 bytes", "1 byte"]);
        assert_eq!(counted(2_000, "record"), "2,000 records");
    }

    #[test]
    fn standard_input_has_a_name() {
        assert_eq!(input(Path::new("-")).to_string(), "standard input");
        assert_eq!(input(Path::new("./-")).to_string(), "./-");
    }
}
