//! What people read: sentences about what was lost, errors that say what to do, help that is found by any name.
#![allow(clippy::unwrap_used)] // A test that can't go on fails.

mod support;

use std::fs;

use pagemill::record::LossyKind;
use support::{convert, feed, folder, read, run, say, with};

const CSV: &str = "id,name,city\n1,Ada,x\n2,Grace,y\n";

#[test]
fn every_loss_has_a_sentence_with_its_name_once() {
    for kind in LossyKind::ALL {
        let (one, many) = (kind.sentence(1), kind.sentence(2_000));
        assert!(one.starts_with("1 ") && many.starts_with("2,000 ") && one[1..] != many[5..], "{one}; {many}");
        for sentence in [one, many] {
            assert_eq!(sentence.matches(kind.name()).count(), 1, "{sentence}");
            assert!(sentence.ends_with(&format!(" ({})", kind.name())), "{sentence}");
        }
    }
    let here = with(&[("a.ndjson", "{\"a\":[1],\"b\":2}\n{\"a\":3}\n")]);
    convert(here.path(), "a.ndjson -t csv --columns a").ends(0).says(&[
        "pagemill: warning: 1 list written as JSON text (list_as_text)\n",
        "  1 field left out because the output has no such column (unknown_key)\n",
        "  With --strict this is an error.\n",
    ]);
    convert(here.path(), "a.ndjson -t csv --columns a,b --strict")
        .ends(1)
        .says(&["the output can't hold this record as it is: 1 list written as JSON text (list_as_text)"]);
}

#[test]
fn unknown_names_list_what_there_is() {
    let here = with(&[("a.csv", CSV), ("spaces.csv", "id, name\n1,2\n")]);
    let here = here.path();
    let fields = "\n  The fields are id, name, city.";
    for (flags, what) in [
        ("--select nme", "--select names the field `nme`, which the source does not have; did you mean `name`?"),
        ("--drop Name", "; did you mean `name`?"),
        ("--rename frobnicated=y", "`frobnicated`, which the source does not have\n"),
        (
            "--op upper:citty",
            "--op upper names the field `citty`, which the source does not have; did you mean `city`?",
        ),
    ] {
        convert(here, &format!("a.csv -t ndjson {flags}")).ends(2).says(&[what, fields]);
    }
    convert(here, "spaces.csv --select name").ends(2).says(&["; ` name` is there, with spaces around it\n"]);
    run(here, ["convert", "a.csv", "--select", " id"]).ends(2).says(&["; `id` is there, without the spaces\n"]);
}

#[test]
fn folders_and_outputs_in_the_wrong_place() {
    let here = with(&[("a.csv", CSV), ("there/b.csv", CSV)]);
    let here = here.path();
    for name in ["there", "there/", "not-there/"] {
        let says =
            format!("{name} is a folder, and the output is a file\n  Name a file in it, or use --out-dir {name} ");
        convert(here, &format!("a.csv -o {name}")).ends(2).says(&[&says]);
        say(here, &format!("a.csv {name}")).ends(2).says(&[&says]);
        say(here, &format!("replay a.csv -o {name}")).ends(2).says(&["is a folder"]);
    }
    convert(here, "a.csv out.ndjson").ends(2).says(&[
        "no file `out.ndjson`",
        "\n",
        " pagemill convert a.csv -o out.ndjson",
    ]);
    // What is no output, or may be reported later, is a missing file as any other.
    convert(here, "a.csv missing.csv --keep-going -o b.csv").ends(3).says(&["missing.csv"]);
    convert(here, "missing.csv a.csv").ends(3).says(&["missing.csv"]);
    say(here, "missing.csv").ends(2).says(&["there is no file `missing.csv`, and no command of that name"]);
}

#[test]
fn formats_of_others() {
    let here = with(&[("a.csv", CSV), ("a.xlsx", "x"), ("a.zip", "x"), ("a.parquet", "x"), ("a.avro", "x")]);
    let here = here.path();
    for (name, what, hint) in [
        ("a.xlsx", "seems to be an Excel workbook", "as CSV"),
        ("a.zip", "seems to be a zip archive", "unzip"),
        ("a.parquet", "seems to be a Parquet file", "DuckDB"),
        ("a.avro", "seems to be an Avro file", "DuckDB"),
    ] {
        convert(here, &format!("{name} -t csv")).ends(2).says(&[name, what, hint, "-f"]);
        let what = what.trim_start_matches("seems to be ");
        convert(here, &format!("a.csv -o b-{name}"))
            .ends(2)
            .says(&[&format!("b-{name}: {what} can't be written\n  Write one of csv, tsv, ndjson")]);
    }
}

#[test]
fn tips_are_for_the_whole_command_line() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    say(here, "a.csv --sep ; --jobs=4 --where x --ojson").ends(2).says(&[
        "`--sep` is `--delimiter` here\n",
        "`--jobs` is `--workers` here\n",
        "there is no flag `--where`: ",
        "`--ojson` is `-t json` here\n",
        "\n  pagemill a.csv --delimiter ';' --workers=4 --where x -t json\n",
    ]);
    // What the parser takes for similar is an old spelling, or the opposite.
    for flag in ["--progress", "--flatten", "--procesor", "--chunk-sise", "--unpretty"] {
        let ran = say(here, &format!("a.csv {flag}")).ends(2);
        assert!(ran.stderr.starts_with(&format!("pagemill: there is no flag `{flag}`")), "{}", ran.stderr);
        for misleading in ["--processor", "--unflatten", "--chunk-size", "mean `--pretty`"] {
            assert!(!ran.stderr.contains(misleading), "{}", ran.stderr);
        }
    }
    say(here, "a.csv --selekt id").ends(2).says(&["there is no flag `--selekt`\n  Did you mean `--select`?"]);
    say(here, "generate -t csv").ends(2).says(&["--size SIZE", "--records N"]);
}

#[test]
fn help_is_found_by_flag_and_by_title() {
    let here = folder();
    let help = |words: &[&str]| run(here.path(), ["help", "convert"].iter().chain(words)).ends(0).stdout;
    for name in ["columns", "--columns", "COLUMNS"] {
        let text = help(&[name]);
        assert!(text.starts_with("CSV:\n      --columns ") && !text.contains("--quote"), "{text}");
    }
    assert!(help(&["-s"]).starts_with("Fields:\n  -s, --select "));
    assert_eq!(help(&["Run & memory"]), help(&["run"]));
    assert_eq!(help(&["SEE"]), help(&["see"]));
    for command in ["convert", "count", "replay", "generate", "audit"] {
        for flag in ["-h", "--help"] {
            let text = run(here.path(), [command, flag]).ends(0).stdout;
            let lines: Vec<&str> = text.lines().collect();
            for pair in lines.windows(2).filter(|pair| pair[0].ends_with(':') && !pair[0].starts_with(' ')) {
                assert!(pair[1].starts_with("  "), "{command} {flag}: {pair:?}");
            }
        }
    }
    assert!(run(here.path(), ["convert", "-h"]).ends(0).stdout.contains("--columns"));
}

#[test]
fn count_refuses_what_does_nothing_and_tells_bytes() {
    let here = with(&[("a.csv", "a,b\n1,2\n3\n")]);
    let here = here.path();
    for flag in ["--strict", "--on-error skip", "--quarantine q", "--on-error skip --max-errors 5"] {
        let name = flag.split(' ').next().unwrap();
        say(here, &format!("count a.csv {flag}"))
            .ends(2)
            .says(&[&format!("`{name}` has no effect: records are not counted")]);
        say(here, &format!("count a.csv -f csv {flag}"));
    }
    say(here, "count a.csv -f csv --on-error skip").ends(0).says(&["1 bad record (2 bytes) was left out\n"]);
}

#[test]
fn columns_of_records_that_have_none() {
    let here = with(&[("a.ndjson", "{\"a\":1}\n"), ("b.ndjson", "{\"b\":2}\n")]);
    for columns in ["union", "first"] {
        convert(here.path(), &format!("a.ndjson b.ndjson -t json --columns {columns}"))
            .ends(2)
            .says(&["so there are no columns: each record keeps its own fields", "--columns a,b,c"]);
    }
    let ran = convert(here.path(), "a.ndjson b.ndjson -t ndjson --columns b").ends(0);
    assert_eq!(ran.stdout, "{}\n{\"b\":2}\n");
}

/// `\N` alone is null where TSV has escapes, and an empty field is an empty text: all comes back as it was.
#[test]
fn tsv_escapes_have_a_null() {
    let lines = "{\"a\":null,\"b\":\"\\\\N\"}\n{\"a\":\"x\\ty\",\"b\":null}\n{\"a\":null,\"b\":null}\n{\"a\":\"\",\"b\":null}\n";
    let here = with(&[("a.ndjson", lines), ("one.ndjson", "{\"a\":null}\n{\"a\":1}\n")]);
    let here = here.path();
    for size in ["1", "1000"] {
        let flags = format!("--tsv-escapes --strict --slice-size {size}");
        convert(here, &format!("a.ndjson -o a.tsv --force {flags}")).ends(0);
        assert_eq!(read(here, "a.tsv"), "a\tb\n\\N\t\\\\N\nx\\ty\t\\N\n\\N\t\\N\n\t\\N\n");
        assert_eq!(convert(here, &format!("a.tsv -t ndjson {flags}")).ends(0).stdout, lines);
        // Where csv-core reads.
        assert_eq!(convert(here, &format!("a.tsv -t ndjson --comment # {flags}")).ends(0).stdout, lines);
        let ran = feed(here, format!("convert - -f tsv -t ndjson {flags}").split(' '), read(here, "a.tsv").as_bytes());
        assert_eq!(ran.ends(0).stdout, lines);
    }
    assert_eq!(convert(here, "one.ndjson -t tsv --tsv-escapes --strict").ends(0).stdout, "a\n\\N\n1\n");
    // From TSV to TSV the same with and without an op, and to CSV and back.
    for flags in ["", "--op trim", "--io read", "--columns a,b"] {
        assert_eq!(convert(here, &format!("a.tsv --strict --tsv-escapes {flags}")).ends(0).stdout, read(here, "a.tsv"));
    }
    convert(here, "a.tsv -o a.csv --strict --tsv-escapes").ends(0);
    assert_eq!(read(here, "a.csv"), "a,b\n,\\N\nx\ty,\n,\n\"\",\n");
    assert_eq!(convert(here, "a.csv -t tsv --strict --tsv-escapes").ends(0).stdout, read(here, "a.tsv"));
    // An empty line is no record.
    fs::write(here.join("two.ndjson"), "{\"a\":\"\"}\n{\"a\":1}\n").unwrap();
    convert(here, "two.ndjson -t tsv --tsv-escapes").ends(0).says(&["record_as_empty_line"]);
    fs::write(here.join("c.tsv"), "a\tb\nx\\\\N\t\\Nx\n").unwrap();
    let ran = convert(here, "c.tsv -t ndjson --tsv-escapes").ends(0);
    assert_eq!(ran.stdout, "{\"a\":\"x\\\\N\",\"b\":\"\\\\Nx\"}\n");
}

/// A quarantine remembers `--unflatten`, and says in which line a record begins, however the source is read.
#[test]
fn quarantines_remember_nesting_and_lines() {
    let text = "a.b,a.c\n1,2\n\"x\ny\",3\n4\n5,6\n7\n";
    let here = with(&[("a.csv", text)]);
    let here = here.path();
    let mut found = Vec::new();
    for (input, io) in [("a.csv", "map"), ("a.csv", "read"), ("-", "read")] {
        for size in ["1", "1000"] {
            let line = format!(
                "convert {input} -f csv -o b.ndjson --unflatten --on-error quarantine --force --slice-size {size}"
            );
            let line = if input == "-" { line } else { format!("{line} --io {io}") };
            feed(here, line.split(' '), text.as_bytes()).ends(0);
            found.push(read(here, "b.ndjson.quarantine.ndjson").replace("\"file\":\"-\"", "\"file\":\"a.csv\""));
        }
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:#?}");
    for place in ["\"record\":3,\"line\":5,\"start\":", "\"record\":5,\"line\":7,\"start\":"] {
        assert!(found[0].contains(place), "{}", found[0]);
    }
    let repaired = found[0].replace("\"raw\"", "\"text\":\"8,9\",\"raw\"");
    fs::write(here.join("q"), repaired).unwrap();
    assert_eq!(say(here, "replay q -t ndjson").ends(0).stdout, "{\"a\":{\"b\":8,\"c\":9}}\n".repeat(2));
}

#[test]
fn places_of_text_after_quotes_and_of_cut_lines() {
    let text = "a,b\n1,2\n\"x\"11,2\n";
    let here = with(&[("a.csv", text), ("mark.csv", "\u{feff}\"x\"11,b\n1,2\n")]);
    let here = here.path();
    let place = "record 2, line 3, byte 11\n  3 | 11,2\n";
    convert(here, "a.csv -t ndjson").ends(0).says(&["The first is a.csv: ", place]);
    let ran = feed(here, ["convert", "-", "-f", "csv", "-t", "ndjson"], text.as_bytes()).ends(0);
    ran.says(&["The first is standard input: ", place]);
    convert(here, "mark.csv --strict")
        .ends(1)
        .says(&["mark.csv: text follows the closing quote of a name in the header (byte 6)"]);
    // The line goes on after the slice: it is shown as in a file.
    let records: Vec<String> = (0..200).map(|n| format!("{{\"k\":{n}}}")).collect();
    let json = format!("[{},{{\"k\":nul,\"more\":\"of the same line\"}},{}]", records.join(","), records.join(","));
    fs::write(here.join("a.json"), &json).unwrap();
    let shown = "\n  1 | nul,\"more\":\"of the same line\"},{\"k\":0},{\"k\":1},{\"k\":2},{\"k\":…\n";
    for size in ["1", "100", "100000"] {
        convert(here, &format!("a.json -t ndjson --slice-size {size}"))
            .ends(1)
            .says(&["`nul` is not a JSON value", shown]);
        let line = format!("convert - -f json -t ndjson --slice-size {size}");
        let ran = feed(here, line.split(' '), json.as_bytes()).ends(1);
        // In small slices less of it may be at hand.
        let start = "\n  1 | nul,\"more\":\"of the same line\"},{\"k\":";
        let text = ran.stderr.split(start).nth(1).unwrap_or_else(|| panic!("{}", ran.stderr));
        assert!(text.ends_with("…\n") && shown.contains(text.trim_end_matches("…\n")), "{}", ran.stderr);
    }
}
