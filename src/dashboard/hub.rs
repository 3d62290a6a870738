//! What there is to tell, between the thread that looks at the run and the one that serves.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::json;
use super::lists;
use super::marks::Marks;
use super::told::{End, Page};
use crate::monitor::{About, Met, Moment, Sample, Series, View};

/// What came at one time.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// Its number. Who missed the one before needs a snapshot.
    pub seq: u64,
    pub news: News,
}

#[derive(Clone, Debug)]
pub(super) enum News {
    /// Events that follow those before.
    Events(Bytes),
    /// So much is new that everybody needs a snapshot.
    Fresh,
    /// The run ended: after a last snapshot this event, and nothing more.
    End(Bytes),
}

/// What all clients share.
pub(super) struct Hub {
    pub page: Page,
    pub series: Arc<Mutex<Series>>,
    now: Mutex<Now>,
    batches: watch::Sender<Arc<Batch>>,
    /// The snapshot that was made last, and its number.
    snapshot: Mutex<Option<(u64, Bytes)>>,
    /// Open streams.
    pub streams: AtomicUsize,
    /// Batches that slow clients missed.
    pub skipped: AtomicU64,
}

#[derive(Default)]
struct Now {
    seq: u64,
    moment: Moment,
    marks: Marks,
    /// How many samples there were since quiet alerts were told.
    quiet: u32,
    /// How many points were told, and how far apart they were.
    points: (usize, f64),
}

/// Alerts are told again after so many samples.
const NEARNESS: u32 = 20;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An event as it goes to clients.
fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

impl Hub {
    pub fn new(page: Page, series: Arc<Mutex<Series>>) -> Hub {
        let first = Batch { seq: 0, news: News::Fresh };
        Hub {
            page,
            series,
            now: Mutex::default(),
            batches: watch::Sender::new(Arc::new(first)),
            snapshot: Mutex::default(),
            streams: AtomicUsize::new(0),
            skipped: AtomicU64::new(0),
        }
    }

    /// The batches from now on; who is late sees the newest.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Batch>> {
        self.batches.subscribe()
    }

    /// The last sample.
    pub fn sample(&self) -> Sample {
        lock(&self.now).moment.sample
    }

    /// Everything that was seen last.
    pub fn moment(&self) -> Moment {
        lock(&self.now).moment.clone()
    }

    /// Everything there is, and the number of the batch that it includes. It is made once for all who ask.
    pub fn snapshot(&self) -> (u64, Bytes) {
        // Who waits for this lock would have to make the same text.
        let mut made = lock(&self.snapshot);
        let now = lock(&self.now);
        if let Some((_, text)) = made.as_ref().filter(|(seq, _)| *seq == now.seq) {
            return (now.seq, text.clone());
        }
        let series = lock(&self.series);
        let text = Bytes::from(json::snapshot(&self.page, now.seq, &now.moment, &now.marks, &series));
        *made = Some((now.seq, text.clone()));
        (now.seq, text)
    }

    /// The snapshot as an event.
    pub fn snapshot_event(&self) -> (u64, Bytes) {
        let (seq, text) = self.snapshot();
        let mut event = Vec::with_capacity(text.len() + 32);
        event.extend_from_slice(b"event: snapshot\ndata: ");
        event.extend_from_slice(&text);
        event.extend_from_slice(b"\n\n");
        (seq, event.into())
    }

    /// A sample came. Renders what is new, once for all.
    fn tell(&self, moment: &Moment) {
        let sample = &moment.sample;
        let mut now = lock(&self.now);
        now.seq += 1;
        let before = std::mem::replace(&mut now.moment, moment.clone());
        let marks = now.marks.look(moment);
        let mut text = String::with_capacity(4 << 10);
        let series = lock(&self.series);
        let (told, step) = (now.points, series.step());
        now.points = (series.complete(), step);
        if told.1 != step && told.1 != 0.0 {
            text += &event("point", &format!("{{\"halved\":true,\"step_s\":{step}}}"));
        } else {
            (told.0..now.points.0).for_each(|point| text += &event("point", &json::point(&series, point)));
        }
        drop(series);
        for mark in marks.seqs.iter().filter_map(|seq| now.marks.get(*seq)) {
            text += &event("mark", &mark.json().to_string());
        }
        now.quiet = (now.quiet + 1) % NEARNESS;
        alerts(&mut text, &before, moment, now.quiet == 0);
        if moment.bad.count() > before.bad.count() {
            text += &event("bad", &bad(moment, &self.page));
        }
        let (seq, tick) = (now.seq, Value::Object(json::tick(now.seq, sample)).to_string());
        text += &format!("id: {seq}\n{}", event("tick", &tick));
        drop(now);
        let news = if marks.folded { News::Fresh } else { News::Events(text.into()) };
        self.batches.send_replace(Arc::new(Batch { seq, news }));
    }

    /// The run ended.
    pub fn end(&self, end: &End) {
        let mut now = lock(&self.now);
        now.seq += 1;
        let (seq, text) = (now.seq, event("end", &json::end(&now.moment.sample, end).to_string()));
        drop(now);
        self.batches.send_replace(Arc::new(Batch { seq, news: News::End(text.into()) }));
    }
}

/// Alerts that changed, and now and then all of them: their values go on.
fn alerts(text: &mut String, before: &Moment, moment: &Moment, all: bool) {
    for standing in &moment.alerts {
        let known = before.alerts.iter().find(|known| known.rule == standing.rule);
        let changed = known.is_none_or(|known| (known.state, known.raised) != (standing.state, standing.raised));
        if changed && known.is_some() || all || standing.state == Met::Active && changed {
            *text += &event("alert", &lists::alert(standing).to_string());
        }
    }
}

/// The latest bad record, and beside it what there is of all.
fn bad(moment: &Moment, page: &Page) -> String {
    let latest = moment.bad.latest.first().map(|latest| lists::one_bad(latest, page));
    let mut all = lists::bad(&moment.bad, page);
    if let Some(Value::Object(latest)) = latest {
        all.extend(latest);
    }
    Value::Object(all).to_string()
}

/// Tells a hub what it sees.
pub(super) struct Teller(pub Arc<Hub>);

impl View for Teller {
    fn show(&mut self, _: &About, moment: &Moment) {
        self.0.tell(moment);
    }

    fn end(&mut self, about: &About, moment: &Moment) {
        self.show(about, moment);
    }
}

/// Counts itself, however it ends.
pub(super) struct Counted(Arc<Hub>);

impl Counted {
    /// One more stream, if there are not too many.
    pub fn new(hub: &Arc<Hub>, most: usize) -> Option<Counted> {
        let streams = hub.streams.fetch_update(Relaxed, Relaxed, |streams| (streams < most).then_some(streams + 1));
        streams.is_ok().then(|| Counted(Arc::clone(hub)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
    }
}
