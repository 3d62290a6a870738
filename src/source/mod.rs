//! Where bytes come from: a mapped file, or a stream read into pooled buffers.

mod encoding;
mod list;

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sys::Map;

pub use encoding::{Decoded, Encoding, Malformed};
pub use list::{Folders, Listed, expand, read_list};

/// An open source.
pub struct Source {
    /// Its path; `-` for a stream without one.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Bytes,
    /// How the bytes were before they became UTF-8; none: they are as they were.
    pub decoded: Option<Decoded>,
}

/// How the bytes of a source are reached.
pub enum Bytes {
    /// All at once, through the page cache.
    Mapped(Map),
    /// Forwards, once.
    Stream(Stream),
}

impl Source {
    /// Opens a file: mapped where that is possible and allowed, else read.
    pub fn file(path: &Path, mapped: Mapping) -> Result<Source> {
        let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        let metadata = file.metadata().map_err(|e| Error::io("read", path, e))?;
        if metadata.is_dir() {
            return Err(Error::usage(format!("{} is a directory; give a file", path.display())));
        }
        let mappable = metadata.is_file() && metadata.len() > 0;
        let bytes = match mapped {
            Mapping::Must if !mappable => {
                return Err(Error::usage(format!(
                    "{} can't be mapped (it is empty or not a regular file)\n  Leave out --io map.",
                    path.display()
                )));
            }
            Mapping::Must => Bytes::Mapped(Map::new(file).map_err(|e| Error::io("map", path, e))?),
            // A filesystem may refuse to map; reading always works.
            Mapping::May if mappable => match file.try_clone().and_then(Map::new) {
                Ok(map) => Bytes::Mapped(map),
                Err(_) => Bytes::Stream(Stream::new(Box::new(file))),
            },
            _ => Bytes::Stream(Stream::new(Box::new(file))),
        };
        Ok(Source { path: path.to_path_buf(), bytes, decoded: None })
    }

    /// A source that can only be read forwards.
    pub fn stream(reader: Box<dyn Read + Send>) -> Source {
        Source { path: PathBuf::from("-"), bytes: Bytes::Stream(Stream::new(reader)), decoded: None }
    }

    /// The first bytes, fewer only where the source is shorter. They stay to be read.
    pub fn beginning(&mut self) -> Result<Vec<u8>> {
        const LEN: usize = 4;
        match &mut self.bytes {
            Bytes::Mapped(map) => Ok(map.bytes()[..map.bytes().len().min(LEN)].to_vec()),
            Bytes::Stream(stream) => stream.peek(LEN).map_err(|e| Error::io("read", &self.path, e)),
        }
    }

    /// The same source as UTF-8, read forwards. Malformed text becomes U+FFFD (`replace`), or its read fails with
    /// [`Malformed`] inside.
    pub fn decode(self, encoding: Encoding, replace: bool) -> Result<Source> {
        let decoded = Decoded { encoding, replaced: Arc::default() };
        let reader: Box<dyn Read + Send> = match self.bytes {
            Bytes::Mapped(_) => Box::new(File::open(&self.path).map_err(|e| Error::io("open", &self.path, e))?),
            Bytes::Stream(stream) => stream.reader,
        };
        let reader = encoding::Decoding::new(reader, decoded.clone(), replace);
        Ok(Source { path: self.path, bytes: Bytes::Stream(Stream::new(Box::new(reader))), decoded: Some(decoded) })
    }

    /// Whether the source can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        matches!(self.bytes, Bytes::Mapped(_))
    }
}

/// Whether a file is to be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Where possible.
    May,
    /// Or it is an error.
    Must,
    /// Never.
    No,
}

/// Bytes that come once, forwards.
pub struct Stream {
    reader: Box<dyn Read + Send>,
    ended: bool,
    /// A failed read, to be told when what was read before is used up.
    failed: Option<io::Error>,
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>) -> Stream {
        Stream { reader, ended: false, failed: None }
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The first bytes of a stream of which nothing was read. They stay to be read.
    fn peek(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut beginning = Vec::new();
        (&mut self.reader).take(len as u64).read_to_end(&mut beginning)?;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(Cursor::new(beginning.clone()).chain(rest));
        Ok(beginning)
    }

    /// Tells of a failed read once more.
    pub fn fail(&mut self, error: io::Error) {
        self.failed = Some(error);
    }

    /// Appends to `window` until it holds `size` bytes or the stream ends. Its memory is only as much
    /// as was read or asked for, whatever the stream claims. Of a read that fails the bytes before count first: the
    /// next call tells of it.
    pub fn read_to(&mut self, window: &mut Vec<u8>, size: usize) -> io::Result<()> {
        let missing = size.saturating_sub(window.len());
        if self.ended || missing == 0 {
            return Ok(());
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        window.reserve_exact(missing);
        let before = window.len();
        match (&mut self.reader).take(missing as u64).read_to_end(window) {
            Ok(count) => self.ended = count < missing,
            Err(error) if window.len() > before => self.failed = Some(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
