//! The reader without an index, compared with the one with an index.

use super::decode::Decoder;
use super::layout::Layout;
use super::resync::Resync;
use crate::format::{Chosen, Decode, Types, Want};
use crate::memory::Arena;
use crate::record::{Batch, Detail};
use crate::scan::vector::Unit;
use crate::scan::vector::tests::noise;

/// Everything that a decoder reports about a slice: places, keys and values of records, and errors.
fn told(decoder: &mut Decoder, slice: &[u8], alike: &mut usize) -> Vec<String> {
    let mut arena = Arena::new(1 << 16, 1 << 22);
    let mut told = Vec::new();
    decoder.begin(slice);
    loop {
        arena.reset();
        let mut batch = Batch::new(&arena, slice, None, 1 << 12);
        let filled = decoder.fill(slice, &mut batch);
        batch.abandon();
        for record in 0..batch.len() {
            let (span, (values, keys)) = (batch.span(record), batch.tree(record).nodes());
            told.push(format!("{}..{} {keys:?} {values:?}", span.start, span.end));
            if batch.is_alike(record) {
                *alike += 1;
                let (before, keys_before) = batch.tree(record - 1).nodes();
                assert_eq!(keys, keys_before);
                let inside =
                    |values: &[crate::record::Value<'_>]| values.iter().map(|v| v.nodes_inside()).collect::<Vec<_>>();
                assert_eq!(inside(values), inside(before));
            }
        }
        match filled {
            Ok(true) => {}
            Ok(false) => return told,
            Err(error) => told.push(format!("{} {error:?} {:?}", error.offset, decoder.skip_record(slice))),
        }
    }
}

const RECORDS: [&str; 12] = [
    r#"{"id":1000,"text":"some twenty or so characters","at":-74.039461,"flag":true,"tags":["a","b"],"none":null}"#,
    r#"{"id":7,"text":"a text that is a good deal longer than thirty-two bytes","at":0.5,"flag":false,"tags":[],"none":null}"#,
    r#"{"id":1.5e3,"text":"an \"escape\" \u00e9\n","at":12345678901234567890123456789012345,"flag":null,"tags":{"x":1},"none":{}}"#,
    r#"{"id":1,"text":"","at":0,"flag":true,"tags":[[[]]],"none":3}"#,
    r#"{"id": 1, "text": "x", "at": 2, "flag": true, "tags": [1, 2], "none": null}"#,
    r#"{"id":1,"text":"x","at":2,"tags":[1,2],"none":null}"#,
    r#"{"a":{"b":1,"c":{"d":"x","e":[1,{"f":2}]}},"g":[{"h":1},{"h":2}],"i":{}}"#,
    r#"{"a":{"b":2,"c":{"d":"yy","e":[]}},"g":[{"h":1},{"h":2}],"i":{}}"#,
    r#"{"a":1,"a":2,"\u0061":3}"#,
    r#"{}"#,
    r#"{"a key of more than thirty-two bytes, which is not a guess":1}"#,
    r#"[1,2]"#,
];

#[test]
fn both_readers_tell_the_same() {
    let (mut odd, mut alike) = (0, 0);
    for layout in [Layout::Lines, Layout::Items, Layout::Maps] {
        for detail in [Detail::Fields, Detail::Maps, Detail::All] {
            let want = Want {
                chosen: Chosen::default(),
                select: None,
                utf8: true,
                replace_invalid_utf8: false,
                detail,
                types: Types::Auto,
                untyped: false,
                typed: false,
                copied: false,
            };
            for seed in 0..800 {
                let (mut quick, mut other) =
                    [(); 2].map(|()| Decoder::new(layout, &want, 1, 5, 12, Resync::new(None, 1, 5))).into();
                other.quick.stay_out();
                let bytes = noise(seed, 4096);
                let mut dice = bytes.iter().map(|byte| usize::from(*byte)).cycle();
                let mut roll = |sides: usize| (dice.next().unwrap_or(0) * 256 + dice.next().unwrap_or(0)) % sides;
                let kinds = if layout == Layout::Maps { RECORDS.len() - 1 } else { RECORDS.len() };
                let usual = roll(kinds);
                let mut slice = Vec::new();
                let warm = [RECORDS[usual], if layout == Layout::Items { "," } else { "\n" }].concat().repeat(20);
                for _ in 0..3 + roll(120) {
                    let record = RECORDS[if roll(40) == 0 { roll(kinds) } else { usual }];
                    let start = slice.len();
                    slice.extend_from_slice(record.as_bytes());
                    // Damage few records, so that others in the slice are well formed.
                    if roll(8) == 0 && seed % 3 > 0 {
                        let at = start + roll(record.len());
                        let special = b"\"\\{}[]:,0-.eE tx\n\x01+1u";
                        match roll(3) {
                            0 => slice[at] = special[roll(special.len())],
                            1 => slice.insert(at, special[roll(special.len())]),
                            _ => drop(slice.remove(at)),
                        }
                    }
                    slice.extend_from_slice(
                        [&b""[..], b" ", b"\r", b"\t  "][roll(40).min(3) % 4 * usize::from(roll(4) == 0)],
                    );
                    slice.extend_from_slice(match layout {
                        Layout::Lines => [&b"\n"[..], b"\n \n"][usize::from(roll(30) == 0)],
                        Layout::Items => b",",
                        _ => b"\n",
                    });
                }
                if layout == Layout::Items && slice.len() > 1 {
                    slice.pop();
                    slice.extend_from_slice([&b"]"[..], b" ] ", b"]1", b","][roll(4)]);
                }
                // Without the array's last comma.
                let warm = warm.trim_end_matches(',').as_bytes();
                told(&mut quick, warm, &mut 0);
                let found = told(&mut quick, &slice, &mut alike);
                let wanted = told(&mut other, &slice, &mut 0);
                assert_eq!(found, wanted, "{layout:?} {detail:?} seed {seed} {:?}", String::from_utf8_lossy(&slice));
                odd += found.iter().filter(|line| line.contains("RecordError")).count();
            }
        }
    }
    assert!(odd > 500);
    assert!(!Unit::get().has_masks() || alike > 150_000, "{alike} records alike");
}
