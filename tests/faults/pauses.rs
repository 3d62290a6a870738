//! Streams that come piece by piece.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::process::{Random, table};
use crate::support::{command, fixture, folder, run};

/// Longer than pagemill waits for more.
const PAUSE: Duration = Duration::from_millis(160);

/// A conversion from standard input to standard output; what it writes comes through the channel.
fn spawn(arguments: &[&str]) -> (Child, Receiver<Vec<u8>>) {
    let mut child = command(std::path::Path::new("/"))
        .args(["convert", "-", "-q"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = stdout.read(&mut buffer) {
            let _ = sender.send(buffer[..count].to_vec());
        }
    });
    (child, receiver)
}

/// Waits until `len` bytes have come.
fn wait_for(output: &mut Vec<u8>, len: usize, receiver: &Receiver<Vec<u8>>) {
    let began = Instant::now();
    while output.len() < len && began.elapsed() < Duration::from_secs(20) {
        output.extend(receiver.recv_timeout(Duration::from_secs(1)).unwrap_or_default());
    }
}

/// All whole records that came are written while the next ones are waited for, whatever the other worker does.
#[test]
fn what_came_is_written_while_more_is_waited_for() {
    let (csv, expected) = table(700_000);
    for (part, workers) in [(40, "1"), (40, "2"), (90_000, "2"), (200_000, "2"), (333_333, "2"), (600_000, "3")] {
        let arguments = ["-f", "csv", "-t", "ndjson", "-j", workers, "--slice-size", "32KiB"];
        let (mut child, receiver) = spawn(&arguments);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&csv[..part]).unwrap();
        // The first line is the header.
        let whole = csv[..part].iter().filter(|byte| **byte == b'\n').count() - 1;
        let len = expected.split_inclusive(|byte| *byte == b'\n').take(whole).map(<[u8]>::len).sum();
        let mut output = Vec::new();
        wait_for(&mut output, len, &receiver);
        assert!(output == expected[..len], "{} of {len} bytes with {workers} workers", output.len());
        stdin.write_all(&csv[part..]).unwrap();
        drop(stdin);
        output.extend(receiver.iter().flatten());
        assert!(child.wait().unwrap().success());
        assert!(output == expected, "{part} {workers}");
    }
}

/// A source that never pauses for long, and is slow all the same.
#[test]
fn a_trickle_is_not_kept_until_a_window_is_full() {
    let (mut child, receiver) = spawn(&["-f", "text", "-t", "ndjson"]);
    let mut stdin = child.stdin.take().unwrap();
    let began = Instant::now();
    let first = loop {
        stdin.write_all(b"line\n").unwrap();
        if let Ok(first) = receiver.recv_timeout(Duration::from_millis(20)) {
            break first;
        }
        assert!(began.elapsed() < Duration::from_secs(20));
    };
    assert!(first.starts_with(b"{\"line\":\"line\"}\n"));
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Where the pieces end does not show in the output.
#[test]
fn pieces_of_all_formats_become_what_the_whole_becomes() {
    let here = folder();
    let values = fs::read(fixture("values.csv")).unwrap();
    let nested = String::from_utf8(fs::read(fixture("nested.ndjson")).unwrap()).unwrap();
    let crlf = String::from_utf8(values.clone()).unwrap().replace('\n', "\r\n");
    let array = format!("[{}]\n", nested.trim_end().replace('\n', ",\n "));
    let deep = format!("{{\"head\":[1,{{\"x\":2}}],\"data\":{{\"items\":{array}}}}}");
    fs::write(here.path().join("values.csv"), &values).unwrap();
    run(here.path(), ["convert", "values.csv", "-o", "v.frames", "--frame", "varint"]).ends(0);
    run(here.path(), ["sample", "--format", "fixed", "--size", "900", "-o", "s.fixed"]).ends(0);
    let read = |name: &str| fs::read(here.path().join(name)).unwrap();
    let layout =
        ["--layout", "id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3"];
    let jobs: Vec<(&str, &str, Vec<u8>, Vec<&str>)> = vec![
        ("csv", "ndjson", values.clone(), vec![]),
        ("csv", "csv", crlf.clone().into_bytes(), vec!["--op", "upper"]),
        ("csv", "ndjson", [b"\xef\xbb\xbf".as_slice(), crlf.as_bytes()].concat(), vec![]),
        ("ndjson", "csv", nested.clone().into_bytes(), vec![]),
        ("ndjson", "tsv", nested.clone().into_bytes(), vec!["--columns", "first"]),
        ("json", "ndjson", array.clone().into_bytes(), vec![]),
        ("json", "csv", deep.clone().into_bytes(), vec!["--records-at", "/data/items"]),
        ("json", "ndjson", nested.replace('\n', " ").into_bytes(), vec![]),
        ("text", "ndjson", fs::read(fixture("lines.txt")).unwrap(), vec![]),
        ("frames", "ndjson", read("v.frames"), vec!["--frame", "varint"]),
        ("fixed", "csv", read("s.fixed"), layout.to_vec()),
    ];
    let random = std::cell::RefCell::new(Random(11));
    let runs = jobs.iter().flat_map(|job| [job, job]).enumerate().map(|(number, (from, to, data, flags))| {
        let name = format!("in{number}");
        fs::write(here.path().join(&name), data).unwrap();
        let out = format!("out{number}");
        let arguments = ["convert", &name, "-f", from, "-t", to, "-o", &out, "-q"];
        run(here.path(), arguments.iter().chain(flags)).ends(0);
        let (mut child, receiver) = spawn(&[&["-f", from, "-t", to, "-j", "2"], flags.as_slice()].concat());
        let mut cuts: Vec<usize> = (0..9).map(|_| random.borrow_mut().below(data.len() as u64) as usize).collect();
        cuts.extend([0, data.len()]);
        cuts.sort_unstable();
        let (mut stdin, data) = (child.stdin.take().unwrap(), data.clone());
        let writer = thread::spawn(move || {
            for piece in cuts.windows(2) {
                stdin.write_all(&data[piece[0]..piece[1]]).unwrap();
                thread::sleep(PAUSE);
            }
        });
        (child, receiver, writer, read(&out), format!("{from} to {to} {flags:?}"))
    });
    // All of them at the same time: most of it is waiting.
    for (mut child, receiver, writer, expected, what) in runs.collect::<Vec<_>>() {
        let output: Vec<u8> = receiver.iter().flatten().collect();
        writer.join().unwrap();
        assert!(child.wait().unwrap().success(), "{what}");
        assert!(!expected.is_empty() && output == expected, "{what}: {}", String::from_utf8_lossy(&output));
    }
}
