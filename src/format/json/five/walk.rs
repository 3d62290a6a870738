//! Where values end, found without reading them.

use super::text::Syntax;
use super::tokens::Tokens;

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
    /// The beginning of another record, before this one has ended, or without a comma between them.
    Next(usize),
}

/// A walk through records: it knows strings, comments and brackets, and nothing else. It can go on when there is more of
/// the same text, or in what follows the text, which it has seen to its end.
///
/// Valid records are never divided. A broken one ends at a line that begins another one, so that where records end depends
/// on nothing but the text.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    pub at: usize,
    pub depth: usize,
    inside: Inside,
    /// What was seen of this record, or of the one that has ended here.
    tokens: Tokens,
    has_ended: bool,
    /// The last byte was a line feed.
    begins_line: bool,
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
        let (inside, tokens) = (Inside::Nothing, Tokens::default());
        Walk { at, depth, inside, tokens, has_ended: false, begins_line: false }
    }

    /// Whether there may be good records in the bad one for which this was found.
    pub fn hides_records(&self, found: Option<Found>, between: Between) -> bool {
        let is_inside = !matches!(self.inside, Inside::Nothing | Inside::Scalar | Inside::Slash);
        match (found, between) {
            (None, Between::Commas) => true,
            // The slice may end where another record begins.
            (None, _) if self.depth > 0 || is_inside => {
                self.tokens.seem_wrong() || is_inside && self.tokens.are_hidden()
            }
            (Some(Found::Next(_)), Between::Nothing) => self.tokens.seem_wrong(),
            _ => {
                let is_key = between == Between::Nothing && self.tokens.end_with_colon();
                let is_crossed = self.tokens.are_crossed() && self.tokens.seem_wrong();
                is_crossed || is_key || self.tokens.hold_another()
            }
        }
    }

    /// The next place where a record ends; none if the text ends before.
    pub fn next(&mut self, text: &[u8], between: Between, syntax: Syntax) -> Option<Found> {
        if std::mem::take(&mut self.has_ended) {
            self.tokens = Tokens::default();
        }
        let five = syntax == Syntax::Five;
        let found = loop {
            let byte = *text.get(self.at)?;
            let at = self.at;
            self.at += 1;
            let begins_line = std::mem::replace(&mut self.begins_line, byte == b'\n');
            match self.inside {
                Inside::Text(quote) => {
                    match byte {
                        b'\\' => self.inside = Inside::Escape(quote),
                        // A string that is not closed ends with its line.
                        b'\n' | b'\r' => self.inside = Inside::Nothing,
                        byte if byte == quote => {
                            self.inside = Inside::Nothing;
                            self.tokens.text_ends();
                        }
                        _ => {
                            self.tokens.inside(byte);
                            continue;
                        }
                    }
                    if self.inside == Inside::Nothing && self.depth == 0 && between == Between::Nothing {
                        break Found::End(self.at);
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
                    b'/' | b'*' => {
                        self.inside = if byte == b'/' { Inside::Line(0) } else { Inside::Block };
                        self.tokens.comment();
                    }
                    // It is none, and no value.
                    _ if self.depth == 0 && between == Between::Nothing => {
                        (self.inside, self.at) = (Inside::Scalar, at)
                    }
                    _ => (self.inside, self.at) = (Inside::Nothing, at),
                },
                Inside::Line(seen) => {
                    self.tokens.inside(byte);
                    self.inside = match (byte, seen) {
                        (b'\n' | b'\r', _) | (0xa8 | 0xa9, 2) => Inside::Nothing,
                        (0xe2, _) => Inside::Line(1),
                        (0x80, 1) => Inside::Line(2),
                        _ => Inside::Line(0),
                    };
                }
                Inside::Star if byte == b'/' => self.inside = Inside::Nothing,
                Inside::Block | Inside::Star => {
                    self.tokens.inside(byte);
                    self.inside = if byte == b'*' { Inside::Star } else { Inside::Block };
                }
                Inside::Scalar if matches!(byte, 0..=b' ' | b'/' | b'"' | b'\'' | b'{' | b'[' | b'}' | b']') => {
                    (self.inside, self.at) = (Inside::Nothing, at);
                    break Found::End(at);
                }
                Inside::Scalar => self.tokens.plain(byte),
                Inside::Nothing => match byte {
                    b'"' => self.text(byte),
                    b'\'' if five => self.text(byte),
                    b'/' if five => self.inside = Inside::Slash,
                    b'{' | b'[' => {
                        if self.tokens.opens(byte, self.depth, begins_line, between == Between::Nothing) {
                            (self.at, self.depth) = (at, 0);
                            break Found::Next(at);
                        }
                        self.depth += 1;
                    }
                    b'}' | b']' if self.depth == 0 => {
                        break if between == Between::Commas { Found::Close(at) } else { Found::End(self.at) };
                    }
                    b'}' | b']' => {
                        self.tokens.closes(byte);
                        self.depth -= 1;
                        if self.depth == 0 && between == Between::Nothing {
                            break Found::End(self.at);
                        }
                    }
                    b',' if self.depth == 0 && between == Between::Commas => break Found::Comma(at),
                    0..=b' ' => {}
                    _ => {
                        self.tokens.plain(byte);
                        if self.depth == 0 && between == Between::Nothing {
                            self.inside = Inside::Scalar;
                        }
                    }
                },
            }
        };
        self.has_ended = true;
        Some(found)
    }

    fn text(&mut self, quote: u8) {
        self.inside = Inside::Text(quote);
        self.tokens.text(quote);
    }
}
