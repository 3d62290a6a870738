//! What a report holds, against its schema.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::support::{command, feed, folder, identity, run, with};

/// What is wrong with a value by a schema: the keywords that the schema of reports has, and no others.
fn faults(schema: &Value, root: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap_or(&Map::new()) {
        let mut wrong = |good: bool| {
            if !good {
                found.push(format!("{at}: {value} against {keyword}: {rule}"));
            }
        };
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                faults(root.pointer(pointer).unwrap(), root, value, at, found);
            }
            "type" => {
                let types = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                wrong(types.iter().any(|kind| is(value, kind.as_str().unwrap())));
            }
            "enum" => wrong(rule.as_array().unwrap().contains(value)),
            "minimum" => wrong(value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap())),
            "required" => {
                let names = rule.as_array().unwrap();
                wrong(
                    value
                        .as_object()
                        .is_none_or(|map| names.iter().all(|name| map.contains_key(name.as_str().unwrap()))),
                );
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    faults(rule, root, item, &format!("{at}/{index}"), found);
                }
            }
            "additionalProperties" => {}
            other => panic!("the test does not know {other}"),
        }
    }
    let Some(map) = value.as_object() else { return };
    for (name, inner) in map {
        let at = format!("{at}/{name}");
        match (&schema["properties"][name], schema.get("additionalProperties")) {
            (Value::Null, Some(Value::Bool(false))) => found.push(format!("{at} is not in the schema")),
            (Value::Null, Some(other)) => faults(other, root, inner, &at, found),
            (Value::Null, None) => {}
            (property, _) => faults(property, root, inner, &at, found),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("no type {other}"),
    }
}

/// The report of a command line that ends with this code, which the schema allows.
fn report(here: &Path, line: &str, code: i32) -> Value {
    let words = line.split(' ').chain(["--report", "r.json", "--force"]);
    let ran = run(here, words);
    assert_eq!(ran.code, code, "{line}: {}", ran.stderr);
    let report: Value = serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&run(here, ["config", "report-schema"]).ends(0).stdout).unwrap();
    let mut found = Vec::new();
    faults(&schema, &schema, &report, "", &mut found);
    assert!(found.is_empty(), "{line}: {found:#?}\n{report:#}");
    assert_eq!(report["exit_code"], code, "{line}");
    let mut more = report.clone();
    more["not-there"] = json!(1);
    faults(&schema, &schema, &more, "", &mut found);
    assert_eq!(found.len(), 1, "the test can find faults");
    fs::remove_file(here.join("r.json")).unwrap();
    report
}

#[test]
fn runs_that_go_well() {
    let here = with(&[("a.csv", "a,b\n1,2\nbad\n3,4\n"), ("b.csv", "a,b\n5,6\n"), ("t.txt", "one two\n")]);
    let here = here.path();
    let one = report(here, "convert a.csv -o o.ndjson --on-error quarantine", 0);
    assert_eq!((&one["command"], &one["from"], &one["to"]), (&json!("convert"), &json!("csv"), &json!("ndjson")));
    assert_eq!((&one["error"], &one["quarantine"]["records"]), (&Value::Null, &json!(1)));
    assert_eq!(one["settings"]["origins"]["on-error"], json!({"by": "flag"}));
    let many = report(here, "convert a.csv b.csv --out-dir out -t json --on-error skip", 0);
    assert_eq!(many["files"]["sources"].as_array().map(Vec::len), Some(2));
    report(here, "convert t.txt -o o.txt --op upper -j 2", 0);
    let groups = report(here, "aggregate b.csv --by a --agg n=count(),d=approx_distinct(b) -o g.csv", 0);
    assert_eq!((&groups["command"], &groups["records_out"]), (&json!("aggregate"), &json!(1)));
    assert_eq!(groups["bounds"].as_array().map(Vec::len), Some(1));
    let sorted = report(here, "sort b.csv --by a:desc -o s.csv", 0);
    assert_eq!(sorted["settings"]["by"], json!(["a:desc"]));
    assert_eq!((&groups["settings"]["by"], &groups["settings"]["sort"]), (&json!("a"), &Value::Null));
    assert_eq!(report(here, "stats b.csv -o d.csv", 0)["records_out"], 2);
    report(here, "head b.csv -t csv -o h.csv", 0);
    report(here, "split b.csv --by a -o {part}.csv", 0);
    let count = report(here, "count t.txt", 0);
    assert_eq!(
        (&count["command"], &count["from"], &count["records_in"]),
        (&json!("count"), &Value::Null, &Value::Null)
    );
    report(here, "count -r a.csv b.csv --on-error skip", 0);
    assert_eq!(report(here, "audit a.csv -t ndjson --on-error skip", 0)["command"], "audit");
    report(here, "replay o.ndjson.quarantine.ndjson -o p.ndjson --on-error skip", 1);
}

/// Every command that reads says of every source which file it was.
#[test]
fn sources_have_an_identity() {
    let here = with(&[("a.csv", "a,b\n1,2\n3,4\n"), ("b.csv", "a,b\n5,6\n")]);
    let here = here.path();
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    fs::File::options().append(true).open(here.join("a.csv")).unwrap().set_modified(old).unwrap();
    let [a, b] = ["a.csv", "b.csv"].map(|name| identity(&here.join(name)));
    assert_eq!((&a["bytes"], &a["modified"]), (&json!(12), &json!("2023-11-14T22:13:20Z")));
    for (line, more) in [
        ("convert a.csv", "-o o.ndjson"),
        ("convert a.csv", "-o o.ndjson --io read --dedupe a --resume=false"),
        ("convert a.csv", "-o o.ndjson.gz"),
        ("head a.csv", "-o h.csv"),
        ("split a.csv", "--by a -o {part}.csv"),
        ("sort a.csv", "--by a -o s.csv"),
        ("aggregate a.csv", "--by a --agg n=count() -o g.csv"),
        ("stats a.csv", "-o d.csv"),
        ("count a.csv", ""),
        ("count -r a.csv", ""),
        ("count a.csv", "-f csv"),
        ("audit a.csv", "-t ndjson"),
    ] {
        let one = report(here, format!("{line} {more}").trim(), 0);
        // A command that may be given many lists them even if there is one.
        let one = if one["files"]["identity"].is_null() { &one["files"]["sources"][0] } else { &one["files"] };
        assert_eq!(one["identity"], a, "{line} {more}: {one}");
        let two = report(here, format!("{line} b.csv {more}").trim(), 0);
        let of = |at: usize| &two["files"]["sources"][at]["identity"];
        assert_eq!((of(0), of(1)), (&a, &b), "{line} {more}");
        assert!(two["files"].get("identity").is_none());
    }
    report(here, "convert a.csv b.csv --out-dir out -t json", 0);
    // Of a compressed file, what it takes; of standard input, the file that it is; a pipe has none.
    let packed = report(here, "count -r o.ndjson.gz", 0);
    assert_eq!(packed["files"]["identity"], identity(&here.join("o.ndjson.gz")));
    let mut command = command(here);
    command.args(["count", "-r", "-f", "csv", "--report", "r.json"]).stdin(fs::File::open(here.join("a.csv")).unwrap());
    assert!(command.status().unwrap().success());
    let report: Value = serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
    assert_eq!((&report["files"]["source"], &report["files"]["identity"]), (&Value::Null, &a));
    feed(here, ["count", "-r", "-f", "csv", "--report", "r.json", "--force"], b"a\n1\n").ends(0);
    let report: Value = serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap();
    assert!(report["files"].get("identity").is_none());
}

#[test]
fn runs_that_fail() {
    let here = with(&[("a.csv", "a,b\n1,2\nbad\n"), ("empty.csv", "a,b\nx\ny\n"), ("good.csv", "a,b\n1,2\n")]);
    let here = here.path();
    let bad = report(here, "convert a.csv -o o.ndjson", 1);
    let error = bad["error"].as_str().unwrap();
    assert!(error.contains("a.csv: record 2") && error.contains("--ragged"), "in the words of the command: {error}");
    assert_eq!((&bad["files"]["source"], &bad["files"]["target"]), (&json!("a.csv"), &json!("o.ndjson")));
    assert!(bad["seconds"].as_f64().unwrap() > 0.0 && bad["peak_rss_bytes"].as_u64().unwrap() > 0);
    assert!(!here.join("o.ndjson").exists());
    assert!(report(here, "convert missing.csv -o o.ndjson", 3)["error"].as_str().unwrap().contains("missing.csv"));
    report(here, "convert empty.csv -o o.ndjson --on-error skip", 1);
    report(here, "convert good.csv -o o.ndjson --memory-limit 1MB", 4);
    report(here, "count -r a.csv --on-error skip --max-errors 0", 1);
    // Some inputs were left out.
    let some = report(here, "convert a.csv good.csv --out-dir out -t ndjson --keep-going", 1);
    assert_eq!(some["error"], Value::Null, "the run as a whole went well");
    assert!(some["files"]["sources"][0]["error"].is_string() && some["files"]["sources"][1]["error"].is_null());
}

#[test]
fn a_command_line_that_makes_no_sense_has_no_report() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    run(here, ["convert", "a.csv", "-o", "b.csv", "--pretty", "--report", "r.json"]).ends(2);
    assert!(!here.join("r.json").exists());
    // What is wrong here is found by the job.
    report(here, "convert a.csv -o a.csv", 2);
}

/// What was read up to the bad record that was one too many, that record included, whoever reads.
#[test]
fn a_run_with_too_many_bad_records_counts_what_it_read() {
    // Records 3, 5 and 8 are bad; the second of them is one too many.
    let here = with(&[("a.csv", "id,k\n1,a\n2,b\n3,c,xx\n4,a\n5,yyy,z\n6,a\n7,b\n8,1,2\n")]);
    let here = here.path();
    let jobs = [
        "convert a.csv -o b.ndjson",
        "convert a.csv -o b.ndjson --dedupe id",
        "sort a.csv --by k -o b.csv",
        "aggregate a.csv --by k --agg n=count() -o b.csv",
        "stats a.csv -o b.csv",
        "schema a.csv -o b.json",
        "count -r a.csv",
    ];
    for job in jobs {
        for flags in ["-j1", "-j2 --io read"] {
            let line = format!("{job} {flags} --on-error skip --max-errors 1 --report r.json");
            run(here, line.split(' ')).ends(1).says(&["record 5", "bad record 2"]);
            let report: Value = serde_json::from_slice(&fs::read(here.join("r.json")).unwrap()).unwrap();
            fs::remove_file(here.join("r.json")).unwrap();
            let counts = ["records_in", "records_failed", "bytes_failed"].map(|name| report[name].as_u64().unwrap());
            // `3,c,xx` and `5,yyy,z`, each with its line break.
            assert_eq!(counts, [5, 2, 7 + 8], "{line}");
        }
    }
}

/// Standard output may be a file, too: nothing else is written over it.
#[test]
fn what_standard_output_goes_to_is_not_written_over() {
    let here = with(&[("a.ndjson", "{\"a\":1}\nx\n{\"a\":2}\n")]);
    let here = here.path();
    for line in [
        "convert a.ndjson -t csv --on-error skip --report o.csv --force",
        "convert a.ndjson -t csv --quarantine o.csv --force",
        "head a.ndjson -t csv --on-error skip --report o.csv --force",
        "count -r a.ndjson --quarantine o.csv --force",
    ] {
        let output = fs::File::create(here.join("o.csv")).unwrap();
        let ran = command(here).args(line.split(' ')).stdout(output).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains("o.csv is also read or written by the job: standard output"), "{line}: {said}");
        assert_eq!(fs::read(here.join("o.csv")).unwrap(), b"", "{line}");
    }
}

/// A schema and a configuration are read, so they are not written over.
#[test]
fn what_a_run_reads_is_not_written_over() {
    let here = with(&[("a.ndjson", "{\"a\":1}\nx\n"), ("c.toml", "memory-limit = \"64MB\"\n")]);
    let here = here.path();
    run(here, ["schema", "a.ndjson", "--on-error", "skip", "-o", "s.json"]).ends(0);
    for (line, kept) in [
        ("convert a.ndjson --schema s.json -t json -o s.json --force", "s.json"),
        ("convert a.ndjson --schema s.json -t csv -o b.csv --on-error skip --report ./s.json --force", "s.json"),
        ("convert a.ndjson --schema s.json -t csv -o b.csv --quarantine s.json --force", "s.json"),
        ("convert a.ndjson --config c.toml -t csv -o c.toml --force", "c.toml"),
        ("count a.ndjson --config c.toml --report c.toml --force", "c.toml"),
    ] {
        let before = fs::read(here.join(kept)).unwrap();
        run(here, line.split(' ')).ends(2).says(&[kept]);
        assert_eq!(fs::read(here.join(kept)).unwrap(), before, "{line}");
    }
}
