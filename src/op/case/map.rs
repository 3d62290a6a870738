//! What characters become in the other case, for one text at a time.

use std::ops::ControlFlow;

use crate::error::RecordError;
use crate::op::fields::{Changed, Scope, utf8};

use crate::scan::ascii::{self, Case, Seen};
use crate::scan::vector::Unit;
use crate::sigma::is_final;

/// For six bits of a character's first byte (not ASCII) and its second byte: what they become, if the length does not
/// change and nothing else matters. Zeros for others, and for what is not a character.
pub(super) type Starts = [[u8; 2]; 64 * 256];

pub(super) fn starts(case: Case) -> Box<Starts> {
    let mut table = Box::new([[0; 2]; 64 * 256]);
    for c in '\u{80}'..='\u{7ff}' {
        let (mapped, mut bytes) = (Mapped::of(case, c), [0; 2]);
        c.encode_utf8(&mut bytes);
        // The form of a small sigma depends on its neighbours.
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
pub(super) fn index([a, b]: [u8; 2]) -> usize {
    (a as usize & 63) << 8 | b as usize
}

pub(super) const SIGMA: char = 'Σ';

/// What a character becomes.
pub(super) struct Mapped {
    bytes: [u8; 12],
    pub len: usize,
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
        // Three characters at most, according to the standard library.
        for c in chars {
            mapped.len += c.encode_utf8(&mut mapped.bytes[mapped.len..]).len();
        }
        mapped
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// An op at work on a batch.
pub(super) struct Mapper<'o> {
    pub unit: Unit,
    pub case: Case,
    pub starts: &'o Starts,
}

/// Why a text can't be changed in place.
pub(super) enum Stop<'t> {
    /// The character at this place becomes longer or shorter.
    Length(&'t str, usize),
    Invalid(RecordError),
}

impl Mapper<'_> {
    /// Changes all ASCII letters first; then goes from one other character to the next, and changes them in place while
    /// they keep their length.
    #[inline]
    pub fn change<'a>(&self, text: &'a [u8], scope: &mut Scope<'a>) -> Changed<'a> {
        let offset = scope.offset;
        let to = scope.room(text.len())?;
        let Seen { mut changed, high } = ascii::change_case(self.unit, self.case, text, to);
        if high {
            match self.change_others(text, to, offset) {
                ControlFlow::Continue(others) => changed |= others,
                ControlFlow::Break(Stop::Length(text, at)) => return self.change_length(text, at, scope).map(Some),
                ControlFlow::Break(Stop::Invalid(error)) => return Err(error),
            }
        }
        Ok(changed.then(|| scope.keep(text.len())))
    }

    /// Whether anything changed.
    ///
    /// Common characters are checked on the way; before the first other one, the whole text is checked. If all inner
    /// bytes belonged to common characters, the text is valid UTF-8.
    fn change_others<'t>(&self, bytes: &'t [u8], to: &mut [u8], offset: usize) -> ControlFlow<Stop<'t>, bool> {
        let (mut changed, mut inner, mut checked) = (false, 0, None);
        let all_inner = ascii::each_lead(self.unit, bytes, |at| {
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

    /// Starts over, knowing that the length changes at `at`.
    #[cold]
    fn change_length<'a>(&self, text: &str, at: usize, scope: &mut Scope<'a>) -> Result<&'a [u8], RecordError> {
        let len = self.mapped_len(text, at);
        self.write(text, scope.room(len)?);
        Ok(scope.keep(len))
    }

    /// The length of the changed text; up to `at` lengths stay the same.
    pub fn mapped_len(&self, text: &str, at: usize) -> usize {
        let mut len = at;
        self.each_mapped(text, at, |run, mapped| len += run.len() + mapped.len());
        len
    }

    /// Writes the changed text, which is as long as `to`.
    pub fn write(&self, text: &str, to: &mut [u8]) {
        let mut end = 0;
        self.each_mapped(text, 0, |run, mapped| {
            ascii::change_case(self.unit, self.case, run, &mut to[end..end + run.len()]);
            end += run.len();
            to[end..end + mapped.len()].copy_from_slice(mapped);
            end += mapped.len();
        });
    }

    /// From `at` on: each run of ASCII, and what the character after it becomes.
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
pub(super) fn map(case: Case, text: &str, at: usize) -> (usize, Mapped) {
    let c = text[at..].chars().next().unwrap_or_default();
    let mapped = match (c, case) {
        (SIGMA, Case::Lower) => Mapped::collect(std::iter::once(if is_final(text, at) { 'ς' } else { 'σ' })),
        (c, case) => Mapped::of(case, c),
    };
    (c.len_utf8(), mapped)
}

#[inline(always)]
pub(super) fn is_inner(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Whether characters of three or four bytes begin with these two bytes and none of them has a case, as is true of
/// most.
#[inline]
pub(super) fn is_caseless(a: u8, b: u8) -> bool {
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
