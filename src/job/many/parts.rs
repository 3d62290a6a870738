//! The many files that an output becomes.

use crate::compress::{Blocking, Packing};
use crate::error::{Error, Result};
use crate::flow::split::{By, Split};
use crate::format::Format;
use crate::job::open::{compression, recode};
use crate::job::opened::{Opened, ceiling};
use crate::job::settings::{OnError, Settings};
use crate::job::spec::SourceSpec;
use crate::plan::outside::Coders;
use crate::sink::{Parts, TargetSpec, Wrap};

/// An output that is split, under this path. Its records are written one after another.
pub(crate) fn split_of(
    by: By,
    to: Format,
    target: TargetSpec,
    settings: &mut Settings,
    sources: &[SourceSpec],
) -> Result<Split> {
    let Some(template) = target.path() else {
        return Err(Error::usage("an output that is split is many files\n  Name them with ⟨target⟩ 'out/{part}.csv'."));
    };
    if let Some(fold) = settings.fold {
        return Err(Error::usage(format!("the result of `{}` is one text, and can't be split", fold.name())));
    }
    if settings.aggregate.is_some() {
        return Err(Error::usage("groups are written into one file\n  Split that afterwards."));
    }
    let Coders { packing, blocking } = coders(settings, to, &target)?;
    let blocks = blocking.zip(to.blocks(&settings.options, settings.compress)?);
    let wrap = Wrap { packing, blocks, recode: recode(to, settings)? };
    // One part is compressed at a time, when it is whole.
    (settings.workers, settings.split) = (1, true);
    let ids = sources.iter().filter_map(SourceSpec::file_id).collect();
    let parts = Parts::new(template, settings.force, ceiling(settings), ids, wrap)?;
    Ok(Split::new(by, parts, settings.strict, settings.on_error != OnError::Fail))
}

/// A field of the records of a source may name their parts, so all fields are needed.
pub(crate) fn named_by(opened: &mut Opened<'_>, split: &Split) {
    opened.by = split.field();
    let want = &mut opened.route.want;
    want.detail = split.detail().map_or(want.detail, |detail| want.detail.max(detail));
}

/// How the target is compressed, if it is, and put into blocks. The memory for that is taken from what the sources may
/// use.
pub(crate) fn coders(settings: &mut Settings, to: Format, target: &TargetSpec) -> Result<Coders> {
    let (workers, limit) = (settings.workers, ceiling(settings));
    let packing = compression(to, target, settings)?.map(|compression| Packing::for_workers(compression, workers));
    let blocks = to.blocks(&settings.options, settings.compress)?;
    let blocking = blocks.map(|blocks| Blocking::for_workers(&*blocks, workers));
    settings.outside.target = Coders { packing, blocking };
    let coders = settings.outside.target.below(limit);
    // If that leaves too little, the plan of the first source says what is needed.
    settings.outside.taken = coders.bytes().min(settings.memory_limit);
    settings.memory_limit -= settings.outside.taken;
    Ok(coders)
}
