//! Counts such as `1_000`.

/// The number in `text`: digits, with underscores between them anywhere.
///
/// # Errors
/// The reason, without the flag: the text is not a whole number, or it is too large.
pub fn parse_count(text: &str) -> Result<u64, String> {
    let trimmed = text.trim();
    let parts = trimmed.split('_');
    if !parts.clone().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("it is not a whole number; write digits, such as 1000 or 1_000".to_owned());
    }
    parts.collect::<String>().parse().map_err(|_| "the number is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_count;

    #[test]
    fn digits_and_underscores() {
        for (text, number) in [("0", 0), ("1000", 1000), ("1_000_000", 1_000_000), (" 7 ", 7), ("007", 7)] {
            assert_eq!(parse_count(text), Ok(number), "{text}");
        }
        assert_eq!(parse_count("18446744073709551615"), Ok(u64::MAX));
        for text in ["", "_", "1_", "_1", "1__0", "+1", "-1", "1.5", "1e3", "1k", "18446744073709551616"] {
            assert!(parse_count(text).is_err(), "{text}");
        }
    }
}
