//! How a job runs, how it is resumed after an interruption, and what is reported about it.

use serde_json::json;

use super::commands::Commands;
use super::flag::Takes::{Count, Nothing, Path, Text, Word};
use super::flag::{Changes, Flag, Group, Takes, flag};
use super::unless::{no_checkpoints, no_dashboard, nothing_is_spilled, stream_is_read, uncounted};
use super::values::{count, put, size};
use super::words::{IO, PROGRESS};
use crate::config::parse_limit;
use crate::job::Checkpoint;
use crate::plan::sizes::{DASHBOARD, PROFILE};

const fn run(name: &'static str, takes: Takes, commands: Commands, help: &'static str) -> Flag {
    flag(name, takes, commands, help).group(Group::RunAndMemory).changes(Changes::Manner)
}

const fn resume(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    flag(name, takes, Commands::RESUMED, help).group(Group::Resume).changes(Changes::Manner).unless(no_checkpoints)
}

const fn see(name: &'static str, takes: Takes, commands: Commands, help: &'static str) -> Flag {
    flag(name, takes, commands, help).group(Group::See).changes(Changes::Manner).common()
}

pub static FLAGS: &[Flag] = &[
    run("workers", Count("N"), Commands::ALL.or(Commands::BENCH), "Number of workers; 0 means one for each processor [default: 0]")
        .short('j')
        .common()
        .sets(|s, flag, texts| put(&mut s.workers, count(flag, texts)?))
        .shows("workers", |s| json!((s.workers > 0).then_some(s.workers))),
    run(
        "slice-size",
        Text("SIZE"),
        Commands::RUN.or(Commands::BENCH),
        "About how much input a worker takes at a time [default: 512KiB]",
    )
    .alias("chunk-size")
    .unless(uncounted)
    .sets(|s, flag, texts| put(&mut s.slice_size, size(flag, texts)?))
    .shows("slice_size", |s| json!((s.slice_size > 0).then_some(s.slice_size))),
    run(
        "memory-limit",
        Text("SIZE|auto|N%"),
        Commands::RUN.or(Commands::BENCH),
        "Memory limit for the whole process: a size, auto (half of what the machine or the control group has available), or a percentage of what is available, such as 25% [default: 100MB]",
    )
    .common()
    .sets(|s, _, texts| put(&mut s.memory_limit, parse_limit(&texts[0])?))
    .shows("memory_limit", |s| json!(s.memory_limit)),
    run(
        "spill-dir",
        Path("DIR"),
        Commands::RUN,
        "Folder for sorted or compared records, or groups, that do not fit into memory, in files without a name [default: beside the output; for standard output, that for temporary files]",
    )
    .unless(nothing_is_spilled)
    .sets(|s, _, texts| put(&mut s.spill_dir, Some(texts[0].as_str().into())))
    .shows("spill_dir", |s| json!(s.spill_dir.as_ref().map(|path| path.to_string_lossy()))),
    run(
        "strict-memory",
        Nothing,
        Commands::RUN,
        "End with code 4 if the process ever used more memory than the limit; the output is still complete",
    )
    .help_in(&[(
        Commands::COUNT,
        "End with code 4 if the process ever used more memory than the limit; the counts are still right",
    )]),
    run(
        "io",
        Word("HOW", || IO.all()),
        Commands::READ.or(Commands::BENCH),
        "How files are read: mapped where possible, always mapped, or never [default: auto]",
    )
    .unless(stream_is_read)
    .sets(|s, flag, texts| put(&mut s.io, IO.parse(flag, &texts[0])?))
    .shows("io", |s| json!(IO.of(s.io))),
    run(
        "config",
        Path("FILE"),
        Commands::CONFIGURED,
        "One more configuration file, which wins over those that are found; none reads no file at all",
    )
    .common()
    .changes(Changes::Settings),
    run(
        "profile",
        Text("NAME"),
        Commands::CONFIGURED,
        "Named settings of a configuration file",
    )
    .help_in(&[(Commands::JOBS, "Named settings of a configuration file, in place of those that the job names")])
    .common()
    .changes(Changes::Settings),
    flag("origin", Nothing, Commands::CONFIG, "With show: also say where each value comes from")
        .group(Group::See)
        .common()
        .changes(Changes::Settings),
    resume(
        "resume",
        Nothing,
        "Continue where an interrupted run of this command stopped; begin if there was none",
    )
    .common()
    .sets(|s, _, _| put(&mut s.resume, true)),
    resume(
        "checkpoint",
        Nothing,
        "Write checkpoints next to the output [default: if the input is a file of 2 GiB or more and the output is a file]",
    )
    .help_in(&[(Commands::SORT, "Keep sorted runs on disk and write checkpoints next to the output, so that an interrupted sort can be resumed")])
    .overrides(&["no-checkpoint"])
    .sets(|s, _, _| put(&mut s.checkpoint, Checkpoint::On)),
    resume("no-checkpoint", Nothing, "Write no checkpoints")
        .help_in(&[(Commands::SORT, "Write no checkpoints [default]")])
        .conflicts(&["resume", "checkpoint-every", "durable"])
        .sets(|s, _, _| put(&mut s.checkpoint, Checkpoint::Off)),
    resume(
        "checkpoint-every",
        Text("SIZE"),
        "How much input is converted between two checkpoints [default: 64MiB]",
    )
    .help_in(&[(Commands::SORT, "How much input is read between two checkpoints [default: 64MiB]")])
    .sets(|s, flag, texts| put(&mut s.checkpoint_every, size(flag, texts)? as u64)),
    resume("durable", Nothing, "Sync the output before every checkpoint, against power failures")
        .help_in(&[(Commands::SORT, "Sync the sorted runs before every checkpoint, against power failures")])
        .sets(|s, _, _| put(&mut s.durable, true)),
    see("quiet", Nothing, Commands::CONFIGURED, "Print no warnings").short('q').conflicts(&["verbose"]),
    see("verbose", Nothing, Commands::SUMMED_UP, "Print a summary of the run at the end")
        .short('v')
        .help_in(&[(Commands::BENCH, "Say on standard error what is run, also where that is not a terminal")]),
    see("explain", Nothing, Commands::RUN, "Print how the job would run, without running it")
        .changes(Changes::Run)
        .help_in(&[(Commands::COUNT, "Print how the files would be counted, without counting them")]),
    see(
        "max-steady-allocations",
        Count("N"),
        Commands::AUDIT,
        "The exit code is 1 only if more blocks than these were allocated in the steady state [default: 0]",
    ),
    see(
        "report",
        Path("FILE"),
        Commands::RUN,
        "Write a report of the run to this file, as one JSON object; - is standard output",
    )
    .help_in(&[(Commands::COUNT, "Write a report of the run to this file, as one JSON object")]),
    see(
        "progress",
        Word("HOW", || PROGRESS.all()),
        Commands::ALL,
        "Show on standard error how far the run is: with a bar, or with a plain line every 10 seconds; a bar needs a terminal that the records don't go to [default: auto, which is a bar where there can be one, after a second]",
    ),
    flag(
        "metrics-file",
        Path("FILE"),
        Commands::RUN,
        "Write metrics to this file in the text format of Prometheus, every 10 seconds and at the end; what is there is replaced",
    )
    .group(Group::See)
    .changes(Changes::Manner),
    flag(
        "otlp",
        Text("URL"),
        Commands::RUN,
        "Send metrics to a collector of OpenTelemetry, as protobuf over HTTP, every 10 seconds and at the end: an address such as http://localhost:4318, to which /v1/metrics is added if it has no path. Headers come from OTEL_EXPORTER_OTLP_HEADERS",
    )
    .group(Group::See)
    .changes(Changes::Manner),
    flag(
        "cpuprofile",
        Path("FILE"),
        Commands::ALL,
        "Write to this file where the processor's time went: a profile for pprof, or a flame graph if its name ends with .svg",
    )
    .group(Group::See)
    .changes(Changes::Manner)
    .sets(|s, _, _| put(&mut s.profile, PROFILE)),
    flag(
        "memprofile",
        Path("FILE"),
        Commands::ALL,
        "Write to this file where memory was allocated: a profile for dhat's viewer in a build with the feature dhat-heap, else the table of `pagemill audit`",
    )
    .group(Group::See)
    .changes(Changes::Manner),
    flag("no-history", Nothing, Commands::RUN, "Don't add this run to the history, which has runs that take longer than a second; --no-history=false adds it however short it is")
        .group(Group::See)
        .changes(Changes::Manner),
    see(
        "monitor",
        Nothing,
        Commands::ALL,
        "Show rates, memory, latency and workers in a block on the terminal while the job runs; where that can't be drawn, as with --progress plain",
    ),
    flag(
        "dashboard",
        Text("[HOST:]PORT"),
        Commands::RUN,
        "Show the run on a web page at this port of the machine, which only the machine itself can open; 0 takes a free port. With a HOST that others can reach, visitors need a token: 32 bytes or more in PAGEMILL_DASHBOARD_TOKEN",
    )
    .alias("dashboard-port")
    .group(Group::See)
    .changes(Changes::Manner)
    .sets(|s, _, _| put(&mut s.dashboard, DASHBOARD)),
    flag(
        "linger",
        Nothing,
        Commands::RUN,
        "Keep the page of --dashboard up after the run, until SIGINT or SIGTERM comes; the exit code stays that of the run",
    )
    .group(Group::See)
    .changes(Changes::Manner)
    .unless(no_dashboard),
];
