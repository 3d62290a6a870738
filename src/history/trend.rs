//! Whether a run is as runs of its job usually are.
//!
//! Medians and the median absolute deviation (MAD), which a few odd runs do not move: B. Iglewicz, D. Hoaglin, "How to
//! detect and handle outliers", 1993. For figures that are normally distributed 1.4826 MAD is the standard deviation.

use super::run::Run;

/// Runs are compared with at most this many before them.
pub const COMPARED: usize = 20;
/// Nothing is said with fewer.
const LEAST: usize = 5;
/// What a MAD is of a standard deviation.
const DEVIATION: f64 = 1.4826;
/// A figure that is further away from the median than so many deviations is odd,
const ODD: f64 = 3.5;
/// if it is also this much worse: where all runs are alike, noise would be odd.
const MATTERS: f64 = 0.05;

/// A figure of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Bytes read per second: more is better.
    Rate,
    /// The most memory that was resident: less is better.
    Peak,
    /// The share of bad records: less is better.
    BadShare,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 3] = [Figure::Rate, Figure::Peak, Figure::BadShare];

    /// The figure of a run.
    pub fn of(self, run: &Run) -> f64 {
        match self {
            Figure::Rate => run.rate(),
            Figure::Peak => run.peak as f64,
            Figure::BadShare => run.bad_share(),
        }
    }

    /// What a run is called that is worse.
    pub fn worse(self) -> &'static str {
        match self {
            Figure::Rate => "slower",
            Figure::Peak => "bigger",
            Figure::BadShare => "worse data",
        }
    }
}

/// What is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The median.
    pub median: f64,
    /// The median ± 3 deviations, never below 0.
    pub low: f64,
    /// See `low`.
    pub high: f64,
    deviation: f64,
}

impl Usual {
    /// What is usual among runs; none if there are fewer than five.
    pub fn of(figure: Figure, runs: &[Run]) -> Option<Usual> {
        let figures: Vec<f64> = runs.iter().rev().take(COMPARED).map(|run| figure.of(run)).collect();
        if figures.len() < LEAST {
            return None;
        }
        let median = middle(figures.clone());
        let deviation = DEVIATION * middle(figures.iter().map(|value| (value - median).abs()).collect());
        let (low, high) = ((median - 3.0 * deviation).max(0.0), median + 3.0 * deviation);
        Some(Usual { median, low, high, deviation })
    }

    /// How many deviations a value is above the median; infinite where there is no deviation.
    pub fn z(&self, value: f64) -> f64 {
        let away = value - self.median;
        if away == 0.0 { 0.0 } else { away / self.deviation }
    }
}

/// The median.
fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

/// A figure that is worse than usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Which one.
    pub figure: Figure,
    /// The run's.
    pub value: f64,
    /// What is usual.
    pub usual: Usual,
}

/// A run, and those before it that it can be compared with: finished, of the same job, version and settings.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The run.
    pub run: Run,
    /// At most 20 before it, the oldest first.
    pub before: Vec<Run>,
}

impl Compared {
    /// What was usual before this run; none if that is not known.
    pub fn usual(&self, figure: Figure) -> Option<Usual> {
        Usual::of(figure, &self.before)
    }

    /// What is worse in it than in those before it. Nothing is said of a run that did not finish.
    pub fn verdicts(&self) -> Vec<Verdict> {
        if self.run.is_done() { judged(&self.run, &self.before) } else { Vec::new() }
    }
}

/// What is worse in a run than in those before it: further than 3.5 deviations from their median, and by 5 %.
fn judged(run: &Run, before: &[Run]) -> Vec<Verdict> {
    let judge = |figure: Figure| {
        let (value, usual) = (figure.of(run), Usual::of(figure, before)?);
        let worse = match figure {
            Figure::Rate => usual.z(value) < -ODD && value < usual.median * (1.0 - MATTERS),
            Figure::Peak | Figure::BadShare => usual.z(value) > ODD && value > usual.median * (1.0 + MATTERS),
        };
        worse.then_some(Verdict { figure, value, usual })
    };
    Figure::ALL.into_iter().filter_map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(rates: &[u64]) -> Vec<Run> {
        rates.iter().map(|&read| Run { read, seconds: 1.0, peak: 100, records: 10, ..Run::default() }).collect()
    }

    #[test]
    fn the_usual_range() {
        assert_eq!(Usual::of(Figure::Rate, &runs(&[1, 2, 3, 4])), None);
        // The median is 102; the distances are 2, 1, 0, 1, 98, and their median is 1.
        let usual = Usual::of(Figure::Rate, &runs(&[100, 101, 102, 103, 200])).unwrap();
        assert_eq!(usual.median, 102.0);
        assert!(
            (usual.low - (102.0 - 3.0 * 1.4826)).abs() < 1e-9 && (usual.high - (102.0 + 3.0 * 1.4826)).abs() < 1e-9
        );
        // An even number of runs.
        assert_eq!(Usual::of(Figure::Rate, &runs(&[1, 2, 3, 5, 6, 7])).unwrap().median, 4.0);
    }

    #[test]
    fn only_what_is_odd_and_matters_is_told() {
        let before = runs(&[100, 101, 102, 103, 104]);
        let told = |read, peak, bad| {
            let run = Run { read, seconds: 1.0, peak, records: 10, bad, ..Run::default() };
            judged(&run, &before).into_iter().map(|verdict| verdict.figure).collect::<Vec<_>>()
        };
        assert_eq!(told(102, 100, 0), []);
        // 3.5 deviations are 5.2 below 102, and 5 % are 5.1.
        assert_eq!(told(97, 100, 0), []);
        assert_eq!(told(96, 100, 0), [Figure::Rate]);
        assert_eq!(told(1_000, 105, 0), [], "faster is fine, and 5 % do not matter");
        assert_eq!(told(102, 106, 1), [Figure::Peak, Figure::BadShare]);
        assert_eq!(judged(&runs(&[1])[0], &before[..4]), []);
    }
}
