//! The public API, as a list in a file: a change of it shows in a review.
//!
//! The list is made from the source. What is `#[doc(hidden)]` is there for the command, benches, tests and fuzzing, and
//! is not a part of it.

mod print;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use tree::{Key, Tree};

/// Set, the test writes the list.
const RENEW: &str = "PAGEMILL_RENEW_API";

#[test]
fn the_public_api_is_as_it_was() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = root.join("tests/cli/public_api.txt");
    let now = listing(&Tree::read(&root.join("src")));
    if env::var_os(RENEW).is_some() {
        fs::write(&list, &now).unwrap();
    }
    let before = fs::read_to_string(&list).unwrap_or_default();
    let only = |sign: char, some: &str, others: &str| -> String {
        let others: Vec<&str> = others.lines().collect();
        some.lines().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}\n")).collect()
    };
    assert!(
        before == now,
        "the public API differs from {}:\n{}{}If that is meant, renew the list: {RENEW}=1 cargo test --test cli -- public_api",
        list.display(),
        only('-', &before, &now),
        only('+', &now, &before),
    );
}

/// All public items, by their paths.
fn listing(tree: &Tree) -> String {
    let mut names: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    tree.public(&mut |key, path| names.entry(key).or_default().push(path));
    let mut entries = BTreeMap::new();
    for (key, paths) in &mut names {
        // An item is shown in its own room; elsewhere only that it is there too.
        paths.sort_by_key(|path| (std::cmp::Reverse(path.matches("::").count()), path.clone()));
        let (path, others) = paths.split_first().unwrap();
        entries.insert(path.clone(), print::item(tree, key, path));
        entries.extend(others.iter().map(|other| (other.clone(), format!("use {path} as {other}\n"))));
    }
    entries.into_values().collect()
}
