//! Leaving out headers that are repeated among the records.

use super::Op;
use crate::record::Batch;

/// Drops records that have the bytes of the header: files with headers were put one after the other.
pub(crate) struct RepeatedHeaders {
    /// Without its line break.
    header: Box<[u8]>,
}

impl RepeatedHeaders {
    /// The header as the source has it.
    pub fn new(header: &[u8]) -> RepeatedHeaders {
        RepeatedHeaders { header: line(header).into() }
    }
}

/// A line without its line break, and without a byte order mark.
fn line(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

impl Op for RepeatedHeaders {
    fn name(&self) -> &str {
        "skip-repeated-headers"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        let header = &*self.header;
        batch.retain(|record| {
            let source = record.source();
            // Most records differ in length, or in the first byte.
            source.len() < header.len() || source.len() > header.len() + 5 || line(source) != header
        });
    }

    fn needs_utf8(&self) -> bool {
        false
    }

    fn fingerprint(&self) -> Option<String> {
        Some(self.name().to_owned())
    }

    fn only_drops(&self) -> bool {
        true
    }
}
