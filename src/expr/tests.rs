//! What expressions mean; all results were worked out by hand.

use super::scalar::TextRoom;
use super::{Expression, Place, Scalar};
use crate::memory::Arena;
use crate::record::{Batch, Schema, Value};

fn shown(scalar: Scalar<'_>) -> String {
    match scalar {
        Scalar::Absent => "absent".into(),
        Scalar::Null => "null".into(),
        Scalar::Bool(truth) => truth.to_string(),
        Scalar::Inside(node) => format!("node {node}"),
        Scalar::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
        scalar => String::from_utf8_lossy(scalar.text(&mut TextRoom::new()).unwrap()).into_owned(),
    }
}

/// The value of an expression for a record of a table.
fn over(text: &str) -> String {
    let names = ["n", "t", "empty", "q", "zip", "day", "at", "big", "flag", "a b", "json", "gone"];
    let values = [
        Value::Untyped(b"13.75"),
        Value::Untyped(b" Gare du Nord"),
        Value::Null,
        Value::Text(b"42"),
        Value::Text(b"007"),
        Value::Untyped(b"2024-02-29"),
        Value::Text(b"2024-06-01T06:19:16.25Z"),
        Value::Number(b"1e400"),
        Value::Untyped(b"true"),
        Value::Text("größer".as_bytes()),
        Value::Text(br#"{"a":{"b":[1,{"c":"x\"y"}]},"d.e":1.50,"a":{"b":[10, {"c":"z\u0041"},null]}}"#),
        Value::Absent,
    ];
    let expression = match Expression::value(text) {
        Ok(expression) => expression,
        Err(error) => return format!("refused: {}", error.to_string().lines().next().unwrap_or_default()),
    };
    let (arena, schema) = (Arena::new(1 << 14, 1 << 20), Schema::new(names));
    let mut running = expression.begin(&arena, Some(&schema), 1000).unwrap();
    let place = Place { source: b"x.csv", record: 7, line: 9 };
    match running.columns(&values, place, 3) {
        Ok(scalar) => shown(scalar),
        Err(error) => format!("bad: {}", error.message()),
    }
}

#[track_caller]
fn all(cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, wanted)| (text, wanted, over(text)))
        .filter(|(_, wanted, found)| *found != **wanted)
        .map(|(text, wanted, found)| format!("{text}\n   is {found}\n  not {wanted}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn types_come_from_literals() {
    all(&[
        ("n > 13.7", "true"),
        ("n > 13.75", "false"),
        ("n >= 13.750", "true"),
        ("13.8 > n", "true"),
        ("n = '13.750'", "false"),
        ("n = '13.75'", "true"),
        ("q = 42.0", "true"),
        ("q = '42'", "true"),
        ("q < '5'", "true"),
        ("q < 5", "false"),
        ("zip = '007'", "true"),
        ("zip = 7", "bad: the field `zip` is `007`, where a number is needed"),
        ("t > 1", "bad: the field `t` is ` Gare du Nord`, where a number is needed"),
        ("try_cast(t as decimal) > 1", "null"),
        ("cast(zip as decimal) = 7", "true"),
        ("big > 1e399", "true"),
        ("big = 10e399", "true"),
        ("big < 1", "false"),
        ("n = q", "false"),
        ("n < q", "true"),
        ("t < n", "true"),
        ("flag", "true"),
        ("flag = true", "true"),
        ("flag = 'true'", "true"),
        ("not flag", "false"),
        ("t and flag", "bad: the field `t` is ` Gare du Nord`, where true or false is needed"),
        ("trim(t) = 'Gare du Nord'", "true"),
        ("substr(q, 1) > 5", "true"),
        ("substr(t, 2) > 5", "bad: `substr(t, 2)` is `Gare du Nord`, where a number is needed"),
        ("round(n) = '14'", "true"),
        ("round(n) = 'x'", "refused: `'x'` is `x`, where a number is needed"),
        ("n + true", "refused: a number is needed here, and this is true or false"),
        ("n = null", "refused: a comparison with NULL is never true"),
        ("cast('2024-03-01' as date) > day", "true"),
        ("cast(at as date) = '2024-06-01'", "true"),
        ("cast(day as timestamp) < at", "true"),
    ]);
}

#[test]
fn nulls_follow_sql() {
    all(&[
        ("empty > 1", "null"),
        ("empty = ''", "null"),
        ("gone = 'x'", "null"),
        ("empty is null", "true"),
        ("gone is null", "true"),
        ("gone is absent", "true"),
        ("empty is absent", "false"),
        ("empty is not absent", "true"),
        ("n is not null", "true"),
        ("not empty > 1", "null"),
        ("empty > 1 and false", "false"),
        ("false and t > 1", "false"),
        ("true or t > 1", "true"),
        ("empty > 1 or true", "true"),
        ("empty > 1 or n > 20", "null"),
        ("empty > 1 is true", "refused: comparisons can't be chained"),
        ("(empty > 1) is not true", "true"),
        ("n in (1, 13.750, 2)", "true"),
        ("n not in (1, 2)", "true"),
        ("empty in (1, 2)", "null"),
        ("zip in ('7', '007')", "true"),
        ("t in (1, 2)", "bad: the field `t` is ` Gare du Nord`, where a number is needed"),
        ("q in (zip, 42)", "true"),
        ("n in (1, null)", "refused: nothing equals NULL, so it can't be in a list"),
        ("n between 13 and 14", "true"),
        ("n not between 14 and 15", "true"),
        ("empty || 'x'", "null"),
        ("concat(empty, 'x', n)", "'x13.75'"),
        ("coalesce(empty, gone, n)", "13.75"),
        ("coalesce(empty, gone)", "absent"),
        ("nullif(n, 13.750)", "null"),
        ("nullif(q, 'x')", "42"),
        ("case when empty then 1 when n > 1 then 'b' else t end", "'b'"),
        ("case q when 41 then 'a' when 42 then 'b' end", "'b'"),
        ("case zip when 'x' then 1 end", "null"),
        ("case when n > 100 then t > 1 else false end", "false"),
        ("absent", "absent"),
    ]);
}

#[test]
fn arithmetic_is_exact() {
    all(&[
        ("n * 1.1", "15.125"),
        ("1.10 * 2", "2.20"),
        ("0.1 + 0.2", "0.3"),
        ("n - q", "-28.25"),
        ("-n + +1", "-12.75"),
        ("- -n", "13.75"),
        ("2 + 3 * 4 % 5", "4"),
        ("n / 0", "refused: this divides by zero"),
        ("n % 0.00", "refused: this divides by zero"),
        ("n / (q - 42)", "bad: `n / (q - 42)` divides by zero"),
        ("n / nullif(0, 0)", "null"),
        ("1 / 0", "refused: this divides by zero"),
        ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
        ("big + 1", "bad: `big + 1` needs more than 300 digits"),
        ("12345678901234567890123456789 * 98765432109876543210", "1219326311370217952249657064223746380111126352690"),
        ("t * 2", "bad: the field `t` is ` Gare du Nord`, where a number is needed"),
        ("empty * 2", "null"),
        ("round(n)", "14"),
        ("round(n, 1)", "13.8"),
        ("round(-2.5)", "-3"),
        ("round(n, 3)", "13.750"),
        ("floor(-n)", "-14"),
        ("ceil(n)", "14"),
        ("trunc(-n, 1)", "-13.7"),
        ("abs(-1.50)", "1.50"),
        ("to_number('1.234.567,50', ',', '.')", "1234567.50"),
        ("to_number(' 12,5 ', ',')", "12.5"),
        (
            "to_number('1.23,5', ',', '.')",
            "refused: `to_number('1.23,5', ',', '.')` is `1.23,5`, where a number is needed",
        ),
        ("to_number(t, ',', '.')", "bad: `to_number(t, ',', '.')` is ` Gare du Nord`, where a number is needed"),
        ("cast('+007.50' as decimal)", "7.50"),
        ("cast(3.00 as integer)", "3"),
        ("cast(n as integer)", "bad: the field `n` is `13.75`, where an integer is needed"),
        ("try_cast(n as integer)", "null"),
        ("cast('Yes' as boolean)", "true"),
        ("cast(n as text) || '!'", "'13.75!'"),
    ]);
}

#[test]
fn texts() {
    all(&[
        ("lower(trim(t))", "'gare du nord'"),
        ("upper(\"a b\")", "'GRÖSSER'"),
        ("lower('ΟΔΥΣΣΕΥΣ ΣΑΣ.')", "'οδυσσευς σας.'"),
        ("length(`a b`)", "6"),
        ("substr(\"a b\", 3, 2)", "'öß'"),
        ("substr('abc', 0, 2)", "'a'"),
        ("substr('abc', 5)", "''"),
        ("ltrim('xxaxx', 'x') || rtrim('xxaxx', 'x')", "'axxxxa'"),
        ("replace('a-b-c', '-', '+')", "'a+b+c'"),
        ("replace('aaa', 'aa', '')", "'a'"),
        ("regexp_replace('2024-06-01', '(\\d+)-(\\d+)-(\\d+)', '\\3.\\2.\\1')", "'01.06.2024'"),
        ("regexp_replace('abc', 'x*', '-')", "'-a-b-c-'"),
        ("regexp_replace(\"a b\", 'ß', '')", "'gröer'"),
        ("split_part(trim(t), ' ', 2)", "'du'"),
        ("split_part('a,b', ',', -1) || split_part('a,b', ',', 3) || split_part('a,b', ',', 1)", "'ba'"),
        ("lpad('7', 3, '0')", "'007'"),
        ("rpad('ab', 5, 'xy')", "'abxyx'"),
        ("lpad('größer', 3)", "'grö'"),
        (
            "lpad(q, 100000, 'x')",
            "bad: `lpad(q, 100000, 'x')` makes a text of more than 1000 bytes, the longest that a record may be",
        ),
        ("starts_with(t, ' G') and ends_with(t, 'Nord') and contains(t, 'du')", "true"),
        ("strpos('größe', 'ße')", "4"),
        ("t like '%Nord' and t not like 'Nord%'", "true"),
        ("\"a b\" like 'gr__er'", "true"),
        ("'50%' like '50!%' escape '!'", "true"),
        ("t ~ '^ [A-Z]' and t !~ 'x'", "true"),
        ("t ~ lower('x')", "refused: the regex has to be a text in '…'"),
        ("t ~ '('", "refused: the regex can't be read"),
        ("t ~ '(?:a{1000}){1000}'", "refused: the regex is too large"),
        ("uper(t)", "refused: there is no function `uper`; did you mean `upper`?"),
        ("substr(t)", "refused: `substr` is called with 1 argument"),
        ("'it''s'", "'it's'"),
        ("hash('a') = hash('b')", "false"),
        // From the reference implementation: XXH3_64bits of "a".
        ("hash('a')", "16629034431890738719"),
        ("record_number() * 10 + line_number()", "79"),
        ("source_name() || '!'", "'x.csv!'"),
    ]);
}

#[test]
fn times() {
    all(&[
        ("to_date('29.02.2024', '%d.%m.%Y')", "2024-02-29"),
        (
            "to_date('30.02.2024', '%d.%m.%Y')",
            "refused: `to_date('30.02.2024', '%d.%m.%Y')` is `30.02.2024`, where a time of the form `%d.%m.%Y` is needed",
        ),
        ("to_timestamp('01/Jun/2024:06:19:16 +0200', '%d/%b/%Y:%H:%M:%S %z')", "2024-06-01T04:19:16Z"),
        ("to_timestamp('2024-06-01 06:19', '%Y-%m-%d %H:%M')", "2024-06-01T06:19:00"),
        ("to_timestamp('1717222756', '%s')", "2024-06-01T06:19:16Z"),
        ("strftime(at, '%Y/%m')", "'2024/06'"),
        ("date_trunc('month', at)", "2024-06-01T00:00:00Z"),
        ("date_trunc('week', day)", "2024-02-26"),
        ("date_trunc('quarter', cast('2024-12-31' as date))", "2024-10-01"),
        ("date_trunc('hour', at)", "2024-06-01T06:00:00Z"),
        ("extract(year from day) * 100 + extract(month from day)", "202402"),
        ("extract(second from at)", "16.25"),
        ("extract(epoch from at)", "1717222756.25"),
        ("date_part('dow', day)", "4"),
        ("date_part('week', day)", "9"),
        ("date_part('doy', day)", "60"),
        ("cast(t as date)", "bad: the field `t` is ` Gare du Nord`, where a date is needed"),
        ("try_cast(t as date)", "null"),
        ("cast('2024-06-01T23:00:00-02:00' as date)", "2024-06-02"),
        ("cast(day as timestamp) || ''", "'2024-02-29T00:00:00'"),
    ]);
}

#[test]
fn arguments_that_never_change_are_looked_at_before_the_run() {
    let units = "year, quarter, month, week, day, hour, minute, second";
    all(&[
        ("extract(moon from day)", &format!("refused: `moon` is not a unit; the units are {units}, dow, doy, epoch")),
        ("date_trunc('dow', day)", &format!("refused: `dow` is not a unit; the units are {units}")),
        ("date_trunc('Months', day)", "2024-02-01"),
        (
            "date_trunc(t, day)",
            &format!("bad: `date_trunc(t, day)`: ` Gare du Nord` is not a unit; the units are {units}"),
        ),
        ("strftime(at, '%!')", "refused: `%!` is not a form of a time, such as `%d.%m.%Y %H:%M`"),
        ("strftime(day, '%A %j')", "'Thursday 060'"),
        ("to_date(t, '%d.%')", "refused: `%d.%` is not a form of a time, such as `%d.%m.%Y %H:%M`"),
        ("to_date(t, '%H:%M')", "refused: the form `%H:%M` does not include the day"),
        (
            "to_date(t, 'DD.MM.YYYY')",
            "refused: `DD.MM.YYYY` is not a form of a time, such as `%d.%m.%Y %H:%M`, whose parts begin with `%`",
        ),
        ("to_timestamp(t, '%d.%m.')", "refused: the form `%d.%m.` does not include the day"),
        ("to_timestamp('1717222756', '%s')", "2024-06-01T06:19:16Z"),
        ("lpad(t, 2.5)", "refused: an integer of at most 12 digits is needed here"),
        ("rpad(t, -(1/2))", "refused: an integer of at most 12 digits is needed here"),
        ("substr(t, 1.0, 5.00)", "' Gare'"),
        ("lpad(t, 1e400)", "refused: an integer of at most 12 digits is needed here"),
        ("substr(t, 1, -1)", "refused: a length can't be negative"),
        ("to_number(t, ',', ',')", "refused: the mark of thousands is the decimal mark too"),
        (
            "to_number(t, zip, ',')",
            "bad: `to_number(t, zip, ',')` needs a decimal mark, and another mark of thousands, of one character each",
        ),
        ("to_number('1.234,5', ',', '.')", "1234.5"),
        ("round(n, 301)", "refused: a number has at most 300 digits"),
        ("trunc(n, 1e9)", "refused: a number has at most 300 digits"),
        ("round(n, -1000)", "0"),
        ("lpad(t, 5000000000)", "refused: no text is so long"),
        ("json_get('{', t)", "refused: this is not JSON text"),
        ("json_get('{\"a\": 5}', 'a')", "5"),
        ("n * 1e400", "refused: this number takes more than 300 digits to calculate with"),
        ("1e-400 - n", "refused: this number takes more than 300 digits to calculate with"),
        ("n > 1e400", "false"),
        (
            "strftime(day, '%d %z')",
            "bad: `strftime(day, '%d %z')` can't write `%d %z`: the time `2024-02-29` does not tell its offset from UTC",
        ),
        ("round(n, 0.5)", "refused: an integer of at most 12 digits is needed here"),
        ("split_part(t, ' ', 0)", "refused: parts count from 1, or from -1 at the end"),
        ("to_number(t, 'xx')", "refused: a mark is one character that is not a digit or sign"),
        ("to_number('1’234,5', ',', '’')", "1234.5"),
    ]);
}

#[test]
fn what_people_write_elsewhere() {
    let hint = |text: &str| {
        let error = Expression::value(text).err().map(|error| error.to_string()).unwrap_or_default();
        error.lines().last().unwrap_or_default().trim().to_owned()
    };
    assert_eq!(hint("a ≠ 1"), "Write <>.");
    assert_eq!(hint("a::int"), "Write CAST(x AS integer).");
    assert_eq!(hint("a = 1 -- one"), "Leave the comment out; put a blank between two minus signs.");
    assert_eq!(hint("a ^ 2"), "There is no power; write x * x.");
    assert!(Expression::value("a - -1").is_ok());
    assert!(Expression::value("a ~ '\\p{Greek}\\p{Lu}'").is_ok());
}

#[test]
fn json() {
    all(&[
        ("json_get(json, 'a.b.0')", "10"),
        ("json_get(json, 'a.b.1.c')", "'zA'"),
        ("json_get(json, 'a.b.2')", "null"),
        ("json_get(json, 'a.b.3')", "absent"),
        ("json_get(json, 'd.e')", "1.50"),
        ("json_get(json, 'd.e') * 2", "3.00"),
        ("json_get(json, 'a')", "'{\"b\":[10, {\"c\":\"z\\u0041\"},null]}'"),
        ("json_get(json, 'x')", "absent"),
        ("json_get(t, 'x')", "bad: `json_get(t, 'x')` needs a JSON text, and its first argument is ` Gare du Nord`"),
        ("json_get('[[1],[2,3]]', '1.1')", "3"),
        ("json_get('{}', 'a') is absent", "true"),
        ("json_get('[', 'a')", "refused: this is not JSON text"),
        ("json_get(json, '$.a.b')", "refused: a path is written without `$`, such as 'a.b.0'"),
        ("json_get('{\"$\": 5}', '$')", "5"),
    ]);
}

#[test]
fn fields_of_trees() {
    let arena = Arena::new(1 << 14, 1 << 20);
    let mut batch = Batch::new(&arena, b"x", None, 100);
    let nodes: [(&[u8], Value<'_>); 9] = [
        (b"", Value::Map(8)),
        (b"tags", Value::List(3)),
        (b"", Value::Text(b"red")),
        (b"", Value::Map(1)),
        (b"x", Value::Int(-3)),
        (b"a.b", Value::Float(1.5)),
        (b"a", Value::Map(1)),
        (b"c", Value::Bool(true)),
        (b"u", Value::UInt(18_446_744_073_709_551_615)),
    ];
    for (key, value) in nodes {
        batch.push_keyed(key, value, 0).unwrap();
    }
    batch.end_record(0, 1).unwrap();
    for (text, wanted) in [
        ("tags[0]", "red"),
        ("tags.1.x * 2", "-6"),
        ("tags[2]", "absent"),
        ("tags", "node 1"),
        ("tags = 'x'", "bad: the field `tags` is a list, where a text is needed"),
        ("a + 1", "bad: the field `a` is a map, where a number is needed"),
        ("tags is null", "false"),
        ("a.b + 1", "2.5"),
        ("a.c", "true"),
        ("\"a\".c and u = 18446744073709551615", "true"),
        ("json_get(tags, '1.x')", "-3"),
        ("nothing.at.all", "absent"),
    ] {
        let expression = Expression::value(text).unwrap();
        let mut running = expression.begin(&arena, None, 100).unwrap();
        let found = match running.tree(batch.tree(0), false, Place::default(), 0) {
            Ok(scalar) => shown(scalar),
            Err(error) => format!("bad: {}", error.message()),
        };
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn a_condition_is_true_or_false() {
    let refused = |text: &str| Expression::condition(text).err().map(|error| error.to_string());
    assert_eq!(refused("1 + 1").unwrap(), "true or false is needed here, and this is a number\n  1 + 1\n  ^");
    assert_eq!(refused("a = 1 AND lower(b)"), None);
    let fields: Vec<_> = Expression::condition("a > 1 and b.c = a").unwrap().fields().to_vec();
    assert_eq!(fields, [b"a".as_slice().into(), b"b.c".as_slice().into()] as [Box<[u8]>; 2]);
    let wrong = "status = 'a' AND uper(city) = 'X'";
    let shown = refused(wrong).unwrap();
    let lines: Vec<_> = shown.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "there is no function `uper`; did you mean `upper`?",
            "  status = 'a' AND uper(city) = 'X'",
            "                   ^"
        ]
    );
}

#[test]
fn nothing_grows_without_a_bound() {
    // Each BETWEEN needs its operand twice.
    let text = format!("{}a{}", "(".repeat(60), ") between false and true".repeat(60));
    let error = Expression::condition(&text).err().unwrap().to_string();
    assert!(error.contains("too large"), "{error}");
    let text = format!("a{}", "||a".repeat(500));
    assert!(Expression::value(&text).is_ok());
}
