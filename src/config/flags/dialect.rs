//! What others write differently in CSV and TSV: how null is written, and what else a dialect has.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Any, List, Nothing, Word};
use super::flag::{Flag, Group, flag};
use super::kinds::Kinds;
use super::unless::{empty_is_null, escapes_for_all_quotes, null_has_escapes, uncounted};
use super::values::put;
use super::words::KNOWN;
use crate::config::list::parse_texts;
use crate::format::csv::{Dialect, OutDialect};

pub static FLAGS: &[Flag] = &[
    flag(
        "dialect",
        Word("NAME", || KNOWN.all()),
        Commands::READ,
        "Read CSV and TSV as this program writes them: mysql (INTO OUTFILE, mysqldump --tab), postgres (COPY), excel or unix; single flags change it",
    )
    .group(Group::Csv)
    .first()
    .source(Kinds::TABLES)
    .unless(uncounted)
    .sets(|s, flag, texts| put(&mut s.options.dialect, Dialect::of(KNOWN.parse(flag, &texts[0])?)))
    .shows("csv.dialect", |s| json!(s.options.dialect.known.map(|known| KNOWN.of(known)))),
    flag(
        "out-dialect",
        Word("NAME", || KNOWN.all()),
        Commands::RECORDS,
        "Write CSV and TSV as this program reads them: mysql (LOAD DATA), postgres (COPY), excel (CRLF) or unix (all in quotes); single flags change it",
    )
    .group(Group::Csv)
    .first()
    .target(Kinds::TABLES)
    .unless(escapes_for_all_quotes)
    .sets(|s, flag, texts| put(&mut s.options.out_dialect, OutDialect::of(KNOWN.parse(flag, &texts[0])?)))
    .shows("csv.out_dialect", |s| json!(s.options.out_dialect.known.map(|known| KNOWN.of(known)))),
    flag("skip-space", Nothing, Commands::READ, "Spaces after a delimiter, and at the start of a line, are not part of the field")
        .group(Group::Csv)
        .source(Kinds::TABLES)
        .unless(uncounted)
        .sets(|s, _, _| put(&mut s.options.dialect.skip_space, true))
        .shows("csv.skip_space", |s| json!(s.options.dialect.skip_space)),
    flag(
        "null",
        List("TEXTS"),
        Commands::ROWS,
        "Texts that mean null where a field without quotes is exactly one of them, such as NA,\\N (comma-separated); an empty field is null anyway",
    )
    .group(Group::Values)
    .source(Kinds::ALL_TABLES)
    .unless(empty_is_null)
    .sets(|s, flag, texts| put(&mut s.options.nulls, parse_texts(flag, texts)?))
    .shows("null", |s| json!(s.options.nulls)),
    flag(
        "out-null",
        Any("TEXT"),
        Commands::RECORDS,
        "How null is written in tables; in CSV and TSV a value with this text is put in quotes [default: an empty field]",
    )
    .group(Group::Values)
    .target(Kinds::ALL_TABLES)
    .unless(null_has_escapes)
    .sets(|s, _, texts| put(&mut s.options.out_null, texts[0].clone()))
    .shows("out_null", |s| json!(s.options.out_null)),
];
