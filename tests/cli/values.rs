//! What values are read as; every result was worked out by hand.

use std::fs;
use std::path::Path;

use crate::support::{Ran, convert, feed, read, run, say, with};

/// What a command says of a file in every way of reading it, which has to be the same.
fn each_way(here: &Path, command: &str, name: &str, words: &str) -> String {
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let all = |more: &[&str]| -> Ran { run(here, [command, name, "-q"].iter().chain(&words).chain(more).copied()) };
    let wanted = all(&["-j", "1"]).ends(0).stdout;
    for more in [
        &["-j", "2", "--slice-size", "1"][..],
        &["-j", "7", "--slice-size", "9"],
        &["-j", "2", "--io", "read", "--slice-size", "20"],
    ] {
        assert_eq!(all(more).ends(0).stdout, wanted, "{command} {name} {words:?} {more:?}");
    }
    let format = name.rsplit_once('.').unwrap().1;
    let piped: Vec<&str> = [command, "-", "-q", "-f", format].iter().chain(&words).copied().collect();
    let piped = feed(here, piped, &fs::read(here.join(name)).unwrap()).ends(0).stdout;
    assert_eq!(piped.replace(" -\n", &format!(" {name}\n")).trim_start(), wanted.trim_start(), "{words:?} piped");
    wanted
}

/// Where every field is text, an empty one is the empty text, whatever is written and whatever is done before.
#[test]
fn an_empty_field_that_is_text() {
    let here = with(&[("t.csv", "a,b\n1,\n\"\",x\n"), ("w.txt", "1   \n  x \n")]);
    let here = here.path();
    let texts = "{\"a\":\"1\",\"b\":\"\"}\n{\"a\":\"\",\"b\":\"x\"}\n";
    let kept = "a,b\n1,\n\"\",x\n";
    // Ops and conditions that change nothing.
    for more in ["", " --where true", " --op trim", " --where b=b", " --types text,a=text"] {
        let more = if more.contains("--types") { more.to_owned() } else { format!(" --types text{more}") };
        assert_eq!(each_way(here, "convert", "t.csv", &format!("-t ndjson{more}")), texts, "{more}");
        let quoted = "\"a\",\"b\"\n\"1\",\"\"\n\"\",\"x\"\n";
        assert_eq!(each_way(here, "convert", "t.csv", &format!("-t csv --quote-all{more}")), quoted, "{more}");
        if more.contains("--where") || more.contains("--op") {
            assert_eq!(each_way(here, "convert", "t.csv", &format!("-t csv{more}")), kept, "{more}");
        }
    }
    for to in ["csv", "ndjson"] {
        let rows = |which: &str| {
            run(here, ["convert", "t.csv", "-t", to, "-q", "--types", "text", "--where", which]).ends(0).stdout
        };
        let (all, none) = if to == "csv" { (kept, "a,b\n") } else { (texts, "") };
        assert_eq!((&*rows("b is not null"), &*rows("b is null")), (all, none), "{to}");
        assert_eq!(rows("b = ''").lines().count(), all.lines().count() - 1);
    }
    // Where null is something else, the empty text differs from it.
    assert_eq!(convert(here, "t.csv -t csv --types text --null x").ends(0).stdout, "a,b\n1,\"\"\n\"\",\n");
    assert_eq!(convert(here, "t.csv -t csv --types text --out-null N").ends(0).stdout, kept);
    assert_eq!(convert(here, "t.csv -t csv --out-null N").ends(0).stdout, "a,b\n1,N\n\"\",x\n");
    assert_eq!(convert(here, "t.csv -t tsv --tsv-escapes --types text").ends(0).stdout, "a\tb\n1\t\n\tx\n");
    assert_eq!(convert(here, "t.csv -t tsv --tsv-escapes").ends(0).stdout, "a\tb\n1\t\\N\n\tx\n");
    // Alone in its record it is in quotes, since an empty line is no record; nothing is lost then.
    let alone = convert(here, "t.csv -t csv --types text -s b").ends(0);
    assert_eq!((&*alone.stdout, &*alone.stderr), ("b\n\"\"\nx\n", ""));
    let made = run(here, ["convert", "t.csv", "-t", "csv", "--types", "text", "--set", "c=b"]).ends(0).stdout;
    assert_eq!(made, "a,b,c\n1,,\n\"\",x,x\n");
    // Text of fixed width has neither quotes nor nulls.
    let wide = |words: &str| convert(here, &format!("w.txt -f fwf --layout a:2,b:2 {words}")).ends(0).stdout;
    assert_eq!(wide("-t ndjson --types text"), "{\"a\":\"1\",\"b\":\"\"}\n{\"a\":\"\",\"b\":\"x\"}\n");
    assert_eq!(wide("-t csv --types text --where b='x'"), "a,b\n,x\n");
    assert_eq!(wide("-t csv --types text --quote-all"), "\"a\",\"b\"\n\"1\",\"\"\n\"\",\"x\"\n");
}

/// Commas between values that are in no array are bad records of their own, and so is what stands between them.
#[test]
fn commas_between_values() {
    for (text, good, bad) in [
        ("{\"a\":1},\n{\"a\":2},\n", "12", &[(2, 7, 8), (4, 16, 17)][..]),
        (
            "{\"a\":1},\n[1,2],\n{\"a\":4,},\n{\"a\":5},\n",
            "15",
            &[(2, 7, 8), (3, 9, 14), (4, 14, 15), (5, 16, 24), (6, 24, 25), (8, 33, 34)],
        ),
        ("{\"a\":1} [1,2],,\n{\"a\":6},\n", "16", &[(2, 8, 13), (3, 13, 14), (4, 14, 15), (6, 23, 24)]),
    ] {
        let here = with(&[("a.json", text)]);
        let here = here.path();
        for more in
            ["-j 1", "-j 2 --slice-size 1", "-j 7 --slice-size 9", "--slice-size 13", "--io read --slice-size 20"]
        {
            let words = format!("a.json -t ndjson -q --quarantine q --force --set n=record_number() {more}");
            let out = convert(here, &words).ends(0).stdout;
            let values: String = out.lines().map(|line| line.as_bytes()[5] as char).collect();
            assert_eq!(values, good, "{text:?} {more}");
            let lines = read(here, "q");
            let places: Vec<(u64, u64, u64)> = lines
                .lines()
                .skip(1)
                .map(|line| {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    let number = |key: &str| line[key].as_u64().unwrap();
                    (number("record"), number("start"), number("end"))
                })
                .collect();
            assert_eq!(places, bad, "{text:?} {more}");
        }
    }
}

/// `count -r` counts what `convert` would write.
#[test]
fn records_that_steps_make_are_counted() {
    let table = "id,j\n1,\"[1,2,3]\"\n2,[]\n3,\n4,\"{\"\"a\"\":1}\"\n5,bad\n007,5\n";
    let lines = "{\"id\":1,\"j\":[1,2]}\n{\"id\":\"x\",\"j\":null}\n{\"id\":3,\"j\":[]}\n";
    let here = with(&[("j.csv", table), ("j.ndjson", lines)]);
    let here = here.path();
    for (name, words, records) in [
        ("j.csv", "--parse-json j --on-error skip", 5),
        ("j.csv", "--parse-json j --explode j --on-error skip", 7),
        ("j.csv", "--parse-json j --explode j --where j>1 --on-error skip", 3),
        ("j.csv", "--types id=integer --on-error skip", 5),
        ("j.csv", "--types text --where j=''", 1),
        ("j.csv", "--where j=''", 0),
        ("j.csv", "--types text,id=integer --parse-json j --on-error skip", 3),
        ("j.csv", "--parse-json j --max-depth 1 --explode j --on-error skip", 7),
        ("j.ndjson", "--explode j", 4),
        ("j.ndjson", "--types id=decimal --on-error skip", 2),
    ] {
        let written = each_way(here, "convert", name, &format!("-t ndjson {words}"));
        assert_eq!(written.lines().count(), records, "{name} {words}");
        let counted = each_way(here, "count", name, &format!("-r {words}"));
        assert_eq!(counted.trim_start(), format!("{records} {name}\n"), "{words}");
    }
    let refused = |words: &str, parts: &[&str]| {
        let words: Vec<&str> = words.split(' ').collect();
        run(here, [&["count"][..], &words].concat()).ends(2).says(parts);
    };
    refused("j.csv --parse-json j", &["`--parse-json` has no effect: records are not counted"]);
    refused("-r j.csv --types text", &["`--types` has no effect", "whatever their fields are"]);
    refused("-r j.csv --explode j", &["`--explode` has no effect", "--parse-json"]);
    refused("-r j.csv --types k=text", &["--types names the field `k`"]);
}

/// Objects in the texts of a table become columns of a table, as those of nested records do.
#[test]
fn objects_in_a_table_become_columns() {
    let table =
        "id,j,x\n1,\"[{\"\"a\"\":1},{\"\"b\"\":{\"\"c\"\":[2,3]}}]\",u\n2,[],v\n3,,w\n4,\"{\"\"a\"\":1.10}\",\n";
    let here = with(&[("t.csv", table), ("none.csv", "id,j,x\n")]);
    let here = here.path();
    let exploded = "id,j.a,j.b.c,j,x\n1,1,,,u\n1,,\"[2,3]\",,u\n2,,,,v\n3,,,,w\n4,1.10,,,\n";
    assert_eq!(each_way(here, "convert", "t.csv", "-t csv --parse-json j --explode j"), exploded);
    let whole = "id,j,j.a,x\n1,\"[{\"\"a\"\":1},{\"\"b\"\":{\"\"c\"\":[2,3]}}]\",,u\n2,\"[]\",,v\n3,,,w\n4,,1.10,\n";
    assert_eq!(each_way(here, "convert", "t.csv", "-t csv --parse-json j"), whole);
    let cells =
        "id,j,x\n1,\"{\"\"a\"\":1}\",u\n1,\"{\"\"b\"\":{\"\"c\"\":[2,3]}}\",u\n2,,v\n3,,w\n4,\"{\"\"a\"\":1.10}\",\n";
    assert_eq!(each_way(here, "convert", "t.csv", "-t csv --parse-json j --explode j --nested json"), cells);
    let joined = "id,j.a,j.b.c,j,x\n1,1,,,u\n1,,2|3,,u\n2,,,,v\n3,,,,w\n4,1.10,,,\n";
    assert_eq!(each_way(here, "convert", "t.csv", "-t csv --parse-json j --explode j --join-lists |"), joined);
    let out = |words: &str| convert(here, &format!("{words} -q")).ends(0).stdout;
    assert_eq!(out("t.csv -t csv --parse-json j --explode j -s x,j --where id=4"), "x,j.a\n,1.10\n");
    assert_eq!(out("t.csv -t csv --parse-json j --explode j --rename j=k -s 1..2 --limit 1"), "id,k.a\n1,1\n");
    assert_eq!(
        out("t.csv -t csv --parse-json j --explode j --columns id,j.b --limit 2"),
        "id,j.b\n1,\n1,\"{\"\"c\"\":[2,3]}\"\n"
    );
    // Columns are there without records, too.
    assert_eq!(out("none.csv -t csv --parse-json j"), "id,j,x\n");
    assert_eq!(out("t.csv -t csv --parse-json j --where false"), "id,j,x\n");
    // Several inputs.
    let both = exploded.to_owned() + exploded.split_once('\n').unwrap().1;
    assert_eq!(out("t.csv t.csv -t csv --parse-json j --explode j"), both);
    assert_eq!(out("t.csv t.csv -t csv --parse-json j --explode j -j 7 --slice-size 1"), both);
    // Resumed runs and outputs that are started over.
    assert_eq!(out("t.csv -o o.csv --parse-json j --explode j --slice-size 1") + &read(here, "o.csv"), exploded);
    convert(here, "t.csv -t csv --nested json").ends(2).says(&["`--nested` has no effect", "--parse-json"]);
}

/// A quarantine says what the kinds of single fields were.
#[test]
fn a_replay_knows_the_kinds_of_fields() {
    let here = with(&[("z.csv", "zip,d\n007,2024-01-01\n008,never\n")]);
    let here = here.path();
    convert(here, "z.csv -o o.ndjson -q --types zip=text,d=date --quarantine q").ends(0);
    let line = read(here, "q").replace("\"raw\"", "\"text\":\"08,2024-03-03\",\"raw\"");
    fs::write(here.join("q"), line).unwrap();
    let replay = |words: &[&str]| run(here, [&["replay", "q", "-t", "ndjson"][..], words].concat());
    assert_eq!(replay(&[]).ends(0).stdout, "{\"zip\":\"08\",\"d\":\"2024-03-03\"}\n");
    // Other kinds take the place of all of them.
    replay(&["--types", "zip=integer"]).ends(1).says(&["record 2", "`08`, which is not an integer"]);
}

/// What MySQL reads without quotes has escapes.
#[test]
fn mysql_without_quotes() {
    let here = with(&[("m.csv", "a,b\n\"x\\y\",\"q\"\"r\"\n\"\\N\",\"n\nl\"\n\"\",\n")]);
    let here = here.path();
    let written = "a,b\nx\\\\y,q\"r\n\\\\N,n\\nl\n,\\N\n";
    assert_eq!(each_way(here, "convert", "m.csv", "-t csv --out-dialect mysql --out-no-quoting"), written);
    fs::write(here.join("w.csv"), written).unwrap();
    let back = convert(here, "w.csv -t ndjson --dialect mysql --no-quoting").ends(0).stdout;
    assert_eq!(back, convert(here, "m.csv -t ndjson").ends(0).stdout);
    fs::write(here.join("c.csv"), "a\n\"1,2\"\n").unwrap();
    convert(here, "c.csv -t csv --out-dialect mysql --out-no-quoting").ends(1).says(&["a field holds `,`"]);
}

/// Without a header, Excel's line may be a record: it is never passed over in silence.
#[test]
fn the_line_of_excel_without_a_header() {
    let here = with(&[("x.csv", "sep=;\na;b\n")]);
    let here = here.path();
    let says = ["the first line, `sep=;`, is read as the one with which Excel names the delimiter"];
    for words in ["x.csv -t csv -n", "x.csv -t csv -n -d ;"] {
        assert_eq!(convert(here, words).ends(0).says(&says).stdout, "a,b\n");
    }
    assert_eq!(convert(here, "x.csv -t csv --names p,q").ends(0).says(&says).stdout, "p,q\na,b\n");
    convert(here, "x.csv -t csv -n --strict").ends(1).says(&says);
    let record = convert(here, "x.csv -t csv -n -d ,").ends(0);
    assert_eq!((&*record.stdout, &*record.stderr), ("sep=;\na;b\n", ""));
}

/// A record of JSON5, or of JSON, that is too large is one bad record.
#[test]
fn records_that_are_too_large() {
    let five = "[{a:1}, {b : 'xxxxxxxxxxxxxxx'} /*c*/, // d\n 5, {c:[1,2,3,4,5,6,7,8]}\n]";
    let json = "[{\"a\":1}, {\"b\" : \"xxxxxxxxxxxxx\"} , 5, {\"c\":[1,2,3,4,5,6,7,8]}\n]";
    let here = with(&[("a.json5", five), ("a.json", json)]);
    let here = here.path();
    for (name, places) in [("a.json5", [(2, 8, 37), (4, 48, 69)]), ("a.json", [(2, 10, 33), (4, 39, 62)])] {
        for more in ["", "-j 2 --slice-size 1", "-j 7 --slice-size 9", "--io read --slice-size 20"] {
            let words = format!("{name} -t ndjson -q --max-record-size 16 --quarantine q --force {more}");
            assert_eq!(convert(here, words.trim_end()).ends(0).stdout, "{\"a\":1}\n5\n", "{name} {more}");
            let lines = read(here, "q");
            let found: Vec<_> = lines.lines().skip(1).collect();
            assert_eq!(found.len(), 2, "{name} {more}");
            for (line, (record, start, end)) in found.iter().zip(places) {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(
                    (&line["record"], &line["start"], &line["end"]),
                    (&record.into(), &start.into(), &end.into()),
                    "{name} {more}"
                );
                assert_eq!(line["reason"], "the record is larger than 16 bytes");
            }
        }
        convert(here, &format!("{name} -t ndjson --max-record-size 16 --slice-size 1")).ends(1).says(&["record 2"]);
    }
}

/// A list is exploded only after the step that takes its text apart.
#[test]
fn exploding_what_is_text() {
    let here = with(&[("t.csv", "id,tags\n1,\"[2,3]\"\n")]);
    let here = here.path();
    for words in ["--explode tags --parse-json tags", "--parse-json id --explode tags"] {
        convert(here, &format!("t.csv -t ndjson {words}"))
            .ends(2)
            .says(&["`--explode` has no effect: the field `tags` is text", "--parse-json FIELD --explode FIELD"]);
    }
    let ran = convert(here, "t.csv -t csv --parse-json tags --explode tags").ends(0);
    assert_eq!(ran.stdout, "id,tags\n1,2\n1,3\n");
}

#[test]
fn joiners_have_names_and_escapes() {
    let here = with(&[("l.ndjson", "{\"l\":[1,2]}\n")]);
    let here = here.path();
    for (between, wanted) in [
        ("\\t", "l\n1\t2\n"),
        ("tab", "l\n1\t2\n"),
        ("\\n", "l\n\"1\n2\"\n"),
        ("\\x3b\\t", "l\n1;\t2\n"),
        ("\\\\", "l\n1\\2\n"),
        ("and", "l\n1and2\n"),
    ] {
        assert_eq!(
            convert(here, &format!("l.ndjson -t csv --join-lists {between}")).ends(0).stdout,
            wanted,
            "{between}"
        );
    }
    convert(here, "l.ndjson -t csv --join-lists \\xff").ends(2).says(&["--join-lists", "not an ASCII character"]);
}

#[test]
fn numbers_that_are_not_finite_have_kinds() {
    let here = with(&[("n.json5", "[{g: NaN}, {g: -Infinity}]")]);
    let here = here.path();
    convert(here, "n.json5 -t ndjson --types g=decimal")
        .ends(1)
        .says(&["the field `g` is `NaN`, which is not a decimal number"]);
    let ran = convert(here, "n.json5 -t ndjson --types g=text").ends(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("{\"g\":\"NaN\"}\n{\"g\":\"-Infinity\"}\n", ""));
}

/// A record that is a plain value is the field `value`, for ops as for expressions, whatever the output is.
#[test]
fn ops_know_plain_values() {
    let here = with(&[(
        "a.ndjson",
        "\" x \"\n7\n{\"value\":\" y \",\"b\":\" z \"}\n[\" u \",[\" v \"],{\"value\":\" w \"}]\n",
    )]);
    let here = here.path();
    let trimmed = "\"x\"\n7\n{\"value\":\"y\",\"b\":\" z \"}\n[\"u\",[\"v\"],{\"value\":\"w\"}]\n";
    let ran = say(here, "convert a.ndjson -t ndjson --op trim:value").ends(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), (trimmed, ""));
    let ran = say(here, "convert a.ndjson -t ndjson --op upper:value --strict").ends(0);
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>()[..2], ["\" X \"", "7"]);
    // Another name is none of theirs.
    let ran = say(here, "convert a.ndjson -t ndjson --op trim:b").ends(0);
    assert_eq!(ran.stdout.lines().next(), Some("\" x \""));
    // In a table that is a column.
    fs::write(here.join("b.ndjson"), "\" x \"\n\"y \"\n").unwrap();
    let ran = say(here, "convert b.ndjson -t csv --op trim:value").ends(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("value\nx\ny\n", ""));
}
