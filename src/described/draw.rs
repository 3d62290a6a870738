//! The same as pictures and as a page.

use std::fmt::Write;

use super::{Described, rounded};
use crate::chart::{begin, escaped, page};
use crate::fold::stats::names;

/// The size of a chart in pixels, with what is above it for its title and below it for its ends.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 90.0;
const TITLE: f64 = 26.0;
const ENDS: f64 = 22.0;
/// The height of a bar of a frequent value, and what is left of it for the value.
const ROW: f64 = 20.0;
const NAMES: f64 = 170.0;
/// Around a chart.
const MARGIN: f64 = 10.0;
/// Longer texts are cut.
const LONGEST: usize = 24;

/// What is drawn of a column.
enum Chart {
    /// How many numbers there are in each part of their range, and its ends.
    Histogram(Vec<u64>, [String; 2]),
    /// The most frequent values, of this many.
    Frequent(Vec<(String, u64)>, u64),
    Nothing,
}

impl Chart {
    fn height(&self) -> f64 {
        match self {
            Chart::Histogram(..) => TITLE + HEIGHT + ENDS,
            Chart::Frequent(values, _) => TITLE + values.len() as f64 * ROW + MARGIN,
            Chart::Nothing => 0.0,
        }
    }

    fn draw(&self, text: &mut String, name: &str, top: f64) {
        if let Chart::Nothing = self {
            return;
        }
        // Writing to a text can't fail.
        let _ = writeln!(
            text,
            "<text x=\"{MARGIN}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>",
            top + 16.0,
            escaped(&cut(name, 3 * LONGEST))
        );
        match self {
            Chart::Histogram(bars, ends) => histogram(text, bars, ends, top + TITLE),
            Chart::Frequent(values, all) => frequent(text, values, *all, top + TITLE),
            Chart::Nothing => {}
        }
    }
}

fn histogram(text: &mut String, bars: &[u64], ends: &[String; 2], top: f64) {
    let most = bars.iter().copied().max().unwrap_or(0).max(1) as f64;
    let (width, bottom) = (WIDTH / bars.len() as f64, top + HEIGHT);
    for (index, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        // Even one number can be seen.
        let height = (*count as f64 / most * HEIGHT).max(1.0);
        let _ = writeln!(
            text,
            "<rect class=\"run\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{count}</title></rect>",
            MARGIN + index as f64 * width + 0.5,
            bottom - height,
            width - 1.0
        );
    }
    let right = MARGIN + WIDTH;
    let _ = writeln!(
        text,
        "<line class=\"axis\" x1=\"{MARGIN}\" y1=\"{bottom:.1}\" x2=\"{right:.1}\" y2=\"{bottom:.1}\"/>"
    );
    for (end, x, anchor) in [(&ends[0], MARGIN, "start"), (&ends[1], right, "end")] {
        let y = bottom + 15.0;
        let end = escaped(&cut(end, LONGEST));
        let _ = writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{end}</text>");
    }
}

fn frequent(text: &mut String, values: &[(String, u64)], all: u64, top: f64) {
    let most = values.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1) as f64;
    let (left, room) = (MARGIN + NAMES, WIDTH - NAMES - 110.0);
    for (index, (value, count)) in values.iter().enumerate() {
        let (y, width) = (top + index as f64 * ROW, (*count as f64 / most * room).max(1.0));
        let shown = if value.is_empty() { "(empty)" } else { value };
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><rect class=\"run\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">{count} ({:.1} %)</text>",
            left - 6.0,
            y + 14.0,
            escaped(&cut(shown, LONGEST)),
            y + 2.0,
            ROW - 4.0,
            left + width + 6.0,
            y + 14.0,
            *count as f64 / all.max(1) as f64 * 100.0
        );
    }
}

/// The beginning of a long text.
fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

impl Described {
    fn chart(&self, column: &[String]) -> Chart {
        let (bars, ends) = self.histogram(column).unwrap_or_default();
        let top = self.top(column);
        let count = self.get(column, names::COUNT).parse().unwrap_or(0);
        match (self.get(column, names::KIND), top.is_empty()) {
            // Few different numbers are seen best one by one.
            ("number", _) | (_, true) if bars.len() > 1 && (top.is_empty() || self.few(column).is_none()) => {
                Chart::Histogram(bars, ends.map(|end| rounded(&end.to_string())))
            }
            (_, false) => Chart::Frequent(top, count),
            _ => Chart::Nothing,
        }
    }

    /// How many different values there are, if all of them are among the most frequent ones.
    fn few(&self, column: &[String]) -> Option<usize> {
        let different = self.get(column, names::DISTINCT).parse().ok()?;
        (different <= self.top(column).len()).then_some(different)
    }

    /// The charts of all columns that have one.
    pub fn svg(&self) -> String {
        let charts: Vec<_> =
            self.columns.iter().map(|column| (self.get(column, names::FIELD), self.chart(column))).collect();
        let height: f64 = charts.iter().map(|(_, chart)| chart.height() + MARGIN).sum();
        let mut text = begin(WIDTH + 2.0 * MARGIN, height.max(1.0), "Columns");
        let mut top = 0.0;
        for (name, chart) in &charts {
            chart.draw(&mut text, name, top);
            top += chart.height() + MARGIN;
        }
        text + "</svg>\n"
    }

    /// A page: a table of all columns, then each with its chart and all that is said about it. `inputs` says where it is
    /// from.
    pub fn html(&self, inputs: &str) -> String {
        let mut text = format!(
            "<p>{}. Numbers are exact, except after ~ and under names with approx_; means and deviations of the first table are rounded.</p>\n<style>.column{{display:flex;flex-wrap:wrap;gap:1em 3em;align-items:start;border-top:1px solid #999;padding:1em 0}}.column svg{{width:500px;max-width:100%;height:auto}}.column table{{font-size:.9em}}.column td{{white-space:normal;overflow-wrap:anywhere;min-width:0!important;border:0;padding:.1em .6em}}h2{{margin:.2em 0;overflow-wrap:anywhere;width:100%;font-size:1.2em}}</style>\n",
            escaped(inputs)
        );
        text += &rows(&self.table());
        for column in &self.columns {
            text += &format!("<div class=\"column\"><h2>{}</h2>\n", escaped(self.get(column, names::FIELD)));
            let chart = self.chart(column);
            if !matches!(chart, Chart::Nothing) {
                let title = match &chart {
                    Chart::Histogram(..) => "how many numbers are in each part of their range",
                    _ => "the most frequent values",
                };
                text += &begin(WIDTH + 2.0 * MARGIN, chart.height(), title);
                chart.draw(&mut text, title, 0.0);
                text += "</svg>\n";
            }
            let said = self.names.iter().zip(column).skip(1);
            let said = said
                .filter(|(name, value)| !value.is_empty() && ![names::TOP, names::HISTOGRAM].contains(&name.as_str()));
            text += "<table>\n";
            for (name, value) in said {
                let _ = writeln!(text, "<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(value));
            }
            text += "</table></div>\n";
        }
        page("Columns", text)
    }
}

/// A table of which the first row has the names.
fn rows(rows: &[Vec<String>]) -> String {
    let cells = |row: &[String], tag: &str| -> String {
        row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(&cut(cell, 2 * LONGEST)))).collect()
    };
    let mut text = String::from("<table>\n");
    for (index, row) in rows.iter().enumerate() {
        // A histogram follows as a chart.
        let shown = &row[..row.len().saturating_sub(1)];
        let _ = writeln!(text, "<tr>{}</tr>", cells(shown, if index == 0 { "th" } else { "td" }));
    }
    text + "</table>\n"
}
