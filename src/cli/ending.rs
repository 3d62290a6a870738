//! The signal that told the command to end.

/// The signal that told the command to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its name.
    pub name: &'static str,
    /// It is SIGTERM; otherwise SIGINT.
    pub terminates: bool,
}

impl Ending {
    /// The exit code for it.
    pub fn code(self) -> u8 {
        if self.terminates { 143 } else { 130 }
    }
}

/// The signal that told the command to end, if there was one.
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
