//! JSON: stage 1, cutting, decoding, encoding, each beside its roofline.
//!
//! `PAGEMILL_BENCH_DATA` names a folder with `flat.mid.ndjson`, `nested.mid.ndjson`, `array.mid.json` and
//! `numeric.mid.csv` (any of them); without it, records are made up.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagemill::error::Error;
use pagemill::format::{self, Boundary, Decode, Detail, Encode, Format, Opening, Options, Shape, Types, Want};
use pagemill::memory::Arena;
use pagemill::record::{Batch, Drain, Output, Schema, Value};
use pagemill::scan::json::{AHEAD, Positions};
use pagemill::scan::vector::Unit;

const SIZE: usize = 8 << 20;
const SLICE: usize = 512 << 10;

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

struct Nowhere;
impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

fn slices(format: Format, text: &[u8]) -> (Box<dyn format::ReadFormat>, Vec<&[u8]>) {
    let Ok(Opening::Ready(source)) = format::open(format, &Options::default(), text, true) else { panic!("open") };
    let (mut cutter, mut at, mut slices) = (source.cutter(), source.start(), Vec::new());
    while at < text.len() {
        let len = match cutter.cut(&text[at..], SLICE, true).expect("cut") {
            Boundary::At(len) => {
                slices.push(&text[at..at + len]);
                len
            }
            Boundary::Skip(len) => len,
            Boundary::More => panic!("more"),
        };
        at += len;
    }
    (source, slices)
}

fn want(detail: Detail, select: &[&str]) -> Want {
    let paths = select.iter().map(|path| path.as_bytes().into()).collect();
    let select = if select.is_empty() { None } else { Some(paths) };
    Want { select, utf8: true, replace_invalid_utf8: false, detail, types: Types::Auto }
}

/// Decodes everything; encodes it too when there is an encoder.
fn convert(
    slices: &[&[u8]],
    decoder: &mut dyn Decode,
    schema: Option<&Schema>,
    arena: &mut Arena,
    mut encoder: Option<(&mut dyn Encode, &mut [u8])>,
) -> u64 {
    let mut records = 0;
    for slice in slices {
        decoder.begin(slice);
        loop {
            arena.reset();
            let mut batch = Batch::new(arena, slice, schema, 1 << 24);
            if !decoder.fill(slice, &mut batch).expect("good records") {
                break;
            }
            records += batch.len() as u64;
            if let Some((encoder, buffer)) = &mut encoder {
                let mut drain = Nowhere;
                let mut output = Output::new(buffer, &mut drain, false);
                encoder.encode(&batch, 0..batch.len(), &mut output).expect("written");
                black_box(output.len());
            }
        }
    }
    records
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
    group.bench_function("array", |b| b.iter(|| slices(Format::Json, &text).1.len()));
    group.throughput(Throughput::Bytes(objects.len() as u64));
    group.bench_function("concatenated", |b| b.iter(|| slices(Format::Json, &objects).1.len()));
    group.bench_function("lines", |b| b.iter(|| slices(Format::Ndjson, &objects).1.len()));
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("json_decode");
    let mut arena = Arena::new(1 << 20, 1 << 24);
    let inputs =
        [("flat", Format::Ndjson, flat()), ("nested", Format::Ndjson, nested()), ("array", Format::Json, array())];
    for (name, format, text) in &inputs {
        let (source, slices) = slices(*format, text);
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
        let (source, slices) = slices(Format::Ndjson, &text);
        group.throughput(Throughput::Bytes(text.len() as u64));
        for detail in [Detail::Record, Detail::Fields, Detail::All] {
            let target = format::create(Format::Ndjson, &Options::default(), &Shape::Keyed, None, Format::Ndjson)
                .expect("target");
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
    let target =
        format::create(Format::Ndjson, &Options::default(), &Shape::Columns(schema.clone()), None, Format::Csv)
            .expect("target");
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
    targets = stage_1, cut, decode, both, columns
}
criterion_main!(benches);
