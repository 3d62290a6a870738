//! Profiles of runs: `--cpuprofile` and `--memprofile`.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use crate::support::{feed, folder, missing, names, read, run, with};

/// Records that are read and written again: the reader learns their keys, which takes memory.
const RECORDS: &str = "{\"id\":1,\"name\":\" a\"}\n{\"id\":2,\"name\":\"b \"}\n";

/// A field of a message: its number, and what it holds.
enum Field<'m> {
    Number(u64, u64),
    Bytes(u64, &'m [u8]),
}

/// The fields of a message, by the rules of <https://protobuf.dev/programming-guides/encoding/>: a reader of our own, which
/// knows nothing of the writer.
fn fields(mut message: &[u8]) -> Vec<Field<'_>> {
    fn varint(message: &mut &[u8]) -> u64 {
        let end = message.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
        let (number, rest) = message.split_at(end + 1);
        *message = rest;
        number.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f))
    }
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        match tag & 7 {
            0 => found.push(Field::Number(tag >> 3, varint(&mut message))),
            2 => {
                let len = varint(&mut message) as usize;
                let (bytes, rest) = message.split_at(len);
                message = rest;
                found.push(Field::Bytes(tag >> 3, bytes));
            }
            other => panic!("a field of kind {other}"),
        }
    }
    found
}

fn number(message: &[u8], wanted: u64) -> u64 {
    let number = fields(message).into_iter().find_map(|field| match field {
        Field::Number(field, value) if field == wanted => Some(value),
        _ => None,
    });
    number.unwrap_or(0)
}

fn all(message: &[u8], wanted: u64) -> Vec<&[u8]> {
    let bytes = |field| match field {
        Field::Bytes(field, bytes) if field == wanted => Some(bytes),
        _ => None,
    };
    fields(message).into_iter().filter_map(bytes).collect()
}

fn packed(message: &[u8], wanted: u64) -> Vec<u64> {
    // As fields without their tags: each number is given one.
    let mut numbers = Vec::new();
    for list in all(message, wanted) {
        let mut value = 0;
        let mut shift = 0;
        for byte in list {
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                numbers.push(value);
                (value, shift) = (0, 0);
            }
        }
    }
    numbers
}

/// A function in a profile.
#[derive(Clone, Debug)]
struct Function {
    name: String,
    file: String,
}

/// A profile as `profile.proto` of <https://github.com/google/pprof> describes it.
struct Pprof {
    /// Names and units of the values of a sample.
    kinds: Vec<(String, String)>,
    /// Functions from the innermost to the outermost, and the values.
    samples: Vec<(Vec<Function>, Vec<u64>)>,
    /// The lines of all places.
    lines: Vec<u64>,
    period: u64,
    duration: u64,
}

fn parse(path: &Path) -> Pprof {
    let mut message = Vec::new();
    let file = fs::File::open(path).expect("a profile");
    flate2::read::GzDecoder::new(file).read_to_end(&mut message).expect("gzip");
    let strings: Vec<String> =
        all(&message, 6).into_iter().map(|text| String::from_utf8(text.to_vec()).expect("UTF-8")).collect();
    assert_eq!(strings[0], "", "the first text is empty");
    let text = |number: u64| strings[number as usize].clone();
    let function = |it| Function { name: text(number(it, 2)), file: text(number(it, 4)) };
    let functions: BTreeMap<u64, Function> =
        all(&message, 5).into_iter().map(|it| (number(it, 1), function(it))).collect();
    let mappings: Vec<u64> = all(&message, 3).into_iter().map(|it| number(it, 1)).collect();
    let locations: BTreeMap<u64, Vec<Function>> = all(&message, 4)
        .into_iter()
        .map(|it| {
            assert!(mappings.contains(&number(it, 2)), "a location is in a mapping");
            let lines = all(it, 4).into_iter().map(|line| functions[&number(line, 1)].clone());
            (number(it, 1), lines.collect())
        })
        .collect();
    assert!(!locations.contains_key(&0) && !functions.contains_key(&0), "0 is not a number");
    let samples = all(&message, 2).into_iter().map(|sample| {
        let stack = packed(sample, 1).iter().flat_map(|location| locations[location].clone()).collect();
        (stack, packed(sample, 2))
    });
    let kind = |it: &[u8]| (text(number(it, 1)), text(number(it, 2)));
    let lines = all(&message, 4).into_iter().flat_map(|it| all(it, 4)).map(|line| number(line, 2));
    Pprof {
        lines: lines.collect(),
        kinds: all(&message, 1).into_iter().map(kind).collect(),
        samples: samples.collect(),
        period: number(&message, 12),
        duration: number(&message, 10),
    }
}

/// A profile of a run that takes long enough to be seen in `least` samples.
fn profiled(here: &Path, arguments: &[&str], least: u64) -> Pprof {
    for size in ["8MB", "32MB", "128MB", "512MB"] {
        let made = run(here, ["generate", "--size", size, "-o", "a.csv", "--force"]);
        made.ends(0);
        run(here, arguments).ends(0);
        let profile = parse(&here.join("c.pb.gz"));
        if profile.samples.iter().map(|(_, values)| values[0]).sum::<u64>() >= least {
            return profile;
        }
    }
    panic!("no {least} samples in half a gigabyte");
}

#[test]
fn a_profile_names_what_workers_did() {
    let here = folder();
    let here = here.path();
    let convert = ["convert", "a.csv", "-o", "b.ndjson", "--op", "upper", "-j2", "--cpuprofile", "c.pb.gz", "--force"];
    let profile = profiled(here, &convert, 20);
    let unit = |kind: &str, unit: &str| (kind.to_owned(), unit.to_owned());
    assert_eq!(profile.kinds, [unit("samples", "count"), unit("cpu", "nanoseconds")]);
    assert!(profile.period > 1_000_000 && profile.duration > 0);
    for (stack, values) in &profile.samples {
        assert_eq!(values[1], values[0] * profile.period, "{stack:?}");
    }
    let of_workers = |stack: &Vec<Function>| {
        stack.iter().any(|it| it.name.contains("rayon_core::"))
            && stack.iter().any(|it| it.file.ends_with("src/flow/worker.rs"))
    };
    let (mut seen, mut whole) = (0, 0);
    for (stack, values) in &profile.samples {
        whole += values[0];
        seen += if of_workers(stack) { values[0] } else { 0 };
    }
    // Workers do nearly everything.
    let stacks: Vec<_> = profile.samples.iter().map(|(stack, _)| stack).collect();
    assert!(seen * 2 > whole, "{seen} of {whole}: {stacks:#?}");
    // The handler of the signal is no part of what it interrupts.
    assert!(stacks.iter().all(|stack| stack.iter().all(|it| !it.name.contains("on_tick"))), "{stacks:#?}");
    // Whatever was inlined: one can see where a function is, and the line.
    let own = stacks.iter().flat_map(|stack| stack.iter()).filter(|it| it.file.contains("/src/flow/"));
    let bare: Vec<_> = own.filter(|it| !it.name.contains("::") && !it.name.contains(" (flow/")).collect();
    assert!(bare.is_empty(), "{bare:#?}");
    assert!(profile.lines.iter().filter(|line| **line > 0).count() * 2 > profile.lines.len(), "{:?}", profile.lines);
    // The output is what it is without.
    run(here, ["convert", "a.csv", "-o", "c.ndjson", "--op", "upper"]).ends(0);
    assert!(fs::read(here.join("b.ndjson")).unwrap() == fs::read(here.join("c.ndjson")).unwrap());
    // And pprof reads it.
    if missing::has("go") {
        let top = Command::new("go").args(["tool", "pprof", "-top", "c.pb.gz"]).current_dir(here).output().unwrap();
        let (top, said) = (String::from_utf8_lossy(&top.stdout), String::from_utf8_lossy(&top.stderr));
        assert!(top.contains("Type: cpu") && (top.contains("pagemill::") || top.contains(".rs)")), "{top}{said}");
    }
}

#[test]
fn an_svg_is_a_flame_graph() {
    let here = folder();
    let here = here.path();
    run(here, ["generate", "--size", "32MB", "-o", "a.csv"]).ends(0);
    run(here, ["a.csv", "-t", "ndjson", "-o", "b.ndjson", "-cpuprofile", "c.svg"]).ends(0);
    let svg = read(here, "c.svg");
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"), "{}", &svg[..100]);
    // What was not inlined has its path, and what was has its file.
    let titles: Vec<&str> = svg.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next()).collect();
    let is_own = |title: &&str| title.contains("pagemill::flow::") || title.contains(" (flow/");
    assert!(titles.iter().any(is_own), "{titles:#?}");
}

#[test]
fn counts_and_samples_have_profiles_too() {
    let here = folder();
    let here = here.path();
    let profile = profiled(here, &["count", "a.csv", "--cpuprofile", "c.pb.gz", "--force"], 1);
    assert!(
        profile
            .samples
            .iter()
            .any(|(stack, _)| stack.iter().any(|it| it.file.starts_with(concat!(env!("CARGO_MANIFEST_DIR"), "/src/"))))
    );
    run(here, ["generate", "--size", "8MB", "-o", "d.csv", "--cpuprofile", "d.pb.gz"]).ends(0);
    parse(&here.join("d.pb.gz"));
}

/// Reads, writes and waits that the signal interrupts go on.
#[test]
fn pipes_are_not_disturbed() {
    let here = folder();
    let here = here.path();
    run(here, ["generate", "--size", "16MB", "-o", "a.csv"]).ends(0);
    let input = fs::read(here.join("a.csv")).unwrap();
    let plain = feed(here, ["convert", "-f", "csv", "-t", "ndjson"], &input).ends(0);
    let profiled = ["convert", "-f", "csv", "-t", "ndjson", "--cpuprofile", "c.pb.gz"];
    assert!(feed(here, profiled, &input).ends(0).stdout == plain.stdout);
}

#[test]
fn a_run_that_fails_leaves_its_profiles() {
    let here = with(&[("a.csv", "a,b\n1,2\nbad\n")]);
    let here = here.path();
    let flags = ["convert", "a.csv", "-o", "b.ndjson", "--cpuprofile", "c.pb.gz", "--memprofile", "m"];
    run(here, flags).ends(1).says(&["a.csv: record 2"]);
    parse(&here.join("c.pb.gz"));
    assert!(fs::metadata(here.join("m")).unwrap().len() > 0);
    assert_eq!(names(here), ["a.csv", "c.pb.gz", "m"]);
}

#[test]
fn files_of_profiles_are_their_own() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), ("c", "kept")]);
    let here = here.path();
    for (flags, says) in [
        ("--cpuprofile c", "--cpuprofile: c exists already\n  Give --force to replace it."),
        ("--memprofile c", "--memprofile: c exists already"),
        ("--cpuprofile a.csv", "--cpuprofile: a.csv is also read or written by the job"),
        ("--memprofile b.ndjson", "--memprofile: b.ndjson is also read or written by the job"),
        ("--cpuprofile d --memprofile d", "--memprofile: d is also read or written by the job"),
        ("--report d --cpuprofile ./d", "--cpuprofile: ./d is also read or written by the job"),
        ("--cpuprofile -", "--cpuprofile: a profile can't go to standard output"),
        ("--cpuprofile none/c", "can't create none/c"),
    ] {
        let ran = run(here, ["convert", "a.csv", "-o", "b.ndjson"].into_iter().chain(flags.split(' ')));
        let code = if says.starts_with("can't") { 3 } else { 2 };
        ran.ends(code).says(&[says]);
    }
    // The other one could be made, and is not left: trying again must not fail for it.
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--cpuprofile", "d", "--memprofile", "none/c"]).ends(3);
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--cpuprofile", "d", "--memprofile", "c"]).ends(2);
    assert_eq!((names(here), read(here, "c").as_str()), (vec!["a.csv".to_owned(), "c".to_owned()], "kept"));
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--cpuprofile", "c", "--force"]).ends(0);
    parse(&here.join("c"));
    run(here, ["count", "a.csv", "--cpuprofile", "a.csv", "--force"]).ends(2).says(&["also read or written"]);
    run(here, ["generate", "--records", "1", "-o", "x.csv", "--memprofile", "x.csv"]).ends(2).says(&["also read"]);
}

/// The records are there, and so is the profile; only the report is not.
#[test]
fn a_report_that_fails_leaves_the_profiles() {
    let here = with(&[("a.csv", "a,b\n1,2\n")]);
    let here = here.path();
    for command in [&["convert", "a.csv", "-o", "b.ndjson"][..], &["count", "a.csv"]] {
        let flags = ["--report", "/dev/full", "--cpuprofile", "c.pb.gz", "--force"];
        run(here, command.iter().copied().chain(flags)).ends(3).says(&["/dev/full"]);
        parse(&here.join("c.pb.gz"));
        fs::remove_file(here.join("c.pb.gz")).unwrap();
    }
}

#[cfg(not(feature = "dhat-heap"))]
#[test]
fn without_dhat_there_is_a_table() {
    let here = with(&[("a.ndjson", RECORDS)]);
    let here = here.path();
    let ran = run(here, ["convert", "a.ndjson", "-o", "b.ndjson", "--op", "trim", "--memprofile", "m.txt"]).ends(0);
    ran.says(&["m.txt gets a table of allocations", "dhat-heap"]);
    let table = read(here, "m.txt");
    for part in ["feature `dhat-heap`", "in steady state", "commit", "call sites in decode", "(src/"] {
        assert!(table.contains(part), "no {part:?} in:\n{table}");
    }
}

#[cfg(feature = "dhat-heap")]
#[test]
fn dhat_writes_a_profile() {
    let here = with(&[("a.csv", "a,b\n1,2\n")]);
    let here = here.path();
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--memprofile", "m.json"]).ends(0);
    let profile: serde_json::Value = serde_json::from_str(&read(here, "m.json")).expect("JSON");
    assert!(profile["dhatFileVersion"].as_u64() >= Some(2) && profile["mode"] == "rust-heap");
    let (points, frames) = (profile["pps"].as_array().unwrap(), profile["ftbl"].as_array().unwrap());
    assert!(!points.is_empty() && frames.iter().any(|frame| frame.as_str().unwrap().contains("pagemill::")));
    // The figures of the run are counted as ever.
    let ran = run(here, ["audit", "a.csv", "-t", "ndjson"]).ends(0);
    assert!(ran.stdout.contains("heap at its peak"), "{}", ran.stdout);
}

#[test]
fn an_audit_says_where() {
    let here = with(&[("a.ndjson", RECORDS)]);
    let ran = run(here.path(), ["audit", "a.ndjson", "--op", "trim"]).ends(0);
    let (_, sites) = ran.stdout.split_once("call sites in ").unwrap_or_else(|| panic!("{}", ran.stdout));
    let first = sites.lines().nth(1).unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    assert!(words[0].replace(',', "").parse::<u64>().is_ok_and(|blocks| blocks > 0), "{first}");
    assert!(first.contains(" (src/record/json/") && first.contains(".rs:"), "{first}");
    // What is listed is what was counted.
    let warm = ran.stdout.lines().find(|line| line.starts_with("all ")).unwrap();
    let blocks: u64 = warm.split_whitespace().nth(1).unwrap().replace(',', "").parse().unwrap();
    let listed = sites
        .lines()
        .filter(|line| line.contains(".rs:"))
        .map(|line| line.split_whitespace().next().unwrap().replace(',', "").parse::<u64>().unwrap());
    assert_eq!(listed.sum::<u64>(), blocks, "{}", ran.stdout);
}
