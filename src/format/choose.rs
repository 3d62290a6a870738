//! Which format a source and a target have.

use std::path::Path;

use super::sniff::{foreign, naming};
use super::{Extensions, Format};
use crate::error::Error;

/// The source's format: the one given, else the one its extension names. `path` is `None` for a stream.
///
/// # Errors
/// Usage: no format was given, and the extension names none.
pub fn source_format(named: Option<Format>, path: Option<&Path>, extensions: &Extensions) -> Result<Format, Error> {
    match (named, path) {
        (Some(format), _) => Ok(format),
        (None, Some(path)) => from_extension(path, extensions, "⟨from⟩"),
        (None, None) => Err(unknown("standard input: can't tell its format, because it has no name", "⟨from⟩")),
    }
}

/// The target's format: the one given, else the one its extension names. A stream (`path` is `None`) gets the source's
/// format.
///
/// # Errors
/// Usage: no format was given, and the extension names none.
pub fn target_format(
    named: Option<Format>,
    path: Option<&Path>,
    source: Format,
    extensions: &Extensions,
) -> Result<Format, Error> {
    match (named, path) {
        (Some(format), _) => Ok(format),
        // A device or a pipe gets the same format as standard output.
        (None, Some(path)) if is_no_file(path) => Ok(extensions.format_of(path).unwrap_or(source)),
        (None, Some(path)) => from_extension(path, extensions, "⟨to⟩"),
        (None, None) => Ok(source),
    }
}

/// Whether the path exists but is neither a file nor a folder.
fn is_no_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn from_extension(path: &Path, extensions: &Extensions, flag: &str) -> Result<Format, Error> {
    extensions.format_of(path).ok_or_else(|| {
        // If the file does not exist, say that rather than complain about its format.
        if let (Err(error), "⟨from⟩") = (std::fs::metadata(path), flag)
            && error.kind() == std::io::ErrorKind::NotFound
        {
            return Error::io("open", path, error);
        }
        let inner = crate::compress::inner_path(path);
        let extension = inner.extension();
        if let Some((what, hint)) = extension.and_then(|extension| foreign(extension.to_str()?)) {
            let (hint, extension) = (naming(hint, path), extension.unwrap_or_default().display());
            let path = path.display();
            return Error::usage(match flag {
                "⟨to⟩" => format!(
                    "{path}: {what} can't be written\n  Write one of {}, and give the output such an extension, or its format with ⟨to⟩.",
                    names()
                ),
                _ => format!(
                    "{path}: its name ends in .{extension}; that is {what}, which pagemill does not read\n  {hint}\n  If it is something else, give its format with ⟨from⟩."
                ),
            });
        }
        let what = match extension {
            Some(extension) => format!("{}: the extension `.{}` is not known", path.display(), extension.display()),
            None => format!("{}: can't tell its format, because the name has no extension", path.display()),
        };
        unknown(&what, flag)
    })
}

fn unknown(what: &str, flag: &str) -> Error {
    Error::usage(format!("{what}\n  Give it with {flag}; the formats are {}.", names()))
}

fn names() -> String {
    Format::ALL.map(|format| format.name()).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_extensions() {
        let none = Extensions::default();
        let source = |named, path: Option<&str>| source_format(named, path.map(Path::new), &none).ok();
        assert_eq!(source(None, Some("a/b.csv")), Some(Format::Csv));
        assert_eq!(source(Some(Format::Text), Some("a/b.csv")), Some(Format::Text));
        assert_eq!(source(None, Some("b.JSONL")), Some(Format::Ndjson));
        assert_eq!(source(None, Some("b.Csv.GZ")), Some(Format::Csv));
        assert_eq!(source(None, Some("b.csv.x.gz")), None);
        assert_eq!([source(None, None), source(None, Some("b")), source(None, Some("b.xls"))], [None, None, None]);
        let target = |named, path: Option<&str>| target_format(named, path.map(Path::new), Format::Tsv, &none).ok();
        assert_eq!(target(None, None), Some(Format::Tsv));
        assert_eq!(target(None, Some("x.json")), Some(Format::Json));
        assert_eq!(target(Some(Format::Csv), None), Some(Format::Csv));
        assert_eq!(target(None, Some("x")), None);
    }

    #[test]
    fn formats_of_others_are_known_by_their_extensions() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("b.XLSX.gz");
        std::fs::write(&path, "x").expect("a file");
        let source = source_format(None, Some(&path), &Extensions::default()).expect_err("not read").to_string();
        let says = "b.XLSX.gz: its name ends in .XLSX; that is an Excel workbook, which pagemill does not read\n  Save";
        assert!(source.contains(says), "{source}");
        let target = target_format(None, Some(Path::new("b.orc")), Format::Csv, &Extensions::default());
        let target = target.expect_err("not written").to_string();
        assert!(target.starts_with("b.orc: an ORC file can't be written\n  Write one of csv, tsv,"), "{target}");
    }

    #[test]
    fn the_error_lists_the_names() {
        let error = target_format(None, Some(Path::new("b.xyz")), Format::Csv, &Extensions::default());
        let error = error.expect_err("unknown").to_string();
        assert_eq!(
            error,
            "b.xyz: the extension `.xyz` is not known\n  Give it with `to`; the formats are csv, tsv, ndjson, json, json5, text, fixed, frames, fwf, msgpack, cbor, avro, protobuf, parquet, arrow, arrows."
        );
    }
}
