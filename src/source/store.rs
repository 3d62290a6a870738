//! What a source is read from.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use super::identity::Stamp;
use crate::error::{Error, Result};
use crate::sys::{Map, Stop};
use crate::wording::input;

/// What a source is read from. A new kind of store is one file that implements this, and one line where a
/// [`SourceSpec`](crate::job::SourceSpec) becomes a store.
pub(crate) trait Store: Send {
    /// Its name in messages, whose extensions may say format and compression; `-` if it has none.
    fn path(&self) -> &Path;

    /// Its bytes in `range`, from front to back; a range may end after them. A store that is not
    /// [repeatable](Self::is_repeatable) is opened once, from 0 on. Opened for the first time, it notes what it is then.
    ///
    /// # Errors
    /// It can't be opened; usage if it is a folder. A stop ends a wait.
    fn open(&mut self, range: Range<u64>, stop: Option<&Stop>) -> Result<Flow>;

    /// Maps all of it. To be called after it was opened.
    ///
    /// # Errors
    /// Usage: such a store can't be mapped.
    fn map(&self) -> Result<Map> {
        Err(Error::usage(format!("{} can't be mapped\n  Leave out ⟨io map⟩.", input(self.path()))))
    }

    /// The file that it is, to be read at any place; none: it is no regular file. To be called after it was opened.
    ///
    /// # Errors
    /// The system has no more open files.
    fn file(&self) -> Result<Option<File>> {
        Ok(None)
    }

    /// Whether its bytes are not those of a file, but made of them.
    fn is_made(&self) -> bool {
        false
    }

    /// Of the fields of records that are made, only these will be looked at from now on; none: all.
    fn want(&self, fields: Option<&[Box<[u8]>]>) {
        let _ = fields;
    }

    /// How many records it has, if something says so before they are read. To be called after it was opened.
    fn records(&self) -> Option<u64> {
        None
    }

    /// What reading it takes, in bytes, beside what others take for it. To be called after it was opened.
    fn memory(&self) -> usize {
        0
    }

    /// Whether it can be opened again, and gives the same bytes.
    fn is_repeatable(&self) -> bool {
        false
    }

    /// What it was when it was opened first, if anything tells.
    fn stamp(&self) -> Option<&Stamp> {
        None
    }

    /// How many of its bytes are read, if it may get more meanwhile.
    fn limit(&self) -> Option<u64> {
        None
    }

    /// Fails if it is not what it was when it was opened.
    ///
    /// # Errors
    /// Of the class [`Io`](crate::error::ErrorClass::Io); the message says what has changed.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Everything a store has.
pub(crate) const ALL: Range<u64> = 0..u64::MAX;

/// Bytes on their way out of a store.
pub(crate) struct Flow {
    pub reader: Box<dyn Read + Send>,
    /// Whether to wait for more than what was read; none: always.
    pub soon: Option<Soon>,
}

/// Whether to wait for more than what was read since some time. It waits a while to find out.
pub(crate) type Soon = Box<dyn Fn(Instant, Patience) -> bool + Send>;

/// How long is waited for more: what came is converted when nothing more comes for the time `idle`, or when it took the time
/// `long` to come.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    pub idle: Duration,
    pub long: Duration,
}

impl Patience {
    /// As long as people who look at the output may wait.
    pub const USUAL: Patience = Patience { idle: Duration::from_millis(100), long: Duration::from_secs(1) };

    /// No longer than this.
    pub fn at_most(self, time: Duration) -> Patience {
        Patience { idle: self.idle.min(time), long: self.long.min(time) }
    }
}
