//! `pagemill schema` and `--schema`; what is expected was worked out by hand, or by `scripts/check_schema.py` with other
//! programs.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{run, say, with};

const TRIPS: &str = "id,fare,zip,at,day,member,note\n1,1.10,007,2024-06-01T06:19:16Z,2024-06-01,true,\n200,22.05,1,2024-06-01T06:19:17Z,2024-02-29,false,\"12\"\n";

/// The kinds of fields, from an answer in JSON.
fn kinds(answer: &str) -> Vec<(String, String, bool)> {
    let schema: Value = serde_json::from_str(answer).unwrap();
    let text = |field: &Value, key: &str| field[key].as_str().unwrap().to_owned();
    let fields = schema["fields"].as_array().unwrap().iter();
    fields.map(|field| (text(field, "name"), text(field, "kind"), field["nullable"] == true)).collect()
}

#[test]
fn a_schema_is_printed_and_read_back() {
    let here = with(&[("t.csv", TRIPS)]);
    let answer = say(here.path(), "schema t.csv").ends(0).stdout;
    let schema: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&schema["schema"], &schema["records"]), (&json!(1), &json!(2)));
    let fare = &schema["fields"][1];
    assert_eq!(
        *fare,
        json!({"name": "fare", "kind": "decimal", "nullable": false, "precision": 4, "scale": 2,
            "seen": {"values": 2, "nulls": 0, "absent": 0, "min": "1.10", "max": "22.05", "approx_distinct": 2, "longest": 5}})
    );
    let found = kinds(&answer);
    let found: Vec<&str> = found.iter().map(|(_, kind, _)| &**kind).collect();
    assert_eq!(found, ["int16", "decimal", "text", "timestamp", "date", "bool", "text"]);
    say(here.path(), "schema t.csv -o s.json").ends(0);
    let lines = say(here.path(), "convert t.csv -t ndjson --schema s.json --strict").ends(0).stdout;
    assert_eq!(
        lines,
        "{\"id\":1,\"fare\":1.10,\"zip\":\"007\",\"at\":\"2024-06-01T06:19:16Z\",\"day\":\"2024-06-01\",\"member\":true,\"note\":null}\n\
         {\"id\":200,\"fare\":22.05,\"zip\":\"1\",\"at\":\"2024-06-01T06:19:17Z\",\"day\":\"2024-02-29\",\"member\":false,\"note\":\"12\"}\n"
    );
    // What was written has the same schema.
    fs::write(here.path().join("t.ndjson"), lines).unwrap();
    assert_eq!(kinds(&say(here.path(), "schema t.ndjson").ends(0).stdout), kinds(&answer));
}

#[test]
fn each_form_by_name_or_extension() {
    let here = with(&[("my-trips.csv", TRIPS)]);
    let table = say(here.path(), "schema my-trips.csv -t table").ends(0).stdout;
    assert!(table.starts_with("field   kind               nullable  values  nulls  absent  distinct  min "), "{table}");
    assert!(table.contains("\nfare    decimal(4,2)       no             2      0       0  ~2        1.10 "), "{table}");
    say(here.path(), "schema my-trips.csv -o s.avsc").ends(0);
    let avro: Value = serde_json::from_str(&fs::read_to_string(here.path().join("s.avsc")).unwrap()).unwrap();
    assert_eq!((&avro["type"], &avro["name"]), (&json!("record"), &json!("my_trips")));
    assert_eq!(avro["fields"][6], json!({"name": "note", "type": ["null", "string"], "default": null}));
    assert_eq!(
        avro["fields"][1]["type"],
        json!({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2})
    );
    let by_avro = say(here.path(), "convert my-trips.csv -t ndjson --schema s.avsc --strict").ends(0).stdout;
    say(here.path(), "schema my-trips.csv -o s.json").ends(0);
    assert_eq!(say(here.path(), "convert my-trips.csv -t ndjson --schema s.json").ends(0).stdout, by_avro);
    for (form, wanted) in [
        ("proto", "message MyTrips {\n  int32 id = 1;\n  string fare = 2;\n"),
        (
            "postgres",
            "CREATE TABLE \"my-trips\" (\n    \"id\" smallint NOT NULL,\n    \"fare\" numeric(4,2) NOT NULL,\n",
        ),
        ("duckdb", "    \"at\" TIMESTAMP WITH TIME ZONE NOT NULL,\n"),
        ("json-schema", "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""),
        ("arrow", "\"bitWidth\": 16"),
    ] {
        let text = say(here.path(), &format!("schema my-trips.csv -t {form}")).ends(0).stdout;
        assert!(text.contains(wanted), "{form}: {text}");
    }
    let said = say(here.path(), "schema my-trips.csv -o s.sql").ends(2).stderr;
    assert!(said.contains("--to postgres or --to duckdb"), "{said}");
    let said = say(here.path(), "schema my-trips.csv -o s.json").ends(2).stderr;
    assert!(said.contains("exists already"), "{said}");
}

#[test]
fn values_get_the_kinds_of_the_schema() {
    let schema = r#"{"schema":1,"fields":[
        {"name":"i","kind":"int8"},
        {"name":"d","kind":"decimal","precision":4,"scale":2},
        {"name":"f","kind":"float64","nullable":true},
        {"name":"b","kind":"bool","nullable":true},
        {"name":"t","kind":"timestamp","unit":"ms","utc":true,"nullable":true}]}"#;
    let here = with(&[
        ("s.json", schema),
        ("t.csv", "i,d,f,b,t\n007,1.5,1.10,TRUE,2024-06-01 08:19:16+02:00\n1,1.50,1e22,,\n"),
        (
            "wrong.csv",
            "i,d,f,b,t\n1,1.50,,,\n128,1,,,\n1,1.555,,,\n,1,,,\n1,1,x,,\n1,1,,yes,\n1,1,,,2024-06-01T06:19:16\n",
        ),
    ]);
    let done = say(here.path(), "convert t.csv -t ndjson --schema s.json").ends(0);
    assert_eq!(
        done.stdout,
        "{\"i\":7,\"d\":1.50,\"f\":1.1,\"b\":true,\"t\":\"2024-06-01T06:19:16.000Z\"}\n{\"i\":1,\"d\":1.50,\"f\":1e22,\"b\":null,\"t\":null}\n"
    );
    assert!(done.stderr.contains("5 values that mean the same but are written in another way"), "{}", done.stderr);
    let said = say(here.path(), "convert t.csv -t ndjson --schema s.json --strict").ends(1).stderr;
    assert!(said.contains("spelling_changed"), "{said}");
    let said = say(here.path(), "convert wrong.csv -t ndjson --schema s.json").ends(1).stderr;
    assert!(said.contains("the field `i` is `128`, which is not int8"), "{said}");
    assert!(said.contains("record 2"), "{said}");
    let done = say(here.path(), "convert wrong.csv -o o.ndjson --schema s.json --on-error quarantine").ends(0);
    assert!(done.stderr.contains("6"), "{}", done.stderr);
    let kept = fs::read_to_string(here.path().join("o.ndjson.quarantine.ndjson")).unwrap();
    for wanted in [
        "the field `i` is `128`, which is not int8",
        "the field `d` is `1.555`, which is not decimal(4,2)",
        "the field `i` is null, and the schema does not allow that",
        "the field `f` is `x`, which is not float64",
        "the field `b` is `yes`, which is not bool",
        "which is not timestamp(ms, utc)",
    ] {
        assert!(kept.contains(wanted), "{wanted}: {kept}");
    }
    // Repaired records get the same kinds.
    let lines = kept.lines().filter(|line| !line.contains("reason") || line.contains("1.555"));
    let repaired: Vec<String> = lines.map(|line| line.replace("\"raw\":", "\"text\":\"1,1.5,,,\",\"was\":")).collect();
    fs::write(here.path().join("q.ndjson"), repaired.join("\n") + "\n").unwrap();
    let again = say(here.path(), "replay q.ndjson -t ndjson").ends(0);
    assert_eq!(again.stdout, "{\"i\":1,\"d\":1.50,\"f\":null,\"b\":null,\"t\":null}\n");
}

#[test]
fn nested_records_get_the_kinds_of_the_schema() {
    let lines =
        "{\"a\":{\"x\":1,\"y\":[\"2024-06-01\"]},\"u\":5}\n{\"a\":{\"x\":2,\"y\":[]},\"u\":\"five\",\"more\":true}\n";
    let here = with(&[("t.ndjson", lines)]);
    say(here.path(), "schema t.ndjson -o s.json").ends(0);
    assert_eq!(say(here.path(), "convert t.ndjson -t ndjson --schema s.json --strict").ends(0).stdout, lines);
    let wrong = [
        ("{\"a\":{\"x\":300,\"y\":[]},\"u\":5}", "the field `a.x` is `300`, which is not int8"),
        ("{\"a\":{\"x\":3,\"y\":[\"2024-13-01\"]},\"u\":5}", "the field `a.y[]` is `2024-13-01`, which is not date"),
        ("{\"a\":{\"y\":[]},\"u\":5}", "the field `a.x` is missing"),
        ("{\"a\":{\"x\":3,\"y\":[]},\"u\":true}", "the field `u` is `true`, which is not int8 or text"),
        ("{\"a\":7,\"u\":5}", "the field `a` is `7`, which is not a record"),
        ("{\"u\":5}", "the field `a` is missing"),
        ("7", "the schema has no field `value`"),
    ];
    for (line, wanted) in wrong {
        fs::write(here.path().join("w.ndjson"), line).unwrap();
        let said = say(here.path(), "convert w.ndjson -t ndjson --schema s.json").ends(1).stderr;
        assert!(said.contains(wanted), "{line}: {said}");
    }
    // A table has fields of records as columns, and lists as JSON.
    fs::write(here.path().join("t.csv"), "a.x,a.y,u\n1,\"[\"\"2024-06-01\"\"]\",5\n").unwrap();
    let table = say(here.path(), "convert t.csv -t ndjson --schema s.json --unflatten").ends(0).stdout;
    assert_eq!(table, "{\"a\":{\"x\":1,\"y\":[\"2024-06-01\"]},\"u\":5}\n");
}

#[test]
fn fields_that_the_schema_lacks_are_left_out_and_counted() {
    let schema = r#"{"schema":1,"fields":[{"name":"a","kind":"int8"},{"name":"n","kind":"text","nullable":true}]}"#;
    let here = with(&[
        ("s.json", schema),
        ("t.csv", "a,b,c\n1,2,3\n4,5,6\n"),
        ("t.ndjson", "{\"a\":1,\"b\":2}\n{\"a\":4,\"n\":\"x\",\"c\":{\"d\":1}}\n"),
        ("other.csv", "x,y\n1,2\n"),
    ]);
    let done = say(here.path(), "convert t.csv -t csv --schema s.json").ends(0);
    assert_eq!(done.stdout, "a\n1\n4\n");
    assert!(
        done.stderr.contains("4 fields left out because the schema has no such field (field_not_in_schema)"),
        "{}",
        done.stderr
    );
    let done = say(here.path(), "convert t.ndjson -t ndjson --schema s.json").ends(0);
    assert_eq!(done.stdout, "{\"a\":1}\n{\"a\":4,\"n\":\"x\"}\n");
    assert!(done.stderr.contains("2 fields left out"), "{}", done.stderr);
    say(here.path(), "convert t.csv -t csv --schema s.json --strict").ends(1);
    say(here.path(), "convert t.ndjson -t ndjson --schema s.json --strict").ends(1);
    let said = say(here.path(), "convert other.csv -t csv --schema s.json").ends(1).stderr;
    assert!(said.contains("the source has no field `a`"), "{said}");
    // Steps make fields, and may leave others out.
    let steps = "convert t.csv -t ndjson --schema s.json --set m=a+1 --select m --source-column f";
    assert_eq!(say(here.path(), steps).ends(0).stdout, "{\"m\":2}\n{\"m\":5}\n");
    let steps = "convert t.ndjson -t ndjson --schema s.json --set m=a+1 --select m --source-column f";
    assert_eq!(say(here.path(), steps).ends(0).stdout, "{\"m\":2}\n{\"m\":5}\n");
}

#[test]
fn what_is_no_schema_is_refused_with_its_place() {
    let here = with(&[
        ("t.csv", "a\n1\n"),
        ("cut.json", "{\"schema\":1,\n\"fields\":[{\"name\":\"a\",\n"),
        ("kind.json", r#"{"schema":1,"fields":[{"name":"a","kind":"number"}]}"#),
        ("loop.avsc", r#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"]}]}"#),
    ]);
    for (file, wanted) in [
        ("cut.json", "cut.json: line 3, column 0"),
        ("kind.json", "the field `a`: there is no kind `number`"),
        ("loop.avsc", "the type `R` is inside itself"),
        ("none.json", "none.json: "),
        ("t.csv", "it is not JSON"),
    ] {
        let said = say(here.path(), &format!("convert t.csv -t csv --schema {file}")).ends(2).stderr;
        assert!(said.contains(wanted), "{file}: {said}");
    }
    let said = say(here.path(), "convert t.csv -t csv --schema kind.json --types a=text").ends(2).stderr;
    assert!(said.contains("kind"), "{said}");
}

/// Workers, slices and the way of reading don't change a byte.
#[test]
fn the_schema_is_the_same_however_it_is_found() {
    let mut lines = String::new();
    for n in 0..3000u64 {
        let id = n * 7919 % 3001;
        lines += &match n % 5 {
            0 => format!("{{\"id\":{id},\"t\":\"v{id}\"}}\n"),
            1 => format!("{{\"x{}\":{id}.5,\"id\":{id}}}\n", n % 40),
            2 => format!("{{\"m\":{{\"k{id}\":{id}}},\"l\":[{id},\"{id}\"]}}\n"),
            3 => format!("{{\"t\":{id},\"id\":-{id}}}\n"),
            _ => format!("{{\"d\":\"2024-01-{:02}\",\"m\":null}}\n", 1 + n % 28),
        };
    }
    let here = with(&[("t.ndjson", &lines)]);
    let once = say(here.path(), "schema t.ndjson -j 1").ends(0).stdout;
    assert!(once.contains("\"kind\":\"union\"") && once.contains("\"name\":\"x36\""), "{once}");
    for flags in
        ["-j 7 --slice-size 100", "-j 2 --slice-size 4096 --io read", "-j 3 --slice-size 20000 --memory-limit 40MB"]
    {
        assert_eq!(say(here.path(), &format!("schema t.ndjson {flags}")).ends(0).stdout, once, "{flags}");
    }
    let halves: Vec<&str> = lines.split_inclusive('\n').collect();
    fs::write(here.path().join("a.ndjson"), halves[..1234].concat()).unwrap();
    fs::write(here.path().join("b.ndjson"), halves[1234..].concat()).unwrap();
    assert_eq!(say(here.path(), "schema a.ndjson b.ndjson").ends(0).stdout, once);
}

#[test]
fn thousands_of_fields_fit_into_the_usual_memory() {
    let names: Vec<String> = (0..1000).map(|n| format!("c{n}")).collect();
    let row = |row: u64| (0..1000).map(|n| (n * row % 977).to_string()).collect::<Vec<_>>().join(",");
    let text = format!("{}\n{}\n", names.join(","), (0..300).map(row).collect::<Vec<_>>().join("\n"));
    let deep = format!("{}1{}\n", "{\"a\":[".repeat(400), "]}".repeat(400));
    let here = with(&[("t.csv", &text), ("deep.ndjson", &deep.repeat(50))]);
    assert_eq!(kinds(&say(here.path(), "schema t.csv --strict-memory").ends(0).stdout).len(), 1000);
    let found = say(here.path(), "schema deep.ndjson --memory-limit 32MB --strict-memory").ends(0).stdout;
    assert!(found.contains("\"kind\":\"any\""), "{found}");
    let said = say(here.path(), "schema t.csv --max-keys 999").ends(1).stderr;
    assert!(said.contains("999"), "{said}");
}

/// A field as Python would write what it reads: an oracle of its own, with regular expressions.
fn gives_back(kind: &Value, text: &str) -> bool {
    let matches = |pattern: &str| regex::Regex::new(pattern).unwrap().is_match(text);
    let digits = || text.bytes().filter(u8::is_ascii_digit).count() - usize::from(matches("^-?0"));
    match kind["kind"].as_str().unwrap() {
        "bool" => text == "true" || text == "false",
        "int8" => text.parse::<i8>().is_ok_and(|n| n.to_string() == text),
        "int16" => text.parse::<i16>().is_ok_and(|n| n.to_string() == text),
        "int32" => text.parse::<i32>().is_ok_and(|n| n.to_string() == text),
        "int64" => text.parse::<i64>().is_ok_and(|n| n.to_string() == text),
        "uint64" => text.parse::<u64>().is_ok_and(|n| n.to_string() == text),
        "float64" => text.parse::<f64>().is_ok_and(|n| format!("{n:?}") == text),
        "decimal" => {
            let (precision, scale) = (kind["precision"].as_u64().unwrap(), kind["scale"].as_u64().unwrap());
            let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            let shaped = matches(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$") && !matches(r"^-[0.]+$");
            shaped && fraction as u64 == scale && digits() as u64 <= precision
        }
        "date" => text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text),
        "time" => matches(r"^\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?$"),
        "timestamp" => matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z?$"),
        "text" => true,
        other => panic!("{other}"),
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,4}",
        "-?[0-9]{1,21}",
        r"-?[0-9]{1,3}\.[0-9]{2}",
        r"-?[0-9]{1,3}\.[0-9]{1,18}",
        r"-?[0-9]e-?[0-9]{1,3}",
        "(true|false|TRUE)",
        "(20[0-9]{2}|0000)-[01][0-9]-[0-3][0-9]",
        r"20[0-9]{2}-0[1-9]-1[0-9]T[012][0-9]:[0-6]0:00(\.000|\.5)?Z?",
        r"[012][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{3})?",
        "[a-z ]{1,5}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_value_is_given_back(columns in proptest::collection::vec((value(), proptest::collection::vec(value(), 3), 0..4usize), 8)) {
        // Most columns have values of one shape, and some have others too.
        let header: Vec<String> = (0..columns.len()).map(|n| format!("c{n}")).collect();
        let row = |row: usize| -> Vec<String> {
            columns.iter().map(|(one, more, others)| if row < *others { more[row % 3].clone() } else { one.clone() }).collect()
        };
        let rows: Vec<Vec<String>> = (0..5).map(row).collect();
        let lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let here = with(&[("t.csv", &format!("{}\n{}\n", header.join(","), lines.join("\n")))]);
        let answer = say(here.path(), "schema t.csv").ends(0).stdout;
        let schema: Value = serde_json::from_str(&answer).unwrap();
        for row in &rows {
            for (column, text) in row.iter().enumerate() {
                let kind = &schema["fields"][column];
                prop_assert!(gives_back(kind, text), "{} is {}", text, kind);
            }
        }
        fs::write(here.path().join("s.json"), &answer).unwrap();
        let done = run(here.path(), ["convert", "t.csv", "-t", "ndjson", "--schema", "s.json", "--strict"]);
        let lines: Vec<&str> = done.stdout.lines().collect();
        prop_assert_eq!(lines.len(), rows.len(), "{}", done.stderr);
        for (line, row) in lines.iter().zip(&rows) {
            // Each value's own text, in quotes or without.
            let inner = line.trim_start_matches('{').trim_end_matches('}');
            let pairs = inner.split(",\"c").map(|pair| pair.split_once(':').unwrap().1.trim_matches('"'));
            prop_assert_eq!(pairs.collect::<Vec<_>>(), row.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
