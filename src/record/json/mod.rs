//! JSON text (RFC 8259) to values and back: for JSON formats, cells of CSV, and payloads of frames.

mod build;
mod grouped;
mod items;
mod kept;
mod nodes;
mod pretty;
mod quick;
mod read;
mod record;
mod rules;
mod select;
mod shape;
mod sink;
mod strings;
mod template;
pub mod unflatten;
mod write;

pub use grouped::{Grouped, json_text};
pub use items::Items;
pub(crate) use items::value_of;
pub use quick::Quick;
pub use read::Reader;
pub(crate) use read::too_deep;
pub use select::{Chosen, Selection};
pub use sink::{Refusal, Sink};
pub(crate) use strings::code_at;
pub(crate) use strings::unescaped;
pub use strings::{LONE, replace_halves};
pub use unflatten::Step;
pub(crate) use write::name_of;
pub use write::{Fast, Plain, Writer};

/// How far a decoder of a nested format takes records apart; the rest remains [`Raw`](super::Value::Raw).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// A record is one raw value, checked but not taken apart.
    Record,
    /// The fields of a record; lists and maps in them remain raw.
    Fields,
    /// Maps at every depth outside lists; lists remain raw.
    Maps,
    /// Everything.
    All,
}

/// How bytes are written in formats that have only text (CSV, TSV, NDJSON, JSON).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BytesAs {
    /// Base64 (RFC 4648, with padding), when reading and writing.
    #[default]
    Base64,
    /// The bytes themselves; in a JSON target they must be UTF-8.
    Text,
}

/// What infinite numbers and NaN become in JSON, which has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nonfinite {
    /// Null, counted as lossy.
    #[default]
    Null,
    /// The texts `NaN`, `Infinity` and `-Infinity`, counted as lossy.
    Text,
    /// The record is bad.
    Fail,
}

/// How a [`Writer`] writes what can be written in several ways.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forms {
    /// Bytes.
    pub bytes_as: BytesAs,
    /// Infinite numbers and NaN.
    pub nonfinite: Nonfinite,
    /// Keys whose value is null are left out.
    pub omit_null: bool,
}

impl From<BytesAs> for Forms {
    fn from(bytes_as: BytesAs) -> Forms {
        Forms { bytes_as, ..Forms::default() }
    }
}
