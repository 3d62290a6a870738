//! The matrix on mutated inputs: whatever an input is, every path makes the same of it, errors included.
//!
//! `PAGEMILL_HOSTILE_SECONDS` and `PAGEMILL_HOSTILE_SEED` make it go on for longer, and elsewhere.

mod support;

use std::time::Instant;

use pagemill::config::Raw;
use pagemill::format::Format;
use support::inputs::{ODD_LAYOUT, odd, sample};
use support::mutate::{Random, mutate};
use support::paths::{Case, Outcome, some_ways};

/// Changes the flags in one way or another. (A record that is both too large and bad may be told as either, so
/// there is no limit here.)
fn change(flags: &mut Raw, which: usize) {
    let some = |text: &str| Some(text.to_string());
    let list = |text: &str| vec![text.to_string()];
    match which {
        0 => flags.no_headers = true,
        1 => flags.ragged = some("pad"),
        2 => flags.tsv_escapes = true,
        3 => flags.types = some("text"),
        4 => flags.nested = some("json"),
        5 => flags.unflatten = true,
        6 => flags.pretty = true,
        7 => flags.strict = true,
        8 => flags.quote_all = true,
        9 => flags.no_quoting = true,
        10 => flags.comment = some("#"),
        11 => flags.escape = some("\\"),
        12 => flags.delimiter = some(";"),
        13 => flags.quote = some("'"),
        14 => flags.columns = some("first"),
        15 => flags.columns = some("a,b"),
        16 => flags.records_at = some("/a"),
        17 => flags.max_depth = Some(3),
        18 => flags.frame = some("varint"),
        19 => flags.frame = some("u16be"),
        20 => flags.payload = some("json"),
        21 => flags.payload = some("text"),
        22 => flags.bytes = some("text"),
        23 => flags.invalid_utf8 = some("replace"),
        24 => flags.op = list("upper,trim"),
        25 => flags.op = list("reverse,lower"),
        26 => flags.op = list("wordcount"),
        27 => flags.select = list("a"),
        28 => flags.drop = list("b"),
        29 => flags.rename = list("a=z"),
        30 => flags.out_delimiter = some("|"),
        _ => flags.crlf = true,
    }
}

#[test]
fn every_path_makes_the_same_of_a_mutant() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("PAGEMILL_HOSTILE_SECONDS"), number("PAGEMILL_HOSTILE_SEED").unwrap_or(1));
    let mut bases: Vec<(Format, Vec<u8>)> = odd().into_iter().map(|(format, _, bytes)| (format, bytes)).collect();
    for format in Format::ALL {
        bases.push((format, sample(format, &Raw::default(), 12)));
    }
    let (started, ways) = (Instant::now(), some_ways());
    let (mut done, mut turn) = (0u64, 0u64);
    while match seconds {
        Some(seconds) => started.elapsed().as_secs() < seconds,
        None => turn < 700,
    } {
        let mut random = Random(seed << 32 | turn);
        turn += 1;
        let (format, mut input) = bases[random.below(bases.len())].clone();
        mutate(&mut input, &mut random);
        let from = if random.below(6) == 0 { Format::ALL[random.below(7)] } else { format };
        let to = Format::ALL[random.below(7)];
        let layout = random.one(&[ODD_LAYOUT, "a:u8,s:skip1", "line:text40", "value:f64le"]);
        let on_error = random.one(&["fail", "skip"]);
        let mut flags = Raw { layout: Some(layout.into()), on_error: Some(on_error.into()), ..Raw::default() };
        for _ in 0..random.below(3) {
            change(&mut flags, random.below(32));
        }
        if flags.validate().is_err() {
            continue;
        }
        let shown = String::from_utf8_lossy(&input).into_owned();
        let case = Case::new(&format!("seed {seed} turn {}: {flags:?}\n{shown:?}", turn - 1), from, to, input, flags);
        let outcome = case.check_by((0..4).map(|_| ways[random.below(ways.len())]));
        done += u64::from(matches!(outcome, Outcome::Done { .. }));
    }
    println!("{turn} mutants, {done} of them converted");
    assert!(done * 10 > turn, "{done} of {turn}");
}
