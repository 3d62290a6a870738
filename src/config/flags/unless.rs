//! Conditions under which a flag can't have an effect: each says why, and what to do instead.

use super::commands::Commands;
use super::kinds::Kinds;
use super::line::{LEAVE_OUT, Line, No, Origin};
use super::words::KNOWN;
use crate::format::csv::Known;
use crate::format::{Types, fwf};
use crate::job::{Aggregate, ColumnsFrom, OnError};

/// What has bytes beside texts.
const BINARY: Kinds = Kinds::FIXED.or(Kinds::PACKED).or(Kinds::BLOCKS).or(Kinds::PROTOBUF);

/// Between these, bytes are written as text, or text is read as bytes.
pub const BYTES_AND_TEXT: &[(Kinds, Kinds)] = &[
    (BINARY, BINARY.not()),
    (Kinds::FRAMES_OF_BYTES, Kinds::ALL_TABLES.or(Kinds::NESTED_TEXT)),
    (
        Kinds::ALL_TABLES.or(Kinds::NESTED_TEXT),
        Kinds::FIXED.or(Kinds::FRAMES_OF_BYTES).or(Kinds::BLOCKS).or(Kinds::PROTOBUF),
    ),
];

/// What looks at values, or changes them.
const STEPS: [&str; 5] = ["op", "where", "set", "explode", "parse-json"];

/// `count` looks at records only if asked to.
pub fn uncounted(line: &Line<'_>) -> Option<No> {
    let counts = line.said.has("records") || line.said.has("from");
    if line.command == Commands::COUNT && !counts {
        return No::new(
            "records are not counted",
            "Give -r to count only records, or --from FORMAT to count them too.",
        );
    }
    None
}

/// A schema says the types of all fields.
pub fn no_types(line: &Line<'_>) -> Option<No> {
    if line.settings.ops.iter().any(|op| op.name() == "types") {
        return No::new(
            "--types says what some fields are, and a schema says it of all",
            "Change the kind of the field in the schema, or leave out one of the two.",
        );
    }
    uncounted(line)
}

/// Only a schema of Protobuf has messages.
pub fn no_messages(line: &Line<'_>) -> Option<No> {
    match line.settings.options.message {
        Some(_) => None,
        None => No::new("no schema of Protobuf is given", "Give one with --schema, or leave the flag out."),
    }
}

/// A count needs made fields only to choose records by them, or to make more.
pub fn made_for_nothing(line: &Line<'_>) -> Option<No> {
    let used = ["where", "explode", "parse-json", "dedupe"].iter().any(|flag| line.said.has(flag));
    if line.command == Commands::COUNT && !used {
        return No::new("no field is written", "Give --where to count the records for which something is true.");
    }
    uncounted(line)
}

/// For flags about the quotes of the input.
pub fn no_quotes_to_read(line: &Line<'_>) -> Option<No> {
    no_quotes(line, "no-quoting", Side::Input).or_else(|| uncounted(line))
}

/// For `--no-quoting`.
pub fn never_quotes_to_read(line: &Line<'_>) -> Option<No> {
    escapes_for_quotes(line, Side::Input).or_else(|| uncounted(line))
}

/// For flags about the quotes of the output.
pub fn no_quotes_to_write(line: &Line<'_>) -> Option<No> {
    no_quotes(line, "out-no-quoting", Side::Output)
}

/// For `--out-no-quoting`.
pub fn never_quotes_to_write(line: &Line<'_>) -> Option<No> {
    escapes_for_quotes(line, Side::Output)
}

/// A side of a conversion.
#[derive(Clone, Copy)]
enum Side {
    Input,
    Output,
}

/// A side has no quotes: because of this flag, or because of its format.
fn no_quotes(line: &Line<'_>, flag: &str, side: Side) -> Option<No> {
    if line.said.has(flag) {
        return No::new(format!("with `--{flag}` there are no quotes"), "Leave out one of the two.");
    }
    escapes_for_quotes(line, side)
}

/// TSV with backslash escapes has no quotes.
fn escapes_for_quotes(line: &Line<'_>, side: Side) -> Option<No> {
    let kinds = match side {
        Side::Input => line.sources,
        Side::Output => line.targets,
    };
    if !kinds.is_within(Kinds::TSV) {
        return None;
    }
    let options = &line.settings.options;
    let (flag, known) = match side {
        Side::Output => ("out-dialect", options.out_dialect.known),
        Side::Input => ("dialect", options.dialect.known),
    };
    let with = match known {
        _ if line.said.has("tsv-escapes") => "--tsv-escapes".to_owned(),
        Some(known @ (Known::Mysql | Known::Postgres)) => format!("--{flag} {}", KNOWN.of(known)),
        _ => return None,
    };
    No::new(format!("with `{with}`, TSV has no quotes"), "Leave out one of the two.")
}

/// A database has escapes of its own.
pub fn dialect_has_escapes(line: &Line<'_>) -> Option<No> {
    if let Some(known @ (Known::Mysql | Known::Postgres)) = line.settings.options.dialect.known
        && line.sources.is_within(Kinds::TSV)
    {
        return No::new(
            format!("`--dialect {}` says what escapes mean", KNOWN.of(known)),
            "Leave it out; for the output there is --out-dialect.",
        );
    }
    uncounted(line)
}

/// All fields in quotes, where there are none.
pub fn escapes_for_all_quotes(line: &Line<'_>) -> Option<No> {
    match line.settings.options.out_dialect.known {
        Some(Known::Unix) => escapes_for_quotes(line, Side::Output),
        _ => None,
    }
}

/// Records after a header are passed over unread; others have to be read.
pub fn no_table_to_skip(line: &Line<'_>) -> Option<No> {
    if !line.sources.meets(Kinds::ALL_TABLES) {
        let instead = match line.command {
            Commands::COUNT => format!("It is for {}: leave it out.", Kinds::ALL_TABLES),
            _ => format!("It is for {}; of other records, --offset N leaves out the first ones.", Kinds::ALL_TABLES),
        };
        return No::new(line.input(), instead);
    }
    uncounted(line)
}

/// An empty field is null, unless every field is text, or null has a text of its own.
pub fn empty_is_null(line: &Line<'_>) -> Option<No> {
    let options = &line.settings.options;
    let own = matches!(options.dialect.known, Some(Known::Mysql | Known::Postgres)) || line.said.has("tsv-escapes");
    if own || options.types == Types::Text || options.nulls.iter().any(|text| !text.is_empty()) {
        return None;
    }
    No::new("an empty field is null anyway", "Leave it out, or name other texts: --null NA,NULL")
}

/// TSV with backslash escapes has a null of its own.
pub fn null_has_escapes(line: &Line<'_>) -> Option<No> {
    if line.said.has("tsv-escapes") && line.targets.is_within(Kinds::TSV) {
        return No::new("with `--tsv-escapes`, null is written as `\\N`", "Leave out one of the two.");
    }
    None
}

/// A list of columns selects from every record. Without one, columns are collected from the keys of records, or
/// combined from several inputs.
pub fn columns_are_known(line: &Line<'_>) -> Option<No> {
    if line.targets == Kinds::WORDS {
        return No::new(format!("{}, in which fields have no names", line.output()), LEAVE_OUT);
    }
    let list = matches!(line.settings.columns, ColumnsFrom::List(_));
    if list && line.settings.aggregate.is_some() {
        return No::new(
            "the columns of the output are those of --by and --agg",
            "Leave it out; --agg NAME=… gives a column its name.",
        );
    }
    let tables = line.sources.or(line.targets).meets(Kinds::TABLES);
    if list || together(line) && tables || keys_become_columns(line) {
        return None;
    }
    let why = match line.origin {
        _ if !tables => format!("{}, so there are no columns: each record keeps its own fields", line.both()),
        Origin::Each => "each input has an output of its own, with its own columns".to_owned(),
        _ => format!("{}, and its columns are known", line.input()),
    };
    No::new(why, "Leave it out, or name the columns: --columns a,b,c")
}

/// Whether the columns of the output are the keys of maps.
fn keys_become_columns(line: &Line<'_>) -> bool {
    let maps = line.sources.meets(Kinds::NESTED) || line.said.has("parse-json");
    line.targets.meets(Kinds::TABLES) && maps
}

/// Whether the columns of several inputs are combined. A pattern, a folder or a list counts as several, even if it
/// finds only one file today.
fn together(line: &Line<'_>) -> bool {
    line.origin == Origin::Many || line.origin == Origin::File && !line.plain && !line.said.has("out-dir")
}

/// Text has one field, whose name is not written; a table without a header has no names either.
pub fn no_names(line: &Line<'_>) -> Option<No> {
    if line.command.describes() {
        return None;
    }
    let headless = line.said.has("no-headers") || line.said.has("out-no-headers");
    if headless && line.targets.is_within(Kinds::TABLES) && !line.said.has("columns") {
        return No::new("the output has no header", LEAVE_OUT);
    }
    let nameless = Kinds::TEXT.or(Kinds::FRAMES_OF_BYTES).or(Kinds::FRAMES_OF_TEXT).or(Kinds::WORDS);
    if line.sources.is_within(Kinds::TEXT) && line.targets.is_within(nameless) || line.targets == Kinds::WORDS {
        return No::new(format!("{}, in which fields have no names", line.output()), LEAVE_OUT);
    }
    None
}

/// For `--names`: the layout of fixed-width text may have them.
pub fn layout_has_names(line: &Line<'_>) -> Option<No> {
    if line.sources.is_within(Kinds::FWF) && has_names(line) {
        return No::new("the layout names the fields", "Leave it out, or give the widths alone: --layout 8,22");
    }
    uncounted(line)
}

/// For `--no-headers`: fixed-width text has no header; without one, fields may be without names.
pub fn no_header_to_miss(line: &Line<'_>) -> Option<No> {
    let both = line.sources.or(line.targets);
    if both.meets(Kinds::FWF) && !both.meets(Kinds::TABLES) && (has_names(line) || line.said.has("names")) {
        return No::new(
            format!(
                "{}, which has no header",
                if line.sources.meets(Kinds::FWF) { line.input() } else { line.output() }
            ),
            "Leave it out; a first line that is not a record is left out by --skip-lines 1.",
        );
    }
    uncounted(line)
}

/// Whether the layout of fixed-width text has the names of all fields.
fn has_names(line: &Line<'_>) -> bool {
    line.settings.options.layout.as_deref().is_none_or(|layout| !fwf::takes_names(layout))
}

/// For flags about the names that a header has.
pub fn no_header_is_read(line: &Line<'_>) -> Option<No> {
    let without = ["no-headers", "names"].into_iter().find(|flag| line.said.has(flag));
    without.and_then(|flag| No::new(format!("with `--{flag}` no header is read"), "Leave out one of the two."))
}

/// Some encodings have no byte order mark.
pub fn no_mark(line: &Line<'_>) -> Option<No> {
    let encoding = line.settings.out_encoding?.written();
    encoding.characters().first_missing("\u{feff}")?;
    No::new(format!("{} has no byte order mark", encoding.name()), LEAVE_OUT)
}

/// A field of a table is written as it was read, number or text or empty, unless an op changes it, quotes make it text,
/// or something else than an empty field is null. A record of nothing but null differs from one of an empty text.
pub fn fields_are_text(line: &Line<'_>) -> Option<No> {
    if line.settings.ops.iter().any(|op| op.name() == "types") {
        return uncounted(line);
    }
    if !line.sources.meets(Kinds::TABLES.or(Kinds::FWF)) {
        return No::new(
            line.input(),
            "For one field, say what its values are: --types zip=text,n=decimal; or leave it out.",
        );
    }
    if line.command.describes() {
        return None;
    }
    let steps = STEPS.iter().any(|flag| line.said.has(flag));
    if line.command == Commands::COUNT {
        let why = "records are counted whatever their fields are";
        return if steps { uncounted(line) } else { No::new(why, "It is for --where and other steps: leave it out.") };
    }
    let changed = ["select", "drop", "columns", "null", "out-null", "dialect", "out-dialect", "tsv-escapes"];
    let changed = steps
        || line.said.has("quote-all") && line.targets.meets(Kinds::TABLES)
        || changed.iter().any(|flag| line.said.has(flag));
    if line.targets.is_within(Kinds::TABLES.or(Kinds::FWF)) && !changed {
        return No::new(
            line.output(),
            "It is for NDJSON, JSON, text, frames, fixed, ops, a word count, texts for null and --quote-all: leave it out.",
        );
    }
    None
}

/// A table has lists only where JSON text is taken apart.
pub fn no_lists(line: &Line<'_>) -> Option<No> {
    if line.sources.meets(Kinds::NESTED) {
        return uncounted(line);
    }
    if line.said.has("parse-json") {
        return match never_parsed(line) {
            Some(field) => No::new(
                format!("the field `{field}` is text, since no --parse-json before it takes the field apart"),
                "Steps are taken in the order written: --parse-json FIELD --explode FIELD; or leave it out.",
            ),
            None => uncounted(line),
        };
    }
    No::new(
        format!("{}, in which there are no lists", line.input()),
        "Parse the field first: --parse-json FIELD --explode FIELD; or leave it out.",
    )
}

/// A field that is exploded, although neither it nor one around it is taken apart before.
fn never_parsed(line: &Line<'_>) -> Option<String> {
    let mut parsed: Vec<&[u8]> = Vec::new();
    for op in &line.settings.ops {
        let Some(field) = op.reads().first().map(|field| &**field) else { continue };
        let is_inside = |outer: &&[u8]| {
            field.strip_prefix(*outer).is_some_and(|rest| matches!(rest.first(), None | Some(b'.' | b'[')))
        };
        match op.name() {
            "parse-json" => parsed.push(field),
            "explode" if !parsed.iter().any(is_inside) => return Some(String::from_utf8_lossy(field).into_owned()),
            _ => {}
        }
    }
    None
}

/// Only some formats have numbers that are not finite.
pub fn all_finite(line: &Line<'_>) -> Option<No> {
    if line.sources.meets(Kinds::NOT_FINITE) {
        return None;
    }
    No::new(format!("{}, in which every number is finite", line.input()), LEAVE_OUT)
}

/// For flags about invalid UTF-8, where the input is never checked for it.
pub fn any_bytes_do(line: &Line<'_>) -> Option<No> {
    if line.sources.is_within(Kinds::UNROLLED) {
        return No::new(line.input(), "Texts in columns are always UTF-8: leave it out.");
    }
    let checked = line.said.has("encoding") || STEPS.iter().any(|flag| line.said.has(flag));
    // A byte order mark may show that these are UTF-16.
    let decoded = line.sources.meets(Kinds::ALL_TABLES.or(Kinds::NESTED));
    // Text is checked when it is converted, if it was asked for; never when it is counted.
    let text = line.command != Commands::COUNT && line.sources.meets(Kinds::FRAMES_OF_BYTES.not());
    if checked || decoded || text {
        return None;
    }
    if line.command == Commands::COUNT && line.targets == Kinds::NONE && line.sources == Kinds::ALL {
        return No::new("bytes are counted as they are", "Give the encoding of the text: --encoding utf-8");
    }
    let instead = match line.sources.meets(Kinds::TEXT) {
        true => "Give the encoding of the text: --encoding utf-8",
        false => LEAVE_OUT,
    };
    No::new(format!("{}, and bytes are kept as they are", line.both()), instead)
}

pub fn first_error_ends(line: &Line<'_>) -> Option<No> {
    if let Some(no) = uncounted(line) {
        return Some(no);
    }
    if line.settings.on_error == OnError::Fail {
        return No::new("the first bad record ends the run", "Give --on-error skip or --on-error quarantine too.");
    }
    None
}

/// Column names belong to tables, or are made from keys.
pub fn no_columns(line: &Line<'_>) -> Option<No> {
    let described = line.command.describes();
    let keys = line.sources.meets(Kinds::NESTED) && (described || line.targets.meets(Kinds::TABLES));
    if !keys && !line.sources.meets(Kinds::TABLES) {
        return No::new(line.both(), "It is for names of columns, and for keys that become some: leave it out.");
    }
    uncounted(line)
}

pub fn not_nested(line: &Line<'_>) -> Option<No> {
    if !line.sources.meets(Kinds::NESTED) && !["unflatten", "parse-json"].iter().any(|flag| line.said.has(flag)) {
        return No::new(
            line.input(),
            format!("It is for {} as input, for --unflatten and --parse-json: leave it out.", Kinds::NESTED),
        );
    }
    if line.command == Commands::COUNT && line.sources.is_within(Kinds::BLOCKS) && !decodes(line) {
        return No::new(
            "blocks say how many records they have",
            "It is for --on-error skip, --strict, --where and other steps: leave it out.",
        );
    }
    uncounted(line)
}

/// Whether records that are counted are decoded for it.
fn decodes(line: &Line<'_>) -> bool {
    let checked = ["strict", "on-error", "quarantine", "dedupe"];
    STEPS.iter().chain(&checked).any(|flag| line.said.has(flag))
}

/// A map is a column, or several, only where records are written as they are.
pub fn no_maps(line: &Line<'_>) -> Option<No> {
    match line.command {
        Commands::AGGREGATE => No::new("the result has no maps", LEAVE_OUT),
        _ => never_nested(line),
    }
}

/// A table has lists and maps only where JSON text is taken apart.
pub fn never_nested(line: &Line<'_>) -> Option<No> {
    if let Some(aggregate) = line.settings.aggregate.as_ref().filter(|_| line.command == Commands::AGGREGATE) {
        let instead = "Only top() gives a list: leave it out.";
        return if aggregate.has_lists() { None } else { No::new("the result has no lists and no maps", instead) };
    }
    if line.sources.meets(Kinds::NESTED) || line.said.has("parse-json") {
        return None;
    }
    No::new(line.input(), format!("It is for {} as input, and for --parse-json: leave it out.", Kinds::NESTED))
}

/// Keys are counted when they become a header, and columns when those of several inputs are combined.
pub fn no_keys(line: &Line<'_>) -> Option<No> {
    let tables = line.sources.or(line.targets).meets(Kinds::TABLES);
    // All names of fields are kept where they are described.
    if line.command.describes() || keys_become_columns(line) || together(line) && tables {
        return None;
    }
    No::new(line.both(), "It is for nested records that become a table, and for columns of several inputs.")
}

/// The fields of nested records that are not changed are not taken apart.
pub fn whole_records(line: &Line<'_>) -> Option<No> {
    let mut chosen = STEPS.iter().chain(&["source-column", "select", "drop", "rename", "columns", "omit-null"]);
    let chosen = chosen.any(|flag| line.said.has(flag));
    let written = line.targets != Kinds::NONE;
    if written && !chosen && line.sources.is_within(Kinds::NESTED) && line.targets.is_within(Kinds::NESTED) {
        return No::new(format!("{}, and records stay as they are", line.both()), LEAVE_OUT);
    }
    uncounted(line)
}

pub fn nothing_is_drawn(line: &Line<'_>) -> Option<No> {
    match line.settings.rows.sample {
        Some(_) => None,
        None => No::new("no records are drawn", "Draw some with --sample N, or leave the flag out."),
    }
}

pub fn nothing_is_compared(line: &Line<'_>) -> Option<No> {
    match line.settings.rows.dedupe {
        Some(_) => None,
        None => No::new("no records are compared", "Say which fields with --dedupe FIELDS, or leave the flag out."),
    }
}

/// Only what is compared or sorted may not fit into memory.
pub fn nothing_is_spilled(line: &Line<'_>) -> Option<No> {
    if line.settings.aggregate.as_ref().is_some_and(Aggregate::is_live) && line.settings.rows.dedupe.is_none() {
        return No::new("windows and totals so far stay in memory", LEAVE_OUT);
    }
    match line.settings.rows.dedupe {
        None if ![Commands::SORT, Commands::AGGREGATE].contains(&line.command) => {
            No::new("nothing is sorted or compared", "It is for sort, for aggregate and for --dedupe.")
        }
        _ => None,
    }
}

pub fn no_folder(line: &Line<'_>) -> Option<No> {
    let instead = match line.command {
        // As in `sort` of the shell.
        Commands::SORT => "Leave it out; for descending order: --by FIELD:desc.",
        _ => LEAVE_OUT,
    };
    if line.plain { No::new("the only input is not a folder", instead) } else { None }
}

/// Files are looked for only below folders.
pub fn not_recursive(line: &Line<'_>) -> Option<No> {
    match line.said.has("recursive") {
        true => None,
        false => No::new("no folder is read", "Give --recursive too, or a pattern as the input: 'data/*.csv'."),
    }
}

pub fn no_list(line: &Line<'_>) -> Option<No> {
    match line.said.has("files-from") {
        true => None,
        false => No::new("there is no list of inputs", "Name the list with --files-from LIST, or leave the flag out."),
    }
}

pub fn one_input(line: &Line<'_>) -> Option<No> {
    if line.plain { No::new("there is only one input", LEAVE_OUT) } else { None }
}

pub fn stream_is_read(line: &Line<'_>) -> Option<No> {
    if line.origin == Origin::Stdin {
        return No::new("standard input can't be mapped", LEAVE_OUT);
    }
    if line.sources.is_within(Kinds::UNROLLED) {
        return No::new(line.input(), "Its columns are read where they stand in the file: leave it out.");
    }
    None
}

/// Only a file has a length.
pub fn no_file(line: &Line<'_>) -> Option<No> {
    if line.origin == Origin::Stdin {
        return No::new("standard input is read to its end", "Name the file itself as the input.");
    }
    None
}

pub fn nothing_can_exist(line: &Line<'_>) -> Option<No> {
    let beside = ["quarantine", "report", "cpuprofile", "memprofile"];
    let files = line.to_file || beside.iter().any(|flag| line.said.has(flag));
    let instead = match line.command {
        Commands::COUNT => "Name one with --report or --quarantine, or leave the flag out.",
        _ => "Name one with -o, or leave the flag out.",
    };
    if files { None } else { No::new("no file is written", instead) }
}

/// Checkpoints are written next to an output file, and record the progress of one input; those of a sort, of all.
pub fn no_checkpoints(line: &Line<'_>) -> Option<No> {
    let sorts = line.command == Commands::SORT;
    let passes = [("dedupe", "which records are equal"), ("sample", "which records are drawn")];
    if let Some((flag, what)) = passes.into_iter().find(|(flag, _)| line.said.has(flag)) {
        return No::new(
            format!(
                "with `--{flag}` a run can't be resumed, since {what} is found out in a pass of its own that has no checkpoints"
            ),
            "Leave out one of the two.",
        );
    }
    let counting = ["limit", "offset", "tail"].into_iter().find(|flag| !sorts && line.said.has(flag));
    if let Some(flag) = counting {
        return No::new(
            format!("with `--{flag}` a run can't be resumed, since no checkpoint says how many records were counted"),
            "Leave out one of the two.",
        );
    }
    if !sorts && matches!(line.origin, Origin::Many | Origin::Each) {
        return No::new("there are several inputs", "Convert the inputs one by one, or leave the flag out.");
    }
    if !line.to_file {
        return No::new("the output is not a file", "Name one with -o, or leave the flag out.");
    }
    None
}

/// Nothing can stay up that was not there.
pub fn no_dashboard(line: &Line<'_>) -> Option<No> {
    match line.said.has("dashboard") {
        true => None,
        false => No::new("there is no dashboard", "Open one with --dashboard PORT, or leave the flag out."),
    }
}

/// For flags about windows of time.
pub fn no_windows(line: &Line<'_>) -> Option<No> {
    match line.said.has("window") {
        true => None,
        false => No::new("there are no windows", "Give --window DURATION too, or leave the flag out."),
    }
}

/// Windows are written as they end.
pub fn windows_end(line: &Line<'_>) -> Option<No> {
    match line.said.has("window") {
        true => No::new("with `--window`, results are written as windows end", "Leave out one of the two."),
        false => None,
    }
}

/// Which groups are the last ones shows only in the end.
pub fn no_last_groups(line: &Line<'_>) -> Option<No> {
    match line.said.has("window") {
        true => No::new(
            "with `--window`, results are written as windows end, and which are the last shows only then",
            "Leave out one of the two; --offset and --limit are possible.",
        ),
        false => None,
    }
}
