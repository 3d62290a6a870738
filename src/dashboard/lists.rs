//! The lists of `/api`: alerts, bad records, the plan, earlier runs.

use serde_json::{Map, Value, json};

use super::marks::seconds;
use super::shown::{Earlier, Page, Past, Row};
use crate::metrics::{BadRecord, BadTotals, Cause, Planned, size};
use crate::monitor::Standing;

/// Adds what is known.
fn put_known(object: &mut Value, known: impl IntoIterator<Item = (&'static str, Option<Value>)>) {
    known.into_iter().for_each(|(key, value)| {
        if let Some(value) = value {
            object[key] = value;
        }
    });
}

/// Whether the run breaks a rule.
pub(super) fn alert(standing: &Standing) -> Value {
    let Standing { rule, metric, severity, state, since, until, value, threshold, above, unit, text, .. } = standing;
    let mut title = rule.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut all = json!({"rule": rule, "title": title, "metric": metric, "severity": severity,
        "state": state.name(), "op": if *above { ">" } else { "<" }, "unit": unit});
    let number = |number: Option<f64>| number.filter(|number| number.is_finite()).map(|number| json!(number));
    put_known(
        &mut all,
        [
            ("since", since.map(|since| json!(seconds(since)))),
            ("until", until.map(|until| json!(seconds(until)))),
            ("value", number(*value)),
            ("threshold", number(*threshold)),
            ("text", (!text.is_empty()).then(|| json!(text))),
        ],
    );
    all
}

/// The bad records: how many for which reason, where, and the latest.
pub(super) fn bad(bad: &BadTotals, page: &Page) -> Map<String, Value> {
    let counts = Cause::ALL.into_iter().zip(bad.by_cause).filter(|(_, count)| *count > 0);
    let by_reason: Map<String, Value> = counts.map(|(cause, count)| (cause.name().to_owned(), json!(count))).collect();
    let mut all = Map::new();
    all.insert("by_reason".into(), by_reason.into());
    if bad.places.step > 0 {
        all.insert("by_place".into(), json!(bad.places.counts));
        all.insert("place_step".into(), json!(bad.places.step));
    }
    all.insert("latest".into(), bad.latest.iter().map(|record| one_bad(record, page)).collect());
    all
}

/// One of them. What it says of its data leaves the process only where the page may show that.
pub(super) fn one_bad(bad: &BadRecord, page: &Page) -> Value {
    let mut all = json!({"record": bad.record, "at": bad.at, "reason": bad.cause.name()});
    put_known(
        &mut all,
        [
            ("text", (page.samples || !bad.shows_data).then(|| json!(bad.text))),
            ("begins", page.samples.then(|| json!(bad.begins))),
            ("source", (page.about.sources > 1 && !bad.source.is_empty()).then(|| json!(bad.source))),
        ],
    );
    all
}

/// Why the run goes as it goes: what was set, and what was planned.
pub(super) fn plan(rows: &[Row], planned: Option<&Planned>) -> Value {
    let mut all: Vec<Value> = rows.iter().map(row).collect();
    let Some(planned) = planned else { return all.into() };
    // What was decided replaces what was to be decided.
    let decided = [("workers", planned.workers.to_string()), ("slice-size", size(planned.slice_size))];
    for (name, value) in decided {
        match all.iter_mut().find(|row| row["name"] == name) {
            Some(row) => row["value"] = json!(value),
            None => all.push(json!({"name": name, "value": value, "set_by": "planned"})),
        }
    }
    let parts = [
        ("code, stacks", planned.base, "code_stacks"),
        ("arenas", planned.arenas, "arenas"),
        ("buffers", planned.buffers, "buffers"),
        ("codec", planned.codec, "codec"),
        ("mapped pages", planned.mapped, "mapped"),
    ];
    let under = "planned use";
    all.push(json!({"name": under, "value": size(planned.total()), "set_by": "planned"}));
    for (name, bytes, kind) in parts.into_iter().filter(|(_, bytes, _)| *bytes > 0) {
        let value = size(bytes);
        all.push(json!({"name": name, "value": value, "set_by": "planned", "kind": kind, "under": under}));
    }
    all.into()
}

fn row(row: &Row) -> Value {
    let mut object = json!({"name": row.name, "value": row.value, "set_by": row.set_by});
    put_known(&mut object, [("kind", row.kind.map(|kind| json!(kind)))]);
    object
}

/// Earlier runs of the job, and what is usual for it.
pub(super) fn past(past: &Past) -> (Value, Option<Value>) {
    let usual = past.usual.as_ref().map(|usual| {
        json!({"median": usual.median.round(), "low": usual.low.round(), "high": usual.high.round(), "runs": usual.runs})
    });
    (past.runs.iter().map(earlier).collect(), usual)
}

fn earlier(run: &Earlier) -> Value {
    let mut all = json!({"id": run.id, "started": run.started, "outcome": run.outcome, "bytes": run.bytes,
        "elapsed_s": run.seconds, "read_mean": run.mean.round(), "peak": run.peak, "bad": run.bad,
        "records": run.records, "spark": run.spark});
    let number = |number: Option<f64>| number.filter(|number| number.is_finite()).map(|number| json!(number));
    put_known(
        &mut all,
        [
            ("z", number(run.z)),
            ("slower", number(run.slower)),
            ("flagged", run.slower.is_some().then(|| json!(run.flagged))),
            ("text", run.text.as_ref().map(|text| json!(text))),
        ],
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{About, Met};
    use std::time::Duration;

    fn page(samples: bool, sources: u64) -> Page {
        let about = About { sources, ..About::default() };
        Page { about, plan: Vec::new(), run: String::new(), lingers: false, samples, past: None }
    }

    #[test]
    fn an_alert_has_what_is_known() {
        let mut standing = Standing {
            rule: "disk_nearly_full".into(),
            metric: "target_left_share",
            severity: "warning",
            state: Met::Quiet,
            since: None,
            until: None,
            raised: 0,
            value: None,
            threshold: Some(f64::NAN),
            above: false,
            unit: "bytes",
            text: String::new(),
        };
        let quiet = json!({"rule": "disk_nearly_full", "title": "Disk nearly full", "metric": "target_left_share",
            "severity": "warning", "state": "quiet", "op": "<", "unit": "bytes"});
        assert_eq!(alert(&standing), quiet);
        (standing.state, standing.since) = (Met::Active, Some(Duration::from_millis(581_000)));
        (standing.value, standing.threshold, standing.text) = (Some(22e9), Some(25e9), "few".into());
        let active = alert(&standing);
        assert_eq!((&active["since"], &active["value"], &active["text"]), (&json!(581.0), &json!(22e9), &json!("few")));
    }

    #[test]
    fn data_is_kept_back() {
        let mut record = BadRecord::default();
        (record.record, record.at, record.begins) = (7, 99, "secret".into());
        (record.text, record.source, record.shows_data) = ("2 fields, not 3".into(), "a.csv".into(), false);
        let mut all = BadTotals::default();
        all.by_cause[Cause::Text as usize] = 4;
        all.latest = vec![record.clone()];
        let value = Value::Object(bad(&all, &page(false, 1)));
        let expected = json!({"by_reason": {"text": 4},
            "latest": [{"record": 7, "at": 99, "reason": "syntax", "text": "2 fields, not 3"}]});
        assert_eq!(value, expected);
        record.shows_data = true;
        assert_eq!(one_bad(&record, &page(false, 1)).get("text"), None);
        let shown = one_bad(&record, &page(true, 2));
        assert_eq!((&shown["begins"], &shown["source"]), (&json!("secret"), &json!("a.csv")));
    }

    #[test]
    fn what_was_decided_replaces_what_was_open() {
        let row = |name: &str, set_by: &str| Row {
            name: name.into(),
            value: "open".into(),
            set_by: set_by.into(),
            kind: None,
        };
        let mut planned = Planned::default();
        (planned.workers, planned.slice_size, planned.base, planned.buffers) = (3, 512 << 10, 5_000_000, 2_000_000);
        let rows = plan(&[row("workers", "default"), row("op", "flag")], Some(&planned));
        assert_eq!(rows[0], json!({"name": "workers", "value": "3", "set_by": "default"}));
        assert_eq!(rows[1]["value"], "open");
        assert_eq!(rows[2], json!({"name": "slice-size", "value": size(512 << 10), "set_by": "planned"}));
        assert_eq!(rows[3]["value"], size(7_000_000));
        assert_eq!((&rows[4]["kind"], &rows[4]["under"]), (&json!("code_stacks"), &json!("planned use")));
    }
}
