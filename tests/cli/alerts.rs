//! Alerts: what is told to whom while a command runs.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Ran, command, folder, piped, ran, run};

/// Converts standard input with a configuration: 10 records, half of them bad, and after a while as many good ones as make
/// the share of the bad ones small.
fn watched(here: &Path, configuration: &str, flags: &[&str]) -> Ran {
    fs::write(here.join("own.toml"), configuration).unwrap();
    let line = ["convert", "-", "-f", "csv", "-t", "ndjson", "--on-error", "skip", "--config", "own.toml"];
    let mut child = piped(command(here).args(line).args(flags));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    stdin.write_all(format!("a,b\n{}", "1,2\nbad\n".repeat(5)).as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(3_500));
    stdin.write_all("1,2\n".repeat(2_000).as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(1_500));
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    reader.join().unwrap().unwrap();
    ran(output)
}

/// A server that answers each request with the next of some lines, and gives the bodies.
fn receiver(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let answer = |answer: &&str| {
            let (stream, _) = listener.accept().unwrap();
            respond(stream, answer)
        };
        answers.iter().map(answer).collect()
    });
    (address, thread)
}

fn respond(mut stream: TcpStream, answer: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    String::from_utf8(body).unwrap()
}

const RULE: &str = "[[alert]]\nmetric = \"records_bad_share\"\nabove = 0.1\nseverity = \"critical\"\n";
const RAISED: &str = "alert: critical: records_bad_share is 50 %, above 10 %\n";
const RESOLVED: &str = "alert: critical resolved: records_bad_share is as it should be again\n";

#[test]
fn an_alert_is_raised_and_resolved_once() {
    let here = folder();
    let said = watched(here.path(), RULE, &[]).ends(0).stderr;
    assert_eq!(
        (said.matches(RAISED).count(), said.matches(RESOLVED).count(), said.matches("alert").count()),
        (1, 1, 2),
        "{said}"
    );
}

#[test]
fn a_program_is_told() {
    let here = folder();
    let here = here.path();
    let tells = format!(
        "{RULE}command = [\"sh\", \"-c\", \"printf '%s\\\\n' \\\"$PAGEMILL_ALERT\\\" >> told; cat >> json\"]\n"
    );
    watched(here, &tells, &["-q"]).ends(0);
    let told = fs::read_to_string(here.join("told")).unwrap();
    assert_eq!(
        told,
        "critical: records_bad_share is 50 %, above 10 %\ncritical resolved: records_bad_share is as it should be again\n"
    );
    let messages = fs::read_to_string(here.join("json")).unwrap();
    let messages: Vec<Value> = messages.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let states: Vec<&Value> = messages.iter().map(|message| &message["state"]).collect();
    assert_eq!(states, ["raised", "resolved"]);
    assert_eq!((&messages[0]["above"], &messages[0]["value"]), (&0.1.into(), &0.5.into()));
    assert_eq!((&messages[0]["below"], &messages[0]["source"]), (&Value::Null, &"standard input".into()));
    // One that can't be told does not stop the run.
    for (program, why) in [("[\"no-such-program\"]", "No such file"), ("[\"false\"]", "exit status: 1")] {
        let said = watched(here, &format!("{RULE}command = {program}\n"), &[]).ends(0);
        said.says(&["warning: an alert could not be told to ", why]);
    }
}

#[cfg(feature = "webhook")]
#[test]
fn an_address_is_told() {
    let here = folder();
    let here = here.path();
    // A server that is not well at first.
    let (address, received) = receiver(&["503 Service Unavailable", "200 OK", "204 No Content"]);
    watched(here, &format!("{RULE}webhook = \"{address}\"\n"), &[]).ends(0);
    let bodies = received.join().unwrap();
    let states: Vec<Value> =
        bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()["state"].clone()).collect();
    assert_eq!(states, ["raised", "raised", "resolved"]);
    // One that does not want it, and none at all.
    let (address, received) = receiver(&["403 Forbidden", "403 Forbidden"]);
    let said = watched(here, &format!("{RULE}webhook = \"{address}?secret\"\n"), &[]).ends(0);
    said.says(&["an alert could not be told to 127.0.0.1:", "it answered 403"]);
    assert_eq!(received.join().unwrap().len(), 2);
}

/// An address that takes connections and never answers holds up nobody else who is told.
#[cfg(feature = "webhook")]
#[test]
fn a_receiver_that_hangs_delays_nobody_else() {
    let here = folder();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stuck = listener.local_addr().unwrap();
    let hangs = RULE.replace("critical", "warning").replace("0.1", "0.2");
    let rules = format!("{hangs}webhook = \"http://{stuck}/\"\n{RULE}command = [\"sh\", \"-c\", \"cat > told\"]\n");
    fs::write(here.path().join("own.toml"), rules).unwrap();
    let line = ["convert", "-", "-f", "csv", "-t", "ndjson", "--on-error", "skip", "--config", "own.toml"];
    let mut child = piped(command(here.path()).args(line));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("a,b\n{}", "1,2\nbad\n".repeat(5)).as_bytes()).unwrap();
    // The run stands still, and the other one is told while the first hangs.
    while fs::read_to_string(here.path().join("told")).map_or(true, |told| told.is_empty()) {
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(listener);
}

#[test]
fn only_known_metrics_and_trusted_files() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    fs::write(here.join("own.toml"), RULE.replace("bad_share", "bad_shar")).unwrap();
    run(here, ["convert", "a.csv", "-t", "ndjson", "--config", "own.toml"]).ends(2).says(&[
        "own.toml:2: ",
        "no metric `records_bad_shar`",
        "records_bad_share",
    ]);
    // A program that is told may run pagemill too, and gets no warning of what it was told.
    let told = command(here).args(["convert", "a.csv", "-t", "ndjson"]).env("PAGEMILL_ALERT", "warning: x").output();
    assert_eq!(ran(told.unwrap()).ends(0).stderr, "");
    fs::write(here.join("pagemill.toml"), format!("{RULE}command = [\"touch\", \"owned\"]\n")).unwrap();
    run(here, ["convert", "a.csv", "-t", "ndjson"])
        .ends(2)
        .says(&["`command` is not taken from a file that was found"]);
}
