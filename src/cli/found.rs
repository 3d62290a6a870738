//! The inputs that paths, patterns, folders and lists of names mean.
//!
//! The files of a pattern or a folder are sorted by the bytes of their paths, so the order is the same on every system.

use std::ffi::OsStr;
use std::fs;
use std::io::BufRead;
use std::path::{Component, Path, PathBuf};

use pagemill::config::flags::Said;
use pagemill::error::{Error, Result};
use pagemill::source::Listed;
use pagemill::wording::braces;

/// How folders are taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Folders<'f> {
    /// All files below them, apart from hidden ones.
    pub recursive: bool,
    /// Only those whose name has one of these patterns; if there are none, all.
    pub include: &'f [glob::Pattern],
    /// Without those below this one.
    pub without: Option<&'f Path>,
}

/// The patterns of `--include`.
///
/// # Errors
/// Usage: one is no pattern, or a pattern of paths.
pub fn include(said: &Said) -> Result<Vec<glob::Pattern>> {
    let mut patterns = Vec::new();
    for text in said.texts("include")?.iter().flat_map(|texts| texts.split(',')) {
        if text.is_empty() || text.contains(std::path::is_separator) {
            return Err(Error::usage(format!(
                "--include: `{text}` is not a pattern of names\n  Give one such as '*.csv'; for folders, give a pattern as the input: 'data/2024-*/*.csv'."
            )));
        }
        let pattern = glob::Pattern::new(text);
        patterns.push(
            pattern.map_err(|e| {
                Error::usage(format!("--include: `{text}` is not a valid pattern: {e}{}", braces(text)))
            })?,
        );
    }
    Ok(patterns)
}

impl Folders<'_> {
    /// Whether a file is taken.
    fn takes(&self, name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        self.include.is_empty() || self.include.iter().any(|pattern| pattern.matches(&name))
    }
}

/// The files that these paths, patterns (`*`, `?`, `[a-z]`, `**`) and folders mean. A path that exists is never
/// taken for a pattern; one that does not, and is no pattern, is an error when it is opened.
///
/// # Errors
/// Usage: a pattern that means nothing or that no file has; a folder without `recursive`, or with nothing in it.
/// Input: a folder that can't be read.
pub fn expand(inputs: &[PathBuf], folders: Folders<'_>) -> Result<Vec<Listed>> {
    let mut listed = Vec::with_capacity(inputs.len());
    for input in inputs {
        match fs::metadata(input) {
            _ if input == Path::new("-") => listed.push(Listed::file(input.clone())),
            Ok(metadata) if metadata.is_dir() => listed.extend(walk(input, folders)?),
            Ok(_) => listed.push(Listed::file(input.clone())),
            Err(_) => match pattern(input) {
                Some(text) => listed.extend(matches(text, folders)?),
                None => listed.push(Listed::file(input.clone())),
            },
        }
    }
    Ok(listed)
}

/// Reads paths, one a line, or each ended by a zero byte (`zero_terminated`). Empty ones are passed over.
///
/// # Errors
/// The list can't be read. Usage: a line has a zero byte in it, which no path has.
pub fn read_list(name: &Path, reader: impl BufRead, zero_terminated: bool) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in reader.split(if zero_terminated { b'\0' } else { b'\n' }) {
        let entry = entry.map_err(|e| Error::io("read", name, e))?;
        if entry.contains(&b'\0') {
            return Err(Error::usage(format!(
                "--files-from: {} has zero bytes in it, as `find -print0` writes them\n  Give -0 too.",
                name.display()
            )));
        }
        if !entry.is_empty() {
            paths.push(path(entry, name)?);
        }
    }
    Ok(paths)
}

#[cfg(unix)]
fn path(bytes: Vec<u8>, _name: &Path) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path(mut bytes: Vec<u8>, name: &Path) -> Result<PathBuf> {
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    let text = String::from_utf8(bytes);
    text.map(PathBuf::from).map_err(|_| Error::usage(format!("{} has a name that is not UTF-8", name.display())))
}

/// The text of a path that may be a pattern.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']))
}

/// The files of a pattern.
fn matches(text: &str, folders: Folders<'_>) -> Result<Vec<Listed>> {
    let options =
        glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let text = text.strip_prefix("./").unwrap_or(text);
    let found =
        glob::glob_with(text, options).map_err(|e| Error::usage(format!("`{text}` is not a valid pattern: {e}")))?;
    let fixed: PathBuf = Path::new(text).components().take_while(|part| !is_wild(part)).collect();
    let mut listed = Vec::new();
    for path in found {
        let path = path.map_err(|e| {
            let place = e.path().to_path_buf();
            Error::io("read", place, e.into())
        })?;
        if path.is_dir() {
            if folders.recursive {
                listed.extend(below(&path, &fixed, folders)?);
            }
        } else {
            listed.push(keep(path, &fixed));
        }
    }
    if listed.is_empty() {
        return Err(Error::usage(format!("no file matches the pattern `{text}`{}", braces(text))));
    }
    Ok(sorted(listed))
}

fn is_wild(part: &Component<'_>) -> bool {
    part.as_os_str().to_string_lossy().contains(['*', '?', '['])
}

/// The files below a folder that was named.
fn walk(folder: &Path, folders: Folders<'_>) -> Result<Vec<Listed>> {
    if !folders.recursive {
        return Err(Error::usage(format!(
            "{} is a folder\n  Give --recursive for all files below it, or a pattern such as '{}'.",
            folder.display(),
            folder.join("*.csv").display()
        )));
    }
    let listed = below(folder, folder, folders)?;
    if listed.is_empty() {
        let such = if folders.include.is_empty() { "no files" } else { "no files with such a name (--include)" };
        return Err(Error::usage(format!("there are {such} below {}", folder.display())));
    }
    Ok(sorted(listed))
}

/// All files below a folder that are not hidden; links are followed.
fn below(folder: &Path, fixed: &Path, folders: Folders<'_>) -> Result<Vec<Listed>> {
    let without = folders.without.and_then(|path| fs::canonicalize(path).ok());
    let wanted = |entry: &walkdir::DirEntry| {
        let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        let left_out =
            || entry.file_type().is_dir() && without.is_some() && fs::canonicalize(entry.path()).ok() == without;
        !hidden && !left_out()
    };
    let mut listed = Vec::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(true).into_iter().filter_entry(wanted) {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(folder).to_path_buf();
            Error::io("read", path, e.into())
        })?;
        if entry.file_type().is_file() && folders.takes(entry.file_name()) {
            listed.push(keep(entry.into_path(), fixed));
        }
    }
    Ok(listed)
}

/// A file below a folder that was named, or below the fixed part of a pattern.
fn keep(path: PathBuf, fixed: &Path) -> Listed {
    match path.strip_prefix(fixed) {
        Ok(kept) if kept.components().all(|part| matches!(part, Component::Normal(_))) => {
            Listed { kept: kept.to_path_buf(), path }
        }
        _ => Listed::file(path),
    }
}

fn sorted(mut listed: Vec<Listed>) -> Vec<Listed> {
    let bytes = |listed: &Listed| listed.path.as_os_str().as_encoded_bytes().to_vec();
    listed.sort_by_cached_key(bytes);
    // A folder and a file in it may both match.
    listed.dedup();
    listed
}
