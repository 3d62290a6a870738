//! Parts of inputs that are left out, headers as they come, and outputs for other programs; every result was worked out by
//! hand. Each case is like one that users of such tools reported.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Ran, convert, feed, folder, names, read, run, with};
use serde_json::Value;

/// Converts a file in every way of reading it, with 1, 2 and 7 workers and slices of all sizes: always the same.
fn ways(file: &str, text: &[u8], flags: &[&str]) -> Ran {
    let here = folder();
    let here = here.path();
    fs::write(here.join(file), text).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    let gz = format!("{file}.gz");
    fs::write(here.join(&gz), packed.finish().unwrap()).unwrap();
    let format = file.rsplit('.').next().unwrap();
    let inputs: [&[&str]; 4] = [&[file], &[file, "--io", "read"], &[&gz], &["-", "-f", format]];
    let mut first: Option<Ran> = None;
    for input in inputs {
        for (workers, slice) in [("1", "512KiB"), ("2", "1"), ("7", "20"), ("1", "1")] {
            let how = ["--workers", workers, "--slice-size", slice];
            let words = ["convert"].iter().chain(input).chain(&how).chain(flags);
            let ran = if input[0] == "-" { feed(here, words, text) } else { run(here, words) };
            let first =
                first.get_or_insert_with(|| Ran { stdout: ran.stdout.clone(), stderr: ran.stderr.clone(), ..ran });
            assert_eq!((&ran.stdout, ran.code), (&first.stdout, first.code), "{input:?} {how:?}\n{}", ran.stderr);
            // The same place, whatever the input is called.
            let place = |said: &str| said.split_once(": record").map(|(_, place)| place.to_owned());
            assert_eq!(place(&ran.stderr), place(&first.stderr), "{input:?} {how:?}");
        }
    }
    first.unwrap()
}

const REPORT: &str = "Bank of \"Somewhere\nExported 2024-05-01,x\n\nid,name\n1,Ada\n2,\"B\nb\"\n3,Cy\nTotal,3\r\nend";

#[test]
fn lines_around_a_table() {
    let here = with(&[("a.csv", REPORT)]);
    let here = here.path();
    let table = "id,name\n1,Ada\n2,\"B\nb\"\n3,Cy\n";
    assert_eq!(ways("a.csv", REPORT.as_bytes(), &["--skip-lines", "3", "--skip-footer", "2"]).ends(0).stdout, table);
    let until = ["--skip-until", "^id,", "--skip-footer", "2", "-t", "ndjson"];
    let lines = "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"B\\nb\"}\n{\"id\":3,\"name\":\"Cy\"}\n";
    assert_eq!(ways("a.csv", REPORT.as_bytes(), &until).ends(0).stdout, lines);
    let records = ["--skip-until", "^id,", "--skip-footer", "2", "--skip-records", "2", "-t", "ndjson"];
    assert_eq!(ways("a.csv", REPORT.as_bytes(), &records).ends(0).stdout, "{\"id\":3,\"name\":\"Cy\"}\n");
    // Numbers and places are those of the file: three lines, a header, and records of which one has two lines.
    let bad = ["--skip-lines", "3", "--skip-records", "1", "-t", "ndjson"];
    let ran = ways("a.csv", REPORT.as_bytes(), &bad).ends(1);
    let at = REPORT.find("end").unwrap();
    ran.says(&[&format!("record 5, line 10, byte {at}: 1 field where the header has 2")]);
    let ran =
        convert(here, "a.csv --skip-lines 3 --skip-footer 1 --skip-records 1 --set n=record_number() -t ndjson -s n");
    assert_eq!(ran.ends(0).stdout, "{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");
    convert(here, "a.csv --skip-until ^none").ends(1).says(&["a.csv: no line matches --skip-until `^none`"]);
    convert(here, "a.csv --skip-until (").ends(2).says(&["--skip-until: `(` is not a regex: unclosed group"]);
    // More than there is.
    for more in ["--skip-lines 99", "--skip-footer 99", "--skip-lines 99 --skip-footer 99"] {
        assert_eq!(convert(here, &format!("a.csv {more}")).ends(0).stdout, "", "{more}");
    }
    assert_eq!(convert(here, "a.csv --skip-lines 3 --skip-records 99").ends(0).stdout, "id,name\n");
    let counted = run(here, ["count", "-r", "a.csv", "--skip-lines", "3", "--skip-footer", "2", "--skip-records", "1"]);
    assert_eq!(counted.ends(0).stdout.trim(), "2 a.csv");
    let explained = convert(here, "a.csv --skip-lines 3 --skip-footer 2 --skip-records 1 --explain").ends(0);
    assert!(
        explained
            .stdout
            .contains("left out         the first 3 lines (42 bytes), the first record, the last 2 lines\n"),
        "{}",
        explained.stdout
    );
}

#[test]
fn lines_around_other_text() {
    let json = "// made by hand\n[{\"a\":1},\n{\"a\":2}]\n-- end --\n";
    let ran = ways("a.json", json.as_bytes(), &["--skip-lines", "1", "--skip-footer", "1", "-t", "ndjson"]);
    assert_eq!(ran.ends(0).stdout, "{\"a\":1}\n{\"a\":2}\n");
    let lines = "# x\n{\"a\":1}\n{\"b\":2}\nbye";
    let flags = ["--skip-lines", "1", "--skip-footer", "1", "-t", "csv"];
    assert_eq!(ways("a.ndjson", lines.as_bytes(), &flags).ends(0).stdout, "a,b\n1,\n,2\n");
    let log = b"start\nline \xff\nline 2\n";
    let ran = ways("a.text", log, &["--skip-until", "^line", "--skip-footer", "1", "-t", "text"]);
    assert_eq!(ran.ends(0).stdout, "line \u{fffd}\n");
    let here = with(&[("a.ndjson", lines), ("b.txt", "x\n")]);
    convert(here.path(), "a.ndjson --skip-until x")
        .ends(2)
        .says(&["`--skip-until` has no effect: the input is NDJSON"]);
    convert(here.path(), "b.txt --skip-records 1").ends(2).says(&["`--skip-records` has no effect: the input is text"]);
}

/// Each input has lines of its own to leave out, and a run that goes on leaves out no more.
#[test]
fn several_inputs_and_a_run_that_goes_on() {
    let here = with(&[("a.csv", "x\nid\n1\n2\nend\n"), ("b.csv", "y\nid\n3\n4\nend\n")]);
    let here = here.path();
    let flags = "--skip-lines 1 --skip-footer 1 --skip-records 1";
    assert_eq!(convert(here, &format!("a.csv b.csv {flags}")).ends(0).stdout, "id\n2\n4\n");
    let report = format!("a.csv b.csv {flags} -o o.csv --report r.json");
    convert(here, &report).ends(0);
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["records_in"], &report["settings"]["skip"]["footer"]), (&2.into(), &1.into()));
    convert(here, &format!("a.csv {flags} -o p.csv --checkpoint --checkpoint-every 1 --slice-size 1")).ends(0);
    assert_eq!(read(here, "p.csv"), "id\n2\n");
}

/// Files of genomes: lines with `##`, then a header with `#`.
#[test]
fn a_header_that_looks_like_a_comment() {
    let vcf = "##fileformat=VCFv4.2\n##INFO=<ID=DP,\"x\n#CHROM\tPOS\tINFO\n20\t14370\tDP=14\n##late\n20\t17330\t.\n";
    let table = "#CHROM\tPOS\tINFO\n20\t14370\tDP=14\n20\t17330\t.\n";
    assert_eq!(ways("a.tsv", vcf.as_bytes(), &["--comment", "##"]).ends(0).stdout, table);
    // Where all comments begin like the header, it has to be looked for.
    let vcf = vcf.replace("##late", "#late");
    let found = ["--comment", "#", "--skip-until", "^#CHROM", "--clean-names", "snake", "-s", "chrom,pos", "-t", "csv"];
    assert_eq!(ways("a.tsv", vcf.as_bytes(), &found).ends(0).stdout, "chrom,pos\n20,14370\n20,17330\n");
    let here = with(&[("a.csv", "// x\na,b\n1,2\n/3,4\n//5,6\n"), ("b.csv", "#a\n1\n")]);
    let here = here.path();
    assert_eq!(convert(here, "a.csv --comment //").ends(0).stdout, "a,b\n1,2\n/3,4\n");
    convert(here, "a.csv --comment ,,")
        .ends(2)
        .says(&["the delimiter and the comment mark of the input both begin with `,,`"]);
    let long = run(here, ["convert", "a.csv", "--comment", "0123456789abcdef"]);
    long.ends(2).says(&["--comment: `0123456789abcdef` can't begin comments", "up to 15 bytes"]);
    assert_eq!(convert(here, "b.csv -t ndjson").ends(0).stdout, "{\"#a\":1}\n");
    // Quarantined records know how they were read.
    fs::write(here.join("c.csv"), "##x\n#a,b\n1\n3,4\n").unwrap();
    convert(
        here,
        "c.csv --comment # --skip-until ^#a --clean-names snake -t ndjson -o c.ndjson --on-error quarantine -q",
    )
    .ends(0);
    let bad = read(here, "c.ndjson.quarantine.ndjson").replace("\"record\":1,", "\"text\":\"1,2\",\"record\":1,");
    fs::write(here.join("q"), bad).unwrap();
    assert_eq!(convert_replay(here).ends(0).stdout, "{\"a\":1,\"b\":2}\n");
}

fn convert_replay(here: &Path) -> Ran {
    run(here, ["replay", "q", "-t", "ndjson"])
}

#[test]
fn headers_that_are_repeated() {
    let text = "\u{feff}id,name\n1,Ada\nid,name\n2,id\r\n\u{feff}id,name\r\n3,name\nid,names\nid,name";
    let kept = "id,name\n1,Ada\n2,id\n3,name\nid,names\n";
    assert_eq!(ways("a.csv", text.as_bytes(), &["--skip-repeated-headers"]).ends(0).stdout, kept);
    let here = with(&[("a.csv", text)]);
    let here = here.path();
    convert(here, "a.csv --skip-repeated-headers --select name --where id<>'1' -o o.csv --report r.json").ends(0);
    assert_eq!(read(here, "o.csv"), "name\nid\nname\nnames\n");
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    // Three headers, and one record that the condition dropped.
    assert_eq!((&report["records_in"], &report["records_filtered"]), (&7.into(), &4.into()));
    let without = "`--skip-repeated-headers` has no effect: with `--no-headers` no header is read";
    convert(here, "a.csv --skip-repeated-headers -n").ends(2).says(&[without]);
}

#[test]
fn tidy_names() {
    let text = " Trip ID ,Total ($),total_,\"a\nb\",,Größe\n1,2,3,4,5,6\n";
    let here = with(&[("a.csv", text)]);
    let here = here.path();
    let header = |how: &str| convert(here, &format!("a.csv -q --clean-names {how}")).ends(0).stdout;
    assert_eq!(header("trim"), "Trip ID,Total ($),total_,\"a\nb\",,Größe\n1,2,3,4,5,6\n");
    assert_eq!(header("lower"), "trip id,total ($),total_,\"a\nb\",,größe\n1,2,3,4,5,6\n");
    // Two names are equal now: the later one gets a number, and a warning says so.
    assert_eq!(header("snake"), "trip_id,total,total_2,a_b,,größe\n1,2,3,4,5,6\n");
    convert(here, "a.csv --clean-names snake")
        .ends(0)
        .says(&["the header names `total` twice; the later one is called `total_2`"]);
    let ran =
        convert(here, "a.csv -q --clean-names snake -s trip_id,total --where total=2 --rename total=sum -t ndjson");
    assert_eq!(ran.ends(0).stdout, "{\"trip_id\":1,\"sum\":2}\n");
    convert(here, "a.csv -q --clean-names snake -s Total").ends(2).says(&["did you mean `total`?"]);
    convert(here, "a.csv -q --clean-names snake --names a,b").ends(2).says(&["no effect", "`--names`"]);
    fs::write(here.join("l.csv"), b"a,Gr\xf6\xdfe\n1,2\n").unwrap();
    convert(here, "l.csv --clean-names lower")
        .ends(1)
        .says(&["is not valid UTF-8, so it can't be tidied", "--encoding"]);
    assert_eq!(convert(here, "l.csv --clean-names lower --encoding latin1").ends(0).stdout, "a,größe\n1,2\n");
}

#[test]
fn the_path_of_the_input() {
    let here = with(&[
        ("d/a.csv", "id\n1\n"),
        ("d/e/b.csv", "id,born\n2,1906\n"),
        ("d/c.txt", "x\n"),
        ("d/n.ndjson", "{\"a\":[1,{\"b\":2}]}\n{\"file\":1}\n7\n"),
    ]);
    let here = here.path();
    let ran = convert(here, "d -r --include *.csv --columns union -q --source-column file").ends(0);
    assert_eq!(ran.stdout, "file,id,born\nd/a.csv,1,\nd/e/b.csv,2,1906\n");
    // As `--set` would have it, but for its place; steps, ops and names know it.
    let set = run(here, ["convert", "d/a.csv", "--set", "file=source_name()", "-s", "file,id"]).ends(0);
    assert_eq!(convert(here, "d/a.csv --source-column file").ends(0).stdout, set.stdout);
    let ran = convert(here, "d/a.csv --source-column file --where file='d/a.csv' --op upper:file --rename file=f");
    assert_eq!(ran.ends(0).stdout, "f,id\nD/A.CSV,1\n");
    convert(here, "d/a.csv --source-column id").ends(2).says(&["--source-column: the source has a field `id` already"]);
    let ran = convert(here, "d/n.ndjson --source-column file --on-error skip").ends(0);
    assert_eq!(ran.stdout, "{\"file\":\"d/n.ndjson\",\"a\":[1,{\"b\":2}]}\n");
    convert(here, "d/n.ndjson --source-column file").ends(1).says(&["record 2", "--source-column"]);
    assert_eq!(ways("a.csv", b"id\n1\n2\n", &["--source-column", "f", "-s", "id"]).ends(0).stdout, "id\n1\n2\n");
    assert_eq!(
        feed(here, ["convert", "-", "-f", "csv", "--source-column", "f"], b"id\n1\n").ends(0).stdout,
        "f,id\n-,1\n"
    );
}

#[test]
fn files_below_folders() {
    let here =
        with(&[("d/a.csv", "id\n1\n"), ("d/e/b.CSV", "id\n2\n"), ("d/e/c.tsv", "id\n3\n"), ("d/README", "no\n")]);
    let here = here.path();
    assert_eq!(convert(here, "d -r --include *.csv").ends(0).stdout, "id\n1\n");
    assert_eq!(convert(here, "d -r --include *.csv,*.CSV --include *.tsv -t csv").ends(0).stdout, "id\n1\n2\n3\n");
    // A file that is named is read.
    assert_eq!(convert(here, "d/e/c.tsv d -r --include a.* -t csv").ends(0).stdout, "id\n3\n1\n");
    convert(here, "d -r --include *.xml").ends(2).says(&["there are no files with such a name (--include) below d"]);
    convert(here, "d -r --include e/*.csv").ends(2).says(&["--include: `e/*.csv` is not a pattern of names"]);
    convert(here, "d -r --include [").ends(2).says(&["--include: `[` is not a valid pattern"]);
    convert(here, "d/a.csv --include *.csv").ends(2).says(&["`--include` has no effect: no folder is read"]);
    assert_eq!(run(here, ["count", "-r", "d", "--recursive", "--include", "*.csv"]).ends(0).stdout.trim(), "1 d/a.csv");
    convert(here, "d -r --include *.csv --out-dir out").ends(0);
    assert_eq!(names(&here.join("out")), ["a.csv"]);
}

/// One input lacks a field that is named: it is absent there, whatever the order of the inputs.
#[test]
fn fields_that_only_some_inputs_have() {
    let here = with(&[("a.csv", "id,name\n1,Ada\n"), ("b.csv", "id,born\n2,1906\n"), ("c.csv", "")]);
    let here = here.path();
    let both = |flags: &[&str]| {
        let convert = |files: [&str; 3]| run(here, ["convert", "-q"].iter().chain(&files).chain(flags)).ends(0).stdout;
        let (one, other) = (convert(["a.csv", "b.csv", "c.csv"]), convert(["c.csv", "b.csv", "a.csv"]));
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&one), sorted(&other));
        one
    };
    assert_eq!(both(&["--columns", "union", "-t", "ndjson", "--where", "born > 1900"]), "{\"id\":2,\"born\":1906}\n");
    let born = ["--columns", "union", "-t", "ndjson", "--where", "born IS ABSENT"];
    assert_eq!(both(&born), "{\"id\":1,\"name\":\"Ada\"}\n");
    assert_eq!(both(&["--columns", "union", "-s", "id,born"]), "id,born\n1,\n2,1906\n");
    let drop =
        ["--columns", "union", "--drop", "name", "--rename", "born=year", "--op", "upper:name+born", "-t", "ndjson"];
    assert_eq!(both(&drop), "{\"id\":1}\n{\"id\":2,\"year\":1906}\n");
    assert_eq!(both(&["--columns", "id,born", "--set", "born=coalesce(born, 7)"]), "id,born\n1,7\n2,1906\n");
    // A field that no input has is refused before anything is written.
    for columns in ["union", "first", "id,born"] {
        let ran = convert(here, &format!("a.csv b.csv --columns {columns} -o o.csv --where bron=1")).ends(2);
        ran.says(&["--where names the field `bron`, which no input has"]);
    }
    convert(here, "a.csv b.csv --columns union --op upper:nam")
        .ends(2)
        .says(&["--op upper names the field `nam`", "`name`?"]);
    // Without a word about columns, all inputs must have the same.
    convert(here, "b.csv a.csv -t ndjson --where born=1").ends(2).says(&["a.csv: --where names the field `born`"]);
    assert_eq!(names(here), ["a.csv", "b.csv", "c.csv"]);
}

/// A file that grows: what is there at the start is read, but for a line that has no end yet.
#[test]
fn a_file_that_grows() {
    let text = "id,name\n1,Ada\n2,B";
    let here = with(&[("a.csv", text), ("whole.csv", "id,name\n1,Ada\n2,B\n"), ("a.json", "[{\"a\":1}]")]);
    let here = here.path();
    for io in ["auto", "read"] {
        let ran = convert(here, &format!("a.csv --snapshot --io {io}")).ends(0);
        assert_eq!(ran.stdout, "id,name\n1,Ada\n");
        ran.says(&["the last line has no line break yet, so its 3 bytes were left out"]);
        for rows in ["--tail 1", "--sample 5", "--limit 5"] {
            let ran = convert(here, &format!("a.csv --snapshot --io {io} {rows}")).ends(0);
            assert_eq!(ran.stdout, "id,name\n1,Ada\n", "{rows}");
            ran.says(&["the last line has no line break yet, so its 3 bytes were left out"]);
        }
        convert(here, &format!("a.csv --snapshot --strict --io {io}"))
            .ends(1)
            .says(&["its 3 bytes were left out", "--strict"]);
        let whole = convert(here, &format!("whole.csv --snapshot --io {io}")).ends(0);
        assert_eq!((&*whole.stdout, &*whole.stderr), ("id,name\n1,Ada\n2,B\n", ""));
        assert_eq!(
            convert(here, &format!("whole.csv a.csv -q --snapshot --skip-footer 1 --io {io}")).ends(0).stdout,
            "id,name\n1,Ada\n"
        );
    }
    // An array has no lines.
    assert_eq!(convert(here, "a.json --snapshot -t ndjson").ends(0).stdout, "{\"a\":1}\n");
    let stdin = feed(here, ["convert", "-", "-f", "csv", "--snapshot"], b"a\n");
    stdin.ends(2).says(&["`--snapshot` has no effect: standard input is read to its end"]);
    // It grows all the time; without the flag that is an error.
    let path = here.join("grows.csv");
    fs::write(&path, format!("id\n{}", "1\n".repeat(2_000_000))).unwrap();
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let writer = std::thread::spawn(move || {
        // Not for ever, whatever the test does.
        for _ in 0..60_000 {
            file.write_all(b"2\n2").unwrap();
            std::thread::sleep(Duration::from_millis(1));
            if stopped.load(Ordering::Relaxed) {
                break;
            }
        }
    });
    for io in ["auto", "read"] {
        let report = format!("grows.csv --snapshot -q -o o.ndjson --force --report - --io {io}");
        let report: Value = serde_json::from_str(&convert(here, &report).ends(0).stdout).unwrap();
        assert!(report["records_in"].as_u64().unwrap() >= 2_000_000);
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

/// For Excel: a byte order mark, and encodings. The bytes are those of Python's `str.encode`.
#[test]
fn outputs_for_other_programs() {
    let here = with(&[("a.csv", "id,name\n1,Zoë\n2,Ωmega\n3,ok\n"), ("mark.txt", "\u{feff}x\n"), ("h.csv", "Ω\n1\n")]);
    let here = here.path();
    let bytes = |flags: &str| {
        convert(here, &format!("{flags} -q -o o --force")).ends(0);
        fs::read(here.join("o")).unwrap()
    };
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let csv = "id,name\n1,Zoë\n2,Ωmega\n3,ok\n";
    assert_eq!(bytes("a.csv -t csv --bom"), format!("\u{feff}{csv}").into_bytes());
    assert_eq!(bytes("mark.txt -t text --bom"), "\u{feff}x\n".as_bytes());
    assert_eq!(bytes("a.csv a.csv -t csv -n --bom"), format!("\u{feff}{csv}{csv}").into_bytes());
    for workers in ["--workers 1", "--workers 7 --slice-size 1", "--io read --slice-size 7"] {
        assert_eq!(
            bytes(&format!("a.csv -t csv --bom --out-encoding utf-16le {workers}")),
            wide(&format!("\u{feff}{csv}"))
        );
        let latin = bytes(&format!("a.csv -t csv --out-encoding windows-1252 --on-error skip {workers}"));
        assert_eq!(latin, b"id,name\n1,Zo\xeb\n3,ok\n");
    }
    assert_eq!(bytes("a.csv -t tsv --out-encoding cp850 --on-error skip"), b"id\tname\n1\tZo\x89\n3\tok\n");
    assert_eq!(
        bytes("a.csv -t ndjson --out-encoding utf-16be -s id"),
        "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()
    );
    // What is not written does no harm; what was read so is written so.
    assert_eq!(bytes("a.csv -t csv --out-encoding windows-1252 -s id"), b"id\n1\n2\n3\n");
    assert_eq!(bytes("a.csv -t csv --out-encoding utf-8"), csv.as_bytes());
    fs::write(here.join("w.csv"), wide(&format!("\u{feff}{csv}"))).unwrap();
    assert_eq!(bytes("w.csv -t csv --out-encoding utf-16le --bom"), fs::read(here.join("w.csv")).unwrap());
    // Nothing is lost in silence.
    let refused = |flags: &str, code| convert(here, &format!("{flags} -o p")).ends(code);
    let said = ["record 2, line 3", "the character `Ω` (U+03A9) is not in windows-1252, the encoding of the output"];
    refused("a.csv -t csv --out-encoding windows-1252", 1).says(&said);
    refused("h.csv -t csv --out-encoding windows-1252", 1).says(&["the character `Ω` (U+03A9) in a field name"]);
    refused("a.csv -t csv --out-encoding windows-1252 --bom", 2)
        .says(&["`--bom` has no effect: windows-1252 has no byte order mark"]);
    refused("a.csv -t csv --out-encoding klingon", 2)
        .says(&["--out-encoding: `klingon` is not the name of an encoding"]);
    refused("a.csv -t csv --out-encoding utf-16le --resume", 2).says(&["in another encoding"]);
    refused("a.csv -t json --bom", 2).says(&["`--bom` has no effect: the output is JSON"]);
    assert!(!here.join("p").exists());
}
