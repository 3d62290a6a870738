//! A job that ends in a result over all records.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::flow::order::reached::Place;
use crate::fold::ending::{self, Ending};
use crate::fold::groups::Groups;
use crate::fold::infer::Infer;
use crate::fold::pen::Written;
use crate::fold::stats::Stats;
use crate::fold::windows::{How, TimeWindows};
use crate::fold::words::WordCount;
use crate::format::{Format, Options};
use crate::job::opened::Opened;
use crate::job::rows::Rows;
use crate::job::run::{narrow, write_end};
use crate::job::settings::{OnError, Settings};
use crate::job::sort::folder;
use crate::metrics::Registry;
use crate::op::Folding;
use crate::record::Seen;
use crate::sink::Target;
use crate::spill::MERGED;

impl Opened<'_> {
    /// The fold that the job ends in, if it does not write records; `target`: where its result goes.
    ///
    /// # Errors
    /// Usage: there is no such folder for what does not fit into memory. There is no memory for the names of columns.
    pub(crate) fn fold(&self, target: Option<&Path>) -> Result<Option<Ending>> {
        if let Some(spec) = self.settings.aggregate.as_ref().filter(|spec| !spec.is_live()) {
            let groups = Groups::new(Arc::new(spec.clone()), &self.budget, self.number, self.names_read());
            let groups = groups.spilling(&folder(self.settings, target)?, self.plan.workers);
            return Ok(Some(Ending::Groups(Box::new(groups))));
        }
        Ok(match self.settings.fold {
            None => None,
            Some(Folding::WordCount) => Some(Ending::Words(WordCount::new(self.gives().lines))),
            Some(Folding::Stats) => {
                let stats = Stats::new(self.route.apart.clone(), self.settings.key_limits(), &self.budget, self.number);
                // A table has columns even without records.
                let stats = match (&self.route.names, &self.route.spread) {
                    (Some(names), _) => stats.with_fields(names)?,
                    (None, Some(inside)) => stats.with_nested_fields(&inside.names)?,
                    (None, None) => stats,
                };
                Some(Ending::Stats(Box::new(stats)))
            }
            Some(Folding::Schema) => Some(Ending::Schema(Box::new(self.infer()?.with_facts()))),
        })
    }

    /// What finds the narrowest schema of the records.
    ///
    /// # Errors
    /// There is no memory for the names of columns.
    pub(crate) fn infer(&self) -> Result<Infer> {
        let (limits, depth) = (self.settings.key_limits(), self.settings.options.max_depth);
        let infer = Infer::new(limits, depth, &self.budget, self.number);
        // A table has columns even without records.
        match &self.route.names {
            Some(names) => infer.with_fields(names),
            None => Ok(infer),
        }
    }

    /// Which of the names that were given occur, and the number of the first that groups read, if that shows only in the
    /// records.
    pub(crate) fn names_read(&self) -> Option<(Arc<Seen>, usize)> {
        self.route.is_keyed(&*self.reading).then(|| (self.route.seen.clone(), self.route.aggregated()))
    }

    /// Goes on with windows, which begin here if there are none yet.
    pub(crate) fn go_on(&self, windows: Option<TimeWindows>, to: Format, registry: &Registry) -> Result<TimeWindows> {
        let mut windows = match (windows, &self.settings.aggregate) {
            (None, Some(spec)) => {
                let settings = self.settings;
                let options = options(settings);
                let Rows { offset, limit, .. } = settings.rows;
                let refuses_late = settings.strict || settings.on_error == OnError::Quarantine;
                let narrow = narrow(settings, to).map(Arc::new);
                let how = How { format: to, options: &options, narrow, offset, limit, refuses_late };
                TimeWindows::new(Arc::new(spec.clone()), &how, &self.budget)?
            }
            (Some(windows), _) => windows,
            (None, None) => return Err(Error::mistake("there are no windows of time")),
        };
        windows.go_on(&self.budget, self.number, self.names_read(), registry)?;
        Ok(windows)
    }
}

/// How the format of a result is written.
pub(crate) fn options(settings: &Settings) -> Options {
    let mut options = settings.options.clone();
    options.strict = settings.strict;
    if settings.fold == Some(Folding::Stats) {
        // Nothing of the source is lost where its description has lists, and these are about the source.
        let usual = Options::default();
        options.strict = false;
        (options.no_headers, options.types, options.omit_null) = (usual.no_headers, usual.types, true);
    }
    options
}

/// Writes the windows that are still open from a place of the target on, and what follows all records.
pub(crate) fn ended(
    windows: TimeWindows,
    settings: &Settings,
    format: Format,
    target: &Target,
    place: Place,
) -> Result<Written> {
    let options = options(settings);
    let onto = onto(settings, format, target, &options);
    let frame = windows.frame();
    let written = windows.finish(&onto, place.offset, place.at_start)?;
    let end = Place { offset: written.bytes, ..place };
    let bytes = write_end(&frame, written.records, target, end)?;
    Ok(Written { bytes, ..written })
}

pub(crate) fn onto<'o>(
    settings: &Settings,
    format: Format,
    target: &'o Target,
    options: &'o Options,
) -> ending::Onto<'o> {
    let Rows { offset, limit, tail, .. } = settings.rows;
    let narrow = narrow(settings, format).map(Arc::new);
    ending::Onto { target, format, options, narrow, strict: options.strict, offset, limit, tail, check: &|| Ok(()) }
}

/// Writes the result of a fold, which took in this many records.
pub(crate) fn written(
    fold: Ending,
    settings: &Settings,
    format: Format,
    target: &Target,
    records: u64,
) -> Result<Written> {
    let options = options(settings);
    let stop = settings.stop.as_ref();
    let stopped = |e| Error::io("merge", "the groups", e);
    let check = || {
        settings.progress.iter().for_each(|progress| progress.merged(MERGED));
        stop.map_or(Ok(()), |stop| stop.check().map_err(stopped))
    };
    fold.write(&ending::Onto { check: &check, ..onto(settings, format, target, &options) }, records)
}
