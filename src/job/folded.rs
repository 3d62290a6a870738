//! A job that ends in a result over all records.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fold::ending::{self, Ending};
use crate::fold::groups::{Groups, Written};
use crate::fold::words::WordCount;
use crate::format::Format;
use crate::job::opened::Opened;
use crate::job::rows::Rows;
use crate::job::run::narrow;
use crate::job::settings::Settings;
use crate::job::sort::folder;
use crate::op::Folding;
use crate::sink::Target;

impl Opened<'_> {
    /// The fold that the job ends in, if it does not write records; `target`: where its result goes.
    ///
    /// # Errors
    /// Usage: there is no such folder for what does not fit into memory.
    pub(crate) fn fold(&self, target: Option<&Path>) -> Result<Option<Ending>> {
        if let Some(spec) = &self.settings.aggregate {
            let seen = self.reading.schema().is_none().then(|| (self.route.seen.clone(), self.route.aggregated()));
            let groups = Groups::new(Arc::new(spec.clone()), &self.budget, self.number, seen);
            let groups = groups.spilling(&folder(self.settings, target)?, self.plan.workers);
            return Ok(Some(Ending::Groups(Box::new(groups))));
        }
        let words = |Folding::WordCount| Ending::Words(WordCount::new(self.gives().lines));
        Ok(self.settings.fold.map(words))
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
    let stop = settings.stop.as_ref();
    let stopped = |e| Error::io("merge", "the groups", e);
    let check = || stop.map_or(Ok(()), |stop| stop.check().map_err(stopped));
    let (options, strict, check) = (&options, settings.strict, &check);
    let onto = ending::Onto { target, format, options, narrow, strict, offset, limit, tail, check };
    fold.write(&onto, records)
}
