//! What is tried.

use crate::plan::sizes::SLICE;

/// A setting, and the values to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key of a configuration.
    pub key: &'static str,
    /// What holds when nothing is said.
    pub usual: String,
    /// What is tried in its place, in this order.
    pub values: Vec<String>,
}

/// What is tried on a machine with this number of processors, in this order: what matters most comes first.
pub fn settings(processors: usize) -> Vec<Setting> {
    let mut workers = vec![1, processors / 2, processors * 2];
    workers.retain(|count| *count > 0 && *count != processors);
    workers.dedup();
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    vec![
        Setting {
            key: "workers",
            usual: processors.to_string(),
            values: workers.iter().map(usize::to_string).collect(),
        },
        Setting { key: "io", usual: "auto".to_owned(), values: texts(&["read"]) },
        Setting {
            key: "slice-size",
            usual: format!("{}KiB", SLICE >> 10),
            values: texts(&["128KiB", "256KiB", "1MiB", "2MiB", "4MiB"]),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_is_fixed() {
        let workers = |processors| settings(processors)[0].values.clone();
        assert_eq!(
            (workers(1), workers(2), workers(8)),
            (
                vec!["2".to_owned()],
                vec!["1".to_owned(), "4".to_owned()],
                vec!["1".to_owned(), "4".to_owned(), "16".to_owned()]
            )
        );
        let keys: Vec<_> = settings(4).iter().map(|setting| setting.key).collect();
        assert_eq!(keys, ["workers", "io", "slice-size"]);
        for setting in settings(4) {
            assert!(!setting.values.contains(&setting.usual), "{setting:?}");
        }
    }
}
