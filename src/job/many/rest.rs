//! What is written when all sources were read.

use crate::error::Result;
use crate::flow::order::reached::Place;
use crate::fold::ending::Ending;
use crate::format::{Format, Frame};
use crate::job::folded::written;
use crate::job::many::live::Live;
use crate::job::opened::ceiling;
use crate::job::run::write_end;
use crate::job::settings::Settings;
use crate::job::sort::Sorting;
use crate::job::sum::Sum;
use crate::memory::Budget;
use crate::sink::Target;

/// What is still to be written to the target.
pub(super) struct Rest {
    pub fold: Option<Ending>,
    pub frame: Option<Frame>,
    pub place: Place,
    pub sorting: Option<Sorting>,
    pub live: Option<Live>,
}

impl Rest {
    /// Writes it, and notes in `sum` how large the output is; false if every source failed, so that there is none.
    pub fn write(self, settings: &Settings, to: Format, target: &mut Target, sum: &mut Sum) -> Result<bool> {
        let Rest { fold, frame, place, sorting, live } = self;
        let len = match (fold, frame) {
            (Some(fold), _) => {
                let written = written(fold, settings, to, target, sum.records_out)?;
                let bytes = written.bytes;
                sum.result = Some(written);
                bytes
            }
            (None, Some(frame)) if let Some(sorting) = sorting => {
                let sorted = sorting.finish(to, &frame, target, &Budget::new(ceiling(settings)))?;
                let len = write_end(&frame, sorted.records, target, Place::after(sorted.at as usize))?;
                sum.sorted = Some(sorted);
                len
            }
            (None, Some(_)) if let Some(live) = live => {
                let written = live.finish(settings, to, target, place)?;
                let bytes = written.bytes;
                sum.result = Some(written);
                bytes
            }
            (None, Some(frame)) => write_end(&frame, sum.records_out, target, place)?,
            (None, None) => return Ok(false),
        };
        sum.bytes_out = match target.flush()? {
            None => len,
            Some(len) => {
                sum.registry.flushed(len);
                len
            }
        };
        let result = sum.result.as_ref().map(|result| result.records);
        if let Some(records) = result.or(sum.sorted.as_ref().map(|sorted| sorted.records)) {
            sum.registry.result(sum.bytes_out, records);
        }
        Ok(true)
    }
}
