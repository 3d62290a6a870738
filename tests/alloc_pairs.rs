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
    blocks::check(Format::ALL.map(pair).as_flattened(), folder.path());
    println!("test result: ok");
}
