//! What is said about every column, for people.

mod draw;

use crate::fold::stats::names;

/// What is said about every column: the fields of the result of [`Folding::Stats`](crate::op::Folding::Stats).
pub struct Described {
    names: Vec<String>,
    columns: Vec<Vec<String>>,
}

/// The columns of a table for people.
const SHOWN: [&str; 14] = [
    names::FIELD,
    names::KIND,
    names::COUNT,
    names::NULLS,
    names::ABSENT,
    names::NUMBERS,
    names::DISTINCT,
    names::MIN,
    "median",
    names::MAX,
    names::MEAN,
    names::STDDEV,
    "most frequent",
    "histogram",
];

impl Described {
    /// From the records of the result, with a header.
    pub fn of(mut rows: Vec<Vec<String>>) -> Described {
        let columns = rows.split_off(rows.len().min(1));
        Described { names: rows.pop().unwrap_or_default(), columns }
    }

    /// What is said of a column under a name; nothing if it is null.
    fn get<'d>(&self, column: &'d [String], name: &str) -> &'d str {
        let at = self.names.iter().position(|own| own == name);
        at.and_then(|at| column.get(at)).map_or("", String::as_str)
    }

    /// The same, or what is approximate in its place, with a mark.
    fn about(&self, column: &[String], name: &str) -> String {
        match (self.get(column, name), self.get(column, &format!("approx_{name}"))) {
            ("", "") => String::new(),
            ("", about) => format!("~{about}"),
            (exact, _) => exact.to_owned(),
        }
    }

    /// How many numbers are in each part of their range, and where the first part begins and the last one ends.
    fn histogram(&self, column: &[String]) -> Option<(Vec<u64>, [f64; 2])> {
        #[derive(serde::Deserialize)]
        struct Parts {
            from: f64,
            step: f64,
            counts: Vec<u64>,
        }
        let Parts { from, step, counts } = serde_json::from_str(self.get(column, names::HISTOGRAM)).ok()?;
        let end = from + step * counts.len() as f64;
        Some((counts, [from, end]))
    }

    /// The most frequent values, each with how often it is there.
    fn top(&self, column: &[String]) -> Vec<(String, u64)> {
        #[derive(serde::Deserialize)]
        struct Times {
            value: Box<serde_json::value::RawValue>,
            count: u64,
        }
        let all: Vec<Times> = serde_json::from_str(self.get(column, names::TOP)).unwrap_or_default();
        all.into_iter()
            .map(|one| {
                let text = one.value.get();
                let shown = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
                (shown, one.count)
            })
            .collect()
    }

    /// Whether fewer than half of the values are numbers: then what is said of those is not said of the column.
    fn is_text(&self, column: &[String]) -> bool {
        let number = |name| self.get(column, name).parse::<u64>().unwrap_or(0);
        number(names::NUMBERS) * 2 < number(names::COUNT)
    }

    /// Whether some values are numbers, and others are not.
    fn is_mixed(&self, column: &[String]) -> bool {
        !["0", self.get(column, names::COUNT)].contains(&self.get(column, names::NUMBERS))
    }

    /// A number or a text, whichever most values are.
    fn end(&self, column: &[String], name: &str) -> String {
        let text = self.get(column, &format!("text_{name}"));
        match self.get(column, name) {
            number if number.is_empty() || self.is_text(column) && !text.is_empty() => text.to_owned(),
            number => number.to_owned(),
        }
    }

    /// A table: means and deviations have six digits, and `~` is before what is approximate.
    pub fn table(&self) -> Vec<Vec<String>> {
        let any_absent = self.columns.iter().any(|column| self.get(column, names::ABSENT) != "0");
        let row = |column: &Vec<String>| {
            let get = |name| self.get(column, name).to_owned();
            let top = self.top(column);
            let of_numbers = |text: String| if self.is_text(column) { String::new() } else { text };
            vec![
                get(names::FIELD),
                get(names::KIND),
                get(names::COUNT),
                get(names::NULLS),
                get(names::ABSENT),
                get(names::NUMBERS),
                self.about(column, names::DISTINCT),
                self.end(column, names::MIN),
                of_numbers(self.about(column, names::P50)),
                self.end(column, names::MAX),
                of_numbers(rounded(self.get(column, names::MEAN))),
                of_numbers(rounded(self.get(column, names::STDDEV))),
                top.first().map_or_else(String::new, |(value, times)| format!("{value} ({times})")),
                of_numbers(self.histogram(column).map_or_else(String::new, |(counts, _)| spark(&counts))),
            ]
        };
        let names = SHOWN.map(str::to_owned).to_vec();
        let mut rows: Vec<Vec<String>> = std::iter::once(names).chain(self.columns.iter().map(row)).collect();
        if !self.columns.iter().any(|column| self.is_mixed(column)) {
            rows.iter_mut().for_each(|row| _ = row.remove(5));
        }
        if !any_absent {
            rows.iter_mut().for_each(|row| _ = row.remove(4));
        }
        rows
    }
}

/// A number with six digits.
fn rounded(number: &str) -> String {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    match number.parse::<f64>() {
        Ok(float) if digits > 6 && float.is_finite() => {
            let size = float.abs().log10().floor();
            let places = (5.0 - size).clamp(0.0, 20.0) as usize;
            if (-5.0..15.0).contains(&size) { format!("{float:.places$}") } else { format!("{float:.5e}") }
        }
        _ => number.to_owned(),
    }
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A small histogram; nothing is a blank.
fn spark(bars: &[u64]) -> String {
    let most = bars.iter().copied().max().unwrap_or(0);
    let bar = |count: &u64| match count {
        0 => ' ',
        count => BARS[((*count as f64 / most as f64 * 7.0).round() as usize).min(7)],
    };
    if bars.len() < 2 { String::new() } else { bars.iter().map(bar).collect() }
}
