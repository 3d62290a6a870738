//! Runs as pictures.

use std::fmt::Write;

use super::run::Run;
use super::trend::{Compared, Figure};
use crate::chart::{LEFT, WIDTH, begin, escaped, page};
use crate::metrics::size_rounded;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Values as a line of bars, from zero to the largest.
pub fn spark(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| match most > 0.0 {
        true => BARS[((value / most * 7.0).round() as usize).min(7)],
        false => BARS[0],
    };
    values.iter().map(bar).collect()
}

/// The height of a chart in pixels, and what is left above it for its title.
const HEIGHT: f64 = 160.0;
const TOP: f64 = 34.0;

/// The figures of runs as an SVG: a chart each for throughput, memory and bad records, with what is usual as a band.
/// Times are those of `time`.
pub fn svg(runs: &[Compared], time: impl Fn(&Run) -> String) -> String {
    let charts = [
        (Figure::Rate, "throughput, bytes read per second"),
        (Figure::Peak, "memory at its peak"),
        (Figure::BadShare, "bad records, per cent"),
    ];
    let whole = (charts.len() as f64) * (HEIGHT + TOP) + 30.0;
    let job = runs.last().map_or("", |last| &last.run.job);
    let mut text = begin(WIDTH + LEFT + 20.0, whole, &format!("Runs of {job}"));
    for (index, (figure, title)) in charts.into_iter().enumerate() {
        let top = index as f64 * (HEIGHT + TOP) + TOP;
        chart(&mut text, runs, figure, title, top, &time);
    }
    text += "</svg>\n";
    text
}

fn chart(text: &mut String, runs: &[Compared], figure: Figure, title: &str, top: f64, time: &impl Fn(&Run) -> String) {
    let (height, width) = (HEIGHT, WIDTH);
    let values: Vec<f64> = runs.iter().map(|one| figure.of(&one.run)).collect();
    let usual = runs.last().and_then(|last| last.usual(figure));
    let most = values.iter().copied().chain(usual.map(|usual| usual.high)).fold(0.0, f64::max);
    let most = if most > 0.0 { most } else { 1.0 };
    let x = |index: usize| LEFT + width * (index as f64 + 0.5) / runs.len().max(1) as f64;
    let y = |value: f64| top + height - height * (value / most).min(1.0);
    let label = |value: f64| match figure {
        Figure::Rate => format!("{}/s", size_rounded(value as u64)),
        Figure::Peak => size_rounded(value as u64),
        Figure::BadShare => format!("{:.3} %", value * 100.0),
    };
    let (right, bottom, above) = (LEFT + width, top + height, top - 8.0);
    // Writing to a text can't fail.
    let _ = writeln!(text, "<text x=\"{LEFT}\" y=\"{above}\" font-weight=\"bold\">{title}</text>");
    if let Some(usual) = usual {
        let (from, to) = (y(usual.high), y(usual.low));
        let _ = writeln!(
            text,
            "<rect class=\"usual\" x=\"{LEFT}\" y=\"{from:.1}\" width=\"{width}\" height=\"{:.1}\"><title>usual: {} to {}</title></rect>",
            to - from,
            label(usual.low),
            label(usual.high)
        );
    }
    let _ = writeln!(text, "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\"/>");
    for (value, at) in [(most, top + 10.0), (0.0, bottom)] {
        let _ =
            writeln!(text, "<text x=\"{:.0}\" y=\"{at:.1}\" text-anchor=\"end\">{}</text>", LEFT - 8.0, label(value));
    }
    let points: Vec<String> =
        values.iter().enumerate().map(|(index, value)| format!("{:.1},{:.1}", x(index), y(*value))).collect();
    let _ = writeln!(text, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    for (index, (one, value)) in runs.iter().zip(&values).enumerate() {
        let odd = one.verdicts().iter().any(|verdict| verdict.figure == figure);
        let (class, radius, worse) = if odd { ("odd", 4.5, figure.worse()) } else { ("run", 3.0, "") };
        let _ = writeln!(
            text,
            "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\"><title>run {}, {}: {} {worse}</title></circle>",
            x(index),
            y(*value),
            one.run.id,
            escaped(&time(&one.run)),
            label(*value),
        );
    }
}

/// The same as a page.
pub fn html(runs: &[Compared], time: impl Fn(&Run) -> String) -> String {
    let job = runs.last().map_or("", |last| &last.run.job);
    let about = format!(
        "<p>{} runs; the band is what was usual before the last one (median ± 3 × 1.4826 MAD of up to 20 runs with its version and settings). Red runs were worse than those before them: by 3.5 × 1.4826 MAD, and by 5 %.</p>\n",
        runs.len()
    );
    page(job, about + &svg(runs, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_begin_at_zero() {
        assert_eq!(spark(&[0.0, 1.0, 3.5, 7.0]), "▁▂▅█");
        assert_eq!((spark(&[]), spark(&[0.0, 0.0])), (String::new(), "▁▁".to_owned()));
    }

    #[test]
    fn a_picture_has_a_point_for_each_run_and_no_markup_of_names() {
        let run =
            |id, read| Run { id, read, seconds: 1.0, job: "<a & b>".into(), state: "done".into(), ..Run::default() };
        let runs: Vec<Run> = (1..=6).map(|id| run(id, 1_000)).chain([run(7, 100)]).collect();
        let compared = |index: usize| Compared { run: runs[index].clone(), before: runs[..index].to_vec() };
        let runs: Vec<Compared> = (0..runs.len()).map(compared).collect();
        let picture = svg(&runs, |run| format!("day {}", run.id));
        assert_eq!(picture.matches("<circle").count(), 3 * 7);
        assert_eq!(picture.matches("class=\"odd\"").count(), 1);
        assert!(picture.contains("run 7, day 7: 100 B/s slower"), "{picture}");
        assert!(!html(&runs, |_| String::new()).contains("<a & b>"));
    }
}
