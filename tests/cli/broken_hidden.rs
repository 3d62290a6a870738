//! One byte that is wrong among records that share a line: those after it are not swallowed at code 0.

use super::broken_json::{ends_at, ends_from, gives};

#[test]
fn a_quote_that_is_one_too_many() {
    for end in ["", "\n", "\r\n"] {
        let at = |text: &str, good, from| ends_at(&format!("{text}{end}"), &[], good, from);
        at(r#"[{"a":1},{"a":2}"{"a":3},{"a":4},{"a":5}]"#, "{\"a\":1}\n{\"a\":2}\n", 16);
        at(r#"[{"a":1},{"a":2}",{"a":3},{"a":4}]"#, "{\"a\":1}\n{\"a\":2}\n", 16);
        at(r#"{"a":1}"{"a":2}{"a":3}{"a":4}"#, "{\"a\":1}\n", 7);
        // A string is a value of an array like others.
        at(r#"[{"a":1},"{"a":2},{"a":3},{"a":4}]"#, "{\"a\":1}\n\"{\"\n", 12);
    }
    let inside = "{\"d\":[{\"a\":1}\"{\"a\":2},{\"a\":3}]}\n";
    ends_at(inside, &["--records-at", "/d"], "{\"a\":1}\n", 13);
}

#[test]
fn a_bracket_that_is_one_too_many_or_another_one() {
    for (text, from) in [
        (r#"[{"a":1}[,{"a":2},{"a":3},{"a":4}]"#, 8),
        (r#"[{"a":1},["a":2,{"a":3},{"a":4}]"#, 9),
        (r#"[{"a":1},["a":2,{"a":3},{"a":4}]]"#, 9),
        (r#"[{"a":1},{,{"a":2},{"a":3}}]"#, 9),
        (r#"[{"a":1},{"a":{10},{"a":3},{"a":4}}]"#, 9),
        (r#"{"a":1}{{"a":2} {"a":3}}"#, 7),
    ] {
        ends_at(text, &[], "{\"a\":1}\n", from);
        ends_at(&format!("{text}\n"), &[], "{\"a\":1}\n", from);
    }
    // Lists and maps that may be where they are hide nothing.
    gives(
        r#"[{"a":1},{"a":[{"b":2},{"b":3}],"c":x},{"a":4}]"#,
        &[],
        ("{\"a\":1}\n{\"a\":4}\n", "1 bad record (29 bytes)"),
    );
    // Where each record has a line of its own, the line is all that is lost.
    gives(
        "[\n{\"a\":1},\n{\"a\":2,{\"b\":3}},\n{\"a\":4}\n]\n",
        &[],
        ("{\"a\":1}\n{\"a\":4}\n", "1 bad record (15 bytes)"),
    );
}

#[test]
fn the_same_in_json5() {
    let at = |text: &str, from| ends_from("json5", text, &[], "{\"a\":1}\n", from);
    at("[\n{\"a\":1},\n{\n{\"a\":2},\n{\"a\":3}\n}\n]\n", 11);
    at(r#"[{"a":1},{,{"a":2},{"a":3}}]"#, 9);
    at(r#"[{"a":1},["a":2,{"a":3},{"a":4}]]"#, 9);
    at("{\"a\":1}[\n{\"a\":2}\n{\"a\":3}]\n", 7);
    at("{\"a\":1}{\"a\n\":2}{\"a\":3}{\"a\":4,\"b\":\"\\\"\"}", 7);
}

/// In all slices: how a slice begins must not tell more.
#[test]
fn arrays_in_lines_and_separators() {
    ends_at("[{\"id\":1}]\n[{\"id\":2}\"]\n[{\"id\":3}]\n[{\"id\":4}]\n", &[], "{\"id\":1}\n{\"id\":2}\n", 20);
    ends_at("{\"id\"1:1}\n\x1e{\"id\":2}\n\x1e{\"id\":3}\n", &[], "", 0);
}
