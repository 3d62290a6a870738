//! Which records are written, by their place.

use std::time::Duration;

use serde_json::{Value, json};

use super::commands::Commands;
use super::flag::Takes::{self, Count, Expression, List, Text, Word};
use super::flag::{Flag, Group, flag};
use super::unless::{no_last_groups, no_windows, nothing_is_compared, nothing_is_drawn, uncounted, windows_end};
use super::values::{count, duration, put};
use super::words::KEEP;
use crate::config::list::parse_names;
use crate::error::Error;
use crate::flow::sort::add_keys;
use crate::job::{Aggregate, Settings};
use crate::wording::duration_text;

const fn rows(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    flag(name, takes, Commands::ROWS, help).group(Group::Rows)
}

/// A number of records.
fn records(flag: &str, texts: &[String]) -> Result<u64, Error> {
    Ok(count(flag, texts)? as u64)
}

/// A number that is shown only if it was given.
fn given(number: u64) -> Value {
    json!((number > 0).then_some(number))
}

/// The most records that are written.
const fn limit(commands: Commands, help: &'static str) -> Flag {
    flag("limit", Count("N"), commands, help)
        .group(Group::Rows)
        .common()
        .sets(|s, flag, texts| put(&mut s.rows.limit, Some(records(flag, texts)?)))
        .shows("limit", |s| json!(s.rows.limit))
}

pub static FLAGS: &[Flag] = &[
    limit(
        Commands::ROWS.without(Commands::HEAD).without(Commands::AGGREGATE),
        "Write at most this many records, and read nothing after the last one",
    )
    .help_in(&[(Commands::SORT, "Write at most this many of the sorted records")]),
    limit(Commands::AGGREGATE, "Write at most this many groups"),
    limit(Commands::HEAD, "Show at most this many records [default: 10, without --tail and --sample]").short('n'),
    rows("offset", Count("N"), "Pass over this many records first; bad and filtered ones don't count [default: 0]")
        .help_in(&[(Commands::AGGREGATE, "Pass over this many groups first [default: 0]")])
        .sets(|s, flag, texts| put(&mut s.rows.offset, records(flag, texts)?))
        .shows("offset", |s| given(s.rows.offset)),
    rows("tail", Count("N"), "Write only this many of the last records; the input is read twice")
        .help_in(&[
            (Commands::SORT, "Write only this many of the last of the sorted records"),
            (Commands::AGGREGATE, "Write only this many of the last groups"),
        ])
        .unless(no_last_groups)
        .sets(|s, flag, texts| put(&mut s.rows.tail, Some(records(flag, texts)?)))
        .shows("tail", |s| json!(s.rows.tail)),
    rows(
        "sample",
        Count("N"),
        "Draw this many records at random, and write them in their order, before --offset, --limit and --tail; the input is read twice",
    )
    .help_in(&[(Commands::AGGREGATE, "Aggregate only this many records, drawn at random; the input is read twice")])
    .sets(|s, flag, texts| put(&mut s.rows.sample, Some(records(flag, texts)?)))
    .shows("sample", |s| json!(s.rows.sample)),
    rows("seed", Count("N"), "Another seed draws other records for --sample [default: 0]")
        .unless(nothing_is_drawn)
        .sets(|s, flag, texts| put(&mut s.rows.seed, records(flag, texts)?))
        .shows("seed", |s| given(s.rows.seed)),
    flag(
        "dedupe",
        List("FIELDS"),
        Commands::ROWS.or(Commands::COUNT),
        "Of records with the same text in these fields of the output write only one, before --sample, --offset, --limit and --tail; * compares all fields; the input is read twice",
    )
    .group(Group::Rows)
    .unless(uncounted)
    .help_in(&[
        (Commands::COUNT, "Of records with the same text in these fields, in one input, count only one; * compares all fields; the input is read twice"),
        (Commands::SORT, "Of records with the same text in these fields sort only one; * compares all fields; the input is read twice"),
        (Commands::AGGREGATE, "Of records with the same text in these fields aggregate only one; * compares all fields; the input is read twice"),
    ])
    .sets(|s, flag, texts| put(&mut s.rows.dedupe, Some(compared(flag, texts)?)))
    .shows("dedupe", |s| match s.rows.dedupe.as_deref() {
        Some([]) => json!("*"),
        fields => json!(fields),
    }),
    rows(
        "dedupe-keep",
        Word("WHICH", || KEEP.all()),
        "Which of equal records --dedupe writes, in the order of the input [default: first]",
    )
    .help_in(&[
        (Commands::SORT, "Which of equal records --dedupe sorts, in the order of the input [default: first]"),
        (Commands::AGGREGATE, "Which of equal records --dedupe aggregates, in the order of the input [default: first]"),
    ])
    .unless(nothing_is_compared)
    .sets(|s, flag, texts| put(&mut s.rows.keep, KEEP.parse(flag, &texts[0])?))
    .shows("dedupe_keep", |s| json!(s.rows.dedupe.as_ref().map(|_| KEEP.of(s.rows.keep)))),
    split("records", Count("N"), "Write this many records into each file, the last one perhaps fewer").conflicts(&["size", "by"]),
    split("size", Text("SIZE"), "Write at most this many bytes into each file, unless it has only one record")
        .conflicts(&["records", "by"]),
    split("by", Text("FIELD"), "Write the records with the same value of this field into one file")
        .conflicts(&["records", "size"]),
    flag(
        "by",
        List("FIELD[:desc][:KIND]"),
        Commands::SORT,
        "Sort by these fields of the output, the most important first: ascending, or :desc; values as what they are, or all as :text, :number or :date; text by its bytes, or by :locale=sv, :nocase, :natural",
    )
    .group(Group::Rows)
    .common()
    .sets(|s, flag, texts| texts.iter().try_for_each(|text| add_keys(flag, text, &mut s.sort)))
    .shows("by", by),
    aggregate(
        "by",
        "FIELDS",
        "A record for each group: for each of the different values of these fields, or of name=EXPR (comma-separated)",
    )
    .sets(|s, _, texts| asked(s, texts, Aggregate::by))
    .shows("by", by),
    aggregate("agg", "NAME=CALL", "What is calculated for each group, such as n=count(), s=sum(fare), p95=quantile(fare,0.95)")
        .sets(|s, _, texts| asked(s, texts, Aggregate::function))
        .shows("agg", |s| written(s, 1)),
    aggregate(
        "sort",
        "KEYS",
        "Sort the groups by fields of the result: a,b:desc[:text|number|date], as sort --by [default: in the order of their first records]",
    )
    .sets(|s, _, texts| asked(s, texts, Aggregate::sort))
    .shows("sort", |s| written(s, 2)),
    live("window", "DURATION", "Groups for each window of time, such as 5m, in UTC; written when it has ended")
        .common()
        .sets(|s, flag, texts| lasting(s, flag, texts, Aggregate::window))
        .shows("window", |s| lasts(s, 0)),
    live("slide", "DURATION", "A window begins every so often, and they overlap [default: as long as --window]")
        .unless(no_windows)
        .sets(|s, flag, texts| lasting(s, flag, texts, Aggregate::slide))
        .shows("slide", |s| lasts(s, 1)),
    live("time-field", "FIELD", "The time of a record, for --window: ISO 8601, in UTC unless it has an offset, or seconds since 1970")
        .unless(no_windows)
        .sets(|s, _, texts| asked(s, texts, Aggregate::time_field))
        .shows("time-field", |s| json!(s.aggregate.as_ref().and_then(Aggregate::time))),
    live("lateness", "DURATION", "Wait so long for records that are older than the newest one, in their time [default: 0s]")
        .unless(no_windows)
        .sets(|s, flag, texts| lasting(s, flag, texts, Aggregate::lateness))
        .shows("lateness", |s| lasts(s, 2)),
    live("emit", "DURATION", "Write the totals so far every so often, such as 10s, and those of all records in the end")
        .unless(windows_end)
        .sets(|s, flag, texts| lasting(s, flag, texts, Aggregate::emit))
        .shows("emit", |s| lasts(s, 3)),
];

/// The fields that are compared; none: all.
fn compared(flag: &str, texts: &[String]) -> Result<Vec<String>, Error> {
    const ALL: &str = "*";
    match texts {
        [text] if text == ALL => Ok(Vec::new()),
        texts => {
            let is_all = |text: &String| text.split(',').any(|part| part == ALL);
            if texts.iter().any(is_all) {
                return Err(Error::usage(format!(
                    "{flag}: * compares all fields, so no others are named beside it\n  A field of that name is \\*"
                )));
            }
            parse_names(flag, texts, &[ALL])
        }
    }
}

/// What is written while records come.
const fn live(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    flag(name, Text(value), Commands::AGGREGATE, help).group(Group::Rows)
}

/// Sets how long something lasts.
fn lasting(
    settings: &mut Settings,
    flag: &str,
    texts: &[String],
    set: fn(Aggregate, Duration) -> Aggregate,
) -> Result<(), Error> {
    let asked = settings.aggregate.take().unwrap_or_default();
    settings.aggregate = Some(set(asked, duration(flag, texts)?));
    Ok(())
}

/// How long something lasts.
fn lasts(settings: &Settings, which: usize) -> Value {
    let lasting = settings.aggregate.as_ref().and_then(|aggregate| aggregate.durations()[which]);
    json!(lasting.map(duration_text))
}

/// What is calculated from all records.
const fn aggregate(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    flag(name, Expression(value), Commands::AGGREGATE, help).group(Group::Rows).common()
}

/// Adds to what is asked for.
fn asked(
    settings: &mut Settings,
    texts: &[String],
    add: fn(Aggregate, &str) -> Result<Aggregate, Error>,
) -> Result<(), Error> {
    let asked = settings.aggregate.take().unwrap_or_default();
    settings.aggregate = Some(texts.iter().try_fold(asked, |asked, text| add(asked, text))?);
    Ok(())
}

/// The fields to sort by, or those of groups.
fn by(settings: &Settings) -> Value {
    match settings.sort.is_empty() {
        true => written(settings, 0),
        false => json!(settings.sort.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// What was asked for, as it was written.
fn written(settings: &Settings, which: usize) -> Value {
    let texts = settings.aggregate.as_ref().map(|aggregate| aggregate.texts()[which].clone());
    json!(texts.filter(|text| !text.is_empty()))
}

/// What decides which file a record goes to.
const fn split(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    flag(name, takes, Commands::SPLIT, help).group(Group::Rows).common()
}
