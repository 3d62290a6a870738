//! Upper and lower case.

mod lines;
mod map;

use super::{Fields, Op};
use crate::record::Batch;
use crate::scan::ascii::{self, Case};
use crate::scan::vector::Unit;
use map::{Mapper, Starts, starts};

/// Changes texts to upper or lower case.
///
/// It follows Unicode's default algorithm (The Unicode Standard, section 3.13): one character may become several (`ß`
/// becomes `SS`), and a sigma at the end of a word becomes `ς`. The ASCII variants change only the 26 letters, in any
/// bytes.
pub struct ChangeCase {
    fields: Fields,
    case: Case,
    /// `None` for ASCII only.
    starts: Option<Box<Starts>>,
}

impl ChangeCase {
    /// To upper case.
    pub fn upper(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Upper, starts: Some(starts(Case::Upper)) }
    }

    /// To lower case.
    pub fn lower(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Lower, starts: Some(starts(Case::Lower)) }
    }

    /// ASCII letters to upper case.
    pub fn upper_ascii(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Upper, starts: None }
    }

    /// ASCII letters to lower case.
    pub fn lower_ascii(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Lower, starts: None }
    }
}

impl Op for ChangeCase {
    fn name(&self) -> &str {
        match (self.case, self.starts.is_some()) {
            (Case::Upper, true) => "upper",
            (Case::Lower, true) => "lower",
            (Case::Upper, false) => "upper-ascii",
            (Case::Lower, false) => "lower-ascii",
        }
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        if self.fields.names().is_empty() && lines::change(batch, self.case, self.starts.as_deref()) {
            return;
        }
        let (unit, case) = (Unit::get(), self.case);
        match &self.starts {
            Some(starts) => {
                let mapper = Mapper { unit, case, starts };
                self.fields.each_text(batch, |text, scope| mapper.change(text, scope));
            }
            None => self.fields.each_text(batch, |text, scope| {
                let seen = ascii::change_case(unit, case, text, scope.room(text.len())?);
                Ok(seen.changed.then(|| scope.keep(text.len())))
            }),
        }
    }

    fn needs_utf8(&self) -> bool {
        self.starts.is_some()
    }

    fn checks_utf8(&self) -> bool {
        self.starts.is_some() && self.fields.names().is_empty()
    }

    fn fingerprint(&self) -> Option<String> {
        super::named(self)
    }

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

#[cfg(test)]
mod line_tests;

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, keyed, rejected, show};
    use super::*;
    use crate::record::Value;

    fn of(op: &ChangeCase, text: &[u8]) -> Vec<u8> {
        let mut changed = Vec::new();
        columns(&["a"], &[&[Value::Text(text)]], |batch| {
            op.apply(batch);
            assert!(rejected(batch).is_empty());
            let Value::Text(to) = batch.columns(0)[0] else { panic!("text stays text") };
            // A text that does not change is not copied.
            assert_eq!(to == text, std::ptr::eq(to, text) || to.is_empty());
            changed = to.to_vec();
        });
        changed
    }

    fn agrees(upper: &ChangeCase, lower: &ChangeCase, text: &str) {
        assert_eq!(
            of(upper, text.as_bytes()).escape_ascii().to_string(),
            text.to_uppercase().as_bytes().escape_ascii().to_string(),
            "{text}"
        );
        assert_eq!(
            of(lower, text.as_bytes()).escape_ascii().to_string(),
            text.to_lowercase().as_bytes().escape_ascii().to_string(),
            "{text}"
        );
    }

    #[test]
    fn agrees_with_the_standard_library_on_every_character() {
        let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
        for c in '\0'..=char::MAX {
            agrees(&upper, &lower, &format!("aB{c}{c} {c}zΩ"));
        }
    }

    #[test]
    fn agrees_with_the_standard_library_on_mixed_text() {
        let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
        let words = [
            "Straße",
            "İstanbul",
            "ΟΔΥΣΣΕΥΣ",
            "ΣΑΣ.",
            "ﬃ",
            "ΐ",
            "日本",
            "ǅ",
            "naïve",
            "😀",
            "𐐀𐐨",
            "ÿ",
            "ŉ",
            "K",
            "Å",
            "Ⱥ",
        ];
        for seed in 0..4000usize {
            let mut text = String::new();
            for i in 0..seed % 9 {
                let number = (seed + i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                text.push_str(words[(number >> 40) % words.len()]);
                text.push_str(&"plain ASCII text, Quite long."[..(number >> 50) % 29]);
            }
            agrees(&upper, &lower, &text);
        }
    }

    #[test]
    fn known_words() {
        let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
        assert_eq!(of(&upper, "Straße".as_bytes()), "STRASSE".as_bytes());
        assert_eq!(of(&lower, "ΟΔΥΣΣΕΥΣ ΣΑΣ".as_bytes()), "οδυσσευς σας".as_bytes());
        assert_eq!(of(&lower, "İ".as_bytes()), "i\u{307}".as_bytes());
    }

    #[test]
    fn ascii_variants_change_letters_only_in_any_bytes() {
        let upper = ChangeCase::upper_ascii(Fields::all());
        assert_eq!(of(&upper, b"a\xffz\xc3\xa9{`"), b"A\xffZ\xc3\xa9{`");
        let lower = ChangeCase::lower_ascii(Fields::all());
        assert_eq!(of(&lower, "É[A@Z".as_bytes()), "É[a@z".as_bytes());
        assert!(!upper.needs_utf8() && ChangeCase::upper(Fields::all()).needs_utf8());
    }

    #[test]
    fn invalid_utf8_refuses_its_record_and_no_other() {
        let record = |text: &'static [u8]| [Value::Text(text)];
        columns(&["a"], &[&record(b"a"), &record(b"b\xff"), &record(b"c"), &record(b"\xc3")], |batch| {
            ChangeCase::upper(Fields::all()).apply(batch);
            assert_eq!(batch.columns(2), [Value::Text(b"C")]);
            let rejected = rejected(batch);
            assert_eq!(
                rejected.iter().map(|(record, error)| (*record, error.offset)).collect::<Vec<_>>(),
                [(1, 1), (3, 3)]
            );
        });
    }

    #[test]
    fn every_kind_of_invalid_utf8_is_refused_wherever_it_is() {
        let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
        // One and two bytes, and three and four with what matters in the bytes after them.
        let (inner, leads) = ([0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc3, 0xff], 0..=255u8);
        for lead in leads {
            for b in 0..=255u8 {
                for [c, d] in inner.iter().flat_map(|c| inner.map(|d| [*c, d])) {
                    let texts: [&[u8]; 4] = [&[lead], &[lead, b], &[lead, b, c], &[lead, b, c, d]];
                    let records = texts.map(|text| [Value::Text(text)]);
                    let records = records.each_ref().map(|record| &record[..]);
                    for op in [&upper, &lower] {
                        columns(&["a"], &records, |batch| {
                            op.apply(batch);
                            let refused: Vec<_> = rejected(batch).iter().map(|(record, _)| *record).collect();
                            let invalid = (0..4).filter(|index| std::str::from_utf8(texts[*index]).is_err());
                            assert_eq!(refused, invalid.collect::<Vec<_>>(), "{texts:x?}");
                        });
                    }
                    if c > 0 && d > 0 && lead < 0xc0 {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn only_named_fields_and_never_keys_or_numbers() {
        let upper = |names: &[&str]| ChangeCase::upper(Fields::named(names.iter().map(|name| name.as_bytes())));
        let values = [Value::Text(b"x"), Value::Untyped(b"y"), Value::Untyped(b"1e5"), Value::Number(b"1e5")];
        columns(&["a", "b.c", "d", "e"], &[&values, &values], |batch| {
            upper(&["b.c", "d", "e", "unknown"]).apply(batch);
            for record in 0..2 {
                let expected = [values[0], Value::Text(b"Y"), values[2], values[3]];
                assert_eq!(batch.columns(record), expected);
            }
        });
        let record = r#"{"a":"x","b":{"c":"y","d":["z",["z"],{"e":"w"}],"e":"v"},"b.c":"u","f":1e5}"#;
        let cases: [(&[&str], &str); 6] = [
            (&["a"], r#"{"a":"X","b":{"c":"y","d":["z",["z"],{"e":"w"}],"e":"v"},"b.c":"u","f":1e5}"#),
            (&["b.c"], r#"{"a":"x","b":{"c":"Y","d":["z",["z"],{"e":"w"}],"e":"v"},"b.c":"U","f":1e5}"#),
            (&["b.d"], r#"{"a":"x","b":{"c":"y","d":["Z",["Z"],{"e":"W"}],"e":"v"},"b.c":"u","f":1e5}"#),
            (&["b.d.e", "f"], r#"{"a":"x","b":{"c":"y","d":["z",["z"],{"e":"W"}],"e":"v"},"b.c":"u","f":1e5}"#),
            (&["b", "b.c"], r#"{"a":"x","b":{"c":"Y","d":["Z",["Z"],{"e":"W"}],"e":"V"},"b.c":"U","f":1e5}"#),
            (&["a.x", "c", "b.", "."], record),
        ];
        for (names, expected) in cases {
            keyed(&[r#"{"a":1}"#, record], |batch| {
                upper(names).apply(batch);
                assert_eq!(show(batch, 1), expected, "{names:?}");
            });
        }
    }
}
