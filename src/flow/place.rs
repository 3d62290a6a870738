//! Where in its source an error is: the number of the line, and the text there.
//!
//! Lines are counted only when an error needs them, except in streams, which can't be read again from the beginning. A
//! line ends where a record of the format would: at a line feed, in CSV and TSV also at a carriage return. Binary
//! formats have no lines.

use crate::error::{Error, Position};
use crate::format::Format;
use crate::scan::lines::Lines;
use crate::source::Source;
use crate::sys::Map;

/// How many characters of the text are shown.
const SHOWN: usize = 60;
/// More bytes than that many characters can have.
pub(crate) const SHOWN_BYTES: usize = 4 * (SHOWN + 1);
/// How many bytes of a mapped source are searched before their pages are given back.
const STRETCH: usize = 1 << 20;

/// The bytes that follow a slice of a stream, as many as an excerpt may show of them.
#[derive(Clone, Copy)]
pub(crate) struct After {
    bytes: [u8; SHOWN_BYTES],
    len: u8,
    /// More bytes follow, which were not read yet.
    more: bool,
}

impl Default for After {
    fn default() -> After {
        After { bytes: [0; SHOWN_BYTES], len: 0, more: false }
    }
}

impl After {
    /// The beginning of these bytes; `more`: more bytes follow, which were not read yet.
    pub fn new(bytes: &[u8], more: bool) -> After {
        let mut after = After { more, ..After::default() };
        let len = bytes.len().min(SHOWN_BYTES);
        after.bytes[..len].copy_from_slice(&bytes[..len]);
        after.len = len as u8;
        after
    }

    /// What is at `offset` of a slice, and what follows the slice.
    pub fn from(slice: &[u8], offset: usize, after: &After) -> After {
        let mut all = After::new(&slice[offset.min(slice.len())..], true);
        let (len, next) = (usize::from(all.len), &after.bytes[..after.len.into()]);
        let more = next.len().min(SHOWN_BYTES - len);
        all.bytes[len..len + more].copy_from_slice(&next[..more]);
        After { len: (len + more) as u8, more: after.more, ..all }
    }

    /// Shows these bytes with an error at their beginning, if its line is known. It is known where the source can't be
    /// read again.
    pub fn tell(&self, lines: Option<Lines>, error: Error) -> Error {
        match error.position().map_or(0, |position| position.line) {
            0 => error,
            line => Place { line, ..Place::before(&[], 0, lines, 0, self) }.tell(error),
        }
    }
}

/// A place in text that is in memory: where an error is.
#[derive(Default)]
pub(crate) struct Place {
    /// The number of its line, from 1; 0 if that is not known.
    line: u64,
    /// The beginning of the text there.
    text: Option<Box<str>>,
    /// Where it was originally, if the job reads it from elsewhere (a quarantine).
    origin: Option<Box<Position>>,
}

impl Place {
    /// At `offset` of `text`, which begins in line `first` (0: not known).
    pub fn new(text: &[u8], offset: usize, lines: Option<Lines>, first: u64) -> Place {
        let Some(lines) = lines else { return Place::default() };
        let offset = offset.min(text.len());
        let line = if first > 0 { first + ended(lines, text, offset, 0) } else { 0 };
        Place { line, text: excerpt(text, offset, lines).map(Into::into), origin: None }
    }

    /// The same for text that was originally at this position.
    pub fn from(self, origin: Position) -> Place {
        Place { origin: Some(Box::new(origin)), ..self }
    }

    /// The same in a slice that is followed by these bytes.
    pub fn before(text: &[u8], offset: usize, lines: Option<Lines>, first: u64, after: &After) -> Place {
        let place = Place::new(text, offset, lines, first);
        let Some(lines) = lines else { return place };
        // The rest of the slice is short enough to be shown as a whole, and its line may go on after it.
        let rest = &text[offset.min(text.len())..];
        if rest.len() > SHOWN_BYTES || rest.iter().any(|byte| lines.ends_with(*byte)) {
            return place;
        }
        let rest = [rest, &after.bytes[..after.len.into()]].concat();
        let mut text = excerpt(&rest, 0, lines);
        let is_cut = after.more && !rest.iter().any(|byte| lines.ends_with(*byte));
        if let Some(text) = text.as_mut().filter(|text| is_cut && !text.ends_with('…')) {
            text.push('…');
        }
        Place { text: text.map(Into::into), ..place }
    }

    /// The number of its line; 0 if that is not known.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether nothing is known about it.
    pub fn is_nowhere(&self) -> bool {
        self.line == 0 && self.text.is_none()
    }

    /// The same with another number of the line.
    pub fn in_line(self, line: u64) -> Place {
        Place { line, ..self }
    }

    /// Finds the line and the text at an offset of a source, as far as they are not known yet.
    pub fn of(self, source: &Source, from: Format, offset: u64) -> Place {
        match (source.map(), from.lines()) {
            (Some(map), Some(lines)) if self.line == 0 && self.origin.is_none() => {
                in_map(map, usize::try_from(offset).unwrap_or(usize::MAX), lines)
            }
            _ => self,
        }
    }

    /// Words for a place at `position`, on two lines.
    pub fn words(&self, position: &Position) -> String {
        let position = Position { line: self.line, ..self.origin.as_deref().unwrap_or(position).clone() };
        match &self.text {
            Some(text) if self.line > 0 => format!("{position}\n  {} | {text}", self.line),
            Some(text) => format!("{position}\n  | {text}"),
            None => position.to_string(),
        }
    }

    /// Adds what is known about the place to an error.
    pub fn tell(self, error: Error) -> Error {
        error.at_line(self.line, self.text.map(String::from))
    }
}

/// How many lines end before `offset` of `text`; `before` is the byte before the text.
fn ended(lines: Lines, text: &[u8], offset: usize, before: u8) -> u64 {
    // Between a carriage return and its line feed the line has not ended.
    let inside = lines == Lines::Breaks && text[..offset].ends_with(b"\r") && text[offset..].starts_with(b"\n");
    lines.count(&text[..offset], before) - u64::from(inside)
}

/// Adds to an error what it lacks: the place in the source, and whether its offset is one of decoded text.
pub(crate) fn tell(source: &Source, from: Format, error: Error) -> Error {
    let error = match (source.map(), error.position()) {
        (Some(map), Some(position)) if position.line == 0 && position.file == source.path => {
            let offset = usize::try_from(position.offset).unwrap_or(usize::MAX);
            match from.lines() {
                Some(lines) => in_map(map, offset, lines).tell(error),
                None => error,
            }
        }
        _ => error,
    };
    source.tell(error)
}

/// A place in a mapped source. Pages that are searched are given back.
fn in_map(map: &Map, offset: usize, lines: Lines) -> Place {
    let all = map.bytes();
    let offset = offset.min(all.len());
    let line = line_at(map, offset, lines);
    Place {
        line,
        text: excerpt(&all[..all.len().min(offset + SHOWN_BYTES)], offset, lines).map(Into::into),
        origin: None,
    }
}

/// The number of the line at `offset` of a mapped source. Pages that are searched are given back.
pub(crate) fn line_at(map: &Map, offset: usize, lines: Lines) -> u64 {
    let all = map.bytes();
    let (mut line, mut before) = (1, 0);
    let last = offset.saturating_sub(1) / STRETCH * STRETCH;
    for from in (0..last).step_by(STRETCH) {
        let step = from..from + STRETCH;
        line += lines.count(&all[step.clone()], before);
        before = all[step.end - 1];
        map.release(step);
    }
    line + ended(lines, &all[last..], offset - last, before)
}

/// The rest of the line at `offset`, cut to what fits (then three dots follow); control characters and bytes that are
/// no text are escaped. What comes before the offset is not shown: it would depend on where the text in memory begins.
fn excerpt(text: &[u8], offset: usize, lines: Lines) -> Option<String> {
    let rest = &text[offset..];
    let end = rest.iter().position(|byte| lines.ends_with(*byte)).unwrap_or(rest.len());
    let (mut shown, mut width) = (String::new(), 0);
    for character in Characters(&rest[..end]) {
        // An escape takes the room of several characters.
        width += character.chars().count();
        if width > SHOWN {
            shown.push('…');
            break;
        }
        shown.push_str(&character);
    }
    Some(shown).filter(|shown| !shown.is_empty())
}

/// Characters as they are shown.
struct Characters<'t>(&'t [u8]);

impl Iterator for Characters<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let first = self.0.first()?;
        let near = &self.0[..self.0.len().min(4)];
        let valid = near.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let Some(character) = valid.chars().next() else {
            self.0 = &self.0[1..];
            return Some(format!("\\x{first:02x}"));
        };
        self.0 = &self.0[character.len_utf8()..];
        // Those that change the direction of text could make it look like another one.
        let hidden = character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        Some(if hidden { character.escape_default().to_string() } else { character.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, offset: usize, lines: Lines) -> (u64, Option<String>) {
        let place = Place::new(text.as_bytes(), offset, Some(lines), 1);
        (place.line, place.text.map(String::from))
    }

    #[test]
    fn places_are_in_lines() {
        let shown = |line, text: &str| (line, Some(text.to_owned()));
        assert_eq!(place("a\nbc\nd", 0, Lines::Feeds), shown(1, "a"));
        assert_eq!(place("a\nbc\nd", 3, Lines::Feeds), shown(2, "c"));
        assert_eq!(place("a\nbc\nd", 4, Lines::Feeds), (2, None));
        assert_eq!(place("a\nbc\nd", 5, Lines::Feeds), shown(3, "d"));
        assert_eq!(place("a\nbc\nd", 6, Lines::Feeds), (3, None));
        assert_eq!(place("a\n", 2, Lines::Feeds), (2, None));
        assert_eq!(place("a\rb\r\nc", 2, Lines::Breaks), shown(2, "b"));
        assert_eq!(place("a\rb\r\nc", 4, Lines::Breaks), (2, None));
        assert_eq!(place("a\rb\r\nc", 5, Lines::Breaks), shown(3, "c"));
        assert_eq!(place("a\rb\r\nc", 2, Lines::Feeds), shown(1, "b\\r"));
    }

    #[test]
    fn text_is_cut_and_escaped() {
        let long = "ä".repeat(61);
        assert_eq!(place(&long, 0, Lines::Feeds).1, Some(format!("{}…", "ä".repeat(60))));
        assert_eq!(place(&long, 2, Lines::Feeds).1, Some("ä".repeat(60)));
        assert_eq!(place(&long, 122, Lines::Feeds).1, None);
        let place = Place::new(b"\t\x1b[31m\xff\xc3\xa4\xe2\x80\xae", 0, Some(Lines::Feeds), 1);
        assert_eq!(place.text.as_deref(), Some("\\t\\u{1b}[31m\\xffä\\u{202e}"));
        assert_eq!(Place::new(b"x", 0, None, 1).text, None);
        assert_eq!(Place::new(b"x", 0, Some(Lines::Feeds), 0).line, 0);
    }
}
