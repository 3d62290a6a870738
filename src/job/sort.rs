//! Records in the order of their fields: all are read, and then written.

use std::env::temp_dir;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::error::{Error, Result};
use crate::flow::feed::Paused;
use crate::flow::sort::{Emitted, Emitter, Order, SHARE, SortKey, Sorter, Writing, instead};
use crate::format::{Detail, Ends, Format, Frame, Want, WriteFormat};
use crate::job::opened::{Opened, ceiling};
use crate::job::pass::{Run as Pass, Stretch};
use crate::job::rows::Rows;
use crate::job::settings::{Checkpoint, Settings};
use crate::job::spec::SourceSpec;
use crate::memory::Budget;
use crate::metrics::{Counted, Events, Progress, Registry, Spilled, Warning, WarningKind, strictly};
use crate::plan::named::Lacking;
use crate::plan::route::{Route, Tested};
use crate::quarantine::Ledger;
use crate::record::Schema;
use crate::resume::{ReachedSort, ReadSource, ResumableSort, Same, Underway, is_sort_resumable};
use crate::sink::{Target, TargetSpec};
use crate::spill::{MERGED, Merge, Run, RunReader, SpillFile, SpillFolder, block_size, reduce};
use crate::sys::Stop;
use crate::wording::input;

/// What reading the sources needs at least, in bytes: the rest may be taken for sorting.
const READING: usize = 14 << 20;

/// Of the memory limit, this share is for sorting, unless reading needs more.
const PART: usize = 5;
const OF: usize = 8;

/// Records that are being sorted.
pub(crate) struct Sorting {
    order: Arc<Order>,
    /// Those of each worker.
    sorters: Vec<Sorter>,
    /// How many workers there may be; 0: as many as the first source has.
    workers: usize,
    /// There is one source.
    lone: bool,
    /// What they may take together, in bytes.
    memory: usize,
    /// Which of the sorted records are wanted.
    rows: Rows,
    stop: Option<Stop>,
    progress: Option<Progress>,
    /// Where checkpoints go, if the sort can be resumed.
    kept: Option<Kept>,
}

/// What a sort that can be resumed keeps.
struct Kept {
    resumable: Arc<ResumableSort>,
    /// How far an earlier run came.
    from: ReachedSort,
    /// Its runs.
    runs: Vec<Run>,
    /// How many of the sources were read.
    sources: usize,
    /// How much of them was read since the last checkpoint, in bytes.
    since: u64,
    /// Those that were read to their ends since then.
    done: Vec<ReadSource>,
    /// How many runs of each worker are in checkpoints.
    noted: Vec<usize>,
}

/// Makes the settings those of a job whose records are sorted: some of the memory is for that, and which records are
/// wanted is known at the end.
pub(crate) fn prepare(settings: &mut Settings) -> Rows {
    let limit = ceiling(settings);
    settings.sorted = (limit / OF * PART).min(limit.saturating_sub(READING)).max(2 * SHARE);
    settings.split = true;
    let of_sources = settings.rows.of_sources();
    std::mem::replace(&mut settings.rows, of_sources)
}

/// The folder for what does not fit into memory.
///
/// # Errors
/// Usage: it is none.
pub(crate) fn folder(settings: &Settings, target: Option<&Path>) -> Result<PathBuf> {
    let Some(folder) = &settings.spill_dir else {
        let file = target.filter(|path| path.metadata().map_or(true, |metadata| metadata.is_file()));
        let beside = file.and_then(Path::parent).map(|folder| match folder.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => folder.to_path_buf(),
        });
        return Ok(beside.filter(|folder| folder.is_dir()).unwrap_or_else(temp_dir));
    };
    match folder.is_dir() {
        true => Ok(folder.clone()),
        false => Err(Error::usage(format!("⟨spill_dir⟩: {} is not a folder", folder.display()))),
    }
}

/// What is done, in words.
pub(crate) fn explain(settings: &Settings, rows: &Rows, target: Option<&Path>) -> Result<String> {
    let keys: Vec<String> = settings.sort.iter().map(ToString::to_string).collect();
    let mut text = format!("sorted by        {}\n", keys.join(", "));
    let rows = Rows { dedupe: None, sample: None, ..rows.clone() };
    if !rows.are_all() {
        text += &format!("of the sorted    {}\n", rows.explain());
    }
    let folder = folder(settings, target)?;
    let keeps = settings.resume || settings.checkpoint == Checkpoint::On;
    text += &format!(
        "sorted in        {} bytes of memory; more goes to {} in {}\n",
        settings.sorted,
        if keeps { "files that stay until the output is whole," } else { "a file without a name" },
        folder.display()
    );
    Ok(text)
}

/// Refuses a folder that is none before anything is read, where groups may go there.
///
/// # Errors
/// Usage: it is none.
pub(crate) fn check_folder(settings: &Settings, target: Option<&Path>) -> Result<()> {
    if settings.aggregate.is_some() { folder(settings, target).map(drop) } else { Ok(()) }
}

/// Where groups go that do not fit into memory, in words.
pub(crate) fn explain_groups(settings: &Settings, target: Option<&Path>) -> Result<String> {
    let folder = folder(settings, target)?;
    Ok(format!("groups           what does not fit into memory goes to files without a name in {}\n", folder.display()))
}

impl Sorting {
    /// Nothing sorted yet; none if records are not to be sorted. The settings are changed for it. `sources`: how many there
    /// are.
    ///
    /// # Errors
    /// Usage: settings that contradict each other.
    pub fn asked(
        settings: &mut Settings,
        target: &TargetSpec,
        sources: usize,
        keep_going: bool,
    ) -> Result<Option<Sorting>> {
        if settings.sort.is_empty() {
            return Ok(None);
        }
        if keep_going {
            return Err(Error::usage(
                "⟨keep_going⟩: the records of an input that fails partway would be among the sorted ones\n  Leave out ⟨keep_going⟩.",
            ));
        }
        if let Some(fold) = settings.fold {
            return Err(Error::usage(format!("the result of `{}` is one text, and can't be sorted", fold.name())));
        }
        let folder = SpillFolder::unnamed(folder(settings, target.path())?);
        let rows = prepare(settings);
        let order = Order {
            by: settings.sort.clone(),
            most: rows.limit.map(|limit| limit.saturating_add(rows.offset)),
            folder,
            block: block_size(settings.sorted),
            strict: settings.strict,
            untyped_is_text: settings.options.types == crate::format::Types::Text,
        };
        let workers = if sources == 1 { 0 } else { settings.all_workers() };
        Ok(Some(Sorting {
            order: Arc::new(order),
            sorters: Vec::new(),
            workers,
            lone: sources == 1,
            memory: settings.sorted,
            rows,
            stop: settings.stop.clone(),
            progress: settings.progress.clone(),
            kept: None,
        }))
    }

    /// Opens the journal of the sort, if it is to be one that can be resumed. `quarantine`: there is one.
    ///
    /// # Errors
    /// Usage: it can't be resumed, or an earlier run was another one. Io.
    pub fn resumable(
        &mut self,
        sources: &[SourceSpec],
        target: &TargetSpec,
        quarantine: bool,
        settings: &Settings,
    ) -> Result<Option<Arc<ResumableSort>>> {
        let rows = Rows { dedupe: settings.rows.dedupe.clone(), sample: settings.rows.sample, ..self.rows.clone() };
        let Some(path) = is_sort_resumable(&rows, target, quarantine, settings)? else { return Ok(None) };
        let mut same = Same::new(&self.order.by, &self.rows);
        for source in sources {
            let Some(again) = source.again() else {
                return Err(Error::usage(format!(
                    "a sort can be resumed only if its inputs are files, and {} is read once\n  Leave out ⟨checkpoint⟩ and ⟨resume⟩.",
                    input(source.name())
                )));
            };
            let opened = Opened::among(again, &TargetSpec::Memory, settings, Lacking::Absent)?;
            same.add(&opened.source, &opened.route, settings)?;
        }
        let mut resumable = ResumableSort::open(same, path, self.order.folder.path.clone(), settings)?;
        let (runs, from) = (resumable.take_runs(), resumable.from.take().unwrap_or_default());
        if let Some(order) = Arc::get_mut(&mut self.order) {
            order.folder = resumable.spill_folder();
        }
        let resumable = Arc::new(resumable);
        let (done, noted) = (Vec::new(), Vec::new());
        self.kept = Some(Kept { resumable: Arc::clone(&resumable), from, runs, sources: 0, since: 0, done, noted });
        Ok(Some(resumable))
    }

    /// How much of the sources is in the runs of an earlier run, in bytes; none: nothing is.
    pub fn resumed_from(&self, sizes: impl Iterator<Item = u64>) -> Option<u64> {
        let from = &self.kept.as_ref().filter(|kept| !kept.runs.is_empty())?.from;
        let underway = from.underway.as_ref().map_or(0, |underway| underway.at);
        Some(sizes.take(from.done.len()).sum::<u64>() + underway)
    }

    /// How many bad records an earlier run had.
    pub fn failed_before(&self) -> u64 {
        let Some(Kept { from, .. }) = &self.kept else { return 0 };
        from.done.iter().chain(from.underway.iter().map(|underway| &underway.read)).map(ReadSource::failed).sum()
    }

    /// Goes on with another source.
    ///
    /// # Errors
    /// Usage: a table lacks a field.
    pub fn go_on(&mut self, opened: &mut Opened<'_>, writing: &dyn WriteFormat) -> Result<()> {
        if self.sorters.is_empty() {
            let workers = if self.workers > 0 { self.workers } else { opened.plan.workers };
            let workers = workers.min(self.memory / SHARE).max(1);
            let sorter = || Sorter::new(Arc::clone(&self.order), self.memory / workers);
            self.sorters = std::iter::repeat_with(sorter).take(workers).collect::<Result<_>>()?;
            if let Some(kept) = &mut self.kept {
                kept.noted = vec![0; self.sorters.len()];
                self.sorters.iter_mut().for_each(|sorter| sorter.before = kept.from.slices);
            }
        }
        // Records that become nested ones have fields that nobody knows yet.
        let names = opened.route.names.as_ref().filter(|_| opened.route.spread.is_none());
        let fields = self.order.by.iter().map(SortKey::field);
        let columns = match names {
            Some(names) => Some(columns("⟨sort⟩", fields, names)?),
            None if self.lone => inside("⟨sort⟩", fields, opened).map(|_| None)?,
            None => None,
        };
        let tested = match &columns {
            Some(columns) => only_keys(opened, columns),
            None => None,
        };
        let deep = self.order.by.iter().any(|key| key.field().contains('.'));
        let detail = &mut opened.route.want.detail;
        *detail = (*detail).max(if deep { Detail::All } else { Detail::Fields });
        opened.route.tested = tested;
        let positions = columns.as_ref().map_or_else(Vec::new, |columns| tested_columns(&opened.route, columns));
        for sorter in &mut self.sorters {
            sorter.go_on(Writing {
                encoder: writing.encoder(),
                columns: columns.clone(),
                tested: positions.clone(),
                least: opened.plan.piece,
            });
        }
        Ok(())
    }

    /// Takes in the records of the source that it went on with, and writes checkpoints on the way.
    ///
    /// # Errors
    /// Those of the pass. Io: a checkpoint can't be written.
    pub fn read(&mut self, opened: &mut Opened<'_>, registry: &Registry, ledger: &mut Ledger) -> Result<Pass> {
        let mut stretch = match &mut self.kept {
            None => return opened.sort(&mut self.sorters, Stretch::default(), registry, ledger),
            Some(kept) => kept.stretch(opened),
        };
        let (mut events, mut ready) = (Events::default(), None);
        loop {
            let mut run = opened.sort(&mut self.sorters, stretch, registry, ledger)?;
            events.merge(&run.events);
            let ready = *ready.get_or_insert(run.ready);
            let Some(kept) = &mut self.kept else { return Ok(run) };
            let read = ReadSource::new(&run.totals, &opened.route.seen);
            let Some(paused) = run.paused else {
                kept.ended(read, run.bytes_in);
                (run.events, run.ready) = (events, ready);
                return Ok(run);
            };
            registry.pause();
            self.note(Some(Underway { at: paused.at, line: paused.line, read }))?;
            let counted = Counted { read: paused.at, committed: run.totals.committed(0) };
            let every = self.kept.as_ref().map(|kept| paused.at + kept.resumable.every);
            stretch = Stretch { from: Some(paused), totals: run.totals, counted, until: every, done: false };
        }
    }

    /// Writes a checkpoint: all records that were taken are in runs then.
    fn note(&mut self, underway: Option<Underway>) -> Result<()> {
        beside(&mut self.sorters, Sorter::write_all)?;
        let (records, spilled, met) = (self.records(), self.spilled(), self.met());
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let mut runs = Vec::new();
        for (sorter, noted) in self.sorters.iter().zip(&mut kept.noted) {
            runs.extend_from_slice(&sorter.runs[*noted..]);
            *noted = sorter.runs.len();
        }
        let slices = self.sorters.first().map_or(kept.from.slices, |sorter| sorter.before);
        let done = std::mem::take(&mut kept.done);
        kept.since = 0;
        let reached = ReachedSort { done, underway, slices, records, met, spilled, ..ReachedSort::default() };
        kept.resumable.note(reached, &runs)
    }

    /// How many records there are.
    fn records(&self) -> u64 {
        let before = self.kept.as_ref().map_or(0, |kept| kept.from.records);
        before + self.sorters.iter().map(|sorter| sorter.records).sum::<u64>()
    }

    /// How many bytes were written to the disk.
    fn spilled(&self) -> u64 {
        let before = self.kept.as_ref().map_or(0, |kept| kept.from.spilled);
        before + self.sorters.iter().map(|sorter| sorter.spilled).sum::<u64>()
    }

    /// Which of the fields had a value.
    fn met(&self) -> Vec<bool> {
        let before = self.kept.as_ref().map(|kept| &kept.from.met);
        let met = |place: usize| {
            before.is_some_and(|met| met.get(place) == Some(&true)) || self.sorters.iter().any(|s| s.met[place])
        };
        (0..self.order.by.len()).map(met).collect()
    }

    /// Writes what is wanted of the sorted records.
    ///
    /// # Errors
    /// The target, or a file for what did not fit into memory, can't be written or read. Memory.
    pub fn finish(mut self, to: Format, frame: &Frame, target: &Target, budget: &Budget) -> Result<Sorted> {
        let stop = self.stop.take();
        let stopped = |e| Error::io("sort", "the records", e);
        let progress = self.progress.take();
        let check = || {
            progress.iter().for_each(|progress| progress.merged(MERGED));
            stop.as_ref().map_or(Ok(()), |stop| stop.check().map_err(stopped))
        };
        let all = self.records();
        let before_tail = all.saturating_sub(self.rows.offset).min(self.rows.limit.unwrap_or(u64::MAX));
        let wanted = self.rows.of(None, before_tail);
        let warnings = self.warnings(all);
        strictly(self.order.strict, warnings.iter().map(Warning::marked))?;
        let left = self.kept.as_mut().map_or_else(Vec::new, |kept| std::mem::take(&mut kept.runs));
        let on_disk = !left.is_empty() || self.sorters.iter().any(|sorter| !sorter.runs.is_empty());
        beside(&mut self.sorters, |sorter| {
            sorter.finish();
            if on_disk { sorter.finish_runs() } else { Ok(()) }
        })?;
        if on_disk {
            // From here on nothing has to be read again.
            self.note(None)?;
        }
        target.write(&frame.prefix, 0)?;
        let emitter = Emitter::new(target, frame.prefix.len() as u64, frame.first_skips, to.ends() == Ends::Break)
            .only(wanted.skip, wanted.left);
        let mut spilled = Spilled::default();
        let emitted = if on_disk {
            spilled.bytes = self.spilled();
            let own = self.sorters.drain(..).flat_map(|sorter| sorter.runs);
            let runs: Vec<_> = left.into_iter().chain(own).collect();
            spilled.runs = runs.len() as u64;
            let create = || SpillFile::create(&self.order.folder.path);
            let (runs, more) =
                reduce(runs, self.memory, budget, &create, self.order.block, &check, "sort by a shorter field")?;
            spilled.bytes += more;
            let inputs = runs.into_iter().map(RunReader::new).collect::<Result<Vec<_>>>()?;
            emitter.all(Merge::new(inputs), &check)?
        } else {
            emitter.all(Merge::new(self.sorters.iter().map(Sorter::entries).collect()), &check)?
        };
        let Emitted { records, at } = emitted;
        Ok(Sorted { records, left_out: all - records, at, spilled, warnings })
    }

    /// The fields that no record had.
    fn warnings(&self, records: u64) -> Vec<Warning> {
        let met = self.met();
        let missing = self.order.by.iter().enumerate().filter(|(place, _)| records > 0 && !met[*place]);
        let warning = |(_, key): (usize, &SortKey)| {
            let text = format!("no record has a value in the field `{}`, which ⟨sort⟩ names", key.field());
            Warning::new(WarningKind::NoField, text)
        };
        missing.map(warning).collect()
    }
}

impl Kept {
    /// The part of the next source that an earlier run has not read.
    fn stretch(&mut self, opened: &Opened<'_>) -> Stretch {
        let (number, seen) = (self.sources, &opened.route.seen);
        self.sources += 1;
        match (self.from.done.get(number), &self.from.underway) {
            (Some(read), _) => {
                // Nothing is handed out, so the line does not matter.
                let at = opened.part.end.or(opened.source.map().map(|map| map.bytes().len())).unwrap_or_default();
                let from = Some(Paused { at: at as u64, line: 1 });
                Stretch { from, totals: read.recall(seen), done: true, ..Stretch::default() }
            }
            (None, Some(underway)) if number == self.from.done.len() => {
                let (from, totals) = (underway.paused(), underway.read.recall(seen));
                let until = Some(from.at + self.resumable.every);
                Stretch { from: Some(from), totals, until, ..Stretch::default() }
            }
            (None, _) => Stretch { until: Some(self.resumable.every - self.since), ..Stretch::default() },
        }
    }

    /// The source was read to its end.
    fn ended(&mut self, read: ReadSource, bytes: u64) {
        if self.sources > self.from.done.len() {
            self.done.push(read);
            self.since = (self.since + bytes).min(self.resumable.every - 1);
        }
    }
}

/// Does something with all sorters, beside each other.
fn beside(sorters: &mut [Sorter], each: impl Fn(&mut Sorter) -> Result<()> + Copy + Send + Sync) -> Result<()> {
    let Some((first, others)) = sorters.split_first_mut() else { return Ok(()) };
    thread::scope(|scope| {
        let threads: Vec<_> = others.iter_mut().map(|sorter| scope.spawn(move || each(sorter))).collect();
        let own = each(first);
        threads.into_iter().fold(own, |outcome, thread| match thread.join() {
            Ok(other) => outcome.and(other),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// What became of sorted records.
pub(crate) struct Sorted {
    /// How many were written, and how many were not wanted.
    pub records: u64,
    pub left_out: u64,
    /// Where the output goes on.
    pub at: u64,
    pub spilled: Spilled,
    pub warnings: Vec<Warning>,
}

impl Sorted {
    /// Records that were written as they came.
    pub fn none(records: u64) -> Sorted {
        Sorted { records, left_out: 0, at: 0, spilled: Spilled::default(), warnings: Vec::new() }
    }
}

/// The columns of fields that a setting names.
///
/// # Errors
/// Usage: there is none.
pub(crate) fn columns<'f>(
    setting: &str,
    fields: impl Iterator<Item = &'f str>,
    names: &Schema,
) -> Result<Vec<Option<usize>>> {
    let column = |field: &str| match names.position(field.as_bytes()) {
        None if !names.is_empty() => Err(no_field(setting, field, names)),
        column => Ok(column),
    };
    fields.map(column).collect()
}

/// The columns of fields in records that are seen by their keys: none, but in a table a field has to be one of its
/// columns, or inside one whose JSON is taken apart.
///
/// # Errors
/// Usage: it can't be there.
pub(crate) fn inside<'f>(
    setting: &str,
    fields: impl Iterator<Item = &'f str>,
    opened: &Opened<'_>,
) -> Result<Vec<Option<usize>>> {
    let known = opened.route.spread.as_ref().filter(|inside| !inside.names.is_empty());
    let column = |field: &'f str| match known {
        Some(inside) if inside.column(field.as_bytes()).is_none() => Err(no_field(setting, field, &inside.names)),
        _ => Ok(None),
    };
    fields.map(column).collect()
}

/// Where records are copied, only the fields that steps look at, and those that are compared, have to be decoded.
pub(crate) fn only_keys(opened: &Opened<'_>, columns: &[Option<usize>]) -> Option<Tested> {
    let (route, source) = (&opened.route, opened.reading.schema()?);
    if route.pass_through.is_none() || !route.from.is_tabular() || !is_plain(route) {
        return None;
    }
    let all = route.schema.as_ref()?;
    let mut names: Vec<&[u8]> = match &route.tested {
        Some(tested) if !tested.made.is_empty() => return None,
        Some(tested) => tested.schema.names().collect(),
        None if route.ops.is_empty() => Vec::new(),
        None => return None,
    };
    for column in columns.iter().flatten() {
        if !names.contains(&all.name(*column)) {
            names.push(all.name(*column));
        }
    }
    let schema = Schema::new(names);
    let select = Some(schema.names().map(Into::into).collect());
    let fewer = !schema.is_empty() && 2 * schema.len() <= source.len();
    fewer.then(|| Tested { want: Want { select, ..route.want.clone() }, schema, made: Schema::default() })
}

/// Whether the columns are those of the source, under their names.
fn is_plain(route: &Route) -> bool {
    match (&route.names, &route.schema) {
        (Some(names), Some(fields)) => names.is_named_as(fields),
        _ => false,
    }
}

/// The columns of fields among those that are decoded for them.
pub(crate) fn tested_columns(route: &Route, columns: &[Option<usize>]) -> Vec<Option<usize>> {
    match (&route.tested, &route.schema) {
        (Some(tested), Some(schema)) => {
            columns.iter().map(|column| tested.schema.position(schema.name((*column)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn no_field(setting: &str, field: &str, names: &Schema) -> Error {
    Error::usage(format!(
        "{setting} names the field `{field}`, which the output does not have{}",
        instead(names.names(), field)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, SourceSpec};

    #[test]
    fn merging_is_seen() {
        let progress = Progress::new();
        let job = Job::new(SourceSpec::bytes("n\n2\n1\n"), TargetSpec::Memory).from(Format::Csv).to(Format::Csv);
        let job = job.watch_with(&progress).with(|settings| settings.sort = vec![SortKey::new("n")]);
        assert_eq!(job.run().unwrap().output, b"n\n1\n2\n");
        // Whoever merges asks before the first entry.
        assert_eq!(progress.metrics().map(|metrics| metrics.merged_entries), Some(MERGED));
        // The next pass has not merged anything yet.
        progress.begin(None);
        assert_eq!(progress.metrics().map(|metrics| metrics.merged_entries), Some(0));
    }
}
