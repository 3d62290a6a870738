//! The pages of the program's own code.

/// Gives back the pages that the program's code and constants have in memory. Those that are needed come back from the
/// file, or from the system's cache of it, when they are touched; those that only reading a command line or planning a
/// run took do not, which are most of them: of 10 MB on Linux about 2 come back. Does nothing where the system can't.
/// What a debugger wrote into the code, such as breakpoints, is lost.
pub fn forget_code() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the callback has the signature that is asked for, and it keeps neither of the pointers.
        unsafe { libc::dl_iterate_phdr(Some(forget_segments), std::ptr::null_mut()) };
    }
}

/// Gives back the segments of the first object, which is the program itself, and ends the search with 1.
///
/// # Safety
/// `object` describes an object that is mapped as its headers say; `dl_iterate_phdr` vouches for it.
#[cfg(target_os = "linux")]
unsafe extern "C" fn forget_segments(
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
            // SAFETY: nothing ever writes to these pages, so what is read from the file again is what they were.
            unsafe { libc::madvise(begin as *mut libc::c_void, end - begin, libc::MADV_DONTNEED) };
        }
    }
    1
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt;

    use super::*;

    /// Constants that nothing else reads, with so many around the middle that it is not mapped together with others.
    static CONSTANTS: [u8; 1 << 20] = [7; 1 << 20];

    /// Whether the middle page has memory, by the top bit of its entry in `/proc/self/pagemap`.
    fn is_mapped() -> io::Result<bool> {
        let page = (&raw const CONSTANTS[CONSTANTS.len() / 2]).addr() / crate::sys::page_size();
        let mut entry = [0; 8];
        File::open("/proc/self/pagemap")?.read_exact_at(&mut entry, 8 * page as u64)?;
        Ok(u64::from_le_bytes(entry) >> 63 == 1)
    }

    #[test]
    fn constants_go_and_come_back() {
        let sum = || std::hint::black_box(&CONSTANTS).iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // Where the system maps code in large pieces, other threads may bring the page back at once.
        let mut gone = 0;
        for _ in 0..10 {
            assert_eq!(sum(), 7 << 20);
            assert!(is_mapped().unwrap());
            forget_code();
            gone += usize::from(!is_mapped().unwrap());
        }
        assert!(gone > 0);
    }
}
