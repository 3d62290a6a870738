//! What people read: sentences about what was lost, errors that say what to do, help that is found by any name.

use std::fs;

use crate::support;
use crate::support::{convert, feed, folder, read, run, say, with};
use pagemill::record::LossyKind;

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
        "  With --strict these are errors.\n",
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
    let here = with(&[("a.csv", CSV), ("a.xlsx", "x"), ("a.zip", "x"), ("a.orc", "x")]);
    let here = here.path();
    for (name, what, hint) in [
        ("a.xlsx", "its name ends in .xlsx; that is an Excel workbook", "--convert-to csv a.xlsx"),
        ("a.zip", "its name ends in .zip; that is a zip archive", "unzip -p a.zip |"),
        ("a.orc", "its name ends in .orc; that is an ORC file", "pyarrow"),
    ] {
        convert(here, &format!("{name} -t csv")).ends(2).says(&[name, what, hint, "-f"]);
        let what = what.split("that is ").nth(1).unwrap();
        convert(here, &format!("a.csv -o b-{name}"))
            .ends(2)
            .says(&[&format!("b-{name}: {what} can't be written\n  Write one of csv, tsv, ndjson")]);
    }
}

#[test]
fn tips_are_for_the_whole_command_line() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    say(here, "a.csv --sep ; --jobs=4 --rows 3 --ojson").ends(2).says(&[
        "`--sep` is `--delimiter` here\n",
        "`--jobs` is `--workers` here\n",
        "`--rows` is `--limit` here\n",
        "`--ojson` is `-t json` here\n",
        "\n  pagemill a.csv --delimiter ';' --workers=4 --limit 3 -t json\n",
    ]);
    // What the parser takes for similar is an old spelling, or the opposite.
    for flag in ["--flatten", "--procesor", "--chunk-sise", "--unpretty"] {
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
    // An empty line is a record.
    fs::write(here.join("two.ndjson"), "{\"a\":\"\"}\n{\"a\":1}\n").unwrap();
    assert_eq!(convert(here, "two.ndjson -t tsv --tsv-escapes --strict").ends(0).stdout, "a\n\n1\n");
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
        let text = ran.stderr.split(start).nth(1).and_then(|text| text.lines().next());
        let text = text.unwrap_or_else(|| panic!("{}", ran.stderr));
        assert!(text.ends_with('…') && shown.contains(text.trim_end_matches('…')), "{}", ran.stderr);
    }
}

#[test]
fn words_that_json_does_not_have() {
    let here = folder();
    for (word, advice) in [
        ("None", "JSON has `null` for that."),
        ("True", "JSON has `true` and `false`, in small letters."),
        ("inf", "JSON has neither NaN nor infinity; `null` is usual in their place."),
        (".5", "A number in JSON begins with a digit or a minus sign."),
        ("abc", "A text needs double quotes around it; --on-error skip leaves out such records."),
    ] {
        let text = format!("{{\"a\":{word}}}\n");
        let ran = feed(here.path(), ["convert", "-", "-f", "ndjson", "-t", "csv"], text.as_bytes()).ends(1);
        ran.says(&[&format!("byte 5: `{word}` is not a JSON value\n  1 | {word}}}\n  {advice}\n")]);
    }
    for (text, advice) in [
        ("{\"a\":1}{\"a\":2}\n", "NDJSON has one value a line; -f json reads values that follow each other."),
        ("{\"a\":1},\n", "NDJSON has no commas between records; -f json with --on-error skip leaves them out."),
    ] {
        let ran = feed(here.path(), ["convert", "-", "-f", "ndjson", "-t", "csv"], text.as_bytes()).ends(1);
        ran.says(&["byte 7: ", "expected the end of the line", advice]);
    }
}

#[test]
fn missing_files_are_said_to_be_missing() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    convert(here, "nope").ends(3).says(&["pagemill: there is no file `nope`\n"]);
    convert(here, "a.csv.nope").ends(3).says(&["there is no file `a.csv.nope`\n"]);
    convert(here, "nope -t csv --keep-going -o x.csv a.csv").ends(3).says(&["there is no file `nope`\n"]);
    say(here, "count -r nope").ends(3).says(&["there is no file `nope`\n"]);
    for line in [
        "convert a.csv --select id name city",
        "a.csv --select id name city",
        "convert a.csv --select=id name city",
        "count a.csv --names id name city",
    ] {
        let flag = if line.contains("--names") { "--names" } else { "--select" };
        let list = format!("\n  Lists are separated by commas: `{flag} id,name,city`\n");
        let ran = say(here, line).ends(2);
        assert!(ran.stderr.ends_with(&list), "{line}: {}", ran.stderr);
    }
    convert(here, "a.csv -o nodir/deep/x.csv").ends(3).says(&[
        "pagemill: can't create nodir/deep/x.csv: there is no folder `nodir/deep`\n  To make it: mkdir -p nodir/deep\n",
    ]);
    convert(here, "a.csv --out-dir a.csv -t tsv")
        .ends(2)
        .says(&["pagemill: --out-dir: a.csv is a file, not a folder\n"]);
    convert(here, "https://example.org/a.json -t csv")
        .ends(2)
        .says(&["URLs are not read yet\n  curl -s https://example.org/a.json | pagemill convert - -f json\n"]);
    fs::write(here.join("plain"), CSV).unwrap();
    convert(here, "plain").ends(2).says(&["plain: can't tell its format, because the name has no extension\n"]);
    fs::write(here.join("plain.dat"), CSV).unwrap();
    convert(here, "plain.dat").ends(2).says(&["plain.dat: the extension `.dat` is not known\n"]);
}

#[test]
fn only_what_is_alike_is_suggested() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    for flag in ["unique", "stats", "strings", "keep", "lazy-quotes", "root", "infile", "sort", "append"] {
        let ran = say(here, &format!("a.csv --{flag}")).ends(2).says(&[&format!("there is no flag `--{flag}`")]);
        assert!(!ran.stderr.contains("Did you mean"), "{}", ran.stderr);
    }
    for (flag, meant) in [("verison", "version"), ("forec", "force"), ("out-delimter", "out-delimiter")] {
        say(here, &format!("a.csv --{flag}")).ends(2).says(&[&format!("\n  Did you mean `--{meant}`?\n")]);
    }
    for (flag, meant) in [
        ("remove", "--drop"),
        ("delete", "--drop"),
        ("exclude", "--drop"),
        ("continue", "--resume"),
        ("dest", "-o"),
        ("outfile", "-o"),
        ("gzip", "--compress gzip"),
        ("zstd", "--compress zstd"),
        ("ndjson", "-t ndjson"),
        ("implicit-csv-header", "--no-headers"),
        ("headerless-csv-output", "--out-no-headers"),
        ("field-separator", "--delimiter"),
        ("input-encoding", "--encoding"),
        ("output-encoding", "--out-encoding"),
        ("skiprows", "--skip-lines"),
        ("flexible", "--ragged pad"),
        ("usage", "--help"),
    ] {
        let line = format!("\n  pagemill a.csv {meant}\n");
        say(here, &format!("a.csv --{flag}")).ends(2).says(&[&format!("`--{flag}` is `{meant}` here"), &line]);
    }
    say(here, "convert --infile=a.csv").ends(2).says(&["an input needs no flag\n  pagemill convert a.csv\n"]);
    say(here, "count a.csv --words").ends(2).says(&["`count` always prints lines, words"]);
    say(here, "conv a.csv -t json").ends(2).says(&["Did you mean this?  pagemill convert a.csv -t json\n"]);
    say(here, "--icsv --ojson cat a.csv").ends(2).says(&["\n  pagemill -f csv -t json a.csv\n"]);
    run(here, ["a.csv", "--quote", "'", "--sep", ";"]).ends(2).says(&["--quote \"'\" --delimiter ';'\n"]);
}

#[test]
fn the_parser_speaks_as_everything_else() {
    let here = with(&[("a.csv", CSV)]);
    for (line, says) in [
        ("a.csv -t tsv -t csv", "`--to` was given twice\n"),
        ("a.csv -q -v", "`--quiet` and `--verbose` can't be given together\n"),
        ("a.csv -t cvs", "`--to` can't be `cvs`; did you mean `csv`?\n  It is one of csv, tsv, "),
        ("a.csv -t", "`--to` needs a value\n"),
        ("a.csv --force=1", "`--force` is on or off and takes no value, but `1` was given\n"),
        ("a.csv -j x", "`--workers` can't be `x`: "),
        ("replay", "`pagemill replay` needs `QUARANTINE` here\n"),
        ("replay a b", "`pagemill replay` does not take `b`\n"),
        ("replay -", "replay reads a file, not standard input\n"),
    ] {
        let ran = say(here.path(), line).ends(2);
        assert!(ran.stderr.starts_with(&format!("pagemill: {says}")), "{line}: {}", ran.stderr);
        assert!(!ran.stderr.contains("For more information"), "{line}: {}", ran.stderr);
    }
    let formats = say(here.path(), "help formats").ends(0).stdout;
    assert!(formats.contains("csv, tsv, ndjson") && formats.contains("pagemill help convert typed"), "{formats}");
    assert_eq!(say(here.path(), "help convert formats").ends(0).stdout, formats);
    say(here.path(), "convert a.csv --memory-limit 32").ends(4).says(&["32 bytes is too low (did you mean 32MB?)"]);
}

#[cfg(unix)]
#[test]
fn a_device_takes_what_standard_output_takes() {
    let here = with(&[("a.csv", CSV)]);
    convert(here.path(), "a.csv -o /dev/null").ends(0);
    convert(here.path(), "a.csv a.csv -o /dev/null -v").ends(0).says(&["  converted  2 inputs, ", " of CSV, to "]);
}

#[test]
fn replay_says_what_helps_there() {
    let here = with(&[("a.csv", "id,name\n1,Ada\n2\n"), ("b.csv", "id,city\n3\n4,x\n"), ("bad.csv", "a,b\n1\n2\n3\n")]);
    let here = here.path();
    convert(here, "a.csv -o a.ndjson --on-error quarantine").ends(0);
    let unrepaired = "This has not been repaired yet: put the repaired record into `text`, or its bytes as base64 into `raw`, or delete the line.";
    let ran = say(here, "replay a.ndjson.quarantine.ndjson -o x.ndjson").ends(1).says(&[unrepaired]);
    assert!(!ran.stderr.contains("--ragged"), "{}", ran.stderr);
    let ran = say(here, "replay a.ndjson.quarantine.ndjson -o x.ndjson --on-error skip").ends(1);
    ran.says(&[
        "a.csv: record 2, line 3, byte 14: 1 field where the header has 2\n  3 | 2\n  The only record is bad (2 bytes).\n",
        unrepaired,
    ]);
    let text = read(here, "a.ndjson.quarantine.ndjson").replace("\"raw\"", "\"text\":\"5\",\"raw\"");
    fs::write(here.join("q"), text).unwrap();
    let ran = say(here, "replay q -o x.ndjson").ends(1).says(&["Correct its `text`, or delete the line."]);
    assert!(!ran.stderr.contains("--ragged"), "{}", ran.stderr);
    convert(here, "a.csv b.csv -o z.csv --columns union --quarantine z").ends(0);
    say(here, "replay z -o x.csv").ends(1).says(&[
        "b.csv: its columns differ from those of a.csv: it has `city`, which a.csv does not; it has no `name`\n",
        "Give the --columns that the first run had.",
    ]);
    let ran = convert(here, "bad.csv -o x.csv --on-error skip").ends(1);
    let says = "pagemill: bad.csv: record 1, line 2, byte 4: 1 field where the header has 2\n  2 | 1\n  All 3 records are bad (6 bytes). ";
    assert!(ran.stderr.starts_with(says), "{}", ran.stderr);
    fs::write(here.join("head.csv"), "a,\"b\n1,2\n").unwrap();
    let ran = convert(here, "head.csv -t ndjson").ends(1).says(&["--no-quoting"]);
    assert!(!ran.stderr.contains("--on-error"), "{}", ran.stderr);
}

/// What a killed run left is removed by the next one with the same output, unless it is still written.
#[cfg(unix)]
#[test]
fn temporary_files_of_dead_runs_go_away() {
    let here = with(&[("a.csv", CSV), (".b.csv.000000.pagemill", "x")]);
    let here = here.path();
    let left = ".b.csv.000000.pagemill";
    let held = fs::File::open(here.join(left)).unwrap();
    held.lock().unwrap();
    convert(here, "a.csv -o b.csv").ends(0);
    assert_eq!(support::names(here), [left, "a.csv", "b.csv"]);
    drop(held);
    convert(here, "a.csv -o b.csv --force").ends(0);
    assert_eq!(support::names(here), ["a.csv", "b.csv"]);
    fs::write(here.join(".c.csv.000000.pagemill"), "x").unwrap();
    convert(here, "a.csv -o c.csv --resume").ends(0).says(&["nothing to resume: no checkpoint was written"]);
    assert_eq!(support::names(here), ["a.csv", "b.csv", "c.csv"]);
}

#[test]
fn tips_repeat_nothing_and_know_more_tools() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    for (line, corrected) in [
        ("a.csv -t csv --format csv", "a.csv -t csv"),
        ("a.csv -t csv --format=json", "a.csv -t csv"),
        ("a.csv --to=csv --ocsv", "a.csv --to=csv"),
        ("a.csv -f csv --csv", "a.csv -f csv -t csv"),
        ("a.csv --jobs 3 --threads 2", "a.csv --workers 3"),
        ("a.csv -F; -d ,", "a.csv -d ,"),
        ("a.csv --force -y", "a.csv --force"),
        // A list may be given in parts.
        ("a.csv --fields id -s name", "a.csv --select id -s name"),
        ("a.csv -c id,name", "a.csv --select id,name"),
        ("a.csv -D;", "a.csv --out-delimiter ';'"),
        ("generate -t csv --rows 5", "generate -t csv --records 5"),
        ("generate -t csv --count=5", "generate -t csv --records=5"),
    ] {
        let ran = say(here, line).ends(2);
        assert!(ran.stderr.ends_with(&format!("\n  pagemill {corrected}\n")), "{line}: {}", ran.stderr);
    }
    say(here, "a.csv -t csv --format csv").ends(2).says(&["`--format` is `--to` here, which is there already\n"]);
    say(here, "a.csv --na NA").ends(2).says(&["`--na` is `--null` here\n  pagemill a.csv --null NA\n"]);
    say(here, "a.csv --count").ends(2).says(&["`pagemill count -r INPUT` counts records"]);
    for (flag, own) in [("--rows", "--limit"), ("--lines", "--limit"), ("-l", "--limit"), ("--skip", "--offset")] {
        say(here, &format!("a.csv {flag} 3")).ends(2).says(&[&format!("\n  pagemill a.csv {own} 3\n")]);
    }
    let ran = say(here, "a.csv b.csv --force").ends(2);
    assert!(ran.stderr.ends_with("pagemill INPUT -o OUTPUT --force\n"), "{}", ran.stderr);
}

#[test]
fn help_without_a_command_says_where_it_is() {
    let here = folder();
    for (line, says) in [
        ("help select", "It is a flag: pagemill help convert select\n"),
        ("help --select", "It is a flag: pagemill help convert select\n"),
        ("help -s", "It is a flag: pagemill help convert select\n"),
        ("help seed", "It is a flag: pagemill help convert seed\n"),
        ("help csv", "It is a group of flags: pagemill help convert csv\n"),
        ("help --selekt", "The commands are convert, "),
    ] {
        say(here.path(), line).ends(2).says(&[says]);
    }
    assert!(say(here.path(), "help --help").ends(0).stdout.contains("pagemill help convert columns\n"));
}

/// No command's help says what is untrue for it, and the exit codes keep their lines in a narrow terminal.
#[test]
fn each_command_has_texts_of_its_own() {
    let here = folder();
    let help = |name: &str| {
        let text = say(here.path(), &format!("{name} --help")).ends(0).stdout;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (count, replay, convert) = (help("count"), help("replay"), help("convert"));
    for untrue in
        ["OUTPUT.quarantine", "as its header", "in input and output", "the output can't hold", "the output is"]
    {
        assert!(!count.contains(untrue), "{untrue}: {count}");
    }
    assert!(!replay.contains("The input has no header") && !replay.contains(" --no-headers"), "{replay}");
    assert!(convert.contains("Put every field of the output in quotes, except nulls"), "{convert}");
    for name in ["convert", "replay", "count", "audit"] {
        for width in ["80", "100"] {
            let mut command = support::command(here.path());
            let ran = support::ran(command.args([name, "--help"]).env("COLUMNS", width).output().unwrap()).ends(0);
            let codes = "\nExit codes:\n  0    done\n  1    bad data\n  2    usage\n  3    input or output failed\n  4    memory limit\n  5    reserved\n  130  ended by SIGINT\n  143  ended by SIGTERM\n";
            assert!(ran.stdout.contains(codes), "{name} {width}: {}", ran.stdout);
            let resumes = "\nAfter 3, 130 and 143 the same command with --resume continues at the last\ncheckpoint, if one was written; the error says so.\n";
            assert_eq!(
                ran.stdout.contains(resumes),
                help(name).contains("--resume "),
                "{name} {width}: {}",
                ran.stdout
            );
        }
    }
}

#[test]
fn errors_name_what_was_meant() {
    let here = with(&[
        ("a.csv", CSV),
        ("b.csv", CSV),
        ("c.tsv", "id\tname\tcity\n3\tAlan\tz\n"),
        ("open.ndjson", "{\"a\":2\n{\"a\":3}\n"),
        ("comment.csv", "# hi\na,b\n1,2\n"),
        ("short.csv", "# hi,x,y\na,b\n"),
        ("more.csv", "a\n1,2\n"),
    ]);
    let here = here.path();
    convert(here, "open.ndjson -t csv").ends(1).says(&["If values here span several lines, give -f json\n"]);
    for name in ["comment.csv", "short.csv"] {
        convert(here, &format!("{name} -t json"))
            .ends(1)
            .says(&["If the first line is a comment, give --comment '#';"]);
    }
    let ran = convert(here, "more.csv -t json").ends(1).says(&["\n  Check the delimiter and the quotes, or give "]);
    assert!(!ran.stderr.contains("--comment"), "{}", ran.stderr);
    say(here, "a.csv b.csv").ends(2).says(&[
        "  To replace it: pagemill a.csv -o b.csv --force\n",
        "  To combine both: pagemill convert a.csv b.csv -o OUTPUT\n",
    ]);
    say(here, "a.csv a.csv").ends(2).says(&["a.csv is the input; writing to it would destroy it\n"]);
    let braces = "\n  Braces are not a pattern here: leave out the quotes, so that the shell expands them.\n";
    for (line, code) in [
        ("{a,b}.csv", 2),
        ("convert {a,b}.csv -t json", 3),
        ("count {a,b}.csv", 3),
        ("convert {a,b}.csv a.csv -o k.csv --keep-going", 3),
        ("convert {x,y}*.csv -t json", 2),
    ] {
        say(here, line).ends(code).says(&[braces]);
    }
    assert_eq!(read(here, "k.csv"), CSV);
    // Braces may be a part of a name.
    fs::write(here.join("{a,b}1.csv"), CSV).unwrap();
    convert(here, "{a,b}1.csv -t json").ends(0);
    convert(here, "{a,b}*.csv -t json").ends(0);
    convert(here, "a.csv -o a.json").ends(0);
    convert(here, "a.csv -o a.json --resume").ends(2).says(&[
        "a.json exists already, and there is nothing to resume\n  If the last run ended well, the file is complete. Give --force to replace it.\n",
    ]);
    let ran = feed(here, ["convert", "-", "b.csv", "-t", "json"], b"x").ends(2);
    assert!(ran.stderr.starts_with("pagemill: standard input: can't tell its format"), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("standard input").count(), 1, "{}", ran.stderr);
    convert(here, "a.csv c.tsv -o /dev/null -v").ends(0).says(&["  converted  2 inputs, 53 B of several formats, to "]);
    convert(here, "a.csv b.csv -o /dev/null -v").ends(0).says(&["  converted  2 inputs, ", " of CSV, to "]);
    convert(here, "a.csv --memory-limit 0").ends(2).says(&["`0` must be greater than zero\n"]);
}

#[test]
fn text_in_other_units_is_text() {
    let here = folder();
    let here = here.path();
    let little: Vec<u8> = "hello world\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide: Vec<u8> = "\u{feff}a,b\n1,2\n".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    fs::write(here.join("a.txt"), little).unwrap();
    fs::write(here.join("a.csv"), wide).unwrap();
    convert(here, "a.txt -t json").ends(1).says(&[
        "this seems to be text in UTF-16 (little-endian), not UTF-8\n",
        "\n  Give its encoding: --encoding utf-16le\n",
    ]);
    convert(here, "a.csv -t json").ends(2).says(&["\n  Convert it to UTF-8 first: iconv -f utf-32 -t utf-8 a.csv\n"]);
}

/// The name of a file is any bytes but NUL; what is said of a flag beside it does not depend on them.
#[cfg(unix)]
#[test]
fn tips_do_not_care_for_the_encoding_of_other_arguments() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let (here, name) = (folder(), OsStr::from_bytes(b"n\xff.csv"));
    let commands: [(&[&str], &str); 4] = [
        (&["--sep", ";"], "`--sep` is `--delimiter` here"),
        (&["convert", "--sep", ";"], "`--sep` is `--delimiter` here"),
        (&["count", "-l"], "there is no flag `-l`"),
        (&["convert", "--nullstr"], "`--nullstr` is `--null` here"),
    ];
    for (words, said) in commands {
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        for words in [[&words[..], &[name]].concat(), [&words[..1], &[name], &words[1..]].concat()] {
            run(here.path(), &words).ends(2).says(&[said]);
        }
    }
}
