//! What a look at the beginning of a source decides.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compress::{Blocks, Compression};
use crate::error::{Error, Position, RecordError, Result};
use crate::flow::feed::head::read_of;
use crate::flow::place::Place;
use crate::fold::doubles;
use crate::fold::groups::Aggregate;
use crate::format::{Ends, Format, Options, ReadFormat};
use crate::job::settings::{OnError, Settings};
use crate::memory::Budget;
use crate::plan::memory::{Plan, Wishes};
use crate::plan::needs::batches;
use crate::plan::sizes::{BASE, GROUPS};
use crate::scan::lines::Lines;
use crate::source::{self, Most, Part, Skip, Source, Unfinished};
use crate::sys::usage;
use crate::wording::{counted, input};

/// How a target is compressed, and what puts its records into blocks.
pub(super) type Coders = (Option<Compression>, Option<Arc<dyn Blocks>>);

/// What the plan of a job is made from, as far as that is known before the source was looked at.
pub(super) fn wishes(
    source: &Source,
    from: Format,
    to: Format,
    coders: Coders,
    settings: &Settings,
    skip: &Skip,
) -> Wishes {
    let input = source.map().map(|map| map.bytes().len() as u64);
    let (compression, blocks) = coders;
    Wishes {
        workers: settings.workers,
        slice_size: settings.slice_size,
        memory_limit: settings.memory_limit,
        group: group_left(input, settings.sorted),
        max_record: settings.max_record_size,
        streamed: input.is_none(),
        lookahead: from.gives(&settings.options).looks_ahead,
        input,
        buffer_min: to.takes(&settings.options).whole_record,
        packed: source.packed(),
        compression,
        blocks,
        noting: settings.on_error == OnError::Quarantine || settings.max_errors.is_some(),
        dashboard: settings.dashboard,
        profile: settings.profile,
        outside: settings.outside,
        split: settings.split,
        unrolled: source.memory(),
        held_back: source::held_back(skip, settings.snapshot, settings.memory_limit),
        ops: settings.ops.iter().map(|op| op.memory()).sum::<usize>()
            + settings.aggregate.as_ref().map_or(0, Aggregate::memory),
        batches: batches(settings, from, to),
        sorted: settings.sorted,
        groups: settings.aggregate.as_ref().map_or(0, |_| GROUPS),
        table: settings.aggregate.as_ref().map_or(0, Aggregate::table),
        deduped: settings.rows.dedupe.as_ref().map_or(0, |_| doubles::LEAST),
        ..Wishes::default()
    }
}

/// The options of the settings, completed from the source and limited by the plan.
pub(super) fn options(settings: &Settings, plan: &Plan, budget: &Budget, source: &Source, skip: &Skip) -> Options {
    let mut options = settings.options.clone();
    options.max_record = plan.max_record;
    options.max_names = plan.room_for_names();
    options.budget = Some(budget.clone());
    options.schema = settings.ops.iter().find_map(|op| op.pins()).map(Into::into);
    options.strict = settings.strict;
    options.replace_invalid_utf8 = settings.replaces_invalid_utf8();
    options.utf8 = settings.says_utf8() || source.leaves_malformed();
    options.at_header |= skip.until.is_some();
    options
}

/// Plans anew with no more than `most` workers. A compressed source is already being read as it was planned: there only
/// their number changes.
pub(super) fn at_most_workers(most: usize, wishes: &mut Wishes, plan: &mut Plan) -> Result<()> {
    wishes.workers = most;
    if wishes.packed.is_none() {
        *plan = Plan::new(wishes)?;
    }
    plan.workers = plan.workers.min(most);
    Ok(())
}

/// Where a source begins, for errors about what comes before its records.
pub(super) struct BeginsAt {
    pub path: PathBuf,
    pub part: Part,
    pub lines: Option<Lines>,
    pub streamed: bool,
}

impl BeginsAt {
    /// Bad data in the beginning. The line of a mapped source is found later.
    pub fn bad(&self, head: &[u8], error: RecordError) -> Error {
        self.bad_by(head, error, self.lines.filter(|_| self.streamed))
    }

    /// The same with its line.
    pub fn bad_in_line(&self, head: &[u8], error: RecordError) -> Error {
        self.bad_by(head, error, self.lines)
    }

    fn bad_by(&self, head: &[u8], error: RecordError, lines: Option<Lines>) -> Error {
        let skipped = self.part.begin;
        let place = Place::new(head, error.offset, lines, 1 + skipped.lines);
        let offset = (skipped.bytes + error.offset) as u64;
        place.tell(Error::data(Position::new(&self.path, 0, offset), error))
    }
}

/// What the control group leaves to a run, if it has a limit; of the plan, `held` is there already. For a small input, asking would cost more than it is
/// worth.
pub(super) fn group_left(input: Option<u64>, held: usize) -> Option<usize> {
    const SMALL: u64 = 1 << 20;
    let left = if input.is_none_or(|len| len > SMALL) { usage::group_left() } else { None }?;
    // The kernel needs some of it: for page tables, and for pages on their way to and from the disk. What the process
    // already has is part of the plan.
    Some(((left + usage::anonymous_now().min((BASE + held) as u64)) / 8 * 7) as usize)
}

/// Leaves out the lines at both ends of a source.
///
/// # Errors
/// Usage: it has no lines, or no records that can be passed over. The source can't be read.
pub(super) fn without_ends(source: &mut Source, skip: &Skip, from: Format, plan: &Plan) -> Result<(Part, Unfinished)> {
    if skip.records > 0 && !from.is_table() {
        return Err(Error::usage(format!(
            "⟨skip.records⟩ is for tables, not for {from}\n  Use ⟨where⟩ record_number() > N."
        )));
    }
    if from.lines().is_none() && skip.has_lines() {
        return Err(Error::usage(format!("⟨skip.lines⟩, ⟨skip.until⟩ and ⟨skip.footer⟩ are for text, not for {from}")));
    }
    let lines = from.lines().unwrap_or(Lines::Feeds);
    let whole = from.ends() == Ends::Break;
    source.without_ends(skip, whole, lines, Most { line: plan.room_for_header(), held: plan.held_back / 2 })
}

/// What is before the first record, apart from what was passed over.
pub(super) fn before<'b>(source: &'b Source, head: &'b [u8], part: Part, reading: &dyn ReadFormat) -> &'b [u8] {
    &at_hand(source, head, part)[..reading.start()]
}

/// What is at hand of the part of a source that is read.
pub(super) fn at_hand<'b>(source: &'b Source, head: &'b [u8], part: Part) -> &'b [u8] {
    source.map().map_or(head, |map| read_of(map, part))
}

/// The error for what comes before the records. It can't be left out.
pub(super) fn of_header(error: RecordError) -> RecordError {
    let without = error.hint.as_ref().and_then(|hint| {
        let (before, _) = hint.split_once(", and ⟨on_error skip⟩").or(hint.split_once(", or give ⟨on_error skip⟩"))?;
        Some(format!("{before}."))
    });
    match without {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// With `strict`, what would be a warning is bad data.
pub(super) fn refuse_warnings(path: &Path, warnings: &[String]) -> Result<()> {
    let [first, others @ ..] = warnings else { return Ok(()) };
    let mut reason = first.clone();
    if !others.is_empty() {
        reason += &format!(" (and {})", counted(others.len() as u64, "more warning"));
    }
    Err(Error::refused(format!("{}: {reason}\n  Leave out ⟨strict⟩ to accept it.", input(path))))
}

/// Said if a source has fewer lines than are left out at its beginning: all that was `found` are.
pub(super) fn too_few_lines(asked: u64, found: u64) -> Option<String> {
    let has = counted(found, "line");
    (found < asked).then(|| format!("the input has only {has}, and ⟨skip.lines⟩ leaves out the first {asked}"))
}
