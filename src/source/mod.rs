//! Where bytes come from: a mapped file, or a stream read into pooled buffers, which may be compressed.

mod unpack;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use crate::compress::{Codec, Decompress, MAGIC, Packed, Unpacking, sniff};
use crate::error::{Error, Result};
use crate::sys::Map;

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
    /// Opens a file: mapped where that is possible and allowed, else read. A compressed one is read; it has to be
    /// [unpacked](Stream::unpack) before.
    pub fn file(path: &Path, mapped: Mapping, decompress: Decompress) -> Result<Source> {
        let failed = |e| Error::io("read", path, e);
        let mut file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::usage(format!("{} is a directory; give a file", path.display())));
        }
        let regular = metadata.is_file();
        let mut start = if decompress == Decompress::None { Vec::new() } else { first(&mut file).map_err(failed)? };
        let packed = packed(&start, decompress, Some(path));
        // Of what can't be begun anew, the beginning was read already.
        if regular && file.rewind().is_ok() {
            start.clear();
        }
        let mappable = regular && metadata.len() > 0;
        let bytes = match mapped {
            Mapping::Must if packed.is_some() => {
                return Err(Error::usage(format!(
                    "{} can't be mapped: it is compressed\n  Leave out --io map; or take it as it is with --decompress none.",
                    path.display()
                )));
            }
            Mapping::Must if !mappable => {
                return Err(Error::usage(format!(
                    "{} can't be mapped (it is empty or not a regular file)\n  Leave out --io map.",
                    path.display()
                )));
            }
            Mapping::Must => Bytes::Mapped(Map::new(file).map_err(|e| Error::io("map", path, e))?),
            // A filesystem may refuse to map; reading always works.
            Mapping::May if mappable && packed.is_none() => match file.try_clone().and_then(Map::new) {
                Ok(map) => Bytes::Mapped(map),
                Err(_) => Bytes::Stream(Stream::new(Box::new(file))),
            },
            _ => {
                let again = (regular && packed.is_some()).then(|| path.to_path_buf());
                let reader: Box<dyn Read + Send> =
                    if start.is_empty() { Box::new(file) } else { Box::new(Cursor::new(start).chain(file)) };
                Bytes::Stream(Stream { packed, again, ..Stream::new(reader) })
            }
        };
        Ok(Source { path: path.to_path_buf(), bytes })
    }

    /// A source that can only be read forwards.
    ///
    /// # Errors
    /// Its beginning can't be read.
    pub fn stream(mut reader: Box<dyn Read + Send>, decompress: Decompress) -> Result<Source> {
        let path = PathBuf::from("-");
        if decompress == Decompress::None {
            return Ok(Source { path, bytes: Bytes::Stream(Stream::new(reader)) });
        }
        let start = first(&mut reader).map_err(|e| Error::io("read", &path, e))?;
        let packed = packed(&start, decompress, None);
        let stream = Stream { packed, ..Stream::new(Box::new(Cursor::new(start).chain(reader))) };
        Ok(Source { path, bytes: Bytes::Stream(stream) })
    }

    /// Whether the source can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        match &self.bytes {
            Bytes::Mapped(_) => true,
            Bytes::Stream(stream) => stream.again.is_some(),
        }
    }

    /// Whether and how the source is compressed.
    pub fn packed(&self) -> Option<Packed> {
        match &self.bytes {
            Bytes::Mapped(_) => None,
            Bytes::Stream(stream) => stream.packed,
        }
    }
}

/// The first bytes.
fn first(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::with_capacity(MAGIC);
    reader.take(MAGIC as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// Whether a source that begins so is compressed: what was said comes before its content, that before its name.
fn packed(start: &[u8], decompress: Decompress, path: Option<&Path>) -> Option<Packed> {
    let of = |codec| Packed::new(codec, start);
    match decompress {
        Decompress::None => None,
        Decompress::As(codec) => Some(of(codec)),
        Decompress::Auto => sniff(start).or_else(|| path.and_then(Codec::from_path).map(of)),
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

/// Bytes that come forwards.
pub struct Stream {
    reader: Box<dyn Read + Send>,
    ended: bool,
    /// What the next read ends with: it came behind bytes that were good.
    failed: Option<io::Error>,
    /// How it is compressed.
    packed: Option<Packed>,
    /// How it is read, if it is compressed.
    unpacking: Option<Unpacking>,
    /// Where to open it again.
    again: Option<PathBuf>,
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>) -> Stream {
        Stream { reader, ended: false, failed: None, packed: None, unpacking: None, again: None }
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// From now on gives what the compressed bytes hold. Before anything was read.
    ///
    /// # Errors
    /// A thread or a decoder can't be made.
    pub fn unpack(&mut self, unpacking: Unpacking) -> io::Result<()> {
        let packed = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(unpack::Unpacker::new(packed, &unpacking)?);
        self.unpacking = Some(unpacking);
        Ok(())
    }

    /// The rest, for someone else to read.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        self.reader
    }

    /// Begins anew, if it is a compressed file.
    ///
    /// # Errors
    /// It can't be opened again.
    pub fn rewind(&mut self) -> io::Result<()> {
        let (Some(path), Some(unpacking)) = (&self.again, self.unpacking) else { return Ok(()) };
        // The memory of the decoders goes first.
        self.reader = Box::new(io::empty());
        self.reader = Box::new(File::open(path)?);
        (self.ended, self.failed) = (false, None);
        self.unpack(unpacking)
    }

    /// Appends to `window` until it holds `size` bytes or the stream ends. Its memory is only as much
    /// as was read or asked for, whatever the stream claims.
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
            Err(error) if window.len() == before => return Err(error),
            // What came before the error is used first: how much that is must not depend on the size of reads.
            Err(error) => self.failed = Some(error),
        }
        Ok(())
    }
}
