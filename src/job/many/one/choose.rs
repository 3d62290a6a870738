//! The passes over all sources before the run, if all records have to be read before it is known which ones are wanted.

use super::Run;
use crate::error::Result;
use crate::fold::Fold;
use crate::fold::draw::Draw;
use crate::job::doubles::Deduping;

impl Run<'_> {
    /// Finds out which records are wanted, where all sources have to be read for that.
    pub(super) fn choose(&mut self, mut deduping: Option<Deduping>) -> Result<()> {
        let rows = &self.settings.source_rows();
        if deduping.is_some() {
            let lacking = self.lacking();
            self.each(|opened| {
                deduping = deduping.take().map(|so_far| so_far.look(opened, lacking)).transpose()?;
                Ok(())
            })?;
            self.kept = deduping.map(|deduping| deduping.finish(&mut self.sum)).transpose()?;
        }
        let mut drawn = None;
        if let Some(most) = rows.sample {
            let mut draw = None;
            self.each(|opened| {
                let mut so_far = draw.take().unwrap_or_else(|| Draw::new(most, rows.seed, &opened.budget));
                so_far.go_on(&opened.budget)?;
                draw = Some(opened.draw(so_far)?);
                Ok(())
            })?;
            drawn = draw.map(|draw: Draw| draw.finish().0);
        }
        self.wanted = rows.before_tail(drawn);
        if rows.tail.is_some() {
            let mut count = 0;
            let mut wanted = self.wanted;
            self.each(|opened| {
                opened.wanted = wanted;
                count += opened.count()?;
                wanted = opened.still_wanted;
                Ok(())
            })?;
            self.wanted = rows.of(drawn, count);
        }
        Ok(())
    }
}
