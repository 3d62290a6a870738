//! What quotes do to a record: where it ends, and whether they are wrong.
//!
//! csv-core accepts any bytes: a quote that is never closed swallows the rest of the input, and one that was opened by
//! mistake is closed by the next one, hundreds of lines later. So a record with line breaks inside quotes is *bad* if a
//! quote is still open when the input ends or the record exceeds the size limit, or if text follows a closing quote
//! anywhere in it. Only the first line of such a record is bad: the next record begins with the second line.
//!
//! Cutter and decoder both ask here, so they agree. A slice ends where a record does, so a record that continues past
//! its slice is a bad one: the decoder need not see what the cutter saw.
//!
//! Once a record is inside quotes at a line break, with nothing wrong so far, the rest depends only on that place. So
//! one answer holds for every later line that is inside quotes too ([`Memo`]): a file in which every line opens a quote
//! takes at most two looks at each byte.

use super::own;
use super::parts::first_byte;
use super::resolved::Resolved;
use crate::error::RecordError;
use crate::format::Searched;

/// The outcome of reading a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// It ends before this offset, line break included, and is read the way csv-core reads it. `odd` is the first byte
    /// that follows a closing quote without ending the field.
    Whole { end: usize, odd: Option<usize> },
    /// It is bad, and its first line ends before this offset; the quote that is open there is at `quote`.
    Open { end: usize, quote: usize },
    /// There are no more records.
    Nothing,
    /// The data ended before the record, and more may follow. `lines`: its first line ended inside quotes.
    More { lines: bool },
}

/// Reads records, looking only at their quotes.
pub(super) struct Quotes {
    dialect: Resolved,
    memo: Option<Memo>,
    /// A quoted text longer than this ends the search.
    longest: usize,
    /// Where such a text began.
    endless: Option<usize>,
}

/// The states of csv-core inside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start of a field.
    Start,
    /// In a field without quotes, or in text after a closing quote.
    Field,
    Quoted,
    /// After an escape.
    Escaped,
    /// After a quote inside quotes.
    Closed,
}

/// A place in a record.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: usize,
    state: State,
    /// The last quote that opened a field.
    quote: usize,
    /// The first text that follows a closing quote.
    odd: Option<usize>,
}

/// Why a walk through a record stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// At the line break that ends the record.
    End,
    /// At a line break inside quotes.
    Break,
    /// At text after a closing quote.
    Odd,
    /// In quotes for too long.
    Endless,
    /// The data ended.
    Data,
    /// The data ended in what may become a delimiter or an escape.
    Part,
}

/// The answer for records that are inside quotes at a line break between `from` and `place`.
#[derive(Clone, Copy, Debug)]
struct Memo {
    from: usize,
    place: Place,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// They end there.
    Whole,
    /// They are bad.
    Open,
    /// More data is needed.
    Unknown,
}

impl Quotes {
    pub fn new(dialect: Resolved) -> Quotes {
        Quotes { dialect, memo: None, longest: usize::MAX, endless: None }
    }

    /// The header, which starts at `start`, like [`record`](Self::record); or the quote that opens a text of more than
    /// `longest` bytes, quotes included: the answer must not depend on how much of the input was read.
    pub fn header(
        dialect: Resolved,
        data: &[u8],
        start: usize,
        end: bool,
        max_record: usize,
        longest: usize,
    ) -> Result<Record, usize> {
        let mut quotes = Quotes { longest, ..Quotes::new(dialect) };
        let record = quotes.record(data, start, end, max_record);
        quotes.endless.map_or(Ok(record), Err)
    }

    /// Other data follows.
    pub fn begin(&mut self) {
        self.memo = None;
    }

    /// The first `len` bytes of the data are gone.
    pub fn advance(&mut self, len: usize) {
        let Some(memo) = &mut self.memo else { return };
        if memo.place.at < len {
            self.memo = None;
            return;
        }
        memo.from = memo.from.saturating_sub(len);
        memo.place.at -= len;
        memo.place.quote = memo.place.quote.saturating_sub(len);
    }

    /// The record that starts at `start`. `end`: nothing follows the data. If it has more than one line, it may not
    /// exceed `max_record` bytes.
    pub fn record(&mut self, data: &[u8], start: usize, end: bool, max_record: usize) -> Record {
        let start = first_byte(self.dialect, data, start);
        if start >= data.len() {
            return if end { Record::Nothing } else { Record::More { lines: false } };
        }
        if self.dialect.hides_breaks() {
            return match own::record_end(self.dialect, data, start) {
                Some(end) => Record::Whole { end, odd: None },
                None if end => Record::Whole { end: data.len(), odd: None },
                None => Record::More { lines: false },
            };
        }
        let mut place = Place { at: start, state: State::Start, quote: start, odd: None };
        let stop = self.walk(data, &mut place, true, end);
        if stop == Stop::Part {
            return Record::More { lines: false };
        }
        let Some(behind) = behind_break(data, place.at, end) else {
            return Record::More { lines: false };
        };
        let open = Record::Open { end: behind, quote: place.quote };
        match stop {
            Stop::Data if place.open().is_some() => open,
            Stop::Endless | Stop::Part => open,
            Stop::Data | Stop::End | Stop::Odd => Record::Whole { end: behind, odd: place.odd },
            Stop::Break if place.odd.is_some() => open,
            Stop::Break => {
                let memo = self.fate(data, Place { at: behind, state: State::Quoted, ..place }, end);
                match memo.fate {
                    Fate::Whole if memo.place.at - start <= max_record => {
                        Record::Whole { end: memo.place.at, odd: None }
                    }
                    Fate::Unknown if memo.place.at - start <= max_record => Record::More { lines: true },
                    _ => open,
                }
            }
        }
    }

    /// The fate of a record that is inside quotes at `line`, the start of a line.
    fn fate(&mut self, data: &[u8], line: Place, end: bool) -> Memo {
        let known = self.memo.filter(|memo| match memo.fate {
            Fate::Whole => memo.from <= line.at && line.at < memo.place.at,
            Fate::Open | Fate::Unknown => memo.from <= line.at && line.at <= memo.place.at,
        });
        let mut memo = known.unwrap_or(Memo { from: line.at, place: line, fate: Fate::Unknown });
        if memo.fate == Fate::Unknown {
            memo.fate = self.decide(data, &mut memo.place, end);
        }
        self.memo = Some(memo);
        memo
    }

    /// Walks on from a place inside quotes, after the first line.
    fn decide(&mut self, data: &[u8], place: &mut Place, end: bool) -> Fate {
        let stop = self.walk(data, place, false, end);
        match (stop, behind_break(data, place.at, end)) {
            (Stop::Part, _) => Fate::Unknown,
            (Stop::Odd | Stop::Endless, _) => Fate::Open,
            (Stop::Data, Some(_)) if place.open().is_some() => Fate::Open,
            (Stop::Data | Stop::End | Stop::Break, Some(behind)) => {
                place.at = behind;
                Fate::Whole
            }
            (_, None) => Fate::Unknown,
        }
    }

    /// Searches for the end of a record that is inside quotes at a line break, in a piece that begins `from` bytes after
    /// the data. It may not end after `most`, like [`record`](Self::record).
    pub fn search(&mut self, piece: &[u8], from: usize, end: bool, most: usize) -> Searched {
        let Some(mut memo) = self.memo else { return Searched::Large };
        if memo.fate == Fate::Unknown && memo.place.at >= from && memo.place.at <= most {
            // Where the quote is does not matter any more.
            let mut place = Place { at: memo.place.at - from, quote: 0, ..memo.place };
            memo.fate = self.decide(piece, &mut place, end);
            memo.place = Place { at: place.at + from, quote: from, ..place };
            self.memo = Some(memo);
        }
        match memo.fate {
            Fate::Open => Searched::Bad,
            _ if memo.place.at > most => Searched::Bad,
            Fate::Whole => Searched::Large,
            Fate::Unknown => Searched::On(memo.place.at),
        }
    }

    /// Walks to the end of the record. In its first `line` it stops at a line break inside quotes, in later lines at
    /// text after a closing quote.
    fn walk(&mut self, data: &[u8], place: &mut Place, line: bool, end: bool) -> Stop {
        let Resolved { delimiter, quote, escape, .. } = self.dialect;
        let own = self.dialect.is_own();
        let is_quote = |byte: u8| quote == Some(byte);
        let is_break = |byte: u8| byte == b'\n' || byte == b'\r';
        loop {
            if let Some(quote) = place.open().filter(|quote| place.at - quote > self.longest) {
                self.endless = Some(quote);
                return Stop::Endless;
            }
            let Some(&byte) = data.get(place.at) else { return Stop::Data };
            if own && place.open().is_none() {
                match self.own(data, place, line, end) {
                    Own::Passed => continue,
                    Own::Stop(stop) => return stop,
                    Own::Nothing => {}
                }
            }
            place.state = match place.state {
                State::Quoted if is_quote(byte) => State::Closed,
                State::Quoted if escape == Some(byte) => State::Escaped,
                State::Quoted | State::Escaped if line && is_break(byte) => return Stop::Break,
                State::Quoted if !line => {
                    // Usually far away.
                    let next =
                        quote.and_then(|quote| memchr::memchr2(quote, escape.unwrap_or(quote), &data[place.at..]));
                    place.at = next.map_or(data.len(), |next| place.at + next);
                    continue;
                }
                State::Quoted | State::Escaped => State::Quoted,
                _ if byte == delimiter && !own => State::Start,
                _ if is_break(byte) => return Stop::End,
                State::Start if is_quote(byte) => {
                    place.quote = place.at;
                    State::Quoted
                }
                State::Closed if is_quote(byte) => State::Quoted,
                State::Closed if !line => return Stop::Odd,
                State::Closed => {
                    place.odd.get_or_insert(place.at);
                    State::Field
                }
                State::Start | State::Field => State::Field,
            };
            place.at += 1;
        }
    }
}

/// What a dialect of our own finds at a place outside of quotes.
enum Own {
    /// A delimiter, a space to skip or an escape: the place is after it.
    Passed,
    Stop(Stop),
    Nothing,
}

impl Quotes {
    fn own(&self, data: &[u8], place: &mut Place, line: bool, end: bool) -> Own {
        let dialect = &self.dialect;
        let escapes = dialect.escapes_at(data, place.at);
        if !end && (dialect.may_delimit(data, place.at) || escapes && place.at + 1 == data.len()) {
            return Own::Stop(Stop::Part);
        }
        let (state, len) = match dialect.delimiter_len(data, place.at) {
            0 if escapes => (State::Field, 2),
            0 if dialect.skip_space && place.state == State::Start && data[place.at] == b' ' => (State::Start, 1),
            0 => return Own::Nothing,
            len => (State::Start, len),
        };
        if place.state == State::Closed && state == State::Field {
            if !line {
                return Own::Stop(Stop::Odd);
            }
            place.odd.get_or_insert(place.at);
        }
        place.state = state;
        place.at = data.len().min(place.at + len);
        Own::Passed
    }
}

impl Place {
    /// The quote that is open here.
    fn open(&self) -> Option<usize> {
        matches!(self.state, State::Quoted | State::Escaped).then_some(self.quote)
    }
}

/// The place after the line break at `at`, or the end of the data; `None` if more data is needed. A CRLF is one line
/// break.
fn behind_break(data: &[u8], at: usize, end: bool) -> Option<usize> {
    match (data.get(at), data.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\r'), None) | (None, _) if !end => None,
        (Some(_), _) => Some(at + 1),
        (None, _) => Some(at),
    }
}

/// The error for a quote that is open at the end of the first line of a bad record.
#[cold]
pub(super) fn open_quote(quote: usize) -> RecordError {
    RecordError::new(quote, "the quote opened here is never closed (or not within the largest record), or text follows the quote that closes it").hint(
        "Close it, or double it if it is text; ⟨dialect.quoting false⟩ reads quotes as text, ⟨max_record_size⟩ allows larger records, and ⟨on_error skip⟩ leaves out such lines.",
    )
}

/// The error for text after a closing quote, when nothing may be lost.
#[cold]
pub(super) fn text_after_quote(offset: usize) -> RecordError {
    RecordError::new(offset, "text follows the quote that closes the field (text_after_quote)")
        .hint("Double the quotes inside quotes; or leave out ⟨strict⟩, so that the text is read as part of the field and counted.")
}
