//! Flags of `bench` and `tune`.

use super::commands::Commands;
use super::flag::Takes::{Count, Expression, List, Nothing, Path, Text};
use super::flag::{Changes, Flag, Group, Takes, flag};

const fn bench(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    flag(name, takes, Commands::BENCH, help).group(Group::Measuring).changes(Changes::Files)
}

const fn tune(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    flag(name, takes, Commands::TUNE, help).group(Group::Measuring).changes(Changes::Files).common()
}

pub static FLAGS: &[Flag] = &[
    bench(
        "against",
        List("CMD"),
        "Also run this command of a shell, in turn, and compare its output and its times; {in} and {out} are the files it reads and writes, without them it reads standard input and prints. May be given several times",
    )
    .common(),
    bench("label", List("NAMES"), "Names for the commands of --against, in their order"),
    bench("save", Text("NAME"), "Keep the result under this name; what had it is replaced").common(),
    bench("compare", Text("NAME"), "Compare with the result that was saved under this name").common(),
    bench("runs", Count("N"), "How many rounds to measure; in each round pagemill runs twice [default: 10]").common(),
    bench("size", Text("SIZE"), "About how much data to generate for each format [default: 256MB]").common().conflicts(&["input"]),
    bench("input", Path("FILE"), "Read this file instead of generated data, with the workloads that are for its format").common(),
    bench("select", List("FIELDS"), "With --input: the fields for the workloads that choose some").short('s'),
    bench("where", Expression("EXPR"), "With --input: the condition for the workload filter"),
    bench("set", Expression("NAME=EXPR"), "With --input: what the workload set makes"),
    bench("dedupe", List("FIELDS"), "With --input: the fields that the workload dedupe compares"),
    bench("by", Expression("FIELDS"), "With --input: what the workloads sort and aggregate go by"),
    bench("agg", Expression("NAME=CALL"), "With --input: what the workload aggregate calculates"),
    bench("time-limit", Text("TIME"), "End a run that takes longer, such as 30s or 5m [default: 10m]"),
    bench("cold", Nothing, "Take the input out of the page cache before each run (on Linux)"),
    bench(
        "discard",
        Nothing,
        "Write outputs to /dev/null in all measured runs; {out} is a file only in the first run, whose records are compared [default: if no command has {out}]",
    ),
    bench("dir", Path("DIR"), "Folder for generated data and outputs, which are removed at the end [default: the system's folder for temporary files]"),
    bench("list", Nothing, "List the workloads, and run nothing").common(),
    tune("save", Text("NAME"), "Save what was found as a profile of this name in the user's configuration file"),
    tune("force", Nothing, "Replace the profile if it exists"),
    tune("time-limit", Text("TIME"), "How long the search may take, such as 30s or 10m [default: 2m]"),
];
