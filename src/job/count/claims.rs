//! A mapped source in pieces that workers claim.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use crate::job::settings::Settings;
use crate::plan::sizes::{BASE, PIECE, PIECE_MIN};
use crate::sys::{AROUND, Map, processors};

/// How many bytes a worker claims at a time. Page tables are given back in these pieces, so it is a multiple of what
/// one table covers (2 MiB).
pub(crate) const CLAIM: usize = 8 << 20;

/// The most bytes of a character (including glibc's old forms): after this many continuation bytes, no character goes
/// on.
const LONGEST: usize = 6;

/// How workers look at claims.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub workers: usize,
    /// How many bytes each looks at before it gives their pages back. A power of two.
    pub step: usize,
}

impl Pace {
    /// The pace that the settings give.
    pub fn of(settings: &Settings) -> Pace {
        Pace::new(settings.workers, settings.memory_limit.saturating_sub(settings.dashboard))
    }

    /// The pace of this many workers (0: one for each processor) with a memory limit. They take half of what the
    /// process leaves of it.
    pub fn new(workers: usize, memory_limit: usize) -> Pace {
        let workers = if workers == 0 { processors() } else { workers };
        let room = memory_limit.saturating_sub(BASE) / 2 / workers;
        Pace { workers, step: (1 << room.max(1).ilog2()).clamp(PIECE_MIN, PIECE) }
    }

    /// How many workers find something to do in this source.
    pub fn workers_for(&self, map: &Map) -> usize {
        self.workers.min(map.bytes().len().div_ceil(CLAIM)).max(1)
    }
}

/// Lets workers look at all claims; returns what they found, in the order of the claims. `look` gets the steps of a
/// claim one after another; no step begins or ends inside a character. `go_on` gets the length of each claim that was
/// looked at; once it returns false, no more claims are handed out, and what was found is void.
pub(crate) fn each<T: Default + Send>(
    map: &Map,
    pace: Pace,
    go_on: impl Fn(u64) -> bool + Sync + Send,
    look: impl Fn(&mut T, Range<usize>) + Copy + Sync + Send,
) -> Vec<T> {
    map.read_ahead(0);
    let claims = map.bytes().len().div_ceil(CLAIM);
    let workers = pace.workers.min(claims);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Relaxed);
            if index >= claims {
                return found;
            }
            found.push((index, claim(map, index, pace.step, look)));
            let len = CLAIM.min(map.bytes().len() - index * CLAIM);
            if !go_on(len as u64) {
                next.fetch_max(claims, Relaxed);
            }
        }
    };
    let mut found = thread::scope(|scope| {
        let helpers: Vec<_> =
            (1..workers).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut found = work();
        for helper in helpers {
            // A helper that panicked has ended the program, or passes its panic on here.
            found.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        found
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Looks at one claim in steps, and gives its pages back.
fn claim<T: Default>(map: &Map, index: usize, size: usize, look: impl Fn(&mut T, Range<usize>)) -> T {
    // To look for the end touches the next claim, whose worker may have given its pages back already.
    let (mut start, end) = (boundary(map.bytes(), index * CLAIM), boundary(map.bytes(), (index + 1) * CLAIM));
    let whole = start..end;
    let mut found = T::default();
    for step in 1..=CLAIM / size {
        let next = if step < CLAIM / size { boundary(map.bytes(), index * CLAIM + step * size) } else { end };
        map.fetch(start..next);
        look(&mut found, start..next);
        map.release(start..next);
        start = next;
    }
    map.release(end..end.saturating_add(AROUND).min(map.bytes().len()));
    release_tables(map, whole);
    found
}

/// Gives the page tables of a claim back.
pub(crate) fn release_tables(map: &Map, claim: Range<usize>) {
    map.release_tables(claim.clone());
    map.release_stretch(claim);
}

/// The first place from `at` on that can't be inside a character.
fn boundary(bytes: &[u8], at: usize) -> usize {
    if at == 0 || at >= bytes.len() {
        return at.min(bytes.len());
    }
    let near = &bytes[at..bytes.len().min(at + LONGEST)];
    at + near.iter().position(|byte| byte & 0xc0 != 0x80).unwrap_or(near.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn no_page_stays_behind_whoever_comes_first() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(3 * CLAIM as u64 + 5000).unwrap();
        let map = Map::new(file).unwrap();
        for step in [CLAIM, 64 << 10] {
            for index in [2, 1, 3, 0] {
                let found: usize = claim(&map, index, step, |found, range: Range<usize>| {
                    *found += map.bytes()[range].iter().filter(|byte| **byte == 0).count();
                });
                assert_eq!(found, if index == 3 { 5000 } else { CLAIM });
                assert_eq!(map.resident().unwrap(), 0, "{step} {index}");
            }
        }
    }

    #[test]
    fn boundaries_are_near_and_between_characters() {
        let bytes = "aä上".as_bytes();
        let expected = [0, 1, 3, 3, 6, 6, 6, 6];
        assert_eq!((0..8).map(|at| boundary(bytes, at)).collect::<Vec<_>>(), expected);
        assert_eq!(boundary(&[0xbf; 100], 10), 10 + LONGEST);
    }
}
