//! Tidy names of columns.

use std::borrow::Cow;

/// How the names of a header are tidied. Each includes the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CleanNames {
    /// They stay as they are.
    #[default]
    No,
    /// Without white space at both ends.
    Trim,
    /// In lower case.
    Lower,
    /// Every run of characters that are neither letters nor digits is one `_`; at the ends there is none.
    Snake,
}

impl CleanNames {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference.
    pub(crate) fn is_no(&self) -> bool {
        *self == CleanNames::No
    }

    /// A name as it should be.
    pub(super) fn clean(self, name: &str) -> Cow<'_, str> {
        let trimmed = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        match self {
            CleanNames::No => name.into(),
            CleanNames::Trim => trimmed.into(),
            CleanNames::Lower => trimmed.to_lowercase().into(),
            CleanNames::Snake => {
                let lower = trimmed.to_lowercase();
                let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
                words.collect::<Vec<_>>().join("_").into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_hand() {
        let clean =
            |name| [CleanNames::Trim, CleanNames::Lower, CleanNames::Snake].map(|how| how.clean(name).into_owned());
        assert_eq!(clean(" Total Fare ($) "), ["Total Fare ($)", "total fare ($)", "total_fare"]);
        assert_eq!(clean("#CHROM"), ["#CHROM", "#chrom", "chrom"]);
        assert_eq!(clean("\u{a0}Größe\t"), ["Größe", "größe", "größe"]);
        assert_eq!(clean("user.first-name"), ["user.first-name", "user.first-name", "user_first_name"]);
        assert_eq!(clean("PULocationID"), ["PULocationID", "pulocationid", "pulocationid"]);
        assert_eq!(clean("__"), ["__", "__", ""]);
        assert_eq!(CleanNames::No.clean(" A "), " A ");
    }
}
