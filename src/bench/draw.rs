//! Times as a picture.

use std::fmt::Write;

use super::stats::typical;
use crate::chart::{LEFT, WIDTH, begin, escaped, page};

/// A program of a workload, with what it took.
pub struct Row<'r> {
    /// The workload. Rows of the same one follow each other.
    pub workload: &'r str,
    /// The program.
    pub program: &'r str,
    /// It is ours; others have another colour.
    pub ours: bool,
    /// The seconds of each run.
    pub seconds: &'r [f64],
}

/// The height of a row, of the title of a workload, and of what is below its rows, in pixels.
const ROW: f64 = 24.0;
const TITLE: f64 = 40.0;
const AXIS: f64 = 26.0;
/// Names have more room than elsewhere.
const NAMES: f64 = 2.0 * LEFT;
/// Longer names are cut.
const LONGEST: usize = 26;

/// A chart for each workload: a dot for each run, a bar where the median may be, and a line at the median.
pub fn svg(rows: &[Row<'_>]) -> String {
    let charts: Vec<&[Row<'_>]> = rows.chunk_by(|one, other| one.workload == other.workload).collect();
    let height = charts.len() as f64 * (TITLE + AXIS) + rows.len() as f64 * ROW;
    let mut text = begin(NAMES + WIDTH + 20.0, height, "Seconds of each run");
    let mut top = 0.0;
    for rows in charts {
        chart(&mut text, rows, top);
        top += TITLE + AXIS + rows.len() as f64 * ROW;
    }
    text + "</svg>\n"
}

fn chart(text: &mut String, rows: &[Row<'_>], top: f64) {
    let most = rows.iter().flat_map(|row| row.seconds).copied().fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 1.0 };
    let x = |seconds: f64| NAMES + WIDTH * (seconds / most).clamp(0.0, 1.0);
    let (first, bottom) = (top + TITLE, top + TITLE + rows.len() as f64 * ROW);
    let title = rows.first().map_or("", |row| row.workload);
    // Writing to a text can't fail.
    let _ =
        writeln!(text, "<text x=\"{NAMES}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>", first - 12.0, escaped(title));
    let _ = writeln!(
        text,
        "<line class=\"axis\" x1=\"{NAMES}\" y1=\"{bottom:.1}\" x2=\"{:.1}\" y2=\"{bottom:.1}\"/>",
        NAMES + WIDTH
    );
    for (seconds, anchor) in [(0.0, "start"), (most, "end")] {
        let (at, below) = (x(seconds), bottom + 15.0);
        let _ =
            writeln!(text, "<text x=\"{at:.1}\" y=\"{below:.1}\" text-anchor=\"{anchor}\">{}</text>", shown(seconds));
    }
    for (index, row) in rows.iter().enumerate() {
        let y = first + (index as f64 + 0.5) * ROW;
        let name: String = match row.program.chars().count() {
            0..=LONGEST => row.program.to_owned(),
            _ => row.program.chars().take(LONGEST - 1).chain(['…']).collect(),
        };
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}<title>{}</title></text>",
            NAMES - 8.0,
            y + 4.0,
            escaped(&name),
            escaped(row.program)
        );
        if row.seconds.is_empty() {
            continue;
        }
        let middle = typical(row.seconds);
        let (from, to, at) = (x(middle.low), x(middle.high), x(middle.median));
        let _ = writeln!(
            text,
            "<rect class=\"usual\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}: {}, between {} and {}</title></rect>",
            y - ROW / 3.0,
            (to - from).max(0.5),
            ROW / 1.5,
            escaped(row.program),
            shown(middle.median),
            shown(middle.low),
            shown(middle.high)
        );
        let class = if row.ours { "run" } else { "other" };
        for seconds in row.seconds {
            let _ = writeln!(
                text,
                "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill-opacity=\".6\"/>",
                x(*seconds)
            );
        }
        let (upper, lower) = (y - ROW / 3.0, y + ROW / 3.0);
        let _ = writeln!(
            text,
            "<line class=\"middle\" x1=\"{at:.1}\" y1=\"{upper:.1}\" x2=\"{at:.1}\" y2=\"{lower:.1}\"/>"
        );
    }
}

/// Seconds in the unit that fits, with three digits.
fn shown(seconds: f64) -> String {
    match seconds {
        0.0 => "0".to_owned(),
        s if s < 1.0 => format!("{:.3} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}

/// The same as a page: `notes` are sentences, the first row of `table` has the names of its columns.
pub fn html(rows: &[Row<'_>], notes: &[String], table: &[Vec<String>]) -> String {
    let mut text = String::new();
    notes.iter().for_each(|note| text += &format!("<p>{}</p>\n", escaped(note)));
    text += &svg(rows);
    text += "<table>\n";
    for (index, row) in table.iter().enumerate() {
        let tag = if index == 0 { "th" } else { "td" };
        let cell = |cell: &String| format!("<{tag}>{}</{tag}>", escaped(cell));
        text += &format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>());
    }
    text += "</table>\n";
    page("pagemill bench", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_is_a_dot() {
        let row = |workload, program, ours, seconds| Row { workload, program, ours, seconds };
        let rows = [
            row("a", "pagemill", true, &[1.0, 2.0, 3.0][..]),
            row("a", "<other & more>", false, &[4.0]),
            row("b", "pagemill", true, &[0.5]),
            row("b", "failed", false, &[]),
        ];
        let picture = svg(&rows);
        assert_eq!(picture.matches("<circle class=\"run\"").count(), 4);
        assert_eq!(picture.matches("<circle class=\"other\"").count(), 1);
        // The median of 1, 2 and 3, where 4 is at the right end.
        assert!(picture.contains(&format!("x1=\"{:.1}\"", NAMES + WIDTH / 2.0)), "{picture}");
        assert!(picture.contains(">4.000 s<") && picture.contains(">500.000 ms<"), "{picture}");
        let page = html(&rows, &["a < b".to_owned()], &[vec!["x".to_owned()], vec!["<1>".to_owned()]]);
        assert!(page.contains("<p>a &lt; b</p>") && page.contains("<tr><td>&lt;1&gt;</td></tr>"), "{page}");
        assert!(!page.contains("<other & more>") && !page.contains("<script"));
        assert!(svg(&[]).contains("</svg>"));
    }
}
