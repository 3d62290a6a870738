//! What is wrong with a configuration.

use std::fmt;
use std::path::Path;

use crate::config::flags::Place;
use crate::error::Error;

/// Something wrong with a configuration.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Where; none: in the environment, or the file as a whole.
    pub place: Option<Place>,
    /// What it is, and what to do.
    pub what: String,
}

impl Fault {
    /// A fault in a line of a file.
    pub(super) fn at(file: &Path, line: usize, what: impl Into<String>) -> Fault {
        Fault { place: Some(Place::new(file, line)), what: what.into() }
    }

    /// A fault that has no line.
    pub(super) fn whole(what: impl Into<String>) -> Fault {
        Fault { place: None, what: what.into() }
    }

    /// The first of these as an error; none: there are none.
    pub(super) fn error(faults: &[Fault]) -> Option<Error> {
        let first = faults.first()?;
        let others = match faults.len() - 1 {
            0 => String::new(),
            1 => "\n  There is one more fault: `pagemill config check` shows both.".to_owned(),
            more => format!("\n  There are {more} more faults: `pagemill config check` shows all."),
        };
        Some(Error::usage(format!("{first}{others}")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
