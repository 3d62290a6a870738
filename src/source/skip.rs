//! What is left out at both ends of a source: lines before the header, and lines after the last record.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use regex::bytes::{Regex, RegexBuilder};

use super::held_back::{Footer, Unfinished, last_break, lines_from};
use super::opened::{Bytes, Reach, Source};
use crate::error::{Error, Position, Result};
use crate::scan::lines::Lines;
use crate::source::read_error;
use crate::sys::Map;
use crate::wording::{input, the};

/// What is left out of each source. Line numbers, record numbers and offsets in errors stay those of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skip {
    /// This many lines at the beginning. They are lines of the file, whatever quotes are in them.
    pub lines: u64,
    /// After those, everything before the first line that this regex finds something in. It is an error if no line has
    /// such a text.
    pub until: Option<String>,
    /// This many lines at the end.
    pub footer: u64,
    /// This many records after the header; they are not decoded. Only of tables.
    pub records: u64,
    /// Records that have the bytes of the header, apart from the line break. Only of tables with a header.
    pub repeated_headers: bool,
}

impl Skip {
    /// Whether lines are left out.
    pub fn has_lines(&self) -> bool {
        self.lines > 0 || self.until.is_some() || self.footer > 0
    }

    /// Refuses a regex that can't be looked for.
    ///
    /// # Errors
    /// Usage: it is no regex, or one that is too large.
    pub(crate) fn check(&self) -> Result<()> {
        self.regex().map(drop)
    }

    /// The regex that is looked for.
    ///
    /// # Errors
    /// Usage: it is no regex, or one that is too large.
    pub(crate) fn regex(&self) -> Result<Option<Regex>> {
        let Some(text) = &self.until else { return Ok(None) };
        let regex = RegexBuilder::new(text).size_limit(REGEX).dfa_size_limit(REGEX).build();
        regex.map(Some).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Error::usage(format!("⟨skip.until⟩: the regex `{text}` is too large")),
            error => {
                let what = error.to_string();
                let last = what.lines().last().unwrap_or_default().trim_start_matches("error: ");
                Error::usage(format!("⟨skip.until⟩: `{text}` is not a regex: {last}"))
            }
        })
    }
}

/// How large a compiled regex may be, in bytes.
const REGEX: usize = 1 << 20;
/// How much is looked at at once, and of a map until its pages are given back.
const PIECE: usize = 64 << 10;
const STRETCH: usize = 1 << 20;
/// The most text that is held back of a stream, in bytes.
const HELD: usize = 4 << 20;

/// What the lines that are held back may take when a stream is read within this memory limit, in bytes.
pub(crate) fn held_back(skip: &Skip, snapshot: bool, limit: usize) -> usize {
    if skip.footer > 0 || snapshot { HELD.min(limit / 16) } else { 0 }
}

/// What comes before the part of a source that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub bytes: usize,
    pub lines: u64,
}

/// The part of a source that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub begin: Skipped,
    /// Where it ends, if the source is mapped and goes on there.
    pub end: Option<usize>,
}

/// How many bytes may be looked at together.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    /// In a line in which the regex is looked for.
    pub line: usize,
    /// Of what is held back of a stream.
    pub held: usize,
}

impl Source {
    /// Passes over the lines at the beginning, and sees to it that those at the end are not read, nor what is after the
    /// length that counts. If only `whole` lines are wanted there, what follows the last line break is not read either.
    /// Gives how many bytes that are too.
    ///
    /// # Errors
    /// The source can't be read; no line is found.
    pub(crate) fn without_ends(
        &mut self,
        skip: &Skip,
        whole: bool,
        lines: Lines,
        most: Most,
    ) -> Result<(Part, Unfinished)> {
        let (until, unfinished) = (skip.regex()?, Unfinished::default());
        let limit = self.limit().map(|limit| limit as usize);
        let longest = most.line;
        let whole = limit.is_some() && whole;
        if skip.footer > 0 || whole {
            let unfinished = whole.then(|| unfinished.clone());
            self.hold_back(Footer { lines, count: skip.footer, unfinished, most: most.held });
        }
        let mut passing = Passing { left: skip.lines, until, lines, longest, skipped: Skipped::default() };
        let found;
        let Reach { path, bytes } = self.reach();
        let failed = |error| read_error(Position::new(path, 0, 0), error);
        let end = match bytes {
            Bytes::Stream(_) if !skip.has_lines() => return Ok((Part::default(), unfinished)),
            Bytes::Stream(stream) => {
                let passed = passing.pass(|room| stream.fill(room, 1)).map_err(failed)?;
                found = passed.found;
                stream.unread(passed.rest, passed.at, None);
                None
            }
            Bytes::Mapped(map) => {
                let all = &map.bytes()[..limit.unwrap_or(usize::MAX).min(map.bytes().len())];
                let end = if whole { last_break(all, lines) } else { all.len() };
                unfinished.store((all.len() - end) as u64, Relaxed);
                let end = before_footer(map, end, lines, skip.footer);
                let mut rest = &all[..end];
                let (mut at, mut released) = (0, 0);
                let passed = passing.pass(|room| {
                    let len = rest.len().min(room.len());
                    room[..len].copy_from_slice(&rest[..len]);
                    rest = &rest[len..];
                    at += len;
                    if at - released > STRETCH {
                        map.release(released..at);
                        released = at;
                    }
                    Ok(len)
                });
                found = passed.map_err(failed)?.found;
                (end < map.bytes().len()).then_some(end)
            }
        };
        let begin = passing.skipped;
        let text = skip.until.as_deref().unwrap_or_default();
        let after = match skip.lines {
            0 => String::new(),
            lines => format!(" after {}", the("first", lines, "line")),
        };
        match found {
            Found::Line => Ok((Part { begin, end }, unfinished)),
            Found::Nothing => Err(Error::refused(format!(
                "{}: no line{after} matches ⟨skip.until⟩ `{text}`\n  Check the regex, or leave ⟨skip.until⟩ out.",
                input(path)
            ))),
            Found::TooLong => Err(Error::refused(format!(
                "{}: line {} is longer than {longest} bytes, too long for ⟨skip.until⟩ to look at\n  Raise ⟨max_record_size⟩ (and ⟨memory_limit⟩ with it).",
                input(path),
                begin.lines + 1
            ))),
        }
    }
}

/// Where the last lines before `end` of a mapped source begin. Pages that are searched are given back.
fn before_footer(map: &Map, end: usize, lines: Lines, count: u64) -> usize {
    let (all, mut left) = (map.bytes(), count);
    let (mut at, mut released) = (end, end);
    while left > 0 && at > 0 {
        // A few at a time.
        let some = left.min(1_000);
        at = lines_from(&all[..at], lines, some);
        left -= some;
        if released - at > STRETCH {
            map.release(at..released);
            released = at;
        }
    }
    at
}

/// Lines that are passed over.
struct Passing {
    left: u64,
    until: Option<Regex>,
    lines: Lines,
    longest: usize,
    skipped: Skipped,
}

/// What was read and not passed over, from a byte on.
struct Passed {
    rest: Vec<u8>,
    at: usize,
    found: Found,
}

/// How passing over lines ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// At a line that is kept, or at the end if any line would do.
    Line,
    /// At the end, without the line that was looked for.
    Nothing,
    /// At a line that is too long to be looked at.
    TooLong,
}

impl Passing {
    /// Passes over lines, whatever the size of reads. `read` gives no bytes only at the end.
    fn pass(&mut self, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Passed> {
        let (mut buffer, mut at, mut ended) = (Vec::with_capacity(PIECE), 0, false);
        loop {
            if self.left == 0 && self.until.is_none() {
                return Ok(Passed { rest: buffer, at, found: Found::Line });
            }
            let text: &[u8] = &buffer[at..];
            match line_len(text, self.lines, ended) {
                Some(len) => {
                    if self.left == 0 && self.is_it(&text[..len]) {
                        return Ok(Passed { rest: buffer, at, found: Found::Line });
                    }
                    self.left = self.left.saturating_sub(1);
                    self.skipped.lines += 1;
                    self.skipped.bytes += len;
                    at += len;
                }
                None if ended => {
                    let found = if self.until.is_none() { Found::Line } else { Found::Nothing };
                    return Ok(Passed { rest: buffer, at, found });
                }
                None if self.left == 0 && text.len() > self.longest => {
                    return Ok(Passed { rest: buffer, at, found: Found::TooLong });
                }
                None => {
                    if self.left > 0 && text.len() > 1 {
                        // Only the last byte matters: it may be half of a line break.
                        self.skipped.bytes += text.len() - 1;
                        at = buffer.len() - 1;
                    }
                    buffer.drain(..at);
                    at = 0;
                    let len = buffer.len();
                    let room = if len < PIECE / 2 { PIECE } else { len * 2 };
                    buffer.resize(room, 0);
                    let count = read(&mut buffer[len..])?;
                    buffer.truncate(len + count);
                    ended = count == 0;
                }
            }
        }
    }

    /// Whether it is the line that is looked for.
    fn is_it(&self, line: &[u8]) -> bool {
        let first = self.skipped.bytes == 0;
        let line = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| first).unwrap_or(line);
        let end = line.iter().rposition(|byte| !self.lines.ends_with(*byte)).map_or(0, |last| last + 1);
        self.until.as_ref().is_some_and(|regex| regex.is_match(line[..end].strip_suffix(b"\r").unwrap_or(&line[..end])))
    }
}

/// The length of the first line with its line break; none if it takes more text to tell. Nothing follows if it `ended`.
fn line_len(text: &[u8], lines: Lines, ended: bool) -> Option<usize> {
    let at = match lines {
        Lines::Feeds => memchr::memchr(b'\n', text),
        Lines::Breaks => memchr::memchr2(b'\n', b'\r', text),
    };
    match at.map(|at| (at, text[at], text.get(at + 1))) {
        Some((at, b'\r', Some(b'\n'))) => Some(at + 2),
        Some((_, b'\r', None)) if !ended => None,
        Some((at, ..)) => Some(at + 1),
        None => (ended && !text.is_empty()).then_some(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left, read in pieces of some size.
    fn left(text: &[u8], skip: &Skip, lines: Lines, size: usize) -> (Vec<u8>, Skipped, bool) {
        let mut rest = text;
        let (left, until) = (skip.lines, skip.regex().unwrap());
        let mut passing = Passing { left, until, lines, longest: 100, skipped: Skipped::default() };
        let passed = passing
            .pass(|room| {
                let len = size.min(room.len()).min(rest.len());
                room[..len].copy_from_slice(&rest[..len]);
                rest = &rest[len..];
                Ok(len)
            })
            .unwrap();
        ([&passed.rest[passed.at..], rest].concat(), passing.skipped, passed.found == Found::Line)
    }

    #[test]
    fn lines_are_passed_over() {
        let text = b"one\r\n\"two\rthree\nfour";
        for size in [1, 2, 3, 100] {
            let after = |lines: u64, how| {
                let skip = Skip { lines, ..Skip::default() };
                let (left, skipped, _) = left(text, &skip, how, size);
                assert_eq!(skipped.bytes, text.len() - left.len());
                (String::from_utf8(left).unwrap(), skipped.lines)
            };
            assert_eq!(after(0, Lines::Breaks), ("one\r\n\"two\rthree\nfour".into(), 0));
            assert_eq!(after(1, Lines::Breaks), ("\"two\rthree\nfour".into(), 1));
            assert_eq!(after(2, Lines::Breaks), ("three\nfour".into(), 2));
            assert_eq!(after(2, Lines::Feeds), ("four".into(), 2));
            assert_eq!(after(9, Lines::Breaks), (String::new(), 4));
        }
    }

    #[test]
    fn a_line_is_found() {
        for size in [1, 2, 5, 100] {
            let after = |text: &str, lines: u64, until: &str| {
                let skip = Skip { lines, until: Some(until.into()), ..Skip::default() };
                let (left, _, is_found) = left(text.as_bytes(), &skip, Lines::Breaks, size);
                is_found.then(|| String::from_utf8(left).unwrap())
            };
            assert_eq!(after("x\nid,a\n1,2\n", 0, "^id"), Some("id,a\n1,2\n".into()));
            assert_eq!(after("\u{feff}id,a\r\n1,2\n", 0, "^id,a$"), Some("\u{feff}id,a\r\n1,2\n".into()));
            assert_eq!(after("id\nid\n1\n", 1, "^id"), Some("id\n1\n".into()));
            assert_eq!(after("x\r\ny\r\n", 0, "^id"), None);
            assert_eq!(after("x\r\nid", 0, "^id$"), Some("id".into()));
        }
    }

    #[test]
    fn a_regex_has_to_be_one() {
        let of = |text: &str| Skip { until: Some(text.into()), ..Skip::default() }.regex();
        assert!(of("^#CHROM").is_ok_and(|found| found.is_some()));
        assert!(of("(").is_err() && of(r"\w{1000}{1000}").is_err());
    }
}
