//! How large a schema may be, and where one is wrong.

/// The longest schema that is read, in bytes.
pub(super) const LONGEST: u64 = 4 << 20;

/// How deep lists, maps and records may be inside others in a schema.
pub(crate) const LEVELS: usize = 32;

/// How many fields a schema has at most, those of all its records together.
pub(super) const FIELDS: usize = 100_000;

/// An error of a JSON text, with its place.
pub(super) fn placed(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    format!("line {}, column {}: {what}", error.line(), error.column())
}

/// A symbol that an enum has twice.
pub(super) fn twice(symbols: &[Box<str>]) -> Option<&str> {
    let mut met = std::collections::HashSet::new();
    symbols.iter().map(|symbol| &**symbol).find(|symbol| !met.insert(*symbol))
}
