//! Nested records and the cells and columns that they become; every result was worked out by hand.

use std::fs;
use std::path::Path;

use crate::support::{Ran, convert, feed, read, run, say, with};

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
    // As text, every byte stays as it is.
    let packed = format!("packed.{format}.gz");
    run(here, ["convert", name, "-o", &packed, "-q", "--force", "-t", "text", "-f", "text"]).ends(0);
    assert_eq!(all(&[], &packed).ends(0).stdout, wanted, "{words:?} compressed");
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
    let array = format!("[\n{}\n]\n", lines.trim_end().replace('\n', ",\n"));
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
    all(&["--nonfinite", "fail"]).ends(1).says(&[
        "record 1, byte 0: a number in the field `a` is NaN or infinite, which JSON can't hold",
        "--nonfinite null writes null",
    ]);
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

const ORDERS: &str = "{\"id\":1,\"tags\":[\"a\",\"b\"],\"o\":{\"items\":[{\"s\":\"x\",\"q\":1.10},{\"s\":\"y\"}]}}\n\
    {\"id\":2,\"tags\":[],\"o\":null}\n\
    {\"id\":3,\"tags\":null}\n\
    {\"id\":4}\n\
    {\"id\":5,\"tags\":\"z\"}\n\
    {\"id\":6,\"tags\":[[\"n\",1],{\"k\":1}]}\n\
    {\"id\":7,\"tags\":[\"q\"],\"o\":{\"items\":[]}}\n";

#[test]
fn a_record_for_each_item() {
    let here = with(&[("a.ndjson", ORDERS)]);
    let here = here.path();
    let rest = "\"o\":{\"items\":[{\"s\":\"x\",\"q\":1.10},{\"s\":\"y\"}]}}";
    let tags = format!(
        "{{\"id\":1,\"tags\":\"a\",{rest}\n{{\"id\":1,\"tags\":\"b\",{rest}\n{{\"id\":2,\"tags\":null,\"o\":null}}\n\
        {{\"id\":3,\"tags\":null}}\n{{\"id\":4}}\n{{\"id\":5,\"tags\":\"z\"}}\n{{\"id\":6,\"tags\":[\"n\",1]}}\n\
        {{\"id\":6,\"tags\":{{\"k\":1}}}}\n{{\"id\":7,\"tags\":\"q\",\"o\":{{\"items\":[]}}}}\n"
    );
    assert_eq!(each_way(here, "a.ndjson", &["-t", "ndjson", "--explode", "tags"]), tags);
    // Maps become columns; the header has those of what is left. Every pair of items of two lists is a record.
    let both = ["-t", "csv", "--explode", "o.items", "--explode", "tags", "--where", "id = 1 OR id = 7"];
    let pairs = "id,tags,o.items.s,o.items.q,o.items\n1,a,x,1.10,\n1,b,x,1.10,\n1,a,y,,\n1,b,y,,\n7,q,,,\n";
    assert_eq!(each_way(here, "a.ndjson", &both), pairs);
    // The order of steps counts, and fields are selected after all of them.
    let late = ["-t", "csv", "--explode", "tags", "--where", "tags = 'b'", "-s", "tags", "--columns", "tags,x"];
    let ran = run(here, ["convert", "a.ndjson", "-q", "--on-error", "skip"].iter().chain(&late).copied()).ends(0);
    assert_eq!(ran.stdout, "tags,x\nb,\n");
    let ran = run(
        here,
        [
            "convert",
            "a.ndjson",
            "-t",
            "ndjson",
            "--where",
            "id = 1",
            "--set",
            "n=1",
            "--explode",
            "tags",
            "--set",
            "n=n+1",
            "-s",
            "n,tags",
            "--rename",
            "tags=tag",
        ],
    );
    assert_eq!(ran.ends(0).stdout, "{\"n\":2,\"tag\":\"a\"}\n{\"n\":2,\"tag\":\"b\"}\n");
    let item = run(here, ["convert", "a.ndjson", "-t", "ndjson", "--explode", "tags[0]", "--where", "id = 6"]).ends(0);
    assert_eq!(item.stdout, "{\"id\":6,\"tags\":[\"n\",{\"k\":1}]}\n{\"id\":6,\"tags\":[1,{\"k\":1}]}\n");
    // From and to arrays, and from several inputs.
    convert(here, "a.ndjson -o a.json").ends(0);
    assert_eq!(each_way(here, "a.json", &["-t", "ndjson", "--explode", "tags"]), tags);
    let twice = run(here, ["convert", "a.ndjson", "a.json", "-t", "ndjson", "--explode", "tags"]).ends(0);
    assert_eq!(twice.stdout, format!("{tags}{tags}"));
    run(here, ["convert", "a.ndjson", "a.json", "--out-dir", "out", "-t", "ndjson", "--explode", "tags", "--force"])
        .ends(2);
    let never = convert(here, "a.ndjson -t ndjson --explode tugs").ends(0);
    let never = never.says(&["`tugs`", "did you mean `tags`?"]);
    assert_eq!(never.stdout, ORDERS);
    fs::write(here.join("t.csv"), "a\n1\n").unwrap();
    convert(here, "t.csv -t ndjson --explode a").ends(2).says(&["`--explode` has no effect: the input is CSV"]);
    run(here, ["convert", "a.ndjson", "--explode", ""]).ends(2).says(&["no field without a name"]);
}

#[test]
fn what_is_made_of_one_record_is_good_or_bad_together() {
    let lines = "{\"id\":1,\"t\":[1,2]}\n{\"id\":2,\"t\":[3,\"x\",4,\"y\"]}\n{\"id\":3,\"t\":[5]}\n\
        {\"id\":4,\"t\":[\"a|b\",[\"c|d\"]]}\n{\"id\":5,\"t\":[[\"q\"],[\"c|d\"],6]}\n{\"id\":6,\"t\":[[\"a\",\"b\"],7]}\n";
    let here = with(&[("a.ndjson", lines)]);
    let here = here.path();
    let ran = run(here, ["convert", "a.ndjson", "-t", "csv", "--explode", "t", "--where", "t > 1"]).ends(1);
    // The place is that of the source record.
    ran.says(&["a.ndjson: record 2, line 2, byte 19: the field `t` is `x`, where a number is needed"]);
    let words = ["-t", "csv", "--explode", "t", "--where", "t > 1", "--on-error", "skip"];
    assert_eq!(each_way(here, "a.ndjson", &words), "id,t\n1,2\n3,5\n");
    let report = ["convert", "a.ndjson", "-o", "o.csv", "--report", "r.json", "--on-error", "quarantine", "-q"];
    run(here, report.iter().chain(&words[2..6]).copied()).ends(0);
    let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    let counted = |key: &str| report[key].as_u64().unwrap();
    assert_eq!(["records_in", "records_out", "records_failed", "records_filtered"].map(counted), [6, 2, 4, 1]);
    let quarantined = read(here, "o.csv.quarantine.ndjson");
    assert_eq!(quarantined.lines().count(), 5);
    fs::write(
        here.join("q"),
        quarantined
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
            .replace("\"record\":2,", "\"text\":\"{\\\"id\\\":2,\\\"t\\\":[3,4]}\",\"record\":2,"),
    )
    .unwrap();
    let ran = run(here, ["replay", "q", "-t", "csv", "--explode", "t", "--where", "t > 3"]).ends(0);
    assert_eq!(ran.stdout, "id,t\n2,4\n");
    // The target refuses one of several: what was written of the others is taken back, however large it is.
    let joined = ["-t", "csv", "--explode", "t", "--join-lists", "|", "--on-error", "skip"];
    assert_eq!(each_way(here, "a.ndjson", &joined), "id,t\n1,1\n1,2\n2,3\n2,x\n2,4\n2,y\n3,5\n6,a|b\n6,7\n");
    let wide = "w".repeat(3_000);
    let many = |last: &str| format!("{{\"w\":\"{wide}\",\"t\":[{}{last}]}}\n", "[1,2],".repeat(1_000));
    fs::write(here.join("b.ndjson"), many("5") + &many("[\"|\"]") + &many("6")).unwrap();
    for ways in ["-j 1", "-j 2 --slice-size 1", "-j 2 --io read --memory-limit 40MB"] {
        let words = ["convert", "b.ndjson", "-q"].into_iter().chain(ways.split(' ')).chain(joined);
        let out = run(here, words).ends(0).stdout;
        let rows: Vec<&str> = out.lines().map(|line| line.trim_start_matches(['w', ','])).collect();
        assert_eq!((rows.len(), rows[0], rows[1], rows[1001], rows[2002]), (2003, "t", "1|2", "5", "6"), "{ways}");
    }
}

#[test]
fn lists_that_need_much_memory() {
    // Each record repeats 300 fields for each of 300 items.
    let fields: String = (0..300).map(|n| format!("\"f{n}\":{n},")).collect();
    let items: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let line = |id: u32| format!("{{\"id\":{id},{fields}\"t\":[{}]}}\n", items.join(","));
    let here = with(&[("a.ndjson", &(0..40).map(line).collect::<String>())]);
    let here = here.path();
    for ways in ["-j 1 --memory-limit 32MB", "-j 2 --memory-limit 48MB --slice-size 64KiB", "-j 2 --io read"] {
        let words = format!("convert a.ndjson -t csv -q --explode t -s id,t {ways}");
        let out = run(here, words.split(' ')).ends(0).stdout;
        assert_eq!((out.lines().count(), out.lines().nth(301)), (12_001, Some("1,0")), "{ways}");
    }
    // One list that needs more than a worker may have ends the run, with the reason.
    let long = format!("{{\"a\":1,\"t\":[{}1]}}\n", "1,".repeat(900_000));
    fs::write(here.join("b.ndjson"), long).unwrap();
    let words = "convert b.ndjson -t csv --explode t --memory-limit 24MB -j 1";
    run(here, words.split(' ')).ends(4).says(&["record 1", "worker's arena"]);
}

#[test]
fn json_inside_texts() {
    // As Docker writes logs.
    let docker = "{\"log\":\"{\\\"level\\\":\\\"in\\\\\\\"fo\\\",\\\"a\\\":[1.10,{\\\"b\\\":null}]}\\n\",\"t\":1}\n\
        {\"log\":null}\n{\"x\":1}\n{\"log\":5}\n{\"log\":\"\\\"text\\\"\",\"t\":2}\n";
    let here = with(&[
        ("a.ndjson", docker),
        ("t.csv", "id,j\n1,\"[1,\"\"a\"\",null,{\"\"k\"\": 1.10}]\"\n2,\n3,5\n4,true\n5,\"[]\"\n"),
    ]);
    let here = here.path();
    let lines = "{\"log\":{\"level\":\"in\\\"fo\",\"a\":[1.10,{\"b\":null}]},\"t\":1}\n{\"log\":null}\n{\"x\":1}\n\
        {\"log\":5}\n{\"log\":\"text\",\"t\":2}\n";
    assert_eq!(each_way(here, "a.ndjson", &["-t", "ndjson", "--parse-json", "log"]), lines);
    let columns = ["-t", "csv", "--parse-json", "log", "--explode", "log.a", "-s", "t,log.level,log.a"];
    assert_eq!(
        each_way(here, "a.ndjson", &columns),
        "t,log.level,log.a,log.a.b\n1,\"in\"\"fo\",1.10,\n1,\"in\"\"fo\",,\n,,,\n,,,\n,,,\n2,,,\n"
    );
    let ran = run(
        here,
        [
            "convert",
            "a.ndjson",
            "-t",
            "ndjson",
            "--parse-json",
            "log",
            "--where",
            "log.a[0] = 1.1",
            "--set",
            "ms=log.a[0]*2",
        ],
    );
    assert_eq!(ran.ends(0).stdout, lines.lines().next().unwrap().replace("\"t\":1}", "\"t\":1,\"ms\":2.20}\n"));
    // A table: the value is that of its column.
    let table = "{\"id\":1,\"j\":[1,\"a\",null,{\"k\":1.10}]}\n{\"id\":2,\"j\":null}\n{\"id\":3,\"j\":5}\n{\"id\":4,\"j\":true}\n{\"id\":5,\"j\":[]}\n";
    assert_eq!(each_way(here, "t.csv", &["-t", "ndjson", "--parse-json", "j"]), table);
    let rows = "{\"id\":1,\"j\":1}\n{\"id\":1,\"j\":\"a\"}\n{\"id\":1,\"j\":null}\n{\"id\":1,\"j\":{\"k\":1.10}}\n\
        {\"id\":2,\"j\":null}\n{\"id\":3,\"j\":5}\n{\"id\":4,\"j\":true}\n{\"id\":5,\"j\":null}\n";
    assert_eq!(each_way(here, "t.csv", &["-t", "ndjson", "--parse-json", "j", "--explode", "j"]), rows);
    let csv = "id,j\n1,\"[1,\"\"a\"\",null,{\"\"k\"\":1.10}]\"\n2,\n3,5\n4,true\n5,\"[]\"\n";
    assert_eq!(each_way(here, "t.csv", &["-t", "csv", "--parse-json", "j"]), csv);
    // What is not JSON is bad, and its place is that in the source.
    fs::write(here.join("b.csv"), "id,j\n1,true\n2,abc\n3,\"[1,\"\n4,\"\"\n").unwrap();
    let bad = |words: &str| convert(here, &format!("{words} -t ndjson --parse-json"));
    bad("b.csv -q --on-error skip").ends(2);
    let ran = convert(here, "b.csv -t ndjson -q --on-error skip --parse-json j").ends(0);
    assert_eq!(ran.stdout, "{\"id\":1,\"j\":true}\n");
    let ran = convert(here, "b.csv -t ndjson --parse-json j").ends(1);
    ran.says(&[
        "b.csv: record 2, line 3, byte 14: the text of the field `j` is not JSON: `abc` is not a JSON value",
        "--on-error skip",
    ]);
    fs::write(here.join("b.ndjson"), "{\"a\":{\"b\":\"1\"}}\n{\"a\":{\"b\":\"[1\"}}\n").unwrap();
    let ran = convert(here, "b.ndjson -t ndjson --parse-json a.b").ends(1);
    let ran = ran.says(&[
        "b.ndjson: record 2, line 2, byte 29: the text of the field `a.b` is not JSON: the value ends too early",
    ]);
    assert_eq!(ran.stdout, "{\"a\":{\"b\":1}}\n");
    // Several fields, lists of fields, and how deep they may be.
    fs::write(here.join("c.ndjson"), "{\"a\":\"[1]\",\"b\":\"{\\\"a\\\":\\\"[2]\\\"}\",\"c\":\"[[[3]]]\"}\n").unwrap();
    let out = |words: &str| convert(here, &format!("c.ndjson -t ndjson {words}"));
    assert_eq!(
        out("--parse-json b,a --parse-json b.a").ends(0).stdout,
        "{\"a\":[1],\"b\":{\"a\":[2]},\"c\":\"[[[3]]]\"}\n"
    );
    out("--parse-json c --max-depth 2").ends(1).says(&["not JSON: ", "--max-depth"]);
    out("--max-depth 3 --parse-json c").ends(0);
    fs::write(here.join("l.txt"), "{}\n").unwrap();
    convert(here, "l.txt -t ndjson --parse-json line")
        .ends(2)
        .says(&["`--parse-json` has no effect: the input is text"]);
    let toml = "[job.n]\ninput = [\"t.csv\"]\noutput = \"o.ndjson\"\nsteps = [{ parse-json = \"j\" }, { explode = \"j\" }, { where = \"id = 3\" }]\n";
    fs::write(here.join("pagemill.toml"), toml).unwrap();
    run(here, ["run", "n"]).ends(0);
    assert_eq!(read(here, "o.ndjson"), "{\"id\":3,\"j\":5}\n");
}

#[test]
fn columns_by_position_range_and_regex() {
    let here = with(&[("t.csv", "id,x_1,name,2024,x_2,a..c\n1,2,3,4,5,6\n"), ("u.csv", "x_2,id,name\n7,8,9\n")]);
    let here = here.path();
    let out = |words: &str| convert(here, &format!("t.csv {words}")).ends(0).stdout;
    assert_eq!(out("-s 3,1"), "name,id\n3,1\n");
    assert_eq!(out("-s x_1..x_2"), "x_1,name,2024,x_2\n2,3,4,5\n");
    assert_eq!(out("-s x_2..x_1"), "x_2,2024,name,x_1\n5,4,3,2\n");
    assert_eq!(out("-s 2..name --drop 3"), "x_1\n2\n");
    assert_eq!(out("-s /^x_/"), "x_1,x_2\n2,5\n");
    assert_eq!(out("-s /_[12]{1,2}$/,id"), "x_1,x_2,id\n2,5,1\n");
    assert_eq!(out("--drop /^x_/,2024"), "id,name,a..c\n1,3,6\n");
    assert_eq!(out("--drop 2..5"), "id,a..c\n1,6\n");
    // The others come after those that are named.
    assert_eq!(out("-s name,/./"), "name,id,x_1,2024,x_2,a..c\n3,1,2,4,5,6\n");
    // A name that exists is never taken for something else.
    assert_eq!(out("-s 2024,a..c"), "2024,a..c\n4,6\n");
    assert_eq!(out("-s a\\.\\.c --rename a..c=r"), "r\n6\n");
    // Fields that are made come last.
    assert_eq!(out("--set n=id+1 -s 7,1..2"), "n,id,x_1\n2,1,2\n");
    assert_eq!(each_way(here, "t.csv", &["-t", "ndjson", "-s", "/^x/,1"]), "{\"x_1\":2,\"x_2\":5,\"id\":1}\n");
    let many = convert(here, "t.csv u.csv -s /x_2/,id --columns union").ends(0);
    assert_eq!(many.stdout, "x_2,id\n5,1\n7,8\n");
    let without = convert(here, "u.csv -n -s 3,1").ends(0);
    assert_eq!(without.stdout, "name,x_2\n9,7\n");
    let refused = |words: &str, parts: &[&str]| _ = convert(here, &format!("t.csv {words}")).ends(2).says(parts);
    refused("-s 0", &["--select 0: fields are counted from 1"]);
    refused("-s 0..2", &["--select 0..2: fields are counted from 1"]);
    refused("--drop 7", &["--drop 7: the source has no field `7`", "there are 6"]);
    refused("-s id..nam", &["--select names the field `nam`", "did you mean `name`?"]);
    refused("-s ..id", &["--select names the field `..id`"]);
    refused("-s /^y/", &["--select /^y/ matches no field of the source", "The fields are id, x_1"]);
    refused("-s /(/", &["--select /(/ is not a regex: unclosed group"]);
    refused("-s 1,id", &["--select names the field `id` twice"]);
    refused("-s /./,id", &["--select names the field `id` twice"]);
    refused("--drop /./", &["leave no fields"]);
    fs::write(here.join("a.ndjson"), "{\"3\":1,\"a\":{\"\":{\"c\":2}}}\n").unwrap();
    assert_eq!(convert(here, "a.ndjson -s 3,a..c").ends(0).stdout, "{\"3\":1,\"a\":{\"\":{\"c\":2}}}\n");
    // A regex is for the keys of nested records too.
    fs::write(
        here.join("n.ndjson"),
        "{\"x_1\":1,\"id\":2,\"x_2\":{\"a\":3},\"y\":[4],\"/x/\":5}\n{\"id\":6,\"z\":7}\n",
    )
    .unwrap();
    let nested = |words: &[&str]| each_way(here, "n.ndjson", &[&["-t", "ndjson"], words].concat());
    assert_eq!(nested(&["-s", "/^x_/,id"]), "{\"x_1\":1,\"x_2\":{\"a\":3},\"id\":2}\n{\"id\":6}\n");
    assert_eq!(nested(&["-s", "y,/[_d]/"]), "{\"y\":[4],\"x_1\":1,\"id\":2,\"x_2\":{\"a\":3}}\n{\"id\":6}\n");
    assert_eq!(
        nested(&["-s", "id,/./", "--drop", "/_1$/,y", "--rename", "id=n"]),
        "{\"n\":2,\"x_2\":{\"a\":3},\"/x/\":5}\n{\"n\":6,\"z\":7}\n"
    );
    assert_eq!(nested(&["--drop", "/^x/"]), "{\"id\":2,\"y\":[4],\"/x/\":5}\n{\"id\":6,\"z\":7}\n");
    assert_eq!(nested(&["-s", "/^x_.$/,x_1", "--rename", "x_2=w"]), "{\"w\":{\"a\":3},\"x_1\":1}\n{}\n");
    let table = |words: &[&str]| each_way(here, "n.ndjson", &[&["-t", "csv"], words].concat());
    assert_eq!(table(&["-s", "y,/^x_/,id"]), "y,x_1,x_2.a,id\n\"[4]\",1,3,2\n,,,6\n");
    assert_eq!(table(&["--drop", "/[xy]/"]), "id,z\n2,\n6,7\n");
    // The key that is exactly that is meant first.
    assert_eq!(nested(&["-s", "/x/"]), "{\"/x/\":5,\"x_1\":1,\"x_2\":{\"a\":3}}\n{}\n");
    let never = convert(here, "n.ndjson -t ndjson --drop /^q/")
        .ends(0)
        .says(&["--drop /^q/ matches no field that a record has"]);
    assert_eq!(never.stdout, read(here, "n.ndjson"));
    convert(here, "n.ndjson -t ndjson -s /(/").ends(2).says(&["--select /(/ is not a regex"]);
    let taken = convert(here, "n.ndjson -t ndjson -s /^x/ --rename x_1=x_2").ends(1);
    taken.says(&["can't be renamed: the map has another field `x_2`"]);
}

#[test]
fn patterns_mean_fields_of_some_inputs() {
    let here = with(&[("a.csv", "b,y_1\n4,5\n"), ("b.csv", "x_1,x_2,b\n1,2,3\n"), ("c.csv", "b\n7\n")]);
    let here = here.path();
    let out = |words: &str| {
        let all = format!("a.csv b.csv c.csv -t csv --columns union {words}");
        let one = convert(here, &all).ends(0).stdout;
        assert_eq!(
            convert(here, &format!("{all} --workers 2 --slice-size 1 --io read")).ends(0).stdout,
            one,
            "{words}"
        );
        one
    };
    // The columns come as the inputs have them.
    assert_eq!(out("-s /^x_/,b"), "b,x_1,x_2\n4,,\n3,1,2\n7,,\n");
    assert_eq!(out("-s /^x_/"), "x_1,x_2\n,\n1,2\n,\n");
    assert_eq!(out("-s x_2..x_1"), "x_2,x_1\n,\n2,1\n,\n");
    assert_eq!(out("-s 2"), "y_1,x_2\n5,\n,2\n,\n");
    assert_eq!(out("--drop /_/"), "b\n4\n3\n7\n");
    assert_eq!(out("-s /^x_/ --rename x_1=q --where b>3"), "q,x_2\n,\n,\n");
    let refused = |words: &str, parts: &[&str]| {
        convert(here, &format!("a.csv b.csv c.csv -t csv --columns union {words}")).ends(2).says(parts);
    };
    refused("-s /^z/", &["--select /^z/ matches no field of any input", "The fields are b, y_1"]);
    refused("--drop /^z/,y_1", &["--drop /^z/ matches no field of any input"]);
    refused("-s 4", &["--select 4 matches no field of any input"]);
    refused("-s /(/", &["--select /(/ is not a regex"]);
    refused("-s 0", &["fields are counted from 1"]);
    // An input has one end of the range: what is between them there is not known.
    refused("-s x_1..b", &["a.csv: --select names the field `x_1`, which the source does not have"]);
    refused("-s nobody", &["--select names the field `nobody`, which no input has"]);
}

#[test]
fn types_by_column() {
    let table = "zip,n,d,b,q\n007,1.10,2024-02-29,TRUE,\"5\"\n12,,2024-06-01,false,\n\"\",-0,,,x\n";
    let here = with(&[("t.csv", table)]);
    let here = here.path();
    let lines =
        |words: &str| each_way(here, "t.csv", &[&["-t", "ndjson"][..], &words.split(' ').collect::<Vec<_>>()].concat());
    assert_eq!(
        lines("--types zip=text,n=decimal,d=date,b=boolean"),
        "{\"zip\":\"007\",\"n\":1.10,\"d\":\"2024-02-29\",\"b\":true,\"q\":\"5\"}\n\
         {\"zip\":\"12\",\"n\":null,\"d\":\"2024-06-01\",\"b\":false,\"q\":null}\n\
         {\"zip\":\"\",\"n\":-0,\"d\":null,\"b\":null,\"q\":\"x\"}\n"
    );
    // A word for all, and others for some; before the steps, and only what is written is looked at.
    assert_eq!(
        lines("--types text,n=decimal -s zip,n"),
        "{\"zip\":\"007\",\"n\":1.10}\n{\"zip\":\"12\",\"n\":null}\n{\"zip\":\"\",\"n\":-0}\n"
            .replace("null", "\"\"")
            .replace("\"n\":\"\"", "\"n\":null")
    );
    let ran = run(
        here,
        ["convert", "t.csv", "-t", "ndjson", "--types", "zip=text,q=decimal", "-s", "zip", "--where", "zip = '12'"],
    );
    assert_eq!(ran.ends(0).stdout, "{\"zip\":\"12\"}\n");
    // Text that looks like a number stays text in a table, and dates are checked.
    assert_eq!(
        convert(here, "t.csv --types zip=text,d=date -s zip,d").ends(0).stdout,
        "zip,d\n007,2024-02-29\n\"12\",2024-06-01\n\"\",\n"
    );
    let bad = |words: &str, parts: &[&str]| _ = convert(here, &format!("t.csv -t ndjson {words}")).ends(1).says(parts);
    bad(
        "--types q=decimal",
        &["record 3, line 4", "the field `q` is `x`, which is not a decimal number", "--on-error skip"],
    );
    bad("--types zip=decimal", &["record 1, line 2, byte 12: the field `zip` is `007`, which is not a decimal number"]);
    bad("--types n=integer", &["`1.10`, which is not an integer"]);
    bad("--types n=date", &["`1.10`, which is not a date"]);
    bad("--types d=timestamp", &["`2024-02-29`, which is not a timestamp"]);
    let refused = |words: &str, parts: &[&str]| _ = convert(here, words).ends(2).says(parts);
    refused("t.csv -t ndjson --types zap=text", &["--types names the field `zap`", "did you mean `zip`?"]);
    refused(
        "t.csv -t ndjson --types zip=txt",
        &["--types: there is no kind `txt`", "text, decimal, integer, boolean, date, timestamp"],
    );
    refused("t.csv -t ndjson --types zip", &["`zip` is not one of auto, text"]);
    refused("t.csv -t ndjson --types auto,text", &["`auto` and `text` are both for all fields"]);
    refused("t.csv -t ndjson --types n=text,n=date", &["`n` gets two kinds"]);
    refused("t.csv -t ndjson --types n=text=x", &["does not say what a field is"]);
    // Nested records.
    fs::write(
        here.join("a.ndjson"),
        "{\"a\":{\"zip\":7,\"n\":\"1.50\"},\"t\":true}\n{\"a\":{\"zip\":null,\"n\":2}}\n{\"a\":{\"n\":[1]}}\n",
    )
    .unwrap();
    let words = ["-t", "ndjson", "--types", "a.zip=text,a.n=decimal,t=text", "--on-error", "skip"];
    assert_eq!(
        each_way(here, "a.ndjson", &words),
        "{\"a\":{\"zip\":\"7\",\"n\":1.50},\"t\":\"true\"}\n{\"a\":{\"zip\":null,\"n\":2}}\n"
    );
    convert(here, "a.ndjson -t ndjson --types a.n=decimal")
        .ends(1)
        .says(&["record 3", "the field `a.n` is a list, which is not a decimal number"]);
    refused("a.ndjson -t ndjson --types text", &["`--types` has no effect: the input is NDJSON", "zip=text"]);
    convert(here, "a.ndjson -t ndjson -q --types a.nn=text").ends(0);
    convert(here, "a.ndjson -t ndjson --types a.nn=text").ends(0).says(&["`a.nn`", "did you mean"]);
    run(
        here,
        ["convert", "t.csv", "-t", "ndjson", "--types", "text,n=decimal", "-o", "o", "--report", "r.json", "--force"],
    )
    .ends(0);
    let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!(report["settings"]["types"], "text,n=decimal");
    assert_eq!(report["settings"]["ops"], serde_json::json!([]));
}

const LIBERTIES: &str = "// a comment\n[\n  { id: 1, 'name': 'it\\'s \"x\"', \"n\": +5, h: 0xFF, big: 0xffffffffffffffffffffffff, /* in */ f: .5, g: 5., e: -.5e3, },\n\
      { $k_1: NaN, inf: -Infinity, s: 'a\\\nb\\x41\\u00e9\\v\\0\\q', \u{fc}n\\u0069: [1,2,], m: {}, l: [], },  // trailing\n\
      { id: 3 /* x */ , t: true, z: null, neg: -0x10, ex: 1e400, long: 12345678901234567890123 },\n]\n/* end */\n";

#[test]
fn json5() {
    let here = with(&[("a.json5", LIBERTIES)]);
    let here = here.path();
    let lines = "{\"id\":1,\"name\":\"it's \\\"x\\\"\",\"n\":5,\"h\":255,\"big\":79228162514264337593543950335,\"f\":0.5,\"g\":5,\"e\":-0.5e3}\n\
        {\"$k_1\":null,\"inf\":null,\"s\":\"abA\u{e9}\\u000b\\u0000q\",\"\u{fc}ni\":[1,2],\"m\":{},\"l\":[]}\n\
        {\"id\":3,\"t\":true,\"z\":null,\"neg\":-16,\"ex\":1e400,\"long\":12345678901234567890123}\n";
    assert_eq!(each_way(here, "a.json5", &["-t", "ndjson"]), lines);
    // Written, it is JSON.
    assert_eq!(
        convert(here, "a.json5 -q").ends(0).stdout,
        format!("[\n{}\n]\n", lines.trim_end().replace('\n', ",\n"))
    );
    let texts = convert(here, "a.json5 -t ndjson --nonfinite text").ends(0);
    let texts = texts.says(&["2 numbers written as text (number_as_text)"]);
    assert!(texts.stdout.contains("{\"$k_1\":\"NaN\",\"inf\":\"-Infinity\""), "{}", texts.stdout);
    convert(here, "a.json5 -t ndjson --nonfinite fail")
        .ends(1)
        .says(&["a.json5: record 2, line 4, byte 134", "NaN or infinite"]);
    assert_eq!(
        convert(here, "a.json5 -t csv -q -s id,h,$k_1,inf").ends(0).stdout,
        "id,h,$k_1,inf\n1,255,,\n,,NaN,-inf\n3,,,\n"
    );
    // Values that follow each other, and where records are in a document, as for JSON.
    fs::write(here.join("b.jsonc"), "{a:1} // x\n{b:2}\n3 \"x\" null").unwrap();
    assert_eq!(each_way_as(here, "b.jsonc", "json5", &["-t", "ndjson"]), "{\"a\":1}\n{\"b\":2}\n3\n\"x\"\nnull\n");
    fs::write(here.join("c.jsonc"), "{\"compilerOptions\":{\"x\":[1,2,],},/*c*/ data: [{a:1},{a:2,},], }\n").unwrap();
    assert_eq!(
        each_way_as(here, "c.jsonc", "json5", &["-t", "ndjson", "--records-at", "/data"]),
        "{\"a\":1}\n{\"a\":2}\n"
    );
    assert_eq!(
        each_way_as(here, "c.jsonc", "json5", &["-t", "ndjson", "--records-at", "/compilerOptions/x"]),
        "1\n2\n"
    );
    let keys = ["-t", "ndjson", "--records-at", "/compilerOptions", "--key-column", "k"];
    assert_eq!(each_way_as(here, "c.jsonc", "json5", &keys), "{\"k\":\"x\",\"value\":[1,2]}\n");
    convert(here, "c.jsonc --records-at /no").ends(1).says(&["the document has nothing at `/no`"]);
    // What is JSON is the same JSON5.
    for name in ["a.ndjson", "o.ndjson"] {
        fs::write(here.join(name), if name == "a.ndjson" { LISTS } else { ORDERS }).unwrap();
        let json = convert(here, &format!("{name} -f json -t ndjson")).ends(0).stdout;
        assert_eq!(convert(here, &format!("{name} -f json5 -t ndjson")).ends(0).stdout, json);
    }
}

/// As [`each_way`], for a file whose extension is no format's name.
fn each_way_as(here: &Path, name: &str, format: &str, words: &[&str]) -> String {
    let as_named = format!("as.{format}");
    fs::copy(here.join(name), here.join(&as_named)).unwrap();
    let answer = each_way(here, &as_named, words);
    assert_eq!(run(here, ["convert", name, "-q"].iter().chain(words)).ends(0).stdout, answer);
    answer
}

#[test]
fn what_is_not_json5_is_bad_at_its_place() {
    let here = with(&[]);
    let here = here.path();
    let all = |text: &str, words: &[&str]| {
        fs::write(here.join("a.json5"), text).unwrap();
        run(here, ["convert", "a.json5", "-t", "ndjson"].iter().chain(words))
    };
    for (text, place, reason) in [
        ("[\n{a:1},\n{b:}]", "record 2, line 3, byte 12", "`}`: expected a value"),
        ("[{a:1},\n{a:007}]", "record 2, line 2, byte 11", "`007` is not a JSON5 value"),
        ("[{a:0x}]", "record 1, line 1, byte 4", "`0x` is not a JSON5 value"),
        ("[{a:'x\ny'}]", "record 1, line 1, byte 4", "a text that is not closed in its line"),
        ("[{a:'\\u12'}]", "record 1, line 1, byte 5", "\\u without four hexadecimal digits"),
        ("[{a:'\\1'}]", "record 1, line 1, byte 5", "an escape that is not valid in JSON5"),
        ("[{a:'\\ud800'}]", "record 1, line 1, byte 5", "half of a surrogate pair"),
        ("[{1:2}]", "record 1, line 1, byte 2", "`1`: expected a key"),
        ("[{a 2}]", "record 1, line 1, byte 4", "`2`: expected `:`"),
        ("[{a:1 b:2}]", "record 1, line 1, byte 6", "`b`: expected `,` or `}`"),
        ("[1,,2]", "record 2, line 1, byte 3", "`,`: expected a value"),
        ("[{a:1}, /* x", "record 2, line 1, byte 8", "a comment that is not closed"),
        ("[{a:1} {b:2}]", "record 2, line 1, byte 7", "`{`: expected a comma or the closing bracket"),
        ("{a:1} 2} {b:3}", "record 3, line 1, byte 7", "`}`: expected a value"),
        ("[1] 2", "line 1, byte 4", "text after the end of the document"),
        ("[1", "record 2, line 1, byte 2", "the array or map of records is not closed"),
    ] {
        for ways in [&["-j", "1"][..], &["-j", "2", "--slice-size", "1"], &["--io", "read", "--slice-size", "3"]] {
            let ran = all(text, ways).ends(1);
            ran.says(&[&format!("{place}: {reason}")]);
        }
    }
    all(" // nothing", &[]).ends(1).says(&["the input has no JSON value"]);
    // Bad records are left out, and the others are not.
    let text = "[{a:1,}, {b:}, {c:3}, 007, {e:5} {f:6}, ,{g:7}, 'x']";
    for ways in [&["-j", "1"][..], &["-j", "2", "--slice-size", "1"], &["--io", "read", "--slice-size", "3"]] {
        let ran = all(text, &[ways, &["--on-error", "skip", "-q"]].concat()).ends(0);
        assert_eq!(ran.stdout, "{\"a\":1}\n{\"c\":3}\n{\"e\":5}\n{\"f\":6}\n{\"g\":7}\n\"x\"\n", "{ways:?}");
    }
    all(text, &["-o", "o", "--on-error", "quarantine", "-q"]).ends(0);
    let quarantined = read(here, "o.quarantine.ndjson");
    assert_eq!(quarantined.lines().count(), 5, "{quarantined}");
    let repaired = quarantined
        .replace("\"record\":2,", "\"text\":\"{b:0x2}\",\"record\":2,")
        .lines()
        .take(2)
        .collect::<Vec<_>>()
        .join("\n");
    fs::write(here.join("q"), repaired).unwrap();
    assert_eq!(run(here, ["replay", "q", "-t", "ndjson"]).ends(0).stdout, "{\"b\":2}\n");
    let deep = format!("[{}1{}]", "[".repeat(2_000), "]".repeat(2_000));
    all(&deep, &[]).ends(1).says(&["nested more than 1024 deep"]);
    fs::write(here.join("a.json5"), b"[{a:'\xff'}, {b:1}]").unwrap();
    run(here, ["convert", "a.json5", "-t", "ndjson"]).ends(1).says(&["record 1, line 1, byte 5: invalid UTF-8"]);
    let ran = run(here, ["convert", "a.json5", "-t", "ndjson", "-q", "--invalid-utf8", "replace"]).ends(0);
    assert_eq!(ran.stdout, "{\"a\":\"\u{fffd}\"}\n{\"b\":1}\n");
}

#[test]
fn a_map_of_records() {
    let users = "{\"v\":1,\"users\":{\"ann\":{\"age\":1.10,\"m\":{\"k\":[1]}},\"b\\u00e9\":{\"age\":2},\"c\":5,\"d\":[1],\"e\":{}},\"x\":[{\"users\":1}]}\n";
    let here = with(&[("u.json", users)]);
    let here = here.path();
    let words = ["--records-at", "/users", "--key-column", "id"];
    let lines = "{\"id\":\"ann\",\"age\":1.10,\"m\":{\"k\":[1]}}\n{\"id\":\"b\u{e9}\",\"age\":2}\n{\"id\":\"c\",\"value\":5}\n{\"id\":\"d\",\"value\":[1]}\n{\"id\":\"e\"}\n";
    assert_eq!(each_way(here, "u.json", &[&words[..], &["-t", "ndjson"]].concat()), lines);
    let selected = [&words[..], &["-t", "csv", "-s", "id,age", "--where", "age > 0"]].concat();
    assert_eq!(
        each_way(here, "u.json", &[&selected[..], &["--on-error", "skip"]].concat()),
        "id,age\nann,1.10\nb\u{e9},2\n"
    );
    assert_eq!(
        each_way(here, "u.json", &[&words[..], &["-t", "csv"]].concat()),
        "id,age,m.k,value\nann,1.10,\"[1]\",\nb\u{e9},2,,\nc,,,5\nd,,,\"[1]\"\ne,,,\n"
    );
    let fed = |text: &str, words: &[&str]| {
        feed(
            here,
            ["convert", "-", "-f", "json", "-t", "ndjson", "--key-column", "id"].iter().chain(words),
            text.as_bytes(),
        )
    };
    assert_eq!(fed("{}", &[]).ends(0).stdout, "");
    assert_eq!(
        fed("{\"a\":{\"x\":1}}\n{\"b\":{\"x\":2}}", &[]).ends(0).stdout,
        "{\"id\":\"a\",\"x\":1}\n{\"id\":\"b\",\"x\":2}\n"
    );
    // As records are left out elsewhere.
    let some = "{\"a\":{\"id\":1},\"b\":{\"q\":2}, \"c\" {} , \"d\":{\"z\":tru}, \"e\":{\"z\":1}}";
    assert_eq!(
        fed(some, &["--on-error", "skip", "-q"]).ends(0).stdout,
        "{\"id\":\"b\",\"q\":2}\n{\"id\":\"e\",\"z\":1}\n"
    );
    fed(some, &[]).ends(1).says(&["record 1, line 1, byte 5: the record has a field `id` of its own", "--key-column"]);
    let value = ["convert", "-", "-f", "json", "-t", "csv", "--key-column", "value"];
    let some = b"{\"a\":1,\"b\":{\"x\":2}}";
    feed(here, value, some).ends(1).says(&["record 1", "would become the field `value`", "--key-column"]);
    let ran = feed(here, value.iter().copied().chain(["--on-error", "skip"]), some).ends(0);
    assert_eq!(ran.stdout, "value,x\nb,2\n");
    for (text, words, reason) in [
        ("{\"a\":{\"x\":1},\"b\":{\"q\":2}", &[][..], "the array or map of records is not closed"),
        ("{\"a\":{\"x\":1},\"b\":{\"q\":2},", &[], "the array or map of records is not closed"),
        ("{\"a\":{\"x\":1},\"b\":{\"q\":2},}", &[], "a comma before the closing bracket"),
        ("[1]", &[], "the records are not in a map"),
        ("{\"d\":{\"a\":{\"x\":1}}", &["--records-at", "/d"], "not closed"),
        ("{\"d\":{\"a\":{\"x\":1}}, \"q\": tru}", &["--records-at", "/d"], "byte 28: not a JSON value"),
        ("{\"d\":[1]}", &["--records-at", "/d"], "no map at `/d`"),
        ("{\"a\":1} x", &[], "text after the end of the document"),
    ] {
        fed(text, words).ends(1).says(&[reason]);
    }
    // A record of a quarantine has its key with it.
    run(
        here,
        [
            "convert",
            "u.json",
            "-o",
            "o.csv",
            "-q",
            "--columns",
            "id,age",
            "--where",
            "age < 2",
            "--on-error",
            "quarantine",
            "--records-at",
            "/users",
            "--key-column",
            "age",
        ],
    )
    .ends(1);
    let bad = [
        "convert",
        "u.json",
        "-o",
        "o.ndjson",
        "-q",
        "--set",
        "n=age+value",
        "--types",
        "value=decimal",
        "--on-error",
        "quarantine",
    ];
    run(here, bad.iter().chain(&words)).ends(0);
    let quarantined = read(here, "o.ndjson.quarantine.ndjson");
    assert_eq!(quarantined.lines().count(), 2, "{quarantined}");
    let repaired = quarantined.replace("\"record\":4,", "\"text\":\"\\\"d\\\":{\\\"age\\\":7}\",\"record\":4,");
    fs::write(here.join("q"), repaired).unwrap();
    assert_eq!(run(here, ["replay", "q", "-t", "ndjson"]).ends(0).stdout, "{\"id\":\"d\",\"age\":7}\n");
    convert(here, "u.json --records-at /users --key-column").ends(2);
    fs::write(here.join("l.ndjson"), "{}\n").unwrap();
    convert(here, "l.ndjson --key-column k").ends(2).says(&["`--key-column` has no effect: the input is NDJSON"]);
}

#[test]
fn lists_as_records() {
    let here = with(&[
        ("r.json", "[[\"id\",\"name\",\"l\"],[1,\"x\",[1, 2]],[2.50,null,{\"a\":1}]]"),
        ("r.ndjson", "[\"id\",\"name\"]\n[1,\"x\"]\n[2,\"y\"]\n"),
    ]);
    let here = here.path();
    let table = "id,name,l\n1,x,\"[1,2]\"\n2.50,,\"{\"\"a\"\":1}\"\n";
    assert_eq!(each_way(here, "r.json", &["-t", "csv", "--names", "first"]), table);
    assert_eq!(each_way(here, "r.ndjson", &["-t", "csv", "--names", "first"]), "id,name\n1,x\n2,y\n");
    let out = |words: &str| convert(here, words).ends(0).stdout;
    assert_eq!(
        out("r.json -t ndjson --names first -s l,id"),
        "{\"l\":[1,2],\"id\":1}\n{\"l\":{\"a\":1},\"id\":2.50}\n"
    );
    assert_eq!(out("r.ndjson -t csv --names a,b --drop a"), "b\nname\nx\ny\n");
    assert_eq!(out("r.ndjson -t ndjson --names first -s 2 --rename name=n"), "{\"n\":\"x\"}\n{\"n\":\"y\"}\n");
    let filtered = run(
        here,
        [
            "convert", "r.json", "-t", "csv", "--names", "first", "-s", "id,new", "--where", "id > 2", "--set",
            "new=id*2",
        ],
    );
    assert_eq!(filtered.ends(0).stdout, "id,new\n2.50,5.00\n");
    assert_eq!(
        out("r.ndjson r.json -q -t csv --names first --columns union"),
        "id,name,l\n1,x,\n2,y,\n1,x,\"[1,2]\"\n2.50,,\"{\"\"a\"\":1}\"\n"
    );
    let fed = |text: &str, words: &[&str]| {
        feed(here, ["convert", "-", "-f", "json", "-t", "csv", "--names", "first"].iter().chain(words), text.as_bytes())
    };
    let inner = "{\"d\":[[\"id\"],[1],[2,3],{\"x\":1},[4]],\"e\":[]}";
    assert_eq!(fed(inner, &["--records-at", "/d", "--on-error", "skip", "-q"]).ends(0).stdout, "id\n1\n4\n");
    fed(inner, &["--records-at", "/d"])
        .ends(1)
        .says(&["record 2, line 1, byte 17: 2 items where the first record has 1"]);
    assert_eq!(fed("[]", &[]).ends(0).stdout, "");
    assert_eq!(fed("[[\"a\"]]", &[]).ends(0).stdout, "a\n");
    fed("[{\"a\":1}]", &[]).ends(1).says(&["the first record is not a list of names"]);
    fed("[[\"a\",\"a\"],[1,2]]", &[]).ends(1).says(&["the name `a` twice"]);
    fed("[[\"a\"],[{\"b\":tru}]]", &[]).ends(1).says(&["record 1, line 1, byte 13", "`tru` is not a JSON value"]);
    convert(here, "r.json -t csv --names a,b").ends(1).says(&["3 items where the list of names has 2"]);
    run(
        here,
        [
            "convert",
            "r.json",
            "-o",
            "o.csv",
            "-q",
            "--names",
            "first",
            "--on-error",
            "quarantine",
            "--types",
            "name=text,id=integer",
        ],
    )
    .ends(0);
    let quarantined =
        read(here, "o.csv.quarantine.ndjson").replace("\"record\":2,", "\"text\":\"[2,\\\"y\\\",null]\",\"record\":2,");
    fs::write(here.join("q"), quarantined).unwrap();
    assert_eq!(run(here, ["replay", "q", "-t", "csv"]).ends(0).stdout, "id,name,l\n2,y,\n");
    // Without names they are values, as before.
    assert_eq!(out("r.ndjson -t json"), "[\n[\"id\",\"name\"],\n[1,\"x\"],\n[2,\"y\"]\n]\n");
}

#[test]
fn fixed_width_fields_hold_lists_and_maps_as_cells_do() {
    let here = with(&[
        ("a.ndjson", "{\"id\":1,\"t\":{\"a\":\"é\",\"b\":[1,\"x\"]}}\n{\"id\":2,\"t\":{\"a\":null,\"b\":[]}}\n"),
        ("j.csv", "id,m\n1,\"{\"\"a\"\":\"\"é\"\"}\"\n"),
    ]);
    let here = here.path();
    let fields = ["-t", "fwf", "--layout", "id:3,t.b:8"];
    assert_eq!(each_way(here, "a.ndjson", &fields), "1  [1,\"x\"] \n2  []      \n");
    let joined = ["-t", "fwf", "--layout", "id:3,t.b:4b", "--join-lists", "|"];
    assert_eq!(each_way(here, "a.ndjson", &joined), "1  1|x \n2      \n");
    // The widths are in characters: é is one.
    let whole = ["-t", "fwf", "--layout", "id:2,t:22", "--nested", "json"];
    let wanted = "1 {\"a\":\"é\",\"b\":[1,\"x\"]} \n2 {\"a\":null,\"b\":[]}     \n";
    assert_eq!(each_way(here, "a.ndjson", &whole), wanted);
    let selected = [&whole[..], &["-s", "t,id"]].concat();
    assert_eq!(each_way(here, "a.ndjson", &selected), wanted);
    let parsed = ["-t", "fwf", "--layout", "m:10b,id:1", "--nested", "json", "--parse-json", "m"];
    assert_eq!(each_way(here, "j.csv", &parsed), "{\"a\":\"é\"}1\n");

    run(here, ["convert", "a.ndjson", "-t", "fwf", "--layout", "id:3,t:30"])
        .ends(1)
        .says(&["field `t` can't hold a map", "--nested json"]);
    run(here, ["convert", "a.ndjson", "-t", "fwf", "--layout", "id:3,t:20", "--nested", "json"])
        .ends(1)
        .says(&["field `t` has 21 characters; the layout has room for 20"]);
    run(here, ["convert", "a.ndjson", "-t", "fwf", "--layout", "id:3,t.b:6", "--on-error", "skip"])
        .ends(0)
        .says(&["1 list written as JSON text", "1 bad record"]);
    run(here, ["convert", "j.csv", "-t", "fwf", "--layout", "id:3", "--join-lists", "|"])
        .ends(2)
        .says(&["`--join-lists` has no effect: the input is CSV"]);
}

/// A record that is no object is the field `value`, for `--rename`, `--drop` and `--select` as for everything else.
#[test]
fn records_that_are_plain_values() {
    let here = with(&[("a.ndjson", "1\n\"t\"\n{\"a\":2}\n"), ("b.ndjson", "3\n1\n2\n")]);
    let here = here.path();
    let gives = |words: &str, expected: &str| {
        let ran = say(here, words).ends(0);
        assert_eq!((&*ran.stdout, &*ran.stderr), (expected, ""), "{words}");
    };
    gives("convert a.ndjson -t ndjson --rename value=x", "{\"x\":1}\n{\"x\":\"t\"}\n{\"a\":2}\n");
    gives("convert b.ndjson -t csv --rename value=x", "x\n3\n1\n2\n");
    gives("convert a.ndjson -t ndjson --drop value", "{}\n{}\n{\"a\":2}\n");
    gives("convert b.ndjson -t ndjson --select value", "{\"value\":3}\n{\"value\":1}\n{\"value\":2}\n");
    let both = say(here, "convert a.ndjson -t csv --select a,value -q").ends(0);
    assert_eq!(both.stdout, "a,value\n,1\n,t\n2,\n");
    gives("convert b.ndjson -t csv --select value --op upper", "value\n3\n1\n2\n");
    gives("convert b.ndjson -t csv --select value", "value\n3\n1\n2\n");
    gives("sort b.ndjson --rename value=x --by x:desc", "{\"x\":3}\n{\"x\":2}\n{\"x\":1}\n");
    gives("aggregate b.ndjson --rename value=x --agg s=sum(x) -t csv", "s\n6\n");
    gives("convert b.ndjson -t ndjson --rename value=x --dedupe x --where value>1", "{\"x\":3}\n{\"x\":2}\n");
    say(here, "convert a.ndjson -t ndjson --select a").ends(1).says(&["record 1", "it has no fields to select"]);
}
