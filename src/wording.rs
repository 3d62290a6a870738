//! How counts and names are worded for people.

use std::fmt;
use std::path::Path;
use std::time::Duration;

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

/// Some of many, by their place: `the first record`, `the last 3 lines`.
pub(crate) fn the(place: &str, number: u64, noun: &str) -> String {
    if number == 1 { format!("the {place} {noun}") } else { format!("the {place} {}", counted(number, noun)) }
}

/// A noun with its article: `a list`, `an int32`.
pub(crate) fn a(noun: &str) -> String {
    match noun {
        "bytes" => noun.to_owned(),
        _ if noun.starts_with(['a', 'e', 'i', 'o']) => format!("an {noun}"),
        _ => format!("a {noun}"),
    }
}

/// A noun as it follows this number.
pub fn nouns(number: u64, noun: &str) -> String {
    if number == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// A time as `m:ss` or `h:mm:ss`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// An input as messages name it: `-` is standard input. (A file of that name is `./-`.)
pub fn input(path: &Path) -> impl fmt::Display + '_ {
    if path.as_os_str() == "-" { Path::new("standard input").display() } else { path.display() }
}

/// What to say of a missing file or pattern with braces in its name; nothing of others.
pub fn braces(name: &str) -> &'static str {
    let list = name.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    match list.is_some_and(|(list, _)| list.contains([',', '.'])) {
        true => "\n  Braces are not a pattern here: leave out the quotes, so that the shell expands them.",
        false => "",
    }
}

/// The same, and of the carriage return at the end of a name that comes from a list.
pub(crate) fn missing_name(name: &str) -> &'static str {
    match name.ends_with('\r') {
        true => {
            " followed by a carriage return\n  Does the list of names have CRLF line ends? `tr -d '\\r'` removes them."
        }
        false => braces(name),
    }
}

/// A size as a flag takes it, rounded up to a tenth of a megabyte: `7.9MB`. A small one is that many bytes.
pub fn megabytes(bytes: usize) -> String {
    const TENTH: usize = 100_000;
    let tenths = bytes.div_ceil(TENTH);
    match (bytes, tenths % 10) {
        (0..TENTH, _) => counted(bytes as u64, "byte"),
        (_, 0) => format!("{}MB", tenths / 10),
        (_, tenth) => format!("{}.{tenth}MB", tenths / 10),
    }
}

/// A duration of whole milliseconds in its largest unit: `90s`, `5m`.
pub(crate) fn duration_text(duration: Duration) -> String {
    const UNITS: [(&str, u128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let millis = duration.as_millis();
    let unit = UNITS.iter().find(|(_, factor)| millis > 0 && millis.is_multiple_of(*factor));
    unit.map_or_else(|| "0s".to_owned(), |(name, factor)| format!("{}{name}", millis / factor))
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
    fn megabytes_are_enough() {
        let table =
            [(1, "1 byte"), (99_999, "99,999 bytes"), (100_000, "0.1MB"), (7_900_001, "8MB"), (32_100_000, "32.1MB")];
        for (bytes, text) in table {
            assert_eq!(megabytes(bytes), text);
        }
    }

    #[test]
    fn durations_are_short() {
        let table =
            [(0, "0s"), (250, "250ms"), (1_500, "1500ms"), (90_000, "90s"), (300_000, "5m"), (172_800_000, "2d")];
        for (millis, text) in table {
            assert_eq!(duration_text(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn standard_input_has_a_name() {
        assert_eq!(input(Path::new("-")).to_string(), "standard input");
        assert_eq!(input(Path::new("./-")).to_string(), "./-");
    }
}
