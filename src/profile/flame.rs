//! Profiles as flame graphs: SVG that browsers show, with a search and a zoom.

use std::io::{self, Write};

use inferno::flamegraph::{self, Options};

use super::names::Names;
use super::recorded::Profile;

/// Draws a profile.
///
/// # Errors
/// The writer's.
pub fn write(profile: &Profile, names: &Names, to: impl Write) -> io::Result<()> {
    let lines: Vec<String> = profile.stacks.sorted().iter().map(|(stack, count)| line(stack, names, *count)).collect();
    let mut options = Options::default();
    options.title = "pagemill: where the processor's time went".to_owned();
    options.subtitle = profile.says_lost();
    options.count_name = "samples".to_owned();
    // Equal functions have equal colours, in every run.
    options.hash = true;
    // There is no picture of nothing.
    let nothing = ["(no samples) 1".to_owned()];
    let lines = if lines.is_empty() { &nothing[..] } else { &lines };
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), to)
}

/// A stack in the "folded" form: functions from the outermost on, with `;` between them, and a count.
fn line(stack: &[usize], names: &Names, count: u64) -> String {
    let functions: Vec<String> = stack
        .iter()
        .rev()
        .flat_map(|address| names.at(*address).iter().rev().map(|named| named.name.replace(';', ":")))
        .collect();
    match functions.is_empty() {
        true => format!("(other) {count}"),
        false => format!("{} {count}", functions.join(";")),
    }
}
