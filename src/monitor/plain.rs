//! Plain lines: where nothing can be redrawn.

use std::io::Write;
use std::time::Duration;

use super::line::line;
use super::sample::{About, Met, Moment, Sample};
use super::sampler::View;
use crate::metrics::Level;

/// The time between two lines. Samples come half a second apart, more or less.
const EVERY: Duration = Duration::from_millis(9_750);

/// A line every ten seconds, and at once when memory becomes scarce or is no longer, when a run stands still or goes on,
/// when an alert is raised or resolved, and at the end.
pub struct Plain<W> {
    to: W,
    last: Duration,
    level: Level,
    stalled: bool,
    /// How many alerts were raised, and are.
    alerts: (u64, usize),
}

impl<W: Write + Send> Plain<W> {
    /// Lines go to a writer, each in one write.
    pub fn new(to: W) -> Plain<W> {
        Plain { to, last: Duration::ZERO, level: Level::Normal, stalled: false, alerts: (0, 0) }
    }

    /// Whether there is something to say.
    fn is_due(&mut self, moment: &Moment) -> bool {
        let sample = &moment.sample;
        let active = moment.alerts.iter().filter(|alert| alert.state == Met::Active).count();
        let alerts = (moment.alerts.iter().map(|alert| alert.raised).sum(), active);
        let now = (sample.pressure.level, sample.stalled.is_some());
        let changed = now != (self.level, self.stalled) || alerts != self.alerts;
        ((self.level, self.stalled), self.alerts) = (now, alerts);
        let due = changed || sample.t.saturating_sub(self.last) >= EVERY;
        if due {
            self.last = sample.t;
        }
        due
    }

    fn say(&mut self, about: &About, sample: &Sample) {
        // Nobody can be told that nobody can be told.
        let _ = self.to.write_all(format!("pagemill: {}\n", line(about, sample)).as_bytes());
        let _ = self.to.flush();
    }
}

impl<W: Write + Send> View for Plain<W> {
    fn show(&mut self, about: &About, moment: &Moment) {
        if self.is_due(moment) {
            self.say(about, &moment.sample);
        }
    }

    fn end(&mut self, about: &About, moment: &Moment) {
        self.say(about, &moment.sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_every_ten_seconds_and_when_something_changes() {
        let mut plain = Plain::new(Vec::new());
        let mut due = |seconds: f64, level, stalled: bool| {
            let mut sample = Sample { t: Duration::from_secs_f64(seconds), ..Sample::default() };
            sample.pressure.level = level;
            sample.stalled = stalled.then_some(Duration::from_secs(10));
            plain.is_due(&sample.into())
        };
        let found: Vec<f64> =
            (0..50).map(|half| f64::from(half) / 2.0).filter(|t| due(*t, Level::Normal, false)).collect();
        assert_eq!(found, [10.0, 20.0]);
        assert!(due(25.0, Level::High, false) && !due(25.5, Level::High, false) && due(26.0, Level::Normal, false));
        assert!(!due(35.5, Level::Normal, false) && due(36.0, Level::Normal, true) && due(36.5, Level::Normal, false));
    }

    #[test]
    fn the_end_is_told() {
        let mut plain = Plain::new(Vec::new());
        plain.end(&About::default(), &Moment::default());
        assert_eq!(plain.to, b"pagemill: 0:00  starting  0 B read, 0 B/s\n");
    }
}
