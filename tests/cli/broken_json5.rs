//! Broken JSON5: what is good around a bad record comes out, or the run says that it ends there.

use crate::broken_json::{ends_from, gives_from, skipping_from};

/// The records with these numbers.
fn good(ids: &str) -> String {
    ids.split_whitespace().map(|id| format!("{{\"a\":{id}}}\n")).collect()
}

#[track_caller]
fn gives(text: &str, flags: &[&str], (ids, bad): (&str, &str)) {
    gives_from("json5", text, flags, (&good(ids), bad));
}

#[track_caller]
fn ends_at(text: &str, flags: &[&str], ids: &str, from: usize) {
    ends_from("json5", text, flags, &good(ids), from);
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

/// White space beyond ASCII is no token, and brackets that are deeper than are known are never taken for wrong.
#[test]
fn valid_records_are_never_divided() {
    let deep = format!("{{a:{}{},c:\n{{b:1}}}}\n", "[".repeat(200), "]".repeat(200));
    for text in
        ["{a:\u{a0}\n{b:1}}\n{a:2}\n", "{a:/* , */\n{b:1}}\n{a:2}\n", "{a:[1,// x\n{b:'\\\n{'}]}\n{a:2}\n", &deep]
    {
        let ran = skipping_from("json5", text, &["--max-depth", "300"]).ends(0);
        assert_eq!((ran.stdout.lines().count(), &*ran.stderr), (text.matches("{a:").count(), ""), "{text:?}");
    }
}

/// A bad record that is too large hides records, too.
#[test]
fn what_is_too_large_and_has_no_end() {
    let many: String = (3..60).map(|id| format!(" {{a:{id}}}")).collect();
    let flags = ["--max-record-size", "200"];
    ends_at(&format!("{{a:1}}\n{{a:2{many}"), &flags, "1", 6);
    // Lines tell, and what they tell is not too large.
    let lines = many.replace(" {", "\n{");
    let ids: Vec<String> = (3..60).map(|id| id.to_string()).collect();
    gives(&format!("{{a:1}}\n{{a:2{lines}"), &flags, (&format!("1 {}", ids.join(" ")), "1 bad record (4 bytes)"));
}

/// Members of a map without a comma between them.
#[test]
fn maps_of_records() {
    let flags = ["--key-column", "k"];
    let ran = skipping_from("json5", "{x:{a:1} y:{a:2},z:{a:3 }}", &flags).ends(0).says(&["1 bad record (0 bytes)"]);
    assert_eq!(ran.stdout, "{\"k\":\"x\",\"a\":1}\n{\"k\":\"y\",\"a\":2}\n{\"k\":\"z\",\"a\":3}\n");
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
