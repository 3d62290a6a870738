//! A moment as a request, and what an answer says.
//!
//! Names have dots where OpenTelemetry has them, and no unit: `pagemill_read_bytes` is `pagemill.read` with the unit `By`.
//! Prometheus makes the name of `/metrics` of that again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;

use super::message::{
    Any, AnyValue, CUMULATIVE, Data, Gauge, Histogram, HistogramPoint, KeyValue, Metric, NumberPoint, Request,
    Resource, ResourceMetrics, Response, Scope, ScopeMetrics, Sum, Value,
};
use crate::monitor::families::{Families, Family, Kind, Number};
use crate::monitor::{About, Moment};

/// The value of `Content-Type` for a request and its answer.
pub const CONTENT_TYPE: &str = "application/x-protobuf";

/// What tells a run from others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// `service.instance.id`.
    pub run: String,
}

/// What an answer of a collector says that it did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How many values.
    pub points: u64,
    /// Why.
    pub why: String,
}

/// What a collector refused of a request that it took, by its answer; none: nothing, or the answer is no message.
pub fn refused(answer: &[u8]) -> Option<Refused> {
    let partial = Response::decode(answer).ok()?.partial_success?;
    let points = u64::try_from(partial.rejected_data_points).unwrap_or(0);
    // A warning without a refusal.
    (points > 0).then_some(Refused { points, why: partial.error_message })
}

/// The request that exports a moment: an `ExportMetricsServiceRequest`.
pub fn request(about: &About, moment: &Moment, identity: &Identity) -> Vec<u8> {
    let times = Times { start: nanos(about.started), now: nanos(about.started + moment.sample.t) };
    let families = Families::of(about, moment);
    let metrics = families.0.iter().map(|family| metric(family, times)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let mut attributes = vec![
        text("service.name", "pagemill"),
        text("service.version", version),
        text("service.instance.id", &identity.run),
    ];
    let pid = Any::Whole(std::process::id().into());
    attributes.push(KeyValue { key: "process.pid".to_owned(), value: Some(AnyValue { value: Some(pid) }) });
    let scope = Some(Scope { name: "pagemill".to_owned(), version: version.to_owned() });
    let scope_metrics = vec![ScopeMetrics { scope, metrics }];
    let resource = Some(Resource { attributes });
    Request { resource_metrics: vec![ResourceMetrics { resource, scope_metrics }] }.encode_to_vec()
}

#[derive(Clone, Copy)]
struct Times {
    start: u64,
    now: u64,
}

fn nanos(time: SystemTime) -> u64 {
    let since: Duration = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Any::Text(value.to_owned())) });
    KeyValue { key: key.to_owned(), value }
}

fn metric(family: &Family, times: Times) -> Metric {
    let (unit, end) = match family.unit {
        "bytes" => ("By", "_bytes"),
        "seconds" => ("s", "_seconds"),
        _ => ("", ""),
    };
    let name = family.name.strip_suffix(end).unwrap_or(&family.name).replacen('_', ".", 1);
    let name = if family.kind == Kind::Info { name + "_info" } else { name };
    let points = || family.points.iter().map(|point| number(point.value, &point.labels, times)).collect();
    let data = match family.kind {
        Kind::Gauge | Kind::Info => Data::Gauge(Gauge { data_points: points() }),
        Kind::Counter => {
            Data::Sum(Sum { data_points: points(), aggregation_temporality: CUMULATIVE, is_monotonic: true })
        }
        Kind::Histogram => Data::Histogram(Histogram {
            data_points: family.histogram.iter().map(|counted| histogram(counted, times)).collect(),
            aggregation_temporality: CUMULATIVE,
        }),
    };
    Metric { name, description: family.help.to_owned(), unit: unit.to_owned(), data: Some(data) }
}

fn number(number: Number, labels: &[(&'static str, String)], times: Times) -> NumberPoint {
    let value = match number {
        Number::Whole(number) => Value::Whole(i64::try_from(number).unwrap_or(i64::MAX)),
        Number::Real(number) => Value::Real(number),
    };
    NumberPoint {
        attributes: labels.iter().map(|(label, value)| text(label, value)).collect(),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        value: Some(value),
    }
}

/// A bucket of OTLP has what is between two bounds, not what is below one.
fn histogram(counted: &crate::monitor::families::Histogram, times: Times) -> HistogramPoint {
    let before = std::iter::once(0).chain(counted.counts.iter().copied());
    let bucket_counts = counted.counts.iter().zip(before).map(|(count, before)| count.saturating_sub(before)).collect();
    HistogramPoint {
        attributes: Vec::new(),
        start_time_unix_nano: times.start,
        time_unix_nano: times.now,
        count: counted.counts.last().copied().unwrap_or(0),
        sum: Some(counted.sum),
        bucket_counts,
        explicit_bounds: counted.bounds.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Sample;
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    };
    use opentelemetry_proto::tonic::metrics::v1::metric::Data as Theirs;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
    use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric as TheirMetric};

    /// What the messages of OpenTelemetry's own crate make of it.
    fn read() -> ExportMetricsServiceRequest {
        let mut sample = Sample { t: Duration::from_secs(12), read: 1_234, ..Sample::default() };
        // At most 0.1 ms: 2; at most 0.25 ms: 5; all: 7.
        sample.latency_counts = [5; 17];
        (sample.latency_counts[0], sample.latency_counts[16]) = (2, 7);
        sample.latency_sum = 2_500_000.0;
        sample.worker_seconds = [1.5, 0.0, 0.0, 0.0];
        let started = UNIX_EPOCH + Duration::from_secs(1_000);
        let about = About { started, ..About::default() };
        let bytes = request(&about, &sample.into(), &Identity { run: "r-1".into() });
        ExportMetricsServiceRequest::decode(&*bytes).expect("a request")
    }

    fn find<'m>(metrics: &'m [TheirMetric], name: &str) -> &'m TheirMetric {
        metrics.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("no {name}: {metrics:#?}"))
    }

    #[test]
    fn another_reader_finds_the_same() {
        let all = read().resource_metrics.remove(0);
        let attributes = all.resource.expect("a resource").attributes;
        let keys: Vec<&str> = attributes.iter().map(|attribute| &*attribute.key).collect();
        assert_eq!(keys, ["service.name", "service.version", "service.instance.id", "process.pid"]);
        assert!(format!("{:?}", attributes[2]).contains("r-1"));
        let scope = &all.scope_metrics[0];
        assert_eq!(scope.scope.as_ref().map(|scope| &*scope.name), Some("pagemill"));
        let metrics = &scope.metrics;
        let read = find(metrics, "pagemill.read");
        assert_eq!(read.unit, "By");
        let Some(Theirs::Sum(sum)) = &read.data else { panic!("{read:?}") };
        assert!(sum.is_monotonic && sum.aggregation_temporality == AggregationTemporality::Cumulative as i32);
        let point = &sum.data_points[0];
        assert_eq!((point.start_time_unix_nano, point.time_unix_nano), (1_000_000_000_000, 1_012_000_000_000));
        assert_eq!(point.value, Some(Number::AsInt(1_234)));
        let Some(Theirs::Gauge(level)) = &find(metrics, "pagemill.memory_pressure_level").data else { panic!() };
        assert_eq!(level.data_points[0].value, Some(Number::AsInt(0)));
        let Some(Theirs::Sum(spent)) = &find(metrics, "pagemill.worker").data else { panic!() };
        assert_eq!(spent.data_points[0].value, Some(Number::AsDouble(1.5)));
        assert_eq!(spent.data_points[0].attributes[0].key, "state");
        let names: std::collections::HashSet<&str> = metrics.iter().map(|metric| &*metric.name).collect();
        assert_eq!(names.len(), metrics.len(), "each name once");
    }

    #[test]
    fn a_histogram_has_buckets_of_its_own() {
        let all = read().resource_metrics.remove(0);
        let latency = find(&all.scope_metrics[0].metrics, "pagemill.record_latency");
        let Some(Theirs::Histogram(histogram)) = &latency.data else { panic!("{latency:?}") };
        let point = &histogram.data_points[0];
        assert_eq!(histogram.aggregation_temporality, AggregationTemporality::Cumulative as i32);
        assert_eq!((point.count, point.sum, latency.unit.as_str()), (7, Some(2.5), "s"));
        assert_eq!(point.explicit_bounds.len() + 1, point.bucket_counts.len());
        assert_eq!((point.explicit_bounds[0], point.explicit_bounds[15]), (0.0001, 10.0));
        assert_eq!((&point.bucket_counts[..3], point.bucket_counts[16]), (&[2, 3, 0][..], 2));
    }

    #[test]
    fn answers() {
        let answer = |points, why: &str| {
            let partial = ExportMetricsPartialSuccess { rejected_data_points: points, error_message: why.into() };
            ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
        };
        assert_eq!(refused(&answer(3, "old")), Some(Refused { points: 3, why: "old".into() }));
        assert_eq!((refused(&answer(0, "be careful")), refused(&answer(-1, "")), refused(b"")), (None, None, None));
        assert_eq!(refused(b"<html>no collector</html>"), None);
    }
}
