//! What happens to records of a table that have another number of fields than the header.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// What happens to a record with another number of fields than the header. Its text is the words of the settings, with
/// commas between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Ragged {
    /// Missing fields are null. Otherwise the record is bad.
    pub pad: bool,
    /// What happens to fields that are too many.
    pub surplus: Surplus,
    /// Empty fields without quotes at the end are ignored where they are too many; in the header, names like that.
    pub trailing: bool,
}

/// What happens to the fields that a record has more than the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Surplus {
    /// The record is bad.
    #[default]
    Fail,
    /// They are left out, and counted as lossy.
    Truncate,
    /// They are kept, as they are in the source, in one more column.
    Extra,
}

/// The name of that column.
pub(super) const EXTRA: &str = "extra";

const WORDS: &str = "fail, pad, truncate, extra, trailing";

impl Ragged {
    /// Every such record is bad.
    pub const FAIL: Ragged = Ragged { pad: false, surplus: Surplus::Fail, trailing: false };
    /// Missing fields are null; a record with too many is bad.
    pub const PAD: Ragged = Ragged { pad: true, ..Ragged::FAIL };

    /// The same with changes.
    pub fn with(mut self, change: impl FnOnce(&mut Ragged)) -> Ragged {
        change(&mut self);
        self
    }
}

impl fmt::Display for Ragged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let surplus = match self.surplus {
            Surplus::Fail => None,
            Surplus::Truncate => Some("truncate"),
            Surplus::Extra => Some("extra"),
        };
        let words: Vec<&str> =
            [self.pad.then_some("pad"), surplus, self.trailing.then_some("trailing")].into_iter().flatten().collect();
        f.write_str(if words.is_empty() { "fail".to_owned() } else { words.join(",") }.as_str())
    }
}

impl FromStr for Ragged {
    type Err = Error;

    /// # Errors
    /// Usage: a word that is none of them, is there twice, or does not go with another.
    fn from_str(text: &str) -> Result<Ragged, Error> {
        let mut ragged = Ragged::FAIL;
        let words: Vec<String> = text.split(',').map(|word| word.trim().to_ascii_lowercase()).collect();
        for (index, word) in words.iter().enumerate() {
            if words[..index].contains(word) {
                return Err(Error::usage(format!("`{word}` is there twice")));
            }
            match word.as_str() {
                "fail" if words.len() == 1 => {}
                "fail" => return Err(Error::usage("`fail` goes with no other word: it is what happens without them")),
                "pad" => ragged.pad = true,
                "trailing" => ragged.trailing = true,
                "truncate" | "extra" if ragged.surplus != Surplus::Fail => {
                    return Err(Error::usage("surplus fields are either left out (truncate) or kept (extra)"));
                }
                "truncate" => ragged.surplus = Surplus::Truncate,
                "extra" => ragged.surplus = Surplus::Extra,
                _ => return Err(Error::usage(format!("`{word}` is not one of {WORDS}"))),
            }
        }
        Ok(ragged)
    }
}

impl TryFrom<String> for Ragged {
    type Error = String;

    fn try_from(text: String) -> Result<Ragged, String> {
        text.parse().map_err(|error: Error| error.to_string())
    }
}

impl From<Ragged> for String {
    fn from(ragged: Ragged) -> String {
        ragged.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_there_and_back() {
        for text in ["fail", "pad", "truncate", "extra", "trailing", "pad,truncate", "pad,extra,trailing"] {
            assert_eq!(text.parse::<Ragged>().map(|ragged| ragged.to_string()).ok().as_deref(), Some(text));
        }
        assert_eq!("Trailing, PAD".parse::<Ragged>().ok(), Some(Ragged::PAD.with(|own| own.trailing = true)));
        assert_eq!("fail".parse::<Ragged>().ok(), Some(Ragged::default()));
        for (text, part) in [
            ("", "`` is not one of fail, pad, truncate, extra, trailing"),
            ("drop", "`drop` is not one of"),
            ("pad,pad", "twice"),
            ("fail,pad", "no other word"),
            ("truncate,extra", "either left out"),
        ] {
            let error = text.parse::<Ragged>().expect_err(text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
