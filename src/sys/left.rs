//! Files with known names that one run leaves for the next one. In a folder that others may write to, anything can
//! have such a name; so they are made new, or opened only if they can be what a run left.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Opens what a run of the same user left, for reading and writing; none if nothing is there. Links are never followed.
///
/// # Errors
/// Of the kind [`InvalidInput`](ErrorKind::InvalidInput), with the reason as its text: it is no plain file with a single
/// name that belongs to the user. Others: it can't be opened.
pub fn open_left(path: &Path) -> io::Result<Option<File>> {
    // Looked at before, since opening a device may do something; and afterwards, since it may have been replaced.
    let found = fs::symlink_metadata(path).and_then(|found| {
        check(&found)?;
        let file = options().open(path)?;
        check(&file.metadata()?).map(|()| file)
    });
    match found {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes what a run left that ended at once: one that is alive has its file locked ([`claim`]).
pub fn remove_dead(path: &Path) {
    if let Ok(Some(file)) = open_left(path)
        && file.try_lock().is_ok()
        // Only who has the lock of what is there may remove it.
        && is_at(&file, path)
    {
        let _ = fs::remove_file(path);
    }
}

/// Locks a file that was just made under a name that others know too, until it is closed. Whether it still has that
/// name: another run may have taken it for that of a dead run.
///
/// # Errors
/// Files can't be locked there. Then none is ever removed.
pub fn claim(file: &File, path: &Path) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(is_at(file, path)),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(file), Ok(found)) => (file.dev(), file.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

/// Nobody knows: such a name is not used.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    false
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    // A FIFO must not be waited for.
    options.read(true).write(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}

#[cfg(not(unix))]
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// An error if this is not what a run could have left.
fn check(found: &Metadata) -> io::Result<()> {
    let kind = found.file_type();
    let fault = match owner(found) {
        _ if kind.is_symlink() => "a symbolic link",
        _ if kind.is_dir() => "a folder",
        _ if !kind.is_file() => "not a regular file",
        Owner::Another => "a file of another user",
        Owner::SeveralNames => "a file that has other names too (hard links)",
        Owner::User => return Ok(()),
    };
    Err(io::Error::new(ErrorKind::InvalidInput, fault))
}

/// Whose a file is.
enum Owner {
    /// It belongs to the user, under one name.
    User,
    Another,
    SeveralNames,
}

#[cfg(unix)]
fn owner(found: &Metadata) -> Owner {
    use std::os::unix::fs::MetadataExt;
    // SAFETY: geteuid has no preconditions and can't fail.
    let user = unsafe { libc::geteuid() };
    match found.nlink() {
        _ if found.uid() != user => Owner::Another,
        0 | 1 => Owner::User,
        _ => Owner::SeveralNames,
    }
}

#[cfg(not(unix))]
fn owner(_found: &Metadata) -> Owner {
    Owner::User
}

/// How many bytes a file name in this folder may have.
pub fn longest_name(folder: &Path) -> usize {
    const USUAL: usize = 255;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(folder) = std::ffi::CString::new(folder.as_os_str().as_bytes()) else { return USUAL };
        // SAFETY: the path is a text that ends with a zero byte and lives until the call returns.
        let longest = unsafe { libc::pathconf(folder.as_ptr(), libc::_PC_NAME_MAX) };
        usize::try_from(longest).ok().filter(|longest| *longest > 0).unwrap_or(USUAL)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        USUAL
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_a_plain_file_of_the_user_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(open_left(&at("nothing")).unwrap().is_none());
        fs::write(at("plain"), "kept").unwrap();
        assert_eq!(open_left(&at("plain")).unwrap().unwrap().metadata().unwrap().len(), 4);
        symlink("plain", at("link")).unwrap();
        symlink("missing", at("dangling")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("one"), "").unwrap();
        fs::hard_link(at("one"), at("other")).unwrap();
        let fifo = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
        assert!(fifo.success());
        for name in ["link", "dangling", "folder", "one", "other", "fifo"] {
            assert_eq!(open_left(&at(name)).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
        }
        assert!(!at("missing").exists());
        assert_eq!(fs::read(at("plain")).unwrap(), b"kept");
    }

    #[test]
    fn names_have_a_limit() {
        let longest = longest_name(Path::new("."));
        assert!((100..=4096).contains(&longest), "{longest}");
        assert_eq!(longest, longest_name(Path::new("")));
    }
}
