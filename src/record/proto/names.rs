//! Names as keys of a batch: they live as long as its values do.

use crate::error::RecordError;
use crate::record::Batch;

use super::table::SHORT;

/// Names that were taken over while a batch is filled.
pub struct Names<'a>([(u32, &'a [u8]); SLOTS]);

const SLOTS: usize = 16;
const NOBODY: u32 = u32::MAX;

impl Default for Names<'_> {
    fn default() -> Self {
        Names([(NOBODY, &[]); SLOTS])
    }
}

impl<'a> Names<'a> {
    /// The name at a place among names in a row. `id` is that of the row.
    #[inline(always)]
    pub fn get(
        &mut self,
        id: u32,
        row: &[u8],
        place: (u32, u32),
        batch: &Batch<'a>,
        at: usize,
    ) -> Result<&'a [u8], RecordError> {
        let (known, kept) = self.0[id as usize % SLOTS];
        match known == id {
            true => Ok(&kept[place.0 as usize..place.1 as usize]),
            false => self.take(id, row, place, batch, at),
        }
    }

    #[inline(never)]
    fn take(
        &mut self,
        id: u32,
        row: &[u8],
        place: (u32, u32),
        batch: &Batch<'a>,
        at: usize,
    ) -> Result<&'a [u8], RecordError> {
        let copy = |text: &[u8]| -> Result<&'a [u8], RecordError> {
            let place = batch.arena().bytes(text.len(), at)?;
            place.copy_from_slice(text);
            Ok(place)
        };
        let (from, to) = (place.0 as usize, place.1 as usize);
        if row.len() > SHORT {
            return copy(&row[from..to]);
        }
        let row = copy(row)?;
        self.0[id as usize % SLOTS] = (id, row);
        Ok(&row[from..to])
    }
}
