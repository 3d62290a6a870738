//! The command as its users see it: help, errors, exit codes. What needs no conversion to succeed.

use std::fs;
use std::process::Stdio;

use crate::support;
use crate::support::{command, feed, fixture, folder, names, run};

#[test]
fn help_has_a_summary_and_examples() {
    let here = folder();
    let top = run(here.path(), ["--help"]).ends(0);
    for subcommand in ["convert", "count", "generate", "audit", "completions"] {
        assert!(top.stdout.contains(&format!("\n  {subcommand} ")), "{}", top.stdout);
        let help = run(here.path(), [subcommand, "--help"]).ends(0).stdout;
        let summary = help.lines().next().unwrap();
        assert!(summary.len() > 20 && !summary.starts_with("Usage"), "{help}");
        let examples = help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("no examples in {help}"));
        assert!(examples.starts_with(&format!("  pagemill {subcommand} ")), "{examples}");
        assert!(!help.contains('\x1b'), "colour codes in {help:?}");
    }
}

#[test]
fn the_flags_of_convert_are_grouped() {
    let help = run(folder().path(), ["convert", "--help"]).ends(0).stdout;
    let headings =
        "Arguments,Input and output,CSV,JSON,Typed formats,Fields,Values,Errors,Run & memory,Resume,See,Examples"
            .split(',');
    let places: Vec<_> = headings.map(|heading| help.find(&format!("\n{heading}:\n"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {help}");
    let flags = "--from --to --delimiter --quote --escape --no-quoting --comment --no-headers --out-delimiter \
                 --quote-all --crlf --ragged --tsv-escapes --types --columns --nested --unflatten --max-depth \
                 --records-at --pretty --layout --frame --payload --bytes --invalid-utf8 --op --select --drop \
                 --rename --workers --slice-size --memory-limit --io --on-error --max-record-size --force --strict \
                 --report --explain --quiet --verbose --output --files-from --zero-terminated";
    for flag in flags.split_whitespace() {
        assert!(help.contains(flag), "{flag} is not in {help}");
    }
    for old in ["--input", "--processor", "--chunk-size", "uppercase"] {
        assert!(!help.contains(old), "{old} is in {help}");
    }
    for short in ["-f,", "-t,", "-d,", "-n,", "-o,", "-j,", "-q,", "-v,"] {
        assert!(help.contains(short), "{short} is not in {help}");
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    let here = folder();
    let lines: [&[&str]; 18] = [
        &[],
        &["convert"],
        &["convrt", "a.csv"],
        &["convert", "a.csv", "--no-such-flag"],
        &["convert", "a.csv", "-f", "xml"],
        &["convert", "a.csv", "-q", "-v"],
        &["convert", "a.csv", "--input", "b.csv"],
        &["convert", "a.csv", "-j", "many"],
        &["convert", "a.csv", "--memory-limit", "lots"],
        &["convert", "a.csv", "--slice-size", "0"],
        &["convert", "a.csv", "-d", "tabs"],
        &["convert", "a.csv", "-d", "\""],
        &["convert", "a.csv", "--rename", "a"],
        &["convert", "a.csv", "--types", "guess"],
        &["convert", "a.csv", "--records-at", "data"],
        &["convert", "a.csv", "--op", "no-such-op"],
        &["generate", "-t", "csv"],
        &["completions", "no-such-shell"],
    ];
    for line in lines {
        let ran = run(here.path(), line);
        assert_eq!(ran.code, 2, "{line:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && !ran.stderr.contains('\x1b') && !ran.stderr.contains("panicked"));
        assert!(line.is_empty() || ran.stderr.starts_with("pagemill: "), "{line:?}: {}", ran.stderr);
    }
}

#[test]
fn an_unknown_format_lists_the_names() {
    let here = folder();
    fs::write(here.path().join("a.xyz"), "x").unwrap();
    fs::write(here.path().join("a.csv"), "x\n1\n").unwrap();
    let names = [
        "csv", "tsv", "ndjson", "json", "json5", "text", "fixed", "frames", "fwf", "msgpack", "cbor", "avro",
        "protobuf", "parquet", "arrow", "arrows",
    ];
    run(here.path(), ["convert", "a.xyz", "-o", "b.csv"]).ends(2).says(&names).says(&["a.xyz", "-f"]);
    run(here.path(), ["convert", "a.csv", "-o", "b.xyz"]).ends(2).says(&names).says(&["b.xyz", "-t"]);
    run(here.path(), ["convert", "a.csv", "-t", "xml"]).ends(2).says(&names);
    feed(here.path(), ["convert", "-"], b"x\n1\n").ends(2).says(&names).says(&["standard input", "-f"]);
    assert_eq!(support::names(here.path()), ["a.csv", "a.xyz"]);
}

#[test]
fn a_missing_input_ends_with_3() {
    let here = folder();
    run(here.path(), ["convert", "none.csv", "-o", "b.ndjson"])
        .ends(3)
        .says(&["none.csv", "pagemill: there is no file"]);
    run(here.path(), ["count", "none.csv"]).ends(3).says(&["none.csv"]);
    assert!(names(here.path()).is_empty());
}

#[test]
fn an_existing_output_needs_force() {
    let here = folder();
    let output = here.path().join("out.ndjson");
    fs::write(&output, "precious").unwrap();
    let input = fixture("values.csv");
    let line = ["convert".as_ref(), input.as_os_str(), "-o".as_ref(), "out.ndjson".as_ref()];
    run(here.path(), line).ends(2).says(&["out.ndjson", "--force"]);
    assert_eq!(fs::read_to_string(&output).unwrap(), "precious");
    assert_eq!(names(here.path()), ["out.ndjson"]);
    run(here.path(), line.into_iter().chain(["--force".as_ref()])).ends(0);
    assert_ne!(fs::read_to_string(&output).unwrap(), "precious");
    assert_eq!(names(here.path()), ["out.ndjson"]);
}

#[test]
fn writing_onto_the_input_is_refused() {
    let here = folder();
    let text = "a,b\n1,2\n";
    fs::write(here.path().join("a.csv"), text).unwrap();
    run(here.path(), ["convert", "a.csv", "-o", "a.csv", "--force"]).ends(2).says(&["a.csv"]);
    run(here.path(), ["convert", "a.csv", "-o", "./a.csv", "--force"]).ends(2);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.csv", here.path().join("link.csv")).unwrap();
        run(here.path(), ["convert", "a.csv", "-o", "link.csv", "--force"]).ends(2);
        run(here.path(), ["convert", "link.csv", "-o", "a.csv", "--force"]).ends(2);
    }
    run(here.path(), ["convert", "a.csv", "-o", "b.tsv", "--report", "a.csv"]).ends(2).says(&["--report"]);
    run(here.path(), ["convert", "a.csv", "-o", "b.tsv", "--report", "b.tsv"]).ends(2).says(&["--report"]);
    assert_eq!(fs::read_to_string(here.path().join("a.csv")).unwrap(), text);
    assert!(!here.path().join("b.tsv").exists());
}

#[test]
fn a_report_that_cannot_be_written_is_found_out_first() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a\n1\n").unwrap();
    run(here.path(), ["convert", "a.csv", "-o", "b.tsv", "--report", "none/r.json"]).ends(3).says(&["none/r.json"]);
    assert_eq!(names(here.path()), ["a.csv"]);
}

#[test]
fn a_limit_that_cannot_work_ends_with_4() {
    let here = folder();
    let input = fixture("trips.csv");
    let ran = run(
        here.path(),
        [
            "convert".as_ref(),
            input.as_os_str(),
            "-o".as_ref(),
            "b.ndjson".as_ref(),
            "--memory-limit".as_ref(),
            "64KiB".as_ref(),
        ],
    );
    ran.ends(4).says(&["memory"]);
    assert!(names(here.path()).is_empty());
}

#[test]
fn bad_data_ends_with_1_and_says_where() {
    let here = folder();
    let input = fixture("ragged.csv");
    let ran = run(here.path(), ["convert".as_ref(), input.as_os_str(), "-o".as_ref(), "b.ndjson".as_ref()]).ends(1);
    // Header 11 bytes, first record 6: the second record starts at byte 17.
    ran.says(&["ragged.csv", "record 2", "byte 17"]);
    assert!(names(here.path()).is_empty());
}

#[test]
fn completions_know_the_flags() {
    let here = folder();
    for shell in ["bash", "zsh", "fish"] {
        let script = run(here.path(), ["completions", shell]).ends(0).stdout;
        for word in ["memory-limit", "ndjson", "slice-size", "convert", "generate"] {
            assert!(script.contains(word), "{word} is not in the script for {shell}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for line in [&["--help"][..], &["completions", "bash"], &["convert", "--help"]] {
        let mut child =
            command(folder().path()).args(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{line:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let here = folder();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status =
        command(here.path()).args(["completions", "bash"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(3));
}
