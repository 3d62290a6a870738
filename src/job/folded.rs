//! A job that ends in a result over all records.

use std::sync::Arc;

use crate::error::Result;
use crate::fold::ending::{self, Ending};
use crate::fold::groups::{Groups, Written};
use crate::fold::words::WordCount;
use crate::format::Format;
use crate::job::opened::Opened;
use crate::job::rows::Rows;
use crate::job::run::narrow;
use crate::job::settings::Settings;
use crate::op::Folding;
use crate::sink::Target;

impl Opened<'_> {
    /// The fold that the job ends in, if it does not write records.
    pub(crate) fn fold(&self) -> Option<Ending> {
        if let Some(spec) = &self.settings.aggregate {
            let seen = self.reading.schema().is_none().then(|| (self.route.seen.clone(), self.route.aggregated()));
            let groups = Groups::new(Arc::new(spec.clone()), &self.budget, self.number, seen);
            return Some(Ending::Groups(Box::new(groups)));
        }
        self.settings.fold.map(|Folding::WordCount| Ending::Words(WordCount::new(self.gives().lines)))
    }
}

/// Writes the result of a fold, which took in so many records.
pub(crate) fn written(
    fold: Ending,
    settings: &Settings,
    format: Format,
    target: &Target,
    records: u64,
) -> Result<Written> {
    let mut options = settings.options.clone();
    options.strict = settings.strict;
    let Rows { offset, limit, tail, .. } = settings.rows;
    let narrow = narrow(settings, format);
    let onto = ending::Onto { target, format, options: &options, narrow, strict: settings.strict, offset, limit, tail };
    fold.write(&onto, records)
}
