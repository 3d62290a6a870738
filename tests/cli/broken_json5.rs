//! Broken JSON5: what is good around a bad record comes out, or the run says that it ends there.

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
        ("junk {a:1}\n{a:2}\n", "1 2", "1 bad record (4 bytes)"),
        ("junk\n{a:1}\n{a:2}\n", "1 2", "1 bad record (4 bytes)"),
        ("Export of today\nall of it\n{a:1}\n{a:2}\n", "1 2", "6 bad records (20 bytes)"),
        ("{a:1}\nsome text\n{a:2}\n", "1 2", "2 bad records (8 bytes)"),
    ] {
        gives(text, &[], (ids, bad));
    }
}

#[test]
fn maps_one_after_another() {
    for (text, ids, bad) in [
        ("{a:1}\n{a:x}\n{a:2}\n", "1 2", "1 bad record (5 bytes)"),
        ("{a:1}\n{a:'x}\n{a:2}\n", "1 2", "1 bad record (6 bytes)"),
        ("{a:1}\n{a:2\n{a:3}\n{a:4}\n", "1 3 4", "1 bad record (4 bytes)"),
        ("{a:1}\n{a:2,\n{a:3}\n{a:4}\n", "1 3 4", "1 bad record (5 bytes)"),
        ("{a:1}\n{a:[2}\n{a:3}\n{a:4}\n", "1 3 4", "1 bad record (6 bytes)"),
        ("{a:1}\n{a:2}}\n{a:3}\n", "1 2 3", "1 bad record (1 byte)"),
        ("{a:1},\n{a:2},\n{a:3}\n", "1 2 3", "2 bad records (2 bytes)"),
        ("{a:1} xyz {a:2}", "1 2", "1 bad record (3 bytes)"),
        ("{a:1} * c */{a:2}\n/\n{a:3}\n", "1 2 3", "5 bad records (5 bytes)"),
        ("{a:1}\n{a:'2", "1", "1 bad record (5 bytes)"),
        ("{a:1}\n{\n a:x,\n m:[\n  {a:1},\n  {a:2}]\n}\n{a:2}\n", "1 2", "1 bad record (32 bytes)"),
    ] {
        gives(text, &[], (ids, bad));
    }
    // What follows a key is none, nor is what a comment without an end holds.
    ends_at("{a:1} a:2,m:{k:2}} {a:3}", &[], "1", 6);
    ends_at("{a:1}\n/* x {a:2}\n{a:3}\n", &[], "1", 6);
    ends_at("{a:1} {a:2 {a:3}", &[], "1", 6);
    ends_at("{a:1}{a:'2}{a:3}", &[], "1", 5);
    ends_at("{a:1}{m:{k:'{a:3}", &[], "1", 5);
    ends_at("{a:1}{a:'x,{a:'y'}", &[], "1", 5);
    // It may be an item of the list, or not.
    ends_at("{a:1}\n{a:[2,\n{a:3}\n{a:4}\n", &[], "1", 6);
    ends_at("{a:1}\n{\n a:1,\n m:[\n  {a:1},\n{a:2}\n{a:3}\n", &[], "1", 6);
    // Lines of a comment and of a text are none of records.
    let text = |end: &str| format!("{{a:1}}\n{{b:[ // {{\n'x\\\n{{',\n/*\n{{a:9}}\n*/ 2{end}\n{{a:3}}\n");
    let ran = skipping_from("json5", &text("]}"), &[]).ends(0);
    assert_eq!((&*ran.stdout, &*ran.stderr), ("{\"a\":1}\n{\"b\":[\"x{\",2]}\n{\"a\":3}\n", ""));
    let bytes = text("}").len() - "{a:1}\n\n{a:3}\n".len();
    gives(&text("}"), &[], ("1 3", &format!("1 bad record ({bytes} bytes)")));
}

#[test]
fn items_of_an_array() {
    for (text, ids, bad) in [
        ("[\n{a:1}\n{a:2},\n{a:3}\n]", "1 2 3", "1 bad record (0 bytes)"),
        ("[\n{a:1},\n,{a:2},\n{a:3}\n]", "1 2 3", "1 bad record (1 byte)"),
        ("[{a:1},{a:x},{a:3}]", "1 3", "1 bad record (5 bytes)"),
        ("[{a:1},{a:x} {a:3}]", "1 3", "1 bad record (5 bytes)"),
        ("[{a:1},{a:2],{a:3}]", "1 3", "1 bad record (5 bytes)"),
        ("[{a:1} {a:2}]", "1 2", "1 bad record (0 bytes)"),
    ] {
        gives(text, &[], (ids, bad));
    }
    // Where brackets or quotes are missing, records seem to be inside of the bad one.
    for (text, ids, from) in [
        ("[\n{a:1},\n{a:2,\n{a:3},\n{a:4}\n]", "1", 9),
        ("[\n{a:1},\n{a:'2},\n{a:3},\n{a:4},\n]", "1", 9),
        ("[\n{a:1},\n{a:2},\n{a:3\n]", "1 2", 16),
        ("[\n {\n  a: 1\n },\n {\n  b: [\n   {c: 1},\n },\n {\n  a: 3,\n },\n]\n", "1", 17),
        ("[{a:1},{a:2,{a:3},{a:4}]", "1", 7),
        ("[{a:1},{a:[2},{a:3}],{a:4}]", "1", 7),
        ("[{a:1},{'a:2},{'a':3},{'a':4,'b':'}'}]", "1", 7),
        ("[{a:1},'{a:2},{a:3}]", "1", 7),
    ] {
        ends_at(text, &[], ids, from);
    }
    // Lists come out as they are.
    let ran = skipping_from("json5", "[{a:1},[{a:2},{a:3}]", &[]).ends(0).says(&["1 bad record (0 bytes)"]);
    assert_eq!(ran.stdout, "{\"a\":1}\n[{\"a\":2},{\"a\":3}]\n");
}

#[test]
fn records_inside_of_a_document() {
    let flags = ["--records-at", "/d"];
    gives("{d:[{a:1},{a:x},{a:2}]}", &flags, ("1 2", "1 bad record (5 bytes)"));
    ends_at("{d:[\n{a:1},\n{a:2,\n{a:3}\n]}", &flags, "1", 12);
}

/// Lists as records, of JSON and of lines, are read in the same way.
#[test]
fn lists_as_records() {
    let flags = ["--names", "x,y"];
    for text in ["[1,2]\n[3,[4]\n[5,6]\n[7,8]\n", "[1,2]\n[3,\"4]\n[5,6]\n[7,8]\n"] {
        let ran = skipping_from("ndjson", text, &flags).ends(0).says(&["1 bad record (6 bytes)"]);
        assert_eq!(ran.stdout, "{\"x\":1,\"y\":2}\n{\"x\":5,\"y\":6}\n{\"x\":7,\"y\":8}\n", "{text:?}");
    }
    for text in ["[\n[1,2],\n[3,\"4],\n[5,6],\n[7,8]\n]", "[\n[1,2],\n[3,[4],\n[5,6],\n[7,8]\n]"] {
        let bytes = format!("from byte 9 on ({} bytes) was not read", text.len() - 9);
        let ran = skipping_from("json", text, &flags).ends(1).says(&[&bytes]);
        assert_eq!(ran.stdout, "{\"x\":1,\"y\":2}\n", "{text:?}");
    }
}
