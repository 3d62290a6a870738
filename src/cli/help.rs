//! `pagemill help`, `-h` and `--help`.

use std::env;
use std::io::{self, IsTerminal};

use pagemill::config::flags;
use pagemill::error::Error;
use pagemill::format::Format;

use super::commands::{self, Entry};
use super::console;
use super::exit::Exit;
use super::parser::{self, Typed};
use super::words::Line;

/// How many examples the short help shows.
const SHORT_EXAMPLES: usize = 4;

/// The exit codes of commands that read data. Lines that are short enough are never wrapped.
const CODES: &str = "\
Exit codes:
  0    done
  1    bad data
  2    usage
  3    input or output failed
  4    memory limit
  5    reserved
  130  ended by SIGINT
  143  ended by SIGTERM";

/// Which of them leave something to resume.
const RESUMES: &str = "\
After 3, 130 and 143 the same command with --resume continues at the last
checkpoint, if one was written; the error says so.";

/// The formats, and how they may be compressed.
const FORMATS: &str = "\
Formats:
  csv, tsv   RFC 4180 and its dialects; TSV with backslash escapes (--tsv-escapes)
             .csv .tsv .tab
  ndjson     one JSON value per line, or the values of an array in each line
             (--records-at)
             .ndjson .jsonl
  json       an array, one object, or several values; --records-at /data/items
             picks an inner array; the output is one array
             .json .geojson
  json5      JSON with comments, single quotes, keys without quotes, a comma
             after the last value; it is written as JSON
             .json5 .jsonc
  text       each line is a record with one field, `line`
             .txt .text .log .md
  fixed      binary records of a fixed layout:
             --layout id:u64le,price:f64be,name:text16,flag:bool,raw:bytes8,pad:skip4
             .fixed
  frames     length-prefixed binary records: --frame u16le, u16be, u32le, u32be,
             u64le, varint, or none for one a file; --payload bytes, text, json, msgpack, cbor or protobuf
             .frames
  fwf        lines whose fields have fixed widths, in characters or bytes (8b):
             --layout id:8,name:22,pad:skip4
             .fwf
  msgpack    MessagePack: values one after another, or one array of them
             .msgpack .mpk
  cbor       CBOR (RFC 8949): a sequence of values (RFC 8742), or one array of them
             .cbor .cborseq
  avro       object container files of Avro; their blocks with --block-size and --compress
             .avro
  protobuf   messages, each after its length: --schema FILE.proto or a descriptor set,
             --message pkg.Name
             .pb .binpb
  parquet    columns in row groups, of --block-size
             .parquet
  arrow      columns in record batches: a file, which is also Feather, version 2
             .arrow .feather
  arrows     the same as a stream
             .arrows

The format comes from the extension, or from --from and --to.

Compression, read by first bytes or extension, written by extension or --compress:
  gzip       .gz .gzip .bgz     levels 1 to 9 (6); written and read in parallel as BGZF
  zstd       .zst .zstd         levels 1 to 22 (3)
  bzip2      .bz2 .bzip2        levels 1 to 9 (9)
  xz         .xz                levels 0 to 9 (6)
  lz4        .lz4";

/// What expressions are made of; functions follow.
const EXPRESSIONS: &str = "\
Expressions for --where and --set use the syntax of SQL. In a shell, put the whole
expression in quotes: --where \"city = 'Bern' AND fare > 30\"

  fields     fare  \"Super Population\"  home.city  tags[0]
  texts      'Bern'  'it''s'
  numbers    30  1.10  1e400
  others     TRUE  FALSE  NULL  ABSENT
  compare    =  <>  <  <=  >  >=  BETWEEN a AND b  IN (a, b)
             IS [NOT] NULL, ABSENT or TRUE
  patterns   LIKE 'a%_'  ~ 'regex'  !~ 'regex'
  logic      AND  OR  NOT
  join       a || b
  calculate  +  -  *  /  %
  choose     CASE WHEN c THEN x ELSE y END
  convert    CAST(x AS decimal), and null where that fails: TRY_CAST(x AS date);
             also integer, text, boolean, timestamp

Single quotes make a text, double quotes name a field. Types come from what a field is
compared with: fare > 30 compares numbers, zip = '007' compares texts. Times are written
as in 2024-06-01T06:19:16Z; their forms have the parts of strptime: '%d.%m.%Y %H:%M'. A
path of json_get is keys and item numbers with dots between them: 'a.b.0'. Groups of a
regex are \\1, \\2 where it is replaced.

Functions:";

/// Prints the help asked for.
pub fn run(typed: Typed) -> Result<Exit, Error> {
    let mut words = typed.operands.iter().map(|word| word.to_string_lossy());
    let Some(name) = words.next() else { return print(&mut parser::cli(), false) };
    let group = words.next();
    if [Some(&name), group.as_ref()].into_iter().flatten().any(|word| ["format", "formats"].contains(&&**word)) {
        return formats();
    }
    if EXPRESSION_WORDS.contains(&&*name.to_ascii_lowercase()) {
        return expressions();
    }
    let Some(entry) = commands::named(&name) else {
        let names: Vec<&str> = commands::ALL.iter().map(|entry| entry.name).collect();
        let tip = part_of_a_command(&name).unwrap_or_else(|| format!("The commands are {}.", names.join(", ")));
        return Err(Error::usage(format!("there is no command `{name}`\n  {tip}")));
    };
    match group.as_deref() {
        None => of_command(entry, true),
        Some(all) if all.eq_ignore_ascii_case("all") => of_command(entry, true),
        Some(name) if EXPRESSION_WORDS.contains(&&*name.to_ascii_lowercase()) => {
            of_part(entry, "expressions")?;
            console::print("\n")?;
            expressions()
        }
        Some(name) => of_part(entry, name),
    }
}

/// What asks for the help on expressions.
const EXPRESSION_WORDS: [&str; 5] = ["expression", "expressions", "function", "functions", "expr"];

/// Prints what expressions are made of.
fn expressions() -> Result<Exit, Error> {
    let functions: Vec<&str> = pagemill::expr::usages().collect();
    console::print(&format!("{EXPRESSIONS}\n  {}\n", functions.join("\n  ")))?;
    Ok(Exit::Done)
}

/// What pagemill is, and its commands.
pub fn overview() -> String {
    parser::cli().render_help().to_string()
}

/// Prints the help that a flag asked for.
pub fn asked(line: &Line) -> Result<Exit, Error> {
    let named = line.words.get(1).and_then(|word| word.to_str()).and_then(commands::named);
    match named {
        Some(entry) => of_command(entry, line.words.iter().any(|word| word == "--help")),
        None => print(&mut parser::cli(), false),
    }
}

/// Prints the formats, and their flags.
fn formats() -> Result<Exit, Error> {
    let names = Format::ALL.map(|format| format.name()).join(", ");
    console::print(&format!(
        "The formats are {names}.\n\n{FORMATS}\n\nTheir flags:\n  pagemill help convert csv      (CSV and TSV)\n  pagemill help convert json     (JSON and NDJSON)\n  pagemill help convert typed    (fixed and frames)\n"
    ))?;
    Ok(Exit::Done)
}

/// Prints the help of a command: all of it, or the essentials.
fn of_command(entry: &Entry, long: bool) -> Result<Exit, Error> {
    let mut command = built(entry);
    let shown = if long { entry.examples.len() } else { SHORT_EXAMPLES.min(entry.examples.len()) };
    let mut after = format!("Examples:\n  {}", entry.examples[..shown].join("\n  "));
    if long {
        after += if entry.notes.is_empty() { "" } else { "\n\n" };
        after += entry.notes;
        let reads = command.get_arguments().any(|arg| arg.get_id() == "on-error");
        after += &if reads { format!("\n\n{CODES}") } else { String::new() };
        let resumes = command.get_arguments().any(|arg| arg.get_id() == "resume" && !arg.is_hide_set());
        after += &if resumes { format!("\n\n{RESUMES}") } else { String::new() };
    } else {
        let all = command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_positional()).count();
        command = command.mut_args(|arg| {
            let shown = arg.is_positional() || is_common(entry, arg.get_id().as_str());
            arg.hide_short_help(!shown)
        });
        let left_out = command.get_arguments().filter(|arg| arg.is_hide_short_help_set()).count();
        if left_out > 0 {
            after +=
                &format!("\n\nThese are the most common of {all} flags; `pagemill {} --help` shows all.", entry.name);
        }
    }
    print(&mut command.after_help(after), long)
}

/// Whether the short help shows a flag.
fn is_common(entry: &Entry, name: &str) -> bool {
    entry.flags.and_then(|own| flags::find(own, name)).is_some_and(|flag| flag.common)
}

/// The help of a group or a flag given without its command, from the first command that has it.
fn part_of_a_command(name: &str) -> Option<String> {
    commands::ALL.iter().find_map(|entry| {
        let command = built(entry);
        if group(&command, name).is_some() {
            return Some(format!("It is a group of flags: pagemill help {} {name}", entry.name));
        }
        let id = flag(&command, name)?;
        let long = command.get_arguments().find(|arg| *arg.get_id() == id)?.get_long()?;
        Some(format!("It is a flag: pagemill help {} {long}", entry.name))
    })
}

/// Prints one group of a command's flags, or one flag.
fn of_part(entry: &Entry, name: &str) -> Result<Exit, Error> {
    let command = built(entry);
    let (heading, flag) = (group(&command, name), flag(&command, name));
    if heading.is_none() && flag.is_none() {
        let names: Vec<String> = headings(&command).iter().map(|heading| short_name(heading)).collect();
        return Err(Error::usage(format!(
            "`{}` has no flag and no group of flags called `{name}`\n  Its groups are {}.",
            entry.name,
            names.join(", ")
        )));
    }
    let command = command.mut_args(|arg| {
        let shown = match &heading {
            Some(heading) => arg.get_help_heading() == Some(heading.as_str()),
            None => Some(arg.get_id()) == flag.as_ref(),
        };
        // What was hidden remains hidden.
        let hidden = arg.is_hide_set() || !shown;
        arg.hide(hidden)
    });
    print(&mut command.disable_help_flag(true).help_template("{all-args}"), true)
}

/// A command with its arguments, without the others.
fn built(entry: &Entry) -> clap::Command {
    let command = clap::Command::new(entry.name).bin_name(format!("pagemill {}", entry.name));
    parser::build(entry, command)
}

/// The groups of a command's flags.
fn headings(command: &clap::Command) -> Vec<&str> {
    let mut headings = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        headings.extend(arg.get_help_heading().filter(|heading| !headings.contains(heading)));
    }
    headings
}

/// The group meant: by its title, or by one of its words.
fn group(command: &clap::Command, name: &str) -> Option<String> {
    let words = |heading: &str| heading.split(' ').any(|word| word.len() > 3 && word.eq_ignore_ascii_case(name));
    let is_meant = |heading: &&str| {
        heading.eq_ignore_ascii_case(name) || short_name(heading).eq_ignore_ascii_case(name) || words(heading)
    };
    headings(command).into_iter().find(is_meant).map(str::to_owned)
}

/// The flag meant, with or without its dashes.
fn flag(command: &clap::Command, name: &str) -> Option<clap::Id> {
    let long = name.trim_start_matches('-').replace('_', "-").to_ascii_lowercase();
    let is_meant = |arg: &&clap::Arg| {
        let short = arg.get_short().is_some_and(|short| name.trim_start_matches('-') == short.to_string());
        let older = || arg.get_aliases().is_some_and(|aliases| aliases.contains(&long.as_str()));
        !arg.is_hide_set() && !arg.is_positional() && (short || arg.get_long() == Some(long.as_str()) || older())
    };
    command.get_arguments().find(is_meant).map(|arg| arg.get_id().clone())
}

/// The word that names a group.
fn short_name(heading: &str) -> String {
    heading.split(' ').next().unwrap_or_default().to_ascii_lowercase()
}

fn print(command: &mut clap::Command, long: bool) -> Result<Exit, Error> {
    let text = if long { command.render_long_help() } else { command.render_help() };
    let plain = !io::stdout().is_terminal() || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let text = if plain { text.to_string() } else { text.ansi().to_string() };
    console::print(&format!("{}\n", text.trim_end()))?;
    Ok(Exit::Done)
}
