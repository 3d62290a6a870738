//! Where the records of a job go.

use crate::format::{Detail, Format, Straight, Takes};
use crate::job::settings::{ColumnsFrom, Settings};
use crate::op::regex_of;

/// Where the records go, which decides their route.
pub(super) struct Aim<'s> {
    pub takes: Takes,
    /// It has to know its columns before the first record.
    pub tabular: bool,
    /// The columns of `--columns`, if they were listed.
    pub list: Option<&'s [String]>,
    /// Records are written, so they may be copied unchanged.
    pub writes: bool,
}

impl Aim<'_> {
    /// The target, or the fold that the job ends in.
    pub fn of(settings: &Settings, to: Format) -> Aim<'_> {
        let takes = to.takes(&settings.options);
        if settings.folds() {
            // Whatever the target is, a fold sees everything.
            let (detail, straight) = (Detail::All, Straight::Never);
            let takes = Takes { detail, straight, untyped: false, typed: false, types: false, lone: false, ..takes };
            return Aim { takes, tabular: false, list: None, writes: false };
        }
        let list = match &settings.columns {
            ColumnsFrom::List(list) => Some(&list[..]),
            _ => None,
        };
        Aim { takes, tabular: to.is_tabular(), list, writes: true }
    }

    /// Whether the records are the values of a single selected field.
    pub fn is_lone(&self, settings: &Settings) -> bool {
        let one = matches!(&settings.select[..], [path] if regex_of(path).is_none());
        self.takes.lone && one && self.list.is_none()
    }
}
