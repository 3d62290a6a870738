//! A source whose beginning was looked at, and how it will be converted.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::error::{Error, Result};
use crate::flow::feed::head::{Beginning, beginning};
use crate::flow::feed::room::Room;
use crate::flow::pass::PassThrough;
use crate::flow::place;
use crate::flow::policy::malformed;
use crate::flow::wanted::Wanted;
use crate::fold::groups::Aggregate;
use crate::fold::stats;
use crate::format::{
    self, Columns, Format, Given, Gives, OpenError, Opening, Options, ReadFormat, Shape, WriteFormat, sniff,
};
use crate::job::kept::Kept;
use crate::job::look::{
    self, BeginsAt, Coders, at_hand, before, group_left, of_header, refuse_warnings, too_few_lines, without_ends,
};
use crate::job::open::{as_records, compression, open_text, refuse_groups};
use crate::job::settings::Settings;
use crate::job::spec::SourceSpec;
use crate::memory::{Budget, Reservation};
use crate::metrics::{Warning, WarningKind};
use crate::op::{Folding, RepeatedHeaders};
use crate::plan::memory::Plan;
use crate::plan::named::Lacking;
use crate::plan::route::Route;
use crate::quarantine::{Head, Section};
use crate::record::Schema;
use crate::sink::TargetSpec;
use crate::source::{Part, Skip, Source, Unfinished};
use crate::wording::{counted, the};

/// A source whose beginning was looked at, and how it will be converted.
pub(crate) struct Opened<'s> {
    pub settings: &'s Settings,
    /// The options of the settings, completed from the source and limited by the plan.
    pub options: Options,
    pub source: Source,
    /// The part of the source that is read. The head of a stream begins there.
    pub part: Part,
    /// What is left out because a last line has no end yet.
    unfinished: Unfinished,
    pub head: Beginning,
    pub reading: Box<dyn ReadFormat>,
    pub route: Route,
    pub plan: Plan,
    /// The number of the source among those of the job.
    pub number: u32,
    /// Which of its records are wanted, and which are after the last pass: of the sources that follow.
    pub wanted: Wanted,
    pub still_wanted: Wanted,
    /// The records that stay of those that are equal.
    pub kept: Option<Kept>,
    /// The field whose value names the part of a record, if the output is split by one.
    pub by: Option<String>,
    /// The header that was found so far, if it may lack columns.
    pub lacking: Option<Schema>,
    /// The source is a part of a quarantine.
    pub replay: Option<Section>,
    /// The memory limit, and the part of it that the plan reserves.
    pub budget: Budget,
    _reserved: Vec<Reservation>,
    /// What the names of columns take.
    names: Reservation,
    /// Part of a stream was already handed out.
    pub begun: bool,
    /// The target may have the source's own schema, word for word.
    pub keeps_schema: bool,
    /// What is odd about the beginning, for the first error.
    suspicion: Option<String>,
    /// What is odd about the types that were found.
    pub odd_types: Option<Warning>,
}

impl<'s> Opened<'s> {
    /// The source of a job that writes this target.
    pub fn new(source: SourceSpec, target: &TargetSpec, settings: &'s Settings) -> Result<Opened<'s>> {
        Opened::open(source, target, settings, Lacking::Refused, |to| {
            refuse_groups(to, settings)?;
            Ok((compression(to, target, settings)?, to.blocks(&settings.options, settings.compress)?))
        })
    }

    /// A source of which nothing is written.
    pub fn only_read(source: SourceSpec, settings: &'s Settings) -> Result<Opened<'s>> {
        Opened::among(source, &TargetSpec::Memory, settings, Lacking::Refused)
    }

    /// One source of several: what compresses and makes blocks is there already.
    pub fn among(
        source: SourceSpec,
        target: &TargetSpec,
        settings: &'s Settings,
        lacking: Lacking,
    ) -> Result<Opened<'s>> {
        Opened::open(source, target, settings, lacking, |_| Ok((None, None)))
    }

    fn open(
        source: SourceSpec,
        target: &TargetSpec,
        settings: &'s Settings,
        lacking: Lacking,
        coders: impl FnOnce(Format) -> Result<Coders>,
    ) -> Result<Opened<'s>> {
        let replay = source.section().cloned();
        let source = source.now(settings)?;
        let (extensions, own) = (&settings.extensions, replay.as_ref().map(Section::format));
        let from = format::source_format(own.or(settings.from), source.path(), extensions)?;
        let to = format::target_format(settings.to, target.path(), from, extensions)?;
        let coders = coders(to)?;
        let source = open_text(source, from, settings)?;
        Opened::look(source, replay, from, to, coders, settings, lacking)
    }

    /// Looks at the beginning of a source.
    fn look(
        mut source: Source,
        replay: Option<Section>,
        from: Format,
        to: Format,
        coders: Coders,
        settings: &'s Settings,
        lacking: Lacking,
    ) -> Result<Opened<'s>> {
        if let Some(every) = settings.aggregate.as_ref().and_then(Aggregate::emits) {
            // Totals that are written so often have what came until then.
            source.hasten(every / 2);
        }
        let nothing = Skip::default();
        let skip = if replay.is_some() { &nothing } else { &settings.skip };
        let streamed = source.map().is_none();
        let mut wishes = look::wishes(&source, from, to, coders, settings, skip);
        let mut plan = Plan::new(&wishes)?;
        let room = Room::new(&plan, &Budget::beside(plan.memory_limit, plan.whose, plan.outside));
        if let Some(unpacking) = plan.unpacking {
            source.unpack(unpacking)?;
            source = as_records(source, from, settings)?;
        }
        let (part, unfinished) = without_ends(&mut source, skip, from, &plan)?;
        let budget = Budget::beside(plan.memory_limit, plan.whose, plan.outside);
        let mut options = look::options(settings, &plan, &budget, &source, skip);
        let at = BeginsAt { path: source.path.clone(), part, lines: from.lines(), streamed };
        let open = |head: &[u8], end: bool| match &replay {
            None => match from.other(&options, head) {
                Some(mut other) => {
                    other.hint = other.hint.map(|hint| sniff::naming(&hint, &at.path).into());
                    Err(other.into())
                }
                None => format::open(from, &options, head, end).map_err(|error| error.suspect(from, head)),
            },
            Some(section) => section.reading(&options).map(Opening::Ready),
        };
        let looked = beginning(&mut source, from, &plan, &room, part, |head, end| match open(head, end) {
            Ok(Opening::Ready(reading)) => Ok(Some(reading)),
            Ok(Opening::More) => Ok(None),
            Err(OpenError::Usage(error)) => Err(error),
            Err(OpenError::Data(error)) => Err(at.bad(head, of_header(error))),
        });
        let (head, reading) = looked.map_err(|error| place::tell(&source, from, error))?;
        // What comes before the records can't be left out.
        let before = before(&source, &head, part, &*reading);
        if let Some(error) = source.marked().and_then(|encoding| malformed(before, 0, encoding)) {
            return Err(source.tell(at.bad_in_line(before, error)));
        }
        let suspicion =
            reading.suspicion().or_else(|| from.suspicion(at_hand(&source, &head, part))).map(str::to_owned);
        // Lines that begin like an array are what was said.
        let suspicion = suspicion.filter(|_| from.is_tabular() || !options.names_rows());
        if settings.strict && replay.is_none() {
            refuse_warnings(&source.path, reading.warnings())?;
            if let Some(text) = too_few_lines(skip.lines, part.begin.lines) {
                refuse_warnings(&source.path, &[text])?;
            }
        }
        let mut route = Route::new(settings, from, to, &*reading, lacking)?;
        if let Some(start) = reading.header_start().filter(|_| skip.repeated_headers) {
            route.ops.insert(0, Arc::new(RepeatedHeaders::new(&before[start..])));
        }
        if (route.is_ordered() || settings.source_rows().counts()) && wishes.workers != 1 {
            look::at_most_workers(1, &mut wishes, &mut plan)?;
        }
        if settings.fold == Some(Folding::Stats) {
            let most = stats::workers(plan.memory_limit, route.names.as_ref().map(Schema::len));
            if plan.workers > most {
                look::at_most_workers(most, &mut wishes, &mut plan)?;
            }
        }
        if let Some(delimiter) = reading.delimiter() {
            options.dialect.delimiter = Some(delimiter.into());
            // The route was made for another dialect.
            route.pass_through = None;
        }
        // Before a part of a quarantine there are other parts.
        let before = if replay.is_some() { &[] } else { before };
        route.check_names(before).map_err(|error| place::tell(&source, from, at.bad(before, error)))?;
        // A compressed source is already being read as it was planned.
        if let (Some(schema), None) = (&route.schema, wishes.packed) {
            (wishes.names, wishes.columns) = (size_of_names(schema), schema.len());
            plan = Plan::new(&wishes)?;
            options.max_record = plan.max_record;
        }
        let (reserved, beginning) = plan.reserve(&budget)?;
        let names = budget.open("names of columns", NAMES_INSTEAD);
        let mut opened = Opened {
            settings,
            part,
            unfinished,
            options,
            source,
            head: Beginning { bytes: head, reserved: Some(beginning) },
            reading,
            route,
            plan,
            budget,
            _reserved: reserved,
            names,
            number: 0,
            wanted: Wanted::ALL,
            still_wanted: Wanted::ALL,
            kept: None,
            by: None,
            lacking: None,
            replay,
            begun: false,
            keeps_schema: true,
            suspicion,
            odd_types: None,
        };
        if let Some(schema) = opened.route.schema.take() {
            opened.hold_names(&schema)?;
            opened.route.schema = Some(schema);
        }
        opened.look_ahead()?;
        Ok(opened)
    }

    /// What is odd about the beginning of the source.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> + '_ {
        let beginning = self.reading.warnings().iter();
        let beginning = beginning.map(|text| Warning::new(WarningKind::Beginning, text.as_str()));
        let asked = if self.replay.is_some() { 0 } else { self.settings.skip.lines };
        let few = too_few_lines(asked, self.part.begin.lines);
        let beginning = beginning.chain(few.map(|text| Warning::new(WarningKind::Beginning, text)));
        let beginning = beginning.chain(self.odd_types.clone());
        beginning.chain(self.unfinished().map(|text| Warning::new(WarningKind::Unfinished, text)))
    }

    /// What is left out at both ends of the source, for people who want to know what a run will do.
    pub(crate) fn left_out(&self) -> Option<String> {
        let (begin, skip) = (self.part.begin, &self.settings.skip);
        let mut parts = Vec::new();
        if begin.lines > 0 {
            parts.push(format!("{} ({})", the("first", begin.lines, "line"), counted(begin.bytes as u64, "byte")));
        }
        if skip.records > 0 {
            parts.push(the("first", skip.records, "record"));
        }
        if skip.footer > 0 {
            parts.push(the("last", skip.footer, "line"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// What was left out because the last line has no end yet, as far as the source was read.
    fn unfinished(&self) -> Option<String> {
        let bytes = Some(self.unfinished.load(Relaxed)).filter(|bytes| *bytes > 0)?;
        let len = counted(bytes, "byte");
        Some(format!("the last line has no line break yet, so its {len} {} left out", are(bytes)))
    }

    /// Refuses a source whose last line was left out, if the run is strict.
    ///
    /// # Errors
    /// Data: the source as a whole.
    pub(crate) fn refuse_unfinished(&self) -> Result<()> {
        match self.unfinished().filter(|_| self.settings.strict) {
            None => Ok(()),
            Some(text) => refuse_warnings(&self.source.path, &[text]),
        }
    }

    /// The delimiter that was found in the beginning of the source.
    pub fn delimiter(&self) -> Option<char> {
        self.reading.delimiter().map(char::from)
    }

    /// The line of a plan that says it.
    pub fn found(&self) -> String {
        let found = self
            .delimiter()
            .map(|delimiter| format!("delimiter        `{}`, found in the first bytes\n", delimiter.escape_default()));
        found.unwrap_or_default()
    }

    /// Reserves memory for the names of columns, here and in the tables of every worker. A few names fit into what the
    /// plan has for tables of the process.
    pub(crate) fn hold_names(&mut self, schema: &Schema) -> Result<()> {
        let planned = self.plan.names.saturating_mul(2 + self.plan.workers);
        let all = size_of_names(schema).saturating_mul(2 + self.plan.workers).saturating_sub(planned);
        self.names.try_grow(all.saturating_sub(self.names.bytes()))
    }

    /// The line of a quarantine that says how the records are read.
    pub(crate) fn head(&self) -> Head {
        match &self.replay {
            Some(section) => section.head().clone(),
            None => {
                let (reading, ops) = (&*self.reading, &self.settings.ops);
                Head::new(self.route.from, &self.options, ops, reading, self.before_records())
            }
        }
    }

    /// The bytes before the first record. Nothing of a stream may have been handed out yet.
    fn before_records(&self) -> &[u8] {
        before(&self.source, &self.head.bytes, self.part, &*self.reading)
    }

    /// Where in the source the first record begins.
    pub(crate) fn start(&self) -> usize {
        self.part.begin.bytes + self.reading.start()
    }

    /// How many records are passed over before the first one that is read.
    pub(crate) fn skipped_records(&self) -> u64 {
        if self.replay.is_some() { 0 } else { self.settings.skip.records }
    }

    /// The line in which the first record of a stream begins.
    pub(crate) fn first_line(&self) -> u64 {
        match (self.source.map(), self.route.from.lines()) {
            (None, Some(lines)) => 1 + self.part.begin.lines + lines.count(self.before_records(), 0),
            _ => 0,
        }
    }

    /// The line of the first record, or of the one at `start`; 0 if the format has no lines, or if the records are
    /// those of a quarantine.
    pub(crate) fn line_of(&self, start: Option<usize>) -> u64 {
        match (self.source.map(), self.route.from.lines(), &self.replay) {
            (Some(map), Some(lines), None) => place::line_at(map, start.unwrap_or(self.start()), lines),
            (Some(_), ..) => 0,
            _ => self.first_line(),
        }
    }

    /// Adds the exact place to an error of the source.
    pub(crate) fn tell(&self, error: Error) -> Error {
        let error = place::tell(&self.source, self.route.from, error);
        match (&self.suspicion, &self.replay) {
            (Some(suspicion), None) => error.suspect(suspicion),
            _ => error,
        }
    }

    /// The same for a key that the header lacks, if the run does not start over because of it.
    pub(crate) fn tell_key(&self, error: Error) -> Error {
        if error.is_unknown_key() { self.tell(error) } else { error }
    }

    /// What kind of records the source gives.
    pub(crate) fn gives(&self) -> Gives {
        self.route.from.gives(&self.options)
    }

    pub(crate) fn writing(&self, header: Option<Columns>) -> Result<Box<dyn WriteFormat>> {
        let route = &self.route;
        let mut gives = self.gives();
        // A line with a field that was made is no longer a line of the source.
        gives.lines &= route.ops.iter().all(|op| op.makes().is_none());
        let schema = self.reading.schema_text().filter(|_| self.keeps_schema);
        let given = Given { shape: &route.shape(self.reading.schema()), columns: header, gives, schema };
        let writing = format::create(route.to, &self.options, given)?;
        Ok(match route.pass_through {
            Some(copies) => {
                let made = route.tested.as_ref().map(|tested| &tested.made).filter(|made| !made.is_empty());
                let appended = made.map(|made| {
                    let shape = Shape::Columns(made.clone());
                    format::create(route.to, &self.options, Given::new(&shape, gives))
                });
                Box::new(PassThrough { writing, copies, appended: appended.transpose()? })
            }
            None => writing,
        })
    }
}

/// The memory that a job may take: its limit, or what the control group leaves where that is less.
pub(crate) fn ceiling(settings: &Settings) -> usize {
    group_left(None, settings.sorted).map_or(settings.memory_limit, |group| group.min(settings.memory_limit))
}

const NAMES_INSTEAD: &str = "name fewer fields with ⟨select⟩ or ⟨columns⟩";

/// The memory that the names of columns take, in bytes; 0 for a few, which fit into what the plan has for tables of the
/// process.
fn size_of_names(schema: &Schema) -> usize {
    const SMALL: usize = 16 << 10;
    const ENTRY: usize = 64;
    let size = schema.names().map(|name| name.len() + ENTRY).sum();
    if size > SMALL { size } else { 0 }
}

fn are(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}
