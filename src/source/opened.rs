//! An open source.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::encoding::{Decoded, Encoding, Malform};
use super::failed::read_error;
use super::held_back::Footer;
use super::identity::Stamp;
use super::sniff::packed;
use super::store::{ALL, Store};
use super::stream::Stream;
use crate::compress::{Decompress, MAGIC, Packed, Unpacking};
use crate::error::{Error, ErrorClass, Position, Result};
use crate::sys::{Map, Stop};
use crate::wording::input;

/// An open source.
pub struct Source {
    /// Its name in messages; `-` for one without a name.
    pub path: PathBuf,
    store: Box<dyn Store>,
    content: Content,
    /// How the bytes were before they became UTF-8; none: they are as they were.
    pub decoded: Option<Decoded>,
}

impl<'s> Bytes<'s> {
    /// The map, if there is one.
    pub fn map(&self) -> Option<&'s Map> {
        match self {
            Bytes::Mapped(map) => Some(map),
            Bytes::Stream(_) => None,
        }
    }
}

/// What an open source holds: see [`Bytes`].
enum Content {
    Mapped(Map),
    Stream(Stream),
}

/// A source in use: its name, and how its bytes are reached.
pub struct Reach<'s> {
    pub path: &'s Path,
    pub bytes: Bytes<'s>,
}

/// How the bytes of a source are reached.
pub enum Bytes<'s> {
    /// All at once, through the page cache.
    Mapped(&'s Map),
    /// Once, from front to back.
    Stream(&'s mut Stream),
}

/// How a store is to be opened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Access<'s> {
    pub mapping: Mapping,
    pub decompress: Decompress,
    /// Ends a wait.
    pub stop: Option<&'s Stop>,
}

/// Whether a file is to be mapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// Where possible.
    #[default]
    May,
    /// Or it is an error.
    Must,
    /// Never.
    No,
}

impl Source {
    /// Opens a store: mapped where that is possible and allowed, else read. What is compressed is read; it has to be
    /// [unpacked](Self::unpack) before.
    ///
    /// # Errors
    /// It can't be opened, or not as it has to be.
    pub(crate) fn open(mut store: Box<dyn Store>, access: Access<'_>) -> Result<Source> {
        let Access { mapping, decompress, stop } = access;
        let flow = store.open(ALL, stop)?;
        let path = store.path().to_path_buf();
        let map = match mapping {
            Mapping::No => None,
            Mapping::Must => Some(store.map()?),
            // A filesystem may refuse to map; reading always works.
            Mapping::May => store.map().ok(),
        };
        let is_packed = |map: &Map| packed(&map.bytes()[..map.bytes().len().min(MAGIC)], decompress, &path).is_some();
        let content = match map {
            Some(map) if !is_packed(&map) => Content::Mapped(map),
            Some(_) if mapping == Mapping::Must => {
                return Err(Error::usage(format!(
                    "{} can't be mapped: it is compressed\n  Leave out ⟨io map⟩; or take it as it is with ⟨decompress none⟩",
                    input(&path)
                )));
            }
            _ => {
                let stream = Stream::sniffed(flow, decompress, &path).map_err(|e| Error::io("read", &path, e))?;
                Content::Stream(stream)
            }
        };
        let source = Source { path, store, content, decoded: None };
        // From here on a shorter file is noticed where its bytes are used; one cut before it was mapped is not.
        source.unchanged()?;
        Ok(source)
    }

    /// What comes from a pipe waits no longer than this for more.
    pub fn hasten(&mut self, most: Duration) {
        if let Content::Stream(stream) = &mut self.content {
            stream.hasten(most);
        }
    }

    /// Fails if bytes that were read through a map may not be the file's.
    ///
    /// # Errors
    /// Of the class [`Io`](ErrorClass::Io); the message names the file and the offset.
    pub fn undamaged(&self) -> Result<()> {
        self.map().and_then(|map| damage(map, &self.path, u64::MAX)).map_or(Ok(()), Err)
    }

    /// What distinguishes the source from others, if it is a regular file.
    pub fn stamp(&self) -> Option<&Stamp> {
        self.store.stamp()
    }

    /// Fails if the source is not what it was when it was opened: damaged while it was mapped, or changed by somebody
    /// else. To be called after the last read and before the target gets its name.
    ///
    /// # Errors
    /// Of the class [`Io`](ErrorClass::Io); the message names the file, and the offset where that is known.
    pub fn unchanged(&self) -> Result<()> {
        self.undamaged()?;
        self.store.check()
    }

    /// The true reason of an error: data of a file that changed while it was read is not bad data.
    pub fn blame(&self, error: Error) -> Error {
        match error.class() {
            ErrorClass::Data | ErrorClass::Memory | ErrorClass::Usage => self.unchanged().err().unwrap_or(error),
            ErrorClass::Io | ErrorClass::Stopped => error,
        }
    }

    /// Says in an error what its place is one of, where that is not the source.
    pub fn tell(&self, error: Error) -> Error {
        match &self.decoded {
            Some(decoded) => error.in_decoded(decoded.encoding.name()),
            None if self.store.is_made() => error.in_made(),
            None => error,
        }
    }

    /// Only these fields will be looked at from now on, if they are said: whoever makes the bytes may save itself the work
    /// for others.
    pub fn want(&self, fields: Option<&[Box<[u8]>]>) {
        self.store.want(fields);
    }

    /// How many records it has, if they need not be read to know that.
    pub fn records(&self) -> Option<u64> {
        self.store.records()
    }

    /// How many bytes were read, when its reader came to `offset`.
    pub fn read_to(&self, offset: u64) -> u64 {
        match self.stamp().filter(|_| self.store.is_made()) {
            Some(stamp) => stamp.file_len(),
            None => offset,
        }
    }

    /// The first bytes, fewer only where the source is shorter. They stay to be read.
    pub fn beginning(&mut self) -> Result<Vec<u8>> {
        const LEN: usize = 4;
        match &mut self.content {
            Content::Mapped(map) => Ok(map.bytes()[..map.bytes().len().min(LEN)].to_vec()),
            Content::Stream(stream) => stream.peek(LEN).map_err(|e| Error::read(&self.path, e)),
        }
    }

    /// The same source as UTF-8, read forwards. Where malformed text fails, the error has [`Malformed`] inside.
    pub fn decode(mut self, encoding: Encoding, malformed: Malform) -> Result<Source> {
        let decoded = Decoded { encoding, malformed, replaced: Arc::default() };
        let mut stream = match self.content {
            Content::Mapped(_) => Stream::new(self.store.open(ALL, None)?),
            Content::Stream(stream) => stream,
        };
        stream.decode(decoded.clone());
        Ok(Source { content: Content::Stream(stream), decoded: Some(decoded), ..self })
    }

    /// What reading it takes, in bytes, beside what others take for it.
    pub fn memory(&self) -> usize {
        self.store.memory()
    }

    /// How many of its bytes are read, if it may get more meanwhile.
    pub fn limit(&self) -> Option<u64> {
        self.store.limit()
    }

    /// The encoding, if what is malformed in it was marked.
    pub fn marked(&self) -> Option<Encoding> {
        let decoded = self.decoded.as_ref().filter(|decoded| decoded.malformed == Malform::Mark);
        decoded.map(|decoded| decoded.encoding)
    }

    /// Whether its text is not valid where it was malformed in its encoding, and has to be checked.
    pub fn leaves_malformed(&self) -> bool {
        self.decoded.as_ref().is_some_and(|decoded| decoded.malformed == Malform::Leave)
    }

    /// From now on leaves out the last lines, if it is read forwards. Before anything was read.
    pub(super) fn hold_back(&mut self, footer: Footer) {
        if let Content::Stream(stream) = &mut self.content {
            stream.hold_back(footer);
        }
    }

    /// Whether the source can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        self.store.is_repeatable()
    }

    /// Begins anew at the first byte, if it can be read a second time.
    ///
    /// # Errors
    /// It can't be opened again.
    pub fn rewind(&mut self) -> Result<()> {
        let Content::Stream(stream) = &mut self.content else { return Ok(()) };
        if !self.store.is_repeatable() {
            return Ok(());
        }
        // The memory of the decoders goes first.
        stream.close();
        let flow = self.store.open(ALL, None)?;
        stream.restart(flow).map_err(|e| Error::read(&self.path, e))
    }

    /// How many bytes it has, where that is known: of a stream, if it is a regular file that is read as it is.
    pub fn known_len(&self) -> Option<u64> {
        match &self.content {
            Content::Mapped(map) => Some(map.bytes().len() as u64),
            Content::Stream(stream) if stream.is_as_read() && !self.store.is_made() => {
                self.stamp().filter(|_| self.path.as_os_str() != "-").map(Stamp::file_len)
            }
            Content::Stream(_) => None,
        }
    }

    /// Whether and how the source is compressed.
    pub fn packed(&self) -> Option<Packed> {
        match &self.content {
            Content::Mapped(_) => None,
            Content::Stream(stream) => stream.packed(),
        }
    }

    /// From now on gives what the compressed bytes hold. Before anything was read.
    ///
    /// # Errors
    /// A thread or a decoder can't be made.
    pub fn unpack(&mut self, unpacking: Unpacking) -> Result<()> {
        let Content::Stream(stream) = &mut self.content else { return Ok(()) };
        stream.unpack(unpacking).map_err(|e| Error::io("decompress", &self.path, e))
    }

    /// All of its bytes, if they are mapped.
    pub fn map(&self) -> Option<&Map> {
        match &self.content {
            Content::Mapped(map) => Some(map),
            Content::Stream(_) => None,
        }
    }

    /// Appends to `head` until it holds `size` bytes or the source ends. Nothing, if it is mapped.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn append_to(&mut self, head: &mut Vec<u8>, size: usize) -> Result<()> {
        let Content::Stream(stream) = &mut self.content else { return Ok(()) };
        stream.read_to(head, size).map_err(|e| read_error(Position::new(&self.path, 0, 0), e))
    }

    /// Reads into `window` and returns how many bytes it got; none at the end, or if it is mapped.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn fill(&mut self, window: &mut [u8]) -> Result<Option<usize>> {
        let Content::Stream(stream) = &mut self.content else { return Ok(None) };
        if stream.ended() {
            return Ok(None);
        }
        let len = stream.fill(window, 1).map_err(|e| read_error(Position::new(&self.path, 0, 0), e))?;
        Ok(Some(len))
    }

    /// Passes over the next bytes. Nothing, if it is mapped; fewer only at its end.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn pass_over(&mut self, bytes: u64) -> Result<()> {
        let Content::Stream(stream) = &mut self.content else { return Ok(()) };
        stream.pass_over(bytes).map_err(|e| Error::read(&self.path, e))
    }

    /// How its bytes are reached, and its name.
    pub fn reach(&mut self) -> Reach<'_> {
        let bytes = match &mut self.content {
            Content::Mapped(map) => Bytes::Mapped(map),
            Content::Stream(stream) => Bytes::Stream(stream),
        };
        Reach { path: &self.path, bytes }
    }

    /// What is read forwards, if it is not mapped.
    pub fn stream(&mut self) -> Option<&mut Stream> {
        match &mut self.content {
            Content::Mapped(_) => None,
            Content::Stream(stream) => Some(stream),
        }
    }

    /// The same for good.
    pub fn into_stream(self) -> Option<Stream> {
        match self.content {
            Content::Mapped(_) => None,
            Content::Stream(stream) => Some(stream),
        }
    }
}

/// An error if some of the first `end` bytes of a mapped file are not the file's any more.
pub fn damage(map: &Map, path: &Path, end: u64) -> Option<Error> {
    let offset = map.damage().filter(|&offset| (offset as u64) < end)?;
    let reason = format!("byte {offset}: the file was shortened, or its device failed, while it was read");
    Some(Error::io("read", path, io::Error::other(reason)))
}
