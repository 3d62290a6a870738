//! How many records may be bad.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// How many records may be bad: more end the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxErrors {
    /// A number. The job ends at the first record over it.
    Records(u64),
    /// A number in a million. It is checked when all records were read.
    PerMillion(u32),
}

impl MaxErrors {
    /// Whether `bad` bad ones among `records` are too many.
    pub(crate) fn is_below(self, bad: u64, records: u64) -> bool {
        match self {
            MaxErrors::Records(most) => bad > most,
            MaxErrors::PerMillion(share) => {
                u128::from(bad) * 1_000_000 > u128::from(share) * u128::from(records.max(bad))
            }
        }
    }
}

impl FromStr for MaxErrors {
    type Err = Error;

    /// Reads `10` or `0.5%`.
    fn from_str(text: &str) -> Result<MaxErrors, Error> {
        let found = match text.strip_suffix('%') {
            None if text.split('_').any(str::is_empty) => None,
            None => text.replace('_', "").parse().ok().map(MaxErrors::Records),
            Some(share) => per_million(share.trim_end()).map(MaxErrors::PerMillion),
        };
        found.ok_or_else(|| {
            Error::usage(format!(
                "⟨max_errors⟩: `{text}` is neither a number of records nor a percentage of them\n  Write a number such as 100, or a percentage such as 0.5% (up to four decimal places, 100% at most)."
            ))
        })
    }
}

/// Percent with up to four decimal places.
fn per_million(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 4 || !digits(whole) || !digits(part) {
        return None;
    }
    let share = whole.parse::<u32>().ok()?.checked_mul(10_000)? + format!("{part:0<4}").parse::<u32>().ok()?;
    (share <= 1_000_000).then_some(share)
}

impl fmt::Display for MaxErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaxErrors::Records(most) => write!(f, "{most}"),
            MaxErrors::PerMillion(share) => {
                let text = format!("{}.{:04}", share / 10_000, share % 10_000);
                write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["0", "17", "18446744073709551615", "0%", "1%", "0.5%", "12.0625%", "100%"] {
            assert_eq!(text.parse::<MaxErrors>().unwrap().to_string(), text);
        }
        assert_eq!("1_000".parse::<MaxErrors>().unwrap(), MaxErrors::Records(1000));
        assert_eq!("1.50 %".parse::<MaxErrors>().unwrap(), MaxErrors::PerMillion(15_000));
        for text in [
            "",
            "%",
            "-1",
            "+1",
            "1.5",
            "101%",
            "100.0001%",
            "0.00001%",
            ".5%",
            "1e2",
            "many",
            "4294967297%",
            "1_",
            "1__0",
        ] {
            assert_eq!(text.parse::<MaxErrors>().is_ok(), text == "+1", "{text}");
        }
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert!(!MaxErrors::Records(3).is_below(3, 100) && MaxErrors::Records(3).is_below(4, 100));
        assert!(!MaxErrors::PerMillion(10_000).is_below(1, 100) && MaxErrors::PerMillion(10_000).is_below(1, 99));
        assert!(!MaxErrors::PerMillion(0).is_below(0, 0) && MaxErrors::PerMillion(0).is_below(1, u64::MAX));
    }
}
