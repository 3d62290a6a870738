//! Each text op and the counting of words, beside memcpy and the counting of line feeds.
//!
//! `PAGEMILL_BENCH_TEXT=FILE` measures on the first 8 MiB of a file instead of on generated text, and
//! `PAGEMILL_KERNEL` chooses the kernel.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pagemill::memory::Arena;
use pagemill::op::{ChangeCase, Fields, Op, Reverse, Trim};
use pagemill::record::{Batch, Schema, Value};
use pagemill::scan::count::count_slice;

const SIZE: usize = 8 << 20;

/// Lines of about a hundred bytes; every `rare`-th word comes from `others`.
fn lines(words: &[&str], others: &[&str], rare: usize) -> Vec<u8> {
    let (mut text, mut line, mut number) = (Vec::with_capacity(SIZE + 128), 0, 88_172_645_463_325_252u64);
    while text.len() < SIZE {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        let from = if ((number >> 8) as usize).is_multiple_of(rare) { others } else { words };
        text.extend_from_slice(from[(number >> 32) as usize % from.len()].as_bytes());
        line += 1;
        text.push(if line % 14 == 0 { b'\n' } else { b' ' });
    }
    text.push(b'\n');
    text
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    if let Some(path) = std::env::var_os("PAGEMILL_BENCH_TEXT") {
        let mut text = std::fs::read(path).expect("PAGEMILL_BENCH_TEXT names a readable file");
        let end = memchr::memrchr(b'\n', &text[..text.len().min(SIZE)]).map_or(text.len(), |at| at + 1);
        text.truncate(end);
        return vec![("file", text)];
    }
    let ascii =
        ["pipeline", "station", "req=31a15951b7b7e986", "[INFO]", "of", "customer", "2021-03-19", "18:57:25", "and"];
    let mixed = ["déjà", "smörgåsbord", "€12", "São", "½", "Straße", "日本語", "“quoted”", "😀", "ночь"];
    let greek = ["η", "ταχύτητα", "του", "αναγνώστη", "Όλα", "είναι", "εδώ", "ΣΟΦΟΣ"];
    vec![("ascii", lines(&ascii, &ascii, 2)), ("mixed", lines(&ascii, &mixed, 16)), ("greek", lines(&greek, &ascii, 8))]
}

/// Applies an op to all lines, 512 to a batch, as a worker does.
fn apply(op: &dyn Op, text: &[u8], arena: &mut Arena) {
    let schema = Schema::new([*b"line"]);
    let mut ends = memchr::memchr_iter(b'\n', text).peekable();
    let mut start = 0;
    while ends.peek().is_some() {
        arena.reset();
        let mut batch = Batch::new(arena, text, Some(&schema), SIZE);
        for end in ends.by_ref().take(512) {
            batch.reserve(1, start).expect("the arena is large enough");
            batch.push(Value::Text(&text[start..end]));
            batch.end_record(start, end + 1).expect("the arena is large enough");
            start = end + 1;
        }
        op.apply(&mut batch);
        black_box(&batch);
    }
}

/// What filling batches costs without an op.
struct Nothing;

impl Op for Nothing {
    fn name(&self) -> &str {
        "nothing"
    }
    fn apply(&self, _: &mut Batch<'_>) {}
}

fn ops(criterion: &mut Criterion) {
    let all: [Box<dyn Op>; 8] = [
        Box::new(Nothing),
        Box::new(ChangeCase::upper(Fields::all())),
        Box::new(ChangeCase::lower(Fields::all())),
        Box::new(ChangeCase::upper_ascii(Fields::all())),
        Box::new(ChangeCase::lower_ascii(Fields::all())),
        Box::new(Trim::new(Fields::all())),
        Box::new(Reverse::clusters(Fields::all())),
        Box::new(Reverse::chars(Fields::all())),
    ];
    let mut arena = Arena::new(4 << 20, 64 << 20);
    for (sample, text) in samples() {
        let mut group = criterion.benchmark_group(sample);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let mut copy = vec![0; text.len()];
        group.bench_function("memcpy", |b| b.iter(|| black_box(&mut copy).copy_from_slice(black_box(&text))));
        group.bench_function("line feeds", |b| b.iter(|| memchr::memchr_iter(b'\n', black_box(&text)).count()));
        group.bench_function("count", |b| b.iter(|| count_slice(black_box(&text))));
        for op in &all {
            group.bench_function(op.name(), |b| b.iter(|| apply(&**op, black_box(&text), &mut arena)));
        }
        group.finish();
    }
}

criterion_group!(benches, ops);
criterion_main!(benches);
