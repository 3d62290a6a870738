//! `pagemill stats`; what is expected was worked out by hand, or by `scripts/check_stats.py` in Python.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::support::{feed, read, run, say, with};

/// What is said about each column, from an answer in TSV without quotes in it.
fn said(here: &Path, line: &str) -> HashMap<String, HashMap<String, String>> {
    let answer = say(here, &format!("{line} -t tsv")).ends(0).stdout;
    let mut lines = answer.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|row| (row[0].clone(), names.iter().cloned().zip(row).collect())).collect()
}

/// Some fields of a column, with `/` between them.
fn some(column: &HashMap<String, String>, names: &str) -> String {
    names.split(' ').map(|name| &*column[name]).collect::<Vec<_>>().join("/")
}

const COUNTS: &str = "kind count nulls absent numbers distinct";
const MEASURES: &str = "min max sum mean stddev";
const QUANTILES: &str = "p05 p25 p50 p75 p95";

/// Values that are written alike are one, with quotes or without.
#[test]
fn the_most_frequent_values() {
    let here = with(&[("t.csv", "b,n\nx,7\n\"x\",\"7\"\ny,8\ny,8\n\"x\",\"7\"\n")]);
    let answer = say(here.path(), "stats t.csv -t ndjson").ends(0).stdout;
    let columns: Vec<serde_json::Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let top = |column: usize| (columns[column]["distinct"].to_string(), columns[column]["top"].to_string());
    assert_eq!(top(0), ("2".into(), r#"[{"count":3,"value":"x"},{"count":2,"value":"y"}]"#.into()));
    // Most of the sevens are texts.
    assert_eq!(top(1), ("2".into(), r#"[{"count":3,"value":"7"},{"count":2,"value":8}]"#.into()));
}

/// Fields inside of JSON texts are columns like others.
#[test]
fn fields_inside_texts() {
    let text = "id,c,d\n1,\"{\"\"x\"\":2,\"\"y\"\":{\"\"z\"\":true}}\",p\n2,\"{\"\"x\"\":4}\",q\n3,,\n4,5,\n";
    let here = with(&[("t.csv", text), ("none.csv", "id,c\n"), ("maps.csv", "c,d\n\"{\"\"x\"\":1}\",2\n")]);
    let here = here.path();
    let columns = said(here, "stats t.csv --parse-json c");
    assert_eq!(some(&columns["c.x"], "kind count absent min max"), "number/2/2/2/4");
    assert_eq!(some(&columns["c.y.z"], "kind count absent"), "bool/1/3");
    assert_eq!(some(&columns["c"], "kind count nulls absent max"), "number/1/1/2/5");
    let fields = |line: &str| {
        let answer = say(here, &format!("{line} -t csv")).ends(0).stdout;
        answer.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    // A column of maps alone is none; without records all are there.
    assert_eq!(fields("stats maps.csv --parse-json c"), "c.x d");
    assert_eq!(fields("stats none.csv --parse-json c"), "id c");
    assert_eq!(fields("stats t.csv --parse-json c --select c,id --rename c=m"), "m m.x m.y.z id");
}

/// The smallest and largest bytes are Base64, as bytes are in CSV and JSON.
#[test]
fn ends_of_bytes() {
    let here = with(&[]);
    let here = here.path();
    // Of bytes ff 00 and fe 01: the second one is smaller.
    fs::write(here.join("b.fixed"), [0xff, 0x00, 0xfe, 0x01]).unwrap();
    fs::write(here.join("l.fixed"), [[b'\xff'; 300], [b'\xfe'; 300]].concat()).unwrap();
    let columns = said(here, "stats b.fixed --layout b:bytes2");
    assert_eq!(some(&columns["b"], "kind count text_min text_max longest"), "bytes/2//gE=//wA=/2");
    // Of long ones the first 256 bytes: 255 of them are 340 digits.
    let columns = said(here, "stats l.fixed --layout b:bytes300");
    assert_eq!(columns["b"]["text_max"], "/".repeat(341) + "w==…");
}

/// A table of many columns with many values fits into the usual memory, whatever the number of workers.
#[test]
fn workers_leave_memory_for_the_columns() {
    let mut text = (0..60).map(|column| format!("c{column}")).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..5000u64 {
        let value = |column: u64| format!("{}.{:02}", row * 7919 % 100_003 + column, row % 97);
        text += &((0..60).map(value).collect::<Vec<_>>().join(",") + "\n");
    }
    let here = with(&[("t.csv", &text)]);
    let once = say(here.path(), "stats t.csv -t csv -j 1").ends(0).stdout;
    assert_eq!(say(here.path(), "stats t.csv -t csv -j 16 --slice-size 20000").ends(0).stdout, once);
}

#[test]
fn few_values_are_described_exactly() {
    // 2, 4, 4, 4, 5, 5, 7, 9: the mean is 5, and the squares of the differences add up to 32; √(32 / 7).
    let here = with(&[(
        "t.csv",
        "x,far,text,mixed,null\n2,1e30,b,1,\n4,1e-30,a,n/a,\n4,-1e30,ab,2.50,\n4,0,,\"3\",\n5,-0,\"\",007,\n5,0.0,b,NaN,\n7,,b,,\n9,,b,,\n",
    )]);
    let columns = said(here.path(), "stats t.csv");
    assert_eq!(some(&columns["x"], COUNTS), "number/8/0/0/8/5");
    assert_eq!(some(&columns["x"], MEASURES), "2/9/40/5/2.1380899352993951");
    // Ranks 1, 2, 4, 6 and 8.
    assert_eq!(some(&columns["x"], QUANTILES), "2/4/4/5/9");
    let far = &columns["far"];
    assert_eq!(some(far, COUNTS), "number/6/2/0/6/6");
    // Of 0, 0.0 and -0, which are equal, the shortest is the smallest.
    assert_eq!(some(far, "min max sum p50"), "-1e30/1e30/0.000000000000000000000000000001/0.0");
    assert_eq!(some(far, "mean"), "0.00000000000000000000000000000016666666666666667");
    assert_eq!(some(&columns["text"], COUNTS), "text/7/1/0/0/4");
    assert_eq!(some(&columns["text"], "min sum text_min text_max longest"), "//\"\"/b/2");
    let mixed = &columns["mixed"];
    // A quoted 3 is a text, and a number for calculations.
    assert_eq!(some(mixed, COUNTS), "mixed/6/2/0/3/6");
    assert_eq!(some(mixed, MEASURES), "1/3/6.50/2.1666666666666667/1.0408329997330664");
    assert_eq!(some(mixed, "text_min text_max longest"), "007/n/a/4");
    assert_eq!(some(&columns["null"], COUNTS), "empty/0/8/0/0/0");
    assert_eq!(some(&columns["null"], "min longest histogram"), "//");
    let top = say(here.path(), "stats t.csv --select text -t ndjson").ends(0).stdout;
    let expected = "\"top\":[{\"value\":\"b\",\"count\":4},{\"value\":\"\",\"count\":1},{\"value\":\"a\",\"count\":1},{\"value\":\"ab\",\"count\":1}]}\n";
    assert!(top.ends_with(expected), "{top}");
}

#[test]
fn many_values_have_bounds() {
    let mut text = String::from("x,u\n");
    (0..10_000).for_each(|n| text += &format!("{}.{:02},user {}\n", n / 100, n % 100, n % 5000));
    let here = with(&[("t.csv", &text)]);
    let here = here.path();
    let columns = said(here, "stats t.csv --report r.json");
    let x = &columns["x"];
    assert_eq!(some(x, "kind count distinct top"), "number/10000//");
    // The variance of 0 to n-1 is n (n + 1) / 12.
    assert_eq!(some(x, MEASURES), "0.00/99.99/499950.00/49.995/28.868956799071675");
    // Ranks 500, 2500, 5000, 7500 and 9500: 4.99, 24.99, 49.99, 74.99, 94.99.
    assert_eq!(some(x, "approx_p05 approx_p25 approx_p50 approx_p75 approx_p95"), "4.99/25/50/75/95");
    assert_eq!(some(&columns["u"], "text_min text_max longest"), "user 0/user 999/9");
    let same = say(here, "aggregate t.csv --agg a=approx_distinct(x),b=approx_distinct(u) -t ndjson").ends(0).stdout;
    let (a, b) = (&x["approx_distinct"], &columns["u"]["approx_distinct"]);
    assert_eq!(same, format!("{{\"a\":{a},\"b\":{b}}}\n"));
    let report: serde_json::Value = serde_json::from_str(&read(here, "r.json")).unwrap();
    assert_eq!(report["bounds"][0]["field"], "approx_distinct");
    assert_eq!(
        (&report["command"], &report["records_in"], &report["records_out"]),
        (&"stats".into(), &10_000.into(), &2.into())
    );
    // 4096 different values are few, and one more is many.
    for (count, few) in [(4096, true), (4097, false)] {
        let text: String = (0..count).map(|n| format!("{n}\n")).collect();
        fs::write(here.join("n.csv"), format!("n\n{text}{text}")).unwrap();
        let columns = said(here, "stats n.csv");
        assert_eq!(columns["n"]["distinct"], if few { "4096" } else { "" });
        assert_eq!(columns["n"]["approx_distinct"].is_empty(), few);
    }
}

#[test]
fn the_same_bytes_by_every_way() {
    let mut text = String::from("k,x,y,z\n");
    for n in 0..9000 {
        let z = if n % 100 == 0 { format!("{n}e{}", n % 40) } else { format!("{}.{}", n * 7919 % 10_007, n % 1000) };
        text += &format!("k{},{}.{:02},\"u{}\",{z}\n", n * 7 % 11, n * 13 % 97, n % 100, n * 31 % 5003);
    }
    let mut lines = String::new();
    for (n, line) in text.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let more = if n % 700 == 699 { format!(",\"new{n}\":true") } else { String::new() };
        lines += &format!("{{\"k\":\"{}\",\"m\":{{\"x\":{}}},\"z\":{}{more}}}\n", fields[0], fields[1], fields[3]);
    }
    let here = with(&[("t.csv", &text), ("t.ndjson", &lines)]);
    let here = here.path();
    let (first, second) = text.split_at(text.match_indices('\n').nth(1500).unwrap().0 + 1);
    fs::write(here.join("1.csv"), first).unwrap();
    fs::write(here.join("2.csv"), format!("k,x,y,z\n{second}")).unwrap();
    let expected = run(here, ["stats", "t.csv"]).ends(0).stdout;
    let nested = run(here, ["stats", "t.ndjson"]).ends(0).stdout;
    let names: Vec<&str> = nested.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(names[..6], ["field", "k", "m.x", "z", "new699", "new1399"]);
    for workers in ["1", "2", "7"] {
        for size in ["1", "100", "4KiB", "1MiB"] {
            let flags = ["-j", workers, "--slice-size", size];
            for inputs in [&["t.csv"][..], &["t.csv", "--io", "read"], &["1.csv", "2.csv"]] {
                let line = ["stats"].iter().chain(inputs).chain(&flags);
                assert_eq!(run(here, line).ends(0).stdout, expected, "{workers} {size} {inputs:?}");
            }
            let line = ["stats", "t.ndjson"].iter().chain(&flags);
            assert_eq!(run(here, line).ends(0).stdout, nested, "{workers} {size}");
        }
        let line = ["stats", "-", "-f", "csv", "-j", workers];
        assert_eq!(feed(here, line, text.as_bytes()).ends(0).stdout, expected);
    }
    run(here, ["convert", "t.csv", "-o", "t.csv.zst"]).ends(0);
    assert_eq!(run(here, ["stats", "t.csv.zst"]).ends(0).stdout, expected);
    assert_eq!(run(here, ["stats", "t.csv", "--memory-limit", "16MB"]).ends(0).stdout, expected);
    // A table gives what its records in lines do.
    run(here, ["convert", "t.csv", "-o", "same.ndjson"]).ends(0);
    let same = run(here, ["stats", "same.ndjson"]).ends(0).stdout;
    assert_eq!(same, expected);
}

#[test]
fn nested_fields_and_several_inputs() {
    let here = with(&[
        ("a.csv", "id,x\n1,a\n2,b\n"),
        ("b.csv", "x,y\nc,5\n"),
        ("none.csv", "p,q\n"),
        (
            "n.ndjson",
            "{\"a\":{\"b\":1,\"l\":[1,2]},\"s\":\"00123\"}\n{\"s\":\"12\",\"a\":{\"b\":true},\"n\":null}\n{\"m\":{}}\n",
        ),
        ("empty.ndjson", ""),
    ]);
    let here = here.path();
    let columns = said(here, "stats n.ndjson");
    assert_eq!(some(&columns["a.b"], COUNTS), "mixed/2/0/1/1/2");
    assert_eq!(some(&columns["a.b"], "min text_min longest"), "1/true/4");
    assert_eq!(some(&columns["a.l"], COUNTS), "list/1/0/2/0/0");
    assert_eq!(some(&columns["m"], COUNTS), "map/1/0/2/0/0");
    assert_eq!(some(&columns["n"], COUNTS), "empty/0/1/2/0/0");
    assert_eq!(some(&columns["s"], COUNTS), "text/2/0/1/1/2");
    let both = say(here, "stats a.csv b.csv none.csv -t table").ends(0).stdout;
    let kinds: Vec<String> =
        both.lines().map(|line| line.split_whitespace().take(5).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        kinds,
        [
            "field kind count nulls absent",
            "id number 2 0 1",
            "x text 3 0 0",
            "y number 1 0 2",
            "p empty 0 0 3",
            "q empty 0 0 3"
        ]
    );
    assert_eq!(said(here, "stats none.csv").len(), 2);
    assert_eq!(said(here, "stats empty.ndjson").len(), 0);
    assert_eq!(say(here, "stats empty.ndjson -t json").ends(0).stdout, "[]\n");
    // A field that only some inputs have can be named.
    assert_eq!(some(&said(here, "stats a.csv b.csv --select y,x")["y"], COUNTS), "number/1/0/2/1/1");
    say(here, "stats a.csv b.csv --select z").ends(2);
}

#[test]
fn records_are_chosen_and_changed_before() {
    let here = with(&[("t.csv", "a,b\n1,x\n2,NA\nbad\n3,y\n")]);
    let here = here.path();
    say(here, "stats t.csv").ends(1).says(&["record 3"]);
    let columns = said(here, "stats t.csv --on-error skip --where a<3 --set c=a*1.5 --null NA --rename b=d --drop a");
    assert_eq!(columns.len(), 2);
    assert_eq!(some(&columns["c"], "count sum"), "2/4.5");
    assert_eq!(some(&columns["d"], "count nulls"), "1/1");
    say(here, "stats t.csv --quarantine q.ndjson").ends(0);
    assert!(read(here, "q.ndjson").contains("\"record\":3"));
    assert_eq!(some(&said(here, "stats t.csv --limit 2")["a"], "count max"), "2/2");
    assert_eq!(some(&said(here, "stats t.csv --on-error skip --tail 1")["a"], "count max"), "1/3");
    assert_eq!(some(&said(here, "stats t.csv --on-error skip --types text")["a"], "kind numbers"), "text/3");
    // The first record is data, and the answer has a header all the same.
    assert_eq!(some(&said(here, "stats t.csv -n --on-error skip")["column_1"], "kind count"), "mixed/4");
    let explained = say(here, "stats t.csv --explain").ends(0).stdout;
    assert!(explained.contains("records          decoded and described\n"), "{explained}");
    // An answer loses nothing.
    say(here, "stats t.csv --on-error skip --strict").ends(0);
}

#[test]
fn answers_in_every_format() {
    let here = with(&[("t.csv", "<a>,b\n1,<b>\n2,c\n")]);
    let here = here.path();
    for extension in ["csv", "tsv", "json", "ndjson", "html", "svg", "txt"] {
        say(here, &format!("stats t.csv -o o.{extension}")).ends(0);
        assert!(read(here, &format!("o.{extension}")).contains("number") == (extension != "svg"), "{extension}");
        say(here, &format!("stats t.csv -o o.{extension}")).ends(2).says(&["exists"]);
    }
    let (page, picture) = (read(here, "o.html"), read(here, "o.svg"));
    assert!(page.contains("<h2>&lt;a&gt;</h2>") && page.contains("prefers-color-scheme: dark"));
    for text in [&page, &picture] {
        assert!(text.contains("&lt;b&gt;") && !text.contains("<b>") && !text.contains("<a>"), "{text}");
        assert!(!text.replace("http://www.w3.org/2000/svg", "").contains("http"), "nothing is from elsewhere");
    }
    for (line, why) in [
        ("-t xml", "xml"),
        ("-o o.xml", "xml"),
        ("--op wordcount", "`--op wordcount` has no effect"),
        ("--columns a", "--columns"),
        ("--pretty", "--pretty"),
        ("--out-delimiter tab", "--out-delimiter"),
        ("--selct b", "--select"),
    ] {
        say(here, &format!("stats t.csv {line}")).ends(2).says(&[why]);
    }
}

#[test]
fn long_texts_and_many_columns() {
    let long = "é".repeat(200_000);
    let names: Vec<String> = (0..10_000).map(|n| format!("c{n}")).collect();
    let row: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let here = with(&[("l.csv", &format!("t\n{long}\n{long}x\nb\n"))]);
    let here = here.path();
    let column = &said(here, "stats l.csv")["t"];
    // Together they are too long to be kept.
    assert_eq!(some(column, "count distinct approx_distinct text_min longest"), "3//3/b/200001");
    assert_eq!(column["text_max"], format!("{}…", "é".repeat(128)));
    fs::write(here.join("w.csv"), format!("{}\n{}\n{}\n", names.join(","), row.join(","), row.join(","))).unwrap();
    assert_eq!(said(here, "stats w.csv")["c9999"]["sum"], "19998");
    let many: String = (0..5000).map(|n| format!("{}\n", vec![n.to_string(); 1000].join(","))).collect();
    fs::write(here.join("m.csv"), format!("{}\n{many}", names[..1000].join(","))).unwrap();
    say(here, "stats m.csv --memory-limit 24MB -j 2").ends(4).says(&["statistics of columns", "--select"]);
}
