//! The work that `bench` measures: one line each.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use pagemill::sample::LAYOUT;

/// Work to measure.
pub struct Workload {
    pub name: &'static str,
    pub about: &'static str,
    /// The format that it reads.
    pub from: &'static str,
    does: Does,
}

/// What it does.
enum Does {
    /// Converts to a format, with these flags.
    Converts(&'static str, &'static [&'static str]),
    /// What a command writes in a format, with flags whose values are for generated data.
    Chooses(&'static str, &'static str, Choices),
    /// Converts a file of this many bytes.
    Starts(&'static str, u64),
    /// Counts, with these flags.
    Counts(&'static [&'static str]),
}

use Does::{Chooses, Converts, Counts, Starts};

/// Flags and their values for generated data.
type Choices = &'static [(&'static str, &'static str)];

/// The flags of workloads whose values are for generated data, how their values are called, and what they choose.
pub const CHOOSING: [(&str, &str, &str); 6] = [
    ("select", "FIELDS", "fields"),
    ("where", "EXPR", "records"),
    ("set", "NAME=EXPR", "what to make"),
    ("dedupe", "FIELDS", "what to compare"),
    ("by", "FIELDS", "what to go by"),
    ("agg", "NAME=CALL", "what to calculate"),
];

/// What is chosen in data of one's own, by flag.
pub type Own = BTreeMap<&'static str, String>;

const fn workload(name: &'static str, from: &'static str, does: Does, about: &'static str) -> Workload {
    Workload { name, about, from, does }
}

/// All workloads, in the order in which they run.
pub static ALL: [Workload; 20] = [
    workload("csv-ndjson", "csv", Converts("ndjson", &[]), "CSV to NDJSON"),
    workload("csv-tsv", "csv", Converts("tsv", &[]), "CSV to TSV"),
    workload("csv-csv", "csv", Converts("csv", &["--quote-all"]), "CSV to CSV with all fields in quotes"),
    workload("ndjson-csv", "ndjson", Converts("csv", &[]), "NDJSON to CSV"),
    workload("ndjson-json", "ndjson", Converts("json", &[]), "NDJSON to one JSON array"),
    workload("json-ndjson", "json", Converts("ndjson", &[]), "one JSON array to NDJSON"),
    workload("fixed-csv", "fixed", Converts("csv", &["--layout", LAYOUT]), "records of a fixed layout to CSV"),
    workload(
        "select",
        "csv",
        Chooses("convert", "csv", &[("select", "id,price,city")]),
        "CSV to CSV with three of its fields",
    ),
    workload(
        "filter",
        "csv",
        Chooses("convert", "csv", &[("where", "price > 50")]),
        "records of CSV for which something is true",
    ),
    workload(
        "set",
        "csv",
        Chooses("convert", "csv", &[("set", "gross=price*1.1")]),
        "CSV with one more field, calculated from another",
    ),
    workload(
        "ndjson-select",
        "ndjson",
        Chooses("convert", "csv", &[("select", "id,price,address.city")]),
        "NDJSON to CSV with three of its fields",
    ),
    workload(
        "dedupe",
        "csv",
        Chooses("convert", "csv", &[("dedupe", "city,price")]),
        "CSV without records that are there twice",
    ),
    workload("stats", "csv", Chooses("stats", "csv", &[]), "every column of CSV described"),
    workload("sort", "csv", Chooses("sort", "csv", &[("by", "price:number")]), "records of CSV in order"),
    workload(
        "aggregate",
        "csv",
        Chooses("aggregate", "csv", &[("by", "city"), ("agg", "n=count(),total=sum(price),p95=quantile(price,0.95)")]),
        "groups of CSV and their totals",
    ),
    workload("upper", "text", Converts("text", &["--op", "upper"]), "text in upper case"),
    workload("reverse", "text", Converts("text", &["--op", "reverse"]), "text with each line reversed"),
    workload("count", "text", Counts(&[]), "count lines, words, characters and bytes"),
    workload("count-records", "csv", Counts(&["-r"]), "count the records of CSV"),
    workload("small-file", "csv", Starts("ndjson", 10_000), "CSV to NDJSON of 10 kB, start to end"),
];

/// The workload with this name.
pub fn named(name: &str) -> Option<&'static Workload> {
    ALL.iter().find(|workload| workload.name.eq_ignore_ascii_case(name))
}

impl Workload {
    /// The format that it writes; none: numbers.
    pub fn to(&self) -> Option<&'static str> {
        match self.does {
            Converts(to, _) | Chooses(_, to, _) | Starts(to, _) => Some(to),
            Counts(_) => None,
        }
    }

    /// Whether it can read files of a format. Some can read any.
    pub fn takes(&self, format: &str) -> bool {
        self.from == format || matches!(self.does, Counts([]))
    }

    /// The flags whose values are for generated data.
    pub fn chooses(&self) -> impl Iterator<Item = &'static str> {
        let choices: Choices = match self.does {
            Chooses(.., choices) => choices,
            _ => &[],
        };
        choices.iter().map(|(flag, _)| *flag)
    }

    /// How many bytes it reads, if not as many as the others.
    pub fn size(&self) -> Option<u64> {
        match self.does {
            Starts(_, size) => Some(size),
            _ => None,
        }
    }

    /// The arguments that make pagemill do it. `own`: what to choose, if not what is for generated data.
    pub fn arguments(&self, input: &Path, output: &Path, own: &Own) -> Vec<OsString> {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let (command, to, more) = match self.does {
            Counts(flags) => {
                let from = if flags.is_empty() { words(&[]) } else { words(&["-f", self.from]) };
                return [words(&["count"]), words(flags), from, vec![input.into()]].concat();
            }
            Converts(to, flags) => ("convert", to, words(flags)),
            Starts(to, _) => ("convert", to, words(&[])),
            Chooses(command, to, choices) => {
                let value = |flag: &str, usual| own.get(flag).map_or(usual, String::as_str);
                let given = choices.iter().flat_map(|(flag, usual)| words(&[&format!("--{flag}"), value(flag, usual)]));
                (command, to, given.collect())
            }
        };
        [words(&[command, "-f", self.from, "-t", to]), more, vec!["-o".into(), output.into(), input.into()]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pagemill::format::Format;

    #[test]
    fn each_has_a_name_and_formats_that_exist() {
        for (index, workload) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != workload.name), "{} is there twice", workload.name);
            assert!(
                workload.from.parse::<Format>().is_ok() && workload.to().is_none_or(|to| to.parse::<Format>().is_ok())
            );
        }
        assert!(named("CSV-ndjson").is_some() && named("csv").is_none());
    }

    #[test]
    fn what_is_run() {
        let line = |name: &str, own: Option<(&'static str, &str)>| {
            let own = own.map(|(flag, value)| (flag, value.to_owned())).into_iter().collect();
            let words = named(name).unwrap().arguments(Path::new("i"), Path::new("o"), &own);
            words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("csv-ndjson", None), "convert -f csv -t ndjson -o o i");
        assert_eq!(line("select", Some(("select", "a,b"))), "convert -f csv -t csv --select a,b -o o i");
        assert_eq!(line("filter", Some(("where", "a > 1"))), "convert -f csv -t csv --where a > 1 -o o i");
        assert_eq!(line("set", Some(("where", "a"))), "convert -f csv -t csv --set gross=price*1.1 -o o i");
        assert_eq!(
            line("aggregate", Some(("by", "a"))),
            "aggregate -f csv -t csv --by a --agg n=count(),total=sum(price),p95=quantile(price,0.95) -o o i"
        );
        assert_eq!(line("sort", None), "sort -f csv -t csv --by price:number -o o i");
        assert_eq!(line("stats", None), "stats -f csv -t csv -o o i");
        assert_eq!(line("dedupe", Some(("dedupe", "a"))), "convert -f csv -t csv --dedupe a -o o i");
        assert_eq!(line("count", None), "count i");
        assert_eq!(line("count-records", None), "count -r -f csv i");
    }
}
