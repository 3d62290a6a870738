//! What a target could not hold, counted by kind: nothing is changed silently.

use serde::{Deserialize, Serialize};

/// A way in which a target holds less than the source said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum LossyKind {
    /// A missing field became an empty cell, which reads back as null.
    AbsentAsNull,
    /// A truth value became the text `true` or `false`.
    BoolAsText,
    /// A number became text.
    NumberAsText,
    /// A null became empty text.
    NullAsText,
    /// A list became JSON text.
    ListAsText,
    /// A map became JSON text.
    MapAsText,
    /// Bytes became text (base64 unless told otherwise).
    BytesAsText,
    /// A floating-point number that is infinite or NaN became null.
    NotFiniteAsNull,
    /// A key stood twice in one map; the last one won.
    DuplicateKey,
    /// A field that the list of columns does not name was left out.
    UnknownKey,
    /// The name of a field was left out because the target has no names.
    KeyDropped,
    /// A line break inside a value became a line break of the target.
    LineBreakInLine,
    /// Invalid UTF-8 was replaced by U+FFFD.
    InvalidUtf8Replaced,
    /// An empty text stands in a dialect without quotes, where it reads back as null.
    EmptyTextAsNull,
    /// A text that looks like a number stands in a dialect without quotes, where it reads back as one.
    TextAsNumber,
    /// A number has more digits than the target's binary number can hold; the nearest one was written.
    NumberRounded,
    /// A record without fields, or whose only field is null in a dialect without quotes, became an empty line, which
    /// is no record when it is read back.
    RecordAsEmptyLine,
    /// A NaN with a sign or a payload of its own became the plain text `NaN`.
    NanAsPlainNan,
    /// Text follows the quote that closes a field of CSV; it was read as part of the field.
    TextAfterQuote,
}

/// Counts by [`LossyKind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lossy([u64; LossyKind::ALL.len()]);

impl LossyKind {
    /// Every kind, in the order of its number.
    pub const ALL: [LossyKind; 19] = [
        LossyKind::AbsentAsNull,
        LossyKind::BoolAsText,
        LossyKind::NumberAsText,
        LossyKind::NullAsText,
        LossyKind::ListAsText,
        LossyKind::MapAsText,
        LossyKind::BytesAsText,
        LossyKind::NotFiniteAsNull,
        LossyKind::DuplicateKey,
        LossyKind::UnknownKey,
        LossyKind::KeyDropped,
        LossyKind::LineBreakInLine,
        LossyKind::InvalidUtf8Replaced,
        LossyKind::EmptyTextAsNull,
        LossyKind::TextAsNumber,
        LossyKind::NumberRounded,
        LossyKind::RecordAsEmptyLine,
        LossyKind::NanAsPlainNan,
        LossyKind::TextAfterQuote,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            LossyKind::AbsentAsNull => "absent_as_null",
            LossyKind::BoolAsText => "bool_as_text",
            LossyKind::NumberAsText => "number_as_text",
            LossyKind::NullAsText => "null_as_text",
            LossyKind::ListAsText => "list_as_text",
            LossyKind::MapAsText => "map_as_text",
            LossyKind::BytesAsText => "bytes_as_text",
            LossyKind::NotFiniteAsNull => "not_finite_as_null",
            LossyKind::DuplicateKey => "duplicate_key",
            LossyKind::UnknownKey => "unknown_key",
            LossyKind::KeyDropped => "key_dropped",
            LossyKind::LineBreakInLine => "line_break_in_line",
            LossyKind::InvalidUtf8Replaced => "invalid_utf8_replaced",
            LossyKind::EmptyTextAsNull => "empty_text_as_null",
            LossyKind::TextAsNumber => "text_as_number",
            LossyKind::NumberRounded => "number_rounded",
            LossyKind::RecordAsEmptyLine => "record_as_empty_line",
            LossyKind::NanAsPlainNan => "nan_as_plain_nan",
            LossyKind::TextAfterQuote => "text_after_quote",
        }
    }
}

impl Lossy {
    /// Counts one.
    #[inline]
    pub fn count(&mut self, kind: LossyKind) {
        self.0[kind as usize] += 1;
    }

    /// Counts so many.
    pub fn count_many(&mut self, kind: LossyKind, count: u64) {
        self.0[kind as usize] += count;
    }

    /// How many of a kind.
    pub fn of(&self, kind: LossyKind) -> u64 {
        self.0[kind as usize]
    }

    /// How many of all kinds.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Lossy) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    /// The kinds that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (LossyKind, u64)> {
        LossyKind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, n)| *n > 0)
    }
}
