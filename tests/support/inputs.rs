//! What the tests convert: small texts written by hand, and samples.

use super::raw::Raw;
use pagemill::format::Format;
use pagemill::sample::{Amount, LAYOUT, Sample};

/// Sample data of about this many records.
pub fn sample(format: Format, flags: &Raw, records: u64) -> Vec<u8> {
    if format == Format::Fwf {
        // In the layout of `flags_for`.
        let name = |id: u64| ["Ada", "Zoë Smith", "", "\"x\", y"][id as usize % 4];
        let line = |id: u64| format!("{id:<12}{:>14}{:<60}\n", format!("{}.50", id % 97), name(id));
        return (0..records).map(line).collect::<String>().into_bytes();
    }
    let options = flags.options().expect("options");
    let sample = Sample { format, options, seed: 7, amount: Amount::Records(records), workers: 1 };
    let mut bytes = Vec::new();
    sample.write(&mut bytes).expect("a sample");
    bytes
}

/// Flags for a pair of formats that let samples of the one become records of the other.
pub fn flags_for(from: Format, to: Format) -> Raw {
    let mut flags = Raw::default();
    let some = |text: &str| Some(text.to_string());
    match (from, to) {
        (Format::Fwf, _) => flags.layout = some("id:12,price:14,name:60"),
        (Format::Text, Format::Fwf) => flags.layout = some("line:300"),
        (Format::Frames, Format::Fwf) => {
            flags.layout = some("payload:300");
            flags.payload = some("text");
        }
        (_, Format::Fwf) if from != Format::Fixed => {
            flags.layout = some("name:60b,id:20,pad:skip2,price:30");
            flags.select = vec!["id,price,name".to_string()];
        }
        (Format::Fixed, _) => flags.layout = some(LAYOUT),
        (Format::Text, Format::Fixed) => flags.layout = some("line:text300"),
        (Format::Frames, Format::Fixed) => {
            flags.layout = some("payload:text300");
            flags.payload = some("text");
        }
        (_, Format::Fixed) => {
            flags.layout = some("name:text60,id:u32be,pad:skip2,price:f64le");
            flags.select = vec!["id,price,name".to_string()];
        }
        _ => {}
    }
    flags
}

/// The formats that need no schema, and of which there are samples.
pub fn schemaless() -> Vec<Format> {
    Format::ALL.into_iter().filter(|format| *format != Format::Protobuf && !is_columnar(*format)).collect()
}

/// Whether records become columns: the libraries that make them allocate for each block.
#[allow(dead_code)]
pub fn is_columnar(format: Format) -> bool {
    [Format::Parquet, Format::Arrow, Format::ArrowStream].contains(&format)
}

/// Whether a layout can be that of both: one speaks for input and output.
#[allow(dead_code)]
pub fn has_layout(from: Format, to: Format) -> bool {
    ![(Format::Fixed, Format::Fwf), (Format::Fwf, Format::Fixed)].contains(&(from, to))
        && ![from, to].contains(&Format::Protobuf)
        && !is_columnar(from)
}

/// A text for each format that has what is rare: [format, what it is, text].
pub fn odd() -> Vec<(Format, &'static str, Vec<u8>)> {
    let text = |format, name, text: &str| (format, name, text.as_bytes().to_vec());
    let mut all = vec![
        text(Format::Csv, "empty", ""),
        text(Format::Csv, "one line feed", "\n"),
        text(Format::Csv, "header only", "a,b"),
        text(Format::Csv, "line breaks of every kind", "a,b\r\n1,2\r3,4\n5,6\r\n\r\n\n7,8"),
        text(
            Format::Csv,
            "quotes",
            "a,b\n\"x,\ny\",\"\"\"q\"\"\"\n\"\",\n,\"\"\n\"a\r\nb\",\"c\rd\"\n\"end\",\"\n\"\n",
        ),
        text(Format::Csv, "stray quotes", "a,b\nx\"y,2\n\"x\"y,3\n\"x\" ,4\n5\"\",\"6\n"),
        text(Format::Csv, "an open quote", "a,b\n1,2\n3,\"4\n5,6\n7,8\n"),
        text(Format::Csv, "byte order mark", "\u{feff}a,b\n1,2\n3,\u{feff}4"),
        text(Format::Csv, "one column", "a\n1\n\n\"\"\n\n2\n"),
        text(Format::Csv, "ragged", "a,b\n1,2\n3\n4,5,6\n7,8\n"),
        text(Format::Csv, "double names", "a,a,a_2,\n1,2,3,4\n5,6,7,8\n"),
        text(Format::Csv, "numbers", "a,b\n1.10,007\n-0,1e400\n12345678901234567890123,+5\n.5,1.\n\"1\",1E+2\n"),
        text(Format::Csv, "dots in names", "a.b,a.c,d\n1,2,\"[1,{\"\"x\"\":2}]\"\n,,\n\"\",4,{}\n"),
        text(Format::Tsv, "tabs", "a\tb\n\"x\ty\"\t2\n\\t\t\\\\\n\t\"\"\n"),
        text(Format::Ndjson, "empty", ""),
        text(Format::Ndjson, "blank lines", "\n\r\n{\"a\":1}\n \n\t{\"a\":2} \r\n\n{\"a\":3}"),
        text(Format::Ndjson, "byte order mark", "\u{feff}{\"a\":\"\u{feff}\"}\n{\"a\":2}\n"),
        text(Format::Ndjson, "bare values", "1\n\"x\"\nnull\n[1,[2]]\n{}\n[]\n1e400\n-0.0\n"),
        text(
            Format::Ndjson,
            "escapes",
            "{\"a\\n\\u0000\":\"\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\u00e9\"}\n{\"a\\n\\u0000\":\"\u{1f600}\"}\n",
        ),
        text(
            Format::Ndjson,
            "double keys",
            "{\"a\":1,\"b\":2,\"a\":3}\n{\"b\":{\"c\":1,\"c\":2}}\n{\"b.c\":1,\"b\":{\"c\":2}}\n",
        ),
        text(
            Format::Ndjson,
            "keys that come late",
            "{\"a\":1}\n{\"b\":{\"x\":1}}\n{\"c\":[]}\n{\"a\":2,\"\":3}\n{\"b\":{\"y\":null}}\n",
        ),
        text(
            Format::Ndjson,
            "now map, now text",
            "{\"a\":{\"b\":1}}\n{\"a\":\"x\"}\n{\"a\":{}}\n{\"a\":{\"b\":{\"c\":[{}]}}}\n",
        ),
        text(Format::Ndjson, "deep", &format!("{}1{}\n", "[".repeat(500), "]".repeat(500))),
        text(Format::Json, "empty array", " [ ] "),
        text(Format::Json, "nothing", " \n"),
        text(
            Format::Json,
            "pretty",
            "[\n  {\n    \"a\": [ 1,\n 2 ],\n    \"b\": \"],[\\\"\"\n  } ,\n  {\n    \"a\": {}\n  }\n]\n",
        ),
        text(Format::Json, "one object", "{\"a\": {\"b\": [1, 2]}, \"c\": 1.10}"),
        text(Format::Json, "concatenated", "{\"a\":1}{\"a\":2}\n[{\"a\":3}] 4 5 \"x\"{\"a\":{}}"),
        text(Format::Json, "numbers one after another", "1 2\n3\t4.0 -0"),
        text(Format::Json, "array of all sorts", "[1,\"x\",null,true,[],[[]],{},{\"a\":[{}]} , -1.5e-7]"),
        text(Format::Json, "behind the array", "[1,2]\n\n"),
        text(Format::Json, "rubbish behind the array", "[1,2] x"),
        text(Format::Json, "an open array", "[{\"a\":1},{\"a\":2}"),
        text(Format::Json, "a double comma", "[{\"a\":1},,{\"a\":2}]"),
        text(
            Format::Json5,
            "all liberties",
            "// c\n[ {a: 1, 'b': 'it\\'s \"x\"', \"n\": +5, h: 0xFF, /* in */ f: .5, g: 5., e: -.5e3,},\n\
             {$k: NaN, inf: -Infinity, s: 'a\\\nb\\x41\\v', \u{fc}n: [1,2,], m: {}, l: [],}, // t\n{a: null}, ]\n/* end */",
        ),
        text(Format::Json5, "one after another", "{a:1} // x\n{b:[2]}\n3 'x' null/**/-0x10 [4]"),
        text(Format::Json5, "broken", "[{a:1,}, {b:}, {c:3}, 007, {d:'x\ny'}, {e:5} {f:6}, ,{g:7}]"),
        text(Format::Json5, "an open comment", "[{a:1}, {b:2} /* c"),
        text(Format::Json5, "two arrays", "[{a:1}]\n[{a:2},]"),
        text(Format::Json, "a map of records", "{\"x\":{\"a\":1},\"y\\u00e9\":{\"b\":[2]},\"z\":3,\"w\":{\"a\":{}}}"),
        text(Format::Json, "a table of lists", "[[\"a\",\"b\"],[1,\"x\"],[2.50,[1, {\"c\":2}]],[3]]"),
        text(Format::Ndjson, "lists", "[\"a\",\"b\"]\n[1,\"x\"]\n\n[2,null]\n"),
        text(Format::Text, "empty", ""),
        text(Format::Text, "terminators", "a\r\nb\n\n\r\n\rc\r\r\nend"),
        text(Format::Text, "Base64", "YQ==\n\nYWJj\n!\nYWI=\n"),
        (Format::Text, "not UTF-8", b"good\n\xff\xfe\nal\xc3so\xe2\x82\nfine\n\xed\xa0\x80\0\n".to_vec()),
        (Format::Csv, "not UTF-8", b"a,b\n1,\xff\n\xc3\xa9,2\n\"\xe2\x82\",3\n".to_vec()),
        (Format::Ndjson, "not UTF-8", b"{\"a\":1}\n{\"a\":\"\xff\"}\n{\"a\":2}\n".to_vec()),
        (Format::Msgpack, "all types", b"\x84\xa1\x61\x01\xa1\x62\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a\xa1\x63\xc4\x02\xff\x00\xa1\x64\x97\xc0\xc3\xe0\x81\x05\xd9\x01\x78\xd6\xff\x5a\xfa\x00\x00\xd4\x07\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xca\x7f\xc0\x00\x00".to_vec()),
        (Format::Msgpack, "one array", b"\x93\x81\xa1\x61\x01\x81\xa1\x62\x92\x01\x02\x81\xa1\x61\xa1\x78".to_vec()),
        (Format::Msgpack, "an array cut off", b"\x93\x81\xa1\x61\x01\x81\xa1\x62\x92\x01\x02".to_vec()),
        (Format::Msgpack, "bad text", b"\x81\xa1\x61\xa1\xff\x81\xa1\x61\x01\x81\x91\x01\x02\x81\xa1\x61\x02".to_vec()),
        (Format::Msgpack, "no value", b"\x81\xa1\x61\x01\xc1\x81\xa1\x61\x02".to_vec()),
        (Format::Msgpack, "a part of a record", b"\x81\xa1\x61\x01\x82\xa1\x61\xa5\x78\x79".to_vec()),
        (Format::Msgpack, "a length that lies", b"\x81\xa1\x61\x01\x81\xa1\x61\xdd\xff\xff\xff\xff\x01".to_vec()),
        (Format::Msgpack, "double keys", b"\x82\xa1\x61\x01\xa1\x61\x02".to_vec()),
        (Format::Cbor, "all types", b"\xa4\x61\x61\xc4\x82\x21\x18\x6e\x61\x62\xf9\x3e\x00\x61\x63\x42\xff\x00\x61\x64\x9f\xf6\xf7\xe0\xc1\x00\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00\xff\xbf\x05\xd8\x20\x61\x78\xff\xf9\x7e\x00\x7f\x61\x61\x62\x62\x63\xff\x3b\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        (Format::Cbor, "an array without a length", b"\xd9\xd9\xf7\x9f\xa1\x61\x61\x01\xbf\x61\x62\x82\x01\x02\xff\xa1\x61\x61\x61\x78\xff".to_vec()),
        (Format::Cbor, "an array that is not closed", b"\x9f\xa1\x61\x61\x01\xa1\x61\x62\x02".to_vec()),
        (Format::Cbor, "a break too many", b"\xa1\x61\x61\x01\xff\xa1\x61\x61\x02".to_vec()),
        (Format::Cbor, "bad text", b"\xa1\x61\x61\x61\xff\xa1\x61\x61\x01\xbf\x61\x61\xff\xa1\x61\x61\x02".to_vec()),
        (Format::Cbor, "a part of a record", b"\xa1\x61\x61\x01\xa2\x61\x61\x65\x78\x79".to_vec()),
        (Format::Frames, "lengths", b"\x03\0\0\0abc\0\0\0\0\x02\0\0\0\xff\n\x01\0\0\0\"".to_vec()),
        (Format::Frames, "a part of a frame", b"\x03\0\0\0abc\x09\0\0\0rest".to_vec()),
        (Format::Frames, "a part of a length", b"\x03\0\0\0abc\x09\0".to_vec()),
        (Format::Frames, "a huge length", b"\x03\0\0\0abc\xff\xff\xff\xffrest".to_vec()),
        (Format::Frames, "JSON", b"\x07\0\0\0{\"a\":1}\x02\0\0\0{}\x04\0\0\0null".to_vec()),
    ];
    let mut record = Vec::new();
    for id in 0..9u32 {
        record.extend_from_slice(&id.to_le_bytes());
        record.extend_from_slice(&(f64::from(id) / 3.0).to_be_bytes());
        record.extend_from_slice(b"n\xc3\xa9  ");
        record.push((id % 2) as u8);
    }
    all.push((Format::Fixed, "records", record.clone()));
    all.push((Format::Fixed, "a part of a record", record[..40].to_vec()));
    record[33] = 7;
    record[52] = 0xff;
    all.push((Format::Fixed, "a flag of 7 and bad UTF-8", record));
    all
}

/// The layout of the odd fixed records; every other target gets by with it too.
pub const ODD_LAYOUT: &str = "a:u32le,b:f64be,name:text5,flag:bool";
