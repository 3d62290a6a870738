//! Broken JSON5: what is good around a bad record comes out, as with JSON.

use crate::broken_json::skipping_from;

#[track_caller]
fn gives(text: &str, flags: &[&str], (ids, bad): (&str, &str)) {
    let ran = skipping_from("json5", text, flags).ends(0);
    let good: String = ids.split_whitespace().map(|id| format!("{{\"a\":{id}}}\n")).collect();
    assert_eq!(ran.stdout, good, "{text:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(bad), "{text:?}: {}", ran.stderr);
}

#[track_caller]
fn ends_at(text: &str, flags: &[&str], ids: &str, from: usize) {
    let ran = skipping_from("json5", text, flags).ends(1);
    let good: String = ids.split_whitespace().map(|id| format!("{{\"a\":{id}}}\n")).collect();
    assert_eq!(ran.stdout, good, "{text:?}: {}", ran.stderr);
    ran.says(&[&format!("everything from byte {from} on ({} bytes) was not read", text.len() - from)]);
}

#[test]
fn text_before_records() {
    for (text, ids, bad) in [
        // The record of that line may be a part of the text.
        ("junk {a:1}\n{a:2}\n", "2", "1 bad record (10 bytes)"),
        ("junk\n{a:1}\n{a:2}\n", "1 2", "1 bad record (4 bytes)"),
        ("Export of today\nall of it\n{a:1}\n{a:2}\n", "1 2", "2 bad records (24 bytes)"),
        ("{a:1}\nsome text\n{a:2}\n", "1 2", "1 bad record (9 bytes)"),
    ] {
        gives(text, &[], (ids, bad));
    }
    skipping_from("json5", "junk\n[{a:1}]\n", &[]).ends(1).says(&["text before the array"]);
}

#[test]
fn maps_one_after_another() {
    for (text, ids, bad) in [
        ("{a:1}\n{a:x}\n{a:2}\n", "1 2", "1 bad record (5 bytes)"),
        ("{a:1}\n{a:'x}\n{a:2}\n", "1 2", "1 bad record (6 bytes)"),
        ("{a:1}\n{a:2\n{a:3}\n{a:4}\n", "1 3 4", "1 bad record (4 bytes)"),
        ("{a:1}\n{a:[2}\n{a:3}\n{a:4}\n", "1 3 4", "1 bad record (6 bytes)"),
        ("{a:1}\n{a:2}}\n{a:3}\n", "1 2 3", "1 bad record (1 byte)"),
        ("{a:1}\na:2,m:{k:2}}\n{a:3}\n", "1 3", "1 bad record (12 bytes)"),
        ("{a:1},\n{a:2},\n{a:3}\n", "1 2 3", "2 bad records (2 bytes)"),
        ("{a:1} xyz {a:2}", "1 2", "1 bad record (3 bytes)"),
    ] {
        gives(text, &[], (ids, bad));
    }
    // What follows a key is none, nor is what a comment without an end holds.
    ends_at("{a:1} a:2,m:{k:2}} {a:3}", &[], "1", 6);
    ends_at("{a:1}\n/* x {a:2}\n{a:3}\n", &[], "1", 6);
    ends_at("{a:1} {a:2 {a:3}", &[], "1", 6);
    ends_at("{a:1}{a:'2}{a:3}", &[], "1", 5);
    // Lines of a comment and of a text are none of records; in a bad record they might be.
    let text = |end: &str| format!("{{a:1}}\n{{b:[ // {{\n'x\\\n{{',\n/*\n{{a:9}}\n*/ 2{end}\n{{a:3}}\n");
    let ran = skipping_from("json5", &text("]}"), &[]).ends(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("{\"a\":1}\n{\"b\":[\"x{\",2]}\n{\"a\":3}\n", ""));
    ends_at(&text("}"), &[], "1", 6);
}

#[test]
fn items_of_an_array() {
    for (text, ids, bad) in [
        ("[\n{a:1},\n{a:2,\n{a:3},\n{a:4}\n]", "1 3 4", "1 bad record (4 bytes)"),
        ("[\n{a:1},\n{a:'2},\n{a:3},\n{a:4},\n]", "1 3 4", "1 bad record (6 bytes)"),
        ("[\n{a:1},\na:2},\n{a:3},\n{a:4}\n]", "1 3 4", "1 bad record (4 bytes)"),
        ("[\n{a:1},\n{a:2}},\n{a:3},\n{a:4}\n]", "1 2 3 4", "1 bad record (1 byte)"),
        ("[\n{a:1}\n{a:2},\n{a:3}\n]", "1 2 3", "1 bad record (0 bytes)"),
        ("[\n{a:1},\n,{a:2},\n{a:3}\n]", "1 2 3", "1 bad record (1 byte)"),
        ("[\n{a:1},\n{a:2},\n{a:3\n]", "1 2", "1 bad record (4 bytes)"),
        ("[{a:1},{a:x},{a:3}]", "1 3", "1 bad record (5 bytes)"),
        ("[{a:1} {a:2}]", "1 2", "1 bad record (0 bytes)"),
        (
            "[\n  {\n    a: 1\n  },\n  {\n    b: [\n      {c: 1},\n  },\n  {\n    a: 3,\n  },\n]\n",
            "1 3",
            "1 bad record (28 bytes)",
        ),
    ] {
        gives(text, &[], (ids, bad));
    }
    // All in one line: nothing tells.
    ends_at("[{a:1},{a:2,{a:3},{a:4}]", &[], "1", 7);
    ends_at("[{a:1},{a:[2},{a:3}],{a:4}]", &[], "1", 7);
    ends_at("[{a:1},{'a:2},{'a':3},{'a':4,'b':'}'}]", &[], "1", 7);
    ends_at("[{a:1},'{a:2},{a:3}]", &[], "1", 7);
    // Lists come out as they are.
    let ran = skipping_from("json5", "[{a:1},[{a:2},{a:3}]", &[]).ends(0).says(&["1 bad record (0 bytes)"]);
    assert_eq!(ran.stdout, "{\"a\":1}\n[{\"a\":2},{\"a\":3}]\n");
}

#[test]
fn records_inside_of_a_document() {
    let flags = ["--records-at", "/d"];
    gives("{d:[{a:1},{a:x},{a:2}]}", &flags, ("1 2", "1 bad record (5 bytes)"));
    gives("{d:[\n{a:1},\n{a:2,\n{a:3}\n]}", &flags, ("1 3", "1 bad record (4 bytes)"));
    gives("{d:[{a:1},{a:2}", &flags, ("1 2", "1 bad record (0 bytes)"));
    // A list that is not closed takes the bracket of the array, and the records up to it.
    ends_at("{d:[{a:1},{l:[1,{a:2}]}", &flags, "1", 10);
    ends_at("{d:[\n{a:1},\n{l:[1,\n{a:2},\n{a:3}\n]}", &flags, "1", 12);
}

/// Lists as records, of JSON and of lines, are read in the same way.
#[test]
fn lists_as_records() {
    for (format, text, bytes) in [
        ("json", "[\n[1,2],\n[3,\"4],\n[5,6],\n[7,8]\n]", 6),
        ("ndjson", "[1,2]\n[3,[4]\n[5,6]\n[7,8]\n", 6),
        ("ndjson", "[1,2]\n[3,\"4]\n[5,6]\n[7,8]\n", 6),
    ] {
        let says = format!("1 bad record ({bytes} bytes)");
        let ran = skipping_from(format, text, &["--names", "x,y"]).ends(0).says(&[&says]);
        let good = "{\"x\":1,\"y\":2}\n{\"x\":5,\"y\":6}\n{\"x\":7,\"y\":8}\n";
        assert_eq!(ran.stdout, good, "{format} {text:?}");
    }
    // One that takes the bracket of the array is valid itself.
    let text = "[\n[1,2],\n[3,[4],\n[5,6],\n[7,8]\n]";
    let ran =
        skipping_from("json", text, &["--names", "x,y"]).ends(1).says(&["from byte 9 on (22 bytes) was not read"]);
    assert_eq!(ran.stdout, "{\"x\":1,\"y\":2}\n");
}
