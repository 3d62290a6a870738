//! The places of the records that stay, in order.

use crate::error::{Error, Result};
use crate::flow::located::Place;
use crate::flow::sort::{Buffer, Entries, SHARE};
use crate::fold::doubles::{Doubles, LEAST, Stays};
use crate::spill::{
    ENTRY, ITEM, ListWriter, MERGED, Merge, Run, RunReader, RunWriter, Sorted, SpillFile, block_size, reduce,
};
use crate::sys::memory::trim_heap;

impl Doubles {
    /// The places of the records that stay.
    pub(super) fn stays(mut self) -> Result<Stays> {
        let list = ListWriter::new(&self.wish.folder, LEAST / 2);
        let places = if self.runs.is_empty() { self.of_table(list) } else { self.of_runs(list) };
        let (places, on_disk) = places?.end()?;
        self.spilled.bytes += on_disk;
        Ok(Stays { places, spilled: self.spilled })
    }

    /// Those of a table.
    fn of_table(&self, mut list: ListWriter) -> Result<ListWriter> {
        let mut places: Vec<[u8; ITEM]> = Vec::with_capacity(self.keys.len());
        for number in 0..self.keys.len() as u32 {
            places.extend(self.keys.more(number).first_chunk::<ITEM>());
        }
        places.sort_unstable();
        places.into_iter().try_for_each(|place| list.push(place))?;
        Ok(list)
    }

    /// Those of runs: one for each key, put into their own order.
    fn of_runs(&mut self, mut list: ListWriter) -> Result<ListWriter> {
        if self.keys.len() > 0 {
            self.spill()?;
        }
        self.out = None;
        // What tables took is needed now.
        trim_heap();
        // One half for merging runs, and one for sorting places.
        let half = self.memory / 2;
        let runs = std::mem::take(&mut self.runs);
        let inputs = self.reduced(runs, half)?;
        let mut places = Sorter {
            buffer: Buffer::new((half - writer(half)).max(SHARE - writer(SHARE)))?,
            out: None,
            runs: Vec::new(),
        };
        self.merge_keys(inputs, &mut places)?;
        if places.runs.is_empty() {
            places.buffer.sort();
            let entries = vec![places.buffer.entries()];
            self.write(Merge::<Entries<'_>>::new(entries), &mut list)?;
            return Ok(list);
        }
        places.spill(&self.wish.folder, half)?;
        let Sorter { mut buffer, runs, .. } = places;
        buffer.release()?;
        self.spilled.bytes += runs.iter().map(Run::bytes).sum::<u64>();
        self.spilled.runs += runs.len() as u64;
        let inputs = self.reduced(runs, half)?;
        self.write(Merge::new(inputs), &mut list)?;
        Ok(list)
    }

    /// Gives the place of the record that stays for each key.
    fn merge_keys(&self, inputs: Vec<RunReader>, places: &mut Sorter) -> Result<()> {
        let (folder, half) = (&self.wish.folder, self.memory / 2);
        let (mut merge, mut count) = (Merge::new(inputs), 0u64);
        let (mut key, mut stays): (Vec<u8>, Option<[u8; ITEM]>) = (Vec::new(), None);
        while let Some(input) = merge.first() {
            self.check(&mut count)?;
            let (own, place) = input.key().split_last_chunk::<ITEM>().ok_or_else(Error::ended)?;
            if stays.is_some() && *own == key[..] {
                // Equal keys are in the order of their places.
                if self.wish.last {
                    stays = Some(*place);
                }
            } else {
                if let Some(place) = stays.replace(*place) {
                    places.push(place, folder, half)?;
                }
                key.clear();
                key.extend_from_slice(own);
            }
            input.take(&mut |_| Ok(()))?;
            merge.next();
        }
        stays.map_or(Ok(()), |place| places.push(place, folder, half))
    }

    /// Writes places that come in order.
    fn write<S: Sorted>(&self, mut merge: Merge<S>, list: &mut ListWriter) -> Result<()> {
        let mut count = 0;
        while let Some(input) = merge.first() {
            self.check(&mut count)?;
            let place = input.key().try_into().map_err(|_| Error::ended())?;
            list.push(place)?;
            input.take(&mut |_| Ok(()))?;
            merge.next();
        }
        Ok(())
    }

    /// Runs that can be merged at once in this memory.
    fn reduced(&mut self, runs: Vec<Run>, memory: usize) -> Result<Vec<RunReader>> {
        let create = || SpillFile::create(&self.wish.folder);
        let check = || self.stopped();
        let (runs, more) =
            reduce(runs, memory, &self.budget, &create, block_size(self.memory), &check, "compare fewer fields")?;
        self.spilled.bytes += more;
        runs.into_iter().map(RunReader::new).collect()
    }

    fn check(&self, count: &mut u64) -> Result<()> {
        *count += 1;
        if count.is_multiple_of(MERGED) { self.stopped() } else { Ok(()) }
    }

    fn stopped(&self) -> Result<()> {
        self.wish.progress.iter().for_each(|progress| progress.merged(MERGED));
        let stopped = |e| Error::io("compare", "the records", e);
        self.wish.stop.as_ref().map_or(Ok(()), |stop| stop.check().map_err(stopped))
    }
}

/// What writing runs takes of this much memory.
fn writer(memory: usize) -> usize {
    RunWriter::memory(block_size(memory))
}

/// Sorts places.
struct Sorter {
    buffer: Buffer,
    out: Option<RunWriter>,
    runs: Vec<Run>,
}

impl Sorter {
    fn push(&mut self, place: [u8; ITEM], folder: &std::path::Path, memory: usize) -> Result<()> {
        loop {
            if let Some(room) = self.buffer.room().get_mut(ENTRY..ENTRY + Place::BYTES) {
                room.copy_from_slice(&place);
                self.buffer.push(Place::BYTES, 0, 0);
                return Ok(());
            }
            if !self.buffer.grow()? {
                self.spill(folder, memory)?;
            }
        }
    }

    fn spill(&mut self, folder: &std::path::Path, memory: usize) -> Result<()> {
        self.buffer.sort();
        let out = match &mut self.out {
            Some(out) => out,
            none => none.insert(RunWriter::new(SpillFile::create(folder)?, block_size(memory))),
        };
        self.buffer.write(out)?;
        self.runs.push(out.end()?);
        Ok(())
    }
}
