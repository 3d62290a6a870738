//! What is read and written.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Count, List, Nothing, Path, Paths, Text, Word};
use super::flag::{Changes, Flag, Group, flag};
use super::kinds::Kinds;
use super::line::{LEAVE_OUT, Line, No};
use super::past::answers;
use super::unless::{no_file, no_folder, no_list, not_recursive, nothing_can_exist};
use super::values::put;
use crate::format::Format;
use crate::job::Encoding;
use crate::op::Folding;
use crate::schema::Form;

/// The names of formats, each with its alias, if any.
fn formats() -> Vec<(&'static str, Option<&'static str>)> {
    Format::ALL.map(|format| (format.name(), format.aliases().first().copied())).to_vec()
}

/// The same, and a table for people.
fn formats_and_table() -> Vec<(&'static str, Option<&'static str>)> {
    formats().into_iter().chain([("table", None)]).collect()
}

/// The forms of a schema.
fn schemas() -> Vec<(&'static str, Option<&'static str>)> {
    Form::names().map(|name| (name, None)).collect()
}

pub static FLAGS: &[Flag] = &[
    flag("input", Paths("INPUT"), Commands::READ, "Older spelling of INPUT").hidden().changes(Changes::Files),
    flag("files-from", Path("LIST"), Commands::READ, "Read the paths of more inputs from a file, one per line; - is standard input")
        .changes(Changes::Files),
    flag("zero-terminated", Nothing, Commands::READ, "The paths of --files-from end with a zero byte, as `find -print0` writes them")
        .short('0')
        .changes(Changes::Files)
        .unless(no_list),
    flag("recursive", Nothing, Commands::MANY, "Read all files in folders and their subfolders, except hidden ones")
        .short('r')
        .common()
        .unless(no_folder),
    // In `count`, -r is short for --records.
    flag("recursive", Nothing, Commands::COUNT, "Read all files in folders and their subfolders, except hidden ones")
        .common()
        .unless(no_folder),
    flag("include", List("PATTERN"), Commands::READ, "Of the files below folders, read only those with such a name: '*.csv'")
        .changes(Changes::Files)
        .unless(not_recursive),
    flag("records", Nothing, Commands::COUNT, "Count only records, in the format that --from or the extension names")
        .short('r')
        .common(),
    flag(
        "out-dir",
        Path("DIR"),
        Commands::EACH,
        "Write one output for each input into this folder, named after the input and the output's format",
    )
    .changes(Changes::Files)
    .conflicts(&["output"]),
    flag("from", Word("FORMAT", formats), Commands::READ, "Format of the input [default: from its extension]")
        .short('f')
        .common()
        .sets(|s, _, texts| put(&mut s.from, Some(texts[0].parse()?)))
        .shows("from", |s| json!(s.from.map(|format| format.name()))),
    flag(
        "decompress",
        Text("CODEC"),
        Commands::READ,
        "How the input is compressed: auto (by its first bytes, or its extension), none, gzip, zstd, bzip2, xz or lz4 [default: auto]",
    )
    .sets(|s, _, texts| put(&mut s.decompress, texts[0].parse()?))
    .shows("decompress", |s| json!(s.decompress.to_string())),
    flag(
        "encoding",
        Text("NAME"),
        Commands::READ,
        "Encoding of text, CSV, TSV, JSON, JSON5, NDJSON and fixed-width text, such as utf-16, windows-1252, cp850, shift_jis [default: UTF-16 if a byte order mark says so, except for text; otherwise utf-8]",
    )
    .source(Kinds::LINES_OF_TEXT)
    .sets(|s, _, texts| put(&mut s.encoding, Some(texts[0].parse()?)))
    .shows("encoding", |s| json!(s.encoding.map(|encoding| encoding.name()))),
    flag(
        "snapshot",
        Nothing,
        Commands::MANY,
        "Read files up to the length that they have now: they may grow meanwhile. A last line without a line break is left out",
    )
    .unless(no_file)
    .sets(|s, _, _| put(&mut s.snapshot, true))
    .shows("snapshot", |s| json!(s.snapshot)),
    flag("output", Path("OUTPUT"), Commands::WRITE.or(Commands::DESCRIBE), "File to write; - is standard output, which is the default")
        .help_in(&[
            (Commands::AUDIT, "File to write; - is standard output [default: the output is discarded]"),
            (Commands::GENERATE, "File to write; - is standard output [default: -]"),
            (Commands::SPLIT, "Files to write: {part} in the path is replaced by the name of each"),
        ])
        .short('o')
        .common()
        .changes(Changes::Files),
    flag(
        "to",
        Word("FORMAT", formats),
        Commands::RECORDS.without(Commands::SHOWN),
        "Format of the output [default: from its extension; for standard output, the input's format]",
    )
    .short('t')
    .common()
    .unless(no_records)
    .sets(|s, _, texts| put(&mut s.to, Some(texts[0].parse()?)))
    .shows("to", |s| json!(s.to.map(|format| format.name()))),
    flag(
        "to",
        Word("FORMAT", formats_and_table),
        Commands::SHOWN,
        "Format of the output; table is for people [default: from its extension; on a terminal, table; else the input's format]",
    )
    .short('t')
    .common()
    .sets(|s, _, texts| match texts[0].eq_ignore_ascii_case("table") {
        true => Ok(()),
        false => put(&mut s.to, Some(texts[0].parse()?)),
    })
    .shows("to", |s| json!(s.to.map(|format| format.name()))),
    flag(
        "to",
        Word("FORMAT", answers),
        Commands::STATS,
        "How to write the answer; html and svg have charts [default: by the extension of the output; on a terminal table, else csv]",
    )
    .short('t')
    .common()
    .shows("to", |s| json!(s.to.map(|format| format.name()))),
    flag(
        "to",
        Word("FORMAT", schemas),
        Commands::SCHEMA,
        "How to write the schema [default: by the extension of the output (.json, .avsc, .proto); on a terminal table, else json]",
    )
    .short('t')
    .common()
    .shows("to", |s| json!(s.to.map(|format| format.name()))),
    // As in `sample`, its older name.
    flag("to", Word("FORMAT", formats), Commands::GENERATE, "Format of the data [default: by the extension of the output]")
        .alias("format")
        .short('t')
        .common()
        .sets(|s, _, texts| put(&mut s.to, Some(texts[0].parse()?))),
    flag("force", Nothing, Commands::ALL, "Replace the output, the quarantine and the report if they exist")
        .help_in(&[
            (Commands::COUNT, "Replace the quarantine and the report if they exist"),
            (Commands::GENERATE, "Replace the output if it exists"),
        ])
        .common()
        .changes(Changes::Run)
        .unless(nothing_can_exist)
        .sets(|s, _, _| put(&mut s.force, true))
        .shows("force", |s| json!(s.force)),
    flag(
        "out-encoding",
        Text("NAME"),
        Commands::RECORDS,
        "Encoding of the output, such as utf-16le or windows-1252; a record with a character that it lacks is bad [default: utf-8]",
    )
    .target(Kinds::LINES_OF_TEXT)
    .sets(|s, _, texts| put(&mut s.out_encoding, Some(Encoding::of_output(&texts[0])?)))
    .shows("out_encoding", |s| json!(s.out_encoding.map(|encoding| encoding.written().name()))),
    flag(
        "compress",
        Text("CODEC[:LEVEL]"),
        Commands::RECORDS,
        "Compress the output: auto (by its extension), none, or gzip, zstd, bzip2, xz, lz4, with an optional level: zstd:9; blocks of Avro with deflate, snappy, zstd, bzip2, xz; Parquet with snappy, zstd, gzip, lz4; Arrow with zstd, lz4 [default: auto]",
    )
    .sets(|s, _, texts| put(&mut s.compress, texts[0].parse()?))
    .shows("compress", |s| json!(s.compress.to_string())),
    flag("size", Text("SIZE"), Commands::GENERATE, "About how much to write (always whole records)")
        .group(Group::Values)
        .common()
        .conflicts(&["records"]),
    flag("records", Count("N"), Commands::GENERATE, "How many records to write").group(Group::Values).common(),
    flag("seed", Count("N"), Commands::GENERATE, "A different seed gives different data [default: 0]").group(Group::Values),
];

/// Counts of words have a form of their own.
fn no_records(line: &Line<'_>) -> Option<No> {
    match line.settings.fold {
        Some(Folding::WordCount) => No::new("wordcount writes counts, not records", LEAVE_OUT),
        _ => None,
    }
}
