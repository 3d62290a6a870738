//! Sizes such as `512KiB`.

use crate::error::Error;

/// Units by their lower-case names. As in GNU tools, a bare letter is binary.
const UNITS: [(&str, u64); 14] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("t", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// The number of bytes given by `text`: `4096`, `512KiB`, `100MB`, `1.5 GiB`.
///
/// `kB`, `MB`, `GB`, `TB` are decimal; `KiB`, `MiB`, `GiB`, `TiB` and the bare letters are binary. Case does not
/// matter. Fractions of a byte are dropped. `flag` names the flag in errors.
///
/// # Errors
/// Usage: the text is not a size, or it is zero or too large.
pub fn parse_size(flag: &str, text: &str) -> Result<u64, Error> {
    let wrong = |what: &str| {
        Error::usage(format!(
            "{flag}: `{text}` {what}\n  Write a number of bytes with or without a unit, such as 4096, 512KiB, 100MB or 1GiB."
        ))
    };
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let unit = unit.trim_start().to_ascii_lowercase();
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| wrong("is not a size"))?;
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit()) || fraction.len() > 18 {
        return Err(wrong("is not a size"));
    }
    let whole: u64 = whole.parse().map_err(|_| wrong("is too large"))?;
    let fraction_part = match fraction {
        "" => 0,
        digits => {
            let numerator: u128 = digits.parse().map_err(|_| wrong("is not a size"))?;
            // Less than `factor`, so it fits.
            (numerator * u128::from(*factor) / 10u128.pow(digits.len() as u32)) as u64
        }
    };
    let bytes = whole.checked_mul(*factor).and_then(|bytes| bytes.checked_add(fraction_part));
    match bytes {
        Some(0) => Err(wrong("must be greater than zero")),
        Some(bytes) if usize::try_from(bytes).is_ok() => Ok(bytes),
        _ => Err(wrong("is too large")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_by_hand() {
        let table = [
            ("4096", 4096),
            ("1", 1),
            ("7B", 7),
            ("512KiB", 524_288),
            ("512 kib", 524_288),
            ("1k", 1_024),
            ("1kB", 1_000),
            ("100MB", 100_000_000),
            ("16mib", 16_777_216),
            ("1GiB", 1_073_741_824),
            ("1.5GiB", 1_610_612_736),
            ("0.1KiB", 102),
            ("1_000_000", 1_000_000),
            (" 8GB ", 8_000_000_000),
            ("2TiB", 2_199_023_255_552),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_size("--size", text).ok(), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_by_name() {
        for text in [
            "",
            "KB",
            "-1",
            "1.2.3",
            "12XB",
            "1e6",
            "0",
            "0.0001KiB",
            "20000000000GiB",
            "99999999999999999999",
            ".5MB",
            "1 2",
        ] {
            let error = parse_size("--memory-limit", text).expect_err(text).to_string();
            assert!(error.starts_with("--memory-limit: ") && error.contains("512KiB"), "{error}");
        }
    }
}
