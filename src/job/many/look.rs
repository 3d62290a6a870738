//! Looking at sources before the run: which columns they have.

use crate::error::Result;
use crate::flow::wanted::Wanted;
use crate::format::Format;
use crate::job::header::First;
use crate::job::many::columns::Together;
use crate::job::many::fields::Fields;
use crate::job::many::one::{Entry, NAMES, Run, is_file};
use crate::job::many::target::format_of;
use crate::job::opened::ceiling;
use crate::job::settings::ColumnsFrom;
use crate::op::Folding;
use crate::plan::named::Lacking;
use crate::quarantine::Section;

impl Run<'_> {
    /// Looks at all sources where the columns of the target depend on more than one.
    pub(super) fn look(&mut self) -> Result<()> {
        if self.settings.folds() {
            return self.look_for_fields();
        }
        let in_columns = |entry: &Entry<'_>| match entry {
            Entry::Spec(spec) => format_of(self.settings, spec).is_ok_and(Format::is_tabular),
            _ => false,
        };
        if !self.to.is_tabular() && !self.entries.iter().any(in_columns) {
            return Ok(());
        }
        let mut together = Together::new(self.settings, ceiling(self.settings) / NAMES);
        let mut named = Fields::of(self.settings, self.lacking());
        let mut wanted = self.wanted;
        for index in 0..self.entries.len() {
            // The first one is looked at even if none of its records is wanted: it has the header.
            if index > 0 && (together.is_enough() || wanted.is_over()) && named.are_found() {
                break;
            }
            if let Err(error) = self.look_at(index, &mut together, &mut named, &mut wanted) {
                self.failed(index, error)?;
            }
        }
        named.check()?;
        together.settle();
        self.together = Some(together);
        Ok(())
    }

    /// Looks for the fields that groups read, where not all sources have to have them.
    fn look_for_fields(&mut self) -> Result<()> {
        let mut named = Fields::of(self.settings, self.lacking());
        for index in 0..self.entries.len() {
            if named.are_found() {
                break;
            }
            let opened = self.open(index);
            match opened {
                Ok(opened) => {
                    named.look(opened.reading.schema());
                    self.put_back(index, opened);
                }
                Err(error) => self.failed(index, error)?,
            }
        }
        named.check()
    }

    /// Whether a field that is named has to be in all sources: they have to have the same columns then.
    pub(super) fn lacking(&self) -> Lacking {
        match (&self.settings.columns, &self.settings.fold) {
            // Each source has its own.
            (_, Some(Folding::Stats | Folding::Schema)) => Lacking::Absent,
            (ColumnsFrom::Auto, _) | (_, Some(_)) => Lacking::Refused,
            _ => Lacking::Absent,
        }
    }

    /// Looks at the columns of a source, or at the keys of its records that are `wanted`.
    fn look_at(
        &mut self,
        index: usize,
        together: &mut Together,
        named: &mut Fields,
        wanted: &mut Wanted,
    ) -> Result<()> {
        let mut opened = self.open(index)?;
        (opened.wanted, opened.still_wanted) = (*wanted, *wanted);
        let path = opened.source.path.clone();
        named.look(opened.reading.schema());
        let original = opened.replay.as_ref().and_then(Section::original);
        together.replayed |= original.is_some();
        let shown = original.unwrap_or(&path).to_path_buf();
        let again = is_file(&path);
        if opened.route.keyed.is_some() && opened.has_objects()? {
            opened.take_apart();
            together.has_objects();
        }
        if opened.route.spread.is_some() {
            together.keeps_order();
        }
        let keyed = opened.route.is_keyed(&*opened.reading);
        let found = match opened.route.names.clone() {
            _ if together.is_enough() || keyed && !self.to.is_tabular() => Ok(()),
            Some(names) => {
                let met = opened.route.seen.met().filter(|_| keyed).filter(|number| *number < names.len());
                met.for_each(|number| together.found(names.name(number)));
                together.take(&shown, &names, keyed)
            }
            None => {
                let keys = match (&self.settings.columns, again) {
                    (ColumnsFrom::First, _) => opened.first_keys(First::Record),
                    // If a source will be left out as a whole, its columns are left out too.
                    (_, true) if self.keep_going => opened.checked_keys(),
                    (_, true) => opened.all_keys(),
                    (_, false) => opened.first_keys(First::Slices),
                };
                if again {
                    *wanted = opened.still_wanted;
                }
                keys.and_then(|keys| {
                    keys.names().for_each(|name| together.found(name));
                    // A selected field is a column even if no record has it.
                    together.take(&shown, &opened.route.order.arrange(&keys), true)
                })
            }
        };
        self.put_back(index, opened);
        found
    }
}
