//! What happens to bad records, and the limits for hostile input.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Count, Nothing, Path, Text, Word};
use super::flag::{Flag, Group, Takes, flag};
use super::kinds::Kinds;
use super::unless::{first_error_ends, no_columns, no_keys, not_nested, one_input, uncounted, whole_records};
use super::values::{at_least_one, put, size};
use super::words::ON_ERROR;

const fn error(name: &'static str, takes: Takes, commands: Commands, help: &'static str) -> Flag {
    flag(name, takes, commands, help).group(Group::Errors)
}

pub static FLAGS: &[Flag] = &[
    error(
        "on-error",
        Word("HOW", || ON_ERROR.all()),
        Commands::RUN,
        "What happens at a bad record: the job ends (fail), the record is left out and counted (skip), or it is also put into a quarantine file, from which `replay` converts it once it is repaired [default: fail]",
    )
    .help_in(&[
        (
            Commands::REPLAY,
            "What happens at a record that is still bad: the job ends (fail), the record is left out and counted (skip), or it is also put into another quarantine file (quarantine) [default: fail]",
        ),
        (
            Commands::COUNT,
            "What happens at a bad record: its file is not counted (fail), it is not counted and a warning says so (skip), or it is also put into the file that --quarantine names (quarantine) [default: fail]",
        ),
    ])
    .common()
    .unless(uncounted)
    .sets(|s, flag, texts| put(&mut s.on_error, ON_ERROR.parse(flag, &texts[0])?))
    .shows("on_error", |s| json!(ON_ERROR.of(s.on_error))),
    error(
        "quarantine",
        Path("FILE"),
        Commands::RUN,
        "The file for bad records; implies --on-error quarantine [default: OUTPUT.quarantine.ndjson]",
    )
    .help_in(&[(Commands::COUNT, "The file for bad records; implies --on-error quarantine")])
    .unless(uncounted)
    .shows("quarantine", |s| json!(s.quarantine.as_ref().map(|path| path.to_string_lossy()))),
    error(
        "max-errors",
        Text("N|P%"),
        Commands::RUN,
        "End the job with code 1 if more records than this are bad: a number, checked at every bad record, or a percentage such as 0.5%, which is checked only at the end, after all records are read [default: no limit]",
    )
    .unless(first_error_ends)
    .sets(|s, _, texts| put(&mut s.max_errors, Some(texts[0].parse()?)))
    .shows("max_errors", |s| json!(s.max_errors.map(|most| most.to_string()))),
    error(
        "strict",
        Nothing,
        Commands::RUN,
        "Treat warnings about the data, and values that the output can't hold exactly, as errors",
    )
    .help_in(&[(
        Commands::COUNT,
        "Treat warnings about the data as errors, and check the number of fields of CSV records",
    )])
    .common()
    .unless(uncounted)
    .sets(|s, _, _| {
        s.strict = true;
        put(&mut s.options.strict, true)
    })
    .shows("strict", |s| json!(s.strict)),
    error("max-record-size", Text("SIZE"), Commands::RUN, "The largest record [default: 64MiB]")
        .unless(uncounted)
        .sets(|s, flag, texts| {
            s.max_record_size = size(flag, texts)?;
            put(&mut s.options.max_record, s.max_record_size)
        })
        .shows("max_record_size", |s| json!((s.max_record_size > 0).then_some(s.max_record_size))),
    error("max-depth", Count("N"), Commands::RUN, "The deepest nesting of JSON values [default: 1024]")
        .unless(not_nested)
        .sets(|s, flag, texts| put(&mut s.options.max_depth, at_least_one(flag, texts)?))
        .shows("json.max_depth", |s| json!(s.options.max_depth)),
    error("max-fields", Count("N"), Commands::ROWS, "The most fields in a record of CSV, TSV or JSON [default: 100000]")
        .source(Kinds::TABLES.or(Kinds::NESTED))
        .unless(whole_records)
        .sets(|s, flag, texts| put(&mut s.options.max_fields, at_least_one(flag, texts)?))
        .shows("json.max_fields", |s| json!(s.options.max_fields)),
    // Records of JSON are counted without their fields being read.
    error("max-fields", Count("N"), Commands::COUNT, "The most fields in a record of CSV or TSV [default: 100000]")
        .source(Kinds::TABLES)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.options.max_fields, at_least_one(flag, texts)?)),
    error(
        "max-key-length",
        Text("SIZE"),
        Commands::RUN,
        "The longest column name, including names made of nested keys [default: 64KiB]",
    )
    .unless(no_columns)
    .sets(|s, flag, texts| put(&mut s.options.max_key_length, size(flag, texts)?))
    .shows("json.max_key_length", |s| json!(s.options.max_key_length)),
    error("max-keys", Count("N"), Commands::RUN, "The most different keys that a header can have [default: 100000]")
        .unless(no_keys)
        .sets(|s, flag, texts| put(&mut s.options.max_keys, at_least_one(flag, texts)?))
        .shows("json.max_keys", |s| json!(s.options.max_keys)),
    error(
        "keep-going",
        Nothing,
        Commands::EACH,
        "Leave out an input that fails, continue with the others, and report it at the end",
    )
    .unless(one_input),
];
