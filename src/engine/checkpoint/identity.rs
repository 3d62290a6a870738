//! Is this still the same job?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::super::Settings;
use super::super::route::Route;
use crate::error::{Error, Result};

/// How much of the beginning and the end of a source is looked at, in bytes.
const ENDS: usize = 64 << 10;

/// What tells a source from another one, or from itself after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    /// Device and inode, where the system has them.
    place: (u64, u64),
    /// CRC-32 of the first and last 64 KiB.
    head: u32,
    tail: u32,
}

impl Identity {
    pub fn of(path: &Path, bytes: &[u8]) -> Result<Identity> {
        let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let end = ENDS.min(bytes.len());
        Ok(Identity {
            size: bytes.len() as u64,
            modified: modified.map_or(0, |since| since.as_nanos()),
            place: place(&metadata),
            head: crc32fast::hash(&bytes[..end]),
            tail: crc32fast::hash(&bytes[bytes.len() - end..]),
        })
    }
}

#[cfg(unix)]
fn place(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn place(_metadata: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

/// The settings that change the bytes of the output, by the names of their flags.
pub(super) fn settings(settings: &Settings, route: &Route) -> BTreeMap<String, String> {
    let Settings { options, select, drop, rename, columns, on_error, invalid_utf8, strict, .. } = settings;
    let ops: Vec<_> = settings.ops.iter().map(|op| (op.name(), op.fields())).collect();
    let texts = [
        ("--from", route.from.to_string()),
        ("--to", route.to.to_string()),
        ("of the formats", format!("{options:?}")),
        ("--select", format!("{select:?}")),
        ("--drop", format!("{drop:?}")),
        ("--rename", format!("{rename:?}")),
        ("--op", format!("{ops:?}")),
        ("--columns", format!("{columns:?}")),
        ("--on-error", format!("{on_error:?}")),
        ("--max-record-size", settings.max_record_size.to_string()),
        ("--invalid-utf8", format!("{invalid_utf8:?}")),
        ("--strict", strict.to_string()),
    ];
    texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}
