//! Counting a whole source: lines, words, characters, bytes, and records of a format.

use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use super::job::Opened;
use super::open::open_source;
use super::phases::Phases;
use super::{Settings, SourceSpec, TargetSpec};
use crate::error::{Error, Result};
use crate::format::{Encode, Frame, WriteFormat};
use crate::record::{Batch, EncodeError, Output, Schema};
use crate::scan::count::{Counter, Counts, SliceCount, count_slice};
use crate::source::{Bytes, Stream};
use crate::sys::Map;
use crate::target::Target;

/// What is counted at a time; its pages are given back before the next.
const STEP: usize = 256 << 10;

/// What a worker claims at a time. Page tables are given back in such pieces, so it is a multiple of what
/// one of them covers (2 MiB).
const CLAIM: usize = 8 << 20;

/// A character has at most so many bytes (glibc's old forms included), so after as many inner bytes none goes on.
const LONGEST: usize = 6;

/// What a source has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Lines, words, characters and bytes, as GNU `wc` counts them in a UTF-8 locale.
    pub text: Counts,
    /// Records of the format that the settings name; none if they name none.
    pub records: Option<u64>,
}

/// Counts a source; its records too, when the settings name its format.
///
/// # Errors
/// Reading fails, or the source is not of its format.
pub fn count(source: SourceSpec, settings: &Settings) -> Result<Counted> {
    if settings.from.is_none() {
        return Ok(Counted { text: text(source, settings)?, records: None });
    }
    match source {
        SourceSpec::Path(path) => {
            let text = text(SourceSpec::Path(path.clone()), settings)?;
            Ok(Counted { text, records: Some(records(SourceSpec::Path(path), settings)?) })
        }
        // What can be read once only is counted on its way to the job.
        SourceSpec::Stdin => both(Box::new(io::stdin()), settings),
        SourceSpec::Reader(reader) => both(reader, settings),
    }
}

fn records(source: SourceSpec, settings: &Settings) -> Result<u64> {
    let settings = Settings { to: settings.from, ..settings.clone() };
    let mut opened = Opened::new(source, &TargetSpec::Memory, &settings)?;
    // Records are checked and delimited, but no value of theirs is wanted.
    opened.route.pass_through = false;
    if opened.route.schema.is_some() {
        opened.route.want.select = Some(Vec::new());
        opened.route.schema = Some(Schema::default());
    }
    let phases = Phases::new(opened.plan.workers);
    Ok(opened.pass(&Discard, &Target::memory(), &phases)?.totals.records_in)
}

/// Writes nothing.
#[derive(Clone, Copy)]
struct Discard;

impl WriteFormat for Discard {
    fn frame(&self) -> Frame {
        Frame::default()
    }

    fn encoder(&self) -> Box<dyn Encode> {
        Box::new(*self)
    }
}

impl Encode for Discard {
    fn encode(&mut self, _: &Batch<'_>, records: Range<usize>, output: &mut Output<'_>) -> Result<(), EncodeError> {
        output.records += records.len() as u64;
        Ok(())
    }
}

fn both(reader: Box<dyn Read + Send>, settings: &Settings) -> Result<Counted> {
    let tee = Arc::new(Mutex::new(Tee { reader, counter: Counter::new() }));
    let records = records(SourceSpec::Reader(Box::new(Shared(Arc::clone(&tee)))), settings)?;
    // The job reads as far as there are records.
    io::copy(&mut Shared(Arc::clone(&tee)), &mut io::sink()).map_err(|e| Error::io("read", "-", e))?;
    Ok(Counted { text: lock(&tee).counter.counts(), records: Some(records) })
}

/// Counts what is read through it.
struct Tee {
    reader: Box<dyn Read + Send>,
    counter: Counter,
}

struct Shared(Arc<Mutex<Tee>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tee = lock(&self.0);
        let count = tee.reader.read(buffer)?;
        tee.counter.feed(&buffer[..count]);
        Ok(count)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Lines, words, characters and bytes.
fn text(source: SourceSpec, settings: &Settings) -> Result<Counts> {
    let source = open_source(source, settings)?;
    match source.bytes {
        Bytes::Mapped(map) => Ok(mapped(&map, settings.workers)),
        Bytes::Stream(stream) => streamed(stream, &source.path),
    }
}

fn streamed(mut stream: Stream, path: &Path) -> Result<Counts> {
    let mut counter = Counter::new();
    let mut window = Vec::new();
    while !stream.ended() {
        window.clear();
        stream.read_to(&mut window, STEP).map_err(|e| Error::io("read", PathBuf::from(path), e))?;
        counter.feed(&window);
    }
    Ok(counter.counts())
}

/// Workers claim pieces and count them alone; what they found is joined in the order of the pieces.
fn mapped(map: &Map, workers: usize) -> Counts {
    let claims = map.bytes().len().div_ceil(CLAIM);
    let all = || thread::available_parallelism().map_or(1, usize::from);
    let workers = if workers == 0 { all() } else { workers }.min(claims);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Relaxed);
            if index >= claims {
                return found;
            }
            found.push((index, claim(map, index)));
        }
    };
    let mut found = thread::scope(|scope| {
        let helpers: Vec<_> =
            (1..workers).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut found = work();
        for helper in helpers {
            // A helper that panicked has ended the program, or passes its panic on here.
            found.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        found
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    let mut total = SliceCount::default();
    found.iter().for_each(|(_, count)| total.merge(count));
    total.counts
}

/// Counts one claim in steps, and gives its pages back.
fn claim(map: &Map, index: usize) -> SliceCount {
    let range =
        |size: usize, index: usize| boundary(map.bytes(), size * index)..boundary(map.bytes(), size * (index + 1));
    let mut total = SliceCount::default();
    let steps = CLAIM / STEP;
    for step in index * steps..(index + 1) * steps {
        let step: Range<usize> = range(STEP, step);
        total.merge(&count_slice(&map.bytes()[step.clone()]));
        map.release(step);
    }
    map.release_tables(range(CLAIM, index));
    total
}

/// The first place from `at` on where no character can lie across.
fn boundary(bytes: &[u8], at: usize) -> usize {
    if at == 0 || at >= bytes.len() {
        return at.min(bytes.len());
    }
    let near = &bytes[at..bytes.len().min(at + LONGEST)];
    at + near.iter().position(|byte| byte & 0xc0 != 0x80).unwrap_or(near.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

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
    fn boundaries_are_near_and_between_characters() {
        let bytes = "aä上".as_bytes();
        let expected = [0, 1, 3, 3, 6, 6, 6, 6];
        assert_eq!((0..8).map(|at| boundary(bytes, at)).collect::<Vec<_>>(), expected);
        assert_eq!(boundary(&[0xbf; 100], 10), 10 + LONGEST);
    }

    #[test]
    fn streams_are_counted() {
        let reader = || SourceSpec::Reader(Box::new(&b"one two\nthr\xc3\xa9e\n"[..]));
        let expected = Counts { lines: 2, words: 3, chars: 14, bytes: 15 };
        assert_eq!(count(reader(), &Settings::default()).unwrap(), Counted { text: expected, records: None });
    }
}
