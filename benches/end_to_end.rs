//! Whole jobs, from a file in the page cache to nowhere, with one worker and with two, beside the roofline of their
//! input: newlines counted with memchr, and memcpy.
//!
//! Inputs are the sample data of the library; `PAGEMILL_BENCH_SIZE` is their size in bytes (default 16 MiB).

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagemill::format::{Format, Options};
use pagemill::job::{Job, Settings, SourceSpec, TargetSpec, count};
use pagemill::op::{ChangeCase, Fields, Op, Reverse};
use pagemill::sample::{Amount, LAYOUT, Sample};

const SIZE: u64 = 16 << 20;

/// The pairs that are measured.
const PAIRS: [(Format, Format); 17] = [
    (Format::Csv, Format::Csv),
    (Format::Csv, Format::Ndjson),
    (Format::Csv, Format::Tsv),
    (Format::Csv, Format::Json),
    (Format::Csv, Format::Frames),
    (Format::Tsv, Format::Csv),
    (Format::Ndjson, Format::Csv),
    (Format::Ndjson, Format::Json),
    (Format::Ndjson, Format::Frames),
    (Format::Json, Format::Ndjson),
    (Format::Json, Format::Csv),
    (Format::Text, Format::Ndjson),
    (Format::Text, Format::Frames),
    (Format::Fixed, Format::Csv),
    (Format::Fixed, Format::Ndjson),
    (Format::Frames, Format::Ndjson),
    (Format::Frames, Format::Csv),
];

struct Inputs {
    folder: tempfile::TempDir,
    size: u64,
}

impl Inputs {
    fn new() -> Inputs {
        let size = std::env::var("PAGEMILL_BENCH_SIZE").ok().and_then(|size| size.parse().ok()).unwrap_or(SIZE);
        Inputs { folder: tempfile::tempdir().expect("a folder for the inputs"), size }
    }

    /// The input of a format; made when it is first asked for.
    fn path(&self, format: Format) -> PathBuf {
        let path = self.folder.path().join(format.name());
        if !path.exists() {
            let sample = Sample { format, options: options(), seed: 1, amount: Amount::Bytes(self.size), workers: 0 };
            let mut file = fs::File::create(&path).expect("an input can be made");
            sample.write(&mut file).expect("sample data is written");
        }
        path
    }
}

fn options() -> Options {
    Options::default().with(|own| own.layout = Some(LAYOUT.to_owned()))
}

fn settings(from: Format, to: Format, workers: usize) -> Settings {
    Settings::default().with(|own| {
        own.from = Some(from);
        own.to = Some(to);
        own.workers = workers;
        own.options = options();
    })
}

/// Runs a job to nowhere; the bytes that it wrote.
fn run(source: &Path, settings: &Settings) -> u64 {
    let source = SourceSpec::Path(source.to_path_buf());
    let job = Job::new(source, TargetSpec::writer(std::io::sink())).with(|own| *own = settings.clone());
    job.run().expect("the sample data is good").bytes_out
}

fn measure(criterion: &mut Criterion, name: &str, path: &Path, settings: impl Fn(usize) -> Settings) {
    let mut group = criterion.benchmark_group(format!("end_to_end_{name}"));
    group.throughput(Throughput::Bytes(fs::metadata(path).expect("the input is there").len()));
    for workers in [1, 2] {
        let settings = settings(workers);
        group.bench_function(format!("{workers}_workers"), |b| b.iter(|| run(black_box(path), &settings)));
    }
    group.finish();
}

fn rooflines(criterion: &mut Criterion, inputs: &Inputs) {
    let others = [Format::Fwf, Format::Protobuf, Format::Parquet, Format::Arrow, Format::ArrowStream];
    for format in Format::ALL.into_iter().filter(|format| !others.contains(format)) {
        let text = fs::read(inputs.path(format)).expect("the input is there");
        let mut group = criterion.benchmark_group(format!("end_to_end_roofline_{format}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut copy = vec![0; text.len()];
        group.bench_function("memcpy", |b| b.iter(|| black_box(&mut copy).copy_from_slice(black_box(&text))));
        group.bench_function("newlines", |b| b.iter(|| memchr::memchr_iter(b'\n', black_box(&text)).count()));
        group.finish();
    }
}

fn ops(criterion: &mut Criterion, inputs: &Inputs) {
    let all: [Arc<dyn Op>; 2] =
        [Arc::new(ChangeCase::upper(Fields::all())), Arc::new(Reverse::clusters(Fields::all()))];
    let path = inputs.path(Format::Text);
    for op in all {
        measure(criterion, &format!("text_{}", op.name()), &path, |workers| {
            settings(Format::Text, Format::Text, workers).with(|own| own.ops = vec![op.clone()])
        });
    }
}

fn selects(criterion: &mut Criterion, inputs: &Inputs) {
    for (from, fields) in [(Format::Csv, ["id", "price", "name"]), (Format::Ndjson, ["id", "name", "address.city"])] {
        measure(criterion, &format!("{from}_select"), &inputs.path(from), |workers| {
            settings(from, Format::Csv, workers).with(|own| own.select = fields.map(str::to_owned).to_vec())
        });
    }
}

fn counts(criterion: &mut Criterion, inputs: &Inputs) {
    let path = inputs.path(Format::Text);
    let mut group = criterion.benchmark_group("end_to_end_count");
    group.throughput(Throughput::Bytes(fs::metadata(&path).expect("the input is there").len()));
    for workers in [1, 2] {
        let settings = Settings::default().with(|own| own.workers = workers);
        group.bench_function(format!("{workers}_workers"), |b| {
            b.iter(|| count(SourceSpec::Path(path.clone()), &settings).expect("text can be counted"))
        });
    }
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let inputs = Inputs::new();
    rooflines(criterion, &inputs);
    for (from, to) in PAIRS {
        measure(criterion, &format!("{from}_{to}"), &inputs.path(from), |workers| settings(from, to, workers));
    }
    selects(criterion, &inputs);
    ops(criterion, &inputs);
    counts(criterion, &inputs);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
