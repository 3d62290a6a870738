//! Arrays and documents one after another, where something is wrong after the first one: no good record is lost in
//! silence, whichever way the input is read.

use std::fs;
use std::io::Write;

use crate::broken_json::{ends_at, gives, gives_from, skipping, skipping_from};
use crate::support::{Ran, convert, feed, folder, run, with};

/// Records with these numbers as an array in lines; number `bad` is cut off.
fn array(ids: &[u32], indent: &str, bad: u32) -> String {
    let record = |id: &u32| match *id == bad {
        true => format!("{indent}{{\"id\":99,"),
        false => format!("{indent}{{\"id\":{id}}}"),
    };
    format!("[\n{}\n]", ids.iter().map(record).collect::<Vec<_>>().join(",\n"))
}

/// The records as NDJSON.
fn lines(ids: &[u32]) -> String {
    ids.iter().map(|id| format!("{{\"id\":{id}}}\n")).collect()
}

/// The same of a compressed file and of one that is not mapped.
fn elsewhere(text: &str, flags: &[&str]) -> [Ran; 2] {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.json"), text).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    fs::write(here.join("a.json.gz"), packed.finish().unwrap()).unwrap();
    [&["a.json", "--io", "read"][..], &["a.json.gz"]].map(|input| {
        let convert = ["convert", "-t", "ndjson", "--on-error", "skip", "--slice-size", "40"];
        run(here, convert.iter().chain(input).chain(flags))
    })
}

/// One record is bad in the second of three arrays: the first, one in the middle, and the last.
#[test]
fn a_bad_record_of_the_second_array_is_one_bad_record() {
    for (before, behind, flags) in
        [("", "", &[][..]), ("{\"n\":[{\"id\":8}],\"d\":", ",\"e\":[7]}", &["--records-at", "/d"])]
    {
        for first in [&[1, 2][..], &[1]] {
            for between in ["\n", ""] {
                for bad in [3, 4, 5] {
                    let text: String = [first, &[3, 4, 5], &[6, 7]]
                        .map(|ids| format!("{before}{}{behind}{between}", array(ids, "  ", bad)))
                        .concat();
                    let good: Vec<u32> = (1..8).filter(|id| *id != bad && (*id != 2 || first.len() == 2)).collect();
                    // The last one has no comma after it.
                    let bytes = if bad == 5 { 8 } else { 9 };
                    let ran = skipping(&text, flags).ends(0).says(&["1 bad record ("]);
                    assert_eq!(ran.stdout, lines(&good), "{text}");
                    assert!(
                        [8, bytes].iter().any(|len| ran.stderr.contains(&format!("({len} bytes)"))),
                        "{}",
                        ran.stderr
                    );
                    for other in elsewhere(&text, flags) {
                        assert_eq!((other.code, other.stdout), (0, lines(&good)), "{text}: {}", other.stderr);
                    }
                }
            }
        }
    }
}

/// The records of the second array are indented more or less than those of the first: nothing tells where they begin.
#[test]
fn other_lines_in_the_second_array_are_not_swallowed() {
    for (first, second) in [("", "  "), ("  ", "    "), ("  ", ""), ("\t", "  ")] {
        for bad in [3, 4] {
            let before = array(&[1, 2], first, 0) + "\n";
            let text = format!("{before}{}\n", array(&[3, 4, 5, 6], second, bad));
            let good = &[1, 2, 3][..bad as usize - 1];
            let from = text.find("{\"id\":99").unwrap();
            ends_at(&text, &[], &lines(good), from);
        }
        // After the last one the array ends.
        let text = format!("{}\n{}\n", array(&[1, 2], first, 0), array(&[3, 4, 5], second, 5));
        gives(&text, &[], (&lines(&[1, 2, 3, 4]), "1 bad record (8 bytes)"));
    }
}

#[test]
fn the_second_array_is_cut_off() {
    for (text, good, bad) in [
        ("[{\"id\":1}][{\"id\":2},{\"id\":3}", &[1, 2, 3][..], "1 bad record (0 bytes)"),
        ("[{\"id\":1}][{\"id\":2},{\"id\":3},", &[1, 2, 3], "1 bad record (0 bytes)"),
        ("[{\"id\":1}]\n[{\"id\":2},{\"id\":3},]", &[1, 2, 3], "1 bad record (0 bytes)"),
        ("[{\"id\":1}][{\"id\":2},{\"id", &[1, 2], "1 bad record (4 bytes)"),
        ("[{\"id\":1}],[{\"id\":2}],", &[1, 2], "2 bad records (2 bytes)"),
        ("[{\"id\":1}][,{\"id\":2},,{\"id\":3}]", &[1, 2, 3], "2 bad records (2 bytes)"),
        // Nothing was said of these: there is nothing after their bracket.
        ("[{\"id\":1}][", &[1], "1 bad record (1 byte)"),
        ("[{\"id\":1}]\n[\n", &[1], "1 bad record (1 byte)"),
        ("[{\"id\":1}][]\n[ \n\n", &[1], "1 bad record (1 byte)"),
    ] {
        gives(text, &[], (&lines(good), bad));
        let here = folder();
        feed(here.path(), ["convert", "-", "-f", "json", "-t", "ndjson"], text.as_bytes()).ends(1);
        for other in elsewhere(text, &[]) {
            assert_eq!((other.code, other.stdout), (0, lines(good)), "{text}: {}", other.stderr);
        }
    }
    for (text, good, bad) in [
        ("{\"d\":[{\"id\":1}]}{\"d\":[{\"id\":2}", &[1, 2][..], "1 bad record (0 bytes)"),
        ("{\"d\":[{\"id\":1}]}\n{\"d\":[{\"id\":2},", &[1, 2], "1 bad record (0 bytes)"),
        ("{\"d\":[{\"id\":1}]}{\"d\":[", &[1], "1 bad record (1 byte)"),
        ("{\"d\":[{\"id\":1}]}\n{\"d\": [\n", &[1], "1 bad record (1 byte)"),
        // Commas between documents.
        ("{\"d\":[{\"id\":1}]},\n{\"d\":[{\"id\":2}]},\n{\"d\":[]},\n", &[1, 2], "3 bad records (3 bytes)"),
        ("{\"d\":[{\"id\":1}]} , {\"d\":[{\"id\":2}]}", &[1, 2], "1 bad record (1 byte)"),
    ] {
        gives(text, &["--records-at", "/d"], (&lines(good), bad));
    }
    // The document ends inside of what is around its array.
    for text in ["{\"d\":[{\"id\":1}]}{\"d\":[{\"id\":2}]", "{\"d\":[{\"id\":1}]}\n{\"d\":[{\"id\":2}],\"e\":[3]"] {
        let ran = skipping(text, &["--records-at", "/d"]).ends(1);
        assert_eq!(ran.stdout, lines(&[1, 2]));
        ran.says(&["the document ends before its lists and maps are closed"]);
    }
}

/// A document without records: how much was not read is said.
#[test]
fn a_later_document_without_records_ends_the_run() {
    for (second, why) in [
        ("{\"e\":1}", "the document has nothing at `/d`"),
        ("{\"d\":{\"x\":1}}", "no array at `/d`"),
        ("{\"d\":x}", "no array at `/d`"),
        ("[1]", "the document has nothing at `/d`"),
        ("x", "text after the end of the document"),
    ] {
        let text = format!("{{\"d\":[{{\"id\":1}}]}}\n{second}\n{{\"d\":[{{\"id\":2}}]}}\n");
        let ran = skipping(&text, &["--records-at", "/d"]).ends(1);
        assert_eq!(ran.stdout, lines(&[1]));
        ran.says(&[why, "line 2, byte ", " bytes) was not read"]);
    }
}

/// The records of an array that begins before the one before it is closed are there, in every shape; the bracket, if a
/// comma is before it, or the place where the other one is missing, is one bad record.
#[test]
fn an_array_that_is_not_closed_before_the_next_one() {
    for (text, ids, bad) in [
        ("[{\"id\":1},{\"id\":2},[{\"id\":3},{\"id\":4}]", &[1, 2, 3, 4][..], "1 bad record (1 byte)"),
        ("[{\"id\":1},{\"id\":2},\n[{\"id\":3},{\"id\":4}]\n", &[1, 2, 3, 4], "1 bad record (1 byte)"),
        ("[{\"id\":1}[{\"id\":2},{\"id\":3}]", &[1, 2, 3], "1 bad record (0 bytes)"),
        ("[\n{\"id\":1}\n[\n{\"id\":2},\n{\"id\":3}\n]\n", &[1, 2, 3], "1 bad record (0 bytes)"),
        ("[\n  {\"id\":1},\n[\n  {\"id\":2},\n  {\"id\":3}\n]\n", &[1, 2, 3], "1 bad record (1 byte)"),
        // Others follow, closed or not.
        ("[{\"id\":0},{\"id\":1} [ {\"id\":2},{\"id\":3}]\n[{\"id\":4}]", &[0, 1, 2, 3, 4], "1 bad record (0 bytes)"),
        ("[{\"id\":1},[{\"id\":2},[{\"id\":3}]", &[1, 2, 3], "2 bad records (2 bytes)"),
        ("[{\"id\":1}\n[{\"id\":2}\n[{\"id\":3}", &[1, 2, 3], "3 bad records (0 bytes)"),
        // A text in it is not closed: its maps are not lost with it.
        (
            "[\n{\"id\":0},\n{\"id\":1},\n[\n{\"id\":2},\n{\"id\":\"3},\n{\"id\":4}\n]\n",
            &[0, 1, 2, 4],
            "2 bad records (10 bytes)",
        ),
    ] {
        gives(text, &[], (&lines(ids), bad));
        let here = folder();
        feed(here.path(), ["convert", "-", "-f", "json", "-t", "ndjson"], text.as_bytes()).ends(1);
        for other in elsewhere(text, &[]) {
            assert_eq!((other.code, other.stdout), (0, lines(ids)), "{text}: {}", other.stderr);
        }
    }
    let inner = "{\"n\":0,\"d\":[{\"id\":1},[{\"id\":2},{\"id\":3}]}\n{\"d\":[{\"id\":4}]}\n";
    gives(inner, &["--records-at", "/d"], (&lines(&[1, 2, 3, 4]), "1 bad record (1 byte)"));
    // As long as a slice and longer.
    let ids: Vec<u32> = (0..40_000).collect();
    let record = |id: &u32| format!("{{\"id\":{id}}}");
    let [first, second] =
        [&ids[..20_000], &ids[20_000..]].map(|ids| ids.iter().map(record).collect::<Vec<_>>().join(","));
    for between in [",[", "[", "\n[\n"] {
        let text = format!("[{first}{between}{second}]\n");
        let here = folder();
        fs::write(here.path().join("a.json"), &text).unwrap();
        for way in [
            &["a.json", "-j", "1"][..],
            &["a.json", "-j", "3", "--slice-size", "1KiB"],
            &["a.json", "--io", "read"],
            &["-"],
        ] {
            let convert = ["convert", "-f", "json", "-t", "ndjson", "--on-error", "skip"];
            let ran = feed(here.path(), convert.iter().chain(way), text.as_bytes()).ends(0).says(&["1 bad record ("]);
            assert!(ran.stdout == lines(&ids), "{between:?} {way:?}");
        }
    }
}

/// A list among maps is a record, if a comma or the bracket of its array follows it; among lists it always is.
#[test]
fn lists_that_are_records() {
    let whole = skipping("[{\"n\":1},[{\"id\":1},{\"id\":2}]]", &[]).ends(0);
    assert_eq!((&*whole.stdout, &*whole.stderr), ("{\"n\":1}\n[{\"id\":1},{\"id\":2}]\n", ""));
    let mixed = skipping("[{\"n\":1},[{\"id\":1}],{\"n\":2},[],[1]]", &[]).ends(0);
    assert_eq!(mixed.stdout, "{\"n\":1}\n[{\"id\":1}]\n{\"n\":2}\n[]\n[1]\n");
    // Nothing is lost where they can't be told apart: the list comes out.
    gives(
        "[[{\"a\":1}],[{\"a\":2}],[{\"a\":3}]",
        &[],
        ("[{\"a\":1}]\n[{\"a\":2}]\n[{\"a\":3}]\n", "1 bad record (0 bytes)"),
    );
    gives("[{\"a\":1},[{\"a\":2}],[{\"a\":3}]", &[], ("{\"a\":1}\n[{\"a\":2}]\n{\"a\":3}\n", "1 bad record (1 byte)"));
    gives("[{\"a\":1} [2]]", &[], ("{\"a\":1}\n[2]\n", "1 bad record (0 bytes)"));
    gives("[[{\"a\":1}] [{\"a\":2}]]", &[], ("[{\"a\":1}]\n[{\"a\":2}]\n", "1 bad record (0 bytes)"));
    // One that is too large is one bad record.
    let large = format!("[{{\"n\":1}},[{{\"id\":\"{}\"}}],{{\"n\":2}}]", "x".repeat(3_000));
    let bad = "1 bad record (3,011 bytes)";
    gives(&large, &["--max-record-size", "1000"], ("{\"n\":1}\n{\"n\":2}\n", bad));
}

/// The records of the first array have lines of their own, those of the second one share a line: nothing tells there.
#[test]
fn a_later_array_in_one_line_is_not_swallowed() {
    let text = "[\n{\"id\":1},\n{\"id\":2}\n]\n[{\"id\":3},{\"id\":4]},{\"id\":5},{\"id\":6}]\n";
    ends_at(text, &[], &lines(&[1, 2, 3]), text.find("{\"id\":4").unwrap());
    let text = "[\n{\"id\":1},\n{\"id\":2}\n]\n[{\"id\":3]},{\"id\":4},{\"id\":5}]\n";
    ends_at(text, &[], &lines(&[1, 2]), text.find("{\"id\":3").unwrap());
}

/// JSON5 has no lines that tell, but nothing passes in silence either.
#[test]
fn arrays_of_json5() {
    for text in ["[{id:1}][", "[{id:1}]\n[ // nothing\n", "[{id:1}][{id:2},{"] {
        let ran = skipping_from("json5", text, &[]).ends(1);
        assert_eq!(ran.stdout.lines().next(), Some("{\"id\":1}"), "{text}");
    }
    for (text, good, bad) in [
        ("[{id:1}][{id:2},{id:3}", &[1, 2, 3][..], "1 bad record (0 bytes)"),
        ("[{id:1}][ ,", &[1], "1 bad record (1 byte)"),
        ("[{id:1}][{id:2},{id:x},{id:3}]", &[1, 2, 3], "1 bad record (6 bytes)"),
    ] {
        let ran = skipping_from("json5", text, &[]).ends(0).says(&[bad]);
        assert_eq!(ran.stdout, lines(good), "{text}");
    }
}

/// Wherever slices end, a record that lost its beginning has the same end.
#[test]
fn records_without_beginning_end_where_they_do() {
    let lines = "[\n{\"id\":0},\n\": \"a{b}[c],\", \"m\": {\"x\": [1, 2, {\"y\": 1}]}},\n{\"id\":2}\n]\n";
    gives(lines, &[], ("{\"id\":0}\n\": \"\n{\"id\":2}\n", "2 bad records (40 bytes)"));
    let pretty = "[\n  {\n    \"id\": 4\n  },\n  {\n    \"id\": 5,\n    \"n\": \"v5\"\n  },    \"id\": 6,\n    \"n\": \"v6\"\n  }\n]\n";
    gives(pretty, &[], ("{\"id\":4}\n{\"id\":5,\"n\":\"v5\"}\n", "1 bad record (26 bytes)"));
    let here = with(&[("a.json", pretty)]);
    for size in [16, 32, 64, 100] {
        let line = format!("a.json -t ndjson --on-error skip --slice-size {size}");
        let ran = convert(here.path(), &line).ends(0).says(&["1 bad record (26 bytes)"]);
        assert_eq!(ran.stdout, "{\"id\":4}\n{\"id\":5,\"n\":\"v5\"}\n", "{size}");
    }
}

/// In a line with many records, a bad one takes no other with it if its brackets tell where it ends.
#[test]
fn bad_records_inside_a_line() {
    let at = ["--records-at", "/it"];
    let text = "{\"it\":[{\"id\":1},{\"id\" 2},{\"id\":3}]}\n{\"it\":[{\"id\":4},{\"id\" 5}]}\n{\"it\":[{\"id\":6}]}\n";
    let good = "{\"id\":1}\n{\"id\":3}\n{\"id\":4}\n{\"id\":6}\n";
    gives_from("ndjson", text, &at, (good, "2 bad records (16 bytes)"));
}
