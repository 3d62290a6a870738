//! Sets of formats, for inputs and outputs.

use std::fmt;

use crate::format::Format;
use crate::format::frames::Payload;

/// A set of formats. A format whose records can hold different things ([`Format::has_payload`]) counts as several, one
/// for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u128);

impl Kinds {
    /// No format.
    pub const NONE: Kinds = Kinds(0);
    /// TSV.
    pub const TSV: Kinds = Kinds::named("tsv");
    /// NDJSON.
    pub const NDJSON: Kinds = Kinds::named("ndjson");
    /// JSON.
    pub const JSON: Kinds = Kinds::named("json");
    /// JSON5.
    pub const JSON5: Kinds = Kinds::named("json5");
    /// JSON and NDJSON, in each of which records are texts of their own.
    pub const ALL_JSON: Kinds = Kinds::JSON.or(Kinds::NDJSON).or(Kinds::JSON5);
    /// Text.
    pub const TEXT: Kinds = Kinds::named("text");
    /// Fixed records.
    pub const FIXED: Kinds = Kinds::named("fixed");
    /// Fixed-width text.
    pub const FWF: Kinds = Kinds::named("fwf");
    /// Frames that hold bytes.
    pub const FRAMES_OF_BYTES: Kinds = Kinds::of(format("frames"), Payload::Bytes);
    /// Frames that hold text.
    pub const FRAMES_OF_TEXT: Kinds = Kinds::of(format("frames"), Payload::Text);
    /// Frames that hold JSON.
    pub const FRAMES_OF_JSON: Kinds = Kinds::of(format("frames"), Payload::Json);
    /// Frames that hold MessagePack.
    pub const FRAMES_OF_MSGPACK: Kinds = Kinds::of(format("frames"), Payload::Msgpack);
    /// Frames that hold CBOR.
    pub const FRAMES_OF_CBOR: Kinds = Kinds::of(format("frames"), Payload::Cbor);
    /// Frames that hold Protobuf.
    pub const FRAMES_OF_PROTOBUF: Kinds = Kinds::of(format("frames"), Payload::Protobuf);
    /// Protobuf, also in frames.
    pub const PROTOBUF: Kinds = Kinds::named("protobuf").or(Kinds::FRAMES_OF_PROTOBUF);
    /// MessagePack and CBOR, also in frames: nested values in binary, with bytes and numbers that are not finite.
    pub const PACKED: Kinds =
        Kinds::named("msgpack").or(Kinds::named("cbor")).or(Kinds::FRAMES_OF_MSGPACK).or(Kinds::FRAMES_OF_CBOR);
    /// What the op `wordcount` writes.
    pub const WORDS: Kinds = Kinds(1 << (Format::ALL.len() * PAYLOADS));

    /// Records with columns between delimiters.
    pub const TABLES: Kinds = Kinds::all(Fact::Tabular);
    /// Those, and fixed-width text: all tables in text.
    pub const ALL_TABLES: Kinds = Kinds::all(Fact::Table);
    /// Formats with an encoding.
    pub const LINES_OF_TEXT: Kinds = Kinds::all(Fact::Text);
    /// Records with maps and lists.
    pub const NESTED: Kinds = Kinds::all(Fact::Nested).or(Kinds::FRAMES_OF_JSON).or(Kinds::PACKED).or(Kinds::PROTOBUF);
    /// Those in which any column may become a map.
    pub const UNFLATTENED: Kinds = Kinds::ALL_JSON.or(Kinds::FRAMES_OF_JSON).or(Kinds::PACKED).or(Kinds::BLOCKS);
    /// Those that are text, or texts in frames.
    pub const NESTED_TEXT: Kinds = Kinds::ALL_JSON.or(Kinds::FRAMES_OF_JSON);
    /// Formats that can hold NaN and infinite numbers.
    pub const NOT_FINITE: Kinds = Kinds::FIXED.or(Kinds::JSON5).or(Kinds::PACKED).or(Kinds::BLOCKS).or(Kinds::PROTOBUF);
    /// Frames of every kind.
    pub const FRAMES: Kinds = Kinds::named("frames");
    /// Containers that group records in blocks; all fields have types.
    pub const BLOCKS: Kinds = Kinds::all(Fact::Blocks);
    /// Containers that can't be read from front to back.
    pub const UNROLLED: Kinds = Kinds::all(Fact::Unrolled);
    /// Every format.
    pub const ALL: Kinds = Kinds::all(Fact::Any);

    /// The kind of a format; frames have one for each payload.
    pub const fn of(format: Format, payload: Payload) -> Kinds {
        let payload = if format.has_payload() { payload as usize } else { 0 };
        Kinds(1 << (format as usize * PAYLOADS + payload))
    }

    /// All kinds of a format.
    const fn whole(format: Format) -> Kinds {
        let (mut all, mut payload) = (Kinds(0), 0);
        while payload < PAYLOADS {
            all = all.or(Kinds::of(format, Payload::ALL[payload]));
            payload += 1;
        }
        all
    }

    /// The format with this name.
    const fn named(name: &str) -> Kinds {
        Kinds::whole(format(name))
    }

    /// The formats for which a fact is true.
    const fn all(fact: Fact) -> Kinds {
        let (mut all, mut index) = (Kinds::NONE, 0);
        while index < Format::ALL.len() {
            let format = Format::ALL[index];
            let is_true = match fact {
                Fact::Any => true,
                Fact::Tabular => format.is_tabular(),
                Fact::Table => format.is_table(),
                Fact::Text => format.is_text(),
                Fact::Nested => format.is_nested(),
                Fact::Blocks => format.has_blocks(),
                Fact::Unrolled => format.unroll().is_some(),
            };
            if is_true {
                all = all.or(Kinds::whole(format));
            }
            index += 1;
        }
        all
    }

    /// Everything in either set.
    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Everything not in this set.
    pub const fn not(self) -> Kinds {
        Kinds(Kinds::ALL.0 & !self.0)
    }

    /// Whether the sets have anything in common.
    pub const fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the other set includes all of this one.
    pub const fn is_within(self, other: Kinds) -> bool {
        self.0 & !other.0 == 0
    }
}

/// What may be true of a format.
enum Fact {
    Any,
    Tabular,
    Table,
    Text,
    Nested,
    Blocks,
    Unrolled,
}

/// How many kinds a format may be.
const PAYLOADS: usize = Payload::ALL.len();

/// The format with this name. It must exist: the tables of flags are evaluated at compile time.
const fn format(name: &str) -> Format {
    let mut index = 0;
    while index < Format::ALL.len() {
        if is_same(Format::ALL[index].name().as_bytes(), name.as_bytes()) {
            return Format::ALL[index];
        }
        index += 1;
    }
    panic!("no format has this name")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([], []) => true,
        ([first, a @ ..], [other, b @ ..]) => *first == *other && is_same(a, b),
        _ => false,
    }
}

/// The names of some kinds of frames.
const FRAMES: [(Kinds, &str); 6] = [
    (Kinds::FRAMES_OF_BYTES, "frames of bytes"),
    (Kinds::FRAMES_OF_TEXT, "frames of text"),
    (Kinds::FRAMES_OF_JSON, "frames of JSON"),
    (Kinds::FRAMES_OF_MSGPACK, "frames of MessagePack"),
    (Kinds::FRAMES_OF_CBOR, "frames of CBOR"),
    (Kinds::FRAMES_OF_PROTOBUF, "frames of Protobuf"),
];

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = *self;
        let mut names = Vec::new();
        let formats = Format::ALL.into_iter().map(|format| (Kinds::whole(format), format.title()));
        for (kinds, name) in formats.chain(FRAMES).chain([(Kinds::WORDS, "a word count")]) {
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
        assert_eq!(Kinds::named("csv").to_string(), "CSV");
        assert_eq!(Kinds::TABLES.to_string(), "CSV and TSV");
        assert_eq!(Kinds::ALL_TABLES.to_string(), "CSV, TSV and fixed-width text");
        assert_eq!(Kinds::TABLES.or(Kinds::FRAMES).to_string(), "CSV, TSV and frames");
        assert_eq!(
            Kinds::NESTED.to_string(),
            "NDJSON, JSON, JSON5, MessagePack, CBOR, Avro, Protobuf, Parquet, Arrow, Arrow streams, frames of JSON, frames of MessagePack, frames of CBOR and frames of Protobuf"
        );
        assert_eq!(Kinds::WORDS.to_string(), "a word count");
    }

    #[test]
    fn all_formats_are_kinds() {
        for format in Format::ALL {
            for payload in Payload::ALL {
                let kind = Kinds::of(format, *payload);
                assert!(kind.is_within(Kinds::ALL) && !kind.meets(kind.not()), "{format}");
            }
        }
        assert!(!Kinds::ALL.meets(Kinds::WORDS) && !Kinds::NONE.meets(Kinds::ALL));
    }
}
