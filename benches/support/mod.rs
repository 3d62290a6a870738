//! What the benches share: slices, a conversion without an engine, rooflines.
#![allow(dead_code)] // Not every bench uses everything.

use std::hint::black_box;

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use pagemill::error::Error;
use pagemill::format::{self, Boundary, Decode, Encode, Format, Opening, Options, ReadFormat};
use pagemill::memory::Arena;
use pagemill::record::{Batch, Drain, Output, Schema};

pub const SLICE: usize = 512 << 10;

pub struct Nowhere;

impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

pub fn open(format: Format, text: &[u8]) -> Box<dyn ReadFormat> {
    match format::open(format, &Options::default(), text, true) {
        Ok(Opening::Ready(source)) => source,
        _ => panic!("the beginning can't be read"),
    }
}

/// Cuts everything.
pub fn slices<'a>(source: &dyn ReadFormat, text: &'a [u8]) -> Vec<&'a [u8]> {
    let (mut cutter, mut at, mut slices) = (source.cutter(), source.start(), Vec::with_capacity(64));
    while at < text.len() {
        at += match cutter.cut(&text[at..], SLICE, true).expect("a boundary") {
            Boundary::At(len) => {
                slices.push(&text[at..at + len]);
                len
            }
            Boundary::Skip(len) => len,
            Boundary::More => panic!("all of the input is there"),
        };
    }
    slices
}

/// Decodes everything, and encodes it when there is an encoder.
pub fn convert(
    slices: &[&[u8]],
    decoder: &mut dyn Decode,
    schema: Option<&Schema>,
    arena: &mut Arena,
    mut encoder: Option<(&mut dyn Encode, &mut [u8])>,
) -> usize {
    let mut records = 0;
    for slice in slices {
        decoder.begin(slice);
        loop {
            arena.reset();
            let mut batch = Batch::new(arena, slice, schema, 1 << 24);
            if !decoder.fill(slice, &mut batch).expect("good records") {
                break;
            }
            records += batch.len();
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

/// What nothing that looks at every byte can be faster than.
pub fn rooflines(group: &mut BenchmarkGroup<'_, WallTime>, text: &[u8]) {
    let mut copy = vec![0; text.len()];
    group.bench_function("roofline_memcpy", |b| b.iter(|| black_box(&mut copy).copy_from_slice(black_box(text))));
    group.bench_function("roofline_newlines", |b| b.iter(|| memchr::memchr_iter(b'\n', black_box(text)).count()));
}

/// A number without a pattern for each `n` (the finalizer of splitmix64).
pub fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
