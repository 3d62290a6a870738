//! Why a record is not written.

use crate::error::{Error, RecordError};

/// Why a message was not written to its end.
#[derive(Debug)]
pub enum Fail {
    /// There is no room for it where it should go.
    Full,
    /// A value does not fit.
    Wrong(Box<Wrong>),
    /// Something is wrong with the record, such as that there is no memory for it.
    Record(Box<RecordError>),
    /// The run can't go on.
    Stop(Box<Error>),
}

/// A value that does not fit.
#[derive(Debug, Default)]
pub struct Wrong {
    /// Where it is.
    path: String,
    /// What it is, and why that is wrong.
    what: String,
}

impl Fail {
    #[cold]
    pub fn wrong(what: impl Into<String>) -> Fail {
        Fail::Wrong(Box::new(Wrong { path: String::new(), what: what.into() }))
    }

    /// The value is in a field.
    #[cold]
    pub fn at(self, name: &str) -> Fail {
        let Fail::Wrong(mut wrong) = self else { return self };
        wrong.path = match &*wrong.path {
            "" => name.to_owned(),
            inner if inner.starts_with('[') => format!("{name}{inner}"),
            inner => format!("{name}.{inner}"),
        };
        Fail::Wrong(wrong)
    }

    /// It is an item of a list, or what a key of a map has.
    #[cold]
    pub fn inside(self, key: &[u8]) -> Fail {
        if key.is_empty() { self.at("[]") } else { self.at(&String::from_utf8_lossy(key)) }
    }
}

impl Wrong {
    /// As a phrase.
    pub fn message(&self) -> String {
        match &*self.path {
            "" => format!("the record {}", self.what),
            path => format!("the field `{path}` {}", self.what),
        }
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Fail {
        Fail::Stop(Box::new(error))
    }
}

impl From<RecordError> for Fail {
    fn from(error: RecordError) -> Fail {
        Fail::Record(Box::new(error))
    }
}
