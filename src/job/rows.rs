//! Which records are written, by their place among those that are left after all other steps.

use crate::flow::drawn::Drawn;
use crate::flow::wanted::Wanted;

/// Which records are written, by their place among those that are left after all other steps. What is set is applied in
/// the order of the fields: of equal ones one stays, some are drawn, the first ones are passed over, no more than `limit` are taken, and the last
/// ones of these are kept.
///
/// Records that are passed over are counted as filtered. Bad records don't count.
///
/// ```
/// use pagemill::{Format, Job, SourceSpec, TargetSpec};
///
/// let csv = SourceSpec::bytes("n\n1\n2\n3\n4\n5\n");
/// let job = Job::new(csv, TargetSpec::Memory).from(Format::Csv).to(Format::Csv);
/// let report = job.with(|settings| (settings.rows.offset, settings.rows.limit) = (1, Some(2))).run()?;
/// assert_eq!(report.output, b"n\n2\n3\n");
/// // The fourth record was not read.
/// assert_eq!((report.records_in, report.records_filtered), (3, 1));
/// # Ok::<(), pagemill::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rows {
    /// Of records with the same values in these fields, one stays; none: all fields are compared if the list is empty.
    pub dedupe: Option<Vec<String>>,
    /// Which of them stays.
    pub keep: Keep,
    /// As many records as this are drawn at random, or all if there are fewer. They stay in their order. The input is
    /// read twice.
    pub sample: Option<u64>,
    /// Another seed draws others; the same seed always draws the same ones of the same input.
    pub seed: u64,
    /// How many records are passed over.
    pub offset: u64,
    /// The most records that are written. Nothing is read after the last one.
    pub limit: Option<u64>,
    /// Only as many of the last records as this. The input is read twice.
    pub tail: Option<u64>,
}

/// Which of several equal records stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// The first one in the order of the sources.
    #[default]
    First,
    /// The last one.
    Last,
}

impl Rows {
    /// Whether nothing is set, so all records are written.
    pub fn are_all(&self) -> bool {
        let Rows { dedupe, keep: _, sample, seed: _, offset, limit, tail } = self;
        dedupe.is_none() && sample.is_none() && *offset == 0 && limit.is_none() && tail.is_none()
    }

    /// Whether records are counted, so they have to come in their order.
    pub(crate) fn counts(&self) -> bool {
        self.offset > 0 || self.limit.is_some() || self.tail.is_some()
    }

    /// Whether all records have to be read before it is known which are wanted.
    pub(crate) fn looks_first(&self) -> bool {
        self.dedupe.is_some() || self.sample.is_some() || self.tail.is_some()
    }

    /// The part that is about records where the others are about those of a result.
    pub(crate) fn of_sources(&self) -> Rows {
        let Rows { dedupe, keep, sample, seed, .. } = self.clone();
        Rows { dedupe, keep, sample, seed, ..Rows::default() }
    }

    /// Those that are wanted if it does not matter how many there are; `drawn`: which are drawn.
    pub(crate) fn before_tail(&self, drawn: Option<Drawn>) -> Wanted {
        let (kept, left) = (self.dedupe.is_some(), self.limit.unwrap_or(u64::MAX));
        Wanted { drawn, kept, skip: self.offset, left, reads_on: false }
    }

    /// Those that are wanted of `count` records, which are those [before the tail](Self::before_tail).
    pub(crate) fn of(&self, drawn: Option<Drawn>, count: u64) -> Wanted {
        let Some(tail) = self.tail else { return self.before_tail(drawn) };
        let left = tail.min(count);
        // Without a limit all records are read, the bad ones at the end too.
        Wanted { skip: self.offset + (count - left), left, reads_on: self.limit.is_none(), ..self.before_tail(drawn) }
    }

    /// What is done, in words; empty if nothing is.
    pub(crate) fn explain(&self) -> String {
        let Rows { ref dedupe, keep, sample, seed, offset, limit, tail } = *self;
        let stays = match keep {
            Keep::First => "first",
            Keep::Last => "last",
        };
        let compared = |fields: &Vec<String>| match fields.is_empty() {
            true => format!("the {stays} of those that are equal"),
            false => format!("the {stays} of those with equal {}", fields.join(", ")),
        };
        let steps = [
            dedupe.as_ref().map(compared),
            sample.map(|most| format!("{most} at random (seed {seed})")),
            (offset > 0).then(|| format!("without the first {offset}")),
            limit.map(|most| format!("the first {most}")),
            tail.map(|most| format!("the last {most}")),
        ];
        steps.into_iter().flatten().collect::<Vec<_>>().join(", of these ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_end_of_what_offset_and_limit_leave() {
        let rows = Rows { offset: 10, limit: Some(100), tail: Some(3), ..Rows::default() };
        // Of 60 records, 50 are left; the last three are those from 57 on.
        let wanted = rows.of(None, 50);
        assert_eq!((wanted.skip, wanted.left), (57, 3));
        let wanted = rows.of(None, 2);
        assert_eq!((wanted.skip, wanted.left), (10, 2));
        assert!(rows.of(None, 0).is_over() && !Rows { limit: None, ..rows.clone() }.of(None, 0).is_over());
        let wanted = Rows { tail: None, ..rows }.of(None, 2);
        assert_eq!((wanted.skip, wanted.left), (10, 100));
    }
}
