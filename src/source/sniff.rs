//! Whether a source is compressed.

use std::io::{self, Read};
use std::path::Path;

use crate::compress::{Codec, Decompress, MAGIC, Packed, may_begin, sniff};

/// The first bytes: as many as it takes to say whether and how they are compressed.
pub(super) fn first(reader: &mut impl Read, decompress: Decompress) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(MAGIC);
    while start.len() < MAGIC && (decompress != Decompress::Auto || may_begin(&start)) {
        let (len, mut room) = (start.len(), [0; MAGIC]);
        match reader.read(&mut room[len..]) {
            Ok(0) => break,
            Ok(count) => start.extend_from_slice(&room[len..len + count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(start)
}

/// Whether a source that begins so is compressed: what was said comes before its content, that before its name.
pub(super) fn packed(start: &[u8], decompress: Decompress, path: &Path) -> Option<Packed> {
    let of = |codec| Packed::new(codec, start);
    match decompress {
        Decompress::None => None,
        Decompress::As(codec) => Some(of(codec)),
        Decompress::Auto => sniff(start).or_else(|| Codec::from_path(path).map(of)),
    }
}
