//! Jobs of a configuration that do something other than convert.

use std::fs;
use std::path::Path;

use crate::support::{Ran, folder};

const TRIPS: &str = "station,fare\nb,2\na,10\nb,3\n";

const JOBS: &str = r#"
[profile.semicolon]
out-delimiter = ";"
checkpoint-every = "1MiB"

[job.sorted]
command = "sort"
input = "trips.csv"
output = "sorted.csv"
by = ["station", "fare:desc:number"]

[job.totals]
command = "aggregate"
profile = "semicolon"
input = "sorted.csv"
output = "totals.csv"
by = "station"
agg = ["n=count()", "p95=quantile(fare, 0.95)"]
steps = [{ where = "fare > 2" }]
sort = "n:desc"

[job.page]
command = "Stats"
input = "sorted.csv"
output = "trips.html"

[job.parts]
command = "split"
input = "sorted.csv"
output = "part-{part}.csv"
by = "station"

[job.types]
command = "schema"
input = "sorted.csv"
output = "types.json"

[job.unordered]
command = "sort"
input = "trips.csv"
output = "unordered.csv"

[job.undivided]
command = "split"
input = "trips.csv"
output = "undivided-{part}.csv"

[job.excel]
command = "stats"
input = "trips.csv"
output = "trips.xlsx"
"#;

fn say(here: &Path, line: &str) -> Ran {
    crate::support::say(here, line)
}

fn with(text: &str) -> tempfile::TempDir {
    let here = folder();
    fs::write(here.path().join("pagemill.toml"), text).unwrap();
    fs::write(here.path().join("trips.csv"), TRIPS).unwrap();
    here
}

#[test]
fn a_job_does_what_its_command_does() {
    let here = with(JOBS);
    let here = here.path();
    let text = |name: &str| fs::read_to_string(here.join(name)).unwrap();
    say(here, "config check").ends(0);
    say(here, "run sorted totals page parts types").ends(0);
    assert_eq!(text("sorted.csv"), "station,fare\na,10\nb,3\nb,2\n");
    // The profile's delimiter holds for totals too. Both groups have one record, so their order stays.
    assert_eq!(text("totals.csv"), "station;n;p95\na;1;10\nb;1;3\n");
    assert!(text("trips.html").contains("<svg"), "{}", text("trips.html"));
    assert_eq!(
        (text("part-a.csv"), text("part-b.csv")),
        ("station,fare\na,10\n".into(), "station,fare\nb,3\nb,2\n".into())
    );
    assert!(text("types.json").contains("\"fare\""), "{}", text("types.json"));
    // One alone does the same, and says so in its report.
    say(here, "run totals --force --report r.json").ends(0);
    assert_eq!(text("totals.csv"), "station;n;p95\na;1;10\nb;1;3\n");
    let report: serde_json::Value = serde_json::from_str(&text("r.json")).unwrap();
    let by = &report["settings"]["origins"]["by"];
    assert_eq!((&by["by"], &by["name"]), (&"job".into(), &"totals".into()), "{report}");
    // Without an output, the answer goes to standard output.
    fs::write(here.join("pagemill.toml"), JOBS.replace("output = \"totals.csv\"\n", "")).unwrap();
    assert_eq!(say(here, "run totals").ends(0).stdout, "station;n;p95\na;1;10\nb;1;3\n");
}

#[test]
fn jobs_of_all_commands_are_looked_at_before_one_runs() {
    let here = with(JOBS);
    let here = here.path();
    let refused = |line: &str, says: &str| {
        let ran = say(here, line).ends(2).says(&[says]);
        assert!(ran.stderr.ends_with(" can't run like this, so no job was run\n"), "{}", ran.stderr);
        assert!(!here.join("sorted.csv").exists(), "{line}");
    };
    refused("run sorted unordered", "sort has to know the order");
    refused("run sorted undivided", "split has to know which file a record goes to");
    refused("run sorted excel", "the extension .xlsx says no format for an answer");
    fs::write(here.join("trips.html"), "").unwrap();
    refused("run sorted page", "trips.html exists already");
    // What the command does not have, it can't be given on top.
    say(here, "run totals --resume").ends(2).says(&[
        "`--resume` has no effect: the job `totals` is one of `aggregate`, which does not have it\n  Leave it out.",
    ]);
}

#[test]
fn keys_are_those_of_the_command() {
    let faulty = [
        (
            "[job.a]\ncommand = 'sotr'",
            "pagemill.toml:2: `command` can't be `sotr`; did you mean `sort`?\n  It is one of convert, split, sort, aggregate, stats, schema.",
        ),
        ("[job.a]\ncommand = 1", "`command` is a text: put it in quotes"),
        (
            "[job.a]\nby = 'x'",
            "`by` is not a flag of `pagemill convert`\n  What a job does is in its `command`: command = \"split\" or command = \"sort\" or command = \"aggregate\".",
        ),
        (
            "[profile.a]\nagg = 'count()'",
            "`agg` is not a flag of `pagemill convert`\n  Put it into a job, [job.NAME], with command = \"aggregate\".",
        ),
        (
            "[job.a]\ncommand = 'sort'\nagg = 'count()'",
            "`agg` is not a flag of `pagemill sort`\n  What a job does is in its `command`: command = \"aggregate\".",
        ),
        (
            "[job.a]\ncommand = 'aggregate'\nagg = 'cuont()'",
            "pagemill.toml:3: --agg cuont(): there is no function `cuont`; did you mean `count`?",
        ),
        ("[job.a]\ncommand = 'aggregate'\nwindow = 5", "pagemill.toml:3: window: `5` is not a duration"),
        ("[profile.a]\ncommand = 'sort'", "there is no key `command`"),
    ];
    for (text, says) in faulty {
        let here = with(text);
        say(here.path(), "config check").ends(2).says(&[says]);
    }
}
