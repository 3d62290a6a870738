//! Where bytes come from: a mapped file, or a stream read into pooled buffers.

mod identity;
mod inlet;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorClass, Result};
use crate::sys::{Map, Stop};

use identity::Identity;
use inlet::{Asked, Inlet};

/// An open source.
pub struct Source {
    /// Its path; `-` for a stream without one.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Bytes,
    /// What it was when it was opened, if it is a regular file.
    identity: Option<Identity>,
}

/// How the bytes of a source are reached.
pub enum Bytes {
    /// All at once, through the page cache.
    Mapped(Map),
    /// Forwards, once.
    Stream(Stream),
}

impl Source {
    /// Opens a file: mapped where that is possible and allowed, else read. A stop ends a read that waits.
    pub fn file(path: &Path, mapped: Mapping, stop: Option<&Stop>) -> Result<Source> {
        let file = inlet::open(path, stop).map_err(|e| Error::io("open", path, e))?;
        let metadata = file.metadata().map_err(|e| Error::io("read", path, e))?;
        if metadata.is_dir() {
            return Err(Error::usage(format!("{} is a directory; give a file", path.display())));
        }
        let mappable = metadata.is_file() && metadata.len() > 0;
        let identity = Identity::of(&file);
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
                Err(_) => Bytes::Stream(Stream::new(Box::new(Inlet::new(file, stop)))),
            },
            _ => Bytes::Stream(Stream::new(Box::new(Inlet::new(file, stop)))),
        };
        Ok(Source { path: path.to_path_buf(), bytes, identity })
    }

    /// Standard input. A stop ends a read that waits.
    pub fn stdin(stop: Option<&Stop>) -> Result<Source> {
        #[cfg(unix)]
        let identity = Identity::of(&stdin_file()?);
        #[cfg(not(unix))]
        let identity = None;
        Ok(Source { path: PathBuf::from("-"), bytes: Bytes::Stream(Stream::new(stdin(stop)?)), identity })
    }

    /// A source that can only be read forwards. The stop is looked at between two reads.
    pub fn stream(reader: Box<dyn Read + Send>, stop: Option<&Stop>) -> Source {
        let bytes = Bytes::Stream(Stream::new(asked(reader, stop)));
        Source { path: PathBuf::from("-"), bytes, identity: None }
    }

    /// Fails if the source is not what it was when it was opened: damaged while it was mapped, or changed by somebody
    /// else. To be called behind the last read and before the target gets its name.
    ///
    /// # Errors
    /// Of the class [`Io`](ErrorClass::Io); the message names the file, and the offset where that is known.
    pub fn unchanged(&self) -> Result<()> {
        if let Bytes::Mapped(map) = &self.bytes
            && let Some(error) = damage(map, &self.path, u64::MAX)
        {
            return Err(error);
        }
        self.identity.as_ref().map_or(Ok(()), |identity| identity.check(&self.path))
    }

    /// The true reason of an error: data of a file that changed while it was read is not bad data.
    pub fn blame(&self, error: Error) -> Error {
        match error.class() {
            ErrorClass::Data | ErrorClass::Memory | ErrorClass::Usage => self.unchanged().err().unwrap_or(error),
            ErrorClass::Io | ErrorClass::Stopped => error,
        }
    }

    /// Whether the source can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        matches!(self.bytes, Bytes::Mapped(_))
    }
}

/// An error if some of the first `end` bytes of a mapped file are not the file's any more.
pub fn damage(map: &Map, path: &Path, end: u64) -> Option<Error> {
    let offset = map.damage().filter(|&offset| (offset as u64) < end)?;
    let reason = format!("byte {offset}: the file was shortened, or its device failed, while it was read");
    Some(Error::io("read", path, io::Error::other(reason)))
}

/// Standard input as a reader that a stop wakes.
pub fn stdin(stop: Option<&Stop>) -> Result<Box<dyn Read + Send>> {
    #[cfg(unix)]
    return Ok(Box::new(Inlet::new(stdin_file()?, stop)));
    #[cfg(not(unix))]
    Ok(asked(Box::new(io::stdin()), stop))
}

/// The standard library's own handle can't be woken.
#[cfg(unix)]
fn stdin_file() -> Result<File> {
    use std::os::fd::AsFd;
    let copy = io::stdin().as_fd().try_clone_to_owned();
    copy.map(File::from).map_err(|e| Error::io("read", "standard input", e))
}

fn asked(reader: Box<dyn Read + Send>, stop: Option<&Stop>) -> Box<dyn Read + Send> {
    match stop {
        Some(stop) => Box::new(Asked { reader, stop: stop.clone() }),
        None => reader,
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
