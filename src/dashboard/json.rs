//! The objects of `/api`. What is not known is missing, or null where it was known before.

use std::fmt::Write;
use std::time::UNIX_EPOCH;

use serde_json::{Map, Value, json};

use super::lists;
use super::marks::{Mark, Marks, seconds};
use super::told::{End, Page};
use crate::metrics::Latency;
use crate::monitor::{About, Column, Moment, Sample, Series};

/// A rate or a mean as a whole number.
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// What a tick has: all that changes but the lists.
pub(super) fn tick(seq: u64, sample: &Sample) -> Map<String, Value> {
    let mut tick = Map::new();
    let mut put = |key: &str, value: Value| _ = tick.insert(key.to_owned(), value);
    put("seq", json!(seq));
    put("t", json!(seconds(sample.t)));
    put("state", json!(sample.state.name()));
    let mut bytes = json!({"read": sample.read, "written": sample.written});
    if let Some(size) = sample.size {
        bytes["size"] = json!(size);
    }
    put("bytes", bytes);
    let Sample { records_read, records_written, records_bad, records_filtered, .. } = *sample;
    let records =
        json!({"read": records_read, "written": records_written, "bad": records_bad, "filtered": records_filtered});
    put("records", records);
    put("eta_s", left(sample));
    let rate = &sample.rate;
    put("rate", json!({"read": whole(rate.read), "written": whole(rate.written), "records": whole(rate.records)}));
    put("latency_us", latency(sample));
    put("memory", memory(sample));
    put("pressure", json!(sample.pressure.level.name()));
    let workers = &sample.workers;
    let workers = json!({"converting": workers.converting, "waiting_input": workers.waiting_input,
        "waiting_target": workers.waiting_target, "held_back": workers.held_back});
    put("workers", workers);
    put("slices", json!(sample.slices_open));
    put("pool", json!({"used": sample.pool.used, "idle": sample.pool.idle}));
    if let Some(space) = &sample.target {
        let mut target = json!({"free": space.free});
        if let Some(remaining) = space.remaining {
            target["remaining"] = json!(remaining);
        }
        put("target", target);
    }
    if let Some(last) = sample.checkpoints {
        put("checkpoint", json!({"count": last.count, "position": last.position, "t": seconds(last.at)}));
    }
    tick
}

fn left(sample: &Sample) -> Value {
    let Some(left) = sample.left else { return Value::Null };
    let mut all = json!({"mid": seconds(left.mid)});
    if let Some([low, high]) = left.range {
        (all["low"], all["high"]) = (json!(seconds(low)), json!(seconds(high)));
    }
    all
}

fn latency(sample: &Sample) -> Value {
    let Some(run) = &sample.latency_run else { return Value::Null };
    let of = |of: &Latency| json!({"mean": whole(of.mean), "p50": of.p50, "p99": of.p99, "max": of.max});
    let mut all = sample.latency.as_ref().map_or_else(|| json!({}), of);
    (all["window_s"], all["run"]) = (json!(10), of(run));
    all
}

fn memory(sample: &Sample) -> Value {
    let memory = &sample.memory;
    let mut all = json!({"peak": memory.peak});
    if memory.limit > 0 {
        all["limit"] = json!(memory.limit);
    }
    memory.kinds().into_iter().for_each(|(kind, bytes)| all[kind] = json!(bytes));
    all
}

/// Everything there is.
pub(super) fn snapshot(page: &Page, seq: u64, moment: &Moment, marks: &Marks, series: &Series) -> String {
    let sample = &moment.sample;
    let About { job: name, source, target, from, to, sources, bad, started, .. } = &page.about;
    let mut all = tick(seq, sample);
    let mut put = |key: &str, value: Value| _ = all.insert(key.to_owned(), value);
    put("schema", json!(1));
    put("run", json!(page.run));
    put("version", json!(env!("CARGO_PKG_VERSION")));
    put("pid", json!(std::process::id()));
    put("linger", json!(page.lingers));
    let mut job = json!({"source": source, "started": date(started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64))});
    let known = [("name", name.as_deref()), ("target", target.as_deref()), ("from", *from), ("to", *to)];
    known.into_iter().for_each(|(key, value)| {
        if let Some(value) = value {
            job[key] = json!(value);
        }
    });
    put("job", job);
    if *sources > 1 {
        put("inputs", json!({"count": sources, "done": sample.sources_done}));
    }
    put("marks", marks.all().map(Mark::json).collect());
    let mut of_bad = lists::bad(&moment.bad, page);
    of_bad.insert("action".to_owned(), json!(bad));
    put("bad", of_bad.into());
    put("alerts", moment.alerts.iter().map(lists::alert).collect());
    put("plan", lists::plan(&page.plan, moment.planned.as_ref()));
    if let Some(past) = &page.past {
        let (runs, usual) = lists::past(past);
        put("history", runs);
        if let Some(usual) = usual {
            put("usual", usual);
        }
    }
    // An object ends with a brace, before which the series has its place.
    let mut text = Value::Object(all).to_string();
    text.pop();
    text += ",\"series\":";
    write_series(&mut text, series);
    text.push('}');
    text
}

/// The columns of a series that are points of their own: a mean, and for rates the least and the most.
fn columns(series: &Series) -> impl Iterator<Item = (&Column, bool)> {
    series.columns().iter().enumerate().map(|(index, column)| (column, index < RATES))
}

/// The first columns of a series are rates.
const RATES: usize = 3;
const LATENCIES: [(&str, u64); 3] = [("p50_us", 50), ("p99_us", 99), ("max_us", 100)];

fn write_series(text: &mut String, series: &Series) {
    let count = series.complete();
    // Room for all, so that the text does not move while it grows.
    text.reserve(count * 200 + 1024);
    let _ = write!(text, "{{\"step_s\":{},\"t0\":0", series.step());
    let mut list = |name: &str, end: &str, values: &mut dyn Iterator<Item = Option<f64>>| {
        let _ = write!(text, ",\"{name}{end}\":[");
        for (index, value) in values.take(count).enumerate() {
            if index > 0 {
                text.push(',');
            }
            write_value(text, value);
        }
        text.push(']');
    };
    for (column, is_rate) in columns(series) {
        list(column.name, "", &mut series.means(column).map(Some));
        if is_rate {
            list(column.name, "_min", &mut column.least().iter().map(|value| Some(f64::from(*value))));
            list(column.name, "_max", &mut column.most().iter().map(|value| Some(f64::from(*value))));
        }
    }
    for (name, percent) in LATENCIES {
        list(name, "", &mut (0..count).map(|point| series.latency(point, percent).map(|micros| micros as f64)));
    }
    text.push('}');
}

/// Small numbers, such as means of workers, have a fraction.
fn write_value(text: &mut String, value: Option<f64>) {
    let _ = match value.filter(|value| value.is_finite()) {
        None => write!(text, "null"),
        Some(value) if value.fract() == 0.0 || value.abs() >= 1000.0 => write!(text, "{}", value.round()),
        Some(value) => write!(text, "{}", (value * 100.0).round() / 100.0),
    };
}

/// One point of a series.
pub(super) fn point(series: &Series, point: usize) -> String {
    let step = series.step();
    let mut text = format!("{{\"t\":{},\"step_s\":{step}", point as f64 * step);
    let mut put = |name: &str, end: &str, value: Option<f64>| {
        let _ = write!(text, ",\"{name}{end}\":");
        write_value(&mut text, value);
    };
    for (column, is_rate) in columns(series) {
        put(column.name, "", series.means(column).nth(point));
        if is_rate {
            put(column.name, "_min", column.least().get(point).map(|value| f64::from(*value)));
            put(column.name, "_max", column.most().get(point).map(|value| f64::from(*value)));
        }
    }
    for (name, percent) in LATENCIES {
        put(name, "", series.latency(point, percent).map(|micros| micros as f64));
    }
    text.push('}');
    text
}

/// How the run ended.
pub(super) fn end(sample: &Sample, end: &End) -> Value {
    let mut all = json!({"outcome": sample.state.name(), "exit_code": end.exit_code, "resumable": end.resumable});
    if let Some(error) = &end.error {
        all["error"] = json!(error);
    }
    if let Some(report) = end.report.as_deref().and_then(|report| serde_json::from_str::<Value>(report).ok()) {
        all["report"] = report;
    }
    all
}

/// A time, in seconds of Unix time, as `2026-03-18T02:00:04Z`; what was before 1970 is not told apart.
pub fn date(unix: i64) -> String {
    let all = unix.max(0) as u64;
    let (days, rest) = (all / 86_400, all % 86_400);
    // Years begin in March here, so that the leap day is the last one.
    let day = days + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + u64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{of_month:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates() {
        let at = date;
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_251_200), "2024-03-01T00:00:00Z");
        assert_eq!(at(1_773_799_204), "2026-03-18T02:00:04Z");
        assert_eq!(at(4_102_444_799), "2099-12-31T23:59:59Z");
    }

    #[test]
    fn values_are_short() {
        let text = |value| {
            let mut text = String::new();
            write_value(&mut text, value);
            text
        };
        assert_eq!([None, Some(f64::INFINITY), Some(f64::NAN)].map(text), ["null", "null", "null"]);
        assert_eq!(
            [0.0, 2.0, 1.256, 1234.56, 4e8].map(|value| text(Some(value))),
            ["0", "2", "1.26", "1235", "400000000"]
        );
    }

    #[test]
    fn what_is_unknown_is_missing_or_null() {
        let text = Value::Object(tick(7, &Sample::default()));
        assert_eq!((&text["eta_s"], &text["latency_us"]), (&Value::Null, &Value::Null));
        assert_eq!(text["bytes"], json!({"read": 0, "written": 0}));
        assert!(text.get("checkpoint").is_none() && text["memory"].get("limit").is_none());
        assert_eq!(
            (&text["seq"], &text["state"], &text["pressure"]),
            (&json!(7), &json!("starting"), &json!("normal"))
        );
    }

    #[test]
    fn a_series_has_only_complete_points() {
        let mut series = Series::new();
        let sample = |half: u64, read| {
            let mut sample = Sample { t: Duration::from_millis(half * 500), ..Sample::default() };
            sample.rate.read = read;
            sample.workers.converting = 2;
            sample
        };
        (1..=601).for_each(|half| series.add(&sample(half, half as f64), None));
        // 300 points of two samples each, and one that has only one of its two.
        let mut text = String::new();
        write_series(&mut text, &series);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&value["step_s"], &value["t0"]), (&json!(1), &json!(0)));
        for (name, column) in value.as_object().expect("an object").iter().filter(|(_, value)| value.is_array()) {
            assert_eq!(column.as_array().map(Vec::len), Some(300), "{name}");
        }
        assert_eq!(
            (&value["read"][0], &value["read_min"][0], &value["read_max"][0]),
            (&json!(1.5), &json!(1), &json!(2))
        );
        assert_eq!((&value["converting"][299], &value["p50_us"][0]), (&json!(2), &Value::Null));
        let last: Value = serde_json::from_str(&point(&series, 299)).expect("JSON");
        assert_eq!((&last["t"], &last["step_s"], &last["read"]), (&json!(299), &json!(1), &json!(599.5)));
        let keys = |value: &Value| -> Vec<String> {
            let keys = value.as_object().expect("an object").keys();
            keys.filter(|key| !["t", "t0"].contains(&key.as_str())).cloned().collect()
        };
        assert_eq!(keys(&last), keys(&value));
    }
}
