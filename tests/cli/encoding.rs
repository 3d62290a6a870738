//! Encodings by the command: Python's codecs as the oracle, and expectations written by hand.

use std::fs;
use std::process::Command;

use crate::support::missing::has;
use crate::support::{convert, feed, folder, run};

fn little(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn big(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

const CSV: &str = "id,näme\n1,\"é,\nx\"\n2,\u{1f600}\n";
const RECORDS: &str = "{\"id\":1,\"näme\":\"é,\\nx\"}\n{\"id\":2,\"näme\":\"\u{1f600}\"}\n";

#[test]
fn utf_16_with_a_mark_is_decoded() {
    let here = folder();
    let here = here.path();
    let marked = format!("\u{feff}{CSV}");
    for (name, bytes) in [("le.csv", little(&marked)), ("be.csv", big(&marked))] {
        fs::write(here.join(name), &bytes).unwrap();
        assert_eq!(convert(here, &format!("{name} -t ndjson")).ends(0).stdout, RECORDS);
        for how in ["--encoding utf-16", "--io read", "-j 3 --slice-size 1", "--memory-limit 16MB"] {
            assert_eq!(convert(here, &format!("{name} -t ndjson {how}")).ends(0).stdout, RECORDS, "{how}");
        }
        // Passed through as UTF-8, without the mark.
        assert_eq!(convert(here, name).ends(0).stdout, CSV);
        assert_eq!(convert(here, &format!("{name} -f text --encoding utf-16")).ends(0).stdout, CSV);
        // Text keeps its bytes: that these are UTF-16 has to be said.
        run(here, ["convert", name, "-f", "text", "-o", "same.txt"]).ends(1).says(&["UTF-16", "--encoding utf-16"]);
        let ran = feed(here, "convert - -f csv -t ndjson".split(' '), &bytes).ends(0);
        assert_eq!(ran.stdout, RECORDS);
    }
    // Without a mark it has to be said.
    fs::write(here.join("plain.csv"), big(CSV)).unwrap();
    assert_eq!(convert(here, "plain.csv -t ndjson --encoding UTF-16BE").ends(0).stdout, RECORDS);
    fs::write(here.join("a.json"), little("\u{feff}[{\"k\":\"\u{1f600}\"},\n1.10]")).unwrap();
    assert_eq!(convert(here, "a.json -t ndjson").ends(0).stdout, "{\"k\":\"\u{1f600}\"}\n1.10\n");
    assert_eq!(convert(here, "a.json -t csv -q").ends(0).stdout, "k,value\n\u{1f600},\n,1.10\n");
    fs::write(here.join("a.ndjson"), big("\u{feff}{\"b\":1}\n{\"b\":\"ü\"}")).unwrap();
    // Each of many inputs has its own.
    assert_eq!(
        convert(here, "a.ndjson a.json a.ndjson -t csv -q").ends(0).stdout,
        "b,k,value\n1,,\nü,,\n,\u{1f600},\n,,1.10\n1,,\nü,,\n"
    );
    assert_eq!(
        convert(here, "a.ndjson -t csv --explain").ends(0).stdout.matches("decoded from     UTF-16BE").count(),
        1
    );
    // Bytes stay what they are where nothing is said of them.
    fs::write(here.join("bytes.txt"), b"\xc3\xa9\xff\n").unwrap();
    convert(here, "bytes.txt -o copy.txt --encoding utf-8").ends(1).says(&["record 1", "UTF-8"]);
    let copy = run(here, "convert bytes.txt -o copy.txt".split(' ')).ends(0);
    assert_eq!((copy.stderr.as_str(), fs::read(here.join("copy.txt")).unwrap()), ("", b"\xc3\xa9\xff\n".to_vec()));
}

#[test]
fn malformed_text_is_told_with_its_place() {
    let here = folder();
    let here = here.path();
    // Four units and a mark are 10 bytes: then `5`, half a pair, and the end of the line.
    let mut bytes = little("\u{feff}a\n1\n5");
    bytes.extend_from_slice(b"\x00\xd8\n\0");
    bytes.extend_from_slice(&little("7\n"));
    fs::write(here.join("bad.csv"), &bytes).unwrap();
    for how in ["", "--slice-size 1 -j 3", "-t ndjson --max-record-size 100"] {
        let ran = convert(here, &format!("bad.csv {how}")).ends(1);
        ran.says(&[
            "bad.csv: record 2, line 3, byte 4 of the text decoded from UTF-16LE: byte 12 of the source is not valid",
            "replace",
        ]);
    }
    // In a list, what is between two records belongs to neither: the line is that of the malformed bytes.
    let mut bytes = little("\u{feff}[\n{\"a\":1},\n{\"a\":\"");
    bytes.extend_from_slice(b"\x00\xd8");
    bytes.extend_from_slice(&little("\"}\n]\n"));
    fs::write(here.join("bad.json"), &bytes).unwrap();
    for how in ["", "--slice-size 1 -j 3"] {
        let ran = convert(here, &format!("bad.json -t ndjson {how}")).ends(1);
        ran.says(&["bad.json: record 2, line 3, ", "byte 36 of the source is not valid"]);
    }
    let ran = convert(here, "bad.csv --invalid-utf8 replace")
        .ends(0)
        .says(&["1 piece of invalid UTF-8 replaced with U+FFFD (invalid_utf8_replaced)"]);
    assert_eq!(ran.stdout, "a\n1\n5\u{fffd}\n7\n");
    convert(here, "bad.csv --invalid-utf8 replace --strict").ends(1).says(&["byte 12 of the source"]);
    fs::write(here.join("head.csv"), b"\xff\xfea\0\x00\xd8,\0").unwrap();
    convert(here, "head.csv -t ndjson").ends(1).says(&["head.csv", "byte 4 of the source is not valid"]);
    // The record that holds it can be left out, wherever its bytes would go, and nothing else.
    for how in ["", "--slice-size 1 -j 3", "-t text", "-t ndjson", "--select a", "--op upper"] {
        let ran = convert(here, &format!("bad.csv --on-error skip {how}")).ends(0).says(&["1 bad record"]);
        let expected = if how == "-t ndjson" { "{\"a\":1}\n{\"a\":7}\n" } else { "a\n1\n7\n" };
        let expected = if how == "-t text" { "1\n7\n" } else { expected };
        assert_eq!(ran.stdout, expected, "{how}");
    }
    convert(here, "bad.csv --on-error skip --max-errors 0")
        .ends(1)
        .says(&["bad.csv: record 2, line 3, byte 5 of the text decoded from UTF-16LE: the text is not valid UTF-16LE"]);
    convert(here, "bad.csv --on-error quarantine -o good.csv").ends(0);
    assert_eq!(fs::read_to_string(here.join("good.csv")).unwrap(), "a\n1\n7\n");
    let line = fs::read_to_string(here.join("good.csv.quarantine.ndjson")).unwrap();
    // `5`, a byte that no UTF-8 has, and the end of the line.
    assert!(line.contains("the text is not valid UTF-16LE") && line.ends_with("\"raw\":\"Nf8K\"}\n"), "{line}");
    let mut bytes = little("{\"a\":1}\n{\"a\":\"");
    bytes.extend_from_slice(b"\x00\xd8");
    bytes.extend_from_slice(&little("\",\"b\":2}\n{\"a\":3}\n"));
    fs::write(here.join("bad.ndjson"), &bytes).unwrap();
    for how in ["", "--slice-size 1 -j 3", "-t csv", "--select a -t csv"] {
        let ran = convert(here, &format!("bad.ndjson --encoding utf-16le --on-error skip {how}")).ends(0);
        let expected = if how.ends_with("csv") { "a\n1\n3\n" } else { "{\"a\":1}\n{\"a\":3}\n" };
        assert_eq!(ran.says(&["1 bad record"]).stdout, expected, "{how}");
    }
    convert(here, "head.csv -t ndjson --on-error skip")
        .ends(1)
        .says(&["line 1, byte 1 of the text", "the text is not valid UTF-16LE"]);
    // Each takes one byte in the text, so what comes after it has its place: a surrogate in each of two lines of four
    // bytes, then a line with a field too many.
    let mut bytes = little("\u{feff}a\n");
    for _ in 0..2 {
        bytes.extend_from_slice(&little("xy"));
        bytes.extend_from_slice(b"\x00\xd8\n\0");
    }
    bytes.extend_from_slice(&little("z,z\n"));
    fs::write(here.join("three.csv"), &bytes).unwrap();
    for how in ["", "--slice-size 1 -j 2"] {
        convert(here, &format!("three.csv --on-error quarantine -o three.tsv --force {how}")).ends(1);
        let lines = fs::read_to_string(here.join("three.tsv.quarantine.ndjson")).unwrap();
        let places = lines.lines().skip(1).map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let places: Vec<_> = places.map(|bad| (bad["start"].as_u64(), bad["end"].as_u64())).collect();
        assert_eq!(places, [(Some(2), Some(6)), (Some(6), Some(10)), (Some(10), Some(14))], "{how}");
    }
    // A bad record before it is told first, with the place in the decoded text.
    let mut bytes = little("\u{feff}a,b\né,1\n2\n");
    bytes.extend_from_slice(b"\x00\xd8\n\0");
    fs::write(here.join("two.csv"), &bytes).unwrap();
    for how in ["", "--slice-size 1", "--slice-size 1MiB -j 1"] {
        // `a,b`, `é,1` and their line feeds are 9 bytes of UTF-8.
        convert(here, &format!("two.csv -t ndjson {how}"))
            .ends(1)
            .says(&["two.csv: record 2, line 3, byte 9 of the text decoded from UTF-16LE"]);
    }
    let ran = convert(here, "bad.csv two.csv bad.csv -o all.csv --keep-going --columns union").ends(1);
    ran.says(&["3 of 3"]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    fs::write(here.join("wide.csv"), b"\xff\xfe\0\0a\0\0\0").unwrap();
    convert(here, "a.csv --encoding utf-17").ends(2).says(&["--encoding", "utf-17"]);
    convert(here, "wide.csv").ends(2).says(&["wide.csv", "UTF-32"]);
    convert(here, "a.csv -f frames -t text --encoding latin1").ends(2).says(&["--encoding"]);
    convert(here, "a.csv --io map --encoding latin1").ends(2).says(&["windows-1252", "--io map"]);
    let ran = convert(here, "a.csv --encoding latin1 --report r.json").ends(0);
    assert_eq!(ran.stdout, "a\n1\n");
    assert!(fs::read_to_string(here.join("r.json")).unwrap().contains("\"encoding\":\"windows-1252\""));
}

/// The Encoding Standard takes ASCII and Latin-1 for windows-1252; what is written in them is not.
#[test]
fn ascii_and_latin1_are_written_strictly() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "n\ne\n\u{e9}\n\u{20ac}\n").unwrap();
    let convert = |flags: &str| convert(here, &format!("a.csv -o b.csv --force {flags}"));
    convert("--out-encoding latin1").ends(1).says(&["record 3, line 4", "U+20AC", "not in iso-8859-1"]);
    for (name, bytes, bad) in [
        ("latin1", &b"n\ne\n\xe9\n"[..], "1 bad record"),
        ("us-ascii", b"n\ne\n", "2 bad records"),
        ("windows-1252", b"n\ne\n\xe9\n\x80\n", ""),
    ] {
        // Also with an op, which has the values decoded.
        for op in ["", "--op lower"] {
            convert(&format!("--out-encoding {name} --on-error skip {op}")).ends(0).says(&[bad]);
            assert_eq!(fs::read(here.join("b.csv")).unwrap(), bytes, "{name} {op}");
        }
    }
    // ASCII has no other bytes where it is read either.
    let ran = crate::support::convert(here, "b.csv -t ndjson --encoding us-ascii").ends(1);
    ran.says(&["us-ascii"]);
    // What is read as Latin-1 may have more.
    fs::write(here.join("c.csv"), b"n\n\x80\n").unwrap();
    assert_eq!(
        crate::support::convert(here, "c.csv -t ndjson --encoding latin1").ends(0).stdout,
        "{\"n\":\"\u{20ac}\"}\n"
    );
}

/// What Python calls them, and what the Encoding Standard does.
const ENCODINGS: &str = "utf-16 utf-16-le:utf-16le utf-16-be:utf-16be cp1252:windows-1252 cp1251:windows-1251 iso8859-15 koi8-r shift_jis euc_kr:euc-kr gb18030 big5";

const PYTHON: &str = r#"
import sys
text = {
    "cp1251": "Привет, мир", "koi8-r": "Привет, мир", "shift_jis": "日本語、カナ", "euc_kr": "한국어",
    "gb18030": "汉字😀é", "big5": "漢字",
    "cp1252": "Grüße €“x”", "iso8859-15": "Grüße €",
}
for name in sys.argv[1:]:
    own = text.get(name, "aé€😀\u3042")
    lines = "k,v\n" + "".join(f'{number},"{own}, {number}"\n' for number in range(30000))
    open(name + ".csv", "wb").write(lines.encode(name))
    open(name + ".expected", "wb").write(lines.encode("utf-8"))
"#;

#[test]
fn python_agrees() {
    if !has("python3") {
        return;
    }
    let here = folder();
    let here = here.path();
    let pairs: Vec<(&str, &str)> =
        ENCODINGS.split(' ').map(|pair| pair.split_once(':').unwrap_or((pair, pair))).collect();
    let made =
        Command::new("python3").current_dir(here).args(["-c", PYTHON]).args(pairs.iter().map(|pair| pair.0)).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for (python, label) in pairs {
        let expected = fs::read_to_string(here.join(format!("{python}.expected"))).unwrap();
        for how in ["", "-j 3 --slice-size 1000 --memory-limit 16MB"] {
            let ran = convert(here, &format!("{python}.csv --encoding {label} {how}")).ends(0);
            assert!(ran.stdout == expected, "{label} {how}");
        }
        let lines = convert(here, &format!("{python}.csv --encoding {label} -t ndjson -j 2")).ends(0).stdout;
        fs::write(here.join("utf8.csv"), &expected).unwrap();
        assert!(convert(here, "utf8.csv -t ndjson").ends(0).stdout == lines, "{label}");
    }
}

/// Packed by Python; a header of keys takes two readings.
#[test]
fn compressed_text_is_decoded_behind_its_codec() {
    if !has("python3") {
        return;
    }
    let here = folder();
    let here = here.path();
    let marked = big(&format!("\u{feff}{CSV}"));
    let ndjson: Vec<u8> = (0..4000).flat_map(|at| format!("{{\"k\":\"\u{e9}{at}\"}}\n").into_bytes()).collect();
    let latin: String = String::from_utf8(ndjson).unwrap() + "{\"l\":\"\u{e9}\"}\n";
    fs::write(here.join("a.csv"), &marked).unwrap();
    fs::write(here.join("b.ndjson"), latin.chars().map(|letter| letter as u8).collect::<Vec<u8>>()).unwrap();
    let code = "import gzip, bz2\ngzip.open('a.csv.gz','wb').write(open('a.csv','rb').read())\nbz2.open('b.ndjson.bz2','wb').write(open('b.ndjson','rb').read())";
    assert!(Command::new("python3").args(["-c", code]).current_dir(here).status().unwrap().success());
    for how in ["", "--encoding utf-16", "--encoding utf-16be -j 2 --slice-size 3"] {
        assert_eq!(convert(here, &format!("a.csv.gz -t ndjson {how}")).ends(0).stdout, RECORDS, "{how}");
    }
    let ran = convert(here, "b.ndjson.bz2 -t csv --encoding latin1 --slice-size 1KB").ends(0);
    let rows: String = (0..4000).map(|at| format!("\u{e9}{at},\n")).collect();
    assert_eq!(ran.stdout, format!("k,l\n{rows},\u{e9}\n"));
    // Half a pair of surrogates is replaced once, though it is read twice.
    let half = [&little("{\"k\":\"")[..], b"\x00\xd8", &little("x\"}\n")].concat();
    fs::write(here.join("a.csv"), half).unwrap();
    assert!(Command::new("python3").args(["-c", code]).current_dir(here).status().unwrap().success());
    fs::rename(here.join("a.csv.gz"), here.join("half.ndjson.gz")).unwrap();
    let ran = convert(here, "half.ndjson.gz -t csv --encoding utf-16le --invalid-utf8 replace --report report.json");
    assert_eq!(ran.ends(0).stdout, "k\n\u{fffd}x\n");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(here.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["lossy"]["invalid_utf8_replaced"], 1);
}

/// What is counted is the UTF-8 text that a source becomes; by hand.
#[test]
fn decoded_text_is_counted() {
    let here = folder();
    let here = here.path();
    let bytes = little(&format!("\u{feff}{CSV}"));
    fs::write(here.join("a.csv"), &bytes).unwrap();
    let counted = |arguments: &str| {
        let ran = run(here, ["count"].into_iter().chain(arguments.split_whitespace())).ends(0);
        ran.stdout.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(counted("a.csv --encoding utf-16"), ["4", "4", "21", "26", "a.csv"]);
    assert_eq!(counted("a.csv --encoding utf-16 -f csv"), ["4", "4", "21", "26", "2", "a.csv"]);
    assert_eq!(counted("a.csv --encoding utf-16 -r"), ["2", "a.csv"]);
    // Without a word about it, its bytes as they are.
    assert_eq!(counted("a.csv")[3], bytes.len().to_string());
    let ran = feed(here, ["count", "-f", "csv", "--encoding", "utf-16"], &bytes).ends(0);
    assert_eq!(ran.stdout.split_whitespace().collect::<Vec<_>>(), ["4", "4", "21", "26", "2"]);
    fs::write(here.join("odd.csv"), &bytes[..bytes.len() - 1]).unwrap();
    run(here, ["count", "odd.csv", "--encoding", "utf-16"]).ends(1).says(&["odd.csv", "not valid UTF-16LE"]);
    assert_eq!(counted("odd.csv --encoding utf-16 --invalid-utf8 replace")[..2], ["3", "4"]);
    for source in ["-", "a.csv"] {
        let ran = feed(here, ["count", source, "-f", "frames", "--encoding", "utf-16"], &bytes).ends(2);
        ran.says(&["`--encoding` has no effect"]);
    }
}

/// Text is replaced, and counted, whatever it goes into.
#[test]
fn invalid_text_is_replaced_for_every_target() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.fixed"), b"ab\xffd").unwrap();
    fs::write(here.join("a.frames"), b"\x02\0\0\0a\xff").unwrap();
    fs::write(here.join("a.txt"), b"a\xff\n").unwrap();
    let sources = [
        ("a.fixed", "--layout x:text4", "ab\u{fffd}d"),
        ("a.frames", "--payload text", "a\u{fffd}"),
        ("a.txt", "", "a\u{fffd}"),
    ];
    for (source, flags, expected) in sources {
        for to in ["csv", "tsv", "text", "ndjson", "json"] {
            let ran = convert(here, &format!("{source} -t {to} {flags} --invalid-utf8 replace")).ends(0);
            assert!(ran.stdout.contains(expected), "{source} {to}: {}", ran.stdout);
            let ran = ran.says(&["1 piece of invalid UTF-8"]);
            let piped = format!(
                "- -f {} -t {to} {flags} --invalid-utf8 replace",
                if source == "a.txt" { "text" } else { &source[2..] }
            );
            let line = ["convert"].into_iter().chain(piped.split_whitespace());
            let fed = feed(here, line, &fs::read(here.join(source)).unwrap()).ends(0);
            assert_eq!((fed.stdout, fed.stderr), (ran.stdout, ran.stderr), "{source} {to}");
        }
        // What the advice says can be followed.
        let strict = format!("{source} -t csv {flags} --strict");
        convert(here, &strict).ends(1).says(&["--invalid-utf8 replace", "leave --strict out"]);
    }
}
