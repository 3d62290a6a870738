//! Memory straight from the system, in pages.

use std::io;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

use super::alloc;

/// Bytes that begin where a page does; zeros at first.
///
/// A page gets its memory when it is first touched, and all of them go back to the system with the value, whatever the
/// heap would keep. The [counting allocator](alloc::CountingAllocator) counts them as a block of the heap.
pub struct Pages {
    map: MmapMut,
}

impl Pages {
    /// Takes this number of bytes.
    ///
    /// # Errors
    /// The system has no more.
    pub fn new(len: usize) -> io::Result<Pages> {
        let map = MmapMut::map_anon(len)?;
        alloc::resized(0, len);
        Ok(Pages { map })
    }

    /// Changes its size: the bytes at the front stay, new ones are zeros. On Linux the pages move, so that nothing is
    /// copied and nothing is there twice.
    ///
    /// # Errors
    /// The system has no more; everything stays as it was.
    pub fn resize(&mut self, len: usize) -> io::Result<()> {
        let before = self.map.len();
        #[cfg(target_os = "linux")]
        // SAFETY: the mapping may move, and what is after the new end is unmapped: `self` is borrowed exclusively, so
        // nobody holds a reference to its bytes. It is anonymous, so no file has to reach as far as the new end.
        unsafe {
            self.map.remap(len, memmap2::RemapOptions::new().may_move(true))?
        };
        #[cfg(not(target_os = "linux"))]
        {
            let mut map = MmapMut::map_anon(len)?;
            let both = before.min(len);
            map[..both].copy_from_slice(&self.map[..both]);
            self.map = map;
        }
        alloc::resized(before, len);
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        alloc::resized(self.map.len(), 0);
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.map
    }
}

#[cfg(test)]
mod tests {
    use super::super::page_size;
    use super::*;

    #[test]
    fn bytes_stay_and_begin_where_pages_do() {
        let page = page_size();
        for len in [1, page - 1, page, page + 1, 100 * page] {
            let mut pages = Pages::new(len).unwrap();
            assert!(pages.len() == len && pages.iter().all(|byte| *byte == 0));
            pages.fill(7);
            for larger in [len + 1, 3 * len + page, len + 9000 * page] {
                pages.resize(larger).unwrap();
                assert!(pages.len() == larger && (pages.as_ptr() as usize).is_multiple_of(page));
                assert!(pages[..len].iter().all(|byte| *byte == 7), "{len} {larger}");
                pages[larger - 1] = 1;
                // More than any system has.
                assert!(pages.resize(isize::MAX as usize).is_err());
                assert_eq!((pages.len(), pages[larger - 1]), (larger, 1));
                pages.resize(len).unwrap();
                assert!(pages.iter().all(|byte| *byte == 7) && pages.len() == len);
            }
        }
    }
}
