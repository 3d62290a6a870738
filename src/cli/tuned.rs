//! What `pagemill tune` says.

use pagemill::bench::Interval;
use pagemill::metrics::size_rounded;
use pagemill::tune::{Choice, Found, Outcome, Step, Tried};

/// What was measured.
pub struct Tuned {
    pub input: String,
    pub bytes: u64,
    /// How much of it.
    pub sample: u64,
    pub rounds: u32,
}

/// All that was tried, what follows, and how sure it is.
pub fn explain(tuned: &Tuned, found: &Found) -> String {
    let Tuned { input, bytes, sample, rounds } = tuned;
    let part = if sample < bytes {
        format!(", of which the first {} were read", size_rounded(*sample))
    } else {
        String::new()
    };
    let mut text = format!("{input}: {}{part}, {rounds} rounds\n\n", size_rounded(*bytes));
    text += &row("setting", "value", "times as fast", "95 % or more", "");
    for step in &found.steps {
        text += &tried(step);
    }
    text.push('\n');
    text += &verdict(found);
    text
}

fn tried(step: &Step) -> String {
    if step.tried.is_empty() {
        return row(step.key, &step.usual, "", "", "no time was left to try others");
    }
    let noise = format!("{:.3} s, and again the same within {:.1} %", step.before.median, (step.noise - 1.0) * 100.0);
    let mut text = row(step.key, &step.usual, "1", "", &noise);
    for Tried { value, outcome, better } in &step.tried {
        text += &match outcome {
            Outcome::Failed(why) => row("", value, "", "", why),
            Outcome::Faster(ratio) => {
                let said = match better {
                    true if step.taken.as_ref() == Some(value) => "better: taken",
                    true => "better",
                    false => "not better beyond noise",
                };
                row("", value, &format!("{:.3}", ratio.median), &range(ratio), said)
            }
        };
    }
    text
}

fn verdict(found: &Found) -> String {
    let sure = |ratio: &Interval, noise: f64| {
        format!(
            "{:.2} times as fast as the usual settings ({:.2} to {:.2}, {:.1} % sure; two series with the usual settings\ndiffered by up to {:.1} %)",
            ratio.median,
            ratio.low,
            ratio.high,
            ratio.confidence * 100.0,
            (noise - 1.0) * 100.0
        )
    };
    match (&found.dropped, found.confirmed) {
        (None, Some((ratio, noise))) => {
            format!("recommendation: {}\n{}\n", flags(&found.best), sure(&ratio, noise))
        }
        (Some(choice), Some((ratio, noise))) => format!(
            "no recommendation: {} was not faster when measured again:\n{}\n",
            flags(choice),
            sure(&ratio, noise)
        ),
        (Some(choice), None) => format!(
            "no recommendation: no time was left to measure {} once more\n  Give a longer --time-limit.\n",
            flags(choice)
        ),
        (None, None) => "no recommendation: nothing was better than the usual settings beyond noise\n".to_owned(),
    }
}

fn flags(choice: &Choice) -> String {
    choice.values().map(|(key, value)| format!("--{key} {value}")).collect::<Vec<_>>().join(" ")
}

fn range(ratio: &Interval) -> String {
    format!("{:.3} to {:.3}", ratio.low, ratio.high)
}

fn row(setting: &str, value: &str, ratio: &str, range: &str, said: &str) -> String {
    let line = format!("{setting:<12}{value:<10}{ratio:>14}{range:>20}  {said}");
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(median: f64, low: f64, high: f64) -> Interval {
        Interval { median, low, high, confidence: 0.96875 }
    }

    #[test]
    fn what_was_tried_is_a_table() {
        let tried = |value: &str, found: Interval, better| Tried {
            value: value.to_owned(),
            outcome: Outcome::Faster(found),
            better,
        };
        let workers = Step {
            key: "workers",
            usual: "2".to_owned(),
            before: ratio(0.4, 0.39, 0.41),
            noise: 1.012,
            tried: vec![tried("1", ratio(0.55, 0.54, 0.56), false), tried("4", ratio(1.21, 1.19, 1.25), true)],
            taken: Some("4".to_owned()),
        };
        let io = Step { key: "io", usual: "auto".to_owned(), tried: Vec::new(), taken: None, ..workers.clone() };
        let mut found = Found {
            steps: vec![workers, io],
            best: Choice::default().with("workers", "4"),
            confirmed: Some((ratio(1.2, 1.18, 1.24), 1.01)),
            dropped: None,
        };
        let tuned = Tuned { input: "a.csv".to_owned(), bytes: 1_000_000_000, sample: 256_000_000, rounds: 6 };
        let expected = "\
a.csv: 1.00 GB, of which the first 256 MB were read, 6 rounds

setting     value      times as fast        95 % or more
workers     2                      1                      0.400 s, and again the same within 1.2 %
            1                  0.550      0.540 to 0.560  not better beyond noise
            4                  1.210      1.190 to 1.250  better: taken
io          auto                                          no time was left to try others

recommendation: --workers 4
1.20 times as fast as the usual settings (1.18 to 1.24, 96.9 % sure; two series with the usual settings
differed by up to 1.0 %)
";
        assert_eq!(explain(&tuned, &found), expected);
        found.dropped = Some(std::mem::take(&mut found.best));
        assert!(
            explain(&tuned, &found).contains("no recommendation: --workers 4 was not faster when measured again:\n")
        );
        found.confirmed = None;
        assert!(explain(&tuned, &found).contains("no time was left to measure --workers 4 once more"));
        found.dropped = None;
        assert!(explain(&tuned, &found).ends_with("nothing was better than the usual settings beyond noise\n"));
    }
}
