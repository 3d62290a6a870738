//! What tells a file from others.

use std::path::Path;

/// What tells a regular file from others: its device and number there; where the system has no such numbers, its path
/// without links.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    #[cfg(not(unix))]
    path: std::path::PathBuf,
}

#[cfg(unix)]
impl FileId {
    /// The regular file under a path, if there is one.
    pub fn of_path(path: &Path) -> Option<FileId> {
        FileId::of(&std::fs::metadata(path).ok()?)
    }

    /// The regular file that standard input was redirected to.
    pub fn of_stdin() -> Option<FileId> {
        FileId::of(&stdin_file().ok()?.metadata().ok()?)
    }

    /// The regular file that standard output was redirected to.
    pub fn of_stdout() -> Option<FileId> {
        use std::os::fd::AsFd;
        let copy = std::io::stdout().as_fd().try_clone_to_owned().ok()?;
        FileId::of(&std::fs::File::from(copy).metadata().ok()?)
    }

    fn of(metadata: &std::fs::Metadata) -> Option<FileId> {
        use std::os::unix::fs::MetadataExt;
        metadata.is_file().then(|| FileId { device: metadata.dev(), inode: metadata.ino() })
    }
}

#[cfg(not(unix))]
impl FileId {
    /// The file under a path, if there is one.
    pub fn of_path(path: &Path) -> Option<FileId> {
        std::fs::canonicalize(path).ok().map(|path| FileId { path })
    }

    /// Nothing tells.
    pub fn of_stdin() -> Option<FileId> {
        None
    }

    /// Nothing tells.
    pub fn of_stdout() -> Option<FileId> {
        None
    }
}

/// A handle of standard input of our own.
#[cfg(unix)]
pub fn stdin_file() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    std::io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

/// A handle of standard input of our own.
#[cfg(windows)]
pub fn stdin_file() -> std::io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle;
    std::io::stdin().as_handle().try_clone_to_owned().map(std::fs::File::from)
}
