//! SIGBUS: a mapped file that became shorter, or whose device failed.
//!
//! A touch of a page that can't be had raises SIGBUS, which ends a process. With the guard installed, a
//! fault inside of a guarded map marks the map as damaged, puts pages of zeros from there to the map's end,
//! and lets the thread go on. Whoever uses the bytes of a map looks at its mark *after* the last use and
//! before anything becomes of them: the mark is set before the zeros can be seen.
//!
//! Everything in the handler is safe in a signal handler: atomics, and `mmap`, which is a plain system call.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use super::page_size;

/// The most maps that are guarded at a time. A file that finds no place is read instead.
const PLACES: usize = 256;

/// No page of a map is bad.
const SOUND: usize = usize::MAX;

static INSTALLED: AtomicBool = AtomicBool::new(false);
static MAPS: [Entry; PLACES] = [const { Entry::new() }; PLACES];

/// A guarded map.
struct Entry {
    taken: AtomicBool,
    /// Its first address; 0 while the entry is being filled or emptied.
    start: AtomicUsize,
    /// The address after its last page.
    end: AtomicUsize,
    /// The offset of its first bad page.
    bad: AtomicUsize,
}

impl Entry {
    const fn new() -> Entry {
        Entry {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            bad: AtomicUsize::new(SOUND),
        }
    }

    /// First address and end, if the entry is in use and `address` is in it.
    #[cfg(target_os = "linux")]
    fn holds(&self, address: usize) -> Option<(usize, usize)> {
        let start = self.start.load(SeqCst);
        let end = self.end.load(SeqCst);
        let same = start != 0 && self.start.load(SeqCst) == start;
        (same && (start..end).contains(&address)).then_some((start, end))
    }
}

/// Keeps a map in the registry of guarded ones.
pub(super) struct Guarded(&'static Entry);

impl Guarded {
    /// Guards the pages of a map; none if nobody asked for it.
    pub fn new(start: usize, len: usize) -> io::Result<Option<Guarded>> {
        if !INSTALLED.load(SeqCst) {
            return Ok(None);
        }
        let free = |entry: &&Entry| entry.taken.compare_exchange(false, true, SeqCst, SeqCst).is_ok();
        let entry = MAPS.iter().find(free).ok_or_else(|| io::Error::other("too many files are mapped"))?;
        entry.bad.store(SOUND, SeqCst);
        entry.end.store(start + len.next_multiple_of(page_size()), SeqCst);
        entry.start.store(start, SeqCst);
        Ok(Some(Guarded(entry)))
    }

    /// The offset of the first page that could not be had; none: all that was touched is the file's.
    pub fn first_bad(&self) -> Option<usize> {
        Some(self.0.bad.load(SeqCst)).filter(|&offset| offset != SOUND)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.start.store(0, SeqCst);
        self.0.taken.store(false, SeqCst);
    }
}

/// Installs the guard for the whole process: from now on a file that shrinks, or whose device fails, while a
/// job has it mapped ends that job with an error of the class [`Io`](crate::error::ErrorClass::Io) instead
/// of ending the process by SIGBUS.
///
/// This is global state that a library must not touch unasked, so it is left to the program; the command
/// does it. A SIGBUS of any other origin goes to the handler that was there before. Maps that exist already
/// are not guarded. Installing twice does nothing. On systems other than Linux it does nothing at all.
///
/// # Errors
/// The system refuses the handler.
pub fn guard_maps() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    handler::install()?;
    Ok(())
}

/// Puts pages of zeros where `len` bytes of a map of ours were; `place` is MAP_FIXED, or MAP_FIXED_NOREPLACE where no page
/// may be replaced. False if it could not be done. May be called by a signal handler, but changes errno.
#[cfg(target_os = "linux")]
pub(super) fn zeros(start: usize, len: usize, place: libc::c_int) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | place;
    // SAFETY: the callers see to it that the range is one of a map of ours, or replace nothing. Its pages become
    // readable, and any byte is a valid `u8`.
    let placed = unsafe { libc::mmap(start as *mut _, len, libc::PROT_READ, flags, -1, 0) };
    // A kernel that does not know MAP_FIXED_NOREPLACE takes the address as a wish.
    placed as usize == start
}

#[cfg(target_os = "linux")]
mod handler {
    use super::{INSTALLED, MAPS, SeqCst, io, page_size};
    use std::mem::MaybeUninit;
    use std::sync::OnceLock;

    /// What was there before us.
    static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

    pub fn install() -> io::Result<()> {
        // Read once before, so that the handler never does it for the first time.
        page_size();
        let mut outcome = Ok(());
        PREVIOUS.get_or_init(|| {
            let (previous, installed) = exchange();
            outcome = installed;
            previous
        });
        outcome?;
        INSTALLED.store(true, SeqCst);
        Ok(())
    }

    fn exchange() -> (libc::sigaction, io::Result<()>) {
        let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: `sigaction` is plain numbers and pointers, for which zeroes are valid: no handler, no flags.
        let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
        action.sa_sigaction = on_fault as *const () as usize;
        // On the stack that Rust gives its threads for signals; other calls are not disturbed.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // SAFETY: both pointers are to valid values, and the handler has the signature that SA_SIGINFO asks for. It
        // is in place only a moment before PREVIOUS is set; no map is guarded yet, and a foreign fault in that
        // moment ends the process as it would have.
        let status = unsafe { libc::sigaction(libc::SIGBUS, &action, previous.as_mut_ptr()) };
        let outcome = if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
        // SAFETY: as above; and the call filled it if it worked.
        (unsafe { previous.assume_init() }, outcome)
    }

    extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the system passes a valid `siginfo_t`; `si_addr` is read only where the code says that it is there.
        let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
        // Sent by a process, or about a misaligned address, or about memory that nobody touched: not ours.
        let is_fault = matches!(code, libc::BUS_ADRERR | libc::BUS_OBJERR | libc::BUS_MCEERR_AR);
        if !(is_fault && cover(address)) {
            pass_on(signal, info, context);
        }
    }

    /// Marks the map that holds `address` and covers the rest of it with zeros; false if none does.
    fn cover(address: usize) -> bool {
        let Some((entry, (start, end))) = MAPS.iter().find_map(|entry| Some((entry, entry.holds(address)?))) else {
            return false;
        };
        let page = address & !(page_size() - 1);
        // Before the zeros can be seen by any thread.
        entry.bad.fetch_min(page - start, SeqCst);
        // SAFETY: errno is a variable of this thread; it is put back so that the interrupted code does not notice.
        let errno = unsafe { *libc::__errno_location() };
        // The pages from `page` to `end` belong to one map of ours that is alive, since one of its bytes is being touched:
        // nothing of anybody else's is replaced. They stay readable, and readers of a map rely on its bytes being *some*
        // bytes only.
        let placed = super::zeros(page, end - page, libc::MAP_FIXED);
        // SAFETY: as above.
        unsafe { *libc::__errno_location() = errno };
        placed
    }

    /// Gives a signal to the handler that was there before.
    fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        type Full = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
        type Short = extern "C" fn(libc::c_int);
        let (handler, flags) = PREVIOUS.get().map_or((libc::SIG_DFL, 0), |p| (p.sa_sigaction, p.sa_flags));
        match handler {
            libc::SIG_IGN => {}
            libc::SIG_DFL => {
                // SAFETY: signal numbers and dispositions are valid. After the return the fault happens again, or the
                // signal that was raised arrives; either ends the process as it would have without us.
                unsafe {
                    libc::signal(signal, libc::SIG_DFL);
                    libc::raise(signal);
                }
            }
            handler if flags & libc::SA_SIGINFO != 0 => {
                // SAFETY: it was installed with SA_SIGINFO, so it is a function of this type.
                let handler = unsafe { std::mem::transmute::<usize, Full>(handler) };
                handler(signal, info, context);
            }
            handler => {
                // SAFETY: it was installed without SA_SIGINFO, so it is a function of this type.
                let handler = unsafe { std::mem::transmute::<usize, Short>(handler) };
                handler(signal);
            }
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::Map;
    use super::*;
    use std::fs::File;
    use std::io::Write;

    fn mapped(pages: usize) -> (File, Map) {
        guard_maps().unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; pages * page_size()]).unwrap();
        let map = Map::new(file.try_clone().unwrap()).unwrap();
        (file, map)
    }

    #[test]
    fn a_shorter_file_reads_as_zeros_and_is_marked() {
        let page = page_size();
        let (file, map) = mapped(200);
        assert!(map.bytes().iter().all(|&byte| byte == b'x') && map.damage().is_none());
        file.set_len(100 * page as u64).unwrap();
        let (before, behind) = map.bytes().split_at(100 * page);
        assert!(behind[7 * page..].iter().all(|&byte| byte == 0));
        assert_eq!(map.marked(), Some(107 * page));
        assert!(behind.iter().all(|&byte| byte == 0));
        assert_eq!(map.marked(), Some(100 * page));
        assert!(before.iter().all(|&byte| byte == b'x'));
        // Neither pages that are given back nor maps that are renewed hide the mark.
        map.release(0..200 * page);
        map.release_tables(0..200 * page);
        assert_eq!(map.bytes()[150 * page], 0);
        file.set_len(200 * page as u64).unwrap();
        map.release_tables(0..200 * page);
        assert_eq!((map.bytes()[5], map.damage()), (b'x', Some(100 * page)));
    }

    #[test]
    fn a_length_inside_of_a_page_raises_no_fault_but_is_seen() {
        let (file, map) = mapped(2);
        file.set_len(50).unwrap();
        assert_eq!((map.bytes()[49], map.bytes()[50]), (b'x', 0));
        assert_eq!((map.marked(), map.damage()), (None, Some(50)));
    }

    #[test]
    fn maps_are_told_apart_and_forgotten() {
        let page = page_size();
        let ((file, one), (_other, two)) = (mapped(3), mapped(3));
        file.set_len(0).unwrap();
        assert_eq!((one.bytes()[page], two.bytes()[page]), (0, b'x'));
        assert_eq!((one.marked(), two.marked()), (Some(page), None));
        drop(one);
        // The entry is used again, without the old mark.
        assert_eq!(mapped(3).1.marked(), None);
    }
}
