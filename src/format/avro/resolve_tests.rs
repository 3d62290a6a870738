//! Reading with another schema than that of the writer.

use super::tests::{block, head, long, read_with, text};
use crate::format::{Format, Options, open};

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"r","fields":[{fields}]}}"#)
}

fn field(name: &str, rest: &str) -> String {
    format!(r#"{{"name":"{name}","type":{rest}}}"#)
}

/// What comes of a record, or why it is refused.
fn as_other(writer: &str, reader: &str, data: &[u8]) -> Result<String, String> {
    let options = Options { schema: Some(reader.into()), ..Options::default() };
    let file = [head(writer, "null"), block(1, data), block(1, data)].concat();
    if let Err(crate::format::OpenError::Usage(error)) = open(Format::Avro, &options, &file, true) {
        return Err(error.to_string());
    }
    let (found, errors) = read_with(&options, &file, 1 << 19, 1 << 20);
    match errors.first() {
        Some((_, error)) => Err(error.clone()),
        None => {
            let mut lines = found.lines();
            let line = lines.next().unwrap_or_default().to_owned();
            assert_eq!(lines.collect::<Vec<_>>(), [&line]);
            Ok(line)
        }
    }
}

#[track_caller]
fn is(writer: &str, reader: &str, data: &[u8], wanted: &str) {
    let (writer, reader) = (record(&field("f", writer)), record(&field("f", reader)));
    assert_eq!(as_other(&writer, &reader, data), Ok(format!("{{\"f\":{wanted}}}")), "{writer} {reader}");
}

#[track_caller]
fn refused(writer: &str, reader: &str, data: &[u8], wanted: &str) {
    let (writer, reader) = (record(&field("f", writer)), record(&field("f", reader)));
    let error = as_other(&writer, &reader, data).unwrap_err();
    assert!(error.contains(wanted), "{writer} {reader}: {error}");
}

#[test]
fn promotions() {
    for (writer, reader, data, wanted) in [
        (r#""int""#, r#""long""#, long(7), "7"),
        (r#""int""#, r#""float""#, long(7), "7.0"),
        (r#""int""#, r#""double""#, long(7), "7.0"),
        (r#""long""#, r#""float""#, long(7), "7.0"),
        (r#""long""#, r#""double""#, long(1 << 40), "1099511627776.0"),
        (r#""float""#, r#""double""#, 1.5f32.to_le_bytes().to_vec(), "1.5"),
        (r#""string""#, r#""bytes""#, text("a"), "\"YQ==\""),
        (r#""bytes""#, r#""string""#, text("a"), "\"a\""),
        (r#"{"type":"long","logicalType":"timestamp-millis"}"#, r#""long""#, long(5), "5"),
        (r#""long""#, r#"{"type":"long","logicalType":"timestamp-millis"}"#, long(0), "\"1970-01-01T00:00:00.000Z\""),
    ] {
        is(writer, reader, &data, wanted);
        // In lists and maps too.
        let list = |of: &str| format!(r#"{{"type":"array","items":{of}}}"#);
        is(&list(writer), &list(reader), &[&long(1)[..], &data, &long(0)].concat(), &format!("[{wanted}]"));
    }
    refused(r#""long""#, r#""int""#, &long(1), "the field `f` is long in the file, and int in the schema");
    refused(r#""double""#, r#""float""#, &[0; 8], "is double in the file, and float in the schema");
    refused(r#""string""#, r#""long""#, &text("1"), "is string in the file, and long in the schema");
    let stamp = |unit: &str| format!(r#"{{"type":"long","logicalType":"timestamp-{unit}"}}"#);
    refused(&stamp("millis"), &stamp("micros"), &long(1), "timestamp-millis is not timestamp-micros");
}

#[test]
fn fields_in_another_order_and_others() {
    let writer = record(
        r#"{"name":"a","type":"long"},{"name":"b","type":"string"},{"name":"c","type":{"type":"array","items":"int"}}"#,
    );
    let data = [long(1), text("x"), long(2), long(5), long(6), long(0)].concat();
    for (reader, wanted) in [
        (r#"{"name":"c","type":{"type":"array","items":"int"}},{"name":"a","type":"long"}"#, r#"{"c":[5,6],"a":1}"#),
        (r#"{"name":"b","type":"string"}"#, r#"{"b":"x"}"#),
        (r#"{"name":"b","type":"string"},{"name":"a","type":"long"}"#, r#"{"b":"x","a":1}"#),
        (r#"{"name":"n","aliases":["b"],"type":"string"},{"name":"a","type":"double"}"#, r#"{"n":"x","a":1.0}"#),
        (
            r#"{"name":"z","type":["null","int"],"default":null},{"name":"a","type":"long"},{"name":"y","type":"string","default":"d"}"#,
            r#"{"z":null,"a":1,"y":"d"}"#,
        ),
        (
            r#"{"name":"l","type":{"type":"array","items":"int"},"default":[1,2]},{"name":"b","type":"string"},
               {"name":"m","type":{"type":"map","values":"bytes"},"default":{"k":"\u00ff"}}"#,
            r#"{"l":[1,2],"b":"x","m":{"k":"/w=="}}"#,
        ),
        (
            r#"{"name":"r","type":{"type":"record","name":"R","fields":[{"name":"x","type":"int","default":3},{"name":"y","type":"string"}]},"default":{"y":"q"}}"#,
            r#"{"r":{"x":3,"y":"q"}}"#,
        ),
        ("", "{}"),
    ] {
        assert_eq!(as_other(&writer, &record(reader), &data).as_deref(), Ok(wanted), "{reader}");
    }
    let error = as_other(&writer, &record(r#"{"name":"n","type":"int"}"#), &data).unwrap_err();
    assert!(error.contains("the field `n` of the schema is not in the file, and has no default"), "{error}");
    let error = as_other(&writer, &record(r#"{"name":"n","type":"int","default":"x"}"#), &data).unwrap_err();
    assert!(error.contains("the default of the field `n` is not a value of its type, int"), "{error}");
}

#[test]
fn records_in_another_order_inside_others() {
    let inner = |fields: &str| format!(r#"{{"type":"record","name":"i","fields":[{fields}]}}"#);
    let writer =
        format!(r#"{{"type":"array","items":{}}}"#, inner(r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#));
    let reader =
        format!(r#"{{"type":"array","items":{}}}"#, inner(r#"{"name":"b","type":"string"},{"name":"a","type":"int"}"#));
    let data = [long(2), long(1), text("x"), long(2), text("y"), long(0)].concat();
    is(&writer, &reader, &data, r#"[{"b":"x","a":1},{"b":"y","a":2}]"#);
}

#[test]
fn unions_and_enums() {
    is(r#""int""#, r#"["null","long"]"#, &long(1), "1");
    is(r#"["null","int"]"#, r#"["null","double"]"#, &[long(1), long(3)].concat(), "3.0");
    is(r#"["null","int"]"#, r#""int""#, &[long(1), long(3)].concat(), "3");
    refused(r#"["null","int"]"#, r#""int""#, &long(0), "is null in the file, and int in the schema");
    refused(r#"["null","string"]"#, r#""int""#, &long(0), "is null in the file, and int in the schema");
    let of = |symbols: &str, rest: &str| format!(r#"{{"type":"enum","name":"e","symbols":[{symbols}]{rest}}}"#);
    is(&of(r#""a","b""#, ""), &of(r#""b","a""#, ""), &long(1), "\"b\"");
    is(&of(r#""a","b""#, ""), &of(r#""a""#, r#","default":"a""#), &long(1), "\"a\"");
    refused(&of(r#""a","b""#, ""), &of(r#""a""#, ""), &long(1), "the symbol `b` is none of enum `e` in the schema");
    let fixed = |name: &str, size: usize| format!(r#"{{"type":"fixed","name":"{name}","size":{size}}}"#);
    is(&fixed("x", 1), &fixed("x", 1), b"a", "\"YQ==\"");
    refused(&fixed("x", 1), &fixed("y", 1), b"a", "is fixed `x` in the file, and fixed `y` in the schema");
    refused(&fixed("x", 1), &fixed("x", 2), b"a", "is fixed `x` in the file, and fixed `x` in the schema");
}

#[test]
fn types_inside_themselves() {
    let list = |of: &str| {
        format!(
            r#"{{"type":"record","name":"L","fields":[{{"name":"v","type":"{of}"}},{{"name":"n","type":["null","L"]}}]}}"#
        )
    };
    let data = b"\x02\x02\x04\x00";
    assert_eq!(as_other(&list("int"), &list("double"), data).as_deref(), Ok(r#"{"v":1.0,"n":{"v":2.0,"n":null}}"#));
}
