//! The free space of the target's file system, asked by a thread of its own: one that hangs, such as that of a server
//! that is gone, must hold up neither samples nor the end of a run.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Asks a system for the free bytes at a path.
pub(super) type Ask = fn(&Path) -> Option<u64>;

/// How long an answer is waited for, once. File systems that are well answer within microseconds.
const PATIENCE: Duration = Duration::from_millis(50);
/// A thread that only asks needs no more.
const STACK: usize = 64 << 10;

/// The thread, and its last answer.
pub(super) struct Space {
    questions: SyncSender<()>,
    answers: Receiver<Option<u64>>,
    /// It has not answered yet.
    is_asked: bool,
    last: Option<u64>,
}

impl Space {
    /// Starts the thread; none without threads. It ends when this is dropped and it is not in the middle of a question;
    /// nobody waits for it.
    pub fn of(place: PathBuf, ask: Ask) -> Option<Space> {
        let (questions, asked) = sync_channel(1);
        let (sender, answers) = sync_channel(1);
        let run = move || asked.iter().all(|()| sender.send(ask(&place)).is_ok());
        thread::Builder::new().name("space".into()).stack_size(STACK).spawn(run).ok()?;
        Some(Space { questions, answers, is_asked: false, last: None })
    }

    /// Free bytes by the latest answer; none: there is none yet, or it can't be known.
    pub fn free(&mut self) -> Option<u64> {
        let answer = if self.is_asked {
            self.answers.try_recv().ok()
        } else {
            self.is_asked = self.questions.try_send(()).is_ok();
            self.answers.recv_timeout(PATIENCE).ok()
        };
        if let Some(answer) = answer {
            (self.is_asked, self.last) = (false, answer);
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    /// While it is held, the file system hangs.
    static HANGS: Mutex<u64> = Mutex::new(7);

    fn ask(_: &Path) -> Option<u64> {
        Some(*HANGS.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[test]
    fn a_file_system_that_hangs_holds_nobody_up() {
        let mut space = Space::of(PathBuf::new(), ask).expect("a thread");
        while space.free() != Some(7) {}
        let mut free = HANGS.lock().unwrap();
        *free = 8;
        // If it waited, this would hang.
        for _ in 0..1_000 {
            assert_eq!(space.free(), Some(7), "the last answer");
        }
        drop(free);
        while space.free() != Some(8) {}
        let free = HANGS.lock().unwrap();
        space.free();
        drop(space);
        drop(free);
    }
}
