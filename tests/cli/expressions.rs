//! `--where` and `--set`, by the command; every result was worked out by hand.

use std::fs;

use crate::support::{convert, feed, folder, read, run, with};
use serde_json::Value;

const TRIPS: &str = "id,city,fare,zip,note\n\
    1,Paris,13.75,007,\n\
    2,Rome,30,7,\"a \"\"b\"\"\"\n\
    3,Paris,30.00000000000000000001,\"007\",\"two\nlines\"\n\
    4,,1e2,42,x\n\
    5,Oslo,,0,\n";

/// Runs `convert` with expressions, which have blanks.
fn steps(here: &std::path::Path, words: &str, steps: &[(&str, &str)]) -> crate::support::Ran {
    let words = words.split(' ').map(str::to_owned);
    let steps = steps.iter().flat_map(|(flag, text)| [format!("--{flag}"), (*text).to_owned()]);
    run(here, std::iter::once("convert".to_owned()).chain(words).chain(steps))
}

#[test]
fn records_are_kept_for_which_it_is_true() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    let ids = |expression: &str| {
        let ran = steps(here, "t.csv -s id -t ndjson", &[("where", expression)]).ends(0);
        ran.stdout.lines().map(|line| line[6..line.len() - 1].to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("fare > 30"), "3 4");
    assert_eq!(ids("fare >= 30.0"), "2 3 4");
    assert_eq!(ids("NOT fare > 30"), "1 2");
    assert_eq!(ids("zip = '007'"), "1 3");
    assert_eq!(ids("city = 'Paris' AND fare < 20 OR city IS NULL"), "1 4");
    assert_eq!(ids("note LIKE '%\"b\"' OR note ~ '^two\\s'"), "2 3");
    assert_eq!(ids("record_number() % 2 = 0"), "2 4");
    // The record with two lines begins in line 4.
    assert_eq!(ids("line_number() IN (4, 6)"), "3 4");
    assert_eq!(ids("source_name() = 't.csv'"), "1 2 3 4 5");
}

#[test]
fn what_is_kept_is_copied_byte_for_byte() {
    let here = with(&[("t.csv", "a,b\r\n1.10,\"x\"\r\n2,y\r\n\"3\",z"), ("t.ndjson", "{\"a\": 1.10 }\n{\"a\":2}\n")]);
    let here = here.path();
    let ran = steps(here, "t.csv --crlf", &[("where", "a <> 2")]).ends(0);
    assert_eq!(ran.stdout, "a,b\r\n1.10,\"x\"\r\n\"3\",z\r\n");
    assert_eq!(steps(here, "t.csv", &[("where", "a <> 2")]).ends(0).stdout, "a,b\n1.10,x\n\"3\",z\n");
    assert_eq!(steps(here, "t.ndjson", &[("where", "a < 2")]).ends(0).stdout, "{\"a\": 1.10 }\n");
    let ran = steps(here, "t.csv", &[("set", "c=a"), ("set", "d=a * 2"), ("set", "e=b || ''")]).ends(0);
    assert_eq!(ran.stdout, "a,b,c,d,e\n1.10,x,1.10,2.20,x\n2,y,2,4,y\n\"3\",z,\"3\",6,z\n");
}

#[test]
fn steps_happen_in_the_order_written() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    let all = [("set", "total=fare*1.1"), ("where", "total > 30"), ("set", "fare='x'"), ("where", "fare = 'x'")];
    let ran = steps(here, "t.csv -s total,id,fare --rename total=sum", &all).ends(0);
    assert_eq!(ran.stdout, "sum,id,fare\n33.0,2,x\n33.000000000000000000011,3,x\n110.0,4,x\n");
    // A field that is made, and made once more after another one, is one field.
    let ran = steps(here, "t.csv -s a,b,id", &[("set", "a=1"), ("set", "b=2"), ("set", "a=3"), ("where", "id = 1")]);
    assert_eq!(ran.ends(0).stdout, "a,b,id\n3,2,1\n");
    let ran = steps(here, "t.csv --drop city,fare,zip,note", &[("set", "a=1"), ("set", "b=2"), ("set", "a=id")]);
    assert_eq!(ran.ends(0).stdout, "id,a,b\n1,1,2\n2,2,2\n3,3,2\n4,4,2\n5,5,2\n");
    // A field is needed that is not written; ops come later.
    let ran = steps(here, "t.csv --drop city,note,zip --op upper", &[("where", "city = 'Oslo'")]).ends(0);
    assert_eq!(ran.stdout, "id,fare\n5,\n");
    let ran = steps(here, "t.csv --columns zip,new,other -q", &[("set", "new=id+1"), ("where", "city='Rome'")]).ends(0);
    assert_eq!(ran.stdout, "zip,new,other\n7,3,\n");
    let report = "t.csv -o o.csv --report r.json --force";
    steps(here, report, &[("where", "fare > 30"), ("set", "x=1")]).ends(0);
    let report: Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["records_filtered"], &report["records_out"]), (&3.into(), &2.into()));
    assert_eq!(report["settings"]["where"], serde_json::json!(["fare > 30"]));
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    let refused = |flag: &str, text: &str| steps(here, "t.csv", &[(flag, text)]).ends(2);
    refused("where", "fare > 30 AND uper(city) = 'X'").says(&[
        "--where: there is no function `uper`; did you mean `upper`?",
        "\n  fare > 30 AND uper(city) = 'X'\n                ^\n",
    ]);
    refused("where", "fair > 30").says(&["--where names the field `fair`", "did you mean `fare`?"]);
    refused("set", "x=1 + fair").says(&[
        "--set names the field `fair`, which the source does not have; did you mean `fare`?",
        "\n  1 + fair\n      ^\n  The fields are id, city, fare, zip, note.",
    ]);
    refused("set", "x").says(&["--set x: write NAME=EXPRESSION"]);
    refused("where", "fare + 1").says(&["true or false is needed here, and this is a number"]);
    // Nothing was written, and nothing read: the file need not exist for that.
    steps(here, "none.csv", &[("where", "a >")]).ends(2).says(&["where a field, a number"]);
    run(here, ["count", "t.csv", "--where", "fare > 30"]).ends(2).says(&["records are not counted"]);
}

#[test]
fn a_text_where_a_number_is_needed_is_bad() {
    let here = with(&[("t.csv", "id,fare\n1,2\n2,free\n3,\n4,9\n")]);
    let here = here.path();
    let bad = steps(here, "t.csv", &[("where", "fare > 1")]).ends(1);
    bad.says(&["record 2", "line 3", "the field `fare` is `free`, where a number is needed", "try_cast"]);
    let ran = steps(here, "t.csv --on-error quarantine --quarantine q", &[("where", "fare > 1")]).ends(0);
    assert_eq!(ran.stdout, "id,fare\n1,2\n4,9\n");
    let ran = steps(here, "t.csv", &[("where", "try_cast(fare as decimal) > 1")]).ends(0);
    assert_eq!(ran.stdout, "id,fare\n1,2\n4,9\n");
    steps(here, "t.csv -q --on-error skip", &[("set", "x=1/nullif(fare,0)"), ("where", "x > 0.3")]).ends(0);
    steps(here, "t.csv", &[("set", "x=1/(id-1)")]).ends(1).says(&["record 1", "`1/(id-1)` divides by zero"]);
    let long = steps(here, "t.csv --max-record-size 100", &[("set", "x=rpad(id, 200, 'ab')")]).ends(1);
    long.says(&["makes a text of more than 100 bytes"]);
    // What was repaired goes the same way.
    fs::write(here.join("q"), read(here, "q").replace("\"record\":2,", "\"text\":\"2,7\",\"record\":2,")).unwrap();
    let ran = run(here, ["replay", "q", "--where", "fare > 1", "--set", "fare=fare*2"]).ends(0);
    assert_eq!(ran.stdout, "id,fare\n2,14\n");
}

#[test]
fn results_that_need_much_memory_together() {
    // A batch has hundreds of records; the results of all of them at once are more than a worker may hold.
    const WIDE: usize = 20_000;
    let (mut csv, mut ndjson, mut wanted) = (String::from("id,t\n"), String::new(), String::from("id,t\n"));
    for id in 0..1_500 {
        match id % 500 {
            250 => {
                csv += &format!("{id},too,many\n");
                ndjson += &format!("{{\"id\":{id},}}\n");
            }
            _ => {
                csv += &format!("{id},a{id}\n");
                ndjson += &format!("{{\"id\":{id},\"t\":\"a\\u0062{id}\"}}\n");
                wanted += &format!("{id},{:-<WIDE$}\n", format!("A{id}"));
            }
        }
    }
    let here = with(&[("t.csv", &csv), ("t.ndjson", &ndjson)]);
    let here = here.path();
    let set = format!("t=upper(rpad(t, {WIDE}, '-'))");
    for ways in ["-j 1 --slice-size 8KiB", "-j 2"] {
        let words = format!("t.csv -q --memory-limit 32MB --on-error skip {ways}");
        assert!(steps(here, &words, &[("set", &set)]).ends(0).stdout == wanted, "{ways}");
        let words = format!("t.ndjson -q -t csv --memory-limit 32MB --on-error skip {ways}");
        let made = steps(here, &words, &[("set", "t=replace(t, 'ab', 'a')"), ("set", &set)]).ends(0);
        assert!(made.stdout == wanted, "{ways}");
    }
    // One that is too large by itself is told as what it is.
    let large = steps(here, "t.csv --memory-limit 32MB -j 2", &[("where", "length(rpad(t, 30000000)) > 5")]).ends(4);
    large.says(&["record 1"]);
}

#[test]
fn what_a_record_needs_does_not_depend_on_its_neighbours() {
    let row = |id: usize| format!("{id},\"{}\"\"\",z\n", "x".repeat(if id == 5 { 5_000_000 } else { 5 }));
    let wide = format!("a,b,c\n{}", (0..9).map(row).collect::<String>());
    let row = |id: usize| format!("{id},{},{}\n", if id == 1500 { "B".repeat(200_000) } else { "x".into() }, id % 100);
    let long = format!("id,t,v\n{}", (0..1600).map(row).collect::<String>());
    let here = with(&[("wide.csv", &wide), ("long.csv", &long)]);
    let here = here.path();
    let records = |words: &str, set: &str| steps(here, words, &[("set", set)]).ends(0).stdout.lines().count();
    for rule in ["a>5", "a=2", "a=4 OR a=6"] {
        let set = format!("c=length(rpad(c,CASE WHEN {rule} THEN 2500000 ELSE 1 END))");
        assert_eq!(records("wide.csv -t ndjson -q -j 1 --memory-limit 43MB --slice-size 8MB", &set), 9, "{rule}");
    }
    for limit in ["24MB", "40MB", "50MB"] {
        let words = format!("long.csv -t csv -q -j 1 --slice-size 8KiB --memory-limit {limit}");
        assert_eq!(records(&words, "n=length(rpad(t,40000,'z'))"), 1601, "{limit}");
    }
}

#[test]
fn nested_records() {
    let lines = "{\"id\":1,\"tags\":[\"a\",{\"k\":5}],\"home\":{\"city\":\"Paris\"},\"a.b\":1}\n\
        {\"id\":2,\"home\":{\"city\":null,\"zip\":{}}}\n{\"id\":3,\"home\":7}\n";
    let here = with(&[("t.ndjson", lines)]);
    let here = here.path();
    let out = |all: &[(&str, &str)]| steps(here, "t.ndjson", all).ends(0).stdout;
    assert_eq!(out(&[("where", "tags[1].k = 5.0")]), lines.lines().next().unwrap().to_owned() + "\n");
    assert_eq!(
        out(&[("where", "home.city IS NULL AND home.city IS NOT ABSENT"), ("set", "home.city='x'")]),
        "{\"id\":2,\"home\":{\"city\":\"x\",\"zip\":{}}}\n"
    );
    assert_eq!(
        out(&[
            ("where", "id < 3"),
            ("set", "home.geo.lat=1.50"),
            ("set", "tags=absent"),
            ("set", "id=home"),
            ("set", "a.b=2")
        ]),
        "{\"id\":{\"city\":\"Paris\",\"geo\":{\"lat\":1.50}},\"home\":{\"city\":\"Paris\",\"geo\":{\"lat\":1.50}},\"a.b\":2}\n\
         {\"id\":{\"city\":null,\"zip\":{},\"geo\":{\"lat\":1.50}},\"home\":{\"city\":null,\"zip\":{},\"geo\":{\"lat\":1.50}},\"a\":{\"b\":2}}\n"
    );
    steps(here, "t.ndjson", &[("set", "home.x=1")])
        .ends(1)
        .says(&["record 3", "the field `home.x` can't be made: `home` is not an object"]);
    steps(here, "t.ndjson", &[("set", "tags[7]=1")]).ends(1).says(&["record 1", "a list without such an item"]);
    let changed = out(&[("where", "id = 1"), ("set", "tags[1].k='new'"), ("set", "tags[0]=absent")]);
    assert_eq!(changed, "{\"id\":1,\"tags\":[{\"k\":\"new\"}],\"home\":{\"city\":\"Paris\"},\"a.b\":1}\n");
    // The header has the columns of records that are left.
    let ran = steps(here, "t.ndjson -t csv", &[("where", "id = 3")]).ends(0);
    assert_eq!(ran.stdout, "id,home\n3,7\n");
    let ran = steps(here, "t.ndjson -t csv -s id,n", &[("where", "home.city = 'Paris'"), ("set", "n=id+1")]).ends(0);
    assert_eq!(ran.stdout, "id,n\n1,2\n");
    steps(here, "t.ndjson", &[("where", "hom.city = 'x'")]).says(&["`hom.city`"]);
    let array = convert(here, "t.ndjson -t json -o t.json").ends(0);
    assert_eq!(array.stdout, "");
    assert_eq!(steps(here, "t.json -t ndjson", &[("where", "id = 3")]).ends(0).stdout, "{\"id\":3,\"home\":7}\n");
}

#[test]
fn every_way_gives_the_same_bytes() {
    let here = folder();
    let here = here.path();
    let row = |n: u64| {
        format!("{n},{}.{:02},\"name {n}\",{}\n", n * 37 % 101, n % 100, ["x", "", "\"q\"\"\n\""][n as usize % 3])
    };
    let text = "n,fare,name,note\n".to_owned() + &(0..20_000).map(row).collect::<String>();
    fs::write(here.join("t.csv"), &text).unwrap();
    convert(here, "t.csv -o t.csv.gz").ends(0);
    convert(here, "t.csv -o t.ndjson").ends(0);
    let all: &[(&str, &str)] = &[
        ("where", "fare > 50 AND (note IS NULL OR note <> 'x')"),
        ("set", "total=round(fare * 1.1, 2)"),
        ("set", "name=upper(name) || '!'"),
        ("set", "at=record_number()"),
    ];
    for to in ["csv", "ndjson"] {
        let wanted = steps(here, &format!("t.csv -t {to} -j 1"), all).ends(0).stdout;
        assert!(wanted.lines().count() > 5000);
        for way in ["-j 2 --slice-size 1", "-j 7 --slice-size 1KiB", "-j 2 --io read --slice-size 1MiB"] {
            assert!(steps(here, &format!("t.csv -t {to} {way}"), all).ends(0).stdout == wanted, "{way}");
        }
        assert!(steps(here, &format!("t.csv.gz -t {to}"), all).ends(0).stdout == wanted);
        let flags = all.iter().flat_map(|(flag, text)| [format!("--{flag}"), (*text).to_owned()]);
        let words = ["convert", "-", "-f", "csv", "-t", to].map(str::to_owned);
        assert!(feed(here, words.into_iter().chain(flags), text.as_bytes()).ends(0).stdout == wanted);
        // Without what needs the order, with several workers in earnest.
        let some = &all[..3];
        let one = steps(here, &format!("t.csv -t {to} -j 1"), some).ends(0).stdout;
        assert!(steps(here, &format!("t.csv -t {to} -j 3 --slice-size 100"), some).ends(0).stdout == one);
        let nested = steps(here, &format!("t.ndjson -t {to} -j 3 --slice-size 100"), some).ends(0).stdout;
        assert!(nested == steps(here, &format!("t.ndjson -t {to} -j 1"), some).ends(0).stdout);
    }
}

#[test]
fn other_formats_and_many_inputs() {
    let here = with(&[("a.csv", "a,b\n1,x\n2,y\n"), ("b.csv", "b,a\nz,3\ny,1\n"), ("l.txt", "one\ntwo\n\nthree\n")]);
    let here = here.path();
    let ran = steps(here, "a.csv b.csv", &[("where", "a <> 1"), ("set", "c=a+1")]).ends(0);
    assert_eq!(ran.stdout, "a,b,c\n2,y,3\n3,z,4\n");
    let ran = steps(here, "a.csv b.csv --columns union -s b", &[("where", "a <> 1")]).ends(0);
    assert_eq!(ran.stdout, "b\ny\nz\n");
    let ran = steps(here, "a.csv b.csv -t ndjson", &[("where", "source_name() = 'b.csv'")]).ends(0);
    assert_eq!(ran.stdout, "{\"a\":3,\"b\":\"z\"}\n{\"a\":1,\"b\":\"y\"}\n");
    assert_eq!(steps(here, "l.txt", &[("where", "line LIKE 't%'")]).ends(0).stdout, "two\nthree\n");
    assert_eq!(steps(here, "l.txt", &[("set", "line=upper(line)")]).ends(0).stdout, "ONE\nTWO\n\nTHREE\n");
    assert_eq!(steps(here, "l.txt", &[("set", "line=length(line)")]).ends(0).stdout, "3\n3\n0\n5\n");
    let two = steps(here, "l.txt", &[("set", "n=record_number()"), ("where", "n = 2")]).ends(0);
    assert_eq!(two.stdout, "{\"line\":\"two\",\"n\":2}\n");
    let count = run(here, ["count", "-r", "a.csv", "--where", "b = 'y'"]).ends(0);
    assert_eq!(count.stdout.split_whitespace().next(), Some("1"));
}

#[test]
fn configurations_keep_the_order_of_steps() {
    let toml = "[job.n]\ninput = [\"t.csv\"]\noutput = \"o.csv\"\nselect = [\"id\", \"f\"]\n\
        steps = [{ set = \"f = fare * 2\" }, { where = \"f > 60\" }, { set = \"f = f + 1\" }]\n";
    let here = with(&[("t.csv", TRIPS), ("pagemill.toml", toml)]);
    let here = here.path();
    run(here, ["run", "n"]).ends(0);
    assert_eq!(read(here, "o.csv"), "id,f\n3,61.00000000000000000002\n4,201\n");
    fs::write(here.join("pagemill.toml"), toml.replace("f > 60", "f >")).unwrap();
    run(here, ["run", "n"]).ends(2).says(&["pagemill.toml", "--where"]);
}

#[test]
fn a_run_is_resumed_only_with_the_same_expressions() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    let explained = steps(here, "t.csv --explain", &[("where", "fare > 30")]).ends(0).stdout;
    assert!(explained.contains("fare > 30") && explained.contains("FieldNumber"), "{explained}");
}

#[test]
fn a_field_whose_key_is_there_twice() {
    let lines = "{\"a\":1,\"b\":{\"c\":1,\"d\":2,\"c\":[3]},\"a\":{\"x\":1}}\n{\"a\":1}\n";
    let here = with(&[("t.ndjson", lines)]);
    let here = here.path();
    let set = |what: &[&str]| {
        let all: Vec<_> = what.iter().map(|text| ("set", *text)).collect();
        steps(here, "t.ndjson --report r.json --force", &all).ends(0).stdout
    };
    let lost = || serde_json::from_str::<Value>(&read(here, "r.json")).unwrap()["lossy"]["duplicate_key"].clone();
    assert_eq!(set(&["a='new'"]), "{\"b\":{\"c\":1,\"d\":2,\"c\":[3]},\"a\":\"new\"}\n{\"a\":\"new\"}\n");
    assert_eq!(lost(), 1);
    assert_eq!(set(&["a=ABSENT"]), "{\"b\":{\"c\":1,\"d\":2,\"c\":[3]}}\n{}\n");
    assert_eq!(set(&["b.c=a", "a=0"]), "{\"b\":{\"d\":2,\"c\":{\"x\":1}},\"a\":0}\n{\"a\":0,\"b\":{\"c\":1}}\n");
    assert_eq!(lost(), 2);
    steps(here, "t.ndjson --strict", &[("set", "a=1")]).ends(1).says(&["record 1", "duplicate_key"]);
}

#[test]
fn names_of_made_fields() {
    let here = with(&[("t.ndjson", "{\"a\":{\"x\":1}}\n"), ("t.csv", "a\n1\n")]);
    let here = here.path();
    let set = |words: &str, what: &str| steps(here, words, &[("set", what)]);
    assert_eq!(set("t.ndjson", "No.=7").ends(0).stdout, "{\"a\":{\"x\":1},\"No.\":7}\n");
    assert_eq!(set("t.csv", "No.=7").ends(0).stdout, "a,No.\n1,7\n");
    assert_eq!(set("t.ndjson", "b..c=7").ends(0).stdout, "{\"a\":{\"x\":1},\"b..c\":7}\n");
    assert_eq!(set("t.ndjson", "a.y.z=7").ends(0).stdout, "{\"a\":{\"x\":1,\"y\":{\"z\":7}}}\n");
    let refused = set("t.ndjson", "a.\"b c\"=7").ends(2);
    refused.says(&["--set a.\"b c\": quotes go around the whole name", "Write \"a.b c\"=EXPRESSION."]);
    assert_eq!(set("t.ndjson", "\"a.b c\"=7").ends(0).stdout, "{\"a\":{\"x\":1,\"b c\":7}}\n");
    set("t.csv", &format!("{}=1", "a.".repeat(1200))).ends(2).says(&["at most 1000 steps"]);
}

#[test]
fn counts_of_made_fields() {
    let here = with(&[("t.csv", TRIPS)]);
    let count = |flags: &[&str]| run(here.path(), ["count", "-r", "t.csv"].iter().chain(flags));
    assert_eq!(count(&["--set", "x=fare*2", "--where", "x > 60"]).ends(0).stdout.trim(), "2 t.csv");
    count(&["--set", "x=fare*2"]).ends(2).says(&["`--set` has no effect: no field is written", "Give --where"]);
}

/// Only the fields that a condition looks at are decoded, unless a record that it keeps can't be copied.
#[test]
fn records_of_every_kind_are_chosen_by_one_of_many_fields() {
    let mut state = 7u64;
    let mut roll = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let header = b"id,b,c,d,e,f\n";
    for (often, seed) in [(1_000, 0), (40, 1), (3, 2)] {
        let (mut source, mut by_number, mut by_text) = (header.to_vec(), header.to_vec(), header.to_vec());
        let mut with_more = b"id,b,c,d,e,f,x,y,z\n".to_vec();
        for id in 0..4_000 {
            let b = roll(10);
            let kind = if roll(often) == seed % often { roll(9) } else { roll(3) };
            let row = |c: &str, end: &str| format!("{id},{b},{c},d {id},,\"f\"{end}");
            let changed = |c: &str| format!("{id},{b},{c},d {id},,f\n");
            let (row, kept) = match kind {
                0 => (row("c", "\n"), Some(row("c", "\n"))),
                1 => (row("\"x, \"\"y\"\"\"", "\n"), Some(row("\"x, \"\"y\"\"\"", "\n"))),
                2 => (row("\"two\nlines\"", "\n"), Some(row("\"two\nlines\"", "\n"))),
                3 => (row("\"c\"", "\r\n"), Some(changed("c"))),
                4 => (row("\"19\" screen", "\n"), Some(changed("19 screen"))),
                5 => (format!("{id},{b}\n"), None),
                6 => ("\n".to_owned(), None),
                7 => (row("too,many", "\n"), None),
                _ => (row("\u{1}", "\n"), Some(row("\u{1}", "\n"))),
            };
            // A byte that is no text, instead of a control character.
            let bytes = |text: &str| text.bytes().map(|byte| if byte == 1 { 0xff } else { byte }).collect::<Vec<_>>();
            source.extend(bytes(&row));
            if let Some(kept) = &kept {
                let z = if b == 7 { String::new() } else { b.to_string() };
                with_more.extend(bytes(&format!("{},{}.0,\"{b}, \"\"q\"\"\",{z}\n", kept.trim_end(), b * 3)));
            }
            if let Some(kept) = kept.filter(|_| b > 5) {
                by_number.extend(bytes(&kept));
                // A regex needs text.
                by_text.extend(if kind == 8 { Vec::new() } else { bytes(&kept) });
            }
        }
        let here = with(&[("t.csv", "")]);
        let here = here.path();
        fs::write(here.join("t.csv"), &source).unwrap();
        let more: &[_] = &[("set", "x=b * 3.0"), ("set", "y=concat(b, ', \"q\"')"), ("set", "z=nullif(b, 7)")];
        let cases: [(&[_], &Vec<u8>); 3] =
            [(&[("where", "b > 5")], &by_number), (&[("where", "b ~ '^[6-9]$'")], &by_text), (more, &with_more)];
        for (changes, wanted) in cases {
            for ways in ["-j 1", "-j 2 --slice-size 1", "-j 2 --slice-size 5kB --io read", "-j 7 --slice-size 16KiB"] {
                let words = format!("t.csv -o o.csv --force -q --on-error skip {ways}");
                steps(here, &words, changes).ends(0);
                let found = fs::read(here.join("o.csv")).unwrap();
                let first = found.iter().zip(wanted.iter()).position(|(a, b)| a != b);
                assert!(found == *wanted, "{often} {changes:?} {ways}: {first:?} of {}", wanted.len());
            }
        }
    }
}
