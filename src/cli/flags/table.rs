//! The table of flags.

use pagemill::job::{ColumnsFrom, OnError};

use super::Formats::{Any, Either, Pairs, Source, Target};
use super::{Also, Commands, Flag, Formats, Kinds, Line, No, Origin};

/// What reads inputs as the command line says.
const READ: Commands = Commands::CONVERT.or(Commands::COUNT).or(Commands::AUDIT);
/// What takes several inputs.
const MANY: Commands = Commands::CONVERT.or(Commands::AUDIT);
/// What converts records.
const ROWS: Commands = Commands::CONVERT.or(Commands::REPLAY).or(Commands::AUDIT);
/// What writes records.
const WRITE: Commands = ROWS.or(Commands::GENERATE);
/// What runs a job.
const RUN: Commands = ROWS.or(Commands::COUNT);
/// What is told how its input is read, or has none.
const NAMED: Commands = READ.or(Commands::GENERATE);
/// Everything.
const ALL: Commands = RUN.or(Commands::GENERATE);

/// Between them bytes are written as text, or text is read as bytes.
const BYTES_AND_TEXT: &[(Kinds, Kinds)] = &[
    (Kinds::FIXED, Kinds::FIXED.not()),
    (Kinds::FRAMES_OF_BYTES, Kinds::TABLES.or(Kinds::NESTED)),
    (Kinds::TABLES.or(Kinds::NESTED), Kinds::FIXED.or(Kinds::FRAMES_OF_BYTES)),
];

const fn flag(name: &'static str, commands: Commands, formats: Formats) -> Flag {
    Flag { name, commands, formats, also: None }
}

impl Flag {
    const fn unless(self, also: Also) -> Flag {
        Flag { also: Some(also), ..self }
    }
}

/// Every long flag of every command.
pub(super) static FLAGS: &[Flag] = &[
    // Input and output
    flag("input", READ, Any),
    flag("from", READ, Any),
    flag("output", WRITE, Any),
    flag("to", WRITE, Any),
    flag("out-dir", MANY, Any),
    flag("force", ALL, Any).unless(nothing_can_exist),
    flag("recursive", READ, Any).unless(no_folder),
    flag("files-from", READ, Any),
    flag("zero-terminated", READ, Any).unless(no_list),
    flag("decompress", READ, Any),
    flag("compress", ROWS, Any),
    flag("encoding", READ, Source(Kinds::LINES_OF_TEXT)),
    // CSV and TSV
    flag("delimiter", READ, Source(Kinds::TABLES)).unless(uncounted),
    flag("quote", READ, Source(Kinds::TABLES)).unless(no_quotes_to_read),
    flag("escape", READ, Source(Kinds::TABLES)).unless(no_quotes_to_read),
    flag("no-quoting", READ, Source(Kinds::TABLES)).unless(never_quotes_to_read),
    flag("comment", READ, Source(Kinds::TABLES)).unless(uncounted),
    flag("names", READ, Source(Kinds::TABLES)).unless(uncounted),
    flag("no-headers", NAMED, Either(Kinds::TABLES)).unless(uncounted),
    flag("ragged", RUN, Source(Kinds::TABLES)).unless(uncounted),
    flag("tsv-escapes", ALL, Either(Kinds::TSV)).unless(uncounted),
    flag("out-delimiter", WRITE, Target(Kinds::TABLES)),
    flag("out-quote", WRITE, Target(Kinds::TABLES)).unless(no_quotes_to_write),
    flag("out-escape", WRITE, Target(Kinds::TABLES)).unless(no_quotes_to_write),
    flag("out-no-quoting", WRITE, Target(Kinds::TABLES)).unless(never_quotes_to_write),
    flag("out-no-headers", WRITE, Target(Kinds::TABLES)),
    flag("quote-all", WRITE, Target(Kinds::TABLES)).unless(no_quotes_to_write),
    flag("crlf", WRITE, Target(Kinds::TABLES.or(Kinds::TEXT))),
    flag("columns", ROWS, Any).unless(columns_are_known),
    // JSON
    flag("records-at", READ, Source(Kinds::JSON.or(Kinds::NDJSON))).unless(uncounted),
    flag("nested", ROWS, Pairs(&[(Kinds::NESTED, Kinds::TABLES)])),
    flag("unflatten", ROWS, Pairs(&[(Kinds::TABLES.or(Kinds::FIXED), Kinds::NESTED)])),
    flag("pretty", ROWS, Target(Kinds::JSON)),
    // Binary
    flag("layout", ALL, Either(Kinds::FIXED)).unless(uncounted),
    flag("frame", ALL, Either(Kinds::FRAMES)).unless(uncounted),
    flag("payload", ALL, Either(Kinds::FRAMES)).unless(uncounted),
    // Fields
    flag("select", ROWS, Any),
    flag("drop", ROWS, Any),
    flag("rename", ROWS, Any).unless(no_names),
    // Values
    flag("types", ROWS, Source(Kinds::TABLES)).unless(fields_are_text),
    flag("op", ROWS, Any),
    flag("bytes", ROWS, Pairs(BYTES_AND_TEXT)),
    flag("invalid-utf8", RUN, Any).unless(any_bytes_do),
    flag("size", Commands::GENERATE, Any),
    flag("records", Commands::GENERATE.or(Commands::COUNT), Any),
    flag("seed", Commands::GENERATE, Any),
    // Errors
    flag("on-error", RUN, Any).unless(uncounted),
    flag("quarantine", RUN, Any).unless(uncounted),
    flag("max-errors", RUN, Any).unless(first_error_ends),
    flag("strict", RUN, Any).unless(uncounted),
    flag("keep-going", MANY, Any).unless(one_input),
    flag("max-record-size", RUN, Any).unless(uncounted),
    flag("max-key-length", RUN, Any).unless(no_columns),
    flag("max-depth", RUN, Any).unless(not_nested),
    flag("max-fields", RUN, Source(Kinds::TABLES.or(Kinds::NESTED))).unless(whole_records),
    flag("max-keys", RUN, Any).unless(no_keys),
    // Run and memory
    flag("workers", ALL, Any),
    flag("memory-limit", RUN, Any),
    flag("strict-memory", RUN, Any),
    flag("slice-size", RUN, Any).unless(uncounted),
    flag("io", READ, Any).unless(stream_is_read),
    // Resume
    flag("resume", ROWS, Any).unless(no_checkpoints),
    flag("checkpoint", ROWS, Any).unless(no_checkpoints),
    flag("no-checkpoint", ROWS, Any).unless(no_checkpoints),
    flag("checkpoint-every", ROWS, Any).unless(no_checkpoints),
    flag("durable", ROWS, Any).unless(no_checkpoints),
    // See
    flag("report", RUN, Any),
    flag("explain", RUN, Any),
    flag("quiet", ALL, Any),
    flag("verbose", ALL, Any),
];

pub(super) const LEAVE_OUT: &str = "Leave it out.";

/// `count` looks at records only if it is asked to.
fn uncounted(line: &Line<'_>) -> Option<No> {
    let counts = line.given.has("records") || line.given.has("from");
    if line.command == Commands::COUNT && !counts {
        return No::new("records are not counted", "Give -r to count only records, or -f FORMAT to count them too.");
    }
    None
}

/// For flags about the quotes of the input.
fn no_quotes_to_read(line: &Line<'_>) -> Option<No> {
    no_quotes(line, "no-quoting", line.sources).or_else(|| uncounted(line))
}

/// For `--no-quoting`.
fn never_quotes_to_read(line: &Line<'_>) -> Option<No> {
    escapes_for_quotes(line, line.sources).or_else(|| uncounted(line))
}

/// For flags about the quotes of the output.
fn no_quotes_to_write(line: &Line<'_>) -> Option<No> {
    no_quotes(line, "out-no-quoting", line.targets)
}

/// For `--out-no-quoting`.
fn never_quotes_to_write(line: &Line<'_>) -> Option<No> {
    escapes_for_quotes(line, line.targets)
}

/// One side, which is one of these, has no quotes: because this flag says so, or because of its format.
fn no_quotes(line: &Line<'_>, flag: &str, kinds: Kinds) -> Option<No> {
    if line.given.has(flag) {
        return No::new(format!("with `--{flag}` there are no quotes"), "Leave out one of the two.");
    }
    escapes_for_quotes(line, kinds)
}

/// TSV with backslash escapes has no quotes.
fn escapes_for_quotes(line: &Line<'_>, kinds: Kinds) -> Option<No> {
    if line.given.has("tsv-escapes") && kinds.is_within(Kinds::TSV) {
        return No::new("with `--tsv-escapes`, TSV has no quotes", "Leave out one of the two.");
    }
    None
}

/// A list chooses columns of every record. They are looked for in keys of records, or put together from those of several
/// inputs.
fn columns_are_known(line: &Line<'_>) -> Option<No> {
    if line.targets == Kinds::WORDS {
        return No::new(format!("{}, in which fields have no names", line.output()), LEAVE_OUT);
    }
    let list = matches!(line.settings.columns, ColumnsFrom::List(_));
    let tables = line.sources.or(line.targets).meets(Kinds::TABLES);
    if list || together(line) && tables || line.targets.meets(Kinds::TABLES) && line.sources.meets(Kinds::NESTED) {
        return None;
    }
    let why = match line.origin {
        _ if !tables => format!("{}, so there are no columns: each record keeps its own fields", line.both()),
        Origin::Each => "each input has an output of its own, with its own columns".to_owned(),
        _ => format!("{}, and its columns are known", line.input()),
    };
    No::new(why, "Leave it out, or name the columns: --columns a,b,c")
}

/// Whether the columns of several inputs are put together. A pattern, a folder or a list stands for several, even where
/// only one is found today.
fn together(line: &Line<'_>) -> bool {
    line.origin == Origin::Many || line.origin == Origin::File && !line.plain && !line.given.has("out-dir")
}

/// Text has one field, whose name is not written; nor is one in a table without a header.
fn no_names(line: &Line<'_>) -> Option<No> {
    let headless = line.given.has("no-headers") || line.given.has("out-no-headers");
    if headless && line.targets.is_within(Kinds::TABLES) && !line.given.has("columns") {
        return No::new("the output has no header", LEAVE_OUT);
    }
    let nameless = Kinds::TEXT.or(Kinds::FRAMES_OF_BYTES).or(Kinds::FRAMES_OF_TEXT).or(Kinds::WORDS);
    if line.sources.is_within(Kinds::TEXT) && line.targets.is_within(nameless) || line.targets == Kinds::WORDS {
        return No::new(format!("{}, in which fields have no names", line.output()), LEAVE_OUT);
    }
    None
}

/// A field of a table is written as it was read, number or text, unless an op changes it or quotes make it text.
fn fields_are_text(line: &Line<'_>) -> Option<No> {
    let changed = line.given.has("op") || line.given.has("quote-all") && line.targets.meets(Kinds::TABLES);
    if line.targets.is_within(Kinds::TABLES.or(Kinds::FIXED)) && !changed {
        return No::new(
            line.output(),
            "It is for NDJSON, JSON, text, frames, ops, a word count and --quote-all: leave it out.",
        );
    }
    None
}

/// Whether bytes that are not UTF-8 are ever looked for.
fn any_bytes_do(line: &Line<'_>) -> Option<No> {
    let checked = line.given.has("encoding") || line.given.has("op");
    // A byte order mark may say that these are UTF-16.
    let decoded = line.sources.meets(Kinds::TABLES.or(Kinds::NESTED));
    // Text that is converted is looked at because somebody wants it replaced; what is counted is not.
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

fn first_error_ends(line: &Line<'_>) -> Option<No> {
    if let Some(no) = uncounted(line) {
        return Some(no);
    }
    if line.settings.on_error == OnError::Fail {
        return No::new("the first bad record ends the run", "Give --on-error skip or --on-error quarantine too.");
    }
    None
}

/// Names of columns are those of tables, and those that keys become.
fn no_columns(line: &Line<'_>) -> Option<No> {
    let keys = line.sources.meets(Kinds::NESTED) && line.targets.meets(Kinds::TABLES);
    if !keys && !line.sources.meets(Kinds::TABLES) {
        return No::new(line.both(), "It is for names of columns, and for keys that become some: leave it out.");
    }
    uncounted(line)
}

fn not_nested(line: &Line<'_>) -> Option<No> {
    if !line.sources.meets(Kinds::NESTED) && !line.given.has("unflatten") {
        return No::new(
            line.input(),
            format!("It is for {} as input, and for --unflatten: leave it out.", Kinds::NESTED),
        );
    }
    uncounted(line)
}

/// Keys are counted where they become a header, and columns where those of several inputs are put together.
fn no_keys(line: &Line<'_>) -> Option<No> {
    let become_columns = line.sources.meets(Kinds::NESTED) && line.targets.meets(Kinds::TABLES);
    let tables = line.sources.or(line.targets).meets(Kinds::TABLES);
    if become_columns || together(line) && tables {
        return None;
    }
    No::new(line.both(), "It is for nested records that become a table, and for columns of several inputs.")
}

/// Nested records that stay as they are have their fields not taken apart.
fn whole_records(line: &Line<'_>) -> Option<No> {
    let chosen = ["op", "select", "drop", "rename", "columns"].iter().any(|flag| line.given.has(flag));
    if line.command == Commands::COUNT && line.sources.is_within(Kinds::NESTED) {
        return No::new(format!("{}, and records are counted as wholes", line.input()), LEAVE_OUT);
    }
    let written = line.targets != Kinds::NONE;
    if written && !chosen && line.sources.is_within(Kinds::NESTED) && line.targets.is_within(Kinds::NESTED) {
        return No::new(format!("{}, and records stay as they are", line.both()), LEAVE_OUT);
    }
    uncounted(line)
}

fn no_folder(line: &Line<'_>) -> Option<No> {
    if line.plain { No::new("the only input is not a folder", LEAVE_OUT) } else { None }
}

fn no_list(line: &Line<'_>) -> Option<No> {
    match line.given.has("files-from") {
        true => None,
        false => No::new("there is no list of inputs", "Name the list with --files-from LIST, or leave the flag out."),
    }
}

fn one_input(line: &Line<'_>) -> Option<No> {
    if line.plain { No::new("there is only one input", LEAVE_OUT) } else { None }
}

fn stream_is_read(line: &Line<'_>) -> Option<No> {
    if line.origin == Origin::Stdin {
        return No::new("standard input can't be mapped", LEAVE_OUT);
    }
    None
}

fn nothing_can_exist(line: &Line<'_>) -> Option<No> {
    let files = line.to_file || line.given.has("quarantine") || line.given.has("report");
    if files { None } else { No::new("no file is written", "Name one with -o, or leave the flag out.") }
}

/// Checkpoints are written beside an output that is a file, and tell how far one input is done.
fn no_checkpoints(line: &Line<'_>) -> Option<No> {
    if matches!(line.origin, Origin::Many | Origin::Each) {
        return No::new("there are several inputs", "Convert the inputs one by one, or leave the flag out.");
    }
    if !line.to_file {
        return No::new("the output is not a file", "Name one with -o, or leave the flag out.");
    }
    None
}
