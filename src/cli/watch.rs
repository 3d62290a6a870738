//! How signals can affect jobs.

use std::sync::{Arc, Mutex, PoisonError};

use pagemill::monitor::Starter;
use pagemill::{Progress, Stop};

/// How signals can affect jobs.
pub struct Watch {
    pub stop: Stop,
    pub progress: Progress,
    /// What begins after a second.
    pub later: Arc<Later>,
}

/// Something that begins when the command has run for a while: most runs are over before.
#[derive(Default)]
pub struct Later(Mutex<Wait>);

#[derive(Default)]
enum Wait {
    /// It is early, and nothing is to begin.
    #[default]
    Early,
    /// It is early.
    For(Starter),
    /// It is late.
    Over,
}

impl Later {
    /// Begins this when it is late.
    pub fn start(&self, starter: Starter) {
        let mut wait = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *wait {
            Wait::Over => begin(starter),
            _ => *wait = Wait::For(starter),
        }
    }

    /// It is late now.
    pub fn is_late(&self) {
        let wait = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Wait::Over);
        if let Wait::For(starter) = wait {
            begin(starter);
        }
    }
}

/// Without threads there is nothing to see; the run goes on.
fn begin(starter: Starter) {
    let _ = starter.start();
}

/// Said when the system refuses memory.
#[cfg(unix)]
pub const NO_MEMORY: &str = "pagemill: the system has no more memory for this process\n  No output file was written, and its temporary file was removed. Lower --memory-limit or --workers, or raise the limit of the process.\n";
