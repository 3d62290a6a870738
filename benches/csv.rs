//! CSV by hypothesis: cutting, finding separators, decoding, writing CSV and NDJSON, each beside its roofline
//! (newlines counted with memchr, memcpy).
//!
//! `PAGEMILL_KERNEL` chooses the kernel.

mod support;

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use pagemill::format::{self, Chosen, Detail, Format, Given, Options, Shape, Types, Want};
use pagemill::memory::Arena;
use pagemill::record::Schema;
use pagemill::scan::csv::{Marks, Separators};

use support::{convert, mixed, open, rooflines, slices};

const SIZE: usize = 4 << 20;

/// A header of `columns` names and records made by `record` up to [`SIZE`] bytes.
fn csv(columns: usize, mut record: impl FnMut(u64, &mut String)) -> Vec<u8> {
    let mut text: String = (0..columns).map(|n| format!("column_{n},")).collect();
    text.pop();
    text.push('\n');
    let mut number = 0;
    while text.len() < SIZE {
        number += 1;
        record(number, &mut text);
        text.push('\n');
    }
    text.into_bytes()
}

/// `count` fields with commas between.
fn fields(text: &mut String, count: u64, mut field: impl FnMut(u64) -> String) {
    for n in 0..count {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&field(n));
    }
}

fn hypotheses() -> Vec<(&'static str, Vec<u8>)> {
    let number = |n: u64| format!("{}.{:02}", mixed(n) % 1000, mixed(n) % 97);
    let words = ["delivery", "of", "a", "station", "window ", "quoted", "it", "garden"];
    let word = |n: u64| words[mixed(n) as usize % words.len()];
    let foreign = ["Ελλάδα", "Москва", "東京都", "smörgåsbord", "مرحبا", "😀🚕", "नमस्ते", "Łódź"];
    vec![
        ("numeric", csv(16, |r, t| fields(t, 16, |f| number(r * 16 + f)))),
        ("quoted", csv(8, |r, t| fields(t, 8, |f| format!("\"{} {}\"", word(r + f), word(r * f))))),
        ("quoted_short", csv(16, |r, t| fields(t, 16, |f| format!("\"{}\"", mixed(r + f) % 10)))),
        ("doubled_quotes", csv(8, |r, t| fields(t, 8, |f| format!("\"{} \"\"{}\"\"\"", word(r + f), word(r * f))))),
        ("newlines", csv(8, |r, t| fields(t, 8, |f| format!("\"{}\n{}, {}\"", word(r), word(r + f), word(r * f))))),
        ("wide", csv(1000, |r, t| fields(t, 1000, |f| number(r + f)))),
        ("narrow", csv(1, |r, t| t.push_str(&number(r)))),
        ("tiny_fields", csv(16, |r, t| fields(t, 16, |f| (mixed(r + f) % 10).to_string()))),
        ("long_fields", csv(4, |r, t| fields(t, 4, |f| (0..300).map(|n| word(r + f + n)).collect()))),
        ("utf8", csv(8, |r, t| fields(t, 8, |f| foreign[mixed(r * 8 + f) as usize % foreign.len()].to_owned()))),
    ]
}

fn want(schema: &Schema, select: Option<&[usize]>, utf8: bool) -> Want {
    let select = select.map(|columns| columns.iter().map(|&n| schema.name(n).into()).collect());
    Want {
        select,
        chosen: Chosen::default(),
        utf8,
        replace_invalid_utf8: false,
        detail: Detail::Fields,
        types: Types::Auto,
        untyped: false,
        typed: false,
        copied: false,
    }
}

fn separators(text: &[u8]) -> usize {
    let mut scan = Separators::new(Marks { delimiter: b',', quote: Some(b'"') }, false);
    scan.restart(0);
    std::iter::from_fn(|| scan.next(text)).count()
}

fn reading(group: &mut BenchmarkGroup<'_, WallTime>, text: &[u8]) {
    let source = open(Format::Csv, text);
    let schema = source.schema().expect("CSV has columns").clone();
    let slices = slices(&*source, text);
    let mut arena = Arena::new(1 << 20, 1 << 24);
    group.bench_function("cut", |b| b.iter(|| support::slices(&*source, black_box(text)).len()));
    group.bench_function("separators", |b| b.iter(|| separators(black_box(text))));
    let mut decoder = source.decoder(&want(&schema, None, true));
    group.bench_function("decode", |b| b.iter(|| convert(&slices, &mut *decoder, Some(&schema), &mut arena, None)));
    let first = Schema::new([schema.name(0)]);
    let mut decoder = source.decoder(&want(&schema, Some(&[0]), false));
    group.bench_function("decode_first_column", |b| {
        b.iter(|| convert(&slices, &mut *decoder, Some(&first), &mut arena, None))
    });
}

fn writing(group: &mut BenchmarkGroup<'_, WallTime>, text: &[u8]) {
    let source = open(Format::Csv, text);
    let schema = source.schema().expect("CSV has columns").clone();
    let slices = slices(&*source, text);
    let (mut arena, mut buffer) = (Arena::new(1 << 20, 1 << 24), vec![0; 1 << 20]);
    for to in [Format::Csv, Format::Ndjson] {
        let (options, shape) = (Options::default(), Shape::Columns(schema.clone()));
        let target = format::create(to, &options, Given::new(&shape, Format::Csv.gives(&options))).expect("a target");
        let want = Want { typed: to == Format::Ndjson, ..want(&schema, None, to.needs_utf8()) };
        let (mut decoder, mut encoder) = (source.decoder(&want), target.encoder());
        group.bench_function(format!("decode_encode_{to}"), |b| {
            b.iter(|| convert(&slices, &mut *decoder, Some(&schema), &mut arena, Some((&mut *encoder, &mut buffer))))
        });
    }
}

fn all(criterion: &mut Criterion) {
    for (name, text) in hypotheses() {
        let mut group = criterion.benchmark_group(format!("csv_{name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        rooflines(&mut group, &text);
        reading(&mut group, &text);
        writing(&mut group, &text);
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    targets = all
}
criterion_main!(benches);
