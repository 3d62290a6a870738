//! What a file system has room for, and what it keeps in memory.

use std::fs::File;
use std::io;
use std::path::Path;

/// The bytes that are free for this user where a path is; none where the system does not say.
#[cfg(unix)]
pub fn free_space(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;

    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut about = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path is a text that ends with a zero byte, and the pointer is valid for writes of one `statvfs`.
    if unsafe { libc::statvfs(path.as_ptr(), about.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: `statvfs` is plain numbers, for which zeroes are valid, and the call filled them.
    let about = unsafe { about.assume_init() };
    #[allow(clippy::unnecessary_cast)] // They have different sizes on different systems.
    Some((about.f_bavail as u64).saturating_mul(about.f_frsize as u64))
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub fn free_space(_path: &Path) -> Option<u64> {
    None
}

/// Takes a file out of the page cache, as far as the system does that. What was not written yet is written first.
///
/// # Errors
/// The file can't be opened or written, or the system has no such call.
pub fn forget(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;

        file.sync_all()?;
        // SAFETY: the descriptor is open; the call changes nothing but what is in the page cache.
        match unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) } {
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        drop(file);
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn room_is_known_where_a_path_is() {
        assert!(free_space(&std::env::temp_dir()).unwrap() > 0);
        assert_eq!(free_space(Path::new("/nowhere/at/all")), None);
        assert!(forget(Path::new("/nowhere/at/all")).is_err());
        let file = tempfile::NamedTempFile::new().unwrap();
        forget(file.path()).unwrap();
    }
}
