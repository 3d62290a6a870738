//! Every flag with every pair of formats: it changes what comes out, or the command says why it can't. Nothing that a
//! user says passes in silence.

#[path = "../support/mod.rs"]
mod support;

mod probes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use probes::{ELSEWHERE, Input, POLICIES, PROBES, Probe};
use support::{Ran, folder, run};

const FORMATS: [&str; 7] = ["csv", "tsv", "ndjson", "json", "text", "fixed", "frames"];

/// From one format to another; frames hold bytes or JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    from: &'static str,
    to: &'static str,
    json: bool,
}

fn pairs() -> impl Iterator<Item = Pair> {
    let pairs = FORMATS.into_iter().flat_map(|from| FORMATS.map(|to| (from, to)));
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
            "json" => input.json,
            "text" => input.text,
            "fixed" => input.fixed,
            _ if self.json => input.frames_of_json,
            _ => input.frames,
        }
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
            _ => None,
        }
        .filter(|_| !layout.is_empty())
    }
}

/// What a run left: its code, what came out, the files, and what it said.
type Outcome = (i32, String, BTreeMap<String, Vec<u8>>, String);

/// The command line of a probe, with its flag or without.
fn line(probe: &Probe, pair: Pair, with: bool) -> Vec<&'static str> {
    let mut line = vec!["convert"];
    line.extend(probe.inputs[usize::from(!with)]);
    if probe.formats[0] {
        line.extend(["-f", pair.from]);
    }
    if probe.formats[1] {
        line.extend(["-t", pair.to]);
    }
    if let Some(layout) = pair.layout(probe.layout) {
        line.extend(["--layout", layout]);
    }
    if pair.json && probe.flag != "payload" {
        line.extend(["--payload", "json"]);
    }
    line.extend(probe.beside);
    line.extend(if with { probe.args } else { &[] });
    line
}

/// Runs a command in a folder of its own.
fn outcome(line: &[&str], input: &[u8]) -> Outcome {
    const OWN: [&str; 5] = ["in", "in2", "list", "list0", "folder"];
    let here = folder();
    let here = here.path();
    fs::create_dir(here.join("folder")).unwrap();
    for name in ["in", "in2", "folder/x", "folder/y"] {
        fs::write(here.join(name), input).unwrap();
    }
    fs::write(here.join("old"), "old").unwrap();
    fs::write(here.join("list"), "in2\n").unwrap();
    fs::write(here.join("list0"), "in2\0").unwrap();
    let Ran { code, stdout, stderr } = run(here, line);
    assert!(code <= 3 && !stderr.contains("a bug in"), "{line:?} ends with {code}: {stderr}");
    let mut files = BTreeMap::new();
    for name in support::names(here).into_iter().filter(|name| !OWN.contains(&name.as_str())) {
        files.insert(name.clone(), content(&here.join(&name)));
    }
    (code, stdout, files, stderr)
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

fn probed(probe: &Probe, pair: Pair, without: &Mutex<HashMap<(Vec<&'static str>, &'static [u8]), Outcome>>) -> Does {
    let input = pair.input(&probe.input);
    let with = outcome(&line(probe, pair, true), input);
    let (code, _, _, said) = &with;
    let mut said = said.lines();
    let first = said.next().unwrap_or_default();
    if *code == 2 && first.starts_with(&format!("pagemill: `--{}` has no effect: ", probe.flag)) {
        let instead = said.next().unwrap_or_default();
        assert!(
            instead.starts_with("  ") && instead.len() > 10,
            "{:?} says nothing else to do",
            line(probe, pair, true)
        );
        return Does::Refused;
    }
    let key = (line(probe, pair, false), input);
    let known = without.lock().unwrap().get(&key).cloned();
    let before = known.unwrap_or_else(|| {
        let found = outcome(&key.0, input);
        without.lock().unwrap().insert(key, found.clone());
        found
    });
    let same = (with.0, &with.1, &with.2) == (before.0, &before.1, &before.2) && !(probe.says && with.3 != before.3);
    if same { Does::Nothing } else { Does::Something }
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
#[ignore = "it runs some 9,000 processes"]
fn every_flag_does_something_with_every_pair_or_is_refused() {
    let only = std::env::var("PAGEMILL_FLAG").unwrap_or_default();
    let flags =
        PROBES.iter().map(|probe| probe.flag).filter(|flag| only.is_empty() || only.split(',').any(|f| f == *flag));
    let flags: Vec<&str> = flags.collect::<BTreeSet<_>>().into_iter().collect();
    let jobs: Vec<(&str, Pair)> = flags.iter().flat_map(|flag| pairs().map(move |pair| (*flag, pair))).collect();
    let (next, without, silent) = (AtomicUsize::new(0), Mutex::new(HashMap::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |count| count.get()) {
            scope.spawn(|| {
                while let Some((flag, pair)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let probes = PROBES.iter().filter(|probe| probe.flag == *flag);
                    let probes = probes.filter(|_| !(pair.json && *flag == "payload"));
                    let does: Vec<Does> = probes.map(|probe| probed(probe, *pair, &without)).collect();
                    let refused = does.iter().all(|does| *does == Does::Refused);
                    let works = POLICIES.contains(flag) || does.contains(&Does::Something);
                    let works = works && !does.contains(&Does::Refused);
                    if !refused && !works {
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
