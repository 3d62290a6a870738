//! Converting one source alone.

use crate::error::Result;
use crate::flow::place;
use crate::format::Columns;
use crate::job::folded::written;
use crate::job::opened::Opened;
use crate::job::pass::{How, Run};
use crate::job::settings::Settings;
use crate::metrics::Registry;
use crate::quarantine::Ledger;
use crate::record::Schema;
use crate::resume::Resumable;
use crate::sink::Target;

impl Opened<'_> {
    /// Converts everything; starts over when a header that was taken from the beginning turns out to lack a key.
    pub(crate) fn convert(
        &mut self,
        target: &Target,
        registry: &Registry,
        mut resumable: Option<&mut Resumable>,
        ledger: &mut Ledger,
    ) -> Result<Run> {
        let Settings { on_error, strict, .. } = *self.settings;
        ledger.begin(&self.source.path, || self.head());
        if let Some(fold) = self.fold(target.file_path())? {
            let how = How { on_error, strict, tries: false, ledger: Some(ledger), resumable: None };
            let (run, fold) = self.fold_by(how, fold, target, registry);
            let mut run = run?;
            let written = written(fold, self.settings, self.route.to, target, run.totals.records_out)?;
            (run.bytes_out, run.totals.records_out) = (written.bytes, written.records);
            run.written = Some(written);
            return Ok(run);
        }
        let (header, certain) = match resumable.as_mut().and_then(|resumable| resumable.columns.take()) {
            Some(names) => {
                self.take_apart();
                (Some(self.route.columns_of(Schema::new(names), self.route.unknown_key())), false)
            }
            None => self
                .header(target.can().restart && ledger.is_restartable())
                .map_err(|error| place::tell(&self.source, self.route.from, error))?,
        };
        if let Some(resumable) = resumable.as_deref_mut() {
            resumable.start(header.as_ref().map(names))?;
        }
        if let Some(columns) = &header {
            self.hold_names(&columns.schema)?;
        }
        let guess = self.writing(header);
        let refused = guess.is_err();
        let outcome = guess.and_then(|writing| {
            let resumable = resumable.as_deref();
            let how = How { on_error, strict, tries: true, ledger: Some(&mut *ledger), resumable };
            self.pass_by(how, &*writing, target, registry)
        });
        match outcome {
            // The header is only a guess: what the target refuses in it may not be in the full header.
            Err(error) if !certain && (refused || error.is_unknown_key()) => {
                self.take_apart();
                let keys = self.columns_again()?;
                self.hold_names(&keys.schema)?;
                target.restart()?;
                ledger.restart()?;
                if let Some(resumable) = resumable.as_deref_mut() {
                    resumable.restart(names(&keys))?;
                }
                let writing = self.writing(Some(keys))?;
                let resumable = resumable.as_deref();
                let how = How { on_error, strict, tries: true, ledger: Some(ledger), resumable };
                self.pass_by(how, &*writing, target, registry)
            }
            outcome => outcome,
        }
        .map_err(|error| self.tell_key(error))
    }
}

/// The names of columns; keys of JSON are text.
fn names(columns: &Columns) -> Vec<String> {
    columns.schema.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}
