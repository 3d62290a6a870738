//! Tables with lists and maps in some of their columns: JSON texts that steps take apart.

use std::collections::HashSet;
use std::sync::Arc;

use crate::format::Nested;
use crate::job::settings::Settings;
use crate::op::{Folding, Op};
use crate::record::Schema;

/// The columns of a table, and inside which of them there may be fields.
#[derive(Clone)]
pub(crate) struct Inside {
    pub names: Schema,
    /// Of each column, whether a list or map may be in it.
    nested: Vec<bool>,
}

impl Inside {
    /// Of these fields, which have these names in the end, those that steps take apart or make may hold lists and maps.
    pub fn new(ops: &[Arc<dyn Op>], fields: &Schema, names: Schema) -> Inside {
        let parses = |op: &Arc<dyn Op>| op.name() == "parse-json";
        let is_parsed = |op: &Arc<dyn Op>, field: &[u8]| parses(op) && op.reads().iter().any(|name| **name == *field);
        let any = ops.iter().any(parses);
        let is = |field: &[u8]| any && ops.iter().any(|op| op.makes() == Some(field) || is_parsed(op, field));
        Inside { nested: fields.names().take(names.len()).map(is).collect(), names }
    }

    /// The column that has this name, or in which the field of this name may be.
    pub fn column(&self, name: &[u8]) -> Option<usize> {
        let whole = || self.names.position(name);
        let around = || {
            let ends = memchr::memchr2_iter(b'.', b'[', name);
            ends.filter_map(|end| self.names.position(&name[..end]))
                .find(|column| self.nested.get(*column) == Some(&true))
        };
        whole().or_else(around)
    }
}

/// Whether records in columns become keyed ones for a target: what is inside their lists and maps can be named then, and
/// become columns. `names`: those of the columns in the end.
pub(super) fn spreads(settings: &Settings, tabular: bool, names: &Schema) -> bool {
    may_spread(settings, tabular) && names.names().collect::<HashSet<_>>().len() == names.len()
}

/// The same, whatever the names are.
pub(super) fn may_spread(settings: &Settings, tabular: bool) -> bool {
    settings.ops.iter().any(|op| op.name() == "parse-json")
        && (sees(settings) || tabular && settings.options.nested == Nested::Dot)
}

/// Whether fields of the records are looked at after all steps.
fn sees(settings: &Settings) -> bool {
    settings.aggregate.is_some()
        || settings.fold == Some(Folding::Stats)
        || !settings.sort.is_empty()
        || settings.rows.dedupe.is_some()
        || settings.split
}
