//! The types of the fields of all sources, for a target that has to know them before the first record.

use crate::error::Result;
use crate::fold::Fold;
use crate::fold::infer::Infer;
use crate::job::many::one::{Run, Types};
use crate::job::types::{of_columns, types_of};
use crate::record::Schema;

impl Run<'_> {
    /// Finds the types of all fields, if the target needs them.
    pub(super) fn types(&mut self) -> Result<Option<Types>> {
        if self.settings.folds() || !self.to.takes(&self.settings.options).types {
            return Ok(None);
        }
        // What is known of each source without reading it, and the text of its own schema.
        let (mut known, mut texts) = (Vec::new(), Vec::new());
        self.each(|opened| {
            known.push(opened.known_types());
            texts.push(opened.reading.schema_text().map(str::to_owned));
            Ok(())
        })?;
        let same_text = texts.windows(2).all(|pair| pair[0] == pair[1]);
        let fields = match known.first() {
            Some(Some(first)) if known.iter().all(|other| other.as_ref() == Some(first)) => first.clone(),
            _ => self.found_types()?,
        };
        Ok(Some(Types { fields: of_columns(fields, &self.settings.columns), same_text }))
    }

    /// Reads all sources to find the types of their fields.
    fn found_types(&mut self) -> Result<Schema> {
        let (mut all, mut given): (Option<Infer>, _) = (None, None);
        self.each(|opened| {
            if let Some(all) = &mut all {
                all.go_on(&opened.budget)?;
            }
            let found = opened.find_types()?;
            given = opened.given();
            match &mut all {
                Some(all) => all.merge(found),
                None => all = Some(found),
            }
            Ok(())
        })?;
        let Some(found) = all else { return Ok(Schema::default()) };
        let (types, warning) = types_of(found, given.as_deref())?;
        self.sum.warnings.extend(warning.filter(|_| !self.settings.strict));
        Ok(types)
    }
}
