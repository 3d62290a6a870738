//! Where values end, found without reading them.

use super::lines::Lines;
use super::text::{Syntax, is_part_of_space, space_len};

/// How records are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In an array.
    Items,
    /// In a map; their keys belong to them.
    Members,
    /// One after another.
    Values,
}

impl Layout {
    pub fn between(self) -> Between {
        if self == Layout::Values { Between::Nothing } else { Between::Commas }
    }

    /// What opens the list or map of records.
    pub fn bracket(self) -> u8 {
        if self == Layout::Members { b'{' } else { b'[' }
    }

    /// What closes it.
    pub fn closing(self) -> u8 {
        if self == Layout::Members { b'}' } else { b']' }
    }
}

/// What is between records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Commas; a bracket ends them.
    Commas,
    /// Nothing, or white space.
    Nothing,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A comma between records.
    Comma(usize),
    /// The bracket after the last record.
    Close(usize),
    /// The end of a record that no comma follows.
    End(usize),
    /// In a list or map, the bracket of a line that begins like one with a record, or like the end of the array. Going on
    /// takes it for a part of the record.
    Line(usize),
    /// Something that no valid record has: brackets that don't match, a string that goes over its line, or one that
    /// stands where none can be.
    Odd(usize),
}

/// What is paid attention to.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'l> {
    /// How the lines of records begin, if that is known.
    pub lines: Option<&'l Lines>,
    /// The bracket that closes the list or map of records.
    pub closing: u8,
}

/// A walk through records: it knows strings, comments, and how deep it is, and nothing else. It can go on when there is
/// more of the same text, or in what follows the text, which it has seen to its end.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    pub at: usize,
    pub depth: usize,
    inside: Inside,
    /// The bracket of the outermost list or map that is open.
    pub outermost: usize,
    /// Which of the open brackets are those of maps, as far as there is room.
    maps: [u64; 16],
    /// The byte before, without white space and comments, and whether it ended a string.
    before: (u8, bool),
    /// A bracket up to which lines were told.
    told: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A number or a literal outside of all lists and maps.
    Scalar,
    /// A string with this quote.
    Text(u8),
    Escape(u8),
    /// An escaped carriage return: a line feed after it belongs to it.
    EscapedReturn(u8),
    /// What may begin a comment.
    Slash,
    /// A comment up to the end of the line; how many bytes of U+2028 or U+2029 were seen.
    Line(u8),
    Block,
    /// In such a comment, what may end it.
    Star,
}

impl Walk {
    /// From a place between records, or `depth` lists and maps deep in one.
    pub fn new(at: usize, depth: usize) -> Walk {
        let (maps, before) = ([0; 16], (b'[', false));
        Walk { at, depth, inside: Inside::Nothing, outermost: at, maps, before, told: at }
    }

    /// Notes the bracket that opens a list or map.
    fn open(&mut self, at: usize, is_map: bool) {
        if self.depth == 0 {
            self.outermost = at;
        }
        if let Some(maps) = self.maps.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *maps = if is_map { *maps | bit } else { *maps & !bit };
        }
        self.depth += 1;
    }

    /// Whether the innermost list or map that is open is a map, if that is known.
    fn is_in_map(&self) -> Option<bool> {
        let depth = self.depth - 1;
        self.maps.get(depth / 64).map(|maps| maps >> (depth % 64) & 1 == 1)
    }

    /// Whether this byte of a list or map can't stand here, on account of a string.
    fn is_out_of_place(&self, byte: u8) -> bool {
        let (before, closed) = self.before;
        let quote = matches!(byte, b'"' | b'\'');
        (closed && !matches!(byte, b':' | b',' | b'}' | b']')) || quote && !matches!(before, b'{' | b'[' | b',' | b':')
    }

    /// The next place where a record ends; none if the text ends before.
    pub fn next(&mut self, text: &[u8], between: Between, syntax: Syntax) -> Option<Found> {
        self.find(text, between, syntax, None)
    }

    /// The same, or the next place that looks broken.
    pub fn find(&mut self, text: &[u8], between: Between, syntax: Syntax, watch: Option<Watch<'_>>) -> Option<Found> {
        let five = syntax == Syntax::Five;
        while let Some(&byte) = text.get(self.at) {
            let at = self.at;
            self.at += 1;
            match self.inside {
                Inside::Text(quote) => {
                    match byte {
                        b'\\' => self.inside = Inside::Escape(quote),
                        // A string that is not closed ends with its line.
                        b'\n' | b'\r' => {
                            self.inside = Inside::Nothing;
                            if watch.is_some() && (self.depth > 0 || between == Between::Commas) {
                                return Some(Found::Odd(at));
                            }
                        }
                        byte if byte == quote => (self.inside, self.before) = (Inside::Nothing, (byte, true)),
                        _ => continue,
                    }
                    if self.inside == Inside::Nothing && self.depth == 0 && between == Between::Nothing {
                        return Some(Found::End(self.at));
                    }
                }
                Inside::Escape(quote) if byte == b'\r' => self.inside = Inside::EscapedReturn(quote),
                Inside::Escape(quote) => self.inside = Inside::Text(quote),
                Inside::EscapedReturn(quote) => {
                    self.inside = Inside::Text(quote);
                    if byte != b'\n' {
                        self.at = at;
                    }
                }
                Inside::Slash => match byte {
                    b'/' => self.inside = Inside::Line(0),
                    b'*' => self.inside = Inside::Block,
                    _ => (self.inside, self.at) = (Inside::Nothing, at),
                },
                Inside::Line(seen) => {
                    self.inside = match (byte, seen) {
                        (b'\n' | b'\r', _) | (0xa8 | 0xa9, 2) => Inside::Nothing,
                        (0xe2, _) => Inside::Line(1),
                        (0x80, 1) => Inside::Line(2),
                        _ => Inside::Line(0),
                    };
                }
                Inside::Star if byte == b'/' => self.inside = Inside::Nothing,
                Inside::Block | Inside::Star => self.inside = if byte == b'*' { Inside::Star } else { Inside::Block },
                Inside::Scalar if matches!(byte, 0..=b' ' | b'/' | b'"' | b'\'' | b'{' | b'[' | b'}' | b']') => {
                    (self.inside, self.at) = (Inside::Nothing, at);
                    return Some(Found::End(at));
                }
                Inside::Scalar => {}
                Inside::Nothing => match byte {
                    0..=b' ' => {}
                    // The rest of the character may follow.
                    0x80.. if five && is_part_of_space(&text[at..]) => {
                        self.at = at;
                        return None;
                    }
                    0x80.. if five && space_len(&text[at..]) > 0 => self.at = at + space_len(&text[at..]),
                    b'/' if five => self.inside = Inside::Slash,
                    _ if watch.is_some()
                        && (self.depth > 0
                            || watch.is_some_and(|watch| watch.closing == b']' && between == Between::Commas))
                        && self.is_out_of_place(byte) =>
                    {
                        return Some(Found::Odd(at));
                    }
                    b'{' | b'[' | b']' if self.depth > 0 && at >= self.told && begins_line(watch, text, at) => {
                        (self.at, self.told) = (at, at + 1);
                        return Some(Found::Line(at));
                    }
                    _ => {
                        self.before = (byte, false);
                        if let Some(found) = self.take(at, byte, between, five, watch) {
                            return Some(found);
                        }
                    }
                },
            }
        }
        None
    }

    /// Takes a byte that is neither white nor inside of a string or comment.
    #[inline(always)]
    fn take(&mut self, at: usize, byte: u8, between: Between, five: bool, watch: Option<Watch<'_>>) -> Option<Found> {
        match byte {
            b'"' => self.inside = Inside::Text(byte),
            b'\'' if five => self.inside = Inside::Text(byte),
            b'{' | b'[' => self.open(at, byte == b'{'),
            b'}' | b']' if self.depth == 0 => match (between, watch) {
                (Between::Nothing, _) => return Some(Found::End(self.at)),
                (Between::Commas, Some(watch)) if watch.closing != byte => {}
                (Between::Commas, _) => return Some(Found::Close(at)),
            },
            b'}' | b']' => {
                if watch.is_some() && self.is_in_map().is_some_and(|is_map| is_map != (byte == b'}')) {
                    return Some(Found::Odd(at));
                }
                self.depth -= 1;
                if self.depth == 0 && between == Between::Nothing {
                    return Some(Found::End(self.at));
                }
            }
            b',' if self.depth == 0 => match (between, watch) {
                (Between::Commas, _) => return Some(Found::Comma(at)),
                (Between::Nothing, Some(_)) => return Some(Found::End(self.at)),
                (Between::Nothing, None) => self.inside = Inside::Scalar,
            },
            _ if self.depth == 0 && between == Between::Nothing => self.inside = Inside::Scalar,
            _ => {}
        }
        None
    }
}

fn begins_line(watch: Option<Watch<'_>>, text: &[u8], at: usize) -> bool {
    watch.and_then(|watch| watch.lines).is_some_and(|lines| lines.begins(text, at))
}
