//! What the settings of a job need of its route.

use std::borrow::Cow;

use crate::format::{Format, ReadFormat};
use crate::job::settings::{ColumnsFrom, InvalidUtf8, Settings};
use crate::plan::inside::may_spread;

/// How many ops make other batches of nested records, with the one that chooses and names fields.
pub(crate) fn batches(settings: &Settings, from: Format, to: Format) -> usize {
    if from.is_tabular() && !may_spread(settings, to.is_tabular()) {
        return 0;
    }
    let Settings { select, drop, rename, columns, .. } = settings;
    let chosen =
        !(select.is_empty() && drop.is_empty() && rename.is_empty()) || matches!(columns, ColumnsFrom::List(_));
    settings.ops.iter().filter(|op| op.makes_batches()).count() + usize::from(chosen)
}

/// Whether text has to be UTF-8 although its target could hold other bytes: because an encoding was given, because
/// invalid bytes are to be replaced, because the output begins with the mark of UTF-8, or because tables have to be text
/// when nothing may pass silently.
pub(super) fn checks_utf8(settings: &Settings, from: Format, to: Format) -> bool {
    settings.says_utf8()
        || settings.invalid_utf8 == InvalidUtf8::Replace
        || settings.options.out_dialect.bom
        || settings.strict && (from.is_tabular() || to.is_tabular())
}

/// The settings without steps that a source has done already: its records have the types of the schema.
pub(crate) fn unpinned<'s>(settings: &'s Settings, reading: &dyn ReadFormat) -> Cow<'s, Settings> {
    match reading.resolves() {
        false => Cow::Borrowed(settings),
        true => Cow::Owned(settings.clone().with(|own| own.ops.retain(|op| op.types().is_none()))),
    }
}
