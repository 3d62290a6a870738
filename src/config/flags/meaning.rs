//! The settings that flags mean.

use std::path::Path;
use std::sync::Arc;

use super::flag::Takes;
use super::said::Said;
use super::table::find;
use super::values::put;
use crate::error::Error;
use crate::format::Options;
use crate::format::csv::Delimiter;
use crate::job::{Checkpoint, OnError, Settings};
use crate::op::PinSchema;
use crate::record::proto::Root;

/// The settings that flags mean.
///
/// # Errors
/// Usage: a text that has no meaning, a flag that the command does not have, or flags that contradict each other.
pub fn settings(said: &Said) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let known =
        |name: &str| find(said.command(), name).ok_or_else(|| Error::usage(format!("there is no flag `--{name}`")));
    let is_first = |name: &&str| known(name).is_ok_and(|flag| flag.first);
    let names = said.names().filter(is_first).chain(said.names().filter(|name| !is_first(name)));
    for name in names.filter(|name| known(name).is_ok_and(|flag| !flag.step)) {
        if let Some(set) = known(name)?.sets {
            set(&mut settings, &format!("--{name}"), &said.texts(name)?)?;
        }
    }
    // Values are typed before any op sees them.
    if let Some(path) = said.path("schema") {
        match messages(path, said.text("message")?)? {
            // It is known later whether a side has this message.
            Some(root) => settings.options.message = Some(root),
            None => {
                let Options { bytes_as, max_depth, .. } = settings.options;
                settings.ops.insert(0, Arc::new(PinSchema::read(path, bytes_as, max_depth)?));
            }
        }
    }
    // Then the steps, whose order among each other counts; ops come last.
    let in_order = |name: &str| known(name).is_ok_and(|flag| flag.step && matches!(flag.takes, Takes::Expression(_)));
    for (name, texts) in said.steps(in_order)? {
        if let Some(set) = known(name)?.sets {
            set(&mut settings, &format!("--{name}"), &texts)?;
        }
    }
    for name in said.names() {
        let flag = known(name)?;
        if let Some(set) = flag.sets.filter(|_| flag.step && !in_order(name)) {
            set(&mut settings, &format!("--{name}"), &said.texts(name)?)?;
        }
    }
    settings.extensions = said.extensions().map(|meant| meant.extensions.clone()).unwrap_or_default();
    settings.quarantine = said.path("quarantine").map(Path::to_path_buf);
    policy(&mut settings, said.has("on-error"))?;
    dialects(&mut settings)?;
    if settings.durable && !said.has("checkpoint") && !said.has("no-checkpoint") {
        settings.checkpoint = Checkpoint::On;
    }
    Ok(settings)
}

/// The message of a schema of Protobuf, if it is one.
#[cfg(feature = "protobuf")]
fn messages(path: &Path, message: Option<&str>) -> Result<Option<Root>, Error> {
    match crate::schema::is_protobuf(path)? {
        true => crate::schema::protobuf::read(path, message).map(Some),
        false => Ok(None),
    }
}

/// Without the feature there are none.
#[cfg(not(feature = "protobuf"))]
fn messages(path: &Path, _: Option<&str>) -> Result<Option<Root>, Error> {
    match path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("proto")) {
        true => Err(Error::usage(
            "--schema: this program was built without Protobuf\n  Build it with the feature `protobuf`.",
        )),
        false => Ok(None),
    }
}

/// A file for bad records implies the policy.
fn policy(settings: &mut Settings, is_said: bool) -> Result<(), Error> {
    match (settings.on_error, &settings.quarantine) {
        (_, Some(path)) if path.as_os_str() == "-" => Err(Error::usage(
            "--quarantine: bad records can't go to standard output\n  Name a file; ./- is one whose name is a hyphen.",
        )),
        (OnError::Fail | OnError::Skip, Some(path)) if is_said => Err(Error::usage(format!(
            "--quarantine {} needs --on-error quarantine\n  Leave out --on-error: --quarantine already means --on-error quarantine.",
            path.display()
        ))),
        (_, Some(_)) => put(&mut settings.on_error, OnError::Quarantine),
        (_, None) => Ok(()),
    }
}

/// In a dialect, every mark must be a different character.
fn dialects(settings: &mut Settings) -> Result<(), Error> {
    let dialect = &mut settings.options.dialect;
    // A quote that escapes itself is the same as doubling.
    dialect.escape = dialect.escape.filter(|escape| *escape != dialect.quote);
    all_differ(&[
        ("--delimiter", dialect.delimiter.and_then(Delimiter::byte)),
        ("--quote", dialect.quoting.then_some(dialect.quote)),
        ("--escape", dialect.escape),
        ("--comment", dialect.comment.map(|comment| comment.first())),
    ])?;
    let dialect = &mut settings.options.out_dialect;
    dialect.escape = dialect.escape.filter(|escape| *escape != dialect.quote);
    all_differ(&[
        ("--out-delimiter", dialect.delimiter.and_then(Delimiter::byte)),
        ("--out-quote", dialect.quoting.then_some(dialect.quote)),
        ("--out-escape", dialect.escape),
    ])
}

fn all_differ(bytes: &[(&str, Option<u8>)]) -> Result<(), Error> {
    for (index, &(flag, byte)) in bytes.iter().enumerate() {
        let Some(byte) = byte else { continue };
        if let Some((other, _)) = bytes[..index].iter().find(|(_, earlier)| *earlier == Some(byte)) {
            let shown = char::from(byte).escape_default();
            return Err(Error::usage(format!(
                "{other} and {flag} are both `{shown}`; each needs a character of its own"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::commands::Commands;
    use super::*;
    use crate::format::csv::Dialect;
    use crate::format::{Format, Ragged};
    use crate::job::{ColumnsFrom, Io, MEMORY_LIMIT};

    /// Settings from words such as `--from=csv`.
    fn means(words: &[&str]) -> Result<Settings, Error> {
        let mut said = Said::new(Commands::CONVERT);
        for word in words {
            let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
            let values: Vec<OsString> = value.into_iter().flat_map(|value| value.split('&')).map(Into::into).collect();
            said.add(name.trim_start_matches("--"), values);
        }
        settings(&said)
    }

    #[test]
    fn nothing_given_is_the_default() {
        let settings = means(&[]).unwrap();
        assert_eq!((settings.memory_limit, settings.workers, settings.slice_size), (100_000_000, 0, 0));
        assert_eq!(settings.memory_limit, MEMORY_LIMIT);
        assert_eq!(settings.options.dialect, Dialect::default());
        assert_eq!(settings.options.max_depth, 1024);
        assert_eq!(settings.columns, ColumnsFrom::Auto);
    }

    #[test]
    fn flags_arrive() {
        let s = means(&[
            "--from=jsonl",
            "--to=CSV",
            "--delimiter=tab",
            "--escape=\\",
            "--out-delimiter=;",
            "--ragged=pad",
            "--out-quote='",
            "--out-escape=\\",
            "--names=x,y&z",
            "--columns=a,b",
            "--rename=a\\=b=c,c=d&e=f",
            "--select=a,c&e",
            "--slice-size=1KiB",
            "--memory-limit=16MB",
            "--max-record-size=2MiB",
            "--io=read",
            "--on-error=skip",
            "--workers=3",
            "--strict",
        ])
        .unwrap();
        assert_eq!((s.from, s.to), (Some(Format::Ndjson), Some(Format::Csv)));
        assert_eq!((s.options.dialect.delimiter, s.options.dialect.escape), (Some(b'\t'.into()), Some(b'\\')));
        assert_eq!((s.options.out_dialect.delimiter, s.options.ragged), (Some(b';'.into()), Ragged::PAD));
        assert_eq!((s.options.out_dialect.quote, s.options.out_dialect.escape), (b'\'', Some(b'\\')));
        assert_eq!(s.options.names, ["x", "y", "z"]);
        assert_eq!(s.columns, ColumnsFrom::List(vec!["a".into(), "b".into()]));
        assert_eq!((s.select.join("|"), s.rename.len()), ("a|c|e".to_owned(), 3));
        assert_eq!((s.slice_size, s.memory_limit, s.workers), (1_024, 16_000_000, 3));
        assert_eq!((s.max_record_size, s.options.max_record), (2 << 20, 2 << 20));
        assert_eq!((s.io, s.on_error, s.strict, s.options.strict), (Io::Read, OnError::Skip, true, true));
    }

    #[test]
    fn a_quarantine_says_what_a_bad_record_does() {
        let policy = |words: &[&str]| means(words).map(|s| s.on_error).map_err(|error| error.to_string());
        assert_eq!(policy(&["--quarantine=q"]), Ok(OnError::Quarantine));
        assert_eq!(policy(&["--quarantine=q", "--on-error=quarantine"]), Ok(OnError::Quarantine));
        for other in ["--on-error=fail", "--on-error=skip"] {
            let error = policy(&["--quarantine=q", other]).expect_err("a contradiction");
            assert!(error.contains("--quarantine already means --on-error quarantine"), "{error}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let refused = |words: &[&str], part: &str| match means(words) {
            Ok(_) => panic!("{part}: nothing was refused"),
            Err(error) => assert!(error.to_string().contains(part), "{error}"),
        };
        refused(&["--delimiter=\""], "--delimiter and --quote are both");
        refused(&["--delimiter=#", "--comment=#"], "--delimiter and --comment");
        refused(&["--quote='", "--escape=|", "--comment=|"], "--escape and");
        refused(&["--out-delimiter=\""], "--out-delimiter and --out-quote");
        refused(&["--out-quote=|", "--out-escape=|", "--out-delimiter=|"], "are both");
        refused(&["--out-delimiter=\\", "--out-escape=\\"], "and --out-escape");
        refused(&["--names=a,b&c,a"], "`a` is named twice");
        refused(&["--names=a,,b"], "--names: there is an empty name");
        refused(
            &["--from=xml"],
            "csv, tsv, ndjson, json, json5, text, fixed, frames, fwf, msgpack, cbor, avro, protobuf, parquet, arrow, arrows",
        );
        refused(&["--max-depth=0"], "--max-depth");
        refused(&["--max-fields=0"], "--max-fields");
        refused(&["--max-keys=0"], "--max-keys");
        refused(&["--records-at=data"], "/data/items");
        refused(&["--memory-limit=lots"], "`memory_limit`: `lots`");
        // Without quoting, the quote is an ordinary character, and doubling it is not an escape.
        assert!(means(&["--delimiter=\"", "--no-quoting"]).is_ok());
        assert_eq!(means(&["--escape=\""]).unwrap().options.dialect.escape, None);
    }
}
