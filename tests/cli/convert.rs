//! Conversions by the command, against expectations that were written by hand.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use crate::support;
use crate::support::{Ran, command, feed, fixture, folder, run};
use serde_json::Value;

/// Converts a fixture to standard output.
fn convert(name: &str, flags: &[&str]) -> Ran {
    let input = fixture(name);
    run(folder().path(), ["convert".as_ref(), input.as_os_str()].into_iter().chain(flags.iter().map(AsRef::as_ref)))
}

fn text(name: &str) -> String {
    fs::read_to_string(fixture(name)).unwrap()
}

#[test]
fn values_arrive_as_they_left() {
    assert_eq!(convert("values.csv", &["-t", "ndjson"]).ends(0).stdout, text("values.ndjson"));
}

#[test]
fn old_spellings_work() {
    let here = folder();
    let input = fixture("values.csv");
    let line = ["convert", "--output", "out.ndjson", "--chunk-size", "1KiB", "--processor", "upper", "--input"];
    run(here.path(), line.iter().map(AsRef::as_ref).chain([input.as_os_str()])).ends(0);
    let output = fs::read_to_string(here.path().join("out.ndjson")).unwrap();
    assert_eq!(
        output.lines().nth(1).unwrap(),
        r#"{"id":2,"amount":-0,"code":"1.","name":"GRACE \"AMAZING\" HOPPER","note":""}"#
    );
}

#[test]
fn standard_input_and_output() {
    let here = folder();
    let ran = feed(here.path(), ["convert", "-", "-f", "csv", "-t", "ndjson", "-o", "-"], b"a,b\n1,x\n").ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("{\"a\":1,\"b\":\"x\"}\n", ""));
    let ran = feed(here.path(), ["convert", "-", "-f", "csv", "--out-delimiter", "tab"], b"a,b\n1,x\n").ends(0);
    assert_eq!(ran.stdout, "a\tb\n1\tx\n");
}

#[test]
fn a_field_like_a_byte_order_mark_survives_without_a_header() {
    let here = folder();
    let path = |name: &str| here.path().join(name);
    // Each record may be the first one of a file.
    let records =
        "{\"a\":\"\u{feff}x\",\"b\":\"\u{feff}y\"}\n{\"a\":\"\u{feff}\",\"b\":\"2\"}\n{\"a\":\"z\",\"b\":null}\n";
    fs::write(path("keyed.ndjson"), records).unwrap();
    let quoted = "\"\u{feff}x\",\u{feff}y\n\"\u{feff}\",\"2\"\nz,\n";
    fs::write(path("columns.csv"), quoted).unwrap();
    for source in ["keyed.ndjson", "columns.csv"] {
        for (to, delimiter) in [("csv", ","), ("tsv", "\t")] {
            let arguments = ["convert", source, "-t", to, "-o", "out", "--no-headers", "--force", "-q"];
            run(here.path(), arguments.iter().chain(&["--slice-size", "1"])).ends(0);
            let small = fs::read(path("out")).unwrap();
            run(here.path(), arguments).ends(0);
            let out = fs::read_to_string(path("out")).unwrap();
            assert!(out.as_bytes() == small, "{source} {to}");
            assert_eq!(out, quoted.replace(',', delimiter), "{source} {to}");
            let back = run(here.path(), ["convert", "out", "-f", to, "-t", "ndjson", "--no-headers"]).ends(0).stdout;
            assert_eq!(back, records.replace("\"a\"", "\"column_1\"").replace("\"b\"", "\"column_2\""));
        }
    }
    // Behind a header no field is at the start.
    let ran = run(here.path(), ["convert", "keyed.ndjson", "-t", "csv"]).ends(0);
    assert_eq!(ran.stdout, "a,b\n\u{feff}x,\u{feff}y\n\u{feff},\"2\"\nz,\n");
    // The same dialect, where fields are copied.
    let ran = run(here.path(), ["convert", "columns.csv", "-t", "csv", "--no-headers", "--op", "upper"]).ends(0);
    assert!(ran.stdout.starts_with("\"\u{feff}X\",\u{feff}Y\n\"\u{feff}\","), "{}", ran.stdout);
}

#[test]
fn a_word_count_ends_the_pipeline() {
    let here = folder();
    let report = |lines, words, characters, bytes, records| {
        format!(
            "lines      {lines}\nwords      {words}\ncharacters {characters}\nbytes      {bytes}\nrecords    {records}\n"
        )
    };
    // Of text the lines count as they would be written: `ß` becomes two letters first.
    let ran =
        feed(here.path(), ["convert", "-", "-f", "text", "--op", "upper,wordcount"], "eins zwei\r\ndreißig".as_bytes());
    assert_eq!(ran.ends(0).stdout, report(1, 3, 19, 19, 2));
    // Of other formats the text values count, not keys and not numbers.
    let ran = feed(
        here.path(),
        ["convert", "-", "-f", "ndjson", "--op", "wordcount"],
        "{\"key\":\"é b\",\"n\":12}\n[\"c\"]\n".as_bytes(),
    );
    assert_eq!(ran.ends(0).stdout, report(0, 3, 4, 5, 2));
}

#[test]
fn an_empty_result_is_valid_json() {
    let here = folder();
    let ran = feed(here.path(), ["convert", "-", "-f", "csv", "-t", "json"], b"a,b\n");
    assert_eq!(ran.ends(0).stdout, "[]\n");
}

#[test]
fn dialects() {
    let here = folder();
    let ran = feed(
        here.path(),
        ["convert", "-", "-f", "csv", "-d", ";", "--quote", "'", "--comment", "#", "-t", "csv", "--crlf"],
        b"a;b\n# no record\n'x;y';1,5\n",
    );
    // Nothing of the input's dialect is the output's.
    assert_eq!(ran.ends(0).stdout, "a,b\r\nx;y,\"1,5\"\r\n");
    let ran = feed(here.path(), ["convert", "-", "-f", "csv", "-t", "ndjson", "-n", "--types", "text"], b"1,\n");
    assert_eq!(ran.ends(0).stdout.lines().count(), 1);
    let ran = feed(here.path(), ["convert", "-", "-f", "csv", "-t", "csv", "--quote-all"], b"a,b\n1,x\n");
    assert_eq!(ran.ends(0).stdout, "\"a\",\"b\"\n\"1\",\"x\"\n");
}

#[test]
fn nested_values_become_columns_and_come_back() {
    let here = folder();
    let ran = convert("nested.ndjson", &["-t", "csv", "-q"]).ends(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (text("nested.csv").as_str(), ""));
    let back = convert("nested.csv", &["-t", "ndjson", "--unflatten"]).ends(0).stdout;
    assert_eq!(
        back.lines().next(),
        Some(r#"{"id":1,"user":{"name":"Ada","home":{"city":"London"}},"tags":["a","b"],"extra":null}"#)
    );
    let ran = feed(
        here.path(),
        ["convert", "-", "-f", "json", "-t", "csv", "--records-at", "/d"],
        br#"{"d":[{"a":1},{"a":2}]}"#,
    );
    assert_eq!(ran.ends(0).stdout, "a\n1\n2\n");
}

#[test]
fn what_is_lost_is_told_and_strict_refuses_it() {
    let told = convert("nested.ndjson", &["-t", "csv"]).ends(0);
    // One list in one cell; two fields that one of the two records lacks, and the city.
    told.says(&[
        "pagemill: warning: ",
        "1 list written as JSON text (list_as_text)",
        "3 missing fields written as empty cells (absent_as_null)",
        "--strict",
    ]);
    convert("nested.ndjson", &["-t", "csv", "--strict"]).ends(1);
}

#[test]
fn fields_are_chosen_and_renamed() {
    let ran = convert("values.csv", &["-t", "csv", "--select", "name,id", "--rename", "id=number"]).ends(0);
    assert_eq!(ran.stdout.lines().next(), Some("name,number"));
    assert_eq!(ran.stdout.lines().nth(1), Some("Ada,1"));
    let ran = convert("values.csv", &["-t", "csv", "--drop", "id,amount,note"]).ends(0);
    assert_eq!(ran.stdout.lines().next(), Some("code,name"));
    convert("values.csv", &["-t", "csv", "--select", "nothing"]).ends(2).says(&["nothing"]);
}

#[test]
fn ops_change_text_only() {
    let ran = convert(
        "values.csv",
        &["-t", "ndjson", "--drop", "amount", "--op", "trim,upper:name,code", "--op", "reverse:name"],
    )
    .ends(0);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["name"], "ADA");
    assert_eq!(lines[3]["code"], "TRUE");
    assert_eq!(lines[4]["note"], "a\\b");
    assert_eq!(lines[5]["name"], "7");
    assert_eq!(lines[4]["name"], "🚲 ËOZ");
}

#[test]
fn bad_records_can_be_left_out() {
    let ran = convert("ragged.csv", &["-t", "ndjson", "--on-error", "skip"]).ends(0);
    assert_eq!(ran.stdout, "{\"name\":\"Ada\",\"score\":1}\n{\"name\":\"Linus\",\"score\":3}\n");
    ran.says(&["1 bad record"]);
    let ran = feed(folder().path(), ["convert", "-", "-f", "csv", "-t", "ndjson", "--ragged", "pad"], b"a,b\n1\n");
    assert_eq!(ran.ends(0).stdout, "{\"a\":1,\"b\":null}\n");
}

#[test]
fn the_report_has_exactly_its_keys() {
    let here = folder();
    let input = fixture("trips.csv");
    let flags = ["-o", "out.ndjson", "--report", "report.json", "-j", "2", "--slice-size", "4KiB", "-v"];
    let line = ["convert".as_ref(), input.as_os_str()].into_iter().chain(flags.iter().map(AsRef::as_ref));
    let ran = run(here.path(), line).ends(0);
    let report: Value = serde_json::from_slice(&fs::read(here.path().join("report.json")).unwrap()).unwrap();
    let mut keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = "allocations bytes_failed bytes_in bytes_out command error events events_left_out exit_code files from lossy memory_limit names_never_seen peak_heap_bytes peak_rss_bytes \
                    record_latency_us records_failed records_filtered records_in records_out seconds settings slice_size to version warnings workers";
    assert_eq!(keys, expected.split_whitespace().collect::<Vec<_>>());
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&report["records_in"], &report["records_out"], &report["records_failed"]),
        (&200.into(), &200.into(), &0.into())
    );
    assert_eq!(report["bytes_in"], fs::metadata(&input).unwrap().len());
    assert_eq!(report["bytes_out"], fs::metadata(here.path().join("out.ndjson")).unwrap().len());
    assert_eq!((&report["memory_limit"], &report["lossy"]), (&100_000_000.into(), &serde_json::json!({})));
    assert_eq!(report["settings"]["from"], "csv");
    assert!(report["peak_heap_bytes"].as_u64().unwrap() > 10_000);
    for (object, inner) in [("allocations", "start steady warmup"), ("record_latency_us", "max mean p50 p99")] {
        let mut keys: Vec<&str> = report[object].as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, inner.split_whitespace().collect::<Vec<_>>());
        assert!(report[object].as_object().unwrap().values().all(Value::is_number));
    }
    #[cfg(target_os = "linux")]
    {
        let peak = report["peak_rss_bytes"].as_u64().unwrap();
        assert!(peak > 1_000_000 && peak <= 100_000_000, "{peak}");
    }
    ran.says(&[
        "  records    200 read and written\n",
        "of the limit of 100 MB\n",
        "  heap       no allocations while converting, ",
    ]);
}

#[test]
fn explain_shows_the_plan_and_writes_nothing() {
    let here = folder();
    let input = fixture("trips.csv");
    let line = ["convert".as_ref(), input.as_os_str(), "-o".as_ref(), "out.ndjson".as_ref(), "--explain".as_ref()];
    let ran = run(here.path(), line).ends(0);
    assert!(ran.stdout.lines().count() > 3 && ran.stdout.ends_with('\n'), "{}", ran.stdout);
    assert!(support::names(here.path()).is_empty());
}

#[test]
fn an_audit_finds_nothing_in_the_steady_state() {
    let input = fixture("trips.csv");
    let line = [
        "audit".as_ref(),
        input.as_os_str(),
        "-t".as_ref(),
        "ndjson".as_ref(),
        "--slice-size".as_ref(),
        "1KiB".as_ref(),
    ];
    let ran = run(folder().path(), line).ends(0);
    assert!(ran.stdout.contains("in warm-up") && ran.stdout.contains("in steady state"), "{}", ran.stdout);
    let row = ran.stdout.lines().find(|line| line.starts_with("all ")).unwrap();
    let numbers: Vec<&str> = row.split_whitespace().skip(1).collect();
    assert_eq!((numbers.len(), &numbers[2..]), (4, &["0", "0"][..]), "{row}");
    assert!(!ran.stdout.contains("before the first slice: 0 blocks"), "{}", ran.stdout);
}

#[test]
fn a_reader_that_goes_away_ends_a_conversion_quietly() {
    let here = folder();
    // More than a pipe holds, so that the write really fails.
    let mut input = String::from("a,b\n");
    for number in 0..200_000 {
        input += &format!("{number},some text\n");
    }
    fs::write(here.path().join("a.csv"), input).unwrap();
    let mut command = command(here.path());
    command.args(["convert", "a.csv", "-t", "ndjson"]);
    let (code, said) = support::without_reader(command);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_conversion_with_3() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a\n1\n").unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson", "-o", "/dev/full"]).ends(3);
    ran.says(&["/dev/full"]);
}

/// Nothing else goes where the records go, whatever it is called.
#[test]
#[cfg(unix)]
fn standard_output_is_for_records() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a,b\n1\n2,3\n").unwrap();
    for flag in ["--quarantine", "--report", "--metrics-file"] {
        for command in ["convert", "count", "sort", "aggregate"] {
            let more: &[&str] = match command {
                "aggregate" => &["--agg", "count()"],
                "count" => &["-r"],
                "sort" => &["--by", "a"],
                _ => &[],
            };
            let words = [&[command, "a.csv", flag, "/dev/stdout"], more].concat();
            let ran = run(here, &words).ends(2).says(&[&format!("{flag}: /dev/stdout is standard output")]);
            assert_eq!(ran.stdout, "");
        }
    }
    let ran = run(here, ["convert", "a.csv", "-o", "o.csv", "--quarantine", "/dev/stdout", "--force"]).ends(0);
    assert!(ran.stdout.contains("\"record\":1"), "{}", ran.stdout);
}

/// Standard output may be any file that the shell opened, but not an input: as in `cat`.
#[test]
#[cfg(unix)]
fn standard_output_is_no_input() {
    let here = folder();
    let here = here.path();
    let shell = |script: &str| {
        let binary = env!("CARGO_BIN_EXE_pagemill");
        support::ran(Command::new("sh").current_dir(here).args(["-c", script, binary]).output().unwrap())
    };
    let text = "{\"a\":1}\n{\"a\":2}\n";
    for script in [
        "\"$0\" convert s.ndjson -t csv >> s.ndjson",
        "\"$0\" convert s.ndjson -t csv 1<> s.ndjson",
        "\"$0\" convert - -f ndjson -t csv < s.ndjson >> s.ndjson",
        "\"$0\" convert other.ndjson s.ndjson -t csv >> s.ndjson",
        "\"$0\" convert other.ndjson link.ndjson -t csv >> s.ndjson",
        "\"$0\" convert other.ndjson - -f ndjson < s.ndjson >> s.ndjson",
        "\"$0\" convert - -f ndjson -t csv -o s.ndjson --force < s.ndjson",
    ] {
        fs::write(here.join("s.ndjson"), text).unwrap();
        fs::write(here.join("other.ndjson"), text).unwrap();
        let _ = std::os::unix::fs::symlink("s.ndjson", here.join("link.ndjson"));
        shell(script).ends(2).says(&["same file", "destroy"]);
        assert_eq!(fs::read_to_string(here.join("s.ndjson")).unwrap(), text, "{script}");
    }
    // The shell has emptied it; nothing is written all the same.
    shell("\"$0\" convert other.ndjson - -f ndjson -t csv < s.ndjson > s.ndjson").ends(2);
    assert_eq!(fs::read_to_string(here.join("s.ndjson")).unwrap(), "");
    // The same goes for the list of inputs.
    fs::write(here.join("list"), "other.ndjson\n").unwrap();
    shell("\"$0\" convert --files-from list -t csv >> list").ends(2).says(&["--files-from: list is standard output"]);
    assert_eq!(fs::read_to_string(here.join("list")).unwrap(), "other.ndjson\n");
    // Any other file, and a pipe that goes to the input in the end, are no business of ours.
    shell("\"$0\" convert other.ndjson -t csv >> s.ndjson").ends(0);
    assert_eq!(fs::read_to_string(here.join("s.ndjson")).unwrap(), "a\n1\n2\n");
    shell("\"$0\" convert - -f ndjson -t csv < /dev/null > /dev/null").ends(0);
}

/// Objects that are null in some records come back as they were.
#[test]
fn nullable_objects_survive_the_way_to_csv_and_back() {
    let here = folder();
    let here = here.path();
    let records = concat!(
        "{\"id\":1,\"response\":null}\n",
        "{\"id\":2,\"response\":{\"code\":200,\"body\":{\"text\":\"ok\",\"size\":2}}}\n",
        "{\"id\":3,\"response\":{\"code\":404,\"body\":null}}\n",
        "{\"id\":4,\"response\":\"lost\"}\n",
    );
    fs::write(here.join("a.ndjson"), records).unwrap();
    run(here, ["convert", "a.ndjson", "-o", "a.csv"]).ends(0);
    let table = concat!(
        "id,response,response.code,response.body.text,response.body.size,response.body\n",
        "1,,,,,\n2,,200,ok,2,\n3,,404,,,\n4,lost,,,,\n",
    );
    assert_eq!(fs::read_to_string(here.join("a.csv")).unwrap(), table);
    for input in [&["a.csv"][..], &["a.csv", "--io", "read"], &["a.csv", "--slice-size", "1"]] {
        let ran = run(here, ["convert", "-t", "ndjson", "--unflatten"].iter().chain(input)).ends(0);
        assert_eq!(ran.stdout, records, "{input:?}");
    }
    // A record that has both is bad, and takes no other one with it.
    fs::write(here.join("both.csv"), "r,r.x\n1,\n2,3\n,4\n").unwrap();
    let both = ["convert", "both.csv", "-t", "ndjson", "--unflatten"];
    run(here, both).ends(1).says(&["record 2", "\"r\" has both a value of its own and fields of a map"]);
    let ran = run(here, both.iter().chain(&["--on-error", "skip"])).ends(0);
    assert_eq!(ran.stdout, "{\"r\":1}\n{\"r\":{\"x\":4}}\n");
}

/// The line break, LF or CRLF, is no part of a line; any other CR is.
#[test]
fn the_end_of_a_line_is_no_part_of_it() {
    let here = folder();
    let convert = ["convert", "-", "-f", "text", "-t", "ndjson"];
    let ran = feed(here.path(), convert, b"a\r\nb\rc\nd\r\r\ne\r").ends(0);
    let json = "{\"line\":\"a\"}\n{\"line\":\"b\\rc\"}\n{\"line\":\"d\\r\"}\n{\"line\":\"e\\r\"}\n";
    assert_eq!((&*ran.stdout, &*ran.stderr), (json, ""));
}
