//! MessagePack and CBOR with all that a command does with records. The bytes are written by hand from the specifications.

use std::fs;
use std::path::Path;

use crate::support::{Ran, feed, folder, run};

/// Runs a command in a folder with these files.
fn ran(here: &Path, line: &str) -> Ran {
    run(here, line.split_whitespace())
}

fn bytes(here: &Path, name: &str) -> Vec<u8> {
    fs::read(here.join(name)).unwrap()
}

/// `{"a": 1, "b": "x"}` and `{"a": 2, "b": null}`, and a list in the second.
const PACK: &[u8] = b"\x82\xa1a\x01\xa1b\xa1x\x83\xa1a\x02\xa1b\xc0\xa1c\x92\x05\xc3";
const CBOR: &[u8] = b"\xa2\x61a\x01\x61b\x61x\xa3\x61a\x02\x61b\xf6\x61c\x82\x05\xf5";
const LINES: &str = "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":null,\"c\":[5,true]}\n";

#[test]
fn from_each_and_to_each() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.msgpack"), PACK).unwrap();
    fs::write(here.join("a.cbor"), CBOR).unwrap();
    fs::write(here.join("a.ndjson"), LINES).unwrap();
    for name in ["a.msgpack", "a.cbor", "a.ndjson"] {
        assert_eq!(ran(here, &format!("convert {name} -t ndjson")).ends(0).stdout, LINES);
        assert_eq!(ran(here, &format!("convert {name} -t csv -q")).ends(0).stdout, "a,b,c\n1,x,\n2,,\"[5,true]\"\n");
        for (to, want) in [("msgpack", PACK), ("cbor", CBOR)] {
            ran(here, &format!("convert {name} -o out -t {to} --force")).ends(0);
            assert_eq!(bytes(here, "out"), want, "{name} to {to}");
        }
        assert!(ran(here, &format!("count -r {name}")).ends(0).stdout.trim().starts_with("2 "));
        let steps = "-t ndjson -s b,c --where a>1 --explode c";
        let exploded = "{\"b\":null,\"c\":5}\n{\"b\":null,\"c\":true}\n";
        assert_eq!(ran(here, &format!("convert {name} {steps}")).ends(0).stdout, exploded, "{name}");
        let sums = ran(here, &format!("aggregate {name} --agg s=sum(a) -t csv"));
        assert_eq!(sums.ends(0).stdout, "s\n3\n");
        let sorted = ran(here, &format!("sort {name} --by a:desc:number -t csv -s a -q"));
        assert_eq!(sorted.ends(0).stdout, "a\n2\n1\n");
        assert_eq!(ran(here, &format!("head -n 1 {name} -t ndjson")).ends(0).stdout, "{\"a\":1,\"b\":\"x\"}\n");
        assert_eq!(
            ran(here, &format!("convert {name} -t ndjson --dedupe a --tail 1 -s a")).ends(0).stdout,
            "{\"a\":2}\n"
        );
    }
    // Together, compressed, and as frames.
    ran(here, "convert a.msgpack a.cbor a.ndjson -o all.cbor.gz").ends(0);
    assert_eq!(ran(here, "convert all.cbor.gz -t ndjson").ends(0).stdout, LINES.repeat(3));
    for payload in ["msgpack", "cbor"] {
        let frames = format!("--frame u16be --payload {payload}");
        ran(here, &format!("convert a.ndjson -o out.frames --force {frames}")).ends(0);
        let whole = if payload == "cbor" { CBOR } else { PACK };
        assert_eq!(bytes(here, "out.frames"), [b"\0\x08", &whole[..8], b"\0\x0c", &whole[8..]].concat());
        assert_eq!(ran(here, &format!("convert out.frames -t ndjson {frames}")).ends(0).stdout, LINES);
    }
    ran(here, "split a.cbor --records 1 -o part{part}.msgpack").ends(0);
    assert_eq!(bytes(here, "part000001.msgpack"), &PACK[..8]);
}

#[test]
fn what_has_no_place_is_counted_or_copied() {
    let here = folder();
    let here = here.path();
    // A URI (tag 32), a key that is a number, and undefined.
    fs::write(here.join("a.cbor"), b"\xa3\x61u\xd8\x20\x61x\x05\x06\x61n\xf7").unwrap();
    let json = "{\"u\":\"x\",\"5\":6,\"n\":null}\n";
    let said = ran(here, "convert a.cbor -t ndjson").ends(0);
    assert_eq!(said.stdout, json);
    said.says(&["2 tags or extension types left out", "(type_dropped)", "1 key of a map", "(key_as_text)"]);
    ran(here, "convert a.cbor -t ndjson --strict").ends(1).says(&["--strict"]);
    // Copied, nothing is lost; not even with conditions.
    for more in ["", "--where u='x'", "--limit 1"] {
        ran(here, &format!("convert a.cbor -o b.cbor --strict --force {more}")).ends(0);
        assert_eq!(bytes(here, "b.cbor"), bytes(here, "a.cbor"), "{more}");
    }
    ran(here, "convert a.cbor -o b.cbor --strict --force --canonical").ends(1).says(&["--strict"]);
    ran(here, "convert a.cbor -o b.cbor --force --canonical").ends(0);
    assert_eq!(bytes(here, "b.cbor"), b"\xa3\x615\x06\x61n\xf6\x61u\x61x");
}

#[test]
fn canonical_is_for_these_formats() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "bb,a,a.c\n1.10,2,3\n").unwrap();
    ran(here, "convert a.csv -t ndjson --canonical")
        .ends(2)
        .says(&["`--canonical` has no effect", "MessagePack, CBOR"]);
    ran(here, "convert a.csv -o a.cbor --canonical").ends(0);
    assert_eq!(bytes(here, "a.cbor"), b"\xa3\x61a\x02\x62bb\xc4\x82\x21\x18\x6e\x63a.c\x03");
    assert_eq!(ran(here, "convert a.cbor -t csv").ends(0).stdout, "a,bb,a.c\n2,1.10,3\n");
    ran(here, "convert a.csv -o a.msgpack").ends(0).says(&["(spelling_changed)"]);
    ran(here, "convert a.csv -o b.msgpack --strict").ends(1).says(&["1.10"]);
}

#[test]
fn broken_input_ends_well() {
    let here = folder();
    let here = here.path();
    let write = |name: &str, parts: &[&[u8]]| fs::write(here.join(name), parts.concat()).unwrap();
    // An array that says that three records follow.
    write("short.msgpack", &[b"\x93", PACK]);
    ran(here, "convert short.msgpack -t ndjson").ends(1).says(&["1 record before the array does"]);
    // What begins no value.
    write("odd.msgpack", &[PACK, b"\xc1", PACK]);
    ran(here, "convert odd.msgpack -t ndjson --on-error skip").ends(1).says(&["record 3", "0xc1"]);
    // A list that says it has four thousand million items.
    write("lie.msgpack", &[PACK, b"\xdd\xff\xff\xff\xff", PACK]);
    for more in ["", "--on-error skip", "--io read", "--on-error skip --io read"] {
        ran(here, &format!("convert lie.msgpack -t ndjson {more}")).ends(1).says(&["record 3"]);
    }
    // Every beginning of a file ends with an error, or is one of whole records.
    for len in 1..CBOR.len() {
        write("cut.cbor", &[&CBOR[..len]]);
        let whole = len == 8;
        ran(here, "convert cut.cbor -t ndjson").ends(if whole { 0 } else { 1 });
    }
    // Deep.
    write("deep.cbor", &[&[0x81; 2000], CBOR]);
    ran(here, "convert deep.cbor -t ndjson").ends(1).says(&["nested more than 1024 deep"]);
    write("deeper.cbor", &[&[0x9f; 200_000]]);
    ran(here, "convert deeper.cbor -t ndjson").ends(1);
    // A text file that is CBOR, and the other way round.
    write("a.csv", &[b"\xd9\xd9\xf7", CBOR]);
    ran(here, "convert a.csv -t ndjson").ends(1).says(&["CBOR", "-f cbor"]);
}

#[test]
fn what_is_not_whole_or_not_packed() {
    let here = folder();
    let here = here.path();
    let write = |name: &str, bytes: &[u8]| fs::write(here.join(name), bytes).unwrap();
    // Arrays that end inside their second record.
    write("a.msgpack", b"\x93\x81\xa1i\x00\x81\xa1");
    write("a.cbor", b"\x9f\xa1\x61i\x00\xa1\x61");
    for policy in ["fail", "skip", "quarantine"] {
        let line = |name: &str| ran(here, &format!("convert {name} -o out.ndjson --on-error {policy} --force"));
        line("a.msgpack").ends(1).says(&["the input ends 2 records before the array does"]);
        line("a.cbor").ends(1).says(&["the array of records is not closed"]);
    }
    // Text under the name of another format.
    for (text, what, hint) in [
        ("{\"a\":1}\n", "JSON", "-f ndjson"),
        ("[{\"a\":1}]", "JSON", "-f json"),
        ("id,name\n1,Ada\n", "CSV", "-f csv"),
        ("hello world\n", "plain text", "-f text"),
        ("\u{feff}na\u{ef}ve caf\u{e9}s\n", "plain text", "-f text"),
        ("<!DOCTYPE html>\n", "HTML or XML", "does not read it"),
    ] {
        for (name, title) in [("text.msgpack", "MessagePack"), ("text.cbor", "CBOR")] {
            write(name, text.as_bytes());
            for more in ["", " --on-error skip", " --io read"] {
                let refused = ran(here, &format!("convert {name} -t ndjson{more}")).ends(1);
                assert_eq!(refused.stdout, "", "{text}");
                refused.says(&[&format!("byte 0: this seems to be {what}, not {title}"), hint, "--schema"]);
            }
            let format = &name[5..];
            let fed = feed(here, ["convert", "-", "-f", format, "-t", "ndjson"], text.as_bytes()).ends(1);
            fed.says(&[&format!("this seems to be {what}, not {title}")]);
        }
    }
    // Numbers from 32 to 126 look the same, unless a schema says what they are.
    write("numbers.msgpack", b"ABCDE");
    write(
        "numbers.json",
        b"{\"schema\":1,\"records\":5,\"fields\":[\n{\"name\":\"value\",\"kind\":\"int8\",\"nullable\":false}\n]}\n",
    );
    ran(here, "convert numbers.msgpack -t ndjson").ends(1).says(&["this seems to be plain text"]);
    let numbers = ran(here, "convert numbers.msgpack -t ndjson --schema numbers.json").ends(0);
    assert_eq!(numbers.stdout, "65\n66\n67\n68\n69\n");
    // What is shorter, or has any other number, is no text.
    write("short.msgpack", b"ABC");
    assert_eq!(ran(here, "convert short.msgpack -t ndjson").ends(0).stdout, "65\n66\n67\n");
    write("other.msgpack", b"ABCDE\x01");
    assert_eq!(ran(here, "convert other.msgpack -t ndjson").ends(0).stdout, "65\n66\n67\n68\n69\n1\n");
    write("four.msgpack", b"\x81\xa1a\x01");
    assert_eq!(ran(here, "convert four.msgpack -t ndjson").ends(0).stdout, "{\"a\":1}\n");
}

#[test]
fn lists_are_no_records_of_these_targets() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.ndjson"), "{\"a\":1}\n[1,2]\n[]\n").unwrap();
    for format in ["msgpack", "cbor"] {
        let said = ran(here, &format!("convert a.ndjson -o a.{format}")).ends(1);
        said.says(&["record 2", "the record is a list", "-t frames"]);
        ran(here, &format!("convert a.ndjson -o a.{format} --on-error skip")).ends(0);
        assert_eq!(ran(here, &format!("convert a.{format} -t ndjson")).ends(0).stdout, "{\"a\":1}\n");
        // Nothing is refused that isn't written.
        ran(here, &format!("convert a.ndjson -o b.{format} --where a=1")).ends(0);
        assert_eq!(ran(here, &format!("convert b.{format} -t ndjson")).ends(0).stdout, "{\"a\":1}\n");
        let frames = format!("--frame u16be --payload {format}");
        ran(here, &format!("convert a.ndjson -o a.frames --force {frames}")).ends(0);
        let back = ran(here, &format!("convert a.frames -t ndjson {frames}"));
        assert_eq!(back.ends(0).stdout, "{\"a\":1}\n[1,2]\n[]\n");
    }
    // Copied unchanged.
    fs::write(here.join("lists.cbor"), b"\x81\x01\x80").unwrap();
    ran(here, "convert lists.cbor -o copy.cbor").ends(0);
    assert_eq!(bytes(here, "copy.cbor"), b"\x81\x01\x80");
}

/// What is said about the kinds of fields means the same as for text formats.
#[test]
fn kinds_of_fields() {
    let here = folder();
    let here = here.path();
    // 5, -5 and 1.5; NaN.
    fs::write(here.join("a.cbor"), b"\xa1\x61n\x05\xa1\x61n\x24\xa1\x61n\xf9\x3e\x00").unwrap();
    fs::write(here.join("nan.cbor"), b"\xa1\x61n\xf9\x7e\x00").unwrap();
    for name in ["a.cbor", "a.msgpack", "a.ndjson"] {
        if name != "a.cbor" {
            ran(here, &format!("convert a.cbor -o {name}")).ends(0);
        }
        let typed = |kind: &str| ran(here, &format!("convert {name} -t ndjson -q --types n={kind} --on-error skip"));
        assert_eq!(typed("integer").ends(0).stdout, "{\"n\":5}\n{\"n\":-5}\n", "{name}");
        assert_eq!(typed("decimal").ends(0).stdout, "{\"n\":5}\n{\"n\":-5}\n{\"n\":1.5}\n", "{name}");
        assert_eq!(typed("text").ends(0).stdout, "{\"n\":\"5\"}\n{\"n\":\"-5\"}\n{\"n\":\"1.5\"}\n", "{name}");
        ran(here, &format!("convert {name} -t ndjson --types n=boolean")).ends(1).says(&["`5`, which is not true or"]);
        ran(here, &format!("convert {name} -t ndjson --types n=date")).ends(1).says(&["`5`, which is not a date"]);
    }
    let said = ran(here, "convert nan.cbor -t ndjson --where n+1>0").ends(1);
    assert!(!said.stderr.contains("--null"), "{}", said.stderr);
}

/// Bytes are bytes, and text in text formats.
#[test]
fn bytes_there_and_back() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.cbor"), b"\xa1\x61b\x42\xff\x00").unwrap();
    ran(here, "convert a.cbor -o a.msgpack --strict").ends(0);
    assert_eq!(bytes(here, "a.msgpack"), b"\x81\xa1b\xc4\x02\xff\0");
    assert_eq!(ran(here, "convert a.msgpack -t ndjson -q").ends(0).stdout, "{\"b\":\"/wA=\"}\n");
    ran(here, "convert a.msgpack -o a.cbor --force --bytes text").ends(2).says(&["`--bytes` has no effect"]);
    ran(here, "convert a.msgpack -o a.fixed --layout b:bytes2").ends(0);
    assert_eq!(bytes(here, "a.fixed"), b"\xff\0");
    ran(here, "convert a.fixed -o b.cbor --layout b:bytes2 --strict").ends(0);
    assert_eq!(bytes(here, "b.cbor"), bytes(here, "a.cbor"));
}

#[test]
fn samples_are_the_same_whatever_the_way() {
    let here = folder();
    let here = here.path();
    for format in ["msgpack", "cbor"] {
        ran(here, &format!("generate -t {format} --records 3000 -o s.{format}")).ends(0);
        let lines = ran(here, &format!("convert s.{format} -t ndjson -j 1")).ends(0).stdout;
        assert_eq!(lines.lines().count(), 3000);
        for way in ["-j 2 --slice-size 1", "-j 3 --slice-size 1000 --io read", "-j 2 --memory-limit 24MB"] {
            assert!(ran(here, &format!("convert s.{format} -t ndjson {way}")).ends(0).stdout == lines, "{way}");
        }
        // There and back.
        ran(here, &format!("convert s.{format} -o s.ndjson --force")).ends(0);
        ran(here, &format!("convert s.ndjson -o back.{format}")).ends(0);
        assert!(bytes(here, &format!("back.{format}")) == bytes(here, &format!("s.{format}")), "{format}");
    }
}
