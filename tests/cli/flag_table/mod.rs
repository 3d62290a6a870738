//! Every flag with every pair of formats: it changes what comes out, or the command says why it can't. Nothing that a
//! user says passes in silence.

mod count;
mod probes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use crate::support;
use crate::support::{Ran, folder, run};
use probes::{ELSEWHERE, Input, NESTED_LAYOUT, POLICIES, PROBES, Probe, SCHEMAS, WIDTHS};
use tempfile::TempDir;

const FORMATS: [&str; 16] = [
    "csv", "tsv", "ndjson", "json", "json5", "text", "fixed", "frames", "fwf", "msgpack", "cbor", "avro", "protobuf",
    "parquet", "arrow", "arrows",
];
/// Formats whose types are found by a scan, unless a schema says them.
const TYPED: [&str; 4] = ["avro", "parquet", "arrow", "arrows"];

/// From one format to another; frames hold bytes or JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    from: &'static str,
    to: &'static str,
    json: bool,
}

fn pairs() -> impl Iterator<Item = Pair> {
    let pairs = FORMATS.into_iter().flat_map(|from| FORMATS.map(|to| (from, to)));
    // No layout is one of both.
    let pairs = pairs.filter(|pair| ![("fixed", "fwf"), ("fwf", "fixed")].contains(pair));
    pairs.flat_map(|(from, to)| {
        let frames = from == "frames" || to == "frames";
        [false, true].into_iter().filter(move |json| !json || frames).map(move |json| Pair { from, to, json })
    })
}

impl Pair {
    fn input(&self, input: &Input) -> &'static [u8] {
        match self.from {
            "csv" => input.csv,
            "tsv" => input.tsv,
            "ndjson" => input.ndjson,
            "json5" if input.json == probes::NULLS.json => b"[{a:NaN,b:1}]",
            "json" | "json5" => input.json,
            "text" => input.text,
            "fixed" => input.fixed,
            "fwf" => input.fwf,
            "msgpack" => input.msgpack,
            "cbor" => input.cbor,
            "avro" => avro(input.avro),
            "parquet" | "arrow" | "arrows" => columns(self.from, input),
            "protobuf" => input.protobuf,
            _ if self.json => input.frames_of_json,
            _ => input.frames,
        }
    }

    /// The schema, where one of the two needs it.
    fn schema(&self, probe: &Probe) -> Option<&'static str> {
        let schema = match (probe.flag, probe.layout) {
            ("bytes", _) => "b.proto",
            ("join-lists", _) => "l.proto",
            ("explode" | "parse-json", _) => "t.proto",
            (_, NESTED_LAYOUT | "ab:text9") => "n.proto",
            (_, "a:f32le,b:f32le") => "f.proto",
            _ => "m.proto",
        };
        // Texts are bytes for these only where a schema says so.
        let bytes = probe.flag == "bytes"
            && TYPED.contains(&self.to)
            && (self.json || ["csv", "tsv", "ndjson", "json", "json5", "fwf"].contains(&self.from));
        (bytes || [self.from, self.to].contains(&"protobuf")).then_some(schema)
    }

    /// The layout, where one of the two needs it: of a target that has what the source has.
    fn layout(&self, layout: &'static str) -> Option<&'static str> {
        match (self.from, self.to) {
            ("fixed", _) => Some(layout),
            ("text", "fixed") => Some("line:text9"),
            ("frames", "fixed") if !self.json => {
                Some(if layout.contains("bytes") { "payload:bytes9" } else { "payload:text9" })
            }
            (_, "fixed") => Some(layout),
            ("text", "fwf") => Some("line:40"),
            ("frames", "fwf") if !self.json => Some("payload:40"),
            ("fwf", _) | (_, "fwf") if layout == "a:text9" => Some("a:9"),
            ("fwf", _) | (_, "fwf") if layout == "ab:text9" => Some("ab:9"),
            ("fwf", _) | (_, "fwf") => Some(if layout.contains("ab.c") { "ab.c:2,d:2" } else { WIDTHS }),
            _ => None,
        }
        .filter(|_| !layout.is_empty())
    }
}

/// An Avro file of such fields with these records, made once.
fn avro((fields, records): (&'static str, &'static [&'static [u8]])) -> &'static [u8] {
    type Made = HashMap<(&'static str, &'static [&'static [u8]]), &'static [u8]>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let make = || {
        let schema = format!("{{\"type\":\"record\",\"name\":\"R\",\"fields\":[{fields}]}}");
        // Lengths are twice the number, in groups of seven bits.
        let long = |number: usize| match 2 * number {
            small @ ..128 => vec![small as u8],
            large => vec![large as u8 | 0x80, (large >> 7) as u8],
        };
        let (data, sync) = (records.concat(), b"0123456789abcdef".to_vec());
        let header = [b"Obj\x01\x02\x16avro.schema".to_vec(), long(schema.len()), schema.into_bytes(), vec![0]];
        let block = [sync.clone(), long(records.len()), long(data.len()), data, sync];
        &*header.into_iter().chain(block).flatten().collect::<Vec<u8>>().leak()
    };
    MADE.lock().unwrap().entry((fields, records)).or_insert_with(make)
}

/// A file of columns with the records of the Avro file, made once; where those are bad, one that ends too early.
fn columns(format: &'static str, input: &Input) -> &'static [u8] {
    type Made = HashMap<(&'static str, &'static [u8]), &'static [u8]>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let make = |records: &[u8]| {
        let folder = folder();
        fs::write(folder.path().join("in.avro"), records).unwrap();
        let ran = run(folder.path(), ["convert", "in.avro", "-t", format, "-o", "out"]);
        (ran.code == 0).then(|| fs::read(folder.path().join("out")).unwrap())
    };
    let records = avro(input.avro);
    MADE.lock().unwrap().entry((format, records)).or_insert_with(|| match make(records) {
        Some(file) => file.leak(),
        None => {
            let file = make(avro(probes::PLAIN.avro)).unwrap().leak();
            &file[..file.len() - 9]
        }
    })
}

/// What a run left: its code, what came out, the files, and what it said.
type Outcome = (i32, String, BTreeMap<String, Vec<u8>>, String);

/// What runs without the flag in question left, by their line and their input: many flags share one.
type Without = Mutex<HashMap<(Vec<&'static str>, &'static [u8]), Outcome>>;

/// The command line of a probe, with its flag or without.
fn line(probe: &Probe, pair: Pair, with: bool) -> Vec<&'static str> {
    let mut line = vec!["convert"];
    line.extend(probe.inputs);
    if probe.formats[0] {
        line.extend(["-f", pair.from]);
    }
    if probe.formats[1] {
        line.extend(["-t", pair.to]);
    }
    // What the flag itself says about the formats does not depend on the pair.
    let pair = match probe.formats {
        [false, _] => Pair { from: "text", json: pair.json && pair.to == "frames", ..pair },
        [_, false] => Pair { to: pair.from, json: pair.json && pair.from == "frames", ..pair },
        _ => pair,
    };
    if let Some(layout) = pair.layout(probe.layout) {
        line.extend(["--layout", layout]);
    }
    if let Some(schema) = pair.schema(probe) {
        line.extend(["--schema", schema]);
    }
    if pair.json && probe.flag != "payload" {
        line.extend(["--payload", "json"]);
    }
    if probe.flag != "workers" {
        line.extend(["-j", "1"]);
    }
    line.extend(probe.beside);
    line.extend(if with { probe.args } else { &[] });
    line
}

/// A folder with an input, in which command after command runs.
struct Place {
    folder: TempDir,
    input: Option<&'static [u8]>,
}

impl Place {
    fn is_own(name: &str) -> bool {
        ["in", "in2", "list", "list0", "folder", "old"].contains(&name) || name.ends_with(".proto")
    }

    fn new() -> Place {
        let folder = folder();
        let here = folder.path();
        fs::create_dir(here.join("folder")).unwrap();
        fs::write(here.join("old"), "old").unwrap();
        fs::write(here.join("list"), "in2\n").unwrap();
        fs::write(here.join("list0"), "in2\0").unwrap();
        for (name, fields) in SCHEMAS {
            fs::write(here.join(name), format!("syntax = \"proto3\"; message M {{ {fields} }}")).unwrap();
        }
        Place { folder, input: None }
    }

    /// Runs a command, and takes away the files that it made.
    fn outcome(&mut self, line: &[&str], input: &'static [u8]) -> Outcome {
        let here = self.folder.path();
        if self.input.replace(input) != Some(input) {
            for name in ["in", "in2", "folder/x", "folder/y"] {
                fs::write(here.join(name), input).unwrap();
            }
        }
        let Ran { code, stdout, stderr } = run(here, line);
        assert!((0..=3).contains(&code) && !stderr.contains("a bug in"), "{line:?} ends with {code}: {stderr}");
        let mut files = BTreeMap::new();
        for name in support::names(here).into_iter().filter(|name| !Place::is_own(name)) {
            let path = here.join(&name);
            files.insert(name, content(&path));
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        let old = content(&here.join("old"));
        if old != b"old" {
            fs::write(here.join("old"), "old").unwrap();
        }
        files.insert("old".to_owned(), old);
        (code, stdout, files, stderr)
    }
}

/// The content of a file, or of the files of a folder.
fn content(path: &Path) -> Vec<u8> {
    match path.is_dir() {
        true => support::names(path).iter().flat_map(|name| content(&path.join(name))).collect(),
        false => fs::read(path).unwrap(),
    }
}

/// What a flag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Something,
    Nothing,
    Refused,
}

/// What a flag does in a probe; none if it is not for this pair, as a flag beside it is refused.
fn probed(probe: &Probe, pair: Pair, place: &mut Place, without: &Without) -> Option<Does> {
    let lines = [line(probe, pair, true), line(probe, pair, false)];
    judged(probe, lines, pair.input(&probe.input), place, without)
}

/// The same, of a command line with the flag and one without.
fn judged(
    probe: &Probe,
    [line, bare]: [Vec<&'static str>; 2],
    input: &'static [u8],
    place: &mut Place,
    without: &Without,
) -> Option<Does> {
    let with = place.outcome(&line, input);
    let (code, _, _, said) = &with;
    let mut said = said.lines();
    let first = said.next().unwrap_or_default();
    let refused = first.strip_prefix("pagemill: `--").and_then(|rest| rest.split_once("` has no effect: "));
    let refused = refused.filter(|_| *code == 2).map(|(name, _)| name);
    // Of two that are refused the first is named.
    if refused.is_some_and(|name| probe.beside.iter().any(|word| word.strip_prefix("--") == Some(name))) {
        return None;
    }
    if refused == Some(probe.flag) {
        let instead = said.next().unwrap_or_default();
        assert!(instead.starts_with("  ") && instead.len() > 10, "{line:?} says nothing else to do");
        return Some(Does::Refused);
    }
    let key = (bare, input);
    let known = without.lock().unwrap().get(&key).cloned();
    let before = known.unwrap_or_else(|| {
        let found = place.outcome(&key.0, input);
        without.lock().unwrap().insert(key, found.clone());
        found
    });
    let same = (with.0, &with.1, &with.2) == (before.0, &before.1, &before.2) && !(probe.says && with.3 != before.3);
    Some(if same { Does::Nothing } else { Does::Something })
}

/// The long flags that a screen of help names.
fn flags_of(help: &str) -> BTreeSet<String> {
    let flags = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = if line.starts_with('-') && !line.starts_with("--") { line.get(4..)? } else { line };
        let flag = line.strip_prefix("--")?;
        Some(flag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>())
    });
    flags.filter(|flag| !flag.is_empty() && flag != "help" && flag != "version").collect()
}

#[test]
fn every_flag_of_convert_is_probed() {
    let help = run(folder().path(), ["convert", "--help"]).ends(0).stdout;
    let flags = flags_of(&help);
    assert!(flags.len() > 50, "{flags:?}");
    let known: BTreeSet<&str> = PROBES.iter().map(|p| p.flag).chain(ELSEWHERE.iter().map(|(flag, _)| *flag)).collect();
    let missing: Vec<_> = flags.iter().filter(|flag| !known.contains(flag.as_str())).collect();
    assert!(missing.is_empty(), "without a probe: {missing:?}");
    let gone: Vec<_> = known.iter().filter(|flag| !flags.contains(**flag)).collect();
    assert!(gone.is_empty(), "not in the help of convert: {gone:?}");
}

/// `PAGEMILL_FLAG` names those that are tried, with commas between; else it is all.
#[test]
fn every_flag_does_something_with_every_pair_or_is_refused() {
    let only = std::env::var("PAGEMILL_FLAG").unwrap_or_default();
    let flags: BTreeSet<&str> = PROBES.iter().map(|probe| probe.flag).collect();
    let flags = flags.into_iter().filter(|flag| only.is_empty() || only.split(',').any(|f| f == *flag));
    let jobs: Vec<(&str, Pair)> = flags.flat_map(|flag| pairs().map(move |pair| (flag, pair))).collect();
    let (next, without, silent) = (AtomicUsize::new(0), Without::default(), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // More than processors: some wait for the disk.
        for _ in 0..std::thread::available_parallelism().map_or(4, |count| 2 * count.get()) {
            scope.spawn(|| {
                let mut place = Place::new();
                while let Some((flag, pair)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(does) = silence(flag, *pair, &mut place, &without) {
                        silent.lock().unwrap().push(format!("--{flag} from {} to {}: {does:?}", pair.from, pair.to));
                    }
                }
            });
        }
    });
    let mut silent = silent.into_inner().unwrap();
    silent.sort();
    assert!(
        silent.is_empty(),
        "{} flags pass in silence, or are refused where they work:\n{}",
        silent.len(),
        silent.join("\n")
    );
}

/// What the probes of a flag do, if none shows an effect and not all are refused.
fn silence(flag: &str, pair: Pair, place: &mut Place, without: &Without) -> Option<Vec<Does>> {
    let mut all = Vec::new();
    let probes = PROBES.iter().filter(|probe| probe.flag == flag && !(pair.json && flag == "payload"));
    for probe in probes {
        let Some(does) = probed(probe, pair, place, without) else { continue };
        all.push(does);
        // One effect is enough, unless another probe was refused.
        if does == Does::Something && !all.contains(&Does::Refused) {
            return None;
        }
    }
    let fine =
        all.iter().all(|does| *does == Does::Refused) || POLICIES.contains(&flag) && !all.contains(&Does::Refused);
    (!fine).then_some(all)
}
