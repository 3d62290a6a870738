//! Process groups of programs that this process runs and that must not outlive it.

use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

/// One runs at a time, or a few. One more is not remembered.
const MOST: usize = 8;

/// The groups; 0: none.
static GROUPS: [AtomicI32; MOST] = [const { AtomicI32::new(0) }; MOST];

/// A group that is ended with this process, while this is held. To be given up before its first process is waited for:
/// after that, the number may be another's.
#[derive(Debug)]
pub(super) struct Held(Option<&'static AtomicI32>);

/// Remembers a group.
pub(super) fn hold(group: libc::pid_t) -> Held {
    Held(GROUPS.iter().find(|place| place.compare_exchange(0, group, SeqCst, SeqCst).is_ok()))
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.iter().for_each(|place| place.store(0, SeqCst));
    }
}

/// Ends all of them. May be called in a handler: only atomics, and a call that POSIX allows there.
pub(super) fn end_all() {
    for group in GROUPS.iter().map(|place| place.load(SeqCst)).filter(|group| *group > 0) {
        // SAFETY: the call takes plain numbers. There may be nobody left to get the signal.
        unsafe { libc::killpg(group, libc::SIGKILL) };
    }
}
