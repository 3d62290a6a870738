//! The many files that an output becomes.

use crate::error::{Error, Result};
use crate::flow::split::{By, Split};
use crate::job::opened::ceiling;
use crate::job::settings::{OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::sink::{Parts, TargetSpec};

/// An output that is split, under this path. Its records are written one after another.
pub(crate) fn split_of(by: By, target: TargetSpec, settings: &mut Settings, sources: &[SourceSpec]) -> Result<Split> {
    let Some(template) = target.path() else {
        return Err(Error::usage("an output that is split is many files\n  Name them with ⟨target⟩ 'out/{part}.csv'."));
    };
    if let Some(fold) = settings.fold {
        return Err(Error::usage(format!("the result of `{}` is one text, and can't be split", fold.name())));
    }
    if settings.aggregate.is_some() {
        return Err(Error::usage("groups are written into one file\n  Split that afterwards."));
    }
    if settings.compress.of(Some(template)).is_some() {
        return Err(Error::usage(
            "parts of an output can't be compressed yet\n  Leave out ⟨compress⟩ and the extension, and compress the parts afterwards.",
        ));
    }
    if settings.out_encoding.is_some_and(|encoding| !encoding.is_utf8()) {
        return Err(Error::usage("parts of an output are UTF-8\n  Leave out ⟨out_encoding⟩."));
    }
    (settings.workers, settings.split) = (1, true);
    let ids = sources.iter().filter_map(SourceSpec::file_id).collect();
    let parts = Parts::new(template, settings.force, ceiling(settings), ids)?;
    Ok(Split::new(by, parts, settings.strict, settings.on_error != OnError::Fail))
}
