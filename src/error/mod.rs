//! Errors for people: what, where (file, record number, byte offset), why, and what to do.

mod names;
mod record;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::wording::{counted, input, missing_name};

pub(crate) use names::{as_settings, named};
pub use record::{Cause, RecordError};
pub(crate) use record::{Fault, Parts, Short};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What to do where data takes more memory than there is for it.
pub(crate) const MORE_MEMORY: &str = "Raise ⟨memory_limit⟩, or the limit of the control group where that is lower.";

/// Where in the input something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
pub struct Error(Box<ErrorKind>);

#[derive(Debug)]
enum ErrorKind {
    /// `counts`: what the offset is one of. `text`: what is there, as it is shown.
    Data {
        position: Position,
        error: RecordError,
        counts: Counts,
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
    /// `needed`: the least memory limit that would do.
    Memory {
        message: String,
        needed: Option<usize>,
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
    /// The run had failed already, with another error that is reported.
    Ended,
    /// What can't be, if the code is right.
    Mistake {
        what: &'static str,
    },
}

/// What the offset of a place counts.
#[derive(Clone, Copy, Debug)]
enum Counts {
    /// The bytes of the file.
    Bytes,
    /// The bytes of the text that was decoded from this encoding.
    Decoded(&'static str),
    /// The bytes of records that were made of columns, which nobody sees.
    Made,
}

impl Error {
    /// Bad data at a place of the input.
    pub fn data(position: Position, error: RecordError) -> Error {
        Error(Box::new(ErrorKind::Data { position, error, counts: Counts::Bytes, text: None }))
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
        Error(Box::new(ErrorKind::Memory { message: message.into(), needed: None }))
    }

    /// The same where the least limit that would do is known, in bytes.
    pub(crate) fn needs_memory(needed: usize, message: String) -> Error {
        Error(Box::new(ErrorKind::Memory { message, needed: Some(needed) }))
    }

    /// The same with a word about what is left, and what can be done with it; `resumes` if another run can go on.
    pub(crate) fn note(self, note: String, resumes: bool) -> Error {
        Error(Box::new(ErrorKind::Noted { error: self, note, resumes }))
    }

    /// The end was asked for. Everything before `position` was committed, where that is known.
    pub(crate) fn stopped(position: Option<Position>) -> Error {
        Error(Box::new(ErrorKind::Stopped { position }))
    }

    /// The run has failed already: this error only ends what still goes on, and gives way to the one that was first.
    pub(crate) fn ended() -> Error {
        Error(Box::new(ErrorKind::Ended))
    }

    /// What can't be, if the code is right: neither the data nor the settings are to blame.
    pub(crate) fn mistake(what: &'static str) -> Error {
        Error(Box::new(ErrorKind::Mistake { what }))
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
            ErrorKind::Ended | ErrorKind::Mistake { .. } => ErrorClass::Io,
        }
    }

    /// The least memory limit, in bytes, that would do for what failed, if the limit was too low and that is known.
    /// (What comes later may need more.)
    pub fn needed_memory(&self) -> Option<usize> {
        match &*self.0 {
            ErrorKind::Memory { needed, .. } => *needed,
            ErrorKind::Noted { error, .. } => error.needed_memory(),
            _ => None,
        }
    }

    /// What to do about it, as sentences, if anything is known. The message ends with it.
    pub fn hint(&self) -> Option<String> {
        let hint = match &*self.0 {
            ErrorKind::Data { error, .. } => error.hint.as_deref(),
            ErrorKind::Refused { message } | ErrorKind::Usage { message } | ErrorKind::Memory { message, .. } => {
                message.split_once("\n  ").map(|(_, hint)| hint)
            }
            ErrorKind::Noted { note, .. } => Some(note.as_str()),
            ErrorKind::Io { .. } | ErrorKind::Stopped { .. } | ErrorKind::Ended | ErrorKind::Mistake { .. } => None,
        };
        hint.map(|hint| named(hint, &as_settings))
    }

    /// The message with other names for the settings, as a program's users know them. `name` is given the name of a
    /// field of [`Settings`](crate::Settings) or [`Options`](crate::format::Options) (one of a struct in it with a dot,
    /// such as `dialect.quoting`), and what it should be set to, if the message says so. Other names are `target`,
    /// `keep_going` and `Each`, which are no fields.
    ///
    /// In two places a program may add something to a message; what `name` returns there is added as it is, and may be
    /// empty. `stdin` comes after a shell command, and its value is a format: the output of the command should be read
    /// in this format. `recursive` comes after the advice to give a file instead of a folder.
    ///
    /// ```
    /// use pagemill::{Format, Job, TargetSpec};
    ///
    /// let job = Job::new(b"1", TargetSpec::Memory).from(Format::Text).to(Format::Text).memory_limit(1_000_000);
    /// let error = job.run().unwrap_err();
    /// assert!(error.to_string().ends_with(" or more.") && error.to_string().contains("Give `memory_limit: "));
    /// let worded = error.with_names(&|name, _| format!("the field {name:?}"));
    /// assert!(worded.ends_with("Give the field \"memory_limit\" or more."));
    /// assert!(error.needed_memory().is_some_and(|bytes| bytes > 1_000_000));
    /// ```
    pub fn with_names(&self, name: &dyn Fn(&str, Option<&str>) -> String) -> String {
        named(&self.marked(), name)
    }

    /// The message in which settings are [marked](names), to be a part of another one.
    pub(crate) fn marked(&self) -> String {
        Marked(self).to_string()
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

    /// Whether records were read that don't count, because of what comes after them.
    pub(crate) fn is_superseded(&self) -> bool {
        match &*self.0 {
            ErrorKind::Data { error, .. } => error.fault == Fault::Superseded,
            ErrorKind::Noted { error, .. } => error.is_superseded(),
            _ => false,
        }
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
        if let ErrorKind::Data { counts, .. } = &mut *self.0 {
            *counts = Counts::Decoded(encoding);
        }
        self
    }

    /// Says that the place of a record is not one in the file.
    pub(crate) fn in_made(mut self) -> Error {
        if let ErrorKind::Data { counts, position, .. } = &mut *self.0
            && position.record > 0
        {
            *counts = Counts::Made;
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

    /// What was read is not what was written.
    pub(crate) fn is_about_changed_data(&self) -> bool {
        matches!(&*self.0, ErrorKind::Io { source, .. } if source.kind() == std::io::ErrorKind::InvalidData)
    }

    /// Names the file which the error is about, where the message does not: there are several.
    pub(crate) fn in_file(mut self, path: &Path) -> Error {
        let name = input(path).to_string();
        if let ErrorKind::Refused { message } | ErrorKind::Usage { message } | ErrorKind::Memory { message, .. } =
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
        f.write_str(&self.with_names(&as_settings))
    }
}

/// A program whose `main` returns an error shows it so.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("class", &self.class()).field("message", &self.to_string()).finish()
    }
}

/// The message in which settings are marked.
struct Marked<'e>(&'e Error);

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.0 {
            // It is about the whole input.
            ErrorKind::Data { position, error, .. } if error.fault == Fault::All && position.record == 0 => {
                write!(f, "{}: {}", input(&position.file), error.message())?;
                error.hint.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
            }
            ErrorKind::Data { position, error, counts, text } => {
                match counts {
                    Counts::Bytes => write!(f, "{position}")?,
                    Counts::Decoded(encoding) => write!(f, "{position} of the text decoded from {encoding}")?,
                    Counts::Made => write!(f, "{}: record {}", input(&position.file), position.record)?,
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
            ErrorKind::Refused { message } | ErrorKind::Usage { message } | ErrorKind::Memory { message, .. } => {
                f.write_str(message)
            }
            ErrorKind::Noted { error, note, .. } => write!(f, "{}\n  {note}", Marked(error)),
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
            ErrorKind::Ended => f.write_str("stopped by an earlier error"),
            ErrorKind::Mistake { what } => write!(f, "a mistake in pagemill itself: {what}; please report it"),
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
#[doc(hidden)]
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
        let message = self.error.message().to_string();
        write!(f, "byte {}: {}", self.offset, named(&message, &as_settings))
    }
}

impl std::error::Error for BadStream {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_marks_are_shown() {
        let shown = format!("{:?}", Error::usage("Give ⟨force⟩."));
        assert_eq!(shown, "Error { class: Usage, message: \"Give `force`.\" }");
    }

    #[test]
    fn records_before_a_stop_are_readable() {
        let position = |record| Position::new(Path::new("a.csv"), record, 7_000_000);
        let said = |record| Error::stopped(Some(position(record))).to_string();
        assert_eq!(said(1), "stopped at byte 7000000 of a.csv, after 1 record");
        assert_eq!(said(1_041_799), "stopped at byte 7000000 of a.csv, after 1,041,799 records");
    }
}
