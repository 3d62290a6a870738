//! The pass before the run, if all records have to be read before it is known which ones are wanted: of a sample, and of
//! the last ones.

use crate::error::Result;
use crate::flow::wanted::Wanted;
use crate::fold::Fold;
use crate::fold::draw::Draw;
use crate::fold::records::Records;
use crate::job::doubles::Deduping;
use crate::job::opened::Opened;
use crate::job::pass::{How, Run};
use crate::job::settings::OnError;
use crate::job::sum::Sum;
use crate::metrics::Registry;
use crate::plan::named::Lacking;
use crate::sink::Target;

impl Opened<'_> {
    /// Finds out which records are wanted, where the source is the only one.
    ///
    /// # Errors
    /// Those of a run; bad records are left for the run if they don't end it.
    pub fn choose(&mut self, deduping: Option<Deduping>, sum: &mut Sum) -> Result<()> {
        let rows = &self.settings.source_rows();
        if let Some(deduping) = deduping {
            let kept = deduping.look(self, Lacking::Refused)?.finish(sum)?;
            self.keeps(&kept)?;
        }
        let mut drawn = None;
        if let Some(most) = rows.sample {
            let draw = self.draw(Draw::new(most, rows.seed, &self.budget))?;
            drawn = Some(draw.finish().0);
        }
        self.wanted = rows.before_tail(drawn);
        if rows.tail.is_some() {
            self.wanted = rows.of(drawn, self.count()?);
        }
        Ok(())
    }

    /// Draws from the records of this source too.
    pub fn draw(&mut self, draw: Draw) -> Result<Draw> {
        self.wanted = Wanted { kept: self.kept.is_some(), ..Wanted::ALL };
        Ok(self.first_pass(draw)?.0)
    }

    /// How many records are wanted so far.
    pub fn count(&mut self) -> Result<u64> {
        Ok(self.first_pass(Records::default())?.0.finish())
    }

    /// A pass that writes nothing. Bad records are not entered anywhere: the run meets them again.
    pub fn first_pass<F: Fold>(&mut self, fold: F) -> Result<(F, Run)> {
        // If a record that loses something ends the run, it only does so when it is written.
        let (on_error, strict) = match self.settings.on_error {
            OnError::Fail => (OnError::Fail, false),
            OnError::Skip | OnError::Quarantine => (OnError::Skip, self.settings.strict),
        };
        let how = How { on_error, strict, tries: true, ledger: None, resumable: None };
        let (run, fold) = self.fold_by(how, fold, &Target::memory(), &Registry::new());
        let run = run?;
        // What is before the first record is at hand again for those who look at it.
        if std::mem::take(&mut self.begun) {
            self.rewind()?;
        }
        Ok((fold, run))
    }
}
