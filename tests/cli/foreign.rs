//! Files of other programs, and files for them, by the command; every result was worked out by hand.

use std::fs;

use crate::support::{convert, feed, folder, read, say, with};

#[test]
fn quotes_keep_a_text_from_being_null() {
    let here = with(&[("a.csv", "a,b\nNA,\"NA\"\n,\"\"\n-9,n/a\n")]);
    let here = here.path();
    let ran = convert(here, "a.csv -t ndjson --null NA,n/a --null=-9").ends(0);
    assert_eq!(ran.stdout, "{\"a\":null,\"b\":\"NA\"}\n{\"a\":null,\"b\":\"\"}\n{\"a\":null,\"b\":null}\n");
    // What is written is read back.
    convert(here, "a.csv -o b.csv --null=-9 --out-null NA").ends(0);
    assert_eq!(read(here, "b.csv"), "a,b\n\"NA\",\"NA\"\nNA,\"\"\nNA,n/a\n");
    let ran = convert(here, "b.csv -t ndjson --null NA").ends(0);
    assert_eq!(ran.stdout, "{\"a\":\"NA\",\"b\":\"NA\"}\n{\"a\":null,\"b\":\"\"}\n{\"a\":null,\"b\":\"n/a\"}\n");
    convert(here, "a.csv -t ndjson --null NA,NA").ends(2).says(&["--null: `NA` is there twice"]);
    convert(here, "a.csv -t csv --out-null a,b").ends(2).says(&["null can't be written as `a,b`", "--out-null"]);
}

#[test]
fn a_number_that_means_null_is_counted() {
    let here = with(&[("a.ndjson", "{\"a\":0,\"b\":null}\n{\"a\":\"0\",\"b\":true}\n")]);
    let here = here.path();
    let ran = convert(here, "a.ndjson -t csv --out-null 0").ends(0).says(&["1 number written as text"]);
    assert_eq!(ran.stdout, "a,b\n\"0\",0\n\"0\",true\n");
    convert(here, "a.ndjson -t csv --out-null 0 --strict").ends(1).says(&["number_as_text"]);
    let ran = convert(here, "a.ndjson -t csv --out-null true --out-no-quoting").ends(0);
    assert_eq!(ran.stdout, "a,b\n0,true\n0,true\n");
    ran.says(&["1 text that means null in the output written without quotes", "text_as_null"]);
}

/// The dump of a table with a text over two lines, a tab, a backslash and a null, as MySQL writes it.
const MYSQL: &str = "1\tone\\\ntwo\t\\N\n2\ta\\\tb\\\\\t\n";

#[test]
fn dumps_and_what_is_said_beside_the_dialect() {
    let here = with(&[("d.tsv", MYSQL), ("q.csv", "1;'say \\'hi\\'';\\N\n2;NULL;'NULL'\n")]);
    let here = here.path();
    let ran = convert(here, "d.tsv -t ndjson --dialect mysql --names id,t,u").ends(0);
    let expected = "{\"id\":1,\"t\":\"one\\ntwo\",\"u\":null}\n{\"id\":2,\"t\":\"a\\tb\\\\\",\"u\":\"\"}\n";
    assert_eq!(ran.stdout, expected);
    // A flag beside it takes precedence, wherever it is.
    for line in ["--quote ' -d ; --dialect mysql", "--dialect mysql -d ; --quote '"] {
        let ran = convert(here, &format!("q.csv -n -t ndjson --select column_2,column_3 {line}")).ends(0);
        assert_eq!(
            ran.stdout,
            "{\"column_2\":\"say 'hi'\",\"column_3\":null}\n{\"column_2\":null,\"column_3\":\"NULL\"}\n"
        );
    }
    let no_quotes = "with `--dialect mysql`, TSV has no quotes";
    convert(here, "d.tsv -t ndjson --dialect mysql --quote x").ends(2).says(&["`--quote` has no effect", no_quotes]);
    let said = "`--dialect mysql` says what escapes mean";
    convert(here, "d.tsv -t ndjson --dialect mysql --tsv-escapes").ends(2).says(&["`--tsv-escapes` has", said]);
    convert(here, "d.tsv -t tsv --tsv-escapes --out-null x").ends(2).says(&["`--out-null` has no effect"]);
    let ran =
        feed(here, ["convert", "-", "-f", "ndjson", "-t", "csv", "--out-dialect", "postgres"], b"{\"a\":\"\\\\.\"}\n");
    assert_eq!(ran.ends(0).stdout, "a\n\"\\.\"\n");
    let ran = feed(here, ["convert", "-", "-f", "csv", "-t", "csv", "--out-dialect", "excel"], b"a\n1\n").ends(0);
    assert_eq!(ran.stdout, "a\r\n1\r\n");
}

/// A database writes an empty line for a record whose only field is empty.
#[test]
fn blank_lines_of_tables_with_one_column() {
    let lines = "a\n\nb\n\n";
    let here = with(&[("l.tsv", lines), ("l.csv", lines), ("e.tsv", "\n\n"), ("c.csv", "h\r\n\r\nx\r\n")]);
    let here = here.path();
    let ways = ["-j 1", "-j 2 --slice-size 1", "-j 7 --slice-size 3", "-j 2 --io read --slice-size 2"];
    let records = |texts: &[&str]| texts.iter().map(|text| format!("{{\"t\":{text}}}\n")).collect::<String>();
    let all = |empty| records(&["\"a\"", empty, "\"b\"", empty]);
    for (words, wanted) in [
        ("l.tsv --dialect postgres --names t", all("\"\"")),
        ("l.tsv --dialect mysql --names t", all("\"\"")),
        ("l.tsv --tsv-escapes --names t", all("\"\"")),
        ("l.csv --dialect mysql --names t", all("\"\"")),
        ("l.csv --dialect postgres --names t", all("null")),
        ("c.csv --dialect postgres --rename h=t", records(&["null", "\"x\""])),
        ("e.tsv --dialect mysql -n --rename column_1=t", records(&["\"\"", "\"\""])),
        // Other programs write no such records.
        ("l.tsv --names t", records(&["\"a\"", "\"b\""])),
    ] {
        for way in ways {
            assert_eq!(convert(here, &format!("{words} -t ndjson {way}")).ends(0).stdout, wanted, "{words} {way}");
        }
        let piped = words.split_once(' ').unwrap();
        let format = if piped.0.ends_with("tsv") { "tsv" } else { "csv" };
        let piped = format!("convert - -f {format} -t ndjson {}", piped.1);
        let input = fs::read(here.join(words.split(' ').next().unwrap())).unwrap();
        assert_eq!(feed(here, piped.split(' '), &input).ends(0).stdout, wanted, "{words}");
        let (counted, _) = words.split_once(" --rename").unwrap_or((words, ""));
        let counted = counted.replace("--names t", "-n");
        let number = wanted.lines().count().to_string();
        assert!(say(here, &format!("count -r {counted}")).ends(0).stdout.starts_with(&number), "{counted}");
    }
    // Several inputs, and a width of two, where a blank line is none.
    let both = convert(here, "l.tsv l.tsv -t ndjson --dialect postgres --names t").ends(0).stdout;
    assert_eq!(both, all("\"\"").repeat(2));
    fs::write(here.join("w.tsv"), "1\t2\n\n3\t4\n").unwrap();
    assert_eq!(say(here, "count -r w.tsv --dialect mysql -n").ends(0).stdout, "2 w.tsv\n");
}

/// What is read as null and as empty text is written so.
#[test]
fn tables_with_one_column_for_databases() {
    let here = with(&[("a.ndjson", "{\"a\":\"x\"}\n{\"a\":null}\n{\"a\":\"\"}\n")]);
    let here = here.path();
    for (words, wanted) in [
        ("-o o.csv --out-dialect postgres", "x\n\n\"\"\n"),
        ("-o o.csv --out-dialect mysql", "x\n\\N\n\"\"\n"),
        ("-o o.tsv --out-dialect mysql", "x\n\\N\n\n"),
        ("-o o.tsv --out-dialect postgres", "x\n\\N\n\n"),
        ("-o o.tsv --tsv-escapes", "x\n\\N\n\n"),
    ] {
        let name = words.split(' ').nth(1).unwrap();
        convert(here, &format!("a.ndjson {words} --out-no-headers --force --strict")).ends(0);
        assert_eq!(read(here, name), wanted, "{words}");
        let dialect = words.split_once(" --").unwrap().1.replace("out-dialect", "dialect");
        let back = convert(here, &format!("{name} -t ndjson --names a --{dialect}")).ends(0).stdout;
        assert_eq!(back, read(here, "a.ndjson"), "{words}");
    }
    convert(here, "a.ndjson -t csv --strict").ends(1).says(&["1 null written as empty text"]);
}

#[test]
fn bad_records_of_a_dialect_are_replayed_in_it() {
    let here = with(&[("d.tsv", "1\ta\\\nb\n2\n3\t\\N\n"), ("l.csv", "a||b\n1||2\n3\n")]);
    let here = here.path();
    convert(here, "d.tsv -o d.ndjson --dialect mysql -n --on-error quarantine").ends(0);
    assert_eq!(read(here, "d.ndjson"), "{\"column_1\":1,\"column_2\":\"a\\nb\"}\n{\"column_1\":3,\"column_2\":null}\n");
    let bad = read(here, "d.ndjson.quarantine.ndjson").replace("\"raw\"", "\"text\":\"2\\t\\\\N\\\\\\\\\",\"raw\"");
    fs::write(here.join("q"), bad).unwrap();
    say(here, "replay q -o r.ndjson").ends(0);
    assert_eq!(read(here, "r.ndjson"), "{\"column_1\":2,\"column_2\":\"N\\\\\"}\n");
    convert(here, "l.csv -o l.ndjson -d || --on-error quarantine").ends(0);
    let bad = read(here, "l.ndjson.quarantine.ndjson").replace("\"raw\"", "\"text\":\"3||4\",\"raw\"");
    fs::write(here.join("q"), bad).unwrap();
    say(here, "replay q -o s.ndjson").ends(0);
    assert_eq!(read(here, "s.ndjson"), "{\"a\":3,\"b\":4}\n");
}

#[test]
fn records_too_large_are_passed_over_whole_where_escapes_hide_line_breaks() {
    let long = format!("1\tx\n2\t{}\n3\ty\n", "abcdefg\\\n".repeat(20_000));
    for io in ["map", "read"] {
        let here = with(&[("d.tsv", &long)]);
        let line = format!("d.tsv -t ndjson --dialect mysql -n --max-record-size 1KiB --on-error skip --io {io}");
        let ran = convert(here.path(), &line).ends(0).says(&["1 bad record"]);
        assert_eq!(ran.stdout, "{\"column_1\":1,\"column_2\":\"x\"}\n{\"column_1\":3,\"column_2\":\"y\"}\n");
    }
}

#[test]
fn delimiters_that_cannot_be() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let here = here.path();
    for (delimiter, why) in [
        ("tabs", "is not the name of a character"),
        ("||||||||", "has 8 bytes; 7 are the most"),
        ("|\"|", "is in it"),
        ("|\\x0a", "a line break can't be used"),
    ] {
        convert(here, &format!("a.csv -t csv -d {delimiter}")).ends(2).says(&[why]);
    }
    convert(here, "a.csv -t csv --out-delimiter auto").ends(2).says(&["--out-delimiter: `auto` is not"]);
    convert(here, "a.csv -t csv -d \\x20 --skip-space").ends(2).says(&["can't be skipped", "--skip-space"]);
    convert(here, "a.csv -t csv -d #| --comment #").ends(2).says(&["the comment mark `#` is in it"]);
}

#[test]
fn a_delimiter_that_is_found_is_reported() {
    let here = with(&[
        ("a.csv", "x;y\n1,5;2\n"),
        ("b.csv", "x,y\n3,4\n"),
        ("c.csv", "x\n1\n"),
        ("s.csv", "sep=|\nx|y\n1|2\n"),
    ]);
    let here = here.path();
    let ran = convert(here, "a.csv -o a.ndjson -d auto --report r.json -v").ends(0);
    assert_eq!(read(here, "a.ndjson"), "{\"x\":\"1,5\",\"y\":2}\n");
    ran.says(&["  delimiter  `;`, found in the first bytes\n"]);
    let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!((&report["delimiter_found"], &report["settings"]["csv"]["delimiter"]), (&";".into(), &"auto".into()));
    let ran = convert(here, "a.csv -t csv -d auto --explain").ends(0);
    assert!(ran.stdout.contains("\ndelimiter        `;`, found in the first bytes\n"), "{}", ran.stdout);
    // Each of several inputs has its own.
    convert(here, "a.csv b.csv s.csv -o all.csv --force -d auto --report r.json").ends(0);
    assert_eq!(read(here, "all.csv"), "x,y\n\"1,5\",2\n3,4\n1,2\n");
    let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap_or_default();
    let found: Vec<_> =
        report["files"]["sources"].as_array().unwrap().iter().map(|one| &one["delimiter_found"]).collect();
    assert_eq!(found, [";", ",", "|"]);
    convert(here, "c.csv -t ndjson -d auto").ends(1).says(&[
        "c.csv",
        "the delimiter can't be told",
        "Name it, such as -d ';'",
    ]);
    let ran = convert(here, "c.csv b.csv -o left.csv -d auto --keep-going").ends(1).says(&["c.csv"]);
    assert_eq!(read(here, "left.csv"), "x,y\n3,4\n", "{}", ran.stderr);
}

#[test]
fn words_for_ragged_records() {
    let here = with(&[("a.csv", "a,b,\n1,2,\n3\n4,5,6,7\n")]);
    let here = here.path();
    let ran = convert(here, "a.csv -t csv --ragged trailing,pad,truncate").ends(0);
    assert_eq!(ran.stdout, "a,b\n1,2\n3,\n4,5\n");
    ran.says(&["2 fields left out because their records have more fields than the header (surplus_fields)"]);
    convert(here, "a.csv -t csv --ragged trailing,pad,truncate --strict").ends(1).says(&["surplus_fields", "line 4"]);
    for (words, why) in
        [("truncate,extra", "either left out"), ("fail,pad", "goes with no other"), ("cut", "is not one of")]
    {
        convert(here, &format!("a.csv -t csv --ragged {words}")).ends(2).says(&["--ragged: ", why]);
    }
    // The name of the column is one that is free.
    let ran = feed(folder().path(), ["convert", "-", "-f", "csv", "--ragged", "extra"], b"extra\n1,2\n3\n").ends(0);
    assert_eq!(ran.stdout, "extra,extra_2\n1,\"2\"\n3,\n");
}

#[test]
fn text_of_fixed_widths() {
    let text = "0001  Zoë       12.50x\r\n2     Ada B.\n\n     3\n4     toolongname 7  \n";
    let here = with(&[("a.fwf", text), ("b.txt", "\u{feff}äb 1\nc  2\n")]);
    let here = here.path();
    let layout = "--layout id:6,name:10,price:5,pad:skip1";
    let ran = convert(here, &format!("a.fwf -t ndjson {layout} --null toolongnam")).ends(0);
    assert_eq!(
        ran.stdout,
        "{\"id\":\"0001\",\"name\":\"Zoë\",\"price\":12.50}\n{\"id\":2,\"name\":\"Ada B.\",\"price\":null}\n{\"id\":3,\"name\":null,\"price\":null}\n{\"id\":4,\"name\":null,\"price\":\"e 7\"}\n"
    );
    // In bytes: two for each of the letters with dots.
    let ran = convert(here, "b.txt -f fwf -t csv --layout a:3b,b:2").ends(0);
    assert_eq!(ran.stdout, "a,b\näb,1\nc,2\n");
    let ran = convert(here, "b.txt -f fwf -t csv --layout a:3,b:1").ends(0);
    assert_eq!(ran.stdout, "a,b\näb,1\nc,2\n");
    convert(here, "b.txt -f fwf -t csv --layout a:3")
        .ends(1)
        .says(&["b.txt: record 1, line 1, byte 7: the line goes on after the last field of the layout", "--layout"]);
    convert(here, "a.fwf -t csv").ends(2).says(&["fixed-width text needs a layout", "--layout \"id:8,name:22\""]);
    convert(here, "a.fwf -t csv --layout id:x").ends(2).says(&["--layout, item 1 `id:x`: the width is a number"]);
    convert(here, &format!("a.fwf -t csv -d ; {layout}")).ends(2).says(&["`--delimiter` has no effect"]);
    say(here, &format!("count -r a.fwf {layout}")).ends(0).says(&[]);
    assert_eq!(say(here, &format!("count -r a.fwf {layout}")).stdout.trim(), "4 a.fwf");
}

/// Widths in bytes are those of UTF-8: `ü` has two, and one in windows-1252.
#[test]
fn widths_in_bytes_cut_no_character() {
    let here = with(&[("a.fwf", "0001Müxz\n0002Mixz\n"), ("b.csv", "a\nMü\n")]);
    let here = here.path();
    let cut = convert(here, "a.fwf -t csv --layout id:4,n:2b,x:3").ends(1);
    cut.says(&["record 1, line 1, byte 4: the width of `n` ends within a character", "8 one in characters"]);
    for flags in ["--select id", "--workers 7 --slice-size 1", "--io read", "--invalid-utf8 replace"] {
        let line = format!("a.fwf -t ndjson --layout id:4,n:2b,x:3 --on-error skip {flags}");
        let ran = convert(here, &line).ends(0);
        let ran = ran.says(&["1 bad record"]);
        assert!(ran.stdout.starts_with("{\"id\":\"0002\"") && ran.stdout.lines().count() == 1, "{flags}");
    }
    convert(here, "a.fwf -t csv --layout id:4,skip2b,x:3").ends(1).says(&["the part that is passed over"]);
    let fine = convert(here, "a.fwf -t csv --layout id:4,n:3b,x:2 --encoding utf-8").ends(0);
    assert_eq!(fine.stdout, "id,n,x\n0001,Mü,xz\n0002,Mix,z\n");
    // Other text has bytes of its own: 0xe3 and 0xa3 are two letters in windows-1252.
    let line = |flags: &str| format!("convert - -f fwf -t csv --layout {flags}");
    feed(here, line("id:4,n:2b,x:1 -o c.csv").split(' '), b"0001M\xe3\xa3\n").ends(0);
    assert_eq!(fs::read(here.join("c.csv")).unwrap(), b"id,n,x\n0001,M\xe3,\xa3\n");
    let western = b"0001M\xfcxabc\n";
    let refused = feed(here, line("id:4,n:3b,x:4 --encoding windows-1252").split(' '), western).ends(2);
    refused
        .says(&["--layout has the width 3b, in bytes of UTF-8, but the source is in windows-1252", "3 in place of 3b"]);
    let ran = feed(here, line("id:4,n:3,x:4 --encoding windows-1252").split(' '), western).ends(0);
    assert_eq!(ran.stdout, "id,n,x\n0001,Müx,abc\n");
    let wide = b"\xff\xfe1\0\n\0";
    feed(here, line("a:2b").split(' '), wide).ends(2).says(&["the source is in UTF-16LE"]);
    convert(here, "b.csv -t fwf --layout a:3b --out-encoding cp437").ends(2).says(&["the output is in cp437"]);
    convert(here, "b.csv -t fwf --layout a:3b --out-encoding utf-8").ends(0).says(&[]);
}

#[test]
fn text_of_fixed_widths_with_comments_and_names() {
    let here = with(&[("a.fwf", "## made in May\n01Zoe\n#2Ada\n\n## more\n3 Bob\n"), ("b.fwf", "4 Eve\n5 Kim\n")]);
    let here = here.path();
    let ran = convert(here, "a.fwf -t csv --layout 2,5 --names id,name --comment ##").ends(0);
    assert_eq!(ran.stdout, "id,name\n01,Zoe\n#2,Ada\n3,Bob\n");
    let numbers = "{\"column_1\":3,\"column_2\":\"Bob\"}\n{\"column_1\":5,\"column_2\":\"Kim\"}\n";
    let all = "a.fwf b.fwf -t ndjson --layout 2,5 -n --comment #";
    for ways in ["", "--slice-size 1", "--workers 7 --slice-size 3", "--io read --workers 2"] {
        assert_eq!(convert(here, &format!("{all} --skip-records 1 {ways}")).ends(0).stdout, numbers, "{ways}");
    }
    let read = fs::read(here.join("a.fwf")).unwrap();
    let line = "convert - -f fwf -t csv --layout id:2,name:5 --comment # --skip-records 1";
    assert_eq!(feed(here, line.split(' '), &read).ends(0).stdout, "id,name\n3,Bob\n");
    let count = "count -r a.fwf --layout 2,5 --names a,b";
    assert_eq!(say(here, count).ends(0).stdout.trim(), "5 a.fwf");
    assert_eq!(say(here, &format!("{count} --comment # --skip-records 1")).ends(0).stdout.trim(), "1 a.fwf");
    let ran = convert(here, "a.fwf -t fwf --layout 3b,skip1,name:5 --names id --comment ## --skip-until ^#2").ends(0);
    assert_eq!(ran.stdout, "#2A a    \n3 B b    \n");
    for (flags, why) in [
        ("--layout 2,5", "--layout has widths without names"),
        ("--layout 2,5 --names id", "--names has 1 name, but --layout has more fields"),
        ("--layout 2,5 --names a,b,c", "--names has 3 names, but --layout has only 2 fields without one"),
        ("--layout id:2,name:5 --names a,b", "`--names` has no effect: the layout names the fields"),
        ("--layout id:2,name:5 -n", "`--no-headers` has no effect: the input is fixed-width text, which has no header"),
    ] {
        convert(here, &format!("a.fwf -t ndjson {flags}")).ends(2).says(&[why]);
    }
    let here = with(&[("a.ndjson", "{\"a\":1}\n"), ("a.csv", "1,2\n")]);
    convert(here.path(), "a.ndjson -t fwf -n --layout 2,5").ends(2).says(&["--layout has widths without names, but"]);
    let ran = convert(here.path(), "a.csv -t fwf -n --layout 2,5").ends(0);
    assert_eq!(ran.stdout, "1 2    \n");
}

/// A report's lines that are no records are quarantined, mended, and read as the others were.
#[test]
fn quarantined_lines_of_fixed_widths_keep_their_names() {
    let here = with(&[("a.fwf", "# x\n1 a\n2 bcdefgh\n")]);
    let here = here.path();
    convert(here, "a.fwf -o a.csv --layout 2,3 --names id,name --comment # --quarantine q.ndjson").ends(0);
    let lines = fs::read_to_string(here.join("q.ndjson")).unwrap();
    // MiBiY2RlZmdo is the line in Base64, and MiBiCg== a shorter one.
    assert!(lines.contains("\"line\":3") && lines.contains("MiBiY2RlZmdoCg=="), "{lines}");
    fs::write(here.join("q.ndjson"), lines.replace("MiBiY2RlZmdoCg==", "MiBiCg==")).unwrap();
    say(here, "replay q.ndjson -o b.csv").ends(0);
    assert_eq!(fs::read_to_string(here.join("b.csv")).unwrap(), "id,name\n2,b\n");
}

#[test]
fn what_does_not_fit_a_width_is_bad() {
    let here = with(&[(
        "a.ndjson",
        "{\"a\":\"Zoë\",\"b\":7}\n{\"a\":\"four\",\"b\":1}\n{\"a\":\" x\",\"b\":null}\n{\"b\":\"1\"}\n",
    )]);
    let here = here.path();
    let ran = convert(here, "a.ndjson -t fwf --layout a:3,b:2 --on-error skip").ends(0);
    assert_eq!(ran.stdout, "Zoë7 \n x   \n   1 \n");
    ran.says(&["1 bad record", "absent_as_null", "text_as_number", "spaces_as_padding"]);
    convert(here, "a.ndjson -t fwf --layout a:3b,b:2")
        .ends(1)
        .says(&["field `a` has 4 bytes; the layout has room for 3"]);
    convert(here, "a.ndjson -t fwf --layout a:9,b:9 --strict").ends(1).says(&["spaces_as_padding"]);
    let ran = convert(here, "a.ndjson -t fwf --layout a:4,b:4 --out-null NULL").ends(0);
    assert_eq!(ran.stdout, "Zoë 7   \nfour1   \n x  NULL\nNULL1   \n");
}

/// MySQL without quotes takes a carriage return for text.
#[test]
fn carriage_returns_in_dumps_are_pointed_out() {
    let here = with(&[("c.tsv", "1\tx\r\n2\t\\N\r\n"), ("e.tsv", "1\tx\\\r\n2\ty\n")]);
    let here = here.path();
    let says = ["the first line ends in CR LF", "tr -d"];
    for words in ["-n", "-n --io read", "--names a,b"] {
        convert(here, &format!("c.tsv -t ndjson --dialect mysql {words}")).ends(0).says(&says);
    }
    convert(here, "c.tsv -t ndjson --dialect mysql -n --strict").ends(1).says(&says);
    assert_eq!(convert(here, "e.tsv -t ndjson --dialect mysql -n").ends(0).stderr, "");
    assert_eq!(convert(here, "c.tsv -t ndjson --dialect postgres -n").ends(0).stderr, "");
}
