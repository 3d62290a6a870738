//! Where values end, found without reading them.

use super::text::Syntax;

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
}

/// A walk through records: it knows strings, comments, and how deep it is, and nothing else. It can go on when there is
/// more of the same text.
#[derive(Clone, Copy, Debug)]
pub struct Walk {
    pub at: usize,
    pub depth: usize,
    inside: Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A number or a literal outside of all lists and maps.
    Scalar,
    /// A string with this quote.
    Text(u8),
    Escape(u8),
    /// A comment up to the end of the line.
    Line,
    Block,
}

impl Walk {
    /// From a place between records, or `depth` lists and maps deep in one.
    pub fn new(at: usize, depth: usize) -> Walk {
        Walk { at, depth, inside: Inside::Nothing }
    }

    /// The next place where a record ends; none if the text ends before.
    pub fn next(&mut self, text: &[u8], between: Between, syntax: Syntax) -> Option<Found> {
        let five = syntax == Syntax::Five;
        while let Some(&byte) = text.get(self.at) {
            let at = self.at;
            self.at += 1;
            match self.inside {
                Inside::Text(quote) => {
                    match byte {
                        b'\\' => self.inside = Inside::Escape(quote),
                        // A string that is not closed ends with its line.
                        b'\n' | b'\r' => self.inside = Inside::Nothing,
                        byte if byte == quote => self.inside = Inside::Nothing,
                        _ => continue,
                    }
                    if self.inside == Inside::Nothing && self.depth == 0 && between == Between::Nothing {
                        return Some(Found::End(self.at));
                    }
                }
                // A line feed after an escaped carriage return belongs to it.
                Inside::Escape(_) if byte == b'\r' && text.get(self.at) == Some(&b'\n') => {}
                Inside::Escape(quote) => self.inside = Inside::Text(quote),
                Inside::Line => {
                    let mark = matches!(byte, 0xa8 | 0xa9) && at >= 2 && text[at - 2..at] == [0xe2, 0x80];
                    if matches!(byte, b'\n' | b'\r') || mark {
                        self.inside = Inside::Nothing;
                    }
                }
                Inside::Block if byte == b'*' && text.get(self.at) == Some(&b'/') => {
                    self.at += 1;
                    self.inside = Inside::Nothing;
                }
                // The slash may be in what follows.
                Inside::Block if byte == b'*' && self.at == text.len() => {
                    self.at = at;
                    return None;
                }
                Inside::Block => {}
                Inside::Scalar if matches!(byte, 0..=b' ' | b'/' | b'"' | b'\'' | b'{' | b'[' | b'}' | b']') => {
                    (self.inside, self.at) = (Inside::Nothing, at);
                    return Some(Found::End(at));
                }
                Inside::Scalar => {}
                Inside::Nothing => match byte {
                    b'"' => self.inside = Inside::Text(byte),
                    b'\'' if five => self.inside = Inside::Text(byte),
                    b'/' if five => match text.get(self.at) {
                        Some(b'/') => (self.inside, self.at) = (Inside::Line, self.at + 1),
                        Some(b'*') => (self.inside, self.at) = (Inside::Block, self.at + 1),
                        Some(_) => {}
                        // It is looked at again when there is more.
                        None => {
                            self.at = at;
                            return None;
                        }
                    },
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth == 0 => {
                        return Some(if between == Between::Commas { Found::Close(at) } else { Found::End(self.at) });
                    }
                    b'}' | b']' => {
                        self.depth -= 1;
                        if self.depth == 0 && between == Between::Nothing {
                            return Some(Found::End(self.at));
                        }
                    }
                    b',' if self.depth == 0 && between == Between::Commas => return Some(Found::Comma(at)),
                    0..=b' ' => {}
                    _ if self.depth == 0 && between == Between::Nothing => self.inside = Inside::Scalar,
                    _ => {}
                },
            }
        }
        None
    }
}
