//! The functions of expressions: one entry of a table for each.

mod dates;
mod json;
mod numbers;
mod other;
mod texts;

use super::scalar::Scalar;
use super::scope::{Outcome, Scope};
use super::types::Type;

/// A function.
pub struct Function {
    pub name: &'static str,
    /// How it is called, in messages.
    pub usage: &'static str,
    /// The types of its arguments; the last one is that of all further ones too.
    pub takes: &'static [Type],
    /// How many arguments it has at least, and at most.
    pub count: (usize, usize),
    pub gives: Type,
    /// It is called with nulls too. Otherwise the result is null if an argument is.
    pub nulls: bool,
    /// Its texts have to be UTF-8.
    pub utf8: bool,
    /// It asks where a record is: the result differs between records.
    pub places: bool,
    /// It counts: records have to come in their order.
    pub ordered: bool,
    pub run: Run,
}

/// Calculates a result; there are as many arguments as the function takes, each null or of its type.
pub type Run = for<'a> fn(&[Scalar<'a>], &mut Scope<'_, 'a>) -> Outcome<'a>;

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Any number of arguments.
const MANY: usize = 64;

/// What most functions are like.
const PLAIN: Function = Function {
    name: "",
    usage: "",
    takes: &[],
    count: (0, 0),
    gives: Type::Any,
    nulls: false,
    utf8: false,
    places: false,
    ordered: false,
    run: |_, _| Ok(Scalar::Null),
};

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
