//! Configuration files, the environment, profiles and jobs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::missing::{has, left_out};
use crate::support::{Ran, command, folder, ran, say, with};

/// A table with another delimiter.
const EU: &str = "id;fare\n1;a,b\n2;c\n";

const PAGE: &str = include_str!("../../src/docs/configuration.md");

/// Runs with a variable set.
fn with_variable(here: &Path, name: &str, value: &str, arguments: &str) -> Ran {
    ran(command(here).env(name, value).args(arguments.split_whitespace()).output().unwrap())
}

/// What `config show --origin` says about a key: the value and where it is from.
fn origin(here: &Path, key: &str, arguments: &str) -> String {
    shown(&say(here, &format!("config show --origin {arguments}")).ends(0), key)
}

fn shown(ran: &Ran, key: &str) -> String {
    let line = ran.stdout.lines().find(|line| line.starts_with(&format!("{key} = ")));
    let line = line.unwrap_or_else(|| panic!("no {key} in {}", ran.stdout));
    line.split_whitespace().skip(2).collect::<Vec<_>>().join(" ")
}

/// The memory limit that a run has, by its report.
fn limit(here: &Path, before: &str) -> Value {
    say(here, &format!("convert a.csv -o b.ndjson --force --report r.json {before}")).ends(0);
    report(here)["settings"].clone()
}

fn report(here: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(here.join("r.json")).unwrap()).unwrap()
}

#[test]
fn a_later_place_wins() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let here = here.path();
    assert_eq!(limit(here, "")["memory_limit"], 100_000_000);
    assert_eq!(origin(here, "memory-limit", ""), "100000000 # built in");
    let user = here.join(".config/pagemill");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("config.toml"), "workers = 3\nmemory-limit = \"50MB\"\n").unwrap();
    assert_eq!(limit(here, "")["memory_limit"], 50_000_000);
    fs::write(here.join("pagemill.toml"), "# project\nmemory-limit = \"60MB\"\n").unwrap();
    assert_eq!(limit(here, "")["memory_limit"], 60_000_000);
    assert_eq!(limit(here, "")["workers"], 3);
    assert_eq!(origin(here, "memory-limit", ""), "\"60MB\" # pagemill.toml:2");
    fs::write(here.join("more.toml"), "memory-limit = \"70MB\"\n[profile.p]\nmemory-limit = \"80MB\"\n").unwrap();
    assert_eq!(limit(here, "--config more.toml")["memory_limit"], 70_000_000);
    let more = "config show --origin --config more.toml";
    let variable = |arguments: &str| with_variable(here, "PAGEMILL_MEMORY_LIMIT", "75MB", arguments).ends(0);
    assert_eq!(shown(&variable(more), "memory-limit"), "\"75MB\" # PAGEMILL_MEMORY_LIMIT");
    let of_profile = variable(&format!("{more} --profile p"));
    assert_eq!(shown(&of_profile, "memory-limit"), "\"80MB\" # profile p, more.toml:3");
    let settings = limit(here, "--config more.toml --profile p --memory-limit 90MB");
    assert_eq!(settings["memory_limit"], 90_000_000);
    assert_eq!(settings["origins"]["memory-limit"], json!({"by": "flag"}));
    let settings = limit(here, "--config more.toml --profile p");
    assert_eq!(
        settings["origins"]["memory-limit"],
        json!({"by": "profile", "name": "p", "file": "more.toml", "line": 3})
    );
    assert_eq!(settings["origins"]["workers"]["by"], "file");
    let settings = limit(here, "--config none");
    assert_eq!((&settings["memory_limit"], &settings["workers"]), (&json!(100_000_000), &Value::Null));
    with_variable(here, "PAGEMILL_CONFIG", "none", "config check").ends(0);
}

#[test]
fn every_part_of_a_report_that_was_there_is_there() {
    let here = with(&[("a.csv", "a\n1\n"), ("pagemill.toml", "workers = 2\n")]);
    let settings = limit(here.path(), "");
    let origins = &settings["origins"];
    assert_eq!(origins["workers"], json!({"by": "file", "file": "pagemill.toml", "line": 1}));
    assert_eq!((&origins["output"], &origins["force"]), (&json!({"by": "flag"}), &json!({"by": "flag"})));
    assert_eq!(origins.as_object().unwrap().len(), 4, "{origins}");
}

/// Each of these files is refused, in this line and with these words.
#[test]
fn faults_have_lines_and_suggestions() {
    let table = [
        ("memory-limt = 1\n", "1: there is no key `memory-limt`\n  Did you mean `memory-limit`?"),
        ("\n\nmemory_limit = \"1MB\"", "3: there is no key `memory_limit`\n  Did you mean `memory-limit`?"),
        ("chunk-size = 1", "1: there is no key `chunk-size`\n  Did you mean `slice-size`?"),
        ("xyzzy = 1", "1: there is no key `xyzzy`\n  Keys are the long flags"),
        ("[profiles.eu]\n", "1: there is no key `profiles`\n  Did you mean `profile`?"),
        (
            "delimiter = ';'",
            "1: `delimiter` changes the output, so it can't be set for all runs\n  Put it into a profile",
        ),
        ("# x\nsteps = []", "2: `steps` changes the output"),
        ("force = true", "1: `force` changes"),
        ("output = 'x'", "1: `output` says which files are read or written, which only a job can\n"),
        ("profile = 'eu'", "1: `profile` is a table for each profile"),
        ("config = 'x'", "1: `config` can only be given on the command line"),
        ("workers = 1.5", "1: `workers` is a number"),
        ("workers = -1", "1: `workers` can't be `-1`: "),
        ("workers = '8 of them'", "1: `workers` can't be `8 of them`: "),
        ("quiet = 'yes'", "1: `quiet` is true or false"),
        ("io = 'mapp'", "1: `io` can't be `mapp`; did you mean `map`?\n  It is one of auto, map, read."),
        ("memory-limit = 'lots'", "1: --memory-limit: `lots`"),
        ("memory-limit = true", "1: `memory-limit` is a text: put it in quotes"),
        ("quiet = true\nverbose = true", "1: `quiet` and `verbose` can't be given together"),
        ("[profile.a]\npretty = true\n\noutput = 'x'", "4: `output` says which files"),
        ("[profile.a]\nselect = [1]", "2: `select` is a list of strings, such as select = [\"a\", \"b\"]"),
        ("[job.a]\ninput = []", "2: `input` is a list of paths"),
        ("[profile.a]\nselect = [\n  'a',\n  'a',\n]", "2: select: `a` is named twice"),
        ("[profile.a]\ndelimiter = ';'\ncomment = ';'", "1: --delimiter and --comment are both `;`"),
        ("[profile.a]\nop = ['trim']\nsteps = [{ op = 'trim' }]", "1: `steps` and `op` can't be given together"),
        (
            "[profile.a]\nsteps = [\n  { op = 'trim' },\n  { oop = 'trim' },\n]",
            "4: there is no step `oop`; did you mean",
        ),
        ("[profile.a]\nsteps = [{ op = 'trim', x = 1 }]", "2: a step is a table with one key"),
        ("profile.a = 3", "1: `a` is not a table"),
        ("[job.a]\nprofile = 'b'\n[profile.bb]\n", "2: there is no profile `b`"),
        ("[job.a]\ninput = [3]", "2: `input` is a list of paths"),
        ("[job.a]\noutput = ''", "2: `output` names no file"),
        ("[job.a]\nmax-errors = 'many'", "2: --max-errors: `many` is neither"),
        ("[[alert]]\nmetric = 'records_bad_share'", "1: an alert has either `above` or `below`"),
        ("[[alert]]\nmetric = 'records_bad_share'\nabove = 1\nbelow = 2", "1: an alert has either"),
        ("[[alert]]\nabove = 1", "1: this alert has no `metric`"),
        ("[[alert]]\nmetric = 'records_bad_share'\nabove = 'x'", "3: `above` is a number"),
        ("[[alert]]\nmetric = 'records_bad_share'\nabove = 1\nfor = '30'", "4: `for` is a duration: "),
        (
            "[[alert]]\nmetric = 'records_bad_share'\nabove = 1\nseverty = 'info'",
            "4: an alert has no key `severty`\n  Did you mean `severity`?",
        ),
        (
            "[[alert]]\nmetric = 'records_bad_share'\nabove = 1\nwebhook = 'https://x'",
            "4: `webhook` is not taken from a file that was found",
        ),
        (
            "[[alert]]\nmetric = 'record_bad_share'\nabove = 1",
            "2: there is no metric `record_bad_share`; did you mean `records_bad_share`?",
        ),
        ("[[alert]]\nname = 3\nmetric = 'records_bad_share'\nabove = 1", "2: `name` is a text"),
        ("metrics-file = 'x'", "1: `metrics-file` is not taken from a file that was found"),
        ("dashboard = '8080'", "1: `dashboard` is not taken from a file that was found"),
        ("\nreport = 'r.json'", "2: `report` is not taken from a file that was found"),
        ("dashboard-token-file = 'x'", "1: `dashboard-token-file` is not taken from a file that was found"),
        ("[profile.a]\nmetrics-file = 'x'", "2: `metrics-file` is not taken from a file that was found"),
        ("extensions = { bak = 'csv' }", "1: `extensions` changes the output, so it can't be set for all runs"),
        ("[profile.a]\nquarantine = '/etc/x'", "2: `quarantine` is not taken from a file that was found"),
        ("[profile.a]\non-error = 'skip'\nforce = true", "3: `force` is not taken from a file that was found"),
        ("[profile.a]\ncpuprofile = 'x'", "2: `cpuprofile` is not taken from a file that was found"),
        ("[profile.a]\nmemprofile = 'x'", "2: `memprofile` is not taken from a file that was found"),
        ("[profile.a]\nextensions = 'csv'", "2: `extensions` is a table, such as extensions = { bak = \"csv\" }"),
        ("[profile.a]\nextensions = { bak = 'cvs' }", "2: `cvs` is not a format; did you mean `csv`?"),
        ("[profile.a.extensions]\nx = 'csv'\nbak = 'excel'", "3: unknown format `excel`; the formats are csv, tsv"),
        ("[profile.a]\nextensions = { bak = 3 }", "2: `bak` means a format, by its name: bak = \"csv\""),
        ("[job.a]\nextensions = { gz = 'csv' }", "2: `gz` is the extension of files compressed with gzip"),
        ("[job.a]\nextensions = { 'a.b' = 'csv' }", "2: `a.b` is not an extension"),
        ("[[alert]]\nmetric = 'records_bad_share'\nabove = 1\nseverity = 'bad'", "4: `severity` is one of "),
        ("otlp = 'http://x'", "1: `otlp` is not taken from a file that was found"),
        ("dashboard-samples = true", "1: `dashboard-samples` is not taken from a file that was found"),
        ("workers = 1\nworkers = 2", "2: duplicate key"),
        ("workers 1", "1: "),
        ("\n[profile.a\n", "2: "),
    ];
    for (text, says) in table {
        let here = with(&[("pagemill.toml", text), ("a.csv", "a\n1\n")]);
        let says = format!("pagemill: pagemill.toml:{says}");
        for line in
            ["config check", "convert a.csv -t ndjson", "count a.csv", "generate -t csv --records 1", "config show"]
        {
            let ran = say(here.path(), line).ends(2);
            assert!(ran.stderr.starts_with(&says), "{text:?}\n{says}\n{}", ran.stderr);
            assert_eq!(ran.stdout, "");
        }
        // What has nothing to do with settings still works.
        say(here.path(), "convert a.csv -t ndjson --config none").ends(0);
        say(here.path(), "help convert").ends(0);
    }
    // What the user names may name commands, files and ports.
    let here = with(&[(
        "own.toml",
        "[[alert]]\nmetric = 'records_bad_share'\nabove = 1\ncommand = ['mail', 'me']\nwebhook = 'https://x'\n",
    )]);
    say(here.path(), "config check --config own.toml").ends(0);
    let places = "metrics-file = '/dev/null'\ndashboard = '0'\ndashboard-token-file = '../t'\n[profile.a]\nquarantine = 'q'\nforce = true\n";
    fs::write(here.path().join("own.toml"), places).unwrap();
    say(here.path(), "config check --config own.toml").ends(0);
    fs::write(here.path().join("own.toml"), "dashboard-token-file = 3\n").unwrap();
    say(here.path(), "config check --config own.toml")
        .ends(2)
        .says(&["own.toml:1: `dashboard-token-file` is the path of a file"]);
    // A job is run by its name.
    fs::write(here.path().join("pagemill.toml"), "[job.a]\nmetrics-file = 'm.prom'\nquarantine = 'q'\nforce = true\n")
        .unwrap();
    say(here.path(), "config check").ends(0);
}

#[test]
fn a_check_finds_all_faults_in_order() {
    let text = "workers = 'x'\nquite = true\n[profile.a]\nprety = true\n[job.b]\nprofile = 'c'\ntypes = 'text'\n";
    let here = with(&[("pagemill.toml", text), ("a.csv", "a\n")]);
    let ran = say(here.path(), "config check").ends(2);
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("pagemill: ")).collect();
    let starts = [
        "pagemill.toml:1: `workers`",
        "pagemill.toml:2: there is no key `quite`",
        "pagemill.toml:4: ",
        "pagemill.toml:6: ",
    ];
    assert_eq!(lines.len(), starts.len(), "{}", ran.stderr);
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(&format!("pagemill: {start}")), "{line}");
    }
    say(here.path(), "a.csv").ends(2).says(&["There are 3 more faults: `pagemill config check` shows all."]);
    fs::write(here.path().join("pagemill.toml"), "workers = 2\n[profile.a]\n[job.b]\nprofile = 'a'\n").unwrap();
    let ran = say(here.path(), "config check").ends(0);
    assert_eq!(ran.stdout, "pagemill.toml: no fault, 1 profile, 1 job, 0 alerts\n");
    say(here.path(), "config check --profile b").ends(2).says(&["there is no profile `b`"]);
}

#[test]
fn files_of_all_kinds() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let here = here.path();
    let workers = |bytes: &[u8]| {
        fs::write(here.join("pagemill.toml"), bytes).unwrap();
        say(here, "config show")
    };
    for bytes in
        [&b"\xef\xbb\xbfworkers = 7\r\n"[..], b"workers = 7", b"# x\r\n\r\nworkers=0x7\r\n", b"workers = '7'\n"]
    {
        assert_eq!(shown(&workers(bytes).ends(0), "workers"), "7");
    }
    for bytes in [&b""[..], b"\n", b"# nothing\n", b"\xef\xbb\xbf"] {
        assert!(!workers(bytes).ends(0).stdout.contains("workers"));
    }
    workers(b"\xef\xbb\xbf\r\n\r\nworkrs = 1\r\n").ends(2).says(&["pagemill.toml:3: "]);
    workers(b"workers = 1\n# \xff\n").ends(2).says(&["pagemill.toml:2: this line is not UTF-8"]);
    workers(&b"#\n".repeat(600_000)).ends(2).says(&["pagemill.toml is larger than 1 MiB"]);
    let deep = format!("[profile.a]\nselect = {}", "[".repeat(100_000));
    workers(deep.as_bytes()).ends(2).says(&["pagemill.toml:2: "]);
    fs::remove_file(here.join("pagemill.toml")).unwrap();
    // A folder of this name is no configuration, unless somebody says so.
    fs::create_dir(here.join("pagemill.toml")).unwrap();
    say(here, "convert a.csv -t ndjson").ends(0);
    say(here, "convert a.csv --config pagemill.toml").ends(2).says(&["pagemill.toml is a folder, not a configuration"]);
    say(here, "convert a.csv --config no.toml").ends(2).says(&["--config: there is no file no.toml"]);
}

#[test]
fn the_nearest_file_upward_counts_and_its_paths_are_its_own() {
    let config = "workers = 3\n[job.j]\ninput = [\"in/*.csv\"]\noutput = \"out.csv\"\nmetrics-file = \"m.prom\"\n";
    let here = with(&[("pagemill.toml", config), ("in/a.csv", "x\n1\n"), ("in/b.csv", "x\n2\n"), ("in/deep/x", "")]);
    let root = here.path().canonicalize().unwrap();
    let deep = root.join("in/deep");
    say(&deep, "run j").ends(0);
    assert_eq!(fs::read_to_string(root.join("out.csv")).unwrap(), "x\n1\n2\n");
    assert!(root.join("m.prom").exists());
    assert_eq!(origin(&deep, "workers", ""), format!("3 # {}/pagemill.toml:1", root.display()));
    // A nearer one takes its place.
    fs::write(root.join("in/pagemill.toml"), "workers = 4\n").unwrap();
    assert_eq!(origin(&deep, "workers", ""), format!("4 # {}/in/pagemill.toml:1", root.display()));
    say(&deep, "run j").ends(2).says(&["there is no job `j`"]);
    // One that is named comes on top, and its paths are relative to its own folder.
    fs::remove_file(root.join("out.csv")).unwrap();
    say(&deep, "run j --config ../../pagemill.toml").ends(0);
    assert_eq!(fs::read_to_string(root.join("out.csv")).unwrap(), "x\n1\n2\n");
}

#[cfg(unix)]
#[test]
fn links_to_folders_and_names_like_patterns() {
    let config = "[job.j]\ninput = [\"*.csv\"]\noutput = \"out.ndjson\"\n";
    let here = with(&[("a[1]/pagemill.toml", config), ("a[1]/x.csv", "x\n1\n"), ("a[1]/sub/y", "")]);
    let here = here.path();
    std::os::unix::fs::symlink(here.join("a[1]"), here.join("link")).unwrap();
    for place in ["a[1]/sub", "link/sub", "link"] {
        say(&here.join(place), "run j --force").ends(0);
        assert_eq!(fs::read_to_string(here.join("a[1]/out.ndjson")).unwrap(), "{\"x\":1}\n");
        fs::remove_file(here.join("a[1]/out.ndjson")).unwrap();
    }
}

#[test]
fn a_profile_is_as_good_as_its_flags() {
    let config = "[profile.eu]\ndelimiter = ';'\npretty = true\nselect = ['fare', 'id']\nkeep-going = true\n";
    let here = with(&[("pagemill.toml", config), ("a.csv", EU), ("b.ndjson", "{\"id\":1,\"fare\":2}\n")]);
    let here = here.path();
    let out = |line: &str| say(here, line).ends(0).stdout;
    // What does not apply is passed over, and --explain says so.
    assert_eq!(out("convert a.csv -t ndjson --profile eu"), "{\"fare\":\"a,b\",\"id\":1}\n{\"fare\":\"c\",\"id\":2}\n");
    assert_eq!(out("convert b.ndjson -t csv --profile eu"), "fare,id\n2,1\n");
    let explained = out("convert b.ndjson -t csv --profile eu --explain");
    for line in [
        "passed over      delimiter (profile eu, pagemill.toml:2): the input is NDJSON\n",
        "passed over      pretty (profile eu, pagemill.toml:3): the output is CSV\n",
        "passed over      keep-going (profile eu, pagemill.toml:5): ",
    ] {
        assert!(explained.contains(line), "{line}{explained}");
    }
    assert!(!explained.contains("select ("), "{explained}");
    assert!(!out("convert b.ndjson -t csv --explain").contains("passed over"));
    // On the command line it is refused.
    say(here, "convert b.ndjson -t csv --profile eu --pretty")
        .ends(2)
        .says(&["`--pretty` has no effect: the output is CSV"]);
    // Flags take its place, and switches can be off.
    assert_eq!(out("convert a.csv -t ndjson --profile eu --select id"), "{\"id\":1}\n{\"id\":2}\n");
    assert_eq!(out("convert a.csv -t json --select id --profile eu --pretty=false"), "[\n{\"id\":1},\n{\"id\":2}\n]\n");
    assert_eq!(out("convert a.csv -t ndjson --config none -d ; --select id"), "{\"id\":1}\n{\"id\":2}\n");
    say(here, "convert a.csv --profile ue").ends(2).says(&["there is no profile `ue`", "These exist: eu.\n"]);
    say(here, "convert a.csv --profile eu --config none").ends(2).says(&["No configuration file was read"]);
    // Other commands take what they have.
    assert_eq!(out("count -r a.csv --profile eu"), " 2 a.csv\n");
    let counted = out("count -r a.csv --profile eu --explain");
    assert!(
        counted.contains("passed over      select (profile eu, pagemill.toml:4): this command does not have it"),
        "{counted}"
    );
    assert_eq!(out("generate -t csv --records 0 --profile eu"), out("generate -t csv --records 0"));
}

#[test]
fn what_was_passed_over_is_not_in_the_report() {
    let config = "[profile.eu]\ndelimiter = ';'\nstrict = true\n";
    let here = with(&[("pagemill.toml", config), ("a.ndjson", "{\"a\":1}\n")]);
    say(here.path(), "convert a.ndjson -t csv --profile eu --report r.json -o b.csv").ends(0);
    let settings = &report(here.path())["settings"];
    assert_eq!((&settings["csv"]["delimiter"], &settings["strict"]), (&Value::Null, &json!(true)));
    assert!(settings["origins"].get("delimiter").is_none() && settings["origins"].get("strict").is_some());
}

#[test]
fn flags_win_over_what_contradicts_them() {
    let config = "checkpoint = true\nverbose = true\n[profile.q]\nquarantine = 'bad'\n[profile.s]\non-error = 'skip'\n";
    let here = with(&[(".config/pagemill/config.toml", config), ("a.csv", "a,b\n1,2\n3\n")]);
    let here = here.path();
    let bad = here.join(".config/pagemill/bad");
    let ran = say(here, "convert a.csv -t ndjson -o b.ndjson -q --no-checkpoint --profile q --on-error skip").ends(0);
    assert_eq!((ran.stderr.as_str(), bad.exists()), ("", false));
    say(here, "convert a.csv -t ndjson -q --profile s --quarantine b").ends(0);
    assert!(here.join("b").exists());
    say(here, "convert a.csv -t ndjson -q --profile q").ends(0);
    assert!(bad.exists());
    // The short form never replaces a file, whatever a profile says.
    fs::write(here.join(".config/pagemill/config.toml"), "[profile.f]\nforce = true\n").unwrap();
    say(here, "a.csv b.ndjson --profile f").ends(2).says(&["b.ndjson exists already"]);
}

#[test]
fn lists_need_no_escapes() {
    let config = "[profile.p]\nselect = ['a,b', 'c']\n[profile.first]\ncolumns = ['first']\n[profile.word]\ncolumns = 'first'\n[profile.escaped]\nselect = ['a\\,b']\n";
    let here = with(&[
        ("pagemill.toml", config),
        ("a.csv", "\"a,b\",c,first\n1,2,3\n"),
        ("c.ndjson", "{\"x\":1,\"first\":2}\n"),
    ]);
    let out = |line: &str| say(here.path(), line).ends(0).stdout;
    assert_eq!(out("convert a.csv -t ndjson --profile p"), "{\"a,b\":1,\"c\":2}\n");
    assert_eq!(out("convert a.csv -t ndjson --profile escaped"), "{\"a,b\":1}\n");
    assert_eq!(out("convert c.ndjson -t csv -q --profile first"), "first\n2\n");
    assert_eq!(out("convert c.ndjson -t csv --profile word"), "x,first\n1,2\n");
}

#[test]
fn a_job_may_take_back_what_its_profile_says() {
    let config = "[profile.p]\nselect = ['a']\nsteps = [{ op = 'upper' }]\nquiet = true\n[profile.q]\nselect = ['b']\n[job.j]\nprofile = 'p'\ninput = 'a.csv'\nto = 'ndjson'\nselect = []\nsteps = []\nquiet = false\n[job.k]\nprofile = 'p'\ninput = 'a.csv'\nto = 'ndjson'\n";
    let here = with(&[("pagemill.toml", config), ("a.csv", "a,b\nx,y\n")]);
    let out = |line: &str| say(here.path(), line).ends(0).stdout;
    assert_eq!(out("run j"), "{\"a\":\"x\",\"b\":\"y\"}\n");
    assert_eq!(out("run k"), "{\"a\":\"X\"}\n");
    // A profile on the command line takes the place of the job's.
    assert_eq!(out("run k --profile q"), "{\"b\":\"y\"}\n");
    say(here.path(), "run j k --report r.json").ends(2).says(&["`--report` names one file, and these are 2 jobs"]);
}

#[test]
fn the_environment_says_only_what_keeps_the_output() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let here = here.path();
    let line = "convert a.csv -o b.ndjson --force --report r.json";
    let set = |name: &str, value: &str| with_variable(here, name, value, line);
    set("PAGEMILL_WORKERS", "3").ends(0);
    let settings = report(here)["settings"].clone();
    assert_eq!(settings["workers"], 3);
    assert_eq!(settings["origins"]["workers"], json!({"by": "variable", "name": "PAGEMILL_WORKERS"}));
    set("PAGEMILL_VERBOSE", "true").ends(0).says(&["1 read and written"]);
    assert_eq!(set("PAGEMILL_VERBOSE", "0").ends(0).stderr, "");
    assert_eq!(set("PAGEMILL_WORKERS", "").ends(0).stderr, "");
    set("PAGEMILL_VERBOSE", "yes").ends(2).says(&["PAGEMILL_VERBOSE: `yes` is neither true nor false"]);
    set("PAGEMILL_WORKERS", "many").ends(2).says(&["PAGEMILL_WORKERS: `workers` can't be `many`"]);
    set("PAGEMILL_IO", "map").ends(0);
    for name in ["DELIMITER", "FORCE", "OUTPUT", "SELECT", "ON_ERROR", "EXPLAIN"] {
        let name = format!("PAGEMILL_{name}");
        set(&name, "x").ends(2).says(&[&format!("{name}: --"), "is not taken from the environment"]);
    }
    set("PAGEMILL_PROFILE", "eu").ends(2).says(&["PAGEMILL_PROFILE: profiles are not named by the environment"]);
    let warned = set("PAGEMILL_WORKER", "3").ends(0);
    assert_eq!(
        warned.stderr,
        "pagemill: warning: PAGEMILL_WORKER is set, but there is no such setting; did you mean PAGEMILL_WORKERS?\n"
    );
    assert_eq!(set("PAGEMILL_REQUIRE_ALL", "1").ends(0).stderr, "");
    for family in ["portable", "neon", "avx2", "avx512"] {
        assert_eq!(set("PAGEMILL_KERNEL", family).ends(0).stderr, "");
    }
    assert_eq!(
        set("PAGEMILL_KERNEL", "sse").ends(0).stderr,
        "pagemill: warning: PAGEMILL_KERNEL is `sse`, which is not one of portable, neon, avx2, avx512\n"
    );
    assert_eq!(set("PAGEMILL_DASHBOARD_TOKEN", "secret").ends(0).stderr, "");
    assert!(!fs::read_to_string(here.join("r.json")).unwrap().contains("secret"));
    let quiet = with_variable(here, "PAGEMILL_WORKER", "3", "convert a.csv -t ndjson -q").ends(0);
    assert_eq!(quiet.stderr, "");
    fs::write(here.join("c.toml"), "workers = 5\n").unwrap();
    set("PAGEMILL_CONFIG", "c.toml").ends(0);
    assert_eq!(report(here)["settings"]["workers"], 5);
}

#[test]
fn a_job_is_its_command_line() {
    let config = "[profile.eu]\ndelimiter = ';'\n[job.a]\nprofile = 'eu'\ninput = ['in/*.csv']\noutput = 'a.ndjson'\nselect = ['id']\nsteps = [{ op = 'trim' }, { op = 'upper:fare' }]\n[job.b]\ninput = 'a.ndjson'\noutput = 'b.csv'\n[job.bad]\ninput = ['none.csv']\noutput = 'c.csv'\n";
    let here = with(&[("pagemill.toml", config), ("in/a.csv", EU), ("in/b.csv", EU)]);
    let here = here.path();
    say(here, "run a --report r.json").ends(0);
    let mut of_job = report(here);
    let line = "convert in/*.csv -o line.ndjson -d ; --select id --op trim,upper:fare --report r.json --force";
    say(here, line).ends(0);
    let mut of_line = report(here);
    assert_eq!(fs::read(here.join("a.ndjson")).unwrap(), fs::read(here.join("line.ndjson")).unwrap());
    for (key, value) in of_line.as_object().unwrap() {
        // What is measured differs.
        let same = std::mem::discriminant(value) == std::mem::discriminant(&of_job[key]);
        assert!(same, "{key}: {value} and {}", of_job[key]);
    }
    for report in [&mut of_job, &mut of_line] {
        report["settings"]["origins"] = Value::Null;
        report["settings"]["force"] = Value::Null;
    }
    assert_eq!(of_job["settings"], of_line["settings"]);
    assert_eq!((&of_job["records_in"], &of_job["bytes_out"]), (&json!(4), &of_line["bytes_out"]));
    say(here, "run a").ends(2).says(&["a.ndjson exists already"]);
    // Several, each after the one before it.
    say(here, "run a b --force").ends(0);
    assert_eq!(fs::read_to_string(here.join("b.csv")).unwrap(), "id\n1\n2\n1\n2\n");
    let said = say(here, "run a bad b --force").ends(3).stderr;
    let expected =
        "pagemill: there is no file `none.csv`\npagemill: job `bad` can't run like this, so no job was run\n";
    assert_eq!(said, expected);
    // All of them are looked at first.
    fs::remove_file(here.join("b.csv")).unwrap();
    say(here, "run b aa --force").ends(2).says(&["there is no job `aa`", "These exist: a, b, bad."]);
    assert!(!here.join("b.csv").exists());
    // Only what can't change the output comes on top.
    say(here, "run a --select fare")
        .ends(2)
        .says(&["there is no flag `--select` in `run`: it would change the job\n  Put it into the job: select = …"]);
    let explained = say(here, "run a --explain --force --memory-limit 50MB").ends(0).stdout;
    assert!(explained.contains("memory limit     50000000 bytes\n"), "{explained}");
    let ran = say(here, "run a --force --dashboard 0").ends(0);
    #[cfg(feature = "dashboard")]
    assert!(ran.stderr.contains("dashboard at http://"), "{}", ran.stderr);
    say(here, "run").ends(2).says(&["`pagemill run` needs `JOB` here"]);
}

/// A folder with jobs that have one input each; `c` fails while it runs.
fn with_jobs() -> tempfile::TempDir {
    let config = "[job.a]\ninput = 'in.csv'\noutput = 'a.ndjson'\n[job.b]\ninput = 'a.ndjson'\noutput = 'b.csv'\n\
        [job.c]\ninput = 'bad.csv'\noutput = 'c.csv'\n[job.d]\ninput = 'in.csv'\noutput = './b.csv'\n\
        [job.all]\ninput = ['out/*.ndjson']\noutput = 'all.csv'\n[job.each]\ninput = ['in*.csv']\nout-dir = 'out'\nto = 'ndjson'\n\
        [job.one]\ninput = 'out/in.ndjson'\noutput = 'one.csv'\n[job.typo]\ninput = 'in.csv'\noutput = 'e.xyz'\n[job.s]\ninput = '-'\nfrom = 'csv'\noutput = 's.csv'\n[job.t]\ninput = '-'\nfrom = 'csv'\noutput = 't.csv'\n\
        [job.q]\ninput = 'in.csv'\noutput = 'q.ndjson'\non-error = 'quarantine'\n[job.p]\ninput = 'in.csv'\noutput = 'q.ndjson.quarantine.ndjson'\n\
        [job.cpu]\ninput = 'in.csv'\noutput = 'x.csv'\ncpuprofile = 'q.ndjson.quarantine.ndjson'\n\
        [job.mem]\ninput = 'in.csv'\noutput = 'x.csv'\nmemprofile = 'q.ndjson.quarantine.ndjson'\n\
        [job.now]\ninput = 'in.csv'\noutput = 'x.csv'\nmetrics-file = 'q.ndjson.quarantine.ndjson'\n\
        [job.old]\ninput = 'in.csv'\noutput = 'x.csv'\nmemprofile = 'profile'\n\
        [job.again]\ninput = 'bad.csv'\noutput = 'y.csv'\nreport = 'r.json'\n";
    with(&[("pagemill.toml", config), ("in.csv", "x\n1\n"), ("bad.csv", "x,y\n1\n")])
}

#[test]
fn all_jobs_are_looked_at_before_one_runs() {
    let here = with_jobs();
    let here = here.path();
    let refused = |line: &str, code: i32, says: &str| {
        let ran = say(here, line).ends(code).says(&[says]);
        assert!(ran.stderr.ends_with(" can't run like this, so no job was run\n"), "{}", ran.stderr);
        assert!(!here.join("a.ndjson").exists(), "{line}");
    };
    refused("run a typo", 2, "the extension `.xyz` is not known");
    refused("run a b d", 2, "jobs `b` and `d` would both write ./b.csv");
    refused("run b a", 3, "there is no file `a.ndjson`");
    refused("run a all", 2, "no file matches the pattern `out/*.ndjson`");
    refused("run a s t", 2, "jobs `s` and `t` both read standard input");
    fs::write(here.join("b.csv"), "").unwrap();
    refused("run a b", 2, "b.csv exists already");
    refused("run a q p", 2, "jobs `q` and `p` would both write q.ndjson.quarantine.ndjson");
    refused("run a cpu p", 2, "jobs `cpu` and `p` would both write q.ndjson.quarantine.ndjson");
    refused("run a mem p", 2, "jobs `mem` and `p` would both write q.ndjson.quarantine.ndjson");
    refused("run a now p", 2, "jobs `now` and `p` would both write q.ndjson.quarantine.ndjson");
    fs::write(here.join("profile"), "").unwrap();
    refused("run a old", 2, "--memprofile: profile exists already");
    // Nothing is written to be explained.
    say(here, "run a d --explain").ends(0);
    // The file of metrics is about what runs now.
    say(here, "run a each --metrics-file m.prom --force").ends(0);
    fs::remove_file(here.join("a.ndjson")).unwrap();
    fs::remove_dir_all(here.join("out")).unwrap();
    // What an earlier job writes is there when a later one needs it, also in a folder.
    say(here, "run a b --force").ends(0);
    assert_eq!(fs::read_to_string(here.join("b.csv")).unwrap(), "x\n1\n");
    say(here, "run each all one").ends(0);
    assert_eq!(fs::read_to_string(here.join("all.csv")).unwrap(), "x\n1\n");
}

/// With several jobs too, the report of a run that failed is replaced.
#[test]
fn the_report_of_a_failed_job_is_replaced_when_it_runs_again() {
    let here = with_jobs();
    let here = here.path();
    say(here, "run each again").ends(1);
    fs::write(here.join("bad.csv"), "x,y\n1,2\n").unwrap();
    say(here, "run a again").ends(0);
    fs::remove_file(here.join("a.ndjson")).unwrap();
    fs::remove_file(here.join("y.csv")).unwrap();
    // That of one that went well is not.
    say(here, "run a again").ends(2).says(&["--report: r.json exists already\n  Give --force to replace it."]);
}

/// The user's own file is read once if it is also named: what it says of alerts is said once.
#[test]
fn a_file_counts_once() {
    let here = with(&[(".config/pagemill/config.toml", "workers = 1\n")]);
    let here = here.path();
    let own = here.join(".config/pagemill/config.toml");
    let once = |ran: Ran| assert_eq!(ran.ends(0).stdout.lines().count(), 1);
    once(say(here, "config check"));
    once(say(here, &format!("config check --config {}", own.display())));
    once(with_variable(here, "PAGEMILL_CONFIG", ".config/pagemill/../pagemill/config.toml", "config check"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&own, here.join("pagemill.toml")).unwrap();
        once(say(here, "config check"));
    }
}

#[test]
fn the_first_job_that_fails_ends_the_run_and_what_ran_is_said() {
    let here = with_jobs();
    let here = here.path();
    let said = say(here, "run a c d").ends(1).stderr;
    assert!(said.starts_with("pagemill: bad.csv: record 1"), "{said}");
    assert!(said.ends_with("\npagemill: job `c` failed: `a` was done before; `d` was not run\n"), "{said}");
    assert!(here.join("a.ndjson").exists() && !here.join("b.csv").exists());
    let said = say(here, "run a b c --force").ends(1).stderr;
    assert!(said.ends_with("\npagemill: job `c` failed: `a`, `b` were done before\n"), "{said}");
}

/// Each job has a peak of its own: the second one does not have that of the first.
#[cfg(target_os = "linux")]
#[test]
fn a_job_has_its_own_peak() {
    let config = "[job.big]\ninput = 'big.csv'\noutput = 'big.ndjson'\nslice-size = '8MiB'\nworkers = 4\nreport = 'big.json'\nmemory-limit = '400MB'\n\
        [job.small]\ninput = 'small.csv'\noutput = 'small.ndjson'\nworkers = 1\nreport = 'small.json'\n";
    let big = format!("a,b\n{}", "some text,1234567890\n".repeat(2_000_000));
    let here = with(&[("pagemill.toml", config), ("big.csv", &big), ("small.csv", "a\n1\n")]);
    let here = here.path();
    // Where a sandbox forbids it, the peak is that of the whole process.
    if let Err(error) = fs::write("/proc/self/clear_refs", "5") {
        left_out("clear_refs", &error.to_string());
        return;
    }
    say(here, "run big small").ends(0);
    let peaks = |name: &str| {
        let report: Value = serde_json::from_str(&fs::read_to_string(here.join(name)).unwrap()).unwrap();
        ["peak_rss_bytes", "peak_heap_bytes"].map(|key| report[key].as_u64().unwrap())
    };
    let (big, small) = (peaks("big.json"), peaks("small.json"));
    assert!(small[0] > 0 && small[0] < big[0] / 2 && small[1] < big[1] / 2, "{big:?} {small:?}");
}

/// Of two definitions the nearer one counts, whole, and a user's own job keeps the profile beside it.
#[test]
fn a_found_file_changes_no_part_of_ones_own() {
    let own = "[profile.p]\nselect = ['a']\npretty = true\n[job.own]\nprofile = 'p'\ninput = '/dev/stdin'\nfrom = 'csv'\nto = 'ndjson'\n\
        [job.j]\ninput = '/nowhere.csv'\nto = 'json'\n";
    let found = "[profile.p]\nselect = ['b']\n[job.j]\ninput = 'a.csv'\nprofile = 'p'\n";
    let here = with(&[(".config/pagemill/config.toml", own), ("pagemill.toml", found), ("a.csv", "a,b\n1,2\n")]);
    let here = here.path();
    // Nothing of the own profile is left in the nearer one.
    assert_eq!(say(here, "convert a.csv -t json --profile p").ends(0).stdout, "[\n{\"b\":2}\n]\n");
    assert_eq!(say(here, "run j").ends(0).stdout, "b\n2\n");
    let ran = crate::support::feed(here, ["run", "own"], b"a,b\n1,2\n").ends(0);
    assert_eq!(ran.stdout, "{\"a\":1}\n");
    let shown = say(here, "config show --origin --profile p").ends(0).stdout;
    assert!(shown.contains("# profile p, pagemill.toml:2\n") && !shown.contains("pretty = true"), "{shown}");
    let config = here.join(".config/pagemill/config.toml");
    let line = format!("# the profile `p` of pagemill.toml:1 takes the place of that of {}:1\n", config.display());
    assert!(shown.ends_with(&line), "{shown}");
}

#[test]
fn an_extension_means_what_a_profile_says() {
    let config = "[profile.p]\nextensions = { bak = 'csv', OUT = 'ndjson' }\n[job.j]\ninput = 'a.bak'\nout-dir = 'each'\nto = 'ndjson'\nextensions = { bak = 'tsv' }\n";
    let here = with(&[("pagemill.toml", config), ("a.bak", "x,y\n1,2\n"), ("in/b.bak", "x,y\n3,4\n")]);
    let here = here.path();
    let out = |line: &str| say(here, line).ends(0).stdout;
    say(here, "convert a.bak -t ndjson").ends(2).says(&["the extension `.bak` is not known"]);
    assert_eq!(out("convert a.bak -t ndjson --profile p"), "{\"x\":1,\"y\":2}\n");
    out("convert a.bak -o b.out --profile p");
    assert_eq!(fs::read_to_string(here.join("b.out")).unwrap(), "{\"x\":1,\"y\":2}\n");
    // Compressed, of folders, and written under a name that fits.
    out("convert a.bak -o c.bak.gz --profile p");
    assert_eq!(out("convert c.bak.gz -t ndjson --profile p"), "{\"x\":1,\"y\":2}\n");
    out("convert in c.bak.gz -r --out-dir each -t json --profile p");
    assert_eq!(fs::read_to_string(here.join("each/b.json")).unwrap(), "[\n{\"x\":3,\"y\":4}\n]\n");
    assert!(here.join("each/c.json").exists());
    assert_eq!(out("count -r a.bak in/b.bak --profile p").lines().count(), 3);
    assert_eq!(out("generate --records 1 -o g.out --profile p"), "");
    assert!(fs::read_to_string(here.join("g.out")).unwrap().starts_with('{'));
    // A flag wins; those of a job take the place of others.
    assert_eq!(out("convert a.bak -f text -t text --profile p"), "x,y\n1,2\n");
    out("run j");
    assert_eq!(fs::read_to_string(here.join("each/a.ndjson")).unwrap(), "{\"x,y\":\"1,2\"}\n");
    // Who decided is said.
    let explained = out("convert a.bak -o d.ndjson --profile p --explain");
    assert!(explained.contains("extension        .bak means csv (profile p, pagemill.toml:2)\n"), "{explained}");
    assert!(!out("convert a.bak -f csv -t ndjson --profile p --explain").contains("extension "), "-f decided");
    assert!(out("count -r a.bak --profile p --explain").contains(".bak means csv"));
    let shown = out("config show --origin --profile p");
    let line = shown.lines().find(|line| line.starts_with("extensions = ")).unwrap();
    assert!(line.starts_with("extensions = { bak = \"csv\", out = \"ndjson\" } "), "{line}");
    assert!(line.ends_with("# profile p, pagemill.toml:2"), "{line}");
    out("convert a.bak -o e.ndjson --profile p --report r.json");
    assert_eq!(report(here)["settings"]["extensions"], json!({"bak": "csv", "out": "ndjson"}));
}

#[test]
fn a_beginning_is_valid_and_replaces_nothing() {
    let here = folder();
    let here = here.path();
    say(here, "config init").ends(0);
    say(here, "config check").ends(0);
    let text = fs::read_to_string(here.join("pagemill.toml")).unwrap();
    say(here, "config init").ends(2).says(&["pagemill.toml exists already"]);
    // Every line that is commented out is right.
    let settings: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(line) if !line.starts_with(' ') => format!("{line}\n"),
            _ => "\n".to_owned(),
        })
        .collect();
    assert!(settings.lines().filter(|line| line.contains(" = ")).count() > 15, "{settings}");
    fs::write(here.join("pagemill.toml"), settings).unwrap();
    assert_eq!(say(here, "config check").ends(0).stdout, "pagemill.toml: no fault, 1 profile, 2 jobs, 1 alert\n");
    say(here, "config chek").ends(2).says(&["did you mean `check`?"]);
}

/// The example of the page is valid by the check and by the schema, and the schema refuses what the check does.
#[test]
fn the_schema_is_that_of_the_check() {
    let example = PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let here = with(&[("pagemill.toml", example)]);
    let here = here.path();
    say(here, "config check").ends(0);
    let schema = say(here, "config schema").ends(0).stdout;
    let known: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(known["properties"]["workers"]["type"], json!(["string", "integer"]));
    assert!(known["properties"].get("delimiter").is_none());
    assert!(known["properties"]["profile"]["additionalProperties"]["properties"].get("delimiter").is_some());
    fs::write(here.join("schema.json"), &schema).unwrap();
    let faulty = [
        "workers = true",
        "delimiter = ';'",
        "[profile.a]\noutput = 'x'",
        "[job.a]\nselect = [1]",
        "[[alert]]\nmetric = 'records_bad_share'",
        "io = 'mapp'",
        "[profile.a]\nextensions = { bak = 'excel' }",
        "[profile.a]\nby = ['x']",
        "[profile.a]\ncommand = 'sort'",
        "[job.a]\nby = ['x']",
        "[job.a]\ncommand = 'sort'\nagg = ['count()']",
        "[job.a]\ncommand = 'generate'",
    ];
    for (index, text) in faulty.iter().enumerate() {
        fs::write(here.join(format!("bad{index}.toml")), text).unwrap();
        say(here, &format!("config check --config bad{index}.toml")).ends(2);
    }
    let script = "import json, sys\ntry:\n    import jsonschema, tomllib\nexcept ImportError:\n    sys.exit(9)\nschema = json.load(open('schema.json'))\njsonschema.Draft202012Validator.check_schema(schema)\nvalidator = jsonschema.Draft202012Validator(schema)\nload = lambda name: tomllib.load(open(name, 'rb'))\nvalidator.validate(load('pagemill.toml'))\nfor index in range(12):\n    assert not validator.is_valid(load(f'bad{index}.toml')), index\n";
    if !has("python3") {
        return;
    }
    let output = std::process::Command::new("python3").current_dir(here).args(["-c", script]).output().unwrap();
    match output.status.code() {
        Some(9) => left_out("jsonschema", "Python has no jsonschema, or no tomllib"),
        code => assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn pages_of_a_manual_and_scripts_for_all_shells() {
    let here = folder();
    let here = here.path();
    let page = say(here, "man").ends(0).stdout;
    assert!(page.contains(".TH pagemill 1") && page.contains("convert"), "{page}");
    let page = say(here, "man convert").ends(0).stdout;
    assert!(
        page.contains(".TH pagemill-convert 1")
            && page.contains("\npagemill\\-convert \\- Convert")
            && page.contains("\\-\\-memory\\-limit"),
        "{page}"
    );
    assert!(page.contains("CSV") && page.contains("pagemill convert trips.csv"), "{page}");
    for flag in ["--config x.toml", "--profile p", "-q", "--verbose"] {
        say(here, &format!("man {flag}"))
            .ends(2)
            .says(&[" has no effect: a manual page is the same whatever is configured"]);
    }
    say(here, "man convrt").ends(2).says(&["there is no command `convrt`"]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = say(here, &format!("completions {shell}")).ends(0).stdout;
        for word in ["memory-limit", "profile"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}

/// Every spelling of the first version works, with one dash and with two, with a blank and with `=`.
#[test]
fn old_spellings() {
    let here = with(&[("large.txt", "one\n")]);
    let here = here.path();
    let with_values = [
        ("input", "large.txt"),
        ("output", "o.txt"),
        ("processor", "uppercase"),
        ("workers", "2"),
        ("chunk-size", "1MB"),
        ("memory-limit", "64MB"),
    ];
    for dashes in ["-", "--"] {
        for between in [" ", "="] {
            let flags: Vec<String> =
                with_values.iter().map(|(name, value)| format!("{dashes}{name}{between}{value}")).collect();
            say(here, &format!("{} {dashes}monitor", flags.join(" "))).ends(0);
            assert_eq!(fs::read_to_string(here.join("o.txt")).unwrap(), "ONE\n", "{flags:?}");
            fs::remove_file(here.join("o.txt")).unwrap();
            // Any port is free.
            let port = format!("{dashes}input{between}large.txt {dashes}dashboard-port{between}0");
            #[cfg(feature = "dashboard")]
            say(here, &port).ends(0).says(&["dashboard at http://"]);
            #[cfg(not(feature = "dashboard"))]
            say(here, &port).ends(2);
        }
        let made = say(here, &format!("{dashes}create-sample --size 1kB -t csv")).ends(0).stdout;
        assert!(made.len() >= 900 && made.contains(','), "{made}");
        // It was a switch, which could stand anywhere.
        say(here, &format!("{dashes}output=s.csv --size 1kB {dashes}create-sample=true")).ends(0);
        assert!(fs::metadata(here.join("s.csv")).is_ok_and(|found| found.len() >= 900));
        fs::remove_file(here.join("s.csv")).unwrap();
    }
}
