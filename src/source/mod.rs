//! Where bytes come from: a mapped file, or a stream read into pooled buffers, which may be compressed.

mod unpack;

mod identity;
mod inlet;

mod code_page;
mod encoding;
mod failed;
mod list;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::compress::{Codec, Decompress, MAGIC, Packed, Unpacking, may_begin, sniff};
use crate::error::{Error, ErrorClass, Result};
use crate::memory::Reservation;
use crate::sys::{Map, Stop, memory};

pub(crate) use failed::{OTHER_ENCODING, read_error};
use identity::Identity;
pub use identity::{Stamp, place};
use inlet::{Asked, Inlet, Soon};

pub(crate) use encoding::UTF_32;
pub use encoding::{Decoded, Encoding, MARK, Malform, Malformed};
pub use list::Listed;
pub use unpack::Blocks;

/// An open source.
pub struct Source {
    /// Its path; `-` for a stream without one.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Bytes,
    /// What it was when it was opened, if it is a regular file.
    identity: Option<Identity>,
    /// How the bytes were before they became UTF-8; none: they are as they were.
    pub decoded: Option<Decoded>,
}

/// How the bytes of a source are reached.
pub enum Bytes {
    /// All at once, through the page cache.
    Mapped(Map),
    /// Once, from front to back.
    Stream(Stream),
}

impl Source {
    /// Opens a file: mapped where that is possible and allowed, else read. A compressed one is read; it has to be
    /// [unpacked](Stream::unpack) before. A stop ends a read that waits.
    pub fn file(path: &Path, mapped: Mapping, decompress: Decompress, stop: Option<&Stop>) -> Result<Source> {
        let failed = |e| Error::io("read", path, e);
        let mut file = inlet::open(path, stop).map_err(|e| Error::io("open", path, e))?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::usage(format!("{} is a folder\n  Give a file⟨recursive⟩.", path.display())));
        }
        let identity = Identity::of(&file);
        let regular = metadata.is_file();
        if !regular || metadata.len() == 0 {
            if mapped == Mapping::Must {
                return Err(Error::usage(format!(
                    "{} can't be mapped (it is empty or not a regular file)\n  Leave out ⟨io map⟩.",
                    path.display()
                )));
            }
            let stream = forwards(Stream::from(Inlet::new(file, stop)), decompress, path)?;
            let bytes = Bytes::Stream(stream);
            return Ok(Source { path: path.to_path_buf(), bytes, identity, decoded: None });
        }
        let start =
            if decompress == Decompress::None { Vec::new() } else { first(&mut file, decompress).map_err(failed)? };
        file.rewind().map_err(failed)?;
        let packed = packed(&start, decompress, Some(path));
        let again = || Some(path.to_path_buf());
        let read = |file| Bytes::Stream(Stream { again: again(), ..Stream::from(Inlet::new(file, stop)) });
        let bytes = match mapped {
            _ if packed.is_some() && mapped == Mapping::Must => {
                return Err(Error::usage(format!(
                    "{} can't be mapped: it is compressed\n  Leave out ⟨io map⟩; or take it as it is with ⟨decompress none⟩",
                    path.display()
                )));
            }
            _ if packed.is_some() => {
                let stream = Stream::from(Inlet::new(file, stop));
                Bytes::Stream(Stream { packed, again: again(), ..stream })
            }
            Mapping::Must => Bytes::Mapped(Map::new(file).map_err(|e| Error::io("map", path, e))?),
            // A filesystem may refuse to map; reading always works.
            Mapping::May => match file.try_clone().and_then(Map::new) {
                Ok(map) => Bytes::Mapped(map),
                Err(_) => read(file),
            },
            Mapping::No => read(file),
        };
        let source = Source { path: path.to_path_buf(), bytes, identity, decoded: None };
        // From here on a shorter file is noticed where its bytes are used; one cut before it was mapped is not.
        source.unchanged()?;
        Ok(source)
    }

    /// Standard input. A stop ends a read that waits.
    pub fn stdin(decompress: Decompress, stop: Option<&Stop>) -> Result<Source> {
        #[cfg(unix)]
        let identity = Identity::of(&stdin_file()?);
        #[cfg(not(unix))]
        let identity = None;
        let path = PathBuf::from("-");
        #[cfg(unix)]
        let stream = Stream::from(Inlet::new(stdin_file()?, stop));
        #[cfg(not(unix))]
        let stream = Stream::new(stdin(stop)?);
        let stream = forwards(stream, decompress, &path)?;
        Ok(Source { path, bytes: Bytes::Stream(stream), identity, decoded: None })
    }

    /// A source that can only be read forwards. The stop is looked at between two reads.
    ///
    /// # Errors
    /// Its beginning can't be read.
    pub fn stream(reader: Box<dyn Read + Send>, decompress: Decompress, stop: Option<&Stop>) -> Result<Source> {
        let path = PathBuf::from("-");
        let stream = forwards(Stream::new(asked(reader, stop)), decompress, &path)?;
        Ok(Source { path, bytes: Bytes::Stream(stream), identity: None, decoded: None })
    }

    /// What distinguishes the source from others, if it is a regular file.
    pub fn stamp(&self) -> Option<&Stamp> {
        self.identity.as_ref().map(|identity| &identity.stamp)
    }

    /// Fails if the source is not what it was when it was opened: damaged while it was mapped, or changed by somebody
    /// else. To be called after the last read and before the target gets its name.
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

    /// Says in an error that its place is one in the decoded text, where that is not the source.
    pub fn tell(&self, error: Error) -> Error {
        match &self.decoded {
            Some(decoded) => error.in_decoded(decoded.encoding.name()),
            None => error,
        }
    }

    /// The first bytes, fewer only where the source is shorter. They stay to be read.
    pub fn beginning(&mut self) -> Result<Vec<u8>> {
        const LEN: usize = 4;
        match &mut self.bytes {
            Bytes::Mapped(map) => Ok(map.bytes()[..map.bytes().len().min(LEN)].to_vec()),
            Bytes::Stream(stream) => stream.peek(LEN).map_err(|e| Error::read(&self.path, e)),
        }
    }

    /// The same source as UTF-8, read forwards. Where malformed text fails, the error has [`Malformed`] inside.
    pub fn decode(self, encoding: Encoding, malformed: Malform) -> Result<Source> {
        let decoded = Decoded { encoding, malformed, replaced: Arc::default() };
        let mut stream = match self.bytes {
            Bytes::Mapped(_) => {
                let file = File::open(&self.path).map_err(|e| Error::io("open", &self.path, e))?;
                Stream { again: Some(self.path.clone()), ..Stream::new(Box::new(Inlet::new(file, None))) }
            }
            Bytes::Stream(stream) => stream,
        };
        stream.decode(decoded.clone());
        Ok(Source { bytes: Bytes::Stream(stream), decoded: Some(decoded), ..self })
    }

    /// The encoding, if what is malformed in it was marked.
    pub fn marked(&self) -> Option<Encoding> {
        let decoded = self.decoded.as_ref().filter(|decoded| decoded.malformed == Malform::Mark);
        decoded.map(|decoded| decoded.encoding)
    }

    /// Whether the source can be read a second time.
    pub fn is_repeatable(&self) -> bool {
        match &self.bytes {
            Bytes::Mapped(_) => true,
            Bytes::Stream(stream) => stream.again.is_some(),
        }
    }

    /// How many bytes it has, where that is known: of a stream, if it is a regular file that is read as it is.
    pub fn known_len(&self) -> Option<u64> {
        match &self.bytes {
            Bytes::Mapped(map) => Some(map.bytes().len() as u64),
            Bytes::Stream(stream) if stream.unpacking.is_none() && stream.decoded.is_none() => {
                self.stamp().filter(|_| self.path.as_os_str() != "-").map(Stamp::file_len)
            }
            Bytes::Stream(_) => None,
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

/// A stream whose beginning says whether it is compressed.
fn forwards(mut stream: Stream, decompress: Decompress, path: &Path) -> Result<Stream> {
    if decompress == Decompress::None {
        return Ok(stream);
    }
    let start = first(&mut stream.reader, decompress).map_err(|e| Error::io("read", path, e))?;
    let packed = packed(&start, decompress, Some(path));
    Ok(Stream { packed, reader: Box::new(Cursor::new(start).chain(stream.reader)), ..stream })
}

/// The first bytes: as many as it takes to say whether and how they are compressed.
fn first(reader: &mut impl Read, decompress: Decompress) -> io::Result<Vec<u8>> {
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
fn packed(start: &[u8], decompress: Decompress, path: Option<&Path>) -> Option<Packed> {
    let of = |codec| Packed::new(codec, start);
    match decompress {
        Decompress::None => None,
        Decompress::As(codec) => Some(of(codec)),
        Decompress::Auto => sniff(start).or_else(|| path.and_then(Codec::from_path).map(of)),
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
    let copy = crate::sys::check_stdin().and_then(|()| io::stdin().as_fd().try_clone_to_owned());
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

/// Bytes that are read once, from front to back.
pub struct Stream {
    reader: Box<dyn Read + Send>,
    /// Whether to wait for more than what was read; none: always.
    soon: Option<Soon>,
    /// What was read by somebody who looked at it, and is to be read again.
    unread: Option<Box<Unread>>,
    ended: bool,
    /// The error of the next read: it came after bytes that were good.
    failed: Option<io::Error>,
    /// How it is compressed.
    packed: Option<Packed>,
    /// How it is read, if it is compressed.
    unpacking: Option<Unpacking>,
    /// What it is decompressed into.
    blocks: Option<Blocks>,
    /// How it is made UTF-8.
    decoded: Option<Decoded>,
    /// Where to open it again.
    again: Option<PathBuf>,
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>) -> Stream {
        Stream {
            reader,
            soon: None,
            unread: None,
            ended: false,
            failed: None,
            packed: None,
            unpacking: None,
            blocks: None,
            decoded: None,
            again: None,
        }
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.ended && self.unread.is_none()
    }

    /// From now on gives what the compressed bytes hold. Before anything was read.
    ///
    /// # Errors
    /// A thread or a decoder can't be made.
    pub fn unpack(&mut self, unpacking: Unpacking) -> io::Result<()> {
        let packed = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.soon = None;
        let unpacker = unpack::Unpacker::new(packed, &unpacking)?;
        self.blocks = Some(unpacker.blocks());
        self.reader = Box::new(unpacker);
        self.unpacking = Some(unpacking);
        Ok(())
    }

    /// From now on gives UTF-8.
    fn decode(&mut self, decoded: Decoded) {
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.soon = None;
        self.reader = Box::new(encoding::Decoding::new(reader, decoded.clone()));
        self.decoded = Some(decoded);
    }

    /// The rest, for someone else to read.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        self.reader
    }

    /// Starts again from the beginning, if it is a file.
    ///
    /// # Errors
    /// It can't be opened again.
    pub fn rewind(&mut self) -> io::Result<()> {
        let Some(path) = &self.again else { return Ok(()) };
        // The memory of the decoders goes first.
        (self.reader, self.blocks) = (Box::new(io::empty()), None);
        self.reader = Box::new(Inlet::new(File::open(path)?, None));
        (self.unread, self.ended, self.failed) = (None, false, None);
        if let Some(unpacking) = self.unpacking {
            self.unpack(unpacking)?;
        }
        if let Some(decoded) = self.decoded.take() {
            // The first reading's do not count twice.
            decoded.replaced.store(0, Relaxed);
            self.decode(decoded);
        }
        Ok(())
    }

    /// The first bytes of a stream of which nothing was read. They stay to be read.
    fn peek(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut beginning = Vec::new();
        (&mut self.reader).take(len as u64).read_to_end(&mut beginning)?;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(Cursor::new(beginning.clone()).chain(rest));
        Ok(beginning)
    }

    /// What compressed bytes are decompressed into.
    pub fn blocks(&self) -> Option<Blocks> {
        self.blocks.clone()
    }

    /// Makes the next read fail with this error.
    pub fn fail(&mut self, error: io::Error) {
        self.failed = Some(error);
    }

    /// Puts what was read back, to be [filled](Self::fill) in again from byte `at` on. What is reserved for it is given
    /// back on the way.
    pub fn unread(&mut self, bytes: Vec<u8>, at: usize, reserved: Option<Reservation>) {
        let mut unread = Unread { bytes, at, reserved };
        unread.release(0);
        self.unread = (at < unread.bytes.len()).then(|| Box::new(unread));
    }

    /// Fills `window` unless the stream ends before, or `least` bytes came and others keep us waiting. Says how many
    /// came. Bytes that came before a read failed are returned first; the next call returns the error.
    ///
    /// # Errors
    /// The stream can't be read.
    pub fn fill(&mut self, window: &mut [u8], least: usize) -> io::Result<usize> {
        let mut len = self.read_again(window);
        let since = Instant::now();
        while len < window.len() && !self.ended {
            if len >= least && self.soon.as_ref().is_some_and(|soon| !soon(since)) {
                break;
            }
            let read = match self.failed.take() {
                Some(error) => Err(error),
                None => self.reader.read(&mut window[len..]),
            };
            match read {
                Ok(0) => self.ended = true,
                Ok(count) => len += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if len == 0 => return Err(error),
                // What came before the error is used first: how much that is must not depend on the size of reads.
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
        Ok(len)
    }

    /// Appends to `head` until it holds `size` bytes, or the stream ends or keeps us waiting, as [`fill`](Self::fill).
    ///
    /// # Errors
    /// As there.
    pub fn fill_to(&mut self, head: &mut Vec<u8>, size: usize) -> io::Result<()> {
        let before = head.len();
        head.reserve_exact(size.saturating_sub(before));
        head.resize(size.max(before), 0);
        let filled = self.fill(&mut head[before..], 1);
        head.truncate(before + filled.as_ref().unwrap_or(&0));
        filled.map(drop)
    }

    fn read_again(&mut self, window: &mut [u8]) -> usize {
        let Some(unread) = &mut self.unread else { return 0 };
        let rest = &unread.bytes[unread.at..];
        let len = window.len().min(rest.len());
        window[..len].copy_from_slice(&rest[..len]);
        if len == rest.len() {
            self.unread = None;
        } else {
            unread.release(len);
        }
        len
    }

    /// Appends to `head` until it holds `size` bytes or the stream ends, for somebody who looks at the beginning. Its
    /// memory is only as much as was asked for, whatever the stream claims. Errors as for [`fill`](Self::fill).
    pub fn read_to(&mut self, head: &mut Vec<u8>, size: usize) -> io::Result<()> {
        let missing = size.saturating_sub(head.len());
        if self.ended || missing == 0 {
            return Ok(());
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        head.reserve_exact(missing);
        let before = head.len();
        match (&mut self.reader).take(missing as u64).read_to_end(head) {
            Ok(count) => self.ended = count < missing,
            Err(error) if head.len() == before => return Err(error),
            Err(error) => self.failed = Some(error),
        }
        Ok(())
    }
}

impl From<Inlet> for Stream {
    fn from(inlet: Inlet) -> Stream {
        Stream { soon: inlet.soon(), ..Stream::new(Box::new(inlet)) }
    }
}

/// What was read of a stream, until it is read again.
struct Unread {
    bytes: Vec<u8>,
    at: usize,
    reserved: Option<Reservation>,
}

impl Unread {
    /// Gives the next `len` bytes back to the system, so that a large first record is not held twice.
    fn release(&mut self, len: usize) {
        memory::discard(&mut self.bytes[self.at..self.at + len]);
        self.at += len;
        let left = self.bytes.len().saturating_sub(self.at);
        if let Some(reserved) = &mut self.reserved {
            reserved.shrink(reserved.bytes().saturating_sub(left));
        }
    }
}
