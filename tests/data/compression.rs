//! Compressed sources and targets, by the library and by the command, against the tools of the system where they are.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support;
use crate::support::missing::left_out;
use crate::support::paths::ShortReads;
#[cfg(unix)]
use crate::support::process::fifo;
use crate::support::{command, feed, folder, names, run};
use pagemill::compress::{Codec, Compress};
use pagemill::format::Format;
use pagemill::job::{Job, SourceSpec, TargetSpec};
use serde_json::Value;

/// CSV of about this many bytes, with a record that spans lines now and then.
fn table(len: usize) -> Vec<u8> {
    let mut text = b"id,name,fare\n".to_vec();
    let mut id = 0u64;
    while text.len() < len {
        id += 1;
        let name = if id.is_multiple_of(17) { "\"two\nlines\"" } else { "Zo\u{eb}" };
        text.extend_from_slice(format!("{id},{name},{}.{:02}\n", id * 7919 % 100, id * 31 % 100).as_bytes());
    }
    text
}

fn convert(source: SourceSpec, change: impl FnOnce(Job) -> Job) -> Vec<u8> {
    let job = Job::new(source, TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson);
    let report = change(job).run().unwrap();
    assert_eq!(report.bytes_out, report.output.len() as u64);
    report.output
}

#[test]
fn the_same_bytes_by_every_path() {
    let plain = table(1_300_000);
    let expected = convert(SourceSpec::bytes(plain.clone()), |job| job);
    for codec in Codec::ALL {
        let compress = Compress::As(codec.into());
        let packed = convert(SourceSpec::bytes(plain.clone()), |job| job.to(Format::Csv).compress(compress));
        assert!(packed.len() < plain.len() / 2, "{codec:?}");
        let target = convert(SourceSpec::bytes(packed.clone()), |job| job.compress(compress));
        for (workers, slice, limit) in [(1, 100_000, 0), (2, 0, 0), (7, 3000, 0), (2, 0, 36_000_000), (3, 70_000, 0)] {
            let set = |job: Job| {
                let job = job.workers(workers).slice_size(slice);
                if limit > 0 { job.memory_limit(limit) } else { job }
            };
            let reader: Box<dyn Read + Send> = match workers {
                7 => Box::new(ShortReads::new(packed.clone())),
                _ => Box::new(io::Cursor::new(packed.clone())),
            };
            assert!(convert(SourceSpec::Reader(reader), set) == expected, "{codec:?}, {workers} workers");
            let again = convert(SourceSpec::bytes(plain.clone()), |job| set(job).compress(compress));
            assert!(again == target, "{codec:?}, {workers} workers, {slice}: other bytes");
        }
        let back = convert(SourceSpec::bytes(target), |job| job.from(Format::Ndjson));
        assert!(back == expected, "{codec:?}");
    }
}

/// A tool of the system, its extension, and what it reads and writes.
const TOOLS: [(&str, &str); 6] =
    [("gzip", "gz"), ("zstd", "zst"), ("pzstd", "zst"), ("bzip2", "bz2"), ("xz", "xz"), ("lz4", "lz4")];

/// Runs a tool as a filter; none if it is not there.
fn filter(tool: &str, flags: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(tool)
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    assert!(output.status.success(), "{tool} {flags:?}");
    Some(output.stdout)
}

#[test]
fn the_tools_of_the_system_agree() {
    let (plain, more) = (table(3_000_000), table(70_000));
    for (tool, extension) in TOOLS {
        let Some(packed) = filter(tool, &["-c"], &plain) else {
            left_out(tool, "it can't be started");
            continue;
        };
        let here = folder();
        let name = format!("a.csv.{extension}");
        fs::write(here.path().join(&name), &packed).unwrap();
        run(here.path(), ["convert", &name, "-o", "b.csv"]).ends(0);
        assert!(fs::read(here.path().join("b.csv")).unwrap() == plain, "{tool}");
        // Two members, by content.
        let rest = more.split(|byte| *byte == b'\n').next().unwrap().len() + 1;
        let both = [packed, filter(tool, &["-c"], &more[rest..]).unwrap()].concat();
        let ran = feed(here.path(), ["convert", "-", "-f", "csv"], &both).ends(0);
        assert!(ran.stdout.as_bytes() == [&plain[..], &more[rest..]].concat(), "{tool}: two members");
        // What we write.
        let out = format!("c.csv.{extension}");
        run(here.path(), ["convert", "b.csv", "-o", &out]).ends(0);
        let ours = fs::read(here.path().join(&out)).unwrap();
        assert!(filter(tool, &["-dc"], &ours).unwrap() == plain, "{tool} reads something else");
        fs::write(here.path().join("empty.txt"), "").unwrap();
        run(here.path(), ["convert", "empty.txt", "-o", &format!("empty.txt.{extension}")]).ends(0);
        let ours = fs::read(here.path().join(format!("empty.txt.{extension}"))).unwrap();
        assert!(!ours.is_empty() && filter(tool, &["-dc"], &ours).unwrap().is_empty(), "{tool}: empty");
    }
}

#[test]
fn a_file_is_recognised_by_content_and_by_name() {
    let here = folder();
    let plain = table(2000);
    fs::write(here.path().join("a.csv"), &plain).unwrap();
    run(here.path(), ["convert", "a.csv", "-o", "packed.csv", "--compress", "zstd:19"]).ends(0);
    let packed = fs::read(here.path().join("packed.csv")).unwrap();
    assert_eq!(packed[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    assert_eq!(run(here.path(), ["convert", "packed.csv"]).ends(0).stdout.as_bytes(), plain);
    // Taken as it is, or not compressed although its name says so.
    run(here.path(), ["convert", "packed.csv", "-f", "text", "-t", "text", "-o", "same", "--decompress", "none"])
        .ends(1)
        .says(&["this seems to be compressed with zstd"]);
    assert!(!here.path().join("same").exists());
    run(here.path(), ["convert", "a.csv", "-o", "a.csv.gz", "--compress", "none"]).ends(0);
    assert_eq!(fs::read(here.path().join("a.csv.gz")).unwrap(), plain);
    run(here.path(), ["convert", "a.csv.gz", "-t", "csv"]).ends(1).says(&["a.csv.gz: byte 0", "not gzip data"]);
    run(here.path(), ["convert", "a.csv.gz", "--decompress", "none"]).ends(0);
    run(here.path(), ["convert", "packed.csv", "--io", "map"]).ends(2).says(&["packed.csv", "compressed", "--io map"]);
    run(here.path(), ["convert", "a.csv", "--compress", "zip"]).ends(2).says(&["--compress"]);
    fs::write(here.path().join("a.foo.gz"), "x").unwrap();
    run(here.path(), ["convert", "a.foo.gz"]).ends(2).says(&["`.foo`"]);
}

#[cfg(unix)]
#[test]
fn fifos_are_decompressed() {
    let here = folder();
    let plain = table(400_000);
    fs::write(here.path().join("a.csv"), &plain).unwrap();
    run(here.path(), ["convert", "a.csv", "-o", "a.csv.xz"]).ends(0);
    fifo(&here.path().join("pipe.csv"));
    let (from, to) = (here.path().join("a.csv.xz"), here.path().join("pipe.csv"));
    let writer = std::thread::spawn(move || fs::write(to, fs::read(from).unwrap()).unwrap());
    assert!(run(here.path(), ["convert", "pipe.csv"]).ends(0).stdout.as_bytes() == plain);
    writer.join().unwrap();
}

#[test]
fn what_is_cut_or_corrupt_leaves_no_file() {
    for extension in ["gz", "zst", "bz2", "xz", "lz4"] {
        let here = folder();
        let name = format!("a.csv.{extension}");
        fs::write(here.path().join("a.csv"), table(800_000)).unwrap();
        run(here.path(), ["convert", "a.csv", "-o", &name]).ends(0);
        let packed = fs::read(here.path().join(&name)).unwrap();
        let middle = packed.len() / 2;
        fs::write(here.path().join(&name), &packed[..middle]).unwrap();
        run(here.path(), ["convert", &name, "-o", "b.csv"]).ends(1).says(&[&name, ": byte ", "is cut off"]);
        let mut flipped = packed.clone();
        flipped[middle] ^= 4;
        fs::write(here.path().join(&name), &flipped).unwrap();
        for command in [&["convert", &name, "-o", "b.csv", "--on-error", "skip"][..], &["count", &name]] {
            run(here.path(), command).ends(1).says(&[&name, ": byte ", "corrupt"]);
        }
        fs::write(here.path().join(&name), [&packed[..], b"garbage"].concat()).unwrap();
        run(here.path(), ["convert", &name, "-o", "b.csv"]).ends(1).says(&[": byte "]);
        assert_eq!(names(here.path()), ["a.csv", &name], "a file was left behind");
    }
}

/// Zeros without end.
struct Zeros;

impl Read for Zeros {
    fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        output.fill(0);
        Ok(output.len())
    }
}

#[test]
fn bombs_stay_inside_the_ceiling() {
    let here = folder();
    for (codec, size) in [("gz", 150u64), ("zst", 400), ("lz4", 200), ("bz2", 40), ("xz", 20)] {
        let (name, size) = (format!("bomb.fixed.{codec}"), size << 20);
        let zeros = SourceSpec::Reader(Box::new(Zeros.take(size)));
        let job = Job::new(zeros, here.path().join(&name)).from(Format::Fixed).to(Format::Fixed);
        job.options(|options| options.layout = Some("a:u64le".into())).run().unwrap();
        let packed = fs::metadata(here.path().join(&name)).unwrap().len();
        assert!(packed < size / 100, "{packed}");
        let line = [
            "convert",
            &name,
            "--layout",
            "a:u64le",
            "-o",
            "/dev/null",
            "-t",
            "text",
            "--force",
            "--memory-limit",
            "32MB",
            "--report",
            "report.json",
        ];
        run(here.path(), line).ends(0);
        let report: Value = serde_json::from_slice(&fs::read(here.path().join("report.json")).unwrap()).unwrap();
        assert_eq!(report["bytes_in"], size, "{codec}");
        let peak = report["peak_rss_bytes"].as_u64().unwrap();
        assert!(peak < 32_000_000, "{codec}: {peak}");
        // One line that is larger than any record may be, or than what the codec leaves of the memory limit.
        let ran = run(here.path(), ["convert", &name, "-f", "text", "-o", "out.csv", "--memory-limit", "32MB"]);
        assert!(ran.code == 1 || ran.code == 4, "{codec}: {}", ran.stderr);
        ran.says(&["record 1", "byte 0: the record is larger than ", "--memory-limit"]);
    }
}

/// The header has all keys: a compressed file can be read twice, a pipe can't.
#[test]
fn late_keys_are_found_in_a_second_pass() {
    let here = folder();
    let mut text = "{\"a\":1}\n".repeat(300_000);
    text += "{\"b\":2}\n";
    let expected = format!("a,b\n{},2\n", "1,\n".repeat(300_000));
    fs::write(here.path().join("a.ndjson"), text).unwrap();
    run(here.path(), ["convert", "a.ndjson", "-o", "a.ndjson.gz"]).ends(0);
    for flags in [&["-q"][..], &["-q", "-j", "1"], &["-q", "--slice-size", "1000"]] {
        let line = ["convert", "a.ndjson.gz", "-t", "csv"].into_iter().chain(flags.iter().copied());
        assert!(run(here.path(), line).ends(0).stdout == expected);
        // The target begins anew as well.
        let line = ["convert", "a.ndjson.gz", "-o", "a.csv.zst", "--force"].into_iter().chain(flags.iter().copied());
        run(here.path(), line).ends(0);
        assert!(run(here.path(), ["convert", "a.csv.zst"]).ends(0).stdout == expected);
    }
    let packed = fs::read(here.path().join("a.ndjson.gz")).unwrap();
    feed(here.path(), ["convert", "-", "-f", "ndjson", "-t", "csv"], &packed).ends(1).says(&["b", "--columns"]);
}

#[test]
fn counts_are_those_of_the_contents() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(500_000)).unwrap();
    let count = |flags: &[&str], name: &str| {
        let line = ["count"].into_iter().chain(flags.iter().copied()).chain([name]);
        let ran = run(here.path(), line).ends(0);
        ran.stdout.split_whitespace().filter(|word| *word != name).map(str::to_owned).collect::<Vec<_>>()
    };
    for extension in ["gz", "zst", "bz2", "xz", "lz4"] {
        let name = format!("a.csv.{extension}");
        run(here.path(), ["convert", "a.csv", "-o", &name]).ends(0);
        for flags in [&[][..], &["-f", "csv"], &["-r"], &["--memory-limit", "16MB"]] {
            assert_eq!(count(flags, &name), count(flags, "a.csv"), "{name} {flags:?}");
        }
        let packed = fs::read(here.path().join(&name)).unwrap();
        let ran = feed(here.path(), ["count", "-f", "csv"], &packed).ends(0);
        assert_eq!(ran.stdout.split_whitespace().collect::<Vec<_>>(), count(&["-f", "csv"], "a.csv"), "{name}");
    }
}

#[test]
fn the_plan_names_its_parts() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(3000)).unwrap();
    run(here.path(), ["convert", "a.csv", "-o", "a.csv.gz"]).ends(0);
    let line = ["convert", "a.csv.gz", "-o", "b.csv.zst", "--explain", "-j", "2"];
    let plan = run(here.path(), line).ends(0).stdout;
    for part in ["  decompression\n", "  compression\n", "zstd:3, by 2 threads", "gzip, members in parallel by 2"] {
        assert!(plan.contains(part), "{part:?} is not in\n{plan}");
    }
    run(here.path(), ["convert", "a.csv", "-o", "b.csv.xz", "--memory-limit", "12MB"])
        .ends(4)
        .says(&["--memory-limit"]);
    run(here.path(), ["audit", "a.csv.gz", "-t", "ndjson", "--slice-size", "200", "-j", "2"]).ends(0);
    // A window of 128 MiB does not fit below the limit, and is refused before anything is written.
    if let Some(packed) = filter("zstd", &["-c", "--long=27"], &table(3000)) {
        let ran = feed(here.path(), ["convert", "-", "-f", "csv", "-o", "big.csv"], &packed);
        ran.ends(4).says(&["--memory-limit"]);
    }
    assert_eq!(names(here.path()), ["a.csv", "a.csv.gz"]);
}

#[cfg(target_os = "linux")]
#[test]
fn failed_writes_are_seen() {
    let here = folder();
    fs::write(here.path().join("a.csv"), table(3_000_000)).unwrap();
    for codec in ["gzip", "lz4"] {
        let line = ["convert", "a.csv", "-t", "csv", "-o", "/dev/full", "--compress", codec];
        run(here.path(), line).ends(3).says(&["/dev/full"]);
    }
    pipe_is_closed(here.path());
}

#[cfg(target_os = "linux")]
fn pipe_is_closed(here: &Path) {
    let mut command = command(here);
    command.args(["convert", "a.csv", "--compress", "gzip:1"]);
    let (code, said) = support::without_reader(command);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

/// A worker may write what others convert for the whole of a run; meanwhile the source does not stay resident.
#[test]
#[cfg(target_os = "linux")]
fn a_slow_codec_keeps_no_pages_of_the_source() {
    let here = folder();
    let here = here.path();
    run(here, ["sample", "--format", "csv", "--size", "64MB", "-o", "source.csv"]).ends(0);
    for workers in ["2", "3"] {
        let job = ["convert", "source.csv", "-t", "ndjson", "--compress", "gzip", "-o", "/dev/null", "-j", workers];
        run(here, job.iter().chain(&["--report", "report.json", "--force", "--memory-limit", "1GB"])).ends(0);
        let report: Value = serde_json::from_slice(&fs::read(here.join("report.json")).unwrap()).unwrap();
        assert!(report["peak_rss_bytes"].as_u64().unwrap() < 40_000_000, "{report}");
    }
}
