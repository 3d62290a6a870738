//! The signal that asked for the end.

/// The signal that asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What it is called.
    pub name: &'static str,
    /// It is SIGTERM; else SIGINT.
    pub terminates: bool,
}

impl Ending {
    /// The exit code that says so.
    pub fn code(self) -> u8 {
        if self.terminates { 143 } else { 130 }
    }
}

/// The signal that asked for the end, if one did.
pub fn ending() -> Option<Ending> {
    #[cfg(unix)]
    {
        use pagemill::sys::signals::{Signal, ending};
        let signal = ending()?;
        Some(Ending { name: signal.name(), terminates: signal == Signal::Terminate })
    }
    #[cfg(not(unix))]
    None
}
