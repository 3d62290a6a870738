//! Lines, words, characters and bytes.

use std::path::Path;

use super::super::open::open_source;
use super::super::{Settings, SourceSpec};
use super::claims::{self, STEP};
use crate::compress::Unpacking;
use crate::error::{Error, Result};
use crate::scan::count::{Counter, Counts, SliceCount, count_slice};
use crate::source::{Bytes, Source, Stream};
use crate::sys::Map;

/// Counts a source.
pub(super) fn count(source: SourceSpec, settings: &Settings) -> Result<Counts> {
    let mut source = open_source(source, settings)?;
    unpack(&mut source, settings)?;
    match source.bytes {
        Bytes::Mapped(map) => Ok(mapped(&map, settings.workers)),
        Bytes::Stream(stream) => streamed(stream, &source.path),
    }
}

/// Begins to decompress a source that is compressed. Returns the memory that takes.
pub(super) fn unpack(source: &mut Source, settings: &Settings) -> Result<usize> {
    let (Some(packed), Bytes::Stream(stream)) = (source.packed(), &mut source.bytes) else { return Ok(0) };
    let unpacking = Unpacking::within(packed, settings.workers, settings.memory_limit)?;
    stream.unpack(unpacking).map_err(|e| Error::io("decompress", &source.path, e))?;
    Ok(unpacking.bytes())
}

fn streamed(mut stream: Stream, path: &Path) -> Result<Counts> {
    let mut counter = Counter::new();
    let mut window = Vec::new();
    while !stream.ended() {
        window.clear();
        stream.read_to(&mut window, STEP).map_err(|e| Error::read(path, e))?;
        counter.feed(&window);
    }
    Ok(counter.counts())
}

fn mapped(map: &Map, workers: usize) -> Counts {
    let look = |found: &mut SliceCount, step| found.merge(&count_slice(&map.bytes()[step]));
    sum(&claims::each(map, workers, look))
}

/// What claims that follow each other have together.
pub(super) fn sum<'c>(claims: impl IntoIterator<Item = &'c SliceCount>) -> Counts {
    let mut total = SliceCount::default();
    claims.into_iter().for_each(|claim| total.merge(claim));
    total.counts
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::claims::CLAIM;
    use super::super::{Counted, count};
    use super::*;

    fn map(content: &[u8]) -> Map {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Map::new(file).unwrap()
    }

    /// Pieces are cut inside of words and characters; the sum is that of the whole.
    #[test]
    fn cuts_change_nothing() {
        let words = "ab äöü 上野駅 🚲 x\n\u{2003}é\u{301} ";
        for shift in 0..words.len() {
            let mut content = vec![b'x'; shift];
            while content.len() < CLAIM + 3 * STEP {
                content.extend_from_slice(words.as_bytes());
            }
            // Not even UTF-8 at one cut.
            content[2 * STEP - 3..2 * STEP + 9].fill(0xbf);
            content[3 * STEP - 1] = 0xe4;
            let whole = count_slice(&content).counts;
            assert_eq!(mapped(&map(&content), 1), whole);
            assert_eq!(mapped(&map(&content), 3), whole);
        }
    }

    #[test]
    fn streams_are_counted() {
        let reader = || SourceSpec::Reader(Box::new(&b"one two\nthr\xc3\xa9e\n"[..]));
        let expected = Counts { lines: 2, words: 3, chars: 14, bytes: 15 };
        assert_eq!(count(reader(), &Settings::default()).unwrap(), Counted { text: expected, records: None });
    }
}
