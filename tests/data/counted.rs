//! Ops that drop records: those that stay keep their numbers, by every path. And what a job counts while it runs.

use std::path::Path;
use std::sync::{Arc, Mutex};

use pagemill::audit::CountingAllocator;
use pagemill::job::{Io, MaxErrors, OnError};
use pagemill::metrics::{Allocated, Metrics, Progress, Report};
use pagemill::op::{ChangeCase, Fields, Op};
use pagemill::record::Batch;
use pagemill::{Error, Format, Job, SourceSpec, TargetSpec};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Drops the records that say so.
struct Keep;

/// Refuses the records that say so.
struct Refuse;

/// Builds every batch anew.
struct Rebuild;

impl Op for Keep {
    fn name(&self) -> &str {
        "keep"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        batch.retain(|record| !says(record.source(), "drop"));
    }
}

impl Op for Refuse {
    fn name(&self) -> &str {
        "refuse"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        for record in 0..batch.len() {
            if says(batch.source(record), "refuse") {
                batch.reject(record, "refused");
            }
        }
    }
}

impl Op for Rebuild {
    fn name(&self) -> &str {
        "rebuild"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        let mut out = batch.rebuild();
        for record in 0..batch.len() {
            let span = batch.span(record);
            if batch.schema().is_some() {
                let values = batch.columns(record);
                out.push_row(values.len(), span.start).unwrap().copy_from_slice(values);
            } else {
                out.push_tree(b"", batch.tree(record), span.start).unwrap();
            }
            out.end_record(span.start, span.end).unwrap();
        }
        *batch = out;
    }
}

fn says(record: &[u8], word: &str) -> bool {
    record.windows(word.len()).any(|part| part == word.as_bytes())
}

/// What becomes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Good,
    Dropped,
    /// An op refuses it.
    Refused,
    /// It can't be decoded, or not be encoded.
    Bad,
}

fn fate(number: usize) -> Fate {
    match number {
        n if n % 11 == 10 => Fate::Bad,
        n if n % 7 == 6 => Fate::Refused,
        n if n % 3 == 1 || (40..90).contains(&n) => Fate::Dropped,
        _ => Fate::Good,
    }
}

/// A format, how its records look, and what good ones become.
struct Family {
    name: &'static str,
    from: Format,
    to: Format,
    /// What comes before the records, of the source and of the target.
    heads: [&'static str; 2],
    record: fn(usize, &str) -> String,
    bad: fn(usize) -> String,
    becomes: fn(usize) -> String,
}

fn csv(number: usize, word: &str) -> String {
    format!("{number},\"{word}\"\n")
}

fn json(number: usize, word: &str) -> String {
    // Records have the keys of the one before, or others.
    match number % 4 {
        3 => format!("{{\"word\":\"{word}\",\"id\":{number}}}\n"),
        _ => format!("{{\"id\":{number},\"word\":\"{word}\"}}\n"),
    }
}

fn upper_json(number: usize) -> String {
    json(number, "FINE")
}

const FAMILIES: [Family; 6] = [
    Family {
        name: "columns to lines of JSON",
        from: Format::Csv,
        to: Format::Ndjson,
        heads: ["id,word\n", ""],
        record: csv,
        bad: |number| format!("{number},a,b\n"),
        becomes: |number| format!("{{\"id\":{number},\"word\":\"FINE\"}}\n"),
    },
    Family {
        name: "columns to columns",
        from: Format::Csv,
        to: Format::Csv,
        heads: ["id,word\n", "id,word\n"],
        record: csv,
        bad: |number| format!("{number}\n"),
        becomes: |number| format!("{number},FINE\n"),
    },
    Family {
        name: "trees to trees",
        from: Format::Ndjson,
        to: Format::Ndjson,
        heads: ["", ""],
        record: json,
        bad: |number| format!("{{\"id\":{number},}}\n"),
        becomes: upper_json,
    },
    Family {
        name: "trees to columns",
        from: Format::Ndjson,
        to: Format::Csv,
        heads: ["", "id,word\n"],
        record: json,
        bad: |number| format!("{{\"id\":{number},\"word\":fals}}\n"),
        becomes: |number| format!("{number},FINE\n"),
    },
    Family {
        name: "lines to lines",
        from: Format::Text,
        to: Format::Text,
        heads: ["", ""],
        record: |number, word| format!("{word} {number}\r\n"),
        // The zero becomes a byte that is no UTF-8.
        bad: |number| format!("\u{0} {number}\n"),
        becomes: |number| format!("FINE {number}\r\n"),
    },
    Family {
        name: "lines to JSON",
        from: Format::Text,
        to: Format::Ndjson,
        heads: ["", ""],
        record: |number, word| format!("{word} {number}\n"),
        bad: |number| format!("\u{0} {number}\n"),
        becomes: |number| format!("{{\"line\":\"FINE {number}\"}}\n"),
    },
];

const RECORDS: usize = 200;

impl Family {
    fn word(&self, number: usize) -> &'static str {
        match fate(number) {
            Fate::Dropped => "drop",
            Fate::Refused => "refuse",
            _ => "fine",
        }
    }

    fn one(&self, number: usize) -> Vec<u8> {
        match fate(number) {
            Fate::Bad => {
                let mut bytes = (self.bad)(number).into_bytes();
                bytes.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = 0xff);
                bytes
            }
            _ => (self.record)(number, self.word(number)).into_bytes(),
        }
    }

    fn source(&self) -> Vec<u8> {
        let mut source = self.heads[0].as_bytes().to_vec();
        (0..RECORDS).for_each(|number| source.extend(self.one(number)));
        source
    }

    fn expected(&self) -> String {
        let good = (0..RECORDS).filter(|number| fate(*number) == Fate::Good).map(self.becomes);
        self.heads[1].to_owned() + &good.collect::<String>()
    }

    /// A job with ops that drop before an error and after it.
    fn job(&self, source: &Path, target: TargetSpec, way: Way) -> Job {
        let job = Job::new(source, target).from(self.from).to(self.to).io(way.io);
        let job = job.workers(way.workers).slice_size(way.slice).max_record_size(1 << 20);
        let upper = || ChangeCase::upper(Fields::all());
        match way.order {
            Order::DropFirst => job.op(Keep).op(Refuse).op(upper()),
            Order::DropLast => job.op(upper()).op(Refuse).op(Keep),
            Order::Rebuilt => job.op(Keep).op(Rebuild).op(Refuse).op(Keep).op(upper()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Order {
    DropFirst,
    DropLast,
    /// The batch is built anew between dropping and refusing.
    Rebuilt,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    io: Io,
    workers: usize,
    slice: usize,
    order: Order,
}

fn ways() -> impl Iterator<Item = Way> {
    let orders = [Order::DropFirst, Order::DropLast, Order::Rebuilt];
    let sizes = [(1, 0), (2, 100), (7, 1), (2, 1000)];
    orders.into_iter().flat_map(move |order| {
        sizes.into_iter().enumerate().map(move |(n, (workers, slice))| {
            let io = if n % 2 == 0 { Io::Auto } else { Io::Read };
            Way { io, workers, slice, order }
        })
    })
}

/// The numbers, from 1, of the records whose fate is one of these.
fn numbers(fates: &[Fate]) -> Vec<u64> {
    (0..RECORDS).filter(|number| fates.contains(&fate(*number))).map(|number| number as u64 + 1).collect()
}

fn check_counts(report: &Report, sources: u64, what: &str) {
    let count = |fates: &[Fate]| numbers(fates).len() as u64 * sources;
    assert_eq!(report.records_in, RECORDS as u64 * sources, "{what}");
    assert_eq!(report.records_filtered, count(&[Fate::Dropped]), "{what}");
    assert_eq!(report.records_failed, count(&[Fate::Bad, Fate::Refused]), "{what}");
    assert_eq!(report.records_out, count(&[Fate::Good]), "{what}");
}

#[test]
fn bad_records_are_left_out_by_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for family in FAMILIES {
        let (source, kept) = (folder.path().join("source"), folder.path().join("bad"));
        std::fs::write(&source, family.source()).unwrap();
        for way in ways() {
            let what = format!("{} {way:?}", family.name);
            let report = family.job(&source, TargetSpec::Memory, way).on_error(OnError::Skip).run().unwrap();
            assert_eq!(String::from_utf8_lossy(&report.output), family.expected(), "{what}");
            check_counts(&report, 1, &what);
            let job = family.job(&source, TargetSpec::Memory, way).on_error(OnError::Quarantine).quarantine(&kept);
            let report = job.force(true).run().unwrap();
            assert_eq!(String::from_utf8_lossy(&report.output), family.expected(), "{what}");
            let lines = std::fs::read_to_string(&kept).unwrap();
            let lines: Vec<serde_json::Value> = lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .filter(|v: &serde_json::Value| v["record"].is_u64())
                .collect();
            let found: Vec<u64> = lines.iter().filter_map(|line| line["record"].as_u64()).collect();
            assert_eq!(found, numbers(&[Fate::Bad, Fate::Refused]), "{what}");
            let text = family.source();
            for line in &lines {
                let [number, start, end] = ["record", "start", "end"].map(|key| line[key].as_u64().unwrap() as usize);
                assert_eq!(text[start..end].trim_ascii_end(), family.one(number - 1).trim_ascii_end(), "{what}");
            }
        }
    }
}

#[test]
fn the_first_error_names_the_right_record() {
    let folder = tempfile::tempdir().unwrap();
    for family in FAMILIES {
        let source = folder.path().join("source");
        std::fs::write(&source, family.source()).unwrap();
        let bad = numbers(&[Fate::Bad, Fate::Refused]);
        for way in ways() {
            let what = format!("{} {way:?}", family.name);
            let job = || family.job(&source, TargetSpec::Memory, way);
            let error = job().run().unwrap_err();
            assert_eq!(record_of(&error), bad[0], "{what}: {error}");
            // One bad record more than there may be.
            let error = job().on_error(OnError::Skip).max_errors(MaxErrors::Records(20)).run().unwrap_err();
            assert_eq!(record_of(&error), bad[20], "{what}: {error}");
            // Dropped records are among those of which a share may be bad.
            let most = (bad.len() * 1_000_000).div_ceil(RECORDS) as u32;
            job().on_error(OnError::Skip).max_errors(MaxErrors::PerMillion(most)).run().unwrap();
            let few = MaxErrors::PerMillion(most - 1_000);
            let error = job().on_error(OnError::Skip).max_errors(few).run().unwrap_err();
            assert_eq!(record_of(&error), bad[bad.len() - 1], "{what}: {error}");
        }
    }
}

fn record_of(error: &Error) -> u64 {
    error.position().map_or(0, |position| position.record)
}

#[test]
fn many_sources_add_up() {
    let folder = tempfile::tempdir().unwrap();
    for family in FAMILIES {
        for (workers, slice) in [(1, 0), (2, 50)] {
            let what = format!("{} {workers} {slice}", family.name);
            let paths: Vec<_> = ["a", "b", "c"].map(|name| folder.path().join(name)).into();
            paths.iter().for_each(|path| std::fs::write(path, family.source()).unwrap());
            let job = Job::many(paths.iter().map(|path| SourceSpec::Path(path.clone())), TargetSpec::Memory);
            let report = job
                .with(|settings| {
                    (settings.from, settings.to) = (Some(family.from), Some(family.to));
                    (settings.workers, settings.slice_size, settings.on_error) = (workers, slice, OnError::Skip);
                    settings.ops = vec![Arc::new(Keep), Arc::new(Refuse)];
                    settings.ops.push(Arc::new(ChangeCase::upper(Fields::all())));
                })
                .run()
                .unwrap();
            check_counts(&report, 3, &what);
            let one = family.expected();
            let records = &one[family.heads[1].len()..];
            let expected = format!("{}{}", family.heads[1], records.repeat(3));
            assert_eq!(String::from_utf8_lossy(&report.output), expected, "{what}");
            let filtered: u64 = report.files.iter().map(|file| file.records_filtered).sum();
            assert_eq!(filtered, report.records_filtered, "{what}");
        }
    }
}

/// All records of a batch, of a source, or none of them.
#[test]
fn all_or_none() {
    let keep = |text: &str, to| {
        let job = Job::new(SourceSpec::bytes(text), TargetSpec::Memory).from(Format::Ndjson).to(to).op(Keep);
        let report = job.run().unwrap();
        (String::from_utf8(report.output).unwrap(), report.records_filtered)
    };
    let dropped = "{\"id\":1,\"word\":\"drop\"}\n".repeat(5_000);
    assert_eq!(keep(&dropped, Format::Ndjson), (String::new(), 5_000));
    assert_eq!(keep(&dropped, Format::Json), ("[]\n".to_owned(), 5_000));
    let rest = "{\"id\":2,\"word\":\"fine\"}\n";
    assert_eq!(keep(&(dropped.clone() + rest), Format::Csv), ("id,word\n2,fine\n".to_owned(), 5_000));
    assert_eq!(keep(&rest.repeat(5_000), Format::Ndjson), (rest.repeat(5_000), 0));
}

#[test]
fn dropping_takes_nothing_from_the_heap() {
    let records: String =
        (0..60_000).map(|number| json(number, if number % 3 == 0 { "drop" } else { "fine" })).collect();
    let source = format!("id,word\n{}", (0..60_000).map(|n| csv(n, ["fine", "drop"][n % 2])).collect::<String>());
    for (from, text) in [(Format::Ndjson, records.clone()), (Format::Csv, source), (Format::Text, records)] {
        for to in [Format::Ndjson, Format::Csv] {
            let (source, target) = (SourceSpec::bytes(text.clone()), TargetSpec::Writer(Box::new(std::io::sink())));
            let job = Job::new(source, target).from(from).to(to).workers(2).slice_size(32 << 10);
            let report = job.op(Keep).op(ChangeCase::upper(Fields::all())).op(Keep).run().unwrap();
            assert!(report.records_filtered >= 20_000, "{from} to {to}");
            assert_eq!(report.allocations.steady, Allocated::default(), "{from} to {to}: {:?}", report.stages);
        }
    }
}

/// Looks at what was counted for each batch.
struct Watch {
    progress: Progress,
    seen: Arc<Mutex<Vec<Metrics>>>,
}

impl Op for Watch {
    fn name(&self) -> &str {
        "watch"
    }

    fn apply(&self, _: &mut Batch<'_>) {
        self.seen.lock().unwrap().extend(self.progress.metrics());
    }
}

#[test]
fn a_snapshot_at_any_moment_of_many_sources() {
    let folder = tempfile::tempdir().unwrap();
    let family = &FAMILIES[0];
    let paths = ["a", "b", "c"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| std::fs::write(path, family.source()).unwrap());
    let (progress, seen) = (Progress::new(), Arc::new(Mutex::new(Vec::new())));
    assert!(progress.metrics().is_none());
    let job = Job::many(paths.clone().map(SourceSpec::Path), TargetSpec::Memory).with(|settings| {
        (settings.from, settings.to) = (Some(family.from), Some(family.to));
        (settings.workers, settings.slice_size, settings.on_error) = (2, 100, OnError::Skip);
        settings.progress = Some(progress.clone());
        settings.ops = vec![Arc::new(Keep), Arc::new(Watch { progress: progress.clone(), seen: seen.clone() })];
    });
    let report = job.run().unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert!(seen.len() > 100);
    for (before, now) in seen.iter().zip(&seen[1..]) {
        assert!(now.sources_done >= before.sources_done && now.sources_done < 3);
    }
    for now in &seen {
        assert!(now.workers.converting >= 1 && now.pool.used >= 1, "{now:?}");
        assert!(now.records_read <= 3 * RECORDS as u64 && now.slices_committed <= now.slices_claimed, "{now:?}");
        assert_eq!(now.input_size_bytes, Some(family.source().len() as u64));
    }
    let last = progress.metrics().unwrap();
    assert_eq!((last.sources_done, last.records_read, last.read_bytes), (3, report.records_in, report.bytes_in));
    assert_eq!((last.records_written, last.written_bytes), (report.records_out, report.bytes_out));
    assert_eq!((last.records_bad, last.records_filtered), (report.records_failed, report.records_filtered));
    assert_eq!((last.record_latency.count(), last.slices_committed), (report.records_in, last.slices_claimed));
    assert_eq!(last.slices_processed, last.slices_claimed);
}
