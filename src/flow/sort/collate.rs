//! Collations: the order in which people look texts up, by the data of CLDR.

use std::fmt;

use crate::error::{Error, Result};

/// How text is compared where people are to find it: by the rules of a language, and perhaps whatever its case is, and with
/// numbers in it by their value. Texts that the rules take for equal are equal.
///
/// ```
/// use pagemill::job::{Collation, SortKey};
///
/// let swedish = Collation::of("sv")?.without_case();
/// let key = SortKey::new("name").collated(swedish);
/// assert_eq!(key.to_string(), "name:locale=sv:nocase");
/// # Ok::<(), pagemill::Error>(())
/// ```
#[derive(Clone)]
pub struct Collation {
    /// As it was given; empty: that of no language.
    locale: String,
    without_case: bool,
    natural: bool,
    #[cfg(feature = "collation")]
    collator: std::sync::Arc<icu_collator::CollatorBorrowed<'static>>,
}

/// The languages for which CLDR says how to sort, some of them as no language in particular.
#[cfg(feature = "collation")]
const LANGUAGES: &[&str] = &[
    "af", "am", "ar", "as", "az", "be", "bg", "blo", "bn", "br", "bs", "ca", "ceb", "chr", "cs", "cy", "da", "de",
    "dsb", "ee", "el", "en", "eo", "es", "et", "fa", "ff", "fi", "fil", "fo", "fr", "fy", "ga", "gl", "gu", "ha",
    "haw", "he", "hi", "hr", "hsb", "hu", "hy", "id", "ig", "is", "it", "ja", "ka", "kk", "kl", "km", "kn", "ko",
    "kok", "ku", "ky", "lb", "lkt", "ln", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "nb", "ne", "nl",
    "nn", "no", "nso", "om", "or", "pa", "pl", "ps", "pt", "ro", "ru", "se", "si", "sk", "sl", "smn", "sq", "sr", "st",
    "sv", "sw", "ta", "te", "th", "tk", "tn", "to", "tr", "ug", "uk", "und", "ur", "uz", "vi", "wae", "wo", "xh", "yi",
    "yo", "zh", "zu",
];

/// Other orders of a language, by the name that they have after `-u-co-`.
#[cfg(feature = "collation")]
const OTHERS: [(&str, &str); 7] = [
    ("de", "phonebk"),
    ("es", "trad"),
    ("fi", "trad"),
    ("ja", "unihan"),
    ("sv", "trad"),
    ("zh", "stroke"),
    ("zh", "zhuyin"),
];

impl Collation {
    /// That of a language, by its code and perhaps a script or region: `sv`, `de-AT`, `zh-Hant`, `de-u-co-phonebk`.
    ///
    /// # Errors
    /// Usage: there is none.
    pub fn of(locale: &str) -> Result<Collation> {
        Collation::new(locale, false, false)
    }

    /// That of no language in particular.
    ///
    /// # Errors
    /// Usage: this build has no collations.
    pub fn root() -> Result<Collation> {
        Collation::new("", false, false)
    }

    /// The same, in which upper and lower case are equal.
    pub fn without_case(self) -> Collation {
        self.again(true, self.natural)
    }

    /// The same, with runs of digits compared as numbers: `a2` comes before `a10`.
    pub fn natural(self) -> Collation {
        self.again(self.without_case, true)
    }

    /// The language; empty: none in particular.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// Whether upper and lower case are equal.
    pub fn is_without_case(&self) -> bool {
        self.without_case
    }

    /// Whether runs of digits are compared as numbers.
    pub fn is_natural(&self) -> bool {
        self.natural
    }

    fn again(&self, without_case: bool, natural: bool) -> Collation {
        // What there was once is there again.
        Collation::new(&self.locale, without_case, natural).unwrap_or_else(|_| self.clone())
    }

    #[cfg(not(feature = "collation"))]
    fn new(_locale: &str, _without_case: bool, _natural: bool) -> Result<Collation> {
        Err(Error::usage(
            "this build has no collations\n  Build it with the feature `collation`, or sort by the bytes of the text: FIELD:text.",
        ))
    }

    #[cfg(feature = "collation")]
    fn new(locale: &str, without_case: bool, natural: bool) -> Result<Collation> {
        use icu_collator::options::{CollatorOptions, Strength};
        use icu_collator::preferences::CollationNumericOrdering;
        use icu_collator::{CollatorBorrowed, CollatorPreferences};
        let parsed = parsed(locale)?;
        let mut wishes = CollatorPreferences::from(&parsed);
        wishes.numeric_ordering = natural.then_some(CollationNumericOrdering::True);
        let mut options = CollatorOptions::default();
        options.strength = Some(if without_case { Strength::Secondary } else { Strength::Tertiary });
        let collator = CollatorBorrowed::try_new(wishes, options).map_err(|_| unknown(locale))?;
        Ok(Collation { locale: locale.to_owned(), without_case, natural, collator: collator.into() })
    }

    /// Writes the key of a text: bytes in the order of the collation, none of them zero. Gives how many they are; an error if
    /// there is no room for so many.
    #[cfg(feature = "collation")]
    pub(super) fn write(&self, text: &[u8], room: &mut [u8]) -> std::result::Result<usize, usize> {
        self.collator.write_sort_key_utf8_to(text, room).map_err(|few| few.length)
    }

    #[cfg(not(feature = "collation"))]
    pub(super) fn write(&self, _text: &[u8], _room: &mut [u8]) -> std::result::Result<usize, usize> {
        Ok(0)
    }
}

impl PartialEq for Collation {
    fn eq(&self, other: &Collation) -> bool {
        (&self.locale, self.without_case, self.natural) == (&other.locale, other.without_case, other.natural)
    }
}

impl Eq for Collation {}

impl fmt::Debug for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collation({self})")
    }
}

impl fmt::Display for Collation {
    /// As in `--by`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let locale = (!self.locale.is_empty()).then(|| format!("locale={}", self.locale));
        let words = [self.without_case.then_some("nocase"), self.natural.then_some("natural")];
        let all: Vec<&str> = locale.as_deref().into_iter().chain(words.into_iter().flatten()).collect();
        f.write_str(&all.join(":"))
    }
}

/// A locale whose order is known.
#[cfg(feature = "collation")]
fn parsed(locale: &str) -> Result<icu_locale_core::Locale> {
    use icu_locale_core::Locale;
    use icu_locale_core::extensions::unicode::key;
    if locale.is_empty() {
        return Ok(Locale::UNKNOWN);
    }
    let parsed = Locale::try_from_str(locale).map_err(|_| unknown(locale))?;
    let language = parsed.id.language.as_str();
    if !LANGUAGES.contains(&language) || !parsed.id.variants.is_empty() {
        return Err(unknown(locale));
    }
    let mut plain = parsed.clone();
    plain.extensions.unicode.keywords.clear();
    let other = parsed.extensions.unicode.keywords.get(&key!("co")).map(ToString::to_string);
    let count = parsed.extensions.unicode.keywords.iter().count();
    let is_known = match &other {
        None => count == 0,
        Some(other) => count == 1 && OTHERS.contains(&(language, other)),
    };
    if is_known && plain.extensions.is_empty() { Ok(parsed) } else { Err(unknown(locale)) }
}

#[cold]
#[cfg(feature = "collation")]
fn unknown(locale: &str) -> Error {
    let others: Vec<String> = OTHERS.iter().map(|(language, name)| format!("{language}-u-co-{name}")).collect();
    Error::usage(format!(
        "there is no collation `{locale}`\n  Write a language, perhaps with a script or region: locale=sv, locale=de-AT, locale=zh-Hant. The languages are {}; other orders are {}.",
        LANGUAGES.join(", "),
        others.join(", ")
    ))
}

#[cfg(test)]
#[cfg(feature = "collation")]
mod tests {
    use super::*;

    fn key(collation: &Collation, text: &str) -> Vec<u8> {
        let mut room = vec![0; 1000];
        let len = collation.write(text.as_bytes(), &mut room).unwrap();
        room.truncate(len);
        assert!(!room.contains(&0), "{text}");
        room
    }

    fn sorted(collation: &Collation, texts: &str) -> String {
        let mut texts: Vec<&str> = texts.split(' ').collect();
        texts.sort_by_key(|text| key(collation, text));
        texts.join(" ")
    }

    /// The orders are those of CLDR's charts.
    #[test]
    fn languages_have_their_orders() {
        let of = |locale: &str, texts: &str| sorted(&Collation::of(locale).unwrap(), texts);
        assert_eq!(of("sv", "ö z ä o å a"), "a o z å ä ö");
        assert_eq!(of("de", "ö z ä o å a"), "a å ä o ö z");
        assert_eq!(of("da", "ø z æ o å a"), "a o z æ ø å");
        assert_eq!(of("es", "o nz ñ na"), "na nz ñ o");
        assert_eq!(of("cs", "i ch h c d"), "c d h ch i");
        assert_eq!(of("de", "af ä ad"), "ä ad af");
        assert_eq!(of("de-u-co-phonebk", "af ä ad"), "ad ä af");
        assert_eq!(of("en", "b A a B"), "a A b B");
        assert_eq!(sorted(&Collation::root().unwrap(), "é f e E"), "e E é f");
    }

    #[test]
    fn case_and_numbers() {
        let root = Collation::root().unwrap();
        let nocase = root.clone().without_case();
        assert_ne!(key(&root, "ABC"), key(&root, "abc"));
        assert_eq!(key(&nocase, "ABC É"), key(&nocase, "abc é"));
        assert_ne!(key(&nocase, "e"), key(&nocase, "é"));
        assert_eq!(sorted(&root, "a10 a2 a1"), "a1 a10 a2");
        assert_eq!(sorted(&root.clone().natural(), "a10 a2 a1"), "a1 a2 a10");
        let both = root.natural().without_case();
        assert_eq!((key(&both, "A02"), both.to_string()), (key(&both, "a2"), "nocase:natural".to_owned()));
    }

    #[test]
    fn other_orders_are_other_orders() {
        let probes = "ä ad af ch cz ll lz va vb wa wb 一 丁 万 七 亜 亞 阿 八 爱 啊";
        for (language, other) in OTHERS {
            let [usual, other] = [language.to_owned(), format!("{language}-u-co-{other}")]
                .map(|locale| sorted(&Collation::of(&locale).unwrap(), probes));
            assert_ne!(usual, other, "{language}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for locale in ["xx", "tlh", "s", "sv_SE_x", "de-u-co-trad", "de-u-kn-true", "sv-x-mine", "german", "en-posix"] {
            let error = Collation::of(locale).unwrap_err().to_string();
            assert!(error.contains(&format!("no collation `{locale}`")) && error.contains("locale=sv"), "{error}");
        }
        for language in LANGUAGES {
            assert!(Collation::of(language).is_ok(), "{language}");
        }
        assert!(LANGUAGES.is_sorted());
        let few = Collation::of("sv").unwrap().write(b"a text", &mut [0; 2]).unwrap_err();
        assert!(few > 6);
        // Text that is not UTF-8 has a place too.
        assert!(Collation::of("sv").unwrap().write(b"a\xff", &mut [0; 100]).is_ok());
    }
}
