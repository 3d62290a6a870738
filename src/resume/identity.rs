//! Is this still the same job?

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::job::settings::Settings;
use crate::op::Op;
use crate::plan::route::Route;
use crate::source::{Source, Stamp};

/// How much of the beginning and the end of a source is looked at, in bytes.
const ENDS: usize = 64 << 10;

/// What distinguishes a source from another one, or from itself after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    stamp: Option<Stamp>,
    /// CRC-32 of the first and last 64 KiB.
    head: u32,
    tail: u32,
}

impl Identity {
    pub fn of(source: &Source, bytes: &[u8]) -> Identity {
        let end = ENDS.min(bytes.len());
        Identity {
            stamp: source.stamp().cloned(),
            head: crc32fast::hash(&bytes[..end]),
            tail: crc32fast::hash(&bytes[bytes.len() - end..]),
        }
    }
}

/// The settings that change the bytes of the output, by the names of their flags. A new setting has to be entered here,
/// or be named as one that changes nothing.
pub(crate) fn settings(settings: &Settings, route: &Route, quarantine: Option<&Path>) -> BTreeMap<String, String> {
    let Settings {
        // The route has the formats.
        from: _,
        to: _,
        extensions: _,
        options,
        select,
        drop,
        rename,
        ops,
        // What ends in a fold, counts records, is sorted or is split, has no checkpoints.
        rows: _,
        split: _,
        fold: _,
        sort: _,
        spill_dir: _,
        sorted: _,
        aggregate: _,
        columns,
        // The same bytes, whatever these are.
        workers: _,
        slice_size: _,
        memory_limit: _,
        io: _,
        stop: _,
        dashboard: _,
        profile: _,
        progress: _,
        pressure: _,
        max_record_size,
        // What is compressed is not mapped, and has no checkpoints.
        decompress: _,
        compress: _,
        on_error,
        // Where it is, is given.
        quarantine: _,
        max_errors,
        invalid_utf8,
        encoding: _,
        // Another encoding has no checkpoints.
        out_encoding: _,
        snapshot,
        skip,
        // A run that looks ahead has no checkpoints.
        looks_ahead: _,
        // How files are kept.
        force: _,
        checkpoint: _,
        checkpoint_every: _,
        resume: _,
        durable: _,
        strict,
    } = settings;
    // Each with its place: the order counts, of expressions too.
    let placed = |which: fn(&dyn Op) -> bool| -> Vec<_> {
        ops.iter().enumerate().filter(|(_, op)| which(&***op)).map(|(place, op)| (place, op.fingerprint())).collect()
    };
    let (made, kept) = (placed(|op| op.makes().is_some()), placed(|op| op.only_drops()));
    let ops = placed(|op| op.makes().is_none() && !op.only_drops());
    let texts = [
        ("from", route.from.to_string()),
        ("to", route.to.to_string()),
        ("options", format!("{options:?}")),
        ("select", format!("{select:?}")),
        ("drop", format!("{drop:?}")),
        ("rename", format!("{rename:?}")),
        ("ops", format!("{ops:?}")),
        ("set", format!("{made:?}")),
        ("where", format!("{kept:?}")),
        ("columns", format!("{columns:?}")),
        ("on_error", format!("{on_error:?}")),
        ("max_errors", format!("{max_errors:?}")),
        ("quarantine", format!("{quarantine:?}")),
        ("max_record_size", max_record_size.to_string()),
        ("invalid_utf8", format!("{invalid_utf8:?}")),
        // Another encoding is decoded: then there are no checkpoints.
        ("encoding", settings.says_utf8().to_string()),
        ("snapshot", snapshot.to_string()),
        ("skip", format!("{skip:?}")),
        ("strict", strict.to_string()),
    ];
    texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::flags::{self, Changes, Commands, Said, Takes};
    use crate::format::Format;
    use crate::job::opened::Opened;
    use crate::job::spec::SourceSpec;

    /// What `--resume` compares, with this flag.
    fn fingerprint(flag: &str, value: Option<&str>) -> BTreeMap<String, String> {
        let mut said = Said::new(Commands::CONVERT);
        if !flag.is_empty() {
            said.add(flag, value.map(Into::into));
        }
        let mut own = flags::settings(&said).unwrap();
        (own.from, own.to) = (Some(Format::Csv), Some(Format::Ndjson));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        let opened = Opened::only_read(SourceSpec::Path(path), &own).unwrap();
        settings(&own, &opened.route, None)
    }

    #[test]
    fn flags_that_keep_the_bytes_keep_the_fingerprint() {
        let plain = fingerprint("", None);
        let mut tried = 0;
        let keeping = |changes| matches!(changes, Changes::Run | Changes::Manner);
        for flag in flags::all().filter(|flag| flag.is_in(Commands::CONVERT) && keeping(flag.changes)) {
            let values: Vec<Option<&str>> = match flag.takes {
                Takes::Nothing => vec![None],
                Takes::Count(_) => vec![Some("3")],
                Takes::Word(_, words) => words().into_iter().map(|(word, _)| Some(word)).collect(),
                _ => vec![Some("64MiB")],
            };
            for value in values {
                assert_eq!(fingerprint(flag.name, value), plain, "--{} {value:?}", flag.name);
                tried += 1;
            }
        }
        assert!(tried > 20, "{tried}");
        for (flag, value) in [
            ("delimiter", ";"),
            ("strict", ""),
            ("max-depth", "9"),
            ("select", "a"),
            ("explode", "a"),
            ("parse-json", "a"),
        ] {
            assert_ne!(fingerprint(flag, Some(value)), plain, "--{flag}");
        }
    }
}
