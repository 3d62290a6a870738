//! The fields that a job of many sources names: at least one source has to have each.

use crate::error::{Error, Result};
use crate::job::settings::Settings;
use crate::op::{finds, instead_of, may_be_pattern};
use crate::plan::named::{Lacking, Named, named_fields};
use crate::record::Schema;

/// The fields that are named and that no source had so far.
pub(crate) struct Fields {
    missing: Vec<Named>,
    /// The fields of the first source in columns that has some, to suggest one from.
    first: Option<Schema>,
}

impl Fields {
    /// None is known yet. Where a source refuses what it lacks, there is nothing to look for.
    pub fn of(settings: &Settings, lacking: Lacking) -> Fields {
        let missing = if lacking == Lacking::Absent { named_fields(settings) } else { Vec::new() };
        Fields { missing, first: None }
    }

    /// Whether every field was found.
    pub fn are_found(&self) -> bool {
        self.missing.is_empty()
    }

    /// Looks at the columns of a source. One without any may have any field in its records.
    pub fn look(&mut self, schema: Option<&Schema>) {
        let Some(schema) = schema else { return self.missing.clear() };
        self.missing.retain(|(setting, name)| {
            let finds = || chooses(setting) && finds(schema, &String::from_utf8_lossy(name));
            schema.position(name).is_none() && !finds()
        });
        if self.first.is_none() && !schema.is_empty() && !self.missing.is_empty() {
            self.first = Some(schema.clone());
        }
    }

    /// Refuses a field that no source has.
    ///
    /// # Errors
    /// Usage: which one, and which setting names it.
    pub fn check(&self) -> Result<()> {
        let (Some((setting, name)), Some(first)) = (self.missing.first(), &self.first) else { return Ok(()) };
        let text = String::from_utf8_lossy(name);
        Err(Error::usage(match chooses(setting) && may_be_pattern(&text) {
            true => format!("{setting} {text} matches no field of any input{}", instead_of(first.names(), b"")),
            false => {
                format!("{setting} names the field `{text}`, which no input has{}", instead_of(first.names(), name))
            }
        }))
    }
}

/// Whether a setting chooses fields, by patterns too.
fn chooses(setting: &str) -> bool {
    matches!(setting, "⟨select⟩" | "⟨drop⟩")
}
