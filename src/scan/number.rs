//! Is this text exactly a number of RFC 8259, section 6?

/// Whether `text` is exactly `[ minus ] int [ frac ] [ exp ]`, of any length.
pub fn is_json_number(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let digits = |t: &[u8]| t.iter().take_while(|b| b.is_ascii_digit()).count();
    let int = digits(rest);
    if int == 0 || (int > 1 && rest[0] == b'0') {
        return false;
    }
    let mut rest = &rest[int..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', tail @ ..] => tail,
            _ => exponent,
        };
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_json_number;

    #[test]
    fn follows_rfc_8259() {
        for yes in ["0", "-0", "1.10", "1e400", "12345678901234567890123456789012", "0.0", "1E+2", "1e-2", "-1.5e3"] {
            assert!(is_json_number(yes.as_bytes()), "{yes}");
        }
        for no in [
            "", "-", "+5", "007", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "0x1", "1 ", " 1", "1.5.2", "--1",
            "1_000", "true", "-a", "00",
        ] {
            assert!(!is_json_number(no.as_bytes()), "{no}");
        }
    }
}
