//! What an interrupted run left, where another one starts from the beginning.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::metrics::{Warning, WarningKind};
use crate::quarantine::usual_place;
use crate::resume::journal::{Found, lock};
use crate::resume::names;
use crate::resume::runs::run_names;
use crate::sink::TargetSpec;
use crate::sink::open_left;

/// The files of an interrupted run that wrote the same target.
pub(crate) struct Left {
    /// At least one.
    files: Vec<PathBuf>,
    /// The journal: while this run has it locked, no other one goes on there.
    journal: Option<File>,
}

impl Left {
    /// What is there, if anything; for a run that writes no checkpoints. Nothing is touched.
    ///
    /// # Errors
    /// Usage: the other run is not interrupted but still writing.
    pub fn of(target: &TargetSpec, quarantine: Option<&Path>) -> Result<Option<Left>> {
        let Some(path) = target.path() else { return Ok(None) };
        let Some(mut left) = Left::found(path, quarantine) else { return Ok(None) };
        let [_, journal] = names(path);
        left.journal = open_left(&journal).ok().flatten();
        left.journal.as_ref().map_or(Ok(()), |journal| lock(journal, path))?;
        let mut text = Vec::new();
        if let Some(journal) = &mut left.journal
            && journal.read_to_end(&mut text).is_ok()
            && let Some(found) = Found::of(&text)
        {
            left.add_runs(&found, path);
        }
        Ok(Some(left))
    }

    /// The runs that a sort of this target left.
    pub(crate) fn add_runs(&mut self, found: &Found, target: &Path) {
        let names = run_names(target);
        self.files.extend(found.folders(target).iter().flat_map(|folder| names.found(folder)));
    }

    /// The same, for a run that locks the journal itself.
    pub(crate) fn found(path: &Path, quarantine: Option<&Path>) -> Option<Left> {
        let is_there = |path: &PathBuf| matches!(open_left(path), Ok(Some(_)));
        let mut files: Vec<PathBuf> = names(path).into_iter().filter(is_there).collect();
        if files.is_empty() {
            return None;
        }
        let usual = usual_place(path);
        let other = quarantine.filter(|other| *other != usual);
        let parts = other.into_iter().chain([&*usual]).map(|path| names(path)[0].clone());
        files.extend(parts.filter(is_there));
        Some(Left { files, journal: None })
    }

    /// Removes those that this run did not replace: its target is whole. Gives the warning to print.
    pub fn remove(self) -> Warning {
        let mut names = Vec::with_capacity(self.files.len());
        for path in &self.files {
            // One that can't be removed does no harm.
            let _ = fs::remove_file(path);
            names.push(path.display().to_string());
        }
        let text = format!(
            "an interrupted run had left {}; this run started from the beginning and removed what was left\n  To continue an interrupted run, give ⟨resume⟩.",
            names.join(" and ")
        );
        Warning::new(WarningKind::Leftovers, text)
    }
}
