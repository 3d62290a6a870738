//! Flags of answers, and of `alerts`.

use super::commands::Commands;
use super::flag::{Flag, Takes::*, flag};

/// What answers can be written as.
pub(super) fn answers() -> Vec<(&'static str, Option<&'static str>)> {
    ["table", "csv", "tsv", "json", "ndjson", "html", "svg"].map(|name| (name, None)).to_vec()
}

pub static FLAGS: &[Flag] = &[
    flag("output", Path("OUTPUT"), Commands::ANSWERS, "File to write; - is standard output [default: -]").short('o').common(),
    flag(
        "to",
        Word("FORMAT", answers),
        Commands::ANSWERS,
        "How to write the answer; html and svg are for trend [default: by the extension of the output; on a terminal table, else csv]",
    )
    .help_in(&[(
        Commands::BENCH,
        "How to write the answer; html and svg have charts [default: by the extension of the output; on a terminal table, else csv]",
    )])
    .short('t')
    .common(),
    flag("force", Nothing, Commands::ANSWERS, "Replace the output if it exists").common(),
    flag(
        "last",
        Count("N"),
        Commands::HISTORY,
        "How many runs to list, or to show of a trend: the latest, of a trend those that finished [default: 100]",
    )
    .common(),
    flag("run", Count("ID"), Commands::ALERTS, "The number of the run to replay, as `pagemill history` lists it").common(),
];
