//! The dashboard over real connections: who gets what, who is kept out, and that a run takes no notice of any of it.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::send;
use crate::support::{command, folder, names, run, with};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// More of CSV than a pipe takes, and 200 bad records in it.
fn input(here: &Path) {
    let text: String =
        (0..200_000).map(|n| format!("{n:07},some text\n{}", if n % 1000 == 999 { "bad\n" } else { "" })).collect();
    fs::write(here.join("a.csv"), format!("id,text\n{text}")).unwrap();
}

/// A run with a dashboard.
struct Run {
    child: Child,
    port: u16,
    stdout: ChildStdout,
    stderr: BufReader<ChildStderr>,
}

impl Run {
    /// Starts `pagemill` with these words; its port is a free one.
    fn new(here: &Path, words: &[&str], token: Option<&str>) -> Run {
        let mut command = command(here);
        command.args(words).args(["--dashboard", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        if here.join("state").exists() {
            command.env("XDG_STATE_HOME", here.join("state"));
        }
        token.into_iter().for_each(|token| _ = command.env("PAGEMILL_DASHBOARD_TOKEN", token));
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let port =
            line.strip_prefix("pagemill: dashboard at http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/\n"));
        let port = port.unwrap_or_else(|| panic!("no address: {line}")).parse().unwrap();
        Run { child, port, stdout, stderr }
    }

    /// A conversion whose output nobody reads yet: it stands still until somebody does.
    fn stuck(here: &Path, flags: &[&str]) -> Run {
        input(here);
        Run::new(here, &[&["convert", "a.csv", "-t", "ndjson", "--on-error", "skip"], flags].concat(), None)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// The answer to these bytes.
    fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            // The answer came before all of the request was read.
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        Answer::new(&bytes)
    }

    /// The answer to a request with these lines besides `Host`.
    fn ask(&self, line: &str, headers: &[&str]) -> Answer {
        let host = if headers.iter().any(|header| header.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        self.raw(format!("{line} HTTP/1.1\r\n{host}{headers}\r\n").as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[])
    }

    fn snapshot(&self) -> Value {
        serde_json::from_str(&self.get("/api/snapshot").body).unwrap()
    }

    /// Opens the stream of events.
    fn events(&self) -> Events {
        let mut stream = self.connect();
        stream.write_all(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        Events::new(stream)
    }

    /// Reads the output to its end; its lines, how the run ended, and what it said.
    fn finish(mut self) -> (usize, Option<i32>, String) {
        let (mut output, mut said) = (Vec::new(), String::new());
        self.stdout.read_to_end(&mut output).unwrap();
        self.stderr.read_to_string(&mut said).unwrap();
        let code = self.child.wait().unwrap().code();
        (output.iter().filter(|byte| **byte == b'\n').count(), code, said)
    }

    /// Lets it end, which it does as if nobody had looked.
    #[track_caller]
    fn ends_well(self) {
        let (lines, code, said) = self.finish();
        assert_eq!((lines, code, said.as_str()), (200_000, Some(0), WARNING));
    }
}

const WARNING: &str = "pagemill: warning: 200 bad records (800 bytes) were left out\n";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn new(bytes: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap();
        Answer { status: status.parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Events as they come, out of the chunks of the answer.
struct Events {
    stream: BufReader<TcpStream>,
    text: String,
}

impl Events {
    fn new(stream: TcpStream) -> Events {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/event-stream\r\n"), "{head}");
        Events { stream, text: String::new() }
    }

    /// The next event: its name, its id, its data. None: the stream is over.
    fn next(&mut self) -> Option<(String, Option<u64>, Value)> {
        while !self.text.contains("\n\n") {
            let mut size = String::new();
            self.stream.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap_or_else(|_| panic!("no chunk: {size:?}"));
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).unwrap();
            if size == 0 {
                assert!(self.text.is_empty(), "{}", self.text);
                return None;
            }
            self.text += std::str::from_utf8(&chunk[..size]).unwrap();
        }
        let (event, rest) = self.text.split_once("\n\n").unwrap();
        let (mut name, mut id, mut data) = (None, None, None);
        for line in event.lines() {
            match line.split_once(": ").unwrap() {
                ("event", text) => name = Some(text.to_owned()),
                ("id", text) => id = Some(text.parse().unwrap()),
                ("data", text) => data = Some(serde_json::from_str(text).unwrap()),
                other => panic!("{other:?}"),
            }
        }
        let event = (name.unwrap(), id, data.unwrap());
        self.text = rest.to_owned();
        Some(event)
    }
}

#[test]
fn the_page_and_what_programs_read() {
    let here = folder();
    let run = Run::stuck(here.path(), &[]);
    // The pipe is full soon.
    let snapshot = loop {
        let snapshot = run.snapshot();
        if snapshot["state"] == "running" && snapshot["series"]["read"].as_array().is_some_and(|read| read.len() > 1) {
            break snapshot;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((&snapshot["schema"], &snapshot["linger"]), (&json!(1), &json!(false)));
    let job = &snapshot["job"];
    assert_eq!(
        (&job["source"], &job["target"], &job["from"]),
        (&json!("a.csv"), &json!("standard output"), &json!("csv"))
    );
    assert_eq!(snapshot["bytes"]["size"], fs::metadata(here.path().join("a.csv")).unwrap().len());
    assert_eq!((&snapshot["memory"]["limit"], &snapshot["pressure"]), (&json!(100_000_000), &json!("normal")));
    let row = |name: &str| snapshot["plan"].as_array().unwrap().iter().find(|row| row["name"] == name).cloned();
    assert_eq!(row("on-error"), Some(json!({"name":"on-error","value":"skip","set_by":"flag"})));
    assert_eq!(row("workers").map(|row| row["set_by"].clone()), Some(json!("default")));
    assert!(row("arenas").is_some_and(|row| row["under"] == "planned use" && row["kind"] == "arenas"));
    assert_eq!(row("memory-limit"), Some(json!({"name":"memory-limit","value":"100 MB","set_by":"default"})));

    let mut rows: Vec<&str> =
        snapshot["plan"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    rows.sort_unstable();
    assert!(rows.windows(2).all(|two| two[0] != two[1]), "each name is there once: {rows:?}");

    // The output goes to a pipe, so nothing is known of its file system.
    assert!(snapshot.get("target").is_none());
    let rules: Vec<&Value> = snapshot["alerts"].as_array().unwrap().iter().map(|alert| &alert["rule"]).collect();
    assert_eq!(rules, ["disk_nearly_full", "memory_pressure", "memory_ceiling", "many_bad_records", "stalled"]);
    let ceiling = &snapshot["alerts"][2];
    assert_eq!((&ceiling["state"], &ceiling["unit"]), (&json!("quiet"), &json!("bytes")));
    assert_eq!(ceiling["threshold"], 1e8);

    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
        ("/api/snapshot", "application/json"),
        ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
    ] {
        let answer = run.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}");
        let head = run.ask(&format!("HEAD {path}"), &[]);
        assert_eq!((head.status, head.body.as_str(), head.header("content-type")), (200, "", Some(kind)), "{path}");
    }
    assert_eq!(run.get("/healthz").body, "ok\n");
    let metrics = run.get("/metrics").body;
    assert!(
        metrics.contains("\npagemill_records_bad_total{reason=\"fields\"} ")
            && metrics.contains("\npagemill_dashboard_clients 0\n")
    );
    let open = run.ask("GET /metrics", &["Accept: application/openmetrics-text; version=1.0.0"]);
    assert_eq!(open.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(open.body.ends_with("# EOF\n"));
    run.ends_well();
}

#[cfg(feature = "history")]
#[test]
fn what_was_bad_and_earlier_runs() {
    use pagemill::history::{History, Run as Past};

    let here = folder();
    input(here.path());
    let history = History::create(&here.path().join("state/pagemill/history.sqlite3")).unwrap();
    let past = |job: &str, state: &str| {
        let series = Some(r#"{"step_s":1,"read":[10,30]}"#.to_owned());
        let (job, state) = (job.to_owned(), state.to_owned());
        let run =
            Past { job, state, read: 4_000, seconds: 2.0, started: 1_773_799_204, peak: 9, series, ..Past::default() };
        history.add(&run).unwrap()
    };
    past("a.csv → a.ndjson", "done");
    past("another", "done");
    let last = past("a.csv → a.ndjson", "failed");
    let words = ["convert", "a.csv", "-o", "a.ndjson", "--on-error", "skip", "--linger"];
    let mut run = Run::new(here.path(), &words, None);
    let mut said = String::new();
    while !said.contains("dashboard stays at") {
        assert!(run.stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let snapshot = run.snapshot();
    assert_eq!(snapshot["state"], "done");
    let bad = &snapshot["bad"];
    assert_eq!((&bad["by_reason"], &bad["action"]), (&json!({"fields": 200}), &json!("left out")));
    let places = bad["by_place"].as_array().unwrap();
    assert_eq!(places.iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 200);
    // A bad record of three letters comes after each thousand of 18 bytes.
    let at = |count: u64| 8 + count * 18_000 + (count - 1) * 4;
    let latest: Vec<(u64, u64)> = bad["latest"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            assert_eq!(
                (&record["reason"], record["begins"].as_str().map(str::trim_end)),
                (&json!("fields"), Some("bad"))
            );
            (record["record"].as_u64().unwrap(), record["at"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(latest, [200, 199, 198, 197, 196, 195].map(|count| (count * 1_001, at(count))));
    assert_eq!(snapshot["target"]["remaining"], 0);
    assert!(snapshot["target"]["free"].as_u64().is_some_and(|free| free > 0));
    let runs = snapshot["history"].as_array().unwrap();
    assert_eq!(runs.len(), 2, "those of this job");
    assert_eq!(
        (&runs[0]["id"], &runs[0]["outcome"], &runs[1]["outcome"]),
        (&json!(last), &json!("failed"), &json!("done"))
    );
    assert_eq!((&runs[1]["read_mean"], &runs[1]["started"]), (&json!(2000.0), &json!("2026-03-18T02:00:04Z")));
    assert_eq!((&runs[1]["spark"], snapshot.get("usual")), (&json!([10.0, 30.0]), None));
    send(&run.child, libc::SIGTERM);
    assert_eq!(run.finish().1, Some(0));
}

#[test]
fn who_is_kept_out() {
    let here = folder();
    let run = Run::stuck(here.path(), &[]);
    let post = run.ask("POST /", &[]);
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
    for (line, header, status) in [
        ("DELETE /api/snapshot", "X: y", 405),
        ("OPTIONS /api/snapshot", "Origin: http://evil.example", 405),
        ("GET /", "Host: evil.example", 421),
        ("GET /api/events", "Host: evil.example:80", 421),
        ("GET /healthz", "Host: evil.example", 421),
        ("GET /api/snapshot", "Host: [::1]:9", 200),
        ("GET /api/snapshot", "Origin: http://localhost:3000", 403),
        ("GET /api/snapshot", "Origin: http://localhost", 200),
        ("GET /metrics", "Sec-Fetch-Site: cross-site", 403),
        ("GET /metrics", "Sec-Fetch-Site: same-origin", 200),
        ("GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate", 200),
        ("GET /", "Content-Length: 2", 413),
        ("GET /none", "X: y", 404),
        ("GET /api/none", "X: y", 404),
        ("GET /%2e%2e/Cargo.toml", "X: y", 404),
    ] {
        let answer = run.ask(line, &[header]);
        assert_eq!(answer.status, status, "{line} {header}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{line} {header}");
        }
        assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
    }
    assert_eq!(run.raw(b"GET / HTTP/1.1\r\n\r\n").status, 421, "no host");
    assert_eq!(run.raw(b"\x16\x03\x01 garbage\r\n\r\n").status, 400);
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(9 << 10));
    assert_eq!(run.raw(long.as_bytes()).status, 431);
    run.ends_well();
}

#[test]
fn events_go_on_until_the_end() {
    let here = folder();
    let run = Run::stuck(here.path(), &[]);
    let mut events = run.events();
    let (name, _, first) = events.next().unwrap();
    assert_eq!(name, "snapshot");
    let mut seen = Vec::new();
    let mut last = first["seq"].as_u64().unwrap();
    while seen.iter().filter(|name| *name == "tick").count() < 3 {
        let (name, id, data) = events.next().unwrap();
        if name == "tick" {
            assert_eq!((id, data["seq"].as_u64()), (Some(last + 1), id), "each is the one after the other");
            assert!(data["memory"]["peak"].as_u64().is_some_and(|peak| peak > 0), "{data}");
            last += 1;
        }
        seen.push(name);
    }
    assert!(seen.contains(&"point".to_owned()), "{seen:?}");
    assert!(run.get("/metrics").body.contains("\npagemill_dashboard_clients 1\n"));
    // The run ends while somebody looks.
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        while let Some(event) = events.next() {
            all.push(event);
        }
        all
    });
    run.ends_well();
    let all = reader.join().unwrap();
    let [.., (before, _, snapshot), (name, _, end)] = &all[..] else { panic!("{all:?}") };
    assert_eq!((before.as_str(), name.as_str()), ("snapshot", "end"));
    assert_eq!((&snapshot["state"], &snapshot["records"]["bad"]), (&json!("done"), &json!(200)));
    assert_eq!((&end["outcome"], &end["exit_code"], &end["error"]), (&json!("done"), &json!(0), &Value::Null));
    assert_eq!((&end["report"]["records_in"], &end["report"]["records_failed"]), (&json!(200_200), &json!(200)));
}

#[test]
fn a_token_is_the_way_in() {
    let here = folder();
    input(here.path());
    let words = ["convert", "a.csv", "-t", "ndjson", "--on-error", "skip"];
    let run = Run::new(here.path(), &words, Some(TOKEN));
    let status = |path: &str, header: &str| run.ask(&format!("GET {path}"), &[header]).status;
    let refused = run.get("/");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    assert!(!refused.body.contains(TOKEN));
    for path in ["/api/snapshot", "/api/events", "/metrics", "/style.css", "/?token=wrong"] {
        assert_eq!(run.get(path).status, 401, "{path}");
    }
    assert_eq!(run.get("/healthz").status, 200);
    assert_eq!(status("/metrics", &format!("Authorization: Bearer {TOKEN}")), 200);
    assert_eq!(status("/metrics", &format!("Authorization: Bearer {TOKEN}x")), 401);
    assert_eq!(status("/metrics", &format!("Authorization: Basic {TOKEN}")), 401);
    let sent = run.get(&format!("/?token={TOKEN}"));
    assert_eq!((sent.status, sent.header("location")), (303, Some("/")));
    let cookie = sent.header("set-cookie").unwrap();
    let (pair, rest) = cookie.split_once("; ").unwrap();
    assert!(rest.contains("HttpOnly") && rest.contains("SameSite=Strict") && !cookie.contains(TOKEN), "{cookie}");
    assert_eq!(status("/", &format!("Cookie: {pair}")), 200);
    assert_eq!(status("/", &format!("Cookie: {pair}0")), 401);
    assert_eq!(status("/api/snapshot", &format!("Cookie: other=1; {pair}")), 200);
    run.ends_well();
}

#[test]
fn what_others_can_reach_needs_a_token() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let convert = |address: &str, token: &str| {
        let mut command = command(here.path());
        command.args(["convert", "a.csv", "-o", "out.ndjson", "--dashboard", address]);
        crate::support::ran(command.env("PAGEMILL_DASHBOARD_TOKEN", token).output().unwrap())
    };
    convert("0.0.0.0:0", "").ends(2).says(&["--dashboard 0.0.0.0:0: others can reach", "PAGEMILL_DASHBOARD_TOKEN"]);
    let short = convert("0.0.0.0:0", "too-short").ends(2).says(&["a token has 32 bytes or more"]);
    assert!(!short.stderr.contains("too-short"), "{}", short.stderr);
    for address in ["x", "localhost", "70000", "http://localhost:80"] {
        convert(address, "").ends(2).says(&["is not [HOST:]PORT"]);
    }
    assert_eq!(names(here.path()), ["a.csv"], "nothing was written");
    convert("0.0.0.0:0", TOKEN).ends(0).says(&["pagemill: dashboard at http://0.0.0.0:"]);
    // A file is as good.
    std::fs::write(here.path().join("own.toml"), "dashboard-token-file = \"token\"\n").unwrap();
    let with_file = |token: &str| {
        std::fs::write(here.path().join("token"), token).unwrap();
        let mut command = command(here.path());
        command.args(["convert", "a.csv", "-t", "ndjson", "--dashboard", "0.0.0.0:0", "--config", "own.toml"]);
        crate::support::ran(command.output().unwrap())
    };
    with_file(&format!("{TOKEN}\n")).ends(0);
    with_file("short\n").ends(2).says(&["token: a token has 32 bytes or more"]);
}

#[test]
fn a_port_in_use_is_said_before_anything_is_written() {
    let here = with(&[("a.csv", "a\n1\n")]);
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for command in [
        &["convert", "a.csv", "-o", "out.ndjson", "--report", "report.json"][..],
        &["count", "a.csv", "--report", "report.json"],
        &["audit", "a.csv", "-t", "ndjson"],
    ] {
        let ran = run(here.path(), command.iter().chain(&["--dashboard", &port])).ends(3);
        let said =
            ran.says(&[&format!("can't listen on 127.0.0.1:{port}: another program has this port"), "or 0 for any"]);
        assert_eq!(said.stdout, "");
    }
    assert_eq!(names(here.path()), ["a.csv"]);
}

#[test]
fn crowds_and_slow_ones_are_taken_no_notice_of() {
    let here = folder();
    let run = Run::stuck(here.path(), &[]);
    // Each of these gets all events, but nobody reads any of them.
    let streams: Vec<Events> = (0..16).map(|_| run.events()).collect();
    let more = run.get("/api/events");
    assert_eq!((more.status, more.header("retry-after")), (503, Some("2")));
    // Others ask for nothing, or never finish; at some number there is no room for more.
    let mut idle: Vec<TcpStream> = Vec::new();
    for number in 0..200 {
        let mut stream = run.connect();
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: loc");
        }
        idle.push(stream);
    }
    assert_eq!(run.get("/healthz").status, 503, "64 connections are open");
    // One that reads a byte at a time, and a thousand that come and go.
    let mut slow = streams.into_iter().next().unwrap().stream.into_inner();
    slow.read_exact(&mut [0]).unwrap();
    drop(idle);
    for number in 0..1000 {
        let mut stream = run.connect();
        match number % 3 {
            0 => _ = stream.write_all(b"\0\xff\n\n garbage"),
            1 => _ = stream.shutdown(Shutdown::Both),
            _ => {}
        }
    }
    // There is room again as soon as the server has seen that they are gone.
    while run.get("/healthz").status != 200 {
        std::thread::sleep(Duration::from_millis(50));
    }
    run.ends_well();
}

#[test]
fn it_stays_after_the_run_if_it_is_to() {
    let here = with(&[("a.csv", "a,b\n1,2\n3\n")]);
    let words = ["convert", "a.csv", "-o", "out.ndjson", "--linger"];
    let mut run = Run::new(here.path(), &words, None);
    let mut said = String::new();
    while !said.contains("dashboard stays at") {
        assert!(run.stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    assert!(said.contains("pagemill: a.csv: "), "the error is said at once: {said}");
    let snapshot = run.snapshot();
    assert_eq!((&snapshot["state"], &snapshot["linger"]), (&json!("failed"), &json!(true)));
    let health = run.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (503, "failed\n"));
    let mut events = run.events();
    assert_eq!(events.next().unwrap().0, "snapshot");
    let (name, _, end) = events.next().unwrap();
    assert_eq!((name.as_str(), &end["outcome"], &end["exit_code"]), ("end", &json!("failed"), &json!(1)));
    assert!(end["error"].as_str().is_some_and(|error| error.starts_with("a.csv: ")), "{end}");
    assert_eq!(events.next(), None);
    send(&run.child, libc::SIGTERM);
    assert_eq!(run.finish().1, Some(1), "the code of the run");
}

#[test]
fn the_old_spelling_and_other_commands() {
    let here = with(&[("a.csv", "a,b\n1,2\n3\n")]);
    let here = here.path();
    run(here, ["count", "-r", "a.csv", "--dashboard", "0", "-q", "--on-error", "skip"])
        .ends(0)
        .says(&["dashboard at http"]);
    let ran = run(here, ["convert", "a.csv", "-o", "o.ndjson", "--on-error", "quarantine", "-dashboard-port", "0"]);
    ran.ends(0).says(&["dashboard at http"]);
    run(here, ["audit", "a.csv", "-t", "ndjson", "--on-error", "skip", "--dashboard-port=0"])
        .ends(0)
        .says(&["dashboard at http"]);
    fs::write(here.join("q.ndjson"), fs::read(here.join("o.ndjson.quarantine.ndjson")).unwrap()).unwrap();
    run(here, ["replay", "q.ndjson", "-t", "ndjson", "--on-error", "skip", "--dashboard", "localhost:0"])
        .says(&["dashboard at http://localhost:"]);
    run(here, ["convert", "a.csv", "--linger"]).ends(2).says(&["`--linger` has no effect: there is no dashboard"]);
    let explained = run(here, ["convert", "a.csv", "-t", "ndjson", "--dashboard", "8080", "--explain"]).ends(0);
    assert!(explained.stdout.contains("     4194304  dashboard\n"), "{}", explained.stdout);
    assert_eq!(explained.stderr, "", "nothing listens");
}
