//! Nothing is taken from the heap in the steady state: every pair of formats.
//!
//! One test in this file, and no harness: dhat counts for the whole process, the harness's thread included.

#[path = "support/blocks.rs"]
mod blocks;
mod support;

use pagemill::format::Format;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let folder = support::folder();
    let pair = |from| Format::ALL.map(|to| (from, to, blocks::flags(from, to, "")));
    let mut pairs = Format::ALL.map(pair).as_flattened().to_vec();
    pairs.retain(|(from, to, _)| support::inputs::has_layout(*from, *to) && !support::inputs::is_columnar(*to));
    let dialects =
        [("delimiter", "||"), ("dialect", "mysql"), ("null", "1,x"), ("ragged", "pad,extra"), ("skip-space", "")];
    for (flag, text) in dialects {
        let mut flags = blocks::flags(Format::Csv, Format::Ndjson, "");
        flags.more.push((flag, text.to_owned()));
        pairs.push((Format::Csv, Format::Ndjson, flags));
    }
    for (flag, text) in [("out-delimiter", "||"), ("out-dialect", "mysql"), ("out-null", "NULL")] {
        let mut flags = blocks::flags(Format::Ndjson, Format::Csv, "");
        flags.more.push((flag, text.to_owned()));
        pairs.push((Format::Ndjson, Format::Csv, flags));
    }
    blocks::check(&pairs, folder.path());
    println!("test result: ok");
}
