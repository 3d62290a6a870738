//! What a worker notes of the bad records of a slice.

use std::path::Path;
use std::sync::Arc;

use crate::error::RecordError;
use crate::flow::place::After;
use crate::plan::sizes::NOTED;
use crate::scan::lines::Lines;

/// A bad record.
pub(crate) struct Bad {
    /// The file that it came from in the first place, where that is not the source.
    pub file: Option<Arc<Path>>,
    /// Its number: of that file, from 1; without one of the slice, from 0.
    pub record: u64,
    /// Where it begins in the file, and where the next one does.
    pub start: u64,
    pub end: u64,
    /// The line that it begins in; 0 if that is not known.
    pub first: u64,
    /// Where in the file it is bad, and why.
    pub offset: u64,
    /// In which line that is, where nobody can look at the source again; else 0.
    pub line: u64,
    /// What is there in a stream, in such lines.
    pub text: After,
    pub lines: Option<Lines>,
    pub error: RecordError,
    /// How many bytes of the slice's output come before it.
    pub output: u64,
}

/// The bad records of a slice, in order. Takes no memory while there are none.
#[derive(Default)]
pub(crate) struct BadRecords {
    /// Each with the end of its bytes in `raw`, if they are kept.
    bad: Vec<(Bad, Option<usize>)>,
    raw: Vec<u8>,
    size: usize,
    /// How many lines end before a place of the slice: each is counted once, however many records are bad.
    counted: (usize, u64),
}

impl BadRecords {
    /// Room for as many as are noted of a slice: it never grows.
    pub fn with_room() -> BadRecords {
        let bad = Vec::with_capacity(NOTED / size_of::<(Bad, Option<usize>)>());
        BadRecords { bad, raw: Vec::with_capacity(NOTED), ..BadRecords::default() }
    }

    /// Whether there is room for another one with this many bytes to keep.
    pub fn has_room(&self, bad: &Bad, raw: usize) -> bool {
        self.size + size(bad, raw) <= NOTED
    }

    /// Notes one, and keeps these bytes of it.
    pub fn push(&mut self, bad: Bad, raw: Option<&[u8]>) {
        self.size += size(&bad, raw.map_or(0, <[u8]>::len));
        self.raw.extend_from_slice(raw.unwrap_or_default());
        self.bad.push((bad, raw.map(|_| self.raw.len())));
    }

    /// How many lines of the slice end before `offset`.
    pub fn lines_before(&mut self, slice: &[u8], offset: usize, lines: Lines) -> u64 {
        let offset = offset.min(slice.len());
        let (from, count) = if self.counted.0 <= offset { self.counted } else { (0, 0) };
        let before = if from > 0 { slice[from - 1] } else { 0 };
        self.counted = (offset, count + lines.count(&slice[from..offset], before));
        self.counted.1
    }

    /// Those of another slice follow.
    pub fn begin(&mut self) {
        self.clear();
        self.counted = (0, 0);
    }

    pub fn is_empty(&self) -> bool {
        self.bad.is_empty()
    }

    /// They were entered.
    pub fn clear(&mut self) {
        self.bad.clear();
        self.raw.clear();
        self.size = 0;
    }

    /// Each with its bytes, if they are kept.
    pub fn iter(&self) -> impl Iterator<Item = (&Bad, Option<&[u8]>)> {
        let mut start = 0;
        self.bad.iter().map(move |(bad, end)| {
            let raw = end.map(|end| &self.raw[std::mem::replace(&mut start, end)..end]);
            (bad, raw)
        })
    }
}

fn size(bad: &Bad, raw: usize) -> usize {
    size_of::<(Bad, Option<usize>)>()
        + bad.error.reason.len()
        + bad.error.hint.as_ref().map_or(0, |hint| hint.len())
        + raw
}
