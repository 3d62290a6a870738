//! What is drawn on standard error while a command runs, and what is written there meanwhile.

use std::sync::{Arc, OnceLock};

use pagemill::monitor::Screen;

static SCREEN: OnceLock<Arc<Screen>> = OnceLock::new();

/// The screen that is drawn on from now on.
pub fn of(make: fn() -> Arc<Screen>) -> Arc<Screen> {
    Arc::clone(SCREEN.get_or_init(make))
}

/// Writes something to the terminal, above what is drawn there.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    match SCREEN.get() {
        Some(screen) => screen.aside(write),
        None => write(),
    }
}

/// The same, unless it would have to wait.
pub fn try_aside(write: impl FnOnce()) {
    match SCREEN.get() {
        Some(screen) => screen.try_aside(write),
        None => write(),
    }
}
