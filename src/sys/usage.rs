//! What the process and its control group use now, and what there is.
//!
//! Control groups are looked for where every distribution mounts them: `/sys/fs/cgroup` (version 2, or the folder
//! `memory` in it for version 1). Inside of a container the path of the group may be that of the host, which is not
//! there; then the mounted folder is the container's own group.

#[cfg(target_os = "linux")]
mod cgroup;

use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{fs::File, os::unix::fs::FileExt};

#[cfg(target_os = "linux")]
pub use cgroup::Group;

/// What is used now, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory that belongs to no file.
    pub anonymous: u64,
    /// Resident pages of files, shared memory included.
    pub file: u64,
    /// What the tightest control group (the one that left the least at first) uses and can't be taken from it (the page
    /// cache can be), and its limit.
    pub group: Option<(u64, u64)>,
    /// How much of the last ten seconds every task of the group waited for memory, in hundredths of a per cent; 0 where
    /// nobody knows (control groups of version 1). The stalls of the whole machine say nothing about a process.
    pub stalled: u32,
}

/// Processor time of the whole process, in the system and outside of it; none where the system does not say.
pub fn cpu_time() -> Option<Duration> {
    super::memory::cpu_time()
}

/// How many file descriptors are open; none where the system does not say.
pub fn open_files() -> Option<usize> {
    // Looking takes one.
    std::fs::read_dir("/proc/self/fd").ok().map(|found| found.count().saturating_sub(1))
}

/// Resident pages of the program and its libraries, in bytes; 0 where the system does not say. Takes some tenths of a
/// millisecond.
pub fn program_bytes() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let maps = File::open("/proc/self/smaps").map(std::io::BufReader::new);
        maps.map_or(0, program)
    }
    #[cfg(not(target_os = "linux"))]
    0
}

/// The pages of files that have code, in a list of mappings: the parts of a file follow each other.
#[cfg(target_os = "linux")]
fn program(maps: impl std::io::BufRead) -> u64 {
    let (mut all, mut file, mut own, mut has_code) = (0, Vec::new(), 0, false);
    for line in maps.split(b'\n').map_while(Result::ok) {
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if first == b"Rss:" {
            own += number(second).unwrap_or(0) * 1024;
        } else if first == b"Anonymous:" {
            own = own.saturating_sub(number(second).unwrap_or(0) * 1024);
        } else if first.contains(&b'-') {
            // An address range, rights, offset, device, inode, and the path.
            let path = words.nth(3).unwrap_or_default();
            if path != file {
                all += if has_code { own } else { 0 };
                (file, own, has_code) = (path.to_vec(), 0, false);
            }
            has_code |= path.starts_with(b"/") && second.contains(&b'x');
        }
    }
    all + if has_code { own } else { 0 }
}

/// The resident memory that belongs to no file, in bytes; 0 where the system does not say.
pub fn anonymous_now() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let found = File::open("/proc/self/statm").ok().and_then(|statm| resident(&statm));
        found.map_or(0, |(anonymous, _)| anonymous)
    }
    #[cfg(not(target_os = "linux"))]
    0
}

/// Reads what is used, again and again. Nothing is allocated, neither to open it nor to read.
pub struct Probe {
    #[cfg(target_os = "linux")]
    statm: Option<File>,
    #[cfg(target_os = "linux")]
    group: Option<Group>,
    #[cfg(target_os = "linux")]
    stall: Option<File>,
}

#[cfg(target_os = "linux")]
impl Probe {
    /// Opens what there is to read. What can't be opened reads as nothing.
    pub fn open() -> Probe {
        let group = Group::tightest();
        let stall = group.as_ref().and_then(Group::stall);
        Probe { statm: File::open("/proc/self/statm").ok(), group, stall }
    }

    /// Reads. Takes a few system calls.
    pub fn read(&self) -> Usage {
        let (anonymous, file) = self.statm.as_ref().and_then(resident).unwrap_or_default();
        let group = self.group.as_ref().and_then(Group::read);
        let stalled = self.stall.as_ref().and_then(|file| text(file, &mut [0; 256], stalled)).unwrap_or(0);
        Usage { anonymous, file, group, stalled }
    }
}

#[cfg(not(target_os = "linux"))]
impl Probe {
    /// There is nothing to read.
    pub fn open() -> Probe {
        Probe {}
    }

    /// Nothing is known.
    pub fn read(&self) -> Usage {
        Usage::default()
    }
}

/// The memory that can be had: what the machine has available, or the tightest control group has left, whichever is
/// less. None where the system does not say.
pub fn available() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let machine = text(&File::open("/proc/meminfo").ok()?, &mut [0; 4096], |text| field(text, b"MemAvailable:"))?;
        let machine = machine * 1024;
        Some(group_left().map_or(machine, |group| group.min(machine)))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What the tightest control group has left below its limit; none: nothing limits it.
pub fn group_left() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return Group::tightest().and_then(|group| group.left());
    #[cfg(not(target_os = "linux"))]
    None
}

/// Resident memory: what belongs to no file, and pages of files.
#[cfg(target_os = "linux")]
fn resident(statm: &File) -> Option<(u64, u64)> {
    // "size resident shared text lib data dt", in pages.
    let pages = |text: &[u8]| {
        let mut numbers = text.split(|byte| *byte == b' ').skip(1).map_while(number);
        Some((numbers.next()?, numbers.next()?))
    };
    let (resident, shared) = text(statm, &mut [0; 256], pages)?;
    let page = super::page_size() as u64;
    Some((resident.saturating_sub(shared) * page, shared * page))
}

/// Reads a file of the kernel from its beginning, and takes something from its text. What does not fit is not read.
#[cfg(target_os = "linux")]
fn text<T>(file: &File, buffer: &mut [u8], take: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    let mut len = 0;
    while len < buffer.len() {
        match file.read_at(&mut buffer[len..], len as u64) {
            Ok(0) => break,
            Ok(count) => len += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    take(&buffer[..len])
}

/// The number that a text begins with.
#[cfg(target_os = "linux")]
fn number(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii_start();
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..len]).ok()?.parse().ok()
}

/// The number after `key` at the beginning of a line.
#[cfg(target_os = "linux")]
fn field(text: &[u8], key: &[u8]) -> Option<u64> {
    let line = text.split(|byte| *byte == b'\n').find(|line| line.starts_with(key))?;
    number(&line[key.len()..])
}

/// The share of the last ten seconds in which all tasks waited, in hundredths of a per cent.
#[cfg(target_os = "linux")]
fn stalled(pressure: &[u8]) -> Option<u32> {
    let line = pressure.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"full "))?;
    let at = memchr::memmem::find(line, b"avg10=")? + b"avg10=".len();
    let (whole, rest) = (number(&line[at..])?, line[at..].iter().skip_while(|byte| byte.is_ascii_digit()));
    let mut digits = rest.skip(1).take_while(|byte| byte.is_ascii_digit()).map(|digit| u32::from(digit - b'0'));
    let hundredths = digits.next().unwrap_or(0) * 10 + digits.next().unwrap_or(0);
    Some(u32::try_from(whole).ok()?.checked_mul(100)? + hundredths)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_kernel() {
        let pressure = b"some avg10=99.00 avg60=1.00 avg300=0.10 total=1\nfull avg10=12.34 avg60=0.00 total=22\n";
        assert_eq!(stalled(pressure), Some(1234));
        assert_eq!(stalled(b"full avg10=0.00 avg60=0.00\n"), Some(0));
        assert_eq!(stalled(b"some avg10=1.00\n"), None);
        let meminfo = b"MemTotal:       24683520 kB\nMemAvailable:   23000000 kB\n";
        assert_eq!(field(meminfo, b"MemAvailable:"), Some(23_000_000));
        assert_eq!(field(meminfo, b"MemLeft:"), None);
        assert_eq!(number(b"max\n"), None);
    }

    #[test]
    fn pages_of_the_program() {
        let maps = b"\
55d0-55d1 r--p 00000000 08:01 17 /usr/bin/pagemill\nRss:                 400 kB\nAnonymous:             0 kB\n\
55d1-55d2 r-xp 00001000 08:01 17 /usr/bin/pagemill\nRss:                1000 kB\nAnonymous:             0 kB\n\
55d2-55d3 rw-p 00002000 08:01 17 /usr/bin/pagemill\nRss:                  50 kB\nAnonymous:            40 kB\n\
55d4-55d5 rw-p 00000000 00:00 0 [heap]\nRss:                 900 kB\nAnonymous:           900 kB\n\
7f00-7f01 r--s 00000000 08:01 99 /data/a file.csv\nRss:                7000 kB\nAnonymous:             0 kB\n\
7f02-7f03 r-xp 00000000 08:01 20 /lib/libc.so\nRss:                 100 kB\nAnonymous:             0 kB\n\
7f04-7f05 r-xp 00000000 00:00 0 [vdso]\nRss:                   4 kB\nAnonymous:             0 kB\n";
        assert_eq!(program(&maps[..]), (400 + 1000 + 10 + 100) * 1024);
        assert_eq!(program(&b""[..]), 0);
        assert!(program_bytes() > 100_000, "{}", program_bytes());
    }

    #[test]
    fn the_process_knows_itself() {
        let probe = Probe::open();
        // Other tests give memory back meanwhile, but not each time.
        let grows = || {
            let before = probe.read();
            assert!(before.anonymous > 0 && before.file > 0, "{before:?}");
            let block = std::hint::black_box(vec![1u8; 32 << 20]);
            probe.read().anonymous >= before.anonymous + block.len() as u64 / 2
        };
        assert!((0..20).any(|_| grows()));
        assert!(available().is_some_and(|bytes| bytes > 1 << 20));
        assert!(cpu_time().is_some_and(|time| !time.is_zero()) && open_files().is_some_and(|files| files >= 3));
    }
}
