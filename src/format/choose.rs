//! Which format a source and a target have.

use std::path::Path;

use super::Format;
use crate::error::Error;

/// The source's format: the one that was named, else the one of the extension. `path`: none for a stream.
///
/// # Errors
/// Usage: there is no name, and no extension that says it.
pub fn source_format(named: Option<Format>, path: Option<&Path>) -> Result<Format, Error> {
    match (named, path) {
        (Some(format), _) => Ok(format),
        (None, Some(path)) => from_extension(path, "-f"),
        (None, None) => Err(unknown("standard input has no name that would tell its format", "-f")),
    }
}

/// The target's format: the one that was named, else the one of the extension. A stream (`path` is none)
/// gets the source's format.
///
/// # Errors
/// Usage: there is no name, and the extension does not say it.
pub fn target_format(named: Option<Format>, path: Option<&Path>, source: Format) -> Result<Format, Error> {
    match (named, path) {
        (Some(format), _) => Ok(format),
        (None, Some(path)) => from_extension(path, "-t"),
        (None, None) => Ok(source),
    }
}

fn from_extension(path: &Path, flag: &str) -> Result<Format, Error> {
    Format::from_path(path).ok_or_else(|| {
        let what = match crate::compress::inner_path(path).extension() {
            Some(extension) => format!("{}: no format has the extension `{}`", path.display(), extension.display()),
            None => format!("{}: without an extension its format is unknown", path.display()),
        };
        unknown(&what, flag)
    })
}

fn unknown(what: &str, flag: &str) -> Error {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    Error::usage(format!("{what}\n  Name it with {flag}; the formats are {}.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_extensions() {
        let source = |named, path: Option<&str>| source_format(named, path.map(Path::new)).ok();
        assert_eq!(source(None, Some("a/b.csv")), Some(Format::Csv));
        assert_eq!(source(Some(Format::Text), Some("a/b.csv")), Some(Format::Text));
        assert_eq!(source(None, Some("b.JSONL")), Some(Format::Ndjson));
        assert_eq!(source(None, Some("b.Csv.GZ")), Some(Format::Csv));
        assert_eq!(source(None, Some("b.csv.x.gz")), None);
        assert_eq!([source(None, None), source(None, Some("b")), source(None, Some("b.xls"))], [None, None, None]);
        let target = |named, path: Option<&str>| target_format(named, path.map(Path::new), Format::Tsv).ok();
        assert_eq!(target(None, None), Some(Format::Tsv));
        assert_eq!(target(None, Some("x.json")), Some(Format::Json));
        assert_eq!(target(Some(Format::Csv), None), Some(Format::Csv));
        assert_eq!(target(None, Some("/dev/null")), None);
    }

    #[test]
    fn the_error_lists_the_names() {
        let error = source_format(None, Some(Path::new("b.xls"))).expect_err("unknown").to_string();
        assert_eq!(
            error,
            "b.xls: no format has the extension `xls`\n  Name it with -f; the formats are csv, tsv, ndjson, json, text, fixed, frames."
        );
    }
}
