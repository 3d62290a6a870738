//! `--strict`: every warning about the data is an error, and no file gets its name.

use std::fs;

use crate::support::{feed, folder, names, run};

/// Headers that get a warning, and a part of it.
const HEADERS: [(&str, &str); 5] = [
    ("a,b,a\n1,2,3\n", "the header names `a` twice"),
    ("a;b\n1;2\n", "the header has one field, `a;b`"),
    ("a,,c\n1,2,3\n", "the header has no name for field 2"),
    (",b,\n1,2,3\n", "the header has no name for 2 fields, the first of which is field 1"),
    ("x,x,x\n1,2,3\n", "the header names `x` twice"),
];

#[test]
fn what_is_a_warning_about_the_header_is_an_error() {
    let here = folder();
    let here = here.path();
    for (text, warning) in HEADERS {
        fs::write(here.join("a.csv"), text).unwrap();
        for to in ["csv", "ndjson", "text"] {
            let convert = ["convert", "a.csv", "-t", to];
            run(here, convert).ends(0).says(&["warning: ", warning]);
            let strict = [&convert[..], &["--strict", "-o", "out"]].concat();
            run(here, &strict).ends(1).says(&["a.csv: ", warning, "Leave out --strict"]);
            // Whatever becomes of bad records, the header is none of them.
            run(here, strict.iter().chain(&["--on-error", "skip"])).ends(1).says(&[warning]);
            // Warnings that nobody sees are errors all the same.
            run(here, strict.iter().chain(&["--quiet"])).ends(1).says(&[warning]);
            feed(here, ["convert", "-", "-f", "csv", "-t", to, "--strict"], text.as_bytes()).ends(1).says(&[warning]);
        }
        // Without a header there is nothing to warn about.
        run(here, ["convert", "a.csv", "-t", "csv", "-n", "--strict"]).ends(0);
        run(here, ["count", "-r", "a.csv", "--strict"]).ends(1).says(&[warning]);
        assert_eq!(names(here), ["a.csv"], "{text}");
    }
}

#[test]
fn one_of_many_inputs_is_enough() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a,b\n1,2\n").unwrap();
    fs::write(here.join("b.csv"), "a,b,\n1,2,3\n").unwrap();
    let many = ["convert", "a.csv", "b.csv", "--columns", "union", "-t", "ndjson", "--strict"];
    run(here, many.iter().chain(&["-o", "c.ndjson"])).ends(1).says(&["b.csv: ", "no name for field 3"]);
    let each = ["convert", "a.csv", "b.csv", "-t", "ndjson", "--strict", "--out-dir", "out"];
    run(here, each.iter().chain(&["--keep-going"])).ends(1).says(&["b.csv: ", "no name for field 3"]);
    assert_eq!(names(here), ["a.csv", "b.csv", "out"]);
    assert_eq!(names(&here.join("out")), ["a.ndjson"]);
}

/// What is lost, for each kind: the flags, an input, its format and the output's.
#[test]
fn what_is_lost_is_an_error() {
    let here = folder();
    let here = here.path();
    let lossy = [
        ("absent_as_null", "{\"a\":1,\"b\":2}\n{\"a\":3}\n", "ndjson", "csv", &[][..]),
        ("bool_as_text", "{\"a\":true}\n", "ndjson", "csv", &[]),
        ("list_as_text", "{\"a\":[1]}\n", "ndjson", "csv", &[]),
        ("map_as_text", "{\"a\":{\"b\":1}}\n", "ndjson", "csv", &["--nested", "json"]),
        ("number_as_text", "{\"a\":1}\n", "ndjson", "text", &["--select", "a"]),
        ("null_as_text", "{\"a\":null}\n", "ndjson", "text", &["--select", "a"]),
        ("duplicate_key", "{\"a\":1,\"a\":2}\n", "ndjson", "csv", &[]),
        ("duplicate_key", "{\"a\":1,\"a\":2}\n", "ndjson", "csv", &["--select", "a"]),
        ("duplicate_key", "{\"a\":{\"b\":1},\"a\":{}}\n", "ndjson", "ndjson", &["--select", "a", "--op", "trim"]),
        ("unknown_key", "{\"a\":1,\"b\":2}\n", "ndjson", "csv", &["--columns", "a"]),
        ("key_dropped", "a\nx\n", "csv", "text", &[]),
        ("line_break_in_line", "a\n\"x\ny\"\n", "csv", "text", &[]),
        ("empty_text_as_null", "{\"a\":\"\",\"b\":1}\n", "ndjson", "csv", &["--out-no-quoting"]),
        ("number_rounded", "a\n0.12345678901234567890\n", "csv", "fixed", &["--layout", "a:f64le"]),
    ];
    for (kind, text, from, to, more) in lossy {
        fs::write(here.join("in"), text).unwrap();
        let convert = [&["convert", "in", "-f", from, "-t", to, "-o", "out"], more].concat();
        run(here, &convert).ends(0).says(&["warning: ", kind]);
        fs::remove_file(here.join("out")).unwrap();
        run(here, convert.iter().chain(&["--strict"])).ends(1).says(&["--strict"]);
        assert_eq!(names(here), ["in"], "{kind}");
    }
    fs::write(here.join("in"), b"a\n\xff\n").unwrap();
    let replace = ["convert", "in", "-f", "csv", "-t", "ndjson", "--invalid-utf8", "replace", "-o", "out"];
    run(here, replace).ends(0).says(&["1 piece of invalid UTF-8"]);
    run(here, replace.iter().chain(&["--strict", "--force"])).ends(1);
}

/// What `convert` refuses, `count` does not count.
#[test]
fn a_count_is_as_strict_as_a_conversion() {
    let here = folder();
    let here = here.path();
    let inputs: [(&[u8], &str); 6] = [
        (b"a,b\n\xff,2\n", "record 1, line 2, byte 4: the text is not valid UTF-8"),
        (b"a,b\n1,2\n3,\"\xff\"\n", "record 2, line 3, byte 11: the text is not valid UTF-8"),
        (b"a,b\n1,\"2\"x\n", "text follows"),
        (b"a,\n1,2\n", "the header has no name for field 2"),
        (b"a\xff,b\n1,2\n", "line 1, byte 1: the field name"),
        (b"a,b\n1\n", "1 field where the header has 2"),
    ];
    for (text, reason) in inputs {
        fs::write(here.join("a.csv"), text).unwrap();
        for more in [&[][..], &["--io", "read"], &["--slice-size", "1", "-j", "2"]] {
            let converted = run(here, ["convert", "a.csv", "-t", "csv", "--strict"].iter().chain(more)).ends(1);
            let counted = run(here, ["count", "-r", "a.csv", "--strict"].iter().chain(more)).ends(1);
            assert_eq!(counted.stderr, converted.says(&[reason]).stderr, "{more:?}");
        }
        feed(here, ["count", "-r", "-f", "csv", "--strict"], text).ends(1).says(&[reason]);
        run(here, ["count", "a.csv", "-f", "csv", "--strict"]).ends(1).says(&[reason]);
    }
}

/// A field that no record has a value of is an error in every command that names it.
#[test]
fn a_field_that_no_record_has_is_an_error() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("f.ndjson"), "{\"id\":1}\n{\"id\":2}\n").unwrap();
    for (line, lax) in [
        ("sort f.ndjson --by emial -o s.ndjson", "`emial`"),
        ("split f.ndjson --by emial -o p_{part}.ndjson", "`emial`"),
    ] {
        run(here, line.split(' ')).ends(0).says(&["warning", lax]);
        fs::remove_file(here.join("s.ndjson")).ok();
        fs::remove_file(here.join("p_%null.ndjson")).ok();
        run(here, line.split(' ').chain(["--strict"])).ends(1).says(&[lax, "--strict"]);
        let left = fs::read_dir(here).unwrap().filter(|file| file.as_ref().unwrap().path().is_file()).count();
        assert_eq!(left, 1, "{line}");
    }
}

/// With a limit, names count in the records that are read, however many are decoded together.
#[test]
fn names_in_records_after_the_limit() {
    let here = folder();
    let here = here.path();
    let first = "{\"a\":0}\n{\"a\":1}\n";
    fs::write(here.join("first.ndjson"), first).unwrap();
    fs::write(here.join("f.ndjson"), [first, &"{\"a\":0,\"b\":2}\n".repeat(99)].concat()).unwrap();
    for flags in ["--select a,b", "--drop b", "--rename b=z", "--op upper:b", "--columns a,b"] {
        // After a record that is left out, several are decoded together.
        let line = format!("-t ndjson --limit 1 --where a>0 --strict {flags}");
        for file in ["first.ndjson", "f.ndjson --slice-size 8", "f.ndjson --slice-size 1MB"] {
            run(here, format!("convert {file} {line}").split(' ')).ends(1).says(&["`b`", "--strict"]);
        }
        // The third record has the name.
        let limited = |limit: u8| format!("convert f.ndjson -t ndjson --limit {limit} --strict {flags}");
        run(here, limited(2).split(' ')).ends(1).says(&["`b`"]);
        run(here, limited(3).split(' ')).ends(0);
    }
}

/// An op on a field that does not reach the output has nothing to do: that is no mistake.
#[test]
fn an_op_on_a_field_that_is_left_out() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("f.ndjson"), "{\"a\":1,\"b\":\"x\",\"m\":{\"p\":\"q\"}}\n").unwrap();
    for flags in ["--drop b --op upper:b", "--select a --op upper:b", "--drop m --op upper:m.p"] {
        let ran = run(here, format!("convert f.ndjson --strict {flags} -t ndjson").split(' ')).ends(0);
        assert_eq!(ran.stderr, "", "{flags}");
    }
    run(here, "convert f.ndjson --strict --op upper:bb -t ndjson".split(' ')).ends(1).says(&["`bb`"]);
}

/// Nothing is written before a run finds that no record has a field by which they are compared.
#[test]
fn a_field_to_compare_that_no_record_has() {
    let here = folder();
    let here = here.path();
    fs::create_dir(here.join("out")).unwrap();
    fs::write(here.join("f.ndjson"), "{\"id\":1}\n{\"id\":2}\n").unwrap();
    for line in [
        "convert f.ndjson --dedupe emial,id -t csv",
        "convert f.ndjson --dedupe emial,id -t csv --out-dir out",
        "count -r f.ndjson --dedupe emial,id",
    ] {
        let ran = run(here, line.split(' ').chain(["--strict"])).ends(1).says(&["`emial`", "--strict"]);
        assert_eq!(ran.stdout, "", "{line}");
        assert_eq!(fs::read_dir(here.join("out")).unwrap().count(), 0, "{line}");
    }
}

/// A name that no record has is told, also if the field would not reach the output.
#[test]
fn an_op_on_a_field_that_is_left_out_and_does_not_exist() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("f.ndjson"), "{\"a\":1,\"m\":{\"p\":\"q\"}}\n").unwrap();
    for (flags, name) in [("--select a --op upper:zz", "`zz`"), ("--drop m --op upper:m.zz", "`m.zz`")] {
        let line = format!("convert f.ndjson --strict {flags} -t ndjson -o out");
        run(here, line.split(' ')).ends(1).says(&[name]);
    }
}
