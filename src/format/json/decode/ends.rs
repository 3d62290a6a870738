//! Where bad records end.

use super::super::layout::{Layout, SEPARATOR, is_between, is_white};
use super::super::pieces::{is_key, run_end, unclosed_before};
use super::super::resync::has_regular_strings;
use super::{Bad, Decoder, Expect};
use crate::error::{Fault, RecordError};

impl Decoder {
    /// Finds where a bad record ends. If nothing tells, the run ends there too.
    #[cold]
    pub(super) fn find_end(&mut self, slice: &[u8], error: RecordError) -> RecordError {
        if self.bad != Bad::Value {
            return error;
        }
        let start = self.record;
        // What follows it is read again.
        self.closed = false;
        if self.layout == Layout::Items && self.maps && slice[start..].trim_ascii_end() == b"[" {
            self.bad = Bad::Bytes(start..slice.len(), Expect::Either);
            return unclosed_before(start);
        }
        // No record contains a separator. (Where the first one is missing, slices end elsewhere.)
        let next =
            memchr::memchr(SEPARATOR, &slice[start..]).filter(|_| self.separated || self.layout == Layout::Lines);
        let next = next.map(|at| start + at);
        let slice = &slice[..next.unwrap_or(slice.len())];
        let end = match (self.layout, slice.get(start)) {
            (Layout::Lines, _) => Some(memchr::memchr(b'\n', &slice[start..]).map_or(slice.len(), |at| start + at + 1)),
            _ if self.separated => None,
            (Layout::Items | Layout::Maps, Some(b'{' | b'[')) => {
                self.resync.end_of(slice, start).and_then(|end| self.confirmed(slice, start, end))
            }
            (Layout::Items, Some(b'"')) if is_key(slice, start) => return self.key(slice),
            (Layout::Maps, Some(b',' | b'}' | b']')) => Some(start + 1),
            (Layout::Maps, _) => self.line_end(slice, start),
            (layout, _) => run_end(layout, slice, start, self.maps),
        };
        let end = end.or(next).or(self.separated.then_some(slice.len()));
        self.bad = Bad::Bytes(start..end.unwrap_or(slice.len()), Expect::Either);
        match (end, error.fault) {
            (None, Fault::Record) => error.fault(Fault::Lost),
            // In a smaller slice, what follows would not be there.
            (Some(end), Fault::Record) if error.offset >= end => {
                let begun = self.reader.start(start, end, self.layout == Layout::Lines).is_ok();
                if begun { self.reader.check(&slice[..end]).err().unwrap_or(error) } else { error }
            }
            _ => error,
        }
    }

    /// The `end` of a bad list or map, if it is followed by what may follow a record. Otherwise its brackets were
    /// closed by chance, and everything before the next line that begins a record belongs to it, if lines tell.
    fn confirmed(&mut self, slice: &[u8], start: usize, end: usize) -> Option<usize> {
        let maps = self.maps || self.layout == Layout::Maps;
        let shares_lines = maps && !self.resync.knows_lines();
        if shares_lines && seems_to_hold_maps(&slice[start..end]) && !self.resync.is_valid(slice, start, end) {
            return None;
        }
        let rest = &slice[end..];
        let white = rest.iter().take_while(|byte| is_between(**byte)).count();
        let begins = |at: usize| self.resync.knows_lines() && self.resync.begins(slice, at);
        let right = match (self.layout, rest.get(white)) {
            (_, None) => true,
            (_, Some(b'{' | b'[')) if begins(end + white) => true,
            (Layout::Items, Some(b',' | b']')) => true,
            (Layout::Items, _) => false,
            // Slices may end there.
            _ if !self.resync.knows_lines() => true,
            (_, Some(b'{' | b'[')) if has_regular_strings(&slice[start..end]) => true,
            _ if self.resync.is_valid(slice, start, end) => true,
            _ => rest[..white].contains(&b'\n'),
        };
        if right { Some(end) } else { self.resync.end_of_lines(slice, start) }
    }

    /// Where something among concatenated maps ends that is not a map: with its line. Lists or maps in the line may
    /// belong to it, and so may those of later lines, up to the next line that begins a record.
    fn line_end(&self, slice: &[u8], start: usize) -> Option<usize> {
        if !self.resync.knows_lines() {
            // Records may share the line, but what follows a colon is not one.
            let end = run_end(Layout::Maps, slice, start, true)?;
            let before = matches!(slice.get(end), Some(b'{' | b'[')) && !matches!(slice[end - 1], b'}' | b']');
            return if before && slice[start..end].contains(&b':') { None } else { Some(end) };
        }
        let end = memchr::memchr(b'\n', &slice[start..]).map_or(slice.len(), |line| start + line);
        match memchr::memchr2(b'{', b'[', &slice[start..end]) {
            Some(_) => self.resync.end_of_lines(slice, start),
            None => Some(end),
        }
    }
}

/// Whether there may be other maps, which are records, in a broken one: in a list with maps, or in a map where one is in
/// place of a key.
fn seems_to_hold_maps(record: &[u8]) -> bool {
    let (mut inside, mut escaped, mut before) = (false, false, 0);
    // Which of the innermost 64 lists and maps are maps; the lowest bit is the innermost.
    let mut maps = 0u64;
    for &byte in record {
        let quote = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        inside ^= quote;
        if inside || quote || is_white(byte) {
            continue;
        }
        match byte {
            b'{' if record[0] == b'[' => return true,
            b'{' if maps & 1 == 1 && before != b':' => return true,
            b'{' | b'[' => maps = maps << 1 | u64::from(byte == b'{'),
            b'}' | b']' => maps >>= 1,
            _ => {}
        }
        before = byte;
    }
    false
}
