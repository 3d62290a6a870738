//! Panics of libraries that read what is damaged.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught: then it is no bug that has to be reported.
pub fn is_caught() -> bool {
    CAUGHT.get()
}

/// Runs what may panic, and gives the message if it does. Nothing that it was at work on may be used afterwards.
#[cfg_attr(not(feature = "columnar"), allow(dead_code))]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    let before = CAUGHT.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(run));
    CAUGHT.set(before);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_message() {
        assert_eq!(caught(|| 1), Ok(1));
        let (hook, none) = (std::panic::take_hook(), [0u8; 0]);
        std::panic::set_hook(Box::new(|_| assert!(is_caught())));
        let outcome = caught(|| none[std::hint::black_box(3)]);
        std::panic::set_hook(hook);
        assert!(outcome.unwrap_err().contains("index out of bounds"));
        assert!(!is_caught());
    }
}
