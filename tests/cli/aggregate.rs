//! `pagemill aggregate`; what is expected was worked out by hand.

use std::fs;

use serde_json::{Value, json};

use crate::support::{feed, read, run, say, with};

const TRIPS: &str = "city,fare,user\nBern,1.10,a\nRome,7,b\n\"Bern\",2,a\n,5,c\nBern,,c\nRome,7.0,a\n";

/// The rows of a result in CSV.
fn rows(text: &str, args: &[&str]) -> String {
    let here = with(&[("t.csv", text)]);
    run(here.path(), ["aggregate", "t.csv"].iter().chain(args)).ends(0).stdout
}

#[test]
fn groups_come_in_the_order_of_their_first_records() {
    let all = "n=count(), c=count(fare), s=sum(fare), m=mean(fare), lo=min(fare), hi=max(fare)";
    assert_eq!(
        rows(TRIPS, &["--by", "city", "--agg", all]),
        "city,n,c,s,m,lo,hi\nBern,3,2,3.10,1.55,1.10,2\nRome,2,2,14.0,7,7,7\n,1,1,5,5,5,5\n"
    );
    assert_eq!(
        rows(
            TRIPS,
            &["--by", "city", "--agg", "f=first(user),l=last(user),a=any(fare),d=distinct(user),mo=mode(user)"]
        ),
        "city,f,l,a,d,mo\nBern,a,c,1.10,2,a\nRome,b,a,7,2,b\n,c,c,5,1,c\n"
    );
    // 2 + 4 + 4 + 4 + 5 + 5 + 7 + 9: the mean is 5, and the squares of the differences add up to 32; √(32 / 7).
    let numbers = "x\n2\n4\n4\n4\n5\n5\n7\n9\n";
    assert_eq!(
        rows(numbers, &["--agg", "stddev(x),median(x),q=quantile(x,0.9),top(x,2)"]),
        "stddev(x),median(x),q,\"top(x,2)\"\n2.1380899352993951,4,9,\"[4,5]\"\n"
    );
    // Lists are only in the result.
    assert_eq!(rows(numbers, &["--agg", "t=top(x,2)", "-t", "tsv", "--join-lists", "|"]), "t\n4|5\n");
    // Groups by several values: (a, bc) is not (ab, c).
    assert_eq!(rows("x,y\na,bc\nab,c\na,bc\n", &["--by", "x,y", "--agg", "n=count()"]), "x,y,n\na,bc,2\nab,c,1\n");
    // A third, in seventeen digits, and numbers that no floating-point number holds beside each other.
    assert_eq!(
        rows("x\n1e30\n1e-30\n-1e30\n", &["--agg", "s=sum(x),m=mean(x)"]),
        "s,m\n0.000000000000000000000000000001,0.00000000000000000000000000000033333333333333333\n"
    );
    assert_eq!(rows("x\n", &["--agg", "n=count(),s=sum(x),d=distinct(x)"]), "n,s,d\n0,,0\n");
    assert_eq!(rows("x\n", &["--by", "x", "--agg", "n=count()"]), "x,n\n");
}

#[test]
fn the_same_bytes_by_every_way() {
    let mut text = String::from("k,x,y\n");
    for n in 0..3000 {
        text += &format!("k{},{}.{:02},\"u{}\"\n", n * 7 % 11, n * 13 % 97, n % 100, n * 31 % 53);
    }
    let here = with(&[("t.csv", &text)]);
    let here = here.path();
    let (first, second) = text.split_at(text.match_indices('\n').nth(1500).unwrap().0 + 1);
    fs::write(here.join("1.csv"), first).unwrap();
    fs::write(here.join("2.csv"), format!("k,x,y\n{second}")).unwrap();
    let agg = "n=count(),s=sum(x*1.1),m=mean(x),sd=stddev(x),lo=min(x),hi=max(x),q=quantile(x,0.95),d=distinct(y),mo=mode(y),t=top(y,3),f=first(y),l=last(x),ad=approx_distinct(y),aq=approx_quantile(x,0.5)";
    let asked = ["--by", "k", "--agg", agg];
    let expected = run(here, ["aggregate", "t.csv"].iter().chain(&asked)).ends(0).stdout;
    assert_eq!(expected.lines().count(), 12);
    for workers in ["1", "2", "7"] {
        for size in ["1", "100", "4KiB", "1MiB"] {
            for inputs in [&["t.csv"][..], &["t.csv", "--io", "read"], &["1.csv", "2.csv"]] {
                let flags = ["-j", workers, "--slice-size", size];
                let line = ["aggregate"].iter().chain(inputs).chain(&asked).chain(&flags);
                assert_eq!(run(here, line).ends(0).stdout, expected, "{workers} {size} {inputs:?}");
            }
        }
        let start = ["aggregate", "-", "-f", "csv", "-j", workers];
        assert_eq!(feed(here, start.iter().chain(&asked), text.as_bytes()).ends(0).stdout, expected);
    }
    run(here, ["convert", "t.csv", "-o", "t.csv.zst"]).ends(0);
    assert_eq!(run(here, ["aggregate", "t.csv.zst"].iter().chain(&asked)).ends(0).stdout, expected);
}

#[test]
fn steps_come_before_and_rows_after() {
    let here = with(&[
        ("t.csv", TRIPS),
        ("t.ndjson", "{\"a\":{\"b\":\"x\"},\"l\":[1,2]}\n{\"a\":{\"b\":\"y\"},\"l\":[3]}\n{\"l\":[]}\n"),
    ]);
    let here = here.path();
    let said = say(here, "aggregate t.csv --where fare>1.5 --set d=fare*2 --rename city=town --by town --agg s=sum(d)");
    assert_eq!(said.ends(0).stdout, "town,s\nRome,28.0\nBern,4\n,10\n");
    let line = "aggregate t.csv --by city --agg n=count(),s=sum(fare) --sort n:desc,city --offset 1 --limit 1";
    assert_eq!(say(here, line).ends(0).stdout, "city,n,s\nRome,2,14.0\n");
    assert_eq!(say(here, "aggregate t.csv --by city --tail 1").ends(0).stdout, "city\n\"\"\n");
    let line = "aggregate t.ndjson --explode l --by a.b --agg n=count(),s=sum(l)";
    // A field that no record of a group has is not written.
    let three = "{\"a.b\":\"x\",\"n\":2,\"s\":3}\n{\"a.b\":\"y\",\"n\":1,\"s\":3}\n{\"n\":1,\"s\":null}\n";
    assert_eq!(say(here, line).ends(0).stdout, three);
    let line = "aggregate t.csv --by city --agg n=count() -t table";
    assert_eq!(say(here, line).ends(0).stdout, "city  n\nBern  3\nRome  2\n      1\n");
    let explained = say(here, "aggregate t.csv --by city --agg n=count() --explain").ends(0);
    assert!(explained.stdout.contains("by               city\nagg              n=count()\n"), "{}", explained.stdout);
}

#[test]
fn a_text_where_a_number_is_needed_makes_a_record_bad() {
    let here = with(&[("t.csv", "k,x\na,1\na,no\nb,2\n")]);
    let here = here.path();
    let line = "aggregate t.csv --by k --agg n=count(),s=sum(x)";
    say(here, line).ends(1).says(&["record 2, line 3", "the field `x` is `no`, where a number is needed"]);
    assert_eq!(say(here, &format!("{line} --on-error skip")).ends(0).stdout, "k,n,s\na,1,1\nb,1,2\n");
    assert_eq!(say(here, &format!("{line} --quarantine q.ndjson")).ends(0).stdout, "k,n,s\na,1,1\nb,1,2\n");
    assert!(read(here, "q.ndjson").contains("\"record\":2"));
    say(here, &format!("{line} --on-error skip --max-errors 0")).ends(1);
    // What could be compared as something else is told how.
    let advice = "min(cast(x AS text)) compares texts, min(cast(x AS date)) dates; --on-error skip";
    for calls in ["n=min(x)", "a=max(x),n=min(x)"] {
        let advice = if calls.starts_with('a') { advice.replace("min", "max") } else { advice.to_owned() };
        say(here, &format!("aggregate t.csv --agg {calls}")).ends(1).says(&[&advice]);
    }
    for calls in ["n=min(x),s=sum(x)", "s=sum(x),n=min(x)"] {
        say(here, &format!("aggregate t.csv --agg {calls}")).ends(1).says(&["try_cast(x AS decimal)"]);
    }
    let line = ["aggregate", "t.csv", "--agg", "a=min(cast(x AS text)),b=max(cast(x AS text))"];
    // A text that could be taken for a number is quoted.
    assert_eq!(run(here, line).ends(0).stdout, "a,b\n\"1\",no\n");
    // Those that were made of one are bad together.
    fs::write(here.join("l.ndjson"), "{\"l\":[1,\"x\"]}\n{\"l\":[2]}\n").unwrap();
    let line = "aggregate l.ndjson --explode l --agg n=count(),s=sum(l) --on-error skip";
    assert_eq!(say(here, line).ends(0).stdout, "{\"n\":1,\"s\":2}\n");
    // Too large to be added up exactly.
    fs::write(here.join("h.csv"), "x\n1e151\n").unwrap();
    say(here, "aggregate h.csv --agg s=sum(x)").ends(1).says(&["more than 150 digits", "record 1"]);
    assert_eq!(say(here, "aggregate h.csv --agg s=first(x)").ends(0).stdout, "s\n1e151\n");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    for (line, why) in [
        ("", "nothing to aggregate"),
        ("--by citty", "--by names the field `citty`, which the source does not have; did you mean `city`?"),
        ("--agg n=sum(fair)", "--agg names the field `fair`"),
        ("--agg n=summ(fare)", "there is no function `summ`; did you mean `sum`?"),
        ("--agg n=quantile(fare,95)", "`95` is not a number from 0 to 1"),
        ("--agg n=quantile(fare)", "it is written as quantile(x, share)"),
        ("--agg n=sum(lower(city))", "where a number is needed"),
        ("--agg n=count(),n=count()", "the result would have two fields `n`"),
        ("--agg n=count() --sort m", "--sort names the field `m`, which the result does not have"),
        ("--agg n=count() --sort=-n", "which the result does not have\n  Write n:desc."),
        (
            "--agg n=sum(fare)/count()",
            "`/count()` follows the function\n  Each NAME takes one function. Calculate with results in a second run: pagemill aggregate … | pagemill convert - -f csv --set 'm = a / b'",
        ),
        ("--agg n=count() --sort n:up", "--sort: `n:up` is not a field to sort by"),
        ("--agg n=count() --columns n", "`--columns` has no effect"),
        ("--agg n=count() --op wordcount", "`--op wordcount` has no effect"),
        ("--agg fare", "this is not a function call"),
        ("--agg sum(count(fare))", "`count` is a function of groups, and can't be inside of another one"),
        ("--by lower(city) --agg n=count()", "name it: --by \"x=lower(city)\"."),
        ("--agg n=count() -t csv --join-lists |", "`--join-lists` has no effect: the result has no lists and no maps"),
        ("--agg t=top(fare,2) -t csv --nested json", "`--nested` has no effect: the result has no maps"),
        ("--agg n=count() -o .", "Name a file in it.\n"),
    ] {
        say(here, &format!("aggregate t.csv {line}")).ends(2).says(&[why]);
    }
    say(here, "convert t.csv --agg n=count()").ends(2);
}

#[test]
fn flags_may_be_given_several_times() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    let once =
        say(here, "aggregate t.csv --by city,user --agg n=count(),hi=max(fare) --sort hi:desc,user").ends(0).stdout;
    let line = "aggregate t.csv --by city --by user --agg n=count() --agg hi=max(fare) --sort hi:desc --sort user";
    assert_eq!(say(here, line).ends(0).stdout, once);
}

#[test]
fn metrics_are_about_the_result() {
    let here = with(&[("t.csv", TRIPS)]);
    let here = here.path();
    for line in ["aggregate t.csv --by city --agg n=count() -o g.csv", "sort t.csv --by city --limit 3 -o g.csv"] {
        say(here, &format!("{line} --force -q --metrics-file m.prom")).ends(0);
        let (text, size) = (read(here, "m.prom"), read(here, "g.csv").len());
        for wanted in
            [format!("written_bytes_total {size}"), "records_written_total 3".into(), "records_read_total 6".into()]
        {
            assert!(text.contains(&format!("\npagemill_{wanted}\n")), "{line}: {wanted} is not in\n{text}");
        }
    }
}

#[test]
fn fields_that_only_some_inputs_have() {
    let here = with(&[("a.csv", "k,x\na,1\n"), ("b.csv", "k,y\na,2\n"), ("c.csv", "y,k\n3,a\n")]);
    let here = here.path();
    say(here, "aggregate a.csv b.csv --by k --agg s=sum(x)").ends(2).says(&["b.csv", "names the field `x`"]);
    assert_eq!(say(here, "aggregate b.csv c.csv --by k --agg s=sum(y)").ends(0).stdout, "k,s\na,5\n");
    let line = "aggregate a.csv b.csv --columns union --by k --agg s=sum(x),t=sum(y)";
    assert_eq!(say(here, line).ends(0).stdout, "k,s,t\na,1,2\n");
    say(here, "aggregate a.csv b.csv --columns union --by k --agg s=sum(z)").ends(2).says(&["no input has"]);
}

#[test]
fn reports_are_about_the_result() {
    let mut text = String::from("k\n");
    (0..400_000).for_each(|n| text += &format!("key number {n}\n"));
    let here = with(&[("t.csv", &text)]);
    let said = say(here.path(), "aggregate t.csv --by k --agg n=count() --tail 1 --report r.json").ends(0);
    assert_eq!(said.stdout, "k,n\nkey number 399999,1\n");
    let report: Value = serde_json::from_str(&read(here.path(), "r.json")).unwrap();
    assert_eq!(
        (&report["records_in"], &report["records_out"], &report["bytes_out"]),
        (&400_000.into(), &1.into(), &24.into())
    );
    assert_eq!((&report["settings"]["by"], &report["settings"]["agg"]), (&json!("k"), &json!("n=count()")));
    say(here.path(), "aggregate t.csv --agg ad=approx_distinct(k) --report a.json").ends(0);
    let report: Value = serde_json::from_str(&read(here.path(), "a.json")).unwrap();
    assert_eq!(report["bounds"][0]["field"], "ad");
    assert_eq!(report["bounds"][0]["relative"], 0.0081);
}

/// Fields inside of JSON texts are fields like others, whatever is written.
#[test]
fn groups_by_fields_inside_texts() {
    let text =
        "id,c,d\n1,\"{\"\"x\"\":1,\"\"y\"\":5}\",p\n2,\"{\"\"x\"\":2}\",p\n3,\"{\"\"x\"\":1,\"\"y\"\":7}\",q\n4,,q\n";
    let here = with(&[("t.csv", text), ("u.csv", "id,c\n5,\"{\"\"x\"\":2,\"\"y\"\":1}\"\n")]);
    let here = here.path();
    let line = "aggregate t.csv --parse-json c --by c.x --agg n=count(),s=sum(c.y),i=max(id)";
    assert_eq!(say(here, line).ends(0).stdout, "c.x,n,s,i\n1,2,12,3\n2,1,,2\n,1,,4\n");
    let lines =
        "{\"c.x\":1,\"n\":2,\"s\":12,\"i\":3}\n{\"c.x\":2,\"n\":1,\"s\":null,\"i\":2}\n{\"n\":1,\"s\":null,\"i\":4}\n";
    assert_eq!(say(here, &format!("{line} -t ndjson -j 7 --slice-size 1")).ends(0).stdout, lines);
    // Of several inputs, and under a new name.
    let line = "aggregate t.csv u.csv --parse-json c --rename c=m --by m.x --agg n=count(),s=sum(m.y)";
    assert_eq!(say(here, line).ends(0).stdout, "m.x,n,s\n1,2,12\n2,2,1\n,1,\n");
    // A name that can't be there is refused before anything is read, and one that no record has is reported.
    say(here, "aggregate t.csv --parse-json c --by d.x --agg n=count()")
        .ends(2)
        .says(&["--by names the field `d.x`, which the source does not have"]);
    say(here, "aggregate t.csv --parse-json c --by c.z --agg n=count()").ends(0).says(&["c.z"]);
    say(here, "aggregate t.csv --by c.x --agg n=count()").ends(2).says(&["--by names the field `c.x`"]);
}

/// Records that are plain values have the field `value`.
#[test]
fn groups_of_plain_values() {
    let here = with(&[("v.ndjson", "3\n\"a\"\n3\nnull\n[1]\n{\"value\":3}\n")]);
    let line = "aggregate v.ndjson --on-error skip --by value --agg n=count() -t csv -q";
    assert_eq!(say(here.path(), line).ends(0).stdout, "value,n\n3,3\na,1\n,1\n");
}

/// A map of JSON inside a text is no value to group by, as a map of JSON is none.
#[test]
fn maps_inside_texts_are_no_groups() {
    let here = with(&[("t.csv", "c\n\"{\"\"x\"\":1}\"\n")]);
    say(here.path(), "aggregate t.csv --parse-json c --by c --agg n=count() -t ndjson")
        .ends(1)
        .says(&["is a list or map, where a single value is needed"]);
}
