//! The functions of expressions: one entry of a table for each.

mod dates;
mod function;
mod json;
mod numbers;
mod other;
mod texts;

pub use function::{Function, Known};

/// All functions. Those that the compiler knows itself have an entry for their names.
static TABLES: [&[Function]; 5] =
    [&texts::FUNCTIONS, &numbers::FUNCTIONS, &dates::FUNCTIONS, &json::FUNCTIONS, &other::FUNCTIONS];

/// Other names of functions, as databases have them.
const ALIASES: [(&str, &str); 14] = [
    ("substring", "substr"),
    ("len", "length"),
    ("char_length", "length"),
    ("ceiling", "ceil"),
    ("ucase", "upper"),
    ("lcase", "lower"),
    ("prefix", "starts_with"),
    ("suffix", "ends_with"),
    ("strptime", "to_timestamp"),
    ("datepart", "date_part"),
    ("datetrunc", "date_trunc"),
    ("ifnull", "coalesce"),
    ("json_extract", "json_get"),
    ("split", "split_part"),
];

/// The function of a name in lower case.
pub fn find(name: &str) -> Option<&'static Function> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    all().find(|function| function.name == name)
}

/// How each function is called, as in `lower(text)`.
pub fn usages() -> impl Iterator<Item = &'static str> {
    all().map(|function| function.usage)
}

pub fn all() -> impl Iterator<Item = &'static Function> {
    TABLES.iter().flat_map(|table| table.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_aliases_lead_to_them() {
        let names: Vec<_> = all().map(|function| function.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
        for (alias, name) in ALIASES {
            assert!(!names.contains(&alias) && names.contains(&name), "{alias}");
        }
        for function in all() {
            assert!(function.usage.starts_with(&format!("{}(", function.name)), "{}", function.name);
            assert!(function.count.0 <= function.count.1 && (function.count.1 == 0) == function.takes.is_empty());
        }
    }
}
