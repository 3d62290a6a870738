//! Errors say where the data is bad: the record, the line, the byte, and the text there. The expected places are
//! counted by hand.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::support::{Ran, feed, folder, run};

/// Every way into the engine, and slices of several sizes.
fn each_way(name: &str, input: &[u8], flags: &str, mut check: impl FnMut(Ran, &str)) {
    let here = folder();
    let here = here.path();
    fs::write(here.join(name), input).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(input).unwrap();
    fs::write(here.join(format!("{name}.gz")), packed.finish().unwrap()).unwrap();
    let format = Path::new(name).extension().unwrap().to_str().unwrap();
    let format = if format == "txt" { "text" } else { format };
    for slice in ["1", "9", "512KiB"] {
        for (how, way) in [
            ("map", format!("{name} --io map")),
            ("read", format!("{name} --io read")),
            ("gz", format!("{name}.gz")),
            ("pipe", format!("- -f {format}")),
        ] {
            let line = format!("convert {way} -j 2 --slice-size {slice} {flags}");
            let line: Vec<&str> = line.split_whitespace().collect();
            let ran = if how == "pipe" { feed(here, line, input) } else { run(here, line) };
            let said = match how {
                "pipe" => ran.stderr.replacen("standard input: ", &format!("{name}: "), 1),
                "gz" => ran.stderr.replacen(&format!("{name}.gz: "), &format!("{name}: "), 1),
                _ => ran.stderr.clone(),
            };
            check(Ran { stderr: said, ..ran }, &format!("{how}, slices of {slice}"));
        }
    }
}

/// The error begins with this place and reason, and shows this line.
fn says(name: &str, input: &[u8], flags: &str, place: &str, shown: &str) {
    each_way(name, input, flags, |ran, way| {
        let lines: Vec<&str> = ran.stderr.lines().collect();
        let at = lines.iter().position(|line| line.contains(&format!("{name}: {place}")));
        let at = at.unwrap_or_else(|| panic!("{way}: {place:?} is not in:\n{}", ran.stderr));
        assert_eq!((ran.code, lines.get(at + 1).copied()), (1, Some(shown)), "{way}:\n{}", ran.stderr);
    });
}

#[test]
fn csv() {
    says("a.csv", b"id,n\n1,a\n2\n3,c\n", "-t ndjson", "record 2, line 3, byte 9: 1 field where", "  3 | 2");
    // A blank line is no record, and a field may have line breaks.
    says("a.csv", b"id,n\n1,a\n\n2\n", "-t ndjson", "record 2, line 4, byte 10: 1 field where", "  4 | 2");
    says("a.csv", b"id,n\n1,\"x\ny\"\n2\n", "-t ndjson", "record 2, line 4, byte 13: 1 field where", "  4 | 2");
    // A byte order mark takes three bytes and no line.
    says("a.csv", b"\xef\xbb\xbfid,n\n1,a\n2\n", "-t ndjson", "record 2, line 3, byte 12: 1 field where", "  3 | 2");
    // CRLF ends one line, and so does a carriage return alone.
    says("a.csv", b"id,n\r\n1,a\r\n2\r\n", "-t ndjson", "record 2, line 3, byte 11: 1 field where", "  3 | 2");
    says("a.csv", b"id,n\r1,a\r2\r3,b\r", "-t ndjson", "record 2, line 3, byte 9: 1 field where", "  3 | 2");
    // The same for records that are only counted.
    says("a.tsv", b"id\tn\n1\ta\n2\tb\tc\n", "-t ndjson", "record 2, line 3, byte 9: 3 fields", "  3 | 2\\tb\\tc");
}

#[test]
fn the_header_is_line_one() {
    says("a.csv", b"id,n\n1,a\n", "-t ndjson --max-fields 1", "line 1, byte 0: ", "  1 | id,n");
}

#[test]
fn lines_of_json() {
    let bad = "{\"a\":1}\n\n{\"a\":2}\n  nope\n{\"a\":3}\n";
    says("a.ndjson", bad.as_bytes(), "-t csv", "record 3, line 4, byte 19: `nope`", "  4 | nope");
    let array = "[\n  {\"a\": 1},\n  {\"a\": nope},\n  {\"a\": 3}\n]\n";
    says("a.json", array.as_bytes(), "-t csv", "record 2, line 3, byte 22: `nope`", "  3 | nope},");
    // A carriage return alone is white space of JSON.
    says("a.ndjson", b"{\"a\":1}\r\n{\"a\":2}\r\nnope\r\n", "-t csv", "record 3, line 3, byte 18: ", "  3 | nope\\r");
}

#[test]
fn text() {
    says("a.txt", b"a\nb\n\xff\x1b[1m\n", "-t ndjson", "record 3, line 3, byte 4: ", "  3 | \\xff\\u{1b}[1m");
    let long = format!("a\n{}\u{e4}\u{e4}\u{e4}\n", "x".repeat(58));
    let shown = format!("  2 | {}\u{e4}\u{e4}…", "x".repeat(58));
    says("a.ndjson", &long.as_bytes()[2..], "-t csv", "record 1, line 1, byte 0: ", &shown.replace('2', "1"));
}

#[test]
fn records_too_large() {
    let large = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(300));
    let shown = format!("  2 | {{\"a\":\"{}…", "x".repeat(54));
    says("a.ndjson", large.as_bytes(), "-t csv --max-record-size 256", "record 2, line 2, byte 8: ", &shown);
    let large = format!("a,b\n1,2\n\"\n{}", "x".repeat(300));
    says("a.csv", large.as_bytes(), "-t ndjson --max-record-size 256", "record 2, line 3, byte 8: ", "  3 | \"");
}

#[test]
fn too_many_bad_records() {
    let bad = b"id,n\n1,a\n2\n3,c\n4\n";
    let flags = "-t ndjson --on-error skip --max-errors 1";
    each_way("a.csv", bad, flags, |ran, way| {
        assert!(ran.stderr.contains("a.csv: record 4, line 5, byte 15: 1 field where"), "{way}: {}", ran.stderr);
    });
    each_way("a.csv", bad, "-t ndjson --on-error skip --max-errors 10%", |ran, way| {
        assert!(ran.stderr.contains("a.csv: record 4, line 5, byte 15: 1 field where"), "{way}: {}", ran.stderr);
    });
}

#[test]
fn decoded_text() {
    let bytes: Vec<u8> = "\u{feff}id,n\n1,é\n2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let here = folder();
    fs::write(here.path().join("a.csv"), bytes).unwrap();
    for slice in ["1", "512KiB"] {
        run(here.path(), ["convert", "a.csv", "-t", "ndjson", "--slice-size", slice]).ends(1).says(&[
            "a.csv: record 2, line 3, byte 10 of the text decoded from UTF-16LE: 1 field where",
            "\n  3 | 2\n",
        ]);
    }
}

#[test]
fn formats_of_bytes_have_no_lines() {
    let here = folder();
    fs::write(here.path().join("a.fixed"), b"\n\n\n").unwrap();
    let ran = run(here.path(), ["convert", "a.fixed", "--layout", "n:u16le", "-t", "ndjson"]).ends(1);
    assert!(ran.stderr.contains("a.fixed: record 2, byte 2: "), "{}", ran.stderr);
}

#[test]
fn each_file_has_its_own_lines() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "id,n\n1,a\n2,b\n").unwrap();
    fs::write(here.path().join("b.csv"), "id,n\n1,a\n2\n").unwrap();
    for io in ["map", "read"] {
        run(here.path(), ["convert", "a.csv", "b.csv", "-t", "ndjson", "--io", io])
            .ends(1)
            .says(&["b.csv: record 2, line 3, byte 9: 1 field where", "\n  3 | 2\n"]);
    }
}

/// A place far into a file is found in steps.
#[test]
fn far_places() {
    let mut input = b"id,n\r\n".to_vec();
    for _ in 0..400_000 {
        input.extend_from_slice(b"1,abcde\r\n");
    }
    let at = input.len();
    input.extend_from_slice(b"2\r\n");
    let here = folder();
    fs::write(here.path().join("a.csv"), &input).unwrap();
    let place = format!("a.csv: record 400001, line 400002, byte {at}: 1 field where");
    for io in ["map", "read"] {
        run(here.path(), ["convert", "a.csv", "-t", "ndjson", "-o", "b.ndjson", "--io", io]).ends(1).says(&[&place]);
    }
}

#[test]
fn counts() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "id,n\n1,a\n\n2\n").unwrap();
    fs::write(here.path().join("a.ndjson"), "{\"a\":1}\nnope\n").unwrap();
    run(here.path(), ["count", "-r", "--strict", "a.csv"])
        .ends(1)
        .says(&["a.csv: record 2, line 4, byte 10: 1 field where"]);
    run(here.path(), ["count", "-r", "a.ndjson"]).ends(1).says(&["a.ndjson: record 2, line 2, byte 8: `nope`"]);
    feed(here.path(), ["count", "-r", "-f", "ndjson"], b"{\"a\":1}\nnope\n")
        .ends(1)
        .says(&["record 2, line 2, byte 8: `nope`", "\n  2 | nope\n"]);
}

#[test]
fn resumed_runs_count_from_the_start() {
    let here = folder();
    let here = here.path();
    let mut input = String::from("id,n\n");
    for n in 0..30_000 {
        input += &format!("{n},x\n");
    }
    let at = input.len();
    input += "bad\n";
    fs::write(here.join("a.csv"), &input).unwrap();
    // A run that is interrupted leaves its checkpoints; here the error itself says where it is in both runs.
    let line =
        ["convert", "a.csv", "-o", "b.ndjson", "--checkpoint", "--checkpoint-every", "4096", "--slice-size", "4096"];
    let place = format!("a.csv: record 30001, line 30002, byte {at}: 1 field where");
    run(here, line).ends(1).says(&[&place]);
    run(here, line.iter().chain(&["--resume"])).ends(1).says(&[&place]);
}

#[test]
fn a_share_is_judged_where_the_last_bad_record_is() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1,2\n3\n").unwrap();
    fs::write(here.path().join("b.csv"), "a,b\n1,2\n").unwrap();
    let place = "a.csv: record 2, line 3, byte 8: 1 field where the header has 2\n  3 | 3\n  1 of ";
    let place = [place, " bad, and --max-errors allows 20%."];
    for line in ["convert a.csv -t ndjson", "convert a.csv b.csv -t ndjson", "count -r a.csv", "count -r a.csv b.csv"] {
        let line = line.split(' ').chain(["--on-error", "skip", "--max-errors", "20%"]);
        run(here.path(), line).ends(1).says(&place);
    }
}

#[test]
fn widths_without_a_header() {
    for (flags, reason) in [
        ("-n", "1 field where the first record has 2"),
        ("", "1 field where the header has 2"),
        ("--names x,y", "1 field where the list of names has 2"),
        ("--names x,y -n", "1 field where the list of names has 2"),
    ] {
        says("a.csv", b"1,2\n3,4\n5\n", &format!("-t ndjson {flags}"), "record ", "  3 | 5");
        each_way("a.csv", b"1,2\n3,4\n5\n", &format!("-t ndjson {flags}"), |ran, way| {
            assert!(ran.stderr.contains(reason), "{way}: {}", ran.stderr);
        });
    }
}

#[test]
fn a_header_that_is_no_text() {
    says("a.csv", b"a\xff,b\n1,2\n", "-t ndjson", "line 1, byte 1: the field name", "  1 | \\xff,b");
    let long = [&b"\xff\x1b"[..], &b"x".repeat(70), b",b\n1,2\n"].concat();
    each_way("a.csv", &long, "-t ndjson", |ran, way| {
        let name = format!("the field name `\u{fffd}\\u{{1b}}{}\u{2026}` is not", "x".repeat(58));
        assert!(ran.stderr.contains(&name), "{way}: {}", ran.stderr);
    });
    says("a.csv", b"x,\"a\xff\"\n1,2\n", "-t ndjson", "line 1, byte 4: the field name", "  1 | \\xff\"");
}

/// What is escaped counts as it is shown.
#[test]
fn excerpts_fit_a_line() {
    let here = folder();
    let bytes: Vec<u8> = b"x,".iter().copied().chain((0..100).map(|n| if n % 2 == 0 { 0xff } else { 1 })).collect();
    fs::write(here.path().join("a.csv"), [b"a,b,c\n", &bytes[..], b"\n"].concat()).unwrap();
    let said = run(here.path(), ["convert", "a.csv", "-t", "csv"]).ends(1).stderr;
    let shown = said.lines().find_map(|line| line.strip_prefix("  2 | ")).unwrap();
    assert!(shown.ends_with('\u{2026}') && (50..=61).contains(&shown.chars().count()), "{shown}");
}

/// A record for which there is no room has a place in a stream, too.
#[test]
fn a_record_that_memory_has_no_room_for() {
    let here = folder();
    let text = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(30_000_000));
    fs::write(here.path().join("a.ndjson"), &text).unwrap();
    let flags = ["-t", "csv", "--memory-limit", "16MB", "-j", "1", "--columns", "a"];
    for input in [&["a.ndjson"][..], &["a.ndjson", "--io", "read"]] {
        let ran = run(here.path(), ["convert"].iter().chain(input).chain(&flags)).ends(4);
        let shown = format!("\n  2 | {{\"a\":\"{}\u{2026}\n", "x".repeat(54));
        ran.says(&["a.ndjson: record 2, line 2, byte 8: the record is larger than", &shown]);
    }
    feed(here.path(), ["convert", "-f", "ndjson"].iter().chain(&flags), text.as_bytes())
        .ends(4)
        .says(&["standard input: record 2, line 2, byte 8: the record is larger than", "\n  2 | {\"a\":\"xxx"]);
}

/// How much was not read is known of a file, whichever way it is read.
#[test]
fn how_much_was_not_read() {
    let here = folder();
    let text = b"[{\"a\":1}, {\"a\":\"x}, {\"a\":3}]";
    fs::write(here.path().join("a.json"), text).unwrap();
    let flags = ["-t", "ndjson", "--on-error", "skip"];
    let mapped =
        run(here.path(), ["convert", "a.json"].iter().chain(&flags)).ends(1).says(&[" (18 bytes) was not read"]);
    let read = run(here.path(), ["convert", "a.json", "--io", "read"].iter().chain(&flags)).ends(1);
    assert_eq!(read.stderr, mapped.stderr);
    let piped = feed(here.path(), ["convert", "-f", "json"].iter().chain(&flags), text).ends(1).says(&["was not read"]);
    assert!(!piped.stderr.contains("bytes)"), "{}", piped.stderr);
}

#[test]
fn too_many_columns_of_several_inputs() {
    let here = folder();
    fs::write(here.path().join("a.csv"), "a,b\n1,2\n").unwrap();
    fs::write(here.path().join("b.csv"), "a,c\n1,2\n").unwrap();
    let line = ["convert", "a.csv", "b.csv", "-t", "csv", "--columns", "union", "--max-keys"];
    let said = |most| run(here.path(), line.iter().chain(&[most])).ends(1).stderr;
    for (most, text) in [
        ("1", "the inputs up to a.csv have more than 1 different column together\n  Name the columns with"),
        ("2", "the inputs up to b.csv have more than 2 different columns together\n  Name the columns with"),
    ] {
        let said = said(most);
        assert!(said.contains(text) && !said.contains("--nested") && said.contains("--max-keys"), "{said}");
    }
}

/// Where text follows a quote in a record of a quarantine: in the file that it came from.
#[test]
fn odd_quotes_of_repaired_records() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "a,b\n1,2\n\"x\"y\n").unwrap();
    run(here, ["convert", "a.csv", "-o", "b.ndjson", "--on-error", "quarantine"]).ends(0);
    let kept = fs::read_to_string(here.join("b.ndjson.quarantine.ndjson")).unwrap();
    let repaired = kept.replace("\"raw\":", "\"text\":\"\\\"x\\\"y,3\",\"raw\":");
    fs::write(here.join("b.ndjson.quarantine.ndjson"), repaired).unwrap();
    let ran = run(here, ["replay", "b.ndjson.quarantine.ndjson", "-o", "c.ndjson"]);
    ran.ends(0).says(&["text_after_quote", "The first is a.csv: record 2, line 3, byte 8"]);
}

/// A line break between two windows of a stream was counted twice where comments or escapes are read.
#[test]
fn blank_lines_of_a_stream() {
    let here = folder();
    let text = format!("a\r\nx\r\n{}1\r\n2,3\r\n", "\r\n".repeat(5000));
    for slice in ["1", "1023", "4096", "512KiB"] {
        for flag in [&["--escape", "\\"][..], &["--comment", "#"], &[]] {
            let line = ["convert", "-", "-f", "csv", "-t", "ndjson", "--slice-size", slice];
            let ran = feed(here.path(), line.iter().chain(flag), text.as_bytes());
            ran.ends(1).says(&["record 3, line 5004, byte 10009"]);
        }
    }
}

/// Where every record is bad the first one is shown, also of a stream.
#[test]
fn the_first_of_all_bad_records() {
    let here = folder();
    let text = format!("\n\nbad é \u{7} {}\nworse\n", "x".repeat(70));
    fs::write(here.path().join("a.ndjson"), &text).unwrap();
    let shown = format!("  3 | bad é \\u{{7}} {}…\n  All 2 records are bad (", "x".repeat(48));
    for way in
        [&["a.ndjson"][..], &["a.ndjson", "--io", "read"], &["-", "-f", "ndjson"], &["a.ndjson", "--slice-size", "1"]]
    {
        let line = ["convert", "-t", "csv", "--on-error", "skip"];
        let ran = feed(here.path(), line.iter().chain(way), text.as_bytes()).ends(1);
        let ran = ran.says(&["record 1, line 3, byte 2: "]);
        assert!(ran.stderr.contains(&shown), "{way:?} {shown} {}", ran.stderr);
        // So is the one that is too many.
        for (most, line) in
            [("0", format!("  3 | bad é \\u{{7}} {}…\n", "x".repeat(48))), ("10%", "  4 | worse\n".to_owned())]
        {
            let flags = ["convert", "-t", "csv", "--on-error", "skip", "--max-errors", most];
            let ran = feed(here.path(), flags.iter().chain(way), text.as_bytes()).ends(1);
            assert!(ran.stderr.contains(&line), "{way:?} {}", ran.stderr);
        }
    }
}

/// Keys are counted in the beginning of a stream before anything is converted.
#[test]
fn too_many_keys_of_a_stream() {
    let here = folder();
    let text: String = (1..20).map(|key| format!("{{\"k{key}\":1}}\n")).collect();
    fs::write(here.path().join("a.ndjson"), &text).unwrap();
    for way in [&["a.ndjson"][..], &["a.ndjson", "--io", "read"], &["-", "-f", "ndjson"]] {
        let line = ["convert", "-t", "csv", "--max-keys", "10"];
        let ran = feed(here.path(), line.iter().chain(way), text.as_bytes()).ends(1);
        ran.says(&["record 11, line 11, byte 91: ", "\n  11 | {\"k11\":1}\n"]);
    }
}

/// Where slices end between both bytes of a line break, after comments, lines are counted once.
#[test]
fn lines_after_comments_are_counted_once() {
    let here = folder();
    let text = format!("a,b\r\n{}1\r\n", "#x\r\n".repeat(6));
    std::fs::write(here.path().join("a.csv"), &text).unwrap();
    for size in 1..40 {
        let base =
            ["convert", "a.csv", "-t", "csv", "--comment", "#", "--slice-size", &size.to_string()].map(str::to_owned);
        run(here.path(), &base).ends(1).says(&["record 1, line 8, byte 29"]);
        let read = base.iter().cloned().chain(["--io", "read"].map(str::to_owned));
        run(here.path(), read).ends(1).says(&["record 1, line 8, byte 29"]);
    }
}
