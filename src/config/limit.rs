//! The memory limit: `auto`, a size, or a share of the available memory.

use super::parse_size;
use crate::error::Error;
use crate::sys::usage;

/// The share of the available memory that `auto` takes, in per cent: other programs need some too.
const AUTO: u64 = 50;

/// What `auto` takes if the system does not tell how much there is.
const UNKNOWN: usize = crate::job::MEMORY_LIMIT;

/// The limit in bytes given by `text`: a [size](parse_size); `auto`, which is half of the available memory; or a share
/// of it, such as `25%`. Available is what the machine has left for new work, or what the control group has left below
/// its limit, whichever is less.
/// limit, whichever is less.
///
/// # Errors
/// Usage: the text is none of these.
pub fn parse_limit(text: &str) -> Result<usize, Error> {
    parse(text, usage::available())
}

fn parse(text: &str, available: Option<u64>) -> Result<usize, Error> {
    let trimmed = text.trim();
    let percent = match trimmed.strip_suffix('%') {
        Some(number) => share(text, number)?,
        None if trimmed.eq_ignore_ascii_case("auto") => AUTO * 100,
        // It fits: `parse_size` has checked it.
        None => return Ok(parse_size("⟨memory_limit⟩", text)? as usize),
    };
    match available {
        Some(bytes) => Ok((u128::from(bytes) * u128::from(percent) / 10_000).max(1) as usize),
        None if percent == AUTO * 100 => Ok(UNKNOWN),
        None => Err(Error::usage(format!(
            "⟨memory_limit⟩: this system does not say how much memory it has, so `{text}` means nothing\n  Give a size such as 100MB."
        ))),
    }
}

/// A percentage with up to two decimals, in hundredths.
fn share(text: &str, number: &str) -> Result<u64, Error> {
    let wrong = || {
        Error::usage(format!(
            "⟨memory_limit⟩: `{text}` is not a share of the memory\n  Write auto, a percentage from 0.01% to 100%, or a size such as 100MB."
        ))
    };
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || fraction.len() > 2 || !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let hundredths = format!("{whole}{fraction:0<2}").parse().map_err(|_| wrong())?;
    if (1..=10_000).contains(&hundredths) { Ok(hundredths) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares() {
        let of = |text| parse(text, Some(8_000_000_000)).map_err(|error| error.to_string());
        assert_eq!(of("100MB"), Ok(100_000_000));
        assert_eq!((of("auto"), of(" AUTO ")), (Ok(4_000_000_000), Ok(4_000_000_000)));
        assert_eq!((of("25%"), of("0.5%"), of("12.25 %")), (Ok(2_000_000_000), Ok(40_000_000), Ok(980_000_000)));
        assert_eq!(of("100%"), Ok(8_000_000_000));
        for text in ["0%", "101%", "-1%", "%", "1.234%", "x%", "1e2%", "0.00%"] {
            assert!(of(text).is_err_and(|error| error.contains("100%")), "{text}");
        }
        for text in ["automatic", "", "half"] {
            assert!(of(text).is_err_and(|error| error.starts_with("`memory_limit`: ")), "{text}");
        }
    }

    #[test]
    fn where_nothing_is_known() {
        assert_eq!(parse("auto", None).ok(), Some(UNKNOWN));
        assert!(parse("10%", None).is_err_and(|error| error.to_string().contains("does not say")));
        assert_eq!(parse("1GiB", None).ok(), Some(1 << 30));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory() {
        assert!(parse_limit("auto").is_ok_and(|bytes| bytes > 1 << 20));
    }
}
