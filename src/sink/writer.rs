//! A target as a plain writer.

use std::io::{self, Write};

use super::target::Target;
use crate::error::Error;
use crate::sys::Stop;

/// Writes to a target forwards.
pub struct Forwards<'t> {
    target: &'t Target,
    offset: u64,
    error: Option<Error>,
    stop: Option<Stop>,
}

impl<'t> Forwards<'t> {
    /// Begins at the start of the target.
    pub fn new(target: &'t Target) -> Forwards<'t> {
        Forwards { target, offset: 0, error: None, stop: None }
    }

    /// Looks at the stop before each write.
    pub fn stop_with(mut self, stop: Option<&Stop>) -> Forwards<'t> {
        self.stop = stop.cloned();
        self
    }

    /// The error that made a write fail. It says more than the [`io::Error`] that `write` gave.
    pub fn error(self) -> Option<Error> {
        self.error
    }
}

impl Write for Forwards<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let asked = self.stop.as_ref().map_or(Ok(()), Stop::check);
        let asked = asked.map_err(|e| Error::io("write to", self.target.path(), e));
        match asked.and_then(|()| self.target.write(bytes, self.offset)) {
            Ok(()) => {
                self.offset += bytes.len() as u64;
                Ok(bytes.len())
            }
            Err(error) => {
                let plain = io::Error::other(error.to_string());
                self.error = Some(error);
                Err(plain)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_each_other() {
        let target = Target::memory();
        let mut writer = Forwards::new(&target);
        writer.write_all(b"one, ").unwrap();
        writer.write_all(b"two").unwrap();
        assert!(writer.error().is_none());
        assert_eq!(target.finish().unwrap(), b"one, two");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_error_is_kept() {
        let target = Target::open(std::path::Path::new("/dev/full"), false, None).unwrap();
        let mut writer = Forwards::new(&target);
        assert!(writer.write_all(b"x").is_err());
        assert!(writer.error().unwrap().to_string().contains("/dev/full"));
    }
}
