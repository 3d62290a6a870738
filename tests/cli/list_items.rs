//! Items of lists as fields: `l[0].a`.

use std::fs;
use std::path::Path;

use crate::support::{Ran, folder, run};

const LINES: &str = "{\"id\":1,\"l\":[{\"a\":1,\"b\":2},{\"a\":3}],\"m\":{\"x\":[10,20]}}\n\
    {\"id\":2,\"l\":[],\"m\":{\"x\":[]}}\n\
    {\"id\":3,\"l\":[{\"b\":5}],\"m\":{\"x\":[1]}}\n";

fn convert(here: &Path, to: &str, flags: &[&str]) -> Ran {
    fs::write(here.join("l.ndjson"), LINES).unwrap();
    run(here, ["convert", "l.ndjson", "-t", to].iter().chain(flags)).ends(0)
}

/// The same with and without an op that changes nothing, and by way of a binary format.
#[test]
fn an_item_that_is_selected_is_a_field_named_as_its_path() {
    let here = folder();
    let here = here.path();
    for (select, lines, csv) in [
        ("l[0].a", "{\"l[0].a\":1}\n{}\n{}\n", "l[0].a\n1\n\"\"\n\"\"\n"),
        (
            "l[0],id",
            "{\"l[0]\":{\"a\":1,\"b\":2},\"id\":1}\n{\"id\":2}\n{\"l[0]\":{\"b\":5},\"id\":3}\n",
            "l[0].a,l[0].b,id\n1,2,1\n,,2\n,5,3\n",
        ),
        ("m.x[1],id", "{\"m.x[1]\":20,\"id\":1}\n{\"id\":2}\n{\"id\":3}\n", "m.x[1],id\n20,1\n,2\n,3\n"),
    ] {
        for op in [&[][..], &["--op", "trim:id"]] {
            let flags = [&["--select", select][..], op].concat();
            assert_eq!(convert(here, "ndjson", &flags).stdout, lines, "{select} {op:?}");
            assert_eq!(convert(here, "csv", &flags).stdout, csv, "{select} {op:?}");
            for name in ["o.msgpack", "o.cbor"] {
                run(here, ["convert", "l.ndjson", "-o", name, "--force"].iter().chain(&flags)).ends(0);
                assert_eq!(run(here, ["convert", name, "-t", "ndjson"]).ends(0).stdout, lines, "{select} {name}");
            }
        }
    }
    let renamed = convert(here, "csv", &["--select", "id,l[0].a", "--rename", "l[0].a=first"]);
    assert_eq!(renamed.stdout, "id,first\n1,1\n2,\n3,\n");
    convert(here, "ndjson", &["--select", "l[7].a"]).says(&["`l[7].a`, which no record has"]);
    let answer = run(here, ["aggregate", "l.ndjson", "--by", "l[0].a", "--agg", "n=count()"]).ends(0);
    assert_eq!(answer.stdout, "{\"l[0].a\":1,\"n\":1}\n{\"n\":2}\n");
}

/// Keys of groups, order, parts and equality.
#[test]
fn items_are_keys() {
    let here = folder();
    let here = here.path();
    fs::write(
        here.join("k.ndjson"),
        "{\"l\":[{\"a\":2}],\"n\":1}\n{\"l\":[{\"a\":1}],\"n\":2}\n{\"l\":[{\"a\":2}],\"n\":3}\n",
    )
    .unwrap();
    let record = |a: u32, n: u32| format!("{{\"l\":[{{\"a\":{a}}}],\"n\":{n}}}\n");
    for key in ["l[0].a", "l.0.a"] {
        let sorted = run(here, ["sort", "k.ndjson", "--by", &format!("{key}:number")]).ends(0);
        assert_eq!((sorted.stdout, &*sorted.stderr), (record(1, 2) + &record(2, 1) + &record(2, 3), ""), "{key}");
        let once = run(here, ["convert", "k.ndjson", "-t", "ndjson", "--dedupe", key]).ends(0);
        assert_eq!(once.stdout, record(2, 1) + &record(1, 2), "{key}");
        run(here, ["split", "k.ndjson", "--by", key, "-o", "{part}.ndjson", "--force"]).ends(0);
        assert_eq!(fs::read_to_string(here.join("2.ndjson")).unwrap(), record(2, 1) + &record(2, 3), "{key}");
        let groups = run(here, ["aggregate", "k.ndjson", "--by", key, "--agg", "n=count()", "-t", "csv"]).ends(0);
        assert_eq!(groups.stdout, format!("{key},n\n2,2\n1,1\n"));
    }
}

/// A field that has such a name is meant, not an item.
#[test]
fn a_field_with_the_name_comes_first() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.ndjson"), "{\"l[0].a\":5,\"l\":[{\"a\":6}]}\n{\"l\":[{\"a\":7}]}\n").unwrap();
    let ran = run(here, ["convert", "a.ndjson", "-t", "csv", "--select", "l[0].a"]).ends(0);
    assert_eq!(ran.stdout, "l[0].a\n5\n7\n");
    fs::write(here.join("a.csv"), "l[0].a,b\n1,2\n").unwrap();
    assert_eq!(run(here, ["convert", "a.csv", "-t", "csv", "--select", "l[0].a"]).ends(0).stdout, "l[0].a\n1\n");
}

#[test]
fn items_that_are_dropped_leave_the_list() {
    let here = folder();
    let here = here.path();
    for (drop, lines) in [
        (
            "l[0].a",
            "{\"id\":1,\"l\":[{\"b\":2},{\"a\":3}],\"m\":{\"x\":[10,20]}}\n{\"id\":2,\"l\":[],\"m\":{\"x\":[]}}\n{\"id\":3,\"l\":[{\"b\":5}],\"m\":{\"x\":[1]}}\n",
        ),
        ("m,l[0],l[1]", "{\"id\":1,\"l\":[]}\n{\"id\":2,\"l\":[]}\n{\"id\":3,\"l\":[]}\n"),
        ("id,l,m.x[1]", "{\"m\":{\"x\":[10]}}\n{\"m\":{\"x\":[]}}\n{\"m\":{\"x\":[1]}}\n"),
    ] {
        for op in [&[][..], &["--op", "trim:id"]] {
            let ran = convert(here, "ndjson", &[&["--drop", drop][..], op].concat());
            assert_eq!(
                (&*ran.stdout, ran.stderr.contains("no record has")),
                (lines, false),
                "{drop} {op:?}: {}",
                ran.stderr
            );
        }
    }
}

/// What is not done is said, with what to do.
#[test]
fn other_settings_take_no_items() {
    let here = folder();
    let here = here.path();
    for flags in [["--rename", "l[0].a=z"], ["--op", "upper:l[0].a"]] {
        convert(here, "ndjson", &flags).says(&["`l[0].a`, which no record has; it takes no items of lists"]);
    }
    for flags in [["--select", "l.0.a"], ["--drop", "l.0"]] {
        convert(here, "ndjson", &flags).says(&["which no record has; an item of a list is written a[0]"]);
    }
    assert_eq!(convert(here, "ndjson", &["--where", "l.0.a = 1", "--select", "id"]).stdout, "{\"id\":1}\n");
    let set = convert(here, "csv", &["--set", "z=l[0].b", "--select", "z"]);
    assert_eq!(set.stdout, "z\n2\n\"\"\n5\n");
}
