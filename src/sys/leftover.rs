//! Temporary files that must not stay behind when the process ends at once.
//!
//! Where signals are handled ([`signals`](super::signals)) every temporary file is registered, so that a signal
//! handler can remove it; elsewhere nothing is registered.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering::SeqCst};

/// The most files that are registered at a time; further ones stay behind when the process ends at once.
const PLACES: usize = 256;

static ENABLED: AtomicBool = AtomicBool::new(false);
/// From now on a path may be in use by whoever removes the files, for good.
static REMOVING: AtomicBool = AtomicBool::new(false);
static PATHS: [AtomicPtr<libc::c_char>; PLACES] = [const { AtomicPtr::new(std::ptr::null_mut()) }; PLACES];

/// A registered file; dropping this forgets it.
#[derive(Debug)]
pub struct Leftover(Option<(usize, *mut libc::c_char)>);

// SAFETY: the pointer is a text that nobody changes; only the owner of this value frees it, from any thread.
unsafe impl Send for Leftover {}
// SAFETY: nothing can be done with a shared `Leftover`.
unsafe impl Sync for Leftover {}

/// From now on files are registered.
#[cfg(unix)]
pub(super) fn enable() {
    ENABLED.store(true, SeqCst);
}

impl Leftover {
    /// Registers a file, if anybody would remove it.
    pub fn new(path: &Path) -> Leftover {
        Leftover(if ENABLED.load(SeqCst) { register(path) } else { None })
    }
}

#[cfg(unix)]
fn register(path: &Path) -> Option<(usize, *mut libc::c_char)> {
    use std::os::unix::ffi::OsStrExt;
    let text = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?.into_raw();
    let free = |place: &AtomicPtr<_>| place.compare_exchange(std::ptr::null_mut(), text, SeqCst, SeqCst).is_ok();
    match PATHS.iter().position(free) {
        Some(place) => Some((place, text)),
        None => {
            // SAFETY: the pointer came from `into_raw` and was given to nobody.
            drop(unsafe { std::ffi::CString::from_raw(text) });
            None
        }
    }
}

#[cfg(not(unix))]
fn register(_path: &Path) -> Option<(usize, *mut libc::c_char)> {
    None
}

impl Drop for Leftover {
    fn drop(&mut self) {
        let Some((place, text)) = self.0.take() else { return };
        PATHS[place].store(std::ptr::null_mut(), SeqCst);
        // Whoever removes files says so before looking at any path: if it was not said by now, the path that
        // was just taken out will not be seen. Otherwise the text is left as it is; the process ends.
        if !REMOVING.load(SeqCst) {
            // SAFETY: the pointer came from `into_raw`, this value owns it, and nobody else can see it any more.
            drop(unsafe { std::ffi::CString::from_raw(text) });
        }
    }
}

/// Removes all registered files. For the end of the process only; safe in a signal handler.
pub fn remove_leftovers() {
    REMOVING.store(true, SeqCst);
    for place in &PATHS {
        let text = place.load(SeqCst);
        if !text.is_null() {
            // SAFETY: the text is valid: it is not freed any more since REMOVING was set before it was found.
            #[cfg(unix)]
            unsafe {
                libc::unlink(text)
            };
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    // One test: what is removed is removed for the whole process, for good.
    #[test]
    fn files_are_registered_forgotten_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        std::fs::write(&one, "").unwrap();
        std::fs::write(&two, "").unwrap();
        assert!(Leftover::new(&one).0.is_none());
        let (kept, forgotten) = (Leftover(register(&one)), Leftover(register(&two)));
        assert!(kept.0.is_some());
        drop(forgotten);
        remove_leftovers();
        assert!(!one.exists() && two.exists());
        drop(kept);
    }
}
