//! Counts the records of a mapped source in parts of any size, in parallel and without cutting it first.
//!
//! Nothing is guessed. Each part is counted as starting outside quotes or, if its quotes are irregular then, as
//! starting inside them. Joining the parts in order shows which case is true for each. A part that was counted for the
//! wrong case is counted again, and if quotes are irregular in the right case, everything is counted slice by slice
//! instead.

use std::ops::Range;

use crate::error::Result;
use crate::job::count::claims::{self, CLAIM, Pace};
use crate::job::count::text;
use crate::job::opened::Opened;
use crate::job::settings::Settings;
use crate::scan::count::{Counts, SliceCount, count_slice};
use crate::scan::csv::{Marks, Part, tally_part};
use crate::sys::Map;

/// Counts the records, and the text if it is wanted. None if only a cutter can count them.
pub(crate) fn count(
    opened: &Opened<'_>,
    settings: &Settings,
    with_text: bool,
) -> Option<Result<(u64, Option<Counts>)>> {
    let map = opened.source.map()?;
    if opened.part.end.is_some() || opened.skipped_records() > 0 {
        return None;
    }
    let done = || text::check(&opened.source, settings);
    if opened.gives().lines && opened.start() == 0 {
        let counts = text::of_map(map, settings);
        let open = map.bytes().last().is_some_and(|last| *last != b'\n');
        return Some(done().map(|()| (counts.lines + u64::from(open), with_text.then_some(counts))));
    }
    // The marks, and where the records begin: after the header.
    let (marks, start) = (opened.reading.marks()?, opened.start());
    let pace = Pace::new(opened.plan.workers, opened.plan.memory_limit);
    let records = Records { map, start, text: &map.bytes()[start..], marks, step: pace.step };
    // A record lies in at most two claims. If records must be smaller than that, only the cutter notices larger ones.
    if opened.plan.max_record < (2 * CLAIM).min(records.text.len()) {
        return None;
    }
    let behind = |range: &Range<usize>| range.start.saturating_sub(start)..range.end.saturating_sub(start);
    let look = |claim: &mut Claim, step: Range<usize>| {
        if with_text {
            claim.text.merge(&count_slice(&map.bytes()[step.clone()]));
        }
        claim.look_at(&records, behind(&step));
    };
    let go_on = text::look_on(map, settings);
    let claims = claims::each(map, pace, &go_on, look);
    let again = |range: &Range<usize>, inside| {
        let part = records.part_in_steps(range.clone(), inside);
        claims::release_tables(map, range.start + start..range.end + start);
        part.filter(|_| go_on(0))
    };
    let total = total(&claims, &records, again);
    let counts = with_text.then(|| text::sum(claims.iter().map(|claim| &claim.text)));
    match done() {
        Ok(()) => total.map(|total| Ok((total, counts))),
        Err(error) => Some(Err(error)),
    }
}

/// What is counted.
struct Records<'t> {
    map: &'t Map,
    /// Where the text begins in the map.
    start: usize,
    text: &'t [u8],
    marks: Marks,
    /// How many bytes are looked at before their pages are given back.
    step: usize,
}

impl Records<'_> {
    fn part(&self, range: Range<usize>, inside: bool) -> Option<Part> {
        tally_part(&self.text[range], inside, self.marks)
    }

    /// The same for a range that may be larger than a step. Its pages were given back before, and are given back again.
    fn part_in_steps(&self, range: Range<usize>, inside: bool) -> Option<Part> {
        let mut whole = None;
        for from in range.clone().step_by(self.step) {
            let step = from..range.end.min(from + self.step);
            let inside = whole.map_or(inside, |before: Part| before.inside);
            let part = self.part(step.clone(), inside);
            self.map.release(step.start + self.start..step.end + self.start);
            let part = part?;
            whole = Some(whole.map_or(Some(part), |before| before.and(part, self.marks))?);
        }
        whole
    }
}

/// What a claim has.
#[derive(Default)]
struct Claim {
    text: SliceCount,
    /// Its range in the text of the records, as far as it was looked at.
    range: Range<usize>,
    /// The case that was counted: it begins inside quotes.
    inside: bool,
    /// What it has in that case; none: quotes are irregular in both.
    part: Option<Part>,
}

impl Claim {
    fn look_at(&mut self, records: &Records<'_>, step: Range<usize>) {
        let first = self.range.is_empty();
        if first {
            self.range.start = step.start;
        }
        self.range.end = step.end;
        self.part = match self.part {
            None if first => records.part(step, false),
            None => return,
            Some(before) => records.part(step, before.inside).and_then(|part| before.and(part, records.marks)),
        };
        if self.part.is_none() && !self.inside {
            self.inside = true;
            self.part = records.part_in_steps(self.range.clone(), true);
        }
    }
}

/// The number of records in all claims; `again` counts a range in the right case. None if quotes are irregular, or if a
/// record may be larger than two claims: then the cutter has to look.
fn total(claims: &[Claim], records: &Records<'_>, again: impl Fn(&Range<usize>, bool) -> Option<Part>) -> Option<u64> {
    let mut total = Part::START;
    for claim in claims.iter().filter(|claim| !claim.range.is_empty()) {
        let part = match claim.part {
            Some(part) if claim.inside == total.inside => part,
            _ => again(&claim.range, total.inside)?,
        };
        if part.records == 0 && claim.range.len() >= CLAIM {
            return None;
        }
        total = total.and(part, records.marks)?;
    }
    // A quote that is never closed.
    (!total.inside).then(|| total.all())
}
