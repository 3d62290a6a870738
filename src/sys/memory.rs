//! How much memory the process has, as the system says.

/// The most resident memory the process ever had, in bytes; 0 where the system does not say.
///
/// On Linux it is `VmHWM`, which counts from the start of the program. (`getrusage` inherits the peak of
/// the process that started it.) Nothing is allocated.
pub fn peak_rss_bytes() -> u64 {
    from_status(b"VmHWM:").unwrap_or_else(peak_from_rusage)
}

/// Lets the peaks of the heap and of resident memory begin anew, as far as the system allows it. On Linux `proc(5)` says
/// that a 5 in `clear_refs` does so; elsewhere, and where that file may not be written, the peak of resident memory stays
/// that of the whole process.
pub fn reset_peaks() {
    trim_heap();
    super::alloc::reset_peak();
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The memory that is resident now, in bytes; 0 where the system does not say. Nothing is allocated.
pub fn resident_bytes() -> u64 {
    from_status(b"VmRSS:").unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn from_status(key: &[u8]) -> Option<u64> {
    use std::io::Read;

    // A status is about 1,500 bytes long; the two lines are in its first half.
    let mut text = [0u8; 4096];
    let mut file = std::fs::File::open("/proc/self/status").ok()?;
    let mut len = 0;
    while len < text.len() {
        match file.read(&mut text[len..]) {
            Ok(0) => break,
            Ok(count) => {
                len += count;
                // The line is complete when something follows it.
                let found = memchr::memmem::find(&text[..len], key);
                if found.is_some_and(|at| text[at..len].contains(&b'\n')) {
                    break;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    kibibytes(&text[..len], key).map(|kib| kib * 1024)
}

/// The most resident memory that another process had since its program began, in bytes; none if it does not run.
#[cfg(target_os = "linux")]
pub(super) fn peak_of(process: &str) -> Option<u64> {
    let status = std::fs::read(format!("/proc/{process}/status")).ok()?;
    kibibytes(&status, b"VmHWM:").map(|kib| kib * 1024)
}

#[cfg(not(target_os = "linux"))]
fn from_status(_key: &[u8]) -> Option<u64> {
    None
}

/// The number after `key` in a status text.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn kibibytes(status: &[u8], key: &[u8]) -> Option<u64> {
    let line = status.split(|&byte| byte == b'\n').find(|line| line.starts_with(key))?;
    let digits = line[key.len()..].trim_ascii_start().split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(unix)]
fn rusage() -> Option<libc::rusage> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writes of one `rusage`.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: `rusage` is plain numbers, for which zeroes are valid, and the call filled them.
    (status == 0).then(|| unsafe { usage.assume_init() })
}

/// Processor time of the whole process; none where the system does not say.
pub(super) fn cpu_time() -> Option<std::time::Duration> {
    #[cfg(unix)]
    return rusage().map(|usage| time_and_peak(&usage).0);
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
fn peak_from_rusage() -> u64 {
    rusage().map_or(0, |usage| time_and_peak(&usage).1)
}

/// Processor time, and the peak of resident memory in bytes.
#[cfg(unix)]
pub(super) fn time_and_peak(usage: &libc::rusage) -> (std::time::Duration, u64) {
    let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    let time = std::time::Duration::from_micros(micros(usage.ru_utime) + micros(usage.ru_stime));
    // Bytes on macOS, KiB elsewhere.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    (time, u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(unit))
}

#[cfg(not(unix))]
fn peak_from_rusage() -> u64 {
    0
}

/// Gives the memory of a buffer back to the system, which gives it memory again when it is touched. What the buffer
/// holds afterwards is undefined: zeros, or what it was. Does nothing where the system can't do it, or refuses: then the
/// memory stays.
pub fn discard(buffer: &mut [u8]) {
    #[cfg(target_os = "linux")]
    if let Some((start, len)) = whole_pages(buffer) {
        // SAFETY: the pages lie inside of `buffer`, which is borrowed exclusively, so nobody else reads or writes them.
        // MADV_DONTNEED leaves them mapped as they were; their bytes become zeros (or what a file has, if the
        // buffer were a mapping of one), and any byte is a valid `u8`.
        unsafe { libc::madvise(start as *mut libc::c_void, len, libc::MADV_DONTNEED) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = buffer;
}

/// How many bytes of the whole pages in a buffer have memory; 0 where the system does not say.
pub fn resident_in(buffer: &[u8]) -> usize {
    #[cfg(target_os = "linux")]
    if let Some((start, len)) = whole_pages(buffer) {
        let page = super::page_size();
        let mut pages = vec![0u8; len / page];
        // SAFETY: the range is made of mapped pages, and the vector has a byte for each of them.
        let status = unsafe { libc::mincore(start as *mut libc::c_void, len, pages.as_mut_ptr()) };
        return if status == 0 { pages.iter().filter(|page| **page & 1 == 1).count() * page } else { 0 };
    }
    let _ = buffer;
    0
}

/// The pages that lie inside of a buffer as a whole: where they start, and their length.
#[cfg(target_os = "linux")]
fn whole_pages(buffer: &[u8]) -> Option<(usize, usize)> {
    let page = super::page_size();
    let at = buffer.as_ptr() as usize;
    let (start, end) = (at.next_multiple_of(page), (at + buffer.len()) / page * page);
    (start < end).then(|| (start, end - start))
}

/// Lets the heap give back to the system what it has free, where there is a call for that.
pub fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim has no preconditions and may be called by any thread.
    unsafe {
        libc::malloc_trim(0)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_discarded_has_no_memory_until_it_is_touched() {
        const LEN: usize = 4 << 20;
        let mut buffer = vec![1u8; LEN];
        assert!(resident_in(&buffer) > LEN - (16 << 10), "{}", resident_in(&buffer));
        let middle = LEN / 4..LEN / 2;
        discard(&mut buffer[middle.clone()]);
        assert!(resident_in(&buffer) < LEN - LEN / 4 + (16 << 10), "{}", resident_in(&buffer));
        assert!(buffer[..middle.start].iter().chain(&buffer[middle.end..]).all(|byte| *byte == 1), "others stay");
        buffer[middle].fill(2);
        assert!(resident_in(&buffer) > LEN - (16 << 10));
        // What is smaller than a page stays as it is.
        discard(&mut buffer[1..100]);
        assert!(buffer[1..100].iter().all(|byte| *byte == 1));
    }

    #[test]
    fn reads_a_status() {
        let status = b"Name:\tpagemill\nVmPeak:\t  999 kB\nVmHWM:\t   13044 kB\nVmRSS:\t    8120 kB\n";
        assert_eq!(kibibytes(status, b"VmHWM:"), Some(13_044));
        assert_eq!(kibibytes(status, b"VmRSS:"), Some(8_120));
        assert_eq!(kibibytes(status, b"VmSwap:"), None);
        assert_eq!(kibibytes(b"VmRSS:\tnone\n", b"VmRSS:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_follows_what_is_touched() {
        let before = peak_rss_bytes();
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        let after = peak_rss_bytes();
        assert!(before > 0 && resident_bytes() > block.len() as u64);
        assert!(after >= 64 << 20, "{before} then {after}");
    }
}
