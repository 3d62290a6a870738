//! After the first slice, decoding and encoding JSON allocate nothing.
#![allow(clippy::unwrap_used)]

use pagemill::error::Error;
use pagemill::format::{self, Chosen, Detail, Format, Given, Opening, Options, Shape, Types, Want};
use pagemill::memory::Arena;
use pagemill::record::{Batch, Drain, Output, Schema};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

struct Nowhere;
impl Drain for Nowhere {
    fn drain(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {
    let line =
        br#"{"id": 1.10, "na\u006de": "a\tb", "map": {"x": {"y": [1, {"z": [[]]}]}}, "list": [[[{}]]], "last": null}"#;
    let text = [&line[..], b"\n"].concat().repeat(2000);
    let _profiler = dhat::Profiler::builder().testing().build();
    let options = Options::default();
    let selects = [None, Some(vec!["id".into(), "map.x".into(), "map.x.y".into(), "name".into()])];
    for detail in [Detail::Record, Detail::Fields, Detail::Maps, Detail::All] {
        for select in &selects {
            let select: Option<Vec<Box<[u8]>>> =
                select.as_ref().map(|paths: &Vec<String>| paths.iter().map(|path| path.as_bytes().into()).collect());
            let schema = select.as_ref().map(|paths| Schema::new(paths.iter().cloned()));
            let want = Want {
                chosen: Chosen::default(),
                select,
                utf8: true,
                replace_invalid_utf8: false,
                detail,
                types: Types::Auto,
                untyped: false,
                typed: false,
                copied: false,
            };
            let Ok(Opening::Ready(source)) = format::open(Format::Ndjson, &options, &text, true) else { panic!() };
            let shape = schema.clone().map_or(Shape::Keyed, Shape::Columns);
            let target =
                format::create(Format::Json, &options, Given::new(&shape, Format::Ndjson.gives(&options))).unwrap();
            let (mut decoder, mut encoder) = (source.decoder(&want), target.encoder());
            let (mut arena, mut buffer) = (Arena::new(1 << 20, 1 << 22), vec![0; 1 << 16]);
            let mut blocks = Vec::with_capacity(8);
            for _ in 0..4 {
                decoder.begin(&text);
                loop {
                    arena.reset();
                    let mut batch = Batch::new(&arena, &text, schema.as_ref(), 1 << 20);
                    if !decoder.fill(&text, &mut batch).unwrap() {
                        break;
                    }
                    let mut drain = Nowhere;
                    let mut output = Output::new(&mut buffer, &mut drain, false);
                    encoder.encode(&batch, 0..batch.len(), &mut output).unwrap();
                }
                blocks.push(dhat::HeapStats::get().total_blocks);
            }
            assert_eq!(blocks[1], blocks[3], "{detail:?} {want:?}");
        }
    }
}
