//! How the command is spoken to: commands and operands, help, lists, tips, reports, standard streams.

use std::path::Path;
use std::process::Stdio;

use crate::support;
use crate::support::{command, feed, folder, names, read, run, say, with};

const CSV: &str = "id,name\n1,Ada\n2,Grace\n";
const LINES: &str = "{\"id\":1,\"name\":\"Ada\"}\n{\"id\":2,\"name\":\"Grace\"}\n";

#[test]
fn one_operand_is_converted_two_are_input_and_output() {
    let here = with(&[("a.csv", CSV), ("b.csv", CSV)]);
    let here = here.path();
    assert_eq!(say(here, "a.csv -t ndjson").ends(0).stdout, LINES);
    assert_eq!(say(here, "-t ndjson a.csv").ends(0).stdout, LINES);
    assert_eq!(say(here, "a.csv out.ndjson").ends(0).stdout, "");
    assert_eq!(read(here, "out.ndjson"), LINES);
    assert_eq!(say(here, "-s id a.csv -o ids.csv").ends(0).stdout, "");
    assert_eq!(read(here, "ids.csv"), "id\n1\n2\n");
    // Nothing is replaced without -o, whatever a pattern of the shell made of the line.
    say(here, "a.csv b.csv").ends(2).says(&["b.csv exists already"]);
    say(here, "a.csv b.csv --force").ends(2).says(&["--force", "-o OUTPUT"]);
    say(here, "a.csv b.csv out.ndjson").ends(2).says(&["3 paths", "pagemill convert a.csv"]);
    say(here, "a.csv b.csv -o c.csv").ends(2).says(&["pagemill convert a.csv"]);
    assert_eq!(read(here, "b.csv"), CSV);
    // After the command all operands are inputs.
    assert_eq!(say(here, "convert a.csv b.csv").ends(0).stdout, "id,name\n1,Ada\n2,Grace\n1,Ada\n2,Grace\n");
}

#[test]
fn a_first_word_that_is_nothing_gets_the_nearest_command() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    let ran = say(here, "convrt a.csv -t tsv").ends(2);
    ran.says(&["there is no command `convrt`, and no file of that name", "pagemill convert a.csv -t tsv"]);
    say(here, "nothing.csv").ends(2).says(&["there is no file `nothing.csv`, and no command of that name"]);
    say(here, "nothing").ends(2).says(&["no command `nothing`, and no file", "convert, replay, count"]);
    say(here, "https://example.org/a.csv").ends(2).says(&["curl"]);
    say(here, "dedup a.csv").ends(2).says(&["--dedupe FIELDS"]);
    say(here, "uniq a.csv").ends(2).says(&["--dedupe FIELDS"]);
    say(here, "freq a.csv").ends(2).says(&["pagemill aggregate INPUT --by FIELD --agg 'n=count()' --sort n:desc"]);
    say(here, "explode id a.csv").ends(2).says(&["pagemill convert INPUT --explode FIELD"]);
    say(here, "groupby id sum(id) a.csv").ends(2).says(&["pagemill aggregate INPUT --by FIELD"]);
    say(here, "cat a.csv").ends(2).says(&["\n  pagemill convert a.csv"]);
    say(here, "-t tsv convert a.csv").ends(2).says(&["pagemill convert -t tsv a.csv"]);
}

#[test]
fn standard_input_is_read_where_nothing_is_named() {
    let here = folder();
    let here = here.path();
    let words = |text: &'static str| text.split_whitespace();
    assert_eq!(feed(here, words("convert -f csv -t ndjson"), CSV.as_bytes()).ends(0).stdout, LINES);
    assert_eq!(feed(here, words("-f csv -t ndjson"), CSV.as_bytes()).ends(0).stdout, LINES);
    assert_eq!(feed(here, words("- -f csv -t ndjson"), CSV.as_bytes()).ends(0).stdout, LINES);
    assert_eq!(feed(here, words("- out.ndjson -f csv"), CSV.as_bytes()).ends(0).stdout, "");
    assert_eq!(read(here, "out.ndjson"), LINES);
    feed(here, ["convert"], CSV.as_bytes()).ends(2).says(&["standard input", "-f"]);
    feed(here, words(""), CSV.as_bytes()).ends(2).says(&["standard input", "-f"]);
}

#[test]
fn generate_and_its_older_names() {
    let here = folder();
    let here = here.path();
    say(here, "generate --records 1_000 -o a.ndjson").ends(0);
    assert_eq!(read(here, "a.ndjson").lines().count(), 1000);
    for older in [
        "sample --format ndjson --records 1000 -o b",
        "--create-sample -t ndjson --records 1000 -o c",
        "-create-sample --format=ndjson --records=1000 -output=d",
    ] {
        say(here, older).ends(0);
        assert_eq!(read(here, older.split(['=', ' ']).next_back().unwrap()), read(here, "a.ndjson"), "{older}");
    }
    say(here, "generate --records 3").ends(2).says(&["standard output", "-t"]);
    say(here, "generate --records 3 -o x.unknown").ends(2).says(&["x.unknown", "-t"]);
    say(here, "sample 100 a.csv").ends(2).says(&["`sample` was renamed to `generate`"]);
    // What it writes under the name of a compressed file is one.
    say(here, "generate --records 1000 -o e.ndjson.gz").ends(0);
    assert_eq!(say(here, "e.ndjson.gz -t ndjson --compress none").ends(0).stdout, read(here, "a.ndjson"));
}

#[test]
fn older_spellings_still_work_and_are_in_no_help() {
    let here = with(&[("a.txt", "a\n")]);
    let here = here.path();
    say(here, "-input=a.txt -output=b.txt -processor=uppercase -workers=1 -chunk-size=1KiB -memory-limit=32MB").ends(0);
    assert_eq!(read(here, "b.txt"), "A\n");
    say(here, "convert --input a.txt --output c.txt --processor lowercase --chunk-size 1KiB").ends(0);
    assert_eq!(read(here, "c.txt"), "a\n");
    for help in ["convert -h", "convert --help", "generate --help", "help", "count --help"] {
        let text = say(here, help).ends(0).stdout;
        for old in ["--input", "--processor", "--chunk-size", "uppercase", "--format", "create-sample"] {
            assert!(!text.contains(old), "{old} is in the help `{help}`");
        }
    }
}

/// The flags with a dot in the design that exist.
const SHORT: &str = "--from --output --to --force --recursive --delimiter --no-headers --records-at --pretty --limit --select \
                     --drop --rename --op --where --set --on-error --strict --workers --memory-limit --resume --quiet --verbose \
                     --explain --report --progress --monitor";

#[test]
fn the_short_help_fits_on_two_screens() {
    let here = folder();
    let text = say(here.path(), "convert -h").ends(0).stdout;
    assert!(text.lines().count() <= 96, "{} lines", text.lines().count());
    for flag in SHORT.split_whitespace() {
        assert!(text.contains(&format!("{flag} ")) || text.contains(&format!("{flag}\n")), "{flag} is not in\n{text}");
    }
    for other in ["--quote-all", "--tsv-escapes", "--max-depth", "--slice-size", "--layout"] {
        assert!(!text.contains(other), "{other} is in\n{text}");
    }
    assert!(text.contains("pagemill convert --help"));
    // The long one has all of them.
    let long = say(here.path(), "convert --help").ends(0).stdout;
    for flag in ["--quote-all", "--tsv-escapes", "--max-depth", "--slice-size", "--layout"] {
        assert!(long.contains(flag), "{flag} is not in\n{long}");
    }
    for code in [
        "0    done",
        "1    bad data",
        "2    usage",
        "3    input or",
        "4    memory limit",
        "5    reserved",
        "130",
        "143",
    ] {
        assert!(long.contains(code), "{code} is not in\n{long}");
    }
}

/// The examples of the short help, run by a shell.
#[cfg(unix)]
#[test]
fn the_four_examples_of_the_short_help_run() {
    let here = with(&[
        ("trips.csv", "id,fare,city\n1, 2.50 ,Oslo\n"),
        ("european.csv", "a;b\n1;2,5\n"),
        ("dirty.csv", &format!("a,b\n{}3\n", "1,2\n".repeat(150))),
    ]);
    let here = here.path();
    let text = say(here, "convert -h").ends(0).stdout;
    let examples: Vec<&str> =
        text.split("Examples:\n").nth(1).unwrap().lines().take_while(|line| line.starts_with("  ")).collect();
    assert_eq!(examples.len(), 4, "{text}");
    let folder = Path::new(env!("CARGO_BIN_EXE_pagemill")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let outputs: Vec<String> = examples
        .iter()
        .map(|example| {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("set -e; {example}")])
                .current_dir(here)
                .env("PATH", &path)
                .output()
                .unwrap();
            assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    assert_eq!(read(here, "trips.ndjson"), "{\"id\":1,\"fare\":\" 2.50 \",\"city\":\"Oslo\"}\n");
    assert_eq!(outputs[1], "{\"id\":1,\"fare\":\"2.50\"}\n");
    assert_eq!(read(here, "plain.csv"), "a,b\n1,\"2,5\"\n");
    assert_eq!(read(here, "clean.ndjson"), "{\"a\":1,\"b\":2}\n".repeat(150));
    assert_eq!(read(here, "clean.ndjson.quarantine.ndjson").lines().count(), 2);
}

#[test]
fn help_for_a_command_and_a_group() {
    let here = folder();
    let here = here.path();
    assert_eq!(say(here, "help").ends(0).stdout, say(here, "--help").ends(0).stdout);
    assert_eq!(say(here, "help convert").ends(0).stdout, say(here, "convert --help").ends(0).stdout);
    let group = say(here, "help convert csv").ends(0).stdout;
    assert!(group.starts_with("CSV:\n") && group.contains("--quote-all") && group.contains("--delimiter"), "{group}");
    assert!(!group.contains("--pretty") && !group.contains("Usage") && !group.contains("--help"), "{group}");
    assert_eq!(say(here, "help convert memory").ends(0).stdout, say(here, "help convert RUN").ends(0).stdout);
    say(here, "help convert nothing")
        .ends(2)
        .says(&["input, csv, json, typed, rows, fields, values, expressions, errors, run, resume, see"]);
    say(here, "help convrt").ends(2).says(&["convert, replay, count"]);
    say(here, "help csv").ends(2).says(&["pagemill help convert csv"]);
}

#[test]
fn lists_append_and_take_escapes() {
    let text = r#"{"a":1,"b,c":2,"d=e":3,"f+g":"x","first":5,"h.i":6,"j\\k":7}"#;
    let here = with(&[("a.ndjson", text)]);
    let here = here.path();
    let header = |arguments: &[&str]| {
        let ran = run(here, ["convert", "a.ndjson", "-t", "csv"].iter().chain(arguments)).ends(0);
        ran.stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(header(&["--columns", r"a,b\,c", "--columns", r"d\=e"]), r#"a,"b,c",d=e"#);
    assert_eq!(header(&["--columns", r"\first"]), "first");
    assert_eq!(header(&["--columns", "a,first"]), "a,first");
    assert_eq!(header(&["--select", r"f\+g", "--select", r"j\\k"]), r"f+g,j\k");
    assert_eq!(header(&["--select", r"h\.i"]), "h.i");
    assert_eq!(header(&["--columns", "a,a2", "--rename", r"d\=e=a2,b\,c=z"]), "a,a2");
    let ran = run(here, ["convert", "a.ndjson", "-t", "csv", "--select", r"f\+g", "--op", r"upper:f\+g"]).ends(0);
    assert_eq!(ran.stdout, "f+g\nX\n");
    for twice in ["--columns a,a", "--columns a --columns a", "--select a,b,a", "--drop a,a", "--rename a=b,a=c"] {
        let flag = twice.split(' ').next().unwrap();
        say(here, &format!("convert a.ndjson -t csv {twice}")).ends(2).says(&[flag, "`a`"]);
    }
}

#[test]
fn what_is_given_twice() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    say(here, "convert a.csv -t tsv -t csv").ends(2).says(&["`--to` was given twice"]);
    say(here, "convert a.csv -d ; --delimiter ,").ends(2).says(&["--delimiter"]);
    assert_eq!(say(here, "convert a.csv --quote-all --quote-all -q -q -n -n").ends(0).stdout.lines().count(), 3);
}

#[test]
fn counts_have_underscores() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    say(here, "convert a.csv -j 1_0 --max-fields 1_000 --on-error skip --max-errors 1_000").ends(0);
    say(here, "convert a.csv --max-fields 1_").ends(2).says(&["whole number"]);
    say(here, "convert a.csv -t CSV --ragged PAD --on-error Skip --encoding UTF-8").ends(0);
}

#[test]
fn flags_of_other_tools_get_the_corrected_line() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    for (line, parts) in [
        ("convert a.csv --sep ;", &["`--sep` is `--delimiter` here", "\n  pagemill convert a.csv --delimiter ';'"][..]),
        ("convert a.csv --sep=;", &["\n  pagemill convert a.csv --delimiter=';'"]),
        ("a.csv -F ; -t tsv", &["\n  pagemill a.csv -d ';' -t tsv"]),
        ("a.csv --jobs 4", &["\n  pagemill a.csv --workers 4"]),
        ("a.csv --dry-run", &["\n  pagemill a.csv --explain"]),
        ("a.csv --icsv --ojson", &["`--ojson` is `-t json` here", "\n  pagemill a.csv -f csv -t json"]),
        ("a.csv --filter x>1", &["`--filter` is `--where` here", "\n  pagemill a.csv --where 'x>1'"]),
        ("a.csv --nullstr NA", &["`--nullstr` is `--null` here", "\n  pagemill a.csv --null NA"]),
        ("a.csv --filename f", &["`--filename` is `--source-column` here", "\n  pagemill a.csv --source-column f"]),
        ("a.csv --header", &["--no-headers"]),
        ("aggregate a.csv --group-by id", &["`--group-by` is `--by` here", "\n  pagemill aggregate a.csv --by id"]),
        ("aggregate a.csv --by id --order-by=id", &["\n  pagemill aggregate a.csv --by id --sort=id"]),
        ("aggregate a.csv --by id --aggregate count()", &["\n  pagemill aggregate a.csv --by id --agg 'count()'"]),
        ("aggregate a.csv --by id --having n>1", &["| pagemill convert - -f csv --where 'n > 1'"]),
        ("a.csv --group-by id", &["pagemill aggregate INPUT --by FIELD"]),
        ("a.csv --agg count()", &["pagemill aggregate INPUT --by FIELD"]),
        ("a.csv --order-by id", &["pagemill sort INPUT --by FIELD"]),
        ("sort a.csv --key id", &["\n  pagemill sort a.csv --by id"]),
        ("sort a.csv --by id --desc", &["--by FIELD:desc"]),
        ("sort a.csv --by id --numeric", &["--by FIELD:number"]),
        ("sort a.csv --by id --top 3", &["\n  pagemill sort a.csv --by id --limit 3"]),
        ("sort a.csv --by -id", &["`--by` needs a value, and `-id` looks like a flag", "--by id:desc"]),
        ("sort -r a.csv --by id", &["`--recursive` has no effect", "for descending order: --by FIELD:desc"]),
        ("a.csv --distinct", &["--dedupe FIELDS"]),
        ("a.csv --cut id", &["\n  pagemill a.csv --select id"]),
        ("a.csv --grep x", &["records are chosen by a condition"]),
        ("a.csv --mutate a=1", &["\n  pagemill a.csv --set a=1"]),
        ("a.csv --sql x", &["there is no SQL"]),
        ("a.csv --in-place", &["write a new one"]),
        ("a.csv --nproc 2", &["\n  pagemill a.csv --workers 2"]),
        ("a.csv --sample 2 --random-seed 3", &["\n  pagemill a.csv --sample 2 --seed 3"]),
        ("a.csv --sample 0.1", &["`--sample` takes a number of records, not a share: `0.1`"]),
        ("a.csv --sample 10%", &["`--sample` takes a number of records, not a share: `10%`"]),
        ("a.csv --sample x", &["it is not a whole number"]),
        ("count a.csv --cut id", &["there is no flag `--cut`\n  `pagemill count --help`"]),
        ("count a.csv --rows", &["\n  pagemill count a.csv -r"]),
        ("stats a.csv --all", &["all is the default", "\n  pagemill stats a.csv"]),
        ("convert --files-from list --null", &["`--null` needs a value"]),
        // Letters that mean something else elsewhere.
        ("a.csv -o json", &["-o is the file to write", "\n  pagemill a.csv -t json"]),
        ("a.csv -t 8", &["\n  pagemill a.csv -j 8"]),
        ("a.csv -t ;", &["\n  pagemill a.csv -d ';'"]),
        ("-f a.csv", &["an input needs no flag", "\n  pagemill a.csv"]),
        ("a.csv -f 1,2", &["--select"]),
        ("convert -n 5 a.csv", &["-n", "--no-headers"]),
    ] {
        say(here, line).ends(2).says(parts);
    }
    assert_eq!(names(here), ["a.csv"]);
}

#[test]
fn a_list_with_zero_bytes_needs_its_flag() {
    let here = with(&[("a.csv", CSV), ("list", "a.csv\0a.csv\0")]);
    let here = here.path();
    say(here, "convert --files-from list -t csv").ends(2).says(&["zero bytes", "-0"]);
    for flag in ["-0", "--zero-terminated"] {
        assert_eq!(say(here, &format!("convert --files-from list {flag}")).ends(0).stdout.lines().count(), 5);
    }
}

#[test]
fn a_quarantine_is_a_file() {
    let here = with(&[("a.csv", "a,b\n1\n")]);
    say(here.path(), "convert a.csv -t ndjson --quarantine -").ends(2).says(&["can't go to standard output", "./-"]);
}

#[test]
fn a_report_on_standard_output() {
    let here = with(&[("a.csv", CSV), ("b.csv", CSV)]);
    let here = here.path();
    let report = |line: &str| -> serde_json::Value { serde_json::from_str(&say(here, line).ends(0).stdout).unwrap() };
    assert_eq!(report("convert a.csv -o out.ndjson --report -")["records_out"], 2);
    assert_eq!(report("convert a.csv b.csv --out-dir out -t tsv --report -")["records_out"], 4);
    assert_eq!(report("audit a.csv --report -")["records_out"], 2);
    say(here, "convert a.csv --report -").ends(2).says(&["--report -", "standard output"]);
    say(here, "convert a.csv -o - --report -").ends(2).says(&["--report -"]);
    say(here, "convert a.csv b.csv --report -").ends(2).says(&["--report -"]);
}

#[test]
fn files_are_written_over_nothing_that_is_read_or_written() {
    let files =
        [("a.csv", CSV), ("b.csv", CSV), ("list", "a.csv\nb.csv\n"), ("old.json", "{}"), ("bad.csv", "a,b\n1\n")];
    let here = with(&files);
    let here = here.path();
    for line in [
        "convert --files-from list -o list -t csv --force",
        "convert --files-from list -o out.csv --report list --force",
        "convert --files-from list -o out.csv --report ./b.csv --force",
        "convert --files-from list -o out.csv --on-error quarantine --quarantine list --force",
        "convert --files-from list -o out.csv --on-error quarantine --quarantine b.csv --force",
        "convert a.csv -o out.csv --on-error quarantine --quarantine out.csv --force",
        "convert a.csv -o out.csv --on-error quarantine --quarantine a.csv --force",
        "convert a.csv -o out.csv --on-error quarantine --quarantine q --report q --force",
        "convert a.csv -o out.csv --on-error quarantine --report out.csv.quarantine.ndjson --force",
        "convert a.csv -o out.csv --report out.csv --force",
        "count a.csv -r --on-error quarantine --quarantine a.csv --force",
    ] {
        say(here, line).ends(2);
        assert!(!here.join("out.csv").exists(), "{line}");
    }
    // By another name.
    for (name, link) in [("a.csv", "hard.csv"), ("list", "hard.lst")] {
        std::fs::hard_link(here.join(name), here.join(link)).unwrap();
    }
    for line in [
        "convert a.csv -o out.csv --report hard.csv --force",
        "convert --files-from list -o out.csv --report hard.lst --force",
        "audit a.csv -t ndjson --report hard.csv --force",
    ] {
        say(here, line).ends(2).says(&["is also read or written"]);
        assert_eq!((read(here, "a.csv"), read(here, "list")), (CSV.to_owned(), "a.csv\nb.csv\n".to_owned()), "{line}");
    }
    let input = std::fs::File::open(here.join("a.csv")).unwrap();
    let line = ["convert", "-f", "csv", "--report", "a.csv", "-o", "out.csv", "--force"];
    support::ran(command(here).args(line).stdin(input).output().unwrap()).ends(2);
    assert_eq!(read(here, "a.csv"), CSV);
    // A list that was redirected is one too, and one of `count`.
    for line in [
        "convert --files-from - -o list -t csv --force",
        "convert --files-from - -o out.csv --report list --force",
        "convert --files-from - -o out.csv --quarantine list --force",
        "count -r --files-from - --quarantine list --force",
        "count -r --files-from list --quarantine list --force",
    ] {
        let list = std::fs::File::open(here.join("list")).unwrap();
        let output = command(here).args(line.split(' ')).stdin(list).output().unwrap();
        support::ran(output).ends(2).says(&["list"]);
        assert!(!here.join("out.csv").exists(), "{line}");
    }
    // An existing report needs --force, an empty one too, but not that of a run that failed.
    std::fs::write(here.join("empty.json"), "").unwrap();
    say(here, "convert a.csv -o out.csv --report empty.json").ends(2).says(&["empty.json exists already", "--force"]);
    assert_eq!(read(here, "empty.json"), "");
    say(here, "convert a.csv -o out.csv --report old.json").ends(2).says(&["old.json exists already", "--force"]);
    assert!(!here.join("out.csv").exists());
    say(here, "convert bad.csv -o out.csv --report new.json").ends(1);
    assert!(read(here, "new.json").contains(",\"exit_code\":1,\"error\":\"bad.csv: "));
    say(here, "convert a.csv -o out.csv --report new.json").ends(0);
    assert!(read(here, "new.json").contains(",\"exit_code\":0,\"error\":null,"));
    say(here, "convert a.csv -o out2.csv --report new.json").ends(2).says(&["new.json exists already"]);
    say(here, "convert a.csv -o out.csv --report old.json --force").ends(0);
    assert!(read(here, "old.json").contains("records_out"));
    for (name, text) in &files[..3] {
        assert_eq!(read(here, name), *text, "{name}");
    }
}

#[test]
fn audit_of_many_inputs() {
    let here = with(&[("a.csv", CSV), ("b.csv", CSV), ("none.csv", "id,name\n")]);
    let here = here.path();
    for line in ["audit a.csv b.csv -t ndjson", "audit *.csv -t ndjson", "audit a.csv b.csv -t tsv --out-dir out"] {
        let text = say(here, line).ends(0).stdout;
        assert!(text.contains("decode") && text.contains("\nall "), "{text}");
    }
    assert_eq!(names(&here.join("out")), ["a.tsv", "b.tsv"]);
    let ran = say(here, "audit a.csv b.csv -o -").ends(0);
    assert_eq!(ran.stdout.lines().count(), 5);
    assert!(ran.stderr.contains("\nall "));
}

/// Closed by the shell, as `>&-` and `<&-` do it.
#[cfg(target_os = "linux")]
#[test]
fn closed_streams_are_errors() {
    let here = with(&[("a.csv", CSV)]);
    let ended = |line: &str| {
        let pagemill = env!("CARGO_BIN_EXE_pagemill");
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{pagemill} {line}")])
            .current_dir(here.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for line in [
        "convert a.csv >&-",
        "convert a.csv -t ndjson >&-",
        "count a.csv >&-",
        "generate -t csv --records 3 >&-",
        "help >&-",
        "convert -f csv -t ndjson -o out.ndjson <&-",
        "count <&-",
    ] {
        let (code, said) = ended(line);
        assert!(code == Some(3) && said.contains("closed"), "{line}: {code:?} {said}");
    }
    // What is not needed may be closed.
    assert_eq!(ended("convert a.csv -o b.csv >&- <&-"), (Some(0), String::new()));
    assert_eq!(names(here.path()), ["a.csv", "b.csv"]);
    // A null device is no closed stream.
    let status = command(here.path()).args(["convert", "a.csv"]).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
}

#[test]
fn flags_that_lack_something_are_refused_in_one_form() {
    let here = with(&[("a.csv", CSV)]);
    let here = here.path();
    for line in ["convert a.csv -0", "convert -0 a.csv -t csv", "count -0 a.csv", "count --zero-terminated a.csv"] {
        say(here, line)
            .ends(2)
            .says(&["`--zero-terminated` has no effect: there is no list of inputs\n  ", "--files-from"]);
    }
    let said = say(here, "convert a.csv --crlf=no")
        .ends(2)
        .says(&["`--crlf` is on or off", "`no`", "\n  Write `--crlf=false`"])
        .stderr;
    assert!(!said.contains("Usage"), "{said}");
    say(here, "convert a.csv --strict=1").ends(2).says(&["`--strict`", "alone"]);
}

/// A quarantine treats a link as the output does: it stays, and what it leads to is replaced as a whole.
#[cfg(unix)]
#[test]
fn links_stay_links() {
    let here = with(&[("a.csv", "a,b\n1\n2,3\n"), ("one", "old"), ("two", "old")]);
    let here = here.path();
    for (link, to) in [("out.csv", "one"), ("q", "two")] {
        std::os::unix::fs::symlink(to, here.join(link)).unwrap();
    }
    let line = "convert a.csv -o out.csv --quarantine q";
    say(here, line).ends(2).says(&["exists already"]);
    assert_eq!((read(here, "one"), read(here, "two")), ("old".to_owned(), "old".to_owned()));
    say(here, &format!("{line} --force")).ends(0);
    for link in ["out.csv", "q"] {
        assert!(std::fs::symlink_metadata(here.join(link)).unwrap().is_symlink(), "{link}");
    }
    assert_eq!(read(here, "one"), "a,b\n2,3\n");
    assert!(read(here, "two").contains("1 field where"), "{}", read(here, "two"));
}

/// What can't be said is told by the exit code.
#[test]
#[cfg(target_os = "linux")]
fn warnings_that_nobody_can_read() {
    let here = with(&[("a.csv", "a,b\n1,2\n")]);
    for (flags, code) in [("--columns b", 3), ("--columns b -q", 0), ("-t ndjson", 0), ("-t ndjson -v", 3)] {
        for closed in ["2>&-", "2>/dev/full"] {
            let script = format!("{} convert a.csv {flags} {closed}", env!("CARGO_BIN_EXE_pagemill"));
            let ran = support::ran(
                std::process::Command::new("sh").args(["-c", &script]).current_dir(here.path()).output().unwrap(),
            );
            assert_eq!(ran.code, code, "{script}");
            assert!(!ran.stdout.is_empty());
        }
    }
}
