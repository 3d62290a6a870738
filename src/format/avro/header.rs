//! What a file begins with: a mark, properties, and the marker between blocks.

use super::codec::Codec;
use super::wire::{self, Flaw};
use crate::error::RecordError;

/// What each file begins with.
pub(super) const MAGIC: [u8; 4] = *b"Obj\x01";

/// The property of a file that says what the columns are from which its records were made.
pub(super) const COLUMNS: &[u8] = b"pagemill.columns";

/// How long the marker is that ends each block.
pub(super) const SYNC: usize = 16;

/// The beginning of a file.
#[derive(Debug)]
pub(super) struct Header<'h> {
    pub schema: &'h [u8],
    pub codec: Codec,
    pub sync: [u8; SYNC],
    /// What the columns are from which the records were made.
    pub columns: Option<&'h [u8]>,
    /// Where the first block begins.
    pub end: usize,
}

/// Why there is no header.
pub(super) enum Wrong {
    /// The data ends inside of it.
    Cut,
    Bad(RecordError),
}

impl From<Flaw> for Wrong {
    fn from(flaw: Flaw) -> Wrong {
        match flaw {
            Flaw::Cut => Wrong::Cut,
            Flaw::Bad(error) => Wrong::Bad(error),
        }
    }
}

fn bad(offset: usize, what: impl Into<std::borrow::Cow<'static, str>>) -> Wrong {
    Wrong::Bad(RecordError::new(offset, what).hint("The file is damaged, or has another format."))
}

impl Header<'_> {
    /// Reads the beginning of a file.
    pub fn read(data: &[u8]) -> Result<Header<'_>, Wrong> {
        let seen = &data[..data.len().min(MAGIC.len())];
        if !MAGIC.starts_with(seen) {
            return Err(Wrong::Bad(
                RecordError::new(0, "an Avro file begins with the bytes `Obj` and 1, and this one does not")
                    .hint("Is it of another format (⟨from⟩)? Single messages of Avro have no header."),
            ));
        }
        if seen.len() < MAGIC.len() {
            return Err(Wrong::Cut);
        }
        let mut at = MAGIC.len();
        let (mut schema, mut codec, mut columns) = (None, &b"null"[..], None);
        loop {
            let begins = at;
            let (mut count, next) = wire::long(data, at)?;
            at = next;
            if count == 0 {
                break;
            }
            if count < 0 {
                at = wire::long(data, at)?.1;
                count = count.checked_neg().ok_or_else(|| bad(begins, "a number of properties that makes no sense"))?;
            }
            // Each has two lengths, so a number that lies ends with the data.
            for _ in 0..count {
                let (key, next) = wire::bytes(data, at)?;
                let (value, next) = wire::bytes(data, next)?;
                match key {
                    b"avro.schema" => schema = Some(value),
                    b"avro.codec" => codec = value,
                    COLUMNS => columns = Some(value),
                    _ => {}
                }
                at = next;
            }
        }
        let (sync, end) = wire::run(data, at, SYNC)?;
        let sync = sync.try_into().map_err(|_| Wrong::Cut)?;
        let Some(schema) = schema else { return Err(bad(MAGIC.len(), "the file has no schema (`avro.schema`)")) };
        let codec = Codec::named(codec).ok_or_else(|| {
            let shown = String::from_utf8_lossy(&codec[..codec.len().min(40)]).into_owned();
            Wrong::Bad(
                RecordError::new(MAGIC.len(), format!("the file is compressed with `{shown}`, which is not supported"))
                    .hint("The codecs are null, deflate, snappy, zstandard, bzip2 and xz."),
            )
        })?;
        Ok(Header { schema, codec, sync, columns, end })
    }
}
