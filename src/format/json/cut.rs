//! Where slices of NDJSON and JSON end.

mod passing;

use super::check;
use super::find;
use super::layout::{Layout, SEPARATOR, is_between, is_white};
use super::pieces::{Listed, is_list_of_maps, listed};
use super::rest::{Around, Rest, Seen, again, superseded};
use super::resync::{LOOK, Next, Resync, WIDEST};
use crate::error::{Fault, RecordError};
use crate::format::{Boundary, Cut, Passed};
use crate::scan::json::{Hit, Nesting, Seek};
use crate::scan::vector::Unit;
use passing::Passing;

/// Cuts NDJSON after a line feed.
pub struct LineCut;

impl Cut for LineCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let near = target.max(1).min(data.len());
        if let Some(at) = memchr::memrchr(b'\n', &data[..near]) {
            return Ok(Boundary::At(at + 1));
        }
        Ok(match memchr::memchr(b'\n', &data[near..]) {
            Some(at) => Boundary::At(near + at + 1),
            None if end => Boundary::At(data.len()),
            None => behind_white(data),
        })
    }

    fn pass(&mut self, data: &[u8], _end: bool) -> Result<Passed, RecordError> {
        Ok(Passed::line(data))
    }
}

/// More is needed; white space before a record does not belong to it, however long.
fn behind_white(data: &[u8]) -> Boundary {
    match data.iter().take_while(|b| is_white(**b)).count().min(data.len() - 1) {
        0 => Boundary::More,
        white => Boundary::Skip(white),
    }
}

/// The same where the beginning of a record's line may tell something, unless it is longer than any that does.
fn behind_lines(data: &[u8]) -> Boundary {
    let Boundary::Skip(white) = behind_white(data) else { return Boundary::More };
    match memchr::memrchr(b'\n', &data[..white]) {
        Some(line) if white - line > 1 + WIDEST => Boundary::Skip(white),
        None | Some(0) if white <= WIDEST => Boundary::More,
        None | Some(0) => Boundary::Skip(white),
        Some(line) => Boundary::Skip(line),
    }
}

/// Cuts texts that begin with a record separator. No valid text contains one, so nothing else needs looking at, unless
/// there is none for a long way.
pub struct SeparatorCut(pub ValueCut);

impl Cut for SeparatorCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        let near = target.clamp(1, data.len());
        let last = memchr::memrchr(SEPARATOR, &data[1..near]).map(|at| 1 + at);
        match last.or_else(|| memchr::memchr(SEPARATOR, &data[near..]).map(|at| near + at)) {
            Some(at) => {
                self.0.walk = None;
                self.0.resync.pass(at);
                Ok(Boundary::At(at))
            }
            None if end => Ok(Boundary::At(data.len())),
            None if data.len() / 4 < target => Ok(Boundary::More),
            None => self.0.cut(data, target, end),
        }
    }

    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        self.0.pass(data, end)
    }
}

/// Cuts JSON between values.
pub struct ValueCut {
    layout: Layout,
    fresh: Nesting,
    /// The walk through the data of the previous call, if it needed more.
    walk: Option<Nesting>,
    resync: Resync,
    /// What follows an array.
    behind: Option<Behind>,
    /// Only a comma is left, with which the input ends inside an array.
    comma: bool,
    /// What is around the array in each document.
    around: Around,
    /// How many arrays there were before it.
    array: u64,
    /// The records of the array don't count.
    ignored: bool,
    /// The first record is a map.
    maps: bool,
    max_depth: usize,
    /// A value that is too large is being skipped.
    passing: Option<Passing>,
}

/// Where a cutter is when it is not inside an array.
enum Behind {
    /// In a document, after its array.
    Inside(Rest),
    /// After a document.
    Outside,
    /// Before the bracket that opens another array.
    Before,
}

impl ValueCut {
    pub fn new(layout: Layout, around: Around, maps: bool, max_depth: usize, resync: Resync) -> ValueCut {
        let seek = match layout {
            Layout::Items => Seek::Items,
            Layout::Scalars => Seek::White,
            Layout::Maps | Layout::Lines => Seek::Closed,
        };
        let fresh = Nesting::new(Unit::get(), seek, resync.columns(), 0).with_lists(maps);
        let ignored = around.known.notes().has(0);
        ValueCut {
            layout,
            fresh,
            walk: None,
            resync,
            behind: None,
            comma: false,
            around,
            array: 0,
            ignored,
            maps,
            max_depth,
            passing: None,
        }
    }

    /// The first boundary at or after `least`, if there is one in the data.
    fn find(&mut self, walk: &mut Nesting, data: &[u8], mut least: usize, end: bool) -> Option<Boundary> {
        // No slice may end before this.
        let mut within = 0;
        loop {
            let at = match walk.find(data, least)? {
                Hit::Between(at) if self.resync.knows_lines() => match self.divides(data, at, within) {
                    Ok(()) => at,
                    Err(to) => {
                        (least, within) = (at + 1, to);
                        continue;
                    }
                },
                Hit::Between(at) => at,
                Hit::End(at) if data[at] == b']' => return self.close(data, at, end),
                // Not the kind of bracket that closes the array.
                Hit::End(at) => {
                    *walk = self.fresh.again(at + 1);
                    continue;
                }
                Hit::List(at) => match self.list(data, at, end)? {
                    Some(boundary) => return Some(boundary),
                    None => continue,
                },
                hit => {
                    let next = self.resync.next(data, walk, hit, end);
                    match self.go_on(walk, data, next, least, hit.at(), end)? {
                        Some(boundary) => return Some(boundary),
                        None => continue,
                    }
                }
            };
            let next = data[at + 1..].iter().position(|b| !is_white(*b)).map(|white| at + 1 + white);
            if self.layout != Layout::Items {
                return Some(Boundary::At(next.unwrap_or(data.len())));
            }
            match next {
                // A comma before the closing bracket: the decoder has to see both to refuse them.
                Some(next) if data[next] == b']' => least = at + 1,
                Some(_) => return Some(Boundary::At(at + 1)),
                None if end => return Some(self.unclosed(data)),
                None => return None,
            }
        }
    }

    /// Whether a slice may end with the byte at `at`, if lines tell; if not, the end of the bad record it is in.
    /// Everything before `within` is known to be in one.
    fn divides(&mut self, data: &[u8], at: usize, within: usize) -> Result<(), usize> {
        let next = data[at + 1..].iter().position(|byte| !is_between(*byte)).map_or(data.len(), |white| at + 1 + white);
        if next < within {
            return Err(within);
        }
        self.resync.divides(data, at, next, self.layout == Layout::Items)
    }

    /// The last slice of an array that is not closed: without the comma after its last value, so that the decoder does
    /// not expect another value. A comma after another comma, or alone, is left for the decoder to refuse.
    fn unclosed(&mut self, data: &[u8]) -> Boundary {
        let last = |before: usize| data[..before].iter().rposition(|b| !is_white(*b));
        match last(data.len()) {
            Some(at) if data[at] == b',' && last(at).is_some_and(|value| data[value] != b',') => {
                self.comma = true;
                Boundary::At(at)
            }
            _ => Boundary::At(data.len()),
        }
    }

    /// Goes on where a record looked broken: returns a boundary, or continues the walk; `None` if more data is needed.
    #[cold]
    fn go_on(
        &self,
        walk: &mut Nesting,
        data: &[u8],
        next: Next,
        least: usize,
        at: usize,
        end: bool,
    ) -> Option<Option<Boundary>> {
        let again = match next {
            Next::On => return Some(None),
            Next::More => {
                // It has to be seen again.
                *walk = self.fresh.again(walk.from());
                return None;
            }
            // The decoder reports it.
            Next::Lost if end => return Some(Some(Boundary::At(data.len()))),
            Next::Lost => return Some(Some(Boundary::At(at + 1))),
            Next::Whole(at) => at,
            Next::Anew(at) => {
                let begins = match self.layout {
                    Layout::Scalars => true,
                    _ => self.resync.begins(data, at),
                };
                if begins && at >= least && at > 0 {
                    return Some(Some(Boundary::At(at)));
                }
                at
            }
        };
        *walk = self.fresh.again(again);
        Some(None)
    }

    /// There is a list at `at` where records are maps. If it is another array, the slice ends before it; its bracket is a
    /// slice of its own, with which the decoder reports that the array before is not closed, unless no comma is between
    /// them: then it reports that already. `None` if more data is needed.
    #[cold]
    fn list(&mut self, data: &[u8], at: usize, end: bool) -> Option<Option<Boundary>> {
        let before = data[..at].iter().rfind(|byte| !is_white(**byte));
        let listed = match before {
            None | Some(b',') => listed(data, at, true, end),
            Some(b'}') => listed(data, at, false, end),
            Some(_) => Listed::Record,
        };
        match (listed, before) {
            (Listed::Record, _) => return Some(None),
            (Listed::More, None) => return None,
            (Listed::More, Some(b'}')) => return None,
            // What is before it need not wait.
            (Listed::More, Some(_)) => {}
            (Listed::Array, None) => return Some(Some(Boundary::At(at + 1))),
            (Listed::Array, Some(b'}')) => self.behind = Some(Behind::Before),
            (Listed::Array, Some(_)) => {}
        }
        Some(Some(Boundary::At(at)))
    }

    /// Ends the array at the bracket at `at`.
    #[cold]
    fn close(&mut self, data: &[u8], at: usize, end: bool) -> Option<Boundary> {
        if !self.around.open.is_empty() {
            let Around { open, met, .. } = self.around.clone();
            self.behind = Some(Behind::Inside(Rest::new(open, met, self.max_depth)));
            return Some(Boundary::At(at + 1));
        }
        let junk = data[at + 1..].iter().position(|byte| !is_between(*byte)).map(|white| at + 1 + white);
        let Some(junk) = junk.filter(|junk| data[*junk] != b'[') else {
            if junk.is_none() && !end {
                return None;
            }
            self.behind = Some(Behind::Outside);
            return Some(Boundary::At(at + 1));
        };
        // What follows goes with the bracket, so that the decoder sees that it does not belong to the array.
        let seen = &data[..data.len().min(junk + LOOK)];
        let record = self.resync.record_behind(seen, at);
        let array = next_array(&seen[junk..]).map(|array| junk + array);
        let next = match (record, array) {
            // The bracket was one too many: the array goes on.
            (Some(record), array) if array.is_none_or(|array| record <= array) => return Some(Boundary::At(record)),
            (_, Some(array)) => array,
            (_, None) if end || seen.len() < data.len() => seen.len(),
            (_, None) => return None,
        };
        self.behind = Some(Behind::Outside);
        // Nothing that may hold records is skipped: the next call reports it.
        let records = (array.is_none() || !self.resync.knows_lines()) && has_bracket(&data[junk..next]);
        Some(Boundary::At(if records { at + 1 } else { next }))
    }

    /// Reads what follows the array of records.
    #[cold]
    fn tail(&mut self, mut behind: Behind, data: &[u8], end: bool) -> Result<Boundary, RecordError> {
        if let Behind::Before = behind {
            return Ok(self.open(data, end));
        }
        if let Behind::Inside(rest) = &mut behind {
            for (at, byte) in data.iter().enumerate() {
                if rest.is_over() && !is_between(*byte) {
                    rest.check(&self.around.tokens)?;
                    return match at {
                        0 => self.begin(data, end),
                        _ => {
                            self.behind = Some(Behind::Outside);
                            Ok(Boundary::Skip(at))
                        }
                    };
                }
                if rest.is_over() {
                    continue;
                }
                match rest.take(at, *byte, &self.around.tokens).map_err(|error| error.fault(Fault::Lost))? {
                    Seen::Nothing => {}
                    Seen::Again { at, token, more } => self.again(at, token, more)?,
                    Seen::Array => {
                        if rest.open() != self.around.open {
                            return Err(other_around(at));
                        }
                        self.around.met = rest.met().to_vec();
                        self.next_array();
                        return Ok(self.before(data, at, end));
                    }
                }
            }
            if end {
                return if rest.is_over() {
                    rest.check(&self.around.tokens).map(|()| Boundary::Skip(data.len()))
                } else {
                    Err(unfinished(data.len()))
                };
            }
            self.behind = Some(behind);
            return Ok(Boundary::Skip(data.len()));
        }
        match data.iter().position(|byte| !is_between(*byte)) {
            Some(0) => self.begin(data, end),
            white => {
                self.behind = Some(behind);
                Ok(Boundary::Skip(white.unwrap_or(data.len())))
            }
        }
    }

    /// A key on the way to the last array occurs again: that array does not count.
    #[cold]
    fn again(&mut self, at: usize, token: usize, more: i64) -> Result<(), RecordError> {
        let mut notes = self.around.known.notes();
        if notes.noting {
            notes.doubled += more;
            if !notes.add(self.array) {
                return Err(
                    RecordError::new(at, "too many keys on the way to records are there twice").fault(Fault::Lost)
                );
            }
        } else if !self.ignored {
            return Err(superseded(at, &self.around.tokens[token]));
        }
        Ok(())
    }

    /// In front of the first array of a document, keys on the way to it occurred so often.
    fn again_before(&mut self, met: &[u64]) -> Result<(), RecordError> {
        let (more, mut notes) = (again(met), self.around.known.notes());
        if notes.noting {
            notes.doubled += more;
        } else if more > 0 && !notes.complete {
            return Err(superseded(0, self.around.tokens.last().map_or("", |token| token)));
        }
        Ok(())
    }

    /// Another array begins.
    fn next_array(&mut self) {
        self.array += 1;
        self.ignored = self.around.known.notes().has(self.array);
    }

    /// Passes over what is before the bracket at `at`, which opens another array.
    fn before(&mut self, data: &[u8], at: usize, end: bool) -> Boundary {
        match at {
            0 => self.open(data, end),
            _ => {
                self.behind = Some(Behind::Before);
                Boundary::Skip(at)
            }
        }
    }

    /// Passes over the bracket that opens another array. If nothing follows it, it is left for the decoder, which
    /// reports that the array is not closed.
    fn open(&mut self, data: &[u8], end: bool) -> Boundary {
        match data[1..].iter().all(|byte| is_white(*byte)) {
            true if end => Boundary::At(data.len()),
            true if data.len() < NEAR => {
                self.behind = Some(Behind::Before);
                Boundary::More
            }
            _ => Boundary::Skip(1),
        }
    }

    /// Begins another document.
    fn begin(&mut self, data: &[u8], end: bool) -> Result<Boundary, RecordError> {
        let found = match (self.around.open.is_empty(), data[0]) {
            (true, b'[') => return Ok(self.open(data, end)),
            // The decoder reports it.
            (false, b',') => {
                self.behind = Some(Behind::Outside);
                return Ok(Boundary::At(1));
            }
            (false, b'{' | b'[') => find::first(data, 0, &self.around.tokens, self.max_depth, end)
                .map_err(|error| if error.fault == Fault::Record { error.fault(Fault::Lost) } else { error })?,
            _ => {
                return Err(RecordError::new(0, "text after the end of the document")
                    .hint("Documents may follow each other, each as the first one: an array, or with one at the same place.")
                    .fault(Fault::Lost));
            }
        };
        match found {
            // A run that is resumed here knows only the lists and maps of the first document.
            check::Located::At(_, open, _) if open != self.around.open => Err(other_around(0)),
            check::Located::At(start, _, met) => {
                self.again_before(&met)?;
                self.around.met = met;
                self.next_array();
                Ok(self.before(data, start - 1, end))
            }
            check::Located::More => {
                self.behind = Some(Behind::Outside);
                Ok(Boundary::More)
            }
        }
    }
}

/// How much white space after a bracket is looked at.
const NEAR: usize = 4 << 10;

/// A run that is resumed here knows only the lists and maps of the first document.
fn other_around(at: usize) -> RecordError {
    RecordError::new(at, "a document with other lists and maps around its array than the first one").fault(Fault::Lost)
}

fn unfinished(offset: usize) -> RecordError {
    RecordError::new(offset, "the document ends before its lists and maps are closed")
}

/// Whether a list or map may begin here.
fn has_bracket(text: &[u8]) -> bool {
    memchr::memchr2(b'{', b'[', text).is_some()
}

/// Where the next array begins: after a comma, or on a line of its own.
fn next_array(junk: &[u8]) -> Option<usize> {
    let white = |from: usize| junk[from..].iter().position(|byte| !is_between(*byte)).map(|white| from + white);
    let begins = |from: usize| white(from).filter(|at| junk[*at] == b'[');
    let comma = (junk[0] == b',').then(|| begins(1)).flatten();
    comma.or_else(|| memchr::memchr_iter(b'\n', junk).find_map(|line| begins(line + 1)))
}

impl Cut for ValueCut {
    fn cut(&mut self, data: &[u8], target: usize, end: bool) -> Result<Boundary, RecordError> {
        if let Some(behind) = self.behind.take() {
            return self.tail(behind, data, end);
        }
        if self.comma {
            return Ok(Boundary::Skip(data.len()));
        }
        let ignored = self.ignored;
        let mut walk = self.walk.take().unwrap_or(self.fresh);
        // A stream's data may end soon after the target: a smaller slice is better than waiting.
        let target = if end { target } else { target.min(data.len() - data.len() / 8) };
        let mut found = self.find(&mut walk, data, target.saturating_sub(1), end);
        if found.is_none() && !end {
            let far = walk;
            found = [target / 2, target / 8, 0]
                .into_iter()
                .find_map(|least| self.find(&mut self.fresh.clone(), data, least, end));
            // A walk that was stopped by a comma at the very end has to see it again.
            self.walk = Some(far).filter(|_| found.is_none() && self.layout != Layout::Items);
        }
        if found.is_none() {
            found = match end {
                false if self.layout == Layout::Items => Some(behind_lines(data)),
                false => Some(behind_white(data)),
                true if self.layout != Layout::Items => Some(Boundary::At(data.len())),
                true if data.iter().all(|b| is_white(*b)) => None,
                true => Some(self.unclosed(data)),
            };
        }
        match found {
            // The document ends with the array, though it should not. There is no further call to report it, unless the
            // bracket is left over.
            Some(Boundary::At(at)) if end && at == data.len() && matches!(self.behind, Some(Behind::Inside(_))) => {
                self.behind = None;
                match (at, ignored) {
                    (1, _) => Err(unfinished(at)),
                    (_, true) => Ok(Boundary::Skip(at - 1)),
                    (_, false) => Ok(Boundary::At(at - 1)),
                }
            }
            Some(Boundary::More) => Ok(Boundary::More),
            Some(Boundary::At(len)) => {
                self.walk = None;
                self.resync.pass(len);
                Ok(if ignored { Boundary::Skip(len) } else { Boundary::At(len) })
            }
            Some(Boundary::Skip(len)) => {
                self.walk = None;
                self.resync.pass(len);
                Ok(Boundary::Skip(len))
            }
            None => Err(RecordError::new(data.len(), "the array is not closed")),
        }
    }

    fn pass(&mut self, data: &[u8], end: bool) -> Result<Passed, RecordError> {
        let begins = self.passing.is_none();
        let mut place = self.passing.take().unwrap_or_default();
        self.walk = None;
        let lost = |at| Err(RecordError::new(at, "a record that is too large and not closed").fault(Fault::Lost));
        place.list |= begins && self.maps && is_list_of_maps(data);
        for (at, byte) in data.iter().enumerate() {
            // What looks like a string over several lines may contain other records.
            if place.string && *byte == b'\n' {
                return lost(at);
            }
            // Without commas between them, nothing tells where records end, either.
            if place.is_behind() && self.layout == Layout::Items && matches!(byte, b'{' | b'[') {
                return lost(at);
            }
            if let Some(behind) = place.take(*byte, self.layout) {
                // A comma does not belong to the value, nor does white space after it.
                let comma = usize::from(self.layout == Layout::Items && *byte == b',');
                let end = at + usize::from(behind) - comma;
                return Ok(Passed::End(end + comma, place.white_behind(&data[..end]) + comma));
            }
        }
        // A list of maps at the end may be another array, if the one before it is not closed.
        if end && (place.string || place.depth > 0 || place.list) {
            return lost(data.len());
        }
        place.white = place.white_behind(data);
        self.passing = Some(place);
        Ok(Passed::All)
    }

    fn leading(&self, data: &[u8]) -> usize {
        match self.layout {
            Layout::Items => data.iter().take_while(|byte| is_white(**byte)).count(),
            _ => 0,
        }
    }
}
