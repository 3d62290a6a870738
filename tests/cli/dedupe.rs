//! `--dedupe`, by the command; what is expected was worked out by hand, or is found here by a model.

use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::mutate::Random;
use crate::support::{command, convert, feed, names, ran, read, say, with};

/// The sixth record is the second one again, apart from quotes.
const CSV: &str = "id,name,x\n1,a,q\n2,b,w\n1,c,q\n3,a,q\n\"\",b,\n2,\"b\",w\n,b,\n,c,\n";

fn report(here: &Path) -> Value {
    serde_json::from_str(&read(here, "r.json")).unwrap()
}

#[test]
fn one_of_equal_records_stays() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    let csv = |flags: &str| convert(here, &format!("a.csv -t csv --report r.json --force {flags}")).ends(0).stdout;
    assert_eq!(csv("--dedupe id"), "id,name,x\n1,a,q\n2,b,w\n3,a,q\n\"\",b,\n,b,\n");
    let own = report(here);
    assert_eq!((&own["records_in"], &own["records_out"], &own["records_filtered"]), (&8.into(), &5.into(), &3.into()));
    assert_eq!((&own["settings"]["dedupe"], &own["settings"]["dedupe_keep"]), (&json!(["id"]), &json!("first")));
    assert_eq!(csv("--dedupe id --dedupe-keep last"), "id,name,x\n1,c,q\n3,a,q\n\"\",b,\n2,\"b\",w\n,c,\n");
    // Null and empty text differ; quotes don't matter.
    assert_eq!(csv("--dedupe *"), "id,name,x\n1,a,q\n2,b,w\n1,c,q\n3,a,q\n\"\",b,\n,b,\n,c,\n");
    assert_eq!(report(here)["settings"]["dedupe"], "*");
    assert_eq!(csv("--dedupe name,x"), "id,name,x\n1,a,q\n2,b,w\n1,c,q\n\"\",b,\n,c,\n");
    assert_eq!(csv("--dedupe name --dedupe x --dedupe-keep LAST"), "id,name,x\n1,c,q\n3,a,q\n2,\"b\",w\n,b,\n,c,\n");
    // What the fields were called before --rename does not matter.
    assert_eq!(csv("--rename x=y --dedupe y"), "id,name,y\n1,a,q\n2,b,w\n\"\",b,\n");
    assert_eq!(csv("-s name --dedupe *"), "name\na\nb\nc\n");
}

/// Fields inside of JSON texts are fields like others, whatever is written.
#[test]
fn fields_inside_texts() {
    let text = "id,c\n1,\"{\"\"x\"\":2,\"\"y\"\":1}\"\n2,\"{\"\"y\"\":1, \"\"x\"\":2}\"\n3,\"{\"\"x\"\":3}\"\n4,\"{\"\"x\"\":3}\"\n5,\n";
    let here = with(&[("t.csv", text)]);
    let here = here.path();
    let lines = |flags: &str| {
        let ran = convert(here, &format!("t.csv --parse-json c {flags}")).ends(0);
        ran.stdout.lines().map(|line| line.replace("{\"id\":", "").chars().next().unwrap()).collect::<String>()
    };
    for to in ["-t ndjson", "-t csv --out-no-headers", "-t csv --nested json --out-no-headers"] {
        assert_eq!(lines(&format!("--dedupe c.x {to}")), "135", "{to}");
        // The order of fields does not matter.
        assert_eq!(lines(&format!("--dedupe c {to}")), "135", "{to}");
        assert_eq!(lines(&format!("--dedupe c.y {to}")), "13", "{to}");
        assert_eq!(lines(&format!("--dedupe c.x --dedupe-keep last {to} -j 7 --slice-size 1")), "245", "{to}");
        convert(here, &format!("t.csv --parse-json c --dedupe id.x {to}"))
            .ends(2)
            .says(&["--dedupe names the field `id.x`"]);
        convert(here, &format!("t.csv --parse-json c --dedupe c.z {to}")).ends(1).says(&["no record has a value"]);
    }
    assert_eq!(convert(here, "t.csv --parse-json c --set id=1 --dedupe * -t ndjson").ends(0).stdout.lines().count(), 3);
}

#[test]
fn plain_values() {
    let here = with(&[("v.ndjson", "3\n\"3\"\n[1,2]\n4\nnull\n[1, 2]\n{\"value\":3}\n{\"x\":1}\n")]);
    let once = "3\n[1,2]\n4\nnull\n";
    assert_eq!(convert(here.path(), "v.ndjson --dedupe value").ends(0).stdout, once);
    assert_eq!(
        convert(here.path(), "v.ndjson --where value=3 --on-error skip -q").ends(0).stdout,
        "3\n\"3\"\n{\"value\":3}\n"
    );
}

#[test]
fn it_comes_after_all_steps_and_before_other_rows() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    let names = |flags: &str| {
        let ran = convert(here, &format!("a.csv -t csv --out-no-headers -s name --dedupe name {flags}")).ends(0);
        ran.stdout.lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(""), "a b c");
    assert_eq!(names("--limit 2"), "a b");
    assert_eq!(names("--offset 1"), "b c");
    assert_eq!(names("--tail 2"), "b c");
    assert_eq!(names("--sample 9 --offset 1 --tail 1"), "c");
    assert_eq!(names("--where x='w'"), "b");
    assert_eq!(names("--op upper"), "A B C");
    assert_eq!(names("--set name='z'"), "z");
    assert_eq!(names("--dedupe-keep last"), "a b c");
    // Those that are drawn are among those that stay, and one of each comes with every seed.
    for seed in 0..5 {
        let drawn = names(&format!("--sample 2 --seed {seed}"));
        assert!(["a b", "a c", "b c"].contains(&&*drawn), "{drawn}");
    }
}

#[test]
fn other_commands_see_what_stays() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    // The first of equal ones in the input, not in the sorted order.
    let sorted = say(here, "sort a.csv --by id:desc --dedupe name -t csv").ends(0).stdout;
    assert_eq!(sorted, "id,name,x\n2,b,w\n1,a,q\n1,c,q\n");
    let sorted = say(here, "sort a.csv --by id:desc:text --dedupe name --dedupe-keep last --limit 1 -t csv").ends(0);
    assert_eq!(sorted.stdout, "id,name,x\n3,a,q\n");
    let groups = say(here, "aggregate a.csv --by name --dedupe id,x --agg n=count() -t csv").ends(0).stdout;
    assert_eq!(groups, "name,n\na,2\nb,3\n");
    let all = say(here, "aggregate a.csv --dedupe * --agg n=count() -t csv --limit 5").ends(0).stdout;
    assert_eq!(all, "n\n7\n");
    assert_eq!(say(here, "head a.csv --dedupe name -n 2 -t csv").ends(0).stdout, "id,name,x\n1,a,q\n2,b,w\n");
    let count = |flags: &str| say(here, &format!("count a.csv {flags}")).ends(0).stdout.trim().to_owned();
    assert_eq!(
        [count("-r --dedupe id"), count("-r --dedupe *"), count("-r --dedupe x")],
        ["5 a.csv", "7 a.csv", "3 a.csv"]
    );
    assert_eq!(count("-r --dedupe id --where x='q'"), "2 a.csv");
    say(here, "count a.csv --dedupe id").ends(2).says(&["`--dedupe` has no effect: records are not counted"]);
    say(here, "count -r a.csv --dedupe id --dedupe-keep last").ends(2).says(&["`--dedupe-keep`"]);
    say(here, "split a.csv --by name --dedupe id -o out/{part}.csv").ends(0);
    assert_eq!(names(&here.join("out")), ["a.csv", "b.csv"]);
    assert_eq!(read(here, "out/a.csv"), "id,name,x\n1,a,q\n3,a,q\n");
    // A header that is made from keys has those of what stays.
    fs::write(here.join("k.ndjson"), "{\"k\":1,\"a\":1}\n{\"k\":1,\"b\":1}\n").unwrap();
    assert_eq!(convert(here, "k.ndjson -t csv --dedupe k").ends(0).stdout, "k,a\n1,1\n");
    assert_eq!(convert(here, "k.ndjson -t csv --dedupe k --dedupe-keep last").ends(0).stdout, "k,b\n1,1\n");
}

#[test]
fn what_is_equal() {
    let lines = [
        "{\"a\":1,\"b\":{\"x\":1,\"y\":[1,2]}}",
        // Another order, another kind with the same text, and a null.
        "{\"b\":{\"y\":[1, 2],\"x\":\"1\",\"z\":null},\"a\":\"1\",\"c\":null}",
        "{\"a\":1,\"b\":{\"x\":1,\"y\":[2,1]}}",
        "{\"a\":1.0}",
        "{\"a\":null}",
        "{}",
        "{\"a\":\"\"}",
        // The last of equal keys counts.
        "{\"a\":7,\"a\":\"\"}",
    ];
    let here = with(&[("a.ndjson", &*(lines.join("\n") + "\n"))]);
    let here = here.path();
    let stay = |flags: &str| {
        let ran = convert(here, &format!("a.ndjson -t ndjson -q {flags}")).ends(0);
        let number = |line: &str| lines.iter().position(|other| *other == line).unwrap().to_string();
        ran.stdout.lines().map(number).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(stay("--dedupe *"), "0 2 3 4 6");
    assert_eq!(stay("--dedupe * --dedupe-keep last"), "1 2 3 5 7");
    assert_eq!(stay("--dedupe a"), "0 3 4 6");
    assert_eq!(stay("--dedupe b"), "0 2 3");
    assert_eq!(stay("--dedupe b.x"), "0 3");
    assert_eq!(stay("--dedupe b.y.0"), "0 2 3");
    assert_eq!(stay("--dedupe b.y"), "0 2 3");
    // As columns and as trees.
    for nested in ["json", "dot"] {
        let columns =
            convert(here, &format!("a.ndjson -t csv -q --select b --dedupe b --nested {nested}")).ends(0).stdout;
        assert_eq!(columns.lines().count(), 1 + 3, "{columns}");
    }
    // A field that nobody has: all would be equal.
    let ran = convert(here, "a.ndjson -t ndjson --dedupe nobody").ends(1);
    assert_eq!(ran.says(&["no record has a value in the field `nobody`, which --dedupe names"]).stdout, "");
}

#[test]
fn several_inputs_are_one_stream() {
    let here = with(&[
        ("a.csv", "id,x\n1,a\n2,b\n1,c\n"),
        ("b.csv", "x,id\na,1\nz,2\nz,2\n"),
        ("c.csv", "id,y\n1,\n3,k\n"),
        ("d.ndjson", "{\"x\":\"a\",\"id\":1}\n{\"id\":\"3\",\"y\":\"k\"}\n"),
    ]);
    let here = here.path();
    let csv = |words: &str| convert(here, &format!("{words} -t csv")).ends(0).stdout;
    assert_eq!(csv("a.csv b.csv --dedupe id"), "id,x\n1,a\n2,b\n");
    assert_eq!(csv("a.csv b.csv --dedupe id --dedupe-keep last"), "id,x\n1,a\n2,z\n");
    // Columns are compared by name.
    assert_eq!(csv("a.csv b.csv --dedupe *"), "id,x\n1,a\n2,b\n1,c\n2,z\n");
    let all = "a.csv b.csv c.csv d.ndjson --columns union";
    assert_eq!(csv(&format!("{all} --dedupe *")), "id,x,y\n1,a,\n2,b,\n1,c,\n2,z,\n1,,\n3,,k\n");
    assert_eq!(csv(&format!("{all} --dedupe y")), "id,x,y\n1,a,\n3,,k\n");
    // Each by itself.
    say(here, "convert a.csv b.csv --out-dir out -t csv --dedupe id").ends(0);
    assert_eq!(
        (read(here, "out/a.csv"), read(here, "out/b.csv")),
        ("id,x\n1,a\n2,b\n".into(), "x,id\na,1\nz,2\n".into())
    );
}

#[test]
fn bad_records_do_not_count() {
    let here = with(&[("a.csv", "id,x\n1\n1,a\n2,\"b,\"\n2,c\n1,b\n3\n")]);
    let here = here.path();
    convert(here, "a.csv -t csv --dedupe id").ends(1).says(&["a.csv: record 1, line 2, byte 5"]);
    let ran = convert(here, "a.csv -t csv --dedupe id --on-error quarantine --quarantine q --report r.json").ends(0);
    assert_eq!(ran.says(&["2 bad records"]).stdout, "id,x\n1,a\n2,\"b,\"\n");
    assert_eq!((&report(here)["records_failed"], &report(here)["records_filtered"]), (&2.into(), &2.into()));
    assert_eq!(read(here, "q").lines().count(), 3);
    // What the target refuses is bad too, and does not replace another record.
    let ran = convert(here, "a.csv -t csv --out-no-quoting --dedupe id --on-error skip").ends(0);
    assert_eq!(ran.says(&["3 bad records"]).stdout, "id,x\n1,a\n2,c\n");
    let ran = convert(here, "a.csv -t csv --out-no-quoting --dedupe id --dedupe-keep last --on-error skip").ends(0);
    assert_eq!(ran.stdout, "id,x\n2,c\n1,b\n");
}

#[test]
fn contradictions_are_refused() {
    let here = with(&[("a.csv", CSV), ("b.csv", CSV)]);
    let here = here.path();
    let no = |words: &str, parts: &[&str]| drop(convert(here, words).ends(2).says(parts));
    no("a.csv -t csv --dedupe nam", &["--dedupe names the field `nam`", "did you mean `name`?"]);
    no("a.csv -t csv --dedupe-keep last", &["`--dedupe-keep` has no effect: no records are compared"]);
    no("a.csv -t csv --spill-dir .", &["`--spill-dir` has no effect: nothing is sorted or compared"]);
    no("a.csv -t csv --dedupe id --spill-dir nowhere", &["--spill-dir: nowhere is not a folder"]);
    no("a.csv -o c.csv --dedupe id --resume", &["`--resume` has no effect", "--dedupe"]);
    no("a.csv -o c.csv --dedupe id --checkpoint", &["`--checkpoint` has no effect", "--dedupe"]);
    no("a.csv -t csv --dedupe id,*", &["--dedupe: * compares all fields"]);
    no("a.csv -t csv --dedupe id,id", &["`id` is named twice"]);
    no("a.csv -t csv --dedupe id --dedupe-keep any", &["`--dedupe-keep` can't be `any`"]);
    no("a.csv -t csv --dedupe * --columns id", &["--columns leaves out some of them"]);
    no("a.csv -t csv --dedupe x --columns id", &["the field `x`, which --columns leaves out"]);
    no("a.csv b.csv -o c.csv --dedupe id --keep-going", &["--keep-going"]);
    convert(here, "a.csv -t csv --dedupe id --columns name,id").ends(0);
    // A field that is called so.
    fs::write(here.join("s.csv"), "*,x\n1,a\n1,b\n").unwrap();
    assert_eq!(convert(here, "s.csv -t csv --dedupe \\*").ends(0).stdout, "*,x\n1,a\n");
    let plan = convert(here, "a.csv -t csv --dedupe id,x --dedupe-keep last --limit 3 --explain").ends(0).stdout;
    assert!(plan.contains("rows             the last of those with equal id, x, of these the first 3\n"), "{plan}");
    assert!(plan.contains("a file without a name in "), "{plan}");
    // A configuration has the same keys.
    fs::write(here.join("p.toml"), "[profile.p]\ndedupe = [\"id\"]\ndedupe-keep = \"last\"\n").unwrap();
    let ran = convert(here, "a.csv -t csv --config p.toml --profile p -s id,name").ends(0).stdout;
    assert_eq!(ran, "id,name\n1,c\n3,a\n\"\",b\n2,b\n,c\n");
}

/// Those that stay, by a model: the places of the keys.
fn stay<K: Eq + Hash>(keys: impl Iterator<Item = K>, last: bool) -> Vec<usize> {
    let mut places = HashMap::new();
    for (place, key) in keys.enumerate() {
        let known = places.entry(key).or_insert(place);
        *known = if last { place } else { *known };
    }
    let mut places: Vec<usize> = places.into_values().collect();
    places.sort_unstable();
    places
}

/// Records of a table, and what their fields are without quotes; none: null.
type Rows = Vec<(String, [Option<String>; 3])>;

fn rows(random: &mut Random, count: usize) -> Rows {
    let value = |random: &mut Random| match random.below(8) {
        0 => ("".to_owned(), None),
        1 => ("\"\"".to_owned(), Some(String::new())),
        2 => ("\"a,\"\"\nb\"".to_owned(), Some("a,\"\nb".to_owned())),
        3 => ("\"7\"".to_owned(), Some("7".to_owned())),
        4 => ("7".to_owned(), Some("7".to_owned())),
        5 => ("7.0".to_owned(), Some("7.0".to_owned())),
        6 => ("é".repeat(random.below(60)) + "x", None),
        _ => (random.below(900).to_string(), None),
    };
    let row = |place: usize| {
        let mut values = [value(random), value(random)];
        for (text, meant) in &mut values {
            if meant.is_none() && !text.is_empty() {
                *meant = Some(text.clone());
            }
        }
        let [(a, a_meant), (b, b_meant)] = values;
        let k = (random.below(count) + 10).to_string();
        (format!("{k},{a},{b},{place}\n"), [Some(k), a_meant, b_meant])
    };
    (0..count).map(row).collect()
}

fn table<'r>(rows: impl Iterator<Item = &'r (String, [Option<String>; 3])>) -> String {
    rows.fold("k,a,b,n\n".to_owned(), |text, (row, _)| text + row)
}

#[test]
fn the_same_records_stay_in_every_way() {
    let mut random = Random(5);
    let (one, two) = (rows(&mut random, 30_000), rows(&mut random, 9000));
    let both: Rows = one.iter().chain(&two).cloned().collect();
    let here = with(&[("a.csv", &*table(one.iter())), ("b.csv", &*table(two.iter()))]);
    let here = here.path();
    let mut packed = GzEncoder::new(fs::File::create(here.join("a.csv.gz")).unwrap(), Compression::fast());
    packed.write_all(table(one.iter()).as_bytes()).unwrap();
    packed.finish().unwrap();
    let mut spilled = 0;
    for (fields, columns) in [("k", &[0][..]), ("a,b", &[1, 2]), ("b,k", &[0, 2])] {
        for keep in ["first", "last"] {
            let wanted = |rows: &Rows| {
                let key = |(_, values): &(String, [Option<String>; 3])| {
                    columns.iter().map(|c| values[*c].clone()).collect::<Vec<_>>()
                };
                table(stay(rows.iter().map(key), keep == "last").into_iter().map(|place| &rows[place]))
            };
            let (of_one, of_both) = (wanted(&one), wanted(&both));
            let flags = format!("-t csv --dedupe {fields} --dedupe-keep {keep} --report r.json --force");
            for way in [
                "-j 1",
                "-j 2 --slice-size 100KB",
                "-j 7 --slice-size 1MiB --io read",
                "-j 2 --memory-limit 12MB --spill-dir .",
                "-j 7 --memory-limit 16MB --io read",
            ] {
                assert!(
                    convert(here, &format!("a.csv {flags} {way}")).ends(0).stdout == of_one,
                    "{fields} {keep} {way}"
                );
                let own = report(here);
                spilled += own["spilled"]["runs"].as_u64().unwrap_or_default();
                assert_eq!(
                    own["records_filtered"],
                    30_001 + of_one.matches("\"a,\"\"\nb\"").count() as u64 - of_one.matches('\n').count() as u64
                );
                let many = convert(here, &format!("a.csv b.csv {flags} {way}")).ends(0).stdout;
                assert!(many == of_both, "{fields} {keep} {way}: two");
            }
            let pipe = format!("convert - -f csv {flags} --memory-limit 16MB");
            assert!(feed(here, pipe.split(' '), table(one.iter()).as_bytes()).ends(0).stdout == of_one, "a pipe");
            assert!(convert(here, &format!("a.csv.gz {flags} -j 2")).ends(0).stdout == of_one, "compressed");
        }
    }
    assert!(spilled > 20, "{spilled}");
    assert_eq!(names(here), ["a.csv", "a.csv.gz", "b.csv", "r.json"]);
}

#[test]
fn slices_of_one_byte() {
    let mut random = Random(8);
    let all = rows(&mut random, 300);
    let here = with(&[("a.csv", &*table(all.iter()))]);
    for keep in ["first", "last"] {
        let key = |(_, values): &(String, [Option<String>; 3])| values[1].clone();
        let wanted = table(stay(all.iter().map(key), keep == "last").into_iter().map(|place| &all[place]));
        for way in ["-j 1", "-j 2", "-j 7 --io read"] {
            let ran =
                convert(here.path(), &format!("a.csv -t csv --slice-size 1 --dedupe a --dedupe-keep {keep} {way}"));
            assert_eq!(ran.ends(0).stdout, wanted, "{keep} {way}");
        }
    }
}

/// After the last record that stays, nothing is read again, and all is counted.
#[test]
fn what_follows_is_counted() {
    let rows = |count: usize| (0..count).map(|at| format!("{},{at}\n", at % 7)).collect::<String>();
    let (one, two) = (format!("k,n\n{}", rows(20_000)), format!("k,n\n{}", rows(5)));
    let here = with(&[("a.csv", &*one), ("b.csv", &*two)]);
    let here = here.path();
    let counted = |words: &str, out: &str| {
        let ran = convert(here, &format!("{words} -t csv --slice-size 4KiB --dedupe k --report r.json --force"));
        assert_eq!(ran.ends(0).stdout, out, "{words}");
        let own = report(here);
        ["bytes_in", "records_in", "records_out", "records_filtered"].map(|key| own[key].as_u64().unwrap())
    };
    let (first, last) = (format!("k,n\n{}", rows(7)), "k,n\n2,19994\n3,19995\n4,19996\n5,19997\n6,19998\n0,19999\n");
    let last = last.replacen("k,n\n", "k,n\n1,19993\n", 1);
    let (bytes, more) = (one.len() as u64, two.len() as u64);
    for way in ["-j 1", "-j 2", "-j 3 --io read"] {
        assert_eq!(counted(&format!("a.csv {way}"), &first), [bytes, 20_000, 7, 19_993]);
        assert_eq!(counted(&format!("a.csv {way} --dedupe-keep last"), &last), [bytes, 20_000, 7, 19_993]);
        assert_eq!(counted(&format!("a.csv b.csv {way}"), &first), [bytes + more, 20_005, 7, 19_998]);
        assert_eq!(
            counted(&format!("a.csv {way} --where n>=7"), "k,n\n0,7\n1,8\n2,9\n3,10\n4,11\n5,12\n6,13\n"),
            [bytes, 20_000, 7, 19_993]
        );
    }
    // Bad records are met again.
    let bad = one + "1\n";
    fs::write(here.join("a.csv"), &bad).unwrap();
    assert_eq!(counted("a.csv -j 2 --on-error skip", &first), [bad.len() as u64, 20_001, 7, 19_993]);
    assert_eq!(report(here)["records_failed"], 1);
}

/// How a record is written.
type Line = fn(&(u64, String)) -> String;

#[test]
fn every_format() {
    let mut random = Random(2);
    let all: Vec<(u64, String)> =
        (0..3000).map(|_| (random.below(9) as u64, "xy".repeat(random.below(4)) + "z")).collect();
    let text = |line: Line, places: &[usize]| -> String { places.iter().map(|place| line(&all[*place])).collect() };
    let formats: [(&str, &str, Line, &str); 4] = [
        ("ndjson", "", |(a, b)| format!("{{\"a\":{a},\"b\":\"{b}\"}}\n"), ""),
        ("tsv", "a\tb\n", |(a, b)| format!("{a}\t{b}\n"), ""),
        ("text", "", |(a, b)| format!("{a} {b}\n"), ""),
        ("fwf", "", |(a, b)| format!("{a:<3}{b:<9}\n"), "--layout a:3,b:9"),
    ];
    let every: Vec<usize> = (0..all.len()).collect();
    for (format, head, line, more) in formats {
        let here = with(&[("in", &*(head.to_owned() + &text(line, &every)))]);
        for keep in ["first", "last"] {
            let wanted = head.to_owned() + &text(line, &stay(all.iter(), keep == "last"));
            for way in ["-j 1", "-j 2 --slice-size 1000", "-j 7 --io read --slice-size 3000"] {
                let flags = format!("in -f {format} -t {format} {more} --dedupe * --dedupe-keep {keep} {way}");
                let ran = convert(here.path(), &flags).ends(0);
                // Fixed widths end where the last text does.
                let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
                assert_eq!(trimmed(&ran.stdout), trimmed(&wanted), "{flags}");
            }
        }
    }
}

/// A file system that is full: there is nothing under the name, and the error says what to do.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run() {
    let mut random = Random(3);
    let here = with(&[("a.csv", &*table(rows(&mut random, 60_000).iter()))]);
    let here = here.path();
    fs::create_dir(here.join("spill")).unwrap();
    let line =
        "ulimit -f 1024; trap '' XFSZ; exec \"$0\" a.csv --dedupe n --memory-limit 12MB --spill-dir spill -o b.csv";
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(here).arg("-c").arg(line).arg(command(here).get_program());
    ran(shell.output().unwrap()).ends(3).says(&["can't write what does not fit into memory in spill", "--spill-dir"]);
    assert_eq!((names(here), names(&here.join("spill"))), (vec!["a.csv".to_owned(), "spill".to_owned()], vec![]));
    // A key that does not fit anywhere.
    let long = format!("n,x\n1,{}\n", "y".repeat(900_000));
    fs::write(here.join("c.csv"), long).unwrap();
    convert(here, "c.csv -t csv --dedupe x --memory-limit 12MB").ends(4).says(&["--memory-limit"]);
    // Columns that may be left out can't be compared.
    convert(here, "c.csv a.csv -t csv --dedupe x --columns first").ends(2).says(&["--columns first"]);
}
