//! What a target could not hold, counted by kind: nothing is changed silently.

use serde::{Deserialize, Serialize};

use crate::error::{Cause, RecordError};
use crate::wording::count;

/// A way in which a target holds less than the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
#[non_exhaustive]
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
    /// Bytes became text (base64 by default).
    BytesAsText,
    /// A floating-point number that is infinite or NaN became null.
    NotFiniteAsNull,
    /// A key occurs twice in one map; the last one won.
    DuplicateKey,
    /// A field that is not in the list of columns was left out.
    UnknownKey,
    /// The name of a field was left out because the target has no names.
    KeyDropped,
    /// A line break inside a value became a line break of the target.
    LineBreakInLine,
    /// Invalid UTF-8 was replaced by U+FFFD.
    InvalidUtf8Replaced,
    /// An empty text is written in a dialect without quotes, where it reads back as null.
    EmptyTextAsNull,
    /// A text that looks like a number is written in a dialect without quotes, where it reads back as one.
    TextAsNumber,
    /// A number has more digits than the target's binary number can hold; the nearest one was written.
    NumberRounded,
    /// A record without fields, or whose only field is null in a dialect without quotes, became an empty line, which is
    /// not a record when it is read back.
    RecordAsEmptyLine,
    /// A NaN with a sign or a payload of its own became the plain text `NaN`.
    NanAsPlainNan,
    /// Text follows the closing quote of a CSV field; it was read as part of the field.
    TextAfterQuote,
    /// A text is the one that means null in the output, and is written in a dialect without quotes.
    TextAsNull,
    /// Fields of a record that has more of them than the header were left out.
    SurplusFields,
    /// Spaces at an end of a text are written where they read back as padding.
    SpacesAsPadding,
    /// The items of a list were joined in one cell.
    ListJoined,
    /// A tag or an extension type was left out; the value was kept.
    TypeDropped,
    /// The key of a map is not text, and became text.
    KeyAsText,
    /// A value is written in another way than it was, which means the same: a number with other digits, or what a kind
    /// was named for.
    SpellingChanged,
    /// A field that the schema lacks was left out.
    FieldNotInSchema,
    /// A null became the value that a field has when it is not there, which the target does not tell apart.
    NullAsDefault,
}

/// The error for a record, at `offset`, that would lose something when nothing may be lost.
#[cold]
pub(crate) fn lossy_error(offset: usize, kind: LossyKind) -> RecordError {
    RecordError::new(offset, format!("the output can't hold this record as it is: {}", kind.sentence(1)))
        .cause(Cause::Target)
        .hint("Leave out ⟨strict⟩ to accept it and have it counted.")
}

/// Counts by [`LossyKind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lossy([u64; LossyKind::ALL.len()]);

impl LossyKind {
    /// Every kind, by number.
    pub const ALL: [LossyKind; 28] = [
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
        LossyKind::TextAsNull,
        LossyKind::SurplusFields,
        LossyKind::SpacesAsPadding,
        LossyKind::ListJoined,
        LossyKind::TypeDropped,
        LossyKind::KeyAsText,
        LossyKind::SpellingChanged,
        LossyKind::FieldNotInSchema,
        LossyKind::NullAsDefault,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// That it happened this many times, in plain words with the name: `2 lists written as JSON text (list_as_text)`.
    pub fn sentence(self, times: u64) -> String {
        let (name, one, many) = self.words();
        format!("{} {} ({name})", count(times), if times == 1 { one } else { many })
    }

    /// The name in reports, and what happened: for one, and for several.
    #[rustfmt::skip] // One row a kind.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            LossyKind::AbsentAsNull => ("absent_as_null", "missing field written as an empty cell", "missing fields written as empty cells"),
            LossyKind::BoolAsText => ("bool_as_text", "true or false value written as text", "true or false values written as text"),
            LossyKind::NumberAsText => ("number_as_text", "number written as text", "numbers written as text"),
            LossyKind::NullAsText => ("null_as_text", "null written as empty text", "nulls written as empty text"),
            LossyKind::ListAsText => ("list_as_text", "list written as JSON text", "lists written as JSON text"),
            LossyKind::MapAsText => ("map_as_text", "object written as JSON text", "objects written as JSON text"),
            LossyKind::BytesAsText => ("bytes_as_text", "field of bytes written as text", "fields of bytes written as text"),
            LossyKind::NotFiniteAsNull => ("not_finite_as_null", "infinite number or NaN written as null", "infinite numbers or NaNs written as null"),
            LossyKind::DuplicateKey => ("duplicate_key", "repeated key, of which only the last value was kept", "repeated keys, of which only the last value was kept"),
            LossyKind::UnknownKey => ("unknown_key", "field left out because the output has no such column", "fields left out because the output has no such column"),
            LossyKind::KeyDropped => ("key_dropped", "field name left out because the output has no field names", "field names left out because the output has no field names"),
            LossyKind::LineBreakInLine => ("line_break_in_line", "line break inside a value, which now ends a line of the output", "line breaks inside values, which now end lines of the output"),
            LossyKind::InvalidUtf8Replaced => ("invalid_utf8_replaced", "piece of invalid UTF-8 replaced with U+FFFD", "pieces of invalid UTF-8 replaced with U+FFFD"),
            LossyKind::EmptyTextAsNull => ("empty_text_as_null", "empty text written without quotes, which reads back as null", "empty texts written without quotes, which read back as null"),
            LossyKind::TextAsNumber => ("text_as_number", "text that looks like a number written without quotes, which reads back as a number", "texts that look like numbers written without quotes, which read back as numbers"),
            LossyKind::NumberRounded => ("number_rounded", "number rounded because the output can't hold all its digits", "numbers rounded because the output can't hold all their digits"),
            LossyKind::RecordAsEmptyLine => ("record_as_empty_line", "record written as an empty line, which is not a record when it is read back", "records written as empty lines, which are not records when they are read back"),
            LossyKind::NanAsPlainNan => ("nan_as_plain_nan", "NaN with a sign or a payload written as plain NaN", "NaNs with a sign or a payload written as plain NaN"),
            LossyKind::TextAfterQuote => ("text_after_quote", "record with text after a closing quote, which was read as part of the field", "records with text after a closing quote, which was read as part of the field"),
            LossyKind::TextAsNull => ("text_as_null", "text that means null in the output written without quotes, which reads back as null", "texts that mean null in the output written without quotes, which read back as null"),
            LossyKind::SurplusFields => ("surplus_fields", "field left out because its record has more fields than the header", "fields left out because their records have more fields than the header"),
            LossyKind::SpacesAsPadding => ("spaces_as_padding", "text with spaces around it, which read back as padding", "texts with spaces around them, which read back as padding"),
            LossyKind::ListJoined => ("list_joined", "list written as its items in one cell", "lists written as their items in one cell"),
            LossyKind::TypeDropped => ("type_dropped", "tag or extension type left out, whose value was kept", "tags or extension types left out, whose values were kept"),
            LossyKind::KeyAsText => ("key_as_text", "key of a map that was no text and became text", "keys of maps that were not text and became text"),
            LossyKind::SpellingChanged => ("spelling_changed", "value that means the same but is written in another way (such as 1.10, written as 1.1)", "values that mean the same but are written in another way (such as 1.10, written as 1.1)"),
            LossyKind::FieldNotInSchema => ("field_not_in_schema", "field left out because the schema has no such field", "fields left out because the schema has no such field"),
            LossyKind::NullAsDefault => ("null_as_default", "null written as the default of its field, such as 0", "nulls written as the defaults of their fields, such as 0"),
        }
    }
}

/// What is lost while records are built one after another: a record's losses count only once it is ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    all: Lossy,
    /// The same without the record being built; valid while `last` is `None`.
    kept: Lossy,
    /// What the record being built lost most recently.
    last: Option<LossyKind>,
}

impl Losses {
    pub fn all(&self) -> &Lossy {
        &self.all
    }

    #[inline(always)]
    pub fn last(&self) -> Option<LossyKind> {
        self.last
    }

    /// Notes a loss in the record being built.
    pub fn lose(&mut self, kind: LossyKind, count: u64) {
        if count > 0 {
            self.all.count_many(kind, count);
            self.last = Some(kind);
        }
    }

    /// Notes a loss while no record is being built.
    pub fn lose_between(&mut self, kind: LossyKind, count: u64) {
        self.all.count_many(kind, count);
        self.kept.count_many(kind, count);
    }

    /// The record is ended: its losses count.
    pub fn keep(&mut self) {
        (self.kept, self.last) = (self.all, None);
    }

    /// The same for several records.
    #[inline]
    pub fn keep_any(&mut self) {
        if self.last.is_some() {
            self.keep();
        }
    }

    /// The record is discarded, and its losses with it.
    #[inline]
    pub fn take_back(&mut self) {
        if self.last.take().is_some() {
            self.all = self.kept;
        }
    }
}

impl Lossy {
    /// Counts one.
    #[inline]
    pub fn count(&mut self, kind: LossyKind) {
        self.0[kind as usize] += 1;
    }

    /// Counts several.
    pub fn count_many(&mut self, kind: LossyKind, count: u64) {
        self.0[kind as usize] += count;
    }

    /// How many of one kind.
    pub fn of(&self, kind: LossyKind) -> u64 {
        self.0[kind as usize]
    }

    /// How many in all.
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
