//! What is wrong with one record.

use std::borrow::Cow;
use std::fmt;

use super::names::{as_settings, named};

/// Why one record can't be decoded, changed or encoded, and where in its slice.
///
/// The engine adds the file, the record's number and the slice's offset.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordError {
    /// The byte offset from the start of the slice.
    pub offset: usize,
    /// What is wrong, as a phrase without a full stop. See [`message`](Self::message).
    pub reason: Cow<'static, str>,
    /// What `{}` in the reason stands for. `{s}` after a number makes a plural: it is nothing if the number is 1.
    pub(crate) parts: Parts,
    /// What to do about it, as a sentence. Settings are [marked](super::names).
    pub(crate) hint: Option<Cow<'static, str>>,
    /// Whose fault it is.
    pub(crate) fault: Fault,
    /// What kind of reason that is.
    pub(crate) cause: Cause,
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
    /// The records that were read don't count, because of what comes after them.
    Superseded,
    /// The record is bad, and one too many.
    TooMany,
    /// There are no other records than bad ones.
    All,
}

/// The kinds of reasons why records are bad: by them they are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// It has more or fewer fields than it should have.
    Fields,
    /// It is not what its format allows.
    #[default]
    Syntax,
    /// Its text is not valid in its encoding.
    Text,
    /// A value is not of its type.
    Value,
    /// An op refused it.
    Op,
    /// The target can't hold it.
    Target,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 6] = [Cause::Fields, Cause::Syntax, Cause::Text, Cause::Value, Cause::Op, Cause::Target];

    /// Its name, in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Fields => "fields",
            Cause::Syntax => "syntax",
            Cause::Text => "text",
            Cause::Value => "value",
            Cause::Op => "op",
            Cause::Target => "target",
        }
    }
}

impl RecordError {
    /// An error at `offset` of the slice.
    pub fn new(offset: usize, reason: impl Into<Cow<'static, str>>) -> RecordError {
        RecordError {
            offset,
            reason: reason.into(),
            parts: Parts::Nothing,
            hint: None,
            fault: Fault::Record,
            cause: Cause::default(),
        }
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

    /// What to do about it, as a sentence in which settings have the names of their fields; none: the reason says it.
    pub fn advice(&self) -> Option<String> {
        self.hint.as_deref().map(|hint| named(hint, &as_settings))
    }

    /// Says whose fault it is.
    pub(crate) fn fault(mut self, fault: Fault) -> RecordError {
        self.fault = fault;
        self
    }

    /// Says what kind of reason it is.
    pub(crate) fn cause(mut self, cause: Cause) -> RecordError {
        self.cause = cause;
        self
    }

    /// The same, if nothing else is said yet.
    pub(crate) fn or_cause(self, cause: Cause) -> RecordError {
        if self.cause == Cause::default() { self.cause(cause) } else { self }
    }

    /// Whether its message has something of the data.
    pub(crate) fn shows_data(&self) -> bool {
        matches!(self.reason, Cow::Owned(_)) || matches!(self.parts, Parts::Shown(_) | Parts::Byte(..))
    }

    /// Adds what may be the reason, a phrase in ASCII, before what to do.
    pub(crate) fn suspect(mut self, suspicion: &str) -> RecordError {
        let mut sentence = suspicion.to_owned();
        sentence[..1].make_ascii_uppercase();
        let hint = self.hint.take().map_or_else(String::new, |hint| format!("\n  {hint}"));
        self.hint = Some(format!("{sentence}.{hint}").into());
        self
    }

    /// Whether there was not enough memory for the record.
    pub(crate) fn lacks_memory(&self) -> bool {
        self.fault == Fault::NoMemory
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

/// The message, and below it what to do.
impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)?;
        self.advice().iter().try_for_each(|advice| write!(f, "\n  {advice}"))
    }
}

impl fmt::Debug for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.message().to_string();
        let mut shown = f.debug_struct("RecordError");
        shown.field("offset", &self.offset).field("message", &message).field("advice", &self.advice());
        shown.field("fault", &self.fault).finish()
    }
}

impl std::error::Error for RecordError {}

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
    fn advice_names_settings_as_the_library_does() {
        let error = RecordError::with_numbers(3, "{} field{s}", [2, 0]).hint("Give ⟨ragged pad⟩, not ⟨{this}⟩.");
        assert_eq!(error.advice().as_deref(), Some("Give `ragged: pad`, not ⟨{this}⟩."));
        assert_eq!(error.to_string(), "2 fields\n  Give `ragged: pad`, not ⟨{this}⟩.");
        let shown = format!("{error:?}");
        assert!(shown.contains("`ragged: pad`") && !shown.contains("⟨ragged"), "{shown}");
        assert_eq!(RecordError::new(0, "bad").to_string(), "bad");
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
