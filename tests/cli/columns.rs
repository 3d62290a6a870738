//! Parquet and Arrow with all that a command does with records. What other programs make of them is in
//! `scripts/check_parquet.py`.

use std::fs;
use std::path::Path;

use crate::support::{Ran, convert, feed, folder, run, say, with};

/// Runs a command in a folder.
fn ran(here: &Path, line: &str) -> Ran {
    run(here, line.split_whitespace())
}

const KINDS: [&str; 3] = ["parquet", "arrow", "arrows"];

/// A schema with every kind, and records that have all digits of each.
const SCHEMA: &str = r#"{"schema":1,"fields":[
    {"name":"i8","kind":"int8"},{"name":"u64","kind":"uint64"},{"name":"f","kind":"float32","nullable":true},
    {"name":"d","kind":"decimal","precision":38,"scale":2},{"name":"day","kind":"date"},
    {"name":"at","kind":"timestamp","unit":"ns","utc":true},{"name":"s","kind":"timestamp","unit":"s"},
    {"name":"clock","kind":"time","unit":"us"},{"name":"b","kind":"bool"},{"name":"t","kind":"text","nullable":true}]}"#;
const RECORDS: &str = concat!(
    r#"{"i8":-128,"u64":18446744073709551615,"f":0.5,"d":123456789012345678901234567890123456.78,"day":"2024-02-29","#,
    r#""at":"2024-06-01T06:19:16.123456789Z","s":"2024-06-01T06:19:16","clock":"23:59:59.999999","b":true,"t":"zoë"}"#,
    "\n",
    r#"{"i8":127,"u64":0,"f":null,"d":-0.01,"day":"1969-12-31","at":"1969-12-31T23:59:59.999999999Z","#,
    r#""s":"1970-01-01T00:00:00","clock":"00:00:00.000000","b":false,"t":null}"#,
    "\n",
);

#[test]
fn there_and_back_with_all_digits() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.ndjson"), RECORDS).unwrap();
    fs::write(here.join("s.json"), SCHEMA).unwrap();
    for kind in KINDS {
        ran(here, &format!("convert a.ndjson -o a.{kind} --schema s.json --strict")).ends(0);
        assert_eq!(ran(here, &format!("convert a.{kind} -t ndjson --strict")).ends(0).stdout, RECORDS, "{kind}");
        // The types are those of the columns, without another look.
        for other in KINDS {
            ran(here, &format!("convert a.{kind} -o b.{other} --force --strict")).ends(0);
            assert_eq!(ran(here, &format!("convert b.{other} -t ndjson --strict")).ends(0).stdout, RECORDS);
        }
        assert!(ran(here, &format!("count -r a.{kind}")).ends(0).stdout.trim().starts_with("2 "), "{kind}");
        let narrow = format!("convert a.{kind} -t csv -q --where i8>0 --select day,i8");
        assert_eq!(ran(here, &narrow).ends(0).stdout, "day,i8\n1969-12-31,127\n");
        let both = ran(here, &format!("convert a.{kind} a.{kind} -t ndjson --select i8 -q")).ends(0);
        assert_eq!(both.stdout, "{\"i8\":-128}\n{\"i8\":127}\n{\"i8\":-128}\n{\"i8\":127}\n");
    }
}

#[test]
fn lists_and_maps() {
    let here = folder();
    let here = here.path();
    let records = concat!(
        r#"{"id":1,"tags":["a","b"],"user":{"name":"Ada","home":{"city":"London"}},"deep":[[1,2],[]]}"#,
        "\n",
        r#"{"id":2,"tags":[],"user":{"name":"Grace","home":null},"deep":[]}"#,
        "\n",
    );
    fs::write(here.join("a.ndjson"), records).unwrap();
    for kind in KINDS {
        ran(here, &format!("convert a.ndjson -o a.{kind} --strict")).ends(0);
        assert_eq!(ran(here, &format!("convert a.{kind} -t ndjson --strict")).ends(0).stdout, records, "{kind}");
    }
}

/// The same bytes, whatever the workers, slices, memory, and way of reading.
#[test]
fn the_same_records_are_the_same_file() {
    let here = folder();
    let here = here.path();
    let rows = |n: u32| format!("{n},{}.{:02},name {}\n", n * 7919 % 1000, n % 100, n % 37);
    let text: String = std::iter::once("id,price,name\n".to_owned()).chain((0..30_000).map(rows)).collect();
    fs::write(here.join("a.csv"), &text).unwrap();
    for kind in KINDS {
        let line = format!("convert a.csv --block-size 64KiB -t {}", kind);
        ran(here, &format!("{line} -o first")).ends(0);
        let first = fs::read(here.join("first")).unwrap();
        for way in ["-j 1", "-j 5 --slice-size 1", "-j 2 --io read", "--memory-limit 40MB --slice-size 20000"] {
            ran(here, &format!("{line} -o again --force {way}")).ends(0);
            assert!(fs::read(here.join("again")).unwrap() == first, "{kind} {way}");
        }
        for way in ["", "-j 1", "-j 4 --slice-size 1", "--memory-limit 40MB"] {
            ran(here, &format!("convert first -f {kind} -o back.csv --force -q {way}")).ends(0);
            assert!(fs::read_to_string(here.join("back.csv")).unwrap() == text, "{kind} {way}");
        }
        // From a pipe, and compressed as a whole.
        let piped = format!("convert - -f {kind} -t csv -q");
        assert!(feed(here, piped.split_whitespace(), &first).ends(0).stdout == text, "{kind}");
        let name = format!("packed.{kind}.gz");
        ran(here, &format!("convert a.csv -o {name} --block-size 64KiB")).ends(0);
        assert!(ran(here, &format!("convert {name} -t csv -q")).ends(0).stdout == text, "{name}");
        fs::remove_file(here.join("first")).unwrap();
    }
}

/// A level makes another file, of the same records.
#[test]
fn levels_of_compression() {
    let here = folder();
    let here = here.path();
    ran(here, "generate -t csv --size 300KB -o a.csv").ends(0);
    ran(here, "convert a.csv -o plain.avro").ends(0);
    let records = ran(here, "convert plain.avro -t ndjson").ends(0).stdout;
    for kind in KINDS {
        let sizes = ["none", "zstd:1", "zstd:19"].map(|how| {
            ran(here, &format!("convert a.csv -o a.{kind} --force --compress {how}")).ends(0);
            assert!(ran(here, &format!("convert a.{kind} -t ndjson")).ends(0).stdout == records, "{kind} {how}");
            fs::metadata(here.join(format!("a.{kind}"))).unwrap().len()
        });
        assert!(sizes[0] > sizes[1] && sizes[1] != sizes[2], "{kind}: {sizes:?}");
    }
}

#[test]
fn bad_records_are_replayed_and_others_sorted_and_split() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.ndjson"), "{\"id\":1,\"t\":\"5\"}\n{\"id\":2,\"t\":\"x\"}\n{\"id\":3,\"t\":\"7\"}\n")
        .unwrap();
    for kind in KINDS {
        ran(here, &format!("convert a.ndjson -o a.{kind} --force")).ends(0);
        let (input, set) = (format!("a.{kind}"), "t=CAST(t AS integer)");
        run(here, ["convert", &input, "-o", "o.ndjson", "--force", "--set", set, "--quarantine", "q.ndjson", "-q"])
            .ends(0);
        assert_eq!(
            fs::read_to_string(here.join("o.ndjson")).unwrap(),
            "{\"id\":1,\"t\":5}\n{\"id\":3,\"t\":7}\n",
            "{kind}"
        );
        // The bad one is kept as it travelled: the number 2, and a text of one byte. Repaired, it is read as any other.
        let kept = fs::read_to_string(here.join("q.ndjson")).unwrap();
        assert!(kept.contains("\"raw\":\"BAJ4\""), "{kind}: {kept}");
        fs::write(here.join("q.ndjson"), kept.replace("\"BAJ4\"", "\"BAI5\"")).unwrap();
        run(here, ["replay", "q.ndjson", "-o", "r.ndjson", "--force", "--set", set]).ends(0);
        assert_eq!(fs::read_to_string(here.join("r.ndjson")).unwrap(), "{\"id\":2,\"t\":9}\n", "{kind}");
        fs::remove_file(here.join("q.ndjson")).unwrap();
        // Sorted, and one file for each value.
        let sorted = ran(here, &format!("sort a.{kind} --by id:desc:number -t csv --select id")).ends(0);
        assert_eq!(sorted.stdout, "id\n3\n2\n1\n", "{kind}");
        ran(here, &format!("sort a.{kind} --by id:desc:number -o s.{kind} --force")).ends(0);
        assert_eq!(
            ran(here, &format!("convert s.{kind} -t csv --select id")).ends(0).stdout,
            "id\n3\n2\n1\n",
            "{kind}"
        );
        ran(here, &format!("split a.{kind} --by id -o p/{{part}}.{kind} --force")).ends(0);
        assert_eq!(ran(here, &format!("convert p/2.{kind} -t ndjson")).ends(0).stdout, "{\"id\":2,\"t\":\"x\"}\n");
        fs::remove_dir_all(here.join("p")).unwrap();
    }
}

#[test]
fn damaged_files_are_bad_data() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "id,name\n1,a\n2,b\n").unwrap();
    for kind in KINDS {
        ran(here, &format!("convert a.csv -o a.{kind}")).ends(0);
        let whole = fs::read(here.join(format!("a.{kind}"))).unwrap();
        // A stream may end after any record batch.
        let least = if kind == "arrows" { 8 } else { 1 };
        for cut in (0..whole.len() - least).step_by(61) {
            fs::write(here.join(format!("cut.{kind}")), &whole[..cut]).unwrap();
            let ran = ran(here, &format!("convert cut.{kind} -t ndjson"));
            let ended = kind == "arrows" && ran.code == 0;
            assert!(ended || ran.code == 1, "{kind} {cut}: {} {}", ran.code, ran.stderr);
            assert!(!ran.stderr.contains("bug"), "{kind} {cut}: {}", ran.stderr);
        }
        ran(here, &format!("convert a.csv -o b.{kind} -t {kind} --compress xz"))
            .ends(2)
            .says(&["can't be compressed with xz", "zstd"]);
    }
    fs::write(here.join("a.txt"), "no columns at all").unwrap();
    ran(here, "convert a.txt -f parquet -t csv").ends(1).says(&["a.txt", "can't be read", "-f"]);
    fs::write(here.join("empty.ndjson"), "{}\n{}\n").unwrap();
    for kind in KINDS {
        ran(here, &format!("convert empty.ndjson -o e.{kind}")).ends(2).says(&["the output has no fields", "--drop"]);
    }
}

/// The types of the columns of a file, as Avro says them.
fn types(here: &Path, file: &str) -> Vec<(String, String)> {
    ran(here, &format!("convert {file} -o types.avro --force -q")).ends(0);
    let avro = fs::read(here.join("types.avro")).unwrap();
    let text = String::from_utf8_lossy(&avro);
    let schema = &text[text.find('{').unwrap()..];
    let schema = serde_json::Deserializer::from_str(schema).into_iter::<serde_json::Value>().next().unwrap().unwrap();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    schema["fields"].as_array().unwrap().iter().map(|field| (text(&field["name"]), text(&field["type"]))).collect()
}

#[test]
fn what_is_chosen_keeps_its_type() {
    let here = folder();
    let here = here.path();
    let schema = r#"{"schema":1,"fields":[{"name":"id","kind":"int64"},{"name":"n","kind":"int64","nullable":true},
        {"name":"f","kind":"float64"},{"name":"t","kind":"text"}]}"#;
    fs::write(here.join("s.json"), schema).unwrap();
    fs::write(here.join("a.csv"), "id,n,f,t\n1,,0.5,x\n2,7,1,y\n").unwrap();
    let long = || "long".to_owned();
    for kind in KINDS {
        ran(here, &format!("convert a.csv -o a.{kind} --schema s.json --force")).ends(0);
        let typed = |how: &str| {
            ran(here, &format!("convert a.{kind} -o b.{kind} --force {how}")).ends(0);
            types(here, &format!("b.{kind}"))
        };
        // 1 and 2 would fit into less.
        let chosen = [("f".to_owned(), "double".to_owned()), ("id".to_owned(), long())];
        assert_eq!(typed("--select f,id"), chosen, "{kind}");
        assert_eq!(typed("--drop n,t --rename f=f --columns f,id"), chosen, "{kind}");
        let renamed = [("key".to_owned(), long())];
        assert_eq!(typed("--select id --rename id=key --where n=7"), renamed, "{kind}");
        // What is made gets the narrowest type, what is beside it keeps its own.
        let made = [("id".to_owned(), long()), ("m".to_owned(), "int".to_owned())];
        assert_eq!(typed("--set m=id*2 --select id,m"), made, "{kind}");
        assert_eq!(typed("--set id=id*2 --select id"), [("id".to_owned(), "int".to_owned())], "{kind}");
        assert_eq!(typed("--op upper:t --select id"), [("id".to_owned(), long())], "{kind}");
    }
}

#[test]
fn columns_that_nobody_wants_are_not_read() {
    let here = folder();
    let here = here.path();
    let mut table = "id,name,f,n\n".to_owned();
    for id in 0..60_000 {
        table +=
            &format!("{id},name of number {id},{id}.5,{}\n", if id % 3 == 0 { String::new() } else { id.to_string() });
    }
    fs::write(here.join("a.csv"), &table).unwrap();
    ran(here, "convert a.csv -o a.parquet --block-size 64KiB --compress none").ends(0);
    // Lines of the answer, whatever is read of the rest.
    let ids: String = (0..60_000).map(|id| format!("{id}\n")).collect();
    let last = "1\n59999\n";
    let lines = [
        ("convert a.parquet -t csv --select id", format!("id\n{ids}")),
        ("convert a.parquet -t csv --select n --where f=59999.5", "n\n59999\n".to_owned()),
        ("convert a.parquet -t csv --select id -j 3 --slice-size 1", format!("id\n{ids}")),
        ("aggregate a.parquet --agg n=count(n),last=max(id) -t csv", "n,last\n40000,59999\n".to_owned()),
        (
            "aggregate a.parquet --where id=59999 --agg c=count(),i=max(id) -t csv",
            format!("c,i\n{}", last.replacen('\n', ",", 1)),
        ),
        ("count -r a.parquet", "60000 a.parquet\n".to_owned()),
        ("count -r a.parquet --where f>59000", "1000 a.parquet\n".to_owned()),
        ("sort a.parquet --by id:desc:number --select id --limit 1 -t csv", "id\n59999\n".to_owned()),
    ];
    for (line, wanted) in &lines {
        let got = ran(here, line).ends(0).stdout;
        assert_eq!(got.trim_start().replace("  ", ""), *wanted, "{line}");
    }
    // A text near the end is no text any more.
    let mut file = fs::read(here.join("a.parquet")).unwrap();
    let text = b"name of number 59990";
    let at = file.windows(text.len()).position(|bytes| bytes == text).unwrap();
    file[at] = 0xff;
    fs::write(here.join("a.parquet"), file).unwrap();
    for (line, wanted) in &lines {
        let got = ran(here, line).ends(0).stdout;
        assert_eq!(got.trim_start().replace("  ", ""), *wanted, "{line}");
    }
    for line in [
        "convert a.parquet -t csv",
        "convert a.parquet -t csv --select name",
        "convert a.parquet -t csv --select id --where name=''",
    ] {
        ran(here, line).ends(1).says(&["a.parquet: byte ", "can't be read"]);
    }
    let kept = ran(here, "convert a.parquet -o b.csv --select id --on-error quarantine");
    kept.ends(1).says(&["can't be read"]);
}

#[test]
fn lengths_that_the_end_of_a_file_claims_are_there() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "id,name\n1,a\n2,b\n").unwrap();
    ran(here, "convert a.csv -o a.arrow").ends(0);
    let whole = fs::read(here.join("a.arrow")).unwrap();
    // In the footer, a block is its offset, the length of its metadata in four bytes, four more, and that of its body.
    let footer = whole.len() - 10 - u32::from_le_bytes(whole[whole.len() - 10..][..4].try_into().unwrap()) as usize;
    let number = |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
    let is_message = |at: u64| {
        let at = usize::try_from(at).ok().filter(|at| (8..footer).contains(at))?;
        (whole[at..at + 4] == [0xff; 4]).then_some(())
    };
    let block = (footer..whole.len() - 34).find(|at| is_message(number(*at)).is_some()).unwrap();
    for (at, claimed) in [(block + 16, 1u64 << 50), (block + 16, u64::MAX), (block, 1 << 60)] {
        let mut lying = whole.clone();
        lying[at..at + 8].copy_from_slice(&claimed.to_le_bytes());
        fs::write(here.join("lying.arrow"), lying).unwrap();
        for line in ["convert lying.arrow -t csv", "count -r lying.arrow"] {
            ran(here, line).ends(1).says(&["lying.arrow", "can't be read"]);
        }
    }
}

/// Numbers with different digits after the point: text in a table, and told; decimal numbers where something says that they are
/// numbers.
#[test]
fn numbers_with_different_digits_after_the_point() {
    let here = with(&[("a.csv", "p,q\n21,1.5\n10.4,2.5\n"), ("a.ndjson", "{\"p\":21}\n{\"p\":10.4}\n")]);
    let here = here.path();
    let told = "the numbers in `p` differ in how many digits follow the point, so it is a column of text";
    for target in ["parquet", "arrow", "avro"] {
        let as_text = |flags: &str| convert(here, &format!("a.csv -o a.{target} --force {flags}")).ends(0);
        as_text("").says(&[told, "--types p=decimal"]);
        assert_eq!(convert(here, &format!("a.{target} -t csv")).ends(0).stdout, "p,q\n\"21\",1.5\n\"10.4\",2.5\n");
        // Nothing is lost.
        assert_eq!(as_text("--strict").stderr, "");
        let ran = as_text("--types p=decimal").says(&["1 value that means the same", "spelling_changed"]);
        assert!(!ran.stderr.contains(told), "{}", ran.stderr);
        assert_eq!(convert(here, &format!("a.{target} -t csv")).ends(0).stdout, "p,q\n21.0,1.5\n10.4,2.5\n");
        let kinds = say(here, &format!("schema a.{target} -t table")).ends(0).stdout;
        assert!(kinds.contains("decimal(3,1)"), "{kinds}");
        convert(here, &format!("a.ndjson -o b.{target} --force")).ends(0).says(&["spelling_changed"]);
        assert_eq!(convert(here, &format!("b.{target} -t ndjson")).ends(0).stdout, "{\"p\":21.0}\n{\"p\":10.4}\n");
        convert(here, &format!("a.ndjson -o b.{target} --force --strict")).ends(1).says(&["spelling_changed"]);
        convert(here, &format!("a.csv a.csv -o c.{target} --force")).ends(0).says(&[told]);
    }
}

#[test]
fn an_input_without_fields() {
    let here = folder();
    let here = here.path();
    fs::write(here.join("a.csv"), "").unwrap();
    fs::write(here.join("head.csv"), "a,b\n").unwrap();
    for kind in KINDS {
        let advice = "the output has no fields, and columns need one";
        ran(here, &format!("convert a.csv -o a.{kind}")).ends(2).says(&[advice]);
        let empty = format!("convert - -f ndjson -o a.{kind}");
        feed(here, empty.split_whitespace(), b"").ends(2).says(&[advice]);
        assert!(!here.join(format!("a.{kind}")).exists());
        ran(here, &format!("convert head.csv -o b.{kind}")).ends(0);
        assert_eq!(ran(here, &format!("convert b.{kind} -t csv")).ends(0).stdout, "a,b\n");
    }
}
