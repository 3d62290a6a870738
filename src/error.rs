//! Errors for people: what, where (file, record number, byte offset), why, and what to do.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::wording::{counted, input, missing_name};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What to do where data takes more memory than there is for it.
pub(crate) const MORE_MEMORY: &str = "Raise --memory-limit, or the limit of the control group where that is lower.";

/// Where in the input something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The file; `-` is standard input.
    pub file: PathBuf,
    /// The number of the record, from 1; a header is not counted. 0 when it is not known.
    pub record: u64,
    /// The number of the line, from 1. 0 when it is not known, and in formats that have no lines.
    pub line: u64,
    /// The byte offset from the start of the file.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", input(&self.file))?;
        for (name, number) in [("record", self.record), ("line", self.line)] {
            if number > 0 {
                write!(f, "{name} {number}, ")?;
            }
        }
        write!(f, "byte {}", self.offset)
    }
}

impl Position {
    /// A place of a file; its line is not known yet.
    pub fn new(file: impl Into<PathBuf>, record: u64, offset: u64) -> Position {
        Position { file: file.into(), record, line: 0, offset }
    }
}

/// What kind of failure an error is; it decides the exit code of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The input is not what its format allows, or a target can't hold a value.
    Data,
    /// The settings contradict each other or the input.
    Usage,
    /// Reading or writing failed.
    Io,
    /// The work does not fit below the memory limit.
    Memory,
    /// Somebody asked for the end before it came ([`Stop`](crate::Stop)). Nothing is wrong.
    Stopped,
}

/// Inside of an [`io::Error`]: a read or write that was given up because the end was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StopRequested;

impl fmt::Display for StopRequested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for StopRequested {}

/// A failure, with its place and its remedy.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

#[derive(Debug)]
enum ErrorKind {
    /// `decoded`: the encoding that the text was in, of which the offset is. `text`: what is there, as it is shown.
    Data {
        position: Position,
        error: RecordError,
        decoded: Option<&'static str>,
        text: Option<String>,
    },
    /// The data as a whole is refused.
    Refused {
        message: String,
    },
    Usage {
        message: String,
    },
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    Memory {
        message: String,
    },
    /// `resumes`: another run can go on.
    Noted {
        error: Error,
        note: String,
        resumes: bool,
    },
    Stopped {
        position: Option<Position>,
    },
}

impl Error {
    /// Bad data at a place of the input.
    pub fn data(position: Position, error: RecordError) -> Error {
        Error(Box::new(ErrorKind::Data { position, error, decoded: None, text: None }))
    }

    /// Data that is refused as a whole, at no place of its own.
    pub(crate) fn refused(message: impl Into<String>) -> Error {
        Error(Box::new(ErrorKind::Refused { message: message.into() }))
    }

    /// Settings that can't work.
    pub fn usage(message: impl Into<String>) -> Error {
        Error(Box::new(ErrorKind::Usage { message: message.into() }))
    }

    /// A failed read or write; `action` is a verb: "open", "write". One that was given up because of a
    /// [`Stop`](crate::Stop) is no failure of the file: it gives an error of the class `Stopped`.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Error {
        if is_stop(&source) {
            return Error::stopped(None);
        }
        Error(Box::new(ErrorKind::Io { action, path: path.as_ref().to_path_buf(), source }))
    }

    /// A source that can't be read: bad data where its bytes are (see [`BadStream`]), else a failed read.
    pub fn read(path: impl AsRef<Path>, source: io::Error) -> Error {
        match source.downcast::<BadStream>() {
            Ok(bad) => Error::data(Position::new(path.as_ref(), 0, bad.offset), bad.error),
            Err(source) => Error::io("read", path, source),
        }
    }

    /// The memory limit can't be kept.
    pub fn memory(message: impl Into<String>) -> Error {
        Error(Box::new(ErrorKind::Memory { message: message.into() }))
    }

    /// The same with a word about what is left, and what can be done with it; `resumes` if another run can go on.
    pub(crate) fn note(self, note: String, resumes: bool) -> Error {
        Error(Box::new(ErrorKind::Noted { error: self, note, resumes }))
    }

    /// The end was asked for. Everything before `position` was committed, where that is known.
    pub(crate) fn stopped(position: Option<Position>) -> Error {
        Error(Box::new(ErrorKind::Stopped { position }))
    }

    /// Whether what was written is kept, and another run can go on with it.
    pub fn can_resume(&self) -> bool {
        matches!(*self.0, ErrorKind::Noted { resumes: true, .. })
    }

    /// What kind of failure this is.
    pub fn class(&self) -> ErrorClass {
        match *self.0 {
            ErrorKind::Noted { ref error, .. } => error.class(),
            ErrorKind::Data { ref error, .. } if error.fault == Fault::NoMemory => ErrorClass::Memory,
            ErrorKind::Data { .. } | ErrorKind::Refused { .. } => ErrorClass::Data,
            ErrorKind::Usage { .. } => ErrorClass::Usage,
            ErrorKind::Io { .. } => ErrorClass::Io,
            ErrorKind::Memory { .. } => ErrorClass::Memory,
            ErrorKind::Stopped { .. } => ErrorClass::Stopped,
        }
    }

    /// The place in the input, for bad data.
    pub fn position(&self) -> Option<&Position> {
        match &*self.0 {
            ErrorKind::Data { position, .. } => Some(position),
            ErrorKind::Noted { error, .. } => error.position(),
            _ => None,
        }
    }

    /// Where a stopped job was: the first byte of the source that it did not convert, and the number of records
    /// before that. None if it had to give up a write, or had not begun to convert.
    pub fn stopped_at(&self) -> Option<&Position> {
        match &*self.0 {
            ErrorKind::Stopped { position } => position.as_ref(),
            ErrorKind::Noted { error, .. } => error.stopped_at(),
            _ => None,
        }
    }

    /// Whether a record had a key that the header lacks.
    pub(crate) fn is_unknown_key(&self) -> bool {
        matches!(&*self.0, ErrorKind::Data { error, .. } if error.fault == Fault::UnknownKey)
    }

    /// Whether there are more keys than a header may have.
    pub(crate) fn is_too_many_keys(&self) -> bool {
        matches!(&*self.0, ErrorKind::Data { error, .. } if error.fault == Fault::TooManyKeys)
    }

    /// Whether more records are bad than may be.
    pub fn is_too_many(&self) -> bool {
        match &*self.0 {
            ErrorKind::Data { error, .. } => error.fault == Fault::TooMany,
            ErrorKind::Noted { error, .. } => error.is_too_many(),
            _ => false,
        }
    }

    /// Whether bad records are the reason, so that a quarantine stays as the proof of it.
    pub(crate) fn is_about_bad_records(&self) -> bool {
        match &*self.0 {
            ErrorKind::Data { error, .. } => matches!(error.fault, Fault::TooMany | Fault::All),
            ErrorKind::Noted { error, .. } => error.is_about_bad_records(),
            _ => false,
        }
    }

    /// Says that the offset is one of the text that was decoded from an encoding.
    pub(crate) fn in_decoded(mut self, encoding: &'static str) -> Error {
        if let ErrorKind::Data { decoded, .. } = &mut *self.0 {
            *decoded = Some(encoding);
        }
        self
    }

    /// Says in which line the place of bad data is, and what text is there.
    pub(crate) fn at_line(mut self, line: u64, shown: Option<String>) -> Error {
        if let ErrorKind::Data { position, text, .. } = &mut *self.0 {
            (position.line, *text) = (line, shown);
        }
        self
    }

    /// Adds what is odd about the source as a whole to an error that it may be the reason for.
    pub(crate) fn suspect(mut self, suspicion: &str) -> Error {
        if let ErrorKind::Data { error, .. } = &mut *self.0
            && error.fault != Fault::NoMemory
        {
            *error = error.clone().suspect(suspicion);
        }
        self
    }

    /// The path that could not be read or written.
    pub(crate) fn io_path(&self) -> Option<&Path> {
        match &*self.0 {
            ErrorKind::Io { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Names the file which the error is about, where the message does not: there are several.
    pub(crate) fn in_file(mut self, path: &Path) -> Error {
        let name = input(path).to_string();
        if let ErrorKind::Refused { message } | ErrorKind::Usage { message } | ErrorKind::Memory { message } =
            &mut *self.0
            && !message.starts_with(&name)
        {
            message.insert_str(0, &format!("{name}: "));
        }
        self
    }

    /// Whether the reader of our output went away.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(&*self.0, ErrorKind::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Whether a read or write was given up because the end was asked for.
pub(crate) fn is_stop(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<StopRequested>())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            // It is about the whole input.
            ErrorKind::Data { position, error, .. } if error.fault == Fault::All && position.record == 0 => {
                write!(f, "{}: {}", input(&position.file), error.message())?;
                error.hint.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
            }
            ErrorKind::Data { position, error, decoded, text } => {
                write!(f, "{position}")?;
                if let Some(encoding) = decoded {
                    write!(f, " of the text decoded from {encoding}")?;
                }
                write!(f, ": {}", error.message())?;
                match (text, position.line) {
                    (Some(text), 0) => write!(f, "\n  | {text}")?,
                    (Some(text), line) => write!(f, "\n  {line} | {text}")?,
                    (None, _) => {}
                }
                if let Some(hint) = &error.hint {
                    write!(f, "\n  {hint}")?;
                }
                Ok(())
            }
            ErrorKind::Refused { message } | ErrorKind::Usage { message } | ErrorKind::Memory { message } => {
                f.write_str(message)
            }
            ErrorKind::Noted { error, note, .. } => write!(f, "{error}\n  {note}"),
            ErrorKind::Io { action: "open", path, source } if source.kind() == io::ErrorKind::NotFound => {
                let shown = path.display().to_string();
                let name = shown.trim_end_matches('\r');
                write!(f, "there is no file `{name}`{}", missing_name(&shown))
            }
            ErrorKind::Io { action, path, source } => match missing_folder(path).filter(|_| *action == "create") {
                Some(folder) => {
                    let (path, folder) = (path.display(), folder.display());
                    write!(f, "can't create {path}: there is no folder `{folder}`\n  To make it: mkdir -p {folder}")
                }
                None => write!(f, "can't {action} {}: {source}", input(path)),
            },
            ErrorKind::Stopped { position: Some(Position { file, record, offset, .. }) } => {
                let records = counted(*record, "record");
                write!(f, "stopped at byte {offset} of {}, after {records}", input(file))
            }
            ErrorKind::Stopped { position: None } => f.write_str("stopped"),
        }
    }
}

/// The folder around a file, if it is not there.
fn missing_folder(path: &Path) -> Option<&Path> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    std::fs::metadata(folder).is_err_and(|e| e.kind() == io::ErrorKind::NotFound).then_some(folder)
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            ErrorKind::Io { source, .. } => Some(source),
            ErrorKind::Noted { error, .. } => error.source(),
            _ => None,
        }
    }
}

/// Bytes that a source can't have: compressed data that is cut off or corrupt. It travels inside an [`io::Error`]
/// through readers and becomes an error of its own kind in [`Error::read`].
#[derive(Debug)]
pub struct BadStream {
    /// The byte offset in the file as it is stored.
    offset: u64,
    error: RecordError,
}

impl BadStream {
    /// Bad bytes at `offset` of the file as it is stored; the error's own offset does not matter.
    pub fn at(offset: u64, error: RecordError) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, BadStream { offset, error })
    }
}

impl fmt::Display for BadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.error.message())
    }
}

impl std::error::Error for BadStream {}

/// Why one record can't be decoded, changed or encoded, and where in its slice.
///
/// The engine adds the file, the record's number and the slice's offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The byte offset from the start of the slice.
    pub offset: usize,
    /// What is wrong, as a phrase without a full stop. See [`message`](Self::message).
    pub reason: Cow<'static, str>,
    /// What `{}` in the reason stands for. `{s}` after a number makes a plural: it is nothing if the number is 1.
    pub(crate) parts: Parts,
    /// What to do about it, as a sentence.
    pub hint: Option<Cow<'static, str>>,
    /// Whose fault it is.
    pub(crate) fault: Fault,
}

/// What the places of `{}` in a reason are filled with. It is small: errors are returned from everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    Nothing,
    Numbers([usize; 2]),
    /// A byte, where there are two places, and a text.
    Byte(u8, &'static str),
    Shown(Short),
}

/// A few characters that are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Short {
    bytes: [u8; Short::MOST],
    len: u8,
}

impl Short {
    /// How many bytes they have at most.
    pub const MOST: usize = 22;

    /// As many characters as there is room for.
    pub fn new(text: impl fmt::Display) -> Short {
        let mut short = Short::default();
        // What does not fit is left out.
        let _ = fmt::Write::write_fmt(&mut short, format_args!("{text}"));
        short
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let len = usize::from(self.len);
        let room = text.len().min(Short::MOST - len);
        let fits = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.bytes[len..len + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits as u8;
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// Whose fault a [`RecordError`] is: a record may only be left out for a fault of its own, so that what is
/// left out never depends on slices and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The record is bad.
    Record,
    /// The same, where that is a document in which records were looked for.
    Document,
    /// The record has a key that the header lacks: the header has to be found anew.
    UnknownKey,
    /// The record is larger than records may be. It can be left out, but is not kept.
    Oversized,
    /// Something in the record is larger than it may be, for which the whole run needs room: a key, a header.
    TooLarge,
    /// There is not enough memory for it.
    NoMemory,
    /// With its keys there are more than a header may have.
    TooManyKeys,
    /// The record is bad, and nothing tells where the next one begins.
    Lost,
    /// The record is bad, and one too many.
    TooMany,
    /// There are no other records than bad ones.
    All,
}

impl RecordError {
    /// An error at `offset` of the slice.
    pub fn new(offset: usize, reason: impl Into<Cow<'static, str>>) -> RecordError {
        RecordError { offset, reason: reason.into(), parts: Parts::Nothing, hint: None, fault: Fault::Record }
    }

    /// An error whose reason has numbers in the places of `{}`. Nothing is allocated for it: there may be one for every
    /// record, and nobody may want to see it.
    pub(crate) fn with_numbers(offset: usize, reason: &'static str, numbers: [usize; 2]) -> RecordError {
        RecordError { parts: Parts::Numbers(numbers), ..RecordError::new(offset, reason) }
    }

    /// The same with a byte, as it is shown, and a text; with the text only where the reason has one place.
    pub(crate) fn with_byte(offset: usize, reason: &'static str, byte: u8, text: &'static str) -> RecordError {
        RecordError { parts: Parts::Byte(byte, text), ..RecordError::new(offset, reason) }
    }

    /// The same with a few characters of the source.
    pub(crate) fn showing(offset: usize, reason: &'static str, shown: Short) -> RecordError {
        RecordError { parts: Parts::Shown(shown), ..RecordError::new(offset, reason) }
    }

    /// What is wrong, with its numbers.
    pub fn message(&self) -> impl fmt::Display + '_ {
        Message(self)
    }

    /// Says whose fault it is.
    pub(crate) fn fault(mut self, fault: Fault) -> RecordError {
        self.fault = fault;
        self
    }

    /// Adds what may be the reason, a phrase in ASCII, before what to do.
    pub(crate) fn suspect(mut self, suspicion: &str) -> RecordError {
        let mut sentence = suspicion.to_owned();
        sentence[..1].make_ascii_uppercase();
        let hint = self.hint.take().map_or_else(String::new, |hint| format!("\n  {hint}"));
        self.hint = Some(format!("{sentence}.{hint}").into());
        self
    }

    /// Whether nothing after it can be read, so that it can't be left out.
    pub fn ends_reading(&self) -> bool {
        self.fault == Fault::Lost
    }

    /// Adds what to do.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> RecordError {
        self.hint = Some(hint.into());
        self
    }
}

/// The reason of an error, in which numbers and texts are filled in.
struct Message<'e>(&'e RecordError);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordError { reason, parts, .. } = self.0;
        if *parts == Parts::Nothing {
            return f.write_str(reason);
        }
        let last = reason.matches("{}").count();
        for (index, part) in reason.split("{}").enumerate() {
            match parts {
                _ if index == 0 => {}
                Parts::Nothing => {}
                Parts::Numbers(numbers) => write!(f, "{}", numbers[index - 1])?,
                Parts::Byte(_, text) if index == last => f.write_str(text)?,
                Parts::Byte(byte @ b' '..=b'~', _) => write!(f, "{}", *byte as char)?,
                Parts::Byte(byte, _) => write!(f, "0x{byte:02x}")?,
                Parts::Shown(shown) => f.write_str(shown.text())?,
            }
            let Some((before, after)) = part.split_once("{s}") else {
                f.write_str(part)?;
                continue;
            };
            let one = matches!(parts, Parts::Numbers(numbers) if index > 0 && numbers[index - 1] == 1);
            write!(f, "{before}{}{after}", if one { "" } else { "s" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_cut_between_characters() {
        let shown = |text: &str| RecordError::showing(0, "`{}`, no more", Short::new(text)).message().to_string();
        assert_eq!(shown("a{}"), "`a{}`, no more");
        assert_eq!(shown(&"x".repeat(40)), format!("`{}`, no more", "x".repeat(22)));
        assert_eq!(shown(&"\u{20ac}".repeat(40)), format!("`{}`, no more", "\u{20ac}".repeat(7)));
    }

    #[test]
    fn records_before_a_stop_are_readable() {
        let position = |record| Position::new(Path::new("a.csv"), record, 7_000_000);
        let said = |record| Error::stopped(Some(position(record))).to_string();
        assert_eq!(said(1), "stopped at byte 7000000 of a.csv, after 1 record");
        assert_eq!(said(1_041_799), "stopped at byte 7000000 of a.csv, after 1,041,799 records");
    }

    #[test]
    fn reasons_are_filled_in() {
        let byte = |reason, byte| RecordError::with_byte(0, reason, byte, "{}").message().to_string();
        assert_eq!(byte("`{}`, not {}", b'a'), "`a`, not {}");
        assert_eq!(byte("{}, not {}", 0), "0x00, not {}");
        assert_eq!(byte("not {}", b'a'), "not {}");
        assert_eq!(RecordError::with_numbers(0, "{} of {}", [1, 2]).message().to_string(), "1 of 2");
        assert_eq!(RecordError::new(0, "plain {}").message().to_string(), "plain {}");
    }
}
