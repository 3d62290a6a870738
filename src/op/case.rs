//! Upper and lower case.

use std::ops::ControlFlow;

use super::fields::{Changed, Scope};
use super::sigma::is_final;
use super::{Fields, Op};
use crate::error::RecordError;
use crate::record::Batch;
use crate::scan::ascii::{self, Case, Seen};
use crate::scan::kernel::Kernel;

/// Brings texts to upper or lower case.
///
/// The mapping is that of Unicode's default algorithm (The Unicode Standard, section 3.13), one character
/// may become several (`ß` becomes `SS`), and a sigma at the end of a word becomes `ς`. The variants for
/// ASCII change the 26 letters and nothing else, in any bytes.
pub struct ChangeCase {
    fields: Fields,
    case: Case,
    /// For each character of two bytes what it becomes, if that has two bytes too, else zeros. None for ASCII only.
    two: Option<Box<[[u8; 2]; TWO]>>,
}

/// How many code points have two bytes: U+0080 to U+07FF.
const TWO: usize = 0x780;

impl ChangeCase {
    /// To upper case.
    pub fn upper(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Upper, two: Some(two_bytes(Case::Upper)) }
    }

    /// To lower case.
    pub fn lower(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Lower, two: Some(two_bytes(Case::Lower)) }
    }

    /// ASCII letters to upper case.
    pub fn upper_ascii(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Upper, two: None }
    }

    /// ASCII letters to lower case.
    pub fn lower_ascii(fields: Fields) -> ChangeCase {
        ChangeCase { fields, case: Case::Lower, two: None }
    }
}

impl Op for ChangeCase {
    fn name(&self) -> &str {
        match (self.case, self.two.is_some()) {
            (Case::Upper, true) => "upper",
            (Case::Lower, true) => "lower",
            (Case::Upper, false) => "upper-ascii",
            (Case::Lower, false) => "lower-ascii",
        }
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        let (kernel, case) = (Kernel::get(), self.case);
        match &self.two {
            Some(two) => {
                let mapper = Mapper { kernel, case, two };
                self.fields.each_text(batch, |text, scope| mapper.change(text, scope));
            }
            None => self.fields.each_text(batch, |text, scope| {
                let seen = ascii::change_case(kernel, case, text, scope.room(text.len())?);
                Ok(seen.changed.then(|| scope.keep(text.len())))
            }),
        }
    }

    fn needs_utf8(&self) -> bool {
        self.two.is_some()
    }

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

fn two_bytes(case: Case) -> Box<[[u8; 2]; TWO]> {
    let mut table = Box::new([[0; 2]; TWO]);
    for (entry, c) in table.iter_mut().zip('\u{80}'..) {
        let mapped = Mapped::of(case, c);
        // What sigma becomes depends on its neighbours.
        if let (Ok(bytes), true) = (mapped.bytes().try_into(), c != SIGMA) {
            *entry = bytes;
        }
    }
    table
}

const SIGMA: char = 'Σ';

/// What a character becomes.
struct Mapped {
    bytes: [u8; 12],
    len: usize,
}

impl Mapped {
    fn of(case: Case, c: char) -> Mapped {
        match case {
            Case::Upper => Mapped::collect(c.to_uppercase()),
            Case::Lower => Mapped::collect(c.to_lowercase()),
        }
    }

    fn collect(chars: impl Iterator<Item = char>) -> Mapped {
        let mut mapped = Mapped { bytes: [0; 12], len: 0 };
        // Three characters at most, says the standard library.
        for c in chars {
            mapped.len += c.encode_utf8(&mut mapped.bytes[mapped.len..]).len();
        }
        mapped
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// An op at work on a batch.
struct Mapper<'o> {
    kernel: Kernel,
    case: Case,
    two: &'o [[u8; 2]; TWO],
}

impl Mapper<'_> {
    /// Changes ASCII letters in one go; then goes from one other character to the next, and changes them in
    /// place as long as they keep their length.
    #[inline]
    fn change<'a>(&self, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
        let to = scope.room(text.len())?;
        let Seen { mut changed, high } = ascii::change_case(self.kernel, self.case, text, to);
        if high {
            let text = scope.utf8(text)?;
            let to = scope.room(text.len())?;
            match self.change_others(text, to) {
                ControlFlow::Continue(others) => changed |= others,
                ControlFlow::Break(at) => return self.change_length(text, at, scope).map(Some),
            }
        }
        Ok(changed.then(|| scope.keep(text.len())))
    }

    /// Says whether something changed, or where a character stands that changes its length.
    fn change_others(&self, text: &str, to: &mut [u8]) -> ControlFlow<usize, bool> {
        let bytes = text.as_bytes();
        let mut changed = false;
        ascii::each_lead(self.kernel, bytes, |at| {
            let len = match bytes[at..] {
                [a @ 0xc0..=0xdf, b, ..] => {
                    let point = (a as usize & 31) << 6 | (b as usize & 63);
                    let entry = self.two[point - 0x80];
                    if entry != [0; 2] {
                        to[at..at + 2].copy_from_slice(&entry);
                        changed |= entry != [a, b];
                        return ControlFlow::Continue(());
                    }
                    2
                }
                [a, b, ..] if is_caseless(a, b) => return ControlFlow::Continue(()),
                [0xf0..=0xff, ..] => 4,
                _ => 3,
            };
            let mapped = self.map(text, at);
            if mapped.len != len {
                return ControlFlow::Break(at);
            }
            changed |= *mapped.bytes() != bytes[at..at + len];
            to[at..at + len].copy_from_slice(mapped.bytes());
            ControlFlow::Continue(())
        })?;
        ControlFlow::Continue(changed)
    }

    /// Starts again, knowing that the length changes at `at`.
    #[cold]
    fn change_length<'a>(&self, text: &str, at: usize, scope: &mut Scope<'a>) -> Result<&'a [u8], RecordError> {
        let mut len = at;
        self.each_mapped(text, at, |run, mapped| len += run.len() + mapped.len());
        let to = scope.room(len)?;
        let mut end = 0;
        self.each_mapped(text, 0, |run, mapped| {
            ascii::change_case(self.kernel, self.case, run, &mut to[end..end + run.len()]);
            end += run.len();
            to[end..end + mapped.len()].copy_from_slice(mapped);
            end += mapped.len();
        });
        Ok(scope.keep(len))
    }

    /// From `at` on: each run of ASCII, and what the character behind it becomes.
    fn each_mapped(&self, text: &str, mut at: usize, mut visit: impl FnMut(&[u8], &[u8])) {
        while at < text.len() {
            let high = ascii::next_high(text.as_bytes(), at);
            let run = &text.as_bytes()[at..high];
            let Some(c) = text[high..].chars().next() else { return visit(run, b"") };
            visit(run, self.map(text, high).bytes());
            at = high + c.len_utf8();
        }
    }

    /// What the character at `at` becomes.
    fn map(&self, text: &str, at: usize) -> Mapped {
        let c = text[at..].chars().next().unwrap_or_default();
        match (c, self.case) {
            (SIGMA, Case::Lower) => Mapped::collect(std::iter::once(if is_final(text, at) { 'ς' } else { 'σ' })),
            (c, case) => Mapped::of(case, c),
        }
    }
}

/// Whether no character with these first bytes has a case mapping: most of what has three or four bytes.
#[inline]
fn is_caseless(a: u8, b: u8) -> bool {
    match a {
        0xe1 | 0xef => false,
        0xe2 => b < 0x84,
        0xea => b >= 0xb0 || b < 0x99,
        0xe0..=0xee => true,
        0xf0 => !matches!(b, 0x90 | 0x91 | 0x96 | 0x9e),
        0xf1..=0xf4 => true,
        _ => false,
    }
}

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
            // A text that stays as it is stays where it is.
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
