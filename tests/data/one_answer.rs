//! The same request means the same, whichever way the engine takes: with and without an op that changes nothing, from
//! a map, read, piped, and from several inputs, into something that can be begun anew and into a stream.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::support::raw::Raw;
use crate::support::{feed, folder, run};
use pagemill::format::Format;
use pagemill::job::{Io, Job, SourceSpec, TargetSpec};

/// The records of the issue, and one more with everything that is odd.
const RECORDS: [&str; 4] = [
    r#"{"a":1,"b":"x","m":{"p":"q","r":2}}"#,
    r#"{"b":"y","a":4}"#,
    r#"{"l":[{"a":1,"b":2},{"a":3},7],"m":null,"a":"1.50"}"#,
    r#"{"m":{"r":{},"p":{"deep":[1]}},"a":null,"b":""}"#,
];
const CSV: [&str; 3] = ["a,b,m.p,m.r", "1,x,q,2", "4,y,,\"\""];

/// What was said, by flag.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    select: &'static str,
    drop: &'static str,
    rename: &'static str,
    columns: &'static str,
    nested: &'static str,
}

impl Said {
    fn raw(self, to: &str, op: bool) -> Raw {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Raw {
            to: given(to),
            select: given(self.select).into_iter().collect(),
            drop: given(self.drop).into_iter().collect(),
            rename: given(self.rename).into_iter().collect(),
            columns: given(self.columns).into_iter().collect(),
            nested: given(self.nested),
            op: if op { vec!["trim".into()] } else { Vec::new() },
            workers: Some(1),
            slice_size: Some("1".into()),
            on_error: given("skip"),
            ..Raw::default()
        }
    }
}

/// A stream that is written and read by a test.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An input as one file and as two.
struct Input {
    format: Format,
    whole: PathBuf,
    parts: [PathBuf; 2],
}

fn inputs(folder: &Path) -> Vec<Input> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let lines = |records: &[&str]| records.join("\n") + "\n";
    let array = |records: &[&str]| format!("[{}]", records.join(",\n"));
    let table = |records: &[&str]| lines(&[&[CSV[0]], records].concat());
    vec![
        Input {
            format: Format::Ndjson,
            whole: write("all.ndjson", lines(&RECORDS)),
            parts: [write("1.ndjson", lines(&RECORDS[..2])), write("2.ndjson", lines(&RECORDS[2..]))],
        },
        Input {
            format: Format::Json,
            whole: write("all.json", array(&RECORDS)),
            parts: [write("1.json", array(&RECORDS[..1])), write("2.json", array(&RECORDS[1..]))],
        },
        Input {
            format: Format::Csv,
            whole: write("all.csv", table(&CSV[1..])),
            parts: [write("1.csv", table(&CSV[1..2])), write("2.csv", table(&CSV[2..]))],
        },
    ]
}

/// What came out: the bytes, what was lost, how many records were bad, and the names that never occur; or an error.
type Answer = Result<(String, String, u64, String), String>;

#[derive(Clone, Copy, Debug)]
enum Way {
    Mapped,
    Read,
    Piped,
    Streamed,
    Two,
}

fn answer(input: &Input, said: Said, to: &str, op: bool, way: Way) -> Answer {
    let mut settings = said.raw(to, op).validate().map_err(|_| "refused".to_owned())?;
    settings.from = Some(input.format);
    let path = || SourceSpec::Path(input.whole.clone());
    let pipe = Pipe::default();
    let (source, target) = match way {
        Way::Mapped | Way::Two => (path(), TargetSpec::Memory),
        Way::Read => {
            settings.io = Io::Read;
            (path(), TargetSpec::Memory)
        }
        Way::Piped => {
            let bytes = std::fs::read(&input.whole).unwrap();
            (SourceSpec::Reader(Box::new(Cursor::new(bytes))), TargetSpec::Memory)
        }
        Way::Streamed => (path(), TargetSpec::Writer(Box::new(pipe.clone()))),
    };
    let report = match way {
        Way::Two => {
            let sources = input.parts.iter().map(|path| SourceSpec::Path(path.clone()));
            Job::many(sources, target).with(|own| *own = settings).run()
        }
        _ => Job::new(source, target).with(|own| *own = settings).run(),
    };
    // Where an error is differs: each way sees its own file.
    let report = report.map_err(|error| format!("{:?}", error.class()))?;
    let bytes = match way {
        Way::Streamed => pipe.0.lock().unwrap().clone(),
        _ => report.output,
    };
    let lossy: Vec<String> = report.lossy.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect();
    let unseen: Vec<String> =
        report.names_never_seen.iter().map(|name| format!("{} {}", name.setting, name.name)).collect();
    Ok((String::from_utf8(bytes).unwrap(), lossy.join(", "), report.records_failed, unseen.join(", ")))
}

#[test]
fn whichever_way_from_ndjson() {
    whichever_way(0);
}

#[test]
fn whichever_way_from_json() {
    whichever_way(1);
}

#[test]
fn whichever_way_from_csv() {
    whichever_way(2);
}

fn whichever_way(input: usize) {
    let here = folder();
    let input = &inputs(here.path())[input];
    let mut all = Vec::new();
    let of = |said: &[&'static str]| [&[""], said].concat();
    for select in of(&["b,a", "m,a", "m.p,zz,a", "m.r,l.a,b", "l,m", "b,m.r"]) {
        for drop in of(&["m.p", "b,x"]) {
            for rename in of(&["a=z", "m.p=zz", "m=k,b=c"]) {
                for columns in of(&["b,a,zz", "m,z", "m.p,a", "first", "union"]) {
                    for nested in of(&["json"]) {
                        let said = Said { select, drop, rename, columns, nested };
                        let flags = [select, drop, rename, columns, nested].iter().filter(|f| !f.is_empty()).count();
                        all.extend((flags <= 2).then_some(said));
                    }
                }
            }
        }
    }
    assert!(all.len() > 100);
    for said in all {
        for to in ["ndjson", "csv"] {
            let expected = answer(input, said, to, false, Way::Mapped);
            for way in [Way::Mapped, Way::Read, Way::Piped, Way::Streamed, Way::Two] {
                for op in [false, true] {
                    let found = answer(input, said, to, op, way);
                    assert_eq!(found, expected, "{said:?} {:?} to {to} {way:?} op: {op}", input.format);
                }
            }
        }
    }
}

/// Runs a conversion of a file or of standard input, with and without an op, and gives what all of them wrote.
#[track_caller]
fn all_write(input: &str, name: &str, to: &str, flags: &[&str], expected: &str) {
    let here = folder();
    std::fs::write(here.path().join(name), input).unwrap();
    let format = Path::new(name).extension().unwrap().to_str().unwrap();
    for op in [&[][..], &["--op", "trim"]] {
        let base = ["convert", "-f", format, "-t", to, "-q"];
        let rest = [&base[..], flags, op].concat();
        let mapped = run(here.path(), [&rest[..], &[name]].concat()).ends(0);
        let read = run(here.path(), [&rest[..], &[name, "--io", "read"]].concat()).ends(0);
        let piped = feed(here.path(), [&rest[..], &["-"]].concat(), input.as_bytes()).ends(0);
        run(here.path(), [&rest[..], &[name, "-o", "out", "--force"]].concat()).ends(0);
        let file = std::fs::read_to_string(here.path().join("out")).unwrap();
        for out in [mapped.stdout, read.stdout, piped.stdout, file] {
            assert_eq!(out, expected, "{flags:?} {op:?}");
        }
    }
}

#[test]
fn selected_fields_of_nested_records() {
    let two = format!("{}\n{}\n", RECORDS[0], RECORDS[1]);
    let csv = |flags: &[&str], expected: &str| all_write(&two, "in.ndjson", "csv", flags, expected);
    csv(&["--select", "b,a"], "b,a\nx,1\ny,4\n");
    csv(&["--select", "m,a"], "m.p,m.r,a\nq,2,1\n,,4\n");
    csv(&["--select", "a,m"], "a,m.p,m.r\n1,q,2\n4,,\n");
    csv(&["--select", "m.p", "--rename", "m.p=zz"], "m.zz\nq\n\"\"\n");
    csv(&["--select", "m,a", "--drop", "m.p"], "m.r,a\n2,1\n,4\n");
    csv(&["--select", "m.r,b,m.p"], "m.r,b,m.p\n2,x,q\n,y,\n");
    csv(&["--select", "b,no,a"], "b,no,a\nx,,1\ny,,4\n");
    csv(&["--select", "m,a", "--nested", "json"], "m,a\n\"{\"\"p\"\":\"\"q\"\",\"\"r\"\":2}\",1\n,4\n");
    csv(&["--select", "m.p,a", "--nested", "json"], "m.p,a\nq,1\n,4\n");
    let text = |flags: &[&str], expected: &str| all_write(&two, "in.ndjson", "text", flags, expected);
    text(&["--select", "m.p"], "q\n\n");
    text(&["--select", "m.p", "--rename", "m.p=zz"], "q\n\n");
    let list = "{\"l\":[{\"a\":\"x\",\"b\":2},{\"b\":3}]}\n{\"l\":{\"a\":4}}\n{}\n";
    all_write(list, "in.ndjson", "text", &["--select", "l.a"], "{\"l\":[{\"a\":\"x\"},{}]}\n4\n\n");
    text(&["--select", "m"], "{\"m\":{\"p\":\"q\",\"r\":2}}\n\n");
    text(&["--select", "b,m.p"], "{\"b\":\"x\",\"m\":{\"p\":\"q\"}}\ny\n");
    let lists = "{\"l\":[{\"a\":1,\"b\":2},{\"a\":3}],\"x\":1}\n";
    all_write(lists, "in.ndjson", "csv", &["--select", "x,l.a"], "x,l\n1,\"[{\"\"a\"\":1},{\"\"a\"\":3}]\"\n");
    let ndjson = |flags: &[&str], expected: &str| all_write(&two, "in.ndjson", "ndjson", flags, expected);
    ndjson(&["--select", "b,a"], "{\"b\":\"x\",\"a\":1}\n{\"b\":\"y\",\"a\":4}\n");
    ndjson(&["--select", "m.r,a,m.p"], "{\"m\":{\"r\":2,\"p\":\"q\"},\"a\":1}\n{\"a\":4}\n");
    ndjson(&["--select", "m.p", "--rename", "m.p=zz"], "{\"m\":{\"zz\":\"q\"}}\n{}\n");
}

/// An object in a field that was none in the records before, where the target was begun already.
#[test]
fn an_object_that_comes_late() {
    let mut text = "{\"m\":1,\"a\":2}\n".repeat(2000);
    text += "{\"a\":3,\"m\":{\"p\":4}}\n";
    let here = folder();
    std::fs::write(here.path().join("in.ndjson"), &text).unwrap();
    let expected = format!("m,m.p,a\n{}{}", "1,,2\n".repeat(2000), ",4,3\n");
    let base = ["convert", "in.ndjson", "-t", "csv", "--select", "m,a", "--slice-size", "64"];
    for op in [&[][..], &["--op", "trim"], &["--strict"]] {
        let ran = run(here.path(), [&base[..], op, &["-o", "out", "--force"]].concat());
        match op {
            ["--strict"] => drop(ran.ends(1).says(&["absent_as_null"])),
            _ => {
                ran.ends(0);
                assert_eq!(std::fs::read_to_string(here.path().join("out")).unwrap(), expected);
                assert_eq!(run(here.path(), [&base[..], op].concat()).ends(0).stdout, expected);
            }
        }
    }
}

#[test]
fn a_scalar_has_no_fields() {
    let here = folder();
    let input = b"{\"a\":1}\n5\n[{\"a\":2}]\n{\"a\":3}\n";
    for to in ["csv", "ndjson", "text"] {
        for op in [&[][..], &["--op", "trim"]] {
            let base = ["convert", "-", "-f", "ndjson", "-t", to, "--select", "a"];
            let ran = feed(here.path(), [&base[..], op].concat(), input).ends(1);
            ran.says(&["record 2", "the record is not an object, so it has no fields to select"]);
            let ran = feed(here.path(), [&base[..], op, &["--on-error", "skip"]].concat(), input).ends(0);
            ran.says(&["2 bad records ("]);
        }
    }
}

#[test]
fn the_order_of_steps() {
    let ndjson = "{\"a\":\"x\",\"c\":\"y\"}\n";
    let csv = "a,c\nx,y\n";
    let rename = ["--rename", "a=b"];
    let upper = |field: &'static str| [&rename[..], &["--op", field]].concat();
    for (input, name) in [(ndjson, "in.ndjson"), (csv, "in.csv")] {
        all_write(input, name, "ndjson", &upper("upper:a"), "{\"b\":\"X\",\"c\":\"y\"}\n");
        all_write(input, name, "csv", &upper("upper:a"), "b,c\nX,y\n");
        // The columns have the new names.
        let columns = [&upper("upper:a")[..], &["--columns", "c,b"]].concat();
        all_write(input, name, "csv", &columns, "c,b\ny,X\n");
        all_write(input, name, "ndjson", &columns, "{\"c\":\"y\",\"b\":\"X\"}\n");
    }
    let here = folder();
    let refused = feed(here.path(), [&["convert", "-", "-f", "csv"][..], &upper("upper:b")].concat(), csv.as_bytes());
    refused.ends(2).says(&["`b`", "does not have"]);
    let warned =
        feed(here.path(), [&["convert", "-", "-f", "ndjson"][..], &upper("upper:b")].concat(), ndjson.as_bytes());
    warned.ends(0).says(&["--op names the field `b`, which no record has"]);
}

#[test]
fn exactly_these_columns() {
    let flags = ["--columns", "b,zz,a"];
    let ndjson = "{\"a\":1,\"b\":\"x\",\"c\":3}\n{\"b\":\"y\"}\n";
    all_write(ndjson, "in.ndjson", "csv", &flags, "b,zz,a\nx,,1\ny,,\n");
    all_write(ndjson, "in.ndjson", "ndjson", &flags, "{\"b\":\"x\",\"a\":1}\n{\"b\":\"y\"}\n");
    all_write(ndjson, "in.ndjson", "text", &flags, "{\"b\":\"x\",\"a\":1}\ny\n");
    let csv = "a,b,c\n1,x,3\n,y,\n";
    all_write(csv, "in.csv", "csv", &flags, "b,zz,a\nx,,1\ny,,\n");
    all_write(csv, "in.csv", "ndjson", &flags, "{\"b\":\"x\",\"a\":1}\n{\"b\":\"y\",\"a\":null}\n");
    let here = folder();
    for (input, name) in [(ndjson, "in.ndjson"), (csv, "in.csv")] {
        std::fs::write(here.path().join(name), input).unwrap();
        std::fs::write(here.path().join("two.csv"), csv).unwrap();
        let base = ["convert", name, "-t", "ndjson", "--columns", "b,zz,a"];
        let said = run(here.path(), base).ends(0).stderr;
        let left_out = if name == "in.csv" { "2 fields left out" } else { "1 field left out" };
        assert!(said.contains(left_out), "{said}");
        assert!(said.contains("--columns names the field `zz`, which no record has"), "{said}");
        run(here.path(), [&base[..], &["--strict"]].concat()).ends(1);
        run(here.path(), ["convert", name, "-t", "csv", "--columns", "a,a"]).ends(2).says(&["twice"]);
    }
    let both = ["convert", "in.csv", "two.csv", "-t", "csv", "--columns", "b,zz,a", "-q"];
    assert_eq!(run(here.path(), both).ends(0).stdout, "b,zz,a\nx,,1\ny,,\nx,,1\ny,,\n");
    let text =
        feed(here.path(), ["convert", "-", "-f", "text", "-t", "csv", "--columns", "x,line", "-q"], b"one\ntwo\n");
    assert_eq!(text.ends(0).stdout, "x,line\n,one\n,two\n");
    // Without a header the names are those of places.
    let nameless = ["convert", "in.csv", "two.csv", "-n", "-t", "csv", "-q", "--columns"];
    run(here.path(), [&nameless[..], &["id"]].concat()).ends(2).says(&["column_1"]);
    let swapped = run(here.path(), [&nameless[..], &["column_2,column_1"]].concat()).ends(0).stdout;
    assert_eq!(swapped, "b,a\nx,1\ny,\nb,a\nx,1\ny,\n");
}

/// Whether a name occurs is not known where no record came to the step that has it.
#[test]
fn names_behind_a_condition_that_nothing_meets() {
    let here = folder();
    std::fs::write(here.path().join("in.ndjson"), "{\"a\":2,\"p\":\"1\"}\n{\"a\":3}\n").unwrap();
    let convert = |flags: &[&str]| run(here.path(), [&["convert", "in.ndjson", "-t", "ndjson"][..], flags].concat());
    for step in [["--select", "q"], ["--drop", "q"], ["--rename", "q=r"], ["--op", "upper:q"], ["--set", "r=q"]] {
        let named = format!("{} names the field `q`, which no record has", step[0]);
        let nothing = convert(&[&["--where", "a=1", "--strict"][..], &step].concat()).ends(0);
        assert_eq!((&*nothing.stdout, &*nothing.stderr), ("", ""), "{step:?}");
        convert(&[&["--where", "a=2", "--strict"][..], &step].concat()).ends(1).says(&[&named]);
        convert(&[&["--where", "b=2"][..], &step].concat()).ends(0).says(&["--where names the field `b`"]);
    }
}

/// Names that no record has, and the one that is meant.
#[test]
fn names_that_never_occur() {
    let here = folder();
    let ndjson = "{\"email\":\"a@b\",\"id\":1,\"m\":{\"p\":1}}\n{\"email\":\"c@d\",\"id\":2}\n";
    std::fs::write(here.path().join("in.ndjson"), ndjson).unwrap();
    let named: [(&[&str], &str); 6] = [
        (&["--drop", "emial"], "--drop names the field `emial`, which no record has; did you mean `email`?"),
        (&["--select", "id,emial"], "--select names the field `emial`, which no record has; did you mean `email`?"),
        (&["--rename", "emial=e"], "--rename names the field `emial`, which no record has; did you mean `email`?"),
        (&["--op", "upper:emial"], "--op names the field `emial`, which no record has; did you mean `email`?"),
        (
            &["--columns", "id,email,m,emial"],
            "--columns names the field `emial`, which no record has; did you mean `email`?",
        ),
        (&["--drop", "m.q"], "--drop names the field `m.q`, which no record has; did you mean `m.p`?"),
    ];
    for (flags, warning) in named {
        for to in ["ndjson", "csv"] {
            let base = [&["convert", "in.ndjson", "-t", to][..], flags].concat();
            run(here.path(), [&base[..], &["--report", "report.json", "-o", "out"]].concat()).ends(0).says(&[warning]);
            let report = std::fs::read_to_string(here.path().join("report.json")).unwrap();
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["names_never_seen"].as_array().unwrap().len(), 1, "{flags:?} {to}");
            std::fs::remove_file(here.path().join("out")).unwrap();
            std::fs::remove_file(here.path().join("report.json")).unwrap();
            let strict = run(here.path(), [&base[..], &["--strict", "-o", "out"]].concat()).ends(1);
            assert!(to == "csv" || strict.stderr.contains(warning), "{}", strict.stderr);
            assert!(!here.path().join("out").exists());
        }
    }
    // A name that one record of many has, or one of several inputs.
    let mut late = ndjson.repeat(500);
    late += "{\"late\":1}\n";
    std::fs::write(here.path().join("late.ndjson"), late).unwrap();
    for flag in ["--drop", "--select", "--columns"] {
        for to in ["ndjson", "csv"] {
            let base = ["convert", "late.ndjson", "-t", to, flag, "late", "--slice-size", "100"];
            let said = run(here.path(), base).ends(0).stderr;
            assert!(!said.contains("no record has"), "{flag} {to}: {said}");
            let said = run(here.path(), ["convert", "in.ndjson", "late.ndjson", "-t", to, flag, "late"]).ends(0).stderr;
            assert!(!said.contains("no record has"), "{flag} {to}: {said}");
        }
    }
    let folders = run(here.path(), ["convert", "in.ndjson", "late.ndjson", "--out-dir", "d", "--drop", "late,never"]);
    let said = folders.ends(0).stderr;
    assert!(said.contains("`never`") && !said.contains("`late`"), "{said}");
    // CSV says so before anything is read.
    feed(here.path(), ["convert", "-", "-f", "csv", "--drop", "emial"], b"email\nx\n").ends(2).says(&["email"]);
}

#[test]
fn a_record_that_a_rename_refuses() {
    let input = "{\"a\":1,\"b\":2}\n{\"a\":3}\n";
    all_write(input, "in.ndjson", "csv", &["--rename", "a=b", "--on-error", "skip"], "b\n3\n");
    all_write(input, "in.ndjson", "ndjson", &["--rename", "a=b", "--on-error", "skip"], "{\"b\":3}\n");
}

#[test]
fn a_late_key_of_a_file_that_is_read() {
    let here = folder();
    let mut text = "{\"a\":1}\n".repeat(200_000);
    text += "{\"b\":2}\n";
    std::fs::write(here.path().join("in.ndjson"), text).unwrap();
    let base = ["convert", "in.ndjson", "-t", "csv", "-q"];
    let out = run(here.path(), base).ends(0).stdout;
    assert!(out.starts_with("a,b\n1,\n") && out.ends_with("1,\n,2\n"));
    assert_eq!(run(here.path(), [&base[..], &["--io", "read"]].concat()).ends(0).stdout, out);
    run(here.path(), [&base[..], &["--io", "read", "-o", "out.csv"]].concat()).ends(0);
    assert_eq!(std::fs::read_to_string(here.path().join("out.csv")).unwrap(), out);
}

#[test]
fn types_text_holds_for_ops() {
    let flags = ["--types", "text", "--op", "upper"];
    let here = folder();
    for (to, expected) in [("csv", "a\n\"1E5\"\n"), ("tsv", "a\n\"1E5\"\n"), ("ndjson", "{\"a\":\"1E5\"}\n")] {
        let base = ["convert", "-", "-f", "csv", "-t", to];
        let out = feed(here.path(), [&base[..], &flags].concat(), b"a\n1e5\n").ends(0).stdout;
        assert_eq!(out, expected);
    }
    // In quotes every field is text.
    let base = ["convert", "-", "-f", "csv", "-t", "csv", "--quote-all", "--types", "text", "--strict"];
    for more in [&[][..], &["--op", "trim"], &["--select", "a,b"], &["--slice-size", "1"]] {
        let ran = feed(here.path(), [&base[..], more].concat(), b"a,b\n1,\n\"2\",\"\"\n").ends(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), ("\"a\",\"b\"\n\"1\",\"\"\n\"2\",\"\"\n", ""), "{more:?}");
    }
    // Without an op there is nothing to tell from text.
    let base = ["convert", "-", "-f", "csv", "-t", "csv", "--types", "text"];
    feed(here.path(), base, b"a,b\n1,\n").ends(2).says(&["--types", "no effect"]);
}

#[test]
fn numbers_in_quotes_are_counted() {
    let here = folder();
    let base = ["convert", "-", "-f", "csv", "-t", "csv", "--quote-all"];
    let ran = feed(here.path(), base, b"a,b,c\n1,x,\n\"2\",3e1,007\n")
        .ends(0)
        .says(&["2 numbers written as text (number_as_text)"]);
    assert_eq!(ran.stdout, "\"a\",\"b\",\"c\"\n\"1\",\"x\",\n\"2\",\"3e1\",\"007\"\n");
    feed(here.path(), [&base[..], &["--strict"]].concat(), b"a\n1\n").ends(1).says(&["number_as_text"]);
    feed(here.path(), [&base[..], &["--strict"]].concat(), b"a\nx\n").ends(0);
    let json = ["convert", "-", "-f", "ndjson", "-t", "csv", "--quote-all"];
    feed(here.path(), json, b"{\"a\":1,\"b\":\"2\"}\n").ends(0).says(&["1 number written as text (number_as_text)"]);
    // A NaN with a sign, one with a payload, and the plain one.
    let mut fixed = Vec::new();
    [0xfff8_0000_0000_0000u64, 0x7ff8_0000_0000_0001, 0x7ff8_0000_0000_0000]
        .iter()
        .for_each(|bits| fixed.extend_from_slice(&bits.to_le_bytes()));
    for to in ["csv", "text"] {
        let base = ["convert", "-", "-f", "fixed", "--layout", "x:f64le", "-t", to];
        let ran = feed(here.path(), base, &fixed)
            .ends(0)
            .says(&["2 NaNs with a sign or a payload written as plain NaN (nan_as_plain_nan)"]);
        assert!(ran.stdout.ends_with("NaN\nNaN\nNaN\n"));
        feed(here.path(), [&base[..], &["--strict"]].concat(), &fixed).ends(1);
    }
    let json = ["convert", "-", "-f", "fixed", "--layout", "x:f64le", "-t", "ndjson", "--nonfinite", "text"];
    let ran = feed(here.path(), json, &fixed).ends(0).says(&["3 numbers written as text", "2 NaNs with a sign"]);
    assert_eq!(ran.stdout, "{\"x\":\"NaN\"}\n".repeat(3));
}

#[test]
fn headers_are_data() {
    let here = folder();
    let input = b"id,na\xffme\n1,x\n";
    let base = ["convert", "-", "-f", "csv", "-t", "ndjson"];
    feed(here.path(), base, input).ends(1).says(&["byte 5", "not valid UTF-8", "--encoding"]);
    let replaced = feed(here.path(), [&base[..], &["--invalid-utf8", "replace"]].concat(), input).ends(0);
    assert_eq!(replaced.stdout, "{\"id\":1,\"na\u{fffd}me\":\"x\"}\n");
    replaced.says(&["1 piece of invalid UTF-8"]);
    // Two names that are alike then are told apart.
    let replaced = feed(here.path(), [&base[..], &["--invalid-utf8", "replace"]].concat(), b"\xff,\xfe\n1,2\n").ends(0);
    assert_eq!(replaced.stdout, "{\"\u{fffd}\":1,\"\u{fffd}_2\":2}\n");

    let mut text = String::new();
    (0..50).for_each(|n| text += &format!("{{\"k{n}\":1}}\n"));
    std::fs::write(here.path().join("keys.ndjson"), &text).unwrap();
    for way in [&[][..], &["--io", "read"], &["-j", "2", "--slice-size", "16"], &["-o", "out.csv"], &["--op", "trim"]] {
        let base = ["convert", "keys.ndjson", "-t", "csv", "--max-keys", "40"];
        // The 41st key is that of record 41, which begins after ten records of nine bytes and thirty of ten.
        let ran = run(here.path(), [&base[..], way].concat()).ends(1);
        ran.says(&["keys.ndjson", "record 41", "byte 390", "more than 40 different keys", "--max-keys"]);
    }
    let piped = ["convert", "-", "-f", "ndjson", "-t", "csv", "--max-keys", "40"];
    feed(here.path(), piped, text.as_bytes()).ends(1).says(&["record 41", "byte 390", "more than 40 different keys"]);
}

/// Two columns of one name, and a field beside a part of it, are refused before anything is read.
#[test]
fn names_that_clash() {
    let here = folder();
    std::fs::write(here.path().join("in.ndjson"), "{\"b\":2,\"a\":1,\"m\":{\"p\":3}}\n").unwrap();
    let name = |name: &str| format!("--rename would give two fields the name `{name}`");
    let parts = "--select names the field `m` and its part `m.p`".to_owned();
    for (flags, reason) in [
        (&["--select", "b,a", "--rename", "b=a"][..], name("a")),
        (&["--select", "c,a", "--rename", "c=a"], name("a")),
        (&["--select", "b,x", "--rename", "b=x"], name("x")),
        (&["--select", "b,a.p", "--rename", "b=a"], name("a")),
        (&["--select", "m.p,m.q", "--rename", "m.p=q"], name("m.q")),
        (&["--rename", "a=x,b=x"], name("x")),
        (&["--select", "m.p,a,m"], parts.clone()),
        (&["--select", "m,m.p", "--rename", "m=b"], parts),
    ] {
        for to in ["csv", "tsv", "json", "ndjson", "text"] {
            for op in [&[][..], &["--op", "trim"]] {
                let base = [&["convert", "in.ndjson", "-t", to][..], flags, op].concat();
                let ran = run(here.path(), base).ends(2).says(&[&reason]);
                assert_eq!(ran.stdout, "", "{flags:?} {to}");
            }
        }
    }
    let input = "{\"b\":2,\"a\":1,\"m\":{\"p\":3}}\n";
    all_write(input, "in.ndjson", "csv", &["--select", "a,b", "--rename", "a=b,b=a"], "b,a\n1,2\n");
    all_write(input, "in.ndjson", "csv", &["--select", "b,a", "--drop", "a", "--rename", "b=a"], "a\n2\n");
    all_write(input, "in.ndjson", "csv", &["--select", "b,m.p", "--rename", "m.p=b"], "b,m.b\n2,3\n");
}

/// Several files are files, not streams; an object without fields is a column.
#[test]
fn selected_fields_of_several_files() {
    let here = folder();
    let files = [
        ("empty.ndjson", "{\"a\":{}}\n"),
        ("b.ndjson", "{\"b\":1}\n"),
        ("full.ndjson", "{\"a\":{\"x\":5}}\n"),
        ("bad.ndjson", "{\"a\":{\"x\":1},\"b\":tru}\n{\"a\":2}\n"),
    ];
    files.iter().for_each(|(name, text)| std::fs::write(here.path().join(name), text).unwrap());
    for (names, select, expected) in [
        (["empty.ndjson", "b.ndjson"], "a,b", "a,b\n\"{}\",\n,1\n"),
        (["b.ndjson", "empty.ndjson"], "a,b", "a,b\n,1\n\"{}\",\n"),
        (["empty.ndjson", "b.ndjson"], "c", "c\n\"\"\n\"\"\n"),
        (["empty.ndjson", "full.ndjson"], "b,a", "b,a,a.x\n,\"{}\",\n,,5\n"),
        (["bad.ndjson", "b.ndjson"], "a,b", "a,b\n2,\n,1\n"),
    ] {
        let whole: String = names.iter().map(|name| std::fs::read_to_string(here.path().join(name)).unwrap()).collect();
        let flags = ["--select", select, "--on-error", "skip"];
        all_write(&whole, "whole.ndjson", "csv", &flags, expected);
        for op in [&[][..], &["--op", "trim"]] {
            let base = [&["convert", names[0], names[1], "-t", "csv", "-q"][..], &flags, op].concat();
            assert_eq!(run(here.path(), &base[..]).ends(0).stdout, expected, "{names:?} {op:?}");
            run(here.path(), [&base[..], &["-o", "out", "--force"]].concat()).ends(0);
            assert_eq!(std::fs::read_to_string(here.path().join("out")).unwrap(), expected, "{names:?} {op:?}");
        }
    }
}

/// Columns are named as they are in the end, and so is the one that may be meant.
#[test]
fn the_column_that_is_meant() {
    let here = folder();
    let convert = |columns: &str, input: &str, format: &str| {
        let base = ["convert", "-", "-f", format, "-t", "csv", "--rename", "old=name", "--columns", columns];
        feed(here.path(), base, input.as_bytes()).ends(0).stderr
    };
    for (input, format) in [("{\"old\":1}\n", "ndjson"), ("old\n1\n", "csv")] {
        let said = convert("name,old", input, format);
        assert!(said.contains("--columns names the field `old`, which no record has\n"), "{said}");
        let said = convert("nam", input, format);
        assert!(said.contains("--columns names the field `nam`, which no record has; did you mean `name`?"), "{said}");
    }
    let words = ["convert", "-", "-f", "ndjson", "--op", "wordcount", "--columns", "b"];
    feed(here.path(), words, b"{\"b\":1}\n").ends(2).says(&["--columns", "no effect", "word count"]);
}

/// A list with no map and no list in it has none of the fields that a path asks for.
#[test]
fn a_path_into_a_list_of_nothing() {
    let here = folder();
    for (list, more) in [("[]", ""), ("[ ]", ""), ("[1,\"]{\\\"[\",null]", ",\"x\":[[]]"), ("[\"\\\\\"]", ",\"l2\":{}")]
    {
        let input = format!("{{\"l\":{list}{more}}}\n{{\"l\":{{\"a\":3}},\"b\":4}}\n");
        std::fs::write(here.path().join("in.ndjson"), &input).unwrap();
        for (flags, expected) in [
            (&["--select", "l.a"][..], "l.a\n\"\"\n3\n"),
            (&["--select", "l.a,b", "--rename", "b=c"], "l.a,c\n,\n3,4\n"),
        ] {
            let base = ["convert", "-t", "csv", "-f", "ndjson"];
            for skip in [&[][..], &["--on-error", "skip"], &["--op", "trim"], &["--io", "read"]] {
                let file = run(here.path(), [&base[..], flags, skip, &["in.ndjson"]].concat()).ends(0);
                assert_eq!(file.stdout, expected, "{input} {flags:?} {skip:?}");
                if !skip.contains(&"--io") {
                    let pipe = feed(here.path(), [&base[..], flags, skip].concat(), input.as_bytes()).ends(0);
                    assert_eq!((pipe.stdout, pipe.stderr), (file.stdout, file.stderr), "{input} {flags:?} {skip:?}");
                }
            }
        }
    }
}

/// A field of which the choice leaves nothing was there all the same, whatever an op does.
#[test]
fn a_renamed_field_that_the_choice_empties() {
    let here = folder();
    let input = b"{\"m\":{\"r\":2}}\n";
    for choice in [["--select", "m.p"], ["--drop", "m.r"]] {
        let base = ["convert", "-f", "ndjson", "-t", "ndjson", "--rename", "m=z"];
        let plain = feed(here.path(), base.iter().chain(&choice), input).ends(0);
        let op = feed(here.path(), base.iter().chain(&choice).chain(&["--op", "trim"]), input).ends(0);
        assert_eq!((op.stdout, &op.stderr), (plain.stdout, &plain.stderr), "{choice:?}");
        assert!(!op.stderr.contains("--rename"), "{}", op.stderr);
    }
    // Several names are one list, of which every line after the first is indented.
    let strict = ["convert", "-f", "ndjson", "-t", "ndjson", "--drop", "x,y", "--strict"];
    let said = feed(here.path(), strict, input).ends(1).stderr;
    assert!(said.lines().count() == 3 && said.lines().skip(1).all(|line| line.starts_with("  ")), "{said}");
}

/// New names were not those of the keys where records of a table became JSON in lines of text and in frames.
#[test]
fn new_names_become_keys() {
    for (input, name) in [("a,b\n1,2\n", "in.csv"), ("{\"a\":1,\"b\":2}\n", "in.ndjson")] {
        all_write(input, name, "text", &["--rename", "a=z"], "{\"z\":1,\"b\":2}\n");
        all_write(input, name, "ndjson", &["--rename", "a=z"], "{\"z\":1,\"b\":2}\n");
        all_write(input, name, "text", &["--rename", "a=z", "--columns", "b,z"], "{\"b\":2,\"z\":1}\n");
        let frames = ["--payload", "json", "--frame", "varint", "--rename", "a=z"];
        all_write(input, name, "frames", &frames, "\u{d}{\"z\":1,\"b\":2}");
    }
}

/// Fields that are chosen while records are read say the same of bad records as fields that are chosen afterwards.
#[test]
fn bad_records_of_which_fields_are_selected() {
    let here = folder();
    for (text, format, select, good, said) in [
        ("\"x\":1}\n{\"a\":1}\n", "ndjson", "a", "a\n1\n", &["1 bad record (7 bytes)"][..]),
        ("{\"a\":1}\n{\"b\":1,x}\n", "ndjson", "a,b", "a,b\n1,\n", &["field `b`, which no record has", "1 bad record"]),
        ("{\"b\":[\"\\u00e9\"]}\n{\"b\":1\n", "ndjson", "b", "b\n\"[\"\"\\u00e9\"\"]\"\n", &["1 bad record"]),
        ("[5,{\"a\":{\"b\":1},x},{\"a\":2}]", "json", "a", "a\n2\n", &["2 bad records"]),
    ] {
        std::fs::write(here.path().join("in"), text).unwrap();
        let base = ["convert", "-f", format, "-t", "csv", "--select", select, "--on-error", "skip"];
        let ways = [&["in"][..], &["in", "--io", "read"], &["in", "--slice-size", "1"], &["-"]];
        let mut ran: Vec<_> =
            ways.iter().map(|way| feed(here.path(), [&base[..], way].concat(), text.as_bytes())).collect();
        // An op writes strings anew, so no text with escapes.
        if !text.contains('\\') {
            ran.push(run(here.path(), [&base[..], &["in", "--op", "trim"]].concat()));
        }
        for ran in ran {
            assert_eq!(ran.ends(0).says(said).stdout, good, "{text}");
        }
    }
}

/// What replaces invalid text does so in an object, too, that is found only while fields are selected.
#[test]
fn objects_with_invalid_text_that_come_late() {
    let here = folder();
    let replace = ["--invalid-utf8", "replace"];
    for (text, select, flags, expected) in [
        ("{\"m\":{\"l\":1,\"q\":\"\\ud800z\"}}\n{\"m\":2}\n", "m", &replace[..], "m.l,m.q,m\n1,\u{fffd}z,\n,,2\n"),
        ("{\"k\":6}\n{\"k\":5,\"z\":\"\\ud800\"}\n", "k,z", &replace, "k,z\n6,\n5,\u{fffd}\n"),
        ("{\"k\":1}\n{\"k\":{\"x\":\"\u{0}\"}}\n{\"k\":2}\n", "k", &["--on-error", "skip"], "k\n1\n2\n"),
    ] {
        // A byte that is in no UTF-8.
        let text: Vec<u8> = text.bytes().map(|byte| if byte == 0 { 0xff } else { byte }).collect();
        std::fs::write(here.path().join("in"), &text).unwrap();
        let base = ["convert", "-f", "ndjson", "-t", "csv", "--select", select];
        for way in [&["in"][..], &["in", "--io", "read"], &["-"], &["in", "--op", "trim"]] {
            let ran = feed(here.path(), [&base[..], flags, way].concat(), &text).ends(0);
            assert_eq!(ran.stdout, expected, "{select} {way:?}");
            assert!(!ran.stderr.contains("which no record has"), "{}", ran.stderr);
        }
    }
}
