//! Two arrays of records at the same pointer, far apart: the last one counts, and the key is counted.

use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use crate::support::{Ran, feed, folder, names, run};

fn record(id: u32) -> String {
    format!("{{\"id\":{id},\"text\":\"{}\"}}", "x".repeat(1000))
}

/// Records with these numbers, as items of an array.
fn items(ids: Range<u32>) -> String {
    ids.map(record).collect::<Vec<_>>().join(",\n")
}

/// The same as lines.
fn lines(ids: Range<u32>) -> String {
    ids.map(|id| record(id) + "\n").collect()
}

/// More than the 64 KiB that are looked at before the first record.
const FAR: Range<u32> = 0..70;

fn say(here: &Path, arguments: &str) -> Ran {
    run(here, arguments.split_whitespace())
}

/// Converts `a.json` into a file in every way; the records are these, and this many keys are there twice.
fn gives(here: &Path, text: &str, pointer: &str, records: &str, twice: u64) {
    fs::write(here.join("a.json"), text).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    fs::write(here.join("a.json.gz"), packed.finish().unwrap()).unwrap();
    let ways = [
        "a.json",
        "a.json --io read",
        "a.json.gz",
        "a.json -j 3 --slice-size 1",
        "a.json -j 2 --io read --slice-size 1",
    ];
    for way in ways {
        let ran = say(here, &format!("convert {way} -o b.ndjson --force --records-at {pointer}")).ends(0);
        assert!(fs::read_to_string(here.join("b.ndjson")).unwrap() == records, "{way}");
        let said = if twice == 1 { "1 repeated key".to_owned() } else { format!("{twice} repeated keys") };
        ran.says(&[&said]);
    }
    let left: Vec<_> = names(here).into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_last_of_two_arrays_counts_however_far_it_is() {
    let here = folder();
    let here = here.path();
    let (first, other) = (items(FAR), items(200..300));
    gives(here, &format!("{{\"d\":[{first}],\"e\":\"d\",\"d\":[{other}]}}"), "/d", &lines(200..300), 1);
    gives(here, &format!("{{\"d\":[{first}],\"\\u0064\":[7],\"e\":[{{\"d\":1}}]}}\n"), "/d", "7\n", 1);
    gives(here, &format!("{{\"d\":[{first}],\"d\":7,\"d\":[3,4]}}"), "/d", "3\n4\n", 2);
    gives(here, &format!("{{\"d\":[{first}],\"d\":[{other}],\"d\":[]}}"), "/d", "", 2);
    // A map around it is there twice.
    gives(here, &format!("{{\"x\":{{\"d\":[{first}],\"x\":0}},\"d\":0,\"x\":{{\"d\":[2]}}}}"), "/x/d", "2\n", 1);
    gives(here, &format!("{{\"x\":{{\"d\":[1],\"d\":[{first}]}},\"x\":{{\"d\":[3]}}}}"), "/x/d", "3\n", 1);
    gives(here, &format!("{{\"x\":{{\"d\":[{first}]}},\"x\":{{\"d\":[{other}],\"d\":[3]}}}}"), "/x/d", "3\n", 2);
    gives(here, &format!("[0,{{\"d\":[{first}],\"d\":[{{\"d\":2}}]}},{{\"d\":[3]}}]"), "/1/d", "{\"d\":2}\n", 1);
    // Items of lists.
    gives(here, &format!("{{\"x\":[[{first}],[0]],\"x\":[[1],[2,5],[3]]}}"), "/x/1", "2\n5\n", 1);
}

#[test]
fn each_of_many_documents_has_its_last_array() {
    let here = folder();
    let here = here.path();
    let first = items(FAR);
    let document = |last: u32| format!("{{\"d\":[{first}],\"d\":[{last}]}}\n");
    gives(here, &(document(1) + "{\"d\":[2]}\n" + &document(3)), "/d", "1\n2\n3\n", 2);
    // Small documents, the first of which is fine.
    gives(here, "{\"d\":[0]}\n{\"d\":[1],\"d\":[2]}\n{\"d\":5,\"d\":[6]}\n", "/d", "0\n2\n6\n", 2);
    // After what is looked at, the key is there first with something else.
    let far = "x".repeat(70_000);
    let text = format!("{{\"e\":\"{far}\",\"d\":7,\"d\":[3]}}");
    fs::write(here.join("a.json"), text).unwrap();
    say(here, "convert a.json -o b.ndjson --force --records-at /d").ends(0).says(&["1 repeated key"]);
    assert_eq!(fs::read_to_string(here.join("b.ndjson")).unwrap(), "3\n");
}

#[test]
fn what_the_first_array_has_is_not_counted() {
    let here = folder();
    let here = here.path();
    let text = format!(
        "{{\"d\":[{},\n{{\"id\":x}},\n{{\"id\":1}}],\"d\":[{{\"id\":2}},\n{{\"id\":y}},\n{{\"id\":3}}]}}",
        items(FAR)
    );
    fs::write(here.join("a.json"), text).unwrap();
    let convert = "convert a.json -o b.ndjson --force --records-at /d";
    for way in ["", "--io read", "-j 3 --slice-size 1"] {
        let ran = say(here, &format!("{convert} {way} --quarantine q.ndjson")).ends(0);
        ran.says(&["1 bad record (8 bytes)", "1 repeated key"]);
        assert_eq!(fs::read_to_string(here.join("b.ndjson")).unwrap(), "{\"id\":2}\n{\"id\":3}\n");
        assert_eq!(fs::read_to_string(here.join("q.ndjson")).unwrap().matches("\"raw\":").count(), 1);
    }
    say(here, &format!("{convert} --on-error skip --checkpoint --checkpoint-every 1KiB"))
        .ends(0)
        .says(&["1 bad record"]);
    assert_eq!(fs::read_to_string(here.join("b.ndjson")).unwrap(), "{\"id\":2}\n{\"id\":3}\n");
}

#[test]
fn every_command_takes_the_last_array() {
    let here = folder();
    let here = here.path();
    let text = |last: &str| format!("{{\"d\":[{}],\"d\":[{last}]}}", items(FAR));
    fs::write(here.join("a.json"), text("{\"id\":5},{\"id\":4}")).unwrap();
    fs::write(here.join("b.json"), text("{\"id\":6},{\"id\":7,\"n\":1}")).unwrap();
    let at = "--records-at /d";
    let ran = say(here, &format!("count -r -f json a.json b.json {at}")).ends(0);
    assert_eq!(ran.stdout, "     2 a.json\n     2 b.json\n     4 total\n");
    assert_eq!(
        say(here, &format!("sort a.json --by id:number -t ndjson {at}")).ends(0).stdout,
        "{\"id\":4}\n{\"id\":5}\n"
    );
    let ran = say(here, &format!("aggregate a.json b.json --agg s=sum(id) -t ndjson {at}")).ends(0);
    assert_eq!(ran.stdout, "{\"s\":22}\n");
    // To CSV, where the keys make the header.
    say(here, &format!("convert a.json b.json -o all.csv {at}")).ends(0).says(&["2 repeated keys"]);
    assert_eq!(fs::read_to_string(here.join("all.csv")).unwrap(), "id,n\n5,\n4,\n6,\n7,1\n");
    say(here, &format!("convert a.json b.json -o most.csv --keep-going {at}")).ends(0);
    assert_eq!(fs::read_to_string(here.join("most.csv")).unwrap(), "id,n\n5,\n4,\n6,\n7,1\n");
    say(here, &format!("convert a.json b.json --out-dir out -t csv {at}")).ends(0).says(&["2 repeated keys"]);
    assert_eq!(fs::read_to_string(here.join("out/b.csv")).unwrap(), "id,n\n6,\n7,1\n");
    say(here, &format!("convert b.json -o last.ndjson --tail 1 {at}")).ends(0);
    assert_eq!(fs::read_to_string(here.join("last.ndjson")).unwrap(), "{\"id\":7,\"n\":1}\n");
}

/// What was written can't be taken back, or what was read can't be read again; or nothing may be lost.
#[test]
fn where_a_run_can_not_begin_anew_the_second_array_is_refused() {
    let here = folder();
    let here = here.path();
    let text = format!("{{\"d\":[{}],\"d\":[2]}}", items(FAR));
    fs::write(here.join("a.json"), &text).unwrap();
    let said = ["the key `d` appears a second time", "The last one counts"];
    say(here, "convert a.json -t ndjson --records-at /d").ends(1).says(&said);
    feed(here, ["convert", "-", "-f", "json", "-o", "b.ndjson", "--records-at", "/d"], text.as_bytes())
        .ends(1)
        .says(&said);
    say(here, "convert a.json -o b.ndjson --strict --records-at /d").ends(1).says(&said);
    // Parts have their names when they are whole.
    say(here, "split a.json -o p/{part}.ndjson --records 1 --records-at /d").ends(1).says(&said);
    fs::remove_dir_all(here.join("p")).unwrap();
    // The last one is no array.
    fs::write(here.join("a.json"), format!("{{\"d\":[{}],\"d\":null}}", items(FAR))).unwrap();
    say(here, "convert a.json -o b.ndjson --records-at /d").ends(1).says(&["no array at `/d`", "twice"]);
    assert_eq!(names(here), ["a.json"]);
}
