//! Where records end, whatever is wrong with them. Cutter and decoder both ask here, so they agree.

use super::lines::{Lines, Stop, check};
use super::text::Syntax;
use super::walk::{Between, Found, Layout, Walk, Watch};

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// At a comma.
    Comma(usize),
    /// At the bracket after the last record.
    Close(usize),
    /// Here, where no comma follows.
    At(usize),
    /// It is broken, and the next record, or the bracket of the array, begins a line here; or the input ends here.
    Anew(usize),
    /// It is broken here, and nothing tells where the next one begins.
    Lost(usize),
}

/// A walk through records that finds the end of broken ones, too.
pub struct Seeker {
    pub walk: Walk,
    lines: Option<Lines>,
    layout: Layout,
    syntax: Syntax,
    /// How deep a record may be.
    deepest: usize,
    open: Vec<usize>,
    /// Brackets of lists and maps that are known to be unclosed: they were open where a check stopped.
    unclosed: Vec<usize>,
}

impl Seeker {
    pub fn new(syntax: Syntax, layout: Layout, lines: Option<Lines>, deepest: usize) -> Seeker {
        let [open, unclosed] = [(); 2].map(|()| Vec::with_capacity(64));
        Seeker { walk: Walk::new(0, 0), lines, layout, syntax, deepest, open, unclosed }
    }

    /// Begins at a place of another text.
    pub fn begin(&mut self, at: usize) {
        self.walk = Walk::new(at, 0);
        self.unclosed.clear();
    }

    /// The next place where a record ends; none if that is not in the text. `end`: nothing follows the text.
    pub fn next(&mut self, text: &[u8], end: bool) -> Option<End> {
        let (between, closing) = (self.layout.between(), self.layout.closing());
        loop {
            let before = self.walk;
            let found = self.walk.find(text, between, self.syntax, Some(Watch { lines: self.lines.as_ref(), closing }));
            let next = match found? {
                Found::Comma(at) => Some(End::Comma(at)),
                Found::Close(at) => Some(End::Close(at)),
                Found::End(at) => self.rest_of_line(text, at, end),
                Found::Odd(at) => self.line(text, at, end),
                Found::Line(at) => match self.judge(text, at, end) {
                    Some(Ok(whole)) => {
                        self.walk = Walk::new(whole, 0);
                        match between {
                            Between::Commas => continue,
                            Between::Nothing => Some(End::At(whole)),
                        }
                    }
                    Some(Err(next)) => Some(next),
                    None => None,
                },
            };
            if next.is_none() {
                // It has to be seen again.
                self.walk = before;
            }
            return next;
        }
    }

    /// Where lines tell, something that is neither list nor map, and ends before `at`, goes on to the end of its line, or
    /// if there are brackets in it, to the next record.
    fn rest_of_line(&mut self, text: &[u8], at: usize, end: bool) -> Option<End> {
        if matches!(text[at - 1], b'}' | b']' | b',' | b'\n' | b'\r') {
            return Some(End::At(at));
        }
        if self.lines.is_none() {
            // What follows a key is no record.
            let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'}' | b']');
            let word = text[..at].iter().rposition(ends).map_or(0, |before| before + 1);
            let behind = text[at..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|white| at + white);
            return match behind {
                _ if text[word..at].contains(&b':') => Some(End::Lost(at)),
                Some(colon) if text[colon] == b':' => Some(End::Lost(colon)),
                None if !end => None,
                _ => Some(End::At(at)),
            };
        }
        let line = match memchr::memchr(b'\n', &text[at..]) {
            Some(len) => at + len,
            None if end => text.len(),
            None => return None,
        };
        if memchr::memchr2(b'{', b'[', &text[at..line]).is_some() {
            return self.line(text, at, end);
        }
        self.walk = Walk::new(line, 0);
        Some(End::At(line))
    }

    /// Goes on with the next line that begins a record.
    pub fn line(&self, text: &[u8], from: usize, end: bool) -> Option<End> {
        match &self.lines {
            None => Some(End::Lost(from)),
            Some(lines) => match lines.next(text, from) {
                Some(at) => Some(End::Anew(at)),
                None => end.then_some(End::Anew(text.len())),
            },
        }
    }

    /// The bracket at `at`, inside a record, begins a line like a record's: where the record ends if it is valid
    /// nevertheless, or else where reading goes on; none if more is needed.
    fn judge(&mut self, text: &[u8], at: usize, end: bool) -> Option<Result<usize, End>> {
        let start = self.walk.outermost;
        if self.unclosed.contains(&start) {
            return Some(Err(End::Anew(at)));
        }
        match check(text, start, self.syntax, self.deepest, &mut self.open) {
            Ok(whole) => Some(Ok(whole)),
            Err(Stop::End) if !end => None,
            Err(Stop::Deep(from)) => self.line(text, from, end).map(Err),
            Err(_) => {
                std::mem::swap(&mut self.unclosed, &mut self.open);
                Some(Err(End::Anew(at)))
            }
        }
    }
}
