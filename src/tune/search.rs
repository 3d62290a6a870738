//! The search: one setting after the other (a coordinate search), in a fixed order. What was measured decides, and nothing
//! is drawn at random, so the same times always give the same answer.

use super::space::Setting;
use crate::bench::{CONFIDENCE, Interval, MATTERS, noise_of, pairs, typical};
use crate::error::Error;

/// Values for settings; what has none is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice(Vec<(&'static str, String)>);

impl Choice {
    /// The same with another value.
    pub fn with(&self, key: &'static str, value: &str) -> Choice {
        let mut all = self.0.clone();
        all.retain(|(other, _)| *other != key);
        all.push((key, value.to_owned()));
        Choice(all)
    }

    /// All values, in the order in which they were chosen.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, value)| (*key, value.as_str()))
    }

    /// Whether all is as usual.
    pub fn is_usual(&self) -> bool {
        self.0.is_empty()
    }
}

/// What runs with a choice took.
#[derive(Clone, Debug)]
pub enum Times {
    /// Seconds, one for each round.
    Seconds(Vec<f64>),
    /// A run failed: why.
    Failed(String),
}

/// Measures choices.
pub trait Measure {
    /// Whether there is time left to measure this number of choices beside each other.
    fn has_time(&self, choices: usize) -> bool;

    /// Runs with each of these choices in turn, for some rounds.
    ///
    /// # Errors
    /// The first choice fails, or a stop was requested.
    fn measure(&mut self, choices: &[&Choice]) -> Result<Vec<Times>, Error>;
}

/// What a value did.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// How many times as fast it was as what was best before.
    Faster(Interval),
    /// A run failed: why.
    Failed(String),
}

/// A value that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The value.
    pub value: String,
    /// What it did.
    pub outcome: Outcome,
    /// It was faster beyond the noise.
    pub better: bool,
}

/// The values of a setting, tried beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The setting.
    pub key: &'static str,
    /// The value that held before.
    pub usual: String,
    /// What runs with that took, in seconds.
    pub before: Interval,
    /// By which factor two series of runs with that differed.
    pub noise: f64,
    /// What was tried; none: there was no time.
    pub tried: Vec<Tried>,
    /// The value that was taken.
    pub taken: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What was tried, in order.
    pub steps: Vec<Step>,
    /// What is best; the usual if nothing was shown to be better.
    pub best: Choice,
    /// How many times as fast the best of all steps was as the usual, measured once more, and the noise; none: it was not
    /// measured.
    pub confirmed: Option<(Interval, f64)>,
    /// The best of all steps was not shown to be better when it was measured again, or there was no time to.
    pub dropped: Option<Choice>,
}

/// How many runs a round of the whole search has: two with what is best so far and one with each other value in each step, and
/// three at the end.
pub fn runs(settings: &[Setting]) -> usize {
    settings.iter().map(|setting| setting.values.len() + 2).sum::<usize>() + LAST
}

/// The choices of the last comparison: the usual twice, and the best.
const LAST: usize = 3;

/// Searches.
///
/// # Errors
/// Those of `measure`.
pub fn search(settings: &[Setting], measure: &mut dyn Measure) -> Result<Found, Error> {
    let usual = Choice::default();
    let (mut best, mut steps) = (usual.clone(), Vec::new());
    for setting in settings {
        let mut step = Step {
            key: setting.key,
            usual: setting.usual.clone(),
            before: Interval::default(),
            noise: 1.0,
            tried: Vec::new(),
            taken: None,
        };
        if measure.has_time(2 + setting.values.len() + LAST) {
            let others: Vec<Choice> = setting.values.iter().map(|value| best.with(setting.key, value)).collect();
            let choices: Vec<&Choice> = [&best, &best].into_iter().chain(&others).collect();
            let compared = Compared::of(measure.measure(&choices)?)?;
            (step.before, step.noise) = (compared.before, compared.noise);
            step.tried = setting
                .values
                .iter()
                .zip(compared.others)
                .map(|(value, outcome)| tried(value, outcome, step.noise))
                .collect();
            if let Some(value) = fastest(&step.tried) {
                best = best.with(setting.key, value);
                step.taken = Some(value.to_owned());
            }
        }
        steps.push(step);
    }
    let mut found = Found { steps, best: usual.clone(), confirmed: None, dropped: None };
    if best.is_usual() {
        return Ok(found);
    }
    // The fastest of several values may owe that to chance. So the whole is measured again.
    if measure.has_time(LAST) {
        let compared = Compared::of(measure.measure(&[&usual, &usual, &best])?)?;
        if let Some(Outcome::Faster(ratio)) = compared.others.first() {
            found.confirmed = Some((*ratio, compared.noise));
            if is_better(*ratio, compared.noise) {
                found.best = best;
                return Ok(found);
            }
        }
    }
    found.dropped = Some(best);
    Ok(found)
}

/// The times of choices, of which the first two are the same.
struct Compared {
    before: Interval,
    noise: f64,
    others: Vec<Outcome>,
}

impl Compared {
    fn of(times: Vec<Times>) -> Result<Compared, Error> {
        let mut times = times.into_iter();
        let mut ours = || match times.next() {
            Some(Times::Seconds(seconds)) => Ok(seconds),
            Some(Times::Failed(why)) => Err(Error::usage(why)),
            None => Ok(Vec::new()),
        };
        let (first, again) = (ours()?, ours()?);
        let others = times.map(|times| match times {
            Times::Seconds(seconds) => Outcome::Faster(pairs(&first, &seconds)),
            Times::Failed(why) => Outcome::Failed(why),
        });
        Ok(Compared { others: others.collect(), before: typical(&first), noise: noise_of(&again, &first) })
    }
}

fn tried(value: &str, outcome: Outcome, noise: f64) -> Tried {
    let better = matches!(outcome, Outcome::Faster(ratio) if is_better(ratio, noise));
    Tried { value: value.to_owned(), outcome, better }
}

/// Whether a ratio of times shows a gain: its whole interval is above the noise, and above what matters.
fn is_better(ratio: Interval, noise: f64) -> bool {
    ratio.confidence >= CONFIDENCE && ratio.low > noise.max(MATTERS)
}

/// Of the better values, the one that gains most for sure.
fn fastest(tried: &[Tried]) -> Option<&str> {
    let low = |tried: &Tried| match &tried.outcome {
        Outcome::Faster(ratio) => ratio.low,
        Outcome::Failed(_) => 0.0,
    };
    let better = tried.iter().filter(|tried| tried.better);
    better.reduce(|one, other| if low(other) > low(one) { other } else { one }).map(|tried| tried.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::settings;

    /// A machine on which a run takes what `speed` says, more or less.
    struct Machine<F> {
        speed: F,
        /// By which factor runs of one round differ, at most.
        noise: f64,
        /// How many runs there is time for.
        left: usize,
        asked: Vec<String>,
    }

    impl<F: Fn(&Choice) -> Option<f64>> Measure for Machine<F> {
        fn has_time(&self, choices: usize) -> bool {
            self.left >= choices
        }

        fn measure(&mut self, choices: &[&Choice]) -> Result<Vec<Times>, Error> {
            self.left -= choices.len();
            let words = |choice: &&Choice| {
                choice.values().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("+")
            };
            self.asked.push(choices.iter().map(words).collect::<Vec<_>>().join(" "));
            let times = |(place, choice): (usize, &&Choice)| match (self.speed)(choice) {
                // Another one of eight factors in each round, up to the noise, whatever the choice.
                Some(seconds) => Times::Seconds(
                    (0..8)
                        .map(|round| seconds * (1.0 + (self.noise - 1.0) * ((round * 3 + place * 5) % 8) as f64 / 7.0))
                        .collect(),
                ),
                None => Times::Failed("memory".to_owned()),
            };
            Ok(choices.iter().enumerate().map(times).collect())
        }
    }

    fn machine<F: Fn(&Choice) -> Option<f64>>(noise: f64, speed: F) -> Machine<F> {
        Machine { speed, noise, left: 1_000, asked: Vec::new() }
    }

    fn has(choice: &Choice, key: &str, value: &str) -> bool {
        choice.values().any(|found| found == (key, value))
    }

    #[test]
    fn the_order_is_fixed_and_steps_build_on_each_other() {
        let speed = |choice: &Choice| Some(if has(choice, "workers", "4") { 0.5 } else { 1.0 });
        let mut measure = machine(1.0, speed);
        let found = search(&settings(2), &mut measure).unwrap();
        assert_eq!(
            measure.asked,
            [
                "  workers=1 workers=4",
                "workers=4 workers=4 workers=4+io=read",
                "workers=4 workers=4 workers=4+slice-size=128KiB workers=4+slice-size=256KiB workers=4+slice-size=1MiB workers=4+slice-size=2MiB workers=4+slice-size=4MiB",
                "  workers=4",
            ]
        );
        assert_eq!(found.best, Choice::default().with("workers", "4"));
        let (ratio, noise) = found.confirmed.unwrap();
        assert_eq!((ratio.median, noise, found.dropped), (2.0, 1.0, None));
        assert_eq!(measure.asked.iter().map(|asked| asked.split(' ').count()).sum::<usize>(), runs(&settings(2)));
    }

    #[test]
    fn noise_is_never_taken_for_a_gain() {
        for noise in [1.0, 1.05, 1.5, 3.0] {
            let found = search(&settings(8), &mut machine(noise, |_: &Choice| Some(1.0))).unwrap();
            assert!(found.best.is_usual() && found.confirmed.is_none(), "{noise}: {found:?}");
        }
        // A gain of 1 % is sure, and worth nothing.
        let speed = |choice: &Choice| Some(if choice.is_usual() { 1.01 } else { 1.0 });
        assert!(search(&settings(8), &mut machine(1.0, speed)).unwrap().best.is_usual());
        // One of 10 % is lost in a noise of 50 %.
        let speed = |choice: &Choice| Some(if choice.is_usual() { 1.1 } else { 1.0 });
        assert!(search(&settings(8), &mut machine(1.5, speed)).unwrap().best.is_usual());
    }

    #[test]
    fn what_is_not_confirmed_is_dropped() {
        let count = std::cell::Cell::new(0);
        // The first time, and never again.
        let speed = |choice: &Choice| {
            count.set(count.get() + 1);
            Some(if has(choice, "workers", "1") && count.get() < 5 { 0.5 } else { 1.0 })
        };
        let found = search(&settings(2)[..1], &mut machine(1.0, speed)).unwrap();
        assert!(found.best.is_usual(), "{found:?}");
        assert_eq!(found.dropped, Some(Choice::default().with("workers", "1")));
        assert_eq!(found.confirmed.unwrap().0.median, 1.0);
    }

    #[test]
    fn without_time_nothing_is_recommended() {
        let speed = |choice: &Choice| Some(if has(choice, "workers", "4") { 0.5 } else { 1.0 });
        let mut measure = Machine { left: 7, ..machine(1.0, speed) };
        let found = search(&settings(2), &mut measure).unwrap();
        // There was time for the workers and for the last comparison.
        assert!(!found.best.is_usual() && found.steps[1].tried.is_empty() && measure.left == 0, "{found:?}");
        let mut measure = Machine { left: 6, ..machine(1.0, speed) };
        let found = search(&settings(2), &mut measure).unwrap();
        assert!(found.best.is_usual() && found.steps.iter().take(1).all(|step| step.tried.is_empty()), "{found:?}");
    }

    #[test]
    fn a_value_that_fails_is_not_taken() {
        let speed = |choice: &Choice| (!has(choice, "slice-size", "4MiB")).then_some(1.0);
        let found = search(&settings(2), &mut machine(1.0, speed)).unwrap();
        let last = found.steps[2].tried.last().unwrap();
        assert_eq!((&last.outcome, last.better), (&Outcome::Failed("memory".to_owned()), false));
    }
}
