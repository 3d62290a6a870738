//! The length before a frame, and what the frame holds.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, RecordError};
use crate::record::varint;
use crate::wording::counted;

/// The name of the only field of frames of bytes or text.
pub const FIELD: &[u8] = b"payload";

/// The length prefix of a frame: the number of payload bytes that follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Prefix {
    /// 16 bits, little endian.
    U16Le,
    /// 16 bits, big endian.
    U16Be,
    /// 32 bits, little endian.
    #[default]
    U32Le,
    /// 32 bits, big endian.
    U32Be,
    /// 64 bits, little endian.
    U64Le,
    /// LEB128, as Protocol Buffers write it, up to 64 bits; only the shortest form is accepted.
    Varint,
    /// None: a whole input is one frame. Only read, since nothing would tell where the next one begins.
    None,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Payload {
    /// Bytes, in the field `payload`.
    #[default]
    Bytes,
    /// Text, in the field `payload`.
    Text,
    /// One JSON value.
    Json,
    /// One MessagePack value.
    Msgpack,
    /// One CBOR value.
    Cbor,
    /// One message of Protobuf.
    Protobuf,
}

macro_rules! names {
    ($of:ident, $what:literal, $($name:literal => $variant:ident),+ $(; only read: $read:literal => $only:ident)?) => {
        impl $of {
            /// All of them that are written.
            pub const ALL: &[$of] = &[$($of::$variant),+];

            /// The name in flags.
            pub fn name(self) -> &'static str {
                match self {
                    $($of::$variant => $name,)+
                    $($of::$only => $read,)?
                }
            }
        }

        impl fmt::Display for $of {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $of {
            type Err = Error;
            fn from_str(name: &str) -> Result<$of, Error> {
                let all = $of::ALL.iter().copied()$(.chain([$of::$only]))?;
                all.into_iter().find(|one| one.name() == name).ok_or_else(|| {
                    let names: Vec<_> = $of::ALL.iter().map(|one| one.name()).collect();
                    Error::usage(format!("unknown {} `{name}`; choose one of {}", $what, names.join(", ")))
                })
            }
        }
    };
}

names!(Prefix, "length prefix", "u16le" => U16Le, "u16be" => U16Be, "u32le" => U32Le, "u32be" => U32Be, "u64le" => U64Le, "varint" => Varint; only read: "none" => None);
names!(Payload, "payload", "bytes" => Bytes, "text" => Text, "json" => Json, "msgpack" => Msgpack, "cbor" => Cbor, "protobuf" => Protobuf);

/// The longest prefix: a varint of 64 bits.
pub(crate) const LONGEST: usize = varint::LONGEST;

/// What is found where a prefix should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// A prefix of `head` bytes; the payload has `len` bytes.
    Is { head: usize, len: u64 },
    /// The data ends inside the prefix.
    Cut,
    /// Not a prefix, and why.
    Bad(&'static str),
}

#[inline]
fn number<const N: usize>(data: &[u8], of: impl Fn([u8; N]) -> u64) -> Length {
    match data.first_chunk::<N>() {
        Some(bytes) => Length::Is { head: N, len: of(*bytes) },
        None => Length::Cut,
    }
}

impl Prefix {
    /// Reads the prefix at the start of `data`.
    #[inline]
    pub(super) fn read(self, data: &[u8]) -> Length {
        match self {
            Prefix::U16Le => number(data, |bytes| u16::from_le_bytes(bytes).into()),
            Prefix::U16Be => number(data, |bytes| u16::from_be_bytes(bytes).into()),
            Prefix::U32Le => number(data, |bytes| u32::from_le_bytes(bytes).into()),
            Prefix::U32Be => number(data, |bytes| u32::from_be_bytes(bytes).into()),
            Prefix::U64Le => number(data, u64::from_le_bytes),
            Prefix::None => Length::Is { head: 0, len: data.len() as u64 },
            // Nearly all frames are shorter than 16 KiB.
            Prefix::Varint => match *data {
                [one, ..] if one < 0x80 => Length::Is { head: 1, len: one.into() },
                [one, two @ 1..0x80, ..] => Length::Is { head: 2, len: u64::from(two) << 7 | u64::from(one & 0x7f) },
                _ => varint(data),
            },
        }
    }

    /// The length of the prefix for a payload of `len` bytes.
    #[inline]
    pub(crate) fn width_of(self, len: u64) -> usize {
        match self {
            Prefix::U16Le | Prefix::U16Be => 2,
            Prefix::U32Le | Prefix::U32Be => 4,
            Prefix::U64Le => 8,
            Prefix::None => 0,
            Prefix::Varint => (64 - (len | 1).leading_zeros() as usize).div_ceil(7),
        }
    }

    /// Writes a prefix into `place`; returns its length, or `None` if it can't hold `len`.
    #[inline]
    pub(crate) fn write(self, len: u64, place: &mut [u8; LONGEST]) -> Option<usize> {
        let mut put = |bytes: &[u8]| {
            place[..bytes.len()].copy_from_slice(bytes);
            Some(bytes.len())
        };
        match self {
            Prefix::U16Le => put(&u16::try_from(len).ok()?.to_le_bytes()),
            Prefix::U16Be => put(&u16::try_from(len).ok()?.to_be_bytes()),
            Prefix::U32Le => put(&u32::try_from(len).ok()?.to_le_bytes()),
            Prefix::U32Be => put(&u32::try_from(len).ok()?.to_be_bytes()),
            Prefix::U64Le => put(&len.to_le_bytes()),
            Prefix::Varint => Some(varint::put(len, place)),
            Prefix::None => Some(0),
        }
    }
}

impl Prefix {
    /// The prefix for a payload, and its length; or the error for one that is too long for it. `offset` is the place of
    /// the record.
    #[inline]
    pub(super) fn head(self, len: usize, offset: usize) -> Result<([u8; LONGEST], usize), RecordError> {
        let mut place = [0; LONGEST];
        match self.write(len as u64, &mut place) {
            Some(head) => Ok((place, head)),
            None => Err(self.too_long(len, offset)),
        }
    }

    #[cold]
    fn too_long(self, len: usize, offset: usize) -> RecordError {
        RecordError::new(
            offset,
            format!("a payload of {} is too long for the prefix {self}", counted(len as u64, "byte")),
        )
        .hint("Use a wider prefix, for example ⟨frame u32le⟩ or ⟨frame varint⟩")
    }
}

impl Payload {
    /// Whether it is MessagePack or CBOR.
    pub(crate) fn is_packed(self) -> bool {
        matches!(self, Payload::Msgpack | Payload::Cbor)
    }

    /// Whether columns with dots in their names become maps in it if that is asked for.
    pub(crate) fn is_nested(self) -> bool {
        self.is_packed() || self == Payload::Json
    }

    /// Whether it is no text: records are decoded whole.
    pub(crate) fn is_binary(self) -> bool {
        self.is_packed() || self == Payload::Protobuf
    }
}

fn varint(data: &[u8]) -> Length {
    let mut len = 0u64;
    for (index, byte) in data.iter().take(LONGEST).enumerate() {
        // The tenth byte has room for one bit only, the 64th.
        if index == LONGEST - 1 && *byte > 1 {
            return Length::Bad("the varint before a frame is longer than 64 bits");
        }
        len |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if *byte == 0 && index > 0 {
                return Length::Bad("the varint before a frame is longer than it needs to be");
            }
            return Length::Is { head: index + 1, len };
        }
    }
    Length::Cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_reads_what_it_writes() {
        for prefix in Prefix::ALL {
            for len in [0, 1, 127, 128, 255, 300, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
                let mut place = [0xee; LONGEST];
                let bits = match prefix {
                    Prefix::U16Le | Prefix::U16Be => 16,
                    Prefix::U32Le | Prefix::U32Be => 32,
                    _ => 64,
                };
                let head = prefix.write(len, &mut place);
                assert_eq!(head.is_some(), bits == 64 || len < 1 << bits, "{prefix} {len}");
                let Some(head) = head else { continue };
                assert_eq!(head, prefix.width_of(len), "{prefix} {len}");
                assert_eq!(prefix.read(&place), Length::Is { head, len }, "{prefix}");
                for cut in 0..head {
                    assert_eq!(prefix.read(&place[..cut]), Length::Cut, "{prefix}");
                }
            }
        }
    }

    #[test]
    fn bytes_of_prefixes() {
        let mut place = [0; LONGEST];
        for (prefix, bytes) in [
            (Prefix::U16Le, &[0x2c, 1][..]),
            (Prefix::U16Be, &[1, 0x2c]),
            (Prefix::U32Le, &[0x2c, 1, 0, 0]),
            (Prefix::U32Be, &[0, 0, 1, 0x2c]),
            (Prefix::U64Le, &[0x2c, 1, 0, 0, 0, 0, 0, 0]),
            (Prefix::Varint, &[0xac, 2]),
        ] {
            let head = prefix.write(300, &mut place).unwrap();
            assert_eq!(&place[..head], bytes, "{prefix}");
        }
    }

    #[test]
    fn varints_that_are_none() {
        let long = |last: u8| [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, last];
        assert_eq!(varint(&long(1)), Length::Is { head: 10, len: u64::MAX });
        assert!(matches!(varint(&long(2)), Length::Bad(_)));
        assert!(matches!(varint(&long(0x80)), Length::Bad(_)));
        assert!(matches!(varint(&long(0)), Length::Bad(_)));
        assert!(matches!(varint(&[0x80, 0]), Length::Bad(_)));
        assert_eq!(varint(&[0]), Length::Is { head: 1, len: 0 });
        assert_eq!(varint(&[0x80]), Length::Cut);
    }

    #[test]
    fn names_there_and_back() {
        for prefix in Prefix::ALL {
            assert_eq!(prefix.to_string().parse::<Prefix>().unwrap(), *prefix);
        }
        for payload in Payload::ALL {
            assert_eq!(payload.to_string().parse::<Payload>().unwrap(), *payload);
        }
        let error = "u24".parse::<Prefix>().unwrap_err().to_string();
        assert!(error.contains("u16le, u16be, u32le, u32be, u64le, varint"), "{error}");
        assert!("xml".parse::<Payload>().unwrap_err().to_string().contains("bytes, text, json"));
    }
}
