//! JSON: stage 1, cutting, decoding, encoding, each beside its roofline.
//!
//! `PAGEMILL_BENCH_DATA` names a folder with `flat.mid.ndjson`, `nested.mid.ndjson`, `array.mid.json` and
//! `numeric.mid.csv` (any of them); without it, records are made up.

mod support;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagemill::format::{self, Chosen, Columns, Detail, Format, Given, Options, Shape, Types, UnknownKey, Want};
use pagemill::memory::Arena;
use pagemill::record::{Apart, Batch, Output, Schema, Value};
use pagemill::scan::json::{AHEAD, Positions};
use pagemill::scan::vector::Unit;

use support::{Nowhere, convert, mixed, open, rooflines, slices};

const SIZE: usize = 8 << 20;

fn load(name: &str, made_up: impl Fn(usize) -> String) -> Vec<u8> {
    let path = std::env::var_os("PAGEMILL_BENCH_DATA").map(|folder| std::path::Path::new(&folder).join(name));
    let mut text = match path.map(std::fs::read) {
        Some(Ok(text)) => text,
        _ => (0..SIZE / 100).map(made_up).collect::<String>().into_bytes(),
    };
    text.truncate(SIZE);
    text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1));
    text
}

fn flat() -> Vec<u8> {
    load("flat.mid.ndjson", |n| {
        format!(
            "{{\"id\":{n},\"vendor\":\"VTS\",\"pickup_at\":\"2019-06-07 16:45:49\",\"trip_km\":{}.79,\"lon\":-74.039461,\"zone\":\"Z{n}\",\"fare\":20.36}}\n",
            n % 30
        )
    })
}

fn nested() -> Vec<u8> {
    load("nested.mid.ndjson", |n| {
        format!(
            "{{\"id\":\"{n}\",\"type\":\"Issue\",\"actor\":{{\"id\":{n},\"login\":\"x{n}\",\"url\":\"https://example.com\"}},\"payload\":{{\"body\":\"\\u00e9 caf\u{e9}\",\"labels\":[{{\"id\":1}}]}},\"public\":true}}\n"
        )
    })
}

fn array() -> Vec<u8> {
    let mut text = b"[\n".to_vec();
    for line in flat().split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        text.extend_from_slice(line);
        text.extend_from_slice(b",\n");
    }
    text.truncate(text.len() - 2);
    text.extend_from_slice(b"\n]\n");
    text
}

fn want(detail: Detail, select: &[&str]) -> Want {
    let paths = select.iter().map(|path| path.as_bytes().into()).collect();
    let select = if select.is_empty() { None } else { Some(paths) };
    Want {
        select,
        chosen: Chosen::default(),
        utf8: true,
        replace_invalid_utf8: false,
        detail,
        types: Types::Auto,
        untyped: false,
        typed: false,
        copied: false,
    }
}

/// Lines of about [`SIZE`] bytes together.
fn lines(mut record: impl FnMut(u64) -> String) -> Vec<u8> {
    let mut text = Vec::with_capacity(SIZE + (1 << 20));
    let mut number = 0;
    while text.len() < SIZE {
        number += 1;
        text.extend_from_slice(record(number).as_bytes());
        text.push(b'\n');
    }
    text
}

/// A map of `count` fields with keys `k0`, `k1` and so on.
fn map(count: u64, value: impl Fn(u64) -> String) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!("\"k{n}\":{}", value(n))).collect();
    format!("{{{}}}", fields.join(","))
}

fn hypotheses() -> Vec<(&'static str, Vec<u8>)> {
    let number = |n: u64| format!("{}.{:02}", mixed(n) % 1000, mixed(n) % 97);
    let foreign = ["Ελλάδα", "Москва", "東京都", "smörgåsbord", "مرحبا", "😀🚕", "नमस्ते", "Łódź"];
    let shuffled = |r: u64| {
        let mut keys: Vec<u64> = (0..12).collect();
        keys.sort_by_key(|key| mixed(r * 12 + key));
        let fields: Vec<String> = keys.iter().map(|key| format!("\"k{key}\":{}", number(r + key))).collect();
        format!("{{{}}}", fields.join(","))
    };
    let deep = |r: u64| format!("{}{}{}", "{\"a\":[".repeat(100), number(r), "]}".repeat(100));
    vec![
        ("numeric", lines(|r| map(16, |f| number(r * 16 + f)))),
        ("strings", lines(|r| map(8, |f| format!("\"text {} of it\"", mixed(r + f) % 1000)))),
        ("escapes", lines(|r| map(8, |f| format!("\"a\\nb\\\"{}\\\"\\u00e9\\t\"", mixed(r + f) % 1000)))),
        ("wide", lines(|r| map(1000, |f| number(r + f)))),
        ("narrow", lines(|r| map(1, |_| number(r)))),
        ("tiny_values", lines(|r| map(16, |f| (mixed(r + f) % 10).to_string()))),
        (
            "long_strings",
            lines(|r| map(4, |f| format!("\"{}\"", "station of a garden ".repeat(60 + (r + f) as usize % 9)))),
        ),
        ("utf8", lines(|r| map(8, |f| format!("\"{}\"", foreign[mixed(r * 8 + f) as usize % foreign.len()])))),
        ("deep_nesting", lines(deep)),
        ("shuffled_keys", lines(shuffled)),
    ]
}

/// NDJSON by hypothesis: cutting, checking, taking apart, and writing CSV and NDJSON.
fn by_hypothesis(c: &mut Criterion) {
    let (mut arena, mut buffer) = (Arena::new(1 << 20, 1 << 26), vec![0; 4 << 20]);
    for (name, text) in hypotheses() {
        let mut group = c.benchmark_group(format!("ndjson_{name}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        rooflines(&mut group, &text);
        let source = open(Format::Ndjson, &text);
        let slices = slices(&*source, &text);
        group.bench_function("cut", |b| b.iter(|| support::slices(&*source, black_box(&text)).len()));
        for detail in [Detail::Record, Detail::Maps] {
            let mut decoder = source.decoder(&want(detail, &[]));
            group.bench_function(format!("decode_{detail:?}"), |b| {
                b.iter(|| convert(&slices, &mut *decoder, None, &mut arena, None))
            });
        }
        let keys = if name == "deep_nesting" { 0 } else { 1000 };
        let names = (0..keys).map(|n| format!("k{n}"));
        let schema = Schema::new(
            names.take_while(|name| memchr::memmem::find(&text, format!("\"{name}\":").as_bytes()).is_some()),
        );
        let columns = Columns { schema, unknown: UnknownKey::Count, apart: Apart::All, seen: None };
        for (to, detail, columns) in
            [(Format::Csv, Detail::Maps, Some(columns)), (Format::Ndjson, Detail::Record, None)]
        {
            let options = Options::default();
            let given = Given { columns, ..Given::new(&Shape::Keyed, Format::Ndjson.gives(&options)) };
            let target = format::create(to, &options, given).expect("a target");
            let (mut decoder, mut encoder) = (source.decoder(&want(detail, &[])), target.encoder());
            group.bench_function(format!("decode_encode_{to}"), |b| {
                b.iter(|| convert(&slices, &mut *decoder, None, &mut arena, Some((&mut *encoder, &mut buffer))))
            });
        }
        group.finish();
    }
}

fn stage_1(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_stage_1");
    for (name, text) in [("flat", flat()), ("nested", nested())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        for unit in Unit::available() {
            let mut positions = Positions::new(unit);
            group.bench_function(format!("{name}/{unit:?}"), |b| {
                b.iter(|| {
                    let (mut at, mut sum) = (positions.start(0, text.len(), true), 0);
                    loop {
                        at = positions.ensure(&text, at);
                        if positions.get(at) == text.len() {
                            return sum;
                        }
                        sum += positions.get(at);
                        at += AHEAD - 1;
                    }
                })
            });
        }
        group.bench_function(format!("{name}/roofline_utf8_check"), |b| {
            b.iter(|| simdutf8::basic::from_utf8(&text).is_ok())
        });
        group.bench_function(format!("{name}/roofline_lines_memchr"), |b| {
            b.iter(|| memchr::memchr_iter(b'\n', &text).count())
        });
    }
}

fn cut(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_cut");
    let (text, objects) = (array(), flat());
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("array", |b| b.iter(|| slices(&*open(Format::Json, &text), &text).len()));
    group.throughput(Throughput::Bytes(objects.len() as u64));
    group.bench_function("concatenated", |b| b.iter(|| slices(&*open(Format::Json, &objects), &objects).len()));
    group.bench_function("lines", |b| b.iter(|| slices(&*open(Format::Ndjson, &objects), &objects).len()));
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_decode");
    let mut arena = Arena::new(1 << 20, 1 << 24);
    let inputs =
        [("flat", Format::Ndjson, flat()), ("nested", Format::Ndjson, nested()), ("array", Format::Json, array())];
    for (name, format, text) in &inputs {
        let source = open(*format, text);
        let slices = slices(&*source, text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
            let mut decoder = source.decoder(&want(detail, &[]));
            group.bench_function(format!("{name}/{detail:?}"), |b| {
                b.iter(|| convert(&slices, &mut *decoder, None, &mut arena, None))
            });
        }
        let paths = if *name == "nested" { ["id", "actor.login", "public"] } else { ["id", "fare", "vendor"] };
        let schema = Schema::new(paths.map(|path| path.as_bytes()));
        let mut decoder = source.decoder(&want(Detail::Fields, &paths));
        group.bench_function(format!("{name}/select_3"), |b| {
            b.iter(|| convert(&slices, &mut *decoder, Some(&schema), &mut arena, None))
        });
    }
}

fn both(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_decode_encode");
    let (mut arena, mut buffer) = (Arena::new(1 << 20, 1 << 24), vec![0; 1 << 20]);
    for (name, text) in [("flat", flat()), ("nested", nested())] {
        let source = open(Format::Ndjson, &text);
        let slices = slices(&*source, &text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for detail in [Detail::Record, Detail::Fields, Detail::All] {
            let options = Options::default();
            let given = Given::new(&Shape::Keyed, Format::Ndjson.gives(&options));
            let target = format::create(Format::Ndjson, &options, given).expect("target");
            let (mut decoder, mut encoder) = (source.decoder(&want(detail, &[])), target.encoder());
            group.bench_function(format!("{name}/{detail:?}"), |b| {
                b.iter(|| convert(&slices, &mut *decoder, None, &mut arena, Some((&mut *encoder, &mut buffer))))
            });
        }
    }
}

fn columns(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_encode_columns");
    let text = load("numeric.mid.csv", |n| match n {
        0 => "id,vendor,pickup_at,lon,fare\n".to_owned(),
        _ => format!("{n},VTS,2021-02-21 13:45:49,-74.038903,17.96\n"),
    });
    let mut lines = text.split(|b| *b == b'\n');
    let schema = Schema::new(lines.next().unwrap_or_default().split(|b| *b == b','));
    let arena = Arena::new(1 << 20, 1 << 26);
    let mut batches = Vec::new();
    let mut lines = lines.filter(|line| !line.is_empty()).take(20_000).peekable();
    while lines.peek().is_some() {
        let mut batch = Batch::new(&arena, &text, Some(&schema), 1 << 20);
        for line in lines.by_ref().take(128) {
            batch.reserve(schema.len(), 0).expect("room");
            line.split(|b| *b == b',').for_each(|field| batch.push(Value::Untyped(field)));
            batch.end_record(0, line.len()).expect("record");
        }
        batches.push(batch);
    }
    let (options, shape) = (Options::default(), Shape::Columns(schema.clone()));
    let given = Given::new(&shape, Format::Csv.gives(&options));
    let target = format::create(Format::Ndjson, &options, given).expect("target");
    let (mut encoder, mut buffer) = (target.encoder(), vec![0; 1 << 20]);
    let mut encode = || {
        let mut bytes = 0;
        for batch in &batches {
            let mut drain = Nowhere;
            let mut output = Output::new(&mut buffer, &mut drain, false);
            encoder.encode(batch, 0..batch.len(), &mut output).expect("written");
            bytes += output.len();
        }
        bytes
    };
    group.throughput(Throughput::Bytes(encode() as u64));
    group.bench_function("numeric_output_bytes", |b| b.iter(&mut encode));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = by_hypothesis, stage_1, cut, decode, both, columns
}
criterion_main!(benches);
