//! Extensions that a user gives a meaning.

use std::path::Path;

use super::Format;
use crate::compress::{Codec, inner_path};
use crate::error::{Error, Result};

/// Extensions of file names, each with the format that it means. They come before those of the
/// [formats](Format::extensions).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(Vec<(String, Format)>);

impl Extensions {
    /// Lets an extension (without its dot, in any case) mean a format.
    ///
    /// # Errors
    /// Usage: no file can have this extension, or it is one of compressed files.
    pub fn add(&mut self, extension: &str, format: Format) -> Result<()> {
        let known = extension.to_ascii_lowercase();
        if known.is_empty() || known.contains(['.', '/']) {
            return Err(Error::usage(format!(
                "`{extension}` is not an extension: it is written without dots, as in bak"
            )));
        }
        if let Some(codec) = Codec::from_path(Path::new(&format!("x.{known}"))) {
            let name = codec.name();
            return Err(Error::usage(format!("`{extension}` is the extension of files compressed with {name}")));
        }
        self.0.retain(|(other, _)| *other != known);
        self.0.push((known, format));
        Ok(())
    }

    /// The format that a path's extension means, also below that of a codec: `a.bak.gz` is what `a.bak` is.
    pub fn format_of(&self, path: &Path) -> Option<Format> {
        self.own(path).map(|(_, format)| format).or_else(|| Format::from_path(path))
    }

    /// The extension of a path, if it is one of these, and its format.
    pub fn own(&self, path: &Path) -> Option<(&str, Format)> {
        if self.0.is_empty() {
            return None;
        }
        let extension = inner_path(path).extension()?.to_str()?.to_ascii_lowercase();
        self.iter().find(|(own, _)| *own == extension)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Format)> {
        self.0.iter().map(|(extension, format)| (extension.as_str(), *format))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_mean_formats() {
        let mut extensions = Extensions::default();
        extensions.add("BAK", Format::Ndjson).unwrap();
        extensions.add("bak", Format::Csv).unwrap();
        extensions.add("csv", Format::Tsv).unwrap();
        let format = |path: &str| extensions.format_of(Path::new(path)).map(Format::name);
        let table = [
            ("a.bak", Some("csv")),
            ("a.Bak.gz", Some("csv")),
            ("a.csv", Some("tsv")),
            ("a.json", Some("json")),
            ("a.bak.x", None),
            ("bak", None),
        ];
        for (path, name) in table {
            assert_eq!(format(path), name, "{path}");
        }
        assert_eq!(extensions.iter().count(), 2);
    }

    #[test]
    fn what_can_be_no_extension_is_refused() {
        let refused = |extension| Extensions::default().add(extension, Format::Csv).unwrap_err().to_string();
        assert!(refused("a.b").contains("is not an extension"));
        assert!(refused("").contains("is not an extension"));
        assert_eq!(refused("GZ"), "`GZ` is the extension of files compressed with gzip");
    }
}
