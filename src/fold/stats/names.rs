//! The names of the fields in which is said what there is to say about a column.

pub(crate) const FIELD: &str = "field";
pub(crate) const KIND: &str = "kind";
pub(crate) const COUNT: &str = "count";
pub(crate) const NULLS: &str = "nulls";
pub(crate) const ABSENT: &str = "absent";
pub(crate) const NUMBERS: &str = "numbers";
pub(crate) const DISTINCT: &str = "distinct";
pub(crate) const APPROX_DISTINCT: &str = "approx_distinct";
pub(crate) const MIN: &str = "min";
pub(crate) const MAX: &str = "max";
pub(crate) const SUM: &str = "sum";
pub(crate) const MEAN: &str = "mean";
pub(crate) const STDDEV: &str = "stddev";
pub(crate) const P05: &str = "p05";
pub(crate) const P25: &str = "p25";
pub(crate) const P50: &str = "p50";
pub(crate) const P75: &str = "p75";
pub(crate) const P95: &str = "p95";
pub(crate) const APPROX_P05: &str = "approx_p05";
pub(crate) const APPROX_P25: &str = "approx_p25";
pub(crate) const APPROX_P50: &str = "approx_p50";
pub(crate) const APPROX_P75: &str = "approx_p75";
pub(crate) const APPROX_P95: &str = "approx_p95";
pub(crate) const TEXT_MIN: &str = "text_min";
pub(crate) const TEXT_MAX: &str = "text_max";
pub(crate) const LONGEST: &str = "longest";
pub(crate) const TOP: &str = "top";
pub(crate) const HISTOGRAM: &str = "histogram";

/// All of them, in their order.
pub(super) const ALL: [&str; 28] = [
    FIELD,
    KIND,
    COUNT,
    NULLS,
    ABSENT,
    NUMBERS,
    DISTINCT,
    APPROX_DISTINCT,
    MIN,
    MAX,
    SUM,
    MEAN,
    STDDEV,
    P05,
    P25,
    P50,
    P75,
    P95,
    APPROX_P05,
    APPROX_P25,
    APPROX_P50,
    APPROX_P75,
    APPROX_P95,
    TEXT_MIN,
    TEXT_MAX,
    LONGEST,
    TOP,
    HISTOGRAM,
];
