//! Paths on the command line, and whether two of them lead to the same place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use pagemill::job::SourceSpec;
use pagemill::sink::whole_path;
#[cfg(unix)]
use pagemill::source::place;
use pagemill::wording::input;

/// The path of a file; `None` for `-`.
pub fn file(path: &Path) -> Option<&Path> {
    (path != Path::new("-")).then_some(path)
}

/// The source that a path names.
pub fn source(path: &Path) -> SourceSpec {
    file(path).map_or(SourceSpec::Stdin, |path| SourceSpec::Path(path.to_path_buf()))
}

/// Whether a path is a folder, or can only be one.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Whether a path is the list of inputs.
pub fn is_list(list: &Path, path: &Path) -> bool {
    match file(list) {
        Some(list) => file(path).is_some() && whole_path(list) == whole_path(path),
        None => is_stdin(path),
    }
}

/// Whether two paths lead to the same file, through links for example.
#[cfg(unix)]
pub fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::metadata(path).ok().as_ref().and_then(place);
    place(one).is_some_and(|found| place(other) == Some(found))
}

/// Other systems can't tell.
#[cfg(not(unix))]
pub fn is_same(_one: &Path, _other: &Path) -> bool {
    false
}

/// Whether standard output was redirected to this file.
#[cfg(unix)]
pub fn is_stdout(path: &Path) -> bool {
    use std::os::fd::AsFd;
    let own = || File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata();
    regular(own()).is_some_and(|own| regular(fs::metadata(path)) == Some(own))
}

/// Other systems can't tell.
#[cfg(not(unix))]
pub fn is_stdout(_path: &Path) -> bool {
    false
}

/// Whether a path leads to the file or pipe that is standard output.
#[cfg(unix)]
pub fn leads_to_stdout(path: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let is_kept = |found: &fs::Metadata| found.is_file() || found.file_type().is_fifo();
    let one = |found: io::Result<fs::Metadata>| found.ok().filter(is_kept).as_ref().and_then(place);
    let own = || File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata();
    one(own()).is_some_and(|own| one(fs::metadata(path)) == Some(own))
}

/// Other systems can't tell.
#[cfg(not(unix))]
pub fn leads_to_stdout(_path: &Path) -> bool {
    false
}

/// What tells a regular file from others.
#[cfg(unix)]
fn regular(found: io::Result<fs::Metadata>) -> Option<(u64, u64)> {
    found.ok().filter(fs::Metadata::is_file).as_ref().and_then(place)
}

/// Whether standard input was redirected from this file.
#[cfg(unix)]
fn is_stdin(path: &Path) -> bool {
    regular(stdin_metadata()).is_some_and(|read| regular(fs::metadata(path)) == Some(read))
}

/// Other systems can't tell.
#[cfg(not(unix))]
fn is_stdin(_path: &Path) -> bool {
    false
}

/// The metadata of standard input.
#[cfg(unix)]
pub fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::fd::AsFd;
    File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata()
}

/// The metadata of standard input.
#[cfg(windows)]
pub fn stdin_metadata() -> io::Result<fs::Metadata> {
    use std::os::windows::io::AsHandle;
    File::from(io::stdin().as_handle().try_clone_to_owned()?).metadata()
}

/// What a path is called: the name of the file, without its folder.
pub fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| input(path).to_string(), |name| input(Path::new(name)).to_string())
}
