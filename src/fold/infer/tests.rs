use crate::job::Job;
use crate::schema::{File, LEVELS};
use crate::{Format, SourceSpec, TargetSpec};

/// The schema of a source, without what is known of the values.
fn found(format: Format, text: &str) -> String {
    let job = Job::new(SourceSpec::bytes(text.to_owned()), TargetSpec::Memory).from(format).schema();
    let report = job.run().unwrap();
    let file = File::read(&report.output).unwrap();
    fn shown(nodes: &[crate::schema::Node]) -> String {
        let one = |node: &crate::schema::Node| {
            let inside = node.items.iter().chain(&node.values).find_map(|inner| inner.fields.as_ref());
            let inside =
                node.fields.as_ref().or(inside).map_or_else(String::new, |fields| format!("{{{}}}", shown(fields)));
            let null = if node.nullable { "?" } else { "" };
            format!("{} {}{null}{inside}", node.name.as_deref().unwrap_or("-"), node.shown())
        };
        nodes.iter().map(one).collect::<Vec<_>>().join(", ")
    }
    shown(&file.fields)
}

fn column(values: &[&str]) -> String {
    found(Format::Csv, &format!("a,b\n{}", values.iter().map(|value| format!("{value},x\n")).collect::<String>()))
        .trim_end_matches(", b text")
        .to_owned()
}

#[test]
fn fields_of_tables_have_the_narrowest_kind() {
    for (values, wanted) in [
        (&["1", "-128"][..], "a int8"),
        (&["1", "128"], "a int16"),
        (&["-32769"], "a int32"),
        (&["2147483648", ""], "a int64?"),
        (&["9223372036854775808"], "a uint64"),
        (&["9223372036854775808", "-1"], "a decimal(19,0)"),
        (&["18446744073709551616"], "a decimal(20,0)"),
        (&["007", "1"], "a text"),
        (&["-0"], "a text"),
        (&["1.10", "22.05"], "a decimal(4,2)"),
        (&["0.05", "-0.50"], "a decimal(2,2)"),
        (&["1.10", "1.1"], "a text"),
        (&["1.25", "1.5"], "a float64"),
        (&["1.5", "1"], "a text"),
        (&["1e300", "0.1"], "a float64"),
        (&["1e400"], "a text"),
        (&["true", "false", ""], "a bool?"),
        (&["true", "TRUE"], "a text"),
        (&["\"1\"", "2"], "a text"),
        (&["\"2024-02-29\"", "2024-03-01"], "a date"),
        (&["2023-02-29"], "a text"),
        (&["06:19:16", "23:59:59"], "a time(s)"),
        (&["06:19:16.000", "23:59:59"], "a text"),
        (&["2024-06-01T06:19:16Z"], "a timestamp(s, utc)"),
        (&["2024-06-01T06:19:16.001"], "a timestamp(ms)"),
        (&["2024-06-01T06:19:16Z", "2024-06-01T06:19:16"], "a text"),
        (&["2024-06-01T06:19:16+02:00"], "a text"),
        (&["2024-06-01", "7"], "a text"),
        (&["", ""], "a any?"),
        (&["\"\"", "1"], "a text"),
    ] {
        assert_eq!(column(values), wanted, "{values:?}");
    }
}

#[test]
fn nested_records_have_nested_types() {
    let schema = |lines: &str| found(Format::Ndjson, lines);
    assert_eq!(
        schema("{\"a\":{\"x\":1,\"y\":\"t\"},\"l\":[1,2.5]}\n{\"a\":{\"x\":300},\"l\":[],\"n\":null}\n"),
        "a record{x int16, y text?}, l list of text, n any?"
    );
    assert_eq!(
        schema("{\"v\":1}\n{\"v\":\"x\"}\n{\"v\":true}\n{\"v\":[null]}\n"),
        "v bool or int8 or text or list of any"
    );
    assert_eq!(schema("{\"v\":\"1\"}\n{\"v\":\"true\"}\n"), "v text");
    assert_eq!(schema("5\n{\"a\":1}\n"), "value int8?, a int8?");
    assert_eq!(schema("{\"l\":[{\"x\":1},{\"x\":2,\"y\":null}]}\n"), "l list of record{x int8, y any?}");
}

#[test]
fn maps_with_very_many_keys_are_maps() {
    let map = |from: usize, to: usize| {
        let keys: Vec<String> = (from..to).map(|n| format!("\"k{n}\":{n}")).collect();
        format!("{{\"m\":{{{}}}}}\n", keys.join(","))
    };
    assert_eq!(found(Format::Ndjson, &(map(0, 600) + &map(600, 1001))), "m map of int16");
    assert!(found(Format::Ndjson, &map(0, 1000)).starts_with("m record{k0 int8, k1 int8,"));
}

#[test]
fn what_is_very_deep_is_not_looked_at() {
    let deep = format!("{{\"a\":{}1{}}}\n", "[".repeat(500), "]".repeat(500));
    let shown = found(Format::Ndjson, &deep);
    assert_eq!(shown.matches("list of ").count(), LEVELS, "{shown}");
    assert!(shown.ends_with("any"), "{shown}");
}
