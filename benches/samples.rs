//! Samples as they are made, and frames and fixed records that are cut, decoded and encoded into their own format.

mod support;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pagemill::format::frames::{Payload, Prefix};
use pagemill::format::{self, Chosen, Detail, Format, Given, Opening, Options, Shape, Types, Want};
use pagemill::memory::Arena;
use pagemill::sample::{Amount, LAYOUT, Sample};

const SIZE: u64 = 8 << 20;

fn options(payload: Payload) -> Options {
    Options::default().with(|own| {
        own.payload = payload;
        own.frame = Prefix::Varint;
        own.layout = Some(LAYOUT.to_owned());
    })
}

fn frames() -> [(Format, Options); 3] {
    [Payload::Bytes, Payload::Text, Payload::Json].map(|payload| (Format::Frames, options(payload)))
}

fn name(format: Format, options: &Options) -> String {
    if format == Format::Frames { format!("{format}_{}", options.payload) } else { format.to_string() }
}

fn sample(format: Format, options: &Options, workers: usize) -> Sample {
    Sample { format, options: options.clone(), seed: 1, amount: Amount::Bytes(SIZE), workers }
}

fn made(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("made");
    group.throughput(Throughput::Bytes(SIZE));
    let without = [Format::Frames, Format::Fwf, Format::Protobuf, Format::Parquet, Format::Arrow, Format::ArrowStream];
    let others = Format::ALL.into_iter().filter(|format| !without.contains(format));
    for (format, options) in others.map(|format| (format, options(Payload::Text))).chain(frames()) {
        for workers in [1, 2] {
            let sample = sample(format, &options, workers);
            let id = BenchmarkId::new(name(format, &options), workers);
            group.bench_function(id, |b| b.iter(|| sample.write(&mut std::io::sink()).expect("a sample").bytes));
        }
    }
}

fn read(criterion: &mut Criterion) {
    let want = Want {
        chosen: Chosen::default(),
        select: None,
        utf8: false,
        replace_invalid_utf8: false,
        detail: Detail::All,
        types: Types::Auto,
        untyped: false,
        typed: false,
        copied: false,
    };
    for (format, options) in frames().into_iter().chain([(Format::Fixed, options(Payload::Text))]) {
        let mut data = Vec::new();
        sample(format, &options, 0).write(&mut data).expect("a sample");
        let Ok(Opening::Ready(source)) = format::open(format, &options, &data, true) else {
            panic!("the beginning can't be read")
        };
        let shape = source.schema().map_or(Shape::Keyed, |schema| Shape::Columns(schema.clone()));
        let target = format::create(format, &options, Given::new(&shape, format.gives(&options))).expect("a target");
        let (mut decoder, mut encoder) = (source.decoder(&want), target.encoder());
        let (mut arena, mut buffer) = (Arena::new(1 << 20, 8 << 20), vec![0; 1 << 20]);
        let slices = support::slices(&*source, &data);
        let mut group = criterion.benchmark_group(name(format, &options));
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function("cut", |b| b.iter(|| support::slices(&*source, black_box(&data)).len()));
        group.bench_function("decode", |b| {
            b.iter(|| support::convert(&slices, &mut *decoder, source.schema(), &mut arena, None))
        });
        group.bench_function("decode_encode", |b| {
            b.iter(|| {
                let encoder = &mut *encoder;
                support::convert(&slices, &mut *decoder, source.schema(), &mut arena, Some((encoder, &mut buffer)))
            })
        });
    }
}

criterion_group!(benches, made, read);
criterion_main!(benches);
