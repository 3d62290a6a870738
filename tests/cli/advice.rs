//! What is said where something else was meant.

#[cfg(unix)]
use std::io::{BufRead, BufReader, Write};
#[cfg(unix)]
use std::process::Stdio;

#[cfg(unix)]
use crate::support::{command, process};
use crate::support::{convert, feed, run, say, with};

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

/// JSON5 is named where it has what JSON refuses, and nowhere else.
#[test]
fn what_json5_has_names_it() {
    let here = with(&[]);
    let here = here.path();
    let five =
        ["/* x */[{\"a\":1}]", "// x\n{\"a\":1}", "{'a':1}", "{a:1}", "{\"a\":1,}", "{\"a\":[1,]}", "{\"a\":NaN}"];
    let others =
        ["{\"a\" 1}", "{\"a\":tru}", "{\"a\":1}}", "{\"a\":]}", "{\"a\":/}", "# x\n{\"a\":1}", "{\"a\":1,b\"}"];
    for (text, named) in five.map(|text| (text, true)).into_iter().chain(others.map(|text| (text, false))) {
        let ran = feed(here, "convert - -f json -t ndjson".split(' '), text.as_bytes()).ends(1);
        assert_eq!(ran.stderr.contains("give -f json5."), named, "{text}: {}", ran.stderr);
        if named {
            feed(here, "convert - -f json5 -t ndjson".split(' '), text.as_bytes()).ends(0);
        }
    }
}

#[test]
fn a_delimiter_that_may_be_another_one_is_told() {
    let here = with(&[("comma.csv", "a,b\n1,2\n"), ("semi.csv", "a;b\n1;2\n"), ("other.csv", "a;c\n1;2\n")]);
    let here = here.path();
    for inputs in ["comma.csv semi.csv", "semi.csv comma.csv"] {
        convert(here, &format!("{inputs} -o o.csv")).ends(1).says(&["The delimiters seem to differ"]);
    }
    convert(here, "comma.csv other.csv -o o.csv").ends(1).says(&["Give --columns union"]);
    convert(here, "semi.csv -t ndjson --names x,y").ends(1).says(&["1 field where", "Check the delimiter"]);
}

/// What other languages write in expressions.
#[test]
fn expressions_of_other_languages() {
    let here = with(&[("a.csv", "city,fare\nRome,1\nBern,\"1,5\"\nOslo,NA\nKiel,free\n")]);
    let here = here.path();
    let said = |flag: &str, text: &str| feed(here, ["convert", "a.csv", "-t", "csv", flag, text], b"");
    for (text, wanted) in [
        ("city ILIKE 'r%'", "Write lower(x) LIKE 'pattern', or x ~ '(?i)regex'."),
        ("city NOT ILIKE 'r%'", "Write lower(x) LIKE 'pattern'"),
        ("city REGEXP 'r'", "Write x ~ 'regex'."),
        ("city matches 'r'", "Write x ~ 'regex'."),
        ("city =~ 'r'", "Write ~."),
        ("city ~* 'r'", "(?i)"),
        ("fare => 1", "Write >=."),
        ("fare =< 1", "Write <=."),
        ("fare IN [1, 2]", "A list is in parentheses"),
        ("fare > date '2024-06-01'", "Write CAST('2024-06-01' AS date)."),
        ("fare::date > 1", "Write CAST(x AS date)."),
        ("fare::float > 1", "Write CAST(x AS decimal)."),
        ("WHERE fare > 1", "Leave out WHERE"),
        ("city = \"Rome\"", "A text is in single quotes: 'Rome'.\n  The fields are city, fare."),
        ("city <> Rome", "A text is in single quotes: 'Rome'."),
        ("if(fare > 1, true, false)", "Write CASE WHEN condition THEN value ELSE other END."),
        ("year(city) = 2024", "Write date_part('year', x)."),
        ("to_char(city, 'x') = ''", "Write strftime(time, '%Y-%m-%d')."),
        ("isnull(city)", "Write x IS NULL"),
        ("city > now()", "The same input gives the same output on any day."),
        ("datediff(city, fare) > 1", "date_part('epoch', b) - date_part('epoch', a)"),
        ("fare > mean(fare)", "a function of groups, which `pagemill aggregate` makes"),
    ] {
        said("--where", text).ends(2).says(&[wanted]);
    }
    said("--set", "x=sum(fare)").ends(2).says(&["a function of groups"]);
    let plain = said("--where", "Rome = 1").ends(2);
    assert!(!plain.stderr.contains("single quotes"), "{}", plain.stderr);
    for (city, wanted) in [
        ("Bern", "to_number(x, ',', '.') reads 1.234,50"),
        ("Oslo", "--null NA reads it as null"),
        ("Kiel", "try_cast(x AS decimal) gives null"),
    ] {
        said("--where", &format!("city = '{city}' AND fare > 1")).ends(1).says(&[wanted]);
    }
    for key in ["fare desc", "-fare"] {
        run(here, ["sort", "a.csv", &format!("--by={key}")]).ends(2).says(&["\n  Write fare:desc."]);
    }
}

/// What went to standard output before a signal stays there.
#[cfg(unix)]
#[test]
fn a_signal_while_records_go_to_standard_output() {
    let here = with(&[]);
    let mut child = command(here.path())
        .args(["convert", "-", "-f", "csv", "-t", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(b"a\n1\n").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "{\"a\":1}\n");
    process::send(&child, libc::SIGTERM);
    // Without an end of the input.
    let input = child.stdin.take();
    let ended = child.wait_with_output().unwrap();
    drop(input);
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(143), "{stderr}");
    assert!(stderr.contains("What was written to standard output stays"), "{stderr}");
    assert!(!stderr.contains("temporary file"), "{stderr}");
}

/// A name occurs wherever a record has it, also where steps leave that record out.
#[test]
fn names_in_records_that_are_left_out_occur() {
    let here = with(&[("a.ndjson", "{\"a\":1,\"b\":{\"c\":2}}\n{\"a\":9}\n")]);
    for flag in ["--drop b", "--drop b.c", "--rename b=x", "--op upper:b.c", "--columns a,b"] {
        let line = format!("convert a.ndjson -t ndjson --where a>5 --strict {flag}");
        let ran = say(here.path(), &line).ends(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("{\"a\":9}\n", ""), "{flag}");
    }
    let ran = say(here.path(), "convert a.ndjson -t ndjson --where a>5 --strict --drop d").ends(1);
    ran.says(&["--drop names the field `d`, which no record has"]);
}

/// A field next to a part of it has no place of its own.
#[test]
fn columns_are_apart() {
    let here = with(&[("a.ndjson", "{\"m\":{\"p\":1,\"r\":2}}\n"), ("a.csv", "m,m.p\n1,2\n")]);
    for target in ["csv", "ndjson"] {
        let line = format!("convert a.ndjson -t {target} --columns m.p,m");
        say(here.path(), &line).ends(2).says(&["--columns names the field `m` and its part `m.p`"]);
    }
    // In a table both are names.
    assert_eq!(say(here.path(), "convert a.csv -t csv --columns m.p,m").ends(0).stdout, "m.p,m\n2,1\n");
}

/// Counts of words are no records.
#[test]
fn words_have_no_format() {
    let here = with(&[("a.csv", "a\nx y\n")]);
    say(here.path(), "convert a.csv --op wordcount -t ndjson").ends(2).says(&["`--to` has no effect"]);
}

/// What may be written in an expression is printed.
#[test]
fn expressions_are_explained() {
    let here = with(&[]);
    let text = say(here.path(), "help expressions").ends(0).stdout;
    for part in ["CASE WHEN", "split_part(text, separator, number)", "date_trunc(unit, time)", "%d.%m.%Y"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(say(here.path(), "help convert functions").ends(0).stdout.ends_with(&text));
    let formats = say(here.path(), "help formats").ends(0).stdout;
    let (first, all) = formats.split_once("\n\nFormats:\n").unwrap();
    for name in first.trim_start_matches("The formats are ").trim_end_matches('.').split(", ") {
        let is_listed = |line: &str| line.trim_start().split([' ', ',']).take(3).any(|word| word == name);
        assert!(all.lines().any(is_listed), "{name}");
    }
}

/// A text with other letters than those of ASCII is not looked for in another encoding.
#[test]
fn texts_are_not_looked_for_in_other_encodings() {
    let here = with(&[]);
    let here = here.path();
    std::fs::write(here.join("a.csv"), b"name,n\nM\xfcller,1\nMeier,2\n").unwrap();
    for text in ["name = 'M\u{fc}ller'", "name LIKE 'M\u{fc}%'", "name IN ('x', 'M\u{fc}ller')"] {
        let base = ["convert", "a.csv", "-t", "csv", "--where", text];
        run(here, base).ends(1).says(&["record 1, line 2", "UTF-8", "--encoding"]);
        let ran = run(here, base.iter().chain(&["--encoding", "windows-1252"])).ends(0);
        assert_eq!(ran.stdout, "name,n\nM\u{fc}ller,1\n");
    }
    // Other texts are bytes.
    assert_eq!(run(here, ["convert", "a.csv", "-t", "csv", "--where", "n = '2'"]).ends(0).stdout, "name,n\nMeier,2\n");
}

/// Where all records are bad for another reason than their format, the format is not doubted.
#[test]
fn the_format_is_not_doubted_without_reason() {
    let here = with(&[("a.csv", "x\n1.234,56\n7,8\n".replace(',', ";").as_str())]);
    let ran = say(here.path(), "convert a.csv -d | -t ndjson --types x=decimal --on-error skip").ends(1);
    assert!(ran.stderr.contains("All 2 records are bad (") && !ran.stderr.contains("another format"), "{}", ran.stderr);
    let ran = say(here.path(), "convert a.csv -t ndjson -d ; --on-error skip").ends(1);
    ran.says(&["Is the input in another format (-f) or another dialect?"]);
}

/// What is not an expression says what was meant.
#[test]
fn expressions_say_what_was_meant() {
    let here = with(&[("a.csv", "First Name,b\n1,2\n")]);
    let where_ = |text: &str| run(here.path(), ["convert", "a.csv", "-t", "csv", "--where", text]).ends(2);
    where_("First Name = 'x'").says(&["in double quotes: \"First Name\"."]);
    where_("b = 1, b = 2").says(&["give the next one on its own"]);
    assert!(!where_("not b c").stderr.contains("\"not b\""));
    let set = |text: &str| run(here.path(), ["convert", "a.csv", "-t", "csv", "--set", text]).ends(2);
    set("x=to_date(b, 'DD.MM.YYYY')").says(&["whose parts begin with `%`"]);
    set("x=substr(b)").says(&["is called with 1 argument\n"]);
}
