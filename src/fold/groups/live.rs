//! Results while records still come: windows of time, and totals so far.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::expr::Expression;
use crate::fold::groups::spec::Aggregate;
use crate::fold::groups::timing::{BOUNDS, Timing};
use crate::fold::windows::spans::{MOST, Spans, micros};
use crate::wording::duration_text;

impl Aggregate {
    /// Groups the records by windows of time too, each as long as this: the result has a record for each group of each
    /// window, with `window_start` and `window_end` before its other fields. The time of a record is in the field that
    /// [`time_field`](Self::time_field) names. Windows begin at multiples of their length since 1970 in UTC, and are written as soon
    /// as they have ended: when a record is met that is later than their end by the [`lateness`](Self::lateness).
    pub fn window(mut self, length: Duration) -> Aggregate {
        self.live.window = Some(length);
        self
    }

    /// A window begins every so often, and they overlap; without it, one begins where the one before it ends.
    pub fn slide(mut self, slide: Duration) -> Aggregate {
        self.live.slide = Some(slide);
        self
    }

    /// How much earlier than the newest record before it a record may be without being late; without it, 0. A late
    /// record is one whose windows have all ended.
    pub fn lateness(mut self, lateness: Duration) -> Aggregate {
        self.live.lateness = Some(lateness);
        self
    }

    /// The field with the time of a record: a date or a time in ISO 8601, in UTC unless it has an offset, or a number of
    /// seconds since 1970.
    ///
    /// # Errors
    /// Usage: it is no name.
    pub fn time_field(mut self, field: &str) -> Result<Aggregate> {
        let name = crate::op::unescape(field.trim());
        if name.is_empty() {
            return Err(Error::usage("⟨time_field⟩ has an empty field name"));
        }
        let path = crate::op::dotted(&name);
        let path = String::from_utf8_lossy(&path).replace('"', "\"\"");
        let expression = Expression::value(&format!("\"{path}\""))
            .map_err(|error| Error::usage(format!("⟨time_field⟩ {}: {error}", field.trim())))?;
        let argument = self.argument(expression, false, None);
        self.live.time = Some((name, argument));
        Ok(self)
    }

    /// Writes the totals so far every so often while the job runs, and in the end those of all records.
    pub fn emit(mut self, every: Duration) -> Aggregate {
        self.live.emit = Some(every);
        self
    }

    /// The windows that were asked for, and the number of the argument that is the time of a record.
    pub(crate) fn windows(&self) -> Option<(Spans, usize)> {
        let size = micros(self.live.window?)?;
        let slide = self.live.slide.map_or(Some(size), micros)?;
        let lateness = self.live.lateness.map_or(Some(0), micros)?;
        let (_, argument) = self.live.time.as_ref()?;
        Some((Spans { size, slide, lateness }, *argument))
    }

    /// Whether there are windows.
    pub(crate) fn has_windows(&self) -> bool {
        self.live.window.is_some()
    }

    /// How often the totals so far are written.
    pub(crate) fn emits(&self) -> Option<Duration> {
        self.live.emit
    }

    /// Whether something is written while records still come.
    pub(crate) fn is_live(&self) -> bool {
        self.has_windows() || self.live.emit.is_some()
    }

    /// What was asked for about time: the length of windows, how often one begins, how late a record may be, and how often
    /// totals are written.
    pub fn durations(&self) -> [Option<Duration>; 4] {
        [self.live.window, self.live.slide, self.live.lateness, self.live.emit]
    }

    /// The field with the time of a record.
    pub fn time(&self) -> Option<&str> {
        self.live.time.as_ref().map(|(name, _)| &**name)
    }

    /// What was asked for about time, in words; empty if nothing was.
    pub(crate) fn explain(&self) -> String {
        let [window, slide, lateness, emit] = self.durations().map(|duration| duration.map(duration_text));
        let mut text = emit.map_or_else(String::new, |every| format!("totals so far    every {every}\n"));
        if let (Some(window), Some(field)) = (window, self.time()) {
            text += &format!("windows          {window} by the time in `{field}`");
            text += &slide.map_or_else(String::new, |slide| format!(", one every {slide}"));
            let late = lateness.unwrap_or_else(|| "0s".into());
            text += &format!("; written when a record is later than their end by {late}\n");
        }
        text
    }

    /// The number of the argument that is the time of a record.
    pub(super) fn time_argument(&self) -> Option<usize> {
        self.live.time.as_ref().map(|(_, argument)| *argument)
    }

    /// Checks what was asked for about time.
    ///
    /// # Errors
    /// Usage: what contradicts itself, or has no effect.
    pub(super) fn check_live(&self) -> Result<()> {
        let Timing { window, slide, lateness, emit, time } = &self.live;
        let wrong = |text: String| Err(Error::usage(text));
        for (name, duration) in [("window", window), ("slide", slide), ("lateness", lateness), ("emit", emit)] {
            let Some(duration) = duration else { continue };
            if duration.is_zero() && name != "lateness" {
                return wrong(format!("⟨{name}⟩ is 0\n  Give a duration, such as 5m."));
            }
            if micros(*duration).is_none() {
                return wrong(format!("⟨{name}⟩ is longer than a century (36525d)"));
            }
        }
        let Some(window) = window else {
            let set = [("slide", slide.is_some()), ("lateness", lateness.is_some()), ("time_field", time.is_some())];
            return match set.iter().find(|(_, is_set)| *is_set) {
                Some((name, _)) => wrong(format!("⟨{name}⟩ has no effect: there are no windows\n  Give ⟨window⟩ too.")),
                None => Ok(()),
            };
        };
        if emit.is_some() {
            return wrong("⟨emit⟩ has no effect: windows are written as they end\n  Leave out one of the two.".into());
        }
        if time.is_none() {
            return wrong(
                "⟨window⟩ needs to know when a record was: which of its fields has the time\n  Give ⟨time_field⟩ FIELD too."
                    .into(),
            );
        }
        let slide = slide.unwrap_or(*window);
        if slide > *window {
            return wrong(
                "⟨slide⟩ is longer than ⟨window⟩, so records between two windows would be in none\n  Give a shorter ⟨slide⟩, or leave it out."
                    .into(),
            );
        }
        let most = window.as_micros().div_ceil(slide.as_micros().max(1));
        if most > MOST as u128 {
            return wrong(format!(
                "⟨slide⟩: each record would be in {most} windows, and at most {MOST} are possible\n  Give a longer ⟨slide⟩, or a shorter ⟨window⟩."
            ));
        }
        if let Some(name) = self.names().find(|name| BOUNDS.contains(name)) {
            return wrong(format!(
                "the result would have two fields `{name}`: a window has one\n  Give the other one another name: NAME=…"
            ));
        }
        match self.sorted_columns().map(|(_, key)| key).find(|key| BOUNDS.contains(&key.field())) {
            Some(key) => wrong(format!(
                "⟨aggregate.sort⟩ {} has no effect: windows come in the order of their ends, and the records of each are sorted\n  Leave it out.",
                key.field()
            )),
            None => Ok(()),
        }
    }
}
