//! CSV and TSV.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Any, Count, List, Nothing, Text, Word};
use super::flag::{Flag, Group, Takes, flag};
use super::kinds::Kinds;
use super::unless::{
    columns_are_known, dialect_has_escapes, layout_has_names, never_quotes_to_read, never_quotes_to_write,
    no_header_is_read, no_header_to_miss, no_mark, no_quotes_to_read, no_quotes_to_write, no_table_to_skip, uncounted,
};
use super::values::{byte, comment, count, delimiter, put, ragged, shown_delimiter};
use super::words::CLEAN;
use crate::config::list::parse_names;
use crate::format::csv::{CleanNames, Delimiter};
use crate::job::ColumnsFrom;

const fn csv(name: &'static str, takes: Takes, commands: Commands, help: &'static str) -> Flag {
    flag(name, takes, commands, help).group(Group::Csv)
}

pub static FLAGS: &[Flag] = &[
    csv(
        "delimiter",
        Any("TEXT"),
        Commands::READ,
        "What is between fields of the input: `;`, tab, pipe, '\\x1f', '||'; auto finds it [default: comma, or tab for TSV]",
    )
    .short('d')
    .common()
    .source(Kinds::TABLES)
    .unless(uncounted)
    .sets(|s, flag, texts| {
        let is_auto = texts[0].eq_ignore_ascii_case("auto");
        put(&mut s.options.dialect.delimiter, Some(if is_auto { Delimiter::AUTO } else { delimiter(flag, texts)? }))
    })
    .shows("csv.delimiter", |s| shown_delimiter(s.options.dialect.delimiter)),
    csv("quote", Any("BYTE"), Commands::READ, "Quote character around fields of the input [default: \"]")
        .source(Kinds::TABLES)
        .unless(no_quotes_to_read)
        .sets(|s, flag, texts| put(&mut s.options.dialect.quote, byte(flag, texts)?))
        .shows("csv.quote", |s| {
            let dialect = &s.options.dialect;
            json!(dialect.quoting.then_some(char::from(dialect.quote)))
        }),
    csv(
        "escape",
        Any("BYTE"),
        Commands::READ,
        "Character that escapes a quote inside quotes in the input [default: quotes are doubled]",
    )
    .source(Kinds::TABLES)
    .unless(no_quotes_to_read)
    .sets(|s, flag, texts| put(&mut s.options.dialect.escape, Some(byte(flag, texts)?)))
    .shows("csv.escape", |s| json!(s.options.dialect.escape.map(char::from))),
    csv("no-quoting", Nothing, Commands::READ, "Treat quotes in the input as ordinary characters")
        .source(Kinds::TABLES)
        .unless(never_quotes_to_read)
        .sets(|s, _, _| put(&mut s.options.dialect.quoting, false)),
    csv("comment", Any("TEXT"), Commands::READ, "Ignore lines that start with this text: '#', '##'")
        .source(Kinds::ALL_TABLES)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.options.dialect.comment, Some(comment(flag, texts)?)))
        .shows("csv.comment", |s| json!(s.options.dialect.comment.map(|comment| comment.to_string()))),
    csv("skip-lines", Count("N"), Commands::READ, "Leave out the first N lines of each input")
        .source(Kinds::LINES_OF_TEXT)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.skip.lines, count(flag, texts)? as u64))
        .shows("skip.lines", |s| json!(s.skip.lines)),
    csv(
        "skip-until",
        Any("REGEX"),
        Commands::READ,
        "Start each input at the first line that matches, which may be the header: '^id,'",
    )
    .source(Kinds::ALL_TABLES.or(Kinds::TEXT))
    .unless(uncounted)
    .sets(|s, _, texts| {
        s.skip.until = Some(texts[0].clone());
        s.skip.check()
    })
    .shows("skip.until", |s| json!(s.skip.until)),
    csv("skip-records", Count("N"), Commands::READ, "Leave out the first N records of each input, after its header")
        .unless(no_table_to_skip)
        .sets(|s, flag, texts| put(&mut s.skip.records, count(flag, texts)? as u64))
        .shows("skip.records", |s| json!(s.skip.records)),
    csv("skip-footer", Count("N"), Commands::READ, "Leave out the last N lines of each input")
        .source(Kinds::LINES_OF_TEXT)
        .unless(uncounted)
        .sets(|s, flag, texts| put(&mut s.skip.footer, count(flag, texts)? as u64))
        .shows("skip.footer", |s| json!(s.skip.footer)),
    csv(
        "names",
        List("NAMES"),
        Commands::READ,
        "Names for the columns of an input without a header: its first record is data, and the output has these names as its header (comma-separated); for JSON, names for the items of records that are lists: NAMES, or those in the first of them (first); for fixed-width text, names for the widths of --layout",
    )
    .help_in(&[(
        Commands::COUNT,
        "Names for the columns of an input without a header: its first record is counted too (comma-separated)",
    )])
    .source(Kinds::ALL_TABLES.or(Kinds::JSON).or(Kinds::NDJSON))
    .unless(layout_has_names)
    .sets(|s, flag, texts| {
        s.options.names_in_first_row = texts.len() == 1 && texts[0].eq_ignore_ascii_case("first");
        put(&mut s.options.names, parse_names(flag, texts, &["first"])?)
    })
    .shows("csv.names", |s| json!(s.options.names)),
    csv(
        "clean-names",
        Word("HOW", || CLEAN.all()),
        Commands::ROWS,
        "Tidy the names of the header: trim white space, also lower case, also `_` for all that is not a letter or digit (snake); other flags use the tidy names",
    )
    .source(Kinds::TABLES)
    .unless(no_header_is_read)
    .sets(|s, flag, texts| put(&mut s.options.clean_names, CLEAN.parse(flag, &texts[0])?))
    .shows("csv.clean_names", |s| match s.options.clean_names {
        CleanNames::No => json!(null),
        how => json!(CLEAN.of(how)),
    }),
    csv(
        "skip-repeated-headers",
        Nothing,
        Commands::ROWS,
        "Leave out records that are the header again, byte for byte, as in files put together",
    )
    .source(Kinds::TABLES)
    .unless(no_header_is_read)
    .sets(|s, _, _| put(&mut s.skip.repeated_headers, true))
    .shows("skip.repeated_headers", |s| json!(s.skip.repeated_headers)),
    csv(
        "ragged",
        Text("HOW"),
        Commands::RUN,
        "What to do with a record that has other fields than the header, joined by commas: pad those that are missing with nulls; truncate those that are too many (counted), or keep them in a column `extra`; ignore empty ones at the end (trailing); or fail [default: fail]",
    )
    .source(Kinds::TABLES)
    .unless(uncounted)
    .sets(|s, flag, texts| put(&mut s.options.ragged, ragged(flag, &texts[0])?))
    .shows("csv.ragged", |s| json!(s.options.ragged.to_string())),
    csv(
        "no-headers",
        Nothing,
        Commands::NAMED,
        "The input has no header (its first record is data), and none is written",
    )
    .help_in(&[
        (Commands::COUNT, "The input has no header: its first record is counted too"),
        (Commands::GENERATE, "Write no header"),
    ])
    .short('n')
    .common()
    .either(Kinds::ALL_TABLES)
    .unless(no_header_to_miss)
    .sets(|s, _, _| put(&mut s.options.no_headers, true))
    .shows("csv.headers", |s| json!(s.options.reads_header())),
    csv(
        "tsv-escapes",
        Nothing,
        Commands::ALL,
        "TSV with \\t \\n \\r \\\\ instead of quotes, and \\N for null, in input and output",
    )
    .help_in(&[
        (Commands::REPLAY, "Write TSV with \\t \\n \\r \\\\ instead of quotes, and \\N for null"),
        (Commands::COUNT, "TSV with \\t \\n \\r \\\\ instead of quotes, and \\N for null"),
        (Commands::GENERATE, "TSV with \\t \\n \\r \\\\ instead of quotes"),
    ])
    .either(Kinds::TSV)
    .unless(dialect_has_escapes)
    .sets(|s, _, _| put(&mut s.options.dialect.tsv_escapes, true))
    .shows("csv.tsv_escapes", |s| json!(s.options.dialect.tsv_escapes)),
    csv(
        "out-delimiter",
        Any("TEXT"),
        Commands::WRITE,
        "What is between fields of the output, one byte or several [default: comma, or tab for TSV]",
    )
    .common()
    .target(Kinds::TABLES)
    .sets(|s, flag, texts| put(&mut s.options.out_dialect.delimiter, Some(delimiter(flag, texts)?)))
    .shows("csv.out_delimiter", |s| shown_delimiter(s.options.out_dialect.delimiter)),
    csv("out-quote", Any("BYTE"), Commands::WRITE, "Quote character around fields of the output [default: \"]")
        .target(Kinds::TABLES)
        .unless(no_quotes_to_write)
        .sets(|s, flag, texts| put(&mut s.options.out_dialect.quote, byte(flag, texts)?))
        .shows("csv.out_quote", |s| {
            let dialect = &s.options.out_dialect;
            json!(dialect.quoting.then_some(char::from(dialect.quote)))
        }),
    csv(
        "out-escape",
        Any("BYTE"),
        Commands::WRITE,
        "Character that escapes a quote inside quotes in the output [default: quotes are doubled]",
    )
    .target(Kinds::TABLES)
    .unless(no_quotes_to_write)
    .sets(|s, flag, texts| put(&mut s.options.out_dialect.escape, Some(byte(flag, texts)?)))
    .shows("csv.out_escape", |s| json!(s.options.out_dialect.escape.map(char::from))),
    csv(
        "out-no-quoting",
        Nothing,
        Commands::WRITE,
        "Put nothing in quotes; a record that needs quotes is a bad record",
    )
    .target(Kinds::TABLES)
    .unless(never_quotes_to_write)
    .sets(|s, _, _| put(&mut s.options.out_dialect.quoting, false)),
    csv("out-no-headers", Nothing, Commands::WRITE, "Write no header")
        .target(Kinds::TABLES)
        .sets(|s, _, _| put(&mut s.options.out_dialect.no_headers, true))
        .shows("csv.out_headers", |s| json!(s.options.writes_header())),
    csv("quote-all", Nothing, Commands::WRITE, "Put every field of the output in quotes, except nulls")
        .target(Kinds::TABLES)
        .unless(no_quotes_to_write)
        .sets(|s, _, _| put(&mut s.options.out_dialect.quote_all, true))
        .shows("csv.quote_all", |s| json!(s.options.out_dialect.quote_all)),
    csv("crlf", Nothing, Commands::WRITE, "End records of CSV and TSV, and lines of text, with CRLF")
        .target(Kinds::TABLES.or(Kinds::TEXT))
        .sets(|s, _, _| put(&mut s.options.out_dialect.crlf, true))
        .shows("csv.crlf", |s| json!(s.options.out_dialect.crlf)),
    csv("bom", Nothing, Commands::RECORDS, "Begin CSV, TSV and text with a byte order mark, which Excel looks for")
        .target(Kinds::TABLES.or(Kinds::TEXT))
        .unless(no_mark)
        .sets(|s, _, _| put(&mut s.options.out_dialect.bom, true))
        .shows("csv.bom", |s| json!(s.options.out_dialect.bom)),
    csv(
        "columns",
        List("union|first|LIST"),
        Commands::RECORDS,
        "The columns of the output: exactly these, such as a,b,c; those of all records and inputs (union); or those of the first record or input (first) [default: all keys of JSON; inputs in CSV must all have the same columns]",
    )
    .common()
    .unless(columns_are_known)
    .sets(|s, flag, texts| {
        s.columns = match texts {
            [word] if word.eq_ignore_ascii_case("union") => ColumnsFrom::Union,
            [word] if word.eq_ignore_ascii_case("first") => ColumnsFrom::First,
            lists => ColumnsFrom::List(parse_names(flag, lists, &["union", "first"])?),
        };
        Ok(())
    })
    .shows("csv.columns", |s| match &s.columns {
        ColumnsFrom::Auto => json!("auto"),
        ColumnsFrom::Union => json!("union"),
        ColumnsFrom::First => json!("first"),
        ColumnsFrom::List(names) => json!(names),
    }),
];
