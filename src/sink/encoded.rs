//! A target in another encoding than UTF-8.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use super::seam::{Can, Sink};
use crate::error::{Error, Result};

/// Appends text in the encoding; the last one ends it. Fails with a character that the encoding does not have.
pub(crate) type Encode = Box<dyn FnMut(&str, bool, &mut Vec<u8>) -> Result<(), char> + Send>;

/// An encoding of a target.
#[derive(Clone)]
pub(crate) struct Recode {
    /// Its name.
    pub name: &'static str,
    /// What begins a text.
    pub begin: Arc<dyn Fn() -> Encode + Send + Sync>,
}

/// A target that gets what is written to it in another encoding. The bytes have their places only one after another.
pub(super) struct Encoded {
    target: Box<dyn Sink>,
    recode: Recode,
    state: Mutex<State>,
}

struct State {
    encode: Encode,
    /// The beginning of a character, whose rest was not written yet.
    begun: Begun,
    /// What goes to the target next.
    room: Vec<u8>,
    offset: u64,
    ended: bool,
}

/// The first bytes of a character.
#[derive(Clone, Copy, Default)]
struct Begun {
    bytes: [u8; LONGEST],
    len: usize,
}

/// How much text is encoded at a time.
const PIECE: usize = 64 << 10;
/// The most bytes of a character.
const LONGEST: usize = 4;

impl State {
    fn new(recode: &Recode) -> State {
        State {
            encode: (recode.begin)(),
            begun: Begun::default(), // No character takes more than twice what it does in UTF-8.
            room: Vec::with_capacity(2 * PIECE),
            offset: 0,
            ended: false,
        }
    }
}

impl Encoded {
    /// Begins at the start of `target`.
    pub fn new(target: Box<dyn Sink>, recode: Recode) -> Encoded {
        let state = Mutex::new(State::new(&recode));
        Encoded { target, recode, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes text.
    fn text(&self, state: &mut State, text: &str, last: bool) -> Result<()> {
        let State { encode, room, offset, .. } = state;
        encode(text, last, room).map_err(|character| missing(character, self.recode.name))?;
        self.target.write(room, *offset)?;
        *offset += room.len() as u64;
        room.clear();
        Ok(())
    }

    /// Writes bytes that may end within a character.
    fn piece(&self, state: &mut State, bytes: &[u8]) -> Result<()> {
        let (text, rest) = match simdutf8::compat::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) if error.error_len().is_none() => {
                let (text, rest) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(text).unwrap_or_default(), rest)
            }
            Err(_) => {
                return Err(Error::refused(format!(
                    "the output is not UTF-8, so it can't be written in {}",
                    self.recode.name
                )));
            }
        };
        self.text(state, text, false)?;
        state.begun.bytes[..rest.len()].copy_from_slice(rest);
        state.begun.len = rest.len();
        Ok(())
    }
}

/// The error for a character outside of records, such as in a header.
fn missing(character: char, name: &str) -> Error {
    let shown = character.escape_debug();
    Error::refused(format!(
        "the character `{shown}` (U+{:04X}) in a field name or between records is not in {name}\n  Give another ⟨out_encoding⟩, such as utf-8 or utf-16le, or another name with ⟨rename⟩.",
        u32::from(character)
    ))
}

impl Sink for Encoded {
    fn path(&self) -> &Path {
        self.target.path()
    }

    fn file_path(&self) -> Option<&Path> {
        self.target.file_path()
    }

    fn metadata(&self) -> Option<std::fs::Metadata> {
        self.target.metadata()
    }

    fn can(&self) -> Can {
        Can { positional: false, truncate: false, ..self.target.can() }
    }

    fn write(&self, mut bytes: &[u8], _offset: u64) -> Result<()> {
        let state = &mut *self.lock();
        while !bytes.is_empty() {
            let len = match state.begun.len {
                0 => {
                    let len = bytes.len().min(PIECE);
                    self.piece(state, &bytes[..len])?;
                    len
                }
                // Byte by byte until it is whole.
                begun => {
                    let Begun { bytes: mut character, .. } = state.begun;
                    character[begun] = bytes[0];
                    self.piece(state, &character[..=begun])?;
                    1
                }
            };
            bytes = &bytes[len..];
        }
        Ok(())
    }

    fn left(&self, _written: u64) -> u64 {
        self.target.left(self.lock().offset)
    }

    fn set_lean(&self, lean: bool, idle: usize) {
        self.target.set_lean(lean, idle);
    }

    fn restart(&self) -> Result<()> {
        *self.lock() = State::new(&self.recode);
        self.target.restart()
    }

    fn sync(&self) -> Result<()> {
        self.target.sync()
    }

    fn flush(&mut self) -> Result<Option<u64>> {
        let mut state = self.lock();
        if !std::mem::replace(&mut state.ended, true) {
            self.text(&mut state, "", true)?;
        }
        let len = state.offset;
        drop(state);
        Ok(Some(self.target.flush()?.unwrap_or(len)))
    }

    fn keep(self: Box<Self>) -> Result<()> {
        self.target.keep()
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>> {
        self.flush()?;
        self.target.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Target;

    /// UTF-16, as `char::encode_utf16` has it; without what is beyond the first plane.
    fn recode() -> Recode {
        let encode: fn(&str, bool, &mut Vec<u8>) -> Result<(), char> =
            |text, _, out| match text.chars().find(|character| *character > '\u{ffff}') {
                Some(character) => Err(character),
                None => {
                    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                    Ok(())
                }
            };
        Recode { name: "some encoding", begin: Arc::new(move || Box::new(encode)) }
    }

    #[test]
    fn writes_may_end_within_characters() {
        let text = "aé€é\n".repeat(30_000);
        let expected: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for size in [1, 2, 3, 7, PIECE - 1, PIECE + 1, usize::MAX] {
            let target = Target::memory().encoded(recode());
            let mut at = 0;
            for piece in text.as_bytes().chunks(size.min(text.len())) {
                target.write(piece, at).unwrap();
                at += piece.len() as u64;
            }
            assert!(target.finish().unwrap() == expected, "{size}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let target = Target::memory().encoded(recode());
        let error = target.write("a\u{1f600}".as_bytes(), 0).unwrap_err().to_string();
        assert!(error.contains("U+1F600") && error.contains("some encoding"), "{error}");
        assert!(target.write(b"\xff", 0).is_err());
    }
}
