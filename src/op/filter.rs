//! Keeping the records for which a condition is true.

use super::Op;
use super::each::each;
use crate::error::{Error, Result};
use crate::expr::{Expression, Scalar};
use crate::record::Batch;

/// Keeps the records for which an expression is true; it drops those for which it is false or null.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec, op::Where};
///
/// let csv = SourceSpec::bytes("id,fare\n1,1.10\n2,31.5\n3,\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv).op(Where::parse("fare > 30")?);
/// let report = job.run()?;
/// assert_eq!(report.output, b"id,fare\n2,31.5\n");
/// assert_eq!(report.records_filtered, 2);
/// # Ok::<(), pagemill::Error>(())
/// ```
pub struct Where {
    expression: Expression,
}

impl Where {
    /// A condition: see the page on expressions.
    ///
    /// # Errors
    /// Usage: what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Where> {
        let expression = Expression::condition(text);
        expression.map(|expression| Where { expression }).map_err(|error| Error::usage(format!("⟨where⟩: {error}")))
    }
}

impl Op for Where {
    fn name(&self) -> &str {
        "where"
    }

    fn apply(&self, batch: &mut Batch<'_>) {
        let keep = match batch.arena().bytes(batch.len(), 0) {
            Ok(keep) => keep,
            Err(error) => return (0..batch.len()).for_each(|record| batch.reject_with(record, error.clone())),
        };
        each(&self.expression, batch, |batch, record, outcome| match outcome {
            Ok(value) => keep[record] = u8::from(matches!(value, Scalar::Bool(true))),
            Err(error) => batch.reject_with(record, *error),
        });
        batch.retain(|record| keep[record.index()] != 0);
    }

    fn needs_utf8(&self) -> bool {
        self.expression.needs_utf8()
    }

    fn fingerprint(&self) -> Option<String> {
        Some(format!("where {}", self.expression.text()))
    }

    fn reads(&self) -> &[Box<[u8]>] {
        self.expression.fields()
    }

    fn excerpt(&self, field: &[u8]) -> Option<String> {
        self.expression.excerpt(field)
    }

    fn only_drops(&self) -> bool {
        true
    }

    fn is_ordered(&self) -> bool {
        self.expression.is_ordered()
    }

    fn memory(&self) -> usize {
        self.expression.memory()
    }

    fn plan(&self) -> Option<String> {
        Some(format!("{}\n{}", self.expression.text(), self.expression.listing()))
    }
}
