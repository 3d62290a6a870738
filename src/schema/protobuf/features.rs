//! What is true of the fields of a file, by its syntax or edition.

use super::descriptor::{Features, File};

/// `field_presence`
pub const IMPLICIT: i32 = 2;
pub const LEGACY_REQUIRED: i32 = 3;
const EXPLICIT: i32 = 1;
/// `enum_type`
pub const CLOSED: i32 = 2;
const OPEN: i32 = 1;
/// `repeated_field_encoding`
pub const PACKED: i32 = 1;
const EXPANDED: i32 = 2;
/// `utf8_validation`
pub const VERIFY: i32 = 2;
const UNCHECKED: i32 = 3;
/// `message_encoding`
pub const DELIMITED: i32 = 2;
pub const LENGTH_PREFIXED: i32 = 1;

/// What a file's own syntax or edition says.
pub fn of(file: &File) -> Features {
    let (presence, enums, repeated, utf8) = match &*file.syntax {
        "proto3" => (IMPLICIT, OPEN, PACKED, VERIFY),
        "editions" => (EXPLICIT, OPEN, PACKED, VERIFY),
        _ => (EXPLICIT, CLOSED, EXPANDED, UNCHECKED),
    };
    let own = Features { presence, enums, repeated, utf8, messages: LENGTH_PREFIXED };
    own.with(file.options.as_ref().and_then(|options| options.features))
}

impl Features {
    /// These, unless something inside says another.
    pub fn with(self, inner: Option<Features>) -> Features {
        let Some(inner) = inner else { return self };
        let either = |inner: i32, outer: i32| if inner == 0 { outer } else { inner };
        Features {
            presence: either(inner.presence, self.presence),
            enums: either(inner.enums, self.enums),
            repeated: either(inner.repeated, self.repeated),
            utf8: either(inner.utf8, self.utf8),
            messages: either(inner.messages, self.messages),
        }
    }
}
