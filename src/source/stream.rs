//! Bytes that are read once, from front to back.

use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::ahead::Ahead;
use super::encoding::{Decoded, Decoding};
use super::held_back::{Footer, HeldBack};
use super::sniff::{first, packed};
use super::store::{Flow, Patience, Soon};
use super::unpack::{Blocks, Unpacker};
use crate::compress::{Decompress, Packed, Unpacking};
use crate::memory::Reservation;
use crate::sys::memory;

/// Bytes that are read once, from front to back.
pub struct Stream {
    reader: Box<dyn Read + Send>,
    /// Whether to wait for more than what was read; none: always.
    soon: Option<Soon>,
    patience: Patience,
    /// What was read by somebody who looked at it, and is to be read again.
    unread: Option<Box<Unread>>,
    /// What comes after that and was [looked at](Self::look).
    ahead: Option<Box<Ahead>>,
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
    /// What is left out at its end.
    footer: Option<Footer>,
}

impl Stream {
    /// What flows, as it is.
    pub(super) fn new(flow: Flow) -> Stream {
        Stream {
            reader: flow.reader,
            soon: flow.soon,
            patience: Patience::USUAL,
            unread: None,
            ahead: None,
            ended: false,
            failed: None,
            packed: None,
            unpacking: None,
            blocks: None,
            decoded: None,
            footer: None,
        }
    }

    /// What flows; its beginning says whether it is compressed.
    pub(super) fn sniffed(flow: Flow, decompress: Decompress, path: &Path) -> io::Result<Stream> {
        let mut stream = Stream::new(flow);
        if decompress == Decompress::None {
            return Ok(stream);
        }
        let start = first(&mut stream.reader, decompress)?;
        stream.packed = packed(&start, decompress, path);
        let rest = std::mem::replace(&mut stream.reader, Box::new(io::empty()));
        stream.reader = Box::new(Cursor::new(start).chain(rest));
        Ok(stream)
    }

    /// Whether and how it is compressed, before it is [unpacked](Self::unpack).
    pub fn packed(&self) -> Option<Packed> {
        self.packed
    }

    /// Whether the bytes are as they were read.
    pub(super) fn is_as_read(&self) -> bool {
        self.unpacking.is_none() && self.decoded.is_none()
    }

    /// From now on, what came waits no longer than this for more.
    pub fn hasten(&mut self, most: Duration) {
        self.patience = self.patience.at_most(most);
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.ended && self.unread.is_none() && self.ahead.as_ref().is_none_or(|ahead| ahead.is_empty())
    }

    /// From now on gives what the compressed bytes hold. Before anything was read.
    ///
    /// # Errors
    /// A thread or a decoder can't be made.
    pub fn unpack(&mut self, unpacking: Unpacking) -> io::Result<()> {
        let packed = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.soon = None;
        let unpacker = Unpacker::new(packed, &unpacking)?;
        self.blocks = Some(unpacker.blocks());
        self.reader = Box::new(unpacker);
        self.unpacking = Some(unpacking);
        Ok(())
    }

    /// From now on gives UTF-8.
    pub(super) fn decode(&mut self, decoded: Decoded) {
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.soon = None;
        self.reader = Box::new(Decoding::new(reader, decoded.clone()));
        self.decoded = Some(decoded);
    }

    /// From now on leaves out the last lines. Before anything was read.
    pub(super) fn hold_back(&mut self, footer: Footer) {
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.soon = None;
        self.reader = Box::new(HeldBack::new(reader, footer.clone()));
        self.footer = Some(footer);
    }

    /// Passes over the next bytes. Fewer only at the end.
    ///
    /// # Errors
    /// The stream can't be read.
    pub fn pass_over(&mut self, bytes: u64) -> io::Result<()> {
        io::copy(&mut (&mut self.reader).take(bytes), &mut io::sink()).map(drop)
    }

    /// The rest, for someone else to read.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        self.reader
    }

    /// Gives the memory back that reading takes, before [`restart`](Self::restart).
    pub(super) fn close(&mut self) {
        (self.reader, self.blocks) = (Box::new(io::empty()), None);
    }

    /// Starts again with what gives the same bytes from the beginning.
    ///
    /// # Errors
    /// A thread or a decoder can't be made.
    pub(super) fn restart(&mut self, flow: Flow) -> io::Result<()> {
        self.reader = flow.reader;
        (self.unread, self.ahead, self.ended, self.failed) = (None, None, false, None);
        if let Some(unpacking) = self.unpacking {
            self.unpack(unpacking)?;
        }
        if let Some(decoded) = self.decoded.take() {
            // The first reading's do not count twice.
            decoded.replaced.store(0, Relaxed);
            self.decode(decoded);
        }
        if let Some(footer) = self.footer.take() {
            self.hold_back(footer);
        }
        Ok(())
    }

    /// The first bytes of a stream of which nothing was read. They stay to be read.
    pub(super) fn peek(&mut self, len: usize) -> io::Result<Vec<u8>> {
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
        while let Some(ahead) = self.ahead.as_mut().filter(|ahead| len < window.len() && !ahead.is_empty()) {
            len += ahead.read(&mut window[len..])?;
        }
        let since = Instant::now();
        while len < window.len() && !self.ended {
            if len >= least && self.soon.as_ref().is_some_and(|soon| !soon(since, self.patience)) {
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

    /// Copies bytes that come `from` bytes after those that were filled in: at least one, unless the stream ends. They
    /// stay to be read, on the disk; there is room for `most` bytes.
    ///
    /// # Errors
    /// The stream can't be read, or what was read can't be kept.
    pub fn look(&mut self, from: u64, bytes: &mut [u8], most: usize) -> io::Result<usize> {
        let unread = self.unread.as_ref().map_or(&[][..], |unread| &unread.bytes[unread.at..]);
        let Some(from) = from.checked_sub(unread.len() as u64) else {
            let rest = &unread[from as usize..];
            let len = rest.len().min(bytes.len());
            bytes[..len].copy_from_slice(&rest[..len]);
            return Ok(len);
        };
        let ahead = match &mut self.ahead {
            Some(ahead) => ahead,
            None => self.ahead.insert(Box::new(Ahead::new(most)?)),
        };
        if from < ahead.len() {
            return ahead.look(from, bytes);
        }
        while !self.ended {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            match self.reader.read(bytes) {
                Ok(0) => self.ended = true,
                Ok(len) => return ahead.push(&bytes[..len]).map(|()| len),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(0)
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
        if self.unread.is_some() && size > head.len() {
            let before = head.len();
            head.resize(size, 0);
            let again = self.read_again(&mut head[before..]);
            head.truncate(before + again);
        }
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What came waits for more only as long as it was told, however much there always is.
    #[test]
    fn a_hastened_stream_waits_less() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let soon = {
            let asked = Arc::clone(&asked);
            move |_: Instant, patience: Patience| {
                asked.lock().unwrap().push(patience.long);
                // As many reads as would take the time, if each took ten milliseconds.
                asked.lock().unwrap().len() * 10 < patience.long.as_millis() as usize
            }
        };
        let mut stream = Stream::new(Flow { reader: Box::new(Slow), soon: Some(Box::new(soon)) });
        let mut window = [0; 1000];
        stream.hasten(Duration::from_secs(60));
        assert_eq!(stream.fill(&mut window, 1).unwrap(), 100);
        asked.lock().unwrap().clear();
        stream.hasten(Duration::from_millis(30));
        assert_eq!(stream.fill(&mut window, 1).unwrap(), 3);
        assert_eq!(*asked.lock().unwrap(), [Duration::from_millis(30); 3]);
    }

    /// Gives a byte at a time.
    struct Slow;

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer[0] = b'x';
            Ok(1)
        }
    }
}
