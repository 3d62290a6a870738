//! Values that are too large.

use super::super::layout::{Layout, is_white};

/// A place in a value that is being skipped.
#[derive(Clone, Copy, Default)]
pub struct Passing {
    pub depth: usize,
    pub string: bool,
    escaped: bool,
    pub begun: bool,
    /// It is a list of maps where records are maps.
    pub list: bool,
    /// How much white space is before it.
    pub white: usize,
}

impl Passing {
    /// Whether a value has ended.
    pub fn is_behind(self) -> bool {
        self.begun && self.depth == 0 && !self.string
    }

    /// How much white space is at the end of what was seen, the last of which is `data`.
    pub fn white_behind(self, data: &[u8]) -> usize {
        match data.iter().rev().take_while(|byte| is_white(**byte)).count() {
            all if all == data.len() => self.white + all,
            own => own,
        }
    }

    /// Whether the value ends after this byte (true) or before it (false).
    pub fn take(&mut self, byte: u8, layout: Layout) -> Option<bool> {
        if self.string {
            (self.string, self.escaped) = (self.escaped || byte != b'"', !self.escaped && byte == b'\\');
            return None;
        }
        let before = self.depth;
        match byte {
            b'"' => self.string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if before == 0 => return Some(layout != Layout::Items),
            b'}' | b']' => self.depth -= 1,
            b',' if before == 0 && layout == Layout::Items => return Some(true),
            _ if is_white(byte) => return (self.begun && layout == Layout::Scalars && before == 0).then_some(true),
            _ => {}
        }
        self.begun = true;
        (before == 1 && self.depth == 0 && matches!(layout, Layout::Maps | Layout::Lines)).then_some(true)
    }
}
