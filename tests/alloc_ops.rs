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
    let changes: [fn(&mut Raw); 6] = [
        |flags| flags.select = vec!["id,name".into()],
        |flags| flags.drop = vec!["id".into()],
        |flags| flags.rename = vec!["id=number".into()],
        |flags| flags.unflatten = true,
        |flags| flags.columns = vec!["id,name".into()],
        |flags| flags.nested = Some("json".into()),
    ];
    for change in changes {
        for (from, to) in [(Format::Csv, Format::Ndjson), (Format::Ndjson, Format::Csv), (Format::Json, Format::Json)] {
            let mut flags = blocks::flags(from, to, "");
            change(&mut flags);
            cases.push((from, to, flags));
        }
    }
    blocks::check(&cases, folder.path());
    println!("test result: ok");
}
