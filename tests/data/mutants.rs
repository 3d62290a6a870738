//! The matrix on mutated inputs: whatever an input is, every path makes the same of it, errors included.
//!
//! `PAGEMILL_HOSTILE_SECONDS` and `PAGEMILL_HOSTILE_SEED` make it go on for longer, and elsewhere.

use std::time::Instant;

use crate::support::flags::{KINDS, change};
use crate::support::inputs::{ODD_LAYOUT, odd, sample, schemaless};
use crate::support::mutate::{Random, mutate};
use crate::support::paths::{Case, Outcome, some_ways};
use crate::support::raw::Raw;
use pagemill::format::Format;

#[test]
fn every_path_makes_the_same_of_a_mutant() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("PAGEMILL_HOSTILE_SECONDS"), number("PAGEMILL_HOSTILE_SEED").unwrap_or(1));
    let mut bases: Vec<(Format, Vec<u8>)> = odd().into_iter().map(|(format, _, bytes)| (format, bytes)).collect();
    let formats = schemaless();
    for format in formats.clone() {
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
        let from = if random.below(6) == 0 { formats[random.below(formats.len())] } else { format };
        let to = formats[random.below(formats.len())];
        let layout = random.one(&[ODD_LAYOUT, "a:u8,s:skip1", "line:text40", "value:f64le", "a:3,line:2b,s:skip1"]);
        let on_error = random.one(&["fail", "skip"]);
        let mut flags = Raw { layout: Some(layout.into()), on_error: Some(on_error.into()), ..Raw::default() };
        for _ in 0..random.below(3) {
            change(&mut flags, random.below(KINDS));
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
