//! How the data of blocks is compressed.

/// A codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
    Bzip2,
    Xz,
}

/// All of them with their names in files.
const NAMES: [(&str, Codec); 6] = [
    ("null", Codec::Null),
    ("deflate", Codec::Deflate),
    ("snappy", Codec::Snappy),
    ("zstandard", Codec::Zstandard),
    ("bzip2", Codec::Bzip2),
    ("xz", Codec::Xz),
];

impl Codec {
    /// The codec of a name in a file.
    pub fn named(name: &[u8]) -> Option<Codec> {
        NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, codec)| *codec)
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, codec)| *codec == self).map_or("null", |(name, _)| name)
    }
}
