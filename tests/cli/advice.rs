//! What is said where something else was meant.

use crate::support::{convert, feed, say, with};

/// Positions, ranges and regexes find fields of tables, and only where they are selected.
#[test]
fn patterns_are_for_select() {
    let here = with(&[("a.csv", "a,b\n1,2\n"), ("b.ndjson", "{\"a\":1}\n")]);
    let here = here.path();
    for columns in ["b..a", "2,1", "a,/b/"] {
        let ran = convert(here, &format!("a.csv -t csv --columns {columns}")).ends(0);
        ran.says(&["which no record has; positions, ranges and regexes are for --select"]);
    }
    for select in ["1..2", "2"] {
        let ran = convert(here, &format!("b.ndjson -t ndjson --select {select}")).ends(0);
        ran.says(&["which no record has; fields of such records have names, and no positions"]);
    }
    // A name that looks like a position is one.
    let ran = feed(here, "convert - -f ndjson -t csv --columns 2".split(' '), b"{\"2\":7}\n").ends(0);
    assert_eq!(ran.stdout, "2\n7\n");
    convert(here, "a.csv -t csv --select 1-2").ends(2).says(&["A range is written with two dots: 1..2."]);
    convert(here, "a.csv -t csv --select !a").ends(2).says(&["To leave a field out: --drop a."]);
}

#[test]
fn what_has_no_effect_or_too_much_is_told() {
    let here = with(&[("a.csv", "a,extra\n1,2,3\n"), ("q.tsv", "a\n\n"), ("c.ndjson", "{\"a\":1}\n")]);
    let here = here.path();
    let ran = convert(here, "a.csv -t csv --ragged extra").ends(0);
    let ran = ran.says(&["the header names `extra`", "(--ragged extra) is called `extra_2`"]);
    assert_eq!(ran.stdout, "a,extra,extra_2\n1,2,\"3\"\n");
    convert(here, "a.csv -t csv --ragged extra --strict").ends(1).says(&["is called `extra_2`"]);

    let words = ["convert", "a.csv", "-t", "ndjson", "--ragged", "truncate", "--null", ""];
    feed(here, words, b"").ends(2).says(&["`--null` has no effect: an empty field is null anyway"]);
    let words = ["convert", "-", "-f", "csv", "-t", "ndjson", "--types", "text", "--null", ""];
    assert_eq!(feed(here, words, b"a,b\n1,\n").ends(0).stdout, "{\"a\":\"1\",\"b\":null}\n");

    for line in ["a.csv -t csv --ragged truncate --skip-lines 3", "a.csv -t csv --io read --skip-lines 3"] {
        let ran =
            convert(here, line).ends(0).says(&["the input has only 2 lines, and --skip-lines leaves out the first 3"]);
        assert_eq!(ran.stdout, "");
    }
    convert(here, "a.csv -t csv --strict --skip-lines 3").ends(1).says(&["the input has only 2 lines"]);
    let exactly = convert(here, "a.csv -t csv --skip-lines 2").ends(0);
    assert!(!exactly.stderr.contains("only"), "{}", exactly.stderr);
    convert(here, "a.csv -t csv --skip-lines 1 --skip-until ^x")
        .ends(1)
        .says(&["a.csv: no line after the first line matches --skip-until `^x`"]);
    convert(here, "c.ndjson -t csv --skip-records 1").ends(2).says(&["--offset N leaves out the first ones"]);
    let ran = convert(here, "a.csv -t csv --skip-until [")
        .ends(2)
        .says(&["--skip-until: `[` is not a regex: unclosed character class"]);
    assert_eq!(ran.stderr.trim_end().lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn names_in_expressions() {
    let here = with(&[("a.csv", "order-id,Date added,p\n3,x,\"{\"\"a\"\":{\"\"b\"\":5}}\"\n")]);
    let here = here.path();
    let where_ = |text: &str| feed(here, ["convert", "a.csv", "-t", "csv", "--where", text], b"");
    where_("order-id > 2").ends(2).says(&["are in double quotes: \"order-id\""]);
    where_("Date > 2").ends(2).says(&["are in double quotes: \"Date added\""]);
    assert_eq!(where_("\"order-id\" > 2").ends(0).stdout.lines().count(), 2);
    let set = |text: &str| feed(here, ["convert", "a.csv", "-t", "ndjson", "--set", text, "--select", "q"], b"");
    set("q=p.a.b").ends(2).says(&["A part of the JSON text in `p`: json_get(p, 'a.b')."]);
    assert_eq!(set("q=json_get(p, 'a.b')").ends(0).stdout, "{\"q\":5}\n");
    where_("p NOT IN ('x', NULL)").ends(2).says(&["nothing equals NULL, so it can't be in a list", "x NOT IN (…)"]);
}

#[test]
fn other_mistakes_have_their_own_advice() {
    let here = with(&[("a.json", "{\"users\":{\"x\":{\"n\":1}}}"), ("a.csv", "a\n1\n")]);
    let here = here.path();
    convert(here, "a.json -t ndjson --records-at /users")
        .ends(1)
        .says(&["no array at `/users`: a map", "--key-column NAME"]);
    convert(here, "a.json -f json5 -t ndjson --records-at /users")
        .ends(1)
        .says(&["a map is there", "--key-column NAME"]);
    let ran = convert(here, "a.json -t ndjson --records-at /users --key-column k").ends(0);
    assert_eq!(ran.stdout, "{\"k\":\"x\",\"n\":1}\n");
    convert(here, "a.csv -t csv -d AB").ends(2).says(&["a delimiter is not letters and digits only", "up to 7 bytes"]);
    let ran = feed(here, "convert - -f ndjson -t csv --names id,n".split(' '), b"[2]\n").ends(1);
    assert!(!ran.stderr.contains("-f json"), "{}", ran.stderr);
    std::fs::write(here.join("pagemill.toml"), "[profile.z]\nselect = [\"/(/\"]\n").unwrap();
    say(here, "config check").ends(2).says(&["pagemill.toml:2: --select /(/ is not a regex: unclosed group"]);
    std::fs::remove_file(here.join("pagemill.toml")).unwrap();
    say(here, "head -5 a.csv").ends(2).says(&["there is no flag `-5`", "-n 5"]);
    say(here, "head -25 a.csv").ends(2).says(&["-n 25"]);
}
