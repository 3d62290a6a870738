//! The pass before the run in which equal records are found: which of them stay is known before any is written.

use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::flow::kept::Keeper;
use crate::flow::wanted::Wanted;
use crate::fold::Fold;
use crate::fold::doubles::{All, Doubles, Fields, LEAST, Named, Wish};
use crate::format::Detail;
use crate::job::kept::{Kept, Read, Staying};
use crate::job::opened::Opened;
use crate::job::rows::Keep;
use crate::job::settings::{ColumnsFrom, Settings};
use crate::job::sort::{columns, folder, inside, only_keys, tested_columns};
use crate::job::sum::Sum;
use crate::metrics::{Warning, WarningKind, strictly};
use crate::op::Everything;
use crate::plan::named::Lacking;
use crate::plan::route::Route;
use crate::spill::ListReader;
use crate::sys::memory::trim_heap;

/// Finds equal records, source by source.
pub(crate) struct Deduping {
    doubles: Doubles,
    /// The fields that are compared; empty: all.
    fields: Vec<String>,
    strict: bool,
    /// Whether any record was compared.
    any: bool,
    /// The names of fields show only in the records.
    nested: bool,
    /// What was read of each source.
    read: Vec<Option<Read>>,
}

impl Deduping {
    /// Nothing compared yet; none if equal records all stay.
    ///
    /// # Errors
    /// Usage: settings that contradict each other.
    pub fn asked(settings: &Settings, target: Option<&Path>) -> Result<Option<Deduping>> {
        let Some(fields) = settings.rows.dedupe.clone() else { return Ok(None) };
        if settings.columns == ColumnsFrom::First {
            return Err(Error::usage(
                "⟨dedupe⟩ can't be used with ⟨columns first⟩: records would be compared by columns that are left out\n  Name the columns: ⟨columns a,b⟩.",
            ));
        }
        if let ColumnsFrom::List(list) = &settings.columns {
            if fields.is_empty() {
                return Err(Error::usage(
                    "⟨dedupe⟩ compares all fields, and ⟨columns⟩ leaves out some of them\n  Name the fields to compare.",
                ));
            }
            let has = |field: &String| list.iter().any(|name| name == field || field.starts_with(&format!("{name}.")));
            if let Some(field) = fields.iter().find(|field| settings.aggregate.is_none() && !has(field)) {
                return Err(Error::usage(format!(
                    "⟨dedupe⟩ names the field `{field}`, which ⟨columns⟩ leaves out\n  Name it there too."
                )));
            }
        }
        let wish = Wish {
            last: settings.rows.keep == Keep::Last,
            folder: folder(settings, target)?,
            stop: settings.stop.clone(),
            progress: settings.progress.clone(),
        };
        Ok(Some(Deduping {
            doubles: Doubles::new(wish, fields.len()),
            fields,
            strict: settings.strict,
            any: false,
            nested: false,
            read: Vec::new(),
        }))
    }

    /// Compares the records of a source too.
    ///
    /// # Errors
    /// Those of a run; bad records are left for the run if they don't end it. Usage: a table lacks a field.
    pub fn look(mut self, opened: &mut Opened<'_>, lacking: Lacking) -> Result<Deduping> {
        opened.wanted = Wanted::ALL;
        self.nested |= opened.route.is_keyed(&*opened.reading);
        let route = opened.route.clone();
        // Names that occur are noted in the route; characters that were replaced are counted by each pass.
        let mut all_noted = opened.source.decoded.is_none();
        if opened.reading.schema().is_none() && opened.route.schema.is_some() {
            // Lists and maps are compared, and not the text that they become in columns.
            let seeing = opened.settings.clone().with(|own| own.ops.push(Arc::new(Everything)));
            opened.route = Route::new(&seeing, route.from, route.to, &*opened.reading, lacking)?;
            all_noted = false;
        }
        // Values are compared as they are in the source.
        opened.route.want.typed = false;
        let names = opened.route.names.as_ref().filter(|_| opened.route.spread.is_none()).cloned();
        let mut found = Fields::default();
        if self.fields.is_empty() {
            opened.route.want.detail = Detail::All;
            found.all = Some(All::new(self.doubles.all(), names.as_ref()));
        } else {
            let fields = self.fields.iter().map(String::as_str);
            let own = match &names {
                Some(names) if lacking == Lacking::Absent => {
                    fields.map(|field| names.position(field.as_bytes())).collect()
                }
                Some(names) => columns("⟨dedupe⟩", fields, names)?,
                None if lacking == Lacking::Refused => inside("⟨dedupe⟩", fields, opened)?,
                None => vec![None; self.fields.len()],
            };
            opened.route.want.detail = Detail::All;
            opened.route.tested = if names.is_some() { only_keys(opened, &own) } else { None };
            let tested = tested_columns(&opened.route, &own);
            let named = self.fields.iter().zip(own).enumerate().map(|(place, (field, column))| Named {
                path: field.as_bytes().into(),
                column,
                tested: tested.get(place).copied().flatten(),
            });
            found.named = named.collect();
        }
        self.doubles.go_on(found, &opened.budget, opened.plan.workers)?;
        let looked = opened.first_pass(self.doubles);
        opened.route = route;
        let (doubles, run) = looked?;
        let read = Read::of(&run.totals, run.bytes_in).filter(|_| all_noted && opened.replay.is_none());
        self.read.resize(self.read.len().max(opened.number as usize + 1), None);
        self.read[opened.number as usize] = read;
        Ok(Deduping { doubles, any: self.any || run.totals.records_out > 0, ..self })
    }

    /// The records that stay; says what was spilled and which fields no record has.
    ///
    /// # Errors
    /// Data: no record has any of the fields, and all would be equal; or none has one of them, and the run is strict. Memory. Io: what did not fit into memory can't be
    /// written or read.
    pub fn finish(self, sum: &mut Sum) -> Result<Arc<Staying>> {
        if let ([field, ..], true) = (&self.fields[..], self.any && self.nested && !self.doubles.met.contains(&true)) {
            return Err(Error::refused(format!(
                "no record has a value in the field `{field}`, which ⟨dedupe⟩ names, so all would be equal and one would stay\n  Name a field that the records have."
            )));
        }
        let missing = self.fields.iter().zip(&self.doubles.met).filter(|(_, met)| self.any && !**met);
        let missing: Vec<Warning> = missing
            .map(|(field, _)| {
                let text = format!("no record has a value in the field `{field}`, which ⟨dedupe⟩ names");
                Warning::new(WarningKind::NoField, text)
            })
            .collect();
        strictly(self.strict, missing.iter().map(Warning::marked))?;
        sum.warnings.extend(missing);
        let stays = self.doubles.finish()?;
        trim_heap();
        sum.spilled = sum.spilled.and(stays.spilled);
        Ok(Arc::new(Staying { list: Arc::new(stays.places), read: self.read }))
    }
}

/// What is done, in words.
///
/// # Errors
/// Usage: there is no such folder.
pub(crate) fn explain(settings: &Settings, target: Option<&Path>) -> Result<String> {
    Ok(match Deduping::asked(settings, target)? {
        None => String::new(),
        Some(_) => format!(
            "compared in      a pass of its own; what does not fit into memory goes to a file without a name in {}\n",
            folder(settings, target)?.display()
        ),
    })
}

impl Opened<'_> {
    /// From now on, only records in this list are wanted.
    ///
    /// # Errors
    /// Memory: there is none for the list.
    pub fn keeps(&mut self, staying: &Arc<Staying>) -> Result<()> {
        let mut held = self.budget.open("compared records", "compare shorter inputs");
        held.try_grow((staying.list.memory() + self.plan.workers * ListReader::MEMORY).saturating_sub(LEAST))?;
        self.kept = Some(Kept::new(Arc::clone(staying), held));
        Ok(())
    }

    /// What keeps the records that stay, if those are known and wanted.
    pub fn keeper(&self) -> Option<Keeper> {
        self.kept.as_ref().filter(|_| self.wanted.kept).map(|kept| Keeper::new(&kept.staying.list))
    }

    /// Where nothing follows that is wanted, as only records that stay are, and what was read of the source before.
    ///
    /// # Errors
    /// Io: the list of the records that stay can't be read.
    pub fn end_of_kept(&self) -> Result<Option<(u64, Read)>> {
        let only = Wanted { kept: true, ..Wanted::ALL };
        self.kept.as_ref().filter(|_| self.wanted == only).map_or(Ok(None), |kept| kept.staying.end(self.number))
    }
}
