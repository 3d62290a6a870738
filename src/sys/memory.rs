//! How much memory the process has, as the system tells it.

/// The most resident memory the process ever had, in bytes; 0 where the system does not tell.
///
/// On Linux it is `VmHWM`, which counts from the start of the program. (`getrusage` inherits the peak of
/// the process that started it.) Nothing is allocated.
pub fn peak_rss_bytes() -> u64 {
    from_status(b"VmHWM:").unwrap_or_else(peak_from_rusage)
}

/// The memory that is resident now, in bytes; 0 where the system does not tell. Nothing is allocated.
pub fn resident_bytes() -> u64 {
    from_status(b"VmRSS:").unwrap_or(0)
}

#[cfg(target_os = "linux")]
fn from_status(key: &[u8]) -> Option<u64> {
    use std::io::Read;

    // A status is about 1,500 bytes long; the two lines stand in its first half.
    let mut text = [0u8; 4096];
    let mut file = std::fs::File::open("/proc/self/status").ok()?;
    let mut len = 0;
    while len < text.len() {
        match file.read(&mut text[len..]) {
            Ok(0) => break,
            Ok(count) => {
                len += count;
                // The line is there as a whole when something stands behind it.
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

#[cfg(not(target_os = "linux"))]
fn from_status(_key: &[u8]) -> Option<u64> {
    None
}

/// The number behind `key` in a status text.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn kibibytes(status: &[u8], key: &[u8]) -> Option<u64> {
    let line = status.split(|&byte| byte == b'\n').find(|line| line.starts_with(key))?;
    let digits = line[key.len()..].trim_ascii_start().split(|byte| !byte.is_ascii_digit()).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(unix)]
fn peak_from_rusage() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is valid for writes of one `rusage`.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    if status != 0 {
        return 0;
    }
    // SAFETY: `rusage` is plain numbers, for which zeroes are valid, and the call filled them.
    let peak = unsafe { usage.assume_init() }.ru_maxrss;
    // Bytes on macOS, KiB elsewhere.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(peak).unwrap_or(0).saturating_mul(unit)
}

#[cfg(not(unix))]
fn peak_from_rusage() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

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
