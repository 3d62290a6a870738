//! The commands: their names, what they are for, and what help says about them.

use pagemill::config::flags::Commands;

/// What the program is for.
pub const ABOUT: &str = "Convert files larger than memory: in parallel, keeping the order, within a memory limit";

pub const USAGE: &str = "pagemill INPUT [OUTPUT] [FLAGS]\n       pagemill COMMAND [ARGUMENTS]";

pub const EXAMPLES: &str = "\
Examples:
  pagemill trips.csv trips.ndjson
  pagemill convert trips.csv -t ndjson --select id,fare
  pagemill count -r trips.csv
  pagemill help convert csv

Without a command, one input is converted. `pagemill COMMAND -h` shows the common flags, `pagemill COMMAND --help` all.";

/// A command.
pub struct Entry {
    pub name: &'static str,
    /// An older name.
    pub alias: Option<&'static str>,
    pub about: &'static str,
    /// Whose flags it takes; `None`: it has no flags.
    pub flags: Option<Commands>,
    /// What it takes besides flags.
    pub operands: &'static [Operand],
    /// The examples, the most important ones first.
    pub examples: &'static [&'static str],
    /// What there is to know beyond the flags.
    pub notes: &'static str,
}

/// What a command takes besides flags.
pub struct Operand {
    pub id: &'static str,
    /// Its name in the help.
    pub name: &'static str,
    pub help: &'static str,
}

const INPUTS: &[Operand] = &[Operand {
    id: "inputs",
    name: "INPUT",
    help: "Files to read; - is standard input, which is the default. Also patterns such as 'data/**/*.csv', and folders with --recursive",
}];

/// All commands, in the order of the help.
pub static ALL: [Entry; 20] = [
    Entry {
        name: "convert",
        alias: None,
        about: "Convert files from one format to another, and change values on the way",
        flags: Some(Commands::CONVERT),
        operands: INPUTS,
        examples: &[
    "pagemill convert trips.csv -o trips.ndjson",
    "pagemill convert trips.csv -t ndjson --select id,fare --op trim | head",
    "pagemill convert -f csv -d ';' -t csv < european.csv > plain.csv",
    "pagemill convert dirty.csv -o clean.ndjson --on-error quarantine --max-errors 1%",
    "pagemill convert export.json -o export.csv --records-at /data/items",
    "pagemill convert trips.csv.gz -o trips.ndjson.zst --compress zstd:9",
    "pagemill convert log.txt -o log.upper.txt --op upper --memory-limit 32MB -v",
    "pagemill convert huge.csv -o huge.ndjson --resume      (after an interruption)",
    "pagemill convert ticks.fixed -o ticks.csv --layout 'id:u64le,price:f64be,name:text16'",
    "pagemill convert 2023.csv 2024.csv -o both.ndjson",
    "pagemill convert data --recursive --out-dir converted -t ndjson --keep-going",
],
        notes: "\
Steps come in this order, whatever the order of the flags: --where, --set, --parse-json and --explode as they are written, --op, --select and --drop, --rename, --dedupe, \
--sample, --offset, --limit, --tail, --columns. So --op and --select use the names of the input, --columns the new ones. \
`pagemill help expressions` says what --where and --set may have.

In lists of names a comma separates names, and a repeated flag adds to the list; the fields of an op are joined with +. \
A backslash makes the next character part of a name, as in a\\,b.

Sizes are written as 4096, 512KiB, 100MB or 1GiB; kB, MB and GB are decimal, KiB, MiB, GiB and bare letters binary. \
A flag that can't have any effect is refused.

The dialect of CSV and TSV output never comes from the input; only --no-headers and --tsv-escapes apply to both.

The signal SIGUSR1 makes a running job print its progress.",
    },
    Entry {
        name: "replay",
        alias: None,
        about: "Convert the bad records in a quarantine file, once they are repaired",
        flags: Some(Commands::REPLAY),
        operands: &[Operand {
            id: "quarantine-file",
            name: "QUARANTINE",
            help: "The quarantine file with the repaired records",
        }],
        examples: &[
    "pagemill convert dirty.csv -o clean.ndjson --on-error quarantine",
    "$EDITOR clean.ndjson.quarantine.ndjson",
    "pagemill replay clean.ndjson.quarantine.ndjson -o repaired.ndjson",
],
        notes: "\
Every line of a quarantine after the first is a bad record; \"reason\" says what is wrong with it. To repair a record, \
add the correct text as \"text\" (for frames the payload, for a JSON array the value), or change its bytes in \"raw\" \
(base64). A record that is not repaired is read as it was and is bad again: delete the lines of records that you do \
not want, or give --on-error skip.

Keep the first line: it says how the records are read, so flags about reading need not be given again. Flags about \
fields, ops and the output have to be given again. What is still bad is reported with its place in the original file.",
    },
    Entry {
        name: "count",
        alias: None,
        about: "Count lines, words, characters and bytes as `wc -lwmc` does, and records",
        flags: Some(Commands::COUNT),
        operands: INPUTS,
        examples: &[
    "pagemill count trips.csv",
    "pagemill count *.log",
    "pagemill count -f csv trips.csv      (also counts records, the fifth number)",
    "pagemill count -r trips.csv          (only records, which is faster)",
    "pagemill count access.log.gz",
    "pagemill count --encoding utf-16 notes.txt      (counts the text after converting it to UTF-8)",
],
        notes: "\
The columns are lines, words, characters and bytes (as `wc -lwmc` in a UTF-8 locale); with --from, records too.",
    },
    Entry {
        name: "head",
        alias: None,
        about: "Show the first records, as a table on a terminal",
        flags: Some(Commands::HEAD),
        operands: INPUTS,
        examples: &[
    "pagemill head trips.csv",
    "pagemill head -n 5 trips.csv.gz -t table",
    "pagemill head trips.csv --where 'fare > 5' --select trip_id,fare",
    "pagemill head trips.csv -n 100 -o first.ndjson",
],
        notes: "\
All flags of convert choose and change records here too. Nothing is read after the last record that is shown.

In a table, numbers are on the right, control characters are escaped, and what does not fit into the terminal is cut: \
long values, then columns, whose names are listed below. A table is as wide as it has to be where it does not go to a terminal.",
    },
    Entry {
        name: "split",
        alias: None,
        about: "Write one output as many files: by number, by size or by a field",
        flags: Some(Commands::SPLIT),
        operands: INPUTS,
        examples: &[
    "pagemill split trips.csv --by from_station -o 'out/{part}.csv'",
    "pagemill split big.csv --records 1_000_000 -o 'out/{part}.ndjson'",
    "pagemill split log.txt --size 100MB -o 'log.{part}.txt'",
],
        notes: "\
Each file has the header, and appears under its name when it is whole. The records of a file are in the order of the input. \
All flags of convert choose and change records before.

Files are called 000001, 000002 and so on, or by the value of the field: what can't be in the name of a file is \
written as % and two hexadecimal digits. %null is for records without a value, %empty for empty text. A value that \
differs from an earlier one only in upper and lower case has all its letters written so, and a long one is cut.",
    },
    Entry {
        name: "sort",
        alias: None,
        about: "Sort records, also more than fit into memory",
        flags: Some(Commands::SORT),
        operands: INPUTS,
        examples: &[
    "pagemill sort trips.csv --by fare:desc:number -o sorted.csv",
    "pagemill sort trips.csv --by from_station,started_at:desc:date -o sorted.ndjson",
    "pagemill sort trips.csv --by fare:desc --limit 10      (the ten highest)",
    "pagemill sort big.csv --by id --memory-limit 32MB --spill-dir /var/tmp -o sorted.csv",
],
        notes: "\
The order is exact and stable: numbers are compared digit by digit, text by its bytes, dates by the instant, and records \
with equal fields stay in the order of the input. Records without a value come last, with :desc too.

Without a kind, each value counts as what it is: false, true, then numbers, then text. With :number or :date, \
another value makes the record bad, and --on-error says what happens. Names are those of the output.

--limit, --offset and --tail apply to the sorted records, --dedupe and --sample to the input. What does not fit into the memory \
limit goes to a file without a name, which is gone when the program ends, however it ends.",
    },
    Entry {
        name: "aggregate",
        alias: None,
        about: "Groups and totals, exact: --by and --agg",
        flags: Some(Commands::AGGREGATE),
        operands: INPUTS,
        examples: &[
    "pagemill aggregate trips.csv --by from_station --agg 'n=count(), total=sum(fare), mean=mean(fare)'",
    "pagemill aggregate trips.csv --where 'fare > 5' --agg 'n=count(), x=max(fare*1.1)' -t json",
    "pagemill aggregate rides.csv --by 'month=substr(at, 1, 7)' --agg 'n=count()' -o months.csv",
    "pagemill aggregate rides.csv --by city --agg 'n=count()' --sort n:desc --limit 10",
    "pagemill aggregate access.ndjson --window 1m --time-field at --agg 'n=count()'",
],
        notes: "\
Records are chosen and changed as convert does it; --by and --agg then use the names after --rename. --sort, --offset, --limit \
and --tail are about the groups, which otherwise come in the order of their first records. Without --by there is one record.

With --window there is a record for each group of each window of time, written when a record comes that is later than the end of the \
window by --lateness. A record whose windows have all ended is late: it is counted, or kept by --quarantine.

Sums are exact, whatever the number of workers. Null is ignored. Where a function needs a number and a field has another text, \
the record is bad, and --on-error decides.

The functions are count(), count(x), sum(x), mean(x), stddev(x), min(x), max(x), quantile(x, 0.95), median(x), first(x), last(x), any(x), \
distinct(x), mode(x), top(x, 3), approx_distinct(x) and approx_quantile(x, 0.95).",
    },
    Entry {
        name: "stats",
        alias: None,
        about: "Describe every column: kinds, sums, ends, quantiles, frequent values",
        flags: Some(Commands::STATS),
        operands: INPUTS,
        examples: &[
    "pagemill stats trips.csv",
    "pagemill stats trips.csv --where 'fare > 5' --select fare,from_station -o fares.html",
    "pagemill stats events.ndjson -t json",
    "pagemill stats trips.csv -o columns.csv --on-error quarantine",
],
        notes: "\
Records are chosen and changed as convert does it. Maps are taken apart: their fields are called a.b. All numbers are exact and \
the same whatever the number of workers, except where the name begins with approx_: a column with more than 4096 different values \
has approx_distinct and approx_p50, and no list of its most frequent values.

Numbers are what calculations take as numbers: also text that is exactly one. In a mixed column min, max, sum, mean, stddev and \
quantiles are of its numbers, text_min and text_max of its other values.

On a terminal and with -t table, means and deviations are rounded, and ~ marks what is approximate. \
-t html has a chart for each column, -t svg only the charts.",
    },
    Entry {
        name: "schema",
        alias: None,
        about: "Print the narrowest schema that holds every value and gives its text back",
        flags: Some(Commands::SCHEMA),
        operands: INPUTS,
        examples: &[
    "pagemill schema trips.csv",
    "pagemill schema trips.csv -o trips.schema.json",
    "pagemill convert trips.csv -o trips.ndjson --schema trips.schema.json",
    "pagemill schema events.ndjson -t duckdb",
],
        notes: "\
All records are read, as convert reads and changes them. A kind is found only where the text that it gives every value is the one \
in the source: 007, -0, and 1.10 beside 1.1 are text. In quotes everything is text, except dates and times.

-t json is the form that --schema reads back, and so is avro. The others are for other systems. The numbers of different values \
are estimates.",
    },
    Entry {
        name: "generate",
        alias: Some("sample"),
        about: "Write sample data: the same bytes for the same seed",
        flags: Some(Commands::GENERATE),
        operands: &[],
        examples: &[
    "pagemill generate --size 1GiB -o big.csv",
    "pagemill generate --records 1000 --seed 7 -o small.ndjson",
    "pagemill generate -t csv --out-delimiter tab --out-no-headers --records 10",
    "pagemill generate --layout 'id:u64le,price:f64be' --records 10 -o ten.fixed",
    "pagemill generate -t json --records 3",
],
        notes: "\
The bytes depend on the format, its flags, the seed and the amount, and on nothing else.",
    },
    Entry {
        name: "audit",
        alias: None,
        about: "Run a conversion and show what it allocated, stage by stage",
        flags: Some(Commands::AUDIT),
        operands: INPUTS,
        examples: &[
    "pagemill audit trips.csv -t ndjson",
    "pagemill audit big.json -t csv -j 4 --memory-limit 32MB",
    "pagemill audit log.txt --op upper,trim",
    "pagemill audit a.csv b.csv -t ndjson --max-steady-allocations 10",
],
        notes: "\
Without -o the output is discarded. The exit code is 1 if anything was allocated in the steady state, or more than \
--max-steady-allocations. Where GITHUB_ACTIONS is true, that is an annotation too. Several inputs are one run.",
    },
    Entry {
        name: "bench",
        alias: None,
        about: "Time workloads, and other programs doing the same, and compare the results",
        flags: Some(Commands::BENCH),
        operands: &[Operand { id: "workloads", name: "WORKLOAD", help: "What to measure [default: all that --list shows]" }],
        examples: &[
    "pagemill bench csv-ndjson select",
    "pagemill bench --save before",
    "pagemill bench --compare before -o report.html",
    "pagemill bench csv-ndjson --against 'xan to ndjson {in} -o {out}'",
    "pagemill bench csv-ndjson --against 'mlr --icsv --ojsonl cat {in}'",
    "pagemill bench upper --size 100MB --against 'tr a-z A-Z'",
    "pagemill bench select --input trips.csv -s id,fare --against 'xan select id,fare {in}'",
    "pagemill bench --list",
],
        notes: "\
Everything runs in turn, each time in a new process: pagemill twice in each round and each other program once. A ratio is \
the median over all rounds of how many times as long the other program took as pagemill in the same round, with an interval \
that the true one is in with 95 % confidence. Noise is what the two runs of pagemill differ by. pagemill is called faster or \
slower only if the whole interval is on one side of 1, and the ratio further from 1 than the noise and than 2 %; for a saved \
result 5 %, twice the noise, and by how much the machine itself was faster or slower.

Records are compared once, in order: by the text of their values, whatever the format and the order of fields. A program whose \
records differ is measured all the same, and the difference is said. The exit code is 3 if a program could not be run; a slower \
one does not change it.

Results are saved in the folder pagemill/bench in the XDG state folder.",
    },
    Entry {
        name: "tune",
        alias: None,
        about: "Look for settings that convert an input faster",
        flags: Some(Commands::TUNE),
        operands: INPUTS,
        examples: &[
    "pagemill tune a.csv -t ndjson --save big",
    "pagemill tune big.csv -o big.ndjson.gz --time-limit 10m",
    "pagemill tune big.csv -t ndjson -j 2      (two workers in any case)",
],
        notes: "\
The conversion runs again and again on the first 256 MiB of the input, each time in a new process: with other numbers of \
workers, ways of reading and sizes of slices, in turn with what was best before. The output goes nowhere, or with -o into a \
temporary file beside it. Settings that are given are kept.

A value is taken only if it is faster with 95 % confidence, by more than two series of runs with the same settings differ, and \
by more than 2 %. At the end the whole is measured against the usual settings once more, and is recommended only if it is \
better again. What is measured is a warm cache: where the device is the limit, settings make little difference.",
    },
    Entry {
        name: "history",
        alias: None,
        about: "Show past runs: list them, show one, or draw how a job's runs developed",
        flags: Some(Commands::HISTORY),
        operands: &[
            Operand { id: "part", name: "PART", help: "show, trend or prune; without it, runs are listed" },
            Operand {
                id: "which",
                name: "WHICH",
                help: "The number of a run for show, a job for trend [default: that of the latest run], how many runs to keep for prune [default: 1000]",
            },
        ],
        examples: &[
    "pagemill history",
    "pagemill history show 42",
    "pagemill history trend",
    "pagemill history trend --last 20",
    "pagemill history trend 'trips.csv → trips.ndjson' -o trend.svg",
    "pagemill history -t json",
    "pagemill history prune 100",
],
        notes: "\
Runs that take longer than a second are added, unless --no-history is given; with --no-history=false shorter ones are too. A run is worse than usual if it is more than \
3.5 robust deviations from the median of up to 20 finished runs before it with the same job, version and settings \
(at least 5), and by more than 5 %. The history is the file pagemill/history.sqlite3 in the XDG state folder.",
    },
    Entry {
        name: "run",
        alias: None,
        about: "Run named jobs of the configuration, one after another",
        flags: Some(Commands::JOBS),
        operands: &[Operand { id: "jobs", name: "JOB", help: "The names of the jobs" }],
        examples: &["pagemill run nightly", "pagemill run nightly weekly -v", "pagemill run nightly --explain"],
        notes: "\
A job is a table [job.NAME] of a configuration file; it does what `pagemill convert` with the same flags does. Flags \
given here come on top: those that don't change the output. Several jobs are all looked at before the first one runs: \
flags, inputs, and whether outputs exist or are the same. The first job that fails ends the run.

When a job runs is not pagemill's business: cron and systemd know that.",
    },
    Entry {
        name: "config",
        alias: None,
        about: "Check, show or begin a configuration file",
        flags: Some(Commands::CONFIG),
        operands: &[Operand {
            id: "action",
            name: "ACTION",
            help: "check finds all faults, show prints what holds here, init writes a pagemill.toml, schema prints a JSON Schema for editors, report-schema that of what --report writes",
        }],
        examples: &[
    "pagemill config init",
    "pagemill config check",
    "pagemill config show --origin",
    "pagemill config show --profile eu",
    "pagemill config schema > pagemill.schema.json",
],
        notes: "\
The files are config.toml in $XDG_CONFIG_HOME/pagemill (~/.config/pagemill), the nearest pagemill.toml in this folder \
or above it, and the one that --config names. A later one wins, then variables such as PAGEMILL_WORKERS, then a \
profile, a job, and flags.

Keys are the long flags of `pagemill convert`, without the dashes. What changes the output is only taken from a \
profile or a job that the command line names.",
    },
    Entry {
        name: "man",
        alias: None,
        about: "Print a manual page",
        flags: Some(Commands::MAN),
        operands: &[Operand { id: "page", name: "COMMAND", help: "The command to describe [default: all of them in short]" }],
        examples: &["pagemill man | man -l -", "pagemill man convert > pagemill-convert.1"],
        notes: "",
    },
    Entry {
        name: "alerts",
        alias: None,
        about: "Try rules for alerts on a past run",
        flags: Some(Commands::ALERTS),
        operands: &[
            Operand { id: "test", name: "test", help: "The word test" },
            Operand { id: "rules", name: "RULES", help: "A configuration file with [[alert]] tables" },
        ],
        examples: &["pagemill alerts test rules.toml --run 42"],
        notes: "\
Prints when each rule would have been raised and resolved. Only throughput, memory and what workers waited for are \
recorded, as means of a few seconds in long runs.",
    },
    Entry {
        name: "completions",
        alias: None,
        about: "Print a completion script for a shell",
        flags: None,
        operands: &[Operand { id: "shell", name: "SHELL", help: "The shell to complete in" }],
        examples: &[
    "pagemill completions bash > ~/.local/share/bash-completion/completions/pagemill",
    "pagemill completions zsh > ~/.zfunc/_pagemill",
    "pagemill completions fish > ~/.config/fish/completions/pagemill.fish",
],
        notes: "",
    },
    Entry {
        name: "help",
        alias: None,
        about: "Explain a command, or one group of its flags",
        flags: None,
        operands: &[
            Operand { id: "command", name: "COMMAND", help: "The command to explain" },
            Operand {
                id: "group",
                name: "GROUP",
                help: "A group of its flags, such as csv, or one flag, such as columns; all shows everything",
            },
        ],
        examples: &["pagemill help convert", "pagemill help convert csv", "pagemill help convert columns"],
        notes: "",
    },
];

/// The command with this name, or this older name.
pub fn named(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name || entry.alias == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_know_the_names_of_their_commands() {
        for entry in &ALL {
            if let Some(command) = entry.flags {
                assert_eq!(command.name(), entry.name);
            }
        }
    }
}
