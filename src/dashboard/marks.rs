//! What happened in a run, on its time axis.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::metrics::{self, Response};
use crate::monitor::{Met, Moment, Sample};
use crate::wording::clock;

/// Seconds, to the millisecond.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// More of a kind than these become one.
const MANY: usize = 40;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// Its number, from 1. A mark that changes keeps it.
    pub seq: u64,
    pub t: Duration,
    /// When it was over, if it lasts.
    end: Option<Duration>,
    kind: Kind,
    /// The level of pressure.
    level: Option<&'static str>,
    /// What of the input is safe.
    position: Option<u64>,
    /// It stands for this many.
    count: Option<u64>,
    /// The rule of an alert.
    rule: Option<String>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pressure,
    Stall,
    Checkpoint,
    Alert,
}

impl Mark {
    pub fn json(&self) -> Value {
        let kind = match self.kind {
            Kind::Pressure => "pressure",
            Kind::Stall => "stall",
            Kind::Checkpoint => "checkpoint",
            Kind::Alert => "alert",
        };
        let mut mark = Map::new();
        mark.insert("seq".into(), json!(self.seq));
        mark.insert("t".into(), json!(seconds(self.t)));
        mark.insert("kind".into(), json!(kind));
        mark.insert("text".into(), json!(self.text));
        let more = [
            ("end", self.end.map(|end| json!(seconds(end)))),
            ("level", self.level.map(|level| json!(level))),
            ("position", self.position.map(|position| json!(position))),
            ("count", self.count.map(|count| json!(count))),
            ("rule", self.rule.as_ref().map(|rule| json!(rule))),
        ];
        mark.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        Value::Object(mark)
    }
}

/// All marks of a run: a bounded number.
#[derive(Debug, Default)]
pub(super) struct Marks {
    list: Vec<Mark>,
    last: u64,
    /// Times of pressure that were seen.
    episodes: u32,
    /// How often each response had begun before the present time of pressure.
    responses: [u64; Response::ALL.len()],
    checkpoints: u64,
    /// Kinds of which there were too many.
    folded: Vec<Kind>,
}

/// What a sample brought.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The numbers of marks that are new, or changed.
    pub seqs: Vec<u64>,
    /// Marks went away: whoever has them has to get all of them again.
    pub folded: bool,
}

impl Marks {
    pub fn all(&self) -> impl Iterator<Item = &Mark> {
        self.list.iter()
    }

    /// The mark with this number.
    pub fn get(&self, seq: u64) -> Option<&Mark> {
        self.list.iter().find(|mark| mark.seq == seq)
    }

    /// Adds what a moment shows.
    pub fn look(&mut self, moment: &Moment) -> News {
        let (sample, mut news) = (&moment.sample, News::default());
        self.pressure(sample, &mut news);
        self.stall(sample, &mut news);
        self.checkpoint(sample, &mut news);
        self.alerts(moment, &mut news);
        news
    }

    fn pressure(&mut self, sample: &Sample, news: &mut News) {
        let pressure = &sample.pressure;
        let Some(last) = pressure.last else {
            self.responses = pressure.responses;
            return;
        };
        let begins = pressure.episodes > self.episodes;
        self.episodes = pressure.episodes;
        let began = Response::ALL.iter().zip(pressure.responses).zip(self.responses);
        let began: Vec<&str> =
            began.filter(|((_, now), before)| now > before).map(|((response, _), _)| response.name()).collect();
        let level = last.level.name();
        let what = if began.is_empty() { "nothing had to be done yet".to_owned() } else { began.join(", ") };
        let text = format!("Memory pressure {level}: {what}");
        let seq = if begins { None } else { self.open(Kind::Pressure) };
        match seq {
            None if begins => {
                let mark = Mark { level: Some(level), end: last.until, ..self.begin(Kind::Pressure, last.since, text) };
                self.add(mark, news);
            }
            None => {}
            Some(index) => {
                let mark = &mut self.list[index];
                if (mark.level, mark.end, &mark.text) != (Some(level), last.until, &text) {
                    (mark.level, mark.end, mark.text) = (Some(level), last.until, text);
                    news.seqs.push(mark.seq);
                }
            }
        }
        if last.until.is_some() {
            self.responses = pressure.responses;
        }
    }

    fn stall(&mut self, sample: &Sample, news: &mut News) {
        match (sample.stalled, self.open(Kind::Stall)) {
            (Some(time), None) => {
                let since = sample.t.saturating_sub(time);
                let text = format!("Nothing was read or written since {}", clock(since));
                let mark = self.begin(Kind::Stall, since, text);
                self.add(mark, news);
            }
            (None, Some(index)) => {
                let mark = &mut self.list[index];
                mark.end = Some(sample.t);
                let time = sample.t.saturating_sub(mark.t).as_secs();
                mark.text = format!("Nothing was read or written for {time} s");
                news.seqs.push(mark.seq);
            }
            _ => {}
        }
    }

    fn checkpoint(&mut self, sample: &Sample, news: &mut News) {
        let Some(last) = sample.checkpoints else { return };
        // Another input begins to count anew.
        let more = last.count.checked_sub(self.checkpoints).unwrap_or(last.count);
        self.checkpoints = last.count;
        if more == 0 {
            return;
        }
        let text = format!("Checkpoint {}: {} of input are safe", last.count, metrics::size(last.position | 1));
        let count = (more > 1).then_some(more);
        let mark = Mark { position: Some(last.position), count, ..self.begin(Kind::Checkpoint, last.at, text) };
        self.add(mark, news);
    }

    fn alerts(&mut self, moment: &Moment, news: &mut News) {
        for alert in &moment.alerts {
            let is_its = |mark: &Mark| mark.rule.as_deref() == Some(&*alert.rule) && mark.end.is_none();
            let open = self.list.iter().rposition(|mark| is_its(mark) && mark.count.is_none());
            let words = alert.rule.replace('_', " ");
            match (alert.state, open) {
                (Met::Active, None) => {
                    let since = alert.since.unwrap_or(moment.sample.t);
                    // More than can be told apart: the one that stands for all has this one already.
                    if self.list.iter().any(|mark| is_its(mark) && mark.t >= since) {
                        continue;
                    }
                    let text = format!("Alert raised: {words}: {}", alert.text);
                    let mark = Mark { rule: Some(alert.rule.clone()), ..self.begin(Kind::Alert, since, text) };
                    self.add(mark, news);
                }
                (Met::Resolved, Some(index)) => {
                    let mark = &mut self.list[index];
                    mark.end = alert.until;
                    mark.text = format!("Alert resolved: {words}: {}", alert.text);
                    news.seqs.push(mark.seq);
                }
                _ => {}
            }
        }
    }

    /// The mark of a kind that goes on.
    fn open(&self, kind: Kind) -> Option<usize> {
        let index = self.list.iter().rposition(|mark| mark.kind == kind)?;
        let mark = &self.list[index];
        (mark.end.is_none() && mark.count.is_none()).then_some(index)
    }

    fn begin(&mut self, kind: Kind, t: Duration, text: String) -> Mark {
        self.last += 1;
        Mark { seq: self.last, t, end: None, kind, level: None, position: None, count: None, rule: None, text }
    }

    /// Adds a mark; too many of a kind become one, which has the time and the text of the latest.
    fn add(&mut self, mark: Mark, news: &mut News) {
        let same = |other: &&Mark| other.kind == mark.kind;
        let all = self.list.iter().filter(same).count();
        let is_folded = self.folded.contains(&mark.kind);
        if all < MANY && !is_folded {
            news.seqs.push(mark.seq);
            self.list.push(mark);
            return;
        }
        let count = self.list.iter().filter(same).map(|other| other.count.unwrap_or(1)).sum::<u64>();
        let kind = mark.kind;
        let first = self.list.iter().find(|other| other.kind == kind).map_or(mark.seq, |first| first.seq);
        // The one that is left keeps its number, so that a page that has it changes it.
        let seq = if is_folded { first } else { mark.seq };
        let one = Mark { seq, count: Some(count + mark.count.unwrap_or(1)), ..mark };
        self.list.retain(|other| other.kind != kind);
        self.list.push(one);
        news.seqs.push(seq);
        if !is_folded {
            self.folded.push(kind);
            news.folded = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Level;
    use crate::monitor::{Checkpoints, Episode, Pressure};

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn shown(marks: &Marks) -> Vec<Value> {
        marks.all().map(Mark::json).collect()
    }

    #[test]
    fn pressure_is_a_span() {
        let mut marks = Marks::default();
        let mut look = |t, last, episodes, responses: [u64; 2]| {
            let mut pressure = Pressure { last, episodes, ..Pressure::default() };
            pressure.responses[..2].copy_from_slice(&responses);
            let news = marks.look(&Sample { t: S(t), pressure, ..Sample::default() }.into());
            (news.seqs, shown(&marks))
        };
        let episode = |level, until: Option<u64>| Some(Episode { level, since: S(3), until: until.map(S) });
        assert_eq!(look(1, None, 0, [0, 0]), (vec![], vec![]));
        let names = [Response::ALL[0].name(), Response::ALL[1].name()];
        let (seqs, all) = look(3, episode(Level::High, None), 1, [1, 0]);
        let text = format!("Memory pressure high: {}", names[0]);
        assert_eq!((seqs, all), (vec![1], vec![json!({"seq":1,"t":3.0,"kind":"pressure","level":"high","text":text})]));
        assert!(look(4, episode(Level::High, None), 1, [1, 0]).0.is_empty());
        let (seqs, all) = look(6, episode(Level::Critical, Some(6)), 1, [1, 1]);
        let text = format!("Memory pressure critical: {}, {}", names[0], names[1]);
        let whole = json!({"seq":1,"t":3.0,"end":6.0,"kind":"pressure","level":"critical","text":text});
        assert_eq!((seqs, all), (vec![1], vec![whole]));
        // It is over, and what began then is not reported for the next time.
        assert!(look(7, episode(Level::Critical, Some(6)), 1, [1, 1]).0.is_empty());
        let (seqs, all) = look(9, Some(Episode { level: Level::High, since: S(9), until: None }), 2, [2, 1]);
        assert_eq!((seqs, all.len()), (vec![2], 2));
        assert_eq!(all[1]["text"], format!("Memory pressure high: {}", names[0]));
    }

    #[test]
    fn a_stall_is_a_span() {
        let mut marks = Marks::default();
        let mut look = |t, stalled: Option<u64>| {
            marks.look(&Sample { t: S(t), stalled: stalled.map(S), ..Sample::default() }.into());
            shown(&marks)
        };
        assert_eq!(look(12, Some(10))[0]["text"], "Nothing was read or written since 0:02");
        assert_eq!(look(13, Some(11)).len(), 1);
        let over = look(15, None);
        assert_eq!((&over[0]["t"], &over[0]["end"]), (&json!(2.0), &json!(15.0)));
        assert_eq!(over[0]["text"], "Nothing was read or written for 13 s");
    }

    #[test]
    fn many_checkpoints_become_one() {
        let mut marks = Marks::default();
        let mut look = |count: u64| {
            let checkpoints = Checkpoints { count, position: count << 20, at: S(count) };
            let news = marks.look(&Sample { t: S(count), checkpoints: Some(checkpoints), ..Sample::default() }.into());
            (news, shown(&marks))
        };
        for count in 1..=40 {
            let (news, all) = look(count);
            assert_eq!((news.seqs, news.folded, all.len() as u64), (vec![count], false, count));
        }
        // Two at once.
        let (news, all) = look(42);
        assert_eq!((news.seqs, news.folded, all.len()), (vec![41], true, 1));
        assert_eq!((&all[0]["count"], &all[0]["t"], &all[0]["position"]), (&json!(42), &json!(42.0), &json!(42 << 20)));
        let (news, all) = look(43);
        assert_eq!((news.seqs, news.folded, all.len()), (vec![41], false, 1));
        assert_eq!((&all[0]["count"], &all[0]["seq"]), (&json!(43), &json!(41)));
        assert!(look(43).0.seqs.is_empty());
    }
}
