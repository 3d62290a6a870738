//! Lines, words, characters and bytes.

use crate::error::{Error, Result};
use crate::job::count::claims::{self, Pace};
use crate::job::count::sources::Sources;
use crate::job::count::unpack::unpack;
use crate::job::open::{as_text, open_source};
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::memory::Buffer;
use crate::metrics::Pass;
use crate::scan::count::{Counter, Counts, SliceCount, count_slice};
use crate::source::Source;
use crate::sys::{Map, Stop};

/// How many bytes of a stream are read at a time.
const WINDOW: usize = 256 << 10;

/// Counts a source, and notes in `sources` which file it is, and how many workers share it.
pub(crate) fn count(source: SourceSpec, settings: &Settings, sources: &mut Sources) -> Result<Counts> {
    let mut source = open_source(source, None, settings)?;
    sources.opened(&source);
    unpack(&mut source, settings)?;
    let mut source = as_text(source, None, settings)?;
    let counts = match source.map() {
        Some(map) => {
            sources.text_by(Pace::of(settings).workers_for(map));
            of_map(map, settings)
        }
        None => {
            let pass = settings.progress.as_ref().map(|progress| progress.begin(None));
            streamed(&mut source, pass.as_deref())?
        }
    };
    check(&source, settings)?;
    Ok(counts)
}

/// Fails where a count is void: the run was stopped, or the source was changed.
pub(crate) fn check(source: &Source, settings: &Settings) -> Result<()> {
    if let Some(stop) = &settings.stop {
        stop.check().map_err(|e| Error::io("read", &source.path, e))?;
    }
    source.unchanged()
}

/// Counts a mapped source. Void if [`check`] fails afterwards.
pub(crate) fn of_map(map: &Map, settings: &Settings) -> Counts {
    mapped(map, Pace::of(settings), look_on(map, settings))
}

/// Begins to report progress. Returns a function that takes how many more bytes were looked at, and says whether to go
/// on.
pub(crate) fn look_on(map: &Map, settings: &Settings) -> impl Fn(u64) -> bool + Sync + Send {
    let pass = settings.progress.as_ref().map(|progress| progress.begin(Some(map.bytes().len() as u64)));
    move |len| {
        if let Some(pass) = &pass {
            pass.read_more(len);
        }
        !settings.stop.as_ref().is_some_and(Stop::is_requested) && map.damage().is_none()
    }
}

fn streamed(source: &mut Source, pass: Option<&Pass>) -> Result<Counts> {
    let mut counter = Counter::new();
    let mut window = Buffer::new(WINDOW)?;
    while let Some(len) = source.fill(&mut window)? {
        counter.feed(&window[..len]);
        if let Some(pass) = pass {
            pass.read_more(len as u64);
        }
    }
    Ok(counter.counts())
}

fn mapped(map: &Map, pace: Pace, go_on: impl Fn(u64) -> bool + Sync + Send) -> Counts {
    let look = |found: &mut SliceCount, step| found.merge(&count_slice(&map.bytes()[step]));
    sum(&claims::each(map, pace, go_on, look))
}

/// The sum of claims that follow each other.
pub(crate) fn sum<'c>(claims: impl IntoIterator<Item = &'c SliceCount>) -> Counts {
    let mut total = SliceCount::default();
    claims.into_iter().for_each(|claim| total.merge(claim));
    total.counts
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::job::count::claims::CLAIM;
    use crate::job::count::{Counted, count};

    const STEP: usize = 64 << 10;

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
            for workers in [1, 3] {
                assert_eq!(mapped(&map(&content), Pace { workers, step: STEP }, |_| true), whole);
            }
        }
    }

    #[test]
    fn streams_are_counted() {
        let reader = || SourceSpec::Reader(Box::new(&b"one two\nthr\xc3\xa9e\n"[..]));
        let expected = Counts { lines: 2, words: 3, chars: 14, bytes: 15 };
        let counted = count(reader(), &Settings::default()).unwrap();
        assert_eq!(counted, Counted { text: expected, bytes_in: 15, ..Counted::default() });
    }
}
