//! Avro files with all that a command does with records. Files are written by hand from the specification.

use std::fs;
use std::path::Path;

use crate::support::{Ran, folder, run};

/// Runs a command in a folder with these files.
fn ran(here: &Path, line: &str) -> Ran {
    run(here, line.split_whitespace())
}

fn long(number: i64) -> Vec<u8> {
    let mut rest = (number << 1 ^ number >> 63) as u64;
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&long(text.len() as i64)[..], text.as_bytes()].concat()
}

const MARK: &[u8; 16] = b"the marker of it";

fn head(schema: &str) -> Vec<u8> {
    [&b"Obj\x01"[..], &long(1), &text("avro.schema"), &text(schema), &long(0), MARK].concat()
}

fn block(records: i64, data: &[u8]) -> Vec<u8> {
    [&long(records)[..], &long(data.len() as i64), data, MARK].concat()
}

const FLAT: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":["null","string"]},{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#;
const NESTED: &str = r#"{"type":"record","name":"R","namespace":"n.s","doc":"kept","fields":[
    {"name":"a","type":"long"},{"name":"l","type":{"type":"array","items":"int"}},
    {"name":"r","type":{"type":"record","name":"I","fields":[{"name":"x","type":"string"}]}}]}"#;
const FLAT_LINES: &str = "{\"a\":1,\"b\":\"x\",\"t\":\"1970-01-01T00:00:00.000Z\"}\n{\"a\":2,\"b\":null,\"t\":\"1970-01-01T00:00:01.500Z\"}\n";
const NESTED_LINES: &str = "{\"a\":1,\"l\":[],\"r\":{\"x\":\"\"}}\n{\"a\":2,\"l\":[5,6],\"r\":{\"x\":\"y\"}}\n";

fn flat() -> Vec<u8> {
    let one = [long(1), long(1), text("x"), long(0)].concat();
    let two = [long(2), long(0), long(1500)].concat();
    [head(FLAT), block(1, &one), block(1, &two)].concat()
}

fn nested() -> Vec<u8> {
    let one = [long(1), long(0), text("")].concat();
    let two = [long(2), long(2), long(5), long(6), long(0), text("y")].concat();
    [head(NESTED), block(2, &[one, two].concat())].concat()
}

#[test]
fn files_are_read() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("flat.avro"), flat()).unwrap();
    fs::write(here.join("nested.avro"), nested()).unwrap();
    for (name, lines) in [("flat", FLAT_LINES), ("nested", NESTED_LINES)] {
        assert_eq!(ran(here, &format!("convert {name}.avro -t ndjson")).ends(0).stdout, lines);
        assert!(ran(here, &format!("count -r {name}.avro")).ends(0).stdout.trim().starts_with("2 "));
        let steps = "-t ndjson -s a --where a>1";
        assert_eq!(ran(here, &format!("convert {name}.avro {steps}")).ends(0).stdout, "{\"a\":2}\n");
        let sums = ran(here, &format!("aggregate {name}.avro --agg s=sum(a) -t csv"));
        assert_eq!(sums.ends(0).stdout, "s\n3\n");
        let sorted = ran(here, &format!("sort {name}.avro --by a:desc:number -t csv -s a -q"));
        assert_eq!(sorted.ends(0).stdout, "a\n2\n1\n");
        assert_eq!(ran(here, &format!("head -n 1 {name}.avro -t ndjson -s a")).ends(0).stdout, "{\"a\":1}\n");
    }
    let csv = "a,b,t\n1,x,1970-01-01T00:00:00.000Z\n2,,1970-01-01T00:00:01.500Z\n";
    assert_eq!(ran(here, "convert flat.avro -t csv").ends(0).stdout, csv);
    assert_eq!(ran(here, "convert nested.avro -t csv -q").ends(0).stdout, "a,l,r.x\n1,\"[]\",\"\"\n2,\"[5,6]\",y\n");
    assert_eq!(
        ran(here, "convert flat.avro -t csv -s t,a").ends(0).stdout,
        "t,a\n1970-01-01T00:00:00.000Z,1\n1970-01-01T00:00:01.500Z,2\n"
    );
}

#[test]
fn files_are_written_and_read_back() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("nested.avro"), nested()).unwrap();
    fs::write(here.join("a.csv"), "id,name,fare\n1,ann,1.50\n2,,22.05\n").unwrap();
    let lines = "{\"id\":1,\"name\":\"ann\",\"fare\":1.50}\n{\"id\":2,\"name\":null,\"fare\":22.05}\n";
    ran(here, "convert a.csv -o a.avro").ends(0);
    assert_eq!(ran(here, "convert a.avro -t ndjson").ends(0).stdout, lines);
    assert_eq!(ran(here, "convert a.avro -t csv").ends(0).stdout, "id,name,fare\n1,ann,1.50\n2,,22.05\n");
    for codec in ["none", "deflate", "deflate:9", "snappy", "zstd", "zstd:9", "bzip2", "xz"] {
        ran(here, &format!("convert a.csv -o b.avro --force --compress {codec}")).ends(0);
        assert_eq!(ran(here, "convert b.avro -t ndjson").ends(0).stdout, lines, "{codec}");
    }
    ran(here, "convert a.csv -o c.avro --compress lz4").ends(2).says(&["lz4", "snappy"]);
    ran(here, "convert a.csv -o a.avro.gz").ends(0);
    assert_eq!(ran(here, "convert a.avro.gz -t ndjson").ends(0).stdout, lines);
    // By way of other formats, with the schema of the file: its names and notes stay.
    for by in ["ndjson", "msgpack", "cbor"] {
        fs::write(here.join("n.avsc"), NESTED).unwrap();
        ran(here, &format!("convert nested.avro -o by.{by}")).ends(0);
        ran(here, &format!("convert by.{by} -o back.avro --force --schema n.avsc")).ends(0);
        assert_eq!(ran(here, "convert back.avro -t ndjson").ends(0).stdout, NESTED_LINES, "{by}");
        let file = fs::read(here.join("back.avro")).unwrap();
        assert!(String::from_utf8_lossy(&file).contains("\"doc\":\"kept\""), "{by}");
    }
    ran(here, "convert nested.avro -o again.avro").ends(0);
    let file = fs::read(here.join("again.avro")).unwrap();
    assert!(String::from_utf8_lossy(&file).contains("\"namespace\":\"n.s\""));
    assert_eq!(ran(here, "convert again.avro -t ndjson").ends(0).stdout, NESTED_LINES);
    // Parts are files of their own.
    ran(here, "split a.avro --records 1 -o part{part}.avro").ends(0);
    assert_eq!(ran(here, "convert part000001.avro part000002.avro -t ndjson").ends(0).stdout, lines);
    // A name that Avro does not allow.
    fs::write(here.join("odd.csv"), "a b\n1\n").unwrap();
    ran(here, "convert odd.csv -o odd.avro").ends(2).says(&["`a b`", "--rename"]);
    ran(here, "convert odd.csv -o odd.avro --clean-names snake").ends(0);
    assert_eq!(ran(here, "convert odd.avro -t ndjson").ends(0).stdout, "{\"a_b\":1}\n");
}

#[test]
fn the_same_bytes_every_way() {
    let here = folder();
    let here = here.path();
    let mut csv = String::from("id,name,at,score\n");
    for n in 0..30_000u64 {
        let (a, b) = (n.wrapping_mul(2654435761) % 1_000_003, n % 60);
        csv += &format!("{n},name {a},2024-06-01T06:{b:02}:00Z,{}.5\n", a % 100);
    }
    fs::write(here.join("a.csv"), &csv).unwrap();
    ran(here, "schema a.csv -o a.avsc").ends(0);
    ran(here, "convert a.csv -o one.avro --compress deflate").ends(0);
    let one = fs::read(here.join("one.avro")).unwrap();
    for how in [
        "--workers 1",
        "--workers 4 --slice-size 64KB",
        "--workers 3 --slice-size 70001",
        "--memory-limit 32MB",
        "--io read",
    ] {
        ran(here, &format!("convert a.csv -o two.avro --compress deflate --force {how}")).ends(0);
        assert!(fs::read(here.join("two.avro")).unwrap() == one, "{how}");
        let back = ran(here, &format!("convert one.avro -t csv {how}")).ends(0).stdout;
        assert!(back == csv, "{how}");
    }
    let fed = crate::support::feed(here, ["convert", "-", "-f", "csv", "-o", "fed.avro"], csv.as_bytes());
    fed.ends(2).says(&["--schema"]);
    let arguments = ["convert", "-", "-f", "avro", "-t", "csv"];
    assert!(crate::support::feed(here, arguments, &one).ends(0).stdout == csv);
}

#[test]
fn a_schema_of_the_reader() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("nested.avro"), nested()).unwrap();
    let reader = r#"{"type":"record","name":"Other","fields":[
        {"name":"b","aliases":["a"],"type":"double"},{"name":"new","type":"string","default":"d"}]}"#;
    fs::write(here.join("r.avsc"), reader).unwrap();
    let said = ran(here, "convert nested.avro -t ndjson --schema r.avsc").ends(0);
    assert_eq!(said.stdout, "{\"b\":1.0,\"new\":\"d\"}\n{\"b\":2.0,\"new\":\"d\"}\n");
    fs::write(here.join("w.avsc"), r#"{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}"#).unwrap();
    ran(here, "convert nested.avro -t ndjson --schema w.avsc").ends(2).says(&["`a`", "long", "string"]);
}

#[test]
fn damaged_files() {
    let here = folder();
    let here = here.path();
    let one = [long(1), long(1), text("x"), long(0)].concat();
    let bad = [long(3), long(1), vec![2, 0xff], long(0)].concat();
    let mut broken = block(1, &one);
    *broken.last_mut().unwrap() ^= 1;
    let file =
        [head(FLAT), block(1, &one), block(2, &[&bad[..], &one].concat()), broken, block(1, &one), block(1, &one)]
            .concat();
    fs::write(here.join("a.avro"), &file).unwrap();
    ran(here, "convert a.avro -t ndjson").ends(1).says(&["the text is not valid UTF-8"]);
    let line = FLAT_LINES.lines().next().unwrap().to_owned() + "\n";
    let skipped = ran(here, "convert a.avro -t ndjson --on-error skip").ends(0);
    assert_eq!(skipped.stdout, line.repeat(3));
    ran(here, "convert a.avro -o a.ndjson --quarantine q.ndjson").ends(0);
    let kept = fs::read_to_string(here.join("q.ndjson")).unwrap();
    assert!(kept.contains("no sync marker follows its data"), "{kept}");
    ran(here, "count -r a.avro").ends(1).says(&["a block is damaged"]);
    // Cut off at many places (tests of the format try them all): an error, or fewer records.
    let whole = flat();
    for len in (0..whole.len()).step_by(9) {
        fs::write(here.join("b.avro"), &whole[..len]).unwrap();
        let found = ran(here, "convert b.avro -t ndjson --force -o b.ndjson");
        assert!(found.code == 1 || found.code == 0, "{len}: {}", found.stderr);
    }
}

#[test]
fn files_of_others() {
    let Some(corpora) = crate::support::missing::corpora() else { return };
    let data = corpora.join("avro/avro/share/test/data");
    let here = folder();
    let read = |name: &str| {
        let arguments =
            ["convert", &data.join(name).display().to_string(), "-f", "avro", "-t", "ndjson"].map(str::to_owned);
        run(here.path(), arguments).ends(0).stdout
    };
    let weather = read("weather.avro");
    // As the file beside it says, which has it as JSON.
    let lines = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(lines(&weather), lines(&fs::read_to_string(data.join("weather.json")).unwrap()));
    for name in ["weather-deflate.avro", "weather-snappy.avro", "weather-zstd.avro"] {
        assert_eq!(read(name), weather, "{name}");
    }
}

/// A block ends with the record that brings it to the size, whatever else is said.
#[test]
fn blocks_end_at_their_size() {
    let here = folder();
    let here = here.path();
    // A record is the number and the text, of 1 and 1 + 9 bytes.
    let lines: String = (0..50).map(|id| format!("{{\"id\":{id},\"t\":\"123456789\"}}\n")).collect();
    fs::write(here.join("a.ndjson"), lines).unwrap();
    let records = |id: i64| [long(id), text("123456789")].concat();
    let written = |line: &str| {
        ran(here, &format!("convert a.ndjson -o a.avro --force --slice-size 100 {line}")).ends(0);
        fs::read(here.join("a.avro")).unwrap()
    };
    for (size, each) in [("1", 1), ("11", 1), ("12", 2), ("110", 10), ("1KB", 50)] {
        let file = written(&format!("--block-size {size} -j 1"));
        let mark = file[file.len() - 16..].to_vec();
        let blocks: Vec<u8> = (0..50)
            .step_by(each)
            .flat_map(|from| {
                let data: Vec<u8> = (from..(from + each as i64).min(50)).flat_map(records).collect();
                let count = (from + each as i64).min(50) - from;
                [&long(count)[..], &long(data.len() as i64), &data, &mark].concat()
            })
            .collect();
        assert!(file.ends_with(&blocks), "{size}");
        assert!(file[..file.len() - blocks.len()].ends_with(&mark), "{size}: nothing else is before the blocks");
        assert!(written(&format!("--block-size {size} -j 3")) == file, "{size}");
    }
    assert!(written("--block-size 12") != written("--block-size 110"));
    ran(here, "convert a.ndjson -o a.csv --block-size 12").ends(2).says(&["--block-size"]);
    ran(here, "convert a.ndjson -o a.csv --compress deflate").ends(2).says(&["deflate", "csv has none"]);
    ran(here, "convert a.ndjson -o b.avro --compress snappy:3").ends(2).says(&["snappy has no levels"]);
}

/// The types of one output are those of all inputs, whatever is done with their records.
#[test]
fn one_file_of_several_inputs() {
    let here = folder();
    let here = here.path();
    let write = |name: &str, bytes: &[u8]| fs::write(here.join(name), bytes).unwrap();
    let shown = |line: &str| {
        ran(here, &format!("{line} -o o.avro --force -q")).ends(0);
        ran(here, "convert o.avro -t ndjson").ends(0).stdout
    };
    write("a.csv", b"id,x\n2,1.5\n");
    write("b.csv", b"id,x\n1,\n");
    write("a.ndjson", b"{\"id\":3,\"t\":{\"u\":1}}\n");
    write("b.ndjson", b"{\"id\":1,\"n\":\"x\"}\n");
    assert_eq!(shown("convert a.csv b.csv"), "{\"id\":2,\"x\":1.5}\n{\"id\":1,\"x\":null}\n");
    let lines = "{\"id\":3,\"t\":{\"u\":1},\"n\":null}\n{\"id\":1,\"t\":null,\"n\":\"x\"}\n";
    assert_eq!(shown("convert a.ndjson b.ndjson"), lines);
    assert_eq!(shown("sort a.csv b.csv --by id"), "{\"id\":1,\"x\":null}\n{\"id\":2,\"x\":1.5}\n");
    assert_eq!(shown("sort a.ndjson --by id"), "{\"id\":3,\"t\":{\"u\":1}}\n");
    // Avro with the same fields in another order, and with another unit.
    let schema = |first: &str, second: &str, scale: u8| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"{first}","type":"string"}},{{"name":"{second}","type":"string"}},{{"name":"d","type":{{"type":"bytes","logicalType":"decimal","precision":6,"scale":{scale}}}}}]}}"#
        )
    };
    let record = |one: &str, two: &str| [text(one), text(two), text("\x7d")].concat();
    write("p.avro", &[head(&schema("first", "last", 2)), block(1, &record("Ada", "Lovelace"))].concat());
    write("q.avro", &[head(&schema("last", "first", 3)), block(1, &record("Turing", "Alan"))].concat());
    let both =
        "{\"first\":\"Ada\",\"last\":\"Lovelace\",\"d\":1.25}\n{\"first\":\"Alan\",\"last\":\"Turing\",\"d\":0.125}\n";
    assert_eq!(shown("convert p.avro q.avro"), both);
    assert_eq!(shown("sort q.avro p.avro --by first --select first,last,d"), both);
    // Groups have no types before the first of them.
    ran(here, "aggregate a.csv --by id --agg n=count() -o g.avro").ends(2).says(&["can't be written as avro"]);
    // The columns that were asked for, in their order.
    assert_eq!(shown("convert p.avro --columns last,q"), "{\"last\":\"Lovelace\",\"q\":null}\n");
    assert_eq!(shown("convert a.csv --columns x,id"), "{\"x\":1.5,\"id\":2}\n");
}

/// What a fixed type means is written as text, and read from it.
#[test]
fn texts_of_fixed_types() {
    let here = folder();
    let here = here.path();
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"u","type":{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}},{"name":"d","type":{"type":"fixed","name":"D","size":12,"logicalType":"duration"}},{"name":"f","type":{"type":"fixed","name":"F","size":2}}]}"#;
    fs::write(here.join("r.avsc"), schema).unwrap();
    // One month, two days and three milliseconds.
    let data = [&[1; 16][..], b"\x01\0\0\0\x02\0\0\0\x03\0\0\0", b"ab"].concat();
    fs::write(here.join("a.avro"), [head(schema), block(1, &data)].concat()).unwrap();
    for name in ["a.ndjson", "a.csv", "a.msgpack"] {
        ran(here, &format!("convert a.avro -o {name}")).ends(0);
        ran(here, &format!("convert {name} -o b.avro --force --schema r.avsc --strict")).ends(0);
        let file = fs::read(here.join("b.avro")).unwrap();
        let written = [&long(1)[..], &long(data.len() as i64), &data].concat();
        assert!(file[..file.len() - 16].ends_with(&written), "{name}");
    }
    ran(here, "convert a.avro -o c.avro --block-size 0").ends(2).says(&["--block-size", "greater than zero"]);
}

/// JSON text is a list in a table, and a text elsewhere, with and without columns.
#[test]
fn json_text_is_a_list_in_tables_only() {
    let here = folder();
    let here = here.path();
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"long"}}]}"#;
    fs::write(here.join("l.avsc"), schema).unwrap();
    fs::write(here.join("a.csv"), "l\n\"[1,2]\"\n").unwrap();
    fs::write(here.join("a.ndjson"), "{\"l\":\"[1,2]\"}\n").unwrap();
    ran(here, "convert a.csv -o a.avro --schema l.avsc").ends(0);
    assert_eq!(ran(here, "convert a.avro -t ndjson").ends(0).stdout, "{\"l\":[1,2]}\n");
    for more in ["", "--select l"] {
        ran(here, &format!("convert a.ndjson -o b.avro --force --schema l.avsc {more}")).ends(1).says(&["`l`"]);
    }
}
