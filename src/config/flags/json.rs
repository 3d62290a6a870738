//! JSON and NDJSON, and binary records.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Any, Nothing, Text, Word};
use super::flag::{Flag, Group, flag};
use super::kinds::Kinds;
use super::unless::{all_finite, never_nested, no_maps, no_messages, uncounted};
use super::values::{put, size};
use super::words::{FRAME, NESTED, NONFINITE, PAYLOAD};
use crate::config::parse_joiner;
use crate::error::Error;

/// A JSON pointer.
fn pointer(flag: &str, text: &str) -> Result<String, Error> {
    if text.is_empty() || text.starts_with('/') {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!(
        "{flag}: `{text}` is not a JSON pointer (RFC 6901)\n  It starts with a slash, such as /data/items."
    )))
}

pub static FLAGS: &[Flag] = &[
    flag(
        "records-at",
        Text("POINTER"),
        Commands::READ,
        "Where the array of records is in a JSON document, as a JSON pointer (RFC 6901) such as /data/items",
    )
    .group(Group::Json)
    .common()
    .source(Kinds::ALL_JSON)
    .unless(uncounted)
    .sets(|s, flag, texts| put(&mut s.options.records_at, Some(pointer(flag, &texts[0])?)))
    .shows("json.records_at", |s| json!(s.options.records_at)),
    flag(
        "key-column",
        Text("NAME"),
        Commands::READ,
        "The records are the values of a JSON map (at --records-at): their keys become this field",
    )
    .group(Group::Json)
    .source(Kinds::JSON.or(Kinds::JSON5))
    .unless(uncounted)
    .sets(|s, flag, texts| match texts[0].as_str() {
        "" => Err(Error::usage(format!("{flag}: a field needs a name"))),
        name => put(&mut s.options.key_column, Some(name.to_owned())),
    })
    .shows("json.key_column", |s| json!(s.options.key_column)),
    flag(
        "nested",
        Word("HOW", || NESTED.all()),
        Commands::RECORDS,
        "Nested maps in a table: columns a.b.c (dot) or JSON text in one cell (json) [default: dot]",
    )
    .group(Group::Json)
    .target(Kinds::ALL_TABLES)
    .unless(no_maps)
    .sets(|s, flag, texts| put(&mut s.options.nested, NESTED.parse(flag, &texts[0])?))
    .shows("json.nested", |s| json!(NESTED.of(s.options.nested))),
    flag(
        "join-lists",
        Any("TEXT"),
        Commands::RECORDS,
        "Lists of plain values in a table: their items with this text between them, not JSON text",
    )
    .group(Group::Json)
    .target(Kinds::ALL_TABLES)
    .unless(never_nested)
    .sets(|s, flag, texts| put(&mut s.options.join_lists, Some(parse_joiner(flag, &texts[0])?)))
    .shows("json.join_lists", |s| json!(s.options.join_lists)),
    flag("unflatten", Nothing, Commands::RECORDS, "Turn columns a.b.c and JSON text in cells back into nested values")
        .group(Group::Json)
        .pairs(&[(Kinds::ALL_TABLES.or(Kinds::FIXED), Kinds::UNFLATTENED)])
        .sets(|s, _, _| put(&mut s.options.unflatten, true))
        .shows("json.unflatten", |s| json!(s.options.unflatten)),
    flag("pretty", Nothing, Commands::RECORDS, "Write JSON with line breaks and indentation")
        .group(Group::Json)
        .common()
        .target(Kinds::JSON.or(Kinds::JSON5))
        .sets(|s, _, _| put(&mut s.options.pretty, true))
        .shows("json.pretty", |s| json!(s.options.pretty)),
    flag("omit-null", Nothing, Commands::RECORDS, "Leave keys whose value is null out of JSON, at every depth; items of lists stay")
        .group(Group::Json)
        .target(Kinds::ALL_JSON)
        .sets(|s, _, _| put(&mut s.options.omit_null, true))
        .shows("json.omit_null", |s| json!(s.options.omit_null)),
    flag(
        "nonfinite",
        Word("HOW", || NONFINITE.all()),
        Commands::RECORDS,
        "What NaN and infinite numbers become in JSON: null, the text NaN, Infinity or -Infinity (text), or the record is bad (fail) [default: null]",
    )
    .group(Group::Json)
    .target(Kinds::ALL_JSON)
    .unless(all_finite)
    .sets(|s, flag, texts| put(&mut s.options.nonfinite, NONFINITE.parse(flag, &texts[0])?))
    .shows("json.nonfinite", |s| json!(NONFINITE.of(s.options.nonfinite))),
    flag(
        "layout",
        Text("FIELDS"),
        Commands::ALL,
        "Fields of a fixed record, such as \"id:u64le,price:f64be,name:text16,flag:bool,raw:bytes8,pad:skip4\": u8, i8, u16le to i64be, f32le to f64be, bool, textN (zero bytes after it), textNspace (spaces after it), bytesN, skipN. Of fixed-width text the widths, in characters or bytes: \"id:8,name:22b,pad:skip4\"",
    )
    .group(Group::Typed)
    .either(Kinds::FIXED.or(Kinds::FWF))
    .unless(uncounted)
    .sets(|s, _, texts| put(&mut s.options.layout, Some(texts[0].clone())))
    .shows("binary.layout", |s| json!(s.options.layout)),
    flag("frame", Word("PREFIX", || FRAME.all()), Commands::ALL, "Length prefix of frames; none reads each file as one frame [default: u32le]")
        .group(Group::Typed)
        .either(Kinds::FRAMES)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.options.frame, FRAME.parse(flag, &texts[0])?))
        .shows("binary.frame", |s| json!(FRAME.of(s.options.frame))),
    flag("payload", Word("WHAT", || PAYLOAD.all()), Commands::ALL, "What a frame holds [default: bytes]")
        .group(Group::Typed)
        .either(Kinds::FRAMES)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.options.payload, PAYLOAD.parse(flag, &texts[0])?))
        .shows("binary.payload", |s| json!(PAYLOAD.of(s.options.payload))),
    flag(
        "block-size",
        Text("SIZE"),
        Commands::RECORDS,
        "End a block, or a row group, with the record that brings it to this size, before compression [default: 64KB for Avro, 4MB for Parquet, 1MB for Arrow]",
    )
    .group(Group::Typed)
    .target(Kinds::BLOCKS)
    .sets(|s, flag, texts| put(&mut s.options.block_size, size(flag, texts)?))
    .shows("binary.block_size", |s| json!((s.options.block_size > 0).then_some(s.options.block_size))),
    flag(
        "canonical",
        Nothing,
        Commands::RECORDS,
        "Write MessagePack and CBOR in canonical form: the fields of maps are sorted, and everything is as short as possible (RFC 8949, 4.2)",
    )
    .group(Group::Typed)
    .target(Kinds::PACKED)
    .sets(|s, _, _| put(&mut s.options.canonical, true))
    .shows("binary.canonical", |s| json!(s.options.canonical)),
    flag("message", Text("NAME"), Commands::RUN, "Which message of a schema of Protobuf records are, with its package [default: the one that no other uses]")
        .group(Group::Typed)
        .unless(no_messages)
        .shows("binary.message", |s| json!(s.options.message.as_ref().map(ToString::to_string))),
    flag(
        "proto-json",
        Nothing,
        Commands::RUN,
        "Protobuf with JSON as its specification maps them: lowerCamelCase names, 64-bit integers as text, no fields with their defaults",
    )
    .group(Group::Typed)
    .pairs(&[(Kinds::PROTOBUF, Kinds::NESTED_TEXT), (Kinds::NESTED_TEXT, Kinds::PROTOBUF)])
    .sets(|s, _, _| put(&mut s.options.proto_json, true))
    .shows("binary.proto_json", |s| json!(s.options.proto_json)),
];
