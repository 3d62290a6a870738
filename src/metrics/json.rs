//! The report as one JSON object.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{
    Allocations, BoundReport, Event, FileReport, Latency, NeverSeen, PartReport, Report, SourceIdentity, Spilled,
    WindowReport,
};
use crate::error::Error;
use crate::memory::pressure::Reading;
use crate::record::Lossy;
use crate::scan::count::Counts;

/// What a report has besides what was counted.
pub struct Ran<'r> {
    /// The version of the program.
    pub version: &'r str,
    /// The command.
    pub command: &'r str,
    /// What it ends with.
    pub exit_code: u8,
    /// The error, if it failed.
    pub error: Option<&'r Error>,
}

/// Names a setting.
type Name<'n> = &'n dyn Fn(&str, Option<&str>) -> String;

/// The report as one line of JSON with a line break at its end; `name` names settings in messages as
/// for [`Error::with_names`](crate::Error::with_names).
///
/// Its keys: `version`, `command`, `exit_code`, `error` (null if the run went well), `settings` (what is given here),
/// `from` and `to` (the formats; null where no records are read or written), `warnings`, `files` {`source`, `target`} (null for streams; of a file that was read also `identity`, as it was when it was opened: its `bytes`, when it was `modified` in ISO 8601, `device`, `inode`; of many
/// sources also `sources`: for each `path`, `identity`, `bytes`, `records` read, `error` (null if it went well), and its `target`
/// if it has one of its own; of an output that is split `parts`: for each `path`, `bytes`, `records`), `bytes_in`, `bytes_out`, `records_in`, `records_out`, `records_failed`, `bytes_failed`,
/// `lossy` (a count for each kind that occurred), `names_never_seen` (names of fields that no record had: for each
/// `flag`, `name`, and `nearest`, a name like it), `seconds`, `workers`, `slice_size`, `memory_limit`,
/// `peak_rss_bytes`, `peak_heap_bytes`, `events` (what was done because memory was scarce: for each `seconds`, `slice`,
/// `level`, `done`, and in `read` the bytes `limit`, `reserved`, `heap`, `anonymous`, `file`, `group`, `group_limit`,
/// and `stalled` in per cent), `events_left_out`, `allocations` {`start`, `warmup`, `steady`} in blocks,
/// `record_latency_us` {`mean`, `p50`, `p99`, `max`}; after an interruption `resumed_from`, the bytes of input that
/// were done before; `records_filtered`, those that ops dropped or that were passed over; with a quarantine that is not empty `quarantine`
/// {`path`, `records`}, for sources with targets of their own in `files.sources`; `delimiter_found`, what the beginning
/// of CSV or TSV says or was found to have, of many sources in `files.sources`; where text is counted `counts`
/// {`lines`, `words`, `chars`, `bytes`}, also in `files.sources`; where sorted records or groups did not fit into memory `spilled`
/// {`bytes`, `runs`};
/// of approximate results `bounds`: for each `field`, its
/// `call`, and how far it is from the exact one, `relative` to that, and what this `means`; of windows of time `windows` {`records_late`, `most_open`, `newest`}. Where no records are read, `records_in` is null.
///
/// A run that failed has a report too, with an `error` and what was counted until then. `docs/report.schema.json` is its
/// JSON Schema.
pub fn json(
    report: &Report,
    ran: &Ran<'_>,
    settings: &impl Serialize,
    name: &dyn Fn(&str, Option<&str>) -> String,
) -> String {
    let counts_records = report.counts.is_none() || !report.from.is_empty();
    let known = |name: &'static str| (!name.is_empty()).then_some(name);
    let view = View {
        version: ran.version,
        command: ran.command,
        exit_code: ran.exit_code,
        error: ran.error.map(|error| error.with_names(name)),
        settings,
        from: known(report.from),
        to: known(report.to),
        warnings: report.warnings.iter().map(|warning| warning.with_names(name)).collect(),
        files: Files {
            source: path(report.source.as_deref()),
            identity: report.identity.as_ref().map(OneIdentity::from),
            target: path(report.target.as_deref()),
            parts: report.parts.iter().map(OnePart::from).collect(),
            sources: report.files.iter().map(|file| OneOfMany::new(file, counts_records, name)).collect(),
        },
        bytes_in: report.bytes_in,
        bytes_out: report.bytes_out,
        counts: report.counts,
        records_in: counts_records.then_some(report.records_in),
        records_out: report.records_out,
        records_failed: report.records_failed,
        records_filtered: report.records_filtered,
        bytes_failed: report.bytes_failed,
        lossy: ByKind(&report.lossy),
        names_never_seen: report.names_never_seen.iter().map(|never| OneNeverSeen::new(never, name)).collect(),
        seconds: report.elapsed.as_secs_f64(),
        workers: report.workers,
        slice_size: report.slice_size,
        memory_limit: report.memory_limit,
        peak_rss_bytes: report.peak_rss_bytes,
        peak_heap_bytes: report.peak_heap_bytes,
        events: report.events.list.iter().map(OneEvent::from).collect(),
        events_left_out: report.events.left_out,
        allocations: Blocks::from(report.allocations),
        record_latency_us: Micros::from(report.record_latency),
        resumed_from: report.resumed_from,
        quarantine: quarantine(report.quarantine.as_deref(), report.records_failed),
        delimiter_found: report.delimiter,
        spilled: Some(report.spilled).filter(|spilled| spilled.runs > 0),
        bounds: report.bounds.iter().map(OneBound::from).collect(),
        windows: report.windows.as_ref(),
    };
    // The view has only text keys and finite numbers, so this can't fail.
    let mut text = serde_json::to_string(&view).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(serde::Serialize)]
struct View<'a, S: Serialize> {
    version: &'a str,
    command: &'a str,
    exit_code: u8,
    error: Option<String>,
    settings: &'a S,
    from: Option<&'static str>,
    to: Option<&'static str>,
    warnings: Vec<String>,
    files: Files,
    bytes_in: u64,
    bytes_out: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    records_in: Option<u64>,
    records_out: u64,
    records_failed: u64,
    records_filtered: u64,
    bytes_failed: u64,
    lossy: ByKind<'a>,
    names_never_seen: Vec<OneNeverSeen<'a>>,
    seconds: f64,
    workers: usize,
    slice_size: usize,
    memory_limit: usize,
    peak_rss_bytes: u64,
    peak_heap_bytes: u64,
    events: Vec<OneEvent>,
    events_left_out: u64,
    allocations: Blocks,
    record_latency_us: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed_from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<Quarantine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter_found: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spilled: Option<Spilled>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bounds: Vec<OneBound<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<&'a WindowReport>,
}

/// The bound of an approximate result.
#[derive(serde::Serialize)]
struct OneBound<'a> {
    field: &'a str,
    call: &'a str,
    relative: f64,
    means: &'static str,
}

impl<'a> From<&'a BoundReport> for OneBound<'a> {
    fn from(bound: &'a BoundReport) -> OneBound<'a> {
        let BoundReport { field, call, relative, means } = bound;
        OneBound { field, call, relative: *relative, means }
    }
}

/// A name that no record had.
#[derive(serde::Serialize)]
struct OneNeverSeen<'a> {
    flag: String,
    name: &'a str,
    nearest: Option<&'a str>,
}

impl<'a> OneNeverSeen<'a> {
    fn new(never: &'a NeverSeen, name: Name<'_>) -> OneNeverSeen<'a> {
        OneNeverSeen { flag: name(never.setting, None), name: &never.name, nearest: never.nearest.as_deref() }
    }
}

#[derive(serde::Serialize)]
struct Quarantine {
    path: String,
    records: u64,
}

fn quarantine(place: Option<&Path>, records: u64) -> Option<Quarantine> {
    path(place).map(|path| Quarantine { path, records })
}

#[derive(serde::Serialize)]
struct Files {
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<OneIdentity>,
    target: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<OneOfMany>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<OnePart>,
}

/// Which file a source was.
#[derive(serde::Serialize)]
struct OneIdentity {
    bytes: u64,
    modified: Option<String>,
    device: Option<u64>,
    inode: Option<u64>,
}

impl From<&SourceIdentity> for OneIdentity {
    fn from(identity: &SourceIdentity) -> OneIdentity {
        let SourceIdentity { bytes, modified, device, inode } = *identity;
        OneIdentity { bytes, modified: modified.and_then(iso), device, inode }
    }
}

/// A time in ISO 8601.
fn iso(time: SystemTime) -> Option<String> {
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    Some(Timestamp::from_nanosecond(nanos).ok()?.to_string())
}

/// One file of an output that was split.
#[derive(serde::Serialize)]
struct OnePart {
    path: String,
    bytes: u64,
    records: u64,
}

impl From<&PartReport> for OnePart {
    fn from(part: &PartReport) -> OnePart {
        OnePart { path: part.path.to_string_lossy().into_owned(), bytes: part.bytes, records: part.records }
    }
}

#[derive(serde::Serialize)]
struct OneOfMany {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<OneIdentity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    bytes: u64,
    records: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<Quarantine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter_found: Option<char>,
    error: Option<String>,
}

impl OneOfMany {
    fn new(file: &FileReport, counts_records: bool, name: Name<'_>) -> OneOfMany {
        OneOfMany {
            path: file.source.to_string_lossy().into_owned(),
            identity: file.identity.as_ref().map(OneIdentity::from),
            target: path(file.target.as_deref()),
            bytes: file.bytes_in,
            records: counts_records.then_some(file.records_in),
            counts: file.counts,
            quarantine: quarantine(file.quarantine.as_deref(), file.records_failed),
            delimiter_found: file.delimiter,
            error: file.error.as_deref().map(|error| error.with_names(name)),
        }
    }
}

fn path(path: Option<&Path>) -> Option<String> {
    path.map(|path| path.to_string_lossy().into_owned())
}

#[derive(serde::Serialize)]
struct OneEvent {
    seconds: f64,
    slice: u64,
    level: &'static str,
    done: String,
    read: Read,
}

#[derive(serde::Serialize)]
struct Read {
    limit: u64,
    reserved: u64,
    heap: u64,
    anonymous: u64,
    file: u64,
    group: Option<u64>,
    group_limit: Option<u64>,
    stalled: f64,
}

impl From<&Event> for OneEvent {
    fn from(event: &Event) -> OneEvent {
        let Reading { limit, reserved, heap, anonymous, file, group, stalled } = event.reading;
        let (group, group_limit) = group.map(|group| (group.used, group.limit)).unzip();
        let stalled = f64::from(stalled) / 100.0;
        OneEvent {
            seconds: event.at.as_secs_f64(),
            slice: event.slice,
            level: event.level.name(),
            done: event.done(),
            read: Read { limit, reserved, heap, anonymous, file, group, group_limit, stalled },
        }
    }
}

struct ByKind<'a>(&'a Lossy);

impl Serialize for ByKind<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, count) in self.0.iter() {
            map.serialize_entry(kind.name(), &count)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Blocks {
    start: u64,
    warmup: u64,
    steady: u64,
}

impl From<Allocations> for Blocks {
    fn from(a: Allocations) -> Blocks {
        Blocks { start: a.start.blocks, warmup: a.warmup.blocks, steady: a.steady.blocks }
    }
}

#[derive(serde::Serialize)]
struct Micros {
    mean: f64,
    p50: u64,
    p99: u64,
    max: u64,
}

impl From<Latency> for Micros {
    fn from(l: Latency) -> Micros {
        Micros { mean: l.mean, p50: l.p50, p99: l.p99, max: l.max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::as_settings;
    use crate::metrics::Allocated;
    use crate::record::LossyKind;
    use std::time::Duration;

    fn ran<'r>(error: Option<&'r Error>) -> Ran<'r> {
        Ran { version: "1.2.3", command: "convert", exit_code: if error.is_some() { 2 } else { 0 }, error }
    }

    #[test]
    fn has_exactly_the_promised_keys() {
        let mut report = Report {
            source: Some("trips.csv".into()),
            records_in: 7,
            elapsed: Duration::from_millis(1500),
            allocations: Allocations {
                start: Allocated { blocks: 3, bytes: 300 },
                warmup: Allocated { blocks: 2, bytes: 20 },
                steady: Allocated::default(),
            },
            ..Report::default()
        };
        report.lossy.count(LossyKind::DuplicateKey);
        report.lossy.count(LossyKind::DuplicateKey);
        let text = json(&report, &ran(None), &serde_json::json!({"workers": 2}), &as_settings);
        assert!(text.ends_with("}\n") && text.lines().count() == 1);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let expected = "command error exit_code from to warnings allocations bytes_failed bytes_in bytes_out events events_left_out files lossy memory_limit names_never_seen peak_heap_bytes peak_rss_bytes \
                        record_latency_us records_failed records_filtered records_in records_out seconds settings slice_size version \
                        workers";
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(value["lossy"], serde_json::json!({"duplicate_key": 2}));
        assert_eq!(value["files"], serde_json::json!({"source": "trips.csv", "target": null}));
        assert_eq!(value["allocations"], serde_json::json!({"start": 3, "warmup": 2, "steady": 0}));
        assert_eq!(value["record_latency_us"], serde_json::json!({"mean": 0.0, "p50": 0, "p99": 0, "max": 0}));
        assert_eq!((value["seconds"].as_f64(), value["records_in"].as_u64()), (Some(1.5), Some(7)));
        assert_eq!(value["settings"]["workers"], 2);
        report.records_filtered = 3;
        let text = json(&report, &ran(Some(&Error::usage("no"))), &(), &as_settings);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&value["records_filtered"], &value["error"], &value["exit_code"]),
            (&3.into(), &"no".into(), &2.into())
        );
    }
}
