//! What shows that a flag does something: flags, and inputs on which they do.

/// A record source in every format.
#[derive(Clone, Copy)]
pub struct Input {
    pub csv: &'static [u8],
    pub tsv: &'static [u8],
    pub ndjson: &'static [u8],
    pub json: &'static [u8],
    pub text: &'static [u8],
    /// In the layout of [`LAYOUT`].
    pub fixed: &'static [u8],
    /// In the layout of [`WIDTHS`].
    pub fwf: &'static [u8],
    /// With a length of four bytes, as [`frames`](Input::frames) of JSON too.
    pub frames: &'static [u8],
    pub frames_of_json: &'static [u8],
    pub msgpack: &'static [u8],
    pub cbor: &'static [u8],
    /// The types of fields, and the bytes of records.
    pub avro: (&'static str, &'static [&'static [u8]]),
    /// Messages after their lengths; the fields are those of a schema in [`SCHEMAS`].
    pub protobuf: &'static [u8],
}

/// Files with schemas of Protobuf. What a flag may add has a field too.
pub const SCHEMAS: [(&str, &str); 6] = [
    (
        "m.proto",
        "optional int64 a = 1; optional string b = 2; optional string k = 3; optional string file = 4; optional string line = 5; optional string payload = 6; optional string z = 7; optional int64 made = 8;",
    ),
    ("b.proto", "optional int64 a = 1; optional bytes b = 2;"),
    ("n.proto", "message Ab { optional int64 c = 1; } optional Ab ab = 1; optional int64 d = 2;"),
    ("l.proto", "repeated int64 a = 1;"),
    ("t.proto", "optional string a = 1;"),
    ("f.proto", "optional float a = 1; optional float b = 2;"),
];

/// The types of `a` and `b` in Avro.
const AB: &str = r#"{"name":"a","type":"int"},{"name":"b","type":"string"}"#;

/// The layout of fixed records, for sources and for targets of what has these fields.
pub const LAYOUT: &str = "a:u8,b:text9";
/// The same for fixed-width text.
pub const WIDTHS: &str = "a:2,b:12";

pub const PLAIN: Input = Input {
    csv: b"a,b\n1,x y\n2,z\n",
    tsv: b"a\tb\n1\tx y\n2\tz\n",
    ndjson: b"{\"a\":1,\"b\":\"x y\"}\n{\"a\":2,\"b\":\"z\"}\n",
    json: b"[{\"a\":1,\"b\":\"x y\"},{\"a\":2,\"b\":\"z\"}]",
    text: b"x y\nz\n",
    fwf: b"1 x y\n2 z\n",
    fixed: b"\x01x y\0\0\0\0\0\0\x02z\0\0\0\0\0\0\0\0",
    frames: b"\x03\0\0\0x y\x01\0\0\0z",
    msgpack: b"\x82\xa1a\x01\xa1b\xa3x y\x82\xa1a\x02\xa1b\xa1z",
    cbor: b"\xa2\x61a\x01\x61b\x63x y\xa2\x61a\x02\x61b\x61z",
    avro: (AB, &[b"\x02\x06x y", b"\x04\x02z"]),
    protobuf: b"\x07\x08\x01\x12\x03x y\x05\x08\x02\x12\x01z",
    frames_of_json: b"\x11\0\0\0{\"a\":1,\"b\":\"x y\"}\x0f\0\0\0{\"a\":2,\"b\":\"z\"}",
};

/// The second record is bad.
pub const BAD: Input = Input {
    csv: b"a,b\n1,x\n2\n",
    tsv: b"a\tb\n1\tx\n2\n",
    ndjson: b"{\"a\":1,\"b\":\"x\"}\n{\n",
    json: b"[{\"a\":1,\"b\":\"x\"},{\"a\":x}]",
    text: b"x\n\xff\n",
    fwf: b"1 x\n2 z            too long\n",
    fixed: b"\x01x\0\0\0\0\0\0\0\0\x02z",
    frames: b"\x01\0\0\0x\x01\0",
    msgpack: b"\x82\xa1a\x01\xa1b\xa1x\x82\xa1a",
    cbor: b"\xa2\x61a\x01\x61b\x61x\xa2\x61a",
    avro: (AB, &[b"\x02\x02x", b"\x04\x28z"]),
    protobuf: b"\x05\x08\x01\x12\x01x\x05\x08\x02",
    frames_of_json: b"\x0f\0\0\0{\"a\":1,\"b\":\"x\"}\x01\0\0\0{",
};

/// Text that is not UTF-8: what windows-1252 makes of an e with an acute accent.
pub const LATIN: Input = Input {
    csv: b"a,b\n1,\xe9\n",
    tsv: b"a\tb\n1\t\xe9\n",
    ndjson: b"{\"a\":1,\"b\":\"\xe9\"}\n",
    json: b"[{\"a\":1,\"b\":\"\xe9\"}]",
    text: b"\xe9\n",
    fwf: b"1 \xe9\n",
    fixed: b"\x01\xe9\0\0\0\0\0\0\0\0",
    frames: b"\x01\0\0\0\xe9",
    msgpack: b"\x82\xa1a\x01\xa1b\xa1\xe9",
    cbor: b"\xa2\x61a\x01\x61b\x61\xe9",
    avro: (AB, &[b"\x02\x02\xe9"]),
    protobuf: b"\x05\x08\x01\x12\x01\xe9",
    frames_of_json: b"\x0f\0\0\0{\"a\":1,\"b\":\"\xe9\"}",
};

/// UTF-16 with a byte order mark and half a pair of surrogates, where a mark is looked for.
pub const SURROGATE: Input = Input {
    csv: b"\xff\xfea\0,\0b\0\n\x001\0,\0\x00\xd8\n\0",
    tsv: b"\xff\xfea\0\t\0b\0\n\x001\0\t\0\x00\xd8\n\0",
    ndjson: b"\xff\xfe{\0\"\0a\0\"\0:\0\"\0\x00\xd8\"\0}\0\n\0",
    json: b"\xff\xfe{\0\"\0a\0\"\0:\0\"\0\x00\xd8\"\0}\0\n\0",
    ..LATIN
};

/// A text with a quote in it, and a record that becomes JSON.
const QUOTED: Input = Input {
    csv: b"a,b\n1,\"x\"\"\"\n",
    tsv: b"a\tb\n1\t\"x\"\"\"\n",
    ndjson: b"{\"a\":1,\"b\":\"x\\\"\"}\n",
    json: b"[{\"a\":1,\"b\":\"x\\\"\"}]",
    text: b"x\"\n",
    fwf: b"1 x\"\n",
    fixed: b"\x01x\"\0\0\0\0\0\0\0",
    frames: b"\x02\0\0\0x\"",
    msgpack: b"\x82\xa1a\x01\xa1b\xa2x\"",
    cbor: b"\xa2\x61a\x01\x61b\x62x\"",
    avro: (AB, &[b"\x02\x04x\""]),
    protobuf: b"\x06\x08\x01\x12\x02x\"",
    frames_of_json: b"\x11\0\0\0{\"a\":1,\"b\":\"x\\\"\"}",
};

/// Values that are bytes, or text for bytes in base64.
const BYTES: Input = Input {
    csv: b"a,b\n1,YWJjZGVmZ2hp\n",
    tsv: b"a\tb\n1\tYWJjZGVmZ2hp\n",
    ndjson: b"{\"a\":1,\"b\":\"YWJjZGVmZ2hp\"}\n",
    json: b"[{\"a\":1,\"b\":\"YWJjZGVmZ2hp\"}]",
    text: b"YWJjZGVmZ2hp\n",
    fwf: b"1 YWJjZGVmZ2hp\n",
    fixed: b"\x01abcdefghi",
    frames: b"\x09\0\0\0abcdefghi",
    msgpack: b"\x82\xa1a\x01\xa1b\xc4\x09abcdefghi",
    cbor: b"\xa2\x61a\x01\x61b\x49abcdefghi",
    avro: (r#"{"name":"a","type":"int"},{"name":"b","type":"bytes"}"#, &[b"\x02\x12abcdefghi"]),
    protobuf: b"\x0d\x08\x01\x12\x09abcdefghi",
    frames_of_json: b"\x1a\0\0\0{\"a\":1,\"b\":\"YWJjZGVmZ2hp\"}",
};

/// Names of more than a byte, maps in maps, and numbers that are maps for CSV.
pub const NESTED: Input = Input {
    csv: b"ab.c,d\n1,2\n",
    tsv: b"ab.c\td\n1\t2\n",
    ndjson: b"{\"ab\":{\"c\":1},\"d\":2}\n",
    json: b"[{\"ab\":{\"c\":1},\"d\":2}]",
    fwf: b"1 2\n",
    fixed: b"\x01\x02",
    msgpack: b"\x82\xa2ab\x81\xa1c\x01\xa1d\x02",
    cbor: b"\xa2\x62ab\xa1\x61c\x01\x61d\x02",
    avro: (
        r#"{"name":"ab","type":{"type":"record","name":"Ab","fields":[{"name":"c","type":"int"}]}},{"name":"d","type":"int"}"#,
        &[b"\x02\x04"],
    ),
    protobuf: b"\x06\x0a\x02\x08\x01\x10\x02",
    frames_of_json: b"\x14\0\0\0{\"ab\":{\"c\":1},\"d\":2}",
    ..PLAIN
};
pub const NESTED_LAYOUT: &str = "ab.c:u8,d:u8";

/// Lists of plain values.
pub const LISTS: Input = Input {
    ndjson: b"{\"a\":[1,2]}\n",
    json: b"[{\"a\":[1,2]}]",
    msgpack: b"\x81\xa1a\x92\x01\x02",
    cbor: b"\xa1\x61a\x82\x01\x02",
    avro: (r#"{"name":"a","type":{"type":"array","items":"int"}}"#, &[b"\x04\x02\x04\0"]),
    protobuf: b"\x04\x0a\x02\x01\x02",
    frames_of_json: b"\x0b\0\0\0{\"a\":[1,2]}",
    ..PLAIN
};

/// JSON inside texts: a list, with white space where it matters that it is taken apart.
pub const JSON_TEXTS: Input = Input {
    csv: b"a\n\"[1, 2]\"\n",
    tsv: b"a\n\"[1, 2]\"\n",
    ndjson: b"{\"a\":\"[1, 2]\"}\n",
    json: b"[{\"a\":\"[1, 2]\"}]",
    fwf: b"[1, 2]\n",
    msgpack: b"\x81\xa1a\xa6[1, 2]",
    cbor: b"\xa1\x61a\x66[1, 2]",
    avro: (r#"{"name":"a","type":"string"}"#, &[b"\x0c[1, 2]"]),
    protobuf: b"\x08\x0a\x06[1, 2]",
    frames_of_json: b"\x0e\0\0\0{\"a\":\"[1, 2]\"}",
    ..PLAIN
};

/// Nulls, and numbers that become null.
pub const NULLS: Input = Input {
    csv: b"a,b\n,1\n",
    tsv: b"a\tb\n\t1\n",
    ndjson: b"{\"a\":null,\"b\":1}\n",
    json: b"[{\"a\":null,\"b\":1}]",
    fixed: b"\0\0\xc0\x7f\0\0\x80\x3f",
    msgpack: b"\x82\xa1a\xca\x7f\xc0\0\0\xa1b\x01",
    cbor: b"\xa2\x61a\xf9\x7e\0\x61b\x01",
    avro: (r#"{"name":"a","type":"float"},{"name":"b","type":"float"}"#, &[b"\0\0\xc0\x7f\0\0\x80\x3f"]),
    protobuf: b"\x0a\x0d\0\0\xc0\x7f\x15\0\0\x80\x3f",
    frames_of_json: b"\x12\0\0\0{\"a\":null,\"b\":1}",
    ..PLAIN
};

/// The third record is the first one again.
pub const DOUBLES: Input = Input {
    csv: b"a,b\n1,x\n2,z\n1,x\n",
    tsv: b"a\tb\n1\tx\n2\tz\n1\tx\n",
    ndjson: b"{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"z\"}\n{\"a\":1,\"b\":\"x\"}\n",
    json: b"[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"z\"},{\"a\":1,\"b\":\"x\"}]",
    text: b"x\nz\nx\n",
    fwf: b"1 x\n2 z\n1 x\n",
    fixed: b"\x01x\0\0\0\0\0\0\0\0\x02z\0\0\0\0\0\0\0\0\x01x\0\0\0\0\0\0\0\0",
    frames: b"\x01\0\0\0x\x01\0\0\0z\x01\0\0\0x",
    msgpack: b"\x82\xa1a\x01\xa1b\xa1x\x82\xa1a\x02\xa1b\xa1z\x82\xa1a\x01\xa1b\xa1x",
    cbor: b"\xa2\x61a\x01\x61b\x61x\xa2\x61a\x02\x61b\x61z\xa2\x61a\x01\x61b\x61x",
    avro: (AB, &[b"\x02\x02x", b"\x04\x02z", b"\x02\x02x"]),
    protobuf: b"\x05\x08\x01\x12\x01x\x05\x08\x02\x12\x01z\x05\x08\x01\x12\x01x",
    frames_of_json: b"\x0f\0\0\0{\"a\":1,\"b\":\"x\"}\x0f\0\0\0{\"a\":2,\"b\":\"z\"}\x0f\0\0\0{\"a\":1,\"b\":\"x\"}",
};

/// What gets a warning, or is lost.
pub const WARNED: Input = Input {
    csv: b"a,b,\n1,x,\n",
    tsv: b"a\tb\t\n1\tx\t\n",
    ndjson: b"{\"a\":1,\"b\":\"x\",\"b\":\"y\"}\n",
    json: b"[{\"a\":1,\"b\":\"x\",\"b\":\"y\"}]",
    msgpack: b"\x83\xa1a\x01\xa1b\xa1x\xa1b\xa1y",
    cbor: b"\xa3\x61a\x01\x61b\x61x\x61b\x61y",
    frames_of_json: b"\x17\0\0\0{\"a\":1,\"b\":\"x\",\"b\":\"y\"}",
    ..BAD
};

/// A flag with a value, and what shows that it does something.
#[derive(Clone, Copy)]
pub struct Probe {
    pub flag: &'static str,
    pub args: &'static [&'static str],
    /// Flags that are given with and without the one in question.
    pub beside: &'static [&'static str],
    pub input: Input,
    /// What is read.
    pub inputs: &'static [&'static str],
    /// The layout of fixed records; empty: the command has none.
    pub layout: &'static str,
    /// Standard error is what the flag changes.
    pub says: bool,
    /// The formats of input and output are said.
    pub formats: [bool; 2],
}

pub const fn probe(flag: &'static str, args: &'static [&'static str], input: Input) -> Probe {
    Probe { flag, args, beside: &[], input, inputs: &["in"], layout: LAYOUT, says: false, formats: [true, true] }
}

impl Probe {
    pub const fn beside(self, beside: &'static [&'static str]) -> Probe {
        Probe { beside, ..self }
    }

    pub const fn layout(self, layout: &'static str) -> Probe {
        Probe { layout, ..self }
    }

    pub const fn reading(self, inputs: &'static [&'static str]) -> Probe {
        Probe { inputs, ..self }
    }

    pub const fn says(self) -> Probe {
        Probe { says: true, ..self }
    }
}

/// Two where one kind of input does not show what a flag does to all that it is for.
pub const PROBES: &[Probe] = &[
    // Input and output
    Probe { formats: [false, true], ..probe("from", &["-f", "text"], PLAIN) },
    Probe { formats: [true, false], ..probe("to", &["-t", "json"], PLAIN) },
    Probe { formats: [true, false], ..probe("to", &["-t", "csv"], PLAIN) },
    probe("output", &["-o", "out"], PLAIN),
    probe("out-dir", &["--out-dir", "made"], PLAIN),
    probe("force", &["--force"], PLAIN).beside(&["-o", "old"]),
    probe("recursive", &["--recursive"], PLAIN).reading(&["folder"]),
    probe("files-from", &["--files-from", "list"], PLAIN),
    probe("zero-terminated", &["--zero-terminated"], PLAIN).beside(&["--files-from", "list0"]),
    probe("decompress", &["--decompress", "gzip"], PLAIN),
    probe("compress", &["--compress", "gzip"], PLAIN),
    probe("encoding", &["--encoding", "latin1"], LATIN),
    probe("include", &["--include", "*.none"], PLAIN).beside(&["--recursive"]).reading(&["folder"]),
    probe("out-encoding", &["--out-encoding", "utf-16le"], PLAIN),
    // CSV and TSV
    probe("delimiter", &["--delimiter", ";"], Input { csv: b"a;b\n1;x\n", tsv: b"a;b\n1;x\n", ..PLAIN }),
    probe("quote", &["--quote", "'"], Input { csv: b"a,b\n1,'x,y'\n2,z\n", tsv: b"a\tb\n1\t'x\ty'\n2\tz\n", ..PLAIN }),
    probe(
        "escape",
        &["--escape", "\\"],
        Input { csv: b"a,b\n1,\"\\\"\"\n2,\"z\"\n", tsv: b"a\tb\n1\t\"\\\"\"\n2\t\"z\"\n", ..PLAIN },
    ),
    probe("no-quoting", &["--no-quoting"], Input { csv: b"a,b\n1,\"x\n2,z\n", tsv: b"a\tb\n1\t\"x\n2\tz\n", ..PLAIN }),
    probe(
        "comment",
        &["--comment", "#"],
        Input { csv: b"a,b\n1,x\n#\n", tsv: b"a\tb\n1\tx\n#\n", fwf: b"1 x\n#\n", ..PLAIN },
    ),
    probe("skip-lines", &["--skip-lines", "1"], PLAIN),
    probe("skip-until", &["--skip-until", "^[2z]"], PLAIN),
    probe("skip-records", &["--skip-records", "1"], PLAIN),
    probe("skip-footer", &["--skip-footer", "1"], PLAIN),
    probe(
        "skip-repeated-headers",
        &["--skip-repeated-headers"],
        Input { csv: b"a,b\n1,x\na,b\n", tsv: b"a\tb\n1\tx\na\tb\n", ..PLAIN },
    ),
    probe("clean-names", &["--clean-names", "lower"], Input { csv: b"A,b\n1,x\n", tsv: b"A\tb\n1\tx\n", ..PLAIN }),
    probe("bom", &["--bom"], PLAIN),
    probe("names", &["--names", "b,a"], Input { json: b"[[\"x\",1]]", ndjson: b"[\"x\",1]\n", ..PLAIN }),
    probe("no-headers", &["--no-headers", "--select", "column_1"], PLAIN).beside(&["--on-error", "skip"]),
    probe("no-headers", &["--no-headers"], PLAIN),
    probe("ragged", &["--ragged", "pad"], BAD),
    // Fixed records have no nulls.
    probe("ragged", &["--ragged", "pad"], BAD).layout("a:u8").beside(&["--select", "a"]),
    probe(
        "tsv-escapes",
        &["--tsv-escapes"],
        Input {
            csv: b"a,b\n1,x\ty\n",
            tsv: b"a\tb\n1\t\"x\ty\"\n",
            ndjson: b"{\"a\":1,\"b\":\"x\\ty\"}\n",
            json: b"[{\"a\":1,\"b\":\"x\\ty\"}]",
            text: b"x\ty\n",
            fixed: b"\x01x\ty\0\0\0\0\0\0",
            fwf: b"1 x\ty\n",
            // As base64 it has no tab.
            frames: b"\x03\0\0\0x\ty",
            msgpack: b"\x82\xa1a\x01\xa1b\xa3x\ty",
            cbor: b"\xa2\x61a\x01\x61b\x63x\ty",
            avro: (AB, &[b"\x02\x06x\ty"]),
            protobuf: b"\x07\x08\x01\x12\x03x\ty",
            frames_of_json: b"\x12\0\0\0{\"a\":1,\"b\":\"x\\ty\"}",
        },
    ),
    probe(
        "dialect",
        &["--dialect", "mysql"],
        Input { csv: b"a,b\n1,\"\\x\"\n2,z\n", tsv: b"a\tb\n1\t\\x\n2\tz\n", ..PLAIN },
    ),
    probe("skip-space", &["--skip-space"], Input { csv: b"a, b\n1, x\n", tsv: b"a\t b\n1\t x\n", ..PLAIN }),
    probe("out-dialect", &["--out-dialect", "unix"], PLAIN),
    probe("out-delimiter", &["--out-delimiter", ";"], Input { text: b"x;\n", ..PLAIN }),
    // Base64 ends with it.
    probe("out-delimiter", &["--out-delimiter", "="], PLAIN).beside(&["--out-no-quoting"]),
    probe("out-quote", &["--out-quote", "'"], QUOTED),
    probe("out-escape", &["--out-escape", "\\"], QUOTED),
    probe("out-escape", &["--out-escape", "\\"], PLAIN).beside(&["--out-quote", "="]),
    probe("out-no-quoting", &["--out-no-quoting"], QUOTED),
    probe("out-no-headers", &["--out-no-headers"], PLAIN),
    probe("quote-all", &["--quote-all"], PLAIN),
    probe("crlf", &["--crlf"], PLAIN),
    probe("columns", &["--columns", "b,a"], PLAIN),
    probe("columns", &["--columns", "line"], PLAIN),
    // JSON
    probe(
        "records-at",
        &["--records-at", "/d"],
        Input { json: b"{\"d\":[{\"a\":1,\"b\":\"x\"}]}", ndjson: b"{\"d\":[{\"a\":1,\"b\":\"x\"}]}\n", ..PLAIN },
    ),
    probe("key-column", &["--key-column", "k"], Input { json: b"{\"x\":{\"a\":1,\"b\":\"y\"}}", ..PLAIN })
        .layout("a:u8,b:text9,k:text9"),
    probe("nested", &["--nested", "json"], NESTED).layout(NESTED_LAYOUT),
    probe("nested", &["--nested", "json"], NESTED).layout("ab:text9"),
    probe("join-lists", &["--join-lists", "|"], LISTS).layout("a:text9"),
    probe("unflatten", &["--unflatten"], NESTED).layout(NESTED_LAYOUT),
    probe("pretty", &["--pretty"], PLAIN),
    probe("omit-null", &["--omit-null"], NULLS).layout("a:f32le,b:f32le"),
    // Those that have no nulls of their own.
    probe("omit-null", &["--omit-null"], PLAIN).beside(&["--set", "a=null"]),
    probe("nonfinite", &["--nonfinite", "text"], NULLS).layout("a:f32le,b:f32le"),
    // Binary
    probe("layout", &["--layout", LAYOUT], PLAIN).layout(""),
    probe("layout", &["--layout", WIDTHS], PLAIN).layout(""),
    probe("layout", &["--layout", "line:9"], PLAIN).layout(""),
    probe("layout", &["--layout", "payload:9"], PLAIN).layout(""),
    probe("layout", &["--layout", "line:text9"], PLAIN).layout(""),
    probe("layout", &["--layout", "payload:text9"], PLAIN).layout(""),
    probe("frame", &["--frame", "u16le"], PLAIN),
    // One field has no order.
    probe("canonical", &["--canonical"], NESTED).layout(NESTED_LAYOUT),
    probe("payload", &["--payload", "text"], PLAIN),
    probe("payload", &["--payload", "json"], PLAIN),
    probe("payload", &["--payload", "cbor"], PLAIN),
    probe("payload", &["--payload", "json"], PLAIN).beside(&["--select", "b"]),
    // Fields
    probe("select", &["--select", "b"], PLAIN),
    probe("drop", &["--drop", "b"], PLAIN),
    probe("rename", &["--rename", "a=z"], PLAIN),
    probe("rename", &["--rename", "line=z"], PLAIN),
    // Values
    probe("null", &["--null", "x y,z"], PLAIN).beside(&["--on-error", "skip"]),
    probe("null", &["--null", "1,2"], PLAIN).beside(&["--select", "a"]),
    probe("out-null", &["--out-null", "x y"], PLAIN),
    // The Base64 of z.
    probe("out-null", &["--out-null", "eg=="], PLAIN).says(),
    // In fixed-width text there are no quotes: such a text is counted.
    probe("out-null", &["--out-null", "z"], PLAIN).beside(&["--strict"]),
    probe("out-null", &["--out-null", "NULL"], PLAIN).beside(&["--columns", "a,nobody"]),
    probe("types", &["--types", "a=text"], PLAIN),
    probe("types", &["--types", "a=date"], PLAIN),
    probe("limit", &["--limit", "1"], PLAIN),
    probe("offset", &["--offset", "1"], PLAIN),
    probe("tail", &["--tail", "1"], PLAIN),
    probe("sample", &["--sample", "1"], PLAIN),
    probe("seed", &["--seed", "1"], PLAIN).beside(&["--sample", "1"]),
    probe("seed", &["--seed", "2"], PLAIN).beside(&["--sample", "1"]),
    probe("seed", &["--seed", "3"], PLAIN).beside(&["--sample", "1"]),
    probe("seed", &["--seed", "4"], PLAIN).beside(&["--sample", "1"]),
    probe("dedupe", &["--dedupe", "*"], DOUBLES),
    probe("dedupe-keep", &["--dedupe-keep", "last"], DOUBLES).beside(&["--dedupe", "*"]),
    probe("spill-dir", &["--spill-dir", "/"], PLAIN).beside(&["--dedupe", "*", "--explain"]),
    probe("where", &["--where", "record_number() = 1"], PLAIN),
    probe("source-column", &["--source-column", "file"], PLAIN),
    // What has such a field already is refused.
    probe("source-column", &["--source-column", "a"], PLAIN),
    probe("source-column", &["--source-column", "line"], PLAIN),
    probe("source-column", &["--source-column", "payload"], PLAIN),
    probe("set", &["--set", "made=record_number()"], PLAIN),
    probe("set", &["--set", "a=7"], PLAIN),
    probe("set", &["--set", "line='z'"], PLAIN),
    probe("set", &["--set", "payload='z'"], PLAIN),
    probe("explode", &["--explode", "a"], JSON_TEXTS).beside(&["--parse-json", "a"]).layout("a:text9"),
    probe("parse-json", &["--parse-json", "a"], JSON_TEXTS).layout("a:text9"),
    probe("op", &["--op", "upper"], PLAIN),
    probe("op", &["--op", "wordcount"], PLAIN),
    probe("bytes", &["--bytes", "text"], BYTES).layout("a:u8,b:bytes9"),
    probe("bytes", &["--bytes", "text"], BYTES).layout("a:u8,b:text9"),
    probe("bytes", &["--bytes", "text"], BYTES).beside(&["--select", "b"]),
    // What is compared of an output is its text, in which other bytes are replaced anyway.
    probe("invalid-utf8", &["--invalid-utf8", "replace"], LATIN).says(),
    probe("invalid-utf8", &["--invalid-utf8", "replace"], SURROGATE).says(),
    // Errors
    probe("on-error", &["--on-error", "skip"], BAD),
    probe("on-error", &["--on-error", "skip"], PLAIN).beside(&["--max-record-size", "2"]),
    probe("quarantine", &["--quarantine", "made"], BAD),
    probe("quarantine", &["--quarantine", "made"], PLAIN).beside(&["--max-record-size", "2"]),
    probe("max-errors", &["--max-errors", "0"], BAD).beside(&["--on-error", "skip"]),
    probe("max-errors", &["--max-errors", "0"], PLAIN).beside(&["--on-error", "skip", "--max-record-size", "2"]),
    probe("strict", &["--strict"], WARNED),
    probe("strict", &["--strict"], NESTED).layout(NESTED_LAYOUT),
    probe("strict", &["--strict"], PLAIN),
    probe("strict", &["--strict"], LATIN).beside(&["--invalid-utf8", "replace"]),
    probe("keep-going", &["--keep-going"], PLAIN).reading(&["missing", "in2"]).beside(&["-o", "out"]),
    probe("max-record-size", &["--max-record-size", "1"], PLAIN),
    probe("max-key-length", &["--max-key-length", "1"], NESTED).layout(NESTED_LAYOUT),
    probe("max-depth", &["--max-depth", "1"], NESTED).layout(NESTED_LAYOUT),
    probe("max-fields", &["--max-fields", "1"], PLAIN),
    probe("max-keys", &["--max-keys", "1"], PLAIN),
    // Run and memory
    probe("workers", &["--workers", "3"], PLAIN).beside(&["--explain", "--slice-size", "1"]),
    probe("memory-limit", &["--memory-limit", "60MB"], PLAIN).beside(&["--explain"]),
    probe("slice-size", &["--slice-size", "100kB"], PLAIN).beside(&["--explain"]),
    probe("io", &["--io", "read"], PLAIN).beside(&["--explain"]),
    // Resume: a compressed output has no checkpoints, and says so when it is to have some.
    probe("resume", &["--resume"], PLAIN).beside(&["-o", "out.gz"]),
    probe("checkpoint", &["--checkpoint"], PLAIN).beside(&["-o", "out.gz"]),
    probe("durable", &["--durable"], PLAIN).beside(&["-o", "out.gz"]),
    // See
    probe("report", &["--report", "made"], PLAIN),
    probe("explain", &["--explain"], PLAIN),
    probe("quiet", &["--quiet"], BAD).beside(&["--on-error", "skip"]).says(),
    probe("quiet", &["--quiet"], PLAIN).beside(&["--on-error", "skip", "--max-record-size", "2"]).says(),
    probe("verbose", &["--verbose"], PLAIN).says(),
    probe("progress", &["--progress", "plain"], PLAIN).says(),
    probe("monitor", &["--monitor"], PLAIN).says(),
    probe("metrics-file", &["--metrics-file", "made"], PLAIN),
    probe("cpuprofile", &["--cpuprofile", "made"], PLAIN),
    probe("memprofile", &["--memprofile", "made"], PLAIN),
    probe("dashboard", &["--dashboard", "0"], PLAIN).beside(&["--explain"]),
];

/// What is said about bad data is taken everywhere, also where nothing can be bad; and an order of fields where there
/// is only one.
pub const POLICIES: &[&str] = &["strict", "on-error", "max-errors", "quarantine", "quiet", "canonical"];

/// Flags whose effect takes more than a small input, and the tests that show it.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("config", "files: config.rs"),
    ("profile", "a file that has one: config.rs"),
    ("no-history", "a run of more than a second: history.rs"),
    ("strict-memory", "a peak above the limit: pressure.rs"),
    ("no-checkpoint", "an input of 2 GiB: doubles/writes.rs and faults/resume.rs begin checkpoints"),
    ("checkpoint-every", "an interruption: resume.rs"),
    ("otlp", "a collector: otlp.rs"),
    ("schema", "a file that is one: schema.rs"),
    ("block-size", "a container: avro.rs"),
    ("message", "a schema of Protobuf: protobuf.rs"),
    ("proto-json", "a schema of Protobuf: protobuf.rs"),
    ("snapshot", "a file that grows: parts.rs"),
    ("linger", "a page that somebody looks at: dashboard.rs"),
];
