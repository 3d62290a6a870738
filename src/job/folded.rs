//! A job that ends in a result over all records.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fold::ending::{self, Ending};
use crate::fold::groups::Groups;
use crate::fold::groups::Written;
use crate::fold::stats::Stats;
use crate::fold::words::WordCount;
use crate::format::{Format, Options};
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
    /// Usage: there is no such folder for what does not fit into memory. There is no memory for the names of columns.
    pub(crate) fn fold(&self, target: Option<&Path>) -> Result<Option<Ending>> {
        if let Some(spec) = &self.settings.aggregate {
            let seen = self.reading.schema().is_none().then(|| (self.route.seen.clone(), self.route.aggregated()));
            let groups = Groups::new(Arc::new(spec.clone()), &self.budget, self.number, seen);
            let groups = groups.spilling(&folder(self.settings, target)?, self.plan.workers);
            return Ok(Some(Ending::Groups(Box::new(groups))));
        }
        Ok(match self.settings.fold {
            None => None,
            Some(Folding::WordCount) => Some(Ending::Words(WordCount::new(self.gives().lines))),
            Some(Folding::Stats) => {
                let stats = Stats::new(self.route.apart.clone(), self.settings.key_limits(), &self.budget, self.number);
                // A table has columns even without records.
                let stats = match &self.route.names {
                    Some(names) => stats.with_fields(names)?,
                    None => stats,
                };
                Some(Ending::Stats(Box::new(stats)))
            }
        })
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
    let describes = settings.fold == Some(Folding::Stats);
    // Nothing of the source is lost where its description has lists.
    let strict = settings.strict && !describes;
    options.strict = strict;
    if describes {
        // These are about the source.
        let usual = Options::default();
        (options.no_headers, options.types, options.omit_null) = (usual.no_headers, usual.types, true);
    }
    let Rows { offset, limit, tail, .. } = settings.rows;
    let narrow = narrow(settings, format);
    let stop = settings.stop.as_ref();
    let stopped = |e| Error::io("merge", "the groups", e);
    let check = || stop.map_or(Ok(()), |stop| stop.check().map_err(stopped));
    let (options, strict, check) = (&options, strict, &check);
    let onto = ending::Onto { target, format, options, narrow, strict, offset, limit, tail, check };
    fold.write(&onto, records)
}
