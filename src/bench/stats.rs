//! What measured times say.
//!
//! Medians, with intervals that come from the order of the values alone: the median lies between the *k*-th smallest and the
//! *k*-th largest of *n* values with a confidence of 1 − 2 P(B < *k*), B being binomial with *n* and ½, whatever the values
//! are distributed like (W. J. Conover, "Practical Nonparametric Statistics", 3rd edition, 1999, section 3.2). Nothing is
//! drawn at random, so the same times always say the same.

/// The confidence that is asked of an interval. With fewer than six values none has it.
pub(crate) const CONFIDENCE: f64 = 0.95;
/// A smaller difference does not matter, however sure it is.
pub(crate) const MATTERS: f64 = 1.02;
/// The same for times that were not measured together.
const MATTERS_LATER: f64 = 1.05;
/// How many times the noise within a session a difference between two sessions has to be.
const SESSIONS: f64 = 2.0;

/// A median, and where it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The median of the values.
    pub median: f64,
    /// The lowest that the true one may be.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// How sure that is: 0.95 or more with six values, less with fewer.
    pub confidence: f64,
}

/// The median of some values, and where the true one may be. All zero without values.
pub fn typical(values: &[f64]) -> Interval {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return Interval::default() };
    let (place, confidence) = place(sorted.len());
    let half = sorted.len() / 2;
    let median = match sorted.len() % 2 {
        0 => (sorted[half - 1] + sorted[half]) / 2.0,
        _ => sorted[half],
    };
    Interval { median, low: sorted[place], high: sorted[last - place], confidence }
}

/// How many values are left out at each end, and the confidence of what is left.
fn place(count: usize) -> (usize, f64) {
    // P(B = i), and P(B <= i).
    let mut one = 0.5_f64.powi(count as i32);
    let mut below = one;
    let mut outside = below;
    let mut place = 0;
    while place + 1 < count.div_ceil(2) {
        one *= (count - place) as f64 / (place + 1) as f64;
        below += one;
        if 2.0 * below > 1.0 - CONFIDENCE {
            break;
        }
        (place, outside) = (place + 1, below);
    }
    (place, 1.0 - 2.0 * outside)
}

/// How many times as long the others took as ours, round by round.
pub fn pairs(others: &[f64], ours: &[f64]) -> Interval {
    let ratios: Vec<f64> = others.iter().zip(ours).map(|(other, ours)| other / ours).collect();
    typical(&ratios)
}

/// The noise: how far from 1 the ratio of two runs of the same program may be, as a factor of at least 1.
pub fn noise_of(again: &[f64], ours: &[f64]) -> f64 {
    let ratio = pairs(again, ours);
    if ratio.low > 0.0 { ratio.high.max(1.0 / ratio.low).max(1.0) } else { f64::INFINITY }
}

/// What a ratio says about ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is faster.
    Faster,
    /// It is slower.
    Slower,
    /// Neither was shown.
    Neither,
    /// There are too few runs to say anything.
    TooFew,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Faster => "faster",
            Verdict::Slower => "slower",
            Verdict::Neither => "no difference shown",
            Verdict::TooFew => "too few runs to say",
        }
    }
}

/// What the ratio of another's times to ours says. The whole interval has to be on one side of 1, and the median further
/// away than the noise, and than 2 %.
pub fn verdict(ratio: Interval, noise: f64) -> Verdict {
    judged(ratio, noise.max(MATTERS))
}

fn judged(ratio: Interval, least: f64) -> Verdict {
    match ratio {
        _ if ratio.confidence < CONFIDENCE => Verdict::TooFew,
        Interval { median, low, .. } if low > 1.0 && median > least => Verdict::Faster,
        Interval { median, high, .. } if high < 1.0 && median < 1.0 / least => Verdict::Slower,
        _ => Verdict::Neither,
    }
}

/// How times compare that were measured in two sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sessions {
    /// How many times as long it took then as it does now. The interval holds for any two medians of the two intervals.
    pub ratio: Interval,
    /// A ratio closer to 1 than this factor says nothing.
    pub noise: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// Compares times of an earlier session with those of this one. Whatever the machine did differently in the meantime is in
/// both series alike, so more is asked of a difference: it has to be above 5 %, and above twice the noise within each
/// session. `drift`: by which factor the machine itself was faster or slower, at least 1, is added to that.
pub fn between_sessions(then: &[f64], now: &[f64], noises: [f64; 2], drift: f64) -> Sessions {
    let (then, now) = (typical(then), typical(now));
    let ratio = Interval {
        median: then.median / now.median,
        low: then.low / now.high,
        high: then.high / now.low,
        confidence: then.confidence.min(now.confidence),
    };
    let noise = noises.into_iter().fold(1.0, f64::max).powf(SESSIONS).max(MATTERS_LATER) * drift.max(1.0);
    Sessions { ratio, noise, verdict: judged(ratio, noise) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_of_medians() {
        // The confidence of the second smallest and second largest of 10: 1 - 2 × (1 + 10) / 1024. That of the third would be
        // 1 - 2 × (1 + 10 + 45) / 1024 = 0.89.
        let values = [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        let of_ten = typical(&values);
        assert_eq!((of_ten.median, of_ten.low, of_ten.high), (5.5, 2.0, 9.0));
        assert!((of_ten.confidence - (1.0 - 22.0 / 1024.0)).abs() < 1e-12);
        // The smallest and the largest of 6: 1 - 2 / 64. Of 5: 1 - 2 / 32 is too little, but there is nothing better.
        let of_six = typical(&values[4..]);
        assert_eq!((of_six.low, of_six.high, of_six.confidence), (1.0, 6.0, 1.0 - 2.0 / 64.0));
        let of_five = typical(&[3.0, 1.0, 2.0, 5.0, 4.0]);
        assert_eq!((of_five.median, of_five.low, of_five.high, of_five.confidence), (3.0, 1.0, 5.0, 1.0 - 2.0 / 32.0));
        assert_eq!(typical(&[7.0]), Interval { median: 7.0, low: 7.0, high: 7.0, confidence: 0.0 });
        assert_eq!(typical(&[]), Interval::default());
        // The tables of the sign test: for 20 values the 6th smallest and largest, for 100 the 40th.
        assert_eq!((place(20).0 + 1, place(100).0 + 1, place(1_000).0 + 1), (6, 40, 469));
    }

    #[test]
    fn ratios_are_those_of_rounds() {
        // Every other is twice as slow in its round, although the machine is slower and slower.
        let ours = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let others = ours.map(|seconds| 2.0 * seconds);
        assert_eq!(pairs(&others, &ours), Interval { median: 2.0, low: 2.0, high: 2.0, confidence: 0.96875 });
        assert_eq!(noise_of(&ours, &ours), 1.0);
        // Ratios of 0.8 to 1.1: 1 / 0.8 is further from 1.
        let again = [0.8, 2.2, 3.0, 4.0, 5.0, 6.0];
        assert!((noise_of(&again, &ours) - 1.25).abs() < 1e-12);
    }

    #[test]
    fn a_verdict_needs_more_than_noise() {
        let ratio = |median, low, high| Interval { median, low, high, confidence: 0.97 };
        assert_eq!(verdict(ratio(1.5, 1.4, 1.6), 1.1), Verdict::Faster);
        assert_eq!(verdict(ratio(0.5, 0.4, 0.6), 1.1), Verdict::Slower);
        assert_eq!(verdict(ratio(1.5, 0.9, 1.6), 1.1), Verdict::Neither, "the interval has 1 in it");
        assert_eq!(verdict(ratio(1.5, 1.4, 1.6), 1.6), Verdict::Neither, "two runs of the same differ by more");
        assert_eq!(verdict(ratio(1.015, 1.01, 1.019), 1.0), Verdict::Neither, "less than 2 %");
        assert_eq!(verdict(ratio(0.985, 0.981, 0.99), 1.0), Verdict::Neither);
        assert_eq!(verdict(Interval { confidence: 0.9375, ..ratio(9.0, 8.0, 10.0) }, 1.0), Verdict::TooFew);
    }

    #[test]
    fn sessions_are_compared_with_more_doubt() {
        let (then, now) = ([1.2; 6], [1.0; 6]);
        let found = between_sessions(&then, &now, [1.02, 1.05], 1.0);
        assert_eq!((found.ratio.median, found.verdict), (1.2, Verdict::Faster));
        assert!((found.noise - 1.05 * 1.05).abs() < 1e-12);
        assert_eq!(between_sessions(&now, &then, [1.0, 1.0], 1.0).verdict, Verdict::Slower);
        assert_eq!(between_sessions(&then, &now, [1.0, 1.1], 1.0).verdict, Verdict::Neither, "1.1 twice is 1.21");
        assert_eq!(
            between_sessions(&then, &now, [1.0, 1.0], 1.15).verdict,
            Verdict::Neither,
            "the machine is faster now"
        );
        assert_eq!(between_sessions(&[1.04; 6], &now, [1.0, 1.0], 1.0).verdict, Verdict::Neither, "less than 5 %");
        // The intervals 1 to 2 and 1.5 to 3 meet.
        let found = between_sessions(&[1.0, 1.1, 1.2, 1.3, 1.4, 2.0], &[1.5, 2.5, 2.5, 2.5, 2.5, 3.0], [1.0, 1.0], 1.0);
        assert_eq!((found.ratio.low, found.ratio.high), (1.0 / 3.0, 2.0 / 1.5));
        assert_eq!(found.verdict, Verdict::Neither);
    }

    /// Times of a program that takes a second, by a machine whose noise is this share: a sum of uniform numbers.
    fn times(state: &mut u64, second: f64, noise: f64) -> Vec<f64> {
        let mut uniform = || {
            *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (*state >> 33) as f64 / (1_u64 << 31) as f64
        };
        (0..10).map(|_| second * (1.0 + noise * ((0..4).map(|_| uniform()).sum::<f64>() - 2.0))).collect()
    }

    #[test]
    fn programs_that_are_alike_hardly_ever_differ() {
        let mut state = 7;
        // Quiet and loud machines, whose noise is a hundredth and a fifth.
        for noise in [0.01, 0.2] {
            let (mut together, mut apart) = (0, 0);
            for _ in 0..1_000 {
                let [ours, again, other] = [(); 3].map(|()| times(&mut state, 1.0, noise));
                let found = verdict(pairs(&other, &ours), noise_of(&again, &ours));
                together += usize::from(found != Verdict::Neither);
                // Another day, on which everything takes 3 % longer.
                let [then, then_again] = [(); 2].map(|()| times(&mut state, 1.03, noise));
                let noises = [noise_of(&again, &ours), noise_of(&then_again, &then)];
                let (then, now) = ([then, then_again].concat(), [ours, again].concat());
                apart += usize::from(between_sessions(&then, &now, noises, 1.0).verdict != Verdict::Neither);
            }
            assert!(together < 20 && apart < 5, "with noise of {noise}: {together} and {apart} of 1000");
        }
        // What is half as fast is always slower.
        for _ in 0..1_000 {
            let [ours, again, other] = [1.0, 1.0, 0.5].map(|second| times(&mut state, second, 0.1));
            assert_eq!(verdict(pairs(&other, &ours), noise_of(&again, &ours)), Verdict::Slower);
        }
    }
}
