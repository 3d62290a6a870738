//! What a file system has room for, and what it keeps in memory.

use std::fs::File;
use std::io;
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
    fn what_is_not_there_yet_is_where_its_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        let free = free_bytes(folder.path()).unwrap();
        assert!(free > 0);
        assert!(free_bytes(&folder.path().join("a/b/c")).is_some_and(|bytes| bytes > 0));
        assert!(free_bytes(Path::new("no-such-folder/file")).is_some_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(Path::new("/proc/self")), Some(0), "nothing is stored there");
    }

    #[test]
    fn a_file_leaves_the_page_cache() {
        assert!(forget(Path::new("/nowhere/at/all")).is_err());
        let folder = tempfile::tempdir_in(".").unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![1; 1 << 20]).unwrap();
        assert!(in_memory(&path) > 0, "it was just written");
        forget(&path).unwrap();
        // In a file system that is in memory, it stays there.
        let stays = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(folder.path()).output().unwrap();
        if !String::from_utf8_lossy(&stays.stdout).contains("tmpfs") {
            assert_eq!(in_memory(&path), 0);
        }
    }

    /// How many pages of a file are in memory.
    fn in_memory(path: &Path) -> usize {
        use std::os::fd::AsRawFd;

        let file = File::open(path).unwrap();
        let len = file.metadata().unwrap().len() as usize;
        let mut pages = vec![0_u8; len.div_ceil(crate::sys::page_size())];
        // SAFETY: a new mapping of the whole file, which nothing reads, and a vector with a byte for each of its pages.
        unsafe {
            let at = libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0);
            assert_ne!(at, libc::MAP_FAILED);
            assert_eq!(libc::mincore(at, len, pages.as_mut_ptr()), 0);
            libc::munmap(at, len);
        }
        pages.iter().filter(|page| **page & 1 == 1).count()
    }
}
