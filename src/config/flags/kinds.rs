//! Sets of what inputs and outputs can be.

use std::fmt;

use crate::format::Format;
use crate::format::frames::Payload;

/// A set of formats. Frames are several: what they hold makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// No format.
    pub const NONE: Kinds = Kinds(0);
    /// CSV.
    pub const CSV: Kinds = Kinds(1);
    /// TSV.
    pub const TSV: Kinds = Kinds(1 << 1);
    /// NDJSON.
    pub const NDJSON: Kinds = Kinds(1 << 2);
    /// JSON.
    pub const JSON: Kinds = Kinds(1 << 3);
    /// Text.
    pub const TEXT: Kinds = Kinds(1 << 4);
    /// Fixed records.
    pub const FIXED: Kinds = Kinds(1 << 5);
    /// Frames that hold bytes.
    pub const FRAMES_OF_BYTES: Kinds = Kinds(1 << 6);
    /// Frames that hold text.
    pub const FRAMES_OF_TEXT: Kinds = Kinds(1 << 7);
    /// Frames that hold JSON.
    pub const FRAMES_OF_JSON: Kinds = Kinds(1 << 8);
    /// What the op `wordcount` writes.
    pub const WORDS: Kinds = Kinds(1 << 9);

    /// Records with columns in text.
    pub const TABLES: Kinds = Kinds::CSV.or(Kinds::TSV);
    /// What has an encoding.
    pub const LINES_OF_TEXT: Kinds = Kinds::TABLES.or(Kinds::NDJSON).or(Kinds::JSON).or(Kinds::TEXT);
    /// Records with maps and lists.
    pub const NESTED: Kinds = Kinds::NDJSON.or(Kinds::JSON).or(Kinds::FRAMES_OF_JSON);
    /// Frames of every kind.
    pub const FRAMES: Kinds = Kinds::FRAMES_OF_BYTES.or(Kinds::FRAMES_OF_TEXT).or(Kinds::FRAMES_OF_JSON);
    /// Every format.
    pub const ALL: Kinds = Kinds::LINES_OF_TEXT.or(Kinds::FIXED).or(Kinds::FRAMES);

    /// The kind of a format; of frames by what they hold.
    pub fn of(format: Format, payload: Payload) -> Kinds {
        match (format, payload) {
            (Format::Csv, _) => Kinds::CSV,
            (Format::Tsv, _) => Kinds::TSV,
            (Format::Ndjson, _) => Kinds::NDJSON,
            (Format::Json, _) => Kinds::JSON,
            (Format::Text, _) => Kinds::TEXT,
            (Format::Fixed, _) => Kinds::FIXED,
            (Format::Frames, Payload::Bytes) => Kinds::FRAMES_OF_BYTES,
            (Format::Frames, Payload::Text) => Kinds::FRAMES_OF_TEXT,
            (Format::Frames, Payload::Json) => Kinds::FRAMES_OF_JSON,
        }
    }

    /// What is in one of them or in both.
    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// All others.
    pub const fn not(self) -> Kinds {
        Kinds(Kinds::ALL.0 & !self.0)
    }

    /// Whether something is in both.
    pub const fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of it is in the other one.
    pub const fn is_within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }
}

/// How the kinds are called; the frames of all kinds first.
const NAMES: [(Kinds, &str); 11] = [
    (Kinds::CSV, "CSV"),
    (Kinds::TSV, "TSV"),
    (Kinds::NDJSON, "NDJSON"),
    (Kinds::JSON, "JSON"),
    (Kinds::TEXT, "text"),
    (Kinds::FIXED, "fixed records"),
    (Kinds::FRAMES, "frames"),
    (Kinds::FRAMES_OF_BYTES, "frames of bytes"),
    (Kinds::FRAMES_OF_TEXT, "frames of text"),
    (Kinds::FRAMES_OF_JSON, "frames of JSON"),
    (Kinds::WORDS, "a word count"),
];

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = *self;
        let mut names = Vec::new();
        for (kinds, name) in NAMES {
            if kinds.is_within(left) {
                names.push(name);
                left = Kinds(left.0 & !kinds.0);
            }
        }
        match names.split_last() {
            Some((last, [])) => f.write_str(last),
            Some((last, others)) => write!(f, "{} and {last}", others.join(", ")),
            None => f.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names() {
        assert_eq!(Kinds::CSV.to_string(), "CSV");
        assert_eq!(Kinds::TABLES.to_string(), "CSV and TSV");
        assert_eq!(Kinds::TABLES.or(Kinds::FRAMES).to_string(), "CSV, TSV and frames");
        assert_eq!(Kinds::NESTED.to_string(), "NDJSON, JSON and frames of JSON");
        assert_eq!(Kinds::WORDS.to_string(), "a word count");
    }

    #[test]
    fn all_formats_are_kinds() {
        for format in Format::ALL {
            for payload in [Payload::Bytes, Payload::Text, Payload::Json] {
                let kind = Kinds::of(format, payload);
                assert!(kind.is_within(Kinds::ALL) && !kind.meets(kind.not()), "{format}");
            }
        }
        assert!(!Kinds::ALL.meets(Kinds::WORDS) && !Kinds::NONE.meets(Kinds::ALL));
    }
}
