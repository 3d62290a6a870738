//! Call sites of allocations, by what their threads were doing. All in a table of fixed size: allocators can't allocate.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::frames::Frames;

/// How many are told apart. All of it is zero at first, so it is not in the program's file, and takes no memory before it is
/// written to.
const MOST: usize = 1024;

/// A call site that allocated.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Its stage, see [`Site::stage`]: 0 if that is not known yet. `Option` is not zero without a value.
    stage: u16,
    /// Where.
    pub frames: Frames,
    /// Blocks given out there.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The thread that noted it, while the stage is not known; else 0.
    thread: usize,
}

/// The lowest bit is the steady state.
const KNOWN: u16 = 1 << 15;

impl Site {
    /// The number of the stage, and whether it was in the steady state; none: not known yet.
    pub fn stage(&self) -> Option<(u8, bool)> {
        (self.stage != 0).then_some(((self.stage >> 1) as u8, self.stage & 1 == 1))
    }
}

struct Table {
    sites: [Site; MOST],
    len: usize,
}

const NOWHERE: Site = Site { stage: 0, frames: Frames::NONE, blocks: 0, bytes: 0, thread: 0 };

static TABLE: Mutex<Table> = Mutex::new(Table { sites: [NOWHERE; MOST], len: 0 });
static WANTED: AtomicBool = AtomicBool::new(false);

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on, workers note where they allocate.
pub fn want_sites() {
    WANTED.store(true, Relaxed);
}

/// Whether they do.
pub(crate) fn are_wanted() -> bool {
    WANTED.load(Relaxed)
}

/// Notes an allocation of a thread, which any number tells from others. What does not fit into the table is left out.
pub(super) fn note(thread: usize, frames: Frames, bytes: u64) {
    table().add(Site { frames, blocks: 1, bytes, thread, ..NOWHERE });
}

/// What the thread has noted was allocated in this stage.
pub(super) fn settle(thread: usize, stage: u8, steady: bool) {
    let mut table = table();
    let mut index = 0;
    while index < table.len {
        let site = table.sites[index];
        if site.stage != 0 || site.thread != thread {
            index += 1;
            continue;
        }
        table.len -= 1;
        table.sites[index] = table.sites[table.len];
        table.add(Site { stage: KNOWN | u16::from(stage) << 1 | u16::from(steady), thread: 0, ..site });
    }
}

/// All that was noted and settled.
pub fn sites() -> Vec<Site> {
    // Nothing is allocated while the table is locked: an allocation may have to be noted.
    let mut all = Vec::with_capacity(MOST);
    let table = table();
    all.extend(table.sites[..table.len].iter().filter(|site| site.stage != 0));
    all
}

impl Table {
    fn add(&mut self, new: Site) {
        let is_same =
            |site: &&mut Site| site.stage == new.stage && site.thread == new.thread && site.frames == new.frames;
        if let Some(site) = self.sites[..self.len].iter_mut().find(is_same) {
            site.blocks += new.blocks;
            site.bytes += new.bytes;
        } else if self.len < MOST {
            self.sites[self.len] = new;
            self.len += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_settled_thread_by_thread() {
        let (mine, other) = (usize::MAX, usize::MAX - 1);
        let frames = Frames::here();
        for bytes in [10, 20] {
            note(mine, frames, bytes);
        }
        note(other, frames, 5);
        let found = |stage| {
            let found: Vec<_> = sites().into_iter().filter(|site| site.stage() == Some(stage)).collect();
            found.iter().map(|site| (site.blocks, site.bytes)).collect::<Vec<_>>()
        };
        // No stage has this number, so no other test uses it.
        assert!(found((250, true)).is_empty());
        settle(mine, 250, true);
        assert_eq!(found((250, true)), [(2, 30)]);
        note(mine, frames, 1);
        settle(mine, 250, true);
        assert_eq!(found((250, true)), [(3, 31)]);
        settle(other, 250, false);
        assert_eq!((found((250, true)), found((250, false))), (vec![(3, 31)], vec![(1, 5)]));
    }
}
