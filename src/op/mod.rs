//! Ops: the steps between decoding and encoding. They know no format.
//!
//! Text ops change every text value of a record, or only those of the [`Fields`] named; never keys, and never numbers.
//! [`parse`] reads the text of the flag `--op`. Fields are selected and renamed by the
//! settings of a job.

mod case;
mod check;
mod each;
mod escape;
mod everything;
mod explode;
mod fields;
mod filter;
mod folding;
mod json_text;
mod only;
mod parse;
mod paths;
mod pattern;
mod pin;
mod project;
mod put;
mod rename;
mod repeated;
mod reverse;
mod rules;
mod select;
mod set;
mod source_column;
mod splice;
mod spread;
mod trim;
mod typed;

#[cfg(test)]
mod testing;

#[doc(hidden)]
pub use crate::nearest::nearest;
pub(crate) use crate::nearest::{instead_of, nearest_of};
pub use case::ChangeCase;
pub(crate) use check::{apart, unique};
#[doc(hidden)]
pub(crate) use each::Evaluation;
pub(crate) use escape::{split, unescape};
pub(crate) use everything::Everything;
pub use explode::Explode;
pub use fields::Fields;
pub use filter::Where;
pub use folding::Folding;
pub use json_text::ParseJson;
pub(crate) use only::Only;
pub(crate) use parse::after;
pub use parse::{NAMES, Parsed, parse, parse_all};
pub(crate) use paths::final_path;
pub(crate) use pattern::{check_pattern, finds, lacks, may_be_pattern, regex_of};
pub use pin::PinSchema;
pub(crate) use project::Order;
pub use project::{Projection, project};
pub use put::put;
pub use rename::Rename;
pub(crate) use repeated::RepeatedHeaders;
pub use reverse::Reverse;
#[doc(hidden)]
pub use select::KeyedFilter;
pub use set::Set;
pub use source_column::SourceColumn;
pub(crate) use splice::dotted;
pub(crate) use spread::Spread;
pub use trim::Trim;
pub use typed::{FieldKind, TypeFields};

use crate::error::Result;
use crate::record::{Batch, Schema};

/// The fingerprint of an op that is fully described by its name and fields.
fn named(op: &dyn Op) -> Option<String> {
    let fields: Vec<_> = op.fields().iter().map(|field| String::from_utf8_lossy(field)).collect();
    Some(format!("{} {fields:?}", op.name()))
}

/// One step between decoding and encoding.
///
/// All workers share an op, so it keeps no state between batches; memory it needs comes from the batch's arena. It
/// changes values in place, drops records with [`Batch::retain`], or replaces the batch by a new one made with
/// [`Batch::rebuild`].
///
/// # An op of your own
///
/// ```
/// use pagemill::op::Op;
/// use pagemill::record::{Batch, Value};
///
/// /// Text of the form `#…` becomes null.
/// struct HideComments;
///
/// impl Op for HideComments {
///     fn name(&self) -> &str {
///         "hide-comments"
///     }
///     fn apply(&self, batch: &mut Batch<'_>) {
///         for value in batch.values_mut() {
///             // A field of CSV without quotes may be text or a number: `typed` decides.
///             if matches!(value.typed(), Value::Text([b'#', ..])) {
///                 *value = Value::Null;
///             }
///         }
///     }
/// }
///
/// use pagemill::{Format, Job, SourceSpec, TargetSpec};
/// let csv = SourceSpec::bytes("id,note\n1,\"# in quotes\"\n2,# without\n#3,text\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Ndjson).op(HideComments);
/// let json = "{\"id\":1,\"note\":null}\n{\"id\":2,\"note\":null}\n{\"id\":null,\"note\":\"text\"}\n";
/// assert_eq!(job.run()?.output, json.as_bytes());
/// # Ok::<(), pagemill::Error>(())
/// ```
pub trait Op: Send + Sync {
    /// The name in reports and errors.
    fn name(&self) -> &str;

    /// Changes the records of a batch. A record that can't be changed is refused with [`Batch::reject`].
    fn apply(&self, batch: &mut Batch<'_>);

    /// Whether text must be valid UTF-8. Decoders then check it; even without the check, an op must accept any bytes.
    fn needs_utf8(&self) -> bool {
        true
    }

    /// Whether the op, if it comes first, refuses every line that is not valid UTF-8 with the same error as the
    /// decoder. Then nothing else has to check, from text to text.
    fn checks_utf8(&self) -> bool {
        false
    }

    /// What the op does, as text: two ops with the same text must change records in the same way. A run can be resumed
    /// only by one whose ops have the same texts. `None`: a run with this op has no checkpoints and can't be resumed.
    fn fingerprint(&self) -> Option<String> {
        None
    }

    /// For each of its [fields](Self::fields) the kind that it gives the values, if that is all it does.
    fn kinds(&self) -> &[FieldKind] {
        &[]
    }

    /// The names of the fields it changes; if empty, all. A name that a tabular source does not have is refused before
    /// the run begins.
    fn fields(&self) -> &[Box<[u8]>] {
        &[]
    }

    /// The names of the fields that it looks at to decide or to calculate. They are there although they may not be
    /// selected, and an op that names some comes before fields are selected. As for [`fields`](Self::fields), a name
    /// that a tabular source does not have is refused.
    fn reads(&self) -> &[Box<[u8]>] {
        &[]
    }

    /// Where its text names a field that it [reads](Self::reads): lines of a message.
    fn excerpt(&self, field: &[u8]) -> Option<String> {
        let _ = field;
        None
    }

    /// The field that it makes. It may be a new one; then it comes after the others. Fields are selected later.
    fn makes(&self) -> Option<&[u8]> {
        None
    }

    /// The field that it makes comes before all others, and must be new: a table that has it is refused.
    fn comes_first(&self) -> bool {
        false
    }

    /// It drops records and changes none.
    fn only_drops(&self) -> bool {
        false
    }

    /// It counts records or lines: they have to come in their order, so there is one worker.
    fn is_ordered(&self) -> bool {
        false
    }

    /// Whether records in columns keep a column of this name. Others are left out before they are decoded, and counted.
    #[doc(hidden)]
    fn keeps(&self, column: &[u8]) -> bool {
        let _ = column;
        true
    }

    /// Whether the columns of a source are those that it needs.
    ///
    /// # Errors
    /// One is missing.
    #[doc(hidden)]
    fn check_columns(&self, source: &Schema) -> Result<()> {
        let _ = source;
        Ok(())
    }

    /// The schema whose types it gives the values, if it does.
    #[doc(hidden)]
    fn types(&self) -> Option<std::sync::Arc<Schema>> {
        None
    }

    /// The text of the schema whose types it gives the values, if it does.
    #[doc(hidden)]
    fn pins(&self) -> Option<&str> {
        None
    }

    /// It replaces the batches of nested records by others, as [`put`] does. Then arenas get more room.
    fn makes_batches(&self) -> bool {
        false
    }

    /// What it keeps for each worker beside the arena, in bytes, such as the caches of regexes: a part of the memory plan.
    fn memory(&self) -> usize {
        0
    }

    /// How it works, for people who want to know what a run will do.
    fn plan(&self) -> Option<String> {
        None
    }
}
