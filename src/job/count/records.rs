//! Counts records: by their separators where that is enough, else with a decoder.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use crate::error::Result;
use crate::flow::feed::Slice;
use crate::flow::feed::failed::FeedError;
use crate::flow::feed::gate::Gate;
use crate::flow::feed::room::Room;
use crate::flow::place::Place;
use crate::flow::totals::Totals;
use crate::fold::Fold;
use crate::fold::records::Records;
use crate::format::{Tallied, Tally};
use crate::job::count::counted::Counted;
use crate::job::opened::Opened;
use crate::job::pass::How;
use crate::job::run::{From, feed};
use crate::metrics::{Progress, Registry};
use crate::quarantine::Ledger;
use crate::record::Schema;
use crate::scan::lines::Lines;
use crate::sink::Target;
use crate::sys::Map;

/// Counts slice by slice, up to the first bad record. None if only a decoder can count them.
pub(crate) fn tally(opened: &mut Opened<'_>) -> Option<Result<Counted>> {
    let tallies = (0..opened.plan.workers).map(|_| opened.reading.tally()).collect::<Option<Vec<_>>>()?;
    Some(tally_by(tallies, opened))
}

fn tally_by(tallies: Vec<Box<dyn Tally>>, opened: &mut Opened<'_>) -> Result<Counted> {
    let (path, skipped) = (opened.source.path.clone(), opened.skipped_records());
    let (lines, first_line) = (opened.route.from.lines(), opened.first_line());
    let (plan, room) = (&opened.plan, Room::new(&opened.plan, &opened.budget));
    let bytes = opened.source.reach().bytes;
    let map = bytes.map();
    let begin = From { start: None, part: opened.part, records: opened.settings.skip.records };
    let feed = feed(bytes, take(&mut opened.head), &*opened.reading, plan, &room, begin)?;
    let size = map.map(|map| map.bytes().len() as u64);
    let pass = opened.settings.progress.as_ref().map(|progress| progress.begin(size));
    let feed = feed.in_lines(lines, first_line).controlled(opened.settings.stop.as_ref(), pass);
    let shared = Shared { feed: Gate::new(feed, plan, room), map, lines, sum: Mutex::new(Sum::default()) };
    thread::scope(|scope| {
        let shared = &shared;
        let mut tallies = tallies.into_iter();
        let own = tallies.next();
        let helpers: Vec<_> = tallies
            .map_while(|tally| thread::Builder::new().spawn_scoped(scope, move || shared.count(tally)).ok())
            .collect();
        own.into_iter().for_each(|tally| shared.count(tally));
        for helper in helpers {
            // A helper that panicked has ended the program, or passes its panic on here.
            helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    let sum = take(&mut *lock(&shared.sum));
    let bytes_in = shared.feed.into_inner().offset();
    match sum.failed {
        Some((error, place)) => {
            Err(opened.source.blame(opened.tell(error.at(&path, skipped + sum.records, place.0, place.1))))
        }
        None => {
            opened.source.unchanged()?;
            let bytes_in = opened.source.read_to(bytes_in);
            Ok(Counted { records: Some(sum.records), bytes_in, ..Counted::default() })
        }
    }
}

/// What the workers of a count share.
struct Shared<'s> {
    feed: Gate<'s>,
    map: Option<&'s Map>,
    /// What ends a line.
    lines: Option<Lines>,
    sum: Mutex<Sum>,
}

/// What the slices add up to, in their order.
#[derive(Default)]
struct Sum {
    /// The slice whose turn it is, and those that were done before their turn.
    next: u64,
    early: BTreeMap<u64, Early>,
    records: u64,
    /// Why there are no more slices, and where.
    failed: Option<(FeedError, (u64, u64))>,
}

/// What a slice has: the number of its records, or of those before the error that ends the count; and where it begins.
struct Early {
    found: std::result::Result<u64, Box<(u64, FeedError)>>,
    place: (u64, u64),
}

impl Sum {
    /// Adds a slice, and those that waited for it.
    fn add(&mut self, index: u64, slice: Early) {
        self.early.insert(index, slice);
        while let Some(Early { found, place }) = self.early.remove(&self.next).filter(|_| self.failed.is_none()) {
            self.next += 1;
            match found {
                Ok(records) => self.records += records,
                Err(failed) => {
                    let (before, error) = *failed;
                    self.records += before;
                    self.failed = Some((error, place));
                }
            }
        }
    }
}

impl Shared<'_> {
    /// Counts the records of a slice; if one is bad, those before it.
    fn tally(&self, tally: &mut dyn Tally, slice: &Slice<'_>) -> std::result::Result<u64, Box<(u64, FeedError)>> {
        let Tallied { records, first } = tally.records(slice.bytes());
        first.map_or(Ok(records), |(before, error)| {
            let place = Place::new(slice.bytes(), error.offset, self.lines, slice.line);
            Err(Box::new((before, FeedError::Cut(error, place))))
        })
    }

    /// Counts slices until there are no more.
    fn count(&self, mut tally: Box<dyn Tally>) {
        while lock(&self.sum).failed.is_none() {
            let Some((slice, cut)) = self.feed.next(None) else { break };
            let found = cut.map_err(|error| Box::new((0, error))).and_then(|()| self.tally(&mut *tally, &slice));
            // The count is void; the error is reported at the end.
            let void = self.map.is_some_and(|map| map.damage().is_some());
            lock(&self.sum).add(slice.index, Early { found, place: (slice.offset, slice.line) });
            self.feed.release(&slice);
            self.feed.done(slice, None, false);
            if void {
                break;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Counts by decoding: records are checked and delimited, but their values are only decoded if the run is strict. Bad
/// records are entered into the ledger.
pub(crate) fn decode(mut opened: Opened<'_>, ledger: &mut Ledger) -> Result<Counted> {
    opened.route.pass_through = None;
    // A strict run needs the values, to refuse what a conversion would refuse; others need those that decide.
    let decides = opened.settings.ops.iter().all(|op| op.only_drops());
    if opened.route.schema.is_some() && !opened.settings.strict && decides {
        let needed = opened.route.with_needed(&Schema::default());
        opened.route.want.select = Some(needed.names().map(Into::into).collect());
        opened.route.schema = Some(needed);
        opened.route.names = Some(Schema::default());
    }
    ledger.begin(&opened.source.path, || opened.head());
    let how = How {
        on_error: opened.settings.on_error,
        strict: opened.settings.strict,
        tries: false,
        ledger: Some(ledger),
        resumable: None,
    };
    let registry = opened.settings.progress.as_ref().map_or_else(Registry::new, Progress::job);
    let (run, records) = opened.fold_by(how, Records::default(), &Target::memory(), &registry);
    let run = run.map_err(|error| opened.source.blame(error))?;
    let Totals { records_failed: failed, bytes_failed, .. } = run.totals;
    Ok(Counted { records: Some(records.finish()), bytes_in: run.bytes_in, failed, bytes_failed, ..Counted::default() })
}

#[cfg(test)]
#[allow(clippy::duplicate_mod)] // The tests of CSV have the same oracle.
#[path = "../../../tests/support/quotes.rs"]
mod quotes;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::quotes::{Marks, first_record};
    use crate::format::Format;
    use crate::job::count::count_records;
    use crate::job::settings::Settings;
    use crate::job::spec::SourceSpec;

    /// What is counted by every path: the same, or an error.
    fn counts(data: &[u8], workers: usize) -> Option<u64> {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(data).unwrap();
        let settings = Settings { workers, from: Some(Format::Csv), ..Settings::default() };
        let mapped = count_records(file.path().into(), &settings).ok();
        let streamed = count_records(SourceSpec::bytes(data), &settings).ok();
        assert_eq!(mapped, streamed, "{:?}", shown(data));
        mapped
    }

    fn shown(data: &[u8]) -> String {
        String::from_utf8_lossy(&data[..data.len().min(500)]).into_owned()
    }

    /// The crate csv is the oracle: with a header, and any number of fields.
    fn agree(data: &[u8], workers: &[usize]) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(data);
        let expected = reader.byte_records().inspect(|record| assert!(record.is_ok())).count() as u64;
        for &workers in workers {
            assert_eq!(counts(data, workers), Some(expected), "{:?}", shown(data));
        }
    }

    /// The same for quotes that may be wrong.
    fn agree_on_wrong(data: &[u8], workers: usize) {
        let marks = Marks { delimiter: b',', quote: Some(b'"'), escape: None, comment: None };
        let (mut bad, mut at) = (Vec::new(), 0);
        while let Some((len, is_bad)) = first_record(&data[at..], &marks) {
            bad.push(is_bad);
            at += len;
        }
        // The header is none of the records.
        let expected = (!bad.contains(&true)).then_some(bad.len().saturating_sub(1) as u64);
        assert_eq!(counts(data, workers), expected, "{:?}", shown(data));
    }

    #[test]
    fn small_inputs() {
        let mut state = 17u64;
        let mut random = move |bound: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % bound
        };
        for round in 0..200 {
            let alphabet: &[u8] = if round % 2 == 0 { b"ab,\"\n\r" } else { b"abcdefghijklm,\n" };
            let data: Vec<u8> = (0..random(120)).map(|_| alphabet[random(alphabet.len())]).collect();
            agree_on_wrong(&data, 1);
        }
    }

    /// Records that are longer than slices, and quotes that are irregular.
    #[test]
    fn slices_of_all_kinds() {
        const SLICE: usize = 512 << 10;
        let rows = |len: usize| b"1,\"a\n\"\"b\"\"\",ragged\r\n\n2,x\n".repeat(len / 30);
        let far = [rows(SLICE / 2), b"3,\"".to_vec(), b"\n".repeat(SLICE), b"\"\n".to_vec(), rows(100)].concat();
        agree(&far, &[1, 3]);
        agree(&[&rows(SLICE + 1000)[..], b"4,5"].concat(), &[2]);
        agree_on_wrong(&[&rows(SLICE + 1000)[..], b"4,\"5\n"].concat(), 2);
        agree(&[&rows(SLICE + 1000)[..], b"4\"\n,5\"", &rows(5000)].concat(), &[2]);
    }

    /// Inputs of several claims, which are counted without being cut.
    #[test]
    fn claims_of_all_kinds() {
        const CLAIM: usize = crate::job::count::claims::CLAIM;
        let fill = |row: &[u8], len: usize| row.repeat(len / row.len() + 1);
        let rows = fill(b"1,\"a\n\"\"b\"\"\",ragged\r\n\r\n2,x\n", CLAIM / 4);
        // Regular whether it begins inside quotes or outside, with other records.
        let both = fill(b"a,\"\n,\"\n", 2 * CLAIM + 1000);
        for shift in 0..7 {
            agree(&[&b"h\n"[..], &b"x".repeat(shift), b"\n", &both].concat(), &[2]);
        }
        // Every kind of byte on both sides of the place where two claims meet.
        let near = b"1,\"\"\"a\n\",\"\"\r\n\r\n\n,b\n\"c\",\"d\"\"\"\n";
        for shift in 0..near.len() {
            let front = b"h\n".iter().chain(std::iter::repeat(&b'x')).take(CLAIM - shift - 1).copied();
            agree(&[front.collect(), b"\n".to_vec(), near.to_vec(), rows.clone()].concat(), &[2]);
        }
        // A quote that is irregular there, or far after it.
        let front = b"h\n".iter().chain(std::iter::repeat(&b'x')).take(CLAIM).copied().collect::<Vec<_>>();
        agree_on_wrong(&[&front[..], b"\"y\n\"z\n", &rows].concat(), 2);
        agree_on_wrong(&[&front[..], b"\n", &rows, b"y\"\n\"", &rows].concat(), 2);
        // A record over more than a claim; quotes that are not closed.
        agree(&[&rows[..], b"3,\"", &b"\n".repeat(2 * CLAIM), b"\"\n", &rows].concat(), &[3]);
        agree_on_wrong(&[&both[..], b"4,\"", &rows[..100]].concat(), 2);
    }
}
