//! The flags of `count`, for every format and everything that it counts: text, records, or both.

use std::collections::BTreeSet;

use super::probes::{
    BAD, DOUBLES, Input, JSON_TEXTS, LATIN, NESTED, NESTED_LAYOUT, PLAIN, Probe, WARNED, WIDTHS, probe,
};
use super::{Does, FORMATS, Pair, Place, Without, flags_of, judged};
use crate::support::{folder, run};

/// A record over two lines, in which a mark is another one than the usual.
const fn marked(csv: &'static [u8], tsv: &'static [u8]) -> Input {
    Input { csv, tsv, ..PLAIN }
}

/// UTF-16 without a byte order mark: with 0x0a in characters, a byte that ends no line.
const WIDE: Input = Input {
    csv: b"a\0\n\0\x0a\x0a\n\0",
    tsv: b"a\0\n\0\x0a\x0a\n\0",
    ndjson: b"1\0\n\0",
    json: b"1\0\n\0",
    text: b"a\0\n\0\x0a\x0a\n\0",
    fwf: b"a\0\n\0\x0a\x0a\n\0",
    ..LATIN
};

const PROBES: &[Probe] = &[
    probe("recursive", &["--recursive"], PLAIN).reading(&["folder"]),
    probe("files-from", &["--files-from", "list"], PLAIN),
    probe("zero-terminated", &["--zero-terminated"], PLAIN).beside(&["--files-from", "list0"]),
    probe("decompress", &["--decompress", "gzip"], PLAIN),
    probe("encoding", &["--encoding", "utf-16le"], WIDE),
    probe("delimiter", &["--delimiter", ";"], marked(b"a;b\n1;\"x\ny\"\n", b"a;b\n1;\"x\ny\"\n")),
    probe("quote", &["--quote", "'"], marked(b"a,b\n1,'x\ny'\n", b"a\tb\n1\t'x\ny'\n")),
    probe("escape", &["--escape", "\\"], marked(b"a,b\n1,\"\\\"\n\"\n", b"a\tb\n1\t\"\\\"\n\"\n")),
    probe("no-quoting", &["--no-quoting"], marked(b"a,b\n1,\"x\ny\"\n", b"a\tb\n1\t\"x\ny\"\n")),
    probe("comment", &["--comment", "#"], Input { fwf: b"1 x\n#\n", ..marked(b"a,b\n1,x\n#\n", b"a\tb\n1\tx\n#\n") }),
    probe("dialect", &["--dialect", "mysql"], marked(b"a,b\n1,\"\\\"\n\"\n", b"a\tb\n1\tx\\\ny\n")),
    probe("skip-space", &["--skip-space"], marked(b"a,b\n1, \"x\ny\"\n", b"a\tb\n1\t \"x\ny\"\n")),
    probe("include", &["--include", "*.none"], PLAIN).beside(&["--recursive"]).reading(&["folder"]),
    probe("skip-lines", &["--skip-lines", "1"], PLAIN),
    probe("skip-until", &["--skip-until", "^[2z]"], PLAIN),
    probe("skip-records", &["--skip-records", "1"], PLAIN),
    probe("skip-footer", &["--skip-footer", "1"], PLAIN),
    probe("names", &["--names", "b,a"], PLAIN),
    probe("no-headers", &["--no-headers"], PLAIN),
    probe("ragged", &["--ragged", "pad"], BAD).beside(&["--strict"]),
    probe("tsv-escapes", &["--tsv-escapes"], marked(PLAIN.csv, b"a\tb\n1\t\"x\ny\"\n")),
    probe("records-at", &["--records-at", "/d"], Input { json: b"{\"d\":[1,2]}", ndjson: b"{\"d\":[1,2]}\n", ..PLAIN }),
    probe("layout", &["--layout", "a:u8"], PLAIN).layout(""),
    probe("layout", &["--layout", "a:9"], PLAIN).layout(""),
    probe("frame", &["--frame", "u16le"], PLAIN),
    probe("payload", &["--payload", "json"], PLAIN),
    probe("payload", &["--payload", "text"], LATIN),
    probe("invalid-utf8", &["--invalid-utf8", "replace"], LATIN).beside(&["--encoding", "utf-8"]),
    probe("on-error", &["--on-error", "skip"], BAD),
    probe("on-error", &["--on-error", "skip"], PLAIN).beside(&["--max-record-size", "2"]),
    probe("quarantine", &["--quarantine", "made"], BAD),
    probe("quarantine", &["--quarantine", "made"], PLAIN).beside(&["--max-record-size", "2"]),
    probe("max-errors", &["--max-errors", "0"], BAD).beside(&["--on-error", "skip"]),
    probe("max-errors", &["--max-errors", "0"], PLAIN).beside(&["--on-error", "skip", "--max-record-size", "2"]),
    probe("strict", &["--strict"], BAD),
    probe("strict", &["--strict"], WARNED),
    probe("force", &["--force"], PLAIN).beside(&["--report", "old"]),
    probe("max-record-size", &["--max-record-size", "1"], PLAIN),
    probe("max-key-length", &["--max-key-length", "1"], NESTED).layout(NESTED_LAYOUT),
    probe("max-depth", &["--max-depth", "1"], NESTED).layout(NESTED_LAYOUT),
    probe("max-keys", &["--max-keys", "1"], NESTED).layout(NESTED_LAYOUT),
    probe("max-fields", &["--max-fields", "1"], PLAIN),
    probe("workers", &["--workers", "3"], PLAIN).beside(&["--explain", "--slice-size", "1"]),
    probe("memory-limit", &["--memory-limit", "60MB"], PLAIN).beside(&["--explain"]),
    probe("where", &["--where", "record_number() = 1"], PLAIN),
    probe("explode", &["--explode", "a"], JSON_TEXTS).beside(&["--parse-json", "a"]),
    probe("parse-json", &["--parse-json", "a", "--explode", "a"], JSON_TEXTS),
    probe("types", &["--types", "a=date"], PLAIN),
    probe("key-column", &["--key-column", "k"], Input { json: b"{\"x\":{\"a\":1},\"y\":{\"a\":2}}", ..PLAIN }),
    probe("set", &["--set", "x=1", "--where", "x = 2"], PLAIN),
    probe("dedupe", &["--dedupe", "*"], DOUBLES),
    probe("spill-dir", &["--spill-dir", "/"], PLAIN).beside(&["--dedupe", "*", "--explain"]),
    probe("slice-size", &["--slice-size", "100kB"], PLAIN).beside(&["--explain"]),
    probe("io", &["--io", "read"], PLAIN).beside(&["--explain"]),
    probe("report", &["--report", "made"], PLAIN),
    probe("explain", &["--explain"], PLAIN),
    probe("quiet", &["--quiet"], BAD).beside(&["--on-error", "skip"]).says(),
    probe("quiet", &["--quiet"], PLAIN).beside(&["--on-error", "skip", "--max-record-size", "2"]).says(),
    probe("verbose", &["--verbose"], PLAIN).says(),
    probe("progress", &["--progress", "plain"], PLAIN).says(),
    probe("monitor", &["--monitor"], PLAIN).says(),
    probe("metrics-file", &["--metrics-file", "made"], PLAIN),
    probe("cpuprofile", &["--cpuprofile", "made"], PLAIN),
    probe("memprofile", &["--memprofile", "made"], PLAIN),
    probe("dashboard", &["--dashboard", "0"], PLAIN).beside(&["--explain"]),
];

/// Flags that are what the tests differ in, or have a test of their own.
const ELSEWHERE: &[&str] = &[
    "config",
    "from",
    "otlp",
    "no-history",
    "profile",
    "records",
    "schema",
    "message",
    "proto-json",
    "strict-memory",
    "linger",
];

/// What is said about bad data is taken everywhere, also where nothing can be bad.
const POLICIES: &[&str] =
    &["strict", "on-error", "max-errors", "quarantine", "quiet", "max-record-size", "invalid-utf8"];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Text,
    Both,
    Records,
}

fn line(probe: &Probe, (pair, what): (Pair, What), with: bool) -> Vec<&'static str> {
    let mut line = vec!["count"];
    line.extend(probe.inputs);
    if what != What::Text {
        line.extend(["-f", pair.from]);
        if pair.from == "fixed" && !probe.layout.is_empty() {
            line.extend(["--layout", probe.layout]);
        }
        if pair.from == "fwf" && !probe.layout.is_empty() {
            // A list of two items takes more room.
            let is_json = ["explode", "parse-json"].contains(&probe.flag);
            line.extend(["--layout", if is_json { "a:6" } else { WIDTHS }]);
        }
        if let Some(schema) = pair.schema(probe) {
            line.extend(["--schema", schema]);
        }
        if pair.json && probe.flag != "payload" {
            line.extend(["--payload", "json"]);
        }
    }
    if what == What::Records {
        line.push("-r");
    }
    line.extend(probe.beside);
    line.extend(if with { probe.args } else { &[] });
    line
}

#[test]
fn every_flag_of_count_does_something_or_is_refused() {
    let help = run(folder().path(), ["count", "--help"]).ends(0).stdout;
    let flags = flags_of(&help);
    let known: BTreeSet<&str> = PROBES.iter().map(|probe| probe.flag).chain(ELSEWHERE.iter().copied()).collect();
    let missing: Vec<_> = flags.iter().filter(|flag| !known.contains(flag.as_str())).collect();
    assert!(missing.is_empty(), "without a probe: {missing:?}");
    let without = Without::default();
    let (mut place, mut silent) = (Place::new(), Vec::new());
    let sources = FORMATS.map(|from| Pair { from, to: from, json: false });
    let sources = sources.into_iter().chain([Pair { from: "frames", to: "frames", json: true }]);
    for (pair, what) in sources.flat_map(|pair| [What::Text, What::Both, What::Records].map(|what| (pair, what))) {
        for flag in PROBES.iter().map(|probe| probe.flag).collect::<BTreeSet<_>>() {
            let does: Vec<Does> = PROBES
                .iter()
                .filter(|probe| probe.flag == flag && !(pair.json && flag == "payload"))
                .filter_map(|probe| {
                    let lines = [true, false].map(|with| line(probe, (pair, what), with));
                    judged(probe, lines, pair.input(&probe.input), &mut place, &without)
                })
                .collect();
            let refused = does.contains(&Does::Refused);
            let fine = does.iter().all(|does| *does == Does::Refused)
                || !refused && (does.contains(&Does::Something) || POLICIES.contains(&flag));
            if !fine {
                silent.push(format!("--{flag}, {what:?} of {} (json: {}): {does:?}", pair.from, pair.json));
            }
        }
    }
    assert!(silent.is_empty(), "{} flags pass in silence:\n{}", silent.len(), silent.join("\n"));
}
