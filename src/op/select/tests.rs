//! Tests of selecting and renaming fields.

use super::super::testing::{columns, keyed, rejected, show};
use super::*;
use crate::error::Cause;

fn filter(select: &[&str], drop: &[&str], rename: &[(&str, &str)]) -> Result<KeyedFilter> {
    let owned = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let rename: Vec<_> = rename.iter().map(|(old, new)| Rename::new(*old, *new)).collect();
    KeyedFilter::new(&owned(select), &owned(drop), &rename)
}

fn run(op: &KeyedFilter, record: &str) -> String {
    let mut shown = String::new();
    // Records before and after it show that each is filtered in its place.
    keyed(&[record, r#"{"b":1}"#, record], |batch| {
        op.apply(batch);
        shown = show(batch, 0);
        assert_eq!(show(batch, 2), shown);
        assert_eq!((batch.len(), batch.span(2).start), (3, 2));
        if let Some((_, error)) = rejected(batch).into_iter().next() {
            shown = error.reason.into_owned();
        }
    });
    shown
}

const RECORD: &str = r#"{"a":{"b":1,"c":{"d":"x"},"e":[]},"b":2,"l":[{"m":1,"n":2},3,[{"n":4}],{}],"a.b":5}"#;

#[test]
fn selects() {
    let select = |names: &[&str]| run(&filter(names, &[], &[]).unwrap(), RECORD);
    assert_eq!(select(&[]), RECORD);
    assert_eq!(select(&["b"]), r#"{"b":2}"#);
    assert_eq!(select(&["b", "a"]), r#"{"b":2,"a":{"b":1,"c":{"d":"x"},"e":[]}}"#);
    assert_eq!(select(&["a.b"]), r#"{"a":{"b":1},"a.b":5}"#);
    assert_eq!(select(&["a.c.d", "a.e"]), r#"{"a":{"c":{"d":"x"},"e":[]}}"#);
    // A map is where a part of it was first named.
    assert_eq!(select(&["a.e", "b", "a.b"]), r#"{"a":{"e":[],"b":1},"b":2,"a.b":5}"#);
    assert_eq!(select(&["l.n", "b", "l.m"]), r#"{"l":[{"n":2,"m":1},[{"n":4}],{}],"b":2}"#);
    assert_eq!(select(&["a.c.x", "b.x", "a.e.x", "x"]), "{}");
    assert_eq!(select(&["l.n"]), r#"{"l":[{"n":2},[{"n":4}],{}]}"#);
}

#[test]
fn drops() {
    let drop = |names: &[&str]| run(&filter(&[], names, &[]).unwrap(), RECORD);
    assert_eq!(drop(&["a", "l", "a.b"]), r#"{"b":2}"#);
    assert_eq!(drop(&["a.b", "a.e", "a.c.d", "l"]), r#"{"a":{"c":{}},"b":2}"#);
    assert_eq!(drop(&["l.n", "a"]), r#"{"b":2,"l":[{"m":1},3,[{}],{}],"a.b":5}"#);
    assert_eq!(drop(&["x", "b.x", "a.x.y"]), RECORD);
    let both = filter(&["a", "b"], &["a.c", "a.e", "l.m"], &[]).unwrap();
    assert_eq!(run(&both, RECORD), r#"{"a":{"b":1},"b":2}"#);
}

#[test]
fn renames() {
    let rename = |names: &[(&str, &str)], record: &str| run(&filter(&[], &[], names).unwrap(), record);
    assert_eq!(rename(&[("a", "z")], r#"{"a":{"a":1},"b":2}"#), r#"{"z":{"a":1},"b":2}"#);
    assert_eq!(rename(&[("a.b", "z")], r#"{"a":{"b":1},"b":2}"#), r#"{"a":{"z":1},"b":2}"#);
    assert_eq!(rename(&[("a.b", "a.z")], r#"{"a":{"b":1},"a.b":2}"#), r#"{"a":{"z":1},"a.z":2}"#);
    assert_eq!(rename(&[("a.b", "z")], r#"{"a":{"b":1},"a.b":2}"#), r#"{"a":{"z":1},"z":2}"#);
    assert_eq!(rename(&[("a", "b"), ("b", "a")], r#"{"a":1,"b":2}"#), r#"{"b":1,"a":2}"#);
    assert_eq!(rename(&[("l.n", "z"), ("l", "k")], r#"{"l":[{"n":1},{}]}"#), r#"{"k":[{"z":1},{}]}"#);
    let all = filter(&["a"], &["a.c"], &[("a.b", "c"), ("a", "x")]).unwrap();
    assert_eq!(run(&all, r#"{"a":{"b":1,"c":2},"x":3}"#), r#"{"x":{"c":1}}"#);
}

#[test]
fn a_field_that_a_regex_leaves_out_takes_no_name() {
    let op = filter(&["/^a/"], &[], &[("a", "b")]).unwrap();
    assert_eq!(run(&op, r#"{"a":1,"b":2}"#), r#"{"b":1}"#);
    let op = filter(&["/^a/"], &[], &[("a", "ab")]).unwrap();
    let reason = "the field `a` can't be renamed: the map has another field `ab`";
    keyed(&[r#"{"a":1,"b":2}"#, r#"{"a":1,"ab":2}"#], |batch| {
        op.apply(batch);
        assert_eq!(show(batch, 0), r#"{"ab":1}"#);
        assert_eq!(rejected(batch), [(1, RecordError::new(1, reason).cause(Cause::Op))]);
    });
}

#[test]
fn refuses_a_key_that_another_field_has() {
    let op = filter(&[], &[], &[("a", "b")]).unwrap();
    let reason = "the field `a` can't be renamed: the map has another field `b`";
    keyed(&[r#"{"a":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":3,"a":4}"#], |batch| {
        op.apply(batch);
        assert_eq!((show(batch, 0), show(batch, 2)), (r#"{"b":1}"#.into(), r#"{"b":3,"b":4}"#.into()));
        assert_eq!(rejected(batch), [(1, RecordError::new(1, reason).cause(Cause::Op))]);
    });
}

#[test]
fn records_that_are_no_maps() {
    let (select, drop) = (filter(&["a"], &[], &[]).unwrap(), filter(&[], &["a"], &[]).unwrap());
    assert_eq!(run(&select, "5"), "the record is not an object, so it has no fields to select");
    assert_eq!(run(&drop, "5"), "5");
    assert_eq!(run(&select, r#"[{"a":1}]"#), "the record is not an object, so it has no fields to select");
    let exactly = KeyedFilter::exactly(&["value".into(), "a".into()], false).unwrap();
    assert_eq!(run(&exactly, "5"), r#"{"value":5}"#);
    assert_eq!(run(&exactly, r#"{"a":1,"x":2}"#), r#"{"a":1}"#);
    assert_eq!(run(&drop, r#"[{"a":1,"b":2},3]"#), r#"[{"b":2},3]"#);
    // It is the field `value`.
    let rename = filter(&[], &[], &[("value", "x")]).unwrap();
    assert_eq!((run(&rename, "5"), run(&rename, "[1,2]")), (r#"{"x":5}"#.into(), r#"{"x":[1,2]}"#.into()));
    assert_eq!((run(&rename, r#"{"value":5}"#), run(&rename, "null")), (r#"{"x":5}"#.into(), r#"{"x":null}"#.into()));
    let drop = |name| filter(&[], &[name], &[]).unwrap();
    assert_eq!((run(&drop("value"), r#""t""#), run(&drop("value.a"), "5")), ("{}".into(), "5".into()));
    assert_eq!((run(&drop("/^v/"), "true"), run(&drop("/^a/"), "true")), ("{}".into(), "true".into()));
    assert_eq!(run(&drop("value"), r#"[{"value":1,"b":2},3]"#), r#"[{"b":2},3]"#);
    let select =
        |names: &[&str], drop: &[&str], rename: &[(&str, &str)]| run(&filter(names, drop, rename).unwrap(), "5");
    assert_eq!(select(&["a", "value"], &[], &[]), r#"{"value":5}"#);
    assert_eq!(select(&["value"], &[], &[("value", "x")]), r#"{"x":5}"#);
    assert_eq!(select(&["/^v/"], &[], &[]), r#"{"value":5}"#);
    assert_eq!(select(&["/^v/", "a"], &["value"], &[]), "{}");
    assert_eq!(select(&["value.a"], &[], &[]), "the record is not an object, so it has no fields to select");
}

#[test]
fn lists_inside_lists_end_somewhere() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let drop = filter(&[], &["a.b"], &[]).unwrap();
    let record = |depth: usize| format!(r#"{{"a":{},"x":{}}}"#, deep(depth), deep(400));
    assert_eq!(run(&drop, &record(NESTED_LISTS)), record(NESTED_LISTS));
    assert!(run(&drop, &record(NESTED_LISTS + 1)).starts_with("a path goes through"));
}

#[test]
fn no_room_refuses_every_record() {
    let slice = vec![b'-'; 800];
    // The least memory that the records fit into leaves none for the op.
    let refused = (100..).map(|kilobytes| crate::memory::Arena::new(1 << 10, kilobytes << 10)).find_map(|arena| {
        let mut batch = Batch::new(&arena, &slice, None, 1 << 20);
        for record in 0..800 {
            batch.push_keyed(b"", Value::Map(1), 0).ok()?;
            batch.push_keyed(b"a", Value::Null, 0).ok()?;
            batch.end_record(record, record + 1).ok()?;
        }
        filter(&["b"], &[], &[]).unwrap().apply(&mut batch);
        Some(rejected(&mut batch).iter().map(|(record, _)| *record).collect::<Vec<_>>())
    });
    assert_eq!(refused, Some((0..800).collect()));
}

#[test]
fn refuses_bad_names() {
    for (old, new) in [("a", ""), ("a", "x.y"), ("a.b", "x.b"), ("a.b", "a."), ("", "a"), ("a.b", "a.b.c")] {
        assert!(filter(&[], &[], &[(old, new)]).is_err(), "{old} {new}");
    }
    assert!(filter(&[], &[], &[("a", "x"), ("a", "y")]).is_err());
    assert!(filter(&["a", "a"], &[], &[]).is_err());
    assert!(filter(&["a.b"], &["a"], &[]).is_err() && filter(&["a"], &["a.b"], &[]).is_ok());
    assert!(filter(&["a"], &[], &[("b", "x")]).is_err() && filter(&["a.b"], &[], &[("a", "x")]).is_ok());
    assert!(filter(&["a.b", "a"], &[], &[]).is_err() && filter(&["a.b", "ab", "a.bc"], &[], &[]).is_ok());
    for (select, drop, old, new, ok) in [
        (&["b", "a"][..], &[][..], "b", "a", false),
        (&["b", "a.p"], &[], "b", "a", false),
        (&["b.q", "a.p"], &[], "b", "a", false),
        (&["m"], &[], "m.p", "q", true),
        (&["m.p", "m.q"], &[], "m.p", "q", false),
        (&["m.p", "q"], &[], "m.p", "q", true),
        (&["b", "a"], &["a"], "b", "a", true),
    ] {
        assert_eq!(filter(select, drop, &[(old, new)]).is_ok(), ok, "{select:?} {old} {new}");
    }
    assert!(filter(&[], &[], &[("a", "x"), ("b", "x")]).is_err());
    assert!(filter(&["a", "b"], &[], &[("a", "b"), ("b", "a")]).is_ok());
    assert!(filter(&[""], &[], &[]).is_err() && filter(&[], &[""], &[]).is_err());
}

#[test]
fn leaves_columns_alone() {
    columns(&["a"], &[&[Value::Null]], |batch| {
        filter(&["b"], &[], &[]).unwrap().apply(batch);
        assert_eq!(batch.columns(0), [Value::Null]);
    });
}
