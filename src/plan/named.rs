//! The fields that steps and settings name.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fold::groups::Aggregate;
use crate::job::settings::Settings;
use crate::metrics::is_regex;
use crate::op::{KeyedFilter, Op, Rename, Set, instead_of};
use crate::plan::inside::Inside;
use crate::record::{Schema, Seen, is_within};

/// Whether an op comes before fields are selected: it may need fields that are not.
pub(super) fn is_step(op: &dyn Op) -> bool {
    op.makes().is_some() || op.only_drops() || !op.reads().is_empty() || op.pins().is_some()
}

/// Adds what makes fields of the items of lists that are selected or dropped, after all steps; those that are dropped are
/// removed, the last ones first.
pub(super) fn add_items(settings: &mut Settings) {
    let Settings { select, drop, ops, .. } = settings;
    let items = select.iter().chain(drop.iter()).filter_map(|name| Set::item(name));
    let mut items: Vec<Arc<dyn Op>> = items.map(|set| Arc::new(set) as Arc<dyn Op>).collect();
    let mut dropped: Vec<&String> = drop.iter().collect();
    dropped.sort_by_cached_key(|name| (name.len(), (*name).clone()));
    let gone = dropped.into_iter().rev().filter_map(|name| Set::without(name));
    items.extend(gone.map(|set| Arc::new(set) as Arc<dyn Op>));
    let steps = ops.iter().rposition(|op| is_step(&**op)).map_or(0, |last| last + 1);
    ops.splice(steps..steps, items);
}

/// The setting that an op is given with.
pub(super) fn setting(op: &dyn Op) -> &'static str {
    match op.name() {
        "types" => "types",
        "explode" => "explode",
        "parse-json" => "parse_json",
        "source-column" => "source_column",
        _ if op.makes().is_some() => "set",
        _ if is_step(op) => "where",
        _ => "ops",
    }
}

/// The names that an op is given.
pub(crate) fn names_of(op: &dyn Op) -> &[Box<[u8]>] {
    if op.reads().is_empty() { op.fields() } else { op.reads() }
}

/// What becomes of a field that is named and that a source in columns lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// It is refused.
    Refused,
    /// It is absent in the records of this source: another source of the job has it.
    Absent,
}

/// A setting, with a field that it names.
pub(crate) type Named = (String, Box<[u8]>);

/// A name that looks like the call of a function.
fn called(name: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(name).ok()?;
    let (function, rest) = text.split_once('(')?;
    (rest.ends_with(')')
        && !function.is_empty()
        && function.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphabetic()))
    .then_some(text)
}

/// The fields that groups read, and those that are compared, and their names after all steps.
///
/// # Errors
/// Usage: there is no such field.
pub(super) fn read_by(
    aggregate: &Aggregate,
    compared: Option<&[String]>,
    fields: &Schema,
    inside: &Inside,
    lacking: Lacking,
) -> Result<(Schema, Schema)> {
    let names = &inside.names;
    let mut columns: Vec<usize> = match compared {
        None => Vec::new(),
        Some([]) => (0..names.len()).collect(),
        Some(compared) => compared.iter().filter_map(|name| inside.column(name.as_bytes())).collect(),
    };
    for (setting, name) in aggregate.reads() {
        match inside.column(name) {
            Some(column) if columns.contains(&column) => {}
            Some(column) => columns.push(column),
            None if lacking == Lacking::Absent || names.is_empty() => {}
            None => {
                let instead = instead_of(names.names(), name);
                let (meant, list) = instead.split_once('\n').unwrap_or((&instead, ""));
                let call = called(name)
                    .filter(|_| setting == "by")
                    .map(|text| format!("  To group by what an expression gives, name it: ⟨by \"x={text}\"⟩."));
                let list = call.as_deref().unwrap_or(list);
                let excerpt = aggregate.excerpt(name).map(|excerpt| excerpt + "\n").unwrap_or_default();
                let name = String::from_utf8_lossy(name);
                return Err(Error::usage(format!(
                    "⟨{setting}⟩ names the field `{name}`, which the source does not have{meant}\n{excerpt}{list}"
                )));
            }
        }
    }
    let picked = |schema: &Schema| Schema::new(columns.iter().map(|column| schema.name(*column)));
    Ok((picked(fields), picked(names)))
}

/// The fields that a job names and does not make, in a table.
pub(crate) fn named_fields(settings: &Settings) -> Vec<Named> {
    let made: Vec<_> = settings.ops.iter().filter_map(|op| op.makes()).collect();
    let Settings { select, drop, rename, .. } = settings;
    let lists = [("⟨select⟩", select), ("⟨drop⟩", drop)];
    let lists = lists.into_iter().flat_map(|(setting, names)| names.iter().map(move |name| (setting, name)));
    let lists = lists.chain(rename.iter().map(|rename| ("⟨rename⟩", &rename.old)));
    let lists = lists.map(|(setting, name)| (setting.to_owned(), name.as_bytes().into()));
    let ops = settings.ops.iter().flat_map(|op| names_of(&**op).iter().map(|name| (setting_of(&**op), name.clone())));
    // Groups use new names.
    let reads = settings.aggregate.iter().flat_map(|aggregate| aggregate.reads());
    let reads = reads.filter(|(_, name)| !rename.iter().any(|rename| rename.new.as_bytes() == *name));
    let reads = reads.map(|(setting, name)| (format!("⟨{setting}⟩"), name.into()));
    let compared = settings.rows.dedupe.iter().flatten().map(|name| ("⟨dedupe⟩".to_owned(), name.as_bytes().into()));
    let compared = compared.filter(|(_, name): &Named| !rename.iter().any(|rename| rename.new.as_bytes() == &**name));
    lists.chain(ops).chain(reads).chain(compared).filter(|(_, name): &Named| !made.contains(&&**name)).collect()
}

/// The filter for selected fields, with these new names. Later ops do not see what it leaves out, so it looks there for the
/// fields that they name; `ops` are the numbers of those in `seen`.
pub(super) fn chosen(
    settings: &Settings,
    rename: &[Rename],
    seen: &Arc<Seen>,
    ops: Range<usize>,
) -> Result<KeyedFilter> {
    let Settings { select, drop, .. } = settings;
    let is_out = |number: &usize| seen.name(*number).is_some_and(|name| is_left_out(name, settings));
    let out: Vec<usize> = ops.filter(is_out).collect();
    let look: Vec<&[u8]> = out.iter().filter_map(|number| seen.name(*number)).collect();
    let own = 0..select.len() + drop.len() + rename.len();
    let filter = KeyedFilter::looking(select, drop, rename, &look)?;
    Ok(filter.watched(Some(seen.clone()), own.chain(out)))
}

/// Whether a field is left out, as far as names without patterns tell.
fn is_left_out(name: &[u8], settings: &Settings) -> bool {
    let Settings { select, drop, .. } = settings;
    let overlaps = |path: &String| is_within(path.as_bytes(), name) || is_within(name, path.as_bytes());
    let selects = |path: &String| overlaps(path) || is_regex("select", path);
    drop.iter().any(|path| is_within(name, path.as_bytes())) || !select.is_empty() && !select.iter().any(selects)
}

/// How messages call the setting of an op.
fn setting_of(op: &dyn Op) -> String {
    match setting(op) {
        "ops" => format!("⟨ops⟩ {}", op.name()),
        setting => format!("⟨{setting}⟩"),
    }
}

/// What was meant by a name in an expression: one that goes on with a hyphen or a blank, or a part of JSON text.
fn in_expression(source: &Schema, name: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy;
    let longer =
        |field: &&[u8]| field.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"-") || rest.starts_with(b" "));
    if let Some(field) = source.names().find(longer) {
        return Some(format!("\n  Other names than words are in double quotes: \"{}\".", text(field)));
    }
    let dot = memchr::memchr(b'.', name)?;
    let (field, path) = (&name[..dot], &name[dot + 1..]);
    source.position(field)?;
    Some(format!("\n  A part of the JSON text in `{}`: json_get({}, '{}').", text(field), text(field), text(path)))
}

/// Refuses ops that name a field which no record has. Gives the fields that are made and that the source does not have.
pub(super) fn check_fields<'o>(ops: &'o [Arc<dyn Op>], source: &Schema, lacking: Lacking) -> Result<Vec<&'o [u8]>> {
    let mut made: Vec<&[u8]> = Vec::new();
    for op in ops.iter().filter(|_| !source.is_empty()) {
        if let Some(name) = op.makes().filter(|name| op.comes_first() && source.position(name).is_some()) {
            let name = String::from_utf8_lossy(name);
            return Err(Error::usage(format!(
                "⟨source_column⟩: the source has a field `{name}` already\n  Give ⟨source_column⟩ another name."
            )));
        }
        let mut missing = names_of(&**op).iter().filter(|_| lacking == Lacking::Refused);
        let missing = missing.find(|name| source.position(name).is_none() && !made.contains(&&***name));
        if let Some(name) = missing {
            let setting = setting_of(&**op);
            let instead = instead_of(source.names().chain(made.iter().copied()), name);
            let instead = in_expression(source, name).filter(|_| op.excerpt(name).is_some()).unwrap_or(instead);
            let (meant, fields) = instead.split_once('\n').unwrap_or((&instead, ""));
            let excerpt = op.excerpt(name).map(|excerpt| excerpt + "\n").unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            return Err(Error::usage(format!(
                "{setting} names the field `{name}`, which the source does not have{meant}\n{excerpt}{fields}"
            )));
        }
        let new = op.makes().filter(|name| source.position(name).is_none() && !made.contains(name));
        made.extend(new);
    }
    Ok(made)
}

/// The columns of a source that its schema has, if it lacks some: these are left out and counted.
///
/// # Errors
/// Some are left out, and the run is strict; or one is missing that can't be.
pub(super) fn known(ops: &[Arc<dyn Op>], strict: bool, source: &Schema) -> Result<Option<Schema>> {
    ops.iter().filter(|_| !source.is_empty()).try_for_each(|op| op.check_columns(source))?;
    let keeps = |name: &&[u8]| ops.iter().all(|op| op.keeps(name));
    match source.names().find(|name| !keeps(name)) {
        None => Ok(None),
        Some(name) if strict => Err(Error::refused(format!(
            "⟨schema⟩ has no field `{}`, so that column would be left out\n  Add it to the schema, or leave out ⟨strict⟩ to accept it.",
            String::from_utf8_lossy(name)
        ))),
        Some(name) if !source.names().any(|name| keeps(&name)) => Err(Error::refused(format!(
            "⟨schema⟩ has none of the fields of the source, not even `{}`\n  Give the schema of this input.",
            String::from_utf8_lossy(name)
        ))),
        Some(_) => Ok(Some(Schema::new(source.names().filter(keeps)))),
    }
}

/// The error for columns that a list leaves out, when nothing may be left out.
pub(super) fn leaves_out<'n>(names: impl Iterator<Item = &'n [u8]>) -> Error {
    let names: Vec<_> = names.collect();
    let columns = if names.len() == 1 { "column" } else { "columns" };
    let some = some(names.into_iter());
    Error::refused(format!("⟨columns⟩ leaves out the {columns} {some}\n  Leave out ⟨strict⟩ to accept it."))
}

/// The most names of a kind that an error lists.
const LISTED: usize = 5;

/// Some of the names, and how many more there are.
pub(crate) fn some<'n>(names: impl Iterator<Item = &'n [u8]>) -> String {
    let names: Vec<&[u8]> = names.collect();
    let shown: Vec<String> =
        names.iter().take(LISTED).map(|name| format!("`{}`", String::from_utf8_lossy(name))).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Refuses names for columns of a source without a header, which have none.
pub(super) fn check_nameless(settings: &Settings, source: &Schema, list: &[String]) -> Result<()> {
    let nameless = settings.options.no_headers && source.names().next().is_some_and(|name| name == b"column_1");
    let number = |name: &String| name.strip_prefix("column_").is_some_and(|number| number.parse::<u32>().is_ok());
    match list.iter().find(|name| nameless && !number(name)) {
        None => Ok(()),
        Some(name) => Err(Error::usage(format!(
            "⟨columns⟩ names `{name}`, but the columns of a source without a header are called column_1, column_2, and so on\n  Give those names, or leave out ⟨no_headers⟩ if there is a header.",
        ))),
    }
}
