//! Upper and lower case.

mod lines;

use std::ops::ControlFlow;

use super::fields::{Changed, Scope, utf8};
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
    /// None for ASCII only.
    starts: Option<Box<Starts>>,
}

/// For six bits of a character's first byte (which is not ASCII) and its second byte: what they become, if the length
/// stays and nothing else decides it. Zeros for others and for what is no character.
type Starts = [[u8; 2]; 64 * 256];

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
        let (kernel, case) = (Kernel::get(), self.case);
        match &self.starts {
            Some(starts) => {
                let mapper = Mapper { kernel, case, starts };
                self.fields.each_text(batch, |text, scope| mapper.change(text, scope));
            }
            None => self.fields.each_text(batch, |text, scope| {
                let seen = ascii::change_case(kernel, case, text, scope.room(text.len())?);
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

    fn fields(&self) -> &[Box<[u8]>] {
        self.fields.names()
    }
}

fn starts(case: Case) -> Box<Starts> {
    let mut table = Box::new([[0; 2]; 64 * 256]);
    for c in '\u{80}'..='\u{7ff}' {
        let (mapped, mut bytes) = (Mapped::of(case, c), [0; 2]);
        c.encode_utf8(&mut bytes);
        // What a small sigma looks like depends on its neighbours.
        let depends = c == SIGMA && case == Case::Lower;
        if let (Ok(mapped), false) = (mapped.bytes().try_into(), depends) {
            table[index(bytes)] = mapped;
        }
    }
    for start in (0xe0..=0xff).flat_map(|a| (0x80..=0xbf).map(move |b| [a, b])) {
        if is_caseless(start[0], start[1]) {
            table[index(start)] = start;
        }
    }
    table
}

#[inline(always)]
fn index([a, b]: [u8; 2]) -> usize {
    (a as usize & 63) << 8 | b as usize
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
    starts: &'o Starts,
}

/// Why a text can't be changed in place.
enum Stop<'t> {
    /// The character at this place becomes longer or shorter.
    Length(&'t str, usize),
    Invalid(RecordError),
}

impl Mapper<'_> {
    /// Changes ASCII letters in one go; then goes from one other character to the next, and changes them in
    /// place as long as they keep their length.
    #[inline]
    fn change<'a>(&self, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
        let offset = scope.offset;
        let to = scope.room(text.len())?;
        let Seen { mut changed, high } = ascii::change_case(self.kernel, self.case, text, to);
        if high {
            match self.change_others(text, to, offset) {
                ControlFlow::Continue(others) => changed |= others,
                ControlFlow::Break(Stop::Length(text, at)) => return self.change_length(text, at, scope).map(Some),
                ControlFlow::Break(Stop::Invalid(error)) => return Err(error),
            }
        }
        Ok(changed.then(|| scope.keep(text.len())))
    }

    /// Says whether something changed.
    ///
    /// Common characters are checked on the way, others have the whole text checked first. If all of the
    /// bytes inside of characters belonged to common ones, the text is valid UTF-8.
    fn change_others<'t>(&self, bytes: &'t [u8], to: &mut [u8], offset: usize) -> ControlFlow<Stop<'t>, bool> {
        let (mut changed, mut inner, mut checked) = (false, 0, None);
        let all_inner = ascii::each_lead(self.kernel, bytes, |at| {
            match bytes[at..] {
                [a @ 0xc0..=0xdf, b, ..] => {
                    let entry = self.starts[index([a, b])];
                    if entry != [0; 2] {
                        to[at..at + 2].copy_from_slice(&entry);
                        changed |= entry != [a, b];
                        inner += 1;
                        return ControlFlow::Continue(());
                    }
                }
                [a @ 0xe0..=0xef, b, c, ..] if is_caseless(a, b) && is_inner(c) => {
                    inner += 2;
                    return ControlFlow::Continue(());
                }
                [a @ 0xf0..=0xff, b, c, d, ..] if is_caseless(a, b) && is_inner(c) && is_inner(d) => {
                    inner += 3;
                    return ControlFlow::Continue(());
                }
                _ => {}
            }
            if checked.is_none() {
                checked = Some(
                    utf8(bytes, offset).map_or_else(|e| ControlFlow::Break(Stop::Invalid(e)), ControlFlow::Continue)?,
                );
            }
            let text = checked.unwrap_or_default();
            let (len, mapped) = map(self.case, text, at);
            if mapped.len != len {
                return ControlFlow::Break(Stop::Length(text, at));
            }
            changed |= *mapped.bytes() != bytes[at..at + len];
            to[at..at + len].copy_from_slice(mapped.bytes());
            ControlFlow::Continue(())
        })?;
        match checked.is_none() && inner != all_inner {
            true => utf8(bytes, offset)
                .map_or_else(|e| ControlFlow::Break(Stop::Invalid(e)), |_| ControlFlow::Continue(changed)),
            false => ControlFlow::Continue(changed),
        }
    }

    /// Starts again, knowing that the length changes at `at`.
    #[cold]
    fn change_length<'a>(&self, text: &str, at: usize, scope: &mut Scope<'a>) -> Result<&'a [u8], RecordError> {
        let len = self.mapped_len(text, at);
        self.write(text, scope.room(len)?);
        Ok(scope.keep(len))
    }

    /// How long the text becomes; up to `at` it keeps its length.
    fn mapped_len(&self, text: &str, at: usize) -> usize {
        let mut len = at;
        self.each_mapped(text, at, |run, mapped| len += run.len() + mapped.len());
        len
    }

    /// Writes what the text becomes, which is as long as `to`.
    fn write(&self, text: &str, to: &mut [u8]) {
        let mut end = 0;
        self.each_mapped(text, 0, |run, mapped| {
            ascii::change_case(self.kernel, self.case, run, &mut to[end..end + run.len()]);
            end += run.len();
            to[end..end + mapped.len()].copy_from_slice(mapped);
            end += mapped.len();
        });
    }

    /// From `at` on: each run of ASCII, and what the character behind it becomes.
    fn each_mapped(&self, text: &str, mut at: usize, mut visit: impl FnMut(&[u8], &[u8])) {
        while at < text.len() {
            let high = ascii::next_high(text.as_bytes(), at);
            let run = &text.as_bytes()[at..high];
            if high == text.len() {
                return visit(run, b"");
            }
            let (len, mapped) = map(self.case, text, high);
            visit(run, mapped.bytes());
            at = high + len;
        }
    }
}

/// The length of the character at `at`, and what it becomes.
fn map(case: Case, text: &str, at: usize) -> (usize, Mapped) {
    let c = text[at..].chars().next().unwrap_or_default();
    let mapped = match (c, case) {
        (SIGMA, Case::Lower) => Mapped::collect(std::iter::once(if is_final(text, at) { 'ς' } else { 'σ' })),
        (c, case) => Mapped::of(case, c),
    };
    (c.len_utf8(), mapped)
}

#[inline(always)]
fn is_inner(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Whether characters begin with these two bytes, of three or four, and none of them has a case: that is so for most.
#[inline]
fn is_caseless(a: u8, b: u8) -> bool {
    let other = match a {
        0xe1 | 0xef => false,
        0xe2 => b < 0x84,
        0xea => !(0x99..0xb0).contains(&b),
        // Overlong below A0, surrogates from A0 on.
        0xe0 => b >= 0xa0,
        0xed => b < 0xa0,
        0xe3..=0xee => true,
        // Overlong below 90, too large from 90 on.
        0xf0 => b >= 0x92 && b != 0x96 && b != 0x9e,
        0xf1..=0xf3 => true,
        0xf4 => b < 0x90,
        _ => false,
    };
    other && is_inner(b)
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
    fn every_kind_of_invalid_utf8_is_refused_wherever_it_is() {
        let (upper, lower) = (ChangeCase::upper(Fields::all()), ChangeCase::lower(Fields::all()));
        // One and two bytes, and three and four with what matters in the bytes behind.
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
