//! Nested records and the cells and columns that they become; every result was worked out by hand.

use std::fs;
use std::path::Path;

use crate::support::{Ran, convert, feed, read, run, with};

/// What a file becomes with these words, by every way of reading it: the answer, which is the same.
fn each_way(here: &Path, name: &str, words: &[&str]) -> String {
    let all = |more: &[&str], name: &str| -> Ran {
        run(here, ["convert", name, "-q"].iter().chain(words).chain(more).copied())
    };
    let wanted = all(&["-j", "1"], name).ends(0).stdout;
    for more in [
        &["-j", "2", "--slice-size", "1"][..],
        &["-j", "7", "--slice-size", "100"],
        &["-j", "2", "--io", "read", "--slice-size", "64"],
    ] {
        assert_eq!(all(more, name).ends(0).stdout, wanted, "{name} {words:?} {more:?}");
    }
    let format = name.rsplit_once('.').unwrap().1;
    let piped: Vec<&str> = ["convert", "-", "-q", "-f", format].iter().chain(words).copied().collect();
    assert_eq!(feed(here, piped, &fs::read(here.join(name)).unwrap()).ends(0).stdout, wanted, "{words:?} piped");
    let packed = format!("packed.{format}.gz");
    if format != "fixed" {
        let packs = ["convert", name, "-o", &packed, "-q", "--force", "-t", format, "-f", format];
        if run(here, packs).code == 0 {
            assert_eq!(all(&[], &packed).ends(0).stdout, wanted, "{words:?} compressed");
        }
    }
    wanted
}

const LISTS: &str = "{\"id\":1,\"tags\":[\"a\",\"b\"],\"x\":null,\"m\":{\"k\":null,\"l\":[null,{\"z\":null}]}}\n\
    {\"id\":2,\"tags\":[],\"x\":5,\"m\":{}}\n\
    {\"id\":3,\"tags\":[\"q\\\"t\",2,true,null],\"x\":\"y\"}\n\
    {\"id\":4,\"tags\":[[\"n\"]],\"x\":1.10}\n\
    {\"id\":5,\"tags\":[\"1\"]}\n";

#[test]
fn null_keys_are_left_out() {
    let here = with(&[("a.ndjson", LISTS), ("t.csv", "a,b\n1,\n,\n\"\",x\n")]);
    let here = here.path();
    let lines = "{\"id\":1,\"tags\":[\"a\",\"b\"],\"m\":{\"l\":[null,{}]}}\n\
        {\"id\":2,\"tags\":[],\"x\":5,\"m\":{}}\n\
        {\"id\":3,\"tags\":[\"q\\\"t\",2,true,null],\"x\":\"y\"}\n\
        {\"id\":4,\"tags\":[[\"n\"]],\"x\":1.10}\n\
        {\"id\":5,\"tags\":[\"1\"]}\n";
    assert_eq!(each_way(here, "a.ndjson", &["-t", "ndjson", "--omit-null"]), lines);
    let array = format!("[{}\n]\n", lines.trim_end().replace('\n', ",\n"));
    assert_eq!(each_way(here, "a.ndjson", &["-t", "json", "--omit-null"]), array);
    assert_eq!(each_way(here, "t.csv", &["-t", "ndjson", "--omit-null"]), "{\"a\":1}\n{}\n{\"a\":\"\",\"b\":\"x\"}\n");
    let ran = run(here, ["convert", "a.ndjson", "-t", "ndjson", "--omit-null", "-s", "x,id", "--where", "id < 3"]);
    assert_eq!(ran.ends(0).stdout, "{\"id\":1}\n{\"x\":5,\"id\":2}\n");
    // JSON text in cells too, and with indentation.
    fs::write(here.join("u.csv"), "a,b.c\n{},\"{\"\"x\"\": null, \"\"y\"\":[null,1],\"\"z\"\":{\"\"p\"\":null}}\"\n")
        .unwrap();
    let ran = run(here, ["convert", "u.csv", "-t", "ndjson", "--unflatten", "--omit-null"]).ends(0);
    assert_eq!(ran.stdout, "{\"a\":{},\"b\":{\"c\":{\"y\":[null,1],\"z\":{}}}}\n");
    let ran = run(here, ["convert", "u.csv", "-t", "json", "--unflatten", "--omit-null", "--pretty", "-s", "b.c"]);
    let pretty = "[\n  {\n    \"b\": {\n      \"c\": {\n        \"y\": [\n          null,\n          1\n        ],\n        \"z\": {}\n      }\n    }\n  }\n]\n";
    assert_eq!(ran.ends(0).stdout, pretty);
    // A null that is no key stays.
    let ran = feed(here, ["convert", "-", "-f", "ndjson", "-t", "ndjson", "--omit-null"], b"null\n[null]\n").ends(0);
    assert_eq!(ran.stdout, "null\n[null]\n");
    run(here, ["convert", "a.ndjson", "-t", "csv", "--omit-null"]).ends(2).says(&["`--omit-null` has no effect"]);
}

#[test]
fn numbers_that_are_not_finite() {
    let here = with(&[]);
    let here = here.path();
    // NaN, both infinities and 1 as 32-bit numbers; then an infinity as a 64-bit one would be too long.
    fs::write(here.join("f.fixed"), b"\0\0\xc0\x7f\0\0\x80\x7f\0\0\x80\xff\0\0\x80\x3f").unwrap();
    let out = |how: &[&str]| each_way(here, "f.fixed", &[&["-t", "ndjson", "--layout", "a:f32le"], how].concat());
    let nulls = "{\"a\":null}\n{\"a\":null}\n{\"a\":null}\n{\"a\":1.0}\n";
    assert_eq!(out(&[]), nulls);
    assert_eq!(out(&["--nonfinite", "null"]), nulls);
    assert_eq!(out(&["--omit-null"]), "{}\n{}\n{}\n{\"a\":1.0}\n");
    let texts = "{\"a\":\"NaN\"}\n{\"a\":\"Infinity\"}\n{\"a\":\"-Infinity\"}\n{\"a\":1.0}\n";
    assert_eq!(out(&["--nonfinite", "text"]), texts);
    assert_eq!(out(&["--nonfinite", "text", "--omit-null"]), texts);
    assert_eq!(out(&["--nonfinite", "fail", "--on-error", "skip"]), "{\"a\":1.0}\n");
    let all = |more: &[&str]| {
        let words = ["convert", "f.fixed", "-t", "ndjson", "--layout", "a:f32le"];
        run(here, words.iter().chain(more).copied())
    };
    all(&["--nonfinite", "fail"]).ends(1).says(&["record 1, byte 0", "NaN or infinite, which JSON can't hold"]);
    all(&["--nonfinite", "text"]).ends(0).says(&["3 numbers written as text (number_as_text)"]);
    all(&["--nonfinite", "text", "--strict"]).ends(1);
    run(here, ["convert", "f.fixed", "-t", "csv", "--layout", "a:f32le", "--nonfinite", "text"]).ends(2);
    fs::write(here.join("a.ndjson"), LISTS).unwrap();
    let ran = convert(here, "a.ndjson -t json --nonfinite text").ends(2);
    ran.says(&["`--nonfinite` has no effect: the input is NDJSON, in which every number is finite"]);
}

#[test]
fn lists_are_joined() {
    let here = with(&[("a.ndjson", LISTS)]);
    let here = here.path();
    let joined = "id,tags\n1,a|b\n2,\"\"\n3,\"q\"\"t|2|true|\"\n4,\"[[\"\"n\"\"]]\"\n5,\"1\"\n";
    let words = ["-t", "csv", "--join-lists", "|"];
    assert_eq!(each_way(here, "a.ndjson", &[&words[..], &["-s", "id,tags"]].concat()), joined);
    // The same when records are taken apart, and in a list of columns.
    assert_eq!(each_way(here, "a.ndjson", &[&words[..], &["--columns", "id,tags"]].concat()), joined);
    let dropped = [&words[..], &["--drop", "x,m", "--where", "id > 0"]].concat();
    assert_eq!(each_way(here, "a.ndjson", &dropped), joined);
    let ran =
        run(here, ["convert", "a.ndjson", "-t", "tsv", "--tsv-escapes", "--join-lists", "\t", "-s", "tags"]).ends(0);
    assert_eq!(ran.stdout, "tags\na\\tb\n\nq\"t\\t2\\ttrue\\t\n[[\"n\"]]\n1\n");
    let ran = run(here, ["convert", "a.ndjson", "-t", "csv", "--join-lists", "|", "-s", "tags"]).ends(0);
    ran.says(&[
        "4 lists written as their items in one cell (list_joined)",
        "1 list written as JSON text (list_as_text)",
    ]);
    // An item that holds what is between items, or makes one with it, can't be told apart.
    let bad = |between: &str, list: &str| {
        fs::write(here.join("b.ndjson"), format!("{{\"t\":[\"ok\"]}}\n{{\"t\":{list}}}\n")).unwrap();
        run(here, ["convert", "b.ndjson", "-t", "csv", "--join-lists", between])
    };
    bad("|", "[\"a|b\"]").ends(1).says(&[
        "b.ndjson: record 2, line 2, byte 13",
        "an item of a list, `a|b`, can't be told from the `|` between items",
        "Choose another text for --join-lists",
    ]);
    bad("||", "[\"a|\",\"b\"]").ends(1).says(&["`a|`"]);
    assert_eq!(bad("||", "[\"a\",\"|b\",\"c|d\"]").ends(0).stdout, "t\nok\na|||b||c|d\n");
    bad(", ", "[\"a, b\"]").ends(1);
    assert_eq!(bad(", ", "[\"a,b\",1,\" \"]").ends(0).stdout, "t\nok\n\"a,b, 1,  \"\n");
    // What would be read as a number, or as null, is quoted.
    assert_eq!(bad(".", "[1,5]").ends(0).stdout, "t\nok\n\"1.5\"\n");
    assert_eq!(bad(";", "[null]").ends(0).stdout, "t\nok\n\"\"\n");
    assert_eq!(bad(";", "[\"\\u00e9\\n\",1e400,-0]").ends(0).stdout, "t\nok\n\"é\n;1e400;-0\"\n");
    bad("", "[]").ends(2).says(&["items can't be told apart"]);
    bad("|", "[]").ends(0);
    assert_eq!(read(here, "b.ndjson"), "{\"t\":[\"ok\"]}\n{\"t\":[]}\n");
    run(here, ["convert", "a.ndjson", "--join-lists", "|"]).ends(2).says(&["`--join-lists` has no effect"]);
    fs::write(here.join("c.csv"), "a\n1\n").unwrap();
    run(here, ["convert", "c.csv", "-t", "csv", "--join-lists", "|"]).ends(2).says(&["the input is CSV"]);
}
