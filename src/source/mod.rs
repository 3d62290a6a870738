//! Where bytes come from: a mapped file, or a stream read into pooled buffers.

mod list;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::sys::Map;

pub use list::{Folders, Listed, expand, read_list};

/// An open source.
pub struct Source {
    /// Its path; `-` for a stream without one.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Bytes,
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
        Ok(Source { path: path.to_path_buf(), bytes })
    }

    /// A source that can only be read forwards.
    pub fn stream(reader: Box<dyn Read + Send>) -> Source {
        Source { path: PathBuf::from("-"), bytes: Bytes::Stream(Stream::new(reader)) }
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
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>) -> Stream {
        Stream { reader, ended: false }
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Appends to `window` until it holds `size` bytes or the stream ends. Its memory is only as much
    /// as was read or asked for, whatever the stream claims.
    pub fn read_to(&mut self, window: &mut Vec<u8>, size: usize) -> io::Result<()> {
        let missing = size.saturating_sub(window.len());
        if self.ended || missing == 0 {
            return Ok(());
        }
        window.reserve_exact(missing);
        let count = (&mut self.reader).take(missing as u64).read_to_end(window)?;
        self.ended = count < missing;
        Ok(())
    }
}
