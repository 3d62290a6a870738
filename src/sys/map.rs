//! A file mapped for reading, whose pages can be given back while it stays mapped.
//!
//! What did not help: making a slice's pages resident by `MADV_POPULATE_READ` before it is cut took as long
//! as the faults it avoids (1 GiB, warm: 0.1 s of system time either way).

use std::fs::File;
use std::io;
use std::ops::Range;
#[cfg(target_os = "linux")]
use std::sync::RwLock;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[cfg(target_os = "linux")]
use super::ahead::Ahead;
use super::guard::Guarded;
#[cfg(target_os = "linux")]
use super::{guard, page_size};

/// As a rule, nobody works this far before the latest range any more: a page that is touched there all the same is read
/// again, and its table stays.
const BEHIND: usize = 512 << 20;

/// The longest stretch of a file that the system maps when one byte of it is touched, from a multiple of that on: a large
/// folio of the page cache.
pub const AROUND: usize = 2 << 20;

/// A whole file, mapped for reading.
///
/// Its length is that of the file when it was mapped. When another process shortens the file afterwards, or
/// its device fails, a read of the bytes raises SIGBUS; with [`guard_maps`](super::guard_maps) the bytes
/// read as zeros from there on instead, and [`damage`](Map::damage) says so.
pub struct Map {
    // Forgotten before the pages are unmapped: fields are dropped in this order.
    guarded: Option<Guarded>,
    map: memmap2::Mmap,
    file: File,
    /// Reads the file ahead of the workers that give its pages back.
    #[cfg(target_os = "linux")]
    ahead: RwLock<Option<Ahead>>,
    /// The offset of the first page that could not be mapped again.
    #[cfg(target_os = "linux")]
    lost: AtomicUsize,
}

/// No page is lost.
#[cfg(target_os = "linux")]
const NONE: usize = usize::MAX;

impl Map {
    /// Maps `file`, which must not be empty and not be a pipe or device.
    pub fn new(file: File) -> io::Result<Map> {
        // SAFETY: the mapping is private to this value and read-only. Other processes can still write to
        // the file, which no program can rule out: readers of the bytes only rely on their being *some*
        // bytes (every index is checked, text is checked before it is used as UTF-8). A shortened file
        // ends the process by SIGBUS, or is guarded: zeros, and a mark.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        // Advice only: a system that refuses it reads the same bytes.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::Sequential);
        let guarded = Guarded::new(map.as_ptr() as usize, map.len())?;
        Ok(Map {
            guarded,
            map,
            file,
            #[cfg(target_os = "linux")]
            ahead: RwLock::default(),
            #[cfg(target_os = "linux")]
            lost: AtomicUsize::new(NONE),
        })
    }

    /// Has the system map the file in small pages, where a touch of a huge one (2 MiB) would make all of it resident. Large pages
    /// are faster to map: this is for runs in which every page counts.
    pub fn in_small_pages(&self) {
        // A system without such pages refuses.
        #[cfg(target_os = "linux")]
        let _ = self.map.advise(memmap2::Advice::NoHugePage);
    }

    /// Somebody begins to work on the bytes from `start` on, from front to back, and [gives them back](Self::release): from
    /// now on they are read from the device before they are needed.
    pub fn read_ahead(&self, start: usize) {
        #[cfg(target_os = "linux")]
        if let Ok(mut ahead) = self.ahead.write() {
            *ahead = None;
            *ahead = Ahead::start(&self.file, start as u64, self.map.len() as u64);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = start;
    }

    /// Waits until the last page of `range` is there, if the file is [read ahead](Self::read_ahead): once, where touching
    /// its pages would wait again and again.
    ///
    /// `MADV_POPULATE_READ` waits as often as touching does.
    pub fn fetch(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Ok(Some(_)) = self.ahead.read().as_deref()
            && let Some(last) = range.end.checked_sub(1)
        {
            // What goes wrong here goes wrong again where the bytes are touched.
            let _ = std::os::unix::fs::FileExt::read_at(&self.file, &mut [0], last as u64);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// Whether to [read ahead](Self::read_ahead), or to leave the memory to others for a while.
    pub fn allow_ahead(&self, allowed: bool) {
        #[cfg(target_os = "linux")]
        if let Ok(Some(ahead)) = self.ahead.read().as_deref() {
            ahead.allow(allowed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = allowed;
    }

    /// The offset of the first byte that is not the file's any more, as far as that is known: bytes from there
    /// on may have been read as zeros. What was read before this call and lies in front of it is the file's.
    ///
    /// A cut inside of a page raises no fault, so the file's length is looked at too.
    pub fn damage(&self) -> Option<usize> {
        let marked = self.marked();
        match self.file.metadata() {
            Ok(metadata) if metadata.len() >= self.map.len() as u64 => marked,
            Ok(metadata) => Some(marked.map_or(metadata.len() as usize, |at| at.min(metadata.len() as usize))),
            // A file that can't even be asked has lost its device.
            Err(_) => Some(marked.unwrap_or(0)),
        }
    }

    /// The offset of the first page whose touch failed, or that could not be mapped again.
    pub(super) fn marked(&self) -> Option<usize> {
        let bad = self.guarded.as_ref().and_then(Guarded::first_bad);
        #[cfg(target_os = "linux")]
        let bad = Some(self.lost.load(SeqCst)).filter(|&at| at != NONE).into_iter().chain(bad).min();
        bad
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Gives the resident pages inside `range` back to the system; they are read again when touched.
    ///
    /// The page in which the range starts is released too (the slice before is mostly done with it), the
    /// one in which it ends is left to the next slice. A touch after a range that was released may have mapped its end
    /// again, as far as the system maps [`AROUND`] it: so the next range begins where that does.
    ///
    /// Does nothing if the system refuses, as it does for pages that are locked in memory: they stay resident.
    pub fn release(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Ok(Some(ahead)) = self.ahead.read().as_deref() {
            ahead.reached(range.end as u64);
        }
        #[cfg(target_os = "linux")]
        if let Some((start, len)) = self.pages(range.start / AROUND * AROUND..range.end) {
            // SAFETY: the range lies inside the mapping and starts on a page. For a read-only mapping of
            // a file, MADV_DONTNEED changes no content: a later access reads the page from the file again.
            unsafe { libc::madvise(self.map.as_ptr().add(start) as *mut _, len, libc::MADV_DONTNEED) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// Gives the page tables of `range` back, which [`release`](Self::release) keeps (2 MiB for each GiB).
    ///
    /// The range is mapped again at its old place, so its bytes stay readable. If that fails, either the old pages are
    /// still there and nothing has changed, or the range reads as zeros and [`damage`](Self::damage) says so.
    pub fn release_tables(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Some((start, len)) = self.pages(range) {
            use std::os::fd::AsRawFd;
            // SAFETY: MAP_FIXED replaces pages of our own mapping only (the range was checked to lie in
            // it) by the same pages of the same file with the same protection. The switch is atomic for
            // other threads. What a failure leaves is looked at below.
            let placed = unsafe {
                libc::mmap(
                    self.map.as_ptr().add(start) as *mut _,
                    len,
                    libc::PROT_READ,
                    libc::MAP_SHARED | libc::MAP_FIXED,
                    self.file.as_raw_fd(),
                    start as libc::off_t,
                )
            };
            if placed == libc::MAP_FAILED {
                self.keep_readable(start, len);
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// Gives the upper levels of the page tables back too, which [`release_tables`](Self::release_tables) keeps: a
    /// range was finished, and nobody is `BEHIND` its end any more. To be called for all ranges of the file; the
    /// order does not matter.
    ///
    /// A table that covers 1 GiB goes when exactly that stretch of addresses is mapped again, and with it what others
    /// left of the lower level: they may have looked across the end of their part when it was released already.
    pub fn release_stretch(&self, range: Range<usize>) {
        const STRETCH: usize = 1 << 30;
        let base = self.map.as_ptr() as usize;
        let [before, now] = [range.start, range.end].map(|at| (base + at.saturating_sub(BEHIND)) / STRETCH * STRETCH);
        if now > before {
            self.release_tables(before.saturating_sub(base)..now - base);
        }
    }

    /// Mapping a range again has failed. Most failures (no map entries left, a descriptor that can't be mapped) are found
    /// before the old pages go. Later ones, of the filesystem, leave a hole, which others hold references into: it is
    /// marked as damaged and filled with zeros before it can be anything else.
    #[cfg(target_os = "linux")]
    #[cold]
    fn keep_readable(&self, start: usize, len: usize) {
        let at = self.map.as_ptr() as usize + start;
        // SAFETY: the call reads no memory. For a file that nobody writes to through this mapping it only says whether
        // there are pages that are not mapped.
        if unsafe { libc::msync(at as *mut _, len, libc::MS_ASYNC) } == 0 {
            return;
        }
        self.lost.fetch_min(start, SeqCst);
        if !guard::zeros(at, len, libc::MAP_FIXED_NOREPLACE) {
            // Somebody else's memory is where the file's bytes are expected.
            std::process::abort();
        }
    }

    /// How many pages of the mapping are resident in this process.
    #[cfg(all(test, target_os = "linux"))]
    pub fn resident(&self) -> io::Result<usize> {
        use std::os::unix::fs::FileExt;
        let (pages, first) = (self.map.len().div_ceil(page_size()), self.map.as_ptr() as usize / page_size());
        let mut entries = vec![0; pages * 8];
        File::open("/proc/self/pagemap")?.read_exact_at(&mut entries, first as u64 * 8)?;
        Ok(entries.as_chunks::<8>().0.iter().filter(|entry| u64::from_ne_bytes(**entry) >> 63 == 1).count())
    }

    /// The pages of a byte range without its last, partial one: offset and length in bytes.
    #[cfg(target_os = "linux")]
    fn pages(&self, range: Range<usize>) -> Option<(usize, usize)> {
        let page = page_size();
        let start = range.start / page * page;
        // The last page of the file counts as whole: nothing follows it.
        let end = if range.end >= self.map.len() { self.map.len() } else { range.end / page * page };
        (start < end).then(|| (start, end - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// What the system says about this process, in kB.
    #[cfg(target_os = "linux")]
    fn page_tables() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmPTE:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_table_stays_behind() {
        const PIECE: usize = 64 << 20;
        const LEN: usize = 24 << 30;
        let file = tempfile::tempfile().unwrap();
        file.set_len(LEN as u64).unwrap();
        let more_tables = || {
            let before = page_tables();
            let map = Map::new(file.try_clone().unwrap()).unwrap();
            for at in (0..LEN).step_by(PIECE) {
                // Both ends, and a look at the next piece, as workers have it.
                let seen = [at, at + PIECE - 1, (at + PIECE).min(LEN - 1)].map(|at| map.bytes()[at]);
                assert_eq!(seen, [0; 3]);
                map.release(at..at + PIECE);
                map.release_tables(at..at + PIECE);
                map.release_stretch(at..at + PIECE);
                // One that comes late.
                if at % (1 << 30) == 0 {
                    assert_eq!(map.bytes()[at.saturating_sub(PIECE)], 0);
                }
            }
            assert_eq!(map.bytes()[1 << 30], 0);
            page_tables().saturating_sub(before)
        };
        // 24 tables of 1 GiB would be 96 kB, and those of late touches 96 kB more. Other tests take some meanwhile, but
        // not each time.
        let found = [(); 4].map(|()| more_tables());
        assert!(found.iter().any(|more| *more < 80), "{found:?} kB");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn bytes_survive_a_range_that_cannot_be_mapped_again() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        let mut map = Map::new(file.reopen().unwrap()).unwrap();
        // The system refuses to map what is open for writing only.
        map.file = File::options().write(true).open(file.path()).unwrap();
        map.release_tables(0..100_000);
        assert!(map.bytes().iter().all(|byte| *byte == 7) && map.damage().is_none());
    }

    /// In a process of its own, where nobody else can take the hole.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_hole_reads_as_zeros_and_is_marked() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        let map = Map::new(file).unwrap();
        let (start, len) = (8 * page_size(), 4 * page_size());
        // SAFETY: the child calls nothing that allocates or takes a lock, and leaves by `_exit`. The pages that it
        // unmaps are its own, and are looked at only after they were replaced.
        let status = unsafe {
            let child = libc::fork();
            if child == 0 {
                let hole = map.map.as_ptr().add(start) as *mut libc::c_void;
                let unmapped = libc::munmap(hole, len) == 0;
                map.keep_readable(start, len);
                let (before, rest) = map.bytes().split_at(start);
                let (hole, behind) = rest.split_at(len);
                let same = before.iter().chain(behind).all(|byte| *byte == 7) && hole.iter().all(|byte| *byte == 0);
                libc::_exit(i32::from(!(unmapped && same && map.marked() == Some(start))));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            status
        };
        assert_eq!(status, 0);
    }

    #[test]
    fn bytes_survive_release() {
        let mut file = tempfile::tempfile().unwrap();
        let content: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
        file.write_all(&content).unwrap();
        let map = Map::new(file).unwrap();
        assert_eq!(map.bytes(), content);
        map.release(1..2_500_001);
        assert_eq!(map.bytes(), content);
        map.release_tables(0..3_000_000);
        assert_eq!(map.bytes(), content);
        map.release_tables(5000..2_900_000);
        assert_eq!(map.bytes(), content);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_is_mapped_in_small_pages() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(8 << 20).unwrap();
        let map = Map::new(file).unwrap();
        // The flags of the mapping, as the kernel tells them: `nh` is the advice.
        let flags = || {
            let all = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let begin = format!("{:x}-", map.bytes().as_ptr() as usize);
            let own =
                all.lines().skip_while(|line| !line.starts_with(&begin)).find(|line| line.starts_with("VmFlags:"));
            own.unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(!flags().contains(&"nh".to_owned()));
        map.in_small_pages();
        assert!(flags().contains(&"nh".to_owned()));
        assert_eq!(map.bytes()[5 << 20], 0);
    }
}
