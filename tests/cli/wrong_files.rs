//! Files that are something else than what was said: they are refused, or the first error says what is odd.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::support;
use crate::support::missing::has;
use crate::support::{feed, folder, run};

/// Files as other programs make them.
const MAKE: &str = r#"
import bz2, gzip, io, lzma, sqlite3, tarfile, zipfile
def z(name, *entries):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as f:
        for entry, text in entries: f.writestr(entry, text)
z("zip", ("a.csv", "id,n\n1,a\n"))
z("xlsx", ("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<R/>"), ("xl/workbook.xml", "<workbook/>"), ("xl/worksheets/sheet1.xml", "<w/>"))
with zipfile.ZipFile("ods", "w") as f:
    f.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    f.writestr("content.xml", "<x/>", zipfile.ZIP_DEFLATED)
with tarfile.open("tar", "w") as f:
    info = tarfile.TarInfo("a.csv"); info.size = 9
    f.addfile(info, io.BytesIO(b"id,n\n1,a\n"))
con = sqlite3.connect("sqlite"); con.execute("create table t(a)"); con.commit(); con.close()
text = b"id,n\n1,a\n" * 20
open("gzip", "wb").write(gzip.compress(text))
open("bzip2", "wb").write(bz2.compress(text))
open("xz", "wb").write(lzma.compress(text))
"#;

/// Name, what it is said to be, and what the hint says. The others are bytes by hand.
const SAID: [(&str, &str, &str); 16] = [
    ("zip", "this seems to be a zip archive, not ", "unzip -p"),
    ("xlsx", "this seems to be an Excel workbook (xlsx), not ", "as CSV"),
    ("ods", "this seems to be an OpenDocument spreadsheet (ods), not ", "as CSV"),
    ("tar", "this seems to be a tar archive, not ", "tar -x"),
    ("sqlite", "this seems to be an SQLite database, not ", "sqlite3"),
    ("gzip", "this seems to be compressed with gzip, not ", "twice"),
    ("bzip2", "this seems to be compressed with bzip2, not ", "twice"),
    ("xz", "this seems to be compressed with xz, not ", "twice"),
    ("parquet", "this seems to be a Parquet file, not ", "-f parquet"),
    ("avro", "this seems to be an Avro file, not ", "-f avro"),
    ("arrow", "this seems to be an Arrow or Feather file, not ", "-f arrow"),
    ("orc", "this seems to be an ORC file, not ", "pyarrow"),
    ("pdf", "this seems to be a PDF, not ", "no records"),
    ("7z", "this seems to be a 7z archive, not ", "Unpack"),
    ("rar", "this seems to be a rar archive, not ", "Unpack"),
    ("utf16", "this seems to be text in UTF-16 (little-endian), not ", "--encoding utf-16le"),
];

fn make(here: &Path) {
    let by_hand: [(&str, &[u8]); 8] = [
        ("parquet", b"PAR1\x15\x04\x15\x10\x15\x14\x4c\x15\x02\x15\0\0"),
        ("avro", b"Obj\x01\x04\x14avro.codec\x08null\x16avro.schema"),
        ("arrow", b"ARROW1\0\0\xff\xff\xff\xff\xa8\0\0\0"),
        ("orc", b"ORC\x0a\x0b\x0a\x03\0\0\0\x12\x04"),
        ("pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04abc"),
        ("rar", b"Rar!\x1a\x07\x01\0\x33\x92"),
        ("utf16", b"i\0d\0,\0n\0\n\x001\0,\0a\0\n\0"),
    ];
    for (name, bytes) in by_hand {
        fs::write(here.join(name), bytes).expect("a file");
    }
    let made = Command::new("python3").args(["-c", MAKE]).current_dir(here).status().expect("Python starts");
    assert!(made.success(), "{made}");
}

#[test]
fn other_formats_are_refused() {
    let here = folder();
    let here = here.path();
    if !has("python3") {
        return;
    }
    make(here);
    for (name, what, hint) in SAID {
        let bytes = fs::read(here.join(name)).unwrap();
        for format in ["csv", "ndjson", "text"] {
            let extension = if format == "text" { "txt" } else { format };
            let file = format!("{name}.{extension}");
            fs::write(here.join(&file), &bytes).unwrap();
            // Text in UTF-16 is text, too.
            let not = if format == "text" && name.starts_with("utf") { "UTF-8".into() } else { format.to_uppercase() };
            let what = format!("{what}{}", if not == "TEXT" { "text" } else { &not });
            // What is compressed is only refused where it stays so.
            let none = if hint == "twice" { "none" } else { "auto" };
            for io in ["map", "read"] {
                let line = ["convert", &file, "-t", "ndjson", "-o", "out", "--io", io, "--decompress", none];
                run(here, line).ends(1).says(&[&format!("{file}: "), "byte 0: ", &what, hint]);
            }
            let line = ["convert", "-", "-f", format, "-t", "ndjson", "--decompress", none];
            let ran = feed(here, line, &bytes).ends(1).says(&["standard input: ", &what]);
            assert_eq!(ran.stdout, "", "{name} as {format}");
            run(here, ["count", "-r", &file, "--decompress", none]).ends(1).says(&[&what]);
            // Once more in gzip.
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&bytes).unwrap();
            fs::write(here.join(format!("{file}.gz")), packed.finish().unwrap()).unwrap();
            run(here, ["convert", &format!("{file}.gz"), "-t", "ndjson"]).ends(1).says(&[&what]);
        }
        // Numbers one after another for formats without a beginning of their own, if four bytes or more are known.
        if !["gzip", "bzip2", "orc", "utf16", "pdf", "tar"].contains(&name) {
            for (format, title) in [("msgpack", "MessagePack"), ("cbor", "CBOR")] {
                let line = ["convert", name, "-f", format, "-t", "ndjson", "--decompress", "none"];
                let ran = run(here, line).ends(1).says(&[&format!("{what}{title}"), hint]);
                assert_eq!(ran.stdout, "", "{name} as {format}");
                let line = ["convert", "-", "-f", format, "-t", "ndjson", "--decompress", "none"];
                feed(here, line, &bytes).ends(1).says(&[&format!("{what}{title}")]);
            }
        }
        fs::write(here.join("good.csv"), "id,n\n1,a\n").unwrap();
        fs::write(here.join("bad.csv"), &bytes).unwrap();
        if hint != "twice" {
            let line = ["convert", "good.csv", "bad.csv", "-t", "ndjson", "-o", "all.ndjson", "--keep-going"];
            run(here, line).ends(1).says(&["bad.csv: ", what, "1 of 2 inputs failed"]);
            assert_eq!(fs::read_to_string(here.join("all.ndjson")).unwrap(), "{\"id\":1,\"n\":\"a\"}\n");
            fs::remove_file(here.join("all.ndjson")).unwrap();
        }
    }
    assert!(!here.join("out").exists());
}

#[test]
fn text_in_utf_16_with_a_mark() {
    let here = folder();
    let here = here.path();
    for (name, units) in [("utf-16le", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("utf-16be", u16::to_be_bytes)] {
        let bytes: Vec<u8> = "\u{feff}né\nb\n".encode_utf16().flat_map(units).collect();
        fs::write(here.join("a.txt"), &bytes).unwrap();
        run(here, ["convert", "a.txt", "-t", "ndjson"]).ends(1).says(&["UTF-16", &format!("--encoding {name}")]);
        let ran = run(here, ["convert", "a.txt", "-t", "ndjson", "--encoding", name]).ends(0);
        assert_eq!(ran.stdout, "{\"line\":\"né\"}\n{\"line\":\"b\"}\n");
    }
}

#[test]
fn bytes_stay_bytes() {
    let here = folder();
    // Eight bytes of a record may be anything.
    fs::write(here.path().join("a.fixed"), b"PK\x03\x04\0\0\0\0").unwrap();
    let ran = run(here.path(), ["convert", "a.fixed", "--layout", "a:u32le,b:u32le", "-t", "ndjson"]).ends(0);
    assert_eq!(ran.stdout, "{\"a\":67324752,\"b\":0}\n");
    // A few zeros are no other encoding.
    fs::write(here.path().join("a.csv"), b"a,b\nx\0,y\n").unwrap();
    let ran = run(here.path(), ["convert", "a.csv", "-t", "ndjson"]).ends(0);
    assert_eq!(ran.stdout, "{\"a\":\"x\\u0000\",\"b\":\"y\"}\n");
}

#[test]
fn the_first_error_says_what_is_odd() {
    let here = folder();
    let here = here.path();
    let error = |name: &str, text: &str, hint: &str| {
        fs::write(here.join(name), text).unwrap();
        let to = if name.ends_with(".csv") { "ndjson" } else { "csv" };
        for io in ["map", "read"] {
            run(here, ["convert", name, "-t", to, "--io", io]).ends(1).says(&[hint]);
        }
    };
    let header = "The header has one field, `id;n`: if `;` separates fields, give -d ';'.";
    error("a.csv", "id;n\n1;a\n2;b,c\n", header);
    error("b.csv", "{\"a\":1}:b,c\n1\n", "The input begins like JSON: if it is, give -f ndjson");
    error("c.csv", "<a>,<b>\n1\n", "The input begins like HTML or XML");
    error("d.json", "<?xml version=\"1.0\"?>\n<a/>\n", "The input begins like HTML or XML");
    error("e.json", "id,n\n1,a\n", "The input begins like CSV: if it is, give -f csv.");
    error(
        "f.ndjson",
        "[\n{\"a\":1},\n{\"a\":2}\n]\n",
        "The input begins like a JSON array: if it is one, give -f json.",
    );
    // Where all goes well, it is a warning.
    fs::write(here.join("g.csv"), "{\"a\":1}:b\n1\n").unwrap();
    run(here, ["convert", "g.csv", "-t", "csv"])
        .ends(0)
        .says(&["the input begins like JSON: if it is, give -f ndjson"]);
    fs::write(here.join("h.csv"), "id;n\n1;a\n").unwrap();
    run(here, ["convert", "h.csv", "-t", "ndjson"]).ends(0).says(&["give -d ';'"]);
}

#[test]
fn text_of_another_format_is_no_table() {
    let here = folder();
    let here = here.path();
    for (text, what, hint) in [
        ("{\"a\":1,\"b\":2}\n{\"a\":1}\n", "JSON", "Give its format: -f ndjson (one object per line) or -f json"),
        ("[{\"a\":1},\n{\"a\":2}]\n", "JSON", "Give its format: -f json"),
        ("<!DOCTYPE html>\n<html lang=\"a\", x>\n", "HTML or XML", "It may be a saved error page."),
        ("%PDF-1.7\n1 0 obj\n", "a PDF", "It has no records"),
    ] {
        for name in ["a.csv", "a.tsv"] {
            fs::write(here.join(name), text).unwrap();
            let what = format!("{name}: line 1, byte 0: this seems to be {what}, not {}", name[2..].to_uppercase());
            for io in ["map", "read"] {
                for command in ["convert -t ndjson", "convert -t ndjson --on-error skip", "convert -t ndjson --op trim"]
                {
                    let line = command.split(' ').chain([name, "--io", io]);
                    let ran = run(here, line).ends(1).says(&[&what, hint]);
                    assert_eq!(ran.stdout, "", "{command}");
                }
            }
            run(here, ["count", "-r", name]).ends(1).says(&[&what, hint]);
            let ran = feed(here, ["convert", "-", "-f", &name[2..], "-t", "ndjson"], text.as_bytes()).ends(1);
            ran.says(&["standard input: ", hint]);
        }
    }
    // Without a header a line of JSON may be a field.
    let line = ["convert", "-", "-f", "tsv", "--names", "json", "-t", "csv"];
    let ran = feed(here, line, b"{\"a\":1}\n").ends(0);
    assert_eq!(ran.stdout, "json\n\"{\"\"a\"\":1}\"\n");
}

#[test]
fn not_utf_8_names_the_encoding_first() {
    let here = folder();
    let here = here.path();
    for (name, bytes) in
        [("a.csv", &b"n\nM\xfcller\n"[..]), ("a.ndjson", b"{\"n\":\"M\xfcller\"}\n"), ("a.json", b"[\"M\xfcller\"]")]
    {
        fs::write(here.join(name), bytes).unwrap();
        let to = if name == "a.ndjson" { "json" } else { "ndjson" };
        let ran = run(here, ["convert", name, "-t", to]).ends(1);
        let [encoding, replace] = ["--encoding", "--invalid-utf8"].map(|flag| ran.stderr.find(flag));
        assert!(encoding.is_some() && encoding < replace && ran.stderr.contains("windows-1252"), "{}", ran.stderr);
    }
    let ran = run(here, ["convert", "a.csv", "-t", "ndjson", "--encoding", "windows-1252"]).ends(0);
    assert_eq!(ran.stdout, "{\"n\":\"Müller\"}\n");
}

/// The line with which Excel names the delimiter.
#[test]
fn the_line_of_excel() {
    let here = folder();
    let here = here.path();
    let expected = "{\"id\":1,\"n\":\"a,b\"}\n{\"id\":2,\"n\":\"c\"}\n";
    for (start, end) in [("", "\n"), ("", "\r\n"), ("\u{feff}", "\r\n"), ("", "\r")] {
        let text = format!("{start}sep=;{end}id;n{end}1;a,b{end}2;c{end}");
        fs::write(here.join("a.csv"), &text).unwrap();
        for flags in [&["--io", "map"][..], &["--io", "read"], &["--slice-size", "1", "-j", "3"]] {
            let ran = run(here, ["convert", "a.csv", "-t", "ndjson"].iter().chain(flags)).ends(0);
            assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (expected, ""), "{flags:?}");
        }
        assert_eq!(feed(here, ["convert", "-", "-f", "csv", "-t", "ndjson"], text.as_bytes()).ends(0).stdout, expected);
        let ran = run(here, ["convert", "a.csv", "-t", "csv"]).ends(0);
        assert_eq!(ran.stdout, "id,n\n1,\"a,b\"\n2,c\n");
        let ran = run(here, ["convert", "a.csv", "a.csv", "-t", "csv"]).ends(0);
        assert_eq!(ran.stdout, "id,n\n1,\"a,b\"\n2,c\n1,\"a,b\"\n2,c\n");
        assert!(run(here, ["count", "-r", "a.csv"]).ends(0).stdout.trim_start().starts_with('2'));
        let ran = run(here, ["convert", "a.csv", "-t", "ndjson", "-n"]).ends(0);
        assert!(ran.stdout.starts_with("{\"column_1\":\"id\",\"column_2\":\"n\"}\n"), "{}", ran.stdout);
    }
    // A comma is one too, and then the line still does not go to the output.
    fs::write(here.join("b.csv"), "sep=,\nid,n\n1,a\n").unwrap();
    assert_eq!(run(here, ["convert", "b.csv", "-t", "csv"]).ends(0).stdout, "id,n\n1,a\n");
    // What was said counts more.
    fs::write(here.join("c.csv"), "sep=;\nid|n\n1|a;b\n").unwrap();
    let ran = run(here, ["convert", "c.csv", "-t", "ndjson", "-d", "|"]).ends(0);
    assert_eq!(ran.stdout, "{\"id\":1,\"n\":\"a;b\"}\n");
    // Places count the line.
    fs::write(here.join("d.csv"), "sep=;\nid;n\n1;a\n2\n").unwrap();
    for io in ["map", "read"] {
        run(here, ["convert", "d.csv", "-t", "ndjson", "--io", io])
            .ends(1)
            .says(&["d.csv: record 2, line 4, byte 15: 1 field where", "\n  4 | 2\n"]);
    }
    // A quarantine knows it.
    run(here, ["convert", "d.csv", "-o", "d.ndjson", "--on-error", "quarantine"]).ends(0);
    let path = here.join("d.ndjson.quarantine.ndjson");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"raw\"", "\"text\":\"2;b,c\",\"raw\"")).unwrap();
    let ran = run(here, ["replay", "d.ndjson.quarantine.ndjson", "-t", "ndjson"]).ends(0);
    assert_eq!(ran.stdout, "{\"id\":2,\"n\":\"b,c\"}\n");
}

#[test]
fn a_file_that_grows() {
    let here = folder();
    let path = here.path().join("a.csv");
    // Large enough to be written to before it is read to its end.
    let mut text = String::from("id,n\n");
    while text.len() < 32 << 20 {
        text += "1,abcdefghijklmnopqrstuvwxyz\n";
    }
    fs::write(&path, text).unwrap();
    let mut command = support::command(here.path());
    command.args(["convert", "a.csv", "-o", "b.ndjson", "--no-checkpoint"]).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    let started = std::time::Instant::now();
    let mut child = child;
    while child.try_wait().unwrap().is_none() && started.elapsed().as_secs() < 60 {
        file.write_all(b"2,x\n").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let ran = support::ran(child.wait_with_output().unwrap()).ends(3);
    ran.says(&["a.csv", "the file changed while it was read", "cat FILE | pagemill convert -"]);
}

#[test]
fn code_pages_of_dos() {
    let here = folder();
    let here = here.path();
    // As Python encodes it: "id,n\n1,Müller é\n".encode("cp850").
    fs::write(here.join("a.csv"), b"id,n\n1,M\x81ller \x82\n").unwrap();
    for label in ["cp850", "CP437", "ibm850", "852"] {
        for slice in ["1", "512KiB"] {
            let line = ["convert", "a.csv", "-t", "ndjson", "--encoding", label, "--slice-size", slice];
            assert_eq!(run(here, line).ends(0).stdout, "{\"id\":1,\"n\":\"Müller é\"}\n", "{label}");
        }
    }
    // "я,№".encode("cp866") of the standard, "ж".encode("cp855").
    fs::write(here.join("b.csv"), b"n\n\xef\xfc\n").unwrap();
    assert_eq!(
        run(here, ["convert", "b.csv", "-t", "ndjson", "--encoding", "cp866"]).ends(0).stdout,
        "{\"n\":\"я№\"}\n"
    );
    fs::write(here.join("c.csv"), b"n\n\xe9\n").unwrap();
    assert_eq!(
        run(here, ["convert", "c.csv", "-t", "ndjson", "--encoding", "cp855"]).ends(0).stdout,
        "{\"n\":\"ж\"}\n"
    );
    // Byte D5 is nothing in cp857.
    fs::write(here.join("d.csv"), b"n\nx\xd5\n").unwrap();
    run(here, ["convert", "d.csv", "-t", "ndjson", "--encoding", "cp857"])
        .ends(1)
        .says(&["record 1, line 2, ", "byte 3 of the source is not valid cp857"]);
    let line = ["convert", "d.csv", "-t", "ndjson", "--encoding", "cp857", "--invalid-utf8", "replace"];
    assert_eq!(run(here, line).ends(0).stdout, "{\"n\":\"x\u{fffd}\"}\n");
    run(here, ["convert", "d.csv", "-t", "ndjson", "--encoding", "cp1"]).ends(2).says(&["`cp1`", "cp437"]);
}
