//! Metrics for OpenTelemetry, as a collector gets them, and collectors that are not well.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::{self, JoinHandle};
#[cfg(unix)]
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use prost::Message;

use crate::support::{Ran, command, folder, ran, run, with};
#[cfg(unix)]
use crate::support::{
    piped,
    process::{ends_within, said},
};

/// A request as it came.
struct Got {
    head: String,
    body: Vec<u8>,
}

/// Reads a request.
fn request(stream: &TcpStream) -> Got {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut head, mut line, mut length) = (String::new(), String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &std::mem::take(&mut line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Got { head, body }
}

/// A collector that does this with each request, until one asks for `/stop`; its address, and what it got.
fn collector(answer: impl Fn(TcpStream) + Send + 'static) -> (String, JoinHandle<Vec<Got>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let mut all = Vec::new();
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let got = request(&stream);
            if got.head.starts_with("GET /stop ") {
                break;
            }
            all.push(got);
            answer(stream);
        }
        all
    });
    (format!("http://{address}"), thread)
}

/// What a collector got.
fn stop(address: &str, thread: JoinHandle<Vec<Got>>) -> Vec<Got> {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET /stop HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    thread.join().unwrap()
}

/// Answers with a status and a body.
fn say(status: &'static str, body: Vec<u8>) -> impl Fn(TcpStream) + Send + 'static {
    move |mut stream| {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/x-protobuf\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // Nobody may wait for it any more.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    }
}

fn convert(here: &Path, url: &str, flags: &[&str]) -> Ran {
    let line = ["convert", "a.csv", "-t", "ndjson", "--on-error", "skip", "--otlp", url];
    ran(command(here).args(line).args(flags).env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s%3Dcret").output().unwrap())
}

const INPUT: &[(&str, &str)] = &[("a.csv", "a,b\n1,2\nbad\n3,4\n")];

#[test]
fn a_collector_gets_what_the_run_counted() {
    let here = with(INPUT);
    let (address, thread) = collector(say("200 OK", Vec::new()));
    convert(here.path(), &address, &[]).ends(0);
    let got = stop(&address, thread);
    let last = got.last().expect("a request at the end");
    let head = last.head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/metrics http/1.1\r\n"), "{head}");
    for line in ["content-type: application/x-protobuf\r\n", "api-key: s=cret\r\n"] {
        assert!(head.contains(line), "{head}");
    }
    let mut all = ExportMetricsServiceRequest::decode(&*last.body).expect("a message");
    let all = all.resource_metrics.remove(0);
    let resource = format!("{:?}", all.resource.expect("a resource"));
    assert!(resource.contains("service.instance.id") && resource.contains("\"pagemill\""), "{resource}");
    let metrics = &all.scope_metrics[0].metrics;
    let sum = |name: &str| {
        let metric = metrics.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("no {name}"));
        let Some(Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
        assert!(sum.data_points.iter().all(|point| point.start_time_unix_nano <= point.time_unix_nano));
        sum.data_points
            .iter()
            .map(|point| match point.value {
                Some(Value::AsInt(number)) => number,
                ref other => panic!("{other:?}"),
            })
            .sum::<i64>()
    };
    // A header, two records and a bad one.
    assert_eq!((sum("pagemill.records_read"), sum("pagemill.records_bad"), sum("pagemill.read")), (3, 1, 16));
}

#[test]
fn a_run_takes_no_notice_of_collectors_that_are_not_well() {
    let here = with(INPUT);
    let here = here.path();
    let good = run(here, ["convert", "a.csv", "-t", "ndjson", "--on-error", "skip"]).ends(0);
    let check = |said: Ran, why: &str| {
        assert_eq!(said.stdout, good.stdout);
        let said =
            said.ends(0).says(&["warning: --otlp: ", " exports of metrics were not delivered to 127.0.0.1:", why]);
        assert_eq!(said.stderr.matches("--otlp").count(), 1, "one warning: {}", said.stderr);
        assert!(!said.stderr.contains("cret"), "{}", said.stderr);
    };
    // Nobody is there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    check(convert(here, &nobody, &[]), "");
    assert_eq!(convert(here, &nobody, &["-q"]).ends(0).stderr, "");
    let partial = ExportMetricsPartialSuccess { rejected_data_points: 5, error_message: "too\nold".into() };
    let partial = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let elsewhere: &'static str = format!("307 Temporary Redirect\r\nLocation: {nobody}").leak();
    let table: [(&'static str, Vec<u8>, &str); 5] = [
        ("400 Bad Request", vec![b'x'; 1 << 20], "it answered 400"),
        ("401 Unauthorized", Vec::new(), "it answered 401"),
        ("503 Service Unavailable", Vec::new(), "it answered 503"),
        (elsewhere, Vec::new(), "it answered 307"),
        ("200 OK", partial, "it refused 5 values: too old"),
    ];
    for (status, body, why) in table {
        let (address, thread) = collector(say(status, body));
        check(convert(here, &address, &[]), why);
        stop(&address, thread);
    }
    // What is no message, or too long for one, is no refusal.
    for body in [b"<html></html>".to_vec(), vec![0xff; 1 << 20]] {
        let (address, thread) = collector(say("200 OK", body));
        assert!(!convert(here, &address, &[]).ends(0).stderr.contains("--otlp"));
        stop(&address, thread);
    }
    // One that does not speak HTTP.
    let (address, thread) = collector(|mut stream| _ = stream.write_all(b"220 smtp ready\r\n"));
    check(convert(here, &address, &[]), "");
    stop(&address, thread);
}

/// Each of several jobs sends to its own collector.
#[test]
fn jobs_have_collectors_of_their_own() {
    let (one, other) = (collector(say("200 OK", Vec::new())), collector(say("200 OK", Vec::new())));
    let job = |name: &str, address: &str| {
        format!("[job.{name}]\ninput = '{name}.csv'\noutput = '{name}.ndjson'\notlp = '{address}'\n")
    };
    let config = job("a", &one.0) + &job("b", &other.0);
    let here = with(&[("own.toml", &config), ("a.csv", "x\n1\n"), ("b.csv", "x\n1\n2\n")]);
    run(here.path(), ["run", "a", "b", "--config", "own.toml"]).ends(0);
    for ((address, thread), job) in [(one, "a"), (other, "b")] {
        let got = stop(&address, thread);
        let last = got.last().expect("a request at the end");
        let text = format!("{:?}", ExportMetricsServiceRequest::decode(&*last.body).expect("a message"));
        assert!(
            text.contains(&format!("key: \"job\", value: Some(AnyValue {{ value: Some(StringValue(\"{job}\"))")),
            "{job}"
        );
    }
}

/// A collector that takes connections, and never answers, holds the command up, but not for ever.
#[cfg(unix)]
#[test]
fn the_end_does_not_wait_for_ever() {
    let here = with(INPUT);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let line = ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "skip", "--otlp", &address];
    let mut child = piped(command(here.path()).args(line));
    let said = said(&mut child);
    assert!(ends_within(&mut child, Duration::from_secs(60)).success());
    let said = said.join().unwrap();
    assert!(said.contains("exports of metrics were not delivered"), "{said}");
    drop(listener);
}

#[test]
fn addresses_and_headers_are_checked_before_anything_is_done() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a\n1\n").unwrap();
    for (url, why) in [
        ("localhost:4318", "it does not begin with http:// or https://"),
        ("http://user:hunter2@host", "it has a user or a password"),
        ("http://host/?token=hunter2", "it has a query"),
    ] {
        let said = run(here, ["convert", "a.csv", "-o", "b.ndjson", "--otlp", url]).ends(2).says(&["--otlp: ", why]);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
    }
    let line = ["convert", "a.csv", "-o", "b.ndjson", "--otlp", "http://localhost"];
    let said = ran(command(here).args(line).env("OTEL_EXPORTER_OTLP_HEADERS", "a=b,hunter2").output().unwrap());
    let said = said.ends(2).says(&["OTEL_EXPORTER_OTLP_HEADERS: part 2 is not a header"]);
    assert!(!said.stderr.contains("hunter2") && !here.join("b.ndjson").exists(), "{}", said.stderr);
    // It comes from the environment too, but not from a file that may have come with the data.
    let said = ran(command(here).args(&line[..4]).env("PAGEMILL_OTLP", "nowhere").output().unwrap());
    said.ends(2).says(&["--otlp: this is not a collector address"]);
    fs::write(here.join("pagemill.toml"), "otlp = \"http://evil.example\"\n").unwrap();
    run(here, &line[..4]).ends(2).says(&["pagemill.toml:1: `otlp` is not taken from a file that was found"]);
}
