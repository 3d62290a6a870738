//! What others write differently in CSV and TSV: how null is written, and what else a dialect has.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Any, List};
use super::flag::{Flag, Group, flag};
use super::kinds::Kinds;
use super::unless::null_has_escapes;
use super::values::put;
use crate::config::list::parse_texts;

pub static FLAGS: &[Flag] = &[
    flag(
        "null",
        List("TEXTS"),
        Commands::ROWS,
        "Texts that mean null where a field without quotes is exactly one of them, such as NA,\\N (comma-separated); an empty field is null anyway",
    )
    .group(Group::Values)
    .source(Kinds::TABLES)
    .sets(|s, flag, texts| put(&mut s.options.nulls, parse_texts(flag, texts)?))
    .shows("null", |s| json!(s.options.nulls)),
    flag(
        "out-null",
        Any("TEXT"),
        Commands::ROWS,
        "How null is written in CSV and TSV; a value with this text is put in quotes [default: an empty field]",
    )
    .group(Group::Values)
    .target(Kinds::TABLES)
    .unless(null_has_escapes)
    .sets(|s, _, texts| put(&mut s.options.out_null, texts[0].clone()))
    .shows("out_null", |s| json!(s.options.out_null)),
];
