//! How much room a file system has.

use std::path::Path;

/// The bytes that files may still take on the file system of a path, for users without privileges; where the path is not
/// there yet, on that of the nearest folder above. None where the system does not say. It may wait for a file system that
/// does not answer.
#[cfg(unix)]
pub fn free_bytes(path: &Path) -> Option<u64> {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    let here = Path::new(".");
    let there = path.ancestors().map(|path| if path.as_os_str().is_empty() { here } else { path });
    let path = there.into_iter().find(|path| path.exists())?;
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and the call writes one `statvfs`, to which the pointer is.
    if unsafe { libc::statvfs(path.as_ptr(), found.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call went well, so all of it was written.
    let found = unsafe { found.assume_init() };
    // The types differ from system to system.
    #[allow(clippy::unnecessary_cast)]
    let (blocks, size) = (found.f_bavail as u64, found.f_frsize as u64);
    blocks.checked_mul(size)
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn what_is_not_there_yet_is_where_its_folder_is() {
        use super::*;

        let folder = tempfile::tempdir().unwrap();
        let free = free_bytes(folder.path()).unwrap();
        assert!(free > 0);
        assert!(free_bytes(&folder.path().join("a/b/c")).is_some_and(|bytes| bytes > 0));
        assert!(free_bytes(Path::new("no-such-folder/file")).is_some_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(Path::new("/proc/self")), Some(0), "nothing is stored there");
    }
}
