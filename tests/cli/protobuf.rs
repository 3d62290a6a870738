//! Protobuf with all that a command does with records. The bytes are written by hand from the specification.

use std::fs;
use std::path::Path;

use crate::support::{Ran, folder, run};

/// Runs a command in a folder with these files.
fn ran(here: &Path, line: &str) -> Ran {
    run(here, line.split_whitespace())
}

fn bytes(here: &Path, name: &str) -> Vec<u8> {
    fs::read(here.join(name)).unwrap()
}

const TRIP: &str = r#"syntax = "proto3";
package t;
message Trip {
  int32 id = 1;
  string city = 2;
  repeated int32 counts = 3;
  map<string, int32> m = 4;
  Place at = 5;
  oneof fare { double cash = 6; string card = 7; }
  Kind kind = 8;
  optional bool ok = 9;
  bytes raw = 10;
  sint64 z_z = 11;
  fixed32 f = 12;
  float r = 13;
  uint64 big = 14;
}
message Place { string name = 1; Place next = 2; }
enum Kind { UNKNOWN = 0; BUS = 1; }
"#;

const ONE: &[u8] = b"\x42\x08\x96\x01\x12\x04Oslo\x1a\x03\x03\x8e\x02\x22\x05\x0a\x01a\x10\x01\x2a\x03\x0a\x01x\
\x31\0\0\0\0\0\0\x04\x40\x40\x01\x48\0\x52\x02\xff\0\x58\x03\x65\x07\0\0\0\x6d\xcd\xcc\xcc\x3d\
\x70\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";

const LINE: &str = r#"{"id":150,"city":"Oslo","counts":[3,270],"m":{"a":1},"at":{"name":"x"},"cash":2.5,"kind":"BUS","ok":false,"raw":"/wA=","z_z":-2,"f":7,"r":0.1,"big":18446744073709551615}
"#;
const EMPTY: &str = r#"{"id":0,"city":"","counts":[],"m":{},"kind":"UNKNOWN","raw":"","z_z":0,"f":0,"r":0.0,"big":0}
"#;

/// A folder with the schema and two records, the second of which is empty.
fn trips() -> tempfile::TempDir {
    let here = folder();
    fs::write(here.path().join("t.proto"), TRIP).unwrap();
    fs::write(here.path().join("a.pb"), [ONE, b"\0"].concat()).unwrap();
    here
}

#[test]
fn there_and_back() {
    let here = trips();
    let here = here.path();
    let lines = format!("{LINE}{EMPTY}");
    assert_eq!(ran(here, "convert a.pb --schema t.proto -t ndjson -q").ends(0).stdout, lines);
    fs::write(here.join("a.ndjson"), &lines).unwrap();
    ran(here, "convert a.ndjson --schema t.proto -o b.pb --strict").ends(0);
    assert_eq!(bytes(here, "b.pb"), bytes(here, "a.pb"));
    // Decoded and written again.
    ran(here, "convert a.pb --schema t.proto -o c.pb --set id=id+1 --set id=id-1").ends(0);
    assert_eq!(bytes(here, "c.pb"), bytes(here, "a.pb"));
    // As frames.
    let frames = "--payload protobuf --frame u16be --schema t.proto";
    ran(here, &format!("convert a.ndjson -o a.frames {frames}")).ends(0);
    assert_eq!(bytes(here, "a.frames"), [b"\0", ONE, b"\0\0"].concat());
    assert_eq!(ran(here, &format!("convert a.frames -t ndjson -q {frames}")).ends(0).stdout, lines);
    // One message a file.
    fs::write(here.join("one"), &ONE[1..]).unwrap();
    let one = "-f frames --frame none --payload protobuf --schema t.proto";
    for more in ["", "--io read", "--slice-size 1"] {
        assert_eq!(ran(here, &format!("convert one {one} -t ndjson {more}")).ends(0).stdout, LINE);
    }
    ran(here, "convert one one -f frames --frame none --payload protobuf --schema t.proto -o two.pb").ends(0);
    assert_eq!(bytes(here, "two.pb"), ONE.repeat(2));
    let none = "--frame none --payload protobuf --schema t.proto";
    ran(here, &format!("convert a.pb -o b.frames {none}")).ends(2).says(&["only for reading"]);
    for more in ["--slice-size 1", "--workers 7 --slice-size 1", "--memory-limit 16MB", "--io read", "--io map"] {
        assert_eq!(ran(here, &format!("convert a.pb --schema t.proto -t ndjson -q {more}")).ends(0).stdout, lines);
        ran(here, &format!("convert a.ndjson --schema t.proto -o b.pb --force {more}")).ends(0);
        assert_eq!(bytes(here, "b.pb"), bytes(here, "a.pb"), "{more}");
    }
    assert!(ran(here, "count -r a.pb --schema t.proto").ends(0).stdout.trim().starts_with("2 "));
    let csv = ran(here, "convert a.pb --schema t.proto -t csv -q -s id,city,at.name,z_z").ends(0).stdout;
    assert_eq!(csv, "id,city,at.name,z_z\n150,Oslo,x,-2\n0,\"\",,0\n");
}

#[test]
fn the_json_of_the_specification() {
    let here = trips();
    let here = here.path();
    let line = LINE.replace("\"z_z\":-2", "\"zZ\":\"-2\"").replace("18446744073709551615", "\"18446744073709551615\"");
    let lines = format!("{line}{{}}\n");
    let json = ran(here, "convert a.pb --schema t.proto -t ndjson -q --proto-json").ends(0);
    assert_eq!(json.stdout, lines);
    fs::write(here.join("a.ndjson"), &lines).unwrap();
    ran(here, "convert a.ndjson --schema t.proto -o b.pb --strict --proto-json").ends(0);
    assert_eq!(bytes(here, "b.pb"), bytes(here, "a.pb"));
    // Both names are read; without the flag, a number in a text is another spelling.
    ran(here, "convert a.ndjson --schema t.proto -o b.pb --force").ends(0).says(&["(spelling_changed)"]);
    assert_eq!(bytes(here, "b.pb"), bytes(here, "a.pb"));
    ran(here, "convert a.pb --schema t.proto -t csv --proto-json").ends(2).says(&["`--proto-json` has no effect"]);
}

#[test]
fn tables_become_messages() {
    let here = trips();
    let here = here.path();
    fs::write(
        here.join("a.csv"),
        "at.name,id,m.a,counts,kind,extra,at.next.name,cash\nx,150,1,\"[3,270]\",BUS,9,,2.5\n,7,,,1,,y,\n",
    )
    .unwrap();
    let said = ran(here, "convert a.csv --schema t.proto -o a2.pb").ends(0);
    // `id`, `kind` and `counts` that are null have defaults; the field `extra` is there twice.
    said.says(&["2 fields left out because the schema has no such field", "(null_as_default)"]);
    let one = b"\x1f\x08\x96\x01\x1a\x03\x03\x8e\x02\x22\x05\x0a\x01a\x10\x01\x2a\x03\x0a\x01x\x31\0\0\0\0\0\0\x04\x40\x40\x01";
    assert_eq!(one.len(), 0x1f + 1);
    let two = b"\x0b\x08\x07\x2a\x05\x12\x03\x0a\x01y\x40\x01";
    assert_eq!(bytes(here, "a2.pb"), [&one[..], two].concat());
    ran(here, "convert a.csv --schema t.proto -o b.pb --strict").ends(1).says(&["--strict"]);
    for (text, wanted) in [
        ("id\n2147483648\n", "the field `id` is `2147483648`, which is not an int32: it is out of range"),
        ("id\n1.5\n", "which is not an int32: it has a fraction"),
        ("id\nx\n", "the field `id` is `x`, which is not an int32"),
        ("kind\nBSU\n", "which is not a value of the enum t.Kind; the nearest name is `BUS`"),
        ("cash,card\n1,x\n", "the field `card` is set, and another field of `fare` too"),
        ("raw\n*\n", "it is not base64"),
        ("counts\n5\n", "which is not a list"),
        ("counts\n\"[1,\"\n", "which is not the JSON text of a list"),
        ("at,at.name\n\"{}\",x\n", "has both a value of its own and fields inside"),
    ] {
        fs::write(here.join("b.csv"), text).unwrap();
        ran(here, "convert b.csv --schema t.proto -o b.pb --force").ends(1).says(&[wanted]);
    }
    fs::write(here.join("b.csv"), "id\n1\n").unwrap();
    ran(here, "convert b.csv --schema t.proto -o b.pb --unflatten").ends(2).says(&["`--unflatten` has no effect"]);
}

#[test]
fn what_nobody_knows_is_counted_or_copied() {
    let here = trips();
    let here = here.path();
    // Field 99 as a number, and field 98 as a group.
    let more = b"\x0c\x08\x01\x98\x06\x05\x93\x06\x08\x01\x94\x06\x00";
    fs::write(here.join("u.pb"), &more[..]).unwrap();
    let bad = ran(here, "convert u.pb --schema t.proto -t ndjson -q").ends(1);
    bad.says(&["there is no field where one was expected"]);
    let more = b"\x0b\x08\x01\x98\x06\x05\x93\x06\x08\x01\x94\x06";
    fs::write(here.join("u.pb"), &more[..]).unwrap();
    let said = ran(here, "convert u.pb --schema t.proto -t ndjson -s id").ends(0);
    assert_eq!(said.stdout, "{\"id\":1}\n");
    said.says(&["2 fields left out because the schema has no such field (field_not_in_schema)"]);
    for more_flags in ["", "--where id=1", "--limit 1"] {
        ran(here, &format!("convert u.pb --schema t.proto -o v.pb --strict --force {more_flags}")).ends(0);
        assert_eq!(bytes(here, "v.pb"), more, "{more_flags}");
    }
}

#[test]
fn values_are_merged() {
    let here = trips();
    let here = here.path();
    // Numbers with and without packing, a message in two parts, a field twice, a key twice, both of a group.
    let all = b"\x18\x01\x1a\x02\x02\x03\x08\x05\x18\x04\x2a\x03\x0a\x01a\x2a\x05\x12\x03\x0a\x01b\x08\x06\
\x22\x05\x0a\x01k\x10\x01\x22\x05\x0a\x01k\x10\x02\x31\0\0\0\0\0\0\x04\x40\x3a\x01c\x40\x09";
    fs::write(here.join("u.pb"), [&[all.len() as u8], &all[..]].concat()).unwrap();
    let said = ran(here, "convert u.pb --schema t.proto -t ndjson -q -s id,counts,m,at,cash,card,kind").ends(0);
    let wanted = "{\"id\":6,\"counts\":[1,2,3,4],\"m\":{\"k\":2},\"at\":{\"name\":\"a\",\"next\":{\"name\":\"b\"}},\"card\":\"c\",\"kind\":9}\n";
    assert_eq!(said.stdout, wanted);
}

#[test]
fn schemas_and_messages() {
    let here = trips();
    let here = here.path();
    let write = |name: &str, text: &str| fs::write(here.join(name), text).unwrap();
    let fails = |line: &str, words: &[&str]| {
        ran(here, line).ends(2).says(words);
    };
    fails("convert a.pb -t ndjson", &["needs --schema, a .proto file or a descriptor set"]);
    fails("convert a.pb -t ndjson --message t.Trip", &["`--message` has no effect"]);
    fails("convert a.pb -t ndjson --schema t.proto --message t.Trap", &["no message `t.Trap`; did you mean `t.Trip`?"]);
    fails("convert a.pb -t ndjson --schema t.proto --message Place", &["did you mean `t.Place`?"]);
    write("two.proto", "syntax = \"proto3\"; message A { int32 a = 1; } message B { int32 b = 1; }");
    fails("convert a.pb -t ndjson --schema two.proto", &["several messages: A, B", "--message A"]);
    write("bad.proto", "syntax = \"proto3\";\nmessage A {\n  int32 a = ;\n}\n");
    fails("convert a.pb -t ndjson --schema bad.proto", &["line 3, column 13"]);
    write("far.proto", "syntax = \"proto3\";\nimport \"x/y.proto\";\nmessage A { x.Y a = 1; }");
    fails("convert a.pb -t ndjson --schema far.proto", &["import 'x/y.proto' not found", "Imports are looked for"]);
    fs::create_dir(here.join("x")).unwrap();
    write("x/y.proto", "syntax = \"proto3\"; package x; import \"x/z.proto\"; message Y { Z z = 1; }");
    write("x/z.proto", "syntax = \"proto3\"; package x; message Z { int32 i = 1; }");
    fs::write(here.join("f.pb"), b"\x06\x0a\x04\x0a\x02\x08\x05").unwrap();
    let said = ran(here, "convert f.pb -t ndjson --schema far.proto").ends(0);
    assert_eq!(said.stdout, "{\"a\":{\"z\":{\"i\":5}}}\n");
    // A schema types records of other formats too.
    write("a.csv", "id,city,b\n007,x,1\n");
    let said = ran(here, "convert a.csv -t ndjson --schema t.proto").ends(0);
    assert_eq!(said.stdout, "{\"id\":7,\"city\":\"x\"}\n");
    ran(here, "convert a.csv -t ndjson --schema t.proto --message t.Place --strict")
        .ends(1)
        .says(&["has no field `id`"]);
    // What `schema` prints is read.
    ran(here, "schema a.csv -t proto -o s.proto").ends(0);
    ran(here, "convert a.csv -o s.pb --schema s.proto").ends(0);
    assert_eq!(ran(here, "convert s.pb -t csv --schema s.proto").ends(0).stdout, "id,city,b\n007,x,1\n");
}

/// Fields of editions and of proto2.
#[test]
fn other_syntaxes() {
    let here = folder();
    let here = here.path();
    let two = "syntax = \"proto2\"; message A { required int32 a = 1; repeated int32 n = 2; optional group G = 3 { optional string s = 1; } optional E e = 4; extensions 100 to 200; } enum E { X = 1; Y = 2; } extend A { optional int32 more = 100; }";
    fs::write(here.join("two.proto"), two).unwrap();
    let record = b"\x12\x08\x01\x10\x02\x10\x03\x1b\x0a\x01s\x1c\x20\x02\xa0\x06\x07\x20\x05";
    let record = [&[record.len() as u8 - 1], &record[1..]].concat();
    fs::write(here.join("a.pb"), &record).unwrap();
    // The last value of the enum is none that it has.
    let said = ran(here, "convert a.pb -t ndjson --schema two.proto").ends(0);
    assert_eq!(said.stdout, "{\"a\":1,\"n\":[2,3],\"g\":{\"s\":\"s\"},\"e\":\"Y\",\"[more]\":7}\n");
    fs::write(here.join("a.ndjson"), &said.stdout).unwrap();
    said.says(&["1 field left out"]);
    ran(here, "convert a.ndjson -o b.pb --schema two.proto --strict").ends(0);
    let written = b"\x0f\x08\x01\x10\x02\x10\x03\x1b\x0a\x01s\x1c\x20\x02\xa0\x06\x07";
    assert_eq!(bytes(here, "b.pb"), [&[written.len() as u8 - 1], &written[1..]].concat());
    fs::write(here.join("c.pb"), b"\x02\x10\x02").unwrap();
    ran(here, "convert c.pb -t ndjson --schema two.proto").ends(1).says(&["lacks the field `a`, which is required"]);
    fs::write(here.join("c.ndjson"), "{\"n\":[1]}\n").unwrap();
    ran(here, "convert c.ndjson -o c2.pb --schema two.proto").ends(1).says(&["`a` is missing"]);
    fs::write(here.join("c.ndjson"), "{\"a\":1,\"e\":9}\n").unwrap();
    ran(here, "convert c.ndjson -o c2.pb --schema two.proto").ends(1).says(&["not a value of the enum E"]);

    let edition = "edition = \"2023\";\nmessage A { int32 a = 1 [features.field_presence = IMPLICIT]; int32 b = 2; B g = 3 [features.message_encoding = DELIMITED]; repeated int32 n = 4 [features.repeated_field_encoding = EXPANDED]; }\nmessage B { string s = 1; }";
    fs::write(here.join("e.proto"), edition).unwrap();
    fs::write(here.join("e.ndjson"), "{\"a\":0,\"b\":0,\"g\":{\"s\":\"\"},\"n\":[1,2]}\n").unwrap();
    ran(here, "convert e.ndjson -o e.pb --schema e.proto --strict").ends(0);
    assert_eq!(bytes(here, "e.pb"), b"\x0a\x10\0\x1b\x0a\0\x1c\x20\x01\x20\x02");
    let said = ran(here, "convert e.pb -t ndjson --schema e.proto").ends(0);
    assert_eq!(said.stdout, "{\"a\":0,\"b\":0,\"g\":{\"s\":\"\"},\"n\":[1,2]}\n");
}

#[test]
fn forms_of_their_own() {
    let here = folder();
    let here = here.path();
    let schema = r#"syntax = "proto3";
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/any.proto"; import "google/protobuf/field_mask.proto";
message W {
  google.protobuf.Timestamp t = 1; google.protobuf.Duration d = 2; google.protobuf.Int64Value i = 3;
  google.protobuf.Struct s = 4; google.protobuf.Value v = 5; google.protobuf.Any a = 6; google.protobuf.FieldMask f = 7;
  double x = 8; repeated google.protobuf.StringValue l = 9;
}
message Inner { int32 the_number = 1; }
"#;
    fs::write(here.join("w.proto"), schema).unwrap();
    let line = "{\"t\":\"1970-01-01T00:00:01.500Z\",\"d\":\"-1.500s\",\"i\":5,\"s\":{\"k\":[1.0,null,{\"y\":true}]},\"v\":null,\
\"a\":{\"@type\":\"x/Inner\",\"the_number\":7},\"f\":\"a_b,c\",\"x\":0.5,\"l\":[\"\",\"z\"]}\n";
    fs::write(here.join("w.ndjson"), line).unwrap();
    ran(here, "convert w.ndjson -o w.pb --schema w.proto --message W --strict").ends(0);
    // The moment, the duration and the wrapper, by hand.
    let begins = b"\x0a\x08\x08\x01\x10\x80\xca\xb5\xee\x01\x12\x16\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x80\xb6\xca\x91\xfe\xff\xff\xff\xff\x01\x1a\x02\x08\x05";
    let written = bytes(here, "w.pb");
    assert!(written.windows(begins.len()).any(|bytes| bytes == begins), "{written:02x?}");
    assert_eq!(ran(here, "convert w.pb -t ndjson --schema w.proto --message W").ends(0).stdout, line);
    let canonical = ran(here, "convert w.pb -t ndjson --schema w.proto --message W --proto-json").ends(0).stdout;
    let wanted = line.replace("\"i\":5", "\"i\":\"5\"").replace("the_number", "theNumber").replace("a_b,c", "aB,c");
    assert_eq!(canonical, wanted);
    fs::write(here.join("c.ndjson"), &canonical).unwrap();
    ran(here, "convert c.ndjson -o c.pb --schema w.proto --message W --strict --proto-json").ends(0);
    assert_eq!(bytes(here, "c.pb"), written);
    fs::write(here.join("n.ndjson"), "{\"x\":\"NaN\"}\n{\"x\":\"-Infinity\"}\n").unwrap();
    ran(here, "convert n.ndjson -o n.pb --schema w.proto --message W --proto-json").ends(0);
    assert_eq!(bytes(here, "n.pb"), b"\x09\x41\0\0\0\0\0\0\xf8\x7f\x09\x41\0\0\0\0\0\0\xf0\xff");
    let again = ran(here, "convert n.pb -t ndjson --schema w.proto --message W --proto-json").ends(0);
    assert_eq!(again.stdout, "{\"x\":\"NaN\"}\n{\"x\":\"-Infinity\"}\n");
    for text in ["{\"t\":\"yesterday\"}", "{\"d\":\"1\"}", "{\"a\":{\"x\":1}}", "{\"s\":[]}", "{\"i\":\"x\"}"] {
        fs::write(here.join("b.ndjson"), text).unwrap();
        ran(here, "convert b.ndjson -o b.pb --schema w.proto --message W --force").ends(1).says(&["the field `"]);
    }
}

#[test]
fn every_beginning_ends_well() {
    let here = trips();
    let here = here.path();
    let whole = bytes(here, "a.pb");
    for len in 1..whole.len() {
        fs::write(here.join("cut.pb"), &whole[..len]).unwrap();
        let good = len == ONE.len();
        ran(here, "convert cut.pb --schema t.proto -t ndjson -q").ends(i32::from(!good));
        // The bytes of the record alone, with a length that fits.
        if len > 1 && len < ONE.len() {
            fs::write(here.join("cut.pb"), [&[len as u8 - 1], &ONE[1..len]].concat()).unwrap();
            ran(here, "convert cut.pb --schema t.proto -t ndjson -q --on-error skip");
        }
    }
    for lie in
        [&b"\xff\xff\xff\xff\x0f"[..], &[0xff; 11], b"\x05\x1a\xff\xff\xff\x7f", b"\x02\x0c\x00", b"\x02\x0b\x08"]
    {
        fs::write(here.join("lie.pb"), [ONE, lie].concat()).unwrap();
        for more in ["", "--io read"] {
            ran(here, &format!("convert lie.pb --schema t.proto -t ndjson -q {more}")).ends(1).says(&["record 2"]);
        }
    }
    // Messages inside each other, deeper than is read.
    let mut deep = b"\x0a\x01x".to_vec();
    for _ in 0..1100 {
        let mut len = deep.len();
        let mut head = vec![0x12];
        while len >= 0x80 {
            head.push(len as u8 | 0x80);
            len >>= 7;
        }
        head.push(len as u8);
        deep = [head, deep].concat();
    }
    let len = deep.len();
    let head = [(len & 0x7f) as u8 | 0x80, (len >> 7) as u8];
    fs::write(here.join("deep.pb"), [&head[..], &deep].concat()).unwrap();
    ran(here, "convert deep.pb --schema t.proto --message t.Place -t ndjson -q").ends(1).says(&["1024"]);
}

/// Nothing is allocated for records after the first ones.
#[test]
fn no_blocks_in_the_steady_state() {
    let here = trips();
    let here = here.path();
    let records = [ONE, b"\0", ONE].concat().repeat(8000);
    fs::write(here.join("a.pb"), &records).unwrap();
    let lines = format!("{LINE}{EMPTY}{LINE}").repeat(8000);
    fs::write(here.join("a.ndjson"), lines).unwrap();
    fs::write(here.join("a.csv"), "id,at.name,counts\n".to_owned() + &"7,x,\"[1,2]\"\n".repeat(30_000)).unwrap();
    for (from, to) in [
        ("a.pb", "ndjson"),
        ("a.pb", "csv"),
        ("a.pb", "msgpack"),
        ("a.pb", "protobuf --set id=id+1"),
        ("a.ndjson", "protobuf"),
        ("a.csv", "protobuf"),
        ("a.ndjson", "frames --payload protobuf"),
    ] {
        for io in ["map", "read"] {
            let line = format!(
                "audit {from} -t {to} --schema t.proto -q -j2 --slice-size 16KiB --io {io} --max-steady-allocations 0"
            );
            ran(here, &line).ends(0);
        }
    }
}

/// What has no place in a table is counted, and what is not there stays away.
#[test]
fn values_of_any_kind_in_tables() {
    let here = folder();
    let here = here.path();
    let schema = "syntax = \"proto3\"; import \"google/protobuf/struct.proto\"; message M { int32 i = 1; google.protobuf.Value v = 2; map<string, google.protobuf.Value> m = 3; google.protobuf.NullValue n = 4; string s = 5; map<string, int32> k = 6; }";
    fs::write(here.join("m.proto"), schema).unwrap();
    let written = |name: &str, text: &str, more: &str| {
        fs::write(here.join(name), text).unwrap();
        let said = ran(here, &format!("convert {name} -o o.pb --force --schema m.proto {more}")).ends(0);
        (bytes(here, "o.pb"), said)
    };
    // An empty cell is nothing, a null of JSON is a value, with and without columns.
    assert_eq!(written("a.csv", "v,i\n,1\n", "--strict").0, b"\x02\x08\x01");
    for more in ["", "--select i,v"] {
        assert_eq!(written("a.ndjson", "{\"i\":1,\"v\":null}\n", more).0, b"\x06\x08\x01\x12\x02\x08\x00", "{more}");
    }
    // A dot may be one of the key, or lead into the value.
    let (file, said) = written("b.csv", "i,m.k.b,m.k\n1,true,x\n", "");
    said.says(&["field_not_in_schema"]);
    assert_eq!(file, b"\x0c\x08\x01\x1a\x08\x0a\x01k\x12\x03\x1a\x01x");
    ran(here, "convert b.csv -o o.pb --force --schema m.proto --strict").ends(1);
    assert_eq!(written("c.csv", "k.a.b\n1\n", "--strict").0, b"\x09\x32\x07\x0a\x03a.b\x10\x01");
    // What is 0 or empty is not written, and not shown with the names of JSON.
    assert_eq!(written("n.ndjson", "{\"i\":1,\"n\":null}\n", "--strict").0, b"\x02\x08\x01");
    fs::write(here.join("z.pb"), b"\x06\x08\x00\x2a\x00\x20\x00").unwrap();
    let shown = ran(here, "convert z.pb -t ndjson --schema m.proto --proto-json").ends(0).stdout;
    assert_eq!(shown, "{}\n");
}
