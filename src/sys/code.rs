//! The pages of the program's own code.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Work that code was needed for, most of which is not needed again.
#[derive(Clone, Copy)]
pub enum Done {
    /// The command line was read.
    Line,
    /// The first job was described.
    Asked,
    /// The first run was planned.
    Planned,
}

/// The work whose code was given back, a bit each. All bits: none may be given back.
static GIVEN_BACK: AtomicU8 = AtomicU8::new(u8::MAX);

/// Lets [`forget_code`] give pages back. For a program whose code nobody changes while it runs: changes, such as the
/// breakpoints of a debugger, are lost with the pages.
pub fn allow_forgetting_code() {
    GIVEN_BACK.store(0, Relaxed);
}

/// Gives back the memory of the program's code and constants, once for each kind of work. Pages that are needed again
/// are read from the program's file, or the system's cache of it, when they are touched; most never are (on Linux, 2 of
/// 10 MB are). Does nothing before [`allow_forgetting_code`], and where the system can't.
pub fn forget_code(done: Done) {
    if is_first(&GIVEN_BACK, done) {
        give_back();
    }
}

/// Whether the code of this work is to be given back now.
fn is_first(given_back: &AtomicU8, done: Done) -> bool {
    let bit = 1 << done as u8;
    given_back.fetch_or(bit, Relaxed) & bit == 0
}

fn give_back() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the callback has the signature that is asked for, and it keeps neither of the pointers.
        unsafe { libc::dl_iterate_phdr(Some(give_segments_back), std::ptr::null_mut()) };
    }
}

/// Gives back the segments of the first object, which is the program itself, and ends the search with 1.
///
/// # Safety
/// `object` describes an object that is mapped as its headers say; `dl_iterate_phdr` vouches for it.
#[cfg(target_os = "linux")]
unsafe extern "C" fn give_segments_back(
    object: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: the object is valid while this function runs, and has `dlpi_phnum` headers from `dlpi_phdr` on.
    let (base, headers) = unsafe {
        let object = &*object;
        (object.dlpi_addr as usize, std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()))
    };
    let page = super::page_size();
    for header in headers {
        let writable = header.p_flags & libc::PF_W != 0;
        if header.p_type != libc::PT_LOAD || writable {
            continue;
        }
        // Whole pages within the segment: others may belong to one that is written to.
        let begin = (base + header.p_vaddr as usize).next_multiple_of(page);
        let end = (base + header.p_vaddr as usize + header.p_memsz as usize) / page * page;
        if begin < end {
            // SAFETY: the segments can't be written to, and the program has said that nothing else changes them, so what
            // is read from the file again is what they were.
            unsafe { libc::madvise(begin as *mut libc::c_void, end - begin, libc::MADV_DONTNEED) };
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_goes_once_for_each_work_if_it_may() {
        let given_back = AtomicU8::new(u8::MAX);
        assert!(!is_first(&given_back, Done::Line));
        given_back.store(0, Relaxed);
        let first = [Done::Planned, Done::Line, Done::Planned, Done::Asked, Done::Line];
        assert_eq!(first.map(|done| is_first(&given_back, done)), [true, true, false, true, false]);
    }

    /// Constants that nothing else reads, with so many around the middle that it is not mapped together with others.
    #[cfg(target_os = "linux")]
    static CONSTANTS: [u8; 1 << 20] = [7; 1 << 20];

    /// Whether the middle page has memory, by the top bit of its entry in `/proc/self/pagemap`.
    #[cfg(target_os = "linux")]
    fn is_mapped() -> std::io::Result<bool> {
        use std::os::unix::fs::FileExt;

        let page = (&raw const CONSTANTS[CONSTANTS.len() / 2]).addr() / crate::sys::page_size();
        let mut entry = [0; 8];
        std::fs::File::open("/proc/self/pagemap")?.read_exact_at(&mut entry, 8 * page as u64)?;
        Ok(u64::from_le_bytes(entry) >> 63 == 1)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn constants_go_and_come_back() {
        let sum = || std::hint::black_box(&CONSTANTS).iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // Where the system maps code in large pieces, other threads may bring the page back at once.
        let mut gone = 0;
        for _ in 0..10 {
            assert_eq!(sum(), 7 << 20);
            assert!(is_mapped().unwrap());
            give_back();
            gone += usize::from(!is_mapped().unwrap());
        }
        assert!(gone > 0);
    }
}
