//! From settings to the route of a job's records: what is decoded, what is changed, and in which shape.

use std::sync::Arc;

use crate::error::{Error, RecordError, Result};
use crate::fold::groups::Aggregate;
use crate::format::{
    Chosen, Columns, Copies, Detail, Format, JsonText, Nested, ReadFormat, Shape, Straight, UnknownKey, Want,
};
use crate::job::settings::{ColumnsFrom, InvalidUtf8, Settings};
use crate::op::{
    Everything, Folding, KeyedFilter, Only, Op, Order, Projection, Spread, apart, finds, lacks, may_be_pattern,
    project, regex_of, unique,
};
use crate::plan::aim::Aim;
use crate::plan::inside::{Inside, spreads};
use crate::plan::named::{
    Lacking, add_items, check_fields, check_nameless, chosen, is_step, known, leaves_out, names_of, read_by, setting,
};
use crate::plan::needs::checks_utf8;
use crate::record::line_form::may_be_json;
use crate::record::{Apart, Schema, Seen};

/// The route of a job's records.
#[derive(Clone)]
pub(crate) struct Route {
    pub from: Format,
    pub to: Format,
    /// What the decoder is asked for.
    pub want: Want,
    /// The fields of batches in columns, under their names in the source; `None`: batches are keyed.
    pub schema: Option<Schema>,
    /// Their names in the target.
    pub names: Option<Schema>,
    /// These names, if records in columns become keyed ones after all ops: what is inside their lists and maps can be
    /// named, and can become columns.
    pub spread: Option<Inside>,
    pub ops: Vec<Arc<dyn Op>>,
    /// Where the columns of a tabular target come from, if batches are keyed.
    pub header: Header,
    /// The order of the columns that are found.
    pub order: Order,
    /// Which maps have columns of their own when columns are collected.
    pub apart: Apart,
    /// Which records are copied unchanged; `None`: every record is encoded.
    pub pass_through: Option<Copies>,
    /// What to decode of records that are copied if conditions keep them.
    pub tested: Option<Tested>,
    /// The route to take if a selected field turns out to be an object that has to become columns of its own: until
    /// then, selected fields are decoded straight into columns.
    pub keyed: Option<Box<Route>>,
    /// How many columns of the source are left out.
    pub left_out: u64,
    /// The same of those that the schema of the source lacks.
    pub not_in_schema: u64,
    /// Which of the given names occur.
    pub seen: Arc<Seen>,
    /// The numbers of these names.
    pub numbers: Numbers,
    /// Groups count records or lines.
    ordered: bool,
}

/// What steps look at in a table whose records are copied.
#[derive(Clone)]
pub(crate) struct Tested {
    pub want: Want,
    /// The fields: those that are made come first.
    pub schema: Schema,
    /// Those that are made, which are written after the records.
    pub made: Schema,
}

/// Where the header of a tabular target comes from.
#[derive(Clone)]
pub(crate) enum Header {
    /// Batches are in columns, or the target has no header.
    Given,
    /// This list; other fields are counted.
    List(Schema),
    /// It has to be collected from the data.
    Find(ColumnsFrom),
}

/// The numbers of names among all that were given: those of `select` come first.
#[derive(Clone, Copy, Default)]
pub(crate) struct Numbers {
    rename: usize,
    ops: usize,
    columns: usize,
    aggregated: usize,
}

/// The names that were given, and their numbers.
fn names(settings: &Settings) -> (Seen, Numbers) {
    let Settings { select, drop, rename, ops, columns, .. } = settings;
    let mut names: Vec<(&'static str, Box<[u8]>)> = Vec::new();
    let text = |name: &String| name.as_bytes().into();
    names.extend(select.iter().map(|name| ("select", text(name))));
    names.extend(drop.iter().map(|name| ("drop", text(name))));
    let mut numbers = Numbers { rename: names.len(), ..Numbers::default() };
    names.extend(rename.iter().map(|rename| ("rename", text(&rename.old))));
    numbers.ops = names.len();
    for op in ops {
        let setting = setting(&**op);
        names.extend(names_of(&**op).iter().map(|name| (setting, name.clone())));
    }
    numbers.columns = names.len();
    if let ColumnsFrom::List(list) = columns {
        names.extend(list.iter().map(|name| ("columns", text(name))));
    }
    numbers.aggregated = names.len();
    if let Some(aggregate) = &settings.aggregate {
        names.extend(aggregate.reads().map(|(setting, name)| (setting, name.into())));
    }
    (Seen::new(names), numbers)
}

/// How far nested values are taken apart: ops see everything, unless all they do is look at fields of the record.
fn detail(ops: &[Arc<dyn Op>], target: Detail) -> Detail {
    let looks = |op: &Arc<dyn Op>| op.only_drops() && op.reads().iter().all(|path| !path.contains(&b'.'));
    match ops {
        [] => target,
        ops if ops.iter().all(looks) => target.max(Detail::Fields),
        _ => Detail::All,
    }
}

impl Route {
    /// Decides the route.
    pub fn new(
        settings: &Settings,
        from: Format,
        to: Format,
        reading: &dyn ReadFormat,
        lacking: Lacking,
    ) -> Result<Route> {
        let (sees_all, resolves) = (settings.other_encoding().is_some(), reading.resolves());
        let own = settings.clone().with(|own| {
            own.ops.extend(sees_all.then(|| Arc::new(Everything) as Arc<dyn Op>));
            // The records have the types of the schema already.
            own.ops.retain(|op| !resolves || op.types().is_none());
            if reading.schema().is_none() {
                add_items(own);
            }
        });
        let settings = &own;
        if let Some(aggregate) = &settings.aggregate {
            aggregate.check()?;
            if let ColumnsFrom::List(_) = settings.columns {
                return Err(Error::usage(
                    "⟨columns⟩ has no effect: the columns of the output are those of ⟨by⟩ and ⟨agg⟩",
                ));
            }
        }
        let options = &settings.options;
        let aim = Aim::of(settings, to);
        let takes = &aim.takes;
        let utf8 = to.needs_utf8()
            || settings.ops.iter().any(|op| op.needs_utf8())
            || settings.aggregate.as_ref().is_some_and(Aggregate::needs_utf8)
            || matches!(settings.fold, Some(Folding::Stats | Folding::Schema))
            || checks_utf8(settings, from, to);
        let (seen, numbers) = names(settings);
        let mut route = Route {
            from,
            to,
            want: Want {
                select: None,
                chosen: Chosen::default(),
                utf8,
                replace_invalid_utf8: settings.replaces_invalid_utf8(),
                // Ops see everything.
                detail: detail(&settings.ops, takes.detail),
                types: options.types,
                untyped: takes.untyped,
                // Ops see values as they are in the source.
                typed: takes.typed && settings.ops.is_empty(),
                copied: false,
            },
            schema: None,
            names: None,
            spread: None,
            ops: settings.ops.clone(),
            header: Header::Given,
            order: Order::default(),
            apart: if options.nested == Nested::Dot { Apart::All } else { Apart::None },
            pass_through: None,
            tested: None,
            keyed: None,
            left_out: 0,
            not_in_schema: 0,
            seen: Arc::new(seen),
            numbers,
            ordered: settings.aggregate.as_ref().is_some_and(Aggregate::is_ordered),
        };
        let projected = !(settings.select.is_empty() && settings.drop.is_empty() && settings.rename.is_empty());
        let mut unchanged = !projected && settings.ops.is_empty() && aim.writes;
        match reading.schema() {
            Some(schema) => unchanged &= route.columns(settings, &aim, schema, projected, lacking)?,
            None => unchanged &= route.keyed(settings, &aim, projected)?,
        }
        let lines = from == to && from.gives(options).lines && aim.writes && !projected;
        if lines && settings.invalid_utf8 == InvalidUtf8::Fail && route.ops.first().is_some_and(|op| op.checks_utf8()) {
            route.want.utf8 = false;
        }
        // Keys become JSON text, which is UTF-8.
        route.want.utf8 |= match takes.json {
            JsonText::Never => false,
            JsonText::Others => may_be_json(route.names.as_ref()),
            JsonText::Always => true,
        };
        if let Some(keyed) = &mut route.keyed {
            keyed.want.utf8 = route.want.utf8;
        }
        let filtered = !projected && aim.writes && settings.ops.iter().all(|op| op.only_drops());
        unchanged |= filtered && aim.list.is_none();
        if from == to && settings.invalid_utf8 == InvalidUtf8::Fail {
            let copies = from.copies(options);
            let appends = !projected && aim.writes && aim.list.is_none();
            if let (Some(Copies::Fields { .. }), Some(source), true) = (copies, reading.schema(), appends) {
                route.tested = route.tested(source);
            }
            route.pass_through = copies.filter(|_| unchanged || route.tested.is_some());
            route.want.copied = route.pass_through.is_some();
        }
        Ok(route)
    }

    /// What to decode where steps choose records and make fields after the others, if that is less than all.
    fn tested(&self, source: &Schema) -> Option<Tested> {
        let appends =
            |op: &Arc<dyn Op>| !op.comes_first() && op.makes().is_some_and(|name| source.position(name).is_none());
        if self.ops.is_empty() || !self.ops.iter().all(|op| op.only_drops() || appends(op)) {
            return None;
        }
        let mut made: Vec<&[u8]> = Vec::new();
        for name in self.ops.iter().filter_map(|op| op.makes()) {
            if !made.contains(&name) {
                made.push(name);
            }
        }
        let made = Schema::new(made);
        let schema = self.with_needed(&made);
        let select: Vec<_> = schema.names().map(Into::into).collect();
        let fewer = !select.is_empty() && 2 * (select.len() - made.len()) <= source.len();
        fewer.then(|| Tested { want: Want { select: Some(select), ..self.want.clone() }, schema, made })
    }

    /// For a source in columns: the decoder returns those that are kept. Returns whether all are, unchanged.
    fn columns(
        &mut self,
        settings: &Settings,
        aim: &Aim<'_>,
        source: &Schema,
        projected: bool,
        lacking: Lacking,
    ) -> Result<bool> {
        let known = known(&self.ops, settings.strict, source)?;
        let all = source.len();
        let source = known.as_ref().unwrap_or(source);
        self.not_in_schema = (all - source.len()) as u64;
        let made = check_fields(&self.ops, source, lacking)?;
        let is_first = |name: &&[u8]| self.ops.iter().any(|op| op.comes_first() && op.makes() == Some(*name));
        let (first, last): (Vec<_>, Vec<_>) = made.iter().copied().partition(is_first);
        // With the fields that are made, most of which come after the others.
        let mut all = Schema::new(first.into_iter().chain(source.names()).chain(last));
        let reads = self.ops.iter().flat_map(|op| op.reads());
        let incomplete = !source.is_empty() && reads.into_iter().any(|name| all.position(name).is_none());
        let (mut fields, mut names) = (all.clone(), all.clone());
        if projected {
            let Settings { select, drop, rename, .. } = settings;
            let (mut select, mut drop, mut rename) = (select.clone(), drop.clone(), rename.clone());
            if lacking == Lacking::Absent && !source.is_empty() {
                // What is selected has a column even here.
                let absent = select.iter().filter(|name| !may_be_pattern(name)).map(String::as_bytes);
                let absent = absent.filter(|name| all.position(name).is_none());
                all = Schema::new(all.names().chain(absent));
                select.retain(|name| !lacks(&all, name));
                drop.retain(|name| !lacks(&all, name));
                rename.retain(|rename| all.position(rename.old.as_bytes()).is_some());
            }
            let projection = match select.is_empty() && !settings.select.is_empty() {
                // All that is selected is in other sources.
                true => Projection { source: Vec::new(), names: Schema::default() },
                false => project(&all, &select, &drop, &rename)?,
            };
            fields = Schema::new(projection.source.iter().map(|&column| all.name(column)));
            names = projection.names;
        }
        // A name that a source in columns lacks was refused, unless it is from --columns, another source has it, or the
        // source is empty.
        for number in 0..if source.is_empty() { 0 } else { self.numbers.columns } {
            let has = |name: &[u8]| {
                let finds = || std::str::from_utf8(name).is_ok_and(|name| finds(source, name));
                source.position(name).is_some() || made.contains(&name) || finds()
            };
            if lacking == Lacking::Refused || self.seen.name(number).is_some_and(has) {
                self.seen.mark(number);
            }
        }
        if let Some(aggregate) = &settings.aggregate {
            let inside = Inside::new(&self.ops, &fields, names.clone());
            for (number, (_, name)) in aggregate.reads().enumerate() {
                if names.position(name).is_some() || lacking == Lacking::Refused && inside.column(name).is_none() {
                    self.seen.mark(self.numbers.aggregated + number);
                }
            }
            (fields, names) = read_by(aggregate, settings.rows.dedupe.as_deref(), &fields, &inside, lacking)?;
        }
        let mut unchanged =
            known.is_none() && !projected && made.is_empty() && !incomplete && settings.aggregate.is_none();
        let spreads = spreads(settings, aim.tabular, &names);
        if let Some(list) = aim.list.filter(|_| !spreads) {
            unique("⟨columns⟩", list)?;
            check_nameless(settings, source, list)?;
            names.names().take(64).for_each(|name| self.seen.learn(name));
            let picked: Vec<_> = list.iter().map(|name| names.position(name.as_bytes())).collect();
            let found = picked.iter().enumerate().filter(|(_, column)| column.is_some());
            found.for_each(|(place, _)| self.seen.mark(self.numbers.columns + place));
            self.left_out += names.len() as u64 - picked.iter().flatten().count() as u64;
            if settings.strict && self.left_out > 0 {
                let left_out = names.names().filter(|name| !list.iter().any(|listed| listed.as_bytes() == *name));
                return Err(leaves_out(left_out));
            }
            unchanged &= picked.iter().copied().eq((0..names.len()).map(Some));
            let field = |(name, column): (&String, &Option<usize>)| -> Box<[u8]> {
                column.map_or_else(|| nobodys(name.as_bytes(), source), |column| fields.name(column).into())
            };
            fields = Schema::new(list.iter().zip(&picked).map(field));
            names = Schema::new(list);
        }
        if !unchanged {
            fields = if source.is_empty() { fields } else { self.with_needed(&fields) };
            self.want.select = Some(fields.names().map(Into::into).collect());
        }
        self.schema = Some(fields);
        match spreads {
            true => self.spread(settings, aim, names)?,
            false => self.names = Some(names),
        }
        Ok(unchanged && !spreads)
    }

    /// Makes keyed records of those in columns, after all ops.
    fn spread(&mut self, settings: &Settings, aim: &Aim<'_>, names: Schema) -> Result<()> {
        self.order = Order::of_columns(&names);
        self.ops.push(Arc::new(Spread::new(&names, settings.options.max_depth)));
        match (aim.list, aim.tabular) {
            (Some(list), true) => {
                unique("⟨columns⟩", list)?;
                self.header = Header::List(Schema::new(list));
            }
            (None, true) => self.header = Header::Find(settings.columns.clone()),
            (Some(list), false) => {
                let filter = KeyedFilter::exactly(list, settings.strict)?;
                self.ops.push(Arc::new(self.watched(filter, self.numbers.columns..)));
            }
            (None, false) => {}
        }
        let fields = self.schema.clone().unwrap_or_default();
        self.spread = Some(Inside::new(&settings.ops, &fields, names));
        Ok(())
    }

    /// Whether the target gets keyed records.
    pub fn is_keyed(&self, reading: &dyn ReadFormat) -> bool {
        reading.schema().is_none() || self.spread.is_some()
    }

    /// Fields, and after them those that only steps need. They go before records are written.
    pub fn with_needed(&self, fields: &Schema) -> Schema {
        let steps = self.ops.iter().filter(|op| is_step(&***op));
        let needed = steps.flat_map(|op| op.reads().iter().map(|name| &**name).chain(op.makes()));
        let mut more: Vec<&[u8]> = Vec::new();
        for name in needed {
            if fields.position(name).is_none() && !more.contains(&name) {
                more.push(name);
            }
        }
        Schema::new(fields.names().chain(more))
    }

    /// For a keyed source: fields are selected in the decoder, or by ops. Returns whether records are unchanged.
    fn keyed(&mut self, settings: &Settings, aim: &Aim<'_>, projected: bool) -> Result<bool> {
        let Settings { select, drop, rename, .. } = settings;
        let (list, tabular) = (aim.list, aim.tabular);
        self.order = Order::new(select, drop, rename);
        if projected {
            self.filter(settings, aim)?;
        }
        if let Some(list) = list.filter(|_| !tabular) {
            let filter = KeyedFilter::exactly(list, settings.strict)?;
            self.ops.push(Arc::new(self.watched(filter, self.numbers.columns..)));
            self.want.detail = Detail::All;
        }
        if tabular {
            self.header = match list {
                Some(list) => {
                    unique("⟨columns⟩", list)?;
                    apart("⟨columns⟩", list)?;
                    if list.iter().any(|name| name.contains('.')) {
                        self.want.detail = self.want.detail.max(Detail::Maps);
                    }
                    Header::List(Schema::new(list))
                }
                None => Header::Find(settings.columns.clone()),
            };
            if !select.is_empty() && settings.options.nested == Nested::Json {
                self.apart = Apart::along(self.order.names());
            }
        }
        let patterns = select.iter().any(|path| regex_of(path).is_some());
        let whole = patterns || self.from.gives(&settings.options).whole_records;
        let straight = !(whole || select.is_empty()) && drop.is_empty() && settings.ops.is_empty() && list.is_none();
        // Whether a renamed field occurs can be seen only where its path ends.
        if straight && rename.iter().all(|rename| select.contains(&rename.old)) && self.goes_straight(settings, aim) {
            self.straight(settings, tabular)?;
        }
        Ok(!projected && list.is_none())
    }

    /// Adds ops that select fields after all steps and before all other ops, and rename them after all others.
    fn filter(&mut self, settings: &Settings, aim: &Aim<'_>) -> Result<()> {
        let Settings { select, drop, rename, ops, .. } = settings;
        let ops_named = self.numbers.ops..self.numbers.columns;
        let whole = chosen(settings, rename, &self.seen, ops_named.clone())?;
        self.want.detail = Detail::All;
        if let ([path], true) = (&select[..], aim.is_lone(settings)) {
            let choose = chosen(settings, &[], &self.seen, ops_named)?;
            self.ops.insert(self.steps(), Arc::new(choose));
            let numbers = (0..rename.len()).map(|place| self.numbers.rename + place).collect();
            let name = self.order.names().next().unwrap_or_default();
            self.ops.push(Arc::new(Only::new(path, name, self.seen.clone(), numbers)));
            return Ok(());
        }
        if ops.len() == self.steps() || rename.is_empty() {
            self.ops.insert(self.steps(), Arc::new(whole));
            return Ok(());
        }
        if !(select.is_empty() && drop.is_empty()) {
            // It sees the fields that will be renamed, even if it leaves nothing of them.
            self.ops.insert(self.steps(), Arc::new(whole.without_new_names()));
        }
        let rename = KeyedFilter::new(&[], &[], rename)?;
        self.ops.push(Arc::new(self.watched(rename, self.numbers.rename..)));
        Ok(())
    }

    /// Where fields can be selected: after the steps.
    fn steps(&self) -> usize {
        self.ops.iter().rposition(|op| is_step(&**op)).map_or(0, |last| last + 1)
    }

    /// The filter, noting the names that it finds.
    fn watched(&self, filter: KeyedFilter, numbers: std::ops::RangeFrom<usize>) -> KeyedFilter {
        let numbers = numbers.take_while(|number| *number < self.seen.len());
        filter.watched(Some(self.seen.clone()), numbers)
    }

    /// Whether selected fields can be decoded straight into columns with the same result.
    fn goes_straight(&self, settings: &Settings, aim: &Aim<'_>) -> bool {
        let flat = settings.select.iter().all(|path| !path.contains('.'));
        match &aim.takes.straight {
            Straight::Never => false,
            Straight::Columns => aim.tabular,
            Straight::Flat => flat,
            // A record with one value is written as that value, so it matters which of several fields exist. Whether a
            // path leads through lists shows only where they are.
            Straight::Lone => flat && aim.is_lone(settings),
            Straight::All(fields) => {
                let selected = |name: &[u8]| self.order.names().any(|selected| selected == name);
                flat && fields.names().all(selected)
            }
        }
    }

    /// Decodes selected fields straight into columns, until one of them is an object that has to become columns of its
    /// own.
    fn straight(&mut self, settings: &Settings, tabular: bool) -> Result<()> {
        let Settings { select, rename, .. } = settings;
        let keyed = self.clone();
        let numbers = |path: &String| -> Vec<usize> {
            let selected = select.iter().position(|other| other == path);
            let renamed = rename.iter().position(|rename| rename.old == *path).map(|place| self.numbers.rename + place);
            selected.into_iter().chain(renamed).collect()
        };
        let dotted = |path: &String| path.contains('.');
        let chosen = Chosen {
            refuse_maps: tabular && settings.options.nested == Nested::Dot,
            refuse_lists: tabular,
            refuse_dotted: tabular && rename.iter().any(|rename| dotted(&rename.old)),
            seen: Some((self.seen.clone(), select.iter().map(numbers).collect())),
        };
        let may_differ = chosen.refuse_maps || tabular && select.iter().any(dotted);
        let fields = Schema::new(select);
        self.names = Some(Schema::new(self.order.names()));
        self.want = Want {
            select: Some(fields.names().map(Into::into).collect()),
            chosen,
            detail: Detail::Maps,
            ..self.want.clone()
        };
        self.schema = Some(fields);
        (self.ops, self.header) = (Vec::new(), Header::Given);
        self.keyed = may_differ.then(|| Box::new(keyed));
        Ok(())
    }

    /// Names become keys, which have to be UTF-8 if text has to. `before` is what comes before the first record.
    ///
    /// # Errors
    /// The first name that is not UTF-8, and where it is.
    pub fn check_names(&self, before: &[u8]) -> Result<(), RecordError> {
        let names = self.names.as_ref().or(self.spread.as_ref().map(|inside| &inside.names));
        let Some(names) = names.filter(|_| self.want.utf8) else { return Ok(()) };
        let Some(name) = names.names().find(|name| std::str::from_utf8(name).is_err()) else { return Ok(()) };
        let valid = std::str::from_utf8(name).map_or_else(|error| error.valid_up_to(), str::len);
        let place = memchr::memmem::find(before, name).map_or(0, |at| at + valid);
        let text = String::from_utf8_lossy(name);
        let hidden = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        let mut shown: String = text.chars().take(SHOWN).map(hidden).collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        let reason = format!("the field name `{shown}` is not valid UTF-8");
        Err(RecordError::new(place, reason).hint(
            "Give the ⟨encoding⟩ of the source, put U+FFFD in its place with ⟨invalid_utf8 replace⟩, or leave the field out with ⟨select⟩.",
        ))
    }

    /// What happens to a key that has no column.
    pub fn unknown_key(&self) -> UnknownKey {
        match &self.header {
            Header::List(_) | Header::Find(ColumnsFrom::First) => UnknownKey::Count,
            Header::Given | Header::Find(_) => UnknownKey::Refuse,
        }
    }

    /// The shape of the batches that reach the encoder; `source` has the fields of a source in columns.
    pub fn shape(&self, source: Option<&Schema>) -> Shape {
        match (&self.names, &self.schema, source) {
            (Some(names), Some(fields), Some(source)) => {
                let made: Vec<_> = self.ops.iter().filter_map(|op| op.makes()).collect();
                // What is made has no type of its own; fields that only steps need are not written.
                let untyped = nobodys(b"", source);
                let written = fields.names().take(names.len());
                let fields = Schema::new(written.map(|name| if made.contains(&name) { &*untyped } else { name }));
                Shape::Columns(names.clone().with_types(&fields, source))
            }
            (Some(names), ..) => Shape::Columns(names.clone()),
            (None, ..) => Shape::Keyed,
        }
    }

    /// The columns of a tabular target for keyed batches.
    pub fn columns_of(&self, schema: Schema, unknown: UnknownKey) -> Columns {
        let list = matches!(self.header, Header::List(_));
        let apart = match unknown {
            // What is left out is counted as a whole; a column is a whole too.
            UnknownKey::Count if list || self.apart == Apart::All => Apart::along(schema.names()),
            _ => self.apart.clone(),
        };
        Columns { schema, unknown, apart, seen: list.then(|| (self.seen.clone(), self.numbers.columns)) }
    }

    /// Whether records have to be converted one after another.
    pub fn is_ordered(&self) -> bool {
        self.ordered || self.ops.iter().any(|op| op.is_ordered())
    }

    /// The number of the first name that groups read.
    pub fn aggregated(&self) -> usize {
        self.numbers.aggregated
    }

    /// The number of the first name of each op among all names.
    pub fn op_numbers(&self) -> Vec<usize> {
        let mut next = self.numbers.ops;
        let number = |op: &Arc<dyn Op>| {
            let number = next;
            next += names_of(&**op).len();
            number
        };
        self.ops.iter().map(number).collect()
    }
}

/// A name for a field that the source does not have.
pub(crate) fn nobodys(name: &[u8], source: &Schema) -> Box<[u8]> {
    let mut name = name.to_vec();
    while source.position(&name).is_some() {
        name.push(b'\0');
    }
    name.into()
}

/// How many characters are shown of a name that is not text.
const SHOWN: usize = 60;
