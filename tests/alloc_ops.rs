//! Nothing is taken from the heap in the steady state: every op.
//!
//! One test in this file, and no harness: dhat counts for the whole process, the harness's thread included.

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use crate::support::raw::Raw;
use pagemill::format::Format;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let folder = support::folder();
    let mut cases = Vec::new();
    for op in pagemill::op::NAMES {
        for (from, to) in [(Format::Csv, Format::Csv), (Format::Ndjson, Format::Csv), (Format::Text, Format::Text)] {
            let to = if op == "wordcount" { Format::Text } else { to };
            cases.push((from, to, blocks::flags(from, to, op)));
        }
    }
    let changes: [fn(&mut Raw); 9] = [
        |flags| flags.select = vec!["id,name".into()],
        |flags| flags.drop = vec!["id".into()],
        |flags| flags.rename = vec!["id=number".into()],
        |flags| flags.unflatten = true,
        |flags| flags.columns = vec!["id,name".into()],
        |flags| flags.nested = Some("json".into()),
        |flags| flags.types = Some("id=decimal,name=text".into()),
        |flags| flags.omit_null = true,
        |flags| flags.join_lists = Some("|".into()),
    ];
    for change in changes {
        for (from, to) in [(Format::Csv, Format::Ndjson), (Format::Ndjson, Format::Csv), (Format::Json, Format::Json)] {
            let mut flags = blocks::flags(from, to, "");
            change(&mut flags);
            cases.push((from, to, flags));
        }
    }
    let mut rows = blocks::flags(Format::Json, Format::Csv, "");
    rows.types = Some("id=decimal".into());
    cases.push((Format::Json5, Format::Csv, rows.clone()));
    cases.push((Format::Json5, Format::Ndjson, rows));
    let steps = [
        ("source-column", "file"),
        ("out-encoding", "utf-16le"),
        // It has every character, but they have to be looked up.
        ("out-encoding", "gb18030"),
        ("where", "id % 3 <> 1 AND lower(name) <> 'x' AND id NOT IN (1, 2, 3, 5000)"),
        ("where", "name ~ '[a-m]' OR name LIKE '%z%' OR length(name) > 30"),
        ("set", "total=id * 1.1 + round(id / 7, 3)"),
        ("set", "wide=id * 123456789012345678901234567890 * 98765432109876543210"),
        ("set", "text=upper(name) || '-' || regexp_replace(name, '([a-z])', '<\\1>') || lpad(id, 9, '0')"),
        ("set", "when=date_trunc('month', cast('2024-06-01' as date)) || try_cast(name as timestamp)"),
        ("set", "id=CASE WHEN id > 100 THEN id ELSE NULL END"),
        ("set", "n=record_number() + line_number()"),
        ("limit", "1_000_000"),
        ("offset", "500"),
    ];
    let nested = [
        &[("set", "name='[1,\"a\\n\",{\"b\":[null]}]'"), ("parse-json", "name")][..],
        &[("set", "name='[1,\"a\\n\",{\"b\":[null]}]'"), ("parse-json", "name"), ("explode", "name")],
        &[("explode", "name"), ("where", "id > 5")],
        // Some are passed over in the small input too: these are encoded on trial.
        &[("offset", "500"), ("tail", "5000")],
    ];
    for steps in steps.iter().map(std::slice::from_ref).chain(nested) {
        for (from, to) in [
            (Format::Csv, Format::Csv),
            (Format::Csv, Format::Ndjson),
            (Format::Ndjson, Format::Csv),
            (Format::Ndjson, Format::Ndjson),
        ] {
            let mut flags = blocks::flags(from, to, "");
            flags.steps.extend(steps.iter().map(|(name, text)| ((*name).into(), (*text).into())));
            cases.push((from, to, flags));
        }
    }
    blocks::check(&cases, folder.path());
    println!("test result: ok");
}
