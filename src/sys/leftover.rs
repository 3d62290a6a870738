//! Temporary files that must not be left when the process ends at once.
//!
//! Where signals are handled ([`signals`](super::signals)) every temporary file is registered, so that a signal
//! handler can remove it; elsewhere nothing is registered.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};

/// The most files that are registered at a time; further ones are left when the process ends at once.
const PLACES: usize = 256;
/// The most milliseconds that whoever removes the files waits for those that are being made.
#[cfg(unix)]
const PATIENCE: usize = 500;

static ENABLED: AtomicBool = AtomicBool::new(false);
/// From now on a path may be in use by whoever removes the files, for good.
static REMOVING: AtomicBool = AtomicBool::new(false);
/// How many files are being made.
static MAKING: AtomicUsize = AtomicUsize::new(0);
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
    /// Makes a new file at this path and registers it, if anybody would remove it: whoever removes files waits for those
    /// that are being made in other threads, and once they are removed none is made any more. This does not return
    /// then; the process ends.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn make<F>(path: &Path, make: impl FnOnce() -> io::Result<F>) -> io::Result<(F, Leftover)> {
        if ENABLED.load(SeqCst) { registered(path, make) } else { Ok((make()?, Leftover(None))) }
    }
}

fn registered<F>(path: &Path, make: impl FnOnce() -> io::Result<F>) -> io::Result<(F, Leftover)> {
    // First: this thread may be interrupted for good.
    let leftover = Leftover(text(path).and_then(register));
    MAKING.fetch_add(1, SeqCst);
    if REMOVING.load(SeqCst) {
        MAKING.fetch_sub(1, SeqCst);
        loop {
            std::thread::park();
        }
    }
    let made = make();
    MAKING.fetch_sub(1, SeqCst);
    Ok((made?, leftover))
}

#[cfg(unix)]
fn text(path: &Path) -> Option<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::CString::new(path.as_os_str().as_bytes()).ok()
}

#[cfg(not(unix))]
fn text(_path: &Path) -> Option<std::ffi::CString> {
    None
}

fn register(text: std::ffi::CString) -> Option<(usize, *mut libc::c_char)> {
    let text = text.into_raw();
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

/// Whether any file is registered, so that one would be removed. Safe in a signal handler.
pub fn any() -> bool {
    PATHS.iter().any(|place| !place.load(SeqCst).is_null())
}

/// Removes all registered files. For the end of the process only; safe in a signal handler.
pub fn remove_leftovers() {
    REMOVING.store(true, SeqCst);
    #[cfg(unix)]
    for _ in 0..PATIENCE {
        if MAKING.load(SeqCst) == 0 {
            break;
        }
        // SAFETY: no descriptors are given; this only waits, and may be called in a handler.
        unsafe { libc::poll(std::ptr::null_mut(), 0, 1) };
    }
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
    use std::fs::File;
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    // One test: what is removed is removed for the whole process, for good.
    #[test]
    fn files_are_registered_forgotten_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let [unregistered, kept, forgotten, late] =
            ["unregistered", "kept", "forgotten", "late"].map(|name| folder.path().join(name));
        let create = |path: &Path| File::create_new(path);
        assert!(!any());
        assert!(Leftover::make(&unregistered, || create(&unregistered)).unwrap().1.0.is_none());
        let held = registered(&kept, || create(&kept)).unwrap();
        assert!(held.1.0.is_some());
        assert!(any());
        drop(registered(&forgotten, || create(&forgotten)).unwrap());
        let exists = Barrier::new(2);
        std::thread::scope(|scope| {
            let making = scope.spawn(|| {
                registered(&late, || {
                    let file = create(&late);
                    exists.wait();
                    while !REMOVING.load(SeqCst) {
                        std::thread::yield_now();
                    }
                    std::thread::sleep(Duration::from_millis(5));
                    file
                })
            });
            exists.wait();
            remove_leftovers();
            making.join().unwrap().unwrap();
        });
        assert!(!kept.exists() && !late.exists());
        assert!(unregistered.exists() && forgotten.exists());
        drop(held);
    }
}
